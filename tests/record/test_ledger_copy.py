"""`ledger copy`: from a file to a server and back, each row compared, all of it or nothing."""

from __future__ import annotations

from contextlib import closing
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bulk_topup.commands.ledger import copy_ledger
from bulk_topup.commands.terminal import Terminal
from bulk_topup.core.clock import WIB
from bulk_topup.core.errors import InputError
from bulk_topup.core.model import Stop
from bulk_topup.core.status import Status
from bulk_topup.record.ledger import copy as transfer
from bulk_topup.record.ledger.address import ledger_url
from bulk_topup.record.ledger.claims import Ledger
from bulk_topup.record.ledger.register import register_of
from bulk_topup.record.ledger.shared import Rule51
from bulk_topup.record.ledger.store import Store
from bulk_topup.record.ledger.values import BatchEntry
from bulk_topup.report.words import say
from tests.builders import NOW, TODAY, an_order, claim

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Office
    from tests.postgres import Server

SCOPE = {"account": "agent", "base_url": "https://provider.example"}
STATES = (Status.SUKSES, Status.UNKNOWN, Status.DUPLICATE)


def filled(location: str, batch: str = "b1", statuses: tuple[Status, ...] = STATES, count: int = 6) -> str:
    """A ledger with so many claims of one batch."""
    with closing(Ledger(ledger_url(location), **SCOPE)) as ledger:
        ledger.server_time = lambda _db: NOW
        for nth in range(count):
            order = an_order(f"0812{nth:08}", row=nth + 2)
            assert claim(ledger, order, TODAY, f"{batch}-{nth}", batch, batch, NOW, since=TODAY) is None
            ledger.conclude(f"{batch}-{nth}", statuses[nth % len(statuses)])
        agent, url, day = SCOPE["account"], SCOPE["base_url"], TODAY.isoformat()
        entry = BatchEntry(agent, url, batch, batch, "", day, "1", rows=count, paid=1, not_paid=1, open=1)
        ledger.record(entry)
    return location


def copy(source: str, target: str, now: datetime = NOW) -> transfer.Copied:
    with closing(register_of(source)) as old, closing(Store(ledger_url(target))) as new:
        return transfer.copy(old, new, now)


def content(location: str) -> tuple[list[dict[str, object]], list[BatchEntry]]:
    with closing(register_of(location)) as register:
        claims = [claim for nth in range(20) for claim in register.claims_of(f"0812{nth:08}")]
        return claims, register.batches()


@pytest.fixture
def file(tmp_path: Path) -> str:
    return str(tmp_path / "ledger.db")


def test_a_file_goes_to_a_server_and_back_without_losing_or_changing_a_row(
    file: str, postgres: Server, tmp_path: Path
) -> None:
    server, back = postgres.fresh(), str(tmp_path / "back.db")
    assert copy(filled(file), server) == transfer.Copied(claims=6, batches=1)
    copy(server, back)
    assert content(file) == content(server) == content(back)


def test_what_is_there_already_stays_and_copying_once_more_changes_nothing(
    file: str, postgres: Server
) -> None:
    server = postgres.fresh()
    copy(filled(file), server)
    before = content(server)
    assert copy(file, server).claims == 6
    assert content(server) == before


def test_two_desks_bring_their_records_together(file: str, postgres: Server, tmp_path: Path) -> None:
    """The provider's own 51 leaves a claim at the desk that came second: one slot, two batches."""
    server, other = postgres.fresh(), str(tmp_path / "other.db")
    copy(filled(file, "b1", (Status.SUKSES,)), server)
    copied = copy(filled(other, "b2", (Status.DUPLICATE,), count=8), server)
    assert copied == transfer.Copied(claims=8, batches=1)
    claims, batches = content(server)
    assert sorted(str(claim["batch"]) for claim in claims) == ["b1"] * 6 + ["b2"] * 8
    assert {batch.batch for batch in batches} == {"b1", "b2"}
    assert copy(other, server) == copied
    assert content(server) == (claims, batches)


@pytest.mark.parametrize(
    ("there", "here"), [(Status.UNKNOWN, Status.DUPLICATE), (Status.SUKSES, Status.UNKNOWN)]
)
def test_what_is_open_on_either_side_stands_in_the_way_and_nothing_is_copied(
    file: str, postgres: Server, tmp_path: Path, there: Status, here: Status
) -> None:
    server, other = postgres.fresh(), str(tmp_path / "other.db")
    copy(filled(file, "b1", (there,), count=2), server)
    before = content(server)
    with pytest.raises(InputError) as refused:
        copy(filled(other, "b2", (here,)), server)
    assert refused.value.code == "ledger.differs"
    assert refused.value.facts["count"] == 2
    assert content(server) == before


def test_a_claim_that_went_on_since_it_was_copied_is_no_copy_any_more(file: str, postgres: Server) -> None:
    server = postgres.fresh()
    copy(filled(file), server)
    with closing(Ledger(ledger_url(file), **SCOPE)) as ledger:
        ledger.conclude("b1-1", Status.SUKSES)
    with pytest.raises(InputError):
        copy(file, server)


def test_what_was_forgotten_in_either_stays_forgotten(file: str, postgres: Server) -> None:
    server = postgres.fresh()
    with closing(register_of(filled(file, statuses=(Status.SUKSES,)))) as register:
        register.forget(TODAY)
    copy(file, server)
    with closing(register_of(server)) as register:
        assert register.forgotten_before() == TODAY
        register.forget(TODAY + timedelta(days=1))
    copy(file, server)
    with closing(register_of(server)) as register:
        assert register.forgotten_before() == date(2025, 1, 21)


@pytest.mark.parametrize("here", [True, False])
def test_rule_51_that_failed_at_either_is_not_relied_on(file: str, tmp_path: Path, *, here: bool) -> None:
    target = str(tmp_path / "target.db")
    for location, seen in ((file, Rule51("2025-01-19", here)), (target, Rule51("2025-01-18", not here))):
        with closing(Ledger(ledger_url(location), **SCOPE)) as ledger:
            ledger.keep_rule_51(seen)
    copy(file, target)
    with closing(Ledger(ledger_url(target), **SCOPE)) as ledger:
        copied = ledger.rule_51()
    assert copied is not None
    assert not copied.holds


def test_nothing_is_copied_while_a_command_is_at_work_and_a_killed_one_is_one_for_a_day(
    file: str, tmp_path: Path
) -> None:
    target = str(tmp_path / "target.db")
    with closing(Ledger(ledger_url(filled(file)), **SCOPE)) as ledger:
        ledger.stop_if_restored("rina", NOW)
        with pytest.raises(InputError) as refused:
            copy(file, target, NOW + timedelta(hours=23))
        assert (refused.value.code, refused.value.facts["since"]) == (
            "ledger.source_in_use",
            NOW.astimezone(WIB).isoformat(),
        )
        copy(file, target, NOW + timedelta(hours=25))


def test_a_file_that_was_copied_sends_nothing_until_it_is_copied_back(file: str, tmp_path: Path) -> None:
    target = str(tmp_path / "target.db")
    copy(filled(file), target)
    with closing(Ledger(ledger_url(file), **SCOPE)) as ledger, pytest.raises(InputError) as refused:
        ledger.stop_if_restored("rina", NOW)
    assert (refused.value.code, refused.value.facts["there"]) == ("ledger.moved_to", target)
    copy(target, file)
    with closing(Ledger(ledger_url(file), **SCOPE)) as ledger:
        ledger.stop_if_restored("rina", NOW)


def test_a_record_that_is_stopped_is_not_copied(postgres: Server, tmp_path: Path) -> None:
    server = postgres.fresh()
    with closing(Ledger(ledger_url(filled(server)), **SCOPE)) as ledger:
        ledger.stop_all(Stop("ledger.restored", "", "rina", NOW.isoformat()))
        with pytest.raises(InputError) as refused:
            copy(server, str(tmp_path / "target.db"))
        assert (refused.value.code, refused.value.facts["account"]) == ("ledger.source_stopped", "agent")
        ledger.resume("siti", NOW)
    copy(server, str(tmp_path / "target.db"))


def test_the_command_says_what_was_copied_and_shows_no_password(
    office: Office, file: str, postgres: Server
) -> None:
    server = postgres.fresh()
    typed = server.replace(":hunter2@", "@")
    done = office.run("ledger", "copy", filled(file), typed, env={"PGPASSWORD": "hunter2"})
    assert done.exit == 0, done.err
    assert "BULK_TOPUP_LEDGER" in done.out
    assert "hunter2" not in done.out + done.err
    assert content(server) == content(file)


def test_a_password_that_is_typed_is_refused_and_not_repeated(file: str) -> None:
    server = "postgresql://rina:hunter2@127.0.0.1:1/topups"
    for typed in ((filled(file), server), (server, file)):
        with pytest.raises(InputError) as refused:
            copy_ledger(*typed, Terminal())
        assert refused.value.code == "ledger.typed_password"
        assert "hunter2" not in say.error(refused.value)


def test_a_source_that_is_not_there_or_is_the_target_is_refused(office: Office, file: str) -> None:
    assert office.run("ledger", "copy", file, f"{file}2").exit == 2
    assert office.run("ledger", "copy", filled(file), file).exit == 2

"""The record is the one that was opened, before every claim: deleted, replaced, set back or promoted, it
stops the run, and nobody is paid twice for it."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bulk_topup.core.errors import StorageFailed
from bulk_topup.core.model import Wanted
from bulk_topup.core.status import Status
from bulk_topup.record.ledger.address import ledger_url, shown
from bulk_topup.record.ledger.claims import Conclusion, Ledger
from tests import postgres as postgresql
from tests.builders import NOW, TODAY, an_order, claim

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import MakeOffice
    from tests.postgres import Server

A, B = "081234500001", "081234500002"
SCOPE = {"account": "agent", "base_url": "https://provider.example"}
COUNT = 20


def opened(location: str) -> Ledger:
    ledger = Ledger(ledger_url(location), **SCOPE)
    ledger.server_time = lambda _db: NOW
    ledger.stop_if_restored("rina", NOW)
    return ledger


def refused(ledger: Ledger, number: str = B) -> str:
    with pytest.raises(StorageFailed) as failure:
        claim(ledger, an_order(number), TODAY, f"of {number}", "b1", "b1", NOW, since=TODAY)
    return failure.value.code


def concluded(ledger: Ledger, token: str, status: Status = Status.SUKSES) -> str:
    """Why the claim of this token for A can't be concluded, in the turn that makes the next one."""
    conclusion = Conclusion(token, an_order(A), status)
    with pytest.raises(StorageFailed) as failure:
        ledger.turn([conclusion], [Wanted(an_order(B), "next", NOW, TODAY)], "b1", "b1", TODAY)
    assert ledger.own("b1") == []
    return failure.value.code


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


# -- a file ------------------------------------------------------------------------------------------------


def _delete_all(path: Path) -> None:
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()


def _replace(path: Path) -> None:
    other = path.with_name("other.db")
    Ledger(ledger_url(str(other)), **SCOPE).close()
    _delete_all(path)
    other.rename(path)


def _set_back(path: Path) -> None:
    """Written over in place, by what it was before this command opened it."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DELETE FROM meta WHERE key LIKE '[\"at work\"%'")


HARM: dict[str, Callable[[Path], None]] = {
    "file deleted": lambda path: path.unlink(),
    "all deleted": _delete_all,
    "replaced": _replace,
    "set back": _set_back,
}


@pytest.mark.parametrize("harm", HARM)
def test_a_file_that_is_not_the_one_that_was_opened_takes_no_claim(path: Path, harm: str) -> None:
    with closing(opened(str(path))) as ledger:
        assert claim(ledger, an_order(A), TODAY, "t1", "b1", "b1", NOW, since=TODAY) is None
        HARM[harm](path)
        assert refused(ledger) == "ledger.replaced"


def test_a_conclusion_that_finds_no_claim_stops_what_comes_next(path: Path) -> None:
    with closing(opened(str(path))) as ledger:
        claim(ledger, an_order(A), TODAY, "t1", "b1", "b1", NOW, since=TODAY)
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("DELETE FROM claims")
        assert concluded(ledger, "t1") == "ledger.replaced"


def test_a_release_that_finds_no_claim_stops_what_comes_next(path: Path) -> None:
    with closing(opened(str(path))) as ledger:
        claim(ledger, an_order(A), TODAY, "t1", "b1", "b1", NOW, since=TODAY)
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("DELETE FROM claims")
        assert concluded(ledger, "t1", Status.GAGAL) == "ledger.replaced"
        assert refused(ledger) == "ledger.replaced"


def test_what_is_released_once_more_is_no_loss(path: Path) -> None:
    with closing(opened(str(path))) as ledger:
        claim(ledger, an_order(A), TODAY, "t1", "b1", "b1", NOW, since=TODAY)
        released = [Conclusion("t1", an_order(A), Status.UNSENT)]
        for _ in range(2):
            assert ledger.turn(released, [], "b1", "b1", TODAY) == []


def test_what_is_asked_after_finds_its_claim_or_stops(path: Path) -> None:
    with closing(opened(str(path))) as ledger:
        claim(ledger, an_order(A), TODAY, "t1", "b1", "b1", NOW, since=TODAY)
        ledger.conclude_all({"t1": Status.PENDING, "sent again": Status.PENDING})
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("DELETE FROM claims")
        with pytest.raises(StorageFailed, match=r"ledger\.replaced"):
            ledger.conclude_all({"t1": Status.SUKSES, "sent again": Status.SUKSES})
        assert refused(ledger) == "ledger.replaced"


def test_nothing_is_left_of_a_command_that_ended(path: Path) -> None:
    opened(str(path)).close()
    with closing(sqlite3.connect(path)) as db:
        keys = [key for (key,) in db.execute("SELECT key FROM meta")]
    assert not [key for key in keys if "at work" in key]


# -- a server ----------------------------------------------------------------------------------------------


@pytest.fixture
def own_server() -> Iterator[Server]:
    if postgresql.MISSING:
        pytest.skip(postgresql.MISSING)
    with postgresql.running() as server:
        yield server


def test_a_server_that_lost_a_claim_stops_every_desk(postgres: Server) -> None:
    address = postgres.fresh()
    schema = address.rpartition("%3D")[2]
    with closing(opened(address)) as ledger, closing(opened(address)) as other:
        claim(ledger, an_order(A), TODAY, "t1", "b1", "b1", NOW, since=TODAY)
        postgres.execute(f"DELETE FROM {schema}.claims")  # noqa: S608
        assert concluded(ledger, "t1") == "ledger.moved"
        stop = other.stopped()
        assert stop is not None
        assert stop.code == "ledger.restored"


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda ledger: ledger.take_slot(1.0, 1.0), id="slot"),
        pytest.param(lambda ledger: ledger.own("b1"), id="look"),
        pytest.param(lambda ledger: ledger.conclude("t1", Status.UNSENT), id="release"),
    ],
)
def test_each_new_connection_is_compared_whatever_it_is_for(
    postgres: Server, ask: Callable[[Ledger], object]
) -> None:
    address = postgres.fresh()
    schema = address.rpartition("%3D")[2]
    with closing(opened(address)) as ledger, closing(Ledger(address, **SCOPE)) as other:
        postgres.execute(f"DELETE FROM {schema}.meta WHERE key LIKE '%at work%'")  # noqa: S608
        ledger._engine.dispose()
        with pytest.raises(StorageFailed, match=r"ledger\.moved"):
            ask(ledger)
        stop = other.stopped()
        assert stop is not None
        assert stop.code == "ledger.restored"


def test_a_standby_that_was_promoted_meanwhile_takes_no_claim(own_server: Server) -> None:
    address = own_server.fresh()
    with closing(opened(address)) as ledger:
        claim(ledger, an_order(A), TODAY, "t1", "b1", "b1", NOW, since=TODAY)
        own_server.kill()
        (own_server.data / "standby.signal").touch()
        own_server.start()
        own_server.execute("SELECT pg_promote()")
        with pytest.raises(StorageFailed):  # on the connection that was cut
            ledger.stopped()
        assert refused(ledger) == "ledger.moved"
        stop = ledger.stopped()
        assert stop is not None
        assert stop.code == "ledger.restored"


def test_a_copy_of_the_data_from_before_the_run_takes_no_claim(own_server: Server) -> None:
    """An older base backup has the same system identifier and the same timeline."""
    address = own_server.fresh()
    opened(address).close()
    own_server.kill()
    backup = own_server.folder / "backup"
    subprocess.run(["/bin/cp", "-a", own_server.data, backup], check=True)
    own_server.start()
    with closing(opened(address)) as ledger:
        claim(ledger, an_order(A), TODAY, "t1", "b1", "b1", NOW, since=TODAY)
        own_server.kill()
        shutil.rmtree(own_server.data)
        backup.rename(own_server.data)
        own_server.start()
        with pytest.raises(StorageFailed):
            ledger.stopped()
        assert refused(ledger) == "ledger.moved"


# -- in a run ----------------------------------------------------------------------------------------------


HARM_IN_A_RUN = [
    *(pytest.param(harm, "file", id=f"file {harm}") for harm in ("file deleted", "all deleted", "replaced")),
    *(pytest.param("claims set back", kind, id=f"{kind} set back") for kind in ("file", "server")),
]


@pytest.mark.parametrize("days", [0, 1], ids=["same day", "next day"])
@pytest.mark.parametrize("rule_51", [True, False], ids=["51", "without 51"])
@pytest.mark.parametrize(("harm", "location"), HARM_IN_A_RUN, indirect=["location"])
def test_a_run_whose_record_goes_stops_and_a_copy_of_its_sheet_pays_nobody_again(
    make_office: MakeOffice, location: str, harm: str, *, rule_51: bool, days: int
) -> None:
    office = make_office(rule_51=rule_51, ledger=location)
    path = office.folder.parent / "ledger.db"
    office.payroll("gaji.csv", office.numbers(COUNT))
    office.payroll("salinan.csv", office.numbers(COUNT))
    first = office.start("run", "gaji.csv", "--yes", "--rate", "10", "--wait", "0")
    office.wait_for_requests(6)
    if harm == "claims set back":
        office.on_record("DELETE FROM claims", "DELETE FROM meta WHERE key LIKE '%at work%'")
    else:
        HARM[harm](path)
    copy = office.send("salinan.csv")
    assert copy.exit in {1, 2, 3}, copy
    assert max(office.paid().values()) == 1
    done = office.finish(first)
    assert done.exit == 3, done
    assert shown(location) in done.err + done.out
    assert "settle" in done.err + done.out
    # As it is said there.
    if harm == "file deleted":
        path.with_name(f"{path.name}-wal").unlink(missing_ok=True)
        path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
    assert office.run("settle", "gaji.csv", "--wait", "0").exit in {0, 1, 3, 4}
    if "://" in location:
        assert "account resume" in done.err + done.out
        assert office.run("account", "resume").exit == 0
    if days:
        # A copy is refused by its overlap alone, once most of its rows were paid.
        office.send("gaji.csv")
        office.set_back(timedelta(days))
    office.send("salinan.csv", *(() if days else ("--again",)))
    office.send("gaji.csv")
    assert office.paid() == dict.fromkeys(office.numbers(COUNT), 1)


def test_another_record_pays_nobody_whom_a_sheet_beside_paid(make_office: MakeOffice) -> None:
    """Once that sheet has told it, it does what the first one would."""
    office = make_office()
    for name in ("gaji.csv", "gaji_final.csv"):
        office.payroll(name, office.numbers(4))
    assert office.send("gaji.csv").exit == 0
    office.set_back(timedelta(1))
    (office.folder / "gaji.csv").unlink()
    other: dict[str, str | None] = {"BULK_TOPUP_LEDGER": str(office.folder.parent / "other.db")}
    for words in ("does not have 4 top-ups of batch gaji", "--yes is not enough"):
        done = office.run("run", "gaji_final.csv", "--yes", *office.fast, env=other)
        assert (done.exit, words in done.err) == (2, True), done
        assert office.run("settle", "gaji.csv", env=other).exit == 0
    assert office.paid() == dict.fromkeys(office.numbers(4), 1)

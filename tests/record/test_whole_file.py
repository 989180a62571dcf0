"""A progress file says by itself whether it is whole: a copy without its log is no empty batch."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from bulk_topup.core.errors import InputError
from bulk_topup.core.status import Status
from bulk_topup.record.checkpoint import Checkpoint
from tests.builders import ANDI, NOW, TODAY, a_checkpoint, begin, orders_in, topups

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MakeOffice, Office

COUNT = 30


def killed_while_sending(office: Office, after: int = 8) -> Path:
    """A batch that was killed when it had sent some; its progress file."""
    office.payroll("gaji.csv", office.numbers(COUNT))
    process = office.start("run", "gaji.csv", "--yes", "--rate", "50", "--wait", "0")
    office.wait_for_requests(after)
    process.kill()
    process.wait()
    return office.folder / "gaji.checkpoint.db"


@pytest.fixture(params=[pytest.param(True, id="51"), pytest.param(False, id="without 51")])
def office(request: pytest.FixtureRequest, make_office: MakeOffice) -> Office:
    return make_office(rule_51=request.param)


@pytest.mark.parametrize("rule_51", [True, False], ids=["51", "without 51"])
def test_a_copy_without_its_log_on_another_computer_pays_nobody(
    make_office: MakeOffice, location: str, *, rule_51: bool
) -> None:
    """A file, unlike a server, is another record there. Both days: what is refused is read before any day."""
    office = make_office(rule_51=rule_51, ledger=location)
    path = killed_while_sending(office)
    elsewhere = office.folder / "lain"
    elsewhere.mkdir()
    for name in ("gaji.csv", path.name):
        shutil.copy(office.folder / name, elsewhere / name)
    sent = len(office.sent())
    own_record = {"BULK_TOPUP_LEDGER": location if "://" in location else str(elsewhere / "ledger.db")}
    for command in (("run", "--yes", *office.fast), ("check",), ("status",), ("settle",), ("results",)):
        done = office.run(command[0], "lain/gaji.csv", *command[1:], env=own_record)
        assert done.exit == 2, (command, done)
        assert "gaji.checkpoint.db-wal" in done.err, (command, done)
    assert len(office.sent()) == sent


def test_it_goes_on_once_the_log_is_beside_it_and_is_one_file_at_rest(office: Office) -> None:
    path = killed_while_sending(office)
    log = path.with_name(f"{path.name}-wal")
    assert log.stat().st_size
    elsewhere = office.folder / "lain"
    elsewhere.mkdir()
    for one in (office.folder / "gaji.csv", path, log):
        shutil.copy(one, elsewhere / one.name)
    assert office.run("run", "lain/gaji.csv", "--yes", *office.fast).exit in {0, 4}
    assert max(office.paid().values()) == 1
    assert len(set(office.numbers(COUNT)) - set(office.paid())) <= 1  # with one worker, one is unknown
    assert sorted(file.name for file in elsewhere.glob("gaji.*db*")) == ["gaji.checkpoint.db"]
    alone = office.folder / "arsip"
    alone.mkdir()
    for name in ("gaji.csv", "gaji.checkpoint.db"):
        shutil.copy(elsewhere / name, alone / name)
    assert office.run("status", "arsip/gaji.csv").exit in {0, 4}


@pytest.mark.parametrize("command", [("check",), ("status",), ("results",), ("settle", "--wait", "0")])
def test_a_command_that_sends_nothing_leaves_it_whole(office: Office, command: tuple[str, ...]) -> None:
    path = killed_while_sending(office)
    office.run(command[0], "gaji.csv", *command[1:])
    assert office.run("run", "gaji.csv", "--yes", *office.fast).exit in {0, 4}
    assert max(office.paid().values()) == 1
    assert not path.with_name(f"{path.name}-wal").exists()


def test_a_look_at_a_batch_under_way_takes_nothing_from_its_mark(office: Office) -> None:
    office.payroll("gaji.csv", office.numbers(COUNT))
    process = office.start("run", "gaji.csv", "--yes", "--rate", "10", "--wait", "0")
    office.wait_for_requests(3)
    office.run("check", "gaji.csv")
    office.run("results", "gaji.csv")
    office.wait_for_requests(8)
    copy = office.folder / "lain.checkpoint.db"
    shutil.copy(office.folder / "gaji.checkpoint.db", copy)
    with pytest.raises(InputError) as refused:
        Checkpoint.look(copy)
    assert refused.value.code == "checkpoint.no_log"
    process.kill()


def test_the_mark_is_in_the_file_itself_before_the_first_attempt(tmp_path: Path) -> None:
    path, copy = tmp_path / "bonus.checkpoint.db", tmp_path / "lain.checkpoint.db"
    checkpoint = a_checkpoint(path, topups((ANDI, "S5")))
    with closing(checkpoint):
        begin(checkpoint, orders_in(checkpoint)[ANDI, "S5", 1], "t1", NOW, TODAY, None, Status.UNSENT)
        shutil.copy(path, copy)
        with closing(sqlite3.connect(f"file:{copy}?mode=ro&immutable=1", uri=True)) as db:
            assert db.execute("SELECT value FROM batch WHERE key = 'begun'").fetchone() == ("yes",)
            assert db.execute("SELECT count(*) FROM attempts").fetchone() == (0,)
        with pytest.raises(InputError) as refused:
            Checkpoint.open(copy)
        assert refused.value.code == "checkpoint.no_log"
    shutil.copy(path, copy)
    again = Checkpoint.open(copy)
    assert again is not None
    again.close()

"""An earlier batch's files are kept whole and as a pair, whatever is in the way and whenever it is killed."""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from bulk_topup.commands.results import rewrite_results
from bulk_topup.commands.terminal import Terminal
from bulk_topup.core.model import Source
from bulk_topup.record.checkpoint import Checkpoint
from bulk_topup.record.checkpoint.values import BatchIdentity
from bulk_topup.record.paths import files_of
from bulk_topup.record.set_aside import set_aside
from tests.faults import Faults
from tests.office import START, open_office

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bulk_topup.record.paths import Files
    from tests.office import Office

TODAY = date(2025, 2, 20)
DATED = "bonus.2025-02-20"


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """An earlier batch's progress and results."""
    files = files_of(Source(tmp_path / "bonus.csv"), sandbox=False)
    files.checkpoint.write_text("progress")
    files.results.write_text("results")
    return files


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_both_files_get_the_same_dated_name(files: Files) -> None:
    set_aside(files, TODAY)

    assert contents(files.results.parent) == {
        f"{DATED}.checkpoint.db": "progress",
        f"{DATED}.results.xlsx": "results",
    }


@pytest.mark.parametrize("taken", ["checkpoint.db", "results.xlsx"])
def test_a_name_that_one_of_them_cannot_have_is_given_to_neither(files: Files, taken: str) -> None:
    """A command on the kept progress file writes results under its name: they must be that batch's own."""
    other = files.results.with_name(f"{DATED}.{taken}")
    other.write_text("another batch's")

    set_aside(files, TODAY)

    assert contents(files.results.parent) == {
        other.name: "another batch's",
        f"{DATED} (2).checkpoint.db": "progress",
        f"{DATED} (2).results.xlsx": "results",
    }


@pytest.mark.skipif(sys.platform == "win32", reason="a fork")
@pytest.mark.parametrize("renames", [0, 1, 2])
def test_killed_between_any_two_renames_nothing_is_lost_and_the_results_never_outlive_their_progress_file(
    files: Files, renames: int
) -> None:
    kill_at(renames, files)

    left = contents(files.results.parent)
    assert sorted(left.values()) == ["progress", "results"]
    assert files.checkpoint.exists() or not files.results.exists()
    set_aside(files, TODAY)
    assert sorted(contents(files.results.parent).values()) == ["progress", "results"]
    assert not files.checkpoint.exists()
    assert not files.results.exists()


def kill_at(renames: int, files: Files) -> None:
    """Set the files aside in a process that is gone before the rename after so many."""
    child = os.fork()
    if child == 0:
        done = 0

        def audit(event: str, _arguments: object) -> None:
            nonlocal done
            if event == "os.rename":
                if done == renames:
                    os._exit(9)
                done += 1

        sys.addaudithook(audit)
        set_aside(files, TODAY)
        os._exit(0)
    os.waitpid(child, 0)


@pytest.mark.parametrize("flags", [(), ("--again",)])
def test_a_new_batch_that_could_send_nothing_leaves_every_file_as_it_is(
    tmp_path: Path, flags: tuple[str, ...]
) -> None:
    with open_office(tmp_path) as office:
        office.write("bonus.csv", [("081234500001", "TSEL5"), ("081234500002", "TSEL5")])
        office.run("bonus.csv")
        names = {path.name for path in tmp_path.iterdir()}
        results = (tmp_path / "bonus.results.xlsx").read_bytes()

        came = office.run("bonus.csv", "--new-batch", *flags)

        assert (came.exit, came.code, came.paid) == (2, "batch.nothing_new", {})
        assert {path.name for path in tmp_path.iterdir()} == names
        assert (tmp_path / "bonus.results.xlsx").read_bytes() == results
        assert office.run("bonus.csv").exit == 0


# -- the day on which a batch began ------------------------------------------------------------------------

OTHERS, OWN = "081234500001", "081234500002"
CREDIT_IS_OUT = 'before otherjson:{"result":"no","reason_code":"62","reason":"-"}'


@contextmanager
def a_row_paid_elsewhere(folder: Path) -> Iterator[Office]:
    """Another batch has paid the first row of bonus.csv today; the second one can't be paid today."""
    faults = Faults.listed({"isipulsa": {2: CREDIT_IS_OUT}})
    with open_office(folder, faults=faults) as office:
        office.write("other.csv", [(OTHERS, "TSEL5")])
        assert office.run("other.csv").exit == 0
        office.write("bonus.csv", [(OTHERS, "TSEL5"), (OWN, "TSEL5")])
        yield office


@pytest.mark.skipif(sys.platform == "win32", reason="a fork")
def test_a_batch_killed_as_its_progress_file_appears_knows_the_day_on_which_it_began(tmp_path: Path) -> None:
    """Without it, a row that another batch paid on that day would be paid once more on the next."""
    with a_row_paid_elsewhere(tmp_path) as office:
        killed_once_created(office)
        office.run("bonus.csv")
        office.clock.set(START + timedelta(days=1))
        office.run("bonus.csv")

        assert office.paid() == {OTHERS: 1, OWN: 1}
        assert [row["status"] for row in office.results("bonus.csv")] == ["duplicate", "sukses"]


def killed_once_created(office: Office) -> None:
    """`run bonus.csv` in a process that is gone as soon as the new progress file has its name."""
    child = os.fork()
    if child == 0:
        path = office.job("bonus.csv").files.checkpoint

        def at_each_call(_frame: object, _event: str, _argument: object) -> None:
            if os.access(path, os.F_OK):
                os._exit(9)

        sys.settrace(at_each_call)
        office.run("bonus.csv")
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


def test_a_progress_file_that_lacks_the_day_began_on_the_first_that_it_knows_of(tmp_path: Path) -> None:
    with a_row_paid_elsewhere(tmp_path) as office:
        office.run("bonus.csv")
        forget_when_it_began(tmp_path / "bonus.checkpoint.db")
        office.clock.set(START + timedelta(days=1))
        office.run("bonus.csv")

        assert office.paid() == {OTHERS: 1, OWN: 1}


def test_a_progress_file_that_knows_of_no_day_began_with_the_next_run(tmp_path: Path) -> None:
    with open_office(tmp_path) as office:
        office.write("bonus.csv", [(OWN, "TSEL5")])
        identity = BatchIdentity("sandbox", "bonus.csv", "")
        Checkpoint.create(tmp_path / "bonus.checkpoint.db", identity).close()
        office.run("bonus.csv")

        checkpoint = Checkpoint.open(tmp_path / "bonus.checkpoint.db")
        assert checkpoint is not None
        with closing(checkpoint):
            assert checkpoint.fact("started") == START.date().isoformat()


def forget_when_it_began(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DELETE FROM batch WHERE key = 'started'")


# -- results of what was set aside -------------------------------------------------------------------------


def test_the_results_of_a_batch_that_was_set_aside_are_written_beside_those_of_the_present_one(
    tmp_path: Path,
) -> None:
    with open_office(tmp_path) as office:
        office.write("bonus.csv", [("081234500001", "TSEL5")])
        office.run("bonus.csv")
        office.clock.set(START.replace(month=3))
        office.run("bonus.csv", "--new-batch")
        present = (tmp_path / "bonus.results.xlsx").read_bytes()
        kept = tmp_path / "bonus.2025-01-20.checkpoint.db"
        (tmp_path / "bonus.2025-01-20.results.xlsx").unlink()

        job = office.job("bonus.csv")
        files = files_of(job.source, sandbox=False, checkpoint=kept)
        rewrite_results(replace(job, files=files), Terminal(quiet=True), office.clock)

        assert (tmp_path / "bonus.results.xlsx").read_bytes() == present
        assert (tmp_path / "bonus.2025-01-20.results.xlsx").exists()

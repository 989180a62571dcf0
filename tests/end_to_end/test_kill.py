"""Interrupted, terminated, killed: nobody is paid twice, no row lost, only what was in flight is unknown."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from bulk_topup.record import paths
from bulk_topup.record.checkpoint import Checkpoint
from tests.faults import Faults

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import MakeOffice, Office

pytestmark = pytest.mark.kill

if sys.platform == "win32":
    pytest.skip("signals between processes", allow_module_level=True)

OK, NOT_ALL_PAID, OPEN, BUSY, INTERRUPTED = 0, 1, 4, 5, 130
WORKERS = 4


class Gate:
    """Keeps the nth request to isipulsa waiting until it is opened."""

    def __init__(self, nth: int) -> None:
        self._nth = nth
        self._arrived = threading.Event()
        self._opened = threading.Event()
        self.faults = Faults(self._decide)

    def _decide(self, endpoint: str, n: int) -> None:
        if (endpoint, n) == ("isipulsa", self._nth):
            self._arrived.set()
            self._opened.wait(60)

    def wait(self) -> None:
        """Until the request is in flight."""
        assert self._arrived.wait(60)

    def open(self) -> None:
        self._opened.set()


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = Gate(nth=2)
    yield made
    made.open()


# -- asked to end ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked_by", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_answer_in_flight_is_awaited_and_recorded(
    make_office: MakeOffice, gate: Gate, asked_by: int
) -> None:
    office = make_office(faults=gate.faults)
    office.payroll("bonus.csv", office.numbers(5))
    running = office.start("run", "bonus.csv", "--yes", *office.fast)
    gate.wait()

    running.send_signal(asked_by)
    assert "Waiting for the answers still due" in heard(running, lines=2)
    gate.open()
    done = office.finish(running)

    assert done.exit == INTERRUPTED
    assert "run the same command to go on" in done.err
    assert office.statuses("bonus.results.xlsx") == ["sukses", "sukses", "unsent", "unsent", "unsent"]
    assert len(office.sent()) == 2

    assert office.send("bonus.csv").exit == OK
    assert office.sent_numbers() == office.numbers(5)


def test_a_second_ctrl_c_leaves_at_once_and_the_row_in_flight_is_unknown(
    make_office: MakeOffice, gate: Gate
) -> None:
    office = make_office(faults=gate.faults)
    office.payroll("bonus.csv", office.numbers(4))
    running = office.start("run", "bonus.csv", "--yes", *office.fast)
    gate.wait()

    running.send_signal(signal.SIGINT)
    assert "press Ctrl-C again" in heard(running, lines=2)
    running.send_signal(signal.SIGINT)
    done = office.finish(running)

    assert done.exit == INTERRUPTED
    gate.open()
    rest = office.send("bonus.csv")
    assert rest.exit == OPEN
    assert office.statuses("bonus.results.xlsx") == ["sukses", "unknown", "sukses", "sukses"]
    assert sorted(office.sent_numbers()) == office.numbers(4)


def test_a_window_that_closes_asks_more_than_once_and_still_the_answer_in_flight_is_recorded(
    make_office: MakeOffice, gate: Gate
) -> None:
    """Its terminal is gone by then, so that nothing can be shown any more."""
    office = make_office(faults=gate.faults)
    office.payroll("bonus.csv", office.numbers(4))
    keyboard, terminal = os.openpty()
    command = [sys.executable, "-m", "bulk_topup", "run", "bonus.csv", "--yes", *office.fast]
    running = subprocess.Popen(
        command,
        cwd=office.folder,
        env=dict(office.environment),
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    gate.wait()

    os.close(keyboard)
    for _ in range(3):
        running.send_signal(signal.SIGHUP)
        time.sleep(0.1)
    gate.open()

    assert running.wait(timeout=60) == INTERRUPTED
    assert office.statuses("bonus.results.xlsx") == ["sukses", "sukses", "unsent", "unsent"]


def test_nohup_outlives_its_window(make_office: MakeOffice, gate: Gate) -> None:
    office = make_office(faults=gate.faults)
    office.payroll("bonus.csv", office.numbers(3))
    command = ["nohup", sys.executable, "-m", "bulk_topup", "run", "bonus.csv", "--yes", *office.fast]
    with subprocess.Popen(
        command,
        cwd=office.folder,
        env=dict(office.environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as running:
        gate.wait()
        running.send_signal(signal.SIGHUP)
        gate.open()
        assert running.wait(timeout=60) == OK
    assert office.statuses("bonus.results.xlsx") == ["sukses"] * 3


@pytest.mark.parametrize("library", ["click", "pandas", "requests"])
def test_ctrl_c_while_the_program_still_loads_is_one_line(office: Office, library: str) -> None:
    slow = office.folder / "slow"
    slow.mkdir()
    (slow / f"{library}.py").write_text(
        "import pathlib, time\npathlib.Path('loading').touch()\ntime.sleep(60)\n"
    )
    office.payroll("bonus.csv", office.numbers(1))
    path = os.pathsep.join((str(slow), office.environment["PYTHONPATH"]))
    running = office.start("run", "bonus.csv", "--yes", env={"PYTHONPATH": path}, forked=False)
    while not (office.folder / "loading").exists():
        time.sleep(0.01)

    running.send_signal(signal.SIGINT)
    done = office.finish(running)

    assert (done.exit, done.out) == (INTERRUPTED, "")
    assert done.err == "bulk-topup: interrupted; nothing is lost: run the same command again\n"


def test_ctrl_c_ends_the_wait_for_pending_rows(office: Office) -> None:
    office.payroll("bonus.csv", ["081200001201", "081234500001"])
    running = office.start("run", "bonus.csv", "--yes", "--rate", "500", "--wait", "60")
    office.wait_for_requests(2)
    time.sleep(0.3)

    running.send_signal(signal.SIGINT)
    started = time.monotonic()
    done = office.finish(running)

    assert done.exit == INTERRUPTED
    assert time.monotonic() - started < 5
    assert office.statuses("bonus.results.xlsx") == ["pending", "sukses"]


def test_ctrl_c_while_the_results_are_written_does_not_say_that_nothing_was_sent(office: Office) -> None:
    many = 6000
    office.payroll("bonus.csv", ["081234500001", *["12"] * many])
    running = office.start("run", "bonus.csv", "--yes", *office.fast)
    while not list(office.folder.glob(".bulk-topup-*.tmp")):
        assert running.poll() is None
        time.sleep(0.005)

    running.send_signal(signal.SIGINT)
    done = office.finish(running)

    assert "nothing was sent" not in done.err
    assert done.exit in {NOT_ALL_PAID, INTERRUPTED}
    assert office.statuses("bonus.results.xlsx") == ["sukses"] + ["invalid"] * many


def test_a_reader_of_the_progress_file_that_breaks_off_does_not_keep_it_from_closing(office: Office) -> None:
    """An error while the results are written would otherwise hang the run, which holds the batch."""
    office.payroll("bonus.csv", office.numbers(2))
    assert office.send("bonus.csv").exit == OK
    checkpoint = Checkpoint.open(office.folder / "bonus.checkpoint.db")
    assert checkpoint is not None
    lines = checkpoint.lines()
    next(lines)

    closing = threading.Thread(target=checkpoint.close, daemon=True)
    closing.start()
    closing.join(5)

    assert not closing.is_alive()


# -- one run at a time -------------------------------------------------------------------------------------


def test_a_second_run_of_the_same_sheet_is_refused_while_the_first_one_sends(
    make_office: MakeOffice, gate: Gate
) -> None:
    office = make_office(faults=gate.faults)
    office.payroll("bonus.csv", office.numbers(3))
    first = office.start("run", "bonus.csv", "--yes", *office.fast)
    gate.wait()

    second = office.send("bonus.csv")
    settling = office.run("settle", "bonus.csv", "--wait", "0")
    status = office.run("status", "bonus.csv", "--json")

    assert (second.exit, settling.exit) == (BUSY, BUSY)
    said_by = re.escape(paths.who()) + r" \(\d{4}-\d\d-\d\d \d\d:\d\d WIB\)"
    for refused in (second, settling):
        assert re.search(rf"another run is using this batch \({said_by}\)", refused.err)
        assert len(refused.err.splitlines()) == 1
    assert status.exit == OPEN, "a row in flight may have been paid"
    assert [status.json["rows"][name] for name in ("sukses", "unknown", "unsent")] == [1, 1, 1]
    gate.open()
    assert office.finish(first).exit == OK
    assert office.paid() == dict.fromkeys(office.numbers(3), 1)
    assert not [path for path in office.folder.iterdir() if path.suffix == ".holder"]


# -- killed ------------------------------------------------------------------------------------------------


def heard(process: subprocess.Popen[str], *, lines: int) -> str:
    """The next lines on standard error."""
    assert process.stderr is not None
    return "".join(process.stderr.readline() for _ in range(lines))


def kill(process: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError):  # it may be over by then
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def assert_nothing_lost(office: Office, everyone: list[str], *, at_most_unknown: int) -> None:
    """The provider's book, the results and the sheet agree, row by row."""
    lines = office.results("bonus.results.xlsx")
    assert [line["No HP"] for line in lines] == everyone
    assert [line["No"] for line in lines] == [str(n) for n in range(1, len(everyone) + 1)]
    book = {topup.number: topup.invoice for topup in office.sandbox.book()}
    statuses = Counter(line["status"] for line in lines)
    assert set(statuses) <= {"sukses", "unknown"}
    assert statuses["unknown"] <= at_most_unknown
    for line in lines:
        if line["status"] == "sukses":
            assert line["invoice"] == book[line["No HP"]]


def test_killed_again_and_again_every_number_is_paid_at_most_once(make_office: MakeOffice) -> None:
    """The sandbox would pay a number as often as it is asked to (no rule 51): its book is the judge."""
    dice = random.Random(20250310)
    office = make_office(rule_51=False)
    everyone = office.numbers(500)
    office.payroll("bonus.csv", everyone)
    command = ("run", "bonus.csv", "--yes", *office.fast, "--workers", str(WORKERS))
    kills_while_sending = 0
    for target in sorted(dice.sample(range(1, 480), 4)):
        running = office.start(*command)
        office.wait_for_requests(target)
        time.sleep(dice.random() * 0.02)
        assert running.poll() is None, "the run was over before it could be killed"
        kill(running)
        kills_while_sending += 1

    last = office.run(*command)

    assert last.exit in {OK, OPEN}
    assert "Traceback" not in last.err
    assert set(office.paid().values()) == {1}
    assert set(office.sent_numbers()) <= set(everyone)
    assert len(office.sent_numbers()) == len(set(office.sent_numbers())), "a row was sent twice"
    assert_nothing_lost(office, everyone, at_most_unknown=kills_while_sending * WORKERS)
    unknown = office.statuses("bonus.results.xlsx").count("unknown")
    assert last.exit == (OPEN if unknown else OK)


def test_killed_once_only_what_was_in_flight_is_unknown(make_office: MakeOffice) -> None:
    office = make_office(rule_51=False, latency_s=0.05)
    everyone = office.numbers(120)
    office.payroll("bonus.csv", everyone)
    command = ("run", "bonus.csv", "--yes", *office.fast, "--workers", str(WORKERS))
    running = office.start(*command)
    office.wait_for_requests(60)
    kill(running)

    status = office.run("status", "bonus.csv", "--json")
    last = office.run(*command)

    assert 1 <= status.json["rows"]["unknown"] <= WORKERS
    assert status.json["rows"]["sukses"] >= 60 - WORKERS
    assert sum(status.json["rows"].values()) == len(everyone)
    assert last.exit == OPEN
    assert set(office.paid().values()) == {1}
    assert_nothing_lost(office, everyone, at_most_unknown=WORKERS)


def test_killed_while_it_starts_nothing_is_harmed(make_office: MakeOffice) -> None:
    dice = random.Random(51)
    office = make_office(rule_51=False)
    everyone = office.numbers(40)
    office.payroll("bonus.csv", everyone)
    command = ("run", "bonus.csv", "--yes", *office.fast, "--workers", str(WORKERS))
    started = time.monotonic()
    assert office.run("check", "bonus.csv").exit == OK
    start_up_s = time.monotonic() - started
    for _ in range(6):
        running = office.start(*command)
        time.sleep(start_up_s * dice.uniform(0.3, 1.2))
        kill(running)

    last = office.run(*command)

    assert last.exit in {OK, OPEN}, last.err
    assert set(office.paid().values()) == {1}
    assert len(office.sent_numbers()) == len(set(office.sent_numbers()))
    assert_nothing_lost(office, everyone, at_most_unknown=6 * WORKERS)


def test_a_new_batch_after_a_kill_keeps_the_whole_record_of_the_old_one(make_office: MakeOffice) -> None:
    office = make_office(rule_51=False)
    office.payroll("bonus.csv", office.numbers(40))
    running = office.start("run", "bonus.csv", "--yes", *office.fast)
    office.wait_for_requests(20)
    kill(running)
    sent = len(office.sent())

    office.run("run", "bonus.csv", "--yes", "--new-batch", *office.fast)

    (kept,) = office.folder.glob("bonus.2*.checkpoint.db")
    rows = office.run("status", "bonus.csv", "--json", "--checkpoint", kept.name).json["rows"]
    assert rows["sukses"] + rows["unknown"] >= sent
    assert rows["sukses"] + rows["unknown"] + rows["unsent"] == 40
    assert set(office.paid().values()) == {1}


def test_killed_the_moment_its_progress_file_appears_the_next_run_goes_on(office: Office) -> None:
    for nth in range(4):
        sheet, progress = f"bonus{nth}.csv", office.folder / f"bonus{nth}.checkpoint.db"
        office.payroll(sheet, office.numbers(1, first=nth))
        running = office.start("run", sheet, "--yes", *office.fast)
        while not progress.exists() and running.poll() is None:
            pass
        kill(running)

        done = office.send(sheet)

        assert done.exit in {OK, OPEN}, done.err
    assert max(office.paid().values()) == 1

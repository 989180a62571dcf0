"""A desk that is asleep, slow, on a wrong clock or restored from a backup can't make another desk pay twice.

The provider keeps no rule 51, so that the shared record alone stands in between.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bulk_topup.commands.credentials import credentials
from bulk_topup.core.clock import WIB, SystemClock
from bulk_topup.core.errors import InputError
from bulk_topup.core.model import Source
from bulk_topup.record.paths import files_of
from bulk_topup.sending.job import Job
from bulk_topup.sending.session import tools_of
from tests.postgres import Server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import MakeOffice, Office

pytestmark = pytest.mark.kill

SLOWLY = ("--yes", "--again", "--rate", "10", "--wait", "0")


@pytest.fixture
def office(make_office: MakeOffice, postgres: Server) -> Office:
    office = make_office(rule_51=False)
    office.environment["BULK_TOPUP_LEDGER"] = postgres.fresh()  # type: ignore[index]
    return office


def assert_each_paid_once(office: Office, count: int) -> None:
    assert set(office.paid().values()) == {1}
    assert len(office.paid()) == count


def test_a_desk_that_slept_pays_nobody_whom_another_desk_paid_meanwhile(office: Office) -> None:
    for name in ("jakarta.csv", "medan.csv"):
        office.payroll(name, office.numbers(20))
    asleep = office.start("run", "jakarta.csv", *SLOWLY)
    office.wait_for_requests(5)
    os.killpg(asleep.pid, signal.SIGSTOP)
    try:
        assert office.run("run", "medan.csv", *SLOWLY).exit in {0, 1, 4}
        time.sleep(3.0)
    finally:
        os.killpg(asleep.pid, signal.SIGCONT)
    # 3: it fell asleep within its transaction, which the server ended, so that others need not wait for it.
    assert office.finish(asleep).exit in {0, 1, 3, 4}
    assert office.send("medan.csv", "--again").exit in {0, 1, 2}
    assert_each_paid_once(office, 20)


def test_a_server_that_stands_still_delays_every_desk_and_nobody_sends_late_or_twice(
    office: Office, postgres: Server
) -> None:
    for name in ("jakarta.csv", "medan.csv"):
        office.payroll(name, office.numbers(15))
    desks = [office.start("run", name, *SLOWLY) for name in ("jakarta.csv", "medan.csv")]
    office.wait_for_requests(5)
    postgres.freeze()
    time.sleep(6.0)  # longer than an attempt may wait to leave
    sent = len(office.sent())
    time.sleep(0.5)
    assert len(office.sent()) == sent, "something was sent without the record"
    postgres.thaw()
    for desk in desks:
        assert office.finish(desk).exit in {0, 1, 3}
    for name in ("jakarta.csv", "medan.csv"):
        office.send(name, "--again")
    assert_each_paid_once(office, 15)


@pytest.mark.parametrize(
    ("trouble", "end"),
    [(Server.kill, Server.start), (Server.freeze, Server.thaw)],
    ids=["dies", "stands still"],
)
def test_a_server_that_is_gone_stops_every_desk_and_what_was_under_way_is_brought_over(
    office: Office, postgres: Server, trouble: Callable[[Server], object], end: Callable[[Server], object]
) -> None:
    office.payroll("jakarta.csv", office.numbers(30))
    desk = office.start("run", "jakarta.csv", *SLOWLY, "--workers", "3")
    office.wait_for_requests(8)
    trouble(postgres)
    try:
        done = office.finish(desk)
        sent = len(office.sent())
        assert done.exit == 3, done.err
        assert len(office.statuses("jakarta.results.xlsx")) == 30
        refused = office.send("jakarta.csv")
        assert (refused.exit, len(office.sent())) == (2, sent), "it ran without the record"
    finally:
        end(postgres)
    assert office.send("jakarta.csv").exit == 0
    assert office.statuses("jakarta.results.xlsx") == ["sukses"] * 30
    assert_each_paid_once(office, 30)


def test_a_desk_that_was_restored_from_a_backup_sends_nothing_again(office: Office) -> None:
    progress = office.folder / "jakarta.checkpoint.db"
    office.payroll("jakarta.csv", office.numbers(1))
    assert office.send("jakarta.csv").exit == 0
    shutil.copyfile(progress, office.folder / "backup")
    office.payroll("jakarta.csv", office.numbers(3))
    assert office.send("jakarta.csv").exit == 0
    shutil.copyfile(office.folder / "backup", progress)
    assert office.send("jakarta.csv").exit == 4
    assert office.statuses("jakarta.results.xlsx") == ["sukses", "unknown", "unknown"]
    office.payroll("medan.csv", office.numbers(3))
    assert office.send("medan.csv", "--again").exit in {1, 2}
    assert_each_paid_once(office, 3)


def test_a_server_that_was_restored_from_an_older_copy_stops_every_desk_until_all_is_back(
    office: Office, postgres: Server
) -> None:
    """One that does not look like a copy: its disk was set back. The desk that misses something tells all."""
    office.payroll("jakarta.csv", office.numbers(3))
    office.payroll("medan.csv", office.numbers(4))
    assert office.send("jakarta.csv").exit == 0
    schema = office.environment["BULK_TOPUP_LEDGER"].rpartition("%3D")[2]
    postgres.execute(f"DELETE FROM {schema}.claims", f"DELETE FROM {schema}.batches")  # noqa: S608
    settled = office.run("settle", "jakarta.csv")
    assert settled.exit == 0, settled.err
    assert "had lost 3 top-ups" in settled.out
    held = office.send("medan.csv", "--again")
    assert (held.exit, "restored from an older copy" in held.err) == (2, True), held.err
    assert office.run("account", "resume").exit == 0
    assert "had lost" not in office.run("settle", "jakarta.csv").out
    assert office.send("medan.csv", "--again").exit == 1
    assert_each_paid_once(office, 4)


@pytest.mark.parametrize("minutes", [-6, 6, 1440])
def test_a_desk_on_a_wrong_clock_does_not_start(
    postgres: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, minutes: int
) -> None:
    class Wrong(SystemClock):
        def now(self) -> datetime:
            return datetime.now(WIB) + timedelta(minutes=minutes)

    for name in ("USERNAME", "PASSWORD"):
        monkeypatch.setenv(f"BULK_TOPUP_{name}", "sandbox")
    monkeypatch.setenv("BULK_TOPUP_LEDGER", postgres.fresh())
    source = Source(tmp_path / "bonus.csv")
    job = Job(source, files_of(source, sandbox=False))
    with tools_of(job, credentials(job.connection), SystemClock()):
        pass
    with pytest.raises(InputError) as refused, tools_of(job, credentials(job.connection), Wrong()):
        pass
    assert refused.value.code == "ledger.other_time"
    assert round(int(str(refused.value.facts["off_s"])) / 60) == minutes

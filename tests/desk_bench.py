"""The real parts in one process: files, provider over HTTP, ledger; only the clock is handed in."""

from __future__ import annotations

import csv
import email.utils
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from datetime import time as time_of_day
from typing import TYPE_CHECKING, Any

import openpyxl

from bulk_topup.commands import run
from bulk_topup.commands.resolve import resolve_rows
from bulk_topup.commands.settle import settle_batch
from bulk_topup.commands.terminal import Terminal
from bulk_topup.core.clock import WIB, SystemClock
from bulk_topup.core.model import Source
from bulk_topup.provider.address import Connection
from bulk_topup.record import paths
from bulk_topup.rules.orders import Wishes
from bulk_topup.sandbox import Sandbox, Wire
from bulk_topup.sending.job import Job
from bulk_topup.sheet import read_sheet
from tests.faults import Faults

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from bulk_topup.core.errors import Exit
    from bulk_topup.sandbox import LoggedRequest, TopUp
    from bulk_topup.sending.resolve import Verdict

PRICE = 5_650
"""Of TSEL5, in rupiah."""


class MovedClock(SystemClock):
    """The machine's clocks, moved: `wall` and `boot` by as much as the test says. Sleeping moves both."""

    def __init__(self) -> None:
        super().__init__()
        self.wall = timedelta(0)
        self.boot_s = 0.0
        self.slept_s: list[float] = []

    def now(self) -> datetime:
        return super().now() + self.wall

    def alive(self) -> float:
        return super().alive() + self.boot_s

    def sleep(self, seconds: float) -> bool:
        if seconds > 0:
            self.slept_s.append(seconds)
            self.pass_by(seconds)
        return self.stop.is_set()

    def pass_by(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.boot_s += seconds

    def set_to(self, hour: int, minute: int, second: float = 0.0) -> None:
        """This time of today, in WIB."""
        today = super().now().date()
        wanted = datetime.combine(today, time_of_day(hour, minute), WIB) + timedelta(seconds=second)
        self.wall = wanted - super().now()


class _Provider(Sandbox):
    """Its `Date` header differs from the command's clock by `skew_s`; None makes it unreadable."""

    skew_s: float | None = 0.0
    bench_clock: MovedClock

    def _wire(self, handler: Any) -> Wire:
        if self.skew_s is None:
            return Wire(handler, "not a date", self._wait)
        moment = self.bench_clock.now().timestamp() + self.skew_s
        return Wire(handler, email.utils.formatdate(moment, usegmt=True), self._wait)


class Bench:
    """A sheet and everything that a command needs to send it; the provider lives by the same clock."""

    def __init__(
        self,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        faults: Faults | None = None,
        **settings: Any,
    ) -> None:
        self.folder = folder
        self.clock = MovedClock()
        self.clock.set_to(11, 0)
        self.sandbox = _Provider(**{"clock": self.clock.now, "intercept": faults, **settings})
        self.sandbox.bench_clock = self.clock
        self.sandbox.start()
        monkeypatch.setenv("BULK_TOPUP_LEDGER", str(folder / "ledger.db"))
        monkeypatch.setenv("BULK_TOPUP_USERNAME", "sandbox")
        monkeypatch.setenv("BULK_TOPUP_PASSWORD", "sandbox")

    def close(self) -> None:
        self.sandbox.stop()

    # -- the desk ------------------------------------------------------------------------------------------

    def sheet(self, *numbers: str, product: str = "TSEL5") -> None:
        """One row a number; the first is row 2."""
        with self.path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("No HP", "Kode Produk"), *((number, product) for number in numbers)])

    @property
    def path(self) -> Path:
        return self.folder / "bonus.csv"

    @property
    def checkpoint(self) -> Path:
        return self.folder / "bonus.checkpoint.db"

    def job(self, *, retry_failed: bool = False, same_batch: bool = False, **other: Any) -> Job:
        source = Source(self.path)
        connection = Connection(base_url=self.sandbox.url, rate_per_s=500.0, timeout_s=10.0)
        wishes = Wishes(retry_failed=retry_failed, same_batch=same_batch)
        files = paths.files_of(source, sandbox=False)
        return replace(Job(source, files, connection, wishes, wait_s=0.0, yes=True), **other)

    def run(self, **wishes: Any) -> Exit:
        job = self.job(**wishes)
        return run.run_batch(job, lambda: read_sheet(job.source.path), Terminal(), self.clock)

    def settle(self, **wishes: Any) -> Exit:
        return settle_batch(self.job(**wishes), Terminal(), self.clock)

    def resend(self, **wishes: Any) -> Exit:
        return self.settle(resend=True, **wishes)

    def resolve(self, *verdicts: Verdict) -> Exit:
        return resolve_rows(self.job(), Terminal(), self.clock, verdicts)

    # -- what became of it ---------------------------------------------------------------------------------

    def rows(self) -> list[dict[str, str]]:
        """The rows of the results, every value as text."""
        book = openpyxl.load_workbook(self.folder / "bonus.results.xlsx")
        header, *rows = book.worksheets[0].iter_rows(values_only=True)
        book.close()
        return [
            {str(name): "" if value is None else str(value) for name, value in zip(header, row, strict=True)}
            for row in rows
        ]

    def statuses(self) -> list[str]:
        return [row["status"] for row in self.rows()]

    def select(self, sql: str, *, ledger: bool = False) -> list[tuple[Any, ...]]:
        """From the checkpoint, or the ledger."""
        with closing(sqlite3.connect(self.folder / "ledger.db" if ledger else self.checkpoint)) as db:
            return db.execute(sql).fetchall()

    def kinds(self) -> list[str | None]:
        """Of every attempt, in order."""
        return [kind for (kind,) in self.select("SELECT kind FROM attempts ORDER BY id")]

    def claims(self) -> list[tuple[str, str, str]]:
        """(number, day, state) of every claim."""
        return self.select("SELECT number, day, state FROM claims ORDER BY number, day", ledger=True)

    # -- the provider's side -------------------------------------------------------------------------------

    def sent(self) -> list[LoggedRequest]:
        return [request for request in self.sandbox.requests() if request.endpoint == "isipulsa"]

    def paid(self) -> list[TopUp]:
        return [topup for topup in self.sandbox.book() if topup.status != "gagal"]


def refusal(reason_code: str) -> str:
    """A fault: the provider says no with this code, and nothing is paid."""
    words = {"result": "no", "reason_code": reason_code, "reason": f"alasan-{reason_code}"}
    return f"before otherjson:{json.dumps(words)}"


def on_isipulsa(*faults: str | None) -> Faults:
    """One fault for each request to isipulsa in turn; None, and every later request, goes well."""
    return Faults.listed({"isipulsa": {n: text for n, text in enumerate(faults, start=1) if text}})

"""A finance team's desk inside this process: real files and sockets, but a clock that is set by hand."""

from __future__ import annotations

import csv
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any, ClassVar

import openpyxl
import pytest
from python_calamine import load_workbook

from bulk_topup.commands.run import run_batch
from bulk_topup.commands.settle import settle_batch
from bulk_topup.commands.terminal import Terminal
from bulk_topup.core.clock import WIB, SystemClock
from bulk_topup.core.errors import BulkTopupError
from bulk_topup.core.model import Source
from bulk_topup.provider.address import Connection
from bulk_topup.record.paths import files_of
from bulk_topup.rules.orders import Wishes
from bulk_topup.sandbox import Sandbox
from bulk_topup.sandbox.prices import PRICES
from bulk_topup.sending.job import Job
from bulk_topup.sheet import read_sheet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from bulk_topup.core.errors import Exit
    from bulk_topup.sandbox import LoggedRequest, TopUp
    from bulk_topup.sheet import Arriving
    from tests.faults import Faults

START = datetime(2025, 1, 20, 10, 0, tzinfo=WIB)
HEADER = ("Nama", "No HP", "Kode Produk")
PRODUCTS = ("TSEL5", "TSEL10", "XL5")
"""All that the provider sells here: each command reads the whole list, which has 138 products elsewhere."""

Topup = tuple[str, str]
"""A row of a sheet: number and product code."""


class TestClock(SystemClock):
    """Stands still but for what is slept, which takes no time, and for what it is set to."""

    __test__: ClassVar[bool] = False

    def __init__(self, now: datetime = START) -> None:
        super().__init__()
        self._now = now
        self._alive_s = 0.0
        self._lock = Lock()

    def now(self) -> datetime:
        with self._lock:
            return self._now

    def alive(self) -> float:
        with self._lock:
            return self._alive_s

    def sleep(self, seconds: float) -> bool:
        self.advance(timedelta(seconds=max(0.0, seconds)))
        return self.stop.is_set()

    def advance(self, span: timedelta) -> None:
        with self._lock:
            self._now += span
            self._alive_s += span.total_seconds()

    def set(self, moment: datetime) -> None:
        """Put the wall clock at a moment, past or future; `alive` never steps back."""
        with self._lock:
            self._alive_s += max(0.0, (moment - self._now).total_seconds())
            self._now = moment


@dataclass(frozen=True)
class Came:
    """What one command came to: `code` is why it refused ("" if it did not), `paid` how many top-ups each
    number got by the provider's book, `sent` the numbers of its requests to isipulsa in order."""

    exit: int
    code: str
    paid: Mapping[str, int]
    sent: Sequence[str]


def rows_of(workbook: Path) -> list[dict[str, str]]:
    """The rows of its first tab, in order; every value as text, "" for an empty cell."""
    header, *rows = load_workbook(workbook).get_sheet_by_index(0).to_python(skip_empty_area=False)
    return [dict(zip(map(_text, header), map(_text, row), strict=True)) for row in rows]


def _text(value: object) -> str:
    is_whole = isinstance(value, float) and value.is_integer()  # as calamine tells of whole numbers, too
    return f"{value:.0f}" if is_whole else str(value)


def sheet_of(job: Job) -> Arriving:
    """What a command waits for."""
    return lambda: read_sheet(job.source.path, tab=job.source.tab)


@dataclass(frozen=True)
class Office:
    """File names are relative to `folder`. The sandbox goes by the same clock as the command."""

    folder: Path
    clock: TestClock
    sandbox: Sandbox
    wait_s: float = 10.0
    _terminal: Terminal = field(default_factory=lambda: Terminal(quiet=True))

    # -- sheets --------------------------------------------------------------------------------------------

    def write(self, name: str, rows: Iterable[Topup], *tabs: str) -> Path:
        """A sheet of these rows, the first in row 2; as a workbook, every tab holds them all."""
        lines = [HEADER, *((f"Karyawan {n}", *row) for n, row in enumerate(rows, start=1))]
        path = self.folder / name
        if path.suffix == ".csv":
            with path.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows(lines)
            return path
        book = openpyxl.Workbook(write_only=True)
        for tab in tabs or ("Sheet1",):
            sheet = book.create_sheet(tab)
            for line in lines:
                sheet.append(line)
        book.save(path)
        return path

    # -- commands ------------------------------------------------------------------------------------------

    def job(self, sheet: str, *flags: str, tab: str | None = None) -> Job:
        """`run SHEET --yes` with these flags, as fast as it goes."""
        source = Source(self.folder / sheet, tab)
        named = {flag.removeprefix("--").replace("-", "_") for flag in flags}
        known = {wish.name for wish in fields(Wishes)}
        job = Job(
            source,
            replace(files_of(source, sandbox=False), ledger=str(self.folder / "ledger.db")),
            Connection(base_url=self.sandbox.url, rate_per_s=500),
            Wishes(**dict.fromkeys(named & known, True)),
            wait_s=self.wait_s,
            yes=True,
        )
        return replace(job, **dict.fromkeys(named - known, True))  # type: ignore[arg-type]

    def run(self, sheet: str, *flags: str, tab: str | None = None) -> Came:
        job = self.job(sheet, *flags, tab=tab)
        return self.witness(lambda: run_batch(job, sheet_of(job), self._terminal, self.clock))

    def settle(self, sheet: str, *flags: str) -> Came:
        job = self.job(sheet, *flags)
        return self.witness(lambda: settle_batch(job, self._terminal, self.clock))

    def witness(self, command: Callable[[], Exit]) -> Came:
        """A command to its end, and what the provider saw of it."""
        before, asked = self.paid(), len(self.sent())
        try:
            exit_code, code = command(), ""
        except BulkTopupError as problem:
            exit_code, code = problem.exit_code, problem.code
        sent = [request.parameters["nomortujuan"] for request in self.sent()[asked:]]
        return Came(int(exit_code), code, self.paid() - before, sent)

    # -- what became of it ---------------------------------------------------------------------------------

    def results(self, sheet: str, tab: str | None = None) -> list[dict[str, str]]:
        """The rows of the sheet's results, every value as text."""
        return rows_of(self.job(sheet, tab=tab).files.results)

    def paid(self) -> Counter[str]:
        """How many top-ups each number holds by the provider's book."""
        return Counter(topup.number for topup in self.topups())

    def topups(self) -> list[TopUp]:
        """Those for which the provider keeps the money."""
        return [topup for topup in self.sandbox.book() if topup.status != "gagal"]

    def sent(self) -> list[LoggedRequest]:
        return [request for request in self.sandbox.requests() if request.endpoint == "isipulsa"]


@contextmanager
def open_office(folder: Path, faults: Faults | None = None, **of_sandbox: Any) -> Iterator[Office]:
    """An office in this folder, whose sandbox meets these faults; other arguments are the Sandbox's own."""
    clock = TestClock()
    listed = [product for product in PRICES if product["kodeoperator"] in PRODUCTS]
    with (
        pytest.MonkeyPatch.context() as settings,
        Sandbox(clock=clock.now, intercept=faults, **{"prices": listed, **of_sandbox}) as sandbox,
    ):
        settings.setenv("BULK_TOPUP_USERNAME", "sandbox")
        settings.setenv("BULK_TOPUP_PASSWORD", "sandbox")
        yield Office(folder, clock, sandbox)

"""What a schedule is, and what is known when it has been carried out: values, which the judge reads too."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

WIB = timezone(timedelta(hours=7), "WIB")

PRODUCTS: Mapping[str, tuple[str, int, int]] = MappingProxyType(
    {
        "TSEL5": ("TELKOMSEL", 5_000, 5_650),
        "TSEL10": ("TELKOMSEL", 10_000, 10_500),
        "TSEL25": ("TELKOMSEL", 25_000, 25_200),
        "ISAT5": ("INDOSAT", 5_000, 5_750),
        "ISAT25": ("INDOSAT", 25_000, 25_300),
    }
)
"""The price list of every campaign: code -> operator, nominal, price. Some share a nominal on purpose."""

Faults = dict[str, dict[int, str]]
"""endpoint -> which of its requests during the command -> `"POINT KIND"`, as the sandbox reads it."""


@dataclass(frozen=True)
class Row:
    """One row of a sheet. `no` is its own for good, through every edit; `number` is in national form."""

    no: int
    number: str
    product: str
    itrx: str = ""
    written: str = ""
    """How the sheet spells the number, where that is not `number` itself."""

    @property
    def nominal(self) -> int:
        """0 for a product that the price list lacks."""
        return PRODUCTS[self.product][1] if self.product in PRODUCTS else 0


Rows = tuple[Row, ...]


@dataclass(frozen=True)
class Crash:
    """At the nth call of a boundary, before or after: `exit`, `kill`, or `nap:SECONDS` (a laptop sleeps)."""

    point: str
    nth: int
    side: Literal["before", "after"]
    how: str

    def __str__(self) -> str:
        return f"{self.how} {self.side} {self.point}#{self.nth}"


@dataclass(frozen=True)
class Command:
    """One command line, and what befalls it. `refused` names connections, from 1, that nobody accepts."""

    verb: str
    sheet: str
    options: tuple[str, ...] = ()
    workers: int = 1
    faults: Faults = field(default_factory=dict)
    refused: tuple[int, ...] = ()
    crash: Crash | None = None

    @property
    def resends(self) -> bool:
        return self.verb == "settle" and "--resend" in self.options

    def __str__(self) -> str:
        return " ".join((self.verb, self.sheet, *self.options))


@dataclass(frozen=True)
class Write:
    """The person saves the sheet, new or changed."""

    sheet: str
    rows: Rows
    how: str

    def __str__(self) -> str:
        return f"[{self.how} {self.sheet}]"


@dataclass(frozen=True)
class Progress:
    """The person deletes, copies away or puts back the progress file; `partly` leaves SQLite's side files."""

    what: Literal["delete", "save", "restore"]
    sheet: str
    partly: bool = False

    def __str__(self) -> str:
        return f"[{self.what}{' partly' if self.partly else ''} {self.sheet}]"


@dataclass(frozen=True)
class FeedBack:
    """The results of one sheet are saved as another sheet."""

    source: str
    sheet: str

    def __str__(self) -> str:
        return f"[feed {self.source} back as {self.sheet}]"


@dataclass(frozen=True)
class Wait:
    """Time passes: `120` seconds, or until `late` (23:55), `day` (next morning), `month` (the next one)."""

    until: str

    def __str__(self) -> str:
        return f"[wait {self.until}]"


@dataclass(frozen=True)
class Deposit:
    """The balance becomes this many rupiah."""

    rupiah: int

    def __str__(self) -> str:
        return f"[deposit {self.rupiah}]"


Step = Command | Write | Progress | FeedBack | Wait | Deposit


@dataclass(frozen=True)
class Schedule:
    """`name` (SEED/N) makes it again. `itrx` and `rule_51` are how the provider reads its own document."""

    name: str
    start: datetime
    rule_51: bool
    itrx: Literal["free", "strict"]
    skew_s: float
    balance: int
    counts_copies: bool
    """Whether its sheets have a column `Pengisian ke`."""
    steps: tuple[Step, ...]


# -- what came of it ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Record:
    """One command as it went.

    `requests` are the provider's log entries (first, last) during it; `exit` is None for a crash; `batch` is
    what the progress file calls itself afterwards, "" without one; `results` is a copy of the results sheet,
    None where the command wrote none; `rows` is the sheet at that time.
    """

    command: Command
    rows: Rows
    began: datetime
    ended: datetime
    exit: int | None
    crash: str
    timed_out: frozenset[str]
    requests: tuple[int, int]
    batch: str
    results: Path | None
    complaint: str

    @property
    def died(self) -> bool:
        return self.exit is None


@dataclass(frozen=True)
class Event:
    """A step that is no command, at its place among the records: before record number `at`."""

    at: int
    step: Step


@dataclass(frozen=True)
class Evidence:
    """All that the judge gets. `book` is the provider's SQLite file."""

    schedule: Schedule
    book: Path
    records: tuple[Record, ...]
    events: tuple[Event, ...]


@dataclass(frozen=True)
class Violation:
    rule: str
    what: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.what}"

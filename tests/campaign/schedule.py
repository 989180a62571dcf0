"""What a schedule is, and what is known when it has been carried out: values, which the judge reads too."""

from __future__ import annotations

from collections import Counter
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
        "TSELA5": ("TELKOMSEL", 5_000, 5_750),
        "TSELA25": ("TELKOMSEL", 25_000, 25_300),
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
    """What happens at the nth call of a boundary, before or after it.

    The process dies: `exit`, `kill`, `linger` (this thread first stands still for a while), `cut` (with the
    computer: of the files only that is left which was forced to the disk). Time leaps: `nap:SECONDS` (a
    laptop sleeps), `set:SECONDS` (its clock is set), `stand:SECONDS` (both, so that the clock shows nothing).
    `error`: the disk fails once. `hold`: the thread waits there while another command runs.
    """

    point: str
    nth: int
    side: Literal["before", "after"]
    how: str

    def __str__(self) -> str:
        return f"{self.how} {self.side} {self.point}#{self.nth}"


Manner = Literal["", "truth", "file", "bare file", "other", "invented", "misplaced", "spoiled file"]
"""How a person answers for open rows, from what stands in the provider's book: the truth for one row, for
all of them in a file, in a file without row numbers; or wrongly: another top-up's invoice, one that nobody
has, the invoice under another row; or a file whose last line is wrong."""


@dataclass(frozen=True)
class Said:
    """A person's word on one row, which is `row` of the sheet (None: not said).

    `number` is in national form; `invoice` is "" where the top-up was not sent; `true` is whether the book
    bears it out; `plain` whether it does so without a doubt: not pending, and far from midnight.
    """

    row: int | None
    number: str
    product: str
    invoice: str
    true: bool
    plain: bool = False
    sent_at: str = ""


@dataclass(frozen=True)
class Command:
    """One command line, and what befalls it.

    `refused` names connections, from 1, that nobody accepts. `killed_at` is when SIGKILL comes, as a part of
    the time that the verb usually takes: the same schedule may die elsewhere when it is replayed. `manner` is
    how a `resolve` is answered: its other options come from the book at that time.
    """

    verb: str
    sheet: str
    options: tuple[str, ...] = ()
    workers: int = 1
    faults: Faults = field(default_factory=dict)
    refused: tuple[int, ...] = ()
    crash: Crash | None = None
    killed_at: float | None = None
    manner: Manner = ""

    @property
    def meets_an_error(self) -> bool:
        return self.crash is not None and self.crash.how == "error"

    @property
    def takes_turns(self) -> bool:
        """Whether it is one of those of which only one at a time may be at work on a sheet."""
        return self.verb in {"run", "settle", "resolve"}

    @property
    def resends(self) -> bool:
        return self.verb == "settle" and "--resend" in self.options

    def __str__(self) -> str:
        if self.manner:
            return f"{self.verb} {self.sheet} ({self.manner})"
        return " ".join((self.verb, self.sheet, *self.options))


@dataclass(frozen=True)
class Together:
    """Two commands at once: the second from start to end while the first is held at `hold`, or a race.

    Where the first never comes to `hold`, the second follows it. The faults of the first befall both.
    """

    first: Command
    second: Command
    hold: Crash | None

    def __str__(self) -> str:
        return f"{self.first} || {self.second}" + (f" at {self.hold}" if self.hold else "")


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


@dataclass(frozen=True)
class Tamper:
    """The file of the record is deleted, copied away, or set back to that copy."""

    what: Literal["delete", "save", "set back"]

    def __str__(self) -> str:
        return f"[{self.what} the record]"


@dataclass(frozen=True)
class Meanwhile:
    """A command, and what is done to the record while it is held at `hold`."""

    command: Command
    step: Tamper
    hold: Crash

    def __str__(self) -> str:
        return f"{self.command} || {self.step} at {self.hold}"


@dataclass(frozen=True)
class Move:
    """From now on the provider is spoken to by another name of its host, as the person says it has moved."""

    def __str__(self) -> str:
        return "[move]"


@dataclass(frozen=True)
class Lose:
    """The progress file is lost, and on the next day its open rows are closed from the record."""

    sheet: str

    def __str__(self) -> str:
        return f"[lose {self.sheet}]"


@dataclass(frozen=True)
class Halve:
    """The progress file is taken along without its log, as after a crash, and run; then the log is found."""

    sheet: str

    def __str__(self) -> str:
        return f"[halve {self.sheet}]"


@dataclass(frozen=True)
class Take:
    """A copy of the sheet and its progress file is taken to another folder."""

    sheet: str

    @property
    def taken(self) -> str:
        return f"away/{self.sheet}"

    def __str__(self) -> str:
        return f"[take {self.sheet} away]"


Done = Write | Progress | FeedBack | Wait | Deposit | Tamper | Move | Take
Step = Command | Together | Meanwhile | Lose | Halve | Done


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


Asked = tuple[str, str, int]
"""number, product, itrx"""


@dataclass(frozen=True)
class Record:
    """One command as it went.

    `requests` are the provider's log entries that came from it, `seen` the last one that its results can know
    of; `exit` is None for a crash, and `moment` is when a SIGKILL came that no step of the program announced;
    `batch` is what the progress file calls itself afterwards, "" without one; `results` is a copy of the
    results sheet, None where the command wrote none; `journals` are the files of entries that are new;
    `rows` is the sheet at that time; `said` is what a
    `resolve` said. `beside` is the place of the command that ran at the same time; `inside`, that this one
    was started and ended while that one was held.

    `written` are the attempts that the progress file has since this command, `unclaimed` those of all
    that may be paid that the record, a file, has no claim for; `late` is what left too long after that.
    """

    command: Command
    rows: Rows
    began: datetime
    ended: datetime
    exit: int | None
    crash: str
    timed_out: frozenset[str]
    requests: frozenset[int]
    seen: int
    batch: str
    results: Path | None
    complaint: str
    moment: str = ""
    journals: tuple[Path, ...] = ()
    said: tuple[Said, ...] = ()
    beside: int | None = None
    inside: bool = False
    written: Counter[Asked] = field(default_factory=Counter)
    unclaimed: tuple[Asked, ...] = ()
    late: tuple[str, ...] = ()

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

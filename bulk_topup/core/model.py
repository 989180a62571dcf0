"""The words of the product as values: no I/O, no clock, no rules about order of events.

Units: money is whole rupiah (int), times are aware `datetime`s in WIB, durations end in `_s` (seconds).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from bulk_topup.core.columns import Columns as Columns
from bulk_topup.core.columns import Named as Named
from bulk_topup.core.columns import letter as letter
from bulk_topup.core.status import Status as Status

if TYPE_CHECKING:
    from datetime import date, datetime
    from pathlib import Path

    import pandas as pd

NOTHING: Mapping[str, str] = MappingProxyType({})

SHEET_ROWS, SHEET_COLUMNS = 1_048_576, 16_384
"""The most that a sheet of Excel or LibreOffice has."""

TAB_ROWS = 10_000_000
"""Where several tabs are one sheet, a row's number is this times its tab's place, and its number there."""

SHOWN_CHARACTERS = 40
"""Of a cell, in a message."""


def account_of(username: str) -> str:
    """The account of a user name, in its one spelling.

    Whether the provider distinguishes capitals is not documented, so names that differ only in capitals are
    one account in every record, and nobody is paid once under each.
    """
    return username.strip().casefold()


# -- the sheet ---------------------------------------------------------------------------------------------


class Oddity(StrEnum):
    """Why a cell's text cannot be taken as what the person typed."""

    ERROR = "error"
    DATE = "date"
    BOOLEAN = "boolean"
    DECIMAL = "decimal"
    LOST_DIGITS = "lost_digits"
    NO_VALUE = "no_value"
    """A formula without a result that holds; `shown` is an outdated one, if there is one."""
    MERGED = "merged"
    """Covered by a merged cell; `stored` is that cell's text."""
    TWO_READINGS = "two_readings"
    """Shown as one thing, stored as another."""
    FORMAT = "format"
    """Its number format (`stored`) shows something else than what the cell holds (`shown`), or nothing."""
    OTHER_TABLE = "other_table"
    """Of a row under a further header, in row `stored`, that names other columns than the first one."""
    EXAMPLE = "example"
    """Of a row under a title that says so."""
    AGAINST = "against"
    """Of a row under a title, in row `stored`, that speaks against paying."""
    CONTACT = "contact"
    """Of a row that says whom to call, and nothing of what to send."""
    RAGGED = "ragged"
    """Of a line with more cells than the header, so that none is certain to be in its place."""
    STRUCK = "struck"
    """Struck out, wholly or in part."""
    RAISED = "raised"
    """With raised or lowered digits, as a footnote has."""
    UNSEEN = "unseen"
    """In the colour of its background, or too small, wholly or in part."""
    UNKNOWN = "unknown"
    """Not a value of the type that the cell says it has: programs differ in what they make of it."""


@dataclass(frozen=True, slots=True)
class OddCell:
    """`shown` is what the person sees in the spreadsheet program, `stored` what the file holds instead."""

    kind: Oddity
    shown: str
    stored: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about the whole sheet that the user should know; never about one row."""

    code: str
    facts: Mapping[str, str] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, eq=False)
class Sheet:
    """The rows of one tab, verbatim.

    `cells` holds text only: columns are positions 0…n-1, the index is the row's number as the spreadsheet
    program shows it. Wholly blank rows are not rows. `odd` is sparse: (row, column position) -> what it is.
    `hidden` are rows that nobody sees in the spreadsheet program: hidden or filtered out. `outside` counts
    filled cells that stand outside of the table: above its header, or in columns without a name. `unit` is
    how many rupiah a small amount counts, as the 1 in `50`: 1 or 1,000, or None where nobody was asked.
    """

    path: Path
    tab: str
    sha256: str
    header: tuple[str, ...]
    cells: pd.DataFrame
    columns: Columns
    odd: Mapping[tuple[int, int], OddCell] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    hidden: frozenset[int] = frozenset()
    outside: int = 0
    unit: int | None = None
    tabs: tuple[str, ...] = ()
    """Their names, where several tabs are one sheet."""


@runtime_checkable
class Packed(Protocol):
    """What a column of cells that only travel is kept in."""

    def holds(self, text: str) -> bool:
        """Whether one of the cells has this in it; without a Python string for each."""

    @property
    def may_speak(self) -> bool:
        """Whether one of the cells may say that its row is not to be paid, or an example."""


# -- prices ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a product can't be ordered: `code` names its wording, `stated` is what the price list says."""

    code: str
    stated: str = ""


@dataclass(frozen=True, slots=True)
class Product:
    """What `daftarharga` says of one code (API v3.1, DAFTAR HARGA PULSA).

    `price` is None where none is stated. A `flaw` is one of the list itself; such a product is not ready and
    has no price, and its nominal is 0 unless that is certain.
    """

    code: str
    operator: str
    kind: str
    nominal: int
    price: int | None
    ready: bool
    description: str = ""
    flaw: Flaw | None = None


PriceList = Mapping[str, Product]
"""Products by their code, spelled as the provider spells it."""


# -- findings and orders -----------------------------------------------------------------------------------


class Level(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong or odd with one row. `code` names its wording; `value` is the cell as it stands."""

    row: int
    level: Level
    code: str
    column: str
    value: str
    facts: Mapping[str, str] = field(default_factory=lambda: NOTHING)


class ResultsTab(StrEnum):
    """The tabs of a results workbook, by their English names; `languages` has the others."""

    RESULTS = "Results"
    SUMMARY = "Summary"
    LIST = "List"
    TO_DO = "To do"
    ASK_PROVIDER = "Ask provider"


@dataclass(frozen=True, slots=True)
class Order:
    """One intended top-up. `id` is the checkpoint's own; `row` the sheet row it came from."""

    id: int
    row: int
    number: str
    product: str
    itrx: int
    nominal: int
    operator: str
    price: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """An attempt that may be made, if its slot of this WIB day is free and its order still `expected`.

    `token` is the attempt's own. It began at `at` on the wall, and at `began` (seconds) by the clock that
    counts sleep; `skew_s` is the provider's clock minus ours, in seconds, None where it is not known.
    """

    order: Order
    token: str
    at: datetime
    day: date
    skew_s: float | None = None
    expected: Status = Status.UNSENT
    began: float = 0.0


@dataclass(frozen=True, slots=True)
class Ending:
    """What an attempt came to; `skew_s` is that of its beginning, where more is known of it by now."""

    attempt_id: int
    outcome: Outcome
    at: datetime
    skew_s: float | None = None


# -- what an attempt comes to ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Deposit:
    """The balance at the provider (rupiah), as an answer to this batch stated it, and when (WIB)."""

    balance: int
    moment: str
    batch: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """No byte of the request ever left: proven by the connection itself, not read from an error's text."""

    cause: str


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """At least one byte may have left, and no complete answer came back."""

    cause: str


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete HTTP answer. `headers` have lower-case names; `body` is decoded and within the size cap."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Answer = NotSent | NoAnswer | Reply


class Kind(StrEnum):
    """What one attempt came to."""

    NOT_SENT = "not_sent"
    REFUSED = "refused"
    SUKSES = "sukses"
    PENDING = "pending"
    GAGAL = "gagal"
    EXISTS = "exists"
    UNKNOWN = "unknown"


class Then(StrEnum):
    """What the run does after an attempt, besides recording it."""

    GO_ON = "go_on"
    AGAIN = "again"
    STOP = "stop"
    ONE_AT_A_TIME = "one_at_a_time"


@dataclass(frozen=True)
class Halt:
    """Why the run stopped before its last row; worded in `report.words`."""

    code: str
    facts: Mapping[str, str] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One line of the outcome table.

    `code` names our wording of why (`report.words`); `reason_code` and `reason` are the provider's words.
    `wait_s` is what a 429 asks us to wait, if it says so.
    """

    kind: Kind
    then: Then
    code: str
    reason_code: str = ""
    reason: str = ""
    invoice: str = ""
    serial: str = ""
    debited: int | None = None
    balance: int | None = None
    answered_at: str = ""
    wait_s: float | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """Why no desk may send. `code` names our words for it, `reason` is the provider's own; `desk` met it, at
    the ISO time `at` in WIB."""

    code: str
    reason: str
    desk: str
    at: str

    def facts(self) -> dict[str, str]:
        """For its wording; `cause` is a code that is worded itself, `at` is to the minute."""
        at = self.at[:16].replace("T", " ")
        return {"cause": self.code, "desk": self.desk, "at": at, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Slot:
    """`wait_s` seconds from now it comes, if it `is_ours`; else that is when to ask again."""

    is_ours: bool
    wait_s: float
    stop: Stop | None


@dataclass(frozen=True)
class Source:
    """The sheet, and how to find its rows and columns."""

    path: Path
    tab: str | None = None
    """The tab, or how several together are called."""
    columns: Named = field(default_factory=Named)
    password_file: Path | None = None
    hidden: str | None = None
    """What to do with hidden rows: include, skip, or None to ask."""
    tabs: tuple[str, ...] = ()
    """Those to read as one sheet; none for the one that is named, or the only one."""

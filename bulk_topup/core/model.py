"""The product's domain values: no I/O, no clock, no rules about the order of events.

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
"""The size limit of an Excel or LibreOffice sheet."""

SHOWN_CHARACTERS = 40
"""The length to which messages shorten a cell."""


def account_of(username: str) -> str:
    """The account of a user name, normalised: names that differ only in case are one account in every
    record, because the provider may not be case-sensitive, and people could be paid once under each.
    """
    return username.strip().casefold()


# -- the sheet ---------------------------------------------------------------------------------------------


class Oddity(StrEnum):
    """Why a cell's text cannot be trusted to be what was typed."""

    ERROR = "error"
    DATE = "date"
    BOOLEAN = "boolean"
    DECIMAL = "decimal"
    LOST_DIGITS = "lost_digits"
    NO_VALUE = "no_value"
    """A formula without a valid result; `shown` is an outdated one, if there is one."""
    MERGED = "merged"
    """Covered by a merged cell; `stored` is that cell's text."""
    ONE_NAME = "one_name"
    """A number beside a name that is merged over several numbers."""
    TWO_READINGS = "two_readings"
    """Displays one value, stores another."""
    FORMAT = "format"
    """Its number format (`stored`) displays something other than its value (`shown`), or nothing."""
    OTHER_TABLE = "other_table"
    """In a row below a second header, in row `stored`, whose columns differ from the first one's."""
    APART = "apart"
    """In a row below a blank one, in a block from row `stored` on that looks unlike the table."""
    FOOT = "foot"
    """In a row below the table's signatures, in row `stored`, or below its total."""
    EXAMPLE = "example"
    """In a row below a title that marks an example."""
    AGAINST = "against"
    """In a row below a title, in row `stored`, that says not to pay."""
    PERIOD = "period"
    """In a row below a title of a period, in row `stored`, unlike those above."""
    CONTACT = "contact"
    """In a row that says whom to call."""
    RAGGED = "ragged"
    """In a line with more cells than the header, so that any of them may be shifted."""
    STRUCK = "struck"
    """Struck through, wholly or in part."""
    RAISED = "raised"
    """With superscript or subscript digits, such as a footnote mark."""
    UNSEEN = "unseen"
    """Invisible, wholly or in part: too small, or in the colour of its background."""
    UNKNOWN = "unknown"
    """Not a value of the cell's declared type; programs read such cells differently."""


@dataclass(frozen=True, slots=True)
class OddCell:
    """`shown` is what the spreadsheet program displays, `stored` what the file contains instead."""

    kind: Oddity
    shown: str
    stored: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to know about the whole sheet, never about a single row."""

    code: str
    facts: Mapping[str, str] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, eq=False)
class Sheet:
    """The rows of one tab, verbatim.

    `cells` holds text only: columns are positions 0…n-1, the index is the row number shown by the spreadsheet
    program. Blank rows are left out. `odd` is sparse and keyed by (row, column position). `hidden` are the
    rows that the spreadsheet program does not show: hidden or filtered out. `outside` counts filled cells
    outside the table: above its header, or in columns without a name. `unit` is what a small amount is
    counted in, such as a 50 that means Rp50,000: 1 or 1,000 rupiah, or None if nobody was asked.
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
    """The tab names, if several tabs are one sheet."""
    comments: Mapping[tuple[int, int], str] = field(default_factory=dict)
    """What comments of cells say against paying, or of other numbers; sparse, and keyed like `odd`."""


@runtime_checkable
class Packed(Protocol):
    """Compact storage for a column that is only passed through."""

    def holds(self, text: str) -> bool:
        """Whether any cell contains this; avoids creating a Python string for each."""

    def has(self, pattern: bytes) -> bool:
        """Whether one of the cells matches this somewhere."""

    @property
    def may_speak(self) -> bool:
        """Whether any cell may mean that its row is an example or must not be paid."""


# -- prices ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a product can't be ordered: `code` names the message, `stated` is what the price list says."""

    code: str
    stated: str = ""


@dataclass(frozen=True, slots=True)
class Product:
    """What `daftarharga` says about one code (API v3.1, DAFTAR HARGA PULSA); `price` is None if none is
    stated.

    A product with a `flaw` in the list is not ready and has no price; its nominal is 0 unless it is certain.
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
"""Products by code, spelled as the provider spells it."""


# -- findings and orders -----------------------------------------------------------------------------------


class Level(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong or unusual about one row. `code` names the message; `value` is the cell verbatim."""

    row: int
    level: Level
    code: str
    column: str
    value: str
    facts: Mapping[str, str] = field(default_factory=lambda: NOTHING)


class ResultsTab(StrEnum):
    """The tabs of a results workbook, by their English names; `languages` has the translations."""

    RESULTS = "Results"
    SUMMARY = "Summary"
    LIST = "List"
    TO_DO = "To do"
    ASK_PROVIDER = "Ask provider"


@dataclass(frozen=True, slots=True)
class Order:
    """One intended top-up. `id` is the checkpoint's key, `row` the sheet row."""

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
    """An attempt that may be made if its slot of this WIB day is free and its order is still `expected`.

    `token` identifies the attempt. It began at `at` on the wall clock and at `began` (seconds) on the clock
    that keeps counting during sleep; `skew_s` is the provider's clock minus ours in seconds, or None if
    unknown. It goes to `base_url`.
    """

    order: Order
    token: str
    at: datetime
    day: date
    skew_s: float | None = None
    expected: Status = Status.UNSENT
    began: float = 0.0
    base_url: str = ""


@dataclass(frozen=True, slots=True)
class Ending:
    """The result of an attempt; `skew_s` is the one of its start, if it became known later."""

    attempt_id: int
    outcome: Outcome
    at: datetime
    skew_s: float | None = None


# -- what an attempt comes to ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Deposit:
    """The balance at the provider (rupiah) as stated in an answer to this batch, and when (WIB)."""

    balance: int
    moment: str
    batch: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """No byte of the request was sent: known from the connection itself, not inferred from an error
    message.
    """

    cause: str


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """At least one byte may have been sent, and no complete answer came back."""

    cause: str


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete HTTP answer. Names in `headers` are lower case; `body` is decoded and within the size
    limit.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


Answer = NotSent | NoAnswer | Reply


class Kind(StrEnum):
    """The result of one attempt."""

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
    """Why the run stopped before the last row; `report.words` has the message."""

    code: str
    facts: Mapping[str, str] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One line of the outcome table. `code` names our message (`report.words`), `reason_code` and `reason`
    are the provider's; `wait_s` is the pause that a 429 asks for, if any.
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
    """Why no computer of the account may send: `code` names our message, `reason` is the provider's text,
    `desk` the computer that got it, at the ISO time `at` in WIB.
    """

    code: str
    reason: str
    desk: str
    at: str

    def facts(self) -> dict[str, str]:
        """Facts of the message; `cause` is the code of another message, `at` is to the minute."""
        at = self.at[:16].replace("T", " ")
        return {"cause": self.code, "desk": self.desk, "at": at, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Slot:
    """If `is_ours`, the slot starts in `wait_s` seconds; otherwise ask again then."""

    is_ours: bool
    wait_s: float
    stop: Stop | None


@dataclass(frozen=True)
class Source:
    """The sheet, and how to find its rows and columns."""

    path: Path
    tab: str | None = None
    """The tab, or the name for several together."""
    columns: Named = field(default_factory=Named)
    password_file: Path | None = None
    hidden: str | None = None
    """What to do with hidden rows: include, skip, or None to ask."""
    tabs: tuple[str, ...] = ()
    """The tabs to read as one sheet; empty for a single named tab, or the only one."""

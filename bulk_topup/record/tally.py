"""The rows' outcomes, counted. Separate from `results`, so that `status` need not import the workbook
code.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bulk_topup.core.errors import Exit
from bulk_topup.core.model import Kind
from bulk_topup.core.row_names import TAB_ROWS
from bulk_topup.core.status import FOR_NOBODY, Paid, Status
from bulk_topup.provider.outcomes import Fault, fault_of
from bulk_topup.record.lines import Line, LinesAlike

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bulk_topup.record.checkpoint import Checkpoint

TO_DO: Mapping[str, frozenset[Status]] = {
    "todo.correct": frozenset({Status.INVALID}),
    "todo.number": frozenset({Status.GAGAL}),
    "todo.product": frozenset({Status.INVALID, Status.GAGAL}),
    "todo.decide": frozenset({Status.UNSENT}),
    "todo.again": frozenset({Status.GAGAL}),
    "todo.tomorrow": frozenset({Status.GAGAL}),
    "todo.by_hand": frozenset({Status.GAGAL}),
    "todo.send": frozenset({Status.UNSENT}),
}
"""What a person can do about a row that may be sent again, what takes most thought first -> its statuses."""

NOT_SENT_YET, TO_DECIDE = "todo.send", "todo.decide"
LEFT_OUT = "hidden.skipped"
"""The finding of a row that is hidden in the sheet, if those are not sent."""

_AFTER: Mapping[Fault | None, str] = {
    Fault.NUMBER: "todo.number",
    Fault.PRODUCT: "todo.product",
    Fault.HELD_TODAY: "todo.tomorrow",
}
"""For a failed row, by the cause of the failure; any other is sent again unchanged."""


@dataclass
class Tally:
    """Rows and rupiah. Rupiah are debits where stated, listed prices otherwise.

    `operators` has rupiah by operator ("" where the row has none) and by whether it is paid, `tabs` and
    `tab_rows` rupiah and rows by the place of the tab, where several are one sheet. `to_do` has the
    rows that may be sent again by what to do about them, `left` the same rows by status; `unsent_rupiah` is
    what those of them cost that were not sent yet. `hidden` rows were left out as asked; those
    `for_nobody` are headings, or add up the others. The first and the last time at which a top-up left are
    ISO texts, "" where none did.
    """

    rows: Counter[Status] = field(default_factory=Counter)
    nominal: Counter[Status] = field(default_factory=Counter)
    rupiah: Counter[Status] = field(default_factory=Counter)
    operators: Counter[tuple[str, Paid]] = field(default_factory=Counter)
    operator_rows: Counter[str] = field(default_factory=Counter)
    tabs: Counter[tuple[int, Paid]] = field(default_factory=Counter)
    tab_rows: Counter[tuple[int, Paid]] = field(default_factory=Counter)
    to_do: Counter[str] = field(default_factory=Counter)
    left: Counter[Status] = field(default_factory=Counter)
    unsent_rupiah: int = 0
    hidden: int = 0
    for_nobody: int = 0
    removed: int = 0
    by_hand: Counter[Status] = field(default_factory=Counter)
    first_sent: str = ""
    last_sent: str = ""

    def add_alike(self, alike: LinesAlike) -> None:
        self.rows[alike.status] += alike.rows
        self.nominal[alike.status] += alike.nominal
        self.rupiah[alike.status] += alike.rupiah
        self.operators[alike.operator, alike.status.paid] += alike.rupiah
        self.operator_rows[alike.operator] += alike.rows
        if alike.tab:
            self.tabs[alike.tab, alike.status.paid] += alike.rupiah
            self.tab_rows[alike.tab, alike.status.paid] += alike.rows
        self.removed += alike.rows * alike.removed
        self.by_hand[alike.status] += alike.rows * alike.by_hand
        if action := _to_do(alike.status, alike.removed, alike.codes, alike.reason_code, alike.by_hand):
            self.to_do[action] += alike.rows
            self.left[alike.status] += alike.rows
            self.unsent_rupiah += alike.rupiah * (action == NOT_SENT_YET)
        self.hidden += alike.rows * (LEFT_OUT in alike.codes)
        self.for_nobody += alike.rows * (not FOR_NOBODY.isdisjoint(alike.codes))
        if alike.first_sent:
            self.first_sent = min(filter(None, (self.first_sent, to_the_second(alike.first_sent))))
            self.last_sent = max(self.last_sent, to_the_second(alike.last_sent))

    def add(self, line: Line) -> None:
        attempt = line.attempt or {}
        left_at = attempt["begun_at"] if sent_at(line) else ""
        codes = frozenset(finding.code for finding in line.why)
        reason_code = attempt.get("reason_code") or ""
        what = (line.status, line.operator, line.removed, codes, reason_code)
        how = (left_at, left_at, line.closed is not None, line.row // TAB_ROWS)
        self.add_alike(LinesAlike(*what, 1, rupiah_of(line), *how, line.nominal or 0))

    def rows_paid(self, paid: Paid) -> int:
        return sum(count for status, count in self.rows.items() if status.paid is paid)

    def rupiah_paid(self, paid: Paid) -> int:
        return sum(rupiah for status, rupiah in self.rupiah.items() if status.paid is paid)

    @property
    def committed(self) -> int:
        """Rupiah paid, or that may have been."""
        return self.rupiah_paid(Paid.YES) + self.rupiah_paid(Paid.ASK)

    @property
    def total(self) -> int:
        return sum(self.rows.values())

    @property
    def unsent(self) -> int:
        """The rows that the same command would send."""
        return self.to_do[NOT_SENT_YET]

    @property
    def to_decide(self) -> int:
        """The rows that are only sent if a person says that they are additional, intended top-ups."""
        return self.to_do[TO_DECIDE]

    def exit_code(self) -> Exit:
        """The command's exit code if nothing stopped it. A sheet without a person pays nobody."""
        if any(status.is_open and count for status, count in self.rows.items()):
            return Exit.OPEN
        paid = self.rows[Status.SUKSES]
        is_all = paid + self.for_nobody == self.total and (paid or not self.for_nobody)
        return Exit.OK if is_all else Exit.NOT_ALL_PAID


def tally(checkpoint: Checkpoint) -> Tally:
    """The whole batch, removed rows included."""
    total = Tally()
    for alike in checkpoint.lines_alike():
        total.add_alike(alike)
    return total


def sent_at(line: Line) -> str:
    """`2025-01-20 10:00:00` (WIB), when it may have left; "" where nothing did."""
    if line.attempt is None or line.attempt["kind"] == Kind.NOT_SENT:
        return ""
    return to_the_second(line.attempt["begun_at"])


def to_the_second(moment: str) -> str:
    return moment[:19].replace("T", " ")


def to_do(line: Line) -> str | None:
    """What a person can do about the row, one of TO_DO; None if it is not to be sent again."""
    codes = frozenset(finding.code for finding in line.why)
    reason_code = (line.attempt or {}).get("reason_code") or ""
    return _to_do(line.status, line.removed, codes, reason_code, line.closed is not None)


def _to_do(
    status: Status, removed: bool, codes: frozenset[str], reason_code: str, by_hand: bool
) -> str | None:
    # Someone removed it, or it was never in.
    if removed or LEFT_OUT in codes or codes & FOR_NOBODY:
        return None
    match status:
        case Status.INVALID:
            return "todo.product" if codes == {"product.closed"} else "todo.correct"
        case Status.GAGAL:
            return "todo.by_hand" if by_hand else _AFTER.get(fault_of(reason_code), "todo.again")
        case Status.UNSENT:
            return TO_DECIDE if "changed.already_sent" in codes else NOT_SENT_YET
    return None


def rupiah_of(line: Line) -> int:
    """The debit of a paid row if known, the listed price otherwise."""
    debited = (line.attempt or {}).get("debited")
    return int(debited if line.status is Status.SUKSES and debited is not None else line.price or 0)

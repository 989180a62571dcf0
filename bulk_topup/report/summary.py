"""The summary of the results: the page that is signed, and its sums.

Numbers are written as numbers, not as formulas: they show in a preview, on a phone and on paper, and cannot
change once they are signed. Some could not be formulas anyway: a row's operator, and money that came in, are
not in the rows.
"""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bulk_topup.core.status import Paid, keys_in, names_in
from bulk_topup.record.tally import TO_DO, Tally, rupiah_of
from bulk_topup.report.tables import Colour, SummaryRow, Value, signature_rows
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from bulk_topup.record.checkpoint.values import Sending
    from bulk_topup.record.lines import Line
    from bulk_topup.rules.books import Books

MOST_ROWS = 8
"""Of a table, so that everything fits on one readable page."""
MISPRICED_SHOWN = 20
PAGE_WIDTH, BESIDE_WIDTH = 90, 42
"""Characters from the first column and from the fourth one on: what is longer would shrink the whole page."""

PAID: Mapping[Paid, tuple[str, Colour]] = {
    Paid.YES: ("paid.yes", Colour.GREEN),
    Paid.ASK: ("summary.open", Colour.AMBER),
    Paid.NO: ("paid.no", Colour.RED),
}

FACTS = (
    ("summary.tab", "tab"),
    ("summary.account", "account"),
    ("summary.base_url", "base_url"),
    ("summary.batch", "batch"),
    ("summary.sha256", "sha256"),
    ("summary.trail", "trail"),
)
"""The technical names: their message, and their key in the progress file; `trail` is its head."""

_AMOUNT = re.compile(r"(?:rp\.?\s*)?([1-9][0-9.,]*?)(?:[.,]00?)?(?:,-)?", re.IGNORECASE)


# -- what is added up --------------------------------------------------------------------------------------


@dataclass
class Share:
    """The people of one group or operator, and what they get, by whether it is paid."""

    people: int = 0
    nominal: Counter[Paid] = field(default_factory=Counter)


@dataclass
class Sums:
    """Sums over the lines. A line with a top-up is a person, any other one is set aside.

    `corrected` lines do not count: they failed and left the sheet, and what replaced them counts. Lines that
    are `gone` also left it, but may be paid. `stated` is the largest amount in the sheet's last total row.
    """

    tally: Tally = field(default_factory=Tally)
    people: Counter[Paid] = field(default_factory=Counter)
    nominal: Counter[Paid] = field(default_factory=Counter)
    cost: Counter[Paid] = field(default_factory=Counter)
    groups: dict[str, Share] = field(default_factory=dict)
    operators: dict[str, Share] = field(default_factory=dict)
    tabs: dict[str, Share] = field(default_factory=dict)
    """By tab, if several are one sheet."""
    set_aside: int = 0
    corrected: int = 0
    gone: int = 0
    stated: int | None = None

    def add(self, line: Line, group: str | None) -> None:
        """`group` is None if the sheet has none."""
        self.tally.add(line)
        if is_corrected(line):
            self.corrected += 1
        elif line.nominal is None:
            self.set_aside += 1
            if any(finding.code == "total.row" for finding in line.why):
                self.stated = max(map(_amount, line.cells), default=0) or None
        else:
            self._add_person(line, line.nominal, group)

    def _add_person(self, line: Line, nominal: int, group: str | None) -> None:
        paid = line.status.paid
        self.gone += line.removed
        self.people[paid] += 1
        self.nominal[paid] += nominal
        self.cost[paid] += rupiah_of(line)
        shares = [self.operators.setdefault(line.operator, Share())]
        if group is not None:
            shares.append(self.groups.setdefault(group, Share()))
        if tab := say.tab_of(line.row):
            shares.append(self.tabs.setdefault(tab, Share()))
        for share in shares:
            share.people += 1
            share.nominal[paid] += nominal


def is_corrected(line: Line) -> bool:
    """Whether it failed or was never sent, and then left the sheet, so that another line may replace it."""
    return line.removed and line.status.paid is Paid.NO


def _amount(text: str) -> int:
    found = _AMOUNT.fullmatch(text.strip())
    return int(re.sub(r"\D", "", found[1])) if found else 0


# -- the page ----------------------------------------------------------------------------------------------


def results_summary_rows(
    title: Sequence[str], facts: Mapping[str, str], sendings: Sequence[Sending], sums: Sums, books: Books
) -> Iterator[SummaryRow]:
    """What is signed comes first, technical names last; `title` is the company and what is paid, or ""."""
    yield from _titles(title, facts, sums)
    yield from _by_paid(sums)
    yield from _rows_in(sums)
    if sums.tabs:
        yield from _shares("summary.by_tab", sums.tabs, "summary.no_group")
    if any(sums.groups):
        yield from _shares("summary.by_group", sums.groups, "summary.no_group")
    yield from _shares("summary.by_operator", sums.operators, "summary.no_operator")
    yield from _deposit(books)
    yield from _sent_by(sendings)
    yield from _left_over(sums.tally)
    if sums.people:
        yield from signature_rows()
    else:
        yield SummaryRow()
        yield SummaryRow((say.text("summary.nothing_sent"),), bold=True)
    yield from _technical(facts, sums.tally)


def _row(code: str, *values: Value, bold: bool = False) -> SummaryRow:
    return SummaryRow((say.text(code), *values), bold)


def _last(code: str, value: Value, *, bold: bool = False, **facts: object) -> SummaryRow:
    """A long label, with its value in the last column."""
    return SummaryRow((say.text(code, **facts), None, None, None, None, value), bold)


def _heading(code: str, *columns: str) -> Iterator[SummaryRow]:
    yield SummaryRow()
    yield _row(code, *(say.text(column) if column else None for column in columns), bold=True)


def _titles(title: Sequence[str], facts: Mapping[str, str], sums: Sums) -> Iterator[SummaryRow]:
    company, what = title
    if company:
        yield SummaryRow((company,), is_title=True)
    month = say.date((facts["started"] or sums.tally.first_sent)[:7])
    heading = ", ".join(filter(None, (what or say.text("summary.title"), month)))
    yield SummaryRow((heading,), is_title=True)
    yield SummaryRow((say.text("summary.of_file", file=facts["file"]),))


def _by_paid(sums: Sums) -> Iterator[SummaryRow]:
    yield from _heading("summary.top_ups", "summary.people", "column.nominal", "summary.cost")
    approved = (sums.people.total(), sums.nominal.total(), sums.cost.total())
    yield _row("summary.approved", *approved, bold=True)
    for paid, (code, colour) in PAID.items():
        values = say.text(code), sums.people[paid], sums.nominal[paid], sums.cost[paid]
        yield SummaryRow(values, bar=colour)


def _rows_in(sums: Sums) -> Iterator[SummaryRow]:
    people = sums.people.total()
    rows = {"rows": people + sums.set_aside, "people": people, "aside": sums.set_aside}
    yield SummaryRow((say.text("summary.rows_in", **rows),))
    if sums.gone:
        yield SummaryRow((say.text("summary.gone", count=sums.gone),))
    if sums.corrected:
        yield SummaryRow((say.text("summary.corrected", count=sums.corrected),))
    if by_hand := sums.tally.by_hand.total():
        yield SummaryRow((say.text("summary.by_hand", count=by_hand),))
    if sums.stated is not None:
        difference = sums.stated - sums.nominal.total()
        code = "summary.total_differs" if difference else "summary.total_agrees"
        yield SummaryRow((say.text(code, stated=sums.stated, difference=abs(difference)),))


def _shares(code: str, shares: Mapping[str, Share], nameless: str) -> Iterator[SummaryRow]:
    """The largest ones, and the rest as one."""
    names = [paid for paid, _ in PAID.values()]
    yield from _heading(code, "summary.people", "column.nominal", *names)
    ranked = sorted(shares.items(), key=lambda item: (-item[1].nominal.total(), item[0]))
    for name, share in ranked[:MOST_ROWS]:
        yield SummaryRow((name or say.text(nameless), *_of(share)))
    if others := [share for _, share in ranked[MOST_ROWS:]]:
        label = say.text("summary.others", count=len(others))
        yield SummaryRow((label, *map(sum, zip(*map(_of, others), strict=True))))


def _of(share: Share) -> tuple[int, ...]:
    return (share.people, share.nominal.total(), *(share.nominal[paid] for paid in PAID))


def _deposit(books: Books) -> Iterator[SummaryRow]:
    """Signed amounts: those above a balance add up to it. What may explain a difference follows below."""
    yield SummaryRow()
    yield _last("summary.deposit", say.text("summary.rupiah"), bold=True)
    if books.opening is not None:
        yield _last("summary.opening", books.opening)
    yield _last("summary.debits", -books.debited)
    if books.unexplained is not None:
        code = "summary.unexplained" if books.unexplained >= 0 else "summary.came_in"
        yield _last(code, -books.unexplained)
    if books.closing is not None:
        yield _last("summary.closing", books.closing, bold=True, moment=say.to_the_minute(books.closing_at))
    beside = {
        "summary.undebited": books.undebited,
        "summary.failed": books.failed,
        "summary.may_be_debited": books.may_be_debited,
    }
    for code in filter(beside.get, beside):
        yield _last(code, beside[code])
    if books.mispriced:
        rows = say.rows(books.mispriced, MISPRICED_SHOWN)
        yield _last("summary.overcharged", books.overcharged, rows=rows)


def _sent_by(sendings: Sequence[Sending]) -> Iterator[SummaryRow]:
    """A line for each, because an approver is responsible for the rows of one plan only. Paid rows add up."""
    if not sendings:
        return
    columns = ("summary.sent_from", "summary.rows", "paid.yes", "summary.approved_by")
    yield SummaryRow()
    yield SummaryRow([*map(say.text, columns)], bold=True, left=(3,))
    for one in sendings[-MOST_ROWS:]:
        by = names_in(one.approved_by) or say.text("sending.not_approved" if one.at else "sending.not_known")
        code = one.plan_code or (say.text("sending.again") if one.at else "")
        label = ", ".join(filter(None, (_minute(one.at), one.who)))
        first, *more = _wrapped(", ".join(filter(None, (by, code))), BESIDE_WIDTH)
        yield SummaryRow((label, one.orders, one.paid, first))
        yield from (SummaryRow((None, None, None, line)) for line in more)
    if earlier := sendings[:-MOST_ROWS]:
        label = say.text("summary.others", count=len(earlier))
        yield SummaryRow((label, sum(one.orders for one in earlier), sum(one.paid for one in earlier)))
    yield from _proofs(sendings)


def _proofs(sendings: Sequence[Sending]) -> Iterator[SummaryRow]:
    """Of each approver, whether a key proves it."""
    for by in dict.fromkeys(one.approved_by for one in sendings if one.approved_by):
        keys = ", ".join(keys_in(by))
        code = "summary.proven" if keys else "summary.typed"
        said = say.text(code, names=names_in(by), keys=keys)
        yield from (SummaryRow((line,)) for line in _wrapped(said, PAGE_WIDTH))


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_on_hyphens=False) or [""]


def _minute(moment: str) -> str:
    """An ISO text to the minute, like every date of the summary."""
    return say.date(say.to_the_minute(moment))


def _left_over(total: Tally) -> Iterator[SummaryRow]:
    yield SummaryRow()
    yield _last("summary.left", say.text("summary.rows"), bold=True)
    for action in filter(total.to_do.__getitem__, TO_DO):
        yield _last(action, total.to_do[action])
    if asked := total.rows_paid(Paid.ASK):
        yield _last("summary.to_ask", asked)
    if not (total.to_do or asked):
        yield _row("summary.nothing_left")


def _technical(facts: Mapping[str, str], total: Tally) -> Iterator[SummaryRow]:
    yield SummaryRow()
    for code, name in FACTS:
        yield _row(code, facts[name])
    yield _row("summary.first_sent", _minute(total.first_sent))
    yield _row("summary.last_sent", _minute(total.last_sent))

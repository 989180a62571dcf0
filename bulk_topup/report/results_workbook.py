"""The results as a workbook that can be signed: every row, what it all adds up to, what to do, what to ask.

Numbers stand there as numbers, not as formulas: they show in a preview, on a telephone and on paper, and
nothing that is clicked on changes them, once they are signed. Nor could all of them be formulas: what a row's
operator is, and what came into the deposit, does not stand in the rows.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from bulk_topup.core.model import ResultsTab
from bulk_topup.core.results_columns import RESULT_COLUMNS, ResultLine
from bulk_topup.core.status import Paid, Status
from bulk_topup.record.tally import TO_DO, Tally, to_do
from bulk_topup.report.atomic import write_csv
from bulk_topup.report.result_lines import own_cells, reason, result_line, what_to_ask
from bulk_topup.report.tables import (
    NO_COLOURS,
    STATUS_COLOURS,
    Colour,
    OutputTab,
    SummaryRow,
    TabRow,
    Tell,
    Value,
    signature_rows,
    untold,
)
from bulk_topup.report.words import say
from bulk_topup.report.words.translation import in_each
from bulk_topup.report.workbook import SHEET_MAX_ROWS, write_workbook

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from bulk_topup.record.checkpoint import Checkpoint
    from bulk_topup.record.checkpoint.values import Sending
    from bulk_topup.record.lines import Line
    from bulk_topup.rules.books import Books

TO_DO_COLUMNS = ("column.to_do", "column.why", "column.sheet_row")
"""The first stands before the sheet's own columns, the others behind them; none has a meaning when read."""

ASK_COLUMNS = (
    "column.row",
    "column.name",
    "column.number",
    "column.product_sent",
    "column.price",
    "column.sent_at",
    "column.status",
    "column.reason",
    "column.to_ask",
    "column.invoice",
)
"""`resolve --from` reads row, number, invoice, in each language. None means a product: this is never sent."""

MISPRICED_SHOWN = 20

FACTS = (
    ("summary.file", "file"),
    ("summary.tab", "tab"),
    ("summary.sha256", "sha256"),
    ("summary.account", "account"),
    ("summary.base_url", "base_url"),
    ("summary.batch", "batch"),
)
"""The wording of what the checkpoint knows of the batch, and its name there."""


def write_results_file(
    checkpoint: Checkpoint,
    total: Tally,
    books: Books,
    target: Path,
    *,
    rehearsal: bool,
    tell: Tell,
    typed: Mapping[tuple[int, str], str] = MappingProxyType({}),
) -> Path:
    """Write the results beside or as `target`; returns where they are. Raises StorageFailed.

    `typed` are a person's answers about rows that may be open still, by sheet row and number.
    """
    written = Tally()
    counted = _counted(checkpoint.lines(), written, total.total)
    lines = (result_line(line, rehearsal=rehearsal) for line in counted)
    if target.suffix.lower() == ".csv":
        return write_results_csv(target, checkpoint.header, lines, tell=tell)
    facts = {name: checkpoint.fact(name) for _, name in FACTS}
    sendings = checkpoint.sendings()
    return write_results(
        target,
        checkpoint.header,
        lines,
        summary=results_summary_rows(facts, sendings, written, books),
        more=list(_more_tabs(checkpoint, total, rehearsal, typed)),
        rehearsal=rehearsal,
        tell=tell,
    )


def _counted(lines: Iterable[Line], written: Tally, expected: int) -> Iterator[Line]:
    """The lines, added to `written` as they go by: the summary adds up what stands in the results."""
    for line in lines:
        written.add(line)
        yield line
    if written.total != expected:
        raise AssertionError(f"{expected} rows to write, {written.total} written")


# -- what is left to do, and to ask ------------------------------------------------------------------------


def _more_tabs(
    checkpoint: Checkpoint, total: Tally, rehearsal: bool, typed: Mapping[tuple[int, str], str]
) -> Iterator[OutputTab]:
    if total.to_do:
        yield _to_do_tab(checkpoint, total, rehearsal)
    if total.rows_paid(Paid.ASK):
        name_at = checkpoint.name_at
        rows = (
            _ask_row(line, line.person(name_at), rehearsal, typed.get((line.row, line.number), ""))
            for line in checkpoint.lines(_OPEN)
        )
        sentences = [ASK_COLUMNS.index(name) for name in ("column.reason", "column.to_ask")]
        yield OutputTab(ResultsTab.ASK_PROVIDER, [*map(say.text, ASK_COLUMNS)], rows, sentences)


def _to_do_tab(checkpoint: Checkpoint, total: Tally, rehearsal: bool) -> OutputTab:
    header = checkpoint.header
    own = _own_columns(header)
    action, *others = map(say.text, TO_DO_COLUMNS)
    return OutputTab(
        ResultsTab.TO_DO,
        [action, *(header[at] for at in own), *others],
        _to_do_rows(checkpoint, total, own, rehearsal),
        sentences=[len(own) + 1],
    )


def _own_columns(header: Sequence[str]) -> Sequence[int]:
    """The positions of the user's columns: all but ours, if an earlier tab was the sheet."""
    is_fed_back = len(header) > len(TO_DO_COLUMNS) and (header[0], *header[-2:]) in in_each(TO_DO_COLUMNS)
    return range(1, len(header) - 2) if is_fed_back else range(len(header))


def _to_do_rows(
    checkpoint: Checkpoint, total: Tally, own: Sequence[int], rehearsal: bool
) -> Iterator[TabRow]:
    """One reading of the checkpoint for each thing to do: sorted in memory, a million would not fit."""
    width = len(checkpoint.header)
    for action in filter(total.to_do.__getitem__, TO_DO):
        words = say.text(action)
        for line in checkpoint.lines(TO_DO[action]):
            if to_do(line) == action:
                cells = own_cells(line.cells, width)
                why = reason(line, rehearsal=rehearsal)
                values: Sequence[Value] = (words, *(cells[at] for at in own), why, line.row)
                yield TabRow(values, {0: STATUS_COLOURS[line.status]})


def _ask_row(line: Line, name: str, rehearsal: bool, typed: str) -> TabRow:
    stated = result_line(line, rehearsal=rehearsal)
    values = (
        line.row,
        name,
        line.number,
        line.product,
        line.price,
        stated.sent_at,
        stated.status,
        stated.reason,
        what_to_ask(line),
        typed,
    )
    to_fill_in = Colour.GREY if line.status is Status.PENDING else Colour.YELLOW
    status, invoice = ASK_COLUMNS.index("column.status"), ASK_COLUMNS.index("column.invoice")
    return TabRow(values, {status: STATUS_COLOURS[line.status], invoice: to_fill_in})


_OPEN = frozenset(status for status in Status if status.is_open)


# -- the summary -------------------------------------------------------------------------------------------


def results_summary_rows(
    facts: Mapping[str, str], sendings: Sequence[Sending], total: Tally, books: Books
) -> Iterator[SummaryRow]:
    """What was run and by whom; then rows, rupiah and the deposit, each adding up to its last line."""
    yield from _identity(facts, total)
    yield from _sent_by(sendings)
    yield from _by_paid(total)
    yield from _by_status(total)
    yield from _by_operator(total)
    yield from _deposit(books)
    yield from _not_among_debits(books)
    yield from _mispriced(books)
    yield from _left_over(total)
    yield from signature_rows()


def _row(code: str, *values: Value, bold: bool = False) -> SummaryRow:
    return SummaryRow((say.text(code), *values), bold)


def _heading(code: str, *columns: str) -> Iterator[SummaryRow]:
    yield SummaryRow()
    yield _row(code, *map(say.text, columns), bold=True)


def _identity(facts: Mapping[str, str], total: Tally) -> Iterator[SummaryRow]:
    for code, name in FACTS:
        yield _row(code, facts[name])
    yield _row("summary.first_sent", _minute(total.first_sent))
    yield _row("summary.last_sent", _minute(total.last_sent))


def _minute(moment: str) -> str:
    """As every date of the summary is: of an ISO text."""
    return say.date(say.to_the_minute(moment))


def _sent_by(sendings: Sequence[Sending]) -> Iterator[SummaryRow]:
    """A line for each, as an approver answers for the rows of one plan and no others."""
    if not sendings:
        return
    # Names and codes are wider than an amount, and spill over the blank cell beside.
    columns = ("summary.sent_from", "summary.rows", "summary.approved_by", "", "summary.code")
    yield SummaryRow()
    yield SummaryRow([*map(say.text, columns)], bold=True, left=(2, 4))
    for one in sendings:
        by = one.approved_by or say.text("sending.not_approved" if one.at else "sending.not_known")
        code = one.plan_code or (say.text("sending.again") if one.at else "")
        label = ", ".join(filter(None, (_minute(one.at), one.who)))
        yield SummaryRow((label, one.orders, by, None, code))


def _by_paid(total: Tally) -> Iterator[SummaryRow]:
    yield from _heading("summary.tie", "summary.rows", "summary.rupiah")
    for paid, code in _PAID.items():
        yield _row(code, total.rows_paid(paid), total.rupiah_paid(paid))
    yield _row("summary.rows_in", total.total, total.rupiah.total(), bold=True)
    if total.removed:
        yield _row("summary.removed", total.removed)
    if by_hand := total.by_hand.total():
        yield _row("summary.by_hand", by_hand)


def _by_status(total: Tally) -> Iterator[SummaryRow]:
    yield from _heading("summary.by_status", "summary.rows", "summary.rupiah")
    for paid in _PAID:
        for status in (status for status in Status if status.paid is paid):
            meaning = say.text(f"status.{status}")
            values = status, total.rows[status], total.rupiah[status], meaning
            yield SummaryRow(values, bar=STATUS_COLOURS[status])
    yield _row("summary.sum", total.total, total.rupiah.total(), bold=True)


def _by_operator(total: Tally) -> Iterator[SummaryRow]:
    yield from _heading("summary.by_operator", "summary.rows", "summary.rupiah", *_PAID.values())
    for operator, rows in sorted(total.operator_rows.items()):
        amounts = [total.operators[operator, paid] for paid in _PAID]
        yield SummaryRow((operator or say.text("summary.no_operator"), rows, sum(amounts), *amounts))
    sums = (total.rupiah_paid(paid) for paid in _PAID)
    yield _row("summary.sum", total.total, total.rupiah.total(), *sums, bold=True)


_PAID: Mapping[Paid, str] = {Paid.YES: "paid.yes", Paid.NO: "paid.no", Paid.ASK: "paid.ask"}


def _deposit(books: Books) -> Iterator[SummaryRow]:
    """Signed amounts: what stands above a balance adds up to it."""
    yield SummaryRow()
    yield _row("summary.deposit", "", say.text("summary.rupiah"), bold=True)
    if books.opening is not None:
        yield _row("summary.opening", None, books.opening)
    yield _row("summary.debits", None, -books.debited)
    if books.unexplained is not None:
        code = "summary.unexplained" if books.unexplained >= 0 else "summary.came_in"
        yield _row(code, None, -books.unexplained)
    if books.closing is not None:
        moment = say.to_the_minute(books.closing_at)
        yield SummaryRow((say.text("summary.closing", moment=moment), None, books.closing), bold=True)


def _not_among_debits(books: Books) -> Iterator[SummaryRow]:
    """What may explain the unexplained: no balance tells, so a person compares."""
    yield from _heading("summary.not_among", "", "summary.rupiah")
    yield _row("summary.undebited", None, books.undebited)
    yield _row("summary.failed", None, books.failed)
    yield _row("summary.may_be_debited", None, books.may_be_debited)


def _mispriced(books: Books) -> Iterator[SummaryRow]:
    yield from _heading("summary.mispriced", "summary.rows", "summary.rupiah")
    yield _row("summary.overcharged", len(books.mispriced), books.overcharged)
    if books.mispriced:
        yield SummaryRow((f"    {say.rows(books.mispriced, MISPRICED_SHOWN)}",))


def _left_over(total: Tally) -> Iterator[SummaryRow]:
    yield from _heading("summary.left", "summary.rows")
    for action in filter(total.to_do.__getitem__, TO_DO):
        yield _row(action, total.to_do[action])
    yield _row("summary.to_do", total.to_do.total(), bold=True)
    yield _row("summary.to_ask", total.rows_paid(Paid.ASK), bold=True)


def write_results(
    target: Path,
    header: Sequence[str],
    lines: Iterable[ResultLine],
    *,
    summary: Iterable[SummaryRow] = (),
    more: Sequence[OutputTab] = (),
    rehearsal: bool = False,
    max_lines: int = SHEET_MAX_ROWS,
    tell: Tell = untold,
) -> Path:
    """Write the results workbook and return the path really written; see `write_workbook`.

    `more` are the tabs behind the results and the summary.
    Raises `StorageFailed("results.unwritable", path, why)`.
    """
    width = len(header)
    reason, status = (width + RESULT_COLUMNS.index(name) for name in ("reason", "status"))
    colours = {name: {status: colour} for name, colour in STATUS_COLOURS.items()}
    rows = (
        TabRow((*own_cells(line.cells, width), *line.values), colours.get(line.status, NO_COLOURS))
        for line in lines
    )
    tab = OutputTab(ResultsTab.RESULTS, [*header, *RESULT_COLUMNS], rows, sentences=[reason])
    return write_workbook(
        target,
        [tab, *more],
        summary,
        rehearsal=rehearsal,
        max_rows=max_lines,
        failure="results.unwritable",
        tell=tell,
    )


def write_results_csv(
    target: Path, header: Sequence[str], lines: Iterable[ResultLine], *, tell: Tell = untold
) -> Path:
    """Write the results as comma-separated UTF-8 with BOM; path and errors as in `write_results`.

    A text that a spreadsheet program would run as a formula gets a leading apostrophe.
    """
    rows = ((*own_cells(line.cells, len(header)), *line.values) for line in lines)
    return write_csv(target, [*header, *RESULT_COLUMNS], rows, failure="results.unwritable", tell=tell)

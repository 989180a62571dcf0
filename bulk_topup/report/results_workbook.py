"""The results as a workbook: every row, a summary to sign, a list to print, what to do, what to ask."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from bulk_topup.core.model import ResultsTab
from bulk_topup.core.results_columns import RESULT_COLUMNS, ResultLine
from bulk_topup.core.status import FOR_NOBODY, Paid, Status
from bulk_topup.record.tally import TO_DO, Tally, sent_at, to_do
from bulk_topup.report.atomic import write_csv
from bulk_topup.report.result_lines import own_cells, reason, result_line, what_to_ask
from bulk_topup.report.summary import FACTS, Sums, is_corrected, results_summary_rows
from bulk_topup.report.tables import (
    NO_COLOURS,
    STATUS_COLOURS,
    Colour,
    OutputTab,
    SummaryRow,
    TabRow,
    Tell,
    Value,
    row_value,
    untold,
)
from bulk_topup.report.words import say
from bulk_topup.report.words.translation import in_each
from bulk_topup.report.workbook import SHEET_MAX_ROWS, write_workbook

if TYPE_CHECKING:
    from bulk_topup.record.checkpoint import Checkpoint
    from bulk_topup.record.lines import Line
    from bulk_topup.rules.books import Books

TO_DO_COLUMNS = ("column.to_do", "column.why", "column.sheet_row")
"""The first goes before the sheet's own columns, the others after; none has a meaning when it is read."""

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
"""`resolve --from` reads row, number and invoice. No header means a product: this tab is never sent."""

LIST_COLUMNS = {
    "column.no": 5,
    "column.name": 22,
    "column.number": 15,
    "column.nominal": 10,
    "column.status": 24,
    "column.invoice": 13,
    "column.serial": 22,
    "column.time": 17,
}
"""With their widths in characters."""
MOST_TO_PRINT = 10_000


def write_results_file(
    checkpoint: Checkpoint,
    total: Tally,
    books: Books,
    target: Path,
    *,
    rehearsal: bool,
    tell: Tell,
    typed: Mapping[tuple[int, str], str] = MappingProxyType({}),
    title: Sequence[str] = ("", ""),
) -> Path:
    """Write the results next to or as `target`; returns where they are. Raises StorageFailed.

    `typed` are a person's answers about rows that may still be open, by sheet row and number; `title` is the
    title of the summary.
    """
    sums = Sums()
    counted = _counted(checkpoint, sums, total.total)
    lines = (result_line(line, rehearsal=rehearsal) for line in counted)
    if target.suffix.lower() == ".csv":
        return write_results_csv(target, checkpoint.header, lines, tell=tell)
    facts = {name: checkpoint.fact(name) for name in ("file", "started", *(name for _, name in FACTS))}
    facts["trail"] = checkpoint.head()
    return write_results(
        target,
        checkpoint.header,
        lines,
        summary=results_summary_rows(title, facts, checkpoint.sendings(), sums, books),
        more=list(_more_tabs(checkpoint, total, rehearsal, typed)),
        rehearsal=rehearsal,
        tell=tell,
    )


def _counted(checkpoint: Checkpoint, sums: Sums, expected: int) -> Iterator[Line]:
    """The lines, added to `sums` on the way, so that the summary adds up exactly what the results contain."""
    group_at = checkpoint.places.get("group")
    for line in checkpoint.lines():
        sums.add(line, None if group_at is None else line.person(group_at))
        yield line
    if sums.tally.total != expected:
        raise AssertionError(f"{expected} rows to write, {sums.tally.total} written")


# -- the list to print -------------------------------------------------------------------------------------


def _list_tab(checkpoint: Checkpoint) -> OutputTab:
    header = [*map(say.text, LIST_COLUMNS)]
    return OutputTab(say.tab(ResultsTab.LIST), header, _list_rows(checkpoint), paper=[*LIST_COLUMNS.values()])


def _list_rows(checkpoint: Checkpoint) -> Iterator[TabRow]:
    """Everybody once, without rows that are not people or that have been replaced."""
    name_at, number_at, at = checkpoint.places.get("name"), checkpoint.places.get("number"), 0
    for line in checkpoint.lines():
        if is_corrected(line) or not FOR_NOBODY.isdisjoint(finding.code for finding in line.why):
            continue
        at += 1
        attempt = line.attempt or {}
        invoice, serial = attempt.get("invoice") or "", attempt.get("serial") or ""
        who = line.person(name_at), line.number or line.person(number_at)
        words = say.text(f"status.{line.status}")
        values = (at, *who, line.nominal, words, invoice, serial, say.to_the_minute(sent_at(line)))
        yield TabRow(values, {4: STATUS_COLOURS[line.status]})


# -- what is left to do, and to ask ------------------------------------------------------------------------


def _more_tabs(
    checkpoint: Checkpoint, total: Tally, rehearsal: bool, typed: Mapping[tuple[int, str], str]
) -> Iterator[OutputTab]:
    if total.total <= MOST_TO_PRINT:
        yield _list_tab(checkpoint)
    if total.to_do:
        yield _to_do_tab(checkpoint, total, rehearsal)
    if total.rows_paid(Paid.ASK):
        name_at = checkpoint.places.get("name")
        rows = (
            _ask_row(line, line.person(name_at), rehearsal, typed.get((line.row, line.number), ""))
            for line in checkpoint.lines(_OPEN)
        )
        sentences = [ASK_COLUMNS.index(name) for name in ("column.reason", "column.to_ask")]
        yield OutputTab(say.tab(ResultsTab.ASK_PROVIDER), [*map(say.text, ASK_COLUMNS)], rows, sentences)


def _to_do_tab(checkpoint: Checkpoint, total: Tally, rehearsal: bool) -> OutputTab:
    header = checkpoint.header
    own = _own_columns(header)
    action, *others = map(say.text, TO_DO_COLUMNS)
    return OutputTab(
        say.tab(ResultsTab.TO_DO),
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
    """One pass over the checkpoint for each thing to do: a million rows would not fit into memory."""
    width = len(checkpoint.header)
    for action in filter(total.to_do.__getitem__, TO_DO):
        words = say.text(action)
        for line in checkpoint.lines(TO_DO[action]):
            if to_do(line) == action:
                cells = own_cells(line.cells, width)
                why = reason(line, rehearsal=rehearsal)
                values: Sequence[Value] = (words, *(cells[at] for at in own), why, row_value(line.row))
                yield TabRow(values, {0: STATUS_COLOURS[line.status]})


def _ask_row(line: Line, name: str, rehearsal: bool, typed: str) -> TabRow:
    stated = result_line(line, rehearsal=rehearsal)
    values = (
        row_value(line.row),
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
    """`more` are the tabs after the results and the summary; path and errors as in `write_workbook`."""
    width = len(header)
    reason, status = (width + RESULT_COLUMNS.index(name) for name in ("reason", "status"))
    colours = {name: {status: colour} for name, colour in STATUS_COLOURS.items()}
    rows = (
        TabRow((*own_cells(line.cells, width), *_values(line)), colours.get(line.status, NO_COLOURS))
        for line in lines
    )
    tab = OutputTab(say.tab(ResultsTab.RESULTS), [*header, *RESULT_COLUMNS], rows, sentences=[reason])
    return write_workbook(
        target,
        [tab, *more],
        summary,
        rehearsal=rehearsal,
        max_rows=max_lines,
        failure="results.unwritable",
        tell=tell,
    )


_SENT_AT = RESULT_COLUMNS.index("sent_at")


def _values(line: ResultLine) -> list[Value]:
    """The time as a time, so that programs can sort and calculate."""
    values: list[Value] = [*line.values]
    with suppress(ValueError):
        at = datetime.strptime(line.sent_at, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007  (a cell has no time zone)
        values[_SENT_AT] = at
    return values


def write_results_csv(
    target: Path, header: Sequence[str], lines: Iterable[ResultLine], *, tell: Tell = untold
) -> Path:
    """UTF-8 with BOM. A text that a spreadsheet program would run as a formula gets a leading apostrophe."""
    rows = ((*own_cells(line.cells, len(header)), *line.values) for line in lines)
    return write_csv(target, [*header, *RESULT_COLUMNS], rows, failure="results.unwritable", tell=tell)

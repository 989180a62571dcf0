"""Writes tables to an .xlsx workbook, atomically.

Rows are taken from an iterable once and not kept, so that a million need no more memory than ten. Everything
but whole rupiah is written as text, so that Excel neither executes nor rounds it.
"""

from __future__ import annotations

import gc
import sys
import tempfile
import traceback
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path

from xlsxwriter import Workbook  # type: ignore[import-untyped]
from xlsxwriter.exceptions import FileCreateError  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from bulk_topup.core.errors import StorageFailed
from bulk_topup.core.model import SHEET_COLUMNS, SHEET_ROWS, Notice, ResultsTab
from bulk_topup.report.atomic import write_atomically
from bulk_topup.report.styles import Look, Pen, Sheet
from bulk_topup.report.tables import IN_CHART, Colour, OutputTab, SummaryRow, TabRow, Tell, Value, untold
from bulk_topup.report.words import say

SHEET_MAX_ROWS = SHEET_ROWS - 1
"""Without the header."""
SAMPLE_ROWS = 200
NARROWEST, WIDEST, OF_SENTENCES = 8, 60, 50

ROOM_FOR_FILTER = 3
"""Characters of a header that the filter button covers."""

A4 = 9
MARGIN_INCHES = 0.4

BAR_COLUMN = 2
"""The column of the summary whose values the chart draws; the first holds their names."""

CHART_PIXELS = {"width": 640, "height": 110}
CHART_FONT = {"size": 9}
LINE_POINTS, TALLEST_POINTS, ROOM_TO_SIGN_POINTS = 15, 409.5, 30
TITLE_FONT_POINTS, TITLE_POINTS = 14, 20


# -- any workbook ------------------------------------------------------------------------------------------


def write_workbook(
    target: Path,
    tabs: Sequence[OutputTab],
    summary: Iterable[SummaryRow],
    *,
    rehearsal: bool,
    failure: str,
    max_rows: int = SHEET_MAX_ROWS,
    tell: Tell = untold,
) -> Path:
    """Write the tabs and, as the second one, "Summary"; return the actual path.

    The summary is requested last, when all rows are written, so it may count them on the way. The path is
    `target`, or a free name next to it ("NAME (2).xlsx") if `target` cannot be replaced, for example because
    it is open in Excel. An existing `target` is replaced whole or left as it was. `tell` is called for
    another name, for further tabs beyond `max_rows`, and for texts that were cut. Raises
    `StorageFailed(failure, path, why)`.
    """
    widest = max(len(tab.header) for tab in tabs)
    if widest > SHEET_COLUMNS:
        facts = {"columns": widest, "most": SHEET_COLUMNS}
        raise StorageFailed(failure, path=str(target), why=say.text("saved.too_wide", **facts))

    def fill(book: Workbook) -> list[Notice]:
        tables = _Tables(book, rehearsal=rehearsal, summed_up=bool(summary) or rehearsal)
        further: list[str] = []
        for tab in tabs:
            further += tables.add(tab, max_rows)[1:]
        notices = tables.pen.texts.notices()
        if further:
            notices.insert(0, Notice("saved.split", {"most": str(max_rows), "tabs": ", ".join(further)}))
        said = (SummaryRow([say.text(notice.code, **notice.facts)]) for notice in notices)
        tables.sum_up([*summary, *said])
        return notices

    return write_atomically(target, lambda path: save_book(path, fill), failure, tell)


def save_book(path: Path, fill: Callable[[Workbook], list[Notice]]) -> list[Notice]:
    """Have `fill` write into a new workbook, row by row, and save it. Raises OSError."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as rows:
        try:
            return _saved(path, rows, fill)
        except BaseException as error:
            _close_files(error)
            raise


def _saved(path: Path, rows: str, fill: Callable[[Workbook], list[Notice]]) -> list[Notice]:
    book = Workbook(str(path), {"constant_memory": True, "tmpdir": rows, "use_zip64": True})
    notices = fill(book)
    try:
        book.close()
    except FileCreateError as error:
        raise error.args[0] from None
    return notices


def _close_files(error: BaseException) -> None:
    """XlsxWriter leaves them open if it fails, and on a full disk each fails once more when it is deleted."""
    heard, sys.unraisablehook = sys.unraisablehook, lambda _: None
    traceback.clear_frames(error.__traceback__)
    gc.collect()
    sys.unraisablehook = heard


class _Sheet(Worksheet):  # type: ignore[misc]
    """Disables XlsxWriter's own escapes: they leave the second half of "_x0041_x0042_" to be read as "B"."""

    _escape_control_characters = staticmethod(str)


# -- the tabs ----------------------------------------------------------------------------------------------


def add_sheet(book: Workbook, title: str, widths: Sequence[int], *, rehearsal: bool) -> Sheet:
    """A tab that prints as wide as the paper, with file, tab and page number in the footer."""
    sheet = book.add_worksheet(title, _Sheet)
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=MARGIN_INCHES, right=MARGIN_INCHES)
    sheet.set_footer("&L&F, &A&R&P / &N")
    if rehearsal:
        sheet.set_tab_color(Colour.ORANGE)
        sheet.set_header("&C" + say.text("results.rehearsal"))
    return sheet


def lay_out_table(sheet: Sheet) -> None:
    """Keeps the header in sight, and repeats it on every page."""
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.hide_gridlines(0)
    sheet.set_landscape()


class _Tables:
    """The tabs of one workbook: tables, and the summary after the first of them if it is `summed_up`."""

    def __init__(self, book: Workbook, *, rehearsal: bool, summed_up: bool) -> None:
        self.pen = Pen(book)
        self._book = book
        self._rehearsal = rehearsal
        self._summed_up = summed_up
        self._summary: Sheet = None

    def add(self, tab: OutputTab, max_rows: int) -> list[str]:
        """Write the tab, in as many sheets as it needs; returns their titles."""
        rows = iter(tab.rows)
        sample = list(islice(rows, SAMPLE_ROWS))
        widths, numbers = tab.paper or _widths(tab, sample), _of_numbers(sample)
        wrapped = range(len(widths)) if tab.paper else tab.sentences
        rest = chain(sample, rows)
        titles: list[str] = []
        while (first := list(islice(rest, 1))) or not titles:
            titles.append(f"{tab.title} {len(titles) + 1}" if titles else tab.title)
            sheet = self._table(titles[-1], widths)
            if tab.paper:
                sheet.set_portrait()
            for at, name in enumerate(tab.header):
                self.pen.heading(sheet, at, name, right=at in numbers, has_filter=not tab.paper)
            count = self._fill(sheet, chain(first, islice(rest, max_rows - 1)), widths, wrapped)
            if not tab.paper:
                sheet.autofilter(0, 0, count, len(tab.header) - 1)
        return titles

    def _table(self, title: str, widths: Sequence[int]) -> Sheet:
        sheet = add_sheet(self._book, title, widths, rehearsal=self._rehearsal)
        lay_out_table(sheet)
        if self._summed_up and self._summary is None:
            self._summary = add_sheet(self._book, say.tab(ResultsTab.SUMMARY), (), rehearsal=self._rehearsal)
        return sheet

    def _fill(
        self, sheet: Sheet, rows: Iterable[TabRow], widths: Sequence[int], sentences: Collection[int]
    ) -> int:
        """Returns the number of rows."""
        count = 0
        looks = [Look(text_wrap=at in sentences) for at in range(len(widths))]
        for count, row in enumerate(rows, start=1):
            lines = 1
            for at, (value, look, width) in enumerate(zip(row.values, looks, widths, strict=True)):
                if isinstance(value, str) and (look.text_wrap or "\n" in value):
                    look = look._replace(text_wrap=True)
                    lines = max(lines, _lines(value, width))
                if at in row.colours:
                    look = look._replace(bg_color=row.colours[at])
                self.pen.write(sheet, count, at, value, look)
            if lines > 1 or row.hidden:
                # Some programs do not adjust the row height to wrapped lines.
                height = min(lines * LINE_POINTS, TALLEST_POINTS) if lines > 1 else None
                # Earlier ones are written, and XlsxWriter would keep each one's properties.
                sheet.row_info.clear()
                sheet.row_sizes.clear()
                sheet.set_row(count, height, None, {"hidden": row.hidden})
        return count

    def sum_up(self, rows: Sequence[SummaryRow]) -> None:
        if not self._summed_up:
            return
        sheet, columns = self._summary, max((len(row.values) for row in rows), default=1)
        for column, width in enumerate(_summary_widths(rows, columns)):
            sheet.set_column(column, column, width)
        sheet.fit_to_pages(1, 1)
        if self._rehearsal:
            for column in range(columns):
                banner = "" if column else say.text("results.rehearsal")
                self.pen.write(sheet, 0, column, banner, Look(Colour.ORANGE, bold=True))
        for at, row in enumerate(rows, start=int(self._rehearsal)):
            self._sum_up_row(sheet, at, row)
        bars = {at: row.bar for at, row in enumerate(rows, start=int(self._rehearsal)) if row.bar}
        if bars:
            sheet.insert_chart(len(rows) + 1, 0, self._chart(bars))

    def _sum_up_row(self, sheet: Sheet, at: int, row: SummaryRow) -> None:
        for column, value in enumerate(row.values):
            if row.is_title:
                look = Look(bold=True, font_size=TITLE_FONT_POINTS)
            elif row.to_sign:
                look = Look(bold=row.bold, valign="bottom", bottom=int(column > 0 and not row.bold))
            elif column and (isinstance(value, int) or (row.bold and column not in row.left)):
                look = Look(bold=row.bold, align="right")
            else:
                look = Look(None if column else row.bar, row.bold, align="left", indent=int(column > 0))
            self.pen.write(sheet, at, column, value, look)
        if row.is_title or (row.to_sign and not row.bold):
            sheet.set_row(at, TITLE_POINTS if row.is_title else ROOM_TO_SIGN_POINTS)

    def _chart(self, bars: Mapping[int, Colour]) -> object:
        """One bar per row, the first on top. `bars` are consecutive rows and their colours."""
        names, values = (
            [say.tab(ResultsTab.SUMMARY), min(bars), at, max(bars), at] for at in (0, BAR_COLUMN)
        )
        chart = self._book.add_chart({"type": "bar"})
        chart.add_series(
            {
                "categories": names,
                "values": values,
                "gap": 40,
                "points": [{"fill": {"color": IN_CHART[colour]}} for colour in bars.values()],
            }
        )
        chart.set_title({"name": say.text("summary.chart"), "name_font": CHART_FONT})
        chart.set_legend({"none": True})
        chart.set_y_axis({"reverse": True, "num_font": CHART_FONT})
        # The amounts are in the table, and LibreOffice would wrap them on the bars of a small chart.
        chart.set_x_axis({"visible": False, "major_gridlines": {"visible": False}})
        chart.set_size(CHART_PIXELS)
        return chart


# -- widths and heights ------------------------------------------------------------------------------------


def _lines(text: str, width: int) -> int:
    """About how many lines it fills: letters are narrower than digits, but words are not broken."""
    return sum(1 + len(line) // width for line in text.split("\n"))


def _widths(tab: OutputTab, sample: Sequence[TabRow]) -> list[int]:
    columns = zip(*(row.values for row in sample), strict=True) if sample else ([] for _ in tab.header)
    return [
        OF_SENTENCES if position in tab.sentences else _width(name, values)
        for position, (name, values) in enumerate(zip(tab.header, columns, strict=True))
    ]


def _of_numbers(sample: Sequence[TabRow]) -> set[int]:
    """The positions of right-aligned columns."""
    return {at for row in sample for at, value in enumerate(row.values) if isinstance(value, int)}


def _width(heading: str, values: Iterable[Value]) -> int:
    longest = max(map(_length, values), default=0)
    return min(max(NARROWEST, longest, _length(heading) + ROOM_FOR_FILTER), WIDEST) + 2


def _summary_widths(rows: Sequence[SummaryRow], columns: int) -> list[int]:
    """Wide enough for labels, numbers and their headers; other texts overflow into blank cells."""
    labels = [row.values[0] for row in rows if len(row.values) > 1 and row.values[1] is not None]
    numbers = [value for row in rows for value in row.values[1:] if row.bold or isinstance(value, int)]
    return [_width("", labels), *[_width("", numbers)] * (columns - 1)]


def _length(value: Value) -> int:
    """The longest line as the cell shows it."""
    text = f"{value:,}" if isinstance(value, int) else "" if value is None else str(value)
    return max(map(len, text.splitlines()), default=0)

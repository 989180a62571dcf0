"""Writes tables to an .xlsx workbook, whole or not at all.

Rows are taken from an iterable, once, and none is kept, so that a million need no more memory than ten.
Everything but whole rupiah is written as text, so that Excel neither runs it nor rounds it.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from copy import copy
from dataclasses import replace
from io import BytesIO
from itertools import chain, islice
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.marker import DataPoint
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.properties import PageSetupProperties

from bulk_topup.core.errors import StorageFailed
from bulk_topup.core.model import SHEET_COLUMNS, SHEET_ROWS, Notice, ResultsTab
from bulk_topup.report.atomic import write_atomically
from bulk_topup.report.cell_text import Texts
from bulk_topup.report.row_xml import RowXml
from bulk_topup.report.styles import Pens
from bulk_topup.report.tables import (
    IN_CHART,
    Colour,
    OutputTab,
    SummaryRow,
    TabRow,
    Tell,
    Value,
    WriteOnlySheet,
    untold,
)
from bulk_topup.report.words import say

SHEET_MAX_ROWS = SHEET_ROWS - 1
"""Below the header."""
SAMPLE_ROWS = 200
NARROWEST, WIDEST, OF_SENTENCES = 8, 60, 50

ROOM_FOR_FILTER = 3
"""Characters that the filter's button covers in a heading."""

A4 = 9
MARGIN_INCHES = 0.4

BAR_COLUMN = 3
"""The column of the summary whose values the chart draws; the first holds their names."""

CHART_CM = 17, 9
ROOM_TO_SIGN_POINTS = 36

COPIED_AT_ONCE = 1 << 20
"""Bytes."""


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
    """Write the tabs and, as the second one, "Summary"; return the path really written.

    The summary is asked for last, when all rows are written: it may count them as they go by. The path is
    `target`, or a free name beside it ("NAME (2).xlsx") where `target` cannot be replaced, as one that is
    open in Excel. An existing `target` is replaced whole or left as it was. `tell` hears of another name, of
    further tabs for rows beyond `max_rows`, and of texts too long for a cell, which were cut.
    Raises `StorageFailed(failure, path, why)`.
    """
    widest = max(len(tab.header) for tab in tabs)
    if widest > SHEET_COLUMNS:
        facts = {"columns": widest, "most": SHEET_COLUMNS}
        raise StorageFailed(failure, path=str(target), why=say.text("saved.too_wide", **facts))

    def write(path: Path) -> list[Notice]:
        with ExitStack() as files:
            book = _Workbook(rehearsal, lambda: files.enter_context(tempfile.TemporaryFile()))
            further = [title for tab in tabs for title in book.add(tab, max_rows)[1:]]
            notices = [*_split(further, max_rows), *book.texts.notices()]
            if summary or rehearsal:
                said = (SummaryRow([say.text(notice.code, **notice.facts)]) for notice in notices)
                book.add_summary([*summary, *said])
            book.save(path)
        return notices

    return write_atomically(target, write, failure, tell)


def _split(further: Sequence[str], max_rows: int) -> Iterator[Notice]:
    if further:
        yield Notice("saved.split", {"most": str(max_rows), "tabs": ", ".join(further)})


# -- the sheets --------------------------------------------------------------------------------------------


class _Workbook:
    """openpyxl's workbook, but for the rows, which cost it five times as long as writing their XML does.

    They wait in files of their own, from `new_file`, and are put where they belong on saving.
    """

    def __init__(self, rehearsal: bool, new_file: Callable[[], IO[bytes]]) -> None:
        self.texts = Texts()
        self._book = Workbook(write_only=True)
        self._rehearsal = rehearsal
        self._new_file = new_file
        self._rows: list[tuple[WriteOnlySheet, IO[bytes]]] = []

    def add(self, tab: OutputTab, max_rows: int) -> list[str]:
        """Write the tab, in as many sheets as it needs; returns their titles."""
        rows = iter(tab.rows)
        sample = list(islice(rows, SAMPLE_ROWS))
        widths, numbers = _widths(tab, sample), _of_numbers(sample)
        rest = chain(sample, rows)
        titles: list[str] = []
        while (first := list(islice(rest, 1))) or not titles:
            titles.append(f"{tab.title} {len(titles) + 1}" if titles else tab.title)
            part = replace(tab, title=titles[-1], rows=chain(first, islice(rest, max_rows - 1)))
            with self._sheet(part.title, widths) as sheet:
                self._fill(sheet, part, widths, numbers)
        return titles

    def add_summary(self, rows: Sequence[SummaryRow]) -> None:
        columns = max((len(row.values) for row in rows), default=1)
        with self._sheet(ResultsTab.SUMMARY, _summary_widths(rows, columns), position=1) as sheet:
            pens = Pens(sheet, self.texts)
            if self._rehearsal:
                banner = [say.text("results.rehearsal"), *[""] * (columns - 1)]
                sheet.append(pens.filled(text, Colour.ORANGE, bold=True) for text in banner)
            for at, row in enumerate(rows, start=1 + self._rehearsal):
                if row.to_sign and not row.bold:
                    sheet.row_dimensions[at].height = ROOM_TO_SIGN_POINTS
                sheet.append(pens.of_summary(row))
            sheet.page_setup.fitToWidth = sheet.page_setup.fitToHeight = 1
            bars = {at: row.bar for at, row in enumerate(rows, start=1 + self._rehearsal) if row.bar}
            if bars:
                sheet.page_setup.orientation = "landscape"
                sheet.add_chart(_chart(sheet, bars), f"{get_column_letter(columns + 2)}{min(bars) - 1}")

    def save(self, path: Path) -> None:
        laid_out = BytesIO()
        self._book.save(laid_out)
        rows = {sheet.path.removeprefix("/"): file for sheet, file in self._rows}
        with ZipFile(laid_out) as parts, ZipFile(path, "w", ZIP_DEFLATED) as archive:
            for part in parts.infolist():
                if part.filename in rows:
                    _write_sheet(archive, part, parts.read(part), rows[part.filename])
                else:
                    archive.writestr(part, parts.read(part))

    @contextmanager
    def _sheet(
        self, title: str, widths: Sequence[int], position: int | None = None
    ) -> Iterator[WriteOnlySheet]:
        sheet = self._book.create_sheet(title, position)
        for column, width in enumerate(widths, start=1):
            sheet.column_dimensions[get_column_letter(column)].width = width
        set_up_page(sheet)
        if self._rehearsal:
            sheet.sheet_properties.tabColor = Colour.ORANGE
            sheet.oddHeader.center.text = say.text("results.rehearsal")
        try:
            yield sheet
        finally:
            # An abandoned stream would fail later, inside the garbage collector.
            sheet.close()

    def _fill(
        self, sheet: WriteOnlySheet, tab: OutputTab, widths: Sequence[int], numbers: Collection[int]
    ) -> None:
        sheet.freeze_panes = "A2"
        sheet.print_title_rows = "1:1"
        sheet.print_options.gridLines = True
        sheet.page_setup.orientation = "landscape"
        pens = Pens(sheet, self.texts)
        sheet.append(pens.heading(name, right=at in numbers) for at, name in enumerate(tab.header))
        file = self._new_file()
        self._rows.append((sheet, file))
        row_xml = RowXml(widths, tab.sentences, self.texts, pens.style_id)
        number = 1
        for number, row in enumerate(tab.rows, start=2):
            file.write(row_xml.of(number, row))
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(tab.header))}{number}"


def _write_sheet(archive: ZipFile, part: ZipInfo, sheet: bytes, rows: IO[bytes]) -> None:
    """`sheet` with these rows behind those that it has."""
    end = sheet.index(b"</sheetData>")
    info = copy(part)
    # Without the size, zipfile could not tell whether this needs the format for more than 2 GiB.
    info.file_size += rows.tell()
    rows.seek(0)
    with archive.open(info, "w") as written:
        written.write(sheet[:end])
        shutil.copyfileobj(rows, written, COPIED_AT_ONCE)
        written.write(sheet[end:])


def set_up_page(sheet: WriteOnlySheet) -> None:
    """As wide as the paper, with the file, the tab and the page below."""
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.paperSize = A4
    sheet.page_setup.fitToHeight = 0
    sheet.page_margins = PageMargins(left=MARGIN_INCHES, right=MARGIN_INCHES)
    sheet.oddFooter.left.text = "&F, &A"
    sheet.oddFooter.right.text = "&P / &N"


def _chart(sheet: WriteOnlySheet, bars: Mapping[int, Colour]) -> BarChart:
    """One bar a row, the first on top. `bars` are the rows and their colours, one under the other."""
    first, last = min(bars), max(bars)
    chart = BarChart()
    chart.type, chart.legend, chart.gapWidth = "bar", None, 40
    chart.width, chart.height = CHART_CM
    chart.title = say.text("summary.chart")
    chart.add_data(Reference(sheet, BAR_COLUMN, first, max_row=last))
    chart.set_categories(Reference(sheet, 1, first, max_row=last))
    chart.x_axis.scaling.orientation = "maxMin"
    # Spreadsheet programs leave out axes of which the file does not say that they are there.
    chart.x_axis.delete = False
    # Each bar says its amount, so that a scale beside it would only be read twice.
    chart.y_axis.delete, chart.y_axis.majorGridlines = True, None
    [series] = chart.series
    series.dLbls = DataLabelList(numFmt="#,##0", showVal=True)
    for name in ("showSerName", "showCatName", "showLegendKey", "showPercent"):
        setattr(series.dLbls, name, False)
    for at, colour in enumerate(bars.values()):
        point = DataPoint(idx=at)
        point.graphicalProperties.solidFill = IN_CHART[colour]
        series.dPt.append(point)
    return chart


def _widths(tab: OutputTab, sample: Sequence[TabRow]) -> list[int]:
    columns = zip(*(row.values for row in sample), strict=True) if sample else ([] for _ in tab.header)
    return [
        OF_SENTENCES if position in tab.sentences else _width(name, values)
        for position, (name, values) in enumerate(zip(tab.header, columns, strict=True))
    ]


def _of_numbers(sample: Sequence[TabRow]) -> set[int]:
    """The positions of the columns whose values stand on the right."""
    return {at for row in sample for at, value in enumerate(row.values) if isinstance(value, int)}


def _width(heading: str, values: Iterable[Value]) -> int:
    longest = max(map(_length, values), default=0)
    return min(max(NARROWEST, longest, _length(heading) + ROOM_FOR_FILTER), WIDEST) + 2


def _summary_widths(rows: Sequence[SummaryRow], columns: int) -> list[int]:
    """Wide enough for labels, numbers and their headings; other texts spill over the blank cells beside."""
    labels = [row.values[0] for row in rows if len(row.values) > 1]
    numbers = [value for row in rows for value in row.values[1:] if row.bold or isinstance(value, int)]
    return [_width("", labels), *[_width("", numbers)] * (columns - 1)]


def _length(value: Value) -> int:
    """Of the longest line as the cell shows it."""
    text = value if isinstance(value, str) else "" if value is None else f"{value:,}"
    return max(map(len, text.splitlines()), default=0)

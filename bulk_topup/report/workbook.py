"""Tables -> a workbook or a CSV file, atomically; on top of them, the layout of the results.

Rows are taken from an iterable, once, and none is kept, so that a million need no more memory than ten.
Everything but whole rupiah is written as text, so that Excel neither runs it nor rounds it.
"""

from __future__ import annotations

import csv
import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from enum import StrEnum
from io import BytesIO
from itertools import chain, count, islice
from pathlib import Path
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Any, NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from lxml.etree import SerialisationError  # type: ignore[import-untyped]
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.chart import BarChart, Reference
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.marker import DataPoint
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.properties import PageSetupProperties

from bulk_topup.core.errors import StorageFailed, cause_of
from bulk_topup.core.model import BookTab, Notice, Status
from bulk_topup.report.cell_text import Texts
from bulk_topup.report.results import RESULT_COLUMNS
from bulk_topup.report.row_xml import RowXml
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from openpyxl.cell import Cell

    from bulk_topup.report.results import ResultLine

SHEET_MAX_ROWS = 1_048_575
SHEET_MAX_COLUMNS = 16_384
SAMPLE_ROWS = 200
NARROWEST, WIDEST, OF_SENTENCES = 8, 60, 50
ROOM_FOR_FILTER = 3
"""Characters that the filter's button covers in a heading."""
INDENT_FOR_FILTER = 2
"""Steps of about nine pixels: so wide is that button."""
A4 = 9
MARGIN_INCHES = 0.4
BAR_COLUMN = 3
"""The column of the summary whose values the chart draws; the first holds their names."""
CHART_CM = 17, 9
FONT, FONT_POINTS = "Calibri", 11
ROOM_TO_SIGN_POINTS = 36
COPIED_AT_ONCE = 1 << 20
"""Bytes."""

Value = str | int | None
"""What one cell shows: a text, whole rupiah or another count, or nothing."""

WriteOnlySheet = Any
"""openpyxl's own; its stubs lack half of it."""

Tell = Callable[[Notice], object]
"""Hears what the user should know of the file that was written."""


def _untold(_notice: Notice) -> None:
    pass


class Colour(StrEnum):
    GREEN = "C6EFCE"
    AMBER = "FFEB9C"
    RED = "FFC7CE"
    GREY = "D9D9D9"
    ORANGE = "FFC000"
    BLUE = "DDEBF7"
    YELLOW = "FFFFCC"


STATUS_COLOURS: Mapping[str, Colour] = {
    Status.SUKSES: Colour.GREEN,
    Status.PENDING: Colour.AMBER,
    Status.ACCEPTED: Colour.AMBER,
    Status.UNKNOWN: Colour.AMBER,
    Status.GAGAL: Colour.RED,
    Status.INVALID: Colour.RED,
    Status.DUPLICATE: Colour.GREY,
    Status.UNSENT: Colour.GREY,
}

IN_CHART: Mapping[Colour, str] = {
    Colour.GREEN: "70AD47",
    Colour.AMBER: "FFC000",
    Colour.RED: "E06666",
    Colour.GREY: "A6A6A6",
}
"""The colours of the cells, strong enough for a bar on white paper."""

PLAIN: Mapping[int, Colour] = MappingProxyType({})


class TabRow(NamedTuple):
    """`values` by column, and the `colours` of some of them by position; `hidden` rows are there unseen."""

    values: Sequence[Value]
    colours: Mapping[int, Colour] = PLAIN
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Tab:
    """A header and the rows under it; `sentences` are the positions of columns that are read, not looked up.

    Rows that one Excel sheet cannot hold go on in the tabs "TITLE 2", "TITLE 3" and so on.
    """

    title: str
    header: Sequence[str]
    rows: Iterable[TabRow]
    sentences: Collection[int]


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """`bold` for a heading or a sum; `left` are the positions of headings over texts, as others stand over
    numbers; `bar` is the colour of a status, whose third value the chart draws; `to_sign` for a row with a
    line to write on behind its label."""

    values: Sequence[Value] = ()
    bold: bool = False
    left: Collection[int] = ()
    bar: Colour | None = None
    to_sign: bool = False


# -- the results -------------------------------------------------------------------------------------------


def write_results(
    target: Path,
    header: Sequence[str],
    lines: Iterable[ResultLine],
    *,
    summary: Iterable[SummaryRow] = (),
    more: Sequence[Tab] = (),
    rehearsal: bool = False,
    max_lines: int = SHEET_MAX_ROWS,
    tell: Tell = _untold,
) -> Path:
    """Write the results workbook and return the path really written; see `write_workbook`.

    `more` are the tabs behind the results and the summary.
    Raises `StorageFailed("results.unwritable", path, why)`.
    """
    width = len(header)
    reason, status = (width + RESULT_COLUMNS.index(name) for name in ("reason", "status"))
    colours = {name: {status: colour} for name, colour in STATUS_COLOURS.items()}
    rows = (
        TabRow((*own_cells(line.cells, width), *line.values), colours.get(line.status, PLAIN))
        for line in lines
    )
    tab = Tab(BookTab.RESULTS, [*header, *RESULT_COLUMNS], rows, sentences=[reason])
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
    target: Path, header: Sequence[str], lines: Iterable[ResultLine], *, tell: Tell = _untold
) -> Path:
    """Write the results as comma-separated UTF-8 with BOM; path and errors as in `write_results`.

    A text that a spreadsheet program would run as a formula gets a leading apostrophe.
    """
    rows = ((*own_cells(line.cells, len(header)), *line.values) for line in lines)
    return write_csv(target, [*header, *RESULT_COLUMNS], rows, failure="results.unwritable", tell=tell)


def own_cells(cells: Sequence[str], width: int) -> Sequence[str]:
    """As many as there are headings. Raises ValueError for more."""
    if len(cells) > width:
        raise ValueError(f"{len(cells)} cells under {width} headings would shift the results columns")
    return [*cells, *[""] * (width - len(cells))]


def signature_rows() -> Iterator[SummaryRow]:
    """Who prepared, checked and approved it, with a line for each one's name, date and signature."""
    headings = map(say.text, ("sign.here", "sign.name", "", "sign.date", "sign.signature", ""))
    yield SummaryRow()
    yield SummaryRow(tuple(headings), bold=True, to_sign=True)
    for role in ("sign.prepared", "sign.checked", "sign.approved"):
        yield SummaryRow((say.text(role), *[""] * 5), to_sign=True)


# -- any workbook ------------------------------------------------------------------------------------------


def write_workbook(
    target: Path,
    tabs: Sequence[Tab],
    summary: Iterable[SummaryRow],
    *,
    rehearsal: bool,
    failure: str,
    max_rows: int = SHEET_MAX_ROWS,
    tell: Tell = _untold,
) -> Path:
    """Write the tabs and, as the second one, "Summary"; return the path really written.

    The summary is asked for last, when all rows are written: it may count them as they go by. The path is
    `target`, or a free name beside it ("NAME (2).xlsx") where `target` cannot be replaced, as one that is
    open in Excel. An existing `target` is replaced whole or left as it was. `tell` hears of another name, of
    further tabs for rows beyond `max_rows`, and of texts too long for a cell, which were cut.
    Raises `StorageFailed(failure, path, why)`.
    """
    widest = max(len(tab.header) for tab in tabs)
    if widest > SHEET_MAX_COLUMNS:
        facts = {"columns": widest, "most": SHEET_MAX_COLUMNS}
        raise StorageFailed(failure, path=str(target), why=say.text("saved.too_wide", **facts))

    def write(path: Path) -> list[Notice]:
        with ExitStack() as files:
            book = _Book(rehearsal, lambda: files.enter_context(tempfile.TemporaryFile()))
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


# -- any CSV file ------------------------------------------------------------------------------------------


def write_csv(
    target: Path,
    header: Sequence[str],
    rows: Iterable[Sequence[Value]],
    *,
    failure: str,
    tell: Tell = _untold,
) -> Path:
    """Write a table as in `write_results_csv`; path and errors as in `write_workbook`."""

    def write(path: Path) -> list[Notice]:
        texts = Texts()
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            for row in chain([header], rows):
                writer.writerow([texts.for_csv(value) for value in row])
        return texts.notices()

    return write_atomically(target, write, failure, tell)


# -- the file ----------------------------------------------------------------------------------------------


def write_atomically(
    target: Path, write: Callable[[Path], list[Notice]], failure: str, tell: Tell = _untold
) -> Path:
    """Have `write` fill a new file and put it in `target`'s place; path and errors as in `write_workbook`."""
    temporary: Path | None = None
    try:
        temporary = _new_file_in(target.parent)
        notices = write(temporary)
        _sync(temporary)
        written = _publish(temporary, target)
    except (OSError, SerialisationError) as error:
        raise StorageFailed(failure, path=str(target), why=_why(error)) from error
    finally:
        if temporary:
            temporary.unlink(missing_ok=True)
    if written != target:
        notices.append(Notice("saved.beside", {"target": target.name, "path": str(written)}))
    for notice in notices:
        tell(notice)
    return written


def _new_file_in(folder: Path) -> Path:
    """An empty file that only its owner may read."""
    handle, name = tempfile.mkstemp(prefix=".bulk-topup-", suffix=".tmp", dir=folder)
    os.close(handle)
    return Path(name)


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _publish(temporary: Path, target: Path) -> Path:
    try:
        return temporary.replace(target)
    except OSError:
        # Excel on Windows keeps an open workbook locked; if the folder is at fault, this fails as well.
        return temporary.replace(_free_name_beside(target))


def _free_name_beside(target: Path) -> Path:
    names = (target.with_name(f"{target.stem} ({n}){target.suffix}") for n in count(2))
    return next(path for path in names if not path.exists())


def _why(error: OSError | SerialisationError) -> str:
    """lxml only names the errno of a failed write, as in "IO_ENOSPC"."""
    number = getattr(errno, str(error).removeprefix("IO_"), None)
    return cause_of(OSError(number, os.strerror(number)) if number else error)


# -- the sheets --------------------------------------------------------------------------------------------


class _Book:
    """openpyxl's workbook, but for the rows, which cost it five times as long as writing their XML does.

    They wait in files of their own, from `new_file`, and are put where they belong on saving.
    """

    def __init__(self, rehearsal: bool, new_file: Callable[[], IO[bytes]]) -> None:
        self.texts = Texts()
        self._book = Workbook(write_only=True)
        self._rehearsal = rehearsal
        self._new_file = new_file
        self._rows: list[tuple[WriteOnlySheet, IO[bytes]]] = []

    def add(self, tab: Tab, max_rows: int) -> list[str]:
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
        with self._sheet(BookTab.SUMMARY, _summary_widths(rows, columns), position=1) as sheet:
            pens = _Pens(sheet, self.texts)
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

    def _fill(self, sheet: WriteOnlySheet, tab: Tab, widths: Sequence[int], numbers: Collection[int]) -> None:
        sheet.freeze_panes = "A2"
        sheet.print_title_rows = "1:1"
        sheet.print_options.gridLines = True
        sheet.page_setup.orientation = "landscape"
        pens = _Pens(sheet, self.texts)
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


def _widths(tab: Tab, sample: Sequence[TabRow]) -> list[int]:
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


# -- the cells ---------------------------------------------------------------------------------------------


class _Style(NamedTuple):
    """How a cell looks: its text an `indent` away from its side, or `low` in a high row, with a `line`
    below it to write on."""

    colour: Colour | None = None
    is_text: bool = True
    bold: bool = False
    wrapped: bool = False
    right: bool = False
    indent: int = 0
    low: bool = False
    line: bool = False


@dataclass(frozen=True, slots=True)
class _Pens:
    """One cell per style, filled anew for every value: the sheet writes it before it takes the next."""

    sheet: WriteOnlySheet
    texts: Texts
    cells: dict[_Style, Cell] = field(default_factory=dict)

    def style_id(self, colour: Colour | None, is_text: bool, wrapped: bool) -> int:
        """The number under which the workbook has that style."""
        return self._pen(_Style(colour, is_text=is_text, wrapped=wrapped)).style_id

    def of_summary(self, row: SummaryRow) -> Iterator[Cell | None]:
        for position, value in enumerate(row.values):
            if row.to_sign:
                style = _Style(bold=row.bold, low=True, line=position > 0 and not row.bold)
                yield self._text(str(value or ""), style)
            else:
                right = row.bold and position > 0 and position not in row.left
                yield self.filled(
                    value,
                    None if position else row.bar,
                    bold=row.bold,
                    right=right,
                    indent=int(position > 0 and not right),
                )

    def heading(self, name: str, *, right: bool) -> Cell | None:
        """On the right, beside the button of the filter, which stands there."""
        indent = INDENT_FOR_FILTER if right else 0
        return self.filled(name, Colour.BLUE, bold=True, right=right, indent=indent)

    def filled(
        self,
        value: Value,
        colour: Colour | None = None,
        *,
        bold: bool = False,
        right: bool = False,
        indent: int = 0,
    ) -> Cell | None:
        if not isinstance(value, str):
            return None if value is None and colour is None else self._number(value, colour, bold)
        if not value and colour is None:
            return None
        style = _Style(colour, bold=bold, wrapped="\n" in value, right=right, indent=indent)
        return self._text(value, style)

    def _text(self, value: str, style: _Style) -> Cell:
        pen = self._pen(style)
        pen.value = self.texts.for_cell(value) or None
        if value:
            # openpyxl takes "=1+1" for a formula and "#N/A" for an error.
            pen.data_type = "s"
        return pen

    def _number(self, value: int | None, colour: Colour | None, bold: bool) -> Cell:
        pen = self._pen(_Style(colour, is_text=False, bold=bold))
        pen.value = value
        return pen

    def _pen(self, style: _Style) -> Cell:
        if style not in self.cells:
            pen = self.cells[style] = WriteOnlyCell(self.sheet)
            pen.number_format = "@" if style.is_text else "#,##0"
            # An indent counts from a side that is named.
            horizontal = "right" if style.right else "left" if style.indent else None
            vertical = "bottom" if style.low else "top"
            pen.alignment = Alignment(
                horizontal=horizontal,
                vertical=vertical,
                wrap_text=style.wrapped,
                indent=style.indent,
            )
            pen.font = Font(name=FONT, size=FONT_POINTS, bold=style.bold)
            if style.colour:
                pen.fill = PatternFill("solid", start_color=style.colour)
            if style.line:
                pen.border = Border(bottom=Side("thin"))
        return self.cells[style]

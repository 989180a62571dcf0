"""Results lines -> a workbook or a CSV file, atomically. Pure formatting: knows nothing of the checkpoint.

Lines are taken from an iterable, once, and none is kept, so that a million rows need no more memory than ten.
"""

from __future__ import annotations

import csv
import errno
import os
import re
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, count, islice
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZipFile

from lxml.etree import SerialisationError  # type: ignore[import-untyped]
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.writer.excel import ExcelWriter

from bulk_topup.errors import StorageFailed
from bulk_topup.model import Status
from bulk_topup.say import WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from openpyxl.cell import Cell
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

RESULT_COLUMNS = (
    "paid",
    "status",
    "reason_code",
    "reason",
    "invoice",
    "serial",
    "price",
    "debited",
    "number_sent",
    "sent_at",
)

SHEET_MAX_LINES = 1_048_575
CELL_MAX_UNITS = 32_767
ROOM_BEFORE_CUT = CELL_MAX_UNITS - 60
SAMPLE_LINES = 200
NARROWEST, WIDEST = 8, 60

GREEN, AMBER, RED, GREY = "C6EFCE", "FFEB9C", "FFC7CE", "D9D9D9"
REHEARSAL_TAB = "FFC000"
STATUS_COLOURS = {
    Status.SUKSES: GREEN,
    Status.PENDING: AMBER,
    Status.ACCEPTED: AMBER,
    Status.UNKNOWN: AMBER,
    Status.GAGAL: RED,
    Status.INVALID: RED,
    Status.DUPLICATE: GREY,
    Status.UNSENT: GREY,
}

NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
READ_AS_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
CSV_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True)
class ResultLine:
    """One row of the results: the sheet's own cells, at most as many as its header, then what became of it.

    `price` and `debited` are whole rupiah, or None where none is known.
    """

    cells: Sequence[str]
    paid: str
    status: str
    reason_code: str
    reason: str
    invoice: str
    serial: str
    price: int | None
    debited: int | None
    number_sent: str
    sent_at: str

    @property
    def values(self) -> tuple[str | int | None, ...]:
        """In the order of `RESULT_COLUMNS`."""
        return tuple(getattr(self, name) for name in RESULT_COLUMNS)


def write_results(
    target: Path,
    header: Sequence[str],
    lines: Iterable[ResultLine],
    *,
    summary: Sequence[tuple[str, str | int]] = (),
    rehearsal: bool = False,
    max_lines: int = SHEET_MAX_LINES,
) -> Path:
    """Write the results workbook and return the path really written.

    That is `target`, or a free name beside it ("NAME (2).xlsx") where another program keeps `target` open.
    An existing `target` is replaced whole or left as it was. More than `max_lines` lines go on in
    "Results 2" and so on. Raises `StorageFailed("results.unwritable", path, why)`.
    """

    def write(path: Path) -> None:
        book = Workbook(write_only=True)
        _write_lines(book, header, iter(lines), rehearsal, max_lines)
        if summary or rehearsal:
            _write_summary(book, summary, rehearsal)
        with ZipFile(path, "w", ZIP_DEFLATED) as archive:
            ExcelWriter(book, archive).write_data()

    return _write_atomically(target, write)


def write_results_csv(target: Path, header: Sequence[str], lines: Iterable[ResultLine]) -> Path:
    """Write the results as comma-separated UTF-8 with BOM; path and errors as in `write_results`.

    A text that a spreadsheet program would run as a formula gets a leading apostrophe.
    """

    def write(path: Path) -> None:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([_csv_text(name) for name in (*header, *RESULT_COLUMNS)])
            for line in lines:
                own = _own_cells(line, len(header))
                writer.writerow([_csv_text(value) for value in (*own, *line.values)])

    return _write_atomically(target, write)


# -- the file ----------------------------------------------------------------------------------------------


def _write_atomically(target: Path, write: Callable[[Path], None]) -> Path:
    temporary: Path | None = None
    try:
        temporary = _new_file_in(target.parent)
        write(temporary)
        _sync(temporary)
        return _publish(temporary, target)
    except (OSError, SerialisationError) as error:
        raise StorageFailed("results.unwritable", path=str(target), why=_why(error)) from error
    finally:
        if temporary:
            temporary.unlink(missing_ok=True)


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
    except (PermissionError, IsADirectoryError):
        # Excel on Windows keeps an open workbook locked.
        return temporary.replace(_free_name_beside(target))


def _free_name_beside(target: Path) -> Path:
    names = (target.with_name(f"{target.stem} ({n}){target.suffix}") for n in count(2))
    return next(path for path in names if not path.exists())


def _why(error: OSError | SerialisationError) -> str:
    """The system's own words; lxml only names the errno of a failed write, as in "IO_ENOSPC"."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    number = getattr(errno, str(error).removeprefix("IO_"), None)
    return os.strerror(number) if number else str(error)


# -- the sheets --------------------------------------------------------------------------------------------


def _write_lines(
    book: Workbook, header: Sequence[str], lines: Iterator[ResultLine], rehearsal: bool, max_lines: int
) -> None:
    sample = list(islice(lines, SAMPLE_LINES))
    shown = [(*_own_cells(line, len(header)), *line.values) for line in sample]
    widths = _widths([*header, *RESULT_COLUMNS], shown)
    rest = chain(sample, lines)
    for part in count(1):
        first = list(islice(rest, 1))
        if part > 1 and not first:
            return
        with _sheet(book, "Results" if part == 1 else f"Results {part}", widths, rehearsal) as sheet:
            _fill(sheet, header, chain(first, islice(rest, max_lines - 1)))


@contextmanager
def _sheet(
    book: Workbook, title: str, widths: Sequence[int], rehearsal: bool, position: int | None = None
) -> Iterator[WriteOnlyWorksheet]:
    sheet = book.create_sheet(title, position)
    for column, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    if rehearsal:
        sheet.sheet_properties.tabColor = REHEARSAL_TAB
    try:
        yield sheet
    finally:
        # An abandoned stream would fail later, inside the garbage collector.
        sheet.close()


def _fill(sheet: WriteOnlyWorksheet, header: Sequence[str], lines: Iterable[ResultLine]) -> None:
    sheet.freeze_panes = "A2"
    pens = _pens(sheet)
    sheet.append(_filled(pens.heading, name) for name in (*header, *RESULT_COLUMNS))
    rows = 1
    for line in lines:
        sheet.append(_row(pens, line, len(header)))
        rows += 1
    last_column = get_column_letter(len(header) + len(RESULT_COLUMNS))
    sheet.auto_filter.ref = f"A1:{last_column}{rows}"  # type: ignore[attr-defined]  # the stubs lack it


def _write_summary(book: Workbook, summary: Sequence[tuple[str, str | int]], rehearsal: bool) -> None:
    with _sheet(book, "Summary", _widths([], summary), rehearsal, position=1) as sheet:
        pens = _pens(sheet)
        if rehearsal:
            sheet.append(_filled(pens.heading, text) for text in [WORDS["results.rehearsal"]])
        for pair in summary:
            sheet.append(_filled(pens.of(value), value) for value in pair)


def _widths(header: Sequence[str], rows: Sequence[Sequence[object]]) -> list[int]:
    columns = max((len(row) for row in [header, *rows]), default=0)
    longest = [NARROWEST] * columns
    for row in [header, *rows]:
        for column, value in enumerate(row):
            longest[column] = max(longest[column], len("" if value is None else str(value)))
    return [min(length, WIDEST) + 2 for length in longest]


# -- the cells ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Pens:
    """One cell per style, filled anew for every value: the sheet writes it before it takes the next."""

    heading: Cell
    text: Cell
    money: Cell
    status: Mapping[str, Cell]

    def of(self, value: str | int | None) -> Cell:
        return self.text if isinstance(value, str) else self.money


def _pens(sheet: WriteOnlyWorksheet) -> _Pens:
    heading = WriteOnlyCell(sheet)
    heading.font = Font(bold=True)
    money = WriteOnlyCell(sheet)
    money.number_format = "#,##0"
    return _Pens(
        heading=heading,
        text=_text_pen(sheet),
        money=money,
        status={status: _text_pen(sheet, colour) for status, colour in STATUS_COLOURS.items()},
    )


def _text_pen(sheet: WriteOnlyWorksheet, colour: str = "") -> Cell:
    pen = WriteOnlyCell(sheet)
    pen.number_format = "@"
    if colour:
        pen.fill = PatternFill("solid", start_color=colour)
    return pen


def _row(pens: _Pens, line: ResultLine, width: int) -> Iterator[Cell | None]:
    for text in _own_cells(line, width):
        yield _filled(pens.text, text)
    for name, value in zip(RESULT_COLUMNS, line.values, strict=True):
        coloured = pens.status.get(line.status) if name == "status" else None
        yield _filled(coloured or pens.of(value), value)


def _own_cells(line: ResultLine, width: int) -> Sequence[str]:
    if len(line.cells) > width:
        raise ValueError(f"{len(line.cells)} cells under {width} headings would shift the results columns")
    return [*line.cells, *[""] * (width - len(line.cells))]


def _filled(pen: Cell, value: str | int | None) -> Cell | None:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        pen.value = _cell_text(value)
        # openpyxl takes "=1+1" for a formula and "#N/A" for an error.
        pen.data_type = "s"
    else:
        pen.value = value
    return pen


# -- texts -------------------------------------------------------------------------------------------------


def _cell_text(text: str) -> str:
    """The text as a cell can hold it: visible, within Excel's length, not read as an escape."""
    visible = _visible(text)
    whole = _escaped(visible)
    if len(text) <= CELL_MAX_UNITS // 2 or _fits(whole):
        return whole
    cut = _escaped(_cut(visible, ROOM_BEFORE_CUT))
    # Escapes and characters beyond the BMP at most double the length.
    return cut if _fits(cut) else _escaped(_cut(visible, ROOM_BEFORE_CUT // 2))


def _visible(text: str) -> str:
    """Characters that XML cannot hold, as their pictures (U+2400…) or U+FFFD."""
    return NOT_XML.sub(lambda found: _picture(found.group()), text)


def _picture(character: str) -> str:
    return chr(0x2400 + ord(character)) if character < " " else "\ufffd"


def _escaped(text: str) -> str:
    """Spreadsheet programs read "_x0041_" as "A" (ECMA-376, ST_Xstring)."""
    return READ_AS_ESCAPE.sub("_x005F_", text) if "_x" in text else text


def _fits(text: str) -> bool:
    return len(text.encode("utf-16-le")) // 2 <= CELL_MAX_UNITS


def _cut(text: str, keep: int) -> str:
    return text[:keep] + WORDS["results.cut"].format(count=f"{len(text) - keep:,}")


def _csv_text(value: str | int | None) -> str:
    if not isinstance(value, str):
        return "" if value is None else str(value)
    text = _visible(value)
    return f"'{text}" if text.startswith(CSV_FORMULA_STARTS) else text

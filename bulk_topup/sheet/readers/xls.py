"""Excel workbook of 2003 or earlier (.xls) to tabs, through xlrd.

xlrd reads on if a sheet is damaged: it takes the last string for the index -1, the later of two values of a
cell, and whatever is left of a text that is cut off. So the records of a sheet are checked first.
"""

from __future__ import annotations

import io
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from struct import unpack_from
from typing import Any

import xlrd  # type: ignore[import-untyped]
from xlrd.biffh import FDT  # type: ignore[import-untyped]

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import Oddity, letter
from bulk_topup.sheet.cells import of_boolean, of_error, of_formula_without_value, of_number, of_text
from bulk_topup.sheet.comments import speaking_part
from bulk_topup.sheet.detect import OLE2
from bulk_topup.sheet.looks import WHITE, Look, as_seen
from bulk_topup.sheet.readers.ole2 import workbook_in
from bulk_topup.sheet.tabs import Cell, Remarks, Tab

WITHOUT_GLOBALS = 40
"""Up to BIFF4 (Excel 4) a file is a single sheet, without a list of sheets."""
WITH_UNICODE = 80
"""From BIFF8 (Excel 97) on."""


def tabs(data: bytes) -> Sequence[Tab]:
    """The worksheets, in order. Raises InputError if it is not a workbook, or one with a password."""
    with _readable():
        stream = workbook_in(data) if data.startswith(OLE2) else data
        book = xlrd.open_workbook(
            file_contents=stream,
            logfile=io.StringIO(),
            formatting_info=True,
            ragged_rows=True,
            on_demand=True,
        )
        codes = [_format_code(book.format_map[xf.format_key]) for xf in book.xf_list]
        looks = {index: look.oddity for index, look in enumerate(_looks(book)) if look.oddity}
        places = _places(book, stream)
        return [
            _XlsTab(name, place, book, number, codes, looks)
            for number, (name, place) in enumerate(zip(book.sheet_names(), places, strict=True))
        ]


@contextmanager
def _readable() -> Iterator[None]:
    """xlrd raises a dozen types on damaged files; running out of memory is not the file's fault."""
    try:
        yield
    except (InputError, MemoryError):
        raise
    except Exception as error:  # xlrd raises whatever reading damaged bytes leads to.
        if str(error) == "Workbook is encrypted":
            raise InputError("sheet.password") from error
        raise _damaged("why.damaged") from error


def _damaged(why: str, what: str = "") -> InputError:
    return InputError("sheet.unreadable", cause=why, what=what)


def _format_code(form: Any) -> str:
    """For some built-in formats of East Asian Excels, xlrd only knows that they are dates."""
    if form.format_str is not None:
        return str(form.format_str)
    return "yyyy-mm-dd" if form.type == FDT else "General"


# -- looks -------------------------------------------------------------------------------------------------


def _looks(book: Any) -> Iterator[Look]:
    """The looks of the cell formats, in order."""
    for xf in book.xf_list:
        fill = xf.background
        paper = WHITE if not fill.fill_pattern else None
        if fill.fill_pattern == _SOLID:
            paper = _colour(book, fill.pattern_colour_index)
        yield _look(book, xf.font_index, paper)


_SOLID = 1


def _look(book: Any, font_index: int, paper: int | None) -> Look:
    """What xlrd does not know, such as the fonts of very old Excels, looks plain."""
    if font_index >= len(book.font_list):
        return Look()
    font = book.font_list[font_index]
    points = font.height / 20 or None
    return Look(bool(font.struck_out), bool(font.escapement), points, _colour(book, font.colour_index), paper)


def _colour(book: Any, index: int) -> int | None:
    rgb = book.colour_map.get(index)
    return None if rgb is None else rgb[0] << 16 | rgb[1] << 8 | rgb[2]


# -- shared texts ------------------------------------------------------------------------------------------

_unpacked = xlrd.book.unpack_SST_table


def _decoded(raw: bytes, encoding: str) -> str:
    """xlrd decodes each piece of a text separately; a character may be split where the next record begins."""
    return str(raw, encoding, "surrogatepass" if encoding == "utf_16_le" else "strict")


def _shared_texts(records: list[bytes], count: int) -> tuple[list[str], Any]:
    """As xlrd has them, with both halves of a character joined."""
    texts, fonts = _unpacked(records, count)
    return list(map(_whole, texts)), fonts


def _whole(text: str) -> str:
    """Half a character alone becomes U+FFFD, which no phone number contains."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


xlrd.book.unicode, xlrd.book.unpack_SST_table = _decoded, _shared_texts


# -- a tab -------------------------------------------------------------------------------------------------


@dataclass
class _XlsTab:
    """`codes` are the number formats by XF index, `looks` what is odd about the look of cells of an XF."""

    name: str
    place: _Place
    book: Any
    number: int
    codes: Sequence[str]
    looks: Mapping[int, Oddity]
    remarks: Remarks = field(default_factory=Remarks)
    read: tuple[Any, _Formulas] | None = None

    @property
    def visible(self) -> bool:
        return self.place.visible

    def rows(self) -> Iterator[tuple[int, Sequence[Cell]]]:
        sheet, formulas = self.read = self.read or self._read()
        for at in range(sheet.nrows):
            values = sheet.row_values(at)
            if values:
                yield at + 1, self._cells(sheet, formulas, at, values)

    def _read(self) -> tuple[Any, _Formulas]:
        with _readable():
            formulas = _formulas(self.place, self.book.biff_version, self.name)
            sheet = self.book.sheet_by_index(self.number)
            _remark(sheet, formulas, self.remarks)
            return sheet, formulas

    def _cells(self, sheet: Any, formulas: _Formulas, at: int, values: list[Any]) -> list[Cell]:
        cells = [self._cell(sheet, at, column, value) for column, value in enumerate(values)]
        for column in formulas.without_value.get(at, ()):
            cells[column] = of_formula_without_value(cells[column])
        if self.looks or sheet.rich_text_runlist_map:
            cells = [as_seen(cell, self._oddity(sheet, at, column)) for column, cell in enumerate(cells)]
        return cells

    def _oddity(self, sheet: Any, at: int, column: int) -> Oddity | None:
        """From the cell's format, or from the font of a run of its text."""
        if found := self.looks.get(sheet.cell_xf_index(at, column)):
            return found
        text = str(sheet.cell_value(at, column)).encode("utf-16-le", "surrogatepass")
        runs = sheet.rich_text_runlist_map.get((at, column), [])
        ends = [start for start, _ in runs[1:]] + [len(text) // 2]
        for (start, font), end in zip(runs, ends, strict=False):
            if text[2 * start : 2 * end].strip(b" \0") and (odd := _look(self.book, font, WHITE).oddity):
                return odd
        return None

    def _cell(self, sheet: Any, at: int, column: int, value: Any) -> Cell:
        """xlrd calls a number text if it does not know its format."""
        kind = sheet.cell_type(at, column)
        if kind == xlrd.XL_CELL_BOOLEAN:
            return of_boolean(bool(value))
        if kind == xlrd.XL_CELL_ERROR:
            return of_error(xlrd.error_text_from_code.get(value, "#UNKNOWN!"))
        index = sheet.cell_xf_index(at, column)
        code = self.codes[index] if index < len(self.codes) else "General"
        if isinstance(value, str):
            return of_text(value, code) if kind == xlrd.XL_CELL_TEXT else value
        return of_number(repr(value), code, epoch_1904=bool(self.book.datemode))


def _remark(sheet: Any, formulas: _Formulas, remarks: Remarks) -> None:
    remarks.formulas.update(formulas.with_value)
    remarks.hidden_rows.update(at + 1 for at, row in sheet.rowinfo_map.items() if row.hidden)
    if sheet.default_row_hidden:
        remarks.hidden_rows.update(at + 1 for at in range(sheet.nrows) if at not in sheet.rowinfo_map)
    remarks.hidden_columns.update(
        at for at, column in sheet.colinfo_map.items() if column.hidden or not column.width
    )
    remarks.merged.extend(
        (first_row + 1, first, row_end, end - 1) for first_row, row_end, first, end in sheet.merged_cells
    )
    for (at, column), note in sheet.cell_note_map.items():
        remarks.comment(at + 1, column, speaking_part(note.text, note.author))


# -- records -----------------------------------------------------------------------------------------------

_BOFS = {0x0009, 0x0209, 0x0409, 0x0809}
_EOF = 0x000A
_BOUNDSHEET, _SST, _RECALCID = 0x0085, 0x00FC, 0x01C1
_DIMENSIONS = {0x0000, 0x0200}
_LABEL_BIFF2, _LABEL, _LABELSST, _MULRK, _MULBLANK = 0x0004, 0x0204, 0x00FD, 0x00BD, 0x00BE
_FORMULAS = {0x0006, 0x0206, 0x0406}
_BIFF2_CELLS = {0x0001, 0x0002, 0x0003, _LABEL_BIFF2, 0x0005}
_CELLS = {0x0201, 0x0203, _LABEL, 0x0205, 0x027E, 0x00D6, _LABELSST, _MULRK, _MULBLANK} | _FORMULAS
_UNREAD_CELLS = {0x007E}
"""RK cells of early Excels, which xlrd skips."""
_UNCALCED = 0x005E
"""Precedes the cells of a sheet whose formulas were not calculated before saving."""
_EMPTY_RESULT = b"\x03\0\0\0\0\0\xff\xff"
"""The result of a formula that gives "", which programs that do not calculate write for any formula."""


@dataclass(frozen=True)
class _Records:
    """(code, content) of the records from a BOF at `start` to its EOF, without those of charts in between."""

    stream: bytes
    start: int
    end: int

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        at, depth = self.start, 0
        while True:
            if at + 4 > self.end:
                raise _damaged("why.cut_off")
            code, size = unpack_from("<HH", self.stream, at)
            at += 4 + size
            if at > self.end:
                raise _damaged("why.cut_off")
            depth += (code in _BOFS) - (code == _EOF)
            if depth == 0:
                return
            if depth > 2:
                # xlrd would take the outer chart's numbers for cells.
                raise _damaged("why.chart_in_chart")
            if depth == 1:
                yield code, self.stream[at - size : at]


@dataclass(frozen=True)
class _Place:
    """About its workbook: the number of shared `texts`, and whether Excel recalculates it on opening."""

    visible: bool
    records: _Records
    texts: int = 0
    recalculated: bool = False


def _places(book: Any, stream: bytes) -> list[_Place]:
    """Where the worksheets are, in xlrd's order, without charts, macros and modules."""
    if book.biff_version <= WITHOUT_GLOBALS:
        return [_Place(visible=True, records=_Records(stream, 0, len(stream)))]
    its = list(_Records(stream, 0, len(stream)))
    recalculated = book.biff_version >= WITH_UNICODE and all(code != _RECALCID for code, _ in its)
    [texts] = [unpack_from("<I", content, 4)[0] for code, content in its if code == _SST] or [0]
    bounds = [unpack_from("<iBB", content) for code, content in its if code == _BOUNDSHEET]
    return [
        _Place(visibility & 3 == 0, _Records(stream, offset, len(stream)), texts, recalculated)
        for offset, visibility, kind in bounds
        if kind == 0
    ]


@dataclass(frozen=True)
class _Formulas:
    """How many each column has; and by row index, the columns of those without a valid result."""

    with_value: Counter[int] = field(default_factory=Counter)
    without_value: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))


def _formulas(place: _Place, version: int, tab: str) -> _Formulas:
    """Raises InputError if xlrd would give something else than the sheet contains."""
    cells, unread = _CELLS, _UNREAD_CELLS | _BIFF2_CELLS
    if version < 50:
        cells, unread = _CELLS | _BIFF2_CELLS, _UNREAD_CELLS
    taken = bytearray(1 << 24)
    formulas = _Formulas()
    any_cell = is_outdated = False
    for code, content in place.records:
        if code in cells:
            any_cell = True
            row, first = unpack_from("<HH", content)
            _assert_whole(code, content, version)
            _assert_text_is_there(code, content, place.texts, tab)
            _take(taken, row, first, _last_column(code, content, first), tab)
            is_empty = place.recalculated and content[6:14] == _EMPTY_RESULT
            if code in _FORMULAS and (is_outdated or is_empty):
                formulas.without_value[row].append(first)
            elif code in _FORMULAS:
                formulas.with_value[first] += 1
        elif code == _UNCALCED:
            is_outdated = True
        elif code in unread or (code in _DIMENSIONS and content and any_cell):
            raise _damaged("why.out_of_place", f"{code:#06x}")
    return formulas


def _last_column(code: int, content: bytes, first: int) -> int:
    if code not in {_MULRK, _MULBLANK}:
        return first
    (last,) = unpack_from("<H", content, len(content) - 2)
    if len(content) != 6 + (last - first + 1) * (6 if code == _MULRK else 2):
        raise _damaged("why.numbers_cut")
    return int(last)


def _take(taken: bytearray, row: int, first: int, last: int, tab: str) -> None:
    for column in range(first, last + 1):
        if column > 0xFF:
            raise _damaged("why.no_cell", f"{letter(column)}{row + 1}")
        if taken[row << 8 | column]:
            raise InputError("sheet.cell_twice", tab=tab, cell=f"{letter(column)}{row + 1}")
        taken[row << 8 | column] = 1


def _assert_whole(code: int, content: bytes, version: int) -> None:
    """xlrd takes the rest of a truncated text for all of it."""
    if code == _LABEL and version >= WITH_UNICODE:
        characters, options = unpack_from("<HB", content, 6)
        needed = 9 + characters * (1 + (options & 1)) + 2 * bool(options & 8) + 4 * bool(options & 4)
    elif code == _LABEL:
        needed = 8 + unpack_from("<H", content, 6)[0]
    elif code == _LABEL_BIFF2:
        needed = 8 + content[7]
    else:
        return
    if len(content) < needed:
        raise _damaged("why.text_cut")


def _assert_text_is_there(code: int, content: bytes, texts: int, tab: str) -> None:
    """xlrd counts an index below 0 from the end."""
    if code == _LABELSST:
        row, column, index = unpack_from("<HHxxI", content)
        if index >= texts:
            raise InputError("sheet.lost_text", tab=tab, cell=f"{letter(column)}{row + 1}")

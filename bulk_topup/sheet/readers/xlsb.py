"""Excel binary workbook (.xlsb) -> tabs: a zip whose parts are records, not XML ([MS-XLSB], "BIFF12")."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from struct import pack, unpack, unpack_from
from typing import IO

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import SHEET_COLUMNS, SHEET_ROWS, letter
from bulk_topup.sheet.cells import of_boolean, of_error, of_formula_without_value, of_number, of_text
from bulk_topup.sheet.number_formats import BUILT_IN_FORMATS, shows_text
from bulk_topup.sheet.readers.ooxml_markup import unreadable_part
from bulk_topup.sheet.readers.ooxml_package import Package, Relationship
from bulk_topup.sheet.readers.ooxml_values import Lost
from bulk_topup.sheet.tabs import Cell, LostTab, Remarks, Tab


def tabs(data: bytes) -> Sequence[Tab]:
    """The worksheets, in their order. Raises InputError where the workbook is damaged."""
    package = Package(data)
    main = _first(package.relationships("").values(), "officeDocument") or "xl/workbook.bin"
    related = package.relationships(main)
    book = _book(package, main, related)
    found: list[Tab] = []
    for name, visible, id_ in _sheets(package, main):
        target = related.get(id_)
        if id_ and (target is None or target.part not in package):
            found.append(LostTab(name))
        elif target and target.kind == "worksheet":
            found.append(_XlsbTab(name, visible, package, target.part, book))
    return found


def _first(related: Iterable[Relationship], kind: str) -> str:
    return next((each.part for each in related if each.kind == kind), "")


# -- records -----------------------------------------------------------------------------------------------

_CHUNK = 1 << 20
_LONGEST_HEAD = 6


@contextmanager
def _records(package: Package, part: str) -> Iterator[Iterator[tuple[int, bytes]]]:
    """(kind, content) of each record of a part; names the part where a record is shorter than its kind."""
    with package.open(part) as stream:
        try:
            yield _split(stream)
        except (struct.error, IndexError, _EndsEarlyError) as error:
            raise unreadable_part(part, "why.breaks_off") from error


class _EndsEarlyError(Exception):
    """A record or a text says that it is longer than what is there."""


def _split(stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    # Read to the end whatever is wanted of it: only there does zipfile check that the part is undamaged.
    block, at = b"", 0
    while True:
        if len(block) - at < _LONGEST_HEAD:
            block, at = block[at:] + stream.read(_CHUNK), 0
            if not block:
                return
        kind, size = block[at], block[at + 1]
        if kind < 0x80 and size < 0x80:
            at += 2
        else:
            kind, size, at = _head(block, at)
        if len(block) - at < size:
            block, at = block[at:] + stream.read(max(size, _CHUNK)), 0
            if len(block) < size:
                raise _EndsEarlyError
        yield kind, block[at : at + size]
        at += size


def _head(block: bytes, at: int) -> tuple[int, int, int]:
    """A record's kind and size, seven bits a byte, the lowest first; and where its content starts."""
    kind, at = block[at], at + 1
    if kind & 0x80:
        kind, at = kind & 0x7F | (block[at] & 0x7F) << 7, at + 1
    size = 0
    for shift in (0, 7, 14, 21):
        byte, at = block[at], at + 1
        size |= (byte & 0x7F) << shift
        if not byte & 0x80:
            break
    return kind, size, at


def _text(content: bytes, at: int) -> str:
    """A text after its length. Half a surrogate pair becomes U+FFFD, which no phone number has."""
    return _text_and_end(content, at)[0]


def _text_and_end(content: bytes, at: int) -> tuple[str, int]:
    (characters,) = unpack_from("<I", content, at)
    at += 4
    if characters == _NO_TEXT:
        return "", at
    end = at + 2 * characters
    if end > len(content):
        raise _EndsEarlyError
    return content[at:end].decode("utf-16-le", "replace"), end


_NO_TEXT = 0xFFFFFFFF


def _rk(raw: int) -> float:
    """A number in 30 bits: an integer or the upper half of a float, perhaps in hundredths."""
    (signed,) = unpack("<i", pack("<I", raw))
    value: float = float(signed >> 2) if raw & 2 else unpack("<d", pack("<Q", (raw & 0xFFFFFFFC) << 32))[0]
    return value / 100 if raw & 1 else value


# -- what the sheets have in common ------------------------------------------------------------------------

_WB_PROP, _BUNDLE_SH, _CALC_PROP = 153, 156, 157
_FULL_CALCULATION_ON_LOAD, _SOME_UNCALCULATED = 1, 1 << 4
_SST_ITEM = 19
_FMT, _XF, _BEGIN_CELL_XFS, _END_CELL_XFS = 44, 47, 617, 618


@dataclass(frozen=True)
class _XlsbWorkbook:
    """`codes` are the number formats by cell style, `odd_for_texts` the styles that show a text otherwise.

    `outdated`: the results of formulas are to be calculated anew on opening, or were not before saving.
    """

    strings: Sequence[str]
    codes: Sequence[str]
    odd_for_texts: frozenset[int]
    epoch_1904: bool
    outdated: bool


def _book(package: Package, main: str, related: Mapping[str, Relationship]) -> _XlsbWorkbook:
    strings = _first(related.values(), "sharedStrings")
    styles = _first(related.values(), "styles")
    epoch_1904 = outdated = False
    with _records(package, main) as records:
        for kind, content in records:
            if kind == _WB_PROP:
                epoch_1904 = epoch_1904 or bool(content[0] & 1)
            elif kind == _CALC_PROP:
                outdated = bool(content[24] & (_FULL_CALCULATION_ON_LOAD | _SOME_UNCALCULATED))
    codes = _codes(package, styles) if styles else ["General"]
    return _XlsbWorkbook(
        _strings(package, strings) if strings else [],
        codes,
        frozenset(style for style, code in enumerate(codes) if not shows_text(code)),
        epoch_1904,
        outdated,
    )


def _sheets(package: Package, main: str) -> list[tuple[str, bool, str]]:
    """Name, whether it is visible, and the id of its relationship."""
    found: list[tuple[str, bool, str]] = []
    with _records(package, main) as records:
        for kind, content in records:
            if kind == _BUNDLE_SH:
                (state,) = unpack_from("<I", content)
                id_, at = _text_and_end(content, 8)
                found.append((_text(content, at), state == 0, id_))
    return found


def _strings(package: Package, part: str) -> list[str]:
    """The shared texts, without their fonts and their phonetic guides."""
    with _records(package, part) as records:
        return [_text(content, 1) for kind, content in records if kind == _SST_ITEM]


def _codes(package: Package, part: str) -> list[str]:
    formats = dict(BUILT_IN_FORMATS)
    of_cells: list[int] = []
    in_cell_xfs = False
    with _records(package, part) as records:
        for kind, content in records:
            if kind == _FMT:
                formats[unpack_from("<H", content)[0]] = _text(content, 2)
            elif kind in {_BEGIN_CELL_XFS, _END_CELL_XFS}:
                in_cell_xfs = kind == _BEGIN_CELL_XFS
            elif kind == _XF and in_cell_xfs:
                of_cells.append(unpack_from("<H", content, 2)[0])
    return [formats.get(number, "General") for number in of_cells]


# -- a tab -------------------------------------------------------------------------------------------------


class _Kind:
    """Kinds of records that a sheet's cells are told in ([MS-XLSB] 2.3.2)."""

    ROW = 0
    BLANK = 1
    RK = 2
    ERROR = 3
    BOOLEAN = 4
    REAL = 5
    STRING = 6
    SHARED_STRING = 7
    FORMULA_STRING = 8
    FORMULA_REAL = 9
    FORMULA_BOOLEAN = 10
    FORMULA_ERROR = 11
    SHORT_BLANK = 12
    """First of the seven plain kinds without a column: it is the next one."""
    SHORT_SHARED_STRING = 18
    COLUMN = 60
    RICH_STRING = 62
    END_OF_ROWS = 146
    MERGE = 176


_CELLS = {*range(_Kind.BLANK, _Kind.SHORT_SHARED_STRING + 1), _Kind.RICH_STRING}

_ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}


@dataclass
class _XlsbTab:
    name: str
    visible: bool
    package: Package
    part: str
    book: _XlsbWorkbook
    remarks: Remarks = field(default_factory=Remarks)

    def rows(self) -> Iterator[tuple[int, Sequence[Cell]]]:
        _forget(self.remarks)
        row, ended = 0, False
        cells: list[Cell] = []
        with _records(self.package, self.part) as records:
            for kind, content in records:
                if ended and kind != _Kind.MERGE:
                    continue  # other lists number their records as rows and cells do
                if kind in _CELLS:
                    self._add(cells, kind, content, row)
                elif kind == _Kind.ROW:
                    if cells:
                        yield row, cells
                    row, cells = self._row(content, row), []
                elif kind in {_Kind.COLUMN, _Kind.MERGE}:
                    _remark(kind, content, self.remarks)
                ended = ended or kind == _Kind.END_OF_ROWS
        if not ended:
            raise unreadable_part(self.part, "why.breaks_off")
        if cells:
            yield row, cells

    def _row(self, content: bytes, before: int) -> int:
        row = int(unpack_from("<I", content)[0]) + 1
        if row <= before:
            raise InputError("sheet.row_twice", tab=self.name, row=str(row))
        if row > SHEET_ROWS:
            raise unreadable_part(self.part, "why.row_beyond", str(row))
        if content[11] & 0x10:
            self.remarks.hidden_rows.add(row)
        return row

    def _add(self, cells: list[Cell], kind: int, content: bytes, row: int) -> None:
        column, at = len(cells), 4
        if _Kind.SHORT_BLANK <= kind <= _Kind.SHORT_SHARED_STRING:
            kind -= _Kind.SHORT_BLANK - _Kind.BLANK
        else:
            column, at = unpack_from("<I", content)[0], 8
        if column < len(cells):
            raise InputError("sheet.cell_twice", tab=self.name, cell=f"{letter(column)}{row}")
        if row == 0 or column >= SHEET_COLUMNS:
            raise unreadable_part(self.part, "why.no_cell", str(row))
        cells.extend([""] * (column - len(cells)))
        try:
            cell = self._cell(kind, content, at)
        except Lost as error:
            raise InputError(error.code, tab=self.name, cell=f"{letter(column)}{row}") from error
        if not _Kind.FORMULA_STRING <= kind <= _Kind.FORMULA_ERROR:
            cells.append(cell)
        elif self.book.outdated:
            cells.append(of_formula_without_value(cell))
        else:
            self.remarks.formulas[column] += 1
            cells.append(cell)

    def _cell(self, kind: int, content: bytes, at: int) -> Cell:
        """`at` is where the value starts, after the cell's style. Raises Lost."""
        match kind:
            case _Kind.SHARED_STRING:
                return self._shown(self._shared(unpack_from("<I", content, at)[0]), content, at)
            case _Kind.STRING | _Kind.FORMULA_STRING:
                return self._shown(_text(content, at), content, at)
            case _Kind.RICH_STRING:
                return self._shown(_text(content, at + 1), content, at)
            case _Kind.RK:
                return self._number(_rk(unpack_from("<I", content, at)[0]), content, at)
            case _Kind.REAL | _Kind.FORMULA_REAL:
                return self._number(unpack_from("<d", content, at)[0], content, at)
            case _Kind.BOOLEAN | _Kind.FORMULA_BOOLEAN:
                return of_boolean(content[at] != 0)
            case _Kind.ERROR | _Kind.FORMULA_ERROR:
                return of_error(_ERRORS.get(content[at], "#UNKNOWN!"))
        return ""

    def _shared(self, index: int) -> str:
        if index >= len(self.book.strings):
            raise Lost("sheet.lost_text")
        return self.book.strings[index]

    def _shown(self, text: str, content: bytes, at: int) -> Cell:
        if not self.book.odd_for_texts or (style := _style(content, at)) not in self.book.odd_for_texts:
            return text
        return of_text(text, self.book.codes[style])

    def _number(self, value: float, content: bytes, at: int) -> Cell:
        style = _style(content, at)
        if style >= len(self.book.codes):
            raise Lost("sheet.lost_format")
        return of_number(repr(value), self.book.codes[style], epoch_1904=self.book.epoch_1904)


def _style(content: bytes, at: int) -> int:
    return int(unpack_from("<I", content, at - 4)[0]) & 0xFFFFFF


def _forget(remarks: Remarks) -> None:
    for found in (remarks.formulas, remarks.hidden_rows, remarks.hidden_columns, remarks.merged):
        found.clear()


def _remark(kind: int, content: bytes, remarks: Remarks) -> None:
    if kind == _Kind.COLUMN:
        first, last, width, _, flags = unpack_from("<IIIIH", content)
        if flags & 1 or width == 0:
            remarks.hidden_columns.update(range(first, min(last, SHEET_COLUMNS - 1) + 1))
    else:
        first_row, last_row, first, last = unpack_from("<IIII", content)
        remarks.merged.append((first_row + 1, first, last_row + 1, last))

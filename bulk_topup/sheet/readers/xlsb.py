"""Excel binary workbook (.xlsb) -> tabs: a zip whose parts are records, not XML ([MS-XLSB], "BIFF12")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from struct import unpack_from

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import SHEET_COLUMNS, SHEET_ROWS, letter
from bulk_topup.sheet.cells import of_boolean, of_error, of_formula_without_value, of_number, of_text
from bulk_topup.sheet.looks import as_seen
from bulk_topup.sheet.readers.ooxml_markup import unreadable_part
from bulk_topup.sheet.readers.ooxml_package import Package, Relationship, part_of_kind
from bulk_topup.sheet.readers.ooxml_values import Lost
from bulk_topup.sheet.readers.xlsb_records import number_of_rk, records, text_and_end, text_of
from bulk_topup.sheet.readers.xlsb_styles import XlsbStyles, read_styles
from bulk_topup.sheet.tabs import Cell, LostTab, Remarks, Tab


def tabs(data: bytes) -> Sequence[Tab]:
    """The worksheets, in order. Raises InputError if the workbook is damaged."""
    package = Package(data)
    main = part_of_kind(package.relationships(""), "officeDocument", "xl/workbook.bin")
    related = package.relationships(main)
    book, sheets = _book(package, main, related)
    found: list[Tab] = []
    for name, visible, id_ in sheets:
        target = related.get(id_)
        if id_ and (target is None or target.part not in package):
            found.append(LostTab(name))
        elif target and target.kind == "worksheet":
            found.append(_XlsbTab(name, visible, package, target.part, book))
    return found


# -- what the sheets have in common ------------------------------------------------------------------------

_WB_PROP, _BUNDLE_SH, _CALC_PROP = 153, 156, 157
_FULL_CALCULATION_ON_LOAD, _SOME_UNCALCULATED = 1, 1 << 4
_SST_ITEM = 19


@dataclass(frozen=True)
class _XlsbWorkbook:
    """`odd_for_texts` are the styles that display a text differently, or mislead the reader.

    `outdated`: the results of formulas must be recalculated on opening, or were not calculated before saving.
    """

    strings: Sequence[Cell]
    styles: XlsbStyles
    odd_for_texts: frozenset[int]
    epoch_1904: bool
    outdated: bool


def _book(
    package: Package, main: str, related: Mapping[str, Relationship]
) -> tuple[_XlsbWorkbook, list[tuple[str, bool, str]]]:
    """And of each sheet its name, whether it is visible, and the id of its relationship."""
    strings, styles = part_of_kind(related, "sharedStrings"), part_of_kind(related, "styles")
    epoch_1904 = outdated = False
    sheets: list[tuple[str, bool, str]] = []
    with records(package, main) as its:
        for kind, content in its:
            if kind == _WB_PROP:
                epoch_1904 = epoch_1904 or bool(content[0] & 1)
            elif kind == _CALC_PROP:
                outdated = bool(content[24] & (_FULL_CALCULATION_ON_LOAD | _SOME_UNCALCULATED))
            elif kind == _BUNDLE_SH:
                (state,) = unpack_from("<I", content)
                id_, at = text_and_end(content, 8)
                sheets.append((text_of(content, at), state == 0, id_))
    theme = part_of_kind(related, "theme")
    of_cells = read_styles(package, styles, theme) if styles else XlsbStyles(["General"], [None])
    texts = _strings(package, strings, of_cells) if strings else []
    return _XlsbWorkbook(texts, of_cells, of_cells.odd_for_texts(), epoch_1904, outdated), sheets


def _strings(package: Package, part: str, styles: XlsbStyles) -> list[Cell]:
    """The shared texts, without their phonetic guides."""
    with records(package, part) as its:
        return [styles.seen(content, 0) for kind, content in its if kind == _SST_ITEM]


# -- a tab -------------------------------------------------------------------------------------------------


class _Kind:
    """Record kinds of a sheet's cells ([MS-XLSB] 2.3.2)."""

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
    """First of the seven plain kinds without a column, which is the next one."""
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
        self.remarks.clear()
        row, ended = 0, False
        cells: list[Cell] = []
        with records(self.package, self.part) as its:
            for kind, content in its:
                if ended and kind != _Kind.MERGE:
                    continue  # Other lists number their records as rows and cells do.
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
                return self._shown(text_of(content, at), content, at)
            case _Kind.RICH_STRING:
                return self._shown(self.book.styles.seen(content, at), content, at)
            case _Kind.RK:
                return self._number(number_of_rk(unpack_from("<I", content, at)[0]), content, at)
            case _Kind.REAL | _Kind.FORMULA_REAL:
                return self._number(unpack_from("<d", content, at)[0], content, at)
            case _Kind.BOOLEAN | _Kind.FORMULA_BOOLEAN:
                return of_boolean(content[at] != 0)
            case _Kind.ERROR | _Kind.FORMULA_ERROR:
                return of_error(_ERRORS.get(content[at], "#UNKNOWN!"))
        return ""

    def _shared(self, index: int) -> Cell:
        if index >= len(self.book.strings):
            raise Lost("sheet.lost_text")
        return self.book.strings[index]

    def _shown(self, text: Cell, content: bytes, at: int) -> Cell:
        if not self.book.odd_for_texts or (style := _style(content, at)) not in self.book.odd_for_texts:
            return text
        shown = of_text(text, self.book.styles.codes[style]) if isinstance(text, str) else text
        return as_seen(shown, self.book.styles.oddities[style])

    def _number(self, value: float, content: bytes, at: int) -> Cell:
        styles, style = self.book.styles, _style(content, at)
        if style >= len(styles.codes):
            raise Lost("sheet.lost_format")
        number = of_number(repr(value), styles.codes[style], epoch_1904=self.book.epoch_1904)
        return as_seen(number, styles.oddities[style])


def _style(content: bytes, at: int) -> int:
    return int(unpack_from("<I", content, at - 4)[0]) & 0xFFFFFF


def _remark(kind: int, content: bytes, remarks: Remarks) -> None:
    if kind == _Kind.COLUMN:
        first, last, width, _, flags = unpack_from("<IIIIH", content)
        if flags & 1 or width == 0:
            remarks.hidden_columns.update(range(first, min(last, SHEET_COLUMNS - 1) + 1))
    else:
        first_row, last_row, first, last = unpack_from("<IIII", content)
        remarks.merged.append((first_row + 1, first, last_row + 1, last))

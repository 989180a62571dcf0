"""XML workbook of Excel 2003 (SpreadsheetML), which web systems also write under the name .xls, to tabs.

Elements and attributes: Microsoft's "XML Spreadsheet Reference".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import SHEET_COLUMNS, SHEET_ROWS, Oddity, letter
from bulk_topup.sheet import cells
from bulk_topup.sheet.comments import speaking_part
from bulk_topup.sheet.looks import Look, as_seen
from bulk_topup.sheet.readers.ooxml_attributes import is_zero
from bulk_topup.sheet.readers.ooxml_markup import Markup, unreadable_part
from bulk_topup.sheet.readers.ooxml_values import Lost
from bulk_topup.sheet.readers.spreadsheetml_contents import (
    DEFAULT,
    NAMESPACES,
    PART,
    SHEET,
    Contents,
    look_of_font,
    stated_in,
)
from bulk_topup.sheet.tabs import Cell, Remarks, Tab

CHUNK_BYTES = 1 << 18

_TABLE = f"{SHEET}/Table"
_COLUMN = f"{_TABLE}/Column"
_ROW = f"{_TABLE}/Row"
_CELL = f"{_ROW}/Cell"
_DATA = f"{_CELL}/Data"
_COMMENT = f"{_CELL}/Comment"
_COMMENT_TEXT = f"{_COMMENT}/Data"
_WITHIN = f"{_DATA}/*"


def tabs(data: bytes) -> Sequence[Tab]:
    """The worksheets, in order.

    Raises InputError if the XML is not well-formed, declares a document type, or contains no worksheet.
    """
    contents = Contents()
    for _ in _fed(contents, data, 0, len(data)):
        pass
    contents.close()
    if not contents.sheets:
        raise InputError("sheet.not_a_spreadsheet")
    return [
        _Worksheet(name, name not in contents.hidden, place, data, contents)
        for name, place in contents.sheets.items()
    ]


def _fed(markup: Markup, data: bytes, start: int, end: int) -> Iterator[None]:
    """Feeds a part of the document to its reader, and pauses after each piece."""
    for at in range(start, end, CHUNK_BYTES):
        markup.feed(data[at : min(at + CHUNK_BYTES, end)])
        yield


@dataclass(slots=True)
class _Worksheet:
    name: str
    visible: bool
    _place: int
    """Where its element starts in the document."""
    _data: bytes
    _contents: Contents
    remarks: Remarks = field(default_factory=Remarks)

    def rows(self) -> Iterator[tuple[int, Sequence[Cell]]]:
        self.remarks.clear()
        rows = _Rows(self.name, self._contents, self.remarks)
        # Starts with what comes before the first worksheet; other worksheets are skipped.
        first = min(self._contents.sheets.values())
        for _ in chain(
            _fed(rows, self._data, 0, first), _fed(rows, self._data, self._place, len(self._data))
        ):
            taken, rows.taken = rows.taken, []
            yield from taken
            if rows.ended:
                return


# -- the rows of a sheet -----------------------------------------------------------------------------------


class _Rows(Markup):
    """Reads the rows of the first worksheet into `taken`, the rest of it into `remarks`.

    Raises InputError if a row or a cell is repeated, out of order or in a place that programs would read
    differently, or if a cell has a style that is not in the workbook.
    """

    def __init__(self, tab: str, contents: Contents, remarks: Remarks) -> None:
        super().__init__(
            PART,
            {
                SHEET: self._start_of_sheet,
                _TABLE: self._start_of_table,
                _COLUMN: self._column,
                _ROW: self._start_of_row,
                _CELL: self._start_of_cell,
                _DATA: self._start_of_data,
                _COMMENT: self._start_of_comment,
            },
            {
                SHEET: self._end_of_sheet,
                _ROW: self._end_of_row,
                _CELL: self._end_of_cell,
                _COMMENT: self._end_of_comment,
            },
            texts=[_COMMENT_TEXT],
            closed={_TABLE, _ROW},
            rich=[_DATA, _COMMENT_TEXT],
            namespaces=NAMESPACES,
        )
        self.taken: list[tuple[int, Sequence[Cell]]] = []
        self.ended = False
        self._tab, self._contents, self._remarks = tab, contents, remarks
        self._has_begun = False
        self._table_style: str | None = None
        self._column_styles: dict[int, str] = {}
        self._next_column = 0
        self._row, self._next_row = 0, 1
        self._row_style: str | None = None
        self._row_is_alone = True
        self._cells: list[Cell] = []
        self._next_cell = 0
        self._reached: dict[int, int] = {}
        self._cell: dict[str, str] = {}
        self._type: str | None = None
        self._run: Oddity | None = None
        """What is odd about the look of a run of the cell's text."""
        self._author = ""
        self._own: list[str] = []
        """The cell's text while its comment is read."""

    # -- around the rows ----------------------------------------------------------------------------------

    def _start_of_sheet(self, _attributes: dict[str, str]) -> None:
        if self.ended:
            self.pass_over()

    def _end_of_sheet(self) -> None:
        self.ended = True

    def _start_of_table(self, attributes: dict[str, str]) -> None:
        own = stated_in(attributes)
        if self._has_begun:
            raise unreadable_part(PART, "why.rows_twice")
        if {own.get("TopCell", "1"), own.get("LeftCell", "1")} != {"1"}:
            raise unreadable_part(PART, "why.not_from_a1")
        self._has_begun = True
        self._table_style = own.get("StyleID")

    def _column(self, attributes: dict[str, str]) -> None:
        own = stated_in(attributes)
        first = _count(own, "Index", self._next_column + 1) - 1
        end = first + _count(own, "Span", 0) + 1
        if first < self._next_column or end > SHEET_COLUMNS:
            raise unreadable_part(PART, "why.out_of_place", letter(first))
        self._next_column = end
        if _is_hidden(own, "Width"):
            self._remarks.hidden_columns.update(range(first, end))
        if "StyleID" in own:
            self._column_styles.update(dict.fromkeys(range(first, end), own["StyleID"]))

    # -- a row --------------------------------------------------------------------------------------------

    def _start_of_row(self, attributes: dict[str, str]) -> None:
        own = stated_in(attributes)
        row = _count(own, "Index", self._next_row)
        last = row + _count(own, "Span", 0)
        if row < self._next_row:
            raise InputError("sheet.row_twice", tab=self._tab, row=str(row))
        if last > SHEET_ROWS:
            raise unreadable_part(PART, "why.row_beyond", str(last))
        if _is_hidden(own, "Height"):
            self._remarks.hidden_rows.update(range(row, last + 1))
        self._row, self._next_row, self._row_is_alone = row, last + 1, row == last
        self._row_style = own.get("StyleID")
        self._cells, self._next_cell = [], 0

    def _end_of_row(self) -> None:
        if self._cells:
            self.taken.append((self._row, self._cells))

    # -- a cell -------------------------------------------------------------------------------------------

    def _start_of_cell(self, attributes: dict[str, str]) -> None:
        self._cell = own = stated_in(attributes)
        position = _count(own, "Index", self._next_cell + 1) - 1
        right, down = _count(own, "MergeAcross", 0), _count(own, "MergeDown", 0)
        # Programs differ on whether a cell without an index is under the merged one or next to it.
        is_pushed = "Index" not in own and self._reached.get(position, 0) >= self._row
        if position < self._next_cell or is_pushed or not self._row_is_alone:
            raise self._of_cell("sheet.cell_twice", position)
        if position + right >= SHEET_COLUMNS:
            raise unreadable_part(PART, "why.too_many_columns")
        if right or down:
            self._remarks.merged.append((self._row, position, self._row + down, position + right))
            self._reached.update(dict.fromkeys(range(position, position + right + 1), self._row + down))
        self._cells.extend([""] * (position - len(self._cells)))
        self._next_cell = position + right + 1
        self._type = self._run = None

    def _start_of_data(self, attributes: dict[str, str]) -> None:
        if self._type is not None:
            raise self._of_cell("sheet.cell_twice", len(self._cells))
        self._type = stated_in(attributes).get("Type", "")
        self.text.clear()

    def _start_of_comment(self, attributes: dict[str, str]) -> None:
        self._author, self._own, self.text = stated_in(attributes).get("Author", ""), self.text, []

    def _end_of_comment(self) -> None:
        part = speaking_part("".join(self.text), self._author)
        self._remarks.comment(self._row, len(self._cells), part)
        self.text = self._own

    def _end_of_cell(self) -> None:
        position = len(self._cells)
        has_formula = "Formula" in self._cell
        text = "".join(self.text) if self._type is not None else ""
        if has_formula and self._type != "String" and not text.strip():
            self._cells.append(cells.of_formula_without_value())
            return
        if has_formula:
            self._remarks.formulas[position] += 1
        self._cells.append(self._seen(self._value(text, position), position))

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        super()._start(name, attributes)
        if self._path[-1] == _WITHIN:
            self._run = self._run or _oddity_of_run(name, attributes)

    def _seen(self, cell: Cell, position: int) -> Cell:
        if self._contents.odd_for_texts:
            cell = as_seen(cell, self._contents.oddity_of(self._style(position)))
        return as_seen(cell, self._run)

    def _value(self, text: str, position: int) -> Cell:
        stored = text.strip()
        match self._type:
            case "String":
                return cells.of_text(text, self._code(position)) if self._contents.odd_for_texts else text
            case "Number" if stored:
                epoch_1904 = self._contents.epoch_1904
                return cells.of_number(stored, self._code(position), epoch_1904=epoch_1904)
            case "DateTime" if stored:
                return cells.of_iso_date(stored.removesuffix(".000"))
            case "Boolean" if stored in {"0", "1"}:
                return cells.of_boolean(stored == "1")
            case "Error":
                return cells.of_error(stored)
        return cells.of_unknown(text) if text else ""

    def _code(self, position: int) -> str:
        try:
            return self._contents.code_of(self._style(position))
        except Lost as error:
            raise self._of_cell(error.code, position) from error

    def _style(self, position: int) -> str:
        """The cell's own style takes precedence over the row's, the column's and the table's."""
        own = self._cell.get("StyleID", self._row_style)
        return own or self._column_styles.get(position) or self._table_style or DEFAULT

    def _of_cell(self, code: str, position: int) -> InputError:
        return InputError(code, tab=self._tab, cell=f"{letter(position)}{self._row}")


def _oddity_of_run(name: str, attributes: dict[str, str]) -> Oddity | None:
    """For an element within a text: HTML, with the names of HTML's tags and attributes."""
    element = name.rpartition(" ")[2].casefold()
    stated = {name.rpartition(" ")[2]: value for name, value in attributes.items()}
    look = look_of_font(stated) if element == "font" else {}
    return Look(struck=element == "s", raised=element in {"sup", "sub"}, **look).oddity


def _count(own: dict[str, str], name: str, otherwise: int) -> int:
    """An index from 1, or how many rows or columns more are meant."""
    written = own.get(name)
    if written is None:
        return otherwise
    if not re.fullmatch("[0-9]{1,7}", written) or (name == "Index" and not int(written)):
        raise unreadable_part(PART, "why.odd_value", f"{name}={written}")
    return int(written)


def _is_hidden(own: dict[str, str], size: str) -> bool:
    """A row or a column without a size is as hidden as one that is marked so."""
    return own.get("Hidden") in {"1", "true"} or is_zero(own.get(size))

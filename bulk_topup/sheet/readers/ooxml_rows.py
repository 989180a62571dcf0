"""The rows of one worksheet part: those that are written alike by a regular expression, as most are; all
others element by element.
"""

from __future__ import annotations

from operator import lt
from typing import TYPE_CHECKING

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import SHEET_COLUMNS, SHEET_ROWS, OddCell, Oddity, letter
from bulk_topup.sheet import cells
from bulk_topup.sheet.looks import as_seen
from bulk_topup.sheet.readers.ooxml_attributes import (
    REFERENCE,
    WHOLE_NUMBER,
    is_hidden,
    is_true,
    is_zero,
    position_of,
)
from bulk_topup.sheet.readers.ooxml_markup import Items, plain_pattern, plain_texts, unreadable_part
from bulk_topup.sheet.readers.ooxml_plain_rows import INLINE, NONE, Alike, Cells, learned, row_alike
from bulk_topup.sheet.readers.ooxml_styles import RunLooks
from bulk_topup.sheet.readers.ooxml_values import Lost, Values, unescaped
from bulk_topup.sheet.tabs import Block, Cell, Remarks, Row

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence


_ROWS = "worksheet/sheetData"
_ROW = f"{_ROWS}/row"
_CELL = f"{_ROW}/c"


class RowReader(Items):
    """Reads rows into `taken`, and everything else into `remarks`.

    Raises InputError if a row or a cell is repeated or out of order, so that it can be read in two ways, or
    if a cell's text or number format is not in the workbook.
    """

    item = "row"

    def __init__(self, part: str, tab: str, values: Values, remarks: Remarks) -> None:
        self._runs = RunLooks(self)
        super().__init__(
            part,
            {
                "worksheet/cols/col": self._column,
                "worksheet/mergeCells/mergeCell": self._merge,
                "worksheet/row": self._misplaced,
                _ROWS: self._start_of_rows,
                _ROW: self._start_of_row,
                f"{_ROW}/extLst": lambda _: None,
                _CELL: self._start_of_cell,
                f"{_CELL}/v": self._start_of_value,
                f"{_CELL}/f": self._start_of_formula,
                f"{_CELL}/is": self._start_of_inline,
                **self._runs.starts(f"{_CELL}/is"),
            },
            {
                _ROW: self._end_of_row,
                _CELL: self._end_of_cell,
                f"{_CELL}/v": self._end_of_value,
                f"{_CELL}/is": self._end_of_inline,
                **self._runs.ends(f"{_CELL}/is"),
            },
            {f"{_CELL}/v", f"{_CELL}/is/t", f"{_CELL}/is/r/t"},
            {_ROWS, _ROW},
        )
        self.taken: list[Block | list[Row]] = []
        self._tab, self._values, self._remarks = tab, values, remarks
        self._has_begun = False
        self._row = 0
        self._cells: list[Cell] = []
        self._attributes: dict[str, str] = {}
        self._value: str | None = None
        self._inline: str | None = None
        self._has_formula = False
        self._alike: Alike | None = None

    # -- around the rows ----------------------------------------------------------------------------------

    def _column(self, attributes: dict[str, str]) -> None:
        if is_true(attributes.get("hidden")) or is_zero(attributes.get("width")):
            first, last = attributes.get("min", ""), attributes.get("max", "")
            if not (WHOLE_NUMBER.fullmatch(first) and WHOLE_NUMBER.fullmatch(last)):
                raise unreadable_part(self.part, "why.odd_value", f"{first}-{last}")
            self._remarks.hidden_columns.update(range(int(first) - 1, min(int(last), SHEET_COLUMNS)))

    def _start_of_rows(self, _attributes: dict[str, str]) -> None:
        if self._has_begun:
            self._misplaced(_attributes)
        self._has_begun = True
        self.list_begins(b"sheetData>")

    def _misplaced(self, _attributes: dict[str, str]) -> None:
        raise unreadable_part(self.part, "why.rows_twice")

    def _merge(self, attributes: dict[str, str]) -> None:
        first, _, last = attributes.get("ref", "").partition(":")
        (top, left), (bottom, right) = self._place(first), self._place(last or first)
        self._remarks.merged.append((top, left, bottom, right))

    def _place(self, reference: str) -> tuple[int, int]:
        """Row number and column position."""
        found = REFERENCE.fullmatch(reference)
        if found is None or int(found[2]) > SHEET_ROWS or position_of(found[1]) >= SHEET_COLUMNS:
            raise unreadable_part(self.part, "why.no_cell", reference)
        return int(found[2]), position_of(found[1])

    # -- any row ------------------------------------------------------------------------------------------

    def _start_of_row(self, attributes: dict[str, str]) -> None:
        stated = attributes.get("r")
        if stated is not None and not WHOLE_NUMBER.fullmatch(stated):
            raise unreadable_part(self.part, "why.odd_value", stated)
        self._next_row(self._row + 1 if stated is None else int(stated))
        self._cells = []
        if is_hidden(attributes):
            self._remarks.hidden_rows.add(self._row)

    def _next_row(self, row: int) -> None:
        if row <= self._row:
            raise InputError("sheet.row_twice", tab=self._tab, row=str(row))
        if row > SHEET_ROWS:
            raise unreadable_part(self.part, "why.row_beyond", str(row))
        self._row = row

    def _end_of_row(self) -> None:
        before = self.taken[-1] if self.taken else None
        if isinstance(before, list):
            before.append((self._row, self._cells))
        else:
            self.taken.append([(self._row, self._cells)])
        self.item_ends()

    # -- any cell -----------------------------------------------------------------------------------------

    def _start_of_cell(self, attributes: dict[str, str]) -> None:
        position = len(self._cells)
        if (reference := attributes.get("r")) is not None:
            row, position = self._place(reference)
            if row != self._row or position < len(self._cells):
                raise InputError("sheet.cell_twice", tab=self._tab, cell=reference)
        self._cells.extend([""] * (position - len(self._cells)))
        self._attributes = attributes
        self._value = self._inline = None
        self._has_formula = False

    def _end_of_cell(self) -> None:
        try:
            self._cells.append(self._cell())
        except Lost as error:
            raise self._lost(self._row, len(self._cells), error) from error

    def _cell(self) -> Cell:
        kind, style = self._attributes.get("t", "n"), self._attributes.get("s", "")
        if self._inline is not None:
            return self._inline_cell(kind, style)
        if self._value is None or (self._has_formula and not self._value.strip() and kind != "str"):
            return cells.of_formula_without_value() if self._has_formula else ""
        if kind == "inlineStr":
            return cells.of_unknown(self._value) if self._value else ""
        [cell] = self._values.reader(kind, style)([self._value])
        if self._has_formula:
            cell = self._values.result(cell)
            self._remarks.formulas[len(self._cells)] += not _has_none(cell)
        return cell

    def _inline_cell(self, kind: str, style: str) -> Cell:
        """A text in the cell itself; a program that expects another type there displays something else."""
        if kind == "inlineStr" and self._value is None and not self._has_formula:
            [cell] = self._values.reader(kind, style)([self._inline or ""])
            return as_seen(cell, self._runs.oddity)
        return cells.of_unknown(self._inline or "")

    def _start_of_value(self, _attributes: dict[str, str]) -> None:
        if self._value is not None:
            raise InputError("sheet.cell_twice", tab=self._tab, cell=self._name(self._row, len(self._cells)))
        self.text.clear()

    def _end_of_value(self) -> None:
        self._value = "".join(self.text)

    def _start_of_formula(self, _attributes: dict[str, str]) -> None:
        self._has_formula = True

    def _start_of_inline(self, _attributes: dict[str, str]) -> None:
        if self._inline is not None:
            raise InputError("sheet.cell_twice", tab=self._tab, cell=self._name(self._row, len(self._cells)))
        self.text.clear()
        self._runs.oddity = None

    def _end_of_inline(self) -> None:
        self._inline = "".join(self.text)

    def _lost(self, row: int, position: int, error: Lost) -> InputError:
        return InputError(error.code, tab=self._tab, cell=self._name(row, position))

    @staticmethod
    def _name(row: int, position: int) -> str:
        return f"{letter(position)}{row}"

    # -- plain rows ---------------------------------------------------------------------------------------

    def plain_item(self, text: str, prefix: str) -> re.Pattern[str] | None:
        self._alike = learned(text, prefix, self.prefixes)
        if self._alike is None:
            return None
        return plain_pattern(row_alike(self._alike, self._values.odd_for_texts), prefix)

    def take_plain(self, parts: list[str], stride: int) -> None:
        rows = self._plain_rows(parts, stride)
        columns: list[Sequence[Cell]] = []
        groups = iter(range(2, stride))
        for at, alike in enumerate(self._alike.columns if self._alike else ()):
            formulas = parts[next(groups) :: stride] if alike.have_formulas else []
            column = self._column_alike(rows, at, alike, parts[next(groups) :: stride])
            columns.append(self._results(at, column, formulas) if any(formulas) else column)
        self.taken.append(Block(rows, columns))

    def _plain_rows(self, parts: list[str], stride: int) -> list[int]:
        rows = list(map(int, parts[1::stride]))
        if not (self._row < rows[0] and all(map(lt, rows, rows[1:])) and rows[-1] <= SHEET_ROWS):
            for row in rows:
                self._next_row(row)
        self._row = rows[-1]
        return rows

    def _column_alike(self, rows: list[int], at: int, alike: Cells, stored: list[str]) -> Sequence[Cell]:
        """The cells of a column, "" where there is none or an empty one."""
        if NONE in stored:
            filled = [n for n, text in enumerate(stored) if text is not NONE]
            column: list[Cell] = [""] * len(stored)
            if filled:
                chosen, texts = [rows[n] for n in filled], [stored[n] for n in filled]
                for n, cell in zip(filled, self._column_alike(chosen, at, alike, texts), strict=True):
                    column[n] = cell
            return column
        texts_ = plain_texts(stored)
        return unescaped(texts_) if alike.kind == INLINE else self._read(rows, at, alike, texts_)

    def _results(self, at: int, column: Sequence[Cell], formulas: list[str]) -> list[Cell]:
        """The same where there is a formula."""
        results = [
            cell if formula is NONE else self._values.result(cell)
            for cell, formula in zip(column, formulas, strict=True)
        ]
        pairs = zip(results, formulas, strict=True)
        self._remarks.formulas[at] += sum(
            formula is not NONE and not _has_none(cell) for cell, formula in pairs
        )
        return results

    def _read(self, rows: list[int], at: int, alike: Cells, stored: Sequence[str]) -> Sequence[Cell]:
        try:
            return self._values.reader(alike.kind, alike.style)(stored)
        except Lost as error:
            raise self._first_lost(rows, at, alike, stored) from error

    def _first_lost(self, rows: list[int], at: int, alike: Cells, stored: Sequence[str]) -> InputError:
        for row, value in zip(rows, stored, strict=True):
            try:
                self._values.reader(alike.kind, alike.style)([value])
            except Lost as error:
                return self._lost(row, at, error)
        raise AssertionError


def _has_none(result: Cell) -> bool:
    return isinstance(result, OddCell) and result.kind is Oddity.NO_VALUE

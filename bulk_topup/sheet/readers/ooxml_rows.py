"""The rows of one worksheet part: plain ones by a regular expression, all others element by element.

Most rows of a sheet are written alike. What they have in common is learned from some of them, and later rows
are matched against exactly that, which takes a third of the time.
"""

from __future__ import annotations

from itertools import compress, starmap
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
from bulk_topup.sheet.readers.ooxml_plain_rows import (
    CELL_GROUPS,
    INLINE,
    NONE,
    ROW_GROUPS,
    Alike,
    cell_alike,
    commonest,
    hidden_by_head,
    plain_row,
    plain_width,
    reader_key,
    row_alike,
)
from bulk_topup.sheet.readers.ooxml_styles import RunLooks
from bulk_topup.sheet.readers.ooxml_values import Lost, Values, unescaped
from bulk_topup.sheet.tabs import Block, Cell, Remarks, Row

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence


_SAMPLE_ROWS = 200
_MOST_UNLIKE = 8
"""After so many times more unlike rows than `few_unlike` allows, learning stops."""

_ROWS = "worksheet/sheetData"
_ROW = f"{_ROWS}/row"
_CELL = f"{_ROW}/c"


class RowReader(Items):
    """Reads rows into `taken`, and everything else into `remarks`.

    Raises InputError if a row or a cell is repeated or out of order, so that it can be read in two ways, or
    if a cell's text or number format is not in the workbook.
    """

    item = "row"
    few_unlike = 64
    """Of the rows matched against what is common, one in so many may be different."""

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
        self._width = 0
        self._alike: Alike | None = None
        """The common form of the rows being read; None if each has its own attributes."""
        self._learned: Alike | None = None
        self._unlike = 0

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
        self._width = max(self._width, plain_width(len(self._cells)))
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

    def plain_item(self, prefix: str) -> re.Pattern[str]:
        odd_for_texts = self._values.odd_for_texts()
        if self._alike is not None:
            return plain_pattern(row_alike(self._alike, odd_for_texts), prefix)
        return plain_pattern(plain_row(self._width, odd_for_texts), prefix)

    def plain_parts(self, text: str) -> tuple[list[str], int]:
        self._alike = self._learned
        parts, stride = super().plain_parts(text)
        if self._alike is None or sum(map(bool, parts[::stride])) * self.few_unlike * stride <= len(parts):
            self._learned = self._alike or self._common(parts, stride)
            return parts, stride
        self._unlike += 1
        self._learned = None
        return self.plain_parts(text)

    def _common(self, parts: list[str], stride: int) -> Alike | None:
        """What most of the first rows have in common; None if too many rows differed before."""
        sample = parts[: _SAMPLE_ROWS * stride]
        if len(sample) < stride or self._unlike > _MOST_UNLIKE:
            return None
        head = commonest(sample[2::stride])
        if hidden_by_head(head, self._prefixes()) is not False:
            return None
        cells = (sample[group::stride] for group in range(ROW_GROUPS, stride))
        return Alike(head, tuple(starmap(cell_alike, zip(cells, cells, cells, cells, strict=True))))

    def accepts(self, parts: list[str], stride: int) -> bool:
        return self._alike is not None or all(
            hidden_by_head(head, self._prefixes()) is not None for head in set(parts[2::stride])
        )

    def take_plain(self, parts: list[str], stride: int) -> None:
        rows = self._plain_rows(parts, stride)
        if self._alike is None:
            self._hide(rows, parts[2::stride])
            width = (stride - ROW_GROUPS) // CELL_GROUPS
            columns = [self._plain_column(rows, at, parts, stride) for at in range(width)]
        else:
            heads = enumerate(self._alike.cells)
            columns = [self._column_alike(rows, at, head, parts[2 + at :: stride]) for at, head in heads]
        self.taken.append(Block(rows, columns))

    def _plain_rows(self, parts: list[str], stride: int) -> list[int]:
        rows = list(map(int, parts[1::stride]))
        if not (self._row < rows[0] and all(map(lt, rows, rows[1:])) and rows[-1] <= SHEET_ROWS):
            for row in rows:
                self._next_row(row)
        self._row = rows[-1]
        return rows

    def _hide(self, rows: list[int], heads: list[str]) -> None:
        if hidden := {head for head in set(heads) if hidden_by_head(head, self._prefixes())}:
            self._remarks.hidden_rows.update(compress(rows, (head in hidden for head in heads)))

    def _column_alike(self, rows: list[int], at: int, head: str, stored: list[str]) -> Sequence[Cell]:
        """All filled cells have this head, or inline text (INLINE)."""
        if NONE in stored:
            filled = [n for n, text in enumerate(stored) if text is not NONE]
            column: list[Cell] = [""] * len(stored)
            if filled:
                chosen, texts = [rows[n] for n in filled], [stored[n] for n in filled]
                for n, cell in zip(filled, self._column_alike(chosen, at, head, texts), strict=True):
                    column[n] = cell
            return column
        return unescaped(plain_texts(stored)) if head == INLINE else self._read(rows, at, head, stored)

    def _plain_column(self, rows: list[int], at: int, parts: list[str], stride: int) -> Sequence[Cell]:
        group = ROW_GROUPS + CELL_GROUPS * at
        heads, formulas, stored, inline = (parts[group + offset :: stride] for offset in range(CELL_GROUPS))
        column = self._plain_values(rows, at, heads, stored, inline)
        if formulas.count(NONE) == len(rows):
            return column
        results = [
            cell if formula is NONE else self._values.result(cell)
            for cell, formula in zip(column, formulas, strict=True)
        ]
        pairs = zip(results, formulas, strict=True)
        self._remarks.formulas[at] += sum(
            formula is not NONE and not _has_none(cell) for cell, formula in pairs
        )
        return results

    def _plain_values(
        self, rows: list[int], at: int, heads: list[str], stored: list[str], inline: list[str]
    ) -> Sequence[Cell]:
        if NONE not in stored and len(kinds := set(heads)) == 1:
            return self._read(rows, at, kinds.pop(), stored)
        column: list[Cell] = list(unescaped(plain_texts([text or "" for text in inline])))
        filled = [n for n, text in enumerate(stored) if text is not NONE]
        for head in {heads[n] for n in filled}:
            chosen = [n for n in filled if heads[n] == head]
            read = self._read([rows[n] for n in chosen], at, head, [stored[n] for n in chosen])
            for n, cell in zip(chosen, read, strict=True):
                column[n] = cell
        return column

    def _read(self, rows: list[int], at: int, head: str, stored: list[str]) -> Sequence[Cell]:
        key, texts = reader_key(head), plain_texts(stored)
        try:
            return self._values.reader(*key)(texts)
        except Lost as error:
            raise self._first_lost(rows, at, key, texts) from error

    def _first_lost(
        self, rows: list[int], at: int, key: tuple[str, str], stored: Sequence[str]
    ) -> InputError:
        for row, value in zip(rows, stored, strict=True):
            try:
                self._values.reader(*key)([value])
            except Lost as error:
                return self._lost(row, at, error)
        raise AssertionError

    def _prefixes(self) -> frozenset[str]:
        return frozenset(self.prefixes)


def _has_none(result: Cell) -> bool:
    return isinstance(result, OddCell) and result.kind is Oddity.NO_VALUE

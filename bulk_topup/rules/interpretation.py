"""What a colleague would understand at once although it is not written out: used, and reported in a
notice. Pure.

A product or a nominal may be written once for several rows, in a merged cell or above ditto marks; and phone
numbers may have more characters than needed. A phone number is never taken from above.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from bulk_topup.core.model import Notice, OddCell, Oddity, Sheet, letter
from bulk_topup.core.row_names import row_name
from bulk_topup.rules import numbers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LISTED_ROWS = 10

_DITTO = frozenset({"sda", "idem", "ditto", '"', "''", '""', "\u201d", "\u201c", "\u2033", "\u3003", '-"-'})
_AT_ONCE = 500
_USUAL = re.compile(r"[0-9 +()\0-]*")


def as_meant(sheet: Sheet) -> Sheet:
    """The sheet with such values filled in, and with notices about them and about loosely written numbers.

    A merged cell of the other columns, such as a remark or a branch, says the same of each row that it
    covers; but a name is one person's.
    """
    notices = _loose_numbers(sheet)
    asked = {at for at in (sheet.columns.product, sheet.columns.nominal) if at is not None}
    own = {sheet.columns.number, sheet.columns.itrx, sheet.columns.name, *sheet.columns.fed_back.values()}
    merged = {at for (_, at), cell in sheet.odd.items() if cell.kind is Oddity.MERGED and at not in own}
    for position in sorted({*asked, *merged}):
        if found := _from_above(sheet, position):
            cells = sheet.cells.copy(deep=False)
            texts = {**dict(zip(cells.index, cells[position], strict=True)), **found}
            cells[position] = pd.Series(list(texts.values()), index=cells.index, dtype=object)
            odd = {key: cell for key, cell in sheet.odd.items() if key[1] != position or key[0] not in found}
            sheet = replace(sheet, cells=cells, odd=odd)
            if position in asked:
                notices.append(_notice(sheet, "sheet.from_above", position, [*found]))
    if beside := _beside_one_name(sheet):
        sheet = replace(sheet, odd={**beside, **sheet.odd})
    return replace(sheet, notices=(*sheet.notices, *notices)) if notices else sheet


def _beside_one_name(sheet: Sheet) -> Mapping[tuple[int, int], OddCell]:
    """The numbers beside one name that is merged over several of them: one is meant."""
    at, number = sheet.columns.name, sheet.columns.number
    if at is None:
        return {}
    merged = {row: cell for (row, position), cell in sheet.odd.items() if position == at}
    held = {row: _held_in(cell, at) for row, cell in merged.items() if cell.kind is Oddity.MERGED}
    if not held:
        return {}
    texts = sheet.cells[number].loc[sorted({*held, *held.values()} & {*sheet.cells.index})].str.strip()
    filled = {int(str(row)): text for row, text in texts.items() if text}
    found = [(row, first) for row, first in held.items() if row in filled and first in filled]
    return {(row, number): OddCell(Oddity.ONE_NAME, filled[row]) for pair in found for row in pair}


# -- from above --------------------------------------------------------------------------------------------


def _from_above(sheet: Sheet, position: int) -> Mapping[int, str]:
    """The text of each cell that takes it from above, by row, for rows with something in their number
    column.
    """
    merged = {
        row: cell for (row, at), cell in sheet.odd.items() if at == position and cell.kind is Oddity.MERGED
    }
    if not merged and not any(map(_is_ditto, sheet.cells[position].unique())):
        return {}
    texts = dict(zip(sheet.cells.index.tolist(), sheet.cells[position], strict=True))
    numbered = dict(zip(texts, map(str.strip, sheet.cells[sheet.columns.number]), strict=True))
    found: dict[int, str] = {}
    for row, text in texts.items():
        above = _held_in(merged[row], position) if row in merged else row - 1 if _is_ditto(text) else 0
        is_odd = (above, position) in sheet.odd and above not in found
        # Whoever wrote a ditto mark did not see hidden rows above it, nor meant a total.
        is_apart = row not in merged and (above in sheet.hidden or not numbered.get(above))
        value = (found.get(above) or texts.get(above) or "").strip()
        if value and numbered[row] and not (is_odd or is_apart or _is_ditto(value)):
            found[row] = value
    return found


def _is_ditto(text: str) -> bool:
    return text.strip().casefold().replace(".", "") in _DITTO


def _held_in(cell: OddCell, position: int) -> int:
    """The row of the merged cell that covers this one in the same column; 0 if it is in another column."""
    column = letter(position)
    row = cell.stored.removeprefix(column)
    return int(row) if cell.stored.startswith(column) and row.isdecimal() else 0


# -- numbers -----------------------------------------------------------------------------------------------


def _loose_numbers(sheet: Sheet) -> list[Notice]:
    position = sheet.columns.number
    known: dict[str, numbers.Number | None] = {}
    rows: list[int] = []
    for row, text in _unusual(sheet.cells[position]):
        if text not in known:
            number = numbers.normalise(text)
            known[text] = number if isinstance(number, numbers.Number) and number.loose else None
        if known[text] is not None:
            rows.append(row)
    taken = next(((text, number) for text, number in known.items() if number), None)
    if taken is None:
        return []
    facts = {"text": taken[0].strip(), "number": taken[1].national}
    return [_notice(sheet, "sheet.loose_numbers", position, rows, **facts)]


def _unusual(column: pd.Series[str]) -> Iterator[tuple[int, str]]:
    """The cells with more than digits and what is usual between them; many are looked at as one text."""
    rows, texts = column.index.tolist(), column.tolist()
    for first in range(0, len(texts), _AT_ONCE):
        some = texts[first : first + _AT_ONCE]
        if not _USUAL.fullmatch("\0".join(some)):
            each = zip(rows[first : first + _AT_ONCE], some, strict=True)
            yield from ((row, text) for row, text in each if not _USUAL.fullmatch(text))


def _notice(sheet: Sheet, code: str, position: int, rows: list[int], **facts: str) -> Notice:
    named = [row_name(row, sheet.tabs) for row in rows[:LISTED_ROWS]]
    listed = ", ".join(named) + ", …" * (len(rows) > LISTED_ROWS)
    column = sheet.header[position].strip() if sheet.tabs else letter(position)
    return Notice(code, {"column": column, "count": str(len(rows)), "rows": listed, **facts})

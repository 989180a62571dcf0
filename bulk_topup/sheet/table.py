"""Rows of cells -> columns of text, in one pass and in batches, so that a million rows fit in memory."""

from __future__ import annotations

import gc
from bisect import bisect_left, bisect_right
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import compress, islice
from typing import TYPE_CHECKING

from bulk_topup.errors import InputError
from bulk_topup.model import Notice, OddCell, Oddity, letter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bulk_topup.sheet.book import Cell, Found

BATCH_ROWS = 20_000
WIDEST = 256
"""Cells without a header beyond this column are not the table's; a stray one must not cost a full sheet."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows, in order, without blank ones: their numbers, and a list of texts a column, all as long.

    Later batches may have more columns than earlier ones. `odd` is by (row number, column position).
    """

    rows: list[int]
    columns: list[Sequence[str]]
    odd: dict[tuple[int, int], OddCell]


def batches(found: Found) -> Iterator[Batch]:
    """All rows under the header. Raises InputError if every one of them is blank."""
    seen = False
    widest = max(WIDEST, len(found.header.texts))
    ours = our_columns(found)
    with _no_collection():
        while rows := list(islice(_cut(found, widest), BATCH_ROWS)):
            batch = _batch(rows, len(found.header.texts), ours)
            seen = seen or bool(batch.rows)
            yield batch
    if not seen:
        raise InputError("sheet.no_rows", row=str(found.header.row))


@contextmanager
def _no_collection() -> Iterator[None]:
    # Every new row would count towards a full collection, and each of those walks all the cells read so far:
    # more than half of the time, and there are no cycles to find.
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _cut(found: Found, widest: int) -> Iterator[tuple[int, Sequence[Cell]]]:
    """The rows without what lies beyond `widest`, which is told; not all at once, which would fill memory."""
    for row, cells in found.rows:
        if len(cells) <= widest:
            yield row, cells
            continue
        if any(cells[widest:]):
            found.remarks.tell(Notice("sheet.too_wide", {"column": letter(widest - 1)}))
        yield row, cells[:widest]


def our_columns(found: Found) -> frozenset[int]:
    """The positions of the columns that mean something to us."""
    ours = found.header.columns
    positions = (ours.number, ours.product, ours.nominal, ours.itrx)
    return frozenset(at for at in positions if at is not None)


def _batch(rows: list[tuple[int, Sequence[Cell]]], named: int, ours: frozenset[int]) -> Batch:
    numbers = [row for row, _ in rows]
    odd: dict[tuple[int, int], OddCell] = {}
    columns = [
        _texts(cells, numbers, position, odd if position in ours else None)
        for position, cells in enumerate(zip(*_equal([cells for _, cells in rows], named), strict=True))
    ]
    # Formatted cells that hold nothing can reach far to the right of the table.
    while len(columns) > named and not any(columns[-1]) and all(at != len(columns) - 1 for _, at in odd):
        columns.pop()
    # A cell that shows nothing but is odd (a formula without its result) makes a row all the same.
    odd_rows = {row for row, _ in odd}
    if blank := {at for at in _blank(columns, len(numbers)) if numbers[at] not in odd_rows}:
        kept = [at not in blank for at in range(len(numbers))]
        numbers = list(compress(numbers, kept))
        columns = [list(compress(texts, kept)) for texts in columns]
    return Batch(numbers, columns, odd)


def _equal(rows: list[Sequence[Cell]], named: int) -> list[Sequence[Cell]]:
    """All as long as the longest, and at least as the header with its `named` columns."""
    widths = set(map(len, rows))
    width = max(named, *widths)
    if widths == {width}:
        return rows
    return [[*cells, *[""] * (width - len(cells))] for cells in rows]


def _texts(
    cells: Sequence[Cell], rows: list[int], position: int, odd: dict[tuple[int, int], OddCell] | None
) -> Sequence[str]:
    """What is shown; where a cell is odd, `odd` gets it. A user's own columns only travel: theirs is None."""
    if set(map(type, cells)) == {str}:
        return cells  # type: ignore[return-value]
    texts = list(cells)
    for at, cell in enumerate(cells):
        if isinstance(cell, OddCell):
            texts[at] = cell.shown
            if odd is not None:
                odd[rows[at], position] = cell
    return texts  # type: ignore[return-value]


def _blank(columns: list[Sequence[str]], count: int) -> set[int]:
    """Positions of the rows in which no column has anything but white space."""
    if not columns:
        return set(range(count))
    first, *others = columns
    blank = [at for at, text in enumerate(first) if not text or text.isspace()]
    for texts in others:
        blank = [at for at in blank if not texts[at] or texts[at].isspace()]
    return set(blank)


# -- merged cells ------------------------------------------------------------------------------------------


def covered(found: Found, rows: Sequence[int]) -> dict[tuple[int, int], OddCell]:
    """The cells of our columns that a merged cell covers: they look filled and hold nothing.

    `rows` are the numbers of all rows under the header, ascending.
    """
    odd: dict[tuple[int, int], OddCell] = {}
    merged = sorted(found.remarks.merged)
    for position in our_columns(found):
        reached = 0  # a hostile file can lay any number of them over the same rows
        for first_row, first, last_row, last in merged:
            if not first <= position <= last:
                continue
            for row in rows[bisect_left(rows, max(first_row, reached + 1)) : bisect_right(rows, last_row)]:
                if (row, position) != (first_row, first):
                    odd[row, position] = OddCell(Oddity.MERGED, "", f"{letter(first)}{first_row}")
            reached = max(reached, last_row)
    return odd

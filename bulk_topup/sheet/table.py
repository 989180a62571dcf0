"""Turns rows of cells into columns of text, in one pass and in batches, so that a million rows fit in
memory.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, compress, islice, zip_longest
from typing import TypeGuard

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import Notice, OddCell, Oddity, letter
from bulk_topup.sheet.tabs import Block, Cell, ChosenTab

BATCH_ROWS = 20_000
LEAST_ROWS = 2_000
"""Fewer are not passed on alone: each batch costs as much as several hundred rows."""
WIDEST = 256
"""Cells without a header beyond this column are ignored; a stray one must not cost a full sheet."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows, in order, without blank ones: their numbers, and a list of texts per column, all of the
    same length.

    Later batches may have more columns than earlier ones. `odd` is by (row number, column position).
    """

    rows: Sequence[int]
    columns: list[Sequence[str]]
    odd: dict[tuple[int, int], OddCell]


def batches(found: ChosenTab) -> Iterator[Batch]:
    """All rows under the header. Raises InputError if every one of them is blank."""
    seen = False
    named, ours = len(found.header.texts), found.header.columns.deciding
    for block in _together(_blocks(found, max(WIDEST, named))):
        batch = _batch(block, named, ours)
        seen = seen or bool(batch.rows)
        yield batch
    if not seen:
        raise InputError("sheet.no_rows", row=str(found.header.row))


# -- from pieces to blocks of a bearable size --------------------------------------------------------------


def _blocks(found: ChosenTab, widest: int) -> Iterator[Block]:
    """The rows by column, without what is beyond `widest`, which is reported."""
    for piece in found.pieces:
        if isinstance(piece, Block):
            if any(map(any, piece.columns[widest:])):
                _tell_too_wide(found, widest)
            yield Block(piece.rows, piece.columns[:widest])
        else:
            rows = _cut(piece, found, widest)
            while some := list(islice(rows, BATCH_ROWS)):
                columns = zip_longest(*(cells for _, cells in some), fillvalue="")
                yield Block([row for row, _ in some], list(columns))


def _cut(
    rows: Iterable[tuple[int, Sequence[Cell]]], found: ChosenTab, widest: int
) -> Iterator[tuple[int, Sequence[Cell]]]:
    """Not all at once, which would fill memory."""
    for row, cells in rows:
        if any(cells[widest:]):
            _tell_too_wide(found, widest)
        yield row, cells[:widest]


def _tell_too_wide(found: ChosenTab, widest: int) -> None:
    found.remarks.tell(Notice("sheet.too_wide", {"column": letter(widest - 1)}))


def _together(blocks: Iterable[Block]) -> Iterator[Block]:
    """Joins small blocks."""
    waiting: list[Block] = []
    count = 0
    for block in blocks:
        waiting.append(block)
        count += len(block.rows)
        if count >= LEAST_ROWS:
            yield _joined(waiting)
            waiting, count = [], 0
    if waiting:
        yield _joined(waiting)


def _joined(blocks: list[Block]) -> Block:
    if len(blocks) == 1:
        return blocks[0]
    width = max(len(block.columns) for block in blocks)
    columns = [
        list(chain.from_iterable(_column(block, position) for block in blocks)) for position in range(width)
    ]
    return Block(list(chain.from_iterable(block.rows for block in blocks)), columns)


def _column(block: Block, position: int) -> Sequence[Cell]:
    return block.columns[position] if position < len(block.columns) else [""] * len(block.rows)


# -- from a block to a batch -------------------------------------------------------------------------------


def _batch(block: Block, named: int, ours: frozenset[int]) -> Batch:
    """At least as wide as the header with its `named` columns."""
    rows = block.rows
    odd: dict[tuple[int, int], OddCell] = {}
    columns = [
        _texts(_column(block, position), rows, position, odd, is_ours=position in ours)
        for position in range(max(named, len(block.columns)))
    ]
    # Formatted empty cells can extend far to the right of the table.
    while len(columns) > named and not any(columns[-1]) and all(at != len(columns) - 1 for _, at in odd):
        columns.pop()
    # A cell that displays nothing but is odd (a formula without its result) still makes a row.
    odd_rows = {row for row, _ in odd}
    if blank := {at for at in _blank(columns, len(rows)) if rows[at] not in odd_rows}:
        kept = [at not in blank for at in range(len(rows))]
        rows = list(compress(rows, kept))
        columns = [list(compress(texts, kept)) for texts in columns]
    return Batch(rows, columns, odd)


def _texts(
    cells: Sequence[Cell],
    rows: Sequence[int],
    position: int,
    odd: dict[tuple[int, int], OddCell],
    *,
    is_ours: bool,
) -> Sequence[str]:
    """What is displayed; odd cells go to `odd`.

    A user's own columns are only passed through, except for crossed-out cells: a line through a name is meant
    for its row.
    """
    if _are_texts(cells):
        return cells
    texts = list(cells)
    for at, cell in enumerate(cells):
        if isinstance(cell, OddCell):
            texts[at] = cell.shown
            if is_ours or cell.kind is Oddity.STRUCK:
                odd[rows[at], position] = cell
    return texts  # type: ignore[return-value]


def _are_texts(cells: Sequence[Cell]) -> TypeGuard[Sequence[str]]:
    try:
        "".join(cells)  # type: ignore[arg-type]  # a third of the time that it takes to ask for each type
    except TypeError:
        return False
    return True


def _blank(columns: list[Sequence[str]], count: int) -> set[int]:
    """Positions of the rows with nothing but white space."""
    if any(all(map(str.strip, texts)) for texts in columns):
        return set()
    if not columns:
        return set(range(count))
    return {at for at, texts in enumerate(zip(*columns, strict=True)) if not "".join(texts).strip()}


# -- merged cells ------------------------------------------------------------------------------------------


def covered(found: ChosenTab, rows: Sequence[int]) -> dict[tuple[int, int], OddCell]:
    """The cells that a merged cell covers: they look filled and contain nothing. Of columns that are not
    ours, those below one in the same column.

    `rows` are the numbers of all rows under the header, ascending.
    """
    odd: dict[tuple[int, int], OddCell] = {}
    merged = sorted(found.remarks.merged)
    ours = found.header.columns.deciding
    over = {position: [one for one in merged if one[1] <= position <= one[3]] for position in ours}
    for one in merged:
        if one[1] not in ours and one[1] < len(found.header.texts):
            over.setdefault(one[1], []).append(one)
    for position, some in over.items():
        reached = 0  # A hostile file can put any number of them over the same rows.
        for first_row, first, last_row, _ in some:
            for row in rows[bisect_left(rows, max(first_row, reached + 1)) : bisect_right(rows, last_row)]:
                if (row, position) != (first_row, first):
                    odd[row, position] = OddCell(Oddity.MERGED, "", f"{letter(first)}{first_row}")
            reached = max(reached, last_row)
    return odd

"""Rows of cells -> columns of text, in one pass and in batches, so that a million rows fit in memory."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import compress, islice
from typing import TYPE_CHECKING

from bulk_topup.errors import InputError
from bulk_topup.model import Notice, OddCell, Oddity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bulk_topup.sheet.columns import Header

Cell = str | int | float | bool | date | datetime | time | timedelta
"""A cell's value as a reader gives it."""

BATCH_ROWS = 20_000
EXACT_BELOW = 10**15
"""Excel keeps 15 significant digits: a longer number may have lost some before the file was saved."""


@dataclass(slots=True)
class Table:
    """One tab as columns of text. `rows` holds the sheet's row numbers; blank rows are left out."""

    tab: str
    header: Header
    rows: list[int] = field(default_factory=list)
    columns: list[list[str]] = field(default_factory=list)
    odd: dict[tuple[int, int], OddCell] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()


def fill(table: Table, rows: Iterator[tuple[int, Sequence[Cell]]]) -> Table:
    """Fill the table from rows that are all as long as its header.

    Raises InputError if every one of them is blank.
    """
    table.columns = [[] for _ in table.header.texts]
    with _no_collection():
        while batch := list(islice(rows, BATCH_ROWS)):
            _add(table, batch)
    if not table.rows:
        raise InputError("sheet.no_rows", row=str(table.header.row))
    return table


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


def _add(table: Table, batch: list[tuple[int, Sequence[Cell]]]) -> None:
    rows = [row for row, _ in batch]
    columns = [
        _texts(cells, rows, position, table.odd)
        for position, cells in enumerate(zip(*(cells for _, cells in batch), strict=True))
    ]
    if blank := _blank(columns, len(rows)):
        kept = [at not in blank for at in range(len(rows))]
        rows = list(compress(rows, kept))
        columns = [list(compress(texts, kept)) for texts in columns]
    table.rows += rows
    for column, texts in zip(table.columns, columns, strict=True):
        column += texts


def _texts(
    cells: Sequence[Cell], rows: list[int], position: int, odd: dict[tuple[int, int], OddCell]
) -> Sequence[str]:
    texts = [cell if cell.__class__ is str else text_of(cell) for cell in cells]
    if any(text.__class__ is OddCell for text in texts):
        for at, text in enumerate(texts):
            if isinstance(text, OddCell):
                odd[rows[at], position] = text
                texts[at] = text.shown
    return texts  # type: ignore[return-value]


def _blank(columns: list[Sequence[str]], count: int) -> set[int]:
    """Positions of the rows in which no column has anything but white space."""
    blank: Sequence[int] = range(count)
    for texts in columns:
        blank = [at for at in blank if not texts[at] or texts[at].isspace()]
    return set(blank)


def text_of(cell: Cell) -> str | OddCell:
    """The text that the person sees and meant, or the cell as an oddity that shows it.

    A whole number is its digits, without the `.0` of the file format's floats.
    """
    match cell:
        case str():
            return cell
        case bool():
            return OddCell(Oddity.BOOLEAN, str(cell).upper())
        case int() | float():
            return _number(cell)
        case timedelta():
            return OddCell(Oddity.DATE, str(cell))
        case _:
            return OddCell(Oddity.DATE, cell.isoformat())


def _number(value: float) -> str | OddCell:
    if isinstance(value, float) and not value.is_integer():
        return OddCell(Oddity.DECIMAL, repr(value))
    if abs(value) < EXACT_BELOW:
        return str(int(value))
    return OddCell(Oddity.LOST_DIGITS, str(int(value)))

"""Several tabs of a workbook as one sheet: the rows of one after those of the other, under one header.

A row is identified by its tab and its number there: its index is `TAB_ROWS` times the tab's position, plus
its number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from typing import TYPE_CHECKING

import pandas as pd

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import Columns, Notice, OddCell, Oddity, Sheet, letter
from bulk_topup.core.row_names import ALL, SEVERAL, TAB_ROWS

if TYPE_CHECKING:
    from pathlib import Path

_MEANINGS = tuple(name.name for name in fields(Columns) if name.name not in {"results", "unread"})

SEVERAL_CODES = frozenset({"sheet.several_tabs", "sheet.several_periods"})
"""Where one of several tabs, or of parts of a tab, is to be named."""

OF_THE_BOOK = frozenset({"sheet.hidden_tabs", "sheet.lost_tabs"})
"""Notices that each tab of a workbook has."""


@contextmanager
def reading_several(
    path: Path, tabs: Sequence[str], read: Callable[[str | None], Sheet]
) -> Iterator[Callable[[], Sheet]]:
    """Like `reading`; `read` reads one tab, or with None the only one that holds people."""
    if [*tabs] == [ALL]:
        yield lambda: _all(path, read)
    else:
        yield lambda: combined(_each(path, tabs, read), SEVERAL.join(tabs))


def _all(path: Path, read: Callable[[str | None], Sheet]) -> Sheet:
    """A tab with this very name is meant by it."""
    try:
        return read(ALL)
    except InputError as error:
        if error.code not in {"sheet.no_such_tab", "sheet.no_tabs"}:
            raise
    try:
        return combined([read(None)], ALL)
    except InputError as error:
        if error.code not in SEVERAL_CODES:
            raise
        names, apart = str(error.facts["names"]).split("\n"), str(error.facts.get("apart", ""))
    sheet = combined(_each(path, names, read, skip_empty=True), ALL)
    passed_over = [Notice("sheet.tabs_apart", {"tabs": apart})] if apart else []
    return replace(sheet, notices=(*sheet.notices, *passed_over))


def _each(
    path: Path, tabs: Sequence[str], read: Callable[[str | None], Sheet], *, skip_empty: bool = False
) -> list[Sheet]:
    """Raises InputError, which names the tab, for one that can't be read."""
    sheets = []
    for tab in tabs:
        try:
            sheets.append(read(tab))
        except InputError as error:
            if skip_empty and error.code == "sheet.no_rows":
                continue
            error.facts["file"] = f"{path.name}, {tab}"
            raise
    if not sheets:
        raise InputError("sheet.empty", file=path.name)
    return sheets


def combined(sheets: Sequence[Sheet], label: str) -> Sheet:
    """One sheet of them all, named `label`, whose first columns are the tab and the row in it.

    Columns with the same meaning become one, and so do others with the same name. Raises InputError for
    results that are fed back in, and for a tab that is named twice.
    """
    first = sheets[0]
    if any(sheet.columns.results is not None for sheet in sheets):
        raise InputError("sheet.results_in_several", file=first.path.name)
    if len({sheet.tab for sheet in sheets}) < len(sheets):
        raise InputError("sheet.tab_twice", file=first.path.name)
    places: dict[tuple[str, int], int] = {}
    header = ["Tab", "Row"]
    frames: list[pd.DataFrame] = []
    odd: dict[tuple[int, int], OddCell] = {}
    comments: dict[tuple[int, int], str] = {}
    hidden: set[int] = set()
    notices: list[Notice] = []
    told: list[Notice] = []
    for nth, sheet in enumerate(sheets, start=1):
        base = nth * TAB_ROWS
        at = _places(sheet, places, header)
        texts = {at[position]: sheet.cells[position].tolist() for position in range(sheet.cells.shape[1])}
        where = {0: sheet.tab, 1: sheet.cells.index.astype("str")}
        frames.append(pd.DataFrame({**where, **texts}, index=sheet.cells.index + base))
        letters = {letter(position): letter(new) for position, new in at.items()}
        moved = {place: _moved(cell, base, letters) for place, cell in sheet.odd.items()}
        odd |= {(row + base, at[position]): cell for (row, position), cell in moved.items()}
        comments |= {(row + base, at[position]): text for (row, position), text in sheet.comments.items()}
        hidden |= {row + base for row in sheet.hidden}
        notices += [_of_tab(notice, sheet.tab) for notice in sheet.notices if notice not in told]
        told += [notice for notice in sheet.notices if notice.code in OF_THE_BOOK]
    cells = pd.concat(frames).reindex(columns=range(len(header))).fillna("").astype("str")
    cells.index.name = first.cells.index.name
    positions = {meaning: places.get((meaning, 0)) for meaning in _MEANINGS}
    return replace(
        first,
        tab=label,
        tabs=tuple(sheet.tab for sheet in sheets),
        header=tuple(header),
        cells=cells,
        columns=Columns(**positions),  # type: ignore[arg-type]
        odd=odd,
        comments=comments,
        hidden=frozenset(hidden),
        notices=tuple(notices),
        outside=sum(sheet.outside for sheet in sheets),
    )


def _places(sheet: Sheet, places: dict[tuple[str, int], int], header: list[str]) -> Mapping[int, int]:
    """The target of each column of the tab; a new one goes after the existing ones."""
    meant = {getattr(sheet.columns, meaning): meaning for meaning in _MEANINGS}
    seen: dict[str, int] = {}
    found: dict[int, int] = {}
    for position in range(sheet.cells.shape[1]):
        name = sheet.header[position] if position < len(sheet.header) else ""
        folded = f" {' '.join(name.casefold().split())}"
        seen[folded] = seen.get(folded, 0) + 1
        key = (meant[position], 0) if position in meant else (folded, seen[folded])
        if key not in places:
            places[key] = len(header)
            header.append(name)
        found[position] = places[key]
    return found


def _moved(cell: OddCell, base: int, letters: Mapping[str, str]) -> OddCell:
    """A merged cell is named by its place, which has changed."""
    place = re.fullmatch("([A-Z]+)([0-9]+)", cell.stored) if cell.kind is Oddity.MERGED else None
    if place is None:
        return cell
    return replace(cell, stored=f"{letters.get(place[1], place[1])}{int(place[2]) + base}")


def _of_tab(notice: Notice, tab: str) -> Notice:
    return notice if notice.code in OF_THE_BOOK else replace(notice, facts={**notice.facts, "of_tab": tab})

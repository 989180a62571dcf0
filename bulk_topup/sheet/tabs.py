"""What every reader returns: tabs, their rows, remarks about them; and which tab is meant."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import dropwhile, islice
from typing import Protocol, runtime_checkable

from bulk_topup.core.errors import InputError
from bulk_topup.core.languages import tab_names
from bulk_topup.core.model import Named, Notice, OddCell, ResultsTab
from bulk_topup.core.shell import argument
from bulk_topup.sheet.comments import MOST_COMMENTS
from bulk_topup.sheet.header import ROWS_BELOW, Header, NoHeader, find_header
from bulk_topup.sheet.layout import first_of, names_columns
from bulk_topup.sheet.names import is_phone
from bulk_topup.sheet.sayings import heads_against, heads_manual, names_no_data

LISTED_TABS = 20

Cell = str | OddCell
"""A cell as the person meant it, or why that is uncertain."""


@dataclass(frozen=True, slots=True)
class Block:
    """Rows from a reader that reads many at once: their ascending numbers, and a list of cells per column,
    all of the same length.
    """

    rows: Sequence[int]
    columns: Sequence[Sequence[Cell]]

    def below(self, row: int) -> Block:
        """The part below this row."""
        start = bisect_right(self.rows, row)
        return Block(self.rows[start:], [cells[start:] for cells in self.columns]) if start else self


Row = tuple[int, Sequence[Cell]]
"""A row's number, and its cells from column A on."""

Piece = Block | Iterable[Row]
"""Some consecutive rows: by column, or one by one."""


@dataclass(slots=True)
class Remarks:
    """What a tab contains besides its texts; complete once its rows are exhausted.

    `formulas` counts cells by column position whose cached result was used; `merged` are ranges as (first
    row, first column position, last row, last column position); `longer` are rows of a text file with more
    cells than its header; `comments` are the speaking parts of those of cells, by row number and column
    position; row numbers are those that the program displays.
    """

    formulas: Counter[int] = field(default_factory=Counter)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    longer: list[int] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    comments: dict[tuple[int, int], str] = field(default_factory=dict)

    def comment(self, row: int, at: int, part: str) -> None:
        """Keeps the first `speaking_part` of a cell's comments, if there is one."""
        if part and len(self.comments) < MOST_COMMENTS:
            self.comments.setdefault((row, at), part)

    def tell(self, notice: Notice) -> None:
        """Adds a notice, once."""
        if notice not in self.notices:
            self.notices.append(notice)

    def clear(self) -> None:
        """For a reader that collects remarks as it reads, and starts again."""
        for each in fields(self):
            getattr(self, each.name).clear()


class Tab(Protocol):
    """One tab of a workbook."""

    @property
    def name(self) -> str: ...
    @property
    def visible(self) -> bool: ...
    @property
    def remarks(self) -> Remarks: ...

    def rows(self) -> Iterator[tuple[int, Sequence[Cell]]]:
        """(number, cells from column A on) of each row that has cells, ascending; lengths may differ.

        May be called again, and need not be exhausted. Raises InputError where the file is damaged.
        """


@dataclass(slots=True)
class LostTab:
    """A tab that a workbook names and does not have, as when a program deleted it and left its name."""

    name: str
    visible: bool = True
    remarks: Remarks = field(default_factory=Remarks)

    def rows(self) -> Iterator[Row]:
        raise NoHeader("sheet.unreadable", cause="why.tab_missing", what=self.name)


@runtime_checkable
class InPieces(Protocol):
    """A tab whose reader takes many rows at once."""

    def pieces(self) -> Iterator[Piece]:
        """The same rows as `rows`, in their order."""


@dataclass(frozen=True, slots=True)
class TabChoice:
    """What the person asked for: the tab, where a workbook has several, and the columns."""

    tab: str | None = None
    named: Named = field(default_factory=Named)


@dataclass(slots=True)
class ChosenTab:
    """The one tab that is meant, with its header; `pieces` are the rows under the header.

    `apart` are tabs with phone numbers that only explain or list something, as their names say. Of a part of
    a tab, only the rows `within` are there.
    """

    tab: str
    header: Header
    pieces: Iterator[Piece]
    remarks: Remarks
    apart: Sequence[str] = ()
    within: Sequence[range] = ()

    def holds(self, row: int) -> bool:
        return not self.within or any(row in some for some in self.within)

    def part(self, name: str, within: Sequence[range]) -> ChosenTab:
        """A part of it, in place of it."""
        part = replace(self, tab=name, within=within)
        part.pieces = iter([filter(lambda row: part.holds(row[0]), row_by_row(self.pieces))])
        return part


def choose_tab(tabs: Sequence[Tab], wanted: TabChoice) -> ChosenTab:
    """The tab that is named, or the only visible one that has a usable header.

    Raises InputError where no tab or more than one is meant.
    """
    tab, header, apart = _named(tabs, wanted) if wanted.tab is not None else _only(tabs, wanted.named)
    header = replace(header, texts=_without_blank_end(header.texts))
    pieces = tab.pieces() if isinstance(tab, InPieces) else iter([tab.rows()])
    return ChosenTab(tab.name, header, (_below(header.row, piece) for piece in pieces), tab.remarks, apart)


def _below(header: int, piece: Piece) -> Piece:
    return piece.below(header) if isinstance(piece, Block) else dropwhile(lambda row: row[0] <= header, piece)


def row_by_row(pieces: Iterable[Piece]) -> Iterator[Row]:
    for piece in pieces:
        if isinstance(piece, Block):
            cells = zip(*piece.columns, strict=True) if piece.columns else [()] * len(piece.rows)
            yield from zip(piece.rows, cells, strict=True)
        else:
            yield from piece


def _without_blank_end(texts: tuple[str, ...]) -> tuple[str, ...]:
    """A header row can be formatted as far as the last column there is."""
    filled = max(at for at, text in enumerate(texts) if text.strip())
    return texts[: filled + 1]


_Choice = tuple["Tab", Header, Sequence[str]]


def _named(tabs: Sequence[Tab], wanted: TabChoice) -> _Choice:
    name = wanted.tab or ""
    same = [tab for tab in tabs if tab.name == name]
    same = same or [tab for tab in tabs if tab.name.casefold() == name.casefold()]
    same = same or [tab for tab in tabs if tab.name in tab_names(name)]
    if len(same) != 1:
        raise InputError("sheet.no_such_tab", tab=name, tabs=_quoted(tab.name for tab in tabs))
    return same[0], find_header(_text_rows(same[0]), wanted.named), ()


def _only(tabs: Sequence[Tab], named: Named) -> _Choice:
    """The one visible tab that holds phone numbers or has a header, and is by its name no list or manual, nor
    of those who are not to be paid.

    A hidden tab is never chosen: nobody has looked at it.
    """
    visible = [tab for tab in tabs if tab.visible]
    if not visible:
        raise choose_one("sheet.all_hidden", [tab.name for tab in tabs])
    looked_at = [(tab, _header(tab, named)) for tab in visible]
    found = [each for each in looked_at if not isinstance(each[1], NoHeader) or _has_people(each[0])]
    if not found:
        fitting = [tab.name for tab in tabs if not tab.visible and isinstance(_header(tab, named), Header)]
        missing = [error for _, error in looked_at if isinstance(error, NoHeader)]
        raise choose_one("sheet.hidden_tab_fits", fitting) if fitting else _no_tab(visible, missing)
    found = _whole_results(found) or found
    data = [each for each in found if not _is_apart(*each, is_only=len(visible) == 1)]
    if not data:
        raise choose_one("sheet.no_data_tab", [tab.name for tab, _ in found])
    if len(data) > 1:
        which = _which_tab(data)
        which.facts["apart"] = _quoted(tab.name for tab, _ in found if tab not in [tab for tab, _ in data])
        raise which
    [(tab, header)] = data
    if isinstance(header, InputError):
        raise header
    others = [other.name for other, _ in found if other is not tab]
    return tab, header, [name for name in others if name != ResultsTab.ASK_PROVIDER]


def _is_apart(tab: Tab, header: Header | InputError, *, is_only: bool) -> bool:
    """Where it is the only one, a tab that is called a template is meant; `Sudah dibayar` is not."""
    is_table = isinstance(header, Header)
    is_other = names_no_data(tab.name, is_table=is_table) or _is_manual(tab)
    is_other = is_other or tab.name == ResultsTab.ASK_PROVIDER
    return heads_against(tab.name) or (is_other and not is_only)


def _is_manual(tab: Tab) -> bool:
    """By the title in its first filled row; but below an example there may be another table, of people."""
    rows = [texts for _, texts in islice(_text_rows(tab), ROWS_BELOW) if any(map(str.strip, texts))]
    filled = [text for texts in rows[:1] for text in texts if text.strip()]
    return len(filled) == 1 and heads_manual(filled[0]) and sum(map(names_columns, rows)) < 2


def _has_people(tab: Tab) -> bool:
    return any(any(map(is_phone, texts)) for _, texts in islice(_text_rows(tab), ROWS_BELOW))


def _whole_results(found: Sequence[tuple[Tab, Header | InputError]]) -> list[tuple[Tab, Header | InputError]]:
    """Of a results workbook that is fed back in, the tab with every row: the others repeat some of them."""
    tab, header = found[0]
    ours = {name for each in ResultsTab for name in tab_names(each)}
    if tab.name not in tab_names(ResultsTab.RESULTS) or not {tab.name for tab, _ in found} <= ours:
        return []
    is_ours = isinstance(header, InputError) or header.columns.results is not None
    return [found[0]] if is_ours else []


def _which_tab(found: Sequence[tuple[Tab, Header | InputError]]) -> InputError:
    names = [tab.name for tab, _ in found]
    parts = [tab.name for tab, header in found if _is_results(tab, header)]
    if len(parts) > 1:
        return choose_one("sheet.split_results", parts)
    return choose_one("sheet.several_tabs", names)


def choose_one(code: str, names: Sequence[str]) -> InputError:
    """The person has to say which of these tabs is meant."""
    return InputError(
        code, tabs=_quoted(names), tab=argument(names[0]), names="\n".join(names), how="sheet.tabs_all"
    )


def _is_results(tab: Tab, header: Header | InputError) -> bool:
    """Whether the tab is one of those over which the results of a very long sheet go on."""
    has_block = not isinstance(header, InputError) and header.columns.results is not None
    return has_block and tab.name.startswith(tuple(tab_names(ResultsTab.RESULTS)))


def _header(tab: Tab, named: Named) -> Header | InputError:
    """An ambiguous header is an error as a value: it counts as one among the tabs that could be meant."""
    try:
        return find_header(_text_rows(tab), named)
    except InputError as error:
        return error


def _no_tab(visible: Sequence[Tab], missing: list[NoHeader]) -> InputError:
    with_cells = [error for error in missing if error.code != "sheet.empty"]
    if len(with_cells) > 1:
        return InputError("sheet.no_tab_fits", tabs=_quoted(tab.name for tab in visible))
    return with_cells[0] if with_cells else missing[0]


def _text_rows(tab: Tab) -> Iterator[tuple[int, list[str]]]:
    for row, cells in tab.rows():
        yield row, [cell.shown if isinstance(cell, OddCell) else cell for cell in cells]


def _quoted(names: Iterable[str]) -> str:
    return first_of([f'"{name}"' for name in names], LISTED_TABS)

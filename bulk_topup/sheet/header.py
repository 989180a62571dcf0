"""Finds the header row of a sheet. What its columns mean is `layout`'s to say. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import partial
from itertools import islice, takewhile, zip_longest

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import Columns, Named, OddCell, letter
from bulk_topup.sheet import names
from bulk_topup.sheet.layout import Fitting, columns_of, first_of, fitting, listed, names_columns, shortened
from bulk_topup.sheet.names import fold, is_phone
from bulk_topup.sheet.sayings import is_whom_to_call
from bulk_topup.sheet.sections import title_of, told_by

HeaderRow = tuple[int, Sequence[str]]
"""A row's number in the sheet, and its texts."""

HEADER_ROWS = 30
"""In so many filled rows, a header is looked for even below phone numbers."""
MOST_HEADER_CELLS = 10_000
"""Further down, until a phone number comes and in so many cells: no sheet of another kind may take long."""
ROWS_BELOW = 200
"""So many filled rows under the header show what stands in its columns."""

NO_COLUMN = "none"
"""What a person names to say that no column is meant."""

LISTED_ROWS = 10


class NoHeader(InputError):  # noqa: N818  (no error to whoever looks on elsewhere)
    """There is no usable header here; it may still be in another tab, or under another delimiter."""


@dataclass(frozen=True, slots=True)
class Header:
    row: int
    """The header's row number as the spreadsheet program shows it."""
    texts: tuple[str, ...]
    columns: Columns
    upper: int | None = None
    """Where the header is in two rows, the upper one's number; `row` is the lower one."""
    people_above: tuple[int, ...] = ()
    """Rows above the header that hold a phone number: they are no titles."""
    filled_above: int = 0
    """Cells above the header that hold something."""
    told: OddCell | None = None
    """What a title above it says of all that is below, if that is not to be paid."""
    titles: tuple[tuple[int, str], ...] = ()
    """The rows above that may be titles, each as one text."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A row, or two, that could be the header: the positions of its rows among the candidates."""

    upper: int
    lower: int
    texts: Sequence[str]
    fits: Fitting


def find_header(rows: Iterable[HeaderRow], named: Named) -> Header:
    """The first row that has a number column and one of products or of amounts; titles may stand above it.

    Two rows are one header where the lower one completes the upper one: names of groups, and under them
    names of columns. Raises NoHeader where no row has both; and InputError where a row has, but more than one
    column fits, or people stand above it, unless their column is named.
    """
    rows = iter(rows)
    candidates = list(_candidates(rows))
    if not candidates:
        raise NoHeader("sheet.empty")
    fits = _by_choice(named, candidates)
    found = list(_complete(candidates, fits))
    if not found:
        raise _not_found(candidates, [fits(texts) for _, texts in candidates])
    first = found[0] if named.number else _first_with_numbers(found, candidates)
    below = [texts for _, texts in candidates[first.lower + 1 :]]
    below += [texts for _, texts in islice(_filled_rows(rows), max(0, ROWS_BELOW - len(below)))]
    below = list(takewhile(lambda texts: not names_columns(texts), below))
    columns = columns_of(first.texts, below, first.fits)
    above = candidates[: first.upper]
    people = _people(above)
    if people and named.number is None:
        raise InputError(
            "sheet.people_above",
            rows=first_of(people, LISTED_ROWS),
            row=str(candidates[first.lower][0]),
            column=letter(columns.number),
        )
    return Header(
        candidates[first.lower][0],
        tuple(first.texts),
        columns,
        candidates[first.upper][0] if first.upper < first.lower else None,
        people,
        sum(_filled(texts) for _, texts in above),
        _told(above),
        tuple(
            (row, title_of(texts)) for row, texts in [*above, *candidates[first.upper + 1 : first.lower + 1]]
        ),
    )


def _candidates(rows: Iterator[HeaderRow]) -> Iterator[HeaderRow]:
    """The filled rows in which the header may be."""
    cells = 0
    for count, (row, texts) in enumerate(_filled_rows(rows)):
        yield row, texts
        cells += len(texts)
        if count >= HEADER_ROWS - 1 and (cells > MOST_HEADER_CELLS or any(map(is_phone, texts))):
            return


def _filled_rows(rows: Iterable[HeaderRow]) -> Iterator[HeaderRow]:
    return (row for row in rows if any(map(str.strip, row[1])))


def _complete(candidates: list[HeaderRow], fits: Callable[[Sequence[str]], Fitting]) -> Iterator[_Found]:
    each = [fits(texts) for _, texts in candidates]
    is_full = [one.is_complete and one.has_product for one in each]
    for at, (_, texts) in enumerate(candidates):
        if not any(is_full[at : at + 2]) and at + 1 < len(candidates):
            joined = _joined(candidates[at], candidates[at + 1])
            both = fits(joined)
            is_free = not (each[at].is_complete and _is_title(candidates[at + 1][1]))
            if joined and both.is_complete and both.at != each[at + 1].at and is_free:
                yield _Found(at, at + 1, joined, both)
        if each[at].is_complete:
            yield _Found(at, at, texts, each[at])


def _first_with_numbers(found: list[_Found], candidates: list[HeaderRow]) -> _Found:
    """A letterhead, `Nomor: 12, Kode: A`, is passed over: its names have no phone numbers under them."""
    for each in found:
        if not all(fold(each.texts[at]) in names.ORDINAL_TOO for at in each.fits.numbers):
            return each
        below = candidates[each.lower + 1 :]
        following = next((other.upper for other in found if other.upper > each.lower), len(candidates))
        texts = [texts for _, texts in below[: following - each.lower - 1]]
        if any(is_phone(row[at]) for row in texts for at in each.fits.numbers if at < len(row)):
            return each
    return found[0]


def _joined(upper: HeaderRow, lower: HeaderRow) -> list[str]:
    """The texts of a header in two rows: the lower one's, and where it is blank, the upper one's.

    No texts where the rows are apart, or the lower one has a digit, as a person's row has.
    """
    (above, texts), (below, under) = upper, lower
    if below != above + 1 or any(map(str.isdigit, "".join(under))):
        return []
    return [low if low.strip() else high for high, low in zip_longest(texts, under, fillvalue="")]


def _is_title(texts: Sequence[str]) -> bool:
    """Whether one cell is filled, and is no name of a column."""
    filled = [text for text in texts if text.strip()]
    return len(filled) == 1 and names.meaning_of(filled[0]) is None


def _people(rows: Iterable[HeaderRow]) -> tuple[int, ...]:
    """Those of the rows that have a cell with a phone number and nothing else, and not of whom to call."""
    return tuple(
        row
        for row, texts in rows
        if any(is_phone(text) and not is_whom_to_call(texts, at) for at, text in enumerate(texts))
    )


def _told(above: Sequence[HeaderRow]) -> OddCell | None:
    titles = [(row, [text for text in texts if text.strip()]) for row, texts in above]
    told = (told_by(title, row) for row, title in titles if len(title) <= 3 and not any(map(is_phone, title)))
    return next(filter(None, told), None)


# -- columns that a person chose ---------------------------------------------------------------------------


def _by_choice(named: Named, candidates: list[HeaderRow]) -> Callable[[Sequence[str]], Fitting]:
    """What finds the columns of a row: a chosen one by its header or letter, the others by their names."""
    given = {each.name: name for each in fields(Named) if (name := getattr(named, each.name)) is not None}
    finders = {meaning: _finder(meaning, name, candidates) for meaning, name in given.items()}
    chosen = {meaning: find for meaning, find in finders.items() if find is not None}
    absent = frozenset(finders.keys() - chosen.keys())
    return lambda texts: fitting(texts, {meaning: find(texts) for meaning, find in chosen.items()}, absent)


def _finder(
    meaning: str, name: str, candidates: list[HeaderRow]
) -> Callable[[Sequence[str]], list[int]] | None:
    """None where the person says that there is no such column."""
    for find in (_by_text, _by_letter):
        if any(find(texts, name) for _, texts in candidates):
            return partial(find, name=name)
    if name.strip().casefold() == NO_COLUMN and meaning != "number":
        return None
    _, texts = candidates[0]
    facts = {"option": f"--{meaning}-column", "name": shortened(name), "columns": listed(texts)}
    raise NoHeader("sheet.no_such_column", **facts)


def _by_text(texts: Sequence[str], name: str) -> list[int]:
    exact = [at for at, text in enumerate(texts) if text.strip() == name.strip() != ""]
    folded = fold(name)
    return exact or [at for at, text in enumerate(texts) if folded and fold(text) == folded]


def _by_letter(texts: Sequence[str], name: str) -> list[int]:
    return [at for at, text in enumerate(texts) if text.strip() and letter(at) == name.strip().upper()]


# -- what is there instead ---------------------------------------------------------------------------------


def _not_found(candidates: list[HeaderRow], found: list[Fitting]) -> NoHeader:
    """Names the columns of the row nearest to a header: where none fits in part, of the one above people."""
    fitting = [bool(each.at.get("number")) + each.has_product for each in found]
    nearest = fitting.index(max(fitting))
    if not fitting[nearest] and (people := _people(candidates)):
        first = [row for row, _ in candidates].index(people[0])
        nearest, texts = first - 1, candidates[first][1]
        if not first or _filled(candidates[nearest][1]) < min(2, _filled(texts)):
            return NoHeader("sheet.no_header", number=shortened(next(filter(is_phone, texts))))
    row, texts = candidates[nearest]
    code = "sheet.no_product_column" if found[nearest].numbers else "sheet.no_number_column"
    return NoHeader(code, row=str(row), columns=listed(texts), searched=str(len(candidates)))


def _filled(texts: Sequence[str]) -> int:
    return sum(map(bool, map(str.strip, texts)))

"""What is meant: which columns, rows and blocks of a tab are read. The one rule, and pure.

A column or a block is read only where there is exactly one reading. Else it is asked, with what stands in
each, by an InputError that names the option which chooses. Under a further header that does not say the same
of the same columns, nobody is paid: nothing is inherited across a header.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import SHOWN_CHARACTERS, Columns, OddCell, Oddity, letter
from bulk_topup.core.results_columns import BLOCKS, RESULT_COLUMNS, fed_back
from bulk_topup.sheet import names
from bulk_topup.sheet.names import fold, is_phone, is_rupiah, is_whom_to_call, meaning_of

SAMPLES_SHOWN = 3
LISTED_COLUMNS = 20

Texts = Sequence[str]
"""A row, from column A on."""


# -- by their names ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fitting:
    """The positions, in one row, of the columns that a meaning fits by their names; `named` are the meanings
    whose column the person chose by option."""

    at: Mapping[str, Sequence[int]]
    named: frozenset[str]

    @property
    def numbers(self) -> list[int]:
        return sorted([*self.at.get("number", ()), *self.at.get("phone", ())])

    @property
    def has_product(self) -> bool:
        return bool(self.at.get("product"))

    @property
    def is_complete(self) -> bool:
        """Whether the row says where the numbers are, and what each is to get."""
        has_all = all(self.at.get(meaning) for meaning in self.named & {"number", "product", "nominal"})
        asked = self.has_product or self.at.get("nominal") or self.at.get("amount")
        return bool(has_all and self.numbers and asked)


def fitting(
    texts: Texts, chosen: Mapping[str, Sequence[int]], absent: frozenset[str] = frozenset()
) -> Fitting:
    """A chosen column is not taken for another meaning, nor does another stand in for it; of an `absent`
    meaning the person said that it has no column."""
    taken = {*results_positions(texts), *(at for positions in chosen.values() for at in positions)}
    found: defaultdict[str, Sequence[int]] = defaultdict(list, chosen)
    closed = {*chosen, *absent}
    closed |= {also for meaning, also in (("number", "phone"), ("nominal", "amount")) if meaning in closed}
    for at, text in enumerate(texts):
        meaning = meaning_of(text) if text and at not in taken else None
        if meaning and meaning not in closed:
            found[meaning] = [*found[meaning], at]
    return Fitting(found, frozenset(chosen))


# -- the columns that are read -----------------------------------------------------------------------------


def columns_of(texts: Texts, below: Sequence[Texts], fits: Fitting) -> Columns:
    """The columns under the header of these `texts`; `below` are rows that show what stands in them.

    Raises InputError where more than one reading is possible.
    """
    return _Reading(texts, below, fits).columns()


class _Reading:
    def __init__(self, texts: Texts, below: Sequence[Texts], fits: Fitting) -> None:
        self._texts, self._fits = texts, fits
        width = max(map(len, [texts, *below]))
        self._cells = [[row[at].strip() for row in below if at < len(row)] for at in range(width)]
        self._cells = [[cell for cell in cells if cell] for cells in self._cells]
        self._closed = results_positions(texts) | {*fits.at.get("ours", ())}

    def columns(self) -> Columns:
        number = self._number()
        taken: set[int | None] = {number}
        product = self._product(number)
        if number == product:
            raise InputError("sheet.same_column", column=self._listed([number]))
        taken.add(product)
        nominal = self._nominal(number, product, taken)
        taken.add(nominal)
        own = {
            meaning: self._first(self._block(number, self._fits.at.get(meaning, ())), taken)
            for meaning in ("name", "group", "operator")
        }
        itrx = self._one("itrx", self._free(self._fits.at.get("itrx", ()), taken))
        taken.update((itrx, *own.values()))
        results, width = _results(self._texts)
        unread = self._unread(taken)
        return Columns(
            number, product, nominal, itrx, **own, results=results, results_width=width, unread=unread
        )

    def _number(self) -> int:
        """Also what no name tells, and looks like it; but not what has other things in it."""
        if "number" in self._fits.named:
            return self._only("number", self._fits.at["number"])
        chosen = {at for meaning in self._fits.named for at in self._fits.at[meaning]}
        by_name = self._fits.numbers
        by_look = [at for at in range(len(self._cells)) if self._are_phones(at) and at not in by_name]
        found = sorted([*by_name, *self._free(by_look, {*chosen, *self._closed})])
        with_phones = [at for at in found if any(map(is_phone, self._cells[at]))]
        if with_phones:
            found = [at for at in found if at in with_phones or not self._cells[at]]
            found = [at for at in found if self._cells[at] or not self._may_count(at)]
        if found and not set(found) & set(self._fits.at.get("number", ())):
            raise InputError("sheet.whose_number", **self._asked("number", found))
        return self._only("number", found)

    def _may_count(self, at: int) -> bool:
        return at < len(self._texts) and fold(self._texts[at]) in names.ORDINAL_TOO

    def _product(self, number: int) -> int | None:
        found = self._fits.at.get("product", ())
        if "product" not in self._fits.named:
            found = self._block(number, self._free(found, {number}))
        return self._only("product", found) if found else None

    def _nominal(self, number: int, product: int | None, taken: Set[int | None]) -> int | None:
        """Other money counts where nothing says the nominal, or where it would have to be the nominal."""
        stated = self._free(self._fits.at.get("nominal", ()), taken)
        if "nominal" in self._fits.named:
            return self._only("nominal", stated) if stated else None
        stated = self._block(number, stated)
        money = self._block(number, self._free(self._fits.at.get("amount", ()), taken))
        amounts = [at for at in money if self._are_rupiah(at)]
        if product is not None:
            found = stated or amounts
        else:
            blank = [at for at in money if not self._cells[at]]
            found = sorted([*stated, *amounts, *blank]) or money
        return self._only("nominal", found) if found else None

    def _one(self, meaning: str, found: Sequence[int]) -> int | None:
        if len(found) > 1:
            raise InputError("sheet.ambiguous_optional", columns=self._listed(found), meaning=meaning)
        return found[0] if found else None

    def _first(self, found: Sequence[int], taken: Set[int | None]) -> int | None:
        """Of columns that decide nothing."""
        return next(iter(self._free(found, taken)), None)

    def _unread(self, taken: Set[int | None]) -> tuple[int, ...]:
        """Columns with a name that look like rupiah and are not read."""
        named = [at for at, text in enumerate(self._texts) if text.strip()]
        return tuple(at for at in self._free(named, taken | self._closed) if self._are_rupiah(at))

    # What stands in a column.

    def _are_phones(self, at: int) -> bool:
        cells = self._cells[at]
        return 0 < len(cells) <= 2 * sum(map(is_phone, cells))

    def _are_rupiah(self, at: int) -> bool:
        cells = self._cells[at]
        amounts = sum(map(is_rupiah, cells))
        return 0 < len(cells) <= 2 * amounts and not any(map(is_phone, cells))

    # Which columns belong together.

    @staticmethod
    def _free(found: Sequence[int], taken: Set[int | None]) -> list[int]:
        return [at for at in found if at not in taken]

    def _block(self, number: int, found: Sequence[int]) -> list[int]:
        """Those beside the number, with no empty column between, where more than one would do."""
        near = [at for at in found if not any(map(self._is_gap, range(min(at, number), max(at, number))))]
        return near if near and len(found) > 1 else list(found)

    def _is_gap(self, at: int) -> bool:
        return not self._cells[at] and (at >= len(self._texts) or not self._texts[at].strip())

    # What is asked.

    def _only(self, meaning: str, found: Sequence[int]) -> int:
        if len(found) > 1:
            raise InputError("sheet.ambiguous", **self._asked(meaning, found))
        return found[0]

    def _asked(self, meaning: str, found: Sequence[int]) -> dict[str, str]:
        columns = self._listed(found, samples=True)
        letters = list(map(letter, found))
        option = f"--{meaning}-column"
        return {"columns": columns, "option": option, "letter": letters[0], "letters": " ".join(letters)}

    def _listed(self, positions: Sequence[int], *, samples: bool = False) -> str:
        width = len(self._cells)
        texts = [*self._texts, *[""] * (width - len(self._texts))]
        return listed(texts, positions, self._cells if samples else None)


def block_of(texts: Texts, at: int) -> frozenset[int]:
    """The columns around this one that have names, up to the nearest without."""
    named = [bool(text.strip()) for text in texts]
    first = next((left + 1 for left in range(at - 1, -1, -1) if not named[left]), 0)
    last = next((right for right in range(at + 1, len(named)) if not named[right]), len(named))
    return frozenset(range(first, last))


def listed(texts: Texts, positions: Sequence[int] | None = None, cells: Sequence[Texts] | None = None) -> str:
    """`A "Name", C "No HP"`: columns as a person finds them in Excel, with the first of their `cells`."""
    chosen = [at for at, text in enumerate(texts) if text.strip()] if positions is None else positions
    return first_of([_shown(at, texts[at], cells[at] if cells else ()) for at in chosen], LISTED_COLUMNS)


def _shown(at: int, text: str, cells: Texts) -> str:
    some = ", ".join(map(shortened, cells[:SAMPLES_SHOWN]))
    return f'{letter(at)} "{shortened(text)}"' + (f" ({some})" if some else "")


def first_of(items: Sequence[object], most: int) -> str:
    """The items one after the other, so many at the most."""
    joined = ", ".join(map(str, items[:most]))
    return f"{joined}, …" if len(items) > most else joined


def shortened(text: str) -> str:
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= SHOWN_CHARACTERS else line[: SHOWN_CHARACTERS - 1] + "…"


# -- results that are fed back in --------------------------------------------------------------------------

RESULTS = tuple(map(fold, RESULT_COLUMNS))
_BLOCKS = {width: tuple(map(fold, columns)) for width, columns in BLOCKS.items()}
"""Only a complete block is ours."""


def _results(texts: Texts) -> tuple[int | None, int]:
    """Where the block of results columns starts, None where there is none; and its width."""
    blocks = _results_blocks(texts)
    if len(blocks) > 1:
        raise InputError("sheet.two_results", columns=listed(texts, [start for start, _ in blocks]))
    named = [at for at, text in enumerate(texts) if fold(text) in RESULTS]
    if not blocks and 2 * len({fold(texts[at]) for at in named}) > len(RESULTS):
        raise InputError("sheet.part_results", columns=listed(texts, named))
    return blocks[0] if blocks else (None, len(RESULTS))


def _results_blocks(texts: Texts) -> list[tuple[int, int]]:
    """The start and the width of each."""
    folded = [fold(text) for text in texts] if len(texts) > min(_BLOCKS) else []
    return [
        (at, width)
        for width, block in _BLOCKS.items()
        for at in range(len(folded) - width + 1)
        if tuple(folded[at : at + width]) == block
    ]


def results_positions(texts: Texts) -> set[int]:
    return {at for block in _results_blocks(texts) for at in fed_back(*block).values()}


# -- the rows that are read --------------------------------------------------------------------------------


def _bare(numbers: Texts) -> list[int]:
    """Where no number stands in the column of numbers. Nearly always in no row, which is told in no time."""
    if min(numbers, default="0") >= "+" and max(numbers, default="0") < ":":
        return []
    return [at for at, text in enumerate(numbers) if not ("+" <= text < ":" or names.has_number(text))]


def names_columns(texts: Texts) -> bool:
    """Whether these are names that columns have, at least two, and half of them all."""
    filled = [text for text in texts if text.strip()]
    if len(filled) < 2 or any(map(names.has_number, filled)) or any(map(names.says_signed, filled)):
        return False
    known = len([text for text in filled if meaning_of(text)])
    return known >= 2 and 2 * known >= len(filled)


_DECIDING = frozenset({"number", "phone", "product", "nominal"})
"""What a further header may not say of a column of which the first one does not."""


@dataclass(slots=True)
class Sections:
    """Walks down the rows under a header, and marks those that stand under another one, or in an example.

    `is_example`: whether a title above the header says so.
    """

    header: Texts
    columns: Columns
    is_example: bool = False
    marked: dict[tuple[int, int], OddCell] = field(default_factory=dict)
    _mark: OddCell | None = None
    _last: int = 0
    _title: str = ""
    _has_signature: bool = False

    def __post_init__(self) -> None:
        self._mark = OddCell(Oddity.EXAMPLE, "") if self.is_example else None

    def walk(self, rows: Sequence[int], columns: Sequence[Texts]) -> None:
        """The next rows: their numbers, and the texts of each column."""
        start = 0
        numbers, asked = columns[self.columns.number], columns[self.columns.asked]
        if "" in asked:
            self._mark_contacts([at for at, text in enumerate(asked) if not text], rows, columns)
        for at in _bare(numbers):
            self._mark_rows(range(start, at), rows, columns)
            if at > start:
                self._last, self._title = rows[at - 1], ""
            self._look(at, rows, columns)
            start = at + 1
        self._mark_rows(range(start, len(rows)), rows, columns)
        if start < len(rows):
            self._last, self._title = rows[-1], ""

    def _mark_contacts(self, some: Sequence[int], rows: Sequence[int], columns: Sequence[Texts]) -> None:
        number = self.columns.number
        for at in some:
            if is_phone(columns[number][at]) and is_whom_to_call([column[at] for column in columns], number):
                self.marked[rows[at], number] = OddCell(Oddity.CONTACT, columns[number][at])

    def _look(self, at: int, rows: Sequence[int], columns: Sequence[Texts]) -> None:
        """At a row without a number in its place."""
        texts, row = [column[at].strip() for column in columns], rows[at]
        self._has_signature |= any(map(names.says_signed, texts))
        is_next = at + 1 < len(rows) and rows[at + 1] == row + 1
        following = [column[at + 1].strip() for column in columns] if is_next else []
        is_apart = bool(self._title) or row > self._last + 1
        if self._is_header(texts, following, is_apart=is_apart):
            self._begin(row, texts)
        else:
            self._mark_rows(range(at, at + 1), rows, columns)
        filled = [text for text in texts if text]
        self._last, self._title = row, filled[0] if len(filled) == 1 else ""
        if self._title and (self._mark is None or self._mark.kind is Oddity.AGAINST):
            is_against = names.heads_against(self._title)
            self._mark = OddCell(Oddity.AGAINST, "", str(row)) if is_against else None

    def _is_header(self, texts: Texts, following: Texts, *, is_apart: bool) -> bool:
        """By names that columns have; or a row of words alone, where what follows is of another kind."""
        if names_columns(texts):
            return True
        filled = [text for text in texts if text]
        if len(filled) < 2 or self._has_signature or _has_digit(filled) or not _has_digit(following):
            return False
        ours = texts[self.columns.number], texts[self.columns.asked]
        below = following[self.columns.number]
        return is_apart or (all(ours) and _has_digit([below]) and not is_phone(below))

    def _begin(self, row: int, texts: Texts) -> None:
        if not self._is_alike(texts):
            self._mark = OddCell(Oddity.OTHER_TABLE, "", str(row))
            self.marked[row, self.columns.number] = self._mark
        elif not names.heads_against(self._title):
            self._mark = OddCell(Oddity.EXAMPLE, "") if names.says_example(self._title) else None

    def _is_alike(self, texts: Texts) -> bool:
        """Whether this header says the same of all columns that decide who gets what."""
        width = max(len(texts), len(self.header))
        new, old = ([*each, *[""] * (width - len(each))] for each in (texts, self.header))
        ours = self.columns.deciding
        return all(
            fold(new[at]) == fold(old[at]) or (meaning_of(new[at]) == meaning_of(old[at]) is not None)
            for at in range(width)
            if at in ours or meaning_of(new[at]) in _DECIDING
        )

    def _mark_rows(self, some: range, rows: Sequence[int], columns: Sequence[Texts]) -> None:
        """A row without a digit is a note or a signature, in whichever table."""
        if self._mark is None:
            return
        for at in some:
            if (rows[at], self.columns.number) in self.marked:
                continue
            if _has_digit([column[at] for column in columns]):
                shown = columns[self.columns.number][at]
                cell = OddCell(self._mark.kind, shown, self._mark.stored)
                self.marked[rows[at], self.columns.number] = cell


def _has_digit(texts: Texts) -> bool:
    return any(map(str.isdigit, "".join(texts)))

"""What is meant: which columns and blocks of a tab are read. The one rule, and pure.

A column or a block is read only where there is exactly one reading. Else it is asked, with what stands in
each, by an InputError that names the option which chooses. Which rows are meant is for `sections` to say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import SHOWN_CHARACTERS, Columns, letter
from bulk_topup.core.results_columns import BLOCKS, RESULT_COLUMNS, fed_back
from bulk_topup.sheet import names
from bulk_topup.sheet.names import fold, is_phone, is_rupiah, meaning_of
from bulk_topup.sheet.sayings import says_done, says_signed

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
    phones = found.get("phone", ())
    if len(phones) == 1 and not found.get("number") and _is_of_named(texts, texts[phones[0]]):
        found["number"] = found.pop("phone")
    return Fitting(found, frozenset(chosen))


def _is_of_named(texts: Texts, title: str) -> bool:
    """Whether it is the number of whom the only column of names names: `Nama Siswa`, `No HP Siswa`."""
    named = [words for text in texts if (words := text.casefold().split()) and words[0] in {"nama", "name"}]
    return len(named) == 1 and names.whose(title) <= {*named[0]}


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
        self._codeless = self._without_codes()

    def columns(self) -> Columns:
        number = self._number()
        taken: set[int | None] = {number}
        product = self._product(number)
        if number == product:
            raise InputError("sheet.same_column", column=self._listed([number]))
        taken.add(product)
        nominal = self._nominal(number, product, taken)
        taken.add(nominal)
        if product is not None:
            self._assert_near(number, "product", product)
        elif nominal is not None:
            self._assert_near(number, "nominal", nominal)
        beside = {"name": self._fits.at.get("name", ()), "group": self._fits.at.get("group", ())}
        beside["operator"] = self._fits.at.get("operator") or self._codeless
        own = {meaning: self._first(self._block(number, found), taken) for meaning, found in beside.items()}
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
        is_doubtful = not set(found) & set(self._fits.at.get("number", ())) or self._may_be_accounts(found)
        if found and is_doubtful:
            raise InputError("sheet.whose_number", **self._asked("number", found))
        return self._only("number", found)

    def _may_be_accounts(self, found: Sequence[int]) -> bool:
        """Whether the only number is called so, and not a phone's, beside a column of banks."""
        titles = [fold(text) for text in self._texts]
        is_vague = len(found) == 1 and found[0] < len(titles) and titles[found[0]] in names.ANY_NUMBER
        return is_vague and not names.BANKS.isdisjoint(titles)

    def _may_count(self, at: int) -> bool:
        return at < len(self._texts) and fold(self._texts[at]) in names.ORDINAL_TOO

    def _product(self, number: int) -> int | None:
        found = self._fits.at.get("product", ())
        if "product" not in self._fits.named:
            found = self._block(number, self._free(found, {number, *self._codeless}))
        return self._only("product", found) if found else None

    def _nominal(self, number: int, product: int | None, taken: Set[int | None]) -> int | None:
        """Other money counts where nothing says the nominal, or where it would have to be the nominal."""
        stated = self._free(self._fits.at.get("nominal", ()), taken)
        if "nominal" in self._fits.named:
            return self._only("nominal", stated) if stated else None
        money = self._free(self._fits.at.get("amount", ()), taken)
        if product is not None:
            stated, money = self._block(number, stated), self._block(number, money)
        amounts = [at for at in money if self._are_rupiah(at)]
        if product is not None:
            found = stated or amounts
        else:
            blank = [at for at in money if not self._cells[at]]
            blank = [at for at in blank if fold(self._texts[at]) not in names.SIGNED_TOO]
            found = sorted([*stated, *amounts, *blank]) or money
            if len(found) == 1 and _may_be_other_money(self._texts[found[0]]):
                raise InputError("sheet.other_money", **self._asked("nominal", found))
        return self._only("nominal", found) if found else None

    def _assert_near(self, number: int, meaning: str, at: int) -> None:
        """Beyond an empty column, and beside other columns, it may be another table's."""
        block = block_of(self._texts, at)
        others = block - self._closed - {at}
        if meaning not in self._fits.named and number not in block and others:
            raise InputError("sheet.other_block", **self._asked(meaning, [at]))

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

    def _without_codes(self) -> list[int]:
        """Columns such as `Produk` in which no code stands, where a nominal is stated beside."""
        if not (self._fits.at.get("nominal") or self._fits.at.get("amount")):
            return []
        found = self._fits.at.get("product", ())
        return [
            at for at in found if self._cells[at] and names.NO_CODES.issuperset(map(fold, self._cells[at]))
        ]

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


def _may_be_other_money(title: str) -> bool:
    return names.is_other_money(title) or says_done(title)


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
    """The start and the width of each: the widest, where the block of an earlier version begins it."""
    folded = [fold(text) for text in texts] if len(texts) > min(_BLOCKS) else []
    found = {
        at: width
        for width, block in _BLOCKS.items()
        for at in range(len(folded) - width + 1)
        if tuple(folded[at : at + width]) == block
    }
    return [*found.items()]


def results_positions(texts: Texts) -> set[int]:
    return {at for block in _results_blocks(texts) for at in fed_back(*block).values()}


# -- headers further down --------------------------------------------------------------------------------


def names_columns(texts: Texts) -> bool:
    """Whether these are names that columns have, at least two, and half of them all."""
    filled = [text for text in texts if text.strip()]
    if len(filled) < 2 or any(map(names.has_number, filled)) or any(map(says_signed, filled)):
        return False
    known = len([text for text in filled if meaning_of(text)])
    return known >= 2 and 2 * known >= len(filled)

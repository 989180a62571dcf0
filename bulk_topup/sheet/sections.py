"""Which rows under a header are meant. Pure.

Nothing is inherited across a header: under a further one that does not say the same of the same columns,
nobody is paid. Nor across a blank row, where what is below it looks like another table. What a title says
holds for all that is under it.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import InitVar, dataclass, field
from itertools import islice, pairwise, zip_longest

from bulk_topup.core.model import Columns, OddCell, Oddity
from bulk_topup.sheet import sayings
from bulk_topup.sheet.layout import Texts, names_columns, shortened
from bulk_topup.sheet.names import fold, has_number, is_other_money, is_phone, meaning_of
from bulk_topup.sheet.periods import Parts, names_period
from bulk_topup.sheet.sayings import is_whom_to_call

_DECIDING = frozenset({"number", "phone", "product", "nominal"})
"""What a further header may not say of a column of which the first one does not."""
_TITLE_CELLS = 3
"""As in `Bulan | : | Mei 2026`."""


def told_by(title: Texts, row: int) -> OddCell | None:
    """What a title in the cells of this row says of all that is under it, if it is not to be paid."""
    text = " ".join(title)
    if sayings.heads_against(text):
        return OddCell(Oddity.AGAINST, "", f'{row} ("{shortened(text)}")')
    return OddCell(Oddity.EXAMPLE, "") if sayings.says_example(text) else None


def title_of(texts: Texts) -> str:
    """The row as one text, where it is as short as titles are; else ""."""
    filled = [text.strip() for text in texts if text.strip()]
    return " ".join(filled) if len(filled) <= _TITLE_CELLS and not any(map(is_phone, filled)) else ""


@dataclass(slots=True)
class Sections:
    """Walks down the rows under a header, and marks those that are not the table's, or not to be paid.

    `told` is what a title above the header says of all, `titles` are all above it; `parts` is complete after
    the last row.
    """

    header: Texts
    columns: Columns
    told: OddCell | None = None
    titles: InitVar[Sequence[tuple[int, str]]] = ()
    parts: Parts = field(init=False)
    _marked: dict[tuple[int, int], OddCell] = field(default_factory=dict)
    _mark: OddCell | None = None
    _title: OddCell | None = None
    _last: int = 0
    _has_title: bool = False
    _has_signature: bool = False
    _blocks: _Blocks = field(init=False)

    def __post_init__(self, titles: Sequence[tuple[int, str]]) -> None:
        self.parts = Parts([*titles, (0, self.header[self.columns.asked])])
        self._mark = self.told
        self._blocks = _Blocks(self.header, self.columns)

    def walk(self, rows: Sequence[int], columns: Sequence[Texts]) -> None:
        """The next rows: their numbers, and the texts of each column."""
        start = 0
        heads: list[int] = []
        numbers, asked = columns[self.columns.number], columns[self.columns.asked]
        if "" in asked:
            self._mark_contacts([at for at, text in enumerate(asked) if not text], rows, columns)
        for at in _bare(numbers):
            self._mark_rows(range(start, at), rows, columns)
            if at > start:
                self._last, self._has_title = rows[at - 1], False
            if self._look(at, rows, columns):
                heads.append(at)
            start = at + 1
        self._mark_rows(range(start, len(rows)), rows, columns)
        if start < len(rows):
            self._last, self._has_title = rows[-1], False
        self._blocks.walk(rows, columns, heads)

    def marked(self) -> dict[tuple[int, int], OddCell]:
        """After the last row: by row and position, why the row is not read as the others are."""
        number = self.columns.number
        return {(row, number): cell for row, cell in self._blocks.marked()} | self._marked

    def _mark_contacts(self, some: Sequence[int], rows: Sequence[int], columns: Sequence[Texts]) -> None:
        number = self.columns.number
        for at in some:
            if is_phone(columns[number][at]) and is_whom_to_call([column[at] for column in columns], number):
                self._marked[rows[at], number] = OddCell(Oddity.CONTACT, columns[number][at])

    def _look(self, at: int, rows: Sequence[int], columns: Sequence[Texts]) -> bool:
        """At a row without a number in its place; whether it is a header."""
        texts, row = [column[at].strip() for column in columns], rows[at]
        is_signed = any(map(sayings.says_signed, texts))
        self._has_signature |= is_signed
        is_next = at + 1 < len(rows) and rows[at + 1] == row + 1
        following = [column[at + 1].strip() for column in columns] if is_next else []
        is_below_gap = row > self._last + 1
        is_header = self._is_header(texts, following, is_apart=is_below_gap or self._has_title)
        if is_header:
            self._begin(row, texts)
            self._has_title = False
        elif is_signed and is_below_gap:
            self._mark = OddCell(Oddity.FOOT, "", str(row))
        else:
            self._mark_rows(range(at, at + 1), rows, columns)
            filled = [text for text in texts if text]
            is_short = len(filled) <= 2  # as nearly no row is, so that the next one is rarely looked at
            stands_out = is_short and (is_below_gap or names_columns(following))
            self._read_title(row, filled, stands_out=stands_out)
            self._read_period(row, texts)
        self._last = row
        return is_header

    def _read_title(self, row: int, filled: Texts, *, stands_out: bool) -> None:
        """One that does not stand out ends nothing, but may be a warning; of two cells only that counts."""
        self._title = told_by(filled, row) if len(filled) == 1 or (len(filled) == 2 and stands_out) else None
        self._has_title = len(filled) == 1 or self._title is not None
        if self._mark is not None and self._mark.kind in {Oddity.OTHER_TABLE, Oddity.FOOT}:
            return
        is_over = self._has_title and stands_out and (self._mark is None or self._mark.kind is Oddity.AGAINST)
        if self._title or is_over:
            self._mark = self._title

    def _read_period(self, row: int, texts: Texts) -> None:
        """Not that of a person without a number, `Mei | | 5.000`."""
        asked = texts[self.columns.asked]
        if (title := title_of(texts)) and (not asked or title == asked or names_period(asked)):
            self.parts.title(row, title)
            self._mark = self._mark or self._doubt()

    def _doubt(self) -> OddCell | None:
        part = self.parts.current
        return OddCell(Oddity.PERIOD, "", str(part.row)) if self.parts.is_doubtful else None

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
        self.parts.title(row, texts[self.columns.asked])
        if self._is_alike(texts):
            self._mark = (self._title if self._has_title else None) or self._doubt()
        else:
            self._mark = OddCell(Oddity.OTHER_TABLE, "", str(row))
            self._marked[row, self.columns.number] = self._mark

    def _is_alike(self, texts: Texts) -> bool:
        """Whether this header says the same of all columns that decide who gets what."""
        for at, (new, old) in enumerate(zip_longest(texts, self.header, fillvalue="")):
            is_same = fold(new) == fold(old) or (meaning_of(new) == meaning_of(old) is not None)
            if at in self.columns.deciding or meaning_of(new) in _DECIDING:
                if not is_same or (at == self.columns.nominal and is_other_money(new) != is_other_money(old)):
                    return False
            elif not is_same and _says_whether(new) != _says_whether(old):
                return False
        return True

    def _mark_rows(self, some: range, rows: Sequence[int], columns: Sequence[Texts]) -> None:
        """A row without a digit is a note or a signature; in a foot, one without a phone number."""
        part = self.parts.current
        if not part.has_people and (self._mark is None or self._mark.kind not in _UNPAID):
            sample = ([column[at] for column in columns] for at in some[:SAMPLE_ROWS])
            part.has_people = any(map(_holds_person, sample))
        if self._mark is None:
            return
        number = columns[self.columns.number]
        is_foot = self._mark.kind is Oddity.FOOT
        for at in some:
            if (rows[at], self.columns.number) in self._marked:
                continue
            if _A_NUMBER.match(number[at]) if is_foot else _has_digit([column[at] for column in columns]):
                cell = OddCell(self._mark.kind, number[at], self._mark.stored)
                self._marked[rows[at], self.columns.number] = cell


_UNPAID = frozenset({Oddity.AGAINST, Oddity.EXAMPLE})


def _holds_person(texts: Texts) -> bool:
    is_row = sum(map(bool, texts)) > 1
    return is_row and any(is_phone(text) and not is_whom_to_call(texts, at) for at, text in enumerate(texts))


def _says_whether(name: str) -> tuple[bool, bool]:
    """Whether a column of this name says who gets anything, and how often."""
    return sayings.entitles(name), sayings.counts_topups(name)


def _bare(numbers: Texts) -> list[int]:
    """Where no number stands in the column of numbers. Nearly always in no row, which is told in no time."""
    if min(numbers, default="0") >= "+" and max(numbers, default="0") < ":":
        return []
    return [at for at, text in enumerate(numbers) if not ("+" <= text < ":" or _may_be_number(text))]


def _may_be_number(text: str) -> bool:
    """As a title is not that has a date or a letter's number in it."""
    is_words = sum(map(str.isalpha, text)) > 2 and not sayings.has_another_number(text)
    return has_number(text) and not is_words


def _has_digit(texts: Texts) -> bool:
    return any(map(str.isdigit, "".join(texts)))


# -- what stands below a blank row -------------------------------------------------------------------------

_A_NUMBER = re.compile(r"(?:[^0-9]*[0-9]){7}")
SAMPLE_ROWS = 200
"""So many rows show what stands in the columns of a block."""
_TAIL_ROWS = 3
"""Whom to call stands no further up in the table."""
_LEAST_ROWS = 3
"""So many rows show that a column is never blank."""


@dataclass(slots=True)
class _Block:
    """Rows without a blank one or a header between. `kinds` counts what stands where, in `seen` rows."""

    people: list[tuple[int, str]] = field(default_factory=list)
    kinds: Counter[tuple[int, str]] = field(default_factory=Counter)
    seen: int = 0
    has_header: bool = False
    contacts: set[int] = field(default_factory=set)
    tail: deque[tuple[int, list[str]]] = field(default_factory=lambda: deque(maxlen=_TAIL_ROWS))

    def among(self, at: int) -> frozenset[str]:
        """The kinds of what is filled in this column."""
        return frozenset(kind for position, kind in self.kinds if position == at)

    def filled(self, at: int) -> int:
        return sum(count for (position, _), count in self.kinds.items() if position == at)

    def add(self, other: _Block) -> None:
        self.kinds += other.kinds
        self.seen += other.seen


@dataclass(slots=True)
class _Blocks:
    """Parts the rows at blank ones and at headers; those of the first block with people are the table."""

    header: Texts
    columns: Columns
    _table: _Block = field(default_factory=_Block)
    _block: _Block = field(default_factory=_Block)
    _last: int | None = None
    _marked: dict[int, OddCell] = field(default_factory=dict)
    _aside: frozenset[int] = field(init=False)
    """The columns whose words, as a position, say nothing of who it is."""

    def __post_init__(self) -> None:
        others = (at for at, name in enumerate(self.header) if meaning_of(name) == "other")
        self._aside = self.columns.deciding.union(others)

    def walk(self, rows: Sequence[int], columns: Sequence[Texts], heads: Sequence[int]) -> None:
        """`heads` are the places of the headers."""
        start = 0
        for end in [*sorted({*self._gaps(rows), *heads}), len(rows)]:
            if end > start:
                self._take(range(start, end), rows, columns)
            if end < len(rows):
                self._close()
                self._block.has_header = end in heads
            start = end
        self._last = rows[-1] if rows else self._last

    def marked(self) -> Iterator[tuple[int, OddCell]]:
        self._close()
        return iter(self._marked.items())

    def _gaps(self, rows: Sequence[int]) -> list[int]:
        """Where a row follows that has a blank one above it."""
        if not rows:
            return []
        before = rows[0] - 1 if self._last is None else self._last
        if rows[-1] - before == len(rows):
            return []
        return [at for at, (one, other) in enumerate(pairwise([before, *rows])) if other > one + 1]

    def _take(self, some: range, rows: Sequence[int], columns: Sequence[Texts]) -> None:
        block, number = self._block, self.columns.number
        for at in islice(some, max(0, SAMPLE_ROWS - block.seen)):
            self._look(rows[at], [column[at].strip() for column in columns])
        for at in some[-_TAIL_ROWS:]:
            block.tail.append((rows[at], [column[at].strip() for column in columns]))
        if self._table.seen:
            numbers = ((rows[at], columns[number][at]) for at in some)
            block.people += [(row, text) for row, text in numbers if _A_NUMBER.match(text)]

    def _look(self, row: int, texts: Texts) -> None:
        if not _A_NUMBER.match(texts[self.columns.number]):
            return
        self._block.seen += 1
        number = self.columns.number
        self._block.kinds.update(
            (at, _kind_of_number(text) if at == number else _kind(text))
            for at, text in enumerate(texts)
            if text
        )
        if self._table.seen and self._is_contact(texts, alone=False):
            self._block.contacts.add(row)

    def _close(self) -> None:
        block, self._block = self._block, _Block()
        block.contacts |= {row for row, texts in block.tail if self._is_contact(texts, alone=True)}
        shown = {row: texts[self.columns.number] for row, texts in block.tail} | dict(block.people)
        if self._table.seen and block.seen and not block.has_header and self._is_other(block):
            first = str(block.people[0][0])
            self._marked |= {row: OddCell(Oddity.APART, text, first) for row, text in block.people}
        elif not block.has_header or not self._table.seen:
            self._table.add(block)
        self._marked |= {row: OddCell(Oddity.CONTACT, shown[row]) for row in block.contacts}

    def _is_contact(self, texts: Texts, *, alone: bool) -> bool:
        """Whether all the words beside a number say whom to call, or its name says nothing else."""
        number = self.columns.number
        if not _A_NUMBER.match(texts[number]):
            return False
        words = [
            text for at, text in enumerate(texts) if at not in self._aside and any(map(str.isalpha, text))
        ]
        if len(words) == 1 and sayings.is_contact(words[0], alone=alone):
            return True
        name = self.columns.name
        return name is not None and sayings.is_contact(texts[name], alone=True)

    def _is_other(self, block: _Block) -> bool:
        """Whether what is below looks like another table. Product and nominal have checks of their own."""
        ours = {self.columns.product, self.columns.nominal, self.columns.itrx, self.columns.number}
        positions = {at for at, _ in [*block.kinds, *self._table.kinds]} - ours
        return self._has_other_numbers(block) or any(self._differs(block, at) for at in positions)

    def _has_other_numbers(self, block: _Block) -> bool:
        """Whether most could be no phone numbers, or all have lost their 0 and none above has."""
        number = self.columns.number
        phones, bare = block.kinds[number, "phone"], block.kinds[number, "bare"]
        others = block.kinds[number, "digits"]
        is_new = bare and not phones and not self._table.kinds[number, "bare"]
        return bool((phones + bare and others >= phones + bare) or is_new)

    def _differs(self, block: _Block, at: int) -> bool:
        """A column is filled that has no name, or has always been; or there is something of another kind."""
        new, old = block.among(at), self._table.among(at)
        if not old:
            return bool(new) and ("bank" in new or at >= len(self.header) or not self.header[at].strip())
        if not new:
            return self._table.filled(at) == self._table.seen >= _LEAST_ROWS
        return new.isdisjoint(old) or ("bank" in new and "bank" not in old)


def _kind_of_number(text: str) -> str:
    if is_phone(text):
        return "bare" if text.lstrip("'(+ ").startswith("8") else "phone"
    return _kind(text)


def _kind(text: str) -> str:
    if sayings.names_bank(text):
        return "bank"
    return "words" if any(map(str.isalpha, text)) else "digits"

"""Compares this sheet with an earlier one: who joined, who left, whose number or amount changed. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulk_topup.core.row_names import TAB_ROWS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bulk_topup.rules.rows import Rows


@dataclass(frozen=True, slots=True)
class Person:
    """A row as far as it says who gets how much; `number` is "" where it is none, `amount` is in rupiah.

    `tab` is that of the row where several are one sheet.
    """

    row: int
    name: str
    number: str
    amount: int
    tab: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """`moved` have a different number under the same name, `changed` a different amount, each as (earlier,
    now).

    Totals are those of all rows, in rupiah.
    """

    joined: Sequence[Person]
    left: Sequence[Person]
    moved: Sequence[tuple[Person, Person]]
    changed: Sequence[tuple[Person, Person]]
    total_before: int
    total_now: int


def people_of(rows: Rows) -> list[Person]:
    """Everybody in the sheet, in order, with the product's nominal or else the one stated."""
    table = rows.table
    amount = table["nominal"].where(table["nominal"] > 0, table["stated"].clip(lower=0))
    names = rows.raw(rows.sheet.columns.name)
    each = zip(table.index.tolist(), names.tolist(), table["number"].tolist(), amount.tolist(), strict=True)
    tabs = ["", *rows.sheet.tabs]
    return [
        Person(row % TAB_ROWS, " ".join(name.split()), number, int(rupiah), tabs[row // TAB_ROWS])
        for row, name, number, rupiah in each
        if int(row) not in rows.nobody
    ]


def compare(before: Iterable[Person], now: Iterable[Person]) -> Comparison:
    """Matches people by number, the n-th row of a number with its n-th row; the rest by name, if it is
    unique.
    """
    old, new = list(before), list(now)
    pairs = list(_pairs(_slots(old), _slots(new)))
    left, joined = _without(old, (a for a, _ in pairs)), _without(new, (b for _, b in pairs))
    moved = list(_pairs(_only_names(left), _only_names(joined)))
    changed = [(a, b) for a, b in (*pairs, *moved) if a.amount != b.amount]
    place = {(one.tab, one.row): at for at, one in enumerate(new)}
    return Comparison(
        _without(joined, (b for _, b in moved)),
        _without(left, (a for a, _ in moved)),
        [(a, b) for a, b in moved if a.number != b.number],
        sorted(changed, key=lambda pair: place[pair[1].tab, pair[1].row]),
        sum(one.amount for one in old),
        sum(one.amount for one in new),
    )


_Key = tuple[str, int]


def _slots(people: Iterable[Person]) -> dict[_Key, Person]:
    """By number, and its position among the rows with that number."""
    seen: dict[str, int] = {}
    found: dict[_Key, Person] = {}
    for one in people:
        if one.number:
            seen[one.number] = seen.get(one.number, 0) + 1
            found[one.number, seen[one.number]] = one
    return found


def _only_names(people: Iterable[Person]) -> dict[_Key, Person]:
    found: dict[str, list[Person]] = {}
    for one in people:
        if folded := "".join(filter(str.isalnum, one.name.casefold())):
            found.setdefault(folded, []).append(one)
    return {(name, 1): alike[0] for name, alike in found.items() if len(alike) == 1}


def _pairs(before: dict[_Key, Person], now: dict[_Key, Person]) -> Iterator[tuple[Person, Person]]:
    for key, one in now.items():
        if key in before:
            yield before[key], one


def _without(people: Iterable[Person], some: Iterable[Person]) -> list[Person]:
    rows = {(one.tab, one.row) for one in some}
    return [one for one in people if (one.tab, one.row) not in rows]

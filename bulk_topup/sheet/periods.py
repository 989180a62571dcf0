"""Parts of a tab under titles that name different periods, as `Bulan Mei 2026` and `Bulan Juni 2026`. Pure.

A part is chosen like a tab, by its period: of two months, one is meant now.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bulk_topup.sheet.names import A_MONTH, LONGEST_NAME, MONTHS

Period = Mapping[str, frozenset[tuple[str, ...]]]
"""By kind, as `month` or `tahap`, what a title says, or several do."""

_YEAR = "20[0-9]{2}"
_COUNTED = (
    "bulan|month|periode?|tahap|termin|gelombang|batch|minggu|pekan|week|triwulan|tw"
    "|kuartal|quarter|semester|smt"
)
_PERIOD = re.compile(
    rf"(?<![a-z0-9])(?:(?P<day>[0-9]{{1,2}})[ ./-]{{1,3}})?(?P<month>{A_MONTH})(?![a-z])"
    rf"(?:[ ./-]*(?P<year>{_YEAR})(?![0-9]))?"
    rf"|(?<![0-9./])(?:(?P<day2>[0-9]{{1,2}})[./-])?(?P<month2>0?[1-9]|1[0-2])[./-](?P<year2>{_YEAR})(?![0-9])"
    rf"|(?<![0-9])(?P<year3>{_YEAR})-(?P<month3>0[1-9]|1[0-2])(?:-(?P<day3>[0-9]{{2}}))?(?![0-9])"
    rf"|\b(?P<kind>{_COUNTED})[ .:-]*(?:ke)?[ .:-]*(?P<count>[0-9]{{1,2}}|[ivx]{{1,4}})\b"
    rf"(?![ ./-]*(?:{A_MONTH})| ?[/-] ?[0-9])"
    rf"|\b(?P<year4>{_YEAR})\b(?=[^0-9]*$)",
    re.IGNORECASE,
)
_NO_TITLE = re.compile(
    r"\W*(?:(?:sub|grand)?[ -]?total|jumlah|jml|no|nomor|number|catatan|ket|keterangan|nb|note)\b|\*"
    r"|.*\b(?:cetak|dicetak|printed|export(?:ed)?|diunduh|generated)\b|[a-z .]+, *[0-9]",
    re.IGNORECASE,
)
"""A total, the number of a letter, a note, when it was printed, a place and a date."""
_NO_END = 1 << 60
"""More than the number of any row."""
_IN_NO_TAB = re.compile(r"[:/\\?*\[\]]")


def _found(title: str) -> list[re.Match[str]]:
    is_title = len(title) <= 2 * LONGEST_NAME and not _NO_TITLE.match(title)
    return list(_PERIOD.finditer(title)) if is_title else []


def names_period(title: str) -> bool:
    return bool(_found(title))


def _said(found: Iterable[re.Match[str]]) -> Period:
    said: dict[str, tuple[str, ...]] = {}
    for one in found:
        for name, text in one.groupdict().items():
            kind = one["kind"].casefold() if name == "count" and text else name.rstrip("234")
            if text and name != "kind":
                value = str(MONTHS.get(text.casefold(), text.casefold().lstrip("0")))
                said[kind] = (*said.get(kind, ()), value)
    return {kind: frozenset({values}) for kind, values in said.items()}


def _agree(one: Period, other: Period) -> bool:
    """Whether both can be the same period; a year alone says little."""
    shared = one.keys() & other.keys()
    is_told = shared - {"year"} or one.keys() == other.keys() == {"year"}
    return bool(is_told) and all(one[kind] & other[kind] for kind in shared)


@dataclass(slots=True, eq=False)
class Part:
    """`rows` are where it begins and ends; `row` is its title's."""

    row: int = 0
    name: str = ""
    period: Period = field(default_factory=dict)
    has_people: bool = False
    rows: list[range] = field(default_factory=list)

    def take(self, found: Sequence[re.Match[str]], row: int) -> None:
        """One more title."""
        said = _said(found)
        name = " ".join(found[0].string[found[0].start() : found[-1].end()].split())
        if any(not values <= self.period.get(kind, frozenset()) for kind, values in said.items()):
            self.name = _IN_NO_TAB.sub("-", f"{self.name} {name}".strip())
        self.row = self.row or row
        self.period = {
            kind: self.period.get(kind, frozenset()) | said.get(kind, frozenset())
            for kind in self.period.keys() | said.keys()
        }


class Parts:
    """Those of a tab, from the top down."""

    def __init__(self, titles: Iterable[tuple[int, str]] = ()) -> None:
        self.current = Part(rows=[range(_NO_END)])
        self._parts = [self.current]
        for row, title in titles:
            self.title(row, title)

    def title(self, row: int, title: str) -> bool:
        """Whether a title of a period; it holds until the next one with another."""
        found = _found(title)
        if not found:
            return False
        if self.current.has_people and not _agree(self.current.period, _said(found)):
            alike = (part for part in self._parts if _agree(part.period, _said(found)))
            self._turn_to(next(alike, Part()), row)
        if not self.current.has_people:
            self.current.take(found, row)
        return True

    def _turn_to(self, part: Part, row: int) -> None:
        self.current.rows[-1] = range(self.current.rows[-1].start, row)
        self.current = part
        part.rows.append(range(row, _NO_END))
        if part not in self._parts:
            self._parts.append(part)

    @property
    def is_doubtful(self) -> bool:
        """Whether the present part has a period, and people stand above under none."""
        first = self._parts[0]
        return first.has_people and not first.period and self.current is not first

    def with_people(self) -> list[Part]:
        return [part for part in self._parts if part.has_people]

"""Finds the sheet of an earlier month by the names of the files in a folder. Pure except for the folder."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from bulk_topup.sheet.file_names import is_sheet
from bulk_topup.sheet.names import A_MONTH, MONTHS

if TYPE_CHECKING:
    from pathlib import Path

_YEAR = "(?:19|20)[0-9]{2}"
_NAMED = re.compile(
    rf"(?<![a-z])(?P<name>{A_MONTH})(?![a-z])(?:[\s_.-]*(?P<year>{_YEAR})(?![0-9]))?", re.IGNORECASE
)
_NUMBERED = re.compile(
    rf"(?<![0-9])(?:(?P<year>{_YEAR})[\s_.-]?(?P<month>0[1-9]|1[0-2])"
    rf"|(?P<month2>0[1-9]|1[0-2])[\s_.-](?P<year2>{_YEAR}))(?![0-9])"
)


class _Dated(NamedTuple):
    """A file's name without its month, and the month; the year is 0 if the name has none."""

    rest: str
    year: int
    month: int


def predecessor(path: Path) -> Path | None:
    """The latest sheet of an earlier month in the same folder with the same name except for the month, or
    None.

    Without years, the nearest month before counts.
    """
    own = _dated(path.stem)
    if own is None:
        return None
    earlier = [(_back(own, other), one) for one, other in _others(path) if other.rest == own.rest]
    return min(((back, one) for back, one in earlier if back), default=(0, None))[1]


def _others(path: Path) -> list[tuple[Path, _Dated]]:
    with suppress(OSError):
        sheets = [one for one in path.parent.iterdir() if is_sheet(one) and one.name != path.name]
        return [(one, dated) for one in sheets if (dated := _dated(one.stem))]
    return []


def _dated(stem: str) -> _Dated | None:
    if found := _NUMBERED.search(stem):
        year, month = found["year"] or found["year2"], found["month"] or found["month2"]
        return _Dated(_rest(stem, found), int(year), int(month))
    if found := _NAMED.search(stem):
        return _Dated(_rest(stem, found), int(found["year"] or 0), MONTHS[found["name"].casefold()])
    return None


def _rest(stem: str, found: re.Match[str]) -> str:
    return f"{stem[: found.start()]}\0{stem[found.end() :]}".casefold()


def _back(own: _Dated, other: _Dated) -> int:
    """How many months earlier the other one is; 0 if it is not earlier."""
    if own.year and other.year:
        return max(0, (own.year - other.year) * 12 + own.month - other.month)
    return (own.month - other.month) % 12

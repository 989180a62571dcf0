"""What the names in a folder say: which file is meant, which is a sheet, and which is open elsewhere."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from bulk_topup.core.columns import SHEET_SUFFIXES

if TYPE_CHECKING:
    from pathlib import Path

LOCK_PREFIX = "~$"
"""What Excel puts before the name of a workbook while it is open, for a small file beside it."""

_SHEETS = frozenset(SHEET_SUFFIXES) - {".xml", ".txt"}
"""Those two mostly end the names of other files."""
_OURS = (".results", ".sandbox")
"""Of the names of files that this program wrote."""
_LIKE = 0.75


def open_elsewhere(path: Path) -> bool:
    """Whether Excel or LibreOffice has the sheet open now, by the mark that either leaves beside it."""
    marks = (f"{LOCK_PREFIX}{path.name}", f".~lock.{path.name}#")
    with suppress(OSError):
        return any((path.parent / mark).exists() for mark in marks)
    return False


def near_sheet(path: Path) -> str:
    """The sheet in the same folder that a name without its ending, or with a slip in it, may mean; "" where
    there is none."""
    with suppress(OSError):
        names = [one.name for one in path.parent.iterdir() if is_sheet(one)]
        return next(
            (name for name in sorted(names) if _stem(name) == path.name.casefold()), _like(path, names)
        )
    return ""


def is_sheet(path: Path) -> bool:
    ours = any(mark in path.name for mark in _OURS)
    return path.suffix.casefold() in _SHEETS and not path.name.startswith((LOCK_PREFIX, ".")) and not ours


def _stem(name: str) -> str:
    return name.rpartition(".")[0].casefold()


def _like(path: Path, names: list[str]) -> str:
    from difflib import get_close_matches  # here, as nearly every sheet is there

    folded = {name.casefold(): name for name in names}
    found = get_close_matches(path.name.casefold(), folded, n=1, cutoff=_LIKE)
    return folded[found[0]] if found else ""

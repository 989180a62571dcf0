"""What tabs and rows are called where several tabs are one sheet.

Each row then has a number that no row of another tab has; people read its tab and its own number there.
"""

from __future__ import annotations

from collections.abc import Sequence

TAB_ROWS = 10_000_000
"""With several tabs in one sheet, a row's number is its tab's position times this, plus its own there."""

ALL = "all"
"""Instead of a tab's name: every visible tab that holds people."""

SEVERAL = " + "
"""Between the names of the tabs that are one batch."""


def row_name(row: int, tabs: Sequence[str]) -> str:
    """What people call a row: `12`, or `Jakarta 12` where these tabs are one sheet."""
    tab, number = divmod(row, TAB_ROWS)
    if not tab:
        return str(row)
    return f"{tabs[tab - 1]} {number}" if tab <= len(tabs) else f"{number}, tab {tab}"


def row_called(tab: str, number: int, tabs: Sequence[str]) -> int | None:
    """The row with this number in this tab; None for a tab that is not among them."""
    folded = [" ".join(name.split()).casefold() for name in tabs]
    wanted = " ".join(tab.split()).casefold()
    return (folded.index(wanted) + 1) * TAB_ROWS + number if folded.count(wanted) == 1 else None

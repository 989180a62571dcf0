"""How a file shows that it is a sheet, the columns of it that we use, and how a user names them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bulk_topup.core import results_columns

SHEET_SUFFIXES = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".fods", ".csv", ".html", ".htm", ".xml", ".txt")
"""By the name, where nobody looks inside; how a file is read, its content decides."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Positions (from 0) of the columns that we use; the others are passed through unchanged.

    Without a product column there is a nominal column.
    """

    number: int
    product: int | None
    nominal: int | None = None
    itrx: int | None = None
    name: int | None = None
    group: int | None = None
    operator: int | None = None
    results: int | None = None
    """Where the complete block of results columns starts, if the sheet is a results file."""
    results_width: int = len(results_columns.RESULT_COLUMNS)
    unread: tuple[int, ...] = ()
    """Columns that look like rupiah but are not used."""

    @property
    def asked(self) -> int:
        """The column that says what a row asks for: the product, or without one the nominal."""
        at = self.nominal if self.product is None else self.product
        if at is None:
            raise AssertionError("neither product nor nominal")
        return at

    @property
    def deciding(self) -> frozenset[int]:
        """The columns that decide who gets what."""
        ours = (self.number, self.product, self.nominal, self.itrx, self.operator)
        return frozenset(at for at in ours if at is not None)

    @property
    def fed_back(self) -> Mapping[str, int]:
        """The positions of the results columns by name; empty unless the sheet is a results file."""
        return results_columns.fed_back(self.results, self.results_width)


@dataclass(frozen=True, slots=True)
class Named:
    """Columns named by option: a header's text, or an Excel letter."""

    number: str | None = None
    product: str | None = None
    nominal: str | None = None
    name: str | None = None
    group: str | None = None


def letter(position: int) -> str:
    """The column's letter in Excel: 0 -> A, 26 -> AA."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters

"""A sheet's rows, with the meaning of each cell that we use; column by column, so that a full sheet takes
seconds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypedDict

import pandas as pd

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import SHOWN_CHARACTERS, OddCell, Oddity, Packed, PriceList, Sheet, letter
from bulk_topup.rules import amounts, numbers, products
from bulk_topup.rules.not_people import rows_for_nobody

UNSTATED, UNCLEAR = -1, -2
"""Instead of a row's own nominal: there is none, or it is not an unambiguous amount."""

NOTHING_STATED = frozenset({UNSTATED, 0})

COUNT = re.compile(r"[1-9][0-9]?")


@dataclass(frozen=True, eq=False)
class Rows:
    """The sheet's rows with what each cell of ours means. Every column shares the sheet's row index.

    table columns: `number` ("" where it is not one), `product` (as the price list spells it, "" where
    unknown), `nominal`, `price` (rupiah, 0 where unknown), `operator` (categorical), `stated` (the sheet's
    own nominal, or UNCLEAR or UNSTATED), `itrx` (1 where not stated), `itrx_stated` (bool). `listed` are all
    codes of the price list. `nobody` are the rows that are no person's, with the code of their only finding.
    `choices` are the products that `choice.with_products` chose; then the table has its column, too.
    """

    sheet: Sheet
    table: pd.DataFrame
    number_problems: Mapping[int, numbers.Problem]
    listed: frozenset[str]
    nobody: Mapping[int, str] = field(default_factory=dict)
    choices: Sequence[products.Choice] = ()

    @cached_property
    def repeat_numbers(self) -> bool:
        """Whether two rows have the same number: takes half the time of finding out which."""
        numbers = self.table["number"].tolist()
        return len({*numbers, ""}) <= len(numbers) - numbers.count("")

    def raw(self, position: int | None, among: pd.Series[bool] | None = None) -> pd.Series[str]:
        """A column of the sheet verbatim, without outer blanks; or only its rows `among`."""
        if position is None:
            index = self.sheet.cells.index
            return pd.Series("", index=index if among is None else index[among], dtype="str")
        cells = self.sheet.cells[position]
        cells = cells if among is None else cells[among]
        if isinstance(cells.array, Packed):
            cells = pd.Series(cells.tolist(), index=cells.index, dtype="str")
        return cells.str.strip()

    def person(self, row: int) -> str:
        """The name beside the row, "" where the sheet has none."""
        position = self.sheet.columns.name
        if position is None or row not in self.sheet.cells.index:
            return ""
        return " ".join(str(self.sheet.cells.at[row, position]).split())[:SHOWN_CHARACTERS]

    def among(self, chosen: Any) -> Rows:
        """Some of the rows; `chosen` says for each in turn whether to keep it."""
        if chosen.all():
            return self
        cells = self.sheet.cells[chosen]
        rows = frozenset(cells.index.tolist())
        odd = {(row, at): cell for (row, at), cell in self.sheet.odd.items() if row in rows}
        comments = {(row, at): text for (row, at), text in self.sheet.comments.items() if row in rows}
        return Rows(
            replace(self.sheet, cells=cells, odd=odd, comments=comments),
            self.table[chosen],
            {row: problem for row, problem in self.number_problems.items() if row in rows},
            self.listed,
            {row: code for row, code in self.nobody.items() if row in rows},
            self.choices,
        )

    def column_name(self, position: int) -> str:
        return column_name(self.sheet, position)


def column_name(sheet: Sheet, position: int) -> str:
    """`C (No HP)`: the column as a person finds it in the spreadsheet program."""
    name = sheet.header[position].strip()
    if sheet.tabs:  # The column may be in a different place in each of them.
        return name
    return f"{letter(position)} ({name})" if name else letter(position)


def understand(sheet: Sheet, prices: PriceList) -> Rows:
    """What each row says, in terms of the price list and the numbering plan. Judges nothing yet."""
    cells, columns = sheet.cells, sheet.columns
    national, problems = numbers.normalise_column(cells[columns.number].tolist())
    table = pd.DataFrame({"number": pd.Series(national, index=cells.index, dtype="str")})
    doubtful = [row for (row, at), cell in sheet.odd.items() if at == columns.number and in_doubt(cell)]
    if doubtful:
        table.loc[doubtful, "number"] = ""
    _add_product(table, sheet, prices)
    _add_stated(table, sheet)
    _add_itrx(table, sheet)
    by_row = {int(cells.index[at]): problem for at, problem in problems.items()}
    unnumbered = sorted({*by_row, *doubtful})
    ordered = table.loc[unnumbered, "product"].tolist()
    bare = [row for row, product in zip(unnumbered, ordered, strict=True) if not product]
    return Rows(sheet, table, by_row, frozenset(prices), rows_for_nobody(sheet, bare))


def in_doubt(cell: OddCell) -> bool:
    """Whether an odd cell of the number column could mean another number, or none."""
    if cell.kind is not Oddity.TWO_READINGS:
        return True
    shown, stored = numbers.normalise(cell.shown), numbers.normalise(cell.stored)
    return not isinstance(shown, numbers.Number) or shown != stored


def assert_header(sheet: Sheet) -> None:
    """Raises InputError where the header is a person's row: the first one would never be paid."""
    name = sheet.header[sheet.columns.number]
    if isinstance(numbers.normalise(name), numbers.Number):
        raise InputError("sheet.no_header", file=sheet.path.name, number=name)


def _add_product(table: pd.DataFrame, sheet: Sheet, prices: PriceList) -> None:
    at = sheet.columns.product
    stated = pd.Series("", index=sheet.cells.index, dtype="str") if at is None else sheet.cells[at]
    which, codes = pd.factorize(stated)
    find = products.finder(prices)
    found = [find(code.strip()) for code in codes]
    table["product"] = _spread([product.code if product else "" for product in found], which, table)
    table["nominal"] = _spread([product.nominal if product else 0 for product in found], which, table)
    table["price"] = _spread([(product.price or 0) if product else 0 for product in found], which, table)
    operators = pd.Series([product.operator if product else "" for product in found], dtype="category")
    table["operator"] = operators.take(which).set_axis(table.index)


def _add_stated(table: pd.DataFrame, sheet: Sheet) -> None:
    if sheet.columns.nominal is None:
        table["stated"] = UNSTATED
        return
    which, texts = pd.factorize(sheet.cells[sheet.columns.nominal])
    table["stated"] = _spread([_stated(text.strip(), sheet.unit or 1) for text in texts], which, table)


def _stated(text: str, unit: int) -> int:
    """`unit` is what a small amount is counted in, since 50 can be 50 thousand; a large one is in rupiah."""
    found = amounts.readings(text)
    if len(found) != 1 or found[0] > amounts.MOST:
        return UNCLEAR if text else UNSTATED
    return found[0] * unit if found[0] < amounts.LEAST else found[0]


class SmallAmount(TypedDict):
    """An amount such as 50, and the name of its column."""

    column: str
    first: int


def small_amount(sheet: Sheet) -> SmallAmount | None:
    """The first amount of a column, if all amounts next to a phone number are small; else None."""
    position = sheet.columns.nominal
    if position is None:
        return None
    which, texts = pd.factorize(sheet.cells[position])
    stated = _spread([_stated(text.strip(), 1) for text in texts], which, sheet.cells)
    if not ((stated > 0) & (stated < amounts.LEAST)).any():
        return None  # The usual case, without looking at a million numbers.
    national, _ = numbers.normalise_column(sheet.cells[sheet.columns.number].tolist())
    beside = [
        amount for amount, number in zip(stated.tolist(), national, strict=True) if number and amount > 0
    ]
    if not amounts.are_bare(beside):
        return None
    return SmallAmount(column=column_name(sheet, position), first=beside[0])


def _add_itrx(table: pd.DataFrame, sheet: Sheet) -> None:
    if sheet.columns.itrx is None:
        table["itrx"], table["itrx_stated"] = 1, False
        return
    which, texts = pd.factorize(sheet.cells[sheet.columns.itrx])
    stated = [text.strip() for text in texts]
    counts = [int(text) if COUNT.fullmatch(text) else 1 for text in stated]
    table["itrx"] = _spread(counts, which, table)
    table["itrx_stated"] = _spread([text != "" for text in stated], which, table)


def _spread(values: Sequence[str] | Sequence[int], which: Any, table: pd.DataFrame) -> pd.Series[Any]:
    """Applies what each distinct text means to every row of the table that has it; `which` is by row."""
    kind = {str: "str", int: "int64", bool: "bool"}[type(values[0])] if values else "str"
    return pd.Series(values, dtype=kind).take(which).set_axis(table.index)

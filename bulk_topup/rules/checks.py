"""Rows x price list -> findings. Pure, and column by column, so that a full sheet costs seconds.

A new check is one function and one entry in `CHECKS`.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import Finding, Level, OddCell, Oddity, Packed, PriceList, Product, Sheet, letter
from bulk_topup.provider import price_list
from bulk_topup.rules import numbers, operators
from bulk_topup.rules.not_people import EXAMPLE_MARK, EXAMPLE_NUMBERS, rows_for_nobody

SUGGESTED_MOST = 500
"""So many distinct wrong codes get suggestions, which cost time; where more are wrong, the column is."""

_MONEY = re.compile(r"(?:rp\.?\s*)?([0-9]+|[0-9]{1,3}(?:[.,][0-9]{3})+)(?:[.,]00|,-)?", re.IGNORECASE)
_COUNT = re.compile(r"[1-9][0-9]?")

_RESULT_PAID = frozenset({"yes", "ask provider"})
_RESULT_STATUS_SENT = frozenset({"sukses", "pending", "accepted", "unknown", "duplicate"})


@dataclass(frozen=True, eq=False)
class Rows:
    """The sheet's rows with what each cell of ours means. Every column shares the sheet's row index.

    table columns: `number` ("" where it is not one), `product` (as the price list spells it, "" where
    unknown), `nominal`, `price` (rupiah, 0 where unknown), `operator` (categorical), `itrx` (1 where not
    stated), `itrx_stated` (bool). `listed` are all codes of the price list. `nobody` are the rows that are no
    person's, with the code of their only finding.
    """

    sheet: Sheet
    table: pd.DataFrame
    number_problems: Mapping[int, numbers.Problem]
    listed: frozenset[str]
    nobody: Mapping[int, str] = field(default_factory=dict)

    @cached_property
    def repeat_numbers(self) -> bool:
        """Whether two rows have one number: told in half the time that it takes to say which."""
        numbers = self.table["number"].tolist()
        return len({*numbers, ""}) <= len(numbers) - numbers.count("")

    def raw(self, position: int | None, among: pd.Series[bool] | None = None) -> pd.Series[str]:
        """A column of the sheet as it stands, blanks around the text aside; or `among` its rows."""
        if position is None:
            index = self.sheet.cells.index
            return pd.Series("", index=index if among is None else index[among], dtype="str")
        cells = self.sheet.cells[position]
        return (cells if among is None else cells[among]).str.strip()

    def among(self, chosen: Any) -> Rows:
        """Some of the rows; `chosen` says of each in turn whether it is one of them."""
        if chosen.all():
            return self
        cells = self.sheet.cells[chosen]
        rows = frozenset(cells.index.tolist())
        odd = {(row, at): cell for (row, at), cell in self.sheet.odd.items() if row in rows}
        return Rows(
            replace(self.sheet, cells=cells, odd=odd),
            self.table[chosen],
            {row: problem for row, problem in self.number_problems.items() if row in rows},
            self.listed,
            {row: code for row, code in self.nobody.items() if row in rows},
        )

    def column_name(self, position: int) -> str:
        """`C (No HP)`: the column as a person finds it in the spreadsheet program."""
        name = self.sheet.header[position].strip()
        return f"{letter(position)} ({name})" if name else letter(position)


Check = Callable[[Rows, PriceList], Iterator[Finding]]


def understand(sheet: Sheet, prices: PriceList) -> Rows:
    """What each row says, in the price list's and the numbering plan's terms. Judges nothing yet."""
    cells, columns = sheet.cells, sheet.columns
    national, problems = numbers.normalise_column(cells[columns.number].tolist())
    table = pd.DataFrame({"number": pd.Series(national, index=cells.index, dtype="str")})
    doubtful = [row for (row, at), cell in sheet.odd.items() if at == columns.number and _in_doubt(cell)]
    if doubtful:
        table.loc[doubtful, "number"] = ""
    _add_product(table, sheet, prices)
    _add_itrx(table, sheet)
    by_row = {int(cells.index[at]): problem for at, problem in problems.items()}
    unnumbered = sorted({*by_row, *doubtful})
    products = table.loc[unnumbered, "product"].tolist()
    bare = [row for row, product in zip(unnumbered, products, strict=True) if not product]
    return Rows(sheet, table, by_row, frozenset(prices), rows_for_nobody(sheet, bare))


def _in_doubt(cell: OddCell) -> bool:
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
    found = [find_product(code.strip(), prices) for code in codes]
    table["product"] = _spread([product.code if product else "" for product in found], which, table)
    table["nominal"] = _spread([product.nominal if product else 0 for product in found], which, table)
    table["price"] = _spread([(product.price or 0) if product else 0 for product in found], which, table)
    operators = pd.Series([product.operator if product else "" for product in found], dtype="category")
    table["operator"] = operators.take(which).set_axis(table.index)


def _add_itrx(table: pd.DataFrame, sheet: Sheet) -> None:
    if sheet.columns.itrx is None:
        table["itrx"], table["itrx_stated"] = 1, False
        return
    which, texts = pd.factorize(sheet.cells[sheet.columns.itrx])
    stated = [text.strip() for text in texts]
    counts = [int(text) if _COUNT.fullmatch(text) else 1 for text in stated]
    table["itrx"] = _spread(counts, which, table)
    table["itrx_stated"] = _spread([text != "" for text in stated], which, table)


def _spread(values: Sequence[str] | Sequence[int], which: Any, table: pd.DataFrame) -> pd.Series[Any]:
    """What each distinct text means, at every row of the table that has it; `which` is by row."""
    kind = {str: "str", int: "int64", bool: "bool"}[type(values[0])] if values else "str"
    return pd.Series(values, dtype=kind).take(which).set_axis(table.index)


def find_product(text: str, prices: PriceList) -> Product | None:
    """The product of that code: exactly as spelled, else the only one that differs in case alone."""
    exact = prices.get(text)
    if exact is not None or not text:
        return exact
    folded = [product for code, product in prices.items() if code.casefold() == text.casefold()]
    return folded[0] if len(folded) == 1 else None


def findings(rows: Rows, prices: PriceList) -> list[Finding]:
    """Everything that any check has to say, in the sheet's order."""
    found = (each for check in CHECKS for each in check(rows, prices) if _counts(each, rows))
    return sorted(found, key=lambda each: each.row)


def _counts(found: Finding, rows: Rows) -> bool:
    """Of a row for nobody, no cell is asked to be filled in or corrected."""
    is_of_a_cell = found.code.startswith(("cell.", "number.", "product.", "nominal.", "itrx."))
    return found.row not in rows.nobody or not is_of_a_cell


# -- the checks --------------------------------------------------------------------------------------------


def number_is_mobile(rows: Rows, _prices: PriceList) -> Iterator[Finding]:
    column = rows.column_name(rows.sheet.columns.number)
    for row, problem in rows.number_problems.items():
        if (row, rows.sheet.columns.number) not in rows.sheet.odd:
            yield _error(
                row, problem.code, column, rows.sheet.cells.at[row, rows.sheet.columns.number], problem.facts
            )


def cells_are_text(rows: Rows, _prices: PriceList) -> Iterator[Finding]:
    columns = rows.sheet.columns
    ours = {columns.number, columns.product, columns.nominal, columns.itrx} - {None}
    for (row, position), cell in rows.sheet.odd.items():
        if position in ours and (position != columns.number or _in_doubt(cell)):
            code = "number.lost_digits" if cell.kind is Oddity.LOST_DIGITS else f"cell.{cell.kind}"
            yield _error(row, code, rows.column_name(position), cell.shown, {"stored": cell.stored})


def product_exists(rows: Rows, prices: PriceList) -> Iterator[Finding]:
    position = rows.sheet.columns.product
    if position is None:
        yield from _no_product_column(rows)
        return
    column = rows.column_name(position)
    near: dict[str, str] = {}
    alphabet = frozenset("".join(prices))
    for row, text in rows.raw(position, rows.table["product"] == "").items():
        if (row, position) in rows.sheet.odd:
            continue
        if unseen := _unseen(text):
            yield _error(row, "product.invisible", column, text, unseen)
            continue
        if not any(map(str.isalnum, text)):
            yield _error(row, "product.missing", column, text)
            continue
        if text not in near:
            near[text] = ", ".join(near_codes(text, list(prices))) if len(near) < SUGGESTED_MOST else ""
        if foreign := _foreign(text, alphabet):
            code = "product.foreign_near" if near[text] else "product.foreign"
        else:
            code = "product.unknown_near" if near[text] else "product.unknown"
        yield _error(row, code, column, text, {"near": near[text], "characters": foreign})


def _no_product_column(rows: Rows) -> Iterator[Finding]:
    position = rows.sheet.columns.asked
    for row, text in rows.raw(position, rows.table["product"] == "").items():
        yield _error(row, "product.no_column", rows.column_name(position), text)


def _unseen(text: str) -> dict[str, str]:
    """Facts about the characters of a text that nobody sees, as a trailing Ctrl-Z; none where it has none."""
    unseen = [] if text.isascii() and text.isprintable() else list(filter(numbers.is_unseen, text))
    unseen = [c for c in unseen if c not in "\t\r\n"]
    if not unseen:
        return {}
    named = " ".join(f"U+{ord(c):04X}" for c in dict.fromkeys(unseen))
    visible = "".join(c for c in text if c not in unseen)
    return {"visible": " ".join(visible.split()), "characters": named}


def _foreign(text: str, alphabet: frozenset[str]) -> str:
    """The characters beyond ASCII that no code has, named: a Cyrillic letter can look like a Latin one."""
    foreign = [] if text.isascii() else [c for c in dict.fromkeys(text) if ord(c) > 127 and c not in alphabet]
    return ", ".join(f"{c} (U+{ord(c):04X} {unicodedata.name(c, '').lower()}".rstrip() + ")" for c in foreign)


def near_codes(text: str, codes: Sequence[str]) -> list[str]:
    """The code that looks like `text`, or at most three that a slip of the finger turns into it."""
    by_upper = {code.upper(): code for code in codes}
    meant = unicodedata.normalize("NFKC", text).upper().translate(_LOOK_ALIKE)
    if meant in by_upper and not text.isascii():
        return [by_upper[meant]]
    return [by_upper[near] for near in difflib.get_close_matches(meant, by_upper, n=3, cutoff=0.7)]


_LOOK_ALIKE = str.maketrans(
    "\u0410\u0412\u0415\u0405\u0406\u0408\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7",
    "ABESIJKMHOPCTYXABEZHIKMNOPTYX",
)
"""Cyrillic and Greek capitals that look like Latin ones, and those."""


def product_can_be_ordered(rows: Rows, prices: PriceList) -> Iterator[Finding]:
    found = {code: price_list.why_not_orderable(product) for code, product in prices.items()}
    obstacles = {
        code: (obstacle.code, {"stated": obstacle.stated})
        for code, obstacle in found.items()
        if obstacle is not None
    }
    column = rows.column_name(rows.sheet.columns.asked)
    products = rows.table["product"]
    for row, product in products[products.isin(obstacles)].items():
        code, facts = obstacles[product]
        yield _error(row, code, column, product, facts)


def nominal_as_stated(rows: Rows, _prices: PriceList) -> Iterator[Finding]:
    position = rows.sheet.columns.nominal
    if position is None:
        return
    which, texts = pd.factorize(rows.sheet.cells[position])
    amounts = [rupiah_of(text.strip()) for text in texts]
    unreadable = [amount is None and text.strip() != "" for text, amount in zip(texts, amounts, strict=True)]
    column = rows.column_name(position)
    for row, text in rows.raw(position, _spread(unreadable, which, rows.table)).items():
        if (row, position) not in rows.sheet.odd:
            yield _error(row, "nominal.unreadable", column, text)
    # No product has a nominal of -1.
    stated = _spread([-1 if amount is None else amount for amount in amounts], which, rows.table)
    differs = (stated != -1) & (rows.table["nominal"] != 0) & (stated != rows.table["nominal"])
    raw = rows.raw(position, differs)
    for row, nominal, product in rows.table.loc[differs, ["nominal", "product"]].itertuples():
        yield _error(row, "nominal.differs", column, raw[row], {"nominal": str(nominal), "product": product})


def rupiah_of(text: str) -> int | None:
    """Whole rupiah from `50000`, `50.000`, `Rp 50,000` or `Rp50.000,00`; None where that is not certain."""
    match = _MONEY.fullmatch(text)
    return int(re.sub(r"[.,]", "", match[1])) if match else None


def row_is_no_example(rows: Rows, _prices: PriceList) -> Iterator[Finding]:
    """The template's example rows, until both name and number are typed over."""
    position = rows.sheet.columns.number
    examples = rows.table["number"].isin(EXAMPLE_NUMBERS)
    first = rows.sheet.cells[0]
    if _holds(first, EXAMPLE_MARK):
        examples |= pd.Series([text.startswith(EXAMPLE_MARK) for text in first], examples.index)
    for row, text in rows.sheet.cells.loc[examples, position].items():
        yield _error(row, "example.row", rows.column_name(position), text)


def _holds(column: pd.Series[str], text: str) -> bool:
    packed = column.array
    return packed.holds(text) if isinstance(packed, Packed) else text in "\0".join(column.tolist())


def row_is_somebodys(rows: Rows, _prices: PriceList) -> Iterator[Finding]:
    position = rows.sheet.columns.number
    for row, code in rows.nobody.items():
        yield _error(row, code, "", str(rows.sheet.cells.at[row, position]).strip())


def hidden_rows(rows: Rows, _prices: PriceList) -> Iterator[Finding]:
    """Rows that nobody sees, which the person chose to leave out: otherwise `hidden` is empty by now."""
    column = rows.column_name(rows.sheet.columns.number)
    shown = rows.sheet.cells[rows.sheet.columns.number]
    for row in sorted(row for row in rows.sheet.hidden if row in shown.index):
        yield _error(row, "hidden.skipped", column, str(shown[row]))


def itrx_is_count(rows: Rows, _prices: PriceList) -> Iterator[Finding]:
    position = rows.sheet.columns.itrx
    if position is None:
        return
    raw = rows.raw(position)
    for row, text in raw[(raw != "") & ~raw.str.fullmatch(_COUNT.pattern)].items():
        if (row, position) not in rows.sheet.odd:
            yield _error(row, "itrx.not_a_count", rows.column_name(position), text)


def already_in_results(rows: Rows, _prices: PriceList) -> Iterator[Finding]:
    """A results file fed back in: what it calls paid or open is not sent again."""
    columns = rows.sheet.columns.fed_back
    if not columns:
        return
    paid, status = (rows.raw(columns[name]).str.lower() for name in ("paid", "status"))
    invoices = rows.raw(columns["invoice"])
    said = status.where(status.isin(_RESULT_STATUS_SENT), paid.where(paid.isin(_RESULT_PAID), ""))
    for row, text in said[said != ""].items():
        invoice = str(invoices[int(str(row))])
        code = "duplicate.results_invoice" if invoice else "duplicate.results"
        yield _error(row, code, rows.column_name(columns["status"]), text, {"invoice": invoice})


def operator_matches_prefix(rows: Rows, _prices: PriceList) -> Iterator[Finding]:
    table = rows.table
    by_operator, listed = pd.factorize(table["operator"])
    pairs = pd.Series(_prefixes(table["number"]) * len(listed) + by_operator, index=table.index)
    different = pairs.drop_duplicates()
    having = table.loc[different.index, ["number", "operator"]].itertuples(index=False)
    odd = [pair for pair, each in zip(different, having, strict=True) if _is_foreign_pair(*map(str, each))]
    column = rows.column_name(rows.sheet.columns.number)
    foreign = table.loc[pairs.isin(odd), ["number", "product", "operator"]]
    for row, *texts in foreign.itertuples():
        number, product, operator = map(str, texts)
        facts = {"product": product, "operator": operator, "own": str(operators.operator_of(number))}
        yield Finding(int(row), Level.WARNING, "operator.differs", column, number, facts)


def _prefixes(national: pd.Series[str]) -> Any:
    """A number for each that tells its first four digits from others."""
    return np.array(national.tolist(), dtype="S4").view(np.uint32).astype(np.int64)


def _is_foreign_pair(number: str, operator: str) -> bool:
    own = operators.operator_of(number)
    return own is not None and operator != "" and not operators.same_operator(own, operator)


CHECKS: tuple[Check, ...] = (
    row_is_no_example,
    row_is_somebodys,
    cells_are_text,
    number_is_mobile,
    product_exists,
    product_can_be_ordered,
    nominal_as_stated,
    itrx_is_count,
    hidden_rows,
    already_in_results,
    operator_matches_prefix,
)


def _error(
    row: object, code: str, column: str, value: object, facts: Mapping[str, str] | None = None
) -> Finding:
    return Finding(int(str(row)), Level.ERROR, code, column, str(value), facts or {})

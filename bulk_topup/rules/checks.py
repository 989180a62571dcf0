"""Finds problems in rows, given the price list. Pure, and column by column, so that a full sheet takes
seconds.

A new check is one function and one entry in `CHECKS`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from bulk_topup.core.model import Finding, Level, Oddity, Packed, PriceList, letter
from bulk_topup.core.row_names import TAB_ROWS
from bulk_topup.core.status import Paid, Status
from bulk_topup.provider import price_list
from bulk_topup.rules import amounts, contradictions, numbers, operators, products
from bulk_topup.rules.not_people import EXAMPLE_MARK, EXAMPLE_NUMBERS
from bulk_topup.rules.rows import COUNT, NOTHING_STATED, UNCLEAR, Rows, in_doubt

SUGGESTED_MOST = 500
"""At most this many distinct wrong codes get suggestions, which are slow; if more are wrong, the column
is.
"""

_RESULT_PAID = frozenset(map(str, (Paid.YES, Paid.ASK)))
_RESULT_STATUS_SENT = frozenset(
    str(status) for status in Status if status.paid is not Paid.NO or status is Status.DUPLICATE
)

Check = Callable[[Rows, PriceList], Iterator[Finding]]


def findings(rows: Rows, prices: PriceList) -> list[Finding]:
    """The findings of all checks, in the sheet's order."""
    found = (each for check in CHECKS for each in check(rows, prices) if _counts(each, rows))
    return sorted(found, key=lambda each: each.row)


def _counts(found: Finding, rows: Rows) -> bool:
    """Whether a finding counts: in a row that is not a person, no cell needs filling in or correcting."""
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
        counts = position in ours or cell.kind is Oddity.STRUCK
        if counts and (position != columns.number or in_doubt(cell)):
            code = "number.lost_digits" if cell.kind is Oddity.LOST_DIGITS else f"cell.{cell.kind}"
            yield _error(row, code, rows.column_name(position), cell.shown, {"stored": cell.stored})


def product_exists(rows: Rows, prices: PriceList) -> Iterator[Finding]:
    position = rows.sheet.columns.product
    if position is None:
        yield from _no_product_column(rows)
        return
    column = rows.column_name(position)
    near: dict[tuple[str, tuple[str, ...], int], str] = {}
    alphabet = frozenset("".join(prices))
    for row, text in rows.raw(position, _names_none(rows)).items():
        if (row, position) in rows.sheet.odd:
            continue
        if unseen := _unseen(text):
            yield _error(row, "product.invisible", column, text, unseen)
            continue
        if not any(map(str.isalnum, text)):
            if rows.table.at[row, "stated"] in NOTHING_STATED:
                yield _error(row, "product.missing", column, text)
            continue
        if rows.sheet.columns.nominal is None and _is_amount(text):
            named = column if rows.sheet.tabs else letter(position)
            yield _error(row, "product.is_amount", column, text, {"letter": named})
            continue
        number, stated = str(rows.table.at[row, "number"]), int(str(rows.table.at[row, "stated"]))
        kind = text, operators.owners_of(number), stated
        if kind not in near:
            few = len(near) < SUGGESTED_MOST
            near[kind] = ", ".join(products.near_codes(text, prices, kind[1], stated)) if few else ""
        if foreign := _foreign(text, alphabet):
            code = "product.foreign_near" if near[kind] else "product.foreign"
        else:
            code = "product.unknown_near" if near[kind] else "product.unknown"
        yield _error(row, code, column, text, {"near": near[kind], "characters": foreign})


def _is_amount(text: str) -> bool:
    found = amounts.readings(text)
    return len(found) == 1 and found[0] >= amounts.LEAST


def _no_product_column(rows: Rows) -> Iterator[Finding]:
    position = rows.sheet.columns.asked
    for row, text in rows.raw(position, rows.table["stated"].isin(NOTHING_STATED)).items():
        if (row, position) not in rows.sheet.odd:
            yield _error(row, "nominal.missing", rows.column_name(position), text)


def _names_none(rows: Rows) -> pd.Series[bool]:
    """The rows without a product, except those for which one was to be chosen."""
    without = rows.table["product"] == ""
    return without & (rows.table["choice"] < 0) if rows.choices else without


def product_is_chosen(rows: Rows, _prices: PriceList) -> Iterator[Finding]:
    """Where the sheet states a nominal instead: why no product could be chosen."""
    if not rows.choices:
        return
    table, choices = rows.table, rows.choices
    column = rows.column_name(rows.sheet.columns.number)
    without = table.loc[table["choice"].isin([n for n, one in enumerate(choices) if not one.product])]
    for row, number, nth in without[["number", "choice"]].itertuples():
        yield _error(row, choices[nth].code, column, number, choices[nth].facts)
    kept = table.loc[(table["choice"] == products.KEPT) & ~table["product"].isin(rows.listed), "product"]
    for row, product in kept.items():
        yield _error(row, "product.unknown", column, product)


def _unseen(text: str) -> dict[str, str]:
    """Facts about the invisible characters of a text, such as a trailing Ctrl-Z; None if it has none."""
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


def product_can_be_ordered(rows: Rows, prices: PriceList) -> Iterator[Finding]:
    found = {code: price_list.why_not_orderable(product) for code, product in prices.items()}
    obstacles = {
        code: (obstacle.code, {"stated": obstacle.stated})
        for code, obstacle in found.items()
        if obstacle is not None
    }
    column = rows.column_name(rows.sheet.columns.asked)
    ordered = rows.table["product"]
    for row, product in ordered[ordered.isin(obstacles)].items():
        code, facts = obstacles[product]
        yield _error(row, code, column, product, facts)


def nominal_as_stated(rows: Rows, _prices: PriceList) -> Iterator[Finding]:
    position = rows.sheet.columns.nominal
    if position is None:
        return
    column, table = rows.column_name(position), rows.table
    for row, text in rows.raw(position, table["stated"] == UNCLEAR).items():
        if (row, position) not in rows.sheet.odd:
            yield _unclear_amount(row, column, text)
    bare = _is_bare(rows)
    for row, text in rows.raw(position, bare).items():
        yield _error(row, "nominal.bare", column, text, {"meant": str(amounts.readings(text)[0] * 1_000)})
    differs = (table["stated"] >= 0) & (table["nominal"] != 0) & (table["stated"] != table["nominal"]) & ~bare
    raw = rows.raw(position, differs)
    for row, nominal, product in table.loc[differs, ["nominal", "product"]].itertuples():
        yield _error(row, "nominal.differs", column, raw[row], {"nominal": str(nominal), "product": product})


def _is_bare(rows: Rows) -> pd.Series[bool]:
    """Where 50 may mean 50 thousand, unless a person has decided."""
    stated = rows.table["stated"]
    is_small = (stated > 0) & (stated < amounts.LEAST) & (stated != rows.table["nominal"])
    return is_small & (rows.sheet.unit is None)


def _unclear_amount(row: object, column: str, text: str) -> Finding:
    match amounts.readings(text):
        case [one, other]:
            return _error(row, "nominal.two_readings", column, text, {"one": str(one), "other": str(other)})
        case _:
            return _error(row, "nominal.unreadable", column, text)


def row_is_no_example(rows: Rows, _prices: PriceList) -> Iterator[Finding]:
    """The template's example rows, until both name and number are replaced."""
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
    """Hidden rows that the person chose to leave out; if they are to be paid, `hidden` is empty by now."""
    column = rows.column_name(rows.sheet.columns.number)
    shown = rows.sheet.cells[rows.sheet.columns.number]
    for row in sorted(row for row in rows.sheet.hidden if row in shown.index):
        yield _error(row, "hidden.skipped", column, str(shown[row]))


def itrx_is_count(rows: Rows, _prices: PriceList) -> Iterator[Finding]:
    position = rows.sheet.columns.itrx
    if position is None:
        return
    raw = rows.raw(position)
    for row, text in raw[(raw != "") & ~raw.str.fullmatch(COUNT.pattern)].items():
        if (row, position) not in rows.sheet.odd:
            yield _error(row, "itrx.not_a_count", rows.column_name(position), text)


def already_in_results(rows: Rows, _prices: PriceList) -> Iterator[Finding]:
    """In a results file that is fed back in, rows that it calls paid or open are not sent again."""
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
    is_foreign = _where(table["number"], table["operator"], _is_foreign_pair)
    column = rows.column_name(rows.sheet.columns.number)
    for row, *texts in table.loc[is_foreign, ["number", "product", "operator"]].itertuples():
        number, product, operator = map(str, texts)
        facts = {"product": product, "operator": operator, "own": str(operators.operator_of(number))}
        yield _error(row, "operator.differs", column, number, facts)


def provider_agrees(rows: Rows, _prices: PriceList) -> Iterator[Finding]:
    """Checks the operator that the sheet names. If the product was chosen, it was checked already."""
    position, table = rows.sheet.columns.operator, rows.table
    if position is None:
        return
    said = rows.raw(position)
    contradicts = _where(table["number"], said, _contradicts)
    if rows.choices:
        contradicts &= table["choice"] < 0
    column = rows.column_name(rows.sheet.columns.number)
    for row, number in table.loc[contradicts, "number"].items():
        named = operators.named_in(said[int(str(row))])
        facts = {"own": str(operators.operator_of(number)), "named": " / ".join(sorted(named))}
        yield _error(row, "operator.contradicts", column, number, facts)


def _where(
    national: pd.Series[str], texts: pd.Series[Any], is_odd: Callable[[str, str], bool]
) -> pd.Series[bool]:
    """The rows whose number and text are odd together; each text is looked at once with each prefix."""
    which, known = pd.factorize(texts)
    prefixes = np.array(national.tolist(), dtype="S4").view(np.uint32).astype(np.int64)
    pairs = pd.Series(prefixes * len(known) + which, index=national.index)
    different = pairs.drop_duplicates()
    having = zip(different, national[different.index], different % len(known), strict=True)
    return pairs.isin([pair for pair, number, nth in having if is_odd(number, str(known[nth]))])


def _contradicts(number: str, said: str) -> bool:
    named, owners = operators.named_in(said), operators.owners_of(number)
    return bool(named and owners) and named.isdisjoint(owners)


def one_name_a_number(rows: Rows, _prices: PriceList) -> Iterator[Finding]:
    """The same number under two names: a typo, or a person who does not exist."""
    position = rows.sheet.columns.name
    if position is None or not rows.repeat_numbers:
        return
    numbers_ = rows.table["number"]
    is_repeated = numbers_.duplicated(keep=False) & (numbers_ != "")
    repeated, names = numbers_[is_repeated], rows.raw(position, is_repeated)
    folded = names.map(lambda name: "".join(filter(str.isalnum, name.casefold())))
    among = pd.DataFrame({"number": repeated, "name": names, "folded": folded})[folded != ""]
    column = rows.column_name(position)
    for _, alike in among.groupby("number", sort=False):
        if alike["folded"].nunique() < 2:
            continue
        for row, number, name, key in alike.itertuples():
            other = alike[alike["folded"] != key].iloc[0]
            facts = {"number": number, "other": other["name"], "row": str(other.name)}
            yield Finding(int(row), Level.WARNING, "person.two_names", column, name, facts)


def nobody_is_listed_against(rows: Rows, _prices: PriceList) -> Iterator[Finding]:
    """No number also stands below a title that says not to pay."""
    at = rows.sheet.columns.number
    odd = ((row, cell) for (row, position), cell in rows.sheet.odd.items() if position == at)
    against = {row: cell.shown for row, cell in odd if cell.kind is Oddity.AGAINST}
    found = {row: numbers.normalise(text) for row, text in against.items()}
    listed = {one.national: row for row, one in found.items() if isinstance(one, numbers.Number)}
    for row, number in rows.table["number"][rows.table["number"].isin(listed)].items():
        yield _error(row, "number.against", rows.column_name(at), number, {"row": str(listed[number])})


def one_amount_in_all_blocks(rows: Rows, _prices: PriceList) -> Iterator[Finding]:
    """No number has another amount below a repeated header: of a list as requested and as approved, one is
    meant."""
    headers = sorted(row for row, code in rows.nobody.items() if code == "header.row")
    if not headers:
        return
    known = rows.table["nominal"].gt(0) & rows.table["number"].ne("") & ~rows.table["itrx_stated"]
    known &= rows.table["number"].duplicated(keep=False)
    people = rows.table.loc[known, ["number", "nominal"]]
    people = people.assign(tab=people.index // TAB_ROWS, block=np.searchsorted(headers, people.index))
    column = rows.column_name(rows.sheet.columns.asked)
    for _, alike in people.groupby(["tab", "number"], sort=False):
        for row, number, nominal, _, block in alike.itertuples():
            others = alike[(alike["block"] != block) & (alike["nominal"] != nominal)]
            for other in others.index[:1]:
                yield _error(row, "number.in_two_blocks", column, number, {"row": str(other)})


def _is_foreign_pair(number: str, operator: str) -> bool:
    own = operators.operator_of(number)
    return own is not None and operator != "" and not operators.same_operator(own, operator)


CHECKS: tuple[Check, ...] = (
    row_is_no_example,
    row_is_somebodys,
    cells_are_text,
    number_is_mobile,
    product_exists,
    product_is_chosen,
    product_can_be_ordered,
    nominal_as_stated,
    itrx_is_count,
    hidden_rows,
    already_in_results,
    operator_matches_prefix,
    provider_agrees,
    one_name_a_number,
    nobody_is_listed_against,
    one_amount_in_all_blocks,
    contradictions.remark_is_not_against,
    contradictions.no_note_is_against,
    contradictions.no_other_number_is_meant,
    contradictions.answers_are_yes,
    contradictions.one_number_a_name,
    contradictions.others_get_no_pulsa,
    contradictions.remark_names_no_other_amount,
    contradictions.one_topup_is_meant,
    contradictions.one_month_is_meant,
    contradictions.other_amounts_agree,
    contradictions.totals_agree,
    contradictions.nobody_is_below_the_total,
)


def _error(
    row: object, code: str, column: str, value: object, facts: Mapping[str, str] | None = None
) -> Finding:
    return Finding(int(str(row)), Level.ERROR, code, column, str(value), facts or {})

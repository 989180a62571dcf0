"""Chooses products for rows that have none, by the number's operator and the nominal that the sheet
states. Pure.

Works by kind of row: a full sheet has few operators and few nominals.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bulk_topup.rules import amounts
from bulk_topup.rules.operators import named_in, owners_of
from bulk_topup.rules.orders import attempted
from bulk_topup.rules.products import KEPT, UNCHOSEN, Shelf

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bulk_topup.core.model import PriceList
    from bulk_topup.rules.orders import Known
    from bulk_topup.rules.products import Choice, Fixed
    from bulk_topup.rules.rows import Rows


def with_products(rows: Rows, prices: PriceList, known: Known, fixed: Fixed) -> Rows:
    """The rows with a product each, where the sheet names none but states a nominal; the table gets a column
    `choice`: which of `choices` it is, or UNCHOSEN or KEPT.

    What this batch attempted keeps its product, whatever the price list says today.
    """
    if rows.sheet.columns.nominal is None:
        return rows
    asked = np.flatnonzero(_asked(rows))
    if not len(asked):
        return rows
    shelf = Shelf(prices, fixed)
    which, kinds = _kinds(rows, asked)
    choices = [shelf.choose(owners_of(prefix), named_in(said), nominal) for prefix, said, nominal in kinds]
    table = _filled(rows.table, asked, which, choices)
    return replace(rows, table=_kept(table, asked, known, prices), choices=tuple(choices))


_SENT = ["number", "nominal", "product"]


def _asked(rows: Rows) -> Any:
    """By row, whether a product is to be chosen."""
    table, columns = rows.table, rows.sheet.columns
    least = 1 if rows.sheet.unit else amounts.LEAST
    asked = table["product"] == ""
    if not asked.any():
        return asked.to_numpy()
    asked &= (table["number"] != "") & (table["stated"] >= least)
    if columns.product is not None and asked.any():
        said = rows.raw(columns.product, asked)
        asked &= ~asked.index.isin([row for row, text in said.items() if any(map(str.isalnum, text))])
    ours = {columns.product, columns.nominal}
    odd = [row for row, at in rows.sheet.odd if at in ours]
    asked[odd] = False
    return asked.to_numpy()


def _kinds(rows: Rows, asked: Any) -> tuple[Any, list[tuple[str, str, int]]]:
    """The kind of each row; and for each kind the first digits of the number, the operator and the nominal
    that the sheet states.
    """
    table, said = rows.table.iloc[asked], rows.raw(rows.sheet.columns.operator).iloc[asked]
    each = [*zip(table["number"].str[:4], said, table["stated"].tolist(), strict=True)]
    place = {kind: nth for nth, kind in enumerate(dict.fromkeys(each))}
    return np.array([place[kind] for kind in each]), [*place]


def _filled(table: pd.DataFrame, asked: Any, which: Any, choices: Sequence[Choice]) -> pd.DataFrame:
    products = [choice.product for choice in choices]
    named = [product.operator if product else "" for product in products]
    operator: Any = table["operator"].array.copy()
    operator = operator.add_categories([*({*named} - {*operator.categories})])
    new: dict[str, Any] = {
        "product": pd.array([product.code if product else "" for product in products], dtype="str"),
        "nominal": np.array([product.nominal if product else 0 for product in products]),
        "price": np.array([(product.price or 0) if product else 0 for product in products]),
        "operator": pd.Categorical(named, dtype=operator.dtype),
    }
    values: dict[str, Any] = {name: table[name].array.copy() for name in new} | {"operator": operator}
    for name, each in new.items():
        values[name][asked] = each.take(which)
    choice = np.full(len(table), UNCHOSEN)
    choice[asked] = which
    return table.assign(**values, choice=choice)


def _kept(table: pd.DataFrame, asked: Any, known: Known, prices: PriceList) -> pd.DataFrame:
    """The products of orders that were attempted, where today another one, or none, would be chosen."""
    sent = attempted(known)
    if sent.empty:
        return table
    places = table.index.get_indexer(pd.Index(sent["row"]))
    stands = places >= 0
    for name in ("number", "product"):
        stands &= table[name].to_numpy()[places] == sent[name].to_numpy()
    is_free = np.zeros(len(table), dtype=bool)
    is_free[asked] = True
    is_free[places[stands]] = False
    left: dict[tuple[str, int], list[str]] = {}
    for number, nominal, product in sent[~stands].sort_values("itrx")[_SENT].itertuples(index=False):
        left.setdefault((number, nominal), []).append(product)
    near = table.loc[is_free & table["number"].isin(sent["number"][~stands]), ["number", "stated", "product"]]
    kept: list[tuple[int, str, int]] = []
    for row, number, stated, product in near.itertuples():
        of_slot = left.get((number, stated))
        if of_slot and (earlier := of_slot.pop(0)) != product:
            kept.append((row, earlier, stated))
    if not kept:
        return table
    at = [row for row, _, _ in kept]
    listed = [prices.get(code) for _, code, _ in kept]
    table = table.assign(operator=table["operator"].astype("str"))
    table.loc[at, "product"] = [code for _, code, _ in kept]
    table.loc[at, "nominal"] = [nominal for _, _, nominal in kept]
    table.loc[at, "price"] = [(product.price or 0) if product else 0 for product in listed]
    table.loc[at, "operator"] = [product.operator if product else "" for product in listed]
    table.loc[at, "choice"] = KEPT
    return table.assign(operator=table["operator"].astype("category"))

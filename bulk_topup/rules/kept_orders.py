"""Whether a sheet still gives the orders of a kept plan, told without a price list. Pure.

What the plan says of its products counts for no more than that: `run` compares the totals that were signed
with those by the provider's own list.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import Product
from bulk_topup.rules.approval import Document
from bulk_topup.rules.rows import understand

if TYPE_CHECKING:
    import pandas as pd

    from bulk_topup.core.model import PriceList, Sheet

ROWS_NAMED = 5


def orders_given(sheet: Sheet, kept: bytes) -> pd.DataFrame:
    """The plan's orders, with their nominals. Raises InputError where the sheet does not give them."""
    first_line, _, lines = kept.partition(b"\n")
    orders = Document.decode(lines).orders
    try:
        basis = json.loads(first_line)
        prices: PriceList = {
            code: Product(code, operator, "PULSA", int(nominal), 1, ready=True)
            for code, (operator, nominal) in basis["products"].items()
        }
        count = int(basis["rows"])
        nominal = orders["product"].map({code: product.nominal for code, product in prices.items()})
        orders = orders.assign(nominal=nominal.astype("int64"))
    except (KeyError, TypeError, ValueError):
        raise InputError("signed.old_plan") from None
    here = understand(sheet, prices).table.reindex(orders.index)
    same_product = here["product"] == orders["product"]
    chosen = (here["product"].fillna("") == "") & (here["stated"] == orders["nominal"])
    differ = orders.index[~((here["number"] == orders["number"]) & (same_product | chosen))]
    if len(differ):
        raise InputError("signed.other_sheet", rows=", ".join(map(str, differ[:ROWS_NAMED])))
    if count != len(sheet.cells):
        raise InputError("signed.other_rows", now=len(sheet.cells), then=count)
    return orders

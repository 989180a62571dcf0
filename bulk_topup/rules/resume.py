"""Compares this sheet with what is already known: whether it may continue, and which rows must not be
sent.

Pure: what the checkpoint and the ledger know comes in as values. Functions that use pandas import it
themselves, so that callers which only need KEY, such as `status`, do not wait for it.
"""

from __future__ import annotations

import hashlib
from itertools import cycle
from typing import TYPE_CHECKING, Any, Final

from bulk_topup.core.errors import InputError
from bulk_topup.core.status import Status
from bulk_topup.rules.orders import KEY, Known, Wishes, attempted, rows_not_in, spelled_as, statuses

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    import pandas as pd

    from bulk_topup.rules.rows import Rows


LATELY_DAYS: Final = 20
"""People who were paid at most this many days ago are not due again."""


def content_of(rows: Rows) -> str:
    """A fingerprint of what the sheet asks for, independent of row order."""
    columns = rows.sheet.columns
    number = rows.table["number"].copy()
    number[number == ""] = rows.raw(columns.number, number == "")
    product = rows.sheet.cells[columns.asked]
    if columns.product is not None and columns.nominal is not None:
        none = [text for text in product.unique() if not any(map(str.isalnum, text))]
        chosen = product.isin(none) & (rows.table["stated"] > 0)
        product = product.where(~chosen, "=" + rows.table["stated"].astype("str")) if none else product
    ends = {text: f"\t{text.strip().upper()}\t" for text in product.unique()}
    itrx = [""] if columns.itrx is None else rows.raw(columns.itrx).tolist()
    each = zip(number.tolist(), map(ends.__getitem__, product.tolist()), cycle(itrx), strict=False)
    lines = sorted(f"{start}{end}{nth}\n" for start, end, nth in each)
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def must_be_new(known: Known, content: Callable[[], str], today: date, wishes: Wishes) -> bool:
    """Whether this run starts a new batch; the table *a batch and its sheet* of the design.

    `content` is asked for today's fingerprint of the sheet where it decides.

    Raises InputError where only a person can say whether it is the same batch; and for one that began on a
    day still to come, since what other batches paid from its true beginning on can't be told.
    """
    first = known.first_day
    if wishes.new_batch:
        return True
    if known.started is not None and known.started > today and not wishes.same_batch:
        raise InputError("batch.ahead", day=known.started, today=today)
    began = first or known.started
    if began is None or began == today or wishes.same_batch:
        return False
    if (began.year, began.month) != (today.year, today.month):
        raise InputError("batch.earlier_month", day=began)
    if first is not None and content() != known.content:
        raise InputError("batch.changed", day=first)
    return False


def assert_not_finished(known: Known, orders: int, today: date, wishes: Wishes) -> None:
    """Raises InputError on a later day if nothing is left to send and nothing is open."""
    first = known.first_day
    if first is None or first == today or wishes.same_batch or orders:
        return
    if not any(Status(state).is_open for state in known.orders["status"].unique()):
        raise InputError("batch.finished", day=first)


def assert_worth_starting(orders: int) -> None:
    """Raises InputError if a new batch would pay nobody, and only replace the current one's files."""
    if not orders:
        raise InputError("batch.nothing_new")


def at_their_places(rows: Rows, known: Known) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows' table with a column `status`: what this batch's attempt of that row came to, None for none;
    and the attempted orders that no row has yet.

    Each has here which stands where it stood and is the only one to its number, there and here: nearly all of
    a batch that only goes on. A recognised row has its order's `itrx` and `nominal`, whatever the price list
    says today.
    """
    import pandas as pd

    if known.orders.empty:
        return rows.table.assign(status=None), known.orders
    sent = attempted(known).sort_values("itrx")[[*KEY, "nominal", "status", "row"]]
    sent = sent.astype({"status": statuses()})
    none = pd.Series(None, index=rows.table.index, dtype=statuses())
    table = rows.table.assign(product=spelled_as(sent["product"], rows), status=none)
    if table.empty:
        return table, sent
    places = table.index.get_indexer(pd.Index(sent["row"]))
    same = _stand(table, places, sent, is_alone=not rows.repeat_numbers)
    return _with_orders(table, places[same], sent[same]), sent[~same]


def recognise(table: pd.DataFrame, left: pd.DataFrame, wrong: set[int]) -> pd.DataFrame:
    """The table with the orders that were `left`, wherever they stood.

    Rows are recognised by number and product, the n-th copy of a row by the n-th of its attempted orders,
    rows without an error before those in `wrong`.
    """
    if left.empty:
        return table
    found = _recognised(table[table["status"].isna()].drop(columns="status"), left, wrong)
    return _with_orders(table, table.index.get_indexer(found.index), found)


_RECOGNISED = ["itrx", "nominal", "status"]


def _with_orders(table: pd.DataFrame, places: Any, orders: pd.DataFrame) -> pd.DataFrame:
    values = {name: table[name].array.copy() for name in _RECOGNISED}
    for name in _RECOGNISED:
        values[name][places] = orders[name].array
    return table.assign(**values)


def _stand(table: pd.DataFrame, places: Any, sent: pd.DataFrame, *, is_alone: bool) -> Any:
    """Which orders are at their `places` in the table. `is_alone`: no two rows have the same number."""
    here = {name: table[name].to_numpy()[places] for name in [*KEY, "itrx_stated"]}
    there = {name: sent[name].to_numpy() for name in KEY}
    same = (places >= 0) & (there["number"] == here["number"]) & (there["product"] == here["product"])
    same &= ~here["itrx_stated"] | (there["itrx"] == here["itrx"])
    if not is_alone:
        same &= ~sent["number"].isin(table.loc[table["number"].duplicated(), "number"]).to_numpy()
    if not same.all():
        same &= ~sent["number"].isin(sent.loc[~same, "number"]).to_numpy()
    return same & ~sent["row"].duplicated(keep=False).to_numpy()


def _recognised(table: pd.DataFrame, sent: pd.DataFrame, wrong: set[int]) -> pd.DataFrame:
    """The orders by sheet row, wherever they were; the columns are _RECOGNISED."""
    import pandas as pd

    exact = table[table["itrx_stated"]].drop_duplicates(KEY).reset_index(names="own")
    exact = exact.merge(sent, on=KEY, suffixes=("_now", ""))[["own", *_RECOGNISED]]
    unstated = table[~table["itrx_stated"]].reset_index(names="own")
    unstated = unstated.sort_values("own", key=lambda own: own.isin(wrong), kind="stable")
    copies = _nth(unstated).drop(columns=["itrx", "nominal"])
    left = _nth(rows_not_in(sent, table[table["itrx_stated"]], KEY))
    copies = copies.merge(left, on=["number", "product", "nth"])[["own", *_RECOGNISED]]
    return pd.concat([exact, copies]).set_index("own")


def _nth(frame: pd.DataFrame) -> pd.DataFrame:
    """With a column `nth`: how many earlier rows have the same number and product."""
    frame = frame.assign(nth=0)
    repeated = frame[frame["number"].duplicated(keep=False)]
    frame.loc[repeated.index, "nth"] = repeated.groupby(["number", "product"], sort=False).cumcount()
    return frame

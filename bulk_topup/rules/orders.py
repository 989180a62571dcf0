"""What a batch knows about its orders, and what the user asks of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bulk_topup.core.status import Status

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd

    from bulk_topup.rules.rows import Rows

KEY = ["number", "product", "itrx"]
"""What makes two rows, at two times, the same order. Its place in the sheet does not."""

Key = tuple[str, str, int]

SLOT = ["number", "nominal", "itrx"]
"""What the provider allows once a WIB day (API v3.1, ISI PULSA, reason 51)."""

Doubts = Mapping[tuple[str, str | int], "date"]
"""The last WIB day on which something was sent, by number and product and by number and nominal."""

KNOWN_COLUMNS = [*KEY, "nominal", "row", "status"]


def statuses() -> pd.CategoricalDtype:
    """The type of a status column: one byte each."""
    import pandas as pd

    return pd.CategoricalDtype(list(map(str, Status)))


def _no_orders() -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(columns=KNOWN_COLUMNS)


@dataclass(frozen=True, eq=False)
class Known:
    """What this batch's checkpoint says.

    `orders` has KNOWN_COLUMNS; `first_day` is the WIB day of the first attempt, `started` that of the first
    run; `content` is the fingerprint of the sheet as it was at the last run. `failures` has how many attempts
    of an order failed, or were closed by hand as not sent. Of orders that were not paid since, `turned_away`
    has those that had left and were turned away by an HTTP status alone, and `closed` those that a person
    closed.
    """

    orders: pd.DataFrame = field(default_factory=_no_orders)
    first_day: date | None = None
    content: str = ""
    started: date | None = None
    turned_away: Doubts = field(default_factory=dict)
    failures: Mapping[Key, int] = field(default_factory=dict)
    closed: Doubts = field(default_factory=dict)


@dataclass(frozen=True)
class Wishes:
    """The options that decide which rows this run sends."""

    repeat_duplicates: bool = False
    strict: bool = False
    retry_failed: bool = False
    include_changed: bool = False
    same_batch: bool = False
    new_batch: bool = False
    other_operator: bool = False
    """Whether to send a product of an operator other than the number's, with a warning."""
    unit: int | None = None
    """Rupiah per unit of a small amount such as `50`; None to ask."""


def with_doubts(known: Known, before: Iterable[Mapping[str, Doubts]], since: date) -> Known:
    """With what was turned away or closed since then in the batches `before` this one."""
    own: dict[str, Doubts] = {"turned_away": known.turned_away, "closed": known.closed}
    for doubts in before:
        for name, days in doubts.items():
            own[name] = {key: day for key, day in days.items() if day >= since} | dict(own[name])
    return replace(known, turned_away=own["turned_away"], closed=own["closed"])


def attempted(known: Known) -> pd.DataFrame:
    return known.orders[known.orders["status"] != Status.UNSENT]


def rows_not_in(frame: pd.DataFrame, other: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """The rows of `frame` that have no row with the same values in `other`, in these columns."""
    import pandas as pd

    # Usually few rows even share the first value, and pandas sorts everything that it compares.
    first = columns[0]
    near = frame[first].isin(other[first])
    others = other.loc[other[first].isin(frame[first]), columns]
    found = near.to_numpy(copy=True)
    found[found] = pd.MultiIndex.from_frame(frame.loc[near, columns]).isin(pd.MultiIndex.from_frame(others))
    return frame[~found]


def spelled_as(earlier: pd.Series[str], rows: Rows) -> pd.Series[str]:
    """The product of each row, as `earlier` orders spell it if it only differs in case.

    Not if the price list has both spellings: then they are two products.
    """
    own = set(earlier.unique())
    by_letters = {product.casefold(): product for product in own}

    def spelled(code: str) -> str:
        other = by_letters.get(code.casefold(), code)
        return code if code in own or {code, other} <= rows.listed else other

    codes = rows.table["product"]
    unlisted = codes == ""
    if unlisted.any():
        codes = codes.copy()
        codes[unlisted] = rows.raw(rows.sheet.columns.product, unlisted)
    spellings = {code: spelled(code) for code in codes.unique()}
    return codes.map(spellings) if any(code != other for code, other in spellings.items()) else codes

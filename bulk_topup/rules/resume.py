"""This sheet against what is already known: may it carry on, and which of its rows must not be sent.

Pure: the checkpoint's and the ledger's knowledge comes in as values. pandas is imported by what computes with
it: what only asks for an order's KEY, such as `status`, would wait for it in vain.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from itertools import cycle
from typing import TYPE_CHECKING, Any

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import Finding, Level, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date

    import pandas as pd

    from bulk_topup.rules.checks import Rows

KEY = ["number", "product", "itrx"]
"""What makes two rows, at two times, the same order. Its place in the sheet does not."""

Key = tuple[str, str, int]

SLOT = ["number", "nominal", "itrx"]
"""What the provider allows once a WIB day (API v3.1, ISI PULSA, reason 51)."""

OVERLAP_LEAST = 3

KNOWN_COLUMNS = [*KEY, "nominal", "row", "status"]
ELSEWHERE_COLUMNS = [*SLOT, "batch", "batch_name", "row", "day", "state"]
RECENT_COLUMNS = ["number", "nominal", "batch", "batch_name", "row", "day"]


def statuses() -> pd.CategoricalDtype:
    """The type of a column of statuses: a byte each."""
    import pandas as pd

    return pd.CategoricalDtype(list(map(str, Status)))


def _no_orders() -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(columns=KNOWN_COLUMNS)


@dataclass(frozen=True, eq=False)
class Known:
    """What this batch's checkpoint says.

    `orders` has KNOWN_COLUMNS; `first_day` is the WIB day of the first attempt, `started` that of the first
    run; `content` is the fingerprint of the sheet as it was at the last run. `turned_away` has the keys of
    unsent orders that had left and were turned away by an HTTP status alone, with the last WIB day of that;
    `failures`, how many attempts of an order failed, or were closed by hand as not sent; `closed`, the last
    WIB day on which an order that a person closed so had been sent.
    """

    orders: pd.DataFrame = field(default_factory=_no_orders)
    first_day: date | None = None
    content: str = ""
    started: date | None = None
    turned_away: Mapping[Key, date] = field(default_factory=dict)
    failures: Mapping[Key, int] = field(default_factory=dict)
    closed: Mapping[Key, date] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Past:
    """All that was sent before, as far as a plan has to know it.

    `own` is this batch's. `elsewhere` (ELSEWHERE_COLUMNS) are the claims of other batches since this one
    began, and the open ones of any day; `recent` (RECENT_COLUMNS) is what other batches paid lately.
    """

    own: Known
    elsewhere: pd.DataFrame
    recent: pd.DataFrame


@dataclass(frozen=True)
class Wishes:
    """What the person asked of this run, as far as it decides which rows are sent."""

    repeat_duplicates: bool = False
    strict: bool = False
    retry_failed: bool = False
    include_changed: bool = False
    same_batch: bool = False
    new_batch: bool = False


def content_of(rows: Rows) -> str:
    """A fingerprint of what the sheet asks for, whatever the order of its rows."""
    columns = rows.sheet.columns
    number = rows.table["number"].copy()
    number[number == ""] = rows.raw(columns.number, number == "")
    product = rows.sheet.cells[columns.product]
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
    """Raises InputError on a later day, where nothing is left to send and nothing is open."""
    first = known.first_day
    if first is None or first == today or wishes.same_batch or orders:
        return
    if not any(Status(state).is_open for state in known.orders["status"].unique()):
        raise InputError("batch.finished", day=first)


def assert_worth_starting(orders: int) -> None:
    """Raises InputError where a new batch would pay nobody, and only displace the present one's files."""
    if not orders:
        raise InputError("batch.nothing_new")


def attempted(known: Known) -> pd.DataFrame:
    return known.orders[known.orders["status"] != Status.UNSENT]


def rows_not_in(frame: pd.DataFrame, other: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """The rows of `frame` for which `other` has none with the same values in these columns."""
    import pandas as pd

    # Most often few rows have even the first value in common, and pandas sorts all that it compares.
    first = columns[0]
    near = frame[first].isin(other[first])
    others = other.loc[other[first].isin(frame[first]), columns]
    found = near.to_numpy(copy=True)
    found[found] = pd.MultiIndex.from_frame(frame.loc[near, columns]).isin(pd.MultiIndex.from_frame(others))
    return frame[~found]


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
    table = rows.table.assign(product=_spelled_as(sent["product"], rows), status=none)
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
    """Which orders stand at their `places` in the table. `is_alone` says that no two rows have one number."""
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
    """The orders by sheet row, wherever they stood; the columns are _RECOGNISED."""
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
    """With a column `nth`: how many rows before it have its number and product."""
    frame = frame.assign(nth=0)
    repeated = frame[frame["number"].duplicated(keep=False)]
    frame.loc[repeated.index, "nth"] = repeated.groupby(["number", "product"], sort=False).cumcount()
    return frame


def _spelled_as(earlier: pd.Series[str], rows: Rows) -> pd.Series[str]:
    """The product of each row, as `earlier` orders spell it if it differs in upper and lower case alone.

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


def changed_rows(candidates: pd.DataFrame, known: Known, rows: Rows) -> Iterator[Finding]:
    """New orders to a number that this batch has paid or has open: a corrected row, or one paid twice?"""
    if known.orders.empty:
        return
    near = known.orders[known.orders["number"].isin(candidates["number"])]
    states = map(Status, near["status"])
    moved = near[[state is Status.SUKSES or state.is_open for state in states]]
    if moved.empty:
        return
    first = moved.drop_duplicates("number").set_index("number")
    planned = candidates.assign(product=_spelled_as(known.orders["product"], rows).loc[candidates.index])
    numbers = rows_not_in(planned, near, KEY)["number"]
    for row, number in numbers[numbers.isin(first.index)].items():
        earlier = first.loc[str(number)]
        facts = {name: str(earlier[name]) for name in ("row", "product", "status")}
        yield _held(row, "changed.already_sent", str(number), facts)


def claimed_elsewhere(candidates: pd.DataFrame, elsewhere: pd.DataFrame, since: date) -> Iterator[Finding]:
    """Rows that another batch was faster with since this one began, or whose like is open in another batch.

    Not only today's: a batch is one payment, and a row held on its first day must not go out on its second.
    """
    if elsewhere.empty or candidates.empty:
        return
    rows = candidates.reset_index(names="own_row")
    claims = rows.merge(elsewhere, on=["number", "nominal"], suffixes=("", "_there"))
    same = claims["itrx_there"] == claims["itrx"]
    # Only a count that stands in the sheet says that a further top-up is meant, beside another batch's.
    same |= ~claims["itrx_stated"] & (claims["itrx_there"] < claims["itrx"])
    meanwhile = claims[same & (claims["day"] >= since.isoformat())]
    opened = claims[claims["state"] == "open"]
    seen: set[int] = set()
    for code, hits in (("duplicate.open_elsewhere", opened), ("duplicate.other_batch", meanwhile)):
        for hit in hits.itertuples():
            if hit.own_row in seen:
                continue
            seen.add(int(str(hit.own_row)))
            facts = {"batch": str(hit.batch_name), "row": str(hit.row), "day": str(hit.day)}
            yield _held(hit.own_row, code, str(hit.number), facts)


@dataclass(frozen=True)
class Overlap:
    """So many of the plan's orders match what other batches paid lately that only a person can say why.

    `batch` names them all, the one with the most matches first; `day` is the last on which they paid a match.
    """

    batch: str
    day: str
    rows: int


def paid_recently(
    orders: pd.DataFrame, recent: pd.DataFrame, *, is_first: bool
) -> tuple[Overlap | None, list[Finding]]:
    """Whether the plan looks like what other batches paid lately, taken together; fewer matches are a
    warning each.

    Half of the orders do, if they are at least three; where the batch has sent nothing before (`is_first`),
    all of them, however few. `recent` has RECENT_COLUMNS.
    """
    rows = orders.reset_index(names="own_row")[["own_row", "number", "nominal"]]
    matches = rows.merge(recent, on=["number", "nominal"]).sort_values("day", kind="stable")
    if matches.empty:
        return None, []
    latest = matches.drop_duplicates("own_row", keep="last")
    are_many = len(latest) >= OVERLAP_LEAST and 2 * len(latest) >= len(orders)
    if are_many or (is_first and len(latest) == len(orders)):
        return Overlap(_by_matches(matches), str(latest["day"].max()), len(latest)), []
    columns = ["own_row", "number", "batch_name", "row", "day"]
    return None, [_recent(*values) for values in latest[columns].itertuples(index=False)]


def turned_away(orders: pd.DataFrame, known: Known, today: date) -> Iterator[Finding]:
    """Orders that were turned away on an earlier day: should they have been taken all the same, rule 51 would
    let them through today."""
    earlier = {key: day for key, day in known.turned_away.items() if day < today}
    return _doubted(orders, earlier, "turned_away.earlier")


def closed_by_hand(orders: pd.DataFrame, known: Known) -> Iterator[Finding]:
    """Orders that left, and of which a person's word alone says that nothing came of it."""
    return _doubted(orders, known.closed, "closed.not_sent")


def _doubted(orders: pd.DataFrame, days: Mapping[Key, date], code: str) -> Iterator[Finding]:
    """A warning for each order that may have been taken on its day."""
    for row, *key in orders[KEY].itertuples() if days else ():
        day = days.get(tuple(key))
        if day is not None:
            yield Finding(int(row), Level.WARNING, code, "", str(key[0]), {"day": day.isoformat()})


def _by_matches(matches: pd.DataFrame) -> str:
    """The names of the batches, the one with the most matched rows first."""
    each = matches.drop_duplicates(["own_row", "batch"])
    sizes = each.groupby(["batch", "batch_name"]).size().sort_values(ascending=False, kind="stable")
    return ", ".join(dict.fromkeys(sizes.index.get_level_values("batch_name")))


def _recent(own_row: int, number: str, name: str, row: int, day: str) -> Finding:
    facts = {"batch": name, "row": str(row), "day": day}
    return Finding(int(own_row), Level.WARNING, "recent.other_batch", "", number, facts)


def _held(row: object, code: str, number: str, facts: dict[str, str]) -> Finding:
    return Finding(int(str(row)), Level.ERROR, code, "", number, facts)

"""Rows to a number that is already paid or open: in this batch, in another batch, or recently."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulk_topup.core.model import Finding, Level
from bulk_topup.core.status import Status
from bulk_topup.rules.orders import KEY, SLOT, Known, rows_not_in, spelled_as

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    import pandas as pd

    from bulk_topup.rules.rows import Rows

OVERLAP_LEAST = 3
ELSEWHERE_COLUMNS = [*SLOT, "product", "batch", "batch_name", "row", "day", "state"]
RECENT_COLUMNS = ["number", "nominal", "product", "batch", "batch_name", "row", "day"]


@dataclass(frozen=True, eq=False)
class Past:
    """Everything sent before that a plan must know about.

    `own` is this batch's. `elsewhere` (ELSEWHERE_COLUMNS) are the claims of other batches since this one
    began, and the open ones of any day; `recent` (RECENT_COLUMNS) is what other batches paid recently.
    """

    own: Known
    elsewhere: pd.DataFrame
    recent: pd.DataFrame
    same_book: frozenset[str] = frozenset()
    """The ids of the batches of the same sheet, and of tabs of the same workbook."""


def changed_rows(
    candidates: pd.DataFrame, sent: pd.DataFrame, known: Known, rows: Rows, *, included: bool
) -> Iterator[Finding]:
    """Orders for a number that this batch has paid or has open: a corrected row, or a second payment?

    `sent` are the sheet's rows of earlier orders. An order that was planned beside those is not new. Where
    the row of a payment is gone, it was corrected to this one, or this one to it in a newer sheet.
    Where the provider refused it as a repeat, another code asks for the same once more. `included`, a
    person's word that a second payment is meant, counts once the first is not open any more.
    """
    orders = known.orders
    earlier = orders[orders["status"].isin(_TAKEN) & orders["number"].isin(candidates["number"])]
    if earlier.empty:
        return
    here = candidates.loc[candidates["number"].isin(earlier["number"]), [*KEY, "nominal"]]
    here = here.assign(product=spelled_as(orders["product"], rows).loc[here.index])
    new, gone = rows_not_in(here, orders, KEY).index, rows_not_in(earlier, sent, KEY).index
    both = here.reset_index(names="own_row").merge(
        earlier.reset_index(names="order"), on="number", suffixes=("", "_there")
    )
    is_gone = both["order"].isin(gone)
    is_same = both["nominal"] == both["nominal_there"]
    is_refused = both["status"] == Status.DUPLICATE
    # Another count than that of a row in the sheet is its copy, which waits for it when it is sent.
    waits = both["status"].isin(_OPEN) & is_same & (is_gone | (both["itrx"] == both["itrx_there"]))
    changed = ~is_refused & (is_gone | both["own_row"].isin(new))
    changed |= is_refused & is_gone & is_same & (both["product"] != both["product_there"])
    changed &= not included
    seen: set[int] = set()
    for code, hits in (("changed.still_open", both[waits]), ("changed.already_sent", both[changed])):
        for hit in hits.drop_duplicates("own_row").itertuples():
            if hit.own_row not in seen:
                seen.add(int(str(hit.own_row)))
                facts = {"row": str(hit.row), "product": str(hit.product_there), "status": str(hit.status)}
                yield _held(hit.own_row, code, str(hit.number), facts)


_OPEN = [status for status in Status if status.is_open]
_TAKEN = [*_OPEN, Status.SUKSES, Status.DUPLICATE]


def claimed_elsewhere(candidates: pd.DataFrame, elsewhere: pd.DataFrame, since: date) -> Iterator[Finding]:
    """Rows that another batch has paid since this one began, or whose number and amount, or product, are open
    in another batch.

    Not only today's: a batch is one payment, and a row held on its first day must not go out on its second.
    """
    if elsewhere.empty or candidates.empty:
        return
    rows = candidates.reset_index(names="own_row")
    claims = _same_top_ups(rows, elsewhere)
    same = claims["itrx_there"] == claims["itrx"]
    # Only a count in the sheet means that a further top-up is intended, in addition to another batch's.
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


def paid_another_amount(orders: pd.DataFrame, elsewhere: pd.DataFrame, since: date) -> Iterator[Finding]:
    """Orders for a number that another batch has paid another amount since this one began: a second payment,
    or a renamed sheet whose amount was corrected?"""
    claims = elsewhere[elsewhere["day"] >= since.isoformat()]
    if claims.empty:
        return
    rows = orders[["number", "nominal"]].reset_index(names="own_row")
    both = rows.merge(claims, on="number", suffixes=("", "_there"))
    for hit in both[both["nominal"] != both["nominal_there"]].drop_duplicates("own_row").itertuples():
        facts = {"batch": str(hit.batch_name), "row": str(hit.row), "day": str(hit.day)}
        facts["nominal"] = str(hit.nominal_there)
        yield Finding(int(str(hit.own_row)), Level.WARNING, "recent.other_amount", "", str(hit.number), facts)


def _same_top_ups(rows: pd.DataFrame, claims: pd.DataFrame) -> pd.DataFrame:
    """Each row with each claim of its number and nominal; or product, of which the price list may have stated
    another nominal at that time."""
    import pandas as pd

    same = rows.merge(claims, on=["number", "nominal"], suffixes=("", "_there"))
    kinds = pd.concat([frame[["product", "nominal"]].drop_duplicates() for frame in (rows, claims)])
    kinds = kinds.drop_duplicates()
    restated = kinds["product"][kinds["product"].duplicated()]
    if restated.empty:
        return same
    one, other = (frame[frame["product"].isin(restated)] for frame in (rows, claims))
    more = one.merge(other, on=["number", "product"], suffixes=("", "_there"))
    more = more[more["nominal"] != more["nominal_there"]]
    return pd.concat([same, more]) if len(more) else same


@dataclass(frozen=True)
class Overlap:
    """The plan's orders that match what other batches paid recently, when there are so many that only a
    person can say why.

    `batch` names them all, the one with the most matches first; `day` is the last on which they paid a match.
    """

    batch: str
    day: str
    rows: int


PAID_EARLIER = frozenset({"recent.other_batch", "turned_away.earlier", "closed.not_sent"})
"""The warnings of orders that may have been paid on an earlier day, which is the fact `day`."""


def paid_recently(
    orders: pd.DataFrame, recent: pd.DataFrame, *, is_first: bool, same_book: frozenset[str] = frozenset()
) -> tuple[Overlap | None, list[Finding]]:
    """The overlap, if the plan looks like what other batches together paid recently; if fewer orders match,
    each gets a warning.

    Half of the orders do, or half of what one other batch paid, if they are at least three; where the batch
    has sent nothing before (`is_first`), all of them, however few; and even one, where another batch of
    the same workbook paid it. `recent` has RECENT_COLUMNS.
    """
    rows = orders.reset_index(names="own_row")[["own_row", "number", "nominal", "product"]]
    matches = _same_top_ups(rows, recent).sort_values("day", kind="stable")
    if matches.empty:
        return None, []
    latest = matches.drop_duplicates("own_row", keep="last")
    are_many = len(latest) >= OVERLAP_LEAST and 2 * len(latest) >= len(orders)
    is_of_book = bool(matches["batch"].isin(same_book).any())
    is_all = is_first and len(latest) == len(orders)
    if are_many or is_of_book or is_all or _repeats_a_batch(matches, recent):
        return Overlap(_by_matches(matches), str(latest["day"].max()), len(latest)), []
    columns = ["own_row", "number", "batch_name", "row", "day"]
    return None, [_recent(*values) for values in latest[columns].itertuples(index=False)]


def _repeats_a_batch(matches: pd.DataFrame, recent: pd.DataFrame) -> bool:
    """Whether they are half of what one batch paid: where it stopped early, few of the plan may be."""
    one = ["batch", "number", "nominal"]
    matched, paid = (frame.drop_duplicates(one).groupby("batch").size() for frame in (matches, recent))
    return bool(((matched >= OVERLAP_LEAST) & (2 * matched >= paid.reindex(matched.index))).any())


def doubted(orders: pd.DataFrame, known: Known, today: date) -> Iterator[Finding]:
    """Orders that may have been paid, although the batch calls them not paid: rejected by an HTTP status on
    an earlier day, of which rule 51 says nothing today, or closed by a person."""
    earlier = {key: day for key, day in known.turned_away.items() if day < today}
    for days, code in ((earlier, "turned_away.earlier"), (known.closed, "closed.not_sent")):
        near = orders[orders["number"].isin({number for number, _ in days})]
        for row, number, product, nominal in near[["number", "product", "nominal"]].itertuples():
            found = [days[key] for key in ((number, product), (number, nominal)) if key in days]
            if found:
                day = max(found).isoformat()
                yield Finding(int(row), Level.WARNING, code, "", str(number), {"day": day})


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

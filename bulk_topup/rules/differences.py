"""How a plan differs from the approved one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bulk_topup.rules.duplicates import PAID_EARLIER
from bulk_topup.rules.orders import KEY, rows_not_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    import pandas as pd

    from bulk_topup.rules.approval import Document
    from bulk_topup.rules.plan import Held, Plan

ROWS_LISTED = 8
"""This many rows of one kind of change are listed one by one, more in one line."""


@dataclass(frozen=True)
class Difference:
    """One change, or many of one kind, with all their `rows`. `code` names the message."""

    code: str
    facts: Mapping[str, Any]
    rows: Sequence[int] = field(default=())


def differences(approved: Document, plan: Plan, *, is_resumed: bool) -> list[Difference]:
    """Every difference from the approved plan, except lower prices.

    `is_resumed`: the batch began under this approval, so what was paid meanwhile does not make it look like
    another batch's.
    """
    now = plan.document
    return [
        *_other_facts(approved.facts, now.facts, is_resumed=is_resumed),
        *_other_orders(approved.orders, now.orders, plan.held),
        *_sent_again(approved.orders, now.orders.loc[plan.orders.index]),
        *_dearer(approved.orders, plan.orders),
        *_doubted_since(approved.checked, plan),
    ]


def _other_facts(
    then: Mapping[str, Any], now: Mapping[str, Any], *, is_resumed: bool
) -> Iterator[Difference]:
    for name, code in _FACTS.items():
        if then[name] != now[name]:
            yield Difference(code, {"before": then[name], "now": now[name]})
    if then["budget"] != now["budget"]:
        bounds = {"before": then["budget"], "now": now["budget"]}
        without = [name for name, rupiah in bounds.items() if rupiah is None]
        codes = {"before": "approval.budget_new", "now": "approval.budget_gone"}
        yield Difference(codes[without[0]] if without else "approval.budget", bounds)
    overlap = now["overlap"]
    if overlap is not None and not is_resumed and not _is_covered(overlap, then["overlap"]):
        yield Difference("approval.overlap", overlap)


_FACTS: Mapping[str, str] = {
    "account": "approval.account",
    "base_url": "approval.base_url",
    "file": "approval.file",
    "tab": "approval.tab",
    "month": "approval.month",
    "follows": "approval.follows",
}


def _is_covered(now: Mapping[str, Any], then: Mapping[str, Any] | None) -> bool:
    """Whether the overlap with another batch is the approved one, or smaller; no later payment is."""
    if then is None or now["batch"] != then["batch"]:
        return False
    return bool(now["rows"] <= then["rows"] and now["day"] <= then["day"])


def _other_orders(then: pd.DataFrame, now: pd.DataFrame, held: Mapping[int, Held]) -> Iterator[Difference]:
    left, came = rows_not_in(then, now, KEY), rows_not_in(now, then, KEY)
    changed = left.index.intersection(came.index)
    absent = left.drop(index=changed)
    is_held = absent.index.isin(list(held))
    reasons = {
        row: {"why": held[row].why[0].code, **facts} for row, facts in _by_row(absent[is_held]).items()
    }
    yield from _changed(left.loc[changed], came.loc[changed])
    yield from _told("approval.new", "approval.new_many", _by_row(came.drop(index=changed)))
    yield from _told("approval.gone", "approval.gone_many", _by_row(absent[~is_held]))
    yield from _told("approval.held", "approval.held_many", reasons)
    yield from _told("approval.moved", "approval.moved_many", _moved(then, now))


def _changed(then: pd.DataFrame, now: pd.DataFrame) -> Iterator[Difference]:
    """Both frames have the same rows."""
    same = ((then["number"] == now["number"]) & (then["itrx"] == now["itrx"])).to_numpy()
    if len(then) > ROWS_LISTED and same.any():
        pairs = then[same][["product"]].assign(product_now=now.loc[then.index[same], "product"])
        for (before, after), rows in pairs.groupby(["product", "product_now"]):
            facts = {"product": before, "product_now": after, "count": len(rows)}
            yield Difference("approval.product_many", facts, rows.index.tolist())
        then, now = then[~same], now[~same]
    if len(then) > ROWS_LISTED:
        yield Difference("approval.changed_many", {"count": len(then)}, then.index.tolist())
        return
    for row, facts, facts_now in zip(then.index, _by_row(then).values(), _by_row(now).values(), strict=True):
        new = {f"{name}_now": value for name, value in facts_now.items()}
        other = tuple(name for name in facts if facts[name] != facts_now[name])
        yield Difference(_CHANGED.get(other, "approval.changed"), {"row": int(row), **facts, **new})


_CHANGED: Mapping[tuple[str, ...], str] = {
    ("number",): "approval.number",
    ("product",): "approval.product",
    ("nth",): "approval.nth",
}


def _moved(then: pd.DataFrame, now: pd.DataFrame) -> dict[int, dict[str, Any]]:
    both = then.reset_index(names="before").merge(now.reset_index(names="row"), on=KEY)
    both = both[both["before"] != both["row"]].set_index("row")
    return {
        int(row): {"number": number, "before": int(before)}
        for row, number, before in both[["number", "before"]].itertuples()
    }


def _sent_again(then: pd.DataFrame, to_send: pd.DataFrame) -> Iterator[Difference]:
    """Failed rows that would be sent again, although nobody approved that attempt."""
    others = rows_not_in(to_send, then, [*KEY, "attempt"])
    again = others.drop(index=rows_not_in(others, then, KEY).index)
    yield from _told("approval.again", "approval.again_many", _by_row(again))


def _doubted_since(checked: date | None, plan: Plan) -> Iterator[Difference]:
    """Orders that may have been paid on the day of the check or later, of which it did not warn."""
    if checked is None:
        return
    doubted = (one for one in plan.findings if one.code in PAID_EARLIER and one.row in plan.orders.index)
    since = {
        one.row: {"number": one.value, "day": one.facts["day"]}
        for one in doubted
        if one.facts["day"] >= checked.isoformat()
    }
    yield from _told("approval.doubted", "approval.doubted_many", since)


def _by_row(orders: pd.DataFrame) -> dict[int, dict[str, Any]]:
    return {
        int(row): {"number": number, "product": product, "nth": int(itrx)}
        for row, number, product, itrx in orders[KEY].itertuples()
    }


def _told(code: str, code_many: str, rows: Mapping[int, Mapping[str, Any]]) -> Iterator[Difference]:
    if len(rows) > ROWS_LISTED:
        products = ", ".join(sorted({str(facts["product"]) for facts in rows.values() if "product" in facts}))
        yield Difference(code_many, {"count": len(rows), "products": products}, list(rows))
        return
    for row, facts in rows.items():
        yield Difference(code, {"row": row, **facts})


def _dearer(then: pd.DataFrame, to_send: pd.DataFrame) -> Iterator[Difference]:
    """Products that cost more than approved; what was already sent keeps its price."""
    both = to_send.reset_index(names="row").merge(then, on=KEY, suffixes=("", "_before"))
    dearer = both[both["price"] > both["price_before"]]
    listed = dearer.groupby(["product", "price_before", "price"], as_index=False).agg(rows=("row", list))
    for product, before, now, rows in listed.itertuples(index=False):
        facts = {"product": product, "before": int(before), "now": int(now)}
        yield Difference("approval.price", facts, rows)

"""Sends unknown orders again under rule 51: which ones may be sent, what prevents it, and the sending."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bulk_topup.core.clock import SKEW_LIMIT_S, near_midnight, wib_day
from bulk_topup.core.status import Status
from bulk_topup.sending.purse import Purse
from bulk_topup.sending.sender import Sender

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from bulk_topup.core.model import Halt, Order, PriceList
    from bulk_topup.record.checkpoint import Checkpoint
    from bulk_topup.record.checkpoint.values import OpenOrder, PastAttempt
    from bulk_topup.sending.session import Tools, Watcher

RESEND_AFTER_S = 60.0


class Obstacle(StrEnum):
    """Why an unknown order may not be sent again; worded in `say.WORDS`."""

    PAID_ON_RECORD = "resend.paid_on_record"
    ACCEPTED = "resend.accepted"
    INVOICED = "resend.invoiced"
    COUNTED = "resend.counted"
    OTHER_ADDRESS = "resend.other_address"
    OTHER_DAY = "resend.other_day"
    NEAR_MIDNIGHT = "resend.near_midnight"
    TOO_SOON = "resend.too_soon"
    NO_SKEW = "resend.no_skew"
    SKEWED = "resend.skewed"
    OTHER_CALENDAR = "resend.other_calendar"
    NO_PRICE = "resend.no_price"
    OTHER_NOMINAL = "resend.other_nominal"
    DEARER = "resend.dearer"


@dataclass(frozen=True)
class Evidence:
    """What is known about the provider: its clock's skew against ours now (seconds), whether any of its
    dates in this batch contradicts the WIB day, and the address that would be used.
    """

    skew_s: float | None
    other_calendar: bool
    base_url: str = ""


@dataclass(frozen=True)
class Resendable:
    """Open orders that may be sent again, and why the others may not."""

    orders: list[OpenOrder]
    held: list[tuple[OpenOrder, Obstacle]]

    def guard(self, checkpoint: Checkpoint, tools: Tools) -> Callable[[Order], Callable[[], Obstacle | None]]:
        """Of an order, by what the checkpoint says now: its `obstacle` at the moment of asking."""
        by_id = {open_.order.id: open_ for open_ in self.orders}

        def guarded(order: Order) -> Callable[[], Obstacle | None]:
            # Checked for each: the first resend's answer may be the first to state a day at all.
            other_calendar = has_other_calendar(checkpoint.other_days())

            def still() -> Obstacle | None:
                now, skew_s = tools.now_and_skew_s()
                return obstacle(by_id[order.id], now, Evidence(skew_s, other_calendar, tools.base_url))

            return still

        return guarded


def resendable(checkpoint: Checkpoint, tools: Tools, prices: PriceList) -> Resendable:
    """All open orders, split into those that rule 51 protects now, at no more than their price, and the
    rest.
    """
    now, skew_s = tools.now_and_skew_s()
    evidence = Evidence(skew_s, has_other_calendar(checkpoint.other_days()), tools.base_url)
    open_orders = checkpoint.open_orders()
    paid = tools.ledger.paid_of(past.token for open_ in open_orders for past in open_.past)

    def judged_by(open_: OpenOrder) -> Obstacle | None:
        if any(past.token in paid for past in open_.past):
            return Obstacle.PAID_ON_RECORD
        return obstacle(open_, now, evidence) or price_obstacle(open_.order, prices)

    judged = [(open_, judged_by(open_)) for open_ in open_orders]
    return Resendable(
        orders=[open_ for open_, why in judged if why is None],
        held=[(open_, why) for open_, why in judged if why is not None],
    )


PROVEN = "rule_51"
"""A fact of the batch: whether the account was seen to refuse a repeat, or ""."""


def is_advised(checkpoint: Checkpoint) -> bool:
    """Nobody is advised to rely on an unconfirmed rule, except in a rehearsal."""
    return checkpoint.is_rehearsal or bool(checkpoint.fact(PROVEN))


def count_resendable(checkpoint: Checkpoint, now: datetime) -> int:
    """How many open orders may be sent again today, judged without asking the provider."""
    if not is_advised(checkpoint):
        return 0
    seen = Evidence(0.0, has_other_calendar(checkpoint.other_days()), checkpoint.fact("base_url"))
    found = [obstacle(open_, now, seen) for open_ in checkpoint.open_orders()]
    return sum(why is None or why is Obstacle.TOO_SOON for why in found)


def obstacle(order: OpenOrder, now: datetime, evidence: Evidence) -> Obstacle | None:
    """Why rule 51 might not protect this order now, or why no resend is needed; None if it protects it.

    An invoice can be asked about without sending anything. Every unknown attempt of the order must be
    guarded: sent to this address, same WIB day as now, both at least 10 minutes from midnight, the last one
    at least 60 s ago, the provider's clock within 5 minutes of ours at both.
    """
    if order.status is not Status.UNKNOWN:
        return Obstacle.ACCEPTED
    if order.invoice:
        return Obstacle.INVOICED
    if order.order.itrx != 1:
        return Obstacle.COUNTED
    if evidence.other_calendar:
        return Obstacle.OTHER_CALENDAR
    unknown = [past for past in order.past if past.is_unknown]
    if any(past.base_url != evidence.base_url for past in unknown):
        return Obstacle.OTHER_ADDRESS
    return _obstacle_by_time(unknown, now, evidence)


def _obstacle_by_time(unknown: list[PastAttempt], now: datetime, evidence: Evidence) -> Obstacle | None:
    if any(past.day != wib_day(now) or wib_day(past.begun_at) != past.day for past in unknown):
        return Obstacle.OTHER_DAY
    if any(near_midnight(moment) for moment in (now, *(past.begun_at for past in unknown))):
        return Obstacle.NEAR_MIDNIGHT
    if any((now - past.ended_at).total_seconds() < RESEND_AFTER_S for past in unknown):
        return Obstacle.TOO_SOON
    skews = [evidence.skew_s, *(past.skew_s for past in unknown)]
    if any(skew is None for skew in skews):
        return Obstacle.NO_SKEW
    if any(abs(skew or 0.0) > SKEW_LIMIT_S for skew in skews):
        return Obstacle.SKEWED
    return None


def price_obstacle(order: Order, prices: PriceList) -> Obstacle | None:
    """What differs in today's price list from when this order was sent; None if nothing does, or it is
    cheaper.

    Rule 51 goes by the nominal: with a different one, the same product is a different top-up.
    """
    product = prices.get(order.product)
    if product is None or product.price is None:
        return Obstacle.NO_PRICE
    if product.nominal != order.nominal:
        return Obstacle.OTHER_NOMINAL
    return Obstacle.DEARER if product.price > order.price else None


def has_other_calendar(days: Iterable[tuple[datetime, str]]) -> bool:
    """Whether a `tanggal` names another day than the WIB day of its attempt.

    Around midnight either day is plausible, and `h` in the documentation may be a 12-hour clock, so only
    dates count.
    """
    return any(
        not near_midnight(sent_at) and not tanggal.startswith(wib_day(sent_at).isoformat())
        for sent_at, tanggal in days
    )


def resend(
    found: Resendable,
    checkpoint: Checkpoint,
    tools: Tools,
    watcher: Watcher,
    budget: int | None,
    batch_name: str,
) -> Halt | None:
    """Send unknown orders again, one at a time, each guarded anew as its request leaves.

    Their cost already counts as spent, so only a budget (in rupiah) limits it.
    """
    purse = Purse(limit=budget, spent=checkpoint.committed())
    sender = Sender(checkpoint, tools, watcher, purse, batch_name, guard=found.guard(checkpoint, tools))
    orders = [open_.order for open_ in found.orders]
    sender.run(orders, {order.id: Status.UNKNOWN for order in orders})
    return sender.halt

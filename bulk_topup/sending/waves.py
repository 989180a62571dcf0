"""Sends a plan in waves: the n-th copy only after the one before it was paid on the same day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulk_topup.core.clock import wib_day
from bulk_topup.core.status import Status
from bulk_topup.record.ledger.values import PAID
from bulk_topup.rules.orders import SLOT
from bulk_topup.rules.plan import Plan, orders_of
from bulk_topup.sending import poll
from bulk_topup.sending.choice import hold_copy
from bulk_topup.sending.purse import Purse
from bulk_topup.sending.sender import Sender

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Set
    from datetime import date

    import pandas as pd

    from bulk_topup.core.model import Halt, Order
    from bulk_topup.record.checkpoint import Checkpoint
    from bulk_topup.record.ledger.claims import Ledger
    from bulk_topup.sending.session import Tools, Watcher

    Slot = tuple[str, int, int]  # number, nominal, itrx

NO_NOMINAL = 0
"""Of a row whose product is unknown."""


def send_waves(
    plan: Plan,
    checkpoint: Checkpoint,
    tools: Tools,
    watcher: Watcher,
    *,
    workers: int,
    wait_s: float,
    limit: int,
) -> Halt | None:
    """Send the plan's orders; an n-th copy only after copy n-1 is sukses the same day (rule 51's `itrx`).

    The plan is the one adopted by the checkpoint; `limit` is the most that the batch may have cost by the
    end, in rupiah. Returns why the run stopped before its last order, if it did. Raises StorageFailed.
    """
    orders = plan.orders
    if orders["id"].isna().any():
        raise AssertionError("an order of the plan is not in the checkpoint, or may have been paid")
    moved = orders.loc[orders["state"] != Status.UNSENT, ["id", "state"]].itertuples(index=False)
    expected = {int(key): Status(state) for key, state in moved}
    purse = Purse(limit=limit, spent=checkpoint.committed())
    name = plan.rows.sheet.path.stem
    sender = Sender(checkpoint, tools, watcher, purse, name, workers)
    for nth in sorted(orders["itrx"].unique()):
        wave, day = orders[orders["itrx"] == nth], None
        following = orders_of(wave)
        if nth > 1:
            poll.poll(checkpoint, tools, wait_s=wait_s, watcher=watcher)
            day = wib_day(tools.clock.now())
            copies = _copies(wave, plan, checkpoint, tools.ledger, day)
            following = _followers(following, copies, checkpoint, watcher)
        sender.run(following, expected, day)
        if sender.halt is not None:
            break
    return sender.halt


@dataclass(frozen=True)
class _Copies:
    """What is known, on this day, of the numbers of which copies may follow.

    `in_sheet` are the slots of the sheet's rows, `paid_elsewhere` those that another batch paid; `stated` are
    the rows whose count stands in the sheet.
    """

    day: date
    in_sheet: Set[Slot]
    paid_elsewhere: Set[Slot]
    stated: Set[int]


def _copies(wave: pd.DataFrame, plan: Plan, checkpoint: Checkpoint, ledger: Ledger, day: date) -> _Copies:
    rows, claims = plan.rows.table, ledger.elsewhere(checkpoint.batch_id, day)
    rows = rows[rows["number"].isin(wave["number"])]
    paid = claims[(claims["state"] == PAID) & (claims["day"] == day.isoformat())]
    return _Copies(day, _slots(rows), _slots(paid), set(rows.index[rows["itrx_stated"]]))


def _followers(
    wave: Iterable[Order], copies: _Copies, checkpoint: Checkpoint, watcher: Watcher
) -> Iterator[Order]:
    """The orders whose copy n-1 was paid on this day; the others are held back."""
    for order in wave:
        if _may_follow(order, copies, checkpoint):
            yield order
        else:
            hold_copy(order, checkpoint)
            watcher.done(order, Status.UNSENT, None)


def _may_follow(order: Order, copies: _Copies, checkpoint: Checkpoint) -> bool:
    """Whether copy n-1 was paid on this day.

    A count that stands in the sheet follows another batch's copy, too. If the sheet has no row of copy n-1,
    the person who wrote the count knows that it was paid.
    """
    before = (order.number, order.nominal, order.itrx - 1)
    is_paid = checkpoint.paid_on(copies.day, *before)
    if is_paid or order.row not in copies.stated:
        return bool(is_paid)
    unreadable = (order.number, NO_NOMINAL, order.itrx - 1)
    is_in_sheet = is_paid is not None or not copies.in_sheet.isdisjoint({before, unreadable})
    return before in copies.paid_elsewhere or not is_in_sheet


def _slots(table: pd.DataFrame) -> set[Slot]:
    return set(table[SLOT].itertuples(index=False, name=None))

"""Sends a plan in waves: the n-th copy only after the one before it was paid on the same day."""

from __future__ import annotations

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
        wave, day = orders_of(orders[orders["itrx"] == nth]), None
        if nth > 1:
            poll.poll(checkpoint, tools, wait_s=wait_s, watcher=watcher)
            day = wib_day(tools.clock.now())
            unpaid = _slots(plan.rows.table) - _paid_elsewhere(checkpoint, tools.ledger, day)
            wave = _followers(wave, unpaid, checkpoint, watcher, day)
        sender.run(wave, expected, day)
        if sender.halt is not None:
            break
    return sender.halt


def _followers(
    wave: Iterable[Order], unpaid: Set[Slot], checkpoint: Checkpoint, watcher: Watcher, day: date
) -> Iterator[Order]:
    """The orders whose copy n-1 was paid on this day; the others are held back.

    `unpaid` are the sheet's slots that no other batch paid. An order whose copy n-1 is not in the sheet
    follows: then a person says that it was paid.
    """
    for order in wave:
        before = (order.number, order.nominal, order.itrx - 1)
        is_paid = checkpoint.paid_on(day, *before)
        if is_paid is None:
            is_paid = before not in unpaid
        if is_paid:
            yield order
        else:
            hold_copy(order, checkpoint)
            watcher.done(order, Status.UNSENT, None)


def _paid_elsewhere(checkpoint: Checkpoint, ledger: Ledger, day: date) -> set[Slot]:
    claims = ledger.elsewhere(checkpoint.batch_id, day)
    return _slots(claims[(claims["state"] == PAID) & (claims["day"] == day.isoformat())])


def _slots(table: pd.DataFrame) -> set[Slot]:
    return set(table[SLOT].itertuples(index=False, name=None))

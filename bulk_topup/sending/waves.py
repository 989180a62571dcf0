"""Sends a plan in waves: the n-th copy only after the one before it succeeded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bulk_topup.core.clock import wib_day
from bulk_topup.core.status import Status
from bulk_topup.rules.plan import Plan, orders_of
from bulk_topup.sending import poll
from bulk_topup.sending.choice import copy_may_follow
from bulk_topup.sending.purse import Purse
from bulk_topup.sending.sender import Sender

if TYPE_CHECKING:
    from bulk_topup.core.model import Halt
    from bulk_topup.record.checkpoint import Checkpoint
    from bulk_topup.sending.session import Tools, Watcher


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
        wave = orders[orders["itrx"] == nth]
        if nth > 1:
            poll.poll(checkpoint, tools, wait_s=wait_s, watcher=watcher)
            # Checked again at its attempt, which may be on another day; here, so that none waits in vain.
            today = wib_day(tools.clock.now())
            follows = [copy_may_follow(order, today, checkpoint) for order in orders_of(wave)]
            for order in orders_of(wave[[not it_does for it_does in follows]]):
                watcher.done(order, Status.UNSENT, None)
            wave = wave[follows]
        sender.run(orders_of(wave), expected)
        if sender.halt is not None:
            break
    return sender.halt

"""Sends again what the provider already has, to see it refused (`doctor --prove-51`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bulk_topup.core.clock import near_midnight, wib_day
from bulk_topup.core.errors import StorageFailed
from bulk_topup.core.status import Status
from bulk_topup.provider.outcomes import classify
from bulk_topup.sending.choice import Choice, Chosen
from bulk_topup.sending.course import Course
from bulk_topup.sending.purse import Purse

if TYPE_CHECKING:
    from bulk_topup.core.model import Order, Outcome
    from bulk_topup.record.checkpoint import Checkpoint
    from bulk_topup.sending.session import Tools, Watcher


def repeat(
    order: Order, checkpoint: Checkpoint, tools: Tools, watcher: Watcher, batch_name: str
) -> Outcome | None:
    """The outcome, or None if it was not sent. Uses the claim of its first attempt, and only while that is
    today's, and not near midnight: the provider may be on another day.
    """
    if not tools.throttle.wait(to_send=True):
        return None
    choice = Choice(checkpoint, tools, Purse(limit=None), Course(1), lambda _order: lambda: None)
    wanted = choice.wanted(order, Status.UNKNOWN)
    since = checkpoint.started() or wib_day(wanted.at)
    (holder,) = tools.ledger.turn((), [wanted], checkpoint.batch_id, batch_name, since)
    if not choice.is_held(holder, wanted):
        watcher.done(order, choice.taken(wanted, holder, str(holder.row)), None)
        return None
    if holder.token == wanted.token:  # The first attempt's claim is gone.
        tools.ledger.conclude(holder.token, Status.UNSENT)
        return None
    if holder.day != wanted.day.isoformat() or near_midnight(wanted.at):
        return None
    attempt = checkpoint.begin_repeat(wanted)
    chosen = Chosen(wanted, lambda: None, holder.token, attempt.id)
    answer = tools.provider.top_up(order, may_leave=lambda: choice.may_leave(chosen))
    ending = choice.end(chosen, classify(answer, order, tools.clock.now()))
    try:
        (ended,), _ = checkpoint.turn([ending], lambda _: ())
    except StorageFailed:
        watcher.unwritten(order, ending.outcome)
        raise
    tools.ledger.conclude(holder.token, ended.status)
    return ended.outcome

"""One order of a run: whether it may be attempted, who has its slot, and whether its request may be sent.

Called from the loop's thread, except `may_leave`: that runs in a worker, reads clocks and asks the guard.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulk_topup.core.clock import wib_day
from bulk_topup.core.model import Ending, Halt, Order, Outcome, Wanted
from bulk_topup.core.status import Status
from bulk_topup.sending.purse import Purse, committed

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from bulk_topup.record.checkpoint import Checkpoint
    from bulk_topup.record.ledger.values import Claim
    from bulk_topup.sending.course import Course
    from bulk_topup.sending.session import Tools

LATE_S = 5.0
"""A request leaves within this time of its order being chosen, or not at all: a machine that was asleep must
not pay on waking.
"""


@dataclass(eq=False)
class Chosen:
    """An order on its way from a slot to its outcome: `still` says what holds it back, `token` identifies
    its claim.
    """

    wanted: Wanted
    still: Callable[[], object | None]
    token: str = ""
    attempt_id: int = 0


@dataclass(frozen=True)
class Choice:
    """`guard` makes a check for each attempt; the check runs at once and again as the request leaves, and any
    answer other than None holds the order back.
    """

    checkpoint: Checkpoint
    tools: Tools
    purse: Purse
    course: Course
    guard: Callable[[Order], Callable[[], object | None]]

    def is_held_back(self, order: Order) -> bool:
        """Whether this product is on hold for the rest of the run; if so, that is noted on the order."""
        if not self.course.is_held(order.product):
            return False
        self.checkpoint.hold(order.id, Status.UNSENT, "unsent.product_disturbed", {"product": order.product})
        return True

    def chosen(self, order: Order, expected: Status, day: date | None) -> Chosen | Status | None:
        """The order, ready for an attempt, if that is allowed and affordable; its status if it is held back
        for good, as after midnight when only `day` will do, or that of its rejection; otherwise None."""
        still = self.guard(order)
        if still() is not None:
            return None
        price = order.price - committed(order, expected)
        if not self.purse.reserve(price):
            self.course.stop(Halt("halt.budget", {"limit": str(self.purse.limit)}))
            return None
        wanted = self.wanted(order, expected)
        is_of_day = day in (None, wanted.day)
        if is_of_day and self.course.may_be_repeated(order, wanted.day):
            return Chosen(wanted, still)
        if not is_of_day:
            hold_copy(order, self.checkpoint)
        self.purse.correct(price, 0)
        self.tools.throttle.unused()
        return expected

    def wanted(self, order: Order, expected: Status) -> Wanted:
        clock = self.tools.clock
        began, at = clock.alive(), clock.now()
        skew_s = self.tools.provider.skew_s(at, began)
        token, address = uuid.uuid4().hex, self.tools.base_url
        return Wanted(order, token, at, wib_day(at), skew_s, expected, began, address)

    def may_leave(self, chosen: Chosen) -> bool:
        return self._is_prompt(chosen.wanted) and chosen.still() is None

    def _is_prompt(self, wanted: Wanted) -> bool:
        now = self.tools.clock.now()
        late_s = max(self.tools.clock.alive() - wanted.began, abs((now - wanted.at).total_seconds()))
        return late_s <= LATE_S and wib_day(now) == wanted.day

    def end(self, chosen: Chosen, outcome: Outcome) -> Ending:
        """The ending of this attempt, with an outcome just learned."""
        wanted, at = chosen.wanted, self.tools.clock.now()
        # Computed again: the answer's own `Date` is newer than the one before the attempt.
        skew_s = self.tools.provider.skew_s(wanted.at, wanted.began)
        return Ending(chosen.attempt_id, outcome, at, skew_s)

    def settle(self, wanted: Wanted, status: Status, debited: int | None = None) -> None:
        """Tell the purse what became of the reserved money."""
        before = committed(wanted.order, wanted.expected)
        self.purse.correct(wanted.order.price - before, committed(wanted.order, status, debited) - before)

    def is_held(self, holder: Claim, wanted: Wanted) -> bool:
        """Whether this attempt holds the slot, or an earlier one of the same order that is being resent."""
        if holder.token == wanted.token:
            return True
        return wanted.expected is Status.UNKNOWN and holder.token in self.checkpoint.tokens(wanted.order.id)

    def taken(self, wanted: Wanted, holder: Claim, row: str) -> Status:
        """The slot belongs to another order, that of `row`: this one stays unsent, or gets the status that
        follows from the holder's.
        """
        status = self._already_claimed(wanted.order, holder, row, wanted.expected)
        self.settle(wanted, status)
        self.tools.throttle.unused()
        return status

    def _already_claimed(self, order: Order, holder: Claim, row: str, expected: Status) -> Status:
        """Another order has the slot; or the same order, in a copy of this batch elsewhere.

        What is open elsewhere may still fail, so this is not a final answer for this order.
        """
        own = (self.checkpoint.batch_id, order.product, order.itrx)
        if (holder.batch, holder.product, holder.itrx) == own:
            lost = (holder.token, holder.claimed_at, holder.day, holder.base_url)
            return self.checkpoint.lost_attempt(order.id, *lost)
        if expected is not Status.UNSENT:
            return expected
        facts = {"batch": holder.batch_name, "row": row, "day": holder.day}
        if holder.is_open:
            self.checkpoint.hold(order.id, Status.UNSENT, "duplicate.open_elsewhere", facts)
            return Status.UNSENT
        self.checkpoint.hold(order.id, Status.DUPLICATE, "duplicate.other_batch", facts)
        return Status.DUPLICATE


def hold_copy(order: Order, checkpoint: Checkpoint) -> None:
    """Copy n stays unsent, because copy n-1 was not paid on the day on which it would be sent."""
    checkpoint.hold(order.id, Status.UNSENT, "unsent.copy_waits", {"nth": str(order.itrx - 1)})

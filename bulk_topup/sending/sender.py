"""The loop: slot, claim, durable attempt, request, outcome.

What may be sent is decided by the plan; what an answer means by `outcomes`; here only the order of events
counts. Nothing leaves before its claim and attempt are durable, nor before its worker's last outcome is.
"""

from __future__ import annotations

import contextlib
import functools
import queue
import threading
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulk_topup.core.clock import near_midnight, wib_day
from bulk_topup.core.errors import BulkTopupError, StorageFailed
from bulk_topup.core.model import Answer, Ending, Halt, Kind, NotSent, Order, Outcome, Stop, Then, Wanted
from bulk_topup.core.status import Status
from bulk_topup.provider.outcomes import TOO_MANY_REQUESTS, Streaks, classify
from bulk_topup.record.ledger.claims import OTHER_DAY
from bulk_topup.record.shared_sync import SharedSync
from bulk_topup.sending import resolve
from bulk_topup.sending.attempts import Beginnings, Begun, Following, Refused, Unwritten
from bulk_topup.sending.purse import Purse, committed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import date

    from bulk_topup.record.checkpoint import Checkpoint
    from bulk_topup.record.checkpoint.values import Ended
    from bulk_topup.record.ledger.values import Claim
    from bulk_topup.sending.session import Tools, Watcher

BACKOFF_S = (1.0, 2.0, 4.0, 8.0, 16.0)

LATE_S = 5.0
"""A request leaves within this of its attempt or not at all: a machine that slept must not wake up paying."""

BUSY_S = 10.0
"""For so long no desk of the account begins a request after one of them came too soon (41)."""

LONGEST_WAIT_S = 600.0
"""A provider that asks for a longer pause than this has told us to stop."""


@dataclass(eq=False)
class Lane:
    """The way of one worker through the orders that wait: `order` is its next one, which was tried `tried`
    times so far, and waits for `wait_s` seconds first.
    """

    nth: int
    waiting: queue.SimpleQueue[Order]
    expected: Mapping[int, Status]
    order: Order | None = None
    tried: int = 0
    wait_s: float = 0.0

    def take(self) -> bool:
        """The next order of those that wait; False where none does."""
        try:
            self.order, self.tried = self.waiting.get_nowait(), 0
        except queue.Empty:
            return False
        return True

    def put_off(self, order: Order, wait_s: float) -> None:
        self.order, self.tried, self.wait_s = order, self.tried + 1, wait_s


def halt_by(stop: Stop | None) -> Halt:
    """What ends the wait for a slot: a stop of the account, or else a person here."""
    if stop is None:
        return Halt("halt.interrupted")
    return Halt("halt.account", stop.facts())


@dataclass(eq=False)
class Sender:
    """Sends orders, each at most once. One object per run; `run` may be called several times."""

    checkpoint: Checkpoint
    tools: Tools
    watcher: Watcher
    purse: Purse
    batch_name: str
    workers: int = 1
    guard: Callable[[Order], object | None] = lambda _order: None
    """Asked before each attempt and again as its request leaves; an answer other than None holds it back."""
    halt: Halt | None = None
    failure: BaseException | None = None

    def __post_init__(self) -> None:
        clock, ledger = self.tools.clock, self.tools.ledger
        self._batch = self.checkpoint.batch_id
        self._sync = SharedSync(self.checkpoint, ledger)
        since = self.checkpoint.started() or wib_day(clock.now())
        self._beginnings = Beginnings(self.checkpoint, ledger, self._sync, clock, self.batch_name, since)
        self._streaks = Streaks()
        self._held_products: set[str] = set()
        self._one_at_a_time = False
        self._lock = threading.Lock()

    def run(self, orders: Iterable[Order], expected: Mapping[int, Status]) -> None:
        """Send these orders; returns when all are done or the run has to stop (`halt`).

        `expected` says which of them (by id) are not simply unsent. Raises what a worker raised.
        """
        waiting: queue.SimpleQueue[Order] = queue.SimpleQueue()
        for order in orders:
            waiting.put(order)
        lanes = [Lane(nth, waiting, expected) for nth in range(self.workers)]
        threads = [
            threading.Thread(target=self._work, args=(lane,), name=f"sender-{lane.nth}", daemon=True)
            for lane in lanes
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                thread.join(0.2)  # an untimed join would keep Ctrl-C waiting on Windows
                self._write_conclusions()
        self._work(lanes[0])  # what others gave back when only one request may be in flight
        self._write_conclusions()
        if self.failure is not None:
            raise self.failure

    def _write_conclusions(self) -> None:
        with self._failing():
            self.tools.ledger.write_conclusions()
            self._sync()

    @contextlib.contextmanager
    def _failing(self) -> Iterator[None]:
        """What is raised here stops the run, and is raised again by `run` once all its threads have ended."""
        try:
            yield
        except BaseException as error:  # noqa: BLE001  (re-raised by `run` in the main thread)
            self.failure = self.failure or error
            self._stop(Halt(error.code if isinstance(error, BulkTopupError) else "defect"))

    def _work(self, lane: Lane) -> None:
        with self._failing():
            while self._has_order(lane):
                begun = self._begin(lane)
                while begun is not None:
                    begun = self._send(lane, begun)

    def _has_order(self, lane: Lane) -> bool:
        """Whether the lane has an order to go on with, or takes one now."""
        if self.halt is not None:
            return False
        return lane.order is not None or (not self._is_closed(lane) and lane.take())

    def _is_closed(self, lane: Lane) -> bool:
        return self._one_at_a_time and lane.nth > 0

    def _begin(self, lane: Lane) -> Begun | None:
        """An attempt for the lane's order when its time and slot have come; None where none is made."""
        wait_s, lane.wait_s = lane.wait_s, 0.0
        if wait_s > 0:
            self.tools.clock.sleep(wait_s)
        wanted = self._choose(lane, self._slot)
        return None if wanted is None else self._begun(lane, self._beginnings.begin(wanted))

    def _send(self, lane: Lane, begun: Begun) -> Begun | None:
        """The request and what came of it; then the lane's next attempt, if that may begin at once.

        It is chosen in the turn that writes this outcome, so that a worker waits once for both.
        """
        wanted = begun.wanted
        answer = self.tools.provider.top_up(wanted.order, may_leave=lambda: self._may_leave(wanted))
        ending = self._ending(begun.attempt.id, answer, wanted)
        heard = functools.partial(self._heard, lane, wanted)
        choose = functools.partial(self._choose_at_once, lane)
        try:
            return self._begun(lane, self._beginnings.begin(Following(begun, ending, heard, choose)))
        except Unwritten as lost:
            self.watcher.unwritten(wanted.order, ending.outcome)
            raise lost.failure from None

    def _heard(self, lane: Lane, wanted: Wanted, ended: Ended) -> None:
        self._react(wanted, ended)
        self._try_again(lane, wanted.order, ended.outcome)
        self._tell(wanted.order, ended)

    def _choose_at_once(self, lane: Lane) -> Wanted | None:
        if lane.order is not None:  # to be tried again: not before its slot is free once more
            return None
        return self._choose(lane, self.tools.throttle.at_once) if self._has_order(lane) else None

    def _begun(self, lane: Lane, came: Begun | Refused | None) -> Begun | None:
        """The attempt; where it was refused None, after what follows from that."""
        if not isinstance(came, Refused):
            return came
        if isinstance(came.why, StorageFailed):
            self._try_again(lane, came.wanted.order, self._disowned(came.wanted, came.why))
        else:
            self._taken(came.wanted, came.why)
            self.tools.throttle.unused()
        return None

    def _try_again(self, lane: Lane, order: Order, outcome: Outcome) -> None:
        """In a while, what certainly was not sent."""
        backoff_s = BACKOFF_S[lane.tried] if lane.tried < len(BACKOFF_S) else None
        wait_s = self._pause_for(outcome, backoff_s)
        if wait_s is not None:
            lane.put_off(order, wait_s)

    def _choose(self, lane: Lane, slot: Callable[[], bool]) -> Wanted | None:
        """The attempt to make for the lane's order; None where there is none to be made, or no slot."""
        order = lane.order
        if order is None:
            return None
        if order.product in self._held_products:
            lane.order = None
            self._hold_back(order)
            return None
        if not slot():
            return None
        lane.order = None
        if self._is_closed(lane):
            lane.waiting.put(order)
            return None
        return self._wanted_now(order, lane.expected.get(order.id, Status.UNSENT))

    def _hold_back(self, order: Order) -> None:
        """Nothing of its product is sent in this run any more."""
        facts = {"product": order.product}
        self.checkpoint.hold(order.id, Status.UNSENT, "unsent.product_disturbed", facts)
        self.watcher.done(order, Status.UNSENT, None)

    def _slot(self) -> bool:
        """Waits for it; False if the run has to stop first."""
        if self.tools.throttle.wait(to_send=True):
            return True
        self._stop(halt_by(self.tools.throttle.stop))
        return False

    def _wanted_now(self, order: Order, expected: Status) -> Wanted | None:
        """Its attempt, if it may be made and there is money for it."""
        if self.halt is not None or self.guard(order) is not None:
            return None
        if not self.purse.reserve(order.price - committed(order, expected)):
            self._stop(Halt("halt.budget", {"limit": str(self.purse.limit)}))
            return None
        wanted = self._wanted(order, expected)
        if copy_may_follow(order, wanted.day, self.checkpoint, self.watcher):
            return wanted
        self.purse.correct(order.price - committed(order, expected), 0)
        self.tools.throttle.unused()
        return None

    def _wanted(self, order: Order, expected: Status) -> Wanted:
        clock = self.tools.clock
        began, at = clock.alive(), clock.now()
        skew_s = self.tools.provider.skew_s(at, began)
        return Wanted(order, uuid.uuid4().hex, at, wib_day(at), skew_s, expected, began)

    def repeat(self, order: Order) -> Outcome | None:
        """Send once more what the provider holds, to see it refused; the outcome, None if it was not sent.

        Under the claim that its first attempt has, and only while that is today's.
        """
        if not self.tools.throttle.wait(to_send=True):
            return None
        wanted = self._wanted(order, Status.UNKNOWN)
        (holder,) = self._beginnings.claim([wanted])
        if not self._beginnings.is_held(holder, wanted):
            self._taken(wanted, holder)
            return None
        if holder.token == wanted.token:  # another day: the first attempt's claim is no longer this slot's
            self.tools.ledger.conclude(holder.token, Status.UNSENT)
            return None
        attempt = self.checkpoint.begin_repeat(order, wanted.token, wanted.at, wanted.day, wanted.skew_s)
        self._beginnings.make_durable([attempt])
        answer = self.tools.provider.top_up(order, may_leave=lambda: self._may_leave(wanted))
        ended = self._end(attempt.id, answer, wanted)
        self._sync()
        self.tools.ledger.conclude(holder.token, ended.status)
        return ended.outcome

    def _pause_for(self, outcome: Outcome, backoff_s: float | None) -> float | None:
        """How long to wait before the same order again; None where that is not called for, or the run has to
        stop instead."""
        if outcome.then is not Then.AGAIN:
            return None
        wait_s = backoff_s if outcome.wait_s is None else outcome.wait_s
        if backoff_s is None or wait_s is None or wait_s > LONGEST_WAIT_S:
            self._stop(Halt("halt.out_of_reach", {"cause": outcome.code}))
            return None
        if outcome.code == TOO_MANY_REQUESTS:
            self.tools.throttle.pause(wait_s)
        return wait_s

    def _taken(self, wanted: Wanted, holder: Claim) -> None:
        """The order stays unsent, or becomes what its slot's holder makes of it."""
        order, expected = wanted.order, wanted.expected
        status = self._already_claimed(order, holder, expected)
        before = committed(order, expected)
        self.purse.correct(order.price - before, committed(order, status) - before)
        self.watcher.done(order, status, None)

    def _disowned(self, wanted: Wanted, failure: StorageFailed) -> Outcome:
        """The claim may stand, although word of it never came: nothing was sent under it, and that is kept.

        Without this it would be found later as a claim whose attempt was lost, and the order be unknown.
        Raises the failure, unless it is midnight here a moment before or after it is at the server: then in a
        moment both are on the same day.
        """
        if wanted.expected is Status.UNKNOWN:  # whose claim, where there is one, is its earlier attempt's
            raise failure
        (attempt,) = self.checkpoint.begin_all([wanted])
        is_midnight = failure.code == OTHER_DAY and near_midnight(wanted.at)
        ended = self._end(attempt.id, NotSent("late" if is_midnight else "failed"), wanted)
        if not is_midnight:
            raise failure
        self._react(wanted, ended)
        return ended.outcome

    def _already_claimed(self, order: Order, holder: Claim, expected: Status) -> Status:
        """Another order holds the slot; or this very one, through a copy of this batch elsewhere.

        What is open elsewhere may still come to nothing, so that it is no final answer for this order.
        """
        if holder.batch == self._batch and holder.product == order.product:
            return self.checkpoint.lost_attempt(order.id, holder.token, holder.claimed_at, holder.day)
        if expected is not Status.UNSENT:
            return expected
        facts = {"batch": holder.batch_name, "row": str(holder.row), "day": holder.day}
        if holder.is_open:
            self.checkpoint.hold(order.id, Status.UNSENT, "duplicate.open_elsewhere", facts)
            return Status.UNSENT
        self.checkpoint.hold(order.id, Status.DUPLICATE, "duplicate.other_batch", facts)
        return Status.DUPLICATE

    def _end(self, attempt_id: int, answer: Answer, wanted: Wanted) -> Ended:
        ending = self._ending(attempt_id, answer, wanted)
        try:
            (ended,) = self.checkpoint.end_all([ending])
        except StorageFailed:
            self.watcher.unwritten(wanted.order, ending.outcome)
            raise
        return ended

    def _ending(self, attempt_id: int, answer: Answer, wanted: Wanted) -> Ending:
        """What this answer makes of the attempt. Where that can't be written, the one place where it still
        stands is a person's screen."""
        order, at = wanted.order, self.tools.clock.now()
        # Reckoned anew: the answer's own `Date` was seen later than the one before the attempt.
        skew_s = self.tools.provider.skew_s(wanted.at, wanted.began)
        outcome = classify(answer, order, at)
        try:
            of_another = resolve.unless_of_other_batch(
                outcome, order, wanted.day, self.checkpoint, self.tools.ledger
            )
        except StorageFailed:
            self.watcher.unwritten(order, outcome)
            raise
        return Ending(attempt_id, of_another, at, skew_s)

    def _may_leave(self, wanted: Wanted) -> bool:
        return self._is_prompt(wanted) and self.guard(wanted.order) is None

    def _is_prompt(self, wanted: Wanted) -> bool:
        now = self.tools.clock.now()
        late_s = max(self.tools.clock.alive() - wanted.began, abs((now - wanted.at).total_seconds()))
        return late_s <= LATE_S and wib_day(now) == wanted.day

    def _react(self, wanted: Wanted, ended: Ended) -> None:
        order, (status, outcome) = wanted.order, ended
        before = committed(order, wanted.expected)
        self.purse.correct(order.price - before, committed(order, status, outcome.debited) - before)
        with self._lock:
            verdict = self._streaks.see(outcome, order.product)
        if outcome.then is Then.ONE_AT_A_TIME:
            self._one_at_a_time = True
            self.tools.ledger.pause(BUSY_S)
        if outcome.then is Then.STOP:
            if outcome.kind is Kind.REFUSED:  # by a code of the account's, which every desk of it would meet
                self.tools.ledger.stop_all(self._as_told(outcome))
            self._stop(Halt(outcome.code, {"reason": outcome.reason}))
        if verdict.hold_product:
            self._held_products.add(order.product)
        if verdict.stop_code:
            self._stop(Halt(verdict.stop_code))

    def _tell(self, order: Order, ended: Ended) -> None:
        """Last of all: a screen may stand still."""
        status, outcome = ended
        if outcome.kind is not Kind.NOT_SENT:
            self.watcher.done(order, status, outcome.debited)
        if outcome.balance is not None:
            self.watcher.balance(outcome.balance, self.purse.left)

    def _as_told(self, outcome: Outcome) -> Stop:
        at = self.tools.clock.now().isoformat(timespec="seconds")
        return Stop(outcome.code, outcome.reason, f"{self.tools.desk}, {self.batch_name}", at)

    def _stop(self, halt: Halt) -> None:
        with self._lock:
            self.halt = self.halt or halt


def copy_may_follow(order: Order, day: date, checkpoint: Checkpoint, watcher: Watcher) -> bool:
    """Whether copy n-1, where there is one, is sukses on this day; if not, this one is held back."""
    if order.itrx == 1:
        return True
    paid = checkpoint.paid_on(day, order.number, order.nominal, order.itrx - 1)
    if paid is False:
        checkpoint.hold(order.id, Status.UNSENT, "unsent.copy_waits", {"nth": str(order.itrx - 1)})
        watcher.done(order, Status.UNSENT, None)
    return paid is not False

"""The loop: slot, claim, durable attempt, request, outcome.

What may be sent is decided by the plan; what an answer means by `outcomes`; here only the order of events
counts. Nothing leaves before its claim and attempt are durable, nor before its worker's last outcome is.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bulk_topup import settle
from bulk_topup.account import Stop
from bulk_topup.batch import KEY
from bulk_topup.clock import near_midnight, wib_day
from bulk_topup.commits import SharedSync
from bulk_topup.errors import BulkTopupError, StorageFailed
from bulk_topup.ledger import OTHER_DAY, RELEASED, state_of
from bulk_topup.model import Halt, Kind, NotSent, Order, Outcome, Status, Then
from bulk_topup.outcomes import Streaks, classify
from bulk_topup.plan import orders_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import date, datetime

    import pandas as pd

    from bulk_topup.checkpoint import Attempt, Checkpoint, Ended
    from bulk_topup.ledger import Claim
    from bulk_topup.plan import Plan
    from bulk_topup.settle import Resendable
    from bulk_topup.tools import Tools, Watcher

BACKOFF_S = (1.0, 2.0, 4.0, 8.0, 16.0)
LATE_S = 5.0
"""A request leaves within this of its attempt or not at all: a machine that slept must not wake up paying."""

BUSY_S = 10.0
"""For so long no desk of the account begins a request after one of them came too soon (41)."""

LONGEST_WAIT_S = 600.0
"""A provider that asks for a longer pause than this has told us to stop."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When an attempt began: by the clock that counts sleep (`began`, seconds) and on the wall (`at`)."""

    token: str
    began: float
    at: datetime


def halt_by(stop: Stop | None) -> Halt:
    """What ends the wait for a slot: a stop of the account, or else a person here."""
    if stop is None:
        return Halt("halt.interrupted")
    return Halt("halt.account", stop.facts())


@dataclass
class Purse:
    """What may still be spent. `limit` is the plan shown, or the budget if that is less; None is no limit."""

    limit: int | None
    spent: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def reserve(self, price: int) -> bool:
        with self._lock:
            if self.limit is not None and self.spent + price > self.limit:
                return False
            self.spent += price
            return True

    @property
    def left(self) -> int:
        return 0 if self.limit is None else self.limit - self.spent

    def correct(self, reserved: int, actual: int) -> None:
        with self._lock:
            self.spent += actual - reserved


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
        self._batch = self.checkpoint.batch_id
        self._since = self.checkpoint.started() or wib_day(self.tools.clock.now())
        self._sync = SharedSync(self.checkpoint, self.tools.ledger)
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
        threads = [
            threading.Thread(
                target=self._work, args=(waiting, expected, nth), name=f"sender-{nth}", daemon=True
            )
            for nth in range(self.workers)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                thread.join(0.2)  # an untimed join would keep Ctrl-C waiting on Windows
                self._write_conclusions()
        self._work(waiting, expected, 0)  # what others gave back when only one request may be in flight
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

    def _work(self, waiting: queue.SimpleQueue[Order], expected: Mapping[int, Status], nth: int) -> None:
        with self._failing(), contextlib.suppress(queue.Empty):
            while self.halt is None and not (self._one_at_a_time and nth > 0):
                order = waiting.get_nowait()
                self._send(order, expected.get(order.id, Status.UNSENT), waiting, nth)

    def _send(self, order: Order, expected: Status, waiting: queue.SimpleQueue[Order], nth: int) -> None:
        """One order to an outcome, through as many attempts as were certainly not sent."""
        for backoff_s in (*BACKOFF_S, None):
            outcome = self._try(order, expected, waiting, nth)
            wait_s = None if outcome is None else self._pause_for(outcome, backoff_s)
            if wait_s is None or self.halt is not None:
                return
            self.tools.clock.sleep(wait_s)

    def _try(
        self, order: Order, expected: Status, waiting: queue.SimpleQueue[Order], nth: int
    ) -> Outcome | None:
        """One attempt at its slot; None where there was none, or is none to be made."""
        if order.product in self._held_products:
            facts = {"product": order.product}
            self.checkpoint.hold(order.id, Status.UNSENT, "unsent.product_disturbed", facts)
            self.watcher.done(order, Status.UNSENT, None)
            return None
        if not self.tools.throttle.wait(to_send=True):
            self._stop(halt_by(self.tools.throttle.stop))
            return None
        if self.halt is not None or self.guard(order) is not None:
            return None
        if self._one_at_a_time and nth > 0:
            waiting.put(order)
            return None
        if not self.purse.reserve(order.price - _committed(order, expected)):
            self._stop(Halt("halt.budget", {"limit": str(self.purse.limit)}))
            return None
        outcome = self._attempt(order, expected)
        if outcome is None:
            self.tools.throttle.unused()
        return outcome

    def repeat(self, order: Order) -> Outcome | None:
        """Send once more what the provider holds, to see it refused; the outcome, None if it was not sent.

        Under the claim that its first attempt has, and only while that is today's.
        """
        if not self.tools.throttle.wait(to_send=True):
            return None
        moment = self._moment()
        claim_token = self._claim(order, moment, Status.UNKNOWN)
        if claim_token is None:
            return None
        if claim_token == moment.token:  # another day: the first attempt's claim is no longer this slot's
            self.tools.ledger.conclude(claim_token, Status.UNSENT)
            return None
        skew_s = self.tools.provider.skew_s(moment.at, moment.began)
        attempt = self.checkpoint.begin_repeat(order, moment.token, moment.at, wib_day(moment.at), skew_s)
        self._make_durable(attempt)
        answer = self.tools.provider.top_up(order, may_leave=lambda: self._may_leave(order, moment))
        ended = self._end(attempt, classify(answer, order, self.tools.clock.now()), moment)
        self._sync()
        self.tools.ledger.conclude(claim_token, ended.status)
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
        if outcome.code == "outcome.too_many_requests":
            self.tools.throttle.pause(wait_s)
        return wait_s

    def _attempt(self, order: Order, expected: Status) -> Outcome | None:
        """Claim, write, send, record. None where the slot is taken, or the copy before is not paid."""
        moment = self._moment()
        if not _copy_may_follow(order, wib_day(moment.at), self.checkpoint, self.watcher):
            self.purse.correct(order.price - _committed(order, expected), 0)
            return None
        try:
            claim_token = self._claim(order, moment, expected)
        except StorageFailed as failure:
            return self._disowned(order, moment, expected, failure)
        if claim_token is None:
            return None
        attempt = self._begin(order, moment, claim_token, expected)
        self._make_durable(attempt)
        answer = self.tools.provider.top_up(order, may_leave=lambda: self._may_leave(order, moment))
        status, outcome = self._end(attempt, classify(answer, order, self.tools.clock.now()), moment)
        self._conclude(claim_token, status)
        self._react(order, outcome, status, expected)
        return outcome

    def _moment(self) -> Moment:
        clock = self.tools.clock
        return Moment(uuid.uuid4().hex, clock.alive(), clock.now())

    def _claim(self, order: Order, moment: Moment, expected: Status) -> str | None:
        """The token under which this order holds its slot, or None where another order holds it."""
        slot = (order, wib_day(moment.at), moment.token, self._batch, self.batch_name, moment.at)
        holder = self.tools.ledger.claim(*slot, since=self._since)
        if holder is None:
            return moment.token
        if expected is Status.UNKNOWN and holder.token in self.checkpoint.tokens(order.id):
            return holder.token
        status = self._already_claimed(order, holder, expected)
        before = _committed(order, expected)
        self.purse.correct(order.price - before, _committed(order, status) - before)
        self.watcher.done(order, status, None)
        return None

    def _disowned(self, order: Order, moment: Moment, expected: Status, failure: StorageFailed) -> Outcome:
        """The claim may stand, although word of it never came: nothing was sent under it, and that is kept.

        Without this it would be found later as a claim whose attempt was lost, and the order be unknown.
        Raises the failure, unless it is midnight here a moment before or after it is at the server: then in a
        moment both are on the same day.
        """
        if expected is Status.UNKNOWN:  # whose claim, where there is one, is its earlier attempt's
            raise failure
        attempt = self._begin(order, moment, "", expected)
        is_midnight = failure.code == OTHER_DAY and near_midnight(moment.at)
        cause = NotSent("late" if is_midnight else "failed")
        status, outcome = self._end(attempt, classify(cause, order), moment)
        if not is_midnight:
            raise failure
        self._react(order, outcome, status, expected)
        return outcome

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

    def _begin(self, order: Order, moment: Moment, claim_token: str, expected: Status) -> Attempt:
        skew_s = self.tools.provider.skew_s(moment.at, moment.began)
        try:
            return self.checkpoint.begin(order, moment.token, moment.at, wib_day(moment.at), skew_s, expected)
        except BaseException:
            if claim_token == moment.token:
                self.tools.ledger.conclude(claim_token, Status.UNSENT)
            raise

    def _make_durable(self, attempt: Attempt) -> None:
        """Claim, attempt and all that was written before. Raises StorageFailed; then nothing leaves and,
        where that can be written, the order is not unknown for it. Its claim stays until the next run."""
        try:
            self._sync()
        except BaseException:
            with contextlib.suppress(StorageFailed):
                not_sent = classify(NotSent("failed"), attempt.order)
                self.checkpoint.end(attempt.id, not_sent, self.tools.clock.now())
            raise

    def _conclude(self, claim_token: str, status: Status) -> None:
        if state_of(status) == RELEASED:
            self._sync()  # a power cut may not take the reason and leave the slot free
        else:
            self._sync.soon()
        self.tools.ledger.conclude_later(claim_token, status)

    def _end(self, attempt: Attempt, outcome: Outcome, moment: Moment) -> Ended:
        # Reckoned anew: the answer's own `Date` was seen later than the one before the attempt.
        skew_s = self.tools.provider.skew_s(moment.at, moment.began)
        order, ledger = attempt.order, self.tools.ledger
        try:
            outcome = settle.unless_of_other_batch(
                outcome, order, wib_day(moment.at), self.checkpoint, ledger
            )
            return self.checkpoint.end(attempt.id, outcome, self.tools.clock.now(), skew_s)
        except StorageFailed:
            # The one place where this answer still stands is a person's screen.
            self.watcher.unwritten(attempt.order, outcome)
            raise

    def _may_leave(self, order: Order, moment: Moment) -> bool:
        return self._is_prompt(moment) and self.guard(order) is None

    def _is_prompt(self, moment: Moment) -> bool:
        now = self.tools.clock.now()
        late_s = max(self.tools.clock.alive() - moment.began, abs((now - moment.at).total_seconds()))
        return late_s <= LATE_S and wib_day(now) == wib_day(moment.at)

    def _react(self, order: Order, outcome: Outcome, status: Status, expected: Status) -> None:
        before = _committed(order, expected)
        self.purse.correct(order.price - before, _committed(order, status, outcome.debited) - before)
        if outcome.kind is not Kind.NOT_SENT:
            self.watcher.done(order, status, outcome.debited)
        if outcome.balance is not None:
            self.watcher.balance(outcome.balance, self.purse.left)
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

    def _as_told(self, outcome: Outcome) -> Stop:
        at = self.tools.clock.now().isoformat(timespec="seconds")
        return Stop(outcome.code, outcome.reason, f"{self.tools.desk}, {self.batch_name}", at)

    def _stop(self, halt: Halt) -> None:
        with self._lock:
            self.halt = self.halt or halt


def _committed(order: Order, status: Status, debited: int | None = None) -> int:
    """Rupiah that this order has cost, or may have."""
    if status is Status.SUKSES and debited is not None:
        return debited
    return order.price if status is Status.SUKSES or status.is_open else 0


# -- copies ------------------------------------------------------------------------------------------------


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

    `limit` is the most that the batch may have cost by the end, in rupiah. Returns why the run stopped before
    its last order, if it did. Raises StorageFailed.
    """
    orders = _with_ids(plan, checkpoint)
    moved = orders.loc[orders["state"] != Status.UNSENT, ["id", "state"]].itertuples(index=False)
    expected = {int(key): Status(state) for key, state in moved}
    purse = Purse(limit=limit, spent=checkpoint.committed())
    name = plan.rows.sheet.path.stem
    sender = Sender(checkpoint, tools, watcher, purse, name, workers)
    for nth in sorted(orders["itrx"].unique()):
        wave = orders[orders["itrx"] == nth]
        if nth > 1:
            settle.poll(checkpoint, tools, wait_s=wait_s, watcher=watcher)
            # Once more at its attempt, which may be another day's; here, so that none waits its turn in vain.
            today = wib_day(tools.clock.now())
            wave = wave[[_copy_may_follow(order, today, checkpoint, watcher) for order in orders_of(wave)]]
        sender.run(orders_of(wave), expected)
        if sender.halt is not None:
            break
    return sender.halt


def _with_ids(plan: Plan, checkpoint: Checkpoint) -> pd.DataFrame:
    """The plan's orders with the checkpoint's `id` and present `state`."""
    known = checkpoint.sendable().rename(columns={"status": "state"})
    merged = plan.orders.reset_index(names="row").merge(known, on=KEY, how="left", validate="one_to_one")
    if merged["id"].isna().any():
        raise AssertionError("an order of the plan is not in the checkpoint, or may have been paid")
    return merged.set_index("row")


def _copy_may_follow(order: Order, day: date, checkpoint: Checkpoint, watcher: Watcher) -> bool:
    """Whether copy n-1, where there is one, is sukses on this day; if not, this one is held back."""
    if order.itrx == 1:
        return True
    paid = checkpoint.paid_on(day, order.number, order.nominal, order.itrx - 1)
    if paid is False:
        checkpoint.hold(order.id, Status.UNSENT, "unsent.copy_waits", {"nth": str(order.itrx - 1)})
        watcher.done(order, Status.UNSENT, None)
    return paid is not False


# -- unknown ones, once more -------------------------------------------------------------------------------


def resend(
    found: Resendable,
    checkpoint: Checkpoint,
    tools: Tools,
    watcher: Watcher,
    budget: int | None,
    batch_name: str,
) -> Halt | None:
    """Send unknown orders again, one at a time, each guarded anew as its request leaves.

    They count as spent already, so that only a budget (in rupiah) limits what they come to.
    """
    purse = Purse(limit=budget, spent=checkpoint.committed())
    sender = Sender(checkpoint, tools, watcher, purse, batch_name, guard=found.guard(checkpoint, tools))
    orders = [open_.order for open_ in found.orders]
    sender.run(orders, {order.id: Status.UNKNOWN for order in orders})
    return sender.halt

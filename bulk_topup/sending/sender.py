"""The loop: one thread owns the progress file and decides what is sent; HTTP workers only send, after a last
look at the clocks.

A turn: choose as many orders as there are free workers and due slots → make their claims durable → write, in
one transaction, the answers received meanwhile and the attempts of orders that hold their slots → hand these
to workers, which connect, check once more whether the request may leave, send it, and return the answer.

Claims come before attempts. If the process dies
- before the claims are durable, nothing has been written about these orders, and nothing sent;
- between them and their attempts, nothing was sent; but a claim without an attempt is also what a restored
  progress file looks like, so the order becomes unknown;
- between the attempts and the transaction with their answers, the orders are unknown: they may have left;
- between that and the conclusion of the claims, the claims stay open and hold their slots longer than
  necessary, until the next command reads the outcome.
No slot is freed before its outcome is durable, unless nothing was attempted under it.

An order occupies one worker from when it is chosen until its outcome is written, so a crash makes at most
that many orders unknown. The ledger may be locked for a long time, or far away, and the screen may freeze:
three more threads wait for these and for slots, and carry out in order what this one decides.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from functools import partial
from typing import TYPE_CHECKING

from bulk_topup.core.clock import wib_day
from bulk_topup.core.errors import BulkTopupError
from bulk_topup.core.model import Answer, Ending, Halt, NotSent, Order, Outcome, Wanted
from bulk_topup.core.status import Status
from bulk_topup.provider.outcomes import classify
from bulk_topup.sending.choice import Choice, Chosen
from bulk_topup.sending.claimant import Claimant, is_by_midnight
from bulk_topup.sending.course import Course, Waiting
from bulk_topup.sending.resolve import in_doubt, is_of_other_day, unless_of_other_batch
from bulk_topup.sending.screen import Screen
from bulk_topup.sending.slots import Slots
from bulk_topup.sending.worker import Word, Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from bulk_topup.record.checkpoint import Checkpoint
    from bulk_topup.record.checkpoint.values import Ended
    from bulk_topup.sending.claimant import Held
    from bulk_topup.sending.purse import Purse
    from bulk_topup.sending.session import Tools, Watcher

LOOK_S = 0.25
"""How often the loop checks the deadlines of what is in flight when no message arrives."""


class Sender:
    """Sends orders, each at most once. One object per run; `run` may be called several times."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        tools: Tools,
        watcher: Watcher,
        purse: Purse,
        batch_name: str,
        workers: int = 1,
        guard: Callable[[Order], Callable[[], object | None]] = lambda _order: lambda: None,
    ) -> None:
        self.failure: BaseException | None = None
        self.checkpoint, self.tools, self.watcher, self.purse = checkpoint, tools, watcher, purse
        self._own = (checkpoint.batch_id, batch_name, checkpoint.started() or wib_day(tools.clock.now()))
        self._course = Course(workers)
        self._choice = Choice(checkpoint, tools, purse, self._course, guard)

    @property
    def halt(self) -> Halt | None:
        """Why the run had to stop before its last order, or None."""
        return self._course.halt

    def run(self, orders: Iterable[Order], expected: Mapping[int, Status], day: date | None = None) -> None:
        """Send these orders, on `day` alone if given; returns when all are done or the run has to stop.

        `expected` gives the status, by id, of those that are not unsent. Raises what any thread raised, once
        every awaited answer has been handled.
        """
        self._waiting, self._expected, self._day = Waiting(orders), expected, day
        # An order moves from each of these to the next.
        self._chosen: list[Chosen] = []
        self._claiming: list[Chosen] = []
        self._claimed: list[Chosen] = []
        self._in_flight: set[Chosen] = set()
        self._answered: list[tuple[Chosen, Ending]] = []
        with self._failing():
            loop = threading.Thread(target=self._loop, name="sender", daemon=True)
            loop.start()
            while loop.is_alive():
                loop.join(0.2)  # A join without a timeout would block Ctrl-C on Windows.
        if self.failure is not None:
            raise self.failure

    def _loop(self) -> None:
        self._inbox: queue.SimpleQueue[Word] = queue.SimpleQueue()
        with self._failing(), contextlib.ExitStack() as threads:
            teller, asker, waiter = (Workers(name, 1, self._inbox) for name in ("screen", "ledger", "pace"))
            self._http = Workers("http", self._course.limit, self._inbox)
            self._screen = Screen(self.watcher, teller, self._fail)
            self._claimant = Claimant(self.tools, asker, self._own, self._fail)
            self._slots = Slots(self.tools.throttle, self.tools.clock, waiter, self._course, self._fail)
            for workers in (teller, asker, waiter, self._http):
                threads.enter_context(workers.at_work())
            while self._is_under_way():
                for step in (self._choose, self._claim, self._listen, self._write):
                    with self._failing():
                        step()
        while not self._inbox.empty():  # The last screen message, or a slot that nobody needs any more.
            with self._failing():
                self._inbox.get()()

    def _is_under_way(self) -> bool:
        is_busy = self._in_hand() > 0 or self._claimant.is_awaited or self._claimant.is_owed
        return is_busy or (self.halt is None and bool(self._waiting))

    def _in_hand(self) -> int:
        """The number of busy workers."""
        return sum(map(len, (self._chosen, self._claiming, self._claimed, self._in_flight, self._answered)))

    @contextlib.contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:  # noqa: BLE001  (`run` raises it in the end)
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        """Stop the run with this error; `run` raises it once all threads have ended."""
        self.failure = self.failure or error
        self._course.stop(Halt(error.code if isinstance(error, BulkTopupError) else "defect"))

    # -- the next orders -----------------------------------------------------------------------------------

    def _choose(self) -> None:
        """Choose as many orders as there are free workers and due slots."""
        while self.halt is None and not self._claimant.is_pausing:
            now = self.tools.clock.alive()
            order = self._waiting.next(now, self._course.limit - self._in_hand())
            if order is None:
                self._slots.rest(self._waiting.wait_s(now))
                return
            if self._choice.is_held_back(order):
                chosen: Chosen | Status | None = Status.UNSENT
            elif self._slots.take():
                chosen = self._choice.chosen(order, self._expected.get(order.id, Status.UNSENT), self._day)
            else:
                return
            self._waiting.remove(order)
            if isinstance(chosen, Chosen):
                self._chosen.append(chosen)
            elif chosen is not None:
                self._screen.done(order, chosen)

    # -- their claims --------------------------------------------------------------------------------------

    def _claim(self) -> None:
        """Claim all chosen orders together, along with the conclusions of earlier claims."""
        if self.halt is not None:
            self._withdraw(self._chosen)
            self._chosen = []
        if not self._claimant.is_claiming and (self._chosen or self._claimant.is_owed):
            self._claiming, self._chosen = self._chosen, []
            self._claimant.claim([chosen.wanted for chosen in self._claiming], self._hold, self._disown)

    def _hold(self, holders: Sequence[Held]) -> None:
        claiming, self._claiming = self._claiming, []
        for chosen, (holder, row) in zip(claiming, holders, strict=True):
            with self._failing():
                if holder.is_open and self._choice.is_held(holder, chosen.wanted):
                    chosen.token = holder.token
                    self._claimed.append(chosen)
                else:
                    self._screen.done(chosen.wanted.order, self._choice.taken(chosen.wanted, holder, row))

    def _disown(self, error: BaseException) -> None:
        """The claims may exist although no reply came. Nothing was sent under them; that is recorded, or they
        would be found as claims without attempts. This ends the run, except around midnight, when this
        computer and the server may briefly be on different days."""
        claiming, self._claiming = self._claiming, []
        # A resent order uses its earlier attempt's claim.
        mine = [chosen for chosen in claiming if chosen.wanted.expected is not Status.UNKNOWN]
        is_midnight = mine == claiming and is_by_midnight(error, [chosen.wanted for chosen in mine])
        if not is_midnight:
            self._fail(error)
        attempts = self.checkpoint.begin_all([chosen.wanted for chosen in mine])
        for chosen, attempt in zip(mine, attempts, strict=True):
            chosen.token, chosen.attempt_id = chosen.wanted.token, attempt.id
            self._end(chosen, classify(NotSent("late" if is_midnight else "failed"), chosen.wanted.order))

    # -- answers, and the attempts that follow ---------------------------------------------------------------

    def _listen(self) -> None:
        """Wait for a message from any thread, then handle all that have arrived."""
        is_awaited = bool(self._in_flight or self._claimant.is_awaited or self._slots.is_awaited)
        with contextlib.suppress(queue.Empty):
            self._inbox.get(timeout=LOOK_S if is_awaited else 0.0)()
            while True:
                self._inbox.get_nowait()()
        self.tools.provider.end_overdue()

    def _answer(self, chosen: Chosen, answer: Answer) -> None:
        wanted, outcome = chosen.wanted, None
        try:
            now = self.tools.clock.now()
            outcome = classify(answer, wanted.order, now)
            if not is_of_other_day(outcome, wanted.day):
                self._end(chosen, outcome)
                return
            with self._failing():
                self.checkpoint.end(chosen.attempt_id, in_doubt(outcome), now)
            facts = (outcome, wanted.order, wanted.day, self._own[0], self.tools.ledger)
            then = partial(self._end, chosen), partial(self._lose, chosen, outcome)
            self._claimant.ask(partial(unless_of_other_batch, *facts), *then)
        except BaseException as error:  # noqa: BLE001  (`run` raises it in the end)
            self._lose(chosen, outcome, error)

    def _end(self, chosen: Chosen, outcome: Outcome) -> None:
        self._in_flight.discard(chosen)
        self._answered.append((chosen, self._choice.end(chosen, outcome)))

    def _lose(self, chosen: Chosen, outcome: Outcome | None, error: BaseException) -> None:
        """The attempt has no outcome, or one in doubt: its order stays unknown. The screen shows it."""
        self._in_flight.discard(chosen)
        self._fail(error)
        if outcome is not None:
            self._screen.unwritten(chosen.wanted.order, outcome)

    def _write(self) -> None:
        """In one transaction: the outcomes so far, and the attempts of orders that have their slot."""
        answered, self._answered = self._answered, []
        claimed, self._claimed = self._claimed, []
        begun: list[Chosen] = []

        def begin(ended: Sequence[Ended]) -> list[Wanted]:
            for (chosen, _), (status, outcome) in zip(answered, ended, strict=True):
                self._choice.settle(chosen.wanted, status, outcome.debited)
                self._course.hear(chosen.wanted.order, outcome, chosen.wanted.day)
            room = 0 if self.halt else max(0, self._course.limit - len(self._in_flight))
            begun.extend(claimed[:room])
            return [chosen.wanted for chosen in begun]

        if not (answered or claimed):
            return
        try:
            ended, attempts = self.checkpoint.turn([ending for _, ending in answered], begin)
        except BaseException as error:  # noqa: BLE001  (`run` raises it in the end)
            self._fail(error)
            self._rescue(answered)
            self._withdraw(claimed)
            return
        self._withdraw(claimed[len(begun) :])
        for chosen, attempt in zip(begun, attempts, strict=True):
            self._send(chosen, attempt.id)
        for (chosen, _), each in zip(answered, ended, strict=True):
            self._follow(chosen, each)

    def _rescue(self, answered: Sequence[tuple[Chosen, Ending]]) -> None:
        """One by one, since the failure may concern another outcome or an attempt."""
        for chosen, ending in answered:
            try:
                (ended,), _ = self.checkpoint.turn([ending], lambda _: ())
            except BaseException as error:  # noqa: BLE001  (`run` raises it in the end)
                self._lose(chosen, ending.outcome, error)
            else:
                self._follow(chosen, ended)

    def _withdraw(self, some: Sequence[Chosen]) -> None:
        """Put these orders back unattempted, and release their claims."""
        for chosen in some:
            if chosen.token == chosen.wanted.token:
                self._claimant.conclude(chosen.token, chosen.wanted.order, Status.UNSENT)
            self._choice.settle(chosen.wanted, chosen.wanted.expected)
            self._waiting.put_back(chosen.wanted.order)

    def _send(self, chosen: Chosen, attempt_id: int) -> None:
        chosen.attempt_id = attempt_id
        self._in_flight.add(chosen)
        may_leave = partial(self._choice.may_leave, chosen)
        top_up = partial(self.tools.provider.top_up, chosen.wanted.order, may_leave=may_leave)
        self._http.ask(top_up, partial(self._answer, chosen), partial(self._lose, chosen, None))

    def _follow(self, chosen: Chosen, ended: Ended) -> None:
        """Follow up a durable outcome."""
        order, outcome = chosen.wanted.order, ended.outcome
        self._claimant.conclude(chosen.token, order, ended.status)
        wait_s = self._course.again_in(order, outcome)
        if wait_s is not None:
            self._waiting.put_off(order, self.tools.clock.alive() + wait_s)
        self._claimant.heed(outcome, wait_s)
        self._screen.ended(order, ended, self.purse.left)

"""Threads that want the same kind of work done take turns at it: each does it for all who wait by then."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, Generic, TypeVar, cast

Item = TypeVar("Item")
Result = TypeVar("Result")
Made = TypeVar("Made")

PATIENCE_S: Final = 0.05
"""Who has waited longer shares the next turn, however many there are: their turns must be slow."""


class Alone(Exception):  # noqa: N818  (a decision, not a fault)
    """This is to be done without a turn; nothing of it was done."""


class Turn(Generic[Item, Result]):
    """What one thread wants done with `item`, and what came of it: done or failed, until then failed."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.since = time.monotonic()
        self.result: Result | None = None
        self.error: BaseException | None = RuntimeError("not done")  # until it is known to be
        self._asleep = threading.Lock()
        self._asleep.acquire()

    def done(self, result: Result) -> None:
        self.result, self.error = result, None

    def failed(self, error: BaseException) -> None:
        self.error = error

    def outcome(self) -> Result:
        """Raises what it failed with."""
        if self.error is not None:
            raise self.error
        return cast("Result", self.result)

    def wait(self, at_most_s: float | None = None) -> bool:
        """Whether it was called."""
        return self._asleep.acquire(timeout=-1 if at_most_s is None else at_most_s)

    def call(self) -> None:
        self._asleep.release()


class Turns(Generic[Item, Result, Made]):
    """One thread at a time does `work`, for itself and those who wait behind it, first come, first served.

    `after` follows with what `work` has made, and keeps nobody else from their turn. Between them they settle
    each of the turns that `work` is given. Who waits wakes up once, after both.

    `most` is how many share one, but for those who have waited for long: who leaves a turn together comes
    back together, and then the last of them waits for all.
    """

    def __init__(
        self,
        work: Callable[[list[Turn[Item, Result]]], Made],
        after: Callable[[Made], object] = lambda _: None,
        most: int | None = None,
    ) -> None:
        self._work, self._after, self._most = work, after, most
        self._waiting: list[Turn[Item, Result]] = []
        self._leader: Turn[Item, Result] | None = None
        self._lock = threading.Lock()

    def do(self, item: Item, patience_s: float | None = None) -> Result:
        """What came of it. Raises what it failed with, and Alone where no turn took it up for so long."""
        mine: Turn[Item, Result] = Turn(item)
        group = [mine]
        try:
            self._line_up(mine)
            if not mine.wait(patience_s):
                self._withdraw(mine)
                mine.wait()
            if self._leader is mine:
                self._lead(group)
        finally:
            self._leave(group)
        return mine.outcome()

    def _line_up(self, mine: Turn[Item, Result]) -> None:
        with self._lock:
            self._waiting.append(mine)
            if self._leader is None:
                self._call_next()

    def _withdraw(self, mine: Turn[Item, Result]) -> None:
        with self._lock:
            if mine in self._waiting:
                self._waiting.remove(mine)
                raise Alone

    def join(self, group: list[Turn[Item, Result]]) -> None:
        """Those who wait by now, as far as they may; called by `work` too, for who came meanwhile."""
        patient_since = time.monotonic() - PATIENCE_S
        with self._lock:
            most = len(self._waiting) if self._most is None else self._most - len(group)
            impatient = sum(turn.since < patient_since for turn in self._waiting)
            others = self._waiting[: max(most, impatient)]
            del self._waiting[: len(others)]
            group += others

    def _lead(self, group: list[Turn[Item, Result]]) -> None:
        self.join(group)
        try:
            made = self._work(group)
            self._pass_on(group[0])
            self._after(made)
        except BaseException as error:
            for turn in group:
                turn.failed(error)
            raise

    def _leave(self, group: list[Turn[Item, Result]]) -> None:
        mine, *others = group
        with self._lock:
            if mine in self._waiting:  # interrupted: nobody may wait for who has gone
                self._waiting.remove(mine)
        self._pass_on(mine)
        for turn in others:
            turn.call()

    def _pass_on(self, mine: Turn[Item, Result]) -> None:
        with self._lock:
            if self._leader is mine:
                self._call_next()

    def _call_next(self) -> None:
        self._leader = self._waiting.pop(0) if self._waiting else None
        if self._leader is not None:
            self._leader.call()

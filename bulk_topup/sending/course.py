"""How the answers so far affect the rest of a run: whether it goes on, with which products, with how many
requests at a time, and when an unsent order is retried.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Iterable
from datetime import date

from bulk_topup.core.model import Halt, Order, Outcome, Then
from bulk_topup.provider.outcomes import TURNED_AWAY, Streaks

BACKOFF_S = (1.0, 2.0, 4.0, 8.0, 16.0)

LONGEST_WAIT_S = 600.0
"""If the provider asks for a longer pause than this, the run stops."""


class Course:
    """For one run. `limit` is how many requests may be in flight, `halt` why no more orders are sent."""

    def __init__(self, workers: int) -> None:
        self.halt: Halt | None = None
        self.limit = workers
        self._streaks = Streaks()
        self._held_products: set[str] = set()
        self._tried: dict[int, int] = {}
        self._rejected: dict[int, date] = {}

    def stop(self, halt: Halt) -> None:
        """The first reason counts."""
        self.halt = self.halt or halt

    def is_held(self, product: str) -> bool:
        return product in self._held_products

    def may_be_repeated(self, order: Order, day: date) -> bool:
        """False on the day after an HTTP status rejected it: if that was booked after all, rule 51 no longer
        refuses another."""
        return self._rejected.get(order.id, day) == day

    def hear(self, order: Order, outcome: Outcome, day: date) -> None:
        """Take account of one completed attempt of this WIB day; called in order of completion."""
        if outcome.code in TURNED_AWAY:
            self._rejected[order.id] = day
        verdict = self._streaks.see(outcome, order.product)
        if outcome.then is Then.ONE_AT_A_TIME:
            self.limit = 1
        if outcome.then is Then.STOP:
            self.stop(Halt(outcome.code, {"reason": outcome.reason}))
        if verdict.hold_product:
            self._held_products.add(order.product)
        if verdict.stop_code:
            self.stop(Halt(verdict.stop_code))

    def again_in(self, order: Order, outcome: Outcome) -> float | None:
        """Seconds until the same order is retried; None if it is not, or if the run must stop instead."""
        if outcome.then is not Then.AGAIN:
            return None
        tried = self._tried[order.id] = self._tried.get(order.id, -1) + 1
        backoff_s = BACKOFF_S[tried] if tried < len(BACKOFF_S) else None
        wait_s = backoff_s if outcome.wait_s is None else outcome.wait_s
        if backoff_s is None or wait_s is None or wait_s > LONGEST_WAIT_S:
            self.stop(Halt("halt.out_of_reach", {"cause": outcome.code}))
            return None
        return wait_s


class Waiting:
    """Orders not chosen yet. A retried one keeps its worker until it is due."""

    def __init__(self, orders: Iterable[Order]) -> None:
        self._ready = deque(orders)
        self._later: list[tuple[float, int, Order]] = []
        self._nth = itertools.count()

    def __bool__(self) -> bool:
        return bool(self._ready or self._later)

    def next(self, now: float, free: int) -> Order | None:
        """The next order, if one of these `free` workers can take it."""
        if free > 0 and self._later and self._later[0][0] <= now:
            return self._later[0][2]
        return self._ready[0] if self._ready and free > len(self._later) else None

    def wait_s(self, now: float) -> float | None:
        """Seconds until the next retry, or None."""
        return self._later[0][0] - now if self._later else None

    def remove(self, order: Order) -> None:
        """Removes one that `next` returned."""
        if self._later and self._later[0][2] is order:
            heapq.heappop(self._later)
        else:
            self._ready.popleft()

    def put_off(self, order: Order, until: float) -> None:
        heapq.heappush(self._later, (until, next(self._nth), order))

    def put_back(self, order: Order) -> None:
        self._ready.appendleft(order)

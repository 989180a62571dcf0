"""Requests in flight, and the rows made ready for places that are about to become free.

A row is claimed and its attempt written before its request may leave. On a slow disk that takes so long that
a place would stand empty meanwhile. So some rows are made ready ahead: as many as places become free in the
time that it takes (Little's law), and no more, because a row that is ready when the process is killed is as
unknown as one that was sent.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STALLED_S: Final = 0.25
"""Who waited so long for a place has met a provider that stands still: nothing is made ready ahead then."""

_WEIGHT: Final = 1 / 8
"""Of what was seen last in an average: a few answers change it, one odd one does not."""


class Flights:
    """At most `most` requests in flight, from any number of threads; `alive` is a clock in seconds."""

    def __init__(self, most: int, alive: Callable[[], float]) -> None:
        self.most = most
        self.most_ahead = most // 4
        """Rows ready beyond the places, at most."""
        self._alive = alive
        self._ahead = 0
        self._ready = 0
        self._in_flight = 0
        self._ready_s = self._answer_s = 0.0
        lock = threading.Lock()
        self._may_get_ready = threading.Condition(lock)
        self._place_free = threading.Condition(lock)

    def narrow(self) -> None:
        """From now on one request at a time, those in flight aside; nothing is made ready ahead of it."""
        with self._place_free:
            self.most, self.most_ahead, self._ahead = 1, 0, 0

    @contextlib.contextmanager
    def flight(self) -> Iterator[Flight]:
        """Waits until a row may be made ready for a place. Leaving it gives back what was not used."""
        with self._may_get_ready:
            while self._in_flight + self._ready >= self.most + self._ahead:
                self._may_get_ready.wait()
            self._ready += 1
        flight = Flight(self)
        try:
            yield flight
        finally:
            if not flight.has_left:
                with self._may_get_ready:
                    self._ready -= 1
                    self._may_get_ready.notify()

    @contextlib.contextmanager
    def _place(self, ready_s: float) -> Iterator[bool]:
        began = self._alive()
        with self._place_free:
            while self._in_flight >= self.most:
                self._place_free.wait()
            self._ready -= 1
            self._in_flight += 1
        left = self._alive()
        has_stalled = left - began > STALLED_S
        try:
            yield has_stalled
        finally:
            self._give_back(ready_s, self._alive() - left, has_stalled=has_stalled)

    def _give_back(self, ready_s: float, answer_s: float, *, has_stalled: bool) -> None:
        with self._place_free:
            self._in_flight -= 1
            self._ready_s += (ready_s - self._ready_s) * _WEIGHT
            self._answer_s += (answer_s - self._answer_s) * _WEIGHT
            self._ahead = 0 if has_stalled else self._needed()
            self._place_free.notify()
            self._may_get_ready.notify()

    def _needed(self) -> int:
        """How many places become free while a row is made ready."""
        if not self._answer_s:
            return 0
        return min(self.most_ahead, round(self.most * self._ready_s / self._answer_s))


class Flight:
    """One row's way to a place."""

    def __init__(self, flights: Flights) -> None:
        self.has_left = False
        self._flights = flights

    def place(self, ready_s: float) -> contextlib.AbstractContextManager[bool]:
        """Waits for a place and holds it for one request; to be called once. `ready_s` is how long the row
        took to be made ready. Yields whether the wait was so long that the provider seems to stand still."""
        self.has_left = True
        return self._flights._place(ready_s)  # noqa: SLF001

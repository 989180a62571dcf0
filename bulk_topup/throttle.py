"""Evenly spaced slots: how fast requests may start."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

SLOWEST_PER_S: Final = 0.05
FASTEST_PER_S: Final = 500.0


class Throttle:
    """Slots at least `1 / rate_per_s` seconds apart, shared by any number of threads; never a burst.

    `clock` returns seconds that only grow. `sleep` waits for that many seconds and returns True as soon as
    the run is asked to stop (`threading.Event.wait` does exactly that).

    Raises ValueError for a rate outside `SLOWEST_PER_S` … `FASTEST_PER_S`.
    """

    def __init__(
        self, rate_per_s: float, *, clock: Callable[[], float], sleep: Callable[[float], bool]
    ) -> None:
        if not SLOWEST_PER_S <= rate_per_s <= FASTEST_PER_S:
            raise ValueError(f"rate {rate_per_s} is not within {SLOWEST_PER_S} and {FASTEST_PER_S} a second")
        self._interval_s = 1 / rate_per_s
        self._clock = clock
        self._sleep = sleep
        self._next = clock()
        self._next_lock = threading.Lock()
        self._turn = threading.Lock()

    def wait(self) -> bool:
        """Returns True when this caller's slot has come, False if the run is asked to stop first."""
        # One caller waits for the clock and the others for their turn: nobody holds a slot of the future, so
        # that a pause also reaches those who were already waiting.
        with self._turn:
            stop = self._sleep(self._delay_s())
            while not stop and not self._take():
                stop = self._sleep(self._delay_s())
            return not stop

    def pause(self, seconds: float) -> None:
        """No slot comes within the next `seconds`, for callers already waiting too."""
        with self._next_lock:
            self._next = max(self._next, self._clock() + seconds)

    def _delay_s(self) -> float:
        with self._next_lock:
            return max(0.0, self._next - self._clock())

    def _take(self) -> bool:
        with self._next_lock:
            now = self._clock()
            if now < self._next:
                return False
            # Counted from now, not from when the slot was due: missed slots are not made up for.
            self._next = now + self._interval_s
            return True

"""The pace: evenly spaced slots, of one machine or of all computers of an account, and how many requests
leave within a second.
"""

from __future__ import annotations

import math
import random
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from bulk_topup.core.model import Slot, Stop

SLOWEST_PER_S: Final = 0.05
FASTEST_PER_S: Final = 500.0

LONGEST_SLACK_S: Final = 0.02
"""How late a slot may be without delaying the next one; never more than a gap. One tick of Windows' clock
is 0.016 s.
"""

LONGEST_WAY_S: Final = 0.1
"""How much closer together two requests may arrive than they left, because one was longer on its way;
never more than a gap.
"""

AHEAD_S: Final = 1.0
"""How far ahead a shared slot is fetched, and the longest sleep of a caller that waits for one.

It stays within the 5 s limit against late sends, and is short, because a stop of the account is only noticed
with the next slot.
"""

ABOUT_TO_LEAVE_S: Final = 0.001
"""How often to look again while every place is taken by a request that is just being sent."""

SLOT_TOLERANCE_S: Final = 0.5
"""A slot that this machine missed by more than this, because it slept, is given up."""


def never() -> bool:
    return False


class Pace(Protocol):
    """When the next request may start."""

    stop: Stop | None
    """Why no computer of the account may send, as far as this one knows."""

    def wait(self, *, to_send: bool = False, is_over: Callable[[], bool] = never) -> bool:
        """Returns True when this caller's slot has come, or False if the run is asked to stop first, or
        soon after it `is_over`.

        A stop of the account also ends the waiting of those who want `to_send`, but not of those who ask for
        a status.
        """

    def at_once(self) -> bool:
        """Takes a slot that is available now; False if it would have to be waited for."""

    def unused(self) -> None:
        """Gives back a slot without a request: another computer was faster with that row."""

    def pause(self, seconds: float) -> None:
        """Allows no slot within the next `seconds`, not even for callers that already wait."""


def interval_of(rate_per_s: float) -> float:
    """Seconds between two slots. Raises ValueError for a rate outside `SLOWEST_PER_S` … `FASTEST_PER_S`."""
    if not SLOWEST_PER_S <= rate_per_s <= FASTEST_PER_S:
        raise ValueError(f"rate {rate_per_s} is not within {SLOWEST_PER_S} and {FASTEST_PER_S} a second")
    return 1 / rate_per_s


def most_within_a_second(rate_per_s: float) -> int:
    """The most requests within any second: the rate, one at its edge, and one that was late."""
    return int(rate_per_s) + 2


class Throttle:
    """Evenly spaced slots, shared by any number of threads: `rate_per_s` on average, without bursts.

    `clock` returns seconds that only grow. `sleep` waits for that many seconds and returns True as soon as
    the run is asked to stop (exactly as `threading.Event.wait`).

    Every sleep ends a little late. Counting the next slot from there would lower the rate, so it is counted
    from when this one was due, unless that is longer ago than LONGEST_SLACK_S or a gap: what was missed
    beyond that is not made up for.
    """

    stop: Stop | None = None

    def __init__(
        self, rate_per_s: float, *, clock: Callable[[], float], sleep: Callable[[float], bool]
    ) -> None:
        self._interval_s = interval_of(rate_per_s)
        self._slack_s = min(LONGEST_SLACK_S, self._interval_s)
        self._clock = clock
        self._sleep = sleep
        self._next = clock()
        self._next_lock = threading.Lock()
        self._turn = threading.Lock()

    def wait(
        self,
        *,
        to_send: bool = False,  # noqa: ARG002  (no stop is shared here)
        is_over: Callable[[], bool] = never,
    ) -> bool:
        # One caller waits for the clock and the others for their turn. Nobody holds a future slot,
        # so a pause also reaches those who already wait.
        with self._turn:
            while True:
                if self._sleep(min(self._delay_s(), AHEAD_S)) or is_over():
                    return False
                if self._take():
                    return True

    def at_once(self) -> bool:
        if not self._turn.acquire(blocking=False):
            return False
        try:
            return not self._sleep(0.0) and self._take()
        finally:
            self._turn.release()

    def unused(self) -> None:
        """Nobody else waits for it, and the next one is not far."""

    def pause(self, seconds: float) -> None:
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
            self._next = max(self._next, now - self._slack_s) + self._interval_s
            return True


class SharedThrottle:
    """Slots of the account, evenly spaced over all of its computers by the server's clock.

    `take` and `pause` are those of `shared.Account`; `clock` and `sleep` are as for `Throttle`; `chance`
    returns 0 … 1.
    """

    def __init__(
        self,
        rate_per_s: float,
        *,
        take: Callable[[float, float], Slot],
        pause: Callable[[float], None],
        clock: Callable[[], float],
        sleep: Callable[[float], bool],
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.stop: Stop | None = None
        self._interval_s = interval_of(rate_per_s)
        self._take = take
        self._pause = pause
        self._clock = clock
        self._sleep = sleep
        self._chance = chance
        self._turn = threading.Lock()
        self._due = -math.inf
        self._spare: list[float] = []
        self._spare_lock = threading.Lock()

    def wait(self, *, to_send: bool = False, is_over: Callable[[], bool] = never) -> bool:
        if self._has_spare():  # Not in turn: a caller that waits there waits for a future slot.
            return True
        with self._turn:
            while True:
                slot = self._take(self._interval_s, AHEAD_S)
                due = self._clock() + slot.wait_s
                self.stop = slot.stop
                if to_send and self.stop is not None:
                    return False
                # Spread out, and each well before the slot has passed.
                nap_s = slot.wait_s if slot.is_ours else slot.wait_s + self._chance() * AHEAD_S / 2
                if self._sleep(min(nap_s, AHEAD_S)) or is_over():
                    return False
                if slot.is_ours and self._clock() - due <= SLOT_TOLERANCE_S:
                    self._due = due
                    return True

    def at_once(self) -> bool:
        return self._has_spare()  # Any other one must come from the server.

    def _has_spare(self) -> bool:
        with self._spare_lock:
            return bool(self._spare) and self._clock() - self._spare.pop() <= SLOT_TOLERANCE_S

    def unused(self) -> None:
        with self._spare_lock:
            self._spare.append(self._due)

    def pause(self, seconds: float) -> None:
        with self._spare_lock:
            self._spare.clear()
        self._pause(seconds)


class Departures:
    """Requests as they are sent: at most `most_within_a_second`, however long each took since its slot.

    Between a slot and the first byte lie the record, the disk and the connection, so a slow request may leave
    together with a fast one. Each request therefore takes one of a fixed number of places before its first
    byte, and frees it a second after its last one, plus LONGEST_WAY_S or a gap. `clock` and `sleep` are as
    for `Throttle`.
    """

    def __init__(
        self, rate_per_s: float, *, clock: Callable[[], float], sleep: Callable[[float], bool]
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._away_s = 1 + min(LONGEST_WAY_S, interval_of(rate_per_s))
        self._free_from = deque([-math.inf] * most_within_a_second(rate_per_s))
        self._turn = threading.Lock()

    @contextmanager
    def leaving(self) -> Iterator[bool]:
        """Wraps the sending of one request and waits for a place; yields False if the run is asked to stop
        first.
        """
        with self._turn:
            has_place = self._waited()
            if has_place:
                self._free_from.popleft()
        try:
            yield has_place
        finally:
            if has_place:
                self._free_from.append(self._clock() + self._away_s)

    def _waited(self) -> bool:
        while (wait_s := self._wait_s()) > 0:
            if self._sleep(wait_s):
                return False
        return True

    def _wait_s(self) -> float:
        # The longest waiting goes first, so that the first place stays its own: others only append.
        return self._free_from[0] - self._clock() if self._free_from else ABOUT_TO_LEAVE_S

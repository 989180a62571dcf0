"""Time as the rules need it: the WIB wall clock, a monotonic clock that keeps counting while the machine
sleeps, and waiting.
"""

import sys
import threading
import time
from datetime import date, datetime, timedelta, timezone
from datetime import time as time_of_day
from typing import Protocol

WIB = timezone(timedelta(hours=7), "WIB")
"""Asia/Jakarta, whose offset has not changed since 1964: the zone of the one-per-day rule."""

MIDNIGHT_MARGIN = timedelta(minutes=10)
SKEW_LIMIT_S = 300.0
"""The largest difference between our clock and the provider's, or the record server's, that still counts
as the same time.
"""


class Clock(Protocol):
    def now(self) -> datetime:
        """The wall clock, aware, in WIB."""

    def alive(self) -> float:
        """Monotonic seconds that keep counting while the machine sleeps."""

    def sleep(self, seconds: float) -> bool:
        """Wait; returns True as soon as the run has been asked to stop."""


class SystemClock:
    """The machine's own clocks. `stop` is set when the run has been asked to end."""

    def __init__(self) -> None:
        self.stop = threading.Event()

    def now(self) -> datetime:
        return datetime.now(WIB)

    def alive(self) -> float:
        return _alive()

    def sleep(self, seconds: float) -> bool:
        return self.stop.wait(max(0.0, seconds))


if sys.platform == "linux":

    def _alive() -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME)

elif sys.platform == "darwin":

    def _alive() -> float:
        return time.clock_gettime(time.CLOCK_MONOTONIC)

else:

    def _alive() -> float:
        return time.monotonic()


def wib_day(moment: datetime) -> date:
    """The calendar day in Asia/Jakarta: the day of rule 51 (API v3.1, ISI PULSA)."""
    return moment.astimezone(WIB).date()


def near_midnight(moment: datetime) -> bool:
    """Less than 10 minutes from a WIB midnight."""
    midnight = datetime.combine(wib_day(moment), time_of_day(), tzinfo=WIB)
    after = moment - midnight
    return min(after, timedelta(days=1) - after) < MIDNIGHT_MARGIN


def days_booked(day: date, at: datetime, skew_s: float | None) -> set[date]:
    """The WIB days on which the provider may have booked what was sent at `at`, on `day` by our clock.

    `skew_s` is how many seconds the provider's clock differed from ours, or None if that is not known.
    """
    if abs(skew_s or 0.0) > SKEW_LIMIT_S:
        return {day - timedelta(days=1), day, day + timedelta(days=1)}
    if not near_midnight(at):
        return {day}
    return {day, wib_day(at - MIDNIGHT_MARGIN), wib_day(at + MIDNIGHT_MARGIN)}

"""Pace slots for the sending loop: taken at once if due, else awaited in another thread."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from bulk_topup.core.model import Halt, Stop

if TYPE_CHECKING:
    from collections.abc import Callable

    from bulk_topup.core.clock import Clock
    from bulk_topup.provider.pace import Pace
    from bulk_topup.sending.course import Course
    from bulk_topup.sending.worker import Workers

NAP_S: Final = 1.0
"""How often a waiting retry is checked, since another may be due first."""


class Slots:
    """For one run. `waiter` waits for one thing at a time; a stop, of the account or by a person, ends the
    run.
    """

    def __init__(
        self,
        pace: Pace,
        clock: Clock,
        waiter: Workers,
        course: Course,
        failed: Callable[[BaseException], None],
    ) -> None:
        self.is_awaited = False
        self._pace, self._clock, self._waiter, self._course = pace, clock, waiter, course
        self._failed = failed
        self._due = 0

    def take(self) -> bool:
        """Take a slot if one is due; if not, start waiting for one."""
        if self._due:
            self._due -= 1
        elif not self._pace.at_once():
            wait = partial(self._pace.wait, to_send=True, is_over=lambda: self._course.halt is not None)
            self._wait(wait, self._came)
            return False
        return True

    def rest(self, seconds: float | None) -> None:
        """Start waiting, if there is something to wait for."""
        if seconds is not None and seconds > 0:
            self._wait(partial(self._clock.sleep, min(seconds, NAP_S)), self._rested)

    def _wait(self, do: Callable[[], bool], then: Callable[[bool], None]) -> None:
        if not self.is_awaited:
            self.is_awaited = True
            self._waiter.ask(do, then, self._failed)

    def _came(self, has_come: bool) -> None:
        self.is_awaited = False
        self._due += has_come
        if not has_come:
            self._course.stop(_halt_by(self._pace.stop))

    def _rested(self, is_stopped: bool) -> None:
        self.is_awaited = False
        if is_stopped:
            self._course.stop(_halt_by(None))


def _halt_by(stop: Stop | None) -> Halt:
    """Why the wait ended: a stop of the account, or a person at this computer."""
    if stop is None:
        return Halt("halt.interrupted")
    return Halt("halt.account", stop.facts())

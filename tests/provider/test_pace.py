"""Slots come evenly spaced, to any number of threads; and no second has too many requests that leave."""

from __future__ import annotations

import random
import threading
import time
from bisect import bisect_left
from concurrent.futures import ThreadPoolExecutor
from heapq import heappop, heappush
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_topup.core.clock import SystemClock
from bulk_topup.core.model import Reply
from bulk_topup.provider.address import Connection
from bulk_topup.provider.pace import (
    ABOUT_TO_LEAVE_S,
    LONGEST_SLACK_S,
    LONGEST_WAY_S,
    Departures,
    Throttle,
)
from bulk_topup.sending.connect import provider_of
from tests.bench.sending import arrivals, provider_at
from tests.builders import an_order

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager


class FakeTime:
    """A clock that moves only when somebody sleeps; `oversleep_s` is what the system adds to every sleep."""

    def __init__(self, oversleep_s: float = 0.0) -> None:
        self.now = 1000.0
        self.oversleep_s = oversleep_s
        self.stopped = False

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> bool:
        assert seconds >= 0
        if not self.stopped and seconds:
            self.now += seconds + self.oversleep_s
        return self.stopped


def way_of(rate: float) -> float:
    return min(LONGEST_WAY_S, 1 / rate)


def throttled(rate: float, fake: FakeTime) -> Throttle:
    return Throttle(rate, clock=fake.clock, sleep=fake.sleep)


def test_slots_are_evenly_spaced_from_the_first_one_on() -> None:
    fake = FakeTime()
    throttle = throttled(4, fake)
    taken = []
    for _ in range(5):
        assert throttle.wait()
        taken.append(fake.now)
    assert taken == [1000.0, 1000.25, 1000.5, 1000.75, 1001.0]


def test_a_caller_that_comes_late_gets_none_of_the_missed_slots_back_but_the_slack() -> None:
    fake = FakeTime()
    throttle = throttled(10, fake)
    throttle.wait()
    fake.now += 60
    taken = [fake.now for _ in range(3) if throttle.wait()]
    assert taken == pytest.approx([1060.0, 1060.08, 1060.18])


def test_a_pause_pushes_all_further_slots_back() -> None:
    fake = FakeTime()
    throttle = throttled(2, fake)
    throttle.wait()
    throttle.pause(30)
    throttle.pause(5)
    taken = [fake.now for _ in range(2) if throttle.wait()]
    assert taken == [1030.0, 1030.5]


@pytest.mark.parametrize("seconds", [0.0, -3.0])
def test_a_pause_of_nothing_changes_nothing(seconds: float) -> None:
    fake = FakeTime()
    throttle = throttled(2, fake)
    throttle.wait()
    throttle.pause(seconds)
    assert throttle.wait()
    assert fake.now == 1000.5


def test_a_pause_reaches_a_caller_that_is_already_waiting() -> None:
    fake = FakeTime()

    def sleep_through_a_pause(seconds: float) -> bool:
        if fake.now == 1000.0 and seconds:
            throttle.pause(10)
        return fake.sleep(seconds)

    throttle = Throttle(1, clock=fake.clock, sleep=sleep_through_a_pause)
    assert throttle.wait()
    assert throttle.wait()
    assert fake.now == 1010.0


def test_a_run_asked_to_stop_gets_no_slot_not_even_one_that_is_due() -> None:
    fake = FakeTime()
    throttle = throttled(1, fake)
    fake.stopped = True
    assert not throttle.wait()
    fake.stopped = False
    assert throttle.wait()
    fake.stopped = True
    assert not throttle.wait()
    assert fake.now == 1000.0


def test_at_once_a_slot_is_taken_only_where_it_is_there() -> None:
    fake = FakeTime()
    throttle = throttled(4, fake)
    assert throttle.at_once()
    assert not throttle.at_once()
    assert fake.now == 1000.0
    throttle.wait()
    assert fake.now == 1000.25
    fake.now += 0.25
    assert throttle.at_once()
    throttle.pause(30)
    fake.now += 29.9
    assert not throttle.at_once()
    fake.now += 0.1
    fake.stopped = True
    assert not throttle.at_once()


def test_nobody_takes_a_slot_at_once_that_another_one_waits_for() -> None:
    fake = FakeTime()
    found = []

    def sleep_while_another_asks(seconds: float) -> bool:
        fake.sleep(seconds)
        if seconds:
            with ThreadPoolExecutor(1) as another:
                found.append(another.submit(throttle.at_once).result())
        return False

    throttle = Throttle(4, clock=fake.clock, sleep=sleep_while_another_asks)
    throttle.wait()
    throttle.wait()
    assert found == [False]
    assert fake.now == 1000.25


@pytest.mark.parametrize("rate", [0.0, 0.049, 500.1, -1.0, float("inf"), float("nan")])
def test_a_rate_out_of_bounds_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="rate"):
        throttled(rate, FakeTime())


RATES = st.one_of(st.sampled_from([0.5, 5.0, 50.0, 500.0]), st.floats(0.05, 500))


def most_in_a_second(taken: Sequence[float]) -> int:
    """The most slots in any window of one second; a billionth less, for what sums of fractions round off."""
    second = 1 - 1e-9
    return max(bisect_left(taken, start + second) - nth for nth, start in enumerate(taken))


@given(
    RATES,
    st.lists(
        st.tuples(
            st.sampled_from(["now", "idle", "pause"]),
            st.one_of(st.floats(0, 0.05), st.floats(0, 5)),
            st.one_of(st.just(0.0), st.floats(0, 0.02), st.floats(0, 1)),
        ),
        min_size=2,
        max_size=60,
    ),
)
def test_no_second_ever_has_more_than_its_rate_and_one_slots(
    rate: float, events: list[tuple[str, float, float]]
) -> None:
    fake = FakeTime()
    throttle = throttled(rate, fake)
    taken = []
    for event, seconds, fake.oversleep_s in events:
        if event == "idle":
            fake.now += seconds
        elif event == "pause":
            throttle.pause(seconds)
        assert throttle.at_once() or throttle.wait()
        taken.append(fake.now)
    assert most_in_a_second(taken) <= rate + 2


@pytest.mark.parametrize("rate", [0.5, 5, 50, 500])
@pytest.mark.parametrize("late_by", [0.0, 0.25, 0.99, 1.0])
def test_a_second_is_as_full_as_the_bound_allows_and_no_fuller(rate: float, late_by: float) -> None:
    fake = FakeTime()
    throttle = throttled(rate, fake)
    # The worst there is: as late as is made up for, then on the dot.
    fake.now += late_by * min(LONGEST_SLACK_S, 1 / rate)
    taken = [fake.now for _ in range(int(rate) * 3 + 3) if throttle.wait()]
    assert most_in_a_second(taken) <= int(rate) + 1


def sent(fake: FakeTime, throttle: Throttle, answers_s: Sequence[float], slots: int) -> list[float]:
    """When each request of `slots` started, by as many workers as there are answers."""
    free = [(fake.now, nth) for nth in range(len(answers_s))]
    taken = []
    for _ in range(slots):
        at, nth = heappop(free)
        fake.now = max(fake.now, at)
        assert throttle.wait()
        taken.append(fake.now)
        heappush(free, (fake.now + answers_s[nth], nth))
    return taken


@given(
    st.sampled_from([0.5, 5.0, 50.0, 500.0]),
    st.integers(1, 64),
    st.floats(0, 0.8),
    st.sampled_from([0.0, 0.0001, 0.0015]),
    st.one_of(st.none(), st.floats(0, 30)),
)
def test_the_rate_is_the_one_asked_for_within_a_hundredth(
    rate: float, workers: int, busy: float, oversleep_s: float, pause_s: float | None
) -> None:
    fake = FakeTime(oversleep_s)
    throttle = throttled(rate, fake)
    slow_s = workers / rate * busy  # what so many workers can still do at this rate
    for _ in range(2):
        taken = sent(fake, throttle, [slow_s] * workers, 300)
        assert 299 / (taken[-1] - taken[0]) == pytest.approx(rate, rel=0.01)
        assert most_in_a_second(taken) <= rate + 1
        if pause_s is not None:  # after a 429, say; then as evenly as before
            throttle.pause(pause_s)
            assert throttle.wait()
            assert fake.now - taken[-1] >= pause_s - 1e-9  # of a thousand seconds' float


def test_sleeps_that_end_late_by_a_tick_of_the_clock_cost_nothing() -> None:
    fake = FakeTime(0.0156)
    throttle = throttled(50, fake)
    taken = [fake.now for _ in range(501) if throttle.wait()]
    assert taken[-1] - taken[0] == pytest.approx(10, rel=0.01)


@pytest.mark.sleep
def test_real_sleeps_end_late_and_the_rate_is_right_all_the_same() -> None:
    """A machine with other work may hold up any single slot, and what is lost then is not made up for: so the
    median of ten slots in a row counts."""
    ratios = []
    for _ in range(20):
        throttle = Throttle(250, clock=time.monotonic, sleep=threading.Event().wait)
        taken = [time.monotonic() for _ in range(126) if throttle.wait()]
        ratios.append(10 / median(b - a for a, b in zip(taken, taken[10:], strict=False)) / 250)
        if ratios[-1] >= 0.99:
            break
    assert max(ratios) >= 0.99


def test_sixteen_threads_share_the_slots() -> None:
    stop = threading.Event()
    start = time.monotonic()
    throttle = Throttle(100, clock=time.monotonic, sleep=stop.wait)
    taken: list[float] = []

    def work() -> None:
        while throttle.wait():
            taken.append(time.monotonic())

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    stop.set()
    for thread in threads:
        thread.join(2)
    elapsed_s = time.monotonic() - start
    assert not any(thread.is_alive() for thread in threads)
    assert 5 <= len(taken) <= 100 * elapsed_s + 1
    # A thread may note its slot late, but never early: the n-th note cannot come before the n-th slot.
    assert all(later - taken[0] >= 0.01 * nth - 0.05 for nth, later in enumerate(sorted(taken)))
    assert any(later - earlier > 0.005 for earlier, later in pairwise(sorted(taken)))


def test_stopping_wakes_every_waiting_thread_at_once() -> None:
    stop = threading.Event()
    throttle = Throttle(0.05, clock=time.monotonic, sleep=stop.wait)
    assert throttle.wait()
    got: list[bool] = []
    threads = [threading.Thread(target=lambda: got.append(throttle.wait())) for _ in range(8)]
    for thread in threads:
        thread.start()
    stop.set()
    for thread in threads:
        thread.join(2)
    assert got == [False] * 8


# -- as they leave -----------------------------------------------------------------------------------------


class Wire(FakeTime):
    """Requests that take a while to hand over their bytes: several may be at it at the same time."""

    def __init__(self, rate: float, oversleep_s: float = 0.0) -> None:
        super().__init__(oversleep_s)
        self.departures = Departures(rate, clock=self.clock, sleep=self.sleep)
        self._leaving: list[tuple[float, int, AbstractContextManager[bool]]] = []
        self._count = 0

    def sleep(self, seconds: float) -> bool:
        self.at(self.now + seconds + self.oversleep_s)
        return self.stopped

    def at(self, moment: float) -> None:
        while self._leaving and self._leaving[0][0] <= moment:
            self.now, _, left = heappop(self._leaving)
            left.__exit__(None, None, None)
        self.now = max(self.now, moment)

    def send(self, seconds: float) -> float:
        """When its way was opened; it takes so many seconds from there."""
        leaving = self.departures.leaving()
        assert leaving.__enter__()
        heappush(self._leaving, (self.now + seconds, self._count, leaving))
        self._count += 1
        return self.now


SHARES = st.floats(0, 1)
DELAYS_S = st.one_of(st.just(0.0), st.floats(0, 0.05), st.floats(0, 3))


@given(
    RATES,
    st.lists(
        st.tuples(DELAYS_S, st.one_of(st.just(0.0), st.floats(0, 0.2)), SHARES, SHARES),
        min_size=2,
        max_size=80,
    ),
    st.sampled_from([0.0, 0.0001, 0.0156]),
)
def test_whatever_holds_up_a_request_no_second_has_more_than_the_rate_and_two(
    rate: float, requests: list[tuple[float, float, float, float]], oversleep_s: float
) -> None:
    """Before it leaves, while it leaves, and on its way as far as `way_of` the rate."""
    slots = FakeTime(oversleep_s)
    throttle = throttled(rate, slots)
    ready = []
    for bookkeeping_s, *rest in requests:
        assert throttle.wait()
        ready.append((slots.now + bookkeeping_s, *rest))
    wire = Wire(rate, oversleep_s)
    came = []
    for moment, sending_s, when, way in sorted(ready):
        wire.at(moment)
        left = wire.send(sending_s)
        came.append(left + when * sending_s + way * way_of(rate))
    assert most_in_a_second(sorted(came)) <= rate + 2


@given(st.sampled_from([5.0, 50.0, 500.0]), st.floats(0, 0.05), st.integers(0, 1_000))
def test_what_is_held_back_as_it_leaves_does_not_cost_the_rate(
    rate: float, longest_s: float, seed: int
) -> None:
    slots, drawn = FakeTime(0.0001), random.Random(seed)
    throttle = throttled(rate, slots)
    ready = []
    for _ in range(int(rate) * 10):
        assert throttle.wait()
        ready.append(slots.now + drawn.uniform(0, min(longest_s, 1 / rate * 20)))
    wire = Wire(rate, 0.0001)
    left = []
    for moment in sorted(ready):
        wire.at(moment)
        left.append(wire.send(0.0002))
    assert (len(left) - 1) / (left[-1] - left[0]) == pytest.approx(rate, rel=0.01)
    assert max(gone - slot for gone, slot in zip(left, sorted(ready), strict=True)) < 0.1


def test_a_request_that_is_handing_over_its_bytes_still_has_its_place() -> None:
    wire = Wire(1)
    gone = [wire.send(5.0) for _ in range(4)]
    assert gone == pytest.approx([1000.0, 1000.0, 1000.0, 1005.0 + 1 + way_of(1)], abs=ABOUT_TO_LEAVE_S)


def test_a_run_asked_to_stop_holds_back_what_had_to_wait_and_takes_no_place_for_it() -> None:
    fake = FakeTime()
    departures = Departures(1, clock=fake.clock, sleep=fake.sleep)
    for _ in range(3):
        with departures.leaving() as may:
            assert may
    fake.stopped = True
    with departures.leaving() as may:
        assert not may
    fake.stopped = False
    with departures.leaving() as may:
        assert may
    assert fake.now == 1000.0 + 1 + way_of(1)


def test_a_request_that_fails_as_it_leaves_has_used_its_place() -> None:
    fake = FakeTime()
    departures = Departures(0.5, clock=fake.clock, sleep=fake.sleep)
    with pytest.raises(OSError, match="broken"), departures.leaving():
        raise OSError("broken")
    with departures.leaving():
        assert fake.now == 1000.0
    with departures.leaving():
        assert fake.now == 1000.0 + 1 + way_of(0.5)


def test_every_request_to_the_provider_counts() -> None:
    class Clock(SystemClock):
        slept_s = 0.0

        def sleep(self, seconds: float) -> bool:
            self.slept_s += seconds
            return super().sleep(seconds)

    clock = Clock()
    with provider_of(Connection(sandbox=True, rate_per_s=3), "sandbox", "sandbox", clock) as provider:
        provider.price_list()
        provider.status("TRX1", "081213456789")
        for _ in range(3):
            provider.top_up(an_order(), may_leave=lambda: True)
        assert clock.slept_s == 0.0
        provider.status("TRX1", "081213456789")
        assert clock.slept_s > 0.5


def test_the_provider_s_own_times_have_no_second_too_full() -> None:
    """Over real connections, from threads that keep the slots of two seconds to send them all within one.
    Other work of this machine may hold up the provider itself: a try may fail for that, not all of them."""
    rate, workers, slots = 20.0, 24, 40

    def try_once() -> int:
        clock = SystemClock()
        throttle = Throttle(rate, clock=clock.alive, sleep=clock.sleep)
        with provider_at(0.0, rate) as provider, ThreadPoolExecutor(workers) as pool:

            def send(nth: int) -> None:
                assert throttle.wait()
                time.sleep(1 - nth / slots)
                assert isinstance(provider.top_up(an_order(), may_leave=lambda: True), Reply)

            list(pool.map(send, range(slots)))
            return most_in_a_second(arrivals(provider))

    assert any(try_once() <= rate + 2 for _ in range(4))

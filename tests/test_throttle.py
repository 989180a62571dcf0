"""Slots come evenly spaced, to any number of threads."""

from __future__ import annotations

import threading
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_topup.throttle import Throttle


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


def test_a_caller_that_comes_late_does_not_get_the_missed_slots_back() -> None:
    fake = FakeTime()
    throttle = throttled(10, fake)
    throttle.wait()
    fake.now += 60
    taken = [fake.now for _ in range(3) if throttle.wait()]
    assert taken == pytest.approx([1060.0, 1060.1, 1060.2])


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


@pytest.mark.parametrize("rate", [0.0, 0.049, 500.1, -1.0, float("inf"), float("nan")])
def test_a_rate_out_of_bounds_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="rate"):
        throttled(rate, FakeTime())


@given(
    st.floats(0.05, 500),
    st.lists(st.one_of(st.just(0.0), st.floats(0, 5)), min_size=2, max_size=60),
    st.sampled_from([0.0, 0.0005, 0.016]),
)
def test_no_window_of_a_second_ever_has_more_than_rate_plus_one_slots(
    rate: float, idle: list[float], oversleep_s: float
) -> None:
    fake = FakeTime(oversleep_s)
    throttle = throttled(rate, fake)
    taken = []
    for seconds in idle:
        fake.now += seconds
        assert throttle.wait()
        taken.append(fake.now)
    for start in taken:
        assert sum(start <= moment < start + 1 for moment in taken) <= rate + 1 + 1e-6


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

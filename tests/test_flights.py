"""How many requests are in flight, and how many rows are made ready ahead."""

from __future__ import annotations

import random
import threading
import time
from contextlib import ExitStack

import pytest

from bulk_topup.flights import STALLED_S, Flights


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def answered(flights: Flights, hands: Hands, ready_s: float, answer_s: float, times: int = 60) -> None:
    for _ in range(times):
        with flights.flight() as flight, flight.place(ready_s):
            hands.now += answer_s


def ready_at_once(flights: Flights, in_flight: int) -> int:
    """How many rows may be made ready while so many requests are in flight."""
    with ExitStack() as stack:
        for _ in range(in_flight):
            stack.enter_context(stack.enter_context(flights.flight()).place(0))
        came = []

        def get_ready() -> None:
            with flights.flight():
                came.append(1)
                assert done.wait(10)

        done = threading.Event()
        threads = [threading.Thread(target=get_ready, daemon=True) for _ in range(flights.most)]
        for thread in threads:
            thread.start()
        time.sleep(0.1)
        count = len(came)
        done.set()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    return count


@pytest.mark.parametrize(
    ("ready_s", "answer_s", "ahead"),
    [
        (0.001, 0.2, 0),  # a quick disk
        (0.03, 0.2, 2),  # two commits of 10 ms, each behind another one
        (0.2, 0.2, 4),  # never more than a quarter of the places
        (0.03, 5.0, 0),  # a slow provider: no place becomes free meanwhile
    ],
)
def test_as_many_rows_are_ready_ahead_as_places_become_free_meanwhile(
    ready_s: float, answer_s: float, ahead: int
) -> None:
    hands = Hands()
    flights = Flights(16, hands)
    answered(flights, hands, ready_s, answer_s)
    assert ready_at_once(flights, in_flight=16) == ahead


def test_a_few_workers_make_nothing_ready_ahead() -> None:
    hands = Hands()
    flights = Flights(3, hands)
    answered(flights, hands, 0.2, 0.2)
    assert (flights.most_ahead, ready_at_once(flights, in_flight=3)) == (0, 0)


def test_who_waited_for_a_provider_that_stands_still_is_told_and_nothing_is_ready_ahead_then() -> None:
    hands = Hands()
    flights = Flights(4, hands)
    answered(flights, hands, 0.2, 0.2)
    told = []

    def wait_for_a_place() -> None:
        with flights.flight() as flight, flight.place(0.2) as has_stalled:
            told.append(has_stalled)

    with ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(stack.enter_context(flights.flight()).place(0.2))
        thread = threading.Thread(target=wait_for_a_place, daemon=True)
        thread.start()
        time.sleep(0.1)
        assert told == []
        hands.now += STALLED_S + 0.01
    thread.join(10)
    assert told == [True]
    assert ready_at_once(flights, in_flight=4) == 0


def test_no_more_are_in_flight_than_places_and_all_come_through() -> None:
    flights = Flights(8, time.monotonic)
    lock, chance = threading.Lock(), random.Random(7)
    in_flight, most, through = 0, 0, 0

    def work() -> None:
        nonlocal in_flight, most, through
        for _ in range(40):
            with flights.flight() as flight:
                time.sleep(chance.random() / 500)
                if chance.random() < 0.2:
                    continue  # nothing was to be sent
                with flight.place(chance.random() / 100):
                    with lock:
                        in_flight += 1
                        most = max(most, in_flight)
                    time.sleep(chance.random() / 500)
                    with lock:
                        in_flight -= 1
            with lock:
                through += 1

    threads = [threading.Thread(target=work, daemon=True) for _ in range(flights.most + flights.most_ahead)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    assert most == 8
    assert through > 0

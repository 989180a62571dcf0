"""Rows a second of sending, from the first claim to the last conclusion; run as a process.

The real sender over the real record and progress file in the folder named, to a provider (`answering`) that
takes `--latency` seconds for each answer. With `--bare` the same requests from as many threads, and nothing
kept: `own` by the program's own Provider, `plain` by `requests` as anybody would write it. With `--rate` the
real pace; without it there is none.
"""

from __future__ import annotations

import argparse
import functools
import queue
import subprocess
import sys
import threading
import time
from bisect import bisect_left
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import requests

from bulk_topup.core.clock import SystemClock
from bulk_topup.core.status import Status
from bulk_topup.provider.client import LONGEST_CONNECT_S, Provider
from bulk_topup.provider.pace import Departures, Throttle, never
from bulk_topup.record.ledger.address import ledger_url
from bulk_topup.record.ledger.claims import Ledger
from bulk_topup.sending.purse import Purse
from bulk_topup.sending.sender import Sender
from bulk_topup.sending.session import Tools
from tests.bench.answering import ARRIVALS
from tests.builders import a_checkpoint, orders_in, topups
from tests.markdown import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bulk_topup.core.model import Order, Outcome, Stop
    from bulk_topup.provider.pace import Pace
    from bulk_topup.record.checkpoint import Checkpoint


class Unpaced:
    """Every slot is there at once."""

    stop: Stop | None = None

    def wait(self, *, to_send: bool = False, is_over: Callable[[], bool] = never) -> bool:  # noqa: ARG002
        return True

    def at_once(self) -> bool:
        return True

    def unused(self) -> None: ...
    def pause(self, seconds: float) -> None: ...


class Counting:
    """Shows nothing; counts what was paid."""

    def __init__(self) -> None:
        self.paid = 0
        self._lock = threading.Lock()

    def done(self, order: Order, status: Status, debited: int | None) -> None:  # noqa: ARG002
        with self._lock:
            self.paid += status is Status.SUKSES

    def balance(self, rupiah: int, needed: int) -> None: ...
    def waiting(self, pending: int, wait_s: float) -> None: ...
    def settled(self, status: Status, rupiah: int) -> None: ...
    def unwritten(self, order: Order, outcome: Outcome) -> None: ...


def ours(checkpoint: Checkpoint, provider: Provider, ledger: Ledger, workers: int, pace: Pace) -> float:
    orders = list(orders_in(checkpoint).values())
    watcher = Counting()
    tools = Tools(provider, ledger, pace, SystemClock(), "sandbox", provider.base_url)
    sender = Sender(checkpoint, tools, watcher, Purse(limit=None), "bonus", workers)
    began = time.perf_counter()
    sender.run(orders, {})
    seconds = time.perf_counter() - began
    assert (watcher.paid, sender.halt) == (len(orders), None)
    return len(orders) / seconds


def paced(
    checkpoint: Checkpoint, provider: Provider, ledger: Ledger, workers: int, rate: float
) -> tuple[float, int]:
    """The rate that came of the one asked for, from the first request to the last, and the most requests of
    any second; both as the provider saw them come."""
    clock = SystemClock()
    ours(checkpoint, provider, ledger, workers, Throttle(rate, clock=clock.alive, sleep=clock.sleep))
    came = arrivals(provider)
    return (len(came) - 1) / (came[-1] - came[0]), most_in_a_second(came)


def arrivals(provider: Provider) -> list[float]:
    """When each top-up came, by the clock of the provider's process, in order."""
    return sorted(requests.post(f"{provider.base_url}/{ARRIVALS}", timeout=60.0).json())


def most_in_a_second(moments: Sequence[float]) -> int:
    """Of moments in their order; a second ends before the same moment of the next."""
    return max(bisect_left(moments, start + 1.0) - nth for nth, start in enumerate(moments))


Send = Callable[["Order"], object]


def bare(orders: Sequence[Order], workers: int, sender: Callable[[], Send]) -> float:
    """`sender` makes what sends an order, for each thread its own."""
    waiting: queue.SimpleQueue[Order] = queue.SimpleQueue()
    for order in orders:
        waiting.put(order)

    def work() -> None:
        send = sender()
        while True:
            try:
                order = waiting.get_nowait()
            except queue.Empty:
                return
            send(order)

    threads = [threading.Thread(target=work) for _ in range(workers)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(orders) / (time.perf_counter() - began)


def plain(provider: Provider) -> Send:
    """The same fields, limits and connection for each request, by `requests` as it is; for one thread."""
    session = requests.Session()
    session.headers["Connection"] = "close"

    def send(order: Order) -> None:
        fields = {"itrx": str(order.itrx), "kodeoperator": order.product, "nomortujuan": order.number}
        session.post(
            f"{provider.base_url}/isipulsa",
            data={"username": "sandbox", "password": "sandbox", **fields},
            timeout=(LONGEST_CONNECT_S, 60.0),
            allow_redirects=False,
        ).raise_for_status()

    return send


def leaving_at(rate: float | None) -> Callable[[], AbstractContextManager[bool]]:
    clock = SystemClock()
    if rate is None:
        return lambda: nullcontext(True)
    return Departures(rate, clock=clock.alive, sleep=clock.sleep).leaving


@contextmanager
def provider_at(latency_s: float, rate: float | None) -> Iterator[Provider]:
    argv = [sys.executable, "-m", "tests.bench.answering", str(latency_s)]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = f"http://127.0.0.1:{int(process.stdout.readline())}"
            yield Provider(url, "sandbox", "sandbox", leaving=leaving_at(rate))
        finally:
            process.kill()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("rows", type=int)
    parser.add_argument("workers", type=int)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--bare", action="store_true")
    parser.add_argument("--rate", type=float)
    options = parser.parse_args()
    with ExitStack() as stack:
        sheet = topups(*((f"0812{n:08}", "S5") for n in range(options.rows)))
        checkpoint = stack.enter_context(closing(a_checkpoint(options.folder / "bonus.checkpoint.db", sheet)))
        url = ledger_url(str(options.folder / "ledger.db"))
        ledger = stack.enter_context(closing(Ledger(url, account="sandbox", base_url="sandbox")))
        provider = stack.enter_context(provider_at(options.latency, options.rate))
        if options.bare:
            sender = functools.partial(plain, provider)
            told = [bare(list(orders_in(checkpoint).values()), options.workers, sender)]
        elif options.rate:
            told = [*paced(checkpoint, provider, ledger, options.workers, options.rate)]
        else:
            told = [ours(checkpoint, provider, ledger, options.workers, Unpaced())]
    sys.stdout.write(" ".join(map(str, told)))


if __name__ == "__main__":
    main()

"""What the shared record costs, on a server that waits for its disk: `python -m tests.teams_bench`.

Each desk is a process that takes a slot, claims and concludes, as a run does for each row, and sends nothing.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import sys
import threading
import time
import uuid
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING

from bulk_topup.core.clock import WIB
from bulk_topup.core.status import Status
from bulk_topup.provider.pace import FASTEST_PER_S, SharedThrottle
from bulk_topup.record.ledger.claims import Ledger
from tests import postgres
from tests.builders import an_order, claim

if TYPE_CHECKING:
    from multiprocessing.queues import Queue

SCOPE = {"account": "agent", "base_url": "https://provider.example"}
Took = dict[str, list[float]]


def desk(address: str, nth: int, rows: int, rate: float, told: Queue[tuple[float, float, Took]]) -> None:
    """So many rows, all of them this desk's own; tells when it began and ended, and what each step took."""
    took: Took = {"slot": [], "claim": [], "conclude": []}
    with closing(Ledger(address, **SCOPE)) as ledger:
        pace = SharedThrottle(
            rate,
            take=ledger.take_slot,
            pause=ledger.pause,
            clock=time.monotonic,
            sleep=threading.Event().wait,
        )
        began = time.monotonic()
        for row in range(rows):
            if rate < FASTEST_PER_S:
                pace.wait(to_send=True)
            else:
                _timed(took["slot"], lambda: ledger.take_slot(0.0, 3600.0))
            now, token = datetime.now(WIB), uuid.uuid4().hex
            order = an_order(f"08{nth:02}{row:08}")
            _timed(
                took["claim"],
                lambda o=order, n=now, t=token: claim(
                    ledger, o, n.date(), t, f"b{nth}", f"b{nth}", n, since=n.date()
                ),
            )
            _timed(took["conclude"], lambda t=token: ledger.conclude(t, Status.SUKSES))
    told.put((began, time.monotonic(), took))


def _timed(into: list[float], step: object) -> None:
    began = time.perf_counter()
    step()  # type: ignore[operator]
    into.append((time.perf_counter() - began) * 1000)


def measure(server: postgres.Server, desks: int, rows: int, rate: float) -> tuple[float, Took]:
    """Seconds from the first desk's first row to the last one's last, and what each step took (ms)."""
    address = server.fresh()
    Ledger(address, **SCOPE).close()
    told: Queue[tuple[float, float, Took]] = multiprocessing.Queue()
    share = rows // desks
    running = [
        multiprocessing.Process(target=desk, args=(address, nth, share, rate, told)) for nth in range(desks)
    ]
    for process in running:
        process.start()
    results = [told.get() for _ in running]
    for process in running:
        process.join()
    seconds = max(ended for _, ended, _ in results) - min(began for began, _, _ in results)
    together = {step: [ms for _, _, took in results for ms in took[step]] for step in results[0][2]}
    return seconds, together


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.teams_bench")
    parser.add_argument("--rows", type=int, default=20_000, help="of the run that is held to its rate")
    parser.add_argument("--rate", type=float, default=200.0)
    parser.add_argument("--free", type=int, default=4_000, metavar="ROWS", help="of each run without a rate")
    options = parser.parse_args()
    with postgres.running(durable=True) as server:
        print("desks   rows/s   slot ms   claim ms   conclude ms   (median, and the slowest of a hundred)")
        for desks in (1, 4, 16):
            seconds, took = measure(server, desks, options.free, FASTEST_PER_S)
            steps = "   ".join(_of(took[step]) for step in ("slot", "claim", "conclude"))
            print(f"{desks:>5}   {options.free / seconds:>6.0f}   {steps}", flush=True)
        for desks in (1, 4, 16):
            rows = options.rows if desks == 4 else options.rows // 5
            seconds, _ = measure(server, desks, rows, options.rate)
            share = seconds / (rows / options.rate)
            print(
                f"{rows:,} rows at {options.rate:g}/s, {desks} desks: {seconds:.1f} s, {share:.3f} x the rate"
            )
    return 0


def _of(times_ms: list[float]) -> str:
    return f"{statistics.median(times_ms):.2f} {statistics.quantiles(times_ms, n=100)[-1]:.2f}"


if __name__ == "__main__":
    sys.exit(main())

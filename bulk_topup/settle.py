"""Find out what became of open orders, by asking; money moves nowhere in this module."""

from __future__ import annotations

import heapq
from datetime import datetime
from typing import TYPE_CHECKING

from bulk_topup.model import Status
from bulk_topup.outcomes import classify_status

if TYPE_CHECKING:
    import sqlite3

    from bulk_topup.checkpoint import Checkpoint
    from bulk_topup.clock import Clock
    from bulk_topup.ledger import Ledger
    from bulk_topup.tools import Tools, Watcher

FIRST_POLL_S = 2.0
LONGEST_POLL_S = 60.0


def bring_ledger_up_to_date(checkpoint: Checkpoint, ledger: Ledger, at: datetime) -> None:
    """After a crash between the two files: claims follow the checkpoint; a claim that it lacks is an unknown.

    Must run before anything is sent: a restored or partly copied checkpoint shows itself here.
    """
    expected = checkpoint.claims_expected()
    concluded: dict[str, Status] = {}
    for claim in ledger.own(checkpoint.batch_id):
        token = str(claim["token"])
        if token not in expected:
            checkpoint.adopt_lost_claim(claim, at)
            expected[token] = Status.UNKNOWN
        concluded[token] = expected[token]
    ledger.conclude_all(concluded)


def poll(checkpoint: Checkpoint, tools: Tools, *, wait_s: float, watcher: Watcher | None = None) -> None:
    """Ask `cekstatus` for every pending top-up after 2, 4, 8, … at most 60 s, for `wait_s` seconds in all.

    Only an explicit sukses or gagal is final (API v3.1, CEK STATUS TRANSAKSI PULSA).
    """
    clock = tools.clock
    start = clock.alive()
    due = [(start + _first_wait_s(row, clock), FIRST_POLL_S, row["id"], row) for row in checkpoint.pending()]
    heapq.heapify(due)
    while due and due[0][0] <= start + wait_s:
        at, interval_s, key, row = heapq.heappop(due)
        if clock.sleep(at - clock.alive()) or not tools.throttle.wait():
            return
        status = _ask(checkpoint, tools, row)
        if status is None:
            interval_s = min(2 * interval_s, LONGEST_POLL_S)
            heapq.heappush(due, (clock.alive() + interval_s, interval_s, key, row))
        elif watcher is not None:
            watcher.settled(status)


def _first_wait_s(row: sqlite3.Row, clock: Clock) -> float:
    age_s = (clock.now() - datetime.fromisoformat(row["begun_at"])).total_seconds()
    return min(max(FIRST_POLL_S - age_s, 0.0), FIRST_POLL_S)


def _ask(checkpoint: Checkpoint, tools: Tools, row: sqlite3.Row) -> Status | None:
    """The order's new status, or None where there is no news."""
    answer = tools.provider.status(row["invoice"], row["number"])
    outcome = classify_status(answer, invoice=row["invoice"], number=row["number"], product=row["product"])
    if outcome is None:
        return None
    status = checkpoint.end(row["id"], outcome, tools.clock.now())
    tools.ledger.conclude(row["token"], status)
    return status

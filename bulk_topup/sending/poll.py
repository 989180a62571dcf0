"""Asks what became of open orders that have an invoice (API v3.1, CEK STATUS). Moves no money."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, cast

from bulk_topup.core.model import Answer, NoAnswer, NotSent, Reply
from bulk_topup.provider.outcomes import classify_status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bulk_topup.core.clock import Clock
    from bulk_topup.core.status import Status
    from bulk_topup.record.checkpoint import Checkpoint
    from bulk_topup.record.checkpoint.values import OpenInvoice
    from bulk_topup.sending.session import Tools, Watcher

FIRST_POLL_S = 2.0
LONGEST_POLL_S = 60.0


# -- asking ------------------------------------------------------------------------------------------------


def poll(
    checkpoint: Checkpoint, tools: Tools, *, wait_s: float, watcher: Watcher | None = None
) -> NotSent | NoAnswer | None:
    """Ask `cekstatus` for every open invoice after 2, 4, 8, … at most 60 s, for `wait_s` seconds in all.

    Only those that were sent to this address: elsewhere, that invoice may be another top-up's. Only an
    explicit sukses or gagal is final (API v3.1, CEK STATUS TRANSAKSI PULSA). Returns the last error if no
    open one got an answer when it was last asked about.
    """
    clock = tools.clock
    last: dict[int, Answer] = {}
    start = clock.alive()
    invoices = invoices_to_ask(checkpoint, tools)
    due = [(start + _first_wait_s(one, clock), FIRST_POLL_S, one.id, one) for one in invoices]
    heapq.heapify(due)
    deadline = start + wait_s
    while due and due[0][0] <= deadline:
        at, interval_s, key, one = heapq.heappop(due)
        if clock.sleep(at - clock.alive()) or not tools.throttle.wait():
            return None
        answer = tools.provider.status(one.invoice, one.number)
        last.pop(key, None)
        status = _noted(answer, checkpoint, tools, one)
        if status is None:
            last[key] = answer
            interval_s = min(2 * interval_s, LONGEST_POLL_S)
            heapq.heappush(due, (_next_poll(clock.alive(), interval_s, deadline), interval_s, key, one))
        elif watcher is not None:
            watcher.settled(status, one.rupiah)
    return _silence(list(last.values()))


def invoices_to_ask(checkpoint: Checkpoint, tools: Tools) -> list[OpenInvoice]:
    return [one for one in checkpoint.open_invoices() if tools.asks(one.base_url)]


def _silence(last: Sequence[Answer]) -> NotSent | NoAnswer | None:
    if not last or any(isinstance(answer, Reply) for answer in last):
        return None
    return cast("NotSent | NoAnswer", last[-1])


def _next_poll(now: float, interval_s: float, deadline: float) -> float:
    """After the interval, or at the deadline, so that a last round catches what has come in since."""
    return deadline if now + FIRST_POLL_S <= deadline < now + interval_s else now + interval_s


def _first_wait_s(one: OpenInvoice, clock: Clock) -> float:
    age_s = (clock.now() - one.begun_at).total_seconds()
    return min(max(FIRST_POLL_S - age_s, 0.0), FIRST_POLL_S)


def _noted(answer: Answer, checkpoint: Checkpoint, tools: Tools, one: OpenInvoice) -> Status | None:
    """The order's new status, or None if nothing is new."""
    outcome = classify_status(answer, one.invoice, one.number, one.product)
    if outcome is None:
        return None
    status = checkpoint.end(one.id, outcome, tools.clock.now()).status
    tools.ledger.conclude_all(dict.fromkeys(checkpoint.tokens(one.order_id), status))
    return status

"""`--events`: one JSON object a line on standard output, as things happen; docs/json.md lists them."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from bulk_topup.commands.console import put
from bulk_topup.commands.progress import Bar, BarScreen
from bulk_topup.core.clock import Clock, SystemClock
from bulk_topup.core.status import Status
from bulk_topup.report.screen.halt import halt_line
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from bulk_topup.core.model import Halt, Order

COUNTS_EVERY_S = 0.5
"""Changed counts are reported at most this often: with a million rows, others read along."""

OF_PLAN = ("code", "rows", "orders", "cost", "sent_before", "held", "sent_with_warning")


class Events:
    """Writes each event as one line. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._halted = ""

    def tell(self, event: str, **facts: object) -> bool:
        """Returns whether it was written: the reader may be gone, and sending does not depend on it."""
        at = SystemClock().now().isoformat(timespec="milliseconds")
        with self._lock:
            return put(json.dumps({"event": event, "at": at, **facts}), sys.stdout)

    def plan(self, facts: Mapping[str, object]) -> None:
        self.tell("plan", **{name: facts[name] for name in OF_PLAN})

    def halted(self, halt: Halt) -> None:
        """Once for each reason, which is known when it happens, and again at the end."""
        if halt.code != self._halted:
            self._halted = halt.code
            self.tell("halted", code=halt.code, message=halt_line(halt))


class EventBar(Bar):
    """A bar that also reports its counts as events."""

    def __init__(
        self, events: Events, terminal: BarScreen, clock: Clock, rate_per_s: float, **how: bool
    ) -> None:
        self._events = events
        self._told_counts: Mapping[str, object] = {}
        self._balance: tuple[int, int] | None = None
        self._ended = threading.Event()
        super().__init__(terminal, clock, rate_per_s, draws=how["draws"], tells=False)
        self._teller = threading.Thread(target=self._tell_now_and_then, daemon=True)
        self._teller.start()

    def done(self, order: Order, status: Status, debited: int | None) -> None:
        super().done(order, status, debited)
        self._events.tell("sent", **say.row_facts(order.row), status=str(status), debited=debited)

    def balance(self, rupiah: int, needed: int) -> None:
        super().balance(rupiah, needed)
        self._balance = rupiah, needed

    def end(self) -> None:
        """Reports the last counts; none follow."""
        self._ended.set()
        self._teller.join()
        self._tell_changes()

    def _tell_now_and_then(self) -> None:
        while not self._ended.wait(COUNTS_EVERY_S):
            self._tell_changes()

    def _tell_changes(self) -> None:
        counts, (balance, self._balance) = self.counts(), (self._balance, None)
        if counts["of"] and counts != self._told_counts:
            self._told_counts = counts
            self._events.tell("counts", **counts)
        if balance is not None:
            self._events.tell("balance", balance=balance[0], needed=balance[1])

"""A command's progress and remaining time: as a bar, as occasional lines, or not at all."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Never, Protocol

from bulk_topup.commands.console import width_of
from bulk_topup.core.clock import Clock
from bulk_topup.core.status import Status
from bulk_topup.report.screen.duration import duration, left_s
from bulk_topup.report.screen.halt import short_deposit_report
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from tqdm import tqdm

    from bulk_topup.core.model import Order, Outcome
    from bulk_topup.report.screen.report import Report

LINE_EVERY_S = 10.0
"""How often progress is printed if no bar can be drawn."""
SHORTEST_BAR = 6
"""Characters: anything shorter is useless."""
WIDTH = 80
"""For a terminal that does not report its width."""


# -- what of it fits ---------------------------------------------------------------------------------------


def fitted(pieces: Sequence[tuple[int, str]], width: int) -> str:
    """As many pieces as fit, in order. Empty pieces are dropped, then those with the highest rank first."""
    kept = [piece for piece in pieces if piece[1]]
    while len(kept) > 1 and len(_joined(kept)) > width:
        kept.remove(max(kept, key=lambda piece: piece[0]))
    return _joined(kept)


def _joined(pieces: Sequence[tuple[int, str]]) -> str:
    return ", ".join(text for _, text in pieces)


# -- the bar -----------------------------------------------------------------------------------------------


class BarScreen(Protocol):
    """Where the bar prints messages that are not part of it."""

    def say(self, line: str) -> None: ...
    def warn(self, line: str) -> None: ...
    def report_once(self, report: Report) -> None: ...


class Bar:
    """Counts and shows this command's outcomes.

    It is used twice: while orders are sent, and while pending ones are polled. Thread-safe.
    """

    def __init__(
        self, terminal: BarScreen, clock: Clock, rate_per_s: float, *, draws: bool, tells: bool
    ) -> None:
        self._terminal = terminal
        self._clock = clock
        self._rate_per_s = rate_per_s
        self._draws = draws
        self._tells = tells
        self._drawn: tqdm[Never] | None = None
        self._closed = threading.Event()
        self._lock = threading.RLock()
        self._counts = dict.fromkeys(Status, 0)
        self._spent = self._count = self._total = 0
        self._is_asking = False
        self._begun = self._told = clock.alive()

    def begin(self, total: int) -> None:
        self.close()
        self._count, self._total = 0, total
        self._begun = self._told = self._clock.alive()
        if self._draws:
            from tqdm import tqdm

            self._closed = threading.Event()
            self._drawn = tqdm(total=total, bar_format=self._layout(), dynamic_ncols=True, file=sys.stderr)
            threading.Thread(target=self._tick, args=(self._drawn, self._closed), daemon=True).start()

    def close(self) -> None:
        with self._lock:
            self._closed.set()
            if self._drawn is not None:
                self._drawn.bar_format = self._layout()
                self._drawn.close()
            self._drawn = None

    def _tick(self, drawn: tqdm[Never], closed: threading.Event) -> None:
        """An answer can take a minute: the ticking clock shows that nothing has hung."""
        while not closed.wait(1.0):
            with self._lock:
                if not closed.is_set():
                    drawn.bar_format = self._layout()
                    drawn.refresh()

    # -- as a Watcher --------------------------------------------------------------------------------------

    def done(self, order: Order, status: Status, debited: int | None) -> None:
        with self._lock:
            self._counts[status] += 1
            if status is Status.SUKSES:
                self._spent += order.price if debited is None else debited
            self._show(1)

    def balance(self, rupiah: int, needed: int) -> None:
        if rupiah < needed:
            with self._undrawn():
                self._terminal.report_once(short_deposit_report(rupiah, needed))

    def unwritten(self, order: Order, outcome: Outcome) -> None:
        facts = {"row": order.row, "number": order.number, "kind": outcome.kind, "invoice": outcome.invoice}
        with self._undrawn():
            self._terminal.warn(say.text("unwritten", **facts))

    def waiting(self, pending: int, wait_s: float) -> None:
        if not pending or not wait_s:
            return
        with self._lock:
            all_sent = bool(self._total) and self._count == self._total and not self._counts[Status.UNSENT]
            self.close()
            code = "progress.all_sent" if all_sent else "progress.waiting"
            self._terminal.say(say.text(code, count=pending, seconds=f"{wait_s:.0f}"))
            self._is_asking = True
            self.begin(pending)

    def settled(self, status: Status, rupiah: int) -> None:
        with self._lock:
            # A pending one of an earlier run was never counted in this one.
            self._counts[Status.PENDING] = max(0, self._counts[Status.PENDING] - 1)
            self._counts[status] += 1
            if status is Status.SUKSES:
                self._spent += rupiah
            self._show(1 if self._is_asking else 0)

    def counts(self) -> dict[str, object]:
        """The counts so far; `rows` and `rupiah` are those of this command."""
        with self._lock:
            rows = {str(status): count for status, count in self._counts.items()}
            far = {"asking": self._is_asking, "done": self._count, "of": self._total}
            return {**far, "rows": rows, "rupiah": self._spent}

    # -- showing -------------------------------------------------------------------------------------------

    @contextmanager
    def _undrawn(self) -> Iterator[None]:
        with self._lock:
            if self._drawn is not None:
                self._drawn.clear()
            yield
            if self._drawn is not None:
                self._drawn.refresh()

    def _show(self, step: int) -> None:
        self._count += step
        if self._drawn is not None:
            self._drawn.bar_format = self._layout()
            self._drawn.update(step)
        elif self._tells and self._clock.alive() - self._told >= LINE_EVERY_S:
            self._told = self._clock.alive()
            self._terminal.say(self._line())

    def _layout(self) -> str:
        """The text that fits on the terminal's line, with a bar in the remaining space."""
        width = (width_of(sys.stderr) or WIDTH) - 1  # A full line would make the terminal wrap.
        begin = say.text("progress.asking") + " " if self._is_asking else ""
        begin += f"{self._count}/{self._total}: "
        bar = len("100%  ") + SHORTEST_BAR if width >= WIDTH - 1 else 0
        text = begin + fitted(self._pieces(), width - len(begin) - bar)
        room = width - len(text) - len("100%  ")
        if room < SHORTEST_BAR:
            return text
        return f"{100 * self._count // max(1, self._total):3}% {{bar:{room}}} {text}"

    def _pieces(self) -> list[tuple[int, str]]:
        """The pieces with their ranks, which say what is dropped first."""
        elapsed_s = self._clock.alive() - self._begun
        pace = say.text("progress.pace", rate=say.decimal(self._count / elapsed_s)) if elapsed_s >= 1 else ""
        return [
            (4, self._worded("progress.paid")),
            (2, ", ".join(filter(None, map(self._worded, OTHERWISE)))),
            (1, self._worded("progress.unknown")),
            (0, say.money(self._spent)),
            (3, self._time(elapsed_s)),
            (5, "" if self._is_asking else pace),
        ]

    def _time(self, elapsed_s: float) -> str:
        """The remaining time, or the elapsed time at the end, and while polling, when the end is unknown."""
        if self._is_asking or self._count == self._total:
            return duration(int(elapsed_s))
        return say.text("progress.left", time=duration(round(self._left_s(elapsed_s))))

    def _left_s(self, elapsed_s: float) -> float:
        left = self._total - self._count
        return left_s(left, self._rate_per_s, done=self._count, elapsed_s=elapsed_s)

    def _line(self) -> str:
        elapsed_s = self._told - self._begun
        rate, left = self._count / elapsed_s, duration(round(self._left_s(elapsed_s)))
        names = ("progress.paid", *OTHERWISE, "progress.unknown")
        counts = ", ".join([*filter(None, map(self._worded, names)), say.money(self._spent)])
        facts = {"done": self._count, "total": self._total, "counts": counts}
        return say.text("progress.line", **facts, rate=say.decimal(rate), left=left)

    def _worded(self, code: str) -> str:
        """The count in words, or "" if it is 0."""
        counts = self._counts
        count = {
            "progress.paid": counts[Status.SUKSES],
            "progress.failed": counts[Status.GAGAL] + counts[Status.DUPLICATE] + counts[Status.INVALID],
            "progress.unsent": counts[Status.UNSENT],
            "progress.pending": self._total - self._count if self._is_asking else counts[Status.PENDING],
            "progress.accepted": counts[Status.ACCEPTED],
            "progress.unknown": counts[Status.UNKNOWN],
        }[code]
        return say.text(code, count=count) if count else ""


OTHERWISE = ("progress.failed", "progress.unsent", "progress.pending", "progress.accepted")
"""Outcomes that are neither paid nor unknown."""

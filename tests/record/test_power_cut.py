"""A power cut leaves on the disk what was forced there, and as much as it likes of what was written since.

The disk is modelled by copies: each file as it is, its log no longer than it was when it was last forced. The
sender, its files and its provider are real, the disk is as slow as an office's.
"""

from __future__ import annotations

import shutil
import sqlite3
import threading
import time
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy.engine.default import DefaultDialect

from bulk_topup.core.clock import SystemClock, wib_day
from bulk_topup.core.status import Status
from bulk_topup.provider.client import Provider
from bulk_topup.provider.pace import Throttle
from bulk_topup.record import reconcile
from bulk_topup.record.checkpoint import Checkpoint
from bulk_topup.record.ledger.address import ledger_url
from bulk_topup.record.ledger.claims import Ledger
from bulk_topup.sandbox import Sandbox
from bulk_topup.sending.purse import Purse
from bulk_topup.sending.sender import Sender
from bulk_topup.sending.session import Tools
from tests.builders import PRICES, Silent, a_checkpoint, claim, listed, orders_in, topups

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bulk_topup.core.model import Answer, Order

pytestmark = pytest.mark.slow

ROWS, WORKERS = 36, 8
TAKEN = slice(3, None, 6)
"""The rows whose slots another batch has: their claims write nothing."""

LATE_S = 0.01
FULL = 2
FILES = ("bonus.checkpoint.db", "ledger.db")
LOG_HOLDS = 1_000 * 4_096
"""Bytes after which SQLite carries the log over into the file, which this model of a disk does not know."""


class Disk:
    """Knows how much of each log is certain to be there: what was in it when SQLite had forced a commit."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._certain: dict[str, int] = {}
        self._lock = threading.Lock()

    def after(
        self, commit: Callable[..., None], connection_of: Callable[..., Any], name: str
    ) -> Callable[..., None]:
        """The same, on a slow disk, which is told whether SQLite forced it."""

        def noted(*args: Any) -> None:
            commit(*args)
            time.sleep(LATE_S)
            (level,) = connection_of(*args).execute("PRAGMA synchronous").fetchone()
            if level == FULL:
                self.force_all(name)

        return noted

    def force_all(self, name: str) -> None:
        log = self.folder / f"{name}-wal"
        if log.exists():
            with self._lock:
                self._certain[name] = max(self._certain.get(name, 0), log.stat().st_size)

    def cut(self, into: Path, more: dict[str, float]) -> None:
        """What is left; `more` is how much of what was not certain is there as well, by file."""
        into.mkdir()
        for name in FILES:
            certain = self._certain.get(name, 0)
            shutil.copyfile(self.folder / name, into / name)
            log = self.folder / f"{name}-wal"
            written = log.stat().st_size
            assert written < LOG_HOLDS
            left = certain + int((written - certain) * more.get(name, 0.0))
            (into / log.name).write_bytes(log.read_bytes()[:left])


class Watched(Provider):
    """Has the power cut, in a copy, whenever a request may leave."""

    cut: Callable[[], None] = staticmethod(lambda: None)

    def __init__(self, url: str) -> None:
        super().__init__(url, "sandbox", "sandbox")
        self.left: list[str] = []

    def top_up(self, order: Order, *, may_leave: Callable[[], bool]) -> Answer:
        def leaves() -> bool:
            allowed = may_leave()
            self.left.append(order.number)
            self.cut()
            return allowed

        return super().top_up(order, may_leave=leaves)


def send_all(folder: Path, cut: Callable[[Watched, Disk], None], disk: Disk) -> Watched:
    """Send the rows; `cut` is called whenever a request may leave."""
    clock = SystemClock()
    with ExitStack() as stack:
        sheet = topups(*((f"0812345{n:05}", "S5") for n in range(ROWS)))
        checkpoint = stack.enter_context(closing(a_checkpoint(folder / FILES[0], sheet)))
        url = ledger_url(str(folder / FILES[1]))
        ledger = stack.enter_context(closing(Ledger(url, account="sandbox", base_url="sandbox")))
        sandbox = stack.enter_context(Sandbox(prices=listed(PRICES)))
        provider = Watched(sandbox.url)
        provider.cut = lambda: cut(provider, disk)
        pace = Throttle(500, clock=clock.alive, sleep=clock.sleep)
        tools = Tools(provider, ledger, pace, clock, "sandbox", "sandbox")
        orders = list(orders_in(checkpoint).values())
        today = wib_day(clock.now())
        for order in orders[TAKEN]:
            token = f"theirs {order.number}"
            claim(ledger, order, today, token, "other", "other", clock.now(), since=today)
        for name in FILES:
            disk.force_all(name)
        sender = Sender(checkpoint, tools, Silent(), Purse(limit=None), "bonus", WORKERS)
        sender.run(orders, {})
        assert (sender.halt, len(provider.left)) == (None, ROWS - len(orders[TAKEN]))
    return provider


def certain_of(folder: Path) -> tuple[set[str], set[str], int]:
    """The numbers claimed and attempted, and how many attempts have no outcome, in the files as they are."""
    with closing(sqlite3.connect(folder / FILES[1])) as ledger:
        claimed = {number for (number,) in ledger.execute("SELECT number FROM claims")}
    with closing(sqlite3.connect(folder / FILES[0])) as checkpoint:
        attempts = "FROM attempts a JOIN orders o ON o.id = a.order_id"
        attempted = {number for (number,) in checkpoint.execute(f"SELECT o.number {attempts}")}
        (open_,) = checkpoint.execute("SELECT count(*) FROM attempts WHERE kind IS NULL").fetchone()
    return claimed, attempted, int(open_)


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk(tmp_path)
    of_checkpoint = disk.after(Checkpoint._commit, lambda checkpoint: checkpoint._db, FILES[0])
    of_ledger = disk.after(DefaultDialect.do_commit, lambda _dialect, db: db.cursor(), FILES[1])
    monkeypatch.setattr(Checkpoint, "_commit", of_checkpoint)
    monkeypatch.setattr(DefaultDialect, "do_commit", of_ledger)
    return disk


def test_what_left_was_claimed_and_attempted_for_certain(tmp_path: Path, disk: Disk) -> None:
    """And no more attempts have lost their outcome than there are workers."""
    found = []

    def cut(provider: Watched, disk: Disk) -> None:
        left = list(provider.left)
        where = tmp_path / f"cut-{threading.get_ident()}-{time.monotonic_ns()}"
        disk.cut(where, {})
        found.append((left, where))

    send_all(tmp_path, cut, disk)
    assert len(found) == ROWS - len(range(ROWS)[TAKEN])
    for left, where in found:
        claimed, attempted, open_ = certain_of(where)
        assert set(left) <= claimed
        assert set(left) <= attempted
        assert open_ <= WORKERS


@pytest.mark.parametrize("more", [{}, {FILES[0]: 1.0}, {FILES[1]: 1.0}, {FILES[0]: 0.6, FILES[1]: 0.3}])
def test_nothing_that_left_is_sent_again_after_the_power_is_back(
    tmp_path: Path, disk: Disk, more: dict[str, float]
) -> None:
    """Whatever of the two files' last writes happens to be there besides: of one, of the other, of parts."""
    found = []

    def cut(provider: Watched, disk: Disk) -> None:
        left = list(provider.left)
        where = tmp_path / f"cut-{threading.get_ident()}-{time.monotonic_ns()}"
        disk.cut(where, more)
        found.append((left, where))

    send_all(tmp_path, cut, disk)
    for left, where in found:
        checkpoint = Checkpoint.open(where / FILES[0])
        assert checkpoint is not None
        url = ledger_url(str(where / FILES[1]))
        with closing(checkpoint), closing(Ledger(url, account="sandbox", base_url="sandbox")) as ledger:
            reconcile.bring_ledger_up_to_date(checkpoint, ledger)
            known = checkpoint.known().orders
            unsent = set(known.loc[known["status"] == Status.UNSENT, "number"])
            assert not unsent & set(left)
            claimed = {str(claim["number"]) for claim in ledger.own(checkpoint.batch_id)}
            assert set(left) <= claimed

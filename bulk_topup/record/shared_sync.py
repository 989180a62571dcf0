"""What several threads have committed is forced to the disk for all of them at once: the checkpoint and the
ledger at the same time."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Final, Protocol

from bulk_topup.record.write_ahead_log import MOST_AT_ONCE

LINGER_S: Final = 0.02
"""What nobody waits for is left for so long to go with what somebody waits for."""


class Synced(Protocol):
    """A file, as those see it who write to it."""

    @property
    def is_synced(self) -> bool: ...
    def sync(self) -> None: ...


class _Round:
    """One wait for the disk, and what came of it."""

    def __init__(self) -> None:
        self.is_over = threading.Event()
        self.error: BaseException | None = RuntimeError("not on the disk")  # until it is known to be


class SharedSync:
    """Several threads wait together until two files are on the disk; both are forced at the same time."""

    def __init__(self, mine: Synced, other: Synced) -> None:
        self._mine, self._other = mine, other
        self._others = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="disk")
        self._later = ThreadPoolExecutor(1, thread_name_prefix="disk")  # waits for the others itself
        self._gathering: _Round | None = None
        self._is_owed = False
        self._free = threading.Semaphore(MOST_AT_ONCE)
        self._lock = threading.Lock()

    def __call__(self) -> None:
        """Return once all that was committed before is on the disk. Raises what `sync` of either raises, to
        each who waited for it."""
        if self._is_synced:
            return
        with self._lock:
            leads = self._gathering is None
            mine = self._gathering = self._gathering or _Round()
        if leads:
            self._lead(mine)
        else:
            mine.is_over.wait()
        if mine.error is not None:
            raise mine.error

    def soon(self) -> None:
        """Have it done in a moment. What is raised then is raised again to who waits next."""
        if self._is_synced:
            return
        with self._lock:
            is_new, self._is_owed = not self._is_owed, True
        if is_new:
            self._later.submit(self._pay)

    @property
    def _is_synced(self) -> bool:
        return self._mine.is_synced and self._other.is_synced

    def _pay(self) -> None:
        time.sleep(LINGER_S)
        with self._lock:
            self._is_owed = False
        self()

    def _lead(self, mine: _Round) -> None:
        try:
            with self._free:
                self._depart(mine)
                self._sync_both()
            mine.error = None
        except BaseException as error:
            mine.error = error
            raise
        finally:
            self._depart(mine)
            mine.is_over.set()

    def _depart(self, mine: _Round) -> None:
        """Who comes from now on may have written too late for this one."""
        with self._lock:
            if self._gathering is mine:
                self._gathering = None

    def _sync_both(self) -> None:
        other = self._others.submit(self._other.sync)
        try:
            self._mine.sync()
        finally:
            wait([other])
        other.result()

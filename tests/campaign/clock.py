"""Time that passes when told to: shared by the provider and every command of a schedule."""

from __future__ import annotations

import fcntl
import mmap
import struct
import tempfile
import threading
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bulk_topup.core.clock import SystemClock
from tests.campaign.schedule import WIB

if TYPE_CHECKING:
    from collections.abc import Iterator

_TICK_S = 0.001


class SharedTime:
    """One moment in memory that forked processes share. It moves only by `advance` and `set`.

    `leap` puts the wall clock of whoever commands wrong, until `true_up`: the provider's is never wrong.
    """

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 16)
        self._turn = threading.Lock()
        # A record lock, since the system takes it back from a process that is killed with it in hand.
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  (as long as the memory)

    def close(self) -> None:
        self._file.close()
        self._memory.close()

    def seconds(self) -> float:
        return float(struct.unpack_from("d", self._memory)[0])

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds(), WIB)

    def set(self, moment: datetime) -> None:
        struct.pack_into("d", self._memory, 0, moment.timestamp())

    def advance(self, seconds: float) -> float:
        with self._alone():
            struct.pack_into("d", self._memory, 0, self.seconds() + seconds)
            return self.seconds()

    def leap(self, how: str, seconds: float) -> None:
        """The computer sleeps (`nap`), its clock is set by so much (`set`), or it sleeps while its clock
        stands still (`stand`)."""
        if how != "set":
            self.advance(seconds)
        if how != "nap":
            struct.pack_into("d", self._memory, 8, seconds if how == "set" else -seconds)

    def wall(self) -> datetime:
        """The time by the wall clock of whoever commands."""
        return self.now() + timedelta(seconds=struct.unpack_from("d", self._memory, 8)[0])

    def true_up(self) -> None:
        struct.pack_into("d", self._memory, 8, 0.0)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._turn:
            fcntl.lockf(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN)


class CampaignClock(SystemClock):
    """A command's clock over shared time: a look takes a millisecond, a sleep takes no real time at all."""

    time: SharedTime

    def now(self) -> datetime:
        self.time.advance(_TICK_S)
        return self.time.wall()

    def alive(self) -> float:
        return self.time.advance(_TICK_S)

    def sleep(self, seconds: float) -> bool:
        if seconds > 0:
            self.time.advance(max(seconds, _TICK_S))
        return self.stop.is_set()

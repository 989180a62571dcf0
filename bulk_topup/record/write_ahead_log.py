"""When a commit to a SQLite file of ours is forced to the disk.

A commit does two things: it puts what was written into the file, in order, where no kill undoes it; and it
forces that to the disk, where no power cut does. A quick disk is waited for with each commit. A slow one only
where something must not happen before: then for both files at the same time (`shared_sync`), and for all that
was committed.
"""

from __future__ import annotations

import contextlib
import errno
import os
import queue
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

SLOW_S: Final = 0.003
"""A disk that takes longer is not waited for with each commit."""

MOST_AT_ONCE: Final = 3
"""So often a slow disk is asked at the same time: most answer all of these together, few only in turn."""


def _commit(db: sqlite3.Connection) -> None:
    db.execute("COMMIT")


@contextlib.contextmanager
def immediate(
    db: sqlite3.Connection, commit: Callable[[sqlite3.Connection], None] = _commit
) -> Iterator[None]:
    """A transaction that may write from its beginning; committed on leaving, or undone after an error."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        commit(db)
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


class Log:
    """The write-ahead log of the SQLite file that `connection` is of, and when it is forced to the disk.

    By SQLite within each commit (synchronous=FULL), but on a slow disk here (NORMAL): SQLite then still
    writes its commits in order, and forces them before it carries any of them over into the file. A file that
    keeps another journal is always forced by SQLite.

    Where forcing fails once, all is over: Linux says so once to each who has the file open, and then forgets
    what it could not write. Whatever is committed behind such a gap would be lost with it.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        (journal,) = connection.execute("PRAGMA journal_mode").fetchone()
        self._path = _log_of(connection) if journal == "wal" else None
        self._is_slow = self._defers = False
        self._committed, self._forced = int(not _is_carried_over(connection)), 0
        self._failure: OSError | None = None
        self._opened = 0
        self._free: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def transaction(self, connection: sqlite3.Connection, *, may_wait: bool) -> Iterator[None]:
        """As `immediate`; durable on leaving or, where it may wait and the disk is slow, after `sync`. For
        one thread at a time. Raises OSError where `sync` does."""
        self._assert_sound()
        self._defer(connection, may_wait and self._is_slow and self._path is not None)
        changes = connection.total_changes
        with immediate(connection, lambda db: self._commit(db, changes)):
            yield
        if not may_wait:
            self.sync()

    @property
    def is_synced(self) -> bool:
        return self._forced >= self._committed

    def sync(self) -> None:
        """Return once all that was committed before is on the disk. Raises OSError, and once that is so for
        what could not be forced, always."""
        self._assert_sound()
        committed = self._committed
        if self._path is None or self._forced >= committed:
            return
        began = time.monotonic()
        self._force_log(self._path)
        with self._lock:
            self._is_slow = time.monotonic() - began > SLOW_S
            self._forced = max(self._forced, committed)

    def close(self) -> None:
        """Before the connection is, which removes the log."""
        with self._lock:
            self._failure = self._failure or OSError(errno.EBADF, "it is closed")
            opened, self._opened = self._opened, 0
        for _ in range(opened):
            with contextlib.suppress(OSError):
                os.close(self._free.get())
        self._free.put(_NONE_LEFT)

    def _assert_sound(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _force_log(self, path: str) -> None:
        self._open(path)
        self._assert_sound()
        file = self._free.get()  # each its own, so that each is told of what fails
        try:
            if file != _NONE_LEFT:
                _force(file)
        except OSError as error:
            self._failure = error
            raise
        finally:
            self._free.put(file)
        self._assert_sound()

    def _open(self, path: str) -> None:
        with self._lock:
            while self._opened < MOST_AT_ONCE and self._failure is None:
                self._free.put(os.open(path, os.O_RDWR))  # Windows forces only what may be written to
                self._opened += 1

    def _defer(self, connection: sqlite3.Connection, defers: bool) -> None:
        if defers is self._defers:
            return
        if self._path is not None:
            self._open(self._path)  # before anything is written that they will have to tell of
        connection.execute(f"PRAGMA synchronous={'NORMAL' if defers else 'FULL'}")
        self._defers = defers

    def _commit(self, connection: sqlite3.Connection, changes: int) -> None:
        began = time.monotonic()
        try:
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            if not self.is_synced:  # what was not forced yet may be what could not be
                self._failure = OSError(errno.EIO, str(error))
            raise
        with self._lock:
            # SQLite may have been told already of what failed behind it, and does not force what is empty.
            is_forced = self._path is None or (not self._defers and self._forced == self._committed)
            if not self._defers and connection.total_changes != changes:
                self._is_slow = time.monotonic() - began > SLOW_S
            self._committed += 1
            if is_forced:
                self._forced = self._committed


_NONE_LEFT: Final = -1


def _log_of(connection: sqlite3.Connection) -> str:
    """By SQLite's own word, which has followed links; as bytes, which a path may be that is no text."""
    ((path,),) = connection.execute(
        "SELECT CAST(file AS BLOB) FROM pragma_database_list WHERE name = 'main'"
    ).fetchall()
    return f"{os.fsdecode(path)}-wal"


def _is_carried_over(connection: sqlite3.Connection) -> bool:
    """Whether nothing is left of what a process had committed that was killed, or whose disk failed: SQLite
    has carried it over into the file, and forced that. Not so where another one is at work on it."""
    _, in_log, carried_over = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return bool(in_log == carried_over)


def _force(file: int) -> None:
    if sys.platform == "darwin":
        import fcntl

        try:
            fcntl.fcntl(file, fcntl.F_FULLFSYNC)  # fsync alone does not reach the platter
        except OSError as error:
            if error.errno not in {errno.ENOTSUP, errno.EINVAL, errno.ENOTTY}:  # not every volume knows it
                raise
        else:
            return
    getattr(os, "fdatasync", os.fsync)(file)

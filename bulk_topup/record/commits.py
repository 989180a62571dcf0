"""Writes of several threads share commits: who waits first commits for all who wait by then.

A commit waits for the disk, as long for sixteen rows as for one. While one thread commits, the others queue
up; then one of them commits for all of these, and for whoever comes while their work is done. Nobody waits
for company: a thread alone commits at once. What nobody needs to wait for goes with the next commit.

A commit does two things: it puts what was written into the file, in order, where no kill undoes it; and it
forces that to the disk, where no power cut does. A quick disk is waited for with each commit. A slow one only
where something must not happen before: then for both files at the same time, and for all that was committed.
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
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeAlias, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

Db = TypeVar("Db")
T = TypeVar("T")
Item = TypeVar("Item")
Result = TypeVar("Result")
Made = TypeVar("Made")

SLOW_S: Final = 0.003
"""A disk that takes longer is not waited for with each commit."""

MOST_AT_ONCE: Final = 3
"""So often a slow disk is asked at the same time: most answer all of these together, few only in turn."""

LINGER_S: Final = 0.02
"""What nobody waits for is left for so long to go with what somebody waits for."""

PATIENCE_S: Final = 0.05
"""Who has waited longer shares the next turn, however many there are: their turns must be slow."""


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


class Alone(Exception):  # noqa: N818  (a decision, not a fault)
    """This is to be done without a turn; nothing of it was done."""


class Turn(Generic[Item, Result]):
    """What one thread wants done with `item`, and what came of it: done or failed, until then failed."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.since = time.monotonic()
        self.result: Result | None = None
        self.error: BaseException | None = RuntimeError("not done")  # until it is known to be
        self._asleep = threading.Lock()
        self._asleep.acquire()

    def done(self, result: Result) -> None:
        self.result, self.error = result, None

    def failed(self, error: BaseException) -> None:
        self.error = error

    def outcome(self) -> Result:
        """Raises what it failed with."""
        if self.error is not None:
            raise self.error
        return cast("Result", self.result)

    def wait(self, at_most_s: float | None = None) -> bool:
        """Whether it was called."""
        return self._asleep.acquire(timeout=-1 if at_most_s is None else at_most_s)

    def call(self) -> None:
        self._asleep.release()


class Turns(Generic[Item, Result, Made]):
    """One thread at a time does `work`, for itself and those who wait behind it, first come, first served.

    `after` follows with what `work` has made, and keeps nobody else from their turn. Between them they settle
    each of the turns that `work` is given. Who waits wakes up once, after both.

    `most` is how many share one, but for those who have waited for long: who leaves a turn together comes
    back together, and then the last of them waits for all.
    """

    def __init__(
        self,
        work: Callable[[list[Turn[Item, Result]]], Made],
        after: Callable[[Made], object] = lambda _: None,
        most: int | None = None,
    ) -> None:
        self._work, self._after, self._most = work, after, most
        self._waiting: list[Turn[Item, Result]] = []
        self._leader: Turn[Item, Result] | None = None
        self._lock = threading.Lock()

    def do(self, item: Item, patience_s: float | None = None) -> Result:
        """What came of it. Raises what it failed with, and Alone where no turn took it up for so long."""
        mine: Turn[Item, Result] = Turn(item)
        group = [mine]
        try:
            self._line_up(mine)
            if not mine.wait(patience_s):
                self._withdraw(mine)
                mine.wait()
            if self._leader is mine:
                self._lead(group)
        finally:
            self._leave(group)
        return mine.outcome()

    def _line_up(self, mine: Turn[Item, Result]) -> None:
        with self._lock:
            self._waiting.append(mine)
            if self._leader is None:
                self._call_next()

    def _withdraw(self, mine: Turn[Item, Result]) -> None:
        with self._lock:
            if mine in self._waiting:
                self._waiting.remove(mine)
                raise Alone

    def join(self, group: list[Turn[Item, Result]]) -> None:
        """Those who wait by now, as far as they may; called by `work` too, for who came meanwhile."""
        patient_since = time.monotonic() - PATIENCE_S
        with self._lock:
            most = len(self._waiting) if self._most is None else self._most - len(group)
            impatient = sum(turn.since < patient_since for turn in self._waiting)
            others = self._waiting[: max(most, impatient)]
            del self._waiting[: len(others)]
            group += others

    def _lead(self, group: list[Turn[Item, Result]]) -> None:
        self.join(group)
        try:
            made = self._work(group)
            self._pass_on(group[0])
            self._after(made)
        except BaseException as error:
            for turn in group:
                turn.failed(error)
            raise

    def _leave(self, group: list[Turn[Item, Result]]) -> None:
        mine, *others = group
        with self._lock:
            if mine in self._waiting:  # interrupted: nobody may wait for who has gone
                self._waiting.remove(mine)
        self._pass_on(mine)
        for turn in others:
            turn.call()

    def _pass_on(self, mine: Turn[Item, Result]) -> None:
        with self._lock:
            if self._leader is mine:
                self._call_next()

    def _call_next(self) -> None:
        self._leader = self._waiting.pop(0) if self._waiting else None
        if self._leader is not None:
            self._leader.call()


Write: TypeAlias = "Turn[Callable[[Db], Any], Any]"


class SharedCommits(Generic[Db]):
    """`transaction` begins one, yields its connection, and on leaving commits, or rolls back after an error.

    One thread at a time enters it.
    """

    def __init__(self, transaction: Callable[[], AbstractContextManager[Db]]) -> None:
        self._transaction = transaction
        self._turns: Turns[Callable[[Db], Any], Any, None] = Turns(self._commit)
        self._unhurried: list[Callable[[Db], object]] = []
        self._lock = threading.Lock()

    def write(self, work: Callable[[Db], T]) -> T:
        """What `work(connection)` returns, once all that it wrote is committed; for any number of threads.

        It is called in one transaction with others, in the order in which they came, and perhaps once more:
        where another's work fails, that is left out and the rest done anew. Raises what `work` raises, and
        then nothing of it is written; what the commit itself raises reaches all who share it.
        """
        result: T = self._turns.do(work)
        return result

    def later(self, work: Callable[[Db], object]) -> None:
        """Have this done with the next commit, before what is written from now on, or by `flush`."""
        with self._lock:
            self._unhurried.append(work)

    def flush(self) -> None:
        """Commit what was left for later. Raises what it raises; it stays to be done then."""
        if self._unhurried:
            self.write(lambda _: None)

    def _commit(self, group: list[Write[Db]]) -> None:
        """For the group, and for whoever comes while their work is done; anew without each that fails."""
        refused: list[Write[Db]] = []
        while len(refused) < len(group):
            at_work: Write[Db] | None = None
            unhurried: list[Callable[[Db], object]] = []
            results: dict[Write[Db], object] = {}
            try:
                with self._transaction() as db:
                    for at_work, work in self._works(group, refused, unhurried):
                        result = work(db)
                        if at_work is not None:
                            results[at_work] = result
                    at_work = None
            except BaseException as error:  # noqa: BLE001  (each whose write it undoes raises it)
                failed = [write for write in group if write not in refused] if at_work is None else [at_work]
                for write in failed:
                    write.failed(error)
                refused += failed
            else:
                with self._lock:
                    del self._unhurried[: len(unhurried)]
                for write, result in results.items():
                    write.done(result)
                return

    def _works(
        self, group: list[Write[Db]], refused: list[Write[Db]], unhurried: list[Callable[[Db], object]]
    ) -> Iterator[tuple[Write[Db] | None, Callable[[Db], object]]]:
        """All that is to be done, in the order in which it came, and whose it is: nobody's, if it was left
        for later. Who comes meanwhile is added to the group, what was left for later to `unhurried`.
        """
        done = 0
        for _ in range(2):
            self._turns.join(group)
            with self._lock:
                left = self._unhurried[len(unhurried) :]
            unhurried += left
            yield from ((None, work) for work in left)
            yield from ((write, write.item) for write in group[done:] if write not in refused)
            done = len(group)


# -- to the disk -------------------------------------------------------------------------------------------


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

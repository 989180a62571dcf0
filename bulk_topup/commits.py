"""Writes of several threads share commits: who waits first commits for all who wait by then.

A commit waits for the disk, as long for sixteen rows as for one. While one thread commits, the others queue
up; then one of them commits for all of these, and for whoever comes while their work is done. Nobody waits
for company: a thread alone commits at once. What nobody needs to wait for goes with the next commit.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

Db = TypeVar("Db")
T = TypeVar("T")


@contextlib.contextmanager
def immediate(db: sqlite3.Connection) -> Iterator[None]:
    """A transaction that may write from its beginning; committed on leaving, or undone after an error."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


class _Write:
    """One thread's work, and what came of it. `call` wakes the thread: it is done, or it has the turn.

    `group` is what it commits then, its own write first; empty where another thread has done it.
    """

    def __init__(self, work: Callable[[Any], Any]) -> None:
        self.work = work
        self.group: list[_Write] = []
        self.result: Any = None
        self.error: BaseException | None = RuntimeError("not committed")  # until it is known to be
        self._asleep = threading.Lock()
        self._asleep.acquire()

    def wait(self) -> None:
        self._asleep.acquire()

    def call(self) -> None:
        self._asleep.release()


class SharedCommits(Generic[Db]):
    """`transaction` begins one, yields its connection, and on leaving commits, or rolls back after an error.

    One thread at a time enters it.
    """

    def __init__(self, transaction: Callable[[], AbstractContextManager[Db]]) -> None:
        self._transaction = transaction
        self._waiting: list[_Write] = []
        self._unhurried: list[Callable[[Db], object]] = []
        self._is_committing = False
        self._lock = threading.Lock()

    def write(self, work: Callable[[Db], T]) -> T:
        """What `work(connection)` returns, once all that it wrote is committed; for any number of threads.

        It is called in one transaction with others, in the order in which they came, and perhaps once more:
        where another's work fails, that is left out and the rest done anew. Raises what `work` raises, and
        then nothing of it is written; what the commit itself raises reaches all who share it.
        """
        mine = _Write(work)
        try:
            self._line_up(mine)
            mine.wait()
            if mine.group:
                self._commit(mine.group)
        finally:
            self._leave(mine)
        if mine.error is not None:
            raise mine.error
        result: T = mine.result
        return result

    def later(self, work: Callable[[Db], object]) -> None:
        """Have this done with the next commit, before what is written from now on, or by `flush`."""
        with self._lock:
            self._unhurried.append(work)

    def flush(self) -> None:
        """Commit what was left for later. Raises what it raises; it stays to be done then."""
        if self._unhurried:
            self.write(lambda _: None)

    def _line_up(self, mine: _Write) -> None:
        with self._lock:
            self._waiting.append(mine)
            if not self._is_committing:
                self._call_next()

    def _call_next(self) -> None:
        """Whoever waits first commits for all who wait."""
        self._is_committing = bool(self._waiting)
        if self._waiting:
            first = self._waiting.pop(0)
            first.group.append(first)
            first.call()

    def _leave(self, mine: _Write) -> None:
        with self._lock:
            if mine in self._waiting:  # interrupted: nobody may wait for who has gone
                self._waiting.remove(mine)
            if mine.group:
                self._call_next()
        for write in mine.group:
            if write is not mine:
                write.call()

    def _commit(self, group: list[_Write]) -> None:
        """For the group, which all join who wait by now, and then whoever came while their work was done."""
        refused: list[_Write] = []
        while len(refused) < len(group):
            at_work: _Write | None = None
            unhurried: list[Callable[[Db], object]] = []
            try:
                with self._transaction() as db:
                    for at_work, work in self._turns(group, refused, unhurried):
                        result = work(db)
                        if at_work is not None:
                            at_work.result = result
                    at_work = None
            except BaseException as error:  # noqa: BLE001  (each whose write it undoes raises it)
                failed = [write for write in group if write not in refused] if at_work is None else [at_work]
                for write in failed:
                    write.error = error
                refused += failed
            else:
                with self._lock:
                    del self._unhurried[: len(unhurried)]
                for write in group:
                    if write not in refused:
                        write.error = None
                return

    def _turns(
        self, group: list[_Write], refused: list[_Write], unhurried: list[Callable[[Db], object]]
    ) -> Iterator[tuple[_Write | None, Callable[[Db], object]]]:
        """All that is to be done, in the order in which it came, and whose it is: nobody's, if it was left
        for later. Who comes meanwhile is added to the group, what was left for later to `unhurried`.
        """
        done = 0
        for _ in range(2):
            with self._lock:
                left = self._unhurried[len(unhurried) :]
                group += self._waiting
                self._waiting = []
            unhurried += left
            yield from ((None, work) for work in left)
            yield from ((write, write.work) for write in group[done:] if write not in refused)
            done = len(group)

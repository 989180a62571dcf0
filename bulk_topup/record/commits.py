"""Writes of several threads share commits: who waits first commits for all who wait by then.

A commit waits for the disk, as long for sixteen rows as for one. While one thread commits, the others queue
up; then one of them commits for all of these, and for whoever comes while their work is done. Nobody waits
for company: a thread alone commits at once. What nobody needs to wait for goes with the next commit.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Generic, TypeAlias, TypeVar

from bulk_topup.record.turns import Turn, Turns

Db = TypeVar("Db")
T = TypeVar("T")

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

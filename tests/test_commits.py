"""Commits shared by threads, in a real file: each write is durable on return, or its caller hears why."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from bulk_topup.commits import SharedCommits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

THREADS = 16


class File:
    """A table of numbers with one connection; `before_commit` is called in each transaction at its end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.commits = 0
        self.before_commit: Callable[[], None] = lambda: None
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("CREATE TABLE numbers (n INTEGER PRIMARY KEY) STRICT")
        self.shared = SharedCommits(self._transaction)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield self._db
            self.before_commit()
            self._db.execute("COMMIT")
            self.commits += 1
        except BaseException:
            self._db.execute("ROLLBACK")
            raise

    def add(self, number: object) -> object:
        """The number, once it is in the file."""

        def write(db: sqlite3.Connection) -> object:
            db.execute("INSERT INTO numbers VALUES (?)", (number,))
            return number

        return self.shared.write(write)

    def durable(self) -> list[int]:
        """What another process would find."""
        with contextlib.closing(sqlite3.connect(self.path)) as db:
            return [n for (n,) in db.execute("SELECT n FROM numbers ORDER BY n")]

    def close(self) -> None:
        self._db.close()


@pytest.fixture
def file(tmp_path: Path) -> Iterator[File]:
    with contextlib.closing(File(tmp_path / "numbers.db")) as opened:
        yield opened


class Held:
    """The first commit waits until all of `others` are queued up behind it, as behind a slow disk."""

    def __init__(self, file: File, others: int) -> None:
        self.begun = threading.Event()
        self._file, self._others = file, others
        file.before_commit = self._hold

    def _hold(self) -> None:
        self._file.before_commit = lambda: None
        self.begun.set()
        while len(self._file.shared._waiting) < self._others:
            time.sleep(0.001)


@contextlib.contextmanager
def queued_behind_one(file: File, others: int) -> Iterator[ThreadPoolExecutor]:
    """Threads for writes that all come while the first one, of the number 0, commits."""
    held = Held(file, others)
    with ThreadPoolExecutor(others + 1) as pool:
        first = pool.submit(file.add, 0)
        held.begun.wait()
        yield pool
    assert first.result() == 0


def test_each_write_is_in_the_file_when_it_returns(file: File) -> None:
    def add_and_look(number: int) -> bool:
        return file.add(number) == number and number in file.durable()

    with ThreadPoolExecutor(THREADS) as pool:
        assert all(pool.map(add_and_look, range(200)))
    assert file.durable() == list(range(200))


def test_those_who_wait_share_one_commit(file: File) -> None:
    with queued_behind_one(file, THREADS) as pool:
        for n in range(1, THREADS + 1):
            pool.submit(file.add, n)
    assert file.durable() == list(range(THREADS + 1))
    assert file.commits == 2


def test_a_thread_alone_commits_at_once(file: File) -> None:
    for n in range(3):
        file.add(n)
        assert (file.commits, file.durable()) == (n + 1, list(range(n + 1)))


def test_whoever_comes_while_the_work_of_others_is_done_shares_their_commit(file: File) -> None:
    with ThreadPoolExecutor(THREADS) as pool:

        def bring_others(db: sqlite3.Connection) -> None:
            db.execute("INSERT INTO numbers VALUES (0)")
            for n in range(1, THREADS):
                pool.submit(file.add, n)
            while len(file.shared._waiting) < THREADS - 1:
                time.sleep(0.001)

        pool.submit(file.shared.write, bring_others).result()
    assert (file.commits, file.durable()) == (1, list(range(THREADS)))


@pytest.mark.parametrize("wants", ["write", "flush"])
def test_what_was_left_for_later_is_done_before_what_its_thread_writes_then(file: File, wants: str) -> None:
    """Also where that joins a transaction that had begun before."""
    order: list[str] = []
    began, joined = threading.Event(), threading.Event()

    def leads(_: object) -> None:
        began.set()
        joined.wait(10)

    def follows() -> None:
        file.shared.later(lambda _: order.append("later"))
        if wants == "flush":
            file.shared.flush()
        else:
            file.shared.write(lambda _: order.append("write"))
        order.append("committed")

    leader = threading.Thread(target=file.shared.write, args=[leads])
    leader.start()
    assert began.wait(10)
    follower = threading.Thread(target=follows)
    follower.start()
    while not file.shared._waiting:
        time.sleep(0.001)
    joined.set()
    leader.join()
    follower.join()
    assert order == ["later", *([wants] if wants == "write" else []), "committed"]
    assert file.shared._unhurried == []


def test_one_whose_work_fails_is_left_out_of_the_commit_of_the_others(file: File) -> None:
    with queued_behind_one(file, 3) as pool:
        bad = pool.submit(file.add, "not a number")
        good = [pool.submit(file.add, n) for n in (1, 2)]
    with pytest.raises(sqlite3.IntegrityError):
        bad.result()
    assert [one.result() for one in good] == [1, 2]
    assert file.durable() == [0, 1, 2]


def test_what_the_commit_raises_reaches_all_who_share_it(file: File) -> None:
    def full() -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with queued_behind_one(file, THREADS) as pool:
        file.before_commit = full  # the first one is held within its own call by now
        shared = [pool.submit(file.add, n) for n in range(1, THREADS + 1)]
    for one in shared:
        with pytest.raises(sqlite3.OperationalError, match="full"):
            one.result()
    assert file.durable() == [0]
    file.before_commit = lambda: None
    assert file.add(1) == 1


def test_an_interrupted_commit_leaves_nobody_waiting_and_nobody_believing(file: File) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    file.before_commit = interrupted
    with pytest.raises(KeyboardInterrupt):
        file.add(1)
    file.before_commit = lambda: None
    assert file.add(2) == 2
    assert file.durable() == [2]

"""Commits shared by threads, in a real file: each write is durable on return, or its caller hears why."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from bulk_topup.record import turns, write_ahead_log
from bulk_topup.record.commits import SharedCommits
from bulk_topup.record.shared_sync import SharedSync
from bulk_topup.record.turns import Alone, Turn, Turns
from bulk_topup.record.write_ahead_log import MOST_AT_ONCE, Log

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
        while len(self._file.shared._turns._waiting) < self._others:
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
            while len(file.shared._turns._waiting) < THREADS - 1:
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
    while not file.shared._turns._waiting:
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


# -- turns -------------------------------------------------------------------------------------------------


class Counter:
    """Who shares a turn; the first one waits until `others` are queued up behind it."""

    def __init__(self, most: int | None, others: int) -> None:
        self.groups: list[list[int]] = []
        self.after: list[list[int]] = []
        self.turns: Turns[int, int, list[Turn[int, int]]] = Turns(self._work, self._after, most)
        self._others = others

    def _work(self, group: list[Turn[int, int]]) -> list[Turn[int, int]]:
        while not self.groups and len(self.turns._waiting) < self._others:
            time.sleep(0.001)
        self.groups.append([turn.item for turn in group])
        for turn in group:
            turn.done(-turn.item)
        return group

    def _after(self, group: list[Turn[int, int]]) -> None:
        self.after.append([turn.item for turn in group])


def test_so_many_share_a_turn_at_most_the_first_ones_first() -> None:
    counter = Counter(most=3, others=7)
    with ThreadPoolExecutor(8) as pool:
        results = []
        for n in range(8):
            results.append(pool.submit(counter.turns.do, n))
            while not counter.groups and len(counter.turns._waiting) < n:
                time.sleep(0.001)
    assert [result.result() for result in results] == [0, -1, -2, -3, -4, -5, -6, -7]
    assert counter.groups == [[0], [1, 2, 3], [4, 5, 6], [7]]
    assert sorted(counter.after) == counter.groups


def test_who_has_waited_for_long_waits_no_more_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where each turn waits for a slow disk, sixteen turns would make the last of 64 late."""
    monkeypatch.setattr(turns, "PATIENCE_S", -1.0)
    counter = Counter(most=2, others=7)
    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(counter.turns.do, range(8))) == list(range(-7, 1))
    assert [len(group) for group in counter.groups] == [1, 7]


def test_who_loses_patience_has_nothing_done_unless_it_is_at_work_already() -> None:
    counter = Counter(most=None, others=0)
    left = threading.Event()

    def work(group: list[Turn[int, int]]) -> list[Turn[int, int]]:
        assert left.wait(10)
        while len(group) < 2:
            counter.turns.join(group)
        time.sleep(1.5)
        return counter._work(group)

    counter.turns = Turns(work)
    with ThreadPoolExecutor(2) as pool:
        leader = pool.submit(counter.turns.do, 0)
        while counter.turns._leader is None:
            time.sleep(0.001)
        with pytest.raises(Alone):
            counter.turns.do(1, 0.01)
        left.set()
        at_work = pool.submit(counter.turns.do, 2, 1.0)
        assert (leader.result(), at_work.result()) == (0, -2)
    assert counter.groups == [[0, 2]]


def test_what_follows_a_turn_keeps_nobody_from_theirs() -> None:
    goes_on = threading.Event()

    def done(group: list[Turn[int, int]]) -> list[Turn[int, int]]:
        for turn in group:
            turn.done(turn.item)
        return group

    def after(group: list[Turn[int, int]]) -> None:
        assert group[0].item or goes_on.wait(10)

    turns: Turns[int, int, list[Turn[int, int]]] = Turns(done, after)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(turns.do, 0)
        assert turns.do(1) == 1
        goes_on.set()
        assert first.result() == 0


@pytest.mark.parametrize("fails", ["work", "after"])
def test_a_turn_that_fails_leaves_nobody_waiting_and_nobody_believing(fails: str) -> None:
    counter = Counter(most=None, others=3)

    def work(group: list[Turn[int, int]]) -> list[Turn[int, int]]:
        counter._work(group)
        if fails == "work" and len(group) == 3:
            raise RuntimeError("broken")
        return group

    def after(group: list[Turn[int, int]]) -> None:
        if fails == "after" and len(group) == 3:
            raise RuntimeError("broken")

    counter.turns = Turns(work, after)
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(counter.turns.do, 0)
        others = [pool.submit(counter.turns.do, n) for n in (1, 2, 3)]
    assert first.result() == 0
    for other in others:
        with pytest.raises(RuntimeError, match="broken"):
            other.result()
    assert counter.turns.do(4) == -4


# -- to the disk -------------------------------------------------------------------------------------------


class Logged:
    """A table of numbers whose log is forced as a `Log` has it."""

    def __init__(self, path: Path, journal: str = "wal") -> None:
        self.db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for pragma in (f"journal_mode={journal}", "synchronous=FULL"):
            self.db.execute(f"PRAGMA {pragma}")
        self.db.execute("CREATE TABLE numbers (n INTEGER PRIMARY KEY)")
        self.log = Log(self.db)

    def add(self, number: int, *, may_wait: bool = True) -> None:
        with self.log.transaction(self.db, may_wait=may_wait):
            self.db.execute("INSERT INTO numbers VALUES (?)", (number,))

    def is_forced_by_sqlite(self) -> bool:
        (level,) = self.db.execute("PRAGMA synchronous").fetchone()
        return int(level) == 2

    def close(self) -> None:
        self.log.close()
        self.db.close()


@pytest.fixture
def slow_disk(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Every disk counts as slow; the inodes of the files that were forced."""
    forced: list[int] = []

    def force(file: int) -> None:
        forced.append(os.fstat(file).st_ino)
        os.fsync(file)

    monkeypatch.setattr(write_ahead_log, "SLOW_S", -1.0)
    monkeypatch.setattr(write_ahead_log, "_force", force)
    return forced


def test_a_quick_disk_is_waited_for_with_each_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_ahead_log, "SLOW_S", 60.0)
    with contextlib.closing(Logged(tmp_path / "numbers.db")) as logged:
        for n in range(3):
            logged.add(n)
            assert logged.is_forced_by_sqlite()
            assert logged.log.is_synced


def test_a_slow_disk_is_waited_for_when_it_matters(tmp_path: Path, slow_disk: list[int]) -> None:
    with contextlib.closing(Logged(tmp_path / "numbers.db")) as logged:
        logged.add(0)  # only by this one is it known to be slow
        assert logged.log.is_synced
        logged.add(1)
        assert (logged.is_forced_by_sqlite(), logged.log.is_synced, slow_disk) == (False, False, [])
        logged.log.sync()
        assert logged.log.is_synced
        logged.log.sync()
        assert slow_disk == [(tmp_path / "numbers.db-wal").stat().st_ino]


def test_what_may_not_wait_is_durable_at_once_with_all_before_it(
    tmp_path: Path, slow_disk: list[int]
) -> None:
    with contextlib.closing(Logged(tmp_path / "numbers.db")) as logged:
        logged.add(0)
        logged.add(1)
        logged.add(2, may_wait=False)
        assert (logged.is_forced_by_sqlite(), logged.log.is_synced, len(slow_disk)) == (True, True, 1)


def test_a_disk_that_is_quick_again_is_waited_for_again(
    tmp_path: Path, slow_disk: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with contextlib.closing(Logged(tmp_path / "numbers.db")) as logged:
        logged.add(0)
        logged.add(1)
        monkeypatch.setattr(write_ahead_log, "SLOW_S", 60.0)
        logged.log.sync()
        logged.add(2)
        assert (logged.is_forced_by_sqlite(), logged.log.is_synced, len(slow_disk)) == (True, True, 1)


def test_a_file_with_another_journal_is_always_forced_by_sqlite(tmp_path: Path, slow_disk: list[int]) -> None:
    with contextlib.closing(Logged(tmp_path / "numbers.db", "delete")) as logged:
        for n in range(3):
            logged.add(n)
            assert (logged.is_forced_by_sqlite(), logged.log.is_synced, slow_disk) == (True, True, [])


def test_the_log_that_is_forced_is_that_of_the_file_itself(tmp_path: Path, slow_disk: list[int]) -> None:
    """By a link to it, too, beside which something of that name may lie."""
    folder = tmp_path / "real"
    folder.mkdir()
    (tmp_path / "numbers.db").symlink_to(folder / "numbers.db")
    (tmp_path / "numbers.db-wal").write_bytes(b"")
    with contextlib.closing(Logged(tmp_path / "numbers.db")) as logged:
        logged.add(0)
        logged.add(1)
        logged.log.sync()
        assert slow_disk == [(folder / "numbers.db-wal").stat().st_ino]


def test_once_forcing_has_failed_nothing_is_written_nor_called_durable(
    tmp_path: Path, slow_disk: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system says so once; a second try would seem to do."""

    def fails(_file: int) -> None:
        monkeypatch.setattr(write_ahead_log, "_force", os.fsync)
        raise OSError(5, "Input/output error")

    with contextlib.closing(Logged(tmp_path / "numbers.db")) as logged:
        logged.add(0)
        logged.add(1)
        monkeypatch.setattr(write_ahead_log, "_force", fails)
        for _ in range(3):
            with pytest.raises(OSError, match="Input/output"):
                logged.log.sync()
            with pytest.raises(OSError, match="Input/output"):
                logged.add(2)
        assert not logged.log.is_synced
    assert slow_disk == []


def test_what_writes_nothing_forces_nothing(tmp_path: Path, slow_disk: list[int]) -> None:
    """As a claim of a slot that is taken: SQLite leaves the disk alone, and what waits goes on waiting."""
    with contextlib.closing(Logged(tmp_path / "numbers.db")) as logged:
        logged.add(0)
        logged.add(1)
        logged.log._is_slow = False  # another one's wait has just been short
        with logged.log.transaction(logged.db, may_wait=True):
            logged.db.execute("INSERT OR IGNORE INTO numbers VALUES (0)")
        assert logged.is_forced_by_sqlite()
        assert not logged.log.is_synced
        logged.log.sync()
        assert len(slow_disk) == 1


def test_a_commit_behind_what_waits_is_not_durable_before_that_is(
    tmp_path: Path, slow_disk: list[int]
) -> None:
    """SQLite forces its own commit, but may have been told before of what is missing in front of it."""
    with contextlib.closing(Logged(tmp_path / "numbers.db")) as logged:
        logged.add(0)
        logged.add(1)
        logged.log._is_slow = False
        logged.add(2)
        assert logged.is_forced_by_sqlite()
        assert not logged.log.is_synced
        logged.log.sync()
        assert (logged.log.is_synced, len(slow_disk)) == (True, 1)


def test_a_commit_that_fails_behind_what_waits_ends_it_all(tmp_path: Path, slow_disk: list[int]) -> None:
    with contextlib.closing(Logged(tmp_path / "numbers.db")) as logged:
        logged.db.execute("CREATE TABLE later (n REFERENCES numbers (n) DEFERRABLE INITIALLY DEFERRED)")
        logged.db.execute("PRAGMA foreign_keys=1")
        logged.add(0)
        logged.add(1)
        with (
            pytest.raises(sqlite3.IntegrityError),
            logged.log.transaction(logged.db, may_wait=True),
        ):
            logged.db.execute("INSERT INTO later VALUES (7)")
        with pytest.raises(OSError, match="FOREIGN KEY"):
            logged.log.sync()
    assert slow_disk == []


def test_what_a_killed_process_left_in_the_log_is_carried_over_first(
    tmp_path: Path, slow_disk: list[int]
) -> None:
    """Into the file: behind a gap that its disk has left in the log, nothing more may be written."""
    with contextlib.closing(Logged(tmp_path / "numbers.db")) as killed:
        killed.add(0)
        killed.add(1)
        with contextlib.closing(Log(killed.db)) as again:
            assert (again.is_synced, slow_disk) == (True, [])
            without_log = shutil.copyfile(tmp_path / "numbers.db", tmp_path / "copy.db")
            with contextlib.closing(sqlite3.connect(without_log)) as db:
                assert db.execute("SELECT count(*) FROM numbers").fetchone() == (2,)


def test_what_cannot_be_carried_over_is_not_taken_for_durable(tmp_path: Path, slow_disk: list[int]) -> None:
    """As where another process is reading just then."""
    with contextlib.closing(Logged(tmp_path / "numbers.db")) as killed:
        killed.add(0)
        with contextlib.closing(sqlite3.connect(tmp_path / "numbers.db")) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM numbers").fetchall()
            killed.add(1)
            with contextlib.closing(Log(killed.db)) as again:
                assert not again.is_synced
                again.sync()
                assert (again.is_synced, len(slow_disk)) == (True, 1)


def test_a_commit_that_fails_keeps_nobody_waiting_for_the_disk(tmp_path: Path, slow_disk: list[int]) -> None:
    with contextlib.closing(Logged(tmp_path / "numbers.db")) as logged:
        logged.log._committed += 1
        logged.log._failure = OSError(5, "Input/output error")
        with pytest.raises(OSError, match="Input/output"):
            logged.log._force_log(str(tmp_path / "numbers.db-wal"))
    assert slow_disk == []


def test_a_folder_whose_name_is_no_text_is_as_good_as_any(tmp_path: Path, slow_disk: list[int]) -> None:
    folder = tmp_path / os.fsdecode(b"gaji\xff")
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("this system has no such names")
    with contextlib.closing(Logged(folder / "numbers.db")) as logged:
        logged.add(0)
        logged.add(1)
        logged.log.sync()
        assert slow_disk == [(folder / "numbers.db-wal").stat().st_ino]


def test_a_log_that_is_closed_keeps_nobody_waiting(tmp_path: Path, slow_disk: list[int]) -> None:
    logged = Logged(tmp_path / "numbers.db")
    logged.add(0)
    logged.add(1)
    with ThreadPoolExecutor(THREADS) as pool:
        waits = [pool.submit(logged.log.sync) for _ in range(THREADS)]
        logged.close()
        for one in waits:
            assert one.exception(10) is None or isinstance(one.exception(), OSError)


class Written:
    """What threads write to: `sync` takes `seconds`, and has then seen what was written when it began."""

    def __init__(self, seconds: float, error: OSError | None = None) -> None:
        self.written = self.forced = 0
        self.at_once = self.most_at_once = 0
        self._seconds, self._error = seconds, error
        self._lock = threading.Lock()

    def write(self) -> int:
        with self._lock:
            self.written += 1
            return self.written

    @property
    def is_synced(self) -> bool:
        return self.forced >= self.written

    def sync(self) -> None:
        with self._lock:
            written = self.written
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        time.sleep(self._seconds)
        with self._lock:
            self.at_once -= 1
            if self._error is not None:
                raise self._error
            self.forced = max(self.forced, written)


def test_whoever_waits_for_the_disk_finds_there_what_it_wrote() -> None:
    mine, other = Written(0.002), Written(0.003)
    sync = SharedSync(mine, other)

    def write_and_wait(nth: int) -> bool:
        numbers = mine.write(), other.write()
        if nth % 3 == 0:
            sync.soon()
        sync()
        return mine.forced >= numbers[0] and other.forced >= numbers[1]

    with ThreadPoolExecutor(THREADS) as pool:
        assert all(pool.map(write_and_wait, range(600)))
    assert mine.most_at_once <= MOST_AT_ONCE


@pytest.mark.parametrize("written", ["mine", "other"])
def test_a_file_is_waited_for_although_the_other_one_has_nothing_to_wait_for(written: str) -> None:
    mine, other = Written(0.0), Written(0.0)
    (mine if written == "mine" else other).write()
    SharedSync(mine, other)()
    assert (mine.is_synced, other.is_synced) == (True, True)


def test_what_nobody_waits_for_is_on_the_disk_in_a_moment() -> None:
    mine, other = Written(0.0), Written(0.0)
    sync = SharedSync(mine, other)
    for _ in range(500):
        mine.write()
        other.write()
        sync.soon()
    until = time.monotonic() + 10
    while not (mine.is_synced and other.is_synced):
        assert time.monotonic() < until
        time.sleep(0.001)


@pytest.mark.parametrize("fails", ["mine", "other"])
def test_each_who_waits_for_a_disk_that_fails_hears_of_it(fails: str) -> None:
    error = OSError(5, "Input/output error")
    mine = Written(0.005, error if fails == "mine" else None)
    other = Written(0.005, error if fails == "other" else None)
    sync = SharedSync(mine, other)

    def write_and_wait(_: int) -> None:
        mine.write()
        other.write()
        sync()

    with ThreadPoolExecutor(THREADS) as pool:
        for one in [pool.submit(write_and_wait, n) for n in range(50)]:
            with pytest.raises(OSError, match="Input/output"):
                one.result()

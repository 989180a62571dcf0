"""The checkpoint as a file: created atomically, opened, identified, written in transactions.

Settings, and why: WAL with synchronous=FULL, so that a commit is on disk when it returns and a torn write can
only lose what was not committed; fullfsync, because on macOS fsync alone does not reach the disk; one
connection, used by one thread at a time; autocommit, BEGIN IMMEDIATE. Closing checkpoints the write-ahead
log, so that at rest there is one file. While it is being sent from, the file itself has a mark (BEGUN) that
says that a log belongs to it: a copy without the log is not an empty batch.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import sqlite3
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from typing import Final, Self

from bulk_topup.core.errors import InputError, StorageFailed
from bulk_topup.core.model import NOTHING, account_of
from bulk_topup.core.os_errors import cause_of
from bulk_topup.provider.address import REHEARSAL_URL
from bulk_topup.record.checkpoint.schema import assert_ours, migrate_checkpoint
from bulk_topup.record.checkpoint.sql import FORGET_SUMMARY, KEEP_FACT
from bulk_topup.record.checkpoint.values import REHEARSAL, BatchIdentity
from bulk_topup.record.lock import nobody_else

BEGUN: Final = "begun"
"""The fact that attempts are, or may be, only in the log; "" at rest."""


class File:
    """The file with its connection, and the facts about the batch.

    Every method is one transaction, durable on return, and for one thread at a time. Raises StorageFailed
    when a write does not become durable: the caller must stop sending.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, *, read_only: bool = False) -> None:
        self.path = path
        self._db = connection
        self._read_only = read_only
        self._place = None if read_only else place_of(path)
        self._was_gone = False
        self._is_marked = False

    @classmethod
    def create(cls, path: Path, identity: BatchIdentity, facts: Mapping[str, str] = NOTHING) -> Self:
        """A new checkpoint for this batch with these facts, readable only by its owner.

        It is created atomically, so that a kill leaves no file that belongs to nobody.
        """
        with storage_errors(path):
            draft = empty_draft(path)
            # A rollback journal: what is committed is in the file itself, not in a log next to it.
            self = cls._connected(draft, journal="DELETE")
            try:
                self.set_facts({**facts, **vars(identity), "batch": uuid.uuid4().hex})
            finally:
                self._db.close()
            if path.exists():
                raise FileExistsError(errno.EEXIST, "it appeared just now", str(path))
            draft.replace(path)
            return cls._connected(path)

    @classmethod
    def open(cls, path: Path, expected: Mapping[str, str] | None = None) -> Self | None:
        """The checkpoint at `path`, or None if there is none. `expected` are facts of BatchIdentity.

        Raises InputError if it is damaged, not ours, newer than this program, or another batch's.
        """
        if not path.exists():
            assert_nothing_left(path)
            return None
        if not path.stat().st_size:
            raise InputError("checkpoint.damaged", path=path, why="why.empty")
        assert_whole(path)
        try:
            self = cls._connected(path)
            self._assert_sound()
        except sqlite3.OperationalError as error:
            raise StorageFailed("checkpoint.unwritable", path=path, why=cause_of(error)) from None
        except sqlite3.DatabaseError as error:
            raise InputError("checkpoint.damaged", path=path, why=cause_of(error)) from None
        self.assert_identity(expected or {})
        return self

    @classmethod
    def look(cls, path: Path, expected: Mapping[str, str] | None = None) -> Self | None:
        """The checkpoint at `path` for reading, or None if there is none. Changes no file, even while a
        run uses it.

        `expected` are facts of BatchIdentity. Raises InputError if it is damaged, not ours, newer than this
        program or another batch's, StorageFailed if it can't be read.
        """
        if not path.is_file():
            assert_nothing_left(path)
            return None
        assert_whole(path)
        try:
            db = connect(path, read_only=True)
            try:
                assert_ours(db, path)
            except BaseException:
                db.close()
                raise
        except sqlite3.DatabaseError as error:
            raise unreadable(path, error) from None
        self = cls(path, db, read_only=True)
        self.assert_identity(expected or {})
        return self

    @classmethod
    def _connected(cls, path: Path, journal: str = "WAL") -> Self:
        db = connect(path)
        try:
            assert_ours(db, path)
            for pragma in (
                f"journal_mode={journal}",
                "synchronous=FULL",
                "fullfsync=1",
                "checkpoint_fullfsync=1",
                "foreign_keys=1",
            ):
                db.execute(f"PRAGMA {pragma}")
            migrate_checkpoint(db)
            return cls(path, db)
        except BaseException:
            db.close()
            raise

    def _assert_sound(self) -> None:
        verdict = self._db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            self.close()
            raise InputError("checkpoint.damaged", path=self.path, why="why.damaged")

    def assert_identity(self, expected: Mapping[str, str]) -> None:
        """Raises InputError if these facts of BatchIdentity are another batch's; then it is closed."""
        for name, mine in expected.items():
            stored = self._identity(name)
            if stored != mine:
                with contextlib.closing(self):
                    if not self.fact("file"):  # Every batch has one.
                        raise InputError("checkpoint.damaged", path=self.path, why="why.damaged")
                raise InputError(f"checkpoint.other_{name}", path=self.path, stored=stored, mine=mine)

    def _identity(self, name: str) -> str:
        if name == "account":
            return account_of(self.fact(name))
        if name == "rehearsal":
            return REHEARSAL if self.is_rehearsal else ""
        return self.fact(name)

    def mark_begun(self) -> None:
        """Called once, before the first attempt: from then on the file itself says that it has a log.

        Raises StorageFailed if the mark can't be written to the file itself; nothing may be sent then.
        """
        if self._is_marked:
            return
        (journal,) = self._rows("PRAGMA journal_mode")[0]
        if journal == "wal":
            self.set_facts({BEGUN: "yes"})
            # Not TRUNCATE: the log keeps its length, so that it is never present and empty.
            (is_busy, *_) = self._rows("PRAGMA wal_checkpoint(FULL)")[0]
            if is_busy:
                raise StorageFailed("checkpoint.unwritable", path=self.path, why="why.open_elsewhere")
        self._is_marked = True

    def _unmark(self) -> None:
        """Removes the mark, since the log is about to be merged and deleted, unless another process has
        the file open; while a run of another process is working, its mark stays.
        """
        with contextlib.suppress(StorageFailed, sqlite3.Error):
            if not self._read_only and self.fact(BEGUN):
                with nobody_else(self.path) as is_alone:
                    if is_alone:
                        self._write_no_mark()

    def _write_no_mark(self) -> None:
        with contextlib.suppress(sqlite3.OperationalError):
            self._db.execute(KEEP_FACT, (BEGUN, ""))
            return
        # On a full disk: once it is merged, the log is rewritten from its beginning.
        self._db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        self._db.execute(KEEP_FACT, (BEGUN, ""))

    def close(self) -> None:
        self._unmark()
        with contextlib.suppress(sqlite3.Error):
            self._db.close()

    @contextlib.contextmanager
    def _transaction(self, *, keeps_summary: bool = False) -> Iterator[sqlite3.Connection]:
        """Durable on leaving, rolled back after an error. Drops cached sums, unless nothing that they
        count was written.
        """
        with storage_errors(self.path):
            self._keep_in_place()
            self._db.execute("BEGIN IMMEDIATE")
            try:
                if not keeps_summary:
                    self._db.execute(FORGET_SUMMARY)
                yield self._db
                self._commit()
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _commit(self) -> None:
        self._db.execute("COMMIT")

    def _assert_in_place(self) -> None:
        """For callers that are about to send something, within the transaction that records it."""
        if self._was_gone:
            raise StorageFailed("checkpoint.gone", path=self.path)

    def _keep_in_place(self) -> None:
        """Restores the file if it was deleted or moved while in use: what is written to it would be lost
        with this process.

        Raises StorageFailed if another file is in its place.
        """
        try:
            place = place_of(self.path)
        except FileNotFoundError:
            self._put_back()
            return
        if place != self._place:
            raise StorageFailed("checkpoint.replaced", path=self.path)

    def _put_back(self) -> None:
        draft = empty_draft(self.path)
        self._db.execute("VACUUM INTO ?", (str(draft),))
        with contextlib.closing(connect(draft)) as copy:
            copy.execute(KEEP_FACT, (BEGUN, ""))  # It has no log.
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        for ending in ("-wal", "-shm"):  # The copy has everything, and SQLite would replay them into it.
            self.path.with_name(self.path.name + ending).unlink(missing_ok=True)
        draft.rename(self.path)
        self._was_gone = True
        self._db.close()
        again = self._connected(self.path)
        self._db, self._place = again._db, again._place  # noqa: SLF001

    def _rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        with storage_errors(self.path, read_only=self._read_only):
            return self._db.execute(sql, values).fetchall()

    @contextlib.contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        with storage_errors(self.path, read_only=self._read_only):
            if not self._read_only:
                self._keep_in_place()
            with contextlib.closing(connect(self.path, read_only=self._read_only)) as reader:
                yield reader

    # -- facts about the batch -----------------------------------------------------------------------------

    def fact(self, key: str) -> str:
        """A fact about the batch, or "" if it was never recorded."""
        rows = self._rows("SELECT value FROM batch WHERE key = ?", key)
        return str(rows[0][0]) if rows else ""

    def set_facts(self, facts: Mapping[str, str]) -> None:
        with self._transaction(keeps_summary=True) as db:
            db.executemany(KEEP_FACT, list(facts.items()))

    def halt(self) -> tuple[str, dict[str, str], str] | None:
        """Why the last run stopped early: its code and facts, and when (ISO text); None if it did not."""
        kept = json.loads(self.fact("halt") or "null")
        return None if kept is None else (kept["code"], kept["facts"], kept["at"])

    @property
    def has_sheet(self) -> bool:
        """False only if its first run was killed before it could record a row."""
        return bool(self.fact("header"))

    @property
    def header(self) -> list[str]:
        """The sheet's own column names, without results columns of an earlier run."""
        return list(json.loads(self.fact("header") or "[]"))

    @property
    def places(self) -> dict[str, int]:
        """The positions of the columns `name`, `number` and `group` in it, if the sheet has them."""
        return dict(json.loads(self.fact("places") or "{}"))

    @property
    def tabs(self) -> list[str]:
        """The tabs that are one sheet; empty for a batch of a single tab."""
        return list(json.loads(self.fact("tabs") or "[]"))

    @property
    def is_rehearsal(self) -> bool:
        # From its address, in a file of an earlier version that is only read.
        return self.fact("rehearsal") == REHEARSAL or self.fact("base_url") == REHEARSAL_URL

    @property
    def batch_id(self) -> str:
        return self.fact("batch")


def assert_nothing_left(path: Path) -> None:
    """A log without its file contains attempts, and SQLite would replay it into the next file of that
    name.
    """
    for ending in ("-wal", "-journal"):
        log = path.with_name(path.name + ending)
        if log.exists() and log.stat().st_size:
            raise InputError("checkpoint.half", path=path, log=log)


def assert_whole(path: Path) -> None:
    """Raises InputError for a file that was sent from and whose log, which says what was sent, is missing."""
    log = path.with_name(f"{path.name}-wal")
    if _has_content(log):
        return
    try:
        with contextlib.closing(connect(path, read_only=True)) as db:
            asked = "SELECT 1 FROM batch WHERE key = ? AND value <> ''"
            marked = db.execute(asked, (BEGUN,)).fetchone()
    except sqlite3.Error:
        return  # Reported by the caller that opens it.
    # A run may just have begun.
    if marked and not _has_content(log):
        raise InputError("checkpoint.no_log", path=path, log=log)


def _has_content(log: Path) -> bool:
    try:
        return log.stat().st_size > 0
    except FileNotFoundError:
        return False


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    # Never mode=rwc, SQLite's default: a file that was removed would come back empty.
    place = _address_to_read(path) if read_only else f"{uri_of(path.absolute())}?mode=rw"
    db = sqlite3.connect(place, uri=True, isolation_level=None, check_same_thread=False, timeout=10)
    db.row_factory = sqlite3.Row
    return db


def uri_of(path: PurePath) -> str:
    """As SQLite reads it: the server of a Windows share is part of the path, not a host."""
    return re.sub("^file://(?!/)", "file:////", path.as_uri())


def empty_draft(path: Path) -> Path:
    """A file readable only by its owner, to be filled and then moved to this path."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    return draft


def place_of(path: Path) -> tuple[int, int]:
    """Which file this path refers to."""
    status = path.stat()
    return status.st_dev, status.st_ino


def _address_to_read(path: Path) -> str:
    # If there is no log next to it, SQLite would create one for reading, and leave it there.
    at_rest = not path.with_name(f"{path.name}-wal").exists()
    return f"{uri_of(path.absolute())}?mode=ro{'&immutable=1' if at_rest else ''}"


@contextlib.contextmanager
def storage_errors(path: Path, *, read_only: bool = False) -> Iterator[None]:
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise
    except (sqlite3.DatabaseError, OSError) as error:
        if read_only:
            raise unreadable(path, error) from None
        raise StorageFailed("checkpoint.unwritable", path=path, why=cause_of(error)) from None


def unreadable(path: Path, error: Exception) -> InputError | StorageFailed:
    if isinstance(error, sqlite3.OperationalError | OSError):
        return StorageFailed("checkpoint.unreadable", path=path, why=cause_of(error))
    return InputError("checkpoint.damaged", path=path, why=cause_of(error))

"""The checkpoint as a file: made whole or not at all, opened, told from others."""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
from typing import TYPE_CHECKING

from bulk_topup.core.errors import InputError, StorageFailed
from bulk_topup.core.os_errors import cause_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path, PurePath


def assert_nothing_left(path: Path) -> None:
    """A log without its file holds attempts, and SQLite would replay it into whatever file comes next."""
    for ending in ("-wal", "-journal"):
        log = path.with_name(path.name + ending)
        if log.exists() and log.stat().st_size:
            raise InputError("checkpoint.half", path=path, log=log)


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    # Never mode=rwc, SQLite's own: a file that was taken away would come back empty.
    place = _address_to_read(path) if read_only else f"{uri_of(path.absolute())}?mode=rw"
    db = sqlite3.connect(place, uri=True, isolation_level=None, check_same_thread=False, timeout=10)
    db.row_factory = sqlite3.Row
    return db


def uri_of(path: PurePath) -> str:
    """As SQLite reads it: the server of a Windows share is a part of the path, and no host."""
    return re.sub("^file://(?!/)", "file:////", path.as_uri())


def empty_draft(path: Path) -> Path:
    """A file for its owner's eyes alone, to be filled and then given this path."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    return draft


def place_of(path: Path) -> tuple[int, int]:
    """Which file it is that has this path."""
    status = path.stat()
    return status.st_dev, status.st_ino


def _address_to_read(path: Path) -> str:
    # Where no log lies beside it, SQLite would make one to read it, and leave it there.
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

"""The lock next to a progress file, which lets one run at a time use a batch, and its holder."""

from __future__ import annotations

import contextlib
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from bulk_topup.core.errors import BatchBusy, StorageFailed
from bulk_topup.core.os_errors import cause_of
from bulk_topup.record import paths
from bulk_topup.record.folder import assert_trusted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from bulk_topup.record.paths import Files


@contextmanager
def only_run(files: Files, now: datetime, *, rehearsal: bool) -> Iterator[None]:
    """Lock this batch for this process; the operating system releases it when the process dies.

    Raises BatchBusy if another run has it, InputError if the folder can't be trusted with the record.
    """
    if not rehearsal:
        assert_trusted(files.checkpoint, "--checkpoint")
    lock = FileLock(files.lock, timeout=0, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        raise BatchBusy("batch.busy", holder=_holder(files.holder)) from None
    except OSError as error:
        raise StorageFailed("checkpoint.unwritable", path=files.checkpoint, why=cause_of(error)) from None
    _held.add(files.lock)
    try:
        _sign(files.holder, signature(now))
        yield
    finally:
        _held.discard(files.lock)
        with contextlib.suppress(OSError):
            files.holder.unlink(missing_ok=True)
        lock.release()


_held: set[Path] = set()
"""The locks that this process has."""


@contextmanager
def nobody_else(checkpoint: Path) -> Iterator[bool]:
    """Whether no other run is using this batch; if so, none can start while this is active."""
    path = paths.lock_of(checkpoint)
    if path in _held or not path.exists():
        yield True
        return
    lock = FileLock(path, timeout=0, mode=0o600)
    try:
        lock.acquire()
    except (Timeout, OSError):
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def at_work(files: Files) -> str | None:
    """Who has the batch now, and since when; None if nobody does."""
    if not files.holder.exists():
        return None
    with nobody_else(files.checkpoint) as is_alone:
        return None if is_alone else _holder(files.holder)


def signature(now: datetime) -> str:
    """Who is working, and since when."""
    return f"{paths.who()} ({now:%Y-%m-%d %H:%M} WIB)"


def _sign(path: Path, words: str) -> None:
    """Write the holder to a file next to the lock, because opening the lock empties it.

    Only informative: if this fails, the lock still holds.
    """
    with (
        contextlib.suppress(OSError),
        os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file,
    ):
        file.write(words)


def _holder(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")[:200] or "-"
    except OSError:
        return "-"

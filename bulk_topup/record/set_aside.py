"""Keeps an earlier batch's files under dated names."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from bulk_topup.core.errors import StorageFailed

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from bulk_topup.record.paths import Files


def set_aside(files: Files, day: date) -> None:
    """Keep an earlier batch's files under dated names, by the day on which it began, with the same mark in
    both.

    The checkpoint goes last: until then a kill leaves the batch as it was, and its results can be written
    again from it. Raises StorageFailed while the checkpoint's log is not merged, because the file alone would
    be incomplete.
    """
    log = files.checkpoint.with_name(f"{files.checkpoint.name}-wal")
    if files.checkpoint.exists() and log.exists() and log.stat().st_size:
        raise StorageFailed("checkpoint.unwritable", path=files.checkpoint, why="why.open_elsewhere")
    marks = (f"{day:%Y-%m-%d}", *(f"{day:%Y-%m-%d} ({n})" for n in range(2, 1000)))
    pair = (files.results, files.checkpoint)
    mark = next(mark for mark in marks if not any(_marked(path, mark).exists() for path in pair))
    for path in pair:
        if path.exists():
            path.rename(_marked(path, mark))


def _marked(path: Path, mark: str) -> Path:
    """`bonus.results.xlsx` as `bonus.2025-02-20.results.xlsx`."""
    stem, dot, rest = path.name.partition(".")
    return path.with_name(f"{stem}.{mark}{dot}{rest}")


def sha256_of(path: Path) -> str:
    """ "" of a file that can't be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""

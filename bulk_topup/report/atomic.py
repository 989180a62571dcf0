"""Writes a file atomically, or next to the target if that is locked."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from pathlib import Path

from bulk_topup.core.errors import StorageFailed
from bulk_topup.core.model import Notice
from bulk_topup.core.os_errors import cause_of
from bulk_topup.record.paths import names_beside
from bulk_topup.report.cell_text import Texts
from bulk_topup.report.tables import Tell, Value, untold


def write_csv(
    target: Path, header: Sequence[str], rows: Iterable[Sequence[Value]], *, failure: str, tell: Tell = untold
) -> Path:
    """Write a table as in `write_results_csv`; path and errors as in `write_workbook`."""

    def write(path: Path) -> list[Notice]:
        texts = Texts()
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            for row in chain([header], rows):
                writer.writerow([texts.for_csv(value) for value in row])
        return texts.notices()

    return write_atomically(target, write, failure, tell)


def write_atomically(
    target: Path, write: Callable[[Path], list[Notice]], failure: str, tell: Tell = untold
) -> Path:
    """Have `write` fill a new file and move it to `target`; path and errors as in `write_workbook`."""
    temporary: Path | None = None
    try:
        temporary = _new_file_in(target.parent)
        notices = write(temporary)
        _sync(temporary)
        written = _publish(temporary, target)
    except OSError as error:
        raise StorageFailed(failure, path=str(target), why=cause_of(error)) from error
    finally:
        if temporary:
            temporary.unlink(missing_ok=True)
    if written != target:
        notices.append(Notice("saved.beside", {"target": target.name, "path": str(written)}))
    for notice in notices:
        tell(notice)
    return written


def _new_file_in(folder: Path) -> Path:
    """An empty file that only its owner can read."""
    handle, name = tempfile.mkstemp(prefix=".bulk-topup-", suffix=".tmp", dir=folder)
    os.close(handle)
    return Path(name)


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _publish(temporary: Path, target: Path) -> Path:
    try:
        return temporary.replace(target)
    except OSError:
        # Excel on Windows locks an open workbook; if the folder is at fault, this fails as well.
        return temporary.replace(next(path for path in names_beside(target) if not path.exists()))

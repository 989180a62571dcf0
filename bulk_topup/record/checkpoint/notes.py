"""What commands did to the batch: written down, and entered in the trail."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any

from bulk_topup.record.checkpoint import trail
from bulk_topup.record.checkpoint.file import File
from bulk_topup.record.checkpoint.sql import INSERT_NOTE
from bulk_topup.record.paths import results_beside
from bulk_topup.record.set_aside import sha256_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from bulk_topup.core.chain import Entry


class Notes(File):
    """Adds to the trail, which is never rewritten."""

    def note(
        self,
        at: datetime,
        who: str,
        what: str,
        *,
        order_id: int | None = None,
        note: str = "",
        plan_code: str = "",
        approved_by: str = "",
    ) -> None:
        """That a command began, or what a person did."""
        with self._transaction(keeps_summary=True) as db:
            if approved_by:
                facts = {"plan_code": plan_code, "by": approved_by}
                trail.append(db, trail.Event(at.isoformat(), "approval", facts))
            kind = "settlement" if what == "settle" else "run"
            insert_note(db, kind, at.isoformat(), who, what, order_id, note, plan_code, approved_by)

    def enter(self, at: str, kind: str, facts: Mapping[str, Any]) -> None:
        """An entry of what stands nowhere else in this file."""
        with self._transaction(keeps_summary=True) as db:
            trail.append(db, trail.Event(at, kind, facts))

    def exported(self, at: datetime, what: str, path: Path, **also: str) -> None:
        """That this file was written just now, with its SHA-256."""
        own = "" if path == results_beside(self.path) else _from(self.path.parent, path)
        self.enter(at.isoformat(), "export", {"what": what, "file": own, "sha256": sha256_of(path), **also})

    def head(self) -> str:
        """The hash of the trail's last entry; "" where an earlier program kept none."""
        has_chain = self._rows("SELECT 1 FROM sqlite_master WHERE name = 'chain'")
        return trail.head(self._db) if has_chain else ""

    def entries(self) -> Iterator[Entry]:
        """The trail, by a reader of its own."""
        with self._reader() as reader:
            yield from trail.entries(reader)

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """All of the file as it is now, whatever is written meanwhile."""
        with self._reader() as reader:
            reader.execute("BEGIN")
            yield reader


def _from(folder: Path, path: Path) -> str:
    """So that both can be moved together."""
    try:
        return os.path.relpath(path, folder)
    except ValueError:  # on another drive
        return str(path.absolute())


def insert_note(db: sqlite3.Connection, kind: str, at: str, *values: object) -> None:
    """The row of a note with its entry of this kind."""
    trail.tell(db, at, kind, "trail", int(db.execute(INSERT_NOTE, (at, *values)).lastrowid or 0))

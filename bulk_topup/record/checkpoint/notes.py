"""What commands did to the batch: written down, and entered in the trail."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from bulk_topup.record.checkpoint import trail
from bulk_topup.record.checkpoint.file import File
from bulk_topup.record.checkpoint.sql import INSERT_NOTE

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping
    from datetime import datetime

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
                approval = {"plan_code": plan_code, "by": approved_by, "proof": "typed"}
                trail.append(db, at.isoformat(), "approval", approval)
            kind = "settlement" if what == "settle" else "run"
            insert_note(db, kind, at.isoformat(), who, what, order_id, note, plan_code, approved_by)

    def enter(self, at: str, kind: str, facts: Mapping[str, Any]) -> None:
        """An entry of what stands nowhere else in this file."""
        with self._transaction(keeps_summary=True) as db:
            trail.append(db, at, kind, facts)

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


def insert_note(db: sqlite3.Connection, kind: str, at: str, *values: object) -> None:
    """The row of a note with its entry of this kind."""
    trail.tell(db, at, kind, trail=int(db.execute(INSERT_NOTE, (at, *values)).lastrowid or 0))

"""The trail: what happened to the batch, as a chain of entries, each written with the fact that it tells.

All of this is done within the transaction of whoever calls. Nothing that is sent depends on it: only `verify`
reads it back, so that damage to it keeps nobody from being paid.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bulk_topup.core.chain import Entry, canonical, link
from bulk_topup.core.clock import SystemClock

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping

TABLE = """
    CREATE TABLE IF NOT EXISTS chain (
        id INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL, facts TEXT NOT NULL, hash TEXT NOT NULL
    )
"""
"""The hash of the one before stands in that one alone."""


def append(db: sqlite3.Connection, at: str, kind: str, facts: Mapping[str, Any]) -> Entry:
    """Add an entry of what happened `at` (ISO text; "" for now)."""
    entry = link(head(db), at or SystemClock().now().isoformat(), kind, facts)
    values = (entry.at, entry.kind, canonical(entry.facts), entry.hash)
    db.execute("INSERT INTO chain (at, kind, facts, hash) VALUES (?, ?, ?, ?)", values)
    return entry


def head(db: sqlite3.Connection) -> str:
    """The hash of the last entry, "" where there is none."""
    row = db.execute("SELECT hash FROM chain ORDER BY id DESC LIMIT 1").fetchone()
    return str(row[0]) if row else ""


def entries(db: sqlite3.Connection) -> Iterator[Entry]:
    """All of them, the first one first, as they stand: one that was changed does not fit its hash."""
    previous = ""
    for nth, (key, at, kind, facts, digest) in enumerate(db.execute("SELECT * FROM chain ORDER BY id"), 1):
        yield Entry(str(at), str(kind), _read(facts) if key == nth else {}, previous, str(digest))
        previous = str(digest)


def _read(text: object) -> dict[str, Any]:
    """Nothing where it is not written as we write it: it may mean another thing to another reader."""
    try:
        facts = json.loads(str(text))
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) and canonical(facts) == text else {}

"""The trail: what happened to the batch, as a chain of entries, each written with the fact that it tells.

All of this is done within the transaction of whoever calls. Nothing that is sent depends on it: only `verify`
reads it back, so that damage to it keeps nobody from being paid.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from bulk_topup.core.chain import Entry, canonical, hash_of
from bulk_topup.core.clock import SystemClock

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping

TABLE = """
    CREATE TABLE IF NOT EXISTS chain (
        id INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL, facts TEXT NOT NULL, hash TEXT NOT NULL
    )
"""
"""The hash of the one before stands in that one alone."""

IDENTITY = "id, number, product, itrx, nominal, operator, price, row"
FACTS = frozenset(
    (
        *("account", "file", "tab", "rehearsal", "batch", "started", "follows"),
        *("sha256", "header", "places", "tabs", "budget", "plan_code", "approved_by", "base_url"),
    )
)
"""Of the batch, those that only a run changes, as it takes the sheet in."""


class Event(NamedTuple):
    """What happened `at` (ISO text; "" for now), as JSON values."""

    at: str
    kind: str
    facts: Mapping[str, Any]


def append(db: sqlite3.Connection, *events: Event) -> None:
    """Add an entry of each."""
    previous, entries = head(db), []
    for at, kind, facts in events:
        at, text = at or SystemClock().now().isoformat(), canonical(facts)
        previous = hash_of(previous, at, kind, text)
        entries.append((at, kind, text, previous))
    db.executemany("INSERT INTO chain (at, kind, facts, hash) VALUES (?, ?, ?, ?)", entries)


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


def tell(db: sqlite3.Connection, at: str, kind: str, table: str, key: int) -> None:
    """Add an entry of this row as it stands now."""
    append(db, Event(at, kind, {table: standing(db, table, key)}))


def of_attempt(db: sqlite3.Connection, at: str, kind: str, attempt_id: int) -> Event:
    """About an attempt and its order, as they stand now."""
    row = db.execute(_WITH_ORDER, (attempt_id,)).fetchone()
    named = [*zip(row.keys(), row, strict=True)]
    order_at = row.keys().index("id", 1)
    return Event(at, kind, {"attempts": _filled(named[:order_at]), "orders": _filled(named[order_at:])})


_WITH_ORDER = "SELECT a.*, o.* FROM attempts a JOIN orders o ON o.id = a.order_id WHERE a.id = ?"


def standing(db: sqlite3.Connection, table: str, key: object) -> dict[str, Any]:
    """That row without what is empty; nothing where there is none."""
    row = db.execute(f"SELECT * FROM {table} WHERE id = ?", (key,)).fetchone()  # noqa: S608
    return {} if row is None else _filled(zip(row.keys(), row, strict=True))


def _filled(row: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value for name, value in row if value is not None and value != ""}


def facts_standing(db: sqlite3.Connection) -> dict[str, str]:
    facts = db.execute("SELECT key, value FROM batch WHERE value <> ''").fetchall()
    return {key: value for key, value in facts if key in FACTS}


def rows_standing(db: sqlite3.Connection, upto: int | None = None) -> dict[str, Any]:
    """Digests of the rows of the sheet and of its orders; of those `upto` this one, if any came later.

    Not among them is what has an entry of its own: what became of orders, and lines that the record lost.
    """
    if upto is None:
        (upto,) = db.execute("SELECT coalesce(max(id), 0) FROM orders").fetchone()
    lines = "SELECT * FROM lines WHERE NOT (removed AND cells = '[]') ORDER BY position"
    orders = f"SELECT {IDENTITY} FROM orders WHERE id <= {upto} ORDER BY id"  # noqa: S608
    return {"upto": upto, "lines_sha256": _digest(db, lines), "orders_sha256": _digest(db, orders)}


def _digest(db: sqlite3.Connection, sql: str) -> str:
    digest = hashlib.sha256()
    for row in db.execute(sql):
        digest.update(canonical(tuple(row)).encode())
    return digest.hexdigest()


def take_over(db: sqlite3.Connection) -> None:
    """The first entries of a file that an earlier program kept without a trail: all as it stands."""
    (at,) = db.execute("SELECT coalesce(max(at), '') FROM trail").fetchone()
    append(db, Event(at, "begin", {"batch": facts_standing(db), **rows_standing(db)}))
    for table, which in (("trail", ""), ("attempts", ""), ("orders", TOLD)):
        keys = db.execute(f"SELECT id FROM {table} {which} ORDER BY id").fetchall()  # noqa: S608
        for (key,) in keys:
            tell(db, at, "begin", table, key)


TOLD = "WHERE status <> 'unsent' OR speaker IS NOT NULL OR note IS NOT NULL"


def _read(text: object) -> dict[str, Any]:
    """Nothing where it is not written as we write it: it may mean another thing to another reader."""
    try:
        facts = json.loads(str(text))
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) and canonical(facts) == text else {}

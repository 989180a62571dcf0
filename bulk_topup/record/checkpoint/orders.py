"""The sheet's rows and their orders, as planned."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from bulk_topup import __version__
from bulk_topup.record.checkpoint import trail
from bulk_topup.record.checkpoint.file import File
from bulk_topup.record.checkpoint.sql import (
    FORGET_SUMMARY,
    INSERT_LINE,
    KEEP_FACT,
    MOVE_ORDER,
    REMOVED_OFFSET,
    SENDABLE,
    UPSERT_ORDER,
)
from bulk_topup.record.lines import digest_of, line_values, moved, own_header, own_places
from bulk_topup.rules.orders import KEY
from bulk_topup.rules.resume import content_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping, Sequence

    from bulk_topup.rules.plan import Plan


class Orders(File):
    """Stores a sheet and its plan in the batch."""

    def adopt(self, plan: Plan, facts: Mapping[str, str]) -> Plan:
        """Store this sheet, with what it asks for, and this plan, in one transaction.

        Lines of rows that left the sheet stay if their order was attempted; all others are replaced. Returns
        the plan, its orders with their `id` and `state`; without orders that may have been paid by now, or
        that belong to another row.
        """
        with self._transaction(keeps_summary=True) as db:
            db.executemany(KEEP_FACT, list(facts.items()))
            before = db.total_changes
            db.executemany(UPSERT_ORDER, _order_values(plan))
            _keep_lines(db, plan)
            if db.total_changes != before:
                db.execute(FORGET_SUMMARY)
            rows = {} if db.total_changes == before else trail.rows_standing(db)
            trail.append(db, trail.Event("", "run", {"batch": trail.facts_standing(db), **rows}))
            (kept,) = db.execute("SELECT count(*) FROM lines WHERE NOT removed").fetchone()
            if kept != plan.rows_in:
                raise AssertionError(f"{plan.rows_in} rows in, {kept} lines kept")
            return _with_ids(db, plan)


def _order_values(plan: Plan) -> Iterator[tuple[object, ...]]:
    frame = plan.orders
    columns = (frame[name].tolist() for name in ("number", "product", "itrx", "nominal", "price", "operator"))
    return zip(*columns, frame.index.tolist(), strict=True)


def _with_ids(db: sqlite3.Connection, plan: Plan) -> Plan:
    sendable = {
        (number, product, itrx): (key, status) for number, product, itrx, key, status in db.execute(SENDABLE)
    }
    keys = plan.orders[KEY].itertuples(index=False, name=None)
    found = [sendable.pop(key, (None, None)) for key in keys]  # An order belongs to only one row.
    own = {"id": [key for key, _ in found], "state": [status for _, status in found]}
    return replace(plan, orders=plan.orders.assign(**own))


def _row_values(plan: Plan) -> Iterator[tuple[object, ...]]:
    for row, *key in plan.attempted[KEY].itertuples():
        yield (int(row), *key)


def _keep_lines(db: sqlite3.Connection, plan: Plan) -> None:
    """Lines that already match the plan are not rewritten: a million, for a batch that only continues."""
    # A release that reads sheets differently has another version.
    digest = f"{__version__} {digest_of(plan)}"
    if _fact(db, "lines_of") == digest:
        return
    db.executemany(MOVE_ORDER, _row_values(plan))
    _replace_lines(db, plan, json.loads(_fact(db, "header") or "[]"))
    kept = {
        "header": json.dumps(own_header(plan)),
        "places": json.dumps(own_places(plan)),
        "content": content_of(plan.rows),
        "tabs": json.dumps(plan.rows.sheet.tabs),
        "lines_of": digest,
    }
    db.executemany(KEEP_FACT, kept.items())


def _fact(db: sqlite3.Connection, key: str) -> str:
    row = db.execute("SELECT value FROM batch WHERE key = ?", (key,)).fetchone()
    return str(row[0]) if row else ""


def _replace_lines(db: sqlite3.Connection, plan: Plan, old_header: Sequence[str]) -> None:
    attempted = db.execute(
        """SELECT coalesce(l.row, o.row) AS row, coalesce(l.cells, '[]') AS cells, o.number, o.product, o.itrx
           FROM orders o LEFT JOIN lines l
                ON l.status IS NULL AND l.number = o.number AND l.product = o.product AND l.itrx = o.itrx
           WHERE o.status <> 'unsent' ORDER BY l.position"""
    ).fetchall()
    db.execute("DELETE FROM lines")
    db.executemany(INSERT_LINE, line_values(plan))
    keys = (frame[KEY].itertuples(index=False) for frame in (plan.orders, plan.attempted))
    present = {tuple(key) for frame in keys for key in frame}
    header = own_header(plan)
    gone = [row for row in attempted if (row["number"], row["product"], row["itrx"]) not in present]
    for position, row in enumerate(gone, start=REMOVED_OFFSET):
        cells = moved(row["cells"], old_header, header)
        key = (row["number"], row["product"], row["itrx"])
        db.execute(INSERT_LINE, (position, row["row"], cells, *key, None, None, 1))

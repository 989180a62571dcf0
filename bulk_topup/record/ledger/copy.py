"""Copies one ledger's rows into another and compares each: all or nothing.

Rows that the target already has stay, and a claim whose slot is taken there is added next to that. If either
is open, a person has to settle it first.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from bulk_topup.core.clock import WIB
from bulk_topup.core.errors import InputError
from bulk_topup.record.ledger import trust
from bulk_topup.record.ledger.identity import LEFT, LIFE
from bulk_topup.record.ledger.migrate import parts_of, which_counts
from bulk_topup.record.ledger.statements import SLOT
from bulk_topup.record.ledger.store import server_time
from bulk_topup.record.ledger.tables import (
    ACCOUNTS,
    APPROVERS,
    BATCHES,
    CLAIMS,
    FORGOTTEN,
    META,
    MOVED,
    RESTORED,
    RULE_51,
)
from bulk_topup.record.ledger.values import OPEN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bulk_topup.record.ledger.store import Store

LedgerRow = dict[str, Any]
RowKey = tuple[Any, ...]

AT_ONCE: Final = 1_000
SHOWN: Final = 5
"""At most this many conflicting rows are listed."""
LONGEST_WORK: Final = timedelta(days=1)
"""A command that began earlier is taken for one that was killed."""


@dataclass(frozen=True)
class Copied:
    """How many claims and batches of the source are in the target now."""

    claims: int
    batches: int

    def facts(self) -> dict[str, int]:
        return asdict(self)


def copy(source: Store, target: Store, now: datetime) -> Copied:
    """Raises InputError, and changes nothing, if a row of the target differs from the source, or while the
    source is stopped or in use. A file knows then where it was copied to."""
    with source.frozen() as old, target.frozen() as new:
        _assert_not_stopped(source, old)
        _assert_idle(source, old, server_time(old) if source.is_server else now)
        claims, batches = _rows(old, CLAIMS), _rows(old, BATCHES)
        _add_claims(target, new, claims)
        _add_batches(target, new, batches)
        _add_facts(target, new, _rows(old, META))
        _add_approvers(new, trust.missing_in(trust.entries_in(new), trust.entries_in(old)))
        by_token = {row["token"]: row for row in _rows(new, CLAIMS)}
        _assert_none(
            [row for row in claims if {**row, "beside": 0} != {**by_token[row["token"]], "beside": 0}]
        )
        there = _by_key(new, BATCHES)
        _assert_none([row for row in batches if _differs(row, there[_key(BATCHES, row)])])
        new.execute(sa.delete(META).where(META.c.key == MOVED))
        if not source.is_server:
            source.set_fact(old, MOVED, target.place)
        return Copied(len(claims), len(batches))


def _assert_not_stopped(source: Store, db: sa.Connection) -> None:
    """A stop is not copied: it would be lost."""
    for row in _rows(db, ACCOUNTS):
        if row["stop_code"]:
            raise InputError("ledger.source_stopped", where=source.place, account=row["account"])


def _assert_idle(source: Store, db: sa.Connection, now: datetime) -> None:
    """What is claimed there afterwards would be missing in the target."""
    marks = [str(row["value"]) for row in _rows(db, META) if str(row["key"]).startswith(LEFT)]
    since = max(marks, default="")
    if since > (now.astimezone(WIB) - LONGEST_WORK).isoformat():
        raise InputError("ledger.source_in_use", where=source.place, since=since)


def _rows(db: sa.Connection, table: sa.Table) -> list[LedgerRow]:
    return [dict(row) for row in db.execute(sa.select(table).order_by(*table.primary_key)).mappings()]


def _key(table: sa.Table, row: LedgerRow) -> RowKey:
    return tuple(row[column.name] for column in table.primary_key)


def _by_key(db: sa.Connection, table: sa.Table) -> Mapping[RowKey, LedgerRow]:
    return {_key(table, row): row for row in _rows(db, table)}


def _add_claims(target: Store, db: sa.Connection, rows: Sequence[LedgerRow]) -> None:
    """Adds the missing ones, each next to what has its slot. Raises InputError if that one is open, or
    this one is.
    """
    there = _rows(db, CLAIMS)
    tokens = {row["token"] for row in there}
    missing = [{**row} for row in rows if row["token"] not in tokens]
    taken = {_slot(row): row["beside"] for row in there}
    is_open = {_slot(row) for row in there if row["state"] == OPEN}
    _assert_none([row for row in missing if _slot(row) in (taken if row["state"] == OPEN else is_open)])
    for row in missing:
        row["beside"] = taken[_slot(row)] = taken.get(_slot(row), -1) + 1
    for first in range(0, len(missing), AT_ONCE):
        db.execute(target.insert(CLAIMS), missing[first : first + AT_ONCE])


def _slot(row: LedgerRow) -> RowKey:
    return tuple(row[name] for name in ("account", *SLOT))


def _add_batches(target: Store, db: sa.Connection, rows: Sequence[LedgerRow]) -> None:
    """Of two entries of the same batch, the later one counts."""
    there = _by_key(db, BATCHES)
    newer = [row for row in rows if _is_newer(row, there.get(_key(BATCHES, row)))]
    for row in newer:
        insert = target.insert(BATCHES).values(row)
        db.execute(insert.on_conflict_do_update(index_elements=BATCHES.primary_key, set_=row))


def _is_newer(row: LedgerRow, there: LedgerRow | None) -> bool:
    return there is None or str(row["touched"]) > str(there["touched"])


def _differs(row: LedgerRow, there: LedgerRow) -> bool:
    return row != there and str(row["touched"]) >= str(there["touched"])


def _add_facts(target: Store, db: sa.Connection, rows: Sequence[LedgerRow]) -> None:
    """Since when both are complete, and were last restored; and of rule 51 what counts. What identifies the
    source, or says who is at work there, is not copied.
    """
    there = {row["key"]: row["value"] for row in _rows(db, META)}
    for row in rows:
        key, value = str(row["key"]), str(row["value"])
        if key in {FORGOTTEN, RESTORED}:
            target.set_fact(db, key, max(value, there.get(key, "")))
        elif key in there and parts_of(key)[:1] == [RULE_51]:
            target.set_fact(db, key, json.dumps(which_counts(map(json.loads, (value, there[key])))))
        elif key not in there and key not in {LIFE, MOVED} and not key.startswith(LEFT):
            target.set_fact(db, key, value)


def _add_approvers(db: sa.Connection, rows: Sequence[Mapping[str, object]]) -> None:
    if rows:
        db.execute(sa.insert(APPROVERS), list(rows))


def _assert_none(rows: Sequence[LedgerRow]) -> None:
    if rows:
        raise InputError("ledger.differs", count=len(rows), rows="; ".join(_named(rows[:SHOWN])))


def _named(rows: Sequence[LedgerRow]) -> Iterator[str]:
    for row in rows:
        name = row.get("batch_name") or row.get("name")
        yield f"{name}: {row['number']} {row['nominal']} {row['day']}" if "number" in row else str(name)

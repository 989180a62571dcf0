"""Migrates the ledger's tables: all or nothing.

A table keeps its name and, on a server, its permissions. If rows collide under the account's one key, each
claim is kept next to the others; of two counts of a batch the later one is kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from bulk_topup.core.model import account_of
from bulk_topup.record.ledger.tables import (
    ACCOUNTS,
    ADDRESS_KEY,
    BATCHES,
    CLAIMS,
    META,
    METADATA,
    RULE_51,
    key_of,
)

BY_ADDRESS = "base_url"
"""Was part of each key up to version 5."""


def migrate_ledger(db: sa.Connection) -> None:
    """From any earlier version, within the caller's transaction."""
    is_server = db.dialect.name == "postgresql"
    for table in (CLAIMS, BATCHES, ACCOUNTS):
        key = _key_in(db, table)
        if key and is_server:
            _widen(db, table)
        if BY_ADDRESS in key:
            (_rekeyed_on_server if is_server else _rekeyed_in_file)(db, table)
    METADATA.create_all(db)
    _keep_addresses(db)
    _rekey_rule_51(db)


def _key_in(db: sa.Connection, table: sa.Table) -> list[str]:
    found = sa.inspect(db)
    return found.get_pk_constraint(table.name)["constrained_columns"] if found.has_table(table.name) else []


def _columns_in(db: sa.Connection, table: str) -> list[str]:
    return [str(column["name"]) for column in sa.inspect(db).get_columns(table)]


# -- one table ---------------------------------------------------------------------------------------------


def _rekeyed_in_file(db: sa.Connection, table: sa.Table) -> None:
    """SQLite can't change a key: a new table takes over the rows."""
    before = f"{table.name}_before"
    # Without its key.
    db.exec_driver_sql(f"CREATE TABLE {before} AS SELECT * FROM {table.name}")  # noqa: S608
    db.exec_driver_sql(f"DROP TABLE {table.name}")
    table.create(db)
    kept = sa.table(before, *(sa.column(name) for name in _columns_in(db, before)))
    _respell(db, kept)
    if table is not ACCOUNTS:  # It is only used on a server.
        db.execute(sa.insert(table).from_select(_NAMES[table.name], _moved(table, kept)))
    db.exec_driver_sql(f"DROP TABLE {before}")


_NAMES = {table.name: [column.name for column in table.columns] for table in (CLAIMS, BATCHES)}


def _moved(table: sa.Table, kept: sa.TableClause) -> sa.Select[Any]:
    if table is CLAIMS:
        return sa.select(*(_nth(kept) if name == "beside" else kept.c[name] for name in _NAMES[table.name]))
    nth = sa.select(kept, _latest(kept).label("nth")).subquery()
    return sa.select(*(nth.c[name] for name in _NAMES[table.name])).where(nth.c.nth == 1)


def _nth(claims: sa.FromClause) -> sa.ColumnElement[int]:
    """How many earlier claims have the same slot."""
    slot = [claims.c[column.name] for column in CLAIMS.primary_key if column.name != "beside"]
    earlier_first = [claims.c.claimed_at, claims.c.token]
    return sa.func.row_number().over(partition_by=slot, order_by=earlier_first) - 1


def _latest(batches: sa.FromClause) -> sa.ColumnElement[int]:
    same = [batches.c.account, batches.c.batch]
    return sa.func.row_number().over(
        partition_by=same, order_by=[batches.c.touched.desc(), batches.c.base_url]
    )


def _rekeyed_on_server(db: sa.Connection, table: sa.Table) -> None:
    """In place, because a new table would need its permissions granted again."""
    quoted = db.dialect.identifier_preparer.quote
    name = quoted(table.name)
    old_key = sa.inspect(db).get_pk_constraint(table.name)["name"]
    db.exec_driver_sql(f"ALTER TABLE {name} DROP CONSTRAINT {quoted(str(old_key))}")
    _respell(db, table)
    if table is CLAIMS:
        db.exec_driver_sql(f"ALTER TABLE {name} ADD COLUMN beside bigint NOT NULL DEFAULT 0")
        db.exec_driver_sql(_NUMBERED)
        db.exec_driver_sql(f"ALTER TABLE {name} ALTER COLUMN beside DROP DEFAULT")
        db.exec_driver_sql("DROP INDEX IF EXISTS claims_state")
    else:
        for statement in _ONE_OF[table.name]:
            db.exec_driver_sql(statement)
    key = ", ".join(quoted(column.name) for column in table.primary_key)
    db.exec_driver_sql(f"ALTER TABLE {name} ADD PRIMARY KEY ({key})")
    for index in table.indexes:
        index.create(db, checkfirst=True)


def _widen(db: sa.Connection, table: sa.Table) -> None:
    kinds = {column["name"]: column["type"] for column in sa.inspect(db).get_columns(table.name)}
    quoted = db.dialect.identifier_preparer.quote
    narrow = [
        f"ALTER COLUMN {quoted(column.name)} TYPE bigint"
        for column in table.columns
        if isinstance(column.type, sa.BigInteger)
        and not isinstance(kinds.get(column.name, column.type), sa.BigInteger)
    ]
    if narrow:
        db.exec_driver_sql(f"ALTER TABLE {quoted(table.name)} {', '.join(narrow)}")


def _respell(db: sa.Connection, table: sa.TableClause) -> None:
    """Brings every row to the normalised spelling of its account; no key prevents it."""
    for (stored,) in db.execute(sa.select(table.c.account).distinct()).all():
        if (account := account_of(stored)) != stored:
            db.execute(sa.update(table).where(table.c.account == stored).values(account=account))


_NUMBERED = """
    UPDATE claims SET beside = counted.before FROM (
        SELECT token, row_number() OVER (
            PARTITION BY account, day, number, nominal, itrx ORDER BY claimed_at, token) - 1 AS before
        FROM claims
    ) counted WHERE counted.token = claims.token AND counted.before > 0
"""

_ONE_OF = {
    BATCHES.name: (
        """
        DELETE FROM batches USING (
            SELECT ctid AS place, row_number() OVER (
                PARTITION BY account, batch ORDER BY touched DESC, base_url) AS nth
            FROM batches
        ) counted WHERE counted.place = batches.ctid AND counted.nth > 1
        """,
    ),
    # A stop at any address applies to the account, and so does the slowest pace.
    ACCOUNTS.name: (
        """
        UPDATE accounts SET last_slot = most.last_slot, interval_s = most.interval_s FROM (
            SELECT account, max(last_slot) AS last_slot, max(interval_s) AS interval_s
            FROM accounts GROUP BY account
        ) most WHERE most.account = accounts.account
        """,
        """
        DELETE FROM accounts USING (
            SELECT ctid AS place, row_number() OVER (
                PARTITION BY account ORDER BY stop_code = '', stop_at, base_url) AS nth
            FROM accounts
        ) counted WHERE counted.place = accounts.ctid AND counted.nth > 1
        """,
        "ALTER TABLE accounts DROP COLUMN base_url",
    ),
}
"""Run on a server where rows of two addresses collide, once their key is gone."""


# -- facts -------------------------------------------------------------------------------------------------


def _keep_addresses(db: sa.Connection) -> None:
    """Where each account was used, and when last."""
    of_claims = sa.select(CLAIMS.c.account, CLAIMS.c.base_url, sa.func.max(CLAIMS.c.claimed_at).label("at"))
    of_batches = sa.select(BATCHES.c.account, BATCHES.c.base_url, sa.func.max(BATCHES.c.touched).label("at"))
    both = sa.union_all(
        of_claims.group_by(CLAIMS.c.account, CLAIMS.c.base_url),
        of_batches.group_by(BATCHES.c.account, BATCHES.c.base_url),
    ).subquery()
    seen = sa.select(both.c.account, both.c.base_url, sa.func.max(both.c["at"])).group_by(
        both.c.account, both.c.base_url
    )
    for account, base_url, at in db.execute(seen).all():
        _set_fact(db, key_of(ADDRESS_KEY, account, base_url), str(at))


def _rekey_rule_51(db: sa.Connection) -> None:
    """If it was seen to fail at one address, it is not relied on; else the last observation counts."""
    found: dict[str, list[dict[str, Any]]] = {}
    for key, value in db.execute(sa.select(META)).all():
        parts = parts_of(key)
        if parts[:1] == [RULE_51] and len(parts) == 3:
            found.setdefault(account_of(parts[1]), []).append(json.loads(value))
            db.execute(sa.delete(META).where(META.c.key == key))
    for account, seen in found.items():
        _set_fact(db, key_of(RULE_51, account), json.dumps(which_counts(seen)))


def which_counts(seen: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Of what was seen of rule 51 for one account: that it failed, else the last."""
    return min(
        sorted(seen, key=lambda one: str(one["day"]), reverse=True), key=lambda one: bool(one["holds"])
    )


def parts_of(key: str) -> list[Any]:
    """Of a key as `key_of` writes it; none of any other."""
    try:
        parts = json.loads(key)
    except ValueError:
        return []
    return parts if isinstance(parts, list) else []


def _set_fact(db: sa.Connection, key: str, value: str) -> None:
    db.execute(sa.delete(META).where(META.c.key == key))
    db.execute(sa.insert(META).values(key=key, value=value))

"""The ledger's database: a SQLite file, or a PostgreSQL server shared by several computers.

How it is opened and migrated, and how statements are executed.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from datetime import date, datetime
from typing import ClassVar, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bulk_topup.core.clock import WIB
from bulk_topup.core.errors import InputError, StorageFailed
from bulk_topup.core.os_errors import cause_of
from bulk_topup.record.ledger.address import HOST, shown
from bulk_topup.record.ledger.migrate import migrate_ledger
from bulk_topup.record.ledger.tables import FORGOTTEN, META, METADATA, VERSION

_MAKING_TABLES: Final = 5_110_510_051
"""The server's advisory lock for creating tables."""

_AT_LENGTH: Final = """
    SELECT set_config('statement_timeout', '0', true),
           set_config('idle_in_transaction_session_timeout', '10min', true)
"""
"""For a transaction over whole tables."""

_MAY_NOT: Final = "42501"
"""SQLSTATE of a statement for which this user lacks permission."""


class Store:
    """The ledger's tables, brought up to VERSION when opened.

    Every method of the classes that build on it is one transaction, durable on return, with a connection that
    no other thread uses meanwhile. They raise StorageFailed when the ledger can't be read or written: the
    caller must stop sending. Opening raises InputError for a ledger that a newer program wrote, or an address
    that can't be one.
    """

    longest_silence_s: ClassVar = 60.0
    """How long a server may be silent before it counts as unreachable."""

    def __init__(self, url: str) -> None:
        self.place = shown(url)
        self._engine = _engine(url, self.place, self.longest_silence_s)
        self.is_server = self._engine.dialect.name == "postgresql"
        with self._errors():
            version = self._version()
            if version < VERSION:
                self._bring_up_to_date()
        if version > VERSION:
            self.close()
            raise InputError("ledger.newer", where=self.place)

    def close(self) -> None:
        self._engine.dispose()

    def forgotten_before(self) -> date | None:
        """Claims of days before this one may be gone because a person had them forgotten; None if none
        are.

        Must be asked after reading the claims, so that what is forgotten in between is known.
        """
        with self._errors(), self._engine.connect() as db:
            stored = fact(db, FORGOTTEN)
        return date.fromisoformat(stored) if stored else None

    # -- tables --------------------------------------------------------------------------------------------

    def _version(self) -> int:
        """The version of the existing tables; 0 if none is recorded."""
        if not sa.inspect(self._engine).has_table(META.name):
            return 0
        with self._engine.connect() as db:
            return int(fact(db, "version") or 0)

    def _bring_up_to_date(self) -> None:
        """All or nothing, one command at a time."""
        try:
            with self._engine.begin() as db:
                if self.is_server:
                    db.exec_driver_sql(_AT_LENGTH)
                    db.execute(sa.select(sa.func.pg_advisory_xact_lock(_MAKING_TABLES)))
                else:
                    db.exec_driver_sql("BEGIN IMMEDIATE")  # The driver begins none before a table is created.
                META.create(db, checkfirst=True)
                if int(fact(db, "version") or 0) < VERSION:
                    migrate_ledger(db)
                    self.set_fact(db, "version", str(VERSION))
        except sa.exc.ProgrammingError as error:
            if getattr(error.orig, "sqlstate", "") == _MAY_NOT:
                self.close()
                raise StorageFailed("ledger.not_owner", where=self.place) from None
            raise

    # -- for whoever copies it -----------------------------------------------------------------------------

    @contextlib.contextmanager
    def frozen(self, *tables: sa.Table) -> Iterator[sa.Connection]:
        """One transaction in which nobody else writes to these tables, or to any."""
        with self._errors(), self._engine.begin() as db:
            if self.is_server:
                db.exec_driver_sql(_AT_LENGTH)
                names = ", ".join(f'"{table.name}"' for table in tables or METADATA.sorted_tables)
                db.exec_driver_sql(f"LOCK TABLE {names} IN EXCLUSIVE MODE")
            else:
                # The driver begins a transaction with the first writing statement.
                self.set_fact(db, "version", str(VERSION))
            yield db

    # -- for the classes that build on it ------------------------------------------------------------------

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (sa.exc.SQLAlchemyError, sqlite3.Error, OSError) as error:
            raise self._failure(error) from None

    def _failure(self, error: Exception) -> StorageFailed:
        said = getattr(error, "orig", None)
        if self.is_server and getattr(said, "sqlstate", "") is None:  # No server answered.
            first = str(said).strip().partition("\n")[0]
            return StorageFailed("ledger.no_connection", where=self.place, said=first)
        return StorageFailed("ledger.unusable", where=self.place, why=cause_of(error))

    def insert(self, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
        """With the clauses that both dialects share: `on_conflict_do_nothing`, `on_conflict_do_update`."""
        return postgresql.insert(table) if self.is_server else sqlite.insert(table)

    def set_fact(self, db: sa.Connection, key: str, value: str) -> None:
        insert = self.insert(META).values(key=key, value=value)
        db.execute(insert.on_conflict_do_update(index_elements=["key"], set_={"value": value}))


def fact(db: sa.Connection, key: str) -> str:
    """A value of the table `meta`, or ""."""
    return db.execute(sa.select(META.c.value).where(META.c.key == key)).scalar() or ""


def server_time(db: sa.Connection) -> datetime:
    """The server's clock, the same for every computer."""
    epoch = db.execute(sa.select(sa.extract("epoch", sa.func.clock_timestamp()))).scalar_one()
    return datetime.fromtimestamp(float(epoch), WIB)


# -- opening -----------------------------------------------------------------------------------------------

_DRIVERS = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg", "sqlite": "sqlite"}


def _engine(url: str, where: str, longest_silence_s: float) -> sa.Engine:
    """`where` is the address as it may be shown; `longest_silence_s` is how long a server may take."""
    try:
        parsed = sa.engine.make_url(url)
        driver = _DRIVERS.get(parsed.get_backend_name())
        if driver is None:
            raise StorageFailed("ledger.other_server", where=where)
        if driver == "sqlite":
            engine = sa.create_engine(parsed)
            sa.event.listen(engine, "connect", _durable)
            return engine
        if not HOST.fullmatch(parsed.host or ""):
            raise StorageFailed("ledger.bad_address", where=where)
        # Imported here, as its driver is not installed if the ledger is a file.
        from bulk_topup.record.ledger import postgres

        return postgres.engine_of(parsed.set(drivername=driver), longest_silence_s)
    except ImportError:
        raise StorageFailed("ledger.no_driver") from None
    except (sa.exc.ArgumentError, ValueError):
        # Not the error's text, which may quote the address and with it a password.
        raise StorageFailed("ledger.bad_address", where=where) from None


def _durable(connection: object, _record: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for pragma in ("busy_timeout=30000", "synchronous=FULL", "fullfsync=1", "checkpoint_fullfsync=1"):
        cursor.execute(f"PRAGMA {pragma}")
    _write_ahead(cursor)
    cursor.close()


def _write_ahead(cursor: sqlite3.Cursor) -> None:
    """SQLite does not wait if several first runs switch a new file to WAL at the same moment."""
    for left in range(100, -1, -1):
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if not left or error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            time.sleep(0.05)
        else:
            return

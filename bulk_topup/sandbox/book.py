"""The provider's book: every top-up, every request and the balance, in one SQLite file.

What a transaction has written survives a kill of the process, before the first byte of the answer is sent. A
power cut may lose the last ones; no real money depends on them.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

WIB = timezone(timedelta(hours=7), "WIB")

_APPLICATION_ID = 0x53425831
_FIRST_INVOICE = 100_001
_BUSY_S = 30.0

_SCHEMA = f"""
CREATE TABLE account (balance INTEGER NOT NULL, next_invoice INTEGER NOT NULL);
CREATE TABLE topups (
    invoice TEXT PRIMARY KEY, number TEXT NOT NULL, product TEXT NOT NULL, nominal TEXT NOT NULL,
    itrx INTEGER NOT NULL, day TEXT NOT NULL, debit INTEGER NOT NULL, status TEXT NOT NULL, at TEXT NOT NULL,
    serial TEXT NOT NULL, kind TEXT NOT NULL, operator TEXT NOT NULL, settles_to TEXT, settles_at TEXT
) WITHOUT ROWID;
CREATE INDEX topups_by_key ON topups (number, nominal, day, itrx);
CREATE INDEX topups_due ON topups (settles_at) WHERE status = 'pending';
CREATE TABLE requests (
    id INTEGER PRIMARY KEY, endpoint TEXT NOT NULL, at TEXT NOT NULL, parameters TEXT NOT NULL,
    answer TEXT NOT NULL, delivery TEXT, invoice TEXT
);
PRAGMA application_id = {_APPLICATION_ID};
"""


class SandboxStateError(Exception):
    """The state file is not a sandbox's, is damaged, or cannot be opened."""


@dataclass(frozen=True, slots=True)
class TopUp:
    """One top-up: money that left the balance (and came back if `status` is gagal).

    `nominal` is the price list's text, `debit` rupiah; `day` is the WIB day that the one-per-day rule counts;
    `status` is sukses, pending or gagal; `kind` is the document's `transaksi`. A pending top-up becomes
    `settles_to` at `settles_at`, or never if these are None.
    """

    invoice: str
    number: str
    product: str
    nominal: str
    itrx: int
    day: date
    debit: int
    status: str
    at: datetime
    serial: str
    kind: str
    operator: str
    settles_to: str | None = None
    settles_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request to isipulsa or cekstatus: all its parameters but the password, and the intended answer.

    `delivery` is how it was answered, unless normally (`"after close"`); `invoice` is the top-up that it
    made, if the money moved.
    """

    endpoint: str
    at: datetime
    parameters: Mapping[str, str]
    answer: Mapping[str, Any]
    delivery: str | None
    invoice: str | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole book at one moment: top-ups by invoice, requests in order of arrival, balance in rupiah."""

    topups: tuple[TopUp, ...]
    requests: tuple[LoggedRequest, ...]
    balance: int


class Book:
    """The open book. Threads and processes may share a file; transactions are serialised."""

    def __init__(self, path: Path | None, *, balance: int) -> None:
        """An absent file is created, with mode 0600 and this balance. Raises SandboxStateError."""
        self._lock = threading.Lock()
        self._last: Snapshot | None = None
        with _state_errors(path):
            self._db = _connect(path)
            try:
                _prepare(self._db, balance)
            except BaseException:
                self._db.close()
                raise

    @contextlib.contextmanager
    def page(self) -> Iterator[Page]:
        """One transaction: committed on leaving, rolled back after an exception."""
        with self._lock:
            if self._last is not None:
                raise SandboxStateError("the sandbox has stopped")
            with _transaction(self._db):
                yield Page(self._db)

    @property
    def balance(self) -> int:
        """The balance in rupiah, also after `close`."""
        with self._lock:
            return self._last.balance if self._last else Page(self._db).balance

    def snapshot(self) -> Snapshot:
        """The whole book, also after `close`."""
        with self._lock:
            return self._last or _snapshot(self._db)

    def close(self) -> None:
        """Closes the file; `snapshot` still works. A second call does nothing."""
        with self._lock:
            if self._last is None:
                try:
                    self._last = _snapshot(self._db)
                finally:
                    self._db.close()


class Page:
    """The book within one transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    @property
    def balance(self) -> int:
        return int(self._value("SELECT balance FROM account"))

    def set_balance(self, rupiah: int) -> None:
        self._db.execute("UPDATE account SET balance = ?", (rupiah,))

    def new_invoice(self) -> str:
        """A number never given before, whether or not a top-up gets it."""
        number = int(self._value("SELECT next_invoice FROM account"))
        self._db.execute("UPDATE account SET next_invoice = ?", (number + 1,))
        return f"TRX{number}"

    def statuses(self, number: str, nominal: str, day: date, itrx: int) -> set[str]:
        """The statuses of the top-ups under one key of the one-per-day rule."""
        sql = "SELECT status FROM topups WHERE number = ? AND nominal = ? AND day = ? AND itrx = ?"
        return {status for (status,) in self._db.execute(sql, (number, nominal, day.isoformat(), itrx))}

    def find(self, invoice: str, number: str) -> TopUp | None:
        sql = "SELECT * FROM topups WHERE invoice = ? AND number = ?"
        row = self._db.execute(sql, (invoice, number)).fetchone()
        return _topup(row) if row else None

    def pay(self, topup: TopUp) -> None:
        values = [_plain(getattr(topup, name)) for name in TopUp.__slots__]
        self._db.execute(f"INSERT INTO topups VALUES ({','.join('?' * len(values))})", values)  # noqa: S608
        self._db.execute("UPDATE account SET balance = balance - ?", (topup.debit,))

    def settle(self, now: datetime) -> None:
        """Gives every pending top-up that is due its final status, and refunds those that failed."""
        due = "status = 'pending' AND settles_at <= ?"
        at = _plain(now)
        refund = self._value(
            f"SELECT coalesce(sum(debit), 0) FROM topups WHERE {due} AND settles_to = 'gagal'",  # noqa: S608
            at,
        )
        self._db.execute(f"UPDATE topups SET status = settles_to WHERE {due}", (at,))  # noqa: S608
        self._db.execute("UPDATE account SET balance = balance + ?", (refund,))

    def log(self, request: LoggedRequest) -> None:
        """Writes a request; its parameters must not contain the password."""
        parameters, answer = json.dumps(dict(request.parameters)), json.dumps(dict(request.answer))
        values = (request.endpoint, _plain(request.at), parameters, answer, request.delivery, request.invoice)
        self._db.execute("INSERT INTO requests VALUES (NULL, ?, ?, ?, ?, ?, ?)", values)

    def _value(self, sql: str, *values: object) -> Any:
        return self._db.execute(sql, values).fetchone()[0]


@contextlib.contextmanager
def _state_errors(path: Path | None) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise SandboxStateError(f"cannot use {path} as a sandbox state file: {error}") from error


def _connect(path: Path | None) -> sqlite3.Connection:
    if path is not None:
        # SQLite would make the file readable for all; its -wal and -shm files get the same mode.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    name = ":memory:" if path is None else str(path)
    return sqlite3.connect(name, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)


def _prepare(db: sqlite3.Connection, balance: int) -> None:
    """Creates a new book, or validates this one before anything in the file is changed."""
    with _transaction(db):
        (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables == 0:
            for statement in _SCHEMA.split(";"):
                db.execute(statement)
            db.execute("INSERT INTO account VALUES (?, ?)", (balance, _FIRST_INVOICE))
        elif db.execute("PRAGMA application_id").fetchone() != (_APPLICATION_ID,):
            raise sqlite3.DatabaseError("it belongs to another program")
        elif db.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("it is damaged")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = OFF")


@contextlib.contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if db.in_transaction:  # On a full disk SQLite rolls back by itself.
            db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _snapshot(db: sqlite3.Connection) -> Snapshot:
    with _transaction(db):
        topups = tuple(_topup(row) for row in db.execute("SELECT * FROM topups ORDER BY at, invoice"))
        requests = tuple(_request(row) for row in db.execute("SELECT * FROM requests ORDER BY id"))
        (balance,) = db.execute("SELECT balance FROM account").fetchone()
    return Snapshot(topups, requests, balance)


def _plain(value: object) -> object:
    """A value as SQLite stores it; times in one form, so that their texts sort correctly."""
    if isinstance(value, datetime):
        return value.astimezone(WIB).isoformat(timespec="microseconds")
    return value.isoformat() if isinstance(value, date) else value


def _topup(row: tuple[Any, ...]) -> TopUp:
    fields = dict(zip(TopUp.__slots__, row, strict=True))
    fields["day"] = date.fromisoformat(fields["day"])
    fields["at"] = datetime.fromisoformat(fields["at"])
    if fields["settles_at"] is not None:
        fields["settles_at"] = datetime.fromisoformat(fields["settles_at"])
    return TopUp(**fields)


def _request(row: tuple[Any, ...]) -> LoggedRequest:
    _, endpoint, at, parameters, answer, delivery, invoice = row
    return LoggedRequest(
        endpoint, datetime.fromisoformat(at), json.loads(parameters), json.loads(answer), delivery, invoice
    )

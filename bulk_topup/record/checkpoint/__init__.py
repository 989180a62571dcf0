"""The batch's own SQLite file: the sheet as it was, its orders, every attempt and what it came to.

Settings, and why: WAL with synchronous=FULL, so that a commit has reached the disk when it returns (on a slow
one see `commits.Log`) and a torn write can only lose what was not yet committed; fullfsync, because macOS's
fsync alone does not reach the platter; one connection under one lock, autocommit, explicit BEGIN IMMEDIATE.
On closing, the log is folded back, so that at rest the checkpoint is one file.

An order whose attempt has begun *is* unknown until an outcome is recorded: a crash needs no code of its own.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import sqlite3
import threading
import uuid
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from bulk_topup import __version__
from bulk_topup.core.clock import days_booked
from bulk_topup.core.errors import InputError, StorageFailed, cause_of
from bulk_topup.core.model import NOTHING, Ending, Kind, Order, Outcome, Status, Then, Wanted, account_of
from bulk_topup.provider.outcomes import DENIED, RESOLVED_NOT_SENT, TURNED_AWAY, is_belied, order_status
from bulk_topup.record.commits import Log, SharedCommits, immediate
from bulk_topup.record.lines import digest_of, line_of, line_values, lines_alike_of, moved, own_header
from bulk_topup.rules.resume import KEY, KNOWN_COLUMNS, Known, content_of, statuses

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path, PurePath

    import pandas as pd

    from bulk_topup.record.lines import Line, LinesAlike
    from bulk_topup.rules.plan import Plan
    from bulk_topup.rules.resume import Key

APPLICATION_ID = 0x42544F50  # "BTOP": tells our files from any other SQLite database
SCHEMA = (
    """
    CREATE TABLE batch (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

    CREATE TABLE orders (
        id INTEGER PRIMARY KEY,
        number TEXT NOT NULL, product TEXT NOT NULL, itrx INTEGER NOT NULL,
        nominal INTEGER NOT NULL, operator TEXT NOT NULL, price INTEGER NOT NULL, row INTEGER NOT NULL,
        status TEXT NOT NULL DEFAULT 'unsent',
        speaker INTEGER REFERENCES attempts(id),
        note TEXT,
        UNIQUE (number, product, itrx)
    );
    CREATE INDEX orders_status ON orders (status);

    CREATE TABLE attempts (
        id INTEGER PRIMARY KEY,
        order_id INTEGER NOT NULL REFERENCES orders(id),
        token TEXT NOT NULL UNIQUE,
        begun_at TEXT NOT NULL, day TEXT NOT NULL, skew_s REAL,
        ended_at TEXT, settled_at TEXT, kind TEXT, code TEXT, reason_code TEXT, reason TEXT,
        invoice TEXT, serial TEXT, debited INTEGER, balance INTEGER, answered_at TEXT
    );
    CREATE INDEX attempts_order ON attempts (order_id);
    CREATE INDEX attempts_invoice ON attempts (invoice);
    CREATE INDEX attempts_other_day ON attempts (id) WHERE substr(answered_at, 1, 10) <> day;

    CREATE TABLE lines (
        position INTEGER PRIMARY KEY,
        row INTEGER NOT NULL, cells TEXT NOT NULL,
        number TEXT, product TEXT, itrx INTEGER,
        status TEXT, why TEXT,
        removed INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX lines_key ON lines (number, product, itrx);

    CREATE TABLE trail (
        id INTEGER PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL,
        order_id INTEGER, note TEXT NOT NULL DEFAULT ''
    );
    """,
    """
    CREATE TABLE summary (facts TEXT NOT NULL);
    CREATE INDEX lines_held ON lines (status) WHERE status IS NOT NULL;

    CREATE TRIGGER order_restated AFTER UPDATE OF status, speaker ON orders BEGIN DELETE FROM summary; END;
    CREATE TRIGGER attempt_begun AFTER INSERT ON attempts BEGIN DELETE FROM summary; END;
    CREATE TRIGGER attempt_ended AFTER UPDATE ON attempts BEGIN DELETE FROM summary; END;
    CREATE TRIGGER closed_by_hand AFTER INSERT ON trail WHEN NEW.what LIKE 'resolve %'
        BEGIN DELETE FROM summary; END;
    """,
    """
    ALTER TABLE trail ADD COLUMN plan_code TEXT NOT NULL DEFAULT '';
    ALTER TABLE trail ADD COLUMN approved_by TEXT NOT NULL DEFAULT '';
    ALTER TABLE trail ADD COLUMN after INTEGER;  -- the last attempt before it

    UPDATE trail SET after = (SELECT coalesce(max(a.id), 0) FROM attempts a WHERE a.begun_at < trail.at)
        WHERE what IN ('run', 'resend', 'prove 51');
    UPDATE trail SET plan_code = substr(note, instr(note, ', plan ') + 7, 19)
        WHERE what = 'run' AND instr(note, ', plan ');
    UPDATE trail SET approved_by = substr(note, instr(note, ', approved by ') + 14)
        WHERE what = 'run' AND instr(note, ', approved by ');
    """,
    """
    CREATE TABLE standing (digest TEXT NOT NULL);  -- of the plan whose lines stand in `lines`
    """,
)
"""One entry per schema version; a file of version n gets the entries after the n-th."""

SENDINGS_SINCE = 3
"""The version since which the trail says where among the attempts each command began."""

REMOVED_OFFSET = 10_000_000
"""Lines of rows that left the sheet are placed after any row that a sheet can have."""


@dataclass(frozen=True)
class BatchIdentity:
    """What a checkpoint must agree with before anything is sent under it; `account` by `account_of`."""

    account: str
    base_url: str
    file: str
    tab: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One durable attempt: written before its request leaves."""

    id: int
    order: Order
    token: str
    begun_at: datetime


class Ended(NamedTuple):
    """The order's status after an attempt, and the attempt's outcome as it was recorded."""

    status: Status
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class PastAttempt:
    """An attempt as it stands; `kind` is None where no outcome was recorded."""

    id: int
    token: str
    begun_at: datetime
    ended_at: datetime
    day: date
    skew_s: float | None
    kind: Kind | None
    invoice: str

    @property
    def is_unknown(self) -> bool:
        return self.kind is None or self.kind is Kind.UNKNOWN

    @property
    def is_open(self) -> bool:
        """Whether money may have moved for this attempt, and nobody has said so yet."""
        return self.is_unknown or self.kind is Kind.EXISTS


@dataclass(frozen=True, slots=True)
class Sending:
    """A command that sent something: when it began (ISO text), who ran it, how many orders it sent.

    `plan_code` is "" of one that sent open orders once more, `approved_by` where nobody approved it. All but
    `orders` is "" of what was sent by a command that this file knows nothing of.
    """

    at: str
    who: str
    plan_code: str
    approved_by: str
    orders: int


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """What `cekstatus` is asked with; `id` is the attempt's.

    `product` is what its answer has to name besides: None where the provider has once said of this invoice
    that it is this order's, and is pending.
    """

    id: int
    order_id: int
    number: str
    product: str | None
    invoice: str
    rupiah: int
    begun_at: datetime


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """An unknown or accepted order with its attempts, the oldest first."""

    order: Order
    status: Status
    past: tuple[PastAttempt, ...]

    @property
    def invoice(self) -> str:
        """The last one that an answer named and left open; "" where none did."""
        named = (past.invoice for past in reversed(self.past) if past.is_unknown and past.invoice)
        return next(named, "")


class Checkpoint:
    """One batch's file. Every method is one transaction, durable on return, and safe to call from any thread;
    what workers write (`hold`, `begin_all`, `end`) is part of one that several share, durable after `sync`.

    Raises StorageFailed when a write does not become durable: the caller must stop sending.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, *, read_only: bool = False) -> None:
        self.path = path
        self._db = connection
        self._read_only = read_only
        self._lock = threading.Lock()
        self._commits = SharedCommits(self._shared)
        self._log = None if read_only else Log(connection)
        self._place = None if read_only else _place_of(path)
        self._was_gone = False

    # -- opening and closing -------------------------------------------------------------------------------

    @classmethod
    def create(cls, path: Path, identity: BatchIdentity, facts: Mapping[str, str] = NOTHING) -> Checkpoint:
        """A new checkpoint for this batch with these facts about it, readable by its owner alone.

        It appears whole or not at all, so that a kill right now leaves no file that belongs to nobody.
        """
        with _storage_errors(path):
            draft = _empty_draft(path)
            # A rollback journal: what is committed stands in the file itself, not in a log left behind.
            self = cls._connected(draft, journal="DELETE")
            try:
                self.set_facts({**facts, **vars(identity), "batch": uuid.uuid4().hex})
            finally:
                self._db.close()
            if path.exists():
                raise FileExistsError(errno.EEXIST, "it appeared just now", str(path))
            draft.replace(path)
            return cls._connected(path)

    @classmethod
    def open(cls, path: Path, expected: Mapping[str, str] | None = None) -> Checkpoint | None:
        """The checkpoint at `path`, or None where there is none. `expected` are facts of BatchIdentity.

        Raises InputError where it is damaged, not ours, newer than this program, or another batch's.
        """
        if not path.exists():
            _assert_nothing_left(path)
            return None
        if not path.stat().st_size:
            raise InputError("checkpoint.damaged", path=path, why="why.empty")
        try:
            self = cls._connected(path)
            self._assert_sound()
        except sqlite3.OperationalError as error:
            raise StorageFailed("checkpoint.unwritable", path=path, why=cause_of(error)) from None
        except sqlite3.DatabaseError as error:
            raise InputError("checkpoint.damaged", path=path, why=cause_of(error)) from None
        self.assert_identity(expected or {})
        return self

    @classmethod
    def look(cls, path: Path, expected: Mapping[str, str] | None = None) -> Checkpoint | None:
        """The checkpoint at `path` to look into, or None where there is none. Changes no file, even while a
        run is at work on it. `expected` are facts of BatchIdentity.

        Raises InputError where it is damaged, not ours, newer than this program or another batch's,
        StorageFailed where it can't be read.
        """
        if not path.is_file():
            _assert_nothing_left(path)
            return None
        try:
            db = _connect(path, read_only=True)
            try:
                _assert_ours(db, path)
            except BaseException:
                db.close()
                raise
        except sqlite3.DatabaseError as error:
            raise _unreadable(path, error) from None
        self = cls(path, db, read_only=True)
        self.assert_identity(expected or {})
        return self

    @classmethod
    def _connected(cls, path: Path, journal: str = "WAL") -> Checkpoint:
        db = _connect(path)
        try:
            _assert_ours(db, path)
            for pragma in (
                f"journal_mode={journal}",
                "synchronous=FULL",
                "fullfsync=1",
                "checkpoint_fullfsync=1",
                "foreign_keys=1",
            ):
                db.execute(f"PRAGMA {pragma}")
            _migrate(db)
            return cls(path, db)
        except BaseException:
            db.close()
            raise

    def _assert_sound(self) -> None:
        verdict = self._db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            self.close()
            raise InputError("checkpoint.damaged", path=self.path, why="why.damaged")

    def assert_identity(self, expected: Mapping[str, str]) -> None:
        """Raises InputError where these facts of BatchIdentity are another batch's; then it is closed."""
        for name, mine in expected.items():
            stored = account_of(self.fact(name)) if name == "account" else self.fact(name)
            if stored != mine:
                self.close()
                raise InputError(f"checkpoint.other_{name}", path=self.path, stored=stored, mine=mine)

    def close(self) -> None:
        with self._lock, contextlib.suppress(sqlite3.Error):
            if self._log is not None:
                self._log.close()
            self._db.close()

    @property
    def is_synced(self) -> bool:
        return self._log is None or self._log.is_synced

    def sync(self) -> None:
        """Return once all that was written before is on the disk."""
        if self._log is not None:
            with _storage_errors(self.path):
                self._log.sync()

    def _transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """Durable on leaving."""
        return self._written(may_wait=False)

    def _shared(self) -> AbstractContextManager[sqlite3.Connection]:
        """In the file on leaving; durable then or, on a slow disk, after `sync`."""
        return self._written(may_wait=True)

    @contextlib.contextmanager
    def _written(self, *, may_wait: bool) -> Iterator[sqlite3.Connection]:
        with self._lock, _storage_errors(self.path):
            self._keep_in_place()
            log = self._log
            with immediate(self._db) if log is None else log.transaction(self._db, may_wait=may_wait):
                yield self._db

    def _assert_in_place(self) -> None:
        """For whoever is about to send something, within the transaction that says so."""
        if self._was_gone:
            raise StorageFailed("checkpoint.gone", path=self.path)

    def _keep_in_place(self) -> None:
        """Put the file back where it was deleted or moved away under us: what is written to it would be lost
        with this process. Raises StorageFailed where another one has its place.
        """
        try:
            place = _place_of(self.path)
        except FileNotFoundError:
            self._put_back()
            return
        if place != self._place:
            raise StorageFailed("checkpoint.replaced", path=self.path)

    def _put_back(self) -> None:
        draft = _empty_draft(self.path)
        self._db.execute("VACUUM INTO ?", (str(draft),))
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        for ending in ("-wal", "-shm"):  # all in the copy, and SQLite would replay them into it
            self.path.with_name(self.path.name + ending).unlink(missing_ok=True)
        draft.rename(self.path)
        self._was_gone = True
        self._db.close()
        again = self._connected(self.path)
        # The log before stays open: somebody may just be forcing it.
        self._db, self._log, self._place = again._db, again._log, again._place  # noqa: SLF001

    def _rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        with self._lock, _storage_errors(self.path, read_only=self._read_only):
            return self._db.execute(sql, values).fetchall()

    # -- facts about the batch -----------------------------------------------------------------------------

    def fact(self, key: str) -> str:
        """A fact about the batch, "" where it was never recorded."""
        rows = self._rows("SELECT value FROM batch WHERE key = ?", key)
        return str(rows[0][0]) if rows else ""

    def set_facts(self, facts: Mapping[str, str]) -> None:
        with self._transaction() as db:
            db.executemany(_KEEP_FACT, list(facts.items()))

    def halt(self) -> tuple[str, dict[str, str], str] | None:
        """Why the last run stopped early: its code and facts, and when (ISO text); None if it did not."""
        kept = json.loads(self.fact("halt") or "null")
        return None if kept is None else (kept["code"], kept["facts"], kept["at"])

    @property
    def has_sheet(self) -> bool:
        """False only if its first run was killed before it could write down a row."""
        return bool(self.fact("header"))

    @property
    def batch_id(self) -> str:
        return self.fact("batch")

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
        """Add to the trail, which is never rewritten."""
        with self._transaction() as db:
            db.execute(_NOTE, (at.isoformat(), who, what, order_id, note, plan_code, approved_by))

    def sendings(self) -> list[Sending]:
        """The commands that sent something, the first first; none of a file of an earlier version that is
        only looked into. An order that two of them sent counts for both."""
        if self._rows("PRAGMA user_version")[0][0] < SENDINGS_SINCE:
            return []
        kept = self._summary() or {}  # one of an earlier program may have none
        return [Sending(*row) for row in kept.get("sendings") or self._counted_sendings()]

    def _counted_sendings(self) -> list[tuple[object, ...]]:
        rows = self._rows(_SENDINGS, "outcome.not_in_checkpoint")
        lost = self._rows(_LOST_ORDERS, "outcome.not_in_checkpoint")[0][0]
        return [*map(tuple, rows), *([("", "", "", "", lost)] if lost else [])]

    # -- the sheet and its orders --------------------------------------------------------------------------

    def known(self) -> Known:
        """What the batch's orders came to so far."""
        # An order that was never sent and whose row has left the sheet, or is held, is forgotten.
        of_the_sheet = """o.status <> 'unsent' OR EXISTS (
            SELECT 1 FROM lines l WHERE l.status IS NULL
            AND l.number = o.number AND l.product = o.product AND l.itrx = o.itrx)"""
        failed = self._of_attempts(
            f"count(*), max(a.day) FILTER (WHERE a.code = '{RESOLVED_NOT_SENT}')", "a.kind = 'gagal'"
        )
        turned_away = self._of_attempts(
            "max(a.day)",
            f"a.kind = 'not_sent' AND o.status = 'unsent' AND a.code IN ({_listed(TURNED_AWAY)})",
        )
        return Known(
            self._orders(KNOWN_COLUMNS, of_the_sheet),
            first_day=self.first_day(),
            content=self.fact("content"),
            started=self.started(),
            turned_away={key: date.fromisoformat(day) for key, (day,) in turned_away.items()},
            failures={key: count for key, (count, _) in failed.items()},
            closed={key: date.fromisoformat(day) for key, (_, day) in failed.items() if day},
        )

    def sendable(self) -> pd.DataFrame:
        """The orders of which something may be sent: KEY, the checkpoint's `id`, and the `status`."""
        return self._orders([*KEY, "id", "status"], "status IN ('unsent', 'gagal')")

    def _orders(self, columns: list[str], condition: str) -> pd.DataFrame:
        """Those orders `o`, by column: a million in a third of the time that they take row by row."""
        import pandas as pd

        each = ", ".join(_TOGETHER.get(name, "group_concat({})").format(name) for name in columns)
        (row,) = self._rows(f"SELECT {each} FROM orders o WHERE {condition}")  # noqa: S608
        apart = {name: _apart(name, values or "") for name, values in zip(columns, row, strict=True)}
        return pd.DataFrame(apart)

    def _of_attempts(self, values: str, condition: str) -> dict[Key, tuple[Any, ...]]:
        """Values of those attempts `a` of each order `o` for which the condition holds."""
        rows = self._rows(
            f"""SELECT o.number, o.product, o.itrx, {values}
                FROM attempts a JOIN orders o ON o.id = a.order_id
                WHERE {condition} GROUP BY o.id"""  # noqa: S608
        )
        return {(number, product, itrx): tuple(of_it) for number, product, itrx, *of_it in rows}

    def started(self) -> date | None:
        """The WIB day on which the batch began; where that was not kept, the first that the file knows of."""
        if kept := self.fact("started"):
            return date.fromisoformat(kept)
        rows = self._rows(
            """SELECT min(day) FROM (
                   SELECT min(day) AS day FROM attempts UNION ALL SELECT min(substr(at, 1, 10)) FROM trail)"""
        )
        return date.fromisoformat(rows[0][0]) if rows[0][0] else None

    def first_day(self) -> date | None:
        """The WIB day of the batch's first attempt, not counting what was never sent."""
        kept = self._summary() or {}
        day = kept.get("first_day") or self._first_day()
        return date.fromisoformat(day) if day else None

    def _first_day(self) -> str | None:
        rows = self._rows("SELECT min(day) FROM attempts WHERE kind IS NULL OR kind <> ?", Kind.NOT_SENT)
        return None if rows[0][0] is None else str(rows[0][0])

    def adopt(self, plan: Plan, facts: Mapping[str, str]) -> None:
        """Make this sheet, with what it asks for, and this plan the batch's own, in one transaction.

        Lines of rows that left the sheet stay where their order was attempted; all others are replaced.
        """
        with self._transaction() as db:
            db.executemany(_KEEP_FACT, list(facts.items()))
            before = db.total_changes
            db.executemany(_UPSERT_ORDER, _order_values(plan))
            # A release that reads sheets in another way has another version.
            digest = f"{__version__} {digest_of(plan)}"
            if not _lines_stand(db, digest):
                db.executemany(_MOVE_ORDER, _row_values(plan))
                _replace_lines(db, plan, json.loads(self._header(db)))
                of_sheet = [("header", json.dumps(own_header(plan))), ("content", content_of(plan.rows))]
                db.executemany(_KEEP_FACT, of_sheet)
                db.execute("INSERT INTO standing VALUES (?)", (digest,))
            if db.total_changes != before:
                db.execute(_FORGET_SUMMARY)
            (kept,) = db.execute("SELECT count(*) FROM lines WHERE NOT removed").fetchone()
            if kept != plan.rows_in:
                raise AssertionError(f"{plan.rows_in} rows in, {kept} lines kept")

    @staticmethod
    def _header(db: sqlite3.Connection) -> str:
        row = db.execute("SELECT value FROM batch WHERE key = 'header'").fetchone()
        return str(row[0]) if row else "[]"

    @property
    def header(self) -> list[str]:
        """The sheet's own column names, without any results columns it was fed back with."""
        return list(json.loads(self.fact("header") or "[]"))

    def hold(self, order_id: int, status: Status, code: str, facts: Mapping[str, str]) -> None:
        """Record why an order without any attempt is not sent (`duplicate` is final, `unsent` is not)."""
        note = json.dumps({"code": code, "facts": dict(facts)})
        sql = "UPDATE orders SET status = ?, note = ? WHERE id = ? AND status = 'unsent'"
        self._commits.write(lambda db: db.execute(sql, (status, note, order_id)))

    # -- attempts ------------------------------------------------------------------------------------------

    def begin_all(self, wanted: Sequence[Wanted]) -> list[Attempt]:
        """Write attempts, all or none: from now on their orders are unknown until `end`. Durable by `sync`.

        Raises AssertionError if an order is not in the state the caller believes, or in one from which
        nothing may be sent.
        """
        for one in wanted:
            if one.expected not in {Status.UNSENT, Status.GAGAL, Status.UNKNOWN}:
                raise AssertionError(f"order {one.order.id} is {one.expected}: it is not sent again")
        return self._commits.write(lambda db: [self._begin(db, one) for one in wanted])

    def _begin(self, db: sqlite3.Connection, wanted: Wanted) -> Attempt:
        self._assert_in_place()
        order, at = wanted.order, wanted.at
        cursor = db.execute(
            "INSERT INTO attempts (order_id, token, begun_at, day, skew_s) VALUES (?, ?, ?, ?, ?)",
            (order.id, wanted.token, at.isoformat(), wanted.day.isoformat(), wanted.skew_s),
        )
        changed = db.execute(
            "UPDATE orders SET status = 'unknown', speaker = ?, note = NULL WHERE id = ? AND status = ?",
            (cursor.lastrowid, order.id, wanted.expected),
        ).rowcount
        if changed != 1:
            raise AssertionError(f"order {order.id} is not {wanted.expected}")
        return Attempt(int(cursor.lastrowid or 0), order, wanted.token, at)

    def begin_repeat(
        self, order: Order, token: str, at: datetime, day: date, skew_s: float | None
    ) -> Attempt:
        """An attempt for what the provider holds already, to see it refused; the order stays as it is.

        Raises AssertionError for an order that is neither paid nor pending.
        """
        with self._transaction() as db:
            self._assert_in_place()
            held = "SELECT 1 FROM orders WHERE id = ? AND status IN ('sukses', 'pending')"
            if db.execute(held, (order.id,)).fetchone() is None:
                raise AssertionError(f"order {order.id} is not held by the provider")
            cursor = db.execute(
                "INSERT INTO attempts (order_id, token, begun_at, day, skew_s) VALUES (?, ?, ?, ?, ?)",
                (order.id, token, at.isoformat(), day.isoformat(), skew_s),
            )
            return Attempt(int(cursor.lastrowid or 0), order, token, at)

    def held_order(self) -> Order | None:
        """The first order that the provider holds: paid, or pending."""
        rows = self._rows(
            """SELECT id, row, number, product, itrx, nominal, operator, price FROM orders
               WHERE status IN ('sukses', 'pending') ORDER BY id LIMIT 1"""
        )
        return Order(*rows[0]) if rows else None

    def end(self, attempt_id: int, outcome: Outcome, at: datetime, skew_s: float | None = None) -> Ended:
        """As `end_all`, for one."""
        return self.end_all([Ending(attempt_id, outcome, at, skew_s)])[0]

    def end_all(self, endings: Sequence[Ending]) -> list[Ended]:
        """Record what attempts came to, all or none; durable after `sync`.

        An invoice that another order holds proves nothing about this one: it leaves the attempt unknown.
        """
        return self._commits.write(lambda db: [self._end(db, ending) for ending in endings])

    def _end(self, db: sqlite3.Connection, ending: Ending) -> Ended:
        attempt_id, outcome = ending.attempt_id, ending.outcome
        order_id, before, is_held = db.execute(_ENDING, (outcome.invoice or None, attempt_id)).fetchone()
        if is_held:
            outcome = replace(outcome, kind=Kind.UNKNOWN, then=Then.STOP, code="outcome.same_invoice")
        own = {"at": ending.at.isoformat(), "id": attempt_id, "skew_s": ending.skew_s}
        db.execute(_END_ATTEMPT, {**_outcome_values(outcome), **own})
        status = self._restate(db, order_id)
        if before == Status.SUKSES and status is not Status.SUKSES:
            raise AssertionError(f"attempt {attempt_id}: a paid order cannot become {status}")
        return Ended(status, outcome)

    def lost_attempt(self, order_id: int, token: str, claimed_at: str, day: str) -> Status:
        """An attempt that the ledger knows of and this file does not: restored from an older copy, or killed
        between claim and attempt. Money may have moved, so the order is unknown."""
        with self._transaction() as db:
            db.execute(
                """INSERT INTO attempts (order_id, token, begun_at, day, kind, code) VALUES (?, ?, ?, ?, ?, ?)
                   ON CONFLICT (token) DO NOTHING""",  # another run has written it since it was missed
                (order_id, token, claimed_at, day, Kind.UNKNOWN, "outcome.not_in_checkpoint"),
            )
            return self._restate(db, order_id)

    def adopt_lost_claim(self, claim: Mapping[str, Any]) -> None:
        """The same, for a claim found in the ledger whose order may be missing here altogether."""
        key = (claim["number"], claim["product"], claim["itrx"])
        with self._transaction() as db:
            db.execute(_FORGET_SUMMARY)
            db.execute(
                """INSERT OR IGNORE INTO orders (number, product, itrx, nominal, operator, price, row)
                   VALUES (?, ?, ?, ?, '', ?, ?)""",
                # Its price stands nowhere any more; a budget must not take it for nothing.
                (*key, claim["nominal"], claim["nominal"], claim["row"]),
            )
            (order_id,) = db.execute(
                "SELECT id FROM orders WHERE number = ? AND product = ? AND itrx = ?", key
            ).fetchone()
            db.execute(_INSERT_LOST_LINE, (REMOVED_OFFSET, claim["row"], *key, *key))
            db.execute(_FORGET_STANDING)
        self.lost_attempt(order_id, claim["token"], claim["claimed_at"], claim["day"])

    def _restate(self, db: sqlite3.Connection, order_id: int) -> Status:
        """The order's status is the fold of its attempts; one of these speaks for it."""
        rows = db.execute(
            "SELECT id, kind, code, day, begun_at, skew_s FROM attempts WHERE order_id = ? ORDER BY id",
            (order_id,),
        ).fetchall()
        kinds = [Kind(row["kind"]) if row["kind"] else None for row in rows]
        tried = ((kind, row["code"], _days_of(row)) for kind, row in zip(kinds, rows, strict=True))
        status = order_status(kinds, belied=len(rows) > 1 and is_belied(tried))
        speaking = [row["id"] for row, kind in zip(rows, kinds, strict=True) if kind in _SPEAKS[status]]
        speaker = speaking[-1] if speaking else None
        db.execute("UPDATE orders SET status = ?, speaker = ? WHERE id = ?", (status, speaker, order_id))
        return status

    def open_invoices(self) -> list[OpenInvoice]:
        """Every pending attempt, and every unknown one of an open order with an invoice that no other order
        holds; the oldest first."""
        rows = self._rows(_OPEN_INVOICES)
        return [
            OpenInvoice(key, order_id, number, product, invoice, rupiah, datetime.fromisoformat(begun_at))
            for key, order_id, number, product, invoice, rupiah, begun_at in rows
        ]

    def open_orders(self) -> list[OpenOrder]:
        """Every order that is unknown or accepted, with all of its attempts."""
        rows = self._rows(
            """SELECT id, row, number, product, itrx, nominal, operator, price, status FROM orders
               WHERE status IN ('unknown', 'accepted') ORDER BY row, id"""
        )
        return [
            OpenOrder(Order(*tuple(row)[:8]), Status(row["status"]), tuple(self._past(row["id"])))
            for row in rows
        ]

    def _past(self, order_id: int) -> Iterator[PastAttempt]:
        names = "id, token, begun_at, ended_at, day, skew_s, kind, coalesce(invoice, '') AS invoice"
        for row in self._rows(f"SELECT {names} FROM attempts WHERE order_id = ? ORDER BY id", order_id):  # noqa: S608
            begun_at = datetime.fromisoformat(row["begun_at"])
            ended_at = datetime.fromisoformat(row["ended_at"] or row["begun_at"])
            kind = Kind(row["kind"]) if row["kind"] else None
            day = date.fromisoformat(row["day"])
            facts = (day, row["skew_s"], kind, row["invoice"])
            yield PastAttempt(row["id"], row["token"], begun_at, ended_at, *facts)

    def tokens(self, order_id: int) -> set[str]:
        return {row["token"] for row in self._rows("SELECT token FROM attempts WHERE order_id = ?", order_id)}

    def other_days(self) -> list[tuple[datetime, str]]:
        """(our time of the attempt, the provider's `tanggal`) of every answer that states another day than
        the attempt's."""
        # Word for word the condition of the index, so that asking before every resend costs nothing.
        rows = self._rows(
            "SELECT begun_at, answered_at FROM attempts WHERE substr(answered_at, 1, 10) <> day"
        )
        return [(datetime.fromisoformat(row["begun_at"]), row["answered_at"]) for row in rows]

    def invoice_rows(self, invoice: str, *, but: int | None = None) -> list[int]:
        """Sheet rows of the orders that hold this invoice, other than the order `but`.

        What an answer about another order named, or an invoice that was taken, is held by nobody for that.
        """
        return [row["row"] for row in self._rows(_HOLDERS, invoice, but)]

    def resolve(self, order: OpenOrder, outcome: Outcome, at: datetime, who: str, note: str) -> Status:
        """A person's word on what became of an open order: an invoice speaks of its last open attempt alone,
        none of all of them. Leaves a trail; returns the order's status."""
        open_attempts = [past.id for past in order.past if past.is_open]
        concerned = open_attempts[-1:] if outcome.invoice else open_attempts
        with self._transaction() as db:
            for attempt_id in concerned:
                status = self._end(db, Ending(attempt_id, outcome, at)).status
            what = f"resolve {outcome.kind} {outcome.invoice}".strip()
            db.execute(_NOTE, (at.isoformat(), who, what, order.order.id, note, "", ""))
        return status

    def claims_expected(self) -> dict[str, Status]:
        """Every attempt's token -> its order's status, for bringing the ledger up to date."""
        return {token: status for status, tokens in self._tokens("true").items() for token in tokens}

    def moved_tokens(self) -> dict[Status, list[str]]:
        """The tokens of the attempts that may have moved money, by their order's status; those of the most
        frequent one in the order in which they were made."""
        tokens = self._tokens(_MAY_HAVE_MOVED_IT)
        return {status: some for status, some in tokens.items() if status not in _UNMOVED}

    def _tokens(self, condition: str) -> dict[Status, list[str]]:
        """Of those attempts `a`; put together where they are, a million in half a second."""
        ranked = self._rows("SELECT status FROM orders GROUP BY status ORDER BY count(*) DESC LIMIT 1")
        most = ranked[0][0] if ranked else None

        def of(status: Status) -> str:
            # Most of a million are told by what they are not: to look each up takes three times as long.
            told = ("NOT IN", "<>") if status == most else ("IN", "=")
            orders = f"a.order_id {told[0]} (SELECT id FROM orders WHERE status {told[1]} '{status}')"  # noqa: S608
            return f"(SELECT group_concat(a.token) FROM attempts a WHERE {orders} AND {condition})"  # noqa: S608

        (row,) = self._rows(f"SELECT {', '.join(map(of, Status))}")
        return {status: together.split(",") for status, together in zip(Status, row, strict=True) if together}

    def last_touched(self) -> str:
        """When a command last wrote down something, as an ISO time in WIB; "" if none did."""
        (by_command,) = self._rows("SELECT coalesce(max(at), '') FROM trail")[0]
        return max(str(by_command), self._last_attempt())

    def _last_attempt(self) -> str:
        if kept := self._summary():
            return str(kept["last_attempt"])
        return str(self._rows("SELECT coalesce(max(coalesce(settled_at, begun_at)), '') FROM attempts")[0][0])

    def claims(self) -> list[dict[str, Any]]:
        """What the ledger must hold for this batch: a claim for each slot in which money may have moved, by
        the first attempt that may have moved it."""
        rows = self._rows(
            f"""SELECT a.day, o.number, o.nominal, o.itrx, o.product, o.row, a.token,
                       a.begun_at AS claimed_at, min(a.id) AS first
                FROM attempts a JOIN orders o ON o.id = a.order_id
                WHERE {_MAY_HAVE_MOVED}
                GROUP BY a.day, o.number, o.nominal, o.itrx"""  # noqa: S608
        )
        return [{name: row[name] for name in row.keys() if name != "first"} for row in rows]  # noqa: SIM118

    def paid_on(self, day: date, number: str, nominal: int, itrx: int) -> bool | None:
        """Whether this batch's order for that slot is sukses that day; None where it has no such order."""
        rows = self._rows(
            """SELECT max(o.status = 'sukses' AND a.day = ?)
               FROM orders o LEFT JOIN attempts a ON a.id = o.speaker
               WHERE o.number = ? AND o.nominal = ? AND o.itrx = ?""",
            day.isoformat(), number, nominal, itrx,
        )  # fmt: skip
        return None if rows[0][0] is None else bool(rows[0][0])

    # -- sums ----------------------------------------------------------------------------------------------

    def committed(self) -> int:
        """Rupiah paid, or that may have been: debits of paid orders, the price of open ones."""
        kept = (self._summary() or {}).get("committed")
        return self._committed() if kept is None else int(kept)

    def _committed(self) -> int:
        return int(
            self._rows(
                """SELECT coalesce(sum(iif(o.status = 'sukses', coalesce(a.debited, o.price), o.price)), 0)
                   FROM orders o LEFT JOIN attempts a ON a.id = o.speaker
                   WHERE o.status IN ('sukses', 'pending', 'accepted', 'unknown')"""
            )[0][0]
        )

    def debits(self) -> Iterator[dict[str, Any]]:
        """Every answer that stated money, in order of completion: what `books.close` takes.

        A reader of its own, as of `lines`.
        """
        sql = """SELECT o.row, a.kind, o.price, a.debited, a.balance, a.begun_at, a.ended_at, a.settled_at
                 FROM attempts a JOIN orders o ON o.id = a.order_id
                 WHERE a.balance IS NOT NULL OR a.debited IS NOT NULL ORDER BY a.ended_at, a.id"""
        with self._reader() as reader:
            yield from map(dict, reader.execute(sql))

    def undebited(self) -> dict[Status, list[int]]:
        """The listed prices of the rows that are paid, or may be, and of which no answer stated the debit."""
        prices: dict[Status, list[int]] = {}
        for row in self._rows(
            """SELECT o.status, o.price FROM orders o LEFT JOIN attempts a ON a.id = o.speaker
               WHERE o.status IN ('accepted', 'unknown')
                  OR o.status IN ('sukses', 'pending') AND a.debited IS NULL"""
        ):
            prices.setdefault(Status(row["status"]), []).append(int(row["price"]))
        return prices

    def last_balance(self) -> tuple[int, str] | None:
        """The deposit (rupiah) by the last answer that stated it, and when that came (WIB, to the minute).

        None where none did. An unknown answer may speak of another order, and of another time.
        """
        if kept := self._summary():
            return tuple(kept["last_balance"]) if kept["last_balance"] else None
        stated = self._rows(
            """SELECT balance, ended_at FROM attempts
               WHERE balance IS NOT NULL AND ended_at IS NOT NULL AND kind <> ?
               ORDER BY ended_at DESC, id DESC LIMIT 1""",
            Kind.UNKNOWN,
        )
        for row in stated:
            return int(row["balance"]), str(row["ended_at"])[:16].replace("T", " ")
        return None

    def lines(
        self,
        statuses: Collection[Status] | None = None,
        *,
        number: str | None = None,
        by_hand: bool = False,
    ) -> Iterator[Line]:
        """Every row of the sheet in its order, then the removed ones that were attempted, as of the first.

        With `statuses`, only those that have one of them; with `number`, only those that were sent to it, and
        those that were held back: no number is kept of these but what their cells say; `by_hand`, only those
        that a person closed. A reader of its own: one that breaks off, or is slow, holds up nobody.
        """
        wanted = None if statuses is None else json.dumps(list(statuses))
        facts = {"statuses": wanted, "number": number, "by_hand": by_hand}
        sql = _LINES if statuses is None else _LINES_OF_STATUSES
        with self._reader() as reader:
            yield from (line_of(dict(row)) for row in reader.execute(sql, facts))

    @contextlib.contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        with _storage_errors(self.path, read_only=self._read_only):
            if not self._read_only:
                with self._lock:
                    self._keep_in_place()
            with contextlib.closing(_connect(self.path, read_only=self._read_only)) as reader:
                yield reader

    def lines_alike(self) -> list[LinesAlike]:
        """The same lines, all of them, as groups that count alike: a million are summed up in seconds, or at
        once where nothing was written since they were summed up last."""
        kept = self._summary()
        groups = kept["lines_alike"] if kept else self._summed_up()
        return [lines_alike_of(group) for group in groups]

    # -- the summary: what takes a walk over all rows, kept until the next write ----------------------------

    def _summary(self) -> dict[str, Any] | None:
        """None where something was written since it was kept.

        An attempt, its outcome or a person's word drops it by a trigger; whatever else writes orders or
        lines, a million at a time, drops it itself. A command that sent nothing so far changes nothing in it.
        """
        is_of_this_version = self._rows("SELECT 1 FROM sqlite_master WHERE name = 'summary'")
        if not is_of_this_version:  # one that is only looked into
            return None
        rows = self._rows("SELECT facts FROM summary")
        return dict(json.loads(rows[0][0])) if rows else None

    def _summed_up(self) -> list[dict[str, Any]]:
        with self._lock:
            before = self._writes()
        with self._reader() as reader:
            groups = [dict(row) for row in reader.execute(_LINES_ALIKE)]
        if self._read_only:
            return groups
        facts = {
            "lines_alike": groups,
            "last_balance": self.last_balance(),
            "last_attempt": self._last_attempt(),
            "sendings": self._counted_sendings(),
            "committed": self._committed(),
            "first_day": self._first_day(),
        }
        with contextlib.suppress(StorageFailed), self._transaction() as db:  # it only saves time
            if self._writes() == before:
                db.execute("INSERT INTO summary VALUES (?)", (json.dumps(facts),))
        return groups

    def _writes(self) -> tuple[int, int]:
        """Changes whenever this connection or, in another process, another one has written."""
        (others,) = self._db.execute("PRAGMA data_version").fetchone()
        return int(others), self._db.total_changes


_TOGETHER = {
    "number": "json_group_array({})",
    "product": "json_group_array({})",
    "status": "group_concat(CASE {} "
    + " ".join(f"WHEN '{status}' THEN '{nth}'" for nth, status in enumerate(Status))
    + " END, '')",
}
"""How a column of orders is put together: a status as its digit. The others are whole numbers."""


def _apart(name: str, values: str) -> pd.Series[Any]:
    """The column again; without an object for each number and status."""
    import numpy as np
    import pandas as pd

    if name == "status":
        digits = np.frombuffer(values.encode(), dtype=np.uint8) - ord("0")
        return pd.Series(pd.Categorical.from_codes(digits.astype(np.int8), dtype=statuses()))
    if name in _TOGETHER:
        return pd.Series(json.loads(values), dtype="str")
    return pd.Series(np.fromstring(values, dtype=np.int64, sep=","))


_SPEAKS: Mapping[Status, frozenset[Kind | None]] = {
    Status.SUKSES: frozenset({Kind.SUKSES}),
    Status.PENDING: frozenset({Kind.PENDING}),
    Status.ACCEPTED: frozenset({Kind.EXISTS}),
    Status.UNKNOWN: frozenset({Kind.UNKNOWN, None}),
    Status.GAGAL: frozenset({Kind.GAGAL, Kind.EXISTS}),
    Status.DUPLICATE: frozenset({Kind.EXISTS}),
    Status.UNSENT: frozenset({Kind.REFUSED, Kind.NOT_SENT}),
    Status.INVALID: frozenset(),
}

_UNMOVED = frozenset({Status.UNSENT, Status.GAGAL})
_MAY_HAVE_MOVED_IT = "coalesce(a.kind, 'unknown') NOT IN ('not_sent', 'refused', 'gagal')"
_MAY_HAVE_MOVED = f"o.status NOT IN ('unsent', 'gagal') AND {_MAY_HAVE_MOVED_IT}"
"""Whether money may have moved for attempt `a` of order `o`."""

_UPSERT_ORDER = """
    INSERT INTO orders (number, product, itrx, nominal, price, operator, row) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (number, product, itrx) DO UPDATE
    SET nominal = excluded.nominal, price = excluded.price, operator = excluded.operator, row = excluded.row,
        note = NULL
    WHERE status IN ('unsent', 'gagal')
      AND (nominal, price, operator, row, note)
          IS NOT (excluded.nominal, excluded.price, excluded.operator, excluded.row, NULL)
"""

_KEEP_FACT = "INSERT OR REPLACE INTO batch VALUES (?, ?)"
_FORGET_SUMMARY = "DELETE FROM summary"
_FORGET_STANDING = "DELETE FROM standing"

_NOTE = """
    INSERT INTO trail (at, who, what, order_id, note, plan_code, approved_by, after)
    VALUES (?, ?, ?, ?, ?, ?, ?, (SELECT coalesce(max(id), 0) FROM attempts))
"""

_SENDINGS = """
    WITH began AS (
        SELECT id, at, who, plan_code, approved_by, after, lead(after) OVER (ORDER BY id) AS until
        FROM trail WHERE what IN ('run', 'resend', 'prove 51')
    ), counted AS (
        SELECT b.*, (
            SELECT count(DISTINCT a.order_id) FROM attempts a
            WHERE a.id > b.after AND (b.until IS NULL OR a.id <= b.until)
              AND coalesce(a.kind, '') <> 'not_sent' AND coalesce(a.code, '') <> ?
        ) AS orders
        FROM began b
    )
    SELECT at, who, plan_code, approved_by, orders FROM counted WHERE orders ORDER BY id
"""
"""By the attempts between two commands, not by their times: a clock can be set back."""

_LOST_ORDERS = "SELECT count(DISTINCT order_id) FROM attempts WHERE code = ?"

_INSERT_LINE = """
    INSERT INTO lines (position, row, cells, number, product, itrx, status, why, removed)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

_INSERT_LOST_LINE = """
    INSERT INTO lines (position, row, cells, number, product, itrx, removed)
    SELECT (SELECT coalesce(max(position) + 1, 0) FROM lines) + ?, ?, '[]', ?, ?, ?, 1
    WHERE NOT EXISTS (
        SELECT 1 FROM lines WHERE status IS NULL AND number = ? AND product = ? AND itrx = ?
    )
"""

_END_ATTEMPT = """
    UPDATE attempts SET
        ended_at = coalesce(ended_at, :at), settled_at = :at,
        kind = :kind, code = :code, reason_code = :reason_code, reason = :reason, invoice = :invoice,
        serial = coalesce(nullif(:serial, ''), serial),
        debited = coalesce(:debited, debited), balance = coalesce(:balance, balance),
        answered_at = coalesce(nullif(:answered_at, ''), answered_at),
        skew_s = coalesce(:skew_s, skew_s)
    WHERE id = :id
"""

_HELD = """(
    h.kind IN ('sukses', 'pending', 'gagal')
    OR h.kind = 'unknown' AND h.code NOT IN ('outcome.other_order', 'outcome.same_invoice')
)"""
"""Whether attempt `h` holds the invoice that it names: a stray answer keeps no owner from it."""

_HOLDERS = f"""
    SELECT o.row FROM attempts h JOIN orders o ON o.id = h.order_id
    WHERE h.invoice = ? AND o.id IS NOT ? AND {_HELD}
"""  # noqa: S608

_ENDING = f"""
    SELECT o.id, o.status, EXISTS (
        SELECT 1 FROM attempts h WHERE h.invoice = ? AND h.order_id <> o.id AND {_HELD})
    FROM attempts a JOIN orders o ON o.id = a.order_id WHERE a.id = ?
"""  # noqa: S608
"""Of an attempt that ends: its order, what that is until now, and whether another one holds this invoice."""

_OPEN_INVOICES = f"""
    SELECT a.id, a.order_id, o.number, iif(a.kind = 'unknown', o.product, NULL), a.invoice,
           coalesce(a.debited, o.price), a.begun_at
    FROM attempts a JOIN orders o ON o.id = a.order_id
    WHERE a.kind = 'pending'
       OR o.status IN ('pending', 'accepted', 'unknown') AND a.kind = 'unknown' AND a.invoice <> ''
          AND NOT EXISTS (
              SELECT 1 FROM attempts h WHERE h.invoice = a.invoice AND h.order_id <> a.order_id AND {_HELD})
    ORDER BY a.id
"""  # noqa: S608

_MOVE_ORDER = "UPDATE orders SET row = ? WHERE number = ? AND product = ? AND itrx = ?"
"""A row that was sent before may stand elsewhere in the sheet now; it is called by its present number."""

_INVOICE = f"""
    coalesce(nullif(a.invoice, ''), (
        SELECT b.invoice FROM attempts b
        WHERE b.order_id = o.id AND b.kind = 'unknown' AND b.invoice <> ''
          AND NOT EXISTS (
              SELECT 1 FROM attempts h WHERE h.invoice = b.invoice AND h.order_id <> b.order_id AND {_HELD})
        ORDER BY b.id DESC LIMIT 1
    ), '')
"""  # noqa: S608
"""Of order `o` with its speaker `a`: a 51 names none, but an open attempt before it may have got one."""

_BY_HAND = """
    (SELECT order_id, max(id), at, who, note FROM trail WHERE what LIKE 'resolve %' GROUP BY order_id) r
    ON r.order_id = o.id AND r.at >= a.begun_at
"""
"""The last time that a person closed order `o`, if its speaker `a` was not sent after that."""


def _days_of(attempt: sqlite3.Row) -> set[date]:
    begun_at = datetime.fromisoformat(attempt["begun_at"])
    return days_booked(date.fromisoformat(attempt["day"]), begun_at, attempt["skew_s"])


def _listed(codes: Iterable[str]) -> str:
    return ", ".join(f"'{code}'" for code in sorted(codes))


_SENT_AT = f"""
    iif(a.kind = 'exists' OR r.at IS NOT NULL, (
        SELECT min(t.begun_at) FROM attempts t WHERE t.order_id = o.id AND t.id <= a.id
           AND (t.id = a.id OR t.kind IS NULL OR t.kind IN ('unknown', 'exists')
                OR t.day = a.day AND t.code IN ({_listed(DENIED)}))
    ), a.begun_at)
"""  # noqa: S608
"""When order `o` left: where a 51 refused its speaker `a`, the provider holds an attempt before it."""

_LINES_ALIKE = f"""
    SELECT coalesce(l.status, o.status) AS status, coalesce(o.operator, '') AS operator, l.removed,
           coalesce(iif(l.why IS NULL, '', (
               SELECT group_concat(json_extract(value, '$[2]')) FROM json_each(l.why))), '') AS codes,
           coalesce(iif(o.status = 'gagal', a.reason_code, ''), '') AS reason_code,
           r.at IS NOT NULL AS by_hand, count(*) AS rows,
           sum(coalesce(iif(o.status = 'sukses', a.debited, NULL), o.price, 0)) AS rupiah,
           min(iif(a.kind IS NOT 'not_sent', {_SENT_AT}, NULL)) AS first_sent,
           max(iif(a.kind IS NOT 'not_sent', {_SENT_AT}, NULL)) AS last_sent
    FROM lines l
    LEFT JOIN orders o ON l.status IS NULL
         AND o.number = l.number AND o.product = l.product AND o.itrx = l.itrx
    LEFT JOIN attempts a ON a.id = o.speaker
    LEFT JOIN {_BY_HAND}
    GROUP BY 1, 2, 3, 4, 5, 6
"""  # noqa: S608

_LINES = f"""
    SELECT l.row, l.cells, l.status AS held, l.why, l.removed,
           o.status, o.number, o.product, o.nominal, o.operator, o.price, o.note,
           {_SENT_AT} AS begun_at, a.kind, a.code, a.reason_code, a.reason, {_INVOICE} AS invoice, a.serial,
           a.debited, r.at AS closed_at, r.who AS closed_by, r.note AS closing_note,
           (SELECT count(*) FROM attempts t WHERE t.order_id = o.id AND t.kind IS NOT 'not_sent') AS tries,
           z.reason_code AS last_reason_code, z.reason AS last_reason
    FROM lines l
    LEFT JOIN orders o ON l.status IS NULL
         AND o.number = l.number AND o.product = l.product AND o.itrx = l.itrx
    LEFT JOIN attempts a ON a.id = o.speaker
    LEFT JOIN {_BY_HAND}
    LEFT JOIN attempts z ON z.id <> o.speaker AND z.id = (
         SELECT max(t.id) FROM attempts t WHERE t.order_id = o.id AND t.kind IS NOT 'not_sent')
    WHERE (:statuses IS NULL OR coalesce(l.status, o.status) IN (SELECT value FROM json_each(:statuses)))
      AND (:number IS NULL OR l.number IS NULL OR l.number = :number)
      AND (NOT :by_hand OR r.at IS NOT NULL)
    ORDER BY l.position
"""  # noqa: S608


_LINES_OF_STATUSES = _LINES.replace(
    "FROM lines l\n",
    """FROM (
        SELECT position FROM lines WHERE status IN (SELECT value FROM json_each(:statuses))
        UNION ALL
        SELECT k.position FROM orders w JOIN lines k ON k.status IS NULL
            AND k.number = w.number AND k.product = w.product AND k.itrx = w.itrx
        WHERE w.status IN (SELECT value FROM json_each(:statuses))
    ) wanted CROSS JOIN lines l ON l.position = wanted.position
""",
    1,
)
"""The same, found by the indexes of the statuses: a few open rows among a million."""


def halt_fact(code: str, facts: Mapping[str, str], at: datetime) -> dict[str, str]:
    """As `Checkpoint.halt` has it back."""
    return {"halt": json.dumps({"code": code, "facts": dict(facts), "at": at.isoformat()})}


def _assert_nothing_left(path: Path) -> None:
    """A log without its file holds attempts, and SQLite would replay it into whatever file comes next."""
    for ending in ("-wal", "-journal"):
        log = path.with_name(path.name + ending)
        if log.exists() and log.stat().st_size:
            raise InputError("checkpoint.half", path=path, log=log)


def _connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    # Never mode=rwc, SQLite's own: a file that was taken away would come back empty.
    place = _address_to_read(path) if read_only else f"{uri_of(path.absolute())}?mode=rw"
    db = sqlite3.connect(place, uri=True, isolation_level=None, check_same_thread=False, timeout=10)
    db.row_factory = sqlite3.Row
    return db


def uri_of(path: PurePath) -> str:
    """As SQLite reads it: the server of a Windows share is a part of the path, and no host."""
    return re.sub("^file://(?!/)", "file:////", path.as_uri())


def _empty_draft(path: Path) -> Path:
    """A file for its owner's eyes alone, to be filled and then given this path."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    return draft


def _place_of(path: Path) -> tuple[int, int]:
    """Which file it is that has this path."""
    status = path.stat()
    return status.st_dev, status.st_ino


def _address_to_read(path: Path) -> str:
    # Where no log lies beside it, SQLite would make one to read it, and leave it there.
    at_rest = not path.with_name(f"{path.name}-wal").exists()
    return f"{uri_of(path.absolute())}?mode=ro{'&immutable=1' if at_rest else ''}"


@contextlib.contextmanager
def _storage_errors(path: Path, *, read_only: bool = False) -> Iterator[None]:
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise
    except (sqlite3.DatabaseError, OSError) as error:
        if read_only:
            raise _unreadable(path, error) from None
        raise StorageFailed("checkpoint.unwritable", path=path, why=cause_of(error)) from None


def _unreadable(path: Path, error: Exception) -> InputError | StorageFailed:
    if isinstance(error, sqlite3.OperationalError | OSError):
        return StorageFailed("checkpoint.unreadable", path=path, why=cause_of(error))
    return InputError("checkpoint.damaged", path=path, why=cause_of(error))


def _assert_ours(db: sqlite3.Connection, path: Path) -> None:
    (application,) = db.execute("PRAGMA application_id").fetchone()
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application != APPLICATION_ID and tables:
        raise InputError("checkpoint.not_ours", path=path)
    if version > len(SCHEMA):
        raise InputError("checkpoint.newer", path=path)


def _migrate(db: sqlite3.Connection) -> None:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    for number, script in enumerate(SCHEMA[version:], start=version + 1):
        mark = f"PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={number};"
        db.executescript(f"BEGIN IMMEDIATE; {script}; {mark} COMMIT;")


def _order_values(plan: Plan) -> Iterator[tuple[object, ...]]:
    frame = plan.orders
    columns = (frame[name].tolist() for name in ("number", "product", "itrx", "nominal", "price", "operator"))
    return zip(*columns, frame.index.tolist(), strict=True)


def _row_values(plan: Plan) -> Iterator[tuple[object, ...]]:
    for row, *key in plan.attempted[KEY].itertuples():
        yield (int(row), *key)


def _lines_stand(db: sqlite3.Connection, digest: str) -> bool:
    """Whether the lines are those of this plan already: a batch of a million that only goes on need not be
    written anew."""
    return db.execute("SELECT 1 FROM standing WHERE digest = ?", (digest,)).fetchone() is not None


def _replace_lines(db: sqlite3.Connection, plan: Plan, old_header: Sequence[str]) -> None:
    attempted = db.execute(
        """SELECT coalesce(l.row, o.row) AS row, coalesce(l.cells, '[]') AS cells, o.number, o.product, o.itrx
           FROM orders o LEFT JOIN lines l
                ON l.status IS NULL AND l.number = o.number AND l.product = o.product AND l.itrx = o.itrx
           WHERE o.status <> 'unsent' ORDER BY l.position"""
    ).fetchall()
    db.execute(_FORGET_STANDING)
    db.execute("DELETE FROM lines")
    db.executemany(_INSERT_LINE, line_values(plan))
    keys = (frame[KEY].itertuples(index=False) for frame in (plan.orders, plan.attempted))
    present = {tuple(key) for frame in keys for key in frame}
    header = own_header(plan)
    gone = [row for row in attempted if (row["number"], row["product"], row["itrx"]) not in present]
    for position, row in enumerate(gone, start=REMOVED_OFFSET):
        cells = moved(row["cells"], old_header, header)
        key = (row["number"], row["product"], row["itrx"])
        db.execute(_INSERT_LINE, (position, row["row"], cells, *key, None, None, 1))


def _outcome_values(outcome: Outcome) -> dict[str, object]:
    names = (
        "kind",
        "code",
        "reason_code",
        "reason",
        "invoice",
        "serial",
        "debited",
        "balance",
        "answered_at",
    )
    return {name: getattr(outcome, name) for name in names}

"""The batch's own SQLite file: the sheet as it was, its orders, every attempt and what it came to.

Settings, and why: WAL with synchronous=FULL, so that a commit has reached the disk when it returns (on a slow
one see `write_ahead_log`) and a torn write can only lose what was not yet committed; fullfsync, because
macOS's fsync alone does not reach the platter; one connection under one lock, autocommit, explicit BEGIN
IMMEDIATE. On closing, the log is folded back, so that at rest the checkpoint is one file.

An order whose attempt has begun *is* unknown until an outcome is recorded: a crash needs no code of its own.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sqlite3
import threading
import uuid
from collections import Counter
from datetime import date, datetime
from typing import TYPE_CHECKING

from bulk_topup import __version__
from bulk_topup.core.clock import days_booked
from bulk_topup.core.errors import InputError, StorageFailed
from bulk_topup.core.model import NOTHING, Ending, Kind, Order, account_of
from bulk_topup.core.os_errors import cause_of
from bulk_topup.core.status import Status
from bulk_topup.provider.outcomes import (
    RESOLVED_NOT_SENT,
    TURNED_AWAY,
    is_belied,
    order_status,
    with_invoice_of_another,
)
from bulk_topup.record.checkpoint.file import (
    assert_nothing_left,
    connect,
    empty_draft,
    place_of,
    storage_errors,
    unreadable,
)
from bulk_topup.record.checkpoint.schema import SENDINGS_SINCE, assert_ours, migrate
from bulk_topup.record.checkpoint.sql import (
    END_ATTEMPT,
    ENDING,
    FORGET_STANDING,
    FORGET_SUMMARY,
    HOLDERS,
    INSERT_LINE,
    INSERT_LOST_LINE,
    KEEP_FACT,
    LINES,
    LINES_ALIKE,
    LINES_OF_STATUSES,
    LOST_ORDERS,
    MAY_HAVE_MOVED,
    MAY_HAVE_MOVED_IT,
    MOVE_ORDER,
    NOTE,
    OPEN_INVOICES,
    SENDINGS,
    UPSERT_ORDER,
    sql_list,
)
from bulk_topup.record.checkpoint.values import Attempt, Ended, OpenInvoice, OpenOrder, PastAttempt, Sending
from bulk_topup.record.commits import SharedCommits
from bulk_topup.record.lines import digest_of, line_of, line_values, lines_alike_of, moved, own_header
from bulk_topup.record.write_ahead_log import Log, immediate
from bulk_topup.rules.orders import KEY, KNOWN_COLUMNS, Known, statuses
from bulk_topup.rules.resume import content_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import Any

    import pandas as pd

    from bulk_topup.core.model import Outcome, Wanted
    from bulk_topup.record.checkpoint.values import BatchIdentity
    from bulk_topup.record.lines import Line, LinesAlike
    from bulk_topup.rules.orders import Key
    from bulk_topup.rules.plan import Plan

REMOVED_OFFSET = 10_000_000
"""Lines of rows that left the sheet are placed after any row that a sheet can have."""


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
        self._place = None if read_only else place_of(path)
        self._was_gone = False

    # -- opening and closing -------------------------------------------------------------------------------

    @classmethod
    def create(cls, path: Path, identity: BatchIdentity, facts: Mapping[str, str] = NOTHING) -> Checkpoint:
        """A new checkpoint for this batch with these facts about it, readable by its owner alone.

        It appears whole or not at all, so that a kill right now leaves no file that belongs to nobody.
        """
        with storage_errors(path):
            draft = empty_draft(path)
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
            assert_nothing_left(path)
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
            assert_nothing_left(path)
            return None
        try:
            db = connect(path, read_only=True)
            try:
                assert_ours(db, path)
            except BaseException:
                db.close()
                raise
        except sqlite3.DatabaseError as error:
            raise unreadable(path, error) from None
        self = cls(path, db, read_only=True)
        self.assert_identity(expected or {})
        return self

    @classmethod
    def _connected(cls, path: Path, journal: str = "WAL") -> Checkpoint:
        db = connect(path)
        try:
            assert_ours(db, path)
            for pragma in (
                f"journal_mode={journal}",
                "synchronous=FULL",
                "fullfsync=1",
                "checkpoint_fullfsync=1",
                "foreign_keys=1",
            ):
                db.execute(f"PRAGMA {pragma}")
            migrate(db)
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
            with storage_errors(self.path):
                self._log.sync()

    def _transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """Durable on leaving."""
        return self._written(may_wait=False)

    def _shared(self) -> AbstractContextManager[sqlite3.Connection]:
        """In the file on leaving; durable then or, on a slow disk, after `sync`."""
        return self._written(may_wait=True)

    @contextlib.contextmanager
    def _written(self, *, may_wait: bool) -> Iterator[sqlite3.Connection]:
        with self._lock, storage_errors(self.path):
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
            place = place_of(self.path)
        except FileNotFoundError:
            self._put_back()
            return
        if place != self._place:
            raise StorageFailed("checkpoint.replaced", path=self.path)

    def _put_back(self) -> None:
        draft = empty_draft(self.path)
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
        with self._lock, storage_errors(self.path, read_only=self._read_only):
            return self._db.execute(sql, values).fetchall()

    # -- facts about the batch -----------------------------------------------------------------------------

    def fact(self, key: str) -> str:
        """A fact about the batch, "" where it was never recorded."""
        rows = self._rows("SELECT value FROM batch WHERE key = ?", key)
        return str(rows[0][0]) if rows else ""

    def set_facts(self, facts: Mapping[str, str]) -> None:
        with self._transaction() as db:
            db.executemany(KEEP_FACT, list(facts.items()))

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
            db.execute(NOTE, (at.isoformat(), who, what, order_id, note, plan_code, approved_by))

    def sendings(self) -> list[Sending]:
        """The commands that sent something, the first first; none of a file of an earlier version that is
        only looked into. An order that two of them sent counts for both."""
        if self._rows("PRAGMA user_version")[0][0] < SENDINGS_SINCE:
            return []
        kept = self._summary() or {}  # one of an earlier program may have none
        return [Sending(*row) for row in kept.get("sendings") or self._counted_sendings()]

    def _counted_sendings(self) -> list[tuple[object, ...]]:
        rows = self._rows(SENDINGS, "outcome.not_in_checkpoint")
        lost = self._rows(LOST_ORDERS, "outcome.not_in_checkpoint")[0][0]
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
            f"a.kind = 'not_sent' AND o.status = 'unsent' AND a.code IN ({sql_list(TURNED_AWAY)})",
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
            db.executemany(KEEP_FACT, list(facts.items()))
            before = db.total_changes
            db.executemany(UPSERT_ORDER, _order_values(plan))
            # A release that reads sheets in another way has another version.
            digest = f"{__version__} {digest_of(plan)}"
            if not _lines_stand(db, digest):
                db.executemany(MOVE_ORDER, _row_values(plan))
                _replace_lines(db, plan, json.loads(self._header(db)))
                of_sheet = [("header", json.dumps(own_header(plan))), ("content", content_of(plan.rows))]
                db.executemany(KEEP_FACT, of_sheet)
                db.execute("INSERT INTO standing VALUES (?)", (digest,))
            if db.total_changes != before:
                db.execute(FORGET_SUMMARY)
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
        order_id, before, is_held = db.execute(ENDING, (outcome.invoice or None, attempt_id)).fetchone()
        if is_held:
            outcome = with_invoice_of_another(outcome)
        own = {"at": ending.at.isoformat(), "id": attempt_id, "skew_s": ending.skew_s}
        db.execute(END_ATTEMPT, {**_outcome_values(outcome), **own})
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
            db.execute(FORGET_SUMMARY)
            db.execute(
                """INSERT OR IGNORE INTO orders (number, product, itrx, nominal, operator, price, row)
                   VALUES (?, ?, ?, ?, '', ?, ?)""",
                # Its price stands nowhere any more; a budget must not take it for nothing.
                (*key, claim["nominal"], claim["nominal"], claim["row"]),
            )
            (order_id,) = db.execute(
                "SELECT id FROM orders WHERE number = ? AND product = ? AND itrx = ?", key
            ).fetchone()
            db.execute(INSERT_LOST_LINE, (REMOVED_OFFSET, claim["row"], *key, *key))
            db.execute(FORGET_STANDING)
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
        rows = self._rows(OPEN_INVOICES)
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
        return [row["row"] for row in self._rows(HOLDERS, invoice, but)]

    def resolve(self, order: OpenOrder, outcome: Outcome, at: datetime, who: str, note: str) -> Status:
        """A person's word on what became of an open order: an invoice speaks of its last open attempt alone,
        none of all of them. Leaves a trail; returns the order's status."""
        open_attempts = [past.id for past in order.past if past.is_open]
        concerned = open_attempts[-1:] if outcome.invoice else open_attempts
        with self._transaction() as db:
            for attempt_id in concerned:
                status = self._end(db, Ending(attempt_id, outcome, at)).status
            what = f"resolve {outcome.kind} {outcome.invoice}".strip()
            db.execute(NOTE, (at.isoformat(), who, what, order.order.id, note, "", ""))
        return status

    def claims_expected(self) -> dict[str, Status]:
        """Every attempt's token -> its order's status, for bringing the ledger up to date."""
        return {token: status for status, tokens in self._tokens("true").items() for token in tokens}

    def moved_tokens(self) -> dict[Status, list[str]]:
        """The tokens of the attempts that may have moved money, by their order's status; those of the most
        frequent one in the order in which they were made."""
        tokens = self._tokens(MAY_HAVE_MOVED_IT)
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
                WHERE {MAY_HAVE_MOVED}
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
        sql = """SELECT o.row, a.kind, o.price, a.debited, a.balance, a.begun_at, a.ended_at
                 FROM attempts a JOIN orders o ON o.id = a.order_id
                 WHERE a.balance IS NOT NULL OR a.debited IS NOT NULL ORDER BY a.ended_at, a.id"""
        with self._reader() as reader:
            yield from map(dict, reader.execute(sql))

    def undebited(self) -> Counter[Status]:
        """What the rows are listed at that are paid, or may be, and of which no answer stated the debit."""
        rows = self._rows(
            """SELECT o.status, sum(o.price) AS listed FROM orders o LEFT JOIN attempts a ON a.id = o.speaker
               WHERE o.status IN ('accepted', 'unknown')
                  OR o.status IN ('sukses', 'pending') AND a.debited IS NULL
               GROUP BY o.status"""
        )
        return Counter({Status(row["status"]): int(row["listed"]) for row in rows})

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
        sql = LINES if statuses is None else LINES_OF_STATUSES
        with self._reader() as reader:
            yield from (line_of(dict(row)) for row in reader.execute(sql, facts))

    @contextlib.contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        with storage_errors(self.path, read_only=self._read_only):
            if not self._read_only:
                with self._lock:
                    self._keep_in_place()
            with contextlib.closing(connect(self.path, read_only=self._read_only)) as reader:
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
            groups = [dict(row) for row in reader.execute(LINES_ALIKE)]
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


def _days_of(attempt: sqlite3.Row) -> set[date]:
    begun_at = datetime.fromisoformat(attempt["begun_at"])
    return days_booked(date.fromisoformat(attempt["day"]), begun_at, attempt["skew_s"])


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
    db.execute(FORGET_STANDING)
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

"""Attempts of orders: written before their request is sent, ended by an outcome or by a person."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from bulk_topup.core.clock import days_booked
from bulk_topup.core.model import Ending, Kind, Outcome, Wanted
from bulk_topup.core.status import Status
from bulk_topup.provider.outcomes import is_belied, order_status, with_invoice_of_another, without_invoice
from bulk_topup.record.checkpoint.file import File
from bulk_topup.record.checkpoint.notes import insert_note
from bulk_topup.record.checkpoint.sql import (
    BEGIN_ATTEMPT,
    END_ATTEMPT,
    ENDING,
    FORGET_LINES_OF,
    INSERT_LOST_LINE,
    REMOVED_OFFSET,
)
from bulk_topup.record.checkpoint.trail import Event, append, of_attempt, tell
from bulk_topup.record.checkpoint.values import Attempt, Ended, OpenOrder, PastAttempt

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping, Sequence


class Attempts(File):
    """Writes what is about to be sent, and its outcome."""

    def hold(self, order_id: int, status: Status, code: str, facts: Mapping[str, str]) -> None:
        """Record why an order without any attempt is not sent (`duplicate` is final, `unsent` is not)."""
        note = json.dumps({"code": code, "facts": dict(facts)})
        sql = "UPDATE orders SET status = ?, note = ? WHERE id = ? AND status = 'unsent'"
        with self._transaction() as db:
            if db.execute(sql, (status, note, order_id)).rowcount:
                tell(db, "", "outcome", "orders", order_id)

    def turn(
        self, endings: Sequence[Ending], choose: Callable[[Sequence[Ended]], Sequence[Wanted]]
    ) -> tuple[list[Ended], list[Attempt]]:
        """In one transaction, all or nothing: records the outcomes of attempts and, once `choose` has
        heard them, the attempts that it returns.

        The orders of new attempts are unknown until these have ended. An invoice that another order has, or
        under which another attempt failed, proves nothing about this one, which stays unknown. Raises
        AssertionError if an order is not in the state the caller expects, or in one from which nothing may be
        sent; and whatever `choose` raises.
        """
        self.mark_begun()
        with self._transaction() as db:
            ended = [self._end(db, ending) for ending in endings]
            begun = [self._begin(db, one) for one in choose([one for one, _ in ended])]
            append(db, *(event for _, event in [*ended, *begun]))
            return [one for one, _ in ended], [one for one, _ in begun]

    def begin_all(self, wanted: Sequence[Wanted]) -> list[Attempt]:
        """Like `turn`, without outcomes."""
        return self.turn((), lambda _: wanted)[1]

    def _begin(self, db: sqlite3.Connection, wanted: Wanted) -> tuple[Attempt, Event]:
        self._assert_in_place()
        order, at = wanted.order, wanted.at
        if wanted.expected not in {Status.UNSENT, Status.GAGAL, Status.UNKNOWN}:
            raise AssertionError(f"order {order.id} is {wanted.expected}: it is not sent again")
        attempt_id = _insert(db, wanted)
        changed = db.execute(
            "UPDATE orders SET status = 'unknown', speaker = ?, note = NULL WHERE id = ? AND status = ?",
            (attempt_id, order.id, wanted.expected),
        ).rowcount
        if changed != 1:
            raise AssertionError(f"order {order.id} is not {wanted.expected}")
        begun = Attempt(attempt_id, order, wanted.token, at)
        return begun, of_attempt(db, at.isoformat(), "attempt", begun.id)

    def begin_repeat(self, wanted: Wanted) -> Attempt:
        """An attempt for something the provider already has, to see it refused; the order stays as it is.

        Raises AssertionError for an order that is neither paid nor pending.
        """
        order, at = wanted.order, wanted.at
        self.mark_begun()
        with self._transaction() as db:
            self._assert_in_place()
            held = "SELECT 1 FROM orders WHERE id = ? AND status IN ('sukses', 'pending')"
            if db.execute(held, (order.id,)).fetchone() is None:
                raise AssertionError(f"order {order.id} is not held by the provider")
            begun = Attempt(_insert(db, wanted), order, wanted.token, at)
            append(db, of_attempt(db, at.isoformat(), "attempt", begun.id))
            return begun

    def end(self, attempt_id: int, outcome: Outcome, at: datetime, skew_s: float | None = None) -> Ended:
        """Like `turn`, for a single outcome."""
        return self.turn([Ending(attempt_id, outcome, at, skew_s)], lambda _: ())[0][0]

    def _end(self, db: sqlite3.Connection, ending: Ending, kind: str = "") -> tuple[Ended, Event]:
        attempt_id, outcome = ending.attempt_id, ending.outcome
        order_id, before, is_held, has_failed, is_first = db.execute(
            ENDING, {"invoice": outcome.invoice or None, "id": attempt_id}
        ).fetchone()
        if is_held:
            outcome = with_invoice_of_another(outcome)
        elif has_failed and outcome.kind is not Kind.SUKSES:
            # Asked about it, the provider would say once more that the earlier attempt failed.
            outcome = without_invoice(with_invoice_of_another(outcome))
        own = {"at": ending.at.isoformat(), "id": attempt_id, "skew_s": ending.skew_s}
        db.execute(END_ATTEMPT, {**_outcome_values(outcome), **own})
        status = self._restate(db, order_id)
        if before == Status.SUKSES and status is not Status.SUKSES:
            raise AssertionError(f"attempt {attempt_id}: a paid order cannot become {status}")
        kind = kind or ("outcome" if is_first else "settlement")
        event = of_attempt(db, ending.at.isoformat(), kind, attempt_id)
        return Ended(status, outcome), event

    def lost_attempt(
        self, order_id: int, token: str, claimed_at: str, day: str, base_url: str = ""
    ) -> Status:
        """An attempt that the ledger knows and this file lacks: restored from an older copy, or killed
        between claim and attempt. Money may have moved, so the order is unknown.
        """
        with self._transaction() as db:
            db.execute(
                """INSERT INTO attempts (order_id, token, begun_at, day, kind, code, base_url)
                   VALUES (?, ?, ?, ?, ?, ?, ?)
                   ON CONFLICT (token) DO NOTHING""",  # Another run has written it since it was missed.
                (order_id, token, claimed_at, day, Kind.UNKNOWN, "outcome.not_in_checkpoint", base_url),
            )
            status = self._restate(db, order_id)
            (attempt_id,) = db.execute("SELECT id FROM attempts WHERE token = ?", (token,)).fetchone()
            append(db, of_attempt(db, "", "attempt", attempt_id))
            return status

    def adopt_lost_claim(self, claim: Mapping[str, Any]) -> None:
        """The same, for a claim found in the ledger whose order may be missing here entirely."""
        key = (claim["number"], claim["product"], claim["itrx"])
        with self._transaction() as db:
            db.execute(
                """INSERT OR IGNORE INTO orders (number, product, itrx, nominal, operator, price, row)
                   VALUES (?, ?, ?, ?, '', ?, ?)""",
                # Its price is lost; a budget must not count it as zero.
                (*key, claim["nominal"], claim["nominal"], claim["row"]),
            )
            (order_id,) = db.execute(
                "SELECT id FROM orders WHERE number = ? AND product = ? AND itrx = ?", key
            ).fetchone()
            db.execute(INSERT_LOST_LINE, (REMOVED_OFFSET, claim["row"], *key, *key))
            db.execute(FORGET_LINES_OF)
        self.lost_attempt(order_id, claim["token"], claim["claimed_at"], claim["day"], claim["base_url"])

    def resolve(self, order: OpenOrder, outcome: Outcome, at: datetime, who: str, note: str) -> Status:
        """Records a person's verdict on an open order: an invoice is about a single open attempt, no invoice
        about all of them.

        Leaves an entry in the trail; returns the order's status.
        """
        concerned = [past for past in order.past if past.is_open]
        if outcome.invoice:
            concerned = [_attempt_of(outcome.invoice, concerned)]
        with self._transaction() as db:
            for past in concerned:
                ended, event = self._end(db, Ending(past.id, outcome, at), "resolution")
                append(db, event)
            what = f"resolve {outcome.kind} {outcome.invoice}".strip()
            insert_note(db, "resolution", at.isoformat(), who, what, order.order.id, note, "", "")
        return ended.status

    def _restate(self, db: sqlite3.Connection, order_id: int) -> Status:
        """The order's status follows from all its attempts; one of them determines it."""
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


def _insert(db: sqlite3.Connection, wanted: Wanted) -> int:
    sent = (wanted.at.isoformat(), wanted.day.isoformat(), wanted.skew_s, wanted.base_url)
    return int(db.execute(BEGIN_ATTEMPT, (wanted.order.id, wanted.token, *sent)).lastrowid or 0)


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


def _attempt_of(invoice: str, open_: Sequence[PastAttempt]) -> PastAttempt:
    """The one whose answer named it, else the last that may have it: a 51 is about an earlier one."""
    named = [past for past in open_ if past.invoice == invoice]
    unknown = [past for past in open_ if past.is_unknown]
    return (named or unknown or open_)[-1]


def _days_of(attempt: sqlite3.Row) -> set[date]:
    begun_at = datetime.fromisoformat(attempt["begun_at"])
    return days_booked(date.fromisoformat(attempt["day"]), begun_at, attempt["skew_s"])


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

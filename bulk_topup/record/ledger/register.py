"""The list of batches across accounts."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bulk_topup.core.clock import wib_day
from bulk_topup.core.errors import InputError
from bulk_topup.record.ledger.address import is_address, ledger_url
from bulk_topup.record.ledger.claims import CLAIMED, of_claims
from bulk_topup.record.ledger.store import Store, server_time
from bulk_topup.record.ledger.tables import BATCHES, CLAIMS, DECIDED, FORGOTTEN, META, key_of
from bulk_topup.record.ledger.values import OPEN, BatchEntry


class Register(Store):
    """The whole ledger, of every account, for looking back and for forgetting numbers."""

    def today(self, now: datetime) -> date:
        """The day (WIB) by the server's clock, or by ours, which says `now`, where the ledger is a file."""
        if not self.is_server:
            return wib_day(now)
        with self._errors(), self._engine.connect() as db:
            return wib_day(server_time(db))

    def batches(self) -> list[BatchEntry]:
        """Every batch, latest first; a batch known only by its claims is counted from these."""
        with self._errors(), self._engine.connect() as db:
            entries = [BatchEntry(**row) for row in db.execute(sa.select(BATCHES)).mappings()]
            known = {entry.batch for entry in entries}
            entries += [
                of_claims(dict(row)) for row in db.execute(CLAIMED).mappings() if row["batch"] not in known
            ]
        return sorted(entries, key=lambda entry: (entry.started, entry.touched, entry.name), reverse=True)

    def claims_of(self, number: str) -> list[dict[str, Any]]:
        """Every claim of this number, oldest first, with the table's columns."""
        query = sa.select(CLAIMS).where(CLAIMS.c.number == number).order_by(CLAIMS.c.claimed_at)
        with self._errors(), self._engine.connect() as db:
            return [dict(row) for row in db.execute(query).mappings()]

    def forgettable(self, before: date, number: str = "") -> dict[str, int]:
        """How many claims `forget` would remove, by batch."""
        query = sa.select(CLAIMS.c.batch, sa.func.count()).where(_closed_before(before, number))
        with self._errors(), self._engine.connect() as db:
            rows = db.execute(query.group_by(CLAIMS.c.batch))
            return {str(batch): int(count) for batch, count in rows}

    def forget(self, before: date, number: str = "") -> int:
        """Remove the claims of days before this one, of batches with nothing open; returns how many. With
        `number`, only its own: then days after the last of these are not forgotten.

        Overwritten on disk, too, where the ledger is a file of ours; a server's backups are its keeper's.
        """
        which = _closed_before(before, number)
        with self._errors():
            with self._engine.begin() as db:
                self._pragma(db, "secure_delete=ON")
                self._forget_decided(db, before, number)
                if number:
                    last = db.execute(sa.select(sa.func.max(CLAIMS.c.day)).where(which)).scalar()
                    if last is None:
                        return 0
                    before = date.fromisoformat(last) + timedelta(days=1)
                stored = sa.select(META.c.value).where(META.c.key == FORGOTTEN).with_for_update()
                earlier = db.execute(stored).scalar() or ""
                self.set_fact(db, FORGOTTEN, max(earlier, before.isoformat()))
                gone = db.execute(sa.delete(CLAIMS).where(which)).rowcount
            with self._engine.connect() as db:
                self._pragma(db, "wal_checkpoint(TRUNCATE)")
        return gone

    def _forget_decided(self, db: sa.Connection, before: date, number: str) -> None:
        """A decision stays, without the claim that it was about."""
        decided = META.c.key.startswith(key_of(DECIDED)[:-1] + ",", autoescape=True)
        for key, value in db.execute(sa.select(META.c.key, META.c.value).where(decided)).all():
            decision = json.loads(value)
            claim = decision.get("claim")
            if claim and claim["day"] < before.isoformat() and number in {"", claim["number"]}:
                self.set_fact(db, key, json.dumps({**decision, "claim": {}}))

    def _pragma(self, db: sa.Connection, pragma: str) -> None:
        if not self.is_server:
            db.exec_driver_sql(f"PRAGMA {pragma}").fetchall()


def register_of(location: str) -> Register:
    """The existing ledger; never creates a file. Raises InputError if there is none."""
    if not is_address(location) and not Path(location).expanduser().exists():
        raise InputError("history.no_record", where=location)
    return Register(ledger_url(location))


def _closed_before(day: date, number: str = "") -> sa.ColumnElement[bool]:
    """Claims of earlier days in batches of which nothing is open, by their claims or by their own count; with
    `number`, only its own."""
    is_open = sa.union_all(
        sa.select(CLAIMS.c.batch).where(CLAIMS.c.state == OPEN),
        sa.select(BATCHES.c.batch).where(BATCHES.c.open > 0),
    )
    closed = sa.and_(CLAIMS.c.day < day.isoformat(), CLAIMS.c.state != OPEN, CLAIMS.c.batch.not_in(is_open))
    return sa.and_(closed, CLAIMS.c.number == number) if number else closed

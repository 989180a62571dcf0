"""Who was topped up with what on which day, across batches: claims on the provider's one-per-day slots.

Beside them, what each batch came to (`batches`), for a person who looks back; nothing is decided by that.

A claim is one row for a slot (account, WIB day, number, nominal, itrx), made just before its attempt by one
INSERT that does nothing if the slot is taken; the address is a fact beside it. It is released once its order
was not sent, was refused or came back *gagal*, and kept by everything else. SQLAlchemy Core: the same code is
for a file and for a server.

What a file's single writer gives for nothing, a server has to be asked for. Two desks may claim a number for
two days or counts at the same moment, which no key keeps apart, and neither would see the other's claim
before it is committed. So there a transaction first waits for its turn at its numbers.
"""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from bulk_topup.core.clock import wib_day
from bulk_topup.core.errors import StorageFailed
from bulk_topup.record.ledger import statements
from bulk_topup.record.ledger.identity import Replaced
from bulk_topup.record.ledger.shared import Account
from bulk_topup.record.ledger.statements import RELEASED, SLOT, matches, state_of
from bulk_topup.record.ledger.tables import BATCHES, CLAIMS, DECIDED, META, key_of
from bulk_topup.record.ledger.values import HELD, OPEN, PAID, BatchEntry, Claim, Decision, OpenClaim

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence, Set
    from datetime import date

    import pandas as pd

    from bulk_topup.core.model import Order, Stop, Wanted
    from bulk_topup.core.status import Status

OTHER_DAY: Final = "ledger.other_day"


class Conclusion(NamedTuple):
    """The current state of the order that this claim was made for."""

    token: str
    order: Order
    status: Status


class Ledger(Account):
    """The claims of one account, seen from one batch."""

    _standing: Set[str] = frozenset()
    """Claims made here that were not concluded yet, including those being released; they may be gone if
    that is retried.
    """

    # -- claims --------------------------------------------------------------------------------------------

    def turn(
        self,
        conclusions: Sequence[Conclusion],
        wanted: Sequence[Wanted],
        batch: str,
        batch_name: str,
        since: date,
    ) -> list[Claim]:
        """Concludes claims, then takes the slot of each that is wanted; returns who has them now.

        `since` is the day on which the batch began: whatever another batch claimed first since then is held,
        as if it were today's. One transaction, repeated if a slot was released between two looks.
        """
        own = {**self._new_claim, "batch": batch, "batch_name": batch_name, "state": OPEN}
        claims = [{**own, **statements.claim_of(one)} for one in wanted]
        for _ in range(2):
            holders = [one for one in self._turn(conclusions, wanted, claims, since) if one is not None]
            if len(holders) == len(wanted):
                return holders
            conclusions = ()
        raise StorageFailed("ledger.unusable", where=self.place, why="why.claims")

    def _turn(
        self,
        conclusions: Sequence[Conclusion],
        wanted: Sequence[Wanted],
        claims: Sequence[Mapping[str, Any]],
        since: date,
    ) -> list[Claim | None]:
        statuses = {token: status for token, _, status in conclusions}
        kept = {token for token, status in statuses.items() if state_of(status) != RELEASED}
        expected, self._standing = kept | self._standing & set(statuses), self._standing - set(statuses)
        with self._sending() as db:
            if self.is_server:
                self._wait_for_turn(db, [*(one.order for one in conclusions), *(one.order for one in wanted)])
                self._assert_day(db, wanted)
            if statements.count_of(db, expected) != len(expected) and self._seal is not None:
                raise Replaced
            statements.conclude(db, statuses)
            holders = statements.claimed(db, claims, since)
        self._standing |= {one.token for one in holders if one} & {one.token for one in wanted}
        return holders

    @property
    def _new_claim(self) -> dict[str, object]:
        return {**self._scope, "base_url": self._base_url, "beside": 0}

    def _wait_for_turn(self, db: sa.Connection, orders: Sequence[Order]) -> None:
        """Waits until no other computer is working on any of these numbers; held until the transaction
        ends.

        All of them wait in the same order, so that no two wait for each other.
        """
        names = [json.dumps([*self._scope.values(), order.number]) for order in orders]
        name = sa.func.unnest(sa.cast(names, postgresql.ARRAY(sa.Text))).column_valued("name")
        key = sa.select(sa.func.hashtextextended(name, 0).label("key")).distinct().order_by("key").subquery()
        db.execute(sa.select(sa.func.pg_advisory_xact_lock(key.c.key)).select_from(key)).all()

    def _assert_day(self, db: sa.Connection, wanted: Sequence[Wanted]) -> None:
        """Raises StorageFailed if the server is on another day: with each computer's own clock, two of
        them would mean different slots.
        """
        there = wib_day(self.server_time(db)) if wanted else None
        for one in wanted:
            if one.day != there:
                raise StorageFailed(OTHER_DAY, here=one.day, there=there)

    def restore(
        self, claims: Iterable[Mapping[str, object]], batch: str, batch_name: str, *, stop: Stop | None = None
    ) -> int:
        """Restores claims that a lost or replaced ledger lacks, next to those that their slots have by
        now.

        Returns how many were restored. If there are any, `stop` stops every computer of the server.
        """
        own = {**self._new_claim, "batch": batch, "batch_name": batch_name}
        rows = [statements.asked_with({**own, **claim}) for claim in claims]
        if not rows:
            return 0
        counted = sa.select(sa.func.count()).where(matches({**self._scope, "batch": batch}))
        with self.frozen(CLAIMS) as db:
            before = db.execute(counted).scalar_one()
            db.execute(statements.RESTORE[db.dialect.name], rows)
            count = int(db.execute(counted).scalar_one() - before)
            if count and stop is not None:
                self._stop_every_account(db, stop)
            return count

    def conclude(self, token: str, status: Status) -> None:
        """Updates a claim to the state of its order: released, open, paid or held."""
        self.conclude_all({token: status})

    def conclude_all(self, statuses: Mapping[str, Status]) -> None:
        kept = [token for token, status in statuses.items() if state_of(status) != RELEASED]
        with self._errors(), self._engine.begin() as db:
            # Resent attempts of an order have no claim of their own.
            if kept and self._seal is not None and not statements.count_of(db, kept):
                raise Replaced
            statements.conclude(db, statuses)

    def record(self, entry: BatchEntry) -> None:
        """Records the state of a batch, replacing the previous one."""
        values = asdict(entry)
        insert = self.insert(BATCHES).values(values)
        with self._errors(), self._engine.begin() as db:
            db.execute(insert.on_conflict_do_update(index_elements=BATCHES.primary_key, set_=values))

    # -- what a person decided without a progress file -----------------------------------------------------

    def open_claims(self, number: str) -> list[OpenClaim]:
        """Of this account and number, in any batch."""
        query = sa.select(*(CLAIMS.c[one.name] for one in fields(OpenClaim))).where(
            matches({**self._scope, "number": number, "state": OPEN})
        )
        with self._errors(), self._engine.connect() as db:
            return [OpenClaim(*row) for row in db.execute(query.order_by(CLAIMS.c.claimed_at))]

    def paid_of(self, tokens: Iterable[str]) -> set[str]:
        """The claims among these that are paid."""
        with self._errors(), self._engine.connect() as db:
            return statements.paid_of(db, tokens)

    def entry(self, batch: str) -> BatchEntry | None:
        query = sa.select(BATCHES).where(BATCHES.c.batch == batch, BATCHES.c.account == self._account)
        with self._errors(), self._engine.connect() as db:
            row = db.execute(query).mappings().first()
        return None if row is None else BatchEntry(**row)

    def decide(self, decision: Decision, batch: str, status: Status, entry: BatchEntry | None) -> bool:
        """Records a decision, and updates the claim and the batch accordingly: all or nothing. False if the
        claim is not open any more: then nothing is changed.
        """
        key = key_of(DECIDED, self._account, batch, decision.token)
        still_open = sa.update(CLAIMS).where(CLAIMS.c.token == decision.token, CLAIMS.c.state == OPEN)
        with self._errors(), self._engine.begin() as db:
            # A write, so that nobody else concludes it meanwhile.
            if db.execute(still_open.values(state=OPEN)).rowcount != 1:
                return False
            self.set_fact(db, key, json.dumps(asdict(decision)))
            statements.conclude(db, {decision.token: status})
            if entry is not None:
                same = BATCHES.c.batch == batch, BATCHES.c.account == self._account
                db.execute(sa.update(BATCHES).where(*same).values(asdict(entry)))
            return True

    def decisions(self, batch: str) -> list[Decision]:
        """The decisions about this batch's rows that were made without its progress file."""
        return self._decided(key_of(DECIDED, self._account, batch)[:-1])

    def invoices_decided(self) -> set[str]:
        return {one.invoice for one in self._decided(key_of(DECIDED, self._account)[:-1]) if one.invoice}

    def _decided(self, beginning: str) -> list[Decision]:
        query = sa.select(META.c.value).where(META.c.key.startswith(beginning + ",", autoescape=True))
        with self._errors(), self._engine.connect() as db:
            return [Decision(**json.loads(value)) for (value,) in db.execute(query)]

    # -- looking -------------------------------------------------------------------------------------------

    def elsewhere(self, batch: str, since: date) -> pd.DataFrame:
        """Claims of other batches that matter to one that began on `since`: those from that day on, and
        open ones of any day. Columns: duplicates.ELSEWHERE_COLUMNS.
        """
        import pandas as pd

        names = ("number", "nominal", "itrx", "product", "batch", "batch_name", "row", "day", "state")
        relevant = sa.or_(CLAIMS.c.day >= since.isoformat(), CLAIMS.c.state == OPEN)
        query = sa.select(*(CLAIMS.c[name] for name in names)).where(self._of_others(batch), relevant)
        with self._errors(), self._engine.connect() as db:
            rows = db.execute(query).all()
        return pd.DataFrame(rows, columns=list(names))  # After the transaction: a million take a while.

    def approved_under(self, plan_code: str, *, but: str) -> BatchEntry | None:
        """Another batch than `but` that was sent under this plan's approval."""
        same = sa.and_(BATCHES.c.plan_code == plan_code, BATCHES.c.approver != "", BATCHES.c.batch != but)
        scope = sa.and_(*(BATCHES.c[name] == value for name, value in self._scope.items()))
        with self._errors(), self._engine.connect() as db:
            row = db.execute(sa.select(BATCHES).where(scope, same).limit(1)).mappings().first()
        return None if row is None else BatchEntry(**row)

    def latest_batches(self, most: int) -> list[BatchEntry]:
        """Of this account, the ones used most recently first."""
        scope = sa.and_(*(BATCHES.c[name] == value for name, value in self._scope.items()))
        query = sa.select(BATCHES).where(scope).order_by(BATCHES.c.touched.desc()).limit(most)
        with self._errors(), self._engine.connect() as db:
            return [BatchEntry(**row) for row in db.execute(query).mappings()]

    def paid_since(self, batch: str, day: date) -> pd.DataFrame:
        """What other batches paid on or after `day`. Columns: duplicates.RECENT_COLUMNS."""
        import pandas as pd

        names = ("number", "nominal", "product", "batch", "batch_name", "row", "day")
        # Not by day: in the order of that index, SQLite would jump around among a million claims.
        recent = sa.and_(CLAIMS.c.day.concat("") >= day.isoformat(), CLAIMS.c.state == PAID)
        query = sa.select(*(CLAIMS.c[name] for name in names)).where(self._of_others(batch), recent)
        with self._errors(), self._engine.connect() as db:
            rows = db.execute(query).all()
        return pd.DataFrame(rows, columns=list(names))  # once the transaction is over: a million take a while

    def _of_others(self, batch: str) -> sa.ColumnElement[bool]:
        """Claims of this account that belong to other batches."""
        others = sa.or_(CLAIMS.c.batch < batch, CLAIMS.c.batch > batch)
        if self.is_server:
            return sa.and_(matches(self._scope), others)
        # SQLite only finds these by the two ranges of an index if no other index seems to fit: by account
        # it would scan a million of the batch's own.
        return sa.and_(others, *(CLAIMS.c[name].concat("") == value for name, value in self._scope.items()))

    def at_work(self, first: date, last: date, number: str, *, but: str) -> list[tuple[BatchEntry, bool]]:
        """Other batches than `but` that were active on one of these days, and whether each has a claim of
        this number for one of them.
        """
        days = CLAIMS.c.day.between(first.isoformat(), last.isoformat())
        claimed = CLAIMED.where(matches({**self._scope, "number": number}), days, CLAIMS.c.batch != but)
        with self._errors(), self._engine.connect() as db:
            claims = {row["batch"]: of_claims(dict(row)) for row in db.execute(claimed).mappings()}
            under_way = sa.and_(BATCHES.c.started <= last.isoformat(), BATCHES.c.touched >= first.isoformat())
            query = sa.select(BATCHES).where(
                *(BATCHES.c[name] == value for name, value in self._scope.items()),
                BATCHES.c.batch != but,
                sa.or_(under_way, BATCHES.c.batch.in_(claims)),
            )
            entries = {row["batch"]: BatchEntry(**row) for row in db.execute(query).mappings()}
        return [(entry, batch in claims) for batch, entry in {**claims, **entries}.items()]

    def own(self, batch: str) -> list[dict[str, object]]:
        """Every claim of this batch: number, nominal, itrx, product, row, day, token, state, claimed_at,
        base_url."""
        names = (*SLOT, "product", "row", "token", "state", "claimed_at", "base_url")
        query = sa.select(*(CLAIMS.c[name] for name in names)).where(
            matches(self._scope), CLAIMS.c.batch == batch
        )
        with self._errors(), self._engine.connect() as db:
            return [dict(row) for row in db.execute(query).mappings()]

    def own_states(self, batch: str) -> dict[str, list[str]]:
        """The tokens of this batch's claims, by state."""
        # Joined within the database: fetching a million rows takes four times as long.
        tokens = sa.func.aggregate_strings(CLAIMS.c.token, ",")
        query = sa.select(CLAIMS.c.state, tokens).where(matches(self._scope), CLAIMS.c.batch == batch)
        with self._errors(), self._engine.connect() as db:
            rows = db.execute(query.group_by(CLAIMS.c.state)).all()
        return {str(state): together.split(",") for state, together in rows}


CLAIMED = sa.select(
    CLAIMS.c.account,
    CLAIMS.c.batch,
    sa.func.max(CLAIMS.c.base_url).label("base_url"),
    sa.func.max(CLAIMS.c.batch_name).label("name"),
    sa.func.min(CLAIMS.c.day).label("started"),
    sa.func.max(CLAIMS.c.claimed_at).label("touched"),
    sa.func.count().label("rows"),
    *(
        sa.func.sum(sa.case((CLAIMS.c.state == state, 1), else_=0)).label(state)
        for state in (OPEN, PAID, HELD)
    ),
).group_by(CLAIMS.c.account, CLAIMS.c.batch)


def of_claims(row: Mapping[str, Any]) -> BatchEntry:
    facts = dict(row)
    return BatchEntry(path="", not_paid=facts.pop(HELD), **facts)

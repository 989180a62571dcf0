"""Who was topped up with what on which day, across batches: claims on the provider's one-per-day slots.

Beside them, what each batch came to (`batches`), for a person who looks back; nothing is decided by that.

A claim is one row under a unique key (account, WIB day, number, nominal, itrx), made by INSERT just before
its attempt and never by looking first; the address is a fact beside it. It is released by an attempt that was
not sent, was refused or came back *gagal*, and kept by everything else. SQLAlchemy Core: the same code is for
a file and for a server.

What a file's single writer gives for nothing, a server has to be asked for. Two desks may claim a number and
nominal for two days or counts at the same moment, which no key keeps apart, and neither would see the other's
claim before it is committed. So there a transaction first waits for its turn at its numbers and nominals.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bulk_topup.core.clock import wib_day
from bulk_topup.core.errors import StorageFailed
from bulk_topup.core.status import Status
from bulk_topup.record.ledger.shared import Account, Replaced, stop_every_account
from bulk_topup.record.ledger.tables import BATCHES, CLAIMS, DECIDED, META, key_of
from bulk_topup.record.ledger.values import HELD, OPEN, PAID, BatchEntry, Claim, Decision, OpenClaim

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    import pandas as pd

    from bulk_topup.core.model import Order, Stop, Wanted

OTHER_DAY: Final = "ledger.other_day"
_AT_ONCE: Final = 1_000
"""So many tokens are named in a statement at most."""


class Conclusion(NamedTuple):
    """Where the order that this claim was made for stands now."""

    token: str
    order: Order
    status: Status


class Ledger(Account):
    """The claims of one account, seen from one batch."""

    # -- claims --------------------------------------------------------------------------------------------

    def turn(
        self,
        conclusions: Sequence[Conclusion],
        wanted: Sequence[Wanted],
        batch: str,
        batch_name: str,
        since: date,
    ) -> list[Claim]:
        """Conclude claims, then take the slot of each that is wanted: who holds them now.

        `since` is the day on which the batch began: what another batch was faster with from then on is held,
        as if it were today's. One transaction; anew, where a slot was released between two looks at it.
        """
        own = {**self._new_claim, "batch": batch, "batch_name": batch_name, "state": OPEN}
        claims = [{**own, **_claim_of(one)} for one in wanted]
        for _ in range(2):
            try:
                found = self._turn(conclusions, wanted, claims, since)
            except Replaced:
                raise self._replaced() from None
            except StorageFailed:
                if self._is_elsewhere:
                    raise self._replaced() from None
                raise
            holders = [holder for holder in found if holder is not None]
            if len(holders) == len(wanted):
                return holders
        raise StorageFailed("ledger.unusable", where=self.place, why="why.claims")

    def _turn(
        self,
        conclusions: Sequence[Conclusion],
        wanted: Sequence[Wanted],
        claims: Sequence[Mapping[str, Any]],
        since: date,
    ) -> list[Claim | None]:
        """Raises Replaced where this is not the record that was opened, or a claim of ours is gone."""
        with self._sending() as db:
            self._assert_same(db)
            if self.is_server:
                self._wait_for_turn(db, [*(one.order for one in conclusions), *(one.order for one in wanted)])
                self._assert_day(db, wanted)
            if _conclude(db, {token: status for token, _, status in conclusions}) and self._seal is not None:
                raise Replaced
            return _claimed(db, claims, since)

    @property
    def _new_claim(self) -> dict[str, object]:
        return {**self._scope, "base_url": self._base_url, "beside": 0}

    def _wait_for_turn(self, db: sa.Connection, orders: Sequence[Order]) -> None:
        """Until no other desk is at work on any of these numbers and nominals; held until the transaction
        ends. All desks wait in the same order, so that no two of them wait for each other.
        """
        names = [json.dumps([*self._scope.values(), order.number, order.nominal]) for order in orders]
        name = sa.func.unnest(sa.cast(names, postgresql.ARRAY(sa.Text))).column_valued("name")
        key = sa.select(sa.func.hashtextextended(name, 0).label("key")).distinct().order_by("key").subquery()
        db.execute(sa.select(sa.func.pg_advisory_xact_lock(key.c.key)).select_from(key)).all()

    def _assert_day(self, db: sa.Connection, wanted: Sequence[Wanted]) -> None:
        """Raises StorageFailed where the server is on another day: by each desk's own clock, two desks would
        not mean the same slot."""
        there = wib_day(self.server_time(db)) if wanted else None
        for one in wanted:
            if one.day != there:
                raise StorageFailed(OTHER_DAY, here=one.day, there=there)

    def restore(
        self, claims: Iterable[Mapping[str, object]], batch: str, batch_name: str, *, stop: Stop | None = None
    ) -> int:
        """Put back claims that a lost or replaced ledger lacks, each beside those that its slot has by now.

        Returns how many were put back. Where that is any, every desk of the server is stopped by `stop`.
        """
        own = {**self._new_claim, "batch": batch, "batch_name": batch_name}
        # In one order, so that two desks that put back the same slots wait for each other, not both at once.
        rows = sorted(({**own, **claim} for claim in claims), key=lambda row: [str(row[n]) for n in _SLOT])
        if not rows:
            return 0
        counted = sa.select(sa.func.count()).where(_matches({**self._scope, "batch": batch}))
        with self._errors(), self._engine.begin() as db:
            before = db.execute(counted).scalar_one()
            db.execute(_RESTORE[db.dialect.name], [_asked_with(row) for row in rows])
            count = int(db.execute(counted).scalar_one() - before)
            if count and stop is not None:
                stop_every_account(db, stop)
            return count

    def conclude(self, token: str, status: Status) -> None:
        """Bring a claim to where its order stands: released, open, paid or held."""
        self.conclude_all({token: status})

    def conclude_all(self, statuses: Mapping[str, Status]) -> None:
        with self._errors(), self._engine.begin() as db:
            _conclude(db, statuses)

    def record(self, entry: BatchEntry) -> None:
        """Keep what a batch has come to, in place of what was kept of it before."""
        values = asdict(entry)
        insert = self.insert(BATCHES).values(values)
        with self._errors(), self._engine.begin() as db:
            db.execute(insert.on_conflict_do_update(index_elements=BATCHES.primary_key, set_=values))

    # -- what a person decided without a progress file -----------------------------------------------------

    def open_claims(self, number: str) -> list[OpenClaim]:
        """Of this account and number, whatever the batch."""
        names = ("batch", "batch_name", "row", "product", "token", "day", "claimed_at")
        query = sa.select(*(CLAIMS.c[name] for name in names)).where(
            _matches({**self._scope, "number": number, "state": OPEN})
        )
        with self._errors(), self._engine.connect() as db:
            return [OpenClaim(*row) for row in db.execute(query.order_by(CLAIMS.c.claimed_at))]

    def entry(self, batch: str) -> BatchEntry | None:
        query = sa.select(BATCHES).where(BATCHES.c.batch == batch, BATCHES.c.account == self._account)
        with self._errors(), self._engine.connect() as db:
            row = db.execute(query).mappings().first()
        return None if row is None else BatchEntry(**row)

    def decide(self, decision: Decision, batch: str, status: Status, entry: BatchEntry | None) -> None:
        """Keep what was decided, and bring the claim and the batch to it: all of it or nothing."""
        key = key_of(DECIDED, self._account, batch, decision.token)
        with self._errors(), self._engine.begin() as db:
            self.set_fact(db, key, json.dumps(asdict(decision)))
            concluded = (
                sa.delete(CLAIMS) if status in _RELEASED else sa.update(CLAIMS).values(state=_STATE[status])
            )
            db.execute(concluded.where(CLAIMS.c.token == decision.token))
            if entry is not None:
                same = BATCHES.c.batch == batch, BATCHES.c.account == self._account
                db.execute(sa.update(BATCHES).where(*same).values(asdict(entry)))

    def decisions(self, batch: str) -> list[Decision]:
        """What was decided of this batch's rows without its progress file."""
        return self._decided(key_of(DECIDED, self._account, batch)[:-1])

    def invoices_decided(self) -> set[str]:
        return {one.invoice for one in self._decided(key_of(DECIDED, self._account)[:-1]) if one.invoice}

    def _decided(self, beginning: str) -> list[Decision]:
        query = sa.select(META.c.value).where(META.c.key.startswith(beginning + ",", autoescape=True))
        with self._errors(), self._engine.connect() as db:
            return [Decision(**json.loads(value)) for (value,) in db.execute(query)]

    # -- looking -------------------------------------------------------------------------------------------

    def elsewhere(self, batch: str, since: date) -> pd.DataFrame:
        """Claims of other batches that matter to one that began on `since`: those from that day on, and open
        ones of any day.

        Columns: duplicates.ELSEWHERE_COLUMNS.
        """
        import pandas as pd

        names = ("number", "nominal", "itrx", "batch", "batch_name", "row", "day", "state")
        relevant = sa.or_(CLAIMS.c.day >= since.isoformat(), CLAIMS.c.state == OPEN)
        query = sa.select(*(CLAIMS.c[name] for name in names)).where(self._of_others(batch), relevant)
        with self._errors(), self._engine.connect() as db:
            rows = db.execute(query).all()
        return pd.DataFrame(rows, columns=list(names))  # once the transaction is over: a million take a while

    def approved_under(self, plan_code: str, *, but: str) -> BatchEntry | None:
        """Another batch than `but` that was sent under the approval of this plan."""
        same = sa.and_(BATCHES.c.plan_code == plan_code, BATCHES.c.approver != "", BATCHES.c.batch != but)
        scope = sa.and_(*(BATCHES.c[name] == value for name, value in self._scope.items()))
        with self._errors(), self._engine.connect() as db:
            row = db.execute(sa.select(BATCHES).where(scope, same).limit(1)).mappings().first()
        return None if row is None else BatchEntry(**row)

    def latest_batches(self, most: int) -> list[BatchEntry]:
        """Of this account, those that a command was last done with, the latest first."""
        scope = sa.and_(*(BATCHES.c[name] == value for name, value in self._scope.items()))
        query = sa.select(BATCHES).where(scope).order_by(BATCHES.c.touched.desc()).limit(most)
        with self._errors(), self._engine.connect() as db:
            return [BatchEntry(**row) for row in db.execute(query).mappings()]

    def paid_since(self, batch: str, day: date) -> pd.DataFrame:
        """What other batches paid on or after `day`: number, nominal, batch, batch_name, row, day."""
        import pandas as pd

        names = ("number", "nominal", "batch", "batch_name", "row", "day")
        # Not by the day: in the order of that index, SQLite would jump to and fro among a million claims.
        recent = sa.and_(CLAIMS.c.day.concat("") >= day.isoformat(), CLAIMS.c.state == PAID)
        query = sa.select(*(CLAIMS.c[name] for name in names)).where(self._of_others(batch), recent)
        with self._errors(), self._engine.connect() as db:
            rows = db.execute(query).all()
        return pd.DataFrame(rows, columns=list(names))  # once the transaction is over: a million take a while

    def _of_others(self, batch: str) -> sa.ColumnElement[bool]:
        """Claims of this account that another batch has."""
        others = sa.or_(CLAIMS.c.batch < batch, CLAIMS.c.batch > batch)
        if self.is_server:
            return sa.and_(_matches(self._scope), others)
        # SQLite finds these by the two ranges of an index only where no other one seems to do: by account
        # it would go through a million of the batch's own.
        return sa.and_(others, *(CLAIMS.c[name].concat("") == value for name, value in self._scope.items()))

    def at_work(self, first: date, last: date, number: str, *, but: str) -> list[tuple[BatchEntry, bool]]:
        """Other batches than `but` that were under way on one of these days, and whether each has a claim of
        this number for one of them."""
        days = CLAIMS.c.day.between(first.isoformat(), last.isoformat())
        claimed = CLAIMED.where(_matches({**self._scope, "number": number}), days, CLAIMS.c.batch != but)
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
        names = (*_SLOT, "product", "row", "token", "state", "claimed_at", "base_url")
        query = sa.select(*(CLAIMS.c[name] for name in names)).where(
            _matches(self._scope), CLAIMS.c.batch == batch
        )
        with self._errors(), self._engine.connect() as db:
            return [dict(row) for row in db.execute(query).mappings()]

    def own_states(self, batch: str) -> dict[str, list[str]]:
        """The tokens of this batch's claims, by state."""
        # Put together where they are: a million rows take four times as long.
        tokens = sa.func.aggregate_strings(CLAIMS.c.token, ",")
        query = sa.select(CLAIMS.c.state, tokens).where(_matches(self._scope), CLAIMS.c.batch == batch)
        with self._errors(), self._engine.connect() as db:
            rows = db.execute(query.group_by(CLAIMS.c.state)).all()
        return {str(state): together.split(",") for state, together in rows}


_SLOT = ("day", "number", "nominal", "itrx")
_HELD_BY = ("batch", "batch_name", "row", "product", "token", "state", "day", "claimed_at", "base_url")
RELEASED = "released"
_RELEASED = frozenset({Status.UNSENT, Status.GAGAL})

_STATE = {
    Status.SUKSES: PAID,
    Status.DUPLICATE: HELD,
    Status.PENDING: OPEN,
    Status.ACCEPTED: OPEN,
    Status.UNKNOWN: OPEN,
}


def state_of(status: Status) -> str:
    """The claim's state that goes with an order's status."""
    return RELEASED if status in _RELEASED else _STATE[status]


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


# -- the statements of each attempt ------------------------------------------------------------------------


def _same(*names: str) -> sa.ColumnElement[bool]:
    return sa.and_(*(CLAIMS.c[name] == _asked(name) for name in names))


def _asked(name: str) -> sa.BindParameter[Any]:
    return sa.bindparam(f"the_{name}", type_=CLAIMS.c[name].type)


def _asked_with(values: Mapping[str, object]) -> dict[str, object]:
    return {f"the_{name}": value for name, value in values.items()}


def _held_elsewhere() -> sa.ColumnElement[bool]:
    """A claim of another batch: open and of whatever day or count, or of this count since that day.

    Or one of this very order on another day: a copy of this batch at another desk was faster.

    Of this count alone, not of lower ones as a plan has it: a copy that no count in the sheet asks for
    follows its own batch's copy before it, which a claim of that count has held.
    """
    # Found by its number. By account, SQLite would go through all that was ever claimed: what is put together
    # from a column has no index.
    scope = CLAIMS.c.account.concat("") == _asked("account")
    meanwhile = sa.and_(_same("itrx"), CLAIMS.c.day >= sa.bindparam("since", type_=sa.Text))
    theirs = sa.and_(CLAIMS.c.batch != _asked("batch"), sa.or_(CLAIMS.c.state == OPEN, meanwhile))
    copy = sa.and_(_same("batch", "itrx", "product"), CLAIMS.c.day != _asked("day"))
    return sa.and_(scope, _same("number", "nominal"), sa.or_(theirs, copy))


_HOLDERS = sa.select(*(CLAIMS.c[name] for name in _HELD_BY))
_HOLDER = (
    # Where two stand beside each other, another batch's counts: neither is free while it stands.
    _HOLDERS.where(_same("account", *_SLOT))
    .order_by(sa.case((CLAIMS.c.batch == _asked("batch"), 1), else_=0), CLAIMS.c.beside)
    .limit(1)
)
_HOLDER_ELSEWHERE = (
    _HOLDERS.where(_held_elsewhere()).order_by(sa.case((CLAIMS.c.state == OPEN, 0), else_=1)).limit(1)
)
_FREE = sa.and_(~sa.exists().where(_held_elsewhere()), ~sa.exists().where(_same("account", *_SLOT)))
_TAKE = {
    dialect: insert(CLAIMS)
    .from_select(CLAIMS.c.keys(), sa.select(*map(_asked, CLAIMS.c.keys())).where(_FREE))
    .on_conflict_do_nothing()
    for dialect, insert in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}


_SAME_SLOT = _same("account", *_SLOT)
_NEXT_BESIDE = (
    sa.select(sa.func.coalesce(sa.func.max(CLAIMS.c.beside) + 1, 0)).where(_SAME_SLOT).scalar_subquery()
)
_RESTORE = {
    dialect: insert(CLAIMS)
    .from_select(
        CLAIMS.c.keys(),
        sa.select(*(_NEXT_BESIDE if name == "beside" else _asked(name) for name in CLAIMS.c.keys())),  # noqa: SIM118
    )
    .on_conflict_do_nothing()
    for dialect, insert in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}


def _claimed(db: sa.Connection, claims: Sequence[Mapping[str, Any]], since: date) -> list[Claim | None]:
    """Who holds the slot of each after this try to take them; None if it was released just now."""
    if not claims:
        return []
    asked = {
        str(claim["token"]): {**_asked_with(claim), "since": since.isoformat()}
        for claim in sorted(claims, key=lambda claim: [str(claim[name]) for name in _SLOT])
    }
    db.execute(_TAKE[db.dialect.name], [*asked.values()])
    taken = set(db.scalars(sa.select(CLAIMS.c.token).where(CLAIMS.c.token.in_(asked))))
    return [
        Claim(**{name: claim[name] for name in _HELD_BY})
        if claim["token"] in taken
        else _holder(db, asked[claim["token"]])
        for claim in claims
    ]


def _holder(db: sa.Connection, asked: Mapping[str, object]) -> Claim | None:
    row = db.execute(_HOLDER, asked).first() or db.execute(_HOLDER_ELSEWHERE, asked).first()
    return None if row is None else Claim(*row)


def _conclude(db: sa.Connection, statuses: Mapping[str, Status]) -> int:
    """How many claims that are to be kept are not there. One to be released may be gone already, where it is
    tried once more."""
    missing = 0
    by_state: dict[str, list[str]] = {}
    for token, status in statuses.items():
        by_state.setdefault(state_of(status), []).append(token)
    for state, tokens in sorted(by_state.items()):
        for first in range(0, len(tokens), _AT_ONCE):
            of_these = CLAIMS.c.token.in_(sorted(tokens)[first : first + _AT_ONCE])
            if state == RELEASED:
                db.execute(sa.delete(CLAIMS).where(of_these))
            else:
                kept = db.execute(sa.update(CLAIMS).where(of_these).values(state=state)).rowcount
                missing += len(tokens[first : first + _AT_ONCE]) - kept
    return missing


def _claim_of(wanted: Wanted) -> dict[str, object]:
    order = wanted.order
    return {
        "day": wanted.day.isoformat(),
        "number": order.number,
        "nominal": order.nominal,
        "itrx": order.itrx,
        "product": order.product,
        "row": order.row,
        "token": wanted.token,
        "claimed_at": wanted.at.isoformat(),
    }


def _matches(facts: Mapping[str, object]) -> sa.ColumnElement[bool]:
    return sa.and_(*(CLAIMS.c[name] == value for name, value in facts.items()))

"""Who was topped up with what on which day, across batches: claims on the provider's one-per-day slots.

Beside them, what each batch came to (`batches`), for a person who looks back; nothing is decided by that.

A claim is one row under a unique key (account, base URL, WIB day, number, nominal, itrx), made by INSERT just
before its attempt and never by looking first. It is released by an attempt that was not sent, was refused or
came back *gagal*, and kept by everything else. SQLAlchemy Core, so that the same code can stand on a server.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from bulk_topup.errors import InputError, StorageFailed
from bulk_topup.model import Order, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    import pandas as pd

_METADATA = sa.MetaData()
_CLAIMS = sa.Table(
    "claims",
    _METADATA,
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("base_url", sa.Text, primary_key=True),
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("number", sa.Text, primary_key=True),
    sa.Column("nominal", sa.Integer, primary_key=True),
    sa.Column("itrx", sa.Integer, primary_key=True),
    sa.Column("product", sa.Text, nullable=False),
    sa.Column("batch", sa.Text, nullable=False),
    sa.Column("batch_name", sa.Text, nullable=False),
    sa.Column("row", sa.Integer, nullable=False),
    sa.Column("token", sa.Text, nullable=False, unique=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("claimed_at", sa.Text, nullable=False),
    sa.Index("claims_batch", "batch"),
    sa.Index("claims_number", "number", "nominal"),
    sa.Index("claims_state", "account", "base_url", "state"),
)

_BATCHES = sa.Table(
    "batches",
    _METADATA,
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("base_url", sa.Text, primary_key=True),
    sa.Column("batch", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("started", sa.Text, nullable=False),
    sa.Column("touched", sa.Text, nullable=False),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("paid", sa.Integer, nullable=False),
    sa.Column("not_paid", sa.Integer, nullable=False),
    sa.Column("open", sa.Integer, nullable=False),
    sa.Column("paid_rupiah", sa.BigInteger),
    sa.Column("not_paid_rupiah", sa.BigInteger),
    sa.Column("open_rupiah", sa.BigInteger),
    sa.Column("plan_code", sa.Text, nullable=False),
    sa.Column("approver", sa.Text, nullable=False),
)
_META = sa.Table(
    "meta",
    _METADATA,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

VERSION = 2
"""Of the tables. 1 had claims alone, and no table `meta` to say so; 2 only adds to it."""

OPEN, PAID, HELD = "open", "paid", "held"


@dataclass(frozen=True, slots=True)
class Claim:
    """Who holds a slot. `state` is open (money may have moved), paid, or held (the provider's own 51)."""

    batch: str
    batch_name: str
    row: int
    product: str
    token: str
    state: str
    day: str
    claimed_at: str

    @property
    def is_open(self) -> bool:
        return self.state == OPEN


@dataclass(frozen=True, slots=True)
class BatchEntry:
    """What a batch had come to when a command was last done with it.

    `name` is the sheet's without its ending, `path` its progress file ("" where only claims are known of it,
    and then no rupiah), `started` a WIB day, `touched` a time in WIB, both ISO texts.
    """

    account: str
    base_url: str
    batch: str
    name: str
    path: str
    started: str
    touched: str
    rows: int
    paid: int
    not_paid: int
    open: int
    paid_rupiah: int | None = None
    not_paid_rupiah: int | None = None
    open_rupiah: int | None = None
    plan_code: str = ""
    approver: str = ""


class _Store:
    """The ledger's tables, brought up to VERSION when opened.

    Every method of the classes below is one transaction, durable on return, safe to call from any thread.
    They raise StorageFailed when the ledger can't be read or written: the caller must stop sending. Opening
    raises InputError for a ledger that a newer program wrote.
    """

    def __init__(self, url: str) -> None:
        try:
            self._shown = sa.engine.make_url(url).render_as_string(hide_password=True)
            self._engine = sa.create_engine(url)
        except (sa.exc.ArgumentError, ImportError, ValueError) as error:
            raise StorageFailed("ledger.unusable", where="BULK_TOPUP_LEDGER", why=error) from None
        if self._engine.dialect.name == "sqlite":
            sa.event.listen(self._engine, "connect", _durable)
        with self._errors():
            version = self._version()
            if version < VERSION:
                self._bring_up_to_date()
        if version > VERSION:
            self.close()
            raise InputError("ledger.newer", where=self._shown)

    def _version(self) -> int:
        """That of the tables as they are; 0 where there is none that says so."""
        if not sa.inspect(self._engine).has_table(_META.name):
            return 0
        with self._engine.connect() as db:
            return int(_fact(db, "version") or 0)

    def forgotten_before(self) -> date | None:
        """Claims of days before this one may be gone, because a person had them forgotten; None: none are.

        To be asked after the claims were read: what is forgotten in between is then known of.
        """
        with self._errors(), self._engine.connect() as db:
            stored = _fact(db, _FORGOTTEN)
        return date.fromisoformat(stored) if stored else None

    def _bring_up_to_date(self) -> None:
        # Several first runs at the same moment make the tables together: each is in another's way at most
        # once a table, and once for the version.
        for _ in range(len(_METADATA.tables) + 1):
            with contextlib.suppress(sa.exc.DBAPIError):
                self._make_tables()
                return
        self._make_tables()

    def _make_tables(self) -> None:
        _METADATA.create_all(self._engine)
        with self._engine.begin() as db:
            _set_fact(db, "version", str(VERSION))

    def close(self) -> None:
        self._engine.dispose()

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (sa.exc.SQLAlchemyError, OSError) as error:
            why = getattr(error, "orig", None) or error
            raise StorageFailed("ledger.unusable", where=self._shown, why=why) from None


class Ledger(_Store):
    """The claims of one account at one base URL, seen from one batch."""

    def __init__(self, url: str, *, account: str, base_url: str) -> None:
        self._scope = {"account": account, "base_url": base_url}
        super().__init__(url)

    # -- claims --------------------------------------------------------------------------------------------

    def claim(
        self, order: Order, day: date, token: str, batch: str, batch_name: str, at: datetime, *, since: date
    ) -> Claim | None:
        """Take the slot for this attempt: None if it is ours now, else who holds it.

        `since` is the day on which the batch began: what another batch was faster with from then on is held,
        as if it were today's.
        """
        slot = {**self._scope, **_slot(order, day)}
        values = {
            **slot,
            "product": order.product,
            "batch": batch,
            "batch_name": batch_name,
            "row": order.row,
        }
        values |= {"token": token, "state": OPEN, "claimed_at": at.isoformat()}
        with self._errors():
            for _ in range(2):
                try:
                    with self._engine.begin() as db:
                        db.execute(sa.insert(_CLAIMS).values(values))
                        holder = self._held_elsewhere(db, order, batch, since)
                        if holder is not None:
                            db.execute(sa.delete(_CLAIMS).where(_CLAIMS.c.token == token))
                        return holder
                except sa.exc.IntegrityError:
                    holder = self._holder(slot)
                if holder is not None:
                    return holder
        raise StorageFailed("ledger.unusable", where=self._shown, why="a claim that comes and goes")

    def _held_elsewhere(self, db: sa.Connection, order: Order, batch: str, since: date) -> Claim | None:
        """A claim of another batch: open and of whatever day or count, or of this count since that day.

        Of this count alone, not of lower ones as a plan has it: a copy that no count in the sheet asks for
        follows its own batch's copy before it, which a claim of that count has held.
        """
        same = {**self._scope, "number": order.number, "nominal": order.nominal}
        is_open = _CLAIMS.c.state == OPEN
        meanwhile = sa.and_(_CLAIMS.c.itrx == order.itrx, _CLAIMS.c.day >= since.isoformat())
        columns = [_CLAIMS.c[name] for name in _HOLDER]
        query = sa.select(*columns).where(
            _matches(same), _CLAIMS.c.batch != batch, sa.or_(is_open, meanwhile)
        )
        row = db.execute(query.order_by(sa.case((is_open, 0), else_=1)).limit(1)).first()
        return None if row is None else Claim(*row)

    def _holder(self, slot: Mapping[str, object]) -> Claim | None:
        """Who has the slot; None if it was released just now."""
        columns = [_CLAIMS.c[name] for name in _HOLDER]
        with self._engine.connect() as db:
            row = db.execute(sa.select(*columns).where(_matches(slot))).one_or_none()
        return None if row is None else Claim(*row)

    def restore(self, claims: Iterable[Mapping[str, object]], batch: str, batch_name: str) -> None:
        """Put back claims that a lost or replaced ledger lacks; a slot that is taken stays as it is."""
        own = {"batch": batch, "batch_name": batch_name, **self._scope}
        with self._errors(), self._engine.begin() as db:
            for claim in claims:
                with contextlib.suppress(sa.exc.IntegrityError), db.begin_nested():
                    db.execute(sa.insert(_CLAIMS).values({**claim, **own}))

    def conclude(self, token: str, status: Status) -> None:
        """Bring a claim to where its order stands: released, open, paid or held."""
        self.conclude_all({token: status})

    def conclude_all(self, statuses: Mapping[str, Status]) -> None:
        with self._errors(), self._engine.begin() as db:
            for token, status in statuses.items():
                mine = _CLAIMS.c.token == token
                if status in _RELEASED:
                    db.execute(sa.delete(_CLAIMS).where(mine))
                else:
                    db.execute(sa.update(_CLAIMS).where(mine).values(state=_STATE[status]))

    def record(self, entry: BatchEntry) -> None:
        """Keep what a batch has come to, in place of what was kept of it before."""
        values = asdict(entry)
        same = sa.and_(*(_BATCHES.c[name] == values[name] for name in ("account", "base_url", "batch")))
        with self._errors(), self._engine.begin() as db:
            if not db.execute(sa.update(_BATCHES).where(same).values(values)).rowcount:
                db.execute(sa.insert(_BATCHES).values(values))

    # -- looking -------------------------------------------------------------------------------------------

    def elsewhere(self, batch: str, since: date) -> pd.DataFrame:
        """Claims of other batches that matter to one that began on `since`: those from that day on, and open
        ones of any day.

        Columns: batch.ELSEWHERE_COLUMNS.
        """
        import pandas as pd

        names = ("number", "nominal", "itrx", "batch", "batch_name", "row", "day", "state")
        relevant = sa.or_(_CLAIMS.c.day >= since.isoformat(), _CLAIMS.c.state == OPEN)
        query = sa.select(*(_CLAIMS.c[name] for name in names)).where(
            _matches(self._scope), _CLAIMS.c.batch != batch, relevant
        )
        with self._errors(), self._engine.connect() as db:
            return pd.DataFrame(db.execute(query).all(), columns=list(names))

    def approved_under(self, plan_code: str, *, but: str) -> BatchEntry | None:
        """Another batch than `but` that was sent under the approval of this plan."""
        same = sa.and_(_BATCHES.c.plan_code == plan_code, _BATCHES.c.approver != "", _BATCHES.c.batch != but)
        scope = sa.and_(*(_BATCHES.c[name] == value for name, value in self._scope.items()))
        with self._errors(), self._engine.connect() as db:
            row = db.execute(sa.select(_BATCHES).where(scope, same).limit(1)).mappings().first()
        return None if row is None else BatchEntry(**row)

    def latest_batches(self, most: int) -> list[BatchEntry]:
        """Of this account here, those that a command was last done with, the latest first."""
        scope = sa.and_(*(_BATCHES.c[name] == value for name, value in self._scope.items()))
        query = sa.select(_BATCHES).where(scope).order_by(_BATCHES.c.touched.desc()).limit(most)
        with self._errors(), self._engine.connect() as db:
            return [BatchEntry(**row) for row in db.execute(query).mappings()]

    def paid_since(self, batch: str, day: date) -> pd.DataFrame:
        """What other batches paid on or after `day`: number, nominal, batch, batch_name, row, day."""
        import pandas as pd

        names = ("number", "nominal", "batch", "batch_name", "row", "day")
        recent = sa.and_(_CLAIMS.c.day >= day.isoformat(), _CLAIMS.c.state == PAID, _CLAIMS.c.batch != batch)
        query = sa.select(*(_CLAIMS.c[name] for name in names)).where(_matches(self._scope), recent)
        with self._errors(), self._engine.connect() as db:
            return pd.DataFrame(db.execute(query).all(), columns=list(names))

    def at_work(self, first: date, last: date, number: str, *, but: str) -> list[tuple[BatchEntry, bool]]:
        """Other batches than `but` that were under way on one of these days, and whether each has a claim of
        this number for one of them."""
        days = _CLAIMS.c.day.between(first.isoformat(), last.isoformat())
        claimed = _CLAIMED.where(_matches({**self._scope, "number": number}), days, _CLAIMS.c.batch != but)
        with self._errors(), self._engine.connect() as db:
            claims = {row["batch"]: _of_claims(dict(row)) for row in db.execute(claimed).mappings()}
            under_way = sa.and_(
                _BATCHES.c.started <= last.isoformat(), _BATCHES.c.touched >= first.isoformat()
            )
            query = sa.select(_BATCHES).where(
                *(_BATCHES.c[name] == value for name, value in self._scope.items()),
                _BATCHES.c.batch != but,
                sa.or_(under_way, _BATCHES.c.batch.in_(claims)),
            )
            entries = {row["batch"]: BatchEntry(**row) for row in db.execute(query).mappings()}
        return [(entry, batch in claims) for batch, entry in {**claims, **entries}.items()]

    def own(self, batch: str) -> list[dict[str, object]]:
        """Every claim of this batch: number, nominal, itrx, product, row, day, token, state, claimed_at."""
        names = ("number", "nominal", "itrx", "product", "row", "day", "token", "state", "claimed_at")
        query = sa.select(*(_CLAIMS.c[name] for name in names)).where(
            _matches(self._scope), _CLAIMS.c.batch == batch
        )
        with self._errors(), self._engine.connect() as db:
            return [dict(row) for row in db.execute(query).mappings()]


class Register(_Store):
    """The whole ledger, of every account: for a person who looks back, and for forgetting numbers."""

    def batches(self) -> list[BatchEntry]:
        """Every batch, the latest first; one that only claims are known of is counted by these."""
        with self._errors(), self._engine.connect() as db:
            entries = [BatchEntry(**row) for row in db.execute(sa.select(_BATCHES)).mappings()]
            known = {entry.batch for entry in entries}
            entries += [
                _of_claims(dict(row)) for row in db.execute(_CLAIMED).mappings() if row["batch"] not in known
            ]
        return sorted(entries, key=lambda entry: (entry.started, entry.touched, entry.name), reverse=True)

    def claims_of(self, number: str) -> list[dict[str, Any]]:
        """Every claim of this number, the oldest first: the columns of the table."""
        query = sa.select(_CLAIMS).where(_CLAIMS.c.number == number).order_by(_CLAIMS.c.claimed_at)
        with self._errors(), self._engine.connect() as db:
            return [dict(row) for row in db.execute(query).mappings()]

    def forgettable(self, before: date) -> dict[str, int]:
        """How many claims `forget` would remove, by batch."""
        query = sa.select(_CLAIMS.c.batch, sa.func.count()).where(_closed_before(before))
        with self._errors(), self._engine.connect() as db:
            rows = db.execute(query.group_by(_CLAIMS.c.batch))
            return {str(batch): int(count) for batch, count in rows}

    def forget(self, before: date) -> int:
        """Remove the claims of days before this one, of batches with nothing open; returns how many.

        Overwritten on disk, too, where the ledger is a file of ours; a server's backups are its keeper's.
        """
        with self._errors():
            with self._engine.begin() as db:
                self._pragma(db, "secure_delete=ON")
                earlier = _fact(db, _FORGOTTEN)
                _set_fact(db, _FORGOTTEN, max(earlier, before.isoformat()))
                gone = db.execute(sa.delete(_CLAIMS).where(_closed_before(before))).rowcount
            with self._engine.connect() as db:
                self._pragma(db, "wal_checkpoint(TRUNCATE)")
        return gone

    def _pragma(self, db: sa.Connection, pragma: str) -> None:
        if self._engine.dialect.name == "sqlite":
            db.exec_driver_sql(f"PRAGMA {pragma}").fetchall()


_HOLDER = ("batch", "batch_name", "row", "product", "token", "state", "day", "claimed_at")
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


def ledger_url(location: str) -> str:
    """A SQLAlchemy address from what the user gave: a path, or an address as it stands.

    Raises InputError for what only looks like an address, StorageFailed for a path that can't be written.
    """
    if is_address(location):
        return location
    path = Path(location).expanduser().absolute()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError as error:
        raise StorageFailed("ledger.unusable", where=path, why=error) from None
    return sa.engine.URL.create("sqlite", database=str(path)).render_as_string()


def is_address(location: str) -> bool:
    """Whether this is a server's address, not a path. Raises InputError for one that is mistyped.

    Taken for a path, `postgres:/host/db` would be a new and empty record, in which nobody was paid yet. One
    letter before the colon is a drive of Windows.
    """
    if "://" in location:
        return True
    scheme = re.match(r"[A-Za-z][A-Za-z0-9+.-]+(?=:)", location)
    if scheme:
        # Not the rest of it, which may hold a password.
        raise InputError("ledger.no_address", scheme=scheme[0])
    return False


def register_of(location: str) -> Register:
    """The ledger that is there; a file is never made. Raises InputError where there is none."""
    if not is_address(location) and not Path(location).expanduser().exists():
        raise InputError("history.no_record", where=location)
    return Register(ledger_url(location))


_FORGOTTEN = "forgotten_before"

_CLAIMED = sa.select(
    *(_CLAIMS.c[name] for name in ("account", "base_url", "batch")),
    sa.func.max(_CLAIMS.c.batch_name).label("name"),
    sa.func.min(_CLAIMS.c.day).label("started"),
    sa.func.max(_CLAIMS.c.claimed_at).label("touched"),
    sa.func.count().label("rows"),
    *(
        sa.func.sum(sa.case((_CLAIMS.c.state == state, 1), else_=0)).label(state)
        for state in (OPEN, PAID, HELD)
    ),
).group_by(_CLAIMS.c.account, _CLAIMS.c.base_url, _CLAIMS.c.batch)


def _of_claims(row: Mapping[str, Any]) -> BatchEntry:
    facts = dict(row)
    return BatchEntry(path="", not_paid=facts.pop(HELD), **facts)


def _closed_before(day: date) -> sa.ColumnElement[bool]:
    """Claims of earlier days in batches of which nothing is open, by their claims or by their own count."""
    is_open = sa.union_all(
        sa.select(_CLAIMS.c.batch).where(_CLAIMS.c.state == OPEN),
        sa.select(_BATCHES.c.batch).where(_BATCHES.c.open > 0),
    )
    return sa.and_(
        _CLAIMS.c.day < day.isoformat(),
        _CLAIMS.c.state != OPEN,
        _CLAIMS.c.batch.not_in(is_open),
    )


def _fact(db: sa.Connection, key: str) -> str:
    return db.execute(sa.select(_META.c.value).where(_META.c.key == key)).scalar() or ""


def _set_fact(db: sa.Connection, key: str, value: str) -> None:
    if not db.execute(sa.update(_META).where(_META.c.key == key).values(value=value)).rowcount:
        db.execute(sa.insert(_META).values(key=key, value=value))


def _slot(order: Order, day: date) -> dict[str, object]:
    return {"day": day.isoformat(), "number": order.number, "nominal": order.nominal, "itrx": order.itrx}


def _matches(facts: Mapping[str, object]) -> sa.ColumnElement[bool]:
    return sa.and_(*(_CLAIMS.c[name] == value for name, value in facts.items()))


def _durable(connection: object, _record: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for pragma in ("busy_timeout=30000", "journal_mode=WAL", "synchronous=FULL", "fullfsync=1"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()

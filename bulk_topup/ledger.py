"""Who was topped up with what on which day, across batches: claims on the provider's one-per-day slots.

A claim is one row under a unique key (account, base URL, WIB day, number, nominal, itrx), made by INSERT just
before its attempt and never by looking first. It is released by an attempt that was not sent, was refused or
came back *gagal*, and kept by everything else. SQLAlchemy Core, so that the same code can stand on a server.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from bulk_topup.errors import StorageFailed
from bulk_topup.model import Order, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date, datetime

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


class Ledger:
    """The claims of one account at one base URL, seen from one batch.

    Every method is one transaction, durable on return, safe to call from any thread. Raises StorageFailed
    when the ledger can't be read or written: the caller must stop sending.
    """

    def __init__(self, url: str, *, account: str, base_url: str) -> None:
        self._scope = {"account": account, "base_url": base_url}
        try:
            self._shown = sa.engine.make_url(url).render_as_string(hide_password=True)
            self._engine = sa.create_engine(url)
        except (sa.exc.ArgumentError, ImportError, ValueError) as error:
            raise StorageFailed("ledger.unusable", where="BULK_TOPUP_LEDGER", why=error) from None
        if self._engine.dialect.name == "sqlite":
            sa.event.listen(self._engine, "connect", _durable)
        with self._errors():
            try:
                _METADATA.create_all(self._engine)
            except sa.exc.DBAPIError:
                # Two first runs at the same moment: the other one has made the tables by now.
                _METADATA.create_all(self._engine)

    def close(self) -> None:
        self._engine.dispose()

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (sa.exc.SQLAlchemyError, OSError) as error:
            why = getattr(error, "orig", None) or error
            raise StorageFailed("ledger.unusable", where=self._shown, why=why) from None

    # -- claims --------------------------------------------------------------------------------------------

    def claim(
        self, order: Order, day: date, token: str, batch: str, batch_name: str, at: datetime
    ) -> Claim | None:
        """Take the slot for this attempt: None if it is ours now, else who holds it."""
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
                        holder = self._open_elsewhere(db, order, batch)
                        if holder is not None:
                            db.execute(sa.delete(_CLAIMS).where(_CLAIMS.c.token == token))
                        return holder
                except sa.exc.IntegrityError:
                    holder = self._holder(slot)
                if holder is not None:
                    return holder
        raise StorageFailed("ledger.unusable", where=self._shown, why="a claim that comes and goes")

    def _open_elsewhere(self, db: sa.Connection, order: Order, batch: str) -> Claim | None:
        """A claim of another batch, of whatever day, for which money may have moved and may still."""
        same = {**self._scope, "number": order.number, "nominal": order.nominal, "state": OPEN}
        columns = [_CLAIMS.c[name] for name in _HOLDER]
        query = sa.select(*columns).where(_matches(same), _CLAIMS.c.batch != batch).limit(1)
        row = db.execute(query).first()
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

    # -- looking -------------------------------------------------------------------------------------------

    def elsewhere(self, batch: str, today: date) -> pd.DataFrame:
        """Claims of other batches that matter today: today's, and open ones of any day.

        Columns: batch.ELSEWHERE_COLUMNS.
        """
        import pandas as pd

        names = ("number", "nominal", "itrx", "batch", "batch_name", "row", "day", "state")
        relevant = sa.or_(_CLAIMS.c.day == today.isoformat(), _CLAIMS.c.state == OPEN)
        query = sa.select(*(_CLAIMS.c[name] for name in names)).where(
            _matches(self._scope), _CLAIMS.c.batch != batch, relevant
        )
        with self._errors(), self._engine.connect() as db:
            return pd.DataFrame(db.execute(query).all(), columns=list(names))

    def paid_since(self, batch: str, day: date) -> pd.DataFrame:
        """What other batches paid on or after `day`: number, nominal, batch, batch_name, row, day."""
        import pandas as pd

        names = ("number", "nominal", "batch", "batch_name", "row", "day")
        recent = sa.and_(_CLAIMS.c.day >= day.isoformat(), _CLAIMS.c.state == PAID, _CLAIMS.c.batch != batch)
        query = sa.select(*(_CLAIMS.c[name] for name in names)).where(_matches(self._scope), recent)
        with self._errors(), self._engine.connect() as db:
            return pd.DataFrame(db.execute(query).all(), columns=list(names))

    def own(self, batch: str) -> list[dict[str, object]]:
        """Every claim of this batch: number, nominal, itrx, product, row, day, token, state, claimed_at."""
        names = ("number", "nominal", "itrx", "product", "row", "day", "token", "state", "claimed_at")
        query = sa.select(*(_CLAIMS.c[name] for name in names)).where(
            _matches(self._scope), _CLAIMS.c.batch == batch
        )
        with self._errors(), self._engine.connect() as db:
            return [dict(row) for row in db.execute(query).mappings()]


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

    Raises StorageFailed for a path that can't be written.
    """
    if "://" in location:
        return location
    path = Path(location).expanduser().absolute()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError as error:
        raise StorageFailed("ledger.unusable", where=path, why=error) from None
    return sa.engine.URL.create("sqlite", database=str(path)).render_as_string()


def _slot(order: Order, day: date) -> dict[str, object]:
    return {"day": day.isoformat(), "number": order.number, "nominal": order.nominal, "itrx": order.itrx}


def _matches(facts: Mapping[str, object]) -> sa.ColumnElement[bool]:
    return sa.and_(*(_CLAIMS.c[name] == value for name, value in facts.items()))


def _durable(connection: object, _record: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for pragma in ("busy_timeout=30000", "journal_mode=WAL", "synchronous=FULL", "fullfsync=1"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()

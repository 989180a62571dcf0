"""The statements of each attempt: who has its slot, and the state of its claim."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bulk_topup.core.status import Status
from bulk_topup.record.ledger.tables import CLAIMS
from bulk_topup.record.ledger.values import HELD, OPEN, PAID, Claim

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from bulk_topup.core.model import Wanted

_AT_ONCE: Final = 1_000
"""At most this many tokens are named in one statement."""

SLOT = ("day", "number", "nominal", "itrx")
_HELD_BY = tuple(one.name for one in fields(Claim))
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
    """The claim's state for an order's status."""
    return RELEASED if status in _RELEASED else _STATE[status]


def _same(*names: str) -> sa.ColumnElement[bool]:
    return sa.and_(*(CLAIMS.c[name] == _asked(name) for name in names))


def _asked(name: str) -> sa.BindParameter[Any]:
    return sa.bindparam(f"the_{name}", type_=CLAIMS.c[name].type)


def asked_with(values: Mapping[str, object]) -> dict[str, object]:
    return {f"the_{name}": value for name, value in values.items()}


def _held_elsewhere() -> sa.ColumnElement[bool]:
    """A claim of this number with this nominal or product. One of another batch: open and of any day or
    count, or of this count since that day. Or one of this batch on another day: open, or of this very order,
    where a copy of the batch on another computer was faster.

    Only of this count, not of lower ones as in a plan: a copy that no count in the sheet asks for follows its
    own batch's copy before it, whose claim has held it.
    """
    # Found by its number. By account, SQLite would scan everything that was ever claimed: a computed
    # expression has no index.
    scope = CLAIMS.c.account.concat("") == _asked("account")
    meanwhile = sa.and_(_same("itrx"), CLAIMS.c.day >= sa.bindparam("since", type_=sa.Text))
    theirs = sa.and_(CLAIMS.c.batch != _asked("batch"), sa.or_(CLAIMS.c.state == OPEN, meanwhile))
    earlier = sa.and_(_same("batch"), CLAIMS.c.day != _asked("day"))
    own = sa.and_(earlier, sa.or_(CLAIMS.c.state == OPEN, _same("itrx", "product")))
    alike = sa.and_(_same("number"), sa.or_(_same("nominal"), _same("product")))
    return sa.and_(scope, alike, sa.or_(theirs, own))


_HOLDERS = sa.select(*(CLAIMS.c[name] for name in _HELD_BY))
_HOLDER = (
    # If two exist, another batch's counts: neither is free as long as it exists.
    _HOLDERS.where(_same("account", *SLOT))
    .order_by(sa.case((CLAIMS.c.batch == _asked("batch"), 1), else_=0), CLAIMS.c.beside)
    .limit(1)
)
_HOLDER_ELSEWHERE = (
    _HOLDERS.where(_held_elsewhere()).order_by(sa.case((CLAIMS.c.state == OPEN, 0), else_=1)).limit(1)
)
_FREE = sa.and_(~sa.exists().where(_held_elsewhere()), ~sa.exists().where(_same("account", *SLOT)))
_NEXT_BESIDE = (
    sa.select(sa.func.coalesce(sa.func.max(CLAIMS.c.beside) + 1, 0))
    .where(_same("account", *SLOT))
    .scalar_subquery()
)


def _insert(beside: sa.ColumnElement[int], *where: sa.ColumnElement[bool]) -> dict[str, Any]:
    """By dialect; does nothing if the claim exists, or its slot is taken."""
    values = {**{name: _asked(name) for name in CLAIMS.c.keys()}, "beside": beside}  # noqa: SIM118
    query = sa.select(*values.values()).where(*where)
    return {
        dialect: insert(CLAIMS).from_select(list(values), query).on_conflict_do_nothing()
        for dialect, insert in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
    }


TAKE = _insert(_asked("beside"), _FREE)
RESTORE = _insert(_NEXT_BESIDE)


def claimed(db: sa.Connection, claims: Sequence[Mapping[str, Any]], since: date) -> list[Claim | None]:
    """Who has the slot of each after this attempt to take them; None if it was released just now."""
    if not claims:
        return []
    asked = {
        str(claim["token"]): {**asked_with(claim), "since": since.isoformat()}
        for claim in sorted(claims, key=lambda claim: [str(claim[name]) for name in SLOT])
    }
    db.execute(TAKE[db.dialect.name], [*asked.values()])
    taken = set(db.scalars(_TAKEN, {"tokens": [*asked]}))
    return [
        Claim(**{name: claim[name] for name in _HELD_BY})
        if claim["token"] in taken
        else _holder(db, asked[claim["token"]])
        for claim in claims
    ]


def _holder(db: sa.Connection, asked: Mapping[str, object]) -> Claim | None:
    row = db.execute(_HOLDER, asked).first() or db.execute(_HOLDER_ELSEWHERE, asked).first()
    return None if row is None else Claim(*row)


_AMONG = CLAIMS.c.token.in_(sa.bindparam("tokens", expanding=True))
_TAKEN = sa.select(CLAIMS.c.token).where(_AMONG)
_PAID = _TAKEN.where(CLAIMS.c.state == PAID)
_COUNT = sa.select(sa.func.count()).select_from(CLAIMS).where(_AMONG)
# What is paid stays paid: whoever says otherwise has an older progress file.
_UNPAID = sa.and_(_AMONG, CLAIMS.c.state != PAID)
_RELEASE = sa.delete(CLAIMS).where(_UNPAID)
_KEEP = sa.update(CLAIMS).values(state=sa.bindparam("of_order")).where(_UNPAID)


def count_of(db: sa.Connection, tokens: Iterable[str]) -> int:
    """How many of these claims exist."""
    return sum(db.execute(_COUNT, {"tokens": some}).scalar_one() for some in _portions(tokens))


def paid_of(db: sa.Connection, tokens: Iterable[str]) -> set[str]:
    """The claims among these that are paid."""
    return {token for some in _portions(tokens) for token in db.scalars(_PAID, {"tokens": some})}


def conclude(db: sa.Connection, statuses: Mapping[str, Status]) -> None:
    by_state: dict[str, list[str]] = {}
    for token, status in statuses.items():
        by_state.setdefault(state_of(status), []).append(token)
    for state, tokens in sorted(by_state.items()):
        for some in _portions(tokens):
            if state == RELEASED:
                db.execute(_RELEASE, {"tokens": some})
            else:
                db.execute(_KEEP, {"tokens": some, "of_order": state})


def _portions(tokens: Iterable[str]) -> Iterator[list[str]]:
    tokens = sorted(tokens)
    for first in range(0, len(tokens), _AT_ONCE):
        yield tokens[first : first + _AT_ONCE]


def claim_of(wanted: Wanted) -> dict[str, object]:
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


def matches(facts: Mapping[str, object]) -> sa.ColumnElement[bool]:
    return sa.and_(*(CLAIMS.c[name] == value for name, value in facts.items()))

"""What all computers of one account share on a server: its pace, and a stop that applies to all of them.

The provider's rate, balance and locks are the account's, not a machine's. Each desk asks for every slot by
one statement, by the server's clock, and hears in its answer whether one of them met a code of the account's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import ClassVar, Final

import sqlalchemy as sa

from bulk_topup.core.clock import WIB
from bulk_topup.core.model import Slot, Stop
from bulk_topup.record.ledger.identity import STOP, Known, stop_values
from bulk_topup.record.ledger.store import fact
from bulk_topup.record.ledger.tables import ACCOUNTS, ADDRESS_KEY, META, RULE_51, key_of

LONGEST_PAUSE_S: Final = 600.0
"""No slot is farther away than this plus one gap, unless the server's clock was set back."""


@dataclass(frozen=True, slots=True)
class Rule51:
    """Whether this account was seen to answer 51 to a repeat, and the WIB day (ISO) of the last test."""

    day: str
    holds: bool


class Account(Known):
    """One account, whatever its address. A file, which no other machine reads, has neither pace nor stop."""

    longest_silence_s: ClassVar = 10.0
    """Shorter than for a person who only looks; longer than it takes to be refused a lock."""

    def __init__(self, url: str, *, account: str, base_url: str) -> None:
        self._scope = {"account": account}
        self._base_url = base_url
        super().__init__(url)
        if self.is_server:
            # A single statement on its own connection is a transaction by itself: one round trip to the
            # server.
            self._single = self._engine.execution_options(isolation_level="AUTOCOMMIT")
            with self._errors(), self._single.connect() as db:
                new = {**self._scope, **self._stop_left(db)}
                db.execute(self.insert(ACCOUNTS).values(new).on_conflict_do_nothing())

    # -- the pace ------------------------------------------------------------------------------------------

    def take_slot(self, interval_s: float, ahead_s: float) -> Slot:
        """The account's next slot, if it comes within `ahead_s`.

        It is as far from the one before as both desks' intervals want, and missed slots are not made up for.
        """
        now = _now()
        gap = sa.func.greatest(ACCOUNTS.c.interval_s, interval_s)
        was_set_back = ACCOUNTS.c.last_slot > now + LONGEST_PAUSE_S + gap
        due = sa.func.greatest(now, sa.case((was_set_back, 0.0), else_=ACCOUNTS.c.last_slot + gap))
        take = (
            sa.update(ACCOUNTS)
            .where(self._own(), due <= now + ahead_s)
            .values(last_slot=due, interval_s=interval_s)
            .returning(ACCOUNTS.c.last_slot - now, *_stop_columns())
        )
        look = sa.select(due - ahead_s - now, *_stop_columns()).where(self._own())
        with self._errors(), self._single.connect() as db:
            row = db.execute(take).one_or_none()
            is_ours = row is not None
            wait_s, *stop = row or db.execute(look).one()
        return Slot(is_ours, max(0.0, float(wait_s)), _stop_of(stop))

    def pause(self, seconds: float) -> None:
        """No computer gets a slot within the next `seconds`; does nothing in a file."""
        if not self.is_server:
            return
        until = sa.func.greatest(ACCOUNTS.c.last_slot, _now() + min(seconds, LONGEST_PAUSE_S))
        with self._errors(), self._single.connect() as db:
            db.execute(sa.update(ACCOUNTS).where(self._own()).values(last_slot=until))

    # -- what was seen of it -------------------------------------------------------------------------------

    def skew_s(self, now: datetime) -> float:
        """The server's clock minus ours, in seconds, to the precision of one round trip."""
        with self._errors(), self._single.connect() as db:
            return (self.server_time(db) - now).total_seconds()

    def rule_51(self) -> Rule51 | None:
        """None if it was never tested."""
        with self._errors(), self._engine.connect() as db:
            stored = fact(db, self._rule_51)
        return Rule51(**json.loads(stored)) if stored else None

    def keep_rule_51(self, seen: Rule51) -> None:
        with self._errors(), self._engine.begin() as db:
            self.set_fact(db, self._rule_51, json.dumps(asdict(seen)))

    @property
    def _rule_51(self) -> str:
        return key_of(RULE_51, self._account)

    @property
    def _account(self) -> str:
        return self._scope["account"]

    # -- where it was seen ---------------------------------------------------------------------------------

    def addresses(self) -> dict[str, str]:
        """Every address that was used for this account, and when it was last approved (ISO text), latest
        last.
        """
        with self._errors(), self._engine.connect() as db:
            facts = db.execute(sa.select(META)).all()
        seen = {}
        for key, at in facts:
            if key.startswith("[") and (parts := json.loads(key))[:2] == [ADDRESS_KEY, self._account]:
                seen[str(parts[2])] = str(at)
        return dict(sorted(seen.items(), key=lambda one: one[1]))

    def keep_address(self, at: datetime) -> None:
        """Records this address, before the first request that may pay is sent to it."""
        with self._errors(), self._engine.begin() as db:
            self.set_fact(
                db, key_of(ADDRESS_KEY, self._account, self._base_url), at.astimezone(WIB).isoformat()
            )

    # -- the stop ------------------------------------------------------------------------------------------

    def stop_all(self, stop: Stop) -> None:
        """Stop every computer, unless another has already done so; does nothing in a file."""
        if not self.is_server:
            return
        free = ACCOUNTS.c.stop_code == ""
        with self._errors(), self._single.connect() as db:
            db.execute(sa.update(ACCOUNTS).where(self._own(), free).values(stop_values(stop)))

    def stopped(self) -> Stop | None:
        """Why no computer may send; None if all may."""
        if not self.is_server:
            return None
        with self._errors(), self._single.connect() as db:
            return _stop_of(db.execute(sa.select(*_stop_columns()).where(self._own())).one())

    def resume(self, who: str, at: datetime) -> Stop | None:
        """Let all computers send again; returns the stop that was cleared, if any. Records who did it."""
        cleared = {"stop_code": "", "resumed_by": who, "resumed_at": at.astimezone(WIB).isoformat()}
        with self._errors(), self._engine.begin() as db:
            mine = sa.select(*_stop_columns()).where(self._own()).with_for_update()
            stop = _stop_of(db.execute(mine).one())
            if stop is not None:
                db.execute(sa.update(ACCOUNTS).where(self._own()).values(cleared))
        return stop

    def _own(self) -> sa.ColumnElement[bool]:
        return sa.and_(*(ACCOUNTS.c[name] == value for name, value in self._scope.items()))


def _stop_columns() -> list[sa.ColumnElement[str]]:
    return [ACCOUNTS.c[f"stop_{name}"] for name in STOP]


def _stop_of(values: Iterable[str]) -> Stop | None:
    stop = Stop(*values)
    return stop if stop.code else None


def _now() -> sa.ColumnElement[float]:
    return sa.cast(sa.extract("epoch", sa.func.clock_timestamp()), sa.Double)

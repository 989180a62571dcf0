"""What all desks of one account share on a server: its pace, and a stop that holds for all of them.

The provider's rate, balance and locks are the account's, not a machine's. Each desk asks for every slot by
one statement, by the server's clock, and hears in its answer whether one of them met a code of the account's.
"""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar, Final

import sqlalchemy as sa

from bulk_topup.core.clock import WIB
from bulk_topup.core.errors import StorageFailed
from bulk_topup.core.model import Slot, Stop
from bulk_topup.record.ledger.store import Store, fact, server_time
from bulk_topup.record.ledger.tables import ACCOUNTS, ADDRESS_KEY, AT_WORK, META, RULE_51, key_of

LIFE: Final = "life"

LEFT_FOR: Final = timedelta(days=60)
"""So long the mark of a command that was killed stays; longer than any command is at work."""

LEFT: Final = key_of(AT_WORK)[:-1]

LONGEST_PAUSE_S: Final = 600.0
"""No slot is farther off than this and one gap, but by a server's clock that was set back."""


@dataclass(frozen=True, slots=True)
class Rule51:
    """Whether this account was seen to answer 51 to a repeat; on which WIB day (ISO) that was tried last."""

    day: str
    holds: bool


class Replaced(Exception):  # noqa: N818
    """The record is not the one that was opened."""


@dataclass(frozen=True, slots=True)
class Seal:
    """By what a record is known again while a command is at work: a `mark` of the command's own in it, which
    no older copy has, and which file or which server it is (`life`, "" where that does not tell)."""

    mark: str
    desk: str
    life: str
    place: tuple[int, int] | None


class Account(Store):
    """One account, whatever its address. In a file, which no other machine reads, it has neither pace nor
    stop."""

    server_time: Callable[[sa.Connection], datetime] = staticmethod(server_time)
    """Which day it is for all desks; not asked of a file, which has no clock but ours."""

    longest_silence_s: ClassVar = 10.0
    """Shorter than for a person who only looks; longer than it takes to be refused a lock."""

    def __init__(self, url: str, *, account: str, base_url: str) -> None:
        self._scope = {"account": account}
        self._base_url = base_url
        self._seal: Seal | None = None
        super().__init__(url)
        if self.is_server:
            # Alone on its connection and by itself a transaction: one way to the server and back.
            self._single = self._engine.execution_options(isolation_level="AUTOCOMMIT")
            with self._errors(), self._single.connect() as db:
                db.execute(self.insert(ACCOUNTS).values(self._scope).on_conflict_do_nothing())

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
        """No desk gets a slot within the next `seconds`; nothing in a file."""
        if not self.is_server:
            return
        until = sa.func.greatest(ACCOUNTS.c.last_slot, _now() + min(seconds, LONGEST_PAUSE_S))
        with self._errors(), self._single.connect() as db:
            db.execute(sa.update(ACCOUNTS).where(self._own()).values(last_slot=until))

    # -- what was seen of it -------------------------------------------------------------------------------

    def skew_s(self, now: datetime) -> float:
        """The server's clock minus ours, in seconds, as far as one way to it and back can tell."""
        with self._errors(), self._single.connect() as db:
            return (self.server_time(db) - now).total_seconds()

    def rule_51(self) -> Rule51 | None:
        """None where it was never tried."""
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
        """Every address at which something was sent for this account, and when that was last approved there
        (ISO text), the latest last."""
        with self._errors(), self._engine.connect() as db:
            facts = db.execute(sa.select(META)).all()
        seen = {}
        for key, at in facts:
            if key.startswith("[") and (parts := json.loads(key))[:2] == [ADDRESS_KEY, self._account]:
                seen[str(parts[2])] = str(at)
        return dict(sorted(seen.items(), key=lambda one: one[1]))

    def keep_address(self, at: datetime) -> None:
        """This one, before the first request that may pay leaves for it."""
        with self._errors(), self._engine.begin() as db:
            self.set_fact(
                db, key_of(ADDRESS_KEY, self._account, self._base_url), at.astimezone(WIB).isoformat()
            )

    # -- the stop ------------------------------------------------------------------------------------------

    def stop_all(self, stop: Stop) -> None:
        """Stop every desk, unless one has been faster; nothing in a file."""
        if not self.is_server:
            return
        values = {f"stop_{name}": getattr(stop, name) for name in _STOP}
        free = ACCOUNTS.c.stop_code == ""
        with self._errors(), self._single.connect() as db:
            db.execute(sa.update(ACCOUNTS).where(self._own(), free).values(values))

    def stop_if_restored(self, desk: str, at: datetime) -> None:
        """Stop the desks of every account where a copy of the tables has taken their place: claims that were
        made since it was taken are not in it. From now on that is asked before each claim, too."""
        life = self._stop_if_restored(desk, at) if self.is_server else ""
        mark = key_of(AT_WORK, uuid.uuid4().hex)
        with self._errors(), self._engine.begin() as db:
            left = META.c.key.startswith(LEFT, autoescape=True)
            long_ago = (at.astimezone(WIB) - LEFT_FOR).isoformat()
            db.execute(sa.delete(META).where(left, META.c.value < long_ago))
            self.set_fact(db, mark, at.astimezone(WIB).isoformat())
        self._seal = Seal(mark, desk, life, None if self.is_server else self._place_now())

    def close(self) -> None:
        is_there, seal, self._seal = not self._is_elsewhere, self._seal, None
        if seal is not None and is_there:
            with contextlib.suppress(StorageFailed), self._errors(), self._engine.begin() as db:
                db.execute(sa.delete(META).where(META.c.key == seal.mark))
        super().close()

    def _place_now(self) -> tuple[int, int] | None:
        """Which file has the ledger's path; None for a server, and where there is none."""
        if self.is_server:
            return None
        try:
            status = Path(self.place).stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino

    @property
    def _is_elsewhere(self) -> bool:
        """Whether another file has the place of the one that was opened, or none."""
        return self._seal is not None and self._place_now() != self._seal.place

    def _assert_same(self, db: sa.Connection) -> None:
        """Within each transaction that claims. Raises Replaced where this is not the record that was
        opened."""
        if (seal := self._seal) is None:
            return
        if not self._is_same(db, seal):
            raise Replaced

    def _is_same(self, db: sa.Connection, seal: Seal) -> bool:
        life = sa.literal_column(f"({_LIFE})") if seal.life else sa.literal("")
        found, stands = db.execute(sa.select(life, _standing(seal))).one()
        return found == seal.life and bool(stands) and not self._is_elsewhere

    def _replaced(self) -> StorageFailed:
        """After Replaced: no desk of a server may send until a person has seen to it."""
        if self.is_server and self._seal is not None:
            with self._errors(), self._engine.begin() as db:
                if life := _life_of(db):
                    self.set_fact(db, LIFE, life)
                stop_every_account(db, restored(self._seal.desk, self.server_time(db)))
        return StorageFailed("ledger.moved" if self.is_server else "ledger.replaced", where=self.place)

    def _stop_if_restored(self, desk: str, at: datetime) -> str:
        """Which server, database and timeline this is."""
        with self._errors(), self._engine.begin() as db:
            life = _life_of(db)
            db.execute(self.insert(META).values(key=LIFE, value=life).on_conflict_do_nothing())
            seen = db.execute(
                sa.select(META.c.value).where(META.c.key == LIFE).with_for_update()
            ).scalar_one()
            if life not in {"", seen}:
                self.set_fact(db, LIFE, life)
                stop_every_account(db, restored(desk, at))
        return life

    def stopped(self) -> Stop | None:
        """Why no desk may send; None where all may."""
        if not self.is_server:
            return None
        with self._errors(), self._single.connect() as db:
            return _stop_of(db.execute(sa.select(*_stop_columns()).where(self._own())).one())

    def resume(self, who: str, at: datetime) -> Stop | None:
        """Let all desks send again; the stop that was cleared, if there was one. Who did it is kept."""
        cleared = {"stop_code": "", "resumed_by": who, "resumed_at": at.astimezone(WIB).isoformat()}
        with self._errors(), self._engine.begin() as db:
            mine = sa.select(*_stop_columns()).where(self._own()).with_for_update()
            stop = _stop_of(db.execute(mine).one())
            if stop is not None:
                db.execute(sa.update(ACCOUNTS).where(self._own()).values(cleared))
        return stop

    def _own(self) -> sa.ColumnElement[bool]:
        return sa.and_(*(ACCOUNTS.c[name] == value for name, value in self._scope.items()))


def restored(desk: str, at: datetime) -> Stop:
    """What this desk saw at that time: the server does not know all that it was told."""
    return Stop("ledger.restored", "", desk, at.astimezone(WIB).isoformat(timespec="seconds"))


def stop_every_account(db: sa.Connection, stop: Stop) -> None:
    """One that is stopped already keeps its reason."""
    values = {f"stop_{name}": getattr(stop, name) for name in _STOP}
    db.execute(sa.update(ACCOUNTS).where(ACCOUNTS.c.stop_code == "").values(values))


def _life_of(db: sa.Connection) -> str:
    """Which server, database and timeline this is; each copy that goes on by itself has another. "" where a
    server does not tell."""
    try:
        with db.begin_nested():
            return str(db.execute(sa.text(_LIFE)).scalar_one())
    except (sa.exc.ProgrammingError, sa.exc.NotSupportedError):
        return ""


_LIFE = """
    SELECT concat_ws('/', system_identifier, oid, left(pg_walfile_name(pg_current_wal_lsn()), 8))
    FROM pg_control_system(), pg_database WHERE datname = current_database()
"""

_STOP = ("code", "reason", "desk", "at")


def _standing(seal: Seal) -> sa.ColumnElement[bool]:
    return sa.exists().where(META.c.key == seal.mark)


def _stop_columns() -> list[sa.ColumnElement[str]]:
    return [ACCOUNTS.c[f"stop_{name}"] for name in _STOP]


def _stop_of(values: Iterable[str]) -> Stop | None:
    stop = Stop(*values)
    return stop if stop.code else None


def _now() -> sa.ColumnElement[float]:
    return sa.cast(sa.extract("epoch", sa.func.clock_timestamp()), sa.Double)

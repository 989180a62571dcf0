"""The record that was opened is the one that is written to: another, or an older copy, lacks who was paid.

A file is known by its place on the disk, a server by what it says of itself, timeline included, and both by a
mark that each command leaves in it while it is at work, which no older copy has.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from bulk_topup.core.clock import WIB
from bulk_topup.core.errors import InputError, StorageFailed
from bulk_topup.core.model import Stop
from bulk_topup.record.ledger.store import fact, server_time
from bulk_topup.record.ledger.tables import ACCOUNTS, AT_WORK, META, MOVED, RESTORED, key_of
from bulk_topup.record.ledger.trust import Trust

LIFE: Final = "life of the tables"

LEFT_FOR: Final = timedelta(days=60)
"""How long the mark of a killed command stays; longer than any command runs."""

LEFT: Final = key_of(AT_WORK)[:-1]

STOP: Final = ("code", "reason", "desk", "at")

_LIFE: Final = """
    SELECT concat_ws(
        '/', system_identifier, oid, left(pg_walfile_name(pg_current_wal_lsn()), 8), 'claims'::regclass::oid
    )
    FROM pg_control_system(), pg_database WHERE datname = current_database()
"""


class Replaced(Exception):  # noqa: N818
    """The record is not the one that was opened, or has lost something that was written to it."""


@dataclass(frozen=True, slots=True)
class Seal:
    """Identifies the record: the `mark` of this command, made by `desk`, and which server it is (`life`,
    "" for a file, or if the server does not tell).
    """

    mark: str
    desk: str
    life: str


class Known(Trust):
    """Once sealed, it is checked on each new connection and in every transaction that claims."""

    server_time: Callable[[sa.Connection], datetime] = staticmethod(server_time)
    """Which day it is for all desks; not asked of a file, which has no clock but ours."""

    def __init__(self, url: str) -> None:
        self._seal: Seal | None = None
        self._is_lost = self._is_told = False
        super().__init__(url)
        self._place = self._place_now()
        sa.event.listen(self._engine, "engine_connect", self._recognise)

    def stop_if_restored(self, desk: str, at: datetime) -> None:
        """Seal it; and stop the desks of every account where a copy of the tables has taken their place:
        claims that were made since it was taken are not in it. Raises InputError for a file that was copied
        to where the record is now."""
        mark = key_of(AT_WORK, uuid.uuid4().hex)
        with self._errors(), self._engine.begin() as db:
            if there := fact(db, MOVED):
                raise InputError("ledger.moved_to", where=self.place, there=there)
            # Not by a clock of ours that is weeks ahead: it would sweep away the marks of those at work.
            now = self.server_time(db) if self.is_server else at.astimezone(WIB)
            life = self._seen_life(db, restored(desk, at)) if self.is_server else ""
            left = META.c.key.startswith(LEFT, autoescape=True)
            db.execute(sa.delete(META).where(left, META.c.value < (now - LEFT_FOR).isoformat()))
            self.set_fact(db, mark, now.isoformat())
        self._seal = Seal(mark, desk, life)

    def close(self) -> None:
        seal, self._seal = self._seal, None
        if seal is not None and not (self._is_lost or self._is_elsewhere()):
            with contextlib.suppress(StorageFailed), self._errors(), self._engine.begin() as db:
                db.execute(sa.delete(META).where(META.c.key == seal.mark))
        super().close()

    def _seen_life(self, db: sa.Connection, stop: Stop) -> str:
        life = _life_of(db)
        db.execute(self.insert(META).values(key=LIFE, value=life).on_conflict_do_nothing())
        seen = db.execute(sa.select(META.c.value).where(META.c.key == LIFE).with_for_update()).scalar_one()
        if life not in {"", seen}:
            self.set_fact(db, LIFE, life)
            self._stop_every_account(db, stop)
        return life

    def _stop_every_account(self, db: sa.Connection, stop: Stop) -> None:
        """An account that is already stopped keeps its reason; one that is only known to others, and has its
        entry made later, finds this one (`_stop_left`)."""
        self.set_fact(db, RESTORED, f"{stop.at} {stop.desk}")
        db.execute(sa.update(ACCOUNTS).where(ACCOUNTS.c.stop_code == "").values(stop_values(stop)))

    def _stop_left(self, db: sa.Connection) -> dict[str, str]:
        """What stopped every account lately, for an account that is new here."""
        at, _, desk = fact(db, RESTORED).partition(" ")
        if not at or at < (self.server_time(db) - LEFT_FOR).isoformat():
            return {}
        return stop_values(restored(desk, datetime.fromisoformat(at)))

    @contextlib.contextmanager
    def _sending(self) -> Iterator[sa.Connection]:
        """A transaction for something that is about to be sent."""
        with self._errors(), self._engine.begin() as db:
            self._assert_same(db)
            yield db
            if self._is_elsewhere():
                raise Replaced

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            with super()._errors():
                yield
        except (Replaced, StorageFailed) as error:
            if isinstance(error, Replaced) or (self._seal is not None and self._is_elsewhere()):
                raise self._replaced() from None
            raise

    def _place_now(self) -> tuple[int, int] | None:
        """Which file it is; None on a server, or if it is gone."""
        if self.is_server or not (path := Path(self.place)).is_file():
            return None
        status = path.stat()
        return status.st_dev, status.st_ino

    def _is_elsewhere(self) -> bool:
        """Whether others would now open something else than the file that was opened."""
        return self._place_now() != self._place

    def _recognise(self, db: sa.Connection) -> None:
        if self._seal is None or self._is_lost or db.info.get("seal") == self._seal:
            return
        try:
            self._assert_same(db)
            db.rollback()
        except BaseException:
            db.close()
            raise
        db.info["seal"] = self._seal

    def _assert_same(self, db: sa.Connection) -> None:
        """Raises Replaced."""
        if self._is_lost:
            raise Replaced
        if (seal := self._seal) is None:
            return
        life = sa.literal_column(f"({_LIFE})") if seal.life else sa.literal("")
        stands = sa.exists().where(META.c.key == seal.mark)
        found, is_there = db.execute(sa.select(life, stands)).one()
        if found != seal.life or not is_there or self._is_elsewhere():
            raise Replaced

    def _replaced(self) -> StorageFailed:
        """Nothing is claimed here any more, and no computer of a server may send until a person has acted."""
        self._is_lost = True
        if self.is_server and self._seal is not None and not self._is_told:
            with self._errors(), self._engine.begin() as db:
                stop = restored(self._seal.desk, self.server_time(db))
                self._seen_life(db, stop)
                self._stop_every_account(db, stop)
            self._is_told = True
        return StorageFailed("ledger.moved" if self.is_server else "ledger.replaced", where=self.place)


def restored(desk: str, at: datetime) -> Stop:
    """What this computer saw at that time: the server does not know everything that it was told."""
    return Stop("ledger.restored", "", desk, at.astimezone(WIB).isoformat(timespec="seconds"))


def stop_values(stop: Stop) -> dict[str, str]:
    return {f"stop_{name}": getattr(stop, name) for name in STOP}


def _life_of(db: sa.Connection) -> str:
    """Which server, database, timeline and table this is; each copy that goes on by itself has another. ""
    where a server does not tell."""
    try:
        with db.begin_nested():
            return str(db.execute(sa.text(_LIFE)).scalar_one())
    except (sa.exc.ProgrammingError, sa.exc.NotSupportedError):
        return ""

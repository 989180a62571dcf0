"""What a command works with: the provider, the ledger, the pace and the clock, under one identity."""

from __future__ import annotations

import socket
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from bulk_topup.core.clock import SKEW_LIMIT_S, Clock, SystemClock
from bulk_topup.core.errors import InputError
from bulk_topup.core.model import Order, Outcome, Sheet, account_of
from bulk_topup.provider.address import REHEARSAL_URL
from bulk_topup.provider.pace import Pace, SharedThrottle, Throttle
from bulk_topup.record import paths
from bulk_topup.record.checkpoint.values import REHEARSAL, BatchIdentity
from bulk_topup.record.folder import assert_trusted
from bulk_topup.record.ledger.address import is_address, ledger_url
from bulk_topup.record.ledger.claims import Ledger
from bulk_topup.sending.connect import provider_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bulk_topup.core.status import Status
    from bulk_topup.provider.client import Provider
    from bulk_topup.record.ledger.shared import Account
    from bulk_topup.sending.job import Job


@dataclass(frozen=True)
class Tools:
    provider: Provider
    ledger: Ledger
    throttle: Pace
    clock: SystemClock
    account: str
    base_url: str
    desk: str = ""
    """Who sends from which machine, shown to the account's other computers."""
    asks_anywhere: bool = False
    """A person said that this address also knows what was sent to the others."""

    def asks(self, base_url: str) -> bool:
        """Whether what was sent to that address is looked up here."""
        return self.asks_anywhere or base_url in {"", self.base_url}

    def identity(self, sheet: Sheet) -> BatchIdentity:
        return BatchIdentity(self.account, sheet.path.name, sheet.tab, self.rehearsal)

    @property
    def rehearsal(self) -> str:
        """REHEARSAL or "", as the batch records it."""
        return REHEARSAL if self.base_url == REHEARSAL_URL else ""

    def now_and_skew_s(self) -> tuple[datetime, float | None]:
        """Our time (WIB), and how far the provider's differs, in seconds; None before its first answer."""
        now = self.clock.now()
        return now, self.provider.skew_s(now, self.clock.alive())


@contextmanager
def tools_of(job: Job, login: tuple[str, str], clock: SystemClock) -> Iterator[Tools]:
    """Opens everything a command needs besides the batch's own files, and closes it again.

    `login` is the user name and the password. Raises InputError for an unusable address, StorageFailed for
    the ledger.
    """
    connection = job.connection
    with ExitStack() as stack:
        username, password = login
        provider = stack.enter_context(
            provider_of(connection, username, password, clock, job.files.sandbox_state)
        )
        base_url = REHEARSAL_URL if connection.sandbox else provider.base_url
        if not connection.sandbox and not is_address(job.files.ledger):
            assert_trusted(Path(job.files.ledger), "BULK_TOPUP_LEDGER")
        account = account_of(username)
        ledger = Ledger(ledger_url(job.files.ledger), account=account, base_url=base_url)
        stack.callback(ledger.close)
        if ledger.is_server:
            _assert_same_time(ledger, clock)
        ledger.stop_if_restored(desk_name(), clock.now())
        throttle = pace_of(ledger, connection.rate_per_s, clock)
        yield Tools(provider, ledger, throttle, clock, account, base_url, desk_name(), job.new_address)


def desk_name() -> str:
    """Which user on which computer, as shown to the other computers."""
    return f"{paths.who()} at {socket.gethostname()}"


def _assert_same_time(account: Account, clock: Clock) -> None:
    """Raises InputError if this computer's clock differs from the server's: computers could disagree on
    the day.
    """
    skew_s = account.skew_s(clock.now())
    if abs(skew_s) > SKEW_LIMIT_S:
        raise InputError("ledger.other_time", off_s=round(-skew_s))


def pace_of(account: Account, rate_per_s: float, clock: Clock) -> Pace:
    """The account's shared pace if the ledger is on a server; this computer's own if the ledger is a file."""
    if not account.is_server:
        return Throttle(rate_per_s, clock=clock.alive, sleep=clock.sleep)
    return SharedThrottle(
        rate_per_s, take=account.take_slot, pause=account.pause, clock=clock.alive, sleep=clock.sleep
    )


class Watcher(Protocol):
    """Sees every result as it comes; only displays, never decides."""

    def done(self, order: Order, status: Status, debited: int | None) -> None:
        """An attempt of this order has ended."""

    def balance(self, rupiah: int, needed: int) -> None:
        """The provider stated the deposit left; `needed` is what the rest of the plan costs."""

    def unwritten(self, order: Order, outcome: Outcome) -> None:
        """This answer could not be written, because the checkpoint could no longer be."""

    def waiting(self, pending: int, wait_s: float) -> None:
        """Sending is over; this many pending top-ups are now polled, for up to this long."""

    def settled(self, status: Status, rupiah: int) -> None:
        """A pending order of this many rupiah has become final."""

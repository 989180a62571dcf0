"""The commands that keep a set-up in order, for one desk or for many: `account`."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from bulk_topup import say, steps
from bulk_topup.account import Account
from bulk_topup.config import who
from bulk_topup.credentials import username_of
from bulk_topup.database import is_address, ledger_url
from bulk_topup.errors import Exit, InputError
from bulk_topup.model import account_of
from bulk_topup.provider import checked_base_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bulk_topup.clock import Clock
    from bulk_topup.config import Connection
    from bulk_topup.desk import Desk


def show_account(connection: Connection, ledger: str, desk: Desk) -> Exit:
    """Whether the account is stopped for all of its desks, and why; no network but the ledger's server."""
    with _account(connection, ledger) as account:
        stop = account.stopped()
    if stop is None:
        desk.report({"stop": None}, [say.text("account.free")])
        desk.next([steps.with_account(desk.typed, is_stopped=False)])
        return Exit.OK
    desk.show_stop(stop)
    desk.next([steps.with_account(desk.typed, is_stopped=True)])
    return Exit.STOPPED


def resume_account(connection: Connection, ledger: str, desk: Desk, clock: Clock) -> Exit:
    """Let all desks of the account send again."""
    with _account(connection, ledger) as account:
        stop = account.resume(who(), clock.now())
    if stop is None:
        desk.report({"cleared": None}, [say.text("account.free")])
    else:
        desk.report({"cleared": stop.facts()}, [say.text("account.resumed", **stop.facts())])
    desk.next([steps.with_account(desk.typed, is_stopped=False)])
    return Exit.OK


@contextmanager
def _account(connection: Connection, ledger: str) -> Iterator[Account]:
    """Raises InputError where the ledger is a file: then no desk shares anything with another."""
    if not is_address(ledger):
        raise InputError("account.not_shared", where=ledger)
    base_url = checked_base_url(connection.base_url)
    name = account_of(username_of(connection))
    with closing(Account(ledger_url(ledger), account=name, base_url=base_url)) as account:
        if not account.is_server:
            raise InputError("account.not_shared", where=ledger)
        yield account

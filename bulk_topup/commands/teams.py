"""The commands that keep a set-up in order, for one desk or for many: `account`, `ledger`."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from bulk_topup.commands import next_steps
from bulk_topup.commands.credentials import username_of
from bulk_topup.commands.settings import holds_password
from bulk_topup.core.errors import Exit, InputError
from bulk_topup.core.model import account_of
from bulk_topup.provider.address import checked_base_url
from bulk_topup.record.ledger import copy
from bulk_topup.record.ledger.register import register_of
from bulk_topup.record.ledger.shared import Account
from bulk_topup.record.ledger.tables import Store, is_address, ledger_url, shown
from bulk_topup.record.paths import who
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bulk_topup.commands.terminal import Desk
    from bulk_topup.core.clock import Clock
    from bulk_topup.provider.connection import Connection


def show_account(connection: Connection, ledger: str, desk: Desk) -> Exit:
    """Whether the account is stopped for all of its desks, and why; no network but the ledger's server."""
    with _account(connection, ledger) as account:
        stop = account.stopped()
    if stop is None:
        desk.report({"stop": None}, [say.text("account.free")])
        desk.next([next_steps.with_account(desk.typed, is_stopped=False)])
        return Exit.OK
    desk.show_stop(stop)
    desk.next([next_steps.with_account(desk.typed, is_stopped=True)])
    return Exit.STOPPED


def resume_account(connection: Connection, ledger: str, desk: Desk, clock: Clock) -> Exit:
    """Let all desks of the account send again."""
    with _account(connection, ledger) as account:
        stop = account.resume(who(), clock.now())
    if stop is None:
        desk.report({"cleared": None}, [say.text("account.free")])
    else:
        desk.report({"cleared": stop.facts()}, [say.text("account.resumed", **stop.facts())])
    desk.next([next_steps.with_account(desk.typed, is_stopped=False)])
    return Exit.OK


def copy_ledger(source: str, target: str, desk: Desk) -> Exit:
    """Everything that one ledger holds into another, each row compared; where one differs, nothing at all.

    Raises InputError where there is no source, they are the same, or an address holds a password: both were
    typed in sight of everybody.
    """
    for address in filter(holds_password, (source, target)):
        raise InputError("ledger.typed_password", where=shown(address))
    if shown(source) == shown(target):
        raise InputError("ledger.same", where=shown(source))
    with closing(register_of(source)) as old, closing(Store(ledger_url(target))) as new:
        copied = copy.copy(old, new)
    facts = {"source": shown(source), "target": shown(target), **copied.facts()}
    desk.report(facts, [say.text("ledger.copied", **facts)])
    desk.next([next_steps.with_copy(desk.typed)])
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

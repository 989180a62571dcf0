"""`login` and `logout`: credentials in the system keyring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bulk_topup.commands import next_steps
from bulk_topup.commands.credentials import PASSWORD, asked_login, assert_keyring, forget, keep, variables_set
from bulk_topup.core.errors import Exit, InputError
from bulk_topup.provider.address import checked_base_url
from bulk_topup.sending.connect import provider_of

if TYPE_CHECKING:
    from bulk_topup.commands.terminal import Desk
    from bulk_topup.core.clock import Clock
    from bulk_topup.provider.connection import Connection


def log_in(connection: Connection, desk: Desk, clock: Clock) -> Exit:
    """Ask who we are, prove it with a price list, and keep it in the system keyring."""
    assert_keyring()
    login = asked_login()
    with provider_of(connection, login.username, login.password, clock) as provider:
        provider.price_list()
        keep(provider.base_url, login)
        desk.show_login(login.username, provider.base_url, beaten_by=variables_set())
    desk.next([next_steps.with_login(desk.typed)])
    return Exit.OK


def log_out(connection: Connection, desk: Desk) -> Exit:
    """Remove from the system keyring who we are; that nobody was there is no error. Raises InputError where
    there is no keyring to remove it from."""
    base_url = checked_base_url(connection.base_url)
    try:
        login = forget(base_url)
    except InputError as problem:
        code = _NO_KEYRING.get(problem.code)
        if code is None:
            raise
        raise InputError(code, **problem.facts, variable=PASSWORD) from None
    desk.show_logout(None if login is None else login.username, base_url)
    desk.next([next_steps.with_logout(desk.typed)])
    return Exit.OK


_NO_KEYRING = {"keyring.unsafe": "logout.no_keyring", "keyring.not_installed": "logout.no_library"}

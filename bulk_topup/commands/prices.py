"""The commands that need no batch: `prices`, `template`, `login`, `logout`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bulk_topup.commands import next_steps
from bulk_topup.commands.credentials import (
    PASSWORD,
    asked_login,
    assert_keyring,
    credentials,
    forget,
    keep,
    variables_set,
)
from bulk_topup.core.errors import Exit, InputError
from bulk_topup.provider import price_list
from bulk_topup.provider.client import checked_base_url
from bulk_topup.record.paths import assert_new
from bulk_topup.report import price_table
from bulk_topup.sending.connect import provider_of

if TYPE_CHECKING:
    from pathlib import Path

    from bulk_topup.commands.terminal import Desk
    from bulk_topup.core.clock import Clock
    from bulk_topup.core.model import PriceList
    from bulk_topup.provider.price_list import Wanted
    from bulk_topup.record.paths import Connection


def show_prices(
    connection: Connection, desk: Desk, clock: Clock, wanted: Wanted, output: Path | None
) -> Exit:
    """The live price list, or what is wanted of it; with `output`, in a file that is not there yet."""
    if output is not None:
        assert_new(output, price_table.SUFFIXES)
    prices, moment = live_prices(connection, clock)
    products = price_list.chosen(prices, wanted)
    desk.show_prices(price_table.lines_of(products), list(map(price_table.facts_of, products)), moment)
    if output is not None:
        desk.show_saved_prices(
            price_table.write(
                output,
                products,
                moment=moment,
                rehearsal=connection.sandbox,
                tell=lambda notice: desk.show_notices([notice]),
            )
        )
    if products:
        desk.next([next_steps.with_prices(desk.typed)])
    return Exit.OK


def write_template(connection: Connection, desk: Desk, clock: Clock, target: Path) -> Exit:
    """A starter workbook with the live price list, in a file that is not there yet."""
    from bulk_topup.report import template

    assert_new(target, template.SUFFIXES)
    prices, moment = live_prices(connection, clock)
    count = template.write(target, prices, moment=moment, rehearsal=connection.sandbox)
    desk.show_template(target, count)
    desk.next([next_steps.with_template(desk.typed, target)])
    return Exit.OK


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


def live_prices(connection: Connection, clock: Clock) -> tuple[PriceList, str]:
    """The price list, and when it was read (WIB)."""
    with provider_of(connection, *credentials(connection), clock) as provider:
        return provider.price_list(), f"{clock.now():%Y-%m-%d %H:%M}"

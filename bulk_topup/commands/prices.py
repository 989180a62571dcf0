"""The commands that need no batch: `prices`, `template`, `login`, `logout`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bulk_topup.commands import next_steps
from bulk_topup.commands.credentials import credentials
from bulk_topup.core.errors import Exit
from bulk_topup.provider import price_list
from bulk_topup.record.paths import assert_new
from bulk_topup.report import price_table
from bulk_topup.sending.connect import provider_of

if TYPE_CHECKING:
    from pathlib import Path

    from bulk_topup.commands.terminal import Desk
    from bulk_topup.core.clock import Clock
    from bulk_topup.core.model import PriceList
    from bulk_topup.provider.connection import Connection
    from bulk_topup.provider.price_list import Wanted


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


def live_prices(connection: Connection, clock: Clock) -> tuple[PriceList, str]:
    """The price list, and when it was read (WIB)."""
    with provider_of(connection, *credentials(connection), clock) as provider:
        return provider.price_list(), f"{clock.now():%Y-%m-%d %H:%M}"

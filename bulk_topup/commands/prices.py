"""`prices`: the live price list, on the screen or in a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bulk_topup.commands import params
from bulk_topup.commands.exit_codes import command
from bulk_topup.commands.job_options import connection_of
from bulk_topup.commands.next_steps import A_SHEET
from bulk_topup.commands.options import PATH, PROVIDER
from bulk_topup.core import clock
from bulk_topup.core.clock import Clock
from bulk_topup.core.errors import Exit
from bulk_topup.report.screen.report import saved_report

if TYPE_CHECKING:
    from bulk_topup.commands.terminal import Terminal
    from bulk_topup.core.model import PriceList
    from bulk_topup.provider.address import Connection


@command
@PROVIDER
@click.option("--operator", metavar="NAME", help="Only this operator's products.")
@click.option("--type", type=click.Choice(["pulsa", "data"]), help="Only pulsa, or only data packages.")
@click.option(
    "--nominal", type=params.Rupiah(least=1), metavar="RUPIAH", help="Only products of this nominal."
)
@click.option("--ready", is_flag=True, help="Leave out what can't be ordered now.")
@click.option(
    "--cheapest", is_flag=True, help="The cheapest ready product of each operator, type and nominal."
)
@click.option("--output", type=PATH, metavar="FILE", help="Also save the list (a new .xlsx or .csv file).")
def prices(terminal: Terminal, output: Path | None, **options: Any) -> Exit:
    """Show the live price list.

    \b
    Example:  bulk-topup prices --operator TELKOMSEL --ready
    """
    from bulk_topup.provider import price_list
    from bulk_topup.record.paths import assert_new
    from bulk_topup.report import price_table

    if output is not None:
        assert_new(output, price_table.PRICE_SUFFIXES)
    listed, moment = live_prices(connection_of(options), clock.SystemClock())
    wanted = {name: options[name] for name in ("operator", "type", "nominal", "ready", "cheapest")}
    products = price_list.chosen(listed, price_list.PriceFilter(**wanted))
    terminal.result(price_table.prices_report(products, moment, with_table=output is None))
    if output is not None:
        written = price_table.write_price_table(
            output, products, moment=moment, rehearsal=terminal.rehearsal, tell=terminal.tell
        )
        terminal.report(saved_report("prices.saved", written))
    if products:
        terminal.suggest("prices.next", "template", A_SHEET)
    return Exit.OK


def live_prices(connection: Connection, clock: Clock) -> tuple[PriceList, str]:
    """The price list, and when it was read (WIB)."""
    from bulk_topup.commands.credentials import credentials
    from bulk_topup.sending.connect import provider_of

    with provider_of(connection, *credentials(connection), clock) as provider:
        return provider.price_list(), f"{clock.now():%Y-%m-%d %H:%M}"

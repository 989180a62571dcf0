"""`template`: a starter sheet with today's product codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from bulk_topup.commands import click_command, next_steps
from bulk_topup.commands.asked import connection_of
from bulk_topup.commands.exit_codes import guarded_command
from bulk_topup.commands.options import PATH, PROVIDER, SPEECH
from bulk_topup.core import clock
from bulk_topup.core.errors import Exit

if TYPE_CHECKING:
    from pathlib import Path

    from bulk_topup.commands.terminal import Terminal
    from bulk_topup.core.clock import Clock
    from bulk_topup.core.model import PriceList
    from bulk_topup.provider.address import Connection


@click.command(cls=click_command.Command)
@click.argument("file", type=PATH)
@click.option(
    "--from",
    "earlier",
    type=PATH,
    metavar="SHEET",
    help="Start with the people of an earlier sheet or its results.",
)
@PROVIDER
@SPEECH
@guarded_command
def template(terminal: Terminal, file: Path, earlier: Path | None, **options: Any) -> Exit:
    """Make a new sheet to fill in, with today's product codes to choose from.

    \b
    Example:  bulk-topup template payroll.xlsx
    """

    return write_template(connection_of(options), terminal, clock.SystemClock(), file, earlier)


def write_template(
    connection: Connection, terminal: Terminal, clock: Clock, target: Path, earlier: Path | None = None
) -> Exit:
    """Write a starter workbook with the live price list, optionally with the people of an `earlier` sheet."""
    from bulk_topup.commands.prices import live_prices
    from bulk_topup.record.paths import assert_new
    from bulk_topup.report import template
    from bulk_topup.report.screen.prices import template_report

    assert_new(target, template.TEMPLATE_SUFFIXES)
    prices, moment = live_prices(connection, clock)
    people = None if earlier is None else _people_of(earlier, prices)
    count = template.write(target, prices, moment=moment, rehearsal=connection.sandbox, people=people)
    terminal.report(template_report(target, count, rehearsal=terminal.rehearsal))
    terminal.next([next_steps.with_template(terminal.typed, target)])
    return Exit.OK


def _people_of(path: Path, prices: PriceList) -> list[tuple[str, str, str, int]]:
    """Name, number, product and nominal of each person's row, as far as the sheet states them."""
    from bulk_topup.rules.comparison import people_of
    from bulk_topup.rules.rows import understand
    from bulk_topup.sheet import read_sheet

    sheet = read_sheet(path)
    rows = understand(sheet, prices)
    numbers, products = rows.raw(sheet.columns.number), rows.raw(sheet.columns.product)
    return [
        (one.name, one.number or str(numbers[one.row]), str(products[one.row]), one.amount)
        for one in people_of(rows)
    ]

"""`template`: a starter sheet with today's product codes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bulk_topup.commands.exit_codes import command
from bulk_topup.commands.job_options import connection_of, job_of
from bulk_topup.commands.options import PATH, PROVIDER, TAB
from bulk_topup.core import clock
from bulk_topup.core.errors import Exit
from bulk_topup.core.shell import path_argument
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from bulk_topup.commands.terminal import Terminal
    from bulk_topup.core.model import PriceList, Source


@command
@click.argument("file", type=PATH)
@click.option(
    "--from",
    "earlier",
    type=PATH,
    metavar="SHEET",
    help="Start with the people of an earlier sheet or its results.",
)
@TAB
@PROVIDER
def template(terminal: Terminal, file: Path, earlier: Path | None, **options: Any) -> Exit:
    """Make a new sheet to fill in, with today's product codes to choose from.

    \b
    Example:  bulk-topup template payroll.xlsx
    """
    from bulk_topup.commands.prices import live_prices
    from bulk_topup.record.paths import assert_new
    from bulk_topup.report import template as workbook

    if options["tab"] and earlier is None:
        raise click.UsageError(say.text("usage.sheet_of"))
    source = None if earlier is None else job_of({**options, "sheet": earlier}).source
    assert_new(file, workbook.TEMPLATE_SUFFIXES)
    prices, moment = live_prices(connection_of(options), clock.SystemClock())
    people = None if source is None else _people_of(source, prices)
    count = workbook.write(file, prices, moment=moment, rehearsal=terminal.rehearsal, people=people)
    terminal.result(workbook.template_report(file, count))
    code = "template.next" if earlier is None else "template.next_from"
    terminal.suggest(code, "check", path_argument(file))
    return Exit.OK


def _people_of(source: Source, prices: PriceList) -> list[tuple[str, str, str, str | int, str]]:
    """Name, number, product, nominal and provider of each person's row, as far as the sheet states them."""
    from bulk_topup.commands.sheet_reading import read_now
    from bulk_topup.rules.comparison import people_of
    from bulk_topup.rules.interpretation import as_meant
    from bulk_topup.rules.rows import understand

    sheet = as_meant(read_now(source))
    rows, columns = understand(sheet, prices), sheet.columns
    texts = [rows.raw(at) for at in (columns.number, columns.product, columns.nominal, columns.operator)]
    each = [[str(text[row]).strip() for text in texts] for row in rows.table.index if row not in rows.nobody]
    return [
        (one.name, one.number or number, product, one.amount or nominal, provider)
        for one, (number, product, nominal, provider) in zip(people_of(rows), each, strict=True)
    ]

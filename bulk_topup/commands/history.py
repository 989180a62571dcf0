"""`history`: the batches sent so far, with totals by month; no network."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from typing import Any

import click

from bulk_topup.commands import next_steps
from bulk_topup.commands.exit_codes import command
from bulk_topup.commands.job_options import ledger_of
from bulk_topup.commands.options import MONTH
from bulk_topup.commands.terminal import Terminal
from bulk_topup.core.errors import Exit


@command
@click.option("--sandbox", is_flag=True, help="The rehearsals of the current folder.")
@click.option("--month", type=MONTH, metavar="YYYY-MM", help="Only this month's batches.")
@click.option("--by-group", is_flag=True, help="Also add up by branch or department.")
def history(terminal: Terminal, month: datetime | None, by_group: bool, **options: Any) -> Exit:
    """List the batches sent so far, with totals by month; no network.

    \b
    Example:  bulk-topup history --month 2026-11
    """
    wanted = None if month is None else f"{month:%Y-%m}"
    return show_history(ledger_of(options), terminal, wanted, by_group=by_group)


def show_history(ledger: str, terminal: Terminal, month: str | None, *, by_group: bool = False) -> Exit:
    from bulk_topup.record.batches import as_it_stands
    from bulk_topup.record.ledger.address import shown
    from bulk_topup.record.ledger.register import register_of
    from bulk_topup.report.screen.history import history_report

    with closing(register_of(ledger)) as register:
        entries = register.batches()
    wanted = [entry for entry in entries if month is None or entry.started.startswith(month)]
    batches = [as_it_stands(entry, by_group=by_group) for entry in wanted]
    terminal.result(history_report(batches, month, shown(ledger)))
    terminal.next(next_steps.with_history(terminal.typed, batches))
    return Exit.OK

"""`forget`: removes old numbers from the record of all top-ups."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import click

from bulk_topup.commands import click_command, next_steps, params
from bulk_topup.commands.asked import ledger_of
from bulk_topup.commands.exit_codes import guarded_command
from bulk_topup.commands.options import OVERLAP, SPEECH
from bulk_topup.core import clock
from bulk_topup.core.errors import Exit
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from datetime import date, datetime

    from bulk_topup.commands.terminal import Terminal
    from bulk_topup.core.clock import Clock


@click.command(cls=click_command.Command)
@click.option(
    "--before",
    type=params.Date("%Y-%m-%d", "usage.not_a_day"),
    metavar="YYYY-MM-DD",
    required=True,
    help="Numbers that were sent to before this day.",
)
@OVERLAP
@click.option("--yes", is_flag=True, help="Remove them without asking.")
@SPEECH
@guarded_command
def forget(terminal: Terminal, before: datetime, overlap_days: int, yes: bool) -> Exit:
    """Remove old phone numbers from the record of all top-ups.

    Nothing that may still be needed is removed, and no file is deleted: files that hold numbers are listed.

    \b
    Example:  bulk-topup forget --before 2026-01-01
    """

    return forget_numbers(before.date(), overlap_days, ledger_of({}), terminal, clock.SystemClock(), yes=yes)


def forget_numbers(
    before: date, overlap_days: int, ledger: str, terminal: Terminal, clock: Clock, *, yes: bool
) -> Exit:
    """Remove numbers from before this day from the ledger, for batches with nothing open.

    Raises InputError for a day that is too recent, Declined if a person says no.
    """
    from bulk_topup.record import batches
    from bulk_topup.record.ledger.register import register_of
    from bulk_topup.report.screen.ledger import forgettable_report, forgotten_report

    batches.assert_forgettable(before, clock.now().date(), overlap_days)
    with closing(register_of(ledger)) as register:
        what = batches.forgettable(register.forgettable(before), register.batches(), before)
        terminal.report(forgettable_report(what))
        removed = 0
        if what.count:
            terminal.ask_to_forget(say.text("forget.ask", count=what.count, before=before), yes=yes)
            removed = register.forget(before)
    files = batches.files_left(what.batches)
    terminal.report(forgotten_report(before, removed, files))
    terminal.next([next_steps.with_forgotten(terminal.typed, has_files=bool(files))])
    return Exit.OK

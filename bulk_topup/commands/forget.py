"""`forget`: removes old numbers, or one person's, from the record of all top-ups."""

from __future__ import annotations

from contextlib import closing
from datetime import date, datetime, timedelta

import click

from bulk_topup.commands import next_steps, params
from bulk_topup.commands.exit_codes import command
from bulk_topup.commands.job_options import ledger_of
from bulk_topup.commands.options import OVERLAP
from bulk_topup.commands.terminal import Terminal
from bulk_topup.core import clock
from bulk_topup.core.clock import Clock
from bulk_topup.core.errors import Exit
from bulk_topup.report.words import say


@command
@click.option(
    "--before",
    type=params.Date("%Y-%m-%d", "usage.not_a_day"),
    metavar="YYYY-MM-DD",
    help="Numbers that were sent to before this day.",
)
@click.option("--number", metavar="08...", help="This number alone, where nothing needs it any more.")
@OVERLAP
@click.option("--yes", is_flag=True, help="Remove them without asking.")
@click.option("--sandbox", is_flag=True, help="From the record of the rehearsals.")
def forget(
    terminal: Terminal,
    before: datetime | None,
    number: str | None,
    overlap_days: int,
    yes: bool,
    sandbox: bool,
) -> Exit:
    """Remove old phone numbers from the record of all top-ups.

    Nothing that may still be needed is removed, and no file is deleted: files that hold numbers are listed.

    \b
    Example:  bulk-topup forget --before 2026-01-01
    """
    ledger, now = ledger_of({"sandbox": sandbox}), clock.SystemClock()
    if number is not None and before is None:
        return forget_number(number, overlap_days, ledger, terminal, now, yes=yes)
    if before is None or number is not None:
        raise click.UsageError(say.text("usage.forget"))
    return forget_numbers(before.date(), overlap_days, ledger, terminal, now, yes=yes)


def forget_numbers(
    before: date, overlap_days: int, ledger: str, terminal: Terminal, clock: Clock, *, yes: bool
) -> Exit:
    """Raises InputError for a day that is too recent, Declined if a person says no."""
    from bulk_topup.record import batches
    from bulk_topup.record.ledger.register import register_of
    from bulk_topup.report.screen.ledger import forgettable_report, forgotten_report

    with closing(register_of(ledger)) as register:
        batches.assert_forgettable(before, register.today(clock.now()), overlap_days)
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


def forget_number(
    text: str, overlap_days: int, ledger: str, terminal: Terminal, clock: Clock, *, yes: bool
) -> Exit:
    """Remove one number from the ledger and from plans that are too old, as far as nothing needs it; say what
    is kept, why, and where. Raises InputError for what is no number, Declined where a person says no."""
    from bulk_topup.record import one_number
    from bulk_topup.record.kept_plans import drop_old_plans_in
    from bulk_topup.record.ledger.register import register_of
    from bulk_topup.report import sent_to
    from bulk_topup.report.screen.ledger import forgotten_number_report

    number = sent_to.national(text)
    with closing(register_of(ledger)) as register:
        today = register.today(clock.now())
        before = today - timedelta(days=overlap_days)
        found, entries = sent_to.look_up(number, register), register.batches()
        places = {(one.batch, one.row): one.place for one in found.sent}
        kept = one_number.kept_of(register.claims_of(number), entries, places, before, overlap_days)
        if count := sum(register.forgettable(before, number).values()):
            terminal.ask_to_forget(say.text("forget.ask_number", number=number, count=count), yes=yes)
        removed = register.forget(before, number)
    for folder in one_number.folders_of(entries):
        drop_old_plans_in(folder, today)
    held_by = {one.batch for one in found.sent}
    files = one_number.files_with(number, [one for one in entries if one.batch in held_by], entries)
    terminal.report(forgotten_number_report(number, removed, kept, files))
    terminal.next([next_steps.with_forgotten(terminal.typed, has_files=bool(files))])
    return Exit.OK

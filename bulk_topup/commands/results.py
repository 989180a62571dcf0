"""`results`: writes the results sheet again, from the progress file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bulk_topup.commands.exit_codes import command
from bulk_topup.commands.job_options import job_of
from bulk_topup.commands.options import OUTPUT, PATH, SHEET
from bulk_topup.core import clock
from bulk_topup.core.clock import Clock
from bulk_topup.core.errors import Exit

if TYPE_CHECKING:
    from bulk_topup.commands.terminal import Terminal
    from bulk_topup.rules.journal import Accounts
    from bulk_topup.sending.job import Job


@command
@SHEET
@OUTPUT
@click.option(
    "--journal", type=PATH, metavar="FILE", help="Also write the new entries for the accountants (.csv)."
)
@click.option("--sandbox", is_flag=True, help="The rehearsal's results.")
def results(terminal: Terminal, journal: Path | None, **options: Any) -> Exit:
    """Write the results sheet again, from the progress file.

    \b
    Example:  bulk-topup results payroll_bonus.xlsx
    """
    job, now = job_of(options), clock.SystemClock()
    if journal is not None:
        write_journal(job, journal, click.get_current_context().obj.accounts, terminal, now)
    return rewrite_results(job, terminal, now)


def write_journal(job: Job, target: Path, accounts: Accounts, terminal: Terminal, clock: Clock) -> None:
    """By one command at a time, and of a batch that nobody is sending: two could book the same."""
    from bulk_topup.commands.journal import export_journal
    from bulk_topup.record.lock import only_run
    from bulk_topup.sending.batch import existing_checkpoint

    with (
        only_run(job.files, clock.now(), rehearsal=job.connection.sandbox),
        existing_checkpoint(job) as checkpoint,
    ):
        export_journal(checkpoint, target, accounts, terminal, clock.now())


def rewrite_results(job: Job, terminal: Terminal, clock: Clock) -> Exit:
    from bulk_topup.commands.conclusion import conclude
    from bulk_topup.sending.batch import existing_checkpoint

    with existing_checkpoint(job) as checkpoint:
        return conclude(job, checkpoint, terminal, None, clock=clock)

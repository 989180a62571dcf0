"""`results`: writes the results sheet again, from the progress file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from bulk_topup.commands import click_command
from bulk_topup.commands.asked import job_of
from bulk_topup.commands.exit_codes import guarded_command
from bulk_topup.commands.options import OUTPUT, SHEET, SPEECH
from bulk_topup.core import clock

if TYPE_CHECKING:
    from bulk_topup.commands.terminal import Terminal
    from bulk_topup.core.clock import Clock
    from bulk_topup.core.errors import Exit
    from bulk_topup.sending.job import Job


@click.command(cls=click_command.Command)
@SHEET
@OUTPUT
@click.option("--sandbox", is_flag=True, help="The rehearsal's results.")
@SPEECH
@guarded_command
def results(terminal: Terminal, **options: Any) -> Exit:
    """Write the results sheet again, from the progress file.

    \b
    Example:  bulk-topup results payroll_bonus.xlsx
    """

    return rewrite_results(job_of(options), terminal, clock.SystemClock())


def rewrite_results(job: Job, terminal: Terminal, clock: Clock) -> Exit:
    """Write the results sheet again, from the checkpoint alone."""
    from bulk_topup.commands.conclusion import conclude
    from bulk_topup.sending.batch import existing_checkpoint

    with existing_checkpoint(job) as checkpoint:
        return conclude(job, checkpoint, terminal, None, clock=clock)

"""`verify`: checks the trail of a batch, and what was written from it, against each other; no network."""

from __future__ import annotations

import re
from typing import Any

import click

from bulk_topup.commands.exit_codes import command
from bulk_topup.commands.job_options import job_of
from bulk_topup.commands.options import SHEET
from bulk_topup.commands.terminal import Terminal
from bulk_topup.core.errors import Exit
from bulk_topup.report.words import say


def _head(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str:
    """So much of a hash that no other one begins so."""
    head = re.sub(r"\s", "", value or "").lower()
    if value is not None and not re.fullmatch("[0-9a-f]{16,64}", head):
        raise click.UsageError(say.text("usage.head", value=value))
    return head


@command
@SHEET
@click.option(
    "--head", callback=_head, metavar="HASH", help="The trail's hash on an earlier Summary; 16 digits do."
)
@click.option("--sandbox", is_flag=True, help="The rehearsal's trail.")
def verify(terminal: Terminal, head: str, **options: Any) -> Exit:
    """Check that nothing was changed afterwards; no network.

    \b
    Example:  bulk-topup verify payroll_bonus.xlsx
    """
    from bulk_topup.record.verification import verified
    from bulk_topup.report.screen.verification import verified_report
    from bulk_topup.sending.batch import checkpoint_to_look_into

    with checkpoint_to_look_into(job_of(options)) as checkpoint:
        say.name_tabs(checkpoint.tabs)
        found = verified(checkpoint, head)
        terminal.report(verified_report(found, head, rehearsal=terminal.rehearsal))
        return Exit.OK if found.misfit is None else Exit.NOT_ALL_PAID

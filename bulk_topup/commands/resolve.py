"""`resolve`: closes open rows by a person's decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bulk_topup.commands import params
from bulk_topup.commands.exit_codes import command
from bulk_topup.commands.job_options import NO_NAME, job_of
from bulk_topup.commands.options import EVENTS, NEW_ADDRESS, OF_SHEET, OUTPUT, PATH, PROVIDER
from bulk_topup.core import clock
from bulk_topup.core.clock import SystemClock
from bulk_topup.core.errors import Exit, InputError, ProviderError
from bulk_topup.core.status import Status
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from bulk_topup.commands.terminal import Terminal
    from bulk_topup.record.checkpoint import Checkpoint
    from bulk_topup.sending.job import Job
    from bulk_topup.sending.resolve import Verdict
    from bulk_topup.sending.session import Tools


@command
@click.argument("sheet", type=PATH, required=False)
@OF_SHEET
@click.option("--batch", metavar="NAME", help="Instead of SHEET, if its progress file is gone.")
@OUTPUT
@PROVIDER
@NEW_ADDRESS
@click.option(
    "--row", type=params.RowName(), metavar="N", help='The row, as the sheet numbers it; or "TAB N".'
)
@click.option("--number", metavar="08…", help="Its phone number; both must match.")
@click.option("--invoice", metavar="TRX…", help="Its invoice; counts only if the provider confirms it.")
@click.option("--not-sent", is_flag=True, help="The provider does not have it: the row becomes gagal.")
@click.option("--sent-at", metavar="TIME", help="With --not-sent: the time of the top-up that is meant.")
@click.option(
    "--from", "answers", type=PATH, metavar="FILE", help="Many at once: columns row, number, invoice."
)
@click.option("--note", required=True, metavar="TEXT", help="Who said so, for the record.")
@EVENTS
def resolve(terminal: Terminal, **options: Any) -> Exit:
    """Close an unknown or accepted row by hand.

    \b
    Example:  bulk-topup resolve bonus.xlsx --row 12 --number 0812… --invoice TRX… --note "Rina"
    """
    from bulk_topup.sending import answers

    if options["note"].strip() in NO_NAME:
        raise click.UsageError(say.text("usage.note", note=options["note"]))
    if (options["sheet"] is None) == (options["batch"] is None):
        raise click.UsageError(say.text("usage.resolve_what"))
    if options["batch"] is not None:
        return resolve_on_record(options, terminal, clock.SystemClock())
    if options["answers"] is not None:
        verdicts = answers.read_answers(options["answers"], options["note"])
    elif (
        options["row"] is None or options["number"] is None or bool(options["invoice"]) == options["not_sent"]
    ):
        raise click.UsageError(say.text("usage.resolve"))
    else:
        row, tab = options["row"]
        given = (options["number"], options["invoice"], options["not_sent"], options["note"])
        verdicts = [replace(answers.verdict(row, *given, tab), sent_at=options["sent_at"] or "")]
    return resolve_rows(job_of(options), terminal, clock.SystemClock(), verdicts)


def resolve_on_record(options: dict[str, Any], terminal: Terminal, clock: SystemClock) -> Exit:
    """Close an open row whose progress file is gone. Raises InputError, ProviderError."""
    from bulk_topup.commands.credentials import credentials
    from bulk_topup.commands.planning import new_address
    from bulk_topup.record.paths import who
    from bulk_topup.report.screen.rows import resolved_report
    from bulk_topup.sending import answers
    from bulk_topup.sending.resolve import Verdict
    from bulk_topup.sending.resolve_record import Finding, close_from_record
    from bulk_topup.sending.session import tools_of

    of_a_file = options["answers"] is not None or options["sent_at"] is not None
    is_clear = bool(options["invoice"]) != options["not_sent"] and not of_a_file
    if options["number"] is None or not is_clear:
        raise click.UsageError(say.text("usage.resolve_record"))
    row, _ = options["row"] or (None, "")
    stated = answers.verdict(
        row or 0, options["number"], options["invoice"], options["not_sent"], options["note"]
    )
    job = job_of({**options, "sheet": Path("batch.csv")})
    with tools_of(job, credentials(job.connection), clock) as tools:
        terminal.tell(*new_address(tools, None))
        found = Finding(options["batch"], stated.number, row, stated.invoice, stated.note)
        claim, status = close_from_record(found, tools, who())
    closed = Verdict(claim.row, stated.number, stated.invoice, stated.note)
    terminal.report(resolved_report(closed, Status.UNKNOWN, status))
    terminal.suggest("resolve.next_find", "find", stated.number)
    return Exit.OK if status is Status.SUKSES else Exit.NOT_ALL_PAID


def resolve_rows(
    job: Job, terminal: Terminal, clock: SystemClock, verdicts: Sequence[Verdict | InputError]
) -> Exit:
    """Close open rows by a person's verdicts: every valid one, even if others are wrong.

    Raises InputError if none is valid, ProviderError if the only one could not be checked with the provider;
    then nothing is changed, not even the results.
    """
    from bulk_topup.commands.conclusion import conclude
    from bulk_topup.commands.planning import existing_batch, new_address
    from bulk_topup.report.screen.rows import refused_report

    with existing_batch(job, terminal, clock) as (tools, checkpoint):
        terminal.tell(*new_address(tools, checkpoint))
        refused = [why for why in (resolve_row(one, checkpoint, tools, terminal) for one in verdicts) if why]
        if len(refused) == len(verdicts) == 1:
            raise refused[0]
        terminal.report(refused_report(refused))
        is_unheard = any(isinstance(why, ProviderError) for why in refused)
        if len(refused) == len(verdicts):
            raise (ProviderError if is_unheard else InputError)("resolve.none", count=len(verdicts))
        exit_code = conclude(job, checkpoint, terminal, None, tools, clock=clock)
        if is_unheard:
            return Exit.STOPPED
        return Exit.NOT_ALL_PAID if refused and exit_code is Exit.OK else exit_code


def resolve_row(
    verdict: Verdict | InputError, checkpoint: Checkpoint, tools: Tools, terminal: Terminal
) -> InputError | ProviderError | None:
    """Close one row. Returns what is wrong with the verdict, if anything; then nothing was changed."""
    from bulk_topup.record.paths import who
    from bulk_topup.report.screen.rows import resolved_report
    from bulk_topup.sending.resolve import resolve as close_open_rows

    if isinstance(verdict, InputError):
        return verdict
    try:
        ((before, status),) = close_open_rows(checkpoint, tools, [verdict], who())
    except (InputError, ProviderError) as problem:
        return problem
    terminal.report(resolved_report(verdict, before, status))
    return None

"""`run`: the whole job on one page: read, check, plan, ask, send, settle, write.

Each step has its own module; this file only sets their order and what stops them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from bulk_topup.commands import click_command, params
from bulk_topup.commands.exit_codes import command, commands_of
from bulk_topup.commands.job_options import job_of
from bulk_topup.commands.options import (
    COLUMNS,
    EVENTS,
    NEW_ADDRESS,
    OUTPUT,
    PLANNING,
    PROVIDER,
    SHEET,
    WAIT,
    YES_OPTION,
    option,
)
from bulk_topup.core import clock
from bulk_topup.core.clock import SystemClock
from bulk_topup.core.errors import Exit
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from bulk_topup.commands.terminal import Terminal
    from bulk_topup.sending.job import Job
    from bulk_topup.sheet import Arriving


@command
@SHEET
@COLUMNS
@OUTPUT
@PROVIDER
@option(
    "--workers",
    type=params.WholeRange(1, 64),
    metavar="N",
    default=1,
    show_default=True,
    help="Requests in flight at once.",
)
@WAIT
@PLANNING
@YES_OPTION
@click.option("--approve", metavar="CODE", help="Send the plan that was checked under this code.")
@click.option("--approved-by", metavar="NAME", help="Who approved it; use with --approve.")
@click.option(
    "--pilot", type=params.WholeRange(min=1), metavar="N", help="Send N top-ups first, then ask for the rest."
)
@click.option("--again", is_flag=True, help="Pay even if another batch recently paid most of these rows.")
@NEW_ADDRESS
@EVENTS
def run(terminal: Terminal, **options: Any) -> Exit:
    """Send the top-ups in SHEET; run it again to carry on.

    \b
    Example:  bulk-topup run payroll_bonus.xlsx
    """
    from bulk_topup.commands.sheet_reading import reading_of

    ctx = click.get_current_context()
    known_to_status = {str(param.name) for param in commands_of(ctx)["status"].params}
    typed = click_command.as_typed(ctx, run, click_command.NOT_AGAIN | known_to_status)
    job = replace(job_of(options), typed=typed)
    with reading_of(job, terminal, sends=True) as arriving:
        # Imported now: by the time the results are written, the program may have been replaced.
        from bulk_topup.report import results_workbook  # noqa: F401

        return run_batch(job, arriving, terminal, clock.SystemClock())


def run_batch(job: Job, arriving: Arriving, terminal: Terminal, clock: SystemClock) -> Exit:
    """The whole job; called again, it continues where it stopped."""
    from bulk_topup.commands import planning
    from bulk_topup.commands.conclusion import conclude, keep_in_history, once_sent
    from bulk_topup.commands.credentials import credentials
    from bulk_topup.commands.halts import keep_halt
    from bulk_topup.commands.release import assert_approved, keep_for_approval, release
    from bulk_topup.commands.sending_parts import send_in_parts
    from bulk_topup.record import batches
    from bulk_topup.record.lock import only_run
    from bulk_topup.record.tally import tally
    from bulk_topup.rules import orders, resume
    from bulk_topup.sending.batch import assert_room_for_results, open_checkpoint, start_batch
    from bulk_topup.sending.session import tools_of

    # A batch's orders load while its sheet is read; without a batch, nothing is created before it was read.
    sheet = None if job.files.checkpoint.exists() else planning.read_rows(job, arriving, terminal)
    assert_room_for_results(job.files)
    with (
        only_run(job.files, clock.now(), rehearsal=job.connection.sandbox),
        tools_of(job, credentials(job.connection), clock) as tools,
    ):
        checkpoint = open_checkpoint(job, tools)
        try:
            if checkpoint is not None:
                planning.bring_ledger_up_to_date(checkpoint, tools, terminal)
            known = orders.Known() if checkpoint is None else checkpoint.known()
            sheet = sheet or planning.read_rows(job, arriving, terminal, checkpoint)
            job = planning.with_answers(job, sheet)
            plan, starts_new = planning.make_plan(job, tools, sheet, checkpoint, known)
            moved = planning.new_address(tools, checkpoint)
            elsewhere = planning.sent_elsewhere(tools, checkpoint)
            terminal.tell(*planning.clock_notices(tools), *moved, *elsewhere)
            deposit = batches.last_deposit(tools.ledger.latest_batches(planning.BATCHES_ASKED))
            planning.show_plan(job, tools, plan, deposit, terminal)
            planning.assert_as_expected(job, plan)
            if len(plan.orders) and job.approval is None:
                terminal.say(say.text("plan.code", code=plan.code))
            if checkpoint is not None and starts_new:
                resume.assert_worth_starting(len(plan.orders))
                checkpoint.close()  # merges its write-ahead log: only the file is set aside
                checkpoint = None
            approval = job.approval
            if len(plan.orders):
                planning.assert_within_budget(plan.cost, checkpoint, job.budget)
                approval = release(job, tools, plan, checkpoint, terminal, moved=moved)
            elif job.approval is not None and plan.attempted.empty:  # all that was approved is held by now
                assert_approved(job, job.approval, plan, checkpoint, terminal)
            checkpoint, plan = start_batch(job, tools, plan, checkpoint, approval)
            keep_in_history(checkpoint, tally(checkpoint), tools)
            with once_sent(len(plan.orders)):
                halt = send_in_parts(job, tools, plan, checkpoint, terminal)
                keep_halt(checkpoint, halt, clock)
                if halt is not None:
                    keep_for_approval(job, plan)
                with terminal.interruptible(clock):
                    return conclude(job, checkpoint, terminal, halt, tools, clock=clock)
        finally:
            if checkpoint is not None:
                checkpoint.close()

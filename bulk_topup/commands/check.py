"""`check`: everything up to the plan; sends nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bulk_topup.commands import click_command, next_steps
from bulk_topup.commands.exit_codes import command, commands_of
from bulk_topup.commands.job_options import job_of
from bulk_topup.commands.options import COLUMNS, PATH, PLANNING, PROVIDER, SHEET
from bulk_topup.core import clock
from bulk_topup.core.clock import SystemClock
from bulk_topup.core.errors import Exit, InputError, StorageFailed
from bulk_topup.core.shell import path_argument
from bulk_topup.core.status import FOR_NOBODY
from bulk_topup.report.screen.report import Report, Step, saved_report
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from bulk_topup.commands.terminal import Terminal
    from bulk_topup.rules.approvers import Approvers
    from bulk_topup.rules.plan import Plan
    from bulk_topup.sending.job import Job
    from bulk_topup.sheet import Arriving


@command
@SHEET
@COLUMNS
@PROVIDER
@PLANNING
@click.option(
    "--output", "plan_output", type=PATH, metavar="FILE", help="Also save the plan (a new .xlsx file)."
)
@click.option(
    "--compare", type=PATH, metavar="FILE", help="The earlier sheet to compare with, if not last month's."
)
def check(terminal: Terminal, plan_output: Path | None, compare: Path | None, **options: Any) -> Exit:
    """Show the plan and every finding; send nothing.

    \b
    Example:  bulk-topup check payroll_bonus.xlsx
    """
    from bulk_topup.commands.sheet_reading import reading_of

    ctx = click.get_current_context()
    job = replace(job_of(options), typed=click_command.as_typed(ctx, commands_of(ctx)["run"]))
    with reading_of(job, terminal, sends=False) as arriving:
        return check_batch(job, arriving, terminal, clock.SystemClock(), plan_output, compare)


def check_batch(
    job: Job,
    arriving: Arriving,
    terminal: Terminal,
    clock: SystemClock,
    target: Path | None = None,
    earlier: Path | None = None,
) -> Exit:
    """Show the plan; with `target`, also write a workbook of it to a new file.

    Compares with the sheet `earlier`, or with last month's if there is one. Writes no checkpoint; the plan is
    kept next to it, so that it can be run by its code.
    """
    from bulk_topup.commands import planning
    from bulk_topup.commands.comparing import compared
    from bulk_topup.commands.credentials import credentials
    from bulk_topup.core.model import Notice
    from bulk_topup.record import batches
    from bulk_topup.record.kept_plans import drop_old_plans
    from bulk_topup.record.paths import new_name
    from bulk_topup.report.screen import plan as screen
    from bulk_topup.rules import orders
    from bulk_topup.sending.batch import open_checkpoint
    from bulk_topup.sending.session import tools_of

    if target is not None:
        if target.exists() and target.samefile(job.source.path):
            raise InputError("output.is_sheet", path=target)
        wanted, target = target, new_name(target, (".xlsx",))
        if target != wanted:
            terminal.tell(Notice("saved.new_name", {"target": str(wanted)}))
    sheet = None if job.files.checkpoint.exists() else planning.read_rows(job, arriving, terminal)
    with tools_of(job, credentials(job.connection), clock) as tools:
        checkpoint = open_checkpoint(job, tools)
        try:
            known = orders.Known() if checkpoint is None else checkpoint.known()
            sheet = sheet or planning.read_rows(job, arriving, terminal, checkpoint)
            job = planning.with_answers(job, sheet)
            plan, starts_new = planning.make_plan(job, tools, sheet, checkpoint, known)
            moved = planning.new_address(tools, checkpoint)
            clock_off = planning.clock_notices(tools)
            terminal.tell(*clock_off, *moved)
            present = None if starts_new else checkpoint
            excess = planning.over_budget(plan.cost, present, job.budget) if len(plan.orders) else None
            cost = planning.whole_cost(plan, present)
            deposit = batches.last_deposit(tools.ledger.latest_batches(planning.BATCHES_ASKED))
        finally:
            if checkpoint is not None:
                checkpoint.close()
        planning.show_plan(job, tools, plan, deposit, terminal, every_finding=True)
        terminal.report(compared(plan, job.source, tools, earlier))
        planning.assert_as_expected(job, plan)
        terminal.report(screen.overlap_report(plan))
        if excess is not None:
            terminal.report(screen.over_budget_report(excess))
        if target is not None:
            from bulk_topup.report.plan_workbook import write_plan

            written = write_plan(
                target,
                plan,
                account=tools.account,
                moment=f"{tools.clock.now():%Y-%m-%d %H:%M}",
                budget=job.budget,
                deposit=deposit,
                rehearsal=job.connection.sandbox,
                tell=terminal.tell,
            )
            terminal.report(saved_report("plan.saved", written))
        drop_old_plans(job.files, plan.day)
        enough = None if excess is None else excess["before"] + excess["cost"]
        what = (terminal.typed, plan, job.source.path, job.typed)
        todo = []
        if clock_off:
            again = terminal.typed.line("check", path_argument(job.source.path))
            todo.append(Step(say.text("check.next_clock"), again))
        todo += next_steps.before(*what, needed=enough, results=job.files.results)
        if len(plan.orders):
            terminal.say(say.text("plan.code", code=plan.code))
            if excess is None:
                approvers = tools.ledger.approvers()
                needed = approvers.needed(cost)
                offered = offer_for_approval(job, plan, terminal, approvers, needed)
                todo = [*offered, *todo] if needed else [*todo, *offered]
        terminal.next(todo)
        is_fine = not (plan.overlap or excess or clock_off) and all(
            found.code in FOR_NOBODY for found in plan.findings
        )
        return Exit.OK if is_fine else Exit.NOT_ALL_PAID


def offer_for_approval(
    job: Job, plan: Plan, terminal: Terminal, approvers: Approvers, needed: int
) -> list[Step]:
    """Keep the plan, and show how it is run by its code, or signed where signatures are needed; or say why it
    can't be run from here."""
    from bulk_topup.commands.signed import judged_beside
    from bulk_topup.record.kept_plans import keep_plan
    from bulk_topup.report.screen.approval import not_approvable_report, signatures_facts

    try:
        keep_plan(job.files, plan, like=job.source.path if needed else None)
    except StorageFailed as failure:
        terminal.report(not_approvable_report(plan.code, failure, needed))
        return []
    if needed:
        line = terminal.typed.line("approve", path_argument(job.source.path), f"--plan {plan.code}")
        step = Step(say.text("approve.how", count=needed), line)
    else:
        step = next_steps.step_by_approval(plan.code, job.source.path, job.typed)
    judged = judged_beside(job, approvers, plan.day) if needed else []
    of_plan = [(one.statement, problem) for one, problem in judged if one.statement.plan == plan.code]
    signatures = signatures_facts(needed, of_plan)
    terminal.report(Report({"approval": {"code": plan.code, "command": step.command, **signatures}}))
    return [step]

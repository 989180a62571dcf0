"""`status`: shows how the batch stands, from its progress file; checks the sheet only for changes. Imports
as little as possible.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bulk_topup.commands import next_steps
from bulk_topup.commands.exit_codes import command
from bulk_topup.commands.job_options import job_of
from bulk_topup.commands.options import SHEET
from bulk_topup.core import clock
from bulk_topup.core.clock import Clock
from bulk_topup.core.errors import Exit, InputError
from bulk_topup.core.status import Status, keys_in
from bulk_topup.report.screen.halt import stopped_report, unsent_report
from bulk_topup.report.screen.report import Report, Step
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from datetime import date

    from bulk_topup.commands.terminal import Terminal
    from bulk_topup.record.checkpoint import Checkpoint
    from bulk_topup.sending.job import Job


@command
@SHEET
@click.option("--sandbox", is_flag=True, help="The rehearsal's progress.")
def status(terminal: Terminal, **options: Any) -> Exit:
    """Show what became of the rows so far; no network.

    \b
    Example:  bulk-topup status payroll_bonus.xlsx
    """
    return show_status(job_of(options), terminal, clock.SystemClock())


def show_status(job: Job, terminal: Terminal, clock: Clock) -> Exit:
    """Progress, why it stopped, what is open, and the one thing to do next; writes nothing."""
    from bulk_topup.core.model import Halt
    from bulk_topup.record.lock import at_work
    from bulk_topup.record.tally import tally
    from bulk_topup.report.screen.batch import at_work_report, batch_report
    from bulk_topup.report.screen.rows import closed_report, open_report
    from bulk_topup.report.screen.tally import tally_report
    from bulk_topup.sending.batch import checkpoint_to_look_into

    with ExitStack() as stack:
        try:
            checkpoint = stack.enter_context(checkpoint_to_look_into(job))
        except InputError as problem:
            if problem.code != "checkpoint.by_tab" or job.source.tab:
                raise
            return _show_tabs(job, terminal)
        say.name_tabs(checkpoint.tabs)
        total = tally(checkpoint)
        code, halt_facts, at = checkpoint.halt() or ("", {}, "")
        halt = Halt(code, halt_facts) if code and total.exit_code() is not Exit.OK else None
        terminal.say("")
        terminal.result(tally_report(total, halt=halt))
        open_rows = checkpoint.lines([status for status in Status if status.is_open])
        name_at = checkpoint.places.get("name")
        terminal.report(open_report(list(open_rows), name_at))
        closed = checkpoint.lines(by_hand=True) if total.by_hand.total() else []
        terminal.report(closed_report(closed, name_at))
        if halt is not None:
            terminal.report(stopped_report(halt, at))
        if total.unsent:
            terminal.report(unsent_report(total, checkpoint.last_balance(), halt))
        facts = {name: checkpoint.fact(name) for name in ("budget", "plan_code", "approved_by")}
        terminal.report(at_work_report(at_work(job.files)))
        touched, sendings = checkpoint.last_touched(), checkpoint.sendings()
        terminal.report(batch_report(touched, total.committed, facts, sendings))
        path, written = job.source.path, job.files.results
        last = last_run(checkpoint, path, clock.now().date())
        beside = written if written.is_file() else None
        place = None if beside is None else str(beside)
        terminal.report(Report({"results": place, "trail": checkpoint.head()}))
        again = 0
        if total.rows[Status.UNKNOWN]:
            from bulk_topup.sending import resend

            again = resend.count_resendable(checkpoint, clock.now())
        how = next_steps.now(
            terminal.typed, total, path, last, stopped_by=code, results=beside, resendable=again
        )
        terminal.next(how)
        return total.exit_code()


def _show_tabs(job: Job, terminal: Terminal) -> Exit:
    """Of a workbook whose tabs were run one by one, what became of each."""
    from bulk_topup.record.batches import of_tabs, sheet_of
    from bulk_topup.record.tally import tally
    from bulk_topup.report.screen.tally import RunTab, tabs_report

    found = [
        RunTab(sheet_of(one), one.tabs, one.fact("tab"), tally(one))
        for one in of_tabs(job.source.path, sandbox=job.connection.sandbox)
    ]
    terminal.say("")
    terminal.result(tabs_report(job.source.path.name, found))
    left = [run for run in found if run.total.exit_code() is not Exit.OK]
    terminal.next(Step(say.text("next.tab"), terminal.typed.line("status", run.sheet)) for run in left)
    codes = {run.total.exit_code() for run in found}
    return next(code for code in (Exit.OPEN, Exit.NOT_ALL_PAID, Exit.OK) if code in codes)


def last_run(checkpoint: Checkpoint, sheet: Path, today: date) -> next_steps.LastRun:
    """How to resume the last run of this sheet; on a later day, a corrected sheet goes on only if that is
    said."""
    from bulk_topup.record.set_aside import sha256_of

    code, by = checkpoint.fact("plan_code"), checkpoint.fact("approved_by")
    stopped_by, *_ = checkpoint.halt() or ("",)
    kept = next_steps.past_pilot(checkpoint.fact("options"), stopped_by)
    began = checkpoint.first_day()
    if began is not None and began < today and "--same-batch" not in kept.split():
        kept = f"{kept} --same-batch".strip()
    is_changed = sha256_of(sheet) not in {"", checkpoint.fact("sha256")}
    # Where keys prove who approved, the signatures tell so once more.
    typed = next_steps.approval(code, by) if by and not keys_in(by) else ""
    return next_steps.LastRun(kept, f"--approve {code}" if keys_in(by) else typed, is_changed)

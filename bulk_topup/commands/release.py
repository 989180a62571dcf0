"""Who released the money: a person at the terminal, or an approved plan code."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from bulk_topup.commands.halts import assert_not_stopped
from bulk_topup.commands.signed import approval_by_key, difference_from
from bulk_topup.core.clock import SystemClock
from bulk_topup.core.errors import Declined, StorageFailed
from bulk_topup.core.model import Notice
from bulk_topup.core.shell import path_argument
from bulk_topup.record.kept_plans import approved_plan, keep_plan
from bulk_topup.record.reconcile import lack_of_neighbours
from bulk_topup.report.screen.approval import approved_report
from bulk_topup.report.screen.plan import overlap_report, real_account_report

if TYPE_CHECKING:
    from bulk_topup.commands.terminal import Terminal
    from bulk_topup.record.checkpoint import Checkpoint
    from bulk_topup.rules.plan import Plan
    from bulk_topup.sending.job import Approval, Job
    from bulk_topup.sending.session import Tools

OTHER_DATE_S = 12 * 3600.0
"""A clock that differs more from the provider's shows another day."""


def assert_same_date(tools: Tools) -> None:
    """Raises Declined if our clock shows another day than the provider's: recent payments and the start of
    this batch are compared by day, so a sheet could be paid twice.
    """
    _, skew_s = tools.now_and_skew_s()
    if skew_s is not None and abs(skew_s) > OTHER_DATE_S:
        raise Declined("provider.other_date", off_s=round(-skew_s))


def release(
    job: Job,
    tools: Tools,
    plan: Plan,
    checkpoint: Checkpoint | None,
    terminal: Terminal,
    *,
    moved: Sequence[Notice] = (),
) -> Approval | None:
    """The approval under which it goes, if any. Raises Declined, or InputError for the approval, unless a
    person or an approval releases the money.

    The same goes for a new address if the account has `moved`, and while the account is stopped. From then on
    the account counts as used at this address.
    """
    assert_not_stopped(tools, terminal)
    assert_same_date(tools)
    assert_record_whole(job, tools, plan)
    signed = approval_by_key(job, tools, plan, checkpoint, terminal)
    approval = signed or job.approval
    if approval is not None:
        if signed is None:
            assert_approved(job, approval, plan, checkpoint, terminal)
        assert_unused(approval, tools, checkpoint)
        terminal.report(approved_report(plan, approval))  # The approval includes the address.
    if job.approval is not None:
        terminal.released(len(plan.orders), plan.cost, approval.by if approval else None)
    else:  # who sends what others signed says so all the same
        ask_for_release(job, plan, terminal, moved, tools, approval.by if approval else None)
    tools.ledger.keep_address(tools.clock.now())
    assert_same_day(plan, tools.clock)
    return approval


def assert_record_whole(job: Job, tools: Tools, plan: Plan) -> None:
    """Raises Declined if the record lacks recent payments of a sheet next to this one."""
    if job.connection.sandbox:  # The record of rehearsals has no payments.
        return
    since = plan.day - timedelta(days=job.overlap_days)
    lack = lack_of_neighbours(job.files.checkpoint, tools.ledger, tools.account, since)
    if lack is not None:
        facts = {"where": tools.ledger.place, "batch": lack.batch, "day": lack.day, "count": lack.count}
        raise Declined("ledger.lacks", **facts)


def ask_for_release(
    job: Job, plan: Plan, terminal: Terminal, moved: Sequence[Notice], tools: Tools, by: str | None
) -> None:
    if not job.again:
        terminal.report(overlap_report(plan))
    try:
        if moved and not job.new_address:
            terminal.ask_new_address(moved[0].facts)
        if not (job.yes or terminal.rehearsal):
            rehearsal = terminal.typed.line("run", path_argument(job.source.path), "--sandbox")
            terminal.report(real_account_report(tools.account, rehearsal))
        terminal.ask_to_send(plan, yes=job.yes, again=job.again, pilot=job.pilot, approved_by=by)
    except Declined:
        keep_for_approval(job, plan)
        raise


def assert_approved(
    job: Job, given: Approval, plan: Plan, checkpoint: Checkpoint | None, terminal: Terminal
) -> None:
    """Raises InputError if the approved plan can't be found, Declined if this plan differs from it."""
    approved = approved_plan(job.files, given.code, plan.day)
    if difference := difference_from(approved, given.code, plan, checkpoint, terminal):
        raise difference


def assert_unused(given: Approval, tools: Tools, checkpoint: Checkpoint | None) -> None:
    """An approval covers one batch, even if that batch's progress file is gone. Raises Declined."""
    own = "" if checkpoint is None else checkpoint.batch_id
    used = tools.ledger.approved_under(given.code, but=own)
    if used is not None:
        raise Declined("approval.used", plan=given.code, batch=used.name, day=used.started)


def keep_for_approval(job: Job, plan: Plan) -> None:
    """Keep a plan that was not sent, so that it can be approved. Under an approval, keep that plan's date."""
    if job.approval is None:
        with suppress(StorageFailed):
            keep_plan(job.files, plan)


def assert_same_day(plan: Plan, clock: SystemClock) -> None:
    """Raises Declined if midnight passed since the plan was made: others may have paid since."""
    if clock.now().date() != plan.day:
        raise Declined("declined.other_day")

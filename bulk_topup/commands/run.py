"""The whole flow on one page: read, check, plan, ask, send, settle, write.

Each step is a module of that name; this one only says in which order, and what stops it. What writes a file
is imported where it does: `check`, which most often writes none, would wait for it in vain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bulk_topup.commands.conclusion import conclude, keep_in_history, once_sent
from bulk_topup.commands.credentials import credentials
from bulk_topup.commands.halts import keep_halt
from bulk_topup.commands.planning import (
    BATCHES_ASKED,
    assert_within_budget,
    bring_ledger_up_to_date,
    clock_notices,
    goes_on,
    make_plan,
    read,
    unusual_address,
)
from bulk_topup.commands.release import keep_for_approval, release
from bulk_topup.commands.sending_parts import send_in_parts
from bulk_topup.record import batches
from bulk_topup.record.lock import only_run
from bulk_topup.record.tally import tally
from bulk_topup.rules import orders, resume
from bulk_topup.sending.session import assert_room_for_results, open_checkpoint, start_batch, tools_of

if TYPE_CHECKING:
    from bulk_topup.commands.terminal import Desk
    from bulk_topup.core.clock import SystemClock
    from bulk_topup.core.errors import Exit
    from bulk_topup.sending.job import Job
    from bulk_topup.sheet import Arriving


def run(job: Job, arriving: Arriving, desk: Desk, clock: SystemClock) -> Exit:
    """The whole job; called again, it carries on where it stopped."""
    sheet = None if goes_on(job) else read(job, arriving, desk)
    assert_room_for_results(job.files)
    with (
        only_run(job.files, clock.now(), rehearsal=job.connection.sandbox),
        tools_of(job, credentials(job.connection), clock) as tools,
    ):
        checkpoint = open_checkpoint(job, tools)
        try:
            if checkpoint is not None:
                bring_ledger_up_to_date(checkpoint, tools, desk)
            known = orders.Known() if checkpoint is None else checkpoint.known()
            sheet = sheet or read(job, arriving, desk)
            plan, starts_new = make_plan(job, tools, sheet, checkpoint, known)
            desk.show_notices(clock_notices(tools))
            desk.show_plan(plan, address=unusual_address(tools))
            desk.show_deposit(batches.last_deposit(tools.ledger.latest_batches(BATCHES_ASKED)), plan.cost)
            desk.show_time(len(plan.orders), job.connection.rate_per_s)
            if len(plan.orders) and job.approval is None:
                desk.show_code(plan.code)
            if checkpoint is not None and starts_new:
                resume.assert_worth_starting(len(plan.orders))
                checkpoint.close()  # folds its log back: only the file itself is set aside
                checkpoint = None
            if len(plan.orders):
                assert_within_budget(plan.cost, checkpoint, job.budget)
                release(job, tools, plan, checkpoint, desk)
            checkpoint = start_batch(job, tools, plan, checkpoint)
            keep_in_history(checkpoint, tally(checkpoint), tools)
            with once_sent(len(plan.orders)):
                halt = send_in_parts(job, tools, plan, checkpoint, desk)
                keep_halt(checkpoint, halt, clock)
                if halt is not None:
                    keep_for_approval(job, plan)
                with desk.interruptible(clock):
                    return conclude(job, checkpoint, desk, halt, tools, clock=clock)
        finally:
            if checkpoint is not None:
                checkpoint.close()

"""The whole flow on one page: read, check, plan, ask, send, settle, write.

Each step is a module of that name; this one only says in which order, and what stops it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bulk_topup import batch, checks, results, settle
from bulk_topup import plan as planning
from bulk_topup.config import credentials
from bulk_topup.errors import Declined, Exit, StorageFailed
from bulk_topup.files import existing_checkpoint, only_run, open_checkpoint, start_batch
from bulk_topup.send import Halt, send_waves
from bulk_topup.sheet import read_sheet
from bulk_topup.tools import provider_of, tools_of

if TYPE_CHECKING:
    from bulk_topup.checkpoint import Checkpoint
    from bulk_topup.clock import SystemClock
    from bulk_topup.config import Connection, Job
    from bulk_topup.desk import Desk
    from bulk_topup.model import Sheet
    from bulk_topup.plan import Plan
    from bulk_topup.tools import Tools


def run(job: Job, desk: Desk, clock: SystemClock) -> Exit:
    """The whole job; called again, it carries on where it stopped."""
    with only_run(job.files), tools_of(job, clock) as tools:
        sheet = read(job, desk)
        checkpoint = open_checkpoint(job, tools.identity(sheet))
        if checkpoint is not None:
            settle.bring_ledger_up_to_date(checkpoint, tools.ledger, clock.now())
        plan, starts_new = make_plan(job, tools, sheet, checkpoint)
        desk.show_plan(plan)
        before = 0 if checkpoint is None or starts_new else checkpoint.committed()
        assert_within_budget(plan, before, job.budget)
        if len(plan.orders):
            desk.ask_to_send(plan, yes=job.yes)
        checkpoint = start_batch(job, tools, plan, None if starts_new else checkpoint)
        try:
            halt = send_and_settle(job, tools, plan, checkpoint, desk)
            return conclude(job, checkpoint, desk, halt)
        finally:
            checkpoint.close()


def check(job: Job, desk: Desk, clock: SystemClock) -> Exit:
    """Everything up to the plan. Sends nothing and writes no checkpoint."""
    with tools_of(job, clock) as tools:
        sheet = read(job, desk)
        checkpoint = open_checkpoint(job, tools.identity(sheet))
        try:
            plan, _ = make_plan(job, tools, sheet, checkpoint)
        finally:
            if checkpoint is not None:
                checkpoint.close()
        desk.show_plan(plan, every_finding=True)
        return Exit.NOT_ALL_PAID if plan.findings else Exit.OK


def settle_batch(job: Job, desk: Desk, clock: SystemClock) -> Exit:
    """Ask what became of pending top-ups, and write the results again."""
    with only_run(job.files), tools_of(job, clock) as tools, existing_checkpoint(job, tools) as checkpoint:
        settle.bring_ledger_up_to_date(checkpoint, tools.ledger, clock.now())
        with desk.interruptible(clock):
            settle.poll(checkpoint, tools, wait_s=job.wait_s)
        return conclude(job, checkpoint, desk, interruption(clock))


def write_results(job: Job, desk: Desk) -> Exit:
    """The results sheet again, from the checkpoint alone."""
    with existing_checkpoint(job) as checkpoint:
        return conclude(job, checkpoint, desk, None)


def show_status(job: Job, desk: Desk) -> Exit:
    """What the checkpoint says; no network, nothing written."""
    with existing_checkpoint(job) as checkpoint:
        total = results.tally(checkpoint)
        desk.show_tally(total)
        return total.exit_code()


def show_prices(connection: Connection, desk: Desk, operator: str | None) -> Exit:
    """The live price list."""
    with provider_of(connection, *credentials(connection)) as provider:
        desk.show_prices(provider.price_list().values(), operator)
    return Exit.OK


# -- the steps of `run` ------------------------------------------------------------------------------------


def read(job: Job, desk: Desk) -> Sheet:
    source = job.source
    sheet = read_sheet(
        source.path, tab=source.tab, number_column=source.number_column, product_column=source.product_column
    )
    desk.show_notices(sheet.notices)
    return sheet


def make_plan(job: Job, tools: Tools, sheet: Sheet, checkpoint: Checkpoint | None) -> tuple[Plan, bool]:
    """The plan, and whether it starts a new batch."""
    today = tools.clock.now().date()
    prices = tools.provider.price_list()
    rows = checks.understand(sheet, prices)
    known = batch.Known() if checkpoint is None else checkpoint.known()
    starts_new = batch.must_be_new(known, batch.content_of(rows), today, job.wishes)
    if starts_new:
        known, checkpoint = batch.Known(), None
    elsewhere = tools.ledger.elsewhere(checkpoint.batch_id if checkpoint else "", today)
    identity = planning.Identity(tools.account, tools.base_url, sheet.tab, f"{today:%Y-%m}")
    found = checks.findings(rows, prices)
    plan = planning.make(rows, found, known, elsewhere, job.wishes, identity, job.budget, today)
    return plan, starts_new


def assert_within_budget(plan: Plan, before: int, budget: int | None) -> None:
    """The budget is the batch's: what its earlier runs spent, or may have, counts."""
    if budget is not None and len(plan.orders) and before + plan.cost > budget:
        raise Declined("budget.exceeded", budget=budget, cost=plan.cost, before=before)


def send_and_settle(job: Job, tools: Tools, plan: Plan, checkpoint: Checkpoint, desk: Desk) -> Halt | None:
    """Send what the plan holds, then ask after what is pending. Returns why it stopped early, if it did."""
    clock = tools.clock
    with desk.interruptible(clock), desk.progress(plan.orders, checkpoint.committed()) as watcher:
        try:
            halt = send_waves(plan, checkpoint, tools, watcher, workers=job.workers, wait_s=job.wait_s)
            if not clock.stop.is_set():
                settle.poll(checkpoint, tools, wait_s=job.wait_s, watcher=watcher)
        except StorageFailed as failure:
            return Halt(failure.code, {name: str(fact) for name, fact in failure.facts.items()})
        return halt or interruption(clock)


def interruption(clock: SystemClock) -> Halt | None:
    return Halt("halt.interrupted") if clock.stop.is_set() else None


def conclude(job: Job, checkpoint: Checkpoint, desk: Desk, halt: Halt | None) -> Exit:
    """Write the results, say what became of the rows, and what to do next."""
    written = results.write(checkpoint, job.files.results, rehearsal=job.connection.sandbox)
    total = results.tally(checkpoint)
    desk.show_tally(total, results=written, halt=halt)
    if halt is None:
        return total.exit_code()
    return Exit.INTERRUPTED if halt.code == "halt.interrupted" else Exit.STOPPED

"""The whole flow on one page: read, check, plan, ask, send, settle, write.

Each step is a module of that name; this one only says in which order, and what stops it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bulk_topup import batch, books, checks, results, settle
from bulk_topup import plan as planning
from bulk_topup.config import credentials, who
from bulk_topup.errors import Declined, Exit, StorageFailed
from bulk_topup.files import (
    assert_room_for_results,
    existing_checkpoint,
    only_run,
    open_checkpoint,
    start_batch,
)
from bulk_topup.send import Halt, resend, send_waves
from bulk_topup.sheet import read_sheet
from bulk_topup.tools import provider_of, tools_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bulk_topup.checkpoint import Checkpoint
    from bulk_topup.clock import Clock, SystemClock
    from bulk_topup.config import Connection, Job
    from bulk_topup.desk import Desk
    from bulk_topup.model import Sheet
    from bulk_topup.plan import Plan
    from bulk_topup.settle import Verdict
    from bulk_topup.tools import Tools, Watcher


def run(job: Job, desk: Desk, clock: SystemClock) -> Exit:
    """The whole job; called again, it carries on where it stopped."""
    sheet = read(job, desk)
    assert_room_for_results(job.files)
    with only_run(job.files, rehearsal=job.connection.sandbox), tools_of(job, clock) as tools:
        checkpoint = open_checkpoint(job, tools.identity(sheet))
        try:
            if checkpoint is not None:
                settle.bring_ledger_up_to_date(checkpoint, tools.ledger)
            plan, starts_new = make_plan(job, tools, sheet, checkpoint)
            if checkpoint is not None and starts_new:
                checkpoint.close()  # folds its log back: only the file itself is set aside
                checkpoint = None
            desk.show_plan(plan)
            if len(plan.orders):
                assert_within_budget(plan.cost, checkpoint, job.budget)
                desk.ask_to_send(plan, yes=job.yes, again=job.again)
                assert_same_day(plan, clock)
            checkpoint = start_batch(job, tools, plan, checkpoint)
            with desk.interruptible(clock):
                halt = send_and_settle(job, tools, plan, checkpoint, desk)
                return conclude(job, checkpoint, desk, halt)
        finally:
            if checkpoint is not None:
                checkpoint.close()


def check(job: Job, desk: Desk, clock: SystemClock) -> Exit:
    """Everything up to the plan. Sends nothing and writes no checkpoint."""
    sheet = read(job, desk)
    with tools_of(job, clock) as tools:
        checkpoint = open_checkpoint(job, tools.identity(sheet))
        try:
            plan, _ = make_plan(job, tools, sheet, checkpoint)
        finally:
            if checkpoint is not None:
                checkpoint.close()
        desk.show_plan(plan, every_finding=True)
        return Exit.NOT_ALL_PAID if plan.findings else Exit.OK


def settle_batch(job: Job, desk: Desk, clock: SystemClock) -> Exit:
    """Ask what became of pending top-ups; with `resend`, send unknown ones again where rule 51 guards it."""
    with (
        only_run(job.files, rehearsal=job.connection.sandbox),
        tools_of(job, clock) as tools,
        existing_checkpoint(job, tools) as checkpoint,
    ):
        settle.bring_ledger_up_to_date(checkpoint, tools.ledger)
        with desk.interruptible(clock):
            settle.poll(checkpoint, tools, wait_s=job.wait_s)
        halt = None
        if job.resend and not clock.stop.is_set():
            try:
                halt = resend_unknown(job, tools, checkpoint, desk)
            except Declined:
                conclude(job, checkpoint, desk, None)
                raise
        with desk.interruptible(clock):
            return conclude(job, checkpoint, desk, halt or interruption(clock))


def resolve_rows(job: Job, desk: Desk, clock: SystemClock, verdicts: Sequence[Verdict]) -> Exit:
    """A person closes open rows."""
    with (
        only_run(job.files, rehearsal=job.connection.sandbox),
        tools_of(job, clock) as tools,
        existing_checkpoint(job, tools) as checkpoint,
    ):
        settle.bring_ledger_up_to_date(checkpoint, tools.ledger)
        try:
            for verdict, status in zip(
                verdicts, settle.resolve(checkpoint, tools, verdicts, who()), strict=True
            ):
                desk.show_resolved(verdict, status)
        finally:
            exit_code = conclude(job, checkpoint, desk, None)
        return exit_code


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


def show_prices(connection: Connection, desk: Desk, clock: Clock, operator: str | None) -> Exit:
    """The live price list."""
    with provider_of(connection, *credentials(connection), clock) as provider:
        desk.show_prices(provider.price_list().values(), operator)
    return Exit.OK


# -- the steps of `run` ------------------------------------------------------------------------------------


def read(job: Job, desk: Desk) -> Sheet:
    source = job.source
    sheet = read_sheet(
        source.path, tab=source.tab, number_column=source.number_column, product_column=source.product_column
    )
    checks.assert_header(sheet)
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
    batch_id = checkpoint.batch_id if checkpoint else ""
    elsewhere = tools.ledger.elsewhere(batch_id, known.started or today)
    recent = tools.ledger.paid_since(batch_id, today - batch.OVERLAP_SPAN)
    identity = planning.Identity(tools.account, tools.base_url, sheet.tab, f"{today:%Y-%m}")
    found = checks.findings(rows, prices)
    plan = planning.make(rows, found, known, elsewhere, recent, job.wishes, identity, job.budget, today)
    if not starts_new:
        batch.assert_not_finished(known, len(plan.orders), today, job.wishes)
    return plan, starts_new


def assert_same_day(plan: Plan, clock: SystemClock) -> None:
    """A plan that waited for its yes past midnight knows nothing of what others paid since."""
    if clock.now().date() != plan.day:
        raise Declined("declined.other_day")


def assert_within_budget(cost: int, checkpoint: Checkpoint | None, budget: int | None) -> None:
    """The budget is the batch's: what its earlier runs spent, or may have, counts."""
    before = 0 if checkpoint is None else checkpoint.committed()
    if budget is not None and before + cost > budget:
        raise Declined("budget.exceeded", budget=budget, cost=cost, before=before)


def send_and_settle(job: Job, tools: Tools, plan: Plan, checkpoint: Checkpoint, desk: Desk) -> Halt | None:
    """Send what the plan holds, then ask after what is pending. Returns why it stopped early, if it did."""
    with desk.progress(len(plan.orders), checkpoint.committed()) as watcher:

        def send() -> Halt | None:
            return send_waves(plan, checkpoint, tools, watcher, workers=job.workers, wait_s=job.wait_s)

        return then_poll(send, job, tools, checkpoint, watcher)


def resend_unknown(job: Job, tools: Tools, checkpoint: Checkpoint, desk: Desk) -> Halt | None:
    """Send unknown orders once more, under the guards of `settle.obstacle`; asks first."""
    tools.provider.price_list()  # for its Date header: the clocks must agree now, too
    found = settle.resendable(checkpoint, tools)
    desk.show_obstacles(found.held)
    if not found.orders:
        return None
    # They count as spent already: sending them again adds nothing.
    assert_within_budget(0, checkpoint, job.budget)
    desk.ask_to_resend([open_.order for open_ in found.orders], yes=job.yes)
    checkpoint.note(tools.clock.now(), who(), "resend", note=f"{len(found.orders)} orders")
    orders, spent = len(found.orders), checkpoint.committed()
    with desk.interruptible(tools.clock), desk.progress(orders, spent) as watcher:

        def send() -> Halt | None:
            return resend(found, checkpoint, tools, watcher, job.budget, job.source.path.stem)

        return then_poll(send, job, tools, checkpoint, watcher)


def then_poll(
    send: Callable[[], Halt | None], job: Job, tools: Tools, checkpoint: Checkpoint, watcher: Watcher
) -> Halt | None:
    """Send, then ask after what is pending, unless asked to stop. A write that fails ends both at once."""
    try:
        halt = send()
        if not tools.clock.stop.is_set():
            settle.poll(checkpoint, tools, wait_s=job.wait_s, watcher=watcher)
    except StorageFailed as failure:
        return halt_of(failure)
    return halt or interruption(tools.clock)


def halt_of(failure: StorageFailed) -> Halt:
    return Halt(failure.code, {name: str(fact) for name, fact in failure.facts.items()})


def interruption(clock: SystemClock) -> Halt | None:
    return Halt("halt.interrupted") if clock.stop.is_set() else None


def conclude(job: Job, checkpoint: Checkpoint, desk: Desk, halt: Halt | None) -> Exit:
    """Write the results, say what became of the rows, and what to do next."""
    total = results.tally(checkpoint)
    closed = books.close(checkpoint.debits())
    try:
        rehearsal = job.connection.sandbox
        written = results.write(checkpoint, total, closed, job.files.results, rehearsal=rehearsal)
    except StorageFailed as failure:
        desk.error(failure)
        written, halt = None, halt or halt_of(failure)
    desk.show_tally(total, results=written, halt=halt)
    desk.show_books(closed)
    desk.show_next(total, job.source.path, halt)
    if halt is None:
        return total.exit_code()
    return Exit.INTERRUPTED if halt.code == "halt.interrupted" else Exit.STOPPED

"""The whole flow on one page: read, check, plan, ask, send, settle, write.

Each step is a module of that name; this one only says in which order, and what stops it. What writes a file
is imported where it does: `check`, which most often writes none, would wait for it in vain.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bulk_topup.commands import next_steps
from bulk_topup.commands.status import last_run
from bulk_topup.core.clock import SKEW_LIMIT_S, WIB
from bulk_topup.core.errors import (
    BulkTopupError,
    Declined,
    Exit,
    InputError,
    ProviderError,
    StorageFailed,
    StorageLost,
)
from bulk_topup.core.model import FOR_NOBODY, Halt, NoAnswer, Notice, Status
from bulk_topup.record.checkpoint import halt_fact
from bulk_topup.record.ledger.shared import restored
from bulk_topup.record.lock import (
    approved_plan,
    assert_room_for_results,
    drop_old_plans,
    existing_checkpoint,
    keep_plan,
    only_run,
    open_checkpoint,
    sha256_of,
    start_batch,
)
from bulk_topup.record.paths import DEFAULT_BASE_URL, REHEARSAL_URL, new_name, who
from bulk_topup.record.tally import tally
from bulk_topup.report.screen import history
from bulk_topup.rules import approval, books, checks, pilot, resume
from bulk_topup.rules import plan as planning
from bulk_topup.sending import answers, poll
from bulk_topup.sending.sender import resend, send_waves
from bulk_topup.sending.session import tools_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from bulk_topup.commands.next_steps import Step
    from bulk_topup.commands.terminal import Desk
    from bulk_topup.core.clock import Clock, SystemClock
    from bulk_topup.core.model import Deposit, NotSent, Sheet
    from bulk_topup.record.checkpoint import Checkpoint
    from bulk_topup.record.paths import Approval, Job
    from bulk_topup.record.tally import Tally
    from bulk_topup.rules.plan import Plan
    from bulk_topup.sending.poll import Verdict
    from bulk_topup.sending.session import Tools, Watcher
    from bulk_topup.sheet import Arriving


BATCHES_ASKED = 5
"""So many of the latest batches are looked into for the deposit that the provider stated last."""
OTHER_DATE_S = 12 * 3600.0
"""A clock that is further from the provider's is of another day."""


def run(job: Job, arriving: Arriving, desk: Desk, clock: SystemClock) -> Exit:
    """The whole job; called again, it carries on where it stopped."""
    sheet = None if goes_on(job) else read(job, arriving, desk)
    assert_room_for_results(job.files)
    with only_run(job.files, clock.now(), rehearsal=job.connection.sandbox), tools_of(job, clock) as tools:
        checkpoint = open_checkpoint(job, tools)
        try:
            if checkpoint is not None:
                bring_ledger_up_to_date(checkpoint, tools, desk)
            known = resume.Known() if checkpoint is None else checkpoint.known()
            sheet = sheet or read(job, arriving, desk)
            plan, starts_new = make_plan(job, tools, sheet, checkpoint, known)
            desk.show_notices(clock_notices(tools))
            desk.show_plan(plan, address=unusual_address(tools))
            desk.show_deposit(history.last_deposit(tools.ledger.latest_batches(BATCHES_ASKED)), plan.cost)
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


def check(job: Job, arriving: Arriving, desk: Desk, clock: SystemClock, target: Path | None = None) -> Exit:
    """Everything up to the plan, the budget included; with `target`, a workbook of it in a new file.

    Sends nothing and writes no checkpoint; the plan is kept beside it, for whoever runs it by its code.
    """
    if target is not None:
        if target.exists() and target.samefile(job.source.path):
            raise InputError("output.is_sheet", path=target)
        wanted, target = target, new_name(target, (".xlsx",))
        desk.show_notices([Notice("saved.new_name", {"target": str(wanted)})] if target != wanted else [])
    sheet = None if goes_on(job) else read(job, arriving, desk)
    with tools_of(job, clock) as tools:
        checkpoint = open_checkpoint(job, tools)
        try:
            known = resume.Known() if checkpoint is None else checkpoint.known()
            sheet = sheet or read(job, arriving, desk)
            plan, starts_new = make_plan(job, tools, sheet, checkpoint, known)
            desk.show_notices(clock_notices(tools))
            present = None if starts_new else checkpoint
            excess = over_budget(plan.cost, present, job.budget) if len(plan.orders) else None
            deposit = history.last_deposit(tools.ledger.latest_batches(BATCHES_ASKED))
        finally:
            if checkpoint is not None:
                checkpoint.close()
        desk.show_plan(plan, address=unusual_address(tools), every_finding=True)
        desk.show_deposit(deposit, plan.cost)
        desk.show_time(len(plan.orders), job.connection.rate_per_s)
        if plan.overlap is not None:
            desk.show_overlap(plan.overlap, len(plan.orders))
        if excess is not None:
            desk.show_over_budget(excess)
        if target is not None:
            write_planbook(job, tools, plan, deposit, desk, target)
        drop_old_plans(job.files, plan.day)
        needed = None if excess is None else excess["before"] + excess["cost"]
        what = (desk.typed, plan, job.source.path, job.typed)
        todo = list(next_steps.before(*what, needed=needed, results=job.files.results))
        if len(plan.orders):
            desk.show_code(plan.code)
            todo += offer_for_approval(job, plan, desk) if excess is None else []
        desk.next(todo)
        is_fine = not (plan.overlap or excess) and all(found.code in FOR_NOBODY for found in plan.findings)
        return Exit.OK if is_fine else Exit.NOT_ALL_PAID


def write_planbook(
    job: Job, tools: Tools, plan: Plan, deposit: Deposit | None, desk: Desk, target: Path
) -> None:
    from bulk_topup.report import plan_workbook

    written = plan_workbook.write_plan(
        target,
        plan,
        account=tools.account,
        moment=f"{tools.clock.now():%Y-%m-%d %H:%M}",
        budget=job.budget,
        deposit=deposit,
        rehearsal=job.connection.sandbox,
        tell=lambda notice: desk.show_notices([notice]),
    )
    desk.show_planbook(written)


def offer_for_approval(job: Job, plan: Plan, desk: Desk) -> list[Step]:
    """Keep the plan, and say how it is run by its code; or that it can't be from here."""
    try:
        keep_plan(job.files, plan)
    except StorageFailed as failure:
        desk.show_not_approvable(plan.code, failure)
        return []
    step = next_steps.approved(plan.code, job.source.path, job.typed)
    desk.show_approvable(plan.code, step)
    return [step]


def settle_batch(job: Job, desk: Desk, clock: SystemClock) -> Exit:
    """Ask what became of pending top-ups; with `resend`, send unknown ones again where rule 51 guards it."""
    with (
        only_run(job.files, clock.now(), rehearsal=job.connection.sandbox),
        tools_of(job, clock) as tools,
        existing_checkpoint(job, tools) as checkpoint,
    ):
        bring_ledger_up_to_date(checkpoint, tools, desk)
        with desk.interruptible(clock), desk.progress(0, clock, job.connection.rate_per_s) as watcher:
            asked = len(checkpoint.open_invoices())
            checkpoint.note(clock.now(), who(), "settle", note=f"{asked} to ask after")
            watcher.waiting(asked, job.wait_s)
            silence = poll.poll(checkpoint, tools, wait_s=job.wait_s, watcher=watcher)
        halt = None if silence is None else out_of_reach(silence, tools)
        if job.resend and halt is None and not clock.stop.is_set():
            try:
                halt = resend_unknown(job, tools, checkpoint, desk)
            except Declined:
                conclude(job, checkpoint, desk, None, tools, clock=clock)
                raise
        with once_sent(job.resend), desk.interruptible(clock):
            return conclude(job, checkpoint, desk, halt or interruption(clock), tools, clock=clock)


def resolve_rows(job: Job, desk: Desk, clock: SystemClock, verdicts: Sequence[Verdict | InputError]) -> Exit:
    """A person closes open rows: each verdict that holds, whatever is wrong with the others.

    Raises InputError where none holds, ProviderError where the only one could not be asked about;
    then nothing was changed, and the results are left as they are.
    """
    with (
        only_run(job.files, clock.now(), rehearsal=job.connection.sandbox),
        tools_of(job, clock) as tools,
        existing_checkpoint(job, tools) as checkpoint,
    ):
        bring_ledger_up_to_date(checkpoint, tools, desk)
        refused = [why for why in (resolve_row(one, checkpoint, tools, desk) for one in verdicts) if why]
        if len(refused) == len(verdicts) == 1:
            raise refused[0]
        desk.show_refused(refused)
        is_unheard = any(isinstance(why, ProviderError) for why in refused)
        if len(refused) == len(verdicts):
            raise (ProviderError if is_unheard else InputError)("resolve.none", count=len(verdicts))
        exit_code = conclude(job, checkpoint, desk, None, tools, clock=clock)
        if is_unheard:
            return Exit.STOPPED
        return Exit.NOT_ALL_PAID if refused and exit_code is Exit.OK else exit_code


def resolve_row(
    verdict: Verdict | InputError, checkpoint: Checkpoint, tools: Tools, desk: Desk
) -> InputError | ProviderError | None:
    """Close one row; what is wrong with the verdict, if something is, and then it changed nothing."""
    if isinstance(verdict, InputError):
        return verdict
    try:
        ((before, status),) = poll.resolve(checkpoint, tools, [verdict], who())
    except (InputError, ProviderError) as problem:
        return problem
    desk.show_resolved(verdict, before, status)
    return None


def write_results(job: Job, desk: Desk, clock: Clock) -> Exit:
    """The results sheet again, from the checkpoint alone."""
    with existing_checkpoint(job) as checkpoint:
        return conclude(job, checkpoint, desk, None, clock=clock)


# -- the steps of `run` ------------------------------------------------------------------------------------


def goes_on(job: Job) -> bool:
    """Whether the batch has a checkpoint: to go through a million orders takes as long as to read them, and
    is done meanwhile. Of any other batch nothing is made before its sheet is known to be one."""
    return job.files.checkpoint.exists()


def read(job: Job, arriving: Arriving, desk: Desk) -> Sheet:
    """The sheet; its `hidden` rows are those to leave out."""
    source, sheet = job.source, arriving()
    checks.assert_header(sheet)
    desk.show_notices(sheet.notices)
    if (
        sheet.hidden
        and (source.hidden or desk.ask_hidden(sheet.path.name, sorted(sheet.hidden))) == "include"
    ):
        return replace(sheet, hidden=frozenset())
    return sheet


def bring_ledger_up_to_date(checkpoint: Checkpoint, tools: Tools, desk: Desk) -> None:
    """Before anything is sent, and said where the record had lost something of this batch. A server that had
    been told of it was restored from an older copy: other desks' top-ups are missing, too."""
    was_told = checkpoint.fact("record") == tools.ledger.place
    stop = restored(tools.desk, tools.clock.now()) if was_told and tools.ledger.is_server else None
    count = poll.bring_ledger_up_to_date(checkpoint, tools.ledger, stop)
    if count:
        desk.show_notices([Notice("ledger.put_back", {"count": str(count), "where": tools.ledger.place})])


def make_plan(
    job: Job, tools: Tools, sheet: Sheet, checkpoint: Checkpoint | None, known: resume.Known
) -> tuple[Plan, bool]:
    """The plan, and whether it starts a new batch. Raises InputError for the checkpoint of another tab."""
    if checkpoint is not None:
        checkpoint.assert_identity({"tab": sheet.tab})
    prices = tools.provider.price_list()
    today = tools.clock.now().date()
    rows = checks.understand(sheet, prices)
    starts_new = resume.must_be_new(known, lambda: resume.content_of(rows), today, job.wishes)
    follows = "" if checkpoint is None else checkpoint.batch_id if starts_new else checkpoint.fact("follows")
    if starts_new:
        known, checkpoint = resume.Known(), None
    batch_id = checkpoint.batch_id if checkpoint else ""
    past = resume.Past(
        known,
        tools.ledger.elsewhere(batch_id, known.started or today),
        tools.ledger.paid_since(batch_id, today - timedelta(days=job.overlap_days)),
    )
    identity = planning.Identity(tools.account, tools.base_url, sheet.tab, f"{today:%Y-%m}", follows)
    plan = planning.make(
        rows,
        lambda those: checks.findings(those, prices),
        past,
        job.wishes,
        identity,
        job.budget,
        today,
    )
    if not starts_new:
        resume.assert_not_finished(known, len(plan.orders), today, job.wishes)
    if len(plan.orders):
        history.assert_remembered(known.started, tools.ledger.forgotten_before())
    return plan, starts_new


def clock_notices(tools: Tools) -> list[Notice]:
    """Where our clock is far from the provider's. No reason to stop: the provider's may be the wrong one, and
    each attempt keeps the difference, by which a row that becomes unknown is not sent again."""
    _, skew_s = tools.now_and_skew_s()
    if skew_s is None or abs(skew_s) <= SKEW_LIMIT_S:
        return []
    return [Notice("provider.other_time", {"minutes": f"{-skew_s / 60:+.0f}"})]


def assert_same_date(tools: Tools) -> None:
    """Raises Declined where our clock is of another day than the provider's: what was paid lately, and when
    this batch began, is told by days, and a sheet could be paid again."""
    _, skew_s = tools.now_and_skew_s()
    if skew_s is not None and abs(skew_s) > OTHER_DATE_S:
        raise Declined("provider.other_date", hours=f"{-skew_s / 3600:+.0f}")


def release(job: Job, tools: Tools, plan: Plan, checkpoint: Checkpoint | None, desk: Desk) -> None:
    """Raises Declined, or InputError for the approval, unless a person or an approval releases the money; and
    while the account is stopped."""
    assert_not_stopped(tools, desk)
    assert_same_date(tools)
    if job.approval is not None:
        assert_approved(job, job.approval, plan, checkpoint, desk)
        assert_unused(job.approval, tools, checkpoint)
        desk.show_approved(plan, job.approval)
        return
    try:
        desk.ask_to_send(plan, yes=job.yes, again=job.again, pilot=job.pilot)
        assert_same_day(plan, tools.clock)
    except Declined:
        keep_for_approval(job, plan)
        raise


def unusual_address(tools: Tools) -> str:
    """The provider's address where it is not the one that everybody has; "" for that, and in a rehearsal."""
    return "" if tools.base_url in {DEFAULT_BASE_URL, REHEARSAL_URL} else tools.base_url


def assert_rule_51(tools: Tools, desk: Desk) -> None:
    """Say where it was never seen that the provider answers 51. Raises Declined where it was seen not to."""
    seen = tools.ledger.rule_51()
    if seen is None:
        desk.show_unproven()
    elif not seen.holds:
        raise Declined("resend.disproven", day=seen.day)


def assert_not_stopped(tools: Tools, desk: Desk) -> None:
    """Raises Declined while a code that any desk of the account met holds for all of them."""
    stop = tools.ledger.stopped()
    if stop is not None:
        desk.show_stop(stop)
        raise Declined("account.stopped")


def is_stopped(tools: Tools) -> bool:
    """Whether this desk, or another, has to wait for a person; False where the ledger is out of reach."""
    with suppress(StorageFailed):
        return tools.ledger.stopped() is not None
    return False


def assert_approved(job: Job, given: Approval, plan: Plan, checkpoint: Checkpoint | None, desk: Desk) -> None:
    """Raises InputError where the approved plan is not at hand, Declined where this plan is not that one."""
    approved = approved_plan(job.files, given.code, plan.day)
    facts = ("plan_code", "approved_by")
    by_code, by_person = ("", "") if checkpoint is None else map(checkpoint.fact, facts)
    changes = approval.differences(approved, plan, is_resumed=by_code == given.code and bool(by_person))
    if changes:
        desk.show_changes(changes)
        raise Declined("approval.differs", plan=given.code)


def assert_unused(given: Approval, tools: Tools, checkpoint: Checkpoint | None) -> None:
    """One approval is for one batch, also where that one's progress file is gone. Raises Declined."""
    own = "" if checkpoint is None else checkpoint.batch_id
    used = tools.ledger.approved_under(given.code, but=own)
    if used is not None:
        raise Declined("approval.used", plan=given.code, batch=used.name, day=used.started)


def keep_for_approval(job: Job, plan: Plan) -> None:
    """What was not sent may be approved. Under an approval, that one stays as old as it is."""
    if job.approval is None:
        with suppress(StorageFailed):
            keep_plan(job.files, plan)


def assert_same_day(plan: Plan, clock: SystemClock) -> None:
    """A plan that waited for its yes past midnight knows nothing of what others paid since."""
    if clock.now().date() != plan.day:
        raise Declined("declined.other_day")


def assert_within_budget(cost: int, checkpoint: Checkpoint | None, budget: int | None) -> None:
    excess = over_budget(cost, checkpoint, budget)
    if excess is not None:
        raise Declined("budget.exceeded", **excess)


def over_budget(cost: int, checkpoint: Checkpoint | None, budget: int | None) -> dict[str, int] | None:
    """`cost`, what was spent `before`, and the `budget`, if it is exceeded.

    The budget is the batch's: what its earlier runs spent, or may have, counts.
    """
    if budget is None:
        return None
    before = 0 if checkpoint is None else checkpoint.committed()
    if before + cost <= budget:
        return None
    return {"cost": cost, "before": before, "budget": budget}


def send_in_parts(job: Job, tools: Tools, plan: Plan, checkpoint: Checkpoint, desk: Desk) -> Halt | None:
    """Send what the plan holds; with a pilot, its first orders, and the others once those are seen.

    Returns why it stopped early, if it did.
    """
    limit = checkpoint.committed() + plan.cost
    if job.pilot is None or job.pilot >= len(plan.orders):
        return send_and_settle(job, tools, plan, checkpoint, desk, limit)
    # What was answered before, told by itself and not by a clock that can be set back.
    before = {tuple(answer.values()) for answer in checkpoint.debits()}
    first = plan.first(job.pilot)
    halt = send_and_settle(job, tools, first, checkpoint, desk, limit)
    answers = [answer for answer in checkpoint.debits() if tuple(answer.values()) not in before]
    seen = pilot.seen(first.orders, checkpoint.known(), answers)
    desk.show_pilot(seen, len(plan.orders))
    rest = plan.without_first(job.pilot)
    halt = halt or rest_held_back(job, seen, rest, desk, tools.clock)
    return halt or send_and_settle(job, tools, rest, checkpoint, desk, limit)


def rest_held_back(job: Job, seen: pilot.Pilot, rest: Plan, desk: Desk, clock: SystemClock) -> Halt | None:
    """Why the orders after the pilot are not sent; None where they may go."""
    if job.yes or job.approval is not None:
        return None if seen.is_flawless else Halt("halt.pilot")
    try:
        desk.ask_for_rest(len(rest.orders), rest.cost)
    except Declined:
        return Halt("halt.pilot_only")
    except KeyboardInterrupt:
        return Halt("halt.interrupted")
    return None if clock.now().date() == rest.day else Halt("halt.other_day")


def send_and_settle(
    job: Job, tools: Tools, plan: Plan, checkpoint: Checkpoint, desk: Desk, limit: int
) -> Halt | None:
    """Send what the plan holds, then ask after what is pending. Returns why it stopped early, if it did.

    `limit` is the most that the batch may have cost by the end, in rupiah.
    """
    with (
        desk.interruptible(tools.clock),
        desk.progress(len(plan.orders), tools.clock, job.connection.rate_per_s) as watcher,
    ):

        def send() -> Halt | None:
            halt = send_waves(
                plan, checkpoint, tools, watcher, workers=job.workers, wait_s=job.wait_s, limit=limit
            )
            keep_halt(checkpoint, halt, tools.clock)  # before the wait for pending ones, which takes minutes
            return halt

        return then_poll(send, job, tools, checkpoint, watcher)


def resend_unknown(job: Job, tools: Tools, checkpoint: Checkpoint, desk: Desk) -> Halt | None:
    """Send unknown orders once more, under the guards of `settle.obstacle`; asks first."""
    prices = tools.provider.price_list()  # with a Date header: the clocks must agree now, too
    found = poll.resendable(checkpoint, tools, prices)
    desk.show_obstacles(found.held)
    if not found.orders:
        return None
    assert_not_stopped(tools, desk)
    assert_rule_51(tools, desk)
    # They count as spent already: sending them again adds nothing.
    assert_within_budget(0, checkpoint, job.budget)
    desk.ask_to_resend([open_.order for open_ in found.orders], yes=job.yes)
    checkpoint.note(tools.clock.now(), who(), "resend", note=f"{len(found.orders)} orders")
    with (
        desk.interruptible(tools.clock),
        desk.progress(len(found.orders), tools.clock, job.connection.rate_per_s) as watcher,
    ):

        def send() -> Halt | None:
            return resend(found, checkpoint, tools, watcher, job.budget, job.source.path.stem)

        return then_poll(send, job, tools, checkpoint, watcher)


@contextmanager
def once_sent(may_be: object) -> Iterator[None]:
    """Where something may have been sent, a record that can't be read any more is no refusal: exit code 3."""
    try:
        yield
    except StorageFailed as failure:
        if not may_be:
            raise
        raise StorageLost(failure.code, **failure.facts) from failure


def then_poll(
    send: Callable[[], Halt | None], job: Job, tools: Tools, checkpoint: Checkpoint, watcher: Watcher
) -> Halt | None:
    """Send, then ask after what is pending, unless asked to stop. A write that fails ends both at once."""
    try:
        halt = send()
        if not tools.clock.stop.is_set():
            watcher.waiting(len(checkpoint.open_invoices()), job.wait_s)
            silence = poll.poll(checkpoint, tools, wait_s=job.wait_s, watcher=watcher)
            halt = halt or (None if silence is None else out_of_reach(silence, tools))
    except StorageFailed as failure:
        return halt_of(failure)
    return halt or interruption(tools.clock)


def out_of_reach(silence: NotSent | NoAnswer, tools: Tools) -> Halt:
    """No row is said to be in the provider's hands by a line that is dead."""
    default = "why.no_answer" if isinstance(silence, NoAnswer) else "why.no_way"
    cause = _UNHEARD.get(silence.cause, default)
    return Halt("halt.unheard", {"address": tools.base_url, "cause": cause})


_UNHEARD = {
    "dns": "why.no_name",
    "refused": "why.refused",
    "connect_timeout": "why.timeout",
    "timeout": "why.timeout",
    "certificate": "why.certificate",
    "tls": "why.certificate",
    "proxy": "why.proxy",
}


def halt_of(failure: StorageFailed | ProviderError) -> Halt:
    return Halt(failure.code, {name: str(fact) for name, fact in failure.facts.items()})


def keep_halt(checkpoint: Checkpoint, halt: Halt | None, clock: Clock) -> None:
    """Why this run stopped early, for `status`: as of the first time that it is told."""
    with suppress(StorageFailed):
        code, *_ = checkpoint.halt() or ("",)
        if halt is None:
            checkpoint.set_facts({"halt": ""})
        elif halt.code != code:
            checkpoint.set_facts(halt_fact(halt.code, halt.facts, clock.now()))


def interruption(clock: SystemClock) -> Halt | None:
    return Halt("halt.interrupted") if clock.stop.is_set() else None


def conclude(
    job: Job,
    checkpoint: Checkpoint,
    desk: Desk,
    halt: Halt | None,
    tools: Tools | None = None,
    *,
    clock: Clock,
) -> Exit:
    """Write the results, say what became of the rows, and what to do next; with `tools`, into the history."""
    from bulk_topup.report import results_workbook

    total = tally(checkpoint)
    closed = closed_books(checkpoint)
    typed = keep_typed(checkpoint, job.files.results, desk)
    try:
        written = results_workbook.write(
            checkpoint,
            total,
            closed,
            job.files.results,
            rehearsal=job.connection.sandbox,
            tell=lambda notice: desk.show_notices([notice]),
            typed=typed,
        )
        if written == job.files.results:
            with suppress(StorageFailed):  # they would be set aside next time, and nothing lost
                checkpoint.set_facts({"results_sha256": sha256_of(written)})
    except StorageFailed as failure:
        desk.error(failure)
        written, halt = None, halt or halt_of(failure)
    desk.show_tally(total, results=written, halt=halt)
    desk.show_books(closed)
    if tools is not None:
        try:
            keep_in_history(checkpoint, total, tools)
        except StorageFailed as failure:
            # The money is settled and stands in the progress file, from which `history` reads it as well.
            desk.show_unrecorded(failure)
    again, path = poll.count_resendable(checkpoint, clock.now()), job.source.path
    last, is_halted = last_run(checkpoint, path), halt is not None
    how = next_steps.after(
        desk.typed, total, path, last, results=written, is_halted=is_halted, resendable=again
    )
    desk.next(how)
    if halt is None:
        return total.exit_code()
    desk.show_halt(halt)
    if tools is not None and is_stopped(tools):
        desk.next([next_steps.with_account(desk.typed, is_stopped=True)])
    if total.unsent:
        desk.show_rest(total, path, checkpoint.last_balance(), halt)
    return Exit.INTERRUPTED if halt.code == "halt.interrupted" else Exit.STOPPED


def keep_typed(checkpoint: Checkpoint, results_path: Path, desk: Desk) -> Mapping[tuple[int, str], str]:
    """Set results aside that a person changed since they were written, under the time of that change.

    Returns the answers of their tab of open rows, by sheet row and number; not that a row was not sent, where
    it was sent once more since: that is another question now.
    """
    ours = checkpoint.fact("results_sha256")
    if not results_path.is_file() or (ours and sha256_of(results_path) == ours):
        return {}
    try:
        read = answers.read(results_path, "")
    except BulkTopupError:
        read = []
    changed = datetime.fromtimestamp(results_path.stat().st_mtime, WIB)
    stem = f"{results_path.stem} (changed {changed:%Y-%m-%d %H.%M.%S}"
    names = (
        results_path.with_name(f"{stem}{nth}){results_path.suffix}") for nth in ("", *range(-2, -1000, -1))
    )
    kept = next(path for path in names if not path.exists())
    with suppress(OSError):  # a file that is locked is not replaced either
        results_path.rename(kept)
        desk.show_notices([Notice("saved.kept", {"target": results_path.name, "path": str(kept)})])
    verdicts = [one for one in read if not isinstance(one, InputError) and one.row is not None]
    sent = {(open_.order.row, open_.order.number): open_.past[-1] for open_ in checkpoint.open_orders()}
    typed = {(one.row or 0, one.number): one.invoice or "not sent" for one in verdicts}
    outdated = {
        key
        for key, answer in typed.items()
        if answer == "not sent" and key in sent and sent[key].begun_at > changed
    }
    desk.show_notices([Notice("saved.outdated", {"row": str(row)}) for row, _ in sorted(outdated)])
    return {key: answer for key, answer in typed.items() if key not in outdated}


def closed_books(checkpoint: Checkpoint) -> books.Books:
    prices = checkpoint.undebited()
    paid, open_ = (Status.SUKSES, Status.PENDING), (Status.ACCEPTED, Status.UNKNOWN)
    undebited, may_be = (
        [price for status in group for price in prices.get(status, [])] for group in (paid, open_)
    )
    return books.close(checkpoint.debits(), undebited, may_be)


def keep_in_history(checkpoint: Checkpoint, total: Tally, tools: Tools) -> None:
    """Tell the ledger how the batch stands. Raises StorageFailed: before the first request, that stops it."""
    tools.ledger.record(history.entry_of(checkpoint, total, tools.clock.now().isoformat()))

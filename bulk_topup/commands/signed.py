"""Approvals by key: whether those beside the sheet let this plan go, and whose they are."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING

from bulk_topup.commands.planning import whole_cost
from bulk_topup.core.errors import BulkTopupError, Declined, InputError, StorageFailed
from bulk_topup.core.shell import path_argument
from bulk_topup.record.approvals import approvals_beside
from bulk_topup.record.kept_plans import keep_plan
from bulk_topup.record.paths import who
from bulk_topup.report.screen.approval import changes_report
from bulk_topup.rules import differences, signing
from bulk_topup.rules.approvers import Approvers, SendingUser, folded, problem_with, standing
from bulk_topup.sending.job import Approval, Job

if TYPE_CHECKING:
    from bulk_topup.commands.terminal import Terminal
    from bulk_topup.record.checkpoint import Checkpoint
    from bulk_topup.rules.approval import Document
    from bulk_topup.rules.plan import Plan
    from bulk_topup.rules.signing import Signed, Statement
    from bulk_topup.sending.session import Tools


def approval_by_key(
    job: Job, tools: Tools, plan: Plan, checkpoint: Checkpoint | None, terminal: Terminal
) -> Approval | None:
    """Whose signatures let this plan go; None where the policy asks for none.

    Raises Declined, or InputError for a file that can't be read, where there are not enough.
    """
    approvers = tools.ledger.approvers()
    needed = approvers.needed(whole_cost(plan, checkpoint))
    if not needed:
        if job.approval is not None and not job.approval.by:
            raise Declined("signed.needs_name", plan=job.approval.code)
        if approvers.by_key:
            _assert_not_rejected(plan, _last_words(judged_beside(job, approvers, plan.day)))
        return None
    if job.approval is not None and job.approval.by:
        raise Declined("signed.typed", needed=needed)
    try:
        return _found(job, plan, approvers, needed, checkpoint, terminal)
    except BulkTopupError:
        if job.approval is None:  # so that it can be approved
            with suppress(StorageFailed):
                keep_plan(job.files, plan, like=job.source.path)
        raise


def _found(
    job: Job,
    plan: Plan,
    approvers: Approvers,
    needed: int,
    checkpoint: Checkpoint | None,
    terminal: Terminal,
) -> Approval:
    """By the present plan's code first; by that of another, as where a price fell since, it may be no other
    plan than that was. No approval outlives a rejection of the present plan, or of any since."""
    beside = judged_beside(job, approvers, plan.day)
    valid = _last_words(beside)
    _assert_not_rejected(plan, valid)
    rejections = [one.statement for one in valid if one.statement.rejected]
    latest = sorted((one.statement for one, _ in beside), key=lambda said: said.at, reverse=True)
    codes = [job.approval.code] if job.approval else [plan.code, *(said.plan for said in latest)]
    refusals: list[BulkTopupError] = []
    for code in dict.fromkeys(codes):
        good = [one for one in valid if one.statement.plan == code]
        since = [_rejection(said) for said in rejections if any(said.at >= one.statement.at for one in good)]
        refusal = since[0] if since else _refusal(good, plan, checkpoint, terminal, needed, job)
        if refusal is None:
            public = {one.statement.key: approvers.by_key[one.statement.key].public for one in good}
            signatures = [signing.evidence(one, public[one.statement.key]) for one in good]
            return Approval(code, signing.proven(one.statement for one in good), signatures)
        if code in codes[:1]:
            refusals += [problem for one, problem in beside if problem and one.statement.plan == code]
            missing = refusal
        if good:
            refusals.append(refusal)
    raise [*refusals, missing][0]


def _refusal(
    good: Sequence[Signed],
    plan: Plan,
    checkpoint: Checkpoint | None,
    terminal: Terminal,
    needed: int,
    job: Job,
) -> BulkTopupError | None:
    """Why these valid signatures under one plan are not enough for the present one."""
    for one in good:
        said = one.statement
        if (said.people, said.nominal, said.cost) != (plan.people, plan.nominal, one.document.cost):
            return Declined("signed.other_totals", name=said.name, plan=said.plan)
    if good:
        code = good[0].statement.plan
        if difference := difference_from(good[0].document, code, plan, checkpoint, terminal):
            return difference
    people = {folded(one.statement.user) for one in good}  # who has two keys signs once
    if len(people) < needed:
        line = terminal.typed.line("approve", path_argument(job.source.path), f"--plan {plan.code}")
        names = ", ".join(one.statement.name for one in good) or "-"
        return Declined("signed.too_few", needed=needed, count=len(people), names=names, line=line)
    return None


def _last_words(beside: Sequence[tuple[Signed, Declined | None]]) -> list[Signed]:
    return list(standing(one for one, problem in beside if problem is None))


def _assert_not_rejected(plan: Plan, valid: Sequence[Signed]) -> None:
    """Raises Declined, also where the plan needs no signature."""
    for one in valid:
        if one.statement.rejected and one.statement.plan == plan.code:
            raise _rejection(one.statement)


def _rejection(said: Statement) -> Declined:
    return Declined("signed.rejected", name=said.name, plan=said.plan, reason=said.rejected)


def difference_from(
    approved: Document, code: str, plan: Plan, checkpoint: Checkpoint | None, terminal: Terminal
) -> Declined | None:
    """Why the plan is no longer the one approved under this code; lists what differs."""
    facts = ("plan_code", "approved_by")
    by_code, by_person = ("", "") if checkpoint is None else map(checkpoint.fact, facts)
    is_resumed = by_code == code and bool(by_person)
    changes = differences.differences(approved, plan, is_resumed=is_resumed)
    if not changes:
        return None
    terminal.report(changes_report(changes))
    return Declined("approval.differs", plan=code)


def judged_beside(job: Job, approvers: Approvers, today: date) -> list[tuple[Signed, Declined | None]]:
    """Every approval beside the sheet, with why it does not count for whoever sends from here."""
    sender = SendingUser(who(), _keys_here())
    return [(one, problem_with(one, approvers, sender, today)) for one in approvals_beside(job.files)]


def _keys_here() -> frozenset[str]:
    """The approvers' keys that this user of the computer holds."""
    from bulk_topup.commands.keys import own_keys

    try:
        return frozenset(key.id for key in own_keys())
    except InputError:  # a damaged file of our own opens nothing
        return frozenset()

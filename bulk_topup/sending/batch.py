"""Opens, inspects or starts a batch's checkpoint, for a command."""

from __future__ import annotations

from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

from bulk_topup.core.errors import InputError, StorageFailed
from bulk_topup.core.shell import command_line, path_argument
from bulk_topup.record import paths
from bulk_topup.record.batches import of_tabs, sheet_of
from bulk_topup.record.checkpoint import Checkpoint
from bulk_topup.record.checkpoint.values import halt_fact
from bulk_topup.record.kept_plans import check_of
from bulk_topup.record.lock import signature
from bulk_topup.record.set_aside import set_aside

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from bulk_topup.record.paths import Files
    from bulk_topup.rules.approval import Document
    from bulk_topup.rules.plan import Plan
    from bulk_topup.sending.job import Approval, Job
    from bulk_topup.sending.session import Tools


def assert_room_for_results(files: Files) -> None:
    """Raises InputError if the results' folder is missing, before any money moves."""
    folder = files.results.parent
    if not folder.is_dir():
        raise InputError("output.no_folder", path=files.results, folder=folder)


def open_checkpoint(job: Job, tools: Tools) -> Checkpoint | None:
    """This batch's checkpoint, or None on its first run. Raises InputError if it clearly belongs to another
    batch, even before the sheet is read."""
    return Checkpoint.open(job.files.checkpoint, _before_reading(job, tools))


def _before_reading(job: Job, tools: Tools) -> dict[str, str]:
    return {"account": tools.account, "rehearsal": tools.rehearsal, "file": job.source.path.name}


@contextmanager
def existing_checkpoint(job: Job, tools: Tools | None = None) -> Iterator[Checkpoint]:
    """The checkpoint of a batch that was run before. Raises InputError if there is none."""
    facts = {"file": job.source.path.name} if tools is None else _before_reading(job, tools)
    with _of_this_batch(job, Checkpoint.open(job.files.checkpoint, facts)) as checkpoint:
        yield checkpoint


@contextmanager
def checkpoint_to_look_into(job: Job) -> Iterator[Checkpoint]:
    """The same, without changing any file. Damage is found only in the parts that are read: checking a
    million rows takes seconds, and nothing is sent based on this.
    """
    looked = Checkpoint.look(job.files.checkpoint, {"file": job.source.path.name})
    with _of_this_batch(job, looked) as checkpoint:
        yield checkpoint


def _missing(job: Job) -> InputError:
    """Where tabs of the workbook were run under other names, these."""
    path, sandbox = job.source.path, job.connection.sandbox
    if run := [sheet_of(one) for one in of_tabs(path, sandbox=sandbox)]:
        look = command_line("status", path_argument(path), "--sandbox" if sandbox else "")
        return InputError("checkpoint.by_tab", path=job.files.checkpoint, run=", ".join(run), look=look)
    return InputError("checkpoint.missing", path=job.files.checkpoint, sheet=path.name)


@contextmanager
def _of_this_batch(job: Job, checkpoint: Checkpoint | None) -> Iterator[Checkpoint]:
    if checkpoint is None:
        raise _missing(job)
    try:
        if not checkpoint.has_sheet:
            raise InputError("checkpoint.missing", path=job.files.checkpoint, sheet=job.source.path.name)
        if checkpoint.is_rehearsal != job.connection.sandbox:
            raise InputError("checkpoint.other_rehearsal", path=job.files.checkpoint)
        yield checkpoint
    finally:
        checkpoint.close()


def _earlier_day(job: Job) -> date | None:
    """When the batch of the existing files began: they are looked up by its month."""
    with suppress(InputError, StorageFailed):
        if looked := Checkpoint.look(job.files.checkpoint):
            with closing(looked):
                return looked.started()
    return None


def head_to_sign(job: Job, plan: Document) -> str:
    """The hash of the last entry of the trail of the batch that this plan goes on with, "" of a new one."""
    with suppress(InputError, StorageFailed):
        if looked := Checkpoint.look(job.files.checkpoint, {"file": job.source.path.name}):
            with closing(looked):
                return looked.head() if looked.fact("follows") == plan.facts["follows"] else ""
    return ""


def start_batch(
    job: Job, tools: Tools, plan: Plan, checkpoint: Checkpoint | None, approval: Approval | None
) -> tuple[Checkpoint, Plan]:
    """Make the plan durable in the batch's checkpoint; a new batch sets an old one's files aside.

    Returns the plan as adopted by the checkpoint.
    """
    now, sheet = tools.clock.now(), plan.rows.sheet
    if checkpoint is None:
        set_aside(job.files, _earlier_day(job) or plan.day)
        # Not today: what others paid between the plan and a midnight that has passed since holds it, too.
        own = {"started": plan.day.isoformat(), "follows": str(plan.document.facts["follows"])}
        checkpoint = Checkpoint.create(job.files.checkpoint, tools.identity(sheet), own)
    facts = {
        # Again, because a batch begun by an earlier version may lack it, and would hold nothing on later
        # days.
        "started": (checkpoint.started() or plan.day).isoformat(),
        "sha256": sheet.sha256,
        "budget": "" if job.budget is None else str(job.budget),
        "holder": signature(now),
        "record": tools.ledger.place,
        "unit": str(sheet.unit or ""),
        **halt_fact("halt.cut_off", {}, now),  # Until this run records how it ended.
    }
    code, by = (approval.code, approval.by) if approval else (plan.code, "")
    # A run that sends nothing keeps the record of who approved what was sent, and where it went.
    if len(plan.orders) or not checkpoint.fact("plan_code"):
        facts |= {"plan_code": code, "approved_by": by, "options": job.typed, "base_url": tools.base_url}
    check = {} if checkpoint.fact("plan_code") == code else check_of(job.files, code)
    if check:
        checkpoint.enter(check["at"], "check", check)
    plan = checkpoint.adopt(plan, facts)
    for signed in approval.signatures if approval else ():
        checkpoint.enter(now.isoformat(), "approval", signed)
    note = f"{len(plan.orders)} orders, plan {code}" + (f", approved by {by}" if by else "")
    checkpoint.note(now, paths.who(), "run", note=note, plan_code=code, approved_by=by)
    if len(plan.orders):
        checkpoint.mark_begun()
    return checkpoint, plan

"""The batch's files: one run at a time, opening, starting and setting aside. Never overwrites a record."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from bulk_topup import batch, config
from bulk_topup.checkpoint import BatchIdentity, Checkpoint
from bulk_topup.errors import BatchBusy, InputError, StorageFailed
from bulk_topup.folder import assert_trusted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

    from bulk_topup.config import Files, Job
    from bulk_topup.plan import Plan
    from bulk_topup.tools import Tools


@contextmanager
def only_run(files: Files, *, rehearsal: bool) -> Iterator[None]:
    """Hold this batch for this process; the operating system lets go of it when the process dies.

    Raises BatchBusy where another run holds it, InputError where the folder can't be trusted with the record.
    """
    if not rehearsal:
        assert_trusted(files.checkpoint, "--checkpoint")
    lock = FileLock(files.lock, timeout=0, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        raise BatchBusy("batch.busy", holder=_holder(files.checkpoint)) from None
    except OSError as error:
        raise StorageFailed("checkpoint.unwritable", path=files.checkpoint, why=error) from None
    try:
        yield
    finally:
        lock.release()


def _holder(path: Path) -> str:
    try:
        checkpoint = Checkpoint.open(path)
    except (InputError, StorageFailed):
        return "another run"
    if checkpoint is None:
        return "another run"
    try:
        return checkpoint.fact("holder") or "another run"
    finally:
        checkpoint.close()


def assert_room_for_results(files: Files) -> None:
    """Raises InputError where the folder of the results is missing: better told before the money moves."""
    folder = files.results.parent
    if not folder.is_dir():
        raise InputError("output.no_folder", path=files.results, folder=folder)


def open_checkpoint(job: Job, identity: BatchIdentity) -> Checkpoint | None:
    """This batch's checkpoint, or None on its first run. Raises InputError if it is not this batch's."""
    return Checkpoint.open(job.files.checkpoint, vars(identity))


@contextmanager
def existing_checkpoint(job: Job, tools: Tools | None = None) -> Iterator[Checkpoint]:
    """The checkpoint of a batch that was run before. Raises InputError where there is none."""
    facts = {"file": job.source.path.name}
    if tools is not None:
        facts |= {"account": tools.account, "base_url": tools.base_url}
    checkpoint = Checkpoint.open(job.files.checkpoint, facts)
    if checkpoint is None:
        raise InputError("checkpoint.missing", path=job.files.checkpoint, sheet=job.source.path.name)
    try:
        if not checkpoint.has_sheet:
            raise InputError("checkpoint.missing", path=job.files.checkpoint, sheet=job.source.path.name)
        if (checkpoint.fact("base_url") == config.REHEARSAL_URL) != job.connection.sandbox:
            raise InputError("checkpoint.rehearsal", path=job.files.checkpoint)
        yield checkpoint
    finally:
        checkpoint.close()


def start_batch(job: Job, tools: Tools, plan: Plan, checkpoint: Checkpoint | None) -> Checkpoint:
    """Make the plan durable in the batch's checkpoint; a new batch sets an old one's files aside."""
    now, sheet = tools.clock.now(), plan.rows.sheet
    if checkpoint is None:
        set_aside(job.files, now.date())
        checkpoint = Checkpoint.create(job.files.checkpoint, tools.identity(sheet))
        checkpoint.set_facts({"started": now.date().isoformat()})
    facts = {
        "content": batch.content_of(plan.rows),
        "sha256": sheet.sha256,
        "plan_code": plan.code,
        "holder": f"{config.who()}, since {now:%Y-%m-%d %H:%M} WIB",
    }
    checkpoint.adopt(plan, facts)
    checkpoint.note(now, config.who(), "run", note=f"{len(plan.orders)} orders, plan {plan.code}")
    return checkpoint


def set_aside(files: Files, today: date) -> None:
    """Keep an earlier batch's files under dated names.

    Raises StorageFailed while the checkpoint's log is not folded back: the file alone would not be all of it.
    """
    log = files.checkpoint.with_name(f"{files.checkpoint.name}-wal")
    if files.checkpoint.exists() and log.exists() and log.stat().st_size:
        raise StorageFailed("checkpoint.unwritable", path=files.checkpoint, why="another program has it open")
    for path in (files.checkpoint, files.results):
        if path.exists():
            path.rename(_free_name(path, f"{today:%Y-%m-%d}"))


def _free_name(path: Path, mark: str) -> Path:
    stem, dot, rest = path.name.partition(".")
    names = [f"{stem}.{mark}{dot}{rest}", *(f"{stem}.{mark} ({n}){dot}{rest}" for n in range(2, 1000))]
    return next(other for other in map(path.with_name, names) if not other.exists())

"""The batch's files: one run at a time, opening, starting and setting aside. Never overwrites a record."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from bulk_topup.core.errors import BatchBusy, InputError, StorageFailed, cause_of
from bulk_topup.record import paths
from bulk_topup.record.checkpoint import Checkpoint, halt_fact
from bulk_topup.record.folder import assert_trusted
from bulk_topup.rules import approval

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from bulk_topup.record.paths import Files, Job
    from bulk_topup.rules.plan import Plan
    from bulk_topup.sending.session import Tools


@contextmanager
def only_run(files: Files, now: datetime, *, rehearsal: bool) -> Iterator[None]:
    """Hold this batch for this process; the operating system lets go of it when the process dies.

    Raises BatchBusy where another run holds it, InputError where the folder can't be trusted with the record.
    """
    if not rehearsal:
        assert_trusted(files.checkpoint, "--checkpoint")
    lock = FileLock(files.lock, timeout=0, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        raise BatchBusy("batch.busy", holder=_holder(files.holder)) from None
    except OSError as error:
        raise StorageFailed("checkpoint.unwritable", path=files.checkpoint, why=cause_of(error)) from None
    try:
        _sign(files.holder, signature(now))
        yield
    finally:
        with contextlib.suppress(OSError):
            files.holder.unlink(missing_ok=True)
        lock.release()


def signature(now: datetime) -> str:
    """Who is at work since when."""
    return f"{paths.who()} ({now:%Y-%m-%d %H:%M} WIB)"


def _sign(path: Path, words: str) -> None:
    """Beside the lock, which whoever asks for it empties. Only a courtesy: where it fails, the lock holds."""
    with (
        contextlib.suppress(OSError),
        os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file,
    ):
        file.write(words)


def _holder(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")[:200] or "-"
    except OSError:
        return "-"


def assert_room_for_results(files: Files) -> None:
    """Raises InputError where the folder of the results is missing: better told before the money moves."""
    folder = files.results.parent
    if not folder.is_dir():
        raise InputError("output.no_folder", path=files.results, folder=folder)


def open_checkpoint(job: Job, tools: Tools) -> Checkpoint | None:
    """This batch's checkpoint, or None on its first run. Raises InputError if it is not this batch's, as far
    as that can be told before its sheet is read."""
    return Checkpoint.open(job.files.checkpoint, _before_reading(job, tools))


def _before_reading(job: Job, tools: Tools) -> dict[str, str]:
    return {"account": tools.account, "base_url": tools.base_url, "file": job.source.path.name}


@contextmanager
def existing_checkpoint(job: Job, tools: Tools | None = None) -> Iterator[Checkpoint]:
    """The checkpoint of a batch that was run before. Raises InputError where there is none."""
    facts = {"file": job.source.path.name} if tools is None else _before_reading(job, tools)
    with _of_this_batch(job, Checkpoint.open(job.files.checkpoint, facts)) as checkpoint:
        yield checkpoint


@contextmanager
def checkpoint_to_look_into(job: Job) -> Iterator[Checkpoint]:
    """The same, changing no file. What is damaged in it is found only where it is looked at: to go through a
    million rows for that takes seconds, and nothing is sent on its word.
    """
    looked = Checkpoint.look(job.files.checkpoint, {"file": job.source.path.name})
    with _of_this_batch(job, looked) as checkpoint:
        yield checkpoint


@contextmanager
def _of_this_batch(job: Job, checkpoint: Checkpoint | None) -> Iterator[Checkpoint]:
    if checkpoint is None:
        raise InputError("checkpoint.missing", path=job.files.checkpoint, sheet=job.source.path.name)
    try:
        if not checkpoint.has_sheet:
            raise InputError("checkpoint.missing", path=job.files.checkpoint, sheet=job.source.path.name)
        if (checkpoint.fact("base_url") == paths.REHEARSAL_URL) != job.connection.sandbox:
            raise InputError("checkpoint.rehearsal", path=job.files.checkpoint)
        yield checkpoint
    finally:
        checkpoint.close()


def start_batch(job: Job, tools: Tools, plan: Plan, checkpoint: Checkpoint | None) -> Checkpoint:
    """Make the plan durable in the batch's checkpoint; a new batch sets an old one's files aside."""
    now, sheet = tools.clock.now(), plan.rows.sheet
    if checkpoint is None:
        set_aside(job.files, now.date())
        own = {"started": now.date().isoformat(), "follows": str(plan.document.facts["follows"])}
        checkpoint = Checkpoint.create(job.files.checkpoint, tools.identity(sheet), own)
    facts = {
        # Again: one that was begun by an earlier program may lack it, and then holds nothing on later days.
        "started": (checkpoint.started() or now.date()).isoformat(),
        "sha256": sheet.sha256,
        "budget": "" if job.budget is None else str(job.budget),
        "holder": signature(now),
        "record": tools.ledger.place,
        **halt_fact("halt.cut_off", {}, now),  # until this run says how it ended
    }
    code, by = (job.approval.code, job.approval.by) if job.approval else (plan.code, "")
    # A run that sends nothing leaves it as it was: by whom that was approved which was sent.
    if len(plan.orders) or not checkpoint.fact("plan_code"):
        facts |= {"plan_code": code, "approved_by": by, "options": job.typed}
    checkpoint.adopt(plan, facts)
    note = f"{len(plan.orders)} orders, plan {code}" + (f", approved by {by}" if by else "")
    checkpoint.note(now, paths.who(), "run", note=note, plan_code=code, approved_by=by)
    return checkpoint


def set_aside(files: Files, today: date) -> None:
    """Keep an earlier batch's files under dated names, the same mark in both.

    The checkpoint goes last: until then a kill leaves the batch as it was, and its results can be written
    again from it. Raises StorageFailed while the checkpoint's log is not folded back: the file alone would
    not be all of it.
    """
    log = files.checkpoint.with_name(f"{files.checkpoint.name}-wal")
    if files.checkpoint.exists() and log.exists() and log.stat().st_size:
        raise StorageFailed("checkpoint.unwritable", path=files.checkpoint, why="why.open_elsewhere")
    marks = (f"{today:%Y-%m-%d}", *(f"{today:%Y-%m-%d} ({n})" for n in range(2, 1000)))
    pair = (files.results, files.checkpoint)
    mark = next(mark for mark in marks if not any(_marked(path, mark).exists() for path in pair))
    for path in pair:
        if path.exists():
            path.rename(_marked(path, mark))


def _marked(path: Path, mark: str) -> Path:
    """`bonus.results.xlsx` as `bonus.2025-02-20.results.xlsx`."""
    stem, dot, rest = path.name.partition(".")
    return path.with_name(f"{stem}.{mark}{dot}{rest}")


def sha256_of(path: Path) -> str:
    """ "" of a file that can't be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


# -- plans kept for their approval -------------------------------------------------------------------------


def keep_plan(files: Files, plan: Plan) -> None:
    """Keep the plan beside the checkpoint under its code, whole or not at all, readable by its owner alone.

    Raises StorageFailed where it can't be written.
    """
    target = files.plan(plan.code)
    try:
        handle, draft = tempfile.mkstemp(prefix=".bulk-topup-", suffix=".tmp", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(approval.kept(plan.document, plan.day))
                file.flush()
                os.fsync(file.fileno())
            Path(draft).replace(target)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StorageFailed("approval.unwritable", path=target, why=cause_of(error)) from None


def approved_plan(files: Files, code: str, today: date) -> approval.Document:
    """What was approved under this code. Raises InputError where it is not here, altered or too old."""
    path = files.plan(code)
    try:
        content = path.read_bytes()
    except OSError:
        raise InputError("approval.missing", plan=code, path=path) from None
    return approval.opened(content, code, today)


def drop_old_plans(files: Files, today: date) -> None:
    """Delete this sheet's kept plans that are too old to be approved; what can't be deleted stays."""
    before, after = files.plan("|").name.split("|")
    name = re.compile(f"{re.escape(before)}[0-9A-Z]{{4}}(-[0-9A-Z]{{4}}){{3}}{re.escape(after)}")
    with contextlib.suppress(OSError):
        for path in [path for path in files.checkpoint.parent.iterdir() if name.fullmatch(path.name)]:
            with contextlib.suppress(OSError, ValueError):
                if not approval.is_good(_checked_on(path), today):
                    path.unlink()


def _checked_on(path: Path) -> date:
    with path.open("rb") as file:
        return approval.checked_on(file.readline(100))

"""Plans kept next to the checkpoint for their approval."""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_topup.core.clock import SystemClock
from bulk_topup.core.errors import InputError, StorageFailed
from bulk_topup.core.os_errors import cause_of
from bulk_topup.record.paths import who
from bulk_topup.rules import approval

if TYPE_CHECKING:
    from datetime import date

    from bulk_topup.record.paths import Files
    from bulk_topup.rules.plan import Plan


def keep_plan(files: Files, plan: Plan, *, like: Path | None = None) -> None:
    """Keep the plan beside the checkpoint under its code, whole or not at all, readable by its owner alone,
    or by whoever may read the file `like` it.

    Raises StorageFailed where it can't be written.
    """
    target = files.plan(plan.code)
    try:
        write_whole(target, approval.file_content(plan.document, plan.day, plan.basis | _by_whom()), like)
    except OSError as error:
        raise StorageFailed("approval.unwritable", path=target, why=cause_of(error)) from None


def write_whole(target: Path, content: bytes, like: Path | None = None) -> None:
    """Durably, readable as `keep_plan` says. Raises OSError, and leaves nothing then."""
    handle, draft = tempfile.mkstemp(prefix=".bulk-topup-", suffix=".tmp", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if (as_is := like or target).exists():
            Path(draft).chmod(as_is.stat().st_mode & 0o666)
        Path(draft).replace(target)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def approved_plan(files: Files, code: str, today: date) -> approval.Document:
    """The plan approved under this code. Raises InputError if it is not here, altered or too old."""
    path = files.plan(code)
    try:
        content = path.read_bytes()
    except OSError:
        raise InputError("approval.missing", plan=code, path=path) from None
    return approval.read_document(content, code, today)


def _by_whom() -> dict[str, str]:
    return {"at": SystemClock().now().isoformat(), "by": who()}


def check_of(files: Files, code: str) -> dict[str, str]:
    """The check that was kept under this code, for the trail: when, and by whom; nothing where none was."""
    with contextlib.suppress(OSError, ValueError, AttributeError), files.plan(code).open("rb") as file:
        first = json.loads(file.readline())
        return {"plan_code": code, **{name: str(first.get(name, "")) for name in ("checked", "at", "by")}}
    return {}


def drop_old_plans(files: Files, today: date) -> None:
    """Delete this sheet's kept plans that are too old to be approved; what can't be deleted stays."""
    before, after = files.plan("|").name.split("|")
    _drop_old(files.checkpoint.parent, re.escape(before), re.escape(after), today)


def drop_old_plans_in(folder: Path, today: date) -> None:
    """The same, of every sheet in this folder."""
    _drop_old(folder, r".+\.", r"\.plan", today)


def _drop_old(folder: Path, before: str, after: str, today: date) -> None:
    name = re.compile(f"{before}[0-9A-Z]{{4}}(-[0-9A-Z]{{4}}){{3}}{after}")
    with contextlib.suppress(OSError):
        for path in [path for path in folder.iterdir() if name.fullmatch(path.name)]:
            with contextlib.suppress(OSError, ValueError):
                if not approval.is_good(_checked_on(path), today):
                    path.unlink()


def _checked_on(path: Path) -> date:
    with path.open("rb") as file:
        return approval.checked_on(file.readline())

"""Approvals beside the sheet: written by approvers, on any computer, and found by whoever sends."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bulk_topup.core.errors import InputError, StorageFailed
from bulk_topup.core.os_errors import cause_of
from bulk_topup.record.kept_plans import write_whole
from bulk_topup.record.paths import new_name
from bulk_topup.rules import approval, signing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

    from bulk_topup.record.paths import Files


def keep_approval(files: Files, signed: signing.Signed, sheet: Path) -> Path:
    """In a new file, readable like the sheet: of several approvers of one plan, each has their own."""
    path = new_name(files.approval(signed.statement.plan), (".approval",))
    try:
        write_whole(path, signing.file_of(signed), sheet)
    except OSError as error:
        raise StorageFailed("signed.unwritable", path=path, why=cause_of(error)) from None
    return path


def approvals_beside(files: Files) -> Iterator[signing.Signed]:
    """Of this sheet, whatever the plan. Raises InputError for a file that can't be one."""
    for path in _named_like(files.approval("|")):
        try:
            yield signing.read_signed(path.read_bytes())
        except (OSError, ValueError):
            raise InputError("signed.unreadable", path=path) from None


def plans_to_approve(files: Files, code: str | None, today: date) -> dict[str, bytes]:
    """The kept plans by their codes, the one of this `code` or all that are good today.

    Raises InputError where there is none.
    """
    if code is not None:
        content = _kept(files.plan(code))
        approval.read_document(content, code, today)
        return {code: content}
    found = {path.name.split(".")[-2]: _kept(path) for path in _named_like(files.plan("|"))}
    good = {code: content for code, content in found.items() if _is_good(content, code, today)}
    if not good:
        raise InputError("signed.no_plan", folder=files.checkpoint.parent)
    return good


def _is_good(content: bytes, code: str, today: date) -> bool:
    try:
        approval.read_document(content, code, today)
    except InputError:
        return False
    return True


def _kept(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError("signed.plan_unreadable", path=path, why=cause_of(error)) from None


def _named_like(pattern: Path) -> list[Path]:
    """A plan code stands for the bar; a program may have put a number after it."""
    before, _, after = pattern.name.rpartition("|")
    name = re.compile(
        f"{re.escape(before)}[0-9A-Z]{{4}}(-[0-9A-Z]{{4}}){{3}}( ?\\([0-9]+\\))?{re.escape(after)}"
    )
    try:
        return sorted(path for path in pattern.parent.iterdir() if name.fullmatch(path.name))
    except OSError:
        return []

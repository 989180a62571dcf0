"""The record of all top-ups: copied, forgotten, not writable, and what it knows of rule 51."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_topup.report.screen.report import Report
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from bulk_topup.record.batches import Forgettable
    from bulk_topup.record.ledger.copy import Copied
    from bulk_topup.record.one_number import Kept


def copied_report(source: str, target: str, copied: Copied) -> Report:
    facts = {"source": source, "target": target, **copied.facts()}
    return Report(facts, [say.text("ledger.copied", **facts)])


def forgettable_report(what: Forgettable) -> Report:
    """What would be removed, and what is kept although it is old enough."""
    return Report({}, list(_forgettable_lines(what)))


def _forgettable_lines(what: Forgettable) -> Iterator[str]:
    for entry in what.batches:
        yield say.text("forget.batch", day=entry.started, name=entry.name, count=what.counts[entry.batch])
    for entry in what.still_open:
        yield say.text("forget.kept", day=entry.started, name=entry.name, count=entry.open)
    if not what.count:
        yield say.text("forget.nothing")


def forgotten_report(before: date, removed: int, files: Sequence[Path]) -> Report:
    """`files` also hold numbers from before that day, and are kept."""
    facts = {"before": before.isoformat(), "removed": removed, "files_left": list(map(str, files))}
    lines = [say.text("forget.done", count=removed)] if removed else []
    if files:
        lines += [say.text("forget.files"), *(f"  {say.printable(str(path))}" for path in files)]
    return Report(facts, lines)


def forgotten_number_report(number: str, removed: int, kept: Sequence[Kept], files: Sequence[Path]) -> Report:
    """`kept` are its claims that protect still; `files` hold it, too, and are left."""
    facts = {
        "number": number,
        "removed": removed,
        "kept": [{**asdict(one), "until": one.until.isoformat() if one.until else None} for one in kept],
        "files_left": list(map(str, files)),
    }
    return Report(facts, list(_number_lines(number, removed, kept, files)))


def _number_lines(number: str, removed: int, kept: Sequence[Kept], files: Sequence[Path]) -> Iterator[str]:
    if removed:
        yield say.text("forget.done_number", number=number, count=removed)
    elif not kept:
        yield say.text("forget.nothing")
    for one in kept:
        yield say.text(one.why, name=one.name, row=one.row, day=one.day, until=one.until or "")
    if files:
        yield say.text("forget.books")
        yield say.text("forget.files")
        yield from (f"  {say.printable(str(path))}" for path in files)


def rule_51_report(code: str, number: str) -> Report:
    """The last observation of rule 51, as the code of its message."""
    return Report({"rule_51": code.partition(".")[2]}, [say.text(code, number=number)])

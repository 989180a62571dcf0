"""The record of all top-ups: copied, forgotten, not writable, and what it knows of rule 51."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bulk_topup.report.screen.report import Report, banner
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from pathlib import Path

    from bulk_topup.core.errors import StorageFailed
    from bulk_topup.record.batches import Forgettable
    from bulk_topup.record.ledger.copy import Copied


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


def unrecorded_report(failure: StorageFailed) -> Report:
    return Report({}, warnings=[say.text("history.unrecorded", message=say.error(failure))])


def unproven_report() -> Report:
    """We have never confirmed that a second top-up on the same day is refused."""
    return Report({}, warnings=[say.text("resend.unproven")])


def rule_51_report(code: str, number: str, *, rehearsal: bool) -> Report:
    """The last observation of rule 51, as the code of its message."""
    facts = {"rule_51": code.partition(".")[2]}
    return Report(facts, [*banner(rehearsal=rehearsal), say.text(code, number=number)])

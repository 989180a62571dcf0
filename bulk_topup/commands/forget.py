"""`forget`: removes old numbers from the record of all top-ups."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from bulk_topup.commands import next_steps
from bulk_topup.core.errors import Exit
from bulk_topup.record import batches
from bulk_topup.record.ledger.register import register_of
from bulk_topup.report.screen import history
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from datetime import date

    from bulk_topup.commands.terminal import Desk
    from bulk_topup.core.clock import Clock


def forget_numbers(
    before: date, overlap_days: int, ledger: str, desk: Desk, clock: Clock, *, yes: bool
) -> Exit:
    """Remove the numbers of days before this one, of batches with nothing open, from the ledger.

    Raises InputError for a day that is too recent, Declined where a person says no.
    """
    batches.assert_forgettable(before, clock.now().date(), overlap_days)
    with closing(register_of(ledger)) as register:
        what = batches.forgettable(register.forgettable(before), register.batches(), before)
        desk.report({}, history.forget_lines(what))
        removed = 0
        if what.count:
            desk.ask_to_forget(say.text("forget.ask", count=what.count, before=before), yes=yes)
            removed = register.forget(before)
    files = batches.files_left(what.batches)
    facts = {"before": before.isoformat(), "removed": removed, "files_left": list(map(str, files))}
    desk.report(facts, history.forgotten_lines(removed, files))
    desk.next([next_steps.with_forgotten(desk.typed, has_files=bool(files))])
    return Exit.OK

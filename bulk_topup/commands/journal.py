"""The journal of a batch: what is new since it was last exported, in a file for the accountants."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_topup.commands.conclusion import closed_books
from bulk_topup.core.errors import InputError
from bulk_topup.record.journal import Export, booked_by, exports_of, free_place, keep_exports
from bulk_topup.report import journal as words
from bulk_topup.rules import journal

if TYPE_CHECKING:
    from bulk_topup.commands.terminal import Terminal
    from bulk_topup.record.checkpoint import Checkpoint


def export_journal(
    checkpoint: Checkpoint, target: Path, accounts: journal.Accounts, terminal: Terminal, now: datetime
) -> None:
    """Write the entries that are not exported yet to `target`, or a name beside it that is free.

    A file of an earlier export that is not there is written again. Raises InputError, StorageFailed.
    """
    _assert_usable(target)
    exports = exports_of(checkpoint)
    for one in exports:
        if one.is_missed(target):
            again = words.write_journal(target.with_name(one.file), one.content, terminal.tell)
            terminal.tell(words.again_notice(again, one))
    exports = [_entered(checkpoint, one, target.with_name(one.file), now) for one in exports]
    books = closed_books(checkpoint)
    lines = journal.lines_to(
        journal.stands_at(checkpoint.postings(), books, accounts),
        booked_by(exports),
        booked_on=exports[-1].at[:10] if exports else "",
        closing_on=books.closing_at[:10],
        today=f"{now:%Y-%m-%d}",
    )
    if not lines:
        keep_exports(checkpoint, exports)
        terminal.report(words.nothing_new_report(exports))
        return
    place, nth = free_place(target, exports), len(exports) + 1
    content = words.journal_text(lines, checkpoint.fact("file"), nth, rehearsal=checkpoint.is_rehearsal)
    new = Export(now.isoformat(), place.name, content, [(*line.key, line.rupiah) for line in lines])
    keep_exports(checkpoint, [*exports, new])
    written = words.write_journal(place, content, terminal.tell)
    keep_exports(checkpoint, [*exports, _entered(checkpoint, new, written, now)])
    difference = journal.difference_of(books)
    terminal.report(words.written_report(written, lines, nth, difference, accounts.suspense))


def _entered(checkpoint: Checkpoint, export: Export, path: Path, now: datetime) -> Export:
    """With its entry in the trail, once it is written."""
    if not export.is_written:
        checkpoint.exported(now, "journal", path, booked=export.digest)
    return replace(export, is_written=True)


def _assert_usable(target: Path) -> None:
    if target.suffix.lower() != ".csv":
        raise InputError("journal.no_csv", path=target)
    if not target.parent.is_dir():
        raise InputError("output.no_folder", path=target, folder=target.parent)

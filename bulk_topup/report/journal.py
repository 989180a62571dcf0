"""The journal as a file for the accountants' program, and what is said of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_topup.core.model import Notice
from bulk_topup.report.atomic import write_atomically
from bulk_topup.report.cell_text import Texts
from bulk_topup.report.screen.report import Report
from bulk_topup.report.tables import Tell
from bulk_topup.report.words import say
from bulk_topup.rules.journal import Line, What

if TYPE_CHECKING:
    from bulk_topup.record.journal import Export

COLUMNS = (
    "column.date",
    "journal.column.account",
    "column.description",
    "read.group",
    "journal.column.debit",
    "journal.column.credit",
)
LINES = {
    What.PAID: "journal.line.paid",
    What.OPEN: "journal.line.open",
    What.DIFFERENCE: "journal.line.difference",
    What.DEPOSIT: "journal.line.deposit",
}


def journal_text(lines: Sequence[Line], file: str, nth: int, *, rehearsal: bool) -> str:
    """Comma-separated. Raises AssertionError where debits and credits are not equal."""
    if sum(line.rupiah for line in lines):
        raise AssertionError("the journal does not balance")
    texts, out = Texts(), io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([*map(say.text, COLUMNS)])
    for line in lines:
        what = say.text(LINES[line.key.what], file=file, nth=nth)
        if rehearsal:
            what = f"{say.text('results.rehearsal')}: {what}"
        amounts = (line.rupiah, "") if line.rupiah > 0 else ("", -line.rupiah)
        values = (line.date, line.key.account, what, line.key.group, *amounts)
        writer.writerow([texts.for_csv(value) for value in values])
    return out.getvalue()


def write_journal(target: Path, content: str, tell: Tell) -> Path:
    """UTF-8 with BOM; path and errors as in `write_workbook`."""

    def write(path: Path) -> list[Notice]:
        path.write_bytes(content.encode("utf-8-sig"))
        return []

    return write_atomically(target, write, "journal.unwritable", tell)


def written_report(path: Path, lines: Sequence[Line], nth: int, difference: int, account: str) -> Report:
    """`difference` to the provider's balances stands on that account."""
    debit = sum(line.rupiah for line in lines if line.rupiah > 0)
    facts = {"file": str(path), "lines": len(lines), "rupiah": debit, "difference": difference}
    words = [say.text("journal.written", path=path, count=len(lines), rupiah=debit, nth=nth)]
    if difference:
        code = "journal.difference" if difference > 0 else "journal.came_in"
        words.append(say.text(code, rupiah=abs(difference), account=account))
    return Report({"journal": facts}, words)


def nothing_new_report(exports: Sequence[Export]) -> Report:
    facts = {"file": None, "lines": 0, "rupiah": 0, "difference": None}
    if not exports:
        return Report({"journal": facts}, [say.text("journal.nothing_yet")])
    last = exports[-1]
    words = say.text("journal.nothing_new", file=last.file, at=say.to_the_minute(last.at))
    return Report({"journal": facts}, [words])


def again_notice(path: Path, export: Export) -> Notice:
    return Notice("journal.again", {"path": str(path), "at": say.to_the_minute(export.at)})

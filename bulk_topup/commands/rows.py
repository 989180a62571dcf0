"""`rows`: how a sheet is read, and a copy of it with cells corrected; no network."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bulk_topup.commands import params
from bulk_topup.commands.exit_codes import command
from bulk_topup.commands.job_options import job_of
from bulk_topup.commands.options import COLUMNS, PATH, SHEET
from bulk_topup.core.errors import Exit, InputError, StorageFailed
from bulk_topup.core.model import Notice
from bulk_topup.core.os_errors import cause_of
from bulk_topup.report.screen.report import Report, saved_report
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from bulk_topup.commands.terminal import Terminal
    from bulk_topup.core.model import Sheet
    from bulk_topup.sending.job import Job

FIRST = 5
"""Rows shown if none is named."""


@command
@SHEET
@COLUMNS
@click.option(
    "--row", "some", type=params.WholeRange(min=1), multiple=True, metavar="N", help="Only this row."
)
@click.option(
    "--correct", type=PATH, metavar="FILE", help="Corrections: a CSV file of row, column and value."
)
@click.option("--output", "copy", type=PATH, metavar="FILE", help="The corrected copy (a new .xlsx file).")
def rows(
    terminal: Terminal, some: Sequence[int], correct: Path | None, copy: Path | None, **options: Any
) -> Exit:
    """Show how SHEET is read, or correct a copy of it.

    \b
    Example:  bulk-topup rows payroll_bonus.xlsx --row 12
    """
    from bulk_topup.commands.sheet_reading import reading_of
    from bulk_topup.report.screen.sheet import read_report, rows_report

    if (correct is None) != (copy is None):
        raise click.UsageError(say.text("usage.correct"))
    try:
        job = job_of(options)
        with reading_of(job, terminal, sends=False) as arriving:
            sheet = arriving()
    except InputError as problem:
        if "names" in problem.facts:
            terminal.report(Report({"tabs": str(problem.facts["names"]).split("\n")}))
        raise
    terminal.tell(*sheet.notices)
    known = sheet.cells.index
    shown = known.intersection(list(some)) if some else known[:FIRST]
    terminal.report(read_report(sheet))
    terminal.report(rows_report(sheet, shown.tolist()))
    if correct is not None and copy is not None:
        from bulk_topup.record.paths import assert_new
        from bulk_topup.report.corrected import write_corrected

        corrections = corrections_in(correct, sheet)
        assert_new(copy, (".xlsx",))
        written = write_corrected(copy, sheet, corrections, terminal.tell)
        if _was_sent(job):
            terminal.tell(Notice("corrected.was_sent", {"file": sheet.path.name}))
        count = len(corrections)
        terminal.report(saved_report("corrected.saved", written, "corrected", count=count))
    return Exit.OK


def _was_sent(job: Job) -> bool:
    from bulk_topup.sending.batch import checkpoint_to_look_into

    with suppress(InputError, StorageFailed), checkpoint_to_look_into(job) as checkpoint:
        return checkpoint.first_day() is not None
    return False


def corrections_in(file: Path, sheet: Sheet) -> dict[tuple[int, int], str]:
    """By row and column. Raises InputError for an unreadable file, or a cell that does not exist."""
    from bulk_topup.core.model import letter

    positions = {letter(at): at for at in range(len(sheet.header))}
    found: dict[tuple[int, int], str] = {}
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            for line in csv.reader(lines, strict=True):
                row, column, value = line
                if not row.isdecimal() or int(row) not in sheet.cells.index or column not in positions:
                    raise InputError("corrected.no_cell", row=row, column=column)
                found[int(row), positions[column]] = value
    except (OSError, ValueError, csv.Error) as problem:
        why = cause_of(problem) if isinstance(problem, OSError) else say.text("corrected.columns")
        raise InputError("corrected.unreadable", path=file, why=why) from None
    return found

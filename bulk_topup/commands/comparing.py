"""Compares this month's sheet with an earlier one: the named file, or the one that its name suggests."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_topup.commands.sheet_reading import read_now
from bulk_topup.core.errors import InputError
from bulk_topup.core.model import Named, Notice, Sheet, Source
from bulk_topup.report.screen.comparison import comparison_report
from bulk_topup.report.screen.report import Report, notices_report
from bulk_topup.report.words import say
from bulk_topup.rules import comparison
from bulk_topup.rules.interpretation import as_meant
from bulk_topup.rules.rows import understand
from bulk_topup.sheet.months import predecessor

if TYPE_CHECKING:
    from bulk_topup.rules.plan import Plan
    from bulk_topup.sending.session import Tools


def compared(plan: Plan, source: Source, tools: Tools, named: Path | None) -> Report:
    """Nothing if there is none. Raises InputError if the `named` one can't be read; another is only noted."""
    sheet = plan.rows.sheet
    path = named or predecessor(sheet.path)
    if path is None:
        return Report({})
    try:
        earlier = replace(_read(replace(source, path=path)), unit=sheet.unit)
    except InputError as problem:
        if named is not None:
            raise
        facts = {"file": path.name, "why": say.error(problem)}
        return notices_report([Notice("compare.unreadable", facts)])
    before = comparison.people_of(understand(earlier, tools.provider.price_list()))
    return comparison_report(path.name, comparison.compare(before, comparison.people_of(plan.rows)))


def _read(source: Source) -> Sheet:
    """By the tabs and columns of this month's sheet, or else by its own."""
    try:
        return as_meant(read_now(source))
    except InputError as problem:
        if problem.code not in {"sheet.no_such_tab", "sheet.no_tabs", "sheet.no_such_column"}:
            raise
    return as_meant(read_now(replace(source, tab=None, tabs=(), columns=Named())))

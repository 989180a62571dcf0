"""A copy of a sheet with some cells corrected: all other texts as they were read, in the same rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from bulk_topup.core.model import ResultsTab, Sheet
from bulk_topup.report.tables import OutputTab, TabRow, Tell
from bulk_topup.report.workbook import write_workbook

LONGEST_TITLE = 31
"""Of a tab in Excel; the name of a part of one may be longer."""

IN_DOUBT = " (?)"
"""Marks an uncertain text that was not corrected; as plain text it would pass the next check."""


def write_corrected(
    target: Path, sheet: Sheet, corrections: Mapping[tuple[int, int], str], tell: Tell
) -> Path:
    """`corrections` are new contents by row and column position; path and errors as in `write_workbook`."""
    title = sheet.tab[:LONGEST_TITLE] if sheet.tab and sheet.tab not in set(ResultsTab) else "Sheet1"
    tab = OutputTab(title=title, header=sheet.header, rows=_rows(sheet, corrections))
    return write_workbook(target, [tab], (), rehearsal=False, failure="corrected.unwritable", tell=tell)


def _rows(sheet: Sheet, corrections: Mapping[tuple[int, int], str]) -> Iterator[TabRow]:
    """Includes the blank rows between them, so that row 12 stays row 12."""
    columns = sheet.columns
    decisive = {columns.number, columns.product, columns.nominal, columns.itrx, columns.operator}
    written = 1  # The header.
    for row, *texts in sheet.cells.itertuples(name=None):
        while written < row - 1:
            written += 1
            yield TabRow((None,) * len(texts))
        odd = {at for at in decisive if (row, at) in sheet.odd}
        cells = [
            corrections.get((row, at), text + IN_DOUBT if at in odd else text)
            for at, text in enumerate(texts)
        ]
        written += 1
        yield TabRow(cells, hidden=row in sheet.hidden)

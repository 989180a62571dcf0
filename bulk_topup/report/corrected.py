"""A copy of a sheet with some cells corrected: every text as it was read, in the row that it had."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bulk_topup.core.model import ResultsTab
from bulk_topup.report.tables import OutputTab, TabRow, Tell
from bulk_topup.report.workbook import write_workbook

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from bulk_topup.core.model import Sheet

IN_DOUBT = " (?)"
"""Behind a text that is not certain and was not corrected: as a plain one it would pass the next check."""


def write_corrected(
    target: Path, sheet: Sheet, corrections: Mapping[tuple[int, int], str], tell: Tell
) -> Path:
    """Write the copy and return the path really written; see `workbook.write_workbook`.

    `corrections` are what cells hold from now on, by row and position of the column.
    """
    title = sheet.tab if sheet.tab and sheet.tab not in set(ResultsTab) else "Sheet1"
    tab = OutputTab(title=title, header=sheet.header, rows=_rows(sheet, corrections), sentences=())
    return write_workbook(target, [tab], (), rehearsal=False, failure="corrected.unwritable", tell=tell)


def _rows(sheet: Sheet, corrections: Mapping[tuple[int, int], str]) -> Iterator[TabRow]:
    """With the blank rows between them, so that row 12 stays row 12."""
    columns = sheet.columns
    decisive = {columns.number, columns.product, columns.nominal, columns.itrx, columns.operator}
    written = 1  # the header
    for row, *texts in sheet.cells.itertuples(name=None):
        while written < row - 1:
            written += 1
            yield TabRow((None,) * len(texts))
        odd = {at for at in decisive if (row, at) in sheet.odd}
        cells = [text + IN_DOUBT if at in odd else text for at, text in enumerate(texts)]
        for at in range(len(cells)):
            cells[at] = corrections.get((row, at), cells[at])
        written += 1
        yield TabRow(cells, hidden=row in sheet.hidden)

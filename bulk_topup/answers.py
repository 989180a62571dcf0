"""A person's findings about open rows: from the command line, or from a sheet with an `invoice` column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bulk_topup import numbers
from bulk_topup.errors import InputError
from bulk_topup.settle import Verdict
from bulk_topup.sheet import read_sheet
from bulk_topup.sheet.columns import fold

if TYPE_CHECKING:
    from pathlib import Path

    from bulk_topup.model import Sheet

ROW_NAMES = frozenset({"row", "baris"})
NOT_SENT = frozenset({"notsent", "tidakterkirim"})


def verdict(row: int, number: str, invoice: str | None, not_sent: bool, note: str) -> Verdict:
    """Raises InputError for a number that is none, or a blank invoice."""
    stated = (invoice or "").strip()
    if not stated and not not_sent:
        raise InputError("resolve.blank", row=row)
    return Verdict(row, _national(number), "" if not_sent else stated, note)


def read(path: Path, note: str) -> list[Verdict]:
    """Every row of the file whose `invoice` cell is filled: with an invoice, or the words `not sent`.

    A column `row` (or `baris`) names the sheet's rows; without it the number has to be enough. Raises
    InputError, whatever is wrong with the file.
    """
    sheet = read_sheet(path, product_column="invoice")
    row_column = next((at for at, name in enumerate(sheet.header) if fold(name) in ROW_NAMES), None)
    invoices = sheet.cells[sheet.columns.product].str.strip()
    filled = [int(row) for row in invoices.index[invoices != ""]]
    if not filled:
        raise InputError("resolve.nothing", path=path)
    return [_read_row(sheet, row, row_column, str(invoices[row]), note) for row in filled]


def _read_row(sheet: Sheet, at: int, row_column: int | None, invoice: str, note: str) -> Verdict:
    number = _national(str(sheet.cells.at[at, sheet.columns.number]))
    row = None
    if row_column is not None:
        text = str(sheet.cells.at[at, row_column]).strip()
        if not text.isascii() or not text.isdigit():
            raise InputError("resolve.row_column", path=sheet.path, row=at, value=text)
        row = int(text)
    return Verdict(row, number, "" if fold(invoice) in NOT_SENT else invoice, note)


def _national(text: str) -> str:
    number = numbers.normalise(text)
    if isinstance(number, numbers.Problem):
        raise InputError("resolve.number", number=text)
    return number.national

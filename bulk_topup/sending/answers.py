"""A person's verdicts on open rows: from the command line, or from a sheet with an `invoice` column."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_topup.core import languages
from bulk_topup.core.clock import WIB
from bulk_topup.core.errors import InputError
from bulk_topup.core.model import ResultsTab, Sheet
from bulk_topup.core.status import Paid
from bulk_topup.rules import numbers
from bulk_topup.sending.resolve import Verdict
from bulk_topup.sheet import read_sheet
from bulk_topup.sheet.names import fold

if TYPE_CHECKING:
    from collections.abc import Collection

ROW_NAMES = frozenset(map(fold, languages.ROW_HEADERS))
SENT_AT_NAMES = frozenset(map(fold, [*languages.SENT_AT_HEADERS, "sent_at"]))
INVOICE_PLACEHOLDERS = frozenset({"TRX...", "TRX…"})
"""Pasted without replacing the placeholder."""
NOT_SENT_ANSWERS = frozenset(map(fold, languages.NOT_SENT))


_ROW = re.compile(r"(?:(?P<tab>.*\S)\s+)?(?P<row>[0-9]{1,12})", re.ASCII | re.DOTALL)


def row_of(text: str) -> tuple[int, str] | None:
    """A row and its tab, as people call them: `12` or, where several tabs are one sheet, `Jakarta 12`."""
    found = _ROW.fullmatch(text.strip())
    return (int(found["row"]), found["tab"] or "") if found else None


def verdict(row: int, number: str, invoice: str | None, not_sent: bool, note: str, tab: str = "") -> Verdict:
    """Raises InputError for an invalid number, or an invoice that is blank or a placeholder."""
    stated = (invoice or "").strip()
    if stated in INVOICE_PLACEHOLDERS:
        raise InputError("resolve.placeholder", row=row, invoice=stated)
    if not stated and not not_sent:
        raise InputError("resolve.blank", row=row)
    national = numbers.normalise(number)
    if isinstance(national, numbers.Problem):
        raise InputError("resolve.number", number=number)
    return Verdict(row, national.national, "" if not_sent else stated, note, tab)


def read_answers(path: Path, note: str) -> list[Verdict | InputError]:
    """Every row of the file whose `invoice` cell is filled: with an invoice, or the words `not sent`.

    Of a results workbook, these are its open rows. A column `row` names the sheet's rows; without it the
    number has to be enough. Both may be in any language. A row that can't be understood comes as the
    InputError that says why. Raises InputError if the whole file is unusable.
    """
    sheet = _sheet(path)
    invoices = sheet.cells[sheet.columns.asked].str.strip()
    is_filled = invoices != ""
    if columns := sheet.columns.fed_back:  # The other rows have the invoices from the provider.
        is_filled &= sheet.cells[columns["paid"]] == Paid.ASK
    filled = [int(row) for row in invoices.index[is_filled]]
    if not filled:
        raise InputError("resolve.nothing", path=path)
    at = datetime.fromtimestamp(path.stat().st_mtime, WIB)
    positions = _column(sheet, ROW_NAMES), _column(sheet, SENT_AT_NAMES)
    read = (_read_row(sheet, row, *positions, str(invoices[row]), note) for row in filled)
    return [one if isinstance(one, InputError) else replace(one, at=at) for one in read]


def _sheet(path: Path) -> Sheet:
    try:
        return read_sheet(path, tab=ResultsTab.ASK_PROVIDER, product_column="invoice")
    except InputError as error:
        if error.code not in {"sheet.no_such_tab", "sheet.no_tabs"}:
            raise
    try:
        return read_sheet(path, product_column="invoice")
    except InputError as error:
        if error.code not in {"sheet.no_such_column", "sheet.no_number_column"}:
            raise
        column = "invoice" if error.code == "sheet.no_such_column" else "number"
        raise InputError("resolve.no_column", path=path, column=column) from None


def _column(sheet: Sheet, names: Collection[str]) -> int | None:
    return next((at for at, name in enumerate(sheet.header) if fold(name) in names), None)


def _read_row(
    sheet: Sheet, at: int, row_column: int | None, time_column: int | None, invoice: str, note: str
) -> Verdict | InputError:
    text = str(sheet.cells.at[at, sheet.columns.number])
    number = numbers.normalise(text)
    if isinstance(number, numbers.Problem):
        return InputError("resolve.number_in", path=sheet.path, row=at, number=text)
    row, tab = None, ""
    if row_column is not None:
        cell = str(sheet.cells.at[at, row_column]).strip()
        called = row_of(cell)
        if called is None:
            return InputError("resolve.row_column", path=sheet.path, row=at, value=cell)
        row, tab = called
    stated = "" if fold(invoice) in NOT_SENT_ANSWERS else invoice
    sent_at = ""
    if time_column is not None:
        sent_at = str(sheet.cells.at[at, time_column]).strip().replace("T", " ")  # of a time in a workbook
    return Verdict(row, number.national, stated, note, tab, sent_at=sent_at)

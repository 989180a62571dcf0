"""Which columns of the sheet were read, and its rows verbatim."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bulk_topup.core.model import Sheet, letter
from bulk_topup.report.screen.report import Report
from bulk_topup.report.words import say


def read_report(sheet: Sheet) -> Report:
    """One line, so that anyone who knows the sheet sees at once how it was read."""
    words = say.text("read.columns", columns=", ".join(_columns(sheet)))
    if sheet.columns.unread:
        unread = ", ".join(_named(sheet, at) for at in sheet.columns.unread)
        words = say.text("read.and_unread", read=words, columns=unread)
    return Report({"read": _facts(sheet)}, [words])


MEANINGS = ("name", "number", "product", "nominal", "itrx", "group", "operator")


def _columns(sheet: Sheet) -> Iterator[str]:
    for meaning in MEANINGS:
        at = getattr(sheet.columns, meaning)
        if at is not None:
            yield say.text("read.column", meaning=say.text(f"read.{meaning}"), column=_named(sheet, at))
        elif meaning == "product":
            yield say.text("read.chosen")


def _named(sheet: Sheet, at: int) -> str:
    name = f'"{say.printable(sheet.header[at].strip())}"'
    return name if sheet.tabs else f"{letter(at)} {name}"


def _facts(sheet: Sheet) -> dict[str, object]:
    found = {meaning: getattr(sheet.columns, meaning) for meaning in MEANINGS}
    return {
        "tab": sheet.tab,
        "columns": {meaning: None if at is None else letter(at) for meaning, at in found.items()},
        "unread": list(map(letter, sheet.columns.unread)),
        "outside": sheet.outside,
    }


def rows_report(sheet: Sheet, rows: Sequence[int]) -> Report:
    """Every cell of these rows, as read."""
    some = sheet.cells.loc[list(rows)]
    shown = [{"row": row, "cells": list(map(str, cells))} for row, *cells in some.itertuples(name=None)]
    facts = {"header": list(sheet.header), "count": len(sheet.cells), "rows": shown}
    lines = [say.text("sheet.count", count=len(sheet.cells))]
    lines += [say.text("row", row=row, found=" | ".join(cells)) for row, *cells in some.itertuples(name=None)]
    return Report({"sheet": facts}, lines)

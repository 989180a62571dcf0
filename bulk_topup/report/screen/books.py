"""What left the deposit for a batch, compared with what should have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bulk_topup.report.screen.report import ROWS_SHOWN, Report
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from bulk_topup.rules.books import Books


def books_report(books: Books) -> Report:
    return Report({"books": {**vars(books), "unexplained": books.unexplained}}, list(books_lines(books)))


def books_lines(books: Books) -> Iterator[str]:
    if books.opening is not None and books.closing is not None:
        facts = {"opening": books.opening, "closing": books.closing, "debited": books.debited}
        yield "  " + say.text("books.balance", **facts)
    if books.unexplained:
        code = "books.unexplained" if books.unexplained > 0 else "books.came_in"
        yield "  " + say.text(code, rupiah=abs(books.unexplained))
    if books.undebited:
        yield "  " + say.text("books.undebited", rupiah=books.undebited)
    if books.unexplained and books.failed:
        yield "  " + say.text("books.failed", rupiah=books.failed)
    if books.unexplained and books.may_be_debited:
        yield "  " + say.text("books.may_be_debited", rupiah=books.may_be_debited)
    if books.mispriced:
        rows = say.rows(books.mispriced, ROWS_SHOWN)
        yield "  " + say.text("books.mispriced", rows=rows, rupiah=books.overcharged)

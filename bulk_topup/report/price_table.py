"""The price list as a table: on the screen, as plain values, in a file.

File-writing modules are imported only when a file is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bulk_topup.core.model import Product
from bulk_topup.provider import price_list
from bulk_topup.report.screen.report import Report, Whole, aligned
from bulk_topup.report.tables import Colour, OutputTab, SummaryRow, TabRow, Tell, Value
from bulk_topup.report.words import say

PRICE_SUFFIXES = (".xlsx", ".csv")
PRICES_TAB = "Prices"
READY, CLOSED, UNUSABLE = "ready", "closed", "unusable"

PRICE_HEADINGS = {
    "code": "prices.code",
    "operator": "read.operator",
    "type": "prices.type",
    "nominal": "column.nominal",
    "price": "column.price",
    "status": "column.status",
    "description": "column.description",
}
PRICE_COLUMNS = tuple(PRICE_HEADINGS)
AMOUNTS = ("nominal", "price")
STATUSES = {READY: "prices.ready", CLOSED: "prices.closed", UNUSABLE: "prices.unusable"}
"""The words for people; saved price lists and `--json` use the same names in every language."""


def cells_of(product: Product) -> tuple[Value, ...]:
    """In the order of PRICE_COLUMNS: amounts in rupiah, or None if uncertain.

    For a product that the list itself makes unusable, the description says why.
    """
    obstacle = price_list.why_not_orderable(product)
    status, description = READY, product.description
    if obstacle is not None and obstacle.code == "product.closed":
        status = CLOSED
    elif obstacle is not None:
        status = UNUSABLE
        description = say.text(obstacle.code, value=product.code, stated=obstacle.stated)
    amounts = product.nominal or None, product.price
    return (product.code, product.operator, product.kind, *amounts, status, description)


def prices_report(products: Sequence[Product], moment: str, *, with_table: bool) -> Report:
    """The prices at `moment`, as a table unless they were saved to a file."""
    listed = [dict(zip(PRICE_COLUMNS, cells_of(product), strict=True)) for product in products]
    facts = {"products": listed, "saved": None}
    if not products:
        return Report(facts, [say.text("prices.none")])
    ready = sum(product["status"] == READY for product in listed)
    table = [*map(Whole, lines_of(products)), ""] if with_table else []
    total = say.text("prices.total", count=len(products), ready=ready, moment=moment)
    return Report(facts, [*table, total])


def lines_of(products: Sequence[Product]) -> list[str]:
    """A header and one line per product, aligned in columns."""
    heading = [*map(say.text, PRICE_HEADINGS.values())]
    rows = [[*map(_shown, PRICE_COLUMNS, cells_of(product))] for product in products]
    return aligned([heading, *rows], [*map(PRICE_COLUMNS.index, AMOUNTS)])


def _shown(column: str, value: Value) -> str:
    if value is None:
        return "-"
    if isinstance(value, int):
        return say.money(value) if column == "price" else say.number(value)
    return say.text(STATUSES[str(value)]) if column == "status" else say.printable(str(value))


def write_price_table(
    target: Path, products: Sequence[Product], *, moment: str, rehearsal: bool, tell: Tell
) -> Path:
    """A workbook or, by its suffix, a CSV file, of the prices at `moment`; errors as in `write_workbook`."""
    from bulk_topup.report.atomic import write_csv
    from bulk_topup.report.workbook import write_workbook

    if target.suffix.lower() == ".csv":
        rows = (cells_of(product) for product in products)
        return write_csv(target, PRICE_COLUMNS, rows, failure="prices.unwritable", tell=tell)
    grey = dict.fromkeys(range(len(PRICE_COLUMNS)), Colour.GREY)
    tab_rows = (
        TabRow(cells_of(product), grey if price_list.why_not_orderable(product) else {})
        for product in products
    )
    sentences = [PRICE_COLUMNS.index("description")]
    tab = OutputTab(PRICES_TAB, PRICE_COLUMNS, tab_rows, sentences)
    summary = [SummaryRow([say.text("prices.of", moment=moment)])]
    return write_workbook(target, [tab], summary, rehearsal=rehearsal, failure="prices.unwritable", tell=tell)

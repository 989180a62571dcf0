"""The price list, and the starter sheet made from it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bulk_topup.core.model import Product
from bulk_topup.report.price_table import READY, facts_of, lines_of
from bulk_topup.report.screen.report import Report, Whole
from bulk_topup.report.words import say


def prices_report(products: Sequence[Product], moment: str, *, with_table: bool) -> Report:
    """The prices at `moment`, as a table unless they were saved to a file."""
    listed = list(map(facts_of, products))
    facts = {"products": listed, "saved": None}
    if not products:
        return Report(facts, [say.text("prices.none")])
    ready = sum(product["status"] == READY for product in listed)
    table = [*map(Whole, lines_of(products)), ""] if with_table else []
    total = say.text("prices.total", count=len(products), ready=ready, moment=moment)
    return Report(facts, [*table, total])


def template_report(path: Path, products: int) -> Report:
    facts = {"template": {"path": str(path), "products": products}}
    return Report(facts, [say.text("template.done", path=path, count=products)])

"""A starter workbook that `run` reads as it is, with the price list's products to choose from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from xlsxwriter import Workbook  # type: ignore[import-untyped]

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import SHEET_ROWS, Notice, PriceList, Product
from bulk_topup.provider import price_list
from bulk_topup.report.atomic import write_atomically
from bulk_topup.report.price_table import PRICE_COLUMNS, PRICE_HEADINGS, STATUSES, cells_of
from bulk_topup.report.screen.report import Report
from bulk_topup.report.styles import AMOUNT, PLAIN, Look, Pen, Sheet
from bulk_topup.report.tables import Colour, Value
from bulk_topup.report.words import say
from bulk_topup.report.workbook import LINE_POINTS, add_sheet, lay_out_table, save_book
from bulk_topup.rules import not_people, operators

PAYROLL, PRODUCTS, HOW_TO = "template.payroll", "template.products", "template.how_to"
"""The tabs, by the code of their names. The drop-down list names the second, which must be one word."""
TEMPLATE_HEADER = ("Nama", "No HP", "Kode Produk", "Nominal", "Keterangan")
NUMBER = "B"
WIDTHS = (30, 22, 16, 14, 40)
PROVIDER, PROVIDER_WIDTH = "Provider", 16
"""Of people alone whose sheet states it: it tells numbers of a prefix that two operators share."""
PRODUCTS_WIDTHS = (14, 16, 14, 12, 12, 12, 60)
HOW_TO_WIDTH = 90

EXAMPLES_SPELLED = ("081200009901", "+62 812-0000-9902")
"""`not_people.EXAMPLE_NUMBERS`, in two of the accepted spellings."""
FORMATTED_ROWS = 2_000
"""Some programs drop a column's format when saving, but keep that of its cells."""
TEMPLATE_SUFFIXES = (".xlsx",)
GREY_TEXT = "#808080"

_DIGITS = f'SUBSTITUTE(SUBSTITUTE({NUMBER}2,"-","")," ","")'
NUMBER_IS_PLAUSIBLE = (
    f'AND(ISTEXT({NUMBER}2),OR(LEFT({NUMBER}2,2)="08",LEFT({NUMBER}2,2)="62",LEFT({NUMBER}2,3)="+62"),'
    f'ISNUMBER(--{_DIGITS}),ABS(LEN({_DIGITS})-FIND(LEFT({NUMBER}2),"06+")-10.5)<2)'
)
"""Helps a person who types; `numbers` decides. The position of the first character in "06+" is the number
of characters beyond the national form, plus one.
"""

_HOW_TO = (
    "template.how.rows",
    "template.how.number",
    "template.how.product",
    "template.how.nominal",
    "template.how.others",
    "template.how.check",
    "template.how.run",
    "template.how.prices",
)


def write(
    target: Path,
    prices: PriceList,
    *,
    moment: str,
    rehearsal: bool,
    people: Sequence[Sequence[Value]] | None = None,
) -> int:
    """Write the workbook; returns how many products can be chosen.

    `moment` is when the prices were read. `people` are the rows to start with (name, number, product,
    nominal, provider) instead of examples. Raises InputError `template.none_ready` if no product can be
    ordered, and `StorageFailed("template.unwritable", path, why)`.
    """
    products = price_list.chosen(prices, price_list.PriceFilter())
    ready = [product for product in products if price_list.why_not_orderable(product) is None]
    if not ready:
        raise InputError("template.none_ready", count=len(products))
    others = [product for product in products if price_list.why_not_orderable(product) is not None]

    def fill(book: Workbook) -> list[Notice]:
        tabs = _Tabs(book, rehearsal)
        tabs.add_payroll(ready, list(_examples(ready)) if people is None else people)
        tabs.add_products(ready, others)
        tabs.add_how_to(target.name, moment)
        return []

    write_atomically(target, lambda path: save_book(path, fill), "template.unwritable")
    return len(ready)


def template_report(path: Path, products: int) -> Report:
    facts = {"template": {"path": str(path), "products": products}}
    return Report(facts, [say.text("template.done", path=path, count=products)])


class _Tabs:
    def __init__(self, book: Workbook, rehearsal: bool) -> None:
        self._book = book
        self._pen = Pen(book)
        self._rehearsal = rehearsal

    # -- the sheet to fill in ------------------------------------------------------------------------------

    def add_payroll(self, ready: Sequence[Product], people: Sequence[Sequence[Value]]) -> None:
        header, widths = [*TEMPLATE_HEADER], [*WIDTHS]
        if any(value for row in people for value in row[4:]):
            header.insert(4, PROVIDER)
            widths.insert(4, PROVIDER_WIDTH)
        sheet = self._table(say.text(PAYROLL), header, widths)
        text, amount = (self._pen.format(look) for look in (PLAIN, Look(num_format=AMOUNT)))
        formats = {1: text, 2: text, 3: amount}
        for column, shown_as in formats.items():
            sheet.set_column(column, column, widths[column], shown_as)
        filled = dict(enumerate(people, start=1))
        for row in range(1, max(FORMATTED_ROWS, len(filled)) + 1):
            for column, shown_as in formats.items():
                sheet.write_blank(row, column, None, shown_as)
            self._fill_row(sheet, row, filled.get(row, ()))
        sheet.data_validation(1, 1, SHEET_ROWS - 1, 1, _number_check())
        sheet.data_validation(1, 2, SHEET_ROWS - 1, 2, _product_list(len(ready)))
        sheet.conditional_format(1, 0, FORMATTED_ROWS, len(widths) - 1, self._example_style())

    def _example_style(self) -> Mapping[str, object]:
        """Disappears when the name is replaced."""
        mark = not_people.EXAMPLE_MARK
        look = self._book.add_format({"italic": True, "font_color": GREY_TEXT})
        return {"type": "formula", "criteria": f'=LEFT($A2,{len(mark)})="{mark}"', "format": look}

    # -- what there is to choose from, and how -------------------------------------------------------------

    def add_products(self, ready: Sequence[Product], others: Sequence[Product]) -> None:
        """The ready ones first, without a gap: the drop-down list shows that range."""
        header = [*map(say.text, PRICE_HEADINGS.values())]
        sheet = self._table(say.text(PRODUCTS), header, PRODUCTS_WIDTHS)
        grey = Look(Colour.GREY, font_color=GREY_TEXT)
        for row, product in enumerate((*ready, *others), start=1):
            look = grey if row > len(ready) else PLAIN
            self._fill_row(sheet, row, _worded(cells_of(product)), look)
        sheet.autofilter(0, 0, len(ready) + len(others), len(header) - 1)
        # Sorting would move closed products into the drop-down list; filtering does not.
        sheet.protect("", {"autofilter": True})

    def add_how_to(self, file: str, moment: str) -> None:
        """One sentence per row, in one column, so that no row can be taken for a header."""
        shown = f'"{file}"' if " " in file else file
        facts = {
            "file": shown + (" --sandbox" if self._rehearsal else ""),
            "moment": moment,
            "products": say.text(PRODUCTS),
        }
        banner = ["results.rehearsal"] if self._rehearsal else []
        sheet = self._sheet(say.text(HOW_TO), [HOW_TO_WIDTH])
        sheet.set_landscape()
        for row, code in enumerate([*banner, "template.how.title", *_HOW_TO]):
            text = say.text(code, **facts)
            self._pen.write(sheet, row, 0, text, Look(bold=code not in _HOW_TO, text_wrap=True))
            # Some programs do not adjust the row height to wrapped lines.
            sheet.set_row(row, LINE_POINTS * (1 + len(text) // HOW_TO_WIDTH))

    # -- any of the tabs -----------------------------------------------------------------------------------

    def _table(self, title: str, header: Sequence[str], widths: Sequence[int]) -> Sheet:
        sheet = self._sheet(title, widths)
        lay_out_table(sheet)
        for column, name in enumerate(header):
            self._pen.heading(sheet, column, name)
        return sheet

    def _sheet(self, title: str, widths: Sequence[int]) -> Sheet:
        return add_sheet(self._book, title, widths, rehearsal=self._rehearsal)

    def _fill_row(self, sheet: Sheet, row: int, values: Sequence[Value], look: Look = PLAIN) -> None:
        for column, value in enumerate(values):
            self._pen.write(sheet, row, column, value, look)


def _examples(ready: Sequence[Product]) -> Iterable[Sequence[Value]]:
    """Rows that `checks` holds back, each with a product that fits its number, if there is one.

    Keterangan is empty: people who replace the rest would leave it, and get it back in the results.
    """
    own = str(operators.operator_of(not_people.EXAMPLE_NUMBERS[0]))
    fitting = [product for product in ready if operators.same_operator(own, product.operator)] or ready
    for nth, spelled in enumerate(EXAMPLES_SPELLED, start=1):
        product = fitting[min(nth, len(fitting)) - 1]
        yield f"{not_people.EXAMPLE_MARK} {nth}", spelled, product.code, product.nominal


def _number_check() -> Mapping[str, object]:
    return {
        "validate": "custom",
        "value": f"={NUMBER_IS_PLAUSIBLE}",
        "error_title": say.text("template.number_title"),
        "error_message": say.text("template.number_error"),
    }


def _product_list(count: int) -> Mapping[str, object]:
    """A warning, not a refusal: the list gets old, and `check` uses the live one."""
    return {
        "validate": "list",
        "source": f"={say.text(PRODUCTS)}!$A$2:$A${count + 1}",
        "error_type": "warning",
        "error_title": say.text("template.product_title"),
        "error_message": say.text("template.product_error"),
    }


def _worded(cells: Sequence[Value]) -> list[Value]:
    """The status in words for people, not the value for programs."""
    status = PRICE_COLUMNS.index("status")
    return [say.text(STATUSES[str(cell)]) if at == status else cell for at, cell in enumerate(cells)]

"""A starter workbook: a sheet that `run` reads as it is, with the price list's products to choose from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import SHEET_ROWS, Notice, PriceList, Product
from bulk_topup.provider import price_list
from bulk_topup.report.atomic import write_atomically
from bulk_topup.report.cell_text import as_cell_text
from bulk_topup.report.price_table import PRICE_COLUMNS, PRICE_HEADINGS, STATUSES, cells_of
from bulk_topup.report.row_xml import LINE_POINTS
from bulk_topup.report.tables import Colour, Value
from bulk_topup.report.words import say
from bulk_topup.report.workbook import set_up_page
from bulk_topup.rules import not_people, numbers

TemplateSheet = Any
"""openpyxl's own; its stubs lack half of it."""

PAYROLL, PRODUCTS, HOW_TO = "template.payroll", "template.products", "template.how_to"
"""The tabs, by the code of their names. The list of the drop-down names the second: it has to be one word."""
TEMPLATE_HEADER = ("Nama", "No HP", "Kode Produk", "Nominal", "Keterangan")
NUMBER, PRODUCT, NOMINAL = "B", "C", "D"
WIDTHS = (30, 22, 16, 14, 40)
PRODUCTS_WIDTHS = (14, 16, 14, 12, 12, 12, 60)
HOW_TO_WIDTH = 90

EXAMPLES_SPELLED = ("081200009901", "+62 812-0000-9902")
"""`not_people.EXAMPLE_NUMBERS`, in two of the spellings that are understood."""
FORMATTED_ROWS = 2_000
"""Programs that drop a column's format when they save keep that of its cells."""
TEMPLATE_SUFFIXES = (".xlsx",)
TEXT, AMOUNT = "@", "#,##0"
GREY_TEXT = "808080"

_DIGITS = f'SUBSTITUTE(SUBSTITUTE({NUMBER}2,"-","")," ","")'
NUMBER_IS_PLAUSIBLE = (
    f'AND(ISTEXT({NUMBER}2),OR(LEFT({NUMBER}2,2)="08",LEFT({NUMBER}2,2)="62",LEFT({NUMBER}2,3)="+62"),'
    f'ISNUMBER(--{_DIGITS}),ABS(LEN({_DIGITS})-FIND(LEFT({NUMBER}2),"06+")-10.5)<2)'
)
"""For a person who types; `numbers` judges. The place of the first character in "06+" is how many characters
more than the national form has, plus one."""

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


def write(target: Path, prices: PriceList, *, moment: str, rehearsal: bool) -> int:
    """Write the workbook; returns how many products can be chosen. `moment` is when the prices were read.

    Raises InputError `template.none_ready` if none can be, and
    `StorageFailed("template.unwritable", path, why)`.
    """
    products = price_list.chosen(prices, price_list.PriceFilter())
    ready = [product for product in products if price_list.why_not_orderable(product) is None]
    if not ready:
        raise InputError("template.none_ready", count=len(products))
    others = [product for product in products if price_list.why_not_orderable(product) is not None]

    def fill(path: Path) -> list[Notice]:
        book = Workbook()
        _add_payroll(book.active, ready)
        _add_products(book.create_sheet(say.text(PRODUCTS)), ready, others)
        _add_how_to(book.create_sheet(say.text(HOW_TO)), target.name, moment, rehearsal=rehearsal)
        if rehearsal:
            _mark_rehearsal(book.worksheets)
        # In memory first: openpyxl leaves an archive open that a full disk would fail once more as it goes.
        content = BytesIO()
        book.save(content)
        path.write_bytes(content.getvalue())
        return []

    write_atomically(target, fill, "template.unwritable")
    return len(ready)


# -- the sheet to fill in ----------------------------------------------------------------------------------


def _add_payroll(sheet: TemplateSheet, ready: Sequence[Product]) -> None:
    sheet.title = say.text(PAYROLL)
    _lay_out(sheet, TEMPLATE_HEADER, WIDTHS)
    for column, shown_as in ((NUMBER, TEXT), (PRODUCT, TEXT), (NOMINAL, AMOUNT)):
        sheet.column_dimensions[column].number_format = shown_as
        for row in range(2, FORMATTED_ROWS + 2):
            sheet[f"{column}{row}"].number_format = shown_as
    for row, cells in enumerate(_examples(ready), start=2):
        _fill_row(sheet, row, cells)
    sheet.add_data_validation(_number_check())
    sheet.add_data_validation(_product_list(len(ready)))
    sheet.conditional_formatting.add(f"A2:E{FORMATTED_ROWS + 1}", _example_style())


def _examples(ready: Sequence[Product]) -> Iterable[Sequence[Value]]:
    """Rows that `checks` holds back, each with a product that fits its number, if there is one.

    Keterangan is empty: whoever types over the rest would leave it, and have it come back in the results.
    """
    own = str(numbers.operator_of(not_people.EXAMPLE_NUMBERS[0]))
    fitting = [product for product in ready if numbers.same_operator(own, product.operator)] or ready
    for nth, spelled in enumerate(EXAMPLES_SPELLED, start=1):
        product = fitting[min(nth, len(fitting)) - 1]
        yield f"{not_people.EXAMPLE_MARK} {nth}", spelled, product.code, product.nominal


def _number_check() -> DataValidation:
    return DataValidation(
        "custom",
        formula1=NUMBER_IS_PLAUSIBLE,
        sqref=f"{NUMBER}2:{NUMBER}{SHEET_ROWS}",
        allow_blank=True,
        showErrorMessage=True,
        errorTitle=say.text("template.number_title"),
        error=say.text("template.number_error"),
    )


def _product_list(count: int) -> DataValidation:
    """A warning and no bar: the list grows old, and `check` looks at the live one."""
    return DataValidation(
        "list",
        formula1=f"{say.text(PRODUCTS)}!$A$2:$A${count + 1}",
        sqref=f"{PRODUCT}2:{PRODUCT}{SHEET_ROWS}",
        allow_blank=True,
        showErrorMessage=True,
        errorStyle="warning",
        errorTitle=say.text("template.product_title"),
        error=say.text("template.product_error"),
    )


def _example_style() -> Rule:
    """Goes away when the name is typed over."""
    mark = not_people.EXAMPLE_MARK
    style = DifferentialStyle(font=Font(italic=True, color=GREY_TEXT))
    return Rule("expression", dxf=style, formula=[f'LEFT($A2,{len(mark)})="{mark}"'])


# -- what there is to choose from, and how -----------------------------------------------------------------


def _add_products(sheet: TemplateSheet, ready: Sequence[Product], others: Sequence[Product]) -> None:
    """The ready ones first, without a gap: the drop-down list shows that range."""
    _lay_out(sheet, [say.text(PRICE_HEADINGS[name]) for name in PRICE_COLUMNS], PRODUCTS_WIDTHS)
    for row, product in enumerate((*ready, *others), start=2):
        _fill_row(sheet, row, _worded(cells_of(product)))
        if row > len(ready) + 1:
            for cell in sheet[row]:
                cell.fill = PatternFill("solid", start_color=Colour.GREY)
                cell.font = _font(color=GREY_TEXT)
    sheet.auto_filter.ref = sheet.dimensions
    # Sorting would bring closed products into the drop-down list; filtering does not.
    sheet.protection.sheet, sheet.protection.autoFilter = True, False


def _worded(cells: Sequence[Value]) -> list[Value]:
    """The status as a person reads it, and not as a program does."""
    status = PRICE_COLUMNS.index("status")
    return [say.text(STATUSES[str(cell)]) if at == status else cell for at, cell in enumerate(cells)]


def _add_how_to(sheet: TemplateSheet, file: str, moment: str, *, rehearsal: bool) -> None:
    """One sentence a row, in one column: no row of it can be taken for a header."""
    shown = f'"{file}"' if " " in file else file
    facts = {
        "file": shown + (" --sandbox" if rehearsal else ""),
        "moment": moment,
        "products": say.text(PRODUCTS),
    }
    banner = ["results.rehearsal"] if rehearsal else []
    sheet.column_dimensions["A"].width = HOW_TO_WIDTH
    set_up_page(sheet)
    sheet.page_setup.orientation = "landscape"
    for row, code in enumerate([*banner, "template.how.title", *_HOW_TO], start=1):
        _fill_row(sheet, row, [say.text(code, **facts)])
        cell = sheet.cell(row, 1)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        cell.font = _font(bold=code not in _HOW_TO)
        # Not every program makes room for wrapped lines by itself.
        sheet.row_dimensions[row].height = LINE_POINTS * (1 + len(cell.value) // HOW_TO_WIDTH)


# -- any of the tabs ---------------------------------------------------------------------------------------


def _mark_rehearsal(sheets: Iterable[TemplateSheet]) -> None:
    for sheet in sheets:
        sheet.sheet_properties.tabColor = Colour.ORANGE
        sheet.oddHeader.center.text = say.text("results.rehearsal")


def _lay_out(sheet: TemplateSheet, header: Sequence[str], widths: Sequence[int]) -> None:
    set_up_page(sheet)
    sheet.page_setup.orientation = "landscape"
    sheet.print_options.gridLines = True
    sheet.print_title_rows = "1:1"
    sheet.freeze_panes = "A2"
    _fill_row(sheet, 1, header)
    for column, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
        heading = sheet.cell(1, column)
        heading.font = _font(bold=True)
        heading.fill = PatternFill("solid", start_color=Colour.BLUE)


def _font(*, bold: bool = False, color: str | None = None) -> Font:
    """openpyxl's own for a new workbook: one that names no face is drawn in another."""
    return Font(name="Calibri", sz=11, bold=bold, color=color)


def _fill_row(sheet: TemplateSheet, row: int, values: Sequence[Value]) -> None:
    for column, value in enumerate(values, start=1):
        cell = sheet.cell(row, column)
        if isinstance(value, str) and value:
            cell.value = as_cell_text(value)
            # openpyxl takes "=1+1" for a formula and "#N/A" for an error.
            cell.data_type, cell.number_format = "s", TEXT
        elif value is not None and value != "":
            cell.value, cell.number_format = value, AMOUNT

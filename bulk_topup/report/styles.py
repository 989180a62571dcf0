"""The cells of our workbooks: their looks, and that every text stays a text."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from xlsxwriter import Workbook  # type: ignore[import-untyped]

from bulk_topup.report.cell_text import Texts
from bulk_topup.report.tables import Colour, Value

Sheet = Any
"""XlsxWriter's own class, which is untyped."""

INDENT_FOR_FILTER = 2
"""Steps of about nine pixels: the width of the filter button."""

AMOUNT, TIME = "#,##0", "yyyy-mm-dd hh:mm:ss"


class Look(NamedTuple):
    """The properties of a cell, by XlsxWriter's names for them."""

    bg_color: Colour | None = None
    bold: bool = False
    text_wrap: bool = False
    align: str = ""
    indent: int = 0
    valign: str = "top"
    bottom: int = 0
    font_color: str = ""
    font_size: int = 0
    num_format: str = "@"


PLAIN = Look()


class Pen:
    """Writes the cells of one workbook. Rows and columns count from 0; a tab's rows must come in order."""

    def __init__(self, book: Workbook) -> None:
        self.texts = Texts()
        self._book = book
        self._formats: dict[Look, Any] = {}

    def write(self, sheet: Sheet, row: int, column: int, value: Value, look: Look = PLAIN) -> None:
        """No text is ever taken for a formula, a number, an error or a link."""
        if isinstance(value, int):
            sheet.write_number(row, column, value, self.format(look._replace(num_format=AMOUNT)))
        elif isinstance(value, datetime):
            sheet.write_datetime(row, column, value, self.format(look._replace(num_format=TIME)))
        elif value:
            sheet.write_string(row, column, self.texts.for_cell(value), self.format(look))
        else:
            sheet.write_blank(row, column, None, self.format(look) if look.bg_color or look.bottom else None)

    def heading(
        self, sheet: Sheet, column: int, name: str, *, right: bool = False, has_filter: bool = True
    ) -> None:
        """Right-aligned, it stays clear of the filter button."""
        side = Look(align="right", indent=INDENT_FOR_FILTER * has_filter) if right else PLAIN
        look = side._replace(bg_color=Colour.BLUE, bold=True, text_wrap="\n" in name)
        self.write(sheet, 0, column, name, look)

    def format(self, look: Look) -> Any:
        """XlsxWriter's own format."""
        if look not in self._formats:
            self._formats[look] = self._book.add_format({k: v for k, v in look._asdict().items() if v})
        return self._formats[look]

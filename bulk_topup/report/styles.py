"""Fonts, fills and borders of our workbooks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

from bulk_topup.report.tables import Colour, SummaryRow, Value, WriteOnlySheet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bulk_topup.report.cell_text import Texts

INDENT_FOR_FILTER = 2
"""Steps of about nine pixels: so wide is that button."""

FONT, FONT_POINTS = "Calibri", 11


class _Style(NamedTuple):
    """How a cell looks: its text an `indent` away from its side, or `low` in a high row, with a `line`
    below it to write on."""

    colour: Colour | None = None
    is_text: bool = True
    bold: bool = False
    wrapped: bool = False
    right: bool = False
    indent: int = 0
    low: bool = False
    line: bool = False


@dataclass(frozen=True, slots=True)
class Pens:
    """One cell per style, filled anew for every value: the sheet writes it before it takes the next."""

    sheet: WriteOnlySheet
    texts: Texts
    cells: dict[_Style, Cell] = field(default_factory=dict)

    def style_id(self, colour: Colour | None, is_text: bool, wrapped: bool) -> int:
        """The number under which the workbook has that style."""
        return self._pen(_Style(colour, is_text=is_text, wrapped=wrapped)).style_id

    def of_summary(self, row: SummaryRow) -> Iterator[Cell | None]:
        for position, value in enumerate(row.values):
            if row.to_sign:
                style = _Style(bold=row.bold, low=True, line=position > 0 and not row.bold)
                yield self._text(str(value or ""), style)
            else:
                right = row.bold and position > 0 and position not in row.left
                yield self.filled(
                    value,
                    None if position else row.bar,
                    bold=row.bold,
                    right=right,
                    indent=int(position > 0 and not right),
                )

    def heading(self, name: str, *, right: bool) -> Cell | None:
        """On the right, beside the button of the filter, which stands there."""
        indent = INDENT_FOR_FILTER if right else 0
        return self.filled(name, Colour.BLUE, bold=True, right=right, indent=indent)

    def filled(
        self,
        value: Value,
        colour: Colour | None = None,
        *,
        bold: bool = False,
        right: bool = False,
        indent: int = 0,
    ) -> Cell | None:
        if not isinstance(value, str):
            return None if value is None and colour is None else self._number(value, colour, bold)
        if not value and colour is None:
            return None
        style = _Style(colour, bold=bold, wrapped="\n" in value, right=right, indent=indent)
        return self._text(value, style)

    def _text(self, value: str, style: _Style) -> Cell:
        pen = self._pen(style)
        pen.value = self.texts.for_cell(value) or None
        if value:
            # openpyxl takes "=1+1" for a formula and "#N/A" for an error.
            pen.data_type = "s"
        return pen

    def _number(self, value: int | None, colour: Colour | None, bold: bool) -> Cell:
        pen = self._pen(_Style(colour, is_text=False, bold=bold))
        pen.value = value
        return pen

    def _pen(self, style: _Style) -> Cell:
        if style not in self.cells:
            pen = self.cells[style] = WriteOnlyCell(self.sheet)
            pen.number_format = "@" if style.is_text else "#,##0"
            # An indent counts from a side that is named.
            horizontal = "right" if style.right else "left" if style.indent else None
            vertical = "bottom" if style.low else "top"
            pen.alignment = Alignment(
                horizontal=horizontal, vertical=vertical, wrap_text=style.wrapped, indent=style.indent
            )
            pen.font = Font(name=FONT, size=FONT_POINTS, bold=style.bold)
            if style.colour:
                pen.fill = PatternFill("solid", start_color=style.colour)
            if style.line:
                pen.border = Border(bottom=Side("thin"))
        return self.cells[style]

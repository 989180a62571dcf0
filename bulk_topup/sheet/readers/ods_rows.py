"""The rows of OpenDocument tables, element by element, and what their cells contain.

Each cell has both its value and the displayed text; if the two can be read differently, the cell is odd.
Elements and attributes: OpenDocument 1.3, part 3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO

from lxml import etree  # type: ignore[import-untyped]

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import SHEET_COLUMNS, SHEET_ROWS, OddCell, Oddity
from bulk_topup.sheet.cells import (
    ERROR,
    of_boolean,
    of_error,
    of_formula_without_value,
    of_number_shown,
    of_unknown,
)
from bulk_topup.sheet.comments import speaking_part
from bulk_topup.sheet.looks import as_seen
from bulk_topup.sheet.readers.ods_looks import (
    CELL,
    NAMESPACES,
    PARAGRAPH,
    TEXT,
    Element,
    Looks,
    Style,
    qualified,
)

if TYPE_CHECKING:
    from bulk_topup.sheet.tabs import Cell, Remarks, Row

Attributes = Mapping[str, str]
_TABLE, _ROW, _COLUMN = (
    qualified("table:table"),
    qualified("table:table-row"),
    qualified("table:table-column"),
)
_CELLS = frozenset(map(qualified, ("table:table-cell", "table:covered-table-cell")))
_GROUPS = frozenset(
    qualified(f"table:table-{name}")
    for name in ("rows", "header-rows", "row-group", "columns", "header-columns", "column-group")
)
_SPREADSHEET, _BODY = qualified("office:spreadsheet"), qualified("office:body")

_STYLES = "office:automatic-styles/style:style"

_DISPLAY, _VISIBILITY = qualified("table:display"), qualified("table:visibility")
_TABLE_NAME, _TABLE_STYLE = qualified("table:name"), qualified("table:style-name")
_ROWS_REPEATED, _ROWS_SPANNED = (
    qualified("table:number-rows-repeated"),
    qualified("table:number-rows-spanned"),
)
_COLUMNS_REPEATED = qualified("table:number-columns-repeated")
_COLUMNS_SPANNED = qualified("table:number-columns-spanned")
_FORMULA, _TYPE, _CALC_TYPE = (
    qualified("table:formula"),
    qualified("office:value-type"),
    qualified("calcext:value-type"),
)
_VALUE, _STRING = qualified("office:value"), qualified("office:string-value")
_BOOLEAN = qualified("office:boolean-value")
_DATES = {"date": qualified("office:date-value"), "time": qualified("office:time-value")}

_CELL_STYLE, _DEFAULT_STYLE = qualified("table:style-name"), qualified("table:default-cell-style-name")
_PARAGRAPH, _SPAN, _TEXT_STYLE = qualified("text:p"), qualified("text:span"), qualified("text:style-name")
_SPACES, _COUNT = qualified("text:s"), qualified("text:c")
_SIGNS = {qualified("text:tab"): "\t", qualified("text:line-break"): "\n"}
_ANNOTATION, _CREATOR = qualified("office:annotation"), qualified("dc:creator")
_UNSHOWN = frozenset(map(qualified, ("office:annotation", "text:note", "text:ruby-text")))


# -- the XML, streamed -------------------------------------------------------------------------------------


def parts(stream: BinaryIO) -> Iterator[tuple[Element, Element]]:
    """Each table of the document, and each of its rows and columns once complete; at its end, the table
    twice.
    """
    table: Element | None = None
    context = etree.iterparse(
        stream,
        tag=(_TABLE, _ROW, _COLUMN),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    for _, element in context:
        if element.tag == _TABLE:
            if _is_tab(element):
                yield element, element
            continue
        owner = _ancestors(element)[-1]
        if owner is table or _is_tab(owner):
            table = owner
            yield table, element
            _forget(element)


def _is_tab(element: Element) -> bool:
    """Whether it is a table of the document itself: charts and links have tables of their own.

    Raises InputError for a table within a cell, which spreadsheet programs neither write nor display.
    """
    parents = [parent.tag for parent in islice(element.iterancestors(), 4)]
    if element.tag == _TABLE and parents and parents[0] in _CELLS:
        raise InputError("sheet.unreadable", cause="why.table_in_cell")
    return element.tag == _TABLE and parents[:2] == [_SPREADSHEET, _BODY] and len(parents) == 3


def name_of(table: Element) -> str:
    return str(table.get(_TABLE_NAME, ""))


def is_displayed(table: Element) -> bool:
    style = table.get(_TABLE_STYLE)
    for each in table.getroottree().getroot().iterfind(_STYLES, NAMESPACES):
        if each.get(qualified("style:name")) == style and each.get(qualified("style:family")) == "table":
            properties = each.find("style:table-properties", NAMESPACES)
            return properties is None or properties.get(_DISPLAY) != "false"
    return True


def _forget(element: Element) -> None:
    """Frees the memory of what has been read: the element's content, and its earlier siblings."""
    element.clear()
    parent = element.getparent()
    if parent is not None and parent.tag != _SPREADSHEET:
        while element.getprevious() is not None:
            del parent[0]


# -- rows --------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Row:
    """`formulas` are positions; `merged` are position, further rows and further columns of each range."""

    cells: list[Cell] = field(default_factory=list)
    formulas: list[int] = field(default_factory=list)
    merged: list[tuple[int, int, int]] = field(default_factory=list)
    comments: dict[int, str] = field(default_factory=dict)


@dataclass(slots=True)
class RowReader:
    """The rows of one table. `default_styles` are those of cells that name none, by column, if they look
    odd.
    """

    remarks: Remarks
    looks: Looks
    default_styles: dict[int, str] = field(default_factory=dict)
    next_row: int = 1
    next_column: int = 0

    def read(self, part: Element) -> Iterator[Row]:
        """A column yields no rows, a repeated row as many as it stands for, and a row without cells none."""
        hidden = _is_hidden(part)
        if part.tag == _ROW:
            yield from self._row(part, hidden)
        else:
            self._column(part, hidden)

    def _column(self, element: Element, hidden: bool) -> None:
        first = self.next_column
        self.next_column += _count(element.attrib, _COLUMNS_REPEATED)
        columns = range(first, min(self.next_column, SHEET_COLUMNS))
        if hidden:
            self.remarks.hidden_columns.update(columns)
        style = element.get(_DEFAULT_STYLE, "")
        if self.looks.oddity((CELL, style)):
            self.default_styles.update(dict.fromkeys(columns, style))

    def _row(self, element: Element, hidden: bool) -> Iterator[Row]:
        row = self._cells(element)
        first, self.next_row = self.next_row, self.next_row + _count(element.attrib, _ROWS_REPEATED)
        if not row.cells and not row.merged:
            return
        if self.next_row > SHEET_ROWS + 1:
            raise InputError("sheet.unreadable", cause="why.too_many_rows")
        for number in range(first, self.next_row):
            if hidden:
                self.remarks.hidden_rows.add(number)
            self.remarks.formulas.update(row.formulas)
            for at, part in row.comments.items():
                self.remarks.comment(number, at, part)
            for at, down, right in row.merged:
                self.remarks.merged.append((number, at, number + down, at + right))
            yield number, row.cells

    def _cells(self, element: Element) -> _Row:
        row = _Row()
        position = 0
        default = element.get(_DEFAULT_STYLE, "")
        for cell in element:
            if cell.tag in _CELLS:
                # A cell has a dozen attributes that may matter, and each access to the parser's tree is slow.
                attributes = dict(cell.items())
                count = _count(attributes, _COLUMNS_REPEATED)
                value = _cell(cell, attributes)
                if value != "":
                    style = attributes.get(_CELL_STYLE) or default or self.default_styles.get(position, "")
                    value = as_seen(value, self._oddity(cell, style))
                _add(row, attributes, value, range(position, position + count))
                if len(cell) > (value != "") and (comment := cell.find(_ANNOTATION)) is not None:
                    row.comments[position] = speaking_part(_text(comment), comment.findtext(_CREATOR) or "")
                position += count
        return row

    def _oddity(self, cell: Element, style: str) -> Oddity | None:
        """What is odd about the cell's style, or that of a text in it."""
        if self.looks.is_plain:
            return None
        own = (CELL, style)
        if found := self.looks.oddity(own):
            return found
        return next((odd for text in _styles_within(cell, own) if (odd := self.looks.oddity(*text))), None)


def _ancestors(element: Element) -> list[Element]:
    """The groups around a row or a column, and finally what contains them: a table, or part of one."""
    found = []
    for parent in element.iterancestors():
        found.append(parent)
        if parent.tag not in _GROUPS:
            break
    return found


def _is_hidden(element: Element) -> bool:
    """Hidden or filtered out itself, or as part of a collapsed group."""
    *groups, _ = _ancestors(element)
    folded = any(group.get(_DISPLAY) == "false" for group in groups)
    return folded or element.get(_VISIBILITY) in {"collapse", "filter"}


def _count(attributes: Attributes, name: str) -> int:
    """How many times an element repeats, or how many rows or columns it spans."""
    written = attributes.get(name)
    if written is None:
        return 1
    if not (written.isascii() and written.isdigit() and int(written) > 0):
        raise InputError(
            "sheet.unreadable", cause="why.odd_value", what=f"{etree.QName(name).localname}={written}"
        )
    return int(written)


def _add(row: _Row, attributes: Attributes, value: Cell, positions: range) -> None:
    if value != "" or _FORMULA in attributes:
        if positions.stop > SHEET_COLUMNS:
            raise InputError("sheet.unreadable", cause="why.too_many_columns")
        row.cells.extend([""] * (positions.start - len(row.cells)))
        row.cells.extend([value] * len(positions))
    if _FORMULA in attributes and value != of_formula_without_value():
        row.formulas.extend(positions)
    if _ROWS_SPANNED in attributes or _COLUMNS_SPANNED in attributes:
        span = _count(attributes, _ROWS_SPANNED) - 1, _count(attributes, _COLUMNS_SPANNED) - 1
        if any(span):
            row.merged.append((positions.start, *span))


# -- cells -------------------------------------------------------------------------------------------------


def _cell(cell: Element, attributes: Attributes) -> Cell:
    shown = _text(cell)
    if attributes.get(_CALC_TYPE) == "error":
        return of_error(shown)
    match kind := attributes.get(_TYPE):
        case "string":
            return _string(attributes, shown)
        case "float" | "currency":
            return of_number_shown(attributes.get(_VALUE, ""), shown)
        case "percentage":
            stored = attributes.get(_VALUE)
            return OddCell(Oddity.TWO_READINGS, shown, stored) if stored else of_unknown(shown)
        case "boolean":
            return of_boolean(attributes.get(_BOOLEAN) in {"true", "1"})
        case "date" | "time":
            stored = attributes.get(_DATES[kind])
            return OddCell(Oddity.DATE, shown or stored, stored) if stored else of_unknown(shown)
        case None | "void":
            without = _FORMULA in attributes and cell.find(_PARAGRAPH) is None
            return of_formula_without_value() if without else shown
        case _:
            return of_unknown(shown)


def _string(attributes: Attributes, shown: str) -> Cell:
    stored = attributes.get(_STRING)
    if _FORMULA in attributes and ERROR.fullmatch(shown):
        return of_error(shown)
    # White space follows different rules in an attribute and in a paragraph.
    if stored is None or stored.split() == shown.split():
        return shown
    return OddCell(Oddity.TWO_READINGS, shown, stored) if shown else stored


def _styles_within(element: Element, *around: Style) -> Iterator[tuple[Style, ...]]:
    """The styles of each text, the innermost one last."""
    for child in element:
        if child.tag in {_PARAGRAPH, _SPAN}:
            own = (PARAGRAPH if child.tag == _PARAGRAPH else TEXT, child.get(_TEXT_STYLE, ""))
            if (child.text or "").strip():
                yield (*around, own)
            yield from _styles_within(child, *around, own)
        elif child.tag not in _UNSHOWN:
            yield from _styles_within(child, *around)


# -- text --------------------------------------------------------------------------------------------------

_WHITE = re.compile(r"[ \t\r\n]+")


def _text(cell: Element) -> str:
    """What the cell displays: its paragraphs, one per line, without notes and drawings."""
    return "\n".join([_paragraph(child) for child in cell if child.tag == _PARAGRAPH])


def _paragraph(paragraph: Element) -> str:
    """Its text; any run of white space counts as one space (OpenDocument 1.3, part 3, 6.1.2)."""
    return "".join(_pieces(paragraph)) if len(paragraph) else _WHITE.sub(" ", paragraph.text or "")


def _pieces(element: Element) -> Iterator[str]:
    yield _WHITE.sub(" ", element.text or "")
    for child in element:
        if child.tag == _SPACES:
            yield " " * _count(child.attrib, _COUNT)
        elif child.tag in _SIGNS:
            yield _SIGNS[child.tag]
        elif child.tag not in _UNSHOWN:
            yield from _pieces(child)
        yield _WHITE.sub(" ", child.tail or "")

"""HTML tables, as web systems export them under the name .xls -> one tab, as Excel opens them.

A cell is the text that the page shows. Number formats are not looked at: what a format did to a value is in
that text already, and where the page states the value as well, both are compared.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import SHEET_COLUMNS, Notice, OddCell, Oddity
from bulk_topup.sheet.cells import of_boolean, of_error, of_number_shown
from bulk_topup.sheet.readers.csv_text import BOMS
from bulk_topup.sheet.tabs import Cell, Remarks, Tab

Element = Any
"""An element of lxml, which has no type stubs of its own."""

_HEAD_BYTES = 4096


@dataclass(slots=True)
class HtmlTab:
    name: str = ""
    visible: bool = True
    remarks: Remarks = field(default_factory=Remarks)
    read: list[tuple[int, Sequence[Cell]]] = field(default_factory=list)

    def rows(self) -> Iterator[tuple[int, Sequence[Cell]]]:
        return iter(self.read)


def tabs(data: bytes) -> Sequence[Tab]:
    """One tab: all tables of the page, one under the other.

    Raises InputError where the page has no table, one within another, or one that the file breaks off in.
    """
    text, notices = _decoded(data)
    page = _page(text)
    tables = list(page.iter("table"))
    if not tables or page.xpath("//input[@type='password']"):
        raise InputError("sheet.html")
    _assert_whole(text, page)
    tab = HtmlTab(remarks=Remarks(notices=notices))
    for table in tables:
        _add(tab, table)
    return [tab]


# -- from bytes to elements --------------------------------------------------------------------------------

_CHARSET = re.compile(
    rb"""<meta[^>]*charset\s*=\s*["']?\s*((?:utf-?8|us-ascii|iso-8859-|windows-)[0-9]*)""", re.IGNORECASE
)
_LATIN_1 = re.compile(r"us-ascii|iso-8859-1", re.IGNORECASE)


def _decoded(data: bytes) -> tuple[str, list[Notice]]:
    declared = _declared(data)
    for encoding in (declared or "utf-8", "cp1252"):
        try:
            text = data.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
        if "\0" in text:
            raise InputError("sheet.not_text")
        is_guess = encoding == "cp1252" and declared != encoding
        return text, [Notice("sheet.windows_1252")] if is_guess else []
    raise InputError("sheet.encoding")


def _declared(data: bytes) -> str | None:
    """The encoding by byte order mark or by the page's own word; browsers read Latin 1 as Windows-1252."""
    for bom, encoding in BOMS.items():
        if data.startswith(bom):
            return encoding
    charset = _CHARSET.search(data[:_HEAD_BYTES])
    if charset is None:
        return None
    name = charset[1].decode("ascii")
    return "cp1252" if _LATIN_1.fullmatch(name) else name


def _page(text: str) -> Element:
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True)
    try:
        page = etree.fromstring(text.encode("utf-8"), parser)
    except (etree.LxmlError, ValueError) as error:
        raise InputError("sheet.unreadable", cause="why.damaged") from error
    if page is None:
        raise InputError("sheet.html")
    return page


_NO_CONTENT = re.compile(
    r"<!--.*?-->|<(script|style)\b.*?</\1\s*>|<!\[CDATA\[.*?\]\]>", re.IGNORECASE | re.DOTALL
)


def _assert_whole(text: str, page: Element) -> None:
    """The parser mends whatever it is given and says nothing: what it found is counted against the text."""
    tags = Counter(re.findall(r"<(/?(?:table|tr|td|th))\b", _NO_CONTENT.sub("", text).lower()))
    if tags["table"] != tags["/table"]:
        raise InputError("sheet.html_cut")
    if page.xpath("//table//table"):
        raise InputError("sheet.html_nested")
    parsed = {tag: sum(1 for _ in page.iter(tag)) for tag in ("table", "tr", "td", "th")}
    loose = page.xpath("//td[not(parent::tr)] | //th[not(parent::tr)] | //tr[not(ancestor::table)]")
    if loose or any(tags[tag] != count for tag, count in parsed.items()):
        raise InputError("sheet.unreadable", cause="why.table_broken")


# -- rows --------------------------------------------------------------------------------------------------

_NO_DISPLAY = re.compile(r"display\s*:\s*none", re.IGNORECASE)


def _add(tab: HtmlTab, table: Element) -> None:
    remarks = tab.remarks
    remarks.hidden_columns.update(_hidden_columns(table))
    rows = list(table.iter("tr"))
    grid = _Grid(remarks, len(tab.read) + len(rows))
    for number, row in enumerate(rows, len(tab.read) + 1):
        if _is_hidden(row) or any(map(_is_hidden, row.iterancestors())):
            remarks.hidden_rows.add(number)
        tab.read.append((number, grid.row(row, number)))


@dataclass(slots=True)
class _Grid:
    """Where the cells of a table stand: a cell takes the next place that none above it reaches down to."""

    remarks: Remarks
    last_row: int
    reached: dict[int, int] = field(default_factory=dict)
    """Column position -> the last row that a cell further up covers there."""

    def row(self, row: Element, number: int) -> list[Cell]:
        cells: list[Cell] = []
        for element in row.iterchildren("td", "th"):
            while self.reached.get(len(cells), 0) >= number:
                cells.append("")
            self._remark(element, number, len(cells))
            cells.append(_cell(element))
            cells.extend([""] * (_count(element, "colspan") - 1))
            if len(cells) > SHEET_COLUMNS:
                raise InputError("sheet.unreadable", cause="why.too_many_columns")
        return cells

    def _remark(self, element: Element, number: int, first: int) -> None:
        last = first + _count(element, "colspan") - 1
        last_row = min(number + _count(element, "rowspan") - 1, self.last_row)
        if (last_row, last) != (number, first):
            self.remarks.merged.append((number, first, last_row, last))
            self.reached.update(dict.fromkeys(range(first, last + 1), last_row))
        if _is_hidden(element):
            self.remarks.hidden_columns.update(range(first, last + 1))
        if element.get("x:fmla"):
            self.remarks.formulas[first] += 1


def _hidden_columns(table: Element) -> Iterator[int]:
    position = 0
    for column in table.iter("col"):
        count = _count(column, "span")
        if _is_hidden(column):
            yield from range(position, position + count)
        position += count


def _count(element: Element, name: str) -> int:
    """How many rows or columns it spans; one where that isn't a number, as browsers have it."""
    digits = re.match(r"\s*([0-9]{1,5})", element.get(name, ""))
    return max(1, int(digits[1])) if digits else 1


def _is_hidden(element: Element) -> bool:
    return "hidden" in element.attrib or _NO_DISPLAY.search(element.get("style", "")) is not None


# -- cells -------------------------------------------------------------------------------------------------

_WHITE = re.compile(r"[ \t\r\n\f]+")
_BLOCKS = frozenset({"center", "dd", "div", "dl", "dt", "h1", "h2", "h3", "h4", "li", "ol", "p", "pre", "ul"})
_UNSHOWN = frozenset({"script", "select", "style", "template", "title"})


def _cell(element: Element) -> Cell:
    """Excel states the value in `x:num`, `x:str`, `x:bool` and `x:err`, LibreOffice in `sdval`."""
    shown = _text(element)
    if element.get("x:err"):
        return of_error(shown)
    if boolean := element.get("x:bool"):
        return of_boolean(boolean.casefold() in {"true", "1"})
    if stored := element.get("x:num") or element.get("sdval"):
        return of_number_shown(stored, shown)
    text = element.get("x:str") or shown
    return shown if text.split() == shown.split() else OddCell(Oddity.TWO_READINGS, shown, text)


def _text(element: Element) -> str:
    """What the page shows: white space is one space, and each block a line; non-breaking spaces stay."""
    lines = (re.sub(" {2,}", " ", line).strip(" ") for line in "".join(_pieces(element)).split("\n"))
    return "\n".join(filter(None, lines))


def _pieces(element: Element) -> Iterator[str]:
    yield _WHITE.sub(" ", element.text or "")
    for child in element:
        if child.tag == "br":
            yield "\n"
        elif child.tag not in _UNSHOWN and not _is_hidden(child):
            line = "\n" if child.tag in _BLOCKS else ""
            yield from (line, *_pieces(child), line)
        yield _WHITE.sub(" ", child.tail or "")

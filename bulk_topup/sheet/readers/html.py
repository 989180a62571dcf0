"""HTML tables, as web systems export them under the name .xls, as one tab, as Excel opens them.

A cell is the text that the page displays. Number formats are ignored: their effect is already in that text,
and if the page also states the value, both are compared.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from lxml import etree  # type: ignore[import-untyped]

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import SHEET_COLUMNS, Notice, OddCell, Oddity
from bulk_topup.sheet.cells import of_boolean, of_error, of_number_shown
from bulk_topup.sheet.looks import as_seen
from bulk_topup.sheet.readers.csv_text import BOMS
from bulk_topup.sheet.readers.html_looks import Element, Looks
from bulk_topup.sheet.tabs import Cell, Remarks, Tab

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
    """One tab: all tables of the page, one below the other, and each heading as a row of its own.

    Raises InputError if the page has no table, a nested one, or one that is cut off.
    """
    text, notices = _decoded(data)
    page = _page(text)
    tables = list(page.iter("table"))
    if not tables or page.xpath("//input[@type='password']"):
        raise InputError("sheet.html")
    _assert_whole(text, page)
    tab = HtmlTab(remarks=Remarks(notices=notices))
    looks = Looks(page)
    for element in page.iter("table", *_HEADINGS):
        if element.tag == "table":
            _add_headings(tab, element.findall("caption"), looks)
            _add(tab, element, looks)
        elif not any(above.tag == "table" for above in element.iterancestors()):
            _add_headings(tab, [element], looks)
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
    """The encoding by byte order mark or as the page declares it; like browsers, reads Latin 1 as
    Windows-1252.
    """
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
    """The parser silently repairs anything, so its result is counted against the text."""
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


_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


def _add_headings(tab: HtmlTab, headings: Sequence[Element], looks: Looks) -> None:
    shown = (one for one in headings if not any(map(looks.hides, (one, *one.iterancestors()))))
    texts = (_text(heading, looks) for heading in shown)
    tab.read.extend((number, [text]) for number, text in enumerate(filter(None, texts), len(tab.read) + 1))


def _add(tab: HtmlTab, table: Element, looks: Looks) -> None:
    remarks = tab.remarks
    remarks.hidden_columns.update(_hidden_columns(table, looks))
    rows = list(table.iter("tr"))
    grid = _Grid(remarks, looks, len(tab.read) + len(rows))
    for number, row in enumerate(rows, len(tab.read) + 1):
        if looks.hides(row) or any(map(looks.hides, row.iterancestors())):
            remarks.hidden_rows.add(number)
        tab.read.append((number, grid.row(row, number)))


@dataclass(slots=True)
class _Grid:
    """The positions of a table's cells: a cell takes the next place that is not covered from above."""

    remarks: Remarks
    looks: Looks
    last_row: int
    reached: dict[int, int] = field(default_factory=dict)
    """Column position -> the last row that a cell further up covers."""

    def row(self, row: Element, number: int) -> list[Cell]:
        cells: list[Cell] = []
        around = self.looks.around(row)
        for element in row.iterchildren("td", "th"):
            while self.reached.get(len(cells), 0) >= number:
                cells.append("")
            self._remark(element, number, len(cells))
            cell = _cell(element, self.looks)
            cells.append(as_seen(cell, self.looks.oddity(element, around)))
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
        if self.looks.hides(element):
            self.remarks.hidden_columns.update(range(first, last + 1))
        if element.get("x:fmla"):
            self.remarks.formulas[first] += 1


def _hidden_columns(table: Element, looks: Looks) -> Iterator[int]:
    position = 0
    for column in table.iter("col"):
        count = _count(column, "span")
        if looks.hides(column):
            yield from range(position, position + count)
        position += count


def _count(element: Element, name: str) -> int:
    """How many rows or columns it spans; one if that isn't a number, as in browsers."""
    digits = re.match(r"\s*([0-9]{1,5})", element.get(name, ""))
    return max(1, int(digits[1])) if digits else 1


# -- cells -------------------------------------------------------------------------------------------------

_WHITE = re.compile(r"[ \t\r\n\f]+")
_BLOCKS = frozenset({"center", "dd", "div", "dl", "dt", *_HEADINGS, "li", "ol", "p", "pre", "ul"})
_UNSHOWN = frozenset({"script", "select", "style", "template", "title"})


def _cell(element: Element, looks: Looks) -> Cell:
    """Excel states the value in `x:num`, `x:str`, `x:bool` and `x:err`, LibreOffice in `sdval`."""
    shown = _text(element, looks)
    if element.get("x:err"):
        return of_error(shown)
    if boolean := element.get("x:bool"):
        return of_boolean(boolean.casefold() in {"true", "1"})
    if stored := element.get("x:num") or element.get("sdval"):
        return of_number_shown(stored, shown)
    text = element.get("x:str") or shown
    return shown if text.split() == shown.split() else OddCell(Oddity.TWO_READINGS, shown, text)


def _text(element: Element, looks: Looks) -> str:
    """What the page displays: white space becomes one space, and each block a line; non-breaking spaces
    stay.
    """
    lines = (re.sub(" {2,}", " ", line).strip(" ") for line in "".join(_pieces(element, looks)).split("\n"))
    return "\n".join(filter(None, lines))


def _pieces(element: Element, looks: Looks) -> Iterator[str]:
    yield _WHITE.sub(" ", element.text or "")
    for child in element:
        if child.tag == "br":
            yield "\n"
        elif child.tag not in _UNSHOWN and not looks.hides(child):
            line = "\n" if child.tag in _BLOCKS else ""
            yield from (line, *_pieces(child, looks), line)
        yield _WHITE.sub(" ", child.tail or "")

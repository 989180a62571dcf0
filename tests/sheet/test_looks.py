"""Formatting that changes what a person reads, in every format that can say so."""

from __future__ import annotations

import io
from dataclasses import dataclass
from struct import pack
from typing import TYPE_CHECKING

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font, PatternFill
from openpyxl.styles.colors import Color
from openpyxl.worksheet.worksheet import Worksheet

from bulk_topup.core.model import OddCell, Oddity
from bulk_topup.sheet import read_sheet
from bulk_topup.sheet.looks import BLACK, PALETTE, WHITE, Look, of_hex, of_index, tinted
from bulk_topup.sheet.readers import html, ods, spreadsheetml, xls, xlsb, xlsx
from tests.builders import held_codes, plan_of
from tests.sheet import test_ods, test_spreadsheetml, test_xls, test_xlsb

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from bulk_topup.sheet.tabs import Tab

STRUCK, RAISED, UNSEEN = Oddity.STRUCK, Oddity.RAISED, Oddity.UNSEEN

# -- the rule ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("look", "oddity"),
    [
        (Look(), None),
        (Look(struck=True), STRUCK),
        (Look(raised=True), RAISED),
        (Look(points=1), UNSEEN),
        (Look(points=6), None),
        (Look(ink=WHITE), UNSEEN),
        (Look(ink=0xFAFAFA), UNSEEN),
        (Look(ink=0xC0C0C0), None),
        (Look(ink=WHITE, paper=0x4472C4), None),
        (Look(ink=0xFF0000, paper=0xFE0000), UNSEEN),
        (Look(ink=BLACK, paper=BLACK), UNSEEN),
        (Look(ink=WHITE, paper=None), None),
        (Look(paper=BLACK), None),
    ],
)
def test_a_look_is_odd_where_a_person_misreads_or_cannot_read(look: Look, oddity: Oddity | None) -> None:
    assert look.oddity == oddity


def test_colours_are_found_however_they_are_written() -> None:
    assert (of_hex("FF112233"), of_hex("#112233"), of_hex("Automatic")) == (0x112233, 0x112233, None)
    assert len(PALETTE) == 56
    assert [of_index(at) for at in (0, 8, 1, 9, 63, 64, 65, 99)] == [
        *(BLACK, BLACK, WHITE, WHITE),
        *(0x333333, BLACK, WHITE, None),
    ]
    assert (tinted(BLACK, 1), tinted(WHITE, -1), tinted(0x808080, 0)) == (WHITE, BLACK, 0x808080)


# -- the same looks in every format ------------------------------------------------------------------------


@dataclass(frozen=True)
class Cased:
    """A look, what is odd about it, and how formats write it."""

    oddity: Oddity | None
    struck: bool = False
    raised: bool = False
    points: int = 11
    ink: str = "000000"
    paper: str = ""


LOOKS = {
    "plain": Cased(None),
    "struck": Cased(STRUCK, struck=True),
    "raised": Cased(RAISED, raised=True),
    "tiny": Cased(UNSEEN, points=1),
    "white on white": Cased(UNSEEN, ink="FFFFFF"),
    "red on red": Cased(UNSEEN, ink="FF0000", paper="FF0000"),
    "white on blue": Cased(None, ink="FFFFFF", paper="4472C4"),
    "red": Cased(None, ink="FF0000"),
}
NUMBER = "081234567890"


def new() -> tuple[openpyxl.Workbook, Worksheet]:
    book = openpyxl.Workbook()
    assert isinstance(book.active, Worksheet)
    return book, book.active


def saved(book: openpyxl.Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def in_xlsx(look: Cased) -> bytes:
    book, sheet = new()
    cell = sheet["B2"]
    cell.value = NUMBER
    cell.font = Font(
        strike=look.struck, vertAlign="superscript" if look.raised else None, sz=look.points, color=look.ink
    )
    if look.paper:
        cell.fill = PatternFill("solid", fgColor=look.paper)
    return saved(book)


def in_xlsb(look: Cased) -> bytes:
    def colour(code: str) -> bytes:
        return pack("<BBh", 2 << 1, 0, 0) + bytes.fromhex(code) + b"\xff"

    raised = int(look.raised)
    font = pack("<HHHHBBBB", look.points * 20, 8 * look.struck, 400, raised, 0, 2, 0, 0) + colour(look.ink)
    fill = pack("<I", int(bool(look.paper))) + colour(look.paper or "000000") + colour("000000")
    styles = (
        test_xlsb.record(43, font)
        + test_xlsb.record(45, fill)
        + test_xlsb.record(617, pack("<I", 1))
        + test_xlsb.record(47, pack("<HHHH8x", 0, 0, 0, 0))
        + test_xlsb.record(618)
    )
    sheet = test_xlsb.sheet(test_xlsb.row(2), test_xlsb.string(1, NUMBER))
    return test_xlsb.package(test_xlsb.parts_of(("Sheet1", 0, sheet), style=styles))


def in_xls(look: Cased) -> bytes:
    palette = "".join(f"{code}00" for code in (look.ink, look.paper or "FFFFFF"))
    raised = int(look.raised)
    font = pack("<HHHHHBBBB", look.points * 20, 8 * look.struck, 8, 400, raised, 0, 2, 0, 0)
    font += test_xls.compressed("Arial", length="<B")
    more = test_xls.record(0x0031, font) + test_xls.record(
        0x0092, pack("<H", 56) + bytes.fromhex(palette) + bytes(4 * 54)
    )
    cell_format = pack("<HHHBBBBIIH", 0, 0, 0, 0, 0, 0, 0, 0, (1 << 26) * bool(look.paper), 9)
    more += test_xls.record(0x00E0, cell_format)
    has = test_xls.Shared(xfs=(), more=test_xls.RECALCULATED_BY + more)
    return test_xls.workbook(test_xls.Page(test_xls.label(1, 1, NUMBER)), has=has)


def in_ods(look: Cased) -> bytes:
    text = f'fo:font-size="{look.points}pt" fo:color="#{look.ink}"'
    text += ' style:text-line-through-style="solid"' * look.struck
    text += ' style:text-position="super 58%"' * look.raised
    paper = f'<style:table-cell-properties fo:background-color="#{look.paper}"/>' if look.paper else ""
    style = (
        '<style:style style:name="ce1" style:family="table-cell">'
        f"{paper}<style:text-properties {text}/></style:style>"
    )
    rows = test_ods.row(test_ods.BLANK) + test_ods.row(
        test_ods.BLANK + test_ods.text(NUMBER, 'table:style-name="ce1"')
    )
    return in_package(style, rows)


def in_package(styles: str, rows: str) -> bytes:
    table = f'<table:table table:name="Juni">{rows}</table:table>'
    root = "<office:document-content "
    space = 'xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" '
    return test_ods.package(test_ods.content(table, styles).replace(root, root + space))


def in_spreadsheetml(look: Cased) -> bytes:
    font = f'ss:Size="{look.points}" ss:Color="#{look.ink}"'
    font += ' ss:StrikeThrough="1"' * look.struck + ' ss:VerticalAlign="Superscript"' * look.raised
    paper = f'<Interior ss:Color="#{look.paper}" ss:Pattern="Solid"/>' if look.paper else ""
    style = f'<Style ss:ID="one"><Font {font}/>{paper}</Style><Style ss:ID="two" ss:Parent="one"/></Styles>'
    sheet = test_spreadsheetml.worksheet(
        test_spreadsheetml.row(test_spreadsheetml.cell(NUMBER, Index=2, StyleID="two"), Index=2)
    )
    return test_spreadsheetml.book(sheet).replace(b"</Styles>", style.encode())


def declared(look: Cased) -> str:
    return (
        f"font-size:{look.points}pt; color:#{look.ink};"
        + "text-decoration:line-through;" * look.struck
        + "vertical-align:super;" * look.raised
        + f"background:#{look.paper};" * bool(look.paper)
    )


def page(cell: str, style: str = "") -> bytes:
    return f"<style>{style}</style><table><tr><td>x</td></tr><tr><td></td>{cell}</tr></table>".encode()


def in_html(look: Cased) -> bytes:
    return page(f'<td style="{declared(look)}">{NUMBER}</td>')


def in_html_by_class(look: Cased) -> bytes:
    return page(
        f'<td class="a xl65">{NUMBER}</td>', f"<!-- td {{color:black}} .xl65 {{{declared(look)}}} -->"
    )


WRITERS: dict[str, tuple[Callable[[Cased], bytes], Callable[[bytes], Sequence[Tab]]]] = {
    "xlsx": (in_xlsx, xlsx.tabs),
    "xlsb": (in_xlsb, xlsb.tabs),
    "xls": (in_xls, xls.tabs),
    "ods": (in_ods, ods.tabs),
    "xml": (in_spreadsheetml, spreadsheetml.tabs),
    "html": (in_html, html.tabs),
    "html by class": (in_html_by_class, html.tabs),
}


def b2(tab: Tab) -> object:
    return {row: list(cells) for row, cells in tab.rows()}[2][1]


def meant(oddity: Oddity | None, text: str = NUMBER) -> object:
    return OddCell(oddity, text) if oddity else text


@pytest.mark.parametrize("form", WRITERS)
@pytest.mark.parametrize("case", LOOKS)
def test_every_format_tells_what_a_person_misreads(form: str, case: str) -> None:
    look, (write, read) = LOOKS[case], WRITERS[form]
    [tab] = read(write(look))
    assert b2(tab) == meant(look.oddity)


# -- a part of a text --------------------------------------------------------------------------------------

RUNS = [
    (InlineFont(strike=True), STRUCK),
    (InlineFont(vertAlign="subscript"), RAISED),
    (InlineFont(sz=1), UNSEEN),
    (InlineFont(color=Color("FFFFFFFF")), UNSEEN),
    (InlineFont(b=True, color=Color("FFFF0000")), None),
]


@pytest.mark.parametrize(("font", "oddity"), RUNS, ids=str)
def test_a_run_of_a_text_in_xlsx_counts_as_the_whole(font: InlineFont, oddity: Oddity | None) -> None:
    book, sheet = new()
    sheet["B2"] = CellRichText("0812345", TextBlock(font, "67890"))
    sheet["B3"] = CellRichText(NUMBER, TextBlock(font, " "))
    [tab] = xlsx.tabs(saved(book))
    assert b2(tab) == meant(oddity)
    assert dict(tab.rows())[3][1] == f"{NUMBER} "


def test_colours_of_the_theme_count() -> None:
    book, sheet = new()
    for row, theme in enumerate([0, 1, 4], 1):
        sheet.cell(row, 1, NUMBER).font = Font(color=Color(theme=theme))
    sheet.cell(4, 1, NUMBER).font = Font(color=Color(theme=1, tint=0.98))
    [tab] = xlsx.tabs(saved(book))
    kinds = [cell.kind if isinstance(cell, OddCell) else None for _, [cell] in tab.rows()]
    assert kinds == [UNSEEN, None, None, UNSEEN]


def test_a_number_and_a_formula_are_held_as_a_text_is() -> None:
    book, sheet = new()
    sheet["B2"] = 81234567890
    sheet["B2"].font = Font(strike=True)
    [tab] = xlsx.tabs(saved(book))
    assert b2(tab) == OddCell(STRUCK, "81234567890")


def test_a_run_of_a_text_in_xlsb_and_in_xls_counts_as_the_whole() -> None:
    font = pack("<HHHHBBBB", 220, 8, 400, 0, 0, 2, 0, 0) + bytes(8)
    styles = test_xlsb.record(43, font) + test_xlsb.styles(0)
    rich = test_xlsb.cell(62, 1, b"\1" + test_xlsb.text(NUMBER) + pack("<IHH", 1, 4, 0))
    sheet = test_xlsb.sheet(test_xlsb.row(2), rich)
    [tab] = xlsb.tabs(test_xlsb.package(test_xlsb.parts_of(("S", 0, sheet), style=styles)))
    assert b2(tab) == OddCell(STRUCK, NUMBER)
    struck = test_xls.record(
        0x0031,
        pack("<HHHHHBBBB", 220, 8, 8, 400, 0, 0, 2, 0, 0) + test_xls.compressed("Arial", length="<B"),
    )
    strings = test_xls.sst(pack("<HBH", 12, 0x08, 1) + NUMBER.encode() + pack("<HH", 4, 0))
    has = test_xls.Shared(strings=strings, more=test_xls.RECALCULATED_BY + struck)
    [tab] = xls.tabs(test_xls.workbook(test_xls.Page(test_xls.shared(1, 1, 0)), has=has))
    assert b2(tab) == OddCell(STRUCK, NUMBER)


SPAN = '<style:style style:name="T1" style:family="text"><style:text-properties {}/></style:style>'


@pytest.mark.parametrize(
    ("properties", "oddity"),
    [
        ('style:text-line-through-type="single"', STRUCK),
        ('style:text-position="-33% 58%"', RAISED),
        ('style:text-position="0% 100%"', None),
        ('text:display="none"', UNSEEN),
        ('fo:color="#ffffff"', UNSEEN),
        ('fo:font-weight="bold"', None),
    ],
)
def test_a_span_in_ods_counts_as_the_whole(properties: str, oddity: Oddity | None) -> None:
    cell = test_ods.text('0812345<text:span text:style-name="T1">67890</text:span>')
    rows = test_ods.row(test_ods.BLANK) + test_ods.row(test_ods.BLANK + cell)
    [tab] = ods.tabs(in_package(SPAN.format(properties), rows))
    assert b2(tab) == meant(oddity)


@pytest.mark.parametrize(("ink", "oddity"), [("#101010", UNSEEN), ("#ffff00", None)])
def test_a_span_in_ods_is_seen_on_the_paper_of_its_cell(ink: str, oddity: Oddity | None) -> None:
    paper = '<style:table-cell-properties fo:background-color="#000000"/>'
    styles = SPAN.format(f'fo:color="{ink}"') + (
        f'<style:style style:name="dark" style:family="table-cell">{paper}</style:style>'
    )
    span = '0812345<text:span text:style-name="T1">67890</text:span>'
    rows = test_ods.row("") + test_ods.row(test_ods.BLANK + test_ods.text(span, 'table:style-name="dark"'))
    [tab] = ods.tabs(in_package(styles, rows))
    assert b2(tab) == meant(oddity)


def test_the_style_of_a_row_and_of_a_column_in_ods_count_where_the_cell_names_none() -> None:
    styles = "".join(
        f'<style:style style:name="{name}" style:family="table-cell"{parent}>'
        f"<style:text-properties {properties}/></style:style>"
        for name, parent, properties in (
            ("struck", "", 'style:text-line-through-style="solid"'),
            ("child", ' style:parent-style-name="struck"', 'fo:color="#ff0000"'),
            ("plain", ' style:parent-style-name="struck"', 'style:text-line-through-style="none"'),
        )
    )
    column = '<table:table-column table:default-cell-style-name="child"/>'
    cells = test_ods.text(NUMBER) + test_ods.text(NUMBER)
    own = test_ods.text(NUMBER, 'table:style-name="plain"') * 2
    rows = test_ods.row(cells) + test_ods.row(cells, 'table:default-cell-style-name="struck"')
    [tab] = ods.tabs(in_package(styles, column + rows + test_ods.row(own)))
    held = OddCell(STRUCK, NUMBER)
    assert [list(cells) for _, cells in tab.rows()] == [[held, NUMBER], [held, held], [NUMBER, NUMBER]]


RICH = '<ss:Data ss:Type="String" xmlns="http://www.w3.org/TR/REC-html40">0812345{}</ss:Data>'


@pytest.mark.parametrize(
    ("run", "oddity"),
    [
        ("<S>67890</S>", STRUCK),
        ("<B><Sup>67890</Sup></B>", RAISED),
        ('<Font html:Color="#FFFFFF">67890</Font>', UNSEEN),
        ('<Font html:Size="1">67890</Font>', UNSEEN),
        ('<Font html:Color="#FF0000"><B>67890</B></Font>', None),
    ],
)
def test_a_run_of_a_text_in_an_xml_workbook_counts_as_the_whole(run: str, oddity: Oddity | None) -> None:
    cell = f'<Cell ss:Index="2">{RICH.format(run)}</Cell>'
    sheet = test_spreadsheetml.worksheet(test_spreadsheetml.row(cell, Index=2))
    [tab] = spreadsheetml.tabs(test_spreadsheetml.book(sheet))
    assert b2(tab) == meant(oddity)


# -- web pages ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "style", "expected"),
    [
        ("<td>0812345<s>67890</s></td>", "", STRUCK),
        ("<td><del>081234567890</del></td>", "", STRUCK),
        ("<td>0812345<sup>67890</sup></td>", "", RAISED),
        ("<td><font color=white>081234567890</font></td>", "", UNSEEN),
        ("<td bgcolor=blue><font color=white>081234567890</font></td>", "", None),
        ("<td bgcolor='#00f' style='color:rgb(0, 0, 255)'>081234567890</td>", "", UNSEEN),
        ("<td style='visibility:hidden'>081234567890</td>", "", UNSEEN),
        ("<td><span style='font-size:0'>081234567890</span></td>", "", UNSEEN),
        ("<td><span style='font-size:90%'>081234567890</span></td>", "", None),
        ("<td id=x>081234567890</td>", "#x {text-decoration-line: underline line-through}", STRUCK),
        ("<td class=x>081234567890</td>", "table td.x, th {opacity: 0}", UNSEEN),
        ("<td class=x>081234567890</td>", ".x:hover {visibility: hidden} th.x {visibility: hidden}", None),
        ("<td class=x>081234567890</td>", ".x {color: black} td {color: white}", None),
        ("<td>081234567890</td>", "body {color: #fff; background: #333}", None),
        ("<td>081234567890<span class=x>1</span></td>", ".x {display: none}", None),
    ],
)
def test_a_page_is_read_as_a_browser_shows_it(cell: str, style: str, expected: Oddity | None) -> None:
    [tab] = html.tabs(page(cell, style))
    assert b2(tab) == meant(expected)


def test_a_row_that_a_class_hides_is_hidden() -> None:
    rows = "<tr><td>x</td></tr><tr class=gone><td>0812</td></tr>"
    [tab] = html.tabs(f"<style>.gone {{display: none}}</style><table>{rows}</table>".encode())
    assert len(list(tab.rows())) == 2
    assert tab.remarks.hidden_rows == {2}


def test_a_line_through_any_cell_of_a_row_holds_it(tmp_path: Path) -> None:
    """People strike out a name, and mean the row."""
    book = openpyxl.Workbook()
    tab = book.worksheets[0]
    for row in (
        ("No", "Nama", "No HP", "Kode"),
        *((n, f"Karyawan {n}", f"08121000000{n}", "S5") for n in (1, 2)),
    ):
        tab.append(row)
    tab["B3"].font = Font(strike=True)
    book.save(tmp_path / "juni.xlsx")
    plan = plan_of(read_sheet(tmp_path / "juni.xlsx"))
    assert (list(plan.orders.index), held_codes(plan)) == ([2], {3: ["cell.struck"]})

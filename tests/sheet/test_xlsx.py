"""Reading .xlsx from its XML: every cell as Excel shows it, or one clear refusal. All files are by hand."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import OddCell, Oddity, letter
from bulk_topup.report.words import say
from bulk_topup.sheet.header import NoHeader
from bulk_topup.sheet.readers import ooxml_values, xlsx
from bulk_topup.sheet.readers.ooxml_markup import read_items
from bulk_topup.sheet.readers.ooxml_package import Package
from bulk_topup.sheet.readers.ooxml_rows import RowReader
from bulk_topup.sheet.readers.ooxml_values import Values
from bulk_topup.sheet.tabs import Remarks, row_by_row

if TYPE_CHECKING:
    from collections.abc import Callable

    from bulk_topup.sheet.tabs import Cell, Tab

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_OFFICE = "http://purl.oclc.org/ooxml/officeDocument/relationships"
AC = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac"

WHOLE = 1 << 30
"""A chunk size at which the whole part is one chunk, and so is read element by element."""
SMALL = 300


@dataclass
class Book:
    """The parts of a workbook with one tab; `rows` is what stands in its `sheetData`."""

    rows: str = ""
    head: str = ""
    tail: str = ""
    texts: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    workbook_head: str = ""
    parts: dict[str, bytes] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    written: Callable[[str], str] = str

    def sheet(self) -> str:
        rows = f"{self.head}<sheetData>{self.rows}</sheetData>{self.tail}"
        return self.written(f'<worksheet xmlns="{MAIN}" xmlns:x14ac="{AC}">{rows}</worksheet>')

    def styles(self) -> str:
        custom = "".join(
            f'<numFmt numFmtId="{164 + n}" formatCode="{code}"/>'
            for n, code in enumerate(self.formats)
            if len(code) > 2
        )
        xfs = "".join(
            f'<xf numFmtId="{code if len(code) <= 2 else 164 + n}"/>' for n, code in enumerate(self.formats)
        )
        named = '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>'
        cell_xfs = f'<cellXfs><xf numFmtId="0"/>{xfs}</cellXfs>'
        return f'<styleSheet xmlns="{MAIN}"><numFmts>{custom}</numFmts>{named}{cell_xfs}</styleSheet>'

    def all_parts(self) -> dict[str, bytes]:
        texts = "".join(f"<si>{text}</si>" for text in self.texts)
        parts = {
            "_rels/.rels": relationships(OFFICE, officeDocument="xl/workbook.xml"),
            "xl/workbook.xml": workbook(
                self.workbook_head, '<sheet name="Juni" sheetId="1" r:id="worksheet"/>'
            ),
            "xl/_rels/workbook.xml.rels": relationships(
                OFFICE,
                worksheet="worksheets/sheet1.xml",
                sharedStrings="sharedStrings.xml",
                styles="styles.xml",
            ),
            "xl/worksheets/sheet1.xml": self.sheet().encode(),
            "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}" count="9" uniqueCount="9">{texts}</sst>'.encode(),
            "xl/styles.xml": self.styles().encode(),
        }
        return {name: data for name, data in (parts | self.parts).items() if name not in self.without}

    def data(self) -> bytes:
        return zipped(self.all_parts())


def workbook(head: str, sheets: str) -> bytes:
    return f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{head}<sheets>{sheets}</sheets></workbook>'.encode()


def relationships(office: str, **targets: str) -> bytes:
    """Their kinds are their ids."""
    entries = "".join(
        f'<Relationship Id="{kind}" Type="{office}/{kind}" Target="{target}"/>'
        for kind, target in targets.items()
    )
    return f'<Relationships xmlns="{PACKAGE}">{entries}</Relationships>'.encode()


def zipped(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(name, data)
    return buffer.getvalue()


def only_tab(book: Book) -> Tab:
    [tab] = xlsx.tabs(book.data())
    return tab


def rows_of(tab: Tab) -> dict[int, list[Cell]]:
    """Row number -> cells, without the empty ones at the end."""
    return {row: trimmed(list(cells)) for row, cells in tab.rows()}


def trimmed(cells: list[Cell]) -> list[Cell]:
    while cells and cells[-1] == "":
        cells = cells[:-1]
    return cells


def plain_row(row: int) -> str:
    inline = f'<c r="B{row}" t="inlineStr"><is><t>Ani {row}</t></is></c>'
    return f'<row r="{row}"><c r="A{row}"><v>{row}</v></c>{inline}</row>'


def plain_rows(first: int, last: int) -> str:
    return "".join(plain_row(row) for row in range(first, last + 1))


def read_whole(data: bytes) -> None:
    for tab in xlsx.tabs(data):
        list(tab.rows())


def refused(book: Book, code: str) -> InputError:
    with pytest.raises(InputError) as caught:
        read_whole(book.data())
    assert caught.value.code == code
    words = say.text(code, file="bonus.xlsx", **caught.value.facts)
    assert words.isprintable()
    return caught.value


@pytest.fixture(params=[WHOLE, 2000, SMALL], ids=["element by element", "both gears", "small chunks"])
def _gear(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (xlsx, ooxml_values):
        monkeypatch.setattr(module, "CHUNK_BYTES", request.param)


gears = pytest.mark.usefixtures("_gear")


def tab_with(cell: str, **book: object) -> Tab:
    """With this cell as C40, between plain rows; `{}` in the XML becomes its name."""
    row = f'<row r="40"><c r="A40"><v>1</v></c>{cell.replace("{}", "C40")}</row>'
    wide = '<row r="2"><c r="C2"><v>1</v></c></row>'
    rows = plain_row(1) + wide + plain_rows(3, 39) + row + plain_rows(41, 60)
    return only_tab(Book(rows, **book))  # type: ignore[arg-type]


def c40(tab: Tab) -> Cell:
    found = rows_of(tab)
    assert sorted(found) == list(range(1, 61))
    assert [found[39], found[40][:1], found[41]] == [["39", "Ani 39"], ["1"], ["41", "Ani 41"]]
    return [*found[40], "", ""][2]


def cell_in_the_middle(cell: str, **book: object) -> Cell:
    return c40(tab_with(cell, **book))


# -- what a cell is ----------------------------------------------------------------------------------------


def no_value() -> OddCell:
    return OddCell(Oddity.NO_VALUE, "")


def two(shown: str, stored: str) -> OddCell:
    return OddCell(Oddity.TWO_READINGS, shown, stored)


@gears
@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ('<c r="{}"><v>81213456789</v></c>', "81213456789"),
        ('<c r="{}" t="n"><v>8.1213456789E10</v></c>', "81213456789"),
        ('<c r="{}"><v>081213456789</v></c>', "81213456789"),
        ('<c r="{}"><v>\n 5 </v></c>', "5"),
        ('<c r="{}"><v></v></c>', ""),
        ('<c r="{}"><v/></c>', ""),
        ('<c r="{}"/>', ""),
        ('<c r="{}" t="s"/>', ""),
        ('<c r="{}" t="s"></c>', ""),
        ('<c r="{}"><v>0.1</v></c>', OddCell(Oddity.DECIMAL, "0.1")),
        ('<c r="{}"><v>999999999999999</v></c>', "999999999999999"),
        ('<c r="{}"><v>1234567890123456</v></c>', OddCell(Oddity.LOST_DIGITS, "1234567890123456")),
        ('<c r="{}"><v>1_0</v></c>', OddCell(Oddity.UNKNOWN, "1_0")),
        ('<c r="{}" t="b"><v>1</v></c>', OddCell(Oddity.BOOLEAN, "TRUE")),
        ('<c r="{}" t="b"><v>false</v></c>', OddCell(Oddity.BOOLEAN, "FALSE")),
        ('<c r="{}" t="b"><v>2</v></c>', OddCell(Oddity.UNKNOWN, "2")),
        ('<c r="{}" t="zz"><v>0812</v></c>', OddCell(Oddity.UNKNOWN, "0812")),
        ('<c r="{}" t="zz"></c>', ""),
        ('<c r="{}" t="e"><v>#N/A</v></c>', OddCell(Oddity.ERROR, "#N/A")),
        (
            '<c r="{}" t="d"><v>2036-11-21T00:00:00</v></c>',
            OddCell(Oddity.DATE, "2036-11-21", "2036-11-21T00:00:00"),
        ),
        ('<c r="{}" t="str"><v>0812 &amp;lt; 5</v></c>', "0812 &lt; 5"),
        ('<c r="{}" t="str"><v> 0812 </v></c>', " 0812 "),
        ('<c r="{}" t="inlineStr"><is><t>0812</t></is></c>', "0812"),
        ('<c r="{}" t="inlineStr"><is><t xml:space="preserve"> 0812</t></is></c>', " 0812"),
        ('<c t="inlineStr" r="{}"><is><t>0812</t></is></c>', "0812"),
        ("<c r='{}' t='inlineStr'><is><t>0812</t></is></c>", "0812"),
        ('<c r="{}" t="inlineStr"><is><r><t>08</t></r><r><rPr><b/></rPr><t>12</t></r></is></c>', "0812"),
        ('<c r="{}" t="inlineStr"><is><t>08</t><rPh sb="0" eb="1"><t>kana</t></rPh></is></c>', "08"),
        ('<c r="{}" t="inlineStr"><is><t><![CDATA[<0812>]]></t></is></c>', "<0812>"),
        ('<c r="{}" t="inlineStr"><is><t>08<!-- </row><row r="9"> -->12</t></is></c>', "0812"),
        (
            '<c r="{}" t="inlineStr"><is><t>a&#10;b&#xe9;&quot;&apos;&lt;&gt;&amp;</t></is></c>',
            "a\nbé\"'<>&",
        ),
        ('<c r="{}" t="inlineStr"><is><t>a\r\nb</t></is></c>', "a\nb"),
        ('<c r="{}" t="inlineStr"><is><t>a]]b ] c</t></is></c>', "a]]b ] c"),
        ('<c r="{}" t="inlineStr"><is><t>a_x000D_b_x005F_x000D_c_x00zz_</t></is></c>', "a\rb_x000D_c_x00zz_"),
        ('<c r="{}" t="inlineStr"><is><t>_xD83D__xDE00_</t></is></c>', "😀"),
        (
            '<c r="{}" t="inlineStr"><is><t>\u200b0812\u00a0\uff11\u202e</t></is></c>',
            "\u200b0812\u00a0\uff11\u202e",
        ),
        ('<c r="{}" t="inlineStr"/>', ""),
        ('<c r="{}" t="inlineStr"><v>0812</v></c>', OddCell(Oddity.UNKNOWN, "0812")),
        ('<c r="{}"><is><t>0812</t></is></c>', OddCell(Oddity.UNKNOWN, "0812")),
        ('<c r="{}" t="inlineStr"><is><t>0812</t></is><v>0813</v></c>', OddCell(Oddity.UNKNOWN, "0812")),
        ('<c r="{}" vm="1" t="str"><v>0812</v></c>', "0812"),
    ],
)
def test_a_cell_is_what_excel_shows_or_is_marked(cell: str, expected: Cell) -> None:
    assert cell_in_the_middle(cell) == expected


@gears
@pytest.mark.parametrize(
    ("cell", "expected", "counted"),
    [
        ('<c r="{}"><f>A1*2</f><v>62</v></c>', "62", True),
        ('<c r="{}"><f>IF(A1&lt;2,"&amp;","")</f><v>62</v></c>', "62", True),
        ('<c r="{}" t="str"><f>A1&amp;"x"</f><v>S5 &amp; S10</v></c>', "S5 & S10", True),
        ('<c r="{}" t="str"><f>""</f><v></v></c>', "", True),
        ('<c r="{}" t="str"><f>""</f><v/></c>', "", True),
        ('<c r="{}" t="b"><f>1=1</f><v>1</v></c>', OddCell(Oddity.BOOLEAN, "TRUE"), True),
        ('<c r="{}" t="e"><f>NA()</f><v>#N/A</v></c>', OddCell(Oddity.ERROR, "#N/A"), True),
        ('<c r="{}"><f t="shared" ref="C40:C50" si="0">A1</f><v>7</v></c>', "7", True),
        ('<c r="{}"><f t="shared" si="0"/><v>7</v></c>', "7", True),
        ('<c r="{}"><f t="array" ref="C40">SUM(A1)</f><v>7</v></c>', "7", True),
        ('<c r="{}"><f>A1</f></c>', no_value(), False),
        ('<c r="{}"><f/></c>', no_value(), False),
        ('<c r="{}"><f>A1</f><v></v></c>', no_value(), False),
        ('<c r="{}"><f>A1</f><v> </v></c>', no_value(), False),
        ('<c r="{}" t="str"><f>A1</f></c>', no_value(), False),
    ],
)
def test_the_result_of_a_formula_is_taken_and_counted_and_a_missing_one_is_marked(
    cell: str, expected: Cell, counted: bool
) -> None:
    tab = tab_with(cell)
    assert c40(tab) == expected
    assert tab.remarks.formulas == ({2: 1} if counted else {})


@gears
@pytest.mark.parametrize(
    ("code", "stored", "expected"),
    [
        ("1", "5000", "5000"),
        ("3", "5000", "5000"),
        ("49", "81213456789", "81213456789"),
        ("44", "5000", "5000"),
        *(
            (code, "45000", OddCell(Oddity.DATE, "2023-03-15", "45000"))
            for code in ("14", "22", "30", "47", "58")
        ),
        ("9", "0.1", two("10%", "0.1")),
        ("yyyy", "45000", OddCell(Oddity.DATE, "2023-03-15", "45000")),
        ("&quot;0&quot;0", "8121345678", two("08121345678", "8121345678")),
        ("00000000000", "8121345678", two("08121345678", "8121345678")),
        (";;;", "5000", OddCell(Oddity.FORMAT, "5000", ";;;")),
    ],
)
def test_the_number_format_of_the_cells_own_style_counts(code: str, stored: str, expected: Cell) -> None:
    assert cell_in_the_middle(f'<c r="{{}}" s="1"><v>{stored}</v></c>', formats=(code,)) == expected


@gears
def test_dates_are_counted_from_1904_where_the_workbook_says_so() -> None:
    read = cell_in_the_middle(
        '<c r="{}" s="1"><v>43538</v></c>', formats=("14",), workbook_head='<workbookPr date1904="1"/>'
    )
    assert read == OddCell(Oddity.DATE, "2023-03-15", "43538")


PREFIXED = "&quot;08&quot;@"


@gears
@pytest.mark.parametrize(
    "cell",
    [
        '<c r="{}" s="1" t="inlineStr"><is><t>812</t></is></c>',
        '<c r="{}" s="01" t="inlineStr"><is><t>812</t></is></c>',
        '<c r="{}" s="1" t="inlineStr"><is><r><t>8</t></r><r><t>12</t></r></is></c>',
        '<c r="{}" s="1" t="str"><v>812</v></c>',
        '<c r="{}" s="1" t="s"><v>0</v></c>',
        '<c r="{}" s="1" t="str"><f>A1</f><v>812</v></c>',
    ],
)
def test_a_text_with_more_text_from_its_format_has_two_readings(cell: str) -> None:
    texts = ("<t>812</t>",)
    assert cell_in_the_middle(cell, formats=(PREFIXED,), texts=texts) == two("08812", "812")
    plain = cell.replace(' s="1"', ' s="2"').replace(' s="01"', ' s="02"')
    assert cell_in_the_middle(plain, formats=(PREFIXED, "0;-0;;@"), texts=texts) == "812"


@gears
def test_a_text_that_its_format_hides_is_told() -> None:
    read = cell_in_the_middle('<c r="{}" s="1" t="str"><v>S5</v></c>', formats=("0;;;",))
    assert read == OddCell(Oddity.FORMAT, "S5", "0;;;")


@gears
@pytest.mark.parametrize("cell", ['t="str"><v>812</v></c>', 't="inlineStr"><is><t>812</t></is></c>'])
def test_the_first_style_counts_for_texts_that_name_none(cell: str) -> None:
    xfs = f'<numFmts><numFmt numFmtId="164" formatCode="{PREFIXED}"/></numFmts><cellXfs><xf numFmtId="164"/>'
    styles = f'<styleSheet xmlns="{MAIN}">{xfs}</cellXfs></styleSheet>'.encode()
    row = f'<row r="1"><c r="A1" {cell}</row>'
    assert rows_of(only_tab(Book(row, parts={"xl/styles.xml": styles}))) == {1: [two("08812", "812")]}


@gears
@pytest.mark.parametrize("stated", ['fullCalcOnLoad="1"', 'fullCalcOnLoad="true"', 'calcCompleted="0"'])
@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ('<c r="{}"><f>A1</f><v>81213456789</v></c>', "81213456789"),
        ('<c r="{}" t="str"><f>A1</f><v>S5</v></c>', "S5"),
        ('<c r="{}" t="b"><f>A1</f><v>1</v></c>', "TRUE"),
        ('<c r="{}"><f>A1</f></c>', ""),
    ],
)
def test_a_result_that_is_to_be_calculated_anew_is_no_value(stated: str, cell: str, shown: str) -> None:
    tab = tab_with(cell, workbook_head=f'<calcPr calcId="191029" {stated}/>')
    assert c40(tab) == OddCell(Oddity.NO_VALUE, shown)
    assert not any(tab.remarks.formulas.values())


@gears
@pytest.mark.parametrize(
    ("cell", "result"),
    [
        ('<c r="{}"><f>A1</f><v>81213456789</v></c>', "81213456789"),
        ('<c r="{}" t="str"><f>A1</f><v>S5</v></c>', "S5"),
        ('<c r="{}"><f>A1</f><v>0</v></c>', OddCell(Oddity.NO_VALUE, "")),
        ('<c r="{}"><f>A1</f><v></v></c>', OddCell(Oddity.NO_VALUE, "")),
    ],
)
def test_a_result_that_a_writer_of_new_files_was_given_is_taken(cell: str, result: Cell) -> None:
    """XlsxWriter has all of them calculated on opening, and writes 0 for one that it was not given."""
    tab = tab_with(cell, workbook_head='<calcPr calcId="124519" fullCalcOnLoad="1"/>')
    assert c40(tab) == result
    assert sum(tab.remarks.formulas.values()) == isinstance(result, str)
    assert c40(tab_with(cell, workbook_head='<calcPr calcId="124519" calcCompleted="0"/>')) != "S5"


@gears
def test_a_workbook_that_always_calculates_in_full_has_results_that_hold() -> None:
    head = '<calcPr calcId="191029" forceFullCalc="1" fullCalcOnLoad="0" calcCompleted="1"/>'
    assert cell_in_the_middle('<c r="{}"><f>A1</f><v>62</v></c>', workbook_head=head) == "62"


@gears
def test_text_formatted_as_a_date_is_text() -> None:
    assert cell_in_the_middle('<c r="{}" s="1" t="str"><v>0812</v></c>', formats=("14",)) == "0812"


@pytest.mark.parametrize(
    ("cell", "cause"),
    [
        ('<c r="c40"><v>5</v></c>', "c40 is not a cell of a sheet"),
        ('<c r="ZZZ40"><v>5</v></c>', "ZZZ40 is not a cell of a sheet"),
        ('<c r="{}"><v>5</c></v>', "mismatched tag"),
        ('<c r="{}"><v>&nbsp;</v></c>', "undefined entity"),
        ('<c r="{}"><v>\x01</v></c>', "invalid token"),
        ('<c r="{}" t="inlineStr"><is><t>]]></t></is></c>', "invalid token"),
        ('<c r="{}" t="inlineStr"><is><t>\ufffe</t></is></c>', "invalid token"),
        ('<c r="{}"><x:v>5</x:v></c>', "unbound prefix"),
        ('</row><row r="41" x:ht="5"><c r="C41"><v>5</v></c>', "unbound prefix"),
        ('</row><row r="41" xmlns="x"><c r="C41"><v>5</v></c>', "<row> does not belong in"),
        ('</row><row r="41" ht="5" ht="5"><c r="C41"><v>5</v></c>', "duplicate attribute"),
        ('<row r="41"><c r="C41"><v>5</v></c></row>', "<row> does not belong in"),
        ("<w/>", "<w> does not belong in"),
    ],
)
@gears
def test_what_excel_would_not_open_is_refused(cell: str, cause: str) -> None:
    with pytest.raises(InputError) as caught:
        cell_in_the_middle(cell)
    assert caught.value.code == "sheet.unreadable"
    assert cause in f"{say.error(caught.value)} {caught.value.__cause__}"
    if caught.value.__cause__ is not None:  # expat's words are not for a person
        assert cause not in say.error(caught.value)


# -- shared texts ------------------------------------------------------------------------------------------


@gears
@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("<t>0812</t>", "0812"),
        ('<t xml:space="preserve"> 0812 </t>', " 0812 "),
        ("<t/>", ""),
        ("", ""),
        ("<t>R&amp;D &amp;amp;</t>", "R&D &amp;"),
        ("<r><t>08</t></r><r><rPr><b/></rPr><t>12</t></r>", "0812"),
        ('<t>08</t><rPh sb="0" eb="2"><t>kana</t></rPh><phoneticPr fontId="1"/>', "08"),
        ("<t>a_x000D_b</t>", "a\rb"),
        ("<t>08<!-- </si><si><t>x</t></si> -->12</t>", "0812"),
    ],
)
def test_a_shared_text_is_its_runs_without_its_phonetic_guide(item: str, expected: str) -> None:
    texts = tuple(f"<t>text {n}</t>" for n in range(50))
    texts = (*texts[:40], item, *texts[41:])
    assert cell_in_the_middle('<c r="{}" t="s"><v>40</v></c>', texts=texts) == expected
    assert cell_in_the_middle('<c r="{}" t="s"><v>\n41 </v></c>', texts=texts) == "text 41"


@gears
@pytest.mark.parametrize(
    "index", ["3", "-1", "+1", "1.0", "1e0", "", "x", "1_0", "0 1", "²", "٢", "9" * 5000, "&#49;0"]
)
def test_a_shared_text_that_is_not_there_is_refused_by_its_cell(index: str) -> None:
    with pytest.raises(InputError) as caught:
        cell_in_the_middle(
            f'<c r="{{}}" t="s"><v>{index}</v></c>', texts=("<t>a</t>", "<t>b</t>", "<t>c</t>")
        )
    assert (caught.value.code, caught.value.facts["cell"]) == ("sheet.lost_text", "C40")


@pytest.mark.parametrize("without", ["xl/sharedStrings.xml", "xl/styles.xml"])
def test_a_workbook_needs_no_shared_texts_and_no_styles(without: str) -> None:
    assert rows_of(only_tab(Book(plain_rows(1, 3), without=(without,))))[3] == ["3", "Ani 3"]


def test_a_missing_list_of_texts_is_refused_where_a_cell_needs_it() -> None:
    rows = '<row r="1"><c r="A1" t="s"><v>0</v></c></row>'
    error = refused(Book(rows, without=("xl/sharedStrings.xml",)), "sheet.lost_text")
    assert error.facts == {"tab": "Juni", "cell": "A1"}


@gears
@pytest.mark.parametrize("style", ["7", "-1"])
def test_a_number_format_that_is_not_there_is_refused_by_its_cell(style: str) -> None:
    with pytest.raises(InputError) as caught:
        cell_in_the_middle(f'<c r="{{}}" s="{style}"><v>5</v></c>')
    assert (caught.value.code, caught.value.facts) == ("sheet.lost_format", {"tab": "Juni", "cell": "C40"})


# -- rows --------------------------------------------------------------------------------------------------


@gears
def test_rows_and_cells_without_a_number_follow_the_one_before() -> None:
    rows = (
        "<row><c><v>1</v></c><c><v>2</v></c></row>" + '<row r="5"><c r="C5"><v>3</v></c><c><v>4</v></c></row>'
    )
    rows += "<row><c><v>5</v></c></row>"
    assert rows_of(only_tab(Book(rows))) == {1: ["1", "2"], 5: ["", "", "3", "4"], 6: ["5"]}


@gears
@pytest.mark.parametrize(
    ("rows", "row"),
    [
        (plain_rows(1, 40) + plain_row(40), "40"),
        (plain_rows(1, 40) + plain_row(7), "7"),
        (plain_rows(1, 20) + '<row r="20" a="1"></row>' + plain_rows(21, 40), "20"),
        (plain_rows(1, 20) + '<row r="30" a="1"></row>' + plain_rows(21, 40), "21"),
    ],
)
def test_a_row_that_is_there_twice_or_too_late_is_refused(rows: str, row: str) -> None:
    assert refused(Book(rows), "sheet.row_twice").facts == {"tab": "Juni", "row": row}


@gears
@pytest.mark.parametrize(
    "cell",
    [
        '<c r="{}"><v>1</v></c><c r="{}"><v>2</v></c>',
        '<c r="D40"><v>1</v></c><c r="{}"><v>2</v></c>',
        '<c r="C41"><v>1</v></c>',
        '<c r="{}"><v>1</v><v>2</v></c>',
        '<c r="{}" t="inlineStr"><is><t>1</t></is><is><t>2</t></is></c>',
    ],
)
def test_a_cell_that_is_there_twice_or_out_of_place_is_refused(cell: str) -> None:
    with pytest.raises(InputError) as caught:
        cell_in_the_middle(cell)
    assert caught.value.code == "sheet.cell_twice"
    assert caught.value.facts["cell"] in {"C40", "C41"}


@gears
@pytest.mark.parametrize("row", ["0", "1048577", "-1", "x", "99999999999"])
def test_a_row_number_that_no_sheet_has_is_refused(row: str) -> None:
    refused(Book(plain_rows(1, 30) + plain_row(31).replace("31", row)), "sheet.unreadable")


@gears
def test_a_stray_cell_in_the_last_corner_is_one_more_row() -> None:
    rows = plain_rows(1, 40) + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    found = rows_of(only_tab(Book(rows)))
    assert len(found) == 41
    assert found[1048576] == [""] * 16383 + ["1"]


@gears
def test_a_wider_row_among_others_is_whole_and_so_are_those_after_it() -> None:
    rows, row = plain_rows(1, 40), 40
    for width in range(3, 12):
        cells = "".join(f'<c r="{column}{row + 1}"><v>{width}</v></c>' for column in "ABCDEFGHIJKL"[:width])
        rows += f'<row r="{row + 1}">{cells}</row>' + plain_rows(row + 2, row + 15)
        row += 15
    found = rows_of(only_tab(Book(rows)))
    assert sorted(found) == list(range(1, 176))
    assert [len(cells) for cells in found.values() if len(cells) != 2] == list(range(3, 12))
    assert found[175] == ["175", "Ani 175"]


@gears
def test_a_tab_without_rows_has_none() -> None:
    assert rows_of(only_tab(Book())) == {}
    assert rows_of(only_tab(Book('<row r="5"/>'))) == {5: []}


@gears
@pytest.mark.parametrize(
    "attributes",
    ['hidden="1"', 'hidden="true"', 'spans="1:2" hidden="1" customHeight="1"', 'ht="0"', "hidden='1'"],
)
def test_hidden_and_filtered_rows_are_told(attributes: str) -> None:
    hidden = plain_row(30).replace('r="30"', f'r="30" {attributes}', 1)
    filtered = '<autoFilter ref="A1:B40"><filterColumn colId="0"/></autoFilter>'
    tab = only_tab(Book(plain_rows(1, 29) + hidden + plain_rows(31, 40), tail=filtered))
    assert len(rows_of(tab)) == 40
    assert tab.remarks.hidden_rows == {30}


@gears
def test_rows_that_are_written_down_are_visible_where_all_others_are_hidden() -> None:
    """ECMA-376 part 1, 18.3.1.81: `zeroHeight` hides the rows that are not specified."""
    rows = plain_rows(1, 39) + plain_row(40).replace('r="40"', 'r="40" x14ac:dyDescent="0.25" hidden="0"', 1)
    tab = only_tab(Book(rows, head='<sheetFormatPr defaultRowHeight="15" zeroHeight="1"/>'))
    assert len(rows_of(tab)) == 40
    assert tab.remarks.hidden_rows == set()


@gears
def test_hidden_columns_and_merged_cells_are_told() -> None:
    head = (
        '<cols><col min="1" max="1" width="9"/><col min="2" max="3" hidden="1"/>'
        '<col min="5" max="5" width="0"/></cols>'
    )
    tail = '<mergeCells><mergeCell ref="A2:A4"/><mergeCell ref="B5:C5"/></mergeCells>'
    tab = only_tab(Book(plain_rows(1, 40), head=head, tail=tail))
    rows_of(tab)
    assert tab.remarks.hidden_columns == {1, 2, 4}
    assert tab.remarks.merged == [(2, 0, 4, 0), (5, 1, 5, 2)]


def test_rows_can_be_read_again_and_the_remarks_are_those_of_the_last_time() -> None:
    rows = plain_rows(1, 3) + '<row r="4" hidden="1"><c r="A4"><f>1</f><v>1</v></c></row>'
    tab = only_tab(Book(rows))
    assert next(iter(tab.rows()))[0] == 1
    assert rows_of(tab) == rows_of(tab)
    assert tab.remarks == Remarks(formulas=tab.remarks.formulas, hidden_rows={4})
    assert tab.remarks.formulas == {0: 1}


# -- how the XML is written --------------------------------------------------------------------------------


def as_prefixed(sheet: str) -> str:
    for name in ("worksheet", "sheetData", "row", "c", "v", "is", "r", "t"):
        for end in (" ", ">"):
            sheet = sheet.replace(f"<{name}{end}", f"<x:{name}{end}")
        sheet = sheet.replace(f"</{name}>", f"</x:{name}>")
    return sheet.replace("xmlns=", "xmlns:x=")


@gears
@pytest.mark.parametrize(
    "sheet",
    [
        pytest.param(lambda xml: xml.encode(), id="as it is"),
        pytest.param(lambda xml: xml.encode("utf-8-sig"), id="utf-8 bom"),
        pytest.param(lambda xml: xml.encode("utf-16"), id="utf-16"),
        pytest.param(
            lambda xml: f'<?xml version="1.0" encoding="ISO-8859-1"?>{xml}'.encode("latin-1"), id="latin-1"
        ),
        pytest.param(lambda xml: as_prefixed(xml).encode(), id="prefixed"),
        pytest.param(
            lambda xml: as_prefixed(xml).replace("</x:row>", "</x:row >").encode(), id="prefixed, odd"
        ),
        pytest.param(lambda xml: xml.replace(MAIN, STRICT).encode(), id="strict"),
        pytest.param(lambda xml: xml.replace("><", ">\n  <").encode(), id="indented"),
        pytest.param(lambda xml: xml.replace("><", ">\r\n<").encode(), id="crlf"),
        pytest.param(lambda xml: xml.replace("</row>", "</row >").encode(), id="spaced end tags"),
        pytest.param(lambda xml: xml.replace("<row", "<!-- --><?pi?><row").encode(), id="comments"),
        pytest.param(lambda xml: xml.replace('"', "'").encode(), id="single quotes"),
    ],
)
def test_a_sheet_is_read_however_its_xml_is_written(sheet: object) -> None:
    rows = plain_rows(1, 30) + '<row r="31"><c r="A31" t="str"><v>é</v></c></row>' + plain_rows(32, 60)
    data = sheet(Book(rows).sheet())  # type: ignore[operator]
    found = rows_of(only_tab(Book(parts={"xl/worksheets/sheet1.xml": data})))
    assert sorted(found) == list(range(1, 61))
    assert found[31] == ["é"]
    assert found[60] == ["60", "Ani 60"]


@gears
@pytest.mark.parametrize(
    "wrapped", ["<!-- {} -->", "<!-- <row></row>{} -->", "<extLst><![CDATA[{}]]></extLst>", "<?pi {}?>"]
)
def test_rows_that_are_only_quoted_are_none(wrapped: str) -> None:
    quoted = wrapped.replace("{}", plain_rows(500, 530))
    rows = f'{plain_rows(1, 40)}<row r="41"><c r="A41"><v>1</v></c>{quoted if "ext" in wrapped else ""}</row>'
    rows += ("" if "ext" in wrapped else quoted) + plain_rows(42, 80)
    assert sorted(rows_of(only_tab(Book(rows)))) == list(range(1, 81))


@gears
def test_rows_outside_the_list_of_rows_are_never_taken() -> None:
    extension = f"<extLst><row r='41'></row>{plain_rows(42, 80)}</extLst>"
    sheet = Book(plain_rows(1, 40), tail=extension)
    with suppress(InputError):
        assert sorted(rows_of(only_tab(sheet))) == list(range(1, 41))


@gears
@pytest.mark.parametrize(
    "sheet",
    [
        b"",
        b"<worksheet/>",
        b"<html><table><tr><td>0812</td></tr></table></html>",
        Book(plain_rows(1, 60)).sheet().encode()[:-40],
        Book(plain_rows(1, 60)).sheet().encode().replace(b"Ani 50", b"Ani \xff"),
        Book(plain_rows(1, 60)).sheet().encode().replace(b"Ani 50", b"Ani \xed\xa0\x80"),
        Book(plain_rows(1, 20) + "</sheetData>" + plain_rows(21, 60) + "<sheetData>").sheet().encode(),
        Book(plain_rows(1, 45) + '<row r="46" ' + plain_rows(47, 90) + "></row>").sheet().encode(),
        Book(plain_rows(1, 45) + '<row r="46" a="' + plain_rows(47, 90) + '"></row>').sheet().encode(),
        b"<!DOCTYPE worksheet>" + Book(plain_rows(1, 3)).sheet().encode(),
    ],
)
def test_a_damaged_sheet_is_refused(sheet: bytes) -> None:
    refused(Book(parts={"xl/worksheets/sheet1.xml": sheet}), "sheet.unreadable")


def test_a_billion_laughs_are_refused() -> None:
    laughs = '<!DOCTYPE sst [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    texts = f'{laughs}<sst xmlns="{MAIN}"><si><t>&b;</t></si></sst>'.encode()
    book = Book('<row r="1"><c r="A1" t="s"><v>0</v></c></row>', parts={"xl/sharedStrings.xml": texts})
    assert refused(book, "sheet.unreadable").facts["cause"] == "why.document_type"


# -- the package -------------------------------------------------------------------------------------------


def test_only_worksheets_are_tabs_and_their_visibility_is_told() -> None:
    sheets = "".join(
        f'<sheet name="{name}" sheetId="{n}" state="{state}" r:id="{kind}"/>'
        for n, (name, state, kind) in enumerate(
            [
                ("Grafik", "visible", "chartsheet"),
                ("Juni &amp; Juli", "visible", "worksheet"),
                ("Lama", "hidden", "worksheet"),
                ("Rahasia", "veryHidden", "worksheet"),
                ("Dialog", "visible", "dialogsheet"),
                ("Makro", "visible", "xlMacrosheet"),
            ]
        )
    )
    related = dict.fromkeys(
        ("worksheet", "chartsheet", "dialogsheet", "xlMacrosheet"), "worksheets/sheet1.xml"
    )
    parts = {
        "xl/workbook.xml": workbook("", sheets),
        "xl/_rels/workbook.xml.rels": relationships(OFFICE, **related),
    }
    tabs = xlsx.tabs(Book(plain_rows(1, 3), parts=parts).data())
    assert [(tab.name, tab.visible) for tab in tabs] == [
        ("Juni & Juli", True),
        ("Lama", False),
        ("Rahasia", False),
    ]


@pytest.mark.parametrize(
    "target",
    [
        "/xl/worksheets/sheet1.xml",
        "Worksheets/SHEET1.XML",
        "./x/../worksheets/sheet1.xml",
        "worksheets\\sheet1.xml",
    ],
)
def test_a_part_is_found_however_it_is_pointed_to(target: str) -> None:
    parts = {"xl/_rels/workbook.xml.rels": relationships(OFFICE, worksheet=target)}
    assert len(rows_of(only_tab(Book(plain_rows(1, 3), parts=parts)))) == 3


def test_the_workbook_part_may_have_another_name_and_the_strict_dialect() -> None:
    parts = {
        "_rels/.rels": relationships(STRICT_OFFICE, officeDocument="/deep/buku.xml"),
        "deep/buku.xml": workbook("", '<sheet name="J" sheetId="1" r:id="worksheet"/>')
        .replace(MAIN.encode(), STRICT.encode())
        .replace(OFFICE.encode(), STRICT_OFFICE.encode()),
        "deep/_rels/buku.xml.rels": relationships(STRICT_OFFICE, worksheet="../xl/worksheets/sheet1.xml"),
    }
    book = Book(plain_rows(1, 3), parts=parts, without=("xl/workbook.xml", "xl/_rels/workbook.xml.rels"))
    assert len(rows_of(only_tab(book))) == 3


@pytest.mark.parametrize(
    "without", ["xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/worksheets/sheet1.xml"]
)
def test_a_missing_part_is_refused(without: str) -> None:
    refused(Book(plain_rows(1, 3), without=(without,)), "sheet.unreadable")


@pytest.mark.parametrize("identity", ["gone", "lost"])
def test_a_tab_that_is_only_named_spoils_no_other(identity: str) -> None:
    tabs = f'<sheet name="Lama" sheetId="2" r:id="{identity}"/><sheet name="J" sheetId="1" r:id="worksheet"/>'
    targets = {"worksheet": "worksheets/sheet1.xml", "lost": "worksheets/sheet2.xml"}
    rels = "".join(
        f'<Relationship Id="{id_}" Type="{OFFICE}/worksheet" Target="{target}"/>'
        for id_, target in targets.items()
    )
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    parts = {
        "xl/workbook.xml": workbook("", tabs),
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{space}">{rels}</Relationships>'.encode(),
    }
    lost, whole = xlsx.tabs(Book(plain_rows(1, 3), parts=parts).data())
    assert len(rows_of(whole)) == 3
    with pytest.raises(NoHeader) as caught:
        lost.rows()
    assert caught.value.facts == {"cause": "why.tab_missing", "what": "Lama"}


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_part_that_is_there_twice_is_refused() -> None:
    buffer = io.BytesIO(Book(plain_rows(1, 3)).data())
    with zipfile.ZipFile(buffer, "a") as package:
        package.writestr("xl/worksheets/Sheet1.xml", Book(plain_rows(1, 5)).sheet())
    with pytest.raises(InputError) as caught:
        list(xlsx.tabs(buffer.getvalue())[0].rows())
    assert caught.value.facts["cause"] == "why.part_twice"


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_damaged_file_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    whole = Book(plain_rows(1, 30), texts=("<t>a</t>",), formats=("14",)).data()
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = (
        whole[:at] + data.draw(st.binary(min_size=0, max_size=3)) + whole[at + data.draw(st.integers(0, 3)) :]
    )
    with suppress(InputError):
        read_whole(damaged)


# -- the two gears -----------------------------------------------------------------------------------------

Outcome = tuple[list[tuple[int, list["Cell"]]], Remarks] | tuple[str, dict[str, object]]


class CountingRows(RowReader):
    plain = 0

    def take_plain(self, parts: list[str], stride: int) -> None:
        self.plain += len(parts) // stride
        super().take_plain(parts, stride)


def read(book: Book, chunk_bytes: int) -> tuple[Outcome, int]:
    """What the sheet comes to, and how many rows the regular expression took."""
    package = Package(book.data())
    values = Values(package, "xl/sharedStrings.xml", "xl/styles.xml", epoch_1904=False)
    rows = CountingRows("xl/worksheets/sheet1.xml", "Juni", values, Remarks())
    try:
        for _ in read_items(io.BytesIO(book.sheet().encode()), rows, chunk_bytes):
            pass
    except InputError as error:
        return (error.code, error.facts), rows.plain
    return ([(row, trimmed(list(cells))) for row, cells in row_by_row(rows.taken)], rows._remarks), rows.plain


@pytest.mark.parametrize("written", [str, as_prefixed])
def test_plain_rows_do_not_pay_for_an_odd_one(written: Callable[[str], str]) -> None:
    odd = '<row r="2000"><c r="A2000" t="inlineStr"><is><r><t>x</t></r></is></c></row>'
    book = Book(plain_rows(1, 1999) + odd + plain_rows(2001, 4000), written=written)
    outcome, plain = read(book, 5_000)
    assert outcome == read(book, WHOLE)[0]
    assert plain > 3500


@pytest.mark.parametrize("width", [63, 65, 100, 256, 300])
def test_wide_rows_are_plain_up_to_256_columns(width: int) -> None:
    cells = "".join(f'<c r="{letter(at)}{{0}}"><v>{at}</v></c>' for at in range(width))
    book = Book("".join(f'<row r="{row}">{cells.replace("{0}", str(row))}</row>' for row in range(1, 61)))
    outcome, plain = read(book, 20_000)
    assert outcome == read(book, WHOLE)[0]
    assert plain > 30 * (width <= 256) - 1


WRITERS = {
    "Excel": (
        '<row r="{0}" spans="1:5" x14ac:dyDescent="0.25"><c r="A{0}" s="1" t="s"><v>0</v></c>'
        '<c r="B{0}"><v>5</v></c></row>'
    ),
    "Excel, heights": (
        '<row r="{0}" spans="1:2" s="1" customFormat="1" ht="15.75" customHeight="1" thickBot="1">'
        '<c r="B{0}" s="1"/></row>'
    ),
    "LibreOffice": (
        '<row r="{0}" customFormat="false" ht="12.8" hidden="false" customHeight="false" outlineLevel="0" '
        'collapsed="false"><c r="A{0}" s="1" t="s"><v>0</v></c><c r="B{0}" s="0" t="n"><v>5</v></c></row>'
    ),
    "Google": (
        '<row r="{0}"><c r="A{0}" s="1" t="s"><v>0</v></c><c r="B{0}" s="1"><v>5.0</v></c>'
        '<c r="C{0}" s="1"/></row>'
    ),
    "openpyxl": (
        '<row r="{0}"><c r="A{0}" t="inlineStr"><is><t>x</t></is></c><c r="B{0}" t="n"><v>5</v></c></row>'
    ),
    "XlsxWriter": (
        '<row r="{0}" spans="1:5"><c r="A{0}" t="s"><v>0</v></c><c r="B{0}"><f>A{0}*2</f><v>0</v></c></row>'
    ),
    "POI": (
        '<row r="{0}"><c r="A{0}" s="1" t="inlineStr"><is><t xml:space="preserve">a b</t></is></c>'
        '<c r="B{0}" t="b"><v>1</v></c><c r="C{0}" s="1" t="e"><f>NA()</f><v>#N/A</v></c></row>\n'
    ),
    "empty rows": '<row r="{0}" spans="1:5"></row>',
}


@pytest.mark.parametrize("writer", WRITERS)
def test_what_common_programs_write_is_plain(writer: str) -> None:
    rows = "".join(WRITERS[writer].replace("{0}", str(row)) for row in range(1, 401))
    book = Book(rows, texts=("<t>teks</t>",), formats=("14",))
    outcome, plain = read(book, 1_000)
    assert outcome == read(book, WHOLE)[0]
    assert plain > 300


NUMBERS = st.sampled_from(
    ["0", "5", "5000", "81213456789", "8.1E10", "0.5", "", " 7", "-3", "x", "1&amp;2", "45000"]
)
TEXTS = st.sampled_from(
    [
        "",
        "0812",
        " a ",
        "R&amp;D",
        "é",
        "\uff11",
        "a_x000D_b",
        "a]b",
        "]]",
        "a&#10;b",
        "x&lt;y",
        "\n",
        "<!-- c -->",
    ]
)
STYLE = st.sampled_from(["", "", "", ' s="0"', ' s="1"', ' s="2"', ' s="9"'])
FORMULA = st.sampled_from(["", "", "", "", "<f>A1</f>", "<f>A1&amp;B1</f>", '<f t="shared" si="0"/>', "<f/>"])


@st.composite
def cells(draw: st.DrawFn) -> str:
    style, formula = draw(STYLE), draw(FORMULA)
    match draw(
        st.sampled_from(
            ["n", "n", "s", "s", "str", "inline", "inline", "b", "e", "none", "rich", "gap", "odd"]
        )
    ):
        case "gap":
            return ""
        case "none":
            return f'<c r="{{}}"{style}/>'
        case "inline":
            return f'<c r="{{}}"{style} t="inlineStr"><is><t>{draw(TEXTS)}</t></is></c>'
        case "rich":
            return f'<c r="{{}}"{style} t="inlineStr"><is><r><t>{draw(TEXTS)}</t></r></is></c>'
        case "odd":
            return f'<c{style} r="{{}}" t="str"><v>{draw(TEXTS)}</v></c>'
        case "n":
            return f'<c r="{{}}"{style}>{formula}<v>{draw(NUMBERS)}</v></c>'
        case "s":
            index = draw(
                st.sampled_from(["0", "1", "1", "2", "02", "3", "-1", ""] if style else ["0", "1", "2"])
            )
            return f'<c r="{{}}"{style} t="s"><v>{index}</v></c>'
        case kind:
            return f'<c r="{{}}"{style} t="{kind}">{formula}<v>{draw(TEXTS)}</v></c>'


ROW_HEADS = st.sampled_from(
    ["", "", "", ' spans="1:3"', ' hidden="1"', ' ht="0"', ' hidden="0" ht="12.5"', " hidden='1'"]
)


@st.composite
def sheets(draw: st.DrawFn) -> str:
    kinds = draw(st.lists(st.tuples(ROW_HEADS, st.lists(cells(), max_size=3)), min_size=1, max_size=6))
    rows, row = [plain_rows(1, 6)], 6
    # Most rows of a sheet are written alike.
    which = st.one_of(st.just(0), st.just(0), st.integers(0, len(kinds) - 1))
    for kind in draw(st.lists(which, min_size=1, max_size=40)):
        row += draw(st.sampled_from([1, 1, 1, 1, 1, 1, 1, 1, 2, 0]) if row == 30 else st.just(1))
        head, in_row = kinds[kind]
        named = "".join(
            cell.replace("{}", f"{letter}{row}") for letter, cell in zip("ABC", in_row, strict=False)
        )
        rows.append(f'<row r="{row}"{head}>{named}</row>')
    return "".join(rows)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(sheets(), st.integers(100, 1500))
def test_the_two_gears_agree(rows: str, chunk_bytes: int) -> None:
    book = Book(
        rows, texts=("<t>nol</t>", "<t>satu &amp; dua</t>", "<r><t>rich</t></r>"), formats=("14", "9")
    )
    mixed, whole = read(book, chunk_bytes)[0], read(book, WHOLE)[0]
    if isinstance(whole[0], str):
        assert isinstance(mixed[0], str), "both refuse; of two reasons, each may meet another first"
    else:
        assert mixed == whole

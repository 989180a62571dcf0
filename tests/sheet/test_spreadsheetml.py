"""XML workbooks of Excel 2003: every cell under its own letter and number, or one clear error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import OddCell, Oddity
from bulk_topup.report.words import say
from bulk_topup.sheet import detect, read_sheet
from bulk_topup.sheet.readers import spreadsheetml
from bulk_topup.sheet.readers.ooxml_markup import Markup
from tests.sheet.test_sheet import refused, rows_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bulk_topup.sheet.tabs import Cell, Tab

OWN = "urn:schemas-microsoft-com:office:spreadsheet"
EXCEL = "urn:schemas-microsoft-com:office:excel"
DECLARATION = '<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n'
ROOT = (
    f'<Workbook xmlns="{OWN}" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x="{EXCEL}" '
    f'xmlns:ss="{OWN}" xmlns:html="http://www.w3.org/TR/REC-html40">'
)
STYLES = (
    '<Styles><Style ss:ID="Default" ss:Name="Normal"><Alignment ss:Vertical="Bottom"/><NumberFormat/></Style>'
    '<Style ss:ID="day"><NumberFormat ss:Format="Short Date"/></Style>'
    '<Style ss:ID="bold_day" ss:Parent="day"><Font ss:Bold="1"/></Style>'
    '<Style ss:ID="bold"><Font ss:Bold="1"/></Style>'
    '<Style ss:ID="text"><NumberFormat ss:Format="@"/></Style>'
    '<Style ss:ID="percent"><NumberFormat ss:Format="Percent"/></Style>'
    '<Style ss:ID="answer"><NumberFormat ss:Format="Yes/No"/></Style>'
    '<Style ss:ID="padded"><NumberFormat ss:Format="000000000000"/></Style>'
    '<Style ss:ID="circle" ss:Parent="circle"/></Styles>'
)


def data(value: str, kind: str = "String") -> str:
    return f'<Data ss:Type="{kind}">{value}</Data>'


def cell(value: str, kind: str = "String", **attributes: object) -> str:
    return f"<Cell{_written(attributes)}>{data(value, kind)}</Cell>"


def row(*cells: str, **attributes: object) -> str:
    return f"<Row{_written(attributes)}>{''.join(cells)}</Row>"


def _written(attributes: dict[str, object]) -> str:
    return "".join(f' ss:{name}="{value}"' for name, value in attributes.items())


def worksheet(*rows: str, name: str = "Juni", visible: str = "", table: str = "") -> str:
    options = f"<x:WorksheetOptions>{visible}<x:Selected/></x:WorksheetOptions>"
    return f'<Worksheet ss:Name="{name}"><Table{table}>{"".join(rows)}</Table>{options}</Worksheet>'


def book(*sheets: str, before: str = "") -> bytes:
    return f"{DECLARATION}{ROOT}{before}{STYLES}{''.join(sheets)}</Workbook>".encode()


def only(content: bytes) -> Tab:
    [tab] = spreadsheetml.tabs(content)
    return tab


def read(*rows: str) -> dict[int, list[Cell]]:
    return {number: list(cells) for number, cells in only(book(worksheet(*rows))).rows()}


def one(written: str) -> Cell:
    [cells] = read(row(written)).values()
    [cell] = cells
    return cell


def fails(content: bytes, code: str) -> InputError:
    with pytest.raises(InputError) as caught:
        _ = [list(tab.rows()) for tab in spreadsheetml.tabs(content)]
    assert caught.value.code == code
    assert say.text(code, file="b.xml", **caught.value.facts).isprintable()
    return caught.value


def fails_in_rows(*rows: str, code: str = "sheet.unreadable") -> str:
    return str(fails(book(worksheet(*rows)), code).facts)


# -- through the product -----------------------------------------------------------------------------------

HEADER = row(cell("Nama"), cell("No HP"), cell("Kode Produk"))


@pytest.mark.parametrize("name", ["bonus.xml", "bonus.xls", "bonus.csv"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "windows-1252"])
def test_a_sheet_is_read_whatever_its_name_and_its_encoding(tmp_path: Path, name: str, encoding: str) -> None:
    path = tmp_path / name
    text = book(worksheet(HEADER, row(cell("Zoë"), cell("081234567890"), cell("TEL5")))).decode()
    path.write_bytes(text.replace('"1.0"', f'"1.0" encoding="{encoding}"', 1).encode(encoding))
    sheet = read_sheet(path)
    assert sheet.tab == "Juni"
    assert rows_of(sheet) == {2: ["Zoë", "081234567890", "TEL5"]}


def test_a_sheet_without_an_xml_declaration_is_one_too(tmp_path: Path) -> None:
    path = tmp_path / "bonus.xls"
    path.write_bytes(book(worksheet(HEADER, row(cell("A"), cell("0812"), cell("T5"))))[len(DECLARATION) :])
    assert rows_of(read_sheet(path)) == {2: ["A", "0812", "T5"]}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<?xml version='1.0'?><Workbook/>", "sheet.xml"),
        (b"<?xml version='1.0'?><rows><Workbook xmlns='" + OWN.encode() + b"'/></rows>", "sheet.xml"),
        (b"<?xml version='1.0'?><!DOCTYPE x><Workbook xmlns='" + OWN.encode() + b"'/>", "sheet.xml"),
        (book(), "sheet.not_a_spreadsheet"),
        (book(worksheet(HEADER))[:-5], "sheet.unreadable"),
    ],
)
def test_other_xml_is_one_clear_refusal(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "bonus.xml"
    path.write_bytes(content)
    refused(path, code)


def test_a_head_of_a_thousand_comments_is_looked_at_quickly() -> None:
    assert detect.format_of(b"<!---->" * 500 + ROOT.encode()) is detect.Format.SPREADSHEETML
    with pytest.raises(InputError):
        detect.format_of(b"<?xml?>" + b"<!---->" * 500 + b"<x/>")


def test_the_hidden_tab_is_not_taken_and_told(tmp_path: Path) -> None:
    rows = [HEADER, row(cell("A"), cell("0812"), cell("T5"))]
    path = tmp_path / "bonus.xml"
    hidden = "<x:Visible>SheetHidden</x:Visible>"
    path.write_bytes(book(worksheet(*rows, name="Mei", visible=hidden), worksheet(*rows)))
    sheet = read_sheet(path)
    assert sheet.tab == "Juni"
    assert [notice.code for notice in sheet.notices] == ["sheet.hidden_tabs"]


# -- tabs --------------------------------------------------------------------------------------------------


def test_tabs_come_in_their_order_each_with_its_own_rows_and_as_often_as_wanted() -> None:
    names = ["C", "A", "B"]
    very = "<x:Visible>SheetVeryHidden</x:Visible>"
    sheets = [worksheet(row(cell(name)), name=name, visible=very * (name == "A")) for name in names]
    tabs = spreadsheetml.tabs(book(*sheets, '<Worksheet ss:Name="empty"/>'))
    assert [(tab.name, tab.visible) for tab in tabs] == [
        ("C", True),
        ("A", False),
        ("B", True),
        ("empty", True),
    ]
    for _ in range(2):
        assert [list(tab.rows()) for tab in tabs] == [[(1, ["C"])], [(1, ["A"])], [(1, ["B"])], []]


def test_a_tab_far_behind_costs_no_reading_of_those_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row(cell("x"))] * 2000
    content = book(*(worksheet(*rows, name=name) for name in "ABCDEFGH"))
    *_, last = spreadsheetml.tabs(content)
    fed: list[int] = []
    feed = Markup.feed

    def counted(markup: Markup, data: bytes) -> None:
        fed.append(len(data))
        feed(markup, data)

    monkeypatch.setattr(Markup, "feed", counted)
    assert len(list(last.rows())) == 2000
    assert sum(fed) < len(content) / 6


def test_a_prefix_for_all_names_changes_nothing() -> None:
    content = book(worksheet(HEADER)).decode()
    for name in ("Workbook", "Styles", "Style", "NumberFormat", "Worksheet", "Table", "Row", "Cell", "Data"):
        content = content.replace(f"<{name}", f"<ss:{name}").replace(f"</{name}>", f"</ss:{name}>")
    content = (
        content.replace(f' xmlns="{OWN}"', "").replace("<Font", "<ss:Font").replace("<Align", "<ss:Align")
    )
    assert detect.format_of(content.encode()) is detect.Format.SPREADSHEETML
    assert list(only(content.encode()).rows()) == [(1, ["Nama", "No HP", "Kode Produk"])]


def test_two_tabs_of_one_name_are_refused() -> None:
    fails(book(worksheet(), worksheet()), "sheet.unreadable")


# -- places ------------------------------------------------------------------------------------------------


def test_rows_and_cells_stand_where_their_index_says() -> None:
    found = read(
        row(cell("A1"), cell("C1", Index=3), cell("D1")),
        row(Index=3),
        row(cell("B4", Index=2)),
        row(Span=2, Index=6),
        row(cell("A9")),
    )
    assert found == {1: ["A1", "", "C1", "D1"], 4: ["", "B4"], 9: ["A9"]}


def test_a_merged_cell_moves_the_next_one_and_is_told() -> None:
    tab = only(
        book(
            worksheet(
                row(cell("wide", MergeAcross=2), cell("D1")),
                row(cell("tall", MergeDown=1), cell("B2")),
                row(cell("B3", Index=2)),
            )
        )
    )
    assert list(tab.rows()) == [(1, ["wide", "", "", "D1"]), (2, ["tall", "B2"]), (3, ["", "B3"])]
    assert tab.remarks.merged == [(1, 0, 1, 2), (2, 0, 3, 0)]


def test_a_number_under_a_merged_cell_is_told_as_covered(tmp_path: Path) -> None:
    path = tmp_path / "bonus.xml"
    rows = [
        row(cell("A"), cell("0812", MergeDown=1), cell("T5")),
        row(cell("B"), cell("T5", Index=3)),
    ]
    path.write_bytes(book(worksheet(HEADER, *rows)))
    assert read_sheet(path).odd == {(3, 1): OddCell(Oddity.MERGED, "", "B2")}


@pytest.mark.parametrize(
    "rows",
    [
        [row(cell("A1"), cell("B1"), cell("A1 again", Index=1))],
        [row(cell("A1", MergeAcross=1), cell("B1", Index=2))],
        [row(cell("A1", MergeDown=1)), row(cell("A2 or B2"))],
        [row(cell("in three rows"), Span=2)],
        [row(f"<Cell>{data('one')}{data('two')}</Cell>")],
    ],
)
def test_a_cell_that_could_stand_in_two_places_is_refused(rows: Sequence[str]) -> None:
    fails_in_rows(*rows, code="sheet.cell_twice")


@pytest.mark.parametrize("rows", [[row(Index=3), row(Index=2)], [row(Span=3), row(Index=4)]])
def test_a_row_that_could_stand_in_two_places_is_refused(rows: Sequence[str]) -> None:
    fails_in_rows(*rows, code="sheet.row_twice")


@pytest.mark.parametrize(
    "written",
    [
        row(Index=0),
        row(Index="x"),
        row(Index="1e3"),
        row(Index=1_048_577),
        row(Span=1_048_576),
        row(cell("x", Index=16_385)),
        row(cell("x", MergeAcross=16_384)),
        "<Column ss:Index='2'/><Column ss:Index='1'/>",
        "<Column ss:Span='16384'/>",
        "<Rows/>",
        row("<cell/>"),
        '<Row xmlns="urn:another"/>',
        '<Row Index="3"/>',
        row('<Cell Index="3"/>'),
        "<Row>&unknown;</Row>",
    ],
)
def test_what_has_no_place_in_a_sheet_is_refused(written: str) -> None:
    fails_in_rows(written)


def test_a_table_elsewhere_and_a_second_one_are_refused() -> None:
    fails(book(worksheet(table=' ss:LeftCell="2"')), "sheet.unreadable")
    fails(book(worksheet("</Table><Table>")), "sheet.unreadable")


def test_a_document_type_is_refused() -> None:
    declared = book(worksheet(row(cell("&x;")))).replace(
        b"<Workbook", b'<!DOCTYPE w [<!ENTITY x "0812">]><Workbook'
    )
    assert fails(declared, "sheet.unreadable").facts["cause"] == "why.document_type"


# -- cells -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (cell("081234567890"), "081234567890"),
        (cell(" two&#10;lines "), " two\nlines "),
        (cell("=1+1"), "=1+1"),
        (cell(""), ""),
        ("<Cell/>", ""),
        (cell("81234567890", "Number"), "81234567890"),
        (cell("\n 81234567890\n", "Number"), "81234567890"),
        (cell("8.1234567890E10", "Number"), "81234567890"),
        (cell("81234567890", "Number", StyleID="text"), "81234567890"),
        (cell("81234567890", "Number", StyleID="bold"), "81234567890"),
        (cell("", "Number"), ""),
        (cell("1.5", "Number"), OddCell(Oddity.DECIMAL, "1.5")),
        (cell("81234500000", "Number"), OddCell(Oddity.LOST_DIGITS, "81234500000")),
        (cell("0.1", "Number", StyleID="percent"), OddCell(Oddity.TWO_READINGS, "10%", "0.1")),
        (cell("45000", "Number", StyleID="day"), OddCell(Oddity.DATE, "2023-03-15", "45000")),
        (cell("45000", "Number", StyleID="bold_day"), OddCell(Oddity.DATE, "2023-03-15", "45000")),
        (
            cell("81234567890", "Number", StyleID="padded"),
            OddCell(Oddity.TWO_READINGS, "081234567890", "81234567890"),
        ),
        (cell("12x", "Number"), OddCell(Oddity.UNKNOWN, "12x")),
        (
            cell("2023-03-15T00:00:00.000", "DateTime", StyleID="day"),
            OddCell(Oddity.DATE, "2023-03-15", "2023-03-15T00:00:00"),
        ),
        (cell("1", "Boolean"), OddCell(Oddity.BOOLEAN, "TRUE")),
        (cell("0", "Boolean"), OddCell(Oddity.BOOLEAN, "FALSE")),
        (cell("yes", "Boolean"), OddCell(Oddity.UNKNOWN, "yes")),
        (cell("#N/A", "Error"), OddCell(Oddity.ERROR, "#N/A")),
        (cell("0812", "Phone"), OddCell(Oddity.UNKNOWN, "0812")),
        ("<Cell><Data>0812</Data></Cell>", OddCell(Oddity.UNKNOWN, "0812")),
    ],
)
def test_a_cell_is_what_it_means_or_why_that_is_not_certain(written: str, meant: Cell) -> None:
    assert one(written) == meant


def test_a_format_of_its_own_words_is_shown_as_such() -> None:
    assert isinstance(one(cell("1", "Number", StyleID="answer")), OddCell)


def test_rich_text_is_its_text_and_a_comment_is_not() -> None:
    rich = (
        '<Cell><ss:Data ss:Type="String" xmlns="http://www.w3.org/TR/REC-html40">'
        '08<B><Font html:Color="#FF0000">12<I>34</I></Font></B>56</ss:Data>'
        '<Comment ss:Author="x"><ss:Data xmlns="http://www.w3.org/TR/REC-html40">99</ss:Data></Comment>'
        '<NamedCell ss:Name="_FilterDatabase"/></Cell>'
    )
    assert one(rich) == "08123456"


def test_a_comment_alone_makes_no_value() -> None:
    assert one('<Cell><Comment><ss:Data ss:Type="String">0812</ss:Data></Comment></Cell>') == ""


def test_a_comment_that_speaks_is_kept_without_its_author() -> None:
    html = 'xmlns="http://www.w3.org/TR/REC-html40"'
    said = f"<ss:Data {html}><B><Font>Off:</Font></B><Font>&#10;jangan dibayar</Font></ss:Data>"
    comment = f'<Comment ss:Author="Off">{said}</Comment>'
    tab = only(book(worksheet(f'<Row><Cell/><Cell><Data ss:Type="String">0812</Data>{comment}</Cell></Row>')))
    assert [*tab.rows()] == [(1, ["", "0812"])]
    assert tab.remarks.comments == {(1, 1): "jangan dibayar"}


@pytest.mark.parametrize(
    ("written", "meant", "counted"),
    [
        (cell("81234567890", "Number", Formula="=RC[-1]"), "81234567890", 1),
        (cell("", Formula="=RC[-1]"), "", 1),
        (cell("", "Number", Formula="=RC[-1]"), OddCell(Oddity.NO_VALUE, ""), 0),
        ('<Cell ss:Formula="=RC[-1]"/>', OddCell(Oddity.NO_VALUE, ""), 0),
    ],
)
def test_a_formula_is_its_saved_result_and_counted(written: str, meant: Cell, counted: int) -> None:
    tab = only(book(worksheet(row(cell("A1"), written))))
    assert list(tab.rows()) == [(1, ["A1", meant])]
    assert tab.remarks.formulas[1] == counted


def test_the_style_of_the_cell_counts_before_those_of_its_row_its_column_and_the_table() -> None:
    number = {kind: cell("45000", "Number", **kind_) for kind, kind_ in _STYLED.items()}
    rows = [
        '<Column ss:StyleID="text"/><Column ss:StyleID="day" ss:Span="1"/>',
        row(number["plain"], number["plain"], number["plain"], number["plain"]),
        row(number["plain"], number["plain"], number["text"], number["plain"], StyleID="percent"),
    ]
    tab = only(book(worksheet(*rows, table=' ss:StyleID="answer"')))
    kinds = [[each.kind if isinstance(each, OddCell) else each for each in cells] for _, cells in tab.rows()]
    assert kinds == [
        ["45000", Oddity.DATE, Oddity.DATE, Oddity.TWO_READINGS],
        [Oddity.TWO_READINGS, Oddity.TWO_READINGS, "45000", Oddity.TWO_READINGS],
    ]


_STYLED: dict[str, dict[str, str]] = {"plain": {}, "text": {"StyleID": "text"}}


def test_an_attribute_without_the_formats_prefix_means_nothing() -> None:
    assert one('<Cell ss:StyleID="text" StyleID="day"><Data ss:Type="Number">45000</Data></Cell>') == "45000"


@pytest.mark.parametrize("style", ["none", "circle"])
def test_a_style_that_leads_nowhere_is_refused(style: str) -> None:
    fails_in_rows(row(cell("1", "Number", StyleID=style)), code="sheet.lost_format")


def test_dates_count_from_1904_where_the_workbook_says_so() -> None:
    epoch = "<x:ExcelWorkbook><x:Date1904/></x:ExcelWorkbook>"
    tab = only(book(worksheet(row(cell("43538", "Number", StyleID="day"))), before=epoch))
    assert list(tab.rows()) == [(1, [OddCell(Oddity.DATE, "2023-03-15", "43538")])]


# -- hidden ------------------------------------------------------------------------------------------------


def test_hidden_rows_and_columns_are_told() -> None:
    tab = only(
        book(
            worksheet(
                '<Column/><Column ss:Hidden="1" ss:Span="1"/><Column ss:Index="6" ss:Width="0"/>',
                row(cell("x")),
                row(cell("x"), Hidden=1),
                row(cell("x"), Height="0"),
                row(Hidden=1, Span=1),
            )
        )
    )
    assert [number for number, _ in tab.rows()] == [1, 2, 3]
    assert tab.remarks.hidden_rows == {2, 3, 4, 5}
    assert tab.remarks.hidden_columns == {1, 2, 5}


def test_a_large_sheet_streams_across_many_pieces() -> None:
    rows = [row(cell(f"0812{n:07d}"), cell(str(n), "Number")) for n in range(20_000)]
    tab, _ = spreadsheetml.tabs(book(worksheet(*rows), worksheet(row(cell("x")), name="Juli")))
    assert list(tab.rows()) == [(n + 1, [f"0812{n:07d}", str(n)]) for n in range(20_000)]


def test_a_text_with_more_text_from_its_format_has_two_readings() -> None:
    style = '<Style ss:ID="prefixed"><NumberFormat ss:Format="&quot;08&quot;@"/></Style></Styles>'
    sheet = worksheet(row(cell("812", StyleID="prefixed"), cell("812", StyleID="text"), cell("812")))
    [(_, cells)] = only(book(sheet).replace(b"</Styles>", style.encode())).rows()
    assert cells == [OddCell(Oddity.TWO_READINGS, "08812", "812"), "812", "812"]

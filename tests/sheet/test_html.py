"""Reading HTML tables that are named .xls, as web systems export them."""

from __future__ import annotations

import codecs

import pytest

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import OddCell, Oddity
from bulk_topup.report.words import say
from bulk_topup.sheet.readers import html
from bulk_topup.sheet.tabs import Cell, Remarks, TabChoice, choose_tab, row_by_row


def read(page: str | bytes) -> tuple[dict[int, list[Cell]], Remarks]:
    [tab] = html.tabs(page.encode() if isinstance(page, str) else page)
    return {number: list(cells) for number, cells in tab.rows()}, tab.remarks


def rows_of(page: str | bytes) -> dict[int, list[Cell]]:
    return read(page)[0]


def cell(inner: str, attributes: str = "") -> Cell:
    return rows_of(f"<table><tr><td {attributes}>{inner}</td></tr></table>")[1][0]


def refused(page: str | bytes) -> str:
    with pytest.raises(InputError) as caught:
        read(page)
    say.text(caught.value.code, file="bonus.xls", **caught.value.facts)
    return caught.value.code


# -- cells -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inner", "shown"),
    [
        ("0812", "0812"),
        ("  0812\n\t 345 ", "0812 345"),
        ("0812<br>0813<BR/>", "0812\n0813"),
        ("<p>0812</p><p>0813</p>", "0812\n0813"),
        ("<div><b>08</b><font color=red>12</font></div>", "0812"),
        ("&nbsp;0812&nbsp;", "\u00a00812\u00a0"),
        ("&#48;&#x38;12 &amp; &lt;b&gt;", "0812 & <b>"),
        ("0812<!-- 0899 --><script>0899</script><style>0899</style>", "0812"),
        ("<![if !supportEmptyParas]>0812<![endif]>", "0812"),
        ("<span style='display:none'>0899</span>0812", "0812"),
        ("<a href=tel:0899>0812</a>", "0812"),
        ("", ""),
    ],
)
def test_a_cell_is_the_text_that_the_page_shows(inner: str, shown: str) -> None:
    assert cell(inner) == shown


@pytest.mark.parametrize(
    ("inner", "attributes", "is_cell"),
    [
        ("0812", "x:str", "0812"),
        ("0812", 'x:str="0812 "', "0812"),
        ("0812", 'x:str="0813"', OddCell(Oddity.TWO_READINGS, "0812", "0813")),
        ("81213456789", "x:num", "81213456789"),
        ("5.000", 'x:num="5000"', "5000"),
        ("Rp 5.000", 'x:num="5000"', "5000"),
        ("0812", 'x:num="812"', OddCell(Oddity.TWO_READINGS, "0812", "812")),
        ("8.12E+10", 'x:num="81213456789"', OddCell(Oddity.TWO_READINGS, "8.12E+10", "81213456789")),
        ("81213456789", 'sdval="81213456789" sdnum="1033;"', "81213456789"),
        (
            "21/11/36",
            'sdval="49999" sdnum="1057;0;DD/MM/YY"',
            OddCell(Oddity.TWO_READINGS, "21/11/36", "49999"),
        ),
        ("0812", "style='mso-number-format:\"\\@\"'", "0812"),
        ("#N/A", 'x:err="#N/A"', OddCell(Oddity.ERROR, "#N/A")),
        ("TRUE", 'x:bool="TRUE"', OddCell(Oddity.BOOLEAN, "TRUE")),
    ],
)
def test_a_value_that_the_page_states_is_compared_with_the_text(
    inner: str, attributes: str, is_cell: Cell
) -> None:
    assert cell(inner, attributes) == is_cell


def test_formulas_are_counted() -> None:
    _, remarks = read('<table><tr><td>a</td><td x:num="5" x:fmla="=A1+1">5</td></tr></table>')
    assert remarks.formulas == {1: 1}


# -- rows --------------------------------------------------------------------------------------------------


def test_tables_stand_one_under_the_other_each_under_its_headings() -> None:
    """A heading says who is listed below it, such as people who have left. A hidden one says nothing, and one
    in a cell is the cell's."""
    page = (
        "<html><body><h1>Bonus</h1><table><tr><td>Bonus Juni</td></tr></table>"
        "<div style='display:none'><h2>Lama</h2></div><div><h3>Resign</h3></div>"
        "<table><caption>Daftar</caption><thead><tr><th>HP<th><h4>Kode</h4></thead><tbody><tr><td>0812<td>TEL5</tbody></table>"
    )
    titles = {1: ["Bonus"], 2: ["Bonus Juni"], 3: ["Resign"], 4: ["Daftar"]}
    assert rows_of(page) == {**titles, 5: ["HP", "Kode"], 6: ["0812", "TEL5"]}


def test_the_tab_can_be_chosen_like_any_other() -> None:
    page = "<table><tr><th>HP<th>Kode<tr><td>0812<td>TEL5</table>"
    found = choose_tab(html.tabs(page.encode()), TabChoice())
    assert (found.header.row, list(row_by_row(found.pieces))) == (1, [(2, ["0812", "TEL5"])])


def test_spans_are_merged_cells_and_move_what_follows() -> None:
    rows, remarks = read(
        "<table><tr><td colspan=3>Bonus<tr><td rowspan=2>a<td>b<td>c<tr><td>d<td rowspan=9 colspan=2>e"
        "<tr><td>f<td>g</table><table><tr><td>h<td>i<td>j</table>"
    )
    assert rows == {
        1: ["Bonus", "", ""],
        2: ["a", "b", "c"],
        3: ["", "d", "e", ""],
        4: ["f", "g"],
        5: ["h", "i", "j"],
    }
    assert remarks.merged == [(1, 0, 1, 2), (2, 0, 3, 0), (3, 2, 4, 3)]


def test_hidden_rows_and_columns_are_remarked() -> None:
    rows, remarks = read(
        "<table><col><col span=2 style='width:0;display: none'><tr><td>a<td>b<td>c<td style='display:none'>d"
        "<tr style='height:0;DISPLAY:NONE'><td>e<tr hidden><td>f<tbody style='display:none'><tr><td>g</table>"
    )
    assert list(rows) == [1, 2, 3, 4]
    assert remarks.hidden_rows == {2, 3, 4}
    assert remarks.hidden_columns == {1, 2, 3}


def test_a_span_as_wide_as_no_sheet_is_refused() -> None:
    assert refused("<table><tr><td colspan=99999>a</table>") == "sheet.unreadable"


@pytest.mark.parametrize("span", ["0", "", "two", "-3", "1.9"])
def test_a_span_that_is_no_number_is_one(span: str) -> None:
    assert rows_of(f'<table><tr><td colspan="{span}">a</td><td>b</td></tr></table>') == {1: ["a", "b"]}


# -- encoding ----------------------------------------------------------------------------------------------

PAGE = "<meta {}><table><tr><td>Zoë</td></tr></table>"


@pytest.mark.parametrize(
    ("data", "notices"),
    [
        (PAGE.encode(), []),
        (codecs.BOM_UTF8 + PAGE.encode(), []),
        (codecs.BOM_UTF16_LE + PAGE.encode("utf-16-le"), []),
        (PAGE.format("charset=utf-8").encode(), []),
        (
            PAGE.format('http-equiv=Content-Type content="text/html; charset=windows-1252"').encode("cp1252"),
            [],
        ),
        (PAGE.format("charset='ISO-8859-1'").encode("cp1252"), []),
        (PAGE.encode("cp1252"), ["sheet.windows_1252"]),
        (PAGE.format("charset=utf-8").encode("cp1252"), ["sheet.windows_1252"]),
        (PAGE.format("charset=utf-16").encode(), []),
        (PAGE.format("charset=unicode_escape").encode(), []),
    ],
)
def test_the_encoding_is_the_pages_own_word_if_that_holds(data: bytes, notices: list[str]) -> None:
    rows, remarks = read(data)
    assert rows == {1: ["Zoë"]}
    assert [notice.code for notice in remarks.notices] == notices


def test_bytes_that_are_no_text_are_refused() -> None:
    assert refused(b"<table><tr><td>\x81\xff</td></tr></table>") == "sheet.encoding"
    assert refused(b"<table><tr><td>08\x0012</td></tr></table>") == "sheet.not_text"


# -- pages that hold no certain table ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "code"),
    [
        ("<html><body><h1>404 Not Found</h1></body></html>", "sheet.html"),
        ("<!DOCTYPE html><html></html>", "sheet.html"),
        ("<html><!-- <table><tr><td>HP</table> --></html>", "sheet.html"),
        ("<form><table><tr><td>User<td><input type=password></table></form>", "sheet.html"),
        ("<frameset><frame src=sheet001.htm></frameset>", "sheet.html"),
        ("<table><tr><td>HP<td>Kode<tr><td>0812", "sheet.html_cut"),
        ("<table><tr><td>HP<td>Kode<tr><td>0812</td></tr", "sheet.html_cut"),
        ("<table><tr><td>HP<table><tr><td>0812</table></table>", "sheet.html_nested"),
        ("<table><td>HP</td></table>", "sheet.unreadable"),
    ],
)
def test_a_page_without_a_certain_table_is_refused(page: str, code: str) -> None:
    assert refused(page) == code


def test_rows_that_the_parser_would_lose_are_noticed() -> None:
    """Its nesting is bounded, and what lies deeper is dropped without a word."""
    rows = "".join(f"<tr><td><div><b><i>{at}" for at in range(1_000))
    assert refused(f"<table>{rows}</table>") == "sheet.unreadable"


def test_sloppy_pages_keep_every_row() -> None:
    rows = "".join(f"<TR><TD><font><b>{at}</TD><td>x</tr>" for at in range(1_000))
    assert [cells[0] for cells in rows_of(f"<TABLE>{rows}</TABLE>").values()] == [
        str(at) for at in range(1_000)
    ]


def test_any_cut_gives_whole_rows_or_an_input_error() -> None:
    page = (
        "<html><table><tr><td>HP</td><td>Kode</td></tr><tr><td>0812345</td><td>TEL5</td></tr></table></html>"
    )
    whole = rows_of(page)
    for at in range(len(page)):
        try:
            assert rows_of(page[:at]) == whole
        except InputError as error:
            say.text(error.code, file="bonus.xls", **error.facts)

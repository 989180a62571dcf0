"""Reading OpenDocument spreadsheets: the XML is written by hand, as the standard and LibreOffice have it."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections import Counter
from typing import TYPE_CHECKING, BinaryIO

import pytest
import python_calamine

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import OddCell, Oddity
from bulk_topup.report.words import say
from bulk_topup.sheet.readers import ods, ods_rows
from tests import wild
from tests.markdown import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from bulk_topup.sheet.readers.ods_looks import Element
    from bulk_topup.sheet.tabs import Cell, Remarks, Tab

WILD = wild.FOLDER / "ods"

NAMESPACES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
    'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" '
    'xmlns:chart="urn:oasis:names:tc:opendocument:xmlns:chart:1.0" '
    'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
)
STRING = 'office:value-type="string"'
MIMETYPE = "application/vnd.oasis.opendocument.spreadsheet"


def content(tables: str, styles: str = "", before: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}<office:document-content {NAMESPACES}>'
        f"<office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )


def package(xml: str, **parts: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", MIMETYPE)
        archive.writestr("content.xml", xml)
        for name, text in parts.items():
            archive.writestr(name, text)
    return data.getvalue()


def sheet(rows: str, *, columns: str = "<table:table-column/>") -> bytes:
    return package(content(f'<table:table table:name="Juni">{columns}{rows}</table:table>'))


def row(cells: str, attributes: str = "") -> str:
    return f"<table:table-row {attributes}>{cells}</table:table-row>"


def text(shown: str, attributes: str = "") -> str:
    return f"<table:table-cell {STRING} {attributes}><text:p>{shown}</text:p></table:table-cell>"


def number(value: str, shown: str | None = None, kind: str = "float", attributes: str = "") -> str:
    paragraph = "" if shown is None else f"<text:p>{shown}</text:p>"
    return (
        f'<table:table-cell office:value-type="{kind}" office:value="{value}" {attributes}>{paragraph}'
        "</table:table-cell>"
    )


BLANK = "<table:table-cell/>"
COVERED = "<table:covered-table-cell/>"


def read(data: bytes) -> tuple[dict[int, list[Cell]], Remarks]:
    [tab] = ods.tabs(data)
    return {number: list(cells) for number, cells in tab.rows()}, tab.remarks


def cell(xml: str) -> Cell:
    rows, _ = read(sheet(row(xml + text("end"))))
    return rows[1][0]


def all_rows(data: bytes) -> list[list[tuple[int, Sequence[Cell]]]]:
    return [list(tab.rows()) for tab in ods.tabs(data)]


def refused(data: bytes) -> InputError:
    with pytest.raises(InputError) as caught:
        all_rows(data)
    say.text(caught.value.code, file="bonus.ods", **caught.value.facts)
    return caught.value


# -- cells -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("xml", "shown"),
    [
        ("0812", "0812"),
        ("a<text:s/><text:s text:c='3'/>b", "a    b"),
        ("a<text:tab/>b<text:line-break/>c", "a\tb\nc"),
        ("08<text:span>12</text:span><text:a>34</text:a>5", "0812345"),
        ("<text:span>08<text:span>12</text:span></text:span>", "0812"),
        ("0812</text:p><text:p>0813", "0812\n0813"),
        ("0812<office:annotation><text:p>call first</text:p></office:annotation>34", "081234"),
        ("08<!-- no -->12<?no no?>34", "081234"),
        ("a \n\t b", "a b"),
        ("0812\u00a03\u200b", "0812\u00a03\u200b"),
        ("&lt;&amp;&#48;", "<&0"),
    ],
)
def test_a_text_cell_is_what_it_shows(xml: str, shown: str) -> None:
    assert cell(text(xml)) == shown


def test_notes_and_drawings_in_a_cell_are_not_its_text() -> None:
    note = "<office:annotation><text:p>call first</text:p></office:annotation>"
    drawing = "<draw:frame><draw:text-box><text:p>0899</text:p></draw:text-box></draw:frame>"
    xml = f"<table:table-cell {STRING}>{note}{drawing}<text:p>0812</text:p></table:table-cell>"
    assert cell(xml) == "0812"


@pytest.mark.parametrize(
    ("value", "shown", "is_cell"),
    [
        ("81213456789", "81213456789", "81213456789"),
        ("8.1213456789E10", "81213456789", "81213456789"),
        ("81213456789", None, "81213456789"),
        ("5000", "5.000", "5000"),
        ("5000", "Rp5.000,00", "5000"),
        ("5000", "5,000.00 ", "5000"),
        ("81213456789", "81 213 456 789", "81213456789"),
        ("-5", "-5", "-5"),
        ("81213456789", "081213456789", OddCell(Oddity.TWO_READINGS, "081213456789", "81213456789")),
        ("81213456789", "+62 81213456789", OddCell(Oddity.TWO_READINGS, "+62 81213456789", "81213456789")),
        ("85212345678", "+85212345678", OddCell(Oddity.TWO_READINGS, "+85212345678", "85212345678")),
        ("81213456789", "-81213456789", OddCell(Oddity.TWO_READINGS, "-81213456789", "81213456789")),
        ("81213456789", "81213456789%", OddCell(Oddity.TWO_READINGS, "81213456789%", "81213456789")),
        ("25000", "Rp25.000,-", "25000"),
        ("81213456789", "8.12E+10", OddCell(Oddity.TWO_READINGS, "8.12E+10", "81213456789")),
        ("81213456789", "81213457", OddCell(Oddity.TWO_READINGS, "81213457", "81213456789")),
        ("1", "TRUE", OddCell(Oddity.TWO_READINGS, "TRUE", "1")),
        ("17", "17,000", OddCell(Oddity.TWO_READINGS, "17,000", "17")),
        ("0", "Err:502", OddCell(Oddity.ERROR, "Err:502")),
        ("0", "#N/A", OddCell(Oddity.ERROR, "#N/A")),
        ("0", "#DIV/0!", OddCell(Oddity.ERROR, "#DIV/0!")),
        ("0.5", "1", OddCell(Oddity.DECIMAL, "0.5")),
        ("1234567890123456", "1234567890123456", OddCell(Oddity.LOST_DIGITS, "1234567890123456")),
        ("", "0812", OddCell(Oddity.UNKNOWN, "0812")),
    ],
)
def test_a_number_cell_is_its_digits_or_both_of_its_readings(
    value: str, shown: str | None, is_cell: Cell
) -> None:
    assert cell(number(value, shown)) == is_cell
    assert cell(number(value, shown, "currency")) == is_cell


@pytest.mark.parametrize(
    ("xml", "odd"),
    [
        (number("0.1", "10%", "percentage"), OddCell(Oddity.TWO_READINGS, "10%", "0.1")),
        (
            '<table:table-cell office:value-type="date" office:date-value="2036-11-21">'
            "<text:p>21/11/36</text:p></table:table-cell>",
            OddCell(Oddity.DATE, "21/11/36", "2036-11-21"),
        ),
        (
            '<table:table-cell office:value-type="time" office:time-value="PT08H30M00S"/>',
            OddCell(Oddity.DATE, "PT08H30M00S", "PT08H30M00S"),
        ),
        (
            '<table:table-cell office:value-type="boolean" office:boolean-value="true"><text:p>WAAR</text:p>'
            "</table:table-cell>",
            OddCell(Oddity.BOOLEAN, "TRUE"),
        ),
        (text("#N/A", 'calcext:value-type="error" office:string-value=""'), OddCell(Oddity.ERROR, "#N/A")),
        (
            text("#NAME?", 'table:formula="of:=x" office:string-value="#NAME?"'),
            OddCell(Oddity.ERROR, "#NAME?"),
        ),
        (text("0812", 'office:string-value="0813"'), OddCell(Oddity.TWO_READINGS, "0812", "0813")),
        ('<table:table-cell table:formula="of:=A1"/>', OddCell(Oddity.NO_VALUE, "")),
        (
            '<table:table-cell office:value-type="colour"><text:p>0812</text:p></table:table-cell>',
            OddCell(Oddity.UNKNOWN, "0812"),
        ),
    ],
)
def test_whatever_is_not_plainly_a_text_or_a_number_is_odd(xml: str, odd: OddCell) -> None:
    assert cell(xml) == odd


@pytest.mark.parametrize(
    ("xml", "shown"),
    [
        ('<table:table-cell office:value-type="string" office:string-value="0812"/>', "0812"),
        ("<table:table-cell><text:p>0812</text:p></table:table-cell>", "0812"),
        ('<table:table-cell table:formula="of:=A1" office:value-type="string" office:string-value=""/>', ""),
        ('<table:table-cell table:formula="of:=A1"><text:p/></table:table-cell>', ""),
        (text("#N/A"), "#N/A"),
    ],
)
def test_a_text_without_its_usual_attributes_is_still_a_text(xml: str, shown: str) -> None:
    assert cell(xml) == shown


def test_formulas_are_counted_by_column_where_their_result_was_taken() -> None:
    formula = 'table:formula="of:=A9"'
    cells = number("5", "5", attributes=formula) + text("x", formula) + f"<table:table-cell {formula}/>"
    rows, remarks = read(sheet(row(cells) + row(number("5", "5", attributes=formula))))
    assert rows[1] == ["5", "x", OddCell(Oddity.NO_VALUE, "")]
    assert remarks.formulas == Counter({0: 2, 1: 1})


# -- rows and columns --------------------------------------------------------------------------------------


def test_repeated_cells_and_rows_stand_where_the_program_shows_them() -> None:
    rows, _ = read(
        sheet(
            row(text("HP") + '<table:table-cell table:number-columns-repeated="2"/>' + text("Kode"))
            + row(
                '<table:table-cell table:number-columns-repeated="16384"/>', 'table:number-rows-repeated="3"'
            )
            + row(text("x", 'table:number-columns-repeated="2"') + BLANK, 'table:number-rows-repeated="2"')
            + row(BLANK, 'table:number-rows-repeated="1048570"')
        )
    )
    assert rows == {1: ["HP", "", "", "Kode"], 5: ["x", "x"], 6: ["x", "x"]}


def test_blank_repeats_cost_nothing_however_many_they_state() -> None:
    many = "9" * 30
    blank = f'<table:table-cell table:number-columns-repeated="{many}"/>'
    assert read(sheet(row(text("HP") + blank) + row(blank, f'table:number-rows-repeated="{many}"')))[0] == {
        1: ["HP"]
    }


@pytest.mark.parametrize(
    "rows",
    [
        row(text("x"), 'table:number-rows-repeated="1048577"'),
        row(BLANK, 'table:number-rows-repeated="1048576"') + row(text("x")),
        row(text("x", 'table:number-columns-repeated="16385"')),
        row('<table:table-cell table:number-columns-repeated="999999999"/>' + text("x")),
        row(text("x"), 'table:number-rows-repeated="-1"'),
        row(text("x", 'table:number-columns-repeated="two"')),
    ],
)
def test_a_filled_cell_beyond_the_sheet_is_damage(rows: str) -> None:
    assert refused(sheet(rows)).code == "sheet.unreadable"


def test_groups_and_header_rows_are_rows_like_any_other() -> None:
    rows, _ = read(
        sheet(
            f"<table:table-header-rows>{row(text('HP'))}</table:table-header-rows>"
            f"<table:table-row-group>{row(text('1'))}<table:table-row-group>{row(text('2'))}"
            f"</table:table-row-group></table:table-row-group><table:table-rows>{row(text('3'))}</table:table-rows>"
        )
    )
    assert rows == {1: ["HP"], 2: ["1"], 3: ["2"], 4: ["3"]}


def test_hidden_filtered_and_folded_rows_and_hidden_columns_are_remarked() -> None:
    columns = (
        '<table:table-column/><table:table-column-group table:display="false"><table:table-column/>'
        '</table:table-column-group><table:table-column table:visibility="collapse" '
        'table:number-columns-repeated="2"/>'
    )
    rows, remarks = read(
        sheet(
            row(text("a"))
            + row(text("b"), 'table:visibility="collapse"')
            + row(text("c"), 'table:visibility="filter" table:number-rows-repeated="2"')
            + f'<table:table-row-group table:display="false">{row(text("d"))}</table:table-row-group>'
            + row(text("e"), 'table:visibility="visible"'),
            columns=columns,
        )
    )
    assert list(rows) == [1, 2, 3, 4, 5, 6]
    assert remarks.hidden_rows == {2, 3, 4, 5}
    assert remarks.hidden_columns == {1, 2, 3}


def test_merged_cells_are_remarked_and_what_they_cover_is_kept() -> None:
    spans = 'table:number-rows-spanned="2" table:number-columns-spanned="2"'
    kept = f"<table:covered-table-cell {STRING}><text:p>0899</text:p></table:covered-table-cell>"
    rows, remarks = read(
        sheet(row(BLANK + text("0812", spans) + COVERED) + row(BLANK + kept + COVERED + text("z")))
    )
    assert rows == {1: ["", "0812"], 2: ["", "0899", "", "z"]}
    assert remarks.merged == [(1, 1, 2, 2)]


def test_reading_the_rows_again_remarks_nothing_twice() -> None:
    formula = 'table:formula="of:=A9" table:number-columns-spanned="2"'
    [tab] = ods.tabs(sheet(row(number("5", "5", attributes=formula)) * 3))
    next(tab.rows())
    assert list(tab.rows()) == list(tab.rows())
    assert tab.remarks.formulas == Counter({0: 3})
    assert len(tab.remarks.merged) == 3


# -- the document ------------------------------------------------------------------------------------------

HIDDEN_STYLE = (
    '<style:style style:name="ta2" style:family="table">'
    '<style:table-properties table:display="false"/></style:style>'
)


def test_tabs_come_in_order_with_their_visibility() -> None:
    tables = (
        f'<table:table table:name="Mei">{row(text("a"))}</table:table>'
        f'<table:table table:name="Lama" table:style-name="ta2">{row(text("b"))}</table:table>'
        f'<table:table table:name="Juni">{row(text("c"))}</table:table>'
    )
    tabs = ods.tabs(package(content(tables, HIDDEN_STYLE)))
    assert [(tab.name, tab.visible) for tab in tabs] == [("Mei", True), ("Lama", False), ("Juni", True)]
    assert [list(tab.rows()) for tab in tabs] == [[(1, ["a"])], [(1, ["b"])], [(1, ["c"])]]


MANY = package(
    content(
        "".join(
            f'<table:table table:name="T{at}">'
            + row(text(f"T{at}") + number("5", "5", attributes='table:formula="of:=A9"')) * 5
            + row(text("x", 'table:number-columns-spanned="2"') + COVERED, 'table:visibility="collapse"')
            + "</table:table>"
            for at in range(6)
        )
    )
)


def whole(tab: Tab) -> tuple[list[tuple[int, Sequence[Cell]]], Remarks]:
    return list(tab.rows()), tab.remarks


@pytest.mark.parametrize(("kept", "passes"), [(1000, 1), (5, 7)])
def test_rows_of_every_tab_are_those_of_one_pass_as_far_as_they_are_kept(
    monkeypatch: pytest.MonkeyPatch, kept: int, passes: int
) -> None:
    expected = [whole(tab) for tab in ods.tabs(MANY)]
    passed: list[BinaryIO] = []

    def counted(stream: BinaryIO) -> Iterator[tuple[Element, Element]]:
        passed.append(stream)
        return ods_rows.parts(stream)

    monkeypatch.setattr(ods, "MOST_KEPT", kept)
    monkeypatch.setattr(ods, "LEAST_KEPT", kept)
    monkeypatch.setattr(ods, "parts", counted)
    tabs = ods.tabs(MANY)
    assert [next(iter(tab.rows())) for tab in tabs] == [rows[0] for rows, _ in expected]
    assert len(passed) == 1
    assert [whole(tab) for tab in tabs] == expected
    assert len(passed) == passes


def test_what_is_wrong_with_a_tab_is_said_of_that_tab_alone() -> None:
    wide = row(
        '<table:table-cell table:number-columns-repeated="16385" office:value-type="string"><text:p>x'
        "</text:p></table:table-cell>"
    )
    tables = "".join(
        f'<table:table table:name="{name}">{row(text("a"))}{rows}</table:table>'
        for name, rows in (("good", ""), ("bad", wide))
    )
    good, bad = ods.tabs(package(content(tables)))
    assert list(good.rows()) == [(1, ["a"])]
    with pytest.raises(InputError, match="too_many_columns"):
        list(bad.rows())


@pytest.mark.parametrize("spoilt", [lambda xml: xml[:-9], lambda xml: xml.replace("</office:body>", "&x;")])
def test_damage_far_down_is_told_before_any_row_is_read(
    monkeypatch: pytest.MonkeyPatch, spoilt: Callable[[str], str]
) -> None:
    monkeypatch.setattr(ods, "parts", lambda _stream: pytest.fail("a row was read"))
    table = f'<table:table table:name="Juni">{row(text("0812")) * 1000}</table:table>'
    assert refused(package(spoilt(content(table)))).facts["cause"] == "why.damaged"


def test_tables_of_charts_and_links_are_no_tabs_and_no_rows() -> None:
    inner = f'<table:table table:name="local-table">{row(text("0899"))}</table:table>'
    chart = f"<draw:object><chart:chart>{inner}</chart:chart></draw:object>"
    in_cell = f'<table:table-cell office:value-type="string"><text:p>0812</text:p>{chart}</table:table-cell>'
    tables = (
        f'<table:table table:name="Juni"><table:shapes>{chart}</table:shapes>{row(in_cell)}{row(text("z"))}'
        f"</table:table><table:dde-links><table:dde-link>{inner}</table:dde-link></table:dde-links>"
    )
    assert read(package(content(tables)))[0] == {1: ["0812"], 2: ["z"]}


def test_a_table_within_a_cell_is_refused() -> None:
    inner = f'<table:table table:is-sub-table="true">{row(text("0899"))}</table:table>'
    assert refused(sheet(row(f"<table:table-cell>{inner}</table:table-cell>"))).code == "sheet.unreadable"


def test_the_flat_form_is_read_alike() -> None:
    flat = content(f'<table:table table:name="Juni">{row(text("0812"))}</table:table>').replace(
        "office:document-content", "office:document"
    )
    assert read(flat.encode()) == read(sheet(row(text("0812"))))


PEAK = """
import resource, sys
from bulk_topup.sheet.readers import ods, ods_rows
data = open(sys.argv[1], "rb").read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
[tab] = ods.tabs(data)
print(sum(1 for _ in tab.rows()), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB on Linux only")
def test_the_xml_of_rows_that_were_read_is_not_kept_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "bonus.ods"
    path.write_bytes(sheet(row(text("0812") * 3) * 60_000))
    done = subprocess.run(
        [sys.executable, "-c", PEAK, path], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    rows, kib = map(int, done.stdout.split())
    assert rows == 60_000
    assert kib < 30_000


def test_an_encrypted_document_is_named() -> None:
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        '<manifest:file-entry manifest:full-path="content.xml"><manifest:encryption-data/>'
        "</manifest:file-entry></manifest:manifest>"
    )
    assert (
        refused(package("\x01\x02 not XML", **{"META-INF/manifest.xml": manifest})).code == "sheet.password"
    )


def test_a_document_without_a_spreadsheet_is_named() -> None:
    letter = content("").replace("office:spreadsheet", "office:text")
    assert refused(package(letter)).code == "sheet.not_a_spreadsheet"


LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "0812">'
    + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">'
        for before, name in zip("abcdefghi", "bcdefghij", strict=True)
    )
    + "]>"
)


@pytest.mark.parametrize("entity", ["&a;", "&j;", ""])
def test_entities_are_refused_and_never_expanded(entity: str) -> None:
    xml = content(f'<table:table table:name="Juni">{row(text(entity))}</table:table>', before=LAUGHS)
    assert refused(package(xml)).code == "sheet.unreadable"


def test_an_entity_never_reads_another_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("0899")
    doctype = f'<!DOCTYPE x [<!ENTITY a SYSTEM "{(tmp_path / "secret").as_uri()}">]>'
    xml = content(f'<table:table table:name="Juni">{row(text("&a;"))}</table:table>', before=doctype)
    assert refused(package(xml)).code == "sheet.unreadable"


def test_any_damage_is_an_input_error() -> None:
    whole = sheet(row(text("HP") + text("Kode")) + row(number("812", "0812") + text("TEL5")))
    for at in range(0, len(whole), 3):
        for damaged in (whole[:at], whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]):
            try:
                all_rows(damaged)
            except InputError as error:
                say.text(error.code, file="bonus.ods", **error.facts)


# -- real files --------------------------------------------------------------------------------------------

NOT_FOR_CALAMINE = 12
"""Real files that calamine refuses: it takes white space between cells for damage."""


def _as_calamine_reads(path: Path) -> list[list[list[str]]] | None:
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        return [
            [
                list(map(_spelled, cells))
                for cells in book.get_sheet_by_index(at).to_python(skip_empty_area=False)
            ]
            for at in range(len(book.sheet_names))
        ]
    except python_calamine.CalamineError:
        return None


def _spelled(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _assert_same(ours: dict[int, Sequence[Cell]], theirs: list[list[str]], name: str) -> None:
    for row_number, cells in enumerate(theirs, 1):
        mine = ours.get(row_number, [])
        for at, value in enumerate(cells):
            read_as = mine[at] if at < len(mine) else ""
            if isinstance(read_as, str):
                assert read_as == value, f"{name}, row {row_number}, column {at}"


@pytest.mark.skipif(not WILD.is_dir(), reason="the real-world spreadsheets are not beside the repository")
def test_real_files_hold_what_calamine_reads_in_them() -> None:
    """Wherever we are certain of a cell, another reader must read the same."""
    skipped = 0
    for path in sorted(WILD.iterdir()):
        theirs = _as_calamine_reads(path)
        if theirs is None:
            skipped += 1
            continue
        for tab, expected in zip(ods.tabs(path.read_bytes()), theirs, strict=True):
            _assert_same(dict(tab.rows()), expected, f"{path.name} {tab.name}")
    assert skipped <= NOT_FOR_CALAMINE

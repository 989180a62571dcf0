"""Reading a spreadsheet: every row verbatim, under its own number, or one clear error."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import os
import shlex
import subprocess
import sys
import zipfile
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import Columns, Named, Oddity, Sheet, letter
from bulk_topup.report.words import say
from bulk_topup.sheet import layout, read_sheet
from bulk_topup.sheet.header import find_header
from bulk_topup.sheet.layout import RESULTS
from bulk_topup.sheet.names import _MEANINGS, fold
from tests.markdown import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    Reader = Callable[..., Sheet]

HEADER = ["Nama", "No HP", "Kode Produk"]
RESULTS_COLUMNS = [
    "paid",
    "status",
    "reason_code",
    "reason",
    "invoice",
    "serial",
    "price",
    "debited",
    "product_sent",
    "number_sent",
    "sent_at",
]


def rows_of(sheet: Sheet) -> dict[int, list[str]]:
    """Row number -> texts; asserts on the way that the frame is what its users rely on."""
    assert sheet.cells.index.name == "row"
    assert list(map(int, sheet.cells.columns)) == list(range(len(sheet.header)))
    assert all(type(cell) is str for cell in sheet.cells.to_numpy().ravel())
    return {
        int(row): list(cells) for row, cells in zip(sheet.cells.index, sheet.cells.to_numpy(), strict=True)
    }


def wording(error: InputError) -> str:
    text = say.text(error.code, **error.facts)
    assert text.isprintable()
    return text


def refused(path: Path, code: str, **options: str) -> InputError:
    with pytest.raises(InputError) as caught:
        read_sheet(path, **options)
    assert caught.value.code == code
    assert path.name in wording(caught.value)
    return caught.value


@pytest.fixture
def workbook(tmp_path: Path) -> Callable[..., Path]:
    """Writes a real .xlsx: tab name -> rows; a name that starts with `.` is a hidden tab."""

    def write(**tabs: Iterable[Sequence[object]]) -> Path:
        book = openpyxl.Workbook()
        book.remove(book.worksheets[0])
        for name, rows in tabs.items():
            tab = book.create_sheet(name.removesuffix("_hidden"))
            tab.sheet_state = "hidden" if name.endswith("_hidden") else "visible"
            for row in rows:
                tab.append(list(row))
        path = tmp_path / "bonus.xlsx"
        book.save(path)
        return path

    return write


@pytest.fixture
def text_file(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(data: bytes) -> Path:
        path = tmp_path / "bonus.csv"
        path.write_bytes(data)
        return path

    return write


# -- the workbook ------------------------------------------------------------------------------------------


def test_a_workbook_comes_back_verbatim(workbook: Callable[..., Path]) -> None:
    path = workbook(Juni=[HEADER, ["Ani", "0812-3456-7890", "TEL5"], ["NA", "null", " nan "]])
    sheet = read_sheet(path)
    assert sheet.path == path
    assert sheet.tab == "Juni"
    assert sheet.header == tuple(HEADER)
    assert sheet.columns == Columns(number=1, product=2, name=0)
    assert sheet.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert rows_of(sheet) == {2: ["Ani", "0812-3456-7890", "TEL5"], 3: ["NA", "null", " nan "]}
    assert sheet.odd == {}
    assert sheet.notices == ()


@pytest.mark.parametrize(
    ("value", "text", "kind"),
    [
        (81213456789, "81213456789", None),
        (81213456789.0, "81213456789", None),
        (-5, "-5", None),
        (0, "0", None),
        (999_999_999_999_999, "999999999999999", None),
        (1_000_000_000_000_000, "1000000000000000", Oddity.LOST_DIGITS),
        (12345678901234567, "12345678901234570", Oddity.LOST_DIGITS),
        (0.1, "0.1", Oddity.DECIMAL),
        (8121345678.5, "8121345678.5", Oddity.DECIMAL),
        (True, "TRUE", Oddity.BOOLEAN),
        (False, "FALSE", Oddity.BOOLEAN),
        (date(2036, 11, 21), "2036-11-21", Oddity.DATE),
        (datetime(2036, 11, 21, 8, 30), "2036-11-21T08:30:00", Oddity.DATE),  # noqa: DTZ001
        (time(8, 30), "08:30:00", Oddity.DATE),
        (timedelta(hours=30), "30:00", Oddity.DATE),
    ],
)
def test_a_cell_that_is_no_text_becomes_text_and_is_marked_if_odd(
    workbook: Callable[..., Path], value: object, text: str, kind: Oddity | None
) -> None:
    sheet = read_sheet(workbook(A=[["HP", "Kode"], ["0812", "TEL5"], [value, "TEL5"]]))
    assert sheet.cells.loc[3, 0] == text
    odd = {at: (cell.kind, cell.shown) for at, cell in sheet.odd.items()}
    assert odd == ({(3, 0): (kind, text)} if kind else {})


def test_rows_keep_the_numbers_that_excel_shows(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    tab = book.worksheets[0]
    tab["C2"] = "Payroll bonus"
    for at, value in {
        "C4": "No HP",
        "D4": "Kode",
        "C6": "0812",
        "D6": "TEL5",
        "C9": "  ",
        "C11": "0813",
    }.items():
        tab[at] = value
    book.save(tmp_path / "b.xlsx")
    sheet = read_sheet(tmp_path / "b.xlsx")
    assert sheet.header == ("", "", "No HP", "Kode")
    assert sheet.columns == Columns(number=2, product=3)
    assert rows_of(sheet) == {6: ["", "", "0812", "TEL5"], 11: ["", "", "0813", ""]}


def test_cells_beyond_the_header_are_kept(workbook: Callable[..., Path]) -> None:
    sheet = read_sheet(workbook(A=[["HP", "Kode", None], ["0812", "TEL5", None, "note"]]))
    assert sheet.header == ("HP", "Kode", "", "")
    assert rows_of(sheet) == {2: ["0812", "TEL5", "", "note"]}


def test_more_rows_than_one_batch_stay_in_order(workbook: Callable[..., Path]) -> None:
    count = 45_000
    body = [[f"08{at:09d}", "TEL5"] if at % 3 else [None, None] for at in range(count)]
    sheet = read_sheet(workbook(A=[["HP", "Kode"], *body]))
    expected = [at for at in range(count) if at % 3]
    assert list(sheet.cells.index) == [at + 2 for at in expected]
    assert list(sheet.cells[0]) == [f"08{at:09d}" for at in expected]


PART = {
    "[Content_Types].xml": (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/xl/workbook.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        '<Override PartName="/xl/worksheets/sheet1.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r1" Target="xl/workbook.xml" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/></Relationships>'
    ),
    "xl/_rels/workbook.xml.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r1" Target="worksheets/sheet1.xml" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"/></Relationships>'
    ),
    "xl/workbook.xml": (
        '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
        'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        '<sheets><sheet name="Data" sheetId="1" r:id="r1"/></sheets></workbook>'
    ),
}


def by_hand(path: Path, rows: str, after: str = "") -> Path:
    """An .xlsx as no library would write it; `after` stands behind the rows."""
    with zipfile.ZipFile(path, "w") as package:
        for name, text in PART.items():
            package.writestr(name, text)
        package.writestr(
            "xl/worksheets/sheet1.xml",
            f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}'
            f"</sheetData>{after}</worksheet>",
        )
    return path


def inline(at: str, text: str) -> str:
    return f'<c r="{at}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def test_inline_strings_formula_results_and_skipped_rows(tmp_path: Path) -> None:
    path = by_hand(
        tmp_path / "b.xlsx",
        f'<row r="1">{inline("A1", "HP")}{inline("B1", "Kode")}</row>'
        f'<row r="3"><c r="A3"><v>8.1213456789E10</v></c>{inline("B3", "TEL5")}</row>'
        f'<row r="7"><c r="A7" t="str"><f>"08"&amp;"12"</f><v>0812</v></c>{inline("B7", " XL5 ")}</row>',
    )
    assert rows_of(read_sheet(path)) == {3: ["81213456789", "TEL5"], 7: ["0812", " XL5 "]}


def test_a_workbook_of_damaged_xml_is_one_clear_error(tmp_path: Path) -> None:
    refused(by_hand(tmp_path / "b.xlsx", '<row r="1"><c r="A1" t="s"><v>7'), "sheet.unreadable")


# -- which tab ---------------------------------------------------------------------------------------------


def test_takes_the_only_visible_tab_that_has_a_header(workbook: Callable[..., Path]) -> None:
    body = [["HP", "Kode"], ["0812", "TEL5"]]
    path = workbook(Notes=[["read", "me"]], Old_hidden=body, Juni=body, Empty=[])
    assert read_sheet(path).tab == "Juni"
    assert read_sheet(path, tab="Old").tab == "Old"
    assert read_sheet(path, tab="juni").tab == "Juni"


def test_several_tabs_that_could_be_meant_are_named(workbook: Callable[..., Path]) -> None:
    body = [["HP", "Kode"], ["0812", "TEL5"]]
    ambiguous = [["HP", "Phone", "Kode"], ["0812", "0813", "TEL5"]]
    for second in (body, ambiguous):
        error = refused(workbook(Mei=body, Juni=second), "sheet.several_tabs")
        assert '"Mei", "Juni"' in wording(error)


def test_a_tab_that_is_not_there_names_those_that_are(workbook: Callable[..., Path]) -> None:
    error = refused(workbook(Mei=[HEADER], Juni=[HEADER]), "sheet.no_such_tab", tab="July")
    assert '"Mei", "Juni"' in wording(error)


def test_hidden_tabs_are_never_chosen_by_themselves(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["nothing", "here"])
    old = book.create_sheet("Old")
    old.append(["HP", "Kode"])
    old.append(["0812", "TEL5"])
    for state in ("hidden", "veryHidden"):
        old.sheet_state = state
        book.save(tmp_path / "b.xlsx")
        error = refused(tmp_path / "b.xlsx", "sheet.hidden_tab_fits")
        assert ': "Old";' in wording(error)
        assert wording(error).endswith("--sheet Old")
    assert read_sheet(tmp_path / "b.xlsx", tab="Old").tab == "Old"


def test_a_tab_to_choose_is_named_as_a_shell_takes_it(workbook: Callable[..., Path]) -> None:
    body = [["HP", "Kode"], ["0812", "TEL5"]]
    name = """Gaji's "A\""""
    line = wording(refused(workbook(**{name: body, "B": body}), "sheet.several_tabs"))
    assert shlex.split(line.partition("--sheet ")[2].partition(", or")[0]) == [name]


def test_no_tab_with_a_header(workbook: Callable[..., Path]) -> None:
    refused(workbook(A=[["x", "y"]], B=[["z"]]), "sheet.no_tab_fits")
    refused(workbook(A=[["x", "y"]], B=[]), "sheet.no_number_column")
    refused(workbook(A=[], B=[]), "sheet.empty")


# -- the header --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "product"),
    [
        ("No. HP", "Kode Produk"),
        ("PHONE_NUMBER", "product-code"),
        ("nomor tujuan", "KODE"),
        ("MSISDN", "SKU"),
    ],
)
def test_headers_are_compared_without_case_and_signs(
    text_file: Callable[[bytes], Path], number: str, product: str
) -> None:
    sheet = read_sheet(text_file(f"{product},No,{number}\nTEL5,1,0812\n".encode()))
    assert sheet.columns == Columns(number=2, product=0)


@pytest.mark.parametrize(
    ("header", "number"),
    [
        ("No. HP (08xx) *,Kode Produk*", 0),
        ("Nama,Nomor HP (diawali 08…),Kode (wajib)", 1),
        ("Nomor HP Aktif,Kode", 0),
        ("No. Telp / HP,Kode/SKU", 0),
        ("Nomor HP/WA,Kode", 0),
        ("Nama,HP 1,Kode", 1),
        ("WA,Kode", 0),
    ],
)
def test_a_hint_in_a_header_is_no_part_of_its_name(header: str, number: int) -> None:
    assert find_header([(1, header.split(","))], Named()).columns.number == number


def test_no_name_that_is_looked_for_has_a_digit() -> None:
    """`HP 2` is HP."""
    assert not any(map(str.isdigit, "".join(_MEANINGS)))


@pytest.mark.parametrize(
    "header", ["No HP (wajib diisi),No HP", "HP/Email,Nomor HP/WA", "WA,No HP", "HP/WA,No HP"]
)
def test_two_names_of_numbers_are_asked(header: str) -> None:
    with pytest.raises(InputError) as caught:
        find_header([(1, [*header.split(","), "Kode"])], Named())
    assert caught.value.code == "sheet.ambiguous"


@pytest.mark.parametrize("name", ["No HP (istri)", "No HP (darurat)", "HP (kantor)", "HP Baru"])
def test_a_header_that_says_whose_number_it_is_is_not_taken_by_itself(name: str) -> None:
    with pytest.raises(InputError) as caught:
        find_header([(1, ["Nama", name, "Kode"])], Named())
    assert caught.value.code == "sheet.whose_number"
    assert find_header([(1, ["Nama", name, "Kode"])], Named(number="B")).columns.number == 1


def test_optional_columns_are_found(text_file: Callable[[bytes], Path]) -> None:
    sheet = read_sheet(text_file(b"HP,Kode,Nominal,itrx,Price,Status\n0812,TEL5,5000,2,1,x\n"))
    assert sheet.columns == Columns(number=0, product=1, nominal=2, itrx=3)


def test_a_header_may_stand_under_any_number_of_titles_but_not_of_people(
    text_file: Callable[[bytes], Path],
) -> None:
    table = b"HP,Kode\n081234567890,TEL5\n"
    sheet = read_sheet(text_file(b"title 1,0812\n\n" * 1_000 + table))
    assert list(rows_of(sheet)) == [2002]
    assert [(each.code, dict(each.facts)) for each in sheet.notices] == [
        ("sheet.deep_header", {"row": "2001"})
    ]
    people = b"Nama,Isi\n" + b"Ani,081234567890\n" * 29 + b"Budi,8.12346E+10\n"
    error = refused(text_file(people + table), "sheet.no_number_column")
    assert "in 30 filled rows from the top; row 1 has" in wording(error)


def test_a_sheet_of_another_kind_is_not_searched_to_its_end(text_file: Callable[[bytes], Path]) -> None:
    error = refused(text_file(b"a,b,c,d\n" * 5_000 + b"HP,Kode\n0812,TEL5\n"), "sheet.no_number_column")
    assert "in 2,501 filled rows from the top" in wording(error)


def test_what_stands_above_the_people_is_the_likeliest_header(text_file: Callable[[bytes], Path]) -> None:
    body = b"Bonus Juni\nNama,Isi,Untuk\nAni,081234567890,TEL5\n"
    assert "row 2 has" in wording(refused(text_file(body), "sheet.no_number_column"))
    for title in (b"", b"Bonus Juni\n"):
        people = b"Ani,081234567890,TEL5\nBudi,081234567891,TEL5\n"
        error = refused(text_file(title + people), "sheet.no_header")
        assert "the phone number 081234567890 " in wording(error)
    assert "row 1 has" in wording(refused(text_file(b"Isi\n081234567890\n"), "sheet.no_number_column"))


@pytest.mark.parametrize("names", [b",,Kode Produk,Nominal\n", b"Lengkap,No HP,Kode Produk,Nominal\n"])
def test_a_header_may_be_in_two_rows(text_file: Callable[[bytes], Path], names: bytes) -> None:
    groups = b"Nama,No HP,Pulsa,\n" if names.startswith(b",") else b"Karyawan,,Pulsa,\n"
    sheet = read_sheet(text_file(b"Bonus Juni\n\n" + groups + names + b"Ani,0812,TEL5,5000\n"))
    assert sheet.columns == Columns(1, 2, nominal=3, name=0 if names.startswith(b",") else None)
    assert rows_of(sheet) == {5: ["Ani", "0812", "TEL5", "5000"]}


def test_it_is_said_that_a_header_is_in_two_rows(text_file: Callable[[bytes], Path]) -> None:
    sheet = read_sheet(text_file(b"Nama,No HP,Pulsa\n,,Kode Produk\nAni,0812,TEL5\n"))
    assert sheet.header == ("Nama", "No HP", "Kode Produk")
    assert [(each.code, dict(each.facts)) for each in sheet.notices] == [
        ("sheet.two_header_rows", {"upper": "1", "row": "2"})
    ]


@pytest.mark.parametrize(
    "rows",
    [
        b"Nama,No HP,Paket\n\n,,Kode Produk\n",
        b"Nama,No HP,Paket\nAni,0812,Voucher\n",
        b"Nama,No HP,Paket\n1,,Voucher\n",
        b"Nama,No HP,Paket\nAni,,x\n,,Kode Produk\n",
    ],
)
def test_rows_that_are_no_two_rows_of_a_header_are_none(
    text_file: Callable[[bytes], Path], rows: bytes
) -> None:
    refused(text_file(rows), "sheet.no_product_column")


def test_a_header_over_two_columns_of_which_one_is_read_is_told(tmp_path: Path) -> None:
    rows = (
        '<row r="1"><c r="A1"/>' + inline("B1", "No HP") + '<c r="C1"/>' + inline("D1", "Kode") + "</row>"
        '<row r="2">' + inline("B2", "0812") + inline("C2", "0813") + inline("D2", "TEL5") + "</row>"
    )
    over = '<mergeCells><mergeCell ref="B1:C1"/><mergeCell ref="D1:E1"/></mergeCells>'
    sheet = read_sheet(by_hand(tmp_path / "b.xlsx", rows, over))
    assert [(each.code, dict(each.facts)) for each in sheet.notices] == [
        ("sheet.wide_name", {"column": 'B "No HP"', "others": "C"})
    ]


def test_people_above_the_header_are_refused_unless_the_column_is_named(
    text_file: Callable[[bytes], Path],
) -> None:
    above = b"Nama,Isi,Untuk\nAni,0812 3456 7890,TEL5\nBudi,+62 812-3456-7891,TEL5\nHP 0812,08,8\n"
    path = text_file(above + b"Nama,No HP,Kode Produk\nCici,081234567892,TEL5\n")
    assert "(row 2, 3)" in wording(refused(path, "sheet.people_above"))
    sheet = read_sheet(path, number_column="No HP")
    assert list(rows_of(sheet)) == [6]
    assert [(each.code, dict(each.facts)) for each in sheet.notices] == [
        ("sheet.people_left", {"rows": "2, 3", "row": "5"})
    ]


def test_whom_to_call_may_stand_above_the_header(text_file: Callable[[bytes], Path]) -> None:
    path = text_file(b"Info HRD:,081234567890\nNama,No HP,Kode Produk\nCici,081234567892,TEL5\n")
    assert list(rows_of(read_sheet(path))) == [3]


@pytest.mark.parametrize(
    ("options", "columns"),
    [
        ({"number_column": "WA Number 2"}, Columns(number=2, product=3, name=0)),
        ({"number_column": "wa-number 2"}, Columns(number=2, product=3, name=0)),
        ({"number_column": "B"}, Columns(number=1, product=3, name=0)),
        ({"number_column": "c", "product_column": "d"}, Columns(number=2, product=3, name=0)),
        ({"number_column": "HP", "product_column": "Paket"}, Columns(number=1, product=4, name=0)),
        ({"number_column": "Kode", "product_column": "Paket"}, Columns(number=3, product=4, name=0)),
    ],
)
def test_a_named_column_wins(
    text_file: Callable[[bytes], Path], options: dict[str, str], columns: Columns
) -> None:
    path = text_file(b"Bonus Juni\nNama,HP,WA Number 2,Kode,Paket\nAni,0812,0813,TEL5,x\n")
    assert read_sheet(path, **options).columns == columns


def test_an_exact_header_wins_over_a_folded_one_and_over_a_letter(text_file: Callable[[bytes], Path]) -> None:
    path = text_file(b"C,c.,HP,Kode\n1,2,0812,TEL5\n")
    assert read_sheet(path, number_column="C").columns.number == 0
    assert read_sheet(path, number_column="c.").columns.number == 1


def test_two_columns_that_fit_are_named_with_the_option_that_decides(
    text_file: Callable[[bytes], Path],
) -> None:
    error = refused(text_file(b"HP,Phone,Kode\n0812,0813,TEL5\n"), "sheet.ambiguous")
    assert 'A "HP" (0812), B "Phone" (0813)' in wording(error)
    assert "--number-column" in wording(error)
    error = refused(text_file(b"HP,Kode,Kode\n0812,TEL5,XL5\n"), "sheet.ambiguous")
    assert "--product-column" in wording(error)
    error = refused(text_file(b"HP,Kode,Nominal,Denom\n0812,TEL5,1,2\n"), "sheet.ambiguous")
    assert "--nominal-column C" in wording(error)
    refused(text_file(b"HP,Kode,itrx,itrx\n0812,TEL5,1,2\n"), "sheet.ambiguous_optional")
    refused(text_file(b"HP,Kode\n0812,TEL5\n"), "sheet.same_column", number_column="A", product_column="HP")


def test_a_missing_column_lists_those_that_are_there(text_file: Callable[[bytes], Path]) -> None:
    error = refused(text_file(b"Bonus\nNo,Nama,Kode\n1,Ani,TEL5\n"), "sheet.no_number_column")
    assert 'row 2 has A "No", B "Nama", C "Kode"' in wording(error)
    refused(text_file(b"HP,Nama\n0812,Ani\n"), "sheet.no_product_column")
    error = refused(text_file(b"HP,Kode\n0812,TEL5\n"), "sheet.no_such_column", number_column="Mobil")
    assert "Mobil (--number-column)" in wording(error)
    wide = ",".join(f"x{at}" for at in range(30)).encode()
    assert wording(refused(text_file(wide), "sheet.no_number_column")).count('"x') == 20


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("Nama,No HP,Nominal", Columns(number=1, product=None, nominal=2, name=0)),
        ("Cabang,Employee,HP,Insentif (Rp)", Columns(2, None, nominal=3, name=1, group=0)),
        ("HP,Provider,Nominal", Columns(0, None, nominal=2, operator=1)),
        ("HP,Kode,Bonus", Columns(0, 1)),
    ],
)
def test_amounts_stand_in_for_products(header: str, columns: Columns) -> None:
    assert find_header([(1, header.split(","))], Named()).columns == columns


def test_amounts_of_two_columns_are_asked(text_file: Callable[[bytes], Path]) -> None:
    path = text_file(b"HP,Insentif,Bonus\n0812,5000,10000\n")
    assert "--nominal-column B" in wording(refused(path, "sheet.ambiguous"))
    assert read_sheet(path, nominal_column="Bonus").columns == Columns(0, None, nominal=2, unread=(1,))
    refused(path, "sheet.no_such_column", nominal_column="Gaji")


def test_a_results_file_fed_back_is_recognised(workbook: Callable[..., Path]) -> None:
    own = ["HP", "Kode", "status", "Nominal"]
    sheet = read_sheet(workbook(A=[[*own, *RESULTS_COLUMNS], ["0812", "TEL5"]]))
    assert sheet.columns == Columns(number=0, product=1, nominal=3, results=4)


def test_results_of_an_earlier_version_are_recognised(workbook: Callable[..., Path]) -> None:
    ten = [name for name in RESULTS_COLUMNS if name != "product_sent"]
    columns = read_sheet(workbook(A=[["HP", "Kode", *ten, "Catatan"], ["0812", "TEL5"]])).columns
    assert list(columns.fed_back.items()) == [(name, at) for at, name in enumerate(ten, start=2)]


def test_results_without_all_of_their_columns_in_order_are_refused(workbook: Callable[..., Path]) -> None:
    """Their paid rows would be orders again."""
    swapped = [*RESULTS_COLUMNS[1::-1], *RESULTS_COLUMNS[2:]]
    for columns in (RESULTS_COLUMNS[1:], RESULTS_COLUMNS[:6], swapped):
        error = refused(workbook(A=[["HP", "Kode", *columns], ["0812", "TEL5"]]), "sheet.part_results")
        assert f'C "{columns[0]}"' in wording(error)


def test_a_few_columns_named_like_ours_are_the_users_own(workbook: Callable[..., Path]) -> None:
    for own in (RESULTS_COLUMNS[:5], ["status", "price"], ["status"] * 6):
        assert read_sheet(workbook(A=[["HP", "Kode", *own], ["0812", "TEL5"]])).columns.results is None


def test_two_results_blocks_are_refused(workbook: Callable[..., Path]) -> None:
    path = workbook(A=[["HP", "Kode", *RESULTS_COLUMNS, *RESULTS_COLUMNS], ["0812", "TEL5"]])
    assert 'C "paid", N "paid"' in wording(refused(path, "sheet.two_results"))


def test_a_block_that_begins_with_that_of_an_earlier_version_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    later = (*RESULTS, "later")
    monkeypatch.setitem(layout._BLOCKS, len(later), later)
    assert layout._results(["no", *later]) == (1, len(later))


def test_results_columns_are_folded_as_headers_are() -> None:
    assert [fold(name) for name in RESULTS_COLUMNS] == list(RESULTS)


def test_letters_are_excels() -> None:
    assert [letter(at) for at in (0, 25, 26, 701, 702, 16383)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]


# -- CSV ---------------------------------------------------------------------------------------------------

CELLS = st.text(
    st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]),
    min_size=1,
    max_size=12,
).filter(lambda cell: bool(cell.strip()))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=8),
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    declared=st.booleans(),
)
def test_csv_comes_back_verbatim(
    text_file: Callable[[bytes], Path],
    rows: list[tuple[str, str, str]],
    delimiter: str,
    encoding: str,
    line_end: str,
    declared: bool,
) -> None:
    written = io.StringIO(newline="")
    if declared:
        written.write(f"sep={delimiter}{line_end}")
    # The writer takes only its own line end for a reason to quote; a person's program quotes any.
    quoting: Literal[0, 1] = csv.QUOTE_MINIMAL if line_end == "\r\n" else csv.QUOTE_ALL
    writer = csv.writer(written, delimiter=delimiter, lineterminator=line_end, quoting=quoting)
    writer.writerows([HEADER, *rows])
    bom = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}.get(encoding, b"")
    sheet = read_sheet(text_file(bom + written.getvalue().encode(encoding)))
    assert sheet.header == tuple(HEADER)
    assert rows_of(sheet) == {at: list(row) for at, row in enumerate(rows, 2)}
    assert sheet.tab == ""
    assert sheet.notices == ()


def test_csv_rows_are_numbered_as_excel_numbers_them(text_file: Callable[[bytes], Path]) -> None:
    data = b'sep=;\r\nHP;Kode;Note\r\n0812;TEL5;"two\r\nlines"\r\n\r\n ; ; \r\n0813;TEL5\r\n'
    assert rows_of(read_sheet(text_file(data))) == {
        2: ["0812", "TEL5", "two\r\nlines"],
        5: ["0813", "TEL5", ""],
    }


def test_windows_1252_is_read_with_a_notice(text_file: Callable[[bytes], Path]) -> None:
    sheet = read_sheet(text_file("HP,Kode,Nama\n0812,TEL5,René “A”\n".encode("cp1252")))
    assert sheet.cells.loc[2, 2] == "René “A”"
    assert [notice.code for notice in sheet.notices] == ["sheet.windows_1252"]
    assert say.text("sheet.windows_1252", **sheet.notices[0].facts)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"HP,Kode\n0812,TEL5\0\n", "sheet.nul"),
        (b"HP\x1f\x8b\x08\x00\x00\x00", "sheet.not_text"),
        (b"HP,Kode\n0812,\x81\n", "sheet.encoding"),
        (codecs.BOM_UTF8 + b"HP,Kode\n0812,\xff\n", "sheet.encoding_damaged"),
        (codecs.BOM_UTF16_LE + b"H\0P\0,", "sheet.encoding_damaged"),
        (b"HP,Kode;x,Phone;Kode\n0812,TEL5;x,1;2\n", "sheet.no_product_column"),
        (b"HP,Kode\n", "sheet.no_rows"),
        (b"HP,Kode\n , \n\n", "sheet.no_rows"),
        (b" \n\n", "sheet.empty"),
        (b"\xef\xbb\xbf", "sheet.empty"),
        (b"", "sheet.empty_file"),
    ],
)
def test_text_that_is_no_usable_csv_is_one_clear_error(
    text_file: Callable[[bytes], Path], data: bytes, code: str
) -> None:
    refused(text_file(data), code)


def test_only_the_delimiter_under_which_the_header_fits_counts(text_file: Callable[[bytes], Path]) -> None:
    sheet = read_sheet(text_file(b"Jumlah, Rp;HP;Kode\n1,5;0812;TEL5\n2,5;0813;TEL5\n"))
    assert sheet.header == ("Jumlah, Rp", "HP", "Kode")


def test_two_delimiters_under_which_the_header_fits_are_refused(text_file: Callable[[bytes], Path]) -> None:
    path = text_file(b"HP,Kode,x;HP;Kode\n0812,TEL5,y;0813;TEL5\n")
    refused(path, "sheet.delimiter")
    assert read_sheet(text_file(b"sep=;\n" + path.read_bytes())).columns == Columns(number=1, product=2)


def test_a_column_named_by_letter_does_not_make_a_chance_delimiter_fit(
    text_file: Callable[[bytes], Path],
) -> None:
    path = text_file(b"Alamat; x, y;Nomor;Paket\n" + b"Jl. A, 1;z;0812;TEL5\n")
    sheet = read_sheet(path, number_column="C", product_column="D")
    assert rows_of(sheet) == {2: ["Jl. A, 1", "z", "0812", "TEL5"]}
    sheet = read_sheet(path, number_column="A", product_column="B")
    assert sheet.header == ("Alamat", " x, y", "Nomor", "Paket")


def test_an_unclosed_quote_names_the_row_where_it_began(text_file: Callable[[bytes], Path]) -> None:
    csv.field_size_limit(131072)
    body = b"0812,TEL5\n" * 40
    error = refused(text_file(b"HP,Kode\n" + body + b'0813,"TEL5\n' + body), "sheet.quotes")
    assert error.facts["row"] == "42"
    error = refused(text_file(b'HP,Kode\n0812,"TEL5\n' + body * 5_000), "sheet.quotes")
    assert error.facts["row"] == "2"
    assert csv.field_size_limit() == 131072


def test_text_after_a_closing_quote_is_refused(text_file: Callable[[bytes], Path]) -> None:
    assert refused(text_file(b'HP,Kode\n"0812"3,TEL5\n'), "sheet.quotes").facts["row"] == "2"


def test_rows_longer_than_the_header_are_held(text_file: Callable[[bytes], Path]) -> None:
    rows = b"0812,TEL5\n0812,TEL5,,\n" + b"Ani,0812,TEL5\n" * 12
    sheet = read_sheet(text_file(b"HP,Kode\n" + rows))
    assert {at: cell.kind for at, cell in sheet.odd.items()} == {
        (row, 0): Oddity.RAGGED for row in range(4, 16)
    }
    assert len(read_sheet(text_file(b"HP,Kode\n0812,TEL5,,\n")).header) == 2


def test_a_tab_of_a_csv_is_refused(text_file: Callable[[bytes], Path]) -> None:
    refused(text_file(b"HP,Kode\n0812,TEL5\n"), "sheet.no_tabs", tab="Juni")


# -- the file ----------------------------------------------------------------------------------------------

OLE2 = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(504)


def ole2_with(stream: str) -> bytes:
    """A container that lists a stream of this name, and is damaged otherwise."""
    name = stream.encode("utf-16-le")
    return OLE2 + name + bytes(64 - len(name)) + (len(name) + 2).to_bytes(2, "little") + bytes(62)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (OLE2, "sheet.unreadable"),
        (b"\x09\x02\x06\x00\x00\x00\x10\x00", "sheet.unreadable"),
        (ole2_with("EncryptedPackage"), "sheet.password_remove"),
        (ole2_with("WordDocument"), "sheet.not_a_spreadsheet"),
        (ole2_with("PowerPoint Document"), "sheet.not_a_spreadsheet"),
        (b"\xef\xbb\xbf \n<!DOCTYPE html><html><table><tr><td>HP", "sheet.html_cut"),
        (b"<table><tr><td>HP</td><td>Kode</td></tr></table>", "sheet.no_rows"),
        (b"<?xml version='1.0'?><Workbook/>", "sheet.xml"),
        (b"<?xml version='1.0'?><office:document office:mimetype='x.text'>", "sheet.not_a_spreadsheet"),
        (b"%PDF-1.7\n", "sheet.pdf"),
        (b"{\\rtf1 HP,Kode}", "sheet.not_a_spreadsheet"),
        (b"\x89PNG\r\n\x1a\n\x00", "sheet.picture"),
        (b"\xff\xd8\xff\xe0\x00", "sheet.picture"),
        (b"\x1f\x8b\x08\x00\x00\x00\x00\x00", "sheet.archive"),
        (b"7z\xbc\xaf\x27\x1c\x00", "sheet.archive"),
        (b"Rar!\x1a\x07\x00", "sheet.archive"),
        (b'[{"HP": "0812", "Kode": "TEL5"}]', "sheet.json"),
    ],
)
def test_the_content_decides_what_a_file_is(tmp_path: Path, data: bytes, code: str) -> None:
    for name in ("bonus.xlsx", "bonus.csv", "bonus.xls"):
        path = tmp_path / name
        path.write_bytes(data)
        refused(path, code)


def test_the_name_decides_nothing(workbook: Callable[..., Path], text_file: Callable[[bytes], Path]) -> None:
    book = workbook(A=[["HP", "Kode"], ["0812", "TEL5"]])
    text = text_file(b"PK,HP,Kode\n1,0812,TEL5\n")
    assert len(read_sheet(book.rename(book.with_suffix(".csv"))).cells) == 1
    assert len(read_sheet(text.rename(text.with_suffix(".xlsx"))).cells) == 1


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ("xl/workbook.bin", "sheet.unreadable"),
        ("content.xml", "sheet.unreadable"),
        ("word/document.xml", "sheet.not_a_spreadsheet"),
        ("ppt/presentation.xml", "sheet.not_a_spreadsheet"),
        ("bonus.xlsx", "sheet.archive_of"),
        ("bonus.docx", "sheet.archive"),
        ("Index/Document.iwa", "sheet.numbers_app"),
    ],
)
def test_a_zip_is_what_its_parts_say(tmp_path: Path, part: str, code: str) -> None:
    with zipfile.ZipFile(tmp_path / "b.xlsx", "w") as package:
        package.writestr(part, "x")
    refused(tmp_path / "b.xlsx", code)


@pytest.mark.slow
def test_a_truncated_workbook_is_one_clear_error(workbook: Callable[..., Path]) -> None:
    path = workbook(A=[HEADER, ["Ani", "0812", "TEL5"]])
    data = path.read_bytes()
    for size in range(1, len(data), 97):
        path.write_bytes(data[:size])
        with pytest.raises(InputError) as caught:
            read_sheet(path)
        wording(caught.value)


@pytest.mark.slow
def test_a_damaged_workbook_gives_rows_or_a_clear_error(workbook: Callable[..., Path]) -> None:
    path = workbook(A=[HEADER, ["Ani", "0812", "TEL5"]])
    data = path.read_bytes()
    for at in range(0, len(data), 53):
        path.write_bytes(data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :])
        try:
            read_sheet(path)
        except InputError as error:
            wording(error)


def test_a_file_that_cannot_be_opened_says_which_and_why(tmp_path: Path) -> None:
    refused(tmp_path / "missing.xlsx", "sheet.not_found")
    refused(tmp_path, "sheet.folder")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_is_refused_rather_than_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    refused(tmp_path / "pipe.csv", "sheet.not_a_file")


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="no file modes on this system")
def test_a_file_without_read_permission(text_file: Callable[[bytes], Path]) -> None:
    path = text_file(b"HP,Kode\n0812,TEL5\n")
    path.chmod(0)
    user = os.geteuid()
    os.seteuid(user or 65534)  # root may read every file
    try:
        refused(path, "sheet.no_permission")
    finally:
        os.seteuid(user)


def test_the_child_loads_no_library_before_it_knows_the_format() -> None:
    code = (
        "import sys, bulk_topup.sheet.process.child, bulk_topup.sheet.readers.xlsx;"
        "sys.exit(bool({'pandas', 'openpyxl', 'requests', 'xlrd', 'lxml', 'msoffcrypto'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0

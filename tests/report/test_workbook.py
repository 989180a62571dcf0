"""The results workbook: what a person sees in it, and what becomes of the file when something goes wrong."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
import weakref
import xml.etree.ElementTree as ET
import zipfile
from datetime import datetime
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
import python_calamine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from bulk_topup.core.errors import StorageFailed
from bulk_topup.core.model import Columns, Notice
from bulk_topup.core.results_columns import RESULT_COLUMNS, ResultLine
from bulk_topup.core.status import Status
from bulk_topup.report.results_workbook import write_results, write_results_csv
from bulk_topup.report.tables import Colour, OutputTab, SummaryRow, TabRow
from bulk_topup.report.words import say
from bulk_topup.report.workbook import write_workbook
from bulk_topup.sheet import read_sheet
from tests.markdown import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from openpyxl.worksheet.worksheet import Worksheet

HEADER = ("Nama", "Nomor HP")
BANNER = "SANDBOX \N{EN DASH} rehearsal, no money moved"


def a_line(cells: Sequence[str] = ("Siti Rahayu", "0812-1234-5678"), **other: Any) -> ResultLine:
    values: dict[str, Any] = {
        "paid": "yes",
        "status": "sukses",
        "reason_code": "",
        "reason": "",
        "invoice": "TRX00123",
        "serial": "0041234567890123456",
        "price": 5850,
        "debited": 5850,
        "product_sent": "TSEL5",
        "number_sent": "081212345678",
        "sent_at": "2025-01-31 10:00:00",
    }
    return ResultLine(cells=cells, **(values | other))


def results(path: Path, sheet: str = "Results") -> Worksheet:
    return openpyxl.load_workbook(path)[sheet]


def texts(path: Path, sheet: str = "Results") -> list[tuple[Any, ...]]:
    return list(results(path, sheet).iter_rows(values_only=True))


def calamine_rows(path: Path) -> list[list[Any]]:
    """Unlike openpyxl, calamine decodes _x0041_ as spreadsheet programs do."""
    sheet = python_calamine.load_workbook(path).get_sheet_by_index(0)
    return [list(row) for row in sheet.to_python(skip_empty_area=False)]


def width(sheet: Worksheet, column: str) -> int:
    """In characters: the file adds five pixels of padding."""
    return int(sheet.column_dimensions[column].width)


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "bonus.results.xlsx"


# -- what stands where -------------------------------------------------------------------------------------


def test_the_sheets_own_columns_come_first_and_ours_follow_in_the_designs_order(target: Path) -> None:
    assert write_results(target, HEADER, [a_line(reason="kata provider", reason_code="00")]) == target
    header, row = texts(target)
    assert header == (*HEADER, *RESULT_COLUMNS)
    assert dict(zip(header, row, strict=True)) == {
        "Nama": "Siti Rahayu",
        "Nomor HP": "0812-1234-5678",
        "paid": "yes",
        "status": "sukses",
        "reason_code": "00",
        "reason": "kata provider",
        "invoice": "TRX00123",
        "serial": "0041234567890123456",
        "price": 5850,
        "debited": 5850,
        "product_sent": "TSEL5",
        "number_sent": "081212345678",
        "sent_at": datetime(2025, 1, 31, 10),  # noqa: DTZ001  (a cell has no time zone)
    }


def test_the_header_is_bold_stays_in_view_and_filters_the_used_range(target: Path) -> None:
    write_results(target, HEADER, [a_line(), a_line()])
    sheet = results(target)
    assert all(cell.font.bold for cell in sheet[1])
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == sheet.dimensions == "A1:M3"


def test_a_heading_has_room_for_the_button_of_the_filter(target: Path) -> None:
    write_results(target, ("Nomor Tujuan",), [a_line(("0812",))])
    assert width(results(target), "A") == len("Nomor Tujuan") + 5


def test_a_heading_stands_on_the_side_of_its_column_and_not_under_the_button(target: Path) -> None:
    write_results(target, HEADER, [a_line(debited=None)] * 2)
    sides = {cell.value: cell.alignment for cell in results(target)[1]}
    assert (sides["price"].horizontal, sides["price"].indent) == ("right", 2)
    assert {name for name, side in sides.items() if side.horizontal == "right"} == {"price"}


def test_reasons_are_wrapped_and_their_rows_are_as_tall_as_they_need(target: Path) -> None:
    write_results(target, HEADER, [a_line(), a_line(reason="kata " * 39), a_line(("a\nb\nc",))])
    sheet = results(target)
    assert sheet["F1"].value == "reason"
    assert sheet["F3"].alignment.wrap_text
    assert sheet["A4"].alignment.wrap_text
    assert not sheet["A3"].alignment.wrap_text
    heights = [sheet.row_dimensions[row].height for row in range(1, 5)]
    assert heights == [None, None, 60, 45]
    assert width(sheet, "F") == 50


def test_a_row_is_never_taller_than_a_sheet_can_have_it(target: Path) -> None:
    write_results(target, HEADER, [a_line(reason="kata " * 6_000)])
    assert results(target).row_dimensions[2].height == 409.5


def test_the_printed_sheet_is_as_wide_as_the_paper_and_repeats_its_header(target: Path) -> None:
    write_results(target, HEADER, [a_line()])
    sheet = results(target)
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.sheet_properties.pageSetUpPr is not None
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (None, 0)
    assert sheet.print_title_rows == "$1:$1"


def test_rows_that_are_hidden_stay_hidden(target: Path) -> None:
    rows = [TabRow(("a", ""), hidden=n == 1) for n in range(3)]
    write_workbook(
        target,
        [OutputTab("Rows", ("A", "B"), rows, sentences=[1])],
        (),
        rehearsal=False,
        failure="plan.unwritable",
    )
    sheet = results(target, "Rows")
    assert [sheet.row_dimensions[row].hidden for row in range(1, 5)] == [False, False, True, False]


def test_a_colour_shows_on_a_blank_cell_too(target: Path) -> None:
    rows = [TabRow(("", None, "x"), {0: Colour.RED, 1: Colour.AMBER})]
    tab = OutputTab("Rows", ("A", "B", "C"), rows, sentences=[2])
    write_workbook(target, [tab], (), rehearsal=False, failure="plan.unwritable")
    assert [(cell.value, cell.fill.start_color.rgb) for cell in results(target, "Rows")[2]] == [
        (None, "FFFFC7CE"),
        (None, "FFFFEB9C"),
        ("x", "00000000"),
    ]


def test_columns_are_as_wide_as_their_texts_within_reason(target: Path) -> None:
    write_results(target, ("A", "B"), [a_line(("x" * 30, "y" * 500))])
    assert [width(results(target), column) for column in "AB"] == [32, 62]


def test_digits_that_are_no_amount_are_text_and_amounts_are_numbers(target: Path) -> None:
    write_results(target, ("Nomor HP",), [a_line(("0812",), debited=None)])
    cells = dict(zip(("Nomor HP", *RESULT_COLUMNS), results(target)[2], strict=True))
    for name in ("Nomor HP", "invoice", "serial", "number_sent"):
        assert (cells[name].data_type, cells[name].number_format) == ("s", "@"), name
    assert (cells["price"].value, cells["price"].number_format) == (5850, "#,##0")
    assert cells["debited"].value is None


@pytest.mark.parametrize(
    ("statuses", "colour"),
    [
        ({Status.SUKSES}, "C6EFCE"),
        ({Status.PENDING, Status.ACCEPTED, Status.UNKNOWN}, "FFEB9C"),
        ({Status.GAGAL, Status.INVALID}, "FFC7CE"),
        ({Status.DUPLICATE, Status.UNSENT}, "D9D9D9"),
    ],
)
def test_the_status_cell_has_the_colour_of_its_status(
    target: Path, statuses: set[Status], colour: str
) -> None:
    write_results(target, (), [a_line((), status=str(status)) for status in sorted(statuses)])
    cells = [row[1] for row in results(target).iter_rows(min_row=2)]
    assert [cell.value for cell in cells] == sorted(statuses)
    assert {cell.fill.start_color.rgb for cell in cells} == {f"FF{colour}"}


def test_a_line_whose_cells_would_shift_our_columns_is_a_defect(target: Path) -> None:
    with pytest.raises(ValueError, match="3 cells under 2 headings"):
        write_results(target, HEADER, [a_line(("a", "b", "c"))])
    assert left_in(target.parent) == []


def test_a_line_with_fewer_cells_than_the_header_leaves_the_others_blank(target: Path) -> None:
    write_results(target, HEADER, [a_line(("Siti",))])
    assert texts(target)[1][:3] == ("Siti", None, "yes")
    assert width(results(target), "H") == len(a_line().serial) + 2
    path = write_results_csv(target.with_suffix(".csv"), HEADER, [a_line(("Siti",))])
    assert ",sent_at\r\nSiti,,yes," in path.read_bytes().decode()


# -- texts -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["=1+1", "=", "+62812", "-1", "@SUM(A1)", "#N/A", "#REF!", "TRUE", "0812", " x ", "<r>a & b</r>", "]]>"],
)
def test_a_text_stays_that_text_and_never_becomes_a_formula_an_error_or_a_number(
    target: Path, text: str
) -> None:
    write_results(target, (text,), [a_line((text,), reason=text, serial=text)])
    for row in results(target).iter_rows():
        assert (unescape(str(row[0].value)), row[0].data_type) == (text, "s")
    assert unescape(str(texts(target)[1][4])) == text
    with zipfile.ZipFile(target) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a\x00b\x1fc", "a\u2400b\u241fc"),
        ("a\ud83db", "a\ufffdb"),
        ("a\ufffe\uffffb", "a\ufffd\ufffdb"),
        ("a\tb\nc", "a\tb\nc"),
        ("_x0041_", "_x0041_"),
        ("_x005F_x0041_", "_x005F_x0041_"),
    ],
)
def test_what_a_cell_cannot_hold_is_replaced_visibly_and_nothing_else(
    target: Path, text: str, seen: str
) -> None:
    write_results(target, ("Catatan",), [a_line((text,))])
    assert calamine_rows(target)[1][0] == seen


def as_excel_shows(path: Path) -> list[list[str]]:
    """The filled cells of the first tab by the standard alone (ECMA-376), which must all be texts.

    Blanks at the ends of a text count only where `xml:space` says so, and `_x0041_` is read as "A".
    """
    with zipfile.ZipFile(path) as archive:
        root = ET.fromstring(archive.read("xl/worksheets/sheet1.xml"))  # noqa: S314  (our own file)
    assert list(root.iter(f"{MAIN}f")) == []
    return [[_text_of(cell) for cell in row if len(cell)] for row in root.iter(f"{MAIN}row")]


def _text_of(cell: ET.Element) -> str:
    assert cell.get("t") == "inlineStr"
    [found] = cell.iter(f"{MAIN}t")
    text = found.text or ""
    kept = text if found.get(XML_SPACE) == "preserve" else text.strip("\t\n\r ")
    return re.sub("_x([0-9A-Fa-f]{4})_", lambda code: chr(int(code[1], 16)), kept)


MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"


def visible(character: str) -> str:
    if character in "\t\n\r":
        return character
    if ord(character) < 0x20:
        return chr(0x2400 + ord(character))
    unwritable = "\ud800" <= character <= "\udfff" or character in "\ufffe\uffff"
    return "\ufffd" if unwritable else character


ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=30)
TRICKY_TEXT = st.lists(st.sampled_from(["=", "+", "_x0041_", "_", "x005F_", "\x00", "\r", " ", "0"])).map(
    "".join
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(ANY_TEXT | TRICKY_TEXT, min_size=1, max_size=8))
def test_any_text_is_read_back_as_what_was_visible(tmp_path: Path, cells: list[str]) -> None:
    path = write_results(tmp_path / "any.xlsx", cells, [a_line(cells)])
    expected = ["".join(map(visible, text)) for text in cells]
    for row in results(path).iter_rows(max_col=len(cells)):
        assert [unescape(str(cell.value or "")) for cell in row] == expected
        assert all(cell.data_type == "s" for cell in row if cell.value is not None)
    for values in calamine_rows(path):
        assert values[: len(cells)] == expected


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=ANY_TEXT | TRICKY_TEXT, own=st.lists(ANY_TEXT | TRICKY_TEXT, min_size=1, max_size=4))
def test_any_text_in_any_column_is_what_the_standard_says_and_no_formula(
    tmp_path: Path, text: str, own: list[str]
) -> None:
    line = ResultLine(own, text, "gagal", text, text, text, text, None, None, text, text, text)
    path = write_results(tmp_path / "any.xlsx", own, [line])
    seen = ["".join(map(visible, each)) for each in (*own, text, "gagal", *[text] * 7)]
    headings = ["".join(map(visible, name)) for name in own]
    header, row = as_excel_shows(path)
    assert header == [*filter(None, headings), *RESULT_COLUMNS]
    assert row == [*filter(None, seen)]


@pytest.mark.parametrize("unit", ["a", "\N{GRINNING FACE}", "_x0041"])
def test_a_text_too_long_for_a_cell_is_cut_and_says_by_how_much(target: Path, unit: str) -> None:
    text = unit * (40_000 // len(unit))
    write_results(target, ("Catatan",), [a_line((text,))])
    cell = str(texts(target)[1][0])
    kept, note = unescape(cell).split("… (cut: ")
    assert text.startswith(kept)
    assert note == f"{len(text) - len(kept):,} characters)"
    assert 32_767 // 3 < len(cell.encode("utf-16-le")) // 2 <= 32_767


@pytest.mark.parametrize("unit", ["a", "\N{GRINNING FACE}", "=1"])
def test_a_text_too_long_for_a_cell_is_cut_in_csv_too_and_said(tmp_path: Path, unit: str) -> None:
    """Excel goes on with the rest of it in the next row."""
    told: list[Notice] = []
    text = unit * (40_000 // len(unit))
    path = write_results_csv(tmp_path / "r.csv", ("Catatan",), [a_line((text,))], tell=told.append)
    with path.open(encoding="utf-8-sig", newline="") as file:
        _, [cell, *_] = csv.reader(file, strict=True)
    kept, note = cell.removeprefix("'").split("… (cut: ")
    assert text.startswith(kept)
    assert int(note.split()[0].replace(",", "")) + len(kept) >= len(text)
    assert len(cell.encode("utf-16-le")) // 2 <= 32_767
    assert told == [Notice("saved.cut", {"count": "1"})]


def test_the_longest_text_that_a_cell_can_hold_is_whole(target: Path) -> None:
    write_results(target, ("Catatan",), [a_line(("a" * 32_767,)), a_line(("a" * 32_768,))])
    _, fits, cut = (str(row[0]) for row in texts(target))
    assert fits == "a" * 32_767
    assert cut.endswith("characters)")


# -- fed back in -------------------------------------------------------------------------------------------

REPEATED = ("Nama", "", "Nomor HP", "Kode Produk", "Catatan", "Catatan", "")


@pytest.mark.parametrize("name", ["r.xlsx", "r.csv"])
def test_repeated_and_blank_headings_are_kept_and_read_again_as_they_are(tmp_path: Path, name: str) -> None:
    own = [
        ("Siti", "x", "0812-1234-5678", "S5", "=a", "b", " c"),
        ("", "", "+62 812", "S10", "", "_x0041_", ""),
    ]
    lines = [a_line(cells, status="unsent", paid="no") for cells in own]
    write = write_results if name.endswith("xlsx") else write_results_csv
    sheet = read_sheet(write(tmp_path / name, REPEATED, lines))
    assert sheet.header == (*REPEATED, *RESULT_COLUMNS)
    assert sheet.columns == Columns(number=2, product=3, name=0, results=len(REPEATED))
    read = [tuple(row[: len(REPEATED)]) for row in sheet.cells.itertuples(index=False, name=None)]
    escaped = [tuple(f"'{t}" if name == "r.csv" and t[:1] in {"=", "+"} else t for t in row) for row in own]
    assert read == escaped


def test_more_columns_than_a_sheet_holds_are_a_storage_failure(target: Path) -> None:
    header = ["x"] * 16_374
    with pytest.raises(StorageFailed) as caught:
        write_results(target, header, [])
    assert "16,385 columns" in say.error(caught.value)
    assert left_in(target.parent) == []
    write_results_csv(target.with_suffix(".csv"), header, [])


# -- many lines --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lines", "sheets"), [(0, [0]), (3, [3]), (4, [3, 1]), (7, [3, 3, 1])])
def test_lines_beyond_a_sheets_end_go_on_in_the_next_one(target: Path, lines: int, sheets: list[int]) -> None:
    write_results(target, ("No",), [a_line((f"{n}",)) for n in range(lines)], max_lines=3)
    book = openpyxl.load_workbook(target)
    assert book.sheetnames == ["Results", "Results 2", "Results 3"][: len(sheets)]
    parts = [list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets]
    assert {part[0] for part in parts} == {("No", *RESULT_COLUMNS)}
    assert [len(part) - 1 for part in parts] == sheets
    assert [row[0] for part in parts for row in part[1:]] == [f"{n}" for n in range(lines)]


class Cells(list[str]):
    """A list that can be watched."""

    __hash__ = object.__hash__  # type: ignore[assignment]


def test_lines_are_let_go_as_they_are_written(target: Path) -> None:
    alive: weakref.WeakSet[Cells] = weakref.WeakSet()
    most = 0

    def lines() -> Iterator[ResultLine]:
        nonlocal most
        for n in range(2_000):
            cells = Cells([f"{n}"])
            alive.add(cells)
            most = max(most, len(alive))
            yield a_line(cells)

    write_results(target, ("No",), lines())
    assert 0 < most < 250


# -- the summary -------------------------------------------------------------------------------------------


def test_the_summary_is_the_second_sheet_and_its_amounts_are_numbers(target: Path) -> None:
    lines = [a_line(), a_line()]
    write_results(
        target, HEADER, lines, summary=[SummaryRow(("Rows", 2)), SummaryRow(("Note", "=1+1"))], max_lines=1
    )
    book = openpyxl.load_workbook(target)
    assert book.sheetnames == ["Results", "Summary", "Results 2"]
    assert texts(target, "Summary")[:2] == [("Rows", 2), ("Note", "=1+1")]
    assert book["Summary"]["B2"].data_type == "s"
    assert book["Results"].sheet_properties.tabColor is None


def test_what_went_on_in_other_tabs_or_was_cut_is_said_and_stands_in_the_summary(target: Path) -> None:
    told: list[Notice] = []
    lines = [a_line(("x" * 40_000,)), a_line(("y" * 40_000,)), a_line()]
    write_results(target, HEADER, lines, summary=[SummaryRow(("Rows", 3))], max_lines=1, tell=told.append)
    assert [notice.code for notice in told] == ["saved.split", "saved.cut"]
    assert told[0].facts == {"most": "1", "tabs": "Results 2, Results 3"}
    assert told[1].facts == {"count": "2"}
    said = [row[0] for row in texts(target, "Summary")[1:]]
    assert said == [say.text(notice.code, **notice.facts) for notice in told]


@pytest.mark.parametrize("write", [write_results, write_results_csv])
def test_nothing_is_said_where_there_is_nothing_to_say(target: Path, write: Any) -> None:
    told: list[Notice] = []
    write(target, HEADER, [a_line()], tell=told.append)
    assert told == []


def test_a_rehearsal_says_so_above_the_summary_and_on_every_tab(target: Path) -> None:
    write_results(
        target, HEADER, [a_line(), a_line()], summary=[SummaryRow(("Rows", 2))], rehearsal=True, max_lines=1
    )
    book = openpyxl.load_workbook(target)
    assert texts(target, "Summary")[0][0] == BANNER
    assert all(sheet.sheet_properties.tabColor for sheet in book.worksheets)
    assert {_page_heading(sheet) for sheet in book.worksheets} == {BANNER}
    assert texts(target)[0] == (*HEADER, *RESULT_COLUMNS)


def _page_heading(sheet: Worksheet) -> str | None:
    return sheet.oddHeader.center.text  # type: ignore[union-attr]  # the stubs take it for optional


def test_a_rehearsal_without_a_summary_still_says_so(target: Path) -> None:
    write_results(target, HEADER, [], rehearsal=True)
    assert texts(target, "Summary") == [(BANNER,)]


# -- the file ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("write", [write_results, write_results_csv])
def test_a_failure_midway_leaves_the_old_file_whole_and_nothing_beside_it(target: Path, write: Any) -> None:
    target.write_bytes(b"the old results")

    def lines() -> Iterator[ResultLine]:
        yield from [a_line()] * 500
        raise LookupError

    with pytest.raises(LookupError):
        write(target, HEADER, lines())
    assert target.read_bytes() == b"the old results"
    assert left_in(target.parent) == [target.name]


@pytest.mark.parametrize("write", [write_results, write_results_csv])
def test_the_new_file_replaces_the_old_one_and_only_its_owner_may_read_it(target: Path, write: Any) -> None:
    target.write_bytes(b"the old results")
    target.chmod(0o644)
    assert write(target, HEADER, [a_line()]) == target
    assert b"the old results" not in target.read_bytes()
    assert left_in(target.parent) == [target.name]
    if sys.platform != "win32":
        assert target.stat().st_mode & 0o777 == 0o600


def test_a_target_that_cannot_be_replaced_is_left_and_the_results_go_beside_it(target: Path) -> None:
    target.mkdir()
    told: list[Notice] = []
    names = [write_results(target, HEADER, [a_line((f"{n}", ""))], tell=told.append).name for n in range(2)]
    assert [notice.code for notice in told] == ["saved.beside"] * 2
    assert told[1].facts == {"target": target.name, "path": str(target.with_name(names[1]))}
    assert names == ["bonus.results (2).xlsx", "bonus.results (3).xlsx"]
    assert texts(target.with_name(names[0]))[1][0] == "0"
    assert left_in(target.parent) == sorted([target.name, *names])


@pytest.mark.parametrize("write", [write_results, write_results_csv])
def test_a_folder_that_may_only_be_read_is_a_storage_failure(target: Path, write: Any) -> None:
    target.write_bytes(b"the old results")
    target.parent.chmod(0o500)
    if os.access(target.parent, os.W_OK):
        pytest.skip("this user may write everywhere")
    try:
        with pytest.raises(StorageFailed) as caught:
            write(target, HEADER, [a_line()])
    finally:
        target.parent.chmod(0o700)
    assert (caught.value.code, caught.value.facts["why"]) == ("results.unwritable", "why.denied")
    assert target.read_bytes() == b"the old results"


@pytest.mark.parametrize("write", [write_results, write_results_csv])
@pytest.mark.parametrize("folder", ["missing", "a file"])
def test_a_folder_that_cannot_be_written_to_is_a_storage_failure(
    tmp_path: Path, write: Any, folder: str
) -> None:
    (tmp_path / "a file").touch()
    with pytest.raises(StorageFailed) as caught:
        write(tmp_path / folder / "bonus.xlsx", HEADER, [a_line()])
    assert caught.value.code == "results.unwritable"
    assert "bonus.xlsx" in say.error(caught.value)


FULL_DISK = """
import resource, sys
from pathlib import Path
from bulk_topup.core.errors import StorageFailed
from bulk_topup.core.results_columns import ResultLine
from bulk_topup.report import results_workbook
line = ResultLine(["x" * 99], *[""] * 6, None, None, "", "", "")
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    getattr(results_workbook, sys.argv[3])(Path(sys.argv[1]), ["Catatan"], [line] * 9_000)
except StorageFailed as error:
    print(error.code, error.facts["why"])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no file size limits on Windows")
@pytest.mark.parametrize("limit", [100, 10_000, 900_000])
@pytest.mark.parametrize("write", ["write_results", "write_results_csv"])
def test_a_full_disk_is_a_storage_failure_without_remains(
    target: Path, tmp_path_factory: pytest.TempPathFactory, write: str, limit: int
) -> None:
    """The limit strikes in the temporary file of the rows, in that of the tab or in ours."""
    target.write_bytes(b"the old results")
    scratch = tmp_path_factory.mktemp("scratch")
    command = [sys.executable, "-W", "error", "-c", FULL_DISK, str(target), str(limit), write]
    done = subprocess.run(
        command,
        env={"PYTHONPATH": str(ROOT), "TMPDIR": str(scratch)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("results.unwritable why.full\n", "")
    assert target.read_bytes() == b"the old results"
    assert left_in(target.parent) == [target.name]
    assert left_in(scratch) == []


# -- CSV ---------------------------------------------------------------------------------------------------


def test_csv_results_open_in_excel_and_run_nothing(tmp_path: Path) -> None:
    starts = ["=1+1", "+62812", "-1", "@x", "\tx", "\rx", "\nx"]
    path = write_results_csv(
        tmp_path / "r.csv", ("Nama", "Nomor"), [a_line((text, "0812")) for text in starts]
    )
    assert path.read_bytes().startswith(b"\xef\xbb\xbfNama,Nomor,paid,")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, strict=True))
    assert [row[0] for row in rows[1:]] == [f"'{text}" for text in starts]
    assert {tuple(row[1:3]) for row in rows[1:]} == {("0812", "yes")}
    assert rows[1][8:] == ["5850", "5850", "TSEL5", "081212345678", "2025-01-31 10:00:00"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(ANY_TEXT, min_size=1, max_size=8))
def test_any_text_is_read_back_from_csv_as_what_was_visible(tmp_path: Path, cells: list[str]) -> None:
    path = write_results_csv(tmp_path / "any.csv", cells, [a_line(cells)])
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, strict=True))
    expected = ["".join(map(visible, text)) for text in cells]
    for row in rows:
        for text, wanted in zip(row, expected, strict=False):
            assert text == (f"'{wanted}" if wanted[:1] in {*"=+-@\t\r\n"} else wanted)

"""Several tabs of a workbook as one batch: one plan, one approval, one run, one Summary."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import openpyxl
import pytest

from bulk_topup.core.errors import Exit, InputError
from bulk_topup.core.model import TAB_ROWS
from bulk_topup.sheet import read_sheet
from bulk_topup.sheet.several import combined

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Office

BRANCHES = {
    "Jakarta Pusat": (
        ("Nama", "No HP", "Insentif"),
        ("Ani", "081255510001", "5.000"),
        ("Budi", "081255510002", "10.000"),
        ("Cici", "08125551", "5.000"),
    ),
    "Bandung": (
        ("Cabang Bandung",),
        ("No HP", "Nama Karyawan", "Kode Produk"),
        ("081255510003", "Dedi", "TSEL5"),
        ("081255510004", "Eka", "TSEL10"),
    ),
    "Medan": (("Nama", "Nomor HP", "Nominal", "Catatan"), ("Fani", "081255510005", 5_000, "baru")),
    "Kupang": (
        ("Nama", "No HP", "Pulsa"),
        ("Gita", "081255510001", "5.000"),
        ("Hadi", "081200000011", "5rb"),
    ),
}


@pytest.fixture
def book(office: Office) -> Path:
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for name, rows in BRANCHES.items():
        tab = made.create_sheet(name)
        for row in rows:
            tab.append(row)
    made.create_sheet("Petunjuk").append(("Isi nomor HP dan nominal",))
    made.save(office.folder / "cabang.xlsx")
    return office.folder / "cabang.xlsx"


def test_tabs_are_one_sheet_with_rows_of_their_own(book: Path) -> None:
    sheet = combined([read_sheet(book, tab=tab) for tab in BRANCHES], "all")
    assert sheet.tabs == tuple(BRANCHES)
    assert list(sheet.cells.index) == [
        *(TAB_ROWS + row for row in (2, 3, 4)),
        *(2 * TAB_ROWS + row for row in (3, 4)),
        *(3 * TAB_ROWS + 2, 4 * TAB_ROWS + 2, 4 * TAB_ROWS + 3),
    ]
    assert sheet.header == ("Tab", "Row", "Nama", "No HP", "Insentif", "Kode Produk", "Catatan")
    columns = sheet.columns
    assert (columns.name, columns.number, columns.nominal, columns.product) == (2, 3, 4, 5)
    assert list(sheet.cells.loc[2 * TAB_ROWS + 4]) == [
        "Bandung",
        "4",
        "Eka",
        "081255510004",
        "",
        "TSEL10",
        "",
    ]


def test_a_tab_twice_and_results_are_refused(book: Path) -> None:
    one = read_sheet(book, tab="Medan")
    with pytest.raises(InputError) as refused:
        combined([one, one], "Medan + Medan")
    assert refused.value.code == "sheet.tab_twice"


def test_without_a_tab_the_message_lists_them_with_their_rows_and_what_was_run(
    book: Path, office: Office
) -> None:
    assert office.run("run", book.name, "--sheet", "Medan", "--yes", *office.fast).exit == Exit.OK
    said = office.run("check", book.name)
    assert said.exit == Exit.NOTHING_SENT
    for part in ('"Jakarta Pusat" (3 rows): 0812', '"Medan" (1 row, run already)', "--sheet all"):
        assert part in said.err


def test_a_person_at_the_terminal_is_asked_for_the_tab_and_it_is_as_if_typed(
    book: Path, office: Office
) -> None:
    checked = office.run("check", book.name, answers=[("[1/2/3/4/all]", "3")])
    assert checked.exit == Exit.OK
    assert f"bulk-topup run {book.name} --sheet Medan" in checked.out
    done = office.run("run", book.name, "--yes", *office.fast, answers=[("[1/2/3/4/all]", "3")])
    assert done.exit == Exit.OK
    assert office.results("cabang.Medan.results.xlsx")


def test_without_a_clear_answer_no_tab_is_read(book: Path, office: Office) -> None:
    said = office.run("check", book.name, answers=[("[1/2/3/4/all]", "ya")])
    assert said.exit == Exit.NOTHING_SENT
    assert "--sheet all" in said.err


def test_four_tabs_go_through_check_approval_run_results_and_status_as_one_batch(
    book: Path, office: Office
) -> None:
    checked = office.run("check", book.name, "--sheet", "all")
    assert "Jakarta Pusat: 2 top-ups for" in checked.out
    assert "row Jakarta Pusat 4, Cici, " in checked.out
    assert "row Jakarta Pusat 2 already tops up" in checked.out
    code = re.search("plan code ([0-9A-Z-]{19})", checked.out)
    assert code is not None
    approved = ("--approve", code[1], "--approved-by", "Rina")
    ran = office.run("run", book.name, "--sheet", "all", *approved, *office.fast)
    assert ran.exit == Exit.NOT_ALL_PAID
    assert len(office.sent()) == 6
    for said in (ran, office.run("status", book.name, "--sheet", "all")):
        assert "Jakarta Pusat: 2 paid for Rp16,150, 1 not paid, 0 to ask the provider" in said.out
        assert "Kupang: 0 paid for Rp0, 2 not paid, 0 to ask the provider" in said.out
    results = openpyxl.load_workbook(office.folder / "cabang.all.results.xlsx")
    header, *rows = results["Results"].iter_rows(values_only=True)
    placed = {(row[0], row[1]): row[header.index("status")] for row in rows}
    assert placed == {
        ("Jakarta Pusat", "2"): "sukses",
        ("Jakarta Pusat", "3"): "sukses",
        ("Jakarta Pusat", "4"): "invalid",
        ("Bandung", "3"): "sukses",
        ("Bandung", "4"): "sukses",
        ("Medan", "2"): "sukses",
        ("Kupang", "2"): "duplicate",
        ("Kupang", "3"): "gagal",
    }
    summary = {str(row[0]).strip(): row[1:3] for row in results["Summary"].iter_rows(values_only=True)}
    assert summary["Bandung"] == (2, 15_000)
    assert {row[-1] for row in results["To do"].iter_rows(min_row=2, values_only=True)} == {
        "Jakarta Pusat 4",
        "Kupang 3",
    }
    again = office.run("run", book.name, "--sheet", "all", "--yes", *office.fast)
    assert len(office.sent()) == 6
    assert again.exit == Exit.NOT_ALL_PAID


def test_two_tabs_that_are_named_are_one_batch_apart_from_the_others(book: Path, office: Office) -> None:
    two = ("--sheet", "Bandung", "--sheet", "Medan")
    done = office.run("run", book.name, *two, "--yes", *office.fast)
    assert done.exit == Exit.OK
    assert len(office.sent()) == 3
    assert office.run("status", book.name, *two).exit == Exit.OK
    third = office.run("check", book.name, "--sheet", "all", "--json")
    held = [one for one in third.json["plan"]["findings"] if one["code"] == "duplicate.other_batch"]
    assert [(one["tab"], one["row"]) for one in held] == [("Bandung", 3), ("Bandung", 4), ("Medan", 2)]

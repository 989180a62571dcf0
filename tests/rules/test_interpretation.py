"""What is taken although it is not spelled out, and what is not."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from bulk_topup.core.model import OddCell, Oddity
from bulk_topup.report.words import say
from bulk_topup.rules.interpretation import as_meant
from bulk_topup.sheet import read_sheet
from bulk_topup.sheet.several import combined
from tests.builders import ANDI, BUDI, CITRA, DEWI, held_codes, plan_of, sheet_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bulk_topup.core.model import Sheet

NOMINAL_HEADER = ("Nama", "No HP", "Kode Produk", "Nominal")


def products(sheet: Sheet) -> dict[int, str]:
    position = sheet.columns.product
    assert position is not None
    return dict(zip(sheet.cells.index.tolist(), sheet.cells[position], strict=True))


def said(sheet: Sheet) -> list[str]:
    return [say.text(notice.code, **notice.facts) for notice in sheet.notices]


def merged(cell: str) -> OddCell:
    return OddCell(Oddity.MERGED, "", cell)


DITTOS = ["sda", "SDA", "s.d.a.", "idem", "Ditto", '"', "''", "\u201d", "\u3003"]


@pytest.mark.parametrize("ditto", DITTOS)
def test_a_ditto_mark_is_the_value_above(ditto: str) -> None:
    sheet = as_meant(
        sheet_of([("", ANDI, "S5"), ("", BUDI, ditto), ("", CITRA, f" {ditto} "), ("", DEWI, "I5")])
    )
    assert list(products(sheet).values()) == ["S5", "S5", "S5", "I5"]
    assert said(sheet) == [
        "column C: 2 cells take the value above, because of a merged cell or a ditto mark (row 3, 4)"
    ]
    assert plan_of(sheet).orders["product"].tolist()[:3] == ["S5", "S5", "S5"]


@pytest.mark.parametrize(
    "rows",
    [
        [("", ANDI, "sda")],
        [("", ANDI, ""), ("", BUDI, "sda")],
        [("", ANDI, "S5"), ("", "", "sda")],
        [("", ANDI, "S5"), ("Total", "", "S10"), ("", BUDI, "sda")],
        [("", ANDI, "S5"), ("", BUDI, "-")],
        [("", ANDI, "S5"), ("", BUDI, "")],
    ],
)
def test_where_nothing_is_meant_for_certain_nothing_is_taken(rows: list[tuple[str, str, str]]) -> None:
    sheet = sheet_of(rows)
    assert as_meant(sheet) is sheet


def test_a_ditto_mark_needs_the_row_right_above_it_seen_and_sure() -> None:
    rows = [("", ANDI, "S5"), ("", BUDI, "sda")]
    apart = sheet_of(rows, numbers=[2, 4])
    hidden = replace(sheet_of(rows), hidden=frozenset({2}))
    odd = sheet_of(rows, odd={(2, 2): OddCell(Oddity.STRUCK, "S5")})
    assert [as_meant(sheet) is sheet for sheet in (apart, hidden, odd)] == [True, True, True]


def test_a_phone_number_is_never_taken_from_above() -> None:
    sheet = as_meant(sheet_of([("", ANDI, "S5"), ("", "sda", "S5")], odd={(3, 1): merged("B2")}))
    assert sheet.cells[1].tolist() == [ANDI, "sda"]
    assert list(plan_of(sheet).held) == [3]


def test_a_merged_product_and_nominal_count_for_each_row_that_they_go_over() -> None:
    rows = [("", ANDI, "S5", "5000"), ("", BUDI, "", ""), ("TOTAL", "", "", "")]
    odd = {(3, 2): merged("C2"), (3, 3): merged("D2"), (4, 2): merged("C2")}
    sheet = as_meant(sheet_of(rows, NOMINAL_HEADER, odd=odd))
    assert products(sheet) == {2: "S5", 3: "S5", 4: ""}
    assert sheet.cells[3].tolist() == ["5000", "5000", ""]
    assert sheet.odd == {(4, 2): merged("C2")}
    assert len(plan_of(sheet).orders) == 2


@pytest.mark.parametrize("held_in", ["B3", "C1", "AC2", "D3"])
def test_a_cell_that_is_merged_otherwise_is_held(held_in: str) -> None:
    rows = [("", ANDI, "S5"), ("", BUDI, "")]
    sheet = sheet_of(rows, odd={(3, 2): merged(held_in)})
    assert as_meant(sheet) is sheet


def test_a_workbook_with_a_merged_product_pays_all_its_rows(tmp_path: Path) -> None:
    rows = [("Nama", "No HP", "Kode Produk"), ("Ani", ANDI, "S5"), ("Budi", BUDI), ("Citra", CITRA)]
    (tmp_path / "bonus.xlsx").write_bytes(workbook(rows, "C2:C4"))
    plan = plan_of(as_meant(read_sheet(tmp_path / "bonus.xlsx")))
    assert plan.orders["product"].tolist() == ["S5", "S5", "S5"]
    assert plan.held == {}


def workbook(rows: Sequence[tuple[str | None, ...]], merged_cells: str) -> bytes:
    book = openpyxl.Workbook()
    assert isinstance(book.active, Worksheet)
    for row in rows:
        book.active.append(row)
    book.active.merge_cells(merged_cells)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_a_merged_remark_and_branch_are_those_of_each_row_that_they_go_over(tmp_path: Path) -> None:
    header = ("Cabang", "Nama", "No HP", "Kode Produk", "Ket")
    rows = [header, ("Solo", "Ani", ANDI, "S5", "batal"), (None, "Budi", BUDI, "S5")]
    for merged_cells, said_of in (("E2:E3", [2, 3]), ("A2:A3", [2])):
        (tmp_path / "bonus.xlsx").write_bytes(workbook(rows, merged_cells))
        sheet = as_meant(read_sheet(tmp_path / "bonus.xlsx"))
        plan = plan_of(sheet)
        assert [each.row for each in plan.findings if each.code == "remark.against"] == said_of
        assert sheet.notices == ()
    assert sheet.cells[0].tolist() == ["Solo", "Solo"]


def test_merged_cells_count_where_several_tabs_are_one_sheet_too(tmp_path: Path) -> None:
    rows = [("Nama", "No HP", "Kode Produk", "Ket"), ("Ani", ANDI, "S5", "batal"), ("Budi", BUDI, None, None)]
    book = openpyxl.Workbook()
    for name, numbers in (("Solo", (ANDI, BUDI)), ("Medan", (CITRA, "081210000008"))):
        tab = book.create_sheet(name)
        for (person, _, *others), number in zip(rows, ("No HP", *numbers), strict=True):
            tab.append([person, number, *others])
        tab.merge_cells("C2:C3")
        tab.merge_cells("D2:D3")
    book.remove(book.worksheets[0])
    book.save(tmp_path / "bonus.xlsx")
    sheet = as_meant(
        combined([read_sheet(tmp_path / "bonus.xlsx", tab=tab) for tab in ("Solo", "Medan")], "all")
    )
    plan = plan_of(sheet)
    assert plan.orders["product"].tolist() == ["S5"] * 4
    assert [each.code for each in plan.findings].count("remark.against") == 4


def test_of_the_numbers_beside_one_merged_name_none_is_taken(tmp_path: Path) -> None:
    rows = [("Nama", "No HP", "Kode"), ("Ani", ANDI, "S5"), (None, BUDI, "S5"), ("Citra", CITRA, "S5")]
    (tmp_path / "bonus.xlsx").write_bytes(workbook(rows, "A2:A3"))
    plan = plan_of(as_meant(read_sheet(tmp_path / "bonus.xlsx")))
    assert held_codes(plan) == {2: ["cell.one_name"], 3: ["cell.one_name"]}
    assert plan.orders.index.tolist() == [4]


def test_numbers_with_more_than_digits_are_said_with_an_example() -> None:
    rows = [("", "081210000001.0", "S5"), ("", "0812-1000-0002", "S5"), ("", "HP: 081210000003", "S5")]
    sheet = as_meant(sheet_of(rows))
    assert sheet.cells[1].tolist() == [text for _, text, _ in rows]
    assert said(sheet) == [
        "column B: 2 phone numbers have more than digits and were still read, "
        "such as 081210000001.0 as 081210000001 (row 2, 4)"
    ]
    assert plan_of(sheet).orders["number"].tolist() == [ANDI, BUDI, CITRA]


def test_usual_spellings_and_wrong_ones_are_not_said() -> None:
    sheet = sheet_of([("", "+62 (812) 1000-0001", "S5"), ("", "08121000000O", "S5"), ("", "", "S5")])
    assert as_meant(sheet) is sheet

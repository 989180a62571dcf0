"""The plan as a workbook: the user's own sheet, what is wrong where, a file to correct and feed back."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from bulk_topup.core.errors import StorageFailed
from bulk_topup.core.model import Columns, Deposit, Named, Notice, OddCell, Oddity
from bulk_topup.core.results_columns import RESULT_COLUMNS
from bulk_topup.core.status import Status
from bulk_topup.report.plan_workbook import PLAN_COLUMNS, own_columns, plan_rows, write_plan
from bulk_topup.report.words import say
from bulk_topup.report.words.translation import in_each
from bulk_topup.rules.orders import Wishes
from bulk_topup.sheet import read_sheet
from bulk_topup.sheet.header import find_header
from bulk_topup.sheet.names import meaning_of
from tests.builders import ANDI, BUDI, CITRA, DEWI, HEADER, keys_of, known_of, plan_of, recent_of, sheet_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from openpyxl.worksheet.worksheet import Worksheet

    from bulk_topup.rules.plan import Plan

OURS = tuple(map(say.text, PLAN_COLUMNS))
GREEN, AMBER, RED, GREY, NONE = "FFC6EFCE", "FFFFEB9C", "FFFFC7CE", "FFD9D9D9", "00000000"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "bonus.plan.xlsx"


def written(target: Path, plan: Plan, **other: Any) -> Worksheet:
    """The first tab of the plan's workbook."""
    other.setdefault("deposit", None)
    facts: dict[str, Any] = {
        "account": "agent",
        "moment": "2025-01-20 10:00",
        "budget": None,
        "rehearsal": False,
        "tell": str,
    }
    assert write_plan(target, plan, **(facts | other)) == target
    return openpyxl.load_workbook(target).worksheets[0]


def column(sheet: Worksheet, heading: str) -> list[Any]:
    """The values under a heading."""
    header, *rows = sheet.iter_rows(values_only=True)
    return [row[header.index(heading)] for row in rows]


def colours(sheet: Worksheet, row: int) -> dict[str, str]:
    """The colours of a row's cells, by heading, of those that have one."""
    pairs = zip(sheet[1], sheet[row], strict=True)
    found = {str(head.value): cell.fill.start_color.rgb for head, cell in pairs}
    return {name: colour for name, colour in found.items() if colour != NONE}


def summary(target: Path) -> dict[str, tuple[Any, ...]]:
    """The rows of the summary by their label."""
    rows = openpyxl.load_workbook(target)["Summary"].iter_rows(values_only=True)
    return {str(label).strip(): tuple(v for v in values if v is not None) for label, *values in rows}


MIXED = [("Andi", ANDI, "S5"), ("Budi", "0812-O1", "S5"), ("Citra", CITRA, "S99"), ("Dewi", DEWI, "S5")]
"""Sent before, held for its number, held for its product, and sent with a warning: row 2 to row 5."""


def mixed() -> Plan:
    return plan_of(sheet_of(MIXED), known_of((ANDI, "S5", 1, Status.SUKSES)))


# -- the rows ----------------------------------------------------------------------------------------------


def test_all_rows_come_back_in_their_order_under_the_sheets_own_header(target: Path) -> None:
    sheet = written(target, mixed())
    header, *rows = sheet.iter_rows(values_only=True)
    assert header == (*HEADER, *OURS)
    assert [row[:3] for row in rows] == MIXED
    assert column(sheet, "sheet row") == [2, 3, 4, 5]


def test_every_row_says_what_would_become_of_it(target: Path) -> None:
    assert column(written(target, mixed()), "check") == [
        "sent before",
        "held",
        "held",
        "send, see the warning",
    ]


def test_what_was_understood_stands_beside_it_and_what_was_not_is_blank(target: Path) -> None:
    sheet = written(target, mixed())
    understood = [column(sheet, f"checked {name}") for name in ("number", "product", "nominal", "price")]
    assert list(zip(*understood, strict=True)) == [
        (ANDI, "S5", 5_000, 5_630),
        (None, "S5", 5_000, 5_630),
        (CITRA, None, None, None),
        (DEWI, "S5", 5_000, 5_630),
    ]


def test_each_finding_is_worded_as_on_the_screen(target: Path) -> None:
    plan = plan_of(sheet_of([("Budi", "0812-O1", "S99")]))
    [said] = column(written(target, plan), "what to do")
    assert len(plan.findings) == 2
    assert said == " · ".join(map(say.finding_in_row, plan.findings))


def test_the_very_cells_that_are_wrong_are_coloured(target: Path) -> None:
    sheet = written(target, mixed())
    assert colours(sheet, 2) == {"check": GREY}
    assert colours(sheet, 3) == {"No HP": RED, "check": RED}
    assert colours(sheet, 4) == {"Kode Produk": RED, "check": RED}
    assert colours(sheet, 5) == {"No HP": AMBER, "check": AMBER}


def test_a_row_without_a_finding_is_green_and_a_missing_value_is_red_where_it_is_missing(
    target: Path,
) -> None:
    sheet = written(target, plan_of(sheet_of([("Andi", ANDI, "S5"), ("Budi", "", "")])))
    assert colours(sheet, 2) == {"check": GREEN}
    assert colours(sheet, 3) == {"No HP": RED, "Kode Produk": RED, "check": RED}


def test_an_error_outshines_a_warning_on_the_same_cell(target: Path) -> None:
    plan = plan_of(sheet_of([("", DEWI, "S5"), ("", DEWI, "S5")]))
    assert {finding.code for finding in plan.findings} == {"operator.differs", "duplicate.sheet"}
    assert colours(written(target, plan), 3)["No HP"] == RED


def test_a_row_that_is_left_out_because_it_is_hidden_stays_hidden_and_red_whatever_else_is_odd(
    target: Path,
) -> None:
    """Shown, it would be sent when the plan is fed back in."""
    plan = plan_of(replace(sheet_of([("", ANDI, "S5"), ("", DEWI, "S5")]), hidden=frozenset({3})))
    assert [finding.code for finding in plan.findings] == ["hidden.skipped", "operator.differs"]
    sheet = written(target, plan)
    assert [sheet.row_dimensions[row].hidden for row in (2, 3)] == [False, True]
    assert colours(sheet, 3) == {"No HP": RED, "check": RED}


def test_findings_about_other_batches_colour_the_number(target: Path) -> None:
    rows = [("", number, "S5") for number in (ANDI, BUDI, CITRA)]
    plan = plan_of(sheet_of(rows), recent=recent_of((ANDI, 5_000)))
    assert [finding.code for finding in plan.findings] == ["recent.other_batch"]
    assert colours(written(target, plan), 2) == {"No HP": AMBER, "check": AMBER}


def test_with_strict_a_warning_holds_its_row(target: Path) -> None:
    wishes = Wishes(strict=True)
    sheet = written(target, plan_of(sheet_of([("", DEWI, "S5")]), wishes=wishes))
    assert column(sheet, "check") == ["held"]
    assert colours(sheet, 2) == {"No HP": AMBER, "check": RED}


def test_nominal_count_and_results_columns_are_coloured_where_they_are_wrong(target: Path) -> None:
    header = (*HEADER, "Nominal", "itrx", *RESULT_COLUMNS)
    paid = ("yes", "sukses", "", "", "TRX1", "", "", "", "", "", "")
    sheet = written(target, plan_of(sheet_of([("", ANDI, "S5", "9", "x", *paid)], header)))
    assert colours(sheet, 2) == {"Nominal": RED, "itrx": RED, "status": RED, "check": RED}


def test_of_two_columns_with_one_name_the_one_that_is_used_is_coloured(target: Path) -> None:
    sheet = written(target, plan_of(sheet_of([("", "x", "S5", "")], ("Nama", "No HP", "Kode", "Nama"))))
    assert [cell.fill.start_color.rgb for cell in sheet[2]][:4] == [NONE, RED, NONE, NONE]


def test_the_sheets_own_texts_are_text_and_never_a_formula(target: Path) -> None:
    sheet = written(target, plan_of(sheet_of([("=1+1", ANDI, "S5"), ("0012", "1E5", "TRUE")])))
    assert [(row[0].value, row[0].data_type) for row in sheet.iter_rows(min_row=2)] == [
        ("=1+1", "s"),
        ("0012", "s"),
    ]
    assert {cell.data_type for cell in sheet[3][:3]} == {"s"}


def test_the_header_stays_in_view_and_every_column_can_be_filtered(target: Path) -> None:
    sheet = written(target, mixed())
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == sheet.dimensions == "A1:J5"


def test_rows_beyond_a_sheets_end_go_on_in_the_next_one_and_it_is_said(target: Path) -> None:
    told: list[Notice] = []
    written(target, mixed(), max_rows=3, tell=told.append)
    assert openpyxl.load_workbook(target).sheetnames == ["Plan", "Summary", "Plan 2"]
    assert [notice.code for notice in told] == ["saved.split"]


# -- the summary -------------------------------------------------------------------------------------------


def test_the_summary_holds_all_that_is_approved(target: Path) -> None:
    plan = mixed()
    written(target, plan, budget=100_000)
    facts = summary(target)
    assert openpyxl.load_workbook(target).sheetnames == ["Plan", "Summary"]
    assert facts["plan code"] == (plan.code,)
    assert facts["file"] == (plan.rows.sheet.path.name,)
    assert facts["SHA-256 of the file"] == (plan.rows.sheet.sha256,)
    assert facts["tab"] == ("Januari",)
    assert facts["account"] == ("agent",)
    assert facts["provider's address"] == ("https://klikmbc.co.id/json/pulsa",)
    assert facts["checked at (WIB)"] == ("2025-01-20 10:00",)
    assert facts["budget"] == (100_000,)


def test_the_summary_counts_every_row_once_and_adds_up(target: Path) -> None:
    plan = mixed()
    written(target, plan)
    facts = summary(target)
    assert facts["to send now"] == (1, plan.cost) == (1, 5_630)
    assert facts["TELKOMSEL"] == (1, 5_630)
    assert facts["sent before"] == (1,)
    assert facts["held back"] == (2,)
    kinds = [say.text("kind." + code) for code in plan.held_by_code()]
    assert [facts[kind] for kind in kinds] == [(1,), (1,)]
    assert facts["rows in the sheet"] == (4,)
    assert facts["warnings"] == (1,)
    assert "budget" not in facts


def test_the_last_known_deposit_stands_beside_the_cost(target: Path) -> None:
    plan = mixed()
    written(target, plan, deposit=Deposit(1_000, "2025-01-19 16:05", "gaji"))
    facts = summary(target)
    assert facts["last known deposit"] == (1_000,)
    assert "as of 2025-01-19 16:05 (WIB), in batch gaji" in facts
    assert facts["to add for this plan"] == (plan.cost - 1_000,)
    written(target, plan, deposit=Deposit(plan.cost, "2025-01-19 16:05", "gaji"))
    assert summary(target)["to add for this plan"] == (0,)


def test_who_approves_the_plan_can_sign_it(target: Path) -> None:
    written(target, mixed())
    assert {"Prepared by", "Checked by", "Approved by"} <= set(summary(target))


def test_a_plan_that_sends_nothing_has_no_code_to_pass_on(target: Path) -> None:
    written(target, plan_of(sheet_of([("", "x", "S5")])))
    assert summary(target)["plan code"] == ("nothing to send",)


def test_a_rehearsal_says_so_on_its_tab_on_paper_and_above_the_summary(target: Path) -> None:
    sheet = written(target, mixed(), rehearsal=True)
    book = openpyxl.load_workbook(target)
    assert book.sheetnames == ["Plan SANDBOX", "Summary"]
    assert "SANDBOX" in str(sheet.oddHeader.center.text)  # type: ignore[union-attr]  # the stubs
    assert "SANDBOX" in str(book["Summary"]["A1"].value)
    assert all(tab.sheet_properties.tabColor for tab in book.worksheets)


# -- fed back in -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ours", sorted(in_each(PLAN_COLUMNS)))
def test_no_heading_of_ours_is_taken_for_a_column_of_the_users(ours: tuple[str, ...]) -> None:
    texts = [*HEADER, "Nominal", "itrx"]
    found = find_header([(1, [*texts, *ours])], Named())
    assert found.columns == Columns(number=1, product=2, nominal=3, itrx=4, name=0)
    for name in ours:
        assert find_header([(1, [*HEADER, name])], Named()).columns == Columns(number=1, product=2, name=0)


@pytest.mark.parametrize("name", ["number", "product", "nominal", "price"])
def test_what_a_plan_says_of_a_column_is_never_read_instead(name: str) -> None:
    at = PLAN_COLUMNS.index(f"column.checked_{name}")
    assert {meaning_of(ours[at]) for ours in in_each(PLAN_COLUMNS)} == {"ours"}


@pytest.mark.parametrize("rehearsal", [False, True])
def test_a_plan_that_is_fed_back_in_is_the_same_plan(target: Path, rehearsal: bool) -> None:
    plan = plan_of(sheet_of(MIXED))
    written(target, plan, rehearsal=rehearsal)
    again = plan_of(read_sheet(target))
    assert again.rows.sheet.header == (*HEADER, *OURS)
    assert again.rows.sheet.columns == plan.rows.sheet.columns
    assert again.findings == plan.findings
    assert keys_of(again.orders) == keys_of(plan.orders)


def test_a_plan_of_a_plan_has_our_columns_once(target: Path) -> None:
    written(target, plan_of(sheet_of([("Andi", ANDI, "S5"), ("Budi", BUDI, "S99")])))
    sheet = written(target.with_name("again.xlsx"), plan_of(read_sheet(target)))
    assert [cell.value for cell in sheet[1]] == [*HEADER, *OURS]
    assert colours(sheet, 3) == {"Kode Produk": RED, "check": RED}


@pytest.mark.parametrize("ours", sorted(in_each(PLAN_COLUMNS)))
def test_columns_right_of_an_earlier_plan_s_are_the_users(ours: tuple[str, ...]) -> None:
    """In whichever language that was written."""
    assert own_columns([*HEADER, *ours, "Catatan"]) == [0, 1, 2, 10]
    assert own_columns([*HEADER, *ours[:-1], "Catatan"]) == [*range(3 + len(ours))]
    assert own_columns([*HEADER, "check", "Catatan"]) == [0, 1, 2, 3, 4]


ODD: Sequence[OddCell] = (
    OddCell(Oddity.LOST_DIGITS, "81200000000"),
    OddCell(Oddity.TWO_READINGS, BUDI, CITRA),
    OddCell(Oddity.DATE, "2036-11-21", "49999"),
    OddCell(Oddity.BOOLEAN, "TRUE"),
    OddCell(Oddity.ERROR, "#N/A"),
    OddCell(Oddity.DECIMAL, "5000.0"),
    OddCell(Oddity.NO_VALUE, ""),
    OddCell(Oddity.MERGED, "", "2"),
)


@pytest.mark.parametrize("at", range(1, 5))
@pytest.mark.parametrize("odd", ODD, ids=lambda odd: str(odd.kind))
def test_what_could_be_read_in_two_ways_is_not_settled_by_being_fed_back_in(
    target: Path, odd: OddCell, at: int
) -> None:
    row = ["Andi", ANDI, "S5", "", ""]
    row[at] = odd.shown
    plan = plan_of(sheet_of([row], (*HEADER, "Nominal", "itrx"), odd={(2, at): odd}))
    sheet = written(target, plan)
    assert column(sheet, "check") == ["held"]
    assert str(sheet.cell(2, at + 1).value).startswith(odd.shown)
    assert list(plan_of(read_sheet(target)).held) == [2]


# -- the file ----------------------------------------------------------------------------------------------


def test_a_plan_that_cannot_be_saved_says_so_and_speaks_of_no_top_ups(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed) as caught:
        written(tmp_path / "missing" / "plan.xlsx", mixed())
    assert caught.value.code == "plan.unwritable"
    assert "sent" not in say.error(caught.value)


def test_a_target_that_cannot_be_replaced_is_left_and_the_plan_goes_beside_it(target: Path) -> None:
    target.mkdir()
    told: list[Notice] = []
    path = write_plan(
        target,
        mixed(),
        account="agent",
        moment="",
        budget=None,
        deposit=None,
        rehearsal=False,
        tell=told.append,
    )
    assert path == target.with_name("bonus.plan (2).xlsx")
    assert [notice.code for notice in told] == ["saved.beside"]


def test_rows_are_worded_one_at_a_time() -> None:
    """Ten thousand rows would take some 20 MB at once."""
    plan = plan_of(sheet_of([("x" * 99, f"0812{n:08d}", "S5") for n in range(10_000)]))
    rows = plan_rows(plan, range(3))
    next(rows)
    tracemalloc.start()
    try:
        assert sum(1 for _ in rows) == 9_999
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 1_000_000

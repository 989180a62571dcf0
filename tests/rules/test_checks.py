"""The checks: what each one says of a row, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bulk_topup.core.model import Finding, Level, OddCell, Oddity, letter
from bulk_topup.core.results_columns import RESULT_COLUMNS, ResultLine
from bulk_topup.core.status import Status
from bulk_topup.report.results_workbook import write_results
from bulk_topup.report.tables import SummaryRow
from bulk_topup.report.words import say
from bulk_topup.rules import checks
from bulk_topup.rules.orders import Wishes
from bulk_topup.sheet import read_sheet
from tests.builders import (
    ANDI,
    BUDI,
    CITRA,
    DEWI,
    HEADER,
    PRICES,
    a_product,
    counted,
    held_codes,
    keys_of,
    plan_of,
    price_list,
    sheet_of,
    topups,
    understood,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from bulk_topup.core.model import PriceList, Sheet


def found(sheet: Sheet, prices: PriceList = PRICES) -> list[Finding]:
    return checks.findings(understood(sheet, prices), prices)


def codes(sheet: Sheet, prices: PriceList = PRICES) -> list[tuple[int, str]]:
    return [(finding.row, finding.code) for finding in found(sheet, prices)]


# -- every check: a row that passes and one that fails -----------------------------------------------------

NOMINAL_HEADER = (*HEADER, "Nominal")
COUNT_HEADER = (*HEADER, "Pengisian Ke")


@pytest.mark.parametrize(
    ("code", "column", "good", "bad", "value"),
    [
        ("number.missing", "No HP", ANDI, "", ""),
        ("number.length", "No HP", ANDI, "0812345", "0812345"),
        ("number.landline", "No HP", "0812-1000-0001", "0215551234", "0215551234"),
        ("number.letters", "No HP", "+62 812 1000 0001", "0812abc0001", "0812abc0001"),
        ("product.missing", "Kode Produk", "S5", "  ", ""),
        ("product.unknown", "Kode Produk", "S5", "voucher listrik", "voucher listrik"),
        ("product.unknown_near", "Kode Produk", "S10", "S100", "S100"),
        ("product.closed", "Kode Produk", "S5", "S25", "S25"),
        ("product.no_price", "Kode Produk", "S10", "S50", "S50"),
        ("nominal.differs", "Nominal", "5.000", "10000", "10000"),
        ("nominal.unreadable", "Nominal", "", "lima ribu", "lima ribu"),
        ("itrx.not_a_count", "Pengisian Ke", "2", "dua", "dua"),
        ("itrx.not_a_count", "Pengisian Ke", "", "0", "0"),
        ("itrx.not_a_count", "Pengisian Ke", "99", "100", "100"),
        ("itrx.not_a_count", "Pengisian Ke", " 3 ", "2.5", "2.5"),
    ],
)
def test_each_check_finds_the_one_bad_row(code: str, column: str, good: str, bad: str, value: str) -> None:
    header = COUNT_HEADER if column == "Pengisian Ke" else NOMINAL_HEADER
    base = dict(zip(header, ("", ANDI, "S5", ""), strict=True))
    rows = [[*{**base, column: text}.values()] for text in (good, bad)]
    (finding,) = found(sheet_of(rows, header, numbers=[7, 9]))
    assert (finding.row, finding.level, finding.code) == (9, Level.ERROR, code)
    letter = {"No HP": "B", "Kode Produk": "C"}.get(column, "D")
    assert (finding.column, finding.value) == (f"{letter} ({column})", value)


def test_every_finding_of_a_row_is_kept_and_the_sheets_order_holds() -> None:
    sheet = sheet_of([("", "0812", "S25"), ("", ANDI, "S5"), ("", "", "nope")], numbers=[30, 31, 12])
    assert codes(sheet) == [
        (12, "number.missing"),
        (12, "product.unknown"),
        (30, "number.length"),
        (30, "product.closed"),
    ]


def test_a_column_is_called_by_its_letter_and_its_name_if_it_has_one() -> None:
    rows = understood(sheet_of([("x", ANDI, "S5")], ("", "No HP", "Kode Produk")))
    assert rows.column_name(0) == "A"
    assert rows.column_name(1) == "B (No HP)"


# -- what a row says ---------------------------------------------------------------------------------------


def test_a_row_is_understood_in_the_price_lists_terms() -> None:
    table = understood(topups(("+62 812-1000-0001", " s10 "), ("nobody", "S5"))).table
    assert table.loc[2].to_dict() == {
        "number": ANDI,
        "product": "S10",
        "nominal": 10_000,
        "price": 10_600,
        "operator": "TELKOMSEL",
        "stated": -1,
        "itrx": 1,
        "itrx_stated": False,
    }
    assert table.loc[3, "number"] == ""


def test_the_count_column_says_the_nth_top_up_and_blank_says_nothing() -> None:
    table = understood(counted((ANDI, "S5", "3"), (BUDI, "S5", ""), (CITRA, "S5", "no"))).table
    assert table["itrx"].tolist() == [3, 1, 1]
    assert table["itrx_stated"].tolist() == [True, False, True]


@pytest.mark.parametrize("digits", ["\N{ARABIC-INDIC DIGIT TWO}", "1\N{ARABIC-INDIC DIGIT TWO}"])
def test_a_count_in_digits_of_another_script_is_no_count(digits: str) -> None:
    assert codes(counted((ANDI, "S5", digits))) == [(2, "itrx.not_a_count")]


# -- products ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["S5", "s5", "S5 ", " s5"])
def test_a_product_is_found_whatever_its_case(text: str) -> None:
    assert codes(topups((ANDI, text))) == []
    assert understood(topups((ANDI, text))).table["product"].tolist() == ["S5"]


def test_a_slip_of_the_finger_is_answered_with_the_near_codes() -> None:
    (finding,) = found(topups((ANDI, "S55")))
    assert finding.code == "product.unknown_near"
    assert "S5" in finding.facts["near"].split(", ")


def test_where_the_whole_column_is_wrong_only_the_first_codes_get_suggestions() -> None:
    prices = price_list(a_product("VOUCHER-LISTRIK", "PLN", 5_000, 5_500))
    wrong = [(ANDI, f"VOUCHER-LISTRIK-{nth:03}") for nth in range(checks.SUGGESTED_MOST + 2)]
    said = [code for _, code in codes(topups(*wrong, wrong[0]), prices)]
    suggested = ["product.unknown_near"] * checks.SUGGESTED_MOST
    assert said == [*suggested, "product.unknown", "product.unknown", "product.unknown_near"]


def test_a_product_without_a_nominal_cannot_be_sent() -> None:
    prices = price_list(a_product("DATA1", "TELKOMSEL", 0, 10_000))
    assert codes(topups((ANDI, "DATA1")), prices) == [(2, "product.no_price")]


def test_a_closed_product_without_a_price_is_said_to_be_closed_only() -> None:
    prices = price_list(a_product("S5", "TELKOMSEL", 5_000, None, ready=False))
    assert codes(topups((ANDI, "S5")), prices) == [(2, "product.closed")]


# -- nominal -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["5000", "5.000", "Rp 5.000,-", "5rb", "5k", "5 000", "5000.0", "IDR 5.000"])
def test_a_nominal_is_compared_however_it_is_written(text: str) -> None:
    assert codes(sheet_of([("", ANDI, "S5", text)], NOMINAL_HEADER)) == []
    assert codes(sheet_of([("", ANDI, "S10", text)], NOMINAL_HEADER)) == [(2, "nominal.differs")]


def test_a_nominal_that_can_be_read_in_two_ways_is_held_with_both() -> None:
    (finding,) = found(sheet_of([("", ANDI, "S5", "5.000,000")], NOMINAL_HEADER))
    assert (finding.code, finding.facts) == ("nominal.two_readings", {"one": "5000", "other": "5000000"})


def test_a_small_nominal_is_held_until_a_person_says_what_it_counts() -> None:
    sheet = sheet_of(
        [("", ANDI, "S5", "5"), ("", BUDI, "S10", "5"), ("", CITRA, "S5", "5.000")], NOMINAL_HEADER
    )
    first, second = found(sheet)
    assert (first.row, first.code, first.facts) == (2, "nominal.bare", {"meant": "5000"})
    assert (second.row, second.code) == (3, "nominal.bare")
    assert codes(replace(sheet, unit=1_000)) == [(3, "nominal.differs")]
    assert codes(replace(sheet, unit=1)) == [(2, "nominal.differs"), (3, "nominal.differs")]


def test_a_nominal_beyond_any_budget_is_no_amount() -> None:
    assert codes(sheet_of([("", ANDI, "S5", "9" * 30)], NOMINAL_HEADER)) == [(2, "nominal.unreadable")]


def test_a_wrong_nominal_names_what_the_product_tops_up() -> None:
    (finding,) = found(sheet_of([("", ANDI, "s10", "Rp 5.000")], NOMINAL_HEADER))
    assert finding == Finding(
        2, Level.ERROR, "nominal.differs", "D (Nominal)", "Rp 5.000", {"nominal": "10000", "product": "S10"}
    )


def test_the_nominal_of_an_unknown_product_is_not_judged() -> None:
    assert codes(sheet_of([("", ANDI, "zzz", "5000")], NOMINAL_HEADER)) == [(2, "product.unknown_near")]


# -- odd cells ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (Oddity.ERROR, "cell.error"),
        (Oddity.DATE, "cell.date"),
        (Oddity.BOOLEAN, "cell.boolean"),
        (Oddity.DECIMAL, "cell.decimal"),
        (Oddity.LOST_DIGITS, "number.lost_digits"),
        (Oddity.NO_VALUE, "cell.no_value"),
        (Oddity.MERGED, "cell.merged"),
        (Oddity.TWO_READINGS, "cell.two_readings"),
        (Oddity.FORMAT, "cell.format"),
        (Oddity.STRUCK, "cell.struck"),
        (Oddity.RAISED, "cell.raised"),
        (Oddity.UNSEEN, "cell.unseen"),
        (Oddity.UNKNOWN, "cell.unknown"),
    ],
)
@pytest.mark.parametrize("position", [1, 2, 3])
def test_an_odd_cell_in_a_column_of_ours_is_one_finding_and_no_guess(
    kind: Oddity, code: str, position: int
) -> None:
    row = ["", ANDI, "S5", "5000"]
    row[position] = "#REF!"
    sheet = sheet_of([row], NOMINAL_HEADER, odd={(2, position): OddCell(kind, "#REF!")})
    (finding,) = found(sheet)
    column = f"{'ABCD'[position]} ({NOMINAL_HEADER[position]})"
    assert (finding.code, finding.column, finding.value) == (code, column, "#REF!")
    assert held_codes(plan_of(sheet)) == {2: [code]}


def test_an_odd_number_cell_is_no_number_even_if_its_text_looks_like_one() -> None:
    sheet = sheet_of([("", ANDI, "S5")], odd={(2, 1): OddCell(Oddity.DECIMAL, ANDI)})
    assert understood(sheet).table["number"].tolist() == [""]
    assert codes(sheet) == [(2, "cell.decimal")]


@pytest.mark.parametrize("text", ["S\u200b5", "\ufeffS5", "S5\u200d", "S\u00ad5", "s\u00a05", "S\u2060-5"])
def test_a_character_without_any_width_changes_no_code(text: str) -> None:
    assert plan_of(sheet_of([("", ANDI, text)])).orders["product"].tolist() == ["S5"]


@pytest.mark.parametrize(
    ("text", "characters"),
    [
        ("S5\x1a", "U+001A"),
        ("S\u200b5\x1a", "U+200B U+001A"),
        ("\u00adS5\x07", "U+00AD U+0007"),
        ("S\x1c5", "U+001C"),
        ("S5\n\x1a\n", "U+001A"),
        ("S5\ufe0f", "U+FE0F"),
        ("S\u31645", "U+3164"),
    ],
)
def test_a_character_in_a_product_code_that_nobody_sees_is_named(text: str, characters: str) -> None:
    (finding,) = found(sheet_of([("", ANDI, text)]))
    assert finding.code == "product.invisible"
    words = say.finding(finding)
    assert f"({characters})" in words
    assert words.isprintable()
    assert "\N{REPLACEMENT CHARACTER}" not in words


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (
            "\u0405P5",
            "product.foreign_near",
            "\u0405 (U+0405 cyrillic capital letter dze); did you mean SP5?",
        ),
        ("\u0455p5", "product.foreign_near", "(U+0455 cyrillic small letter dze); did you mean SP5?"),
        ("\uff33\uff15", "product.foreign_near", "did you mean S5?"),
        ("pulsa \u20ac", "product.foreign", "\u20ac (U+20AC euro sign); clear the cell"),
    ],
)
def test_a_letter_in_a_product_code_that_only_looks_right_is_named(text: str, code: str, said: str) -> None:
    (finding,) = found(sheet_of([("", ANDI, text)]))
    assert finding.code == code
    assert said in say.finding(finding)


def test_an_odd_cell_in_a_column_of_the_users_own_is_no_finding() -> None:
    assert codes(sheet_of([("#N/A", ANDI, "S5")], odd={(2, 0): OddCell(Oddity.ERROR, "#N/A")})) == []


def test_an_odd_count_is_held_and_never_taken_for_the_first_top_up() -> None:
    sheet = sheet_of([("", ANDI, "S5", "TRUE")], COUNT_HEADER, odd={(2, 3): OddCell(Oddity.BOOLEAN, "TRUE")})
    assert held_codes(plan_of(sheet)) == {2: ["cell.boolean"]}


# -- operators ---------------------------------------------------------------------------------------------


def test_a_product_of_another_operator_is_held_naming_both_or_sent_by_who_knows_better() -> None:
    sheet = topups((ANDI, "S5"), (DEWI, "I5"), (DEWI, "S10"))
    (finding,) = found(sheet)
    assert finding == Finding(
        4,
        Level.ERROR,
        "operator.differs",
        "B (No HP)",
        DEWI,
        {"product": "S10", "operator": "TELKOMSEL", "own": "INDOSAT"},
    )
    assert held_codes(plan_of(sheet, other_operator=False)) == {4: ["operator.differs"]}
    sent = plan_of(sheet)
    assert len(sent.orders) == 3
    assert sent.warned() == [4]


def test_a_prefix_or_a_brand_that_the_table_does_not_know_is_no_warning() -> None:
    prices = price_list(a_product("Z5", "ZETA MOBILE", 5_000, 5_500))
    assert codes(topups((ANDI, "Z5"), ("081010000001", "Z5")), prices) == []


# -- results fed back --------------------------------------------------------------------------------------

FED_BACK = (*HEADER, *RESULT_COLUMNS)


def fed_back(status: str, paid: str = "", invoice: str = "", product: str = "S5") -> Sheet:
    block = {"paid": paid, "status": status, "invoice": invoice}
    row = ("Andi", ANDI, product, *(block.get(name, "") for name in RESULT_COLUMNS))
    return sheet_of([row], FED_BACK)


@pytest.mark.parametrize("status", ["sukses", "pending", "accepted", "unknown", "duplicate"])
def test_a_row_that_its_results_call_paid_or_open_is_held_and_names_the_invoice(status: str) -> None:
    (finding,) = found(fed_back(status, invoice="TRX77"))
    assert (finding.code, finding.value) == ("duplicate.results_invoice", status)
    assert finding.facts["invoice"] == "TRX77"
    plan = plan_of(fed_back(status.upper()))
    assert held_codes(plan) == {2: ["duplicate.results"]}
    assert plan.held[2].status is Status.DUPLICATE


@pytest.mark.parametrize("status", ["gagal", "invalid", "unsent", ""])
def test_a_row_that_its_results_call_not_paid_is_an_order_again(status: str) -> None:
    assert keys_of(plan_of(fed_back(status, paid="no")).orders) == [(ANDI, "S5", 1)]


@pytest.mark.parametrize("paid", ["yes", "ask provider", " YES "])
def test_a_row_that_its_results_call_paid_is_held_even_if_its_status_was_wiped(paid: str) -> None:
    assert codes(fed_back("", paid=paid)) == [(2, "duplicate.results")]


def test_a_paid_row_stays_duplicate_when_its_product_is_closed_too() -> None:
    """Were it *invalid*, the next results sheet would make it an order again."""
    plan = plan_of(fed_back("sukses", "yes", "TRX77", product="S25"))
    assert plan.held[2].status is Status.DUPLICATE


def test_a_status_column_alone_is_the_users_own_and_only_a_warning() -> None:
    sheet = sheet_of([("", ANDI, "S5", "sukses")], (*HEADER, "status"))
    assert codes(sheet) == [(2, "remark.against")]
    assert list(plan_of(sheet).orders.index) == [2]


def a_result(number: str, product: str, status: Status, invoice: str = "") -> ResultLine:
    blank = dict.fromkeys(("reason_code", "reason", "serial", "product_sent", "number_sent", "sent_at"), "")
    return ResultLine(
        cells=("Andi", number, product),
        paid=status.paid,
        status=status,
        invoice=invoice,
        price=5_630,
        debited=None,
        **blank,
    )


def test_a_results_workbook_of_our_own_can_be_the_next_sheet(tmp_path: Path) -> None:
    lines = [
        a_result(ANDI, "S5", Status.SUKSES, "TRX1"),
        a_result(BUDI, "S5", Status.UNKNOWN),
        a_result(CITRA, "S5", Status.GAGAL),
        a_result("081210000009", "S5", Status.UNSENT),
        a_result("081210000008", "S5", Status.INVALID),
    ]
    path = write_results(tmp_path / "bonus.results.xlsx", HEADER, lines, summary=[SummaryRow(("Rows", 5))])
    plan = plan_of(read_sheet(path))
    assert held_codes(plan) == {2: ["duplicate.results_invoice"], 3: ["duplicate.results"]}
    assert keys_of(plan.orders) == [
        (CITRA, "S5", 1),
        ("081210000009", "S5", 1),
        ("081210000008", "S5", 1),
    ]


# -- two readings, and rows that nobody sees ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("shown", "stored", "number"),
    [
        ("081213456789", "81213456789", "081213456789"),
        ("+6281213456789", "81213456789", "081213456789"),
        ("+6381213456789", "81213456789", ""),
        ("8121345678900%", "81213456789", ""),
    ],
)
def test_a_number_with_two_readings_counts_only_where_both_spell_the_same(
    shown: str, stored: str, number: str
) -> None:
    cell = OddCell(Oddity.TWO_READINGS, shown, stored)
    sheet = sheet_of([("Andi", shown, "S5")], odd={(2, 1): cell})
    assert understood(sheet).table["number"].tolist() == [number]
    assert [code for _, code in codes(sheet) if code != "operator.differs"] == (
        [] if number else ["cell.two_readings"]
    )


def test_hidden_rows_that_are_left_in_the_sheet_are_held_with_the_reason() -> None:
    sheet = replace(sheet_of([("Andi", ANDI, "S5"), ("Andi", ANDI, "S5")]), hidden=frozenset({3, 99}))
    assert codes(sheet) == [(3, "hidden.skipped")]


# -- a row for nobody --------------------------------------------------------------------------------------

WIDE = ("Nama", "No HP", "Kode Produk", "Nominal")


def kinds(
    *rows: Sequence[str], odd: Mapping[tuple[int, int], OddCell] | None = None
) -> list[tuple[int, str]]:
    return codes(sheet_of([(*row, *[""] * (4 - len(row))) for row in rows], WIDE, odd=odd))


@pytest.mark.parametrize(
    "row",
    [
        ("TOTAL",),
        ("", "Jumlah :"),
        ("Grand Total", " ", " ", "not an amount"),
        ("Total Pulsa", "", "", "2.250.000"),
        ("Total Karyawan: 1", "", "1"),
        ("", "", "JUMLAH", "5000"),
        ("J U M L A H", "45", "Rp 225.000"),
        ("sub-total HRD", "", ""),
    ],
)
def test_a_row_that_adds_up_the_others_is_told_as_that_alone(row: tuple[str, ...]) -> None:
    assert kinds(("Andi", ANDI, "S5"), row) == [(3, "total.row")]


def test_a_person_who_is_called_like_a_total_is_asked_for_what_lacks() -> None:
    """With a number or a product of its own it is a person's row, however wrong that is."""
    assert kinds(("Total", BUDI, "S5"), ("Total", "", "S5"), ("Totalia",), ("Total", "0812100", "")) == [
        (3, "number.missing"),
        (4, "number.missing"),
        (4, "product.missing"),
        (5, "number.length"),
        (5, "product.missing"),
    ]


def test_cells_of_such_a_row_are_not_asked_to_be_filled_in() -> None:
    """One that is merged, or adds up by a formula, is as it should be there."""
    merged = OddCell(Oddity.MERGED, "", "A3")
    odd = {(3, 1): merged, (3, 2): merged, (3, 3): OddCell(Oddity.NO_VALUE, "")}
    assert kinds(("Andi", ANDI, "S5"), ("TOTAL",), odd=odd) == [(3, "total.row")]


@pytest.mark.parametrize(
    "row",
    [
        WIDE,
        ("NAMA ", "no  hp", "KODE PRODUK"),
        ("Karyawan", "No HP", "Pulsa"),
        ("", "", "Kode Produk", "Nominal"),
    ],
)
def test_the_header_once_more_is_no_person(row: tuple[str, ...]) -> None:
    assert kinds(("Andi", ANDI, "S5"), row, ("Budi", BUDI, "S5")) == [(3, "header.row")]


def test_units_and_counted_columns_are_a_part_of_the_header_right_under_it_alone() -> None:
    units, counted = ("", "(08…)", "", "(Rp)"), ("(1)", "(2)", "(3)", "(4)")
    for row in (("", "", "", "Rp"), ("----", "-----", "----"), ("----+----",)):
        assert kinds(row, ("Andi", ANDI, "S5")) == [(2, "header.row")]
    assert kinds(units, counted, ("Andi", ANDI, "S5"), WIDE, counted) == [
        *((2, "header.row"), (3, "header.row"), (5, "header.row"), (6, "header.row"))
    ]
    assert kinds(("Andi", ANDI, "S5"), counted, ("", "---", "---")) == [
        *((3, "number.spelling"), (3, "product.unknown"), (3, "nominal.unreadable")),
        *((4, "number.missing"), (4, "product.missing")),
    ]


def test_a_row_into_which_the_header_reaches_down_is_no_person() -> None:
    odd = {(2, at): OddCell(Oddity.MERGED, "", f"{letter(at)}1") for at in (1, 2)}
    assert kinds(("", "", "", "Rupiah penuh"), ("Andi", ANDI, "S5"), odd=odd) == [(2, "header.row")]


def test_words_for_a_number_and_no_product_are_a_note_or_both_are_to_be_filled_in() -> None:
    rows = ("Andi", ANDI, "S5"), ("Menyusul,", "Menyusul,", "Lainnya,"), ("Budi", "(1 row)"), ("Cici", "#N/A")
    odd = {(5, 1): OddCell(Oddity.ERROR, "#N/A")}
    assert kinds(*rows, odd=odd) == [
        *((3, "note.row"), (4, "note.row"), (5, "cell.error"), (5, "product.missing"))
    ]
    assert kinds(("", "belum ada", "S5")) == [(2, "number.letters")]
    (held,) = plan_of(topups(("belum ada", ""))).held.values()
    assert held.status is Status.INVALID
    assert "belum ada is not a phone number" in say.finding(held.why[0])


def test_one_cell_across_the_table_is_a_heading() -> None:
    across = OddCell(Oddity.MERGED, "", "A3")
    for odd in ({(3, 1): across, (3, 2): across}, {(3, 1): across}):
        assert kinds(("Andi", ANDI, "S5"), ("Divisi Keuangan",), odd=odd) == [(3, "section.row")]
    over_number = {(3, 2): OddCell(Oddity.MERGED, "", "B3")}
    assert kinds(("Andi", ANDI, "S5"), ("", "Divisi Keuangan"), odd=over_number) == [(3, "section.row")]


def test_a_person_under_another_persons_merged_cell_is_asked_to_unmerge_it() -> None:
    odd = {(3, 2): OddCell(Oddity.MERGED, "", "C2")}
    assert kinds(("Andi", ANDI, "S5"), ("Budi", BUDI, ""), odd=odd) == [(3, "cell.merged")]
    odd = {(3, 1): OddCell(Oddity.MERGED, "", "B2")}
    assert kinds(("Andi", ANDI, "S5"), ("Budi", "", "S5"), odd=odd) == [(3, "cell.merged")]


# -- people ------------------------------------------------------------------------------------------------


def test_one_number_under_two_names_is_a_warning_naming_both_and_held_by_strict() -> None:
    rows = [("Ani", ANDI, "S5"), ("ani ", ANDI, "S10"), ("Budi", BUDI, "S5"), ("Citra", ANDI, "S5")]
    sheet = sheet_of(rows)
    said = [one for one in found(sheet) if one.code == "person.two_names"]
    assert [(one.row, one.value, one.facts["other"], one.facts["row"]) for one in said] == [
        (2, "Ani", "Citra", "5"),
        (3, "ani", "Citra", "5"),
        (5, "Citra", "Ani", "2"),
    ]
    assert {one.level for one in said} == {Level.WARNING}
    assert list(plan_of(sheet, None, Wishes(strict=True)).orders.index) == [4]


def test_one_number_without_names_or_under_one_is_nothing_odd() -> None:
    assert codes(sheet_of([("Ani", ANDI, "S5"), ("ANI", ANDI, "S10"), ("", ANDI, "SP5")])) == []


@pytest.mark.parametrize(("said", "code"), [("Tsel", []), ("IM3", ["operator.contradicts"]), ("Rina", [])])
def test_a_provider_is_compared_with_the_number_where_there_is_a_code(said: str, code: list[str]) -> None:
    header = (*HEADER, "Provider")
    assert [
        each for _, each in codes(sheet_of([("", ANDI, "S5", said), ("", DEWI, "I5", "")], header))
    ] == code

"""Rows that are nobody's below the people, and what beside a number speaks against paying it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bulk_topup.core.model import Level, OddCell, Oddity
from bulk_topup.report.screen.plan import plan_lines
from bulk_topup.rules.checks import findings
from bulk_topup.rules.contradictions import totals
from bulk_topup.rules.orders import Wishes
from tests.builders import ANDI, BUDI, CITRA, DEWI, PRICES, held_codes, plan_of, sheet_of, topups, understood
from tests.rules.test_checks import kinds


@pytest.mark.parametrize(
    "rows",
    [
        [("Dibuat oleh,", "", "Mengetahui,"), ("Ani", "", "Budi"), ("Staf HRD", "", "Direktur")],
        [("TOTAL",), ("Jakarta, 30 Juni 2026",), ("(Ani)", "(Budi)")],
        [("Prepared by", "Approved by"), ("NIP. 1980 0101",)],
    ],
)
def test_signatures_are_nobodys_rows(rows: list[tuple[str, ...]]) -> None:
    found = kinds(("Andi", ANDI, "S5"), *rows)
    assert [row for row, _ in found] == list(range(3, 3 + len(rows)))
    assert {code for _, code in found} <= {"signature.row", "total.row"}


def test_notes_below_stand_apart() -> None:
    sheet = sheet_of([("Andi", ANDI, "S5"), ("Pulsa dikirim tanggal 5", "", "")], numbers=[2, 5])
    assert held_codes(plan_of(sheet)) == {5: ["signature.row"]}


def test_a_person_below_who_is_counted_or_has_a_number_is_asked_for_what_lacks() -> None:
    header = ("No", "Nama", "No HP", "Kode")
    rows = [("1", "Andi", ANDI, "S5"), ("2", "Budi", "", ""), ("", "Cici", "0812100000", "")]
    found = held_codes(plan_of(sheet_of(rows, header, numbers=[2, 5, 6])))
    assert found[5] == ["number.missing", "product.missing"]
    assert "product.missing" in found[6]


def test_whom_to_call_is_nobodys_row() -> None:
    odd = {(3, 1): OddCell(Oddity.CONTACT, BUDI)}
    assert kinds(("Andi", ANDI, "S5"), ("Info HRD", BUDI, ""), odd=odd) == [(3, "contact.row")]


NOTED = ("Nama", "No HP", "Kode", "Keterangan")


@pytest.mark.parametrize(
    "remark",
    [
        *(
            "BATAL",
            "dibatalkan",
            "Resign per 1 Juni",
            "sudah keluar",
            "jangan dikirim",
            "Non-aktif",
            "cancelled",
        ),
        *("sudah dibayar tunai", "already paid", "tidak aktif lagi", "PHK"),
        *("sdh diisi", "pindah ke Solo", "lunas", "nomor salah", "tdk berhak", "Terminated", "(alm)"),
        *("ganti ke 0812", "salah nomor", "on hold", "SKIP", "stop dulu", "Off", "cuti melahirkan", "mutasi"),
        *("double", "dobel dgn no 3", "sudah meninggal", "wafat", "deceased", "not active", "do not include"),
        *("tidak perlu", "rejected", "Blacklist", "via transfer", "ditangguhkan", "duplikat"),
    ],
)
def test_a_remark_against_paying_is_a_warning(remark: str) -> None:
    sheet = sheet_of([("Andi", ANDI, "S5", remark), ("Budi", BUDI, "S5", "tetap")], NOTED)
    plan = plan_of(sheet)
    assert [(each.row, each.code, each.level) for each in plan.findings] == [
        (2, "remark.against", Level.WARNING)
    ]
    assert list(plan.orders.index) == [2, 3]
    assert list(plan_of(sheet, wishes=Wishes(strict=True)).orders.index) == [3]


@pytest.mark.parametrize(
    "remark", ["belum lunas", "keluarga", "cadangan", "aktif", "resignasi", "bonus", "office", "Doni"]
)
def test_other_remarks_are_none(remark: str) -> None:
    assert not plan_of(sheet_of([("Andi", ANDI, "S5", remark)], NOTED)).findings


@pytest.mark.parametrize(
    ("header", "cells", "warned"),
    [
        ("Hasil", ("Lulus", "Tidak Lulus"), {3: "remark.against"}),
        ("Ket", ("sudah top up", "tdk lanjut"), {2: "remark.against", 3: "remark.against"}),
        ("Ket", ("sudah verifikasi", "guru tidak tetap"), {}),
        ("Ket", ("jadi 50rb saja", "2x"), {2: "remark.amount", 3: "remark.amount"}),
        ("Ket", ("5rb", "Rp 5.000"), {}),
        ("Ket", ("Rp 5rb", "2 x seminggu"), {}),
        ("Tgl Ganti Shift", ("1/6/2026", "2/6/2026"), {}),
        ("Hasil", ("Pulsa", "pulsa 5rb"), {}),
        ("Ket", ("pulsa", "orang baru"), {}),
        ("Tindakan", ("Kirim", "Tahan"), {3: "remark.against"}),
        ("Revisi", ("", "25.000"), {3: "remark.amount"}),
        ("SN", ("0123456789012345", "0123456789012346"), {2: "remark.done", 3: "remark.done"}),
        ("Bentuk", ("GoPay", "Token PLN"), {2: "remark.against", 3: "remark.against"}),
        ("Status", ("Sukses", "Open"), {2: "remark.against"}),
        ("Tgl Bayar", ("1/6/2026", ""), {2: "remark.done"}),
        ("Tgl Bayar", ("1/6/2026", "1/6/2026"), {}),
        ("Tanggal Resign", ("1/6/2026", ""), {2: "remark.done"}),
        ("SN", ("0123456789012345", ""), {2: "remark.done"}),
        ("Ket", ("pakai 0812 3456 7890", "NIK 8171010203040506"), {2: "remark.number"}),
        ("Nomor Baru", ("0812 3456 7890", "-"), {2: "remark.number"}),
        ("No Rek", ("8123456789", "-"), {}),
        ("Bulan", ("Mei", "Juni"), {2: "remark.months", 3: "remark.months"}),
        ("Bulan", ("Juni", "JUNI"), {}),
    ],
)
def test_a_column_that_may_say_otherwise_is_a_warning(
    header: str, cells: tuple[str, str], warned: dict[int, str]
) -> None:
    rows = [("Andi", ANDI, "S5", cells[0]), ("Budi", BUDI, "S5", cells[1])]
    plan = plan_of(sheet_of(rows, ("Nama", "No HP", "Kode", header)))
    assert {each.row: each.code for each in plan.findings} == warned
    assert list(plan.orders.index) == [2, 3]


def test_a_column_of_other_numbers_is_no_remark_once_the_column_to_pay_is_chosen() -> None:
    rows = [("Andi", ANDI, "S5", CITRA), ("Budi", BUDI, "S5", f"istri {DEWI}"), ("Citra", CITRA, "S5", DEWI)]
    sheet = sheet_of(rows, ("Nama", "No HP", "Kode", "Pasangan"))
    assert [(each.row, each.code) for each in plan_of(sheet).findings] == [(3, "remark.number")]


def test_a_name_that_says_so_is_a_warning_too() -> None:
    assert kinds(("Andi (resign)", ANDI, "S5")) == [(2, "remark.against")]


def test_a_comment_in_any_column_is_a_remark_of_its_row() -> None:
    rows = [("Andi", ANDI, "S5"), ("Budi", BUDI, "S5"), ("Total", "", ""), ("Citra", CITRA, "S5")]
    comments = {
        (2, 1): "sudah resign",
        (3, 0): "ganti ke 0813 1111 2222",
        (4, 0): "batal",
        (5, 1): "lahir 1990",
    }
    sheet = replace(sheet_of(rows), comments=comments)
    found = [(each.row, each.code, each.column) for each in findings(understood(sheet), PRICES)]
    assert [each for each in found if each[1].startswith("remark.")] == [
        (2, "remark.against", "B (No HP)"),
        (3, "remark.against", "A (Nama)"),
        (3, "remark.number", "A (Nama)"),
    ]


def test_comments_go_with_their_rows() -> None:
    rows = understood(
        replace(topups((ANDI, "S5"), (BUDI, "S5")), comments={(2, 1): "batal", (3, 1): "resign"})
    )
    assert rows.among(rows.table["number"] == rows.table.at[3, "number"]).sheet.comments == {(3, 1): "resign"}


def test_amounts_that_are_not_read_and_mostly_agree_warn_where_they_do_not() -> None:
    rows = [(ANDI, "S5", "5.000"), (BUDI, "S10", "10.000"), (CITRA, "S5", "Rp 50.000"), (DEWI, "I5", "")]
    sheet = sheet_of(rows, ("No HP", "Kode", "Isi"))
    sheet = replace(sheet, columns=replace(sheet.columns, unread=(2,)))
    (found,) = plan_of(sheet).findings
    assert (found.row, found.code, found.column, found.value) == (
        4,
        "nominal.other_column",
        "C (Isi)",
        "Rp 50.000",
    )
    others = sheet_of([(ANDI, "S5", "5.630"), (BUDI, "S10", "10.600")], ("No HP", "Kode", "Harga"))
    assert not plan_of(replace(others, columns=replace(others.columns, unread=(2,)))).findings


@pytest.mark.parametrize(
    ("beside", "wrong"),
    [
        (("50.000", "10.600"), [2]),  # a zero too many, and a price
        (("5.630", "1000"), [3]),
        (("5.000", "25.000"), [3]),  # as many agree as differ
        (("50.000", "10.000"), [2]),
        (("7.000", "12.000"), []),
    ],
)
def test_an_amount_that_is_not_read_is_warned_of_where_it_may_be_meant(
    beside: tuple[str, str], wrong: list[int]
) -> None:
    rows = [(ANDI, "S5", beside[0]), (BUDI, "S10", beside[1])]
    sheet = sheet_of(rows, ("No HP", "Kode", "Total"))
    sheet = replace(sheet, columns=replace(sheet.columns, unread=(2,)))
    assert [each.row for each in plan_of(sheet).findings if each.code == "nominal.other_column"] == wrong


SUMMED = ("No HP", "Kode", "Nominal")


@pytest.mark.parametrize(("total", "found"), [("15.000", ""), ("Rp 20.000", "total.differs"), ("", "")])
def test_a_total_is_compared_with_its_rows(total: str, found: str) -> None:
    sheet = sheet_of([(ANDI, "S5", "5.000"), (BUDI, "S10", "10.000"), ("TOTAL", "", total)], SUMMED)
    plan = plan_of(sheet)
    assert [each.code for each in plan.findings] == ["total.row", *([found] if found else [])]
    assert list(plan.for_nobody()) == [4]
    assert "agrees" in "".join(plan_lines(plan)) or total != "15.000"


def test_sub_totals_are_compared_with_the_rows_since_the_last() -> None:
    rows = [(ANDI, "S5", "5.000"), ("Subtotal", "", "5.000"), (BUDI, "S10", "10.000")]
    rows += [("Subtotal", "", "10.000"), ("Grand Total", "", "15.000")]
    assert [(each.stated, each.summed) for each in totals(understood(sheet_of(rows, SUMMED)))] == [
        *((5_000, 5_000), (10_000, 10_000), (15_000, 15_000))
    ]


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("Metode", ("Transfer", "Pulsa")),
        ("Bantuan", ("Sembako", "Pulsa")),
        ("Hasil", ("Bukan pulsa", "Pulsa")),
    ],
)
def test_where_some_get_pulsa_who_gets_something_else_is_held(header: str, cells: tuple[str, str]) -> None:
    """Before, `Transfer` was a warning only, and the others nothing at all."""
    rows = [("Andi", ANDI, "S5", cells[0]), ("Budi", BUDI, "S5", cells[1])]
    plan = plan_of(sheet_of(rows, ("Nama", "No HP", "Kode", header)))
    assert held_codes(plan)[2][-1] == "remark.answer"
    assert plan.orders.index.tolist() == [3]


@pytest.mark.parametrize(
    "note", ["Catatan: no 2 sudah resign", "*) Budi mengundurkan diri", "Ralat nomor Budi", "Merah = batal"]
)
def test_a_note_below_the_people_that_may_be_about_one_of_them_is_a_warning(note: str) -> None:
    total = ("Total", "", "")
    plan = plan_of(sheet_of([("Andi", ANDI, "S5"), ("Budi", BUDI, "S5"), total, (note, "", "")]))
    assert [(each.row, each.code, each.value) for each in plan.findings][-1] == (5, "note.against", note)
    assert len(plan.orders) == 2


def test_other_notes_and_signatures_are_none() -> None:
    notes = ["Jakarta, 5 Juni 2026", "Mengetahui,", "Pulsa paling lambat tanggal 5", "Rina Sari"]
    plan = plan_of(sheet_of([("Andi", ANDI, "S5"), ("Total", "", ""), *((note, "", "") for note in notes)]))
    assert "note.against" not in {each.code for each in plan.findings}


def test_one_full_name_beside_two_numbers_is_a_warning() -> None:
    people = ("Ani Lestari", ANDI), ("Siti", BUDI), ("ani lestari", CITRA), ("Siti", "081210000008")
    plan = plan_of(sheet_of([(*person, "S5") for person in people]))
    assert {each.row: each.code for each in plan.findings} == dict.fromkeys((2, 4), "person.two_numbers")

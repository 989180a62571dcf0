"""The sample sheets: what a newcomer rehearses with must do what the documentation says it does."""

from __future__ import annotations

import csv
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from bulk_topup.rules.numbers import Number, Problem, normalise
from bulk_topup.rules.operators import operator_of
from bulk_topup.sandbox.prices import PRICES
from bulk_topup.sandbox.testnumbers import behaviour_of, refusal_of
from samples.make_samples import CASES, make_samples
from tests.markdown import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SAMPLES = ROOT / "samples"
PRODUCTS = {product["kodeoperator"]: product for product in PRICES}
WITHOUT_CODE = "insentif_tanpa_kode.xlsx"
STOPS_THE_RUN = {"00", "21", "31", "61", "62", "71", "81", "82"}
FILES = ("payroll_bonus.xlsx", "payroll_with_mistakes.xlsx", "insentif_cabang.csv", WITHOUT_CODE)

Record = dict[str, Any]


def grid(path: Path) -> list[tuple[Any, ...]]:
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            return [tuple(row) for row in csv.reader(file, delimiter=";", strict=True)]
    sheet = openpyxl.load_workbook(path).worksheets[0]
    return list(sheet.iter_rows(values_only=True))


def records(name: str) -> list[Record]:
    header, *rows = grid(SAMPLES / name)[3 if name == WITHOUT_CODE else 0 :]
    return [dict(zip(header, row, strict=True)) for row in rows]


def national(cell: object) -> str:
    found = normalise("" if cell is None else str(cell))
    return found.national if isinstance(found, Number) else ""


def number_of(record: Record) -> str:
    return national(record["No HP"] if "No HP" in record else record["Nomor HP"])


def rupiah_of(record: Record) -> int:
    return int(str(record["Nominal"]).removeprefix("Rp ").replace(".", ""))


def brand_of(record: Record) -> str:
    return PRODUCTS[record["Kode Produk"]]["operator"]


MISTAKES = list(zip((case.name for case in CASES), records("payroll_with_mistakes.xlsx")[:-1], strict=True))
"""What each row of payroll_with_mistakes.xlsx stands for, and the row; its total left out."""


# -- all files ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_the_generator_makes_the_same_cells_again(tmp_path: Path, name: str) -> None:
    make_samples(tmp_path)
    assert grid(tmp_path / name) == grid(SAMPLES / name)


def test_no_number_stands_in_two_files() -> None:
    numbers = Counter(number for name in FILES for number in {*map(number_of, records(name))} - {""})
    assert {number: count for number, count in numbers.items() if count > 1} == {}


# -- the two that are paid to the last row -----------------------------------------------------------------


@pytest.mark.parametrize("name", ["payroll_bonus.xlsx", "insentif_cabang.csv"])
def test_every_row_orders_what_the_price_list_offers_for_that_number(name: str) -> None:
    for record in records(name):
        product = PRODUCTS[record["Kode Produk"]]
        assert product["status"] == "Ready", record
        assert product["nominal"] == str(rupiah_of(record)), record
        assert product["operator"] == operator_of(number_of(record)), record


@pytest.mark.parametrize("name", ["payroll_bonus.xlsx", "insentif_cabang.csv"])
def test_every_row_ends_paid(name: str) -> None:
    for number in map(number_of, records(name)):
        family = behaviour_of(number)
        assert (family.refusals, family.delivery) == ((), None), number
        assert family.settles in {None, "sukses"}, number


def test_the_bonus_has_sixty_people_three_of_them_paid_after_a_while() -> None:
    numbers = [number_of(record) for record in records("payroll_bonus.xlsx")]
    assert len(set(numbers)) == len(numbers) == 60
    assert [n for n in numbers if n.startswith("08120000")] == [f"0812000010{n:02}" for n in (1, 2, 3)]


def test_the_bonus_shows_every_operator_both_kinds_of_product_and_every_spelling() -> None:
    rows = records("payroll_bonus.xlsx")
    assert len({brand_of(record) for record in rows}) == 6
    assert {PRODUCTS[record["Kode Produk"]]["tipe"] for record in rows} == {"PULSA", "PAKET DATA"}
    shapes = {
        (type(cell), "".join("9" if c.isdigit() else c for c in str(cell)), str(cell)[0])
        for cell in (record["Nomor HP"] for record in rows)
    }
    wanted = {
        (str, "9" * 12, "0"),
        (str, "9" * 13, "6"),
        (str, "+99 999-9999-9999", "+"),
        (str, "9" * 15, "0"),
        (str, "9" * 11, "8"),
        (int, "9" * 11, "8"),
        (int, "9" * 13, "6"),
        (str, "9999.9999.9999", "0"),
        (str, "9999 9999 9999", "0"),
        (str, "9999-9999-9999", "0"),
    }
    assert wanted <= shapes


def test_the_branches_file_is_what_indonesian_excel_writes() -> None:
    text = (SAMPLES / "insentif_cabang.csv").read_bytes().decode("utf-8")
    lines = text.split("\r\n")
    assert lines[0] == "No;Cabang;Nama;No HP;Kode Produk;Nominal;Pengisian Ke;Keterangan"
    assert len(lines) == 27
    assert "\n" not in "".join(lines)
    assert not text.isascii()


def test_the_branches_file_repeats_one_top_up_and_counts_it() -> None:
    rows = records("insentif_cabang.csv")
    keys = Counter((number_of(record), rupiah_of(record)) for record in rows)
    [repeated] = [key for key, count in keys.items() if count > 1]
    counts = [record["Pengisian Ke"] for record in rows if (number_of(record), rupiah_of(record)) == repeated]
    assert counts == ["1", "2"]
    assert Counter(record["Pengisian Ke"] for record in rows) == {"1": 24, "2": 1}


# -- the one with every mistake ----------------------------------------------------------------------------

NUMBER_MISTAKES = {
    "number missing": {"number.missing"},
    "letters": {"number.letters"},
    "letter O": {"number.letter_o"},
    "decimal, zero": {"number.decimal_zero"},
    "decimal": {"number.decimal"},
    "scientific": {"number.scientific"},
    "too short": {"number.length"},
    "too long": {"number.length"},
    "landline": {"number.landline"},
    "foreign": {"number.foreign"},
    "two numbers": {"number.several"},
}
PRODUCT_MISTAKES = {
    "product unknown, near",
    "product unknown",
    "product closed",
    "product missing",
    "nominal differs",
}
DUPLICATES = {"duplicate, exact", "duplicate, other spelling", "duplicate, other code"}
REFUSALS = {f"refused {code}": code for code in ("11", "12", "41", "51", "91")}
SETTLING = {
    "pending, then sukses": "sukses",
    "pending, then gagal": "gagal",
    "pending for ever": "never",
}
LOST = {"lost answer, paid": "after close", "lost answer, not paid": "before close"}
HELD = {*NUMBER_MISTAKES, *PRODUCT_MISTAKES, *DUPLICATES}
SENT = [(case, record) for case, record in MISTAKES if case not in HELD]


def test_every_kind_of_row_is_there() -> None:
    assert {case for case, _ in MISTAKES} == {"ok", "other operator", *HELD, *REFUSALS, *SETTLING, *LOST}


@pytest.mark.parametrize(("case", "record"), [pair for pair in MISTAKES if pair[0] in NUMBER_MISTAKES])
def test_a_wrong_number_is_wrong_in_its_own_way(case: str, record: Record) -> None:
    cell = record["Nomor HP"]
    problem = normalise("" if cell is None else str(cell))
    assert isinstance(problem, Problem)
    assert problem.code in NUMBER_MISTAKES[case]


@pytest.mark.parametrize(("case", "record"), [pair for pair in MISTAKES if pair[0] in PRODUCT_MISTAKES])
def test_a_wrong_product_is_the_only_mistake_of_its_row(case: str, record: Record) -> None:
    product = PRODUCTS.get(record["Kode Produk"] or "", {})
    assert number_of(record)
    assert (not product) == (case in {"product missing", "product unknown", "product unknown, near"})
    assert (product.get("status") == "Close") == (case == "product closed")
    if product:
        assert (product["nominal"] != str(record["Nominal"])) == (case == "nominal differs")


def test_only_the_duplicates_repeat_a_number_and_nominal_of_an_earlier_row() -> None:
    seen: set[tuple[str, int]] = set()
    repeating = []
    for case, record in MISTAKES:
        key = (number_of(record), record["Nominal"])
        if key in seen and key[0]:
            repeating.append(case)
        seen.add(key)
    assert sorted(repeating) == sorted(DUPLICATES)


def test_what_is_sent_is_on_offer_and_only_one_row_names_another_operator() -> None:
    assert all(PRODUCTS[record["Kode Produk"]]["status"] == "Ready" for _, record in SENT)
    assert all(PRODUCTS[record["Kode Produk"]]["nominal"] == str(record["Nominal"]) for _, record in SENT)
    strangers = [case for case, record in SENT if brand_of(record) != operator_of(number_of(record))]
    assert strangers == ["other operator"]


@pytest.mark.parametrize(("case", "record"), SENT)
def test_a_row_that_is_sent_ends_as_its_test_number_says(case: str, record: Record) -> None:
    number = number_of(record)
    family = behaviour_of(number)
    assert refusal_of(number) == REFUSALS.get(case)
    assert family.settles == SETTLING.get(case)
    assert (family.delivery.name if family.delivery else None) == LOST.get(case)


def test_nothing_stops_the_run_before_the_last_row() -> None:
    unknown = [case in LOST or case in {"refused 41", "refused 91"} for case, _ in SENT]
    assert max(len(list(run)) for is_unknown, run in groupby(unknown) if is_unknown) < 5
    assert sum(case == "refused 12" for case, _ in SENT) < 3
    assert {refusal_of(number_of(record)) for _, record in SENT}.isdisjoint(STOPS_THE_RUN)


def test_the_last_row_is_a_total_without_a_number() -> None:
    total = records("payroll_with_mistakes.xlsx")[-1]
    assert (total["Nama"], total["Nomor HP"], total["Kode Produk"]) == ("TOTAL", None, None)
    assert total["Nominal"] == sum(record["Nominal"] or 0 for _, record in MISTAKES)

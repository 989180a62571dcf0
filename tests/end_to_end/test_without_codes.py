"""Forty sheets as offices have them, without product codes: what is read, chosen and held, and why."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import openpyxl
import pytest

from bulk_topup.core.model import Sheet
from bulk_topup.provider.price_list import read_price_list
from bulk_topup.sandbox.prices import PRICES as LISTED
from tests.builders import held_codes, plan_of
from tests.markdown import ROOT
from tests.sheet.test_layouts import FORMATS, cells_of, read

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PRICES = read_price_list(LISTED)


@dataclass(frozen=True)
class Office:
    """`chosen` and `held` are `row:code` of each row, separated by blanks; rows of neither are nobody's."""

    what: str
    text: str
    chosen: str = ""
    held: str = ""
    unit: int | None = None
    options: Mapping[str, str] = field(default_factory=dict)


OFFICES = (
    Office(
        "names, numbers, operators and amounts",
        """Nama | No HP | Provider | Nominal
Ani | 081255512345 | Telkomsel | 50000
Budi | 085755512346 | Indosat | 25000
Cici | 081755512347 | XL | 100000""",
        "2:TSEL50 3:ISAT25 4:XL100",
    ),
    Office(
        "no column of operators",
        """Nama | No HP | Insentif
Ani | 083155512345 | 50000
Budi | 089655512346 | 25000
Cici | 088155512347 | 10000""",
        "2:AXM50 3:TRI25 4:SMF10",
    ),
    Office(
        "dots for thousands",
        """Nama | No HP | Jumlah
Ani | 081255512345 | 50.000
Budi | 085755512346 | 100.000""",
        "2:TSEL50 3:ISAT100",
    ),
    Office(
        "commas for thousands",
        """Name | Phone Number | Amount
Ani | 081255512345 | 50,000
Budi | 085755512346 | 1,000,000""",
        "2:TSEL50",
        "3:choice.none_near",
    ),
    Office(
        "rupiah signs in all their spellings",
        """Nama | No HP | Bonus
Ani | 081255512345 | Rp 50.000,-
Budi | 081255512346 | Rp50.000
Cici | 081255512347 | rp. 50.000
Dedi | 081255512348 | IDR 50.000
Eka | 081255512349 | 50.000 rupiah
Fani | 081255512350 | Rp 50.000,00""",
        "2:TSEL50 3:TSEL50 4:TSEL50 5:TSEL50 6:TSEL50 7:TSEL50",
    ),
    Office(
        "thousands in words and letters",
        """Nama | No HP | Pulsa
Ani | 081255512345 | 50rb
Budi | 081255512346 | 50 ribu
Cici | 081255512347 | 50k
Dedi | 081255512348 | 50K
Eka | 081255512349 | 50 Rb""",
        "2:TSEL50 3:TSEL50 4:TSEL50 5:TSEL50 6:TSEL50",
    ),
    Office(
        "decimals that a program left",
        """Nama | No HP | Nilai
Ani | 081255512345 | 50000.0
Budi | 081255512346 | 50000,00
Cici | 081255512347 | 50,000.00""",
        "2:TSEL50 3:TSEL50 4:TSEL50",
    ),
    Office(
        "blanks for thousands",
        """Nama | No HP | Besaran
Ani | 081255512345 | 50 000
Budi | 081255512346 | 100 000""",
        "2:TSEL50 3:TSEL100",
    ),
    Office(
        "amounts with two readings",
        """Nama | No HP | Nominal
Ani | 081255512345 | 50.00
Budi | 081255512346 | 2.500rb
Cici | 081255512347 | 50.000""",
        "4:TSEL50",
        "2:nominal.two_readings 3:nominal.two_readings",
    ),
    Office(
        "amounts in words",
        """Nama | No HP | Nominal
Ani | 081255512345 | lima puluh ribu
Budi | 081255512346 | 50000""",
        "3:TSEL50",
        "2:nominal.unreadable",
    ),
    Office(
        "a bare 50 down the column, and nobody to ask",
        """Nama | No HP | Nominal
Ani | 081255512345 | 50
Budi | 081255512346 | 100""",
        "",
        "2:nominal.bare 3:nominal.bare",
    ),
    Office(
        "a bare 50 down the column that counts thousands",
        """Nama | No HP | Nominal
Ani | 081255512345 | 50
Budi | 081255512346 | 100""",
        "2:TSEL50 3:TSEL100",
        unit=1_000,
    ),
    Office(
        "a bare 50 down the column that counts rupiah",
        """Nama | No HP | Nominal
Ani | 081255512345 | 50
Budi | 081255512346 | 100""",
        "",
        "2:choice.none_near 3:choice.none_near",
        unit=1,
    ),
    Office(
        "one bare 50 among others",
        """Nama | No HP | Nominal
Ani | 081255512345 | 50
Budi | 081255512346 | 100.000""",
        "3:TSEL100",
        "2:nominal.bare",
    ),
    Office(
        "people without an amount",
        """Nama | No HP | Insentif
Ani | 081255512345 | 50.000
Budi | 081255512346 |
Cici | 081255512347 | 0""",
        "2:TSEL50",
        "3:nominal.missing 4:nominal.missing",
    ),
    Office(
        "operators as people call them",
        """Nama | No HP | Provider | Nominal
Ani | 081255512345 | Tsel | 25000
Budi | 081255512346 | T-sel | 25000
Cici | 081255512347 | Simpati | 25000
Dedi | 085255512348 | As | 25000
Eka | 085755512349 | Isat | 25000
Fani | 085655512350 | IM3 | 25000
Gita | 081555512351 | Mentari | 25000
Hadi | 089655512352 | Three | 25000
Ida | 089555512353 | 3 | 25000
Joko | 088255512354 | Smart | 25000
Kiki | 087755512355 | XL Axiata | 25000
Lina | 083855512356 | axis | 25000""",
        "2:TSEL25 3:TSEL25 4:TSEL25 5:TSEL25 6:ISAT25 7:ISAT25 8:ISAT25 9:TRI25 10:TRI25 11:SMF25 "
        "12:XL25 13:AXM25",
    ),
    Office(
        "an operator that contradicts the number",
        """Nama | No HP | Operator | Nominal
Ani | 081255512345 | Indosat | 50000
Budi | 089655512346 | XL | 50000
Cici | 081755512347 | XL | 50000""",
        "4:XL50",
        "2:operator.contradicts 3:operator.contradicts",
    ),
    Office(
        "a column of operators that holds something else",
        """Nama | No HP | Operator | Nominal
Ani | 081255512345 | Rina (shift 1) | 50000
Budi | 081255512346 | - | 50000""",
        "2:TSEL50 3:TSEL50",
    ),
    Office(
        "the digits that Telkomsel and by.U share",
        """Nama | No HP | Provider | Nominal
Ani | 085155512345 | | 50000
Budi | 085155512346 | Telkomsel | 50000
Cici | 085155512347 | by.U | 50000""",
        "3:TSEL50",
        "2:choice.shared 4:choice.none",
    ),
    Office(
        "digits of no known operator",
        """Nama | No HP | Provider | Nominal
Ani | 085455512345 | | 50000
Budi | 085455512346 | Indosat | 50000""",
        "3:ISAT50",
        "2:choice.unknown",
    ),
    Office(
        "the name of a merged operator",
        """Nama | No HP | Provider | Nominal
Ani | 081755512345 | XLSmart | 50000
Budi | 088155512346 | XLSmart | 50000
Cici | 081255512347 | XLSmart | 50000""",
        "2:XL50 3:SMF50",
        "4:operator.contradicts",
    ),
    Office(
        "a product that is closed today",
        """Nama | No HP | Nominal
Ani | 081255512345 | 30000
Budi | 081755512346 | 75.000""",
        "",
        "2:choice.closed_near 3:choice.closed_near",
    ),
    Office(
        "an amount that no product has",
        """Nama | No HP | Nominal
Ani | 081255512345 | 60000
Budi | 085755512346 | 60000
Cici | 081255512347 | 12.500""",
        "3:ISAT60",
        "2:choice.none_near 4:choice.none_near",
    ),
    Office(
        "an amount for which there is a data package alone",
        """Nama | No HP | Nominal
Ani | 083155512345 | 3000
Budi | 088155512346 | 4000""",
        "",
        "2:choice.none_near 3:choice.none_near",
    ),
    Office(
        "a data package that is cheaper",
        """Nama | No HP | Nominal
Ani | 081255512345 | 25000
Budi | 081255512346 | 150000""",
        "2:TSEL25 3:TSEL150",
    ),
    Office(
        "titles above the table",
        """PT Maju Bersama | | |
Insentif Juni 2026 | | |
Nama | No HP | Provider | Insentif (Rp)
Ani | 081255512345 | Tsel | 50.000""",
        "4:TSEL50",
    ),
    Office(
        "a header in two rows",
        """Karyawan | | Pulsa
Nama | No HP | Nominal
Ani | 081255512345 | 50.000""",
        "3:TSEL50",
    ),
    Office(
        "columns in another order",
        """Nominal | Cabang | No HP | Nama
50.000 | Medan | 081255512345 | Ani
25.000 | Medan | 085755512346 | Budi""",
        "2:TSEL50 3:ISAT25",
    ),
    Office(
        "English headings",
        """Employee Name | Mobile Number | Carrier | Amount
Ani | +62 812-5551-2345 | Telkomsel | 50000
Budi | 0857 5551 2346 | Indosat | 25000""",
        "2:TSEL50 3:ISAT25",
    ),
    Office(
        "numbers in all their spellings",
        """Nama | No HP | Nominal
Ani | 6281255512345 | 50000
Budi | 81255512346 | 50000
Cici | 0812-5551-2347 | 50000
Dedi | (0812) 5551 2348 | 50000""",
        "2:TSEL50 3:TSEL50 4:TSEL50 5:TSEL50",
    ),
    Office(
        "numbers that are none",
        """Nama | No HP | Nominal
Ani | 0812 | 50000
Budi | | 50000
Cici | 0215551234 | 50000
Dedi | 081255512345 | 50000""",
        "5:TSEL50",
        "2:number.length 3:number.missing 4:number.landline",
    ),
    Office(
        "one person twice",
        """Nama | No HP | Nominal
Ani | 081255512345 | 50000
Ani | 0812-5551-2345 | 50.000
Ani | 081255512345 | 25.000""",
        "2:TSEL50 4:TSEL25",
        "3:duplicate.sheet",
    ),
    Office(
        "a second top-up that is meant",
        """Nama | No HP | Nominal | Pengisian Ke
Ani | 081255512345 | 50000 | 1
Ani | 081255512345 | 50000 | 2""",
        "2:TSEL50 3:TSEL50",
    ),
    Office(
        "codes in some rows",
        """Nama | No HP | Kode Produk | Nominal
Ani | 081255512345 | TSELD50 | 50000
Budi | 081255512346 | | 50000
Cici | 081255512347 | - | 25.000""",
        "2:TSELD50 3:TSEL50 4:TSEL25",
    ),
    Office(
        "a code and another amount",
        """Nama | No HP | Kode Produk | Nominal
Ani | 081255512345 | TSEL50 | 500.000
Budi | 081255512346 | TSEL500 | 50.000""",
        "",
        "2:nominal.differs 3:nominal.differs",
    ),
    Office(
        "codes in other spellings",
        """Nama | No HP | Kode | Nominal
Ani | 085755512345 | ISAT 50 | 50000
Budi | 085755512346 | isat50 | 50000
Cici | 081255512347 | TSEL-50 | 50000""",
        "2:ISAT50 3:ISAT50 4:TSEL50",
    ),
    Office(
        "a code of another operator",
        """Nama | No HP | Kode | Nominal
Ani | 085755512345 | TSEL50 | 50000""",
        "",
        "2:operator.differs",
    ),
    Office(
        "an amount where the code belongs",
        """Nama | No HP | Kode Produk
Ani | 081255512345 | 50000
Budi | 081255512346 | Rp 50.000,-""",
        "",
        "2:product.is_amount 3:product.is_amount",
    ),
    Office(
        "neither code nor amount in a row",
        """Nama | No HP | Kode Produk | Nominal
Ani | 081255512345 | | """,
        "",
        "2:product.missing",
    ),
    Office(
        "an amount column that the person names",
        """Nama | No HP | Uang Makan
Ani | 081255512345 | 25.000""",
        "2:TSEL25",
        options={"nominal": "Uang Makan"},
    ),
)


def parts(text: str) -> dict[int, str]:
    return {int(row): code for row, code in (part.split(":") for part in text.split())}


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("office", OFFICES, ids=lambda office: office.what)
def test_a_sheet_as_an_office_has_it(tmp_path: Path, office: Office, form: str) -> None:
    sheet = read(tmp_path / f"juni.{form}", FORMATS[form]({"Juni": cells_of(office.text)}), office.options)
    came_to(sheet, office)


@pytest.mark.parametrize("office", OFFICES, ids=lambda office: office.what)
def test_amounts_as_numbers_with_the_format_of_the_country(tmp_path: Path, office: Office) -> None:
    """Whole amounts as Excel keeps them, which show dots and Rp."""
    book = openpyxl.Workbook()
    tab = book.worksheets[0]
    for row in cells_of(office.text):
        tab.append(
            [int(cell) if cell.isdecimal() and cell[0] in "123456789" else cell or None for cell in row]
        )
    for line in tab.iter_rows():
        for cell in line:
            if isinstance(cell.value, int) and cell.value < 10**9:
                cell.number_format = '_("Rp"* #,##0_);_("Rp"* (#,##0);_("Rp"* "-"_);_(@_)'
    book.save(tmp_path / "juni.xlsx")
    came_to(read(tmp_path / "juni.xlsx", (tmp_path / "juni.xlsx").read_bytes(), office.options), office)


def came_to(sheet: Sheet, office: Office) -> None:
    plan = plan_of(replace(sheet, unit=office.unit), prices=PRICES, other_operator=False)
    assert dict(zip(plan.orders.index, plan.orders["product"], strict=True)) == parts(office.chosen)
    assert {row: codes[0] for row, codes in held_codes(plan).items()} == parts(office.held)


def test_there_are_forty_sheets() -> None:
    assert len({office.what for office in OFFICES}) >= 40


def test_the_sample_without_codes_is_one_of_them(tmp_path: Path) -> None:
    data = (ROOT / "samples" / "insentif_tanpa_kode.xlsx").read_bytes()
    plan = plan_of(read(tmp_path / "s.xlsx", data, {}), prices=PRICES, other_operator=False)
    assert (len(plan.orders), len(plan.held), len(plan.findings)) == (20, 0, 0)
    assert all(PRICES[product].kind == "PULSA" for product in plan.orders["product"])

"""The price list: what its entries come to, which products a person asked for, and how they are shown."""

from __future__ import annotations

import csv
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_topup.core.errors import Exit, InputError
from bulk_topup.core.model import Flaw
from bulk_topup.provider.price_list import PriceFilter, chosen, read_price_list, why_not_orderable
from bulk_topup.provider.wire import rupiah
from bulk_topup.report import price_table
from bulk_topup.sandbox import PRICES
from tests.builders import ANDI, a_product, price_list

if TYPE_CHECKING:
    from pathlib import Path

    from bulk_topup.core.model import PriceList, Product
    from tests.conftest import MakeOffice, Office

S5 = {
    "tipe": "PULSA",
    "operator": "TELKOMSEL",
    "kodeoperator": "S5",
    "keterangan": "Pulsa Reguler",
    "nominal": "5000",
    "harga": "5650",
    "status": "Ready",
}
LISTED = read_price_list(PRICES)


def read_one(*changes: dict[str, object]) -> Product:
    """What these entries of one code come to."""
    (product,) = read_price_list([{**S5, **change} for change in changes]).values()
    return product


def asked(prices: PriceList = LISTED, **wanted: Any) -> list[str]:
    return [product.code for product in chosen(prices, PriceFilter(**wanted))]


# -- entries that can't be ordered by ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nominal", "flaw"),
    [
        ("2GB", Flaw("product.nominal_unusable", "2GB")),
        ("0", Flaw("product.nominal_unusable", "0")),
        ("-5000", Flaw("product.nominal_unusable", "-5000")),
        ("5.000", Flaw("product.nominal_unusable", "5.000")),
        ("Rp 5.00,000", Flaw("product.nominal_unusable", "Rp 5.00,000")),
        ("Rp 1.000,000", Flaw("product.nominal_unusable", "Rp 1.000,000")),
        ("", Flaw("product.nominal_missing")),
        (None, Flaw("product.nominal_missing")),
        (["5000"], Flaw("product.nominal_missing")),
    ],
)
def test_a_nominal_that_is_not_certain_is_kept_as_the_reason(nominal: object, flaw: Flaw) -> None:
    product = read_one({"nominal": nominal})
    assert (product.nominal, product.price, product.ready, product.flaw) == (0, None, False, flaw)
    assert why_not_orderable(product) == flaw


@pytest.mark.parametrize("nominal", ["5000", "5000.00", "Rp 5.000", "rp5,000", "Rp. 5000", "Rp5000"])
def test_a_nominal_that_can_mean_one_amount_only_is_read(nominal: str) -> None:
    product = read_one({"nominal": nominal})
    assert (product.nominal, product.price, product.flaw) == (5_000, 5_650, None)
    assert why_not_orderable(product) is None


@given(st.integers(min_value=1_000, max_value=10**12), st.sampled_from(".,"))
def test_thousands_apart_are_read_only_where_the_currency_is_named(amount: int, separator: str) -> None:
    written = f"{amount:,}".replace(",", separator)
    assert rupiah(f"Rp {written}") == amount
    assert rupiah(written) is None


@pytest.mark.parametrize(
    ("change", "stated", "nominal"),
    [
        ({"harga": "5900"}, "harga 5650 / 5900", 5_000),
        ({"nominal": "10000"}, "nominal 5000 / 10000", 0),
        ({"nominal": "2GB"}, "nominal 5000 / 2GB", 0),
        (
            {"status": "Close", "keterangan": "1 GB"},
            "status Ready / Close, keterangan Pulsa Reguler / 1 GB",
            5_000,
        ),
    ],
)
def test_a_code_listed_twice_differently_says_in_what(
    change: dict[str, object], stated: str, nominal: int
) -> None:
    product = read_one({}, {}, change)
    assert product.flaw == Flaw("product.listed_twice", stated)
    assert (product.nominal, product.price, product.ready) == (nominal, None, False)


def test_a_code_listed_twice_alike_is_one_product() -> None:
    assert read_one({}, {"nominal": "5000.00", "harga": "Rp 5.650"}) == read_one({})


def test_why_a_product_is_not_to_be_had_is_said_as_it_is() -> None:
    closed, unpriced = read_one({"status": "Close"}), read_one({"harga": "gratis"})
    assert why_not_orderable(closed) == Flaw("product.closed")
    assert why_not_orderable(unpriced) == Flaw("product.no_price")


def test_check_names_the_true_reason_and_sends_nothing(make_office: MakeOffice) -> None:
    office = make_office(
        prices=[
            {**S5, "kodeoperator": "DATA2", "nominal": "2GB"},
            *({**S5, "kodeoperator": "TWICE", "harga": price} for price in ("5650", "5900")),
            {**S5, "kodeoperator": "SHUT", "status": "Close"},
        ]
    )
    rows = [(ANDI, code, "5000") for code in ("DATA2", "TWICE", "SHUT")]
    office.csv("bonus.csv", rows, ("No HP", "Kode Produk", "Nominal"))

    done = office.run("check", "bonus.csv", "--json")

    assert done.exit == Exit.NOT_ALL_PAID
    findings = done.json["plan"]["findings"]
    assert [(found["row"], found["code"]) for found in findings] == [
        (2, "product.nominal_unusable"),
        (3, "product.listed_twice"),
        (4, "product.closed"),
    ], "a nominal that is not known is not held against the sheet's"
    assert "no usable nominal ('2GB') for DATA2" in findings[0]["message"]
    assert "(harga 5650 / 5900)" in findings[1]["message"]
    assert done.json["plan"]["orders"] == 0


def test_a_list_without_products_ends_the_command(make_office: MakeOffice) -> None:
    office = make_office(prices=[])
    done = office.run("prices")
    assert (done.exit, done.out) == (Exit.STOPPED, "")
    assert "price list" in done.err
    assert "is empty" in done.err


# -- what was asked for ------------------------------------------------------------------------------------


def test_products_stand_by_operator_type_and_nominal_with_pulsa_first() -> None:
    codes = asked(operator="telkomsel")
    assert codes[:2] == ["TSEL5", "TSEL10"]
    assert codes.index("TSEL1000") < codes.index("TSELD5")
    assert sorted(asked()) == sorted(LISTED)


def test_each_filter_leaves_out_what_does_not_fit_it() -> None:
    assert asked(operator=" Xl ", nominal=50_000) == ["XL50", "XLD50"]
    assert asked(type="data", nominal=50_000, operator="XL") == ["XLD50"]
    assert asked(type="pulsa", nominal=75_000, operator="XL") == ["XL75"]
    assert asked(type="pulsa", nominal=75_000, operator="XL", ready=True) == []


def test_the_cheapest_is_ready_and_of_one_operator_type_and_nominal() -> None:
    prices = price_list(
        a_product("A", "XL", 5_000, 5_900),
        a_product("B", "XL", 5_000, 5_800),
        a_product("C", "XL", 5_000, 5_700, ready=False),
        a_product("D", "XL", 5_000, None),
        a_product("E", "XL", 10_000, 10_500),
        a_product("F", "TRI", 5_000, 5_100),
        replace(a_product("G", "XL", 5_000, 5_000), kind="PAKET DATA"),
    )
    assert asked(prices, cheapest=True) == ["F", "B", "E", "G"]


def test_an_operator_that_the_list_lacks_is_an_error_that_names_the_others() -> None:
    with pytest.raises(InputError) as caught:
        asked(operator="TELKOM")
    assert caught.value.code == "prices.no_operator"
    assert caught.value.facts == {
        "name": "TELKOM",
        "operators": "AXIS, INDOSAT, SMARTFREN, TELKOMSEL, TRI, XL",
    }


# -- on the screen -----------------------------------------------------------------------------------------


def test_every_column_begins_or_ends_in_the_same_place() -> None:
    products = chosen(LISTED, PriceFilter())
    lines = list(price_table.lines_of([*products, read_one({"nominal": "2GB"})]))
    header, *rows = lines
    for name in ("operator", "type", "status", "description"):
        at = header.index(name)
        assert {row[at - 2 : at] for row in rows} == {"  "}, name
        assert all(row[at] != " " for row in rows), name
    for name in price_table.AMOUNTS:
        end = header.index(name) + len(name)
        assert all(row[end - 1] != " " and row[end] == " " for row in rows), name
    assert {line.rstrip() for line in lines} == set(lines)


def test_a_hostile_description_moves_no_cursor() -> None:
    product = replace(read_one({}), description="\x1b[2J", operator="X\u202e")
    assert all(line.isprintable() for line in price_table.lines_of([product]))


def test_a_product_that_the_list_makes_unusable_is_shown_with_why(make_office: MakeOffice) -> None:
    office = make_office(prices=[S5, {**S5, "kodeoperator": "S2G", "nominal": "2GB"}])
    shown, ready = office.run("prices").out, office.run("prices", "--ready").out
    assert "S2G   TELKOMSEL  PULSA        -        -  unusable  the price list states no usable" in shown
    assert "2 products, 1 of them ready" in shown
    assert "S2G" not in ready


def test_nothing_that_fits_is_said_and_no_error(office: Office) -> None:
    done = office.run("prices", "--nominal", "7")
    assert (done.exit, done.out.count("\n")) == (Exit.OK, 1)
    assert "No product" in done.out


def test_an_unknown_operator_ends_the_command(office: Office) -> None:
    done = office.run("prices", "--operator", "Telkom", "--json")
    assert (done.exit, done.json["error"]["code"]) == (Exit.NOTHING_SENT, "prices.no_operator")
    assert "TELKOMSEL" in done.err


# -- as values and in files --------------------------------------------------------------------------------

DATA_50 = ("--operator", "xl", "--nominal", "50000", "--type", "data")
XLD50 = ["XLD50", "XL", "PAKET DATA", 50_000, 48_350, "ready", "6 GB Xtra Combo, 30 hari"]


def test_json_has_the_rows_of_the_table(office: Office) -> None:
    said = office.run("prices", *DATA_50, "--json").json
    assert said["products"] == [dict(zip(price_table.PRICE_COLUMNS, XLD50, strict=True))]
    assert said["saved"] is None


def test_the_list_is_saved_as_a_workbook_with_the_same_rows(office: Office) -> None:
    done = office.run("prices", *DATA_50, "--output", "prices.xlsx", "--json")
    book = openpyxl.load_workbook(office.folder / "prices.xlsx")
    assert [[cell.value for cell in row] for row in book[price_table.PRICES_TAB]] == [
        list(price_table.PRICE_COLUMNS),
        XLD50,
    ]
    assert (done.exit, done.json["saved"]) == (Exit.OK, "prices.xlsx")


def test_the_list_is_saved_as_csv_with_the_same_rows(office: Office) -> None:
    office.run("prices", *DATA_50, "--output", "prices.CSV")
    with (office.folder / "prices.CSV").open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [list(price_table.PRICE_COLUMNS), [str(value) for value in XLD50]]


@pytest.mark.parametrize(
    ("name", "code"), [("payroll.xlsx", "new_file.exists"), ("prices.pdf", "new_file.suffix")]
)
def test_no_file_that_is_there_is_replaced_and_no_other_kind_is_written(
    office: Office, name: str, code: str
) -> None:
    before = office.xlsx("payroll.xlsx", []).read_bytes()
    done = office.run("prices", "--output", name, "--json")
    assert (done.exit, done.json["error"]["code"]) == (Exit.NOTHING_SENT, code)
    assert (office.folder / "payroll.xlsx").read_bytes() == before
    assert [path.name for path in office.folder.iterdir()] == ["payroll.xlsx"]
    assert office.sandbox.requests() == []


def test_a_rehearsals_list_says_so(office: Office) -> None:
    office.run("prices", "--sandbox", "--output", "prices.xlsx")
    book = openpyxl.load_workbook(office.folder / "prices.xlsx")
    assert "SANDBOX" in str(book["Summary"]["A1"].value)
    assert office.sandbox.requests() == []


def written(path: Path, *products: Product) -> list[list[Any]]:
    price_table.write_price_table(path, products, moment="2025-01-20 10:00", rehearsal=False, tell=str)
    sheet = openpyxl.load_workbook(path).worksheets[0]
    return [[(cell.value, cell.data_type) for cell in row] for row in sheet.iter_rows(min_row=2)]


def test_what_the_provider_says_is_no_formula_in_the_workbook(tmp_path: Path) -> None:
    (row,) = written(tmp_path / "prices.xlsx", replace(read_one({}), code="=1+1", operator="#N/A"))
    assert row[:2] == [("=1+1", "s"), ("#N/A", "s")]

"""A row without a product gets the cheapest pulsa of its number's operator and its nominal, or is held."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from bulk_topup.core.model import Product
from bulk_topup.core.status import Status
from bulk_topup.provider.price_list import read_price_list, why_not_orderable
from bulk_topup.rules.differences import differences
from bulk_topup.rules.operators import named_in, operator_of
from bulk_topup.rules.orders import KNOWN_COLUMNS, Known, Wishes
from bulk_topup.rules.resume import content_of
from bulk_topup.sandbox.prices import PRICES as LISTED
from tests.builders import (
    ANDI,
    BUDI,
    DEWI,
    a_product,
    held_codes,
    keys_of,
    known_of,
    plan_of,
    sheet_of,
    understood,
)

if TYPE_CHECKING:
    from bulk_topup.core.model import PriceList, Sheet
    from bulk_topup.rules.plan import Plan

WITHOUT_CODE = ("Nama", "No HP", "Nominal")
WITH_PROVIDER = (*WITHOUT_CODE, "Provider")
WITH_CODE = (*WITHOUT_CODE, "Kode Produk")
PRICES = read_price_list(LISTED)
SHARED, UNKNOWN = "085155512345", "085455512345"


def amounts(*pairs: tuple[str, str]) -> Sheet:
    """A sheet of (number, nominal) rows."""
    return sheet_of([("", number, nominal) for number, nominal in pairs], WITHOUT_CODE)


def with_provider(*triples: tuple[str, str, str]) -> Sheet:
    return sheet_of([("", *triple) for triple in triples], WITH_PROVIDER)


def chosen(sheet: Sheet, prices: PriceList = PRICES, **other: object) -> Plan:
    return plan_of(sheet, prices=prices, other_operator=False, **other)  # type: ignore[arg-type]


# -- what is chosen ----------------------------------------------------------------------------------------


def test_number_and_nominal_give_the_product() -> None:
    plan = chosen(amounts((ANDI, "50.000"), (DEWI, "Rp 25.000,-"), ("0895-5555-1234", "10rb")))
    assert [product for _, product, _ in keys_of(plan.orders)] == ["TSEL50", "ISAT25", "TRI10"]
    assert plan.orders["price"].tolist() == [49_500, 25_300, 10_450]
    assert plan.orders["nominal"].tolist() == [50_000, 25_000, 10_000]
    assert plan.orders["operator"].tolist() == ["TELKOMSEL", "INDOSAT", "TRI"]
    assert not plan.findings


@pytest.mark.parametrize(
    "prefix", ["0811", "0813", "0852", "0814", "0857", "0817", "0878", "0831", "0838", "0899", "0881"]
)
def test_the_price_of_each_product_is_the_least_of_its_kind(prefix: str) -> None:
    number = f"{prefix}55512345"
    nominals = sorted({int(listed["nominal"]) for listed in LISTED})
    plan = chosen(sheet_of([("", number, str(nominal)) for nominal in nominals], WITHOUT_CODE))
    named = dict(zip(plan.orders["nominal"], plan.orders["product"], strict=True))
    for nominal in nominals:
        fitting = [
            int(listed["harga"])
            for listed in LISTED
            if (listed["tipe"], listed["status"]) == ("PULSA", "Ready")
            and (listed["operator"], listed["nominal"]) == (operator_of(number), str(nominal))
        ]
        assert (nominal in named) == bool(fitting)
        if fitting:
            (taken,) = [listed for listed in LISTED if listed["kodeoperator"] == named[nominal]]
            assert taken["tipe"] == "PULSA"
            assert int(taken["harga"]) == min(fitting)


TWO = {
    product.code: product
    for product in (
        a_product("TB50", "Telkomsel", 50_000, 49_000),
        a_product("TA50", "TSEL", 50_000, 49_000),
        a_product("TC50", "TELKOMSEL", 50_000, 48_000, ready=False),
        a_product("TF50", "TELKOMSEL", 50_000, None),
        a_product("TD50", "TELKOMSEL", 50_000, 51_000),
        a_product("BYU50", "by.U", 50_000, 40_000),
        a_product("X50", "TELKOMSEL / XL", 50_000, 40_000),
        a_product("T25", "TELKOMSEL", 25_000, 25_000),
        Product("TDATA", "TELKOMSEL", "PAKET DATA", 50_000, 30_000, ready=True),
    )
}


def test_the_cheapest_that_can_be_ordered_is_taken_and_of_equals_the_first_by_name() -> None:
    plan = chosen(amounts((ANDI, "50000")), TWO)
    ((choice, rows),) = plan.chosen()
    assert choice.product is TWO["TA50"]
    assert (choice.operator, choice.nominal, choice.of, rows) == ("TELKOMSEL", 50_000, 3, [2])


@pytest.mark.parametrize(
    "other", [{"operator": "TELKOMSEL DATA"}, {"description": "Paket Internet 2 GB"}, {"kind": "Paket Data"}]
)
def test_what_the_list_calls_data_in_any_field_is_not_chosen(other: dict[str, Any]) -> None:
    data = replace(a_product("TD1", "TELKOMSEL", 50_000, 10_000), **other)
    assert keys_of(chosen(amounts((ANDI, "50000")), {**TWO, "TD1": data}).orders) == [(ANDI, "TA50", 1)]


def test_the_settings_fix_a_choice() -> None:
    fixed = {("TELKOMSEL", 50_000): "td-50"}
    plan = chosen(amounts((ANDI, "50000"), (BUDI, "25000")), TWO, fixed=fixed)
    assert [product for _, product, _ in keys_of(plan.orders)] == ["TD50", "T25"]
    assert [choice.is_fixed for choice, _ in plan.chosen()] == [False, True]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("TC50", "choice.fixed_closed"),
        ("TDATA", "choice.fixed_other"),
        ("BYU50", "choice.fixed_other"),
        ("nope", "choice.fixed_other"),
    ],
)
def test_a_fixed_choice_that_does_not_hold_today_holds_the_row(code: str, said: str) -> None:
    plan = chosen(amounts((ANDI, "50000")), TWO, fixed={("TELKOMSEL", 50_000): code})
    assert held_codes(plan) == {2: [said]}


def test_a_code_in_the_sheet_is_never_chosen_anew() -> None:
    rows = [
        ("", ANDI, "50000", "TD50"),
        ("", BUDI, "50000", ""),
        ("", BUDI, "25000", "nope"),
        ("", BUDI, "25000", " - "),
    ]
    plan = chosen(sheet_of(rows, WITH_CODE), TWO)
    assert [product for _, product, _ in keys_of(plan.orders)] == ["TD50", "TA50", "T25"]
    assert held_codes(plan) == {4: ["product.unknown_near"]}


# -- what is held ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "nominal", "code", "facts"),
    [
        (ANDI, "30000", "choice.closed_near", {"closed": "TSEL30", "near": "25000 (TSEL25), 40000 (TSEL40)"}),
        (ANDI, "60000", "choice.none_near", {"near": "50000 (TSEL50), 75000 (TSEL75)"}),
        (ANDI, "2.000.000", "choice.none_near", {"near": "1000000 (TSEL1000)"}),
        (UNKNOWN, "5000", "choice.unknown", {"near": "TSEL5 (TELKOMSEL), TRI5 (TRI), XL5 (XL)"}),
        (SHARED, "50000", "choice.shared", {"operators": "TELKOMSEL / BYU", "near": "TSEL50 (TELKOMSEL)"}),
    ],
)  # fmt: skip
def test_a_row_for_which_nothing_can_be_chosen_is_held_with_what_there_is(
    number: str, nominal: str, code: str, facts: dict[str, str]
) -> None:
    plan = chosen(amounts((number, nominal)))
    assert held_codes(plan) == {2: [code]}
    (finding,) = plan.findings
    for name, fact in facts.items():
        assert finding.facts[name].endswith(fact)


def test_the_product_of_a_merged_operators_list_is_never_chosen() -> None:
    prices = {product.code: product for product in (a_product("X50", "XL / AXIS", 50_000, 40_000),)}
    assert held_codes(chosen(amounts(("083155512345", "50000")), prices)) == {2: ["choice.none"]}


@pytest.mark.parametrize(
    ("nominal", "code"),
    [
        ("", "nominal.missing"),
        ("lima puluh ribu", "nominal.unreadable"),
        ("50.00", "nominal.two_readings"),
        ("50", "nominal.bare"),
        ("0", "nominal.missing"),
    ],
)
def test_without_a_clear_nominal_nothing_is_chosen(nominal: str, code: str) -> None:
    assert held_codes(chosen(amounts((ANDI, nominal)))) == {2: [code]}


def test_a_column_in_thousands_is_taken_once_a_person_says_so() -> None:
    sheet = amounts((ANDI, "50"), (BUDI, "100"))
    assert held_codes(chosen(sheet)) == {2: ["nominal.bare"], 3: ["nominal.bare"]}
    plan = chosen(replace(sheet, unit=1_000))
    assert [product for _, product, _ in keys_of(plan.orders)] == ["TSEL50", "TSEL100"]
    assert held_codes(chosen(replace(sheet, unit=1))) == {2: ["choice.none_near"], 3: ["choice.none_near"]}


def test_a_number_that_is_none_is_said_alone() -> None:
    assert held_codes(chosen(amounts(("0812", "50000"), ("", "50000")))) == {
        2: ["number.length"],
        3: ["number.missing"],
    }


# -- the column of operators -------------------------------------------------------------------------------


@pytest.mark.parametrize("said", ["Tsel", "T-sel", "Simpati", "As", "TELKOMSEL", "", "-", "Telkomsel (Halo)"])
def test_a_provider_that_agrees_or_says_nothing_changes_nothing(said: str) -> None:
    plan = chosen(with_provider((ANDI, "50000", said)))
    assert [product for _, product, _ in keys_of(plan.orders)] == ["TSEL50"]


@pytest.mark.parametrize("said", ["Isat", "IM3", "Three", "3", "XL", "by.U", "Smart"])
def test_a_provider_that_contradicts_the_prefix_holds_the_row_naming_both(said: str) -> None:
    plan = chosen(with_provider((ANDI, "50000", said)))
    assert held_codes(plan) == {2: ["operator.contradicts"]}
    (finding,) = plan.findings
    assert finding.facts == {"own": "TELKOMSEL", "named": next(iter(named_in(said)))}


def test_a_provider_tells_a_prefix_that_is_shared_or_unknown() -> None:
    plan = chosen(
        with_provider((SHARED, "50000", "Simpati"), (UNKNOWN, "50000", "IM3"), (SHARED, "25000", "by.U"))
    )
    assert [product for _, product, _ in keys_of(plan.orders)] == ["TSEL50", "ISAT50"]
    assert held_codes(plan) == {4: ["choice.none"]}


def test_rows_of_many_kinds_each_get_their_own() -> None:
    numbers = [
        f"{prefix}5551{nth:04}"
        for nth, prefix in enumerate(["0812", "0857", "0817", "0831", "0896", "0881"] * 20)
    ]
    nominals = ["5000", "10.000", "25rb", "Rp 50.000"] * 30
    plan = chosen(amounts(*zip(numbers, nominals, strict=True)))
    assert len(plan.orders) == 120
    for (number, product, _), nominal in zip(keys_of(plan.orders), plan.orders["nominal"], strict=True):
        assert PRICES[product].operator == operator_of(number)
        assert PRICES[product].nominal == nominal
    assert sum(len(rows) for _, rows in plan.chosen()) == 120
    assert len(plan.chosen()) == 12


# -- part of the plan, its code and the batch --------------------------------------------------------------


def without(prices: PriceList, code: str) -> PriceList:
    return {**prices, code: replace(prices[code], ready=False)}


def test_a_choice_that_changes_is_no_longer_what_was_approved_and_is_named() -> None:
    sheet = amounts((ANDI, "50000"), (BUDI, "25000"))
    approved = chosen(sheet, TWO)
    closed = chosen(sheet, without(TWO, "TA50"))
    assert closed.code != approved.code
    (change,) = differences(approved.document, closed, is_resumed=False)
    assert change.code == "approval.product"
    assert (change.facts["row"], change.facts["product"], change.facts["product_now"]) == (2, "TA50", "TB50")
    gone = chosen(sheet, without(TWO, "T25"))
    (change,) = differences(approved.document, gone, is_resumed=False)
    assert (change.code, change.facts["product"]) == ("approval.held", "T25")
    dearer = chosen(sheet, {**TWO, "T25": replace(TWO["T25"], price=25_500)})
    (change,) = differences(approved.document, dearer, is_resumed=False)
    assert (change.code, change.facts["product"]) == ("approval.price", "T25")


def test_a_choice_that_changes_for_many_rows_is_one_line() -> None:
    sheet = amounts(*((f"08125551{nth:04}", "50000") for nth in range(20)))
    (change,) = differences(
        chosen(sheet, TWO).document, chosen(sheet, without(TWO, "TA50")), is_resumed=False
    )
    assert (change.code, change.facts["product"], change.facts["product_now"]) == (
        "approval.product_many",
        "TA50",
        "TB50",
    )
    assert len(change.rows) == 20


@pytest.mark.parametrize(
    "status", [status for status in Status if status not in {Status.UNSENT, Status.INVALID}]
)
def test_what_was_attempted_keeps_its_product(status: Status) -> None:
    known = sent((ANDI, "TA50", 1, status))
    plan = chosen(amounts((ANDI, "50000"), (BUDI, "50000")), without(TWO, "TA50"), known=known)
    assert keys_of(plan.attempted) == [(ANDI, "TA50", 1)]
    assert keys_of(plan.orders) == [(BUDI, "TB50", 1)]


def test_what_was_paid_keeps_its_product_though_its_provider_is_another_now() -> None:
    """Or --include-changed, meant for somebody else, would pay it a second time."""
    known = sent((SHARED, "TA50", 1, Status.SUKSES))
    wishes = Wishes(include_changed=True)
    for place in (0, 1):
        rows = [(ANDI, "50000", "Tsel")]
        rows.insert(place, (SHARED, "50000", "by.U"))
        plan = chosen(with_provider(*rows), TWO, known=known, wishes=wishes)
        assert keys_of(plan.attempted) == [(SHARED, "TA50", 1)]
        assert keys_of(plan.orders) == [(ANDI, "TA50", 1)]


def test_each_order_of_a_number_keeps_the_product_that_it_was_sent_with() -> None:
    known = sent((ANDI, "TA50", 1, Status.SUKSES), (ANDI, "TB50", 2, Status.SUKSES))
    repeated = Wishes(repeat_duplicates=True)
    plan = chosen(amounts((ANDI, "50000"), (ANDI, "50000")), TWO, known=known, wishes=repeated)
    assert keys_of(plan.attempted) == [(ANDI, "TA50", 1), (ANDI, "TB50", 2)]
    assert plan.orders.empty


def test_a_retry_never_changes_the_product() -> None:
    known, retry = sent((ANDI, "TA50", 1, Status.GAGAL)), Wishes(retry_failed=True)
    sheet = amounts((ANDI, "50000"))
    assert keys_of(chosen(sheet, TWO, known=known, wishes=retry).orders) == [(ANDI, "TA50", 1)]
    cheaper = {**TWO, "TD50": replace(TWO["TD50"], price=40_000)}
    assert keys_of(chosen(sheet, cheaper, known=known, wishes=retry).orders) == [(ANDI, "TA50", 1)]
    closed = chosen(sheet, without(TWO, "TA50"), known=known, wishes=retry)
    assert not len(closed.orders)
    assert [finding.code for finding in closed.not_again[2]] == ["product.closed"]
    gone = {code: product for code, product in TWO.items() if code != "TA50"}
    unlisted = chosen(sheet, gone, known=known, wishes=retry)
    assert not len(unlisted.orders)
    assert [finding.code for finding in unlisted.not_again[2]] == ["product.unknown"]


def test_an_order_that_was_never_sent_is_chosen_anew() -> None:
    plan = chosen(
        amounts((ANDI, "50000")), without(TWO, "TA50"), known=sent((ANDI, "TA50", 1, Status.UNSENT))
    )
    assert keys_of(plan.orders) == [(ANDI, "TB50", 1)]


def sent(*orders: tuple[str, str, int, Status]) -> Known:
    known = known_of()
    rows = [
        (number, product, itrx, TWO[product].nominal, row, str(status))
        for row, (number, product, itrx, status) in enumerate(orders, 2)
    ]
    frame = pd.DataFrame(rows, columns=KNOWN_COLUMNS).astype({"itrx": "int64", "nominal": "int64"})
    return replace(known, orders=frame)


def test_the_fingerprint_of_the_sheet_is_of_what_it_says_not_of_what_was_chosen() -> None:
    rows = [("", ANDI, "50000", ""), ("", BUDI, "25000", "T25")]
    sheet, other = (sheet_of([row, rows[1]], WITH_CODE) for row in (rows[0], ("", ANDI, "25000", "")))
    assert content_of(understood(sheet, TWO)) == content_of(chosen(sheet, TWO).rows)
    assert content_of(understood(sheet, TWO)) != content_of(understood(other, TWO))


def test_every_choice_can_be_ordered() -> None:
    numbers = [
        f"{prefix}55512345" for prefix in ("0812", "0857", "0817", "0831", "0896", "0881", "0854", "0851")
    ]
    plan = chosen(
        amounts(*((number, str(nominal)) for number in numbers for nominal in range(5_000, 105_000, 5_000)))
    )
    assert all(why_not_orderable(PRICES[product]) is None for product in plan.orders["product"])
    assert len(plan.orders) + len(plan.held) == plan.rows_in

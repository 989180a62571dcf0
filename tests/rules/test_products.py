"""A product is found by what a person writes: a code in any spelling, or an operator and a nominal."""

from __future__ import annotations

import pytest

from bulk_topup.provider.price_list import read_price_list
from bulk_topup.report.screen.plan import plan_lines
from bulk_topup.rules.operators import owners_of
from bulk_topup.rules.products import finder, near_codes
from bulk_topup.sandbox.prices import PRICES as SANDBOX
from tests.builders import ANDI, BUDI, CITRA, PRICES, a_product, plan_of, price_list, topups

# -- by its code -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["SP5", "sp5", "SP 5", "sp-5", "S P 5", "SP.5"])
def test_a_code_is_found_in_any_spelling(text: str) -> None:
    assert finder(PRICES)(text) is PRICES["SP5"]


@pytest.mark.parametrize("text", ["", "-", "SP", "SP5+", "SP55", "SP5/10", "(SP5)", "\u0405P5"])
def test_what_is_no_spelling_of_a_code_is_none(text: str) -> None:
    assert finder(PRICES)(text) is None


def test_two_products_that_are_spelled_alike_are_told_apart_by_exact_spelling_only() -> None:
    prices = price_list(a_product("x5", "XL", 5_000, 5_900), a_product("X5", "XL", 5_000, 6_100))
    assert finder(prices)("x5") is prices["x5"]
    assert finder(prices)("X5") is prices["X5"]
    assert finder(prices)("X-5") is None
    prices = price_list(a_product("xL5", "XL", 5_000, 5_900), a_product("Xl5", "XL", 5_000, 6_100))
    assert finder(prices)("XL5") is None


def test_a_dot_between_digits_is_no_sign_to_drop() -> None:
    prices = price_list(a_product("50", "XL", 50_000, 50_900))
    assert finder(prices)("5.0") is None
    assert finder(prices)("50.") is prices["50"]


def test_at_most_three_near_codes_are_named_in_the_price_lists_spelling() -> None:
    codes = ("TSEL10", "TSEL11", "tsel12", "TSEL15", "XL")
    near = near_codes("tsel1", price_list(*(a_product(code, "TELKOMSEL", 1, 1) for code in codes)))
    assert len(near) == 3
    assert set(near) <= {"TSEL10", "TSEL11", "tsel12", "TSEL15"}


LISTED = read_price_list(SANDBOX)


@pytest.mark.parametrize(
    ("text", "number", "nominal", "first"),
    [
        ("smart50", "0881", 50_000, "SMF50"),
        ("smart50", "0881", -1, "SMF50"),
        ("SMARTFREN", "0881", 20_000, "SMF20"),
        ("TEL50", "0812", -1, "TSEL50"),
        ("tseld5o", "0812", 50_000, "TSELD50"),
        ("indosat100", "0857", -1, "ISAT100"),
        ("three 25", "0896", 25_000, "TRI25"),
    ],
)
def test_products_of_the_number_and_the_nominal_come_first(
    text: str, number: str, nominal: int, first: str
) -> None:
    assert near_codes(text, LISTED, owners_of(number), nominal)[0] == first


def test_without_a_number_only_the_spelling_tells() -> None:
    assert near_codes("TSEL5O", LISTED) == near_codes("TSEL5O", LISTED, ())
    assert near_codes("voucher listrik", LISTED) == []


def test_a_code_in_another_spelling_is_told() -> None:
    plan = plan_of(topups((ANDI, "sp 5"), (BUDI, "SP5"), (CITRA, "sp 5")))
    assert plan.respelled() == [("sp 5", "SP5", 2)]
    assert "  sp 5 is read as the code SP5 (2 rows)" in list(plan_lines(plan))

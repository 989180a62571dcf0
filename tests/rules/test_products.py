"""A product is found by what a person writes: a code in any spelling, or an operator and a nominal."""

from __future__ import annotations

import pytest

from bulk_topup.rules.products import finder, near_codes
from tests.builders import PRICES, a_product, price_list

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
    near = near_codes("tsel1", ["TSEL10", "TSEL11", "tsel12", "TSEL15", "XL"])
    assert len(near) == 3
    assert set(near) <= {"TSEL10", "TSEL11", "tsel12", "TSEL15"}

"""An amount of rupiah is read as a person wrote it; what has two readings has both."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_topup.rules.amounts import are_bare, readings


@pytest.mark.parametrize(
    "text",
    [
        "50000",
        "50.000",
        "50,000",
        "50 000",
        "50\u00a0000",
        "Rp 50.000,-",
        "Rp50.000",
        "rp. 50.000,-",
        "Rp.50.000",
        "Rp: 50.000",
        "RP 50.000,--",
        "Rp 50.000.-",
        "50.000,=",
        "50.000,\u2013",
        "50rb",
        "50 rb",
        "Rp50rb",
        "50 ribu",
        "50 ribu rupiah",
        "50Ribu",
        "50k",
        "50 K",
        "0,05 juta",
        "50.000,00",
        "50,000.00",
        "50000.0",
        "50000,00",
        "50000.00",
        "IDR 50.000",
        "IDR50000",
        "50.000 IDR",
        "50.000 rupiah",
        "50.000.",
        " 50.000 ",
    ],
)
def test_the_spellings_of_fifty_thousand(text: str) -> None:
    assert readings(text) == [50_000]


@pytest.mark.parametrize(
    ("text", "rupiah"),
    [
        ("5000.0", 5_000),
        ("5 000", 5_000),
        ("10K", 10_000),
        ("2,5rb", 2_500),
        ("1,5jt", 1_500_000),
        ("50", 50),
    ],
)
def test_other_amounts(text: str, rupiah: int) -> None:
    assert readings(text) == [rupiah]


@pytest.mark.parametrize(
    ("text", "both"),
    [
        ("25.00", [25, 2_500]),
        ("1,5", [1, 15]),
        ("50.0", [50, 500]),
        ("25.000.00", [25_000, 2_500_000]),
        ("25.000,000", [25_000, 25_000_000]),
        ("2.500rb", [2_500, 2_500_000]),
        ("50.000 ribu", [50_000, 50_000_000]),
    ],
)
def test_what_can_be_read_in_two_ways_has_both(text: str, both: list[int]) -> None:
    assert readings(text) == both


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Rp",
        "-5000",
        "lima ribu",
        "5000 - 10000",
        "50rb/bln",
        "USD 50",
        "5e4",
        "#N/A",
        "\u0665\u0660",
        "1,0005rb",
    ],
)
def test_what_is_no_amount_has_no_reading(text: str) -> None:
    assert readings(text) == []


@given(st.text("0123456789., rbpRjtk-", max_size=12))
def test_whatever_is_typed_is_read_and_never_as_a_debt(text: str) -> None:
    found = readings(text)
    assert len(found) <= 2
    assert all(amount >= 0 for amount in found)


@given(st.integers(0, 10**9), st.sampled_from(["{:,}", "Rp {:,},-", "{:d}", "{:,}.00", "{:d}.0"]))
def test_what_a_program_writes_is_read_back(amount: int, form: str) -> None:
    written = form.format(amount)
    assert amount in readings(written)
    assert readings(written) == [amount] or amount < 1_000


@pytest.mark.parametrize(
    ("amounts", "bare"),
    [
        ([50, 100], True),
        ([50, 0], True),
        ([50, 50_000], False),
        ([0], False),
        ([], False),
        ([999], True),
        ([1_000], False),
    ],
)
def test_a_column_of_small_amounts_is_bare(amounts: list[int], bare: bool) -> None:
    assert are_bare(amounts) is bare

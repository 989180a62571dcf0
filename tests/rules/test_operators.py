"""A prefix tells the operator, and the names of operators are understood as people write them."""

from __future__ import annotations

import phonenumbers
import pytest

from bulk_topup.rules.operators import named_in, operator_of, owners_of, same_operator


def test_a_prefix_that_two_brands_share_has_both_owners() -> None:
    assert owners_of("085155512345") == ("TELKOMSEL", "BYU")
    assert owners_of("081255512345") == ("TELKOMSEL",)
    assert owners_of("085455512345") == ()


@pytest.mark.parametrize(
    ("operator", "names"),
    [
        (
            "TELKOMSEL",
            "Telkomsel, TELKOMSEL, Tsel, T-sel, T-Sel, T Sel, Simpati, simPATI, As, Kartu AS, Loop",
        ),
        ("TELKOMSEL", "Simpati Loop, Telkomsel (Simpati), TSEL/AS, Tel"),
        (
            "INDOSAT",
            "Indosat, Isat, ISAT, IM3, im3, IM 3, IM-3, Indosat IM3, Indosat (IM 3), Mentari",
        ),
        ("INDOSAT", "Indosat Ooredoo, IM3 Ooredoo, Ooredoo, Matrix"),
        ("TRI", "Tri, TRI, Three, 3, 3 (Tri), Tri (3), Tri Indonesia, Kartu 3, H3I, Hutchison 3"),
        ("XL", "XL, xl, XL Axiata, XL Prioritas, Kartu XL"),
        ("AXIS", "Axis, AXIS"),
        ("SMARTFREN", "Smartfren, Smart, Smart Fren, smart-fren, SmartFren, Fren"),
        ("BYU", "by.U, by.u, byU, By U, BYU"),
    ],
)
def test_each_name_of_an_operator_stands_for_it_alone(operator: str, names: str) -> None:
    for name in names.split(", "):
        assert named_in(name) == {operator}, name


@pytest.mark.parametrize("name", ["", "-", "?", "Siti", "Esia", "PLN", "Operator", "3GB", "Asia", "Looping"])
def test_what_is_no_operators_name_stands_for_none(name: str) -> None:
    assert named_in(name) == frozenset()


def test_the_name_of_a_merged_operator_stands_for_each_of_its_brands() -> None:
    assert named_in("XLSmart") == {"XL", "AXIS", "SMARTFREN"}
    assert named_in("Indosat Ooredoo Hutchison") == named_in("IOH") == {"INDOSAT", "TRI"}
    assert named_in("XL / AXIS") == {"XL", "AXIS"}


@pytest.mark.parametrize(
    ("national", "operator"),
    [
        ("081112345678", "TELKOMSEL"),
        ("085112345678", "TELKOMSEL"),
        ("081412345678", "INDOSAT"),
        ("085812345678", "INDOSAT"),
        ("081912345678", "XL"),
        ("087912345678", "XL"),
        ("085912345678", "XL"),
        ("083812345678", "AXIS"),
        ("089512345678", "TRI"),
        ("088412345678", "SMARTFREN"),
        ("083412345678", None),
        ("085412345678", None),
        ("", None),
    ],
)
def test_the_prefix_tells_the_operator(national: str, operator: str | None) -> None:
    assert operator_of(national) == operator


def test_the_operator_table_agrees_with_the_public_carrier_data() -> None:
    from phonenumbers import carrier

    renamed = {"Indosat Ooredoo Hutchison": {"INDOSAT", "TRI"}}
    for prefix in range(810, 900):
        named = carrier.name_for_number(phonenumbers.PhoneNumber(62, int(f"{prefix}12345678")), "en")
        if named:
            assert operator_of(f"0{prefix}12345678") in renamed.get(named, {named.upper()})


@pytest.mark.parametrize(
    ("prefix_operator", "listed"),
    [
        ("TRI", "THREE"),
        ("TRI", "3"),
        ("TRI", "Tri (3)"),
        ("TRI", "Hutchison 3"),
        ("XL", "XL AXIATA"),
        ("XL", "XL-DATA"),
        ("INDOSAT", "Indosat Ooredoo"),
        ("INDOSAT", "ISAT DATA"),
        ("TELKOMSEL", "by.U"),
        ("TELKOMSEL", "BY.U"),
        ("TELKOMSEL", "Telkomsel Data"),
        ("SMARTFREN", "SMART"),
        ("AXIS", "Axis"),
        ("AXIS", "XL / AXIS"),
        ("XL", "XLSMART"),
        ("AXIS", "CERIA"),
        ("AXIS", ""),
    ],
)
def test_the_price_lists_spelling_of_an_operator_is_understood(prefix_operator: str, listed: str) -> None:
    assert same_operator(prefix_operator, listed)


@pytest.mark.parametrize(
    ("prefix_operator", "listed"),
    [
        ("TELKOMSEL", "XL"),
        ("XL", "AXIS"),
        ("INDOSAT", "THREE"),
        ("TRI", "INDOSAT"),
        ("SMARTFREN", "by.U"),
        ("TELKOMSEL", "XL / AXIS"),
        ("TRI", "XLSMART"),
    ],
)
def test_two_known_brands_differ(prefix_operator: str, listed: str) -> None:
    assert not same_operator(prefix_operator, listed)

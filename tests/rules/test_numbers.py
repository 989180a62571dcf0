"""A text becomes a mobile number only if it spells one beyond doubt."""

from __future__ import annotations

import unicodedata
from itertools import pairwise
from string import Formatter

import pandas as pd
import phonenumbers
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from bulk_topup.report.words import say
from bulk_topup.rules.numbers import Number, Problem, normalise, normalise_column

ACCEPTED = {
    "081234567890": "081234567890",
    "0811234567": "0811234567",
    "0812345678901": "0812345678901",
    "6281234567890": "081234567890",
    "+62 812-3456-7890": "081234567890",
    "+62 (0)812 3456 7890": "081234567890",
    "62 (0)812 3456 7890": "081234567890",
    "+62 0812 3456 7890": "081234567890",
    "(+62) 812 3456 7890": "081234567890",
    "(62)812-3456-7890": "081234567890",
    "+62 (812) 3456-7890": "081234567890",
    "006281234567890": "081234567890",
    "00 62 812 3456 7890": "081234567890",
    "81234567890": "081234567890",
    "812-3456-7890": "081234567890",
    "(0812) 3456-7890": "081234567890",
    "0812 - 3456 - 7890": "081234567890",
    "0812.3456.7890": "081234567890",
    "+62.812.3456.7890": "081234567890",
    "0812.555.100": "0812555100",
    "+62.812.555.100": "0812555100",
    "812.5551.0000": "081255510000",
    '="081234567890"': "081234567890",
    '="+62 812-3456-7890"': "081234567890",
    "'081234567890": "081234567890",
    "  081234567890\r\n": "081234567890",
    "0812\u00a03456\u00a07890": "081234567890",
    "0812\u20113456\u20137890": "081234567890",
    "0812\u22123456\u22127890": "081234567890",
    "\u202a+62 812-3456-7890\u202c": "081234567890",
    "\ufeff0812\u200b34567890": "081234567890",
}

LOOSE = {
    "81234567890.0": "081234567890",
    "081234567890.0": "081234567890",
    "6281234567890.0": "081234567890",
    "81.234.567.890": "081234567890",
    "8.123.456.789": "08123456789",
    "812.345.678.901": "0812345678901",
    "081234567890;": "081234567890",
    "0812-3456-7890,": "081234567890",
    "+62 812 3456 7890.": "081234567890",
    "hp 081234567890": "081234567890",
    "HP: 0812-3456-7890": "081234567890",
    "No. HP: 081234567890": "081234567890",
    "Telp. +62 812 3456 7890": "081234567890",
    "tel:+6281234567890": "081234567890",
    "WA 081234567890;": "081234567890",
    "081234567890 (WA)": "081234567890",
    "081234567890(wa)": "081234567890",
    "HP/WA : 081234567890": "081234567890",
    "wa.me/6281234567890": "081234567890",
    "https://wa.me/+6281234567890": "081234567890",
    "\uff10\uff18\uff11\uff12 \uff13\uff14\uff15\uff16 \uff17\uff18\uff19\uff10": "081234567890",
    "\u0660\u0668\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668": "0812345678",
    "\u06f0\u06f8\u06f1\u06f2\u06f3\u06f4\u06f5\u06f6\u06f7\u06f8": "0812345678",
}
"""Taken, and said."""

REFUSED = {
    "\u0660\u0668\u0661\u0662 \u0663\u0664\u0665\u0666 \u0667\u0668\u0669\u0660": "number.digits_not_ascii",
    "0812345\u0666\u0667\u0668\u0669\u0660": "number.digits_not_ascii",
    "\u096e\u0967\u0968\u0969\u096a\u096b\u096c\u096d\u096e\u096f": "number.digits_not_ascii",
    "8123456789.00": "number.decimal_zero",
    "81.234.567.000": "number.amount",
    "HP: 081234567890 / 081234567891": "number.several",
    "HP: 08123456789O": "number.letters",
    "HP istri: 081234567890": "number.letters",
    "HP 2: 081234567890": "number.letters",
    "No 1 081234567890": "number.letters",
    "fax 081234567890": "number.letters",
    "0812 WA 34567890": "number.letters",
    "Ani HP 081234567890": "number.letters",
    "081234567890 (WA) 5": "number.letters",
    "tel:+6591234567": "number.letters",
    "wa.me/6591234567": "number.letters",
    "081234567890 (istri)": "number.letters",
    "081234567890;;": "number.characters",
    "\u200f0812 3456 7890": "number.characters",
    "\u202b0812-3456-7890\u202c": "number.characters",
    "\u20670812 3456 7890\u2069": "number.characters",
    "": "number.missing",
    "   \u00a0\u200b": "number.missing",
    "'": "number.missing",
    '=""': "number.missing",
    "081234567890\u00b2": "number.digits_not_ascii",
    "8.12135E+10": "number.scientific",
    "8,12135E+10": "number.scientific",
    "8e10": "number.scientific",
    "081234567890/081234567891": "number.several",
    "081234567890 / 91": "number.several",
    "081234567890, 081234567891": "number.several",
    "081234567890 atau 081234567891": "number.several",
    "081234567890\n081234567891": "number.several",
    "081234567890 081234567891": "number.several",
    "0812345678 90": "number.several",
    "0812-3456-789 2": "number.several",
    "08123456789O": "number.letter_o",
    "o81234567890": "number.letter_o",
    "0812345678l0": "number.letters",
    "0812 OOO 7890 x": "number.letters",
    "null": "number.letters",
    "081234567890,00": "number.decimal_zero",
    "8123,45": "number.decimal",
    "0812.34567890": "number.decimal",
    "812.555.100,00": "number.decimal",
    "12.345.678": "number.decimal",
    "8,123,456,789": "number.amount",
    "812.555.100": "number.amount",
    "812,555,100": "number.amount",
    "'812.555.100": "number.amount",
    "628.125.551.000": "number.amount",
    "62.812.555.100": "number.amount",
    "+62.81234567890": "number.decimal",
    "+65 9123 4567": "number.foreign",
    "+81234567890": "number.foreign",
    "0081234567890": "number.foreign",
    "+081234567890": "number.foreign",
    "0812_3456_7890": "number.characters",
    "0812*3456": "number.characters",
    "081234567890\x00": "number.characters",
    "-081234567890": "number.spelling",
    "081234567890-": "number.spelling",
    "0812--34567890": "number.spelling",
    "081234567890 (2)": "number.spelling",
    "(0)81234567890": "number.spelling",
    "(0812 3456 7890": "number.spelling",
    "0812 3456.7890": "number.spelling",
    "-": "number.missing",
    "( )": "number.missing",
    "?": "number.missing",
    "0": "number.length",
    "0812": "number.length",
    "081234567": "number.length",
    "08123456789012": "number.length",
    "12345": "number.length",
    "8123456789012": "number.length_with_zero",
    "+62 812 3456": "number.length_with_zero",
    "081234567890\ufe0f": "number.characters",
    "02112345678": "number.landline",
    "+62 22 1234567": "number.landline",
    "0274512345": "number.landline",
    "062812345678": "number.landline",
    "084123456789": "number.prefix",
    "080123456789": "number.prefix",
    "2112345678": "number.prefix",
    "620812345678": "number.prefix",
    "6591234567": "number.prefix",
    "1500123456": "number.prefix",
}

NATIONAL = st.from_regex(r"08[1-35-9][0-9]{7,10}", fullmatch=True)


def is_valid(national: str) -> bool:
    """What Google's numbering-plan metadata, an independent source, says of the number."""
    parsed = phonenumbers.parse(national, "ID")
    mobile = phonenumbers.PhoneNumberType.MOBILE
    return phonenumbers.is_valid_number(parsed) and phonenumbers.number_type(parsed) == mobile


def wording(problem: Problem) -> str:
    named = {name for _, name, _, _ in Formatter().parse(say.WORDS[problem.code]) if name}
    assert named <= problem.facts.keys()
    return say.text(problem.code, **problem.facts)


@pytest.mark.parametrize(("text", "national"), ACCEPTED.items(), ids=map(ascii, ACCEPTED))
def test_accepts_every_unmistakable_spelling(text: str, national: str) -> None:
    assert normalise(text) == Number(national)


@pytest.mark.parametrize(("text", "national"), LOOSE.items(), ids=map(ascii, LOOSE))
def test_takes_what_a_colleague_reads_at_once_and_says_so(text: str, national: str) -> None:
    found = normalise(text)
    assert found == Number(national)
    assert isinstance(found, Number)
    assert found.loose


def test_an_unmistakable_spelling_is_not_said() -> None:
    for text in ACCEPTED:
        found = normalise(text)
        assert isinstance(found, Number)
        assert not found.loose


@pytest.mark.parametrize(("text", "code"), REFUSED.items(), ids=map(ascii, REFUSED))
def test_refuses_what_is_in_doubt_and_says_why(text: str, code: str) -> None:
    problem = normalise(text)
    assert isinstance(problem, Problem)
    assert problem.code == code
    assert wording(problem).isprintable()


def test_suggests_a_number_only_where_the_slip_is_plain() -> None:
    letter, decimal = normalise("O812-345"), normalise("O81234567890")
    assert isinstance(letter, Problem)
    assert isinstance(decimal, Problem)
    assert "suggestion" not in letter.facts
    assert decimal.facts["suggestion"] == "081234567890"


def test_what_may_be_an_amount_is_refused_with_both_readings() -> None:
    problem = normalise("628.125.551.000")
    assert isinstance(problem, Problem)
    assert (problem.facts["suggestion"], problem.facts["amount"]) == ("08125551000", "628125551000")


def test_a_problem_shows_a_long_or_unprintable_text_safely() -> None:
    problem = normalise("\x1b[31m" + "x" * 5000)
    assert isinstance(problem, Problem)
    assert len(problem.facts["text"]) == 40
    assert problem.facts["text"].startswith("U+001B[31m")
    assert wording(problem).isprintable()


@st.composite
def spellings(draw: st.DrawFn) -> tuple[str, str]:
    """A valid number and one of the ways in which people write it."""
    national = draw(NATIONAL)
    start = draw(
        st.sampled_from(["0", "", "62", "+62", "+62 ", "+62-", "0062 ", "(+62) ", "+62 (0)", "+62 0"])
    )
    separator = draw(st.sampled_from(["", " ", "-", " - ", "\u00a0", "\u2011", "\u2013", "."]))
    cuts = [0, 3, draw(st.integers(6, 7)), len(national) - 1]
    subscriber = national[1:]
    grouped = separator.join(subscriber[a:b] for a, b in pairwise(cuts) if a < b)
    if separator == ".":
        assume(len(subscriber) - cuts[2] > 2)
        assume(start or set(map(len, grouped.split("."))) != {3})  # that may be an amount
    assume(separator != "" or not start.endswith("-"))
    around = draw(st.sampled_from(["{}", " {} ", "\u200e{}\u200f", "'{}", '="{}"', "\ufeff{}\n"]))
    return national, around.format(start + grouped)


@given(spellings())
@example(("08123456789", "62812-345-6789"))
def test_every_spelling_of_a_number_comes_back_to_it(spelling: tuple[str, str]) -> None:
    national, text = spelling
    found = normalise(text)
    assert found == Number(national)


@given(st.text(alphabet=st.sampled_from("0123456789 ()+-./,'\"=Ee\u00a0\u200bO\n"), max_size=24))
def test_whatever_is_accepted_is_a_valid_mobile_number(text: str) -> None:
    found = normalise(text)
    if isinstance(found, Number):
        assert is_valid(found.national)
        assert normalise(found.national) == found


@given(st.from_regex(r"0?8[0-9]{6,13}", fullmatch=True))
def test_bare_digits_are_judged_as_the_numbering_plan_does(digits: str) -> None:
    national = "0" + digits.removeprefix("0")
    assert isinstance(normalise(digits), Number) == is_valid(national)


@given(st.text(max_size=60))
def test_no_text_raises_and_no_digit_is_made_up(text: str) -> None:
    found = normalise(text)
    if isinstance(found, Problem):
        assert wording(found).isprintable()
    else:
        digits = "".join(str(unicodedata.decimal(c)) for c in text if c.isdecimal())
        assert digits.removesuffix("0" * found.loose).endswith(found.national[1:]) or digits.endswith(
            found.national[1:]
        )


def spelled_in_groups() -> st.SearchStrategy[str]:
    """Digits that may well be a mobile number, parted anywhere by what people part them with."""
    separators = st.sampled_from(["", " ", "-", " ", "-", ".", "  ", " - "])
    groups = st.lists(
        st.tuples(st.from_regex("[0-9]{1,6}", fullmatch=True), separators), min_size=1, max_size=5
    )
    starts = st.sampled_from(["", "0", "62", "+62", "+62 ", "62-", "62 0", "0062 ", "+62 (0)", " 0", "+63 "])
    operators = st.sampled_from(["8", "81", "812", "8123", "84", "840"])
    return st.builds(
        lambda start, operator, end: start + operator + "".join(gap + digits for digits, gap in end),
        starts,
        operators,
        groups,
    )


@given(
    st.lists(
        st.one_of(
            spelled_in_groups(),
            st.from_regex(r"[+0628]{0,4}8[0-9]{5,13}[ é]?", fullmatch=True),
            st.text("0628 +-.\0\n", max_size=18),
        ),
        max_size=30,
    )
)
@example([])
@example([""])
@example(["\0", "081234567890", "", "081234567890\n", "", "0812-3456-7890"])
@example(["08123456789 01", "0812 345678901", "62 812 3456 78901", "+62-812-3456-789012"])
def test_a_column_gives_the_same_as_each_of_its_texts(drawn: list[str]) -> None:
    texts = [*ACCEPTED, *drawn, *REFUSED, *drawn, *ACCEPTED]
    nationals, problems = normalise_column(texts)
    assert len(nationals) == len(texts)
    for position, text in enumerate(texts):
        found = normalise(text)
        if isinstance(found, Number):
            assert nationals[position] == found.national
            assert position not in problems
        else:
            assert nationals[position] == ""
            assert problems[position] == found


def test_a_series_is_a_column_too() -> None:
    nationals, problems = normalise_column(pd.Series(["0812-3456-7890", "x"], index=[7, 9], dtype=object))
    assert nationals == ["081234567890", ""]
    assert list(problems) == [1]


def test_a_repeated_oddity_is_parsed_once() -> None:
    _, problems = normalise_column(["n/a"] * 3)
    assert problems[0] is problems[1] is problems[2]


def test_a_mark_that_shows_digits_in_reverse_is_no_mark_to_drop() -> None:
    """A person sees 0812345678980; the file holds the digits the other way round."""
    found = normalise("\N{RIGHT-TO-LEFT OVERRIDE}0898765432180")
    assert isinstance(found, Problem)
    assert found.code == "number.characters"
    assert normalise("\N{LEFT-TO-RIGHT OVERRIDE}081234567890\N{POP DIRECTIONAL FORMATTING}") == Number(
        "081234567890"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1", "1 has 1 digit;"),
        ("08123456789012", "has 14 digits;"),
        ("812345678901234", "has 16 digits with its leading 0;"),
        ("+62812345678901234", "has 16 digits with its leading 0;"),
        ("0812\ufe0f34567890", "(U+FE0F)"),
        ("0812\u3164345678", "(U+3164)"),
    ],
)
def test_what_is_said_of_a_number_is_what_the_cell_shows(text: str, said: str) -> None:
    problem = normalise(text)
    assert isinstance(problem, Problem)
    assert said in wording(problem)

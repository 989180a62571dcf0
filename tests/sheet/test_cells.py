"""What a cell's value is to a person: one rule for all readers of workbooks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_topup.core.model import OddCell, Oddity
from bulk_topup.sheet import cells
from bulk_topup.sheet.number_formats import Shape, shape_of

PHONE = "81213456789"


@pytest.mark.parametrize(
    "code",
    [
        *("General", "GENERAL", "Standard", "@", "", "0", "#", "#,##0", "0.00", "#,##0.00", "0_ ", "[Red]0"),
        *("$#,##0_);($#,##0)", '_($* #,##0_);_($* (#,##0);_($* "-"_);_(@_)', "[$€-2]#,##0"),
        *("General;[Red]\\-General", "[$-409]General", '"Rp"#,##0', "[$Rp-421]#,##0", "0;-0;;@"),
        '_(* #,##0_);_(* \\(#,##0\\);_(* "-"_);_(@_)',
        '_-"Rp"* #,##0_-;\\-"Rp"* #,##0_-;_-"Rp"* "-"_-;_-@_-',
    ],
)
def test_a_plain_format_is_told_at_once(code: str) -> None:
    assert shape_of(code) is Shape.PLAIN
    assert cells.of_number(PHONE, code) == PHONE


@pytest.mark.parametrize(
    "code",
    [
        *("00", "00000000000", "# ##0", '[>100]0;[Red]"kecil"', '[=1]"Ya";[=0]"Tidak";0', "[<9]General;0"),
        *("???????????????", "000_)", '[>99999999999]"0"0;0'),
    ],
)
def test_a_number_in_a_format_that_shows_its_digits_is_its_digits(code: str) -> None:
    assert cells.of_number(PHONE, code) == PHONE


@pytest.mark.parametrize(
    "code",
    [
        *(
            "yyyy",
            "d/m/yy",
            "h:mm AM/PM",
            "[h]:mm:ss",
            "[h]",
            "[mm]",
            "[ss]",
            "mm:ss.0",
            "[$-421]dd mmmm yyyy",
            "yyyy\\-mm\\-dd;@",
        ),
        "[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy",
    ],
)
def test_a_number_in_a_date_format_is_a_date(code: str) -> None:
    assert cells.of_number("49999", code).kind is Oddity.DATE  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "code",
    [
        *(";;;", '"Lunas"', '""'),
        *("0,", "#,", "#,##0,", "0.0,,", "0,.0"),
        *(
            '[>100]"0"0;[Red]"kecil"',
            '[=1]"Ya";[=0]"Tidak";"0"0',
            "[<9]0;;",
            "[<=9999999]###-####;(###) ###-####",
        ),
        *("0000-0000-0000", "0.00E+00", "# ?/?", '"0"0', '"+62"0', "[$-0421]0812######"),
        *("[$08]0", "[$+62-421]0", "[$08]General", "*00"),
        *('"+"0', "\\+0", "[$+]0", '"+"#,##0', '"+"General'),
    ],
)
def test_a_number_that_is_shown_as_something_else_is_not_taken(code: str) -> None:
    assert cells.of_number(PHONE, code).kind in {Oddity.TWO_READINGS, Oddity.FORMAT}  # type: ignore[union-attr]


def test_zeros_that_only_the_format_adds_are_shown_and_not_stored() -> None:
    assert cells.of_number("8121345678", "00000000000") == OddCell(
        Oddity.TWO_READINGS, "08121345678", "8121345678"
    )
    assert cells.of_number(PHONE, '"0"0') == OddCell(Oddity.TWO_READINGS, "0" + PHONE, PHONE)


@pytest.mark.parametrize(
    ("stored", "shown"), [("0.1", "10%"), ("0.07", "7%"), ("1", "100%"), ("12.345", "1234.5%"), ("0", "0%")]
)
def test_a_percentage_is_shown_times_a_hundred_and_exactly(stored: str, shown: str) -> None:
    assert cells.of_number(stored, "0%") == OddCell(Oddity.TWO_READINGS, shown, stored)


def test_a_number_that_is_no_day_is_shown_as_its_digits() -> None:
    assert cells.of_number("81213456789", "dd/mm/yyyy") == OddCell(Oddity.DATE, "81213456789", "81213456789")


@pytest.mark.parametrize(
    "stored", ["", " 5", "5 ", "1_0", "0x10", "NaN", "inf", "1,5", "٣", "--1", "1e", "1e9999", "1e400"]
)
def test_what_is_no_number_has_no_certain_reading(stored: str) -> None:
    assert cells.of_number(stored) == OddCell(Oddity.UNKNOWN, stored)


@pytest.mark.parametrize("stored", ["81213456789", "81213456789.0", "8.1213456789E10", "8.1213456789e+10"])
def test_a_whole_number_is_its_digits_however_it_is_spelled(stored: str) -> None:
    assert cells.of_number(stored) == PHONE


@given(st.integers(0, 10**15 - 1))
def test_a_whole_number_comes_back_digit_by_digit_or_is_marked(value: int) -> None:
    read = cells.of_number(str(value))
    lost = value >= 10**9 and value % 10**5 == 0
    assert read == (OddCell(Oddity.LOST_DIGITS, str(value)) if lost else str(value))


@given(st.text(max_size=12), st.text(alphabet='0#?.,;%@"\\_*[]<>=yhmsGeneralE+-/ ', max_size=12))
def test_no_value_and_no_format_is_too_odd_for_an_answer(stored: str, code: str) -> None:
    assert isinstance(cells.of_number(stored, code), str | OddCell)


@given(st.from_regex(r"-?[0-9]{1,20}(\.[0-9]{1,9})?(E[+-]?[0-9]{1,3})?", fullmatch=True), st.booleans())
def test_every_number_has_an_answer_as_a_date_and_as_a_percentage(stored: str, epoch_1904: bool) -> None:
    assert isinstance(cells.of_number(stored, "yyyy-mm-dd", epoch_1904=epoch_1904), OddCell)
    assert isinstance(cells.of_number(stored, "0%"), OddCell)


def test_days_are_counted_from_the_epoch_of_the_workbook() -> None:
    assert cells.date_text(45000) == "2023-03-15"
    assert cells.date_text(43538, epoch_1904=True) == "2023-03-15"
    assert cells.date_text(1) == "1900-01-01"
    assert cells.date_text(61) == "1900-03-01"
    assert cells.date_text(0.5) == "12:00:00"


def test_a_text_in_the_brackets_of_a_currency_is_shown() -> None:
    phone = "81234567816"
    assert cells.of_number(phone, "[$08]0") == OddCell(Oddity.TWO_READINGS, "08" + phone, phone)
    assert cells.of_number(phone, "[Red][$+62-421]0") == OddCell(Oddity.TWO_READINGS, "+62" + phone, phone)


@pytest.mark.parametrize("code", [";;;", '""', "[Red];;;", ";;;@"])
def test_a_number_whose_format_shows_nothing_is_told_with_the_whole_format(code: str) -> None:
    assert cells.of_number("5000", code) == OddCell(Oddity.FORMAT, "5000", code)


@pytest.mark.parametrize(
    "code",
    [
        *(
            "0.00E+00",
            "# ?/?",
            "[$-0421]0812######",
            "0,0",
            "0-0.0",
            "[>9]0,;0",
            "[<9]0-0;[<8]0-0",
            "[<x]0-0",
        ),
        *("[>=9]0/0;0", "General0", "General General", "0-0.00;[Red]0", "\\+620-0"),
    ],
)
def test_a_format_that_does_more_than_set_digits_apart_is_named_whole(code: str) -> None:
    assert cells.of_number("5000", code) == OddCell(Oddity.FORMAT, "5000", code)


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        *(("0000-0000-0000", "0812-1345-1678"), ("0\\-000", "81213451-678")),
        *((r"0000\-0000\-0000", "0812-1345-1678"), ("0000 0000 0000;-0", "0812 1345 1678")),
        *(('"0"###-####-####', "0812-1345-1678"), (r"\0###\-####\-####", "0812-1345-1678")),
        *(("(0000) 0000-0000", "(0812) 1345-1678"), ("???-????-????", "812-1345-1678")),
        *((r"\+62\ 000\-0000\-0000", "+62 812-1345-1678"), ("[$+62-421] 000-0000-0000", "+62 812-1345-1678")),
        (r"[<=9999999]###\-####;\(###\)\ ###\-####", "(8121) 345-1678"),
        *(("[Red]0000000-0000000-0000", "0000000-8121345-1678"), ("0_-00", "812134516 78")),
    ],
)
def test_digits_that_are_set_apart_are_shown_so(code: str, shown: str) -> None:
    assert cells.of_number("81213451678", code) == OddCell(Oddity.TWO_READINGS, shown, "81213451678")


@pytest.mark.parametrize(
    ("stored", "code", "shown"),
    [
        ("0", "00-00", "00-00"),
        ("7", "##-00", "-07"),
        ("0", "#-#", "-"),
        ("7", "?-?", "-7"),
        ("120", "0-0", "12-0"),
    ],
)
def test_a_place_without_a_digit_is_a_zero_a_blank_or_nothing(stored: str, code: str, shown: str) -> None:
    assert cells.of_number(stored, code) == OddCell(Oddity.TWO_READINGS, shown, stored)


def test_a_number_that_is_not_above_zero_is_not_played() -> None:
    for stored, code in (("-5", "0-0"), ("0", "0-0;;0")):
        assert cells.of_number(stored, code) == OddCell(Oddity.FORMAT, stored, code)


def test_a_semicolon_in_quotes_ends_no_section() -> None:
    assert cells.of_number("5000", '"a;08"0') == OddCell(Oddity.TWO_READINGS, "a;085000", "5000")


@pytest.mark.parametrize(
    "code",
    [
        *("General", "@", "", "0", "0;-0", "0;-0;;@", "[Red]@", "@* ", "yyyy\\-mm\\-dd;@", ';;"08"'),
        *('"08"0', "General;General;General;General", '_(* #,##0_);_(* \\(#,##0\\);_(* "-"_);_(@_)'),
    ],
)
def test_a_text_in_a_format_that_adds_nothing_to_it_is_itself(code: str) -> None:
    assert cells.of_text("81234567817", code) == "81234567817"


@pytest.mark.parametrize("code", ['"08"@', '0;;;"08"@', "[$08]@", "\\0\\8@", '0;"08"@'])
def test_a_text_with_more_text_from_its_format_has_two_readings(code: str) -> None:
    assert cells.of_text("81234567817", code) == OddCell(Oddity.TWO_READINGS, "0881234567817", "81234567817")
    assert cells.of_text("", code) == ""


def test_a_text_that_its_format_hides_travels_and_is_told() -> None:
    assert cells.of_text("S5", "0;;;") == OddCell(Oddity.FORMAT, "S5", "0;;;")
    assert cells.of_text("S5", '0;;;"x"') == OddCell(Oddity.FORMAT, "S5", '0;;;"x"')


@given(st.text(max_size=12), st.text(alphabet='08#.;%@"\\_*[]$<>=-yGeneral ', max_size=12))
def test_no_text_and_no_format_is_too_odd_for_an_answer(text: str, code: str) -> None:
    read = cells.of_text(text, code)
    assert read == text or (isinstance(read, OddCell) and text in {read.shown, read.stored})


@pytest.mark.parametrize(
    ("stored", "code", "shown"),
    [("1.25", "[h]:mm", "30:00"), ("1.25", "[hh]:mm:ss", "30:00"), ("-0.5", "[h]:mm", "-12:00")],
)
def test_a_duration_runs_on_beyond_a_day(stored: str, code: str, shown: str) -> None:
    assert cells.of_number(stored, code) == OddCell(Oddity.DATE, shown, stored)


def test_a_formula_whose_result_is_outdated_shows_it_and_has_no_value() -> None:
    assert cells.of_formula_without_value("S5") == OddCell(Oddity.NO_VALUE, "S5")
    percent = OddCell(Oddity.TWO_READINGS, "10%", "0.1")
    assert cells.of_formula_without_value(percent) == OddCell(Oddity.NO_VALUE, "10%")

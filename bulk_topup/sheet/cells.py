"""What a cell's value is to a person, given how the workbook stores and shows it. One rule for all readers.

A number is its digits. Where the stored value and what the program shows can be read differently, the cell is
an `OddCell` with both, and nobody guesses.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from bulk_topup.model import OddCell, Oddity

if TYPE_CHECKING:
    from collections.abc import Mapping

EXACT_BELOW = 10**15
"""Excel keeps 15 significant digits: a longer number may have lost some before the file was saved."""

LOST_FROM = 10**9
LOST_UNIT = 10**5
"""A number of ten digits or more that ends in five zeros is what is left of one shown as 8.12135E+10."""


_GENERAL = {"general", "standard"}


class Shape(StrEnum):
    """What a number format makes of a number."""

    PLAIN = "plain"
    DATE = "date"
    PERCENT = "percent"
    PADDED = "padded"
    OTHER = "other"


ERROR = re.compile(r"#[A-Z0-9/]+[!?]?|(?:Err|Error|Fehler|Galat):[0-9]{3}")
"""How spreadsheet programs show an error."""

_LITERALS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_SIGNS = re.compile(rf"{_LITERALS.pattern}|.", re.DOTALL)
_BRACKETED = re.compile(r"\[\$(?!-)(.*?)(?:-[0-9A-Fa-f,]*)?\]")
"""A text that is shown, as the currency in `[$Rp-421]`; without one, as in `[$-421]`, it is a language."""
_PLAIN_FORMAT = re.compile(r"(?:@|\$?(?:[#,]*0?(?:\.[0#?]+)?|#*[ ,.]?#*0(?:\.[0#?]+)?))?")
_PADDED = re.compile(r"0{2,}")
_DURATION = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_CONDITION = re.compile(r"\[[<>=]")
_SCALED = re.compile(r"[0#?],+(?:\.|$)")
"""A comma behind the digits shows thousands."""


_DATES = {
    **dict.fromkeys(
        [*range(14, 18), *range(27, 32), 34, 35, 36, *range(50, 59), *range(71, 75), 81], "yyyy-mm-dd"
    ),
    **dict.fromkeys([18, 19, 20, 21, 32, 33, 45, 47, *range(75, 78), 78, 80], "hh:mm:ss"),
    22: "yyyy-mm-dd hh:mm",
    46: "[h]:mm:ss",
    79: "[h]:mm:ss",
}
BUILT_IN_FORMATS: Mapping[int, str] = {
    0: "General",
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    **dict.fromkeys((5, 6, 37, 38, 41, 42, 59, 61), "#,##0"),
    **dict.fromkeys((7, 8, 39, 40, 43, 44, 60, 62), "#,##0.00"),
    48: "##0.0E+0",
    49: "@",
    67: "0%",
    68: "0.00%",
    69: "# ?/?",
    70: "# ??/??",
    **_DATES,
}
"""The formats that have a number and no code in the file (ECMA-376 part 1, 18.8.30), as far as our rule for
what a cell means can tell them apart. Those that the standard leaves to the language are dates there."""


@lru_cache(maxsize=4096)
def shape_of(code: str) -> Shape:
    """What a number format code (`0.00`, `dd/mm/yyyy`, `"0"0`) makes of a positive number."""
    first = _sections(code)[0]
    bare = _LITERALS.sub("", first).strip()
    literal = "".join(map(_literal, _LITERALS.findall(first))).strip()
    if bare.casefold() in _GENERAL:
        return Shape.OTHER if literal or _CONDITION.search(first) else Shape.PLAIN
    if re.search(r"[ymdhs]", bare, re.IGNORECASE) or _DURATION.search(first):
        return Shape.DATE
    if "%" in bare:
        return Shape.PERCENT
    if _CONDITION.search(first) or _SCALED.search(bare) or (not bare and code.strip()):
        return Shape.OTHER
    if _PADDED.fullmatch(bare) and not literal:
        return Shape.PADDED
    return (
        Shape.PLAIN
        if _PLAIN_FORMAT.fullmatch(bare) and not any(c.isdigit() for c in literal)
        else Shape.OTHER
    )


@lru_cache(maxsize=4096)
def shows_text(code: str) -> bool:
    """Whether a text is shown as it is in this number format."""
    section = _text_section(code)
    return section is None or _rendered(section).strip().casefold() in {"@", *_GENERAL}


def _text_section(code: str) -> str | None:
    """The fourth; of fewer the last one with an `@`. None where the format has nothing to say of texts."""
    sections = _sections(code)
    if len(sections) > 3:
        return sections[3]
    return next((each for each in reversed(sections) if "@" in _LITERALS.sub("", each)), None)


def _sections(code: str) -> list[str]:
    """Those between the semicolons: for numbers above zero, below and at zero, and for texts."""
    sections = [""]
    for sign in _SIGNS.findall(code):
        if sign == ";":
            sections.append("")
        else:
            sections[-1] += sign
    return sections


def _rendered(section: str) -> str:
    return _LITERALS.sub(lambda found: _literal(found[0]), section)


def _literal(sign: str) -> str:
    """What is shown of a literal; of one that fills the cell (`*0`), once."""
    if sign[0] == '"':
        return sign[1:-1]
    if sign[0] in "\\*":
        return sign[1:]
    shown = _BRACKETED.fullmatch(sign)
    return shown[1] if shown else ""


def of_number(stored: str, code: str = "General", *, epoch_1904: bool = False) -> str | OddCell:
    """A number cell: `stored` as the file spells it, `code` its number format.

    A spelling that is no number is an `OddCell`, too: some other program wrote it, and readers differ.
    """
    digits = _whole(stored)
    if digits is None:
        return of_unknown(stored)
    match shape_of(code):
        case Shape.PLAIN:
            return _plain(digits)
        case Shape.DATE:
            return OddCell(Oddity.DATE, _date_shown(float(stored), code, epoch_1904), _shown(digits))
        case Shape.PERCENT:
            percent = Decimal(stored).scaleb(2).normalize()
            return OddCell(Oddity.TWO_READINGS, f"{percent:f}%", _shown(digits))
        case Shape.PADDED:
            return _padded(digits, code)
        case Shape.OTHER:
            return _as_shown(digits, code)


def of_number_shown(stored: str, shown: str) -> str | OddCell:
    """A number cell of a file that states the text shown, and so needs no format to be played.

    Some programs store an error as 0 and show it as `Err:502`.
    """
    if ERROR.fullmatch(shown):
        return of_error(shown)
    plain = of_number(stored)
    if isinstance(plain, OddCell) or not shown or _whole_number(shown) == plain.removeprefix("-"):
        return plain
    return OddCell(Oddity.TWO_READINGS, shown, plain)


def of_text(text: str, code: str) -> str | OddCell:
    """A text cell: `code` is its number format, which may show more than the text, or nothing of it."""
    if not text or shows_text(code):
        return text
    section = _text_section(code) or ""
    if not _rendered(section).strip():
        return OddCell(Oddity.TWO_READINGS, text, _nothing(code))
    if "@" not in _LITERALS.sub("", section):
        return OddCell(Oddity.TWO_READINGS, text, f"in the format {code}")
    signs = _SIGNS.findall(section)
    shown = "".join(text if sign == "@" else _rendered(sign) for sign in signs)
    return OddCell(Oddity.TWO_READINGS, shown, text)


def of_boolean(value: bool) -> OddCell:
    return OddCell(Oddity.BOOLEAN, "TRUE" if value else "FALSE")


def of_error(shown: str) -> OddCell:
    """An error cell, as `#N/A`."""
    return OddCell(Oddity.ERROR, shown)


def of_unknown(stored: str) -> OddCell:
    """A value that its type does not allow: programs differ in what they make of it."""
    return OddCell(Oddity.TWO_READINGS, stored, "?")


def of_iso_date(stored: str) -> OddCell:
    """A date that is stored as a text, as `2036-11-21T00:00:00`."""
    return OddCell(Oddity.DATE, stored.removesuffix("T00:00:00"), stored)


def of_formula_without_value(outdated: str | OddCell = "") -> OddCell:
    """`outdated` is the result that the file holds, where it says itself that it is to be calculated anew."""
    return OddCell(Oddity.NO_VALUE, outdated.shown if isinstance(outdated, OddCell) else outdated)


def date_text(serial: float, *, epoch_1904: bool = False) -> str:
    """The date (and the time, if there is one) of a serial day number, ISO; the number where it is none."""
    # Excel counts a 29 February 1900 that never was: before it, its days are one behind.
    epoch = datetime(1904, 1, 1) if epoch_1904 else datetime(1899, 12, 30 if serial >= 60 else 31)  # noqa: DTZ001
    try:
        moment = epoch + timedelta(seconds=round(serial * 86_400))
    except (OverflowError, ValueError):
        return repr(serial)
    if 0 <= serial < 1 and not epoch_1904:
        return f"{moment:%H:%M:%S}"
    return f"{moment:%Y-%m-%d}" if serial == int(serial) else moment.isoformat()


def _date_shown(serial: float, code: str, epoch_1904: bool) -> str:
    """A duration (`[h]:mm`) runs on beyond 24 hours."""
    if not _DURATION.search(_sections(code)[0]) or not abs(serial) < _LONGEST_DURATION:
        return date_text(serial, epoch_1904=epoch_1904)
    minutes, seconds = divmod(round(abs(serial) * 86_400), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{'-' * (serial < 0)}{hours}:{minutes:02}" + (f":{seconds:02}" if seconds else "")


_LONGEST_DURATION = 10**9
"""In days, far beyond the last one of the calendar."""


# -- one number --------------------------------------------------------------------------------------------

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")


def _whole(stored: str) -> str | float | None:
    """Its digits if it is a whole number, else its value; None where it is no number."""
    if stored.isascii() and stored.isdigit() and len(stored) <= 15:
        return str(int(stored))
    if not _NUMBER.fullmatch(stored):
        return None
    value = float(stored)
    return str(int(value)) if value.is_integer() and abs(value) < 1e21 else value


def _shown(digits: str | float) -> str:
    return digits if isinstance(digits, str) else repr(digits)


def _plain(digits: str | float) -> str | OddCell:
    if isinstance(digits, float):
        return OddCell(Oddity.DECIMAL, repr(digits))
    return OddCell(Oddity.LOST_DIGITS, digits) if _has_lost_digits(int(digits)) else digits


def _has_lost_digits(value: int) -> bool:
    return abs(value) >= EXACT_BELOW or (abs(value) >= LOST_FROM and value % LOST_UNIT == 0)


def _padded(digits: str | float, code: str) -> str | OddCell:
    plain = _plain(digits)
    if isinstance(plain, OddCell):
        return plain
    padded = plain.zfill(_sections(code)[0].count("0"))
    return plain if padded == plain else OddCell(Oddity.TWO_READINGS, padded, plain)


def _as_shown(digits: str | float, code: str) -> str | OddCell:
    """With literal text around one run of digits, as `"+62"0`; any other format is named, not played."""
    plain = _plain(digits)
    if isinstance(plain, OddCell):
        return plain
    first = _sections(code)[0]
    if not _rendered(first).strip():
        return OddCell(Oddity.TWO_READINGS, plain, _nothing(code))
    around = _AROUND.fullmatch(first)
    if around is None:
        return OddCell(Oddity.TWO_READINGS, plain, f"in the format {code}")
    before, zeros, after = around.groups()
    shown = f"{_rendered(before)}{plain.zfill(zeros.count('0'))}{_rendered(after)}"
    return OddCell(Oddity.TWO_READINGS, shown, plain)


_LITERAL_SIGNS = r"""((?:"[^"]*"|\\.|\[(?![<>=])[^\]]*\]|[ +()-])*)"""
_AROUND = re.compile(rf"{_LITERAL_SIGNS}(General|#*0|0{{2,}}){_LITERAL_SIGNS}", re.IGNORECASE)


def _nothing(code: str) -> str:
    return f"nothing (its format is {code})"


_GROUPED = r"(?P<grouped>[0-9]{1,3}(?P<sign>[.,' \u00a0\u2019\u202f])[0-9]{3}(?:(?P=sign)[0-9]{3})*)"
_SHOWN = re.compile(rf"[^0-9]*(?:{_GROUPED}|(?P<plain>[0-9]+))(?:[.,]0+)?[^0-9]*")
"""A whole number as a format may show it: with a currency, in groups of three, with zeros for decimals."""


def _whole_number(shown: str) -> str | None:
    digits = _SHOWN.fullmatch(shown)
    if digits is None:
        return None
    return digits["plain"] or re.sub("[^0-9]", "", digits["grouped"])

"""What a cell's value means to a person, given how the workbook stores and displays it. One rule for all
readers.

A number is its digits. If the stored value and the displayed one can be read differently, the cell is an
`OddCell` with both, and nothing is guessed.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal
from math import isinf

from bulk_topup.core.model import OddCell, Oddity
from bulk_topup.sheet.number_formats import Shape, is_duration, number_shown, shape_of, shows_text, text_shown

EXACT_BELOW = 10**15
"""Excel keeps 15 significant digits: a longer number may have lost some before the file was saved."""

LOST_FROM = 10**9
LOST_UNIT = 10**5
"""A number of ten digits or more that ends in five zeros is probably the remains of one displayed as
8.12135E+10.
"""

ERROR = re.compile(r"#[A-Z0-9/]+[!?]?|(?:Err|Error|Fehler|Galat):[0-9]{3}")
"""How spreadsheet programs display an error."""


def of_number(stored: str, code: str = "General", *, epoch_1904: bool = False) -> str | OddCell:
    """A number cell: `stored` as the file spells it, `code` its number format.

    A spelling that is not a number is an `OddCell`, too: another program wrote it, and readers differ.
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
        case Shape.OTHER:
            return _as_shown(digits, code)


def of_number_shown(stored: str, shown: str) -> str | OddCell:
    """A number cell of a file that states the displayed text, so that no format has to be applied.

    Some programs store an error as 0 and display it as `Err:502`.
    """
    if ERROR.fullmatch(shown):
        return of_error(shown)
    plain = of_number(stored)
    if isinstance(plain, OddCell) and plain.kind is Oddity.UNKNOWN:
        return of_unknown(shown or stored)
    if isinstance(plain, OddCell) or not shown:
        return plain
    without_sign = shown.replace("-", "", 1) if plain.startswith("-") else shown
    if _whole_number(without_sign) == plain.removeprefix("-"):
        return plain
    return OddCell(Oddity.TWO_READINGS, shown, plain)


def of_text(text: str, code: str) -> str | OddCell:
    """A text cell: `code` is its number format, which may display more than the text, or none of it."""
    if not text or shows_text(code):
        return text
    return _two_readings(text, text_shown(text, code), code)


def of_boolean(value: bool) -> OddCell:
    return OddCell(Oddity.BOOLEAN, "TRUE" if value else "FALSE")


def of_error(shown: str) -> OddCell:
    """An error cell, such as `#N/A`."""
    return OddCell(Oddity.ERROR, shown)


def of_unknown(stored: str) -> OddCell:
    """A value that its type does not allow, or of an unknown type: programs read such cells differently."""
    return OddCell(Oddity.UNKNOWN, stored)


def of_iso_date(stored: str) -> OddCell:
    """A date stored as text, such as `2036-11-21T00:00:00`."""
    return OddCell(Oddity.DATE, stored.removesuffix("T00:00:00"), stored)


def of_formula_without_value(outdated: str | OddCell = "") -> OddCell:
    """`outdated` is the stored result if the file itself says that it must be recalculated."""
    return OddCell(Oddity.NO_VALUE, outdated.shown if isinstance(outdated, OddCell) else outdated)


def date_text(serial: float, *, epoch_1904: bool = False) -> str:
    """The date (and the time, if there is one) of a serial day number, ISO; the number itself if it is not
    one.
    """
    # Excel counts a 29 February 1900 that never existed: its earlier days are off by one.
    epoch = datetime(1904, 1, 1) if epoch_1904 else datetime(1899, 12, 30 if serial >= 60 else 31)  # noqa: DTZ001
    try:
        moment = epoch + timedelta(seconds=round(serial * 86_400))
    except (OverflowError, ValueError):
        return repr(serial).removesuffix(".0")
    if 0 <= serial < 1 and not epoch_1904:
        return f"{moment:%H:%M:%S}"
    return f"{moment:%Y-%m-%d}" if serial == int(serial) else moment.isoformat()


def _date_shown(serial: float, code: str, epoch_1904: bool) -> str:
    """A duration (`[h]:mm`) continues beyond 24 hours."""
    if not is_duration(code) or not abs(serial) < _LONGEST_DURATION:
        return date_text(serial, epoch_1904=epoch_1904)
    minutes, seconds = divmod(round(abs(serial) * 86_400), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{'-' * (serial < 0)}{hours}:{minutes:02}" + (f":{seconds:02}" if seconds else "")


_LONGEST_DURATION = 10**9
"""In days, far beyond the end of the calendar."""


# -- one number --------------------------------------------------------------------------------------------

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")


def _whole(stored: str) -> str | float | None:
    """Its digits if it is a whole number, else its value; None if it is not a number."""
    if stored.isascii() and stored.isdigit() and len(stored) <= 15:
        return str(int(stored))
    if not _NUMBER.fullmatch(stored):
        return None
    value = float(stored)
    if isinf(value):
        return None
    return str(int(value)) if value.is_integer() and abs(value) < 1e21 else value


def _shown(digits: str | float) -> str:
    return digits if isinstance(digits, str) else repr(digits)


def _plain(digits: str | float) -> str | OddCell:
    if isinstance(digits, float):
        return OddCell(Oddity.DECIMAL, repr(digits))
    return OddCell(Oddity.LOST_DIGITS, digits) if _has_lost_digits(int(digits)) else digits


def _has_lost_digits(value: int) -> bool:
    return abs(value) >= EXACT_BELOW or (abs(value) >= LOST_FROM and value % LOST_UNIT == 0)


def _as_shown(digits: str | float, code: str) -> str | OddCell:
    """With separators, padding or literal text, as in `0000-0000` and `"+62"0`; other formats are only
    named.
    """
    plain = _plain(digits)
    return plain if isinstance(plain, OddCell) else _two_readings(plain, number_shown(plain, code), code)


def _two_readings(stored: str, shown: str | None, code: str) -> str | OddCell:
    """`shown` is None if the format is not supported."""
    if shown is None or not shown.strip():
        return OddCell(Oddity.FORMAT, stored, code)
    return stored if shown == stored else OddCell(Oddity.TWO_READINGS, shown, stored)


_GROUPED = r"(?P<grouped>[0-9]{1,3}(?P<sign>[.,' \u00a0\u2019\u202f])[0-9]{3}(?:(?P=sign)[0-9]{3})*)"
_SHOWN = re.compile(rf"[^0-9+-]*(?:{_GROUPED}|(?P<plain>[0-9]+))(?:[.,]0+)?[^0-9%]*")
"""A whole number as a format may display it: with a currency, in groups of three, with zeros for decimals.

After a + comes a country code, and a - or a % makes it another number.
"""


def _whole_number(shown: str) -> str | None:
    digits = _SHOWN.fullmatch(shown)
    if digits is None:
        return None
    return digits["plain"] or re.sub("[^0-9]", "", digits["grouped"])

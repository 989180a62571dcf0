"""Reads a cell's text as an Indonesian mobile number in national form (`08…`), or says why it isn't one.
Pure.

A wrong number sends money to a stranger. So the text is filtered strictly before anything is dropped from it,
and whatever can be read in two ways is a `Problem`, never a guess.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from bulk_topup.core.model import SHOWN_CHARACTERS

MIN_DIGITS = 10
MAX_DIGITS = 13
"""Digits of a mobile number in national form, its leading zero included (national numbering plan)."""


@dataclass(frozen=True, slots=True)
class Number:
    national: str
    """`08…`, ASCII digits only."""
    loose: bool = field(default=False, compare=False)
    """Whether the text contains more than the usual separators, as in `HP: 0812…`."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a text is not a mobile number. `code` names the message; `facts` are its values."""

    code: str
    facts: Mapping[str, str] = field(default_factory=dict)


_SUBSCRIBER = r"8[1-35-9][0-9]{7,10}"
_NATIONAL = re.compile(f"0{_SUBSCRIBER}")
_PLAIN = re.compile(rf"(?:\+?62|0)?({_SUBSCRIBER})")


# -- one text, and a column of them ------------------------------------------------------------------------


def normalise(text: str) -> Number | Problem:
    """The mobile number that `text` unambiguously spells, or why there is none. Never raises."""
    if plain := _PLAIN.fullmatch(text):
        return Number("0" + plain[1])
    if mark := _FROM_THE_RIGHT.search(text):
        return _problem("number.characters", text, characters=_printable(mark[0]))
    spelled = _tidy(text)
    strict = _strictly(spelled)
    if isinstance(strict, Problem) and (bare := _bare(spelled)) != spelled:
        loose = _strictly(bare)
        return Number(loose.national, loose=True) if isinstance(loose, Number) else strict
    return strict


def _strictly(spelled: str) -> Number | Problem:
    if not _DIGITS_IN_GROUPS.fullmatch(spelled):
        for find in _FILTERS:
            if problem := find(spelled):
                return problem
    return _parse(spelled)


def normalise_column(texts: Iterable[str]) -> tuple[list[str], dict[int, Problem]]:
    """Normalise a whole column (a list or a Series of `str`).

    Returns the national numbers by position, "" where there is none, and the problems of those positions.
    Each distinct odd text is parsed once: a sheet repeats its oddities.
    """
    column = list(texts)
    nationals = _usual(column)
    problems: dict[int, Problem] = {}
    parsed: dict[str, Number | Problem] = {}
    for position in [at for at, national in enumerate(nationals) if not national]:
        text = column[position]
        found = parsed.get(text)
        if found is None:
            found = parsed[text] = normalise(text)
        if isinstance(found, Problem):
            problems[position] = found
        else:
            nationals[position] = found.national
    return nationals, problems


_USUAL_IN_COLUMN = re.compile(
    r"(?:0|\+?62[ -]?)?(8[1-35-9](?:[0-9]{7,10}|[0-9]{0,2}[ -][0-9]{2,5}[ -][0-9]{2,5}))\0|[^\0]*+\0"
)
"""Plain digits, or the usual groups: with such a short first group they are not two numbers.

Matches once for each of many texts with a NUL behind each; gives the subscriber number, or none.
"""


def _usual(column: list[str]) -> list[str]:
    """The national number in each text, "" if it is not spelled as usual: one search instead of a million."""
    if not column:
        return []
    joined = "\0".join([*column, ""])
    if joined.count("\0") > len(column):  # A text that contains one itself.
        joined = "".join(text.replace("\0", "?") + "\0" for text in column)
    found = "\0".join(_USUAL_IN_COLUMN.findall(joined)).replace(" ", "").replace("-", "").split("\0")
    return [f"0{each}" if MIN_DIGITS <= len(each) + 1 <= MAX_DIGITS else "" for each in found]


# -- tidy: what may be dropped without a doubt -------------------------------------------------------------

_FROM_THE_RIGHT = re.compile(r"[\u061c\u200f\u202b\u202e\u2067](?=.*\d)", re.DOTALL)
"""Marks that display the digits or the groups after them from right to left, so that a person may see
another number.

Left-to-right marks, which phones put around a copied number, change nothing.
"""

_TEXT_FORMULA = re.compile(r'="([^"]*)"')


def _tidy(text: str) -> str:
    """Drops invisible format characters, outer space and the two ways of marking a text as text; converts
    every space and dash to ASCII.
    """
    visible = (text if text.isascii() else "".join(map(_plain_character, text))).strip()
    if literal := _TEXT_FORMULA.fullmatch(visible):
        visible = literal[1].strip()
    return visible.removeprefix("'").strip()


def _plain_character(character: str) -> str:
    match unicodedata.category(character):
        case "Cf":
            return ""
        case "Zs":
            return " "
        case "Pd":
            return "-"
        case _:
            return "-" if character == "\N{MINUS SIGN}" else character


# -- bare: what is no digit and changes no reading ----------------------------------------------------------

_LABEL = re.compile(
    r"(?:(?:no|nomor)\b[. ]*)?(?:hp|wa|tel|telp|telepon|telpon|phone|handphone|mobile|whatsapp)"
    r"(?:/(?:hp|wa))? ?[.:]? ?(?=[+(0-9])|(?:https?://)?wa\.me/(?=\+?62)",
    re.IGNORECASE,
)
_REMARK = re.compile(r" ?\((?:wa|hp|whatsapp)\)$", re.IGNORECASE)
_AS_DECIMAL = re.compile(r"([0-9]{9,13})\.0")
"""As pandas writes a column of numbers with a missing one."""
_AS_AMOUNT = re.compile(r"8[0-9]{0,2}(?:\.[0-9]{3}){3,}(?<!\.000)")
"""In groups of three, with ten digits or more, because nobody means an amount of billions."""


def _bare(spelled: str) -> str:
    """Without a label, a remark, a mark at the end, the .0 of a decimal and the dots of an amount, in the
    digits 0 to 9: what a colleague would read at once, and in only one way.
    """
    bare = _in_ascii(spelled)
    label = _LABEL.match(bare)
    bare = _REMARK.sub("", bare[label.end() :] if label else bare).strip()
    bare = bare[:-1].rstrip() if bare.endswith((";", ",", ".")) else bare
    if decimal := _AS_DECIMAL.fullmatch(bare):
        return decimal[1]
    return bare.replace(".", "") if _AS_AMOUNT.fullmatch(bare) else bare


def _in_ascii(spelled: str) -> str:
    """In ASCII digits, if all of them are of one known script.

    Groups of Arabic digits are displayed in reverse order, and so are left alone.
    """
    digits = [c for c in spelled if c.isdecimal()]
    for zero, grouped in _ZEROS.items():
        own = {chr(ord(zero) + digit): str(digit) for digit in range(10)}
        if digits and own.keys() >= set(digits) and (grouped or "".join(digits) in spelled):
            return "".join(own.get(c, c) for c in spelled)
    return spelled


_ZEROS = {
    "\N{FULLWIDTH DIGIT ZERO}": True,
    "\N{ARABIC-INDIC DIGIT ZERO}": False,
    "\N{EXTENDED ARABIC-INDIC DIGIT ZERO}": False,
}
"""By a script's zero, whether its digits may stand in groups."""


# -- filters: what no number holds -------------------------------------------------------------------------

_DIGITS_IN_GROUPS = re.compile("[ ()+-]*[0-9][0-9 ()+-]*")
_SCIENTIFIC = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?\s?[eE]\s?[+-]?[0-9]+")
_ZERO_FRACTION = re.compile(r"([0-9]+)[.,]0{1,2}")
_FRACTION = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)+")
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}(?:(?:\.[0-9]{3})+|(?:,[0-9]{3})+)")
"""How Indonesian and English spreadsheets display an amount."""
_CELL_DIVIDERS = re.compile(r"[/\\;,|&\r\n\t]|[^\W\d_]+")
_WHOLE_NUMBER_DIGITS = 9
_INTERNATIONAL = re.compile(r"\(?(?:\+|00)")
_INDONESIA = re.compile(r"\(?(?:\+|00) ?62")


def _missing(spelled: str) -> Problem | None:
    return None if any(map(str.isalnum, spelled)) else Problem("number.missing")


def _digits_not_ascii(spelled: str) -> Problem | None:
    foreign = "".join(c for c in spelled if c.isdigit() and not c.isascii())
    return _problem("number.digits_not_ascii", spelled, characters=foreign) if foreign else None


def _scientific(spelled: str) -> Problem | None:
    return _problem("number.scientific", spelled) if _SCIENTIFIC.fullmatch(spelled) else None


def _several(spelled: str) -> Problem | None:
    """More than one number, or one and the end of another (`081234567890/91`)."""
    digits = [sum(map(str.isdigit, part)) for part in _CELL_DIVIDERS.split(spelled)]
    whole = sum(count >= _WHOLE_NUMBER_DIGITS for count in digits)
    with_slash = "/" in spelled and whole == 1 and sum(map(bool, digits)) > 1
    return _problem("number.several", spelled) if whole > 1 or with_slash else None


def _letters(spelled: str) -> Problem | None:
    letters = "".join(c for c in spelled if c.isalpha())
    if not letters:
        return None
    if set(letters) <= {"O", "o"} and (plain := _PLAIN.fullmatch(re.sub("[Oo]", "0", spelled))):
        return _problem("number.letter_o", spelled, suggestion="0" + plain[1])
    return _problem("number.letters", spelled, characters="".join(map(_printable, letters)))


def _decimal(spelled: str) -> Problem | None:
    if (zero := _ZERO_FRACTION.fullmatch(spelled)) and (plain := _PLAIN.fullmatch(zero[1])):
        return _problem("number.decimal_zero", spelled, suggestion="0" + plain[1])
    if _THOUSANDS.fullmatch(spelled):
        amount = re.sub("[.,]", "", spelled)
        if plain := _PLAIN.fullmatch(amount):
            return _problem("number.amount", spelled, suggestion="0" + plain[1], amount=amount)
    elif "," not in spelled and ("." not in spelled or _dots_group(spelled)):
        return None
    return _problem("number.decimal", spelled) if _FRACTION.fullmatch(spelled) else None


def _dots_group(spelled: str) -> bool:
    """Dots only separate groups of a phone number if none can be a decimal point: two or more, with three
    or more digits in every group.
    """
    local = _INDONESIA.sub("", spelled, count=1).lstrip(" .-)")
    groups = local.split(".")
    return spelled.count(".") > 1 and all(sum(map(str.isdigit, group)) > 2 for group in groups)


_FILTERS: tuple[Callable[[str], Problem | None], ...] = (
    _missing,
    _digits_not_ascii,
    _scientific,
    _several,
    _letters,
    _decimal,
)


# -- parse: groups of digits, and what stands between them -------------------------------------------------

_SEPARATOR = r"(?: *[-.] *| +)"
_SPELLING = re.compile(
    r"(?:(?P<country>\((?:(?:\+|00) ?)?62\)|(?:\+|00) ?62|62(?=[ .-]*(?:\(0\)|\(?8)))"
    rf"{_SEPARATOR}?(?:\(0\){_SEPARATOR}?)?)?"
    rf"(?P<local>(?:\([0-9]{{2,4}}\){_SEPARATOR}?)?[0-9]+(?:{_SEPARATOR}[0-9]+)*)"
)
_DIGITS = re.compile("[0-9]+")
_AREA_CODE = re.compile("0[2-79]")
_MOBILE_PREFIX = re.compile("08[1-35-9]")
_COMPLETE = re.compile(f"0?{_SUBSCRIBER}")
_ODD_CHARACTER = re.compile(r"[^0-9 ().+-]")


def _parse(spelled: str) -> Number | Problem:
    if _INTERNATIONAL.match(spelled) and not _INDONESIA.match(spelled):
        return _problem("number.foreign", spelled)
    if odd := dict.fromkeys(_ODD_CHARACTER.findall(spelled)):
        return _problem("number.characters", spelled, characters=" ".join(map(_printable, odd)))
    spelling = _SPELLING.fullmatch(spelled)
    if not spelling or ("." in spelled and not _dots_group(spelled)):
        return _problem("number.spelling", spelled)
    groups = _DIGITS.findall(spelling["local"])
    if _has_a_tail(groups):
        return _problem("number.several", spelled)
    written = "".join(groups)
    national = "0" + written.removeprefix("0")
    if _NATIONAL.fullmatch(national):
        return Number(national)
    with_area_code = bool(spelling["country"]) or written.startswith("0")
    return _not_mobile(national, written, spelled, with_area_code=with_area_code)


def _has_a_tail(groups: list[str]) -> bool:
    """Whether something follows what is already a number: `0812345678 90`, `0812-3456-789 2`."""
    head, last = groups[0], groups[-1]
    if len(last) == 1:
        head = "".join(groups[:-1])
    return len(groups) > 1 and _COMPLETE.fullmatch(head) is not None


def _not_mobile(national: str, written: str, spelled: str, *, with_area_code: bool) -> Problem:
    if _MOBILE_PREFIX.match(national):
        code = "number.length" if national == written else "number.length_with_zero"
        return _wrong_length(code, len(national), spelled)
    if len(written) < MIN_DIGITS - 2:
        return _wrong_length("number.length", len(written), spelled)
    if with_area_code and _AREA_CODE.match(national):
        return _problem("number.landline", spelled, area=national[:3])
    return _problem("number.prefix", spelled, prefix=written[:4])


def _wrong_length(code: str, digits: int, spelled: str) -> Problem:
    limits = {"least": str(MIN_DIGITS), "most": str(MAX_DIGITS)}
    return _problem(code, spelled, digits=str(digits), **limits)


def _problem(code: str, spelled: str, **facts: str) -> Problem:
    shown = "".join(map(_printable, " ".join(spelled.split())))
    return Problem(code, {name: _clip(fact) for name, fact in {"text": shown, **facts}.items()})


def _clip(fact: str) -> str:
    return fact if len(fact) <= SHOWN_CHARACTERS else fact[: SHOWN_CHARACTERS - 1] + "…"


def _printable(character: str) -> str:
    return f"U+{ord(character):04X}" if is_unseen(character) else character


_PRINT_NOTHING = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Letters, marks and signs of Unicode that no font displays."""


def is_unseen(character: str) -> bool:
    """Whether the character is invisible, or looks like a space."""
    return not character.isprintable() or _PRINT_NOTHING.match(character) is not None

"""Number formats: how a code such as `0000-0000` displays a number or a text (ECMA-376 part 1, 18.8.31)."""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from functools import lru_cache


class Shape(StrEnum):
    """How a number format displays a number."""

    PLAIN = "plain"
    DATE = "date"
    PERCENT = "percent"
    OTHER = "other"


_GENERAL = {"general", "standard"}
_LITERALS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_SIGNS = re.compile(rf"{_LITERALS.pattern}|.", re.DOTALL)
_BRACKETED = re.compile(r"\[\$(?!-)(.*?)(?:-[0-9A-Fa-f,]*)?\]")
"""A literal such as the currency in `[$Rp-421]`; without one, as in `[$-421]`, it is only a language."""
_PLAIN_FORMAT = re.compile(r"(?:@|\$?(?:[#,]*0?(?:\.[0#?]+)?|#*[ ,.]?#*0(?:\.[0#?]+)?))?")
_DURATION = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_CONDITIONAL = re.compile(r"\[[<>=]")
_CONDITION = re.compile(r"\[(<[=>]?|>=?|=)(-?[0-9]+(?:\.[0-9]+)?)\]")
_SCALED = re.compile(r"[0#?],+(?:\.|$)")
"""A comma after the digits scales to thousands."""
_DIGITS = re.compile(
    rf"(?P<place>General|[0#?])|(?P<literal>(?!\[[<>=])(?:{_LITERALS.pattern}))"
    "|(?P<text>[ +()-]|[1-9]++(?![0#?]))",
    re.DOTALL | re.IGNORECASE,
)
"""One sign of a format that only separates digits."""

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
"""The formats with a number but no code in the file (ECMA-376 part 1, 18.8.30), as far as our rule for
cell values distinguishes them.

Those that the standard leaves to the language count as dates.
"""


# -- what a format makes of a value ------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def shape_of(code: str) -> Shape:
    """How a number format code (`0.00`, `dd/mm/yyyy`, `"0"0`) displays a positive number."""
    first = _sections(code)[0]
    bare = _LITERALS.sub("", first).strip()
    literal = "".join(map(_literal, _LITERALS.findall(first))).strip()
    if bare.casefold() in _GENERAL:
        return Shape.OTHER if literal or _CONDITIONAL.search(first) else Shape.PLAIN
    if re.search(r"[ymdhs]", bare, re.IGNORECASE) or is_duration(code):
        return Shape.DATE
    if "%" in bare:
        return Shape.PERCENT
    if _CONDITIONAL.search(first) or _SCALED.search(bare) or (not bare and code.strip()):
        return Shape.OTHER
    return (
        Shape.PLAIN
        if _PLAIN_FORMAT.fullmatch(bare) and not any(c.isdigit() or c == "+" for c in literal)
        else Shape.OTHER
    )


def is_duration(code: str) -> bool:
    return _DURATION.search(_sections(code)[0]) is not None


def number_shown(digits: str, code: str) -> str | None:
    """A whole number as displayed, or None if the format does more than separate its digits."""
    section = _section_for(int(digits), code)
    signs = _signs_of_digits(section) if section is not None else None
    return None if signs is None else "".join(_filled(signs, digits.lstrip("0"))).strip()


@lru_cache(maxsize=4096)
def shows_text(code: str) -> bool:
    """Whether a text is displayed unchanged in this number format."""
    section = _text_section(code)
    return section is None or _rendered(section).strip().casefold() in {"@", *_GENERAL}


def text_shown(text: str, code: str) -> str | None:
    """A text as a format displays it that changes it, or None if it can't be told."""
    section = _text_section(code) or ""
    if _rendered(section).strip() and "@" not in _LITERALS.sub("", section):
        return None
    return "".join(text if sign == "@" else _rendered(sign) for sign in _SIGNS.findall(section))


# -- sections ----------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _sections(code: str) -> tuple[str, ...]:
    """The sections between semicolons: for positive numbers, negative ones, zero, and texts."""
    sections = [""]
    for sign in _SIGNS.findall(code):
        if sign == ";":
            sections.append("")
        else:
            sections[-1] += sign
    return tuple(sections)


def _section_for(number: int, code: str) -> str | None:
    """The first section whose condition, if any, is met; None if the section or sign is for numbers that
    are not positive.
    """
    sections = _sections(code)
    if number < 0 or (number == 0 and len(sections) > 1):
        return None
    for signs in map(_SIGNS.findall, sections[:3]):
        conditions = [found for sign in signs if (found := _CONDITION.fullmatch(sign))]
        if all(_COMPARED[found[1]](number, float(found[2])) for found in conditions):
            return "".join(sign for sign in signs if not _CONDITION.fullmatch(sign))
    return None


_COMPARED: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    "<>": operator.ne,
    ">=": operator.ge,
    ">": operator.gt,
}


def _text_section(code: str) -> str | None:
    """The fourth section; with fewer, the last one with an `@`. None if the format says nothing about
    texts.
    """
    sections = _sections(code)
    if len(sections) > 3:
        return sections[3]
    return next((each for each in reversed(sections) if "@" in _LITERALS.sub("", each)), None)


# -- signs -------------------------------------------------------------------------------------------------


def _rendered(section: str) -> str:
    return _LITERALS.sub(lambda found: _literal(found[0]), section)


def _literal(sign: str) -> str:
    """How a literal is displayed: `_-` as a space of that width, `*0` (which fills the cell) as one zero."""
    if sign[0] == "_":
        return " "
    if sign[0] == '"':
        return sign[1:-1]
    if sign[0] in "\\*":
        return sign[1:]
    shown = _BRACKETED.fullmatch(sign)
    return shown[1] if shown else ""


@lru_cache(maxsize=4096)
def _signs_of_digits(section: str) -> tuple[tuple[str, str], ...] | None:
    """For each sign: (digit placeholder, literal text), one of them blank."""
    if not re.fullmatch(f"(?:{_DIGITS.pattern})*", section, re.DOTALL | re.IGNORECASE):
        return None
    signs = tuple((found["place"] or "", _text_of(found)) for found in _DIGITS.finditer(section))
    places = [place for place, _ in signs if place]
    return None if len(places) > 1 and max(map(len, places)) > 1 else signs


def _text_of(found: re.Match[str]) -> str:
    return _literal(found["literal"]) if found["literal"] else found["text"] or ""


def _filled(signs: tuple[tuple[str, str], ...], digits: str) -> Iterator[str]:
    """The digits in their places from the right; excess digits go to the first place."""
    left = sum(bool(place) for place, _ in signs)
    padded = False
    for place, text in signs:
        if not place:
            yield text
            continue
        padded = padded or place not in "#?"
        if len(digits) >= left:
            end = len(digits) - left + 1
            yield digits[:end]
            digits = digits[end:]
        else:
            yield "0" if padded else " " * (place == "?")
        left -= 1

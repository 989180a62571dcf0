"""The looks of a web page's cells, from their tags, their attributes and the page's style rules.

Only the last part of a rule's selector is used: a rule that matches too many elements holds back a row too
many, never one too few.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bulk_topup.core.model import Oddity
from bulk_topup.sheet.looks import WHITE, Colour, Look

Element = Any
"""An lxml element, which has no type stubs."""

_STRIKING, _RAISING = frozenset({"s", "strike", "del"}), frozenset({"sup", "sub"})

_COMMENT = re.compile(r"/\*.*?\*/|<!--|-->", re.DOTALL)
_RULE = re.compile(r"([^{}]*)\{([^{}]*)\}")
_SELECTOR = re.compile(r"(?:.*[\s>+~])?([a-z][a-z0-9]*|\*)?((?:[.#][\w-]+)*)", re.IGNORECASE | re.DOTALL)
_SIZE = re.compile(r"([0-9]*\.?[0-9]+)(pt|px|em|rem|%)?")
_POINTS = {"pt": 1.0, "px": 0.75, None: 0.75}

_COLOURS = {
    name: int(code, 16)
    for name, code in re.findall(
        r"(\w+)=(\w+)",
        "white=FFFFFF window=FFFFFF black=000000 windowtext=000000 red=FF0000 lime=00FF00 blue=0000FF "
        "yellow=FFFF00 aqua=00FFFF cyan=00FFFF fuchsia=FF00FF magenta=FF00FF silver=C0C0C0 gray=808080 "
        "grey=808080 maroon=800000 olive=808000 green=008000 purple=800080 teal=008080 navy=000080 "
        "orange=FFA500 snow=FFFAFA ivory=FFFFF0 whitesmoke=F5F5F5 pink=FFC0CB",
    )
}


@dataclass(frozen=True, slots=True)
class _Rule:
    tag: str
    marks: frozenset[str]
    """`.class` and `#id`."""
    stated: Mapping[str, str]

    def fits(self, tag: str, marks: frozenset[str]) -> bool:
        return self.tag in {"", "*", tag} and self.marks <= marks


class Looks:
    """The looks of one page's elements."""

    def __init__(self, page: Element) -> None:
        rules = [rule for style in page.iter("style") for rule in _rules(style.text or "")]
        # The more specific rule wins, and of equal ones the later.
        self._rules = sorted(rules, key=_exactness)
        self._known: dict[tuple[str, str, str], dict[str, str]] = {}
        self._looks: dict[tuple[tuple[str | None, ...], Look], Look] = {}

    def hides(self, element: Element) -> bool:
        return "hidden" in element.attrib or self._stated(element).get("display") == "none"

    def around(self, element: Element) -> Look:
        """The look of an element without text of its own, combined with its ancestors'."""
        look = Look()
        for each in [*reversed(list(element.iterancestors())), element]:
            look = self._within(each, look)
        return look

    def oddity(self, element: Element, around: Look) -> Oddity | None:
        """What is odd about the look of a text in this element; `around` is the look of its ancestors."""
        return next(filter(None, (look.oddity for look in self._texts(element, around))), None)

    def _texts(self, element: Element, around: Look) -> Iterator[Look]:
        if self.hides(element):
            return
        look = self._within(element, around)
        if (element.text or "").strip():
            yield look
        for child in element:
            yield from self._texts(child, look)
            if (child.tail or "").strip():
                yield look

    def _within(self, element: Element, around: Look) -> Look:
        attributes = (element.tag, *map(element.get, ("class", "id", "style", "color", "bgcolor")))
        look = self._looks.get((attributes, around))
        if look is None:
            look = self._looks[attributes, around] = self._merged(element, around)
        return look

    def _merged(self, element: Element, around: Look) -> Look:
        stated = self._stated(element)
        decorated = stated.get("text-decoration", "") + stated.get("text-decoration-line", "")
        raised = element.tag in _RAISING or stated.get("vertical-align") in {"super", "sub"}
        return Look(
            around.struck or element.tag in _STRIKING or "line-through" in decorated,
            around.raised or raised,
            _points(stated, around.points),
            _ink(stated.get("color") or element.get("color"), around.ink),
            _paper(stated, element.get("bgcolor"), around.paper),
        )

    def _stated(self, element: Element) -> Mapping[str, str]:
        key = (element.tag, element.get("class", ""), element.get("id", ""))
        if key not in self._known:
            marks = frozenset([*(f".{each}" for each in key[1].split()), f"#{key[2]}"])
            found: dict[str, str] = {}
            for rule in self._rules:
                if rule.fits(key[0], marks):
                    found |= rule.stated
            self._known[key] = found
        own = element.get("style")
        return self._known[key] | _declared(own) if own else self._known[key]


def _rules(text: str) -> Iterator[_Rule]:
    for selectors, stated in _RULE.findall(_COMMENT.sub("", text)):
        declared = _declared(stated)
        for selector in selectors.split(","):
            found = _SELECTOR.fullmatch(selector.strip())
            if found and selector.strip():
                marks = frozenset(re.findall(r"[.#][\w-]+", found[2]))
                yield _Rule((found[1] or "").casefold(), marks, declared)


def _exactness(rule: _Rule) -> tuple[int, int, bool]:
    ids = sum(mark.startswith("#") for mark in rule.marks)
    return ids, len(rule.marks) - ids, rule.tag not in {"", "*"}


def _declared(text: str) -> dict[str, str]:
    pairs = (each.partition(":") for each in text.split(";"))
    return {
        name.strip().casefold(): value.replace("!important", "").strip().casefold()
        for name, colon, value in pairs
        if colon
    }


# -- values ------------------------------------------------------------------------------------------------


def _points(stated: Mapping[str, str], around: float | None) -> float | None:
    if stated.get("visibility") in {"hidden", "collapse"} or stated.get("opacity") in {"0", "0.0", "0%"}:
        return 0.0
    size = _SIZE.fullmatch(stated.get("font-size", ""))
    if size is None:
        return around
    if not float(size[1]):
        return 0.0
    return float(size[1]) * _POINTS[size[2]] if size[2] in _POINTS else around


def _ink(written: str | None, around: Colour | None) -> Colour | None:
    if written in {None, "inherit"}:
        return around
    return WHITE if written == "transparent" else _colour(written or "")


def _paper(stated: Mapping[str, str], attribute: str | None, around: Colour | None) -> Colour | None:
    written = stated.get("background-color") or stated.get("background") or attribute
    if written in {None, "transparent", "none", "inherit", "auto", "initial"}:
        return around
    return _colour(written or "")


def _colour(written: str) -> Colour | None:
    """None if unknown; in `background`, the colour may be among other words."""
    text = written.strip().casefold()
    if rgb := re.search(r"rgba?\(\s*([0-9]{1,3})\D+([0-9]{1,3})\D+([0-9]{1,3})", text):
        return int(rgb[1]) << 16 | int(rgb[2]) << 8 | int(rgb[3])
    if code := re.search(r"#([0-9a-f]{6}|[0-9a-f]{3})\b", text):
        digits = code[1] if len(code[1]) == 6 else "".join(2 * digit for digit in code[1])
        return int(digits, 16)
    return next((_COLOURS[word] for word in text.split() if word in _COLOURS), None)

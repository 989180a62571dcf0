"""What an amount of rupiah, as people write it, can mean. Pure.

With a single reading it is an amount. With two, a person decides; nothing is guessed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LEAST = 1_000
"""No pulsa costs less: a column of smaller amounts is in thousands, or not in rupiah."""

MOST = 10**12
"""Above any budget, and within the range of an integer column."""

_BEFORE = re.compile(r"^(?:rp|idr)[.:]? ?(?=[0-9])", re.IGNORECASE)
_BEHIND = re.compile(r"(?:[.,][-\u2013\u2014=]{1,2}|[.,;]| ?(?:rupiah|idr|rp))$", re.IGNORECASE)
_WHOLE = re.compile(r"[0-9]+")
_GROUPED = re.compile(r"[0-9]{1,3}(?:([., ])[0-9]{3})(?:\1[0-9]{3})*")
_WITH_CENTS = re.compile(r"([0-9]{4,}|[0-9]{1,3}(?:\.[0-9]{3})+(?=,)|[0-9]{1,3}(?:,[0-9]{3})+(?=\.))[.,]00?")
_PARTED = re.compile(r"[0-9]+(?:[., ][0-9]+)+")
_SCALED = re.compile(r"(?P<many>[0-9]+(?:[.,][0-9]+)?) ?(?P<unit>rb|ribu|k|jt|juta)\.?", re.IGNORECASE)
_UNITS = {"rb": 1_000, "ribu": 1_000, "k": 1_000, "jt": 1_000_000, "juta": 1_000_000}


def readings(text: str) -> list[int]:
    """What an amount can mean: one reading if it is clear, none if it is not an amount, two if it is
    ambiguous.
    """
    bare = " ".join(text.split())
    bare = _BEHIND.sub("", _BEFORE.sub("", bare)).strip()
    if scaled := _SCALED.fullmatch(bare):
        return _in_units(scaled["many"], _UNITS[scaled["unit"].casefold()])
    if _WHOLE.fullmatch(bare):
        return [int(bare)]
    if _GROUPED.fullmatch(bare):
        return [_digits(bare)]
    if cents := _WITH_CENTS.fullmatch(bare):
        return [_digits(cents[1])]
    if _PARTED.fullmatch(bare):
        return sorted({_digits(re.split(r"[., ](?=[0-9]+$)", bare)[0]), _digits(bare)})
    return []


def _in_units(many: str, unit: int) -> list[int]:
    """`2,5` thousand are 2,500; `2.500` thousand are 2,500 as well, or 2.5 million."""
    whole, sign, part = re.split("([.,])", many) if not many.isdigit() else (many, "", "")
    if not sign:
        return [int(whole) * unit]
    scaled = int(whole + part) * unit
    least, rest = divmod(scaled, 10 ** len(part))
    if len(part) == 3:
        return [least, scaled]
    return [] if rest else [least]


def _digits(text: str) -> int:
    return int(re.sub(r"[^0-9]", "", text))


def are_bare(amounts: Iterable[int]) -> bool:
    """Whether a column of amounts such as `50` and `100` is in thousands, or in no unit that can be sent."""
    stated = [amount for amount in amounts if amount]
    return bool(stated) and max(stated) < LEAST

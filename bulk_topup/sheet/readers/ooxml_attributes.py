"""Reads the attributes of rows, columns and cells."""

from __future__ import annotations

import re
from functools import lru_cache

from bulk_topup.core.model import SHEET_COLUMNS

WHOLE_NUMBER = re.compile(r"[1-9][0-9]{0,8}")
REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,8})")


@lru_cache(maxsize=SHEET_COLUMNS)
def position_of(letters: str) -> int:
    """The column's position, from 0: A -> 0, AA -> 26."""
    position = 0
    for each in letters:
        position = position * 26 + ord(each) - ord("A") + 1
    return position - 1


def is_true(stated: str | None) -> bool:
    return stated in {"1", "true", "on"}


def is_zero(stated: str | None) -> bool:
    return stated is not None and re.fullmatch(r"0+(?:\.0*)?", stated) is not None


def is_hidden(attributes: dict[str, str]) -> bool:
    """A row with zero height is as hidden as one that is marked so."""
    return is_true(attributes.get("hidden")) or is_zero(attributes.get("ht"))

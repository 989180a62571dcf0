"""Regular expressions for plain rows: in general, or from what most rows have in common."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bulk_topup.core.model import letter
from bulk_topup.sheet.readers.ooxml_attributes import is_hidden
from bulk_topup.sheet.readers.ooxml_markup import PLAIN_TEXT

WIDEST_PLAIN = 256
"""Columns. A wider expression takes longer than reading cell by cell."""
_WIDTH_STEP = 64
ROW_GROUPS, CELL_GROUPS = 3, 4
"""Groups: what came before the row, its number, its other attributes; then, for each column, the
attributes, the formula and the value of a cell, or its inline text.
"""

NONE: Any = None
"""What `re.split` gives for a group that did not match, which its type does not say."""

_ATTRIBUTE = r' ([A-Za-z][A-Za-z0-9]*(?::[A-Za-z]+)?)="([^"<&]*)"'
_ATTRIBUTES = r'((?: [A-Za-z][A-Za-z0-9]*+(?::[A-Za-z]++)?+="[^"<&]*+")*+)'
_FORMULA = rf'(<f(?: (?:t|ref|si|ca)="[^"<&]*+"){{0,4}}+(?:/>|>{PLAIN_TEXT}</f>))'

INLINE = "inline"
"""In place of the attributes of cells with inline text."""


@dataclass(frozen=True, slots=True)
class Alike:
    """What rows have in common: the attributes after the row's number, and those of each column's filled
    cells.
    """

    head: str
    cells: tuple[str, ...]


def cell_alike(heads: list[str], _formulas: list[str], stored: list[str], inline: list[str]) -> str:
    """For one column, from its groups in some rows; cells without any attributes if none of them is
    filled.
    """
    if any(text is not NONE for text in inline):
        return INLINE
    return commonest([head for head, text in zip(heads, stored, strict=True) if text is not NONE])


def commonest(texts: list[str]) -> str:
    return max(set(texts), key=texts.count, default="")


def plain_width(width: int) -> int:
    """The width of the expression for rows of so many cells, so that few expressions cover all wide
    sheets.
    """
    stepped = -(-width // _WIDTH_STEP) * _WIDTH_STEP
    return width if width <= _WIDTH_STEP else min(stepped, WIDEST_PLAIN)


@lru_cache(maxsize=_WIDTH_STEP)
def row_alike(alike: Alike, odd_for_texts: frozenset[int]) -> str:
    """Matches a row like the others, with missing or empty cells. Groups: its number, the values."""
    columns = "".join(_cell_in(letter(at), head, odd_for_texts) for at, head in enumerate(alike.cells))
    return rf'[ \n\t]*+<row r="([1-9][0-9]{{0,6}})"{re.escape(alike.head)}>{columns}</row>'


def _cell_in(column: str, head: str, odd_for_texts: frozenset[int]) -> str:
    filled = rf"{re.escape(head)}><v>({PLAIN_TEXT})</v></c>"
    if head == INLINE:
        filled = _inline_text(odd_for_texts)
    return rf'(?:<c r="{column}\1"(?:{filled}| s="[0-9]++"/>))?+'


@lru_cache(maxsize=2 * _WIDTH_STEP)
def plain_row(width: int, odd_for_texts: frozenset[int]) -> str:
    """Matches a row with any of the first `width` columns, as spreadsheet programs write it."""
    columns = "".join(_plain_cell(letter(at), odd_for_texts) for at in range(width))
    return rf'[ \n\t]*+<row r="([1-9][0-9]{{0,6}})"{_ATTRIBUTES}(?:/>|>{columns}</row>)'


def _plain_cell(column: str, odd_for_texts: frozenset[int]) -> str:
    """Leaves a formula without a value, and an inline text in an odd style, to expat."""
    attributes = r'((?: s="[0-9]++")?+(?: t="(?:s|n|str|b|e)")?+)'
    value = rf"{attributes}(?:/>|>(?:{_FORMULA}(?=<v>[^ \n\t<]))?+<v>({PLAIN_TEXT})</v></c>)"
    return rf'(?:<c r="{column}\1"(?:{value}|{_inline_text(odd_for_texts)}))?+'


def _inline_text(odd_for_texts: frozenset[int]) -> str:
    """Matches, after a cell's place, its inline text."""
    odd = f'(?!0*(?:{"|".join(map(str, sorted(odd_for_texts)))})")' if odd_for_texts else ""
    style = rf'(?: s="{odd}[0-9]++"){"" if 0 in odd_for_texts else "?"}+'
    return rf'{style} t="inlineStr"><is><t(?: xml:space="preserve")?+>({PLAIN_TEXT})</t></is></c>'


@lru_cache(maxsize=4096)
def hidden_by_head(head: str, prefixes: frozenset[str]) -> bool | None:
    """Whether a row with these attributes after its number is hidden; None if XML does not allow them."""
    found = re.findall(_ATTRIBUTE, head)
    attributes = dict(found)
    if len(attributes) < len(found) or not attributes.keys().isdisjoint({"r", "xmlns"}):
        return None
    if any(":" in name and name.partition(":")[0] not in prefixes for name in attributes):
        return None
    return is_hidden(attributes)


@lru_cache(maxsize=4096)
def reader_key(head: str) -> tuple[str, str]:
    """The type and the style in a plain cell's attributes."""
    attributes = dict(re.findall(_ATTRIBUTE, head))
    return attributes.get("t", "n"), attributes.get("s", "")

"""What a plain row looks like, as a regular expression: by itself, or by what most rows have in common."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bulk_topup.core.model import letter
from bulk_topup.sheet.readers.ooxml_attributes import is_hidden
from bulk_topup.sheet.readers.ooxml_markup import PLAIN_TEXT

WIDEST_PLAIN = 256
"""In columns. An expression for more takes longer than reading cell by cell."""
_WIDTH_STEP = 64
ROW_GROUPS, CELL_GROUPS = 3, 4
"""Groups: what stood before the row, its number, its other attributes; then, for each column, the attributes,
the formula and the value of a cell, or the text of a cell that has it in itself."""

NONE: Any = None
"""What `re.split` gives for a group that took no part, which its type does not tell."""

_ATTRIBUTE = r' ([A-Za-z][A-Za-z0-9]*(?::[A-Za-z]+)?)="([^"<&]*)"'
_ATTRIBUTES = r'((?: [A-Za-z][A-Za-z0-9]*+(?::[A-Za-z]++)?+="[^"<&]*+")*+)'
_FORMULA = rf'(<f(?: (?:t|ref|si|ca)="[^"<&]*+"){{0,4}}+(?:/>|>{PLAIN_TEXT}</f>))'

INLINE = "inline"
"""In the place of the attributes of cells that have their text in themselves."""


@dataclass(frozen=True, slots=True)
class Alike:
    """What rows have in common: the attributes after the row's number, and of each column's filled cells."""

    head: str
    cells: tuple[str, ...]


def cell_alike(heads: list[str], _formulas: list[str], stored: list[str], inline: list[str]) -> str:
    """Of a column, by its groups in some rows; cells without any attributes where none of them is filled."""
    if any(text is not NONE for text in inline):
        return INLINE
    return commonest([head for head, text in zip(heads, stored, strict=True) if text is not NONE])


def commonest(texts: list[str]) -> str:
    return max(set(texts), key=texts.count, default="")


def plain_width(width: int) -> int:
    """The width of the expression for rows of so many cells: few expressions do for all wide sheets."""
    stepped = -(-width // _WIDTH_STEP) * _WIDTH_STEP
    return width if width <= _WIDTH_STEP else min(stepped, WIDEST_PLAIN)


@lru_cache(maxsize=_WIDTH_STEP)
def row_alike(alike: Alike, odd_for_texts: frozenset[int]) -> str:
    """Matches a row that is like the others, cells missing or empty. Groups: its number, the values."""
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
    """A formula without a value, and a text in itself in an odd style, are left to the other gear."""
    attributes = r'((?: s="[0-9]++")?+(?: t="(?:s|n|str|b|e)")?+)'
    value = rf"{attributes}(?:/>|>(?:{_FORMULA}(?=<v>[^ \n\t<]))?+<v>({PLAIN_TEXT})</v></c>)"
    return rf'(?:<c r="{column}\1"(?:{value}|{_inline_text(odd_for_texts)}))?+'


def _inline_text(odd_for_texts: frozenset[int]) -> str:
    """Matches, after a cell's place, a text that it has in itself."""
    odd = f'(?!0*(?:{"|".join(map(str, sorted(odd_for_texts)))})")' if odd_for_texts else ""
    style = rf'(?: s="{odd}[0-9]++"){"" if 0 in odd_for_texts else "?"}+'
    return rf'{style} t="inlineStr"><is><t(?: xml:space="preserve")?+>({PLAIN_TEXT})</t></is></c>'


@lru_cache(maxsize=4096)
def hidden_by_head(head: str, prefixes: frozenset[str]) -> bool | None:
    """Whether a row with these attributes after its number is hidden; None where XML does not allow them."""
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

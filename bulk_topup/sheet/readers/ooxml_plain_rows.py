"""The regular expression for most rows of a sheet, learned from what some of them have in common."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bulk_topup.core.model import letter
from bulk_topup.sheet.readers.ooxml_attributes import is_hidden, position_of
from bulk_topup.sheet.readers.ooxml_markup import PLAIN_TEXT, plain_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Set

WIDEST_PLAIN = 256
"""Columns. A wider expression takes longer than reading cell by cell."""
_SAMPLE_CHARACTERS = 1 << 15

NONE: Any = None
"""What `re.split` gives for a group that did not match, which its type does not say."""

INLINE = "inlineStr"

_ATTRIBUTE = r' ([A-Za-z][A-Za-z0-9]*(?::[A-Za-z]+)?)="([^"<&]*)"'
_ROW_HEAD = re.compile(rf"(?:{_ATTRIBUTE})*")
_CELL_HEAD = re.compile(r'(?: s="(?P<style>[0-9]+)")?(?: t="(?P<kind>s|n|str|b|e)")?')
_SAMPLE_ROW = r'<row r="[0-9]+"([^>]*?)(?<!/)>(.*?)</row>'
_SAMPLE_CELL = r'<c r="([A-Z]{1,3})[0-9]+"([^>]*?)(/?)>(<is>|<f\b)?'
_FORMULA = rf'(<f(?: (?:t|ref|si|ca)="[^"<&]*+"){{0,4}}+(?:/>|>{PLAIN_TEXT}</f>))'


@dataclass(frozen=True, slots=True)
class Cells:
    """What the filled cells of a column have in common; the `kind` is their type, INLINE for inline text."""

    head: str = ""
    kind: str = "n"
    style: str = ""
    have_formulas: bool = False


@dataclass(frozen=True, slots=True)
class Alike:
    """What rows have in common: the attributes after the row's number, and the cells of each column."""

    head: str
    columns: tuple[Cells, ...]


def learned(text: str, prefix: str, prefixes: Set[str]) -> Alike | None:
    """None if the text shows no rows, or most of them are hidden or need a closer look."""
    sample = plain_pattern(_SAMPLE_ROW, prefix).findall(text[:_SAMPLE_CHARACTERS])
    head = _commonest(head for head, _ in sample)
    if not sample or not _is_visible(head, prefixes):
        return None
    columns: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
    for _, cells in sample:
        for column, attributes, is_empty, begins in plain_pattern(_SAMPLE_CELL, prefix).findall(cells):
            columns[position_of(column)] += [] if is_empty else [(attributes, begins)]
    width = min(max(columns, default=-1) + 1, WIDEST_PLAIN)
    return Alike(head, tuple(_alike(columns[at]) for at in range(width)))


def _alike(cells: list[tuple[str, str]]) -> Cells:
    if any(begins.endswith("is>") for _, begins in cells):
        return Cells(kind=INLINE)
    found = _CELL_HEAD.fullmatch(_commonest(head for head, _ in cells))
    if found is None:
        return Cells()
    return Cells(found[0], found["kind"] or "n", found["style"] or "", any(begins for _, begins in cells))


def _commonest(texts: Iterable[str]) -> str:
    return max(Counter(texts).items(), key=lambda each: each[1], default=("", 0))[0]


def _is_visible(head: str, prefixes: Set[str]) -> bool:
    """Whether a row with these attributes after its number is visible, and XML allows them."""
    found = re.findall(_ATTRIBUTE, head)
    attributes = dict(found)
    if not _ROW_HEAD.fullmatch(head) or len(attributes) < len(found):
        return False
    if any(":" in name and name.partition(":")[0] not in prefixes for name in attributes):
        return False
    return attributes.keys().isdisjoint({"r", "xmlns"}) and not is_hidden(attributes)


def row_alike(alike: Alike, odd_for_texts: frozenset[int]) -> str:
    """Matches a row like the others, with missing or empty cells. Groups: its number, then for each column
    the formula, if the column has formulas, and the value.
    """
    columns = "".join(_cell(letter(at), cells, odd_for_texts) for at, cells in enumerate(alike.columns))
    return rf'[ \n\t]*+<row r="([1-9][0-9]{{0,6}})"{re.escape(alike.head)}>{columns}</row>'


def _cell(column: str, cells: Cells, odd_for_texts: frozenset[int]) -> str:
    """Leaves a formula without a value, and an inline text in an odd style, to expat."""
    formula = rf"(?:{_FORMULA}(?=<v>[^ \n\t<]))?+" if cells.have_formulas else ""
    filled = rf"{re.escape(cells.head)}>{formula}<v>({PLAIN_TEXT})</v></c>"
    if cells.kind == INLINE:
        filled = _inline_text(odd_for_texts)
    return rf'(?:<c r="{column}\1"(?:{filled}| s="[0-9]++"/>))?+'


def _inline_text(odd_for_texts: frozenset[int]) -> str:
    """Matches, after a cell's place, its inline text."""
    odd = f'(?!0*(?:{"|".join(map(str, sorted(odd_for_texts)))})")' if odd_for_texts else ""
    style = rf'(?: s="{odd}[0-9]++"){"" if 0 in odd_for_texts else "?"}+'
    return rf'{style} t="inlineStr"><is><t(?: xml:space="preserve")?+>({PLAIN_TEXT})</t></is></c>'

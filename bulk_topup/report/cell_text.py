"""Makes texts fit for the cells of a workbook or a CSV file: visible, not too long, never executed."""

from __future__ import annotations

import re

from bulk_topup.core.model import Notice
from bulk_topup.report.tables import Value
from bulk_topup.report.words import say

CELL_MAX_UNITS = 32_767
SURELY_FITS = CELL_MAX_UNITS // 2
"""Characters: each takes at most two UTF-16 code units."""
ROOM_BEFORE_CUT = CELL_MAX_UNITS - 60

NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)|\r|\A<(?=r>)")
"""Would be read as an escape or a line break, or taken by XlsxWriter for its own markup."""
CSV_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


class Texts:
    """Texts as a file can hold them; counts those that had to be cut."""

    def __init__(self) -> None:
        self._cut = 0

    def notices(self) -> list[Notice]:
        return [Notice("saved.cut", {"count": str(self._cut)})] if self._cut else []

    def for_cell(self, text: str) -> str:
        """Visible, within Excel's length, not read as an escape."""
        visible = _visible(text)
        whole = _escaped(visible)
        if len(text) <= SURELY_FITS or _fits(whole):
            return whole
        self._cut += 1
        cut = _escaped(_cut(visible, ROOM_BEFORE_CUT))
        # Escapes and characters beyond the BMP at most double the length.
        return cut if _fits(cut) else _escaped(_cut(visible, ROOM_BEFORE_CUT // 2))

    def for_csv(self, value: Value) -> str:
        """Visible, within Excel's length (it would split the row), never executed as a formula."""
        if not isinstance(value, str):
            return "" if value is None else str(value)
        text = _visible(value)
        text = f"'{text}" if text.startswith(CSV_FORMULA_STARTS) else text
        if _fits(text):
            return text
        self._cut += 1
        return _cut(text, ROOM_BEFORE_CUT if _fits(text[:ROOM_BEFORE_CUT]) else ROOM_BEFORE_CUT // 2)


def _visible(text: str) -> str:
    """Replaces characters that XML cannot contain by their pictures (U+2400…) or U+FFFD."""
    return NOT_XML.sub(lambda found: _picture(found.group()), text)


def _picture(character: str) -> str:
    return chr(0x2400 + ord(character)) if character < " " else "\ufffd"


def _escaped(text: str) -> str:
    """Spreadsheet programs read "_x0041_" as "A" (ECMA-376, ST_Xstring)."""
    return ESCAPED.sub(lambda found: f"_x{ord(found.group()):04X}_", text)


def _fits(text: str) -> bool:
    return len(text) <= SURELY_FITS or len(text.encode("utf-16-le")) // 2 <= CELL_MAX_UNITS


def _cut(text: str, keep: int) -> str:
    return text[:keep] + say.text("results.cut", count=len(text) - keep)

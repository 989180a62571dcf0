"""The rows of a tab as the XML of a sheet (ECMA-376 Part 1, 18.3.1), a million of them in seconds.

Every text stands in its own cell as one, so that no program takes it for a formula, a number or an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from bulk_topup.core.model import letter
from bulk_topup.report.cell_text import SURELY_FITS, Texts
from bulk_topup.report.tables import Colour, TabRow

StyleId = Callable[[Colour | None, bool, bool], int]
"""A colour, whether it is for texts, whether these are wrapped -> the number of that style."""

LINE_POINTS = 15
TALLEST_POINTS = 409

_is_odd = re.compile(r"[\x00-\x1f&<>\ud800-\udfff\ufffe\uffff]|_x|\A\s|\s\Z").search
"""What a text may have that does not go into a cell as it is: most have none of it."""

_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})


class _Look(NamedTuple):
    """How the cells of one column are written in one colour: what stands before the row's number, and behind.

    A text of `long` characters or more needs a closer look: it is cut, or does not fit on one line.
    """

    before: str
    text: str
    odd_text: str
    wrapped_text: str
    number: str
    blank_text: str
    blank_number: str
    long: int
    width: int
    is_sentence: bool


class RowXml:
    """Rows of cells in columns of these `widths`, in characters; those of `sentences` are wrapped."""

    def __init__(
        self, widths: Sequence[int], sentences: Collection[int], texts: Texts, style_id: StyleId
    ) -> None:
        self._widths = widths
        self._sentences = sentences
        self._texts = texts
        self._style_id = style_id
        self._looks: dict[tuple[tuple[int, Colour], ...], list[_Look]] = {}

    def of(self, number: int, row: TabRow) -> bytes:
        """The element of the row that is the `number`th of the sheet, in UTF-8.

        Raises ValueError for a row with more or fewer values than there are columns.
        """
        cells = []
        lines = 1
        for value, look in zip(row.values, self._looks_in(row.colours), strict=True):
            if isinstance(value, int):
                cells.append(f"{look.before}{number}{look.number}{value}</v></c>")
            elif not value:
                if blank := look.blank_number if value is None else look.blank_text:
                    cells.append(f"{look.before}{number}{blank}")
            elif len(value) < look.long and not _is_odd(value):
                cells.append(f"{look.before}{number}{look.text}{value}</t></is></c>")
            else:
                lines = max(lines, _lines(value, look))
                cells.append(f"{look.before}{number}{self._odd(value, look)}</t></is></c>")
        return f'<row r="{number}"{_shape(lines, row.hidden)}>{"".join(cells)}</row>'.encode()

    def _odd(self, value: str, look: _Look) -> str:
        opening = look.wrapped_text if "\n" in value else look.odd_text
        return opening + self._texts.for_cell(value).translate(_MARKUP)

    def _looks_in(self, colours: Mapping[int, Colour]) -> list[_Look]:
        key = tuple(colours.items())
        if key not in self._looks:
            self._looks[key] = [self._look(at, colours.get(at)) for at in range(len(self._widths))]
        return self._looks[key]

    def _look(self, at: int, colour: Colour | None) -> _Look:
        is_sentence = at in self._sentences
        number, text, wrapped = (
            self._style_id(colour, *style) for style in ((False, False), (True, is_sentence), (True, True))
        )
        inline = 't="inlineStr"><is><t'
        return _Look(
            before=f'<c r="{letter(at)}',
            text=f'" s="{text}" {inline}>',
            odd_text=f'" s="{text}" {inline} xml:space="preserve">',
            wrapped_text=f'" s="{wrapped}" {inline} xml:space="preserve">',
            number=f'" s="{number}"><v>',
            blank_text=f'" s="{text}"/>' if colour else "",
            blank_number=f'" s="{number}"/>' if colour else "",
            long=self._widths[at] if is_sentence else SURELY_FITS,
            width=self._widths[at],
            is_sentence=is_sentence,
        )


def _lines(text: str, look: _Look) -> int:
    """About how many it fills: letters are narrower than digits, but words are not parted."""
    if not (look.is_sentence or "\n" in text):
        return 1
    return sum(1 + len(line) // look.width for line in text.split("\n"))


def _shape(lines: int, hidden: bool) -> str:
    """Not every program makes room for wrapped lines by itself."""
    height = f' ht="{min(lines * LINE_POINTS, TALLEST_POINTS)}" customHeight="1"' if lines > 1 else ""
    return height + ' hidden="1"' * hidden

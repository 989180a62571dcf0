"""The styles of an .xlsb workbook's cells: their number formats, and which of them mislead a reader."""

from __future__ import annotations

from dataclasses import dataclass, field
from struct import unpack_from
from typing import TYPE_CHECKING

from bulk_topup.sheet.looks import WHITE, Colour, Look, as_seen
from bulk_topup.sheet.number_formats import BUILT_IN_FORMATS
from bulk_topup.sheet.readers.ooxml_styles import Colours, Styles, theme_colours
from bulk_topup.sheet.readers.xlsb_records import records, text_and_end, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bulk_topup.core.model import Oddity
    from bulk_topup.sheet.readers.ooxml_package import Package
    from bulk_topup.sheet.tabs import Cell

_FONT, _FORMAT, _FILL, _XF, _BEGIN_CELL_XFS, _END_CELL_XFS = 43, 44, 45, 47, 617, 618
_STRUCK = 1 << 3
_NO_FILL, _SOLID = 0, 1
_RICH = 1


@dataclass(frozen=True, slots=True)
class XlsbStyles(Styles):
    """`fonts` are the looks of a text in each of them on white."""

    fonts: list[Look] = field(default_factory=list)

    def seen(self, content: bytes, at: int) -> Cell:
        """A text with the fonts of its runs, if it has any (RichStr)."""
        text, end = text_and_end(content, at + 1)
        return as_seen(text, self._of_runs(text, content, end) if content[at] & _RICH else None)

    def _of_runs(self, text: str, content: bytes, at: int) -> Oddity | None:
        (count,) = unpack_from("<I", content, at)
        runs: list[tuple[int, int]] = [unpack_from("<HH", content, at + 4 + 4 * nth) for nth in range(count)]
        units = text.encode("utf-16-le")
        ends = [start for start, _ in runs[1:]] + [len(units) // 2]
        for (start, font), end in zip(runs, ends, strict=False):
            shown = units[2 * start : 2 * end].decode("utf-16-le", "replace").strip()
            oddity = self.fonts[font].oddity if shown and font < len(self.fonts) else None
            if oddity is not None:
                return oddity
        return None


def read_styles(package: Package, part: str, theme: str) -> XlsbStyles:
    formats = dict(BUILT_IN_FORMATS)
    colours = Colours(theme_colours(package, theme))
    fonts: list[Look] = []
    papers: list[Colour | None] = []
    cells: list[tuple[int, int, int]] = []
    in_cell_xfs = False
    with records(package, part) as its:
        for kind, content in its:
            if kind == _FORMAT:
                formats[unpack_from("<H", content)[0]] = text_of(content, 2)
            elif kind == _FONT:
                fonts.append(_font(content, colours))
            elif kind == _FILL:
                papers.append(_paper(content, colours))
            elif kind in {_BEGIN_CELL_XFS, _END_CELL_XFS}:
                in_cell_xfs = kind == _BEGIN_CELL_XFS
            elif kind == _XF and in_cell_xfs:
                cells.append(unpack_from("<HHH", content, 2))
    return XlsbStyles(
        [formats.get(number, "General") for number, _, _ in cells],
        [_oddity(fonts, papers, font, fill) for _, font, fill in cells],
        fonts,
    )


def _font(content: bytes, colours: Colours) -> Look:
    height, flags, raised = unpack_from("<HH2xH", content)
    return Look(bool(flags & _STRUCK), raised in {1, 2}, height / 20, _colour(content, 12, colours))


def _paper(content: bytes, colours: Colours) -> Colour | None:
    (pattern,) = unpack_from("<I", content)
    if pattern == _NO_FILL:
        return WHITE
    return _colour(content, 4, colours) if pattern == _SOLID else None


def _colour(content: bytes, at: int, colours: Colours) -> Colour | None:
    """BrtColor, as the equivalent XML attributes."""
    kind, index, tint, red, green, blue = unpack_from("<BBhBBB", content, at)
    written = {"tint": repr(max(-1.0, tint / 0x7FFF))}
    match kind >> 1:
        case 1:
            return colours.of({"indexed": str(index), **written})
        case 2:
            return colours.of({"rgb": f"{red:02X}{green:02X}{blue:02X}", **written})
        case 3:
            return colours.of({"theme": str(index), **written})
    return None


def _oddity(fonts: Sequence[Look], papers: Sequence[Colour | None], font: int, fill: int) -> Oddity | None:
    if font >= len(fonts):
        return None
    look = fonts[font]
    paper = papers[fill] if fill < len(papers) else WHITE
    return Look(look.struck, look.raised, look.points, look.ink, paper).oddity

"""What formatting makes of a cell for a person who looks at it: one rule for all readers. Pure.

A text that is struck out was taken back; a raised digit is a footnote or a slip; and what cannot be seen,
nobody has checked. Conditional formatting is not looked at.
"""

from __future__ import annotations

from colorsys import hls_to_rgb, rgb_to_hls
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulk_topup.core.model import OddCell, Oddity

if TYPE_CHECKING:
    from bulk_topup.sheet.tabs import Cell

Colour = int
"""0xRRGGBB."""

BLACK, WHITE = 0x000000, 0xFFFFFF

SMALLEST_POINTS = 2.0
"""Text of this size, or smaller, is a line."""
_ALIKE = 24
"""In each of red, green and blue: colours no further apart cannot be told from each other."""


@dataclass(frozen=True, slots=True)
class Look:
    """`ink` and `paper` are None where they are not certain; `raised` digits may be lowered, too."""

    struck: bool = False
    raised: bool = False
    points: float | None = None
    ink: Colour | None = None
    paper: Colour | None = WHITE

    @property
    def oddity(self) -> Oddity | None:
        if self.struck:
            return Oddity.STRUCK
        if self.raised:
            return Oddity.RAISED
        tiny = self.points is not None and self.points <= SMALLEST_POINTS
        return Oddity.UNSEEN if tiny or _are_alike(self.ink, self.paper) else None


def as_seen(cell: Cell, oddity: Oddity | None) -> Cell:
    """The cell, or why what it holds is not what a person reads."""
    return OddCell(oddity, cell) if oddity and isinstance(cell, str) and cell.strip() else cell


def _are_alike(one: Colour | None, other: Colour | None) -> bool:
    if one is None or other is None:
        return False
    return all(abs((one >> shift & 0xFF) - (other >> shift & 0xFF)) <= _ALIKE for shift in (0, 8, 16))


def tinted(colour: Colour, tint: float) -> Colour:
    """Lighter, up to 1, or darker, down to -1 (ECMA-376 part 1, 18.8.19)."""
    hue, light, saturation = rgb_to_hls(*((colour >> shift & 0xFF) / 255 for shift in (16, 8, 0)))
    light = light * (1 + tint) if tint < 0 else light * (1 - tint) + tint
    red, green, blue = (round(255 * part) for part in hls_to_rgb(hue, min(1.0, max(0.0, light)), saturation))
    return red << 16 | green << 8 | blue


def of_hex(written: str) -> Colour | None:
    """`RRGGBB`, with an alpha value or a # before it."""
    try:
        return int(written.strip().removeprefix("#")[-6:], 16)
    except ValueError:
        return None


_RGB = bytes.fromhex(
    "000000 FFFFFF FF0000 00FF00 0000FF FFFF00 FF00FF 00FFFF 800000 008000 000080 808000 800080 008080 "
    "C0C0C0 808080 9999FF 993366 FFFFCC CCFFFF 660066 FF8080 0066CC CCCCFF 000080 FF00FF FFFF00 00FFFF "
    "800080 800000 008080 0000FF 00CCFF CCFFFF CCFFCC FFFF99 99CCFF FF99CC CC99FF FFCC99 3366FF 33CCCC "
    "99CC00 FFCC00 FF9900 FF6600 666699 969696 003366 339966 003300 333300 993300 993366 333399 333333"
)
PALETTE = tuple(int.from_bytes(_RGB[at : at + 3], "big") for at in range(0, len(_RGB), 3))
"""Excel's colours from number 8 on; the first eight have the numbers 0 to 7 as well (18.8.27)."""
_SYSTEM_COLOURS = {64: BLACK, 65: WHITE}


def of_index(index: int, palette: tuple[Colour, ...] = PALETTE) -> Colour | None:
    """A colour by its number. `palette` starts at 8, as PALETTE does."""
    if index in _SYSTEM_COLOURS:
        return _SYSTEM_COLOURS[index]
    at = index - 8 if index >= 8 else index
    return palette[at] if 0 <= at < len(palette) else None

"""The styles of a workbook's cells: their number formats, and which of them mislead a reader."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import Oddity
from bulk_topup.sheet.looks import BLACK, PALETTE, WHITE, Colour, Look, of_hex, of_index, tinted
from bulk_topup.sheet.number_formats import BUILT_IN_FORMATS, shows_text
from bulk_topup.sheet.readers.ooxml_attributes import is_true
from bulk_topup.sheet.readers.ooxml_markup import Attributes, Markup, unreadable_part

if TYPE_CHECKING:
    from bulk_topup.sheet.readers.ooxml_package import Package

Start = Callable[[Attributes], None]

_DRAWING = (
    "http://schemas.openxmlformats.org/drawingml/2006/main",
    "http://purl.oclc.org/ooxml/drawingml/main",
)
_SCHEME = "theme/themeElements/clrScheme"
_SCHEME_ORDER = ("lt1", "dk1", "lt2", "dk2", *(f"accent{at}" for at in range(1, 7)), "hlink", "folHlink")


@dataclass(frozen=True, slots=True)
class Styles:
    """For each cell style, its number format code, and what is odd about its look."""

    codes: list[str] = field(default_factory=list)
    oddities: list[Oddity | None] = field(default_factory=list)

    def odd_for_texts(self) -> frozenset[int]:
        """The styles in which a text is displayed as something else, or misleads the reader."""
        each = enumerate(zip(self.codes, self.oddities, strict=True))
        return frozenset(at for at, (code, odd) in each if odd or not shows_text(code))


@dataclass(frozen=True, slots=True)
class Colours:
    """`theme` is in the order in which styles count its colours."""

    theme: tuple[Colour, ...] = (WHITE, BLACK)
    palette: tuple[Colour, ...] = PALETTE

    def of(self, attributes: Mapping[str, str]) -> Colour | None:
        """None if it is left to the program, or unknown."""
        found = self._plain(attributes)
        try:
            tint = float(attributes.get("tint", "0"))
        except ValueError:
            return None
        return tinted(found, tint) if found is not None and tint else found

    def _plain(self, attributes: Mapping[str, str]) -> Colour | None:
        if "rgb" in attributes:
            return of_hex(attributes["rgb"])
        theme, index = attributes.get("theme", ""), attributes.get("indexed", "")
        if theme.isdecimal():
            return self.theme[int(theme)] if int(theme) < len(self.theme) else None
        return of_index(int(index), self.palette) if index.isdecimal() else None


@dataclass(slots=True)
class Font:
    """Filled as its elements come: those of a font and of a run of text have the same names."""

    struck: bool = False
    raised: bool = False
    points: float | None = None
    colour: Mapping[str, str] = field(default_factory=dict)

    def look(self, colours: Colours, paper: Colour | None) -> Look:
        return Look(self.struck, self.raised, self.points, colours.of(self.colour), paper)


def font_starts(parent: str, font: Callable[[], Font]) -> dict[str, Start]:
    """What to do at the elements within `parent` that say how the text looks."""

    def strike(attributes: Attributes) -> None:
        font().struck = is_true(attributes.get("val", "1"))

    def align(attributes: Attributes) -> None:
        font().raised = attributes.get("val") in {"superscript", "subscript"}

    def size(attributes: Attributes) -> None:
        written = attributes.get("val", "")
        font().points = float(written) if written.replace(".", "", 1).isdecimal() else None

    def colour(attributes: Attributes) -> None:
        font().colour = attributes

    each = {"strike": strike, "vertAlign": align, "sz": size, "color": colour}
    return {f"{parent}/{name}": start for name, start in each.items()}


class RunLooks:
    """Whether a run of text looks odd on white paper: a run does not state its background."""

    def __init__(self, part: Markup) -> None:
        self.oddity: Oddity | None = None
        self._part, self._font, self._from = part, Font(), 0

    def starts(self, item: str) -> dict[str, Start]:
        return {f"{item}/r": self._start, **font_starts(f"{item}/r/rPr", lambda: self._font)}

    def ends(self, item: str) -> dict[str, Callable[[], None]]:
        return {f"{item}/r": self._end}

    def _start(self, _attributes: Attributes) -> None:
        self._font, self._from = Font(), len(self._part.text)

    def _end(self) -> None:
        if "".join(self._part.text[self._from :]).strip():
            self.oddity = self.oddity or self._font.look(Colours(), WHITE).oddity


# -- the part ----------------------------------------------------------------------------------------------


def read_styles(package: Package, part: str, theme: str) -> Styles:
    """Empty if there is no such part. Raises InputError if it is damaged."""
    if part not in package:
        return Styles()
    read = _StylesPart(part)
    package.read_into(read)
    colours = Colours(theme_colours(package, theme), tuple(read.palette[8:]) or PALETTE)
    return Styles(read.codes(), read.oddities(colours))


class _StylesPart(Markup):
    def __init__(self, part: str) -> None:
        super().__init__(
            part,
            {
                "styleSheet/numFmts/numFmt": self._define,
                "styleSheet/fonts/font": lambda _: self._fonts.append(Font()),
                **font_starts("styleSheet/fonts/font", lambda: self._fonts[-1]),
                "styleSheet/fills/fill": lambda _: self._fills.append(("none", {})),
                "styleSheet/fills/fill/patternFill": self._pattern,
                "styleSheet/fills/fill/patternFill/fgColor": self._foreground,
                "styleSheet/fills/fill/gradientFill": lambda _: self._pattern({"patternType": "gradient"}),
                "styleSheet/cellXfs/xf": lambda attributes: self._cells.append(attributes),
                "styleSheet/colors/indexedColors/rgbColor": self._indexed,
            },
        )
        self.palette: list[Colour] = []
        self._custom: dict[str, str] = {}
        self._fonts: list[Font] = []
        self._fills: list[tuple[str, Attributes]] = []
        self._cells: list[Attributes] = []

    def codes(self) -> list[str]:
        numbers = (attributes.get("numFmtId", "0") for attributes in self._cells)
        return [
            self._custom[number] if number in self._custom else _built_in(number, self.part)
            for number in numbers
        ]

    def oddities(self, colours: Colours) -> list[Oddity | None]:
        known: dict[tuple[str, str], Oddity | None] = {}
        keys = [(each.get("fontId", "0"), each.get("fillId", "0")) for each in self._cells]
        for font, fill in set(keys):
            known[font, fill] = self._oddity(font, fill, colours)
        return [known[key] for key in keys]

    def _oddity(self, font: str, fill: str, colours: Colours) -> Oddity | None:
        if not font.isdecimal() or int(font) >= len(self._fonts):
            return None
        return self._fonts[int(font)].look(colours, self._paper(fill, colours)).oddity

    def _paper(self, fill: str, colours: Colours) -> Colour | None:
        """Excel ignores the first fill, whatever a file says about it."""
        if not fill.isdecimal() or not 0 < int(fill) < len(self._fills):
            return WHITE
        pattern, foreground = self._fills[int(fill)]
        if pattern == "none":
            return WHITE
        return colours.of(foreground) if pattern == "solid" else None

    def _define(self, attributes: Attributes) -> None:
        self._custom[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")

    def _pattern(self, attributes: Attributes) -> None:
        self._fills[-1] = (attributes.get("patternType", "none"), {})

    def _foreground(self, attributes: Attributes) -> None:
        self._fills[-1] = (self._fills[-1][0], attributes)

    def _indexed(self, attributes: Attributes) -> None:
        self.palette.append(of_hex(attributes.get("rgb", "")) or BLACK)


def _built_in(number: str, part: str) -> str:
    """An unlisted number displays as General, as in Excel."""
    if not (number.isdigit() and number.isascii()):
        raise unreadable_part(part, "why.no_format", number)
    return BUILT_IN_FORMATS.get(int(number), "General")


def theme_colours(package: Package, part: str) -> tuple[Colour, ...]:
    """Its colours in the order in which styles count them; black and white if it does not say."""
    found: dict[str, Colour | None] = {}

    def add(name: str, attribute: str) -> Start:
        return lambda attributes: found.update({name: of_hex(attributes.get(attribute, ""))})

    starts = {
        f"{_SCHEME}/{name}/{kind}": add(name, attribute)
        for name in _SCHEME_ORDER
        for kind, attribute in (("srgbClr", "val"), ("sysClr", "lastClr"))
    }
    try:
        if part in package:
            package.read_into(Markup(part, starts, namespaces=_DRAWING))
    except InputError:  # Not needed to read any cell.
        found.clear()
    colours = [found.get(name) for name in _SCHEME_ORDER]
    return tuple(each for each in colours if each is not None) if None not in colours else (WHITE, BLACK)

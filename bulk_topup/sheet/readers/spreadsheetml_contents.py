"""What the sheets of an XML workbook share: names, places, and the styles of their cells."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import Any

from bulk_topup.core.model import Oddity
from bulk_topup.sheet.looks import WHITE, Look, of_hex
from bulk_topup.sheet.number_formats import shows_text
from bulk_topup.sheet.readers.ooxml_markup import Markup, unreadable_part
from bulk_topup.sheet.readers.ooxml_values import Lost

_OWN = "urn:schemas-microsoft-com:office:spreadsheet"
NAMESPACES = (_OWN, "urn:schemas-microsoft-com:office:excel")
PART = "the XML"

SHEET = "Workbook/Worksheet"
_VISIBLE = f"{SHEET}/WorksheetOptions/Visible"
_STYLE = "Workbook/Styles/Style"

_PLACES = frozenset({"Index", "MergeAcross", "MergeDown", "Span"})


def stated_in(attributes: dict[str, str]) -> dict[str, str]:
    """The attributes of the format itself, with its prefix, without those that some exports add.

    Raises InputError for one without the prefix that would move cells in less strict programs.
    """
    if not _PLACES.isdisjoint(attributes):
        raise unreadable_part(PART, "why.no_prefix", min(_PLACES & attributes.keys()))
    start = len(_OWN) + 1
    return {name[start:]: value for name, value in attributes.items() if name.startswith(f"{_OWN} ")}


def look_of_font(attributes: dict[str, str]) -> dict[str, Any]:
    """What the attributes of a font, or of a run of text, state of a Look."""
    stated: dict[str, Any] = {}
    if "StrikeThrough" in attributes:
        stated["struck"] = attributes["StrikeThrough"] == "1"
    if "VerticalAlign" in attributes:
        stated["raised"] = attributes["VerticalAlign"] in {"Superscript", "Subscript"}
    if "Color" in attributes:
        stated["ink"] = of_hex(attributes["Color"])
    if attributes.get("Size", "").replace(".", "", 1).isdecimal():
        stated["points"] = float(attributes["Size"])
    return stated


_NAMED_FORMATS = {
    "General Number": "General",
    "Fixed": "0.00",
    "Standard": "#,##0.00",
    "Currency": "#,##0.00",
    "Euro Currency": "#,##0.00",
    "Percent": "0.00%",
    "Scientific": "0.00E+00",
    "Yes/No": '"Yes";"Yes";"No"',
    "True/False": '"True";"True";"False"',
    "On/Off": '"On";"On";"Off"',
    "General Date": "yyyy-mm-dd hh:mm",
    **dict.fromkeys(("Long Date", "Medium Date", "Short Date"), "yyyy-mm-dd"),
    **dict.fromkeys(("Long Time", "Medium Time", "Short Time"), "hh:mm:ss"),
}
"""Formats with a name instead of a code, by how they display a number."""

DEFAULT = "Default"


class Contents(Markup):
    """`sheets` are the worksheets in order: name -> where it starts. `hidden` are those that are not
    displayed.
    """

    def __init__(self) -> None:
        super().__init__(
            PART,
            {
                "Workbook/ExcelWorkbook/Date1904": self._set_epoch,
                _STYLE: self._start_of_style,
                f"{_STYLE}/NumberFormat": self._format_of_style,
                f"{_STYLE}/Font": self._font_of_style,
                f"{_STYLE}/Interior": self._interior_of_style,
                SHEET: self._start_of_sheet,
                _VISIBLE: lambda _: self.text.clear(),
            },
            {_VISIBLE: self._end_of_visible},
            {_VISIBLE},
            namespaces=NAMESPACES,
        )
        self.epoch_1904 = False
        self.sheets: dict[str, int] = {}
        self.hidden: set[str] = set()
        self._style = ""
        self._parents: dict[str, str] = {}
        self._formats: dict[str, str] = {}
        self._looks: defaultdict[str, dict[str, Any]] = defaultdict(dict)
        self._oddities: dict[str, Oddity | None] = {}

    def code_of(self, style: str) -> str:
        """The number format code of a style: its own, or that of the style it builds on. Raises Lost."""
        for _ in range(len(self._parents) + 1):
            if style in self._formats:
                return self._formats[style]
            if style not in self._parents:
                break
            style = self._parents[style]
        if style == DEFAULT:
            return "General"
        raise Lost("sheet.lost_format")

    @cached_property
    def odd_for_texts(self) -> bool:
        """Whether a style displays a text as something else, or misleads the reader."""
        return not all(map(shows_text, self._formats.values())) or any(map(self.oddity_of, [*self._looks]))

    def oddity_of(self, style: str) -> Oddity | None:
        """What is odd about the look of a style and of those it builds on."""
        if style not in self._oddities:
            merged, each = self._looks[style], style
            for _ in self._parents:
                each = self._parents.get(each, DEFAULT)
                merged = self._looks[each] | merged
            self._oddities[style] = Look(**merged).oddity
        return self._oddities[style]

    def _set_epoch(self, _attributes: dict[str, str]) -> None:
        self.epoch_1904 = True

    def _start_of_style(self, attributes: dict[str, str]) -> None:
        stated = stated_in(attributes)
        self._style = stated.get("ID", "")
        if self._style != DEFAULT:
            self._parents[self._style] = stated.get("Parent", DEFAULT)

    def _format_of_style(self, attributes: dict[str, str]) -> None:
        code = stated_in(attributes).get("Format", "General")
        self._formats[self._style] = _NAMED_FORMATS.get(code, code)

    def _font_of_style(self, attributes: dict[str, str]) -> None:
        self._looks[self._style] |= look_of_font(stated_in(attributes))

    def _interior_of_style(self, attributes: dict[str, str]) -> None:
        stated = stated_in(attributes)
        colour = of_hex(stated.get("Color", ""))
        paper = {"None": WHITE, "Solid": colour}.get(stated.get("Pattern", "Solid" if colour else "None"))
        self._looks[self._style]["paper"] = paper

    def _start_of_sheet(self, attributes: dict[str, str]) -> None:
        name = stated_in(attributes).get("Name", "")
        if name in self.sheets:
            raise unreadable_part(PART, "why.tab_twice", name)
        self.sheets[name] = self._parser.CurrentByteIndex

    def _end_of_visible(self) -> None:
        if "".join(self.text).strip() in {"SheetHidden", "SheetVeryHidden"}:
            self.hidden.add([*self.sheets][-1])

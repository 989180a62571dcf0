"""The looks of an OpenDocument spreadsheet's cells, from their styles and those of texts in them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import product
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from bulk_topup.core.model import Oddity
from bulk_topup.sheet.looks import WHITE, Look, of_hex

Element = Any
"""An lxml element, which has no type stubs."""

NAMESPACES = {
    "calcext": "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0",
    "dc": "http://purl.org/dc/elements/1.1/",
    "fo": "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0",
    "manifest": "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0",
    "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
    "style": "urn:oasis:names:tc:opendocument:xmlns:style:1.0",
    "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
    "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
}


def qualified(prefixed: str) -> str:
    """`table:name` -> the same with the full namespace."""
    prefix, local = prefixed.split(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"


Style = tuple[str, str]
"""Family and name."""

Properties = dict[str, Any]
"""The properties of a Look that a style states."""

CELL, PARAGRAPH, TEXT = "table-cell", "paragraph", "text"

_NAME, _PARENT, _FAMILY = (
    qualified("style:name"),
    qualified("style:parent-style-name"),
    qualified("style:family"),
)
_STRIKES = (qualified("style:text-line-through-style"), qualified("style:text-line-through-type"))
_POSITION, _DISPLAY = qualified("style:text-position"), qualified("text:display")
_SIZE, _COLOUR, _WINDOW = (
    qualified("fo:font-size"),
    qualified("fo:color"),
    qualified("style:use-window-font-color"),
)
_BACKGROUND = qualified("fo:background-color")


class Looks:
    """The looks of the document that contains this element; `data` is its file, whose common styles are in
    another part.
    """

    def __init__(self, element: Element, data: bytes) -> None:
        self._properties: dict[Style, tuple[str, Properties]] = {}
        self._known: dict[tuple[Style, ...], Oddity | None] = {}
        for root, paths in _roots(element.getroottree().getroot(), data):
            for path in paths:
                for style in root.iterfind(f"{path}/style:style", NAMESPACES):
                    key = (style.get(_FAMILY, ""), style.get(_NAME, ""))
                    self._properties.setdefault(key, (style.get(_PARENT, ""), _stated(style)))

    def oddity(self, *styles: Style) -> Oddity | None:
        """What is odd about a text in these styles, the innermost one last."""
        if styles not in self._known:
            merged: Properties = {}
            for family, each in styles:
                merged |= self._with_parents(family, each)
            self._known[styles] = Look(**merged).oddity
        return self._known[styles]

    @cached_property
    def is_plain(self) -> bool:
        """Whether no style makes a text odd, alone or in a cell of another style."""
        stated = [self._with_parents(*style) for style in self._properties]
        inks, papers = ({each[name] for each in stated if name in each} for name in ("ink", "paper"))
        pairs = (Look(ink=ink, paper=paper).oddity for ink, paper in product(inks, papers))
        return not any(map(self.oddity, self._properties)) and not any(pairs)

    def _with_parents(self, family: str, each: str) -> Properties:
        merged: Properties = {}
        for _ in range(len(self._properties)):
            if (family, each) not in self._properties:
                break
            each, stated = self._properties[family, each]
            merged = stated | merged
        return merged


def _roots(root: Element, data: bytes) -> Iterator[tuple[Element, tuple[str, ...]]]:
    yield root, ("office:automatic-styles", "office:styles")
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            if "styles.xml" in package.namelist():
                parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
                yield etree.fromstring(package.read("styles.xml"), parser), ("office:styles",)


def _stated(style: Element) -> Properties:
    stated: Properties = {}
    for element in style.iterfind("style:table-cell-properties", NAMESPACES):
        if background := element.get(_BACKGROUND):
            stated["paper"] = WHITE if background == "transparent" else of_hex(background)
    for element in style.iterfind("style:text-properties", NAMESPACES):
        stated |= _of_text(element.attrib)
    return stated


def _of_text(attributes: Mapping[str, str]) -> Properties:
    stated: Properties = {}
    strikes = [attributes[strike] != "none" for strike in _STRIKES if strike in attributes]
    if strikes:
        stated["struck"] = any(strikes)
    if position := attributes.get(_POSITION, "").split():
        stated["raised"] = position[0] in {"super", "sub"} or position[0].strip("-%0.") != ""
    if attributes.get(_DISPLAY) == "none":
        stated["points"] = 0.0
    elif (size := attributes.get(_SIZE, "")).endswith("pt"):
        stated["points"] = float(size.removesuffix("pt"))
    if colour := attributes.get(_COLOUR):
        stated["ink"] = of_hex(colour)
    if attributes.get(_WINDOW) == "true":
        stated["ink"] = None
    return stated

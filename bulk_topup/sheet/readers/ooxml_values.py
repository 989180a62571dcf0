"""What the cells of a workbook refer to, its texts and number formats, and so what a cell means."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cached_property

from bulk_topup.sheet import cells
from bulk_topup.sheet.looks import as_seen
from bulk_topup.sheet.readers.ooxml_markup import (
    PLAIN_TEXT,
    Attributes,
    Items,
    plain_pattern,
    plain_texts,
    read_items,
)
from bulk_topup.sheet.readers.ooxml_package import CHUNK_BYTES, Package
from bulk_topup.sheet.readers.ooxml_styles import RunLooks, Styles, read_styles
from bulk_topup.sheet.tabs import Cell

CellReader = Callable[[Sequence[str]], Sequence[Cell]]
"""The stored texts of some cells of one type and style -> the cells."""

_BLANKS = " \t\r\n"
"""White space in XML. Pretty-printed files have it around numbers and indices, where it means nothing."""


class Lost(Exception):  # noqa: N818  (what happened to the cell's text or format)
    """A cell refers to something that the workbook does not contain; `code` is the message that says what."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Values:
    """The workbook's texts and number formats, read when first needed.

    Raises InputError if one of these parts is damaged.
    """

    def __init__(
        self,
        package: Package,
        texts_part: str,
        styles_part: str,
        theme_part: str = "",
        *,
        epoch_1904: bool,
        outdated: bool = False,
        uncalculated: bool = False,
    ) -> None:
        self._package = package
        self._texts_part, self._styles_part, self._theme_part = texts_part, styles_part, theme_part
        self._epoch_1904 = epoch_1904
        self._outdated, self._uncalculated = outdated, uncalculated
        self._readers: dict[tuple[str, str], CellReader] = {}

    def reader(self, kind: str, style: str) -> CellReader:
        """The function that reads values of cells of this type (`t`) and style (`s`); it raises Lost.

        Raises Lost, too, for a style that numbers can't have.
        """
        found = self._readers.get((kind, style))
        if found is None:
            found = self._readers[kind, style] = self._seen(style, self._new_reader(kind, style))
        return found

    def result(self, cell: Cell) -> Cell:
        """A formula's result, or why it is not valid: to be recalculated, or the 0 written by a program
        that had none.
        """
        none = self._outdated or (self._uncalculated and cell == "0")
        return cells.of_formula_without_value(cell if self._outdated else "") if none else cell

    def _seen(self, style: str, read: CellReader) -> CellReader:
        """Marks each of them if the look of cells in this style is odd."""
        oddities = self._styles.oddities
        at = int(style if style.isdecimal() else "0")
        oddity = oddities[at] if at < len(oddities) else None
        return (lambda stored: [as_seen(cell, oddity) for cell in read(stored)]) if oddity else read

    def _new_reader(self, kind: str, style: str) -> CellReader:
        match kind:
            case "n":
                return self._of_numbers(self._format(style))
            case "s":
                return self._of_texts(self._of_indices, style)
            case "str" | "inlineStr":
                return self._of_texts(unescaped, style)
            case "b":
                return lambda stored: [_of_boolean(value.strip(_BLANKS)) for value in stored]
            case "e":
                return lambda stored: [cells.of_error(value.strip(_BLANKS)) for value in stored]
            case "d":
                return lambda stored: [cells.of_iso_date(value.strip(_BLANKS)) for value in stored]
        return lambda stored: [cells.of_unknown(value) if value else "" for value in stored]

    def _of_numbers(self, code: str) -> CellReader:
        epoch_1904 = self._epoch_1904

        def read(stored: Sequence[str]) -> list[Cell]:
            known: dict[str, Cell] = {}
            for value in set(stored):
                bare = value.strip(_BLANKS)
                known[value] = cells.of_number(bare, code, epoch_1904=epoch_1904) if bare else ""
            return [known[value] for value in stored]

        return read

    @cached_property
    def odd_for_texts(self) -> frozenset[int]:
        return self._styles.odd_for_texts()

    def _of_texts(self, read: CellReader, style: str) -> CellReader:
        if int(style if style.isdecimal() else "0") not in self.odd_for_texts:
            return read
        code = self._format(style)
        return lambda stored: [
            cells.of_text(text, code) if isinstance(text, str) else text for text in read(stored)
        ]

    def _of_indices(self, stored: Sequence[str]) -> list[Cell]:
        # int() accepts "+2", "1_0" and " 3 ", and negative indices: none of them is what the file says.
        digits = "".join(stored)
        if not digits.isdigit():
            stored = [value.strip(_BLANKS) for value in stored]
            digits = "".join(stored)
        if not (digits.isdigit() and digits.isascii()):
            raise Lost("sheet.lost_text")
        texts = self._texts
        try:
            return list(map(texts.__getitem__, map(int, stored)))
        except (IndexError, ValueError) as error:
            raise Lost("sheet.lost_text") from error

    def _format(self, style: str) -> str:
        """The number format of a cell with this style: an index into the cells' formats, from 0."""
        formats = self._styles.codes
        if not formats and style in {"", "0"}:
            return "General"
        if not (style or "0").isdigit() or int(style or "0") >= len(formats):
            raise Lost("sheet.lost_format")
        return formats[int(style or "0")]

    @cached_property
    def _styles(self) -> Styles:
        return read_styles(self._package, self._styles_part, self._theme_part)

    @cached_property
    def _texts(self) -> list[Cell]:
        return _texts(self._package, self._texts_part)


def _of_boolean(stored: str) -> Cell:
    if stored in {"1", "true"}:
        return cells.of_boolean(True)
    if stored in {"0", "false"}:
        return cells.of_boolean(False)
    return cells.of_unknown(stored) if stored else ""


# -- texts -------------------------------------------------------------------------------------------------

_ESCAPE = re.compile(r"(?:_x[0-9A-Fa-f]{4}_)+")


def unescaped(texts: Sequence[str]) -> Sequence[str]:
    """Replaces `_x000D_` and the like by what they stand for (ECMA-376 part 1, 22.9.2.19), as Excel does."""
    if "_x" not in "".join(texts):
        return texts
    return [_ESCAPE.sub(_characters, text) for text in texts]


def _characters(escapes: re.Match[str]) -> str:
    units = bytes.fromhex(escapes[0].replace("_x", "").replace("_", ""))
    return units.decode("utf-16-be", "surrogatepass")


class _SharedTexts(Items):
    """`<si>`: one text, or runs of text that are joined, without phonetic guides."""

    item = "si"
    _PLAIN = rf'[ \n\t]*+<si><t(?: xml:space="preserve")?+>({PLAIN_TEXT})</t></si>'

    def __init__(self, part: str) -> None:
        self._runs = RunLooks(self)
        super().__init__(
            part,
            {
                "sst": lambda _: self.list_begins(rb"sst[ \r\n>]"),
                "sst/si": self._start_of_item,
                **self._runs.starts("sst/si"),
            },
            {"sst/si": self._end_of_item, **self._runs.ends("sst/si")},
            {"sst/si/t", "sst/si/r/t"},
        )
        self.texts: list[Cell] = []

    def _start_of_item(self, _attributes: Attributes) -> None:
        self.text.clear()
        self._runs.oddity = None

    def plain_item(self, _text: str, prefix: str) -> re.Pattern[str]:
        return plain_pattern(self._PLAIN, prefix)

    def take_plain(self, parts: list[str], stride: int) -> None:
        self.texts.extend(unescaped(plain_texts(parts[1::stride])))

    def _end_of_item(self) -> None:
        [text] = unescaped(["".join(self.text)])
        self.texts.append(as_seen(text, self._runs.oddity))
        self.item_ends()


def _texts(package: Package, part: str) -> list[Cell]:
    """All texts of the workbook. A missing part has none; the count that it states is ignored."""
    if part not in package:
        return []
    shared = _SharedTexts(part)
    with package.open(part) as stream:
        for _ in read_items(stream, shared, CHUNK_BYTES):
            pass
    return shared.texts

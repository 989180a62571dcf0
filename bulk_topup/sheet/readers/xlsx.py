"""Excel workbook (.xlsx, .xlsm) to tabs, with our own reader of its XML (ECMA-376, both dialects)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bulk_topup.sheet.readers.ooxml_attributes import is_true
from bulk_topup.sheet.readers.ooxml_comments import note_comments
from bulk_topup.sheet.readers.ooxml_markup import Markup, read_items
from bulk_topup.sheet.readers.ooxml_package import CHUNK_BYTES, Package, part_of_kind
from bulk_topup.sheet.readers.ooxml_rows import RowReader
from bulk_topup.sheet.readers.ooxml_values import Values
from bulk_topup.sheet.tabs import Cell, LostTab, Piece, Remarks, Tab, row_by_row

_USUAL_WORKBOOK = "xl/workbook.xml"
_IDS = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships id",
    "http://purl.oclc.org/ooxml/officeDocument/relationships id",
)


def tabs(data: bytes) -> Sequence[Tab]:
    """The worksheets of a workbook in order, without charts, dialogs and macro sheets.

    Raises InputError if the package, the workbook part or a list of relationships is damaged.
    """
    package = Package(data)
    workbook = part_of_kind(package.relationships(""), "officeDocument", _USUAL_WORKBOOK)
    related = package.relationships(workbook)
    contents = _contents(package, workbook)
    values = Values(
        package,
        part_of_kind(related, "sharedStrings"),
        part_of_kind(related, "styles"),
        part_of_kind(related, "theme"),
        epoch_1904=contents.epoch_1904,
        outdated=contents.outdated,
        uncalculated=contents.uncalculated,
    )
    found: list[Tab] = []
    for sheet in contents.sheets:
        identity = next((sheet[name] for name in _IDS if name in sheet), "")
        name, target = sheet.get("name", identity), related.get(identity)
        if target is None or (target.kind == "worksheet" and target.part not in package):
            found.append(LostTab(name))
        elif target.kind == "worksheet":
            visible = sheet.get("state", "visible") == "visible"
            found.append(_Worksheet(name, visible, package, target.part, values))
    return found


@dataclass(slots=True)
class _Worksheet:
    name: str
    visible: bool
    _package: Package
    _part: str
    _values: Values
    remarks: Remarks = field(default_factory=Remarks)

    def rows(self) -> Iterator[tuple[int, Sequence[Cell]]]:
        return row_by_row(self.pieces())

    def pieces(self) -> Iterator[Piece]:
        # Changed in place, because the remarks of an earlier, unfinished reading may still be in use.
        self.remarks.clear()
        rows = RowReader(self._part, self.name, self._values, self.remarks)
        with self._package.open(self._part) as stream:
            for _ in read_items(stream, rows, CHUNK_BYTES):
                taken, rows.taken = rows.taken, []
                yield from taken
        note_comments(self._package, self._part, self.remarks)


# -- the workbook part -------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Contents:
    """`sheets` are the attributes of the entries for all kinds of sheets.

    `outdated`: the results of formulas must be recalculated on opening, or were not calculated before saving.
    `uncalculated`: they are placeholders from a program that only writes new files.
    """

    epoch_1904: bool = False
    outdated: bool = False
    uncalculated: bool = False
    sheets: list[dict[str, str]] = field(default_factory=list)


def _contents(package: Package, part: str) -> _Contents:
    contents = _Contents()

    def set_epoch(attributes: dict[str, str]) -> None:
        contents.epoch_1904 = is_true(attributes.get("date1904"))

    def set_outdated(attributes: dict[str, str]) -> None:
        unfinished = attributes.get("calcCompleted") in {"0", "false", "off"}
        on_load = is_true(attributes.get("fullCalcOnLoad"))
        contents.uncalculated = on_load and not unfinished and attributes.get("calcId") == _XLSXWRITER
        contents.outdated = unfinished or (on_load and not contents.uncalculated)

    package.read_into(
        Markup(
            part,
            {
                "workbook/workbookPr": set_epoch,
                "workbook/calcPr": set_outdated,
                "workbook/sheets/sheet": contents.sheets.append,
            },
        )
    )
    return contents


_XLSXWRITER = "124519"
"""The `calcId` of XlsxWriter, which has every workbook recalculated on opening, and of openpyxl, which
writes no results at all.
"""

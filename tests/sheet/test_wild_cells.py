"""What real workbooks hold, cell by cell, beside readers that share no code with the sheet package.

Wherever the sheet package is certain of a cell, another reader must read the same there; wherever it is not,
the other's value must be of the kind that makes it uncertain. What those readers are known to get wrong is
listed, and a line of these lists that is no longer needed fails.
"""

from __future__ import annotations

import io
import warnings
import zipfile
from collections import Counter
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import openpyxl
import pytest
import python_calamine
import xlrd  # type: ignore[import-untyped]

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import OddCell, Oddity
from bulk_topup.sheet.process import child
from tests import wild

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    from bulk_topup.sheet.tabs import Cell, Tab

    Place = tuple[int, int]
    """A row's number, a column's position."""
    Values = Mapping[Place, object]
    """What another reader gives for the cells that are not blank."""

pytestmark = [pytest.mark.wild, wild.needed]


# -- other readers -----------------------------------------------------------------------------------------


def openpyxls(data: bytes) -> Workbook:
    with warnings.catch_warnings(action="ignore"):
        return openpyxl.load_workbook(io.BytesIO(data), data_only=True)


def by_openpyxl(data: bytes) -> dict[str, Values]:
    return {
        sheet.title: {
            (row, column - 1): cell.value
            # Not through rows: some sheets have a cell in each far corner.
            for (row, column), cell in sheet._cells.items()
            if cell.value is not None
        }
        for sheet in openpyxls(data).worksheets
    }


def by_calamine(data: bytes) -> dict[str, Values]:
    book = python_calamine.load_workbook(io.BytesIO(data))
    return {
        name: {
            (number, position): value
            for number, row in enumerate(book.get_sheet_by_name(name).to_python(skip_empty_area=False), 1)
            for position, value in enumerate(row)
            if value not in ("", None)
        }
        for name in book.sheet_names
    }


def by_xlrd(data: bytes) -> dict[str, Values]:
    """Its bare values: dates and errors are numbers, booleans too."""
    book = xlrd.open_workbook(file_contents=data, logfile=io.StringIO())
    return {
        sheet.name: {
            (row + 1, column): sheet.cell_value(row, column)
            for row in range(sheet.nrows)
            for column in range(sheet.ncols)
            if sheet.cell_value(row, column) != ""
        }
        for sheet in book.sheets()
    }


class Reader(NamedTuple):
    read: Callable[[bytes], dict[str, Values]]
    folder: str
    least: int
    """Cells that must have been compared, or something is wrong with the comparison."""

    def __str__(self) -> str:
        return f"{self.folder} {self.read.__name__}"


READERS = [
    Reader(by_openpyxl, "xlsx", 40_000),
    Reader(by_calamine, "xlsx", 60_000),
    Reader(by_calamine, "xlsb", 1_500),
    Reader(by_calamine, "ods", 80_000),
    Reader(by_xlrd, "xls", 50_000),
    Reader(by_calamine, "xls", 40_000),
]

# -- what they get wrong -----------------------------------------------------------------------------------

READER_DATA = "ExcelDataReader_ExcelDataReader__src__TestData__"
SPOUT = "openspout_openspout__tests__resources__"
STRICT = "SheetJS_libreoffice_test-files__ooxml-strict__calc__templates__"

BY_CASE = "looks for parts by the case of their names"
NO_STYLES = "needs styles"
PIVOT = "needs pivot tables that it understands"
OLD = "reads no workbook from before Excel 5"
LOCKED = "does not open a password"
BOMB = "reads the shared texts, which are a bomb of entities, for tabs that have none, too"

FAILS: Mapping[str, Mapping[str, str]] = {
    "xlsx by_openpyxl": {
        f"{READER_DATA}Test_git_issue_301_IgnoreCase.xlsx": BY_CASE,
        f"{SPOUT}xlsx__one_sheet_with_capital_shared_strings_filename.xlsx": BY_CASE,
        "tafia_calamine__tests__issue_419.xlsx": BY_CASE,
        f"{STRICT}col.xlsx": "does not know all attributes of a column",
        "SheetJS_test_files__pivot_table_named_range.xlsx": PIVOT,
        "tafia_calamine__tests__pivots.xlsx": PIVOT,
        "SheetJS_test_files__wtf_path.xlsx": NO_STYLES,
        "SheetJS_test_files__xlsx-stream-d-date-cell.xlsx": NO_STYLES,
        "tafia_calamine__tests__minimal_package.xlsx": NO_STYLES,
        "apache_poi__test-data__spreadsheet__49609.xlsx": "does not take a backslash in a part's name",
        "apache_poi__test-data__spreadsheet__54764-2.xlsx": BOMB,
    },
    "xlsx by_calamine": {"apache_poi__test-data__spreadsheet__54764-2.xlsx": BOMB},
    "xls by_xlrd": {
        f"{READER_DATA}ExcelLibrary_newdoc.xls": "does not take a container that miscounts its sectors",
        f"{READER_DATA}Test_git_issue_477_crypto_keylength40.xls": LOCKED,
        "tafia_calamine__tests__issue_385.xls": LOCKED,
    },
    "xls by_calamine": {
        f"{READER_DATA}Test_git_issue_477_crypto_keylength40.xls": LOCKED,
        "tafia_calamine__tests__issue_385.xls": LOCKED,
        f"{READER_DATA}biff3.xls": OLD,
        "apache_poi__test-data__spreadsheet__testEXCEL_3.xls": OLD,
    },
    "ods by_calamine": {
        **dict.fromkeys(
            (
                "PHPOffice_PhpSpreadsheet__tests__data__Reader__Ods__RepeatedDataCells.ods",
                "SheetJS_libreoffice_test-files__calc__tab-color-ns-table.ods",
                "eea_odfpy__tests__examples__pythagoras-kspread.ods",
                f"{SPOUT}ods__sheet_with_all_cell_types.ods",
                f"{SPOUT}ods__sheet_with_undefined_value_type.ods",
                f"{SPOUT}ods__sheet_with_various_spaces.ods",
                f"{SPOUT}ods__two_sheets_with_no_settings_xml_file.ods",
            ),
            "takes no line break between two cells of the XML",
        ),
        "ropensci_readODS__starwars.fods": "does not know the flat form",
    },
}
"""Files that a reader fails to open."""

ERRS: Mapping[str, Mapping[str, str]] = {
    "xlsx by_openpyxl": {"tafia_calamine__tests__has_x000D_.xlsx": "leaves _x000D_ as it is written"},
    "xlsx by_calamine": dict.fromkeys(
        (f"{STRICT}col.xlsx", f"{STRICT}pagesetuppr.xlsx", f"{STRICT}sheetview.xlsx"),
        "takes an index between line breaks for that of the first text",
    ),
    "xls by_calamine": {
        **dict.fromkeys(
            (
                "apache_poi__test-data__spreadsheet__ex41187-19267.xls",
                "tidyverse_readxl__tests__testthat__sheets__mtcars.xls",
            ),
            "takes the two bytes of a character for two characters",
        ),
        f"{READER_DATA}ExcelLibrary_newdoc.xls": "takes a date of a format of its own for a number",
        "SheetJS_test_files__biff5__NumberFormatCondition.xls": (
            "takes the format [Red][<-25]General;[Blue][>25]General for one of dates"
        ),
    },
}
"""Files in which a reader reads something else than spreadsheet programs show."""


def sees_no_tabs(reader: Reader, data: bytes) -> bool:
    """Openpyxl sees none at all in the strict dialect of the format."""
    if reader.read is not by_openpyxl:
        return False
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return any(b"purl.oclc.org/ooxml" in package.read(name) for name in package.namelist())


# -- the comparison ----------------------------------------------------------------------------------------


def cells_of(tab: Tab) -> dict[Place, Cell]:
    return {(row, at): cell for row, cells in tab.rows() for at, cell in enumerate(cells) if cell != ""}


def agree(ours: Cell, theirs: object, reader: Reader) -> bool:
    if isinstance(ours, OddCell) and ours.kind in {Oddity.STRUCK, Oddity.RAISED, Oddity.UNSEEN}:
        ours = ours.shown  # what it holds is certain
    if isinstance(ours, OddCell):
        return _agrees(ours, theirs, reader)
    if isinstance(theirs, bool):
        return False
    if isinstance(theirs, int | float):
        return theirs == int(theirs) and ours == str(int(theirs))
    if reader.read is by_calamine and reader.folder == "xlsx":
        # It takes some blanks around a text for those of XML that was indented.
        return ours.strip() == str(theirs or "").strip()
    return ours == theirs


def _agrees(odd: OddCell, theirs: object, reader: Reader) -> bool:
    match odd.kind:
        case Oddity.DECIMAL:
            return isinstance(theirs, float) and float(odd.shown) == theirs
        case Oddity.LOST_DIGITS:
            return isinstance(theirs, int | float) and odd.shown == str(int(theirs))
        case Oddity.BOOLEAN:
            return isinstance(theirs, int) and odd.shown == str(bool(theirs)).upper()
        case Oddity.DATE:
            return _is_date(odd, theirs, reader)
        case Oddity.NO_VALUE:
            outdated = "" if theirs is None else str(theirs).removesuffix(".0")
            return odd.shown == outdated
        case Oddity.ERROR if reader.read is by_openpyxl:
            return theirs == odd.shown
        case Oddity.ERROR if reader.read is by_xlrd:
            return bool(xlrd.error_text_from_code.get(theirs) == odd.shown)
        case Oddity.ERROR:
            return theirs in {None, 0.0, odd.shown}
        case Oddity.TWO_READINGS | Oddity.FORMAT | Oddity.UNKNOWN:
            return theirs is not None
    return False


def _is_date(odd: OddCell, theirs: object, reader: Reader) -> bool:
    if reader.read is by_xlrd:
        return isinstance(theirs, float) and float(odd.stored) == theirs
    if isinstance(theirs, datetime | date):
        stated = odd.stored if reader.folder == "ods" else odd.shown
        return stated.startswith(f"{theirs:%Y-%m-%d}")
    return isinstance(theirs, time | timedelta) or theirs == odd.stored


class Readable(NamedTuple):
    """A workbook that the sheet package reads, with those tabs that it reads and their cells."""

    path: Path
    data: bytes
    tabs: Sequence[Tab]
    cells: dict[str, dict[Place, Cell]]


@cache
def readable(folder: str) -> Sequence[Readable]:
    """Read once, for all the other readers of that folder's files."""
    found = []
    for path in wild.PATHS:
        if path.parent.name != folder:
            continue
        with suppress(InputError):
            data, form = wild.opened(path)
            if form != folder:
                continue
            read = _read(child._tabs(data, form, wild.PASSWORDS.get(path.name)))
            if read:
                found.append(Readable(path, data, [tab for tab, _ in read], {t.name: c for t, c in read}))
    return found


def _read(tabs: Sequence[Tab]) -> list[tuple[Tab, dict[Place, Cell]]]:
    found = []
    for tab in tabs:
        with suppress(InputError):
            found.append((tab, cells_of(tab)))
    return found


def differences(ours: dict[str, dict[Place, Cell]], theirs: dict[str, Values], reader: Reader) -> list[str]:
    """Tabs that the reader does not have, and cells of the others that it reads otherwise."""
    missing = [f"{tab}: no such tab" for tab in ours if tab not in theirs]
    pairs = (
        (tab, place, cells.get(place, ""), theirs[tab].get(place))
        for tab, cells in ours.items()
        if tab in theirs
        for place in sorted({*cells, *theirs[tab]})
    )
    return missing + [
        f"{tab} {place}: {own!r}, {other!r}"
        for tab, place, own, other in pairs
        if not agree(own, other, reader)
    ]


@pytest.mark.parametrize("reader", READERS, ids=str)
def test_another_reader_reads_the_same_cells(reader: Reader) -> None:
    fails, errs = FAILS.get(str(reader), {}), ERRS.get(str(reader), {})
    found: dict[str, list[str]] = {}
    failed, compared = set(), 0
    for path, data, _, ours in readable(reader.folder):
        try:
            theirs = reader.read(data)
        except Exception:  # noqa: BLE001  (other readers raise anything)
            failed.add(path.name)
            continue
        if theirs or not sees_no_tabs(reader, data):
            found[path.name] = differences(ours, theirs, reader)
            compared += sum(map(len, ours.values()))
    assert failed == set(fails)
    differ = {name: lines[:5] for name, lines in found.items() if lines}
    assert {name: lines for name, lines in differ.items() if name not in errs} == {}
    assert differ.keys() == errs.keys()
    assert compared >= reader.least


# -- what nobody sees --------------------------------------------------------------------------------------


class Unseen(NamedTuple):
    visible: bool
    rows: set[int]
    columns: set[int]
    merged: set[tuple[int, int, int, int]]


def _unseen(tab: Tab) -> Unseen:
    remarks = tab.remarks  # complete, since all of its cells were read
    return Unseen(tab.visible, remarks.hidden_rows, remarks.hidden_columns, set(remarks.merged))


def _unseen_by_openpyxl(sheet: Worksheet) -> Unseen:
    columns = [each for each in sheet.column_dimensions.values() if each.hidden or each.width == 0]
    return Unseen(
        sheet.sheet_state == "visible",
        {row for row, each in sheet.row_dimensions.items() if each.hidden},
        {at - 1 for each in columns for at in range(each.min or 1, (each.max or 1) + 1)},
        {
            (each.min_row, each.min_col - 1, each.max_row, each.max_col - 1)
            for each in sheet.merged_cells.ranges
        },
    )


def test_openpyxl_tells_the_same_of_what_is_hidden_and_merged() -> None:
    reader = READERS[0]
    different, seen = [], Counter[str]()
    for path, data, tabs, _ in readable(reader.folder):
        if path.name in FAILS[str(reader)] or sees_no_tabs(reader, data):
            continue
        book = openpyxls(data)
        for tab in tabs:
            own, other = _unseen(tab), _unseen_by_openpyxl(book[tab.name])
            seen.update(tabs=1, rows=len(own.rows), columns=len(own.columns), merged=len(own.merged))
            if own != other:
                different.append(f"{path.name} {tab.name}: {own}, {other}")
    assert different == []
    assert seen["tabs"] > 200
    assert all(seen[what] for what in ("rows", "columns", "merged"))

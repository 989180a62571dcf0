"""Excel workbook -> table, through calamine."""

from __future__ import annotations

import io
import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bulk_topup.errors import InputError
from bulk_topup.model import OddCell
from bulk_topup.sheet.columns import Header, Named, NoHeader, find_header
from bulk_topup.sheet.table import Cell, Table, fill, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from python_calamine import CalamineSheet, CalamineWorkbook

OTHER_ZIPS = {
    "xl/workbook.bin": "sheet.xlsb",
    "content.xml": "sheet.ods",
    "word/document.xml": "sheet.not_a_spreadsheet",
    "ppt/presentation.xml": "sheet.not_a_spreadsheet",
    "Index/Document.iwa": "sheet.numbers_app",
}
"""A part's name -> the code of the message that says what the zip with that part is."""

CAUSE_CHARACTERS = 100


def read(data: bytes, tab: str | None, named: Named) -> Table:
    """The table of the tab that is named, or of the only visible one that has a usable header.

    Raises InputError where the file is no .xlsx workbook, or where no tab or more than one is meant.
    """
    _refuse_other_zips(data)
    workbook = _open(data)
    sheet, header = _named(workbook, tab, named) if tab is not None else _only(workbook, named)
    table = Table(tab=sheet.name, header=header)
    return fill(table, (row for row in _rows(sheet) if row[0] > header.row))


# -- the tab -----------------------------------------------------------------------------------------------


def _named(workbook: CalamineWorkbook, tab: str, named: Named) -> tuple[CalamineSheet, Header]:
    tabs = _tabs(workbook)
    same = [name for name in tabs if name == tab] or [n for n in tabs if n.casefold() == tab.casefold()]
    if len(same) != 1:
        raise InputError("sheet.no_such_tab", tab=tab, tabs=_quoted(tabs))
    sheet = _sheet(workbook, same[0])
    return sheet, find_header(_text_rows(sheet), named)


def _only(workbook: CalamineWorkbook, named: Named) -> tuple[CalamineSheet, Header]:
    """The one visible tab with a header. A hidden tab is never chosen: nobody has looked at it."""
    visible = _tabs(workbook, only_visible=True)
    if not visible:
        raise InputError("sheet.all_hidden", tabs=_quoted(_tabs(workbook)))
    found: dict[str, tuple[CalamineSheet, Header | InputError]] = {}
    missing: list[NoHeader] = []
    for name in visible:
        sheet = _sheet(workbook, name)
        header = _header(sheet, named)
        if isinstance(header, NoHeader):
            missing.append(header)
        else:
            found[name] = sheet, header
    if not found:
        raise _no_tab(visible, missing)
    if len(found) > 1:
        raise InputError("sheet.several_tabs", tabs=_quoted(found), tab=next(iter(found)))
    [(sheet, header)] = found.values()
    if isinstance(header, InputError):
        raise header
    return sheet, header


def _header(sheet: CalamineSheet, named: Named) -> Header | InputError:
    """An ambiguous header is an error as a value: it counts as one among the tabs that could be meant."""
    try:
        return find_header(_text_rows(sheet), named)
    except InputError as error:
        return error


def _no_tab(visible: list[str], missing: list[NoHeader]) -> InputError:
    with_cells = [error for error in missing if error.code != "sheet.empty"]
    if len(with_cells) > 1:
        return InputError("sheet.no_tab_fits", tabs=_quoted(visible))
    return with_cells[0] if with_cells else missing[0]


def _tabs(workbook: CalamineWorkbook, *, only_visible: bool = False) -> list[str]:
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    return [
        tab.name
        for tab in workbook.sheets_metadata
        if tab.typ == SheetTypeEnum.WorkSheet
        and (not only_visible or tab.visible == SheetVisibleEnum.Visible)
    ]


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


# -- the reader --------------------------------------------------------------------------------------------


def _refuse_other_zips(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            names = set(package.namelist())
    except Exception as error:  # zipfile raises a dozen types on damaged files
        raise InputError("sheet.unreadable", cause=_cause(error)) from error
    for part, code in OTHER_ZIPS.items():
        if part in names:
            raise InputError(code)


def _open(data: bytes) -> CalamineWorkbook:
    from python_calamine import CalamineWorkbook

    with _reading():
        return CalamineWorkbook.from_filelike(io.BytesIO(data))


def _sheet(workbook: CalamineWorkbook, name: str) -> CalamineSheet:
    with _reading():
        return workbook.get_sheet_by_name(name)


def _rows(sheet: CalamineSheet) -> Iterator[tuple[int, list[Cell]]]:
    """Every row from the sheet's first, from column A on, all of the same length."""
    before: list[Cell] = [""] * sheet.start[1] if sheet.start else []
    with _reading():
        for row, cells in enumerate(sheet.iter_rows(), 1):
            yield row, before + cells if before else cells


def _text_rows(sheet: CalamineSheet) -> Iterator[tuple[int, list[str]]]:
    for row, cells in _rows(sheet):
        texts = map(text_of, cells)
        yield row, [text.shown if isinstance(text, OddCell) else text for text in texts]


@contextmanager
def _reading() -> Iterator[None]:
    """Every way in which calamine fails, as one clear error."""
    from python_calamine import PasswordError

    try:
        yield
    except (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError):
        raise
    except PasswordError as error:
        raise InputError("sheet.password") from error
    except BaseException as error:  # its panics are no Exception
        raise InputError("sheet.unreadable", cause=_cause(error)) from error


def _cause(error: BaseException) -> str:
    line = " ".join(str(error).split())
    return line[:CAUSE_CHARACTERS] or type(error).__name__

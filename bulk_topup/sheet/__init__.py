"""A spreadsheet file -> its rows, verbatim, with row numbers. Judges nothing, drops nothing."""

from __future__ import annotations

import hashlib
import stat
from typing import TYPE_CHECKING

from bulk_topup.errors import InputError
from bulk_topup.model import Sheet
from bulk_topup.sheet.columns import Named

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from bulk_topup.sheet.table import Table

__all__ = ["read_sheet"]

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLE2 = bytes.fromhex("D0CF11E0A1B11AE1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_OLD_XLS = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08\x08\x00")
"""How workbooks of Excel 2 to 5 begin."""
_HEAD_BYTES = 4096


def read_sheet(
    path: Path,
    *,
    tab: str | None = None,
    number_column: str | None = None,
    product_column: str | None = None,
) -> Sheet:
    """Read one tab of a spreadsheet (.xlsx, .csv); the content decides the format, not the name.

    `tab` names the tab of a workbook that has several; the columns are named by a header's text or an Excel
    letter, where their own names do not tell.

    Raises InputError, with the file's name among its facts, whatever is wrong with the file.
    """
    try:
        return _read(path, tab, Named(number_column, product_column))
    except InputError as error:
        error.facts["file"] = path.name
        raise
    except MemoryError as error:
        raise InputError("sheet.too_large", file=path.name) from error


def _read(path: Path, tab: str | None, named: Named) -> Sheet:
    data = _bytes(path)
    table = _table(data, tab, named)
    return Sheet(
        path=path,
        tab=table.tab,
        sha256=hashlib.sha256(data).hexdigest(),
        header=table.header.texts,
        cells=_frame(table),
        columns=table.header.columns,
        odd=table.odd,
        notices=table.notices,
    )


def _bytes(path: Path) -> bytes:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise InputError("sheet.folder")
        if not stat.S_ISREG(mode):
            raise InputError("sheet.not_a_file")
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise InputError("sheet.not_found") from error
    except PermissionError as error:
        raise InputError("sheet.no_permission") from error
    except OSError as error:
        raise InputError("sheet.not_readable", cause=error.strerror or str(error)) from error
    if not data:
        raise InputError("sheet.empty_file")
    return data


def _table(data: bytes, tab: str | None, named: Named) -> Table:
    from bulk_topup.sheet import text, xlsx

    if data.startswith(_ZIP):
        return xlsx.read(data, tab, named)
    _refuse_other_formats(data)
    if tab is not None:
        raise InputError("sheet.no_tabs", tab=tab)
    return text.read(data, named)


def _refuse_other_formats(data: bytes) -> None:
    if data.startswith(_OLE2):
        raise InputError("sheet.password" if _ENCRYPTED in data else "sheet.old_xls")
    if data.startswith(_OLD_XLS):
        raise InputError("sheet.old_xls")
    head = data[:_HEAD_BYTES].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if head.startswith(b"<?xml") and b"<html" not in head:
        raise InputError("sheet.xml")
    if head.startswith(b"<") and (b"<html" in head or b"<table" in head):
        raise InputError("sheet.html")
    if head.startswith(b"%pdf-"):
        raise InputError("sheet.pdf")


def _frame(table: Table) -> pd.DataFrame:
    import pandas as pd

    index = pd.Index(table.rows, name="row")
    return pd.DataFrame(dict(enumerate(table.columns)), index=index, dtype=object)

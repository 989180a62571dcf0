"""A spreadsheet file -> its rows, verbatim, with row numbers. Judges nothing, drops nothing.

The file is parsed in a child process (`child`), watched by `contain`; `gather` puts together what it says.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from bulk_topup.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from bulk_topup.model import Sheet

__all__ = ["read_sheet"]


def read_sheet(
    path: Path,
    *,
    tab: str | None = None,
    number_column: str | None = None,
    product_column: str | None = None,
    password: str | None = None,
) -> Sheet:
    """Read one tab of a spreadsheet; its content decides the format, not its name.

    `tab` names the tab of a workbook that has several; the columns are named by a header's text or an Excel
    letter, where their own names do not tell; `password` opens a workbook that is encrypted.

    Raises InputError, with the file's name among its facts, whatever is wrong with the file.
    """
    request = {
        "path": os.fsencode(path.absolute()).hex(),
        "tab": tab,
        "number": number_column,
        "product": product_column,
        "password": password,
    }
    try:
        return _read(path, request)
    except InputError as error:
        error.facts["file"] = path.name
        raise
    except MemoryError as error:
        raise InputError("sheet.too_much_memory", file=path.name) from error


def _read(path: Path, request: dict[str, str | None]) -> Sheet:
    from bulk_topup.sheet import contain, look

    with look.opened(path):
        pass  # what is wrong with the file itself is said at once, without a child
    with contain.child(request) as frames:
        # Only now: pandas takes as long to import as the child to start.
        from bulk_topup.sheet.gather import gathered

        return gathered(path, frames)

"""Reads a spreadsheet file into its rows, verbatim, with row numbers. Judges nothing and drops nothing.

The file is parsed in a child process (`child`), watched by `parent`; `gather` assembles the result in a
thread, so that the caller can do something else meanwhile.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import Named, Sheet

Arriving = Callable[[], Sheet]
"""Waits for a sheet that is being read. Raises InputError like `reading`."""

__all__ = ["read_sheet", "reading"]


@contextmanager
def reading(
    path: Path,
    *,
    tab: str | None = None,
    columns: Named = Named(),  # noqa: B008  (a constant)
    password: str | None = None,
) -> Iterator[Arriving]:
    """Start to read one tab of a spreadsheet; the content decides the format, not the name.

    `tab` chooses among several; `columns` are those whose own names do not tell; `password` opens an
    encrypted workbook. Raises InputError, with the file's name among its facts, whatever is wrong with the
    file.
    """
    from concurrent.futures import ThreadPoolExecutor, wait

    from bulk_topup.sheet import detect
    from bulk_topup.sheet.process import parent

    request = {
        "path": os.fsencode(path.absolute()).hex(),
        "tab": tab,
        "columns": asdict(columns),
        "password": password,
    }
    with ExitStack() as stack:
        # Before the child, because the thread that reads from it only ends after the child.
        thread = stack.enter_context(ThreadPoolExecutor(1, "sheet"))
        with _naming(path):
            with detect.opened_file(path):
                pass  # Errors in the file itself are reported at once, without a child.
            frames = stack.enter_context(parent.child(request))
            # Only now: importing pandas takes as long as starting the child.
            from bulk_topup.sheet.process.gather import gathered

        gathering = thread.submit(gathered, path, frames)

        def arriving() -> Sheet:
            with _naming(path), stack:
                while not gathering.done():
                    wait([gathering], timeout=0.2)  # A wait without a timeout would block Ctrl-C on Windows.
                return gathering.result()

        yield arriving


def read_sheet(
    path: Path,
    *,
    tab: str | None = None,
    number_column: str | None = None,
    product_column: str | None = None,
    nominal_column: str | None = None,
    password: str | None = None,
) -> Sheet:
    """Like `reading`, but waits for the sheet."""
    columns = Named(number_column, product_column, nominal_column)
    with reading(path, tab=tab, columns=columns, password=password) as arriving:
        return arriving()


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    try:
        yield
    except InputError as error:
        error.facts["file"] = path.name
        raise
    except MemoryError as error:
        raise InputError("sheet.too_much_memory", file=path.name) from error

"""A spreadsheet file -> its rows, verbatim, with row numbers. Judges nothing, drops nothing.

The file is parsed in a child process (`child`), watched by `contain`; `gather` puts together what it says, in
a thread, so that whoever waits for a sheet may do something else meanwhile.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import Named, Sheet

ALL = "all"
"""Instead of a tab's name: each visible tab that holds people."""

Arriving = Callable[[], Sheet]
"""Waits for a sheet that is being read. Raises InputError, as `reading` does."""

__all__ = ["ALL", "read_sheet", "reading"]


@contextmanager
def reading(
    path: Path,
    *,
    tab: str | None = None,
    columns: Named = Named(),  # noqa: B008  (a constant)
    password: str | None = None,
) -> Iterator[Arriving]:
    """Begin to read one tab of a spreadsheet; its content decides the format, not its name.

    `tab` names the tab of a workbook that has several; `columns` those whose own names do not
    tell; `password` opens a workbook that is encrypted.

    Raises InputError, with the file's name among its facts, whatever is wrong with the file.
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
        # Before the child: a thread that reads of it ends only once the child has.
        thread = stack.enter_context(ThreadPoolExecutor(1, "sheet"))
        with _naming(path):
            with detect.opened_file(path):
                pass  # what is wrong with the file itself is said at once, without a child
            frames = stack.enter_context(parent.child(request))
            # Only now: pandas takes as long to import as the child to start.
            from bulk_topup.sheet.process.gather import gathered

        gathering = thread.submit(gathered, path, frames)

        def arriving() -> Sheet:
            with _naming(path), stack:
                while not gathering.done():
                    wait([gathering], timeout=0.2)  # an untimed wait would keep Ctrl-C waiting on Windows
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
    """The same, waited for."""
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

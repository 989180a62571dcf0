"""The sheet is read in its own process, while this one imports what decides and sends."""

from __future__ import annotations

import gc
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bulk_topup.sending.job import Job
    from bulk_topup.sheet import Arriving


@contextmanager
def reading_of(job: Job) -> Iterator[Arriving]:
    """The sheet begins to be read in its own process, while this one imports what takes as long."""
    from bulk_topup.sheet import reading

    source = job.source
    with ExitStack() as begun:
        gc.disable()  # all that is imported stays: there is nothing to collect
        try:
            arriving = begun.enter_context(
                reading(
                    source.path,
                    tab=source.tab,
                    columns=source.columns,
                    password=None if source.password_file is None else _password_in(source.password_file),
                )
            )
            from bulk_topup.commands import conclusion, planning, release, sending_parts  # noqa: F401
        finally:
            gc.freeze()  # or the next passes would look through all of it
            gc.enable()
        yield arriving


def _password_in(file: Path) -> str:
    from bulk_topup.commands.credentials import password_in

    return password_in(file)

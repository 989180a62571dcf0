"""Reads the sheet in its own process, while this one imports the code that plans and sends."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import Sheet, Source
from bulk_topup.core.row_names import ALL
from bulk_topup.core.shell import argument
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from bulk_topup.commands.terminal import Terminal
    from bulk_topup.sending.job import Job
    from bulk_topup.sheet import Arriving


@contextmanager
def reading_of(job: Job, terminal: Terminal, *, sends: bool) -> Iterator[Arriving]:
    """Read the sheet in its own process, while this one does the slow imports of what comes after.

    If more than one column is possible, a person at the terminal chooses, and the sheet is read again. If
    more than one tab is, TabAnswered is raised, because other files belong to another tab.
    """
    with ExitStack() as begun:
        gc.disable()  # imported modules stay: there is nothing to collect
        try:
            arriving = begun.enter_context(begin_reading(job.source))
            from bulk_topup.commands import planning  # noqa: F401

            if sends:
                from bulk_topup.commands import conclusion, release, sending_parts  # noqa: F401
        finally:
            gc.freeze()  # so that later passes need not scan them
            gc.enable()
        yield lambda: _asked(job, arriving, terminal)


def begin_reading(source: Source) -> AbstractContextManager[Arriving]:
    from bulk_topup.sheet import reading

    password = None
    if source.password_file is not None:
        from bulk_topup.commands.credentials import password_in

        password = password_in(source.password_file)
    if not source.tabs:
        return reading(source.path, tab=source.tab, columns=source.columns, password=password)
    from bulk_topup.sheet.several import reading_several

    def read(tab: str | None) -> Sheet:
        with reading(source.path, tab=tab, columns=source.columns, password=password) as arriving:
            return arriving()

    return reading_several(source.path, source.tabs, read)


def read_now(source: Source) -> Sheet:
    with begin_reading(source) as arriving:
        return arriving()


def _asked(job: Job, arriving: Arriving, terminal: Terminal) -> Sheet:
    source = job.source
    try:
        return arriving()
    except InputError as problem:
        from bulk_topup.sheet.several import SEVERAL_CODES

        if problem.code in SEVERAL_CODES:
            problem.facts |= _listed(job, str(problem.facts["names"]).split("\n"))
            terminal.ask_tab(problem)
        if problem.code not in ASKED:
            raise
        meaning = str(problem.facts["option"]).removeprefix("--").removesuffix("-column")
        chosen = replace(source.columns, **{meaning: terminal.ask_column(problem)})
    job = replace(job, source=replace(source, columns=chosen))
    return _asked(job, lambda: read_now(job.source), terminal)


def _listed(job: Job, tabs: Sequence[str]) -> dict[str, object]:
    """The tabs, with the number of rows and the first number in each, and whether it has been run already, by
    itself or with others; and how those left are named."""
    from bulk_topup.record.batches import of_tabs

    found = of_tabs(job.source.path, sandbox=job.connection.sandbox)
    run = {tab for one in found for tab in (*one.tabs, one.fact("tab"))}
    listed = []
    for tab in tabs:
        try:
            sheet = read_now(replace(job.source, tab=tab))
            count, first = len(sheet.cells), str(sheet.cells[sheet.columns.number].iloc[0]).strip()
        except InputError:
            count, first = 0, ""
        code = "sheet.tab_run" if tab in run else "sheet.tab_rows"
        listed.append(say.text(code, tab=tab, count=count) + f": {first}" * bool(first))
    left = [tab for tab in tabs if tab not in run]
    is_for_all = len(left) == len(tabs) and ALL not in map(str.casefold, tabs)
    how = "sheet.tabs_all" if is_for_all else "sheet.tabs_left" if len(left) > 1 else ""
    named = " ".join(f"--sheet {argument(tab)}" for tab in left)
    return {"tabs": ", ".join(listed), "tab": argument([*left, *tabs][0]), "how": how, "left": named}


ASKED = frozenset({"sheet.ambiguous", "sheet.whose_number", "sheet.other_money", "sheet.other_block"})
"""Questions that a person at the terminal can answer with a column letter."""

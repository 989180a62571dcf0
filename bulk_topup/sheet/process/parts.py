"""Finds the part of a tab that is chosen by its period, or says that one is to be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from bulk_topup.core.errors import InputError
from bulk_topup.core.row_names import ALL
from bulk_topup.sheet.sections import Sections
from bulk_topup.sheet.table import batches
from bulk_topup.sheet.tabs import ChosenTab, TabChoice, choose_one

if TYPE_CHECKING:
    from bulk_topup.sheet.periods import Parts


def tab_or_part(
    choose: Callable[[TabChoice], ChosenTab], tabs: Sequence[str | None], wanted: TabChoice
) -> ChosenTab:
    """The tab of this name, or else the part of one of these `tabs`; a text file is a tab without a name."""
    try:
        return choose(wanted)
    except InputError as error:
        if error.code not in {"sheet.no_such_tab", "sheet.no_tabs"} or wanted.tab in {None, ALL}:
            raise
        for tab in tabs:
            with suppress(InputError):
                for name, rows in _parts(choose(replace(wanted, tab=tab)), is_only=len(tabs) == 1):
                    if name.casefold() == str(wanted.tab).casefold():
                        return choose(replace(wanted, tab=tab)).part(name, rows)
        raise


def _parts(found: ChosenTab, *, is_only: bool) -> list[tuple[str, Sequence[range]]]:
    header = found.header
    sections = Sections(header.texts, header.columns, header.told, header.titles)
    for batch in batches(found):
        sections.walk(batch.rows, batch.columns)
    return _named(found, sections.parts, is_only=is_only)


def _named(found: ChosenTab, parts: Parts, *, is_only: bool) -> list[tuple[str, Sequence[range]]]:
    tab = "" if is_only else f"{found.tab} "
    return [(f"{tab}{part.name}", part.rows) for part in parts.with_people()]


def assert_one_part(found: ChosenTab, parts: Parts, *, is_only: bool) -> None:
    """What is under no period is read, and what is under one below that is marked; but of two, which?"""
    names = [name for name, _ in _named(found, parts, is_only=is_only)]
    if len(names) > 1 and not found.within and not parts.is_doubtful:
        raise choose_one("sheet.several_periods", names)

"""What a workbook is written from: values, tabs, colours."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from bulk_topup.core.model import TAB_ROWS, Notice
from bulk_topup.core.status import Status
from bulk_topup.report.words import say

Value = str | int | datetime | None
"""What one cell shows: a text, whole rupiah or another count, a time, or nothing."""

Tell = Callable[[Notice], object]
"""Hears what the user should know of the file that was written."""


def row_value(row: int) -> Value:
    """Its number, or its tab and number where several tabs are one sheet."""
    return say.row_name(row) if row >= TAB_ROWS else row


def untold(_notice: Notice) -> None:
    pass


class Colour(StrEnum):
    GREEN = "#C6EFCE"
    AMBER = "#FFEB9C"
    RED = "#FFC7CE"
    GREY = "#D9D9D9"
    ORANGE = "#FFC000"
    BLUE = "#DDEBF7"
    YELLOW = "#FFFFCC"


STATUS_COLOURS: Mapping[str, Colour] = {
    Status.SUKSES: Colour.GREEN,
    Status.PENDING: Colour.AMBER,
    Status.ACCEPTED: Colour.AMBER,
    Status.UNKNOWN: Colour.AMBER,
    Status.GAGAL: Colour.RED,
    Status.INVALID: Colour.RED,
    Status.DUPLICATE: Colour.GREY,
    Status.UNSENT: Colour.GREY,
}

IN_CHART: Mapping[Colour, str] = {
    Colour.GREEN: "#70AD47",
    Colour.AMBER: "#FFC000",
    Colour.RED: "#E06666",
    Colour.GREY: "#A6A6A6",
}
"""The colours of the cells, strong enough for a bar on white paper."""

NO_COLOURS: Mapping[int, Colour] = MappingProxyType({})


class TabRow(NamedTuple):
    """`values` by column, and the `colours` of some of them by position; `hidden` rows are there unseen."""

    values: Sequence[Value]
    colours: Mapping[int, Colour] = NO_COLOURS
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class OutputTab:
    """A header and the rows under it; `sentences` are the positions of columns that are read, not looked up.

    `paper` are the widths of the columns of a tab to print: portrait, and nothing is cut.
    Rows that one Excel sheet cannot hold go on in the tabs "TITLE 2", "TITLE 3" and so on.
    """

    title: str
    header: Sequence[str]
    rows: Iterable[TabRow]
    sentences: Collection[int] = ()
    paper: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """`bold` for a heading or a sum; `left` are the positions of headings over texts, as others stand over
    numbers; `bar` is the colour of a row whose third value the chart draws; `to_sign` for a row with a line
    to write on behind its label; `is_title` for larger letters."""

    values: Sequence[Value] = ()
    bold: bool = False
    left: Collection[int] = ()
    bar: Colour | None = None
    to_sign: bool = False
    is_title: bool = False


def signature_rows() -> Iterator[SummaryRow]:
    """Who prepared, checked and approved it, with a line for each one's name, date and signature."""
    headings = map(say.text, ("sign.here", "sign.name", "", "sign.date", "sign.signature", ""))
    yield SummaryRow()
    yield SummaryRow(tuple(headings), bold=True, to_sign=True)
    for role in ("sign.prepared", "sign.checked", "sign.approved"):
        yield SummaryRow((say.text(role), *[""] * 5), to_sign=True)

"""What a workbook is made of: values, tabs, colours."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from bulk_topup.core.model import Notice
from bulk_topup.core.row_names import TAB_ROWS
from bulk_topup.core.status import Status
from bulk_topup.report.words import say

Value = str | int | datetime | None
"""What one cell shows: a text, whole rupiah or another count, a time, or nothing."""

Tell = Callable[[Notice], object]
"""Receives notices about the file that was written."""


def row_value(row: int) -> Value:
    """Its number, or its tab and number if several tabs are one sheet."""
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
    """The `colours` are those of some of the values, by position; a `hidden` row is written but not shown."""

    values: Sequence[Value]
    colours: Mapping[int, Colour] = NO_COLOURS
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class OutputTab:
    """A header and its rows, which go on in "TITLE 2" and so on where they exceed an Excel sheet.

    `sentences` are the columns with running text, `paper` the widths of all columns of a tab to print:
    portrait, with nothing cut.
    """

    title: str
    header: Sequence[str]
    rows: Iterable[TabRow]
    sentences: Collection[int] = ()
    paper: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """`bold` for a header or a sum; `left` are the positions of left-aligned headers, since others are
    right-aligned over numbers; `bar` is the colour of a row whose third value the chart draws; `to_sign`
    for a row with a line to write on after its label; `is_title` for larger letters.
    """

    values: Sequence[Value] = ()
    bold: bool = False
    left: Collection[int] = ()
    bar: Colour | None = None
    to_sign: bool = False
    is_title: bool = False


def signature_rows() -> Iterator[SummaryRow]:
    """Who prepared, checked and approved it, with a line for each name, date and signature."""
    headings = map(say.text, ("sign.here", "column.name", "", "column.date", "sign.signature", ""))
    yield SummaryRow()
    yield SummaryRow(tuple(headings), bold=True, to_sign=True)
    for role in ("sign.prepared", "sign.checked", "sign.approved"):
        yield SummaryRow((say.text(role), *[""] * 5), to_sign=True)

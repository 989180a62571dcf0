"""CSV -> table: strict about what it decodes and how it is quoted, open about the delimiter."""

from __future__ import annotations

import csv
import io
import re
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from bulk_topup.errors import InputError
from bulk_topup.model import Notice
from bulk_topup.sheet.columns import HEADER_ROWS, Header, Named, NoHeader, find_header
from bulk_topup.sheet.table import Table, fill

if TYPE_CHECKING:
    from collections.abc import Iterator

    Record = tuple[int, list[str]]
    """A record's number as Excel numbers its row, and its texts."""

DELIMITERS = (",", ";", "\t", "|")
BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
LONGEST_FIELD = 1_000_000
"""Characters. Far above Excel's 32,767 a cell, far below what an unclosed quote would swallow."""
LISTED_ROWS = 10

_DECLARATION = re.compile(r'"?sep=([^\w\s"]|\t)"?[\r\n]*', re.IGNORECASE)


class _BadQuotes(NoHeader):
    """Quotes do not add up under this delimiter; they may under another."""


@dataclass(frozen=True, slots=True)
class _Source:
    data: bytes
    encoding: str
    delimiter: str = ","

    def lines(self) -> io.TextIOWrapper:
        # A stream over the bytes: a decoded copy of a large file would take four times its size.
        return io.TextIOWrapper(io.BytesIO(self.data), self.encoding, newline="")


def read(data: bytes, named: Named) -> Table:
    """The one table of a CSV file.

    Raises InputError where the encoding, the quotes, the delimiter, the header or the length of a row leave
    any doubt about what a cell holds.
    """
    encoding = _encoding(data)
    notices = (Notice("sheet.windows_1252"),) if encoding == "cp1252" else ()
    with _long_fields():
        source, header = _choose(data, encoding, named)
        table = Table(tab="", header=header, notices=notices)
        return fill(table, _body(source, header))


# -- encoding ----------------------------------------------------------------------------------------------


def _encoding(data: bytes) -> str:
    marked = next((name for bom, name in BOMS.items() if data.startswith(bom)), None)
    for encoding in (marked,) if marked else ("utf-8", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            raise InputError("sheet.not_text")
        return encoding
    raise InputError("sheet.encoding")


# -- delimiter and header ----------------------------------------------------------------------------------


def _choose(data: bytes, encoding: str, named: Named) -> tuple[_Source, Header]:
    """The one delimiter under which the header has the columns that we need.

    A column named by its letter fits in many a row that another delimiter splits by chance, but into fewer.
    """
    declared = _declared_delimiter(data, encoding)
    sources = [_Source(data, encoding, each) for each in ([declared] if declared else DELIMITERS)]
    found: list[tuple[_Source, Header]] = []
    missing: list[tuple[int, NoHeader]] = []
    for source in sources:
        try:
            found.append((source, find_header(_records(source), named)))
        except NoHeader as error:
            missing.append((_width(source), error))
    widest = max((len(header.texts) for _, header in found), default=0)
    found = [(source, header) for source, header in found if len(header.texts) == widest]
    if len(found) > 1:
        raise InputError("sheet.delimiter")
    if not found:
        _, nearest = max(missing, key=lambda item: item[0])
        raise nearest
    return found[0]


def _declared_delimiter(data: bytes, encoding: str) -> str | None:
    """What Excel's own first line `sep=;` declares, if there is one."""
    line = _Source(data, encoding).lines().readline(16)
    declared = _DECLARATION.fullmatch(line)
    return declared[1] if declared else None


def _width(source: _Source) -> int:
    """How often the delimiter stands in the first lines: the likeliest delimiter stands there most."""
    return sum(line.count(source.delimiter) for line in islice(source.lines(), HEADER_ROWS))


# -- records -----------------------------------------------------------------------------------------------


def _records(source: _Source) -> Iterator[Record]:
    """Numbered as Excel does: a quoted line break ends no row, an empty line is one, `sep=` is none."""
    lines = source.lines()
    if _declared_delimiter(source.data, source.encoding):
        lines.readline()
    row = 0
    try:
        for row, cells in enumerate(csv.reader(lines, delimiter=source.delimiter, strict=True), 1):
            yield row, cells
    except csv.Error as error:
        raise _BadQuotes("sheet.quotes", row=str(row + 1)) from error


def _body(source: _Source, header: Header) -> Iterator[Record]:
    width = len(header.texts)
    ragged: list[int] = []
    for row, cells in _records(source):
        if row <= header.row:
            continue
        if any(map(str.strip, cells[width:])):
            ragged.append(row)
        yield row, cells[:width] + [""] * (width - len(cells))
    if ragged:
        raise InputError("sheet.ragged", rows=_listed(ragged), count=str(len(ragged)), columns=str(width))


def _listed(rows: list[int]) -> str:
    listed = ", ".join(map(str, rows[:LISTED_ROWS]))
    return f"{listed}, …" if len(rows) > LISTED_ROWS else listed


@contextmanager
def _long_fields() -> Iterator[None]:
    limit = csv.field_size_limit(LONGEST_FIELD)
    try:
        yield
    finally:
        csv.field_size_limit(limit)

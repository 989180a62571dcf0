"""OpenDocument spreadsheets (.ods, and .fods, their flat form) to tabs.

One pass over the document lists the tabs and keeps the rows it meets, as memory allows; only what it did not
keep is read again.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import dropwhile
from typing import BinaryIO
from xml.parsers import expat

from lxml import etree  # type: ignore[import-untyped]

from bulk_topup.core.errors import InputError
from bulk_topup.sheet.readers.ods_looks import NAMESPACES, Element, Looks
from bulk_topup.sheet.readers.ods_rows import RowReader, is_displayed, name_of, parts
from bulk_topup.sheet.tabs import Cell, Remarks, Row, Tab

MOST_KEPT = 2_000_000
"""Cells of all tabs, at most 200 MB in ordinary sheets."""
LEAST_KEPT = 10_000
"""Cells of each tab, however many other tabs hold: as many as are searched for a header."""

_CHUNK_BYTES = 1 << 18


@dataclass(slots=True)
class OdsTab:
    """`kept` are its first rows, and if it `is_whole` all of them."""

    data: bytes
    position: int
    name: str
    visible: bool
    looks: Looks
    remarks: Remarks = field(default_factory=Remarks)
    kept: list[Row] = field(default_factory=list)
    is_whole: bool = False

    def rows(self) -> Iterator[tuple[int, Sequence[Cell]]]:
        yield from self.kept
        if not self.is_whole:
            last = self.kept[-1][0] if self.kept else 0
            yield from dropwhile(lambda row: row[0] <= last, self._anew())

    def _anew(self) -> Iterator[Row]:
        self.remarks.clear()
        reader, position = RowReader(self.remarks, self.looks), self.position
        with _reading(), _content(self.data) as stream:
            for table, part in parts(stream):
                if part is table:
                    position -= 1
                    if position < 0:
                        return
                elif position == 0:
                    yield from reader.read(part)


def tabs(data: bytes) -> Sequence[Tab]:
    """All tables of the document, in order.

    Raises InputError if it is encrypted, is not a spreadsheet, or is damaged.
    """
    with _reading():
        _refuse_encrypted(data)
        _assert_sound(data)
        listing = _Listing(data)
        with _content(data) as stream:
            for table, part in parts(stream):
                listing.add(table, part)
    if not listing.tabs:
        raise InputError("sheet.not_a_spreadsheet")
    return listing.tabs


class _Listing:
    """The tabs as their parts come."""

    def __init__(self, data: bytes) -> None:
        self.tabs: list[OdsTab] = []
        self._data = data
        self._reader: RowReader | None = None
        """For the tab that the parts belong to; None between two tabs."""
        self._is_kept = True
        self._cells = 0
        self._most = 0

    def add(self, table: Element, part: Element) -> None:
        """A row or a column of a table, or the table itself at its end."""
        if self._reader is None:
            self._begin(table)
        if part is table:
            self.tabs[-1].is_whole = self._is_kept
            self._reader = None
        elif self._is_kept and self._reader is not None:
            self._is_kept = self._keep(self.tabs[-1], self._reader.read(part))

    def _begin(self, table: Element) -> None:
        looks = self.tabs[0].looks if self.tabs else Looks(table, self._data)
        tab = OdsTab(self._data, len(self.tabs), name_of(table), is_displayed(table), looks)
        self.tabs.append(tab)
        self._reader, self._is_kept = RowReader(tab.remarks, looks), True
        self._most = max(MOST_KEPT, self._cells + LEAST_KEPT)

    def _keep(self, tab: OdsTab, rows: Iterator[Row]) -> bool:
        """Whether there was room for everything. What is wrong with a tab is only reported if it is
        chosen.
        """
        try:
            for row in rows:
                if self._cells > self._most:
                    return False
                tab.kept.append(row)
                self._cells += len(row[1]) + 1
        except InputError:
            return False
        return True


# -- the document ------------------------------------------------------------------------------------------


def _refuse_encrypted(data: bytes) -> None:
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        if "META-INF/manifest.xml" not in package.namelist():
            return
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        manifest = etree.fromstring(package.read("META-INF/manifest.xml"), parser)
    if manifest.find(".//manifest:encryption-data", NAMESPACES) is not None:
        raise InputError("sheet.password")


def _assert_sound(data: bytes) -> None:
    """Takes a tenth of the time of reading the rows, and reports damage further down before any of them is
    read.

    Raises InputError if the document declares a document type, and with it entities.
    """
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_document_type
    with _content(data) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            parser.Parse(chunk)
    parser.Parse(b"", True)


def _refuse_document_type(*_: object) -> None:
    raise InputError("sheet.unreadable", cause="why.document_type")


@contextmanager
def _content(data: bytes) -> Iterator[BinaryIO]:
    """The XML of the document: a part of the zip, or the file itself."""
    if not data.startswith(b"PK"):
        yield io.BytesIO(data)
        return
    with zipfile.ZipFile(io.BytesIO(data)) as package, package.open("content.xml") as stream:
        yield stream  # type: ignore[misc]


@contextmanager
def _reading() -> Iterator[None]:
    """Turns every way in which damage shows into one clear error."""
    try:
        yield
    except (InputError, MemoryError):
        raise
    except Exception as error:  # zipfile, zlib, expat and lxml together raise a dozen types.
        raise InputError("sheet.unreadable", cause="why.damaged") from error

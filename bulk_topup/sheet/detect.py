"""Detects what a file is, by its content and never by its name, and whether it is safe to parse."""

from __future__ import annotations

import io
import re
import stat
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO
from xml.etree import ElementTree

from bulk_topup.core.errors import InputError
from bulk_topup.core.os_errors import cause_of
from bulk_topup.sheet import not_a_sheet
from bulk_topup.sheet.file_names import LOCK_PREFIX, near_sheet
from bulk_topup.sheet.layout import first_of

LARGEST_FILE = 500_000_000
"""Bytes, which the child keeps in memory. A full sheet of 1,048,575 rows is 20-60 MB as .xlsx, up to 200
MB as .csv.
"""

MOST_PARTS = 10_000
"""Parts of a zip. Real workbooks have 10 to 60; one with a picture in every row still has fewer."""

MOST_INFLATED = 1_000_000_000
"""Bytes of markup in total. A full sheet is 150-400 MB."""

RATIO_FROM = 50_000_000
MOST_RATIO = 200
"""Ratio of inflated to compressed size, for a file that inflates to more than `RATIO_FROM` bytes: real
workbooks reach 60.
"""

LISTED_NAMES = 5
_HEAD_BYTES = 4096


class Format(StrEnum):
    """How a file is read. The value names its module in `sheet/readers`, except TEXT, which is `csv_text`."""

    XLSX = "xlsx"
    XLSB = "xlsb"
    XLS = "xls"
    ODS = "ods"
    HTML = "html"
    SPREADSHEETML = "spreadsheetml"
    TEXT = "text"


@contextmanager
def opened_file(path: Path) -> Iterator[BinaryIO]:
    """Opens an ordinary file of acceptable size. Raises InputError, also if reading fails."""
    if path.name.startswith(LOCK_PREFIX):
        raise InputError("sheet.lock_of", right=path.name.removeprefix(LOCK_PREFIX))
    try:
        # Checked before opening it, because opening a pipe would block.
        _assert_ordinary(path)
        with path.open("rb", buffering=0) as file:
            yield file
    except FileNotFoundError as error:
        near = near_sheet(path)
        raise InputError("sheet.not_found_near" if near else "sheet.not_found", near=near) from error
    except PermissionError as error:
        raise InputError("sheet.no_permission") from error
    except OSError as error:
        raise InputError("sheet.not_readable", cause=cause_of(error)) from error


def read_bytes(path: Path) -> bytes:
    """The whole file. Raises InputError if it can't be read, is empty or too large."""
    with opened_file(path) as file:
        data = file.read()
    if not data:
        raise InputError("sheet.empty_file")
    return data


def _assert_ordinary(path: Path) -> None:
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise InputError("sheet.numbers_app" if path.suffix.casefold() == ".numbers" else "sheet.folder")
    if not stat.S_ISREG(status.st_mode):
        raise InputError("sheet.not_a_file")
    if status.st_size > LARGEST_FILE:
        raise InputError("sheet.too_large", most=LARGEST_FILE // 1_000_000)


def format_of(data: bytes) -> Format:
    """Raises InputError that names what it is, unless it can hold a sheet."""
    if data.startswith(_ZIP):
        return _format_of_zip(data)
    if data.startswith(OLE2):
        return _format_of_ole2(data)
    if data.startswith(_BARE_BIFF):
        return Format.XLS
    not_a_sheet.refuse(data)
    return _format_of_text(data)


def size_of(data: bytes) -> int:
    """How many bytes a reader of this file processes: the inflated size of a zip, else the file's own."""
    if not data.startswith(_ZIP):
        return len(data)
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return _inflated(package.infolist())


# -- signatures --------------------------------------------------------------------------------------------

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
OLE2 = bytes.fromhex("D0CF11E0A1B11AE1")
_BARE_BIFF = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08\x08\x00")
"""How workbooks of Excel 2 to 5 begin that are not in an OLE2 container."""


# -- zip ---------------------------------------------------------------------------------------------------


def _format_of_zip(data: bytes) -> Format:
    # Its list of parts is at the end.
    if not zipfile.is_zipfile(io.BytesIO(data)):
        raise InputError("sheet.cut_off")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            assert_safe(package, len(data))
            return _format_of_package(package)
    except InputError:
        raise
    except Exception as error:  # Zipfile and ElementTree raise a dozen types on damaged files.
        raise InputError("sheet.unreadable", cause="why.damaged") from error


def assert_safe(package: zipfile.ZipFile, size: int) -> None:
    """Raises InputError if the zip would cost more than a sheet may; `size` is the file's.

    The sizes that the parts state are sufficient: `zipfile` never inflates more of a part than it states, so
    a wrong size ends in a damaged part and not in full memory.
    """
    parts = package.infolist()
    inflated = _inflated(parts)
    if len(parts) > MOST_PARTS or (inflated > RATIO_FROM and inflated > MOST_RATIO * size):
        raise InputError("sheet.bomb")
    if inflated > MOST_INFLATED:
        raise InputError("sheet.too_large", most=MOST_INFLATED // 1_000_000)
    if any(part.flag_bits & 1 for part in parts):
        raise InputError("sheet.archive")


def _inflated(parts: Iterable[zipfile.ZipInfo]) -> int:
    """Bytes of all parts that a reader may open; pictures and the like are never opened."""
    return sum(part.file_size for part in parts if not _MEDIA.search(part.filename))


_SHEET = re.compile(r"^(?!__MACOSX/).*(?:^|/)(?![.~])[^/]+\.(?:xls[xmb]?|f?ods|csv|tsv|txt)$", re.IGNORECASE)
_MEDIA = re.compile(r"(?:^|/)(?:media|Pictures|embeddings|Thumbnails)/", re.IGNORECASE)
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument."


def _format_of_package(package: zipfile.ZipFile) -> Format:
    names = {name.replace("\\", "/").lstrip("/").casefold() for name in package.namelist()}
    main = _main_part(package).casefold()
    if main.endswith("workbook.bin") or "xl/workbook.bin" in names:
        return Format.XLSB
    if main.startswith(("word/", "ppt/")):
        raise InputError("sheet.not_a_spreadsheet")
    if main or "xl/workbook.xml" in names:
        return Format.XLSX
    if "content.xml" in names:
        return _format_of_open_document(package, names)
    if any(name.endswith(".iwa") for name in names) or names & {"index.zip", "buildversionhistory.plist"}:
        raise InputError("sheet.numbers_app")
    if names & {"word/document.xml", "ppt/presentation.xml"}:
        raise InputError("sheet.not_a_spreadsheet")
    sheets = [f'"{name}"' for name in package.namelist() if _SHEET.search(name)]
    if sheets:
        raise InputError("sheet.archive_of", names=first_of(sheets, LISTED_NAMES))
    raise InputError("sheet.archive" if names else "sheet.empty_archive")


def _main_part(package: zipfile.ZipFile) -> str:
    """The part that an Office Open XML package names as its document, or ""."""
    try:
        root = ElementTree.fromstring(package.read("_rels/.rels"))  # noqa: S314  (in the child, under its limits)
    except (KeyError, ElementTree.ParseError):
        return ""
    for relation in root:
        if relation.get("Type", "").endswith("/officeDocument"):
            return relation.get("Target", "").replace("\\", "/").lstrip("/")
    return ""


def _format_of_open_document(package: zipfile.ZipFile, names: set[str]) -> Format:
    kind = package.read("mimetype").decode("ascii", "replace").strip() if "mimetype" in names else ""
    if kind.startswith(_OPEN_DOCUMENT) and not kind.startswith(f"{_OPEN_DOCUMENT}spreadsheet"):
        raise InputError("sheet.not_a_spreadsheet")
    return Format.ODS


# -- OLE2, the container of .xls ---------------------------------------------------------------------------


def is_encrypted_package(data: bytes) -> bool:
    """An .xlsx or .xlsb with a password: Excel wraps it in an OLE2 container."""
    return data.startswith(OLE2) and _has_stream(data, "EncryptedPackage") and not _has_workbook(data)


def _format_of_ole2(data: bytes) -> Format:
    """Documents can contain workbooks and the other way round, so only files without any workbook are
    identified as something else.
    """
    if not _has_workbook(data):
        for name, code in _OTHER_STREAMS.items():
            if _has_stream(data, name):
                raise InputError(code)
    return Format.XLS


_OTHER_STREAMS = {
    "WordDocument": "sheet.not_a_spreadsheet",
    "PowerPoint Document": "sheet.not_a_spreadsheet",
    "__properties_version1.0": "sheet.email",
}


def _has_workbook(data: bytes) -> bool:
    return _has_stream(data, "Workbook") or _has_stream(data, "Book")


def _has_stream(data: bytes, name: str) -> bool:
    """Whether a directory entry has this name: UTF-16, zero-filled to 64 bytes, then its length in bytes."""
    field = name.encode("utf-16-le")
    return field + bytes(64 - len(field)) + (len(field) + 2).to_bytes(2, "little") in data


# -- text --------------------------------------------------------------------------------------------------

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_HTML = re.compile(r"<(?:html|table|!doctype html)\b(?!:)")
_HTML_START = re.compile(r"<(?:head|meta|title|style|script|body|div|center|form|font)\b")
"""A page whose table may come much later."""
_XML_WORKBOOK = re.compile(
    r"(?:<\?.*?\?>|<!--.*?-->|\s)*+<(?:[\w.-]+:)?workbook\b[^>]*urn:schemas-microsoft-com:office:spreadsheet",
    re.DOTALL,
)
_JSON = re.compile(r'\{|\[\s*[\[{"]')


def _format_of_text(data: bytes) -> Format:
    head = _head(data)
    if head.startswith("<"):
        return _format_of_markup(head)
    if _JSON.match(head):
        raise InputError("sheet.json")
    return Format.TEXT


def _head(data: bytes) -> str:
    bom, encoding = next(((bom, name) for bom, name in _BOMS if data.startswith(bom)), (b"", "latin-1"))
    return data[len(bom) : _HEAD_BYTES].decode(encoding, "replace").lstrip().lower()


def _format_of_markup(head: str) -> Format:
    if "<office:document" in head:
        if "opendocument.spreadsheet" not in head:
            raise InputError("sheet.not_a_spreadsheet")
        return Format.ODS
    if _XML_WORKBOOK.match(head):
        return Format.SPREADSHEETML
    if _HTML.search(head) or _HTML_START.match(head):
        return Format.HTML
    if head.startswith("<?xml") or "urn:schemas-microsoft-com:office:spreadsheet" in head:
        raise InputError("sheet.xml")
    return Format.TEXT

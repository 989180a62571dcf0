"""The records in the parts of an .xlsb workbook ([MS-XLSB] 2.1.4)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from struct import pack, unpack, unpack_from
from typing import IO, TYPE_CHECKING

from bulk_topup.sheet.readers.ooxml_markup import unreadable_part

if TYPE_CHECKING:
    from bulk_topup.sheet.readers.ooxml_package import Package

_CHUNK = 1 << 20
_LONGEST_HEAD = 6


@contextmanager
def records(package: Package, part: str) -> Iterator[Iterator[tuple[int, bytes]]]:
    """(kind, content) of each record of a part; names the part if a record is shorter than its kind
    requires.
    """
    with package.open(part) as stream:
        try:
            yield _split(stream)
        except (struct.error, IndexError, _EndsEarlyError) as error:
            raise unreadable_part(part, "why.breaks_off") from error


class _EndsEarlyError(Exception):
    """A record or a text claims to be longer than what is there."""


def _split(stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    # Read to the end, because only there zipfile checks that the part is undamaged.
    block, at = b"", 0
    while True:
        if len(block) - at < _LONGEST_HEAD:
            block, at = block[at:] + stream.read(_CHUNK), 0
            if not block:
                return
        kind, size, at = _head(block, at)
        if len(block) - at < size:
            block, at = block[at:] + stream.read(max(size, _CHUNK)), 0
            if len(block) < size:
                raise _EndsEarlyError
        yield kind, block[at : at + size]
        at += size


def _head(block: bytes, at: int) -> tuple[int, int, int]:
    """A record's kind and size, seven bits per byte, lowest first; and where its content starts."""
    kind, at = block[at], at + 1
    if kind & 0x80:
        kind, at = kind & 0x7F | (block[at] & 0x7F) << 7, at + 1
    size = 0
    for shift in (0, 7, 14, 21):
        byte, at = block[at], at + 1
        size |= (byte & 0x7F) << shift
        if not byte & 0x80:
            break
    return kind, size, at


def text_of(content: bytes, at: int) -> str:
    """A text after its length. Half a surrogate pair becomes U+FFFD, which no phone number contains."""
    return text_and_end(content, at)[0]


def text_and_end(content: bytes, at: int) -> tuple[str, int]:
    (characters,) = unpack_from("<I", content, at)
    at += 4
    if characters == _NO_TEXT:
        return "", at
    end = at + 2 * characters
    if end > len(content):
        raise _EndsEarlyError
    return content[at:end].decode("utf-16-le", "replace"), end


_NO_TEXT = 0xFFFFFFFF


def number_of_rk(raw: int) -> float:
    """A number in 30 bits: an integer or the upper half of a float, perhaps in hundredths."""
    (signed,) = unpack("<i", pack("<I", raw))
    value: float = float(signed >> 2) if raw & 2 else unpack("<d", pack("<Q", (raw & 0xFFFFFFFC) << 32))[0]
    return value / 100 if raw & 1 else value

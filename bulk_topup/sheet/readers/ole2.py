"""Extracts the workbook stream of an .xls from its container, a file system in a file ([MS-CFB]).

Containers with slightly inconsistent sector lists are common, and other programs open them, so a stream is
whatever its chain of sectors yields. Missing parts show in the workbook's records.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from struct import unpack_from

from bulk_topup.core.errors import InputError

_LAST_SECTOR = 0xFFFFFFFA
"""Higher numbers are not sectors: the end of a chain, a free one, a part of the lists themselves."""
_MINI_SECTOR = 64
_ENTRY = 128
_ROOT, _STREAM = 5, 2
_NAMES = ("workbook", "book")
"""Of Excel 97, which may exist next to one of Excel 5; and of Excel 5."""


@dataclass(frozen=True)
class _Entry:
    """A directory entry: its kind, its neighbours in the tree of names, and where its bytes are."""

    name: str
    kind: int
    left: int
    right: int
    child: int
    start: int
    size: int


def workbook_in(data: bytes) -> bytes:
    """Raises InputError if the container has no workbook, or a chain of sectors does not end."""
    sector = 1 << unpack_from("<H", data, 30)[0]
    first_of_directory, least, first_of_mini = unpack_from("<I4xII", data, 48)
    if sector not in {512, 4096}:
        raise _damaged()
    chains = _chains(data, sector)
    directory = _joined(data, sector, sector, chains, first_of_directory)
    entries = [_entry(directory, at) for at in range(0, len(directory) - _ENTRY + 1, _ENTRY)]
    found = {entry.name.casefold(): entry for entry in _in_root(entries) if entry.kind == _STREAM}
    workbook = next((found[name] for name in _NAMES if name in found), None)
    if workbook is None:
        raise _damaged()
    if workbook.size >= least:
        return _joined(data, sector, sector, chains, workbook.start)[: workbook.size]
    small = _joined(data, sector, sector, chains, entries[0].start)
    of_small = _numbers(_joined(data, sector, sector, chains, first_of_mini))
    return _joined(small, _MINI_SECTOR, 0, of_small, workbook.start)[: workbook.size]


def _damaged() -> InputError:
    return InputError("sheet.unreadable", cause="why.damaged", what="")


def _chains(data: bytes, sector: int) -> Sequence[int]:
    """For each sector, the next one of its stream."""
    listed = list(unpack_from("<109I", data, 76))
    (further,) = unpack_from("<I", data, 68)
    seen = set()
    # Zero is a sector itself, which some programs write for none.
    while 0 < further < _LAST_SECTOR:
        if further in seen:
            raise _damaged()
        seen.add(further)
        *more, further = _numbers(_sector(data, sector, sector, further))
        listed += more
    return _numbers(b"".join(_sector(data, sector, sector, at) for at in listed if at < _LAST_SECTOR))


def _numbers(data: bytes) -> Sequence[int]:
    return unpack_from(f"<{len(data) // 4}I", data)


def _sector(data: bytes, size: int, base: int, at: int) -> bytes:
    """If the file ends within it, it is padded."""
    start = base + at * size
    return data[start : start + size].ljust(size, b"\xff")


def _joined(data: bytes, size: int, base: int, chains: Sequence[int], first: int) -> bytes:
    sectors: list[bytes] = []
    at = first
    while at < _LAST_SECTOR:
        if at >= len(chains) or len(sectors) > len(data) // size:
            raise _damaged()
        start = base + at * size
        sectors.append(data[start : start + size])
        at = chains[at]
    return b"".join(sectors)


def _entry(directory: bytes, at: int) -> _Entry:
    length, kind = unpack_from("<HB", directory, at + 64)
    name = directory[at : at + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
    left, right, child = unpack_from("<III", directory, at + 68)
    start, size = unpack_from("<II", directory, at + 116)
    return _Entry(name, kind, left, right, child, start, size)


def _in_root(entries: Sequence[_Entry]) -> Iterator[_Entry]:
    """The root folder's entries: a workbook in another folder is an object within a document."""
    waiting = [entries[0].child] if entries and entries[0].kind == _ROOT else []
    seen = set()
    while waiting:
        at = waiting.pop()
        if at < len(entries) and at not in seen:
            seen.add(at)
            yield entries[at]
            waiting += [entries[at].left, entries[at].right]

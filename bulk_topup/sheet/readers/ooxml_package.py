"""The zip of an Office Open XML workbook: its parts, and how they refer to each other."""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO
from urllib.parse import unquote

from bulk_topup.core.errors import InputError
from bulk_topup.sheet.readers.ooxml_markup import Markup, unreadable_part

CHUNK_BYTES = 1 << 18


@dataclass(frozen=True, slots=True)
class Relationship:
    """`kind` is the last word of its type (`worksheet`), `part` the full name of its target."""

    kind: str
    part: str


def part_of_kind(related: Mapping[str, Relationship], kind: str, otherwise: str = "") -> str:
    """The first part of this kind."""
    return next((each.part for each in related.values() if each.kind == kind), otherwise)


class Package:
    """Raises InputError if the zip is damaged."""

    def __init__(self, data: bytes) -> None:
        with _inflating():
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        self._entries: dict[str, list[zipfile.ZipInfo]] = {}
        for entry in self._zip.infolist():
            self._entries.setdefault(_plain_name(entry.filename), []).append(entry)

    def __contains__(self, part: str) -> bool:
        return _plain_name(part) in self._entries

    @contextmanager
    def open(self, part: str) -> Iterator[IO[bytes]]:
        """The part's bytes as a stream. Raises InputError if it does not exist, or fails to be read."""
        entries = self._entries.get(_plain_name(part), [])
        if len(entries) != 1:
            raise unreadable_part(part, "why.part_twice" if entries else "why.part_missing")
        with _inflating(), self._zip.open(entries[0]) as stream:
            yield stream

    def read_into(self, markup: Markup) -> None:
        """Feeds a whole part to its reader, piece by piece."""
        with self.open(markup.part) as stream:
            while data := stream.read(CHUNK_BYTES):
                markup.feed(data)
            markup.close()

    def relationships(self, part: str) -> dict[str, Relationship]:
        """Relationship id -> its target within the package; `part` is "" for the package's own."""
        folder, name = posixpath.split(part)
        source = f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"
        if source not in self:
            return {}
        found: dict[str, Relationship] = {}

        def add(attributes: dict[str, str]) -> None:
            if attributes.get("TargetMode") != "External":
                kind = attributes.get("Type", "").rpartition("/")[2]
                found[attributes.get("Id", "")] = Relationship(
                    kind, _resolved(folder, attributes.get("Target", ""))
                )

        self.read_into(Markup(source, {"Relationships/Relationship": add}))
        return found


def _resolved(folder: str, target: str) -> str:
    path = unquote(target.replace("\\", "/"))
    return posixpath.normpath(posixpath.join("/", folder, path)).lstrip("/")


def _plain_name(name: str) -> str:
    """Part names are case-insensitive (ECMA-376 part 2, 6.2.2.3)."""
    return name.replace("\\", "/").lstrip("/").casefold()


@contextmanager
def _inflating() -> Iterator[None]:
    try:
        yield
    except InputError:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        raise InputError("sheet.unreadable", cause="why.damaged") from error
    except (NotImplementedError, RuntimeError, ValueError, KeyError) as error:
        raise InputError("sheet.unreadable", cause="why.odd_zip") from error

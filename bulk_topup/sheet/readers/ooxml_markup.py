"""XML at two speeds: one regular expression for long runs of plain items, and expat for everything else.

An item is a row of a sheet or an entry of a list of texts. Plain items are cut out and read together; expat
reads the rest, which is well-formed without them, and checks everything around them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import IO, ClassVar
from xml.parsers import expat

from bulk_topup.core.errors import InputError

Attributes = dict[str, str]

NAMESPACES = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
    "http://schemas.openxmlformats.org/package/2006/relationships",
)
_SHOWN_CHARACTERS = 120


def unreadable_part(part: str, why: str, what: str = "") -> InputError:
    """`why` is the code of a cause that says what is wrong with `what` in this part of the file."""
    shown = (" ".join(text.split())[:_SHOWN_CHARACTERS] for text in (part, what))
    return InputError("sheet.unreadable", cause=why, **dict(zip(("part", "what"), shown, strict=True)))


class Markup:
    """Handles the elements of one part by path (`sst/si/t`); other elements are skipped entirely.

    `starts` and `ends` are called as the elements at their paths begin and end; the characters in elements at
    the paths `texts` are added to `text`, and at the paths `rich` also those of all nested elements.
    Unexpected elements are refused at the top and in those at the paths `closed`. So is a document type: no
    workbook has one, and it declares entities.
    """

    def __init__(
        self,
        part: str,
        starts: Mapping[str, Callable[[Attributes], None]],
        ends: Mapping[str, Callable[[], None]] | None = None,
        texts: Iterable[str] = (),
        closed: Iterable[str] = (),
        *,
        rich: Sequence[str] = (),
        namespaces: Sequence[str] = NAMESPACES,
    ) -> None:
        self.part = part
        self.prefixes = {"xml"}
        self.text: list[str] = []
        self._starts, self._ends = starts, ends or {}
        self._within = {path: f"{path}/*" for path in rich} | {f"{path}/*": f"{path}/*" for path in rich}
        self._texts = {*texts, *self._within}
        self._children = _children({*self._starts, *self._ends, *texts}, namespaces)
        self._closed = {"", *closed}
        self._path = [""]
        self._utf8 = True
        self._fed = 0
        self._parser = self._new_parser()

    def _new_parser(self) -> expat.XMLParserType:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.XmlDeclHandler = self._declaration
        parser.StartDoctypeDeclHandler = self._document_type
        parser.StartNamespaceDeclHandler = self._namespace
        return parser

    def feed(self, data: bytes) -> None:
        """Raises InputError if the XML is not well-formed."""
        self._parse(data, final=False)

    def close(self) -> None:
        """Raises InputError if the part ends too early."""
        self._parse(b"", final=True)

    def written_prefix(self, tag: bytes) -> str | None:
        """In a start handler: what comes before `tag` (a pattern) after the `<`; None if the part is not
        UTF-8.
        """
        written = re.match(rb"<((?:[A-Za-z][A-Za-z0-9]*:)?)" + tag, self._parser.GetInputContext() or b"")
        return written[1].decode() if written and self._utf8 else None

    def pass_over(self) -> None:
        """In a start handler: ignores the content of this element, and its end."""
        self._path[-1] = "?"

    def _parse(self, data: bytes, *, final: bool) -> None:
        self._fed += len(data)
        try:
            self._parser.Parse(data, final)
        except (expat.ExpatError, ValueError, LookupError) as error:
            raise InputError("sheet.unreadable", cause="why.damaged") from error

    def _start(self, name: str, attributes: Attributes) -> None:
        parent = self._path[-1]
        path = self._children.get((parent, name)) or self._within.get(parent, "?")
        if path == "?" and parent in self._closed:
            raise unreadable_part(self.part, "why.no_place", f"<{name.rpartition(' ')[2]}>")
        self._path.append(path)
        if start := self._starts.get(path):
            start(attributes)

    def _end(self, _name: str) -> None:
        if end := self._ends.get(self._path.pop()):
            end()

    def _characters(self, text: str) -> None:
        if self._path[-1] in self._texts:
            self.text.append(text)

    def _declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        self._utf8 = encoding is None or encoding.casefold() in {"utf-8", "us-ascii"}

    def _namespace(self, prefix: str | None, _uri: str) -> None:
        self.prefixes.add(prefix or "")

    def _document_type(self, *_: object) -> None:
        raise unreadable_part(self.part, "why.document_type")


def _children(paths: Iterable[str], namespaces: Sequence[str]) -> dict[tuple[str, str], str]:
    """(parent's path, name as expat gives it) -> path, in each of the namespaces."""
    children: dict[tuple[str, str], str] = {}
    for leaf in paths:
        names = leaf.split("/")
        for depth, name in enumerate(names):
            parent, path = "/".join(names[:depth]), "/".join(names[: depth + 1])
            children.update({(parent, f"{namespace} {name}"): path for namespace in namespaces})
    return children


# -- the two gears -----------------------------------------------------------------------------------------

_SUSPECT = bytes(set(range(32)) - {9, 10}) + b"]\xef"
_NOT_PLAIN = re.compile(rb"[\x00-\x08\x0b-\x1f]|\]\]>|\xef\xbf[\xbe\xbf]")
"""What XML forbids in a text, or reads as another character."""
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&amp;": "&"}
PLAIN_TEXT = rf"[^<&]*+(?:(?:{'|'.join(_ENTITIES)})[^<&]*+)*+"
"""Matches the characters of an element, as far as they are plain."""

_ENTITY = re.compile("|".join(_ENTITIES))

_MOST_ODD = 8
"""A chunk with at least one odd item in so many is read by expat as a whole, because cutting it up would
cost more.
"""


def plain_pattern(pattern: str, prefix: str) -> re.Pattern[str]:
    """Compiled, with the prefix before the names in all tags."""
    return re.compile(re.sub(r"<(/?)(?=[a-z])", rf"<\1{prefix}", pattern))


class Items(Markup):
    """A part with a list of items. Subclasses call `list_begins` and `item_ends`, and define what an item
    is.
    """

    item: ClassVar[str]
    """The name of an item's element."""

    pattern: re.Pattern[str] | None = None
    """What `plain_item` gave, as long as most items match it."""
    prefix: str | None = None
    """The prefix of the names of plain items; None if none can be plain."""
    _ended_at = -1

    def plain_item(self, text: str, prefix: str) -> re.Pattern[str] | None:
        """Matches a plain item whose names have this prefix (`x:`), as in this text; its groups are the
        contents. None if no item is plain.
        """
        raise NotImplementedError

    def take_plain(self, parts: list[str], stride: int) -> None:
        """Reads plain items: `parts` has what came before one, then its groups, repeated every `stride`."""
        raise NotImplementedError

    def list_begins(self, tag: bytes) -> None:
        """Must be called as the list's element starts; if its items may be plain, `tag` matches it."""
        self.prefix = self.written_prefix(tag)

    def item_ends(self) -> None:
        """Must be called as an item's element ends."""
        self._ended_at = self._parser.CurrentByteIndex

    @property
    def between_items(self) -> bool:
        """Whether the last byte fed is the end of an item's element, and not of a comment."""
        return self.prefix is not None and self._ended_at + len(self.item_end) == self._fed

    @property
    def item_end(self) -> str:
        """The end tag of a plain item."""
        return f"</{self.prefix or ''}{self.item}>"


def plain_texts(written: Sequence[str]) -> Sequence[str]:
    """Characters that match PLAIN_TEXT -> the texts they stand for."""
    if "&" not in "".join(written):
        return written
    return [_ENTITY.sub(lambda entity: _ENTITIES[entity[0]], text) for text in written]


def read_items(stream: IO[bytes], items: Items, chunk_bytes: int) -> Iterator[None]:
    """Reads a part to its end, and pauses after each step so that the results can be collected.

    Raises InputError if the XML is not well-formed.
    """
    for chunk in _cut_after_items(items, stream, chunk_bytes):
        if not (items.between_items and _take_plain(chunk, items)):
            items.feed(chunk)
        yield
    items.close()
    yield


def _cut_after_items(items: Items, stream: IO[bytes], chunk_bytes: int) -> Iterator[bytes]:
    """Pieces that end with the end of an item, if one ends within a few times `chunk_bytes`."""
    rest = b""
    while data := stream.read(chunk_bytes):
        data, end = rest + data, items.item_end.encode()
        cut = data.rfind(end) + len(end)
        if cut < len(end):
            cut = 0 if len(data) < 4 * chunk_bytes else len(data)
        rest = data[cut:]
        if cut:
            yield data[:cut]
    if rest:
        yield rest


def _take_plain(chunk: bytes, items: Items) -> bool:
    """Reads the plain items by the regular expression, and what is between them by expat.

    False, with nothing read, if expat should read the chunk as a whole.
    """
    if len(chunk.translate(None, _SUSPECT)) != len(chunk) and _NOT_PLAIN.search(chunk):
        return False
    try:
        text = chunk.decode("utf-8")
    except UnicodeDecodeError:
        return False
    pattern = items.pattern = items.pattern or items.plain_item(text, items.prefix or "")
    if pattern is None:
        return False
    parts, stride = pattern.split(text), pattern.groups + 1
    odd = [at for at in range(0, len(parts), stride) if parts[at]]
    if not _can_be_cut_out([parts[at] for at in odd], parts, stride, items):
        items.pattern = None
        return False
    _take_in_turn(parts, stride, odd, items)
    return True


def _can_be_cut_out(gaps: list[str], parts: list[str], stride: int, items: Items) -> bool:
    """Whether what looks like items between these gaps certainly is: not part of a comment or a tag."""
    before = gaps[:-1] if gaps and parts[-1] else gaps
    return (
        len(gaps) * _MOST_ODD * stride <= len(parts)
        and not any("<!" in gap or "<?" in gap for gap in gaps)
        and all(gap.endswith(items.item_end) for gap in before)
    )


def _take_in_turn(parts: list[str], stride: int, odd: list[int], items: Items) -> None:
    start = 0
    for at in odd:
        if start < at:
            items.take_plain(parts[start:at], stride)
        items.feed(parts[at].encode())
        if at + 1 < len(parts) and not items.between_items:
            raise unreadable_part(items.part, "why.damaged")
        start = at
    if start + 1 < len(parts):
        items.take_plain(parts[start:-1], stride)

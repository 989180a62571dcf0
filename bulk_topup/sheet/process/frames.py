"""What the parsing child sends to its parent: frames of a JSON header line and raw bytes.

No pickle, because the child parses untrusted files and the parent holds credentials. What arrives is data of
a known shape and a limited size, or it is `Garbage`.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

LONGEST_HEADER = 1 << 20
"""Bytes. Far above what 16,384 columns need."""
LONGEST_FACT = 1000
"""Characters of a fact that is shown in a line, such as the names of all tabs."""
LARGEST_FRAME = 256 << 20
"""Bytes. A batch of 20,000 rows and 256 columns of ordinary text is half of that."""

MOST_ROWS_READ = 2 * 1_048_575
"""Two full sheets. Rows of a few bytes need far more memory than their length."""


class Garbage(Exception):  # noqa: N818  (what the pipe holds, not who is at fault)
    """The bytes are not a frame."""


@dataclass(frozen=True, slots=True)
class Frame:
    """`facts` are JSON values; `parts` are raw bytes whose meaning depends on `kind`."""

    kind: str
    facts: dict[str, Any] = field(default_factory=dict)
    parts: Sequence[bytes] = ()


def write_frame(stream: BinaryIO, frame: Frame) -> None:
    """Raises MemoryError if the frame is larger than the parent would accept."""
    facts = json.dumps(frame.facts).encode("ascii")
    lengths = [len(facts), *map(len, frame.parts)]
    if sum(lengths) > LARGEST_FRAME:
        raise MemoryError
    head = json.dumps({"kind": frame.kind, "lengths": lengths}).encode("ascii")
    stream.writelines([head, b"\n", facts, *frame.parts])
    stream.flush()


def read_frames(stream: BinaryIO) -> Frame | None:
    """The next frame, or None if the stream ends between two. Raises Garbage."""
    line = stream.readline(LONGEST_HEADER)
    if not line:
        return None
    kind, lengths = _header(line)
    first, *parts = [_exactly(stream, length) for length in lengths]
    facts = _object(first)
    return Frame(kind, facts, parts)


def shortened_fact(facts: dict[str, Any]) -> dict[str, str]:
    """Facts for a line of text, each shortened to a readable length."""
    texts = {name: str(fact) for name, fact in facts.items()}
    return {
        name: text if len(text) <= LONGEST_FACT else f"{text[: LONGEST_FACT - 1]}…"
        for name, text in texts.items()
    }


def _header(line: bytes) -> tuple[str, list[int]]:
    head = _object(line) if line.endswith(b"\n") else {}
    kind, lengths = head.get("kind"), head.get("lengths")
    if not isinstance(kind, str) or not isinstance(lengths, list) or not lengths:
        raise Garbage
    if not all(type(length) is int and length >= 0 for length in lengths) or sum(lengths) > LARGEST_FRAME:
        raise Garbage
    return kind, lengths


def _object(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Garbage from error
    if not isinstance(value, dict):
        raise Garbage
    return value


def _exactly(stream: BinaryIO, length: int) -> bytes:
    data = stream.read(length)
    if len(data) != length:
        raise Garbage
    return data


# -- columns of text, and row numbers ----------------------------------------------------------------------


def of_texts(texts: Sequence[str]) -> bytes:
    """NUL between two texts; a NUL within a text, which only damaged files contain, becomes U+FFFD."""
    joined = "\0".join(texts)
    if joined.count("\0") != len(texts) - 1:
        joined = "\0".join(text.replace("\0", "\N{REPLACEMENT CHARACTER}") for text in texts)
    return joined.encode("utf-8", "surrogatepass")


def texts_of(data: bytes, count: int) -> list[str]:
    """The `count` texts. Raises Garbage if there are more or fewer."""
    try:
        texts = data.decode("utf-8", "surrogatepass").split("\0") if count else []
    except UnicodeDecodeError as error:
        raise Garbage from error
    if len(texts) != count:
        raise Garbage
    return texts


def assert_texts(data: bytes, count: int) -> None:
    """Raises Garbage unless these are `count` texts; creates no Python string for each."""
    try:
        data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise Garbage from error
    if count and data.count(b"\0") != count - 1:
        raise Garbage


def of_numbers(numbers: Iterable[int]) -> bytes:
    return array("q", numbers).tobytes()


def numbers_of(data: bytes) -> array[int]:
    """Raises Garbage unless the bytes are whole 64-bit integers."""
    numbers = array("q")
    try:
        numbers.frombytes(data)
    except ValueError as error:
        raise Garbage from error
    return numbers

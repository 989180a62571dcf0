"""Assembles the child's frames into a `Sheet`. Anything not of the documented shape is `Garbage`, and
never becomes a cell.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import Columns, Notice, OddCell, Oddity, Sheet
from bulk_topup.core.results_columns import BLOCKS, RESULT_COLUMNS
from bulk_topup.sheet.process import frames
from bulk_topup.sheet.process.frames import MOST_ROWS_READ, Frame, Garbage, shortened_fact
from bulk_topup.sheet.process.packed import PackedTexts, may_speak

T = TypeVar("T")

MOST_CELLS = 20_000_000
"""A full sheet of 1,048,575 rows can have 19 columns."""
MOST_BYTES = 512 << 20
"""Of text in total: a CSV file of 500 MB."""


def gathered(path: Path, arriving: Iterator[Frame]) -> Sheet:
    """The sheet, once all its frames have arrived. Raises InputError if it is too large, or if the frames
    are not as documented in `child`.
    """
    try:
        gathering = _Gathering(_of_kind("file", next(arriving)), _of_kind("table", next(arriving)))
        for frame in arriving:
            if frame.kind == "end":
                return gathering.sheet(path, frame)
            gathering.add(frame)
    except (Garbage, ValueError, TypeError) as error:
        raise InputError("sheet.reader_died") from error
    raise InputError("sheet.reader_died")


class _Gathering:
    """Rows as they arrive: Python strings for the columns that are used, raw bytes for all others. A
    column that appears late is blank before.
    """

    def __init__(self, file: Frame, table: Frame) -> None:
        facts = table.facts
        self._sha256 = _is(str, file.facts.get("sha256"))
        self._tab = _is(str, facts.get("tab"))
        self._header = frames.texts_of(_one(table.parts), _is(int, facts.get("width")))
        self._meanings = _columns(_is(dict, facts.get("columns")), len(self._header))
        self._rows = array("q")
        self._looked_into = _looked_into(self._meanings)
        self._columns: dict[int, list[np.ndarray[Any, Any]]] = {
            at: [np.empty(0, dtype=object)] for at in self._looked_into
        }
        self._packed: list[list[tuple[bytes, int]]] = [[] for _ in self._header]
        self._odd: dict[tuple[int, int], OddCell] = {}
        self._speaking: set[int] = set()
        self._bytes = 0

    def add(self, frame: Frame) -> None:
        if frame.kind == "batch":
            numbers, *columns = frame.parts
            self._add_rows(frames.numbers_of(numbers), columns)
        self._odd.update(_odd_cells(_is(list, frame.facts.get("odd"))))

    def _add_rows(self, rows: array[int], columns: Sequence[bytes]) -> None:
        self._bytes += sum(map(len, columns))
        width = max(len(columns), len(self._packed))
        count = len(self._rows) + len(rows)
        if count > MOST_ROWS_READ:
            raise InputError("sheet.too_many_rows", most=MOST_ROWS_READ)
        if count * width > MOST_CELLS or self._bytes > MOST_BYTES:
            raise InputError("sheet.too_many_cells", most=MOST_CELLS)
        while len(self._packed) < width:
            self._packed.append([_blank(len(self._rows))])
        self._rows.extend(rows)
        for at, packed in enumerate(self._packed):
            block = (columns[at], len(rows)) if at < len(columns) else _blank(len(rows))
            if at in self._looked_into:
                self._columns[at].append(np.array(_texts(*block), dtype=object))
            else:
                frames.assert_texts(*block)
                packed.append(block)
                if at not in self._speaking and may_speak(block[0]):
                    self._speaking.add(at)

    def sheet(self, path: Path, end: Frame) -> Sheet:
        cells = self._cells()
        hidden = frozenset(frames.numbers_of(_one(end.parts)))
        _assert_among(cells.index, hidden)
        _assert_among(cells.index, [row for row, _ in self._odd])
        comments = dict(_comments(_is(list, end.facts.get("comments", []))))
        _assert_among(cells.index, [row for row, _ in comments])
        return Sheet(
            path=path,
            tab=self._tab,
            sha256=self._sha256,
            header=(*self._header, *[""] * (len(self._packed) - len(self._header))),
            cells=cells,
            columns=self._meanings,
            odd=self._odd,
            notices=tuple(map(_notice, _is(list, end.facts.get("notices")))),
            hidden=hidden,
            outside=_is(int, end.facts.get("outside", 0)),
            comments={place: text for place, text in comments.items() if place[1] in cells.columns},
        )

    def _cells(self) -> pd.DataFrame:
        index = pd.Index(np.frombuffer(self._rows, dtype=np.int64), name="row")
        if not (index.is_monotonic_increasing and index.is_unique):
            raise Garbage
        columns = {
            at: pd.Series(
                np.concatenate(self._columns[at])
                if at in self._looked_into
                else PackedTexts(blocks, may_speak=at in self._speaking),
                index=index,
                dtype=object if at in self._looked_into else None,
            )
            for at, blocks in enumerate(self._packed)
        }
        return pd.DataFrame(columns, copy=False)


def _looked_into(columns: Columns) -> frozenset[int]:
    """The positions of the columns that we use. Others are only passed through, and can have millions of
    texts.
    """
    return columns.deciding.union(columns.fed_back.values())


def _blank(count: int) -> tuple[bytes, int]:
    return b"\0" * (count - 1), count


def _texts(data: bytes, count: int) -> list[str]:
    """Shares equal texts, because a product code in every row would fill half of the memory.

    If the first ones show that hardly any are equal, they are left as they are.
    """
    texts = frames.texts_of(data, count)
    some = texts[:1000]
    if len(set(some)) > len(some) / 2:
        return texts
    known: dict[str, str] = {}
    return list(map(known.setdefault, texts, texts))


# -- shapes ------------------------------------------------------------------------------------------------


def _of_kind(kind: str, frame: Frame) -> Frame:
    if frame.kind != kind:
        raise Garbage
    return frame


def _is(kind: type[T], value: object) -> T:
    if type(value) is not kind:
        raise Garbage
    return value


def _one(parts: Sequence[bytes]) -> bytes:
    [part] = parts
    return part


def _columns(positions: dict[str, Any], width: int) -> Columns:
    unread = _is(list, positions.get("unread", []))
    positions = {**positions, "unread": tuple(unread)}
    of_other_kind = ("unread", "results_width")
    used = [at for meaning, at in positions.items() if at is not None and meaning not in of_other_kind]
    if positions.get("results_width", len(RESULT_COLUMNS)) not in BLOCKS or not all(
        _is(int, at) in range(width) for at in (*used, *unread)
    ):
        raise Garbage
    columns = Columns(**positions)
    if any(at >= width for at in columns.fed_back.values()):
        raise Garbage
    if columns.number is None or columns.product is columns.nominal is None:
        raise Garbage
    return columns


def _odd_cells(listed: list[Any]) -> Iterator[tuple[tuple[int, int], OddCell]]:
    for row, position, kind, shown, stored in listed:
        cell = OddCell(Oddity(kind), _is(str, shown), _is(str, stored))
        yield (_is(int, row), _is(int, position)), cell


def _comments(listed: list[Any]) -> Iterator[tuple[tuple[int, int], str]]:
    for row, position, text in listed:
        yield (_is(int, row), _is(int, position)), _is(str, text)


def _notice(listed: Any) -> Notice:
    code, facts = listed
    return Notice(_is(str, code), shortened_fact(_is(dict, facts)))


def _assert_among(index: pd.Index[Any], rows: Iterable[int]) -> None:
    if (index.get_indexer(pd.Index(list(rows), dtype="int64")) < 0).any():
        raise Garbage

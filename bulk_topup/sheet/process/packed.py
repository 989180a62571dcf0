"""A column of texts kept as the bytes in which it arrived: columns that are only passed through need no
Python string for each cell.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate, chain, starmap
from typing import TYPE_CHECKING, Any

import numpy as np
from pandas.api.extensions import ExtensionArray, ExtensionDtype, take

from bulk_topup.sheet.process import frames
from bulk_topup.sheet.sayings import SPEAKING

if TYPE_CHECKING:
    import builtins
    from collections.abc import Iterable, Iterator, Sequence


_FEW = 100
"""If at most one text in so many is needed, the others are not unpacked."""


class PackedType(ExtensionDtype):
    name = "packed"
    type = str
    na_value = ""

    @classmethod
    def construct_array_type(cls) -> builtins.type[PackedTexts]:
        return PackedTexts


def _marks(folded: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """A number for each three bytes in a row; the same three have the same."""
    each = folded.astype(np.uint16)
    return each[:-2] ^ (each[1:-1] << 5) ^ (each[2:] << 10)


_BY_MARK: dict[int, list[bytes]] = {}
for _word in SPEAKING:
    _BY_MARK.setdefault(int(_marks(np.frombuffer(_word[:3], np.uint8))[0]), []).append(_word)
_HARMLESS = b"insentif"
"""In most of these sheets, and `sent` is in it."""
_IS_MARK = np.zeros(1 << 16, dtype=bool)
_IS_MARK[list(_BY_MARK)] = True


def may_speak(texts: bytes) -> bool:
    """Whether one of these texts may say what a row is not: of a hundred words, only those are looked for
    whose first three letters are there."""
    folded = texts.lower().replace(_HARMLESS, b"")
    marks = _marks(np.frombuffer(folded, np.uint8))
    found = set(marks[_IS_MARK[marks]].tolist())
    return any(word in folded for mark in found for word in _BY_MARK[mark])


class PackedTexts(ExtensionArray):
    """Texts in blocks, each as in `frames.of_texts`; unpacked block by block, so best read in order."""

    dtype = PackedType()

    def __init__(self, blocks: Iterable[tuple[bytes, int]], *, may_speak: bool | None = None) -> None:
        """`blocks` are bytes and the number of texts in them; `may_speak` is None if unknown."""
        self._may_speak = may_speak
        self.blocks = [(data, count) for data, count in blocks if count]
        self._ends = list(accumulate(count for _, count in self.blocks))
        self._unpacked: tuple[int, list[str]] = (-1, [])

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    @property
    def nbytes(self) -> int:
        return sum(len(data) for data, _ in self.blocks)

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(starmap(frames.texts_of, self.blocks))

    def __getitem__(self, item: Any) -> Any:
        if not isinstance(item, (int, np.integer)):
            return self._from_sequence(self.__array__()[item])
        at = int(item) + len(self) * (item < 0)
        if not 0 <= at < len(self):
            raise IndexError(item)
        block = bisect_right(self._ends, at)
        if self._unpacked[0] != block:
            self._unpacked = (block, frames.texts_of(*self.blocks[block]))
        return self._unpacked[1][at - self._ends[block]]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        texts = np.empty(len(self), dtype=object)
        texts[:] = list(self)
        return texts

    def __eq__(self, other: object) -> Any:
        return self.__array__() == other

    def holds(self, text: str) -> bool:
        return any(text.encode() in data for data, _ in self.blocks)

    def has(self, pattern: bytes) -> bool:
        return any(re.search(pattern, data) for data, _ in self.blocks)

    @property
    def may_speak(self) -> bool:
        if self._may_speak is None:
            self._may_speak = any(may_speak(data) for data, _ in self.blocks)
        return self._may_speak

    def isna(self) -> np.ndarray[Any, Any]:
        return np.zeros(len(self), dtype=bool)

    def copy(self) -> PackedTexts:
        return PackedTexts(self.blocks, may_speak=self._may_speak)

    def take(self, indices: Any, *, allow_fill: bool = False, fill_value: Any = None) -> PackedTexts:
        indices = np.asarray(indices, dtype=np.int64)
        if len(indices) * _FEW <= len(self) and (indices >= 0).all():
            return self._from_sequence(self._picked(indices))
        filler = fill_value if isinstance(fill_value, str) else self.dtype.na_value
        return self._from_sequence(take(self.__array__(), indices, fill_value=filler, allow_fill=allow_fill))

    def _picked(self, positions: np.ndarray[Any, Any]) -> list[str]:
        """Some texts, block by block, without creating a string for each of the others."""
        texts = [""] * len(positions)
        blocks = np.searchsorted(self._ends, positions, side="right")
        for block in np.unique(blocks).tolist():
            data, count = self.blocks[block]
            nuls = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == 0)
            edges = np.concatenate(([-1], nuls, [len(data)]))
            for nth in np.flatnonzero(blocks == block).tolist():
                at = int(positions[nth]) - (self._ends[block] - count)
                texts[nth] = data[edges[at] + 1 : edges[at + 1]].decode("utf-8", "surrogatepass")
        return texts

    @classmethod
    def _from_sequence(
        cls,
        scalars: Any,
        *,
        dtype: Any = None,  # noqa: ARG003
        copy: bool = False,  # noqa: ARG003
    ) -> PackedTexts:
        texts: Sequence[str] = list(scalars)
        return cls([(frames.of_texts(texts), len(texts))])

    @classmethod
    def _concat_same_type(cls, to_concat: Sequence[PackedTexts]) -> PackedTexts:
        return cls([block for each in to_concat for block in each.blocks])

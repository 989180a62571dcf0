"""Columns that only travel are kept as bytes, and come out as the texts that they are."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_topup.sheet.process import frames
from bulk_topup.sheet.process.frames import Frame, Garbage
from bulk_topup.sheet.process.gather import gathered
from bulk_topup.sheet.process.packed import PackedTexts

if TYPE_CHECKING:
    from collections.abc import Iterator

LETTERS = st.sampled_from("a0\N{GRINNING FACE}") | st.characters(exclude_characters="\0")
TEXTS = st.lists(st.text(LETTERS, max_size=5), max_size=6)


@given(st.lists(TEXTS, max_size=4), st.data())
def test_packed_texts_are_those_texts_however_they_are_asked_for(
    blocks: list[list[str]], data: st.DataObject
) -> None:
    packed = PackedTexts((frames.of_texts(texts), len(texts)) for texts in blocks)
    texts = [text for block in blocks for text in block]
    assert list(packed) == texts == [packed[at] for at in range(len(packed))]
    assert list(packed[1:]) == texts[1:]
    assert (packed == "a").tolist() == [text == "a" for text in texts]
    for part in ("a", "00", "\N{GRINNING FACE}"):
        assert packed.holds(part) == any(part in text for text in texts)
    assert list(PackedTexts._concat_same_type([packed, packed[:1]])) == texts + texts[:1]
    chosen = data.draw(st.lists(st.integers(-len(texts), len(texts) - 1), max_size=5)) if texts else []
    assert list(packed.take(chosen)) == [texts[at] for at in chosen]
    with pytest.raises(IndexError):
        packed[len(texts)]


@given(st.lists(st.integers(0, 999), max_size=10), st.sampled_from([1, 7, 400]))
def test_a_few_of_many_texts_are_those_texts(chosen: list[int], rows: int) -> None:
    texts = [
        ("", "a", "\N{GRINNING FACE}", "é\ud800")[at % 4] * (at % 3) + str(at) * (at % 5)
        for at in range(1_000)
    ]
    blocks = [texts[at : at + rows] for at in range(0, len(texts), rows)]
    packed = PackedTexts((frames.of_texts(block), len(block)) for block in blocks)
    assert list(packed.take(chosen)) == [texts[at] for at in chosen]


def test_a_table_with_a_packed_column_is_a_table() -> None:
    column = PackedTexts([(frames.of_texts(["a", "b"]), 2), (b"\0", 2)])
    table = pd.DataFrame({0: pd.Series(list("1234"), dtype=object), 1: pd.Series(column)})
    table.index = pd.Index([2, 3, 5, 9])
    assert list(table.itertuples(name=None)) == [(2, "1", "a"), (3, "2", "b"), (5, "3", ""), (9, "4", "")]
    assert (table.at[3, 1], list(table.loc[5])) == ("b", ["3", ""])
    assert table[table[0] != "2"][1].tolist() == ["a", "", ""]
    assert table.reindex([3, 4])[1].tolist() == ["b", ""]


@pytest.mark.parametrize(("data", "count"), [(b"a\0b", 3), (b"a\0b", 1), (b"", 2), (b"\xff", 1)])
def test_bytes_that_are_not_so_many_texts_are_garbage(data: bytes, count: int) -> None:
    for judge in (frames.texts_of, frames.assert_texts):
        with pytest.raises(Garbage):
            judge(data, count)


ROWS, OWN = 20_000, 20


def a_wide_sheet() -> Iterator[Frame]:
    header = ["No HP", "Kode Produk", *(f"Kolom {at}" for at in range(OWN))]
    yield Frame("file", {"sha256": "", "size": 0})
    yield Frame(
        "table",
        {"tab": "", "width": len(header), "columns": {"number": 0, "product": 1}},
        [frames.of_texts(header)],
    )
    own = [frames.of_texts([f"Karyawan {at} {row}" for row in range(ROWS)]) for at in range(OWN)]
    ours = [frames.of_texts([f"0812{row:08}" for row in range(ROWS)]), frames.of_texts(["S5"] * ROWS)]
    yield Frame("batch", {"odd": []}, [frames.of_numbers(range(2, ROWS + 2)), *ours, *own])
    yield Frame("end", {"notices": []}, [b""])


def test_columns_that_only_travel_take_little_more_than_their_bytes() -> None:
    arriving = list(a_wide_sheet())
    tracemalloc.start()
    sheet = gathered(Path("bonus.xlsx"), iter(arriving))
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sheet.cells.at[ROWS + 1, 2 + OWN - 1] == f"Karyawan {OWN - 1} {ROWS - 1}"
    assert taken < 200 * ROWS, "as Python strings, the columns would take 1,400 bytes a row"

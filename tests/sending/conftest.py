"""Benches for one test, each in a folder of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.desk_bench import Bench

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    MakeBench = Callable[..., Bench]


@pytest.fixture
def make_bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeBench]:
    benches: list[Bench] = []

    def make(*numbers: str, **settings: Any) -> Bench:
        folder = tmp_path / f"bench{len(benches)}"
        folder.mkdir()
        benches.append(Bench(folder, monkeypatch, **settings))
        benches[-1].sheet(*numbers)
        return benches[-1]

    yield make
    for bench in benches:
        bench.close()

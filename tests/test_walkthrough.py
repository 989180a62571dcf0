"""docs/walkthrough.md is played again, as a user types it, and compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.markdown import page
from tests.walkthrough import PAGE, PICTURES, SHEETS, Shown, page_of, play, screen

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> list[Shown]:
    return play(tmp_path_factory.mktemp("home") / "payroll")


def test_the_page_is_what_a_new_run_prints(shown: list[Shown]) -> None:
    assert page("docs/walkthrough.md") == page_of(shown)


def test_the_screens_are_what_a_new_run_prints(shown: list[Shown]) -> None:
    drawn = {name: screen(one) for one in shown for name in one.pictures if name.endswith(".svg")}
    assert {path.name: path.read_text("utf-8") for path in PICTURES.glob("*.svg")} == drawn


def test_every_picture_is_there_and_small(shown: list[Shown]) -> None:
    pictures = {name for one in shown for name in one.pictures}
    assert {path.name for path in PICTURES.iterdir()} == pictures
    assert set(SHEETS) == {name for name in pictures if name.endswith(".png")}
    assert all(_is_small(PICTURES / name) for name in pictures)


def _is_small(path: Path) -> bool:
    return 500 < path.stat().st_size < 120_000


def test_each_step_says_the_next_one(shown: list[Shown]) -> None:
    assert all("\nNext: " in one.output for one in shown)
    assert PAGE.is_file()

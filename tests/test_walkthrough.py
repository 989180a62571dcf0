"""docs/walkthrough.md is played again, as a user types it, and compared."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import openpyxl
import pytest

from bulk_topup.core.clock import WIB, near_midnight
from tests.desk import month
from tests.markdown import page
from tests.walkthrough import (
    CODE_SHOWN,
    PAGE,
    PICTURES,
    SHEETS,
    SIGNED,
    Shown,
    page_of,
    play,
    screen,
    with_code_shown,
)

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.sleep


LONGEST = timedelta(minutes=5)
"""That the whole walk takes."""


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> list[Shown]:
    now = datetime.now(WIB)
    if near_midnight(now) or near_midnight(now + LONGEST):
        pytest.skip("the page sends an unknown row again, which nobody may close to midnight (WIB)")
    return play(tmp_path_factory.mktemp("home") / "payroll")


def test_the_page_is_what_a_new_run_prints(shown: list[Shown]) -> None:
    assert page("docs/walkthrough.md") == page_of(shown)


def test_the_screens_are_what_a_new_run_prints(shown: list[Shown]) -> None:
    drawn = {name: screen(one) for one in shown for name in one.pictures if name.endswith(".svg")}
    assert {path.name: path.read_text("utf-8") for path in PICTURES.glob("*.svg")} == drawn


def test_every_picture_is_there_and_small(shown: list[Shown]) -> None:
    pictures = {name for one in shown for name in one.pictures} | set(SIGNED)
    by_clicks = {f"desk-{name}.png" for name in month.SHOWN}
    assert {path.name for path in PICTURES.iterdir()} == pictures | by_clicks
    assert set(SHEETS) == {name for name in pictures if name.endswith(".png")}
    assert all(_is_small(PICTURES / name) for name in pictures | by_clicks)


def _is_small(path: Path) -> bool:
    return 500 < path.stat().st_size < 120_000


def test_the_pictures_have_the_plan_code_of_the_page(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["Plan code: 0ABC-1234-WXYZ-9876", "0812-3456-7890"])
    book.save(tmp_path / "plan.xlsx")
    with_code_shown(tmp_path / "plan.xlsx", tmp_path / "copy.xlsx")
    (row,) = openpyxl.load_workbook(tmp_path / "copy.xlsx").worksheets[0].iter_rows(values_only=True)
    assert row == (f"Plan code: {CODE_SHOWN}", "0812-3456-7890")


def test_what_is_typed_between_the_commands_is_named(shown: list[Shown]) -> None:
    (asked,) = (one.words for one in shown if "Ask provider" in one.words)
    assert re.search(r"\bTRX\d{6}\b", asked)


def test_each_step_says_the_next_one(shown: list[Shown]) -> None:
    assert all("\nNext: " in one.output for one in shown)
    assert PAGE.is_file()

"""Each planted bug is seen by the campaign."""

from __future__ import annotations

import ast
import os
from typing import TYPE_CHECKING

import pytest

if not hasattr(os, "fork"):
    pytest.skip("the campaign forks a process for every command", allow_module_level=True)

from tests.campaign import planted
from tests.markdown import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.kill


@pytest.fixture(scope="module")
def hunter() -> Iterator[planted.Hunter]:
    with planted.Hunter() as hunter:
        yield hunter


@pytest.mark.parametrize("patch", planted.PATCHES, ids=lambda patch: patch.stem)
def test_a_planted_bug_is_caught(patch: Path, hunter: planted.Hunter) -> None:
    assert hunter.hunt(patch, jobs=os.cpu_count() or 1).rule


def test_the_planted_bugs_all_fit_the_code() -> None:
    assert len(planted.PATCHES) == 29
    for patch in planted.PATCHES:
        changed = planted.patched(patch)
        assert len(changed) == patch.read_text(encoding="utf-8").count("\n--- a/")
        for path, text in changed.items():
            assert path.startswith("bulk_topup/")
            assert text != (ROOT / path).read_text(encoding="utf-8")
            ast.parse(text)


def test_the_table_of_planted_bugs_names_the_schedule_that_each_was_seen_by() -> None:
    page = (planted.PATCHES[0].parent / "README.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.split("|")] for line in page.splitlines()]
    told = {(cells[1], cells[3]) for cells in rows if len(cells) > 5}
    assert {(patch.name[:2], str(planted._named_in(patch))) for patch in planted.PATCHES} <= told

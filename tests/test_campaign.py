"""The fault campaign's short form, and whether it would see a program that breaks its promises."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

if not hasattr(os, "fork"):
    pytest.skip("the campaign forks a process for every command", allow_module_level=True)

from bulk_topup.sandbox import CAMPAIGN_KINDS, STATUSES
from bulk_topup.sandbox.faults import FRONT_STATUSES
from tests.campaign import draw, judge, planted, schedule

ROOT = Path(__file__).parents[1]
WITH_ARGUMENTS = {"stall", "slow", "status", "answer"}


def test_nobody_is_paid_twice_and_no_row_is_lost(tmp_path: Path) -> None:
    """At least 500 distinct tuples of fault, point, crash and commands, judged by the provider's book."""
    log = tmp_path / "campaign.jsonl"
    done = subprocess.run(
        [sys.executable, "-m", "tests.campaign", "--log", str(log)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    verdicts = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert len({json.dumps(verdict["tuple"]) for verdict in verdicts}) >= 500
    assert sum(verdict["kills"] for verdict in verdicts) >= 100
    assert sum(verdict["faults"] for verdict in verdicts) >= 500


@pytest.mark.parametrize("patch", planted.PATCHES, ids=lambda patch: patch.stem)
def test_a_planted_bug_is_caught(patch: Path) -> None:
    assert planted.hunt(patch, jobs=os.cpu_count() or 1).rule


def test_eight_bugs_are_planted_and_all_fit_the_code(tmp_path: Path) -> None:
    assert len(planted.PATCHES) == 8
    for patch in planted.PATCHES:
        planted.copy_with(patch, tmp_path / patch.stem)
        files = (tmp_path / patch.stem / "bulk_topup").rglob("*.py")
        changed = [file for file in files if file.read_bytes() != _original(file, tmp_path / patch.stem)]
        assert len(changed) == 1
        ast.parse(changed[0].read_text(encoding="utf-8"))


def _original(file: Path, copy: Path) -> bytes:
    return (ROOT / file.relative_to(copy)).read_bytes()


@pytest.mark.parametrize("module", [judge, schedule], ids=lambda module: module.__name__)
def test_the_judge_knows_nothing_of_the_program(module: object) -> None:
    tree = ast.parse(Path(str(getattr(module, "__file__", ""))).read_text(encoding="utf-8"))
    names = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    names |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert not [name for name in names if name.startswith("bulk_topup")]
    ours = {name for name in names if name.startswith("tests")}
    assert ours <= {"tests.campaign.schedule"}


def test_every_kind_of_fault_is_drawn() -> None:
    drawn = {kind.partition(":")[0] for kind in draw.KINDS} | WITH_ARGUMENTS
    assert drawn == set(CAMPAIGN_KINDS)
    assert set(draw.STATUSES) == set(STATUSES)
    assert draw.FRONT == FRONT_STATUSES == judge.TURNED_AWAY


def test_a_seed_draws_the_same_schedules_again() -> None:
    assert [draw.draw(7, nth) for nth in range(40)] == [draw.draw(7, nth) for nth in range(40)]

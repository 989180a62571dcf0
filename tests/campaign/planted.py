"""Whether the campaign can fail: the short form, unchanged, against copies of the program with a bug each."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PATCHES = tuple(sorted(Path(__file__).with_name("planted").glob("*.patch")))
LONGEST_S = 3600.0
"""For one bug; a machine that does much else at the same time is no reason to give up."""


@dataclass(frozen=True)
class Caught:
    """What became of one planted bug: `schedule` and `rule` are "" where it got away."""

    bug: str
    schedule: str
    rule: str


def copy_with(patch: Path, target: Path) -> None:
    """The program, this campaign and its faults under `target`, with the patch applied.

    Raises CalledProcessError where the patch does not fit the code any more.
    """
    hidden = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "bulk_topup", target / "bulk_topup", ignore=hidden)
    for package in ("campaign", "faults"):
        shutil.copytree(ROOT / "tests" / package, target / "tests" / package, ignore=hidden)
    shutil.copyfile(ROOT / "tests" / "__init__.py", target / "tests" / "__init__.py")
    # The patches have no lines of context, so that only a change of the very lines makes them misfit.
    command = ["git", "apply", "--unidiff-zero", str(patch)]
    if shutil.which("git") is None:
        command = ["patch", "-p1", "--fuzz=0", "-i", str(patch)]
    subprocess.run(command, cwd=target, check=True, capture_output=True, text=True)


def hunt(patch: Path, jobs: int = 1) -> Caught:
    """Run the short form against the bug until a schedule is red that is green without it: the one that its
    patch names, or else all of them in turn."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_with(patch, folder)
        named = _named_in(patch)
        red = _first_red(folder, named, 1, "--schedules", str(named + 1))
        if red is None or not _is_green_without(red):
            red = _first_red(folder, 0, jobs)
        while red is not None and not _is_green_without(red):
            red = _first_red(folder, _number(red) + 1, jobs)
    return (
        Caught(patch.stem, red["name"], red["violations"][0]["rule"]) if red else Caught(patch.stem, "", "")
    )


def _named_in(patch: Path) -> int:
    """The schedule that saw the bug when that was last looked for: it need not play all before it again."""
    found = re.search(r"^# Last seen by schedule (\d+)\.$", patch.read_text(encoding="utf-8"), re.MULTILINE)
    return int(found[1]) if found else 0


def _first_red(folder: Path, first: int, jobs: int, *more: str) -> dict[str, Any] | None:
    log = folder / "log"
    options = ("--until-red", "--first", str(first), "--jobs", str(jobs), "--log", str(log))
    _campaign(folder, *options, *more)
    verdicts = map(json.loads, log.read_text(encoding="utf-8").splitlines())
    return next((verdict for verdict in verdicts if verdict["violations"]), None)


def _is_green_without(red: dict[str, Any]) -> bool:
    return _campaign(ROOT, "--replay", str(_number(red))) == 0


def _number(verdict: dict[str, Any]) -> int:
    return int(verdict["name"].partition("/")[2])


def _campaign(folder: Path, *options: str) -> int:
    command = [sys.executable, "-m", "tests.campaign", *options]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, timeout=LONGEST_S)
    return done.returncode


def hunt_all(jobs: int) -> Iterator[Caught]:
    """Every planted bug, `jobs` at a time; each as soon as it and those before it are done."""
    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(hunt, PATCHES)


def main(jobs: int) -> int:
    caught = 0
    print(f"{'planted bug':<30} {'caught':<7} {'schedule':<10} rule", flush=True)
    for bug in hunt_all(jobs):
        caught += bool(bug.rule)
        print(f"{bug.bug:<30} {'yes' if bug.rule else 'NO':<7} {bug.schedule:<10} {bug.rule}", flush=True)
    print(f"planted bugs caught: {caught} of {len(PATCHES)}")
    return 0 if caught == len(PATCHES) else 1

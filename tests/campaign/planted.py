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
    """The program, this campaign with what it needs under `target`, with the patch applied.

    Raises ValueError where the patch does not fit the code any more.
    """
    # What is compiled already is copied, too: it goes by the times of the files. While it is being
    # compiled it has another name, under which it may be gone before it is copied.
    settled = shutil.ignore_patterns("*.pyc.*")
    shutil.copytree(ROOT / "bulk_topup", target / "bulk_topup", ignore=settled)
    for package in ("campaign", "faults"):
        shutil.copytree(ROOT / "tests" / package, target / "tests" / package, ignore=settled)
    for name in ("__init__.py", "forks.py"):
        shutil.copyfile(ROOT / "tests" / name, target / "tests" / name)
    _apply(patch.read_text(encoding="utf-8"), target)


def _apply(patch: str, root: Path) -> None:
    """Each hunk where its lines stand, whatever their numbers are by now; these must stand there once."""
    _, *files = re.split(r"^--- a/", patch, flags=re.MULTILINE)
    for part in files:
        path = root / part.partition("\n")[0]
        text = path.read_text(encoding="utf-8")
        for hunk in re.split(r"^@@.*\n", part, flags=re.MULTILINE)[1:]:
            lines = hunk.splitlines(keepends=True)
            before, after = ("".join(x[1:] for x in lines if x[0] in kept) for kept in (" -", " +"))
            if f"\n{text}".count(f"\n{before}") != 1:
                raise ValueError(f"{path}: these lines do not stand there once:\n{before}")
            text = f"\n{text}".replace(f"\n{before}", f"\n{after}")[1:]
        path.write_text(text, encoding="utf-8")


def hunt(patch: Path, jobs: int = 1) -> Caught:
    """Run the short form against the bug until a schedule is red: the one that its patch names, or else all
    of them in turn. That it is green without the bug is for whoever plays the short form to see."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_with(patch, folder)
        named = _named_in(patch)
        red = None if named is None else _first_red(folder, "--only", str(named))
        red = red or _first_red(folder, "--jobs", str(jobs))
    if red is None:
        return Caught(patch.stem, "", "")
    return Caught(patch.stem, red["name"], red["violations"][0]["rule"])


def _named_in(patch: Path) -> int | None:
    """The schedule that saw the bug when that was last looked for: it need not play all before it again."""
    found = re.search(r"^# Last seen by schedule (\d+)\.$", patch.read_text(encoding="utf-8"), re.MULTILINE)
    return int(found[1]) if found else None


def _first_red(folder: Path, *options: str) -> dict[str, Any] | None:
    log = folder / "log"
    command = [sys.executable, "-m", "tests.campaign", "--until-red", "--log", str(log), *options]
    subprocess.run(command, cwd=folder, check=False, capture_output=True, timeout=LONGEST_S)
    verdicts = map(json.loads, log.read_text(encoding="utf-8").splitlines())
    return next((verdict for verdict in verdicts if verdict["violations"]), None)


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

"""Whether the campaign can fail: the short form, unchanged, against copies of the program with a bug each."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[2]
PATCHES = tuple(sorted(Path(__file__).with_name("planted").glob("*.patch")))
NURSERY = Path(__file__).with_name("nursery.py")


@dataclass(frozen=True)
class Caught:
    """What became of one planted bug: `schedule` and `rule` are "" where it got away."""

    bug: str
    schedule: str
    rule: str


def patched(patch: Path) -> Mapping[str, str]:
    """Each file that the patch changes, and its text then. Each hunk goes where its lines stand, whatever
    their numbers are by now.

    Raises ValueError where they do not stand there once: the patch does not fit the code any more.
    """
    _, *files = re.split(r"^--- a/", patch.read_text(encoding="utf-8"), flags=re.MULTILINE)
    texts = {}
    for part in files:
        path = part.partition("\n")[0]
        text = (ROOT / path).read_text(encoding="utf-8")
        for hunk in re.split(r"^@@.*\n", part, flags=re.MULTILINE)[1:]:
            lines = hunk.splitlines(keepends=True)
            before, after = ("".join(x[1:] for x in lines if x[0] in kept) for kept in (" -", " +"))
            if f"\n{text}".count(f"\n{before}") != 1:
                raise ValueError(f"{path}: these lines do not stand there once:\n{before}")
            text = f"\n{text}".replace(f"\n{before}", f"\n{after}")[1:]
        texts[path] = text
    return texts


class Hunter:
    """Looks for one bug after the other, each in a copy of the program of its own."""

    def __enter__(self) -> Hunter:
        self._folder = tempfile.TemporaryDirectory()
        self._program = Path(self._folder.name, "program")
        _copy_to(self._program)
        command = [sys.executable, "-P", str(NURSERY)]
        self._nursery = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._nursery.communicate()
        self._folder.cleanup()

    def hunt(self, patch: Path, jobs: int = 1) -> Caught:
        """Run the short form against the bug until a schedule is red: the one that its patch names, or else
        all of them in turn. That it is green without the bug is for whoever plays the short form to see."""
        folder = Path(self._folder.name, patch.stem)
        shutil.copytree(self._program, folder, copy_function=os.link)
        for path, text in patched(patch).items():
            (folder / path).unlink()  # or else it would change in all copies
            (folder / path).write_text(text, encoding="utf-8")
        named = _named_in(patch)
        red = None if named is None else self._first_red(folder, "--only", str(named))
        red = red or self._first_red(folder, "--jobs", str(jobs))
        shutil.rmtree(folder)
        if red is None:
            return Caught(patch.stem, "", "")
        return Caught(patch.stem, red["name"], red["violations"][0]["rule"])

    def _first_red(self, folder: Path, *options: str) -> dict[str, Any] | None:
        log = folder / "log"
        asked, answered = self._nursery.stdin, self._nursery.stdout
        assert asked is not None
        assert answered is not None
        asked.write(json.dumps([str(folder), "--until-red", "--log", str(log), *options]) + "\n")
        asked.flush()
        answered.readline()
        verdicts = map(json.loads, log.read_text(encoding="utf-8").splitlines())
        return next((verdict for verdict in verdicts if verdict["violations"]), None)


def _copy_to(target: Path) -> None:
    """The program and this campaign, with what it needs."""
    # What is compiled already is copied, too: it goes by the times of the files. While it is being
    # compiled it has another name, under which it may be gone before it is copied.
    settled = shutil.ignore_patterns("*.pyc.*")
    for package in ("bulk_topup", "tests/campaign", "tests/faults"):
        shutil.copytree(ROOT / package, target / package, ignore=settled)
    for name in ("__init__.py", "forks.py"):
        shutil.copyfile(ROOT / "tests" / name, target / "tests" / name)


def _named_in(patch: Path) -> int | None:
    """The schedule that saw the bug when that was last looked for: it need not play all before it again."""
    found = re.search(r"^# Last seen by schedule (\d+)\.$", patch.read_text(encoding="utf-8"), re.MULTILINE)
    return int(found[1]) if found else None


def hunt_all(jobs: int) -> Iterator[Caught]:
    """Every planted bug, `jobs` at a time; each as soon as it and those before it are done."""
    idle: SimpleQueue[Hunter] = SimpleQueue()

    def hunt(patch: Path) -> Caught:
        hunter = idle.get()
        try:
            return hunter.hunt(patch)
        finally:
            idle.put(hunter)

    with ExitStack() as stack, ThreadPoolExecutor(jobs) as pool:
        for _ in range(jobs):
            idle.put(stack.enter_context(Hunter()))
        yield from pool.map(hunt, PATCHES)


def main(jobs: int) -> int:
    caught = 0
    print(f"{'planted bug':<30} {'caught':<7} {'schedule':<10} rule", flush=True)
    for bug in hunt_all(jobs):
        caught += bool(bug.rule)
        print(f"{bug.bug:<30} {'yes' if bug.rule else 'NO':<7} {bug.schedule:<10} {bug.rule}", flush=True)
    print(f"planted bugs caught: {caught} of {len(PATCHES)}")
    return 0 if caught == len(PATCHES) else 1

"""The environment in which the baselines run, made when it is first needed and kept beside the sheets."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench import baselines
from tests.bench.data import cache
from tests.bench.measure import Failed

if TYPE_CHECKING:
    from collections.abc import Sequence

REQUIREMENTS = ("fastexcel>=0.21", "pandas>=3", "pyarrow>=20", "openpyxl>=3.1.5", "lxml>=5.2", "click>=8.1")
DRAWING = ("matplotlib>=3.10",)
"""Only for the plot."""


def interpreter_with(requirements: Sequence[str]) -> Path:
    """An interpreter that has these; installs them where it must. Raises Failed."""
    mark = hashlib.sha256(" ".join((sys.version, *requirements)).encode()).hexdigest()[:12]
    folder = cache() / f"environment-{mark}"
    interpreter = folder / "bin" / "python"
    done = folder / "complete"
    if not done.exists():
        base = str(Path(sys.base_prefix) / "bin" / "python3")
        _call([base, "-m", "venv", "--clear", "--without-pip", str(folder)])
        _call([base, "-m", "pip", "--python", str(interpreter), "install", "--quiet", *requirements])
        done.touch()
    return interpreter


def slow_disk() -> Path:
    """The library that makes a disk slow, for Linux to preload; compiled where it must be. Raises Failed."""
    source = Path(__file__).with_name("slow_disk.c")
    library = cache() / f"slow-disk-{hashlib.sha256(source.read_bytes()).hexdigest()[:12]}.so"
    if not library.exists():
        library.parent.mkdir(parents=True, exist_ok=True)
        _call(["cc", "-shared", "-fPIC", "-O2", "-o", str(library), str(source), "-ldl"])
    return library


def _call(argv: Sequence[str]) -> str:
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
    except OSError as error:
        raise Failed(f"{argv[0]}: {error}") from None
    if done.returncode:
        raise Failed(f"{' '.join(argv)}:\n{done.stderr[-2000:]}")
    return done.stdout


def baseline(
    name: str, *arguments: object, requirements: Sequence[str] = REQUIREMENTS, python: str | None = None
) -> Any:
    """What the baseline of that name says of itself; see `baselines`. Raises Failed.

    `python` is another interpreter than the one of the baselines.
    """
    interpreter = python or str(interpreter_with(requirements))
    return json.loads(_call([interpreter, str(baselines.__file__), name, *map(str, arguments)]))

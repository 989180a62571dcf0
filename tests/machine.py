"""Who measures time has the machine to itself: tests of the run's other processes wait meanwhile."""

from __future__ import annotations

import contextlib
import importlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def held(folder: Path, *, alone: bool) -> Iterator[None]:
    """With whoever else has it in this folder, or `alone`: once all others are out, and before any other
    comes."""
    if os.name != "posix":  # Windows' figures are those of a machine that does other work, too
        yield
        return
    fcntl = importlib.import_module("fcntl")
    with (folder / "door").open("a+") as door, (folder / "room").open("a+") as room:
        fcntl.lockf(door, fcntl.LOCK_EX)
        fcntl.lockf(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.lockf(door, fcntl.LOCK_UN)
        yield

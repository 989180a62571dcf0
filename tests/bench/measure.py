"""One run of something: how long it took, and the most memory that all its processes held together."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

POLL_S = 0.01


@dataclass(frozen=True, slots=True)
class Sample:
    """`value` is in the figure's unit; `cpu_s` are processor seconds, `peak` is in bytes, `in_a_second` are
    the most requests that came within one.

    What was not taken is None.
    """

    value: float
    cpu_s: float | None = None
    peak: int | None = None
    in_a_second: int | None = None


class Failed(Exception):  # noqa: N818  (what happened to the run)
    """A measured process did not end as it should; the text says which and how."""


def command(
    argv: Sequence[str | Path],
    *,
    cwd: Path,
    env: Mapping[str, str],
    codes: Sequence[int] = (0,),
    watch: bool = False,
) -> tuple[Sample, str]:
    """Run a command to its end: its wall time in seconds, and what it said on stdout.

    `watch` takes the peak memory instead of an honest time: looking costs time. Raises Failed where the exit
    code is none of `codes`.
    """
    used = _cpu_of_children()
    began = time.perf_counter()
    with subprocess.Popen(
        list(map(str, argv)), cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        peak = _peak_of(process) if watch else None
        said, complaint = process.communicate()
        wall_s = time.perf_counter() - began
    if process.returncode not in codes:
        raise Failed(f"{' '.join(map(str, argv))}: exit code {process.returncode}\n{complaint.decode()}")
    return Sample(wall_s, _cpu_of_children() - used, peak), said.decode()


def command_until(words: str, argv: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str]) -> None:
    """Run a command until a second after it said a line that begins so, and kill it: the rest, which can take
    minutes, is not measured. Raises Failed where it ends without."""
    with subprocess.Popen(
        list(map(str, argv)), cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        if not any(line.decode().startswith(words) for line in process.stdout):
            raise Failed(f"{' '.join(map(str, argv))}: it never said {words!r}")
        time.sleep(1.0)
        process.kill()


def _cpu_of_children() -> float:
    """Of those that have ended, their own included."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _peak_of(process: subprocess.Popen[bytes]) -> int:
    """The most bytes in memory at one moment: of the process and all below it."""
    peak = 0
    with suppress(psutil.NoSuchProcess):
        root = psutil.Process(process.pid)
        while process.poll() is None:
            peak = max(peak, sum(map(_bytes_of, [root, *root.children(recursive=True)])))
            time.sleep(POLL_S)
    return peak


def _bytes_of(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def clean_environment(folder: Path) -> dict[str, str]:
    """As a new user has it: no settings, and the record of all top-ups in `folder`."""
    # An interpreter that may not keep what it compiled would compile all of it in every run.
    ours = ("BULK_TOPUP_", "PYTHON")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {
        "BULK_TOPUP_LEDGER": str(folder / "ledger.db"),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "NO_COLOR": "1",
    }

"""Starts the parsing child, watches its memory and time, and turns any failure of it into one error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import psutil

from bulk_topup.core.errors import InputError
from bulk_topup.core.os_errors import cause_of
from bulk_topup.sheet.detect import MOST_INFLATED
from bulk_topup.sheet.process import frames
from bulk_topup.sheet.process.frames import Frame, Garbage, shortened_fact

CHILD = (sys.executable, "-P", "-m", "bulk_topup.sheet.process.child")
POLL_S = 0.05

_PASSED_ON = ("SYSTEMROOT", "PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME")
"""What an interpreter may need to start. The child gets nothing else, least of all a password."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a child: bytes of memory, and seconds of processor time, more for a larger file.

    A full sheet of 1,048,575 rows and 5 columns needs a quarter of this memory, and a twentieth of this time.
    In wall-clock time a child may take `patience` times its processor time, because disks can be slow and
    computers busy.
    """

    memory: int = 1 << 30
    cpu_s: float = 15.0
    cpu_s_per_mb: float = 0.5
    patience: float = 8.0

    def seconds(self, size: int) -> float:
        """Processor time for a file of which a reader processes `size` bytes."""
        return self.cpu_s + self.cpu_s_per_mb * size / 1e6


LIMITS = Limits()


@contextmanager
def child(
    request: Mapping[str, Any], *, command: Sequence[str] = CHILD, limits: Limits = LIMITS
) -> Iterator[Iterator[Frame]]:
    """The frames of a child that got this request; on leaving, the child is gone. The last frame is of the
    kind `end`.

    Raises InputError if there is no such end, or with what the child found wrong with the file.
    """
    with _started(command) as process:
        stdin, stdout = cast("BinaryIO", process.stdin), cast("BinaryIO", process.stdout)
        watch = _Watch(process, limits)
        try:
            _ask(stdin, request)
            yield _frames(stdout, watch)
        finally:
            process.kill()
            watch.stop()
            with suppress(OSError):
                stdin.close()


def _started(command: Sequence[str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        raise InputError("sheet.no_reader", cause=cause_of(error)) from error


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    # The package's parent folder, so that a checkout that is not installed works, too.
    return kept | {"PYTHONPATH": str(Path(__file__).parents[3]), "PYTHONUTF8": "1"}


def _ask(stdin: BinaryIO, request: Mapping[str, str | None]) -> None:
    """Leaves stdin open: its end tells the child that the parent is gone."""
    # If the child is already dead, the end of its stdout shows it.
    with suppress(OSError):
        stdin.write(json.dumps(request).encode("ascii") + b"\n")
        stdin.flush()


def _frames(stdout: BinaryIO, watch: _Watch) -> Iterator[Frame]:
    while True:
        try:
            frame = frames.read_frames(stdout)
        except Garbage:
            frame = None
        if frame is None:
            raise watch.verdict
        if frame.kind == "error":
            raise _told(frame)
        if frame.kind == "file":
            watch.grant(frame.facts.get("size"))
        yield frame
        if frame.kind == "end":
            return


def _told(frame: Frame) -> InputError:
    code, facts = frame.facts.get("code"), frame.facts.get("facts")
    if not isinstance(code, str) or not code.startswith("sheet.") or not isinstance(facts, dict):
        return InputError("sheet.reader_died")
    error = InputError(code)
    error.facts.update(shortened_fact(facts))
    return error


class _Watch:
    """Kills the child when it exceeds its limits; the `verdict` says why it is dead, or about to be."""

    def __init__(self, process: subprocess.Popen[bytes], limits: Limits) -> None:
        self._process = process
        self._limits = limits
        self._seconds = limits.seconds(0)
        self._started = time.monotonic()
        self.verdict = InputError("sheet.reader_died")
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sheet-watch", daemon=True)
        self._thread.start()

    def grant(self, size: object) -> None:
        """Allows more time for a file of this many bytes, but none beyond the largest allowed size."""
        if isinstance(size, int) and 0 <= size <= MOST_INFLATED:
            self._seconds = self._limits.seconds(size)

    def stop(self) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        verdict = None
        try:
            observed = psutil.Process(self._process.pid)
            while verdict is None and not self._done.wait(POLL_S):
                verdict = self._looked(observed)
        except psutil.NoSuchProcess:  # It ended between two checks.
            return
        except psutil.Error:  # It can't be watched, so it must not run.
            verdict = InputError("sheet.no_reader", cause="why.not_watched")
        if verdict:
            self.verdict = verdict
            self._process.kill()

    def _looked(self, observed: psutil.Process) -> InputError | None:
        # On Windows, the interpreter of a virtual environment is a launcher; its child does the work.
        family = [observed, *observed.children()] if sys.platform == "win32" else [observed]
        if sum(each.memory_info().rss for each in family) > self._limits.memory:
            return InputError("sheet.too_much_memory")
        used = sum(times.user + times.system for times in (each.cpu_times() for each in family))
        waited = time.monotonic() - self._started
        if used > self._seconds or waited > self._seconds * self._limits.patience:
            return InputError("sheet.too_slow", seconds=f"{max(used, waited):.0f}")
        return None

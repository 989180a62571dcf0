"""Commands of the tests, each in a process of its own that is forked from one which has imported everything.

A command is the real one, with its own arguments, environment, folder and standard streams; what it does not
do again is to start an interpreter and to import pandas, which is most of the time that a small sheet takes.
So is the process that parses a sheet for a command: a fork of that. What the tests' own process reads, it
parses itself, but where the parser is what they test: there a `Reader` does. Where processes cannot be
forked, an interpreter is started for each.
"""

from __future__ import annotations

import gc
import inspect
import io
import json
import multiprocessing
import os
import pkgutil
import runpy
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack
from functools import cache
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any, Never, cast

import bulk_topup
from bulk_topup.sheet.process import child, frames, parent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from multiprocessing.context import ForkServerContext
    from pathlib import Path

COMMAND = (sys.executable, "-m", "bulk_topup")
USED_LATE = ("pandas", "requests", "sqlalchemy.dialects.sqlite", "tqdm", "xlsxwriter")
"""What commands import where they use it, beside the package's own modules."""

POSSIBLE = "forkserver" in multiprocessing.get_all_start_methods()

_OURS = os.getpid()
_ONE_BY_ONE = threading.Lock()
"""To start a process asks after all others, and of two threads that ask after one, only one is told."""
started = parent._started
"""A parser as users start it."""


def run(
    arguments: Sequence[str], *, folder: Path, env: Mapping[str, str], given: str, longest_s: float
) -> subprocess.CompletedProcess[str]:
    """The command to its end, with `given` on standard input.

    Raises subprocess.TimeoutExpired after `longest_s` seconds; the command is killed then.
    """
    command, pipe = [*COMMAND, *arguments], subprocess.PIPE
    with Popen(
        command, cwd=folder, env=env, stdin=pipe, stdout=pipe, stderr=pipe, encoding="utf-8"
    ) as process:
        try:
            out, err = process.communicate(given, timeout=longest_s)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(command, process.returncode, out, err)


class _Forked(subprocess.Popen[Any]):
    """One of our commands. All but how it begins and how its end is heard of is that of a `Popen`."""

    def _execute_child(self, *given: Any) -> None:
        its = inspect.signature(subprocess.Popen._execute_child).bind(self, *given).arguments  # type: ignore[attr-defined]
        ends = [its[name] for name in ("p2cread", "c2pwrite", "errwrite")]
        how = (
            its["args"][its["args"].index("bulk_topup") + 1 :],
            its["cwd"],
            dict(os.environ if its["env"] is None else its["env"]),
            its["start_new_session"],
        )
        with ExitStack() as kept:
            streams = [
                kept.enter_context(Connection(os.dup(number if end == -1 else end)))
                for number, end in enumerate(ends)
            ]
            begun, told = map(kept.enter_context, _context().Pipe(duplex=False))
            self._fork = _context().Process(target=_perform, args=(*how, told, *streams))
            with _ONE_BY_ONE:
                self._fork.start()
            told.close()
            wait([begun])  # whoever kills its session has to find it
        self.pid = cast("int", self._fork.pid)
        self._child_created = True
        pipes = ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")
        self._close_pipe_fds(*(its[name] for name in pipes))  # type: ignore[attr-defined]

    def _internal_poll(self, **_: Any) -> int | None:
        try:
            return self._wait(0)
        except subprocess.TimeoutExpired:
            return None

    def _wait(self, timeout: float | None) -> int:
        if self.returncode is None:
            if not wait([self._fork.sentinel], timeout):
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            with _ONE_BY_ONE:
                self._fork.join(0)
                self.returncode = cast("int", self._fork.exitcode)
                self._fork.close()
        return self.returncode


Popen = _Forked if POSSIBLE else subprocess.Popen
"""Starts one of our commands, as `subprocess.Popen` does."""


def reader(command: Sequence[str]) -> Reader | subprocess.Popen[bytes]:
    """A Reader; a new interpreter in a fork of the tests' own process, for which nobody else forks, and for
    another command than the parser's own."""
    own = command == parent.CHILD and os.getpid() == _OURS
    return Reader() if POSSIBLE and own else started(command)


def reader_here(command: Sequence[str]) -> ReaderHere | subprocess.Popen[bytes]:
    return ReaderHere() if command == parent.CHILD else started(command)


class ReaderHere:
    """What `contain` uses of a `subprocess.Popen`, around the very same parsing in this process."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.stdout = io.BytesIO()
        self.stdin = _Request(self.stdout)

    def __enter__(self) -> ReaderHere:
        return self

    def __exit__(self, *_: object) -> None: ...

    def kill(self) -> None: ...


class _Request(io.BytesIO):
    """Answered when it is flushed."""

    def __init__(self, answer: io.BytesIO) -> None:
        super().__init__()
        self._answer = answer

    def flush(self) -> None:
        for frame in child._answers(json.loads(self.getvalue())):
            frames.write_frame(self._answer, frame)
        self._answer.seek(0)


class Reader:
    """What `contain` uses of a `subprocess.Popen`, around the very same parsing child."""

    def __init__(self) -> None:
        context = _context()
        asked, ask = context.Pipe(duplex=False)
        answered, answer = context.Pipe(duplex=False)
        with asked, ask, answered, answer:
            self._process = context.Process(target=_parse, args=(asked, answer))
            self._process.start()
            self.stdin = os.fdopen(os.dup(ask.fileno()), "wb")
            self.stdout = os.fdopen(os.dup(answered.fileno()), "rb")
        self.pid = self._process.pid

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self.stdout.close()
        self.stdin.close()
        self._process.join()
        self._process.close()

    def kill(self) -> None:
        self._process.kill()


def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_modules())
    return context


@cache
def _modules() -> list[str]:
    ours = [module.name for module in pkgutil.walk_packages(bulk_topup.__path__, "bulk_topup.")]
    return [
        __name__,
        *USED_LATE,
        *(name for name in ours if not name.endswith("__main__")),
    ]


def _perform(
    arguments: list[str],
    folder: Path | None,
    env: dict[str, str],
    apart: bool,
    told: Connection,
    *streams: Connection,
) -> Never:
    """In the fork: take on what a process is started with, and be the command."""
    gc.freeze()  # What is imported is no rubbish, and to look through it would copy its memory.
    if apart:
        os.setsid()
    told.close()
    for number, stream in enumerate(streams):
        os.dup2(stream.fileno(), number)
        stream.close()
    encoding, _, errors = env.get("PYTHONIOENCODING", "utf-8").partition(":")
    sys.stdin, sys.stdout, sys.stderr = (  # as Python itself opens them
        open(  # noqa: SIM115
            number,
            mode,
            1 if number == 2 or os.isatty(number) else -1,
            encoding=encoding,
            errors="backslashreplace" if number == 2 else errors or "strict",
            closefd=False,
        )
        for number, mode in enumerate("rww")
    )
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder or ".")
    parent._started = lambda _command: ForkedReader()  # type: ignore[assignment, return-value]
    sys.argv = ["bulk-topup", *arguments]
    runpy.run_module("bulk_topup", run_name="__main__", alter_sys=True)
    sys.exit()


def _parse(asked: Connection, answer: Connection) -> Never:
    """In the fork: take the request and the answer for the standard streams, and be the parsing child."""
    os.dup2(asked.fileno(), 0)
    os.dup2(answer.fileno(), 1)
    asked.close()
    answer.close()
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    child.main()


class ForkedReader:
    """What `contain` uses of a `subprocess.Popen`, around the very same parsing child."""

    def __init__(self) -> None:
        asked, ask = os.pipe()
        answered, answer = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            _parse_here(asked, answer)
        os.close(asked)
        os.close(answer)
        self.stdin, self.stdout = os.fdopen(ask, "wb"), os.fdopen(answered, "rb")

    def __enter__(self) -> ForkedReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.stdout.close()
        self.stdin.close()
        os.waitpid(self.pid, 0)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)


def _parse_here(asked: int, answer: int) -> Never:
    try:
        os.dup2(asked, 0)
        os.dup2(answer, 1)
        os.closerange(3, 1024)
        sys.stdin = os.fdopen(0, closefd=False)
        child.main()
    finally:
        os._exit(1)

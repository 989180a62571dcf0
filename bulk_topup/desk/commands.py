"""Runs the commands, each in its own process: it waits for those that only look, and leaves those that
send alone.

A command that sends writes its events to a file of its own, in its own session, so that nothing that happens
to the desk or its terminal affects it, and a desk that starts later can find its progress.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from bulk_topup.core.errors import Exit
from bulk_topup.desk.folder import Batch, Folder

COMMAND = (sys.executable, "-P", "-m", "bulk_topup")
"""-P: keeps files of the folder from being imported as parts of the program."""

AT_ONCE = 2
"""Commands that look, at once; further pages wait."""
JOURNALS_KEPT = 10

Object = dict[str, Any]


def _apart() -> dict[str, Any]:
    """Arguments that start a process in its own session, or on Windows in its own process group."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


class Commands:
    """`spoken` is the language of all output."""

    def __init__(self, folder: Folder, *, sandbox: bool, spoken: str) -> None:
        self.folder, self.sandbox = folder, sandbox
        self._common = [f"--lang={spoken}", *(["--sandbox"] if sandbox else [])]
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._read: dict[Path, Progress] = {}
        self.beginning = asyncio.Lock()

    # -- commands that are waited for ----------------------------------------------------------------------

    async def ask(
        self, name: str, *options: str, about: str = "", rehearses: bool = True, typed: str = ""
    ) -> Object:
        """The one object that the command prints; `about` is its sheet, file or number.

        For a command without `--sandbox`, which is the same in a rehearsal, `rehearses` is False.
        What is `typed` comes on its standard input, which nobody else sees.
        """
        common = self._common if rehearses else self._common[:1]
        line = _line(name, *options, *common, "--json", *(["--", about] if about else []))
        async with self._turns:
            process = await asyncio.create_subprocess_exec(
                *line,
                cwd=self.folder.path,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                **_apart(),
            )
            out, err = await process.communicate(typed.encode())
        return _object(out, err)

    # -- commands that are left alone ----------------------------------------------------------------------

    async def begin(self, batch: Batch, name: str, *options: str) -> bool:
        """Start a command that sends or polls; False if one of ours is still working on this batch.

        Two desks may each start one: the batch's own lock lets one of them work, and tells the other.
        """
        async with self.beginning:
            if self.progress(batch).is_at_work:
                return False
            for old in self.folder.journals(batch, self._kind)[JOURNALS_KEPT:]:
                old.unlink(missing_ok=True)
            journal = self.folder.notes / self.folder.note_name(batch, f".{time.time_ns()}{self._kind}")
            line = _line(name, *options, *tab_of(batch), *self._common, "--events", "--", batch.name)
            with journal.open("ab") as events, journal.with_suffix(".log").open("ab") as words:
                process = subprocess.Popen(
                    line,
                    cwd=self.folder.path,
                    stdin=subprocess.DEVNULL,
                    stdout=events,
                    stderr=words,
                    **_apart(),
                )
                begun = psutil.Process(process.pid).create_time()
                first = {"event": "process", "name": name, "pid": process.pid, "begun": begun}
                events.write(json.dumps(first).encode() + b"\n")
            threading.Thread(target=process.wait, daemon=True).start()  # or it stays a zombie
            return True

    def progress(self, batch: Batch) -> Progress:
        """Progress of the latest command, ignoring those that only found another one at work."""
        first: Progress | None = None
        for journal in self.folder.journals(batch, self._kind):
            found = self._read.setdefault(journal, Progress(journal))
            found.read()
            first = first or found
            if found.exit_code != Exit.BUSY or found.is_at_work:
                return found
        return first or Progress(None)

    def stop(self, batch: Batch) -> bool:
        """Ask it to end after what is in flight, as Ctrl-C does; False if nothing was asked."""
        progress = self.progress(batch)
        if progress.is_at_work:
            how = getattr(signal, "CTRL_BREAK_EVENT", signal.SIGTERM)
            with suppress(OSError):
                os.kill(progress.pid, how)
                return True
        return False

    @property
    def _kind(self) -> str:
        return ".sandbox.events" if self.sandbox else ".events"


def tab_of(batch: Batch) -> Sequence[str]:
    return [f"--sheet={tab}" for tab in batch.tabs]


def _line(*arguments: str) -> Sequence[str]:
    """No process takes an argument with a NUL, which a form may send."""
    return [*COMMAND, *(one.replace("\0", "\N{REPLACEMENT CHARACTER}") for one in arguments)]


def _object(out: bytes, err: bytes) -> Object:
    with suppress(ValueError):
        said = json.loads(out)
        if isinstance(said, dict):
            return said
    words = err.decode("utf-8", "replace").strip()[-500:]
    return {
        "exit_code": Exit.DEFECT,
        "error": {"code": "defect", "message": words},
        "next": [],
        "notices": [],
    }


@dataclass
class Progress:
    """A command's events so far; without a journal, of a batch that this desk did not send."""

    journal: Path | None
    name: str = ""
    pid: int = 0
    last: dict[str, Object] = field(default_factory=dict)
    """The last event of each kind."""
    first_counts_at: str = ""
    _begun: float = 0.0
    _offset: int = 0

    @property
    def exit_code(self) -> int | None:
        """None if it has not ended, or was cut off."""
        done = self.last.get("done")
        return None if done is None else int(done["exit_code"])

    @property
    def is_at_work(self) -> bool:
        if not self.pid or self.exit_code is not None:
            return False
        with suppress(psutil.Error):
            process = psutil.Process(self.pid)
            return process.create_time() == self._begun and process.status() != psutil.STATUS_ZOMBIE
        return False

    def read(self) -> None:
        if self.journal is None:
            return
        with suppress(OSError), self.journal.open("rb") as file:
            file.seek(self._offset)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self._offset += len(line)
                with suppress(ValueError, KeyError, TypeError):
                    self._take(json.loads(line))

    def _take(self, event: Object) -> None:
        if event["event"] == "process":
            self.name, self.pid, self._begun = event["name"], event["pid"], event["begun"]
        elif event["event"] == "counts" and not self.first_counts_at:
            self.first_counts_at = event["at"]
        self.last[event["event"]] = event

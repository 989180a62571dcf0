"""A command's process, seen from outside: held at a gate, killed at a moment, waited for."""

from __future__ import annotations

import multiprocessing
import os
import select
import signal
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.campaign.child import perform, serve
from tests.campaign.clock import SharedTime

if TYPE_CHECKING:
    from pathlib import Path

    from tests.campaign.schedule import Command, Crash

LONGEST_COMMAND_S = 60.0
FIRST_GUESS_S = 0.05
SLUGGISHNESS = 0.8
"""How much of what a verb usually took is kept when it has been seen once more."""

_usual_s: dict[str, float] = {}


@dataclass(frozen=True)
class Place:
    """Where commands run: their folder, the provider's address, and the ledger's path or address;
    whether that address is a new one."""

    folder: Path
    url: str
    ledger: str
    has_moved: bool = False


class Gate:
    """Where a process waits at one point of its way until it is let go. Made before the fork."""

    def __init__(self, point: Crash) -> None:
        self._point = point
        self.arrived, self._arrive = os.pipe()
        self._opened, self._open = os.pipe()

    def is_at(self, point: str, nth: int, side: str) -> bool:
        return (self._point.point, self._point.nth, self._point.side) == (point, nth, side)

    def wait(self) -> None:
        """In the process: say that it is there, and wait."""
        os.write(self._arrive, b".")
        os.read(self._opened, 1)

    def open(self) -> None:
        """From outside: let it go on."""
        os.write(self._open, b".")

    def close(self) -> None:
        for end in (self.arrived, self._arrive, self._opened, self._open):
            os.close(end)


class Desk:
    """A process for one command after the other, until one is killed: to fork one for each, and to copy what
    it touches, would take half as long as the command itself. It is there when it is needed.

    It goes by `time`, and so do all that are forked where it stands.
    """

    def __init__(self) -> None:
        self.time = SharedTime()
        self._pid = 0
        self._is_killed = False

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
        self.time.close()

    def ask(self, command: Command, place: Place, trace: Path) -> int:
        """Returns where to hear of its end, and of that of the desk."""
        if not self._pid:
            self._wire, theirs = multiprocessing.Pipe()
            self._is_killed = False
            self._pid = os.fork()
            if self._pid == 0:
                self._wire.close()
                serve(theirs, self.time)
            theirs.close()
        self._wire.send((command, place, trace))
        return self._wire.fileno()

    def answer(self) -> int:
        """How the command ended; as it is with processes, where the desk did."""
        try:
            code = int(self._wire.recv())
        except (EOFError, ConnectionResetError):  # reset where it died before it had read the command
            return self.end()
        if self._is_killed:  # too late for this command
            self.end()
        return code

    def kill(self) -> None:
        self._is_killed = True
        os.kill(self._pid, signal.SIGKILL)

    def end(self) -> int:
        if not self._pid:
            return 0
        self.kill()
        self._wire.close()
        code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        self._pid = 0
        return code


@dataclass
class Process:
    """One command, at a desk or else in a process of its own, from `start` until `wait` has seen it end.

    `code` is its exit code then, None where it died, -1 where it hung; `moment` is when SIGKILL came, if that
    was not at one of its own steps.
    """

    command: Command
    trace: Path
    gate: Gate | None = None
    desk: Desk | None = None
    code: int | None = None
    moment: str = ""
    _pid: int = 0
    _ended: int = 0
    _began: float = field(default_factory=time.monotonic)
    _hangs: bool = False

    def start(self, place: Place, clock: SharedTime) -> None:
        if self.desk is not None:
            self._ended = self.desk.ask(self.command, place, self.trace)
            self._began = time.monotonic()
            return
        self._ended, held = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._ended)
            perform(self.command, place, clock, self.trace, self.gate)
        os.close(held)
        self._began = time.monotonic()

    def is_held(self) -> bool:
        """Wait until it is at its gate, or over."""
        if self.gate is None:
            return False
        ready = select.select([self.gate.arrived, self._ended], [], [], LONGEST_COMMAND_S)[0]
        return self.gate.arrived in ready

    @property
    def is_over(self) -> bool:
        """Whether it has ended, though nobody has waited for it yet."""
        return bool(select.select([self._ended], [], [], 0)[0])

    @property
    def _due(self) -> float:
        """When it is to be killed, because the schedule says so or nobody waits any longer."""
        part = self.command.killed_at
        if part is None or self.moment:
            return self._began + LONGEST_COMMAND_S
        return self._began + part * _usual_s.get(self.command.verb, FIRST_GUESS_S)

    def _kill(self) -> None:
        now = time.monotonic()
        self._hangs = now - self._began >= LONGEST_COMMAND_S
        self.moment = f"SIGKILL to `{self.command}` after {(now - self._began) * 1000:.1f} ms"
        if self.desk is not None:
            self.desk.kill()
        else:
            os.kill(self._pid, signal.SIGKILL)

    def _end(self) -> None:
        if self.desk is not None:
            code = self.desk.answer()
        else:
            os.close(self._ended)
            code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        if code != -signal.SIGKILL:
            self.moment = ""  # it was over before the kill came
        self.code = -1 if self._hangs else None if code in {9, -signal.SIGKILL} else code
        if self.code is not None and self.gate is None:
            took = time.monotonic() - self._began
            usual = _usual_s.get(self.command.verb, took)
            _usual_s[self.command.verb] = SLUGGISHNESS * usual + (1 - SLUGGISHNESS) * took

    @staticmethod
    def wait(*processes: Process) -> None:
        """Until all of them have ended, each killed when its time has come."""
        alive = list(processes)
        while alive:
            patience_s = max(0.0, min(one._due for one in alive) - time.monotonic())
            ended = select.select([one._ended for one in alive], [], [], patience_s)[0]
            for one in list(alive):
                if one._ended in ended:
                    one._end()
                    alive.remove(one)
                elif time.monotonic() >= one._due:
                    one._kill()

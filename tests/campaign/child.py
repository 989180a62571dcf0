"""One command in a process of its own: the real command line, boundaries that crash, a clock handed in."""

from __future__ import annotations

import contextlib
import functools
import gc
import inspect
import os
import re
import signal
import socket
import sqlite3
import sys
import tempfile
import threading
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Never
from unittest import mock

import click
from sqlalchemy.engine.default import DefaultDialect

import bulk_topup.core.clock
from bulk_topup.commands import main
from bulk_topup.core.model import Reply
from bulk_topup.provider.client import Provider
from bulk_topup.record.checkpoint import Checkpoint
from bulk_topup.record.ledger.claims import Ledger
from bulk_topup.sheet.process import parent
from tests.campaign.clock import CampaignClock
from tests.forks import reader_here

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from multiprocessing.connection import Connection

    from bulk_topup.core.model import Order
    from tests.campaign.clock import SharedTime
    from tests.campaign.process import Gate, Place
    from tests.campaign.schedule import Command, Crash

PATIENCE_S, IMPATIENCE_S = 5.0, 0.25
"""Seconds that a command waits for an answer: few where a fault of its schedule makes it wait in vain."""

LINGER_S = 0.05
"""Before one that lingers dies: all other threads get as far as they can."""

FULL = 2
"""`PRAGMA synchronous`, where SQLite forces every commit to the disk."""

POINTS: Mapping[str, tuple[Any, str]] = {
    "ledger.turn": (Ledger, "turn"),
    "ledger.commit": (DefaultDialect, "do_commit"),
    "ledger.conclude": (Ledger, "conclude_all"),
    "checkpoint.create": (Checkpoint, "create"),
    "checkpoint.adopt": (Checkpoint, "adopt"),
    "checkpoint.note": (Checkpoint, "note"),
    "checkpoint.turn": (Checkpoint, "turn"),
    "checkpoint.begin": (Checkpoint, "_begin"),
    "checkpoint.end": (Checkpoint, "_end"),
    "checkpoint.commit": (Checkpoint, "_commit"),
    "checkpoint.hold": (Checkpoint, "hold"),
    "checkpoint.lost_attempt": (Checkpoint, "lost_attempt"),
    "checkpoint.adopt_lost_claim": (Checkpoint, "adopt_lost_claim"),
    "checkpoint.close": (Checkpoint, "close"),
    "provider.price_list": (Provider, "price_list"),
    "provider.top_up": (Provider, "top_up"),
    "provider.status": (Provider, "status"),
    "socket.send": (socket.socket, "sendall"),
    "os.replace": (os, "replace"),
    "os.rename": (os, "rename"),
}
"""Every step of the loop that leaves a trace outside the process."""

_TOP_UP = re.compile(rb"itrx=(\d+)&kodeoperator=(\w+)&nomortujuan=(\d+)")


@dataclass
class Boundaries:
    """Counts the calls of each boundary and does at the chosen ones what the schedule says."""

    crash: Crash | None
    gate: Gate | None
    time: SharedTime
    tell: Callable[[str], None]
    _calls: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextlib.contextmanager
    def installed(self) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            for point, (owner, name) in POINTS.items():
                original = getattr(owner, name)
                watched = self._watched(point, original)
                new = staticmethod(watched) if inspect.ismethod(original) else watched
                stack.enter_context(mock.patch.object(owner, name, new))
            yield

    def _watched(self, point: str, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def watched(*args: Any, **kwargs: Any) -> Any:
            with self._lock:
                nth = self._calls[point] = self._calls.get(point, 0) + 1
            self._strike(point, nth, "before", args)
            if point == "socket.send":
                self._note_top_up(args[1])
            if point == "checkpoint.begin":
                self._note_begun(args[2].order)
            result = original(*args, **kwargs)
            if point in {"checkpoint.commit", "ledger.commit"}:
                self._note_forced(point, args)
            self._strike(point, nth, "after", args)
            return result

        return watched

    def _note_top_up(self, sent: bytes) -> None:
        """Whose request it was, where two commands send at once."""
        for itrx, product, number in _TOP_UP.findall(sent):
            asked = " ".join(part.decode() for part in (number, product, itrx))
            self.tell(f"sent {time.monotonic_ns()} {asked}")
            self.tell(f"left {self._clocks()} {asked}")

    def _note_begun(self, order: Order) -> None:
        self.tell(f"begun {self._clocks()} {order.number} {order.product} {order.itrx}")

    def _clocks(self) -> str:
        return f"{self.time.seconds()} {self.time.wall().isoformat()}"

    def _note_forced(self, point: str, args: tuple[Any, ...]) -> None:
        """How long the log is that a power cut would leave, after a commit that SQLite has forced."""
        if point == "ledger.commit" and args[0].name != "sqlite":
            return
        database = args[0]._db if point == "checkpoint.commit" else args[1].cursor()
        if database.execute("PRAGMA synchronous").fetchone()[0] < FULL:
            return
        log = Path(f"{database.execute('PRAGMA database_list').fetchone()[2]}-wal")
        if log.exists():
            self.tell(f"forced {log.stat().st_size} {log.name}")

    def _strike(self, point: str, nth: int, side: str, args: tuple[Any, ...]) -> None:
        if self.gate is not None and self.gate.is_at(point, nth, side):
            self.gate.wait()
        crash = self.crash
        if crash is None or (crash.point, crash.nth, crash.side) != (point, nth, side):
            return
        self.tell(f"crash {crash}")
        how, _, seconds = crash.how.partition(":")
        match how:
            case "exit":
                os._exit(9)
            case "linger":
                time.sleep(LINGER_S)
                os.kill(os.getpid(), signal.SIGKILL)
            case "kill" | "cut":
                os.kill(os.getpid(), signal.SIGKILL)
            case "error":
                module = args[0].dbapi if point == "ledger.commit" else sqlite3
                raise module.OperationalError("disk I/O error")
            case _:
                self.time.leap(how, float(seconds))


def perform(command: Command, place: Place, clock: SharedTime, trace: Path, gate: Gate | None) -> Never:
    """Carry out the command in this process, which must be a fresh fork; ends the process."""
    gc.disable()
    code = 70
    try:
        code = _performed(command, place, trace, clock, gate)
    finally:
        os._exit(code)


def serve(wire: Connection, clock: SharedTime) -> Never:
    """Carry out one command after the other in this process, until one kills it or the wire ends."""
    gc.disable()
    with contextlib.suppress(EOFError):
        while True:
            command, place, trace = wire.recv()
            code = _performed(command, place, trace, clock, None)
            gc.collect()
            wire.send(code)
    os._exit(0)


def _performed(command: Command, place: Place, trace: Path, clock: SharedTime, gate: Gate | None) -> int:
    with _notes(trace) as tell:
        _hand_in(command, clock, tell)
        with _refused(command.refused), Boundaries(command.crash, gate, clock, tell).installed():
            return _carry_out(command, place)


@contextlib.contextmanager
def _notes(trace: Path) -> Iterator[Callable[[str], None]]:
    notes = os.open(trace, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def tell(line: str) -> None:
        os.write(notes, f"{line}\n".encode())

    try:
        yield tell
    finally:
        os.close(notes)


def _carry_out(command: Command, place: Place) -> int:
    _redirect(place.folder / "output")
    os.chdir(place.folder)
    _set_environment(place)
    try:
        return _command([*_arguments(command), *_said_of(place, command)])
    except BaseException:  # noqa: BLE001  (whatever escapes is a defect)
        traceback.print_exc()
        return 70
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _arguments(command: Command) -> list[str]:
    pace = ["--rate", "500", "--wait", "10"]
    extra = {
        "run": ["--yes", *pace, "--workers", str(command.workers)],
        "settle": ["--yes", *pace],
        "check": ["--rate", "500"],
    }
    sheet = [] if "--batch" in command.options else [command.sheet]
    return [command.verb, *sheet, *command.options, *extra.get(command.verb, [])]


def _said_of(place: Place, command: Command) -> list[str]:
    return ["--new-address"] if place.has_moved and command.takes_turns else []


def _command(arguments: list[str]) -> int:
    try:
        return int(main.cli.main(arguments, prog_name="bulk-topup", standalone_mode=False) or 0)
    except SystemExit as end:
        return int(end.code or 0)
    except click.UsageError as error:
        error.show()
        return error.exit_code


def _makes_wait(command: Command) -> bool:
    texts = [text for faults in command.faults.values() for text in faults.values()]
    waits = [text.partition(":")[2] for text in texts if "stall:" in text or "slow:" in text]
    return any(float(seconds) > IMPATIENCE_S for seconds in waits)


def _redirect(output: Path) -> None:
    target = os.open(output, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, file in ((0, nothing), (1, target), (2, target)):
        os.dup2(file, number)
    os.close(nothing)
    os.close(target)


def _set_environment(place: Place) -> None:
    tempfile.tempdir = str(place.folder)  # what one that is killed leaves there goes with the schedule
    for name in [name for name in os.environ if name.startswith("BULK_TOPUP_")]:
        del os.environ[name]
    os.environ |= {
        "BULK_TOPUP_LEDGER": place.ledger,
        "BULK_TOPUP_BASE_URL": place.url,
        "BULK_TOPUP_USERNAME": "sandbox",
        "BULK_TOPUP_PASSWORD": "sandbox",
        "BULK_TOPUP_DEBUG": "1",
    }


_make, _top_up = Provider.__init__, Provider.top_up


def _hand_in(command: Command, clock: SharedTime, tell: Callable[[str], None]) -> None:
    patience_s = IMPATIENCE_S if _makes_wait(command) else PATIENCE_S
    CampaignClock.time = clock
    bulk_topup.core.clock.SystemClock = CampaignClock  # type: ignore[misc]
    Ledger.server_time = staticmethod(lambda _db: clock.now())
    read_sheets_here()

    def made(self: Provider, *args: Any, **kwargs: Any) -> None:
        _make(self, *args, **{**kwargs, "timeout_s": patience_s})

    def timed(self: Provider, order: Any, **kwargs: Any) -> Any:
        began = time.monotonic()
        answer = _top_up(self, order, **kwargs)
        # An answer that was read counts, however long a busy machine took to connect before it.
        if time.monotonic() - began >= patience_s and not isinstance(answer, Reply):
            tell(f"timed out {order.number}")
        return answer

    Provider.__init__ = made  # type: ignore[method-assign]
    Provider.top_up = timed  # type: ignore[method-assign]


def read_sheets_here() -> None:
    """A process for the parser, forked or not, takes longer than the sheets of a campaign do."""
    parent._started = reader_here  # type: ignore[assignment]


@contextlib.contextmanager
def _refused(refused: tuple[int, ...]) -> Iterator[None]:
    """The named connections go to a port where nobody listens: refused by the operating system itself."""
    connect = socket.socket.connect
    closed = socket.socket()
    closed.bind(("127.0.0.1", 0))
    calls = iter(range(1, 1_000_000))

    def connected(self: socket.socket, address: Any) -> None:
        connect(self, closed.getsockname() if next(calls) in refused else address)

    with mock.patch.object(socket.socket, "connect", connected), closed:
        yield

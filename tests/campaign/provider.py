"""The provider in a process of its own: the sandbox over HTTP, with its faults and its balance on a wire."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import socket
import threading
from typing import TYPE_CHECKING, Any, Never
from urllib.parse import urlsplit

from bulk_topup.sandbox import Sandbox
from tests.campaign import schedule as plans
from tests.faults import Fault, Faults

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path

    from tests.campaign.clock import SharedTime
    from tests.campaign.schedule import Schedule

PRICES = [
    {
        "tipe": "PULSA",
        "operator": operator,
        "kodeoperator": code,
        "keterangan": "Pulsa Reguler",
        "nominal": str(nominal),
        "harga": str(price),
        "status": "Ready",
    }
    for code, (operator, nominal, price) in plans.PRODUCTS.items()
]


class ProviderProcess:
    """Started by the constructor, ended by `end`; `url` is where it listens."""

    def __init__(self, schedule: Schedule, book: Path, time: SharedTime) -> None:
        self._wire, theirs = multiprocessing.Pipe()
        self._pid = os.fork()
        if self._pid == 0:
            self._wire.close()
            _serve(schedule, book, time, theirs)
        theirs.close()
        self.url = str(self._wire.recv())

    def set_faults(self, faults: plans.Faults) -> None:
        """What goes wrong from here on; requests are counted anew."""
        self._ask("faults", faults)

    def set_balance(self, rupiah: int) -> None:
        self._ask("balance", rupiah)

    def finish(self) -> None:
        """Return when every request that was sent has been dealt with, even one whose sender is dead."""
        self._ask("finish", None)

    def end(self) -> None:
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        self._wire.close()

    def _ask(self, what: str, value: object) -> None:
        self._wire.send((what, value))
        self._wire.recv()


def _serve(schedule: Schedule, book: Path, time: SharedTime, wire: Connection) -> Never:
    with contextlib.suppress(EOFError, KeyboardInterrupt):
        fate = _Fate()
        sandbox = Sandbox(
            book,
            balance=schedule.balance,
            rule_51=schedule.rule_51,
            itrx=schedule.itrx,
            intercept=Faults(fate.decide),
            clock=time.now,
            date_skew_s=schedule.skew_s,
            prices=PRICES,
        ).start()
        wire.send(sandbox.url)
        while True:
            what, value = wire.recv()
            if what == "faults":
                fate.set(value)
            elif what == "balance":
                sandbox.set_balance(value)
            else:
                _finish(sandbox)
            wire.send("done")
    os._exit(0)


class _Fate:
    """The faults of one command."""

    def __init__(self) -> None:
        self.set({})

    def set(self, faults: plans.Faults) -> None:
        self._faults = faults
        self._seen: dict[str, int] = {}
        self._lock = threading.Lock()

    def decide(self, endpoint: str, _nth: int) -> Fault | None:
        with self._lock:
            nth = self._seen[endpoint] = self._seen.get(endpoint, 0) + 1
        text = self._faults.get(endpoint, {}).get(nth)
        return None if text is None else Fault.parse(text)


def _finish(sandbox: Sandbox) -> None:
    # Connections are accepted in order: when this one is answered, all before it are known.
    address = urlsplit(sandbox.url)
    with socket.create_connection((str(address.hostname), int(address.port or 0))) as last:
        last.sendall(b"GET / HTTP/1.0\r\n\r\n")
        while last.recv(4096):
            pass
    server: Any = sandbox._server
    with server._changed:
        server._changed.wait_for(lambda: not server._connections, 2.0)

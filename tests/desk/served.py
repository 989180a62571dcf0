"""A desk that is served in a thread of the tests, and a browser that sends what it is told to."""

from __future__ import annotations

import asyncio
import http.client
import socket
import subprocess
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from bulk_topup.desk import commands
from bulk_topup.desk.guard import Guard, Lock
from bulk_topup.desk.server import LOOPBACK, app_of, server_of
from tests import forks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pytest

LONGEST_S = 90.0


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str


@dataclass
class Served:
    """`own` are the headers of a page of the desk's, once the launch link was used."""

    folder: Path
    app: Guard
    lock: Lock
    own: dict[str, str]

    def ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str | None] | None = None,
        body: bytes | Iterator[bytes] | None = None,
    ) -> Answer:
        """With the headers of a page of the desk's own, but for these; None leaves one out."""
        merged = {**self.own, **(headers or {})}
        connection = http.client.HTTPConnection(self.lock.host, timeout=60)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in merged.items():
                if value is not None:
                    connection.putheader(name, value)
            is_stream = body is not None and not isinstance(body, bytes)
            if is_stream:
                connection.putheader("Transfer-Encoding", "chunked")
            elif isinstance(body, bytes) and "Content-Length" not in merged:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body, encode_chunked=is_stream)
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, text)
        finally:
            connection.close()

    def enter(self) -> Answer:
        """Use the launch link, as a person who clicks on it."""
        path = self.lock.link.removeprefix(self.lock.origin)
        answer = self.ask("GET", path, {"Sec-Fetch-Site": "none", "Origin": None})
        if "set-cookie" in answer.headers:
            self.own["Cookie"] = answer.headers["set-cookie"].split(";")[0]
        return answer


@contextmanager
def served(folder: Path, *, sandbox: bool = True, spoken: str = "en") -> Iterator[Served]:
    with socket.socket() as listening:
        listening.bind((LOOPBACK, 0))
        lock = Lock(listening.getsockname()[1])
        app = app_of(folder, lock, sandbox=sandbox, spoken=spoken)
        server = server_of(app)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        own = {"Host": lock.host, "Origin": lock.origin, "Sec-Fetch-Site": "same-origin"}
        try:
            yield Served(folder, app, lock, own)
        finally:
            server.should_exit = True
            thread.join(10)


def fork_commands(patch: pytest.MonkeyPatch) -> None:
    """A desk in the tests' own process forks its commands (see `tests/forks.py`)."""
    ask, begin = SimpleNamespace(**vars(asyncio)), SimpleNamespace(**vars(subprocess))
    ask.create_subprocess_exec, begin.Popen = _asked, forks.Popen
    patch.setattr(commands, "asyncio", ask)
    patch.setattr(commands, "subprocess", begin)


async def _asked(*line: str, **how: Any) -> _Asked:
    return _Asked(forks.Popen(line, **how))


class _Asked:
    """What the desk uses of an `asyncio.subprocess.Process`."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    async def communicate(self, typed: bytes) -> tuple[bytes, bytes]:
        with self._process:
            return await asyncio.to_thread(self._process.communicate, typed)

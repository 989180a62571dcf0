"""A TCP proxy on loopback that cuts, holds up and splits a connection at any byte; knows nothing of HTTP."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from typing import Self

Ending = Literal["fin", "rst"]

_BLOCK = 65_536
_PATIENCE_S = 20.0


@dataclass(frozen=True)
class Trouble:
    """What befalls one connection; offsets count bytes that were passed on, None means never.

    `request_cut` and `response_cut` end the client's side there, as `ending` says; after a cut request the
    server sees its end, too, and nothing of its answer comes back. `response_hold` keeps the answer back at
    an offset, for seconds. `piece` is the most bytes in one segment. `gate` is waited for before TLS begins.
    """

    request_cut: int | None = None
    response_cut: int | None = None
    ending: Ending = "fin"
    response_hold: tuple[int, float] | None = None
    piece: int = _BLOCK
    gate: threading.Event | None = None


@dataclass
class Passage:
    """One connection: what reached the proxy from either side (with TLS, in plain text).

    Before a gate, `begun` is set when the client's first byte is there: its TLS greeting.
    """

    request: bytearray = field(default_factory=bytearray)
    response: bytearray = field(default_factory=bytearray)
    begun: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)


class Proxy:
    """Passes connections on to `upstream`, a base URL; `trouble(n)` is asked for the n-th, from 0."""

    def __init__(
        self,
        upstream: str,
        trouble: Callable[[int], Trouble] = lambda _n: Trouble(),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        parts = urlsplit(upstream)
        self._upstream = (parts.hostname or "", parts.port or 0)
        self._path = parts.path
        self._trouble = trouble
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._threads: list[threading.Thread] = []
        self.passages: list[Passage] = []

    @property
    def url(self) -> str:
        """The upstream's base URL, through this proxy."""
        scheme = "https" if self._tls else "http"
        return f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}{self._path}"

    def last(self) -> Passage:
        """The latest connection, once both of its sides have ended."""
        passage = self.passages[-1]
        assert passage.over.wait(_PATIENCE_S), "a connection never ended"
        return passage

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(_PATIENCE_S)

    def _start(self, target: Callable[..., None], *args: object) -> threading.Thread:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()
        return thread

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                passage = Passage()
                trouble = self._trouble(len(self.passages))
                self.passages.append(passage)
                self._start(self._serve, client, trouble, passage)

    def _serve(self, client: socket.socket, trouble: Trouble, passage: Passage) -> None:
        try:
            with (
                self._opened(client, trouble, passage) as near,
                socket.create_connection(self._upstream) as far,
            ):
                for sock in (near, far):
                    sock.settimeout(_PATIENCE_S)
                    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                _Way(near, far, trouble, passage).go(self._start)
        except OSError:
            client.close()
        finally:
            passage.over.set()

    def _opened(self, client: socket.socket, trouble: Trouble, passage: Passage) -> socket.socket:
        if trouble.gate is not None:
            client.recv(1, socket.MSG_PEEK)
            passage.begun.set()
            trouble.gate.wait(_PATIENCE_S)
        return client if self._tls is None else self._tls.wrap_socket(client, server_side=True)


@dataclass(frozen=True)
class _Way:
    """One connection's two directions, each in a thread of its own."""

    near: socket.socket
    far: socket.socket
    trouble: Trouble
    passage: Passage

    def go(self, start: Callable[[Callable[[], None]], threading.Thread]) -> None:
        there = start(self._there)
        with suppress(OSError):
            self._back()
        there.join(_PATIENCE_S)

    def _there(self) -> None:
        with suppress(OSError):
            cut = self._pass_on(self.near, self.far, self.passage.request, self.trouble.request_cut)
            self.far.shutdown(socket.SHUT_WR)
            if cut:
                self._end()
                self._drain(self.near, self.passage.request)

    def _back(self) -> None:
        response = self.passage.response
        if self.trouble.request_cut is not None:
            self._drain(self.far, response)
            return
        cut = False
        if self.trouble.response_hold is not None:
            at, seconds = self.trouble.response_hold
            self._pass_on(self.far, self.near, response, at)
            threading.Event().wait(seconds)
        cut = self._pass_on(self.far, self.near, response, self.trouble.response_cut)
        if cut:
            self._drain(self.far, response)
        self._end()

    def _pass_on(
        self, source: socket.socket, target: socket.socket, seen: bytearray, most: int | None
    ) -> bool:
        """Until the source ends, or `most` bytes have gone: True then."""
        gone = 0
        while most is None or gone < most:
            block = source.recv(_BLOCK if most is None else most - gone)
            if not block:
                return False
            seen += block
            gone += len(block)
            for at in range(0, len(block), self.trouble.piece):
                target.sendall(block[at : at + self.trouble.piece])
        return True

    def _end(self) -> None:
        if self.trouble.ending == "fin":
            self.near.shutdown(socket.SHUT_WR)
            return
        # Wakes the other direction: a socket in use is not closed, and RST would wait for that.
        self.near.shutdown(socket.SHUT_RD)
        self.near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.near.close()

    @staticmethod
    def _drain(source: socket.socket, seen: bytearray) -> None:
        while block := source.recv(_BLOCK):
            seen += block

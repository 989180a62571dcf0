"""The provider over real HTTP on loopback: sockets, paths and headers; `rules` decides the answers."""

from __future__ import annotations

import contextlib
import email.utils
import ipaddress
import socket
import socketserver
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Self, get_args
from urllib.parse import parse_qsl

from bulk_topup.sandbox.book import Book, LoggedRequest, Snapshot, TopUp
from bulk_topup.sandbox.delivery import Delivery, Wire, plainly
from bulk_topup.sandbox.prices import PRICES
from bulk_topup.sandbox.rules import Endpoint, ItrxReading, Parameters, Product, Provider, Reply, Terms

PREFIX = "/json/pulsa"
BODY_LIMIT_BYTES = 2**20

_POLL_S = 0.02
_GOODBYE_S = 2.0

_PATHS: dict[str, Endpoint] = {f"{PREFIX}/{endpoint}": endpoint for endpoint in get_args(Endpoint)}


class Sandbox:
    """The provider simulated on loopback, as a context manager or with `start` and `stop`; can be started
    once.

    `state` is the file of its book, which a later sandbox can reuse; with None the book lives as long as the
    object. `balance` (rupiah) only applies to a new book. `clock` returns an aware datetime (default: now)
    and determines the WIB day, `tanggal` and when a pending top-up settles; the Date header is `date_skew_s`
    ahead of it. Every answer is delayed by `latency_s` (seconds) before anything is decided. `sleep` replaces
    real waiting.

    `intercept` is called for each request, before the rules: None lets it pass; a Delivery says whether money
    may move, and sends the answer once the rules have decided.
    """

    def __init__(
        self,
        state: Path | None = None,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        username: str = "sandbox",
        password: str = "sandbox",  # noqa: S107  # the documented password of a provider that pays nobody
        balance: int = 25_000_000,
        rule_51: bool = True,
        itrx: ItrxReading = "free",
        intercept: Callable[[Endpoint], Delivery | None] | None = None,
        latency_s: float = 0.0,
        clock: Callable[[], datetime] | None = None,
        date_skew_s: float = 0.0,
        prices: Sequence[Product] | None = None,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        """Opens nothing yet. Raises ValueError for a host that is not loopback."""
        self._address = (_loopback(host), port)
        self._state = state
        self._opening_balance = balance
        self._terms = Terms(username, password, rule_51, itrx, clock or (lambda: datetime.now(UTC)))
        self._prices: Sequence[Product] = PRICES if prices is None else prices
        self._intercept = intercept
        self._latency_s = latency_s
        self._date_skew_s = date_skew_s
        self._sleep = sleep
        self._book: Book | None = None
        self._server: _Server | None = None

    def start(self) -> Self:
        """Raises SandboxStateError, OSError for a port that is taken, or RuntimeError the second time."""
        if self._server is not None:
            raise RuntimeError("a sandbox starts once")
        self._book = Book(self._state, balance=self._opening_balance)
        try:
            self._server = _Server(self._address, self._wire, self._answer)
        except BaseException:
            self._book.close()
            raise
        self._provider = Provider(self._book, self._prices, self._terms)
        self._server.serve()
        return self

    def stop(self) -> None:
        """Cuts every connection, even stalled ones, and closes the book, which can still be read here."""
        if self._server is not None:
            self._server.stop()
        if self._book is not None:
            self._book.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_error: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The base URL, such as `http://127.0.0.1:PORT/json/pulsa`. Raises RuntimeError before the start."""
        if self._server is None:
            raise RuntimeError("the sandbox has not started")
        host, port = self._server.server_address[:2]
        name = f"[{host!s}]" if ":" in str(host) else str(host)
        return f"http://{name}:{port}{PREFIX}"

    def snapshot(self) -> Snapshot:
        """The whole book. Raises RuntimeError before the start."""
        return self._opened().snapshot()

    def book(self) -> list[TopUp]:
        """Every top-up, in order of time."""
        return list(self.snapshot().topups)

    def requests(self) -> list[LoggedRequest]:
        """Every request to isipulsa and cekstatus, in order of arrival."""
        return list(self.snapshot().requests)

    @property
    def balance(self) -> int:
        """The balance in rupiah."""
        return self._opened().balance

    def set_balance(self, rupiah: int) -> None:
        with self._opened().page() as page:
            page.set_balance(rupiah)

    def set_prices(self, prices: Sequence[Product]) -> None:
        """Replaces the price list. Raises RuntimeError before the start."""
        self._opened()
        self._provider.set_prices(prices)

    def _opened(self) -> Book:
        if self._book is None:
            raise RuntimeError("the sandbox has not started")
        return self._book

    def _wire(self, handler: _Handler) -> Wire:
        seconds = self._terms.now().timestamp() + self._date_skew_s
        return Wire(handler, email.utils.formatdate(seconds, usegmt=True), self._wait)

    def _answer(self, wire: Wire, endpoint: Endpoint, parameters: Parameters) -> None:
        if self._latency_s:
            self._wait(self._latency_s)
        delivery = self._intercept(endpoint) if self._intercept else None
        reply: Reply = getattr(self._provider, endpoint)(parameters, delivery)
        send = reply.delivery.send if reply.delivery else plainly
        send(wire, reply.answer)

    def _wait(self, seconds: float) -> None:
        if self._sleep is not None and seconds:
            self._sleep(seconds)
        elif self._server is not None and self._server.stopping.wait(seconds):
            raise ConnectionAbortedError("the sandbox stops")


def serve(sandbox: Sandbox, on_ready: Callable[[str], None]) -> None:
    """Starts a sandbox, passes its base URL to `on_ready`, and serves until Ctrl-C."""
    with contextlib.suppress(KeyboardInterrupt), sandbox:
        on_ready(sandbox.url)
        while True:
            # In slices, because on Windows Ctrl-C does not reach a thread that waits without a limit.
            time.sleep(0.5)


def _loopback(host: str) -> str:
    """The address to bind. Raises ValueError unless it belongs to this machine."""
    address = "127.0.0.1" if host == "localhost" else host
    with contextlib.suppress(ValueError):
        if ipaddress.ip_address(address).is_loopback:
            return address
    raise ValueError(f"the sandbox serves loopback addresses only, not {host!r}")


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """One thread per connection; keeps track of open connections, so that none outlives it."""

    daemon_threads = True
    allow_reuse_address = sys.platform != "win32"
    request_queue_size = 512

    def __init__(
        self,
        address: tuple[str, int],
        wire: Callable[[_Handler], Wire],
        answer: Callable[[Wire, Endpoint, Parameters], None],
    ) -> None:
        self.wire = wire
        self.answer = answer
        self.stopping = threading.Event()
        self._connections: set[Any] = set()
        self._changed = threading.Condition()
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, _Handler)

    def serve(self) -> None:
        """Accepts connections in a thread of its own."""
        self._thread = threading.Thread(target=self.serve_forever, args=(_POLL_S,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Accepts no more connections and cuts the open ones; their threads get a moment to notice."""
        self.stopping.set()
        self.shutdown()
        self._thread.join()
        self.server_close()
        with self._changed:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self._changed.wait_for(lambda: not self._connections, _GOODBYE_S)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._changed:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._changed:
            self._connections.discard(request)
            self._changed.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Silent if a client went away or the server stops; a defect prints its traceback."""
        if not isinstance(sys.exception(), OSError) and not self.stopping.is_set():
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """One connection, kept alive from request to request."""

    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _post(self) -> None:
        endpoint = _PATHS.get(self.path.partition("?")[0])
        if endpoint is None:
            self._refuse()
            return
        body = self._body()
        if body is not None:
            self.server.answer(self.server.wire(self), endpoint, self._form(body))

    def _refuse(self) -> None:
        """Answers any other path or method as a web server would."""
        known = self.path.partition("?")[0] in _PATHS
        self._give_up(405, "Allow: POST") if known else self._give_up(404)

    do_POST = _post  # noqa: N815  # the base class finds methods by these names
    do_GET = do_HEAD = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _refuse  # noqa: N815

    def _body(self) -> bytes | None:
        """The request's body; None if it was refused, or the client left in the middle of it."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            self._give_up(411)
        elif len(length) > 9 or int(length) > BODY_LIMIT_BYTES:
            self._give_up(413)
        else:
            body = self.rfile.read(int(length))
            if len(body) == int(length):
                return body
            self.close_connection = True
        return None

    def _form(self, body: bytes) -> Parameters:
        if self.headers.get_content_type() != "application/x-www-form-urlencoded":
            return {}
        text = body.decode("ascii", "replace")
        return dict(parse_qsl(text, keep_blank_values=True))

    def _give_up(self, status: int, *headers: str) -> None:
        """Closes the connection without reading the body."""
        self.close_connection = True
        self.server.wire(self).html(status, "Connection: close", *headers)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class names it
        """Logs nothing: the book keeps every request."""

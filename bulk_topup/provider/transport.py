"""One HTTP exchange: when it may be sent, its deadline, its connection."""

from __future__ import annotations

import contextlib
import functools
import http.client
import os
import socket
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import Retry
from urllib3.util.ssl_ import create_urllib3_context

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import NoAnswer, NotSent
from bulk_topup.provider.failures import NO_ANSWER_ERRORS, NOT_SENT_ERRORS, TooLate, TooLong, named_cause

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from urllib3.connectionpool import HTTPConnectionPool

LONGEST_HEADS: Final = 2**17
LONGEST_NAP_S: Final = 3600.0


def tls_context() -> ssl.SSLContext:
    names = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
    name, bundle = next(
        ((name, os.environ[name]) for name in names if os.environ.get(name)), ("", DEFAULT_CA_BUNDLE_PATH)
    )
    context = create_urllib3_context()
    is_directory = Path(bundle).is_dir()
    try:
        context.load_verify_locations(*((None, bundle) if is_directory else (bundle, None)))
    except OSError:
        raise InputError("provider.certificates", setting=name, file=bundle) from None
    return context


class Departure:
    """Whether one request has been sent: the evidence behind `NotSent`."""

    def __init__(
        self,
        leaving: Callable[[], AbstractContextManager[bool]],
        may_leave: Callable[[], bool],
        watchdog: Watchdog,
    ) -> None:
        self.has_left = False
        self.deadline = _Deadline(watchdog)
        self._leaving = leaving
        self._may_leave = may_leave

    @contextlib.contextmanager
    def leave(self) -> Iterator[None]:
        """Allows all bytes to be sent, or raises; from here on nobody can say that nothing was sent."""
        with self._leaving() as has_place:
            if not (has_place and self._may_leave()):
                raise TooLate
            self.deadline.restart()
            self.has_left = True
            yield

    def answer_after(self, error: Exception) -> NotSent | NoAnswer:
        if not self.has_left:
            return NotSent("connect_timeout" if self.deadline.passed else named_cause(error, NOT_SENT_ERRORS))
        return NoAnswer("timeout" if self.deadline.passed else named_cause(error, NO_ANSWER_ERRORS))


class _Deadline:
    """Ends a connection when its time is up.

    A socket's own timeout restarts with every byte, so a server that sends slowly would never reach it.
    """

    def __init__(self, watchdog: Watchdog) -> None:
        self.passed = False
        self._watchdog = watchdog
        self._until = 0.0
        self._lock = threading.Lock()
        self._sock: socket.socket | None = None

    def watch(self, sock: socket.socket) -> None:
        """Starts the deadline for `sock`."""
        with self._lock:
            # A duplicate, because TLS detaches the socket itself; shutting one down ends them all.
            self._sock = sock.dup()
            self._until = time.monotonic() + self._watchdog.seconds
        self._watchdog.add(self)

    def restart(self) -> None:
        """Restarts the full time. Raises TimeoutError if it is already up."""
        with self._lock:
            if self.passed:
                raise TimeoutError
            self._until = time.monotonic() + self._watchdog.seconds

    def end(self) -> None:
        self._watchdog.discard(self)
        with self._lock:
            if self._sock is not None:
                self._sock.close()
                self._sock = None

    def left_s(self) -> float:
        """Seconds left; when they are up, the connection is ended."""
        with self._lock:
            left_s = self._until - time.monotonic()
            if left_s <= 0 and self._sock is not None:
                self.passed = True
                with contextlib.suppress(OSError):
                    self._sock.shutdown(socket.SHUT_RDWR)
            return left_s


class Watchdog:
    """Watches the deadlines of all requests, each of `seconds`, from one thread; a thread for each would
    cost a fifth of a request.

    New deadlines are never earlier than existing ones, so the thread need not be woken. It ends when there is
    nothing to watch.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._deadlines: set[_Deadline] = set()
        self._lock = threading.Lock()
        self._is_awake = False
        self._next = 0.0

    def add(self, deadline: _Deadline) -> None:
        with self._lock:
            self._deadlines.add(deadline)
            if self._is_awake:
                return
            self._is_awake = True  # First, because the thread marks its own end here.
            try:
                threading.Thread(target=self._watch, name="deadlines", daemon=True).start()
            except BaseException:  # The system has no thread left; the next caller tries again.
                self._is_awake = False
                raise

    def discard(self, deadline: _Deadline) -> None:
        with self._lock:
            self._deadlines.discard(deadline)

    def _watch(self) -> None:
        wait_s: float | None = self.seconds
        try:
            while wait_s is not None:
                time.sleep(min(wait_s, LONGEST_NAP_S))
                wait_s = self.look(ends_watch=True)
        except BaseException:
            self._is_awake = False  # The next caller starts a new thread.
            raise

    def look(self, *, ends_watch: bool = False) -> float | None:
        """Ends overdue requests. Returns the seconds until the next deadline, or None if there is none; then
        the watch, if that is who looks, ends.
        """
        now = time.monotonic()
        with self._lock:
            deadlines = list(self._deadlines)
            if ends_watch:
                self._is_awake = bool(deadlines)
        if not deadlines:
            return None
        if now >= self._next:
            left = [left_s for deadline in deadlines if (left_s := deadline.left_s()) > 0]
            self._next = now + min(left, default=self.seconds)
        return max(0.0, self._next - time.monotonic())


class _HeadReader:
    """Remembers the last header line, because http.client takes the end of the connection for the end of
    the head.

    Counts all header lines, because any number of interim answers may come first.
    """

    def __init__(self, file: Any) -> None:
        self.file = file
        self.last = b""
        self._left = LONGEST_HEADS

    def readline(self, limit: int = -1) -> bytes:
        self.last = self.file.readline(limit)
        self._left -= len(self.last)
        if self._left < 0:
            raise TooLong
        return self.last

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


class _Answer(http.client.HTTPResponse):
    """The final answer, if its head is complete. Raises http.client.IncompleteRead if it was cut off.

    Interim answers (1xx) are skipped; http.client itself only skips a 100. A 101 would switch to another
    protocol, which nobody asked for, so it counts as final.
    """

    fp: Any
    headers: Any

    def begin(self) -> None:
        head = self.fp = _HeadReader(self.fp)
        self._begin_whole(head)
        while self.status in _INTERIM:
            self.headers = self.msg = None  # type: ignore[assignment]  # what begin() takes for begun already
            self._begin_whole(head)
        if self.fp is head:
            self.fp = head.file

    def _begin_whole(self, head: _HeadReader) -> None:
        super().begin()
        if head.last not in {b"\r\n", b"\n"}:
            raise http.client.IncompleteRead(b"")


_INTERIM: Final = frozenset(range(100, 200)) - {http.HTTPStatus.SWITCHING_PROTOCOLS}
"""RFC 9110, 15.2: any number of them may precede the final answer, requested or not."""


class _Connection(HTTPConnection):
    """Asks its departure before the first byte of the request, and never connects a second time.

    The request is sent in one piece: a machine that is put to sleep between head and body would complete it
    on waking up, however late.
    """

    response_class = _Answer

    def __init__(self, *args: Any, departure: Departure, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._departure = departure
        self._pieces: list[bytes] | None = None

    def connect(self) -> None:
        if self._departure.has_left:
            # Http.client would open a new connection for the rest of a request that lost its first one.
            raise http.client.NotConnected
        super().connect()

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is None:
            self.connect()
        self._pieces = []
        super().request(*args, **kwargs)
        whole, self._pieces = b"".join(self._pieces), None
        with self._departure.leave():
            super().send(whole)

    def send(self, data: Any) -> None:
        # While connecting, this carries the CONNECT line for a proxy, which is not part of the request.
        if self._pieces is None:
            super().send(data)
        else:
            self._pieces.append(data)

    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        self._departure.deadline.watch(sock)
        return sock


class _TlsConnection(_Connection, HTTPSConnection):
    pass


class Adapter(HTTPAdapter):
    """Sends one request over our own kind of connection, without any retry."""

    def __init__(self, departure: Departure, tls: ssl.SSLContext | None) -> None:
        self._departure = departure
        self._tls = tls
        super().__init__(
            max_retries=Retry(
                0, read=False, redirect=False, status=0, other=0, respect_retry_after_header=False
            ),
            pool_connections=1,
            pool_maxsize=1,
        )

    def build_connection_pool_key_attributes(self, *args: Any, **kwargs: Any) -> Any:
        host, tls = super().build_connection_pool_key_attributes(*args, **kwargs)
        return host, {**tls, "ssl_context": self._tls}

    def cert_verify(self, *args: Any, **kwargs: Any) -> None:
        """Nothing to do: our context requires certificates and has already loaded the authorities."""

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> HTTPConnectionPool:
        pool = cast("HTTPConnectionPool", super().get_connection_with_tls_context(*args, **kwargs))
        kind = _TlsConnection if pool.scheme == "https" else _Connection
        pool.ConnectionCls = functools.partial(kind, departure=self._departure)  # type: ignore[assignment]
        return pool

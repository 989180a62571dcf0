"""The provider over HTTP: the only user of requests.

One request is one connection, used once and closed. Nothing is sent twice, no redirect is followed, and no
cookie or login from the environment is added: requests' adapter is used without a session, so that there is
nobody who could.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import ipaddress
import json
import os
import re
import socket
import ssl
import threading
import time
import zlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlencode, urlsplit

import requests
import urllib3.exceptions
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import Retry
from urllib3.util.ssl_ import create_urllib3_context

from bulk_topup.core.errors import InputError, ProviderError
from bulk_topup.core.model import Answer, NoAnswer, NotSent, Order, PriceList, Reply
from bulk_topup.provider import price_list as pricelist
from bulk_topup.provider.wire import REPLACED, SHORTEST_SECRET, http_date, read_json, spellings, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from urllib3.connectionpool import HTTPConnectionPool

LONGEST_ANSWER: Final = 2**20
LONGEST_PRICE_LIST: Final = 32 * 2**20
LONGEST_HEADS: Final = 2**17
LONGEST_REASON: Final = 500

# A request has to leave within 5 s of its durable attempt, and a host may have several addresses: one dead
# address (IPv6 without a route is the usual one) must leave time for the next. Just over TCP's second resend.
LONGEST_CONNECT_S: Final = 3.1

STALE_S: Final = 3600.0
"""A `Date` header says nothing of the provider's clock longer than this before or after."""

_BLOCK: Final = 65_536
_FUNCTIONS: Final = ("daftarharga", "isipulsa", "cekstatus")


class Provider:
    """The three functions of API v3.1 for one account. Any number of threads may call them at once.

    `base_url` is what `checked_base_url` returned. `timeout_s` limits each whole exchange, from the first
    byte out to the last byte in; connecting has its own, shorter limit. `alive` is a clock in
    seconds that nobody sets. `leaving` is entered around the first byte to the last, and says whether to go.

    Raises InputError `provider.certificates` if the environment names certificates that cannot be read.
    """

    def __init__(
        self,
        base_url: str,
        username: str,
        password: str,
        *,
        timeout_s: float = 60.0,
        alive: Callable[[], float] = time.monotonic,
        leaving: Callable[[], AbstractContextManager[bool]] = lambda: contextlib.nullcontext(True),
    ) -> None:
        self.base_url = base_url
        self._alive = alive
        self._leaving = leaving
        self._seen: tuple[datetime, float] | None = None
        self._credentials = {"username": username, "password": password}
        self._secret = spellings(password)
        self._timeout_s = timeout_s
        self._watchdog = _Watchdog(timeout_s)
        self._drafts = {function: self._draft(function) for function in _FUNCTIONS}
        self._proxies = (
            {} if _is_loopback(urlsplit(base_url).hostname or "") else get_environ_proxies(base_url)
        )
        self._tls = _tls_context() if base_url.startswith("https:") else None

    def __repr__(self) -> str:
        return f"Provider({self.base_url!r})"

    def price_list(self) -> PriceList:
        """All products (API v3.1, DAFTAR HARGA PULSA).

        What can't be ordered is there with its flaw; see `pricelist.read`.

        Raises ProviderError for anything but a list with at least one product.
        """
        answer = self._post("daftarharga", {}, longest=LONGEST_PRICE_LIST)
        if not isinstance(answer, Reply):
            raise self.unavailable(answer)
        return pricelist.read(self._entries(answer))

    def top_up(self, order: Order, *, may_leave: Callable[[], bool]) -> Answer:
        """Sends `order` once (API v3.1, ISI PULSA). Never raises.

        `may_leave` is asked once, after connecting and right before the first byte; False is
        `NotSent("late")`. The answer is `NotSent` if and only if no byte was handed to the connection.
        """
        fields = {"itrx": str(order.itrx), "kodeoperator": order.product, "nomortujuan": order.number}
        return self._post("isipulsa", fields, longest=LONGEST_ANSWER, may_leave=may_leave)

    def status(self, invoice: str, number: str) -> Answer:
        """Asks what became of `invoice` (API v3.1, CEK STATUS TRANSAKSI PULSA). Never raises."""
        return self._post("cekstatus", {"invoice": invoice, "nomortujuan": number}, longest=LONGEST_ANSWER)

    def skew_s(self, wall: datetime, alive: float) -> float | None:
        """The provider's clock minus ours (seconds) at the moment when our two clocks showed this.

        Reckoned from its last `Date` header by `alive`, so that setting our wall clock since then shows. None
        if that was not seen within an hour of the moment.
        """
        if self._seen is None:
            return None
        date, seen = self._seen
        if abs(alive - seen) > STALE_S:
            return None
        return (date - wall).total_seconds() + alive - seen

    def _post(
        self,
        function: str,
        fields: Mapping[str, str],
        *,
        longest: int,
        may_leave: Callable[[], bool] = lambda: True,
    ) -> Answer:
        departure = _Departure(self._leaving, may_leave, self._watchdog)
        adapter = _Adapter(departure, self._tls)
        try:
            reply = self._without_secret(self._exchange(adapter, self._request(function, fields), longest))
        except Exception as error:  # noqa: BLE001  (whatever went wrong: all that counts is whether it left)
            return departure.answer_after(error)
        finally:
            departure.deadline.end()
            adapter.close()
        return NoAnswer("timeout") if departure.deadline.passed else reply

    def _draft(self, function: str) -> requests.PreparedRequest:
        return requests.Request(
            "POST",
            f"{self.base_url}/{function}",
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "Connection": "close",
                "Content-Type": "application/x-www-form-urlencoded",
            },
        ).prepare()

    def _request(self, function: str, fields: Mapping[str, str]) -> requests.PreparedRequest:
        request = self._drafts[function].copy()
        # Encoded here: requests would look into each value for what may be a list or a file.
        request.prepare_body(urlencode({**self._credentials, **fields}), None)
        return request

    def _exchange(self, adapter: _Adapter, request: requests.PreparedRequest, longest: int) -> Reply:
        limits = (min(self._timeout_s, LONGEST_CONNECT_S), self._timeout_s)
        with adapter.send(
            request, stream=True, timeout=limits, verify=True, proxies=self._proxies
        ) as response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            self._note_skew(headers.get("date", ""))
            body = _decoded(_read(response, longest), headers.get("content-encoding", ""), longest)
            return Reply(response.status_code, headers, body)

    def _without_secret(self, reply: Reply) -> Reply:
        """A provider that echoes the password must not bring it into files and onto screens.

        A password of digits may stand by chance in a number or an amount: those fields stay as they are.
        """
        password = self._credentials["password"]
        if len(password) < SHORTEST_SECRET:
            return reply
        try:
            value = read_json(reply.body)
        except ValueError:
            return reply
        kept = _WORDS | (_NUMERIC if password.isdigit() else frozenset())
        redacted = _redacted(value, self._secret, kept)
        return reply if redacted == value else replace(reply, body=json.dumps(redacted).encode())

    def _note_skew(self, date: str) -> None:
        moment = http_date(date)
        if moment is not None:
            self._seen = (moment, self._alive())

    def _entries(self, reply: Reply) -> Sequence[Mapping[str, object]]:
        try:
            value = read_json(reply.body)
        except ValueError:
            code = "provider.not_json" if reply.status == http.HTTPStatus.OK else "provider.http_status"
            raise ProviderError(code, address=self.base_url, status=reply.status) from None
        if isinstance(value, dict) and text(value.get("result")).lower() == "no":
            reason, code = text(value.get("reason"), LONGEST_REASON), text(value.get("reason_code"))
            raise ProviderError("provider.login", reason=reason or "-", reason_code=code or "-")
        if reply.status != http.HTTPStatus.OK:
            raise ProviderError("provider.http_status", address=self.base_url, status=reply.status)
        if value == []:
            raise ProviderError("provider.no_products", address=self.base_url)
        if not isinstance(value, list) or not pricelist.has_products(value):
            raise ProviderError("provider.other_shape", address=self.base_url)
        return value

    def unavailable(self, answer: NotSent | NoAnswer) -> ProviderError:
        """Why no price list came, or with `NotSent` no answer to any other question."""
        default = "unreachable" if isinstance(answer, NotSent) else "no_answer"
        cause = answer.cause if answer.cause in _CAUSES_WITH_WORDS else default
        return ProviderError(f"provider.{cause}", address=self.base_url, seconds=f"{self._timeout_s:g}")


_CAUSES_WITH_WORDS: Final = frozenset(
    {"dns", "refused", "connect_timeout", "certificate", "tls", "proxy", "timeout", "too_long"}
)


# -- the address -------------------------------------------------------------------------------------------


def checked_base_url(address: str) -> str:
    """The provider's address in its one spelling, without a slash at the end.

    Raises InputError `provider.base_url` for all but `https://` addresses (and `http://` to this computer)
    without user name, query and fragment.
    """
    stripped = address.strip()
    try:
        parts = urlsplit(stripped)
        scheme, host, port = parts.scheme, (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise _bad_address(stripped) from None
    odd = any(not "!" <= character <= "~" or character in "@?#\\" for character in stripped)
    if odd or not host or port == 0 or not (scheme == "https" or (scheme == "http" and _is_loopback(host))):
        raise _bad_address(stripped)
    shown_host = f"[{host}]" if ":" in host else host
    shown_port = "" if port in {None, 443 if scheme == "https" else 80} else f":{port}"
    # Another spelling of the same place would be another record, in which nobody was paid yet.
    places = [place for place in parts.path.split("/") if place not in {"", "."}]
    if ".." in places:
        raise _bad_address(stripped)
    checked = "/".join((f"{scheme}://{shown_host}{shown_port}", *places))
    try:
        requests.Request("POST", checked).prepare()
    except requests.RequestException:  # a host that no request can be made to, as `*.example.com`
        raise _bad_address(stripped) from None
    return checked


def _bad_address(address: str) -> InputError:
    # What stands before an @ may be a password, and so may what comes after a ? or #.
    head = re.split("[?#]", address, maxsplit=1)[0]
    asked = "" if head == address else "?…"
    if "@" in address:
        head = f"…@{head.rpartition('@')[2]}" if "@" in head else "…"
    shown = text(head + asked)
    return InputError("provider.base_url", address=shown or "(nothing)")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _tls_context() -> ssl.SSLContext:
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


# -- whether a request has left ----------------------------------------------------------------------------


class _TooLate(Exception):  # noqa: N818  (the caller's decision, not a fault)
    """The caller no longer wants the request to leave."""


class _TooLong(Exception):  # noqa: N818
    """More bytes than any honest answer has."""


class _BadEncoding(Exception):  # noqa: N818
    """A body that is not what its Content-Encoding says."""


class _Departure:
    """Whether one request has left: the proof behind `NotSent`."""

    def __init__(
        self,
        leaving: Callable[[], AbstractContextManager[bool]],
        may_leave: Callable[[], bool],
        watchdog: _Watchdog,
    ) -> None:
        self.has_left = False
        self.deadline = _Deadline(watchdog)
        self._leaving = leaving
        self._may_leave = may_leave

    @contextlib.contextmanager
    def leave(self) -> Iterator[None]:
        """Opens the way for all bytes, or raises; from here on nobody can say that nothing was sent."""
        with self._leaving() as has_place:
            if not (has_place and self._may_leave()):
                raise _TooLate
            self.deadline.restart()
            self.has_left = True
            yield

    def answer_after(self, error: Exception) -> NotSent | NoAnswer:
        if not self.has_left:
            return NotSent("connect_timeout" if self.deadline.passed else _cause(error, _NOT_SENT_CAUSES))
        return NoAnswer("timeout" if self.deadline.passed else _cause(error, _NO_ANSWER_CAUSES))


class _Deadline:
    """Ends a connection when its time is up.

    A socket's own time-out starts anew with every byte, so a server that drips would never reach it.
    """

    def __init__(self, watchdog: _Watchdog) -> None:
        self.passed = False
        self._watchdog = watchdog
        self._until = 0.0
        self._lock = threading.Lock()
        self._sock: socket.socket | None = None

    def watch(self, sock: socket.socket) -> None:
        """Starts to run for `sock`."""
        with self._lock:
            # A duplicate, because TLS takes the socket itself away; shutting one down ends them all.
            self._sock = sock.dup()
            self._until = time.monotonic() + self._watchdog.seconds
        self._watchdog.add(self)

    def restart(self) -> None:
        """Gives the full time once more. Raises TimeoutError if it is up already."""
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
        """Seconds until its time is up; then its connection is ended."""
        with self._lock:
            left_s = self._until - time.monotonic()
            if left_s <= 0 and self._sock is not None:
                self.passed = True
                with contextlib.suppress(OSError):
                    self._sock.shutdown(socket.SHUT_RDWR)
            return left_s


class _Watchdog:
    """Looks after the deadlines of all requests, each of `seconds`, from one thread: one for each request
    would cost a fifth of it. No new deadline is ever earlier than one that is there, so that the thread need
    not be woken; it ends where it finds nothing to look after.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._deadlines: set[_Deadline] = set()
        self._lock = threading.Lock()
        self._is_awake = False

    def add(self, deadline: _Deadline) -> None:
        with self._lock:
            self._deadlines.add(deadline)
            if not self._is_awake:
                # Raises where the system has no thread left; whoever comes next tries again.
                threading.Thread(target=self._watch, name="deadlines", daemon=True).start()
                self._is_awake = True

    def discard(self, deadline: _Deadline) -> None:
        with self._lock:
            self._deadlines.discard(deadline)

    def _watch(self) -> None:
        wait_s: float | None = self.seconds
        while wait_s is not None:
            time.sleep(wait_s)
            wait_s = self._look()

    def _look(self) -> float | None:
        """Seconds until the next one's time is up; None, and the watch is over, where there is none."""
        with self._lock:
            deadlines = list(self._deadlines)
            self._is_awake = bool(deadlines)
        left = [left_s for deadline in deadlines if (left_s := deadline.left_s()) > 0]
        return min(left, default=self.seconds) if deadlines else None


class _HeadReader:
    """Remembers the last header line: http.client takes the end of the connection for the end of the head.

    Counts them all, because any number of interim answers may come first.
    """

    def __init__(self, file: Any) -> None:
        self.file = file
        self.last = b""
        self._left = LONGEST_HEADS

    def readline(self, limit: int = -1) -> bytes:
        self.last = self.file.readline(limit)
        self._left -= len(self.last)
        if self._left < 0:
            raise _TooLong
        return self.last

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


class _Answer(http.client.HTTPResponse):
    """The final answer, if its head came whole. Raises http.client.IncompleteRead for one that was cut.

    An interim one (1xx) announces it; http.client itself waits after a 100 alone. A 101 would end the talk in
    HTTP, and nobody asked for that: it stands as it is.
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
"""RFC 9110, 15.2: any number of them may come before the final answer, asked for or not."""


class _Connection(HTTPConnection):
    """Asks its departure before the first byte of the request, and never connects for a second try.

    The request leaves in one piece: a machine that is put to sleep between head and body would complete it
    on waking up, however late.
    """

    response_class = _Answer

    def __init__(self, *args: Any, departure: _Departure, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._departure = departure
        self._pieces: list[bytes] | None = None

    def connect(self) -> None:
        if self._departure.has_left:
            # Http.client opens a new connection for the rest of a request that lost its first one.
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
        # While connecting, this carries the CONNECT line for a proxy, which is no byte of the request.
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


class _Adapter(HTTPAdapter):
    """Sends one request over our own kind of connection, and nothing a second time."""

    def __init__(self, departure: _Departure, tls: ssl.SSLContext | None) -> None:
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
        """Nothing to do: our context requires certificates and has read the authorities, once for all."""

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> HTTPConnectionPool:
        pool = cast("HTTPConnectionPool", super().get_connection_with_tls_context(*args, **kwargs))
        kind = _TlsConnection if pool.scheme == "https" else _Connection
        pool.ConnectionCls = functools.partial(kind, departure=self._departure)  # type: ignore[assignment]
        return pool


# -- causes, from the types of the errors ------------------------------------------------------------------

Causes = tuple[tuple[str, type[BaseException] | tuple[type[BaseException], ...]], ...]

_NOT_SENT_CAUSES: Final[Causes] = (
    ("late", _TooLate),
    ("proxy", (urllib3.exceptions.ProxyError, requests.exceptions.InvalidProxyURL)),
    ("dns", socket.gaierror),
    ("certificate", ssl.SSLCertVerificationError),
    ("connect_timeout", TimeoutError),
    ("refused", ConnectionRefusedError),
    ("tls", ssl.SSLError),
    ("unreachable", (urllib3.exceptions.NewConnectionError, ConnectionError)),
)

_NO_ANSWER_CAUSES: Final[Causes] = (
    ("too_long", _TooLong),
    ("bad_encoding", _BadEncoding),
    ("timeout", (TimeoutError, urllib3.exceptions.ReadTimeoutError)),
    ("closed", http.client.RemoteDisconnected),
    ("truncated", http.client.IncompleteRead),
    ("tls", ssl.SSLError),
    ("reset", ConnectionError),
    ("bad_http", (http.client.HTTPException, urllib3.exceptions.HTTPError)),
)


def _cause(error: BaseException, causes: Causes) -> str:
    """The first of `causes` that stands anywhere in the chain of `error`, else `failed`."""
    chain = list(_chain(error, set()))
    return next(
        (cause for cause, kinds in causes if any(isinstance(link, kinds) for link in chain)), "failed"
    )


def _chain(error: object, seen: set[int]) -> Iterator[BaseException]:
    """The error and all it was made from: requests and urllib3 keep the origin in several places."""
    if not isinstance(error, BaseException) or id(error) in seen:
        return
    seen.add(id(error))
    yield error
    for origin in (*error.args, getattr(error, "reason", None), error.__cause__, error.__context__):
        yield from _chain(origin, seen)


# -- bodies ------------------------------------------------------------------------------------------------


def _read(response: requests.Response, longest: int) -> bytes:
    """The body as it was sent. Urllib3 raises when it is shorter than its Content-Length."""
    body = bytearray()
    while block := response.raw.read(_BLOCK, decode_content=False):
        body += block
        if len(body) > longest:
            raise _TooLong
    return bytes(body)


def _decoded(body: bytes, encoding: str, longest: int) -> bytes:
    """Undoes a compression that we did not ask for, never growing beyond `longest` bytes."""
    named = encoding.strip().lower()
    if not body or named in {"", "identity"}:
        return body
    if named in {"gzip", "x-gzip"}:
        return _unzipped(body, longest)
    raise _BadEncoding


def _unzipped(body: bytes, longest: int) -> bytes:
    decoder = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        plain = decoder.decompress(body, longest + 1)
    except zlib.error:
        raise _BadEncoding from None
    if len(plain) > longest:
        raise _TooLong
    if not decoder.eof or decoder.unused_data:
        raise _BadEncoding
    return plain


_WORDS: Final = frozenset({"result", "status"})
_NUMERIC: Final = frozenset(
    {"nomorpelanggan", "nomortujuan", "invoice", "serial", "nominal", "harga", "debet", "debit", "saldo"}
)


def _redacted(value: object, secret: re.Pattern[str], kept: frozenset[str]) -> object:
    match value:
        case str():
            return secret.sub(REPLACED, value)
        case list():
            return [_redacted(item, secret, kept) for item in value]
        case dict():
            return {
                secret.sub(REPLACED, name): item if name in kept else _redacted(item, secret, kept)
                for name, item in value.items()
            }
    return value

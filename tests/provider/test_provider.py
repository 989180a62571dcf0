"""The provider over real loopback sockets: what left, what came back, and what it is called."""

from __future__ import annotations

import gzip
import html
import http.client
import json
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

import pytest

from bulk_topup.core.errors import InputError, ProviderError
from bulk_topup.core.model import Answer, NoAnswer, NotSent, Order, Reply
from bulk_topup.provider import transport
from bulk_topup.provider.address import checked_base_url
from bulk_topup.provider.client import LONGEST_ANSWER, Provider
from bulk_topup.provider.outcomes import NO_ANSWER_CAUSES, NOT_SENT_CAUSES
from bulk_topup.provider.transport import Departure, Watchdog, _Connection
from bulk_topup.report.words.say import WORDS

if TYPE_CHECKING:
    from pathlib import Path

ORDER = Order(
    id=1, row=2, number="08123456789", product="TEL5", itrx=1, nominal=5000, operator="TELKOMSEL", price=5630
)
PASSWORD = 's3cret&w+rd=1 "\u00e9"'
SHORT_S = 0.3
"""The time-out where one is waited for."""
PATIENT_S = 30.0
"""The time-out where none is: a machine that does much else at the same time is none."""

Handler = Callable[[socket.socket], None]


class Server:
    """Serves every connection with one handler, in a thread each; remembers what it was sent."""

    def __init__(self, handler: Handler, tls: ssl.SSLContext | None = None) -> None:
        self.received: list[bytes] = []
        self.connections = 0
        self._handler = handler
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}/json/pulsa"

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join(5)
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                self.connections += 1
                thread = threading.Thread(target=self._serve, args=(sock,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, sock: socket.socket) -> None:
        sock.settimeout(PATIENT_S)
        with sock, suppress(OSError):
            if self._tls is None:
                self._serve_request(sock)
                return
            with self._tls.wrap_socket(sock, server_side=True) as secured:
                self._serve_request(secured)

    def _serve_request(self, sock: socket.socket) -> None:
        received = read_request(sock)
        if received:
            self.received.append(received)
        self._handler(sock)


def read_request(sock: socket.socket) -> bytes:
    received = b""
    while block := sock.recv(65536):
        received += block
        head, _, body = received.partition(b"\r\n\r\n")
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length" and len(body) >= int(value):
                return received
    return received


def says(*pieces: bytes, pause_s: float = 0.0) -> Handler:
    def handler(sock: socket.socket) -> None:
        for piece in pieces:
            sock.sendall(piece)
            time.sleep(pause_s)

    return handler


def answers(body: bytes, status: str = "200 OK", *headers: str) -> Handler:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return says("\r\n".join(lines).encode() + body)


def stays_silent(sock: socket.socket) -> None:
    sock.recv(1)


def resets(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def drips(text: bytes, then: bytes = b"") -> Handler:
    def handler(sock: socket.socket) -> None:
        sock.sendall(text)
        until = time.monotonic() + PATIENT_S
        while time.monotonic() < until:
            sock.sendall(then)
            time.sleep(0.02)

    return handler


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    with ExitStack() as stack:

        def start(handler: Handler, tls: ssl.SSLContext | None = None) -> Server:
            server = Server(handler, tls)
            stack.callback(server.close)
            return server

        yield start


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1 and provider.test, its key in the same file."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(  # the key is as short-lived as the test
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
            ),
            *(
                "-subj",
                "/CN=127.0.0.1",
                "-days",
                "2",
                "-addext",
                "subjectAltName=IP:127.0.0.1,DNS:provider.test",
            ),
            *("-addext", "keyUsage=critical,digitalSignature,keyCertSign"),
            *("-keyout", "key.pem", "-out", "cert.pem"),
        ],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    both = folder / "both.pem"
    both.write_bytes((folder / "key.pem").read_bytes() + (folder / "cert.pem").read_bytes())
    return both


@pytest.fixture(scope="module")
def server_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def provider(url: str, **options: Any) -> Provider:
    return Provider(url, "dummy", PASSWORD, **{"timeout_s": PATIENT_S, **options})


def top_up(url: str, **options: Any) -> Answer:
    return provider(url, **options).top_up(ORDER, may_leave=lambda: True)


@contextmanager
def cut_short() -> Iterator[None]:
    """By the client's own deadline: the other end would go on."""
    start = time.monotonic()
    yield
    assert time.monotonic() - start < PATIENT_S / 2


# -- not sent ----------------------------------------------------------------------------------------------


def test_a_refused_connection_is_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert top_up(f"http://127.0.0.1:{port}") == NotSent("refused")


def test_a_name_that_does_not_exist_is_not_sent() -> None:
    assert top_up("https://provider.invalid/json/pulsa") == NotSent("dns")


def test_a_server_that_does_not_pick_up_is_not_sent() -> None:
    with ExitStack() as stack:
        full = stack.enter_context(socket.socket())
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        url = f"http://127.0.0.1:{full.getsockname()[1]}"
        with cut_short():
            assert top_up(url, timeout_s=SHORT_S) == NotSent("connect_timeout")


def test_a_tls_handshake_that_stalls_is_not_sent(serve: Callable[..., Server]) -> None:
    server = serve(stays_silent)
    with cut_short():
        answer = top_up(server.url.replace("http:", "https:"), timeout_s=SHORT_S)
    assert answer == NotSent("connect_timeout")


def test_a_tls_handshake_that_drips_is_not_sent() -> None:
    # A handshake record of 16 kB that never becomes complete.
    record = b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc"
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            with listener.accept()[0] as sock, suppress(OSError):
                drips(record, b"\0")(sock)

        dripping = threading.Thread(target=drip)
        dripping.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        with cut_short():
            assert top_up(url, timeout_s=SHORT_S) == NotSent("connect_timeout")
        dripping.join(5)


def test_a_watch_that_could_not_begin_for_want_of_a_thread_begins_with_the_next_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none_left(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    watchdog = transport.Watchdog(0.05)
    here, there = socket.socketpair()
    with here, there, ExitStack() as stack:
        first, second = (transport._Deadline(watchdog) for _ in range(2))
        stack.callback(first.end)
        stack.callback(second.end)
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", none_left)
            with pytest.raises(RuntimeError):
                first.watch(here)
        second.watch(here)
        longest = time.monotonic() + 5
        while not second.passed:
            assert time.monotonic() < longest
            time.sleep(0.01)


def test_where_the_watch_dies_whoever_looks_ends_what_is_overdue_and_the_next_request_is_watched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def breaks(_seconds: float) -> None:
        raise MemoryError

    watchdog = transport.Watchdog(0.05)
    here, there = socket.socketpair()
    with here, there, ExitStack() as stack:
        first, second = (transport._Deadline(watchdog) for _ in range(2))
        stack.callback(first.end)
        stack.callback(second.end)
        with monkeypatch.context() as patch:
            patch.setattr(threading, "excepthook", lambda _: None)
            patch.setattr(time, "sleep", breaks)
            first.watch(here)
            while watchdog._is_awake:
                threading.Event().wait(0.01)
        passed_before = first.passed
        threading.Event().wait(0.06)
        watchdog.look()
        assert (passed_before, first.passed) == (False, True)
        second.watch(here)
        longest = time.monotonic() + 5
        while not second.passed:
            assert time.monotonic() < longest
            time.sleep(0.01)


def test_an_unknown_certificate_is_not_sent(serve: Callable[..., Server], server_tls: ssl.SSLContext) -> None:
    server = serve(answers(b"{}"), server_tls)
    assert top_up(server.url) == NotSent("certificate")
    assert (server.connections, server.received) == (1, [])


def test_a_certificate_for_another_name_is_not_sent(
    serve: Callable[..., Server],
    server_tls: ssl.SSLContext,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    server = serve(answers(b"{}"), server_tls)
    assert top_up(f"https://localhost:{server.port}") == NotSent("certificate")
    assert server.received == []


def test_tls_spoken_to_a_plain_server_is_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def speak_http() -> None:
            with listener.accept()[0] as sock:
                sock.recv(65536)
                sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        speaking = threading.Thread(target=speak_http)
        speaking.start()
        assert top_up(f"https://127.0.0.1:{listener.getsockname()[1]}") == NotSent("tls")
        speaking.join(5)


def test_a_request_that_may_no_longer_leave_sends_no_byte(serve: Callable[..., Server]) -> None:
    server = serve(answers(b"{}"))
    assert provider(server.url).top_up(ORDER, may_leave=lambda: False) == NotSent("late")
    server.close()
    assert server.received == []


def test_leave_is_asked_for_once_and_only_when_the_connection_stands(
    serve: Callable[..., Server],
    server_tls: ssl.SSLContext,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    asked: list[int] = []
    server = serve(answers(b"{}"), server_tls)

    def may_leave() -> bool:
        asked.append(len(server.received))
        return True

    assert isinstance(provider(server.url).top_up(ORDER, may_leave=may_leave), Reply)
    assert asked == [0]
    assert provider("https://provider.invalid").top_up(ORDER, may_leave=may_leave) == NotSent("dns")
    assert asked == [0]


def test_an_unexpected_failure_before_the_first_byte_is_not_sent(serve: Callable[..., Server]) -> None:
    server = serve(answers(b"{}"))

    def fail() -> bool:
        raise ZeroDivisionError

    assert provider(server.url).top_up(ORDER, may_leave=fail) == NotSent("failed")


def test_ctrl_c_is_not_swallowed(serve: Callable[..., Server]) -> None:
    server = serve(answers(b"{}"))

    def interrupt() -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        provider(server.url).top_up(ORDER, may_leave=interrupt)


# -- no answer ---------------------------------------------------------------------------------------------

HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("handler", "cause"),
    [
        pytest.param(stays_silent, "timeout", id="silence"),
        pytest.param(says(), "closed", id="hung up without a word"),
        pytest.param(resets, "reset", id="reset after the request"),
        pytest.param(drips(HEAD + b"X-Drip: ", b"x"), "timeout", id="dripping headers"),
        pytest.param(drips(HEAD + b"Content-Length: 9999\r\n\r\n", b" "), "timeout", id="dripping body"),
        pytest.param(drips(HEAD + b"\r\n", b" "), "timeout", id="dripping body of no stated length"),
        pytest.param(drips(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), "timeout", id="endless 100 Continue"),
        pytest.param(drips(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"), "timeout", id="endless 103"),
        pytest.param(says(b"HTTP/1.1 100 Continue\r\n\r\n" * 9_000), "too_long", id="a flood of 100s"),
        pytest.param(says(b"HTTP/1.1 102 Processing\r\n\r\n" * 9_000), "too_long", id="a flood of 102s"),
        pytest.param(says(b"HTTP/1.1 103 Early Hints\r\n\r\n"), "closed", id="nothing after a 103"),
        pytest.param(says(b"HTTP/1.1 103 Early Hints\r\nLink: "), "truncated", id="cut in a 103"),
        pytest.param(says(HEAD + b"Content-Length: 9\r\n\r\n{}"), "truncated", id="short body"),
        pytest.param(
            says(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{}"), "truncated", id="short chunk"
        ),
        pytest.param(
            says(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}"), "truncated", id="not a chunk"
        ),
        pytest.param(says(HEAD + b"Content-Length: 2"), "truncated", id="cut in the headers"),
        pytest.param(says(HEAD + b"Content-Length: 2, 3\r\n\r\n{}"), "bad_http", id="two lengths"),
        pytest.param(says(b"SSH-2.0-OpenSSH_9.6\r\n"), "bad_http", id="not HTTP"),
        pytest.param(says(b"HTTP/1.1 abc\r\n\r\n"), "bad_http", id="no status"),
        pytest.param(says(HEAD + b"X: y\r\n" * 200 + b"\r\n"), "bad_http", id="200 headers"),
        pytest.param(says(HEAD + b"X: " + b"y" * 70_000 + b"\r\n\r\n"), "bad_http", id="endless header"),
        pytest.param(says(HEAD + b"\r\n" + b" " * (LONGEST_ANSWER + 1)), "too_long", id="endless body"),
        pytest.param(answers(b"{}", "200 OK", "Content-Encoding: gzip"), "bad_encoding", id="no gzip"),
        pytest.param(answers(b"{}", "200 OK", "Content-Encoding: br"), "bad_encoding", id="brotli"),
        pytest.param(
            answers(gzip.compress(b"{}" * 500)[:-9], "200 OK", "Content-Encoding: gzip"),
            "bad_encoding",
            id="damaged gzip",
        ),
        pytest.param(
            answers(gzip.compress(b"{}") + b"more", "200 OK", "Content-Encoding: gzip"),
            "bad_encoding",
            id="gzip and more",
        ),
        pytest.param(
            answers(gzip.compress(b" " * 20_000_000), "200 OK", "Content-Encoding: gzip"),
            "too_long",
            id="gzip bomb",
        ),
    ],
)
def test_an_answer_that_is_not_complete_is_no_answer(
    serve: Callable[..., Server], handler: Handler, cause: str
) -> None:
    server = serve(handler)
    with cut_short():
        answer = top_up(server.url, timeout_s=SHORT_S if cause == "timeout" else PATIENT_S)
    assert answer == NoAnswer(cause)
    assert (server.connections, len(server.received)) == (1, 1)


def test_once_a_request_has_left_its_connection_cannot_be_opened_again(serve: Callable[..., Server]) -> None:
    server = serve(answers(b"{}"))
    departure = Departure(lambda: nullcontext(True), lambda: True, Watchdog(PATIENT_S))
    connection = _Connection("127.0.0.1", server.port, departure=departure)
    try:
        connection.request("POST", "/", body=b"")
        connection.close()
        with pytest.raises(http.client.NotConnected):
            connection.request("POST", "/", body=b"")
    finally:
        departure.deadline.end()


def test_the_exchange_has_its_full_time_however_long_connecting_took(serve: Callable[..., Server]) -> None:
    """On a machine with other work either part may take too long in a single try, but not in all of them."""

    def slow(sock: socket.socket) -> None:
        time.sleep(SHORT_S * 2 / 3)
        answers(b"{}")(sock)

    def may_leave() -> bool:
        time.sleep(SHORT_S * 2 / 3)
        return True

    account = provider(serve(slow).url, timeout_s=SHORT_S)
    assert any(isinstance(account.top_up(ORDER, may_leave=may_leave), Reply) for _ in range(10))


def test_a_reset_in_the_middle_of_the_body_is_no_answer(serve: Callable[..., Server]) -> None:
    def handler(sock: socket.socket) -> None:
        sock.sendall(HEAD + b"Content-Length: 900\r\n\r\n{")
        time.sleep(0.05)
        resets(sock)

    assert top_up(serve(handler).url) == NoAnswer("reset")


def test_a_reset_before_the_request_was_read_is_no_answer() -> None:
    connected = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def slam() -> None:
            sock = listener.accept()[0]
            connected.wait(5)
            resets(sock)

        slamming = threading.Thread(target=slam)
        slamming.start()

        def leave_after_the_slam() -> bool:
            connected.set()
            slamming.join(5)
            return True

        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        answer = provider(url).top_up(ORDER, may_leave=leave_after_the_slam)
    assert answer in {NoAnswer("reset"), NoAnswer("closed")}


def test_plain_http_spoken_to_a_tls_server_is_no_answer(
    serve: Callable[..., Server], server_tls: ssl.SSLContext
) -> None:
    server = serve(answers(b"{}"), server_tls)
    assert isinstance(top_up(server.url.replace("https:", "http:")), NoAnswer)


def test_a_client_certificate_demanded_after_the_handshake_is_no_answer(
    serve: Callable[..., Server], certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In TLS 1.3 the refusal comes when the request has left already."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    demanding = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    demanding.minimum_version = ssl.TLSVersion.TLSv1_3
    demanding.load_cert_chain(certificate)
    demanding.load_verify_locations(certificate)
    demanding.verify_mode = ssl.CERT_REQUIRED
    answer = top_up(serve(answers(b"{}"), demanding).url)
    assert answer in {NoAnswer("tls"), NoAnswer("reset")}


def test_every_cause_the_tests_above_met_is_one_the_table_knows() -> None:
    met = {"timeout", "closed", "reset", "truncated", "bad_http", "too_long", "bad_encoding", "tls"}
    assert met == NO_ANSWER_CAUSES
    assert {"dns", "refused", "connect_timeout", "certificate", "tls", "proxy", "late"} < NOT_SENT_CAUSES


# -- replies -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("handler", "status", "body"),
    [
        pytest.param(answers(b'{"result":"no"}'), 200, b'{"result":"no"}', id="plain"),
        pytest.param(answers(b"oops", "503 Busy"), 503, b"oops", id="error page"),
        pytest.param(answers(b""), 200, b"", id="empty"),
        pytest.param(says(b"HTTP/1.1 204 No Content\r\n\r\n"), 204, b"", id="204"),
        pytest.param(says(b"HTTP/1.0 200 OK\r\n\r\n{}"), 200, b"{}", id="until closed"),
        pytest.param(
            says(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"),
            200,
            b"{}",
            id="chunked",
        ),
        pytest.param(
            says(b"HTTP/1.1 100 Continue\r\n\r\n", HEAD + b"Content-Length: 2\r\n\r\n{}", pause_s=0.02),
            200,
            b"{}",
            id="100 Continue first",
        ),
        pytest.param(
            answers(gzip.compress(b'{"a": 1}'), "200 OK", "Content-Encoding: GZIP"),
            200,
            b'{"a": 1}',
            id="gzip",
        ),
        pytest.param(answers(b"", "200 OK", "Content-Encoding: gzip"), 200, b"", id="empty gzip"),
    ],
)
def test_a_complete_answer_is_a_reply(
    serve: Callable[..., Server], handler: Handler, status: int, body: bytes
) -> None:
    answer = top_up(serve(handler).url)
    assert isinstance(answer, Reply)
    assert (answer.status, answer.body) == (status, body)


@pytest.mark.parametrize("statuses", [(100,), (102,), (103,), (102, 100, 103), (199,), (100,) * 200])
def test_an_interim_answer_announces_the_final_one(
    serve: Callable[..., Server], statuses: Sequence[int]
) -> None:
    body = b'{"result": "ok"}'
    interim = b"".join(
        b"HTTP/1.1 %d Interim\r\nLink: </x>\r\nContent-Length: 9\r\n\r\n" % n for n in statuses
    )
    head = b"HTTP/1.1 202 Accepted\r\nX-Own: 1\r\nContent-Length: %d\r\n\r\n" % len(body)
    server = serve(says(interim, head, body, pause_s=0.02))

    answer = top_up(server.url)

    assert isinstance(answer, Reply)
    assert (answer.status, answer.body) == (202, body)
    assert answer.headers == {"x-own": "1", "content-length": str(len(body))}
    assert (server.connections, len(server.received)) == (1, 1)


def test_an_answer_that_would_leave_http_is_none_of_the_documents(serve: Callable[..., Server]) -> None:
    answer = top_up(serve(says(b"HTTP/1.1 101 Switching Protocols\r\n\r\n", b"{}")).url)
    assert answer == Reply(101, {}, b"")


def test_an_answer_given_before_the_whole_request_was_read_is_a_reply(serve: Callable[..., Server]) -> None:
    def handler(sock: socket.socket) -> None:
        answers(b"{}", "413 Too Large")(sock)

    answer = top_up(serve(handler).url)
    assert isinstance(answer, Reply)
    assert answer.status == 413


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_never_followed(serve: Callable[..., Server], status: int) -> None:
    elsewhere = serve(answers(b"{}"))
    server = serve(answers(b"", f"{status} Moved", f"Location: {elsewhere.url}/isipulsa", "Retry-After: 0"))
    answer = top_up(server.url)
    assert isinstance(answer, Reply)
    assert (answer.status, answer.headers["location"]) == (status, f"{elsewhere.url}/isipulsa")
    assert (len(server.received), len(elsewhere.received)) == (1, 0)


@pytest.mark.parametrize("status", ["413 Large", "429 Slow Down", "503 Busy"])
def test_retry_after_is_not_obeyed_behind_the_callers_back(serve: Callable[..., Server], status: str) -> None:
    server = serve(answers(b"", status, "Retry-After: 0"))
    assert isinstance(top_up(server.url), Reply)
    assert len(server.received) == 1


def test_the_request_is_the_documents_form_and_carries_nothing_else(
    serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password other\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server = serve(answers(b"{}", "200 OK", "Set-Cookie: session=1"))
    account = provider(server.url)
    for _ in range(2):
        account.top_up(ORDER, may_leave=lambda: True)
    head, _, body = server.received[1].partition(b"\r\n\r\n")
    assert body == (
        b"username=dummy&password=s3cret%26w%2Brd%3D1+%22%C3%A9%22&itrx=1&kodeoperator=TEL5&nomortujuan=08123456789"
    )
    lines = head.decode().lower().split("\r\n")
    assert lines[0] == "post /json/pulsa/isipulsa http/1.1"
    assert {"content-type: application/x-www-form-urlencoded", "accept-encoding: identity"} <= set(lines)
    assert not any(line.startswith(("authorization:", "cookie:", "proxy")) for line in lines)


def test_status_asks_for_the_invoice_and_the_number(serve: Callable[..., Server]) -> None:
    server = serve(answers(b"{}"))
    assert isinstance(provider(server.url).status("TRX11111", "08123456789"), Reply)
    head, _, body = server.received[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /json/pulsa/cekstatus ")
    assert body.endswith(b"&invoice=TRX11111&nomortujuan=08123456789")


def test_a_connection_is_never_used_twice(serve: Callable[..., Server]) -> None:
    """A kept-alive connection that the server has closed meanwhile would cost an unknown."""
    server = serve(answers(b"{}", "200 OK", "Connection: keep-alive", "Keep-Alive: timeout=60"))
    account = provider(server.url)
    replies = [account.top_up(ORDER, may_leave=lambda: True) for _ in range(3)]
    assert all(isinstance(answer, Reply) for answer in replies)
    assert len(server.received) == 3


class EchoServer(Server):
    """Answers with what it was sent."""

    def _serve_request(self, sock: socket.socket) -> None:
        answers(read_request(sock).partition(b"\r\n\r\n")[2])(sock)


def test_many_threads_get_each_their_own_answer() -> None:
    server = EchoServer(says())
    account = provider(server.url, timeout_s=5)
    got: dict[str, Answer] = {}

    def ask(invoice: str) -> None:
        got[invoice] = account.status(invoice, "08123456789")

    threads = [threading.Thread(target=ask, args=(f"TRX{nth}",)) for nth in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    server.close()
    replies = {invoice: answer.body for invoice, answer in got.items() if isinstance(answer, Reply)}
    assert len(replies) == 32
    assert all(f"&invoice={invoice}&".encode() in body for invoice, body in replies.items())


def test_one_thread_watches_over_all_requests_and_ends_after_the_last(
    serve: Callable[..., Server],
) -> None:
    before = {*threading.enumerate()}

    def watching() -> int:
        return sum(thread.name == "deadlines" for thread in {*threading.enumerate()} - before)

    account = provider(serve(answers(b"{}")).url, timeout_s=1.0)
    for _ in range(3):
        assert isinstance(account.top_up(ORDER, may_leave=lambda: True), Reply)
        assert watching() <= 1
    deadline = time.monotonic() + PATIENT_S
    while watching():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_each_of_several_requests_has_its_own_deadline(serve: Callable[..., Server]) -> None:
    """None is cut off early; a machine with other work may cut off late in a single try, but not in all."""
    account = provider(serve(stays_silent).url, timeout_s=0.4)

    def ask(nth: int) -> float:
        time.sleep(nth * 0.15)
        began = time.monotonic()
        assert account.top_up(ORDER, may_leave=lambda: True) == NoAnswer("timeout")
        return time.monotonic() - began

    def slowest() -> float:
        with ThreadPoolExecutor(3) as pool:
            took_s = list(pool.map(ask, range(3)))
        assert min(took_s) >= 0.4
        return max(took_s)

    assert any(slowest() < 0.8 for _ in range(10))


def test_a_verified_certificate_lets_the_request_leave(
    serve: Callable[..., Server],
    server_tls: ssl.SSLContext,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = serve(answers(b'{"result": "no"}'), server_tls)
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        with monkeypatch.context() as env:
            env.setenv(name, str(certificate))
            assert isinstance(top_up(server.url), Reply)
    assert len(server.received) == 2


@pytest.mark.parametrize("content", [None, "not a certificate"])
def test_certificates_that_cannot_be_read_are_said_so_at_once(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_text(content)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    with pytest.raises(InputError) as caught:
        provider("https://klikmbc.co.id/json/pulsa")
    assert caught.value.code == "provider.certificates"
    assert caught.value.facts == {"setting": "REQUESTS_CA_BUNDLE", "file": str(bundle)}


# -- proxies -----------------------------------------------------------------------------------------------


def test_a_proxy_that_refuses_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
    assert top_up("https://klikmbc.co.id/json/pulsa") == NotSent("proxy")


@pytest.mark.parametrize("status", ["407 Proxy Authentication Required", "502 Bad Gateway"])
def test_a_proxy_that_does_not_connect_is_not_sent(
    serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        heard: list[bytes] = []

        def turn_away() -> None:
            with listener.accept()[0] as sock:
                heard.append(sock.recv(65536))
                sock.sendall(f"HTTP/1.1 {status}\r\n\r\n".encode())

        proxy = threading.Thread(target=turn_away)
        proxy.start()
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{listener.getsockname()[1]}")
        assert top_up("https://klikmbc.co.id/json/pulsa") == NotSent("proxy")
        proxy.join(5)
    assert heard[0].startswith(b"CONNECT klikmbc.co.id:443 ")
    assert b"password" not in heard[0]


@pytest.mark.parametrize("leaves", [True, False])
def test_through_a_proxy_the_request_leaves_only_after_the_tunnel_stands(
    leaves: bool, server_tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def tunnel() -> None:
            with listener.accept()[0] as sock:
                heard.append(sock.recv(65536))
                sock.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
                with server_tls.wrap_socket(sock, server_side=True) as secured, suppress(OSError):
                    heard.append(read_request(secured))
                    answers(b"{}")(secured)

        proxy = threading.Thread(target=tunnel)
        proxy.start()
        monkeypatch.setenv("HTTPS_PROXY", f"http://someone:secret@127.0.0.1:{listener.getsockname()[1]}")
        account = provider("https://provider.test/json/pulsa")
        asked: list[int] = []

        def may_leave() -> bool:
            asked.append(len(heard))
            return leaves

        answer = account.top_up(ORDER, may_leave=may_leave)
        proxy.join(5)
    assert asked == [1]
    assert b"Proxy-Authorization: Basic" in heard[0]
    if leaves:
        assert isinstance(answer, Reply)
        assert heard[1].startswith(b"POST /json/pulsa/isipulsa ")
        assert b"Proxy-" not in heard[1]
    else:
        assert answer == NotSent("late")
        assert heard[1:] in ([], [b""])


@pytest.mark.parametrize("address", ["socks5://127.0.0.1:1", "http://", "ftp://127.0.0.1"])
def test_a_proxy_address_that_cannot_be_used_is_not_sent(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", address)
    assert isinstance(top_up("https://klikmbc.co.id/json/pulsa"), NotSent)


def test_this_computer_is_reached_without_the_proxy(
    serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert isinstance(top_up(serve(answers(b"{}")).url), Reply)


# -- clock and secrets -------------------------------------------------------------------------------------


NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wall", "alive", "skew_s"),
    [
        pytest.param(NOON, 100.0, 30.0, id="as the answer came"),
        pytest.param(NOON + timedelta(minutes=9), 640.0, 30.0, id="both clocks went on"),
        pytest.param(NOON - timedelta(minutes=1), 40.0, 30.0, id="before the answer came"),
        pytest.param(NOON + timedelta(days=1, seconds=2), 102.0, 30.0 - 86_400, id="ours was set ahead"),
        pytest.param(NOON - timedelta(hours=1), 100.0, 3_630.0, id="ours was set back"),
        pytest.param(NOON + timedelta(hours=1), 3_700.0, 30.0, id="an hour old"),
        pytest.param(NOON + timedelta(hours=1), 3_700.1, None, id="older"),
    ],
)
def test_the_skew_is_the_providers_clock_minus_ours_at_a_moment(
    serve: Callable[..., Server], wall: datetime, alive: float, skew_s: float | None
) -> None:
    server = serve(answers(b"{}", "200 OK", "Date: Mon, 05 Jan 2026 12:00:30 GMT"))
    account = provider(server.url, alive=lambda: 100.0)
    assert account.skew_s(wall, alive) is None
    account.status("TRX1", "08123456789")
    assert account.skew_s(wall, alive) == (None if skew_s is None else pytest.approx(skew_s))


@pytest.mark.parametrize(
    "date", ["", "yesterday", "Mon, 99 Jan 2026 12:00:30 GMT", "Mon, 05 Jan 99999 1:1:1 GMT"]
)
def test_a_date_that_is_none_leaves_the_skew_unknown(serve: Callable[..., Server], date: str) -> None:
    account = provider(serve(answers(b"{}", "200 OK", f"Date: {date}")).url)
    assert isinstance(account.status("TRX1", "08123456789"), Reply)
    assert account.skew_s(NOON, time.monotonic()) is None


@pytest.mark.parametrize(
    "spelled",
    [
        pytest.param(PASSWORD, id="itself"),
        pytest.param(quote_plus(PASSWORD), id="form"),
        pytest.param(quote_plus(PASSWORD).replace("%2B", "%2b").replace("%3D", "%3d"), id="lower-case form"),
        pytest.param(quote(PASSWORD, safe="&="), id="address"),
        pytest.param(html.escape(PASSWORD), id="html"),
        pytest.param(PASSWORD.encode("ascii", "xmlcharrefreplace").decode(), id="numeric html"),
        pytest.param("".join(f"&#x{ord(letter):X};" for letter in PASSWORD), id="hexadecimal html"),
        pytest.param(json.dumps(PASSWORD)[1:-1], id="json"),
        pytest.param("".join(f"\\u{ord(letter):04X}" for letter in PASSWORD), id="escaped json"),
        pytest.param(json.dumps(PASSWORD, ensure_ascii=False)[1:-1], id="quoted"),
    ],
)
def test_a_password_that_is_echoed_is_in_no_reply_however_it_is_spelled(
    serve: Callable[..., Server], spelled: str
) -> None:
    body = json.dumps({"result": "no", "reason": f"a{spelled}z", spelled: [spelled]}).encode()

    answer = provider(serve(answers(body)).url).status("TRX1", "08123456789")

    assert isinstance(answer, Reply)
    assert json.loads(answer.body) == {"result": "no", "reason": "a\ufffdz", "\ufffd": ["\ufffd"]}


def test_the_password_is_in_no_text_of_ours(serve: Callable[..., Server]) -> None:
    account = provider(serve(says()).url)
    assert PASSWORD not in repr(account)
    with pytest.raises(ProviderError) as caught:
        account.price_list()
    assert PASSWORD not in f"{caught.value!r} {caught.value.facts}"
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


# -- the price list ----------------------------------------------------------------------------------------

AXM5 = {
    "tipe": "PULSA",
    "operator": "AXIS",
    "kodeoperator": "AXM5",
    "keterangan": "Pulsa Reguler",
    "nominal": "5000",
    "harga": "5850",
    "status": "Ready",
}
"""From the document's own example (API v3.1, DAFTAR HARGA PULSA)."""


def test_the_documents_example_is_a_price_list(serve: Callable[..., Server]) -> None:
    closed = {**AXM5, "kodeoperator": "AXM10", "nominal": 10000, "harga": 10900, "status": "Close"}
    server = serve(answers(json.dumps([AXM5, closed]).encode()))
    prices = provider(server.url).price_list()
    assert server.received[0].startswith(b"POST /json/pulsa/daftarharga ")
    assert list(prices) == ["AXM5", "AXM10"]
    first, second = prices.values()
    assert (first.operator, first.kind, first.nominal, first.price) == ("AXIS", "PULSA", 5000, 5850)
    assert (first.ready, first.description) == (True, "Pulsa Reguler")
    assert (second.nominal, second.price, second.ready) == (10000, 10900, False)


@pytest.mark.parametrize(
    ("changes", "price", "ready"),
    [
        ({"status": " READY"}, 5850, True),
        ({"status": None}, 5850, False),
        ({"harga": 0}, None, True),
        ({"harga": "gratis"}, None, True),
        ({"harga": None}, None, True),
        ({"nominal": "5 GB"}, None, False),
        ({"nominal": None}, None, False),
        ({"nominal": "5.000"}, None, False),
    ],
)
def test_what_a_product_does_not_say_clearly_is_not_guessed(
    serve: Callable[..., Server], changes: dict[str, object], price: int | None, ready: bool
) -> None:
    server = serve(answers(json.dumps([{**AXM5, **changes}, {**AXM5, "kodeoperator": ""}]).encode()))
    prices = provider(server.url).price_list()
    assert {code: (item.price, item.ready) for code, item in prices.items()} == {"AXM5": (price, ready)}


def test_a_code_listed_twice_with_different_facts_is_not_usable(serve: Callable[..., Server]) -> None:
    same, other = {**AXM5, "kodeoperator": "XL5"}, {**AXM5, "harga": "5900"}
    server = serve(answers(json.dumps([AXM5, same, same, other]).encode()))
    prices = provider(server.url).price_list()
    assert {code: (item.price, item.ready) for code, item in prices.items()} == {
        "AXM5": (None, False),
        "XL5": (5850, True),
    }


@pytest.mark.parametrize(
    ("handler", "code"),
    [
        (says(), "provider.no_answer"),
        (stays_silent, "provider.timeout"),
        (answers(b"<html>Maintenance</html>"), "provider.not_json"),
        (answers(b""), "provider.not_json"),
        (answers(b"<html>Maintenance</html>", "503 Busy"), "provider.http_status"),
        (answers(json.dumps([AXM5]).encode(), "500 Oops"), "provider.http_status"),
        (answers(b"", "302 Found", "Location: /login"), "provider.http_status"),
        (answers(b"[]"), "provider.no_products"),
        (answers(b"{}"), "provider.other_shape"),
        (answers(b'{"result": "ok"}'), "provider.other_shape"),
        (answers(b'["AXM5"]'), "provider.other_shape"),
        (answers(json.dumps([AXM5, "AXM10"]).encode()), "provider.other_shape"),
        (answers(b'[{"kode": "AXM5"}]'), "provider.other_shape"),
        (answers(b"[" * 100_000), "provider.not_json"),
        (
            answers(gzip.compress(b" " * (33 * 2**20)), "200 OK", "Content-Encoding: gzip"),
            "provider.too_long",
        ),
    ],
)
def test_anything_but_a_price_list_is_a_clear_error(
    serve: Callable[..., Server], handler: Handler, code: str
) -> None:
    timeout_s = SHORT_S if handler is stays_silent else PATIENT_S
    with pytest.raises(ProviderError) as caught:
        provider(serve(handler).url, timeout_s=timeout_s).price_list()
    assert caught.value.code == code
    assert WORDS[code].format(**caught.value.facts)


@pytest.mark.parametrize("status", ["200 OK", "401 Unauthorized"])
def test_an_account_turned_away_is_told_in_the_providers_words(
    serve: Callable[..., Server], status: str
) -> None:
    body = b'{"result": "no", "reason_code": 31, "reason": "Password salah\\u001b[2J"}'
    with pytest.raises(ProviderError) as caught:
        provider(serve(answers(body, status)).url).price_list()
    assert caught.value.code == "provider.login"
    assert caught.value.facts == {"reason": "Password salah\ufffd[2J", "reason_code": "31"}


def test_a_provider_out_of_reach_is_a_clear_error() -> None:
    with pytest.raises(ProviderError) as caught:
        provider("https://provider.invalid").price_list()
    assert caught.value.code == "provider.dns"
    assert "https://provider.invalid" in WORDS[caught.value.code].format(**caught.value.facts)


# -- the address -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("https://klikmbc.co.id/json/pulsa", "https://klikmbc.co.id/json/pulsa"),
        (" HTTPS://KlikMBC.co.id:443/json/pulsa// ", "https://klikmbc.co.id/json/pulsa"),
        ("https://klikmbc.co.id./json//./pulsa/.", "https://klikmbc.co.id/json/pulsa"),
        ("https://klikmbc.co.id:8443", "https://klikmbc.co.id:8443"),
        ("http://localhost:8080/json/pulsa/", "http://localhost:8080/json/pulsa"),
        ("http://127.8.9.10:80", "http://127.8.9.10"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_an_address_has_one_spelling(address: str, url: str) -> None:
    assert checked_base_url(address) == url


@pytest.mark.parametrize(
    "address",
    [
        "",
        "klikmbc.co.id/json/pulsa",
        "http://klikmbc.co.id/json/pulsa",
        "http://128.0.0.1",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://127.1",
        "https://user:secret@klikmbc.co.id",
        "http://127.0.0.1@evil.example",
        "http://evil.example\\@127.0.0.1",
        "https://klikmbc.co.id/json?password=secret",
        "https://klikmbc.co.id/json#secret",
        "https://user:se?secret@klikmbc.co.id",
        "https://user:x@klikmbc.co.id/json?password=me@secret",
        "https://klikmbc.co.id/json?",
        "https://klikmbc.co.id/x/../json",
        "https://.",
        "https://klikmbc.co.id/json#x",
        "https://klik mbc.co.id",
        "https://klikmbc.co.id\t/json",
        "https://klikmbc.co.id:99999",
        "https://klikmbc.co.id:0",
        "https://klikmbc.co.id:abc",
        "https://[::1",
        "https://",
        "https:///json",
        "ftp://klikmbc.co.id",
        "file:///etc/passwd",
        "https://klikmbc.\u0441o.id",
        "https://*.klikmbc.co.id",
        "https://.klikmbc.co.id",
        "https://klik%mbc.co.id",
    ],
)
def test_any_other_address_is_refused_without_showing_a_password(address: str) -> None:
    with pytest.raises(InputError) as caught:
        checked_base_url(address)
    assert caught.value.code == "provider.base_url"
    assert "secret" not in WORDS["provider.base_url"].format(**caught.value.facts)

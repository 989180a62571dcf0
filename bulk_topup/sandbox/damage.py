"""What each kind of fault does to an answer: to its words, or to its bytes on the way."""

from __future__ import annotations

import json
import socket
import struct
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from http.server import BaseHTTPRequestHandler

    from bulk_topup.sandbox.faults import Fault

ENDLESS_CAP_BYTES = 64 * 2**20
BIG_REASON_BYTES = 10 * 2**20

_CHUNK_BYTES = 64 * 2**10
_HUGE_DIGITS = "9" * 5_000
_HUGE_MARK = "@hugeint@"  # json.dumps refuses to write an integer this long
_DEEP = b"[" * 200_000 + b"]" * 200_000
_EVIL = '=HYPERLINK("http://127.0.0.1/","lihat")\x1b[2J\x1b]0;sandbox\x07\u202e\r\n+1'
_HTML = "<html><head><title>{0}</title></head><body><h1>{0}</h1><p>Silakan coba lagi.</p></body></html>"


class Wire:
    """The way back to one client, for one answer. Damage leaves the connection unfit for another request."""

    def __init__(self, handler: BaseHTTPRequestHandler, date: str, wait: Callable[[float], None]) -> None:
        """`date` is the Date header's text; `wait(seconds)` ends by an OSError when the server stops."""
        self.wait = wait
        self._handler = handler
        self._date = date

    @property
    def path(self) -> str:
        """The path that was asked for."""
        return self._handler.path

    def write(self, data: bytes) -> None:
        """Bytes as they are."""
        self._handler.wfile.write(data)

    def send(self, status: int, body: bytes, kind: str = "application/json", *headers: str) -> None:
        """A sound response in one write; statuses without a body, and HEAD, get none."""
        bodiless = status < 200 or status in {204, 304}
        head = self.head(status, kind, *headers, *(() if bodiless else (f"Content-Length: {len(body)}",)))
        self.write(head if bodiless or self._handler.command == "HEAD" else head + body)
        if status < 200:
            self.leave()

    def html(self, status: int, *headers: str) -> None:
        """An error page, as a web server or a proxy in front would write it."""
        page = _HTML.format(f"{status} {_phrase(status)}").encode()
        self.send(status, page, "text/html; charset=utf-8", *headers)

    def head(self, status: int, kind: str, *headers: str) -> bytes:
        """A response's header, up to and with its empty line."""
        lines = [f"HTTP/1.1 {status} {_phrase(status)}", "Server: sandbox", f"Date: {self._date}"]
        return "\r\n".join([*lines, f"Content-Type: {kind}", *headers, "", ""]).encode()

    def leave(self) -> None:
        """Close the connection once this answer is out."""
        self._handler.close_connection = True

    def reset(self) -> None:
        """Close it now with RST: lingering for zero seconds drops what a plain close would still deliver."""
        self.leave()
        connection = self._handler.connection
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()


def deliver(wire: Wire, answer: Any, fault: Fault | None) -> None:
    """Answer, whole or as the fault has it."""
    if fault is None:
        wire.send(200, render(answer))
        return
    distort = _WORDS.get(fault.kind)
    body = render(distort(answer) if distort else answer)
    _BYTES.get(fault.kind, _sound)(wire, body, fault)


def render(answer: Any) -> bytes:
    """An answer as JSON bytes."""
    return json.dumps(answer).replace(f'"{_HUGE_MARK}"', _HUGE_DIGITS).encode()


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


# --- the words ---


def _if_ok(**changes: object) -> Callable[[Any], Any]:
    """Change an ok answer; leave any other as it is: a refusal stays true."""

    def distort(answer: Any) -> Any:
        if not isinstance(answer, dict) or answer.get("result") != "ok":
            return answer
        changed = {**answer, **{name: value for name, value in changes.items() if name in answer}}
        return {name: value for name, value in changed.items() if value is not None}

    return distort


def _evil(answer: Any) -> Any:
    if isinstance(answer, list):
        return [{**product, "keterangan": _EVIL} for product in answer]
    return {**answer, "reason": _EVIL, **({"serial": _EVIL} if answer["result"] == "ok" else {})}


def _hugeint(answer: Any) -> Any:
    if isinstance(answer, list):
        return [{**product, "harga": _HUGE_MARK} for product in answer]
    return {**answer, "debet": _HUGE_MARK, "saldo": _HUGE_MARK}


def _bigreason(answer: Any) -> Any:
    reason = {"reason": "A" * BIG_REASON_BYTES}
    return {**answer, **reason} if isinstance(answer, dict) else {"result": "no", **reason}


def _badreason(_answer: Any) -> Any:
    return {"result": "no", "reason_code": "77", "reason": "Transaksi tidak dapat dijelaskan"}


_WORDS: dict[str, Callable[[Any], Any]] = {
    "noinvoice": _if_ok(invoice=None),
    "badstatus": _if_ok(status="proses"),
    "othernumber": _if_ok(nomorpelanggan="081299999999", nomortujuan="081299999999"),
    "otherproduct": _if_ok(kodeoperator="LAIN1", nominal="1000"),
    "badreason": _badreason,
    "bigreason": _bigreason,
    "hugeint": _hugeint,
    "evil": _evil,
}

# --- the bytes ---


def _sound(wire: Wire, body: bytes, _fault: Fault) -> None:
    wire.send(200, body)


def _reset(wire: Wire, _body: bytes, _fault: Fault) -> None:
    wire.reset()


def _close(wire: Wire, _body: bytes, _fault: Fault) -> None:
    wire.leave()


def _stall(wire: Wire, _body: bytes, fault: Fault) -> None:
    wire.wait(float(fault.argument))
    wire.leave()


def _slow(wire: Wire, body: bytes, fault: Fault) -> None:
    wire.wait(float(fault.argument))
    wire.send(200, body)


def _half(wire: Wire, body: bytes, _fault: Fault) -> None:
    head = wire.head(200, "application/json", f"Content-Length: {len(body)}")
    wire.write(head + body[: len(body) // 2])
    wire.leave()


def _midbody(wire: Wire, body: bytes, fault: Fault) -> None:
    _half(wire, body, fault)
    wire.reset()


def _midheaders(wire: Wire, body: bytes, _fault: Fault) -> None:
    wire.write(wire.head(200, "application/json", f"Content-Length: {len(body)}")[:-20])
    wire.reset()


def _empty(wire: Wire, _body: bytes, _fault: Fault) -> None:
    wire.send(200, b"")


def _html(wire: Wire, _body: bytes, _fault: Fault) -> None:
    wire.html(200)


def _status(wire: Wire, _body: bytes, fault: Fault) -> None:
    if 300 <= fault.status < 400:
        wire.html(fault.status, f"Location: {wire.path}")
    elif fault.status == 429:
        wire.html(429, f"Retry-After: {fault.argument.partition(':')[2] or 1}")
    else:
        wire.html(fault.status)


def _answer(wire: Wire, body: bytes, fault: Fault) -> None:
    wire.send(fault.status, body)


def _badgzip(wire: Wire, body: bytes, _fault: Fault) -> None:
    wire.send(200, b"\x1f\x8b\x08" + body, "application/json", "Content-Encoding: gzip")


def _endless(wire: Wire, body: bytes, _fault: Fault) -> None:
    wire.leave()
    wire.write(wire.head(200, "application/json", "Connection: close") + body[:-1])
    for _ in range(ENDLESS_CAP_BYTES // _CHUNK_BYTES):
        wire.write(b" " * _CHUNK_BYTES)
        wire.wait(0)


def _deepjson(wire: Wire, _body: bytes, _fault: Fault) -> None:
    wire.send(200, _DEEP)


def _otherjson(wire: Wire, _body: bytes, fault: Fault) -> None:
    wire.send(200, (fault.argument or '["ok"]').encode())


_BYTES: dict[str, Callable[[Wire, bytes, Fault], None]] = {
    "reset": _reset,
    "close": _close,
    "stall": _stall,
    "slow": _slow,
    "truncate": _half,
    "midbody": _midbody,
    "midheaders": _midheaders,
    "empty": _empty,
    "html": _html,
    "status": _status,
    "answer": _answer,
    "badgzip": _badgzip,
    "endless": _endless,
    "deepjson": _deepjson,
    "otherjson": _otherjson,
}

DAMAGED_KINDS = frozenset({*_WORDS, *_BYTES})
"""The kinds that are carried out here; a test holds them against `faults.KINDS`."""

"""How an answer is delivered: normally, as a test number says, or as an interceptor does."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from http.client import responses
from http.server import BaseHTTPRequestHandler
from typing import Any

_HTML = "<html><head><title>{0}</title></head><body><h1>{0}</h1><p>Silakan coba lagi.</p></body></html>"


class Wire:
    """The way back to one client, for one answer; `handler` has the request and the connection."""

    def __init__(self, handler: BaseHTTPRequestHandler, date: str, wait: Callable[[float], None]) -> None:
        """`date` is the text of the Date header; `wait(seconds)` raises OSError when the server stops."""
        self.handler = handler
        self.wait = wait
        self._date = date

    def write(self, data: bytes) -> None:
        self.handler.wfile.write(data)

    def send(self, status: int, body: bytes, kind: str = "application/json", *headers: str) -> None:
        """Sends a correct response in one write, without a body for statuses and methods that have none."""
        bodiless = status < 200 or status in {204, 304}
        head = self.head(status, kind, *headers, *(() if bodiless else (f"Content-Length: {len(body)}",)))
        self.write(head if bodiless or self.handler.command == "HEAD" else head + body)

    def html(self, status: int, *headers: str) -> None:
        """Sends an error page, as a web server or a proxy in front would."""
        page = _HTML.format(f"{status} {_phrase(status)}").encode()
        self.send(status, page, "text/html; charset=utf-8", *headers)

    def head(self, status: int, kind: str, *headers: str) -> bytes:
        """A response's header, including its final empty line."""
        lines = [f"HTTP/1.1 {status} {_phrase(status)}", "Server: sandbox", f"Date: {self._date}"]
        return "\r\n".join([*lines, f"Content-Type: {kind}", *headers, "", ""]).encode()

    def leave(self) -> None:
        """Closes the connection after this answer."""
        self.handler.close_connection = True


@dataclass(frozen=True, slots=True)
class Delivery:
    """How one request is answered, unless normally.

    `name` is recorded in the book; `send(wire, answer)` sends the answer. `pays`: whether the money of a
    top-up that the rules allow moves. If not, `refuses` says whether the answer is a refusal (reason_code
    00), or the receipt that it would have been.
    """

    name: str
    send: Callable[[Wire, Any], None]
    pays: bool = True
    refuses: bool = False


def plainly(wire: Wire, answer: Any) -> None:
    wire.send(200, json.dumps(answer).encode())


def lost(wire: Wire, _answer: Any) -> None:
    """No byte of the answer: the connection is closed."""
    wire.leave()


def as_html(wire: Wire, _answer: Any) -> None:
    wire.html(200)


def late(seconds: float) -> Callable[[Wire, Any], None]:
    """The answer, after this many seconds."""

    def send(wire: Wire, answer: Any) -> None:
        wire.wait(seconds)
        plainly(wire, answer)

    return send


def _phrase(status: int) -> str:
    return responses.get(status, "Unknown")

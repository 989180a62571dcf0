"""Access control: denied by default, before any page is looked up.

Listening on loopback is not enough: any other page open in the same browser can send requests there.
"""

from __future__ import annotations

import re
import secrets
import time
from html import escape

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bulk_topup.report.words import say

START = "/start"
"""Needs no cookie: it takes the launch link's key, once, and sets the cookie."""

STYLE = "/static/desk.css"
"""Needs no cookie either, so that a refusal reads like any other page."""

READING, CHANGING = frozenset({"GET", "HEAD"}), frozenset({"POST", "PUT"})
PLAIN_PATH = re.compile(r"(/[^/\\\x00-\x1f\x7f]+)*/?")
OWN_PAGES = {None, "none", "same-origin"}
"""The values of `Sec-Fetch-Site` for a typed address, and for a link on one of our pages."""

REFUSED = (
    '<!doctype html><html lang="{lang}"><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width">'
    f'<title>{{name}}</title><link rel="stylesheet" href="{STYLE}">'
    '<main><h1>{name}</h1><p class="problem" role="alert">{why}</p></main>'
)

POLICY = ("default-src 'self'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'")
HEADERS = {
    "content-security-policy": "; ".join(POLICY),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Lock:
    """The launch link's key and, once it was used, the cookie of the one browser that has it."""

    def __init__(self, port: int) -> None:
        self.host = f"127.0.0.1:{port}"
        self.origin = f"http://{self.host}"
        self.cookie = f"bulk_topup_desk_{port}"  # Cookies are not separated by port.
        self.link = f"{self.origin}{START}?key={(key := secrets.token_urlsafe(32))}"
        self._key: str | None = key
        self._session = secrets.token_urlsafe(32)
        self.asked_at = time.monotonic()

    def takes(self, key: str) -> bool:
        """Whether this is the launch link's key, which then becomes invalid."""
        is_right = self._key is not None and secrets.compare_digest(key.encode(), self._key.encode())
        if is_right:
            self._key = None
        return is_right

    @property
    def is_used(self) -> bool:
        return self._key is None

    def is_in(self, headers: Headers) -> bool:
        pieces = (piece.strip().partition("=") for piece in headers.get("cookie", "").split(";"))
        given = [value for name, _, value in pieces if name == self.cookie]
        return len(given) == 1 and secrets.compare_digest(given[0].encode(), self._session.encode())

    def enters(self) -> HTMLResponse:
        """Sets the cookie and redirects from one of our own pages; otherwise the cookie would not be sent."""
        icon = '<link rel="icon" href="/static/desk.svg">'  # else browsers ask for a missing one
        leads_on = f'{icon}<meta http-equiv="refresh" content="0;url=/"><a href="/">/</a>'
        response = HTMLResponse(f'<!doctype html><meta charset="utf-8">{leads_on}')
        response.set_cookie(self.cookie, self._session, httponly=True, samesite="strict", path="/")
        return response

    def refusal(self, method: str, path: str, headers: Headers) -> tuple[int, str] | None:
        """Why this request is refused: the status, and the code of its message."""
        site = headers.get("sec-fetch-site")
        if headers.getlist("host") != [self.host]:
            return 421, "desk.denied_host"
        if method not in READING | CHANGING:
            return 405, "desk.denied"
        if not PLAIN_PATH.fullmatch(path) or ".." in path.split("/"):
            return 404, "desk.no_page"
        if method == "GET" and (path == START or (path == STYLE and site in OWN_PAGES)):
            return None
        if not self.is_in(headers):
            return 403, "desk.denied_cookie"
        if method in READING:
            return None if site in OWN_PAGES else (403, "desk.denied")
        if site != "same-origin" or headers.getlist("origin") != [self.origin]:
            return 403, "desk.denied"
        return None


def refused(code: str, status: int) -> HTMLResponse:
    """A page for who is not in, without a link that would be refused as well."""
    words = {"lang": say.spoken(), "name": escape(say.text("desk.name")), "why": escape(say.text(code))}
    return HTMLResponse(REFUSED.format(**words), status)


class Guard:
    """Wraps the pages; adds the security headers to every answer."""

    def __init__(self, app: ASGIApp, lock: Lock) -> None:
        self._app, self._lock = app, lock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            raise AssertionError(f"no {scope['type']} here")  # The server speaks nothing else.

        async def send_locked(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        headers = Headers(scope=scope)
        refusal = self._lock.refusal(scope["method"], scope["path"], headers)
        if refusal is not None:
            status, code = refusal
            await refused(code, status)(scope, receive, send_locked)
            return
        if scope["path"] != START:
            self._lock.asked_at = time.monotonic()
        await self._app(scope, receive, send_locked)

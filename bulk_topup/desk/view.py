"""What every page has: its frame, its words, and the result of the form that led to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bulk_topup.core.status import FOR_NOBODY
from bulk_topup.desk.commands import Commands
from bulk_topup.desk.folder import Batch, Folder
from bulk_topup.desk.guard import Lock
from bulk_topup.report.words import say

HERE = Path(__file__).parent
STATIC = HERE / "static"
MOST_OF_A_FORM = 1 << 20
"""Bytes."""
PATIENCE_S = 30.0
"""How long to wait for the next piece of a request."""

ORDER = ("columns", "problems", "plan", "approve", "sending", "open", "results")
"""The pages of a batch, in order."""


def _environment() -> Environment:
    found = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals.update(
        t=say.text,
        closed_by_hand=say.closed_by_hand_words,
        money=say.money,
        number=say.number,
        date=say.date,
        minute=say.to_the_minute,
    )
    found.globals.update(address=address, place=place, quote=lambda text: quote(text, safe=""))
    return found


def _shown(value: object) -> object:
    """Makes all text on a page printable, wherever it comes from; output of our own templates already is."""
    return say.printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def address(batch: Batch, page: str = "") -> str:
    return f"/sheet/{quote(batch.id, safe='')}" + (f"/{page}" if page and page != "columns" else "")


def place(one: Mapping[str, Any]) -> str:
    """What a row is called: `12`, or `Jakarta 12` where several tabs are one batch."""
    return f"{one.get('tab', '')} {one['row']}".strip()


@dataclass
class Desk:
    """What the pages work with. `told` is the result of a form, until its page was shown."""

    folder: Folder
    commands: Commands
    lock: Lock
    sandbox: bool
    spoken: str
    told: dict[str, str] = field(default_factory=dict)
    _templates: Environment = field(default_factory=_environment)

    def page(
        self, name: str, title: str, answers: int = 200, batch: Batch | None = None, **facts: Any
    ) -> HTMLResponse:
        """Renders the template; `title` is the code of its heading."""
        told = self.told.pop(batch.id if batch else "", "")
        frame = {"desk": self, "batch": batch, "page": name, "title": title, "told": told, "order": ORDER}
        text = self._templates.get_template(f"{name}.html").render(**frame, **facts)
        return HTMLResponse(text, answers)

    def no_plan(self, batch: Batch, said: Mapping[str, Any], title: str = "desk.plan") -> HTMLResponse:
        """Why the sheet has none, and what can be done about it."""
        code = said["error"]["code"] if said.get("error") else ""
        return self.page("no_plan", title, batch=batch, said=said, error=error_of(said), code=code)

    def goes_to(self, batch: Batch, page: str, told: str = "") -> RedirectResponse:
        """Redirects after a form, so that the result can be reloaded safely."""
        if told:
            self.told[batch.id] = told
        return RedirectResponse(address(batch, page), 303)

    def batch(self, request: Request) -> Batch:
        return self.folder.batch(request.path_params["batch"])


async def form(request: Request) -> dict[str, str]:
    """The fields of a form. Raises HTTPException for one that is too large or too slow."""
    pieces = [piece async for piece in received(request, MOST_OF_A_FORM)]
    text = b"".join(pieces).decode("utf-8", "replace")
    return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=10_000))


async def received(request: Request, most: int) -> AsyncIterator[bytes]:
    """The request's body, piece by piece. Raises HTTPException 413 beyond `most` bytes, 408 if it stalls."""
    stated = request.headers.get("content-length", "0")
    if not stated.isdecimal() or int(stated) > most:
        raise HTTPException(413)
    stream, size = request.stream(), 0
    while True:
        try:
            piece = await asyncio.wait_for(anext(stream), PATIENCE_S)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise HTTPException(408) from None
        size += len(piece)
        if size > most:
            raise HTTPException(413)
        yield piece


def error_of(said: Mapping[str, Any]) -> str:
    """The error in words, or "" if the command succeeded."""
    return str(said["error"]["message"]) if said.get("error") else ""


def wrong_rows(
    said: Mapping[str, Any],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """The plan's findings: cells to correct, rows set aside, and warnings."""
    found = said["plan"]["findings"]
    wrong = [
        one for one in found if one["level"] == "error" and one["column"] and one["code"] not in FOR_NOBODY
    ]
    rows = set(map(place, wrong))
    aside = [one for one in found if one["level"] == "error" and place(one) not in rows]
    return wrong, aside, [one for one in found if one["level"] != "error"]


def error_pages(desk: Desk) -> Mapping[Any, Callable[[Request, Exception], Awaitable[Response]]]:
    codes = {404: "desk.no_page", 408: "desk.too_slow", 413: "desk.too_large", 415: "desk.no_sheet"}

    async def refused(_request: Request, problem: Exception) -> Response:
        status = problem.status_code if isinstance(problem, HTTPException) else 500
        why = say.text(codes.get(status, "desk.denied"))
        return desk.page("error", "desk.error", status, why=why)

    async def failed(_request: Request, problem: Exception) -> Response:
        why = say.text("desk.defect", why=type(problem).__name__)
        return desk.page("error", "desk.error", 500, why=why)

    return {HTTPException: refused, Exception: failed}

"""Read-only pages: find, history, health, downloads, and the desk's own two static files."""

from __future__ import annotations

import asyncio

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from bulk_topup.desk.guard import START, refused
from bulk_topup.desk.view import STATIC, Desk, error_of

KINDS = {"desk.css": "text/css", "desk.js": "text/javascript", "desk.svg": "image/svg+xml"}
BATCHES_SHOWN = 200
PRODUCTS_SHOWN = 500


def routes(desk: Desk) -> list[Route]:
    pages = ReadOnly(desk)
    return [
        Route(START, pages.start),
        Route("/alive", pages.alive),
        Route("/static/{name}", pages.static),
        Route("/files/{name}", pages.download),
        Route("/find", pages.find),
        Route("/history", pages.history),
        Route("/health", pages.health),
    ]


class ReadOnly:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def start(self, request: Request) -> Response:
        if self.desk.lock.is_in(request.headers):
            return RedirectResponse("/", 303)
        if not self.desk.lock.takes(request.query_params.get("key", "")):
            return refused("desk.denied_cookie", 403)
        return self.desk.lock.enters()

    async def alive(self, _request: Request) -> Response:
        """A page is open and visible."""
        return PlainTextResponse("", 204)

    async def static(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in KINDS:
            raise HTTPException(404)
        return FileResponse(STATIC / name, media_type=KINDS[name])

    async def download(self, request: Request) -> Response:
        path = self.desk.folder.file(request.path_params["name"])
        return FileResponse(path, filename=path.name, media_type="application/octet-stream")

    async def find(self, request: Request) -> Response:
        wanted = request.query_params.get("q", "").strip()[:200]
        said = await self.desk.commands.ask("find", about=wanted) if wanted else {}
        return self.desk.page("find", "desk.find", wanted=wanted, said=said, error=error_of(said))

    async def history(self, _request: Request) -> Response:
        said = await self.desk.commands.ask("history", "--by-group")
        batches = said.get("batches", [])
        facts = {"batches": batches[:BATCHES_SHOWN], "more": len(batches) > BATCHES_SHOWN}
        facts |= {"months": said.get("months", []), "error": error_of(said)}
        return self.desk.page("history", "desk.history", **facts)

    async def health(self, _request: Request) -> Response:
        ask = self.desk.commands.ask
        doctor, prices = await asyncio.gather(ask("doctor"), ask("prices", "--ready", "--cheapest"))
        settings = await ask("config", rehearses=False)
        facts = {"checks": doctor.get("checks", []), "settings": settings.get("settings", [])}
        facts["products"] = prices.get("products", [])[:PRODUCTS_SHOWN]
        error = error_of(doctor) or error_of(prices) or error_of(settings)
        return self.desk.page("health", "desk.health", error=error, **facts)

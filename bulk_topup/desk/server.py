"""Serves the pages on loopback, to the one browser that has the launch link, until nobody uses them."""

from __future__ import annotations

import asyncio
import os
import socket
import tempfile
import threading
import time
import webbrowser
from collections.abc import Callable
from html import escape
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from bulk_topup.desk import preparing, read_only, sending
from bulk_topup.desk.commands import Commands
from bulk_topup.desk.folder import Folder
from bulk_topup.desk.guard import Guard, Lock
from bulk_topup.desk.view import Desk, error_pages

LOOPBACK = "127.0.0.1"
IDLE_S = 3600.0
LOOK_EVERY_S = 1.0
OPENS_WITHIN_S = 60


def app_of(folder: Path, lock: Lock, *, sandbox: bool, spoken: str) -> Guard:
    """All pages, behind the guard."""
    here = Folder(folder)
    desk = Desk(here, Commands(here, sandbox=sandbox, spoken=spoken), lock, sandbox=sandbox, spoken=spoken)
    plans = preparing.Plans(desk)
    routes = [*preparing.routes(desk, plans), *sending.routes(desk, plans), *read_only.routes(desk)]
    return Guard(Starlette(routes=routes, exception_handlers=error_pages(desk)), lock)


def server_of(app: Guard) -> uvicorn.Server:
    """Writes no access log, which could contain phone numbers."""
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        log_level="error" if os.environ.get("BULK_TOPUP_DEBUG") else "critical",
        server_header=False,
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=2,
    )
    return uvicorn.Server(config)


def serve(
    folder: Path,
    port: int,
    tell: Callable[[str], None],
    *,
    sandbox: bool,
    spoken: str,
    opens: bool,
    idle_s: float = IDLE_S,
) -> None:
    """Serves until Ctrl-C, or until no page was requested for a while.

    `tell` gets the launch link if it is not to be opened. Raises OSError for a port that is taken.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening:
        if os.name == "posix":  # On Windows, another program could otherwise take the port, too.
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((LOOPBACK, port))
        lock = Lock(listening.getsockname()[1])
        server = server_of(app_of(folder, lock, sandbox=sandbox, spoken=spoken))
        notes = Folder(folder).notes if opens else None
        asyncio.run(_served(server, listening, lock, tell, notes=notes, idle_s=idle_s))


async def _served(
    server: uvicorn.Server,
    listening: socket.socket,
    lock: Lock,
    tell: Callable[[str], None],
    *,
    notes: Path | None,
    idle_s: float,
) -> None:
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    if notes is not None:
        tell("")
        threading.Thread(target=_open, args=(lock, notes, tell), daemon=True).start()
    else:
        tell(lock.link)
    while not serving.done():
        if time.monotonic() - lock.asked_at > idle_s:
            server.should_exit = True
        await asyncio.wait([serving], timeout=LOOK_EVERY_S)
    await serving


def _open(lock: Lock, notes: Path, tell: Callable[[str], None]) -> None:
    """Opens the link by a file that redirects to it, because other users can see a browser's command line.

    The file is in the person's own folder, since sandboxed browsers may read nothing else.
    """
    handle, name = tempfile.mkstemp(".html", "open-", notes)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f'<meta http-equiv="refresh" content="0;url={escape(lock.link)}">')
        if not webbrowser.open(Path(name).as_uri()):
            tell(lock.link)
        for _ in range(OPENS_WITHIN_S):
            if lock.is_used:
                break
            time.sleep(1)
    finally:
        Path(name).unlink(missing_ok=True)

"""Where the ledger is, as the user gives it: the path of a file, or the address of a server."""

from __future__ import annotations

import re
from pathlib import Path

import sqlalchemy as sa

from bulk_topup.core.errors import InputError, StorageFailed
from bulk_topup.core.os_errors import cause_of

HOST = re.compile(r"[A-Za-z0-9._:-]*")


def ledger_url(location: str) -> str:
    """A SQLAlchemy address from what the user gave: a path, or an address as it is.

    Raises InputError for what only looks like an address, StorageFailed for a path that can't be written.
    """
    if is_address(location):
        return location
    path = Path(location).expanduser().absolute()
    log = path.with_name(f"{path.name}-wal")
    if not path.exists() and log.exists() and log.stat().st_size:
        raise InputError("ledger.half", where=path, log=log)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError as error:
        raise StorageFailed("ledger.unusable", where=path, why=cause_of(error)) from None
    return sa.engine.URL.create("sqlite", database=str(path)).render_as_string()


def is_address(location: str) -> bool:
    """Whether this is a server's address, not a path. Raises InputError for a mistyped one.

    If it were taken for a path, `postgres:/host/db` would create a new, empty record in which nobody has been
    paid yet. A single letter before the colon is a Windows drive.
    """
    if "://" in location:
        return True
    scheme = re.match(r"[A-Za-z][A-Za-z0-9+.-]+(?=:)", location)
    if scheme:
        # Not the rest of it, which may contain a password.
        raise InputError("ledger.no_address", scheme=scheme[0])
    return False


def shown(location: str) -> str:
    """The path, or the public part of an address: server, port and database.

    Never the user part or the options, because both may contain a password.
    """
    scheme, is_url, rest = location.partition("://")
    if not is_url:
        return location
    unclear = f"{scheme}://" + (rest.rpartition("@")[2] if "@" in rest and "?" not in rest else "…")
    try:
        url = sa.engine.make_url(location)
    except (sa.exc.ArgumentError, ValueError):
        return unclear
    if url.get_backend_name() == "sqlite":
        return url.database or location
    if not HOST.fullmatch(url.host or "") or "@" in (url.database or ""):
        return unclear
    return sa.engine.URL.create(
        scheme, host=url.host, port=url.port, database=url.database
    ).render_as_string()

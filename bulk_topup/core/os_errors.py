"""Why the operating system, SQLite or PostgreSQL refused, as a code for a message."""

import errno
from collections.abc import Mapping
from typing import Final


def cause_of(error: BaseException) -> str:
    """Maps an error of the operating system, the disk or a database to a code of `say.WORDS`; falls back
    to its own text.
    """
    said = getattr(error, "orig", None) or error  # SQLAlchemy wraps the driver's error.
    if isinstance(said, UnicodeError):
        return "why.not_text"
    if isinstance(said, TimeoutError):
        return "why.timeout"
    number = getattr(said, "sqlite_errorcode", None)
    named = (
        _BY_WINDOWS.get(getattr(said, "winerror", None)),
        None if number is None else _BY_SQLITE.get(number) or _BY_SQLITE.get(number & 0xFF),
        _BY_SQLSTATE.get(getattr(said, "sqlstate", None)),
        _BY_ERRNO.get(getattr(said, "errno", None)),
    )
    own_text = getattr(said, "strerror", None) or str(said).strip().partition("\n")[0]
    return next(filter(None, named), "") or own_text or type(said).__name__


_BY_ERRNO: Final[Mapping[int | None, str]] = {
    errno.EACCES: "why.denied",
    errno.EPERM: "why.denied",
    errno.EROFS: "why.read_only",
    errno.ENOSPC: "why.full",
    errno.EDQUOT: "why.full",
    errno.EFBIG: "why.full",
    errno.ENOENT: "why.missing",
    errno.ENOTDIR: "why.not_a_folder",
    errno.EISDIR: "why.is_folder",
    errno.EEXIST: "why.exists",
    errno.ENAMETOOLONG: "why.long_name",
    errno.EBUSY: "why.open_elsewhere",
    errno.EMFILE: "why.too_many_open",
    errno.ENFILE: "why.too_many_open",
    errno.EIO: "why.disk",
    errno.ENODEV: "why.disk",
    errno.ESTALE: "why.disk",
    errno.ENOMEM: "why.memory",
    errno.ECONNREFUSED: "why.refused",
    errno.ETIMEDOUT: "why.timeout",
    errno.ECONNRESET: "why.broken_off",
    errno.EPIPE: "why.broken_off",
    errno.ENETUNREACH: "why.no_way",
    errno.EHOSTUNREACH: "why.no_way",
    errno.ENETDOWN: "why.no_way",
}

_BY_WINDOWS: Final[Mapping[int | None, str]] = {32: "why.open_elsewhere", 33: "why.open_elsewhere"}
"""A sharing violation, which errno reports as a missing permission."""

_BY_SQLITE: Final[Mapping[int, str]] = {
    3: "why.denied",
    5: "why.open_elsewhere",
    6: "why.open_elsewhere",
    7: "why.memory",
    8: "why.read_only",
    10: "why.disk",
    11: "why.damaged",
    13: "why.full",
    14: "why.not_opened",
    23: "why.denied",
    26: "why.damaged",
    4874: "why.full",
}
"""SQLite result codes, https://sqlite.org/rescode.html; the last one is IOERR_SHMSIZE: no room for the
files next to the database.
"""

_BY_SQLSTATE: Final[Mapping[str | None, str]] = {
    "25006": "why.read_only",
    "28000": "why.denied",
    "28P01": "why.denied",
    "3D000": "why.no_database",
    "42501": "why.denied",
    "53100": "why.full",
    "53200": "why.memory",
    "53300": "why.too_many_open",
    "55P03": "why.open_elsewhere",
    "57P01": "why.broken_off",
    "57P02": "why.broken_off",
    "57P03": "why.starting",
}
"""PostgreSQL error codes, https://www.postgresql.org/docs/15/errcodes-appendix.html."""

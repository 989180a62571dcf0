"""The provider's answers as plain values: JSON, texts, rupiah and HTTP dates.

Every function accepts any bytes a server can send. A body is untrusted text: it may be damaged, huge or
hostile, and it ends up in a terminal, a workbook and a database.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html.entities import codepoint2name
from typing import Final

LONGEST_TEXT: Final = 100
REPLACED: Final = "\ufffd"
"""Replaces a character that cannot be shown; visible, so that nobody takes the text for the original."""

_MOST_RUPIAH: Final = 10**12
_WHOLE_RUPIAH: Final = re.compile(r"(?:rp\.? ?)?([0-9]{1,13})(?:[.,]00?)?", re.IGNORECASE | re.ASCII)
_IN_THOUSANDS: Final = re.compile(
    r"rp\.? ?([0-9]{1,3}(?:([.,])[0-9]{3}(?:\2[0-9]{3})*))", re.IGNORECASE | re.ASCII
)
"""Only if the currency is named: a bare "5.000" may be a decimal, like "5630.00", or megabytes."""
_BLANKS: Final = frozenset("\t\n\r\xa0")


def read_json(body: bytes) -> object:
    """The JSON value in `body`; a UTF-8 byte order mark is allowed.

    Numbers are returned as the text that was written, because the documentation shows numbers as strings and
    servers send both: a balance is not a float and a phone number not an integer. Raises ValueError for
    anything that is not JSON, is nested too deeply or repeats a key.
    """
    try:
        value: object = _AS_WRITTEN.decode(body.decode("utf-8-sig", errors="replace"))
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        # Whichever of the two we used, the other could be the right one.
        raise ValueError("a key stands twice")
    return fields


_AS_WRITTEN: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=str, parse_float=str, parse_constant=str
)


def short_text(value: object, longest: int = LONGEST_TEXT) -> str:
    """A JSON value as one short printable line; "" for null, true, false, lists and objects."""
    if not isinstance(value, str):
        return ""
    # Cut first: cleaning ten megabytes to show a hundred characters would be wasted work.
    start = value.lstrip()[: longest + 1]
    shown = (start if start.isprintable() else "".join(map(_printable, start))).strip()
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def _printable(character: str) -> str:
    if character in _BLANKS:
        return " "
    return character if character.isprintable() else REPLACED


def rupiah(value: object) -> int | None:
    """Whole rupiah from `"5630"`, `5630`, `"5630.00"` or `"Rp 5.630"`; None for any form that could mean
    two amounts.
    """
    stated = short_text(value)
    match = _WHOLE_RUPIAH.fullmatch(stated) or _IN_THOUSANDS.fullmatch(stated)
    amount = int(re.sub("[.,]", "", match[1])) if match else _MOST_RUPIAH + 1
    return amount if amount <= _MOST_RUPIAH else None


def http_date(value: str) -> datetime | None:
    """The time in a `Date` or `Retry-After` header, aware; None if it is not one."""
    from email.utils import parsedate_to_datetime  # Slow to import, and most commands need no date.

    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


# -- a secret that is echoed -------------------------------------------------------------------------------


SHORTEST_SECRET: Final = 4
"""Anything shorter appears in genuine answers by chance."""


def spellings(secret: str) -> re.Pattern[str]:
    """Matches the secret itself, and each way in which an echo may encode its characters: for forms, HTML,
    JSON or a quoted string.
    """
    return re.compile("".join(f"(?:{'|'.join(_spelled(character))})" for character in secret))


def _spelled(character: str) -> Iterator[str]:
    code = ord(character)
    units = character.encode("utf-16-be", "surrogatepass").hex()
    yield re.escape(character)
    yield "(?i:" + "".join(f"%{byte:02x}" for byte in character.encode("utf-8", "surrogatepass")) + ")"
    yield f"(?i:&#0*{code};|&#x0*{code:x};)"
    yield "(?i:" + "".join(rf"\\u{units[at : at + 4]}" for at in range(0, len(units), 4)) + ")"
    if not character.isalnum():
        yield re.escape("\\" + character)
    if character == " ":
        yield r"\+"
    name = "apos" if character == "'" else codepoint2name.get(code)
    if name:
        yield f"&{name};"

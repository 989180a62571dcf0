"""Which provider, as which user, at what rate; and which addresses are allowed: https, or http on
loopback.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bulk_topup.core.errors import InputError
from bulk_topup.provider.wire import short_text


def checked_base_url(address: str) -> str:
    """The provider's address, normalised, without a trailing slash.

    Raises InputError `provider.base_url` for anything but `https://` (or `http://` to this computer) without
    user name, query and fragment.
    """
    import requests

    stripped = address.strip()
    try:
        parts = urlsplit(stripped)
        scheme, host, port = parts.scheme, (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise _bad_address(stripped) from None
    odd = any(not "!" <= character <= "~" or character in "@?#\\" for character in stripped)
    if odd or not host or port == 0 or not (scheme == "https" or (scheme == "http" and is_loopback(host))):
        raise _bad_address(stripped)
    shown_host = f"[{host}]" if ":" in host else host
    shown_port = "" if port in {None, 443 if scheme == "https" else 80} else f":{port}"
    # A second spelling of the same place would be a second, empty record.
    places = [place for place in parts.path.split("/") if place not in {"", "."}]
    if ".." in places:
        raise _bad_address(stripped)
    checked = "/".join((f"{scheme}://{shown_host}{shown_port}", *places))
    try:
        requests.Request("POST", checked).prepare()
    except requests.RequestException:  # A host that cannot be connected to, such as `*.example.com`.
        raise _bad_address(stripped) from None
    return checked


def _bad_address(address: str) -> InputError:
    # The part before an @, or after a ? or #, may contain a password.
    head = re.split("[?#]", address, maxsplit=1)[0]
    asked = "" if head == address else "?…"
    if "@" in address:
        head = f"…@{head.rpartition('@')[2]}" if "@" in head else "…"
    shown = short_text(head + asked)
    return InputError("provider.base_url", address=shown or "(nothing)")


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


DEFAULT_BASE_URL = "https://klikmbc.co.id/json/pulsa"
SANDBOX_ACCOUNT = "sandbox"

REHEARSAL_URL = "sandbox"
"""The embedded sandbox has a new port each time; batches know it by this name."""


@dataclass(frozen=True)
class Connection:
    """Which provider, as which user; for a rehearsal, the embedded sandbox."""

    sandbox: bool = False
    base_url: str = DEFAULT_BASE_URL
    timeout_s: float = 60.0
    rate_per_s: float = 2.0
    password_file: Path | None = None
    username: str = ""
    """From the settings file; the environment takes precedence."""

"""Which provider, as whom, how fast; whether an address can be the provider's: https, or http on loopback."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bulk_topup.core.errors import InputError
from bulk_topup.provider.wire import short_text


def checked_base_url(address: str) -> str:
    """The provider's address in its one spelling, without a slash at the end.

    Raises InputError `provider.base_url` for all but `https://` addresses (and `http://` to this computer)
    without user name, query and fragment.
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
    # Another spelling of the same place would be another record, in which nobody was paid yet.
    places = [place for place in parts.path.split("/") if place not in {"", "."}]
    if ".." in places:
        raise _bad_address(stripped)
    checked = "/".join((f"{scheme}://{shown_host}{shown_port}", *places))
    try:
        requests.Request("POST", checked).prepare()
    except requests.RequestException:  # a host that no request can be made to, as `*.example.com`
        raise _bad_address(stripped) from None
    return checked


def _bad_address(address: str) -> InputError:
    # What stands before an @ may be a password, and so may what comes after a ? or #.
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
"""The embedded sandbox has another port each time; a batch knows it by this name."""


@dataclass(frozen=True)
class Connection:
    """Which provider, as whom. A rehearsal meets the embedded sandbox instead."""

    sandbox: bool = False
    base_url: str = DEFAULT_BASE_URL
    timeout_s: float = 60.0
    rate_per_s: float = 2.0
    password_file: Path | None = None
    username: str = ""
    """As the settings file has it; the environment goes before it."""

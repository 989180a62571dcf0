"""A chain of entries, each of which has the hash of the one before it in its own. Pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode
"""The one spelling of a value as JSON."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened `at` (ISO text), as JSON values; `previous` is "" of the first one."""

    at: str
    kind: str
    facts: Mapping[str, Any]
    previous: str
    hash: str


def link(previous: str, at: str, kind: str, facts: Mapping[str, Any]) -> Entry:
    """The entry that follows the one of this hash."""
    return Entry(at, kind, facts, previous, hash_of(previous, at, kind, canonical(facts)))


def hash_of(previous: str, at: str, kind: str, text: str) -> str:
    """SHA-256 over the canonical JSON of all four; `text` is that of the facts."""
    return hashlib.sha256(f"{canonical([previous, at, kind])[:-1]},{text}]".encode()).hexdigest()


def first_break(entries: Iterable[Entry]) -> int | None:
    """The place, from 0, of the first entry that is not as it was linked to the one before; None if all are.

    That the last ones are missing shows only against a hash that was kept elsewhere.
    """
    previous = ""
    for nth, entry in enumerate(entries):
        if entry != link(previous, entry.at, entry.kind, entry.facts):
            return nth
        previous = entry.hash
    return None

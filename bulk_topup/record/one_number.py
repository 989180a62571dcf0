"""What is kept of one number: what the record may forget of it, what it has to keep, and which files hold it.

The progress file keeps it, with amount, day and invoice: it is the proof of what was paid, and its trail
holds only as long as nothing in it is changed.
"""

from __future__ import annotations

import zipfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from bulk_topup.core.columns import SHEET_SUFFIXES
from bulk_topup.record.batches import files_left
from bulk_topup.record.ledger.values import OPEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from typing import Any

    from bulk_topup.record.ledger.values import BatchEntry

SUFFIXES = frozenset((*SHEET_SUFFIXES, ".plan"))
"""Of files that people keep numbers in."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A claim that stays: `why` is the code of the reason, `until` the day from which it may go; None where
    nobody knows."""

    name: str
    row: str
    day: str
    why: str
    until: date | None = None


def kept_of(
    claims: Iterable[Mapping[str, Any]],
    entries: Iterable[BatchEntry],
    places: Mapping[tuple[str, int], str],
    before: date,
    overlap_days: int,
) -> list[Kept]:
    """Of these claims of the number those that protect still: see `Register.forget`. `places` are what rows
    are called, by batch and number."""
    claims = list(claims)
    open_batches = {entry.batch for entry in entries if entry.open}
    found = []
    for claim in claims:
        key = str(claim["batch"]), int(claim["row"])
        facts = str(claim["batch_name"]), places.get(key, str(key[1])), str(claim["day"])
        if claim["state"] == OPEN:
            found.append(Kept(*facts, "forget.kept_open"))
        elif facts[2] >= before.isoformat():
            until = date.fromisoformat(facts[2]) + timedelta(days=overlap_days + 1)
            found.append(Kept(*facts, "forget.kept_recent", until))
        elif claim["batch"] in open_batches:
            found.append(Kept(*facts, "forget.kept_batch"))
    return found


def files_with(number: str, concerned: Iterable[BatchEntry], all_: Iterable[BatchEntry]) -> list[Path]:
    """The files of the batches concerned, and those beside any batch in which the number is written."""
    digits = number.removeprefix("0").encode()
    written = {
        path
        for folder in folders_of(all_)
        for path in folder.iterdir()
        if path.suffix.lower() in SUFFIXES and _has(path, digits)
    }
    return sorted(written.union(files_left(concerned)))


def _has(path: Path, digits: bytes) -> bool:
    """Whether the digits stand in the file, packed or not, one after the other."""
    with suppress(OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError):
        if not zipfile.is_zipfile(path):
            return _in(path.read_bytes(), digits)
        with zipfile.ZipFile(path) as packed:
            return any(_in(packed.read(name), digits) for name in packed.namelist())
    return False


def _in(content: bytes, digits: bytes) -> bool:
    return digits in content or digits.decode().encode("utf-16-le") in content


def folders_of(entries: Iterable[BatchEntry]) -> set[Path]:
    """Where their progress files lie."""
    return {path.parent for path in files_left(entries)}

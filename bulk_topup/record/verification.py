"""Whether a batch's trail fits itself, its progress file, and the files written from that."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from bulk_topup.core.chain import first_break
from bulk_topup.core.status import keys_in
from bulk_topup.record import journal
from bulk_topup.record.checkpoint import trail
from bulk_topup.record.paths import results_beside
from bulk_topup.record.set_aside import sha256_of
from bulk_topup.rules import signing

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from bulk_topup.record.checkpoint import Checkpoint

TABLES = ("trail", "attempts", "orders")
TAKEN_IN = frozenset({"row", "nominal", "operator", "price"})
"""Of an order: as the last run that took the sheet in left it, so that its digest tells."""


class Misfit(NamedTuple):
    """What does not fit: `code` names its wording, `nth` is the entry from 1, None where none tells of it."""

    nth: int | None
    code: str
    facts: Mapping[str, Any]


@dataclass
class Verified:
    """`misfit` is the first one; `files` are those that were compared, `missing` those that are not there."""

    entries: int = 0
    head: str = ""
    misfit: Misfit | None = None
    files: list[Path] = field(default_factory=list)
    missing: list[Path] = field(default_factory=list)


def verified(checkpoint: Checkpoint, printed: str = "") -> Verified:
    """`printed` is how the trail's head began when it was printed, "" where no print is at hand."""
    found = Verified(head=checkpoint.head())
    if not found.head:
        found.misfit = Misfit(None, "verify.no_trail", {})
        return found
    with checkpoint.snapshot() as db:
        (found.entries,) = db.execute("SELECT count(*) FROM chain").fetchone()
        broken = first_break(trail.entries(db))
        if broken is not None:
            found.misfit = Misfit(broken + 1, "verify.broken", {})
        elif not _has(db, printed):
            found.misfit = Misfit(None, "verify.cut_off", {"head": printed})
        elif _last_with(db, "lines_sha256") == (0, {}):
            found.misfit = Misfit(None, "verify.no_trail", {})
        else:
            found.misfit = _first(db, checkpoint.path, found)
            if found.misfit is None and not checkpoint.summary_fits():
                found.misfit = Misfit(None, "verify.summary", {})
        if found.misfit is not None and found.misfit.nth is not None:
            found.misfit = _with_entry(db, found.misfit, found.misfit.nth)
    return found


def _first(db: sqlite3.Connection, path: Path, found: Verified) -> Misfit | None:
    try:
        files = _in_files(db, path, found)
        every = [*_in_rows(db), *_in_batch(db), *_in_journal(db), *_in_signatures(db), *files]
    except (AttributeError, KeyError, TypeError, ValueError):
        return Misfit(None, "verify.not_ours", {})
    return min(every, key=lambda one: one.nth or found.entries + 1, default=None)


def _has(db: sqlite3.Connection, printed: str) -> bool:
    """Whether an entry's hash begins so."""
    (found,) = db.execute("SELECT max(substr(hash, 1, ?) = ?) FROM chain", (len(printed), printed)).fetchone()
    return bool(found)


def _with_entry(db: sqlite3.Connection, misfit: Misfit, nth: int) -> Misfit:
    entry = next(islice(trail.entries(db), nth - 1, None))
    order = entry.facts.get("orders")
    row = order.get("row") if isinstance(order, dict) else None
    return misfit._replace(facts={"at": entry.at, "kind": entry.kind, "row": row, **misfit.facts})


def _in_rows(db: sqlite3.Connection) -> Iterator[Misfit]:
    """Of each row, the last entry that tells of it has all of it, as it stands."""
    upto = _taken_in(db)[1]["upto"]
    told: dict[str, set[int]] = {table: set() for table in TABLES}
    misfits: dict[tuple[str, int], Misfit] = {}
    for nth, entry in enumerate(trail.entries(db), 1):
        for table in TABLES:
            if said := entry.facts.get(table):
                key = said["id"]
                told[table].add(key)
                misfits.pop((table, key), None)
                stands = trail.standing(db, table, key)
                if misfit := _differing(nth, said, stands, _not_told(table, stands, upto)):
                    misfits[table, key] = misfit
    yield from misfits.values()
    for table in TABLES:
        which = trail.TOLD if table == "orders" else ""
        for (key,) in db.execute(f"SELECT id FROM {table} {which}"):  # noqa: S608
            if key not in told[table]:
                yield Misfit(None, "verify.not_entered", {"table": table, "id": key})


def _not_told(table: str, stands: Mapping[str, Any], upto: int) -> frozenset[str]:
    """The columns that entries of such a row say nothing of."""
    if table != "orders" or not stands:
        return frozenset()
    taken_in = TAKEN_IN if stands["id"] <= upto else frozenset()
    # Why an order was not sent is forgotten where a later run takes the sheet in.
    is_forgotten = stands.get("status") == "unsent" and "note" not in stands
    return taken_in | {"note"} if is_forgotten else taken_in


def _differing(
    nth: int, said: Mapping[str, Any], stands: Mapping[str, Any], but: frozenset[str] = frozenset()
) -> Misfit | None:
    if not stands:
        return Misfit(nth, "verify.gone", {})
    for column in sorted({*said, *stands} - but):
        if said.get(column) != stands.get(column):
            facts = {"column": column, "said": said.get(column, "-"), "stands": stands.get(column, "-")}
            return Misfit(nth, "verify.differs", facts)
    return None


def _in_batch(db: sqlite3.Connection) -> Iterator[Misfit]:
    """The facts of the batch, and what was taken in of the sheet."""
    nth, rows = _taken_in(db)
    stand = trail.rows_standing(db, rows["upto"])
    if rows != {name: stand[name] for name in rows}:
        yield Misfit(nth, "verify.sheet", {})
    nth, said = _last_with(db, "batch")
    if misfit := _differing(nth, said["batch"], trail.facts_standing(db)):
        yield misfit


def _in_journal(db: sqlite3.Connection) -> Iterator[Misfit]:
    """What the next journal takes as booked is what each export said."""
    kept = db.execute("SELECT value FROM batch WHERE key = ?", (journal.FACT,)).fetchone()
    exports = [journal.Export(**one) for one in json.loads(kept[0])] if kept else []
    digests = {one.digest for one in exports}
    told = db.execute("SELECT id, facts FROM chain WHERE kind = 'export' ORDER BY id")
    entered = {digest: nth for nth, text in told if (digest := json.loads(text).get("booked"))}
    for digest, nth in entered.items():
        if digest not in digests:
            yield Misfit(nth, "verify.booked", {})
    if any(one.is_written and one.digest not in entered for one in exports):
        yield Misfit(None, "verify.not_booked", {})


def _in_signatures(db: sqlite3.Connection) -> Iterator[Misfit]:
    """Each is that of the key beside it; and no name is proven by a key that has not signed that plan."""
    seen: set[tuple[str, str]] = set()
    for nth, entry in enumerate(trail.entries(db), 1):
        if entry.kind != "approval":
            continue
        if signing.is_evidence(entry.facts):
            signed = entry.facts["signed"]
            seen.add((signed["plan"], signed["key"]))
            if not _has(db, signed.get("trail", "")):
                yield Misfit(nth, "verify.signed_head", {"name": signed["name"]})
        elif "signature" in entry.facts:
            yield Misfit(nth, "verify.signature", {})
        elif any(
            (entry.facts.get("plan_code"), key) not in seen for key in keys_in(str(entry.facts.get("by")))
        ):
            yield Misfit(nth, "verify.unsigned", {})


def _taken_in(db: sqlite3.Connection) -> tuple[int, dict[str, Any]]:
    nth, facts = _last_with(db, "lines_sha256")
    return nth, {name: facts[name] for name in ("upto", "lines_sha256", "orders_sha256")}


def _last_with(db: sqlite3.Connection, name: str) -> tuple[int, dict[str, Any]]:
    """The last entry that says what a run took in, with this among its facts."""
    told = db.execute("SELECT id, facts FROM chain WHERE kind IN ('begin', 'run') ORDER BY id DESC")
    return next(((nth, facts) for nth, text in told if name in (facts := json.loads(text))), (0, {}))


def _in_files(db: sqlite3.Connection, checkpoint: Path, found: Verified) -> Iterator[Misfit]:
    """Each file as it was written last."""
    told = db.execute("SELECT id, facts FROM chain WHERE kind = 'export' ORDER BY id")
    last = {facts["file"]: (nth, facts["sha256"]) for nth, text in told if (facts := json.loads(text))}
    for file, (nth, digest) in last.items():
        path = checkpoint.parent / file if file else results_beside(checkpoint)
        if not path.is_file():
            found.missing.append(path)
            continue
        found.files.append(path)
        if sha256_of(path) != digest:
            yield Misfit(nth, "verify.file", {"path": str(path)})

"""A person who looks open rows up in the provider's own list and says what stands there, or gets it wrong.

They say only what the book bears out: *not sent* where it shows no payment that could be the row's, an
invoice where exactly one top-up could be. Wrong words are of the kinds that a program can find out.
"""

from __future__ import annotations

import contextlib
import csv
import sqlite3
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from tests.campaign.judge import OPEN, lines_of
from tests.campaign.schedule import WIB, Said

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.campaign.judge import Line
    from tests.campaign.schedule import Manner, Rows

ANSWERS = "answers.csv"
FIRST_ROW = 2
CLOSABLE = frozenset({"unknown", "accepted"})
NOBODYS = "TRX999999"
NEAR_MIDNIGHT = timedelta(minutes=10)


@dataclass(frozen=True)
class Entry:
    """One top-up in the provider's list."""

    invoice: str
    number: str
    product: str
    nominal: int
    status: str
    at: datetime

    @property
    def is_plain(self) -> bool:
        midnight = datetime.combine(self.at.date(), time(), WIB)
        away = min(self.at - midnight, midnight + timedelta(days=1) - self.at)
        return self.status != "pending" and away > NEAR_MIDNIGHT


@dataclass(frozen=True)
class View:
    """What lies on the desk: this sheet's rows and results, all invoices and open lines of all results, and
    the provider's list."""

    rows: Rows
    lines: tuple[Line, ...]
    held: frozenset[str]
    open_slots: Counter[tuple[str, int]]
    entries: tuple[Entry, ...]


def look(folder: Path, sheet: str, rows: Rows) -> View:
    mine = folder / f"{sheet.partition('.')[0]}.results.xlsx"
    everything = [line for path in folder.glob("*.results.xlsx") for line in lines_of(path, rows)]
    slots = Counter((line.number, line.nominal) for line in everything if line.status in OPEN)
    # An unknown row may name an invoice that it could not trust: that one is still to be looked up.
    held = frozenset(line.invoice for line in everything if line.invoice and line.status != "unknown")
    return View(rows, lines_of(mine, rows), held, slots, tuple(_entries(folder / "book.db")))


def _entries(path: Path) -> Iterator[Entry]:
    with contextlib.closing(sqlite3.connect(path)) as book:
        for *facts, at in book.execute("SELECT invoice, number, product, nominal, status, at FROM topups"):
            invoice, number, product, nominal, status = map(str, facts)
            yield Entry(invoice, number, product, int(nominal), status, _wib(at))


def _wib(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(WIB)


def words(view: View, manner: Manner) -> tuple[Said, ...]:
    """What the person says, in this manner, of the open rows; nothing where there is nothing to say."""
    truths = [said for line in view.lines if (said := _truth(view, line)) is not None]
    numbered = [said for said in truths if said.row is not None]
    match manner:
        case "truth":
            return tuple(numbered[:1])
        case "file":
            return tuple(numbered)
        case "bare file":
            numbers = Counter(line.number for line in view.lines if line.status in OPEN)
            return tuple(replace(said, row=None) for said in truths if numbers[said.number] == 1)
        case "spoiled file":
            true = numbered[:-1]
            wrong = _wrong(view, "other", spared={(said.number, said.product) for said in true})
            return (*true, *wrong) if wrong else ()
        case _:
            return _wrong(view, manner, spared=set())


def _truth(view: View, line: Line) -> Said | None:
    """What the book says of an open line; None where it leaves a doubt."""
    if line.status not in CLOSABLE or view.open_slots[line.number, line.nominal] != 1:
        return None
    same = [
        entry
        for entry in view.entries
        if (entry.number, entry.nominal) == (line.number, line.nominal) and entry.invoice not in view.held
    ]
    paid = [entry for entry in same if entry.status != "gagal"]
    of_it = [entry for entry in same if _could_be(entry, line)]
    row = _row(view, line)
    if not paid and not of_it:
        return Said(row, line.number, line.product, "", true=True, plain=True, sent_at=line.sent_at)
    if len(of_it) == 1 and paid in ([], of_it):
        return Said(row, line.number, line.product, of_it[0].invoice, true=True, plain=of_it[0].is_plain)
    return None


def _could_be(entry: Entry, line: Line) -> bool:
    """What failed before the row was last sent is of an earlier time that it was sent."""
    at = f"{entry.at:%Y-%m-%d %H:%M:%S}"
    same = (*line.key, line.sent_at[:10]) == (entry.number, entry.product, at[:10])
    return same and (entry.status != "gagal" or at >= line.sent_at)


def _row(view: View, line: Line) -> int | None:
    """The line's row in the sheet as it is now, None where it is gone or moved."""
    at = view.lines.index(line)
    row = view.rows[at] if at < len(view.rows) else None
    here = row is not None and (str(row.no), row.number, row.product) == (line.no, *line.key)
    return at + FIRST_ROW if here else None


def _wrong(view: View, manner: Manner, spared: set[tuple[str, str]]) -> tuple[Said, ...]:
    """One wrong word, of the first row that there is one to say of, an open one if possible."""
    lines = [line for line in view.lines if line.key not in spared and _row(view, line)]
    candidates = [line for line in lines if line.status in CLOSABLE]
    for line in candidates or [line for line in lines if line.status == "sukses"]:
        said = Said(_row(view, line), line.number, line.product, NOBODYS, true=False)
        if manner == "misplaced":
            rows = [n for n, row in enumerate(view.rows, FIRST_ROW) if row.number != line.number]
            said = replace(said, row=rows[0] if rows else None, invoice=_invoice_of(view, line))
        elif manner == "other":
            others = [e for e in view.entries if not _could_be(e, line) and e.invoice != line.invoice]
            others.sort(key=lambda entry: (entry.number != line.number, entry.invoice))
            said = replace(said, invoice=others[0].invoice if others else NOBODYS)
        if said.row is not None and (said.invoice != NOBODYS or manner == "invented"):
            return (said,)
    return ()


def _invoice_of(view: View, line: Line) -> str:
    return next((entry.invoice for entry in view.entries if _could_be(entry, line)), NOBODYS)


def options(said: tuple[Said, ...], manner: Manner, folder: Path) -> tuple[str, ...]:
    """The command line's options for these words; writes the file that they name."""
    if "file" not in manner:
        (word,) = said
        not_sent = ("--not-sent", "--sent-at", word.sent_at)
        what = ("--invoice", word.invoice) if word.invoice else not_sent
        return ("--row", str(word.row), "--number", word.number, *what)
    with (folder / ANSWERS).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        header = ["number", "invoice", "sent_at"]
        writer.writerow(["row", *header] if manner != "bare file" else header)
        for word in said:
            cells = (word.number, word.invoice or "not sent", word.sent_at)
            writer.writerow(cells if word.row is None else (word.row, *cells))
    return ("--from", ANSWERS)

"""The checkpoint's lines as results lines, worded; totals asserted. `workbook` writes them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bulk_topup import say
from bulk_topup.errors import Exit
from bulk_topup.model import Kind, Paid, Status
from bulk_topup.workbook import ResultLine, write_results, write_results_csv

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from bulk_topup.books import Books
    from bulk_topup.checkpoint import Checkpoint, Line


@dataclass
class Tally:
    """Rows and rupiah by status. Rupiah are debits where stated, listed prices otherwise."""

    rows: Counter[Status] = field(default_factory=Counter)
    rupiah: Counter[Status] = field(default_factory=Counter)
    removed: int = 0

    def add(self, line: Line) -> None:
        self.rows[line.status] += 1
        self.rupiah[line.status] += _rupiah(line)
        self.removed += line.removed

    def rows_paid(self, paid: Paid) -> int:
        return sum(count for status, count in self.rows.items() if status.paid is paid)

    @property
    def total(self) -> int:
        return sum(self.rows.values())

    def exit_code(self) -> Exit:
        """What the command comes to if nothing stopped it."""
        if any(status.is_open and count for status, count in self.rows.items()):
            return Exit.OPEN
        return Exit.OK if self.rows[Status.SUKSES] == self.total else Exit.NOT_ALL_PAID


def tally(checkpoint: Checkpoint) -> Tally:
    """The whole batch, removed rows included."""
    total = Tally()
    for line in checkpoint.lines():
        total.add(line)
    return total


def write(checkpoint: Checkpoint, total: Tally, books: Books, target: Path, *, rehearsal: bool) -> Path:
    """Write the results beside or as `target`; returns where they are. Raises StorageFailed."""
    lines = _counted(map(result_line, checkpoint.lines()), total.total)
    if target.suffix.lower() == ".csv":
        return write_results_csv(target, checkpoint.header, lines)
    return write_results(target, checkpoint.header, lines, summary=summary(total, books), rehearsal=rehearsal)


def summary(total: Tally, books: Books) -> list[tuple[str, str | int]]:
    """Label and value: the rows by what became of them, the rupiah, and the books."""
    facts: list[tuple[str, str | int]] = [("Rows", total.total)]
    facts += [(f"Rows paid: {paid}", total.rows_paid(paid)) for paid in Paid]
    facts += [(f"Rows {status}", count) for status, count in total.rows.items()]
    facts += [(f"Rupiah {status}", total.rupiah[status]) for status in total.rows]
    known = [("Balance at the start", books.opening), ("Balance at the end", books.closing)]
    known += [
        ("Debits", books.debited),
        ("Unexplained", books.unexplained),
        ("Over the price", books.overcharged),
    ]
    return [*facts, *((label, value) for label, value in known if value is not None)]


def _counted(lines: Iterable[ResultLine], expected: int) -> Iterator[ResultLine]:
    written = 0
    for written, line in enumerate(lines, start=1):  # noqa: B007  (the count outlives the loop)
        yield line
    if written != expected:
        raise AssertionError(f"{expected} rows to write, {written} written")


def result_line(line: Line) -> ResultLine:
    attempt = line.attempt or {}
    may_have_left = bool(attempt) and attempt["kind"] != Kind.NOT_SENT
    final = line.status in {Status.SUKSES, Status.PENDING}
    return ResultLine(
        cells=line.cells,
        paid=line.status.paid,
        status=line.status,
        reason_code=attempt.get("reason_code") or "",
        reason=reason(line),
        invoice=attempt.get("invoice") or "",
        serial=attempt.get("serial") or "",
        price=line.price,
        debited=attempt.get("debited") if final else None,
        number_sent=line.number if may_have_left else "",
        sent_at=attempt["begun_at"][:19].replace("T", " ") if may_have_left else "",
    )


def reason(line: Line) -> str:
    """Why the row stands where it stands, in plain words, with the provider's own where it spoke."""
    parts = [say.text("removed_from_sheet", row=line.row)] if line.removed else []
    if line.why:
        parts += [say.finding_in_row(finding) for finding in line.why]
    elif line.note and line.status in {Status.UNSENT, Status.DUPLICATE}:
        parts.append(say.text(line.note["code"], **line.note["facts"]))
    elif line.attempt:
        parts.append(
            say.attempt(line.status, line.attempt["code"] or "outcome.interrupted", line.attempt["reason"])
        )
    elif line.status is Status.UNSENT:
        parts.append(say.text("unsent.not_reached"))
    return " · ".join(part for part in parts if part)


def _rupiah(line: Line) -> int:
    debited = (line.attempt or {}).get("debited")
    return int(debited if line.status is Status.SUKSES and debited is not None else line.price or 0)

"""The batches and their sums, from ledger and checkpoints; and what may be forgotten."""

from __future__ import annotations

import glob
from collections import Counter
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_topup.core.errors import InputError, StorageFailed
from bulk_topup.core.model import Deposit, Source, account_of
from bulk_topup.core.row_names import SEVERAL
from bulk_topup.core.shell import argument, path_argument
from bulk_topup.core.status import Paid
from bulk_topup.record.checkpoint import Checkpoint
from bulk_topup.record.ledger.values import BatchEntry
from bulk_topup.record.paths import files_of
from bulk_topup.record.tally import Tally, tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bulk_topup.record.checkpoint.values import Sending
    from bulk_topup.rules.journal import Posting


@dataclass(frozen=True, slots=True)
class PastBatch:
    """A batch and its state; `file` is its progress file, None if it is missing or can't be read, and `sheet`
    how to name it in a command; `sendings` are the commands that sent something."""

    entry: BatchEntry
    file: Path | None
    sheet: str = ""
    sendings: tuple[Sending, ...] = ()
    postings: tuple[Posting, ...] = ()
    """What was taken, by group; none where that was not asked for."""

    @property
    def month(self) -> str:
        """The month in which it began (WIB), such as `2026-11`."""
        return self.entry.started[:7]


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums over several batches. Rupiah leave out batches whose amounts are unknown."""

    batches: int
    rows: int
    paid: int
    not_paid: int
    open: int
    paid_rupiah: int
    not_paid_rupiah: int
    open_rupiah: int


def entry_of(checkpoint: Checkpoint, total: Tally, touched: str) -> BatchEntry:
    """What the ledger records of this batch; `touched` is an ISO time in WIB."""
    fact = checkpoint.fact
    return BatchEntry(
        account=account_of(fact("account")),
        base_url=fact("base_url"),
        batch=checkpoint.batch_id,
        name=Path(fact("file")).stem,
        path=str(checkpoint.path.absolute()),
        started=fact("started") or touched[:10],
        touched=touched,
        rows=total.total,
        paid=total.rows_paid(Paid.YES),
        not_paid=total.rows_paid(Paid.NO),
        open=total.rows_paid(Paid.ASK),
        paid_rupiah=total.rupiah_paid(Paid.YES),
        not_paid_rupiah=total.rupiah_paid(Paid.NO),
        open_rupiah=total.rupiah_paid(Paid.ASK),
        plan_code=fact("plan_code"),
        approver=fact("approved_by"),
    )


def as_it_stands(entry: BatchEntry, *, by_group: bool = False) -> PastBatch:
    """The batch according to its progress file, if that knows more: a run that was killed could not
    report.
    """
    checkpoint = progress_of(entry)
    if checkpoint is None:
        return PastBatch(entry, None)
    with closing(checkpoint):
        postings = tuple(checkpoint.postings()) if by_group and "group" in checkpoint.places else ()
        touched = checkpoint.last_touched()
        if touched > entry.touched:
            entry = entry_of(checkpoint, tally(checkpoint), touched)
        return PastBatch(entry, checkpoint.path, sheet_of(checkpoint), tuple(checkpoint.sendings()), postings)


def sheet_of(checkpoint: Checkpoint) -> str:
    """How to name this batch in a command: its sheet, and --checkpoint if the progress file is not the
    sheet's default one."""
    path, tab = checkpoint.path.with_name(checkpoint.fact("file")), checkpoint.fact("tab")
    options = {None: "", tab: " ".join(f"--sheet {argument(one)}" for one in _named(tab, checkpoint.tabs))}
    taken = (
        option
        for name, option in options.items()
        if files_of(Source(path, name), sandbox=checkpoint.is_rehearsal).checkpoint == checkpoint.path
    )
    option = next(taken, f"--checkpoint {path_argument(_from_here(checkpoint.path))}")
    return " ".join(filter(None, (path_argument(_from_here(path)), option)))


def _named(label: str, tabs: Sequence[str]) -> Sequence[str]:
    """The tabs as they were typed, of which several are called by this label."""
    if label.casefold() != SEVERAL.join(tabs).casefold():
        return [label]
    named, left = [], label
    for tab in tabs:
        named.append(left[: len(tab)])
        left = left[len(tab) + len(SEVERAL) :]
    return named


def tabs_of(entry: BatchEntry | None) -> Sequence[str]:
    """The tabs that are one sheet in that batch, as far as its progress file can be read."""
    checkpoint = None if entry is None else progress_of(entry)
    if checkpoint is None:
        return ()
    with closing(checkpoint):
        return checkpoint.tabs


def of_sheet(sheet: Path, *, sandbox: bool) -> Iterator[Checkpoint]:
    """The progress files beside a sheet that are of it or of its tabs, those set aside too; each is open only
    until the next is asked for."""
    for path in sorted(sheet.parent.glob("*.checkpoint.db")):
        with suppress(InputError, StorageFailed), ExitStack() as stack:
            checkpoint = Checkpoint.look(path)
            if checkpoint is None:
                continue
            stack.enter_context(closing(checkpoint))
            is_its = checkpoint.fact("file").casefold() == sheet.name.casefold()
            if is_its and checkpoint.has_sheet and checkpoint.is_rehearsal == sandbox:
                yield checkpoint


def of_tabs(sheet: Path, *, sandbox: bool) -> Iterator[Checkpoint]:
    """Those of them in which a tab that was named is a batch, or several are."""
    for checkpoint in of_sheet(sheet, sandbox=sandbox):
        tab = checkpoint.fact("tab")
        its_own = files_of(Source(sheet, tab), sandbox=sandbox).checkpoint.name
        if tab and its_own.casefold() == checkpoint.path.name.casefold():
            yield checkpoint


def _from_here(path: Path) -> Path:
    return Path(path.name) if path.parent == Path.cwd() else path


def progress_of(entry: BatchEntry) -> Checkpoint | None:
    """The batch's progress file, for reading; None if it is missing or can't be read."""
    return progress_at(Path(entry.path), entry.batch) if entry.path else None


def progress_at(place: Path, batch: str) -> Checkpoint | None:
    """The same for the batch whose progress file is or was at this place."""
    for path in _places(place):
        with suppress(InputError, StorageFailed):
            checkpoint = Checkpoint.look(path)
            if checkpoint is None:
                continue
            with suppress(InputError, StorageFailed):
                if checkpoint.batch_id == batch:
                    return checkpoint
            checkpoint.close()
    return None


def _places(path: Path) -> Iterator[Path]:
    """Its former place, and the dated names next to it, which it gets when a new batch begins."""
    yield path
    stem, dot, rest = path.name.partition(".")
    yield from sorted(path.parent.glob(f"{glob.escape(stem)}.*{dot}{glob.escape(rest)}"))


def last_deposit(entries: Iterable[BatchEntry]) -> Deposit | None:
    """The last balance that any of these batches received, from their progress files."""
    found: list[Deposit] = []
    for entry in entries:
        checkpoint = progress_of(entry)
        if checkpoint is not None:
            with closing(checkpoint), suppress(StorageFailed):
                stated = checkpoint.last_balance()
                found += [] if stated is None else [Deposit(*stated, entry.name)]
    return max(found, key=lambda deposit: deposit.moment, default=None)


def sums(batches: Sequence[PastBatch]) -> Sums:
    entries = [past.entry for past in batches]
    return Sums(
        batches=len(entries),
        rows=sum(entry.rows for entry in entries),
        paid=sum(entry.paid for entry in entries),
        not_paid=sum(entry.not_paid for entry in entries),
        open=sum(entry.open for entry in entries),
        paid_rupiah=sum(entry.paid_rupiah or 0 for entry in entries),
        not_paid_rupiah=sum(entry.not_paid_rupiah or 0 for entry in entries),
        open_rupiah=sum(entry.open_rupiah or 0 for entry in entries),
    )


def by_month(batches: Iterable[PastBatch]) -> dict[str, Sums]:
    """The totals of each month in which a batch was started, the latest first."""
    grouped: dict[str, list[PastBatch]] = {}
    for past in batches:
        grouped.setdefault(past.month, []).append(past)
    return {month: sums(grouped[month]) for month in sorted(grouped, reverse=True)}


def by_group(batches: Iterable[PastBatch], month: str) -> dict[str, tuple[int, int]]:
    """Rupiah paid and open of the batches started in this month, by group, the dearest first."""
    paid: Counter[str] = Counter()
    open_: Counter[str] = Counter()
    for past in batches:
        for one in past.postings if past.month == month else ():
            (paid if one.is_paid else open_)[one.group] += one.rupiah
    names = sorted({*paid, *open_}, key=lambda name: (-paid[name] - open_[name], name))
    return {name: (paid[name], open_[name]) for name in names}


@dataclass(frozen=True, slots=True)
class Forgettable:
    """What forgetting would do: the batches concerned, their numbers, and the batches that are kept
    because something in them is open.
    """

    counts: Mapping[str, int]
    batches: tuple[BatchEntry, ...]
    still_open: tuple[BatchEntry, ...]

    @property
    def count(self) -> int:
        return sum(self.counts.values())


def assert_forgettable(before: date, today: date, overlap_days: int) -> None:
    """Raises InputError for a day whose claims still protect: today's, by the one-a-day rule (API v3.1,
    ISI PULSA, reason 51), and those that identify a recently paid batch.
    """
    latest = today - timedelta(days=overlap_days)
    if before > latest:
        raise InputError("forget.too_recent", before=before, latest=latest, days=overlap_days)


def forgettable(counts: Mapping[str, int], entries: Iterable[BatchEntry], before: date) -> Forgettable:
    earlier = [entry for entry in entries if entry.started < before.isoformat()]
    return Forgettable(
        counts,
        tuple(entry for entry in earlier if entry.batch in counts),
        tuple(entry for entry in earlier if entry.open and entry.batch not in counts),
    )


def assert_remembered(started: date | None, forgotten_before: date | None) -> None:
    """Raises InputError for a batch that was started before the last forgotten day: we can no longer see who
    has been paid by other batches since."""
    if started is not None and forgotten_before is not None and started < forgotten_before:
        raise InputError("batch.forgotten", started=started, forgotten=forgotten_before)


def files_left(entries: Iterable[BatchEntry]) -> list[Path]:
    """The files of these batches that still exist and contain their numbers."""
    found: Counter[Path] = Counter()
    for entry in entries:
        checkpoint = progress_of(entry)
        if checkpoint is not None:
            with closing(checkpoint):
                found.update(path for path in _beside(checkpoint) if path.is_file())
    return sorted(found)


def _beside(checkpoint: Checkpoint) -> Iterator[Path]:
    path = checkpoint.path
    yield path
    stem = path.name.removesuffix(".db").removesuffix(".checkpoint")
    yield from (path.with_name(f"{stem}.results{suffix}") for suffix in (".xlsx", ".csv"))
    yield path.with_name(checkpoint.fact("file"))
    for pattern in (f"{glob.escape(stem)}.results (*)*", f"{glob.escape(stem)}.*.plan"):
        yield from path.parent.glob(pattern)

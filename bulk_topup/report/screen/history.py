"""The batches so far, by month, and where their progress files are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from bulk_topup.record.batches import PastBatch, by_group, by_month
from bulk_topup.report.screen.batch import sending_words
from bulk_topup.report.screen.report import Report, Whole, aligned
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from bulk_topup.record.ledger.values import BatchEntry

HEADINGS = (
    "column.date",
    "column.name",
    "summary.rows",
    "paid.yes",
    "paid.no",
    "summary.open",
    "history.paid_rupiah",
)


def history_report(batches: Sequence[PastBatch], month: str | None, record: str) -> Report:
    """The whole `record`, or one month of it (`2026-11`)."""
    facts = {
        "record": record,
        "batches": list(map(_batch_facts, batches)),
        "months": [
            {
                "month": month,
                "batches": of.batches,
                **{name: getattr(of, name) for name in _AMOUNTS},
                "groups": _group_facts(batches, month),
            }
            for month, of in by_month(batches).items()
        ],
    }
    table = map(Whole, _table_of(batches)) if batches else ()
    return Report(facts, [*table, *_lines(batches, month)])


def _batch_facts(past: PastBatch) -> dict[str, object]:
    entry = past.entry
    return {
        "date": entry.started,
        **{name: getattr(entry, name) for name in ("name", "batch", "account", "base_url", "touched")},
        **{name: getattr(entry, name) for name in _AMOUNTS},
        "plan_code": entry.plan_code,
        "approved_by": entry.approver,
        "sendings": [asdict(one) for one in past.sendings],
        "progress_file": str(past.file or entry.path),
        "progress_file_found": past.file is not None,
    }


def _group_facts(batches: Sequence[PastBatch], month: str) -> list[dict[str, object]]:
    return [
        {"name": name, "paid_rupiah": paid, "open_rupiah": open_}
        for name, (paid, open_) in by_group(batches, month).items()
    ]


_AMOUNTS = ("rows", "paid", "not_paid", "open", "paid_rupiah", "not_paid_rupiah", "open_rupiah")


def _lines(batches: Sequence[PastBatch], wanted: str | None) -> Iterator[str]:
    if not batches:
        yield say.text("history.none" if wanted is None else "history.none_in", month=wanted)
        return
    yield ""
    for month, of in by_month(batches).items():
        yield say.text("history.month", month=month, **asdict(of))
        for name, (paid, open_) in by_group(batches, month).items():
            name = name or say.text("summary.no_group")
            yield say.text("history.group", name=name, paid=paid, open=open_)
    if any(past.entry.paid_rupiah is None for past in batches):
        yield say.text("history.no_rupiah")


def _table_of(batches: Sequence[PastBatch]) -> Iterator[str]:
    """A header and the lines of each batch: its sums, who sent and approved it, and its file."""
    cells = [_cells(past.entry) for past in batches]
    heading, *rows = aligned([[*map(say.text, HEADINGS)], *cells], amounts=range(2, len(HEADINGS)))
    yield heading
    for past, row in zip(batches, rows, strict=True):
        yield row
        yield from _sent_by(past)
        yield say.text(_place_code(past), path=past.file or past.entry.path)


def _cells(entry: BatchEntry) -> tuple[str, ...]:
    rupiah = "-" if entry.paid_rupiah is None else say.money(entry.paid_rupiah)
    counts = (say.number(count) for count in (entry.rows, entry.paid, entry.not_paid, entry.open))
    return (say.date(entry.started), say.printable(entry.name), *counts, rupiah)


def _sent_by(past: PastBatch) -> Iterator[str]:
    """A line for each time that something was sent; without a progress file, what the record knows."""
    yield from map(sending_words, past.sendings)
    if not past.sendings and past.entry.plan_code:
        approved = say.approved_words(past.entry.approver)
        yield say.text("history.last_code", code=past.entry.plan_code, approved=approved)


def _place_code(past: PastBatch) -> str:
    if past.file is not None:
        return "history.file"
    return "history.file_gone" if past.entry.path else "history.file_never"

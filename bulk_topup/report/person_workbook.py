"""All that is kept of one number, as a workbook: for the person whose number it is, who may ask for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_topup.report.tables import STATUS_COLOURS, OutputTab, SummaryRow, TabRow, Tell
from bulk_topup.report.words import say
from bulk_topup.report.workbook import write_workbook

if TYPE_CHECKING:
    from bulk_topup.report.sent_to import PersonRecord

ROWS = (
    "summary.batch",
    "column.row",
    "column.name",
    "column.product_sent",
    "column.nominal",
    "column.status",
    "column.reason",
    "column.sent_at",
    "column.invoice",
    "column.serial",
    "find.file_debited",
    "find.file_now",
    "find.file_in_sheet",
)
TRAIL = (
    "summary.batch",
    "column.row",
    "column.time",
    "find.file_what",
    "find.file_who",
    "find.file_settled",
    "column.invoice",
    "column.serial",
    "find.file_debited",
    "find.file_words",
)


def write_person(target: Path, found: PersonRecord, *, rehearsal: bool, tell: Tell) -> Path:
    """The rows by batch, and what happened to them; path and errors as in `write_workbook`."""
    tabs = [
        OutputTab(say.text("find.file_rows"), [*map(say.text, ROWS)], _rows(found), (6, 12)),
        OutputTab(say.text("find.file_trail"), [*map(say.text, TRAIL)], _trail(found), (9,)),
    ]
    return write_workbook(
        target, tabs, list(_summary(found)), rehearsal=rehearsal, failure="results.unwritable", tell=tell
    )


def _summary(found: PersonRecord) -> Iterator[SummaryRow]:
    yield SummaryRow([say.text("find.file_title", number=found.number)], is_title=True)
    yield SummaryRow([say.text("find.file_searched", count=found.batches)])
    for entry in found.unread:
        yield SummaryRow([say.text("find.unread", name=entry.name, day=entry.started, path=entry.path)])
    if found.forgotten_before is not None:
        yield SummaryRow([say.text("find.forgotten", day=found.forgotten_before)])


def _rows(found: PersonRecord) -> Iterator[TabRow]:
    for one in found.sent:
        values = (
            *(one.name, one.place, one.person, one.product, one.nominal, str(one.status)),
            *(one.reason, one.sent_at, one.invoice, one.serial, one.debited, str(one.now), one.in_sheet),
        )
        yield TabRow(values, {5: STATUS_COLOURS[one.status]})


def _trail(found: PersonRecord) -> Iterator[TabRow]:
    for one in found.sent:
        for each in one.trail:
            at, settled = (str(each[name] or "")[:19].replace("T", " ") for name in ("at", "settled_at"))
            said = (each["invoice"], each["serial"], each["debited"], each["words"])
            yield TabRow((one.name, one.place, at, each["what"], each["who"], settled, *said))

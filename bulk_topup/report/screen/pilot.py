"""The outcome of the first top-ups, before the rest is sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bulk_topup.core.status import Status
from bulk_topup.report.screen.report import ROWS_SHOWN, Report
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from bulk_topup.rules.pilot import Pilot


def pilot_report(pilot: Pilot, total: int) -> Report:
    facts = {
        "top_ups": pilot.total,
        "of": total,
        "rows": {str(status): pilot.rows.get(status, 0) for status in Status},
        "debited": pilot.debited,
        "listed": pilot.listed,
        "differing": [
            {**say.row_facts(row), "debited": debited, "listed": listed}
            for row, debited, listed in pilot.differing
        ],
    }
    return Report({"pilot": facts}, ["", *_lines(pilot, total)])


def _lines(pilot: Pilot, total: int) -> Iterator[str]:
    yield say.text("pilot.title", count=pilot.total, total=total)
    for status in filter(pilot.rows.get, Status):
        yield f"    {say.number(pilot.rows[status]):>7}  {status} - {say.text(f'status.{status}')}"
    yield say.text("pilot.debits", debited=pilot.debited, listed=pilot.listed)
    for row, debited, listed in pilot.differing[:ROWS_SHOWN]:
        yield say.text("pilot.differs", row=row, debited=debited, listed=listed)
    if (more := len(pilot.differing) - ROWS_SHOWN) > 0:
        yield say.text("pilot.more_differ", count=more)

"""The outcome of a batch's rows, and of its first ones before the rest is sent; where the results are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bulk_topup.core.model import Halt
from bulk_topup.core.row_names import TAB_ROWS
from bulk_topup.core.status import Paid, Status
from bulk_topup.report.screen.report import ROWS_SHOWN, Report, Tone, Toned
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from bulk_topup.record.tally import Tally
    from bulk_topup.rules.pilot import Pilot


def tally_report(total: Tally, *, results: Path | None = None, halt: Halt | None) -> Report:
    facts = {
        **_by_status(total),
        **({"tabs": _tab_facts(total)} if total.tab_rows else {}),
        "halt": None if halt is None else {"code": halt.code, **halt.facts},
        "results": None if results is None else str(results),
    }
    written = [] if results is None else [say.text("tally.results", path=results)]
    return Report(facts, [*tally_lines(total), *written])


def _tab_facts(total: Tally) -> list[dict[str, object]]:
    return [
        {
            "tab": say.tab_of(tab * TAB_ROWS),
            **{paid.name.lower(): total.tab_rows[tab, paid] for paid in Paid},
            "rupiah": total.tabs[tab, Paid.YES],
        }
        for tab in sorted({tab for tab, _ in total.tab_rows})
    ]


class RunTab(NamedTuple):
    """A batch of one `tab` of a workbook, or of several `tabs`; `sheet` is how a command is told of it."""

    sheet: str
    tabs: Sequence[str]
    tab: str
    total: Tally


def tabs_report(file: str, found: Sequence[RunTab]) -> Report:
    """What became of the tabs of a workbook that were run one by one, or some of them together."""
    facts: list[dict[str, object]] = []
    lines = [say.text("tally.by_tab", file=file)]
    for run in found:
        say.name_tabs(run.tabs)
        if run.tabs:
            facts += _tab_facts(run.total)
            lines += [say.text("tally.together", sheet=run.sheet), *_tab_lines(run.total)]
        else:
            counts = {paid.name.lower(): run.total.rows_paid(paid) for paid in Paid}
            one = {"tab": run.tab, **counts, "rupiah": run.total.rupiah_paid(Paid.YES)}
            facts.append(one)
            lines.append(say.text("tally.tab", **one))
    return Report({**_by_status(*(run.total for run in found)), "tabs": facts}, lines)


def _by_status(*totals: Tally) -> dict[str, object]:
    return {
        name: {str(status): sum(getattr(total, name)[status] for total in totals) for status in Status}
        for name in ("rows", "nominal", "rupiah")
    }


def tally_lines(total: Tally) -> Iterator[str]:
    yield say.text("tally.title", rows=total.total)
    for paid in Paid:
        yield count_line(f"paid.{paid.name.lower()}", total.rows_paid(paid), tone=TONES[paid])
        for status in Status:
            if status.paid is paid and total.rows[status]:
                words = f"{status} - {_meaning(status, total.by_hand[status])}"
                count, rupiah = say.number(total.rows[status]), say.money(total.rupiah[status])
                yield f"    {count:>7}  {rupiah:>14}  {words}"
    yield from _tab_lines(total)


def _tab_lines(total: Tally) -> Iterator[str]:
    for facts in _tab_facts(total):
        yield say.text("tally.tab", **facts)


def count_line(code: str, count: int, rupiah: int | None = None, *, tone: Tone | None = None) -> str:
    width = max(20, *(len(say.text(label)) for label in COUNTED))
    amount = "" if rupiah is None else f"  {say.money(rupiah):>16}"
    line = f"  {say.text(code):<{width}} {say.number(count):>7}{amount}"
    return Toned(line, tone) if tone and count else line


COUNTED = (
    *("plan.orders", "plan.attempted", "plan.held", "plan.rows"),
    *(f"paid.{paid.name.lower()}" for paid in Paid),
)
"""Labels that are aligned as one list."""

TONES = {Paid.YES: Tone.PAID, Paid.NO: Tone.HELD, Paid.ASK: Tone.ASK}


def _meaning(status: Status, by_hand: int) -> str:
    """What the status means; says so if a person closed the row."""
    code = "status.gagal_by_hand" if by_hand and status is Status.GAGAL else f"status.{status}"
    return say.text(code, count=by_hand)


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
    return Report({"pilot": facts}, ["", *_pilot_lines(pilot, total)])


def _pilot_lines(pilot: Pilot, total: int) -> Iterator[str]:
    yield say.text("pilot.title", count=pilot.total, total=total)
    for status in filter(pilot.rows.get, Status):
        yield f"    {say.number(pilot.rows[status]):>7}  {status} - {say.text(f'status.{status}')}"
    yield say.text("pilot.debits", debited=pilot.debited, listed=pilot.listed)
    for row, debited, listed in pilot.differing[:ROWS_SHOWN]:
        yield say.text("pilot.differs", row=row, debited=debited, listed=listed)
    if (more := len(pilot.differing) - ROWS_SHOWN) > 0:
        yield say.text("pilot.more_differ", count=more)

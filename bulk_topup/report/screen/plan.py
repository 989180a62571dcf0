"""The plan as lines on the screen and as facts of `--json`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bulk_topup.report.screen.tally import ROWS_SHOWN, count_line
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bulk_topup.core.model import Deposit, Finding
    from bulk_topup.rules.differences import Difference
    from bulk_topup.rules.plan import Plan

FINDINGS_SHOWN = 20


ALIKE_SHOWN = 5
"""More findings of a kind than this are one line."""


def plan_lines(plan: Plan) -> Iterator[str]:
    sheet = plan.rows.sheet
    yield say.text("plan.title", file=sheet.path.name, tab=f" ({sheet.tab})" if sheet.tab else "")
    yield count_line("plan.orders", len(plan.orders), plan.cost)
    if len(plan.attempted):
        yield count_line("plan.attempted", len(plan.attempted)) + _open_among(plan)
    if plan.held:
        yield count_line("plan.held", len(plan.held))
    yield from _held_lines(plan)
    yield count_line("plan.rows", plan.rows_in)
    if not len(plan.orders):
        yield say.text("plan.nothing")
        return
    yield say.text("plan.by_operator")
    for operator, count, rupiah in plan.by_operator():
        yield f"    {operator:<18} {say.number(count):>7}  {say.money(rupiah):>16}"


def _open_among(plan: Plan) -> str:
    rows = plan.still_open()
    if not rows:
        return ""
    finished = len(plan.attempted) - len(rows)
    return "  " + say.text("plan.open", finished=finished, open=len(rows), rows=say.rows(rows, ROWS_SHOWN))


def _held_lines(plan: Plan) -> Iterator[str]:
    """One line a kind, what holds most rows first."""
    by_kind: dict[str, list[int]] = {}
    for code, rows in plan.held_by_code().items():
        by_kind.setdefault(say.text("kind." + code), []).extend(rows)
    for kind, rows in sorted(by_kind.items(), key=lambda item: -len(item[1])):
        yield _rows_line(kind, sorted(rows))


def _rows_line(words: str, rows: Sequence[int]) -> str:
    return f"    {say.number(len(rows)):>7}  {words} ({say.rows(rows, ROWS_SHOWN)})"


def finding_lines(findings: Iterable[Finding]) -> Iterator[str]:
    """In the sheet's order: one line a row with all that was found there, but one for many rows alike."""
    found = list(findings)
    counts = Counter((finding.code, finding.column) for finding in found)
    lines: dict[int | tuple[str, str], list[Finding]] = {}
    for finding in found:
        kind = finding.code, finding.column
        lines.setdefault(finding.row if counts[kind] <= ALIKE_SHOWN else kind, []).append(finding)
    for place, together in lines.items():
        yield _row_line(place, together) if isinstance(place, int) else _alike_line(together)


def _row_line(row: int, found: Iterable[Finding]) -> str:
    return say.text("row", row=row, found=" · ".join(map(say.finding_in_row, found)))


def _alike_line(found: Sequence[Finding]) -> str:
    first = found[0]
    column = f"{say.printable(first.column)}: " if first.column else ""
    rows = say.rows([finding.row for finding in found], ROWS_SHOWN)
    facts = {"count": len(found), "kind": column + say.text(f"kind.{first.code}"), "rows": rows}
    return say.text("rows.alike", **facts, first=say.finding(first))


def deposit_facts(deposit: Deposit | None, cost: int) -> dict[str, object] | None:
    if deposit is None:
        return None
    missing = max(0, cost - deposit.balance)
    return {"balance": deposit.balance, "at": deposit.moment, "batch": deposit.batch, "missing": missing}


def change_line(change: Difference) -> str:
    facts = dict(change.facts)
    if change.rows:
        facts["rows"] = say.rows(change.rows, ROWS_SHOWN)
    if "why" in facts:
        facts["why"] = say.text(f"kind.{facts['why']}")
    return say.text(change.code, **facts)


def plan_facts(plan: Plan) -> Mapping[str, object]:
    return {
        "code": plan.code,
        "rows": plan.rows_in,
        "orders": len(plan.orders),
        "sent_with_warning": len(plan.warned()),
        "sent_before": len(plan.attempted),
        "held": len(plan.held),
        "cost": plan.cost,
        "operators": [
            dict(zip(("name", "orders", "cost"), group, strict=True)) for group in plan.by_operator()
        ],
        "findings": [_finding_facts(found) for found in plan.findings],
    }


def _finding_facts(found: Finding) -> dict[str, object]:
    names = ("row", "level", "code", "column", "value")
    return {**{name: getattr(found, name) for name in names}, "message": say.finding(found)}

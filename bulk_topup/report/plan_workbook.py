"""The plan as a workbook: the user's own sheet, with what is wrong where, and what sending it would cost.

It can be corrected and fed back in: none of our headers is taken for one of the user's, and an ambiguous cell
never turns into plain text that hides the ambiguity.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_topup.core.model import Deposit, Finding, Level, OddCell
from bulk_topup.report.screen.plan import overlap_report
from bulk_topup.report.tables import (
    Colour,
    OutputTab,
    SummaryRow,
    TabRow,
    Tell,
    Value,
    row_value,
    signature_rows,
)
from bulk_topup.report.words import say
from bulk_topup.report.words.translation import in_each
from bulk_topup.report.workbook import SHEET_MAX_ROWS, write_workbook

if TYPE_CHECKING:
    from bulk_topup.rules.plan import Plan
    from bulk_topup.rules.rows import Rows

PLAN_COLUMNS = (
    "column.check",
    "column.to_do",
    "column.checked_number",
    "column.checked_product",
    "column.checked_nominal",
    "column.checked_price",
    "column.sheet_row",
)

LEVEL_COLOURS = {Level.ERROR: Colour.RED, Level.WARNING: Colour.AMBER}


def write_plan(
    target: Path,
    plan: Plan,
    *,
    account: str,
    moment: str,
    budget: int | None,
    deposit: Deposit | None,
    rehearsal: bool,
    tell: Tell,
    max_rows: int = SHEET_MAX_ROWS,
) -> Path:
    """`moment` is when it was checked (ISO text, WIB); path and errors as in `write_workbook`."""
    own = own_columns(plan.rows.sheet.header)
    header = [plan.rows.sheet.header[position] for position in own]
    tab = OutputTab(
        title=say.text("plan.tab_rehearsal") if rehearsal else say.text("plan.tab"),
        header=[*header, *map(say.text, PLAN_COLUMNS)],
        rows=plan_rows(plan, own),
        sentences=[len(own) + PLAN_COLUMNS.index("column.to_do")],
    )
    summary = plan_summary_rows(plan, account, moment, budget, deposit)
    return write_workbook(
        target, [tab], summary, rehearsal=rehearsal, failure="plan.unwritable", max_rows=max_rows, tell=tell
    )


def own_columns(header: Sequence[str]) -> list[int]:
    """The positions of the user's columns: all but ours, if an earlier plan's workbook is fed back in."""
    width, blocks = len(PLAN_COLUMNS), in_each(PLAN_COLUMNS)
    starts = [at for at in range(len(header)) if tuple(header[at : at + width]) in blocks]
    ours = {start + offset for start in starts for offset in range(width)}
    return [at for at in range(len(header)) if at not in ours]


# -- the rows ----------------------------------------------------------------------------------------------


def plan_rows(plan: Plan, own: Sequence[int]) -> Iterator[TabRow]:
    """Every row of the sheet in order: the columns `own`, then PLAN_COLUMNS."""
    sheet, table = plan.rows.sheet, plan.rows.table
    found = {row: list(group) for row, group in groupby(plan.findings, key=lambda finding: finding.row)}
    places = _places(plan.rows)
    cells = sheet.cells[list(own)].itertuples(name=None)
    meanings = table[["number", "product", "nominal", "price"]].itertuples(index=False, name=None)
    for (row, *texts), (number, product, nominal, price) in zip(cells, meanings, strict=True):
        findings = found.get(row, [])
        own_cells = dict(zip(own, texts, strict=True))
        shown, colours = _own_part(row, own_cells, sheet.odd, _wrong_cells(findings, places))
        check, colours[len(own)] = _check(plan, row, findings)
        what = " · ".join(map(say.finding_in_row, findings))
        understood = number, product, int(nominal) or None, int(price) or None
        yield TabRow(
            (*shown, check, what, *understood, row_value(int(row))), colours, hidden=row in sheet.hidden
        )


def _own_part(
    row: int, cells: Mapping[int, str], odd: Mapping[tuple[int, int], OddCell], wrong: Mapping[int, Finding]
) -> tuple[list[str], dict[int, Colour]]:
    """The user's own cells (given by their positions in the sheet), and the colours of the wrong ones."""
    texts = [_shown(text, (row, at) in odd, wrong.get(at)) for at, text in cells.items()]
    colours = {n: LEVEL_COLOURS[wrong[at].level] for n, at in enumerate(cells) if at in wrong}
    return texts, colours


def _places(rows: Rows) -> Mapping[str, list[int]]:
    """Positions by the column's name in findings; several if the user's headers repeat a name."""
    columns = rows.sheet.columns
    status = columns.fed_back.get("status")
    positions = (columns.number, columns.product, columns.nominal, columns.itrx, status)
    places: dict[str, list[int]] = {}
    for position in positions:
        if position is not None:
            places.setdefault(rows.column_name(position), []).append(position)
    # Findings about earlier payments name no column; they are about the number.
    return {"": [columns.number], **places}


def _wrong_cells(findings: Iterable[Finding], places: Mapping[str, list[int]]) -> dict[int, Finding]:
    """The most severe finding of each cell, by its position."""
    wrong: dict[int, Finding] = {}
    for finding in findings:
        for position in places.get(finding.column, []):
            if position not in wrong or finding.level is Level.ERROR:
                wrong[position] = finding
    return wrong


def _shown(text: str, is_odd: bool, finding: Finding | None) -> str:
    """The cell's text. An odd one says what it was, because plain text would hide it from the next check."""
    if not is_odd or finding is None:
        return text
    return f"{text} ({say.text('kind.' + finding.code)})".lstrip()


def _check(plan: Plan, row: int, findings: Sequence[Finding]) -> tuple[str, Colour]:
    if row in plan.held:
        return say.text("plan.row_held"), Colour.RED
    if row in plan.attempted.index:
        return say.text("plan.attempted"), Colour.GREY
    if findings:
        return say.text("plan.row_warned"), Colour.AMBER
    return say.text("plan.row_order"), Colour.GREEN


# -- the summary -------------------------------------------------------------------------------------------


def plan_summary_rows(
    plan: Plan, account: str, moment: str, budget: int | None, deposit: Deposit | None
) -> Iterator[SummaryRow]:
    """What is approved, then counts and rupiah, then what the whole sheet calls for."""
    for facts in _approved(plan, account, moment):
        yield SummaryRow(facts)
    yield SummaryRow()
    yield SummaryRow(("", say.text("summary.rows"), say.text("summary.rupiah")), bold=True)
    yield SummaryRow((say.text("plan.orders"), len(plan.orders), plan.cost), bold=True)
    for operator, count, rupiah in plan.by_operator():
        yield SummaryRow((f"    {operator}", count, rupiah))
    yield SummaryRow((say.text("plan.attempted"), len(plan.attempted)), bold=True)
    yield SummaryRow((say.text("plan.held"), len(plan.held)), bold=True)
    for kind, count in _held_by_kind(plan).most_common():
        yield SummaryRow((f"    {kind}", count))
    yield SummaryRow((say.text("plan.rows"), plan.rows_in), bold=True)
    yield SummaryRow((say.text("summary.warnings"), sum(f.level is Level.WARNING for f in plan.findings)))
    if budget is not None:
        yield SummaryRow((say.text("summary.budget"), None, budget))
    if deposit is not None:
        yield SummaryRow((say.text("summary.last_deposit"), None, deposit.balance))
        stated = {"moment": deposit.moment, "batch": deposit.batch}
        yield SummaryRow((say.text("summary.deposit_at", **stated),))
        yield SummaryRow((say.text("summary.missing"), None, max(0, plan.cost - deposit.balance)))
    for words in _warnings(plan):
        yield SummaryRow((words,))
    yield from signature_rows()


def _approved(plan: Plan, account: str, moment: str) -> Iterator[tuple[Value, ...]]:
    sheet = plan.rows.sheet
    code = plan.code if len(plan.orders) else say.text("plan.nothing").strip()
    yield say.text("summary.code"), code
    yield say.text("summary.file"), sheet.path.name
    yield say.text("summary.sha256"), sheet.sha256
    yield say.text("summary.tab"), sheet.tab
    yield say.text("summary.account"), account
    yield say.text("summary.base_url"), str(plan.document.facts["base_url"])
    yield say.text("summary.checked_at"), say.date(moment)


def _held_by_kind(plan: Plan) -> Counter[str]:
    counts: Counter[str] = Counter()
    for code, rows in plan.held_by_code().items():
        counts[say.text("kind." + code)] += len(rows)
    return counts


def _warnings(plan: Plan) -> Iterator[str]:
    for notice in plan.rows.sheet.notices:
        yield say.text(notice.code, **notice.facts)
    yield from overlap_report(plan).warnings

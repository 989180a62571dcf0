"""The results in words, one line per row. `results_workbook` lays them out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bulk_topup.core.results_columns import ResultLine
from bulk_topup.core.status import Status
from bulk_topup.record.tally import sent_at
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from bulk_topup.record.lines import Line


def result_line(line: Line, *, rehearsal: bool = False) -> ResultLine:
    attempt = line.attempt or {}
    left_at = sent_at(line)
    final = line.status in {Status.SUKSES, Status.PENDING}
    return ResultLine(
        cells=line.cells,
        paid=line.status.paid,
        status=line.status,
        reason_code=attempt.get("reason_code") or "",
        reason=reason(line, rehearsal=rehearsal),
        invoice=attempt.get("invoice") or "",
        serial=attempt.get("serial") or "",
        price=line.price,
        debited=attempt.get("debited") if final else None,
        product_sent=line.product if left_at else "",
        number_sent=line.number if left_at else "",
        sent_at=left_at,
    )


def what_to_ask(line: Line) -> str:
    """The question to the provider about an open row, and what to fill in."""
    invoice = (line.attempt or {}).get("invoice")
    if line.status is Status.PENDING:
        code = "ask.pending"
    elif line.status is Status.ACCEPTED:
        code = "ask.accepted"
    else:
        code = "ask.invoice" if invoice else "ask.unknown"
    return say.text(
        code, product=line.product, number=line.number, sent_at=sent_at(line), invoice=invoice or ""
    )


def reason(line: Line, *, rehearsal: bool = False) -> str:
    """Why the row has its status, in plain words, with the provider's own words if there are any."""
    parts = [say.text("results.rehearsal")] if rehearsal else []
    if line.removed:
        parts.append(say.text("removed_from_sheet", row=line.row))
    if line.note and line.status in {Status.UNSENT, Status.DUPLICATE}:
        parts.append(say.text(line.note["code"], **line.note["facts"]))
    elif line.attempt:
        parts.append(
            say.attempt(line.status, line.attempt["code"] or "outcome.interrupted", line.attempt["reason"])
        )
        parts.append(_tries(line))
        parts.append("" if line.closed is None else say.closed_by_hand_words(*line.closed))
    elif line.status is Status.UNSENT and not line.why:
        parts.append(say.text("unsent.not_reached"))
    parts += [say.finding_in_row(finding) for finding in line.why]
    return " · ".join(part for part in parts if part)


def _tries(line: Line) -> str:
    """How often it was tried, and the last answer if an earlier one determines the status."""
    if line.tries < 2 or line.status is Status.SUKSES:
        return ""
    code = "tries.last_answer" if line.last_answer else "tries"
    return say.text(code, count=line.tries, answer=line.last_answer)


def own_cells(cells: Sequence[str], width: int) -> Sequence[str]:
    """As many cells as there are headers. Raises ValueError for more."""
    if len(cells) > width:
        raise ValueError(f"{len(cells)} cells under {width} headings would shift the results columns")
    return [*cells, *[""] * (width - len(cells))]

"""Single rows of a batch: open, closed by a person, held back from resending."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from bulk_topup.core.errors import BulkTopupError
from bulk_topup.core.status import Status
from bulk_topup.record.tally import sent_at
from bulk_topup.report.screen.report import ROWS_SHOWN, Report
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from bulk_topup.record.checkpoint.values import OpenOrder
    from bulk_topup.record.lines import Line
    from bulk_topup.sending.resend import Obstacle
    from bulk_topup.sending.resolve import Verdict


def open_report(lines: Sequence[Line], name_at: int | None) -> Report:
    """`name_at` is where the names stand among the cells; None if the sheet has none."""
    facts = [
        {**_who(line, name_at), "product": line.product, "status": line.status, "sent_at": sent_at(line)}
        for line in lines
    ]
    shown = [_row_line(line, name_at, say.text(f"status.{line.status}")) for line in lines[:ROWS_SHOWN]]
    return Report({"open_rows": facts}, [*shown, *_more(len(lines))])


def closed_report(lines: Iterable[Line], name_at: int | None) -> Report:
    closed = [(line, *line.closed) for line in lines if line.closed]
    facts = [
        {**_who(line, name_at), "status": line.status, "at": at, "by": by, "note": note}
        for line, at, by, note in closed
    ]
    shown = [_row_line(line, name_at, say.closed_by_hand_words(*why)) for line, *why in closed[:ROWS_SHOWN]]
    return Report({"closed_rows": facts}, [*shown, *_more(len(closed))])


def _who(line: Line, name_at: int | None) -> dict[str, object]:
    return {**say.row_facts(line.row), "name": line.person(name_at), "number": line.number}


def _row_line(line: Line, name_at: int | None, words: str) -> str:
    who = ", ".join(filter(None, (line.person(name_at), line.number)))
    facts = {"row": line.row, "who": who, "product": line.product, "status": line.status}
    return say.text("open.row", **facts, words=words)


def _more(count: int) -> list[str]:
    return [say.text("open.more", count=count - ROWS_SHOWN)] if count > ROWS_SHOWN else []


def resolved_report(verdict: Verdict, before: Status, status: Status) -> Report:
    code = f"status.{status}"
    if status is Status.GAGAL and not verdict.invoice:
        code = "resolve.not_sent_but_held" if before is Status.ACCEPTED else "resolve.not_sent"
    facts = {"row": verdict.place, "number": verdict.number, "status": status}
    return Report({}, [say.text("resolve.done", **facts, words=say.text(code))])


def refused_report(problems: Iterable[BulkTopupError]) -> Report:
    refused = [{"code": problem.code, "message": say.error(problem)} for problem in problems]
    return Report(
        {"refused": refused}, warnings=[say.text("error", message=one["message"]) for one in refused]
    )


def not_resent_report(held: Sequence[tuple[OpenOrder, Obstacle]]) -> Report:
    facts, lines = [], []
    for open_, why in held:
        row, number = open_.order.row, open_.order.number
        facts.append({**say.row_facts(row), "number": number, "code": why, "invoice": open_.invoice})
        lines.append(say.text("resend.held", row=row, number=number, why=say.text(why)))
    return Report({"not_resent": facts}, lines)

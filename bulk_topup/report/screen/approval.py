"""A plan that one person approves and another sends, by its code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from bulk_topup.core.errors import BulkTopupError, StorageFailed
from bulk_topup.report.screen.report import ROWS_SHOWN, Report
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from bulk_topup.rules.differences import Difference
    from bulk_topup.rules.plan import Plan
    from bulk_topup.rules.signing import Statement
    from bulk_topup.sending.job import Approval


def approvable_report(code: str, command: str, signatures: Mapping[str, object]) -> Report:
    """`command` sends the plan with this code, or signs it; the next steps say how."""
    return Report({"approval": {"code": code, "command": command, **signatures}})


def signatures_facts(
    needed: int, judged: Iterable[tuple[Statement, BulkTopupError | None]]
) -> dict[str, object]:
    """How many a plan needs, and those beside the sheet, each with why it does not count."""
    beside = [
        {
            "name": said.name,
            "key": said.key,
            "at": said.at,
            "problem": None if problem is None else say.error(problem),
            "rejected": said.rejected or None,
        }
        for said, problem in judged
    ]
    return {"needed": needed, "signatures": beside}


def not_approvable_report(code: str, failure: StorageFailed, needed: int) -> Report:
    facts = {"approval": {"code": code, "command": None, **signatures_facts(needed, ())}}
    return Report(facts, warnings=[say.text("notice", message=say.error(failure))])


def approved_report(plan: Plan, approval: Approval) -> Report:
    facts = {"code": approval.code, "by": approval.by}
    line = say.text("approval.holds", **facts, count=len(plan.orders), cost=plan.cost)
    return Report({"approved": facts}, [line])


def changes_report(changes: Iterable[Difference]) -> Report:
    told = [{"code": change.code, "message": change_line(change)} for change in changes]
    return Report({"changes": told}, warnings=["  " + change["message"] for change in told])


def change_line(change: Difference) -> str:
    facts = dict(change.facts)
    if change.rows:
        facts["rows"] = say.rows(change.rows, ROWS_SHOWN)
    if "why" in facts:
        facts["why"] = say.text(f"kind.{facts['why']}")
    return say.text(change.code, **facts)

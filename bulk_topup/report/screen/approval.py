"""A plan that one person approves and another sends, by its code or by keys, and who approves by key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_topup.core.errors import BulkTopupError, StorageFailed
from bulk_topup.report.screen.report import ROWS_SHOWN, Report, Whole
from bulk_topup.report.words import say
from bulk_topup.rules import signing

if TYPE_CHECKING:
    from bulk_topup.rules.approval import Document
    from bulk_topup.rules.approvers import Approvers
    from bulk_topup.rules.differences import Difference
    from bulk_topup.rules.plan import Plan
    from bulk_topup.rules.signing import Statement
    from bulk_topup.sending.job import Approval


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


def approvers_report(approvers: Approvers, head: str) -> Report:
    """`head` is the hash of the last change."""
    who = [{"name": one.name, "key": one.key, "user": one.user} for one in approvers.by_key.values()]
    policy = [{"above": above, "signatures": count} for above, count in sorted(approvers.policy.items())]
    facts = {"approvers": who, "policy": policy if who else [], "head": head}
    if not who:
        return Report(facts, [say.text("approver.none")])
    lines = [say.text("approver.one", **one) for one in who]
    lines += [say.text("approver.policy", **one) for one in policy]
    return Report(facts, [*lines, say.text("approver.head", head=head)])


def made_report(public: str, request: Path | None = None) -> Report:
    key = signing.fingerprint(public)
    code = "approver.made" if request is None else "approver.requested"
    return Report({"key": key}, [say.text(code, key=key, path=request)])


def to_approve_report(document: Document, statement: Statement) -> Report:
    facts, orders = document.facts, document.orders
    products = {str(code): int(count) for code, count in orders["product"].value_counts().items()}
    shown: Mapping[str, object] = {
        "plan": statement.plan,
        "file": facts["file"],
        "tab": facts["tab"],
        "account": statement.account,
        "month": facts["month"],
        "budget": facts["budget"],
        "checked": statement.checked,
        "orders": len(orders),
        "people": statement.people,
        "nominal": statement.nominal,
        "cost": statement.cost,
        "products": [{"product": code, "count": count} for code, count in products.items()],
    }
    lines = [say.text("approve.title", **shown), say.text("approve.sums", **shown)]
    lines += [Whole(f"    {code:<18} {say.number(count):>7}") for code, count in products.items()]
    if facts["overlap"] is not None:
        lines.append(say.text("approval.overlap", **facts["overlap"]))
    return Report({"to_approve": shown}, lines)


def signed_report(statement: Statement, path: Path) -> Report:
    facts = {
        "path": str(path),
        "plan": statement.plan,
        "name": statement.name,
        "key": statement.key,
        "rejected": statement.rejected or None,
    }
    code = "approve.rejected" if statement.rejected else "approve.signed"
    return Report({"signed": facts}, [say.text(code, **facts)])

"""The settings of a batch, and the commands that sent it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from bulk_topup.report.screen.report import Report
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from bulk_topup.record.checkpoint.values import Sending


def at_work_report(holder: str | None) -> Report:
    """Who is working on the batch now; None if nobody is."""
    return Report({"at_work": holder}, [say.text("batch.at_work", holder=holder)] if holder else [])


def batch_report(
    touched: str, committed: int, settings: Mapping[str, str], sendings: Sequence[Sending]
) -> Report:
    """`settings` are `budget` and, from the last run, `plan_code` and `approved_by`; "" if not set."""
    budget = int(settings["budget"]) if settings["budget"] else None
    facts = {"last_touched": touched, "committed": committed, **settings, "budget": budget}
    lines = ["", say.text("batch.touched", moment=say.to_the_minute(touched) or "-")]
    if budget is not None:
        lines.append(say.text("batch.budget", committed=committed, budget=budget))
    lines += _sent_lines(settings, sendings)
    return Report({**facts, "sendings": [asdict(one) for one in sendings]}, lines)


def _sent_lines(settings: Mapping[str, str], sendings: Sequence[Sending]) -> Iterator[str]:
    if len(sendings) > 1:
        yield say.text("batch.sent_in_parts", count=len(sendings))
        yield from map(sending_words, sendings)
        return
    last = asdict(sendings[0]) if sendings else settings
    if last["plan_code"]:
        yield say.text("batch.code", code=last["plan_code"])
    if last["approved_by"]:
        yield say.text("batch.approved", who=last["approved_by"])


def sending_words(one: Sending) -> str:
    """An approver is responsible for what was sent under that plan, and for nothing else of the batch."""
    facts = {"moment": say.to_the_minute(one.at), "who": one.who, "count": one.orders}
    if not one.at:
        return say.text("batch.part_unknown", **facts)
    if not one.plan_code:
        return say.text("batch.part_again", **facts)
    return say.text("batch.part", **facts, code=one.plan_code, approved=say.approved_words(one.approved_by))

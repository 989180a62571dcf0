"""Why a batch stopped early, what is left of it, and how much the deposit is short."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from bulk_topup.core.status import Paid
from bulk_topup.report.screen.report import Report, Step, Whole, step_facts
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from bulk_topup.core.model import Halt
    from bulk_topup.record.tally import Tally


def rest_report(total: Tally, deposit: tuple[int, str] | None, halt: Halt, again: Step) -> Report:
    """After a halt that left rows unsent: the progress, and how to go on.

    `deposit` is the last balance that the provider stated, and when.
    """
    from bulk_topup.provider.outcomes import USED_UP

    facts = {"rest": _rest_facts(total, deposit), "next": step_facts([again])}
    missing = deposit_lines(total, deposit, is_used_up=halt.code == USED_UP)
    command = Whole("      " + say.printable(again.command))
    return Report(facts, warnings=[so_far(total), *missing, again.words, command])


def stopped_report(halt: Halt, at: str) -> Report:
    """Why the last run stopped early, and when (ISO text)."""
    why = say.text("stopped.why", at=say.to_the_minute(at))
    return Report({"halt": {"code": halt.code, **halt.facts, "at": at}}, ["", why, "  " + halt_line(halt)])


def unsent_report(total: Tally, deposit: tuple[int, str] | None, halt: Halt | None) -> Report:
    """What is not sent yet, and how much the deposit is short; `deposit` as for `rest_report`."""
    from bulk_topup.provider.outcomes import USED_UP

    is_used_up = halt is not None and halt.code == USED_UP
    rest = say.text("stopped.rest", rest=total.unsent, rest_rupiah=total.unsent_rupiah)
    missing = deposit_lines(total, deposit, is_used_up=is_used_up)
    return Report({"rest": _rest_facts(total, deposit)}, ["", rest, *missing])


def short_deposit_report(balance: int, needed: int) -> Report:
    facts = {"balance": balance, "needed": needed, "missing": needed - balance}
    return Report({"deposit_short": facts}, warnings=[say.text("balance.short", **facts)])


def halt_line(halt: Halt) -> str:
    return stop_line(halt.code, halt.facts)


def stop_line(code: str, said: Mapping[str, str]) -> str:
    facts: dict[str, object] = dict(said)
    if "cause" in facts:
        facts["cause"] = say.text(str(facts["cause"]))
    reason = facts.get("reason")
    words = say.text(code, **facts)
    return f"{words} {say.text('provider_says', reason=reason)}" if reason else words


def so_far(total: Tally) -> str:
    facts = {"rest": total.unsent, "rest_rupiah": total.unsent_rupiah, "open": total.rows_paid(Paid.ASK)}
    paid = {"paid": total.rows_paid(Paid.YES), "paid_rupiah": total.rupiah_paid(Paid.YES)}
    return say.text("halt.so_far", **facts, **paid)


def deposit_lines(total: Tally, deposit: tuple[int, str] | None, *, is_used_up: bool) -> Iterator[str]:
    """For a deposit that is or will be used up: how much to add for the rest."""
    rest = total.unsent_rupiah
    if deposit is not None and (is_used_up or deposit[0] < rest):
        balance, moment = deposit
        facts = {"rest_rupiah": rest, "balance": balance, "moment": moment, "missing": rest - balance}
        yield say.text("halt.add" if balance < rest else "halt.enough", **facts)
    elif is_used_up:
        yield say.text("halt.add_unknown", rest_rupiah=rest)


def _rest_facts(total: Tally, deposit: tuple[int, str] | None) -> dict[str, int | None]:
    missing = None if deposit is None else max(0, total.unsent_rupiah - deposit[0])
    return {"rows": total.unsent, "rupiah": total.unsent_rupiah, "missing": missing}

"""What to do next after each command, in words and as a command to paste."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bulk_topup.core.errors import Exit
from bulk_topup.core.languages import ENGLISH
from bulk_topup.core.shell import argument, command_line, path_argument
from bulk_topup.core.status import Paid, Status
from bulk_topup.report.screen.report import Step
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from bulk_topup.record.batches import PastBatch
    from bulk_topup.record.tally import Tally
    from bulk_topup.rules.plan import Held, Plan

OPEN_SHOWN = 5
A_SHEET = "payroll.xlsx"
"""Placeholder for the sheet if a command names none."""
NOTE = f'--note "{ENGLISH.name_placeholder}"'
"""In English, because commands to paste are the same in every language."""


@dataclass(frozen=True, slots=True)
class Typed:
    """`options` maps each command to the options of this command line that it also takes.

    `again` is the command that continues where this one stops, with its options.
    """

    options: Mapping[str, str] = field(default_factory=dict)
    again: tuple[str, str] = ("run", "")

    def line(self, name: str, what: str = "", *more: str) -> str:
        """The command with its argument, what was typed, and more options."""
        return command_line(name, what, self.options.get(name, ""), *more)

    def resumed(self, sheet: str, last: LastRun, *more: str) -> str:
        """`run` with the options kept in the progress file, not those of another command."""
        new = [option for option in more if option not in last.kept.split()]
        return command_line("run", sheet, self.options.get("status", ""), last.kept, *new)

    def checked(self, sheet: str, last: LastRun) -> str:
        """The `check` command for what that `run` would send."""
        kept = OF_RUN_ALONE.sub("", last.kept).strip()
        return command_line("check", sheet, self.options.get("status", ""), kept)


class LastRun(NamedTuple):
    """How to resume the last run: its options as `kept`, and those of its approval as `approved`, or "".

    An approval only covers what is not sent yet, and only the unchanged sheet: if the sheet changes, the plan
    must be checked again.
    """

    kept: str = ""
    approved: str = ""
    is_changed: bool = False

    @property
    def is_outdated(self) -> bool:
        return bool(self.approved) and self.is_changed


NO_RUN = LastRun()
OF_RUN_ALONE = re.compile(r"""(^| )--(workers|wait|pilot|output) ("[^"]*"|'[^']*'|[^\s"'])+""")
"""Options that `check` does not take, or that mean something else there."""


# -- of a sheet --------------------------------------------------------------------------------------------


def before(
    typed: Typed, plan: Plan, sheet: Path, run: str, *, needed: int | None, results: Path
) -> Iterator[Step]:
    """Steps after `check`; `run` holds the options with which this plan is sent.

    `needed` is the budget (rupiah) that would be enough if it is exceeded, else None. `results` is the path
    of the results file, once there is one.
    """
    named = path_argument(sheet)
    again = typed.line("check", named)
    if still_open := len(plan.still_open()):
        yield Step(say.text("check.next_open", count=still_open), typed.line("settle", named))
    if needed is not None:
        words = say.text("check.next_budget", needed=needed)
        yield Step(words, re.sub(r" --budget [0-9]+", "", again) + f" --budget {needed}")
    nobody = plan.for_nobody()
    groups = Counter(_held_as(held) for row, held in plan.held.items() if row not in nobody)
    wrong = groups["check.held_wrong"]
    if wrong:
        yield Step(_correct(groups), again)
    if len(plan.orders) and needed is None:
        facts = {"count": len(plan.orders), "cost": plan.cost}
        yield Step(say.text("check.next_send", **facts), command_line("run", named, run))
    if not len(plan.orders) and not wrong:
        yield from _nothing_to_send(typed, plan, named, results)
    if failed := _failed(plan):
        yield Step(say.text("next.gagal", count=failed), typed.line("run", named, "--retry-failed"))


def _held_as(held: Held) -> str:
    """The kind of a held row, for a person who has the sheet open."""
    codes = {finding.code for finding in held.why}
    if "hidden.skipped" in codes:
        return "check.held_left_out"
    if held.status is Status.INVALID:
        return "check.held_wrong"
    if held.status is Status.UNSENT:
        return "check.held_decide"
    return "check.held_twice" if "duplicate.sheet" in codes else "check.held_paid"


def _correct(groups: Mapping[str, int]) -> str:
    """As many rows as the plan says are held back, not only the wrong ones."""
    if len(groups) == 1:
        return say.text("check.next_correct", count=groups["check.held_wrong"])
    parts = [say.text(code, count=groups[code]) for code in HELD_AS if code in groups]
    return say.text("check.next_held", count=sum(groups.values()), parts=", ".join(parts))


HELD_AS = (
    "check.held_wrong",
    "check.held_twice",
    "check.held_paid",
    "check.held_decide",
    "check.held_left_out",
)


def _nothing_to_send(typed: Typed, plan: Plan, sheet: str, results: Path) -> Iterator[Step]:
    unsent = [held for held in plan.held.values() if held.status is Status.UNSENT]
    hidden = sum(any(finding.code == "hidden.skipped" for finding in held.why) for held in unsent)
    decide = len(unsent) - hidden
    duplicates = sum(held.status is Status.DUPLICATE for held in plan.held.values())
    if decide:
        yield Step(say.text("next.decide", count=decide))
    if hidden:
        yield Step(say.text("next.hidden", count=hidden))
    if duplicates:
        yield Step(say.text("next.duplicate", count=duplicates))
    if not len(plan.attempted) or len(plan.still_open()) or _failed(plan):
        return
    if all(status is Status.SUKSES for status in map(Status, plan.attempted["status"])) and results.is_file():
        yield Step(say.text("check.next_paid", count=len(plan.attempted), path=results))
    else:
        yield Step(say.text("check.next_nothing"), typed.line("status", sheet))


def _failed(plan: Plan) -> int:
    """The rows sent before that failed and may be sent again."""
    failed = plan.attempted.index[plan.attempted["status"] == Status.GAGAL]
    return sum(row not in plan.not_again for row in failed)


def step_by_approval(code: str, sheet: Path, run: str) -> Step:
    """How another person sends the plan of this code."""
    approved_by = approval(code, ENGLISH.name_placeholder)
    return Step(say.text("approval.how"), command_line("run", path_argument(sheet), run, approved_by))


def approval(code: str, by: str) -> str:
    return f"--approve {code} --approved-by {argument(by)}"


def after(
    typed: Typed,
    total: Tally,
    sheet: Path,
    last: LastRun = NO_RUN,
    *,
    results: Path | None = None,
    is_halted: bool = False,
    resendable: int = 0,
) -> Iterator[Step]:
    """A step for everything that a person can do about rows, then notes about the others.

    `results` is the results file, if it was written; its open rows can be filled in and fed back.
    `resendable` is the number of unknown rows that may still be sent again today. If the run `is_halted`, the
    command that sends the rest is printed elsewhere.
    """
    named = path_argument(sheet)
    rest = 0 if is_halted else total.unsent
    to_do = [*_to_ask(typed, total, named, results, resendable), *_to_run(typed, total, named, last, rest)]
    yield from to_do
    is_clear = not is_halted and not total.rows_paid(Paid.ASK)
    if is_clear and total.rows[Status.DUPLICATE]:
        yield Step(say.text("next.duplicate", count=total.rows[Status.DUPLICATE]))
    if total.hidden:
        yield Step(say.text("next.hidden", count=total.hidden))
    if is_clear and not to_do:
        yield _when_done(typed, named, results, is_all_paid=total.exit_code() is Exit.OK)


def _to_ask(typed: Typed, total: Tally, sheet: str, results: Path | None, resendable: int) -> Iterator[Step]:
    settle, resolve = typed.line("settle", sheet), typed.line("resolve", sheet, _answers(results))
    yield from _counted(
        ("next.pending", total.rows[Status.PENDING], settle),
        ("next.unknown", total.rows[Status.UNKNOWN], resolve),
        ("next.unknown_resend", resendable, f"{settle} --resend"),
        ("next.accepted", total.rows[Status.ACCEPTED], resolve),
    )


def _to_run(typed: Typed, total: Tally, sheet: str, last: LastRun, unsent: int) -> Iterator[Step]:
    again = partial(typed.resumed, sheet, last)
    gagal = "next.gagal_by_hand" if total.by_hand[Status.GAGAL] else "next.gagal"
    rest = ("next.unsent", unsent, again(last.approved))
    yield from _counted(
        (gagal, total.left[Status.GAGAL], again("--retry-failed")),
        ("next.outdated", unsent, typed.checked(sheet, last)) if last.is_outdated else rest,
        ("next.decide", total.to_decide, ""),
        ("next.invalid", total.left[Status.INVALID], again()),
    )


def _counted(*steps: tuple[str, int, str]) -> Iterator[Step]:
    for code, count, line in steps:
        if count:
            yield Step(say.text(code, count=count), line)


def now(
    typed: Typed,
    total: Tally,
    sheet: Path,
    last: LastRun,
    *,
    stopped_by: str,
    results: Path | None = None,
    resendable: int = 0,
) -> Iterator[Step]:
    """How to continue a batch that is not running: at most one command, for what comes first.

    The cause in `stopped_by` may have to be cleared up before anything more is sent; the other parameters are
    as for `after`.
    """
    from bulk_topup.provider.outcomes import UNCLEAR

    named, is_open = path_argument(sheet), total.rows_paid(Paid.ASK)
    if total.unsent and not (is_open and stopped_by in UNCLEAR):
        yield _go_on(typed, total, named, last)
    elif resendable and resendable == total.rows[Status.UNKNOWN]:
        yield Step(say.text("next.unknown_today", count=resendable), typed.line("settle", named, "--resend"))
    else:
        steps = list(after(typed, total, sheet, last, results=results))
        yield from [step for step in steps if step.command][:1] or steps


def _go_on(typed: Typed, total: Tally, sheet: str, last: LastRun) -> Step:
    if last.is_outdated:
        return Step(say.text("next.outdated", count=total.unsent), typed.checked(sheet, last))
    facts = {"count": total.unsent, "rupiah": total.unsent_rupiah}
    return Step(say.text("next.go_on", **facts), typed.resumed(sheet, last, last.approved))


def _when_done(typed: Typed, sheet: str, results: Path | None, *, is_all_paid: bool) -> Step:
    done = "next.all_paid" if is_all_paid else "next.nothing_left"
    if results is None:
        return Step(say.text("next.results", done=done), typed.line("results", sheet))
    return Step(say.text("next.sign" if results.suffix == ".xlsx" else "next.file", done=done, path=results))


def _answers(results: Path | None) -> str:
    if results is None or results.suffix != ".xlsx":
        return f"--row N --number 08... --invoice TRX... {NOTE}"
    return f"--from {argument(results)} {NOTE}"


def halted(typed: Typed, sheet: Path, halt: str) -> Step:
    name, options = typed.again
    return Step(say.text("halt.again"), command_line(name, path_argument(sheet), past_pilot(options, halt)))


AFTER_PILOT = frozenset({"halt.pilot", "halt.pilot_only", "halt.other_day"})
"""What stops a run between its pilot and the rest."""


def past_pilot(options: str, halt: str) -> str:
    """The options to resume with: once the pilot is done, the rest needs no second one."""
    return re.sub(r"(^| )--pilot [0-9]+", "", options).strip() if halt in AFTER_PILOT else options


# -- of the other commands ---------------------------------------------------------------------------------


def with_history(typed: Typed, batches: Iterable[PastBatch]) -> Iterator[Step]:
    """For each batch with open rows, how to list and settle them."""
    still_open = [past for past in batches if past.entry.open]
    for past in still_open[:OPEN_SHOWN]:
        facts = {"name": past.entry.name, "day": past.entry.started, "count": past.entry.open}
        if past.sheet:
            yield Step(say.text("history.next_open", **facts), typed.line("status", past.sheet))
            yield Step(say.text("history.next_settle"), typed.line("settle", past.sheet))
        else:
            yield Step(say.text("history.next_gone", **facts))
    if (more := len(still_open) - OPEN_SHOWN) > 0:
        yield Step(say.text("history.next_more", count=more))
    if not still_open:
        yield Step(say.text("history.next"), typed.line("find", "08..."))


def with_found(typed: Typed, number: str, what: str, facts: Mapping[str, object]) -> Step:
    """`what` is said about the row, by its code; `facts` are the row's."""
    found = FOUND[what]
    if found is None:
        return Step(say.text("find.next"), typed.line("history"))
    code, name, options = found
    options = options.format(**facts, number=number, batch=argument(facts["name"]))
    return Step(say.text(code, **facts), typed.line(name, str(facts["sheet"]), options) if name else "")


CLOSING = "--row {row} --number {number} --invoice TRX... " + NOTE
CLOSING_ON_RECORD = "--batch {batch} --row {row} --number {number} --invoice TRX... " + NOTE
FOUND = {
    "find.tell.never": None,
    "find.tell.paid": None,
    "find.tell.duplicate": None,
    "find.tell.held": ("find.next_status", "status", ""),
    "find.tell.not_sent": ("find.next_status", "status", ""),
    "find.tell.failed": ("find.next_retry", "run", "--retry-failed{same}"),
    "find.tell.closed": ("find.next_retry", "run", "--retry-failed{same}"),
    "find.tell.paid_now": ("find.next_record", "settle", ""),
    "find.tell.failed_now": ("find.next_record", "settle", ""),
    "find.tell.pending": ("find.next_later", "settle", ""),
    "find.tell.no_answer": ("find.next_later", "settle", ""),
    "find.tell.no_news": ("find.next_ask", "settle", ""),
    "find.tell.accepted": ("find.next_close_accepted", "resolve", CLOSING),
    "find.tell.unknown": ("find.next_close", "resolve", CLOSING),
    "find.tell.unknown_today": ("find.next_resend", "settle", "--resend"),
    "find.tell.open_on_record": ("find.next_put_back", "resolve", CLOSING_ON_RECORD),
    "find.tell.contradiction": ("find.next_contradiction", "", ""),
}
"""For each message about a row, the next step: its wording, the command for the sheet, and its options."""


def with_forgotten(typed: Typed, *, has_files: bool) -> Step:
    if has_files:
        return Step(say.text("forget.next_files"))
    return Step(say.text("forget.next"), typed.line("history"))


def with_doctor(typed: Typed, *, is_fine: bool, has_sheet: bool) -> Step:
    """`has_sheet`: whether the file A_SHEET exists."""
    if not is_fine:
        return Step(say.text("doctor.next_again"), typed.line("doctor"))
    if has_sheet:
        return Step(say.text("doctor.next"), typed.line("check", A_SHEET))
    return Step(say.text("doctor.next_make"), typed.line("template", A_SHEET))


def with_settings(*, exists: bool) -> Step:
    if exists:
        return Step(say.text("settings.next"), command_line("config"))
    return Step(say.text("settings.next_start"), command_line("config", "--init"))

"""The terminal: what is printed there, asked and drawn. Decides nothing but who said yes."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, cast

from bulk_topup.commands.console import ask, put
from bulk_topup.commands.next_steps import Step, Typed, past_pilot
from bulk_topup.commands.progress import Bar, left_s, time_words
from bulk_topup.core.errors import Declined, Exit
from bulk_topup.core.shell import command_line, path_argument
from bulk_topup.core.status import Status
from bulk_topup.report.screen.plan import (
    FINDINGS_SHOWN,
    change_line,
    deposit_facts,
    finding_lines,
    plan_facts,
    plan_lines,
)
from bulk_topup.report.screen.tally import (
    ROWS_SHOWN,
    USED_UP,
    books_lines,
    deposit_lines,
    halt_line,
    pilot_lines,
    rest_facts,
    so_far,
    stop_line,
    tally_lines,
)
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import FrameType
    from typing import TextIO

    from bulk_topup.commands.click_command import Setting
    from bulk_topup.core.clock import Clock, SystemClock
    from bulk_topup.core.errors import BulkTopupError, StorageFailed
    from bulk_topup.core.model import Deposit, Finding, Halt, Notice, Order, Stop
    from bulk_topup.record.checkpoint.values import OpenOrder, Sending
    from bulk_topup.record.lines import Line
    from bulk_topup.record.tally import Tally
    from bulk_topup.rules.books import Books
    from bulk_topup.rules.differences import Difference
    from bulk_topup.rules.duplicates import Overlap
    from bulk_topup.rules.pilot import Pilot
    from bulk_topup.rules.plan import Plan
    from bulk_topup.sending.job import Approval
    from bulk_topup.sending.resend import Obstacle
    from bulk_topup.sending.resolve import Verdict

_HANG_UP = getattr(signal, "SIGHUP", None)


class Terminal:
    """Text for people goes to standard output; with `as_json` to standard error, beside the object.

    On a terminal, lines are broken to its width, but for tables and for commands to paste.
    """

    def __init__(
        self,
        *,
        as_json: bool = False,
        quiet: bool = False,
        rehearsal: bool = False,
        typed: Typed | None = None,
    ) -> None:
        self._out: TextIO = sys.stderr if as_json else sys.stdout
        self._as_json = as_json
        self._quiet = quiet
        self._rehearsal = rehearsal
        self.typed = typed or Typed()
        self._facts: dict[str, object] = {}
        self._notices: list[dict[str, str]] = []

    # -- saying --------------------------------------------------------------------------------------------

    def say(self, line: str = "", *, whole: bool = False) -> None:
        """A `whole` line is a table's, or a command: it is never broken."""
        if not self._quiet:
            put(line, self._out, None if whole else _hanging(line))

    def warn(self, line: str, *, whole: bool = False) -> None:
        put(line, sys.stderr, None if whole else _hanging(line))

    def next(self, steps: Iterable[Step]) -> None:
        """The last lines on the screen: what is to be done, each with its command on a line of its own."""
        found = list(steps)
        self._keep_steps(found)
        for nth, step in enumerate(found):
            label = say.text("next.label") + " "
            self.say((" " * len(label) if nth else label) + step.words)
            if step.command:
                self.say(" " * len(label) + "  " + say.printable(step.command), whole=True)

    def _keep_steps(self, steps: Iterable[Step]) -> None:
        told = [{"message": step.words, "command": step.command or None} for step in steps]
        self._facts["next"] = [*cast("list[object]", self._facts.get("next", [])), *told]

    def error(self, problem: BulkTopupError) -> None:
        self.keep_error(problem.code, say.error(problem))
        self.warn(say.text("error", message=say.error(problem)))

    def keep_error(self, code: str, message: str) -> None:
        """For the object alone: it is on the screen by other means."""
        self._facts["error"] = {"code": code, "message": message}

    def close(self, exit_code: int) -> int:
        """With `as_json`, print the one object of this command; the exit code, never that of success where it
        could not be printed."""
        if self._as_json:
            import json

            begun: dict[str, object] = {
                "exit_code": exit_code,
                "sandbox": self._rehearsal,
                "error": None,
                "next": [],
            }
            facts = {**begun, "notices": self._notices, **self._facts}
            if not put(json.dumps(facts, indent=2), sys.stdout):
                self.warn(say.text("json.unwritable"))
                return exit_code or Exit.STOPPED
        return exit_code

    def show_notices(self, notices: Iterable[Notice]) -> None:
        for notice in notices:
            words = say.text(notice.code, **notice.facts)
            self._notices.append({"code": notice.code, "message": words})
            self.say(say.text("notice", message=words))

    def show_plan(self, plan: Plan, *, address: str = "", every_finding: bool = False) -> None:
        """With the provider's `address`, where that is not the usual one."""
        if self._as_json:
            self._facts["plan"] = plan_facts(plan)
        if self._rehearsal:
            self.say(say.text("sandbox.banner"))
        if address:
            self.say(say.text("plan.address", address=address))
        for line in plan_lines(plan):
            self.say(line)
        warned = plan.warned()
        with_warning = set(warned)
        held = [one for one in plan.findings if one.row not in with_warning]
        if held:
            self.say(say.text("plan.findings"))
            self._show_findings(held, every=every_finding)
        if warned:
            self.say(say.text("plan.warned", count=len(warned), rows=say.rows(warned, ROWS_SHOWN)))
            with_them = [one for one in plan.findings if one.row in with_warning]
            self._show_findings(with_them, every=every_finding)

    def _show_findings(self, findings: Iterable[Finding], *, every: bool) -> None:
        lines = list(finding_lines(findings))
        shown = lines if every else lines[:FINDINGS_SHOWN]
        for line in shown:
            self.say("  " + line)
        if len(shown) < len(lines):
            self.say(say.text("plan.more_findings", count=len(lines) - len(shown)))

    def show_code(self, code: str) -> None:
        self.say(say.text("plan.code", code=code))

    def show_time(self, orders: int, rate_per_s: float) -> None:
        """How long these take, if the provider keeps up; nothing where there are none."""
        if orders:
            time = time_words(left_s(orders, rate_per_s))
            self.say("  " + say.text("plan.takes", time=time, rate=say.plain(rate_per_s)))

    def show_overlap(self, overlap: Overlap, count: int) -> None:
        facts = {"paid": overlap.rows, "count": count, "batch": overlap.batch, "day": overlap.day}
        self._facts["overlap"] = facts
        self.warn(say.text("overlap.seen", **facts))

    def show_over_budget(self, excess: Mapping[str, int]) -> None:
        self._facts["over_budget"] = dict(excess)
        self.warn(say.text("plan.over_budget", **excess))

    def show_deposit(self, deposit: Deposit | None, cost: int) -> None:
        """As the provider last stated it, beside the cost of the plan; None where it never did."""
        self._facts["deposit"] = deposit_facts(deposit, cost)
        if deposit is not None:
            self.say("  " + say.deposit(deposit, cost))

    def show_planbook(self, path: Path) -> None:
        self._facts["saved"] = str(path)
        self.say(say.text("plan.saved", path=path))

    def show_approvable(self, code: str, step: Step) -> None:
        """How the plan of this code is run by it."""
        self._facts["approval"] = {"code": code, "command": step.command}

    def show_not_approvable(self, code: str, failure: StorageFailed) -> None:
        self._facts["approval"] = {"code": code, "command": None}
        self.warn(say.text("notice", message=say.error(failure)))

    def show_changes(self, changes: Iterable[Difference]) -> None:
        """In what a plan is not the one that was approved."""
        told = [{"code": change.code, "message": change_line(change)} for change in changes]
        self._facts["changes"] = told
        for change in told:
            self.warn("  " + change["message"])

    def show_approved(self, plan: Plan, approval: Approval) -> None:
        self._facts["approved"] = {"code": approval.code, "by": approval.by}
        facts = {"code": approval.code, "by": approval.by, "count": len(plan.orders), "cost": plan.cost}
        self.say(say.text("approval.holds", **facts))

    def show_pilot(self, pilot: Pilot, total: int) -> None:
        rows = {str(status): pilot.rows.get(status, 0) for status in Status}
        names = ("row", "debited", "listed")
        differing = [dict(zip(names, one, strict=True)) for one in pilot.differing]
        amounts = {"debited": pilot.debited, "listed": pilot.listed, "differing": differing}
        self._facts["pilot"] = {"top_ups": pilot.total, "of": total, "rows": rows, **amounts}
        self.say()
        for line in pilot_lines(pilot, total):
            self.say(line)

    def show_tally(self, total: Tally, *, results: Path | None = None, halt: Halt | None = None) -> None:
        self._facts["rows"] = {str(status): total.rows[status] for status in Status}
        self._facts["rupiah"] = {str(status): total.rupiah[status] for status in Status}
        self._facts["halt"] = None if halt is None else {"code": halt.code, **halt.facts}
        self._facts["results"] = None if results is None else str(results)
        self.say()
        if self._rehearsal:
            self.say(say.text("sandbox.banner"))
        for line in tally_lines(total):
            self.say(line)
        if results is not None:
            self.say(say.text("tally.results", path=results))

    def show_halt(self, halt: Halt) -> None:
        self.warn(halt_line(halt))

    def show_rest(self, total: Tally, sheet: Path, deposit: tuple[int, str] | None, halt: Halt) -> None:
        """After a halt that left rows unsent: how far it came, and how it goes on.

        `deposit` is the last balance that the provider stated, and when.
        """
        self._facts["rest"] = rest_facts(total, deposit)
        for line in (so_far(total), *deposit_lines(total, deposit, is_used_up=halt.code == USED_UP)):
            self.warn(line)
        name, options = self.typed.again
        options = past_pilot(options, halt.code)
        step = Step(say.text("halt.again"), command_line(name, path_argument(sheet), options))
        self._keep_steps([step])
        self.warn(step.words)
        self.warn("      " + say.printable(step.command), whole=True)

    def show_books(self, books: Books) -> None:
        self._facts["books"] = {**vars(books), "unexplained": books.unexplained}
        for line in books_lines(books):
            self.say(line)

    def show_short_deposit(self, balance: int, needed: int) -> None:
        """The deposit will not cover the rest of the plan: said once."""
        if "deposit_short" not in self._facts:
            facts = {"balance": balance, "needed": needed, "missing": needed - balance}
            self._facts["deposit_short"] = facts
            self.warn(say.text("balance.short", **facts))

    def show_prices(
        self, lines: Iterable[str], products: Sequence[Mapping[str, object]], moment: str
    ) -> None:
        """`products` are by the names of `pricebook.PRICE_COLUMNS`, `lines` the same as a table."""
        self._facts["products"], self._facts["saved"] = products, None
        if self._rehearsal:
            self.say(say.text("sandbox.banner"))
        if not products:
            self.say(say.text("prices.none"))
            return
        for line in lines:
            self.say(line, whole=True)
        ready = sum(product["status"] == "ready" for product in products)
        self.say()
        self.say(say.text("prices.total", count=len(products), ready=ready, moment=moment))

    def show_saved_prices(self, path: Path) -> None:
        self._facts["saved"] = str(path)
        self.say(say.text("prices.saved", path=path))

    def show_template(self, path: Path, products: int) -> None:
        self._facts["template"] = {"path": str(path), "products": products}
        if self._rehearsal:
            self.say(say.text("sandbox.banner"))
        self.say(say.text("template.done", path=path, count=products))

    def show_login(self, username: str, base_url: str, *, beaten_by: Sequence[str]) -> None:
        """`beaten_by` are the variables that go before what was just kept."""
        self._facts["login"] = {"username": username, "base_url": base_url}
        for variable in beaten_by:
            self.warn(say.text("notice", message=say.text("login.other_first", variable=variable)))
        self.say(say.text("login.done", username=username, base_url=base_url))

    def show_logout(self, username: str | None, base_url: str) -> None:
        self._facts["logout"] = {"username": username, "base_url": base_url}
        code = "logout.nobody" if username is None else "logout.done"
        self.say(say.text(code, username=username, base_url=base_url))

    def show_settings(self, file: Path, *, exists: bool, settings: Sequence[Setting], logged_in: str) -> None:
        """Printed where `quiet` is one of the settings, too: it was asked for by itself."""
        self._facts["config_file"] = {"path": str(file), "exists": exists}
        self._facts["settings"] = [vars(setting) for setting in settings]
        self._facts["logged_in"] = logged_in or None
        self._quiet = False
        self.say(say.text("settings.file" if exists else "settings.no_file", file=file))
        for line in setting_lines(settings):
            self.say(line, whole=True)
        if logged_in:
            self.say(say.text("settings.logged_in", username=logged_in))

    def show_new_settings(self, path: Path) -> None:
        self._facts["config_file"] = {"path": str(path), "exists": True}
        self.say(say.text("settings.created", file=path))

    def show_obstacles(self, held: Sequence[tuple[OpenOrder, Obstacle]]) -> None:
        self._facts["not_resent"] = [
            {"row": open_.order.row, "number": open_.order.number, "code": why, "invoice": open_.invoice}
            for open_, why in held
        ]
        for open_, why in held:
            self.say(
                say.text("resend.held", row=open_.order.row, number=open_.order.number, why=say.text(why))
            )

    def show_resolved(self, verdict: Verdict, before: Status, status: Status) -> None:
        code = f"status.{status}"
        if status is Status.GAGAL and not verdict.invoice:
            code = "resolve.not_sent_but_held" if before is Status.ACCEPTED else "resolve.not_sent"
        words = say.text(code)
        self.say(
            say.text("resolve.done", row=verdict.row or "", number=verdict.number, status=status, words=words)
        )

    def show_refused(self, problems: Iterable[BulkTopupError]) -> None:
        """What a person said of a row and does not hold."""
        refused = [{"code": problem.code, "message": say.error(problem)} for problem in problems]
        self._facts["refused"] = refused
        for problem in refused:
            self.warn(say.text("error", message=problem["message"]))

    def show_open(self, lines: Sequence[Line]) -> None:
        self._facts["open_rows"] = [
            {"row": line.row, "number": line.number, "product": line.product, "status": line.status}
            for line in lines
        ]
        for line in lines[:ROWS_SHOWN]:
            words = say.text(f"status.{line.status}")
            facts = {"row": line.row, "number": line.number, "product": line.product, "words": words}
            self.say(say.text("open.row", status=line.status, **facts))
        if len(lines) > ROWS_SHOWN:
            self.say(say.text("open.more", count=len(lines) - ROWS_SHOWN))

    def show_closed(self, lines: Sequence[Line]) -> None:
        """The rows that a person closed: who, when and why."""
        closed = [(line, *line.closed) for line in lines if line.closed]
        self._facts["closed_rows"] = [
            {"row": line.row, "number": line.number, "status": line.status, "at": at, "by": by, "note": note}
            for line, at, by, note in closed
        ]
        for line, at, by, note in closed[:ROWS_SHOWN]:
            facts = {"row": line.row, "number": line.number, "product": line.product, "status": line.status}
            self.say(say.text("open.row", **facts, words=say.closed_by_hand(at, by, note)))
        if len(closed) > ROWS_SHOWN:
            self.say(say.text("open.more", count=len(closed) - ROWS_SHOWN))

    def show_stopped(self, halt: Halt, at: str) -> None:
        """Why the last run stopped early, and when (ISO text)."""
        self._facts["halt"] = {"code": halt.code, **halt.facts, "at": at}
        self.say()
        self.say(say.text("stopped.why", at=say.to_the_minute(at)))
        self.say("  " + halt_line(halt))

    def show_to_add(self, total: Tally, deposit: tuple[int, str] | None, halt: Halt | None) -> None:
        """What is not sent yet, and what the deposit lacks for it; `deposit` as for `show_rest`."""
        self._facts["rest"] = rest_facts(total, deposit)
        is_used_up = halt is not None and halt.code == USED_UP
        self.say()
        self.say(say.text("stopped.rest", rest=total.unsent, rest_rupiah=total.unsent_rupiah))
        for line in deposit_lines(total, deposit, is_used_up=is_used_up):
            self.say(line)

    def show_batch(
        self, touched: str, committed: int, facts: Mapping[str, str], sendings: Sequence[Sending]
    ) -> None:
        """What was set for the batch, and by which commands it was sent.

        `facts` are `budget`, and of the last run `plan_code` and `approved_by`; "" where it was not set.
        """
        budget = int(facts["budget"]) if facts["budget"] else None
        self._facts |= {"last_touched": touched, "committed": committed, **facts, "budget": budget}
        self._facts["sendings"] = [asdict(one) for one in sendings]
        self.say()
        self.say(say.text("batch.touched", moment=say.to_the_minute(touched) or "-"))
        if budget is not None:
            self.say(say.text("batch.budget", committed=committed, budget=budget))
        if len(sendings) > 1:
            self.say(say.text("batch.sent_in_parts", count=len(sendings)))
            for one in sendings:
                self.say(say.sending(**asdict(one)))
            return
        facts = asdict(sendings[0]) if sendings else facts
        if facts["plan_code"]:
            self.say(say.text("batch.code", code=facts["plan_code"]))
        if facts["approved_by"]:
            self.say(say.text("batch.approved", who=facts["approved_by"]))

    def show_unrecorded(self, failure: StorageFailed) -> None:
        self.warn(say.text("history.unrecorded", message=say.error(failure)))

    def show_stop(self, stop: Stop) -> None:
        """Why no desk of the account may send."""
        self._facts["stop"] = stop.facts()
        self.warn(stop_line("account.stop", stop.facts()))

    def show_unproven(self) -> None:
        """It was never seen that a second top-up of a day is refused."""
        self.warn(say.text("resend.unproven"))

    def report(self, facts: Mapping[str, object], lines: Iterable[str], table: Iterable[str] = ()) -> None:
        """What a command that looks back came to, already worded."""
        self._facts |= facts
        if self._rehearsal:
            self.say(say.text("sandbox.banner"))
        for line in table:
            self.say(line, whole=True)
        for line in lines:
            self.say(line)

    # -- asking --------------------------------------------------------------------------------------------

    def ask_to_send(self, plan: Plan, *, yes: bool, again: bool, pilot: int | None = None) -> None:
        """Raises Declined unless a person, or `yes`, releases the money; so many as `pilot` go first.

        A plan that was largely paid before wants its number of rows typed, or `again`.
        """
        if plan.overlap is not None and not again:
            self.show_overlap(plan.overlap, len(plan.orders))
            if not sys.stdin.isatty():
                raise Declined("declined.overlap")
            if self._answer(say.text("overlap.ask", count=len(plan.orders))) != str(len(plan.orders)):
                raise Declined("declined.person")
            return
        facts = {"count": len(plan.orders), "cost": plan.cost, "pilot": pilot}
        in_parts = pilot is not None and pilot < len(plan.orders)
        if yes:
            self.say(say.text("plan.sending_pilot" if in_parts else "plan.sending", **facts))
        self._ask(say.text("plan.ask_pilot" if in_parts else "plan.ask", **facts), yes=yes)

    def ask_for_rest(self, count: int, cost: int) -> None:
        """Raises Declined unless a person releases what comes after the pilot."""
        self._ask(say.text("pilot.ask", count=count, cost=cost), yes=False)

    def ask_to_resend(self, orders: Sequence[Order], *, yes: bool) -> None:
        """Raises Declined unless a person, or `yes`, releases the money."""
        facts = {"count": len(orders), "cost": sum(order.price for order in orders)}
        if yes:
            self.say(say.text("resend.sending", **facts))
        self._ask(say.text("resend.ask", **facts), yes=yes)

    def ask_hidden(self, file: str, rows: list[int]) -> str:
        """`include` or `skip`, for rows hidden in the sheet. Raises Declined without a clear answer."""
        listed = say.rows(rows, ROWS_SHOWN)
        if sys.stdin.isatty():
            answer = self._answer(say.text("hidden.ask", rows=listed) + " [include/skip]")
            if answer in {"include", "skip"}:
                return answer
        raise Declined("declined.hidden", file=file, rows=listed)

    def ask_to_forget(self, question: str, *, yes: bool) -> None:
        """Raises Declined unless a person, or `yes`, has them removed."""
        if yes:
            return
        if not sys.stdin.isatty():
            self.warn(question)
            raise Declined("forget.no_terminal")
        if not self._says_yes(question):
            raise Declined("forget.declined")

    def ask_to_spend(self, facts: Mapping[str, object], *, yes: bool) -> None:
        """Raises Declined unless a person, or `yes`, releases what proving rule 51 costs."""
        if yes:
            self.warn(say.text("prove.spending", **facts))
        self._ask(say.text("prove.ask", **facts), yes=yes)

    def _ask(self, question: str, *, yes: bool) -> None:
        if yes:
            return
        if not sys.stdin.isatty():
            self.warn(question)
            raise Declined("declined.no_terminal")
        if not self._says_yes(question):
            raise Declined("declined.person")

    def _says_yes(self, question: str) -> bool:
        return self._answer(f"{question} {say.text('usage.yes_no')}") in {"y", "yes", "ya"}

    def _answer(self, question: str) -> str:
        return ask(question).lower()

    # -- while it runs -------------------------------------------------------------------------------------

    @contextmanager
    def interruptible(self, clock: SystemClock) -> Iterator[None]:
        """The first Ctrl-C, SIGTERM or closing of the terminal's window ends the run after what is in flight;
        a second Ctrl-C or SIGTERM leaves at once."""

        def stop(number: int, _frame: FrameType | None) -> None:
            if not clock.stop.is_set():
                clock.stop.set()
                put("\n" + say.text("interrupted.waiting"), sys.stderr)
            elif number != _HANG_UP:  # a window that closes sends it more than once
                os._exit(130)

        signals = [signal.SIGINT, signal.SIGTERM]
        if _HANG_UP is not None and signal.getsignal(_HANG_UP) is not signal.SIG_IGN:  # as under nohup
            signals.append(_HANG_UP)
        before = [signal.signal(number, stop) for number in signals]
        try:
            yield
        finally:
            for number, handler in zip(signals, before, strict=True):
                signal.signal(number, handler)

    @contextmanager
    def progress(self, orders: int, clock: Clock, rate_per_s: float) -> Iterator[Bar]:
        """A bar on a terminal; elsewhere a line now and then, but not with `as_json` or `quiet`.

        At most so many requests start in a second.
        """
        draws = not self._quiet and sys.stderr.isatty()
        tells = not (draws or self._quiet or self._as_json)
        bar = Bar(self, clock, rate_per_s, draws=draws, tells=tells)
        if orders:
            bar.begin(orders)
        try:
            yield bar
        finally:
            bar.close()


def _hanging(line: str) -> int:
    """Where a line goes on that is too wide: two characters further in than it begins, or below its text."""
    begins = len(line) - len(line.lstrip())
    label = say.text("next.label") + " "
    return len(label) if line.startswith(label) else begins if begins == len(label) else begins + 2


def setting_lines(settings: Sequence[Setting]) -> Iterator[str]:
    width = max(len(_shown(setting.value)) for setting in settings)
    for setting in settings:
        place = say.text(_ORIGINS[setting.origin], variable=setting.place, line=setting.place)
        yield f"  {setting.key:<16} {_shown(setting.value):<{width}}  {place}"


_ORIGINS = {
    "option": "settings.source_option",
    "environment": "settings.source_environment",
    "file": "settings.source_file",
    "default": "settings.source_default",
}


def _shown(value: object) -> str:
    if value is None or value == "":
        return say.text("settings.not_set")
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else say.printable(str(value))

"""The terminal: printing, questions and the progress bar. Its only decision is what counts as a yes."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, TextIO, cast

from bulk_topup.commands.console import ask, put
from bulk_topup.commands.events import EventBar, Events
from bulk_topup.commands.next_steps import Typed
from bulk_topup.commands.progress import Bar
from bulk_topup.core.clock import Clock, SystemClock
from bulk_topup.core.errors import Declined, Exit, InputError
from bulk_topup.core.languages import YES
from bulk_topup.core.row_names import ALL
from bulk_topup.report.screen.report import (
    ROWS_SHOWN,
    Report,
    Step,
    Tone,
    Toned,
    Whole,
    next_report,
    notices_report,
)
from bulk_topup.report.words import say
from bulk_topup.rules import amounts

if TYPE_CHECKING:
    from bulk_topup.core.model import Halt, Notice, Order
    from bulk_topup.rules.plan import Plan

_HANG_UP = getattr(signal, "SIGHUP", None)
_BREAK = [one for one in signal.Signals if one.name == "SIGBREAK"]
"""How another process asks one on Windows to end, since it can't send Ctrl-C."""


COLOURS = {Tone.PAID: "32", Tone.HELD: "33", Tone.ASK: "35", Tone.NEXT: "36"}
"""Green, yellow, magenta and cyan: terminal themes keep these readable."""


class TabAnswered(Exception):  # noqa: N818  (no error: the command begins again, as with --sheet)
    """A person at the terminal named the tab, or all of them."""

    def __init__(self, tab: str) -> None:
        super().__init__(tab)
        self.tab = tab


class Terminal:
    """Text for people goes to standard output; with `as_json` or `events` to standard error.

    On a terminal, lines are wrapped to its width, except tables and commands to paste.
    """

    def __init__(
        self,
        *,
        as_json: bool = False,
        events: bool = False,
        quiet: bool = False,
        no_color: bool = False,
        rehearsal: bool = False,
        typed: Typed | None = None,
    ) -> None:
        self.events = Events() if events else None
        self.as_json = as_json or events
        self._out: TextIO = sys.stderr if self.as_json else sys.stdout
        self.quiet = quiet
        self._colours = {} if no_color else COLOURS
        self.rehearsal = rehearsal
        self.typed = typed or Typed()
        self._facts: dict[str, object] = {}
        self._gathered: dict[str, list[object]] = {"next": [], "notices": []}

    # -- saying --------------------------------------------------------------------------------------------

    def report(self, report: Report) -> None:
        """Print a report: everything on the screen except questions and progress."""
        for name, fact in report.facts.items():
            if name in self._gathered:
                self._gathered[name] += cast("list[object]", fact)
            else:
                self._facts[name] = fact
        if self.events is not None and "plan" in report.facts:
            self.events.plan(cast("Mapping[str, object]", report.facts["plan"]))
        for line in report.lines:
            self.say(line)
        for line in report.warnings:
            self.warn(line)

    def result(self, report: Report) -> None:
        """Report what came of the command; of a rehearsal, below a line that says so."""
        if self.rehearsal:
            self.say(say.text("sandbox.banner"))
        self.report(report)

    def report_once(self, report: Report) -> None:
        """Report, unless the same facts have already been reported."""
        if not report.facts.keys() <= self._facts.keys():
            self.report(report)

    def tell(self, *notices: Notice) -> None:
        self.report(notices_report(notices))

    def next(self, steps: Iterable[Step]) -> None:
        self.report(next_report(steps))

    def suggest(self, code: str, name: str, what: str = "", *more: str) -> None:
        """The one thing to do next: its words, and the command with its argument and options."""
        self.next([Step(say.text(code), self.typed.line(name, what, *more))])

    def say(self, line: str) -> None:
        if not self.quiet:
            put(line, self._out, _hanging(line), colour=self._colour_of(line))

    def warn(self, line: str) -> None:
        put(line, sys.stderr, _hanging(line), colour=self._colour_of(line))

    def _colour_of(self, line: str) -> str:
        return self._colours.get(line.tone, "") if isinstance(line, Toned) else ""

    def close(self, exit_code: int) -> int:
        """With `as_json`, print the one object. Returns the exit code, but never success if that fails."""
        if self.as_json:
            begun = {"exit_code": exit_code, "sandbox": self.rehearsal, "error": None}
            facts = {**begun, **self._gathered, **self._facts}
            if self.events is None:
                is_told = put(json.dumps(facts, indent=2), sys.stdout)
            else:
                is_told = self.events.tell("done", **facts)
            if not is_told:
                self.warn(say.text("json.unwritable"))
                return exit_code or Exit.STOPPED
        return exit_code

    def halted(self, halt: Halt | None) -> None:
        """For `events` only: people are told at the end."""
        if self.events is not None and halt is not None:
            self.events.halted(halt)

    def released(self, orders: int, cost: int, approved_by: str | None = None) -> None:
        """For `events` only: a person, an approval or `--yes` released this much money."""
        if self.events is not None:
            self.events.tell("asked", orders=orders, cost=cost, approved_by=approved_by)

    # -- asking --------------------------------------------------------------------------------------------

    def ask_to_send(
        self,
        plan: Plan,
        *,
        yes: bool,
        again: bool,
        pilot: int | None = None,
        approved_by: str | None = None,
    ) -> None:
        """Raises Declined unless a person, or `yes`, releases the money; the first `pilot` top-ups go first.

        If another batch has largely paid the plan, the number of rows must be typed, or `again` given.
        """
        if plan.overlap is not None and not again:
            if not sys.stdin.isatty():
                raise Declined("declined.overlap")
            if self._answer(say.text("overlap.ask", count=len(plan.orders))) != str(len(plan.orders)):
                raise Declined("declined.person")
            self.released(len(plan.orders), plan.cost, approved_by)
            return
        facts = {"count": len(plan.orders), "cost": plan.cost, "pilot": pilot}
        in_parts = pilot is not None and pilot < len(plan.orders)
        if yes:
            self.say(say.text("plan.sending_pilot" if in_parts else "plan.sending", **facts))
        self._ask(say.text("plan.ask_pilot" if in_parts else "plan.ask", **facts), yes=yes)
        self.released(len(plan.orders), plan.cost, approved_by)

    def ask_new_address(self, facts: Mapping[str, object]) -> None:
        """Raises Declined unless a person at a terminal says yes."""
        if not sys.stdin.isatty():
            raise Declined("declined.new_address", **facts)
        if not self._says_yes(say.text("address.ask", **facts)):
            raise Declined("declined.person")

    def ask_for_rest(self, count: int, cost: int) -> None:
        """Raises Declined unless a person releases what follows the pilot."""
        self._ask(say.text("pilot.ask", count=count, cost=cost), yes=False)

    def ask_to_resend(self, orders: Sequence[Order], *, yes: bool) -> None:
        """Raises Declined unless a person, or `yes`, releases the money."""
        facts = {"count": len(orders), "cost": sum(order.price for order in orders)}
        if yes:
            self.say(say.text("resend.sending", **facts))
        self._ask(say.text("resend.ask", **facts), yes=yes)
        self.released(facts["count"], facts["cost"])

    def ask_total(self, question: str) -> int:
        """People, or rupiah, as an approver counts them. Raises Declined for what is no number."""
        if not sys.stdin.isatty():
            raise Declined("approve.no_terminal")
        found = amounts.readings(self._answer(question))
        if len(found) != 1:
            raise Declined("approve.not_a_number")
        return found[0]

    def ask_column(self, problem: InputError) -> str:
        """The letter of the chosen column. Raises `problem` without a clear answer."""
        letters = str(problem.facts["letters"]).split()
        if sys.stdin.isatty():
            question = say.text("read.ask", columns=problem.facts["columns"], option=problem.facts["option"])
            answer = self._answer(f"{question} [{'/'.join(letters)}]").upper()
            if answer in letters:
                return answer
        raise problem

    def ask_tab(self, problem: InputError) -> None:
        """Raises TabAnswered; without a clear answer, nothing."""
        names = str(problem.facts["names"]).split("\n")
        answers = {str(nth): name for nth, name in enumerate(names, start=1)} | {ALL: ALL}
        if sys.stdin.isatty():
            question = say.text("read.ask_tab", tabs=problem.facts["tabs"])
            tab = answers.get(self._answer(f"{question} [{'/'.join(answers)}]"))
            if tab:
                raise TabAnswered(tab)

    def ask_hidden(self, file: str, rows: list[int]) -> str:
        """`include` or `skip`, for rows hidden in the sheet. Raises Declined without a clear answer."""
        listed = say.rows(rows, ROWS_SHOWN)
        if sys.stdin.isatty():
            answer = self._answer(say.text("hidden.ask", rows=listed) + " [include/skip]")
            if answer in {"include", "skip"}:
                return answer
        raise Declined("declined.hidden", file=file, rows=listed)

    def ask_unit(self, *, column: str, first: int) -> int | None:
        """1,000 if a person says that 50 means 50 thousand, 1 if not, or None without a terminal."""
        if not sys.stdin.isatty():
            return None
        question = say.text("nominal.ask", column=column, first=first, meant=first * 1_000)
        return 1_000 if self._says_yes(question) else 1

    def ask_to_forget(self, question: str, *, yes: bool) -> None:
        """Raises Declined unless a person, or `yes`, agrees to the removal."""
        if not yes:
            self._assert_yes(question, unasked="forget.no_terminal", declined="forget.declined")

    def ask_to_spend(self, facts: Mapping[str, object], *, yes: bool) -> None:
        """Raises Declined unless a person, or `yes`, releases the cost of proving rule 51."""
        if yes:
            self.warn(say.text("prove.spending", **facts))
        self._ask(say.text("prove.ask", **facts), yes=yes)

    def _ask(self, question: str, *, yes: bool) -> None:
        if not yes:
            self._assert_yes(question, unasked="declined.no_terminal", declined="declined.person")

    def _assert_yes(self, question: str, *, unasked: str, declined: str) -> None:
        if not sys.stdin.isatty():
            self.warn(question)
            raise Declined(unasked)
        if not self._says_yes(question):
            raise Declined(declined)

    def _says_yes(self, question: str) -> bool:
        return self._answer(f"{question} {say.text('usage.yes_no')}") in YES

    def _answer(self, question: str) -> str:
        return ask(question).lower()

    # -- while it runs -------------------------------------------------------------------------------------

    @contextmanager
    def interruptible(self, clock: SystemClock) -> Iterator[None]:
        """The first Ctrl-C, SIGTERM or closed window ends the run once the requests in flight are answered; a
        second Ctrl-C or SIGTERM exits at once."""

        def stop(number: int, _frame: FrameType | None) -> None:
            if not clock.stop.is_set():
                clock.stop.set()
                begin = "\r\x1b[K" if sys.stderr.isatty() else "\n"  # Overwrites the bar, and the ^C in it.
                put(begin + say.text("interrupted.waiting"), sys.stderr)
            elif number != _HANG_UP:  # A closing window sends it more than once.
                os._exit(130)

        signals = [signal.SIGINT, signal.SIGTERM, *_BREAK]
        if _HANG_UP is not None and signal.getsignal(_HANG_UP) is not signal.SIG_IGN:  # As under nohup.
            signals.append(_HANG_UP)
        before = [signal.signal(number, stop) for number in signals]
        try:
            yield
        finally:
            for number, handler in zip(signals, before, strict=True):
                signal.signal(number, handler)

    @contextmanager
    def progress(self, orders: int, clock: Clock, rate_per_s: float) -> Iterator[Bar]:
        """A bar on a terminal; elsewhere occasional lines, but not with `as_json` or `quiet`.

        `rate_per_s` limits how many requests start in a second.
        """
        draws = not self.quiet and sys.stderr.isatty()
        tells = not (draws or self.quiet or self.as_json)
        if self.events is None:
            bar = Bar(self, clock, rate_per_s, draws=draws, tells=tells)
        else:
            bar = EventBar(self.events, self, clock, rate_per_s, draws=draws)
        if orders:
            bar.begin(orders)
        try:
            yield bar
        finally:
            bar.close()
            if isinstance(bar, EventBar):
                bar.end()


def _hanging(line: str) -> int | None:
    """The indent of a wrapped line's continuation: two more than its own, or below the text of a step."""
    if isinstance(line, Whole):
        return None
    begins = len(line) - len(line.lstrip())
    label = say.text("next.label") + " "
    return len(label) if line.startswith(label) else begins if begins == len(label) else begins + 2

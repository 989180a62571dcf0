"""The person's side of the desk: what is printed, asked and drawn. Decides nothing but who said yes."""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import contextmanager
from itertools import groupby
from typing import TYPE_CHECKING, Never, TextIO

from bulk_topup import say
from bulk_topup.errors import Declined
from bulk_topup.model import Paid, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import FrameType

    from tqdm import tqdm

    from bulk_topup.books import Books
    from bulk_topup.checkpoint import OpenOrder
    from bulk_topup.clock import SystemClock
    from bulk_topup.errors import BulkTopupError
    from bulk_topup.model import Finding, Notice, Order, Outcome, Product
    from bulk_topup.plan import Plan
    from bulk_topup.results import Tally
    from bulk_topup.send import Halt
    from bulk_topup.settle import Obstacle, Verdict
    from bulk_topup.tools import Watcher

FINDINGS_SHOWN = 20
ROWS_SHOWN = 8


class Desk:
    """Text for people goes to standard output; with `as_json` to standard error, beside the object."""

    def __init__(self, *, as_json: bool = False, quiet: bool = False, rehearsal: bool = False) -> None:
        self._out: TextIO = sys.stderr if as_json else sys.stdout
        self._as_json = as_json
        self._quiet = quiet
        self._rehearsal = rehearsal
        self._facts: dict[str, object] = {}

    # -- saying --------------------------------------------------------------------------------------------

    def say(self, line: str = "") -> None:
        if not self._quiet:
            _print(line, self._out)

    def warn(self, line: str) -> None:
        _print(line, sys.stderr)

    def error(self, problem: BulkTopupError) -> None:
        self._facts["error"] = {"code": problem.code, "message": say.error(problem)}
        _print(say.text("error", message=say.error(problem)), sys.stderr)

    def close(self, exit_code: int) -> None:
        """With `as_json`, print the one object of this command."""
        if self._as_json:
            json.dump(
                {"exit_code": exit_code, "sandbox": self._rehearsal, **self._facts}, sys.stdout, indent=2
            )
            _print("", sys.stdout)

    def show_notices(self, notices: Iterable[Notice]) -> None:
        for notice in notices:
            self.say(say.text("notice", message=say.text(notice.code, **notice.facts)))

    def show_plan(self, plan: Plan, *, every_finding: bool = False) -> None:
        self._facts["plan"] = _plan_facts(plan)
        if self._rehearsal:
            self.say(say.text("sandbox.banner"))
        for line in plan_lines(plan):
            self.say(line)
        lines = list(finding_lines(plan.findings))
        shown = lines if every_finding else lines[:FINDINGS_SHOWN]
        for line in shown:
            self.say("  " + line)
        if len(shown) < len(lines):
            self.say(say.text("plan.more_findings", count=len(lines) - len(shown)))

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

    def show_next(self, total: Tally, sheet: Path, halt: Halt | None) -> None:
        """The last lines on the screen: why it stopped, and the commands that go on."""
        for line in next_lines(total, sheet, rehearsal=self._rehearsal):
            self.say(line)
        if halt is not None:
            self.warn(halt_line(halt))

    def show_books(self, books: Books) -> None:
        self._facts["books"] = {**vars(books), "unexplained": books.unexplained}
        for line in books_lines(books):
            self.say(line)

    def show_prices(self, products: Iterable[Product], operator: str | None) -> None:
        wanted = [p for p in products if operator is None or p.operator.casefold() == operator.casefold()]
        wanted.sort(key=lambda p: (p.operator, p.kind, p.nominal, p.code))
        names = ("code", "operator", "kind", "nominal", "price", "ready", "description")
        self._facts["products"] = [{name: getattr(product, name) for name in names} for product in wanted]
        for product in wanted:
            price = "-" if product.price is None else say.money(product.price)
            ready = say.text("product.ready" if product.ready else "product.is_closed")
            what = f"{product.code:<10} {product.operator:<12} {product.kind:<11} {product.nominal:>9,}"
            self.say(say.printable(f"{what} {price:>12}  {ready:<7} {product.description}"))

    def show_obstacles(self, held: Sequence[tuple[OpenOrder, Obstacle]]) -> None:
        self._facts["not_resent"] = [
            {"row": open_.order.row, "number": open_.order.number, "code": why} for open_, why in held
        ]
        for open_, why in held:
            self.say(
                say.text("resend.held", row=open_.order.row, number=open_.order.number, why=say.text(why))
            )

    def show_resolved(self, verdict: Verdict, status: Status) -> None:
        words = say.text(f"status.{status}")
        self.say(
            say.text("resolve.done", row=verdict.row or "", number=verdict.number, status=status, words=words)
        )

    # -- asking --------------------------------------------------------------------------------------------

    def ask_to_send(self, plan: Plan, *, yes: bool, again: bool) -> None:
        """Raises Declined unless a person, or `yes`, releases the money.

        A plan that was largely paid before wants its number of rows typed, or `again`.
        """
        overlap = plan.overlap
        if overlap is not None and not again:
            facts = {
                "paid": overlap.rows,
                "count": len(plan.orders),
                "batch": overlap.batch,
                "day": overlap.day,
            }
            self.warn(say.text("overlap.seen", **facts))
            if not sys.stdin.isatty():
                raise Declined("declined.overlap")
            if self._answer(say.text("overlap.ask", count=len(plan.orders))) != str(len(plan.orders)):
                raise Declined("declined.person")
            return
        self._ask(say.text("plan.ask", count=len(plan.orders), cost=plan.cost), yes=yes)

    def ask_to_resend(self, orders: Sequence[Order], *, yes: bool) -> None:
        """Raises Declined unless a person, or `yes`, releases the money."""
        cost = sum(order.price for order in orders)
        self._ask(say.text("resend.ask", count=len(orders), cost=cost), yes=yes)

    def _ask(self, question: str, *, yes: bool) -> None:
        if yes:
            self.say(question)
            return
        if not sys.stdin.isatty():
            self.warn(question)
            raise Declined("declined.no_terminal")
        if self._answer(question + " [y/N]") not in {"y", "yes", "ya"}:
            raise Declined("declined.person")

    def _answer(self, question: str) -> str:
        sys.stderr.write(question + " ")
        sys.stderr.flush()
        return sys.stdin.readline().strip().lower()

    # -- while it runs -------------------------------------------------------------------------------------

    @contextmanager
    def interruptible(self, clock: SystemClock) -> Iterator[None]:
        """The first Ctrl-C (or SIGTERM) ends the run after what is in flight; the second leaves at once."""

        def stop(_signal: int, _frame: FrameType | None) -> None:
            if clock.stop.is_set():
                os._exit(130)
            clock.stop.set()
            _print("\n" + say.text("interrupted.waiting"), sys.stderr)

        signals = (signal.SIGINT, signal.SIGTERM)
        before = [signal.signal(number, stop) for number in signals]
        try:
            yield
        finally:
            for number, handler in zip(signals, before, strict=True):
                signal.signal(number, handler)

    @contextmanager
    def progress(self, orders: int, spent: int) -> Iterator[Watcher]:
        """A bar on a terminal; nothing to draw elsewhere."""
        if self._quiet or not sys.stderr.isatty() or not orders:
            yield Bar(None, spent, self.warn)
            return
        from tqdm import tqdm

        with tqdm(total=orders, unit="row", dynamic_ncols=True, file=sys.stderr) as bar:
            yield Bar(bar, spent, self.warn)


class Bar:
    """Counts what comes in; draws it if there is something to draw on."""

    def __init__(self, bar: tqdm[Never] | None, spent: int, warn: Callable[[str], None]) -> None:
        self._bar = bar
        self._warn = warn
        self._warned = False
        self._spent = spent
        self._counts = dict.fromkeys(Status, 0)

    def done(self, order: Order, status: Status, debited: int | None) -> None:
        self._counts[status] += 1
        if status is Status.SUKSES:
            self._spent += order.price if debited is None else debited
        self._draw(1)

    def balance(self, rupiah: int, needed: int) -> None:
        if rupiah < needed and not self._warned:
            self._warned = True
            self._warn(say.text("balance.short", balance=rupiah, needed=needed, missing=needed - rupiah))

    def unwritten(self, order: Order, outcome: Outcome) -> None:
        facts = {"row": order.row, "number": order.number, "kind": outcome.kind, "invoice": outcome.invoice}
        self._warn(say.text("unwritten", **facts))

    def settled(self, status: Status, rupiah: int) -> None:
        self._counts[Status.PENDING] -= 1
        self._counts[status] += 1
        if status is Status.SUKSES:
            self._spent += rupiah
        self._draw(0)

    def _draw(self, step: int) -> None:
        if self._bar is None:
            return
        counts = self._counts
        pending = sum(count for status, count in counts.items() if status.is_open)
        failed = sum(counts.values()) - counts[Status.SUKSES] - pending
        words = {
            "paid": counts[Status.SUKSES],
            "failed": failed,
            "pending": pending,
            "spent": say.money(self._spent),
        }
        self._bar.set_postfix(words, refresh=False)
        self._bar.update(step)


def _print(line: str, stream: TextIO) -> None:
    """A console whose code page lacks a character gets a substitute, not an exception.

    Whoever read us may have gone (`| head`): that is no reason to stop half-way through a payroll.
    """
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(line.encode(encoding, "replace").decode(encoding) + "\n")
        stream.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


# -- lines -------------------------------------------------------------------------------------------------


def plan_lines(plan: Plan) -> Iterator[str]:
    sheet = plan.rows.sheet
    yield say.text("plan.title", file=sheet.path.name, tab=f" ({sheet.tab})" if sheet.tab else "")
    yield _count_line("plan.orders", len(plan.orders), plan.cost)
    if len(plan.done):
        yield _count_line("plan.done", len(plan.done))
    if plan.held:
        yield _count_line("plan.held", len(plan.held))
    by_kind: dict[str, list[int]] = {}
    for code, rows in plan.held_by_code().items():
        by_kind.setdefault(say.text("kind." + code), []).extend(rows)
    for kind, rows in sorted(by_kind.items(), key=lambda item: -len(item[1])):
        yield f"    {len(rows):>7,}  {kind} ({rows_shown(sorted(rows))})"
    yield _count_line("plan.rows", plan.rows_in)
    for operator, count, rupiah in plan.by_operator():
        yield f"    {operator:<18} {count:>7,}  {say.money(rupiah):>16}"
    yield say.text("plan.code", code=plan.code) if len(plan.orders) else say.text("plan.nothing")


def finding_lines(findings: Iterable[Finding]) -> Iterator[str]:
    """One line a row, in the sheet's order, with all that was found there."""
    for row, found in groupby(findings, key=lambda finding: finding.row):
        yield say.text("row", row=row, found=" · ".join(say.finding_in_row(finding) for finding in found))


def _count_line(code: str, count: int, rupiah: int | None = None) -> str:
    amount = "" if rupiah is None else f"  {say.money(rupiah):>16}"
    return f"  {say.text(code):<20} {count:>7,}{amount}"


def rows_shown(rows: list[int]) -> str:
    """`row 4`, or `rows 4, 9, 12 and 30 more`."""
    first = ", ".join(str(row) for row in rows[:ROWS_SHOWN])
    if len(rows) == 1:
        return say.text("rows.one", first=first)
    more = len(rows) - ROWS_SHOWN
    return say.text("rows.more", first=first, more=more) if more > 0 else say.text("rows.many", first=first)


def tally_lines(total: Tally) -> Iterator[str]:
    yield say.text("tally.title", rows=total.total)
    for paid in Paid:
        yield _count_line(f"paid.{paid.name.lower()}", total.rows_paid(paid))
        for status in Status:
            if status.paid is paid and total.rows[status]:
                words = f"{status} - {say.text(f'status.{status}')}"
                yield f"    {total.rows[status]:>7,}  {say.money(total.rupiah[status]):>14}  {words}"


def books_lines(books: Books) -> Iterator[str]:
    if books.opening is not None and books.closing is not None:
        facts = {"opening": books.opening, "closing": books.closing, "debited": books.debited}
        yield "  " + say.text("books.balance", **facts)
    if books.refunds_due:
        yield "  " + say.text("books.refunds", rupiah=books.refunds_due)
    if books.unexplained:
        yield "  " + say.text("books.unexplained", rupiah=books.unexplained)
    if books.mispriced:
        rows = rows_shown(list(books.mispriced))
        yield "  " + say.text("books.mispriced", rows=rows, rupiah=books.overcharged)


def next_lines(total: Tally, sheet: Path, *, rehearsal: bool) -> Iterator[str]:
    """One line for each status that a person can do something about."""
    name = f'"{sheet}"' if " " in str(sheet) else str(sheet)
    for status in (
        Status.PENDING,
        Status.UNKNOWN,
        Status.ACCEPTED,
        Status.GAGAL,
        Status.UNSENT,
        Status.INVALID,
    ):
        if total.rows[status]:
            facts = {"count": total.rows[status], "sheet": name + (" --sandbox" if rehearsal else "")}
            yield "  " + say.text(f"next.{status}", **facts)


def halt_line(halt: Halt) -> str:
    facts: dict[str, object] = dict(halt.facts)
    if "cause" in facts:
        facts["cause"] = say.text(str(facts["cause"]))
    reason = facts.get("reason")
    words = say.text(halt.code, **facts)
    return f"{words} {say.text('provider_says', reason=reason)}" if reason else words


def _plan_facts(plan: Plan) -> Mapping[str, object]:
    return {
        "code": plan.code,
        "rows": plan.rows_in,
        "orders": len(plan.orders),
        "sent_before": len(plan.done),
        "held": len(plan.held),
        "cost": plan.cost,
        "operators": [
            dict(zip(("name", "orders", "cost"), group, strict=True)) for group in plan.by_operator()
        ],
        "findings": [_finding_facts(found) for found in plan.findings],
    }


def _finding_facts(found: Finding) -> dict[str, object]:
    names = ("row", "level", "code", "column", "value")
    return {**{name: getattr(found, name) for name in names}, "message": say.finding(found)}

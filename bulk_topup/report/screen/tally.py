"""What became of the rows, as lines on the screen and as facts of `--json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bulk_topup.core.status import Paid, Status
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bulk_topup.core.model import Halt
    from bulk_topup.record.tally import Tally
    from bulk_topup.rules.books import Books
    from bulk_topup.rules.pilot import Pilot

ROWS_SHOWN = 8


def count_line(code: str, count: int, rupiah: int | None = None) -> str:
    amount = "" if rupiah is None else f"  {say.money(rupiah):>16}"
    return f"  {say.text(code):<20} {say.number(count):>7}{amount}"


def tally_lines(total: Tally) -> Iterator[str]:
    yield say.text("tally.title", rows=total.total)
    for paid in Paid:
        yield count_line(f"paid.{paid.name.lower()}", total.rows_paid(paid))
        for status in Status:
            if status.paid is paid and total.rows[status]:
                words = f"{status} - {_meaning(status, total.by_hand[status])}"
                count, rupiah = say.number(total.rows[status]), say.money(total.rupiah[status])
                yield f"    {count:>7}  {rupiah:>14}  {words}"


def _meaning(status: Status, by_hand: int) -> str:
    """What the provider did not say, a person did."""
    code = "status.gagal_by_hand" if by_hand and status is Status.GAGAL else f"status.{status}"
    return say.text(code, count=by_hand)


def pilot_lines(pilot: Pilot, total: int) -> Iterator[str]:
    yield say.text("pilot.title", count=pilot.total, total=total)
    for status in filter(pilot.rows.get, Status):
        yield f"    {say.number(pilot.rows[status]):>7}  {status} - {say.text(f'status.{status}')}"
    yield say.text("pilot.debits", debited=pilot.debited, listed=pilot.listed)
    for row, debited, listed in pilot.differing[:ROWS_SHOWN]:
        yield say.text("pilot.differs", row=row, debited=debited, listed=listed)
    if (more := len(pilot.differing) - ROWS_SHOWN) > 0:
        yield say.text("pilot.more_differ", count=more)


def books_lines(books: Books) -> Iterator[str]:
    if books.opening is not None and books.closing is not None:
        facts = {"opening": books.opening, "closing": books.closing, "debited": books.debited}
        yield "  " + say.text("books.balance", **facts)
    if books.unexplained:
        code = "books.unexplained" if books.unexplained > 0 else "books.came_in"
        yield "  " + say.text(code, rupiah=abs(books.unexplained))
    if books.undebited:
        yield "  " + say.text("books.undebited", rupiah=books.undebited)
    if books.unexplained and books.failed:
        yield "  " + say.text("books.failed", rupiah=books.failed)
    if books.unexplained and books.may_be_debited:
        yield "  " + say.text("books.may_be_debited", rupiah=books.may_be_debited)
    if books.mispriced:
        rows = say.rows(books.mispriced, ROWS_SHOWN)
        yield "  " + say.text("books.mispriced", rows=rows, rupiah=books.overcharged)


def so_far(total: Tally) -> str:
    facts = {"rest": total.unsent, "rest_rupiah": total.unsent_rupiah, "open": total.rows_paid(Paid.ASK)}
    paid = {"paid": total.rows_paid(Paid.YES), "paid_rupiah": total.rupiah_paid(Paid.YES)}
    return say.text("halt.so_far", **facts, **paid)


def deposit_lines(total: Tally, deposit: tuple[int, str] | None, *, is_used_up: bool) -> Iterator[str]:
    """Of a deposit that is used up or will be: what the rest wants besides."""
    rest = total.unsent_rupiah
    if deposit is not None and (is_used_up or deposit[0] < rest):
        balance, moment = deposit
        facts = {"rest_rupiah": rest, "balance": balance, "moment": moment, "missing": rest - balance}
        yield say.text("halt.add" if balance < rest else "halt.enough", **facts)
    elif is_used_up:
        yield say.text("halt.add_unknown", rest_rupiah=rest)


def rest_facts(total: Tally, deposit: tuple[int, str] | None) -> dict[str, int | None]:
    missing = None if deposit is None else max(0, total.unsent_rupiah - deposit[0])
    return {"rows": total.unsent, "rupiah": total.unsent_rupiah, "missing": missing}


USED_UP = "outcome.reason.62"
"""The deposit does not cover the next top-up (API v3.1, REASON CODE)."""


def halt_line(halt: Halt) -> str:
    return stop_line(halt.code, halt.facts)


def stop_line(code: str, said: Mapping[str, str]) -> str:
    facts: dict[str, object] = dict(said)
    if "cause" in facts:
        facts["cause"] = say.text(str(facts["cause"]))
    reason = facts.get("reason")
    words = say.text(code, **facts)
    return f"{words} {say.text('provider_says', reason=reason)}" if reason else words

"""What differs from an earlier sheet, on the screen and as facts for `--json`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from bulk_topup.report.screen.report import ROWS_SHOWN, Report
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from bulk_topup.rules.comparison import Comparison, Person


def comparison_report(file: str, found: Comparison) -> Report:
    """`file` is the earlier sheet's name."""
    facts = {
        "file": file,
        "joined": list(map(_facts, found.joined)),
        "left": list(map(_facts, found.left)),
        "number_changed": list(map(_pair_facts, found.moved)),
        "amount_changed": list(map(_pair_facts, found.changed)),
        "total_before": found.total_before,
        "total": found.total_now,
    }
    return Report({"compared": facts}, list(_lines(file, found)))


def _facts(one: Person) -> dict[str, object]:
    return {name: value for name, value in asdict(one).items() if name != "tab" or value}


def _pair_facts(pair: tuple[Person, Person]) -> dict[str, object]:
    before, now = pair
    return {**_facts(now), "number_before": before.number, "amount_before": before.amount}


def _lines(file: str, found: Comparison) -> Iterator[str]:
    yield say.text("compare.title", file=file)
    yield from _people("compare.joined", found.joined)
    yield from _people("compare.left", found.left)
    yield from _pairs("compare.moved", "compare.number", found.moved)
    yield from _pairs("compare.changed", "compare.amount", found.changed)
    if not (found.joined or found.left or found.moved or found.changed):
        yield say.text("compare.same")
    more = found.total_now - found.total_before
    code = "compare.total_more" if more > 0 else "compare.total_less" if more else "compare.total"
    yield say.text(code, before=found.total_before, now=found.total_now, change=abs(more))


def _people(code: str, people: Sequence[Person]) -> Iterator[str]:
    if not people:
        return
    yield say.text(code, count=len(people))
    for one in people[:ROWS_SHOWN]:
        facts = {"row": _place(one), "name": one.name, "number": one.number or "-", "amount": one.amount}
        yield say.text("compare.person", **facts)
    yield from _more(len(people))


def _pairs(code: str, each: str, pairs: Sequence[tuple[Person, Person]]) -> Iterator[str]:
    if not pairs:
        return
    yield say.text(code, count=len(pairs))
    for before, now in pairs[:ROWS_SHOWN]:
        facts = {
            "row": _place(now),
            "name": now.name or now.number,
            "number": now.number,
            "amount": now.amount,
        }
        yield say.text(each, **facts, number_before=before.number, amount_before=before.amount)
    yield from _more(len(pairs))


def _place(one: Person) -> str:
    return f"{one.tab} {one.row}".strip()


def _more(count: int) -> Iterator[str]:
    if count > ROWS_SHOWN:
        yield say.text("compare.more", count=count - ROWS_SHOWN)

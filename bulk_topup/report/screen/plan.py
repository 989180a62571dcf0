"""The plan as lines on the screen and as facts of `--json`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from typing import TYPE_CHECKING

from bulk_topup.core.model import Deposit, Finding
from bulk_topup.core.status import Status
from bulk_topup.report.screen.report import ROWS_SHOWN, Report, Tone, Whole
from bulk_topup.report.screen.tally import count_line
from bulk_topup.report.tables import row_value
from bulk_topup.report.words import say
from bulk_topup.rules import contradictions

if TYPE_CHECKING:
    from bulk_topup.rules.plan import Plan
    from bulk_topup.rules.products import Choice

FINDINGS_SHOWN = 20

ALIKE_SHOWN = 5
"""More findings of one kind than this are summarised in one line."""


def plan_report(plan: Plan, *, address: str, every_finding: bool, with_facts: bool) -> Report:
    """`address` is "" if it is the usual one. The facts hold every finding in words, which takes long."""
    unusual = [say.text("plan.address", address=address)] if address else []
    lines = [*unusual, *plan_lines(plan), *_all_findings_lines(plan, every=every_finding)]
    return Report({"plan": plan_facts(plan)} if with_facts else {}, lines)


def plan_lines(plan: Plan) -> Iterator[str]:
    sheet = plan.rows.sheet
    yield say.text("plan.title", file=sheet.path.name, tab=f" ({sheet.tab})" if sheet.tab else "")
    yield count_line("plan.orders", len(plan.orders), plan.cost)
    if len(plan.attempted):
        yield count_line("plan.attempted", len(plan.attempted)) + _became(plan)
    nobody = plan.for_nobody()
    if len(plan.held) > len(nobody):
        yield count_line("plan.held", len(plan.held) - len(nobody), tone=Tone.HELD)
    yield from _held_lines(plan, frozenset(plan.held) - nobody)
    if nobody:
        yield count_line("plan.nobody", len(nobody))
    yield from _held_lines(plan, nobody)
    yield count_line("plan.rows", plan.rows_in)
    yield from _parts(plan)
    if sheet.outside:
        yield count_line("plan.outside", sheet.outside)
    if not len(plan.orders):
        yield say.text("plan.nothing")
        return
    yield say.text("plan.by_operator")
    for operator, count, rupiah in plan.by_operator():
        yield f"    {operator:<18} {say.number(count):>7}  {say.money(rupiah):>16}"
    if chosen := plan.chosen():
        yield say.text("plan.chosen")
        yield from (_choice_line(choice, len(rows)) for choice, rows in chosen)
    for text, product, count in plan.respelled():
        yield say.text("plan.respelled", text=text, product=product, count=count)


def _parts(plan: Plan) -> Iterator[str]:
    """Each tab, if several are one sheet, and each total stated in the sheet."""
    for tab, orders, cost, held in plan.by_tab():
        yield say.text("plan.of_tab", tab=tab, orders=orders, cost=cost, held=held)
    for total in contradictions.totals(plan.rows):
        if total.stated == total.summed:
            yield "  " + say.text("plan.total_agrees", row=total.row, stated=total.stated)


def _choice_line(choice: Choice, count: int) -> str:
    facts = {"operator": choice.operator, "nominal": choice.nominal, "count": count}
    return say.text("plan.choice", **facts, **_product_facts(choice), how=how_chosen(choice))


def how_chosen(choice: Choice) -> str:
    """`cheapest of 2`"""
    if choice.is_fixed:
        return say.text("plan.fixed")
    return say.text("plan.cheapest", of=choice.of) if choice.of > 1 else say.text("plan.only")


def _product_facts(choice: Choice) -> dict[str, str | int]:
    product = choice.product
    return {} if product is None else {"product": product.code, "price": product.price or 0}


def _became(plan: Plan) -> str:
    """The outcome of what was sent before; nothing if all of it is paid."""
    rows, paid = plan.still_open(), int((plan.attempted["status"] == Status.SUKSES).sum())
    not_paid = len(plan.attempted) - len(rows) - paid
    if not rows and not not_paid:
        return ""
    parts = [say.text("plan.paid", count=paid)] if paid else []
    parts += [say.text("plan.not_paid", count=not_paid)] if not_paid else []
    parts += [say.text("plan.open", count=len(rows), rows=say.rows(rows, ROWS_SHOWN))] if rows else []
    return f"  ({', '.join(parts)})"


def _held_lines(plan: Plan, among: Set[int]) -> Iterator[str]:
    """One line for each kind of held row `among` these, the most frequent first."""
    by_kind: dict[str, list[int]] = {}
    for code, rows in plan.held_by_code().items():
        by_kind.setdefault(say.text("kind." + code), []).extend(row for row in rows if row in among)
    for kind, rows in sorted(by_kind.items(), key=lambda item: -len(item[1])):
        if rows:
            yield f"    {say.number(len(rows)):>7}  {kind} ({say.rows(sorted(rows), ROWS_SHOWN)})"


def _all_findings_lines(plan: Plan, *, every: bool) -> Iterator[str]:
    """Findings that hold a row back, then warnings on rows that are sent."""
    warned = plan.warned()
    with_warning = set(warned)
    held = [one for one in plan.findings if one.row not in with_warning]
    if held:
        yield say.text("plan.findings")
        yield from _most_finding_lines(held, plan, every=every)
    if warned:
        yield say.text("plan.warned", count=len(warned), rows=say.rows(warned, ROWS_SHOWN))
        with_them = [one for one in plan.findings if one.row in with_warning]
        yield from _most_finding_lines(with_them, plan, every=every)


def _most_finding_lines(findings: Iterable[Finding], plan: Plan, *, every: bool) -> Iterator[str]:
    lines = list(finding_lines(findings, plan.rows.person))
    shown = lines if every else lines[:FINDINGS_SHOWN]
    yield from ("  " + line for line in shown)
    if len(shown) < len(lines):
        yield say.text("plan.more_findings", count=len(lines) - len(shown))


def finding_lines(findings: Iterable[Finding], person: Callable[[int], str]) -> Iterator[str]:
    """In the sheet's order: a line for each row with all its findings, but one for many similar rows."""
    found = list(findings)
    counts = Counter((finding.code, finding.column) for finding in found)
    lines: dict[int | tuple[str, str], list[Finding]] = {}
    for finding in found:
        kind = finding.code, finding.column
        lines.setdefault(finding.row if counts[kind] <= ALIKE_SHOWN else kind, []).append(finding)
    for place, together in lines.items():
        if isinstance(place, int):
            yield say.row(place, person(place), " \N{MIDDLE DOT} ".join(map(say.finding_in_row, together)))
        else:
            yield _alike_line(together, person)


def _alike_line(found: Sequence[Finding], person: Callable[[int], str]) -> str:
    first = found[0]
    column = f"{say.printable(first.column)}: " if first.column else ""
    rows = say.rows([finding.row for finding in found], ROWS_SHOWN, person)
    facts = {"count": len(found), "kind": column + say.text(f"kind.{first.code}"), "rows": rows}
    return say.text("rows.alike", **facts, first=say.finding(first, person(first.row)))


def plan_facts(plan: Plan) -> Mapping[str, object]:
    return {
        "code": plan.code,
        "rows": plan.rows_in,
        "orders": len(plan.orders),
        "sent_with_warning": len(plan.warned()),
        "sent_before": len(plan.attempted),
        "held": len(plan.held),
        "for_nobody": len(plan.for_nobody()),
        "cost": plan.cost,
        "operators": [
            dict(zip(("name", "orders", "cost"), group, strict=True)) for group in plan.by_operator()
        ],
        "groups": [
            dict(zip(("name", "orders", "nominal", "cost"), group, strict=True)) for group in plan.by_group()
        ],
        "nominal": int(plan.orders["nominal"].sum()),
        "chosen": [
            {
                "operator": choice.operator,
                "nominal": choice.nominal,
                **_product_facts(choice),
                "of": choice.of,
                "fixed": choice.is_fixed,
                "rows": list(map(row_value, rows)),
            }
            for choice, rows in plan.chosen()
        ],
        "tabs": [dict(zip(("tab", "orders", "cost", "held"), tab, strict=True)) for tab in plan.by_tab()],
        "totals": [
            {"row": row_value(total.row), "stated": total.stated, "summed": total.summed}
            for total in contradictions.totals(plan.rows)
        ],
        "findings": [_finding_facts(found, plan.rows.person(found.row)) for found in plan.findings],
    }


def _finding_facts(found: Finding, person: str) -> dict[str, object]:
    facts = {name: getattr(found, name) for name in ("level", "code", "column", "value")}
    return {**say.row_facts(found.row), **facts, "person": person, "message": say.finding(found, person)}


# -- beside the plan ---------------------------------------------------------------------------------------


def real_account_report(account: str, rehearsal: str) -> Report:
    """Shown before a person is asked; `rehearsal` is the command that spends nothing."""
    return Report({}, [say.text("plan.real", account=account), Whole("  " + say.printable(rehearsal))])


def deposit_report(deposit: Deposit | None, cost: int) -> Report:
    """The deposit as the provider last stated it, if ever, compared with the cost of the plan."""
    if deposit is None:
        return Report({"deposit": None})
    missing = max(0, cost - deposit.balance)
    facts = {"balance": deposit.balance, "at": deposit.moment, "batch": deposit.batch, "missing": missing}
    words = say.text("deposit.short" if missing else "deposit.enough", **facts, moment=deposit.moment)
    return Report({"deposit": facts}, ["  " + words])


def overlap_report(plan: Plan) -> Report:
    """Nothing unless another batch has largely paid the same."""
    overlap = plan.overlap
    if overlap is None:
        return Report({})
    facts = {"paid": overlap.rows, "count": len(plan.orders), "batch": overlap.batch, "day": overlap.day}
    return Report({"overlap": facts}, warnings=[say.text("overlap.seen", **facts)])


def over_budget_report(excess: Mapping[str, int]) -> Report:
    return Report({"over_budget": dict(excess)}, warnings=[say.text("plan.over_budget", **excess)])

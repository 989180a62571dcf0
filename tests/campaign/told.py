"""A schedule that was carried out, told: as facts for the log, and step by step for a person."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from tests.campaign.schedule import Command, Together

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.campaign.judge import Case, Request, Results
    from tests.campaign.schedule import Record, Schedule


def facts(case: Case) -> dict[str, Any]:
    """What happened in a schedule; `tuple` (terms, faults, crashes, commands, the person's doings) is what
    makes it different from others."""
    plan = case.schedule
    faults = [f"{_fault(request)}" for request in case.requests if request.kind]
    faults += [f"{len(r.command.refused)} refused" for r in case.records if r.command.refused]
    crashes = [record.crash for record in case.records if record.crash]
    doings = [str(step) for step in plan.steps if not isinstance(step, Command)]
    commands = [f"{record.command} x{record.command.workers}" for record in case.records]
    terms = f"rule 51 {'on' if plan.rule_51 else 'off'}, itrx {plan.itrx}"
    return {
        "name": plan.name,
        "tuple": [terms, faults, crashes, commands, doings],
        "commands": Counter(record.command.verb for record in case.records),
        "at once": sum(record.beside is not None for record in case.records) // 2,
        "answers": Counter("true" if said.true else "wrong" for r in case.records for said in r.said),
        "requests": len(case.requests),
        "faults": len(faults),
        "kills": sum(record.died for record in case.records),
        "crashes": crashes,
        "moments": [record.moment for record in case.records if record.moment],
        "repeatable": _is_repeatable(plan),
        "paid": sum(request.moved_money for request in case.requests),
    }


def _is_repeatable(plan: Schedule) -> bool:
    """Whether a replay does the same to the bit: no SIGKILL by the clock, no race of processes or threads."""
    pairs = [step for step in plan.steps if isinstance(step, Together)]
    commands = [step for step in plan.steps if isinstance(step, Command)]
    commands += [command for pair in pairs for command in (pair.first, pair.second)]
    timed = any(command.killed_at is not None or command.workers > 1 for command in commands)
    timed |= any(command.crash is not None and command.crash.how == "linger" for command in commands)
    return not timed and all(pair.hold for pair in pairs)


def _fault(request: Request) -> str:
    return f"{request.point} {request.kind}" + (f":{request.argument}" if request.argument else "")


def told(case: Case) -> Iterator[str]:
    """Every step, command, request and results sheet, in order."""
    plan = case.schedule
    yield f"{plan.name} {plan.start} rule_51={plan.rule_51} itrx={plan.itrx} skew={plan.skew_s}"
    for place, record in enumerate(case.records):
        yield from (f"    {event.step}" for event in case.events if event.at == place)
        yield from _command(place, record)
        yield from (_request(request) for request in case.requests if request.place == place)
        yield from (_results(results) for results in case.results if results.place == place)
        yield from ("    " + line for line in record.complaint.splitlines())


def _command(place: int, record: Record) -> Iterator[str]:
    command = record.command
    trouble = {endpoint: plan for endpoint, plan in command.faults.items() if plan}
    rows = ", ".join(
        f"{row.no}:{row.number}/{row.product}{'/' + row.itrx if row.itrx else ''}" for row in record.rows
    )
    yield f"{place}. {record.began:%d %H:%M:%S} {command} workers={command.workers} [{rows}]"
    yield f"    faults={trouble} refused={command.refused} crash={command.crash}"
    if record.beside is not None:
        yield f"    {'while' if record.inside else 'at once with'} {record.beside}"
    yield from (f"    says {said}" for said in record.said)
    yield f"    exit {record.exit} {record.crash} {record.moment} batch {record.batch[:6]}"


def _request(request: Request) -> str:
    answered = request.answer.get("reason_code", request.answer.get("status"))
    return f"    {request} {request.at:%d %H:%M:%S} {answered}"


def _results(results: Results) -> str:
    lines = (f"{line.no}:{line.status}{'/' + line.invoice if line.invoice else ''}" for line in results.lines)
    return "    results " + ", ".join(lines)

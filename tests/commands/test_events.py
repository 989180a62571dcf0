"""`--events`: one JSON object a line as things happen, with the facts that docs/json.md names."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.commands.test_json import paths
from tests.markdown import code_in, page, section, table

if TYPE_CHECKING:
    from tests.conftest import MakeOffice, Office, Result

SECTION = section(page("docs/json.md"), "`--events`")
EVENTS = {code_in(event)[0] for event, _ in table(SECTION, "event")}
FACTS = {code_in(fact)[0] for fact, _ in table(SECTION, "fact")}
SHARED = {"event", "at"}
PENDING, LOST = "081200001201", "081200002101"


def events_of(done: Result) -> list[dict[str, Any]]:
    """Each line is one of the documented events, with its documented facts and no others."""
    events: list[dict[str, Any]] = [json.loads(line) for line in done.out.splitlines()]
    for event in events:
        name = event["event"]
        assert name in EVENTS
        if name != "done":  # whose facts are those of `--json`
            facts = {path for path in paths({name: event}) if path != name}
            assert facts == {f for f in FACTS if f.startswith(f"{name}.")} | {f"{name}.{f}" for f in SHARED}
    assert events[-1]["event"] == "done"
    assert events[-1]["exit_code"] == done.exit
    return events


def names(events: list[dict[str, Any]]) -> list[str]:
    """In their order, each run of equal ones once; `counts` and `balance` come when time has passed."""
    told = [event["event"] for event in events if event["event"] not in {"counts", "balance"}]
    return [name for at, name in enumerate(told) if told[at - 1 : at] != [name]]


def test_every_documented_event_is_told_with_its_facts(make_office: MakeOffice) -> None:
    office = make_office()
    office.payroll("a.csv", [*office.numbers(3), PENDING, LOST])
    run = events_of(office.run("run", "a.csv", "--yes", "--rate", "500", "--wait", "1", "--events"))
    assert names(run) == ["plan", "asked", "sent", "done"]
    assert [event["row"] for event in run if event["event"] == "sent"] == [2, 3, 4, 5, 6]
    counts = [event for event in run if event["event"] == "counts"]
    assert counts[-1]["rows"]["sukses"] == 3
    settled = events_of(office.run("settle", "a.csv", *office.fast, "--events"))
    resolved = events_of(
        office.run(
            *("resolve", "a.csv", "--row", "6", "--number", LOST, "--not-sent", "--note", "Rina", "--events")
        )
    )
    assert names(settled) == names(resolved) == ["done"]
    assert resolved[-1]["rows"]["gagal"] == 1
    seen = {event["event"] for event in [*run, *_approved(office), *_runs_out(office)]}
    assert seen == EVENTS


def _approved(office: Office) -> list[dict[str, Any]]:
    office.payroll("b.csv", office.numbers(2, first=100))
    code = office.run("check", "b.csv", "--json").json["plan"]["code"]
    given = ("--approve", code, "--approved-by", "Rina")
    events = events_of(office.run("run", "b.csv", *given, *office.fast, "--events"))
    (asked,) = (event for event in events if event["event"] == "asked")
    assert (asked["orders"], asked["approved_by"]) == (2, "Rina")
    return events


def _runs_out(office: Office) -> list[dict[str, Any]]:
    office.payroll("c.csv", office.numbers(5, first=200))
    office.sandbox.set_balance(2 * 5_650)
    events = events_of(office.send("c.csv", "--events"))
    assert names(events) == ["plan", "asked", "sent", "halted", "done"]
    (halted,) = (event for event in events if event["event"] == "halted")
    assert halted["code"] == events[-1]["halt"]["code"] == "outcome.reason.62"
    return events


@pytest.mark.parametrize("arguments", [("no-such-sheet.csv",), (), ("a.csv", "--rate", "fast")])
def test_a_command_that_fails_ends_in_its_event(office: Office, arguments: tuple[str, ...]) -> None:
    (done,) = events_of(office.run("run", *arguments, "--events"))
    assert done["exit_code"] == 2
    assert done["error"]["message"]


def test_without_a_yes_nothing_is_asked_or_sent(office: Office) -> None:
    office.payroll("a.csv", office.numbers(2))
    events = events_of(office.run("run", "a.csv", "--events"))
    assert names(events) == ["plan", "done"]
    assert events[-1]["error"]["code"] == "declined.no_terminal"
    assert not office.sent()


def test_counts_come_while_it_sends(office: Office) -> None:
    office.payroll("a.csv", office.numbers(6))
    process = office.start("run", "a.csv", "--yes", "--rate", "3", "--wait", "0", "--events")
    assert process.stdout is not None
    late = []
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] == "counts":
            late.append(time.time())
    assert process.wait(60) == 0
    assert len(late) > 2
    assert len(office.sent()) == 6

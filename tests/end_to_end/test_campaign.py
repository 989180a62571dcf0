"""The fault campaign's short form, and whether it would see a program that breaks its promises."""

from __future__ import annotations

import ast
import json
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if not hasattr(os, "fork"):
    pytest.skip("the campaign forks a process for every command", allow_module_level=True)

from tests import postgres
from tests.campaign import draw, judge, office, schedule, told
from tests.campaign.__main__ import SHORT
from tests.campaign.process import Desk
from tests.faults import CAMPAIGN_KINDS, FRONT_STATUSES, STATUSES
from tests.markdown import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.kill

WITH_ARGUMENTS = {"stall", "slow", "status", "answer"}


@pytest.mark.parametrize("module", [judge, schedule], ids=lambda module: module.__name__)
def test_the_judge_knows_nothing_of_the_program(module: object) -> None:
    tree = ast.parse(Path(str(getattr(module, "__file__", ""))).read_text(encoding="utf-8"))
    names = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    names |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert not [name for name in names if name.startswith("bulk_topup")]
    ours = {name for name in names if name.startswith("tests")}
    assert ours <= {"tests.campaign.schedule"}


def test_every_kind_of_fault_is_drawn() -> None:
    drawn = {kind.partition(":")[0] for kind in draw.KINDS} | WITH_ARGUMENTS
    assert drawn == set(CAMPAIGN_KINDS)
    assert set(draw.STATUSES) == set(STATUSES)
    assert draw.FRONT == FRONT_STATUSES == judge.TURNED_AWAY


def test_every_status_is_drawn_with_and_without_a_body_before_and_after_the_money_moved() -> None:
    steps = [step for nth in range(SHORT) for step in draw.draw(1, nth).steps]
    pairs = [step for step in steps if isinstance(step, schedule.Together)]
    commands = [step for step in steps if isinstance(step, schedule.Command)]
    commands += [command for pair in pairs for command in (pair.first, pair.second)]
    drawn = {text for command in commands for text in command.faults.get("isipulsa", {}).values()}
    drawn |= {text.rpartition(":")[0] for text in drawn if text.count(":") == 2}  # with its Retry-After
    assert drawn >= set(draw.STATUS_FAULTS)


def test_a_seed_draws_the_same_schedules_again() -> None:
    assert [draw.draw(7, nth) for nth in range(40)] == [draw.draw(7, nth) for nth in range(40)]


def test_every_manner_of_answer_and_of_running_at_once_is_drawn() -> None:
    steps = [step for nth in range(SHORT) for step in draw.draw(1, nth).steps]
    commands = [step for step in steps if isinstance(step, schedule.Command)]
    pairs = [step for step in steps if isinstance(step, schedule.Together)]
    assert {command.manner for command in commands} == {"", *draw.TRUE, *draw.WRONG}
    assert any(pair.hold is None for pair in pairs)
    assert {pair.hold.point for pair in pairs if pair.hold} == {*draw.HOLDS, *draw.EARLY_HOLDS}
    assert any(pair.hold and pair.first.sheet == pair.second.sheet for pair in pairs)
    assert any(pair.hold and pair.first.sheet != pair.second.sheet for pair in pairs)
    assert any(command.killed_at for command in commands)


def _carried_out(plan: schedule.Schedule, where: Path) -> schedule.Evidence:
    with Desk() as desk:
        return office.carry_out(plan, where, desk)


@pytest.fixture
def carried_out(tmp_path: Path) -> Iterator[Callable[..., judge.Case]]:
    """The case of a few steps about one sheet of two rows."""
    rows = (schedule.Row(1, "081234500001", "TSEL5"), schedule.Row(2, "081200002101", "TSEL10"))

    def carry_out(*steps: schedule.Step) -> judge.Case:
        plan = draw.draw(1, 0)
        write = schedule.Write("bonus.csv", rows, "write")
        plan = replace(plan, start=draw.STARTS[0], skew_s=0.0, counts_copies=False, steps=(write, *steps))
        return judge.Case(alone.submit(_carried_out, plan, tmp_path).result())

    # Not in this process: a command forked from one with threads may wait for ever for a lock of theirs.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
        yield carry_out


def test_what_a_person_says_is_what_stands_in_the_book(carried_out: Callable[..., judge.Case]) -> None:
    """Both answers are lost: the first row was paid, the second was not."""
    lost = {"isipulsa": {1: "after close"}}
    run = schedule.Command("run", "bonus.csv", faults=lost)
    case = carried_out(run, schedule.Command("resolve", "bonus.csv", manner="file"))
    [(paid, unpaid)] = [record.said for record in case.records if record.said]
    assert [paid.true, unpaid.true] == [True, True]
    assert case.topups[paid.invoice].number == paid.number == "081234500001"
    assert (unpaid.number, unpaid.invoice) == ("081200002101", "")
    assert [line.status for line in case.results[-1].lines] == ["sukses", "gagal"]
    assert judge.judge(case) == []


def test_the_judge_sees_a_wrong_word_that_was_taken(carried_out: Callable[..., judge.Case]) -> None:
    run = schedule.Command("run", "bonus.csv")
    case = carried_out(run, schedule.Command("resolve", "bonus.csv", manner="other"))
    assert judge.judge(case) == []
    taken = [replace(record, exit=4 if record.said else record.exit) for record in case.records]
    case.records = tuple(taken)
    assert [found.rule for found in judge.judge(case)] == ["words are checked"]


def test_the_judge_sees_two_at_work_on_one_sheet(carried_out: Callable[..., judge.Case]) -> None:
    run = schedule.Command("run", "bonus.csv")
    hold = schedule.Crash("ledger.turn", 1, "after", "hold")
    case = carried_out(schedule.Together(run, run, hold))
    assert (case.records[1].exit, case.records[1].inside) == (5, True)
    assert judge.judge(case) == []
    case.records = (case.records[0], replace(case.records[1], exit=0), *case.records[2:])
    assert [found.rule for found in judge.judge(case)] == ["one at a time"]


def test_the_judge_sees_an_attempt_that_no_entry_tells_of(
    carried_out: Callable[..., judge.Case], tmp_path: Path
) -> None:
    case = carried_out(schedule.Command("run", "bonus.csv"))
    assert judge.judge(case) == []
    for change in (
        "UPDATE attempts SET debited = 1 WHERE id = 1",
        "DELETE FROM chain WHERE kind = 'outcome'",
    ):
        with closing(sqlite3.connect(tmp_path / "bonus.checkpoint.db")) as db, db:
            db.execute(change)
        assert {found.rule for found in judge.judge(case)} == {"trail is whole"}


def test_requests_of_two_commands_at_once_are_told_apart(carried_out: Callable[..., judge.Case]) -> None:
    """Two sheets with the same rows: what one has claimed, the other leaves."""
    copy = schedule.Write("copy.csv", (schedule.Row(1, "081234500001", "TSEL5"),), "write")
    hold = schedule.Crash("ledger.turn", 1, "before", "hold")
    runs = schedule.Command("run", "bonus.csv"), schedule.Command("run", "copy.csv")
    case = carried_out(copy, schedule.Together(*runs, hold))
    assert [(r.number, r.place) for r in case.requests] == [("081234500001", 1), ("081200002101", 0)]
    assert judge.judge(case) == []


def test_a_kill_by_the_clock_is_logged_with_its_moment(carried_out: Callable[..., judge.Case]) -> None:
    case = carried_out(schedule.Command("run", "bonus.csv", killed_at=0.01))
    record = case.records[0]
    assert record.exit is None
    assert record.moment.startswith("SIGKILL to `run bonus.csv` after ")
    assert told.facts(case)["repeatable"] is False


# -- these keep all processors busy, and so stand last: then no other test waits for one ------------------


@pytest.mark.postgres
@pytest.mark.skipif(bool(postgres.MISSING), reason=postgres.MISSING)
def test_the_same_holds_with_the_ledger_on_a_server(tmp_path: Path) -> None:
    """The first schedules alone: all of them are played by `python -m tests.campaign --ledger postgresql`."""
    log = tmp_path / "campaign.jsonl"
    options = ["--ledger", "postgresql", "--schedules", "40", "--log", str(log)]
    command = [sys.executable, "-m", "tests.campaign", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    verdicts = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert len(verdicts) == 40
    assert sum(verdict["kills"] for verdict in verdicts) >= 10


def test_nobody_is_paid_twice_and_no_row_is_lost(tmp_path: Path) -> None:
    """Distinct tuples of fault, point, crash and commands, judged by the provider's book."""
    log = tmp_path / "campaign.jsonl"
    done = subprocess.run(
        [sys.executable, "-m", "tests.campaign", "--log", str(log)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    verdicts = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert len({json.dumps(verdict["tuple"]) for verdict in verdicts}) >= SHORT - 2
    assert sum(verdict["kills"] for verdict in verdicts) >= 140
    assert sum(verdict["faults"] for verdict in verdicts) >= 550
    assert sum(len(verdict["moments"]) for verdict in verdicts) >= 20, "killed by the clock"
    crashes = Counter(crash.partition(" ")[0] for verdict in verdicts for crash in verdict["crashes"])
    every = {how.partition(":")[0] for how in (*draw.HOWS, *draw.LEAPS, "error")}
    assert {how.partition(":")[0] for how in crashes} >= every
    assert set(draw.BUSY_POINTS) <= {point for verdict in verdicts for point in _died_at(verdict["crashes"])}
    assert sum(verdict["at once"] for verdict in verdicts) >= 25
    assert sum(verdict["answers"].get("true", 0) for verdict in verdicts) >= 20
    assert sum(verdict["answers"].get("wrong", 0) for verdict in verdicts) >= 10
    assert {verdict["verdict"] for verdict in verdicts} == {"green"}


def _died_at(crashes: list[str]) -> Iterator[str]:
    """Of `kill before socket.send#3`, what was reached; a nap is survived, and a disk that fails once."""
    for crash in crashes:
        how, *_, point = crash.partition("#")[0].split()
        if how in {"kill", "exit", "linger", "cut"}:
            yield point

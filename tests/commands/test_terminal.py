"""What a person sees: how far it is, why it stopped, what is left, and the command that goes on."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest

from bulk_topup.commands import click_command, params
from bulk_topup.commands.console import wrapped
from bulk_topup.commands.main import cli
from bulk_topup.commands.next_steps import LastRun, Typed, after, before, now, past_pilot, with_doctor
from bulk_topup.commands.progress import Bar, fitted
from bulk_topup.commands.sandbox import why_no_port
from bulk_topup.commands.settings import Settings
from bulk_topup.commands.terminal import Terminal
from bulk_topup.core.clock import WIB, near_midnight
from bulk_topup.core.shell import argument, path_argument
from bulk_topup.core.status import Status
from bulk_topup.record.checkpoint import Checkpoint
from bulk_topup.record.lines import LinesAlike
from bulk_topup.record.tally import Tally
from bulk_topup.report.screen.duration import left_s, time_words
from bulk_topup.report.screen.halt import deposit_lines, so_far
from bulk_topup.report.screen.plan import plan_lines
from tests import forks
from tests.builders import ANDI, BUDI, CITRA, TODAY, an_order, elsewhere_of, known_of, plan_of, topups
from tests.desk_bench import PRICE, Bench, MovedClock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bulk_topup.rules.plan import Plan
    from tests.conftest import MakeOffice, Office

pytestmark = pytest.mark.slow

OK, STOPPED, OPEN = 0, 3, 4
PENDING_FOR_EVER = "081200001201"


# -- why it stopped, and how it goes on --------------------------------------------------------------------


def test_a_deposit_that_runs_out_says_what_is_paid_what_is_not_and_what_to_add(
    make_office: MakeOffice,
) -> None:
    office = make_office(balance=2 * PRICE + 100)
    office.payroll("gaji mei.csv", office.numbers(5))
    said = office.send("gaji mei.csv")
    assert said.exit == STOPPED
    assert "So far: 2 rows paid for Rp11,300; 3 rows not sent yet, Rp16,950 at the listed price" in said.err
    assert "last known balance was Rp100 (" in said.err
    assert "add at least Rp16,850 to the deposit" in said.err


STOPS: dict[str, str] = {
    "21": "problem with its credit card top-up. Settle it with the provider",
    "31": "does not allow this account to send top-ups. Ask the provider why",
    "61": "has locked the balance of the account. Ask the provider to unlock it",
    "62": "The deposit at the provider is used up. Add to it",
    "71": "has not verified the account yet. Complete the verification",
    "81": "sent a notice by email to the account's owner. Do what it asks",
    "82": "a code that it sent by SMS to the account's owner. Enter it on the provider's site",
}
"""What each of the provider's codes against the account says, and has one do."""


@pytest.mark.parametrize("code", STOPS)
def test_each_code_against_the_account_says_what_it_is_what_is_paid_and_how_it_goes_on(
    make_office: MakeOffice, code: str
) -> None:
    office = make_office(balance=2 * PRICE + 7_000)
    office.payroll("gaji mei.csv", [*office.numbers(2), f"0812000000{code}", *office.numbers(2, first=9)])
    said = office.send("gaji mei.csv")
    assert said.exit == STOPPED
    assert_halted(said.err, STOPS[code], paid=2, rest=3)
    assert "add at least Rp9,950 to the deposit" in said.err
    again = shlex.split(said.err.splitlines()[-1])
    assert office.run(*again[1:]).exit == STOPPED
    assert [office.paid()[number] for number in office.numbers(2)] == [1, 1]


def assert_halted(err: str, reason: str, *, paid: int, rest: int, unclear: int = 0) -> None:
    """Why, how far it came and the rupiah of the rest; the last line is the command that goes on."""
    assert reason in err
    rows = "row" if paid == 1 else "rows"
    assert (
        f"So far: {paid} {rows} paid for Rp{paid * PRICE:,}; {rest} rows not sent yet, Rp{rest * PRICE:,}"
        in err
    )
    assert f"at the listed price; {unclear} rows to ask the provider about." in err
    *_, label, last = err.splitlines()
    assert label == "To go on:"
    assert re.fullmatch(r" {6}bulk-topup run \S.*", last)


def test_the_breaker_says_what_is_paid_and_what_to_ask(office: Office) -> None:
    lost = [f"08120000200{n}" for n in range(1, 6)]
    office.payroll("gaji.csv", [*office.numbers(1), *lost, *office.numbers(2, first=9)])
    said = office.send("gaji.csv")
    assert said.exit == STOPPED
    assert_halted(said.err, "five times in a row, the answer did not say", paid=1, rest=2, unclear=5)
    assert "5 rows are unknown" in said.out


def test_a_provider_that_goes_out_of_reach_says_what_is_paid_and_how_it_goes_on(office: Office) -> None:
    office.payroll("gaji.csv", office.numbers(6))
    running = office.start("run", "gaji.csv", "--yes", "--rate", "1", "--wait", "0")
    office.wait_for_requests(2)
    office.sandbox.stop()
    said = office.finish(running)
    assert said.exit == STOPPED
    (paid, unclear) = (int(n) for n in re.findall(r"So far: (\d) .* (\d) rows? to ask", said.err)[0])
    assert paid in {1, 2}
    assert paid + unclear in {2, 3}
    assert "the provider can't be reached" in said.err
    assert said.err.splitlines()[-1] == "      bulk-topup run gaji.csv --rate 1 --wait 0 --yes"


def test_the_command_that_goes_on_can_be_pasted_as_it_stands(make_office: MakeOffice) -> None:
    office = make_office(balance=2 * PRICE)
    office.payroll("gaji mei.csv", office.numbers(5))
    said = office.send("gaji mei.csv", "--output", "hasil mei.xlsx")
    office.sandbox.set_balance(1_000_000)
    shown = said.err.splitlines()[-1].strip()
    assert shown == 'bulk-topup run "gaji mei.csv" --output "hasil mei.xlsx" --rate 500 --wait 0 --yes'
    rest = office.run(*shlex.split(shown)[1:])
    assert (rest.exit, len(office.paid())) == (OK, 5)


def test_a_provider_out_of_reach_before_the_first_row_has_nothing_to_add() -> None:
    total = tally({Status.UNSENT: 3})
    assert list(deposit_lines(total, None, is_used_up=False)) == []
    assert so_far(total).startswith("So far: 0 rows paid for Rp0; 3 rows not sent yet, Rp30,000 at")


def test_a_deposit_of_which_nothing_is_known_is_to_be_looked_up() -> None:
    total = tally({Status.UNSENT: 3})
    [line] = deposit_lines(total, None, is_used_up=True)
    assert "did not say" in line
    [line] = deposit_lines(total, (40_000, "2025-01-20 10:00"), is_used_up=True)
    assert "should be enough" in line


def test_status_says_why_it_stopped_what_to_add_and_the_one_command_that_goes_on(
    make_office: MakeOffice,
) -> None:
    office = make_office(balance=2 * PRICE + 100)
    office.payroll("gaji mei.csv", office.numbers(5))
    code = office.run("check", "gaji mei.csv", "--json").json["plan"]["code"]
    approved = ("--approve", code, "--approved-by", "Rina Sari")
    assert office.run("run", "gaji mei.csv", *office.fast, *approved).exit == STOPPED
    said = office.run("status", "gaji mei.csv", "--json")
    assert said.json["halt"]["code"] == "outcome.reason.62"
    assert said.json["rest"] == {"rows": 3, "rupiah": 3 * PRICE, "missing": 3 * PRICE - 100}
    for words in ("Why it stopped on 20", "The deposit at the provider is used up", "add at least Rp16,850"):
        assert words in said.err
    [step] = said.json["next"]
    assert step["message"] == "send the rest, 3 rows for Rp16,950:"
    assert step["command"] == (
        f'bulk-topup run "gaji mei.csv" --rate 500 --wait 0 --approve {code} --approved-by "Rina Sari"'
    )
    office.sandbox.set_balance(1_000_000)
    sheet = office.folder / "gaji mei.csv"
    as_it_was = sheet.read_bytes()
    sheet.write_bytes(as_it_was + b"\n")
    [changed] = office.run("status", sheet.name, "--json").json["next"]
    assert changed["command"] == 'bulk-topup check "gaji mei.csv" --rate 500'
    sheet.write_bytes(as_it_was)
    assert office.run(*shlex.split(step["command"])[1:]).exit == OK
    done = office.run("status", "gaji mei.csv", "--json").json
    assert (done["halt"], "rest" in done, [one["command"] for one in done["next"]]) == (None, False, [None])


def test_it_stopped_when_it_was_told_to_and_not_when_the_waiting_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path, monkeypatch)
    try:
        bench.sheet(PENDING_FOR_EVER, "081200000062")
        begun = bench.clock.now()
        bench.run(wait_s=300.0)
        ended = bench.clock.now()
    finally:
        bench.close()
    checkpoint = Checkpoint.look(bench.checkpoint)
    assert checkpoint is not None
    code, _, at = checkpoint.halt() or ("", {}, "")
    checkpoint.close()
    assert code == "outcome.reason.62"
    assert (ended - begun).total_seconds() >= 300
    assert (datetime.fromisoformat(at) - begun).total_seconds() < 60


def test_a_run_that_was_cut_off_is_said_to_be(office: Office) -> None:
    office.payroll("gaji.csv", office.numbers(4))
    running = office.start("run", "gaji.csv", "--yes", "--rate", "1", "--wait", "0")
    office.wait_for_requests(2)
    running.kill()
    running.wait()
    said = office.run("status", "gaji.csv")
    assert "Why it stopped on 20" in said.out
    assert "it is still running, or it was cut off" in said.out
    *_, label, last = said.out.splitlines()
    assert label.startswith("Next: send the rest, ")
    assert last.strip() == "bulk-topup run gaji.csv --rate 1 --wait 0"


@pytest.mark.parametrize(
    ("typed", "again", "settle"),
    [
        (["--sandbox", "--yes", "--rate", "5"], "--sandbox --rate 5 --yes", "--sandbox --rate 5"),
        (["--sheet", "Jan Feb", "--new-batch"], '--sheet "Jan Feb"', '--sheet "Jan Feb"'),
        (["--retry-failed", "--again", "--pilot", "3"], "--retry-failed --pilot 3 --again", ""),
        (["--checkpoint", "x.db", "--json", "--quiet"], "--checkpoint x.db", "--checkpoint x.db"),
    ],
)
def test_what_goes_on_keeps_what_was_typed_but_never_pays_anew_nor_unasked(
    typed: list[str], again: str, settle: str
) -> None:
    run, later = cli.commands["run"], cli.commands["settle"]
    ctx = click.Context(run, obj=Settings(Path("none.toml")))
    click.Command.parse_args(run, ctx, ["gaji.csv", *typed])
    assert click_command.as_typed(ctx, run, click_command.ONCE) == again
    assert click_command.as_typed(ctx, later, click_command.RELEASING) == settle


# -- what is to be done next -------------------------------------------------------------------------------


def tally(rows: dict[Status, int], *codes: str) -> Tally:
    """Rows of Rp10,000 each; `codes` are those of their findings."""
    total = Tally()
    for status, count in rows.items():
        total.add_alike(LinesAlike(status, "", False, frozenset(codes), "", count, 10_000 * count, "", ""))
    return total


def test_when_every_row_is_paid_there_is_nothing_left_to_do(tmp_path: Path) -> None:
    done = tally({Status.SUKSES: 3})
    [step] = after(Typed(), done, tmp_path / "gaji.csv", results=Path("gaji.results.xlsx"))
    assert step.words.startswith("every row is paid: print the tab Summary of gaji.results.xlsx")
    assert step.command == ""
    [step] = after(Typed(), done, Path("gaji.csv"))
    assert step.command == "bulk-topup results gaji.csv"


def test_each_thing_to_do_has_its_count_and_its_command(tmp_path: Path) -> None:
    rows = {Status.SUKSES: 1, Status.PENDING: 1, Status.UNKNOWN: 3, Status.GAGAL: 2}
    sheet, typed, results = tmp_path / "gaji mei.csv", Typed({"settle": "--sandbox"}), Path("hasil mei.xlsx")
    steps = list(after(typed, tally(rows), sheet, results=results, resendable=3))
    says, commands = [step.words for step in steps], [step.command for step in steps]
    assert [re.match(r"(\d rows? \w+|or)", line)[1] for line in says] == [  # type: ignore[index]
        "1 row is",
        "3 rows are",
        "or",
        "2 rows failed",
    ]
    assert commands == [
        f'bulk-topup settle "{sheet}" --sandbox',
        f'bulk-topup resolve "{sheet}" --from "hasil mei.xlsx" --note "NAME"',
        f'bulk-topup settle "{sheet}" --sandbox --resend',
        f'bulk-topup run "{sheet}" --retry-failed',
    ]


def test_what_goes_on_after_another_command_is_the_run_as_it_was_approved() -> None:
    typed = Typed({"run": "--sandbox --wait 9", "settle": "--sandbox --wait 9", "status": "--sandbox"})
    rows = tally({Status.UNSENT: 2, Status.GAGAL: 1})
    kept, approved = "--rate 5 --retry-failed", "--approve K7QF --approved-by Rina"
    again = "bulk-topup run gaji.csv --sandbox --rate 5 --retry-failed"
    steps = after(typed, rows, Path("gaji.csv"), LastRun(kept, approved))
    assert [step.command for step in steps] == [again, f"{again} {approved}"]


@pytest.mark.parametrize(
    ("kept", "checked"),
    [
        ("--rate 5 --retry-failed", "--rate 5 --retry-failed"),
        ('--workers 4 --budget 90000 --wait 0 --pilot 2 --output "hasil mei.xlsx"', "--budget 90000"),
        ("--output 'a'\"'\"'b c.xlsx' --strict", "--strict"),
    ],
)
def test_an_approved_plan_whose_sheet_was_changed_is_looked_at_anew_as_it_was_run(
    kept: str, checked: str
) -> None:
    """`check` knows no --workers, and its --output is the plan's."""
    typed, rows = Typed({"status": "--sandbox"}), tally({Status.UNSENT: 2})
    last = LastRun(kept, "--approve K7QF --approved-by Rina", is_changed=True)
    for steps in (
        after(typed, rows, Path("gaji.csv"), last),
        now(typed, rows, Path("gaji.csv"), last, stopped_by=""),
    ):
        assert [step.command for step in steps] == [f"bulk-topup check gaji.csv --sandbox {checked}"]


def test_a_changed_sheet_that_nobody_approved_goes_on_and_shows_its_plan() -> None:
    last = LastRun(is_changed=True)
    [step] = now(Typed(), tally({Status.UNSENT: 2}), Path("gaji.csv"), last, stopped_by="")
    assert step.command == "bulk-topup run gaji.csv"


def next_now(total: Tally, stopped_by: str = "", resendable: int = 0) -> list[str]:
    steps = now(
        Typed(),
        total,
        Path("gaji.csv"),
        LastRun(approved="--approve K7QF"),
        stopped_by=stopped_by,
        results=Path("gaji.results.xlsx"),
        resendable=resendable,
    )
    return [step.command for step in steps]


STUCK = {Status.UNSENT: 2, Status.UNKNOWN: 3, Status.PENDING: 1, Status.GAGAL: 1}


def test_status_names_one_command_what_comes_first() -> None:
    run, settle = "bulk-topup run gaji.csv", "bulk-topup settle gaji.csv"
    resolve = 'bulk-topup resolve gaji.csv --from gaji.results.xlsx --note "NAME"'
    assert next_now(tally(STUCK)) == [f"{run} --approve K7QF"]
    assert next_now(tally(STUCK), "outcome.streak.unknown", resendable=3) == [f"{settle} --resend"]
    assert next_now(tally(STUCK), "outcome.streak.unknown") == [settle]
    assert next_now(tally({Status.UNKNOWN: 3}), resendable=2) == [resolve]
    assert next_now(tally({Status.GAGAL: 1, Status.INVALID: 1})) == [f"{run} --retry-failed"]
    assert next_now(tally({Status.SUKSES: 1})) == [""]


def test_unknown_rows_of_another_day_are_not_said_to_go_out_again() -> None:
    assert [step.command for step in after(Typed(), tally({Status.UNKNOWN: 1}), Path("gaji.csv"))] == [
        'bulk-topup resolve gaji.csv --row N --number 08... --invoice TRX... --note "NAME"'
    ]


def test_rows_that_nobody_is_to_send_are_never_a_next_step() -> None:
    paid = tally({Status.SUKSES: 4})
    for status, code in ((Status.UNSENT, "hidden.skipped"), (Status.UNSENT, "changed.already_sent")):
        total = tally({status: 2}, code)
        total.rows.update(paid.rows)
        steps = list(after(Typed(), total, Path("gaji.csv"), results=Path("gaji.results.xlsx")))
        if code == "hidden.skipped":
            assert [step.command for step in steps] == ["", ""]
            assert steps[0].words.startswith(
                "2 rows are hidden in the sheet and were left out, as you asked."
            )
            assert steps[1].words.startswith("nothing is left to send: print the tab Summary")
        else:
            assert [step.command for step in steps] == [""]


def test_the_next_command_names_the_rehearsal_and_works(office: Office) -> None:
    office.payroll("gaji.csv", [*office.numbers(1), PENDING_FOR_EVER])
    said = office.send("gaji.csv", "--sandbox")
    assert said.out.endswith("\n        bulk-topup settle gaji.csv --sandbox --rate 500 --wait 0\n")
    assert office.run("settle", "gaji.csv", "--sandbox", "--wait", "0").exit == OPEN


def test_yes_states_what_is_sent_and_asks_nothing(office: Office) -> None:
    office.payroll("gaji.csv", office.numbers(1))
    said = office.send("gaji.csv")
    assert "Sending 1 top-up for Rp5,650." in said.out
    assert "?" not in said.out
    assert re.search(r"\nNext: every row is paid: .* gaji.results.xlsx, have it signed, .*\n$", said.out)


# -- how far it is -----------------------------------------------------------------------------------------


class Listening(Terminal):
    """Keeps what it says."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.said: list[str] = []

    def say(self, line: str) -> None:
        self.said.append(line)


def watched(terminal: Listening, seconds: Sequence[float], statuses: Sequence[Status]) -> list[str]:
    """What is told where each of these orders takes so long; nothing can be drawn."""
    clock = MovedClock()
    with terminal.progress(len(seconds), clock, 500.0) as bar:
        for nth, (wait_s, status) in enumerate(zip(seconds, statuses, strict=True)):
            clock.pass_by(wait_s)
            bar.done(an_order(ANDI, row=nth + 2), status, None)
    return terminal.said


def test_without_a_terminal_there_is_a_line_every_ten_seconds() -> None:
    statuses = [Status.SUKSES, Status.SUKSES, Status.PENDING, Status.GAGAL, Status.UNSENT]
    told = watched(Listening(), [4.0, 4.0, 4.0, 9.0, 1.0], statuses)
    assert len(told) == 2
    assert re.fullmatch(r"3 of 5 rows: 2 paid, 1 pending, Rp[\d,]+; 0.2 a second, about 0:08 left", told[0])
    assert told[1].startswith("5 of 5 rows: 2 paid, 1 failed, 1 not sent, 1 pending, Rp")


@pytest.mark.parametrize(
    ("left", "done", "elapsed_s", "seconds"),
    [
        (3_600, 0, 0.0, 720.0),  # nothing is measured yet: as fast as it may go
        (3_600, 40, 8.0, 720.0),
        (3_600, 40, 2.0, 720.0),  # the first slots come at once, the later ones at the rate
        (3_600, 40, 80.0, 7_200.0),  # the provider is slower than that
        (0, 40, 80.0, 0.0),
    ],
)
def test_the_rest_takes_as_long_as_the_slower_of_rate_and_pace(
    left: int, done: int, elapsed_s: float, seconds: float
) -> None:
    assert left_s(left, 5.0, done=done, elapsed_s=elapsed_s) == seconds


def test_a_time_is_told_as_people_tell_it() -> None:
    told = [time_words(seconds) for seconds in (0.2, 45, 89, 91, 720, 3_570, 7_500)]
    assert told == ["1 s", "45 s", "89 s", "2 min", "12 min", "1 h 0 min", "2 h 5 min"]


def test_the_time_is_told_before_the_start(office: Office) -> None:
    office.payroll("gaji.csv", office.numbers(30))
    assert "  takes about 12 s at 2.5 a second" in office.run("check", "gaji.csv", "--rate", "2.5").out


def test_what_matters_least_is_left_out_of_a_narrow_line() -> None:
    pieces = [(2, "120 paid"), (1, "2 unknown"), (0, "Rp1,260,000"), (3, "0:12 left"), (4, ""), (4, "2.0/s")]
    assert fitted(pieces, 80) == "120 paid, 2 unknown, Rp1,260,000, 0:12 left, 2.0/s"
    assert fitted(pieces, 45) == "120 paid, 2 unknown, Rp1,260,000, 0:12 left"
    assert fitted(pieces, 32) == "120 paid, 2 unknown, Rp1,260,000"
    assert fitted(pieces, 5) == "Rp1,260,000"


@pytest.mark.parametrize("settings", [{"quiet": True}, {"as_json": True}])
def test_quiet_and_json_have_no_such_lines(settings: dict[str, bool]) -> None:
    assert watched(Listening(**settings), [60.0], [Status.SUKSES]) == []


def test_waiting_for_pending_ones_says_for_how_many_and_how_long() -> None:
    terminal, clock = Listening(), MovedClock()
    with terminal.progress(1, clock, 500.0) as bar:
        bar.done(an_order(ANDI), Status.PENDING, None)
        bar.waiting(3, 120.0)
        clock.pass_by(12.0)
        bar.settled(Status.SUKSES, 5_000)
    assert terminal.said[0] == "All sent; asking the provider about 3 pending top-ups, for up to 120 s."
    assert terminal.said[1].startswith("1 of 3 rows: 1 paid, 2 pending, Rp5,000")


def test_after_a_halt_it_does_not_say_that_all_was_sent() -> None:
    terminal = Listening()
    with terminal.progress(2, MovedClock(), 500.0) as bar:
        bar.done(an_order(ANDI), Status.PENDING, None)
        bar.waiting(1, 60.0)
    assert terminal.said == ["Asking the provider about 1 pending top-up, for up to 60 s."]


def test_nothing_is_said_where_nothing_is_waited_for() -> None:
    terminal = Listening()
    bar = Bar(terminal, MovedClock(), 2.0, draws=False, tells=True)
    bar.waiting(0, 120.0)
    bar.waiting(3, 0.0)
    assert terminal.said == []


def test_on_a_terminal_the_bar_reaches_its_end_without_colour(office: Office) -> None:
    pty = pytest.importorskip("pty", reason="no pseudo-terminals here")
    termios = pytest.importorskip("termios")
    sheet = office.payroll("gaji.csv", office.numbers(4))
    mine, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (40, 120))
    process = forks.Popen(
        [*forks.COMMAND, "run", sheet.name, "--yes", "--rate", "20", "--wait", "0"],
        cwd=office.folder,
        env=office._environment({"NO_COLOR": "1"}),
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    shown = drained(mine)
    assert process.wait(timeout=60) == OK
    assert "4/4" in shown
    assert "4 paid, Rp22,600" in shown
    assert not re.search(r"\x1b\[[0-9;]*m", shown)


def drained(terminal: int) -> str:
    shown, until = b"", time.monotonic() + 60
    while time.monotonic() < until:
        try:
            block = os.read(terminal, 4096)
        except OSError:  # the other end is closed
            break
        if not block:
            break
        shown += block
    os.close(terminal)
    return shown.decode()


# -- money, as it is typed ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        "25000000",
        "25.000.000",
        "25,000,000",
        "Rp25.000.000",
        "rp. 25.000.000,-",
        "25 000 000",
        "IDR 25,000,000.00",
        "25jt",
    ],
)
def test_an_amount_is_taken_as_people_write_it(typed: str) -> None:
    assert params.Rupiah().convert(typed, None, None) == 25_000_000


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("25.00", "25.00 can be read as Rp25 or as Rp2,500;"),
        ("1,5", "1,5 can be read as Rp1 or as Rp15;"),
        ("25.000.00", "25.000.00 can be read as Rp25,000 or as Rp2,500,000;"),
        ("25.000,000", "25.000,000 can be read as Rp25,000 or as Rp25,000,000;"),
        ("25 juga", "25 juga is not an amount in rupiah; write it as in 25000000"),
        ("-5", "-5 is not an amount"),
        ("\N{ARABIC-INDIC DIGIT FIVE}000", "is not an amount"),
        ("", "is not an amount"),
    ],
)
def test_an_amount_that_is_not_clear_is_refused_with_what_it_may_mean(typed: str, words: str) -> None:
    with pytest.raises(click.BadParameter) as refused:
        params.Rupiah().convert(typed, None, None)
    assert words in refused.value.message


def test_an_amount_below_the_least_is_refused() -> None:
    with pytest.raises(click.BadParameter, match=r"Rp0 is too little; give Rp1 or more"):
        params.Rupiah(least=1).convert("0", None, None)


# -- the sandbox's own words -------------------------------------------------------------------------------


def test_a_port_that_is_taken_is_named_in_plain_words(office: Office) -> None:
    port = office.sandbox.url.split(":")[2].split("/")[0]
    said = office.run("sandbox", "--port", port)
    assert said.exit == 2
    assert f"port {port} is used by another program" in said.err
    assert "Errno" not in said.err


def test_a_port_that_only_the_administrator_may_use_is_named_as_that() -> None:
    assert "only an administrator may use port 80" in why_no_port(PermissionError(13, "denied"), 80)
    assert "port 80 is used by another program" in why_no_port(OSError(98, "in use"), 80)


def test_a_memory_that_cannot_be_kept_is_named_in_plain_words(office: Office) -> None:
    said = office.run("sandbox", "--port", "0", "--state", str(office.folder))
    assert said.exit == 2
    assert f"cannot save its data in {office.folder}" in said.err
    assert "Errno" not in said.err


# -- the next step, after every command --------------------------------------------------------------------


STEPS: dict[str, tuple[str, str]] = {
    "check gaji.csv": ("(1) send 2 top-ups for Rp11,300", "bulk-topup run gaji.csv"),
    "run gaji.csv --yes --rate 500": ("every row is paid", ""),
    "status gaji.csv": ("every row is paid", ""),
    "settle gaji.csv": ("every row is paid", ""),
    "results gaji.csv": ("every row is paid", ""),
    "prices --ready": ("write these codes", "bulk-topup template payroll.xlsx"),
    "template new.xlsx": ("open it in Excel", "bulk-topup check new.xlsx"),
    "history": ("nothing is open", "bulk-topup find 08..."),
    "find 081234500000": ("to see all batches", "bulk-topup history"),
    "forget --before 2020-01-01 --yes": ("see the batches", "bulk-topup history"),
    "logout": ("to log in again", "bulk-topup login"),
    "config": ("keep what is the same every month", "bulk-topup config --init"),
    "config --init": ("in that file, remove the #", "bulk-topup config"),
}
"""Each command's next step: its words and its command, where these are typed one after the other.
`login`, `resolve`, `sandbox` and `completion` have tests of their own."""


def test_every_command_ends_with_the_next_step(office: Office) -> None:
    office.payroll("gaji.csv", office.numbers(2))
    files = {"PYTHON_KEYRING_BACKEND": "tests.file_keyring.FileKeyring", "FILE_KEYRING": "keys.json"}
    for typed, (words, line) in STEPS.items():
        said = office.run(*typed.split(), env=files)
        assert said.exit == OK, said
        *_, last = re.finditer(r"^Next: (.*)\n(?: {8}(bulk-topup .*)\n)?", said.out, re.MULTILINE)
        if typed.startswith("check"):  # its second step is the approval
            assert "--approve" in said.out[last.end() :]
        else:
            assert last.end() == len(said.out), said
        assert last[1].startswith(words), said
        assert (last[2] or "") == line, said


def test_what_is_held_back_is_to_be_corrected_and_checked_again(office: Office) -> None:
    office.payroll("gaji mei.csv", [*office.numbers(1), "0857"])
    said = office.run("check", "gaji mei.csv", "--strict", "--json")
    steps = json.loads(said.out)["next"]
    assert [step["command"].partition(" --approve")[0] for step in steps] == [
        'bulk-topup check "gaji mei.csv" --strict',
        'bulk-topup run "gaji mei.csv" --strict',
        'bulk-topup run "gaji mei.csv" --strict',
    ]
    office.payroll("gaji mei.csv", office.numbers(1))
    said = office.run("check", "gaji mei.csv", "--budget", "10", "--json")
    [step] = json.loads(said.out)["next"]
    assert step["message"] == "remove rows from the sheet, or allow Rp5,650, then check again:"
    assert step["command"] == 'bulk-topup check "gaji mei.csv" --budget 5650'


def test_only_invalid_rows_call_for_a_correction_of_the_sheet(tmp_path: Path) -> None:
    """What `check` says next of rows that are paid, open, paid elsewhere, meant besides, and wrong."""
    results = tmp_path / "bonus.results.xlsx"

    def said(plan: Plan) -> list[tuple[str, str]]:
        steps = before(Typed(), plan, Path("bonus.xlsx"), "", needed=None, results=results)
        return [(step.words.partition(";")[0], step.command) for step in steps]

    status = "bulk-topup status bonus.xlsx"
    paid = known_of((ANDI, "S5", 1, "sukses"))
    assert said(plan_of(topups((ANDI, "S5")), paid)) == [("nothing is left to send", status)]
    results.touch()
    [(words, line)] = said(plan_of(topups((ANDI, "S5")), paid))
    assert (
        words == f"nothing is left to send: all that was sent, 1 row, is paid. The results are in {results}."
    )
    assert line == ""
    pending = known_of((ANDI, "S5", 1, "pending"))
    asked = "1 row is still open: ask the provider for the outcome:"
    assert said(plan_of(topups((ANDI, "S5")), pending)) == [(asked, "bulk-topup settle bonus.xlsx")]
    elsewhere = elsewhere_of((ANDI, 5_000, 1, TODAY.isoformat(), "final"))
    [(words, line)] = said(plan_of(topups((ANDI, "S5")), elsewhere=elsewhere))
    assert (words[:18], line) == ("1 row was not sent", "")
    [(words, line), _] = said(plan_of(topups((ANDI, "S5"), (ANDI, "S10")), paid))
    assert (words[:9], line) == ("1 new row", "")
    [(words, line)] = said(plan_of(topups((ANDI, "S5"), ("0857", "S5")), paid))
    assert (words[:25], line) == ("1 row is held back: corre", "bulk-topup check bonus.xlsx")
    wrong = [("0857", "S5"), ("0857", "I5")]
    (words, line), *_ = said(plan_of(topups((ANDI, "S5"), (ANDI, "S5"), (ANDI, "S10"), *wrong), paid))
    assert words.startswith("4 rows are held back, 2 to correct, 1 in the sheet twice, 1 to decide on: corr")


def test_open_rows_do_not_hide_among_those_that_were_sent_before() -> None:
    before = known_of((ANDI, "S5", 1, "sukses"), (BUDI, "S5", 1, "pending"), (CITRA, "S5", 1, "unknown"))
    sheet = topups((ANDI, "S5"), (BUDI, "S5"), (CITRA, "S5"))
    [line] = (line for line in plan_lines(plan_of(sheet, before)) if "sent before" in line)
    assert line.endswith(" 3  (1 paid, 2 still open: rows 3, 4)")
    [line] = (
        line for line in plan_lines(plan_of(sheet, known_of((ANDI, "S5", 1, "sukses")))) if "before" in line
    )
    assert line.endswith(" 1")


def test_doctor_looks_at_a_sheet_only_where_there_is_one() -> None:
    here, nothing_here = (with_doctor(Typed(), is_fine=True, has_sheet=there) for there in (True, False))
    assert here.command == "bulk-topup check payroll.xlsx"
    assert nothing_here.command == "bulk-topup template payroll.xlsx"


def test_after_the_pilot_the_others_go_without_another_one() -> None:
    typed = "--rate 2 --pilot 3 --yes"
    assert past_pilot(typed, "halt.pilot_only") == past_pilot(typed, "halt.pilot") == "--rate 2 --yes"
    assert past_pilot("--pilot 3", "halt.other_day") == ""
    assert past_pilot(typed, "halt.unheard") == typed, "it may have stopped within the pilot"


def test_a_rows_command_goes_on_from_where_it_is_found(office: Office) -> None:
    office.payroll("gaji.csv", [PENDING_FOR_EVER, "081200000011"])
    office.send("gaji.csv")
    found = json.loads(office.run("find", PENDING_FOR_EVER, "--json").out)
    assert [step["command"] for step in found["next"]] == ["bulk-topup settle gaji.csv"]
    found = json.loads(office.run("find", "081200000011", "--json").out)
    assert [step["command"] for step in found["next"]] == ["bulk-topup run gaji.csv --retry-failed"]


@pytest.mark.skipif(near_midnight(datetime.now(WIB)), reason="too near midnight (WIB) for a resend")
def test_a_row_without_an_invoice_is_not_sent_to_a_command_that_cannot_ask_about_it(office: Office) -> None:
    office.payroll("gaji.csv", ["081200002001"])
    office.send("gaji.csv")
    find = ("find", "081200002001", "--json")
    (close,) = json.loads(office.run(*find).out)["next"]
    assert close["command"].startswith("bulk-topup resolve gaji.csv --row 2 --number 081200002001 --invoice")
    # Once it was seen that the provider refuses a repeat.
    with closing(sqlite3.connect(office.folder / "gaji.checkpoint.db")) as db, db:
        db.execute("UPDATE batch SET value = '2025-01-20' WHERE key = 'rule_51'")
    (resend,) = json.loads(office.run(*find).out)["next"]
    assert resend["command"] == "bulk-topup settle gaji.csv --resend"


# -- commands to paste -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        *(
            "gaji.csv",
            "gaji mei.csv",
            "Penggajian \N{EN DASH} Juli.xlsx",
            "harga $5.csv",
            "it's.csv",
            'so "new".csv',
        ),
        *(
            "100%.csv",
            "a`b.csv",
            "a!b.csv",
            "a\\b.csv",
            "~gaji.csv",
            "(1).csv",
            "a;b&c.csv",
            "gajé.csv",
            "日.csv",
        ),
    ],
)
def test_a_name_is_quoted_as_the_shells_here_read_it(name: str) -> None:
    assert shlex.split(argument(name, windows=False)) == [name]
    for shell in filter(None, map(shutil.which, ("bash", "dash", "zsh", "fish"))):
        printed = subprocess.run(
            [shell, "-c", f"printf %s {argument(name, windows=False)}"], capture_output=True, check=True
        )
        assert printed.stdout.decode() == name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("gaji.csv", "gaji.csv"),
        (r"C:\Users\Rina\gaji.csv", r"C:\Users\Rina\gaji.csv"),
        (r"C:\Data Rina\gaji.csv", r'"C:\Data Rina\gaji.csv"'),
        ("a,b.csv", '"a,b.csv"'),
        ("it's 5%.csv", '"it\'s 5%.csv"'),
        ("gajé.csv", "gajé.csv"),
        ("""Gaji "A" 5%""", """"Gaji ""A"" 5%\""""),
    ],
)
def test_on_windows_a_name_stands_between_double_quotes_if_it_has_to(name: str, shown: str) -> None:
    assert argument(name, windows=True) == shown


@pytest.mark.skipif(os.name != "nt", reason="runs the shells of Windows")
@pytest.mark.parametrize(
    "name", ["gaji.csv", r"C:\Data Rina\gaji.csv", "a,b @c=d.csv", "it's 5%.csv", "(1) & 2.csv"]
)
@pytest.mark.parametrize("shell", ["cmd", "powershell"])
def test_the_shells_of_windows_read_a_quoted_name_as_it_is(shell: str, name: str, tmp_path: Path) -> None:
    shows = tmp_path / "shows.py"
    shows.write_text("import sys; print(sys.argv[1], end='')", encoding="utf-8")
    typed = f'"{sys.executable}" "{shows}" {argument(name, windows=True)}'
    run = (
        f'cmd /d /s /c "{typed}"'
        if shell == "cmd"
        else ["powershell", "-NoProfile", "-Command", f"& {typed}"]
    )
    assert subprocess.run(run, capture_output=True, check=True, text=True).stdout == name


def test_a_name_that_begins_with_a_dash_is_no_option() -> None:
    assert path_argument(Path("-gaji.csv")) == "./-gaji.csv"
    assert path_argument(Path("/tmp/-gaji.csv")) == "/tmp/-gaji.csv"


# -- the width of the terminal -----------------------------------------------------------------------------


def test_a_line_is_broken_between_words_and_goes_on_further_in() -> None:
    line = "  row 4, D (Nomor HP): there is no phone number; fill it in, or delete the row"
    assert wrapped(line, 40, 4).splitlines() == [
        "  row 4, D (Nomor HP): there is no phone",
        "    number; fill it in, or delete the",
        "    row",
    ]
    assert wrapped(line, None, 4) == line
    path = "Results sheet: " + "x" * 60
    assert wrapped(path, 40, 2).split() == path.split()


@pytest.mark.parametrize("columns", [50, 80])
def test_on_a_narrow_terminal_text_is_broken_and_a_command_is_not(office: Office, columns: int) -> None:
    pty = pytest.importorskip("pty", reason="no pseudo-terminals here")
    termios = pytest.importorskip("termios")
    sheet = office.payroll("gaji bulan mei.csv", [*office.numbers(1), "0857", "081234500001/081234500002"])
    mine, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (40, columns))
    process = forks.Popen(
        [*forks.COMMAND, "check", sheet.name, "--strict"],
        cwd=office.folder,
        env=office._environment({}),
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.STDOUT,
    )
    os.close(theirs)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", drained(mine)).splitlines()
    assert process.wait(timeout=60) == 1
    commands = [line for line in lines if line.strip().startswith("bulk-topup ")]
    assert {len(line) <= columns for line in lines if line not in commands} == {True}
    assert '        bulk-topup run "gaji bulan mei.csv" --strict' in commands
    unbroken = " ".join(" ".join(lines).split())
    assert "keep one phone number in the cell, and give each of the others its own row" in unbroken


# -- consoles that lack a character ------------------------------------------------------------------------


@pytest.mark.parametrize("code_page", ["cp850", "cp1252"])
@pytest.mark.parametrize("lang", ["en", "id"])
def test_a_code_page_that_lacks_a_character_stops_no_command(
    office: Office, code_page: str, lang: str
) -> None:
    """The Command Prompt of Windows, and output into a file or a pipe there."""
    office.csv("gaji.csv", [("日本…", *pair) for pair in [("0857…", "TSEL5"), ("081234500001", "TSEL5")]])
    env: dict[str, str | None] = {"PYTHONIOENCODING": code_page, "BULK_TOPUP_LANG": lang}
    for typed in ("resolve --help", "check gaji.csv", "run gaji.csv --yes --rate 500", "status gaji…csv"):
        process = forks.Popen(
            [*forks.COMMAND, *typed.split()],
            cwd=office.folder,
            env=office._environment(env),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        told, _ = process.communicate()
        assert process.returncode in {OK, 1, 2}, told
        assert b"Error" not in told
        told.decode(code_page)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full disk to print to")
@pytest.mark.parametrize(("code", "expected"), [(0, 3), (1, 1), (4, 4)])
def test_an_object_that_could_not_be_printed_is_no_success(
    code: int, expected: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A program that reads it would take nothing for the end of a command that went well."""
    with Path("/dev/full").open("w", buffering=1) as full:
        monkeypatch.setattr(sys, "stdout", full)
        terminal = Terminal(as_json=True)
        assert terminal.close(code) == expected
    assert capsys.readouterr().err.count("\n") == 1

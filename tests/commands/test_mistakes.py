"""What people type wrongly, each with the line that says what to do."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from bulk_topup.core.errors import Exit
from tests.conftest import HEADER

if TYPE_CHECKING:
    from tests.conftest import MakeOffice, Office

CURLY, SINGLE = "\u201cgaji mei.xlsx\u201d", "\u2018gaji.xlsx\u2019"

MEANT = {
    "insentif.xlsx": ("check this sheet", "check insentif.xlsx"),
    "insentif.xlsx --sandbox": ("check this sheet", "check insentif.xlsx --sandbox"),
    "--sandbox check gaji.xlsx": ("after the command", "check gaji.xlsx --sandbox"),
    "--output x.xlsx check gaji.xlsx": ("after the command", "check gaji.xlsx --output x.xlsx"),
    "--lang en --sandbox check gaji.xlsx": ("after the command", "check gaji.xlsx --lang en --sandbox"),
    "check gaji mei.xlsx": ("quotation marks", 'check "gaji mei.xlsx"'),
    "check --rate 5 gaji  juni mei.csv --sandbox": (
        "quotation marks",
        'check "gaji juni mei.csv" --rate 5 --sandbox',
    ),
    "find 0812 3456 7890": ("quotation marks", 'find "0812 3456 7890"'),
    "check gaji.xlsx \u2013sandbox": ("like this", "check gaji.xlsx --sandbox"),
    "check gaji.xlsx \u2014sandbox": ("like this", "check gaji.xlsx --sandbox"),
    f"check {CURLY} --sandbox": ("like this", 'check "gaji mei.xlsx" --sandbox'),
    f"check {SINGLE}": ("like this", 'check "gaji.xlsx"'),
}
"""What is typed: words of the advice, and the command that it gives."""


@pytest.mark.parametrize("typed", MEANT)
def test_a_command_typed_wrongly_is_answered_with_the_one_that_was_meant(office: Office, typed: str) -> None:
    words, meant = MEANT[typed]
    done = office.run(*typed.split())
    assert (done.exit, done.out) == (Exit.NOTHING_SENT, "")
    *_, advice, command = done.err.splitlines()
    assert advice.startswith("Next: ")
    assert words in advice
    assert command.strip() == f"bulk-topup {meant}"


def test_the_command_that_was_meant_is_a_fact_too(office: Office) -> None:
    done = office.run("check", "gaji", "mei.xlsx", "--json")
    assert [step["command"] for step in done.json["next"]] == ['bulk-topup check "gaji mei.xlsx" --json']


@pytest.mark.parametrize(
    "typed", ["check a.xlsx b.xlsx", "insentif", "check", "chekc a.csv", "resolve a.csv b"]
)
def test_where_nothing_is_sure_nothing_is_guessed(office: Office, typed: str) -> None:
    done = office.run(*typed.split())
    assert done.exit == Exit.NOTHING_SENT
    assert "Next:" not in done.err


def test_a_file_that_begins_with_a_curly_mark_is_read(office: Office) -> None:
    office.payroll("\u2018mei\u2019.csv", office.numbers(1))
    assert office.run("check", "\u2018mei\u2019.csv").exit == Exit.OK
    noted = office.run("check", "\u2018mei\u2019.csv", "--number-column", "No \u2013 HP")
    assert "like this" not in noted.err


# -- a forgotten --sandbox ---------------------------------------------------------------------------------


def test_who_is_asked_to_spend_real_money_sees_how_to_rehearse(office: Office) -> None:
    office.payroll("gaji mei.csv", office.numbers(1))
    done = office.run("run", "gaji mei.csv", "--strict", answers=[("[y/N] ", "n")])
    assert "REAL account sandbox: this spends real money." in done.out
    assert '  bulk-topup run "gaji mei.csv" --strict --sandbox' in done.out.splitlines()
    rehearsed = office.run("run", "gaji mei.csv", "--sandbox", *office.fast, answers=[("[y/N] ", "n")])
    assert "REAL" not in rehearsed.out + rehearsed.err


def test_who_is_asked_for_a_user_name_reads_that_the_account_is_real(office: Office) -> None:
    office.payroll("gaji.csv", office.numbers(1))
    none = {"BULK_TOPUP_USERNAME": None, "BULK_TOPUP_PASSWORD": None}
    asked = office.run("check", "gaji.csv", answers=[("Username: ", "")], env=none)
    assert "REAL account" in asked.err
    assert "add --sandbox" in asked.err
    scripted = office.run("check", "gaji.csv", env=none)
    assert "add --sandbox" in scripted.err


# -- a clock that is wrong ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("skew_s", "words"),
    [
        (2 * 86_400.0, "2 days behind the provider's"),
        (-3 * 3600.0, "3 hours ahead of the provider's"),
        (-600.0, "10 minutes ahead of the provider's"),
    ],
)
def test_a_wrong_clock_is_a_problem_of_check(make_office: MakeOffice, skew_s: float, words: str) -> None:
    office = make_office(date_skew_s=skew_s)
    office.payroll("gaji.csv", office.numbers(1))
    done = office.run("check", "gaji.csv")
    assert done.exit == Exit.NOT_ALL_PAID
    assert f"this computer's clock is {words}" in done.out
    assert "Next: (1) correct this computer's clock" in done.out


# -- what was sent before ----------------------------------------------------------------------------------


def test_what_failed_is_not_hidden_behind_what_was_sent_before(office: Office) -> None:
    office.payroll("gaji.csv", [*office.numbers(2), "081200000012"])
    office.send("gaji.csv")
    done = office.run("check", "gaji.csv")
    [sent_before] = [line for line in done.out.splitlines() if "sent before" in line]
    assert sent_before.endswith("(2 paid, 1 not paid)")
    assert "nothing is left to send" not in done.out
    *_, advice, command = done.out.splitlines()
    assert advice.startswith("Next: 1 row failed at the provider")
    assert shlex.split(command) == ["bulk-topup", "run", "gaji.csv", "--retry-failed"]


# -- several next commands ---------------------------------------------------------------------------------


def test_several_next_commands_are_numbered_in_their_order(office: Office) -> None:
    office.csv("gaji.csv", [("1", "a", "0812345O0001", "TSEL5"), ("2", "b", "081234500002", "TSEL5")], HEADER)
    lines = office.run("check", "gaji.csv").out.splitlines()
    begin = next(at for at, line in enumerate(lines) if line.startswith("Next: "))
    numbered = [line.removeprefix("Next: ").strip()[:3] for line in lines[begin::2]]
    assert numbered == ["(1)", "(2)", "(3)"]


def test_a_single_next_command_has_no_number(office: Office) -> None:
    office.payroll("gaji.csv", office.numbers(1))
    done = office.send("gaji.csv")
    [line] = [line for line in done.out.splitlines() if line.startswith("Next: ")]
    assert not line.startswith("Next: (1)")


def test_a_total_row_is_not_counted_among_the_rows_to_correct(office: Office) -> None:
    header = ("Nama", "No HP", "Kode Produk", "Nominal")
    rows = [("Andi", "0812345O0001", "TSEL5", "5000"), ("Total", "", "", "5000")]
    office.csv("gaji.csv", rows, header)
    lines = office.run("check", "gaji.csv").out.splitlines()
    assert any(line.split()[:3] == ["held", "back", "1"] for line in lines)
    assert "Next: 1 row is held back: correct the sheet, save it, then check again:" in lines

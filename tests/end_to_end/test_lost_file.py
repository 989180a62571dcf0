"""An open row whose progress file is lost is closed from the record, and the file that turns up agrees."""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.desk_bench import on_isipulsa

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MakeOffice, Office

NOTE = ("--note", "Rina asked")
SOME_HOURS = timedelta(hours=2)
same_day_and_next = pytest.mark.parametrize("ago", [SOME_HOURS, timedelta(1)], ids=["same day", "next day"])
in_a_file = pytest.mark.parametrize("location", ["file"], indirect=True)


@pytest.fixture(params=[pytest.param(True, id="51"), pytest.param(False, id="without 51")])
def office(request: pytest.FixtureRequest, make_office: MakeOffice, location: str) -> Office:
    """One of three rows is unknown, though the provider paid it, and its progress file was taken away."""
    office = make_office(faults=on_isipulsa(None, "after close"), rule_51=request.param, ledger=location)
    office.payroll("gaji.csv", office.numbers(3))
    assert office.send("gaji.csv").exit == 4
    kept(office).parent.mkdir()
    (office.folder / "gaji.checkpoint.db").rename(kept(office))
    return office


def kept(office: Office) -> Path:
    return office.folder / "bin" / "gaji.checkpoint.db"


def states(office: Office) -> list[str]:
    return [state for (state,) in office.on_record("SELECT state FROM claims ORDER BY number")]


def resolve(office: Office, *options: str) -> int:
    return office.run("resolve", "--number", office.numbers(3)[1], "--batch", "gaji", *NOTE, *options).exit


def invoice_of(office: Office, number: str) -> str:
    return next(topup.invoice for topup in office.sandbox.book() if topup.number == number)


def test_find_offers_the_command_that_closes_it(office: Office) -> None:
    number = office.numbers(3)[1]
    found = office.run("find", number, "--offline")
    assert f"bulk-topup resolve --batch gaji --row 3 --number {number} --invoice TRX..." in found.out


@same_day_and_next
def test_it_is_paid_once_the_provider_confirms_the_invoice(office: Office, ago: timedelta) -> None:
    office.set_back(ago)
    right, wrong = (invoice_of(office, number) for number in (office.numbers(3)[1], office.numbers(3)[0]))
    assert resolve(office, "--invoice", wrong) == 2
    assert states(office) == ["paid", "open", "paid"]
    assert resolve(office, "--invoice", right) == 0
    assert states(office) == ["paid", "paid", "paid"]
    assert resolve(office, "--invoice", right) == 2
    office.payroll("salinan.csv", office.numbers(3))
    office.send("salinan.csv", *(("--again",) if ago < timedelta(1) else ()))
    assert office.paid() == dict.fromkeys(office.numbers(3), 1)


@same_day_and_next
def test_a_progress_file_that_turns_up_later_agrees(office: Office, ago: timedelta) -> None:
    office.set_back(ago)
    invoice = invoice_of(office, office.numbers(3)[1])
    assert resolve(office, "--invoice", invoice) == 0
    kept(office).rename(office.folder / "gaji.checkpoint.db")
    assert office.run("settle", "gaji.csv", "--wait", "0").exit == 0
    assert [row["invoice"] for row in office.results("gaji.results.xlsx")][1] == invoice
    assert states(office) == ["paid", "paid", "paid"]
    assert resolve(office, "--not-sent") == 2
    office.send("gaji.csv", "--same-batch", "--retry-failed")
    assert office.paid() == dict.fromkeys(office.numbers(3), 1)


@same_day_and_next
def test_what_was_not_sent_frees_the_number_here_and_in_the_file(office: Office, ago: timedelta) -> None:
    office.set_back(ago)
    number = office.numbers(3)[1]
    assert resolve(office, "--not-sent") == 1
    assert states(office) == ["paid", "paid"]
    kept(office).rename(office.folder / "gaji.checkpoint.db")
    assert office.run("settle", "gaji.csv", "--wait", "0").exit == 1
    row = office.results("gaji.results.xlsx")[1]
    assert (row["number_sent"], row["status"]) == (number, "gagal")
    assert "Rina asked" in row["reason"]
    assert states(office) == ["paid", "paid"]


def test_a_decision_says_nothing_of_what_is_sent_after_it(make_office: MakeOffice, location: str) -> None:
    faults = on_isipulsa("before close", "after close")
    office = make_office(faults=faults, rule_51=False, ledger=location)
    office.payroll("gaji.csv", office.numbers(1))
    assert office.send("gaji.csv").exit == 4
    office.set_back(SOME_HOURS)
    progress = office.folder / "gaji.checkpoint.db"
    kept(office).parent.mkdir()
    progress.rename(kept(office))
    of_the_row = ("resolve", "--number", office.numbers(1)[0], "--batch", "gaji", *NOTE)
    assert office.run(*of_the_row, "--not-sent").exit == 1
    kept(office).rename(progress)
    assert office.send("gaji.csv", "--same-batch", "--retry-failed").exit == 4
    for _ in range(2):
        office.run("settle", "gaji.csv", "--wait", "0")
        assert (office.statuses("gaji.results.xlsx"), states(office)) == (["unknown"], ["open"])
        office.send("gaji.csv", "--same-batch", "--retry-failed")
    assert office.paid() == {office.numbers(1)[0]: 1}


@in_a_file
def test_what_is_paid_on_record_is_not_sent_again_by_an_older_progress_file(office: Office) -> None:
    """The copy was made while the answer was lost; since then the provider has confirmed the payment."""
    number = office.numbers(3)[1]
    progress = office.folder / "gaji.checkpoint.db"
    shutil.copyfile(kept(office), progress)
    closed = ("resolve", "gaji.csv", "--row", "3", "--number", number, *NOTE)
    assert office.run(*closed, "--invoice", invoice_of(office, number)).exit == 0
    kept(office).replace(progress)
    for command in (("settle", "gaji.csv", "--resend", "--yes", "--wait", "0"), (*closed, "--not-sent")):
        done = office.run(*command)
        assert "was paid, by the record of all top-ups" in " ".join(done.out.split()) + done.err
        assert states(office) == ["paid", "paid", "paid"]
    assert office.paid() == dict.fromkeys(office.numbers(3), 1)
    assert office.run(*closed, "--invoice", invoice_of(office, number)).exit == 0
    assert office.statuses("gaji.results.xlsx") == ["sukses"] * 3


@in_a_file
def test_what_may_be_under_way_or_has_its_file_is_not_closed_from_the_record(office: Office) -> None:
    assert resolve(office, "--not-sent") == 2
    office.set_back(SOME_HOURS)
    kept(office).rename(office.folder / "gaji.checkpoint.db")
    assert resolve(office, "--not-sent") == 2
    assert states(office) == ["paid", "open", "paid"]


@in_a_file
@pytest.mark.parametrize(
    "options",
    [
        ("--batch", "gaji", "gaji.csv", "--not-sent"),
        ("--not-sent",),
        ("--batch", "gaji",),
        ("--batch", "gaji", "--not-sent", "--invoice", "TRX1"),
    ],
)  # fmt: skip
def test_a_command_that_is_not_clear_is_refused(office: Office, options: tuple[str, ...]) -> None:
    assert office.run("resolve", "--number", office.numbers(3)[1], *options, *NOTE).exit == 2
    assert states(office) == ["paid", "open", "paid"]

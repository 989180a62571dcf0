"""What a person found out, many rows at once: what holds is done, what does not is said row by row."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import MakeOffice, Office, Result

NOT_ALL_PAID, NOTHING_SENT, OPEN = 1, 2, 4
FINE, PAID_AND_LOST, LOST = "081234500001", "081200002001", "081200002101"
HEADER = ("row", "number", "invoice")


@pytest.fixture
def batch(office: Office) -> Office:
    """A paid row 2; rows 3 and 4 unknown, of which the first was paid."""
    office.payroll("bonus.csv", [FINE, PAID_AND_LOST, LOST])
    assert office.send("bonus.csv").exit == OPEN
    return office


def invoice_of(office: Office, number: str) -> str:
    return next(topup.invoice for topup in office.sandbox.book() if topup.number == number)


def resolve(office: Office, *rows: tuple[str, str, str], header: tuple[str, ...] = HEADER) -> Result:
    office.csv("answers.csv", rows, header)
    return office.run("resolve", "bonus.csv", "--from", "answers.csv", "--note", "Rina, hotline")


def trail(office: Office) -> int:
    """How many rows were ever closed by a person."""
    with closing(sqlite3.connect(office.folder / "bonus.checkpoint.db")) as db:
        return int(db.execute("SELECT count(*) FROM trail WHERE order_id IS NOT NULL").fetchone()[0])


def test_a_command_pasted_as_it_was_printed_is_refused(batch: Office) -> None:
    """What stands for a name in it would stay in the record, beside a row that is closed for good."""
    row = ("resolve", "bonus.csv", "--row", "4", "--number", LOST)
    nameless = batch.run(*row, "--not-sent", "--note", "NAME")
    assert (nameless.exit, "replace 'NAME' with a name" in nameless.err) == (NOTHING_SENT, True)
    no_invoice = batch.run(*row, "--invoice", "TRX...", "--note", "Rina")
    assert (no_invoice.exit, "replace TRX... with the invoice" in no_invoice.err) == (
        NOTHING_SENT,
        True,
    )
    assert trail(batch) == 0


def test_every_row_of_the_file_is_tried_and_each_one_that_is_wrong_is_named(batch: Office) -> None:
    done = resolve(
        batch,
        ("3", "0812", "TRX1"),
        ("three", PAID_AND_LOST, "TRX1"),
        ("3", LOST, "not sent"),
        ("2", FINE, "not sent"),
        ("4", LOST, "not sent"),
        ("3", PAID_AND_LOST, "TRX1"),
        ("3", PAID_AND_LOST, invoice_of(batch, PAID_AND_LOST)),
    )

    assert done.exit == NOT_ALL_PAID
    first, second, *others = done.err.splitlines()
    assert ("answers.csv, row 2" in first, "0812 is not a mobile number" in first) == (True, True)
    assert ("answers.csv, row 3" in second, "three is not a row number" in second) == (True, True)
    assert [line.split(": ")[1].split(" is ")[0] for line in others[:2]] == ["row 3", "row 2"]
    assert ("row 3" in others[2], "invoice TRX1" in others[2]) == (True, True)
    assert len(others) == 3
    assert batch.statuses("bonus.results.xlsx") == ["sukses", "sukses", "gagal"]
    assert trail(batch) == 2


def test_a_line_that_was_refused_is_no_success_though_every_row_is_paid(make_office: MakeOffice) -> None:
    office = make_office()
    office.payroll("bonus.csv", [FINE, PAID_AND_LOST])
    office.send("bonus.csv")

    done = resolve(office, ("2", FINE, "not sent"), ("3", PAID_AND_LOST, invoice_of(office, PAID_AND_LOST)))

    assert office.statuses("bonus.results.xlsx") == ["sukses", "sukses"]
    assert done.exit == NOT_ALL_PAID
    assert "row 2 is not open" in done.err


def test_rows_that_stay_open_are_the_exit_code_whatever_was_refused(batch: Office) -> None:
    done = resolve(batch, ("4", LOST, "not sent"), ("3", LOST, "not sent"))

    assert done.exit == OPEN
    assert batch.statuses("bonus.results.xlsx") == ["sukses", "unknown", "gagal"]


def test_a_file_of_which_nothing_holds_changes_nothing(batch: Office) -> None:
    (batch.folder / "bonus.results.xlsx").unlink()

    done = resolve(batch, ("3", LOST, "not sent"), ("4", "x", "not sent"))

    assert done.exit == NOTHING_SENT
    assert len(done.err.splitlines()) == 3
    assert "nothing was changed" in done.err.splitlines()[-1]
    assert trail(batch) == 0
    assert not (batch.folder / "bonus.results.xlsx").exists()


def test_a_file_from_before_the_last_attempt_closes_nothing_as_not_sent(batch: Office) -> None:
    """It answers for the attempt before; an invoice in it counts, as the provider confirms it."""
    answers = batch.csv(
        "answers.csv",
        [("3", PAID_AND_LOST, invoice_of(batch, PAID_AND_LOST)), ("4", LOST, "not sent")],
        HEADER,
    )
    command = ("resolve", "bonus.csv", "--from", "answers.csv", "--note", "Rina")
    an_hour_ago = time.time() - 3_600
    os.utime(answers, (an_hour_ago, an_hour_ago))
    old = batch.run(*command)
    assert old.exit == OPEN
    assert f"row 4 ({LOST}) was sent again after the file of answers was written" in old.err
    assert batch.statuses("bonus.results.xlsx") == ["sukses", "sukses", "unknown"]
    answers.touch()
    assert batch.run(*command).exit == NOT_ALL_PAID
    assert batch.statuses("bonus.results.xlsx") == ["sukses", "sukses", "gagal"]


def test_what_was_refused_is_in_the_json(batch: Office) -> None:
    batch.csv("answers.csv", [("3", LOST, "not sent"), ("4", LOST, "not sent")], HEADER)

    done = batch.run("resolve", "bonus.csv", "--from", "answers.csv", "--note", "Rina", "--json")

    assert [why["code"] for why in done.json["refused"]] == ["resolve.other_number"]
    assert done.json["rows"]["gagal"] == 1


@pytest.mark.parametrize(
    "answer",
    [
        ("--row", "3", "--number", LOST, "--not-sent"),
        ("--row", "2", "--number", FINE, "--not-sent"),
        ("--row", "3", "--number", PAID_AND_LOST, "--invoice", "TRX1"),
        ("--row", "3", "--number", "0812", "--not-sent"),
    ],
)
def test_one_mistyped_answer_is_one_line_and_changes_nothing(batch: Office, answer: tuple[str, ...]) -> None:
    """Not even the results: someone may have notes in them."""
    (batch.folder / "bonus.results.xlsx").write_bytes(b"notes")

    done = batch.run("resolve", "bonus.csv", *answer, "--note", "Rina")

    assert (done.exit, len(done.err.splitlines()), done.out) == (NOTHING_SENT, 1, "")
    assert (batch.folder / "bonus.results.xlsx").read_bytes() == b"notes"
    assert trail(batch) == 0

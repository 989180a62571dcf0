"""Rows that are hidden in the sheet: never paid, and never left out, without a person's word."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import openpyxl
import pytest

from bulk_topup.core.errors import Exit

if TYPE_CHECKING:
    from tests.conftest import Office

FIRST, SECOND, THIRD = "081234500001", "081234500002", "081234500003"


@pytest.fixture
def hidden(office: Office) -> str:
    """A workbook with three rows, of which the second is hidden."""
    path = office.xlsx("bonus.xlsx", [("1", "A", number, "TSEL5") for number in (FIRST, SECOND, THIRD)])
    book = openpyxl.load_workbook(path)
    book.worksheets[0].row_dimensions[3].hidden = True
    book.save(path)
    book.close()
    return path.name


@pytest.mark.parametrize("command", [("run", "--yes"), ("check",)])
def test_without_a_word_and_without_a_terminal_nothing_is_sent(
    office: Office, hidden: str, command: tuple[str, ...]
) -> None:
    done = office.run(command[0], hidden, *command[1:])
    assert done.exit == Exit.NOTHING_SENT
    [line] = done.err.splitlines()
    assert "bonus.xlsx has hidden or filtered rows" in line
    assert "(row 3)" in line
    assert "--hidden include" in line
    assert office.sandbox.book() == []


def test_include_pays_them(office: Office, hidden: str) -> None:
    assert office.send(hidden, "--hidden", "include").exit == Exit.OK
    assert [topup.number for topup in office.sandbox.book()] == [FIRST, SECOND, THIRD]


def test_skip_holds_them_and_says_so_in_the_results(office: Office, hidden: str) -> None:
    assert office.send(hidden, "--hidden", "skip").exit == Exit.NOT_ALL_PAID
    assert [topup.number for topup in office.sandbox.book()] == [FIRST, THIRD]
    row = office.results("bonus.results.xlsx")[1]
    assert (row["paid"], row["status"]) == ("no", "unsent")
    assert "hidden" in row["reason"]


def test_a_row_left_out_goes_out_once_it_is_asked_for(office: Office, hidden: str) -> None:
    office.send(hidden, "--hidden", "skip")
    assert office.send(hidden, "--hidden", "include").exit == Exit.OK
    assert [topup.number for topup in office.sandbox.book()] == [FIRST, THIRD, SECOND]


def test_check_names_them_as_held(office: Office, hidden: str) -> None:
    done = office.run("check", hidden, "--hidden", "skip", "--json")
    plan = json.loads(done.out)["plan"]
    assert (plan["orders"], plan["held"]) == (2, 1)
    assert [(found["row"], found["code"]) for found in plan["findings"]] == [(3, "hidden.skipped")]


@pytest.mark.parametrize(("letter", "option"), [("C", "--number-column"), ("D", "--product-column")])
def test_a_hidden_column_is_not_used_unless_it_is_named(office: Office, letter: str, option: str) -> None:
    path = office.xlsx("bonus.xlsx", [("1", "A", FIRST, "TSEL5")])
    book = openpyxl.load_workbook(path)
    book.worksheets[0].column_dimensions[letter].hidden = True
    book.save(path)
    book.close()
    done = office.send("bonus.xlsx")
    assert (done.exit, office.sandbox.book()) == (Exit.NOTHING_SENT, [])
    assert f"{option} {letter}" in done.err
    assert office.send("bonus.xlsx", option, letter).exit == Exit.OK


def test_a_link_that_leads_to_itself_is_a_clear_line(office: Office) -> None:
    (office.folder / "loop.csv").symlink_to("loop.csv")
    done = office.run("check", "loop.csv")
    assert done.exit == Exit.NOTHING_SENT
    assert "loop.csv" in done.err
    assert "defect" not in done.err

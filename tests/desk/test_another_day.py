"""A sheet that was sent on an earlier day: the page offers what a terminal offers by options."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bulk_topup.core.clock import WIB
from bulk_topup.sandbox import Sandbox
from tests.desk import test_sending
from tests.desk.test_sending import approve, desk, folder, forked, numbers, paid, payroll, post, until, words

if TYPE_CHECKING:
    from pathlib import Path

    from tests.desk.served import Served

__all__ = ["desk", "folder", "forked"]
pytestmark = test_sending.pytestmark

GAGAL = "081200001101"
"""Pending, and failed after three seconds."""
SAME, ANOTHER = "It is the same payment", "It is another payment"


def set_back(folder: Path, days: int) -> None:
    """All that was sent so far was sent so many days earlier."""
    day = (datetime.now(WIB).date() - timedelta(days=days)).isoformat()
    dated = {"*.checkpoint.db": "attempts", "*.ledger.db": "claims", "*.provider.db": "topups"}
    for pattern, table in dated.items():
        (file,) = folder.rglob(pattern)
        with closing(sqlite3.connect(file)) as db, db:
            db.execute(f"UPDATE {table} SET day = ?", (day,))  # noqa: S608
            if table == "attempts":
                db.execute("DELETE FROM batch WHERE key = 'summary'")


def send(desk: Served, sheet: str) -> None:
    assert approve(desk, sheet).headers["location"].endswith("/sending")
    until(desk, f"/sheet/{sheet}/sending", "It has ended")


@pytest.mark.parametrize("days", [1, 40])
def test_what_is_new_in_the_sheet_is_sent_as_the_same_payment(desk: Served, days: int) -> None:
    payroll(desk.folder, "a.csv", numbers(3))
    send(desk, "a.csv")
    set_back(desk.folder, days)
    payroll(desk.folder, "a.csv", numbers(4))
    shown = words(desk.ask("GET", "/sheet/a.csv/plan"))
    assert SAME in shown
    assert ANOTHER in shown
    assert "--same-batch" not in shown

    post(desk, "/sheet/a.csv/plan", then="same")
    send(desk, "a.csv")

    assert paid(desk.folder) == dict.fromkeys(numbers(4), 1)


def test_another_payment_is_a_sheet_of_its_own_whose_plan_says_who_was_just_paid(desk: Served) -> None:
    payroll(desk.folder, "a.csv", numbers(3))
    send(desk, "a.csv")
    set_back(desk.folder, 1)
    shown = words(desk.ask("GET", "/sheet/a.csv/plan"))
    assert SAME not in shown
    assert ANOTHER in shown

    made = post(desk, "/sheet/a.csv/plan", then="another").headers["location"]
    assert "This page now shows the copy a (2).csv" in words(desk.ask("GET", made))
    assert "3 of these 3 rows were paid by batch a" in words(desk.ask("GET", f"{made}/plan"))
    assert paid(desk.folder) == dict.fromkeys(numbers(3), 1)


def test_failed_rows_are_sent_again_from_the_results(desk: Served) -> None:
    payroll(desk.folder, "a.csv", [*numbers(1), GAGAL])
    send(desk, "a.csv")
    time.sleep(3.5)
    post(desk, "/sheet/a.csv/settle")
    until(desk, "/sheet/a.csv/sending", "It has ended")
    set_back(desk.folder, 1)
    assert "Send the failed rows again" in words(desk.ask("GET", "/sheet/a.csv/results"))

    post(desk, "/sheet/a.csv/plan", then="failed")

    assert "--retry-failed" not in words(desk.ask("GET", "/sheet/a.csv/plan"))
    send(desk, "a.csv")
    with Sandbox(desk.folder / "sandbox.provider.db") as provider:
        assert [topup.number for topup in provider.book()].count(GAGAL) == 2

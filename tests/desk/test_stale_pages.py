"""A page that is left open does nothing that it does not show, once others have gone on."""

from __future__ import annotations

import os
import re
from collections import Counter
from typing import TYPE_CHECKING

from tests import forks
from tests.desk import test_sending
from tests.desk.served import LONGEST_S, served
from tests.desk.test_sending import (
    LOST,
    approve,
    code_of,
    desk,
    folder,
    forked,
    numbers,
    open_row,
    paid,
    payroll,
    post,
    state_on,
    until,
    until_paid,
    words,
)

if TYPE_CHECKING:
    import pytest

    from tests.desk.served import Served

__all__ = ["desk", "folder", "forked"]
pytestmark = test_sending.pytestmark


def test_a_correction_is_not_written_into_another_persons_row(desk: Served) -> None:
    short, anothers = "0812", "081234599999"
    payroll(desk.folder, "a.csv", [numbers(1)[0], short])
    typed = {"cell:3:C": "081234577777", "was:3:C": short, "state": state_on(desk, "a.csv/problems")}
    payroll(desk.folder, "a.csv", [numbers(1)[0], anothers, short])  # A colleague inserts a row above it.
    assert post(desk, "/sheet/a.csv/problems", **typed).headers["location"] == "/sheet/a.csv/problems"
    assert not list(desk.folder.rglob("*.xlsx"))
    shown = words(desk.ask("GET", "/sheet/a.csv/problems"))
    assert "has changed since that page was shown, and nothing was corrected" in shown
    assert "Row 4: Karyawan 3" in shown


def test_a_cell_that_another_person_has_too_is_not_taken_for_the_one_shown(desk: Served) -> None:
    payroll(desk.folder, "a.csv", [numbers(1)[0], ""])
    typed = {"cell:3:C": "081234577777", "was:3:C": "", "state": state_on(desk, "a.csv/problems")}
    payroll(desk.folder, "a.csv", [numbers(1)[0], "", ""])
    post(desk, "/sheet/a.csv/problems", **typed)
    assert "nothing was corrected" in words(desk.ask("GET", "/sheet/a.csv/problems"))


def test_a_sheet_that_was_sent_since_is_not_corrected_in_a_copy(desk: Served) -> None:
    payroll(desk.folder, "a.csv", [numbers(1)[0], "0812"])
    typed = {"cell:3:C": "081234577777", "was:3:C": "0812", "state": state_on(desk, "a.csv/problems")}
    command = ("run", "a.csv", "--sandbox", "--yes")
    forks.run(command, folder=desk.folder, env=dict(os.environ), given="", longest_s=LONGEST_S)
    assert post(desk, "/sheet/a.csv/problems", **typed).headers["location"] == "/sheet/a.csv/problems"
    assert "A copy would be another batch" in words(desk.ask("GET", "/sheet/a.csv/problems"))
    assert not list(desk.folder.glob("*corrected*"))


def test_the_rest_is_not_sent_past_a_warning_that_nobody_saw(
    desk: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BULK_TOPUP_RATE", "5")
    people = [f"{nth},{number},TSEL5," for nth, number in enumerate(numbers(12))]
    sheet = desk.folder / "a.csv"
    sheet.write_text("\n".join(("Nama,No HP,Kode Produk,Keterangan", *people)) + "\n")
    approve(desk, "a.csv")
    until_paid(desk.folder, 1)
    post(desk, "/sheet/a.csv/pause")
    until(desk, "/sheet/a.csv/sending", "Send the other")
    before = paid(desk.folder)
    sheet.write_text(sheet.read_text().replace(people[-1], people[-1] + "batal"))
    assert post(desk, "/sheet/a.csv/go-on").headers["location"] == "/sheet/a.csv/plan"
    shown = words(desk.ask("GET", "/sheet/a.csv/plan"))
    assert "This sent nothing: look at the plan for the rest first" in shown
    assert "batal" in shown
    assert "It has stopped" in words(desk.ask("GET", "/sheet/a.csv/sending"))
    assert paid(desk.folder) == before
    approve(desk, "a.csv")
    until(desk, "/sheet/a.csv/sending", "It has ended.")
    assert paid(desk.folder) == Counter(numbers(12))


def test_a_row_that_was_sent_again_since_is_not_closed_as_not_sent(desk: Served) -> None:
    payroll(desk.folder, "a.csv", [LOST])
    approve(desk, "a.csv")
    until(desk, "/sheet/a.csv/sending", "Settle 1 open row")
    now_open = open_row(desk, "a.csv", "2")
    # It is sent again after a minute at the soonest, so the page of the first attempt has another time.
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", now_open["sent_at"])
    for left_open in ({"sent_at": "2025-01-20 10:00:00"}, {"status": "accepted"}, {"row": "3"}):
        stale = now_open | left_open
        post(desk, "/sheet/a.csv/resolve", what="not_sent", **stale)
        shown = words(desk.ask("GET", "/sheet/a.csv/open"))
        assert f"Row {stale['row']} has changed since that page was shown, and was not closed" in shown
        assert open_row(desk, "a.csv", "2") == now_open
    post(desk, "/sheet/a.csv/resolve", what="not_sent", **now_open)
    assert "Row 2 is closed." in words(desk.ask("GET", "/sheet/a.csv/open"))


def test_a_real_desk_takes_no_rehearsal_for_its_own(desk: Served) -> None:
    payroll(desk.folder, "a.csv", numbers(2))
    approve(desk, "a.csv")
    until(desk, "/sheet/a.csv/sending", "2 of 2")
    with served(desk.folder, sandbox=False) as real:
        real.enter()
        assert "Nothing of this sheet has been sent yet." in words(real.ask("GET", "/sheet/a.csv/sending"))
        assert real.ask("GET", "/sheet/a.csv/events").status == 404
    assert desk.ask("GET", "/sheet/a.csv/events").status == 200


def test_a_plan_that_was_rejected_since_is_sent_only_by_who_saw_that(desk: Served) -> None:
    payroll(desk.folder, "a.csv", numbers(2))
    code = code_of(desk, "a.csv")
    post(desk, "/sheet/a.csv/reject", code=code, name="Rina Sari", reason="two people have left")
    assert approve(desk, "a.csv", code).headers["location"] == "/sheet/a.csv/approve"
    shown = desk.ask("GET", "/sheet/a.csv/approve")
    assert "two people have left" in words(shown)
    assert not paid(desk.folder)
    (at,) = re.findall(r'name="rejected" value="([^"]+)"', shown.text)
    fields = {"code": code, "name": "Rina Sari", "sure": "yes", "rejected": at}
    assert post(desk, "/sheet/a.csv/approve", **fields).headers["location"] == "/sheet/a.csv/sending"
    until(desk, "/sheet/a.csv/sending", "2 of 2")


def test_a_pause_of_what_has_ended_promises_nothing(desk: Served) -> None:
    payroll(desk.folder, "a.csv", numbers(2))
    approve(desk, "a.csv")
    until(desk, "/sheet/a.csv/sending", "It has ended.")
    post(desk, "/sheet/a.csv/pause")
    shown = words(desk.ask("GET", "/sheet/a.csv/sending"))
    assert "Nothing was paused." in shown
    assert "It stops once" not in shown

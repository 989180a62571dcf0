"""How quickly the desk shows things. A file of its own: files with such tests are begun last."""

from __future__ import annotations

import http.client
import json
import time
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from tests.desk import test_sending
from tests.desk.test_sending import LONGEST_S, approve, desk, folder, numbers, payroll, until

if TYPE_CHECKING:
    from tests.desk.served import Served

__all__ = ["desk", "folder"]
pytestmark = [test_sending.pytestmark, pytest.mark.alone]

SLOWER = 3
"""What is promised of an idle machine holds so many times slower on one that is not."""


def test_a_plan_of_ten_thousand_rows_is_shown_quickly_and_page_by_page(desk: Served) -> None:
    rows = [
        number if at % 10 else number.replace("0812", "08I2") for at, number in enumerate(numbers(10_000))
    ]
    payroll(desk.folder, "a.csv", rows)
    began = time.monotonic()
    plan = desk.ask("GET", "/sheet/a.csv/plan")
    took_s = time.monotonic() - began
    assert "9,000" in plan.text
    assert took_s < 3 * SLOWER
    for page in ("1", "20", "9999", "x", "-1"):
        assert len(desk.ask("GET", f"/sheet/a.csv/problems?page={page}").text) < 1_000_000


def test_progress_reaches_the_page_as_it_comes(desk: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BULK_TOPUP_RATE", "4")
    payroll(desk.folder, "a.csv", numbers(16))
    approve(desk, "a.csv")
    line = http.client.HTTPConnection(desk.lock.host, timeout=LONGEST_S)
    line.request("GET", "/sheet/a.csv/progress", headers=desk.own)
    late_s: list[float] = []
    told = line.getresponse()
    (journal,) = (desk.folder / "bulk-topup-desk").glob("*.events")
    while piece := told.readline():
        shown = json.loads(piece.removeprefix(b"data: ")) if piece.startswith(b"data: ") else {}
        counts = [json.loads(one) for one in journal.read_text().splitlines() if '"counts"' in one]
        if shown.get("at_work") and counts and counts[-1]["done"] == shown["done"] > 0:
            late_s.append(time.time() - datetime.fromisoformat(counts[-1]["at"]).timestamp())
    line.close()
    assert len(late_s) > 3
    assert min(late_s) < 1 * SLOWER
    assert sum(late_s) / len(late_s) < 1 * SLOWER
    until(desk, "/sheet/a.csv/sending", "It has ended.")

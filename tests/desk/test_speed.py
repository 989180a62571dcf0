"""How quickly the desk shows things. A file of its own: files with such tests are begun last."""

from __future__ import annotations

import http.client
import json
import time
from datetime import datetime
from statistics import median
from typing import TYPE_CHECKING

import pytest

from bulk_topup.report.words import say
from tests.desk import month as months
from tests.desk import test_sending
from tests.desk.served import LONGEST_S, served
from tests.desk.test_sending import approve, desk, folder, numbers, payroll, until
from tests.markdown import ROOT

if TYPE_CHECKING:
    from pathlib import Path

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


@pytest.mark.browser
@pytest.mark.skipif(bool(months.MISSING), reason=months.MISSING or "-")
@pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")
def test_an_event_is_on_the_page_within_a_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the time that a run's event states to the page's own, when its words change."""
    from playwright.sync_api import sync_playwright

    for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("BULK_TOPUP_RATE", "4")
    folder = tmp_path / "payrolls"
    folder.mkdir()
    payroll(folder, "a.csv", numbers(32))
    seen: list[tuple[float, str]] = []
    with served(folder) as desk, sync_playwright() as playwright:
        desk.enter()
        browser = playwright.chromium.launch(executable_path=months.CHROMIUM, args=months.ARGUMENTS)
        context = browser.new_context(extra_http_headers={"Cookie": desk.own["Cookie"]})
        page = context.new_page()
        page.expose_function("told", lambda at, far: seen.append((at / 1000, far)))
        page.add_init_script(WATCH)
        approve(desk, "a.csv")  # Only now: a browser can take seconds to start.
        page.goto(f"{desk.lock.origin}/sheet/a.csv/sending")
        page.get_by_text("It has ended.").wait_for(timeout=months.LONGEST_MS)
        browser.close()
    (journal,) = (folder / "bulk-topup-desk").glob("*.events")
    counts = [json.loads(line) for line in journal.read_text().splitlines() if '"counts"' in line]
    late_s = [
        shown - datetime.fromisoformat(one["at"]).timestamp()
        for one in counts
        for shown, far in seen
        if far == say.text("desk.far", done=one["done"], of=one["of"])
    ]
    print(f"{len(late_s)} events, {max(late_s):.2f} s at most, {median(late_s):.2f} s at the median")
    assert len(late_s) > 10
    assert median(late_s) < 1
    assert max(late_s) < SLOWER


WATCH = """
document.addEventListener("DOMContentLoaded", () => {
  const far = document.querySelector("[data-live=far]");
  if (far) new MutationObserver(() => told(Date.now(), far.textContent)).observe(far, {
    childList: true, characterData: true, subtree: true });
});
"""

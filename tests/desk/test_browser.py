"""The month by clicks, in a real browser: what is seen, what is sent, and how it reads for a machine."""

from __future__ import annotations

import json
from datetime import datetime
from importlib.util import find_spec
from statistics import median
from typing import TYPE_CHECKING

import pytest

from bulk_topup.report.words import say
from tests.desk import month as months
from tests.desk.month import CHROMIUM, PENDING, PEOPLE, SHOWN, Month
from tests.desk.served import served
from tests.desk.test_sending import approve, numbers, payroll
from tests.desk.test_speed import SLOWER
from tests.markdown import ROOT

if TYPE_CHECKING:
    from pathlib import Path

MISSING = next(
    (
        f"{what} is not installed"
        for what, there in {
            "Chromium": CHROMIUM,
            "playwright": find_spec("playwright"),
            "axe-playwright-python": find_spec("axe_playwright_python"),
        }.items()
        if not there
    ),
    "",
)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.kill,
    pytest.mark.skipif(bool(MISSING), reason=MISSING or "-"),
]


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Month:
    home: Path = tmp_path_factory.mktemp("month")
    return months.play(home, home)


def test_everybody_is_paid_once_though_the_desk_is_killed_half_way(month: Month) -> None:
    assert set(month.paid.values()) == {1}
    assert len(month.paid) in {len(PEOPLE), len(PEOPLE) - 1}  # the lost one may never have reached it
    assert PENDING in month.paid


def test_every_page_is_seen_and_says_what_to_do_next(month: Month) -> None:
    assert {*SHOWN} <= set(month.told)
    assert "2 rows need correcting" in month.told["problems"]
    assert "2 cells were corrected in the copy" in month.told["corrected"]
    assert "28" in month.told["plan"]
    assert "top-ups are being sent" in month.told["sending"]
    assert "of 28" in month.told["again"]
    assert "Rina Sari" in month.told["results"]
    assert "Rina Sari" in month.told["history"]
    assert "it was paid on" in month.told["find"]
    assert "in order" in month.told["health"]
    assert month.told["download"].endswith(".sandbox.results.xlsx")


def test_no_script_of_a_sheet_runs_and_no_page_has_a_serious_fault(month: Month) -> None:
    """Neither in the browser's console nor by axe-core, nor on a screen of 390 pixels."""
    assert month.faults == []
    assert month.longest_page < 1_000_000


@pytest.mark.alone
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
    payroll(folder, "a.csv", numbers(24))
    seen: list[tuple[float, str]] = []
    with served(folder) as desk, sync_playwright() as playwright:
        desk.enter()
        approve(desk, "a.csv")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=months.ARGUMENTS)
        context = browser.new_context(extra_http_headers={"Cookie": desk.own["Cookie"]})
        page = context.new_page()
        page.expose_function("told", lambda at, far: seen.append((at / 1000, far)))
        page.add_init_script(WATCH)
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

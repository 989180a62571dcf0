"""A month by clicks, in Debian's Chromium; `python -m tests.walkthrough` takes the pages' pictures by it.

The desk is the real command, with the simulated provider. It is killed while it sends, and opened again.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl

from bulk_topup.sandbox import Sandbox
from tests.markdown import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import ConsoleMessage, Page, ViewportSize

SHOWN = {
    "upload": "Choose a sheet of the folder, or send one in.",
    "columns": "What each column was taken for, on the first five rows; change it if it is wrong.",
    "problems": "Only the rows that can't be sent as they are. Corrections go into a copy.",
    "plan": "What would be sent, and what it costs.",
    "approve": "A second person approves exactly this plan, or rejects it with a reason.",
    "sending": "How far it is. The page can be closed: sending goes on, whatever becomes of the desk.",
    "open": "Rows that may be paid or not: ask again, or say what the provider's hotline said.",
    "results": "What became of each row, and the workbook to sign.",
    "find": "For an employee who says that nothing came: what to read out.",
    "history": "All batches, by month.",
    "health": "Whether all is in order, the settings, and today's prices.",
}
"""The pages in the order in which they are seen, and what each is for; its picture is `desk-NAME.png`."""

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), "")
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
"""What a page cannot be clicked without; "" where all of it is here."""
ARGUMENTS = ["--no-sandbox", "--disable-background-networking"]
WIDE: ViewportSize = {"width": 1280, "height": 800}
NARROW: ViewportSize = {"width": 390, "height": 844}
LONGEST_MS = 90_000

HOSTILE = "<img src=x onerror=alert(1)>"
PENDING, LOST = "081200001001", "081200002101"
PEOPLE: tuple[tuple[str, str, str, int], ...] = (
    ("Budi Santoso", "Gudang", "081234567801", 50_000),
    ("Dewi Lestari", "Gudang", "+62 857-1234-5602", 50_000),
    ("Joko Susilo", "Produksi", "0878 1234 5603", 50_000),
    ("Fitri Handayani", "Produksi", "0812345O7804", 25_000),
    ("Rudi Hartono", "Produksi", "08123456", 25_000),
    ("Siti Aminah", "SDM", PENDING, 25_000),
    ("Agus Wijaya", "SDM", LOST, 25_000),
    (HOSTILE, "SDM", "081234567810", 5_000),
    *((f"Karyawan {n}", "Pemasaran", f"0812345679{n:02d}", 5_000) for n in range(20)),
)
CORRECTED = {"0812345O7804": "081234507804", "08123456": "081234567805"}


@dataclass
class Month:
    """What was seen on the way, and who was paid how often."""

    faults: list[str] = field(default_factory=list)
    told: dict[str, str] = field(default_factory=dict)
    paid: dict[str, int] = field(default_factory=dict)
    longest_page: int = 0


@contextmanager
def opened_desk(folder: Path, wait_s: int) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The desk's process, and its launch link."""
    command = [
        sys.executable,
        "-P",
        "-m",
        "bulk_topup",
        "desk",
        str(folder),
        "--no-open",
        "--sandbox",
        "--lang",
        "en",
    ]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BULK_TOPUP_")}
    own = {"HOME": str(folder.parent), "XDG_DATA_HOME": str(folder.parent), "LOGNAME": "andi"}
    paced = {"BULK_TOPUP_RATE": "3", "BULK_TOPUP_WAIT": str(wait_s), "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    process = subprocess.Popen(
        command, env=kept | own | paced, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        assert process.stdout is not None
        (link,) = re.findall(r"http://\S+", process.stdout.readline())
        yield process, link
    finally:
        process.kill()
        process.communicate()


class Clerk:
    """Clicks; at each page looks for faults, and takes its picture."""

    def __init__(self, page: Page, month: Month, pictures: Path | None) -> None:
        self.page, self.month, self._pictures = page, month, pictures
        page.set_default_timeout(LONGEST_MS)
        page.on("dialog", lambda dialog: self._fault(f"a script runs: {dialog.message}", dialog.dismiss))
        page.on("pageerror", lambda error: self._fault(str(error)))
        page.on("console", self._heard)

    def _fault(self, words: str, then: Any = None) -> None:
        self.month.faults.append(f"{self.page.url}: {words}")
        if then is not None:
            then()

    def _heard(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self._fault(f"console: {said.text}")

    def click(self, name: str, role: Any = "button") -> None:
        self.page.get_by_role(role, name=name).first.click()
        self.page.wait_for_load_state()

    def look(self, name: str) -> None:
        """The page under this name: what it says, how it reads for a machine, whether it fits a telephone."""
        from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

        self.month.told[name] = self.page.inner_text("main")
        self.month.longest_page = max(self.month.longest_page, len(self.page.content()))
        for found in Axe().run(self.page).response["violations"]:
            if found["impact"] in {"serious", "critical"}:
                self._fault(f"{name}: {found['id']}: {found['nodes'][0]['html']}")
        if self._pictures is not None:
            self.page.screenshot(path=self._pictures / f"desk-{name}.png")
        self.page.set_viewport_size(NARROW)
        if self.page.evaluate("document.documentElement.scrollWidth") > NARROW["width"]:
            self._fault(f"{name}: wider than {NARROW['width']}")
        self.page.set_viewport_size(WIDE)


def make_sheet(path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (("Nama", "Bagian", "No HP", "Nominal"), *PEOPLE):
        sheet.append(list(row))
    book.save(path)
    book.close()


def play(home: Path, pictures: Path | None = None) -> Month:
    """The whole way, in a new folder."""
    from playwright.sync_api import sync_playwright

    folder, month = home / "payrolls", Month()
    folder.mkdir()
    make_sheet(home / "gaji november.xlsx")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            with opened_desk(folder, 0) as (process, link):
                page = browser.new_context(viewport=WIDE).new_page()
                clerk = Clerk(page, month, pictures)
                _prepare(clerk, link, home / "gaji november.xlsx")
                os.killpg(process.pid, signal.SIGKILL)
            with opened_desk(folder, 20) as (_, link):
                page = browser.new_context(viewport=WIDE).new_page()
                _clear_up(Clerk(page, month, pictures), link)
        finally:
            browser.close()
    month.faults = [
        fault for fault in month.faults if "net::ERR_" not in fault
    ]  # of the desk that was killed
    with Sandbox(folder / "sandbox.provider.db") as provider:
        for topup in provider.book():
            month.paid[topup.number] = month.paid.get(topup.number, 0) + (topup.status != "gagal")
    return month


def _prepare(clerk: Clerk, link: str, sheet: Path) -> None:
    page = clerk.page
    page.goto(link)
    page.wait_for_url("**/")
    clerk.look("upload")
    page.set_input_files("#file", sheet)
    clerk.click("Add the sheet")
    page.wait_for_url("**/sheet/*")
    clerk.look("columns")
    clerk.click("The columns are right")
    page.wait_for_url("**/problems")
    clerk.look("problems")
    for wrong, right in CORRECTED.items():
        page.locator(f'input[name^="cell:"][value="{wrong}"]').fill(right)
    clerk.click("Save the corrections")
    page.wait_for_url("**corrected**/problems")
    clerk.month.told["corrected"] = page.inner_text("main")
    clerk.click("Continue to the plan", "link")
    clerk.look("plan")
    clerk.click("Have it approved", "link")
    page.locator("#name").fill("Rina Sari")
    page.locator("#sure").check()
    clerk.look("approve")
    clerk.click("Approve, and send")
    page.wait_for_url("**/sending")
    page.locator("[data-live=far]", has_text=re.compile(r"^([4-9]|\d\d) of")).wait_for()
    clerk.look("sending")


def _clear_up(clerk: Clerk, link: str) -> None:
    page = clerk.page
    page.goto(link)
    page.wait_for_url("**/")
    clerk.click("corrected", "link")
    page.get_by_role("navigation", name="Steps").get_by_role("link", name="Sending").click()
    clerk.month.told["again"] = page.inner_text("main")
    page.get_by_role("link", name="Settle").click()
    page.wait_for_url("**/open")
    clerk.look("open")
    clerk.click("Ask the provider again")
    page.wait_for_url("**/sending")
    page.get_by_role("link", name="Settle 1 open row").click()
    page.wait_for_url("**/open")
    page.get_by_label("Who said so").fill("Rina, hotline")
    clerk.click("The provider does not have it")
    page.get_by_text("Row 8 is closed.").wait_for()
    clerk.click("See the results", "link")
    page.wait_for_url("**/results")
    clerk.look("results")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download gaji").click()
    clerk.month.told["download"] = download.value.suggested_filename
    clerk.click("Find", "link")
    page.get_by_label("Phone number").fill("081234567801")
    clerk.click("Find")
    clerk.look("find")
    clerk.click("History", "link")
    clerk.look("history")
    clerk.click("Health", "link")
    clerk.look("health")

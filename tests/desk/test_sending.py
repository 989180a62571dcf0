"""What the desk sends is sent once: whoever clicks twice, in tabs or desks, and whatever is killed."""

from __future__ import annotations

import csv
import html
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import openpyxl
import psutil
import pytest

from bulk_topup.desk.commands import Progress
from bulk_topup.desk.sending import live_facts
from bulk_topup.sandbox import Sandbox
from tests.desk.served import LONGEST_S, Served, fork_commands, served
from tests.markdown import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.desk.served import Answer

# What is sent outlives the desk that began it.
pytestmark = pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")

PENDING, LOST = "081200001201", "081200002101"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With nobody's own settings, and as fast as it goes."""
    for name in [name for name in os.environ if name.startswith("BULK_TOPUP_")]:
        monkeypatch.delenv(name)
    for name in ("HOME", "USERPROFILE", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("BULK_TOPUP_RATE", "500")
    monkeypatch.setenv("BULK_TOPUP_WAIT", "0")
    made = tmp_path / "payrolls"
    made.mkdir()
    return made


@pytest.fixture(autouse=True)
def forked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its commands; test_browser.py, test_signing.py and test_speed.py have desks that start interpreters."""
    fork_commands(monkeypatch)


@pytest.fixture
def desk(folder: Path) -> Iterator[Served]:
    with served(folder) as found:
        found.enter()
        yield found


def payroll(folder: Path, name: str, numbers: list[str]) -> None:
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        rows = [(n, f"Karyawan {n}", number, "TSEL5") for n, number in enumerate(numbers, start=1)]
        csv.writer(file).writerows([("No", "Nama", "No HP", "Kode Produk"), *rows])


def numbers(count: int) -> list[str]:
    return [f"0812345{n:05d}" for n in range(count)]


def paid(folder: Path) -> Counter[str]:
    """By the simulated provider's own book, which no other knows of."""
    with Sandbox(folder / "sandbox.provider.db") as provider:
        return Counter(topup.number for topup in provider.book() if topup.status != "gagal")


def post(desk: Served, path: str, **fields: str) -> Answer:
    return desk.ask(
        "POST", path, {"Content-Type": "application/x-www-form-urlencoded"}, urlencode(fields).encode()
    )


def code_of(desk: Served, sheet: str) -> str:
    found = re.search(r'name="code" value="([^"]+)"', desk.ask("GET", f"/sheet/{sheet}/approve").text)
    assert found is not None
    return found[1]


def approve(desk: Served, sheet: str, code: str | None = None) -> Answer:
    fields = {"code": code or code_of(desk, sheet), "name": "Rina Sari", "sure": "yes"}
    return post(desk, f"/sheet/{sheet}/approve", **fields)


def words(answer: Answer) -> str:
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", answer.text).split()))


def state_on(desk: Served, page: str) -> str:
    """What the page sends along, to tell what it showed."""
    found = re.search(r'name="state" value="(\w+)"', desk.ask("GET", f"/sheet/{page}").text)
    assert found is not None
    return found[1]


def open_row(desk: Served, sheet: str, row: str) -> dict[str, str]:
    """The fields of the form that closes this row, as the page sends them."""
    shown = desk.ask("GET", f"/sheet/{sheet}/open").text
    for form in re.findall(r"<form.*?</form>", shown, re.DOTALL):
        fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
        if fields.get("row") == row:
            return {**fields, "note": "Rina, hotline"}
    raise AssertionError(shown)


def until(desk: Served, path: str, text: str, longest_s: float = LONGEST_S) -> str:
    """The words of the page, once it says this."""
    end = time.monotonic() + longest_s
    while text not in (shown := words(desk.ask("GET", path))):
        assert time.monotonic() < end, shown
        time.sleep(0.2)
    return shown


def until_paid(folder: Path, count: int) -> None:
    end = time.monotonic() + LONGEST_S
    while not (folder / "sandbox.provider.db").exists() or len(paid(folder)) < count:
        assert time.monotonic() < end
        time.sleep(0.1)


# -- once --------------------------------------------------------------------------------------------------


def test_two_clicks_send_once_and_the_second_is_told_so(
    desk: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BULK_TOPUP_RATE", "10")
    payroll(desk.folder, "a.csv", numbers(20))
    code = code_of(desk, "a.csv")
    with ThreadPoolExecutor(4) as clicks:
        answers = list(clicks.map(lambda _: approve(desk, "a.csv", code), range(4)))
    assert {answer.headers["location"] for answer in answers} == {"/sheet/a.csv/sending"}
    assert "already been started" in words(desk.ask("GET", "/sheet/a.csv/sending"))
    shown = until(desk, "/sheet/a.csv/sending", "It has ended.")
    assert "20 of 20" in shown
    assert paid(desk.folder) == Counter(numbers(20))
    approve(desk, "a.csv", code)  # back to the page that is still open in the other tab
    until(desk, "/sheet/a.csv/sending", "Nothing was sent now")
    assert paid(desk.folder) == Counter(numbers(20))


def test_two_desks_on_one_folder_send_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BULK_TOPUP_RATE", "10")
    payroll(folder, "a.csv", numbers(20))
    with ExitStack() as desks:
        both = [desks.enter_context(served(folder)) for _ in range(2)]
        for desk in both:
            desk.enter()
        codes = [code_of(desk, "a.csv") for desk in both]
        with ThreadPoolExecutor(2) as clicks:
            list(clicks.map(approve, both, ["a.csv"] * 2, codes))
        for desk in both:
            until(desk, "/sheet/a.csv/sending", "20 of 20")
    assert paid(folder) == Counter(numbers(20))


def test_what_was_begun_in_a_terminal_shows_here(desk: Served) -> None:
    payroll(desk.folder, "a.csv", numbers(15))
    code = code_of(desk, "a.csv")
    command = [sys.executable, "-m", "bulk_topup", "run", "a.csv", "--sandbox", "--yes", "--rate", "2"]
    run = subprocess.Popen(command, cwd=desk.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        shown = until(desk, "/sheet/a.csv/sending", "Started outside this desk")
        assert "with Ctrl-C" in shown
        approve(desk, "a.csv", code)
        until(desk, "/sheet/a.csv/sending", "15 of 15")
    finally:
        run.wait(LONGEST_S)
    assert paid(desk.folder) == Counter(numbers(15))


def test_a_sheet_that_changed_since_is_not_sent(desk: Served) -> None:
    payroll(desk.folder, "a.csv", numbers(3))
    code = code_of(desk, "a.csv")
    payroll(desk.folder, "a.csv", [*numbers(3), "081234599999"])
    approve(desk, "a.csv", code)
    shown = until(desk, "/sheet/a.csv/sending", "this is not the plan that was approved")
    assert "081234599999" in shown
    assert not paid(desk.folder)


def test_without_a_name_or_tick_nothing_is_sent(desk: Served) -> None:
    payroll(desk.folder, "a.csv", numbers(2))
    code = code_of(desk, "a.csv")
    for fields in ({"sure": "yes"}, {"name": " ", "sure": "yes"}, {"name": "Rina Sari"}):
        answer = post(desk, "/sheet/a.csv/approve", code=code, **fields)
        assert answer.headers["location"] == "/sheet/a.csv/approve"
    approve(desk, "a.csv", "--yes")
    until(desk, "/sheet/a.csv/sending", "Nothing of this sheet has been sent yet")
    assert not paid(desk.folder)


def test_a_plan_that_is_rejected_says_by_whom_and_why(desk: Served) -> None:
    payroll(desk.folder, "a.csv", numbers(2))
    code = code_of(desk, "a.csv")
    post(desk, "/sheet/a.csv/reject", code=code, name="Rina Sari", reason="two people have left")
    for page in ("plan", "approve"):
        shown = words(desk.ask("GET", f"/sheet/a.csv/{page}"))
        assert "Rejected by Rina Sari" in shown
        assert "two people have left" in shown
    assert not paid(desk.folder)


# -- whatever is killed ------------------------------------------------------------------------------------


@pytest.mark.kill
@pytest.mark.skipif(sys.platform == "win32", reason="it kills as POSIX does")
def test_a_desk_that_is_killed_stops_nothing_and_the_next_one_shows_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BULK_TOPUP_RATE", "5")
    payroll(folder, "a.csv", numbers(25))
    command = [sys.executable, "-m", "bulk_topup", "desk", ".", "--no-open", "--sandbox"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert process.stdout is not None
        desk = opened(folder, process.stdout.readline())
        approve(desk, "a.csv")
        until_paid(folder, 3)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    with served(folder) as again:
        again.enter()
        assert "top-ups are being sent" in until(again, "/sheet/a.csv/sending", "of 25")
        until(again, "/sheet/a.csv/sending", "It has ended.")
    assert paid(folder) == Counter(numbers(25))


def opened(folder: Path, line: str) -> Served:
    """The desk of another process, by the line that it printed."""
    (link,) = re.findall(r"http://\S+", line)
    with served(folder) as mine:  # only for its shape
        lock = mine.lock
    lock.host = link.split("/")[2]
    lock.origin, lock.link = f"http://{lock.host}", link
    own = {"Host": lock.host, "Origin": lock.origin, "Sec-Fetch-Site": "same-origin"}
    desk = Served(folder, mine.app, lock, own)
    assert desk.enter().status == 200
    return desk


@pytest.mark.kill
def test_a_run_that_is_killed_is_told_and_goes_on_under_its_approval(
    desk: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BULK_TOPUP_RATE", "5")
    payroll(desk.folder, "a.csv", numbers(20))
    approve(desk, "a.csv")
    until_paid(desk.folder, 3)
    (journal,) = (desk.folder / "bulk-topup-desk").glob("*.events")
    (pid,) = re.findall(r'"pid": (\d+)', journal.read_text())
    os.kill(int(pid), signal.SIGKILL)
    until(desk, "/sheet/a.csv/sending", "It was cut off")
    monkeypatch.setenv("BULK_TOPUP_RATE", "500")
    post(desk, "/sheet/a.csv/go-on")
    shown = until(desk, "/sheet/a.csv/sending", "It has ended.")
    assert max(paid(desk.folder).values()) == 1
    assert len(paid(desk.folder)) >= 19  # what was under way then may not have reached the provider
    assert "Settle 1 open row" in shown or len(paid(desk.folder)) == 20


def test_a_pause_ends_after_what_is_under_way_and_goes_on(
    desk: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BULK_TOPUP_RATE", "5")
    payroll(desk.folder, "a.csv", numbers(20))
    approve(desk, "a.csv")
    until_paid(desk.folder, 2)
    post(desk, "/sheet/a.csv/pause")
    shown = until(desk, "/sheet/a.csv/sending", "Send the other")
    assert "cut off" not in shown
    assert re.search(r"It has stopped: \d+ rows? ha", shown)
    assert 2 <= len(paid(desk.folder)) < 20
    post(desk, "/sheet/a.csv/go-on")
    until(desk, "/sheet/a.csv/sending", "20 of 20")
    until(desk, "/sheet/a.csv/sending", "It has ended.")
    assert paid(desk.folder) == Counter(numbers(20))


# -- before and after --------------------------------------------------------------------------------------


def test_corrections_go_into_a_copy_and_only_before_it_is_sent(desk: Served) -> None:
    payroll(desk.folder, "a.csv", ["0812345O0001", "081234500002"])
    before = (desk.folder / "a.csv").read_bytes()
    shown = desk.ask("GET", "/sheet/a.csv/problems").text
    assert "Karyawan 1" in shown
    assert 'name="cell:2:C"' in shown
    same = {"cell:2:C": "0812345O0001", "was:2:C": "0812345O0001", "state": state_on(desk, "a.csv/problems")}
    assert post(desk, "/sheet/a.csv/problems", **same).headers["location"] == "/sheet/a.csv/problems"
    answer = post(desk, "/sheet/a.csv/problems", **(same | {"cell:2:C": "081234500001"}))
    copy = answer.headers["location"].removesuffix("/problems")
    assert copy == "/sheet/a%20%28corrected%29.xlsx"
    assert "No row needs correcting." in words(desk.ask("GET", f"{copy}/problems"))
    assert (desk.folder / "a.csv").read_bytes() == before
    assert desk.ask("GET", copy.replace("/sheet/", "/files/")).status == 200
    approve(desk, "a.csv")
    until(desk, "/sheet/a.csv/sending", "It has ended.")
    shown = words(desk.ask("GET", "/sheet/a.csv/problems"))
    assert "has already been sent" in shown
    assert "Save the corrections" not in shown


def test_the_sheets_total_and_the_warnings_are_shown_to_who_approves(desk: Served) -> None:
    rows = ("Nama,No HP,Nominal", "Ani,081234500001,5000", "Budi,081234500002,10000")
    for name, total in (("a.csv", 15_000), ("b.csv", 16_000)):
        (desk.folder / name).write_text("\n".join((*rows, f"TOTAL,,{total}")) + "\n", encoding="utf-8")
    for page in ("plan", "approve"):
        agreed = words(desk.ask("GET", f"/sheet/a.csv/{page}"))
        assert "the sheet's total in row 4, Rp15,000, agrees with its rows" in agreed
        differs = words(desk.ask("GET", f"/sheet/b.csv/{page}"))
        assert "a difference of Rp1,000" in differs
        assert "agrees" not in differs


def test_what_was_left_out_is_not_counted_as_not_paid(desk: Served) -> None:
    payroll(desk.folder, "a.csv", [*numbers(2), "08123456"])
    approve(desk, "a.csv")
    shown = until(desk, "/sheet/a.csv/sending", "It has ended.")
    assert "2 of 2 Paid 2 Not paid 0" in shown
    assert "Not paid 0 Left out 1" in words(desk.ask("GET", "/sheet/a.csv/results"))
    assert "Not paid or left out Open" in words(desk.ask("GET", "/history"))


def test_no_count_is_stated_before_one_is_known() -> None:
    facts = live_facts(Progress(None, pid=os.getpid(), _begun=psutil.Process().create_time()))
    assert (facts["paid"], facts["rupiah"], facts["far"]) == ("-", "-", "")


def test_open_rows_are_closed_or_asked_after(desk: Served) -> None:
    payroll(desk.folder, "a.csv", [*numbers(1), LOST, PENDING])
    approve(desk, "a.csv")
    until(desk, "/sheet/a.csv/sending", "Settle 2 open rows")
    fields = open_row(desk, "a.csv", "3")
    post(desk, "/sheet/a.csv/resolve", what="invoice", invoice="TRX1", **fields)
    assert "TRX1" in words(desk.ask("GET", "/sheet/a.csv/open"))
    post(desk, "/sheet/a.csv/settle", what="resend")
    assert "Tick that you know" in words(desk.ask("GET", "/sheet/a.csv/open"))
    post(desk, "/sheet/a.csv/resolve", what="not_sent", **fields)
    assert "Row 3 is closed." in words(desk.ask("GET", "/sheet/a.csv/open"))
    post(desk, "/sheet/a.csv/settle", what="ask")
    until(desk, "/sheet/a.csv/sending", "It has ended.")
    shown = words(desk.ask("GET", "/sheet/a.csv/results"))
    assert "Rina Sari" in shown
    assert "Rina, hotline" in shown
    assert desk.ask("GET", "/sheet/a.csv/events").text.count('"event"') >= 2
    assert desk.ask("GET", "/files/a.sandbox.results.xlsx").status == 200
    assert "a" in words(desk.ask("GET", "/history"))
    assert "TSEL5" in words(desk.ask("GET", f"/find?q={numbers(1)[0]}"))


def test_unknown_rows_are_sent_once_more_only_as_the_page_showed_them(desk: Served) -> None:
    others = "081200002102"
    payroll(desk.folder, "a.csv", [LOST, others])
    approve(desk, "a.csv")
    until(desk, "/sheet/a.csv/sending", "Settle 2 open rows")
    resend = {"what": "resend", "sure": "yes", "state": state_on(desk, "a.csv/open")}
    post(desk, "/sheet/a.csv/resolve", what="not_sent", **open_row(desk, "a.csv", "2"))
    assert post(desk, "/sheet/a.csv/settle", **resend).headers["location"] == "/sheet/a.csv/open"
    shown = words(desk.ask("GET", "/sheet/a.csv/open"))
    assert "have changed since that page was shown, and nothing was sent" in shown
    assert "Send 1 unknown row once more" in shown
    resend["state"] = state_on(desk, "a.csv/open")
    for _ in range(2):  # The same page once more, when nothing has changed, sends nobody anything either.
        assert post(desk, "/sheet/a.csv/settle", **resend).headers["location"] == "/sheet/a.csv/sending"
        until(desk, "/sheet/a.csv/sending", "It has ended.")
        assert set(paid(desk.folder).values()) <= {1}


def test_each_tab_of_a_workbook_is_a_batch_of_its_own(desk: Served) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.worksheets[0].title = "Jakarta"
    for at, tab in enumerate((book.worksheets[0], book.create_sheet("Bandung Barat"))):
        tab.append(["Nama", "No HP", "Kode Produk"])
        tab.append(["Andi", f"08123450000{at}", "TSEL5"])
    book.save(desk.folder / "a.xlsx")
    shown = desk.ask("GET", "/sheet/a.xlsx").text
    assert 'name="tab:Bandung Barat"' in shown
    approve(desk, "a.xlsx%3ABandung%20Barat")
    until(desk, "/sheet/a.xlsx%3ABandung%20Barat/sending", "It has ended.")
    assert paid(desk.folder) == Counter(["081234500001"])
    assert "Results" in words(desk.ask("GET", "/sheet/a.xlsx%3ABandung%20Barat/results"))
    again = desk.ask("GET", "/sheet/a.xlsx")
    assert "Bandung Barat 1 paid, 0 not paid or left out, 0 to ask the provider" in words(again)
    assert 'href="/sheet/a.xlsx%3ABandung%20Barat/results"' in again.text


# -- several tabs, groups and names ------------------------------------------------------------------------


def test_ticked_tabs_are_one_batch_from_the_columns_to_find(desk: Served) -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for tab, first in (("Jakarta", 0), ("Medan", 2), ("Solo", 4)):
        sheet = book.create_sheet(tab)
        sheet.append(["Nama", "No HP", "Kode Produk", "Cabang"])
        for number in numbers(6)[first : first + 2]:
            sheet.append([f"Ani {number[-1]}", number, "TSEL5", tab])
    book.worksheets[0].append(["Rudi", "08123456", "TSEL5", "Jakarta"])
    book.save(desk.folder / "a.xlsx")
    assert "Tick those that are one batch" in words(desk.ask("GET", "/sheet/a.xlsx"))
    post(desk, "/sheet/a.xlsx", then="tabs")
    assert "Tick at least one tab." in words(desk.ask("GET", "/sheet/a.xlsx"))
    assert " checked>" not in desk.ask("GET", "/sheet/a.xlsx").text
    assert desk.ask("GET", "/sheet/a.xlsx?tick=all").text.count(" checked>") == 3
    taken = post(desk, "/sheet/a.xlsx", then="tabs", **{"tab:Jakarta": "on", "tab:Medan": "on"})
    place = taken.headers["location"]
    assert place == "/sheet/a.xlsx%3AJakarta%3AMedan"
    # By header, as each tab has letters of its own.
    assert '<option value="No HP">No HP</option>' in desk.ask("GET", place).text
    post(desk, place, then="columns", number_column="No HP", name_column="Nama")
    assert "5 rows found" in words(desk.ask("GET", place))
    problems = desk.ask("GET", f"{place}/problems")
    assert "Row Jakarta 4" in words(problems)
    assert "cell:" not in problems.text
    assert "Medan 2 Rp10,000" in words(desk.ask("GET", f"{place}/plan"))
    approve(desk, "a.xlsx%3AJakarta%3AMedan")
    until(desk, f"{place}/sending", "It has ended.")
    assert paid(desk.folder) == Counter(numbers(4))
    assert desk.ask("GET", "/sheet/a.xlsx?tick=all").text.count(" checked>") == 1  # what is not sent
    assert "Medan Rp11,300 Rp0" in words(desk.ask("GET", "/history"))
    assert "Whose number is it?" in words(desk.ask("GET", "/find?q=Ani"))
    found = words(desk.ask("GET", "/find?q=Ani%203"))
    assert "it was paid on" in found
    assert "Medan 3 TSEL5" in found

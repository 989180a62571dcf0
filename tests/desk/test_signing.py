"""The page on which an approver signs: by a key of one's own, as another user than who sends."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from bulk_topup.sandbox import Sandbox
from tests import forks
from tests.desk import test_sending
from tests.desk.month import CHROMIUM, LONGEST_MS, MISSING, WIDE, Clerk, Month
from tests.desk.served import LONGEST_S, served
from tests.desk.test_sending import folder, forked, numbers, paid, payroll, post, until, words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.desk.served import Served

__all__ = ["folder", "forked"]
pytestmark = test_sending.pytestmark

PASSPHRASE = "kopi tubruk manis"
RINA = "Rina Sari"


def environment_of(user: str, folder: Path) -> dict[str, str]:
    home = folder.parent / user
    home.mkdir(exist_ok=True)
    return {"LOGNAME": user, "HOME": str(home), "XDG_DATA_HOME": str(home), "XDG_CONFIG_HOME": str(home)}


def become(user: str, folder: Path, patch: pytest.MonkeyPatch) -> None:
    for name, value in environment_of(user, folder).items():
        patch.setenv(name, value)


def typed_in(folder: Path, *arguments: str, user: str = "", **more: str) -> str:
    env = os.environ | (environment_of(user, folder) if user else {}) | more
    given = f"{PASSPHRASE}\n{PASSPHRASE}\n"
    done = forks.run(arguments, folder=folder, env=env, given=given, longest_s=LONGEST_S)
    return done.stdout + done.stderr


@pytest.fixture
def desk(folder: Path) -> Iterator[Served]:
    """Rehearsals in it have one approver, Rina."""
    payroll(folder, "a.csv", numbers(2))
    assert RINA in typed_in(folder, "approver", "add", RINA, "--sandbox", user="rina")
    with served(folder) as found:
        found.enter()
        yield found


def sign(desk: Served, **fields: str) -> str:
    """What the page says then."""
    found = re.search(r'name="code" value="([^"]+)"', desk.ask("GET", "/sheet/a.csv/approve").text)
    assert found is not None
    asked = {"code": found[1], "people": "2", "nominal": "10.000", "passphrase": PASSPHRASE, **fields}
    post(desk, "/sheet/a.csv/sign", **asked)
    return words(desk.ask("GET", "/sheet/a.csv/approve"))


def send_signed(desk: Served, shown: str) -> None:
    code = re.findall(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}", shown)[0]
    post(desk, "/sheet/a.csv/approve", code=code, what="signed")


def test_what_an_approver_signs_on_the_page_is_sent_from_it(
    desk: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    become("andi", desk.folder, monkeypatch)
    shown = words(desk.ask("GET", "/sheet/a.csv/approve"))
    assert "Signatures: 1 needed None yet." in shown
    assert "no usable approver's key here" in sign(desk)
    test_sending.approve(desk, "a.csv")
    until(desk, "/sheet/a.csv/sending", "a typed name is not one")
    become("rina", desk.folder, monkeypatch)
    assert "does not pay 3 people" in sign(desk, people="3")
    assert "do not add up" in sign(desk, nominal="10.001")
    assert "that passphrase does not open the key" in sign(desk, passphrase="kopi susu")
    assert "nobody can approve what they send themselves" in sign(desk)  # as this desk is hers now
    become("andi", desk.folder, monkeypatch)
    post(desk, "/sheet/a.csv/plan")
    shown = words(desk.ask("GET", "/sheet/a.csv/approve"))
    assert re.search(r"Signatures: 1 needed Rina Sari, [0-9a-f-]{24}, [0-9: -]{16} Send 2", shown)
    send_signed(desk, shown)
    until(desk, "/sheet/a.csv/sending", "2 of 2")
    assert len(paid(desk.folder)) == 2
    assert "[" in words(desk.ask("GET", "/sheet/a.csv/results"))
    kept = [path for path in desk.folder.parent.rglob("*") if path.is_file()]
    assert [path for path in kept if PASSPHRASE.encode() in path.read_bytes()] == []


def test_a_rejection_is_signed_and_holds_the_plan(desk: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    become("rina", desk.folder, monkeypatch)
    assert "Type your name and a reason." in sign(desk, what="reject")
    sign(desk, what="reject", reason="two people have left")
    become("andi", desk.folder, monkeypatch)
    post(desk, "/sheet/a.csv/plan")
    shown = words(desk.ask("GET", "/sheet/a.csv/approve"))
    assert "two people have left" in shown
    send_signed(desk, shown)
    until(desk, "/sheet/a.csv/sending", "Rina Sari rejected plan")
    assert not paid(desk.folder)


def test_an_approver_s_own_desk_needs_no_login(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sheet and the plan that was kept are enough, with a provider that is not there."""
    payroll(folder, "a.csv", numbers(2))
    with Sandbox() as provider:
        login = dict.fromkeys(("BULK_TOPUP_USERNAME", "BULK_TOPUP_PASSWORD"), "sandbox")
        typed_in(folder, "approver", "add", RINA, "--request", "rina.json", user="rina")
        typed_in(folder, "approver", "add", RINA, "--public", "rina.json", user="andi")
        typed_in(folder, "check", "a.csv", user="andi", BULK_TOPUP_BASE_URL=provider.url, **login)
    become("rina", folder, monkeypatch)
    with served(folder, sandbox=False) as desk:
        desk.enter()
        assert "Signed by Rina Sari" in sign(desk)
    assert len(list(folder.glob("a.*.approval"))) == 1


# -- in a browser ------------------------------------------------------------------------------------------


@contextmanager
def opened(folder: Path, user: str) -> Iterator[str]:
    """The launch link of this user's own desk."""
    command = [sys.executable, "-P", "-m", "bulk_topup", "desk", str(folder), "--no-open", "--sandbox"]
    env = os.environ | environment_of(user, folder)
    process = subprocess.Popen([*command, "--lang", "en"], env=env, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        (link,) = re.findall(r"http://\S+", process.stdout.readline())
        yield link
    finally:
        process.kill()
        process.communicate()


@pytest.mark.browser
@pytest.mark.skipif(bool(MISSING), reason=MISSING or "-")
def test_two_people_by_clicks_each_at_their_own_desk(folder: Path) -> None:
    from playwright.sync_api import sync_playwright

    payroll(folder, "a.csv", numbers(2))
    typed_in(folder, "approver", "add", RINA, "--sandbox", user="rina")
    month = Month()
    with sync_playwright() as playwright, opened(folder, "andi") as andis, opened(folder, "rina") as rinas:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )
        try:
            andi, rina = (Clerk(browser.new_context(viewport=WIDE).new_page(), month, None) for _ in "ab")
            for clerk, link in ((andi, andis), (rina, rinas)):
                clerk.page.goto(link)
                clerk.page.wait_for_url(re.compile(r"\d/$"))  # the launch link leads on to there
                clerk.page.goto(re.sub(r"(://[^/]+/).*", r"\1sheet/a.csv/approve", link))
            assert "None yet." in andi.page.inner_text("main")
            rina.page.get_by_label("People, as you count them").fill("2")
            rina.page.get_by_label("Sum of all nominals").fill("10.000")
            rina.page.get_by_label("Passphrase").first.fill(PASSPHRASE)
            rina.click("Approve with the key")
            rina.page.get_by_text("Signed by Rina Sari").wait_for(timeout=LONGEST_MS)
            rina.look("sign")
            andi.page.reload()
            andi.look("signed")
            andi.click("Send 2 top-ups as signed")
            andi.page.get_by_text("2 of 2").wait_for(timeout=LONGEST_MS)
            andi.page.get_by_text("See the results").wait_for(timeout=LONGEST_MS)
        finally:
            browser.close()  # before the desks, whose end a page would report
    assert month.faults == []
    assert "Rina Sari" in month.told["signed"]
    assert len(paid(folder)) == 2

"""Everything is denied that is no request of the desk's own pages; nothing outside its folder is reached."""

from __future__ import annotations

import os
import re
import socket
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from bulk_topup.desk import preparing, view
from bulk_topup.desk.commands import Commands, Progress
from bulk_topup.desk.folder import NOTES, Batch, Folder
from bulk_topup.desk.guard import HEADERS, Lock
from bulk_topup.desk.server import serve
from bulk_topup.desk.view import Desk, address
from tests.desk.served import Served, fork_commands, served

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.conftest import Office

SHEET = b"No,Nama,No HP,Kode Produk\r\n1,Andi,081234500001,TSEL5\r\n"
GET, POST, PUT = "GET", "POST", "PUT"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Served]:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.csv").write_bytes(SHEET)
    (tmp_path / "secret.csv").write_bytes(SHEET)
    with served(folder) as found:
        found.enter()
        yield found


def routes(desk: Served) -> list[tuple[str, str]]:
    """Every method with every address of the application, one made up for what varies in it."""
    app = desk.app._app
    assert isinstance(app, Starlette)
    found = [route for route in app.routes if isinstance(route, Route)]
    return [
        (method, route.path.replace("{batch}", "a.csv").replace("{name}", "a.csv"))
        for route in found
        for method in sorted(route.methods or ())
    ]


def kept(desk: Served) -> set[str]:
    return {path.name for path in desk.folder.iterdir() if path.is_file()}


# -- who may ask -------------------------------------------------------------------------------------------


def test_no_address_answers_without_the_cookie(desk: Served) -> None:
    assert len(routes(desk)) > 30
    for cookie in (None, "", f"{desk.lock.cookie}=", f"{desk.lock.cookie}=x; {desk.own['Cookie']}"):
        for method, path in routes(desk):
            answer = desk.ask(method, path, {"Cookie": cookie}, b"" if method in {POST, PUT} else None)
            assert answer.status == 403, (method, path)
            assert "a.csv" not in answer.text
    assert kept(desk) == {"a.csv"}


@pytest.mark.parametrize(
    "host", ["localhost", "evil.example", "127.0.0.1", "127.0.0.1:1", "[::1]", "127.1", ""]
)
def test_another_host_is_not_answered(desk: Served, host: str) -> None:
    """Whatever name was made to lead here."""
    port = desk.lock.host.partition(":")[2]
    for name in {host, f"{host}:{port}"} - {desk.lock.host}:
        assert desk.ask(GET, "/", {"Host": name}).status in {400, 421}


def test_two_hosts_are_none(desk: Served) -> None:
    with socket.create_connection(("127.0.0.1", int(desk.lock.host.partition(":")[2]))) as line:
        hosts = f"Host: {desk.lock.host}\r\nHost: evil.example\r\n"
        line.sendall(f"GET / HTTP/1.1\r\n{hosts}Cookie: {desk.own['Cookie']}\r\n\r\n".encode())
        assert line.recv(100).split()[1] in {b"400", b"421"}


FOREIGN: tuple[Mapping[str, str | None], ...] = (
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": None},
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Origin": None},
    {"Origin": "http://localhost"},
)


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_foreign_form_or_script_changes_nothing(desk: Served, headers: Mapping[str, str | None]) -> None:
    """Even with the cookie, which a page on another port of this computer would send along."""
    for method, path in routes(desk):
        if method in {POST, PUT}:
            assert desk.ask(method, path, headers, b"name=Rina&sure=yes&code=x").status == 403
    assert desk.ask(PUT, "/upload/b.csv", headers, SHEET).status == 403
    assert kept(desk) == {"a.csv"}


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_foreign_page_reads_nothing(desk: Served, site: str) -> None:
    for path in ("/", "/files/a.csv", "/static/desk.js"):
        assert desk.ask(GET, path, {"Sec-Fetch-Site": site}).status == 403


@pytest.mark.parametrize("method", ["OPTIONS", "DELETE", "PATCH", "TRACE", "CONNECT", "BREW"])
def test_other_methods_are_refused(desk: Served, method: str) -> None:
    answer = desk.ask(method, "/")
    assert answer.status in {400, 405}
    assert not any(name.startswith("access-control") for name in answer.headers)


def test_the_launch_link_works_once(tmp_path: Path) -> None:
    with served(tmp_path) as desk:
        assert desk.ask(GET, "/start?key=").status == desk.ask(GET, "/start?key=x").status == 403
        first = desk.enter()
        assert first.status == 200
        cookie = first.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        link = desk.lock.link.removeprefix(desk.lock.origin)
        stolen = desk.ask(GET, link, {"Cookie": None})
        assert stolen.status == 403
        assert "works only once" in stolen.text
        again = desk.ask(GET, link)
        assert (again.status, again.headers["location"]) == (303, "/")
        assert not {"set-cookie"} & {*stolen.headers, *again.headers}
        assert desk.ask(GET, "/").status == 200


def test_a_refusal_is_a_page_with_its_style_and_nothing_else_is_open(desk: Served) -> None:
    refused = desk.ask(GET, "/sheet/a.csv", {"Cookie": None})
    (style,) = re.findall(r'<link rel="stylesheet" href="([^"]+)">', refused.text)
    assert desk.ask(GET, style, {"Cookie": None}).status == 200
    assert desk.ask(GET, style, {"Cookie": None, "Sec-Fetch-Site": "cross-site"}).status == 403
    assert desk.ask(GET, "/static/desk.js", {"Cookie": None}).status == 403
    assert "href=" not in refused.text.replace(f'href="{style}"', "")


def test_every_answer_has_the_headers(desk: Served) -> None:
    asked = [(GET, "/"), (GET, "/nowhere"), (PUT, "/"), (GET, "/start"), (GET, "/static/desk.js")]
    answers = [desk.ask(method, path) for method, path in asked] + [desk.ask(GET, "/", {"Cookie": None})]
    for answer in answers:
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        assert "server" not in answer.headers
        assert not any(name.startswith("access-control") for name in answer.headers)


def test_a_browser_is_started_without_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others on this computer see what it is started with, and may not read the file that leads on."""
    started: list[str] = []

    def start(address: str) -> bool:
        (file,) = Path(tmp_path, NOTES).glob("*.html")
        found = re.search(r"url=(http://127[^\"]+/start\?key=[^\"]+)", file.read_text())
        assert found is not None
        assert sys.platform == "win32" or file.stat().st_mode & 0o077 == 0
        started.append(address)
        with urllib.request.urlopen(found[1]) as answer:  # noqa: S310  (ours, by the pattern)
            assert answer.status == 200
        return True

    monkeypatch.setattr("webbrowser.open", start)
    told: list[str] = []
    serve(tmp_path, 0, told.append, sandbox=True, spoken="en", opens=True, idle_s=2)
    assert started
    assert not any("key=" in text for text in [*started, *told])
    assert list(Path(tmp_path, NOTES).iterdir()) == []


def test_it_listens_on_loopback_alone(desk: Served, office: Office) -> None:
    port = int(desk.lock.host.partition(":")[2])
    for other in {found[4][0] for found in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}:
        if not str(other).startswith("127."):
            with socket.socket() as line:
                line.settimeout(2)
                assert line.connect_ex((str(other), port)) != 0
    assert office.run("desk", "--host", "192.0.2.1").exit == 2


def test_it_ends_by_itself_when_nobody_looks(tmp_path: Path) -> None:
    told: list[str] = []
    began = time.monotonic()
    serve(tmp_path, 0, told.append, sandbox=True, spoken="en", opens=False, idle_s=0.5)
    assert "/start?key=" in told[0]
    assert time.monotonic() - began < 30


def test_fifty_tabs_are_answered(desk: Served) -> None:
    with ThreadPoolExecutor(50) as tabs:
        answers = list(tabs.map(lambda _: desk.ask(GET, "/"), range(50)))
    assert [answer.status for answer in answers] == [200] * 50


# -- what can be reached -----------------------------------------------------------------------------------

OUTSIDE = (
    "../secret.csv",
    "..%2fsecret.csv",
    "%2e%2e%2fsecret.csv",
    "..%5csecret.csv",
    "a.csv%00.csv",
    "//secret.csv",
)
NOT_THERE = (
    *OUTSIDE,
    "link.csv",
    ".hidden.csv",
    "notes.py",
    "a.csv:..%2fx",
    "a.csv:",
    "%2fetc%2fpasswd",
    "con.csv",
)


@pytest.mark.parametrize("name", NOT_THERE)
def test_only_files_of_the_folder_are_reached(desk: Served, name: str) -> None:
    (desk.folder / "link.csv").symlink_to(desk.folder.parent / "secret.csv")
    (desk.folder / ".hidden.csv").write_bytes(SHEET)
    (desk.folder / "notes.py").write_text("")
    for path in (f"/files/{name}", f"/sheet/{name}/approve", f"/sheet/{name}/events", f"/static/{name}"):
        assert desk.ask(GET, path).status == 404, path


def test_a_tab_of_any_name_stays_in_the_folder(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    (tmp_path / "a.xlsx").touch()
    for tab in ("../..", "..", "--checkpoint=x", "a\\b", "\x00", "CON"):
        batch = folder.batch(f"a.xlsx:{tab}")
        assert (batch.name, batch.tabs) == ("a.xlsx", (tab,))
        folder.note(batch, ".choices", {"tab": tab})
        assert folder.noted(batch, ".choices") == {"tab": tab}
        assert address(batch).count("/") == 2
    assert {path.parent for path in tmp_path.rglob("*.choices")} == {folder.notes}


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        ("b.csv", "b.csv"),
        ("a.csv", "a (2).csv"),
        ("gaji%20mei%20(final).XLSX", "gaji mei (final).xlsx"),
        ("..%5C..%5Cb.csv", "b.csv"),
        ("--yes.csv", "--yes.csv"),
        ("%3Cscript%3E.csv", "script.csv"),
        ("con.csv", "sheet con.csv"),
        ("x" * 200 + ".csv", "x" * 80 + ".csv"),
        ("a%0Ab.csv", "a_b.csv"),
    ],
)
def test_an_upload_gets_a_name_of_ours_and_replaces_nothing(desk: Served, sent: str, named: str) -> None:
    answer = desk.ask(PUT, f"/upload/{sent}", body=SHEET)
    if answer.status == 404:  # what has such a character in it is not even looked at
        assert kept(desk) == {"a.csv"}
        return
    assert answer.status == 201, answer.text
    assert kept(desk) == {"a.csv", named}


@pytest.mark.parametrize("name", ["x.py", "x", "..csv", "x.exe", "x.csv.lnk", "x.db"])
def test_what_is_no_sheet_is_not_taken(desk: Served, name: str) -> None:
    assert desk.ask(PUT, f"/upload/{name}", body=SHEET).status == 415
    assert kept(desk) == {"a.csv"}


def test_a_gigabyte_is_refused_before_it_comes(desk: Served) -> None:
    began = time.monotonic()
    answer = desk.ask(PUT, "/upload/b.csv", {"Content-Length": str(1 << 30)}, b"x")
    assert answer.status == 413
    assert time.monotonic() - began < 10
    assert kept(desk) == {"a.csv"}


def test_more_than_was_stated_is_refused_as_it_comes(desk: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparing, "MOST_UPLOADED", 100_000)
    assert desk.ask(PUT, "/upload/b.csv", body=iter([b"x" * 1000] * 101)).status == 413
    assert desk.ask(POST, "/sheet/a.csv", body=b"x" * (view.MOST_OF_A_FORM + 1)).status == 413
    assert kept(desk) == {"a.csv"}
    assert list(Folder(desk.folder).notes.iterdir()) == []


def test_a_slow_upload_is_given_up(desk: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "PATIENCE_S", 0.3)
    with socket.create_connection(("127.0.0.1", int(desk.lock.host.partition(":")[2])), timeout=30) as line:
        headers = "".join(f"{name}: {value}\r\n" for name, value in desk.own.items())
        line.sendall(f"PUT /upload/b.csv HTTP/1.1\r\n{headers}Content-Length: 1000\r\n\r\nNo,".encode())
        assert line.recv(100).split()[1] == b"408"
    assert kept(desk) == {"a.csv"}
    assert list(Folder(desk.folder).notes.iterdir()) == []


# -- what is shown -----------------------------------------------------------------------------------------

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"' onfocus=alert(3) {{ 7*7 }}\x1b[2J\u202e"


def test_whatever_a_sheet_or_the_provider_says_is_text(tmp_path: Path) -> None:
    """Each page, with hostile texts wherever a text comes from elsewhere."""
    here = Folder(tmp_path)
    desk = Desk(here, Commands(here, sandbox=True, spoken="en"), Lock(1), sandbox=True, spoken="en")
    batch = Batch("a.csv:" + HOSTILE, "a.csv", (HOSTILE,))
    desk.told[batch.id] = HOSTILE
    for name, facts in pages().items():
        shown = desk.page(name, f"desk.{name}" if name in view.ORDER else "desk.find", batch=batch, **facts)
        text = bytes(shown.body).decode()
        assert "<script>alert" not in text, name
        assert "<img" not in text, name
        assert "\x1b" not in text, name
        assert "alert(3)" not in text.replace("&#39; onfocus=alert(3)", ""), name
        assert " 49 " not in text, name
        assert "&lt;script&gt;" in text, name


def pages() -> dict[str, dict[str, Any]]:
    sheet = {"header": [HOSTILE], "count": 1, "rows": [{"row": 2, "cells": [HOSTILE]}]}
    finding = {"row": 2, "level": "error", "code": "x", "column": f"A ({HOSTILE})", "value": HOSTILE}
    finding |= {"message": HOSTILE, "person": HOSTILE}
    counts = {"code": "K", "rows": 1, "orders": 1, "cost": 1, "sent_before": 0, "held": 1}
    chosen = {"operator": HOSTILE, "nominal": 1, "product": HOSTILE, "price": 1, "rows": [2]}
    plan = {
        **counts,
        "chosen": [chosen],
        "operators": [{"name": HOSTILE, "orders": 1, "cost": 1}],
        "groups": [{"name": HOSTILE, "orders": 1, "nominal": 1, "cost": 1}],
        "nominal": 1,
        "totals": [{"row": HOSTILE, "stated": 1, "summed": 1}],
        "findings": [finding],
    }
    said = {"plan": plan, "notices": [{"code": "x", "message": HOSTILE}], "deposit": None}
    said["overlap"] = {"paid": 1, "count": 1, "batch": HOSTILE, "day": "2026-11-25"}
    other = {"row": 2, "name": HOSTILE, "number": HOSTILE, "amount": 1}
    kinds = ("joined", "left", "number_changed", "amount_changed")
    said["compared"] = {kind: [other] for kind in kinds} | {"file": HOSTILE, "total_before": 1, "total": 1}
    paged = {"page_at": 0, "pages": 3, "count": 1}
    texts = dict.fromkeys(("name", "number", "product", "hotline"), HOSTILE)
    open_row = {**texts, "row": 2, "status": "unknown", "sent_at": HOSTILE}
    sums = {"sukses": 1}
    status = {
        "rows": sums,
        "nominal": sums,
        "rupiah": sums,
        "open_rows": [open_row],
        "closed_rows": [
            {**texts, "row": 2, "at": "2026-11-25T10:00:00+07:00", "by": HOSTILE, "note": HOSTILE}
        ],
        "plan_code": HOSTILE,
        "approved_by": HOSTILE,
    }
    live = dict.fromkeys(("phase", "far", "paid", "failed", "open", "rupiah", "left"), HOSTILE)
    progress = Progress(None, last={"halted": {"message": HOSTILE}})
    sent = dict.fromkeys(("day", "name", "product", "status", "invoice", "serial", "reason", "said"), HOSTILE)
    return {
        "columns": {
            "sheet": sheet,
            "headers": [("A", HOSTILE)],
            "columns": [(HOSTILE, HOSTILE)],
            "several": False,
            "means": {"A": "name"},
            "tabs": [],
            "error": HOSTILE,
            "chosen": {"hidden": HOSTILE},
            "said": said,
        },
        "no_plan": {"said": said, "error": HOSTILE, "code": HOSTILE},
        "problems": {
            "rows": [(2, [finding])],
            "plan": plan,
            "sent": False,
            "state": HOSTILE,
            "warned": [finding],
            "aside": [finding],
            "aside_more": 0,
            **paged,
        },
        "plan": {
            "said": said,
            "rejected": {"by": HOSTILE, "why": HOSTILE, "at": "2026-11-25T10:00:00"},
            "wrong": 1,
            "aside": 0,
            "warned": [finding],
            "warned_more": 0,
        },
        "approve": {
            "said": said,
            "rejected": {"by": HOSTILE, "why": HOSTILE, "at": "2026-11-25T10:00:00"},
            "warned": [finding],
            "warned_more": 0,
        },
        "sign": {
            "to_sign": {
                **dict.fromkeys(("account", "plan", "checked"), HOSTILE),
                **dict.fromkeys(("people", "orders", "nominal", "cost"), 1),
                "products": [{"product": HOSTILE, "count": 1}],
            },
            "approval": {
                "needed": 1,
                "signatures": [
                    {**dict.fromkeys(("name", "key", "at", "problem"), HOSTILE), "rejected": None}
                ],
            },
        },
        "sending": {
            "live": {**live, "at_work": False, "done": 1, "of": 1},
            "status": status,
            "error": HOSTILE,
            "changes": [{"code": "x", "message": HOSTILE}],
            "progress": progress,
        },
        "open": {"rows": [open_row], "unknown": 1, "state": HOSTILE, "error": HOSTILE, **paged},
        "results": {
            "sheet": sheet,
            "written": f"{HOSTILE}.xlsx",
            "journals": [HOSTILE],
            "error": "",
            "status": status,
            **paged,
            "counts": {"paid": 1, "failed": 0, "held": 0, "open": 0, "unsent": 0},
        },
        "find": {
            "wanted": HOSTILE,
            "said": {
                "summary": HOSTILE,
                "sent": [{**sent, "row": 2}],
                "people": [{"name": HOSTILE, "number": HOSTILE, "batches": [HOSTILE]}],
            },
            "error": HOSTILE,
        },
        "upload": {"sheets": [HOSTILE], "misnamed": [HOSTILE], "more": 0, "folder": HOSTILE},
    }


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow no such name")
def test_a_name_that_is_not_utf_8_hides_no_other_sheet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fork_commands(monkeypatch)
    header = "Nama,No HP,Kode Produk\n"
    for name in (b"gaj\xed.csv", b"bonus.csv"):
        (tmp_path / os.fsdecode(name)).write_text(header)
    with served(tmp_path) as found:
        found.enter()
        shown = found.ask("GET", "/")
        assert shown.status == 200
        assert 'href="/sheet/bonus.csv"' in shown.text
        assert (
            "Rename these files, as their names can&#39;t be read here: gaj\N{REPLACEMENT CHARACTER}.csv"
            in shown.text
        )
        assert found.ask("GET", "/sheet/gaj%ED.csv").status == 404
        assert found.ask("GET", "/sheet/bonus.csv/plan").status == 200


def test_a_nul_that_a_form_sends_is_a_character_like_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fork_commands(monkeypatch)
    (tmp_path / "a.csv").write_text("Nama,No HP,Kode Produk\nAni,081234500001,TSEL5\n")
    with served(tmp_path) as found:
        found.enter()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        found.ask("POST", "/sheet/a.csv", kind, b"then=columns&name_column=%00")
        for page in ("/sheet/a.csv", "/sheet/a.csv/plan", "/find?q=%00"):
            assert found.ask("GET", page).status == 200, page
        found.ask("POST", "/sheet/a.csv", kind, b"then=columns&name_column=A")
        assert "1 row found" in found.ask("GET", "/sheet/a.csv").text

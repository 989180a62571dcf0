"""`--json`: every command prints one object and nothing else, with the keys that docs/json.md names."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import defaultdict
from contextlib import closing
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import openpyxl

from bulk_topup.commands.main import cli
from bulk_topup.core.status import Status
from tests.markdown import code_in, page, section, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.conftest import MakeOffice, Office, Result
    from tests.postgres import Server

PAGE = page("docs/json.md")
WITHOUT = {"sandbox", "desk", "completion"}
"""They serve until Ctrl-C, or print what a shell reads."""

OTHERS = ("--other-operator", "send")
LATER = "081255519999"
AMOUNTS = ("Nama", "No HP", "Nominal")
FAILS, PENDING, LOST, OF_INDOSAT = "081200000011", "081200001201", "081200002101", "085712345001"
FREE_KEYS = {"halt"}
"""Beside their code, what these hold depends on it."""

SEEN_ELSEWHERE = {f"pilot.differing[].{name}" for name in ("row", "debited", "listed")}
"""They need a price list that changes while the command runs."""


def keys_of(text: str) -> set[str]:
    rows = table(text, "key") if "| key |" in text else []
    return {code_in(key)[0] for key, *_ in rows}


SHARED = keys_of(section(PAGE, "Every object"))


def documented(command: str) -> set[str]:
    """The keys of this command alone: of its table, and of the parts that it holds."""
    text = section(PAGE, f"`{command}`")
    parts = [section(PAGE, title) for title in re.findall(r"\*\*(.+?)\*\*", text)]
    return keys_of(text).union(*map(keys_of, parts))


def paths(value: object, at: str = "") -> Iterator[str]:
    """`plan.findings[].row`: where each key stands in the object. A status stands for all."""
    if at:
        yield at
    if isinstance(value, list):
        for one in value:
            yield from (path for path in paths(one, f"{at}[]") if path != f"{at}[]")
    if isinstance(value, dict) and at.rpartition(".")[2] in FREE_KEYS:
        yield f"{at}.code"
    elif isinstance(value, dict):
        for key, inner in value.items():
            name = "STATUS" if key in set(map(str, Status)) else key
            yield from paths(inner, f"{at}.{name}".lstrip("."))


class Clerk:
    """Types commands with --json, and keeps each one's objects."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.objects: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.env: dict[str, str | None] = {
            "PYTHON_KEYRING_BACKEND": "tests.file_keyring.FileKeyring",
            "FILE_KEYRING": "keys.json",
        }

    def type(self, name: str, *more: str, answers: Sequence[tuple[str, str]] | None = None) -> dict[str, Any]:
        return self.keep(name, self.office.run(name, *more, "--json", answers=answers, env=self.env))

    def keep(self, name: str, done: Result) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(done.out)  # one object, and nothing else
        assert said["exit_code"] == done.exit
        self.objects[name].append(said)
        return said


def test_every_command_prints_one_object_with_the_documented_keys(make_office: MakeOffice) -> None:
    clerk = Clerk(make_office())
    _pays(clerk)
    _settles(clerk)
    _approves(clerk)
    _signs(clerk)
    _runs_out(clerk)
    _looks_back(clerk)
    _sets_up(clerk)
    assert set(clerk.objects) == set(cli.commands) - WITHOUT
    found = {
        name: {path for said in objects for path in paths(said)} for name, objects in clerk.objects.items()
    }
    missing = {name: keys - documented(name) - SHARED for name, keys in found.items()}
    assert {name: keys for name, keys in missing.items() if keys} == {}, "not in docs/json.md"
    seen = set.union(*found.values())
    assert seen >= SHARED
    unseen = set.union(*(documented(name) for name in found if name != "account")) - seen
    assert unseen == SEEN_ELSEWHERE, "in docs/json.md, and in no object"
    assert all(keys >= {key for key in SHARED if "." not in key} for keys in found.values())


def _pays(clerk: Clerk) -> None:
    office = clerk.office
    office.payroll("a.csv", [*office.numbers(2), PENDING, LOST, FAILS, "0857", OF_INDOSAT])
    windows = office.folder / "a.csv"  # with a notice: not UTF-8
    windows.write_bytes(windows.read_bytes().replace(b"Karyawan 1", b"Ren\xe9"))
    clerk.type("check", "a.csv", *OTHERS)
    clerk.type("check", "a.csv", "--output", "plan.xlsx")
    clerk.type("check", "a.csv", "--budget", "1")
    said = clerk.type("run", "a.csv", "--yes", "--pilot", "5", *OTHERS, *office.fast, "--budget", "90000")
    assert said["halt"]["code"] == "halt.pilot"
    clerk.type("run", "a.csv", "--yes", *OTHERS, *office.fast)
    rows = [("Ani", number, "TSEL5", "Jakarta") for number in office.numbers(4, first=300)]
    office.csv("again.csv", rows, ("Nama", "No HP", "Kode Produk", "Cabang"))
    clerk.type("run", "again.csv", "--yes", *office.fast)
    office.payroll("copy.csv", office.numbers(4, first=300))
    with closing(sqlite3.connect(office.environment["BULK_TOPUP_LEDGER"])) as db, db:
        db.execute("UPDATE claims SET day = ?", ((date.today() - timedelta(days=5)).isoformat(),))  # noqa: DTZ011
    clerk.type("check", "copy.csv")
    clerk.type("run", "copy.csv", "--yes", *office.fast)
    office.csv("amounts-mei.csv", [("Ani", PENDING, "50.000"), ("Budi", LOST, "5.000")], AMOUNTS)
    later = [("Ani", PENDING, "75.000"), ("Citra", FAILS, "5.000"), ("Budi", OF_INDOSAT, "5.000")]
    office.csv("amounts-juni.csv", later[:2], AMOUNTS)
    office.csv("amounts-juli.csv", [("Ani", FAILS, "75.000"), later[2]], AMOUNTS)
    clerk.type("check", "amounts-juli.csv", "--compare", "amounts-mei.csv")
    clerk.type("check", "amounts-juni.csv")
    _runs_two_tabs(clerk)
    (somebody,) = office.numbers(1, first=500)
    grouped = [("Ani", somebody, "5.000", "Gudang"), ("TOTAL", "", "5.000", "")]
    office.csv("groups.csv", grouped, (*AMOUNTS, "Bagian"))
    clerk.type("run", "groups.csv", "--yes", *office.fast)
    clerk.type("run", "no-such-sheet.csv")
    clerk.type("run")


def _runs_two_tabs(clerk: Clerk) -> None:
    book = openpyxl.Workbook()
    for tab, number in zip((book.worksheets[0], book.create_sheet("Medan")), ("0812", LATER), strict=True):
        tab.append(AMOUNTS)
        tab.append(("Ani", number, "5.000"))
    book.save(clerk.office.folder / "tabs.xlsx")
    clerk.type("run", "tabs.xlsx", "--sheet", "all", "--yes", *clerk.office.fast)


def _settles(clerk: Clerk) -> None:
    office = clerk.office
    clerk.type("settle", "a.csv", *office.fast)
    clerk.type("settle", "a.csv", "--resend", "--yes", *office.fast)
    clerk.type("status", "a.csv")
    office.csv(
        "said.csv", [("5", LOST, "not sent"), ("4", PENDING, "not sent")], ("row", "number", "invoice")
    )
    clerk.type("resolve", "a.csv", "--from", "said.csv", "--note", "Rina")
    clerk.type("resolve", "a.csv", "--row", "2", "--number", FAILS, "--not-sent", "--note", "Rina")
    clerk.type("status", "a.csv")
    clerk.type("results", "a.csv", "--journal", "journal.csv")
    clerk.type("verify", "a.csv")
    assert clerk.type("verify", "a.csv", "--head", "0" * 16)["misfit"]["code"] == "verify.cut_off"


def _approves(clerk: Clerk) -> None:
    office = clerk.office
    office.payroll("b.csv", office.numbers(2, first=100))
    code = clerk.type("check", "b.csv")["plan"]["code"]
    office.payroll("b.csv", office.numbers(3, first=100))
    given = ("--approve", code, "--approved-by", "Rina", *office.fast)
    assert clerk.type("run", "b.csv", *given)["changes"]
    office.payroll("b.csv", office.numbers(2, first=100))
    assert clerk.type("run", "b.csv", *given)["approved"]["by"] == "Rina"


def _signs(clerk: Clerk) -> None:
    """In a rehearsal, whose approvers are its own; the keyring has the key."""
    clerk.office.payroll("d.csv", clerk.office.numbers(2, first=400))
    clerk.type("approver", "list", "--sandbox")
    clerk.type("approver", "add", "Rina", "--sandbox")
    clerk.type("check", "d.csv", "--sandbox")
    totals = ("--expect-people", "2", "--expect-nominal", "10000")
    clerk.type("approve", "d.csv", "--sandbox", *totals)
    clerk.type("check", "d.csv", "--sandbox")
    andi = {**clerk.env, "LOGNAME": "andi", "XDG_DATA_HOME": str(clerk.office.folder)}
    run = ("run", "d.csv", "--sandbox", "--yes", *clerk.office.fast, "--json")
    assert clerk.keep("run", clerk.office.run(*run, env=andi))["exit_code"] == 0


def _runs_out(clerk: Clerk) -> None:
    office = clerk.office
    office.payroll("c.csv", office.numbers(5, first=200))
    office.sandbox.set_balance(2 * 5_650)
    assert clerk.type("run", "c.csv", "--yes", *office.fast)["halt"]["code"] == "outcome.reason.62"


def _looks_back(clerk: Clerk) -> None:
    clerk.type("history", "--by-group")
    (clerk.office.folder / "again.checkpoint.db").unlink()
    clerk.type("find", PENDING)
    clerk.type("find", "081234500300", "--output", "person.xlsx")
    clerk.type("find", "081234500999")
    clerk.type("find", "Karyawan")
    clerk.env["BULK_TOPUP_PASSWORD"] = None
    clerk.type("find", PENDING)
    del clerk.env["BULK_TOPUP_PASSWORD"]
    clerk.type("forget", "--before", "2020-01-01", "--yes")
    clerk.type("forget", "--before", "2999-01-01", "--yes")
    clerk.type("forget", "--number", clerk.office.numbers(1)[0], "--yes")


def _sets_up(clerk: Clerk) -> None:
    clerk.type("prices", "--ready")
    clerk.type("prices", "--operator", "NONE")
    _reads(clerk)
    clerk.type("prices", "--output", "prices.xlsx")
    clerk.type("template", "new.xlsx")
    clerk.type("login", answers=[("Username", "sandbox"), ("Password", "sandbox")])
    clerk.type("login")
    clerk.type("logout")
    clerk.type("logout", "--base-url", "ftp://x")
    clerk.type("config")
    clerk.type("config", "--init")
    clerk.type("config", "--init")
    clerk.type("account", "show")
    clerk.type("doctor")
    clerk.office.sandbox.set_balance(100_000)
    clerk.type("doctor", "--prove-51", "081234500999", "--product", "TSEL5", "--yes", "--rate", "500")
    clerk.type("ledger", "copy", clerk.office.environment["BULK_TOPUP_LEDGER"], "copied.db")


def _reads(clerk: Clerk) -> None:
    clerk.type("rows", "a.csv")
    (clerk.office.folder / "cells.csv").write_text("2,C,081234500001\n", encoding="utf-8")
    clerk.type("rows", "a.csv", "--row", "2", "--correct", "cells.csv", "--output", "corrected.xlsx")
    book = openpyxl.Workbook()
    for name in ("Jakarta", "Bandung"):
        book.create_sheet(name).append(["No HP", "Kode Produk"])
    book.save(clerk.office.folder / "tabs.xlsx")
    assert clerk.type("rows", "tabs.xlsx")["tabs"] == ["Jakarta", "Bandung"]


def test_a_stop_of_the_account_has_the_documented_keys(make_office: MakeOffice, postgres: Server) -> None:
    clerk = Clerk(make_office())
    clerk.env["BULK_TOPUP_LEDGER"] = postgres.fresh()
    clerk.office.payroll("a.csv", ["081200000031", *clerk.office.numbers(1)])
    assert clerk.type("run", "a.csv", "--yes", *clerk.office.fast)["exit_code"] == 3
    clerk.type("account", "show")
    clerk.type("account", "resume")
    clerk.type("account", "resume")
    found = {path for said in clerk.objects["account"] for path in paths(said)}
    assert found - SHARED == documented("account")

"""One account is one record, whatever the address it is spoken to at and however its name is spelled."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from bulk_topup.core.status import Status
from bulk_topup.record.checkpoint import Checkpoint
from bulk_topup.record.checkpoint.schema import APPLICATION_ID, SCHEMA
from bulk_topup.record.ledger.address import ledger_url
from bulk_topup.record.ledger.claims import Ledger
from bulk_topup.record.ledger.register import register_of
from bulk_topup.record.ledger.shared import Account, Rule51
from bulk_topup.record.ledger.tables import CLAIMS
from bulk_topup.record.ledger.values import OPEN
from tests.builders import NOW, TODAY, an_order, claim

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.conftest import MakeOffice, Office
    from tests.postgres import Server

A, B, C = "081234500001", "081234500002", "081234500003"
OLD, NEW = "https://old.example/json", "https://www.new.example/json"
VERSION_5 = (
    """CREATE TABLE claims (
        account TEXT NOT NULL, base_url TEXT NOT NULL, day TEXT NOT NULL, number TEXT NOT NULL,
        nominal BIGINT NOT NULL, itrx BIGINT NOT NULL, product TEXT NOT NULL, batch TEXT NOT NULL,
        batch_name TEXT NOT NULL, "row" BIGINT NOT NULL, token TEXT NOT NULL, state TEXT NOT NULL,
        claimed_at TEXT NOT NULL,
        PRIMARY KEY (account, base_url, day, number, nominal, itrx), UNIQUE (token))""",
    "CREATE INDEX claims_batch ON claims (batch)",
    "CREATE INDEX claims_number ON claims (number, nominal)",
    "CREATE INDEX claims_state ON claims (account, base_url, state)",
    """CREATE TABLE batches (
        account TEXT NOT NULL, base_url TEXT NOT NULL, batch TEXT NOT NULL, name TEXT NOT NULL,
        path TEXT NOT NULL, started TEXT NOT NULL, touched TEXT NOT NULL, rows BIGINT NOT NULL,
        paid BIGINT NOT NULL, not_paid BIGINT NOT NULL, open BIGINT NOT NULL, paid_rupiah BIGINT,
        not_paid_rupiah BIGINT, open_rupiah BIGINT, plan_code TEXT NOT NULL, approver TEXT NOT NULL,
        PRIMARY KEY (account, base_url, batch))""",
    """CREATE TABLE accounts (
        account TEXT NOT NULL, base_url TEXT NOT NULL, last_slot DOUBLE PRECISION DEFAULT 0 NOT NULL,
        interval_s DOUBLE PRECISION DEFAULT 0 NOT NULL, stop_code TEXT DEFAULT '' NOT NULL,
        stop_reason TEXT DEFAULT '' NOT NULL, stop_desk TEXT DEFAULT '' NOT NULL,
        stop_at TEXT DEFAULT '' NOT NULL, resumed_by TEXT DEFAULT '' NOT NULL,
        resumed_at TEXT DEFAULT '' NOT NULL, PRIMARY KEY (account, base_url))""",
    'CREATE TABLE meta ("key" TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL)',
    "INSERT INTO meta VALUES ('version', '5')",
)


def a_claim(account: str, base_url: str, number: str, token: str, batch: str, state: str) -> str:
    return (
        f"INSERT INTO claims VALUES ('{account}', '{base_url}', '{TODAY}', '{number}', 5000, 1, 'S5', "  # noqa: S608
        f"'{batch}', '{batch}', 2, '{token}', '{state}', '{NOW.isoformat()} {token}')"
    )


def a_batch(account: str, base_url: str, batch: str, touched: str) -> str:
    return (
        f"INSERT INTO batches VALUES ('{account}', '{base_url}', '{batch}', '{batch}', '', '{TODAY}', "  # noqa: S608
        f"'{touched}', 1, 1, 0, 0, NULL, NULL, NULL, '', '')"
    )


def a_proof(account: str, base_url: str, day: str, *, holds: bool) -> str:
    key, value = json.dumps(["rule 51", account, base_url]), json.dumps({"day": day, "holds": holds})
    return f"INSERT INTO meta VALUES ('{key}', '{value}')"  # noqa: S608


@pytest.fixture
def of_version_5(location: str, request: pytest.FixtureRequest) -> str:
    """A record of version 5 in which the same account stands under two addresses and two spellings."""
    rows: Sequence[str] = (
        *VERSION_5,
        a_claim("agent", OLD, A, "t1", "b1", "paid"),
        a_claim("agent", NEW, A, "t2", "b2", "open"),
        a_claim("Agent", OLD, A, "t3", "b3", "paid"),
        a_claim("AGENT", NEW, B, "t4", "b4", "paid"),
        a_batch("agent", OLD, "b1", "2025-01-19T10:00:00"),
        a_batch("Agent", NEW, "b1", "2025-01-20T10:00:00"),
        a_proof("agent", OLD, "2025-01-18", holds=True),
        a_proof("Agent", NEW, "2025-01-17", holds=False),
        f"INSERT INTO accounts VALUES ('agent', '{OLD}', 7, 0, '', '', '', '', '', '')",  # noqa: S608
        f"INSERT INTO accounts VALUES ('agent', '{NEW}', 0, 0, 'account.locked', '', '', 't', '', '')",  # noqa: S608
    )
    if "://" not in location:
        with closing(sqlite3.connect(location)) as db, db:
            for statement in rows:
                db.execute(statement)
        return location
    server: Server = request.getfixturevalue("postgres")
    schema = location.rpartition("%3D")[2]
    server.execute(f"SET search_path TO {schema}", *rows)
    return location


def ledger_at(location: str, account: str = "agent", base_url: str = NEW) -> Ledger:
    ledger = Ledger(ledger_url(location), account=account, base_url=base_url)
    ledger.server_time = lambda _db: NOW
    return ledger


def try_claim(ledger: Ledger, number: str, token: str, batch: str = "new") -> str:
    """The token that holds the slot after this try."""
    holder = claim(ledger, an_order(number), TODAY, token, batch, batch, NOW, since=TODAY)
    return holder.token if holder else token


def test_a_slot_that_was_claimed_at_one_address_is_taken_at_every_other(location: str) -> None:
    with closing(ledger_at(location, base_url=OLD)) as old, closing(ledger_at(location)) as new:
        assert try_claim(old, A, "t1") == "t1"
        assert try_claim(new, A, "t2", "other") == "t1"
        old.conclude("t1", Status.SUKSES)
        assert list(new.paid_since("other", TODAY)["batch"]) == ["new"]
        assert {row["base_url"] for row in new.own("new")} == {OLD}


def test_claims_that_meet_when_an_old_record_is_brought_up_to_date_all_stand(of_version_5: str) -> None:
    with closing(ledger_at(of_version_5)) as ledger:
        tokens = sorted(str(row["token"]) for batch in ("b1", "b2", "b3", "b4") for row in ledger.own(batch))
        assert tokens == ["t1", "t2", "t3", "t4"]
        assert try_claim(ledger, A, "new 1") in {"t1", "t2", "t3"}
        assert try_claim(ledger, B, "new 2") == "t4"
        assert try_claim(ledger, C, "new 3") == "new 3"


@pytest.mark.parametrize("first", ["t1", "t2", "t3"])
def test_a_slot_is_free_only_once_each_claim_that_met_there_is_released(
    of_version_5: str, first: str
) -> None:
    """As long as none of them is paid, which stays so."""
    with closing(ledger_at(of_version_5)) as ledger:
        with ledger.frozen(CLAIMS) as db:
            db.execute(sa.update(CLAIMS).values(state=OPEN))
        left = [first, *({"t1", "t2", "t3"} - {first})]
        while left:
            assert try_claim(ledger, A, "new", "b1") in left
            ledger.conclude(left.pop(0), Status.GAGAL)
        assert try_claim(ledger, A, "new", "b1") == "new"


def test_what_else_is_known_of_the_account_is_brought_together(of_version_5: str) -> None:
    with closing(Account(ledger_url(of_version_5), account="agent", base_url=OLD)) as account:
        assert account.rule_51() == Rule51("2025-01-17", holds=False)
        assert set(account.addresses()) == {OLD, NEW}
        if account.is_server:
            stop = account.stopped()
            assert stop is not None
            assert stop.code == "account.locked"
    with closing(register_of(of_version_5)) as register:
        (entry,) = [entry for entry in register.batches() if entry.batch == "b1"]
        assert (entry.account, entry.touched, entry.base_url) == ("agent", "2025-01-20T10:00:00", NEW)


def test_an_account_is_known_at_the_addresses_that_were_kept(location: str) -> None:
    with closing(ledger_at(location, base_url=OLD)) as old, closing(ledger_at(location, "other")) as other:
        assert old.addresses() == {}
        old.keep_address(NOW)
        assert old.addresses() == {OLD: NOW.isoformat()}
        assert other.addresses() == {}


def test_an_older_progress_file_says_of_each_attempt_where_it_was_sent(tmp_path: Path) -> None:
    path = tmp_path / "bonus.checkpoint.db"
    with closing(sqlite3.connect(path)) as db:
        for number, script in enumerate(SCHEMA[:4], start=1):
            db.executescript(f"{script}; PRAGMA user_version={number};")
        db.executescript(
            f"""
            PRAGMA application_id={APPLICATION_ID};
            INSERT INTO batch VALUES ('base_url', '{OLD}'), ('account', 'agent'), ('batch', 'b1');
            INSERT INTO orders (number, product, itrx, nominal, operator, price, row)
            VALUES ('{A}', 'S5', 1, 5000, 'T', 5500, 2);
            INSERT INTO attempts (order_id, token, begun_at, day) VALUES (1, 't1', '{NOW}', '{TODAY}');
            UPDATE orders SET status = 'unknown';
            """  # noqa: S608
        )
    checkpoint = Checkpoint.open(path, {"account": "agent", "rehearsal": ""})
    assert checkpoint is not None
    with closing(checkpoint):
        assert [claim["base_url"] for claim in checkpoint.claims()] == [OLD]


# -- at another address ------------------------------------------------------------------------------------


def other_spelling(office: Office) -> str:
    """The same provider by another spelling of its host."""
    return office.sandbox.url.replace("127.0.0.1", "localhost")


@pytest.fixture(params=[pytest.param(True, id="51"), pytest.param(False, id="without 51")])
def office(request: pytest.FixtureRequest, make_office: MakeOffice, location: str) -> Office:
    return make_office(rule_51=request.param, ledger=location)


@pytest.mark.parametrize("days", [0, 1], ids=["same day", "next day"])
def test_a_batch_goes_on_at_another_address_only_once_a_person_said_so(office: Office, days: int) -> None:
    office.payroll("gaji.csv", office.numbers(4))
    office.send("gaji.csv")
    office.set_back(timedelta(days))
    office.payroll("gaji.csv", office.numbers(8))
    to_other = ("--base-url", other_spelling(office), "--same-batch")
    refused = office.send("gaji.csv", *to_other)
    assert refused.exit == 2
    assert other_spelling(office) in refused.err
    assert office.sandbox.url in refused.err
    assert "--checkpoint" not in refused.err + refused.out
    assert max(office.paid().values()) == 1
    assert len(office.paid()) == 4
    assert office.send("gaji.csv", *to_other, "--new-address").exit == 0
    assert office.paid() == dict.fromkeys(office.numbers(8), 1)
    # From now on it is known.
    office.payroll("gaji.csv", office.numbers(9))
    assert office.send("gaji.csv", *to_other).exit == 0
    with closing(sqlite3.connect(office.folder / "gaji.checkpoint.db")) as db:
        rows = db.execute("SELECT base_url, count(*) FROM attempts GROUP BY 1").fetchall()
    assert dict(rows) == {office.sandbox.url: 4, other_spelling(office): 5}


def test_a_person_at_a_terminal_says_yes_to_the_address_and_to_the_money(office: Office) -> None:
    office.payroll("gaji.csv", office.numbers(2))
    office.send("gaji.csv")
    office.payroll("lain.csv", office.numbers(2, first=10))
    to_other = ("run", "lain.csv", "--rate", "500", "--wait", "0", "--base-url", other_spelling(office))
    no = office.run(*to_other, answers=[("never been used", "no")])
    assert no.exit == 2
    assert len(office.paid()) == 2
    yes = office.run(*to_other, answers=[("[y/N]", "yes"), ("[y/N]", "yes")])
    assert yes.exit == 0, yes.err
    assert len(office.paid()) == 4


@pytest.mark.parametrize("days", [0, 1], ids=["same day", "next day"])
def test_a_copy_of_a_paid_sheet_is_not_paid_again_at_another_address(office: Office, days: int) -> None:
    office.payroll("gaji.csv", office.numbers(6))
    assert office.send("gaji.csv").exit == 0
    office.set_back(timedelta(days))
    (office.folder / "salinan.csv").write_bytes((office.folder / "gaji.csv").read_bytes())
    for more in ((), ("--new-address",)):
        done = office.send("salinan.csv", "--base-url", other_spelling(office), *more)
        assert done.exit in {1, 2}, done
        assert office.paid() == dict.fromkeys(office.numbers(6), 1)


def test_another_spelling_of_the_user_name_is_no_other_account(office: Office) -> None:
    office.payroll("gaji.csv", office.numbers(3))
    assert office.send("gaji.csv").exit == 0
    (office.folder / "salinan.csv").write_bytes((office.folder / "gaji.csv").read_bytes())
    for name in ("Sandbox", " sandbox "):
        office.run("run", "salinan.csv", "--yes", *office.fast, env={"BULK_TOPUP_USERNAME": name})
    assert office.paid() == dict.fromkeys(office.numbers(3), 1)


def test_the_plan_code_of_a_check_at_the_new_address_releases_it_and_one_of_before_does_not(
    office: Office,
) -> None:
    office.payroll("gaji.csv", office.numbers(2))
    office.send("gaji.csv")
    office.payroll("lain.csv", office.numbers(2, first=10))
    code = office.run("check", "lain.csv", "--json").json["plan"]["code"]
    to_other = ("--base-url", other_spelling(office))
    by = ("--approved-by", "Rina", "--rate", "500", "--wait", "0")
    assert office.run("run", "lain.csv", "--approve", code, *by, *to_other).exit == 2
    checked = office.run("check", "lain.csv", *to_other, "--json").json
    assert "address.new" in {notice["code"] for notice in checked["notices"]}
    assert office.run("run", "lain.csv", "--approve", checked["plan"]["code"], *by, *to_other).exit == 0
    assert office.paid() == dict.fromkeys([*office.numbers(2), *office.numbers(2, first=10)], 1)


def test_settle_says_the_new_address_and_sends_nothing_again_there(office: Office) -> None:
    office.payroll("gaji.csv", ["081234500091"])
    office.send("gaji.csv")
    sent = len(office.sent())
    done = office.run(
        "settle", "gaji.csv", "--resend", "--yes", "--wait", "0", "--base-url", other_spelling(office)
    )
    assert done.exit == 2
    assert "never been used" in done.err + done.out
    assert len(office.sent()) == sent


def asked_after(office: Office) -> int:
    return sum(request.endpoint == "cekstatus" for request in office.sandbox.requests())


@pytest.mark.parametrize("known", [False, True], ids=["new", "known"])
def test_an_open_top_up_is_asked_about_only_where_it_was_sent_or_where_a_person_says(
    make_office: MakeOffice, *, known: bool
) -> None:
    office = make_office()
    office.payroll("gaji.csv", ["081200001001"])
    assert office.send("gaji.csv").exit == 4
    there = ("--base-url", other_spelling(office))
    if known:
        office.payroll("lain.csv", office.numbers(1))
        assert office.send("lain.csv", *there, "--new-address").exit == 0
    (invoice,) = (topup.invoice for topup in office.sandbox.book() if topup.number == "081200001001")
    by_hand = ("resolve", "gaji.csv", "--row", "2", "--number", "081200001001", "--invoice", invoice)
    asked = asked_after(office)
    settled = office.run("settle", "gaji.csv", "--wait", "0", *there)
    assert "--new-address" in settled.out + settled.err
    assert office.sandbox.url in settled.out + settled.err
    office.send("gaji.csv", *there)
    office.run(*by_hand, "--note", "Rina", *there)
    assert asked_after(office) == asked
    time.sleep(3)
    chosen = ("--new-address",) if known else ("--base-url", office.sandbox.url)
    assert office.run("settle", "gaji.csv", "--wait", "0", *there, *chosen).exit == 0
    assert asked_after(office) > asked


@pytest.mark.parametrize("batch", [False, True], ids=["sheet", "record"])
def test_an_invoice_is_confirmed_only_where_its_row_was_sent(make_office: MakeOffice, *, batch: bool) -> None:
    office = make_office()
    number = "081200002001"
    office.payroll("gaji.csv", [number])
    assert office.send("gaji.csv").exit == 4
    what = ("--batch", "gaji") if batch else ("gaji.csv", "--row", "2")
    if batch:
        (office.folder / "gaji.checkpoint.db").unlink()
        office.set_back(timedelta(hours=2))
    invoice = office.sandbox.book()[0].invoice
    resolve = ("resolve", *what, "--number", number, "--invoice", invoice, "--note", "Rina")
    refused = office.run(*resolve, "--base-url", other_spelling(office))
    assert refused.exit == 2
    assert "--new-address" in refused.err
    assert asked_after(office) == 0
    assert office.run(*resolve, "--base-url", other_spelling(office), "--new-address").exit == 0
    assert asked_after(office) == 1

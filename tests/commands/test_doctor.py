"""`doctor` says what is in order and what to do where it is not; `--prove-51` spends one small top-up."""

from __future__ import annotations

from contextlib import closing, nullcontext
from datetime import datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from bulk_topup.commands import settle
from bulk_topup.commands.terminal import Terminal
from bulk_topup.core.clock import WIB, near_midnight
from bulk_topup.core.errors import Declined
from bulk_topup.record.ledger.address import ledger_url
from bulk_topup.record.ledger.claims import Ledger
from bulk_topup.record.ledger.shared import Rule51

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MakeOffice, Office, Result
    from tests.postgres import Server

OWN = "081234500099"


def checks(done: Result) -> dict[str, tuple[bool, str]]:
    return {check["name"]: (check["ok"], check["message"]) for check in done.json["checks"]}


def test_all_is_in_order_and_each_thing_has_a_line_of_its_own(office: Office) -> None:
    office.payroll("bonus.csv", office.numbers(1))
    office.send("bonus.csv")
    told = office.run("doctor")
    assert told.exit == 0, told.out
    names = list(checks(office.run("doctor", "--json")))
    assert names[:4] == ["credentials", "prices", "clock", "ledger"]
    assert {"rule_51", "folder", "disk"} <= set(names)
    assert len([line for line in told.out.splitlines() if line.startswith("ok ")]) == len(names)
    assert [request.endpoint for request in office.sandbox.requests()] == ["isipulsa"], "it sent something"


def test_a_record_that_is_not_there_yet_is_no_problem_and_is_not_made(office: Office, tmp_path: Path) -> None:
    place = tmp_path / "elsewhere" / "ledger.db"
    done = office.run("doctor", "--json", env={"BULK_TOPUP_LEDGER": str(place)})
    assert checks(done)["ledger"][0]
    assert not place.exists()


def test_a_wrong_login_and_a_provider_out_of_reach_are_named(office: Office) -> None:
    wrong = office.run("doctor", "--json", env={"BULK_TOPUP_PASSWORD": "wrong-one"})
    assert (wrong.exit, checks(wrong)["prices"][0]) == (1, False)
    away = office.run("doctor", "--json", env={"BULK_TOPUP_BASE_URL": "http://127.0.0.1:1/json/pulsa"})
    assert (away.exit, checks(away)["prices"][0]) == (1, False)
    assert checks(away)["folder"][0], "the rest is looked at all the same"
    mistyped = office.run("doctor", "--json", env={"BULK_TOPUP_BASE_URL": "http://provider.example"})
    assert [name for name, (is_fine, _) in checks(mistyped).items() if not is_fine] == ["prices"]


def test_no_password_is_one_line_and_the_rest_is_looked_at(office: Office) -> None:
    done = office.run("doctor", "--json", env={"BULK_TOPUP_PASSWORD": None})
    assert (done.exit, checks(done)["credentials"][0]) == (1, False)
    assert "ledger" in checks(done)


def test_a_provider_on_another_clock_is_named(make_office: MakeOffice) -> None:
    done = make_office(date_skew_s=-7200.0).run("doctor", "--json")
    is_fine, words = checks(done)["clock"]
    assert not is_fine
    assert "2 hours ahead" in words


def test_a_synced_folder_is_named(office: Office) -> None:
    (office.folder / "Dropbox").mkdir()
    done = office.run("doctor", "--json", "--checkpoint", "Dropbox/x.db")
    assert (done.exit, checks(done)["folder"][0]) == (1, False)


# -- a server ----------------------------------------------------------------------------------------------


def on_server(office: Office, address: str) -> Office:
    office.environment["BULK_TOPUP_LEDGER"] = address  # type: ignore[index]
    return office


def test_a_server_is_timed_and_shown_without_its_password(office: Office, postgres: Server) -> None:
    done = on_server(office, postgres.fresh()).run("doctor", "--json")
    assert done.exit == 0, done.out
    is_fine, words = checks(done)["ledger"]
    assert is_fine
    assert words.endswith(" ms")
    assert checks(done)["server_clock"][0]
    assert "hunter2" not in done.out


def test_a_stopped_account_and_a_server_out_of_reach_are_named(office: Office, postgres: Server) -> None:
    on_server(office, postgres.fresh())
    office.payroll("bonus.csv", ["081200000062"])
    office.send("bonus.csv")
    assert not checks(office.run("doctor", "--json"))["account"][0]
    gone = on_server(office, "postgresql://rina:hunter2@127.0.0.1:1/topups").run("doctor", "--json")
    assert (gone.exit, checks(gone)["ledger"][0]) == (1, False)
    assert "hunter2" not in gone.out


# -- rule 51 -----------------------------------------------------------------------------------------------


at_rest = pytest.mark.skipif(near_midnight(datetime.now(WIB)), reason="too near midnight (WIB) for a repeat")


def prove(office: Office, *more: str, **settings: Any) -> Result:
    return office.run("doctor", "--prove-51", OWN, "--product", "TSEL5", "--rate", "500", *more, **settings)


@at_rest
def test_a_repeat_that_is_refused_is_the_proof_and_costs_one_top_up(office: Office) -> None:
    done = prove(office, "--yes")
    assert done.exit == 0, done.out + done.err
    assert "Proven" in done.out
    assert "Topping up" in done.err
    assert "?" not in done.err
    assert office.paid() == {OWN: 1}
    assert office.sent_numbers() == [OWN, OWN]
    assert [request.parameters["itrx"] for request in office.sent()] == ["1", "1"]
    assert "51" in checks(office.run("doctor", "--json"))["rule_51"][1]


def test_it_asks_in_rupiah_and_spends_nothing_without_a_yes(office: Office) -> None:
    price = "Spend Rp5,650?"
    for done in (prove(office), prove(office, answers=[("[y/N]", "n")])):
        assert done.exit == 2
        assert price in done.err
        assert office.sent() == []


@at_rest
def test_where_the_repeat_is_paid_that_is_said_and_nothing_is_ever_resent(make_office: MakeOffice) -> None:
    office = make_office(rule_51=False)
    done = prove(office, "--yes")
    assert done.exit == 1
    assert "paid twice" in done.out
    assert office.paid() == {OWN: 2}
    assert not checks(office.run("doctor", "--json"))["rule_51"][0]


@pytest.mark.parametrize(("seen", "warned"), [(None, True), (True, False), (False, False)])
def test_a_resend_says_where_51_was_never_seen_and_is_barred_where_it_did_not_come(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], seen: bool | None, warned: bool
) -> None:
    location = ledger_url(str(tmp_path / "ledger.db"))
    with closing(Ledger(location, account="agent", base_url="https://provider.example")) as ledger:
        if seen is not None:
            ledger.keep_rule_51(Rule51("2025-01-20", holds=seen))
        tools, terminal = SimpleNamespace(ledger=ledger), Terminal()
        with pytest.raises(Declined) if seen is False else nullcontext() as barred:
            settle.assert_rule_51(tools, terminal)  # type: ignore[arg-type]
    assert barred is None or barred.value.code == "resend.disproven"
    assert ("--prove-51" in capsys.readouterr().err) == warned


def test_a_first_top_up_that_fails_proves_nothing_and_is_not_repeated(office: Office) -> None:
    command = ("doctor", "--prove-51", "081200000011", "--product", "TSEL5", "--yes", "--rate", "500")
    done = office.run(*command)
    assert done.exit == 1
    assert "Nothing is proven" in done.out
    assert len(office.sent()) == 1


@pytest.mark.parametrize(("number", "product"), [("0812", "TSEL5"), (OWN, "NOSUCH")])
def test_a_number_or_product_that_cannot_be_ordered_is_refused(
    office: Office, number: str, product: str
) -> None:
    done = office.run("doctor", "--prove-51", number, "--product", product, "--yes")
    assert done.exit == 2
    assert office.sent() == []


def test_its_batch_is_like_any_other(office: Office) -> None:
    prove(office, "--yes")
    history = office.run("history", "--json")
    assert history.json["batches"][0]["paid"] == 1
    found = office.run("find", OWN, "--offline")
    assert found.exit == 0
    assert "TSEL5" in found.out

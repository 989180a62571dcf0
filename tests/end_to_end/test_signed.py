"""Approval by key: Rina approves with hers, Andi sends; two users of a computer, with homes of their own."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from bulk_topup.commands.keys import _decrypted, read_key
from bulk_topup.core.chain import canonical, link
from bulk_topup.rules import signing
from bulk_topup.sandbox import PRICES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import MakeOffice, Office, Result
    from tests.postgres import Server

OK, NOTHING_SENT = 0, 2
PASSPHRASE = "kopi tubruk manis"
RINA, BUDI = "Rina Sari", "Budi Hartono"


@dataclass(frozen=True)
class Person:
    """A user of the computer, with a home of their own; only the sheet's folder is everybody's."""

    office: Office
    user: str

    @property
    def home(self) -> Path:
        return self.office.folder.parent / "homes" / self.user

    def run(self, *arguments: str, typed: str = "", env: dict[str, str | None] | None = None) -> Result:
        self.home.mkdir(parents=True, exist_ok=True)
        places = {"HOME": str(self.home), "USERPROFILE": str(self.home), "XDG_DATA_HOME": str(self.home)}
        who = {"LOGNAME": self.user, "BULK_TOPUP_LEDGER": str(self.home / "ledger.db")}
        return self.office.run(*arguments, input=typed, env={**places, **who, **(env or {})})

    def asks_for(self, name: str) -> str:
        """Makes a key, and returns the request to add it."""
        request = f"{self.user}.json"
        self.run("approver", "add", name, "--request", request, typed=f"{PASSPHRASE}\n" * 2)
        return request

    @property
    def key(self) -> str:
        (path,) = (self.home / "bulk-topup" / "keys").glob("*.key")
        return str(path)

    def approves(self, sheet: str, *options: str, people: int = 2, nominal: int = 10_000) -> Result:
        """As who has neither password nor network: nothing of them is in the environment."""
        totals = ("--expect-people", str(people), "--expect-nominal", str(nominal))
        without = dict.fromkeys(("BULK_TOPUP_PASSWORD", "BULK_TOPUP_USERNAME", "BULK_TOPUP_BASE_URL"))
        return self.run("approve", sheet, *totals, *options, typed=f"{PASSPHRASE}\n", env={**without})

    def sends(self, sheet: str, *options: str) -> Result:
        return self.run("run", sheet, "--yes", *self.office.fast, *options)


@dataclass(frozen=True)
class Desk:
    """Andi's ledger has Rina as its one approver, and his plan of a.csv is checked."""

    office: Office
    andi: Person
    rina: Person

    def refused(self, *options: str) -> str:
        """In one line; and nobody was paid."""
        done = self.andi.sends("a.csv", *options)
        assert (done.exit, self.office.sandbox.book()) == (NOTHING_SENT, [])
        return done.err.strip().splitlines()[-1]

    @property
    def file(self) -> Path:
        (path,) = self.office.folder.glob("*.approval")
        return path

    def alter(self, change: Callable[[dict[str, Any]], None]) -> None:
        content = json.loads(self.file.read_bytes())
        change(content)
        self.file.write_text(json.dumps(content))

    def sign_anew(self, signed: signing.Signed) -> None:
        private = _decrypted(read_key(Path(self.rina.key)).pem, PASSPHRASE)
        anew = replace(signed, signature=signing.sign(private, signing.APPROVAL, asdict(signed.statement)))
        self.file.write_bytes(signing.file_of(anew))


@pytest.fixture
def desk(make_office: MakeOffice) -> Desk:
    office = make_office()
    made = Desk(office, Person(office, "andi"), Person(office, "rina"))
    office.payroll("a.csv", office.numbers(2))
    done = made.andi.run("approver", "add", RINA, "--public", made.rina.asks_for(RINA))
    assert done.exit == OK, done.err
    assert made.andi.run("check", "a.csv").exit == OK
    return made


# -- a good one --------------------------------------------------------------------------------------------


def test_what_an_approver_signed_is_sent_and_the_summary_says_by_whose_key(desk: Desk) -> None:
    assert desk.rina.approves("a.csv").exit == OK
    done = desk.andi.sends("a.csv", "--json")
    (approver,) = desk.andi.run("approver", "list", "--json").json["approvers"]
    assert done.exit == OK, done.err
    assert done.json["approved"]["by"] == f"{RINA} [{approver['key']}]"
    book = openpyxl.load_workbook(desk.office.folder / "a.results.xlsx")
    texts = [str(cell.value) for row in book["Summary"].iter_rows() for cell in row if cell.value]
    book.close()
    assert f"{RINA}: proven by key {approver['key']}" in texts
    assert len(desk.office.sandbox.book()) == 2


def relink(path: Path, old: str, new: str) -> None:
    """The whole trail written anew, with this changed in its approvals."""
    with closing(sqlite3.connect(path)) as db, db:
        previous = ""
        for nth, at, kind, facts, _ in db.execute("SELECT * FROM chain ORDER BY id").fetchall():
            said = json.loads(facts.replace(old, new) if kind == "approval" else facts)
            previous = link(previous, at, kind, said).hash
            values = (canonical(said), previous, nth)
            db.execute("UPDATE chain SET facts = ?, hash = ? WHERE id = ?", values)


def test_verify_sees_that_a_key_signed_and_whatever_says_so_falsely(desk: Desk) -> None:
    """Also where the whole trail was linked anew after it."""
    desk.rina.approves("a.csv")
    desk.andi.sends("a.csv")
    assert desk.andi.run("verify", "a.csv").exit == OK
    path = desk.office.folder / "a.checkpoint.db"
    whole = path.read_bytes()
    for old, new, words in (
        (f'"name":"{RINA}"', '"name":"Andi"', "a signature that does not match its key"),
        (f'"by":"{RINA}', f'"by":"Andi [{"-".join(["0000"] * 5)}], {RINA}', "has not signed this plan"),
    ):
        relink(path, old, new)
        done = desk.andi.run("verify", "a.csv")
        assert (done.exit, words in done.out + done.err) == (1, True), done
        path.write_bytes(whole)


def test_what_an_approver_saw_of_the_trail_has_to_be_in_it(desk: Desk) -> None:
    desk.office.sandbox.set_balance(5_650)
    desk.rina.approves("a.csv")
    desk.andi.sends("a.csv")
    head = desk.andi.run("status", "a.csv", "--json").json["trail"]
    desk.office.sandbox.set_balance(100_000)
    desk.andi.run("check", "a.csv")
    desk.rina.approves("a.csv")
    assert desk.andi.sends("a.csv").exit == OK
    signed = [json.loads(path.read_bytes())["signed"] for path in desk.office.folder.glob("*.approval")]
    assert {one["trail"] for one in signed} == {"", head}
    assert desk.andi.run("verify", "a.csv").exit == OK
    relink(desk.office.folder / "a.checkpoint.db", '{"by":', '{"also":"","by":')
    misfit = desk.andi.run("verify", "a.csv", "--json").json["misfit"]
    assert misfit["code"] == "verify.signed_head"


def test_by_the_code_it_goes_without_a_question(desk: Desk) -> None:
    """On a computer that has the approval alone; and what is left goes on under it."""
    code = desk.rina.approves("a.csv", "--json").json["signed"]["plan"]
    (desk.office.folder / f"a.{code}.plan").unlink()
    desk.office.sandbox.set_balance(5_650)
    assert desk.andi.run("run", "a.csv", "--approve", code, *desk.office.fast).exit == 3
    desk.office.sandbox.set_balance(100_000)
    done = desk.andi.run("status", "a.csv").out
    assert f"run a.csv --rate 500 --wait 0 --approve {code}" in done
    assert desk.andi.run("run", "a.csv", "--approve", code, *desk.office.fast).exit == OK


def test_a_lower_price_is_no_other_plan(desk: Desk) -> None:
    desk.rina.approves("a.csv")
    assert desk.andi.sends("a.csv", "--rate", "499").exit == OK


def test_without_an_approver_a_name_is_typed_and_the_summary_says_so(make_office: MakeOffice) -> None:
    office = make_office()
    office.payroll("a.csv", office.numbers(2))
    code = office.run("check", "a.csv", "--json").json["plan"]["code"]
    assert office.run("run", "a.csv", "--approve", code).exit == NOTHING_SENT
    done = office.run("run", "a.csv", "--approve", code, "--approved-by", RINA, *office.fast)
    assert done.exit == OK
    book = openpyxl.load_workbook(office.folder / "a.results.xlsx")
    texts = [str(cell.value) for row in book["Summary"].iter_rows() for cell in row if cell.value]
    book.close()
    assert f"{RINA}: the name was typed, not proven" in texts


# -- each refused in one line ------------------------------------------------------------------------------


def test_neither_yes_nor_a_typed_name_is_a_signature(desk: Desk) -> None:
    assert (
        "this needs 1 signature, and has 0 (-); have it approved: bulk-topup approve a.csv" in desk.refused()
    )
    (plan,) = desk.office.folder.glob("a.*.plan")
    code = plan.name.split(".")[1]
    assert "a typed name is not one" in desk.refused("--approve", code, "--approved-by", RINA)
    assert "this needs 1 signature" in desk.refused("--approve", code)
    forged = f"{RINA} [1234-1234-1234-1234-1234]"
    assert desk.andi.run("run", "a.csv", "--approve", code, "--approved-by", forged).exit == NOTHING_SENT


def test_a_changed_digit_of_the_sheet(desk: Desk) -> None:
    desk.rina.approves("a.csv")
    sheet = desk.office.folder / "a.csv"
    sheet.write_text(sheet.read_text().replace(desk.office.numbers(1)[0], "081234599999"))
    assert "this is not the plan that was approved" in desk.refused()


def test_a_price_that_rose(desk: Desk) -> None:
    desk.rina.approves("a.csv")
    dearer = [{**one, "harga": str(int(one["harga"]) + 1)} for one in PRICES]
    desk.office.sandbox.set_prices(dearer)
    assert "this is not the plan that was approved" in desk.refused()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c["plan"].__setitem__(3, c["plan"][3].replace("00000", "00009")), "not the one that was"),
        (lambda c: c["plan"].__setitem__(6, c["plan"][6].replace("5", "6")), "not the one that was signed"),
        (lambda c: c["plan"].__setitem__(2, "[2, 4]"), "not the one that was signed"),
        (lambda c: c["signed"].update(name="Andi Wijaya"), "was altered after it was signed"),
        (lambda c: c["signed"].update(nominal=20_000), "was altered after it was signed"),
        (lambda c: c["signed"].update(key="1234-1234-1234-1234-1234"), "which is not registered"),
        (lambda c: c.update(signature=flipped(c["signature"])), "was altered after it was signed"),
        (lambda c: c.pop("signature"), "is not an approval, or was altered"),
        (lambda c: c["signed"].update(people="2"), "is not an approval, or was altered"),
    ],
    ids=["digit", "price", "row", "name", "total", "key", "signature", "no signature", "type"],
)
def test_an_altered_file(desk: Desk, change: Callable[[dict[str, Any]], None], words: str) -> None:
    desk.rina.approves("a.csv")
    desk.alter(change)
    assert words in desk.refused()


def flipped(signature: str) -> str:
    return f"{int(signature[:2], 16) ^ 1:02x}{signature[2:]}"


def test_a_key_that_is_not_registered(desk: Desk) -> None:
    budi = Person(desk.office, "budi")
    budi.asks_for(BUDI)
    budi.approves("a.csv")
    assert "which is not registered" in desk.refused()


def test_the_sender_s_own_key_user_and_name(desk: Desk) -> None:
    """Andi has the key in his hands; then he sends as the user who signed; then he has the signer's name."""
    desk.andi.run("approver", "add", "Andi", "--public", desk.andi.asks_for("Andi"), "--key", desk.rina.key,
                  typed=f"{PASSPHRASE}\n")  # fmt: skip
    desk.andi.approves("a.csv")
    assert "Andi is the sender" in desk.refused()
    desk.file.unlink()
    desk.rina.approves("a.csv")
    for user in ("rina", "RINA  SARI"):
        done = desk.andi.run("run", "a.csv", "--yes", env={"LOGNAME": user})
        assert "Rina Sari is the sender" in done.err
    assert desk.office.sandbox.book() == []


def test_one_signature_where_the_policy_wants_two(desk: Desk) -> None:
    budi = Person(desk.office, "budi")
    unlock = {"typed": f"{PASSPHRASE}\n"}
    request = budi.asks_for(BUDI)
    too_many = desk.andi.run("approver", "policy", "--above", "11000", "--signatures", "2", "--key", desk.rina.key, **unlock)  # type: ignore[arg-type]  # noqa: E501  # fmt: skip
    assert "there would be 1 approver" in too_many.err
    desk.andi.run("approver", "add", BUDI, "--public", request, "--key", desk.rina.key, **unlock)  # type: ignore[arg-type]
    done = desk.andi.run("approver", "policy", "--above", "11000", "--signatures", "2", "--key", desk.rina.key, **unlock)  # type: ignore[arg-type]  # noqa: E501  # fmt: skip
    assert done.exit == OK, done.err
    desk.rina.approves("a.csv")
    desk.rina.approves("a.csv")  # again is not another's
    assert "this needs 2 signatures, and has 1 (Rina Sari)" in desk.refused()
    desk.rina.approves("a.csv", "--key", budi.key)  # nor is another's key in the same hands
    assert "this needs 2 signatures, and has 1 (Rina Sari, Budi Hartono)" in desk.refused()
    budi.approves("a.csv")
    assert desk.andi.sends("a.csv").exit == OK
    desk.office.payroll("small.csv", desk.office.numbers(1, first=50))
    desk.andi.run("check", "small.csv")
    desk.rina.approves("small.csv", people=1, nominal=5_000)
    assert desk.andi.sends("small.csv").exit == OK


def test_an_approval_eight_days_old(desk: Desk) -> None:
    desk.rina.approves("a.csv")
    signed = signing.read_signed(desk.file.read_bytes())
    then = datetime.fromisoformat(signed.statement.at) - timedelta(days=8)
    for at in (then, then + timedelta(days=16)):
        old = replace(signed.statement, at=at.isoformat())
        desk.sign_anew(replace(signed, statement=old))
        assert "an approval is valid for 7 days" in desk.refused()
    desk.sign_anew(signed)
    assert desk.andi.sends("a.csv").exit == OK


def test_other_totals_than_the_provider_s_list_comes_to(desk: Desk) -> None:
    """Whoever kept the plan may have lied about a product's nominal."""
    desk.rina.approves("a.csv")
    signed = signing.read_signed(desk.file.read_bytes())
    desk.sign_anew(replace(signed, statement=replace(signed.statement, nominal=2_000)))
    assert "approved totals other than" in desk.refused()


def test_a_rejection_is_the_last_word_until_its_approver_says_otherwise(desk: Desk) -> None:
    desk.rina.approves("a.csv", "--reject", "two people  have left")
    assert "Rina Sari rejected plan" in desk.refused()
    assert "two people have left" in desk.refused()
    desk.rina.approves("a.csv")
    assert desk.andi.sends("a.csv").exit == OK


def test_no_earlier_approval_outlives_a_rejection(desk: Desk) -> None:
    """Where prices fell, the plan that was approved before is no other; nor is it once they fall again."""
    code = desk.rina.approves("a.csv", "--json").json["signed"]["plan"]
    for fallen in (1, 2):
        desk.office.sandbox.set_prices([{**one, "harga": str(int(one["harga"]) - fallen)} for one in PRICES])
        now = desk.andi.run("check", "a.csv", "--json").json["plan"]["code"]
        if fallen == 1:
            desk.rina.approves("a.csv", "--plan", now, "--reject", "two people have left")
        assert "two people have left" in desk.refused()
        assert "two people have left" in desk.refused("--approve", code)
    desk.rina.approves("a.csv", "--plan", now)
    assert desk.andi.sends("a.csv").exit == OK


# -- what is approved --------------------------------------------------------------------------------------


def test_an_approver_counts_people_and_nominals(desk: Desk) -> None:
    assert "does not pay 3 people" in desk.rina.approves("a.csv", people=3).err
    assert "do not add up to Rp15,000" in desk.rina.approves("a.csv", nominal=15_000).err
    assert "--expect-people" in desk.rina.run("approve", "a.csv", typed=f"{PASSPHRASE}\n").err
    wrong = desk.rina.run(
        "approve", "a.csv", "--expect-people", "2", "--expect-nominal", "10000", typed="kopi susu\n"
    )
    assert "that passphrase does not open the key" in wrong.err
    assert list(desk.office.folder.glob("*.approval")) == []


@pytest.mark.skipif(os.name == "nt", reason="no pseudo-terminals")
def test_at_a_terminal_both_are_asked_for(desk: Desk) -> None:
    home = str(desk.rina.home)
    done = desk.office.run(
        "approve",
        "a.csv",
        answers=[("How many people", "2"), ("add up to", "10.000"), ("Passphrase", PASSPHRASE)],
        env={"HOME": home, "XDG_DATA_HOME": home, "LOGNAME": "rina"},
    )
    assert done.exit == OK, done.err


def test_a_plan_that_this_sheet_does_not_give_is_not_signed(desk: Desk) -> None:
    """Whoever looks at one sheet must not sign the plan of another."""
    numbers = desk.office.numbers(3)
    desk.office.payroll("a.csv", [numbers[0], numbers[2]])
    assert "look at row 3" in desk.rina.approves("a.csv").err
    desk.office.payroll("a.csv", numbers)
    assert "the sheet has 3 rows, and had 2" in desk.rina.approves("a.csv").err
    desk.office.payroll("a.csv", numbers[:2], "TSEL10")
    assert "look at row 2, 3" in desk.rina.approves("a.csv").err
    assert list(desk.office.folder.glob("*.approval")) == []


def test_a_sheet_of_amounts_is_approved_by_its_nominals(desk: Desk) -> None:
    rows = [("Ani", "081234500010", "10.000"), ("Budi", "085712345001", "5.000")]
    desk.office.csv("b.csv", rows, ("Nama", "No HP", "Nominal"))
    desk.andi.run("check", "b.csv")
    assert desk.rina.approves("b.csv", nominal=15_000).exit == OK
    assert desk.andi.sends("b.csv").exit == OK


# -- approvers ---------------------------------------------------------------------------------------------


def test_once_there_is_one_no_change_goes_without_an_approver_s_key(desk: Desk) -> None:
    for change in (("add", "Andi"), ("remove", RINA), ("policy", "--above", "0", "--signatures", "0")):
        done = desk.andi.run("approver", *change, typed=f"{PASSPHRASE}\n" * 3)
        assert "no usable approver's key here" in done.err, change
    desk.andi.asks_for("Andi")
    stranger = desk.andi.run("approver", "remove", RINA, "--key", desk.andi.key, typed=f"{PASSPHRASE}\n")
    assert "no usable approver's key here" in stranger.err
    wrong = desk.andi.run("approver", "remove", RINA, "--key", desk.rina.key, typed="something else\n")
    assert "that passphrase does not open the key" in wrong.err
    assert [one["name"] for one in desk.andi.run("approver", "list", "--json").json["approvers"]] == [RINA]
    gone = desk.andi.run("approver", "remove", RINA, "--key", desk.rina.key, typed=f"{PASSPHRASE}\n")
    assert "Nobody approves with a key yet" in gone.out


def test_the_policy_says_from_which_sum_a_signature_is_needed(desk: Desk) -> None:
    for rule in (("0", "0"), ("1000000", "1")):
        options = ("--above", rule[0], "--signatures", rule[1], "--key", desk.rina.key)
        assert desk.andi.run("approver", "policy", *options, typed=f"{PASSPHRASE}\n").exit == OK
    desk.rina.approves("a.csv", "--reject", "two people have left")
    assert "two people have left" in desk.refused()
    desk.file.unlink()
    assert desk.andi.sends("a.csv").exit == OK


def test_the_sum_counts_what_was_sent_before_where_its_rows_have_left_the_sheet(desk: Desk) -> None:
    for rule in (("0", "0"), ("11000", "1")):
        options = ("--above", rule[0], "--signatures", rule[1], "--key", desk.rina.key)
        assert desk.andi.run("approver", "policy", *options, typed=f"{PASSPHRASE}\n").exit == OK
    for number in desk.office.numbers(2):
        desk.office.payroll("b.csv", [number])
        sent = desk.andi.sends("b.csv")
    assert (sent.exit, len(desk.office.sandbox.book())) == (NOTHING_SENT, 1)
    assert "this needs 1 signature" in sent.err
    assert desk.andi.run("check", "b.csv", "--json").json["approval"]["needed"] == 1


def test_a_key_is_encrypted_and_its_owner_s_alone(desk: Desk) -> None:
    path = Path(desk.rina.key)
    assert path.stat().st_mode & 0o777 == 0o600 or os.name == "nt"
    assert "BEGIN ENCRYPTED PRIVATE KEY" in path.read_text()
    short = desk.rina.run("approver", "add", "Other", "--request", "o.json", typed="short\nshort\n")
    assert "at least 10 characters" in short.err
    twice = desk.rina.run(
        "approver", "add", "Other", "--request", "o.json", typed=f"{PASSPHRASE}\nother one 12\n"
    )
    assert "the two passphrases differ" in twice.err


def test_a_key_in_the_system_keyring_needs_no_passphrase(desk: Desk) -> None:
    ring: dict[str, str | None] = {
        "PYTHON_KEYRING_BACKEND": "tests.file_keyring.FileKeyring",
        "FILE_KEYRING": "keys.json",
    }
    budi = Person(desk.office, "budi")
    assert budi.run("approver", "add", BUDI, "--request", "b.json", env=ring).exit == OK
    assert "PRIVATE" not in Path(budi.key).read_text()
    desk.andi.run(
        "approver", "add", BUDI, "--public", "b.json", "--key", desk.rina.key, typed=f"{PASSPHRASE}\n"
    )
    totals = ("--expect-people", "2", "--expect-nominal", "10000")
    assert budi.run("approve", "a.csv", *totals, env=ring).exit == OK
    assert desk.andi.sends("a.csv").exit == OK


def test_a_rehearsal_has_approvers_of_its_own(desk: Desk) -> None:
    assert "Nobody approves with a key yet" in desk.andi.run("approver", "list", "--sandbox").out
    assert desk.andi.run("run", "a.csv", "--sandbox", "--yes", *desk.office.fast).exit == OK
    desk.rina.run("approver", "add", RINA, "--sandbox", "--public", "rina.json")
    desk.office.payroll("b.csv", desk.office.numbers(2, first=9))
    assert "1 signature" in desk.andi.run("run", "b.csv", "--sandbox", "--yes").err


def test_a_server_s_ledger_has_them_for_all_its_desks(make_office: MakeOffice, postgres: Server) -> None:
    office = make_office(ledger=postgres.fresh())
    place: dict[str, str | None] = {"BULK_TOPUP_LEDGER": office.environment["BULK_TOPUP_LEDGER"]}
    andi, rina = Person(office, "andi"), Person(office, "rina")
    office.payroll("a.csv", office.numbers(2))
    assert rina.run("approver", "add", RINA, typed=f"{PASSPHRASE}\n" * 2, env=place).exit == OK
    andi.run("check", "a.csv", env=place)
    assert "1 signature" in andi.run("run", "a.csv", "--yes", env=place).err
    rina.approves("a.csv")
    assert andi.run("run", "a.csv", "--yes", *office.fast, env=place).exit == OK

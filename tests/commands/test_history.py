"""The list of batches: what the ledger keeps of each, how an old one learns it, and what `history` shows."""

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, cast

import pytest

from bulk_topup.commands import check
from bulk_topup.commands.history import show_history
from bulk_topup.commands.terminal import Terminal
from bulk_topup.core.errors import Exit, InputError, StorageFailed
from bulk_topup.core.status import Status
from bulk_topup.record import batches
from bulk_topup.record.ledger.address import ledger_url
from bulk_topup.record.ledger.claims import Ledger
from bulk_topup.record.ledger.register import register_of
from bulk_topup.record.ledger.tables import VERSION
from bulk_topup.record.ledger.values import BatchEntry
from bulk_topup.rules.orders import Wishes
from bulk_topup.sending.job import Approval
from bulk_topup.sheet import read_sheet
from tests.builders import NOW, TODAY, an_order, claim
from tests.desk_bench import PRICE, Bench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Office

A, B, C = "081234500001", "081234500002", "081234500003"
PENDING_FOR_EVER = "081200001201"
NOT_PAID = "081200000011"
SCOPE = {"account": "agent", "base_url": "https://provider.example"}

VERSION_1 = """
    CREATE TABLE claims (
        account TEXT NOT NULL, base_url TEXT NOT NULL, day TEXT NOT NULL, number TEXT NOT NULL,
        nominal INTEGER NOT NULL, itrx INTEGER NOT NULL, product TEXT NOT NULL, batch TEXT NOT NULL,
        batch_name TEXT NOT NULL, row INTEGER NOT NULL, token TEXT NOT NULL, state TEXT NOT NULL,
        claimed_at TEXT NOT NULL, PRIMARY KEY (account, base_url, day, number, nominal, itrx), UNIQUE (token)
    );
    CREATE INDEX claims_batch ON claims (batch);
    CREATE INDEX claims_number ON claims (number, nominal);
    CREATE INDEX claims_state ON claims (account, base_url, state);
"""


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    made = Bench(tmp_path, monkeypatch)
    yield made
    made.close()


def batches_of(bench: Bench) -> list[BatchEntry]:
    with closing(register_of(str(bench.folder / "ledger.db"))) as register:
        return register.batches()


def counts(entry: BatchEntry) -> tuple[int, int, int, int]:
    return entry.rows, entry.paid, entry.not_paid, entry.open


def shown(bench: Bench, capsys: pytest.CaptureFixture[str], month: str | None = None) -> str:
    capsys.readouterr()
    assert show_history(str(bench.folder / "ledger.db"), Terminal(), month) is Exit.OK
    return capsys.readouterr().out


# -- the ledger's tables -----------------------------------------------------------------------------------


def old_ledger(path: Path, *claims: tuple[str, str, str]) -> None:
    """As the first version made it; claims are (number, token, state)."""
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript(VERSION_1)
        for number, token, state in claims:
            values = (*SCOPE.values(), TODAY.isoformat(), number, 5_000, 1, "S5", "b1", "gaji", 7)
            values += (token, state, NOW.isoformat())
            db.execute(f"INSERT INTO claims VALUES ({', '.join('?' * len(values))})", values)  # noqa: S608


def version_in(path: Path) -> str:
    with closing(sqlite3.connect(path)) as db:
        return str(db.execute("SELECT value FROM meta WHERE key = 'version'").fetchone()[0])


def test_a_new_ledger_says_its_version(tmp_path: Path) -> None:
    Ledger(ledger_url(str(tmp_path / "ledger.db")), **SCOPE).close()
    assert version_in(tmp_path / "ledger.db") == str(VERSION)


def test_a_ledger_of_the_first_version_is_brought_up_to_date_and_protects_as_before(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    old_ledger(path, (A, "t1", "paid"), (B, "t2", "open"))
    with closing(Ledger(ledger_url(str(path)), **SCOPE)) as ledger:
        assert {claim["token"]: claim["state"] for claim in ledger.own("b1")} == {"t1": "paid", "t2": "open"}
        holder = claim(ledger, an_order(A), TODAY, "t3", "b2", "bonus", NOW, since=TODAY)
        assert holder is not None
        assert holder.token == "t1"
    assert version_in(path) == str(VERSION)


def test_a_ledger_with_an_account_in_several_spellings_is_brought_under_one(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    spelled = SCOPE["account"].upper()
    old_ledger(path, (A, "t1", "paid"), (B, "t2", "open"))
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE claims SET account = ?", (spelled,))
        db.execute(
            "INSERT INTO claims SELECT ?, base_url, day, number, nominal, itrx, product, 'b9', batch_name, "
            "row, 't9', state, claimed_at FROM claims WHERE number = ?",
            (SCOPE["account"], A),
        )
    with closing(Ledger(ledger_url(str(path)), **SCOPE)) as ledger:
        holders = {
            number: claim(ledger, an_order(number), TODAY, f"new {number}", "b2", "bonus", NOW, since=TODAY)
            for number in (A, B, C)
        }
    assert {number: holder.token for number, holder in holders.items() if holder} == {A: "t1", B: "t2"}
    assert version_in(path) == str(VERSION)


def test_a_batch_that_only_claims_are_known_of_is_counted_by_these(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    old_ledger(path, (A, "t1", "paid"), (B, "t2", "open"), (C, "t3", "held"))
    with closing(register_of(str(path))) as register:
        (entry,) = register.batches()
    assert (entry.batch, entry.name, entry.started, entry.path) == ("b1", "gaji", TODAY.isoformat(), "")
    assert counts(entry) == (3, 1, 1, 1)
    assert entry.paid_rupiah is None


def test_a_newer_ledger_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    Ledger(ledger_url(str(path)), **SCOPE).close()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE meta SET value = ? WHERE key = 'version'", (str(VERSION + 1),))
    before = path.read_bytes()
    with pytest.raises(InputError) as refused:
        Ledger(ledger_url(str(path)), **SCOPE)
    assert refused.value.code == "ledger.newer"
    assert path.read_bytes() == before


def test_a_batch_is_kept_once_and_as_it_was_last(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    entry = BatchEntry(
        SCOPE["account"], SCOPE["base_url"], "b1", "gaji", "/gaji.db", "2025-01-20", "t", 3, 1, 1, 1
    )
    with closing(Ledger(ledger_url(str(path)), **SCOPE)) as ledger:
        ledger.record(entry)
        ledger.record(replace(entry, paid=2, open=0, paid_rupiah=2 * 10**12))
    with closing(register_of(str(path))) as register:
        assert register.batches() == [replace(entry, paid=2, open=0, paid_rupiah=2 * 10**12)]


# -- what commands tell it ---------------------------------------------------------------------------------


def test_a_run_tells_what_its_batch_came_to_and_a_later_settle_tells_it_again(bench: Bench) -> None:
    bench.sheet(A, NOT_PAID, PENDING_FOR_EVER)
    bench.run(budget=100_000)
    (entry,) = batches_of(bench)
    assert counts(entry) == (3, 1, 1, 1)
    assert (entry.paid_rupiah, entry.open_rupiah) == (PRICE, PRICE)
    assert (entry.name, entry.path) == ("bonus", str(bench.checkpoint))
    assert entry.started == bench.clock.now().date().isoformat()
    assert entry.plan_code
    bench.clock.pass_by(60)
    bench.settle()
    (later,) = batches_of(bench)
    assert later.touched > entry.touched
    assert replace(later, touched="") == replace(entry, touched="")


def refusing(bench: Bench, event: str) -> None:
    """The ledger takes no more of this to its table of batches, as a disk that is full."""
    with closing(sqlite3.connect(bench.folder / "ledger.db")) as db, db:
        db.execute(f"CREATE TRIGGER t BEFORE {event} ON batches BEGIN SELECT RAISE(ABORT, 'full'); END")


def test_a_ledger_that_takes_no_batch_stops_a_run_before_anything_is_sent(bench: Bench) -> None:
    Ledger(ledger_url(str(bench.folder / "ledger.db")), **SCOPE).close()
    refusing(bench, "INSERT")
    bench.sheet(A)
    with pytest.raises(StorageFailed):
        bench.run()
    assert bench.sent() == []


def test_a_ledger_that_fails_when_all_is_sent_costs_neither_results_nor_the_exit_code(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.sheet(A, PENDING_FOR_EVER)
    bench.run()
    refusing(bench, "UPDATE")
    (bench.folder / "bonus.results.xlsx").unlink()
    assert bench.settle() is Exit.OPEN
    assert bench.statuses() == ["sukses", "pending"]
    assert "list of batches could not be updated" in capsys.readouterr().err


def test_a_run_that_was_killed_stands_in_the_list_with_what_its_progress_file_says(bench: Bench) -> None:
    bench.sheet(A, B)
    bench.run()
    (entry,) = batches_of(bench)
    at_the_start = replace(entry, touched="2025-01-01T00:00:00+07:00", paid=0, not_paid=2, paid_rupiah=0)
    assert batches.as_it_stands(at_the_start).entry.paid == 2
    assert batches.as_it_stands(at_the_start).entry.paid_rupiah == 2 * PRICE


# -- the list ----------------------------------------------------------------------------------------------


def test_the_list_has_every_batch_and_the_sums_of_each_month(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.sheet(A, PENDING_FOR_EVER)
    bench.run()
    first = bench.clock.now()
    bench.clock.pass_by(40 * 86_400)
    bench.sheet(B, C)
    bench.run(wishes=Wishes(new_batch=True))
    then = bench.clock.now()
    listed = shown(bench, capsys)
    assert [line[:7] for line in listed.splitlines() if re.search(r": \d+ batch", line)] == [
        f"{then:%Y-%m}",
        f"{first:%Y-%m}",
    ]
    assert f"{first:%Y-%m}: 1 batch, 2 rows: 1 paid (Rp{PRICE:,})" in listed
    only = shown(bench, capsys, f"{then:%Y-%m}")
    assert f"{then:%Y-%m-%d}  bonus" in only
    assert f"{first:%Y-%m-%d}" not in only.replace(bench.checkpoint.name, "")


def test_a_progress_file_under_its_dated_name_is_found_and_one_that_is_gone_is_said(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.sheet(A)
    bench.run()
    aside = bench.folder / "bonus.2025-01-20.checkpoint.db"
    bench.checkpoint.rename(aside)
    assert f"progress file: {aside}\n" in shown(bench, capsys)
    aside.unlink()
    assert f"progress file: {bench.checkpoint} (no longer there" in shown(bench, capsys)


def test_the_open_rows_of_each_batch_are_seen_and_settled_by_its_own_files(
    bench: Bench, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch that a new one took the place of is found by its dated name alone."""
    bench.sheet(A, PENDING_FOR_EVER)
    bench.run()
    by_default = shown(bench, capsys)
    assert f"bulk-topup status {bench.path}\n" in by_default
    assert f"bulk-topup settle {bench.path}\n" in by_default
    aside = bench.checkpoint.rename(bench.folder / "bonus.2025-01-20.checkpoint.db")
    assert f"bulk-topup settle {bench.path} --checkpoint {aside}\n" in shown(bench, capsys)
    monkeypatch.chdir(bench.folder)
    assert f"bulk-topup settle bonus.csv --checkpoint {aside.name}\n" in shown(bench, capsys)
    aside.rename(bench.folder / "elsewhere.db")
    gone = shown(bench, capsys)
    assert "the progress file is no longer in its place" in gone
    assert "bulk-topup settle" not in gone


def test_another_batch_s_progress_file_in_its_place_is_not_taken_for_it(bench: Bench) -> None:
    bench.sheet(A)
    bench.run()
    (entry,) = batches_of(bench)
    assert batches.as_it_stands(entry).file == bench.checkpoint
    assert batches.as_it_stands(replace(entry, batch="another")).file is None


def test_looking_changes_no_file_and_leaves_none_behind(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.sheet(A)
    bench.run()
    before = {path.name: path.read_bytes() for path in bench.folder.iterdir() if path.name != "ledger.db"}
    shown(bench, capsys)
    after = {path.name: path.read_bytes() for path in bench.folder.iterdir() if path.name != "ledger.db"}
    assert after == before


def test_a_progress_file_under_a_crashed_run_s_log_is_read_with_it(bench: Bench) -> None:
    bench.sheet(A)
    bench.run()
    (entry,) = batches_of(bench)
    copy = bench.folder / "copy"
    copy.mkdir()
    with closing(sqlite3.connect(bench.checkpoint)) as db:
        db.execute("UPDATE batch SET value = 'from the log' WHERE key = 'plan_code'")
        db.commit()
        for path in bench.folder.glob("bonus.checkpoint.db*"):
            shutil.copy(path, copy)
    moved = replace(entry, path=str(copy / "bonus.checkpoint.db"), touched="")
    assert batches.as_it_stands(moved).entry.plan_code == "from the log"


def test_where_nothing_was_sent_there_is_no_list_and_none_is_made(tmp_path: Path) -> None:
    missing = tmp_path / "ledger.db"
    with pytest.raises(InputError) as refused:
        show_history(str(missing), Terminal(), None)
    assert refused.value.code == "history.no_record"
    assert not missing.exists()


def test_batches_of_every_address_are_listed_and_in_the_sums(tmp_path: Path) -> None:
    path, terminal = tmp_path / "ledger.db", Terminal(as_json=True)
    for batch, base_url in (("b1", SCOPE["base_url"]), ("b2", "https://other.example")):
        entry = BatchEntry(
            SCOPE["account"], base_url, batch, "gaji", "/gone", "2025-01-20", "t", 3, 1, 1, 1, 5_000
        )
        with closing(Ledger(ledger_url(str(path)), **{**SCOPE, "base_url": base_url})) as ledger:
            ledger.record(entry)
    show_history(str(path), terminal, None)
    listed = cast("list[dict[str, object]]", terminal._facts["batches"])
    assert {one["base_url"] for one in listed} == {SCOPE["base_url"], "https://other.example"}


def test_the_command_prints_one_object_with_the_batches_and_months(office: Office) -> None:
    office.payroll("gaji.csv", office.numbers(2))
    office.send("gaji.csv")
    said = office.run("history", "--json").json
    (listed,), (month,) = said["batches"], said["months"]
    assert (listed["name"], listed["rows"], listed["paid"], listed["open"]) == ("gaji", 2, 2, 0)
    assert listed["progress_file"] == str(office.folder / "gaji.checkpoint.db")
    assert listed["progress_file_found"]
    assert (month["month"], month["batches"]) == (listed["date"][:7], 1)
    assert month["paid_rupiah"] == listed["paid_rupiah"] > 0
    assert office.run("history", "--json", "--month", "2001-01").json["batches"] == []


def test_a_rehearsal_s_batches_are_listed_apart(office: Office) -> None:
    office.payroll("gaji.csv", office.numbers(1))
    office.send("gaji.csv", "--sandbox")
    assert office.run("history").exit == Exit.NOTHING_SENT
    said = office.run("history", "--sandbox")
    assert "gaji" in said.out
    assert "SANDBOX" in said.out


def test_each_approver_of_a_batch_is_listed_with_what_was_sent_under_that_name(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the progress file, the record knows of the last one alone."""
    bench.sheet(A, B)
    bench.run()
    bench.sheet(A, B, C)
    code = checked(bench)
    bench.run(same_batch=True, approval=Approval(code, "Rina"))
    first, then = re.findall(
        r"^    \d{4}-.*: (.*), plan code (.*), (.*)$", shown(bench, capsys), re.MULTILINE
    )
    assert (first[0], first[2]) == ("2 top-ups", "not approved")
    assert then == ("1 top-up", code, "approved by Rina")
    bench.checkpoint.unlink()
    gone = shown(bench, capsys)
    assert f"    last sent under the plan code {code}, approved by Rina\n" in gone
    assert "2 top-ups" not in gone


def checked(bench: Bench) -> str:
    """The code of the plan as it is now."""
    job, terminal = bench.job(same_batch=True), Terminal()
    check.check_batch(job, lambda: read_sheet(job.source.path), terminal, bench.clock)
    return str(terminal._facts["approval"]["code"])  # type: ignore[index]


# -- the status of one sheet -------------------------------------------------------------------------------


def test_status_says_what_is_open_what_was_set_and_what_to_do_next(office: Office) -> None:
    office.payroll("gaji.csv", [*office.numbers(1), PENDING_FOR_EVER])
    office.send("gaji.csv", "--budget", "50000")
    said = office.run("status", "gaji.csv")
    assert said.exit == Exit.OPEN
    assert f"row 3, Karyawan 2, {PENDING_FOR_EVER}, TSEL5: pending" in said.out
    assert "Budget: Rp50,000" in said.out
    assert "Plan code: " in said.out
    assert "Last used: 20" in said.out
    assert re.search(r"1 row is pending: .*\n +bulk-topup settle gaji.csv\n", said.out)


def test_status_in_json_has_the_same(office: Office) -> None:
    office.payroll("gaji.csv", [PENDING_FOR_EVER])
    office.send("gaji.csv")
    said = office.run("status", "gaji.csv", "--json").json
    (row,) = said["open_rows"]
    assert row.pop("sent_at")
    who = {"name": "Karyawan 1", "number": PENDING_FOR_EVER}
    assert row == {"row": 2, **who, "product": "TSEL5", "status": str(Status.PENDING)}
    assert said["budget"] is None
    assert said["plan_code"]
    assert date.fromisoformat(said["last_touched"][:10])

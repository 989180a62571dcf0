"""All that was ever sent to one number: the record, what the provider says now, what to tell its owner."""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from bulk_topup.commands import find
from bulk_topup.commands.next_steps import Typed, with_found
from bulk_topup.commands.status import show_status
from bulk_topup.commands.terminal import Terminal
from bulk_topup.core.errors import Exit, InputError
from bulk_topup.core.languages import ENGLISH
from bulk_topup.core.status import Status
from bulk_topup.provider.address import Connection
from bulk_topup.record.ledger.register import register_of
from bulk_topup.record.paths import who
from bulk_topup.report import sent_to
from bulk_topup.report.screen import person
from bulk_topup.report.sent_to import Now
from bulk_topup.report.words import say
from bulk_topup.rules.orders import Wishes
from bulk_topup.sending.resolve import Verdict
from tests.builders import NOW
from tests.desk_bench import Bench, on_isipulsa, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bulk_topup.report.sent_to import PersonRecord, Sent
    from tests.conftest import Office

A, B, C = "081234500001", "081234500002", "081234500003"
PENDING_THEN_SUKSES = "081200001001"
PENDING_THEN_GAGAL = "081200001101"
PENDING_FOR_EVER = "081200001201"
NOT_PAID = "081200000011"
INDOSAT = "085612345678"


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    made = Bench(tmp_path, monkeypatch)
    yield made
    made.close()


@pytest.fixture
def sent_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Bench]]:
    """Takes what goes wrong with each top-up, one after the other; gives a desk that has sent one row."""
    with ExitStack() as opened:

        def send(*faults: str | None) -> Bench:
            bench = Bench(tmp_path, monkeypatch, faults=on_isipulsa(*faults))
            opened.callback(bench.close)
            bench.sheet(A)
            bench.run()
            with closing(sqlite3.connect(bench.checkpoint)) as db, db:  # seen to refuse a repeat
                db.execute("INSERT OR REPLACE INTO batch VALUES ('rule_51', '2025-01-19')")
            return bench

        yield send


def look(bench: Bench, number: str, *, offline: bool = False, output: Path | None = None) -> Exit:
    connection = Connection(base_url=bench.sandbox.url, rate_per_s=500.0, timeout_s=10.0)
    ledger = str(bench.folder / "ledger.db")
    return find.find_number(
        connection, ledger, Terminal(), bench.clock, number, offline=offline, output=output
    )


def said(
    bench: Bench, capsys: pytest.CaptureFixture[str], number: str, *, offline: bool = False
) -> tuple[Exit, str]:
    capsys.readouterr()
    return look(bench, number, offline=offline), capsys.readouterr().out


def steps_in(out: str) -> list[str]:
    """The commands that are said to come next."""
    return [line.strip() for line in out.splitlines() if line.startswith("        bulk-topup ")]


def on_record(bench: Bench, number: str) -> PersonRecord:
    with closing(register_of(str(bench.folder / "ledger.db"))) as register:
        return sent_to.look_up(number, register)


def only(bench: Bench, number: str) -> Sent:
    (one,) = on_record(bench, number).sent
    return one


# -- what is on record -------------------------------------------------------------------------------------


def test_a_paid_row_is_found_with_all_that_the_results_say_of_it(bench: Bench) -> None:
    bench.sheet(B, A)
    bench.run()
    (row,) = (row for row in bench.rows() if row["number_sent"] == A)
    one = only(bench, A)
    assert (one.name, one.row, one.product, one.nominal) == ("bonus", 3, "TSEL5", 5_000)
    assert (one.status, one.invoice, one.serial, one.sent_at) == (
        Status.SUKSES, row["invoice"], row["serial"], row["sent_at"]
    )  # fmt: skip
    assert one.sheet == str(bench.path)


def test_every_batch_is_gone_through_and_the_latest_is_first(bench: Bench) -> None:
    for _ in range(2):
        bench.sheet(A)
        bench.run(same_batch=False)
        bench.checkpoint.rename(bench.folder / f"bonus.{bench.clock.now():%Y-%m-%d}.checkpoint.db")
        bench.clock.pass_by(30 * 86_400)
    found = on_record(bench, A)
    assert found.batches == 2
    assert [one.status for one in found.sent] == [Status.SUKSES, Status.SUKSES]
    assert found.sent[0].sent_at > found.sent[1].sent_at


def test_a_row_that_failed_is_found_though_the_ledger_has_let_go_of_it(bench: Bench) -> None:
    bench.sheet(NOT_PAID)
    bench.run()
    assert bench.claims() == []
    assert only(bench, NOT_PAID).status is Status.GAGAL


def test_a_row_that_was_held_back_is_found_by_what_its_cell_says(bench: Bench) -> None:
    bench.sheet("+62 812-3450-0001", product="TSEL55")
    with bench.path.open("a", encoding="utf-8") as file:
        file.write(f"{B},TSEL5\n")
    bench.run()
    one = only(bench, A)
    assert (one.status, one.sent_at) == (Status.INVALID, "")
    assert "TSEL55" in one.reason


def test_a_cell_with_two_numbers_is_found_by_each(bench: Bench) -> None:
    bench.sheet(f"{A} / {B}", C)
    bench.run()
    assert {only(bench, number).status for number in (A, B)} == {Status.INVALID}


def test_a_missing_progress_file_is_said_and_the_record_still_speaks(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.sheet(A, PENDING_FOR_EVER)
    bench.run()
    bench.checkpoint.unlink()
    assert (only(bench, A).status, only(bench, A).invoice) == (Status.SUKSES, "")
    assert only(bench, PENDING_FOR_EVER).status is Status.UNKNOWN
    exit_code, out = said(bench, capsys, A)
    assert exit_code is Exit.OK
    assert f"its progress file {bench.checkpoint} is no longer there" in out
    assert look(bench, PENDING_FOR_EVER) is Exit.OPEN


def test_an_older_copy_of_a_progress_file_does_not_hide_what_the_record_knows(bench: Bench) -> None:
    bench.sheet(A)
    bench.run()
    with closing(sqlite3.connect(bench.checkpoint)) as db, db:
        db.executescript("UPDATE orders SET status = 'unsent', speaker = NULL; DELETE FROM attempts")
    statuses = {one.status: one.sent_at != "" for one in on_record(bench, A).sent}
    assert statuses == {Status.UNSENT: False, Status.SUKSES: True}


def test_a_number_is_understood_as_sheets_are(bench: Bench) -> None:
    bench.sheet(A)
    bench.run()
    for spelled in ("+62 812-3450-0001", "62" + A[1:], A[1:], f" {A} "):
        assert look(bench, spelled, offline=True) is Exit.OK


def named(office: Office) -> None:
    rows = [("1", "Siti Aminah", A, "TSEL5"), ("2", "Siti Rahma", B, "TSEL5"), ("3", "BUDI", "0857", "TSEL5")]
    office.csv("bonus.csv", rows)
    office.send("bonus.csv", "--sandbox")


def test_a_name_finds_the_number_and_several_are_told_apart(office: Office) -> None:
    named(office)
    one = office.run("find", "siti  AMI", "--sandbox", "--offline", "--json").json
    assert one["number"] == A
    several = office.run("find", "Siti", "--sandbox", "--json")
    assert several.exit == Exit.NOT_ALL_PAID
    assert several.json["people"] == [
        {"name": "Siti Aminah", "number": A, "batches": ["bonus"]},
        {"name": "Siti Rahma", "number": B, "batches": ["bonus"]},
    ]


@pytest.mark.parametrize("text", ["Rina", "BUDI", "%"])
def test_a_name_that_nobody_with_a_number_has_is_refused(office: Office, text: str) -> None:
    named(office)
    done = office.run("find", text, "--sandbox")
    assert (done.exit, "not an Indonesian mobile number" in done.err) == (Exit.NOTHING_SENT, True)


@pytest.mark.parametrize("text", ["", "0812", "Rina", "021 5550135"])
def test_what_is_no_mobile_number_is_refused(text: str) -> None:
    with pytest.raises(InputError) as refused:
        sent_to.national(text)
    assert refused.value.exit_code is Exit.NOTHING_SENT


def test_a_number_that_nothing_was_sent_to_says_what_was_looked_through(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.sheet(A)
    bench.run()
    exit_code, out = said(bench, capsys, C)
    assert exit_code is Exit.NOT_ALL_PAID
    assert f"Tell them: nothing has ever been sent to {C}." in out
    assert steps_in(out) == ["bulk-topup history"]
    assert f"Batches searched: 1, in {bench.folder / 'ledger.db'}" in out


# -- what the provider says now ----------------------------------------------------------------------------


def test_every_invoice_is_asked_about_and_nothing_is_written_down(bench: Bench) -> None:
    bench.sheet(PENDING_THEN_SUKSES)
    bench.run()
    assert bench.statuses() == ["pending"]
    bench.clock.pass_by(10)
    before = bench.checkpoint.read_bytes(), bench.claims()
    assert look(bench, PENDING_THEN_SUKSES) is Exit.OPEN
    assert (bench.checkpoint.read_bytes(), bench.claims()) == before
    asked = [request for request in bench.sandbox.requests() if request.endpoint == "cekstatus"]
    assert asked


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (PENDING_THEN_SUKSES, "Tell them: it is paid: TSEL5"),
        (PENDING_THEN_GAGAL, "Tell them: it is not paid: TSEL5"),
        (PENDING_FOR_EVER, "still working on it"),
    ],
)
def test_a_pending_row_is_told_as_the_provider_has_it_now(
    bench: Bench, capsys: pytest.CaptureFixture[str], number: str, words: str
) -> None:
    bench.sheet(number)
    bench.run()
    bench.clock.pass_by(10)
    exit_code, out = said(bench, capsys, number)
    assert exit_code is Exit.OPEN
    assert words in out
    assert steps_in(out) == [f"bulk-topup settle {bench.path}"]


def test_offline_asks_nobody(bench: Bench) -> None:
    bench.sheet(A)
    bench.run()
    before = len(bench.sandbox.requests())
    assert look(bench, A, offline=True) is Exit.OK
    assert len(bench.sandbox.requests()) == before


def test_without_a_password_the_record_speaks_and_that_is_said(
    bench: Bench, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.sheet(A)
    bench.run()
    monkeypatch.delenv("BULK_TOPUP_USERNAME")
    monkeypatch.delenv("BULK_TOPUP_PASSWORD")
    capsys.readouterr()
    assert look(bench, A) is Exit.OK
    told = capsys.readouterr()
    assert "The provider was not asked" in told.err
    assert "Tell them: it was paid on" in told.out


def test_another_account_s_invoice_is_not_asked_about(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.sheet(A)
    bench.run()
    monkeypatch.setenv("BULK_TOPUP_USERNAME", "somebody-else")
    before = len(bench.sandbox.requests())
    assert look(bench, A) is Exit.OK
    assert len(bench.sandbox.requests()) == before


def test_a_provider_out_of_reach_changes_nothing_about_the_record(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.sheet(A)
    bench.run()
    bench.sandbox.stop()
    exit_code, out = said(bench, capsys, A)
    assert exit_code is Exit.OK
    assert f"the provider now: {Now.NO_ANSWER}" in out


@pytest.mark.parametrize(("recorded", "kind"), [("gagal", "gagal"), ("sukses", "sukses")])
def test_a_provider_that_contradicts_the_record_leaves_it_open_and_no_command_decides_it(
    bench: Bench, capsys: pytest.CaptureFixture[str], recorded: str, kind: str
) -> None:
    number = PENDING_THEN_SUKSES if recorded == "gagal" else PENDING_THEN_GAGAL
    bench.sheet(number)
    bench.run()
    with closing(sqlite3.connect(bench.checkpoint)) as db, db:
        db.execute("UPDATE orders SET status = ?", (recorded,))
        db.execute("UPDATE attempts SET kind = ?", (kind,))
    bench.clock.pass_by(10)
    exit_code, out = said(bench, capsys, number)
    assert exit_code is Exit.OPEN
    assert "Tell them: it is not certain: what the provider says now" in out
    assert f"Next: ask the provider about invoice {only(bench, number).invoice}" in out
    assert steps_in(out) == []


# -- what to tell the owner --------------------------------------------------------------------------------


def test_a_paid_row_is_told_with_day_serial_and_how_to_check(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.sheet(A)
    bench.run()
    _, out = said(bench, capsys, A)
    assert f"Tell them: it was paid on {bench.clock.now():%Y-%m-%d}" in out
    assert f"serial {only(bench, A).serial}" in out
    assert "*888#" in out


def test_only_a_telkomsel_number_is_told_telkomsel_s_code(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.sheet(INDOSAT, product="ISAT5")
    bench.run()
    _, out = said(bench, capsys, INDOSAT)
    assert "it was paid on" in out
    assert "*888#" not in out


@pytest.mark.parametrize(
    ("fault", "words", "command", "exit_code"),
    [
        (refusal("00"), "it is not paid: TSEL5", "run {sheet} --retry-failed", Exit.OK),
        (refusal("51"), "it was not paid a second time", "history", Exit.OK),
        (refusal("62"), "was rejected", "status {sheet}", Exit.OK),
        ("after close", "may be paid", "settle {sheet} --resend", Exit.OPEN),
    ],
)
def test_what_is_not_paid_is_told_with_what_to_do(
    sent_with: Callable[..., Bench],
    capsys: pytest.CaptureFixture[str],
    fault: str,
    words: str,
    command: str,
    exit_code: Exit,
) -> None:
    bench = sent_with(fault)
    came_to, out = said(bench, capsys, A)
    [line] = [line for line in out.splitlines() if line.startswith("Tell them: ")]
    assert words in line
    assert "bulk-topup" not in line
    assert steps_in(out) == [f"bulk-topup {command.format(sheet=bench.path)}"]
    assert came_to is exit_code


def test_of_several_rows_the_open_one_is_spoken_of_though_a_later_one_is_paid(
    sent_with: Callable[..., Bench], capsys: pytest.CaptureFixture[str]
) -> None:
    bench = sent_with("after close")
    bench.clock.pass_by(86_400)
    bench.path.write_text(f"No HP,Kode Produk\n{A},TSEL10\n", encoding="utf-8")
    bench.run(same_batch=True, wishes=Wishes(same_batch=True, include_changed=True))
    exit_code, out = said(bench, capsys, A)
    assert [one.status for one in on_record(bench, A).sent] == [Status.SUKSES, Status.UNKNOWN]
    assert "Tell them: it is not certain: TSEL5 " in out
    assert out.count("Tell them:") == 1
    [command] = steps_in(out)
    assert command.startswith(f"bulk-topup resolve {bench.path} --row 2 --number {A} --invoice TRX...")
    assert exit_code is Exit.OPEN


def test_a_row_that_was_held_back_is_told_as_not_sent_and_its_sheet_says_more(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.sheet(A, product="TSEL55")
    bench.run()
    exit_code, out = said(bench, capsys, A)
    assert f"Tell them: nothing has been sent to {A} yet: row 2 of bonus was held back" in out
    assert steps_in(out) == [f"bulk-topup status {bench.path}"]
    assert exit_code is Exit.NOT_ALL_PAID


def test_an_open_row_without_an_invoice_is_told_with_what_closes_it_and_by_when(
    sent_with: Callable[..., Bench], capsys: pytest.CaptureFixture[str]
) -> None:
    bench = sent_with("after close")
    _, today = said(bench, capsys, A)
    bench.clock.pass_by(86_400)
    _, tomorrow = said(bench, capsys, A)
    resolve = f'bulk-topup resolve {bench.path} --row 2 --number {A} --invoice TRX... --note "NAME"'
    resend = f"bulk-topup settle {bench.path} --resend"
    assert steps_in(today) == [resend]
    assert "today before 23:50 WIB" in today
    assert steps_in(tomorrow) == [resolve]
    assert "23:50" not in tomorrow


def test_an_accepted_row_is_told_as_held_by_the_provider_and_closed_with_its_invoice(
    sent_with: Callable[..., Bench], capsys: pytest.CaptureFixture[str]
) -> None:
    bench = sent_with("after close", refusal("51"))
    bench.clock.pass_by(90)
    bench.resend()
    exit_code, out = said(bench, capsys, A)
    assert only(bench, A).status is Status.ACCEPTED
    assert exit_code is Exit.OPEN
    assert "Tell them: it is paid or on its way: the provider has had TSEL5" in out
    [command] = steps_in(out)
    assert command.startswith(f"bulk-topup resolve {bench.path} --row 2 --number {A}")


def test_an_invoice_that_the_provider_does_not_know_is_told_in_its_own_words(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.sheet(PENDING_FOR_EVER)
    bench.run()
    with closing(sqlite3.connect(bench.checkpoint)) as db, db:
        db.execute("UPDATE attempts SET invoice = 'TRX999999'")
    _, out = said(bench, capsys, PENDING_FOR_EVER)
    assert "invoice TRX999999, serial -; at the provider now: no final answer (Provider: " in out
    assert "ask the provider today about invoice TRX999999" in out


def test_a_row_that_a_person_closed_is_told_with_who_when_and_why(
    sent_with: Callable[..., Bench], capsys: pytest.CaptureFixture[str]
) -> None:
    """The provider never said that it failed."""
    bench = sent_with("after close")
    capsys.readouterr()
    bench.resolve(Verdict(2, A, "", "Rina, hotline"))
    resolved = capsys.readouterr().out.partition("\n")[0]
    _, out = said(bench, capsys, A)
    show_status(bench.job(), Terminal(), bench.clock)
    status = capsys.readouterr().out
    closed = f"closed by hand: {who()}, {bench.clock.now():%Y-%m-%d %H:%M} (WIB), Rina, hotline"
    assert closed in out
    assert "failed at the provider" not in out
    assert "failed at the provider" not in resolved
    assert closed in status
    assert "or closed by hand (1)" in status


# -- the command -------------------------------------------------------------------------------------------


def test_the_command_prints_one_object(office: Office) -> None:
    (number,) = office.numbers(1)
    office.payroll("gaji.csv", [number])
    office.send("gaji.csv")
    came = office.run("find", number, "--json", "--rate", "500")
    assert came.exit == Exit.OK
    (one,) = came.json["sent"]
    assert (one["name"], one["row"], one["status"], one["now"]) == ("gaji", 2, "sukses", "sukses")
    assert one["day"] == one["sent_at"][:10]
    assert one["invoice"]
    assert came.json["summary"].startswith("it was paid on")
    assert (came.json["batches_searched"], came.json["progress_files_missing"]) == (1, [])


def test_a_rehearsal_is_looked_for_in_its_own_folder_alone(office: Office) -> None:
    real, rehearsed = office.numbers(2)
    office.payroll("gaji.csv", [real])
    office.send("gaji.csv")
    office.payroll("latihan.csv", [rehearsed])
    office.send("latihan.csv", "--sandbox")
    assert office.run("find", real, "--sandbox").exit == Exit.NOT_ALL_PAID
    assert office.run("find", rehearsed).exit == Exit.NOT_ALL_PAID
    found: Any = office.run("find", rehearsed, "--sandbox", "--json").json
    assert (found["exit_code"], found["sandbox"], found["sent"][0]["now"]) == (0, True, "sukses")


def test_where_nothing_was_sent_yet_is_no_never(office: Office) -> None:
    """A record that is not there has not said that nothing was sent."""
    came = office.run("find", "081234567890")
    assert came.exit == Exit.NOTHING_SENT
    assert "there is no record of all top-ups" in came.err


# -- a complaint -------------------------------------------------------------------------------------------


def test_a_complaint_tells_the_hotline_in_indonesian_what_was_said_then_and_now(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.sheet(PENDING_FOR_EVER)
    bench.run()
    one = only(bench, PENDING_FOR_EVER)
    connection = Connection(base_url=bench.sandbox.url, rate_per_s=500.0, timeout_s=10.0)
    ledger = str(bench.folder / "ledger.db")
    capsys.readouterr()
    came = find.find_number(
        connection, ledger, Terminal(), bench.clock, PENDING_FOR_EVER, offline=False, complaint=True
    )
    letter = capsys.readouterr().out
    assert came is Exit.OPEN
    assert letter.startswith("Yth. MMBC")
    assert f"Invoice: {one.invoice}\n" in letter
    assert f"Nomor: {PENDING_FOR_EVER}\n" in letter
    assert "Produk: TSEL5 (Rp5.000)\n" in letter
    assert "Jawaban sekarang: pending" in letter
    assert "bulk-topup" not in letter
    assert say.speaking()[0] is ENGLISH


def test_there_is_no_complaint_about_what_was_never_sent(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.sheet(A)
    bench.run()
    capsys.readouterr()
    connection = Connection(base_url=bench.sandbox.url, rate_per_s=500.0, timeout_s=10.0)
    ledger = str(bench.folder / "ledger.db")
    find.find_number(connection, ledger, Terminal(), bench.clock, C, offline=True, complaint=True)
    assert "Yth." not in capsys.readouterr().out


@pytest.mark.parametrize(("month", "options"), [(1, "--retry-failed"), (2, "--retry-failed --same-batch")])
def test_what_is_offered_for_a_failed_row_works_in_a_later_month_too(month: int, options: str) -> None:
    facts = ("acct", "u", "b", "bonus", "bonus.csv", 2, "TSEL5", 5_000, Status.GAGAL, "no")
    failed = sent_to.Sent(*facts, sent_at="2025-01-20 10:00:00")
    step = with_found(Typed(), "081234567890", *person.next_step_of(failed, NOW.replace(month=month)))
    assert step.command.endswith(f"run bonus.csv {options}")


# -- all that is kept, as a file ---------------------------------------------------------------------------


def test_all_that_is_kept_of_a_number_is_saved_with_what_happened_to_it(bench: Bench) -> None:
    bench.sheet(PENDING_FOR_EVER, B)
    bench.run()
    (invoice,) = (one.invoice for one in bench.paid() if one.number == PENDING_FOR_EVER)
    path = bench.folder / "person.xlsx"
    look(bench, PENDING_FOR_EVER, offline=True, output=path)
    book = openpyxl.load_workbook(path)
    rows, summary, trail = ([list(line) for line in sheet.iter_rows(values_only=True)] for sheet in book)
    assert [(line[0], line[1], line[12]) for line in rows[1:]] == [
        ("bonus", "2", f"No HP: {PENDING_FOR_EVER}; Kode Produk: TSEL5")
    ]
    assert [(line[3], line[6]) for line in trail[1:]] == [("pending", invoice)]
    assert PENDING_FOR_EVER in str(summary[0][0])
    assert B not in str((rows, summary, trail))


def test_a_file_that_is_there_is_never_replaced(bench: Bench) -> None:
    bench.sheet(A)
    bench.run()
    with pytest.raises(InputError) as refused:
        look(bench, A, offline=True, output=bench.path)
    assert refused.value.code == "new_file.suffix"

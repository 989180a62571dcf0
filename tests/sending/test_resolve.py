"""What a person says of a row is about one top-up: it frees no other one that was paid."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import openpyxl
import pytest

from bulk_topup.commands.credentials import credentials
from bulk_topup.core.errors import Exit, InputError
from bulk_topup.core.model import Kind, Outcome, Then
from bulk_topup.core.status import Status
from bulk_topup.record.ledger.values import Decision
from bulk_topup.rules.orders import Wishes
from bulk_topup.sandbox import rules as sandbox_rules
from bulk_topup.sandbox.testnumbers import TestNumber
from bulk_topup.sending.answers import read_answers
from bulk_topup.sending.resolve import Verdict, as_iso
from bulk_topup.sending.resolve_record import Finding, close_from_record
from bulk_topup.sending.session import tools_of
from tests.desk_bench import Bench, on_isipulsa, refusal
from tests.faults import Faults

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bulk_topup.sandbox.testnumbers import Settling

    MakeBench = Callable[..., Bench]
    Settles = Callable[[Settling | None], None]

A, B = "081234500001", "081234500002"
LOST, PAID_AND_LOST = "before close", "after close"


@pytest.fixture
def settles(monkeypatch: pytest.MonkeyPatch) -> Settles:
    """What becomes of top-ups from now on: paid at once, or pending and then this."""

    def settles(how: Settling | None) -> None:
        monkeypatch.setattr(sandbox_rules, "behaviour_of", lambda _: TestNumber("", "", settles=how))

    return settles


def said(number: str, invoice: str = "", row: int = 2) -> Verdict:
    return Verdict(row, number, invoice, "Rina, hotline")


def refused(bench: Bench, verdict: Verdict) -> str:
    with pytest.raises(InputError) as why:
        bench.resolve(verdict)
    return why.value.code


def test_the_invoice_of_a_try_that_failed_frees_nothing_that_is_paid_on_record(
    make_bench: MakeBench, settles: Settles
) -> None:
    """An older progress file knows of neither try: the first failed, the second was paid."""
    bench = make_bench(B)
    bench.run()
    older = bench.checkpoint.read_bytes()
    bench.sheet(B, A)
    settles("gagal")
    bench.run(wait_s=30.0)
    settles(None)
    assert bench.run(retry_failed=True) is Exit.OK
    _, failed, paid = bench.sandbox.book()
    bench.checkpoint.write_bytes(older)
    assert bench.run() is Exit.OPEN
    claims = bench.claims()

    assert refused(bench, said(A, row=3)) == "resolve.paid_on_record"
    assert refused(bench, said(A, failed.invoice, row=3)) == "resolve.paid_on_record"

    assert bench.claims() == claims
    assert bench.resolve(said(A, paid.invoice, row=3)) is Exit.OK


def test_the_invoice_that_failed_closes_a_row_whose_repeat_was_refused(
    make_bench: MakeBench, settles: Settles
) -> None:
    """It is that of the attempt whose answer was lost; the 51 was about it while it was pending."""
    settles("gagal")
    bench = make_bench(A, faults=on_isipulsa(PAID_AND_LOST, refusal("51")))
    bench.run()
    bench.clock.pass_by(61)
    bench.resend()
    assert bench.statuses() == ["accepted"]

    assert bench.resolve(said(A, bench.sandbox.book()[0].invoice)) is Exit.NOT_ALL_PAID

    assert (bench.statuses(), bench.kinds(), bench.claims()) == (["gagal"], ["gagal", "exists"], [])


# -- an answer to an earlier question ----------------------------------------------------------------------


def answers_of(bench: Bench, *rows: tuple[str, ...], header: str = "row,number,invoice") -> list[Verdict]:
    """From a file that was saved just now."""
    path = bench.folder / "answers.csv"
    path.write_text("\n".join([header, *map(",".join, rows)]) + "\n")
    now = bench.clock.now().timestamp()
    os.utime(path, (now, now))
    return read(path)


def read(path: Path) -> list[Verdict]:
    return [one for one in read_answers(path, "Rina") if isinstance(one, Verdict)]


def test_a_file_of_answers_that_was_added_to_closes_no_row_a_second_time(make_bench: MakeBench) -> None:
    """Its first answer was applied; then the row was sent again and paid, and that answer was lost."""
    bench = make_bench(A, B, faults=on_isipulsa(LOST, PAID_AND_LOST, PAID_AND_LOST))
    bench.run()
    bench.resolve(*answers_of(bench, ("2", A, "not sent"), ("3", B, "")))
    bench.clock.pass_by(600)
    assert bench.run(retry_failed=True) is Exit.OPEN
    bench.clock.pass_by(600)
    (other, _) = bench.paid()

    (old, _) = added = answers_of(bench, ("2", A, "not sent"), ("3", B, other.invoice))

    assert bench.resolve(*added) is Exit.OPEN
    assert bench.statuses() == ["unknown", "sukses"]
    assert refused(bench, old) == "resolve.answered_before"
    (again,) = bench.select("SELECT max(begun_at) FROM attempts WHERE order_id = 1")
    named = replace(old, sent_at=again[0][:19].replace("T", " "))
    assert bench.resolve(named) is Exit.NOT_ALL_PAID


def test_an_answer_with_another_time_than_the_rows_is_about_another_top_up(make_bench: MakeBench) -> None:
    """In a results workbook, each open row has the time at which it was sent."""
    bench = make_bench(A, faults=on_isipulsa(LOST, PAID_AND_LOST))
    bench.run()
    before = bench.rows()[0]["sent_at"]
    bench.clock.pass_by(120)
    bench.resend()
    bench.clock.pass_by(7_200)
    (now,) = {row["sent_at"] for row in bench.rows()}

    for header in ("row,number,invoice,sent_at", "baris,nomor,invoice,dikirim pada (WIB)"):
        (answer,) = answers_of(bench, ("2", A, "not sent", before), header=header)
        assert refused(bench, answer) == "resolve.other_time"
    (answer,) = answers_of(bench, ("2", A, "not sent", as_excel_saves(before)), header=header)
    assert refused(bench, answer) == "resolve.other_time"
    (answer,) = answers_of(bench, ("2", A, "not sent", as_excel_saves(now)), header=header)
    assert bench.resolve(answer) is Exit.NOT_ALL_PAID


def as_excel_saves(moment: str) -> str:
    """In a CSV file that it opened and saved in Indonesia."""
    return f"{datetime.fromisoformat(moment):%d/%m/%Y %H.%M}"


@pytest.mark.parametrize(
    ("shown", "meant"),
    [
        ("20/01/2025 10.05", "2025-01-20 10:05"),
        ("1/20/2025 9:05", "2025-01-20 09:05"),
        ("20-1-2025, 10:05:33", "2025-01-20 10:05:33"),
        ("2025-01-20 10:05", None),
        ("20/01/2025", None),
    ],
)
def test_a_time_is_read_as_spreadsheet_programs_show_it(shown: str, meant: str | None) -> None:
    assert (meant in as_iso(shown)) if meant else not as_iso(shown)


def test_not_sent_of_what_was_just_sent_again_has_to_name_the_last_top_up(make_bench: MakeBench) -> None:
    """A person asked about the first one, while a colleague sent it again and paid it."""
    bench = make_bench(A, faults=on_isipulsa(LOST, PAID_AND_LOST))
    bench.run()
    (before,) = bench.rows()
    bench.clock.pass_by(120)
    bench.resend()
    bench.clock.pass_by(5)

    assert refused(bench, said(A)) == "resolve.sent_again"
    assert refused(bench, replace(said(A), sent_at=before["sent_at"])) == "resolve.other_time"
    (now,) = bench.rows()
    bench.clock.pass_by(3_000)
    assert refused(bench, said(A)) == "resolve.sent_again"
    assert bench.resolve(replace(said(A), sent_at=now["sent_at"])) is Exit.NOT_ALL_PAID


def test_not_sent_counts_without_a_time_an_hour_after_the_last_top_up(make_bench: MakeBench) -> None:
    bench = make_bench(A, faults=on_isipulsa(LOST, LOST))
    bench.run()
    bench.clock.pass_by(120)
    bench.resend()
    bench.clock.pass_by(3_700)

    assert bench.resolve(said(A)) is Exit.NOT_ALL_PAID


@pytest.mark.parametrize("tab", [0, -1], ids=["all rows", "the open ones"])
def test_a_results_workbook_with_answers_speaks_of_its_own_top_ups(make_bench: MakeBench, tab: int) -> None:
    bench = make_bench(A, faults=on_isipulsa(LOST))
    bench.run()
    path = bench.folder / "bonus.results.xlsx"
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[tab]
    header = [cell.value for cell in sheet[1]]
    sheet.cell(2, header.index("invoice") + 1, "not sent")
    for other in book.worksheets:
        if other is not sheet:
            book.remove(other)
    book.save(path)

    (answer,) = read(path)

    assert answer.sent_at == bench.select("SELECT begun_at FROM attempts")[0][0][:19].replace("T", " ")
    assert bench.resolve(replace(answer, at=None)) is Exit.NOT_ALL_PAID


# -- closed from the record --------------------------------------------------------------------------------


def close(bench: Bench, invoice: str = "", row: int | None = None) -> Status:
    """What the row of A is now, closed without its progress file."""
    job = bench.job()
    found = Finding("bonus", A, row, invoice, "Rina, hotline")
    with tools_of(job, credentials(job.connection), bench.clock) as tools:
        return close_from_record(found, tools, "rina")[1]


def test_an_invoice_that_failed_closes_nothing_without_the_progress_file(
    make_bench: MakeBench, settles: Settles
) -> None:
    """The row was sent once more and paid, which its claim does not tell."""
    bench = make_bench(A, faults=on_isipulsa(PAID_AND_LOST, PAID_AND_LOST))
    settles("gagal")
    bench.run()
    bench.clock.pass_by(120)
    settles(None)
    bench.resend()
    bench.clock.pass_by(7_200)
    progress = bench.checkpoint.read_bytes()
    bench.checkpoint.unlink()
    failed, paid = bench.sandbox.book()
    claims = bench.claims()

    with pytest.raises(InputError) as why:
        close(bench, failed.invoice)

    assert (why.value.code, bench.claims()) == ("resolve.failed_on_record", claims)

    # An earlier version took it for the row's last word, and freed its slot.
    outcome = Outcome(Kind.GAGAL, Then.GO_ON, "outcome.gagal_later", invoice=failed.invoice)
    at = bench.clock.now().isoformat()
    job = bench.job()
    with tools_of(job, credentials(job.connection), bench.clock) as tools:
        (claim,) = tools.ledger.open_claims(A)
        decision = Decision.of(outcome, claim, at=at, who="rina", note="")
        assert tools.ledger.decide(decision, claim.batch, Status.GAGAL, None)
    bench.checkpoint.write_bytes(progress)
    for _ in range(2):
        assert bench.settle() is Exit.OPEN
    assert (bench.statuses(), bench.claims()) == (["unknown"], claims)
    assert bench.resolve(said(A, paid.invoice)) is Exit.OK


def test_the_invoice_of_a_copy_closes_no_other_copy_of_the_same_batch(make_bench: MakeBench) -> None:
    """The first was paid; the second never left."""
    bench = make_bench(A, A, faults=on_isipulsa(None, LOST))
    assert bench.run(wishes=Wishes(repeat_duplicates=True)) is Exit.OPEN
    bench.clock.pass_by(7_200)
    bench.checkpoint.unlink()

    with pytest.raises(InputError) as why:
        close(bench, bench.paid()[0].invoice)

    assert (why.value.code, why.value.facts["other"]) == ("resolve.other_copy", 2)
    assert [state for *_, state in bench.claims()] == ["paid", "open"]
    assert close(bench) is Status.GAGAL


def test_not_sent_said_of_the_record_holds_in_an_older_progress_file_too(
    make_bench: MakeBench, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is from before the row was sent."""
    bench = make_bench(B, faults=on_isipulsa(None, PAID_AND_LOST))
    bench.run()
    older = bench.checkpoint.read_bytes()
    bench.sheet(B, A)
    assert bench.run() is Exit.OPEN
    bench.clock.pass_by(7_200)
    bench.checkpoint.unlink()
    assert close(bench) is Status.GAGAL
    bench.checkpoint.write_bytes(older)
    bench.clock.pass_by(86_400)

    bench.run(same_batch=True)
    assert (bench.statuses(), len(bench.sent())) == (["sukses", "gagal"], 2)
    assert [number for number, *_ in bench.claims()] == [B]
    bench.run(wishes=Wishes(strict=True, retry_failed=True, same_batch=True))
    assert len(bench.sent()) == 2
    assert "look it up at the provider again before you send it once more" in bench.rows()[1]["reason"]


# -- an answer that is not of this top-up ------------------------------------------------------------------


def test_an_answer_with_the_invoice_of_a_try_that_failed_says_nothing_of_the_next(
    make_bench: MakeBench,
) -> None:
    """The provider paid the second try, and answered as it had answered the first."""
    words = {"result": "ok", "invoice": "TRX1", "kodeoperator": "TSEL5"}
    pending = json.dumps({**words, "nomorpelanggan": A, "status": "pending"})
    failed = json.dumps({**words, "nomortujuan": A, "status": "gagal"})
    answers = {1: f"before otherjson:{pending}", 2: f"after otherjson:{pending}"}
    questions = dict.fromkeys(range(1, 9), f"before otherjson:{failed}")
    bench = make_bench(A, faults=Faults.listed({"isipulsa": answers, "cekstatus": questions}))
    bench.run(wait_s=30.0)
    assert bench.statuses() == ["gagal"]

    assert bench.run(retry_failed=True) is Exit.STOPPED
    for _ in range(2):
        bench.clock.pass_by(61)
        assert bench.settle(wait_s=30.0) is Exit.OPEN

    assert (bench.statuses(), bench.rows()[0]["invoice"]) == (["unknown"], "")
    assert [state for *_, state in bench.claims()] == ["open"]
    assert refused(bench, said(A, "TRX1")) == "resolve.settled"
    assert (bench.resend(), bench.statuses(), len(bench.paid())) == (Exit.OPEN, ["accepted"], 1)


def test_a_wrong_date_does_not_make_the_invoice_of_another_batch_of_today_ones_own(
    make_bench: MakeBench,
) -> None:
    old = {"result": "ok", "tanggal": "2020-01-01 11:00:00", "invoice": "TRX100001", "kodeoperator": "TSEL5"}
    answer = json.dumps({**old, "nomorpelanggan": A, "status": "sukses", "debet": "5650", "saldo": "1000"})
    bench = make_bench(A, faults=on_isipulsa(None, f"before otherjson:{answer}"))
    bench.run()
    assert bench.paid()[0].invoice == "TRX100001"
    bench.path.write_text(f"No HP,Kode Produk,Pengisian Ke\n{A},TSEL5,2\n")

    bench.run(wishes=Wishes(new_batch=True), again=True)

    assert (bench.statuses(), bench.rows()[0]["invoice"]) == (["unknown"], "")
    assert sorted(state for *_, state in bench.claims()) == ["open", "paid"]

"""Old numbers are removed from the ledger; nothing that still protects, or is open, ever is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulk_topup.commands import forget as forget_
from bulk_topup.commands.terminal import Terminal
from bulk_topup.core.errors import Declined, Exit, InputError
from bulk_topup.core.model import Kind, Outcome, Then
from bulk_topup.core.status import Status
from bulk_topup.record import batches
from bulk_topup.record.ledger.address import ledger_url
from bulk_topup.record.ledger.claims import Ledger
from bulk_topup.record.ledger.register import register_of
from bulk_topup.record.ledger.values import BatchEntry, Decision
from tests.builders import NOW, TODAY, an_order, claim
from tests.desk_bench import Bench

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Office
    from tests.postgres import Server

A, B = "081234500001", "081234500002"
PENDING_FOR_EVER = "081200001201"
NOT_PAID = "081200000011"
SCOPE = {"account": "agent", "base_url": "https://provider.example"}
LONG_S = 40 * 86_400
TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    made = Bench(tmp_path, monkeypatch)
    yield made
    made.close()


def forget(bench: Bench, days_ago: int, *, yes: bool = True, overlap_days: int = 20) -> Exit:
    before = bench.clock.now().date() - timedelta(days=days_ago)
    ledger = str(bench.folder / "ledger.db")
    return forget_.forget_numbers(before, overlap_days, ledger, Terminal(), bench.clock, yes=yes)


def numbers_in(bench: Bench) -> list[str]:
    return [number for number, _, _ in bench.claims()]


# -- what is removed, and what is not ----------------------------------------------------------------------


def test_numbers_of_finished_batches_of_earlier_days_are_gone(bench: Bench) -> None:
    bench.sheet(A, B)
    bench.run()
    bench.clock.pass_by(LONG_S)
    assert forget(bench, 20) is Exit.OK
    assert numbers_in(bench) == []


def test_not_a_byte_of_them_stays_in_the_ledger_s_file(bench: Bench) -> None:
    bench.sheet(*(f"0812345{n:05d}" for n in range(200)))
    bench.run()
    bench.clock.pass_by(LONG_S)
    path = bench.folder / "ledger.db"
    assert b"081234500007" in path.read_bytes()
    forget(bench, 20)
    left = b"".join(file.read_bytes() for file in bench.folder.glob("ledger.db*"))
    assert b"0812345" not in left


def test_no_number_of_a_batch_with_something_open_is_removed(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.sheet(A, PENDING_FOR_EVER)
    bench.run()
    bench.clock.pass_by(LONG_S)
    assert forget(bench, 20) is Exit.OK
    assert sorted(numbers_in(bench)) == sorted([A, PENDING_FOR_EVER])
    assert "bonus: kept, because it still has open rows (1)" in capsys.readouterr().out


def test_the_batch_s_own_count_of_what_is_open_keeps_it_too(bench: Bench) -> None:
    """As where the claim of its open row is lost."""
    bench.sheet(A, PENDING_FOR_EVER)
    bench.run()
    with closing(sqlite3.connect(bench.folder / "ledger.db")) as db, db:
        db.execute("DELETE FROM claims WHERE state = 'open'")
    bench.clock.pass_by(LONG_S)
    forget(bench, 20)
    assert numbers_in(bench) == [A]


def test_numbers_of_the_day_itself_and_later_stay(bench: Bench) -> None:
    bench.sheet(A)
    bench.run()
    bench.clock.pass_by(30 * 86_400)
    assert forget(bench, 30) is Exit.OK
    assert numbers_in(bench) == [A]
    assert forget(bench, 29) is Exit.OK
    assert numbers_in(bench) == []


@pytest.mark.parametrize("days_ago", [-1, 0, 1, 19])
def test_a_day_that_still_protects_is_refused_with_the_latest_that_may_be_given(
    bench: Bench, days_ago: int
) -> None:
    bench.sheet(A)
    bench.run()
    with pytest.raises(InputError) as refused:
        forget(bench, days_ago)
    assert refused.value.code == "forget.too_recent"
    assert refused.value.facts["latest"] == bench.clock.now().date() - timedelta(days=20)
    assert numbers_in(bench) == [A]


def test_on_a_server_its_clock_says_which_day_still_protects(bench: Bench, postgres: Server) -> None:
    """Not that of a computer which is a month ahead: what others paid this week would be gone."""
    address = postgres.fresh()
    Ledger(ledger_url(address), **SCOPE).close()
    today = bench.clock.now().date()
    bench.clock.pass_by(LONG_S)
    with pytest.raises(InputError) as refused:
        forget_.forget_numbers(today - timedelta(days=5), 20, address, Terminal(), bench.clock, yes=True)
    assert refused.value.code == "forget.too_recent"
    assert refused.value.facts["latest"] == today - timedelta(days=20)


def test_the_days_that_a_run_looks_back_are_those_that_are_kept(bench: Bench) -> None:
    bench.sheet(A)
    bench.run()
    bench.clock.pass_by(LONG_S)
    with pytest.raises(InputError):
        forget(bench, 39, overlap_days=60)
    assert numbers_in(bench) == [A]


DAYS = st.integers(0, 60).map(lambda days: TODAY - timedelta(days=days))
CLAIMS = st.lists(
    st.tuples(DAYS, st.integers(1, 6), st.sampled_from([Status.SUKSES, Status.DUPLICATE, Status.UNKNOWN])),
    max_size=20,
)


@settings(max_examples=40, deadline=None)
@given(claims=CLAIMS, before=DAYS)
def test_whatever_is_on_record_nothing_open_and_nothing_recent_goes(
    tmp_path_factory: pytest.TempPathFactory,
    claims: list[tuple[date, int, Status]],
    before: date,
) -> None:
    path = tmp_path_factory.mktemp("forget") / "ledger.db"
    with closing(Ledger(ledger_url(str(path)), **SCOPE)) as ledger:
        for nth, (day, batch, status) in enumerate(claims):
            order = an_order(f"0812{nth:08}")
            assert claim(ledger, order, day, f"t{nth}", f"b{batch}", "gaji", NOW, since=day) is None
            ledger.conclude(f"t{nth}", status)
        open_batches = {batch for _, batch, status in claims if status is Status.UNKNOWN}
        kept = {
            f"t{nth}" for nth, (day, batch, _) in enumerate(claims) if day >= before or batch in open_batches
        }
        with closing(register_of(str(path))) as register:
            told = sum(register.forgettable(before).values())
            assert register.forget(before) == told == len(claims) - len(kept)
        left = {str(claim["token"]) for n in range(1, 7) for claim in ledger.own(f"b{n}")}
    assert left == kept


# -- one person's ------------------------------------------------------------------------------------------


def forget_one(bench: Bench, number: str = A, *, yes: bool = True) -> Exit:
    return forget_.forget_number(
        number, 20, str(bench.folder / "ledger.db"), Terminal(), bench.clock, yes=yes
    )


def test_one_number_goes_and_all_others_stay(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.sheet(A, B)
    bench.run()
    bench.clock.pass_by(LONG_S)
    capsys.readouterr()
    assert forget_one(bench) is Exit.OK
    assert numbers_in(bench) == [B]
    out = capsys.readouterr().out
    assert "kept for ten years" in out
    assert f"  {bench.checkpoint}\n" in out


def test_what_is_recent_is_kept_and_named_with_the_day_until_which(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.sheet(A)
    bench.run()
    bench.clock.pass_by(20 * 86_400)
    assert forget_one(bench, yes=False) is Exit.OK
    assert numbers_in(bench) == [A]
    tomorrow = bench.clock.now().date() + timedelta(days=1)
    assert f"bonus, row 2: kept until {tomorrow}" in capsys.readouterr().out
    bench.clock.pass_by(86_400)
    forget_one(bench)
    assert numbers_in(bench) == []


def test_what_is_open_or_in_a_batch_with_something_open_is_kept(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.sheet(A, PENDING_FOR_EVER)
    bench.run()
    bench.clock.pass_by(LONG_S)
    capsys.readouterr()
    forget_one(bench, A)
    assert "that batch still has open rows" in capsys.readouterr().out
    forget_one(bench, PENDING_FOR_EVER)
    assert "not settled yet and may be paid" in capsys.readouterr().out
    assert sorted(numbers_in(bench)) == sorted([A, PENDING_FOR_EVER])


def test_a_batch_begun_before_the_last_of_its_top_ups_sends_nothing_more(bench: Bench) -> None:
    """Another batch may have paid that number since it began."""
    bench.sheet(A, NOT_PAID)
    bench.run()
    bench.clock.pass_by(LONG_S)
    forget_one(bench)
    sent = len(bench.sent())
    with pytest.raises(InputError) as refused:
        bench.run(retry_failed=True, same_batch=True)
    assert refused.value.code == "batch.forgotten"
    assert len(bench.sent()) == sent


def test_a_command_on_its_old_batch_does_not_bring_it_back(bench: Bench) -> None:
    bench.sheet(A, B)
    bench.run()
    bench.clock.pass_by(LONG_S)
    forget_one(bench)
    bench.settle()
    assert numbers_in(bench) == [B]


def test_copies_and_plans_that_hold_it_are_named_and_plans_too_old_are_gone(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.sheet(A, B)
    bench.run()
    book = openpyxl.Workbook()
    book.worksheets[0].append([A.removeprefix("0")])
    book.save(bench.folder / "corrected.xlsx")
    (bench.folder / "nobody.csv").write_text("081299999999", encoding="utf-8")
    (bench.folder / "saved as.fods").write_text(f"<text:p>{A}</text:p>", encoding="utf-8")
    days = {"K7QF-2MXA-9TRB-C4WD": 0, "AAAA-2MXA-9TRB-C4WD": LONG_S // 86_400 + 1}
    bench.clock.pass_by(LONG_S)
    for code, ago in days.items():
        checked = bench.clock.now().date() - timedelta(days=ago)
        path = bench.folder / f"bonus.{code}.plan"
        path.write_text(f'{{"checked": "{checked}"}}\n["{A}"]', encoding="utf-8")
    capsys.readouterr()
    forget_one(bench)
    named = {
        Path(line.strip()).name for line in capsys.readouterr().out.splitlines() if line.startswith("  ")
    }
    assert named == {
        *("bonus.csv", "bonus.checkpoint.db", "bonus.results.xlsx"),
        *("corrected.xlsx", "saved as.fods", "bonus.K7QF-2MXA-9TRB-C4WD.plan"),
    }
    assert not (bench.folder / "bonus.AAAA-2MXA-9TRB-C4WD.plan").exists()


def test_it_can_be_rehearsed(office: Office) -> None:
    office.payroll("bonus.csv", [A])
    office.send("bonus.csv", "--sandbox")
    said = office.run("forget", "--number", A, "--sandbox", "--yes", "--json").json
    assert (said["exit_code"], said["removed"]) == (Exit.OK, 0)
    assert [one["why"] for one in said["kept"]] == ["forget.kept_recent"]
    assert Path(said["files_left"][0]).name == "bonus.csv"


@pytest.mark.parametrize("options", [(), ("--number", A, "--before", "2025-01-01")])
def test_it_is_one_number_or_those_of_before_a_day(office: Office, options: tuple[str, ...]) -> None:
    done = office.run("forget", *options)
    assert (done.exit, "--number 08..." in done.err) == (Exit.NOTHING_SENT, True)


# -- nobody is paid twice because of it --------------------------------------------------------------------


def test_a_batch_begun_before_the_forgotten_day_sends_nothing_more(bench: Bench) -> None:
    """Whom other batches paid since it began can no longer be seen."""
    bench.sheet(A, NOT_PAID)
    bench.run()
    bench.clock.pass_by(LONG_S)
    forget(bench, 20)
    sent = len(bench.sent())
    with pytest.raises(InputError) as refused:
        bench.run(retry_failed=True, same_batch=True)
    assert refused.value.code == "batch.forgotten"
    assert len(bench.sent()) == sent


def test_a_batch_begun_later_goes_on_as_before(bench: Bench) -> None:
    bench.sheet(A, NOT_PAID)
    bench.run()
    bench.clock.pass_by(86_400)
    forget(bench, 20)
    bench.run(retry_failed=True, same_batch=True)
    assert len(bench.sent()) == 3


def test_a_sheet_that_is_paid_is_still_known_to_be_paid(bench: Bench) -> None:
    """Its own progress file says so, whatever the ledger has forgotten."""
    bench.sheet(A)
    bench.run()
    bench.clock.pass_by(LONG_S)
    forget(bench, 20)
    with pytest.raises(InputError) as refused:
        bench.run()
    assert refused.value.code == "batch.earlier_month"
    assert len(bench.sent()) == 1


def test_the_day_that_is_forgotten_never_steps_back(bench: Bench) -> None:
    bench.sheet(A)
    bench.run()
    bench.clock.pass_by(LONG_S)
    forget(bench, 20)
    forget(bench, 30)
    with closing(register_of(str(bench.folder / "ledger.db"))) as register:
        assert register.forgotten_before() == bench.clock.now().date() - timedelta(days=20)


def test_remembering_is_asked_for_only_where_something_was_forgotten() -> None:
    batches.assert_remembered(TODAY, None)
    batches.assert_remembered(None, TODAY)
    batches.assert_remembered(TODAY, TODAY)
    with pytest.raises(InputError):
        batches.assert_remembered(TODAY - timedelta(days=1), TODAY)


# -- asking and telling ------------------------------------------------------------------------------------


def test_nothing_is_removed_where_nobody_can_say_yes(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.sheet(A)
    bench.run()
    bench.clock.pass_by(LONG_S)
    with pytest.raises(Declined) as declined:
        forget(bench, 20, yes=False)
    assert declined.value.code == "forget.no_terminal"
    assert "Remove 1 phone number" in capsys.readouterr().err
    assert numbers_in(bench) == [A]


@pytest.mark.parametrize(("before", "number", "left"), [(TODAY, "", 2), (TOMORROW, B, 1), (TOMORROW, "", 0)])
def test_a_decision_outlives_the_number_that_it_was_about(
    tmp_path: Path, before: date, number: str, left: int
) -> None:
    path = tmp_path / "ledger.db"
    with closing(Ledger(ledger_url(str(path)), **SCOPE)) as ledger:
        for nth, one in enumerate((A, B)):
            claim(ledger, an_order(one), TODAY, f"t{nth}", "b1", "gaji", NOW, since=TODAY)
            (open_,) = ledger.open_claims(one)
            outcome = Outcome(Kind.GAGAL, Then.GO_ON, "")
            decision = Decision.of(outcome, open_, at=NOW.isoformat(), who="Rina", note="")
            assert ledger.decide(decision, "b1", Status.GAGAL, None)
        with closing(register_of(str(path))) as register:
            register.forget(before, number)
        decisions = ledger.decisions("b1")
    assert [one.token for one in decisions] == ["t0", "t1"]
    assert [bool(one.claim) for one in decisions].count(True) == left


@pytest.mark.parametrize(("answer", "left"), [("n", 1), ("", 1), ("y", 0)])
def test_a_person_at_a_terminal_is_asked_with_the_counts(office: Office, answer: str, left: int) -> None:
    path = office.folder.parent / "ledger.db"
    with closing(Ledger(ledger_url(str(path)), **SCOPE)) as ledger:
        claim(ledger, an_order(A), TODAY, "t1", "b1", "gaji", NOW, since=TODAY)
        ledger.conclude("t1", Status.SUKSES)
    came = office.run("forget", "--before", "2025-06-01", answers=[("[y/N]", answer)])
    assert came.exit == (Exit.OK if answer == "y" else Exit.NOTHING_SENT)
    assert "2025-01-20  gaji: 1 phone number to remove" in came.out
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM claims").fetchone() == (left,)


def test_the_files_that_still_hold_numbers_are_named(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.sheet(A)
    bench.run()
    bench.clock.pass_by(LONG_S)
    capsys.readouterr()
    forget(bench, 20)
    out = capsys.readouterr().out
    for path in (bench.checkpoint, bench.folder / "bonus.results.xlsx", bench.path):
        assert f"  {path}\n" in out


def test_where_nothing_is_old_enough_nothing_is_asked(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.sheet(A)
    bench.run()
    assert forget(bench, 20, yes=False) is Exit.OK
    assert "There is nothing to remove." in capsys.readouterr().out


def test_the_command_prints_one_object(office: Office) -> None:
    path = office.folder.parent / "ledger.db"
    with closing(Ledger(ledger_url(str(path)), **SCOPE)) as ledger:
        claim(ledger, an_order(A), TODAY, "t1", "b1", "gaji", NOW, since=TODAY)
        ledger.conclude("t1", Status.SUKSES)
        ledger.record(
            BatchEntry(
                SCOPE["account"], SCOPE["base_url"], "b1", "gaji", "/gone", "2025-01-20", "t", 1, 1, 0, 0
            )
        )
    said = office.run("forget", "--before", "2025-06-01", "--yes", "--json").json
    assert (said["exit_code"], said["removed"], said["files_left"]) == (0, 1, [])
    listed = office.run("history", "--json").json["batches"]
    assert "gaji" in {batch["name"] for batch in listed}

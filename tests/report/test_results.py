"""What the results say: every row exactly once, what became of it, and the exit code that goes with it."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_topup.core.errors import Exit
from bulk_topup.core.model import Finding, Kind, Level
from bulk_topup.core.results_columns import RESULT_COLUMNS
from bulk_topup.core.status import Paid, Status
from bulk_topup.record.lines import Line
from bulk_topup.record.tally import Tally, tally
from bulk_topup.report import result_lines, results_workbook
from bulk_topup.report.summary import Sums, results_summary_rows
from bulk_topup.report.words import say
from bulk_topup.rules import books
from tests.builders import (
    ANDI,
    BUDI,
    CITRA,
    DEWI,
    HEADER,
    a_checkpoint,
    an_outcome,
    attempted,
    orders_in,
    plan_of,
    sheet_of,
    topups,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bulk_topup.record.checkpoint import Checkpoint
    from tests.conftest import Office

CLOSED = books.Books(100_000, 80_000, 10_000, 5_000, (4, 9), 150, closing_at="2025-01-20T19:31:00+07:00")
OPEN = [Status.PENDING, Status.ACCEPTED, Status.UNKNOWN]
NOT_PAID = [Status.GAGAL, Status.DUPLICATE, Status.INVALID, Status.UNSENT]


def a_line(status: Status, **other: Any) -> Line:
    facts: dict[str, Any] = {
        "row": 2,
        "cells": ("Andi", ANDI, "S5"),
        "why": (),
        "number": ANDI,
        "product": "S5",
        "operator": "TELKOMSEL",
        "price": 5_630,
        "attempt": None,
        "note": None,
        "removed": False,
    }
    return Line(status=status, **(facts | other))


def an_attempt(code: str | None, **other: Any) -> Mapping[str, Any]:
    names = ("kind", "reason_code", "reason", "invoice", "serial", "debited")
    return {"begun_at": "2025-01-20T10:00:00.123+07:00", "code": code, **dict.fromkeys(names), **other}


# -- the tally and its exit code ---------------------------------------------------------------------------


def exit_code(*statuses: Status) -> Exit:
    total = Tally()
    for status in statuses:
        total.add(a_line(status))
    return total.exit_code()


def test_a_batch_is_ok_only_when_every_row_is_paid() -> None:
    assert exit_code(Status.SUKSES, Status.SUKSES) is Exit.OK
    assert exit_code() is Exit.OK


@pytest.mark.parametrize("status", NOT_PAID)
def test_one_row_that_is_not_paid_is_exit_1(status: Status) -> None:
    assert exit_code(status) is Exit.NOT_ALL_PAID
    assert exit_code(Status.SUKSES, status) is Exit.NOT_ALL_PAID


@pytest.mark.parametrize("status", OPEN)
def test_one_open_row_is_exit_4_whatever_the_others_are(status: Status) -> None:
    assert exit_code(status) is Exit.OPEN
    assert exit_code(Status.SUKSES, *NOT_PAID, status) is Exit.OPEN


def expected_of(mix: tuple[Status, ...]) -> Exit:
    if set(mix) & set(OPEN):
        return Exit.OPEN
    return Exit.NOT_ALL_PAID if set(mix) & set(NOT_PAID) else Exit.OK


def test_the_exit_code_of_every_mix_of_statuses() -> None:
    mixes = [mix for size in range(1, 9) for mix in combinations(Status, size)]
    assert len(mixes) == 255
    assert {mix: code for mix in mixes if (code := exit_code(*mix)) is not expected_of(mix)} == {}


def test_a_row_that_adds_up_the_others_is_nobody_who_is_not_paid() -> None:
    """It keeps its line; alone in a sheet, it is no payment."""
    adds_up = a_line(Status.INVALID, why=[Finding(9, Level.ERROR, "total.row", "", "")])
    total = Tally()
    total.add(adds_up)
    assert total.exit_code() is Exit.NOT_ALL_PAID
    total.add(a_line(Status.SUKSES))
    assert (total.exit_code(), total.total, total.rows_paid(Paid.NO)) == (Exit.OK, 2, 1)
    total.add(a_line(Status.INVALID))
    assert total.exit_code() is Exit.NOT_ALL_PAID


def test_asking_for_a_status_that_no_row_has_changes_nothing() -> None:
    total = Tally()
    total.add(a_line(Status.SUKSES))
    assert total.rows[Status.UNKNOWN] == 0
    assert (total.exit_code(), total.total) == (Exit.OK, 1)


@given(st.lists(st.tuples(st.sampled_from(Status), st.booleans(), st.integers(0, 10**6))))
def test_rows_and_rupiah_tie_out(rows: list[tuple[Status, bool, int]]) -> None:
    total = Tally()
    for status, removed, price in rows:
        total.add(a_line(status, removed=removed, price=price))
    assert total.total == len(rows)
    assert sum(total.rows_paid(paid) for paid in Paid) == len(rows)
    assert sum(total.rupiah.values()) == sum(price for _, _, price in rows)
    assert total.removed == sum(removed for _, removed, _ in rows)


@pytest.mark.parametrize(
    ("status", "debited", "rupiah"),
    [
        (Status.SUKSES, 5_700, 5_700),
        (Status.SUKSES, 0, 0),
        (Status.SUKSES, None, 5_630),
        (Status.PENDING, 5_700, 5_630),
        (Status.UNKNOWN, None, 5_630),
    ],
)
def test_rupiah_are_what_was_debited_and_the_listed_price_otherwise(
    status: Status, debited: int | None, rupiah: int
) -> None:
    total = Tally()
    total.add(a_line(status, attempt=an_attempt("outcome.sukses", debited=debited)))
    assert total.rupiah[status] == rupiah


def test_a_held_row_without_a_product_counts_no_rupiah() -> None:
    total = Tally()
    total.add(a_line(Status.INVALID, price=None))
    assert (total.rows[Status.INVALID], total.rupiah[Status.INVALID]) == (1, 0)


def summed_up(sums: Sums, closed: books.Books = CLOSED) -> dict[str, tuple[object, ...]]:
    """The summary's lines: the wording of each, and what it states."""
    rows = results_summary_rows(("", ""), defaultdict(str), [], sums, closed)
    stated = {str(row.values[0]): row.values[1:] for row in rows if row.values}
    return {label: tuple(value for value in values if value is not None) for label, values in stated.items()}


def summed(*lines: Line, group: str | None = None) -> Sums:
    sums = Sums()
    for line in lines:
        sums.add(line, group)
    return sums


def test_the_summary_states_people_nominal_and_cost_by_whether_they_are_paid() -> None:
    statuses = (Status.SUKSES, Status.SUKSES, Status.PENDING, Status.GAGAL)
    stated = summed_up(summed(*(a_line(status, nominal=5_000) for status in statuses)))
    assert stated["approved"] == (4, 20_000, 22_520)
    assert (stated["paid"], stated["open"]) == ((2, 10_000, 11_260), (1, 5_000, 5_630))
    assert stated["not paid"] == (1, 5_000, 5_630)
    assert "4 rows in = 4 people + 0 rows set aside" in stated


def test_rows_in_are_people_and_rows_set_aside_and_a_corrected_row_counts_once() -> None:
    total_row = Finding(27, Level.ERROR, "total.row", "No HP", "JUMLAH")
    cells = ("JUMLAH", "", "2", "Rp 10.000,00")
    stated = summed_up(
        summed(
            a_line(Status.SUKSES, nominal=5_000),
            a_line(Status.GAGAL, nominal=5_000, removed=True),
            a_line(Status.SUKSES, nominal=5_000, removed=True),
            a_line(Status.INVALID, why=(total_row,), price=None, cells=cells),
        )
    )
    assert stated["paid"] == stated["approved"] == (2, 10_000, 11_260)
    assert "3 rows in = 2 people + 1 row set aside" in stated
    assert say.text("summary.corrected", count=1) in stated
    assert say.text("summary.gone", count=1) in stated
    assert "the sheet's own total, Rp10,000, agrees" in stated


def test_a_total_of_the_sheet_that_differs_says_by_how_much() -> None:
    total_row = Finding(27, Level.ERROR, "total.row", "No HP", "JUMLAH")
    aside = a_line(Status.INVALID, why=(total_row,), price=None, cells=("JUMLAH", "1.250.000"))
    stated = summed_up(summed(a_line(Status.SUKSES, nominal=5_000), aside))
    assert "the sheet's own total is Rp1,250,000: it differs by Rp1,245,000" in stated


def test_groups_beyond_the_largest_ones_are_one_line() -> None:
    sums = Sums()
    for nth in range(12):
        sums.add(a_line(Status.SUKSES, nominal=1_000 * (nth + 1)), f"Cabang {nth}")
    stated = summed_up(sums)
    assert stated["Cabang 11"] == (1, 12_000, 12_000, 0, 0)
    assert stated["4 others"] == (4, 10_000, 10_000, 0, 0)


def test_a_batch_of_which_nothing_was_to_be_sent_asks_for_no_signature() -> None:
    nothing = say.WORDS["summary.nothing_sent"]
    assert nothing in summed_up(summed(a_line(Status.INVALID)))
    assert say.WORDS["sign.prepared"] not in summed_up(summed(a_line(Status.INVALID)))
    assert nothing not in summed_up(summed(a_line(Status.SUKSES, nominal=5_000)))


def test_the_summary_states_the_books_with_the_failed_rows_and_the_rows_that_were_mispriced() -> None:
    stated = summed_up(Sums())
    amounts = [("opening", 100_000), ("debits", -10_000), ("unexplained", -10_000), ("failed", 5_000)]
    for name, rupiah in amounts:
        assert stated[say.WORDS[f"summary.{name}"]] == (rupiah,)
    assert stated["after (2025-01-20 19:31 WIB)"] == (80_000,)
    assert stated["debited at a price other than the listed one: rows 4, 9"] == (150,)


def test_the_summary_calls_money_that_came_in_by_its_name() -> None:
    stated = summed_up(Sums(), replace(CLOSED, closing=95_000))
    assert stated[say.WORDS["summary.came_in"]] == (5_000,)
    assert say.WORDS["summary.unexplained"] not in stated


# -- one line ----------------------------------------------------------------------------------------------


def test_a_paid_line_says_all_that_the_provider_said() -> None:
    attempt = an_attempt("outcome.sukses", kind="sukses", invoice="TRX1", serial="0041", debited=5_700)
    line = result_lines.result_line(a_line(Status.SUKSES, attempt=attempt))
    assert line.values == (
        *("yes", "sukses", "", "", "TRX1", "0041", 5_630, 5_700, "S5", ANDI, "2025-01-20 10:00:00"),
    )
    assert line.cells == ("Andi", ANDI, "S5")


@pytest.mark.parametrize("status", Status)
def test_paid_says_yes_no_or_ask_provider(status: Status) -> None:
    expected = "yes" if status is Status.SUKSES else "ask provider" if status in OPEN else "no"
    assert result_lines.result_line(a_line(status)).paid == expected


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (Status.PENDING, "outcome.pending", None),
        (Status.ACCEPTED, "outcome.reason.51", "Max. 1x sehari"),
        (Status.UNKNOWN, "outcome.no_answer.timeout", None),
        (Status.UNKNOWN, "outcome.reason.91", "Unknown error"),
        (Status.GAGAL, "outcome.reason.12", "Nominal sedang gangguan"),
        (Status.DUPLICATE, "outcome.reason.51", "Max. 1x sehari"),
        (Status.UNSENT, "outcome.reason.62", "Saldo tidak cukup"),
    ],
)
def test_an_attempted_row_gives_our_words_and_the_providers(
    status: Status, code: str, reason: str | None
) -> None:
    said = result_lines.reason(a_line(status, attempt=an_attempt(code, reason=reason)))
    assert said.startswith(say.WORDS[code])
    assert (reason or "") in said


def test_a_paid_row_needs_no_reason() -> None:
    attempt = an_attempt("outcome.sukses", reason="Isi pulsa berhasil")
    assert result_lines.reason(a_line(Status.SUKSES, attempt=attempt)) == ""


def test_an_attempt_whose_process_died_says_so() -> None:
    said = result_lines.reason(a_line(Status.UNKNOWN, attempt=an_attempt(None)))
    assert said == say.WORDS["outcome.interrupted"]


def test_a_held_row_gives_every_finding_with_its_column_and_value() -> None:
    why = (
        Finding(2, Level.ERROR, "number.missing", "No HP", ""),
        Finding(2, Level.ERROR, "product.unknown", "Kode", "S55"),
    )
    said = result_lines.reason(a_line(Status.INVALID, why=why, price=None))
    assert said == f"No HP: {say.text('number.missing')} · Kode: {say.text('product.unknown', value='S55')}"


def test_an_order_that_was_not_reached_says_so() -> None:
    assert result_lines.reason(a_line(Status.UNSENT)) == say.WORDS["unsent.not_reached"]


def test_a_note_says_why_an_order_was_held_during_the_run() -> None:
    note = {"code": "duplicate.other_batch", "facts": {"batch": "lebaran", "row": "7", "day": "2025-01-20"}}
    said = result_lines.reason(a_line(Status.DUPLICATE, note=note))
    assert "lebaran" in said
    assert "7" in said


def test_a_note_that_came_after_a_refused_attempt_is_the_reason() -> None:
    note = {"code": "duplicate.other_batch", "facts": {"batch": "lebaran", "row": "7", "day": "2025-01-20"}}
    attempt = an_attempt("outcome.reason.62", kind="refused", reason="Saldo tidak cukup")
    said = result_lines.reason(a_line(Status.DUPLICATE, note=note, attempt=attempt))
    assert "lebaran" in said
    assert "Saldo" not in said


@pytest.mark.parametrize("status", [Status.UNKNOWN, Status.PENDING, Status.GAGAL])
def test_an_old_note_does_not_speak_for_a_later_attempt(status: Status) -> None:
    note = {"code": "unsent.copy_waits", "facts": {"nth": "1"}}
    said = result_lines.reason(a_line(status, note=note, attempt=an_attempt("outcome.reason.91")))
    assert said == say.WORDS["outcome.reason.91"]


@pytest.mark.parametrize("status", [Status.UNKNOWN, Status.GAGAL, Status.UNSENT])
def test_a_row_that_was_tried_more_than_once_says_so(status: Status) -> None:
    attempt = an_attempt("outcome.reason.91")
    once = result_lines.reason(a_line(status, attempt=attempt, tries=1))
    twice = result_lines.reason(a_line(status, attempt=attempt, tries=2))
    assert once == say.WORDS["outcome.reason.91"]
    assert twice == f"{once} · Tried 2 times."


def test_a_later_answer_that_decides_nothing_is_told_beside_the_one_that_does() -> None:
    line = a_line(
        Status.UNKNOWN, attempt=an_attempt("outcome.no_answer.timeout"), tries=3, last_answer="00 Gangguan"
    )
    said = result_lines.reason(line)
    assert said.startswith(say.WORDS["outcome.no_answer.timeout"])
    assert said.endswith("Tried 3 times; the provider's last answer: 00 Gangguan")


def test_a_paid_row_needs_no_reason_however_often_it_was_tried() -> None:
    line = a_line(Status.SUKSES, attempt=an_attempt("outcome.sukses"), tries=2, last_answer="00 Gangguan")
    assert result_lines.reason(line) == ""


@pytest.mark.parametrize("status", Status)
def test_every_row_of_a_rehearsal_says_so_before_anything_else(status: Status) -> None:
    line = a_line(status, attempt=an_attempt("outcome.reason.91"))
    real, rehearsed = (
        result_lines.result_line(line, rehearsal=rehearsal).reason for rehearsal in (False, True)
    )
    assert rehearsed == " · ".join(filter(None, (say.WORDS["results.rehearsal"], real)))
    assert "SANDBOX" not in real


def test_a_removed_row_says_where_it_was_and_what_became_of_it() -> None:
    gone = a_line(Status.UNKNOWN, row=31, removed=True, attempt=an_attempt(None))
    first, _, second = result_lines.reason(gone).partition(" · ")
    assert first == say.text("removed_from_sheet", row=31)
    assert second == say.WORDS["outcome.interrupted"]
    paid = a_line(Status.SUKSES, row=31, removed=True, attempt=an_attempt("outcome.sukses"))
    assert result_lines.reason(paid) == first


def test_what_never_left_was_sent_to_nobody_at_no_time() -> None:
    attempt = an_attempt("outcome.not_sent.dns", kind="not_sent")
    line = result_lines.result_line(a_line(Status.UNSENT, attempt=attempt))
    assert (line.number_sent, line.sent_at) == ("", "")
    assert line.reason == say.WORDS["outcome.not_sent.dns"]


@pytest.mark.parametrize("kind", [None, "refused", "unknown"])
def test_what_may_have_left_says_to_whom_and_when(kind: str | None) -> None:
    attempt = an_attempt("outcome.reason.62", kind=kind)
    line = result_lines.result_line(a_line(Status.UNSENT, attempt=attempt))
    assert (line.number_sent, line.sent_at) == (ANDI, "2025-01-20 10:00:00")


@pytest.mark.parametrize("status", [Status.GAGAL, Status.UNKNOWN, Status.DUPLICATE, Status.ACCEPTED])
def test_a_debit_is_stated_only_where_money_moved(status: Status) -> None:
    line = result_lines.result_line(a_line(status, attempt=an_attempt("outcome.reason.91", debited=5_700)))
    assert (line.price, line.debited) == (5_630, None)


# -- a whole batch -----------------------------------------------------------------------------------------

ROWS = [(ANDI, "S5"), (BUDI, "S5"), (CITRA, "S5"), (DEWI, "I5"), ("nobody", "S5"), (ANDI, "S5")]


@pytest.fixture
def batch(tmp_path: Path) -> Checkpoint:
    """Paid, unknown, failed, not reached, invalid and twice in the sheet."""
    sheet = sheet_of([(f"no {nth}", *pair) for nth, pair in enumerate(ROWS)])
    checkpoint = a_checkpoint(tmp_path / "bonus.checkpoint.db", sheet)
    orders = orders_in(checkpoint)
    paid = an_outcome(Kind.SUKSES, invoice="TRX1", serial="77", debited=5_700)
    attempted(checkpoint, orders[ANDI, "S5", 1], paid)
    attempted(checkpoint, orders[BUDI, "S5", 1], None)
    attempted(checkpoint, orders[CITRA, "S5", 1], an_outcome(Kind.GAGAL, code="outcome.reason.12"))
    return checkpoint


STATUSES = ["sukses", "unknown", "gagal", "unsent", "invalid", "duplicate"]


def write(checkpoint: Checkpoint, target: Path, *, rehearsal: bool = False) -> Path:
    closed = books.close(checkpoint.debits())
    total = tally(checkpoint)
    return results_workbook.write_results_file(
        checkpoint, total, closed, target, rehearsal=rehearsal, tell=lambda _notice: None
    )


def written(path: Path) -> list[dict[str, Any]]:
    header, *rows = openpyxl.load_workbook(path)["Results"].iter_rows(values_only=True)
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]


def test_every_row_of_the_sheet_stands_in_the_results_once_and_in_its_order(
    batch: Checkpoint, tmp_path: Path
) -> None:
    path = write(batch, tmp_path / "bonus.results.xlsx")
    lines = written(path)
    assert [line["Nama"] for line in lines] == [f"no {nth}" for nth in range(6)]
    assert [line["status"] for line in lines] == STATUSES
    assert list(lines[0]) == [*HEADER, *RESULT_COLUMNS]
    assert (lines[0]["invoice"], lines[0]["debited"]) == ("TRX1", 5_700)
    batch.close()


def test_results_can_be_a_csv_file(batch: Checkpoint, tmp_path: Path) -> None:
    path = write(batch, tmp_path / "bonus.results.csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert [line["status"] for line in csv.DictReader(file)] == STATUSES
    batch.close()


def test_the_tally_of_a_batch_counts_every_row_once(batch: Checkpoint) -> None:
    total = tally(batch)
    assert total.rows == dict.fromkeys(map(Status, STATUSES), 1)
    assert total.exit_code() is Exit.OPEN
    assert total.rupiah[Status.SUKSES] == 5_700
    batch.close()


def test_rows_that_left_the_sheet_are_kept_where_they_were_attempted(
    batch: Checkpoint, tmp_path: Path
) -> None:
    sheet = topups((CITRA, "S5"), (DEWI, "I5"))
    known = batch.known()
    batch.adopt(plan_of(sheet, known), {})
    lines = written(write(batch, tmp_path / "r.xlsx"))
    assert [(line["No HP"], line["status"]) for line in lines] == [
        (CITRA, "gagal"),
        (DEWI, "unsent"),
        (ANDI, "sukses"),
        (BUDI, "unknown"),
    ]
    assert [line["Nama"] for line in lines[2:]] == ["no 0", "no 1"]
    assert all(str(line["reason"]).startswith("removed from the sheet") for line in lines[2:])
    assert tally(batch).removed == 2
    batch.close()


def test_a_rehearsal_says_so_in_the_results(batch: Checkpoint, tmp_path: Path) -> None:
    path = write(batch, tmp_path / "r.xlsx", rehearsal=True)
    texts = [str(row[0]) for row in openpyxl.load_workbook(path)["Summary"].iter_rows(values_only=True)]
    assert "SANDBOX" in texts[0]
    assert all(str(line["reason"]).startswith("SANDBOX") for line in written(path))
    batch.close()


def test_every_row_of_a_rehearsals_csv_says_so(batch: Checkpoint, tmp_path: Path) -> None:
    path = write(batch, tmp_path / "r.csv", rehearsal=True)
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert all(line["reason"].startswith("SANDBOX") for line in csv.DictReader(file))
    batch.close()


def test_a_number_of_lines_that_does_not_tie_out_is_a_defect_and_leaves_no_file(
    batch: Checkpoint, tmp_path: Path
) -> None:
    total = tally(batch)
    total.add(a_line(Status.SUKSES))
    target = tmp_path / "r.xlsx"
    with pytest.raises(AssertionError, match="7 rows to write, 6 written"):
        results_workbook.write_results_file(
            batch, total, books.close([]), target, rehearsal=False, tell=lambda _notice: None
        )
    assert not target.exists()
    batch.close()


def test_the_results_of_a_rehearsal_can_be_fed_back_in(office: Office) -> None:
    failing = "081200000012"
    office.payroll("bonus.csv", ["081234500001", failing])
    assert office.send("bonus.csv", "--sandbox").exit == Exit.NOT_ALL_PAID
    fed_back = "bonus.sandbox.results.xlsx"
    assert all(row["reason"].startswith("SANDBOX") for row in office.results(fed_back))

    plan = office.run("check", fed_back, "--sandbox", "--json").json["plan"]

    assert (plan["rows"], plan["held"]) == (2, 1)
    assert [found["code"] for found in plan["findings"]] == ["duplicate.results_invoice"]


def test_a_sheet_with_a_row_that_adds_up_is_fine_once_all_others_are_paid(office: Office) -> None:
    sheet = office.payroll("gaji.csv", office.numbers(2))
    with sheet.open("a", encoding="utf-8") as file:
        file.write(",TOTAL,,\n")
    checked, sent = office.run("check", "gaji.csv"), office.send("gaji.csv")
    assert (checked.exit, sent.exit, office.run("status", "gaji.csv").exit) == (Exit.OK, Exit.OK, Exit.OK)
    assert office.statuses("gaji.results.xlsx") == ["sukses", "sukses", "invalid"]
    assert "every row is paid" in sent.out

"""The results as a workbook that can be signed: its sums, what to do, what to ask, and the way back in."""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from bulk_topup.commands.conclusion import keep_typed
from bulk_topup.commands.terminal import Terminal
from bulk_topup.core.errors import InputError
from bulk_topup.core.model import Finding, Kind, Level, Named, ResultsTab
from bulk_topup.core.results_columns import RESULT_COLUMNS, ResultLine
from bulk_topup.core.status import Status
from bulk_topup.record.checkpoint import Checkpoint
from bulk_topup.record.checkpoint.values import Sending
from bulk_topup.record.tally import TO_DO, Tally, tally, to_do
from bulk_topup.report import results_workbook
from bulk_topup.report.result_lines import result_line, what_to_ask
from bulk_topup.report.results_workbook import (
    ASK_COLUMNS,
    TO_DO_COLUMNS,
    _own_columns,
    write_results,
)
from bulk_topup.report.screen.batch import batch_report
from bulk_topup.report.summary import (
    BESIDE_WIDTH,
    FACTS,
    PAGE_WIDTH,
    Sums,
    _sent_by,
    results_summary_rows,
)
from bulk_topup.report.tables import OutputTab, TabRow
from bulk_topup.report.words import say
from bulk_topup.report.words.translation import in_each
from bulk_topup.report.workbook import ROOM_TO_SIGN_POINTS
from bulk_topup.rules import books
from bulk_topup.sending import answers
from bulk_topup.sending.resolve import RESOLVED_AS_NOT_SENT, Verdict
from bulk_topup.sheet import read_sheet
from bulk_topup.sheet.header import find_header
from tests.builders import (
    ANDI,
    BUDI,
    CITRA,
    DEWI,
    HEADER,
    NOW,
    TODAY,
    a_checkpoint,
    an_outcome,
    attempted,
    begin,
    brought_back,
    keys_of,
    orders_in,
    plan_of,
    sheet_of,
    topups,
)
from tests.report.test_results import a_line, an_attempt

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from openpyxl.worksheet.worksheet import Worksheet

    from bulk_topup.core.model import Notice, Outcome
    from bulk_topup.record.lines import Line
    from tests.conftest import Office

CLOSED = books.Books(100_000, 80_000, 10_000, 5_000, (4, 9), 150, closing_at="2025-01-20T19:31:00+07:00")
NO_TITLE, NO_FACTS = ("", ""), dict.fromkeys(("file", "started", *(name for _, name in FACTS)), "")
EKO, FITRI, GITA = "081210000006", "081210000007", "081210000008"

ROWS = [
    *((ANDI, "S5"), (BUDI, "S5"), (CITRA, "S5"), (DEWI, "I5"), ("nobody", "S5"), (ANDI, "S5")),
    *((EKO, "S10"), (FITRI, "S5"), (GITA, "S25")),
]
STATUSES = ["sukses", "unknown", "gagal", "unsent", "invalid", "duplicate", "gagal", "pending", "invalid"]


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "bonus.results.xlsx"


@pytest.fixture
def batch(tmp_path: Path) -> Iterable[Checkpoint]:
    """Rows 2 to 10, as in STATUSES."""
    sheet = sheet_of([(f"no {nth}", *pair) for nth, pair in enumerate(ROWS)])
    checkpoint = a_checkpoint(tmp_path / "bonus.checkpoint.db", sheet)
    orders = orders_in(checkpoint)
    outcomes = {
        (ANDI, "S5"): an_outcome(Kind.SUKSES, invoice="TRX1", debited=5_700, balance=94_300),
        (BUDI, "S5"): None,
        (CITRA, "S5"): an_outcome(Kind.GAGAL, code="outcome.reason.12", reason_code="12"),
        (EKO, "S10"): an_outcome(Kind.GAGAL, code="outcome.reason.11", reason_code="11"),
        (FITRI, "S5"): an_outcome(Kind.PENDING, invoice="TRX2", debited=5_630, balance=88_670),
    }
    for key, outcome in outcomes.items():
        attempted(checkpoint, orders[(*key, 1)], outcome)
    yield checkpoint
    checkpoint.close()


def write(checkpoint: Checkpoint, target: Path, **other: Any) -> openpyxl.Workbook:
    facts: dict[str, Any] = {"rehearsal": False, "tell": lambda _: None}
    closed = books.close(checkpoint.debits())
    path = results_workbook.write_results_file(
        checkpoint, tally(checkpoint), closed, target, **(facts | other)
    )
    return openpyxl.load_workbook(path)


def table(sheet: Worksheet) -> list[dict[str, Any]]:
    header, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]


def labelled(sheet: Worksheet) -> dict[str, tuple[Any, ...]]:
    """The summary's rows by their label: the last one of that label, without empty cells."""
    rows = sheet.iter_rows(values_only=True)
    return {str(label): tuple(v for v in values if v is not None) for label, *values in rows}


# -- the summary adds up -----------------------------------------------------------------------------------


def test_every_total_is_that_of_the_rows_in_the_same_workbook(batch: Checkpoint, target: Path) -> None:
    """Recomputed from the cells of Results alone."""
    book = write(batch, target)
    rows, said = table(book["Results"]), labelled(book["Summary"])
    assert [row["status"] for row in rows] == STATUSES
    nominal = {"S5": 5_000, "S10": 10_000, "I5": 5_000}
    people, face, cost = Counter[str](), Counter[str](), Counter[str]()
    for row in (row for row in rows if row["status"] not in {"invalid", "duplicate"}):
        debited = row["debited"] if row["status"] == "sukses" else None
        for paid in (row["paid"], "all"):
            people[paid] += 1
            face[paid] += nominal[row["Kode Produk"]]
            cost[paid] += debited or row["price"]
    for label, paid in (("paid", "yes"), ("not paid", "no"), ("open", "ask provider"), ("approved", "all")):
        assert said[label] == (people[paid], face[paid], cost[paid]), label
    assert f"{len(rows)} rows in = 6 people + 3 rows set aside" in said
    by_operator = [said[name] for name in ("TELKOMSEL", "INDOSAT")]
    sums = tuple(map(sum, zip(*by_operator, strict=True)))
    assert sums == (people["all"], face["all"], face["yes"], face["ask provider"], face["no"])


def test_the_deposit_adds_up_to_its_balance_at_the_end(target: Path) -> None:
    rows = list(results_summary_rows(NO_TITLE, NO_FACTS, [], Sums(), CLOSED))
    amounts = [row.values[5] for row in rows if len(row.values) == 6 and isinstance(row.values[5], int)]
    assert amounts[:4] == [100_000, -10_000, -10_000, 80_000]
    assert sum(amount for amount in amounts[:3] if isinstance(amount, int)) == amounts[3]


@pytest.mark.parametrize(("closing", "code"), [(80_000, "unexplained"), (95_000, "came_in")])
def test_money_that_came_in_is_not_called_money_that_left(closing: int, code: str) -> None:
    rows = results_summary_rows(NO_TITLE, NO_FACTS, [], Sums(), replace(CLOSED, closing=closing))
    said = {str(row.values[0]): row.values[1:] for row in rows if row.values}
    labels = {name: say.WORDS[f"summary.{name}"] for name in ("unexplained", "came_in")}
    assert said[labels.pop(code)][-1] == closing - 90_000
    assert not set(labels.values()) & set(said)


def test_what_is_not_among_the_debits_stands_beside_the_balances_and_changes_none() -> None:
    """The provider has no debit for a row whose invoice a person found out: paid rupiah and debits differ."""
    beside = replace(CLOSED, undebited=5_650, may_be_debited=11_300)
    rows = list(results_summary_rows(NO_TITLE, NO_FACTS, [], Sums(), beside))
    said = {str(row.values[0]): row.values[-1] for row in rows if len(row.values) == 6}
    names = ("undebited", "failed", "may_be_debited", "unexplained")
    stated = [said[say.WORDS[f"summary.{name}"]] for name in names]
    assert stated == [5_650, 5_000, 11_300, -10_000]
    assert said["after (2025-01-20 19:31 WIB)"] == 80_000


def test_without_a_balance_only_the_debits_are_stated() -> None:
    rows = results_summary_rows(NO_TITLE, NO_FACTS, [], Sums(), replace(CLOSED, opening=None, closing=None))
    said = {str(row.values[0]): row.values[1:] for row in rows if row.values}
    assert said[say.WORDS["summary.debits"]][-1] == -10_000
    assert not {say.WORDS[f"summary.{name}"] for name in ("opening", "unexplained")} & set(said)
    assert not [label for label in said if label.startswith("after")]


def test_mispriced_rows_are_counted_and_some_of_them_named() -> None:
    def said(rows: Sequence[int]) -> list[tuple[Any, ...]]:
        every = results_summary_rows(NO_TITLE, NO_FACTS, [], Sums(), replace(CLOSED, mispriced=tuple(rows)))
        stated = [tuple(row.values) for row in every if row.values]
        return [(label, *more) for label, *more in stated if str(label).startswith("debited at a price")]

    assert said([]) == []
    assert said([4]) == [("debited at a price other than the listed one: row 4", None, None, None, None, 150)]
    assert said(range(1_000_000))[0][0].endswith("18, 19 and 999,980 more")


def test_the_summary_says_what_was_run_by_whom_and_who_approved_it(batch: Checkpoint, target: Path) -> None:
    batch.set_facts({"sha256": "ab" * 32, "base_url": "https://klikmbc.co.id/json/pulsa"})
    said = labelled(write(batch, target)["Summary"])
    assert said["SHA-256 of the file"] == ("ab" * 32,)
    assert (said["tab"], said["account"]) == (("Januari",), ("agent",))
    assert "file: bonus.xlsx" in said
    assert said["provider's address"] == ("https://klikmbc.co.id/json/pulsa",)
    assert said["batch"] == (batch.batch_id,)
    assert said["first top-up sent (WIB)"] == ("2025-01-20 10:00",)
    assert "sent (WIB), by" not in said


def in_three_parts(path: Path) -> Checkpoint:
    """Two top-ups under Pak Hadi's approval, one that nobody approved, and an approval under which nothing
    left; then one of the first sent once more. The clock was set back before the second."""
    checkpoint = a_checkpoint(path, topups((ANDI, "S5"), (BUDI, "S5"), (CITRA, "S5"), (DEWI, "I5")))
    orders = orders_in(checkpoint)
    paid, not_sent = an_outcome(Kind.SUKSES, debited=5_700), an_outcome(Kind.NOT_SENT)
    checkpoint.note(NOW, "rina", "run", plan_code="K7QF-2MXA-9TRB-C4WD", approved_by="Pak Hadi")
    attempted(checkpoint, orders[ANDI, "S5", 1], paid)
    attempted(checkpoint, orders[BUDI, "S5", 1], None)
    attempted(checkpoint, orders[CITRA, "S5", 1], not_sent)
    checkpoint.note(NOW - timedelta(hours=2), "andi", "run", plan_code="AAAA-2MXA-9TRB-C4WD")
    attempted(checkpoint, orders[CITRA, "S5", 1], paid)
    checkpoint.note(NOW, "rina", "run", plan_code="BBBB-2MXA-9TRB-C4WD", approved_by="Bu Sri")
    attempted(checkpoint, orders[DEWI, "I5", 1], not_sent)
    checkpoint.note(NOW, "rina", "resend", note="1 orders")
    attempted(checkpoint, orders[BUDI, "S5", 1], paid, expected=Status.UNKNOWN)
    return checkpoint


def test_a_heading_stands_on_the_side_of_what_is_under_it(tmp_path: Path, target: Path) -> None:
    """And a name does not touch the count on its left."""
    with closing(in_three_parts(tmp_path / "bonus.checkpoint.db")) as checkpoint:
        summary = write(checkpoint, target)["Summary"]
    rows = list(summary.iter_rows())
    begin = [row[0].value for row in rows].index("sent (WIB), by")
    heading, under = rows[begin : begin + 2]
    for title, cell in zip(heading, under, strict=True):
        if cell.value is not None and title is not heading[0]:
            side = "right" if isinstance(cell.value, int) else "left"
            assert title.alignment.horizontal == side, title.value
    assert [cell.alignment.indent for cell in under if isinstance(cell.value, str)] == [0, 1]


def test_an_approver_stands_by_the_rows_of_the_approved_plan_alone(tmp_path: Path, target: Path) -> None:
    with closing(in_three_parts(tmp_path / "bonus.checkpoint.db")) as checkpoint:
        rows = [row[:5] for row in write(checkpoint, target)["Summary"].iter_rows(values_only=True)]
    begin = rows.index(("sent (WIB), by", "rows", "paid", "approved by", None))
    assert rows[begin + 1 : begin + 5] == [
        ("2025-01-20 10:00, rina", 2, 1, "Pak Hadi, K7QF-2MXA-9TRB-C4WD", None),
        ("2025-01-20 08:00, andi", 1, 1, "not approved, AAAA-2MXA-9TRB-C4WD", None),
        ("2025-01-20 10:00, rina", 1, 1, "not approved, (open rows, sent once more)", None),
        ("Pak Hadi: the name was typed, not proven", None, None, None, None),
    ]


def test_several_approvers_stand_on_lines_of_their_own_within_the_page() -> None:
    keys = ("f8e4-0e7a-3b7d-0e33-26a4", "ab80-e1d7-6806-1524-065e")
    names = ("Rina Sari", "Bambang Hartono Kusumawardhana")
    by = ", ".join(f"{name} [{key}]" for name, key in zip(names, keys, strict=True))
    rows = [*_sent_by([Sending("2025-01-20T10:00", "andi", "K7QF-2MXA-9TRB-C4WD", by, 2, 2)])][2:]
    beside = [str(row.values[3]) for row in rows if len(row.values) > 3]
    below = [str(row.values[0]) for row in rows if len(row.values) == 1]
    assert " ".join(beside) == f"{names[0]}, {names[1]}, K7QF-2MXA-9TRB-C4WD"
    assert " ".join(below) == f"{names[0]}, {names[1]}: proven by key {keys[0]}, {keys[1]}"
    assert max(map(len, beside)) <= BESIDE_WIDTH
    assert max(map(len, below)) <= PAGE_WIDTH


def test_status_names_the_approver_of_each_part(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts = {"budget": "", "plan_code": "BBBB-2MXA-9TRB-C4WD", "approved_by": "Bu Sri"}
    with closing(in_three_parts(tmp_path / "bonus.checkpoint.db")) as checkpoint:
        Terminal().report(batch_report("", 0, facts, checkpoint.sendings()))
        parts = capsys.readouterr().out.splitlines()[2:]
        assert [line.partition(": ")[2] for line in parts[1:]] == [
            "2 top-ups, plan code K7QF-2MXA-9TRB-C4WD, approved by Pak Hadi",
            "1 top-up, plan code AAAA-2MXA-9TRB-C4WD, not approved",
            "1 open row sent once more",
        ]
        Terminal().report(batch_report("", 0, facts, checkpoint.sendings()[1:2]))
        assert "Sri" not in capsys.readouterr().out


def test_what_no_command_of_this_file_sent_has_no_approver(tmp_path: Path) -> None:
    """The progress file is an older copy, and the record knows of a later attempt."""
    with closing(in_three_parts(tmp_path / "bonus.checkpoint.db")) as checkpoint:
        [dewi] = [one for one in orders_in(checkpoint).values() if one.number == DEWI]
        checkpoint.lost_attempt(dewi.id, "lost", NOW.isoformat(), TODAY.isoformat())
        *known, lost = checkpoint.sendings()
        assert [one.orders for one in known] == [2, 1, 1]
        assert lost == Sending("", "", "", "", 1)


def test_the_approvals_of_an_earlier_version_are_taken_over_from_its_trail(tmp_path: Path) -> None:
    path = tmp_path / "bonus.checkpoint.db"
    with closing(a_checkpoint(path, topups((ANDI, "S5"), (BUDI, "S5")))) as checkpoint:
        attempted(checkpoint, orders_in(checkpoint)[ANDI, "S5", 1], None)
    notes = (
        (
            NOW - timedelta(seconds=1),
            "2 orders, plan K7QF-2MXA-9TRB-C4WD, approved by Hadi, approved by none",
        ),
        (NOW + timedelta(seconds=1), "1 orders, plan AAAA-2MXA-9TRB-C4WD"),
    )
    brought_back(path, 2)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for at, note in notes:
            values = (at.isoformat(), "rina", note)
            db.execute("INSERT INTO trail (at, who, what, note) VALUES (?, ?, 'run', ?)", values)
    looked = Checkpoint.look(path)
    assert looked is not None
    with closing(looked):
        assert looked.sendings() == []
    opened = Checkpoint.open(path)
    assert opened is not None
    with closing(opened):
        attempted(opened, orders_in(opened)[BUDI, "S5", 1], None)
        assert [(one.plan_code[:4], one.approved_by, one.orders) for one in opened.sendings()] == [
            ("K7QF", "Hadi, approved by none", 1),
            ("AAAA", "", 1),
        ]


def test_the_first_and_the_last_top_up_are_those_that_may_have_left() -> None:
    total = Tally()
    for hour, kind in (("11", "sukses"), ("10", "unknown"), ("09", "not_sent"), ("12", None)):
        attempt = {**an_attempt(None, kind=kind), "begun_at": f"2025-01-20T{hour}:00:00+07:00"}
        total.add(a_line(Status.UNKNOWN, attempt=attempt))
    assert (total.first_sent, total.last_sent) == ("2025-01-20 10:00:00", "2025-01-20 12:00:00")


def test_rows_that_left_the_sheet_are_among_the_rows_and_counted_by_themselves(
    batch: Checkpoint, target: Path
) -> None:
    batch.adopt(plan_of(topups((CITRA, "S5")), batch.known()), {})
    said = labelled(write(batch, target)["Summary"])
    assert "4 rows in = 4 people + 0 rows set aside" in said
    assert say.text("summary.gone", count=3) in said
    assert say.text("summary.corrected", count=1) in said


def test_amounts_are_numbers_with_thousands_separators_and_nothing_is_a_formula(
    batch: Checkpoint, target: Path
) -> None:
    for sheet in write(batch, target):
        cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
        assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
        assert {cell.number_format for cell in cells if cell.data_type == "n"} <= {"#,##0"}
        times = [cell for cell in cells if cell.data_type == "d"]
        assert {cell.number_format for cell in times} <= {"yyyy-mm-dd hh:mm:ss"}


def test_one_chart_draws_what_is_paid_open_and_not_paid(batch: Checkpoint, target: Path) -> None:
    sheet = write(batch, target, rehearsal=True)["Summary"]
    [chart] = sheet._charts  # type: ignore[attr-defined]  # the stubs lack it
    [series] = chart.series
    names, amounts = (
        _cells(sheet, part.f) for part in (series.cat.strRef or series.cat.numRef, series.val.numRef)
    )
    said = labelled(sheet)
    assert names == ["paid", "open", "not paid"]
    assert amounts == [said[name][1] for name in names]
    assert len(series.dPt) == len(names)


def test_three_people_have_room_to_sign_on_one_page(batch: Checkpoint, target: Path) -> None:
    sheet = write(batch, target)["Summary"]
    labels = {str(cell.value): cell.row for cell in sheet["A"]}
    rows = [labels[say.WORDS[f"sign.{role}"]] for role in ("prepared", "checked", "approved")]
    lines = [[cell.border.bottom.style for cell in sheet[row]][:6] for row in rows]
    assert lines == [[None, *["thin"] * 5]] * 3
    assert {sheet.row_dimensions[row].height for row in rows} == {ROOM_TO_SIGN_POINTS}
    page = sheet.page_setup
    assert sheet.sheet_properties.pageSetUpPr is not None
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert (page.orientation, page.fitToWidth or 1, page.fitToHeight or 1) == ("portrait", 1, 1)
    headings = [cell.value for cell in sheet[rows[0] - 1]]
    assert headings[:5] == ["for signature", "name", None, "date", "signature"]


def _cells(sheet: Worksheet, reference: str) -> list[Any]:
    """The values of one column, by a reference as `'Summary'!$A$17:$A$24`."""
    rows = sheet[reference.partition("!")[2].replace("$", "")]
    return [cell.value for (cell,) in rows]


def test_the_summary_counts_what_was_written_even_if_that_changed_meanwhile(
    batch: Checkpoint, target: Path
) -> None:
    before = tally(batch)
    attempted(batch, orders_in(batch)[DEWI, "I5", 1], an_outcome(Kind.SUKSES, debited=5_800))
    closed = books.close(batch.debits())
    results_workbook.write_results_file(batch, before, closed, target, rehearsal=False, tell=lambda _: None)
    assert labelled(openpyxl.load_workbook(target)["Summary"])["paid"] == (2, 10_000, 11_500)


def test_what_is_summed_up_by_the_database_is_what_the_lines_add_up_to(batch: Checkpoint) -> None:
    def by_line() -> Tally:
        total = Tally()
        for line in batch.lines():
            total.add(line)
        return total

    assert tally(batch) == by_line()
    attempted(batch, orders_in(batch)[DEWI, "I5", 1], an_outcome(Kind.NOT_SENT))
    assert tally(batch) == by_line()


def refused_again(checkpoint: Checkpoint) -> None:
    """BUDI's unknown row, sent once more a minute later and refused with 51."""
    order = orders_in(checkpoint)[BUDI, "S5", 1]
    later = NOW + timedelta(seconds=60)
    attempt = begin(checkpoint, order, "again", later, TODAY, 0.0, Status.UNKNOWN)
    refused = an_outcome(Kind.EXISTS, code="outcome.reason.51", reason_code="51")
    assert checkpoint.end(attempt.id, refused, later).status is Status.ACCEPTED


def line_to(checkpoint: Checkpoint, number: str) -> Line:
    [line] = (line for line in checkpoint.lines() if line.number == number)
    return line


def close_by_hand(checkpoint: Checkpoint, outcome: Outcome) -> None:
    [order] = (one for one in checkpoint.open_orders() if one.order.number == BUDI)
    checkpoint.resolve(order, outcome, NOW + timedelta(hours=1), "rina", "hotline, Pak Adi")


def test_a_row_was_sent_when_it_left_and_not_when_a_51_refused_it(batch: Checkpoint) -> None:
    refused_again(batch)
    assert result_line(line_to(batch, BUDI)).sent_at == "2025-01-20 10:00:00"
    assert "10:00:00" in what_to_ask(line_to(batch, BUDI))
    assert tally(batch).last_sent == "2025-01-20 10:00:00"
    close_by_hand(batch, an_outcome(Kind.SUKSES, invoice="TRX9", debited=5_630))
    assert result_line(line_to(batch, BUDI)).sent_at == "2025-01-20 10:00:00"
    assert tally(batch).last_sent == "2025-01-20 10:00:00"


def test_a_row_that_a_person_closed_says_who_when_and_why(batch: Checkpoint, target: Path) -> None:
    by_hand = say.text("summary.by_hand", count=1)
    assert by_hand not in labelled(write(batch, target)["Summary"])
    close_by_hand(batch, RESOLVED_AS_NOT_SENT)
    book = write(batch, target)
    reasons = {row["No HP"]: row["reason"] for row in table(book["Results"])}
    assert "closed by hand: rina, 2025-01-20 11:00 (WIB), hotline, Pak Adi" in reasons[BUDI]
    assert sum("by hand" in reason for reason in reasons.values() if reason) == 1
    assert by_hand in labelled(book["Summary"])
    to_do = {row["No HP"]: row["what to do"] for row in table(book["To do"])}
    assert to_do[BUDI] == say.WORDS["todo.by_hand"]
    assert tally(batch).by_hand == Counter({Status.GAGAL: 1})


# -- what is left to do ------------------------------------------------------------------------------------


def test_to_do_has_the_rows_that_may_be_sent_again_grouped_by_what_to_do(
    batch: Checkpoint, target: Path
) -> None:
    book = write(batch, target)
    rows = table(book["To do"])
    assert list(rows[0]) == ["what to do", *HEADER, "why it is not paid", "sheet row"]
    assert [(row["what to do"], row["sheet row"]) for row in rows] == [
        (say.WORDS["todo.correct"], 6),
        (say.WORDS["todo.number"], 8),
        (say.WORDS["todo.product"], 4),
        (say.WORDS["todo.product"], 10),
        (say.WORDS["todo.send"], 5),
    ]
    reasons = {row["No HP"]: row["reason"] for row in table(book["Results"])}
    assert all(row["why it is not paid"] == reasons[row["No HP"]] for row in rows)
    said = labelled(book["Summary"])
    assert sum(said[say.WORDS[action]][0] for action in TO_DO if say.WORDS[action] in said) == len(rows)
    assert said[say.WORDS["todo.product"]] == (2,)


@pytest.mark.parametrize(
    ("status", "codes", "reason_code", "action"),
    [
        (Status.INVALID, ["number.length"], None, "todo.correct"),
        (Status.INVALID, ["product.closed"], None, "todo.product"),
        (Status.INVALID, ["product.closed", "number.length"], None, "todo.correct"),
        (Status.INVALID, ["hidden.skipped"], None, None),
        (Status.GAGAL, [], "11", "todo.number"),
        (Status.GAGAL, [], "12", "todo.product"),
        (Status.GAGAL, [], "51", "todo.tomorrow"),
        (Status.GAGAL, [], "00", "todo.again"),
        (Status.GAGAL, [], None, "todo.again"),
        (Status.UNSENT, [], None, "todo.send"),
        (Status.UNSENT, ["changed.already_sent"], None, "todo.decide"),
        *((status, [], None, None) for status in ("sukses", "pending", "accepted", "unknown", "duplicate")),
    ],
)
def test_what_to_do_follows_from_why_a_row_was_not_paid(
    status: str, codes: list[str], reason_code: str | None, action: str | None
) -> None:
    why = tuple(Finding(2, Level.ERROR, code, "No HP", "x") for code in codes)
    attempt = an_attempt("outcome.gagal", reason_code=reason_code) if status == Status.GAGAL else None
    line = a_line(Status(status), why=why, attempt=attempt)
    assert to_do(line) == action
    assert action is None or status in TO_DO[action]
    assert to_do(replace(line, removed=True)) is None


def test_a_tab_with_nothing_in_it_is_not_there(tmp_path: Path, target: Path) -> None:
    checkpoint = a_checkpoint(tmp_path / "bonus.checkpoint.db", topups((ANDI, "S5")))
    attempted(checkpoint, orders_in(checkpoint)[ANDI, "S5", 1], an_outcome(Kind.SUKSES, invoice="TRX1"))
    assert write(checkpoint, target).sheetnames == ["Results", "Summary", "List"]
    checkpoint.close()


def test_the_tabs_stand_in_the_order_in_which_they_are_read(batch: Checkpoint, target: Path) -> None:
    assert write(batch, target).sheetnames == list(ResultsTab)


def test_to_do_is_the_next_sheet_as_it_stands(batch: Checkpoint, target: Path) -> None:
    write(batch, target)
    sheet = read_sheet(target, tab="To do")
    assert [sheet.header[at] for at in (sheet.columns.number, sheet.columns.asked)] == [
        "No HP",
        "Kode Produk",
    ]
    plan = plan_of(sheet)
    assert keys_of(plan.orders) == [(EKO, "S10", 1), (CITRA, "S5", 1), (DEWI, "I5", 1)]
    assert len(plan.held) == 2


def test_to_do_of_a_to_do_has_our_columns_once(batch: Checkpoint, target: Path, tmp_path: Path) -> None:
    write(batch, target)
    again = a_checkpoint(tmp_path / "again.checkpoint.db", read_sheet(target, tab="To do"))
    rows = table(write(again, tmp_path / "again.results.xlsx")["To do"])
    again.close()
    assert list(rows[0]) == ["what to do", *HEADER, "why it is not paid", "sheet row"]
    assert [row["No HP"] for row in rows] == ["nobody", GITA, EKO, CITRA, DEWI]


@pytest.mark.parametrize("ours", sorted(in_each(TO_DO_COLUMNS)))
def test_the_columns_of_a_to_do_are_known_in_whichever_language_it_was_written(ours: tuple[str, ...]) -> None:
    first, *last = ours
    assert [*_own_columns([first, *HEADER, *last])] == [1, 2, 3]
    assert [*_own_columns([*HEADER, *last])] == [0, 1, 2, 3, 4]
    header = find_header([(1, [first, *HEADER, *last])], Named())
    assert (header.columns.number, header.columns.product) == (2, 3)


@pytest.mark.parametrize("titles", sorted(in_each(ASK_COLUMNS)))
def test_what_was_asked_is_read_in_whichever_language_it_was_written(
    tmp_path: Path, titles: tuple[str, ...]
) -> None:
    row = (7, "Andi", ANDI, "S5", 5_630, "2025-01-20 10:00", "unknown", "-", "?", "TRX9")
    write_results(
        tmp_path / "r.xlsx", HEADER, [], more=[OutputTab(ResultsTab.ASK_PROVIDER, titles, [TabRow(row)], [8])]
    )
    assert answers.read_answers(tmp_path / "r.xlsx", "Rina") == [Verdict(7, ANDI, "TRX9", "Rina")]


# -- results fed back in -----------------------------------------------------------------------------------


def test_a_results_workbook_fed_back_in_is_read_whole_and_says_so(batch: Checkpoint, target: Path) -> None:
    write(batch, target)
    sheet = read_sheet(target)
    assert (sheet.tab, len(sheet.cells)) == ("Results", len(ROWS))
    assert sheet.columns.results == len(HEADER)
    assert [notice.code for notice in sheet.notices] == ["sheet.whole_results"]
    assert read_sheet(target, tab="To do").notices == ()


def test_nothing_is_said_of_a_to_do_that_is_not_there(target: Path) -> None:
    line = ResultLine((ANDI, "S5"), "yes", "sukses", "", "", "TRX1", "", 5_630, 5_630, "S5", ANDI, "")
    write_results(target, ("No HP", "Kode"), [line])
    assert read_sheet(target).notices == ()


@pytest.mark.parametrize("headers", [("No HP", "Kode"), ("No HP", "Kode", *RESULT_COLUMNS[:5])])
def test_a_workbook_of_the_users_with_such_tabs_stays_ambiguous(
    tmp_path: Path, headers: tuple[str, ...]
) -> None:
    book = openpyxl.Workbook()
    for title in ("Results", "To do"):
        sheet = book.create_sheet(title)
        for row in (headers, (ANDI, "S5")):
            sheet.append(row)
    book.save(tmp_path / "own.xlsx")
    with pytest.raises(InputError) as caught:
        read_sheet(tmp_path / "own.xlsx")
    assert caught.value.code == "sheet.several_tabs"


def test_results_that_went_on_in_a_second_tab_are_not_taken_for_all_of_them(target: Path) -> None:
    lines = [ResultLine((ANDI, "S5"), "no", "gagal", "", "", "", "", 5_630, None, "", "", "")] * 2
    rows = [TabRow(("", ANDI, "S5"))]
    to_do_tab = OutputTab(ResultsTab.TO_DO, ("what to do", "No HP", "Kode"), rows, [0])
    write_results(target, ("No HP", "Kode"), lines, more=[to_do_tab], max_lines=1)
    with pytest.raises(InputError) as caught:
        read_sheet(target)
    assert caught.value.code == "sheet.split_results"
    assert caught.value.facts["tabs"] == '"Results", "Results 2"'
    assert len(read_sheet(target, tab="Results 2").cells) == 1


# -- what to ask, and the answers --------------------------------------------------------------------------


def test_ask_provider_has_the_open_rows_with_a_question_and_room_for_the_invoice(
    batch: Checkpoint, target: Path
) -> None:
    book = write(batch, target)
    unknown, pending = table(book["Ask provider"])
    assert tuple(unknown) == tuple(map(say.text, ASK_COLUMNS))
    assert (unknown["row"], unknown["number"], unknown["product sent"]) == (3, BUDI, "S5")
    assert (unknown["price"], unknown["sent at (WIB)"]) == (5_630, "2025-01-20 10:00:00")
    assert BUDI in unknown["what to ask"]
    assert (pending["row"], pending["status"]) == (9, "pending")
    assert "TRX2" in pending["what to ask"]
    assert (unknown["invoice"], pending["invoice"]) == (None, None)
    assert book["Ask provider"]["J2"].number_format == "@"
    assert labelled(book["Summary"])[say.WORDS["summary.to_ask"]] == (2,)


@pytest.mark.parametrize(
    ("status", "invoice", "code"),
    [
        (Status.PENDING, "TRX1", "ask.pending"),
        (Status.ACCEPTED, None, "ask.accepted"),
        (Status.UNKNOWN, None, "ask.unknown"),
        (Status.UNKNOWN, "TRX1", "ask.invoice"),
    ],
)
def test_the_question_fits_what_is_known(status: Status, invoice: str | None, code: str) -> None:
    line = a_line(status, attempt=an_attempt(None, invoice=invoice))
    facts = {"product": "S5", "number": ANDI, "sent_at": "2025-01-20 10:00:00", "invoice": invoice or ""}
    assert what_to_ask(line) == say.text(code, **facts)


def test_ask_provider_can_never_be_sent(batch: Checkpoint, target: Path) -> None:
    write(batch, target)
    with pytest.raises(InputError) as caught:
        read_sheet(target, tab="Ask provider")
    assert caught.value.code == "sheet.no_product_column"


def filled_in(target: Path, **invoices: str) -> None:
    """The workbook with these answers typed into the tab of open rows, by the cells' names."""
    book = openpyxl.load_workbook(target)
    for cell, text in invoices.items():
        book["Ask provider"][cell] = text
    book.save(target)


def test_what_was_filled_in_is_read_back_and_the_other_tabs_are_no_answers(
    batch: Checkpoint, target: Path
) -> None:
    write(batch, target)
    filled_in(target, J2="TRX9", J3="Not sent")
    read = [
        verdict for verdict in answers.read_answers(target, "Rina") if not isinstance(verdict, InputError)
    ]
    assert [(v.row, v.number, v.invoice, v.note) for v in read] == [
        (3, BUDI, "TRX9", "Rina"),
        (9, FITRI, "", "Rina"),
    ]


def test_a_row_number_of_four_digits_is_read_back(tmp_path: Path, target: Path) -> None:
    checkpoint = a_checkpoint(tmp_path / "c.db", topups((ANDI, "S5"), numbers=[1_234]))
    attempted(checkpoint, orders_in(checkpoint)[ANDI, "S5", 1], None)
    write(checkpoint, target)
    checkpoint.close()
    filled_in(target, J2="TRX9")
    [verdict] = answers.read_answers(target, "Rina")
    assert not isinstance(verdict, InputError)
    assert verdict.row == 1_234


def test_nothing_filled_in_is_said(batch: Checkpoint, target: Path) -> None:
    write(batch, target)
    with pytest.raises(InputError) as caught:
        answers.read_answers(target, "Rina")
    assert caught.value.code == "resolve.nothing"


def test_of_results_in_csv_only_open_rows_are_answers(batch: Checkpoint, tmp_path: Path) -> None:
    path = tmp_path / "bonus.results.csv"
    results_workbook.write_results_file(
        batch, tally(batch), books.close([]), path, rehearsal=False, tell=lambda _: None
    )
    text = path.read_text(encoding="utf-8-sig")
    interrupted = say.WORDS["outcome.interrupted"]
    path.write_text(text.replace(f'"{interrupted}",,', f'"{interrupted}",TRX9,'), encoding="utf-8")
    read = [verdict for verdict in answers.read_answers(path, "Rina") if not isinstance(verdict, InputError)]
    assert [(v.number, v.invoice) for v in read] == [(BUDI, "TRX9"), (FITRI, "TRX2")]


def test_what_a_person_typed_into_the_results_is_never_lost(office: Office) -> None:
    """An answer stands in the next workbook again; everything else that was typed, in the one set aside."""
    office.payroll("bonus.csv", ["081234500001", "081200002001", "081200000012"])
    office.send("bonus.csv")
    path = office.folder / "bonus.results.xlsx"
    office.run("results", "bonus.csv")
    assert not list(office.folder.glob("*changed*"))
    filled_in(path, J2="TRX-TYPED")
    book = openpyxl.load_workbook(path)
    book["To do"]["B2"] = "0812 corrected"
    book.save(path)

    done = office.run("results", "bonus.csv")

    [kept] = office.folder.glob("bonus.results (changed *).xlsx")
    assert kept.name in done.out + done.err
    assert openpyxl.load_workbook(kept)["To do"]["B2"].value == "0812 corrected"
    assert openpyxl.load_workbook(path)["Ask provider"]["J2"].value == "TRX-TYPED"


@pytest.mark.parametrize(("typed_first", "stands"), [(True, {}), (False, {(3, BUDI): "not sent"})])
def test_not_sent_is_no_answer_any_more_once_the_row_was_sent_again(
    batch: Checkpoint,
    target: Path,
    typed_first: bool,
    stands: dict[tuple[int, str], str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    write(batch, target)
    filled_in(target, J2="not sent")
    typed_at = (NOW + timedelta(minutes=-1 if typed_first else 1)).timestamp()
    os.utime(target, (typed_at, typed_at))
    again = orders_in(batch)[BUDI, "S5", 1]
    assert attempted(batch, again, an_outcome(Kind.EXISTS), expected=Status.UNKNOWN) is Status.ACCEPTED
    assert keep_typed(batch, target, Terminal()) == stands
    assert ("row 3 was sent again" in "".join(capsys.readouterr())) is typed_first


def test_the_whole_way_from_the_run_to_the_provider_and_back(office: Office) -> None:
    """One row whose answer was lost: its invoice is typed into the results workbook, and closes it."""
    lost, failing = "081200002001", "081200000012"
    office.payroll("bonus.csv", ["081234500001", lost, failing])
    office.send("bonus.csv")
    invoice = next(topup.invoice for topup in office.sandbox.book() if topup.number == lost)
    filled_in(office.folder / "bonus.results.xlsx", J2=invoice)

    done = office.run("resolve", "bonus.csv", "--from", "bonus.results.xlsx", "--note", "Rina, hotline")

    assert done.exit == 1, done.err
    assert office.statuses("bonus.results.xlsx") == ["sukses", "sukses", "gagal"]
    plan = office.run("check", "bonus.results.xlsx", "--sheet", "To do", "--json").json["plan"]
    assert (plan["rows"], plan["orders"]) == (1, 1)
    whole = office.run("check", "bonus.results.xlsx", "--json").json["plan"]
    assert (whole["rows"], whole["orders"], whole["held"]) == (3, 1, 2)


def test_what_there_is_to_know_of_the_file_is_told(batch: Checkpoint, target: Path) -> None:
    target.mkdir()
    told: list[Notice] = []
    closed = books.close(batch.debits())
    path = results_workbook.write_results_file(
        batch, tally(batch), closed, target, rehearsal=False, tell=told.append
    )
    assert path == target.with_name("bonus.results (2).xlsx")
    assert [notice.code for notice in told] == ["saved.beside"]


def test_a_person_is_told_where_the_results_went(office: Office) -> None:
    office.payroll("bonus.csv", ["081234500001"])
    assert office.send("bonus.csv").exit == 0
    (office.folder / "bonus.results.xlsx").unlink()
    (office.folder / "bonus.results.xlsx").mkdir()
    done = office.run("results", "bonus.csv")
    assert "bonus.results (2).xlsx; close the old one" in done.out

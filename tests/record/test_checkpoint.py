"""The checkpoint: what is written stays written, whatever happens next; no other file is taken for it."""

from __future__ import annotations

import dataclasses
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import uuid
from contextlib import closing
from datetime import date, datetime, timedelta
from itertools import product
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bulk_topup.core.errors import InputError, StorageFailed
from bulk_topup.core.model import Ending, Kind, Then, Wanted
from bulk_topup.core.status import Status
from bulk_topup.provider.outcomes import order_status
from bulk_topup.record.checkpoint import Checkpoint, schema
from bulk_topup.record.checkpoint.file import uri_of
from bulk_topup.record.checkpoint.schema import APPLICATION_ID, SCHEMA
from bulk_topup.rules.orders import Known, Wishes
from bulk_topup.rules.resume import assert_not_finished
from tests.builders import (
    ANDI,
    BATCH_IDENTITY,
    BUDI,
    CITRA,
    HEADER,
    NOW,
    TODAY,
    a_checkpoint,
    an_outcome,
    attempted,
    begin,
    brought_back,
    counted,
    orders_in,
    plan_of,
    sheet_of,
    topups,
)
from tests.markdown import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bulk_topup.core.model import Order, Outcome

SHEET = topups((ANDI, "S5"), (BUDI, "S10"), ("nobody", "S5"))
KINDS: list[Kind | None] = [*Kind, None]
MAY_BEGIN = {Status.UNSENT, Status.GAGAL, Status.UNKNOWN}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bonus.checkpoint.db"


@pytest.fixture
def checkpoint(path: Path) -> Iterator[Checkpoint]:
    with_orders = a_checkpoint(path, SHEET)
    yield with_orders
    with_orders.close()


@pytest.fixture
def order(checkpoint: Checkpoint) -> Order:
    return orders_in(checkpoint)[ANDI, "S5", 1]


def opened(path: Path) -> Checkpoint:
    checkpoint = Checkpoint.open(path, vars(BATCH_IDENTITY))
    assert checkpoint is not None
    return checkpoint


def status_of(checkpoint: Checkpoint, order: Order) -> Status:
    ((status,),) = checkpoint._rows("SELECT status FROM orders WHERE id = ?", order.id)
    return Status(status)


def lines_of(checkpoint: Checkpoint) -> list[tuple[int, str, bool]]:
    return [(line.row, str(line.status), line.removed) for line in checkpoint.lines()]


def outcome_of(kind: Kind | None) -> Outcome | None:
    return None if kind is None else an_outcome(kind, code="outcome.sukses")


# -- the file ----------------------------------------------------------------------------------------------


def test_a_new_checkpoint_is_ours_of_this_version_and_its_owners_alone(
    checkpoint: Checkpoint, path: Path
) -> None:
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert db.execute("PRAGMA user_version").fetchone() == (len(SCHEMA),)
    db.close()
    beside = [path, *path.parent.glob(f"{path.name}-*")]
    assert {stat.S_IMODE(file.stat().st_mode) for file in beside} == {0o600}


def test_at_rest_a_checkpoint_is_one_file_that_can_be_copied(path: Path) -> None:
    checkpoint = a_checkpoint(path, SHEET)
    attempted(checkpoint, orders_in(checkpoint)[ANDI, "S5", 1], an_outcome(Kind.SUKSES, invoice="TRX1"))
    checkpoint.close()
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    copy = Path(shutil.copy(path, path.with_name("copy.db")))
    restored = opened(copy)
    assert [line[1] for line in lines_of(restored)] == ["sukses", "unsent", "invalid"]
    restored.close()


def test_closing_twice_is_no_fault(path: Path) -> None:
    checkpoint = a_checkpoint(path)
    checkpoint.close()
    checkpoint.close()


def test_writes_are_durable_when_they_return(checkpoint: Checkpoint) -> None:
    def setting(name: str) -> object:
        return checkpoint._db.execute(f"PRAGMA {name}").fetchone()[0]

    assert (setting("journal_mode"), setting("synchronous"), setting("fullfsync")) == ("wal", 2, 1)
    assert setting("foreign_keys") == 1


def test_there_is_no_checkpoint_where_there_is_no_file(path: Path) -> None:
    assert Checkpoint.open(path) is None
    assert not path.exists()


def test_a_checkpoint_never_replaces_a_file(path: Path) -> None:
    path.write_text("something of the user's")
    with pytest.raises(StorageFailed):
        Checkpoint.create(path, BATCH_IDENTITY)
    assert path.read_text() == "something of the user's"


def test_a_folder_that_is_not_there_is_a_storage_failure(path: Path) -> None:
    with pytest.raises(StorageFailed) as error:
        Checkpoint.create(path / "x.db", BATCH_IDENTITY)
    assert error.value.code == "checkpoint.unwritable"


def refusal(path: Path) -> str:
    before = path.read_bytes()
    with pytest.raises(InputError) as error:
        Checkpoint.open(path, vars(BATCH_IDENTITY))
    assert error.value.facts["path"] == path
    assert path.read_bytes() == before, "a file that is refused is left as it was"
    return error.value.code


@pytest.mark.parametrize("content", [b"x" * 4096, b"\0" * 4096, b"PK\x03\x04 not a database"])
def test_a_file_that_is_no_database_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert refusal(path) in {"checkpoint.damaged", "checkpoint.not_ours"}


def test_an_empty_file_is_refused_as_damaged(path: Path) -> None:
    """A synchronised folder can leave one where the record was."""
    path.touch()
    assert refusal(path) == "checkpoint.damaged"


@pytest.mark.parametrize("ending", ["-wal", "-journal"])
def test_the_log_of_a_progress_file_that_is_gone_is_refused(path: Path, ending: str) -> None:
    """SQLite would replay it into the next file of that name, and the old batch would rise from the dead."""
    log = path.with_name(path.name + ending)
    log.write_bytes(b"attempts")
    with pytest.raises(InputError) as error:
        Checkpoint.open(path, vars(BATCH_IDENTITY))
    assert (error.value.code, error.value.facts["log"]) == ("checkpoint.half", log)
    log.write_bytes(b"")
    assert Checkpoint.open(path, vars(BATCH_IDENTITY)) is None


def test_the_database_of_another_program_is_refused(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE notes (text)")
    db.close()
    assert refusal(path) == "checkpoint.not_ours"


def test_a_checkpoint_of_a_newer_version_is_refused(path: Path) -> None:
    a_checkpoint(path).close()
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {len(SCHEMA) + 1}")
    db.close()
    assert refusal(path) == "checkpoint.newer"


def test_a_checkpoint_of_an_earlier_version_is_brought_up_to_date(
    checkpoint: Checkpoint, order: Order, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempted(checkpoint, order, an_outcome(Kind.SUKSES))
    checkpoint.close()
    later = (*SCHEMA, "ALTER TABLE orders ADD COLUMN extra TEXT NOT NULL DEFAULT '-';")
    monkeypatch.setattr(schema, "SCHEMA", later)

    with closing(opened(path)) as newer:
        assert status_of(newer, order) is Status.SUKSES
        assert {row["extra"] for row in newer._rows("SELECT extra FROM orders")} == {"-"}
        assert newer._rows("PRAGMA user_version")[0][0] == len(later)


@pytest.mark.parametrize("version", range(1, len(SCHEMA)))
def test_a_file_of_each_earlier_version_says_the_same_and_becomes_one_of_this(
    checkpoint: Checkpoint, order: Order, path: Path, version: int
) -> None:
    attempted(checkpoint, order, an_outcome(Kind.SUKSES, debited=5_600, balance=9, invoice="TRX1"))
    said = summed_up(checkpoint), lines_of(checkpoint)
    checkpoint.close()
    new = made_of(path)
    brought_back(path, version)
    assert made_of(path) != new

    with closing(looked_into(path)) as looker:
        assert (summed_up(looker), lines_of(looker)) == said
    with closing(opened(path)) as same:
        assert (summed_up(same), lines_of(same)) == said
        assert made_of(path) == new
        same.adopt(plan_of(SHEET, same.known()), {})
        assert (summed_up(same), lines_of(same)) == said


def made_of(path: Path) -> list[tuple[str, ...]]:
    """Its tables with their columns, indexes and triggers."""
    with closing(sqlite3.connect(path)) as db:
        names = db.execute("SELECT type, name FROM sqlite_master ORDER BY name").fetchall()
        return [(*row, str(db.execute(f"PRAGMA table_info({row[1]})").fetchall())) for row in names]


def test_a_step_to_a_newer_version_that_fails_changes_nothing(
    checkpoint: Checkpoint, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint.close()
    half = "ALTER TABLE orders ADD COLUMN extra TEXT; ALTER TABLE absent ADD COLUMN extra TEXT;"
    monkeypatch.setattr(schema, "SCHEMA", (*SCHEMA, half))
    with pytest.raises(StorageFailed):
        Checkpoint.open(path)
    monkeypatch.setattr(schema, "SCHEMA", SCHEMA)

    with closing(opened(path)) as same:
        assert same._rows("PRAGMA user_version")[0][0] == len(SCHEMA)


def test_a_damaged_page_is_found_on_opening(path: Path) -> None:
    checkpoint = a_checkpoint(path, topups(*[(f"0812{nth:08}", "S5") for nth in range(500)]))
    checkpoint.close()
    damage(path, page=10)
    assert refusal(path) == "checkpoint.damaged"


def damage(path: Path, page: int, pages: int = 1) -> None:
    with path.open("r+b") as file:
        file.seek(4096 * page)
        file.write(b"\xee" * 4096 * pages)


def test_a_truncated_file_is_refused(path: Path) -> None:
    a_checkpoint(path, topups(*[(f"0812{nth:08}", "S5") for nth in range(500)])).close()
    os.truncate(path, 8 * 4096)
    assert refusal(path) == "checkpoint.damaged"


@pytest.mark.parametrize("name", ["account", "file", "tab"])
def test_a_checkpoint_of_something_else_is_refused_and_says_whose_it_is(path: Path, name: str) -> None:
    a_checkpoint(path).close()
    mine = dataclasses.replace(BATCH_IDENTITY, **{name: "other"})
    with pytest.raises(InputError) as error:
        Checkpoint.open(path, vars(mine))
    assert error.value.code == f"checkpoint.other_{name}"
    assert error.value.facts["stored"] == getattr(BATCH_IDENTITY, name)
    assert error.value.facts["mine"] == "other"


def test_every_batch_has_an_id_of_its_own_that_it_keeps(path: Path) -> None:
    one, other = a_checkpoint(path), a_checkpoint(path.with_name("other.db"))
    batch_id = one.batch_id
    assert batch_id not in {"", other.batch_id}
    for checkpoint in (one, other):
        checkpoint.close()
    again = opened(path)
    assert again.batch_id == batch_id
    again.close()


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        (PureWindowsPath("//server/gaji/bonus.db"), "file:////server/gaji/bonus.db"),
        (PureWindowsPath("C:/gaji mei/50%.db"), "file:///C:/gaji%20mei/50%25.db"),
        (PurePosixPath("/gaji/a?b#c.db"), "file:///gaji/a%3Fb%23c.db"),
    ],
)
def test_a_file_is_named_as_sqlite_reads_addresses(path: PurePath, uri: str) -> None:
    assert uri_of(path) == uri


# -- attempts ----------------------------------------------------------------------------------------------


def test_an_order_whose_attempt_has_begun_is_unknown_until_it_ends(
    checkpoint: Checkpoint, order: Order
) -> None:
    attempt = begin(checkpoint, order, "t1", NOW, TODAY, 0.5, Status.UNSENT)
    assert status_of(checkpoint, order) is Status.UNKNOWN
    assert (attempt.token, attempt.begun_at, attempt.order) == ("t1", NOW, order)
    assert checkpoint.end(attempt.id, an_outcome(Kind.SUKSES, invoice="TRX1"), NOW).status is Status.SUKSES
    assert status_of(checkpoint, order) is Status.SUKSES


def test_one_invoice_is_held_by_one_order_however_close_their_answers_come(path: Path) -> None:
    checkpoint = a_checkpoint(path, topups((ANDI, "S5"), (BUDI, "S5")))
    orders = orders_in(checkpoint).values()
    attempts = [begin(checkpoint, order, order.number, NOW, TODAY, None, Status.UNSENT) for order in orders]
    endings = [Ending(attempt.id, an_outcome(Kind.SUKSES, invoice="TRX1"), NOW) for attempt in attempts]

    (paid, other), _ = checkpoint.turn(endings, lambda _: ())
    checkpoint.close()

    assert (paid.status, paid.outcome.kind) == (Status.SUKSES, Kind.SUKSES)
    assert (other.status, other.outcome.kind) == (Status.UNKNOWN, Kind.UNKNOWN)
    assert (other.outcome.code, other.outcome.then) == ("outcome.same_invoice", Then.STOP)


@pytest.mark.parametrize(("seen", "kept"), [(-86_400.0, -86_400.0), (None, 0.5)])
def test_the_skew_of_an_attempt_is_the_one_last_seen(
    checkpoint: Checkpoint, order: Order, seen: float | None, kept: float
) -> None:
    attempt = begin(checkpoint, order, "t1", NOW, TODAY, 0.5, Status.UNSENT)
    checkpoint.end(attempt.id, an_outcome(Kind.UNKNOWN), NOW, seen)
    (open_,) = checkpoint.open_orders()
    assert [past.skew_s for past in open_.past] == [kept]


@pytest.mark.parametrize("state", [kind for kind in KINDS if kind not in {Kind.NOT_SENT, Kind.REFUSED}])
def test_an_order_that_is_not_as_expected_cannot_begin_and_leaves_no_attempt(
    checkpoint: Checkpoint, order: Order, state: Kind | None
) -> None:
    stands = attempted(checkpoint, order, outcome_of(state))
    for expected in set(Status) - {stands}:
        with pytest.raises(AssertionError, match="is not"):
            begin(checkpoint, order, "second", NOW, TODAY, None, expected)
    assert "second" not in checkpoint.claims_expected()
    assert status_of(checkpoint, order) is stands


@pytest.mark.parametrize("kind", [Kind.SUKSES, Kind.PENDING, Kind.EXISTS])
def test_an_order_that_the_provider_has_cannot_begin_whatever_the_caller_expects(
    checkpoint: Checkpoint, order: Order, kind: Kind
) -> None:
    stands = attempted(checkpoint, order, outcome_of(kind))
    with pytest.raises(AssertionError):
        begin(checkpoint, order, "again", NOW, TODAY, None, stands)
    assert status_of(checkpoint, order) is stands


def test_an_order_that_does_not_exist_cannot_begin(checkpoint: Checkpoint, order: Order) -> None:
    stranger = dataclasses.replace(order, id=999)
    with pytest.raises((AssertionError, sqlite3.IntegrityError)):
        begin(checkpoint, stranger, "t", NOW, TODAY, None, Status.UNSENT)
    assert checkpoint.claims_expected() == {}


@pytest.mark.parametrize("most", [Kind.SUKSES, Kind.UNKNOWN, Kind.GAGAL, Kind.NOT_SENT, Kind.EXISTS])
def test_each_token_has_its_orders_status_whichever_status_most_orders_have(path: Path, most: Kind) -> None:
    kinds = [*[most] * 4, *Kind]
    checkpoint = a_checkpoint(path, topups(*[(f"0812{nth:08}", "S5") for nth in range(len(kinds) + 1)]))
    orders = list(orders_in(checkpoint).values())
    stands = {}
    for order, kind in zip(orders, kinds, strict=False):
        status = attempted(checkpoint, order, an_outcome(kind))
        (token,) = checkpoint.tokens(order.id)
        stands[token] = (status, kind)
    unmoved = {Kind.NOT_SENT, Kind.REFUSED, Kind.GAGAL}
    moved = {token: status for token, (status, kind) in stands.items() if kind not in unmoved}
    assert checkpoint.claims_expected() == {token: status for token, (status, _) in stands.items()}
    found = checkpoint.moved_tokens()
    assert {token: status for status, tokens in found.items() for token in tokens} == moved
    checkpoint.close()


def test_one_token_is_one_attempt(checkpoint: Checkpoint, order: Order) -> None:
    attempted(checkpoint, order, an_outcome(Kind.GAGAL))
    (token,) = checkpoint.claims_expected()
    with pytest.raises(sqlite3.IntegrityError):
        begin(checkpoint, order, token, NOW, TODAY, None, Status.GAGAL)
    assert status_of(checkpoint, order) is Status.GAGAL


def test_after_any_attempts_an_order_stands_where_the_table_says(path: Path) -> None:
    """Every sequence of up to three attempts that can follow each other, each on an order of its own."""
    tried = [kinds for size in (1, 2, 3) for kinds in product(KINDS, repeat=size)]
    sequences = [kinds for kinds in tried if order_status(kinds[:1]) in MAY_BEGIN]
    sequences = [kinds for kinds in sequences if len(kinds) < 3 or order_status(kinds[:2]) in MAY_BEGIN]
    assert len(sequences) > 100
    numbers = [f"0812{nth:08}" for nth in range(len(sequences))]
    checkpoint = a_checkpoint(path, topups(*[(number, "S5") for number in numbers]))
    orders = orders_in(checkpoint)
    expected = dict(zip(numbers, map(order_status, sequences), strict=True))
    for number, kinds in zip(numbers, sequences, strict=True):
        status = attempted(checkpoint, orders[number, "S5", 1], *map(outcome_of, kinds))
        assert status is expected[number], kinds
    assert {line.number: line.status for line in checkpoint.lines()} == expected
    checkpoint.close()


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.SUKSES])
def test_a_paid_order_cannot_become_anything_else(checkpoint: Checkpoint, order: Order, kind: Kind) -> None:
    attempt = begin(checkpoint, order, "t1", NOW, TODAY, None, Status.UNSENT)
    checkpoint.end(attempt.id, an_outcome(Kind.SUKSES, invoice="TRX1", debited=5_630), NOW)
    with pytest.raises(AssertionError, match="paid order"):
        checkpoint.end(attempt.id, an_outcome(kind), NOW)
    (line, *_) = checkpoint.lines()
    assert line.attempt is not None
    assert (line.status, line.attempt["invoice"], line.attempt["kind"]) == ("sukses", "TRX1", "sukses")


def test_what_a_later_answer_does_not_state_is_kept(checkpoint: Checkpoint, order: Order) -> None:
    """`cekstatus` states neither debit nor balance (API v3.1, CEK STATUS TRANSAKSI PULSA)."""
    first = an_outcome(Kind.PENDING, invoice="TRX1", serial="1", debited=5_630, balance=100, answered_at="d1")
    attempt = begin(checkpoint, order, "t1", NOW, TODAY, None, Status.UNSENT)
    checkpoint.end(attempt.id, first, NOW)
    later = NOW + timedelta(minutes=5)
    checkpoint.end(attempt.id, an_outcome(Kind.SUKSES, invoice="TRX1", serial="99"), later)
    (line, *_) = checkpoint.lines()
    assert line.attempt is not None
    assert (line.attempt["serial"], line.attempt["debited"], line.attempt["invoice"]) == ("99", 5_630, "TRX1")
    assert [answer["balance"] for answer in checkpoint.debits()] == [100]


def test_pending_attempts_are_listed_with_their_invoices(checkpoint: Checkpoint, order: Order) -> None:
    attempted(checkpoint, order, an_outcome(Kind.PENDING, invoice="TRX1"))
    (pending,) = checkpoint.open_invoices()
    assert (pending.number, pending.invoice) == (ANDI, "TRX1")
    checkpoint.end(pending.id, an_outcome(Kind.GAGAL, code="outcome.gagal_later"), NOW)
    assert checkpoint.open_invoices() == []
    assert status_of(checkpoint, order) is Status.GAGAL


def test_an_unknown_attempt_with_an_invoice_of_its_own_can_be_asked_about(
    checkpoint: Checkpoint, order: Order
) -> None:
    attempted(checkpoint, order, an_outcome(Kind.UNKNOWN, invoice="TRX1"))
    (asked,) = checkpoint.open_invoices()
    assert (asked.number, asked.product, asked.invoice) == (ANDI, "S5", "TRX1")
    attempted(checkpoint, orders_in(checkpoint)[BUDI, "S10", 1], an_outcome(Kind.UNKNOWN, invoice="TRX1"))
    assert checkpoint.open_invoices() == [asked], "an invoice that was taken is of the row that took it"


def test_an_unknown_attempt_of_a_paid_order_or_without_an_invoice_is_not_asked_about(
    checkpoint: Checkpoint, order: Order
) -> None:
    attempted(checkpoint, order, an_outcome(Kind.UNKNOWN))
    assert checkpoint.open_invoices() == []
    attempted(checkpoint, order, an_outcome(Kind.UNKNOWN, invoice="TRX1"), expected=Status.UNKNOWN)
    assert len(checkpoint.open_invoices()) == 1
    attempted(checkpoint, order, an_outcome(Kind.SUKSES, invoice="TRX2"), expected=Status.UNKNOWN)
    assert checkpoint.open_invoices() == []


def test_an_accepted_order_shows_the_invoice_that_an_earlier_attempt_got(
    checkpoint: Checkpoint, order: Order
) -> None:
    named, exists = an_outcome(Kind.UNKNOWN, invoice="TRX1"), an_outcome(Kind.EXISTS)
    assert attempted(checkpoint, order, named, exists) is Status.ACCEPTED
    (line, *_) = checkpoint.lines()
    (open_,) = checkpoint.open_orders()
    assert line.attempt is not None
    assert (line.attempt["invoice"], open_.invoice) == ("TRX1", "TRX1")


def test_an_accepted_order_shows_no_invoice_that_another_row_holds_or_that_failed(
    checkpoint: Checkpoint, order: Order
) -> None:
    failed, lost, exists = an_outcome(Kind.GAGAL, invoice="TRX1"), None, an_outcome(Kind.EXISTS)
    assert attempted(checkpoint, order, failed, lost, exists) is Status.ACCEPTED
    other = orders_in(checkpoint)[BUDI, "S10", 1]
    attempted(checkpoint, other, an_outcome(Kind.UNKNOWN, invoice="TRX1"), exists)
    assert [line.attempt["invoice"] for line in checkpoint.lines() if line.attempt] == ["", ""]


def test_a_line_says_how_often_it_was_tried_and_what_was_answered_last(
    checkpoint: Checkpoint, order: Order
) -> None:
    later = an_outcome(Kind.GAGAL, reason_code="00", reason="Gangguan")
    attempted(checkpoint, order, None, an_outcome(Kind.NOT_SENT), later, an_outcome(Kind.NOT_SENT))
    tried, untried, held = checkpoint.lines()
    assert tried.status is Status.UNKNOWN
    assert [(line.tries, line.last_answer) for line in (tried, untried, held)] == [
        (2, "00 Gangguan"),
        (0, ""),
        (0, ""),
    ]


def test_the_last_answer_that_decides_is_not_told_twice(checkpoint: Checkpoint, order: Order) -> None:
    again = an_outcome(Kind.GAGAL, reason_code="00", reason="Gangguan")
    attempted(checkpoint, order, an_outcome(Kind.GAGAL), again)
    (line, *_) = checkpoint.lines()
    assert line.attempt is not None
    assert (line.attempt["reason"], line.tries, line.last_answer) == ("Gangguan", 2, "")


def test_only_answers_that_state_another_day_are_given_and_found_without_reading_the_rest(
    checkpoint: Checkpoint, order: Order, path: Path
) -> None:
    same = f"{TODAY} 01:00:00"
    other = f"{TODAY + timedelta(days=1)} 01:00:00"
    silent = an_outcome(Kind.UNKNOWN)
    told = [an_outcome(Kind.UNKNOWN, answered_at=stated) for stated in (same, other)]
    attempted(checkpoint, order, silent, *told)
    assert checkpoint.other_days() == [(NOW, other)]
    asked: list[str] = []
    checkpoint._db.set_trace_callback(asked.append)
    checkpoint.other_days()
    with closing(sqlite3.connect(path)) as db:
        plan = db.execute(f"EXPLAIN QUERY PLAN {asked[-1]}").fetchall()
    assert "USING INDEX attempts_other_day" in str(plan)


def test_two_attempts_in_one_slot_are_one_claim(checkpoint: Checkpoint, order: Order) -> None:
    attempted(checkpoint, order, None, an_outcome(Kind.UNKNOWN))
    (claim,) = checkpoint.claims()
    first, _ = checkpoint.open_orders()[0].past
    assert (claim["token"], claim["number"]) == (first.token, ANDI)


def test_the_first_day_is_that_of_the_first_attempt_that_may_have_left(
    checkpoint: Checkpoint, order: Order
) -> None:
    assert checkpoint.first_day() is None
    unsent = begin(checkpoint, order, "t1", NOW, date(2025, 1, 18), None, Status.UNSENT)
    assert checkpoint.first_day() == date(2025, 1, 18)
    checkpoint.end(unsent.id, an_outcome(Kind.NOT_SENT), NOW)
    assert checkpoint.first_day() is None
    begin(checkpoint, order, "t2", NOW, date(2025, 1, 19), None, Status.UNSENT)
    assert checkpoint.first_day() == date(2025, 1, 19)


def test_what_is_paid_or_may_be_counts_as_committed(checkpoint: Checkpoint) -> None:
    orders = orders_in(checkpoint)
    assert checkpoint.committed() == 0
    attempted(checkpoint, orders[ANDI, "S5", 1], an_outcome(Kind.SUKSES, debited=5_700))
    attempted(checkpoint, orders[BUDI, "S10", 1], None)
    assert checkpoint.committed() == 5_700 + 10_600
    exists = an_outcome(Kind.EXISTS, code="outcome.reason.51")
    accepted = attempted(checkpoint, orders[BUDI, "S10", 1], exists, expected=Status.UNKNOWN)
    assert (accepted, checkpoint.committed()) == (Status.ACCEPTED, 5_700 + 10_600)


@pytest.mark.parametrize("kind", [Kind.GAGAL, Kind.REFUSED, Kind.NOT_SENT, Kind.EXISTS])
def test_what_moved_no_money_of_this_batch_does_not(checkpoint: Checkpoint, order: Order, kind: Kind) -> None:
    attempted(checkpoint, order, an_outcome(kind, debited=5_700))
    assert checkpoint.committed() == 0


def test_a_copy_may_follow_one_that_was_paid_the_same_day(path: Path) -> None:
    checkpoint = a_checkpoint(path, counted((ANDI, "S5", "1"), (ANDI, "S5", "2")))
    first = orders_in(checkpoint)[ANDI, "S5", 1]
    assert checkpoint.paid_on(TODAY, ANDI, 5_000, 1) is False
    attempted(checkpoint, first, an_outcome(Kind.SUKSES))
    assert checkpoint.paid_on(TODAY, ANDI, 5_000, 1) is True
    assert checkpoint.paid_on(TODAY + timedelta(days=1), ANDI, 5_000, 1) is False
    assert checkpoint.paid_on(TODAY, ANDI, 5_000, 3) is None
    checkpoint.close()


def test_a_slot_that_failed_under_one_product_and_was_paid_under_another_is_paid(path: Path) -> None:
    checkpoint = a_checkpoint(path, topups((ANDI, "S5")))
    attempted(checkpoint, orders_in(checkpoint)[ANDI, "S5", 1], an_outcome(Kind.GAGAL))
    checkpoint.adopt(plan_of(topups((ANDI, "SP5")), checkpoint.known()), {})
    attempted(checkpoint, orders_in(checkpoint)[ANDI, "SP5", 1], an_outcome(Kind.SUKSES))
    assert checkpoint.paid_on(TODAY, ANDI, 5_000, 1) is True
    checkpoint.close()


# -- holding back ------------------------------------------------------------------------------------------


def test_an_order_held_in_the_run_says_why(checkpoint: Checkpoint, order: Order) -> None:
    checkpoint.hold(order.id, Status.DUPLICATE, "duplicate.other_batch", {"batch": "lebaran"})
    (line, *_) = checkpoint.lines()
    assert (line.status, line.note) == (
        Status.DUPLICATE,
        {"code": "duplicate.other_batch", "facts": {"batch": "lebaran"}},
    )


@pytest.mark.parametrize("kind", [Kind.SUKSES, Kind.PENDING, Kind.UNKNOWN, Kind.GAGAL, Kind.EXISTS, None])
def test_an_order_that_was_attempted_is_never_held(
    checkpoint: Checkpoint, order: Order, kind: Kind | None
) -> None:
    stands = attempted(checkpoint, order, outcome_of(kind))
    checkpoint.hold(order.id, Status.UNSENT, "unsent.copy_waits", {})
    assert status_of(checkpoint, order) is stands


# -- lost claims -------------------------------------------------------------------------------------------

CLAIM = {
    "number": CITRA,
    "nominal": 5_000,
    "itrx": 1,
    "product": "S5",
    "row": 31,
    "token": "lost",
    "day": "2025-01-18",
    "claimed_at": "2025-01-18T09:00:00+07:00",
    "base_url": "https://klikmbc.co.id/json/pulsa",
}


def test_a_lost_claim_becomes_an_unknown_order_of_the_claims_own_day(checkpoint: Checkpoint) -> None:
    """Of today, it could be sent again: rule 51 guards only the day of the attempt."""
    checkpoint.adopt_lost_claim(CLAIM)
    (lost,) = checkpoint.open_orders()
    assert (lost.order.number, lost.order.row, lost.status) == (CITRA, 31, Status.UNKNOWN)
    (past,) = lost.past
    assert (past.day, past.token, past.is_unknown) == (date(2025, 1, 18), "lost", True)
    assert past.begun_at.isoformat() == CLAIM["claimed_at"]
    assert checkpoint.first_day() == date(2025, 1, 18)


def test_a_claim_whose_attempt_another_run_has_written_meanwhile_is_not_lost(
    checkpoint: Checkpoint, order: Order
) -> None:
    attempted(checkpoint, order, an_outcome(Kind.GAGAL))
    (token,) = checkpoint.tokens(order.id)
    checkpoint.adopt_lost_claim({**CLAIM, "number": ANDI, "token": token})
    assert status_of(checkpoint, order) is Status.GAGAL
    assert checkpoint.lost_attempt(order.id, token, NOW.isoformat(), TODAY.isoformat()) is Status.GAGAL


def test_an_account_in_another_spelling_is_the_same(path: Path) -> None:
    identity = dataclasses.replace(BATCH_IDENTITY, account="rina")
    Checkpoint.create(path, dataclasses.replace(identity, account=" Rina")).close()
    same = Checkpoint.open(path, vars(identity))
    assert same is not None
    same.close()
    with pytest.raises(InputError, match="other_account"):
        Checkpoint.open(path, vars(dataclasses.replace(identity, account="dewi")))


def test_a_lost_claim_of_a_known_order_makes_it_unknown(checkpoint: Checkpoint, order: Order) -> None:
    checkpoint.adopt_lost_claim({**CLAIM, "number": ANDI})
    assert status_of(checkpoint, order) is Status.UNKNOWN
    assert checkpoint.claims_expected() == {"lost": Status.UNKNOWN}


def test_a_lost_claim_does_not_unpay_a_paid_order(checkpoint: Checkpoint, order: Order) -> None:
    attempted(checkpoint, order, an_outcome(Kind.SUKSES))
    assert checkpoint.lost_attempt(order.id, "lost", NOW.isoformat(), TODAY.isoformat()) is Status.SUKSES


def test_a_lost_claim_stands_in_the_results(checkpoint: Checkpoint) -> None:
    """Its row is in no sheet that this file knows, and still it may have been paid."""
    checkpoint.adopt_lost_claim(CLAIM)
    assert (31, "unknown") in [(row, status) for row, status, _ in lines_of(checkpoint)]


def test_a_lost_claim_stands_in_the_results_of_the_next_sheet(checkpoint: Checkpoint) -> None:
    checkpoint.adopt_lost_claim(CLAIM)
    checkpoint.adopt(plan_of(SHEET, checkpoint.known()), {})
    assert lines_of(checkpoint)[-1] == (31, "unknown", True)


# -- a sheet and its plan ----------------------------------------------------------------------------------


def test_the_lines_are_the_sheets_rows_in_its_order(path: Path) -> None:
    sheet = sheet_of(
        [("x", BUDI, "S10"), ("y", "nobody", "S5"), ("z", ANDI, "S5"), ("w", ANDI, "SP5")],
        numbers=[9, 4, 12, 13],
    )
    checkpoint = a_checkpoint(path, sheet)
    assert lines_of(checkpoint) == [
        (9, "unsent", False),
        (4, "invalid", False),
        (12, "unsent", False),
        (13, "duplicate", False),
    ]
    lines = list(checkpoint.lines())
    assert [line.cells[0] for line in lines] == ["x", "y", "z", "w"]
    assert [finding.code for finding in lines[1].why] == ["number.letters"]
    assert lines[3].why[0].facts["first"] == "12"
    assert (lines[0].price, lines[0].operator, lines[1].price) == (10_600, "TELKOMSEL", None)
    assert checkpoint.header == list(HEADER)
    checkpoint.close()


def test_adopting_a_sheet_again_changes_nothing(checkpoint: Checkpoint) -> None:
    before = lines_of(checkpoint)
    for _ in range(2):
        checkpoint.adopt(plan_of(SHEET, checkpoint.known()), {"content": "x"})
    assert lines_of(checkpoint) == before
    assert checkpoint.known().content == "x"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in {Kind.NOT_SENT, Kind.REFUSED}])
def test_rows_that_left_the_sheet_stay_where_they_were_attempted(
    checkpoint: Checkpoint, order: Order, kind: Kind | None
) -> None:
    stands = attempted(checkpoint, order, outcome_of(kind))
    for _ in range(2):
        checkpoint.adopt(plan_of(topups((CITRA, "S5")), checkpoint.known()), {})
        assert lines_of(checkpoint) == [(2, "unsent", False), (2, stands, True)]


def test_a_row_that_comes_back_is_no_longer_removed(checkpoint: Checkpoint, order: Order) -> None:
    attempted(checkpoint, order, an_outcome(Kind.SUKSES))
    checkpoint.adopt(plan_of(topups((CITRA, "S5")), checkpoint.known()), {})
    checkpoint.adopt(plan_of(topups((CITRA, "S5"), (ANDI, "S5")), checkpoint.known()), {})
    assert lines_of(checkpoint) == [(2, "unsent", False), (3, "sukses", False)]


def test_a_removed_row_keeps_its_cells_under_their_columns(path: Path) -> None:
    checkpoint = a_checkpoint(path, sheet_of([("Andi", ANDI, "S5")]))
    attempted(checkpoint, orders_in(checkpoint)[ANDI, "S5", 1], an_outcome(Kind.SUKSES))
    other = sheet_of([("S5", "Budi", "gudang", BUDI)], ("Kode Produk", "Nama", "Bagian", "No HP"))
    checkpoint.adopt(plan_of(other, checkpoint.known()), {})
    assert list(checkpoint.lines())[-1].cells == ("S5", "Andi", "", ANDI)
    checkpoint.close()


def test_an_unsent_order_whose_row_left_the_sheet_is_forgotten(checkpoint: Checkpoint) -> None:
    """Known, its row would be sent beside the corrected one when it comes back, and not held as changed."""
    checkpoint.adopt(plan_of(topups((ANDI, "S10")), checkpoint.known()), {})
    attempted(checkpoint, orders_in(checkpoint)[ANDI, "S10", 1], an_outcome(Kind.SUKSES))
    both = plan_of(topups((ANDI, "S10"), (ANDI, "S5")), checkpoint.known())
    assert [held.why[0].code for held in both.held.values()] == ["changed.already_sent"]
    with pytest.raises(InputError, match=r"batch\.finished"):
        assert_not_finished(checkpoint.known(), 0, TODAY + timedelta(days=1), Wishes())


def test_prices_of_orders_still_to_send_follow_the_plan_and_those_of_sent_ones_do_not(
    checkpoint: Checkpoint, order: Order
) -> None:
    """Even under a plan that was made before the attempt."""
    attempted(checkpoint, order, None)
    with checkpoint._transaction() as db:
        db.execute("UPDATE orders SET price = 1")
    for known in (Known(), checkpoint.known()):
        checkpoint.adopt(plan_of(SHEET, known), {})
        assert [line.price for line in checkpoint.lines()] == [1, 10_600, None]


def test_the_trail_is_kept_in_order(checkpoint: Checkpoint, order: Order, path: Path) -> None:
    checkpoint.note(NOW, "rina", "run", note="2 orders")
    checkpoint.note(NOW, "joko", "resolve", order_id=order.id)
    with sqlite3.connect(path) as db:
        rows = db.execute("SELECT who, what, order_id, note FROM trail ORDER BY id").fetchall()
    db.close()
    assert rows == [("rina", "run", None, "2 orders"), ("joko", "resolve", order.id, "")]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.lists(
                st.tuples(st.sampled_from([ANDI, BUDI, CITRA]), st.sampled_from(["S5", "SP5", "S10", "zzz"])),
                min_size=1,
                max_size=5,
            ),
            st.lists(
                st.sampled_from([Kind.SUKSES, Kind.GAGAL, Kind.UNKNOWN, Kind.NOT_SENT, None]), max_size=4
            ),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_however_a_sheet_is_edited_between_runs_no_row_and_no_attempt_is_lost(
    tmp_path: Path, runs: list[tuple[list[tuple[str, str]], list[Kind | None]]]
) -> None:
    """Each run edits the sheet, adopts it and attempts some orders."""
    checkpoint = Checkpoint.create(tmp_path / f"{os.urandom(8).hex()}.db", BATCH_IDENTITY)
    for pairs, kinds in runs:
        plan = plan_of(topups(*pairs), checkpoint.known())
        checkpoint.adopt(plan, {})
        keys = list(plan.orders[["number", "product", "itrx"]].itertuples(index=False, name=None))
        for key, kind in zip(keys, kinds, strict=False):
            attempted(checkpoint, orders_in(checkpoint)[key], outcome_of(kind))
        lines = list(checkpoint.lines())
        assert [line.row for line in lines if not line.removed] == list(range(2, len(pairs) + 2))
        known = checkpoint.known().orders
        sent = known[known["status"] != "unsent"]
        shown = [(line.number, line.product) for line in lines if line.status in set(sent["status"])]
        assert {(n, p) for n, p in sent[["number", "product"]].itertuples(index=False)} <= set(shown)
        from_orders = [(line.number, line.product) for line in lines if not line.why]
        assert len(from_orders) == len(set(from_orders)), "an order stands in the results twice"
    checkpoint.close()


# -- the summary -------------------------------------------------------------------------------------------

SUMMED_UP = [(ANDI, "S5"), (BUDI, "S10"), (CITRA, "SP5")]
WRITES = st.one_of(
    st.tuples(st.just("adopt"), st.lists(st.sampled_from(SUMMED_UP), min_size=1, max_size=4)),
    st.tuples(st.just("attempt"), st.tuples(st.sampled_from(SUMMED_UP), st.sampled_from(KINDS))),
    st.tuples(st.just("hold"), st.sampled_from(SUMMED_UP)),
    st.tuples(st.just("resolve"), st.sampled_from(SUMMED_UP)),
    st.tuples(st.just("lose"), st.sampled_from(SUMMED_UP)),
    st.tuples(st.just("note"), st.none()),
)


def write(checkpoint: Checkpoint, what: str, facts: Any, at: datetime) -> None:
    """One of WRITES, where it can be."""
    if what == "adopt":
        checkpoint.adopt(plan_of(topups(*facts), checkpoint.known()), {})
    elif what == "note":
        checkpoint.note(at, "rina", "run")
        checkpoint.set_facts({"budget": str(at.second)})
    elif what == "lose":
        claim = {"number": facts[0], "product": facts[1], "itrx": 1, "nominal": 5_000, "row": 9}
        checkpoint.adopt_lost_claim(
            {**CLAIM, **claim, "token": "lost", "claimed_at": at.isoformat(), "day": TODAY.isoformat()}
        )
    else:
        pair, kind = facts if what == "attempt" else (facts, None)
        order = orders_in(checkpoint).get((*pair, 1))
        status = Status.INVALID if order is None else status_of(checkpoint, order)
        if order is not None and what == "hold":
            checkpoint.hold(order.id, Status.DUPLICATE, "duplicate.other_batch", {})
        elif order is not None and what == "attempt" and status in MAY_BEGIN:
            attempt = begin(checkpoint, order, uuid.uuid4().hex, at, TODAY, 0.0, status)
            if kind is not None:
                outcome = an_outcome(kind, debited=5_600, balance=at.second, invoice=attempt.token)
                checkpoint.end(attempt.id, outcome, at)
        elif order is not None and what == "attempt" and status in {Status.SUKSES, Status.PENDING}:
            checkpoint.begin_repeat(Wanted(order, uuid.uuid4().hex, at, TODAY, 0.0))
        elif what == "resolve":
            for open_ in checkpoint.open_orders():
                checkpoint.resolve(open_, an_outcome(Kind.GAGAL), at, "joko", "asked")


def summed_up(checkpoint: Checkpoint) -> tuple[object, ...]:
    kept = checkpoint.lines_alike(), checkpoint.last_balance(), checkpoint.last_touched()
    return (*kept, checkpoint.sendings(), checkpoint.committed(), checkpoint.first_day())


def recounted(path: Path) -> tuple[object, ...]:
    """The same, of a copy that has no summary."""
    copy = path.with_name(f"{path.name}.copy")
    with closing(sqlite3.connect(path)) as db, closing(sqlite3.connect(copy)) as without:
        db.backup(without)
        without.execute("DELETE FROM batch WHERE key = 'summary'")
        without.execute("UPDATE batch SET value = '' WHERE key = 'begun'")
        without.commit()
    with closing(opened(copy)) as checkpoint:
        return summed_up(checkpoint)


def test_a_batch_that_only_goes_on_is_not_written_anew(checkpoint: Checkpoint, order: Order) -> None:
    attempted(checkpoint, order, an_outcome(Kind.SUKSES))
    checkpoint.adopt(plan_of(SHEET, checkpoint.known()), {})
    before, kept = checkpoint._db.total_changes, checkpoint.lines_alike()
    checkpoint.adopt(plan_of(SHEET, checkpoint.known()), {})
    assert (checkpoint._db.total_changes - before, checkpoint._summary() is None) == (2, False)  # its entry
    assert checkpoint.lines_alike() == kept


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(WRITES, min_size=1, max_size=8))
def test_the_summary_that_is_kept_is_what_a_recount_comes_to(
    tmp_path: Path, writes: list[tuple[str, Any]]
) -> None:
    folder = Path(tempfile.mkdtemp(dir=tmp_path))
    with closing(a_checkpoint(folder / "b.db", SHEET)) as checkpoint:
        for after, (what, facts) in enumerate(writes, start=1):
            checkpoint.lines_alike()
            assert checkpoint._summary() is not None
            write(checkpoint, what, facts, NOW + timedelta(seconds=after))
            assert summed_up(checkpoint) == recounted(folder / "b.db"), what


def test_a_summary_is_read_by_whoever_looks_and_made_by_none_of_them(
    checkpoint: Checkpoint, order: Order, path: Path
) -> None:
    with closing(looked_into(path)) as looker:
        assert (len(looker.lines_alike()), looker._summary()) == (2, None)
        kept = checkpoint.lines_alike()
        assert looker._summary() is not None
        assert looker.lines_alike() == kept
        attempted(checkpoint, order, an_outcome(Kind.SUKSES))
        assert looker._summary() is None


def test_what_is_written_while_it_is_summed_up_is_noticed(
    checkpoint: Checkpoint, order: Order, path: Path
) -> None:
    """By whichever process: then no summary is kept."""
    with closing(opened(path)) as other:
        before = checkpoint._writes()
        assert checkpoint._writes() == before
        other.note(NOW, "rina", "results")
        by_other = checkpoint._writes()
        attempted(checkpoint, order, None)
        assert len({before, by_other, checkpoint._writes()}) == 3


def looked_into(path: Path) -> Checkpoint:
    checkpoint = Checkpoint.look(path, vars(BATCH_IDENTITY))
    assert checkpoint is not None
    return checkpoint


# -- what else may happen ----------------------------------------------------------------------------------

DIES_AFTER_BEGIN = """
import os, sys
from pathlib import Path
from bulk_topup.core.status import Status
from tests.builders import *
checkpoint = Checkpoint.open(Path(sys.argv[1]))
begin(checkpoint, orders_in(checkpoint)[ANDI, "S5", 1], "t1", NOW, TODAY, 0.25, Status.UNSENT)
os.kill(os.getpid(), 9)
"""

SHOWS_ATTEMPTS = """
import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute("SELECT token FROM attempts").fetchall())
"""

FILLS_THE_DISK = """
import resource, signal, sys
from pathlib import Path
from bulk_topup.core.errors import StorageFailed
from bulk_topup.core.model import Kind
from bulk_topup.core.status import Status
from tests.builders import *
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
checkpoint = Checkpoint.open(Path(sys.argv[1]))
room = 4096 * 20
resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
try:
    for order in orders_in(checkpoint).values():
        attempted(checkpoint, order, an_outcome(Kind.SUKSES, invoice=f"TRX{order.id}", reason="x" * 400))
        print(order.id, flush=True)
except StorageFailed as failure:
    checkpoint.close()  # as each command does
    sys.exit(f"{failure.code} {failure.facts['why']}")
"""


def in_a_process(script: str, path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_an_attempt_that_has_begun_outlives_its_process(path: Path) -> None:
    a_checkpoint(path, SHEET).close()
    assert in_a_process(DIES_AFTER_BEGIN, path).returncode == -signal.SIGKILL
    checkpoint = opened(path)
    (left,) = checkpoint.open_orders()
    assert (left.order.number, left.status) == (ANDI, Status.UNKNOWN)
    (past,) = left.past
    assert (past.token, past.kind, past.begun_at, past.skew_s) == ("t1", None, NOW, 0.25)
    checkpoint.close()


def test_another_process_sees_an_attempt_as_soon_as_it_has_begun(
    checkpoint: Checkpoint, order: Order, path: Path
) -> None:
    begin(checkpoint, order, "t1", NOW, TODAY, None, Status.UNSENT)
    assert in_a_process(SHOWS_ATTEMPTS, path).stdout.strip() == "[('t1',)]"


def test_a_disk_that_fills_up_stops_the_run_and_loses_nothing_that_was_written(path: Path) -> None:
    a_checkpoint(path, topups(*[(f"0812{nth:08}", "S5") for nth in range(300)])).close()
    ended = in_a_process(FILLS_THE_DISK, path)
    assert ended.returncode == 1
    assert ended.stderr.startswith("checkpoint.unwritable")
    written = {int(line) for line in ended.stdout.split()}
    assert written
    checkpoint = opened(path)
    paid = {key for (key,) in checkpoint._rows("SELECT id FROM orders WHERE status = 'sukses'")}
    assert written <= paid
    invoices = {line.attempt["invoice"] for line in checkpoint.lines([Status.SUKSES]) if line.attempt}
    assert invoices == {f"TRX{key}" for key in paid}
    assert len(paid) + len(checkpoint.open_orders()) <= len(written) + 1
    checkpoint.close()


def test_a_file_that_breaks_under_a_run_is_a_storage_failure(path: Path) -> None:
    a_checkpoint(path, topups(*[(f"0812{nth:08}", "S5") for nth in range(500)])).close()
    checkpoint = opened(path)
    order = orders_in(checkpoint)["081200000499", "S5", 1]
    damage(path, page=2, pages=60)
    checkpoint._db.execute("PRAGMA shrink_memory")
    with pytest.raises(StorageFailed):
        begin(checkpoint, order, "t1", NOW, TODAY, None, Status.UNSENT)
    checkpoint.close()


def test_reading_half_of_the_lines_locks_nobody_out(checkpoint: Checkpoint) -> None:
    """A results sheet that fails half-way leaves its lines unread; the batch must still be closed."""
    lines = checkpoint.lines()
    next(lines)
    reader = threading.Thread(target=checkpoint.fact, args=("account",), daemon=True)
    reader.start()
    reader.join(2)
    stuck = reader.is_alive()
    del lines
    reader.join(5)
    assert not stuck

"""`verify` sees whatever is changed afterwards: in the trail, in the progress file, in what was written."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from itertools import combinations
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from bulk_topup.core.chain import canonical, link
from bulk_topup.core.model import Kind
from bulk_topup.record.checkpoint import Checkpoint, trail
from bulk_topup.record.verification import TABLES, Misfit, Verified, verified
from tests.builders import ANDI, BUDI, a_checkpoint, an_outcome, attempted, brought_back, orders_in, topups

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.conftest import Office

FINE, REFUSED, SLOW = "081234500001", "081200000012", "081200001001"
PAID_AND_LOST, LOST = "081200002001", "081200002101"
KINDS = {"check", "approval", "run", "attempt", "outcome", "settlement", "resolution", "export"}

Change = Callable[[sqlite3.Connection], object]
Link = tuple[int, str, str, str, str]


@pytest.fixture
def batch(office: Office) -> Office:
    """Checked, approved, run, settled, and two of its rows closed by a person; two rows are not sent."""
    office.payroll("bonus.csv", [FINE, REFUSED, SLOW, PAID_AND_LOST, LOST, FINE, "nobody"])
    code = office.run("check", "bonus.csv", "--json").json["plan"]["code"]
    assert office.send("bonus.csv", "--approve", code, "--approved-by", "Bu Sri").exit == 4
    assert office.run("settle", "bonus.csv", "--rate", "500", "--wait", "10").exit == 4
    [invoice] = [topup.invoice for topup in office.sandbox.book() if topup.number == PAID_AND_LOST]
    close = ("resolve", "bonus.csv", "--note", "Rina, hotline")
    assert office.run(*close, "--row", "5", "--number", PAID_AND_LOST, "--invoice", invoice).exit == 4
    assert office.run(*close, "--row", "6", "--number", LOST, "--not-sent").exit == 1
    return office


def looked(path: Path, printed: str = "") -> Verified:
    checkpoint = Checkpoint.look(path)
    assert checkpoint is not None
    with closing(checkpoint):
        return verified(checkpoint, printed)


class Tampered:
    """A progress file that is changed in one way at a time, and verified."""

    def __init__(self, path: Path) -> None:
        self.path, self._whole = path, path.with_suffix(".whole")
        shutil.copy(path, self._whole)

    def by(self, change: Change, printed: str = "") -> Misfit | None:
        shutil.copy(self._whole, self.path)
        with closing(sqlite3.connect(self.path, isolation_level=None)) as db:
            change(db)
        return looked(self.path, printed).misfit

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self._whole)) as db:
            return db.execute(sql).fetchall()


def do(sql: str, *values: object) -> Change:
    return lambda db: db.execute(sql, values)


def other(value: object) -> object:
    return value + 1 if isinstance(value, int | float) else f"{value or ''}9"


def with_each_leaf_changed(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from ({**value, name: changed} for changed in with_each_leaf_changed(inner))
            yield {key: kept for key, kept in value.items() if key != name}
    else:
        yield other(value)


def code_of(misfit: Misfit | None) -> str:
    return "" if misfit is None else misfit.code


def changed_fields(nth: int, at: str, kind: str, facts: str, digest: str) -> Iterator[Change]:
    yield do("UPDATE chain SET at = ? WHERE id = ?", other(at), nth)
    yield do("UPDATE chain SET kind = ? WHERE id = ?", "run" if kind != "run" else "check", nth)
    yield do("UPDATE chain SET hash = ? WHERE id = ?", other(digest), nth)
    yield do("UPDATE chain SET id = ? WHERE id = ?", nth + 1000, nth)
    spellings = [canonical(changed) for changed in with_each_leaf_changed(json.loads(facts))]
    for spelling in (*spellings, f"{facts} ", facts.replace(":", ": ", 1), "[]", "-", ""):
        yield do("UPDATE chain SET facts = ? WHERE id = ?", spelling, nth)


def rewritten(ids: Sequence[int], chain: Sequence[Link]) -> Change:
    """The chain's entries, those of these ids in this order, as if no other had ever been."""

    def change(db: sqlite3.Connection) -> None:
        db.execute("DELETE FROM chain")
        rows = [(nth, *chain[key - 1][1:]) for nth, key in enumerate(ids, start=1)]
        db.executemany("INSERT INTO chain VALUES (?, ?, ?, ?, ?)", rows)

    return change


@pytest.mark.slow
def test_each_single_change_of_the_trail_is_seen_at_its_entry(batch: Office) -> None:
    tampered = Tampered(batch.folder / "bonus.checkpoint.db")
    assert tampered.by(do("SELECT 1")) is None
    chain: list[Link] = tampered.rows("SELECT * FROM chain ORDER BY id")
    assert {entry[2] for entry in chain} == KINDS
    every, last = range(1, len(chain) + 1), len(chain)
    changes = [(entry[0], change) for entry in chain for change in changed_fields(*entry)]
    changes += [(nth, do("DELETE FROM chain WHERE id = ?", nth)) for nth in every[:-1]]
    changes += [(nth, rewritten([key for key in every if key != nth], chain)) for nth in every[:-1]]
    changes += [(nth + 1, rewritten([*every[:nth], nth, *every[nth:]], chain)) for nth in every]
    for one, two in combinations(every, 2):
        swapped = [{one: two, two: one}.get(key, key) for key in every]
        changes.append((one, rewritten(swapped, chain)))
    for nth, change in changes:
        misfit = tampered.by(change)
        assert misfit is not None
        assert (misfit.code, misfit.nth) == ("verify.broken", nth)
    # The export before it tells of another results file.
    assert code_of(tampered.by(do("DELETE FROM chain WHERE id = ?", last))) == "verify.file"


@pytest.mark.slow
def test_a_trail_that_was_cut_off_or_written_anew_is_seen_by_an_earlier_print(batch: Office) -> None:
    tampered = Tampered(batch.folder / "bonus.checkpoint.db")
    hashes = [row[0] for row in tampered.rows("SELECT hash FROM chain ORDER BY id")]

    def rewrite(db: sqlite3.Connection) -> None:
        previous, rows = "", db.execute("SELECT id, at, kind, facts FROM chain ORDER BY id").fetchall()
        for key, at, kind, facts in rows:
            forged = link(previous, at, kind, json.loads(facts.replace('"debited":', '"debited":1')))
            previous = forged.hash
            values = (canonical(forged.facts), forged.hash, key)
            db.execute("UPDATE chain SET facts = ?, hash = ? WHERE id = ?", values)

    def with_its_table(db: sqlite3.Connection) -> None:
        rewrite(db)
        db.execute("UPDATE attempts SET debited = '1' || debited")
        db.execute("DELETE FROM batch WHERE key = 'summary'")

    assert code_of(tampered.by(rewrite)) == "verify.differs"
    assert code_of(tampered.by(with_its_table)) == ""
    assert code_of(tampered.by(with_its_table, hashes[-1])) == "verify.cut_off"
    for kept, printed in enumerate(hashes):
        cut = do("DELETE FROM chain WHERE id > ?", kept)
        assert code_of(tampered.by(cut, hashes[-1])) == ("verify.cut_off" if kept else "verify.no_trail")
        assert code_of(tampered.by(do("SELECT 1"), printed[:16])) == "", "what was printed before is in it"


@pytest.mark.slow
def test_each_row_that_is_changed_behind_the_trail_is_seen(batch: Office) -> None:
    tampered = Tampered(batch.folder / "bonus.checkpoint.db")
    for table in (*TABLES, "lines"):
        key = "position" if table == "lines" else "id"
        columns = [row[1] for row in tampered.rows(f"PRAGMA table_info({table})")]
        rows = tampered.rows(f"SELECT * FROM {table}")  # noqa: S608
        assert len(rows) > 3
        for row in rows:
            where = row[columns.index(key)]
            changes = {"": do(f"DELETE FROM {table} WHERE {key} = ?", where)}  # noqa: S608
            for column, value in zip(columns, row, strict=True):
                changed = where + 1000 if column == key else other(value)
                changes[column] = do(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", changed, where)  # noqa: S608
            for column, change in changes.items():
                assert tampered.by(change) is not None, (table, where, column)
    for name in trail.FACTS:
        change = do("INSERT OR REPLACE INTO batch VALUES (?, 'other')", name)
        assert code_of(tampered.by(change)) == "verify.differs", name
    added = (
        "INSERT INTO attempts (order_id, token, begun_at, day) VALUES (1, 'x', '2025', '2025')",
        "INSERT INTO trail (at, who, what) VALUES ('2025', 'rina', 'results')",
        "INSERT INTO orders (number, product, itrx, nominal, operator, price, row, status) "
        "VALUES ('081', 'S5', 1, 5000, '', 1, 9, 'sukses')",
    )
    for sql in added:
        assert code_of(tampered.by(do(sql))) == "verify.not_entered"


@pytest.mark.slow
def test_a_changed_cell_of_the_results_is_seen_and_said_in_one_line(batch: Office) -> None:
    fine = batch.run("verify", "bonus.csv", "--json").json
    assert (fine["exit_code"], fine["misfit"], len(fine["files"]), fine["missing"]) == (0, None, 1, [])
    assert fine["trail"] == batch.run("status", "bonus.csv", "--json").json["trail"]
    results = batch.folder / "bonus.results.xlsx"
    book = openpyxl.load_workbook(results)
    [printed] = [str(row[1]) for row in book["Summary"].values if row[0] == "trail, up to here"]
    book.worksheets[0]["A2"] = "Karyawan lain"
    book.save(results)

    said = batch.run("verify", "bonus.csv")
    assert said.exit == 1
    [line] = said.err.splitlines()
    assert (line.startswith("Entry "), "(export, " in line, "bonus.results.xlsx" in line) == (
        True,
        True,
        True,
    )
    results.unlink()
    gone = batch.run("verify", "bonus.csv", "--head", printed.upper())
    assert (gone.exit, "bonus.results.xlsx is not there" in gone.out) == (0, True)
    assert batch.run("results", "bonus.csv").exit == 1
    assert batch.run("verify", "bonus.csv", "--head", printed).exit == 0
    assert batch.run("verify", "bonus.csv", "--head", "f" * 16).exit == 1
    assert batch.run("verify", "bonus.csv", "--head", printed[:15]).exit == 2


def test_changed_sums_and_changed_journals_are_seen(office: Office) -> None:
    """The Summary is printed from the one, and the next journal corrects the other."""
    office.payroll("bonus.csv", office.numbers(2))
    office.send("bonus.csv")
    office.run("results", "bonus.csv", "--journal", "journal.csv")
    tampered = Tampered(office.folder / "bonus.checkpoint.db")
    assert tampered.by(do("SELECT 1")) is None
    kept = dict(tampered.rows("SELECT key, value FROM batch"))
    [export] = json.loads(kept["journal"])
    forged = (
        ("summary", kept["summary"].replace('"nominal": ', '"nominal": 1'), "verify.summary"),
        ("journal", "[]", "verify.booked"),
        ("journal", json.dumps([{**export, "lines": export["lines"][:1]}]), "verify.booked"),
        ("journal", json.dumps([export, {**export, "file": "other.csv"}]), "verify.not_booked"),
    )
    for key, value, code in forged:
        assert code_of(tampered.by(do("UPDATE batch SET value = ? WHERE key = ?", value, key))) == code


def test_a_damaged_trail_keeps_nobody_from_being_paid(office: Office) -> None:
    office.payroll("bonus.csv", ["081200001001"])
    office.send("bonus.csv")
    for damage in ("UPDATE chain SET facts = '', hash = x'00'", "DELETE FROM chain", "DROP TABLE chain"):
        with closing(sqlite3.connect(office.folder / "bonus.checkpoint.db")) as db:
            db.execute(damage)
            db.commit()
        office.payroll("bonus.csv", ["081200001001", *office.numbers(1)])
        assert office.send("bonus.csv").exit in {0, 4}
        assert office.run("verify", "bonus.csv").exit == 1


@pytest.mark.parametrize("version", range(1, 7))
def test_a_file_that_had_no_trail_has_one_of_what_stood_in_it(tmp_path: Path, version: int) -> None:
    path = tmp_path / "bonus.checkpoint.db"
    with closing(a_checkpoint(path, topups((ANDI, "S5"), (BUDI, "S5")))) as checkpoint:
        attempted(checkpoint, orders_in(checkpoint)[ANDI, "S5", 1], an_outcome(Kind.SUKSES, invoice="TRX1"))
    brought_back(path, version)
    assert code_of(looked(path).misfit) == "verify.no_trail"
    opened = Checkpoint.open(path)
    assert opened is not None
    with closing(opened):
        first = next(opened.entries())
        assert (first.kind, "lines_sha256" in first.facts) == ("begin", True)
        attempted(opened, orders_in(opened)[BUDI, "S5", 1], an_outcome(Kind.GAGAL))
        assert verified(opened).misfit is None
    changed = Tampered(path).by(do("UPDATE attempts SET invoice = 'TRX2' WHERE id = 1"))
    assert code_of(changed) == "verify.differs"

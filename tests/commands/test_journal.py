"""`results --journal`: each entry is exported once, none is lost, and all of it is what the books say."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from bulk_topup.commands.results import write_journal
from bulk_topup.commands.terminal import Terminal
from bulk_topup.core.errors import BatchBusy, InputError, StorageFailed
from bulk_topup.record.lock import only_run
from bulk_topup.rules.journal import Accounts
from tests.desk_bench import PRICE, Bench, on_isipulsa

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Office

A, B = "081234500001", "081234500002"
PENDING_THEN_SUKSES = "081200001001"
ACCOUNTS = Accounts("6101", "1190", "1105", {"Jakarta": "6101-JKT"})


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    made = Bench(tmp_path, monkeypatch)
    yield made
    made.close()


def export(bench: Bench, name: str = "journal.csv", accounts: Accounts = ACCOUNTS) -> None:
    write_journal(bench.job(), bench.folder / name, accounts, Terminal(), bench.clock)


def stands_at(bench: Bench, pattern: str = "journal*.csv") -> Counter[str]:
    """By account, of all files together; each of them has to balance."""
    total: Counter[str] = Counter()
    for path in bench.folder.glob(pattern):
        lines = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
        amounts = [int(line["debit"] or 0) - int(line["credit"] or 0) for line in lines]
        assert sum(amounts) == 0
        for line, rupiah in zip(lines, amounts, strict=True):
            total[line["account"]] += rupiah
    return Counter({account: rupiah for account, rupiah in total.items() if rupiah})


@pytest.mark.slow
def test_paid_rows_are_expense_open_ones_suspense_and_a_settled_one_is_corrected(bench: Bench) -> None:
    bench.sheet(A, B, PENDING_THEN_SUKSES)
    bench.run()
    export(bench)
    assert stands_at(bench) == {"6101": 2 * PRICE, "1190": PRICE, "1105": -3 * PRICE}
    bench.clock.pass_by(3600)
    bench.settle()
    export(bench)
    assert stands_at(bench) == {"6101": 3 * PRICE, "1105": -3 * PRICE}
    assert stands_at(bench, "journal (2).csv") == {"6101": PRICE, "1190": -PRICE}


def test_with_nothing_new_nothing_is_written_and_it_says_so(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.sheet(A)
    bench.run()
    export(bench)
    before = (bench.folder / "journal.csv").read_bytes()
    capsys.readouterr()
    for name in ("journal.csv", "other.csv"):
        export(bench, name)
        assert "Nothing is new for the journal since journal.csv" in capsys.readouterr().out
    assert not (bench.folder / "other.csv").exists()
    assert (bench.folder / "journal.csv").read_bytes() == before


def test_a_file_that_is_lost_is_written_again_byte_for_byte(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.sheet(A)
    bench.run()
    export(bench)
    path = bench.folder / "journal.csv"
    before = path.read_bytes()
    path.unlink()
    export(bench)
    assert path.read_bytes() == before
    assert "book them once" in capsys.readouterr().out


@pytest.mark.slow
def test_what_is_new_never_takes_the_name_of_earlier_entries(bench: Bench) -> None:
    bench.sheet(PENDING_THEN_SUKSES)
    bench.run()
    export(bench)
    (bench.folder / "journal.csv").rename(bench.folder / "booked.csv")
    bench.clock.pass_by(3600)
    bench.settle()
    export(bench)
    assert (bench.folder / "journal.csv").read_bytes() == (bench.folder / "booked.csv").read_bytes()
    assert stands_at(bench) == {"6101": PRICE, "1105": -PRICE}


def test_entries_whose_file_could_not_be_written_come_with_the_next_export(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.sheet(A)
    bench.run()
    with monkeypatch.context() as patched:
        patched.setattr("bulk_topup.report.atomic._sync", _no_space)
        with pytest.raises(StorageFailed):
            export(bench)
    assert stands_at(bench) == {}
    export(bench, "other.csv")
    assert stands_at(bench) == {"6101": PRICE, "1105": -PRICE}
    assert not (bench.folder / "other.csv").exists()


def _no_space(_path: Path) -> None:
    raise OSError(28, "No space left on device")


def test_the_difference_to_the_balances_is_a_line_of_its_own_and_said(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.sheet(A, B)
    bench.run()
    monkeypatch.setattr("bulk_topup.rules.books.Books.unexplained", 700)
    export(bench)
    assert stands_at(bench) == {"6101": 2 * PRICE, "1190": 700, "1105": -2 * PRICE - 700}
    assert "Rp700 more than the rows" in capsys.readouterr().out


def test_an_unknown_row_that_the_balances_do_not_show_comes_to_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path, monkeypatch, faults=on_isipulsa("before reset"))
    try:
        bench.sheet(A, B)
        bench.run()
        export(bench)
        assert stands_at(bench) == {"6101": PRICE, "1105": -PRICE}
    finally:
        bench.close()


def test_nothing_is_exported_while_a_run_is_at_work(bench: Bench) -> None:
    bench.sheet(A)
    bench.run()
    job = bench.job()
    with only_run(job.files, bench.clock.now(), rehearsal=False), pytest.raises(BatchBusy):
        export(bench)
    assert not (bench.folder / "journal.csv").exists()


@pytest.mark.parametrize(
    ("name", "code"), [("journal.xlsx", "journal.no_csv"), ("no/journal.csv", "output.no_folder")]
)
def test_a_name_that_can_not_be_written_books_nothing(bench: Bench, name: str, code: str) -> None:
    bench.sheet(A)
    bench.run()
    with pytest.raises(InputError) as refused:
        export(bench, name)
    assert refused.value.code == code
    export(bench)
    assert stands_at(bench) == {"6101": PRICE, "1105": -PRICE}


def test_the_accounts_are_of_the_settings_and_groups_are_no_formulas(office: Office) -> None:
    header = ("Nama", "No HP", "Kode Produk", "Cabang")
    rows = [
        (f"N{n}", number, "TSEL5", group) for n, (number, group) in enumerate(((A, "Jakarta"), (B, "=1+1")))
    ]
    office.csv("bonus.csv", rows, header)
    office.send("bonus.csv", "--sandbox")
    (office.folder / "settings.toml").write_text(
        'journal = { expense = "6101", groups = { Jakarta = "6101-JKT" } }\n', encoding="utf-8"
    )
    env = {"BULK_TOPUP_CONFIG": str(office.folder / "settings.toml")}
    done = office.run("results", "bonus.csv", "--sandbox", "--journal", "journal.csv", "--json", env=env)
    assert done.exit == 0, done.err
    assert done.json["journal"]["rupiah"] == 2 * PRICE
    text = (office.folder / "journal.csv").read_text(encoding="utf-8-sig")
    lines = [(line["account"], line["group"], line["debit"]) for line in csv.DictReader(io.StringIO(text))]
    assert lines == [
        ("6101", "'=1+1", str(PRICE)), ("6101-JKT", "Jakarta", str(PRICE)), ("Deposit pulsa", "", "")
    ]  # fmt: skip
    assert text.count("rehearsal") == 3


def test_an_export_stands_in_the_trail_once_and_verify_sees_a_changed_journal(office: Office) -> None:
    office.payroll("bonus.csv", [A])
    office.send("bonus.csv", "--sandbox")
    for _ in range(2):
        office.run("results", "bonus.csv", "--sandbox", "--journal", "journal.csv")
    with closing(sqlite3.connect(office.folder / "bonus.sandbox.checkpoint.db")) as db:
        told = [json.loads(text) for (text,) in db.execute("SELECT facts FROM chain WHERE kind = 'export'")]
    assert [one["file"] for one in told if one["what"] == "journal"] == ["journal.csv"]
    assert office.run("verify", "bonus.csv", "--sandbox").exit == 0
    path = office.folder / "journal.csv"
    path.write_bytes(path.read_bytes().replace(b"5650", b"5651"))
    misfit = office.run("verify", "bonus.csv", "--sandbox", "--json").json["misfit"]
    assert (misfit["code"], "journal.csv" in misfit["message"]) == ("verify.file", True)

"""A batch's life as a truth table: what became of the sheet, how the batch stood, and when it is run again.

The cells follow the design's "A batch and its sheet" and "The ledger"; where those leave one open, a comment
says what a finance team would expect. The sandbox here pays as often as it is asked (rule 51 is off), so that
no cell owes its "nobody is paid twice" to the provider.
"""

from __future__ import annotations

import csv
import json
import shutil
import sys
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

import pytest

from bulk_topup.core.clock import WIB
from bulk_topup.record.checkpoint import Checkpoint
from bulk_topup.record.checkpoint.values import BatchIdentity
from tests.faults import Fault, Faults
from tests.office import START, Came, Office, open_office

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tests.office import Topup

CASES = ("finished", "open", "failed", "unfinished")
DAYS = {
    "same day": START + timedelta(hours=1),
    "next day": START + timedelta(days=1),
    # Beyond the 20 days in which a likeness to another batch counts.
    "next month": datetime(2025, 2, 20, 10, 0, tzinfo=WIB),
}
LETTERS = {"s": "sukses", "p": "pending", "u": "unknown", "g": "gagal", "d": "duplicate", "-": "unsent"}

NUMBERS = {letter: f"08123450000{n}" for n, letter in enumerate("ABCDEFX")}
PENDING_FOR_EVER = "081200001201"

# -- how the batch stands ----------------------------------------------------------------------------------
#
# The sheet asks for A, B, C, D and E. A first run is stopped at C by an empty deposit, a second one goes on
# from there: an older copy of the progress file is one that knows of A and B only. In the end:
#
#     finished    A-E sukses
#     open        A-C sukses, D pending for ever, E unknown (its request was lost, it is not paid)
#     failed      A-D sukses, E gagal
#     unfinished  A-C sukses, D and E unsent (D was refused for want of money, E never tried)


def refusal(reason_code: str) -> str:
    """A fault: the provider says no with this code, and nothing is paid."""
    return f"before otherjson:{json.dumps({'result': 'no', 'reason_code': reason_code, 'reason': '-'})}"


THIRD, FIFTH, SIXTH = 3, 5, 6
FATES = {
    "finished": {THIRD: refusal("62")},
    "open": {THIRD: refusal("62"), SIXTH: "before close"},
    "failed": {THIRD: refusal("62"), SIXTH: refusal("00")},
    "unfinished": {THIRD: refusal("62"), FIFTH: refusal("62")},
}
STATUSES = {"finished": "sssss", "open": "ssspu", "failed": "ssssg", "unfinished": "sss--"}


@dataclass(frozen=True)
class Batch:
    """A batch in one of the cases. `sheet` is what the change under test leaves to be run, in tab `tab`."""

    office: Office
    case: str
    sheet: str = "bonus.csv"
    tab: str | None = None

    def row(self, letter: str, product: str = "TSEL5") -> Topup:
        pending = letter == "D" and self.case == "open"
        return (PENDING_FOR_EVER if pending else NUMBERS[letter], product)

    def rows(self, letters: str) -> list[Topup]:
        return [self.row(letter) for letter in letters]

    def letters(self, numbers: Sequence[str]) -> str:
        names = {self.row(letter)[0]: letter for letter in NUMBERS}
        return "".join(sorted(names[number] for number in numbers))

    def path(self, name: str) -> Path:
        return self.office.folder / name

    def statuses(self) -> str:
        names = {name: letter for letter, name in LETTERS.items()}
        return "".join(names[row["status"]] for row in self.office.results(self.sheet, self.tab))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Batch]]:
    """Batches brought into their case, each once for all tests: they are to be copied, not used."""
    with ExitStack() as opened:

        @cache
        def make(case: str, sheet: str, *tabs: str) -> Batch:
            faults = Faults.listed({"isipulsa": FATES[case]})
            office = opened.enter_context(
                open_office(tmp_path_factory.mktemp("made"), rule_51=False, faults=faults)
            )
            return lived(Batch(office, case, sheet, tabs[0] if len(tabs) > 1 else None), *tabs)

        yield make


def lived(batch: Batch, *tabs: str) -> Batch:
    """Brings the batch into its case by two runs."""
    office, sheet = batch.office, batch.sheet
    office.write(sheet, batch.rows("ABCDE"), *tabs)
    office.run(sheet, tab=batch.tab)
    shutil.copy(office.job(sheet, tab=batch.tab).files.checkpoint, batch.path("older.db"))
    office.run(sheet, tab=batch.tab)
    assert batch.statuses() == STATUSES[batch.case]
    return batch


@pytest.fixture
def start(made: Callable[..., Batch], tmp_path: Path) -> Callable[..., Batch]:
    """A batch of `sheet` in its case, in a folder of its own, some minutes after START."""

    def copy(case: str, sheet: str = "bonus.csv", *tabs: str) -> Batch:
        batch = made(case, sheet, *tabs)
        shutil.copytree(batch.office.folder, tmp_path, dirs_exist_ok=True)
        batch.office.clock.set(START + timedelta(minutes=5))
        return replace(batch, office=replace(batch.office, folder=tmp_path))

    return copy


# -- what becomes of the sheet -----------------------------------------------------------------------------


def unchanged(batch: Batch) -> Batch:
    return batch


def rewritten(*letters: str, b_is: str = "TSEL5") -> Callable[[Batch], Batch]:
    def change(batch: Batch) -> Batch:
        rows = [batch.row(letter, b_is if letter == "B" else "TSEL5") for letter in "".join(letters)]
        batch.office.write(batch.sheet, rows)
        return batch

    return change


def renamed(batch: Batch) -> Batch:
    batch.path("bonus.csv").rename(batch.path("bonus (2).csv"))
    return replace(batch, sheet="bonus (2).csv")


def copied(batch: Batch) -> Batch:
    shutil.copy(batch.path("bonus.csv"), batch.path("bonus (2).csv"))
    return replace(batch, sheet="bonus (2).csv")


def renamed_with_progress(batch: Batch) -> Batch:
    batch.path("bonus.checkpoint.db").rename(batch.path("bonus (2).checkpoint.db"))
    return renamed(batch)


def results_saved_over(batch: Batch) -> Batch:
    """Someone writes the results, saved as CSV, over the sheet that they came from."""
    results = batch.office.results(batch.sheet)
    with batch.path(batch.sheet).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([list(results[0]), *(list(row.values()) for row in results)])
    return batch


def tab_named(batch: Batch) -> Batch:
    return replace(batch, tab="Januari")


def other_tab(batch: Batch) -> Batch:
    return replace(batch, tab="Februari")


def tab_renamed(batch: Batch) -> Batch:
    batch.office.write(batch.sheet, batch.rows("ABCDE"), "Februari")
    return batch


def results_fed_back(batch: Batch) -> Batch:
    return replace(batch, sheet="bonus.results.xlsx")


def checkpoint_deleted(batch: Batch) -> Batch:
    batch.path("bonus.checkpoint.db").unlink()
    return batch


def checkpoint_restored(batch: Batch) -> Batch:
    batch.path("older.db").replace(batch.path("bonus.checkpoint.db"))
    return batch


CHANGES: dict[str, Callable[[Batch], Batch]] = {
    "same": unchanged,
    "reordered": rewritten("EDCBA"),
    "row added": rewritten("ABCDEF"),
    "number corrected": rewritten("AXCDE"),
    "product corrected": rewritten("ABCDE", b_is="TSEL10"),
    "truncated": rewritten("ABCD"),
    "renamed": renamed,
    "copied": copied,
    "renamed with progress": renamed_with_progress,
    "other tab": other_tab,
    "tab renamed": tab_renamed,
    "tab named": tab_named,
    "results fed back": results_fed_back,
    "results saved over": results_saved_over,
    "checkpoint deleted": checkpoint_deleted,
    "checkpoint restored": checkpoint_restored,
}
WORKBOOKS = {
    "other tab": ("Januari", "Februari"),
    "tab renamed": ("Januari",),
    "tab named": ("Januari",),
}

# -- the table ---------------------------------------------------------------------------------------------
#
# A cell says PAID:STATUSES:EXIT. PAID are the rows that are paid now ("0": nobody), STATUSES those of the
# results from top to bottom, rows removed from the sheet last. !CODE is a refusal: exit 2, nobody is paid,
# and the results stay as they were. An indented line holds for the change above it, with its flags if any.

TABLE = """
same
    finished    | 0:sssss:0   | !batch.finished   | !batch.earlier_month
    open        | 0:ssspu:4   | 0:ssspu:4         | !batch.earlier_month
    failed      | 0:ssssg:1   | !batch.finished   | !batch.earlier_month
    unfinished  | DE:sssss:0  | DE:sssss:0        | !batch.earlier_month

    finished   --same-batch                | 0:sssss:0   | 0:sssss:0         | 0:sssss:0
    open       --same-batch                | 0:ssspu:4   | 0:ssspu:4         | 0:ssspu:4
    failed     --same-batch                | 0:ssssg:1   | 0:ssssg:1         | 0:ssssg:1
    unfinished --same-batch                | DE:sssss:0  | DE:sssss:0        | DE:sssss:0
    finished   --new-batch                 | !batch.nothing_new | !declined.overlap | ABCDE:sssss:0
    open       --new-batch                 | !batch.nothing_new | !declined.overlap | ABC:sssdd:1
    failed     --new-batch                 | E:dddds:1   | !declined.overlap | ABCDE:sssss:0
    unfinished --new-batch                 | DE:dddss:1  | !declined.overlap | ABCDE:sssss:0
    finished   --new-batch --again         | !batch.nothing_new | ABCDE:sssss:0     | ABCDE:sssss:0
    open       --new-batch --again         | !batch.nothing_new | ABC:sssdd:1       | ABC:sssdd:1
    failed     --new-batch --again         | E:dddds:1   | ABCDE:sssss:0     | ABCDE:sssss:0
    unfinished --new-batch --again         | DE:dddss:1  | ABCDE:sssss:0     | ABCDE:sssss:0
    finished   --again                     | 0:sssss:0   | !batch.finished   | !batch.earlier_month
    finished   --retry-failed              | 0:sssss:0   | !batch.finished   | !batch.earlier_month
    open       --retry-failed              | 0:ssspu:4   | 0:ssspu:4         | !batch.earlier_month
    failed     --retry-failed              | E:sssss:0   | E:sssss:0         | !batch.earlier_month
    unfinished --retry-failed              | DE:sssss:0  | DE:sssss:0        | !batch.earlier_month
    failed     --retry-failed --same-batch | E:sssss:0   | E:sssss:0         | E:sssss:0

reordered
    finished    | 0:sssss:0   | !batch.finished   | !batch.earlier_month
    open        | 0:upsss:4   | 0:upsss:4         | !batch.earlier_month
    failed      | 0:gssss:1   | !batch.finished   | !batch.earlier_month
    unfinished  | DE:sssss:0  | DE:sssss:0        | !batch.earlier_month

row added
    finished    | F:ssssss:0   | !batch.changed   | !batch.earlier_month
    open        | F:ssspus:4   | !batch.changed   | !batch.earlier_month
    failed      | F:ssssgs:1   | !batch.changed   | !batch.earlier_month
    unfinished  | DEF:ssssss:0 | !batch.changed   | !batch.earlier_month

    finished   --same-batch            | F:ssssss:0   | F:ssssss:0         | F:ssssss:0
    open       --same-batch            | F:ssspus:4   | F:ssspus:4         | F:ssspus:4
    unfinished --same-batch            | DEF:ssssss:0 | DEF:ssssss:0       | DEF:ssssss:0
    failed     --same-batch --retry-failed | EF:ssssss:0 | EF:ssssss:0     | EF:ssssss:0
    finished   --include-changed       | F:ssssss:0   | !batch.changed     | !batch.earlier_month
    finished   --new-batch             | F:ddddds:1   | !declined.overlap  | ABCDEF:ssssss:0
    finished   --new-batch --again     | F:ddddds:1   | ABCDEF:ssssss:0    | ABCDEF:ssssss:0

number corrected
    finished    | X:ssssss:0   | !batch.changed   | !batch.earlier_month
    open        | X:ssspus:4   | !batch.changed   | !batch.earlier_month
    failed      | X:ssssgs:1   | !batch.changed   | !batch.earlier_month
    unfinished  | DEX:ssssss:0 | !batch.changed   | !batch.earlier_month

    finished   --same-batch | X:ssssss:0   | X:ssssss:0   | X:ssssss:0
    unfinished --same-batch | DEX:ssssss:0 | DEX:ssssss:0 | DEX:ssssss:0

product corrected
    finished    | 0:s-ssss:1  | !batch.changed   | !batch.earlier_month
    open        | 0:s-spus:4  | !batch.changed   | !batch.earlier_month
    failed      | 0:s-ssgs:1  | !batch.changed   | !batch.earlier_month
    unfinished  | DE:s-ssss:1 | !batch.changed   | !batch.earlier_month

    finished   --same-batch                   | 0:s-ssss:1   | 0:s-ssss:1     | 0:s-ssss:1
    finished   --include-changed              | B:ssssss:0   | !batch.changed | !batch.earlier_month
    finished   --same-batch --include-changed | B:ssssss:0   | B:ssssss:0     | B:ssssss:0
    unfinished --same-batch --include-changed | BDE:ssssss:0 | BDE:ssssss:0   | BDE:ssssss:0

truncated
    finished    | 0:sssss:0   | !batch.changed   | !batch.earlier_month
    open        | 0:ssspu:4   | !batch.changed   | !batch.earlier_month
    failed      | 0:ssssg:1   | !batch.changed   | !batch.earlier_month
    unfinished  | D:ssss:0    | !batch.changed   | !batch.earlier_month

    finished   --same-batch                | 0:sssss:0 | 0:sssss:0 | 0:sssss:0
    open       --same-batch                | 0:ssspu:4 | 0:ssspu:4 | 0:ssspu:4
    failed     --same-batch --retry-failed | 0:ssssg:1 | 0:ssssg:1 | 0:ssssg:1

renamed
    finished    | 0:ddddd:1   | !declined.overlap | ABCDE:sssss:0
    open        | 0:ddddd:1   | !declined.overlap | ABC:sssdd:1
    failed      | E:dddds:1   | !declined.overlap | ABCDE:sssss:0
    unfinished  | DE:dddss:1  | !declined.overlap | ABCDE:sssss:0

copied
    finished    | 0:ddddd:1   | !declined.overlap | ABCDE:sssss:0
    open        | 0:ddddd:1   | !declined.overlap | ABC:sssdd:1
    failed      | E:dddds:1   | !declined.overlap | ABCDE:sssss:0
    unfinished  | DE:dddss:1  | !declined.overlap | ABCDE:sssss:0

    finished   --again        | 0:ddddd:1   | ABCDE:sssss:0     | ABCDE:sssss:0
    open       --again        | 0:ddddd:1   | ABC:sssdd:1       | ABC:sssdd:1
    finished   --same-batch   | 0:ddddd:1   | !declined.overlap | ABCDE:sssss:0
    finished   --new-batch    | 0:ddddd:1   | !declined.overlap | ABCDE:sssss:0
    failed     --retry-failed | E:dddds:1   | !declined.overlap | ABCDE:sssss:0

renamed with progress
    finished    | !checkpoint.other_file | !checkpoint.other_file | !checkpoint.other_file
    open        | !checkpoint.other_file | !checkpoint.other_file | !checkpoint.other_file
    failed      | !checkpoint.other_file | !checkpoint.other_file | !checkpoint.other_file
    unfinished  | !checkpoint.other_file | !checkpoint.other_file | !checkpoint.other_file

    finished --new-batch | !checkpoint.other_file | !checkpoint.other_file | !checkpoint.other_file

other tab
    finished    | 0:ddddd:1   | !declined.overlap | ABCDE:sssss:0
    open        | 0:ddddd:1   | !declined.overlap | ABC:sssdd:1
    failed      | E:dddds:1   | !declined.overlap | ABCDE:sssss:0
    unfinished  | DE:dddss:1  | !declined.overlap | ABCDE:sssss:0

tab renamed
    finished    | !checkpoint.other_tab | !checkpoint.other_tab | !checkpoint.other_tab
    open        | !checkpoint.other_tab | !checkpoint.other_tab | !checkpoint.other_tab
    failed      | !checkpoint.other_tab | !checkpoint.other_tab | !checkpoint.other_tab
    unfinished  | !checkpoint.other_tab | !checkpoint.other_tab | !checkpoint.other_tab

tab named
    finished    | 0:ddddd:1   | !declined.overlap | ABCDE:sssss:0
    open        | 0:ddddd:1   | !declined.overlap | ABC:sssdd:1
    failed      | E:dddds:1   | !declined.overlap | ABCDE:sssss:0
    unfinished  | DE:dddss:1  | !declined.overlap | ABCDE:sssss:0

results saved over
    finished    | 0:sssss:0   | !batch.finished   | !batch.earlier_month
    open        | 0:ssspu:4   | 0:ssspu:4         | !batch.earlier_month
    failed      | 0:ssssg:1   | !batch.finished   | !batch.earlier_month
    unfinished  | DE:sssss:0  | DE:sssss:0        | !batch.earlier_month

results fed back
    finished    | 0:ddddd:1   | 0:ddddd:1   | 0:ddddd:1
    open        | 0:ddddd:1   | 0:ddddd:1   | 0:ddddd:1
    failed      | E:dddds:1   | E:dddds:1   | E:dddds:1
    unfinished  | DE:dddss:1  | DE:dddss:1  | DE:dddss:1

    finished   --again | 0:ddddd:1 | 0:ddddd:1 | 0:ddddd:1

checkpoint deleted
    finished    | 0:ddddd:1   | !declined.overlap | ABCDE:sssss:0
    open        | 0:ddddd:1   | !declined.overlap | ABC:sssdd:1
    failed      | E:dddds:1   | !declined.overlap | ABCDE:sssss:0
    unfinished  | DE:dddss:1  | !declined.overlap | ABCDE:sssss:0

    finished   --again      | 0:ddddd:1 | ABCDE:sssss:0     | ABCDE:sssss:0
    finished   --same-batch | 0:ddddd:1 | !declined.overlap | ABCDE:sssss:0

checkpoint restored
    finished    | 0:ssuuu:4   | 0:ssuuu:4   | !batch.earlier_month
    open        | 0:ssuuu:4   | 0:ssuuu:4   | !batch.earlier_month
    failed      | E:ssuus:4   | E:ssuus:4   | !batch.earlier_month
    unfinished  | DE:ssuss:4  | DE:ssuss:4  | !batch.earlier_month

    finished   --same-batch   | 0:ssuuu:4   | 0:ssuuu:4  | 0:ssuuu:4
    finished   --retry-failed | 0:ssuuu:4   | 0:ssuuu:4  | !batch.earlier_month
    unfinished --same-batch   | DE:ssuss:4  | DE:ssuss:4 | DE:ssuss:4
"""
# Cells that the design leaves open:
#
# * same, failed, next day, --retry-failed. A gagal row is final, so the batch is finished; but the day's
#   limit tells people to retry "tomorrow", and the flag can pay nobody who was paid. Refusing it would leave
#   --new-batch, which pays everyone, as the only way that the message names.
# * unfinished, truncated: E was never tried, so that nothing is known of it and it leaves the results.
# * failed, checkpoint restored: the older copy has never heard of E's failure, and the ledger let go of its
#   claim. E is a row like any other then; it was never paid.
# * --new-batch on another day: it says which file to keep, not that everyone is to be paid twice within 20
#   days. That still wants --again (or a person), as for any other batch.


@dataclass(frozen=True)
class Cell:
    change: str
    case: str
    flags: tuple[str, ...]
    day: str
    says: str

    def __str__(self) -> str:
        return "-".join((self.change, self.case, self.day, *self.flags)).replace(" ", "_")


def cells(table: str) -> Iterator[Cell]:
    change = ""
    for line in filter(None, table.splitlines()):
        if not line.startswith(" "):
            change = line
            continue
        head, *says = (part.strip() for part in line.split("|"))
        case, *flags = head.split()
        yield from (Cell(change, case, tuple(flags), day, text) for day, text in zip(DAYS, says, strict=True))


CELLS = list(cells(TABLE))


def test_the_table_has_every_change_in_every_case_on_every_day() -> None:
    plain = Counter((cell.change, cell.case, cell.day) for cell in CELLS if not cell.flags)

    assert plain == Counter({(change, case, day): 1 for change in CHANGES for case in CASES for day in DAYS})


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_batch(cell: Cell, start: Callable[..., Batch]) -> None:
    """Who is paid, what the results say, and the exit code; the same command again pays nobody."""
    tabs = WORKBOOKS.get(cell.change, ())
    batch = start(cell.case, "bonus.xlsx" if tabs else "bonus.csv", *tabs)
    before = batch.office.paid()
    batch = CHANGES[cell.change](batch)
    batch.office.clock.set(DAYS[cell.day])
    files = contents(batch)

    came = batch.office.run(batch.sheet, *cell.flags, tab=batch.tab)

    if cell.says.startswith("!"):
        assert (came.exit, came.code) == (2, cell.says[1:])
        assert came.sent == []
        assert contents(batch) == files
        return
    assert said(batch, came) == cell.says
    assert_pays_nobody(batch.office.run(batch.sheet, *cell.flags, tab=batch.tab))
    assert max((batch.office.paid() - before).values(), default=0) <= 1


def said(batch: Batch, came: Came) -> str:
    assert list(came.paid.values()) == [1] * len(came.paid)
    assert sorted(came.sent) == sorted(came.paid)
    return f"{batch.letters(list(came.paid)) or '0'}:{batch.statuses()}:{came.exit}"


def assert_pays_nobody(came: Came) -> None:
    assert (came.paid, list(came.sent)) == ({}, [])


def contents(batch: Batch) -> dict[str, bytes]:
    """The workbooks and sheets in the folder; a refused command leaves them all as they were."""
    paths = batch.office.folder.iterdir()
    return {path.name: path.read_bytes() for path in paths if path.suffix in {".csv", ".xlsx"}}


# -- beyond the table --------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_a_batch_of_the_last_day_of_a_month_is_of_an_earlier_month_the_day_after(
    case: str, tmp_path: Path
) -> None:
    faults = Faults.listed({"isipulsa": FATES[case]})
    with open_office(tmp_path, rule_51=False, faults=faults) as office:
        office.clock.set(datetime(2025, 1, 31, 23, 0, tzinfo=WIB))
        lived(Batch(office, case))
        office.clock.set(datetime(2025, 2, 1, 1, 0, tzinfo=WIB))

        came = office.run("bonus.csv")
        assert (came.code, came.sent) == ("batch.earlier_month", [])
        came = office.run("bonus.csv", "--new-batch")
        assert (came.code, came.sent) == ("declined.overlap", [])


@pytest.mark.parametrize("case", CASES)
def test_next_months_sheet_under_the_same_name_pays_everyone_in_it_once_when_told_so(
    case: str, start: Callable[..., Batch]
) -> None:
    batch = start(case)
    rows = [("081377700001", "TSEL10"), *batch.rows("ABC"), ("081377700002", "TSEL5")]
    batch.office.write("bonus.csv", rows)
    batch.office.clock.set(DAYS["next month"])

    assert_pays_nobody(batch.office.run("bonus.csv"))
    came = batch.office.run("bonus.csv", "--new-batch")

    assert (came.exit, came.paid) == (0, {number: 1 for number, _ in rows})
    assert_pays_nobody(batch.office.run("bonus.csv"))
    assert batch.statuses() == "sssss"


def test_a_new_batch_keeps_the_old_progress_and_results_under_dated_names_and_overwrites_nothing(
    start: Callable[..., Batch],
) -> None:
    batch = start("finished")
    batch.office.clock.set(DAYS["next month"])
    old = batch.path("bonus.results.xlsx").read_bytes()

    batch.office.run("bonus.csv", "--new-batch")
    second = batch.path("bonus.results.xlsx").read_bytes()
    rewritten("ABCDEF")(batch)  # where it could send nothing, it would be refused
    batch.office.run("bonus.csv", "--new-batch")

    names = ["bonus.2025-01-20.results.xlsx", "bonus.2025-02-20.results.xlsx"]
    assert [batch.path(name).read_bytes() for name in names] == [old, second]
    names = ["bonus.2025-01-20.checkpoint.db", "bonus.2025-02-20.checkpoint.db", "bonus.checkpoint.db"]
    assert [batch.path(name).exists() for name in names] == [True, True, True]


@pytest.mark.parametrize("lost", ["bonus.checkpoint.db", "bonus.csv"])
def test_results_of_a_lost_batch_are_kept(lost: str, start: Callable[..., Batch]) -> None:
    """The progress file is gone, or was left behind under another name: the old results still stand."""
    batch = start("open")
    old = batch.path("bonus.results.xlsx").read_bytes()
    rows = batch.rows("ABCDE")
    batch.path(lost).unlink()
    batch.path("bonus.checkpoint.db").unlink(missing_ok=True)
    batch.office.write("bonus.csv", rows)

    batch.office.run("bonus.csv")

    assert old in contents(batch).values()


def test_the_original_goes_on_beside_its_copy_and_each_row_is_paid_by_one_of_them(
    start: Callable[..., Batch],
) -> None:
    batch = start("unfinished")
    copy = copied(batch)

    assert said(copy, copy.office.run(copy.sheet)) == "DE:dddss:1"
    came = batch.office.run(batch.sheet)

    assert_pays_nobody(came)
    assert (batch.statuses(), came.exit) == ("sssdd", 1)


@pytest.mark.parametrize("flag", ["--same-batch", "--retry-failed"])
def test_what_a_copy_paid_meanwhile_is_not_sent_again_two_days_later(
    flag: str, start: Callable[..., Batch]
) -> None:
    """The original failed or stopped on the first day, its copy paid on the second, the original goes on."""
    batch = start("failed" if flag == "--retry-failed" else "unfinished")
    copy = copied(batch)
    batch.office.clock.set(DAYS["next day"])
    copy.office.run(copy.sheet, "--again")
    batch.office.clock.set(DAYS["next day"] + timedelta(days=1))

    came = batch.office.run(batch.sheet, flag, "--same-batch")

    assert_pays_nobody(came)
    assert batch.statuses() == ("ssssg" if flag == "--retry-failed" else "sssdd")
    last = batch.office.results(batch.sheet)[-1]["reason"]
    assert "batch bonus (2) (row 6) already topped up" in last


@pytest.mark.parametrize(("sheet", "flags"), [("final.csv", ()), ("bonus.csv", ("--new-batch",))])
def test_who_was_paid_before_a_batch_stopped_early_is_asked_about_on_another_day(
    sheet: str, flags: tuple[str, ...], start: Callable[..., Batch]
) -> None:
    """A, B and C are less than half of the new sheet, and all that the old batch paid."""
    batch = start("unfinished")
    batch.office.clock.set(DAYS["next day"])
    batch.office.write(sheet, batch.rows("ABCDEFX"))

    came = batch.office.run(sheet, *flags)

    assert (came.exit, came.code) == (2, "declined.overlap")
    assert_pays_nobody(came)


def test_rows_still_open_in_the_old_batch_name_it_in_the_new_one(start: Callable[..., Batch]) -> None:
    batch = start("open")
    batch.office.clock.set(DAYS["next month"])

    batch.office.run("bonus.csv", "--new-batch")

    held = [row["reason"] for row in batch.office.results("bonus.csv") if row["status"] == "duplicate"]
    assert len(held) == 2
    assert all("bonus" in reason and "2025-01-20" in reason for reason in held)


def test_a_change_of_day_frees_no_sheet_duplicate(start: Callable[..., Batch]) -> None:
    batch = start("unfinished")
    batch.office.write("bonus.csv", batch.rows("ABCDEA"))

    first = batch.office.run("bonus.csv")
    assert said(batch, first) == "DE:sssssd:1"
    batch.office.clock.set(DAYS["next day"])
    for flags in ((), ("--same-batch",), ("--same-batch", "--retry-failed")):
        assert_pays_nobody(batch.office.run("bonus.csv", *flags))
    assert batch.statuses() == "sssssd"


def test_a_removed_row_that_comes_back_is_the_same_row(start: Callable[..., Batch]) -> None:
    batch = start("open")
    rewritten("ABC")(batch)
    batch.office.run("bonus.csv")
    assert batch.statuses() == "ssspu"

    rewritten("ABCDE")(batch)
    came = batch.office.run("bonus.csv")

    assert_pays_nobody(came)
    assert (batch.statuses(), came.exit) == ("ssspu", 4)


def test_a_removed_row_that_was_never_tried_is_sent_when_it_comes_back(start: Callable[..., Batch]) -> None:
    batch = start("unfinished")
    rewritten("ABC")(batch)
    assert said(batch, batch.office.run("bonus.csv")) == "0:sss:0"

    rewritten("ABCDE")(batch)

    assert said(batch, batch.office.run("bonus.csv")) == "DE:sssss:0"


@pytest.mark.parametrize("command", ["run", "settle"])
def test_a_row_that_only_the_ledger_remembers_is_never_left_out_of_the_results(
    command: str, start: Callable[..., Batch]
) -> None:
    """The progress file is restored from before the row was in the sheet: it may be paid, so unknown."""
    batch = start("finished")
    kept = batch.path("bonus.checkpoint.db").read_bytes()
    rewritten("ABCDEF")(batch)
    batch.office.run("bonus.csv")
    batch.path("bonus.checkpoint.db").write_bytes(kept)

    came = batch.office.settle("bonus.csv") if command == "settle" else batch.office.run("bonus.csv")

    assert_pays_nobody(came)
    assert (batch.statuses(), came.exit) == ("sssssu", 4)


def test_a_batch_that_was_killed_before_its_first_row_was_written_down_is_no_paid_batch(
    tmp_path: Path,
) -> None:
    with open_office(tmp_path) as office:
        office.write("bonus.csv", [(NUMBERS["A"], "TSEL5")])
        identity = BatchIdentity("sandbox", "bonus.csv", "")
        Checkpoint.create(tmp_path / "bonus.checkpoint.db", identity).close()

        assert office.settle("bonus.csv").exit == 2
        assert office.run("bonus.csv").paid == {NUMBERS["A"]: 1}


# -- a clock that is wrong ---------------------------------------------------------------------------------


def test_a_batch_begun_on_a_day_still_to_come_pays_nobody_whom_another_sheet_paid_meanwhile(
    tmp_path: Path,
) -> None:
    with open_office(tmp_path, faults=Faults.listed({"isipulsa": {1: refusal("62")}})) as office:
        office.write("bonus.csv", [(NUMBERS["A"], "TSEL5"), (NUMBERS["B"], "TSEL5")])
        office.write("lembur.csv", [(NUMBERS["A"], "TSEL5")])
        office.clock.set(START + timedelta(days=5))
        office.run("bonus.csv")
        office.clock.set(START)
        assert office.run("lembur.csv").paid == {NUMBERS["A"]: 1}
        office.clock.set(START + timedelta(days=1))

        came = office.run("bonus.csv")

        assert_pays_nobody(came)
        assert (came.exit, came.code) == (2, "batch.ahead")
        assert office.run("bonus.csv", "--same-batch", "--again").code == ""


# -- a progress file that is touched while a run is at work ------------------------------------------------


def during_the_second_request(touch: Callable[[], object]) -> Faults:
    def decide(endpoint: str, nth: int) -> None:
        if (endpoint, nth) == ("isipulsa", 2):
            touch()

    return Faults(decide)


@pytest.mark.skipif(sys.platform == "win32", reason="nobody can delete a file there that is open")
def test_a_progress_file_that_is_deleted_during_a_run_is_put_back_and_nothing_more_is_sent(
    tmp_path: Path,
) -> None:
    progress = tmp_path / "bonus.checkpoint.db"
    with open_office(tmp_path, faults=during_the_second_request(progress.unlink)) as office:
        office.write("bonus.csv", [(NUMBERS[letter], "TSEL5") for letter in "ABC"])

        came = office.run("bonus.csv")

        assert (came.exit, sum(came.paid.values())) == (3, 2)
        assert [row["status"] for row in office.results("bonus.csv")] == ["sukses", "sukses", "unsent"]
        assert [path.name for path in tmp_path.glob("*.db-*")] == []
        assert progress.stat().st_mode & 0o777 == 0o600
        assert office.run("bonus.csv").paid == {NUMBERS["C"]: 1}


@pytest.mark.skipif(sys.platform == "win32", reason="nobody can replace a file there that is open")
def test_a_progress_file_that_is_replaced_during_a_run_stops_it(tmp_path: Path) -> None:
    progress = tmp_path / "bonus.checkpoint.db"

    def replace_by_a_copy() -> None:
        shutil.copy(progress, tmp_path / "copy.db")
        (tmp_path / "copy.db").replace(progress)

    with open_office(tmp_path, faults=during_the_second_request(replace_by_a_copy)) as office:
        office.write("bonus.csv", [(NUMBERS[letter], "TSEL5") for letter in "ABC"])

        came = office.run("bonus.csv")

        assert (came.exit, came.code, sum(came.paid.values())) == (3, "checkpoint.replaced", 2)


# -- an answer that is another batch's ---------------------------------------------------------------------


def test_the_answer_to_another_batchs_top_up_says_nothing_of_this_one(tmp_path: Path) -> None:
    """A cache before the provider is stale: the same number and product, last month's date and invoice."""
    answered: list[str] = []

    def decide(endpoint: str, nth: int) -> Fault | None:
        is_stale = (endpoint, nth) == ("isipulsa", 2)
        return Fault.parse(f"before otherjson:{json.dumps(last_month(answered))}") if is_stale else None

    with open_office(tmp_path, faults=Faults(decide)) as office:
        office.write("januari.csv", [(NUMBERS["A"], "TSEL5")])
        office.run("januari.csv")
        answered += [topup.invoice for topup in office.topups()]
        office.clock.set(DAYS["next month"])
        office.write("februari.csv", [(NUMBERS["A"], "TSEL5"), (NUMBERS["B"], "TSEL5")])

        came = office.run("februari.csv")

        assert (came.exit, len(came.sent)) == (3, 1)
        assert [row["status"] for row in office.results("februari.csv")] == ["unknown", "unsent"]
        office.settle("februari.csv")
        assert [row["status"] for row in office.results("februari.csv")] == ["unknown", "unsent"]


def last_month(invoices: list[str]) -> dict[str, str]:
    said = {"result": "ok", "status": "sukses", "kodeoperator": "TSEL5", "nomorpelanggan": NUMBERS["A"]}
    return {**said, "invoice": invoices[0], "tanggal": "2025-01-20 10:00:00", "debet": "5650", "saldo": "1"}

"""Whatever people and power cuts do to a batch, nobody is paid twice and no row is lost.

Hypothesis makes up lives of a batch: runs that are killed at any step, resumed, edited, copied, settled, left
over midnight, with progress files deleted or restored from an older copy. The provider's book is the judge.

BULK_TOPUP_LIVES=2000 tries so many lives, at random; without it a fixed few are lived.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
import tempfile
import threading
import warnings
from collections import Counter, deque
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bulk_topup.commands import run as flow
from bulk_topup.commands import settle as settle_
from bulk_topup.commands.terminal import Terminal
from tests.faults import Fault, Faults
from tests.markdown import ROOT
from tests.office import Came, Office, open_office, sheet_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from bulk_topup.sandbox import Endpoint, TopUp
    from tests.office import Topup

KILLED = 137
SHEETS = ("bonus.csv", "copy.csv")
NUMBERS = (
    *(f"08123450000{n}" for n in range(4)),
    "081200001001",  # pending, then sukses
    "081200001101",  # pending, then gagal
    "081200001201",  # pending for ever
)
PRODUCTS = ("TSEL5", "XL5", "TSEL10")
"""The first two are of one nominal: one slot of the provider's one-per-day rule."""


def refusal(reason_code: str) -> str:
    return f"before otherjson:{json.dumps({'result': 'no', 'reason_code': reason_code, 'reason': '-'})}"


FATES = (
    *("after close", "after close", "before close", "before close", "after html", "after truncate"),
    *(
        "before status:503",
        "before status:404",
        "after noinvoice",
        "after othernumber",
        "before status:429:1",
    ),
    *(refusal(code) for code in ("00", "12", "41", "62", "91")),
)
HELD_IF_PAID = {"sukses", "pending", "accepted", "unknown", "duplicate"}
OPEN = {"pending", "accepted", "unknown"}

rows_of_a_sheet = st.lists(
    st.tuples(st.sampled_from(NUMBERS), st.sampled_from(PRODUCTS)), min_size=2, max_size=6
)
sheets = st.sampled_from((*SHEETS[:1] * 3, *SHEETS))
run_flags = st.lists(
    st.sampled_from(("--same-batch", "--new-batch", "--again", "--retry-failed", "--include-changed")),
    max_size=3,
    unique=True,
)

# -- a command that is killed ------------------------------------------------------------------------------

_PACKAGE = ROOT / "bulk_topup"
_STEPS_IN = {
    str(path)
    for pattern in ("record/**/*.py", "sending/*.py", "commands/run.py", "commands/settle.py")
    for path in _PACKAGE.glob(pattern)
} - {str(_PACKAGE / "record" / "set_aside.py")}
"""The search for a free name alone would take 2,000 steps; a test of its own kills between its renames."""


LAST_OF_A_RUN, LAST_OF_A_SETTLE = 7_000, 3_000
"""Steps: a run begins its first attempt at about 2,000, and each row takes 1,100; most end earlier."""


def killed(command: Callable[[], object], step: int) -> None:
    """Run the command in a process of its own, which is gone at the step-th thing that it does.

    A step is a call or a return in the modules that send and record, those into SQLite included. After fewer
    steps than that, the command has come to its end.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # forking beside the sandbox's threads
        child = os.fork()
    if child == 0:
        try:
            count = _Countdown(step)
            threading.setprofile(count)
            sys.setprofile(count)
            command()
        finally:
            os._exit(KILLED)
    os.waitpid(child, 0)


class _Countdown:
    def __init__(self, steps: int) -> None:
        self._left = steps

    def __call__(self, frame: Any, _event: str, _argument: object) -> None:
        if frame.f_code.co_filename in _STEPS_IN:
            self._left -= 1
            if self._left <= 0:
                os._exit(KILLED)


# -- the model ---------------------------------------------------------------------------------------------


@dataclass
class Model:
    """What was paid under which batch, and by which leave."""

    by_invoice: dict[str, str] = field(default_factory=dict)
    """The invoice of each top-up -> the batch under which it was made."""

    older: dict[str, list[Path]] = field(default_factory=dict)
    """Copies of a sheet's progress file."""


class Life(RuleBasedStateMachine):
    @initialize(rows=rows_of_a_sheet)
    def begin(self, rows: list[Topup]) -> None:
        self.opened = ExitStack()
        folder = Path(self.opened.enter_context(tempfile.TemporaryDirectory()))
        self.fates: deque[str] = deque()
        self.office: Office = self.opened.enter_context(open_office(folder, faults=Faults(self._fate)))
        self.model = Model()
        self.rows: dict[str, list[Topup]] = {}
        self._write(SHEETS[0], rows)

    def teardown(self) -> None:
        if hasattr(self, "opened"):
            self.opened.close()

    def _fate(self, endpoint: Endpoint, _n: int) -> Fault | None:
        if endpoint != "isipulsa" or not self.fates:
            return None
        text = self.fates.popleft()
        return Fault.parse(text) if text else None

    def _write(self, sheet: str, rows: list[Topup]) -> None:
        self.rows[sheet] = rows
        self.office.write(sheet, rows)

    def _checkpoint(self, sheet: str) -> Path:
        return self.office.job(sheet).files.checkpoint

    def _batch(self, sheet: str) -> str:
        """Which batch the sheet's progress file is of, "" where there is none."""
        path = self._checkpoint(sheet)
        if not path.exists():
            return ""
        with closing(sqlite3.connect(path)) as db:
            tables = db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'batch'").fetchone()[0]
            found = db.execute("SELECT value FROM batch WHERE key = 'batch'").fetchone() if tables else None
        return str(found[0]) if found else ""

    # -- what people do ------------------------------------------------------------------------------------

    @rule(sheet=sheets, flags=run_flags)
    def run(self, sheet: str, flags: list[str]) -> None:
        if sheet in self.rows:
            came = self._concluded(sheet, flags, lambda: self.office.run(sheet, *flags))
            if came.exit != 2:
                self._assert_every_row_stands_once(sheet)

    @rule(sheet=sheets)
    def go_on(self, sheet: str) -> None:
        self.run(sheet, [])

    @rule(sheet=sheets, flags=run_flags, step=st.integers(1, LAST_OF_A_RUN))
    def run_and_die(self, sheet: str, flags: list[str], step: int) -> None:
        if sheet in self.rows:
            job = self.office.job(sheet, *flags)
            run = lambda: flow.run_batch(job, sheet_of(job), Terminal(quiet=True), self.office.clock)  # noqa: E731
            self._died(sheet, flags, run, step)

    @rule(sheet=sheets, resend=st.booleans())
    def settle(self, sheet: str, resend: bool) -> None:
        if self._checkpoint(sheet).exists():
            flags = ["--resend"] if resend else []
            self._concluded(sheet, flags, lambda: self.office.settle(sheet, *flags))

    @rule(sheet=sheets, step=st.integers(1, LAST_OF_A_SETTLE))
    def settle_and_die(self, sheet: str, step: int) -> None:
        if self._checkpoint(sheet).exists():
            job = self.office.job(sheet, "--resend")
            command = lambda: settle_.settle_batch(job, Terminal(quiet=True), self.office.clock)  # noqa: E731
            self._died(sheet, ["--resend"], command, step)

    @rule(sheet=sheets, data=st.data())
    def edit(self, sheet: str, data: st.DataObject) -> None:
        """Add, correct, drop or turn round rows."""
        if sheet in self.rows:
            rows = self.rows[sheet]
            at = data.draw(st.integers(0, len(rows) - 1))
            number, product = data.draw(st.sampled_from(NUMBERS)), data.draw(st.sampled_from(PRODUCTS))
            choices = (
                [*rows, (number, product)],
                [*rows[:at], (number, rows[at][1]), *rows[at + 1 :]],
                [*rows[:at], (rows[at][0], product), *rows[at + 1 :]],
                [*rows[:at], *rows[at + 1 :]] or rows,
                rows[::-1],
            )
            self._write(sheet, data.draw(st.sampled_from(choices)))

    @rule()
    def copy(self) -> None:
        self._write(SHEETS[1], list(self.rows[SHEETS[0]]))

    @rule(sheet=sheets)
    def keep_copy_of_checkpoint(self, sheet: str) -> None:
        path = self._checkpoint(sheet)
        if path.exists():
            self._fold(path)
            kept = self.model.older.setdefault(sheet, [])
            kept.append(path.with_name(f"{path.name}.{len(kept)}.older"))
            shutil.copy(path, kept[-1])

    @rule(sheet=sheets, data=st.data())
    def lose_checkpoint(self, sheet: str, data: st.DataObject) -> None:
        """Deleted, or restored from an older copy."""
        older = data.draw(st.sampled_from((*self.model.older.get(sheet, []), None)))
        path = self._checkpoint(sheet)
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
            path.with_name(name).unlink(missing_ok=True)
        if older is not None:
            shutil.copy(older, path)

    @staticmethod
    def _fold(path: Path) -> None:
        with closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    # -- what happens to them ------------------------------------------------------------------------------

    @rule(fates=st.lists(st.sampled_from((*FATES, "", "", "")), min_size=1, max_size=4))
    def trouble_ahead(self, fates: list[str]) -> None:
        self.fates.extend(fates)

    @rule()
    def minutes_pass(self) -> None:
        self.office.clock.advance(timedelta(minutes=2))

    @rule(days=st.sampled_from((1, 1, 1, 12, 31)))
    def midnight(self, days: int) -> None:
        tomorrow = (self.office.clock.now() + timedelta(days=days)).replace(hour=9)
        self.office.clock.set(tomorrow)

    # -- the judgement -------------------------------------------------------------------------------------

    def _concluded(self, sheet: str, flags: list[str], command: Callable[[], Came]) -> Came:
        asked = len(self.office.sent())
        came = command()
        self._judge(sheet, flags, asked)
        assert came.exit not in {70, 130}
        if came.exit != 2:
            self._assert_results(sheet, came)
        return came

    def _died(self, sheet: str, flags: list[str], command: Callable[[], object], step: int) -> None:
        asked = len(self.office.sent())
        killed(command, step)
        self.office.clock.advance(timedelta(seconds=30))
        self._judge(sheet, flags, asked)

    def _judge(self, sheet: str, flags: list[str], asked: int) -> None:
        """Every request of one command, against what the book held before it."""
        batch = self._batch(sheet)
        requests = self.office.sent()[asked:]
        made = {request.invoice for request in requests if request.invoice}
        if "--resend" not in flags:
            held = [request for request in requests if request.answer.get("reason_code") == "51"]
            assert not held, f"sent what the provider already holds: {held}"
        new = [topup for topup in self.office.sandbox.book() if topup.invoice in made]
        if "--again" not in flags:
            self._assert_no_second_payment(batch, new, len(requests))
        self.model.by_invoice.update(dict.fromkeys((topup.invoice for topup in new), batch))

    def _assert_no_second_payment(self, batch: str, new: list[TopUp], sent: int) -> None:
        """Without leave, no batch looks like another one that was paid within 20 days."""
        today = self.office.clock.now().date()
        earlier = [topup for topup in self.office.topups() if topup.invoice in self.model.by_invoice]
        likeness: Counter[str] = Counter()
        for topup in new:
            alike = {
                self.model.by_invoice[other.invoice]
                for other in earlier
                if (other.number, other.nominal) == (topup.number, topup.nominal)
                and other.status == "sukses"
                and today - other.day <= timedelta(days=20)
            }
            likeness.update(alike - {batch})
        for other, count in likeness.items():
            assert count < 3 or 2 * count < sent, f"paid {count} of {sent} rows of {other} again"

    @invariant()
    def no_batch_pays_an_order_twice(self) -> None:
        if hasattr(self, "office"):
            paid = Counter(
                (self.model.by_invoice[topup.invoice], topup.number, topup.product, topup.itrx)
                for topup in self.office.topups()
            )
            assert not [key for key, times in paid.items() if times > 1]

    @invariant()
    def the_provider_never_holds_a_slot_twice_a_day(self) -> None:
        if hasattr(self, "office"):
            held: Counter[tuple[str, str, int, date]] = Counter(
                (topup.number, topup.nominal, topup.itrx, topup.day) for topup in self.office.topups()
            )
            assert not [slot for slot, times in held.items() if times > 1]

    def _assert_every_row_stands_once(self, sheet: str) -> None:
        rows = [(result["No HP"], result["Kode Produk"]) for result in self.office.results(sheet)]
        present = len(self.rows[sheet])
        assert rows[:present] == self.rows[sheet]
        assert not set(rows[present:]) & set(rows[:present])

    def _assert_results(self, sheet: str, came: Came) -> None:
        results = self.office.results(sheet)
        self._assert_sukses_is_paid(results)
        self._assert_paid_is_held(sheet, results)
        statuses = {result["status"] for result in results}
        if came.exit == 0:
            assert statuses == {"sukses"}
        if came.exit in {1, 4}:
            assert (came.exit == 4) == bool(statuses & OPEN)

    def _assert_sukses_is_paid(self, results: list[dict[str, str]]) -> None:
        book = {topup.invoice: topup for topup in self.office.topups()}
        for result in results:
            if result["status"] == "sukses":
                topup = book[result["invoice"]]
                assert (topup.number, topup.product) == (result["No HP"], result["Kode Produk"])

    def _assert_paid_is_held(self, sheet: str, results: list[dict[str, str]]) -> None:
        """A row that only the ledger still knew has no cells of the sheet, but the number that was sent."""
        batch = self._batch(sheet)
        said: dict[Topup, set[str]] = {}
        for result in results:
            key = (result["No HP"] or result["number_sent"], result["Kode Produk"])
            said.setdefault(key, set()).add(result["status"])
        for topup in self.office.topups():
            if self.model.by_invoice[topup.invoice] == batch:
                held = said.get((topup.number, topup.product), set()) | said.get((topup.number, ""), set())
                assert held & HELD_IF_PAID, topup


LIVES = int(os.environ.get("BULK_TOPUP_LIVES", "0"))

if hasattr(os, "fork"):
    TestLife = Life.TestCase
    TestLife.settings = settings(
        max_examples=LIVES or 60,
        stateful_step_count=25,
        deadline=None,
        derandomize=not LIVES,
        phases=tuple(Phase) if LIVES else (Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )

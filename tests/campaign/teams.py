"""Many desks of one account: sheets that overlap, one PostgreSQL server, kills of desks and of the server.

`python -m tests.campaign.teams` prints the figures. The provider keeps no rule 51 and nobody resends, so that
nothing but the shared record stands between a row and its second payment.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import gc
import json
import os
import random
import signal
import sqlite3
import sys
import time
import traceback
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Never

import openpyxl

from tests import postgres
from tests.campaign import child, office
from tests.campaign.draw import draw
from tests.campaign.provider import ProviderProcess
from tests.campaign.schedule import WIB

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PRODUCT = "TSEL5"
DONE = {0, 1, 4}
"""Exit codes after which a desk's sheet is finished: whatever is left is for a person."""

REFUSED = "081200000062"
"""The provider answers 62, the account's deposit is used up, to whoever sends to this number."""

TOLERANCE = 0.02
WINDOW_S = 5.0
LATE_S = 0.5
"""A desk gives up a slot that passed longer ago than this. What leaves before that leaves late on a machine
that is busy, as it is while sixteen desks start at once: so many more requests may meet in a window."""

STOP_WITHIN_S = 2.0
QUIET_S = 8.0
"""How long all desks are left alone, to see the rate."""


@dataclass(frozen=True)
class Terms:
    """How large a campaign is. `rows` are those of each desk's sheet, drawn from `numbers` different ones."""

    seed: int = 1
    desks: int = 16
    rows: int = 60
    numbers: int = 420
    rate: float = 20.0
    kills: int = 10
    every_s: float = 0.7


LONG = Terms(rows=220, numbers=1_500, kills=60)


# -- a desk ------------------------------------------------------------------------------------------------


@dataclass
class Desk:
    """One desk: its sheet in a folder of its own, and the command at work on it."""

    folder: Path
    numbers: Sequence[str]
    environment: dict[str, str]
    exit: int | None = None
    starts: int = 0
    kills: int = 0
    frozen_until: float = 0.0
    _pid: int = 0
    _not_before: float = 0.0

    @property
    def sheet(self) -> str:
        return f"{self.folder.name}.csv"

    @property
    def is_done(self) -> bool:
        return not self._pid and self.exit in DONE

    @property
    def is_at_work(self) -> bool:
        return bool(self._pid) and not self.frozen_until

    def write(self) -> None:
        self.folder.mkdir()
        with (self.folder / self.sheet).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(
                [["No HP", "Kode Produk"], *([number, PRODUCT] for number in self.numbers)]
            )

    def tend(self) -> None:
        """Start it where it is not running and not done; see whether it has ended; wake it in time."""
        if self.frozen_until and time.monotonic() >= self.frozen_until:
            os.kill(self._pid, signal.SIGCONT)
            self.frozen_until = 0.0
        if self._pid:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                self.exit, self._pid = os.waitstatus_to_exitcode(status), 0
                self._not_before = time.monotonic() + 0.3
        elif self.exit not in DONE and time.monotonic() >= self._not_before:
            self._start()

    def kill(self) -> None:
        self.kills += 1
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        self.exit, self._pid = None, 0

    def freeze(self, seconds: float) -> None:
        os.kill(self._pid, signal.SIGSTOP)
        self.frozen_until = time.monotonic() + seconds

    def end(self) -> None:
        if self._pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
            self._pid = 0

    def _start(self) -> None:
        self.starts += 1
        self._pid = os.fork()
        if self._pid == 0:
            self._work()

    def _work(self) -> Never:
        code = 70
        try:
            gc.disable()
            os.setsid()
            os.chdir(self.folder)
            child._redirect(self.folder / "output")
            for name in [name for name in os.environ if name.startswith("BULK_TOPUP_")]:
                del os.environ[name]
            os.environ |= self.environment
            child.read_sheets_here()
            code = child._command(["run", self.sheet, "--yes", "--again", "--wait", "2"])
        except BaseException:  # noqa: BLE001  (this process ends here)
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    # -- afterwards ----------------------------------------------------------------------------------------

    def said(self) -> list[tuple[str, str, str]]:
        """(number, status, invoice) of every row of the results."""
        book = openpyxl.load_workbook(self.folder / f"{self.folder.name}.results.xlsx")
        header, *rows = book.worksheets[0].iter_rows(values_only=True)
        book.close()
        at = [header.index(name) for name in ("No HP", "status", "invoice")]
        return [(str(row[at[0]]), str(row[at[1]]), str(row[at[2]] or "")) for row in rows]


# -- the campaign ------------------------------------------------------------------------------------------


@dataclass
class Teams:
    """All desks, their server and their provider, from the first command to the last."""

    terms: Terms
    folder: Path
    server: postgres.Server
    desks: list[Desk] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    naps: int = 0
    quiet: tuple[datetime, datetime] | None = None
    resumed: datetime | None = None

    def play(self) -> Evidence:
        terms, chance = self.terms, random.Random(self.terms.seed)
        plan = replace(draw(1, 0), rule_51=False, balance=10**9, skew_s=0.0)
        provider = ProviderProcess(plan, self.folder / "book.db", RealTime())  # type: ignore[arg-type]
        environment = {
            "BULK_TOPUP_LEDGER": self.server.fresh(),
            "BULK_TOPUP_BASE_URL": provider.url,
            "BULK_TOPUP_USERNAME": "sandbox",
            "BULK_TOPUP_PASSWORD": "sandbox",
            "BULK_TOPUP_RATE": str(terms.rate),
            "BULK_TOPUP_DEBUG": "1",
        }
        pool = [f"0812345{n:05}" for n in range(terms.numbers)]
        drawn = [chance.sample(pool, terms.rows) for _ in range(terms.desks)]
        self.desks = [
            Desk(self.folder / f"desk{n}", numbers, environment | {"BULK_TOPUP_WORKERS": str(1 + n % 3)})
            for n, numbers in enumerate(drawn)
        ]
        for desk in self.desks:
            desk.write()
        try:
            self._all_quiet()
            self._stop_all(environment)
            self._kill(chance)
            while not all(desk.is_done for desk in self.desks):
                self._tend(0.05)
            provider.finish()
        finally:
            for desk in self.desks:
                desk.end()
            provider.end()
        return Evidence(self)

    def _tend(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while True:
            for desk in self.desks:
                desk.tend()
            left_s = until - time.monotonic()
            if left_s <= 0:
                return
            time.sleep(min(left_s, 0.02))

    def _all_quiet(self) -> None:
        """Nothing befalls anybody: the rate is seen from when all have sent something."""
        while len(_requests(self.folder / "book.db")) < 2 * self.terms.desks:
            self._tend(0.1)
        self._tend(1.0)
        began = datetime.now(WIB)
        self._tend(QUIET_S)
        self.quiet = began, datetime.now(WIB)

    def _stop_all(self, environment: dict[str, str]) -> None:
        """One more desk meets the account's code; when all have seen it, a person lets them go on."""
        one = Desk(self.folder / "refused", [REFUSED], environment)
        one.write()
        one.tend()
        while one.exit is None:
            one.tend()
            self._tend(0.02)
        self._tend(STOP_WITHIN_S + 1.0)
        self.resumed = datetime.now(WIB)
        pid = os.fork()
        if pid == 0:
            os.environ |= environment
            child._redirect(self.folder / "output")
            os._exit(child._command(["account", "resume"]))
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0

    def _kill(self, chance: random.Random) -> None:
        while sum(self.kills.values()) < self.terms.kills:
            self._tend(chance.uniform(0.3, 1.7) * self.terms.every_s)
            at_work = [desk for desk in self.desks if desk.is_at_work]
            what = chance.random()
            if not at_work:
                if all(desk.is_done for desk in self.desks):
                    return
            elif what < 0.1:
                self.kills["server"] += 1
                self.server.kill()
                self._tend(chance.uniform(0.1, 0.6))
                self.server.start()
            elif what < 0.2:
                self.naps += 1
                chance.choice(at_work).freeze(chance.uniform(0.5, 7.0))
            else:
                self.kills["desk"] += 1
                chance.choice(at_work).kill()


class RealTime:
    def now(self) -> datetime:
        return datetime.now(WIB)


def _requests(book: Path) -> list[tuple[datetime, str]]:
    """(when, number) of every isipulsa, in order."""
    sql = "SELECT at, parameters FROM requests WHERE endpoint = 'isipulsa' ORDER BY id"
    with contextlib.closing(sqlite3.connect(book)) as db:
        rows = db.execute(sql).fetchall()
    return [(datetime.fromisoformat(at), json.loads(asked)["nomortujuan"]) for at, asked in rows]


# -- what came of it ---------------------------------------------------------------------------------------


class Evidence:
    """The provider's book beside every desk's results."""

    def __init__(self, teams: Teams) -> None:
        self._teams = teams
        book = teams.folder / "book.db"
        self.requests = _requests(book)
        with contextlib.closing(sqlite3.connect(book)) as db:
            rows = db.execute("SELECT invoice, number FROM topups WHERE status <> 'gagal'").fetchall()
        self.paid: dict[str, list[str]] = defaultdict(list)
        for invoice, number in rows:
            self.paid[number].append(invoice)
        self.said = {desk.folder.name: desk.said() for desk in teams.desks}

    def rate(self) -> float:
        """Requests a second while nothing befell anybody, in the median second: a machine may stall."""
        assert self._teams.quiet is not None
        began, ended = self._teams.quiet
        within = [at.timestamp() for at, _ in self.requests if began <= at <= ended]
        count = int(self._teams.terms.rate)
        return count / median(later - at for at, later in zip(within, within[count:], strict=False))

    def most_within(self) -> int:
        """The most requests that followed another one within `WINDOW_S`."""
        times = [at.timestamp() for at, _ in self.requests]
        most, first = 0, 0
        for last, at in enumerate(times):
            while at - times[first] > WINDOW_S:
                first += 1
            most = max(most, last - first)
        return most

    def stopped_after_s(self) -> float:
        """From the answer that stopped the account to the last request before it was resumed."""
        assert self._teams.resumed is not None
        met = next(at for at, number in self.requests if number == REFUSED)
        before = [at for at, _ in self.requests if met <= at <= self._teams.resumed]
        return (before[-1] - met).total_seconds()

    def violations(self) -> Iterator[str]:
        yield from (
            f"{number} paid twice: {invoices}" for number, invoices in self.paid.items() if len(invoices) > 1
        )
        yield from self._lost()
        yield from self._misreported()
        if abs(self.rate() / self._teams.terms.rate - 1) > TOLERANCE:
            yield f"{self.rate():.2f} a second instead of {self._teams.terms.rate:g}"
        if self.most_within() > self._teams.terms.rate * (WINDOW_S + LATE_S) + 1:
            yield f"{self.most_within()} within {WINDOW_S:g} s at {self._teams.terms.rate:g} a second"
        if self.stopped_after_s() > STOP_WITHIN_S:
            yield f"the stop took {self.stopped_after_s():.2f} s"

    def _lost(self) -> Iterator[str]:
        for desk in self._teams.desks:
            rows = [number for number, _, _ in self.said[desk.folder.name]]
            if rows != list(desk.numbers):
                yield f"{desk.folder.name}: {len(rows)} rows in the results, {len(desk.numbers)} in the sheet"
        settled: dict[str, set[str]] = defaultdict(set)
        for lines in self.said.values():
            for number, status, _ in lines:
                settled[number].add(status)
        for number, statuses in settled.items():
            if number not in self.paid and "unknown" not in statuses:
                yield f"{number} was paid by nobody, and nobody says that it may be: {statuses}"

    def _misreported(self) -> Iterator[str]:
        told: Counter[str] = Counter()
        for name, lines in self.said.items():
            for number, status, invoice in lines:
                if status == "sukses":
                    told[number] += 1
                    if invoice not in self.paid[number]:
                        yield f"{name}: {number} is said to be paid by {invoice or 'nothing'}"
                if status in {"gagal", "invalid", "pending", "accepted"}:
                    yield f"{name}: {number} is {status}"
        yield from (f"{number} is paid at {count} desks" for number, count in told.items() if count > 1)
        for number in self.paid.keys() - told.keys():
            if not any((number, "unknown") == line[:2] for lines in self.said.values() for line in lines):
                yield f"{number} is paid, and no desk says so"

    def facts(self) -> dict[str, Any]:
        statuses = Counter(status for lines in self.said.values() for _, status, _ in lines)
        return {
            "desks": len(self._teams.desks),
            "rows": sum(statuses.values()),
            "statuses": dict(statuses),
            "paid": len(self.paid),
            "paid twice": sum(len(invoices) > 1 for invoices in self.paid.values()),
            "kills": dict(self._teams.kills),
            "naps": self._teams.naps,
            "commands": sum(desk.starts for desk in self._teams.desks),
            "rate": round(self.rate(), 3),
            f"most within {WINDOW_S:g} s": self.most_within(),
            "stop_s": round(self.stopped_after_s(), 3),
        }


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.campaign.teams", description="Many desks, one account."
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--long", action="store_true", help=f"{LONG.kills} kills")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="carry it out there, and leave it")
    options = parser.parse_args()
    terms = replace(LONG if options.long else Terms(), seed=options.seed)
    with office.folder() as temporary:
        evidence = carry_out(terms, options.keep or temporary)
        violations = list(evidence.violations())
        print(json.dumps(evidence.facts(), indent=1))
        print("\n".join(f"RED {line}" for line in violations) or "green")
    return 1 if violations else 0


def carry_out(terms: Terms, folder: Path) -> Evidence:
    if postgres.MISSING:
        sys.exit(postgres.MISSING)
    _not_around_midnight()
    office.prepare(for_many=True)
    with postgres.running() as server:
        return Teams(terms, folder, server).play()


def _not_around_midnight() -> None:
    now = datetime.now(WIB)
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    if midnight - now < timedelta(minutes=5):
        time.sleep((midnight - now).total_seconds() + 1)


if __name__ == "__main__":
    sys.exit(main())

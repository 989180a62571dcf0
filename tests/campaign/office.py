"""Carries out a schedule: a folder, a provider, a desk for one command at a time, and processes for two."""

from __future__ import annotations

import contextlib
import csv
import gc
import importlib
import json
import os
import pkgutil
import shutil
import sqlite3
import tempfile
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl

import bulk_topup
from bulk_topup.commands.main import cli
from bulk_topup.record.ledger.address import is_address
from bulk_topup.record.ledger.shared import Account
from tests.campaign import person
from tests.campaign.child import read_sheets_here
from tests.campaign.process import Gate, Place, Process
from tests.campaign.provider import ProviderProcess
from tests.campaign.schedule import (
    WIB,
    Command,
    Deposit,
    Event,
    Evidence,
    FeedBack,
    Halve,
    Lose,
    Meanwhile,
    Move,
    Progress,
    Record,
    Row,
    Take,
    Tamper,
    Together,
    Wait,
    Write,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.campaign.clock import SharedTime
    from tests.campaign.process import Desk
    from tests.campaign.schedule import Asked, Done, Rows, Said, Schedule, Step

NOTHING_SENT, STOPPED, BUSY = 2, 3, 5
LACKS = "(or the progress file is one)"
SIDE_FILES = ("-wal", "-shm")
NOT_IN_A_REHEARSAL = ("psutil", "platformdirs")
"""What a command imports where it uses it, and the warm-up does without."""


def prepare(*, for_many: bool) -> None:
    """Import, once for all commands, everything that a command imports when it runs; for many schedules, have
    libraries build, too, what they build on their first use."""
    for module in pkgutil.walk_packages(bulk_topup.__path__, "bulk_topup."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in NOT_IN_A_REHEARSAL:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    if for_many:
        _warm_up()
    gc.collect()
    gc.freeze()


def _warm_up() -> None:
    """Rehearsals in this very process: what a library builds on its first use, every fork then has."""
    rows = (Row(1, "081234500001", "TSEL5"), Row(2, "081234500002", "TSEL10"))
    verbs = (("run", "--yes"), ("run", "--yes"), ("settle",), ("results", "--journal", "journal.csv"))
    read_sheets_here()
    with folder() as where, contextlib.chdir(where), Path(os.devnull).open("w") as nowhere:
        for name, counts_copies in (("bonus.xlsx", True), ("other.xlsx", False)):
            _save(where / name, _table(rows, counts_copies=counts_copies))
            with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
                for verb, *options in verbs:
                    with contextlib.suppress(SystemExit):
                        cli.main([verb, name, "--sandbox", *options], prog_name="bulk-topup")


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A temporary folder, in memory where the system has one: no schedule outlives the machine."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        yield Path(name)


def carry_out(schedule: Schedule, where: Path, desk: Desk, ledger: str = "") -> Evidence:
    """Every step in turn; returns what the judge needs, all of it below `where`.

    `ledger` is the address of one on a server; else it is a file there, too.
    """
    desk.time.true_up()
    desk.time.set(schedule.start)
    provider = ProviderProcess(schedule, where / "book.db", desk.time)
    try:
        place = Place(where, provider.url, ledger or str(where / "ledger.db"))
        office = Office(schedule, place, provider, desk)
        for step in schedule.steps:
            office.do(step)
        office.conclude()
        provider.finish()
    finally:
        provider.end()
    return Evidence(schedule, where / "book.db", tuple(office.records), tuple(office.events))


@dataclass(frozen=True)
class Progressed:
    """What a progress file calls itself, and its attempts; of those that may be paid, the slots too."""

    batch: str = ""
    attempts: Counter[Asked] = field(default_factory=Counter)
    moved: tuple[tuple[Asked, tuple[str, str, int, int]], ...] = ()


@dataclass(frozen=True)
class Before:
    """How things stood when a command was started; `results` tells one results file from the next."""

    at: datetime
    last_request: int
    results: tuple[int, int] | None
    progress: Progressed
    logs: dict[str, int]
    journals: frozenset[Path]


@dataclass
class Office:
    """The folder of one schedule and what has happened in it."""

    schedule: Schedule
    place: Place
    provider: ProviderProcess
    desk: Desk
    records: list[Record] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    _rows: dict[str, Rows] = field(default_factory=dict)
    _started: int = 0

    @property
    def folder(self) -> Path:
        return self.place.folder

    @property
    def time(self) -> SharedTime:
        return self.desk.time

    def do(self, step: Step) -> None:
        match step:
            case Command():
                self._answer(step) if step.manner else self._alone(step)
            case Together():
                self._together(step)
            case Meanwhile():
                self._meanwhile(step)
            case Lose():
                self._lose(step.sheet)
            case Halve():
                self._halve(step.sheet)
            case _:
                self._happen(step)

    def _happen(self, step: Done) -> None:
        self.events.append(Event(len(self.records), step))
        match step:
            case Write():
                self._write(step.sheet, step.rows)
            case FeedBack():
                self._feed_back(step)
            case Progress():
                self._progress(step)
            case Wait():
                self._wait(step.until)
            case Deposit():
                self.provider.set_balance(step.rupiah)
            case Tamper():
                self._tamper(step.what)
            case Take():
                self._take(step)
            case Move():
                url = self.place.url.replace("127.0.0.1", "localhost")
                self.place = replace(self.place, url=url, has_moved=True)

    def conclude(self) -> None:
        """The results and the journal of each sheet."""
        for sheet in dict.fromkeys(record.command.sheet for record in self.records):
            self.do(Command("results", sheet))

    # -- commands ------------------------------------------------------------------------------------------

    def _answer(self, command: Command) -> None:
        """A `resolve` by a person who looks at fresh results first, and then at the provider's list."""
        self._alone(Command("results", command.sheet))
        if self.records[-1].results is None:
            return
        self.provider.finish()
        rows = self._rows[command.sheet]
        said = person.words(person.look(self.folder, command.sheet, rows), command.manner)
        if said:
            options = person.options(said, command.manner, self.folder)
            self._alone(replace(command, options=(*options, "--note", "Rina, hotline")), said)

    def _lose(self, sheet: str) -> None:
        """What the person says is the truth, by the provider's list; of one row each time."""
        self._alone(Command("results", sheet))
        if self.records[-1].results is None:
            return
        self.provider.finish()
        said = person.words(person.look(self.folder, sheet, self._rows[sheet]), "file")
        batch = self._batch(sheet)
        for step in (Progress("delete", sheet), Wait("day")):
            self.do(step)
        for word in said:
            what = ("--invoice", word.invoice) if word.invoice else ("--not-sent",)
            options = ("--batch", Path(sheet).stem, "--number", word.number, *what, "--note", "Rina, hotline")
            self._alone(Command("resolve", sheet, options), (replace(word, plain=False),))
            self.records[-1] = replace(self.records[-1], batch=batch)

    def _halve(self, sheet: str) -> None:
        live = self._beside(sheet, "checkpoint.db")
        log, kept = live.with_name(f"{live.name}-wal"), live.with_name("log.kept")
        if not log.exists():
            return
        log.rename(kept)
        _remove_side_files(live)
        self._alone(Command("run", sheet, ("--same-batch",)))
        if not log.exists():
            kept.rename(log)

    def _meanwhile(self, step: Meanwhile) -> None:
        self.provider.set_faults(step.command.faults)
        before = self._before(step.command.sheet)
        gate = Gate(step.hold)
        process = self._start(step.command, gate)
        if process.is_held():
            self.do(step.step)
            gate.open()
        Process.wait(process)
        gate.close()
        self._join(before, (process, self._record(process, before, self._results(process, before))))

    def _tamper(self, what: str) -> None:
        """On a server nobody gets at its files so easily."""
        if is_address(self.place.ledger):
            return
        live, saved = Path(self.place.ledger), self.folder / "ledger.saved"
        if what == "save" and live.exists():
            _copy_database(live, saved)
        elif what == "delete" or (what == "set back" and saved.exists()):
            live.unlink(missing_ok=True)
            _remove_side_files(live)
            if what == "set back":
                _copy_database(saved, live)

    def _alone(self, command: Command, said: tuple[Said, ...] = ()) -> None:
        if command.verb == "results":
            name = f"{command.sheet.partition('.')[0]}.journal.csv"
            command = replace(command, options=("--journal", name))
        self.provider.set_faults(command.faults)
        before, printed = self._before(command.sheet), len(self._output())
        # After an error, the desk would close what the command has left open.
        process = self._start(command, desk=None if command.meets_an_error else self.desk)
        Process.wait(process)
        if process.code is None:
            self.provider.finish()
        seen = self._last_request()
        requests = frozenset(range(before.last_request + 1, seen + 1))
        record = self._record(process, before, self._results(process, before))
        lacks = process.code == NOTHING_SENT and LACKS in self._output()[printed:]
        self.records.append(replace(record, requests=requests, seen=seen, said=() if lacks else said))
        if lacks:
            self._put_back()
            self._alone(command, said)

    def _put_back(self) -> None:
        """As it is said where the record lacks what a batch has sent."""
        for sheet in self._rows:
            if self._beside(sheet, "checkpoint.db").exists():
                self._alone(Command("settle", sheet))

    def _together(self, step: Together) -> None:
        self.provider.set_faults(step.first.faults)
        if step.hold is None:
            self._race(step)
            return
        before = self._before(step.first.sheet)
        gate = Gate(step.hold)
        first = self._start(step.first, gate)
        if first.is_held():
            within = self._before(step.second.sheet)
            second = self._start(step.second)
            Process.wait(second)
            inside = not first.is_over  # what is held is one thread: another can have ended it
            done = self._record(second, within, self._results(second, within))
            gate.open()
            Process.wait(first)
            done = replace(done, seen=within.last_request, inside=inside)
            whole = self._record(first, before, self._results(first, before))
            self._join(before, (first, whole), (second, done))
        else:
            Process.wait(first)
            whole = self._record(first, before, self._results(first, before))
            self._join(before, (first, whole))
            self._alone(step.second)
        gate.close()

    def _race(self, step: Together) -> None:
        before = self._before(step.first.sheet), self._before(step.second.sheet)
        first, second = self._start(step.first), self._start(step.second)
        Process.wait(first, second)
        results = [self._results(first, before[0]), self._results(second, before[1])]
        if step.first.sheet == step.second.sheet and all(results):
            results[0] = None  # it is one file: the second's, unless that one did nothing
        ended = self._record(first, before[0], results[0]), self._record(second, before[1], results[1])
        self._join(before[0], (first, ended[0]), (second, ended[1]))

    def _join(self, before: Before, *ended: tuple[Process, Record]) -> None:
        """Record commands that ran at once, each with the requests that it sent."""
        if any(process.code is None for process, _ in ended):
            self.provider.finish()
        last, place = self._last_request(), len(self.records)
        owners = self._owners(before.last_request, [process for process, _ in ended])
        for nth, (_, record) in enumerate(ended):
            requests = frozenset(key for key, owner in owners.items() if owner == nth)
            beside = place + 1 - nth if len(ended) > 1 else None
            seen = record.seen if record.inside else last
            self.records.append(replace(record, requests=requests, seen=seen, beside=beside))

    def _owners(self, after: int, processes: list[Process]) -> dict[int, int]:
        """Request -> which of the processes sent it, by what each was seen to send, in order of time."""
        sent = [
            (int(moment), what, nth)
            for nth, process in enumerate(processes)
            for _, moment, what in (note.split(" ", 2) for note in _notes(process, "sent "))
        ]
        sent.sort()
        owners = {}
        for key, asked in self._top_ups_asked(after):
            found = next(entry for entry in sent if entry[1] == asked)
            sent.remove(found)
            owners[key] = found[2]
        return owners

    def _top_ups_asked(self, after: int) -> list[tuple[int, str]]:
        sql = "SELECT id, parameters FROM requests WHERE endpoint = 'isipulsa' AND id > ? ORDER BY id"
        with contextlib.closing(sqlite3.connect(self.folder / "book.db")) as book:
            rows = [(key, json.loads(asked)) for key, asked in book.execute(sql, (after,))]
        names = ("nomortujuan", "kodeoperator", "itrx")
        return [(key, " ".join(asked[name] for name in names)) for key, asked in rows]

    def _resume_account(self) -> None:
        """A person puts right what stopped the account for all of its desks. A file knows no such stop."""
        if not is_address(self.place.ledger):
            return
        scope = {"account": "sandbox", "base_url": self.place.url}
        with contextlib.closing(Account(self.place.ledger, **scope)) as account:
            account.resume("Rina", self.time.now())

    def _start(self, command: Command, gate: Gate | None = None, desk: Desk | None = None) -> Process:
        if self.records and self.records[-1].exit == STOPPED:
            self._resume_account()
        self._started += 1
        process = Process(command, self.folder / f"trace-{self._started}", gate, desk)
        process.start(self.place, self.time)
        return process

    def _before(self, sheet: str) -> Before:
        results = _identity(self._beside(sheet, "results.xlsx"))
        logs = {log.name: log.stat().st_size for log in self._logs()}
        progress, journals = self._progressed(sheet), frozenset(self._journals())
        return Before(self.time.now(), self._last_request(), results, progress, logs, journals)

    def _journals(self) -> Iterator[Path]:
        return self.folder.rglob("*.journal*.csv")

    def _record(self, process: Process, before: Before, results: Path | None) -> Record:
        command = process.command
        self.time.true_up()
        crash = next(iter(_notes(process, "crash ")), "")
        if process.moment and not crash:
            crash = f"SIGKILL in {command.verb} #{command.killed_at}"
        if crash.startswith("crash cut"):
            self._cut(process, before)
        after = self._progressed(command.sheet)
        known = before.progress.attempts if before.progress.batch == after.batch else Counter()
        return Record(
            command=command,
            rows=self._rows.get(command.sheet, ()),
            began=before.at,
            ended=self.time.now(),
            exit=process.code,
            crash=crash.removeprefix("crash "),
            timed_out=frozenset(note.split()[-1] for note in _notes(process, "timed out ")),
            requests=frozenset(),
            seen=0,
            batch=after.batch,
            results=results,
            complaint=self._output()[-3000:] if process.code in {70, -1} else "",
            moment=process.moment,
            journals=tuple(sorted({*self._journals()} - before.journals)),
            written=after.attempts - known,
            unclaimed=self._unclaimed(after),
            late=tuple(_late(process)),
        )

    def _cut(self, process: Process, before: Before) -> None:
        """Of each log, what was forced to the disk is left."""
        forced = before.logs | {log: int(size) for _, size, log in map(str.split, _notes(process, "forced "))}
        for log in self._logs():
            os.truncate(log, min(forced.get(log.name, 0), log.stat().st_size))
            log.with_name(log.name.replace("-wal", "-shm")).unlink(missing_ok=True)

    def _logs(self) -> list[Path]:
        return [*self.folder.glob("*.checkpoint.db-wal"), *self.folder.glob("ledger.db-wal")]

    def _results(self, process: Process, before: Before) -> Path | None:
        """A copy of the results sheet, if this command wrote it to its end."""
        results = self._beside(process.command.sheet, "results.xlsx")
        if process.code in {None, BUSY} or _identity(results) in {None, before.results}:
            return None
        kept = self.folder / f"{process.trace.name}.xlsx"
        shutil.copyfile(results, kept)
        return kept

    def _output(self) -> str:
        output = self.folder / "output"
        return output.read_text(errors="replace") if output.exists() else ""

    def _last_request(self) -> int:
        with contextlib.closing(sqlite3.connect(self.folder / "book.db")) as book:
            return int(book.execute("SELECT coalesce(max(id), 0) FROM requests").fetchone()[0])

    def _batch(self, sheet: str) -> str:
        return self._progressed(sheet).batch

    def _progressed(self, sheet: str) -> Progressed:
        original = self._beside(sheet, "checkpoint.db")
        if not original.exists():
            return Progressed()
        sql = """SELECT o.number, o.product, o.itrx, a.day, o.nominal,
                        a.kind IS NULL OR a.kind IN ('unknown', 'pending', 'sukses')
                 FROM attempts a JOIN orders o ON o.id = a.order_id"""
        try:
            with self._copied(original) as database:
                row = database.execute("SELECT value FROM batch WHERE key = 'batch'").fetchone()
                attempts = database.execute(sql).fetchall()
        except sqlite3.DatabaseError:
            return Progressed("unreadable")
        asked: Counter[Asked] = Counter((number, product, itrx) for number, product, itrx, *_ in attempts)
        moved = tuple(
            ((number, product, itrx), (day, number, nominal, itrx))
            for number, product, itrx, day, nominal, may_be_paid in attempts
            if may_be_paid
        )
        return Progressed(str(row[0]) if row else "", asked, moved)

    def _unclaimed(self, progress: Progressed) -> tuple[Asked, ...]:
        ledger = Path(self.place.ledger)
        if is_address(self.place.ledger) or not ledger.exists() or not progress.moved:
            return ()
        claims: set[tuple[str, str, int, int]] = set()
        with contextlib.suppress(sqlite3.DatabaseError), self._copied(ledger) as database:
            claims |= set(database.execute("SELECT day, number, nominal, itrx FROM claims"))
        return tuple(asked for asked, slot in progress.moved if slot not in claims)

    @contextlib.contextmanager
    def _copied(self, original: Path) -> Iterator[sqlite3.Connection]:
        """To be read: reading changes the side files."""
        copy = self.folder / "look.db"
        _copy_database(original, copy)
        with contextlib.closing(sqlite3.connect(copy)) as database:
            yield database

    def _beside(self, sheet: str, ending: str) -> Path:
        return (self.folder / sheet).with_name(f"{Path(sheet).stem}.{ending}")

    # -- what the person does ------------------------------------------------------------------------------

    def _write(self, sheet: str, rows: Rows) -> None:
        self._rows[sheet] = rows
        table = _table(rows, counts_copies=self.schedule.counts_copies)
        path = self.folder / sheet
        if path.suffix == ".csv":
            with path.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows(table)
        else:
            _save(path, table)

    def _feed_back(self, step: FeedBack) -> None:
        source = self._beside(step.source, "results.xlsx")
        if not source.exists():
            return
        shutil.copyfile(source, self.folder / step.sheet)
        by_no = {str(row.no): row for row in self._rows[step.source]}
        self._rows[step.sheet] = tuple(_rows_of(self.folder / step.sheet, by_no))

    def _progress(self, step: Progress) -> None:
        live, saved = self._beside(step.sheet, "checkpoint.db"), self.folder / f"{step.sheet}.saved"
        if step.what == "delete":
            live.unlink(missing_ok=True)
            if not step.partly:
                _remove_side_files(live)
        elif step.what == "save" and live.exists():
            _copy_database(live, saved)
        elif step.what == "restore" and saved.exists():
            if step.partly:
                shutil.copyfile(saved, live)
            else:
                _copy_database(saved, live)

    def _take(self, step: Take) -> None:
        taken = self.folder / step.taken
        taken.parent.mkdir(exist_ok=True)
        shutil.copyfile(self.folder / step.sheet, taken)
        _copy_database(self._beside(step.sheet, "checkpoint.db"), self._beside(step.taken, "checkpoint.db"))
        self._rows[step.taken] = self._rows[step.sheet]

    def _wait(self, until: str) -> None:
        now = self.time.now()
        if until.isdigit():
            self.time.advance(float(until))
        elif until == "late":
            self.time.set(max(now, datetime.combine(now.date(), time(23, 55), WIB)))
        elif until == "day":
            self.time.set(datetime.combine(now.date() + timedelta(days=1), time(9, 30), WIB))
        else:
            first = (now.date().replace(day=1) + timedelta(days=32)).replace(day=2)
            self.time.set(datetime.combine(first, time(9, 30), WIB))


def _notes(process: Process, beginning: str | tuple[str, ...]) -> list[str]:
    """What the command's process wrote down, of one kind."""
    notes = process.trace.read_text().splitlines() if process.trace.exists() else []
    return [note for note in notes if note.startswith(beginning)]


LATE_S = 5.5


def _late(process: Process) -> Iterator[str]:
    """What left too long after its attempt was written, by one of the clocks, or on another day."""
    begun: dict[str, tuple[float, datetime]] = {}
    for note in _notes(process, ("begun ", "left ")):
        what, alive, wall, asked = note.split(" ", 3)
        at = float(alive), datetime.fromisoformat(wall)
        if what == "begun":
            begun[asked] = at
        elif asked in begun:
            alive_s, wall_s = at[0] - begun[asked][0], (at[1] - begun[asked][1]).total_seconds()
            if max(alive_s, abs(wall_s)) > LATE_S or at[1].date() != begun[asked][1].date():
                yield f"{asked}, {alive_s:.0f} s after its attempt, {wall_s:.0f} s by the clock"


def _identity(path: Path) -> tuple[int, int] | None:
    return (path.stat().st_ino, path.stat().st_mtime_ns) if path.exists() else None


HEADER = ["No", "Nama", "No HP", "Kode Produk"]


def _table(rows: Rows, *, counts_copies: bool) -> list[list[str]]:
    extra = ["Pengisian ke"] if counts_copies else []
    lines = [[str(row.no), f"Karyawan {row.no}", row.written or row.number, row.product] for row in rows]
    copies = [[row.itrx] if counts_copies else [] for row in rows]
    return [HEADER + extra, *(line + copy for line, copy in zip(lines, copies, strict=True))]


def _save(path: Path, table: list[list[str]]) -> None:
    book = openpyxl.Workbook()
    for line in table:
        book.worksheets[0].append(line)
    book.save(path)


def _rows_of(path: Path, by_no: dict[str, Row]) -> Iterator[Row]:
    """The rows of a results sheet, as a sheet: those that left the sheet since stand there by number."""
    book = openpyxl.load_workbook(path)
    header, *lines = book.worksheets[0].iter_rows(values_only=True)
    book.close()
    for line in lines:
        cells = dict(zip(header, line, strict=True))
        known = by_no.get(str(cells["No"]))
        number, product = str(cells["No HP"] or ""), str(cells["Kode Produk"] or "")
        if known is not None and (known.written or known.number, known.product) == (number, product):
            yield known
        else:
            yield Row(int(str(cells["No"] or 0)), number, product, str(cells.get("Pengisian ke") or ""))


def _copy_database(source: Path, target: Path) -> None:
    _remove_side_files(target)
    shutil.copyfile(source, target)
    for ending in SIDE_FILES:
        side = source.with_name(source.name + ending)
        if side.exists():
            shutil.copyfile(side, target.with_name(target.name + ending))


def _remove_side_files(path: Path) -> None:
    for ending in SIDE_FILES:
        path.with_name(path.name + ending).unlink(missing_ok=True)

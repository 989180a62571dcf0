"""Carries out a schedule: a folder, a provider, and one fresh process for every command."""

from __future__ import annotations

import contextlib
import csv
import gc
import importlib
import os
import pkgutil
import select
import shutil
import signal
import sqlite3
import tempfile
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl

import bulk_topup
from bulk_topup.cli import cli
from tests.campaign.child import perform
from tests.campaign.clock import SharedTime
from tests.campaign.provider import ProviderProcess
from tests.campaign.schedule import (
    WIB,
    Command,
    Deposit,
    Event,
    Evidence,
    FeedBack,
    Progress,
    Record,
    Row,
    Wait,
    Write,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.campaign.schedule import Rows, Schedule, Step

LONGEST_COMMAND_S = 60.0
SIDE_FILES = ("-wal", "-shm")


def prepare() -> None:
    """Import, once for all commands, everything that a command imports when it runs."""
    for module in pkgutil.walk_packages(bulk_topup.__path__, "bulk_topup."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    with contextlib.suppress(ImportError):
        importlib.import_module("psutil")  # a rehearsal, which the warm-up is, does without
    _warm_up()
    gc.collect()
    gc.freeze()


def _warm_up() -> None:
    """One rehearsal in this very process: what a library builds on its first use, every fork then has."""
    rows = (Row(1, "081234500001", "TSEL5"), Row(2, "081234500002", "TSEL10"))
    with folder() as where, contextlib.chdir(where), Path(os.devnull).open("w") as nowhere:
        book = openpyxl.Workbook()
        for line in _table(rows, counts_copies=True):
            book.worksheets[0].append(line)
        book.save("bonus.xlsx")
        with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
            for verb, *options in (("run", "--yes"), ("run", "--yes"), ("settle",), ("results",)):
                with contextlib.suppress(SystemExit):
                    cli.main([verb, "bonus.xlsx", "--sandbox", *options], prog_name="bulk-topup")


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A temporary folder, in memory where the system has one: no schedule outlives the machine."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        yield Path(name)


def carry_out(schedule: Schedule, where: Path) -> Evidence:
    """Every step in turn; returns what the judge needs, all of it below `where`."""
    shared = SharedTime(schedule.start)
    provider = ProviderProcess(schedule, where / "book.db", shared)
    try:
        office = Office(schedule, where, provider, shared)
        for step in schedule.steps:
            office.do(step)
        office.conclude()
        provider.finish()
    finally:
        provider.end()
    return Evidence(schedule, where / "book.db", tuple(office.records), tuple(office.events))


@dataclass
class Office:
    """The folder of one schedule and what has happened in it."""

    schedule: Schedule
    folder: Path
    provider: ProviderProcess
    time: SharedTime
    records: list[Record] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    _rows: dict[str, Rows] = field(default_factory=dict)

    def do(self, step: Step) -> None:
        if isinstance(step, Command):
            self.records.append(self._command(step))
            return
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

    def conclude(self) -> None:
        """Where the last command of a sheet wrote no results, because it was refused, ask for them."""
        last = {record.command.sheet: record for record in self.records}
        for sheet, record in last.items():
            if record.results is None:
                self.do(Command("results", sheet))

    # -- commands ------------------------------------------------------------------------------------------

    def _command(self, command: Command) -> Record:
        results, before = self._beside(command.sheet, "results.xlsx"), None
        if results.exists():
            before = results.stat().st_ino, results.stat().st_mtime_ns
        first, began = self._last_request() + 1, self.time.now()
        self.provider.set_faults(command.faults)
        code = self._fork(command)
        if code is None:
            self.provider.finish()
        notes = self._notes()
        written = results.exists() and (results.stat().st_ino, results.stat().st_mtime_ns) != before
        return Record(
            command=command,
            rows=self._rows.get(command.sheet, ()),
            began=began,
            ended=self.time.now(),
            exit=code,
            crash=next((note[6:] for note in notes if note.startswith("crash ")), ""),
            timed_out=frozenset(note[10:] for note in notes if note.startswith("timed out ")),
            requests=(first, self._last_request()),
            batch=self._batch(command.sheet),
            results=self._kept(results) if written and code is not None else None,
            complaint=self._output() if code in {70, -1} else "",
        )

    def _fork(self, command: Command) -> int | None:
        """The exit code; None where the command crashed as planned, -1 where it never ended."""
        ended, held = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(ended)
            perform(command, self.folder, self.provider.url, self.time)
        os.close(held)
        hangs = not select.select([ended], [], [], LONGEST_COMMAND_S)[0]
        os.close(ended)
        if hangs:
            os.kill(pid, signal.SIGKILL)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if hangs:
            return -1
        return None if code in {9, -signal.SIGKILL} else code

    def _notes(self) -> list[str]:
        trace = self.folder / "trace"
        notes = trace.read_text().splitlines() if trace.exists() else []
        trace.unlink(missing_ok=True)
        return notes

    def _output(self) -> str:
        return (self.folder / "output").read_text(errors="replace")[-3000:]

    def _last_request(self) -> int:
        with contextlib.closing(sqlite3.connect(self.folder / "book.db")) as book:
            return int(book.execute("SELECT coalesce(max(id), 0) FROM requests").fetchone()[0])

    def _batch(self, sheet: str) -> str:
        """What the progress file calls itself; read from a copy, since reading changes the side files."""
        original = self._beside(sheet, "checkpoint.db")
        if not original.exists():
            return ""
        copy = self.folder / "look.db"
        _copy_database(original, copy)
        try:
            with contextlib.closing(sqlite3.connect(copy)) as database:
                row = database.execute("SELECT value FROM batch WHERE key = 'batch'").fetchone()
        except sqlite3.DatabaseError:
            return "unreadable"
        return str(row[0]) if row else ""

    def _kept(self, results: Path) -> Path:
        kept = self.folder / f"results-{len(self.records)}.xlsx"
        shutil.copyfile(results, kept)
        return kept

    def _beside(self, sheet: str, ending: str) -> Path:
        return self.folder / f"{Path(sheet).stem}.{ending}"

    # -- what the person does ------------------------------------------------------------------------------

    def _write(self, sheet: str, rows: Rows) -> None:
        self._rows[sheet] = rows
        table = _table(rows, counts_copies=self.schedule.counts_copies)
        path = self.folder / sheet
        if path.suffix == ".csv":
            with path.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows(table)
            return
        book = openpyxl.Workbook()
        for line in table:
            book.worksheets[0].append(line)
        book.save(path)

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


HEADER = ["No", "Nama", "No HP", "Kode Produk"]


def _table(rows: Rows, *, counts_copies: bool) -> list[list[str]]:
    extra = ["Pengisian ke"] if counts_copies else []
    lines = [[str(row.no), f"Karyawan {row.no}", row.written or row.number, row.product] for row in rows]
    copies = [[row.itrx] if counts_copies else [] for row in rows]
    return [HEADER + extra, *(line + copy for line, copy in zip(lines, copies, strict=True))]


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

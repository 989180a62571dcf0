"""An office of its own for each end-to-end test: a folder, the real command, and a provider over HTTP."""

from __future__ import annotations

import csv
import gc
import json
import os
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import IO, TYPE_CHECKING, Any

import openpyxl
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings

from bulk_topup.core.clock import WIB
from bulk_topup.record.ledger.address import ledger_url
from bulk_topup.sandbox import Sandbox
from bulk_topup.sheet.process import parent
from tests import forks, machine
from tests import postgres as postgresql
from tests.markdown import ROOT
from tests.office import rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from bulk_topup.sandbox import LoggedRequest
    from tests.faults import Faults

    MakeOffice = Callable[..., "Office"]

LONGEST_COMMAND_S = 60.0
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")  # a test may need time, but not a quiet machine
os.environ["LC_ALL"] = "C.UTF-8"  # these tests read English, whatever the developer speaks
HEADER = ("No", "Nama", "No HP", "Kode Produk")

FIXTURES_THAT_MARK = {"postgres": "postgres", "office": "slow", "make_office": "slow"}
"""A test that asks for one of these fixtures is marked so: a server, or the whole command line."""
FAST_ROOMS = ("core", "provider", "record", "rules", "sheet")
"""The fast tier is of these; tests of all others are `slow`."""
NEVER_QUICK = ("postgres", "libreoffice", "browser", "kill", "sleep", "wild", "alone")
"""Whatever has one of these marks is `slow`, too."""


@dataclass(frozen=True)
class Result:
    """What one command came to."""

    exit: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one object on standard output; fails where there is anything besides."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Office:
    """A finance team's desk. File names are relative to `folder`, where every command runs."""

    folder: Path
    sandbox: Sandbox
    environment: Mapping[str, str]
    fast: tuple[str, ...] = ("--rate", "500", "--wait", "0")
    _started: list[subprocess.Popen[str]] = field(default_factory=list)

    # -- sheets --------------------------------------------------------------------------------------------

    def xlsx(
        self,
        name: str,
        rows: Iterable[Sequence[object]],
        header: Sequence[str] = HEADER,
        *,
        tab: str = "Sheet1",
    ) -> Path:
        book = openpyxl.Workbook()
        sheet = book.worksheets[0]
        sheet.title = tab
        for row in (header, *rows):
            sheet.append(list(row))
        book.save(self.folder / name)
        book.close()
        return self.folder / name

    def csv(self, name: str, rows: Iterable[Sequence[object]], header: Sequence[str] = HEADER) -> Path:
        with (self.folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])
        return self.folder / name

    @staticmethod
    def numbers(count: int, first: int = 0) -> list[str]:
        """Ordinary numbers, all different: the sandbox pays them."""
        return [f"0812345{n:05d}" for n in range(first, first + count)]

    def payroll(self, name: str, numbers: Iterable[str], product: str = "TSEL5") -> Path:
        """One row a number: the first of them is row 2 of the sheet, with 1 in its column `No`."""
        rows = [(str(n), f"Karyawan {n}", number, product) for n, number in enumerate(numbers, start=1)]
        return self.csv(name, rows)

    def results(self, name: str) -> list[dict[str, str]]:
        """The rows of a results workbook, in order; every value as text, "" for an empty cell."""
        return rows_of(self.folder / name)

    def statuses(self, name: str) -> list[str]:
        return [row["status"] for row in self.results(name)]

    # -- commands ------------------------------------------------------------------------------------------

    def run(
        self,
        *arguments: str,
        input: str = "",  # noqa: A002  (as subprocess calls it)
        answers: Sequence[tuple[str, str]] | None = None,
        env: Mapping[str, str | None] | None = None,
    ) -> Result:
        """A command to its end. `env` adds to the environment, None takes out.

        With `answers`, there is a terminal on standard input: each answer is typed once its prompt is seen.
        """
        if answers is not None:
            return self._converse(arguments, answers, env or {})
        done = forks.run(
            arguments,
            folder=self.folder,
            env=self._environment(env or {}),
            given=input,
            longest_s=LONGEST_COMMAND_S,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def send(self, sheet: str, *options: str) -> Result:
        """`run --yes`, as fast as it goes, asking after nothing."""
        return self.run("run", sheet, "--yes", *self.fast, *options)

    def start(
        self, *arguments: str, env: Mapping[str, str | None] | None = None, forked: bool = True
    ) -> subprocess.Popen[str]:
        """A command under way, in a new interpreter unless it is forked; it is gone when the test is over."""
        begun = forks.Popen if forked else subprocess.Popen
        process = begun(
            [*forks.COMMAND, *arguments],
            cwd=self.folder,
            env=self._environment(env or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._started.append(process)
        return process

    def finish(self, process: subprocess.Popen[str]) -> Result:
        out, err = process.communicate(timeout=LONGEST_COMMAND_S)
        return Result(process.returncode, out, err)

    def close(self) -> None:
        for process in self._started:
            process.kill()
            process.communicate()
        self.sandbox.stop()

    def _environment(self, changes: Mapping[str, str | None]) -> dict[str, str]:
        merged = {**self.environment, **changes}
        return {name: value for name, value in merged.items() if value is not None}

    def _converse(
        self, arguments: Sequence[str], answers: Sequence[tuple[str, str]], env: Mapping[str, str | None]
    ) -> Result:
        pty = pytest.importorskip("pty", reason="no pseudo-terminals here")
        keyboard, terminal = pty.openpty()
        try:
            process = forks.Popen(
                [*forks.COMMAND, *arguments],
                cwd=self.folder,
                env=self._environment(env),
                stdin=terminal,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
            self._started.append(process)  # type: ignore[arg-type]  # closed the same way
            assert process.stderr is not None
            shown = b""
            for prompt, answer in answers:
                shown += _read_until(process.stderr, prompt.encode())
                os.write(keyboard, answer.encode() + b"\n")
            out, err = process.communicate(timeout=LONGEST_COMMAND_S)
        finally:
            os.close(keyboard)
            os.close(terminal)
        return Result(process.returncode, out.decode(), (shown + err).decode())

    # -- what is on record ---------------------------------------------------------------------------------

    def on_record(self, *statements: str, **values: str) -> list[Any]:
        """In one transaction, in a file or on a server; the rows of the last statement."""
        url = sa.engine.make_url(ledger_url(self.environment["BULK_TOPUP_LEDGER"]))
        engine = sa.create_engine(url.set(drivername=url.drivername.replace("gresql", "gresql+psycopg")))
        with engine.begin() as db:
            for statement in statements:
                came = db.execute(sa.text(statement), values)
            rows = list(came) if came.returns_rows else []
        engine.dispose()
        return rows

    def set_back(self, by: timedelta) -> None:
        """All that was sent so far was so much earlier: here, on record, and for the provider by days."""
        now = datetime.now(WIB)
        day, at = (now.date() - timedelta(days=by.days)).isoformat(), (now - by).isoformat()
        self.on_record("UPDATE claims SET day = :day, claimed_at = :at", day=day, at=at)
        for file in self.folder.rglob("*.checkpoint.db"):
            with closing(sqlite3.connect(file)) as db, db:
                db.execute("UPDATE attempts SET day = ?", (day,))
        if by.days and self.sandbox._book is not None:
            with self.sandbox._book.page() as page:
                page._db.execute("UPDATE topups SET day = ?, at = ?", (day, at))

    # -- the provider's side -------------------------------------------------------------------------------

    def sent(self) -> list[LoggedRequest]:
        """Every request to isipulsa, in order of arrival."""
        return [request for request in self.sandbox.requests() if request.endpoint == "isipulsa"]

    def sent_numbers(self) -> list[str]:
        return [request.parameters["nomortujuan"] for request in self.sent()]

    def paid(self) -> Counter[str]:
        """How often each number was paid, by the provider's book."""
        return Counter(topup.number for topup in self.sandbox.book() if topup.status != "gagal")

    def wait_for_requests(self, count: int) -> None:
        """Until so many requests have reached isipulsa; they may still be unanswered."""
        until = time.monotonic() + LONGEST_COMMAND_S
        while len(self.sent()) < count:
            assert time.monotonic() < until, f"only {len(self.sent())} of {count} requests came"
            time.sleep(0.01)


def pytest_configure(config: pytest.Config) -> None:
    """Several processes take the files as they are sorted here, not those with the most tests first."""
    config.option.loadscopereorder = False
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # behind `&` in a script; commands would inherit it
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Marked by what it needs, where it does not say so itself."""
    for fixture in getattr(item, "fixturenames", ()):
        if fixture in FIXTURES_THAT_MARK:
            item.add_marker(FIXTURES_THAT_MARK[fixture])
    if item.path.parent.name not in FAST_ROOMS or any(map(item.get_closest_marker, NEVER_QUICK)):
        item.add_marker("slow")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes or waits long first: a file that is begun last leaves all processors but its own idle. Last,
    what keeps the machine to itself: the other processes would wait for it at any earlier time."""
    last, first, slow = (
        {item.path for item in items if any(map(item.get_closest_marker, marks))}
        for marks in (["alone"], ["kill", "sleep"], ["slow"])
    )
    items.sort(key=lambda item: (item.path in last, item.path not in first, item.path not in slow))


def pytest_collection_finish() -> None:
    """What stays until the end is no rubbish, and is not looked through for it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _machine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Shared with the tests of the run's other processes, or not."""
    own = tmp_path_factory.getbasetemp()
    of_all = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    with machine.held(of_all, alone=request.node.get_closest_marker("alone") is not None):
        yield


@pytest.fixture(scope="session", autouse=True)
def _readers_here() -> Iterator[None]:
    """See `tests/forks.py`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parent, "_started", forks.reader_here)
        yield


@pytest.fixture
def new_interpreters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sheets are parsed in a new interpreter each, as users' are."""
    monkeypatch.setattr(parent, "_started", forks.started)


@pytest.fixture(scope="session")
def postgres() -> Iterator[postgresql.Server]:
    """A PostgreSQL server for all of these tests, and for nobody else."""
    if postgresql.MISSING:
        pytest.skip(postgresql.MISSING)
    with postgresql.running() as server:
        yield server


@pytest.fixture(params=["file", pytest.param("server", marks=pytest.mark.postgres)])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a record of all top-ups may be that is not there yet."""
    if request.param == "file":
        return str(tmp_path / "ledger.db")
    address: str = request.getfixturevalue("postgres").fresh()
    return address


@pytest.fixture
def make_office(tmp_path: Path) -> Iterator[MakeOffice]:
    """Opens an office with this record; other keyword arguments are those of its Sandbox."""
    _not_around_midnight()
    offices: list[Office] = []

    def make(faults: Faults | None = None, ledger: str = "", **settings: Any) -> Office:
        folder = tmp_path / f"office{len(offices)}"
        folder.mkdir()
        sandbox = Sandbox(intercept=faults, **settings).start()
        password = settings.get("password", "sandbox")
        environment = _environment_in(folder.parent, sandbox.url, password)
        if ledger:
            environment["BULK_TOPUP_LEDGER"] = ledger
        offices.append(Office(folder, sandbox, environment))
        return offices[-1]

    yield make
    for office in offices:
        office.close()


@pytest.fixture
def office(make_office: MakeOffice) -> Office:
    """An office with an ordinary sandbox."""
    return make_office()


def _environment_in(home: Path, url: str, password: str) -> dict[str, str]:
    """Nothing of the machine's own settings, and no file of the user's."""
    kept = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "VIRTUAL_ENV")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "HOME": str(home),
        "USERPROFILE": str(home),
        "XDG_DATA_HOME": str(home / "share"),
        "PYTHONPATH": str(ROOT),
        "PYTHONIOENCODING": "utf-8",
        "BULK_TOPUP_LEDGER": str(home / "ledger.db"),
        "BULK_TOPUP_BASE_URL": url,
        "BULK_TOPUP_USERNAME": "sandbox",
        "BULK_TOPUP_PASSWORD": password,
    }


def _not_around_midnight() -> None:
    """Wait it out: the command has the machine's own clock, and every rule counts by the day in WIB."""
    now = datetime.now(WIB)
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    if midnight - now < timedelta(seconds=LONGEST_COMMAND_S):
        time.sleep((midnight - now).total_seconds() + 1)


def _read_until(stream: IO[bytes], prompt: bytes) -> bytes:
    seen = b""
    while prompt not in seen:
        block = os.read(stream.fileno(), 4096)
        if not block:
            break
        seen += block
    return seen

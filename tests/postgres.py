"""A real PostgreSQL server of the tests' own: started from the distribution's binaries, killed at will."""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

OLDEST = 15
OWNER, PASSWORD = "owner", "hunter2"
LONGEST_START_S = 30.0
PORTS = range(20_000, 32_000)


def binaries() -> Path | None:
    """Where `postgres` and `initdb` of version 15 or later are; None where they are not installed."""
    on_path = shutil.which("postgres")
    folders = [Path(on_path).parent] if on_path else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if _is_recent(folder / "postgres")), None)


def _is_recent(program: Path) -> bool:
    if not program.exists() or not program.with_name("initdb").exists():
        return False
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"\) (\d+)", told)
    return version is not None and int(version[1]) >= OLDEST


BINARIES = binaries() or Path()
MISSING = "" if Path() != BINARIES else f"PostgreSQL {OLDEST} or later is not installed here"
"""Why tests on a server are skipped; "" where they are not."""


@dataclass
class Server:
    """One cluster in a temporary folder, on loopback; `durable` makes it wait for the disk at each commit."""

    durable: bool = False
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="bulk-topup-pg-")))
    port: int = 0
    _process: subprocess.Popen[bytes] | None = None
    _schemas: int = 0

    def __post_init__(self) -> None:
        assert not MISSING, MISSING
        self.port = self.port or _free_port()
        secret = self.folder / "secret"
        secret.write_text(PASSWORD)
        if _as_other():
            for path in (self.folder, secret):
                shutil.chown(path, "postgres", "postgres")
        auth = (
            "--auth-local=trust",
            "--auth-host=scram-sha-256",
            f"--username={OWNER}",
            f"--pwfile={secret}",
        )
        self._run("initdb", *auth, "--no-sync", "--encoding=UTF8", "--locale=C", f"--pgdata={self.data}")

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def start(self) -> Server:
        """Returns once it answers, also after a crash."""
        sync = "on" if self.durable else "off"
        options = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.folder),
            "fsync": sync,
            "full_page_writes": sync,
            "max_connections": "200",
        }
        command = [str(BINARIES / "postgres"), "-D", str(self.data), "-p", str(self.port)]
        command += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd="/", start_new_session=True, **_as_other()
            )
        until = time.monotonic() + LONGEST_START_S
        while not self._answers():
            is_starting = self._process.poll() is None and time.monotonic() < until
            assert is_starting, (self.folder / "log").read_text()[-2000:]
            time.sleep(0.05)
        return self

    def _answers(self) -> bool:
        import psycopg

        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(self._by_socket()).close()
            return True
        return False

    def kill(self) -> None:
        """SIGKILL to all of its processes at once, as the kernel does it where memory is short."""
        assert self._process is not None
        self._signal(signal.SIGKILL)
        self._process.wait()
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def freeze(self) -> None:
        """The kernel goes on answering for it, as for a computer whose disk has stopped."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        """To each of its processes: all but the first are in sessions of their own."""
        assert self._process is not None
        first = psutil.Process(self._process.pid)
        first.suspend()  # so that none is born meanwhile
        for process in [*first.children(recursive=True), first]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.thaw()
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    # -- using it ------------------------------------------------------------------------------------------

    def execute(self, *statements: str) -> list[tuple[Any, ...]]:
        """As the owner, each in a transaction of its own; the rows of the last one."""
        import psycopg

        with psycopg.connect(self._by_socket(), autocommit=True) as db:
            for statement in statements:
                cursor = db.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []

    def fresh(self, **options: str) -> str:
        """The address of a schema that nothing is in yet."""
        return self.address(self._new_schema(), options)

    @contextlib.contextmanager
    def schema(self) -> Iterator[str]:
        """One that nothing is in yet, and that is gone afterwards."""
        name = self._new_schema()
        yield name
        self.execute(f"SET client_min_messages = error; DROP SCHEMA {name} CASCADE")

    def _new_schema(self) -> str:
        self._schemas += 1
        name = f"s{os.getpid()}_{self._schemas}"
        self.execute(f"CREATE SCHEMA {name}")
        return name

    def at_socket(self, schema: str) -> str:
        """An address that wants no password, and no time to check one."""
        query = {"host": str(self.folder), "port": str(self.port), "user": OWNER}
        text = urlencode({**query, "options": f"-csearch_path={schema}"}, quote_via=quote)
        return f"postgresql:///postgres?{text}"

    def address(
        self, schema: str = "public", options: Mapping[str, str] | None = None, user: str = OWNER
    ) -> str:
        text = urlencode({"options": f"-csearch_path={schema}", **(options or {})}, quote_via=quote)
        return f"postgresql://{user}:{PASSWORD}@127.0.0.1:{self.port}/postgres?{text}"

    def _by_socket(self) -> str:
        return f"host={self.folder} port={self.port} user={OWNER} dbname=postgres connect_timeout=2"

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(BINARIES / program), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", **_as_other())
        assert done.returncode == 0, done.stderr


@contextlib.contextmanager
def running(*, durable: bool = False) -> Iterator[Server]:
    server = Server(durable=durable)
    try:
        yield server.start()
    finally:
        server.close()


def _as_other() -> dict[str, Any]:
    """PostgreSQL does not run as root: there, as the user whom the distribution's package made."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return {}
    return {"user": "postgres", "group": "postgres", "extra_groups": []}


def _free_port() -> int:
    """Of those that no system hands out by itself: another process may be given such a one before the server
    has it, or while it is down between two starts."""
    while True:
        port = random.SystemRandom().choice(PORTS)  # no test seeds that
        with socket.socket() as free, contextlib.suppress(OSError):
            free.bind(("127.0.0.1", port))
            return port

"""What was asked for, and where things are: options, credentials, files. No rule about money."""

from __future__ import annotations

import getpass
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

from bulk_topup.batch import Wishes
from bulk_topup.errors import InputError

DEFAULT_BASE_URL = "https://klikmbc.co.id/json/pulsa"
SANDBOX_ACCOUNT = "sandbox"
REHEARSAL_URL = "sandbox"
"""The embedded sandbox has another port each time; a batch knows it by this name."""
RESULT_SUFFIXES = (".xlsx", ".csv")


@dataclass(frozen=True)
class Source:
    """The sheet, and how to find its rows and columns."""

    path: Path
    tab: str | None = None
    number_column: str | None = None
    product_column: str | None = None


@dataclass(frozen=True)
class Connection:
    """Which provider, as whom. A rehearsal meets the embedded sandbox instead."""

    sandbox: bool = False
    base_url: str = DEFAULT_BASE_URL
    timeout_s: float = 60.0
    rate_per_s: float = 2.0
    password_file: Path | None = None


@dataclass(frozen=True)
class Files:
    """Every file a batch uses."""

    checkpoint: Path
    results: Path
    ledger: str
    sandbox_state: Path

    @property
    def lock(self) -> Path:
        """Hidden beside the checkpoint; left in place, since unlinking a lock file lets two holders in."""
        return self.checkpoint.with_name(f".{self.checkpoint.name}.lock")


def files_of(
    source: Source, *, sandbox: bool, checkpoint: Path | None = None, output: Path | None = None
) -> Files:
    """The files of this sheet's batch; a rehearsal never touches the real ones.

    Raises InputError for an output that is the sheet, the checkpoint or no kind of results file.
    """
    path = source.path
    if not path.name:
        raise InputError("sheet.folder", file=path)
    stem = f"{path.stem}.{_in_file_name(source.tab)}" if source.tab else path.stem
    results = output or path.with_name(f"{stem}.results.xlsx")
    checkpoint = checkpoint or path.with_name(f"{stem}.checkpoint.db")
    if results.suffix.lower() not in RESULT_SUFFIXES:
        raise InputError("output.suffix", path=results, known=", ".join(RESULT_SUFFIXES))
    if sandbox:
        results, checkpoint = _rehearsed(results), _rehearsed(checkpoint)
    if results.resolve() == path.resolve():
        raise InputError("output.is_sheet", path=results)
    if results.resolve() == checkpoint.resolve():
        raise InputError("output.is_checkpoint", path=results)
    return Files(
        checkpoint=checkpoint,
        results=results,
        ledger=str(path.with_name("sandbox.ledger.db")) if sandbox else _ledger_location(),
        sandbox_state=path.with_name("sandbox.provider.db"),
    )


def _rehearsed(path: Path) -> Path:
    """`bonus.results.xlsx` as `bonus.sandbox.results.xlsx`, also where an option or a variable named it."""
    if ".sandbox." in path.name:
        return path
    kind = next((kind for kind in (".results", ".checkpoint") if path.stem.endswith(kind)), "")
    return path.with_name(f"{path.stem.removesuffix(kind)}.sandbox{kind}{path.suffix}")


def _in_file_name(tab: str) -> str:
    return "".join("_" if char in '<>:"/\\|?*' or ord(char) < 32 else char for char in tab)


def _ledger_location() -> str:
    import platformdirs

    given = os.environ.get("BULK_TOPUP_LEDGER", "").strip()
    return given or str(Path(platformdirs.user_data_dir("bulk-topup", appauthor=False)) / "ledger.db")


def credentials(connection: Connection) -> tuple[str, str]:
    """(username, password): from the environment, a password file, or a prompt on a terminal.

    Raises InputError where none of them gives both.
    """
    if connection.sandbox:
        return SANDBOX_ACCOUNT, SANDBOX_ACCOUNT
    username = os.environ.get("BULK_TOPUP_USERNAME", "").strip()
    username = username or _asked("Username: ", "BULK_TOPUP_USERNAME", hidden=False)
    return username, _password(connection.password_file)


def _password(file: Path | None) -> str:
    if file is not None:
        try:
            password = file.read_text(encoding="utf-8-sig").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError("credentials.file", path=file, why=error) from None
        if not password:
            raise InputError("credentials.file", path=file, why="it is empty")
        return password
    return os.environ.get("BULK_TOPUP_PASSWORD", "") or _asked(
        "Password: ", "BULK_TOPUP_PASSWORD", hidden=True
    )


def _asked(prompt: str, variable: str, *, hidden: bool) -> str:
    if not sys.stdin.isatty():
        raise InputError("credentials.missing", variable=variable)
    typed = _hidden(prompt) if hidden else _line(prompt)
    if not typed:
        raise InputError("credentials.empty", variable=variable)
    return typed


def _hidden(prompt: str) -> str:
    try:
        return getpass.getpass(prompt)
    except EOFError:
        return ""


def _line(prompt: str) -> str:
    sys.stderr.write(prompt)
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def who() -> str:
    """The person at this machine, for the trail."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown user"


@dataclass(frozen=True)
class Job:
    """Everything the person asked of one command."""

    source: Source
    files: Files
    connection: Connection = field(default_factory=Connection)
    wishes: Wishes = field(default_factory=Wishes)
    workers: int = 1
    wait_s: float = 120.0
    budget: int | None = None
    yes: bool = False
    again: bool = False
    resend: bool = False

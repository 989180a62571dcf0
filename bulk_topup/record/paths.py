"""Where the files of a batch are, and their names."""

from __future__ import annotations

import getpass
import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import Source
from bulk_topup.core.row_names import SEVERAL

RESULT_SUFFIXES = (".xlsx", ".csv")


@dataclass(frozen=True)
class Files:
    """Every file a batch uses."""

    checkpoint: Path
    results: Path
    ledger: str
    sandbox_state: Path

    @property
    def lock(self) -> Path:
        return lock_of(self.checkpoint)

    @property
    def holder(self) -> Path:
        """Names the holder of the lock, as long as it is held."""
        return self.lock.with_suffix(".holder")

    def plan(self, code: str) -> Path:
        """Where the plan of this code is kept for its approval: `bonus.K7QF-2MXA-9TRB-C4WD.plan`."""
        return self.checkpoint.with_name(f"{_batch_name(self.checkpoint)}.{code}.plan")

    def approval(self, code: str) -> Path:
        """Where the first approver's signature under it goes: `bonus.K7QF-2MXA-9TRB-C4WD.approval`."""
        return self.plan(code).with_suffix(".approval")


def lock_of(checkpoint: Path) -> Path:
    """Hidden, next to the checkpoint's real file; never deleted, since unlinking a lock file lets two
    holders in.
    """
    real = Path(_real(checkpoint)) if checkpoint.is_symlink() else checkpoint
    return real.with_name(f".{real.name}.lock")


def files_of(
    source: Source,
    *,
    sandbox: bool,
    checkpoint: Path | None = None,
    output: Path | None = None,
    ledger: str = "",
) -> Files:
    """The files of this sheet's batch; a rehearsal never touches the real ones.

    Unless `output` names the results, they are called after the checkpoint: a command on an earlier batch's
    checkpoint never overwrites the results of the present one. `ledger` is what the settings file says.
    Raises InputError for an output that is the sheet, the checkpoint or no kind of results file, and for a
    name that leaves none for the files beside it.
    """
    path = source.path
    if not path.name:
        raise InputError("sheet.folder", file=path)
    stem = f"{path.stem}.{_in_file_name(source.tab)}" if source.tab else path.stem
    checkpoint = checkpoint or path.with_name(f"{stem}.checkpoint.db")
    results = output or path.with_name(results_beside(checkpoint).name)
    if results.suffix.lower() not in RESULT_SUFFIXES:
        raise InputError("output.suffix", path=results, known=", ".join(RESULT_SUFFIXES))
    if sandbox:
        results, checkpoint = _rehearsed(results), _rehearsed(checkpoint)
    for made in (checkpoint, results):
        if len(os.fsencode(made.name)) > LONGEST_BASE_NAME:
            raise InputError("output.long_name", path=made.name, most=LONGEST_BASE_NAME)
    if _real(results) == _real(path):
        raise InputError("output.is_sheet", path=results)
    if _real(results) == _real(checkpoint):
        raise InputError("output.is_checkpoint", path=results)
    return Files(
        checkpoint=checkpoint,
        results=results,
        ledger=str(path.with_name("sandbox.ledger.db")) if sandbox else ledger_location(ledger),
        sandbox_state=path.with_name("sandbox.provider.db"),
    )


LONGEST_BASE_NAME = 210
"""Bytes for a file name from which others are derived; these may have 255."""


def assert_new(path: Path, suffixes: Sequence[str]) -> None:
    """Raises InputError if the file already exists or does not end in one of `suffixes`."""
    if path.suffix.lower() not in suffixes:
        raise InputError("new_file.suffix", path=path, known=", ".join(suffixes))
    if path.exists():
        raise InputError("new_file.exists", path=path)


def new_name(path: Path, suffixes: Sequence[str]) -> Path:
    """The path itself, or "NAME (2).xlsx" if it already exists: a person may have edited it.

    Raises InputError where it does not end in one of `suffixes`.
    """
    if path.suffix.lower() not in suffixes:
        raise InputError("new_file.suffix", path=path, known=", ".join(suffixes))
    return next(name for name in chain([path], names_beside(path)) if not name.exists())


def names_beside(path: Path) -> Iterator[Path]:
    """`NAME (2).xlsx`, `NAME (3).xlsx` and so on."""
    return (path.with_name(f"{path.stem} ({nth}){path.suffix}") for nth in count(2))


def results_beside(checkpoint: Path) -> Path:
    """Where they are unless a person names another place; called after the checkpoint also once both are set
    aside."""
    return checkpoint.with_name(_batch_name(checkpoint) + ".results.xlsx")


def _batch_name(checkpoint: Path) -> str:
    return checkpoint.name.removesuffix(".db").removesuffix(".checkpoint")


def _real(path: Path) -> str:
    """Where links lead; unlike `Path.resolve`, also for a link to itself."""
    return os.path.realpath(path)


def _rehearsed(path: Path) -> Path:
    """`bonus.results.xlsx` as `bonus.sandbox.results.xlsx`, even if an option or a variable named it."""
    if ".sandbox." in path.name:
        return path
    kind = next((kind for kind in (".results", ".checkpoint") if path.stem.endswith(kind)), "")
    return path.with_name(f"{path.stem.removesuffix(kind)}.sandbox{kind}{path.suffix}")


LONGEST_TABS = 120
"""Bytes of a file's name for the names of several tabs."""


def _in_file_name(tab: str) -> str:
    encoded = os.fsencode(tab)
    if SEVERAL in tab and len(encoded) > LONGEST_TABS:
        beginning = encoded[:LONGEST_TABS].decode("utf-8", "ignore")
        tab = f"{beginning.rstrip()} {hashlib.sha256(encoded).hexdigest()[:8]}"
    return "".join("_" if char in '<>:"/\\|?*' or ord(char) < 32 else char for char in tab)


def ledger_location(kept: str = "") -> str:
    """Where the record of all top-ups is: by the environment, the settings file (`kept`), or the user's own.

    Raises InputError for a variable that is empty, or names a file without its full path: each folder would
    have its own record, in which nobody has been paid yet.
    """
    import platformdirs

    given = os.environ.get("BULK_TOPUP_LEDGER")
    if given is None:
        return kept or str(Path(platformdirs.user_data_dir("bulk-topup", appauthor=False)) / "ledger.db")
    given = given.strip()
    if not given:
        raise InputError("environment.empty", variable="BULK_TOPUP_LEDGER")
    if "://" in given:
        return given
    whole = os.path.expanduser(given)  # noqa: PTH111  (pathlib's fails where there is no such person)
    if not Path(whole).is_absolute():
        # Not the value: a mistyped address may contain a password.
        raise InputError("environment.relative", variable="BULK_TOPUP_LEDGER")
    return whole


def keys_folder() -> Path:
    """Where this user's keys as an approver are, or what names them in the system keyring."""
    import platformdirs

    return Path(platformdirs.user_data_dir("bulk-topup", appauthor=False)) / "keys"


def who() -> str:
    """The user of this computer, for the trail."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown user"

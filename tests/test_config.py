"""Where a batch's files are, and where the credentials come from."""

from __future__ import annotations

import io
import os
import pty
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
import pytest

from bulk_topup import config
from bulk_topup.config import Connection, Files, Source, credentials, files_of
from bulk_topup.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _nothing_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("BULK_TOPUP_")]:
        monkeypatch.delenv(name)


def names(path: str, tab: str | None = None, *, sandbox: bool = False) -> tuple[str, str]:
    """The names of checkpoint and results."""
    files = files_of(Source(Path("/data") / path, tab), sandbox=sandbox)
    assert {files.checkpoint.parent, files.results.parent} == {Path("/data")}
    return files.checkpoint.name, files.results.name


# -- files -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "tab", "sandbox", "stem"),
    [
        ("payroll_bonus.xlsx", None, False, "payroll_bonus"),
        ("payroll_bonus.csv", None, False, "payroll_bonus"),
        ("payroll_bonus.xlsx", "Jakarta", False, "payroll_bonus.Jakarta"),
        ("payroll_bonus.xlsx", None, True, "payroll_bonus.sandbox"),
        ("payroll_bonus.xlsx", "Jakarta", True, "payroll_bonus.Jakarta.sandbox"),
        ("bonus.v2.xlsx", None, False, "bonus.v2"),
        ("bonus", None, False, "bonus"),
        ("bonus.xlsx", "", False, "bonus"),
        ("bonus.xlsx", "Jan 2025 (½)", False, "bonus.Jan 2025 (½)"),
        ("bonus.xlsx", "データ", False, "bonus.データ"),
    ],
)
def test_the_files_stand_beside_the_sheet_and_carry_its_name(
    path: str, tab: str | None, sandbox: bool, stem: str
) -> None:
    assert names(path, tab, sandbox=sandbox) == (f"{stem}.checkpoint.db", f"{stem}.results.xlsx")


@pytest.mark.parametrize("tab", ["../x", "a/b", "a\\b", "a:b", 'a"b', "a<b>", "a|b", "a?*", "a\nb\0"])
def test_a_tab_can_put_no_file_elsewhere_and_no_character_that_a_file_system_refuses(tab: str) -> None:
    for name in names("bonus.xlsx", tab):
        assert not set(name) & set('<>:"/\\|?*\n\0')


def test_the_lock_is_hidden_beside_the_checkpoint() -> None:
    files = files_of(Source(Path("/data/bonus.xlsx")), sandbox=False)
    assert files.lock == Path("/data/.bonus.checkpoint.db.lock")


def test_files_can_be_named() -> None:
    files = files_of(
        Source(Path("/data/bonus.xlsx")),
        sandbox=False,
        checkpoint=Path("/safe/p.db"),
        output=Path("/out/r.CSV"),
    )
    assert (files.checkpoint, files.results) == (Path("/safe/p.db"), Path("/out/r.CSV"))
    assert files.lock == Path("/safe/.p.db.lock")


@pytest.mark.parametrize("output", ["results.xls", "results", "results.pdf", "results.db"])
def test_results_of_another_kind_are_refused(output: str) -> None:
    with pytest.raises(InputError) as error:
        files_of(Source(Path("bonus.xlsx")), sandbox=False, output=Path(output))
    assert (error.value.code, error.value.facts["known"]) == ("output.suffix", ".xlsx, .csv")


def test_the_results_never_replace_the_sheet(tmp_path: Path) -> None:
    sheet = tmp_path / "bonus.xlsx"
    sheet.touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "link.xlsx").symlink_to(sheet)
    for output in (sheet, tmp_path / "folder" / ".." / "bonus.xlsx", tmp_path / "link.xlsx"):
        with pytest.raises(InputError) as error:
            files_of(Source(sheet), sandbox=False, output=output)
        assert error.value.code == "output.is_sheet"


def test_the_results_never_replace_the_progress_file(tmp_path: Path) -> None:
    """A lost progress file is the record of what was paid."""
    path = tmp_path / "all.xlsx"
    with pytest.raises(InputError) as error:
        files_of(Source(tmp_path / "bonus.xlsx"), sandbox=False, checkpoint=path, output=path)
    assert error.value.code == "output.is_checkpoint"


def test_a_rehearsal_shares_no_file_with_the_real_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BULK_TOPUP_LEDGER", "/real/ledger.db")
    source = Source(Path("/data/bonus.xlsx"))
    real, rehearsal = (files_of(source, sandbox=sandbox) for sandbox in (False, True))
    used: list[set[object]] = [
        {files.checkpoint, files.results, files.ledger, files.lock} for files in (real, rehearsal)
    ]
    assert not used[0] & used[1]


def the_ledger() -> str:
    files: Files = files_of(Source(Path("bonus.xlsx")), sandbox=False)
    return files.ledger


def test_the_ledger_is_the_users_own_unless_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert the_ledger() == str(Path(platformdirs.user_data_dir("bulk-topup", appauthor=False)) / "ledger.db")
    monkeypatch.setenv("BULK_TOPUP_LEDGER", " postgresql://db.office/topups ")
    assert the_ledger() == "postgresql://db.office/topups"
    monkeypatch.setenv("BULK_TOPUP_LEDGER", "  ")
    assert the_ledger().endswith("ledger.db")


# -- credentials -------------------------------------------------------------------------------------------


@pytest.fixture
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("typed\n"))


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A real terminal as standard input; what is written to this file descriptor is typed on it."""
    keyboard, screen = pty.openpty()
    with os.fdopen(screen, "r") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield keyboard
    os.close(keyboard)


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text(" s3cret pässword \n", encoding="utf-8")
    return path


def refusal(connection: Connection) -> tuple[str, object]:
    """Its code, and the variable that it names."""
    with pytest.raises(InputError) as error:
        credentials(connection)
    return error.value.code, error.value.facts["variable"]


@pytest.mark.usefixtures("no_terminal")
def test_the_environment_gives_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BULK_TOPUP_USERNAME", " agent ")
    monkeypatch.setenv("BULK_TOPUP_PASSWORD", " pass word ")
    assert credentials(Connection()) == ("agent", " pass word ")


@pytest.mark.usefixtures("no_terminal")
def test_a_password_file_goes_before_the_environment(
    monkeypatch: pytest.MonkeyPatch, password_file: Path
) -> None:
    monkeypatch.setenv("BULK_TOPUP_USERNAME", "agent")
    monkeypatch.setenv("BULK_TOPUP_PASSWORD", "other")
    assert credentials(Connection(password_file=password_file)) == ("agent", " s3cret pässword ")


@pytest.mark.usefixtures("no_terminal")
@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n"])
def test_a_password_file_may_come_from_any_editor(
    monkeypatch: pytest.MonkeyPatch, password_file: Path, ending: bytes
) -> None:
    """Notepad puts a byte order mark in front, which is no part of the password."""
    monkeypatch.setenv("BULK_TOPUP_USERNAME", "agent")
    password_file.write_bytes(b"\xef\xbb\xbfs3cret" + ending)
    assert credentials(Connection(password_file=password_file)) == ("agent", "s3cret")


@pytest.mark.usefixtures("no_terminal")
@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe\x00"])
def test_a_password_file_that_cannot_be_used_is_no_reason_to_look_elsewhere(
    monkeypatch: pytest.MonkeyPatch, password_file: Path, content: bytes
) -> None:
    monkeypatch.setenv("BULK_TOPUP_USERNAME", "agent")
    monkeypatch.setenv("BULK_TOPUP_PASSWORD", "other")
    password_file.write_bytes(content)
    for path in (password_file, password_file / "missing", password_file.parent):
        with pytest.raises(InputError) as error:
            credentials(Connection(password_file=path))
        assert error.value.code == "credentials.file"
        assert error.value.facts["path"] == path


@pytest.mark.usefixtures("no_terminal")
def test_without_a_terminal_what_is_missing_is_named_and_nothing_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert refusal(Connection()) == ("credentials.missing", "BULK_TOPUP_USERNAME")
    monkeypatch.setenv("BULK_TOPUP_USERNAME", "agent")
    assert refusal(Connection()) == ("credentials.missing", "BULK_TOPUP_PASSWORD")
    assert sys.stdin.read() == "typed\n"


def test_on_a_terminal_the_username_is_asked_for(terminal: int, password_file: Path) -> None:
    os.write(terminal, b" agent \n")
    assert credentials(Connection(password_file=password_file))[0] == "agent"


@pytest.mark.parametrize("typed", [b"\n", b"   \n", b"\x04"])
def test_an_empty_answer_is_no_username(terminal: int, password_file: Path, typed: bytes) -> None:
    os.write(terminal, typed)
    connection = Connection(password_file=password_file)
    assert refusal(connection) == ("credentials.empty", "BULK_TOPUP_USERNAME")


@pytest.mark.usefixtures("no_terminal")
def test_a_rehearsal_needs_no_credentials_and_uses_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BULK_TOPUP_USERNAME", "agent")
    monkeypatch.setenv("BULK_TOPUP_PASSWORD", "secret")
    assert credentials(Connection(sandbox=True)) == ("sandbox", "sandbox")


def test_the_trail_has_a_person_even_where_the_system_knows_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "rina")
    assert config.who() == "rina"

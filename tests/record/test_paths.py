"""Where a batch's files are, and under which account and address."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs
import pytest

from bulk_topup.commands.credentials import credentials
from bulk_topup.commands.params import FilePath
from bulk_topup.core.clock import SystemClock
from bulk_topup.core.errors import InputError
from bulk_topup.core.model import Source
from bulk_topup.provider.address import Connection
from bulk_topup.record import paths
from bulk_topup.record.paths import Files, files_of
from bulk_topup.sending.job import Job
from bulk_topup.sending.session import tools_of


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


@pytest.mark.parametrize("letter", ["a", "é"])
def test_a_name_must_leave_room_for_those_of_the_files_beside_it(letter: str) -> None:
    """Each ends in no more than 255 bytes, or the run would stop in its middle."""
    size = len(letter.encode())
    names(letter * (190 // size) + ".xlsx")
    with pytest.raises(InputError, match=r"output\.long_name"):
        names(letter * (240 // size) + ".xlsx")


@pytest.mark.parametrize(
    ("name", "code"),
    [("x" * 256, "file.long_name"), ("a/" + "x" * 256, "file.long_name"), ("x\udcff", "file.not_text")],
)
def test_a_path_that_no_file_can_have_is_refused(name: str, code: str) -> None:
    with pytest.raises(InputError) as refused:
        FilePath().convert(name, None, None)
    assert refused.value.code == code


@pytest.mark.parametrize("tab", ["../x", "a/b", "a\\b", "a:b", 'a"b', "a<b>", "a|b", "a?*", "a\nb\0"])
def test_a_tab_can_put_no_file_elsewhere_and_no_character_that_a_file_system_refuses(tab: str) -> None:
    for name in names("bonus.xlsx", tab):
        assert not set(name) & set('<>:"/\\|?*\n\0')


def test_the_lock_is_hidden_beside_the_checkpoint() -> None:
    files = files_of(Source(Path("/data/bonus.xlsx")), sandbox=False)
    assert files.lock == Path("/data/.bonus.checkpoint.db.lock")


def test_a_link_to_the_checkpoint_has_the_same_lock(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    real = tmp_path / "elsewhere" / "bonus.checkpoint.db"
    link = tmp_path / "link.db"
    link.symlink_to(real)
    source = Source(tmp_path / "bonus.xlsx")
    locks = {files_of(source, sandbox=False, checkpoint=path).lock for path in (real, link)}
    assert locks == {tmp_path / "elsewhere" / ".bonus.checkpoint.db.lock"}


def test_files_can_be_named() -> None:
    files = files_of(
        Source(Path("/data/bonus.xlsx")),
        sandbox=False,
        checkpoint=Path("/safe/p.db"),
        output=Path("/out/r.CSV"),
    )
    assert (files.checkpoint, files.results) == (Path("/safe/p.db"), Path("/out/r.CSV"))
    assert files.lock == Path("/safe/.p.db.lock")


@pytest.mark.parametrize(
    ("checkpoint", "sandbox", "results"),
    [
        ("bonus.2026-11-01.checkpoint.db", False, "bonus.2026-11-01.results.xlsx"),
        ("bonus.2026-11-01 (2).checkpoint.db", False, "bonus.2026-11-01 (2).results.xlsx"),
        ("bonus.2026-11-01.Jakarta.checkpoint.db", False, "bonus.2026-11-01.Jakarta.results.xlsx"),
        ("bonus.2026-11-01.sandbox.checkpoint.db", True, "bonus.2026-11-01.sandbox.results.xlsx"),
        ("bonus.2026-11-01.checkpoint.db", True, "bonus.2026-11-01.sandbox.results.xlsx"),
        ("/safe/old.db", False, "old.results.xlsx"),
        ("/safe/old", False, "old.results.xlsx"),
        ("old.db", True, "old.sandbox.results.xlsx"),
    ],
)
def test_the_results_are_called_after_the_checkpoint_and_stand_beside_the_sheet(
    checkpoint: str, sandbox: bool, results: str
) -> None:
    files = files_of(Source(Path("/data/bonus.xlsx")), sandbox=sandbox, checkpoint=Path(checkpoint))
    assert files.results == Path("/data") / results


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


@pytest.mark.parametrize("value", ["", "  "])
def test_a_ledger_variable_that_is_set_to_nothing_is_refused(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    """The user's own record, which is not the shared one that was meant, would know of no payment."""
    monkeypatch.setenv("BULK_TOPUP_LEDGER", value)
    with pytest.raises(InputError) as error:
        the_ledger()
    assert (error.value.code, error.value.facts["variable"]) == ("environment.empty", "BULK_TOPUP_LEDGER")


@pytest.mark.parametrize(
    "value", ["ledger.db", "../ledger.db", "./x/ledger.db", "~nobody-here/x.db", "pg:/h/db"]
)
def test_a_ledger_variable_without_a_whole_path_is_refused(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    """Each folder would have a record of its own, in which nobody was paid yet."""
    monkeypatch.setenv("BULK_TOPUP_LEDGER", value)
    with pytest.raises(InputError) as error:
        the_ledger()
    assert (error.value.code, error.value.facts["variable"]) == ("environment.relative", "BULK_TOPUP_LEDGER")
    assert "sandbox.ledger.db" in files_of(Source(Path("bonus.xlsx")), sandbox=True).ledger


def test_a_ledger_variable_may_begin_at_the_persons_own_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BULK_TOPUP_LEDGER", "~/shared/ledger.db")
    assert the_ledger() == str(Path("~/shared/ledger.db").expanduser())


def test_the_settings_file_names_the_ledger_where_the_environment_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = Source(Path("bonus.xlsx"))
    assert files_of(source, sandbox=False, ledger="/shared/ledger.db").ledger == "/shared/ledger.db"
    assert "shared" not in files_of(source, sandbox=True, ledger="/shared/ledger.db").ledger
    monkeypatch.setenv("BULK_TOPUP_LEDGER", "/other/ledger.db")
    assert files_of(source, sandbox=False, ledger="/shared/ledger.db").ledger == "/other/ledger.db"


# -- who and where ----------------------------------------------------------------------------------------


def test_the_trail_has_a_person_even_where_the_system_knows_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "rina")
    assert paths.who() == "rina"


# -- one account, one provider -----------------------------------------------------------------------------


@pytest.mark.parametrize("account", ["agent", " agent", "agent\t", "Agent", "AGENT "])
@pytest.mark.parametrize(
    "address",
    [
        "https://klikmbc.co.id/json/pulsa",
        "https://klikmbc.co.id/json/pulsa/",
        "https://KlikMBC.co.id/json/pulsa",
        " HTTPS://klikmbc.co.id:443/json/pulsa// ",
    ],
)
def test_every_spelling_of_an_account_and_address_has_one_record_and_one_batch(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, account: str, address: str
) -> None:
    monkeypatch.setenv("BULK_TOPUP_USERNAME", account)
    monkeypatch.setenv("BULK_TOPUP_PASSWORD", "secret")
    monkeypatch.setenv("BULK_TOPUP_LEDGER", str(tmp_path / "ledger.db"))
    source = Source(tmp_path / "bonus.xlsx")
    job = Job(source, files_of(source, sandbox=False), Connection(base_url=address))
    with tools_of(job, credentials(job.connection), SystemClock()) as tools:
        assert (tools.account, tools.base_url) == ("agent", "https://klikmbc.co.id/json/pulsa")

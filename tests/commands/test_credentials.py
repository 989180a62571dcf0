"""Where user name and password come from, and how the system keyring keeps them."""

from __future__ import annotations

import importlib.abc
import io
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import keyring
import keyring.backend
import keyring.errors
import pytest
from keyring.core import load_keyring

from bulk_topup.commands import credentials as credentials_module
from bulk_topup.commands.credentials import Login, credentials, forget_login, keep, kept_login
from bulk_topup.commands.logout import log_out
from bulk_topup.commands.terminal import Terminal
from bulk_topup.core.errors import InputError
from bulk_topup.provider.address import Connection
from tests.end_to_end.test_hostile import places_with
from tests.file_keyring import FileKeyring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import MakeOffice, Office, Result

OK, NOTHING_SENT, STOPPED = 0, 2, 3
KLIK = "https://klikmbc.co.id/json/pulsa"
OTHER = "https://other.test/json"
PASSWORD = "Gajah-Terbang-77"


@pytest.fixture(autouse=True)
def _nothing_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("BULK_TOPUP_")]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _no_keyring_of_the_developer() -> None:
    keyring.set_keyring(load_keyring("keyring.backends.fail.Keyring"))


# -- credentials -------------------------------------------------------------------------------------------


@pytest.fixture
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("typed\n"))


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A real terminal as standard input; what is written to this file descriptor is typed on it."""
    keyboard, screen = pytest.importorskip("pty", reason="no pseudo-terminals here").openpty()
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


# -- the system keyring ------------------------------------------------------------------------------------


@pytest.fixture
def ring(tmp_path: Path) -> FileKeyring:
    """A keyring that keeps what it is given, and is this computer's."""
    backend = FileKeyring(tmp_path / "keyring.json")
    keyring.set_keyring(backend)
    return backend


def code_of(error: pytest.ExceptionInfo[InputError]) -> str:
    return error.value.code


@pytest.mark.usefixtures("ring")
def test_a_login_is_kept_for_its_address_until_it_is_removed() -> None:
    login = Login("rina", PASSWORD)
    keep(KLIK, login)
    assert (kept_login(KLIK), kept_login(OTHER)) == (login, None)
    assert credentials_module.logged_in(KLIK + "/") == "rina"
    assert (forget_login(KLIK), forget_login(KLIK), kept_login(KLIK)) == (login, None, None)
    assert credentials_module.logged_in(KLIK) == ""


def test_a_login_does_not_show_its_password() -> None:
    assert PASSWORD not in repr(Login("rina", PASSWORD))


@pytest.mark.usefixtures("ring", "no_terminal")
@pytest.mark.parametrize("address", [KLIK, KLIK + "/", "HTTPS://KlikMBC.co.id:443/json/pulsa"])
def test_a_kept_login_is_used_for_every_spelling_of_its_address(address: str) -> None:
    keep(KLIK, Login("rina", PASSWORD))
    assert credentials(Connection(base_url=address)) == ("rina", PASSWORD)


@pytest.mark.usefixtures("ring", "no_terminal")
def test_a_kept_login_never_goes_to_another_address() -> None:
    keep(KLIK, Login("rina", PASSWORD))
    assert refusal(Connection(base_url=OTHER)) == ("credentials.missing", "BULK_TOPUP_USERNAME")


@pytest.mark.usefixtures("ring", "no_terminal")
def test_environment_and_password_file_go_before_the_keyring(
    monkeypatch: pytest.MonkeyPatch, password_file: Path
) -> None:
    keep(KLIK, Login("rina", PASSWORD))
    assert credentials(Connection(password_file=password_file)) == ("rina", " s3cret pässword ")
    monkeypatch.setenv("BULK_TOPUP_PASSWORD", "other")
    assert credentials(Connection()) == ("rina", "other")
    monkeypatch.setenv("BULK_TOPUP_USERNAME", "agent")
    assert credentials(Connection()) == ("agent", "other")


@pytest.mark.usefixtures("ring", "no_terminal")
def test_the_password_of_one_account_is_never_given_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    keep(KLIK, Login("rina", PASSWORD))
    assert credentials(Connection(username="rina")) == ("rina", PASSWORD)
    assert refusal(Connection(username="agent")) == ("credentials.missing", "BULK_TOPUP_PASSWORD")
    monkeypatch.setenv("BULK_TOPUP_USERNAME", "agent")
    assert refusal(Connection(username="rina")) == ("credentials.missing", "BULK_TOPUP_PASSWORD")


@pytest.mark.usefixtures("no_terminal")
@pytest.mark.parametrize(
    "entry", ["", "rahasia", "[]", '{"username": 1, "password": 2}', '{"username": "x"}']
)
def test_an_entry_that_is_none_of_ours_is_no_login(ring: FileKeyring, entry: str) -> None:
    ring.set_password("bulk-topup", KLIK, entry)
    assert kept_login(KLIK) is None
    assert refusal(Connection()) == ("credentials.missing", "BULK_TOPUP_USERNAME")


class PlainText(FileKeyring):
    """As those of keyrings.alt, which keep a password for everybody to read."""

    priority = 0.5  # type: ignore[assignment]


class Chained(FileKeyring):
    """As the chainer: of a priority of its own, whatever it holds."""

    priority = 10
    backends: tuple[keyring.backend.KeyringBackend, ...] = (load_keyring("keyring.backends.null.Keyring"),)


@pytest.mark.parametrize("kind", ["fail", "null", "plain text", "chain of unsafe ones"])
def test_a_keyring_that_keeps_nothing_safe_is_refused_and_not_written_to(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "keyring.json"
    backends: dict[str, keyring.backend.KeyringBackend] = {
        "fail": load_keyring("keyring.backends.fail.Keyring"),
        "null": load_keyring("keyring.backends.null.Keyring"),
        "plain text": PlainText(file),
        "chain of unsafe ones": Chained(file),
    }
    keyring.set_keyring(backends[kind])
    uses: tuple[Callable[[], object], ...] = (
        lambda: keep(KLIK, Login("rina", PASSWORD)),
        lambda: kept_login(KLIK),
        lambda: forget_login(KLIK),
    )
    for use in uses:
        with pytest.raises(InputError) as error:
            use()
        assert code_of(error) == "keyring.unsafe"
    assert not file.exists()


class Locked(FileKeyring):
    def get_password(self, service: str, username: str) -> str | None:
        raise keyring.errors.KeyringLocked(f"no key for {service}, {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise ValueError(f"will not take {password} for {service}, {username}")


def test_a_keyring_that_fails_is_named_without_what_it_says(tmp_path: Path) -> None:
    keyring.set_keyring(Locked(tmp_path / "keyring.json"))
    with pytest.raises(InputError) as error:
        keep(KLIK, Login("rina", PASSWORD))
    assert (code_of(error), error.value.facts) == ("keyring.failed", {"why": "ValueError"})
    assert error.value.__suppress_context__


class Forgetful(FileKeyring):
    def set_password(self, service: str, username: str, password: str) -> None:
        pass


def test_a_login_that_is_not_there_when_read_back_was_not_kept(tmp_path: Path) -> None:
    keyring.set_keyring(Forgetful(tmp_path / "keyring.json"))
    with pytest.raises(InputError) as error:
        keep(KLIK, Login("rina", PASSWORD))
    assert code_of(error) == "keyring.not_kept"


@pytest.mark.usefixtures("no_terminal")
def test_a_locked_keyring_is_said_where_nobody_can_be_asked(tmp_path: Path) -> None:
    keyring.set_keyring(Locked(tmp_path / "keyring.json"))
    with pytest.raises(InputError) as error:
        credentials(Connection())
    assert (code_of(error), error.value.facts["why"]) == ("keyring.failed", "KeyringLocked")


def test_a_locked_keyring_is_no_obstacle_to_asking(
    tmp_path: Path, terminal: int, password_file: Path
) -> None:
    keyring.set_keyring(Locked(tmp_path / "keyring.json"))
    os.write(terminal, b"agent\n")
    assert credentials(Connection(password_file=password_file))[0] == "agent"


# -- without the extra -------------------------------------------------------------------------------------


class NotInstalled(importlib.abc.MetaPathFinder):
    """The import system of a computer that has no keyring library."""

    def find_spec(self, name: str, *_: object) -> None:
        if name.partition(".")[0] == "keyring":
            raise ModuleNotFoundError(name)


@pytest.fixture
def _not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "keyring"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [NotInstalled(), *sys.meta_path])


@pytest.mark.usefixtures("_not_installed", "no_terminal")
def test_without_the_library_a_login_says_how_to_get_it_and_a_run_goes_on_without() -> None:
    with pytest.raises(InputError) as error:
        credentials_module.assert_keyring()
    assert code_of(error) == "keyring.not_installed"
    assert refusal(Connection()) == ("credentials.missing", "BULK_TOPUP_USERNAME")
    assert credentials_module.logged_in(KLIK) == ""
    with pytest.raises(InputError) as error:
        log_out(Connection(), Terminal())
    assert code_of(error) == "logout.no_library"


def test_the_library_is_installed_by_a_pip_that_is_there() -> None:
    """The environment that the README makes has none."""
    by = credentials_module.installs_with
    assert by("/venv/bin/python", has_pip=False) == "python3 -m pip --python /venv/bin/python install"
    assert by("/venv/bin/python", has_pip=True) == "/venv/bin/python -m pip install"


# -- the commands ------------------------------------------------------------------------------------------


@pytest.fixture
def desk(make_office: MakeOffice, tmp_path_factory: pytest.TempPathFactory) -> Office:
    """An office whose computer has a keyring, and no user name or password in the environment."""
    file = tmp_path_factory.mktemp("keyring") / "keyring.json"
    office = make_office(password=PASSWORD)
    settings = {
        **{name: value for name, value in office.environment.items() if name not in OURS},
        "PYTHON_KEYRING_BACKEND": "tests.file_keyring.FileKeyring",
        "FILE_KEYRING": str(file),
    }
    return replace(office, environment=settings)


OURS = ("BULK_TOPUP_USERNAME", "BULK_TOPUP_PASSWORD")


def log_in(
    desk: Office, password: str = PASSWORD, *options: str, env: dict[str, str] | None = None
) -> Result:
    answers = [("Username:", "sandbox"), ("Password:", password)]
    return desk.run("login", *options, answers=answers, env=env)


def entries(desk: Office) -> dict[str, str]:
    return FileKeyring(Path(desk.environment["FILE_KEYRING"])).entries()


def test_after_a_login_nothing_is_asked_any_more_and_after_a_logout_it_is(desk: Office) -> None:
    desk.payroll("bonus.csv", desk.numbers(1))

    done = log_in(desk)
    sent = desk.send("bonus.csv", "--json")
    out = desk.run("logout")
    again = desk.send("bonus.csv")

    assert done.exit == OK, done.err
    assert f"Logged in as sandbox at {desk.sandbox.url}" in done.out
    assert (sent.exit, desk.paid()) == (OK, {desk.numbers(1)[0]: 1}), sent.err
    assert f"password of sandbox at {desk.sandbox.url} is no longer in the system keyring" in out.out
    assert (again.exit, entries(desk)) == (NOTHING_SENT, {})
    assert places_with(PASSWORD, desk, done, sent, out, again) == []


def test_a_login_is_kept_under_our_name_and_the_providers_address(desk: Office) -> None:
    log_in(desk)
    (name, entry), *others = entries(desk).items()
    assert (name, others) == (f"bulk-topup {desk.sandbox.url}", [])
    assert json.loads(entry) == {"username": "sandbox", "password": PASSWORD}


def test_a_password_that_the_provider_does_not_take_is_not_kept(desk: Office) -> None:
    done = log_in(desk, "salah-sekali")
    assert (done.exit, entries(desk)) == (STOPPED, {})
    assert "Check the user name and password" in done.err
    assert places_with("salah-sekali", desk, done) == []


def test_a_login_with_json_is_one_object_without_the_password(desk: Office) -> None:
    done = log_in(desk, PASSWORD, "--json")
    out = desk.run("logout", "--json")
    nobody = desk.run("logout", "--json")
    named = {"username": "sandbox", "base_url": desk.sandbox.url}
    assert (done.json["login"], out.json["logout"]) == (named, named)
    assert nobody.json["logout"] == {**named, "username": None}
    assert places_with(PASSWORD, desk, done, out) == []


def test_a_login_tells_of_a_variable_that_goes_before_it(desk: Office) -> None:
    done = log_in(desk, env={"BULK_TOPUP_USERNAME": "agent"})
    assert (done.exit, "BULK_TOPUP_USERNAME is set" in done.err) == (OK, True)


def test_without_a_terminal_there_is_no_login(desk: Office) -> None:
    done = desk.run("login", input=f"sandbox\n{PASSWORD}\n")
    assert (done.exit, entries(desk)) == (NOTHING_SENT, {})
    assert "in a terminal" in done.err


@pytest.mark.parametrize("command", ["login", "logout"])
@pytest.mark.parametrize("backend", ["keyring.backends.fail.Keyring", "keyring.backends.null.Keyring"])
def test_on_a_computer_without_a_keyring_that_is_said_before_anything_is_typed(
    desk: Office, backend: str, command: str
) -> None:
    done = desk.run(command, answers=[], env={"PYTHON_KEYRING_BACKEND": backend})
    assert done.exit == NOTHING_SENT
    assert backend in done.err
    assert "BULK_TOPUP_PASSWORD" in done.err
    assert "Username" not in done.err


def test_a_keyring_that_cannot_be_loaded_is_one_line(desk: Office) -> None:
    done = desk.run("logout", env={"PYTHON_KEYRING_BACKEND": "no.such.Keyring"})
    assert (done.exit, done.err.count("\n")) == (NOTHING_SENT, 1)
    assert "ModuleNotFoundError" in done.err


def test_config_says_who_is_logged_in_and_shows_no_password(desk: Office) -> None:
    log_in(desk)
    done = desk.run("config")
    assert "Logged in: sandbox" in done.out
    assert places_with(PASSWORD, desk, done) == []

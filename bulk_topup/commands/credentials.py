"""Our login at the provider: from the environment, a password file, the system keyring or a prompt.

A password is never an option, since options can be seen by others; it is shown nowhere.
"""

from __future__ import annotations

import getpass
import importlib.util
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_topup.commands.console import ask, put
from bulk_topup.core.errors import InputError
from bulk_topup.core.os_errors import cause_of
from bulk_topup.core.shell import argument
from bulk_topup.provider.address import SANDBOX_ACCOUNT, Connection, checked_base_url
from bulk_topup.provider.wire import REPLACED, SHORTEST_SECRET, spellings
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend


USERNAME, PASSWORD = "BULK_TOPUP_USERNAME", "BULK_TOPUP_PASSWORD"
SERVICE = "bulk-topup"
"""The service name of our entries in the system keyring, one for each provider address."""

KEYS_SERVICE = "bulk-topup approver"
"""The same of approvers' keys, one for each key."""

_SECRETS: set[str] = set()
"""Every password that this process has read, for `without_secrets`."""


@dataclass(frozen=True)
class Login:
    username: str
    password: str = field(repr=False)


def credentials(connection: Connection) -> tuple[str, str]:
    """(username, password): from the environment or a file, the system keyring, or a prompt on a terminal.

    The keyring's password is used only with the keyring's user name. Raises InputError if either is missing.
    """
    if connection.sandbox:
        return SANDBOX_ACCOUNT, SANDBOX_ACCOUNT
    username = os.environ.get(USERNAME, "").strip() or connection.username
    file = connection.password_file
    password = os.environ.get(PASSWORD, "") if file is None else password_in(file)
    if not (username and password):
        kept = _kept_or_none(checked_base_url(connection.base_url))
        if kept is not None and username in {"", kept.username}:
            username, password = kept.username, password or kept.password
    if not username and sys.stdin.isatty():
        put(say.text("credentials.real"), sys.stderr, hanging=0)
    username = username or _asked(say.text("credentials.ask_username"), USERNAME, hidden=False)
    return username, _noted(password) or _asked(say.text("credentials.ask_password"), PASSWORD, hidden=True)


def username_of(connection: Connection) -> str:
    """Our user name, for commands that need no password. Raises InputError if it is unknown."""
    named = os.environ.get(USERNAME, "").strip() or connection.username
    if not named:
        kept_here = _kept_or_none(checked_base_url(connection.base_url))
        named = "" if kept_here is None else kept_here.username
    return named or _asked(say.text("credentials.ask_username"), USERNAME, hidden=False)


def without_secrets(text: str) -> str:
    """The text with every password we read removed, in any spelling: for the traceback of a defect."""
    for secret in _SECRETS:
        text = spellings(secret).sub(REPLACED, text)
    return text


def passphrase(prompt: str) -> str:
    """Typed unseen; where there is no terminal, the next line that comes in."""
    typed = _hidden(prompt + " ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    return _noted(typed)


def _noted(password: str) -> str:
    if len(password) >= SHORTEST_SECRET:
        _SECRETS.add(password)
    return password


def password_in(file: Path) -> str:
    """The password in a file. Raises InputError if the file can't be read or is empty."""
    try:
        password = file.read_text(encoding="utf-8-sig").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("credentials.file", path=file, why=cause_of(error)) from None
    if not password:
        raise InputError("credentials.file", path=file, why="why.empty")
    return _noted(password)


# -- a person ----------------------------------------------------------------------------------------------


def asked_login() -> Login:
    """Ask a person for the login. Raises InputError without a terminal, or for an empty answer."""
    if not sys.stdin.isatty():
        raise InputError("login.no_terminal")
    username = _asked(say.text("credentials.ask_username"), USERNAME, hidden=False)
    return Login(username, _asked(say.text("credentials.ask_password"), PASSWORD, hidden=True))


def variables_set() -> list[str]:
    """The variables that are set and override the system keyring."""
    return [variable for variable in (USERNAME, PASSWORD) if os.environ.get(variable, "").strip()]


def _asked(prompt: str, variable: str, *, hidden: bool) -> str:
    if not sys.stdin.isatty():
        raise InputError("credentials.missing", variable=variable)
    typed = _hidden(prompt + " ") if hidden else ask(prompt)
    if not typed:
        raise InputError("credentials.empty", variable=variable)
    return _noted(typed) if hidden else typed


def _hidden(prompt: str) -> str:
    try:
        return getpass.getpass(prompt)
    except (EOFError, KeyboardInterrupt) as left:
        sys.stderr.write("\n")
        if isinstance(left, EOFError):
            return ""
        raise


# -- the system keyring ------------------------------------------------------------------------------------


def assert_keyring() -> None:
    """Raises InputError unless there is a system keyring that keeps a password safely."""
    _keyring()


def keep(base_url: str, login: Login) -> None:
    """Keep the login for this address. Raises InputError if the keyring refuses it."""
    entry = json.dumps({"username": login.username, "password": login.password})
    keyring = _keyring()
    with _answering():
        keyring.set_password(SERVICE, base_url, entry)
    if kept_login(base_url) != login:
        raise InputError("keyring.not_kept")


def kept_login(base_url: str) -> Login | None:
    """The login kept for this address. Raises InputError if there is no keyring, or it does not answer."""
    keyring = _keyring()
    with _answering():
        entry = keyring.get_password(SERVICE, base_url)
    return None if entry is None else _login(entry)


def logged_in(base_url: str) -> str:
    """The user name kept for this address; empty if there is none, or no keyring."""
    try:
        login = kept_login(checked_base_url(base_url))
    except InputError:
        return ""
    return "" if login is None else login.username


def forget_login(base_url: str) -> Login | None:
    """Log out at this address; returns who was logged in. Raises InputError like `kept_login`."""
    keyring, login = _keyring(), kept_login(base_url)
    if login is not None:
        with _answering():
            keyring.delete_password(SERVICE, base_url)
    return login


def _login(entry: str) -> Login | None:
    try:
        content = json.loads(entry)
    except ValueError:
        return None
    match content:
        case {"username": str(username), "password": str(password)}:
            return Login(username, password)
    return None


def _kept_or_none(base_url: str) -> Login | None:
    """The keyring is optional: if it does not answer, a person is asked instead, if there is one."""
    try:
        return kept_login(base_url)
    except InputError as problem:
        if problem.code == "keyring.failed" and not sys.stdin.isatty():
            raise
        return None


def keep_secret(name: str, secret: str) -> bool:
    """In the system keyring; False where there is none that keeps it."""
    try:
        keyring = _keyring()
        with _answering():
            keyring.set_password(KEYS_SERVICE, name, secret)
            return keyring.get_password(KEYS_SERVICE, name) == secret
    except InputError:
        return False


def kept_secret(name: str) -> str:
    """Empty where the keyring has none. Raises InputError where it does not answer."""
    keyring = _keyring()
    with _answering():
        return keyring.get_password(KEYS_SERVICE, name) or ""


def _keyring() -> KeyringBackend:
    """The keyring of this computer, if it encrypts; `recommended` is the library's own word for that."""
    try:
        import keyring
        from keyring.core import recommended
    except ImportError:
        has_pip = importlib.util.find_spec("pip") is not None
        raise InputError(
            "keyring.not_installed", install=installs_with(sys.executable, has_pip=has_pip)
        ) from None
    with _answering():
        backend = keyring.get_keyring()
        # Chained backends count as one; the first is the one written to.
        first = next(iter(getattr(backend, "backends", [])), backend)
        if not recommended(first):
            raise InputError("keyring.unsafe", backend=f"{type(first).__module__}.{type(first).__name__}")
    return backend


def installs_with(python: str, *, has_pip: bool) -> str:
    """The README's environment has no pip of its own: then it is the one that filled it."""
    own = argument(python)
    return f"{own} -m pip install" if has_pip else f"python3 -m pip --python {own} install"


@contextmanager
def _answering() -> Iterator[None]:
    """Shows only the error's type: its text comes from another program and may contain the password."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:  # noqa: BLE001  (each desktop's keyring has errors of its own)
        raise InputError("keyring.failed", why=type(error).__name__) from None

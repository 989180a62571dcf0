"""The settings file, for what is set once. It can neither release money nor turn a rehearsal on or off."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote_plus

import click

from bulk_topup.core.errors import InputError
from bulk_topup.core.languages import INDONESIAN
from bulk_topup.core.os_errors import cause_of
from bulk_topup.report.words import say
from bulk_topup.rules import amounts
from bulk_topup.rules.journal import Accounts
from bulk_topup.rules.operators import named_in

if TYPE_CHECKING:
    from bulk_topup.rules.products import Fixed

SettingValue = str | int | float | bool

VARIABLE = "BULK_TOPUP_CONFIG"

KEYS: Mapping[str, SettingValue] = MappingProxyType(
    {
        "username": "rina",
        "password_file": "~/bulk-topup-password.txt",
        "ledger": "~/bulk-topup/ledger.db",
        "company": "PT Maju Jaya",
        "title": "Insentif pulsa",
        "budget": 25_000_000,
        "strict": True,
        "hidden": "skip",
        "overlap_days": 20,
        "number_column": "No HP",
        "product_column": "Kode Produk",
        "nominal_column": "Nominal",
        "name_column": "Nama",
        "group_column": "Cabang",
        "rate": 2.0,
        "workers": 1,
        "wait": 120.0,
        "timeout": 60.0,
        "base_url": "https://klikmbc.co.id/json/pulsa",
        "quiet": True,
        "lang": INDONESIAN.code,
    }
)
"""Every key, with an example of its type (a float may also be a whole number)."""

ABOUT = {
    "username": "settings.about_username",
    "ledger": "settings.about_ledger",
    "company": "settings.about_company",
    "title": "settings.about_title",
}
"""Messages that explain keys without an option."""

A_PRODUCT = '"TELKOMSEL 50000" = "TSEL50"'
PRODUCTS = "products"
"""The table of permanently chosen product codes."""

JOURNAL = "journal"
"""The table of the accounts of the journal."""
JOURNAL_ACCOUNTS = ("expense", "suspense", "deposit")
SOME_ACCOUNTS = 'journal = { expense = "6101 Beban pulsa", deposit = "1105 Deposit pulsa" }'

FORBIDDEN = frozenset(
    {
        *("yes", "approve", "approved_by", "again", "resend", "pilot", "sandbox", "new_address"),
        *(
            "new_batch",
            "same_batch",
            "retry_failed",
            "include_changed",
            "duplicates",
            "amounts",
            "other_operator",
        ),
    }
)
"""Options that release money, or say which money: a person has to give them each time."""

PLACES = frozenset({"password_file", "ledger"})
"""Keys that name a file, by its full path: otherwise each folder would have its own record of payments."""


class Settings(NamedTuple):
    """The settings in the file with their line numbers; empty if there is no file."""

    path: Path
    values: Mapping[str, SettingValue] = MappingProxyType({})
    lines: Mapping[str, str] = MappingProxyType({})
    products: Fixed = MappingProxyType({})
    """The table `[products]`."""
    accounts: Accounts = Accounts()
    """The table `[journal]`."""

    @property
    def exists(self) -> bool:
        return self.path.is_file()


def location() -> Path:
    """Where the file is, or would be. Raises InputError if `BULK_TOPUP_CONFIG` is empty."""
    named = os.environ.get(VARIABLE)
    if named is None:
        # Same as platformdirs, whose import would take a tenth of the time of `--help`; click is loaded
        # anyway.
        return Path(click.get_app_dir("bulk-topup", roaming=False)) / "config.toml"
    if not named.strip():
        raise InputError("environment.empty", variable=VARIABLE)
    return Path(named.strip()).expanduser()


def read_settings() -> Settings:
    """Raises InputError for a file that is not TOML, or that holds anything but `KEYS` with their types.

    Without a file there are no settings, but a file named by `BULK_TOPUP_CONFIG` must exist: a mistyped name
    would otherwise lose a budget.
    """
    path = location()
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        if VARIABLE in os.environ:
            raise InputError("settings.missing", file=path, variable=VARIABLE) from None
        return Settings(path)
    except UnicodeDecodeError:
        raise InputError("settings.encoding", file=path) from None
    except OSError as error:
        raise InputError("settings.unreadable", file=path, why=cause_of(error)) from None
    return _parsed(path, text)


def _parsed(path: Path, text: str) -> Settings:
    import tomllib  # Imported here, as most people have no settings file.

    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError("settings.broken", file=path, why=error) from None
    fixed, accounts = content.pop(PRODUCTS, {}), content.pop(JOURNAL, {})
    lines = {key: _line_of(text, key) for key in content}
    for key in content:
        _assert_allowed(path, lines[key], key)
    values = {key: _checked(path, lines[key], key, value) for key, value in content.items()}
    return Settings(path, values, lines, _products(path, text, fixed), _accounts(path, text, accounts))


def _products(path: Path, text: str, table: object) -> Fixed:
    """`"TELKOMSEL 50000" = "TSEL50"`: the code for an operator's numbers and a nominal."""
    fixed: dict[tuple[str, int], str] = {}
    if not isinstance(table, dict):
        raise InputError("settings.products", file=path, line=_line_of(text, PRODUCTS), key=PRODUCTS)
    for key, code in table.items():
        operator, _, nominal = key.strip().rpartition(" ")
        named, meant = named_in(operator), amounts.readings(nominal)
        if len(named) != 1 or len(meant) != 1 or not isinstance(code, str) or not code.strip():
            raise InputError("settings.products", file=path, line=_line_of(text, key), key=key)
        fixed[min(named), meant[0]] = code.strip()
    return fixed


def _accounts(path: Path, text: str, table: object) -> Accounts:
    """`expense = "6101 Beban pulsa"`; the table `[journal.groups]` has those of groups."""

    def assert_(key: str, *, holds: bool) -> None:
        if not holds:
            raise InputError("settings.journal", file=path, line=_line_of(text, key), key=key)

    if not isinstance(table, dict):
        raise InputError("settings.journal", file=path, line=_line_of(text, JOURNAL), key=JOURNAL)
    names = dict(table)
    groups = names.pop("groups", {})
    assert_("groups", holds=isinstance(groups, dict))
    for key, name in (*names.items(), *groups.items()):
        assert_(key, holds=isinstance(name, str) and bool(name.strip()))
    for key in names:
        assert_(key, holds=key in JOURNAL_ACCOUNTS)
    spelled = {" ".join(group.split()): name.strip() for group, name in groups.items()}
    return Accounts(**{key: name.strip() for key, name in names.items()}, groups=spelled)


def _line_of(text: str, key: str) -> str:
    """The number of the line that sets this key; a question mark if the spelling is too unusual to find."""
    found = re.search(rf"""^[ \t]*\[*[ \t]*["']?{re.escape(key)}["']?[ \t]*[\].=]""", text, re.MULTILINE)
    return str(text.count("\n", 0, found.start()) + 1) if found else "?"


def _assert_allowed(path: Path, line: str, key: str) -> None:
    if key in KEYS:
        return
    facts = {"file": path, "line": line, "key": key}
    spelled = key.lower().replace("-", "_")
    if spelled in FORBIDDEN:
        raise InputError("settings.forbidden", **facts, option="--" + spelled.replace("_", "-"))
    if spelled == "password":
        raise InputError("settings.password", **facts)
    import difflib

    near = difflib.get_close_matches(spelled, KEYS, n=1)
    if near:
        raise InputError("settings.unknown_near", **facts, near=near[0])
    raise InputError("settings.unknown", **facts, known=", ".join(KEYS))


def _checked(path: Path, line: str, key: str, value: object) -> SettingValue:
    """The value, checked against the key's type; `~` is expanded to the home folder."""
    facts = {"file": path, "line": line, "key": key, "example": assignment(key)}
    match KEYS[key], value:
        case bool(), bool():
            return value
        case int(), int() if not isinstance(value, bool) and not isinstance(KEYS[key], bool):
            return value
        case float(), int() | float() if not isinstance(value, bool) and abs(value) < _LARGEST:
            return value
        case str(), str() if value.strip():
            return _whole_path(value, facts) if key in PLACES else value
        case _:
            raise InputError(_OF_TYPE[type(KEYS[key])], **facts)


_LARGEST = 2**63
"""The limit of a whole number in TOML; nan is rejected as well."""
_OF_TYPE = {bool: "settings.flag", int: "settings.whole", float: "settings.number", str: "settings.text"}


def holds_password(address: str) -> bool:
    """Whether this server address contains a password, either as SQLAlchemy reads it (before the first @) or
    among libpq's options."""
    _, is_address, rest = address.partition("://")
    options = re.split("[?&]", unquote_plus(rest))[1:]
    named = {option.partition("=")[0].strip().lower() for option in options}
    return bool(is_address and (re.match(r"[^:/]*:[^@]*@", rest) or named & {"password", "sslpassword"}))


def _whole_path(value: str, facts: Mapping[str, object]) -> str:
    if holds_password(value):
        raise InputError("settings.address_password", **facts)
    if "://" in value:
        return value
    whole = Path(value).expanduser()
    if not whole.is_absolute():
        raise InputError("settings.relative", **facts)
    return str(whole)


# -- a file to start from ----------------------------------------------------------------------------------


def assignment(key: str) -> str:
    """`rate = 2.0`: an example of the key as it is written in the file."""
    return f"{key} = {json.dumps(KEYS[key])}"


def settings_template(about: Mapping[str, str]) -> str:
    """A file that explains every key and sets none. `about` explains a key."""
    head = ("settings.head", "settings.head_quotes", "settings.head_never")
    lines = [f"# {say.text(code)}" for code in head]
    for key in KEYS:
        lines += ["", f"# {about[key]}", f"# {assignment(key)}"]
    lines += ["", f"# {say.text('settings.about_journal')}", f"# {SOME_ACCOUNTS}"]
    lines += ["", f"# {say.text('settings.about_products')}", f"# [{PRODUCTS}]", f"# {A_PRODUCT}"]
    return "\n".join(lines) + "\n"


def write_settings_template(about: Mapping[str, str]) -> Path:
    """Raises InputError if there is a file already, or none can be written."""
    path = location()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(settings_template(about))
    except FileExistsError:
        raise InputError("settings.exists", file=path) from None
    except OSError as error:
        raise InputError("settings.unwritable", file=path, why=cause_of(error)) from None
    return path

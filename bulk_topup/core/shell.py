"""Quotes arguments for the shells that a command is pasted into."""

import os
import re
import shlex
from pathlib import Path

IS_WINDOWS = os.name == "nt"
PLAIN = re.compile(r"[\w@%+=:,./-]+")

PLAIN_ON_WINDOWS = re.compile(r"[\w+:.\\/-]+")
"""PowerShell interprets `,` and `@`; cmd interprets `%`, `=` and `,`."""

NOT_IN_DOUBLE_QUOTES = re.compile(r'["$`\\!]')


def argument(value: object, *, windows: bool = IS_WINDOWS) -> str:
    """Quotes with double quotes if needed, which every shell understands; otherwise for a Unix shell.

    On Windows, two double quotes inside double quotes stand for one.
    """
    shown = str(value)
    if (PLAIN_ON_WINDOWS if windows else PLAIN).fullmatch(shown):
        return shown
    if windows:
        return '"{}"'.format(shown.replace('"', '""'))
    if not NOT_IN_DOUBLE_QUOTES.search(shown):
        return f'"{shown}"'
    return shlex.quote(shown)


def path_argument(path: Path) -> str:
    """Protects a name that begins with a dash from being taken for an option."""
    shown = str(path)
    return argument(f"./{shown}" if shown.startswith("-") else shown)


def command_line(name: str, *options: str) -> str:
    """A bulk-topup command line; `options` are already quoted, and empty ones are dropped."""
    return " ".join(filter(None, ["bulk-topup", name, *options]))

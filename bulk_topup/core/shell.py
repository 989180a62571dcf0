"""Quoting of arguments for the shells that a command is pasted into."""

import os
import re
import shlex
from pathlib import Path

IS_WINDOWS = os.name == "nt"
PLAIN = re.compile(r"[\w@%+=:,./-]+")

PLAIN_ON_WINDOWS = re.compile(r"[\w+:.\\/-]+")
"""PowerShell takes `,` and `@` for its own, cmd `%`, `=` and `,`."""

NOT_IN_DOUBLE_QUOTES = re.compile(r'["$`\\!]')


def argument(value: object, *, windows: bool = IS_WINDOWS) -> str:
    """In double quotes if needed, which all shells understand; else quoted for a Unix shell.

    On Windows, a program takes two double quotes within others for one.
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
    """A name that begins with a dash would be taken for an option."""
    shown = str(path)
    return argument(f"./{shown}" if shown.startswith("-") else shown)


def command_line(name: str, *options: str) -> str:
    """A command of ours; `options` are quoted already, empty ones are left out."""
    return " ".join(filter(None, ["bulk-topup", name, *options]))

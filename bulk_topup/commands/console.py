"""What reaches a person at a console: lines no wider than it is, in characters that it has, and commands that
can be pasted, quoted for its shells."""

from __future__ import annotations

import importlib
import os
import sys
from io import TextIOWrapper
from typing import TextIO

NARROWEST = 40


# -- lines -------------------------------------------------------------------------------------------------


def put(line: str, stream: TextIO, hanging: int | None = None, *, colour: str = "") -> bool:
    """Print the line; on a terminal, one that is too wide goes on below, `hanging` characters in, and it has
    the `colour`, the parameters of an SGR sequence (ECMA-48).

    Returns whether it was taken.

    A console whose code page lacks a character gets a substitute, not an exception.
    Whoever read us may have gone (`| head`, a closed window): no reason to stop half-way through a payroll.
    """
    encoding = stream.encoding or "utf-8"
    shown = line if hanging is None else wrapped(line, width_of(stream), hanging)
    if colour and paints(stream):
        shown = f"\x1b[{colour}m{shown}\x1b[0m"
    try:
        stream.write(shown.encode(encoding, "replace").decode(encoding) + "\n")
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return False
    return True


def paints(stream: TextIO) -> bool:
    """Whether it is a terminal with colours, and nobody asked for none (https://no-color.org)."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not stream.isatty():
        return False
    if sys.platform == "win32":  # an old console shows the sequences, unless it is told to obey them
        importlib.import_module("colorama").just_fix_windows_console()
    return True


def ask(prompt: str) -> str:
    """What a person types after the prompt, "" at the end of the input; what is printed next begins a line of
    its own, also after a Ctrl-C."""
    sys.stderr.write(prompt + " ")
    sys.stderr.flush()
    typed = ""
    try:
        typed = sys.stdin.readline()
    finally:
        if not typed.endswith("\n"):
            sys.stderr.write("\n")
    return typed.strip()


def never_fail_on_a_character() -> None:
    """For what others print, as click its help: on a console whose code page lacks a character, too."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def width_of(stream: TextIO) -> int | None:
    """Of the terminal, in characters; None where there is none, or where it does not say."""
    try:
        columns = os.get_terminal_size(stream.fileno()).columns if stream.isatty() else 0
    except (OSError, ValueError):
        return None
    return max(columns, NARROWEST) if columns else None


def wrapped(line: str, width: int | None, hanging: int) -> str:
    """Broken between words alone: a number, a name or a code stays whole, and keeps its spaces."""
    if width is None or len(line) <= width:
        return line
    import textwrap  # here, as only a narrow terminal needs it

    return textwrap.fill(
        line,
        width,
        subsequent_indent=" " * hanging,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )

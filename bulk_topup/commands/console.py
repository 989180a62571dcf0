"""Printing and asking on a console: lines fit its width and use only characters it has."""

from __future__ import annotations

import importlib
import os
import sys
import textwrap
from io import TextIOWrapper
from typing import TextIO

NARROWEST = 40


def put(line: str, stream: TextIO, hanging: int | None = None, *, colour: str = "") -> bool:
    """Print the line, on a terminal with a `hanging` indent and in the `colour` (SGR parameters).

    Returns whether it was written: the reader may be gone (`| head`, a closed window), which is no reason to
    stop half-way through a payroll. A character that the console lacks gets a substitute.
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
    """Whether the stream is a terminal that may show colours (https://no-color.org)."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not stream.isatty():
        return False
    if sys.platform == "win32":  # An old console prints the sequences unless it is told to interpret them.
        importlib.import_module("colorama").just_fix_windows_console()
    return True


def ask(prompt: str) -> str:
    """What a person types, or "" at the end of the input. Ends the line of the prompt, even after Ctrl-C."""
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
    """For output that other libraries print, such as click's help: a missing character in the console's code
    page must not raise."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def width_of(stream: TextIO) -> int | None:
    """The terminal's width in characters; None if there is no terminal or it does not say."""
    try:
        columns = os.get_terminal_size(stream.fileno()).columns if stream.isatty() else 0
    except (OSError, ValueError):
        return None
    return max(columns, NARROWEST) if columns else None


def wrapped(line: str, width: int | None, hanging: int) -> str:
    """The line, broken only between words: numbers, names and codes stay whole."""
    if width is None or len(line) <= width:
        return line
    return textwrap.fill(
        line,
        width,
        subsequent_indent=" " * hanging,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )

"""Choosing the language: by the command line, the settings, the environment or the computer."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise

from bulk_topup.commands import settings
from bulk_topup.core.errors import InputError
from bulk_topup.core.languages import ENGLISH, LANGUAGES
from bulk_topup.report.words import translation

OPTION, VARIABLE = "--lang", "BULK_TOPUP_LANG"


def choose_language(arguments: Sequence[str]) -> None:
    """Use the language asked for by option, variable or settings file, else this computer's language.

    This runs before the command line is parsed, so that errors in the command line are also in that language.
    An invalid language is ignored here; the parser refuses it.
    """
    translation.speak(next(filter(LANGUAGES.__contains__, _wanted(arguments))))


def _wanted(arguments: Sequence[str]) -> Iterator[str]:
    """In order of precedence; the settings file is read only if needed."""
    yield asked(arguments)
    yield os.environ.get(VARIABLE, "")
    yield _kept()
    yield spoken_by_computer(os.environ, sys.platform)


def asked(arguments: Sequence[str]) -> str:
    """The last `--lang id` or `--lang=id` of a command line; "" for none."""
    found = ""
    for argument, following in pairwise([*arguments, ""]):
        if argument == "--":
            break
        if argument == OPTION:
            found = following
        elif argument.startswith(OPTION + "="):
            found = argument.removeprefix(OPTION + "=")
    return found


def _kept() -> str:
    with suppress(InputError):  # The command itself will find and report it.
        return str(settings.read_settings().values.get("lang", ""))
    return ""


def spoken_by_computer(environ: Mapping[str, str], platform: str) -> str:
    """By the POSIX locale or, on Windows and macOS without one, by the user interface."""
    locale = next(filter(None, map(environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    if not locale:
        locale = {"win32": _windows, "darwin": _macos}.get(platform, str)()
    elif locale.partition(".")[0] in {"C", "POSIX"}:
        return ENGLISH.code
    else:  # As in gettext, a list of languages takes precedence over the locale.
        locale = environ.get("LANGUAGE") or locale
    named = re.split("[-_.:]", locale)[0].lower()  # of `id_ID.UTF-8`, `id-ID` or `id:en`
    return next((spoken for spoken, its in LANGUAGES.items() if named in its.locales), ENGLISH.code)


def _windows() -> str:
    import ctypes
    import locale

    user_interface = getattr(ctypes, "windll").kernel32.GetUserDefaultUILanguage()  # noqa: B009  (Windows only)
    return locale.windows_locale.get(user_interface, "")


def _macos() -> str:
    """The first of `("id-ID", "en-ID")`, as the system prints it over several lines."""
    import subprocess

    with suppress(OSError, subprocess.SubprocessError):
        command = ["/usr/bin/defaults", "read", "-g", "AppleLanguages"]
        listed = subprocess.run(command, capture_output=True, text=True, timeout=2, check=True).stdout
        return listed.strip(' ()\n"').partition('"')[0].strip()
    return ""

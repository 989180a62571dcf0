"""Loads the catalogues of translations, and selects the current language for `say`."""

from __future__ import annotations

import gettext
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import starmap
from pathlib import Path

from bulk_topup.core.languages import ENGLISH, LANGUAGES
from bulk_topup.report.words import say

DOMAIN = "bulk_topup"
CATALOGUES = Path(__file__).with_name("locale")


def in_each(codes: Sequence[str]) -> set[tuple[str, ...]]:
    """The text of these codes in each language: what was written in one is read back in any."""
    english = {code: say.WORDS[code] for code in codes}
    return {tuple(starmap(_catalogue(spoken).pgettext, english.items())) for spoken in LANGUAGES}


def _catalogue(spoken: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, CATALOGUES, [spoken], fallback=spoken == ENGLISH.code)


@contextmanager
def briefly(spoken: str) -> Iterator[None]:
    before = say.speaking()
    say.speak(LANGUAGES[spoken], _catalogue(spoken).pgettext)
    try:
        yield
    finally:
        say.speak(*before)


def speak(spoken: str) -> None:
    """English is the default, and costs no time."""
    if spoken == ENGLISH.code:
        return
    say.speak(LANGUAGES[spoken], _catalogue(spoken).pgettext)
    # Click looks up its own texts in the process's text domain, in the language of the environment.
    gettext.bindtextdomain(DOMAIN, str(CATALOGUES))
    gettext.textdomain(DOMAIN)
    os.environ["LANGUAGE"] = spoken

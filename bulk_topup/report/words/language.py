"""Which language is spoken, and where its words come from: the edge of `say`."""

from __future__ import annotations

import os
from itertools import starmap
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_topup.report.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from gettext import NullTranslations

LANGUAGES = ("en", "id")


DOMAIN = "bulk_topup"


CATALOGUES = Path(__file__).with_name("locale")


MONTHS = (
    *("Januari", "Februari", "Maret", "April", "Mei", "Juni"),
    *("Juli", "Agustus", "September", "Oktober", "November", "Desember"),
)


def in_each(codes: Sequence[str]) -> set[tuple[str, ...]]:
    """The wording of these codes in each language: what was written in one is read back in any."""
    english = {code: say.WORDS[code] for code in codes}
    return {tuple(english.values()), tuple(starmap(_indonesian().pgettext, english.items()))}


def _indonesian() -> NullTranslations:
    import gettext

    return gettext.translation(DOMAIN, CATALOGUES, ["id"])


def speak_indonesian() -> None:
    import gettext

    catalogue = _indonesian()
    say.speak(say.Language(catalogue.pgettext, thousands=".", decimal=",", months=MONTHS))
    # click takes its own words from the process's text domain, in the language of the environment.
    gettext.bindtextdomain(DOMAIN, str(CATALOGUES))
    gettext.textdomain(DOMAIN)
    os.environ["LANGUAGE"] = "id"

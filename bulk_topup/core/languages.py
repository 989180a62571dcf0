"""The few words of each language that the program itself must know.

Everything else is in the language's catalogue, in `report/words/locale`: an entry here plus a catalogue there
make a language. The headers that people give their sheets are in `sheet/header.py`: a sheet is read whatever
language is spoken. Only what the program writes into a results sheet and reads back stands here.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Language(
    NamedTuple
):  # which is made in a tenth of the time that a dataclass takes: `--help` waits for it
    code: str
    """What `--lang` takes, and the name of the catalogue's folder."""
    name: str
    """In English, for the help."""
    locales: frozenset[str]
    """What computers call it."""
    thousands: str
    decimal: str
    months: tuple[str, ...]
    """The names by which dates are spelled out; without them, dates stay as ISO 8601 has them."""
    yes: frozenset[str]
    """What says yes to a question, in small letters."""
    name_placeholder: str
    """What stands for a person's name in a command to paste."""
    row_header: str
    """Stands above the column of the sheet's row numbers."""
    not_sent: str
    """What is written instead of an invoice where there is none."""
    not_sent_too: frozenset[str]
    """What else means that and nothing else."""
    tabs: Mapping[str, str]
    """What the tabs of a results workbook are called, by their English names."""


ENGLISH = Language(
    code="en",
    name="English",
    locales=frozenset({"en"}),
    thousands=",",
    decimal=".",
    months=(),
    yes=frozenset({"y", "yes", "ok"}),
    name_placeholder="NAME",
    row_header="row",
    not_sent="not sent",
    not_sent_too=frozenset({"none", "no top-up", "there is none"}),
    tabs={},
)
"""The language of the texts themselves: it has no catalogue, and is spoken where no other is."""

INDONESIAN = Language(
    code="id",
    name="Indonesian",
    locales=frozenset({"id", "in"}),  # the second until 1989
    thousands=".",
    decimal=",",
    months=(
        *("Januari", "Februari", "Maret", "April", "Mei", "Juni"),
        *("Juli", "Agustus", "September", "Oktober", "November", "Desember"),
    ),
    yes=frozenset({"y", "ya", "iya", "ok"}),
    name_placeholder="NAMA",
    row_header="baris",
    not_sent="tidak terkirim",
    not_sent_too=frozenset({"tidak ada", "tidak ada transaksi", "tdk ada", "tdk terkirim", "belum terkirim"}),
    tabs={
        "Results": "Hasil",
        "Summary": "Ringkasan",
        "List": "Daftar",
        "To do": "Perlu tindakan",
        "Ask provider": "Tanya penyedia",
    },
)

LANGUAGES = {language.code: language for language in (ENGLISH, INDONESIAN)}

# What is understood is that of all languages: a command may be pasted, and a sheet handed back, that was
# written in another than the one that is spoken.
YES = frozenset(word for language in LANGUAGES.values() for word in language.yes)
NAME_PLACEHOLDERS = frozenset(language.name_placeholder for language in LANGUAGES.values())
ROW_HEADERS = frozenset(language.row_header for language in LANGUAGES.values())
NOT_SENT = frozenset(
    words for language in LANGUAGES.values() for words in (language.not_sent, *language.not_sent_too)
)


def tab_names(tab: str) -> frozenset[str]:
    """What a tab of a results workbook is called in any of them, by its English name."""
    return frozenset(language.tabs.get(tab, tab) for language in LANGUAGES.values())

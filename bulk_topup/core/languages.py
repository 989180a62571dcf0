"""The few words of each language that the program itself must know.

All other texts are in the language's catalogue in `report/words/locale`: an entry here plus a catalogue there
make a language. The words of people's sheets are in `sheet/names.py` and `sheet/sayings.py`, because a sheet
is read the same in every language. Only what the program writes into a results sheet and reads back is here.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Language(
    NamedTuple
):  # A NamedTuple is created ten times faster than a dataclass, and `--help` waits for it.
    code: str
    """What `--lang` takes, and the name of the catalogue's folder."""
    name: str
    """In English, for the help."""
    locales: frozenset[str]
    """The names of its locales."""
    thousands: str
    decimal: str
    months: tuple[str, ...]
    """Month names for spelled-out dates; without them dates stay in ISO 8601."""
    yes: frozenset[str]
    """Answers that mean yes, in lower case."""
    name_placeholder: str
    """Placeholder for a person's name in a command to paste."""
    row_header: str
    """Header of the column with the sheet's row numbers."""
    sent_at_header: str
    """Header of the column with the time at which an open row was sent."""
    not_sent: str
    """Written instead of an invoice if the top-up was not sent."""
    not_sent_too: frozenset[str]
    """Other texts that mean the same."""
    tabs: Mapping[str, str]
    """The tab names of a results workbook, by their English names."""


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
    sent_at_header="sent at (WIB)",
    not_sent="not sent",
    not_sent_too=frozenset({"none", "no top-up", "there is none"}),
    tabs={},
)
"""The language of the source texts: it has no catalogue, and is the fallback."""

INDONESIAN = Language(
    code="id",
    name="Indonesian",
    locales=frozenset({"id", "in"}),  # "in" was the code until 1989.
    thousands=".",
    decimal=",",
    months=(
        *("Januari", "Februari", "Maret", "April", "Mei", "Juni"),
        *("Juli", "Agustus", "September", "Oktober", "November", "Desember"),
    ),
    yes=frozenset({"y", "ya", "iya", "ok"}),
    name_placeholder="NAMA",
    row_header="baris",
    sent_at_header="dikirim pada (WIB)",
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

# All languages are understood, whichever one is used: a pasted command or a returned sheet
# may come from another one.
YES = frozenset(word for language in LANGUAGES.values() for word in language.yes)
NAME_PLACEHOLDERS = frozenset(language.name_placeholder for language in LANGUAGES.values())
ROW_HEADERS = frozenset(language.row_header for language in LANGUAGES.values())
SENT_AT_HEADERS = frozenset(language.sent_at_header for language in LANGUAGES.values())
NOT_SENT = frozenset(
    words for language in LANGUAGES.values() for words in (language.not_sent, *language.not_sent_too)
)


def tab_names(tab: str) -> frozenset[str]:
    """The names of a results workbook's tab in all languages, by its English name."""
    return frozenset(language.tabs.get(tab, tab) for language in LANGUAGES.values())

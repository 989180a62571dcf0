"""Words for people: the text of a code, with its facts, in the current language.

`WORDS` maps a code to its English text; findings, outcomes, notices and errors only contain codes and facts.
Other languages are catalogues of translations, by code and English text; `translation` loads the current one.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bulk_topup.core import row_names
from bulk_topup.core.errors import BulkTopupError
from bulk_topup.core.languages import ENGLISH, Language
from bulk_topup.core.row_names import TAB_ROWS
from bulk_topup.core.status import Status
from bulk_topup.report.words.english import WORDS as WORDS

if TYPE_CHECKING:
    from bulk_topup.core.model import Finding

HELP = "help"
"""The catalogue context of help texts, which are defined with their commands and options."""


def untranslated(_context: str, english: str) -> str:
    return english


_language: Language = ENGLISH
_translate: Callable[[str, str], str] = untranslated


def speak(language: Language, translate: Callable[[str, str], str]) -> None:
    """In the whole process. `translate` takes a context (a code, or `HELP`) and the English text."""
    global _language, _translate
    _language, _translate = language, translate


def spoken() -> str:
    """The code of the current language."""
    return _language.code


def speaking() -> tuple[Language, Callable[[str, str], str]]:
    """The arguments for `speak` that restore the current language."""
    return _language, _translate


def help_text(english: str) -> str:
    return _translate(HELP, english)


_tabs: tuple[str, ...] = ()


def name_tabs(tabs: Sequence[str]) -> None:
    """Name rows by these tabs from now on, if several of them are one sheet."""
    global _tabs
    _tabs = tuple(tabs)


def row_name(number: int) -> str:
    """`12`, or `Jakarta 12` where several tabs are one sheet."""
    return row_names.row_name(number, _tabs)


def tab_of(number: int) -> str:
    tab = number // TAB_ROWS
    return _tabs[tab - 1] if 0 < tab <= len(_tabs) else ""


def row_facts(number: int) -> dict[str, object]:
    """For programs: `row`, and its `tab` where several are one sheet."""
    tab = tab_of(number)
    return {"row": number % TAB_ROWS, "tab": tab} if tab else {"row": number}


_ROWS_NAMED = frozenset({"row", "first", "before"})
"""Facts that are row numbers, if large enough to be in one of several tabs."""


class _Formatter(string.Formatter):
    """`{cost:money}` is rupiah, `{count:number}` a number, `{count:row|rows}` a number with its noun,
    `{day:date}` a date (an ISO text, with or without a time), `{off_s:apart}` how far a clock is ahead of
    or behind another, and `{why:words}` possibly another code, worded with the same facts.

    A missing fact shows as nothing, never as an error.
    """

    def __init__(self, facts: Mapping[str, object]) -> None:
        self._facts = facts

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:  # noqa: ARG002
        value = kwargs.get(str(key), "")
        is_row = key in _ROWS_NAMED and _tabs and str(value).isdecimal() and int(value) >= TAB_ROWS
        return row_name(int(value)) if is_row else value

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == "money":
            return money(int(value)) if value != "" else ""
        if format_spec == "date":
            return printable(date(str(value)))
        if format_spec == "words":
            return self._worded(value) if str(value) in WORDS else printable(str(value))
        if format_spec == "apart":
            return apart(int(value)) if _A_WHOLE.fullmatch(str(value)) else printable(str(value))
        if format_spec != "number" and "|" not in format_spec:
            return printable(format(value, format_spec))
        counted = number(int(value)) if str(value).isdecimal() else printable(str(value))
        if format_spec == "number":
            return counted
        one, many = format_spec.split("|")
        return f"{counted} {one if str(value) == '1' else many}"

    def _worded(self, code: object) -> str:
        """The code itself is left out of the facts: a text that used it would recurse forever."""
        return text(str(code), **{name: fact for name, fact in self._facts.items() if fact != code})


def text(code: str, /, **facts: object) -> str:
    """The text of `code` with these facts; the code itself if it has no text."""
    english = WORDS.get(code)
    return code if english is None else _Formatter(facts).vformat(_translate(code, english), (), facts)


def tab(name: str) -> str:
    """The name of a results workbook's tab, by its English name."""
    return _language.tabs.get(name, name)


def money(rupiah: int) -> str:
    return f"Rp{number(rupiah)}"


def number(value: int) -> str:
    return f"{value:,}".replace(",", _language.thousands)


def apart(off_s: int) -> str:
    """`2 days ahead of` or `6 minutes behind`, for a clock that is this many seconds ahead of another."""
    seconds = abs(off_s)
    if seconds >= _DAY_S:
        time = text("apart.days", count=round(seconds / _DAY_S))
    elif seconds >= 2 * _HOUR_S:
        time = text("apart.hours", count=round(seconds / _HOUR_S))
    elif seconds >= 2 * _MINUTE_S:
        time = text("apart.minutes", count=round(seconds / _MINUTE_S))
    else:
        time = text("apart.seconds", count=seconds)
    return text("apart.behind" if off_s < 0 else "apart.ahead", time=time)


_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86_400
_A_WHOLE = re.compile(r"-?[0-9]+")


def plain(value: float) -> str:
    """With exactly the decimal places that it has."""
    return f"{value:g}".replace(".", _language.decimal)


def decimal(value: float) -> str:
    """To one decimal place."""
    return f"{value:.1f}".replace(".", _language.decimal)


_ISO_DATE = re.compile(r"(\d{4})-(0[1-9]|1[0-2])(?:-(\d\d))?(?!\d)")


def date(text: str) -> str:
    """`2026-11-25 14:03`, `2026-11-25` or `2026-11` in the local spelling; any other text as it is."""
    found = _ISO_DATE.match(text)
    if found is None or not _language.months:
        return text
    year, month, day = found.groups()
    spelled = f"{_language.months[int(month) - 1]} {year}"
    return (f"{int(day)} {spelled}" if day else spelled) + text[found.end() :]


def to_the_minute(moment: str) -> str:
    """`2026-11-25 14:03` from an ISO text; "" from none."""
    return moment[:16].replace("T", " ")


def printable(value: str) -> str:
    """Without control characters, which could move the cursor, or hide something in a terminal."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in value)


def error(problem: BulkTopupError) -> str:
    return text(problem.code, **problem.facts)


def finding(found: Finding, name: str = "") -> str:
    """`row 12, SITI, No HP: 0812… has …`"""
    return row(found.row, name, finding_in_row(found))


def row(number: int, name: str, found: str) -> str:
    """The findings of a row, with the person's `name`, or "" if the sheet has none."""
    return text("row.person" if name else "row", row=number, name=name, found=found)


def finding_in_row(found: Finding) -> str:
    words = text(found.code, **{"value": found.value, "text": found.value, **found.facts})
    return f"{printable(found.column)}: {words}" if found.column else words


def rows(numbers: Sequence[int], most: int, person: Callable[[int], str] = lambda _: "") -> str:
    """`row 4`, or `rows 4, 9, 12 and 30 more`; with names, `rows 4 SITI, 9 BUDI`."""
    named = (f"{row_name(number)} {person(number)}".rstrip() for number in numbers[:most])
    first, more = ", ".join(map(printable, named)), len(numbers) - most
    if len(numbers) == 1:
        return text("rows.one", first=first)
    return text("rows.more", first=first, more=more) if more > 0 else text("rows.many", first=first)


def closed_by_hand_words(at: str, who: str, note: str) -> str:
    """Who closed a row, when (an ISO time) and why."""
    return text("closed_by_hand", who=who, at=to_the_minute(at), note=note or "-")


def approved_words(by: str) -> str:
    """`by` is "" if nobody approved."""
    return text("sending.approved" if by else "sending.not_approved", who=by)


def attempt(status: Status, code: str, reason: str | None) -> str:
    """The reason for an attempted row's status, with the provider's words; nothing for a plain success."""
    if status is Status.SUKSES:
        return ""
    words = text(code)
    return f"{words} {text('provider_says', reason=reason)}" if reason else words

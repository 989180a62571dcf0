"""Which rows of a sheet are not people: totals, headings, signatures, repeated headers. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from bulk_topup.core.model import Oddity, Sheet, letter
from bulk_topup.rules.amounts import readings
from bulk_topup.sheet.names import is_phone, meaning_of
from bulk_topup.sheet.sayings import says_signed

EXAMPLE_MARK = "CONTOH/EXAMPLE"
"""The prefix of the names in the template's example rows."""
EXAMPLE_NUMBERS = ("081200009901", "081200009902")
"""Their phone numbers. Like all of 08120000NNNN, no real phone has them."""

NOTES = frozenset({"note.row", "signature.row", "section.row"})
"""The codes of rows that may say something about the others."""

_A_NUMBER = re.compile(r"(?:[^0-9]*[0-9]){7}")
"""This many digits are somebody's phone number, whatever else is wrong with them."""

_TOTAL = re.compile(r"(?:grand |sub[ -]?)?(?:total|t o t a l|jumlah|j u m l a h|jml)\b.{0,40}", re.IGNORECASE)
"""How a total row begins, such as `Total Karyawan: 12` or `JUMLAH`."""
_SUM = re.compile(r"(?:rp\.?\s*)?[1-9][0-9.,]*(?:,-)?", re.IGNORECASE)

_UNIT = re.compile(r"\(.*\)|\[.*\]|[-=_*:+]+|(?:dalam |in )?(?:rp\.?|idr|rupiah)", re.IGNORECASE)
"""The content of a row of units or of lines below the header, such as `(Rp)` or `-----`."""


def rows_for_nobody(sheet: Sheet, among: Sequence[int]) -> Mapping[int, str]:
    """Those of these rows, which have neither a phone number nor a known product, that are not people: row
    -> the code of its finding.
    """
    position = sheet.columns.number
    texts = sheet.cells.loc[list(among), position]
    free = [row for row, text in zip(among, texts.tolist(), strict=True) if not _A_NUMBER.match(text)]
    found = _contacts(sheet)
    foot = _Foot(sheet, frozenset(among))
    below = int(sheet.cells.index[0]) if len(sheet.cells) else 0
    for row, *cells in sheet.cells.loc[free].itertuples():
        stripped = [str(cell).strip() for cell in cells]
        code = _code(sheet, int(row), stripped, is_below=row == below)
        if foot.holds(int(row), stripped, code):
            code = "signature.row"
        if code:
            found[int(row)] = code
            below = row + 1 if code == "header.row" else below
    return found


def _contacts(sheet: Sheet) -> dict[int, str]:
    """Rows that say whom to call. Among people, somebody who is called so may be one of them."""
    position = sheet.columns.number
    asked = sheet.cells[sheet.columns.asked]
    contacts = [
        row
        for (row, at), cell in sheet.odd.items()
        if at == position and cell.kind is Oddity.CONTACT and not asked[row].strip()
    ]
    if not contacts:
        return {}
    numbers = zip(sheet.cells.index.tolist(), sheet.cells[position], asked, strict=True)
    last = max((row for row, number, what in numbers if what.strip() and _A_NUMBER.match(number)), default=0)
    return {row: "contact.row" for row in contacts if row > last}


def _code(sheet: Sheet, row: int, texts: Sequence[str], *, is_below: bool) -> str | None:
    """`is_below`: whether the row is right below the header, or a repeated one."""
    ours = texts[sheet.columns.number], texts[sheet.columns.asked]
    if _is_total(texts, ours):
        return "total.row"
    if _begins_table(sheet, row) or _repeats(sheet, texts, ours) or _reaches_down(sheet, row):
        return "header.row"
    if is_below and _is_units(texts, ours):
        return "header.row"
    if _is_across(sheet, row, ours):
        return "section.row"
    is_words = any(map(str.isalpha, ours[0])) and (row, sheet.columns.number) not in sheet.odd
    return "note.row" if is_words and not any(map(str.isdigit, ours[1])) else None


class _Foot:
    """What comes below the last person: signatures, a place and a date, notes."""

    def __init__(self, sheet: Sheet, bare: frozenset[int]) -> None:
        self._sheet = sheet
        people = (int(row) for row in reversed(sheet.cells.index.tolist()) if int(row) not in bare)
        self._last = next(people, int(sheet.cells.index[0]) if len(sheet.cells) else 0)
        self._begun = False

    def holds(self, row: int, texts: Sequence[str], code: str | None) -> bool:
        """Called for each row in turn; `code` says what else it is. The foot is separate, below a total,
        or signed.
        """
        if row <= self._last:
            return False
        is_apart = row > self._last + 1
        self._last, was_begun = row, self._begun
        self._begun |= is_apart or code == "total.row" or any(map(says_signed, texts))
        number, asked = self._sheet.columns.number, self._sheet.columns.asked
        filled = [text for text in texts if text]
        is_counted = bool(filled) and filled[0].isdigit()
        has_number = _A_NUMBER.match(texts[number]) or any(map(is_phone, texts))
        is_free = (row, number) not in self._sheet.odd and not has_number and not readings(texts[asked])
        is_begun = self._begun and (was_begun or code != "total.row")
        return code in {None, "note.row"} and is_begun and is_free and not is_counted


def _is_total(texts: Iterable[str], ours: Iterable[str]) -> bool:
    """By the first words of the row: what a remark says of somebody is no total."""
    is_free = all(not text or _TOTAL.fullmatch(text) or _SUM.fullmatch(text) for text in ours)
    words = next((text for text in texts if any(map(str.isalpha, text))), "")
    return is_free and _TOTAL.fullmatch(words) is not None


def _begins_table(sheet: Sheet, row: int) -> bool:
    cell = sheet.odd.get((row, sheet.columns.number))
    return cell is not None and cell.kind is Oddity.OTHER_TABLE and cell.stored == str(row)


def _repeats(sheet: Sheet, texts: Iterable[str], ours: Iterable[str]) -> bool:
    """Both of the names, or one in a row without a digit, since the header may have two rows."""
    names = (sheet.header[sheet.columns.number], sheet.header[sheet.columns.asked])
    same = [_folded(text) == _folded(name) != "" for text, name in zip(ours, names, strict=True)]
    means = [meaning_of(text) == meaning_of(name) is not None for text, name in zip(ours, names, strict=True)]
    return all(same) or all(means) or (any(same) and not any(map(str.isdigit, "".join(texts))))


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _is_units(texts: Iterable[str], ours: Iterable[str]) -> bool:
    """Units below the names, or numbered columns: 1, 2, 3 …"""
    filled = [text for text in texts if text]
    counted = [str(count) for count in range(1, len(filled) + 1)]
    is_counted = all(ours) and [text.strip("()[].- ") for text in filled] == counted
    return is_counted or all(map(_UNIT.fullmatch, filled))


# -- merged cells ------------------------------------------------------------------------------------------


def _reaches_down(sheet: Sheet, row: int) -> bool:
    """Whether a header cell extends down to this row."""
    first = min(row, int(sheet.cells.index[0]))
    return any(
        _row_of(_held_in(sheet, row, at)) < first for at in (sheet.columns.number, sheet.columns.asked)
    )


def _is_across(sheet: Sheet, row: int, ours: tuple[str, str]) -> bool:
    """Whether one cell spans the number and the product, or the number if there is no product."""
    number, product = (_held_in(sheet, row, at) for at in (sheet.columns.number, sheet.columns.asked))
    own = f"{letter(sheet.columns.number)}{row}"
    return number == product or (number != own and _row_of(number) == row and not ours[1])


def _held_in(sheet: Sheet, row: int, position: int) -> str:
    """The cell that is visible in this place: a merged one, or its own."""
    cell = sheet.odd.get((row, position))
    return cell.stored if cell and cell.kind is Oddity.MERGED else f"{letter(position)}{row}"


def _row_of(cell: str) -> int:
    return int(found[0]) if (found := re.search("[0-9]+", cell)) else 0

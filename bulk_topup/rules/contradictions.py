"""What else in a row contradicts number and product: remarks, other amounts, totals. Pure."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from bulk_topup.core.model import Finding, Level, Packed, PriceList
from bulk_topup.core.row_names import TAB_ROWS
from bulk_topup.rules.amounts import readings
from bulk_topup.rules.not_people import EXAMPLE_MARK, NOTES
from bulk_topup.sheet.names import fold, is_phone, meaning_of
from bulk_topup.sheet.sayings import (
    A_MOBILE,
    A_SUM,
    PULSA,
    against,
    corrects,
    counts_topups,
    entitles,
    has_another_number,
    holds_remarks,
    is_receipt,
    says_done,
    says_pulsa,
    says_several,
    sums_in,
    yes_or_no,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bulk_topup.rules.rows import Rows

_A_FEW = re.compile(r"\s*0*(?:0|[2-9]|[1-9][0-9])(?:[.,]0+)?\s*(?:x|kali|pcs|buah)?\s*", re.IGNORECASE)
"""A count that is not one. What is more is an amount."""
_MONTHS = frozenset({"bulan", "periode", "month", "period", "masa"})
_TELLING = 200
"""So many first rows tell what a column holds."""
_EXAMPLE = re.compile(r"\W*(?:contoh|example|cth)\b", re.IGNORECASE)


def remark_is_not_against(rows: Rows, _prices: PriceList) -> Iterator[Finding]:
    """No other cell says that this person is not to be paid, or is only an example."""
    for at in _unread(rows):
        cells = rows.sheet.cells[at]
        packed = cells.array
        if isinstance(packed, Packed) and not packed.may_speak:
            continue
        for row, text in zip(cells.index.tolist(), cells.tolist(), strict=True):
            word, is_example = _said_by(text) if text else ("", False)
            if word and row not in rows.nobody:
                yield _warning(row, "remark.against", rows.column_name(at), text, {"word": word})
            if is_example:
                yield Finding(row, Level.ERROR, "example.cell", rows.column_name(at), text)
    for row, at, text in _comments(rows):
        if word := against(text):
            yield _warning(row, "remark.against", rows.column_name(at), text, {"word": word})


def _comments(rows: Rows) -> Iterator[tuple[int, int, str]]:
    """Those of people's rows, in any column: a remark as one in a column of its own is."""
    found = rows.sheet.comments.items()
    return ((row, at, text) for (row, at), text in found if row not in rows.nobody)


@lru_cache(maxsize=4096)
def _said_by(text: str) -> tuple[str, bool]:
    """The words that speak against paying, and whether it is an example. Remarks repeat."""
    return against(text), _EXAMPLE.match(text) is not None and not text.startswith(EXAMPLE_MARK)


def no_note_is_against(rows: Rows, _prices: PriceList) -> Iterator[Finding]:
    """No note beside the people says that one of them is not to be paid, or is to get something else."""
    for row, code in rows.nobody.items():
        if code in NOTES:
            filled = list(filter(None, map(str.strip, map(str, rows.sheet.cells.loc[row]))))
            text = " ".join(filled)
            is_note = len(filled) == 1 or code == "signature.row"  # Of more cells, a row is about itself.
            if is_note and (word := against(text) or corrects(text)):
                yield _warning(row, "note.against", "", text, {"word": word})


def no_other_number_is_meant(rows: Rows, _prices: PriceList) -> Iterator[Finding]:
    """No remark has a phone number in it: it may be the one to pay."""
    for at in _unread(rows):
        cells = rows.sheet.cells[at]
        packed = cells.array
        if isinstance(packed, Packed) and not packed.has(A_MOBILE):
            continue
        for row, text in _with_numbers(cells):
            if row not in rows.nobody:
                yield _warning(row, "remark.number", rows.column_name(at), text, {})
    for row, at, text in _comments(rows):
        if has_another_number(text):
            yield _warning(row, "remark.number", rows.column_name(at), text, {})


def _with_numbers(cells: pd.Series[str]) -> Iterator[tuple[int, str]]:
    """Its remarks with a number, by row; alone in its cell it is one where few of the cells hold a number."""
    texts = cells.tolist()
    first = texts[:_TELLING]
    is_of_numbers = 2 * sum(map(is_phone, first)) > len(first)
    for row, text in zip(cells.index.tolist(), texts, strict=True):
        if has_another_number(text) and not (is_of_numbers and is_phone(text)):
            yield row, text


def answers_are_yes(rows: Rows, _prices: PriceList) -> Iterator[Finding]:
    """Where a column says by yes or no who gets the money, each has a yes; or a no, where its name speaks
    against paying. A cell of other words is a remark. A column `Penerima` of such answers holds no names."""
    name_at = rows.sheet.columns.name
    is_answers = name_at is not None and _are_answers(rows.sheet.cells[name_at].head(_TELLING))
    for at, title in _others(rows):
        is_done, is_open = says_done(title), entitles(title) or (is_answers and at == name_at)
        if not is_done and not is_open:
            continue
        cells = rows.raw(at, rows.table["number"] != "")
        counts = Counter(cells)
        unwanted = None if at == name_at else _unwanted_words(counts, is_open=is_open)
        if unwanted is None:
            unwanted = _unwanted(counts, is_done=is_done, is_open=is_open)
        if unwanted is not None:
            for row, text in cells[cells.isin(unwanted)].items():
                yield _error(row, "remark.answer", rows.column_name(at), text)
        elif is_done and (counts[""] > 0 or is_receipt(title)):
            for row, text in cells.items():
                if any(map(str.isdigit, text)):
                    yield _warning(row, "remark.done", rows.column_name(at), text, {})


def _unwanted(counts: Mapping[str, int], *, is_done: bool, is_open: bool) -> set[str] | None:
    """The answers of whom nobody is to be paid; None where a column does not answer."""
    answered = sum(count for text, count in counts.items() if yes_or_no(text) is not None)
    filled = sum(count for text, count in counts.items() if text.strip())
    if not answered or 2 * answered < filled:
        return None
    return {text for text in counts if not _is_wanted(text, is_done=is_done, is_open=is_open)}


def _unwanted_words(counts: Mapping[str, int], *, is_open: bool) -> set[str] | None:
    """The same where some say no, and nobody yes: another word may be the yes, or say that it is done."""
    said = {text: yes_or_no(text) for text in counts}
    says_no = any(answer is False and not text.strip().isdigit() for text, answer in said.items())
    if not says_no or True in said.values():
        return None
    return {text for text in counts if text.strip() and (is_open or said[text] is None)}


def _are_answers(texts: Iterable[str]) -> bool:
    filled = [text for text in texts if text.strip()]
    return 0 < len(filled) <= 2 * sum(yes_or_no(text) is not None for text in filled)


def _is_wanted(text: str, *, is_done: bool, is_open: bool) -> bool:
    """Where a name says both, as `Dibayar`, nobody is. Of a cell of words nobody can say it;
    `remark_is_not_against` has a look."""
    said = yes_or_no(text)
    is_words = said is None and sum(map(str.isalpha, text)) > 2
    return is_words or ((not is_done or said is not True) and (not is_open or said is True))


_MANY = 12
"""A column with more different cells than this chooses nothing."""
_DENIED = re.compile(r"(?:tidak|tdk|tak|not)(.+)")


def others_get_no_pulsa(rows: Rows, _prices: PriceList) -> Iterator[Finding]:
    """Where cells of a column say `Pulsa`, the others say what else somebody gets. Where some say `ikut`, the
    `tidak ikut` of others is a remark."""
    for at, title in _others(rows):
        cells = rows.sheet.cells[at]
        first = {fold(text) for text in cells.head(_TELLING).tolist()} - {""}
        if not 1 < len(first) <= _MANY:
            continue
        is_choice = not first.isdisjoint(PULSA) and not holds_remarks(title)
        denied = {text for text in first if (found := _DENIED.fullmatch(text)) and found[1] in first}
        for row, text in cells.items() if is_choice or denied else ():
            if row in rows.nobody or not text.strip():
                continue
            if is_choice and not says_pulsa(text):
                yield _error(row, "remark.answer", rows.column_name(at), text)
            elif fold(text) in denied:
                yield _warning(row, "remark.against", rows.column_name(at), text, {"word": text.strip()})


def remark_names_no_other_amount(rows: Rows, _prices: PriceList) -> Iterator[Finding]:
    """No remark states another amount than the row's, as `jadi 50rb saja`, or several top-ups, as `2x`."""
    for at, title in _others(rows):
        cells = rows.sheet.cells[at]
        if corrects(title):
            for row, text in cells.items():
                if _amount(text) and row not in rows.nobody:
                    yield _warning(row, "remark.amount", rows.column_name(at), text, {})
        if not holds_remarks(title) or (isinstance(cells.array, Packed) and not cells.array.has(A_SUM)):
            continue
        for row, text in cells.items():
            nominal = rows.table.at[row, "nominal"] if (sums := sums_in(text)) else 0
            is_other = nominal and any(said != nominal for said in sums)
            if (is_other or says_several(text)) and row not in rows.nobody:
                yield _warning(row, "remark.amount", rows.column_name(at), text, {})


_SHORT = 2_000
"""Rows. In a longer list, people share their names."""


def one_number_a_name(rows: Rows, _prices: PriceList) -> Iterator[Finding]:
    """No full name stands beside two numbers, as in a form that was sent in again."""
    at, numbers = rows.sheet.columns.name, rows.table["number"]
    if at is None or len(numbers) > _SHORT:
        return
    known: defaultdict[str, dict[str, int]] = defaultdict(dict)
    people = list(zip(numbers.index.tolist(), rows.raw(at).tolist(), numbers.tolist(), strict=True))
    for row, name, number in people:
        if " " in name and number:
            known[name.casefold()].setdefault(number, row)
    for row, name, number in people:
        rows_of = known[name.casefold()] if number else {}
        for other in sorted(rows_of.keys() - {number})[:1]:
            facts = {"number": number, "row": str(rows_of[other]), "other": other}
            yield _warning(row, "person.two_numbers", rows.column_name(at), name, facts)


def one_month_is_meant(rows: Rows, _prices: PriceList) -> Iterator[Finding]:
    """Where a column names the months, it names one."""
    for at, title in _others(rows):
        if title.strip().casefold() in _MONTHS:
            cells = rows.raw(at, rows.table["number"] != "")
            if len({text.casefold() for text in cells} - {""}) > 1:
                for row, text in cells.items():
                    yield _warning(row, "remark.months", rows.column_name(at), text, {})


def one_topup_is_meant(rows: Rows, _prices: PriceList) -> Iterator[Finding]:
    """Where a column says how many a person gets, it says one: a row is one top-up."""
    for at, title in _others(rows):
        if counts_topups(title):
            for row, text in rows.sheet.cells[at].items():
                if _A_FEW.fullmatch(text) and row not in rows.nobody:
                    yield _error(row, "remark.several", rows.column_name(at), text)


def _unread(rows: Rows) -> Iterator[int]:
    """The columns that are neither ours nor a results file's."""
    columns = rows.sheet.columns
    ours = columns.deciding.union(columns.fed_back.values())
    header = enumerate(rows.sheet.header)
    return (at for at, title in header if at not in ours and meaning_of(title) != "ours")


def _others(rows: Rows) -> Iterator[tuple[int, str]]:
    """Those of them with a name."""
    titles = rows.sheet.header
    return ((at, titles[at]) for at in _unread(rows) if titles[at].strip())


def other_amounts_agree(rows: Rows, _prices: PriceList) -> Iterator[Finding]:
    """A column of amounts that is not read, and is the nominal in a row, is it in all. Alone, an amount that
    differs from the nominal by one zero is a slip in either."""
    for at in rows.sheet.columns.unread:
        which, texts = pd.factorize(rows.sheet.cells[at].astype(object))
        amounts = pd.Series([_amount(text) for text in texts], dtype="int64").take(which)
        amounts.index = rows.table.index
        nominals = rows.table["nominal"]
        is_known = (amounts > 0) & (nominals > 0)
        agrees = is_known & (amounts == nominals)
        is_a_zero_off = (amounts == nominals * 10) | (amounts * 10 == nominals)
        differs = is_known & ~agrees & (is_a_zero_off | bool(agrees.any()))
        if differs.any():
            raw = rows.raw(at, differs)
            for row, nominal, product in rows.table.loc[differs, ["nominal", "product"]].itertuples():
                facts = {"nominal": str(nominal), "product": str(product)}
                yield _warning(row, "nominal.other_column", rows.column_name(at), raw[row], facts)


def _amount(text: str) -> int:
    """0 if there is none, or several readings."""
    found = readings(text)
    return found[0] if len(found) == 1 else 0


class Total(NamedTuple):
    """A row's total of the amounts above it, as stated and as computed."""

    row: int
    stated: int
    summed: int


def totals(rows: Rows) -> list[Total]:
    """Each total of the column of amounts: of all amounts above it, or of those since the last total."""
    at = rows.sheet.columns.nominal
    stated = [row for row, code in sorted(rows.nobody.items()) if code == "total.row"]
    if at is None or not stated:
        return []
    amounts = rows.sheet.cells[at].map(_amount)
    odd = {row for row, position in rows.sheet.odd if position == at}
    of_people = amounts.drop(index=list(rows.nobody))
    found: list[Total] = []
    since = 0
    for row in stated:
        top = row // TAB_ROWS * TAB_ROWS  # Of its tab, if several are one sheet.
        above = of_people[(of_people.index < row) & (of_people.index >= top)]
        if amounts[row] and row not in odd and above.any():
            sums = int(above.sum()), int(above[above.index > since].sum())
            total = int(amounts[row])
            found.append(Total(row, total, total if total in sums else sums[0]))
        since = row
    return found


def totals_agree(rows: Rows, _prices: PriceList) -> Iterator[Finding]:
    for total in totals(rows):
        if total.stated != total.summed:
            column = rows.column_name(rows.sheet.columns.asked)
            facts = {"summed": str(total.summed), "difference": str(abs(total.stated - total.summed))}
            yield _warning(total.row, "total.differs", column, str(total.stated), facts)


def nobody_is_below_the_total(rows: Rows, _prices: PriceList) -> Iterator[Finding]:
    """The last total of a tab ends its table, where people are above it; a header may begin it anew."""
    ends: dict[int, tuple[int, bool]] = {}
    for row, code in sorted(rows.nobody.items()):
        if code in {"total.row", "header.row"}:
            ends[row // TAB_ROWS] = row, code == "total.row"
    if not ends:
        return
    people = rows.table.index[rows.table["number"] != ""].to_numpy()
    for tab, (end, is_total) in ends.items():
        ours = people[people // TAB_ROWS == tab]
        if is_total and (ours < end).any():
            for row in ours[ours > end]:
                at = rows.sheet.columns.number
                value = str(rows.sheet.cells.at[row, at])
                yield _error(int(row), "cell.foot", rows.column_name(at), value, str(end))


def _warning(row: object, code: str, column: str, value: str, facts: dict[str, str]) -> Finding:
    return Finding(int(str(row)), Level.WARNING, code, column, value, facts)


def _error(row: object, code: str, column: str, value: str, stored: str = "") -> Finding:
    return Finding(int(str(row)), Level.ERROR, code, column, value, {"stored": stored} if stored else {})

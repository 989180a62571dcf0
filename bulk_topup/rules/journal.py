"""The journal of a batch: what each account stands at, and the entries that bring it there. Pure.

Each posting moves an amount from the deposit to another account, so that whatever is made of them balances.
Of the difference to the balances that the provider stated, it does the same: then the deposit's account says
what the provider says.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bulk_topup.rules.books import Books


class What(StrEnum):
    PAID = "paid"
    OPEN = "open"
    DIFFERENCE = "difference"
    DEPOSIT = "deposit"


@dataclass(frozen=True, slots=True)
class Accounts:
    """Their names are the same in every language: another name is another account, to which all would be
    moved."""

    expense: str = "Beban pulsa"
    suspense: str = "Pulsa belum jelas"
    deposit: str = "Deposit pulsa"
    groups: Mapping[str, str] = field(default_factory=dict)
    """The expense accounts of groups that have one of their own."""


class Posting(NamedTuple):
    """What left the deposit, or may have, on a WIB day (ISO text) for the people of a group."""

    day: str
    is_paid: bool
    group: str
    rupiah: int


class Key(NamedTuple):
    """What a line of the journal is for; `day` is "" for the difference."""

    day: str
    what: What
    account: str
    group: str


@dataclass(frozen=True, slots=True)
class Line:
    """`rupiah` are a debit, or a credit if they are negative."""

    date: str
    key: Key
    rupiah: int


def difference_of(books: Books) -> int:
    """What left the deposit beside what its rows took or may have taken; negative if more came in."""
    if books.unexplained is None:
        return 0
    return books.unexplained - books.undebited - books.may_be_debited


def stands_at(postings: Iterable[Posting], books: Books, accounts: Accounts) -> Counter[Key]:
    """Debits less credits of each account. Raises AssertionError where rows and books are not equal."""
    total: Counter[Key] = Counter()

    def post(day: str, what: What, account: str, group: str, rupiah: int) -> None:
        total[Key(day, what, account, group)] += rupiah
        total[Key(day, What.DEPOSIT, accounts.deposit, "")] -= rupiah

    for one in postings:
        what = What.PAID if one.is_paid else What.OPEN
        account = accounts.groups.get(one.group, accounts.expense) if one.is_paid else accounts.suspense
        post(one.day, what, account, one.group, one.rupiah)
    taken = -sum(rupiah for key, rupiah in total.items() if key.what is What.DEPOSIT)
    if taken != books.debited + books.undebited + books.may_be_debited:
        raise AssertionError(f"the rows come to {taken}, which the books do not")
    post("", What.DIFFERENCE, accounts.suspense, "", difference_of(books))
    return total


def lines_to(
    now: Counter[Key], booked: Counter[Key], *, booked_on: str, closing_on: str, today: str
) -> list[Line]:
    """The lines that bring the accounts from what was `booked` until the day `booked_on` ("" if never) to
    what is `now`.

    What is of a later day is dated so; a correction is dated today, as the days before it may be closed.
    """
    return sorted(
        _lines(now, booked, booked_on, closing_on, today),
        key=lambda line: (line.date, line.key.day or line.date, [*What].index(line.key.what), line.key),
    )


def _lines(
    now: Counter[Key], booked: Counter[Key], booked_on: str, closing_on: str, today: str
) -> Iterator[Line]:
    for key in {*now, *booked}:
        rupiah = now[key] - booked[key]
        day = key.day or closing_on
        if rupiah:
            yield Line(day if day > booked_on else today, key, rupiah)

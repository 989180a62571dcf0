"""The journal's lines balance, follow the books, and correct what was booked before."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_topup.rules.books import Books
from bulk_topup.rules.journal import Accounts, Key, Line, Posting, What, lines_to, stands_at

MONDAY, TUESDAY, FRIDAY = "2026-11-02", "2026-11-03", "2026-11-06"
ACCOUNTS = Accounts(groups={"Jakarta": "Beban Jakarta"})
POSTINGS = st.lists(
    st.builds(
        Posting,
        st.sampled_from((MONDAY, TUESDAY)),
        st.booleans(),
        st.sampled_from(("Jakarta", "Bandung", "")),
        st.integers(1, 100_000),
    ),
    max_size=8,
)


def books_of(postings: list[Posting], left: int | None = None) -> Books:
    """`left` is what the provider's balances fell by; None where it stated none."""
    debited = sum(one.rupiah for one in postings)
    opening, closing = (None, None) if left is None else (1_000_000, 1_000_000 - left)
    return Books(opening, closing, debited, failed=0, mispriced=(), overcharged=0)


def lines_of(now: Counter[Key], booked: Counter[Key], booked_on: str = "") -> list[Line]:
    return lines_to(now, booked, booked_on=booked_on, closing_on=TUESDAY, today=FRIDAY)


def by_account(lines: list[Line]) -> Counter[str]:
    total: Counter[str] = Counter()
    for line in lines:
        total[line.key.account] += line.rupiah
    return total


@given(POSTINGS, st.none() | st.integers(-50_000, 500_000))
def test_all_of_it_balances_and_the_deposit_is_the_provider_s(
    postings: list[Posting], left: int | None
) -> None:
    lines = lines_of(stands_at(postings, books_of(postings, left), ACCOUNTS), Counter())
    assert sum(line.rupiah for line in lines) == 0
    taken = sum(one.rupiah for one in postings) if left is None else left
    assert by_account(lines)[ACCOUNTS.deposit] == -taken


@given(POSTINGS, POSTINGS)
def test_a_second_export_balances_and_brings_each_account_to_where_it_is_now(
    before: list[Posting], after: list[Posting]
) -> None:
    booked = stands_at(before, books_of(before), ACCOUNTS)
    now = stands_at(after, books_of(after), ACCOUNTS)
    first, second = lines_of(booked, Counter()), lines_of(now, booked, MONDAY)
    assert sum(line.rupiah for line in second) == 0
    assert +(by_account(first + second)) == +(by_account(lines_of(now, Counter())))
    assert lines_of(now, now, FRIDAY) == []


def test_what_was_open_and_is_paid_moves_from_suspense_and_leaves_the_deposit_alone() -> None:
    open_, paid = ([Posting(MONDAY, is_paid, "Jakarta", 10_000)] for is_paid in (False, True))
    booked = stands_at(open_, books_of(open_), ACCOUNTS)
    lines = lines_of(stands_at(paid, books_of(paid), ACCOUNTS), booked, TUESDAY)
    assert lines == [
        Line(FRIDAY, Key(MONDAY, What.PAID, "Beban Jakarta", "Jakarta"), 10_000),
        Line(FRIDAY, Key(MONDAY, What.OPEN, ACCOUNTS.suspense, "Jakarta"), -10_000),
    ]


def test_what_was_sent_since_has_its_own_day() -> None:
    postings = [Posting(day, True, "", 5_000) for day in (MONDAY, TUESDAY)]
    booked = stands_at(postings[:1], books_of(postings[:1]), ACCOUNTS)
    lines = lines_of(stands_at(postings, books_of(postings), ACCOUNTS), booked, MONDAY)
    assert [(line.date, line.key.what) for line in lines] == [(TUESDAY, What.PAID), (TUESDAY, What.DEPOSIT)]


def test_another_name_of_an_account_moves_what_stands_on_the_old_one() -> None:
    postings = [Posting(MONDAY, True, "Bandung", 5_000)]
    booked = stands_at(postings, books_of(postings), ACCOUNTS)
    now = stands_at(postings, books_of(postings), Accounts(expense="6101"))
    assert by_account(lines_of(now, booked, MONDAY)) == Counter({"6101": 5_000, ACCOUNTS.expense: -5_000})


def test_rows_that_do_not_come_to_the_books_are_a_defect() -> None:
    with pytest.raises(AssertionError):
        stands_at([Posting(MONDAY, True, "", 5_000)], books_of([]), ACCOUNTS)

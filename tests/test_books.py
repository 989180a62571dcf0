"""The books of a batch: what left the deposit, or came in, beside the debits that we know of."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import process_time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_topup.core.clock import WIB
from bulk_topup.core.model import Kind
from bulk_topup.report.screen.tally import books_lines
from bulk_topup.rules import books
from tests.desk_bench import PRICE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bulk_topup.rules.books import Books
    from tests.conftest import MakeOffice

    Answers = list[dict[str, Any]]

START = datetime(2025, 1, 20, 10, 0, tzinfo=WIB)
STEP_S = 10.0
DEPOSIT = 1_000_000


def at(seconds: float) -> str:
    return (START + timedelta(seconds=seconds)).isoformat()


def answer(
    balance: int | None,
    debited: int | None = 5_000,
    *,
    begun: float = 0.0,
    ended: float = 1.0,
    settled: float | None = None,
    kind: Kind = Kind.SUKSES,
    row: int = 2,
    price: int = 5_000,
) -> dict[str, Any]:
    times = {"begun_at": at(begun), "ended_at": at(ended), "settled_at": at(settled or ended)}
    return {"row": row, "kind": str(kind), "price": price, "debited": debited, "balance": balance, **times}


def in_turn(*answers: dict[str, Any]) -> Answers:
    """One request after the other."""
    return [
        answer | {"begun_at": at(nth * STEP_S), "ended_at": at(nth * STEP_S + 1)}
        for nth, answer in enumerate(answers)
    ]


# -- a true account, and what requests to it were told -----------------------------------------------------


@dataclass
class Account:
    """The provider's side: every movement in the order in which it fell, and what our requests were told."""

    balance: int = DEPOSIT
    outside: int = 0
    known_outside: int = 0
    answers: Answers = field(default_factory=list)

    def debit(self, amount: int, at_s: float, asked_s: float, told_s: float) -> dict[str, Any]:
        """A top-up of ours, asked for and answered that many seconds before and after it fell."""
        if self.answers:
            self.known_outside = self.outside
        else:
            self.outside = 0
        self.balance -= amount
        told = answer(self.balance, amount, begun=at_s - asked_s, ended=at_s + told_s)
        self.answers.append(told)
        return told

    def fail(self, told: dict[str, Any], at_s: float) -> None:
        """`cekstatus` says gagal."""
        told |= {"kind": str(Kind.GAGAL), "settled_at": max(at(at_s), told["ended_at"])}

    def moved(self, amount: int) -> None:
        """What another program, or a person, took from the deposit (or, below 0, put in)."""
        self.balance -= amount
        self.outside += amount


AMOUNTS = st.integers(1, 12).map(lambda n: 50 * n)
DELAYS = st.floats(0.5, 95.0)


@dataclass(frozen=True)
class Step:
    debit: int
    asked_s: float
    told_s: float
    outside: int


steps = st.builds(
    Step, debit=AMOUNTS, asked_s=DELAYS, told_s=DELAYS, outside=st.sampled_from([0, 0, 0, 50, 75, 600])
)


@given(st.lists(steps, min_size=1, max_size=30), st.randoms())
def test_whatever_the_order_of_concurrent_answers_only_what_others_took_is_unexplained(
    plan: Sequence[Step], shuffle: Any
) -> None:
    account = Account()
    for nth, step in enumerate(plan):
        account.moved(step.outside)
        account.debit(step.debit, nth * STEP_S, step.asked_s, step.told_s)
    shuffle.shuffle(account.answers)

    assert books.close(account.answers).unexplained == account.known_outside


@given(
    st.lists(st.tuples(steps, st.none() | st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=25),
    st.randoms(),
)
def test_a_refund_explains_itself_whenever_it_came_back(
    plan: Sequence[tuple[Step, int | None, int]], shuffle: Any
) -> None:
    """Each top-up may fail; the money comes back, and we are told so, each so many steps later."""
    account = Account()
    refunds: dict[int, list[int]] = {}
    for nth, (step, back, learned) in enumerate(plan):
        account.balance += sum(refunds.pop(nth, []))
        told = account.debit(step.debit, nth * STEP_S, step.asked_s, step.told_s)
        if back is not None:
            refunds.setdefault(nth + 1 + back, []).append(step.debit)
            account.fail(told, (nth + learned) * STEP_S)
    shuffle.shuffle(account.answers)

    assert books.close(account.answers).unexplained == 0


rounds = st.lists(
    st.tuples(
        st.lists(st.tuples(steps, st.booleans()), min_size=1, max_size=6),
        st.sampled_from([0, 0, 1, 7_001, -49_999, -49]),
    ),
    min_size=1,
    max_size=6,
)


@given(rounds, st.randoms())
def test_between_two_rounds_the_deposit_may_rise_or_fall_by_others_doing(plan: Any, shuffle: Any) -> None:
    """Concurrent answers within a round; refunds and other movements while nothing is under way.

    What others moved never adds up to a multiple of 50, as refunds do: nobody could tell one from the other.
    """
    account = Account()
    now = 0.0
    for topups, outside in plan:
        failed = []
        for nth, (step, fails) in enumerate(topups):
            told = account.debit(step.debit, now + nth * STEP_S, step.asked_s, step.told_s)
            failed += [told] if fails else []
        now += 400.0
        for told in failed:
            account.fail(told, now)
            account.balance += told["debited"]
        account.moved(outside)
        now += 400.0
    shuffle.shuffle(account.answers)

    assert books.close(account.answers).unexplained == account.known_outside


@given(
    st.lists(steps, min_size=12, max_size=30),
    st.integers(1, 10),
    st.sampled_from([75, 601, 100_001]),
    st.randoms(),
)
def test_money_that_comes_in_amid_concurrent_requests_is_told_by_the_times(
    plan: Sequence[Step], when: int, came_in: int, shuffle: Any
) -> None:
    """Some were answered before it came in, and some asked for only afterwards.

    An amount that is none of debits: nobody could tell such a deposit from another order of the debits.
    """
    account = Account()
    for nth, step in enumerate(plan):
        account.moved(-came_in if nth == when else 0)
        account.debit(step.debit, nth * STEP_S, step.asked_s / 10, step.told_s / 10)
    told_before = min(told["ended_at"] for told in account.answers[:when])
    asked_after = max(told["begun_at"] for told in account.answers[when:])
    assert told_before < asked_after
    shuffle.shuffle(account.answers)

    assert books.close(account.answers).unexplained == -came_in


# -- examples ----------------------------------------------------------------------------------------------


def test_no_answer_with_a_balance_leaves_the_books_open() -> None:
    closed = books.close([answer(None, 5_000)])
    assert (closed.opening, closed.closing, closed.unexplained, closed.debited) == (None, None, None, 5_000)


def test_one_after_the_other_ties_out() -> None:
    closed = books.close(in_turn(answer(95_000), answer(90_000), answer(85_000)))
    assert (closed.opening, closed.closing, closed.unexplained) == (100_000, 85_000, 0)
    assert closed.debited == 15_000


def test_the_answer_that_came_first_need_not_be_the_first_debit() -> None:
    """Three workers; the second debit was answered first, the first one last."""
    closed = books.close([answer(90_000, ended=1), answer(85_000, ended=2), answer(95_000, ended=3)])
    assert (closed.opening, closed.closing, closed.unexplained) == (100_000, 85_000, 0)


@pytest.mark.parametrize("learned", [5.0, 15.0, 500.0])
@pytest.mark.parametrize("came_back", [True, False])
def test_a_refund_may_show_in_the_last_balance_or_not_whenever_we_learned_of_it(
    came_back: bool, learned: float
) -> None:
    first, last = in_turn(answer(95_000), answer(95_000 if came_back else 90_000))
    failed = first | {"kind": "gagal", "settled_at": at(learned)}
    closed = books.close([failed, last])
    assert (closed.unexplained, closed.refunds_due) == (0, 0 if came_back else 5_000)


def test_the_balance_of_an_unknown_answer_is_not_believed() -> None:
    """The answer of another row, given once more."""
    first, second, again = in_turn(answer(95_000), answer(90_000), answer(95_000, kind=Kind.UNKNOWN))
    closed = books.close([first, second, again])
    assert (closed.closing, closed.unexplained) == (90_000, 0)


def test_a_debit_that_an_unknown_row_made_is_unexplained() -> None:
    closed = books.close(in_turn(answer(95_000), answer(85_000)))
    assert closed.unexplained == 5_000


def test_a_row_whose_debit_no_answer_stated_is_told_once() -> None:
    """It was found out by its invoice: before the last balance, and after it."""
    before = books.close(in_turn(answer(95_000), answer(85_000)), [5_000])
    assert (before.undebited, before.undebited_later, before.unexplained) == (5_000, 0, 0)
    after = books.close(in_turn(answer(95_000), answer(90_000)), [5_000])
    assert (after.undebited, after.undebited_later, after.unexplained) == (0, 5_000, 0)
    both = books.close(in_turn(answer(95_000), answer(85_000)), [5_000, 5_000])
    assert (both.undebited, both.undebited_later, both.unexplained) == (5_000, 5_000, 0)
    assert "Rp5,000 left for paid or pending rows" in said(both)
    assert "cost Rp5,000 more" in said(both)


def test_rows_without_a_stated_debit_explain_only_whole_debits() -> None:
    others = books.close(in_turn(answer(95_000), answer(87_000)), [5_000])
    assert (others.undebited, others.undebited_later, others.unexplained) == (0, 5_000, 3_000)
    more = books.close(in_turn(answer(95_000), answer(82_000)), [5_000])
    assert (more.undebited, more.undebited_later, more.unexplained) == (5_000, 0, 3_000)


def test_a_refund_that_came_back_is_not_due_for_an_unknown_row_that_was_paid() -> None:
    """A failed row came back and was sent again; the debit of an unknown row is as large as it."""
    failed, again = answer(95_000, kind=Kind.GAGAL), answer(95_000)
    unknown_between = in_turn(failed, again, answer(85_000))
    closed = books.close(unknown_between, (), [5_000])
    assert (closed.refunds_due, closed.unexplained, closed.may_be_unstated) == (0, 5_000, False)
    resolved = books.close(unknown_between, [5_000])
    assert (resolved.refunds_due, resolved.undebited, resolved.unexplained) == (0, 5_000, 0)


def test_what_left_for_a_failed_row_or_for_an_open_one_is_not_told_apart_without_evidence() -> None:
    """The refund came back and the open row was debited between the same two answers, or neither."""
    failed, last = in_turn(answer(95_000, kind=Kind.GAGAL), answer(90_000))
    closed = books.close([failed, last], (), [5_000])
    assert (closed.refunds_due, closed.may_be_unstated, closed.unexplained) == (5_000, True, 0)
    assert "do not tell which" in said(closed)
    assert "do not tell which" not in said(books.close([failed, last]))
    assert "of it was" not in said(books.close([failed, last]))


def test_a_refund_that_is_due_and_a_debit_that_no_answer_stated_are_both_told() -> None:
    failed, last = in_turn(answer(95_000, kind=Kind.GAGAL), answer(83_000))
    closed = books.close([failed, last], [7_000])
    assert (closed.refunds_due, closed.undebited, closed.unexplained) == (5_000, 7_000, 0)


def test_rows_debited_other_than_listed_are_named_with_the_difference() -> None:
    answers = in_turn(answer(95_000), answer(89_300, 5_700, row=7), answer(84_400, 4_900, row=9))
    closed = books.close(answers)
    assert (closed.mispriced, closed.overcharged) == ((7, 9), 600)


# -- whatever the answers say ------------------------------------------------------------------------------

BOUND_S = 20.0
"""Processor time; it takes a tenth of that. What was quadratic took minutes."""


def seconds_to_close(answers: Answers) -> tuple[Books, float]:
    began = process_time()
    closed = books.close(answers)
    return closed, process_time() - began


def concurrent(amounts: Sequence[int], *, failing: int, paid_back: int = 0) -> Answers:
    """Two requests at a time from one deposit; the first `failing` are told gagal only after the last answer.

    The first `paid_back` of these came back before the last debit.
    """
    account = Account(balance=10**15)
    for nth, amount in enumerate(amounts):
        if nth == len(amounts) - 1:
            account.balance += sum(amounts[:paid_back])
        account.debit(amount, nth, 0.6, 0.6)
    for nth, told in enumerate(account.answers[:failing]):
        account.fail(told, len(amounts) + nth)
    return account.answers


MONEY = st.none() | st.integers() | st.sampled_from([0, 5_000, 10**6, 999_999_999_999, 2**63 - 1])


@given(
    st.lists(
        st.builds(
            answer,
            MONEY,
            MONEY,
            begun=st.sampled_from([0.0, 5.0]),
            ended=st.sampled_from([1.0, 6.0]),
            kind=st.sampled_from(list(Kind)),
        ),
        max_size=12,
    )
)
def test_books_close_whatever_the_amounts(answers: Answers) -> None:
    closed = books.close(answers)
    assert (closed.unexplained is None) == (closed.opening is None)
    assert closed.refunds_due >= 0


@pytest.mark.parametrize("came_back", [True, False])
def test_an_absurd_debit_that_failed_is_due_or_came_back(came_back: bool) -> None:
    absurd = 999_999_999_999
    first, *others = concurrent([absurd, 5_650, 5_700], failing=1, paid_back=int(came_back))
    closed = books.close([first, *others])
    assert (closed.unexplained, closed.refunds_due) == (0, 0 if came_back else absurd)


@given(st.lists(st.integers(10**9, 10**12), min_size=3, max_size=30), st.data())
def test_of_sums_too_many_to_tell_those_of_the_refunds_settled_last_are_told(
    amounts: Sequence[int], data: st.DataObject
) -> None:
    """An account that pays back in turn."""
    failing = data.draw(st.integers(1, len(amounts) - 1))
    paid_back = data.draw(st.integers(0, failing))
    assert books.close(concurrent(amounts, failing=failing, paid_back=paid_back)).unexplained == 0


@pytest.mark.parametrize("paid_back", [0, 7_000, 20_000])
def test_a_large_batch_with_many_refunds_ties_out_in_seconds(paid_back: int) -> None:
    amounts = [49_500, 24_875, 96_950, 5_650] * 25_000
    closed, took_s = seconds_to_close(concurrent(amounts, failing=20_000, paid_back=paid_back))
    assert (closed.unexplained, closed.refunds_due) == (0, sum(amounts[paid_back:20_000]))
    assert took_s < BOUND_S


def test_a_large_batch_of_as_many_prices_as_refunds_closes_in_seconds() -> None:
    amounts = [100_003 + 7 * nth for nth in range(20_000)]
    closed, took_s = seconds_to_close(concurrent([*amounts, 5_650], failing=20_000))
    assert (closed.unexplained, closed.refunds_due) == (0, sum(amounts))
    assert took_s < BOUND_S


def test_a_balance_that_many_debits_end_and_start_at_is_no_reason_to_take_longer() -> None:
    """Three requests at a time, and every one fails and comes back."""
    answers = [
        answer(10**6 - 5_650 * (nth % 3 + 1), 5_650, begun=nth / 2, ended=nth / 2 + 0.8, kind=Kind.GAGAL)
        for nth in range(60_000)
    ]
    _, took_s = seconds_to_close(answers)
    assert took_s < BOUND_S


def test_openings_and_closings_without_number_close_in_seconds() -> None:
    """Every request asked for at once, none answered before all were asked for."""
    answers = [answer(10**9 - 7 * nth**2, 5_650, kind=Kind.GAGAL, row=nth) for nth in range(20_000)]
    _, took_s = seconds_to_close(answers)
    assert took_s < BOUND_S


class Watched(dict[str, Any]):
    """An answer that can be watched."""

    __hash__ = object.__hash__  # type: ignore[assignment]


def test_answers_are_let_go_as_they_are_read() -> None:
    alive: weakref.WeakSet[Watched] = weakref.WeakSet()
    most = 0

    def answers() -> Iterator[dict[str, Any]]:
        nonlocal most
        for nth in range(500):
            told = Watched(answer(10**6 - 5_000 * nth, kind=Kind.GAGAL if nth % 9 == 0 else Kind.SUKSES))
            alive.add(told)
            most = max(most, len(alive))
            yield told

    assert books.close(answers()).opening == 10**6 + 5_000
    assert 0 < most < 5


# -- in words ----------------------------------------------------------------------------------------------


def said(closed: Books) -> str:
    return "\n".join(books_lines(closed))


def test_money_that_left_and_money_that_came_in_are_worded_as_such() -> None:
    left = said(books.close(in_turn(answer(95_000), answer(80_000))))
    came_in = said(books.close(in_turn(answer(95_000), answer(190_000))))

    assert "Rp10,000 left the deposit" in left
    assert "Rp100,000 came into the deposit" in came_in
    assert "left the deposit" not in came_in
    assert "Rp-" not in came_in


def test_books_that_tie_out_explain_nothing() -> None:
    shown = said(books.close(in_turn(answer(95_000), answer(90_000))))
    assert "left the deposit" not in shown
    assert "came into" not in shown


def test_a_deposit_that_will_not_cover_the_rest_stands_in_the_json_too(make_office: MakeOffice) -> None:
    office = make_office(balance=2 * PRICE)
    office.payroll("bonus.csv", office.numbers(3))

    done = office.send("bonus.csv", "--json")

    short = {"balance": PRICE, "needed": 2 * PRICE, "missing": PRICE}
    assert done.json["deposit_short"] == short
    assert done.err.count(f"The deposit is Rp{PRICE:,}") == 1

"""The books of a batch: what left the deposit, or came in, beside the debits that we know of."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from bulk_topup.core.clock import WIB
from bulk_topup.core.model import Kind
from bulk_topup.report.screen.books import books_lines
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
    kind: Kind = Kind.SUKSES,
    row: int = 2,
) -> dict[str, Any]:
    told = {"row": row, "kind": str(kind), "price": 5_000, "debited": debited, "balance": balance}
    return told | {"begun_at": at(begun), "ended_at": at(ended)}


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
    answers: Answers = field(default_factory=list)

    def debit(self, step: Step, at_s: float) -> dict[str, Any]:
        """A top-up of ours, asked for and answered some seconds before and after it fell."""
        self.balance -= step.debit
        begun, ended = at_s - step.asked_s, at_s + step.told_s
        self.answers.append(answer(self.balance, step.debit, begun=begun, ended=ended))
        return self.answers[-1]

    def closed(self) -> Books:
        return books.close(sorted(self.answers, key=lambda told: told["ended_at"]))


@dataclass(frozen=True)
class Step:
    debit: int
    asked_s: float
    told_s: float


DELAYS = st.floats(0.5, 95.0)
steps = st.builds(Step, debit=st.integers(1, 600), asked_s=DELAYS, told_s=DELAYS)


@given(st.lists(st.tuples(steps, st.sampled_from([0, 0, 50, 601])), min_size=1, max_size=30))
def test_whatever_the_order_of_concurrent_answers_only_what_others_took_is_unexplained(
    plan: Sequence[tuple[Step, int]],
) -> None:
    account = Account()
    taken = 0
    for nth, (step, outside) in enumerate(plan):
        # What left before the first top-up is none of the batch's.
        account.balance -= outside
        taken += outside if nth else 0
        account.debit(step, nth * STEP_S)

    assert account.closed().unexplained == taken


@given(st.lists(st.tuples(steps, st.none() | st.integers(0, 12)), min_size=1, max_size=25))
def test_failed_rows_explain_whatever_of_their_debits_had_come_back(
    plan: Sequence[tuple[Step, int | None]],
) -> None:
    """Each top-up may fail; its money comes back so many steps later, whatever is under way then."""
    account = Account()
    refunds: dict[int, list[int]] = {}
    for nth, (step, back) in enumerate(plan):
        account.balance += sum(refunds.pop(nth, []))
        told = account.debit(step, nth * STEP_S)
        if back is not None:
            refunds.setdefault(nth + 1 + back, []).append(step.debit)
            told["kind"] = str(Kind.GAGAL)
    still_due = sum(map(sum, refunds.values()))

    closed = account.closed()
    assert closed.opening == DEPOSIT
    assert closed.unexplained is not None
    assert still_due <= closed.unexplained <= closed.failed


@given(
    st.lists(steps, min_size=12, max_size=30),
    st.integers(2, 10),
    st.sampled_from([-100_001, -601, -50, 50, 601, 100_001]),
)
def test_what_comes_in_or_leaves_between_the_first_and_the_last_requests_is_told_in_full(
    plan: Sequence[Step], when: int, moved: int
) -> None:
    """Each request is under way together with its neighbours, and no longer."""
    account = Account()
    for nth, step in enumerate(plan):
        account.balance += moved if nth == when else 0
        account.debit(Step(step.debit, step.asked_s / 10, step.told_s / 10), nth * STEP_S)

    assert account.closed().unexplained == -moved


# -- examples ----------------------------------------------------------------------------------------------


def test_no_answer_with_a_balance_leaves_the_books_open() -> None:
    closed = books.close([answer(None, 5_000)])
    assert (closed.opening, closed.closing, closed.unexplained, closed.debited) == (None, None, None, 5_000)
    assert closed.closing_at == ""


def test_one_after_the_other_ties_out() -> None:
    closed = books.close(in_turn(answer(95_000), answer(90_000), answer(85_000)))
    assert (closed.opening, closed.closing, closed.unexplained) == (100_000, 85_000, 0)
    assert (closed.debited, closed.closing_at) == (15_000, at(2 * STEP_S + 1))


def test_the_answer_that_came_first_need_not_be_the_first_debit() -> None:
    """Three workers; the second debit was answered first, the first one last."""
    closed = books.close([answer(90_000, ended=1), answer(85_000, ended=2), answer(95_000, ended=3)])
    assert (closed.opening, closed.closing, closed.unexplained) == (100_000, 85_000, 0)


def test_a_clock_too_coarse_to_tell_two_requests_apart_takes_neither_for_the_first() -> None:
    """The one that was answered as the other was begun fell after it."""
    closed = books.close([answer(90_000, begun=0, ended=1), answer(95_000, begun=1, ended=1)])
    assert (closed.opening, closed.closing, closed.unexplained) == (100_000, 90_000, 0)


def test_with_one_worker_a_failed_row_explains_what_had_not_come_back_and_nothing_else() -> None:
    failed = answer(95_000, kind=Kind.GAGAL)
    for last_balance, left in ((95_000, 0), (90_000, 5_000)):
        closed = books.close(in_turn(failed, answer(90_000), answer(last_balance - 5_000)))
        assert (closed.unexplained, closed.failed, closed.debited) == (left, 5_000, 10_000)


def test_a_refund_while_the_last_are_under_way_may_show_as_not_come_back_yet() -> None:
    """It came between the two, the second of which left the deposit higher than the first."""
    failed = answer(95_000, begun=0, ended=1, kind=Kind.GAGAL)
    last = answer(89_000, 6_000, begun=2, ended=4), answer(90_000, 4_000, begun=3, ended=5)
    closed = books.close([failed, *last])
    assert (closed.closing, closed.unexplained, closed.failed) == (89_000, 1_000, 5_000)


def test_the_balance_of_an_unknown_answer_is_not_believed() -> None:
    """The answer of another row, given once more."""
    first, second, again = in_turn(answer(95_000), answer(90_000), answer(95_000, kind=Kind.UNKNOWN))
    closed = books.close([first, second, again])
    assert (closed.closing, closed.unexplained) == (90_000, 0)


def test_rows_debited_other_than_listed_are_named_with_the_difference() -> None:
    answers = in_turn(answer(95_000), answer(89_300, 5_700, row=7), answer(84_400, 4_900, row=9))
    closed = books.close(answers)
    assert (closed.mispriced, closed.overcharged) == ((7, 9), 600)


def test_a_clock_that_was_set_back_closes_the_books_all_the_same() -> None:
    closed = books.close([answer(95_000, begun=5, ended=1), answer(90_000, begun=9, ended=2)])
    assert (closed.opening, closed.closing, closed.unexplained) == (100_000, 90_000, 0)


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

    assert "the deposit fell by Rp10,000 more" in left
    assert "Rp100,000 came into the deposit" in came_in
    assert "the deposit fell" not in came_in
    assert "Rp-" not in came_in


def test_what_left_stands_beside_all_rows_that_could_explain_it() -> None:
    answers = in_turn(answer(95_000, kind=Kind.GAGAL), answer(70_000))
    shown = said(books.close(answers, undebited=5_650, may_be_debited=11_300))
    assert "the deposit fell by Rp25,000 more" in shown
    for amount in ("Rp5,000 for failed rows", "Rp5,650 at the listed price", "Rp11,300 at the listed price"):
        assert amount in shown


def test_books_that_tie_out_explain_nothing_and_still_name_paid_rows_without_a_debit() -> None:
    answers = in_turn(answer(95_000, kind=Kind.GAGAL), answer(95_000))
    shown = said(books.close(answers, undebited=5_650, may_be_debited=11_300))
    assert "paid or pending rows for which the provider stated no debit, Rp5,650" in shown
    assert len(shown.splitlines()) == 2


def test_a_lost_answer_shows_in_the_next_balance_beside_its_row_and_is_no_debit_once_it_is_closed(
    make_office: MakeOffice,
) -> None:
    office = make_office(balance=100_000)
    lost = "081200002001"
    office.payroll("bonus.csv", ["081234500001", lost, "081234500003"])

    sent = office.send("bonus.csv", "--json").json["books"]

    assert (sent["opening"], sent["closing"], sent["debited"]) == (100_000, 100_000 - 3 * PRICE, 2 * PRICE)
    assert (sent["unexplained"], sent["undebited"], sent["may_be_debited"]) == (PRICE, 0, PRICE)
    invoice = next(topup.invoice for topup in office.sandbox.book() if topup.number == lost)
    named = ("--row", "3", "--number", lost, "--invoice", invoice, "--note", "Rina")
    closed = office.run("resolve", "bonus.csv", *named, "--json").json["books"]
    assert (closed["unexplained"], closed["undebited"], closed["may_be_debited"]) == (PRICE, PRICE, 0)


def test_a_deposit_that_will_not_cover_the_rest_stands_in_the_json_too(make_office: MakeOffice) -> None:
    office = make_office(balance=2 * PRICE)
    office.payroll("bonus.csv", office.numbers(3))

    done = office.send("bonus.csv", "--json")

    short = {"balance": PRICE, "needed": 2 * PRICE, "missing": PRICE}
    assert done.json["deposit_short"] == short
    assert done.err.count(f"The deposit is Rp{PRICE:,}") == 1

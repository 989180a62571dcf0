"""The plan: every row is sent now, was sent before or is held back; and the code that a person approves."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulk_topup.core.model import Order
from bulk_topup.core.status import Status
from bulk_topup.record.lines import digest_of, line_values
from bulk_topup.rules import checks, resume
from bulk_topup.rules.duplicates import Past
from bulk_topup.rules.orders import KEY, SLOT, Known, Wishes
from bulk_topup.rules.plan import make, orders_of
from tests.builders import (
    ANDI,
    BUDI,
    CITRA,
    DEWI,
    HEADER,
    IDENTITY,
    NOTHING_ELSEWHERE,
    NOTHING_RECENT,
    PRICES,
    TODAY,
    a_product,
    counted,
    elsewhere_of,
    held_codes,
    keys_of,
    known_of,
    plan_of,
    price_list,
    recent_of,
    sheet_of,
    topups,
    understood,
)

if TYPE_CHECKING:
    from bulk_topup.core.model import Finding, PriceList, Sheet
    from bulk_topup.rules.plan import Plan
    from bulk_topup.rules.rows import Rows

REPEAT = Wishes(repeat_duplicates=True)
RETRY = Wishes(retry_failed=True)
AFTER_AN_ATTEMPT = [status for status in Status if status not in {Status.UNSENT, Status.INVALID}]
NOT_FAILED = [status for status in AFTER_AN_ATTEMPT if status is not Status.GAGAL]


# -- any sheet, anything known, any wishes -----------------------------------------------------------------

NUMBERS = st.sampled_from([ANDI, BUDI, DEWI, "0812-1000-0001", "0812", ""])
CODES = st.sampled_from(["S5", "s5", "SP5", "S10", "S25", "S50", "I5", "zzz", ""])
COUNTS = st.sampled_from(["", "", "", "1", "2", "3", "x"])
A_ROW = st.tuples(NUMBERS, CODES, COUNTS)
A_KEY = st.tuples(
    st.sampled_from([ANDI, BUDI, DEWI]),
    st.sampled_from(["S5", "SP5", "S10", "S25", "I5"]),
    st.integers(1, 3),
)
STATUSES = st.sampled_from([status for status in Status if status is not Status.INVALID])
A_CLAIM = st.tuples(
    st.sampled_from([ANDI, BUDI]),
    st.sampled_from([5_000, 10_000]),
    st.integers(1, 2),
    st.sampled_from([TODAY.isoformat(), "2025-01-18"]),
    st.sampled_from(["open", "paid", "held"]),
)
WISHES = st.builds(Wishes, *[st.booleans()] * 4)


@st.composite
def sheets(draw: st.DrawFn) -> tuple[Sheet, Known]:
    """A sheet, and what is known of orders that it may hold."""
    rows = draw(st.lists(A_ROW, min_size=1, max_size=8))
    numbers = draw(st.permutations(range(2, len(rows) + 2)))
    orders = draw(st.dictionaries(A_KEY, STATUSES, max_size=6))
    known = known_of(*((*key, status) for key, status in orders.items()))
    return sheet_of(rows, ("No HP", "Kode Produk", "Pengisian Ke"), numbers=numbers), known


@st.composite
def plans(draw: st.DrawFn) -> tuple[Plan, Known, Wishes]:
    sheet, known = draw(sheets())
    wishes = draw(WISHES)
    plan = plan_of(
        sheet,
        known,
        wishes,
        elsewhere=elsewhere_of(*draw(st.lists(A_CLAIM, max_size=3))),
        recent=recent_of(*draw(st.lists(st.sampled_from([(ANDI, 5_000), (BUDI, 10_000)]), max_size=2))),
    )
    return plan, known, wishes


def every_row_is_in_exactly_one_of_orders_done_and_held(plan: Plan, known: Known, wishes: Wishes) -> None:
    placed = [*plan.orders.index, *plan.attempted.index, *plan.held]
    assert sorted(placed) == sorted(plan.rows.table.index)


def no_two_orders_are_for_one_slot_of_the_provider(plan: Plan, known: Known, wishes: Wishes) -> None:
    assert not plan.orders.duplicated(SLOT).any()
    assert not plan.orders.duplicated(KEY).any()


def what_was_attempted_is_sent_again_only_where_it_failed_and_is_wished(
    plan: Plan, known: Known, wishes: Wishes
) -> None:
    status = {(str(n), str(p), int(i)): s for n, p, i, s in known.orders[[*KEY, "status"]].to_numpy()}
    sent_before = [status[key] for key in keys_of(plan.orders) if status.get(key, "unsent") != "unsent"]
    assert set(sent_before) <= ({"gagal"} if wishes.retry_failed else set())


def every_order_can_be_sent_as_it_stands(plan: Plan, known: Known, wishes: Wishes) -> None:
    for number, product, itrx, nominal, price in plan.orders[[*KEY, "nominal", "price"]].to_numpy():
        listed = PRICES[product]
        assert re.fullmatch("08[0-9]{8,11}", number)
        assert listed.ready
        assert (nominal, price) == (listed.nominal, listed.price)
        assert 1 <= itrx <= 99


def every_held_row_says_why(plan: Plan, known: Known, wishes: Wishes) -> None:
    assert all(held.why and {why.row for why in held.why} == {row} for row, held in plan.held.items())
    assert {held.status for held in plan.held.values()} <= {Status.INVALID, Status.DUPLICATE, Status.UNSENT}


def without_repeat_only_the_sheets_own_count_makes_a_further_top_up(
    plan: Plan, known: Known, wishes: Wishes
) -> None:
    if not wishes.repeat_duplicates:
        stated = plan.rows.table["itrx_stated"][plan.orders.index]
        failed = set(keys_of(known.orders[known.orders["status"] == Status.GAGAL]))
        further = plan.orders[(plan.orders["itrx"] > 1) & ~stated]
        assert set(keys_of(further)) <= failed


PROMISES = (
    every_row_is_in_exactly_one_of_orders_done_and_held,
    no_two_orders_are_for_one_slot_of_the_provider,
    what_was_attempted_is_sent_again_only_where_it_failed_and_is_wished,
    every_order_can_be_sent_as_it_stands,
    every_held_row_says_why,
    without_repeat_only_the_sheets_own_count_makes_a_further_top_up,
)


@settings(max_examples=100, deadline=None)
@given(plans())
def test_any_plan_keeps_every_promise(made: tuple[Plan, Known, Wishes]) -> None:
    for keeps in PROMISES:
        keeps(*made)


@settings(max_examples=60, deadline=None)
@given(plans())
def test_a_plan_is_the_same_where_rows_that_are_done_with_are_judged_as_well(
    made: tuple[Plan, Known, Wishes],
) -> None:
    plan, known, wishes = made
    found = checks.findings(plan.rows, PRICES)
    judged: list[int] = []

    def some(rows: Rows) -> list[Finding]:
        judged.extend(rows.table.index)
        return checks.findings(rows, PRICES)

    one, other = (
        make(plan.rows, each, Past(known, NOTHING_ELSEWHERE, NOTHING_RECENT), wishes, IDENTITY, None, TODAY)
        for each in (some, lambda _: found)
    )
    assert {*one.orders.index, *one.held} <= {*judged}
    assert (one.code, one.held, one.not_again, one.findings) == (
        other.code,
        other.held,
        other.not_again,
        other.findings,
    )
    assert list(line_values(one)) == list(line_values(other))


def test_what_is_wrong_with_a_row_that_was_sent_is_not_looked_for() -> None:
    asked: list[list[int]] = []

    def judged(rows: Rows) -> list[Finding]:
        asked.append(list(rows.table.index))
        return []

    rows = plan_of(topups((ANDI, "S5"), (BUDI, "S5"), (CITRA, "S5"))).rows
    known = known_of((ANDI, "S5", 1, "sukses"), (BUDI, "S5", 1, "gagal"))
    past = Past(known, NOTHING_ELSEWHERE, NOTHING_RECENT)
    for wishes in (Wishes(), RETRY):
        make(rows, judged, past, wishes, IDENTITY, None, TODAY)
    assert asked == [[4], [3, 4]]


# -- a batch's own sheet, read again -----------------------------------------------------------------------

A_SHEET = st.lists(
    st.tuples(st.sampled_from([ANDI, BUDI]), st.sampled_from(["S5", "s5", "SP5", "S10"])),
    min_size=1,
    max_size=6,
)
GONE: PriceList = price_list(a_product("I5", "INDOSAT", 5_000, 5_800))
CLOSED: PriceList = {code: replace(product, ready=False) for code, product in PRICES.items()}


@settings(max_examples=60, deadline=None)
@given(st.data(), A_SHEET, st.booleans(), st.booleans(), st.sampled_from([PRICES, CLOSED, GONE]))
def test_a_sheet_read_again_finds_every_attempted_order_whatever_became_of_prices_and_positions(
    data: st.DataObject, pairs: list[tuple[str, str]], repeat: bool, again: bool, prices: PriceList
) -> None:
    """No attempted row is reported as something else, and nothing becomes an order besides."""
    first = plan_of(topups(*pairs), None, Wishes(repeat_duplicates=repeat))
    statuses = data.draw(
        st.lists(
            st.sampled_from(["sukses", "unknown"]), min_size=len(first.orders), max_size=len(first.orders)
        )
    )
    keys = keys_of(first.orders)
    known = known_of(*((*key, status) for key, status in zip(keys, statuses, strict=True)))
    reordered = data.draw(st.permutations(pairs))
    second = plan_of(topups(*reordered), known, Wishes(repeat_duplicates=again), prices=prices)
    assert sorted(keys_of(second.attempted)) == sorted(keys)
    assert again or keys_of(second.orders) == []


# -- what was attempted stays what it became ---------------------------------------------------------------


@pytest.mark.parametrize("status", AFTER_AN_ATTEMPT)
@pytest.mark.parametrize("prices", [GONE, CLOSED])
def test_a_product_that_closed_or_vanished_does_not_make_an_attempted_row_invalid(
    status: Status, prices: PriceList
) -> None:
    plan = plan_of(topups((ANDI, "S5"), (BUDI, "S5")), known_of((ANDI, "S5", 1, status)), prices=prices)
    assert keys_of(plan.attempted) == [(ANDI, "S5", 1)]
    assert list(plan.held) == [3]


def test_a_vanished_product_is_known_again_however_the_sheet_spells_it() -> None:
    plan = plan_of(topups((ANDI, "s5")), known_of((ANDI, "S5", 1, "sukses")), prices=GONE)
    assert len(plan.attempted) == 1


LOWER = price_list(replace(PRICES["S5"], code="s5"), PRICES["S10"])
BOTH = price_list(*PRICES.values(), a_product("s5", "TELKOMSEL", 6_000, 6_600))


@pytest.mark.parametrize("spelled", ["S5", "s5"])
@pytest.mark.parametrize("status", AFTER_AN_ATTEMPT)
def test_a_product_that_the_price_list_spells_in_another_case_now_is_the_same(
    status: Status, spelled: str
) -> None:
    plan = plan_of(topups((ANDI, spelled)), known_of((ANDI, "S5", 1, status)), prices=LOWER)
    assert (keys_of(plan.orders), keys_of(plan.attempted)) == ([], [(ANDI, "S5", 1)])


def test_an_order_that_was_never_sent_goes_by_the_price_lists_present_spelling() -> None:
    known = known_of((ANDI, "S5", 1, "unsent"), (ANDI, "S10", 1, "sukses"))
    plan = plan_of(topups((ANDI, "S5"), (ANDI, "S10")), known, prices=LOWER)
    assert keys_of(plan.orders) == [(ANDI, "s5", 1)]


def test_products_that_differ_in_case_alone_are_two_while_the_price_list_has_both() -> None:
    known = known_of((ANDI, "S5", 1, "gagal"))
    plan = plan_of(topups((ANDI, "S5"), (ANDI, "s5")), known, prices=BOTH)
    assert keys_of(plan.attempted) == [(ANDI, "S5", 1)]
    assert keys_of(plan.orders) == [(ANDI, "s5", 1)]


def test_two_vanished_products_of_one_number_are_both_known_again() -> None:
    """Without the price list neither has a nominal, which does not make one the other's copy."""
    known = known_of((ANDI, "S5", 1, "sukses"), (ANDI, "S10", 1, "sukses"))
    for wishes in (Wishes(), REPEAT):
        plan = plan_of(topups((ANDI, "S5"), (ANDI, "S10")), known, wishes, prices=GONE)
        assert keys_of(plan.attempted) == [(ANDI, "S5", 1), (ANDI, "S10", 1)]


def test_a_nominal_cell_that_was_edited_does_not_make_an_attempted_row_invalid() -> None:
    sheet = sheet_of([("", ANDI, "S5", "10000")], (*HEADER, "Nominal"))
    plan = plan_of(sheet, known_of((ANDI, "S5", 1, "pending")))
    assert keys_of(plan.attempted) == [(ANDI, "S5", 1)]


@given(plans(), st.booleans())
def test_plans_have_one_digest_where_they_have_the_same_lines(
    planned: tuple[Plan, Known, Wishes], repeat: bool
) -> None:
    one, _, wishes = planned
    other = plan_of(one.rows.sheet, None, replace(wishes, repeat_duplicates=repeat))
    same = list(line_values(one)) == list(line_values(other))
    assert (digest_of(one) == digest_of(other)) is same


@given(sheets(), st.sets(st.integers(2, 9)))
def test_an_order_is_of_the_same_row_wherever_that_stood(drawn: tuple[Sheet, Known], wrong: set[int]) -> None:
    sheet, known = drawn
    rows = understood(sheet)
    moved = replace(known, orders=known.orders.assign(row=known.orders["row"] + 1_000))
    stood, elsewhere = (
        resume.recognise(*resume.at_their_places(rows, each), wrong) for each in (known, moved)
    )
    pd.testing.assert_frame_equal(stood, elsewhere)


def test_rows_that_moved_are_known_by_what_they_ask() -> None:
    known = known_of((ANDI, "S5", 1, "sukses"), (BUDI, "S10", 1, "unsent"))
    plan = plan_of(topups((BUDI, "S10"), (ANDI, "S5"), numbers=[40, 41]), known)
    assert (list(plan.orders.index), list(plan.attempted.index)) == ([40], [41])


@pytest.mark.parametrize("status", NOT_FAILED)
def test_retrying_failed_rows_sends_no_others(status: Status) -> None:
    plan = plan_of(topups((ANDI, "S5")), known_of((ANDI, "S5", 1, status)), RETRY)
    assert (keys_of(plan.orders), len(plan.attempted)) == ([], 1)


def test_a_failed_row_is_sent_again_only_where_it_is_wished_and_still_valid() -> None:
    known = known_of((ANDI, "S5", 1, "gagal"))
    assert keys_of(plan_of(topups((ANDI, "S5")), known).orders) == []
    assert keys_of(plan_of(topups((ANDI, "S5")), known, RETRY).orders) == [(ANDI, "S5", 1)]
    assert keys_of(plan_of(topups((ANDI, "S5")), known, RETRY, prices=CLOSED).attempted) == [(ANDI, "S5", 1)]


def test_a_failed_row_that_may_not_be_retried_stays_what_it_became() -> None:
    """It is *gagal*; held as something else, it would stand in the results a second time."""
    known = known_of((ANDI, "S5", 1, "gagal"))
    elsewhere = elsewhere_of((ANDI, 5_000, 1, TODAY.isoformat(), "paid"))
    plan = plan_of(topups((ANDI, "S5")), known, RETRY, elsewhere=elsewhere)
    assert keys_of(plan.orders) == []
    assert keys_of(plan.attempted) == [(ANDI, "S5", 1)]
    assert [finding.code for finding in plan.findings] == ["duplicate.other_batch"]
    assert plan.not_again == {2: plan.findings}


def test_a_failed_row_says_why_it_may_not_be_retried_only_where_that_is_wished() -> None:
    known = known_of((ANDI, "S5", 1, "gagal"))
    elsewhere = elsewhere_of((ANDI, 5_000, 1, TODAY.isoformat(), "paid"))
    plan = plan_of(topups((ANDI, "S5")), known, elsewhere=elsewhere)
    assert (plan.not_again, plan.findings) == ({}, ())
    closed = plan_of(topups((ANDI, "S5")), known, RETRY, prices=CLOSED)
    assert [finding.code for finding in closed.not_again[2]] == ["product.closed"]


def test_two_attempted_orders_for_one_slot_are_neithers_copy() -> None:
    """One failed, its row was changed to the other product and paid, and then both rows were kept."""
    known = known_of((ANDI, "S5", 1, "gagal"), (ANDI, "SP5", 1, "sukses"))
    for wishes in (Wishes(), RETRY):
        plan = plan_of(topups((ANDI, "S5"), (ANDI, "SP5")), known, wishes)
        assert keys_of(plan.orders) == []
        assert sorted(keys_of(plan.attempted)) == [(ANDI, "S5", 1), (ANDI, "SP5", 1)]


# -- the sheet's own duplicates ----------------------------------------------------------------------------


def test_the_second_row_for_one_number_and_amount_is_held_and_names_the_first() -> None:
    sheet = topups((ANDI, "S5"), (BUDI, "S5"), ("+62 812-1000-0001", "SP5"), numbers=[5, 6, 9])
    plan = plan_of(sheet)
    assert list(plan.orders.index) == [5, 6]
    assert plan.held[9].status is Status.DUPLICATE
    (finding,) = plan.held[9].why
    assert (finding.code, finding.value) == ("duplicate.sheet", "+62 812-1000-0001")
    assert finding.facts == {"first": "5", "nominal": "5000", "number": ANDI}


def test_another_amount_to_the_same_number_is_no_duplicate() -> None:
    assert not plan_of(topups((ANDI, "S5"), (ANDI, "S10"))).held


def test_counts_in_the_sheet_tell_deliberate_repeats_from_duplicates() -> None:
    plan = plan_of(counted((ANDI, "S5", "1"), (ANDI, "S5", "2"), (ANDI, "S5", "2"), (ANDI, "S5", "")))
    assert keys_of(plan.orders) == [(ANDI, "S5", 1), (ANDI, "S5", 2)]
    assert held_codes(plan) == {4: ["duplicate.sheet"], 5: ["duplicate.sheet"]}


@pytest.mark.parametrize("status", AFTER_AN_ATTEMPT)
def test_an_attempted_row_is_never_the_copy_wherever_it_moved(status: Status) -> None:
    plan = plan_of(topups((ANDI, "SP5"), (ANDI, "S5")), known_of((ANDI, "S5", 1, status)))
    assert list(plan.attempted.index) == [3]
    assert held_codes(plan)[2] == ["duplicate.sheet"]


def test_a_duplicate_stays_held_on_every_later_day() -> None:
    sheet = topups((ANDI, "S5"), (ANDI, "S5"))
    plan = plan_of(sheet, known_of((ANDI, "S5", 1, "sukses"), first_day=TODAY.replace(day=3)))
    assert held_codes(plan) == {3: ["duplicate.sheet"]}


# -- repeats by option -------------------------------------------------------------------------------------


def test_repeat_gives_the_nth_copy_the_nth_count() -> None:
    plan = plan_of(
        topups((ANDI, "S5"), (BUDI, "S5"), (ANDI, "SP5"), (ANDI, "S10"), (ANDI, "S5")), None, REPEAT
    )
    assert keys_of(plan.orders) == [
        (ANDI, "S5", 1),
        (BUDI, "S5", 1),
        (ANDI, "SP5", 2),
        (ANDI, "S10", 1),
        (ANDI, "S5", 3),
    ]


def test_a_count_that_stands_in_the_sheet_is_never_renumbered() -> None:
    plan = plan_of(counted((ANDI, "S5", "2"), (ANDI, "S5", ""), (ANDI, "S5", "2")), None, REPEAT)
    assert keys_of(plan.orders) == [(ANDI, "S5", 2), (ANDI, "S5", 1)]
    assert held_codes(plan) == {4: ["duplicate.sheet"]}


def test_a_later_run_without_repeat_still_knows_the_copies_that_were_sent() -> None:
    known = known_of((ANDI, "S5", 1, "sukses"), (ANDI, "S5", 2, "unknown"), (ANDI, "S5", 3, "unsent"))
    plan = plan_of(topups(*[(ANDI, "S5")] * 3), known)
    assert keys_of(plan.attempted) == [(ANDI, "S5", 1), (ANDI, "S5", 2)]
    assert held_codes(plan) == {4: ["duplicate.sheet"]}
    assert keys_of(plan_of(topups(*[(ANDI, "S5")] * 3), known, REPEAT).orders) == [(ANDI, "S5", 3)]


def test_copies_are_known_again_when_their_rows_change_places() -> None:
    known = known_of((ANDI, "S5", 1, "sukses"), (ANDI, "SP5", 2, "sukses"))
    for wishes in (Wishes(), REPEAT):
        plan = plan_of(topups((ANDI, "SP5"), (ANDI, "S5")), known, wishes)
        assert sorted(keys_of(plan.attempted)) == [(ANDI, "S5", 1), (ANDI, "SP5", 2)]


def test_a_copy_does_not_follow_a_row_that_is_held() -> None:
    """Copy n waits for copy n-1 to be paid; one that is not even planned will not be."""
    sheet = sheet_of([("", ANDI, "S5", "9999"), ("", ANDI, "S5", "5000")], (*HEADER, "Nominal"))
    plan = plan_of(sheet, None, REPEAT)
    assert all(itrx == 1 for _, _, itrx in keys_of(plan.orders))


# -- levels, statuses, totals ------------------------------------------------------------------------------


def test_a_warning_holds_a_row_only_under_strict() -> None:
    sheet = topups((DEWI, "S5"))
    sent = plan_of(sheet)
    assert len(sent.orders) == 1
    assert [finding.code for finding in sent.findings] == ["operator.differs"]
    held = plan_of(sheet, None, Wishes(strict=True)).held[2]
    assert (held.status, held.why[0].code) == (Status.INVALID, "operator.differs")


def test_strict_keeps_an_attempted_row_with_a_warning() -> None:
    plan = plan_of(topups((DEWI, "S5")), known_of((DEWI, "S5", 1, "sukses")), Wishes(strict=True))
    assert (len(plan.attempted), len(plan.held)) == (1, 0)


def test_the_cost_is_the_orders_listed_prices_by_operator_the_dearest_first() -> None:
    plan = plan_of(topups((DEWI, "I5"), (ANDI, "S5"), (ANDI, "S10"), (BUDI, "S25")))
    assert plan.rows_in == 4
    assert plan.cost == 5_800 + 5_630 + 10_600
    assert plan.by_operator() == [("TELKOMSEL", 2, 16_230), ("INDOSAT", 1, 5_800)]


def test_a_plan_without_orders_costs_nothing() -> None:
    plan = plan_of(topups(("nobody", "S5"), ("", "")))
    assert (plan.cost, plan.by_operator(), plan.rows_in) == (0, [], 2)


def test_held_rows_are_grouped_by_their_first_reason() -> None:
    plan = plan_of(topups((ANDI, "S5"), (ANDI, "S5"), ("nobody", "zzz5"), (ANDI, "SP5")))
    assert plan.held_by_code() == {"duplicate.sheet": [3, 5], "number.letters": [4]}


def test_only_rows_that_are_sent_are_sent_with_a_warning() -> None:
    sheet = topups((DEWI, "S5"), (ANDI, "S5"), (DEWI, "S5"), (DEWI, "S25"))
    assert plan_of(sheet).warned() == [2]
    assert plan_of(sheet, None, Wishes(strict=True)).warned() == []
    assert plan_of(sheet, known_of((DEWI, "S5", 1, "sukses"))).warned() == []


def test_findings_stand_in_the_sheets_order() -> None:
    plan = plan_of(topups((ANDI, "S5"), (ANDI, "S5"), ("nobody", "S5"), (DEWI, "S5")))
    assert [finding.row for finding in plan.findings] == [3, 4, 5]


def test_a_budget_and_wishes_leave_no_trace_in_the_orders() -> None:
    assert keys_of(plan_of(topups((ANDI, "S5")), budget=1).orders) == [(ANDI, "S5", 1)]


def test_orders_of_a_frame_are_orders_with_their_ids() -> None:
    plan = plan_of(counted((ANDI, "S5", "2")))
    (order,) = orders_of(plan.orders.assign(id=[17]))
    assert order == Order(17, 2, ANDI, "S5", 2, 5_000, "TELKOMSEL", 5_630)
    assert [type(value) for value in (order.id, order.row, order.itrx, order.nominal, order.price)] == [
        int
    ] * 5


# -- the plan code -----------------------------------------------------------------------------------------

BASE = counted((ANDI, "S5", "1"), (BUDI, "S10", "1"), ("nobody", "S5", ""))


def code_of(
    sheet: Sheet = BASE, budget: int | None = 100_000, prices: PriceList = PRICES, **identity: str
) -> str:
    mine = replace(IDENTITY, **identity)
    return plan_of(sheet, budget=budget, prices=prices, identity=mine).code


def dearer(code: str) -> PriceList:
    return {**PRICES, code: a_product(code, "TELKOMSEL", PRICES[code].nominal, 9_999)}


def test_the_code_has_eighty_bits_in_letters_that_nobody_misreads() -> None:
    assert re.fullmatch("[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}", code_of())


@pytest.mark.parametrize(
    "other",
    [
        code_of(counted((CITRA, "S5", "1"), (BUDI, "S10", "1"), ("nobody", "S5", ""))),
        code_of(counted((ANDI, "SP5", "1"), (BUDI, "S10", "1"), ("nobody", "S5", ""))),
        code_of(counted((ANDI, "S5", "2"), (BUDI, "S10", "1"), ("nobody", "S5", ""))),
        code_of(counted((BUDI, "S10", "1"), (ANDI, "S5", "1"), ("nobody", "S5", ""))),
        code_of(counted((ANDI, "S5", "1"), ("nobody", "S5", ""), (BUDI, "S10", "1"))),
        code_of(counted((ANDI, "S5", "1"), ("nobody", "S5", ""))),
        code_of(counted((ANDI, "S5", "1"), (BUDI, "S10", "1"), (CITRA, "S5", ""))),
        code_of(prices=dearer("S5")),
        code_of(budget=100_001),
        code_of(budget=None),
        code_of(budget=0),
        code_of(account="agent2"),
        code_of(base_url="https://other.example/json/pulsa"),
        code_of(tab="Februari"),
        code_of(month="2025-02"),
        code_of(follows="b1"),
        code_of(replace(BASE, path=BASE.path.with_name("other.xlsx"))),
    ],
)
def test_the_code_changes_with_everything_that_a_person_approves(other: str) -> None:
    assert other != code_of()


def test_the_code_covers_that_another_batch_paid_most_rows() -> None:
    sheet = topups((ANDI, "S5"), (BUDI, "S5"), (CITRA, "S5"))
    alike = recent_of((ANDI, 5_000), (BUDI, 5_000), (CITRA, 5_000))
    assert plan_of(sheet, recent=alike).code != plan_of(sheet).code


def test_facts_cannot_run_into_each_other() -> None:
    assert code_of(tab="x", month="y") != code_of(tab="xy", month="")
    assert code_of(account='a","b') != code_of(account="a", base_url="b")


def test_held_rows_and_columns_of_the_users_own_do_not_change_the_code() -> None:
    other = counted((ANDI, "S5", "1"), (BUDI, "S10", "1"), ("nobody else", "zzz", "x"))
    assert code_of(other) == code_of()
    assert code_of(prices=dearer("SP5")) == code_of()


def test_the_code_of_a_batch_stays_the_same_while_it_is_sent() -> None:
    sheet = topups((ANDI, "S5"), (BUDI, "S10"))
    half_sent = known_of((ANDI, "S5", 1, "sukses"), (BUDI, "S10", 1, "unsent"))
    assert plan_of(sheet, half_sent).code == plan_of(sheet).code


def test_the_order_in_which_rows_are_read_does_not_change_the_code() -> None:
    one = topups((ANDI, "S5"), (BUDI, "S10"), ("nobody", ""), numbers=[4, 6, 5])
    other = topups(("nobody", ""), (BUDI, "S10"), (ANDI, "S5"), numbers=[5, 6, 4])
    assert plan_of(one).code == plan_of(other).code

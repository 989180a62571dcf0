"""A sheet against what is known: may the batch carry on, and which of its rows must not be sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import Level
from bulk_topup.core.status import Status
from bulk_topup.rules import duplicates, resume
from bulk_topup.rules.orders import Known, Wishes
from tests.builders import (
    ANDI,
    BUDI,
    CITRA,
    DEWI,
    HEADER,
    NOTHING_ELSEWHERE,
    NOTHING_RECENT,
    TODAY,
    counted,
    elsewhere_of,
    held_codes,
    keys_of,
    known_of,
    plan_of,
    recent_of,
    sheet_of,
    topups,
    understood,
)

if TYPE_CHECKING:
    from bulk_topup.core.model import Sheet

NONE_YET = None
THIS_DAY, EARLIER, LAST_MONTH, LAST_YEAR = TODAY, date(2025, 1, 17), date(2024, 12, 31), date(2024, 1, 20)
CARRIES_ON, NEW = False, True
LEFT = [(ANDI, "S5", 1, "sukses"), (BUDI, "S5", 1, "unsent")]
OPEN = [(ANDI, "S5", 1, "pending")]
DONE = [(ANDI, "S5", 1, "sukses"), (BUDI, "S5", 1, "duplicate"), (CITRA, "S5", 1, "gagal")]


def decide(
    first_day: date | None, orders: list[tuple[str, str, int, str]], *, same: bool, wishes: Wishes
) -> bool | str:
    """Whether a new batch is started, or the code of the refusal."""
    known = known_of(*orders, first_day=first_day, content="as it was")
    try:
        return resume.must_be_new(known, lambda: "as it was" if same else "edited", TODAY, wishes)
    except InputError as refusal:
        return refusal.code


# -- the table "a batch and its sheet" ---------------------------------------------------------------------


@pytest.mark.parametrize("orders", [LEFT, OPEN, DONE])
@pytest.mark.parametrize("same", [True, False])
@pytest.mark.parametrize("day", [NONE_YET, THIS_DAY])
def test_before_its_first_attempt_and_all_of_that_day_a_batch_carries_on(
    day: date | None, same: bool, orders: list[tuple[str, str, int, str]]
) -> None:
    assert decide(day, orders, same=same, wishes=Wishes()) is CARRIES_ON


@pytest.mark.parametrize(
    ("day", "same", "orders", "expected"),
    [
        (EARLIER, True, LEFT, CARRIES_ON),
        (EARLIER, True, OPEN, CARRIES_ON),
        (EARLIER, True, [(ANDI, "S5", 1, "accepted")], CARRIES_ON),
        (EARLIER, True, [(ANDI, "S5", 1, "unknown")], CARRIES_ON),
        (EARLIER, True, DONE, CARRIES_ON),
        (EARLIER, False, LEFT, "batch.changed"),
        (EARLIER, False, OPEN, "batch.changed"),
        (EARLIER, False, DONE, "batch.changed"),
        *[
            (day, same, orders, "batch.earlier_month")
            for day in (LAST_MONTH, LAST_YEAR)
            for same in (True, False)
            for orders in (LEFT, OPEN, DONE)
        ],
    ],
)
def test_on_a_later_day_only_the_same_unfinished_sheet_of_this_month_carries_on(
    day: date, same: bool, orders: list[tuple[str, str, int, str]], expected: bool | str
) -> None:
    assert decide(day, orders, same=same, wishes=Wishes()) == expected
    assert decide(day, orders, same=same, wishes=Wishes(same_batch=True)) is CARRIES_ON
    assert decide(day, orders, same=same, wishes=Wishes(new_batch=True)) is NEW


def test_the_refusal_names_the_day_of_the_first_attempt() -> None:
    with pytest.raises(InputError) as refusal:
        resume.must_be_new(known_of(*DONE, first_day=LAST_MONTH), str, TODAY, Wishes())
    assert refusal.value.facts == {"day": LAST_MONTH}


@pytest.mark.parametrize("first_day", [NONE_YET, THIS_DAY, EARLIER])
def test_a_batch_that_began_on_a_day_still_to_come_goes_on_only_by_a_persons_word(
    first_day: date | None,
) -> None:
    ahead = replace(known_of(*LEFT, first_day=first_day), started=date(2025, 1, 21))

    with pytest.raises(InputError, match=r"batch\.ahead"):
        resume.must_be_new(ahead, str, TODAY, Wishes())
    assert resume.must_be_new(ahead, str, TODAY, Wishes(same_batch=True)) is CARRIES_ON
    assert resume.must_be_new(ahead, str, TODAY, Wishes(new_batch=True)) is NEW


def test_a_batch_of_an_earlier_month_that_sent_nothing_is_not_gone_on_with_unasked() -> None:
    """By the day on which it began, all that its rows were paid since then would hold this month's."""
    begun = replace(known_of(*LEFT, first_day=None), started=LAST_MONTH)

    with pytest.raises(InputError, match=r"batch\.earlier_month"):
        resume.must_be_new(begun, str, TODAY, Wishes())
    assert resume.must_be_new(begun, str, TODAY, Wishes(same_batch=True)) is CARRIES_ON
    assert resume.must_be_new(begun, str, TODAY, Wishes(new_batch=True)) is NEW
    assert resume.must_be_new(replace(begun, started=EARLIER), lambda: "other", TODAY, Wishes()) is CARRIES_ON


def test_a_new_batch_may_be_wished_on_the_same_day_too() -> None:
    assert decide(THIS_DAY, DONE, same=True, wishes=Wishes(new_batch=True)) is NEW


def test_failed_rows_can_be_sent_again_on_a_later_day() -> None:
    """Were the batch called finished, the only way shown would be --new-batch, which pays everyone again."""
    assert decide(EARLIER, DONE, same=True, wishes=Wishes(retry_failed=True)) is CARRIES_ON


@pytest.mark.parametrize("orders", [DONE, [(ANDI, "S5", 1, "sukses")]])
def test_on_a_later_day_a_plan_with_nothing_to_send_and_nothing_open_is_finished(
    orders: list[tuple[str, str, int, str]],
) -> None:
    """Judged by the plan: a row that a check held back until today is something to send."""
    known = known_of(*orders, first_day=EARLIER)
    with pytest.raises(InputError, match=r"batch\.finished"):
        resume.assert_not_finished(known, 0, TODAY, Wishes())
    resume.assert_not_finished(known, 1, TODAY, Wishes())
    resume.assert_not_finished(known, 0, TODAY, Wishes(same_batch=True))
    resume.assert_not_finished(known_of(*orders, first_day=TODAY), 0, TODAY, Wishes())
    resume.assert_not_finished(known_of(*OPEN, first_day=EARLIER), 0, TODAY, Wishes())


# -- whether a sheet is the same ---------------------------------------------------------------------------


def fingerprint(sheet: Sheet) -> str:
    return resume.content_of(understood(sheet))


SHEET = [(ANDI, "S5"), (BUDI, "S10"), ("nobody", "S5")]


def test_the_order_of_the_rows_and_the_spelling_of_a_number_are_no_change() -> None:
    again = topups(("nobody", "S5"), ("+62 812-1000-0002", "s10 "), (ANDI, "S5"), numbers=[5, 90, 7])
    assert fingerprint(again) == fingerprint(topups(*SHEET))


@pytest.mark.parametrize(
    "edited",
    [
        SHEET[:2],
        [*SHEET, (CITRA, "S5")],
        [*SHEET, SHEET[0]],
        [(ANDI, "S10"), *SHEET[1:]],
        [(DEWI, "S5"), *SHEET[1:]],
        [*SHEET[:2], ("somebody", "S5")],
        [*SHEET[:2], ("nobody", "S10")],
    ],
)
def test_a_row_more_or_less_or_corrected_is_a_change(edited: list[tuple[str, str]]) -> None:
    assert fingerprint(topups(*edited)) != fingerprint(topups(*SHEET))


def test_another_count_is_a_change() -> None:
    assert fingerprint(counted((ANDI, "S5", "1"))) != fingerprint(counted((ANDI, "S5", "2")))


def test_a_column_of_the_users_own_is_no_change() -> None:
    one, two = (sheet_of([(name, ANDI, "S5")], HEADER) for name in ("Andi", "Pak Andi"))
    assert fingerprint(one) == fingerprint(two)


# -- new rows to numbers that were paid --------------------------------------------------------------------


@pytest.mark.parametrize("status", ["sukses", "pending", "accepted", "unknown"])
def test_a_new_row_to_a_number_that_has_money_is_held_and_names_the_earlier_row(status: str) -> None:
    known = known_of((BUDI, "S5", 1, "sukses"), (ANDI, "S5", 1, status))
    (finding,) = plan_of(topups((ANDI, "S10"), (CITRA, "S10")), known).held[2].why
    assert (finding.row, finding.level, finding.code) == (2, Level.ERROR, "changed.already_sent")
    assert finding.facts == {"row": "3", "product": "S5", "status": status}


@pytest.mark.parametrize("status", ["unsent", "gagal", "duplicate"])
def test_a_new_row_to_a_number_that_has_none_is_an_order(status: str) -> None:
    plan = plan_of(topups((ANDI, "S10")), known_of((ANDI, "S5", 1, status)))
    assert keys_of(plan.orders) == [(ANDI, "S10", 1)]


def test_a_row_that_was_planned_from_the_start_is_not_new() -> None:
    known = known_of((ANDI, "S5", 1, "sukses"), (ANDI, "S10", 1, "unsent"))
    plan = plan_of(topups((ANDI, "S5"), (ANDI, "S10")), known)
    assert (keys_of(plan.attempted), keys_of(plan.orders)) == ([(ANDI, "S5", 1)], [(ANDI, "S10", 1)])


def test_include_changed_sends_the_new_row() -> None:
    known = known_of((ANDI, "S5", 1, "sukses"))
    plan = plan_of(topups((ANDI, "S5"), (ANDI, "S10")), known, Wishes(include_changed=True))
    assert keys_of(plan.orders) == [(ANDI, "S10", 1)]


@pytest.mark.parametrize("status", ["pending", "accepted", "unknown"])
@pytest.mark.parametrize("other", [(), ((ANDI, "SP5", 1, "unsent"),)], ids=["new", "planned before"])
@pytest.mark.parametrize("sheet", [topups((ANDI, "SP5")), counted((ANDI, "SP5", "2"))], ids=["1", "2"])
def test_nobodys_word_sends_a_nominal_that_is_open_under_another_code(
    status: str, other: tuple[Any, ...], sheet: Sheet
) -> None:
    known = known_of((ANDI, "S5", 1, status), *other)
    for wishes in (Wishes(), Wishes(include_changed=True)):
        (finding,) = plan_of(sheet, known, wishes).held[2].why
        assert finding.code == "changed.still_open"
        assert finding.facts == {"row": "2", "product": "S5", "status": status}


def test_a_copy_of_an_open_row_is_an_order_that_waits_for_it() -> None:
    sheet, known = counted((ANDI, "S5", "1"), (ANDI, "SP5", "2")), known_of((ANDI, "S5", 1, "pending"))
    assert keys_of(plan_of(sheet, known, Wishes(include_changed=True)).orders) == [(ANDI, "SP5", 2)]


@pytest.mark.parametrize("status", ["sukses", "unknown"])
@pytest.mark.parametrize("before", ["unsent", "gagal"])
def test_a_row_that_was_planned_before_is_new_where_the_paid_one_is_gone(before: str, status: str) -> None:
    """The sheet, or the whole folder, was restored as it was before the row was corrected and paid."""
    known = known_of((ANDI, "S5", 1, before), (ANDI, "S10", 1, status))
    wishes = Wishes(retry_failed=True)
    held = plan_of(topups((ANDI, "S5")), known, wishes)
    assert (keys_of(held.orders), [found.code for found in held.findings]) == ([], ["changed.already_sent"])
    included = plan_of(topups((ANDI, "S5")), known, replace(wishes, include_changed=True))
    assert keys_of(included.orders) == [(ANDI, "S5", 1)]


@pytest.mark.parametrize(
    ("sheet", "held"),
    [
        (topups((ANDI, "SP5")), {2: ["changed.already_sent"]}),
        (topups((ANDI, "S10")), {}),
        (counted((ANDI, "S5", "2")), {}),
        (counted((ANDI, "S5", "1"), (ANDI, "SP5", "2")), {}),
    ],
    ids=["another code", "another nominal", "another count", "a copy"],
)
def test_what_the_provider_refused_as_a_repeat_is_not_sent_by_another_code(
    sheet: Sheet, held: dict[int, list[str]]
) -> None:
    known = known_of((ANDI, "S5", 1, "duplicate"))
    assert held_codes(plan_of(sheet, known)) == held
    assert len(plan_of(sheet, known, Wishes(include_changed=True)).orders) == 1


@pytest.mark.parametrize("status", ["unsent", "gagal"])
@pytest.mark.parametrize("product", ["S5", "SP5"])
@pytest.mark.parametrize("doubt", ["turned_away", "closed"])
def test_an_order_that_may_have_been_paid_has_a_warning_whatever_its_code_and_became_of_it(
    doubt: str, product: str, status: str
) -> None:
    doubts: dict[str, Any] = {doubt: {(ANDI, 5_000): EARLIER}}
    known = replace(known_of((ANDI, "S5", 1, status)), **doubts)
    sheet, wishes = topups((ANDI, product), (BUDI, "S5")), Wishes(retry_failed=True)
    plan = plan_of(sheet, known, wishes)
    (warning,) = plan.findings
    assert warning.facts == {"day": EARLIER.isoformat()}
    assert len(plan.orders) == 2
    assert keys_of(plan_of(sheet, known, replace(wishes, strict=True)).orders) == [(BUDI, "S5", 1)]


def test_a_product_that_may_have_been_paid_has_a_warning_under_another_nominal_too() -> None:
    known = replace(known_of(), turned_away={(ANDI, "S5"): EARLIER, (ANDI, 4_500): EARLIER})
    assert len(plan_of(topups((ANDI, "S5"), (ANDI, "S10")), known).findings) == 1
    today = replace(known_of(), turned_away={(ANDI, 5_000): TODAY})
    assert not plan_of(topups((ANDI, "S5")), today).findings


def test_held_changed_rows_are_unsent_in_the_results() -> None:
    plan = plan_of(topups((ANDI, "S10")), known_of((ANDI, "S5", 1, "sukses")))
    assert plan.held[2].status is Status.UNSENT


# -- claims of other batches -------------------------------------------------------------------------------

TODAYS, YESTERDAYS = TODAY.isoformat(), "2025-01-19"


@pytest.mark.parametrize("state", ["paid", "held"])
def test_another_batchs_claim_of_today_makes_a_row_duplicate_and_names_it(state: str) -> None:
    plan = plan_of(topups((ANDI, "SP5")), elsewhere=elsewhere_of((ANDI, 5_000, 1, TODAYS, state)))
    assert plan.held[2].status is Status.DUPLICATE
    (finding,) = plan.held[2].why
    assert finding.code == "duplicate.other_batch"
    assert finding.facts == {"batch": "lebaran", "row": "7", "day": TODAYS}


def test_an_open_claim_of_another_day_holds_the_row_whatever_its_count() -> None:
    sheet = counted((ANDI, "S5", "1"), (ANDI, "S5", "2"), (ANDI, "S10", "1"))
    plan = plan_of(sheet, elsewhere=elsewhere_of((ANDI, 5_000, 1, YESTERDAYS, "open")))
    assert held_codes(plan) == {2: ["duplicate.open_elsewhere"], 3: ["duplicate.open_elsewhere"]}
    assert keys_of(plan.orders) == [(ANDI, "S10", 1)]


@pytest.mark.parametrize("state", ["paid", "held"])
def test_a_closed_claim_of_another_day_holds_nothing(state: str) -> None:
    plan = plan_of(topups((ANDI, "S5")), elsewhere=elsewhere_of((ANDI, 5_000, 1, YESTERDAYS, state)))
    assert keys_of(plan.orders) == [(ANDI, "S5", 1)]


def test_other_amounts_to_the_number_pass_with_a_warning_that_strict_holds() -> None:
    """A second payment, or a sheet that was renamed and corrected?"""
    claims = elsewhere_of((ANDI, 5_000, 1, TODAYS, "open"), (BUDI, 10_000, 1, YESTERDAYS, "paid"))
    sheet = topups((ANDI, "S10"), (BUDI, "S5"), (CITRA, "S5"))
    plan = plan_of(sheet, elsewhere=claims)
    assert not plan.held
    (warned,) = plan.findings
    assert (warned.row, warned.level, warned.code) == (2, Level.WARNING, "recent.other_amount")
    assert warned.facts == {"batch": "lebaran", "row": "7", "day": TODAYS, "nominal": "5000"}
    assert held_codes(plan_of(sheet, None, Wishes(strict=True), elsewhere=claims)) == {2: [warned.code]}


@pytest.mark.parametrize(("day", "state"), [(TODAYS, "paid"), (TODAYS, "open"), (YESTERDAYS, "open")])
def test_a_product_is_the_same_under_another_nominal_that_the_price_list_stated(day: str, state: str) -> None:
    claims = elsewhere_of((ANDI, 4_500, 1, day, state), product="S5")
    plan = plan_of(topups((ANDI, "S5"), (ANDI, "S10"), (BUDI, "S5")), elsewhere=claims)
    assert keys_of(plan.orders) == [(ANDI, "S10", 1), (BUDI, "S5", 1)]


def test_the_sheets_own_count_goes_past_another_batchs_paid_claim() -> None:
    plan = plan_of(counted((ANDI, "S5", "2")), elsewhere=elsewhere_of((ANDI, 5_000, 1, TODAYS, "paid")))
    assert keys_of(plan.orders) == [(ANDI, "S5", 2)]


def test_a_repeat_by_option_does_not_go_past_another_batchs_claim() -> None:
    """Only a count that stands in the sheet says that a further top-up is meant."""
    elsewhere = elsewhere_of((ANDI, 5_000, 1, TODAYS, "paid"))
    plan = plan_of(
        topups((ANDI, "S5"), (ANDI, "S5")), None, Wishes(repeat_duplicates=True), elsewhere=elsewhere
    )
    assert keys_of(plan.orders) == []
    assert {held.status for held in plan.held.values()} == {Status.DUPLICATE}


def test_one_row_with_several_claims_is_held_once() -> None:
    claims = elsewhere_of(
        (ANDI, 5_000, 1, TODAYS, "open"),
        (ANDI, 5_000, 1, YESTERDAYS, "open"),
        (ANDI, 5_000, 2, TODAYS, "open"),
    )
    assert held_codes(plan_of(topups((ANDI, "S5")), elsewhere=claims)) == {2: ["duplicate.open_elsewhere"]}


def test_what_this_batch_has_attempted_is_not_measured_against_others() -> None:
    known = known_of((ANDI, "S5", 1, "pending"))
    plan = plan_of(topups((ANDI, "S5")), known, elsewhere=elsewhere_of((ANDI, 5_000, 1, TODAYS, "open")))
    assert keys_of(plan.attempted) == [(ANDI, "S5", 1)]


def test_no_claims_and_no_candidates_are_no_findings() -> None:
    nobody, rows = plan_of(topups(("nobody", "S5"))).orders, understood(topups((ANDI, "S5")))
    claims = elsewhere_of((ANDI, 5_000, 1, TODAYS, "paid"))
    assert list(duplicates.claimed_elsewhere(nobody, claims, TODAY)) == []
    paid = known_of((ANDI, "S5", 1, "sukses"))
    assert list(duplicates.changed_rows(nobody, nobody, paid, rows, included=False)) == []
    orders = plan_of(topups((ANDI, "S5"))).orders
    assert list(duplicates.claimed_elsewhere(orders, NOTHING_ELSEWHERE, TODAY)) == []
    assert list(duplicates.changed_rows(orders, nobody, Known(), rows, included=False)) == []


# -- what another batch paid lately ------------------------------------------------------------------------

FOUR = [(ANDI, "S5"), (BUDI, "S5"), (CITRA, "S5"), (DEWI, "I5")]


def paid(*numbers: str, batch: str = "b2", day: str = "2025-01-19") -> pd.DataFrame:
    return recent_of(*((number, 5_000) for number in numbers), batch=batch, day=day)


@pytest.mark.parametrize(
    ("recent", "overlap"),
    [
        pytest.param(
            pd.concat(
                [
                    paid(ANDI, batch="b2", day="2025-01-19"),
                    paid(BUDI, CITRA, batch="b3", day="2025-01-18").assign(batch_name="maret"),
                ]
            ),
            duplicates.Overlap("maret, lebaran", "2025-01-19", 3),
            id="three rows, by two",
        ),
        pytest.param(
            pd.concat([paid(ANDI, BUDI), paid(CITRA, DEWI, batch="b3")]),
            duplicates.Overlap("lebaran", "2025-01-19", 4),
            id="two batches of one name",
        ),
        pytest.param(
            pd.concat([paid(ANDI, BUDI), paid(ANDI, BUDI, batch="b3")]), None, id="the same two rows, by two"
        ),
    ],
)
def test_what_several_batches_paid_counts_together(
    recent: pd.DataFrame, overlap: duplicates.Overlap | None
) -> None:
    assert plan_of(topups(*FOUR), recent=recent).overlap == overlap


def test_three_orders_and_half_of_the_plan_paid_by_one_batch_are_an_overlap() -> None:
    overlap = plan_of(topups(*FOUR, (ANDI, "S10"), (BUDI, "S10")), recent=paid(ANDI, BUDI, CITRA)).overlap
    assert overlap == duplicates.Overlap("lebaran", "2025-01-19", 3)


@pytest.mark.parametrize("size", [1, 2])
def test_all_orders_of_a_small_sheet_are_an_overlap_until_it_has_sent_something(size: int) -> None:
    recent = paid(ANDI, BUDI)
    assert plan_of(topups(*FOUR[:size]), recent=recent).overlap == duplicates.Overlap(
        "lebaran", "2025-01-19", size
    )
    under_way = known_of((CITRA, "S5", 1, "sukses"))
    assert plan_of(topups(*FOUR[:size], FOUR[2]), under_way, recent=recent).overlap is None


@pytest.mark.parametrize(
    ("sheet", "recent"),
    [
        (FOUR[:3], paid(ANDI, BUDI)),
        (FOUR, pd.concat([paid(ANDI), paid(BUDI, batch="b3")])),
    ],
)
def test_fewer_are_a_warning_on_each_row(sheet: list[tuple[str, str]], recent: pd.DataFrame) -> None:
    plan = plan_of(topups(*sheet), recent=recent)
    assert plan.overlap is None
    warned = [finding for finding in plan.findings if finding.code == "recent.other_batch"]
    assert [finding.level for finding in warned] == [Level.WARNING] * len(recent)
    assert len(plan.orders) == len(sheet)


SEVEN = [*FOUR, (ANDI, "S10"), (BUDI, "S10"), (CITRA, "S10")]


@pytest.mark.parametrize(("others", "is_overlap"), [(0, True), (3, True), (4, False)])
def test_three_orders_and_half_of_what_a_batch_paid_are_an_overlap_in_a_plan_of_any_size(
    others: int, *, is_overlap: bool
) -> None:
    """A batch that stopped early, in a sheet of another name on the next day."""
    absent = [f"08129999000{nth}" for nth in range(others)]
    recent = pd.concat([paid(*absent, ANDI, BUDI, CITRA), paid(ANDI, BUDI, batch="b3")])
    plan = plan_of(topups(*SEVEN), recent=recent)
    assert (plan.overlap is not None) == is_overlap
    warned = [finding.code for finding in plan.findings]
    assert warned == ([] if is_overlap else ["recent.other_batch"] * 3)


def test_under_strict_a_row_paid_lately_is_held() -> None:
    plan = plan_of(topups(*FOUR[:2]), None, Wishes(strict=True), recent=paid(ANDI))
    assert held_codes(plan) == {2: ["recent.other_batch"]}


def test_products_paid_lately_under_another_nominal_are_an_overlap() -> None:
    recent = recent_of((ANDI, 4_500), (BUDI, 4_500), (CITRA, 5_000), product="S5")
    plan = plan_of(topups((ANDI, "S5"), (BUDI, "S5"), (CITRA, "S5"), (DEWI, "I5")), recent=recent)
    assert plan.overlap == duplicates.Overlap("lebaran", "2025-01-19", 3)


def test_nothing_paid_lately_or_other_amounts_are_no_overlap() -> None:
    for recent in (NOTHING_RECENT, recent_of((ANDI, 10_000), (BUDI, 10_000), (CITRA, 10_000))):
        plan = plan_of(topups(*FOUR), recent=recent)
        assert (plan.overlap, plan.findings) == (None, ())


def test_a_batch_paid_in_parts_on_several_days_is_one_batch_of_its_last_day() -> None:
    recent = pd.concat([paid(ANDI, BUDI, day="2025-01-02"), paid(CITRA, DEWI, day="2025-01-03")])
    assert plan_of(topups(*FOUR), recent=recent).overlap == duplicates.Overlap("lebaran", "2025-01-03", 4)

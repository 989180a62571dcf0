"""The first few top-ups go before the others, which wait for what became of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from bulk_topup.commands import check
from bulk_topup.commands.run import run_batch
from bulk_topup.commands.terminal import Terminal
from bulk_topup.core.errors import Declined
from bulk_topup.core.model import Kind
from bulk_topup.core.status import Status
from bulk_topup.rules import pilot
from bulk_topup.sandbox import PRICES as LISTED
from bulk_topup.sending.job import Approval
from tests.builders import ANDI, BUDI, CITRA, known_of, plan_of, topups
from tests.office import START, open_office, sheet_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import MakeOffice
    from tests.conftest import Office as Desktop
    from tests.office import Came, Office

OK, NOTHING_SENT, STOPPED, OPEN, INTERRUPTED = 0, 2, 3, 4, 130
PRICE = 5_650
"""Of TSEL5, in rupiah."""

NUMBERS = [f"0812345{n:05d}" for n in range(10)]
WRONG_NUMBER = "081200000011"
PENDING_THEN_SUKSES = "081200001001"
PENDING_FOR_EVER = "081200001201"
ANSWER_LOST = "081200002001"


# -- what was seen -----------------------------------------------------------------------------------------


def seen_of(*debits: tuple[int, Kind, int | None], states: tuple[str, ...] = ("sukses",) * 3) -> pilot.Pilot:
    """Of three top-ups listed at Rp5,630 each: debits are (row, kind, rupiah)."""
    plan = plan_of(topups((ANDI, "S5"), (BUDI, "S5"), (CITRA, "S5")))
    known = known_of(
        *((number, "S5", 1, state) for number, state in zip((ANDI, BUDI, CITRA), states, strict=True))
    )
    answers = [
        {"row": row, "kind": kind, "debited": debited, "price": 5_630} for row, kind, debited in debits
    ]
    return pilot.seen(plan.orders, known, answers)


def test_a_pilot_is_flawless_where_every_row_is_paid_at_its_price_or_less() -> None:
    seen = seen_of((2, Kind.SUKSES, 5_630), (3, Kind.SUKSES, 5_000), (4, Kind.SUKSES, None))
    assert seen.is_flawless
    assert (seen.total, seen.debited, seen.listed) == (3, 10_630, 11_260)
    assert seen.differing == ((3, 5_000, 5_630),)


def test_one_debit_above_its_price_is_a_flaw_whatever_the_others_saved() -> None:
    assert not seen_of((2, Kind.SUKSES, 5_631), (3, Kind.SUKSES, 1)).is_flawless


@pytest.mark.parametrize("status", [status for status in Status if status not in {"sukses", "invalid"}])
def test_a_row_that_is_not_paid_is_a_flaw(status: Status) -> None:
    seen = seen_of(states=("sukses", status, "sukses"))
    assert (seen.is_flawless, seen.rows[status], seen.total) == (False, 1, 3)


def test_what_failed_was_debited_and_paid_back() -> None:
    assert seen_of((2, Kind.GAGAL, 5_630), (3, Kind.PENDING, 5_630)).debited == 5_630


def test_an_order_that_the_batch_does_not_know_was_not_sent() -> None:
    plan = plan_of(topups((ANDI, "S5"), (BUDI, "S5")))
    seen = pilot.seen(plan.orders, known_of((ANDI, "S5", 1, "sukses")), [])
    assert seen.rows == {Status.SUKSES: 1, Status.UNSENT: 1}


def test_the_parts_of_a_plan_are_all_of_it() -> None:
    plan = plan_of(topups((ANDI, "S5"), (BUDI, "S10"), (CITRA, "I5")))
    parts = [plan.first(1).orders, plan.without_first(1).orders]
    pd.testing.assert_frame_equal(pd.concat(parts), plan.orders)


# -- the flow under a clock --------------------------------------------------------------------------------


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with open_office(tmp_path) as opened:
        yield opened


class Person(Terminal):
    """At a terminal, with an answer for each question; what else happens meanwhile, happens before it."""

    def __init__(self, *answers: str, meanwhile: Callable[[], None] = lambda: None) -> None:
        super().__init__(quiet=True)
        self.answers = list(answers)
        self.meanwhile = meanwhile
        self.asked: list[str] = []

    def _ask(self, question: str, *, yes: bool) -> None:
        self.asked.append(question)
        self.meanwhile()
        if not yes and self.answers.pop(0) != "y":
            raise Declined("declined.person")


def sent_by(office: Office, terminal: Terminal, *, n: int = 3, **changes: Any) -> Came:
    job = replace(office.job("bonus.csv"), **{"pilot": n, "yes": False, **changes})
    return office.witness(lambda: run_batch(job, sheet_of(job), terminal, office.clock))


def write(office: Office, *first: str) -> list[str]:
    """A sheet of ten, these first; returns its numbers."""
    numbers = [*first, *NUMBERS][:10]
    office.write("bonus.csv", [(number, "TSEL5") for number in numbers])
    return numbers


def dearer(office: Office, rupiah: int) -> Callable[[], None]:
    """TSEL5 costs so much more from now on."""
    prices = [
        {**one, "harga": str(PRICE + rupiah)} if one["kodeoperator"] == "TSEL5" else dict(one)
        for one in LISTED
    ]
    return lambda: office.sandbox.set_prices(prices)


def test_after_the_pilot_a_person_releases_the_others(office: Office) -> None:
    numbers = write(office)
    before_rest: list[int] = []
    person = Person("y", "y", meanwhile=lambda: before_rest.append(len(office.sent())))
    came = sent_by(office, person)
    assert (came.exit, came.sent, before_rest) == (OK, numbers, [0, 3])
    assert person.asked == [
        "Send 10 top-ups for Rp56,500, the first 3 of them as a pilot?",
        "Send the other 7 top-ups for Rp39,550?",
    ]


def test_where_the_others_are_not_released_the_next_run_goes_on_with_them(office: Office) -> None:
    numbers = write(office)
    came = sent_by(office, Person("y", "n"))
    assert (came.exit, came.sent) == (STOPPED, numbers[:3])
    assert [row["status"] for row in office.results("bonus.csv")] == ["sukses"] * 3 + ["unsent"] * 7
    assert office.run("bonus.csv").sent == numbers[3:]
    assert set(office.paid().values()) == {1}


def test_ctrl_c_at_the_question_writes_the_results_and_ends(office: Office) -> None:
    numbers = write(office)

    def interrupt() -> None:
        if office.sent():
            raise KeyboardInterrupt

    came = sent_by(office, Person("y", "y", meanwhile=interrupt))
    assert (came.exit, came.sent) == (INTERRUPTED, numbers[:3])
    assert office.results("bonus.csv")[3]["status"] == "unsent"


def test_the_others_are_not_sent_on_the_next_day(office: Office) -> None:
    numbers = write(office)

    def pass_midnight() -> None:
        if office.sent():
            office.clock.set(START.replace(day=21, hour=0))

    came = sent_by(office, Person("y", "y", meanwhile=pass_midnight))
    assert (came.exit, came.sent) == (STOPPED, numbers[:3])


RELEASED: list[dict[str, Any]] = [{"yes": True}, {"approval": "a code"}]


def release(office: Office, how: dict[str, Any]) -> dict[str, Any]:
    """`--yes`, or `--approve` with the code that `check` shows."""
    if "approval" not in how:
        return how
    terminal = Terminal(quiet=True)
    job = office.job("bonus.csv")
    check.check_batch(job, sheet_of(job), terminal, office.clock)
    code = str(terminal._facts["approval"]["code"])  # type: ignore[index]
    return {"yes": False, "approval": Approval(code, "Rina")}


@pytest.mark.parametrize("how", RELEASED)
def test_without_a_person_a_flawless_pilot_goes_on(office: Office, how: dict[str, Any]) -> None:
    numbers = write(office)
    came = sent_by(office, Person(), **release(office, how))
    assert (came.exit, came.sent) == (OK, numbers)


@pytest.mark.parametrize("how", RELEASED)
@pytest.mark.parametrize("first", [WRONG_NUMBER, PENDING_FOR_EVER, ANSWER_LOST])
def test_without_a_person_a_row_that_is_not_paid_stops_it(
    office: Office, how: dict[str, Any], first: str
) -> None:
    numbers = write(office, first)
    came = sent_by(office, Person(), **release(office, how))
    assert (came.exit, came.sent) == (STOPPED, numbers[:3])


def test_the_pilot_is_settled_before_it_is_judged(office: Office) -> None:
    numbers = write(office, PENDING_THEN_SUKSES)
    assert sent_by(office, Person(), yes=True).sent == numbers


@pytest.mark.parametrize(("rise", "exit_code", "sent"), [(1, STOPPED, 3), (0, OK, 10), (-1, OK, 10)])
def test_without_a_person_a_debit_above_the_listed_price_stops_it(
    office: Office, rise: int, exit_code: int, sent: int
) -> None:
    write(office)
    person = Person(meanwhile=dearer(office, rise))
    came = sent_by(office, person, yes=True)
    assert (came.exit, len(came.sent)) == (exit_code, sent)


def test_what_the_plan_costs_holds_for_both_parts_together(office: Office) -> None:
    """Nine at Rp700 more than listed cost what was released for ten; three, more than the pilot alone."""
    write(office)
    came = sent_by(office, Person("y", "y", meanwhile=dearer(office, 700)))
    assert (came.exit, len(came.sent)) == (STOPPED, 9)


def test_a_budget_counts_the_whole_plan_before_the_pilot(office: Office) -> None:
    write(office)
    came = sent_by(office, Person("y", "y"), budget=10 * PRICE - 1)
    assert (came.code, came.sent) == ("budget.exceeded", [])


def test_a_pilot_as_long_as_the_plan_asks_once(office: Office) -> None:
    numbers = write(office)
    person = Person("y")
    assert sent_by(office, person, n=10).sent == numbers
    assert len(person.asked) == 1


def test_a_pilot_that_has_to_stop_does_not_ask(office: Office) -> None:
    write(office)
    office.sandbox.set_balance(PRICE)
    person = Person("y")
    assert sent_by(office, person).exit == STOPPED
    assert len(person.asked) == 1


def test_a_debit_of_an_earlier_run_is_not_the_pilots(office: Office) -> None:
    write(office)
    first = Person("y", "n", meanwhile=dearer(office, 50))
    assert sent_by(office, first).exit == STOPPED
    office.sandbox.set_prices(LISTED)
    office.clock.sleep(1)
    assert sent_by(office, Person(), yes=True).exit == OK


# -- the real command --------------------------------------------------------------------------------------


@pytest.fixture
def desktop(make_office: MakeOffice) -> Desktop:
    return make_office()


def test_the_pilot_is_shown_before_the_question(desktop: Desktop) -> None:
    desktop.payroll("bonus.csv", [WRONG_NUMBER, *desktop.numbers(5)])
    answers = [("as a pilot? [y/N]", "y"), ("Send the other 4 top-ups for Rp22,600? [y/N]", "n")]
    done = desktop.run("run", "bonus.csv", "--pilot", "2", *desktop.fast, answers=answers)
    assert done.exit == STOPPED
    shown = done.out.partition("Pilot: ")[2].splitlines()
    assert shown[:4] == [
        "the first 2 of 6 top-ups",
        "          1  sukses - paid",
        "          1  gagal - failed at the provider",
        "    debited Rp5,650; the price list says Rp5,650",
    ]
    *_, why, so_far, _, goes_on = done.err.splitlines()
    assert "Only the pilot was sent, as you chose." in why
    assert so_far.startswith("So far: 1 row paid for Rp5,650; 4 rows not sent yet")
    assert goes_on.strip() == "bulk-topup run bonus.csv --rate 500 --wait 0"
    assert len(desktop.sent()) == 2


def test_the_object_tells_of_the_pilot(desktop: Desktop) -> None:
    desktop.payroll("bonus.csv", [PENDING_FOR_EVER, *desktop.numbers(5)])
    done = desktop.send("bonus.csv", "--pilot", "2", "--json")
    said = done.json["pilot"]
    assert (done.exit, done.json["halt"]["code"]) == (STOPPED, "halt.pilot")
    assert (said["top_ups"], said["of"], said["rows"]["sukses"], said["rows"]["pending"]) == (2, 6, 1, 1)
    assert (said["debited"], said["listed"], said["differing"]) == (2 * PRICE, 2 * PRICE, [])


def test_without_a_terminal_not_even_the_pilot_goes(desktop: Desktop) -> None:
    desktop.payroll("bonus.csv", desktop.numbers(5))
    assert desktop.run("run", "bonus.csv", "--pilot", "2").exit == NOTHING_SENT
    assert desktop.sent() == []

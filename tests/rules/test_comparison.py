"""A sheet beside an earlier one: who came, who left, whose number or amount is another."""

from __future__ import annotations

from bulk_topup.rules.comparison import Comparison, Person, compare, people_of
from tests.builders import ANDI, BUDI, CITRA, DEWI, sheet_of, understood

BEFORE = (
    Person(2, "Andi", ANDI, 50_000),
    Person(3, "Budi", BUDI, 50_000),
    Person(4, "Citra", CITRA, 25_000),
)


def test_the_same_people_are_no_change() -> None:
    found = compare(BEFORE, reversed(BEFORE))
    assert found == Comparison([], [], [], [], 125_000, 125_000)


def test_joiners_leavers_numbers_and_amounts() -> None:
    now = (
        Person(2, "ANDI", ANDI, 75_000),
        Person(3, "Budi", "081399999999", 50_000),
        Person(4, "Dewi", DEWI, 25_000),
    )
    found = compare(BEFORE, now)
    assert [one.name for one in found.joined] == ["Dewi"]
    assert [one.name for one in found.left] == ["Citra"]
    assert [(before.number, after.number) for before, after in found.moved] == [(BUDI, "081399999999")]
    assert [(before.amount, after.amount) for before, after in found.changed] == [(50_000, 75_000)]
    assert (found.total_before, found.total_now) == (125_000, 150_000)


def test_a_name_that_two_have_tells_nobody() -> None:
    before = (Person(2, "Siti", ANDI, 1), Person(3, "Siti", BUDI, 1))
    found = compare(before, (Person(2, "Siti", CITRA, 1), Person(3, "Siti", DEWI, 1)))
    assert (len(found.joined), len(found.left), len(found.moved)) == (2, 2, 0)


def test_the_second_row_of_a_number_is_compared_with_the_second() -> None:
    before = (Person(2, "Andi", ANDI, 1), Person(3, "Andi", ANDI, 2))
    found = compare(before, (Person(2, "Andi", ANDI, 1), Person(3, "Andi", ANDI, 3)))
    assert [(old.amount, new.amount) for old, new in found.changed] == [(2, 3)]
    assert not found.joined


def test_people_are_those_of_the_sheet_by_code_or_by_amount() -> None:
    rows = [("Andi", ANDI, "S5", ""), ("Budi", "0812", "", "25.000"), ("TOTAL", "", "", "30.000")]
    people = people_of(understood(sheet_of(rows, ("Nama", "No HP", "Kode Produk", "Nominal"))))
    assert people == [Person(2, "Andi", ANDI, 5_000), Person(3, "Budi", "", 25_000)]

"""This month beside the last: what check says of it, and a sheet that starts with the people of before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import openpyxl

from bulk_topup.core.errors import Exit

if TYPE_CHECKING:
    from tests.conftest import Office

HEADER = ("Nama", "No HP", "Insentif")
ANI, BUDI, CICI, DEDI = "081255510001", "085755510002", "081755510003", "089655510004"


def test_check_lists_who_came_and_left_and_what_changed(office: Office) -> None:
    office.csv(
        "gaji-mei.csv", [("Ani", ANI, "5.000"), ("Budi", BUDI, "5.000"), ("Cici", CICI, "5.000")], HEADER
    )
    office.csv(
        "gaji-juni.csv",
        [("Ani", ANI, "10.000"), ("Budi", "085755519999", "5.000"), ("Dedi", DEDI, "5rb")],
        HEADER,
    )
    done = office.run("check", "gaji-juni.csv")
    assert "Compared with gaji-mei.csv:" in done.out
    for line in (
        "row 4, Dedi 089655510004, Rp5,000",
        "row 4, Cici 081755510003, Rp5,000",
        "row 3, Budi: 085755519999, was 085755510002",
        "row 2, Ani: Rp10,000, was Rp5,000",
        "total Rp20,000, Rp5,000 more than the Rp15,000 before",
    ):
        assert line in done.out


def test_a_sheet_without_an_earlier_month_is_compared_with_none_or_with_the_one_that_is_named(
    office: Office,
) -> None:
    office.csv("gaji.csv", [("Ani", ANI, "5.000")], HEADER)
    assert "Compared" not in office.run("check", "gaji.csv").out
    office.csv("dulu.csv", [("Ani", ANI, "5.000")], HEADER)
    said = office.run("check", "gaji.csv", "--compare", "dulu.csv").out
    assert "the same people, numbers and amounts" in said
    missing = office.run("check", "gaji.csv", "--compare", "nowhere.csv")
    assert missing.exit == Exit.NOTHING_SENT


def test_what_is_no_sheet_is_a_note_where_it_was_only_found(office: Office) -> None:
    office.csv("gaji-juni.csv", [("Ani", ANI, "5.000")], HEADER)
    (office.folder / "gaji-mei.csv").write_text("nothing of the kind")
    done = office.run("check", "gaji-juni.csv")
    assert "looks like last month's sheet, and can't be compared" in done.out + done.err
    assert done.exit == Exit.OK


def test_the_next_sheet_starts_with_the_people_of_the_last_results(office: Office) -> None:
    office.csv("gaji-mei.csv", [("Ani", ANI, "5.000"), ("Budi", "0857", "5.000")], HEADER)
    assert office.run("run", "gaji-mei.csv", "--yes", *office.fast).exit == Exit.NOT_ALL_PAID
    made = office.run("template", "gaji-juni.xlsx", "--from", "gaji-mei.results.xlsx")
    assert made.exit == Exit.OK
    rows = openpyxl.load_workbook(office.folder / "gaji-juni.xlsx").worksheets[0].iter_rows(values_only=True)
    _, ani, budi, nobody, *_ = (row[:4] for row in rows)
    assert ani == ("Ani", ANI, None, 5_000)
    assert budi == ("Budi", "0857", None, 5_000)
    assert nobody == (None, None, None, None)
    said = office.run("check", "gaji-juni.xlsx")
    assert "the same people, numbers and amounts" in said.out


def test_what_an_earlier_sheet_says_of_a_person_is_not_lost(office: Office) -> None:
    """An amount with two readings, and the operator of a prefix that two share."""
    rows = [("Ani", "085155510001", "Telkomsel", "50.00"), ("Budi", BUDI, "", "5.000")]
    office.csv("gaji-mei.csv", rows, ("Nama", "No HP", "Provider", "Insentif"))
    made = office.run("template", "gaji-juni.xlsx", "--from", "gaji-mei.csv")
    assert "change what is new this month" in made.out
    assert "example" not in made.out
    book = openpyxl.load_workbook(office.folder / "gaji-juni.xlsx")
    header, ani, budi, *_ = book.worksheets[0].iter_rows(values_only=True)
    assert header == ("Nama", "No HP", "Kode Produk", "Nominal", "Provider", "Keterangan")
    assert ani[:5] == ("Ani", "085155510001", None, "50.00", "Telkomsel")
    assert budi[:5] == ("Budi", BUDI, None, 5_000, None)


def test_the_next_sheet_starts_with_the_people_of_several_tabs(office: Office) -> None:
    book = openpyxl.Workbook()
    for title, row in (("Medan", ("Ani", ANI, "5rb")), ("Solo", ("Cici", CICI, "10rb"))):
        tab = book.create_sheet(title)
        for cells in (HEADER, row):
            tab.append(cells)
    book.save(office.folder / "cabang.xlsx")
    assert office.run("template", "t.xlsx", "--from", "cabang.xlsx").exit == Exit.NOTHING_SENT
    assert office.run("template", "t.xlsx", "--sheet", "all").exit == Exit.NOTHING_SENT
    assert office.run("template", "t.xlsx", "--from", "cabang.xlsx", "--sheet", "all").exit == Exit.OK
    _, *rows = openpyxl.load_workbook(office.folder / "t.xlsx").worksheets[0].iter_rows(values_only=True)
    assert [row[:4] for row in rows[:2]] == [("Ani", ANI, None, 5_000), ("Cici", CICI, None, 10_000)]


def test_tabs_are_compared_with_the_same_tabs_wherever_they_stand(office: Office) -> None:
    def month(name: str, tabs: dict[str, tuple[tuple[str, str, str], ...]]) -> None:
        book = openpyxl.Workbook()
        book.remove(book.worksheets[0])
        for title, rows in tabs.items():
            tab = book.create_sheet(title)
            for row in (HEADER, *rows):
                tab.append(row)
        book.save(office.folder / name)

    medan, solo = (("Ani", ANI, "5.000"), ("Budi", BUDI, "5.000")), (("Cici", CICI, "5.000"),)
    month("cabang mei.xlsx", {"Solo": solo, "Medan": medan, "Petunjuk": ()})
    month("cabang juni.xlsx", {"Medan": (("Ani", ANI, "5.000"), ("Dedi", DEDI, "10rb")), "Solo": solo})
    both = office.run("check", "cabang juni.xlsx", "--sheet", "all").out
    assert "row Medan 3, Dedi 089655510004, Rp10,000" in both
    assert "row Medan 3, Budi 085755510002, Rp5,000" in both
    one = office.run("check", "cabang juni.xlsx", "--sheet", "Solo").out
    assert "the same people, numbers and amounts" in one


def test_a_month_whose_tab_has_another_name_is_compared_by_its_only_tab(office: Office) -> None:
    office.xlsx("gaji-mei.xlsx", [("Ani", ANI, "5.000")], HEADER, tab="Mei")
    office.xlsx("gaji-juni.xlsx", [("Ani", ANI, "5.000")], HEADER, tab="Juni")
    said = office.run("check", "gaji-juni.xlsx", "--sheet", "Juni").out
    assert "the same people, numbers and amounts" in said

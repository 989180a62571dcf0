"""Several tabs of a workbook as one batch: one plan, one approval, one run, one Summary."""

from __future__ import annotations

import re
import shlex
from datetime import timedelta
from typing import TYPE_CHECKING

import openpyxl
import pytest

from bulk_topup.core.errors import Exit, InputError
from bulk_topup.core.row_names import TAB_ROWS
from bulk_topup.sheet import read_sheet
from bulk_topup.sheet.several import combined

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tests.conftest import Office, Result

BRANCHES = {
    "Jakarta Pusat": (
        ("Nama", "No HP", "Insentif"),
        ("Ani", "081255510001", "5.000"),
        ("Budi", "081255510002", "10.000"),
        ("Cici", "08125551", "5.000"),
    ),
    "Bandung": (
        ("Cabang Bandung",),
        ("No HP", "Nama Karyawan", "Kode Produk"),
        ("081255510003", "Dedi", "TSEL5"),
        ("081255510004", "Eka", "TSEL10"),
    ),
    "Medan": (("Nama", "Nomor HP", "Nominal", "Catatan"), ("Fani", "081255510005", 5_000, "baru")),
    "Kupang": (
        ("Nama", "No HP", "Pulsa"),
        ("Gita", "081255510001", "5.000"),
        ("Hadi", "081200000011", "5rb"),
    ),
}


@pytest.fixture
def book(office: Office) -> Path:
    return written(office.folder / "cabang.xlsx", {**BRANCHES, "Petunjuk": (("Isi nomor HP dan nominal",),)})


def test_tabs_are_one_sheet_with_rows_of_their_own(book: Path) -> None:
    sheet = combined([read_sheet(book, tab=tab) for tab in BRANCHES], "all")
    assert sheet.tabs == tuple(BRANCHES)
    assert list(sheet.cells.index) == [
        *(TAB_ROWS + row for row in (2, 3, 4)),
        *(2 * TAB_ROWS + row for row in (3, 4)),
        *(3 * TAB_ROWS + 2, 4 * TAB_ROWS + 2, 4 * TAB_ROWS + 3),
    ]
    assert sheet.header == ("Tab", "Row", "Nama", "No HP", "Insentif", "Kode Produk", "Catatan")
    columns = sheet.columns
    assert (columns.name, columns.number, columns.nominal, columns.product) == (2, 3, 4, 5)
    assert list(sheet.cells.loc[2 * TAB_ROWS + 4]) == [
        "Bandung",
        "4",
        "Eka",
        "081255510004",
        "",
        "TSEL10",
        "",
    ]


def test_a_tab_twice_and_results_are_refused(book: Path) -> None:
    one = read_sheet(book, tab="Medan")
    with pytest.raises(InputError) as refused:
        combined([one, one], "Medan + Medan")
    assert refused.value.code == "sheet.tab_twice"


def test_without_a_tab_the_message_lists_them_with_their_rows_and_what_was_run(
    book: Path, office: Office
) -> None:
    assert office.run("run", book.name, "--sheet", "Medan", "--yes", *office.fast).exit == Exit.OK
    said = office.run("check", book.name)
    assert said.exit == Exit.NOTHING_SENT
    for part in ('"Jakarta Pusat" (3 rows): 0812', '"Medan" (1 row, run already)'):
        assert part in said.err
    rest = '--sheet "Jakarta Pusat" --sheet Bandung --sheet Kupang'
    assert f"send those that were not run yet as one batch with {rest}" in said.err
    assert office.run("run", book.name, *shlex.split(rest), "--yes", *office.fast).exit != Exit.NOTHING_SENT
    assert '"Jakarta Pusat" (3 rows, run already)' in office.run("check", book.name).err


def test_a_rehearsal_of_a_tab_is_no_run_of_it(book: Path, office: Office) -> None:
    office.run("run", book.name, "--sheet", "Medan", "--yes", "--sandbox", *office.fast)
    said = office.run("check", book.name).err
    assert '"Medan" (1 row)' in said
    assert "send all as one batch with --sheet all" in said
    assert '"Medan" (1 row, run already)' in office.run("check", book.name, "--sandbox").err


def test_a_tab_that_was_run_is_not_paid_again_with_all_of_them(book: Path, office: Office) -> None:
    """On another day, nothing but a person's word stands between a tab's people and a second payment."""
    assert office.send(book.name, "--sheet", "Medan").exit == Exit.OK
    office.set_back(timedelta(days=1))
    refused = office.send(book.name, "--sheet", "all")
    assert refused.exit == Exit.NOTHING_SENT
    assert "1 of 6 rows were paid by batch cabang" in refused.err
    assert office.sent_numbers() == ["081255510005"]


def test_a_workbook_that_was_run_as_one_tab_knows_it_when_it_has_more(office: Office) -> None:
    """Its batch has no tab in its name, nor the one that was set aside for it."""
    name, (head, *kupang) = "cabang.xlsx", BRANCHES["Kupang"]
    people = (("Fani", "081255510005", "5.000"), ("Dedi", "081255510003", "5.000"))
    for one in people:
        written(office.folder / name, {"Medan": (head, one)})
        assert office.send(name, "--new-batch").exit == Exit.OK
    office.set_back(timedelta(days=1))
    for one in people:
        written(office.folder / name, {"Medan": (head, one), "Kupang": (head, *kupang, one)})
        refused = office.send(name, "--sheet", "Kupang")
        assert refused.exit == Exit.NOTHING_SENT
        assert "1 of 3 rows were paid by batch cabang" in refused.err


def test_status_of_the_workbook_says_what_became_of_each_tab(book: Path, office: Office) -> None:
    office.send(book.name, "--sheet", "Medan")
    office.send(book.name, "--sheet", "Jakarta Pusat", "--sheet", "Kupang")
    said = office.run("status", book.name)
    assert said.exit == Exit.NOT_ALL_PAID
    assert "Medan: 1 paid for Rp5,650, 0 not paid, 0 to ask the provider" in said.out
    assert "Jakarta Pusat: 2 paid for Rp16,150, 1 not paid, 0 to ask the provider" in said.out
    assert office.run(*printed(said, "status")).exit == Exit.NOT_ALL_PAID
    facts = office.run("status", book.name, "--json").json
    assert [one["tab"] for one in facts["tabs"]] == ["Jakarta Pusat", "Kupang", "Medan"]
    assert sum(facts["rows"].values()) == sum(one["yes"] + one["no"] for one in facts["tabs"]) == 6
    for wrong in (("settle", book.name), ("status", book.name, "--sheet", "Kupang")):
        refused = office.run(*wrong)
        assert refused.exit == Exit.NOTHING_SENT
        assert 'cabang.xlsx --sheet "Jakarta Pusat" --sheet Kupang' in refused.err


def test_a_person_at_the_terminal_is_asked_for_the_tab_and_it_is_as_if_typed(
    book: Path, office: Office
) -> None:
    checked = office.run("check", book.name, answers=[("[1/2/3/4/all]", "3")])
    assert checked.exit == Exit.OK
    assert f"bulk-topup run {book.name} --sheet Medan" in checked.out
    done = office.run("run", book.name, "--yes", *office.fast, answers=[("[1/2/3/4/all]", "3")])
    assert done.exit == Exit.OK
    assert office.results("cabang.Medan.results.xlsx")


def test_without_a_clear_answer_no_tab_is_read(book: Path, office: Office) -> None:
    said = office.run("check", book.name, answers=[("[1/2/3/4/all]", "ya")])
    assert said.exit == Exit.NOTHING_SENT
    assert "--sheet all" in said.err


def test_four_tabs_go_through_check_approval_run_results_and_status_as_one_batch(
    book: Path, office: Office
) -> None:
    checked = office.run("check", book.name, "--sheet", "all")
    assert "Jakarta Pusat: 2 top-ups for" in checked.out
    assert "row Jakarta Pusat 4, Cici, " in checked.out
    assert "row Jakarta Pusat 2 already tops up" in checked.out
    code = re.search("plan code ([0-9A-Z-]{19})", checked.out)
    assert code is not None
    approved = ("--approve", code[1], "--approved-by", "Rina")
    ran = office.run("run", book.name, "--sheet", "all", *approved, *office.fast)
    assert ran.exit == Exit.NOT_ALL_PAID
    assert len(office.sent()) == 6
    for said in (ran, office.run("status", book.name, "--sheet", "all")):
        assert "Jakarta Pusat: 2 paid for Rp16,150, 1 not paid, 0 to ask the provider" in said.out
        assert "Kupang: 0 paid for Rp0, 2 not paid, 0 to ask the provider" in said.out
    results = openpyxl.load_workbook(office.folder / "cabang.all.results.xlsx")
    header, *rows = results["Results"].iter_rows(values_only=True)
    placed = {(row[0], row[1]): row[header.index("status")] for row in rows}
    assert placed == {
        ("Jakarta Pusat", "2"): "sukses",
        ("Jakarta Pusat", "3"): "sukses",
        ("Jakarta Pusat", "4"): "invalid",
        ("Bandung", "3"): "sukses",
        ("Bandung", "4"): "sukses",
        ("Medan", "2"): "sukses",
        ("Kupang", "2"): "duplicate",
        ("Kupang", "3"): "gagal",
    }
    summary = {str(row[0]).strip(): row[1:3] for row in results["Summary"].iter_rows(values_only=True)}
    assert summary["Bandung"] == (2, 15_000)
    assert {row[-1] for row in results["To do"].iter_rows(min_row=2, values_only=True)} == {
        "Jakarta Pusat 4",
        "Kupang 3",
    }
    again = office.run("run", book.name, "--sheet", "all", "--yes", *office.fast)
    assert len(office.sent()) == 6
    assert again.exit == Exit.NOT_ALL_PAID


def test_notices_name_the_tab_and_the_row_there(office: Office) -> None:
    header = ("Nama", "No HP", "Insentif")
    first = ("Ani", "081255510001", "5.000")
    written(
        office.folder / "c.xlsx",
        {
            "Medan": (("PT Maju",), *[("",)] * 32, header, first, ("Budi", "081255510002", "sda")),
            "Solo": (header, ("Cici", "081255510003", "5.000")),
            "Contoh": (header, first),
        },
    )
    said = office.run("check", "c.xlsx", "--sheet", "all").out
    for part in (
        'or are not to be paid: "Contoh"',
        "Medan: the header was found in row 34",
        "1 cell takes the value above, because of a merged cell or a ditto mark (row Medan 36)",
    ):
        assert part in said


def test_many_tabs_that_are_named_leave_room_for_the_names_of_files(office: Office) -> None:
    """And a tab is found by its name in small letters, too."""
    header, names = ("Nama", "No HP", "Insentif"), [f"Cabang Pembantu {nth}" for nth in range(12)]
    rows = {name: (header, ("Ani", f"08125551{nth:04}", "5.000")) for nth, name in enumerate(names)}
    written(office.folder / "c.xlsx", rows)
    all_but_one = [part for name in names[1:] for part in ("--sheet", name.lower())]
    assert office.send("c.xlsx", *all_but_one).exit == Exit.OK
    said = office.run("status", "c.xlsx")
    assert "Cabang Pembantu 11: 1 paid for Rp5,650" in said.out
    left = office.run("check", "c.xlsx").err
    for part in ('"Cabang Pembantu 0" (1 row):', '"Cabang Pembantu 1" (1 row, run already):'):
        assert part in left
    assert 'c.xlsx --sheet "cabang pembantu 1" --sheet "cabang' in office.run("settle", "c.xlsx").err
    again = office.send("c.xlsx", *all_but_one[2:])
    assert again.exit == Exit.NOT_ALL_PAID
    assert "10  already topped up by another batch" in again.out
    assert len(office.sent()) == 11


def test_two_tabs_that_are_named_are_one_batch_apart_from_the_others(book: Path, office: Office) -> None:
    two = ("--sheet", "Bandung", "--sheet", "Medan")
    done = office.run("run", book.name, *two, "--yes", *office.fast)
    assert done.exit == Exit.OK
    assert len(office.sent()) == 3
    assert office.run("status", book.name, *two).exit == Exit.OK
    third = office.run("check", book.name, "--sheet", "all", "--json")
    held = [one for one in third.json["plan"]["findings"] if one["code"] == "duplicate.other_batch"]
    assert [(one["tab"], one["row"]) for one in held] == [("Bandung", 3), ("Bandung", 4), ("Medan", 2)]


# -- rows that are open ------------------------------------------------------------------------------------

LOST = {
    "Jakarta Pusat": (("Nama", "No HP", "Insentif"), ("Ani", "081200002101", "5.000")),
    "Kupang": (
        ("Nama", "No HP", "Insentif"),
        ("Budi", "081200002102", "5.000"),
        ("Cici", "081255510003", "5.000"),
    ),
}
TWO = ("--sheet", "Jakarta Pusat", "--sheet", "Kupang")


def written(path: Path, tabs: Mapping[str, Sequence[Sequence[object]]]) -> Path:
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for name, rows in tabs.items():
        tab = made.create_sheet(name)
        for row in rows:
            tab.append(row)
    made.save(path)
    return path


@pytest.fixture
def lost(office: Office) -> Path:
    """A workbook of which two tabs were one batch, with an open row in each."""
    path = written(office.folder / "dua.xlsx", LOST)
    assert office.send(path.name, *TWO).exit == Exit.OPEN
    return path


def printed(said: Result, name: str) -> list[str]:
    """The first command of that name that was printed to paste, as a shell splits it."""
    lines = [line.strip() for line in said.out.splitlines()]
    return next(shlex.split(line)[1:] for line in lines if line.startswith(f"bulk-topup {name} "))


def test_the_commands_that_are_made_from_the_record_work_as_printed(lost: Path, office: Office) -> None:
    for name in ("status", "settle"):
        command = printed(office.run("history"), name)
        assert command[:6] == [name, lost.name, *TWO]
        assert office.run(*command, "--json").exit != Exit.NOTHING_SENT


def test_a_row_is_closed_by_its_tab_and_its_number_there(lost: Path, office: Office) -> None:
    found = office.run("find", "081200002102", "--offline")
    assert "dua, row Kupang 2, Budi:" in found.out
    command = printed(found, "resolve")
    assert command[command.index("--row") + 1] == "Kupang 2"
    closing = ("--number", "081200002102", "--not-sent", "--note", "Rina")
    for wrong in ("2", "Medan 2", "20000002"):
        refused = office.run("resolve", lost.name, *TWO, "--row", wrong, *closing)
        assert refused.exit == Exit.NOTHING_SENT
        assert "name the tab (Jakarta Pusat, Kupang) and the row there" in refused.err
    other = office.run("resolve", lost.name, *TWO, "--row", "Jakarta Pusat 2", *closing)
    assert "row Jakarta Pusat 2 is not 081200002102" in other.err
    closed = office.run("resolve", lost.name, *TWO, "--row", "kupang 2", *closing)
    assert "row kupang 2 081200002102: gagal" in closed.out
    [left] = office.run("status", lost.name, *TWO, "--json").json["open_rows"]
    assert (left["tab"], left["row"]) == ("Jakarta Pusat", 2)


def test_answers_in_the_results_close_the_rows_of_both_tabs(lost: Path, office: Office) -> None:
    results = office.folder / "dua.Jakarta Pusat + Kupang.results.xlsx"
    book = openpyxl.load_workbook(results)
    tab = book["Ask provider"]
    header = [cell.value for cell in next(tab.iter_rows())]
    assert [row[header.index("row")].value for row in tab.iter_rows(min_row=2)][:2] == [
        "Jakarta Pusat 2",
        "Kupang 2",
    ]
    tab.cell(2, header.index("invoice") + 1).value = "not sent"
    book.save(results)
    again = office.run("results", lost.name, *TWO)
    assert again.exit == Exit.OPEN  # written anew, with what the person typed
    kept = openpyxl.load_workbook(results)["Ask provider"]
    assert kept.cell(2, header.index("invoice") + 1).value == "not sent"
    closed = office.run("resolve", lost.name, *TWO, "--from", results.name, "--note", "Rina")
    assert "row Jakarta Pusat 2 081200002101: gagal" in closed.out


def test_another_batch_calls_its_rows_by_its_own_tabs(lost: Path, office: Office) -> None:
    """In this batch, the first tab is another one."""
    mixed = written(office.folder / "lain.xlsx", {"Kupang": LOST["Kupang"], "Solo": LOST["Jakarta Pusat"]})
    for tab in (("--sheet", "all"), ("--sheet", "Kupang")):
        said = office.run("check", mixed.name, *tab)
        assert "batch dua (row Kupang 2) sent 081200002102 the same amount" in said.out
        assert "batch dua (row Kupang 3) already topped up 081255510003" in said.out
    both = office.run("check", mixed.name, "--sheet", "all")
    assert "batch dua (row Jakarta Pusat 2) sent 081200002101 the same amount" in both.out
    office.folder.joinpath("dua.Jakarta Pusat + Kupang.checkpoint.db").unlink()
    gone = office.run("check", mixed.name, "--sheet", "Kupang")
    assert "batch dua (row 2, tab 2) sent 081200002102 the same amount" in gone.out

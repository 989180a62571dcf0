"""The starter workbook: what a person finds in it, and that it can be sent as it was filled in."""

from __future__ import annotations

import csv
import shutil
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from bulk_topup.core.errors import Exit, InputError, StorageFailed
from bulk_topup.core.model import Flaw
from bulk_topup.report import template
from bulk_topup.report.words import say
from bulk_topup.rules import not_people
from tests.builders import ANDI, BUDI, PRICES, a_product, held_codes, plan_of, price_list, sheet_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bulk_topup.core.model import PriceList
    from tests.conftest import Office, Result

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")
needs_libreoffice = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed")
SHOWN_AS_CSV = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,true,false"

MOST_FORMULA, MOST_TITLE, MOST_MESSAGE = 255, 32, 225
"""Characters of an input check in Excel; a file with more is repaired when it is opened."""

PRODUCT = "C"
"""The column."""

Sheet = Any
"""openpyxl's own; its stubs lack half of it."""


def made(folder: Path, prices: PriceList = PRICES, *, rehearsal: bool = False) -> Any:
    template.write(folder / "payroll.xlsx", prices, moment="2025-01-20 10:00", rehearsal=rehearsal)
    return openpyxl.load_workbook(folder / "payroll.xlsx")


def check_on(sheet: Sheet, column: str) -> Any:
    """The input check of a column."""
    (found,) = [c for c in sheet.data_validations.dataValidation if str(c.sqref).startswith(f"{column}2")]
    return found


def chosen_from(book: Any) -> list[str]:
    """What the drop-down list of product codes shows."""
    tab, _, cells = check_on(book.worksheets[0], PRODUCT).formula1.partition("!")
    return [cell.value for (cell,) in book[tab][cells.replace("$", "")]]


# -- what is in it -----------------------------------------------------------------------------------------


def test_the_header_is_bold_and_stays_in_sight(tmp_path: Path) -> None:
    sheet = made(tmp_path).worksheets[0]
    assert sheet.title == "Payroll"
    assert [cell.value for cell in sheet[1]] == ["Nama", "No HP", "Kode Produk", "Nominal", "Keterangan"]
    assert all(cell.font.b for cell in sheet[1])
    assert sheet.freeze_panes == "A2"


def test_the_whole_number_column_is_text(tmp_path: Path) -> None:
    sheet = made(tmp_path)["Payroll"]
    assert sheet.column_dimensions[template.NUMBER].number_format == "@"
    assert {sheet[f"B{row}"].number_format for row in range(2, template.FORMATTED_ROWS + 2)} == {"@"}
    assert sheet.column_dimensions[PRODUCT].number_format == "@"


def test_the_drop_down_has_just_the_products_that_can_be_ordered(tmp_path: Path) -> None:
    flawed = replace(
        a_product("TWICE", "XL", 5_000, None, ready=False), flaw=Flaw("product.listed_twice", "x")
    )
    book = made(tmp_path, {**PRICES, "TWICE": flawed})
    assert sorted(chosen_from(book)) == ["I5", "S10", "S5", "SP5"]
    rows = {row[0].value: row for row in book["Products"].iter_rows(min_row=2)}
    assert {code: row[5].value for code, row in rows.items()} == {
        **dict.fromkeys(("I5", "S5", "SP5", "S10"), "ready"),
        **dict.fromkeys(("S50", "TWICE"), "unusable"),
        "S25": "closed",
    }
    grey = {code for code, row in rows.items() if row[0].fill.fgColor.rgb.endswith("D9D9D9")}
    assert grey == {"S25", "S50", "TWICE"}


def test_the_products_cannot_be_sorted_out_of_the_drop_down_by_accident(tmp_path: Path) -> None:
    protection = made(tmp_path)["Products"].protection
    assert (protection.sheet, protection.sort, protection.autoFilter) == (True, True, False)
    assert protection.password is None


def test_input_checks_are_as_short_as_excel_wants_them(tmp_path: Path) -> None:
    sheet = made(tmp_path)["Payroll"]
    for column in (template.NUMBER, PRODUCT):
        found = check_on(sheet, column)
        assert str(found.sqref) == f"{column}2:{column}1048576"
        assert len(found.formula1) <= MOST_FORMULA
        assert 0 < len(found.errorTitle) <= MOST_TITLE
        assert 0 < len(found.error) <= MOST_MESSAGE
        assert found.showErrorMessage


def test_what_the_provider_says_is_no_formula(tmp_path: Path) -> None:
    book = made(tmp_path, price_list(a_product("=1+1", "#N/A", 5_000, 5_500), *PRICES.values()))
    code, operator = next(row[:2] for row in book["Products"].iter_rows(min_row=2))
    assert (code.value, code.data_type) == ("=1+1", "s")
    assert (operator.value, operator.data_type) == ("#N/A", "s")


def test_the_notes_name_the_commands_and_the_day_of_the_prices(tmp_path: Path) -> None:
    notes = [str(cell.value) for (cell,) in made(tmp_path)["How to"]]
    assert any("bulk-topup check payroll.xlsx" in note for note in notes)
    assert any("2025-01-20 10:00" in note for note in notes)
    assert not any("SANDBOX" in note for note in notes)


def test_a_rehearsals_workbook_says_so(tmp_path: Path) -> None:
    book = made(tmp_path, rehearsal=True)
    assert "SANDBOX" in book["How to"]["A1"].value
    assert any("payroll.xlsx --sandbox" in str(cell.value) for (cell,) in book["How to"])
    assert all("SANDBOX" in sheet.oddHeader.center.text for sheet in book.worksheets)


def test_without_a_product_to_choose_there_is_no_workbook(tmp_path: Path) -> None:
    closed = price_list(a_product("S5", "TELKOMSEL", 5_000, 5_500, ready=False))
    with pytest.raises(InputError) as caught:
        made(tmp_path, closed)
    assert caught.value.code == "template.none_ready"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed) as caught:
        made(tmp_path / "nowhere")
    assert caught.value.code == "template.unwritable"


# -- the example rows --------------------------------------------------------------------------------------


def test_the_example_rows_fit_their_operator_and_are_what_checks_know(tmp_path: Path) -> None:
    _, *rows = made(tmp_path)["Payroll"].iter_rows(max_row=3, values_only=True)
    plan = plan_of(sheet_of([tuple(map(str, row)) for row in rows], template.TEMPLATE_HEADER))
    assert held_codes(plan) == {2: ["example.row"], 3: ["example.row"]}, "and nothing else is wrong with them"
    assert plan.rows.table["number"].tolist() == list(not_people.EXAMPLE_NUMBERS)


def test_nothing_stays_of_an_example_row_that_is_typed_over_from_name_to_nominal(tmp_path: Path) -> None:
    sheet = made(tmp_path)["Payroll"]
    assert [cell.value for cell in sheet["E"]] == ["Keterangan"] + [None] * template.FORMATTED_ROWS


@pytest.mark.parametrize(
    ("name", "number", "held"),
    [
        (not_people.EXAMPLE_MARK + " 1", not_people.EXAMPLE_NUMBERS[0], "example.row"),
        (not_people.EXAMPLE_MARK + " 1", ANDI, "example.row"),
        ("Andi", "+62 812-0000-9902", "example.row"),
        ("Andi", ANDI, ""),
        ("Contoh Example", ANDI, "example.cell"),
        ("", "081200009903", ""),
    ],
)
def test_an_example_row_is_one_until_name_and_number_are_typed_over(
    name: str, number: str, held: str
) -> None:
    plan = plan_of(sheet_of([(name, number, "S5")]))
    assert held_codes(plan) == ({2: [held]} if held else {})


def test_an_untouched_template_sends_nothing_and_says_what_to_do(office: Office) -> None:
    assert office.run("template", "payroll.xlsx").exit == Exit.OK
    checked = office.run("check", "payroll.xlsx")
    sent = office.send("payroll.xlsx")
    assert (checked.exit, sent.exit) == (Exit.NOT_ALL_PAID, Exit.NOT_ALL_PAID)
    assert checked.out.count(say.text("example.row")) == 2
    assert office.statuses("payroll.results.xlsx") == ["invalid", "invalid"]
    assert office.sent() == []


# -- filled in ---------------------------------------------------------------------------------------------

PEOPLE = (("Andi", ANDI, "TSEL5", 5_000, ""), ("Budi", "+62 812-1000-0002", "TSEL10", None, "Bonus"))


def fill_in(path: Path, people: Sequence[Sequence[str | int | None]]) -> None:
    """As a person does: over the example rows, and on from there."""
    book = openpyxl.load_workbook(path)
    for row, cells in enumerate(people, start=2):
        for column, value in enumerate(cells, start=1):
            book.worksheets[0].cell(row, column).value = value or None
    book.save(path)


@pytest.mark.parametrize(("made_in", "read_in"), [("en", "id"), ("id", "en")])
def test_filled_in_it_is_sent_as_it_is(office: Office, made_in: str, read_in: str) -> None:
    office.run("template", "payroll.xlsx", "--lang", made_in)
    fill_in(office.folder / "payroll.xlsx", PEOPLE)
    book = openpyxl.load_workbook(office.folder / "payroll.xlsx")
    assert len(chosen_from(book)) > 2
    assert (
        book.sheetnames
        == {
            "en": ["Payroll", "Products", "How to"],
            "id": ["Pembayaran", "Produk", "Petunjuk"],
        }[made_in]
    )

    checked = office.run("check", "payroll.xlsx", "--json", "--lang", read_in)
    sent = office.send("payroll.xlsx")

    assert (checked.exit, checked.json["plan"]["findings"]) == (Exit.OK, [])
    assert checked.json["plan"]["orders"] == 2
    assert (sent.exit, office.paid()) == (Exit.OK, {ANDI: 1, BUDI: 1})


def test_a_file_that_is_there_is_left_as_it_is(office: Office) -> None:
    before = office.xlsx("payroll.xlsx", [("1", "Andi", ANDI, "TSEL5")]).read_bytes()
    done = office.run("template", "payroll.xlsx")
    assert (done.exit, done.err.count("\n")) == (Exit.NOTHING_SENT, 1)
    assert "payroll.xlsx already exists" in done.err
    assert (office.folder / "payroll.xlsx").read_bytes() == before
    assert office.sandbox.requests() == []


def test_another_kind_of_file_is_not_written(office: Office) -> None:
    done = office.run("template", "payroll.csv", "--json")
    assert (done.exit, done.json["error"]["code"]) == (Exit.NOTHING_SENT, "new_file.suffix")
    assert list(office.folder.iterdir()) == []


def test_json_says_where_it_is_and_how_much_there_is_to_choose(office: Office) -> None:
    done = office.run("template", "pay roll.xlsx", "--sandbox", "--json")
    ready = sum(product["status"] == "Ready" for product in office.sandbox._prices)
    assert done.json["template"] == {"path": "pay roll.xlsx", "products": ready}
    assert 'bulk-topup check "pay roll.xlsx" --sandbox' in done.err
    assert office.sandbox.requests() == []


# -- in LibreOffice ----------------------------------------------------------------------------------------


def converted(path: Path, target: str) -> Path:
    """The file as LibreOffice saves it in the format `target`."""
    into = path.with_name("converted")
    command = [str(SOFFICE), f"-env:UserInstallation={path.with_name('profile').as_uri()}", "--headless"]
    command += ["--convert-to", target, "--outdir", str(into), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    return into / path.with_suffix("." + target.partition(":")[0]).name


@needs_libreoffice
def test_saved_by_libreoffice_it_keeps_its_formats_and_lists_and_is_read_the_same(office: Office) -> None:
    office.run("template", "payroll.xlsx")
    before = chosen_from(openpyxl.load_workbook(office.folder / "payroll.xlsx"))
    fill_in(office.folder / "payroll.xlsx", PEOPLE)
    saved = converted(office.folder / "payroll.xlsx", "xlsx")

    book = openpyxl.load_workbook(saved)
    sheet = book["Payroll"]
    assert chosen_from(book) == before
    assert check_on(sheet, PRODUCT).errorStyle == "warning"
    assert check_on(sheet, template.NUMBER).error == say.text("template.number_error")
    assert sheet.column_dimensions[template.NUMBER].number_format == "@"
    assert {sheet[f"B{row}"].number_format for row in (2, 3)} == {"@"}
    checked: Result = office.run("check", str(saved), "--json")
    assert (checked.exit, checked.json["plan"]["orders"]) == (Exit.OK, 2)


GOOD = (
    "081234567890",
    "0812345678",
    "6281234567890",
    "+6281234567890",
    "+62 812-3456-7890",
    "0812 3456 7890",
)
WRONG = (
    "81234567890",
    "081234567",
    "08123456789012",
    "+62812345678901234",
    "0812abc0001",
    "0215551234",
    "n/a",
)


@needs_libreoffice
def test_the_input_check_takes_numbers_as_people_write_them_and_no_others(tmp_path: Path) -> None:
    """The formula itself, run over texts; "0812…" as a number has lost its 0 and is none."""
    book = openpyxl.Workbook()
    sheet: Sheet = book.active
    cells = (*GOOD, *WRONG, 81234567890)
    for row, value in enumerate(cells, start=2):
        sheet.cell(row, 2).value = value
        formula = template.NUMBER_IS_PLAUSIBLE.replace("B2", f"B{row}")
        sheet.cell(row, 3).value = f"=IF(ISERROR({formula}),FALSE,{formula})"
    book.save(tmp_path / "formula.xlsx")

    with converted(tmp_path / "formula.xlsx", SHOWN_AS_CSV).open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file)

    taken = {row[1] for row in rows if row[2] == "TRUE"}
    assert taken == set(GOOD)

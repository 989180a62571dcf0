"""What LibreOffice shows of the workbooks that are written: a second program's reading of every cell."""

from __future__ import annotations

import csv
import shutil
import subprocess
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from bulk_topup.core.model import Kind, letter
from bulk_topup.core.results_columns import ResultLine
from bulk_topup.record.tally import tally
from bulk_topup.report import plan_workbook
from bulk_topup.report.results_workbook import write_results, write_results_csv, write_results_file
from bulk_topup.report.tables import SummaryRow
from bulk_topup.rules import books
from bulk_topup.sheet.number_formats import number_shown
from tests.builders import (
    ANDI,
    BUDI,
    CITRA,
    a_checkpoint,
    an_outcome,
    attempted,
    orders_in,
    plan_of,
    sheet_of,
    topups,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")
pytestmark = [
    pytest.mark.libreoffice,
    pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed"),
]

SHOWN_AS_CSV = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,true,false"
"""Comma, quotation mark, UTF-8, from line 1; texts between quotation marks, results rather than formulas."""
EVALUATED = "--infilter=CSV:44,34,76,1,,0,false,true,false,false,false,0,true"
"""Comma, quotation mark, UTF-8, from line 1; the last word makes it run formulas, as Excel does."""
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"

FORMULAS = (
    "=1+1",
    '=HYPERLINK("http://x";"y")',
    "=cmd|' /C calc'!A0",
    "+62812",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\n=1",
)
LOOK_LIKE_VALUES = (
    *("0812", "81234567890123456789", "1E5", "8.12E+10", "1,5", "5.000", "Rp 5.000", "50%", "true", "FALSE"),
    *("31/01/2025", "2025-01-31", "1-2", "Jan 2025", "10:30", "#N/A", "#REF!", "#DIV/0!"),
)
SPACES = (" x ", "   ", "a  b", "\tx\t", "x\n", "two\nlines", "\n\nthree", "\N{NO-BREAK SPACE}x")
ESCAPES = ("_x000D_", "_x005F_x000D_", "_x0041_x0042_", "_X0041_", "_x00zz_", "a_x000a_b")
SIGNS = (
    '"quoted"',
    "'x",
    "''",
    "a,b;c",
    "<b>&amp;</b>",
    "]]>",
    "\N{GRINNING FACE}",
    "\u202eabc",
    "\ufeffx",
    "{{x}}",
)
LONGEST = "a" * 32_767
NASTY = (*FORMULAS, *LOOK_LIKE_VALUES, *SPACES, *ESCAPES, *SIGNS, LONGEST)

MADE_VISIBLE = {
    "a\x00b": "a\u2400b",
    "\x1b[2J": "\u241b[2J",
    "\ud83d": "\ufffd",
    "x\ufffe\uffff": "x\ufffd\ufffd",
}


def converted(path: Path, target: str, *options: str) -> Path:
    """The file as LibreOffice saves it in the format `target`."""
    into = path.with_name("converted")
    command = [str(SOFFICE), f"-env:UserInstallation={path.with_name('profile').as_uri()}", "--headless"]
    command += [*options, "--convert-to", target, "--outdir", str(into), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    return into / path.with_suffix("." + target.partition(":")[0]).name


def shown(path: Path) -> list[list[str]]:
    """The rows of the workbook's first tab as LibreOffice shows them."""
    with converted(path, SHOWN_AS_CSV).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, strict=True))


def cells(path: Path, *options: str) -> list[ET.Element]:
    """Every cell with something in it, of every tab, as LibreOffice understands it."""
    tree = ET.parse(converted(path, "fods", *options))  # noqa: S314  (our own file)
    return [cell for cell in tree.iter(f"{TABLE}table-cell") if cell.get(f"{OFFICE}value-type")]


def a_line(own: Sequence[str], text: str) -> ResultLine:
    return ResultLine(own, "no", "gagal", text, text, text, text, 5_850, None, text, text, text)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "bonus.results.xlsx"


def test_every_text_is_shown_as_it_stands_in_any_column(target: Path) -> None:
    texts = [*NASTY, *MADE_VISIBLE]
    write_results(
        target, ("=1+1", "", "Nomor HP", "Nomor HP"), [a_line((t, "", t, "0812"), t) for t in texts]
    )
    header, *rows = shown(target)
    assert header[:4] == ["=1+1", "", "Nomor HP", "Nomor HP"]
    for text, row in zip(texts, rows, strict=True):
        seen = MADE_VISIBLE.get(text, text)
        assert row == [seen, "", seen, "0812", "no", "gagal", *[seen] * 4, "5850", "", seen, seen, seen], (
            text[:40]
        )


def test_a_text_too_long_for_a_cell_is_shown_with_how_much_was_cut(target: Path) -> None:
    write_results(target, ("Catatan",), [a_line(("b" * 40_000,), "")])
    [_, [cut, *_]] = shown(target)
    kept, note = cut.split("… (cut: ")
    assert set(kept) == {"b"}
    assert note == f"{40_000 - len(kept):,} characters)"


def test_nothing_is_a_formula_and_only_amounts_are_numbers(target: Path) -> None:
    texts = [*NASTY, *MADE_VISIBLE]
    write_results(
        target,
        texts,
        [a_line(texts, text) for text in texts],
        summary=[SummaryRow(("=1+1", "=1+1")), SummaryRow(("Rows", 3))],
    )
    found = cells(target)
    assert [cell.attrib for cell in found if cell.get(f"{TABLE}formula")] == []
    numbers = {cell.get(f"{OFFICE}value") for cell in found if cell.get(f"{OFFICE}value-type") != "string"}
    assert numbers == {"5850", "3"}


def test_a_formula_in_a_csv_file_is_run(tmp_path: Path) -> None:
    """Or the next test could not fail."""
    path = tmp_path / "bonus.csv"
    path.write_text("Nama,Nomor\n=1+1,0812\n", encoding="utf-8")
    assert [cell.get(f"{TABLE}formula") for cell in cells(path, EVALUATED)].count("of:=1+1") == 1


def test_csv_results_run_nothing_even_where_formulas_are_evaluated(tmp_path: Path) -> None:
    path = write_results_csv(tmp_path / "bonus.csv", NASTY, [a_line(NASTY, text) for text in NASTY])
    found = cells(path, EVALUATED)
    assert len(found) > len(NASTY)
    assert [cell.attrib for cell in found if cell.get(f"{TABLE}formula")] == []


def test_a_plan_shows_the_sheets_own_texts_as_they_stand(tmp_path: Path) -> None:
    rows = [(text, ANDI, "S5") for text in NASTY if len(text) < 100]
    plan = plan_of(sheet_of(rows))
    path = plan_workbook.write_plan(
        tmp_path / "plan.xlsx",
        plan,
        account="=1",
        moment="",
        budget=None,
        deposit=None,
        rehearsal=False,
        tell=str,
    )
    assert [row[0] for row in shown(path)[1:]] == [text for text, _, _ in rows]
    assert [cell.attrib for cell in cells(path) if cell.get(f"{TABLE}formula")] == []


DIGITS_APART = (
    *(
        "0000-0000-0000",
        "0\\-000",
        "\\0###\\-####\\-####",
        '"0"###-####-####',
        "(0000) 0000-0000",
        "#-###-####-#####",
    ),
    *(
        "[<=9999999]###\\-####;\\(###\\)\\ ###\\-####",
        "0000\\.0000\\.0000",
        "[$+62-421] 000-0000-0000",
        '0"x"0',
    ),
    *(
        "[Red]0000 000000;0",
        "[=5]0-0;[>5]0-00;0",
        '[>81213451678]0;[<5]"a";00-00',
        '"+62" 00000000000',
        "0_-00",
    ),
)


def test_a_number_is_set_apart_by_its_format_as_libreoffice_shows_it(tmp_path: Path) -> None:
    numbers = (5, 123, 8121345167, 81213451678, 6281213451678)
    book = openpyxl.Workbook()
    for at, code in enumerate(DIGITS_APART, start=1):
        for column, number in enumerate(numbers, start=1):
            cell = book.worksheets[0].cell(at, column, number)
            cell.number_format = code
    book.save(tmp_path / "formats.xlsx")
    of_libreoffice = ["".join(cell.itertext()).strip() for cell in cells(tmp_path / "formats.xlsx")]
    ours = [number_shown(str(number), code) for code in DIGITS_APART for number in numbers]
    assert of_libreoffice == ours


def test_the_sums_of_the_results_are_those_of_the_summary(tmp_path: Path, target: Path) -> None:
    checkpoint = a_checkpoint(
        tmp_path / "bonus.checkpoint.db", topups((ANDI, "S5"), (BUDI, "S5"), (CITRA, "S10"))
    )
    orders = orders_in(checkpoint)
    paid = an_outcome(Kind.SUKSES, invoice="TRX1", debited=5_700, balance=94_300)
    attempted(checkpoint, orders[ANDI, "S5", 1], paid)
    attempted(checkpoint, orders[BUDI, "S5", 1], an_outcome(Kind.SUKSES, invoice="TRX2", debited=5_650))
    attempted(checkpoint, orders[CITRA, "S10", 1], an_outcome(Kind.GAGAL, code="outcome.reason.11"))
    closed = books.close(checkpoint.debits())
    write_results_file(checkpoint, tally(checkpoint), closed, target, rehearsal=False, tell=lambda _: None)
    checkpoint.close()

    book = openpyxl.load_workbook(target)
    at = {str(cell.value): letter(n) for n, cell in enumerate(book["Results"][1])}
    rows = book["Summary"].iter_rows(values_only=True)
    said: dict[str, Any] = {str(label): values for label, *values in rows}
    formulas = book.create_sheet("Sums", 0)
    for kind in ("yes", "no"):
        area = "Results!{0}2:{0}99".format
        column = area(at["debited" if kind == "yes" else "price"])
        formulas.append([f'=SUMIF({area(at["paid"])},"{kind}",{column})'])
    formulas.append([f"=SUM(Results!{at['debited']}2:{at['debited']}99)"])
    book.save(target)

    assert [int(float(row[0])) for row in shown(target)] == [
        said["paid"][2],
        said["not paid"][2],
        -said["debits for paid and pending rows"][4],
    ]
    assert said["paid"][2] == 11_350

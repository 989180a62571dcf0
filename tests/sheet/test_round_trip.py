"""What is written into a sheet is what is read out of it, whoever wrote it, and what stands in the results.

Two tables are the same when the same texts stand under the same row numbers. Left out of that: rows in which
no cell has anything but white space (they are no rows), and what a format cannot hold: a NUL, half a
surrogate pair, and for workbooks that another library writes also control characters.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from contextlib import suppress
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import openpyxl
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bulk_topup.core.model import letter
from bulk_topup.report.cell_text import CSV_FORMULA_STARTS
from bulk_topup.report.tables import OutputTab, TabRow
from bulk_topup.report.workbook import write_workbook
from bulk_topup.sheet import read_sheet
from bulk_topup.sheet.names import is_phone, meaning_of
from bulk_topup.sheet.readers import csv_text, xlsx
from bulk_topup.sheet.table import batches
from bulk_topup.sheet.tabs import TabChoice, choose_tab
from tests.report.test_workbook import visible
from tests.sheet.test_sheet import PART, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from bulk_topup.sheet.tabs import ChosenTab
    from tests.conftest import Office

    Table = list[list[str]]
    """A header and the rows under it, all as wide."""

IN_PROCESS = settings(max_examples=60, deadline=None)
WITH_FILES = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
THROUGH_A_CHILD = settings(WITH_FILES, max_examples=4)

DELIMITERS = (",", ";", "\t", "|")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "cp1252")
BOM = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}


# -- any table ---------------------------------------------------------------------------------------------

PIECES = (
    *"=+-@'\",;|\t\r\n &<>_#\\\x1a\x85\u00a0\u200b\u1a1aé€\N{GRINNING FACE}",
    *("0812", "_x0041_", "_x005F_", "]]>", "\r\n", "NA", "null", "TRUE", "1E5", "#N/A", "sep=;"),
)


def hard(encoding: str = "utf-8") -> st.SearchStrategy[str]:
    """Texts of what some reader stumbles over."""
    pieces = [piece for piece in PIECES if piece.encode(encoding, "ignore")]
    return st.lists(st.sampled_from(pieces), max_size=6).map("".join)


def any_text(encoding: str = "utf-8") -> st.SearchStrategy[str]:
    return st.text(st.characters(codec=encoding, exclude_characters="\0"), max_size=12) | hard(encoding)


def tables(texts: st.SearchStrategy[str]) -> st.SearchStrategy[Table]:
    """Under our two columns and up to three others, with any texts in any row.

    But none that could be a phone number, or name a column of such: `read` asks which of them is meant.
    """
    texts = texts.filter(lambda text: not is_phone(text))
    names = texts.filter(lambda text: meaning_of(f"Kolom {text}") is None)
    return st.integers(0, 3).flatmap(
        lambda others: st.builds(
            lambda names, rows: [["No HP", "Kode Produk", *(f"Kolom {name}" for name in names)], *rows],
            st.lists(names, min_size=others, max_size=others),
            st.lists(st.lists(texts, min_size=2 + others, max_size=2 + others), min_size=1, max_size=6),
        )
    )


def expected(table: Table) -> dict[int, list[str]]:
    """Row number -> texts. Blank rows are none."""
    return {number: row for number, row in enumerate(table[1:], 2) if any(map(str.strip, row))}


def read_back(found: ChosenTab) -> dict[int, list[str]]:
    rows: dict[int, list[str]] = {}
    for batch in batches(found):
        assert batch.odd == {}
        rows.update(zip(batch.rows, map(list, zip(*batch.columns, strict=True)), strict=True))
    return rows


def assert_same(found: ChosenTab, table: Table) -> None:
    assert list(found.header.texts) == table[0]
    assert read_back(found) == expected(table)


# -- workbooks ---------------------------------------------------------------------------------------------

_NOT_XML = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


def as_xml(written: str) -> str:
    """As the standard has a text (ECMA-376 part 1, 22.9.2.19), with `_x001F_` for what XML cannot hold."""
    return escape(_NOT_XML.sub(lambda found: f"_x{ord(found[0]):04X}_", written))


def t(written: str) -> str:
    return f'<t xml:space="preserve">{as_xml(written)}</t>'


def by_hand(table: Table, ways: Sequence[str]) -> bytes:
    """An .xlsx with its cells written in these ways, in turn."""
    shared: list[str] = []
    rows = []
    for number, row in enumerate(table, 1):
        cells = [
            _written(value, f"{letter(at)}{number}", ways[(number + at) % len(ways)], shared)
            for at, value in enumerate(row)
        ]
        rows.append(f'<row r="{number}">{"".join(cells)}</row>')
    relation = PART["xl/_rels/workbook.xml.rels"]
    strings = relation[relation.index("<Relationship ") : relation.index("</Relationships>")]
    strings = strings.replace("r1", "r2").replace("worksheets/sheet1.xml", "sharedStrings.xml")
    strings = strings.replace("/worksheet", "/sharedStrings")
    parts = {
        **PART,
        "xl/_rels/workbook.xml.rels": relation.replace("</Relationships>", f"{strings}</Relationships>"),
        "xl/worksheets/sheet1.xml": (
            f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(rows)}</sheetData></worksheet>'
        ),
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{"".join(shared)}</sst>',
    }
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as package:
        for name, part in parts.items():
            package.writestr(name, part)
    return written.getvalue()


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
WAYS = ("shared", "rich", "inline", "formula")


def _written(value: str, at: str, way: str, shared: list[str]) -> str:
    if way == "inline":
        return f'<c r="{at}" t="inlineStr"><is>{t(value)}</is></c>'
    if way == "formula":
        return f'<c r="{at}" t="str"><f>"x"</f><v>{as_xml(value)}</v></c>'
    first, mark, rest = value.partition("_")
    runs = "".join(f"<r>{t(run)}</r>" for run in (first, mark + rest))
    shared.append(f"<si>{runs if way == 'rich' else t(value)}</si>")
    return f'<c r="{at}" t="s"><v>{len(shared) - 1}</v></c>'


def by_openpyxl(table: Table) -> bytes:
    book = openpyxl.Workbook()
    for number, row in enumerate(table, 1):
        for at, value in enumerate(row, 1):
            book.worksheets[0].cell(number, at, value).data_type = "s"
    written = io.BytesIO()
    book.save(written)
    book.close()
    return written.getvalue()


@IN_PROCESS
@given(tables(any_text()), st.lists(st.sampled_from(WAYS), min_size=1, max_size=4))
def test_a_workbook_written_by_hand_holds_what_is_read(table: Table, ways: list[str]) -> None:
    assume(expected(table))
    assert_same(choose_tab(xlsx.tabs(by_hand(table, ways)), TabChoice()), table)


PRINTABLE = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=9
)


@IN_PROCESS
@given(tables((PRINTABLE | hard()).filter(lambda each: not _NOT_XML.search(each))))
def test_a_workbook_written_by_openpyxl_holds_what_is_read(table: Table) -> None:
    assume(expected(table))
    assert_same(choose_tab(xlsx.tabs(by_openpyxl(table)), TabChoice()), table)


@WITH_FILES
@given(table=tables(any_text()))
def test_a_workbook_that_we_write_holds_what_is_read(tmp_path: Path, table: Table) -> None:
    shown = [["".join(map(visible, cell)) for cell in row] for row in table]
    assume(expected(shown))
    rows = [TabRow(row) for row in table[1:]]
    path = write_workbook(
        tmp_path / "b.xlsx",
        [OutputTab("A", table[0], rows, ())],
        [],
        rehearsal=False,
        failure="results.unwritable",
    )
    assert_same(choose_tab(xlsx.tabs(path.read_bytes()), TabChoice(tab="A")), shown)


# -- CSV ---------------------------------------------------------------------------------------------------


def as_csv(table: Table, delimiter: str, encoding: str, line_end: str, *, ended: bool = True) -> bytes:
    """As Python's own writer has it. Raises UnicodeEncodeError where the encoding lacks a character."""
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter, lineterminator=line_end).writerows(table)
    whole = written.getvalue() if ended else written.getvalue().removesuffix(line_end)
    return BOM.get(encoding, b"") + whole.encode(encoding)


def is_utf8(data: bytes) -> bool:
    with suppress(UnicodeDecodeError):
        data.decode()
        return True
    return False


@pytest.mark.parametrize("delimiter", DELIMITERS)
@pytest.mark.parametrize("encoding", ENCODINGS)
@settings(IN_PROCESS, max_examples=30)
@given(drawn=st.data(), line_end=st.sampled_from(["\r\n", "\n"]), ended=st.booleans())
def test_a_csv_file_holds_what_is_read(
    delimiter: str, encoding: str, drawn: st.DataObject, line_end: str, ended: bool
) -> None:
    codec = encoding if encoding == "cp1252" else "utf-8"
    table = drawn.draw(tables(any_text(codec)))
    assume(expected(table))
    # Python quotes its own line end only, and what editors of DOS end a file with is none of its text.
    assume(line_end == "\r\n" or not any("\r" in cell for row in table for cell in row))
    assume(ended or not table[-1][-1].endswith("\x1a"))
    data = as_csv(table, delimiter, encoding, line_end, ended=ended)
    # What can be read as UTF-8 is.
    assume(encoding != "cp1252" or not is_utf8(data) or data.isascii())
    assert_same(csv_text.read_text(data, TabChoice()), table)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("last", ["\u1a1a", "\u041a", "\u1a04"])
def test_a_last_letter_made_of_the_byte_that_ends_a_file_of_dos_is_kept(encoding: str, last: str) -> None:
    table = [["No HP", "Kode Produk", "Nama"], ["0812", "TEL5", last]]
    assert_same(csv_text.read_text(as_csv(table, ",", encoding, "\n", ended=False), TabChoice()), table)


# -- through the child -------------------------------------------------------------------------------------

WRITERS: dict[str, Callable[[Table], bytes]] = {
    "by_hand": lambda table: by_hand(table, WAYS),
    "by_openpyxl": by_openpyxl,
    "utf-16": lambda table: as_csv(table, "\t", "utf-16-le", "\r\n"),
    "utf-8": lambda table: as_csv(table, ";", "utf-8-sig", "\r\n"),
}


@pytest.mark.parametrize("writer", WRITERS)
@THROUGH_A_CHILD
@given(table=tables(PRINTABLE.filter(lambda each: not _NOT_XML.search(each))))
def test_the_child_hands_over_what_it_read(tmp_path: Path, writer: str, table: Table) -> None:
    assume(expected(table))
    path = tmp_path / "bonus.dat"
    path.write_bytes(WRITERS[writer](table))
    sheet = read_sheet(path)
    assert list(sheet.header) == table[0]
    assert rows_of(sheet) == expected(table)


# -- into the results --------------------------------------------------------------------------------------

TEXTS = (
    *("=1+1", '=HYPERLINK("http://x";"y")', "=cmd|' /C calc'!A0", "+62812", "-1", "@SUM(A1)", "\t=1", "\n=1"),
    *("0812", "81234567890123456789", "8.12E+10", "5.000", "50%", "TRUE", "31/01/2025", "#N/A", "null", "NA"),
    *(" x ", "a  b", "two\nlines", "a\rb", "_x000D_", "_x0041_", '"quoted"', "'x", "a,b;c|d\te", "<b>&amp;"),
    *("\N{GRINNING FACE}", "\u202eabc", "\u200bx", "\N{NO-BREAK SPACE}x", "\x1b[2J", "{x}", "sep=;"),
)


def payroll() -> Table:
    """Every text in a column in front of ours and in one behind them; every row is paid."""
    rows = [[text, f"0812345{at:05d}", "TSEL5", text] for at, text in enumerate(TEXTS)]
    return [["=Nama", "No HP", "Kode Produk", "+Catatan"], *rows]


def assert_stands_in(path: Path, table: Table) -> None:
    """By our own reader; the workbook has no formula."""
    found = choose_tab(xlsx.tabs(path.read_bytes()), TabChoice(tab="Results"))
    width = len(table[0])
    assert list(found.header.texts[:width]) == table[0]
    rows = [row[:width] for row in read_back_texts(found)]
    assert rows == [["".join(map(visible, cell)) for cell in row] for row in table[1:]]
    with zipfile.ZipFile(path) as package:
        sheets = [package.read(name) for name in package.namelist() if "worksheets/sheet" in name]
    assert not any(re.search(rb"<f[ >/]", sheet) for sheet in sheets)


def read_back_texts(found: ChosenTab) -> list[list[str]]:
    return [list(row) for batch in batches(found) for row in zip(*batch.columns, strict=True)]


@pytest.mark.parametrize("name", ["bonus.xlsx", "bonus.csv"])
def test_every_text_of_the_sheet_stands_in_the_results_as_it_was(office: Office, name: str) -> None:
    table = payroll()
    data = by_hand(table, ["shared"]) if name.endswith("xlsx") else as_csv(table, ";", "utf-8-sig", "\r\n")
    (office.folder / name).write_bytes(data)
    done = office.send(name)
    assert (done.exit, done.err) == (0, "")
    assert office.sent_numbers() == [row[1] for row in table[1:]]
    assert_stands_in(office.folder / "bonus.results.xlsx", table)


def test_every_text_of_the_sheet_stands_in_csv_results_and_runs_nothing(office: Office) -> None:
    table = payroll()
    (office.folder / "bonus.xlsx").write_bytes(by_hand(table, ["inline"]))
    assert office.send("bonus.xlsx", "--output", "hasil.csv").exit == 0
    with (office.folder / "hasil.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row[: len(table[0])] for row in csv.reader(file, strict=True)]
    assert rows == [[_harmless("".join(map(visible, cell))) for cell in row] for row in table]


def _harmless(shown: str) -> str:
    return f"'{shown}" if shown.startswith(CSV_FORMULA_STARTS) else shown

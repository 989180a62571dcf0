"""Excel 97-2003 workbooks, written here record by record ([MS-XLS]), and what xlrd would misread in them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from struct import pack
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import OddCell, Oddity
from bulk_topup.report.words import say
from bulk_topup.sheet.readers import xls
from tests.markdown import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bulk_topup.sheet.tabs import Cell, Tab

# -- a small writer ----------------------------------------------------------------------------------------

GLOBALS, WORKSHEET, CHART = 0x0005, 0x0010, 0x0020
BIFF5, BIFF8 = 0x0500, 0x0600


def record(code: int, content: bytes = b"") -> bytes:
    return pack("<HH", code, len(content)) + content


def bof(kind: int, version: int = BIFF8) -> bytes:
    return record(0x0809, pack("<HHHHII", version, kind, 0x0DBB, 1996, 0x41, 6))


EOF = record(0x000A)


def compressed(text: str, *, length: str = "<H") -> bytes:
    return pack(length, len(text)) + b"\0" + text.encode("latin-1")


def wide(text: str) -> bytes:
    return pack("<HB", len(text.encode("utf-16-le")) // 2, 1) + text.encode("utf-16-le")


def number(row: int, column: int, value: float, xf: int = 0) -> bytes:
    return record(0x0203, pack("<HHHd", row, column, xf, value))


def rk(row: int, column: int, raw: int) -> bytes:
    return record(0x027E, pack("<HHHI", row, column, 0, raw))


def label(row: int, column: int, text: str) -> bytes:
    return record(0x0204, pack("<HHH", row, column, 0) + compressed(text))


def shared(row: int, column: int, index: int) -> bytes:
    return record(0x00FD, pack("<HHHi", row, column, 0, index))


def formula(row: int, column: int, result: bytes, xf: int = 0) -> bytes:
    return record(0x0006, pack("<HHH", row, column, xf) + result + pack("<HIH", 0, 0, 0))


def special(kind: int, value: int = 0) -> bytes:
    """A result that is no number: 0 text (in the next record), 1 boolean, 2 error, 3 nothing."""
    return bytes([kind, 0, value, 0, 0, 0, 0xFF, 0xFF])


def string(text: str) -> bytes:
    return record(0x0207, compressed(text))


def row_info(row: int, *, hidden: bool) -> bytes:
    return record(0x0208, pack("<HHHHHHI", row, 0, 1, 255, 0, 0, 0x100 | (0x20 if hidden else 0)))


def column_info(first: int, last: int, *, width: int = 2560, hidden: bool = False) -> bytes:
    return record(0x007D, pack("<HHHHHH", first, last, width, 0, int(hidden), 0))


def xf(form: int) -> bytes:
    return record(0x00E0, pack("<HHHBBBBIiH", 0, form, 0, 0, 0, 0, 0, 0, 0, 0))


def sst(*strings: bytes) -> bytes:
    return record(0x00FC, pack("<II", len(strings), len(strings)) + b"".join(strings))


RECALCULATED_BY = record(0x01C1, pack("<II", 0x01C1, 0x0001_25D3))


@dataclass
class Page:
    """One sheet of a workbook to be written. `kind` is BOUNDSHEET's: 0 worksheet, 1 macros, 2 chart."""

    body: bytes
    name: str = "Sheet1"
    visibility: int = 0
    kind: int = 0


@dataclass
class Shared:
    """What a workbook's sheets have in common."""

    formats: Mapping[int, str] = field(default_factory=dict)
    xfs: Sequence[int] = (0,)
    strings: bytes = b""
    more: bytes = RECALCULATED_BY


def workbook(*pages: Page, has: Shared | None = None) -> bytes:
    has = has or Shared()
    before = bof(GLOBALS) + has.more
    before += b"".join(
        record(0x041E, pack("<H", key) + compressed(code)) for key, code in has.formats.items()
    )
    before += b"".join(xf(form) for form in has.xfs)
    names = [pack("<BB", page.visibility, page.kind) + compressed(page.name, length="<B") for page in pages]
    after = has.strings + EOF
    start = len(before) + sum(8 + len(name) for name in names) + len(after)
    bounds = b""
    sheets = b""
    for page, name in zip(pages, names, strict=True):
        bounds += record(0x0085, pack("<i", start + len(sheets)) + name)
        sheets += bof(WORKSHEET if page.kind == 0 else CHART) + page.body + EOF
    return before + bounds + after + sheets


def ole2(stream: bytes) -> bytes:
    """The same in the container of a real .xls: header, one allocation sector, a directory, the stream."""
    stream = stream.ljust(max(4096, -(-len(stream) // 512) * 512), b"\0")
    sectors = len(stream) // 512
    header = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(16) + pack("<HHHHH", 62, 3, 0xFFFE, 9, 6) + bytes(10)
    header += pack("<IiIIiIiI", 1, 1, 0, 4096, -2, 0, -2, 0) + pack("<109i", 0, *[-1] * 108)
    chain = [-3, -2, *range(3, 2 + sectors), -2]
    allocation = pack("<128i", *chain, *[-1] * (128 - len(chain)))
    return header + allocation + _directory(len(stream)) + stream


def _directory(size: int) -> bytes:
    def entry(name: str, kind: int, child: int, start: int, length: int) -> bytes:
        named = name.encode("utf-16-le").ljust(64, b"\0") + pack("<H", 2 * len(name) + 2)
        return named + pack("<BBiii", kind, 1, -1, -1, child) + bytes(36) + pack("<iIi", start, length, 0)

    return (entry("Root Entry", 5, 1, -2, 0) + entry("Workbook", 2, -1, 2, size)).ljust(512, b"\0")


# -- reading it --------------------------------------------------------------------------------------------


def read(data: bytes) -> dict[int, Sequence[Cell]]:
    [tab] = xls.tabs(data)
    return dict(tab.rows())


def cells_of(*body: bytes, has: Shared | None = None) -> dict[int, Sequence[Cell]]:
    return read(workbook(Page(b"".join(body)), has=has))


def tab_of(*body: bytes, has: Shared | None = None) -> Tab:
    [tab] = xls.tabs(workbook(Page(b"".join(body)), has=has))
    return tab


def refusal(*body: bytes, has: Shared | None = None) -> str:
    """Why, in our own words and, behind them, in xlrd's."""
    with pytest.raises(InputError) as caught:
        cells_of(*body, has=has)
    assert caught.value.code == "sheet.unreadable"
    why = say.text(str(caught.value.facts["cause"]), **caught.value.facts)
    return f"{why} {caught.value.__cause__ or ''}".strip()


# -- numbers -----------------------------------------------------------------------------------------------


def test_a_number_is_its_digits_however_it_is_packed() -> None:
    multiple = pack("<HH", 2, 1) + pack("<HI", 0, 5 << 2 | 2) + pack("<HI", 0, 7 << 2 | 2) + pack("<H", 2)
    assert cells_of(
        number(0, 0, 81213456789.0),
        rk(1, 0, 5_000 << 2 | 2),
        rk(1, 1, 500_000 << 2 | 3),
        rk(1, 2, 0x40B38800),
        record(0x00BD, multiple),
    ) == {1: ["81213456789"], 2: ["5000", "5000", "5000"], 3: ["", "5", "7"]}


def test_a_negative_packed_number_keeps_its_sign() -> None:
    assert cells_of(rk(0, 0, -5 << 2 & 0xFFFFFFFF | 2)) == {1: ["-5"]}


def test_the_number_format_decides_what_a_number_is() -> None:
    has = Shared({164: "dd/mm/yyyy", 165: "000000000000"}, xfs=(0, 164, 10, 165, 14))
    [cells] = cells_of(*[number(0, at, 50000.0 if at != 2 else 0.5, at) for at in range(5)], has=has).values()
    assert [cell if isinstance(cell, str) else cell.kind for cell in cells] == [
        "50000",
        Oddity.DATE,
        Oddity.TWO_READINGS,
        Oddity.TWO_READINGS,
        Oddity.DATE,
    ]
    assert cells[4] == OddCell(Oddity.DATE, "2036-11-21", "50000")


def test_a_date_counts_from_1904_where_the_workbook_says_so() -> None:
    has = Shared(xfs=(14,), more=record(0x0022, pack("<H", 1)))
    assert cells_of(number(0, 0, 0.0), has=has) == {1: [OddCell(Oddity.DATE, "1904-01-01", "0")]}


def test_a_date_format_of_east_asian_excels_is_a_date() -> None:
    [cell] = cells_of(number(0, 0, 50000.0), has=Shared(xfs=(31,)))[1]
    assert cell == OddCell(Oddity.DATE, "2036-11-21", "50000")


def test_a_number_that_is_none_is_not_taken_for_one() -> None:
    [cell] = cells_of(number(0, 0, float("nan")))[1]
    assert isinstance(cell, OddCell)


def test_booleans_and_errors_are_odd_cells() -> None:
    body = [record(0x0205, pack("<HHHBB", 0, at, 0, *value)) for at, value in enumerate([(1, 0), (0x2A, 1)])]
    assert cells_of(*body) == {1: [OddCell(Oddity.BOOLEAN, "TRUE"), OddCell(Oddity.ERROR, "#N/A")]}


# -- texts -------------------------------------------------------------------------------------------------


def test_a_text_is_verbatim_without_its_fonts_and_its_phonetic_guide() -> None:
    rich = pack("<HBH", 3, 0x08, 1) + b"081" + pack("<HH", 1, 5)
    phonetic = pack("<HBI", 3, 0x04, 4) + b"082" + b"\1\0\2\0"
    strings = sst(rich, phonetic, wide(" 08\U0001f4f1é\n"), compressed(""))
    cells = cells_of(*[shared(0, at, at) for at in range(4)], has=Shared(strings=strings))
    assert cells == {1: ["081", "082", " 08\U0001f4f1é\n", ""]}


def test_a_text_goes_on_in_the_next_record_in_another_width() -> None:
    first = pack("<II", 2, 2) + pack("<HB", 6, 0) + b"081"
    strings = record(0x00FC, first) + record(0x003C, b"\1" + "234".encode("utf-16-le") + compressed("S5"))
    cells = cells_of(shared(0, 0, 0), shared(0, 1, 1), has=Shared(strings=strings))
    assert cells == {1: ["081234", "S5"]}


def test_a_character_may_be_cut_where_the_next_record_begins() -> None:
    emoji = "\U0001f4f1".encode("utf-16-le")
    first = pack("<II", 2, 2) + pack("<HB", 5, 1) + "08".encode("utf-16-le") + emoji[:2]
    rest = b"\1" + emoji[2:] + "1".encode("utf-16-le") + compressed("S5")
    strings = record(0x00FC, first) + record(0x003C, rest)
    cells = cells_of(shared(0, 0, 0), shared(0, 1, 1), has=Shared(strings=strings))
    assert cells == {1: ["08\U0001f4f11", "S5"]}


def test_half_a_character_is_no_digit_and_no_crash() -> None:
    strings = sst(pack("<HB", 3, 1) + b"0\0\x3d\xd88\0")
    assert cells_of(shared(0, 0, 0), has=Shared(strings=strings)) == {1: ["0\ufffd8"]}


def test_a_text_may_stand_in_the_sheet_itself() -> None:
    rich = record(0x00D6, pack("<HHH", 0, 1, 0) + compressed("S5") + pack("<HHH", 1, 0, 5))
    assert cells_of(label(0, 0, "0812"), rich) == {1: ["0812", "S5"]}


@pytest.mark.parametrize("index", [1, -1, -2])
def test_a_text_that_is_not_there_is_never_another_text(index: int) -> None:
    with pytest.raises(InputError) as caught:
        cells_of(shared(2, 1, index), has=Shared(strings=sst(compressed("081234567890"))))
    assert (caught.value.code, caught.value.facts["cell"]) == ("sheet.lost_text", "B3")


def test_two_lists_of_texts_are_two_readings() -> None:
    lists = sst(compressed("081234567890")) + sst(compressed("081234567891"))
    refusal(shared(0, 0, 0), has=Shared(strings=lists))


def test_a_text_that_is_cut_off_is_not_taken_for_a_shorter_one() -> None:
    whole = label(0, 0, "081234567890")
    assert refusal(record(0x0204, whole[4:-2])) == "a text is cut off"


def test_a_wide_text_that_is_cut_off_is_not_taken_for_a_shorter_one() -> None:
    cut = pack("<HHH", 0, 0, 0) + wide("081234567890")[:-2]
    assert refusal(record(0x0204, cut)) == "a text is cut off"


# -- formulas ----------------------------------------------------------------------------------------------


def test_a_formula_gives_its_cached_result_and_is_counted() -> None:
    tab = tab_of(
        formula(0, 0, pack("<d", 812.0)),
        formula(1, 0, special(0)) + string("0812"),
        formula(2, 0, special(1, 1)),
        formula(3, 1, special(2, 0x07)),
    )
    assert dict(tab.rows()) == {
        1: ["812"],
        2: ["0812"],
        3: [OddCell(Oddity.BOOLEAN, "TRUE")],
        4: ["", OddCell(Oddity.ERROR, "#DIV/0!")],
    }
    assert tab.remarks.formulas == {0: 3, 1: 1}


def test_a_shared_formula_stands_between_a_formula_and_its_text() -> None:
    between = record(0x04BC, pack("<HHBBBBH", 0, 0, 0, 0, 0, 1, 0))
    assert cells_of(formula(0, 0, special(0)) + between + string("0812")) == {1: ["0812"]}


def test_a_formula_whose_text_is_missing_is_not_given_the_next_cell() -> None:
    assert "STRING" in refusal(formula(0, 0, special(0)), label(0, 1, "S5"))


def test_an_empty_text_is_the_result_where_excel_takes_it_for_one() -> None:
    tab = tab_of(formula(0, 0, special(3)), label(0, 1, "S5"))
    assert dict(tab.rows()) == {1: ["", "S5"]}
    assert tab.remarks.formulas == {0: 1}


def test_an_empty_result_of_a_program_that_does_not_calculate_is_no_value() -> None:
    tab = tab_of(formula(0, 0, special(3)), label(0, 1, "S5"), has=Shared(more=b""))
    assert dict(tab.rows()) == {1: [OddCell(Oddity.NO_VALUE, ""), "S5"]}
    assert tab.remarks.formulas == {}


# -- rows, columns, merged cells ---------------------------------------------------------------------------


def test_rows_are_numbered_as_excel_shows_them_and_empty_ones_left_out() -> None:
    assert cells_of(label(4, 2, "a"), label(65535, 0, "z")) == {5: ["", "", "a"], 65536: ["z"]}


def test_cells_out_of_order_are_where_they_say_they_are() -> None:
    body = [label(1, 0, "c"), label(0, 1, "b"), label(0, 0, "a")]
    assert cells_of(*body) == {1: ["a", "b"], 2: ["c"]}


@pytest.mark.parametrize("second", [number(1, 2, 5.0), record(0x0201, pack("<HHH", 1, 2, 0))])
def test_a_cell_with_two_values_is_refused(second: bytes) -> None:
    with pytest.raises(InputError) as caught:
        cells_of(label(1, 2, "0812"), second)
    assert (caught.value.code, caught.value.facts) == ("sheet.cell_twice", {"tab": "Sheet1", "cell": "C2"})


def test_hidden_rows_and_columns_are_told() -> None:
    tab = tab_of(
        column_info(1, 2, hidden=True),
        column_info(4, 4, width=0),
        row_info(1, hidden=True),
        row_info(2, hidden=False),
        *[label(row, 0, "x") for row in range(3)],
    )
    assert len(list(tab.rows())) == 3
    assert tab.remarks.hidden_rows == {2}
    assert tab.remarks.hidden_columns == {1, 2, 4}


def test_rows_without_a_record_are_hidden_where_the_sheet_says_so() -> None:
    hidden_by_default = record(0x0225, pack("<HH", 2, 255))
    tab = tab_of(hidden_by_default, row_info(0, hidden=False), label(0, 0, "x"), label(1, 0, "y"))
    list(tab.rows())
    assert tab.remarks.hidden_rows == {2}


def test_merged_cells_are_told() -> None:
    tab = tab_of(label(0, 0, "x"), record(0x00E5, pack("<HHHHH", 1, 0, 2, 0, 1)))
    list(tab.rows())
    assert tab.remarks.merged == [(1, 0, 3, 1)]


def test_rows_can_be_read_again_and_are_not_counted_again() -> None:
    tab = tab_of(formula(0, 0, pack("<d", 1.0)), label(1, 0, "x"))
    next(iter(tab.rows()))
    assert list(tab.rows()) == list(tab.rows())
    assert tab.remarks.formulas == {0: 1}


# -- tabs --------------------------------------------------------------------------------------------------


def test_hidden_tabs_are_told_and_charts_and_macros_are_no_tabs() -> None:
    pages = [
        Page(number(0, 0, 1.0), "Chart", kind=2),
        Page(label(0, 0, "a"), "Shown"),
        Page(label(0, 0, "b"), "Hidden", visibility=1),
        Page(b"", "Macro", kind=1),
        Page(label(0, 0, "c"), "Very hidden", visibility=2),
    ]
    found = [(tab.name, tab.visible, list(tab.rows())) for tab in xls.tabs(workbook(*pages))]
    assert found == [
        ("Shown", True, [(1, ["a"])]),
        ("Hidden", False, [(1, ["b"])]),
        ("Very hidden", False, [(1, ["c"])]),
    ]


def test_a_damaged_tab_does_not_spoil_another() -> None:
    good, bad = xls.tabs(workbook(Page(label(0, 0, "a")), Page(shared(0, 0, 7), "Sheet2")))
    assert list(good.rows()) == [(1, ["a"])]
    with pytest.raises(InputError):
        list(bad.rows())


def test_the_numbers_of_a_chart_are_no_cells() -> None:
    chart = bof(CHART) + number(0, 0, 5.0) + EOF
    assert cells_of(label(0, 0, "a"), chart, label(1, 0, "b")) == {1: ["a"], 2: ["b"]}


# -- what is refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        bof(CHART) + bof(CHART) + EOF + number(0, 0, 5.0) + EOF,
        label(0, 0, "a") + record(0x0200, pack("<IIHHH", 0, 1, 0, 1, 0)),
        record(0x0003, pack("<HH3sd", 0, 0, bytes(3), 5.0)),
        record(0x007E, pack("<HHHI", 0, 0, 0, 0)),
        record(0x00BD, pack("<HHHIH", 0, 0, 0, 0, 1)),
        record(0x00BD, pack("<HHHIHIH", 0, 0, 0, 0, 0, 0, 0)),
        record(0x0203, pack("<HHH", 0, 0, 0)),
        number(0, 0, 5.0, xf=9),
    ],
    ids=[
        "a chart in a chart",
        "dimensions after a cell",
        "a cell of Excel 2",
        "a packed number of early Excels",
        "too few packed numbers",
        "too many packed numbers",
        "a number cut off",
        "a style that is not there",
    ],
)
def test_what_xlrd_passes_over_or_misreads_is_refused(body: bytes) -> None:
    refusal(body)


def test_a_workbook_under_a_password_is_named_as_one() -> None:
    with pytest.raises(InputError) as caught:
        cells_of(has=Shared(more=record(0x002F, bytes(6))))
    assert caught.value.code == "sheet.password"


WHOLE = workbook(
    Page(shared(0, 0, 0) + formula(0, 1, special(0)) + string("S5") + number(1, 0, 81.0)),
    has=Shared(strings=sst(compressed("081234567890"))),
)


def test_a_file_that_is_cut_off_is_refused_wherever_it_ends() -> None:
    ends = range(len(WHOLE))
    assert [end for end in ends if outcome_of(WHOLE[:end] or b"\0") == "rows"] == []


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255))
def test_a_damaged_byte_ends_in_rows_or_in_one_clear_line(at: int, byte: int) -> None:
    data = WHOLE[:at] + bytes([byte]) + WHOLE[at + 1 :]
    assert outcome_of(data) in {
        "rows",
        "sheet.unreadable",
        "sheet.password",
        "sheet.cell_twice",
        "sheet.lost_text",
    }


def outcome_of(data: bytes) -> str:
    try:
        for tab in xls.tabs(data):
            list(tab.rows())
    except InputError as error:
        return error.code
    return "rows"


def test_xlrd_says_nothing_on_its_own() -> None:
    odd_zoom = record(0x00A0, pack("<HH", 0, 0))
    script = "import sys; from bulk_topup.sheet.readers import xls; "
    script += "[list(tab.rows()) for tab in xls.tabs(sys.stdin.buffer.read())]"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        input=workbook(Page(odd_zoom + label(0, 0, "a"))),
        capture_output=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == (b"", b"")


def test_a_cell_beyond_the_last_column_is_named() -> None:
    assert "IW1 is not a cell" in refusal(number(0, 256, 5.0))


# -- containers and versions -------------------------------------------------------------------------------


def test_a_workbook_in_its_container_is_read_like_one_without() -> None:
    assert read(ole2(WHOLE)) == read(WHOLE) == {1: ["081234567890", "S5"], 2: ["81"]}


def container(stream: bytes, **changed: int) -> bytes:
    """With other numbers in its header: where the lists of sectors start, and how long they are."""
    data = bytearray(ole2(stream))
    places = {"mini_count": 64, "mini_first": 60, "further_first": 68, "further_count": 72}
    for name, value in changed.items():
        data[places[name] : places[name] + 4] = pack("<i", value)
    return bytes(data)


@pytest.mark.parametrize(
    "changed",
    [
        {"mini_count": 7},
        {"mini_first": 90},
        {"further_first": -1},
        {"further_first": 0},
        {"further_count": 3},
    ],
    ids=str,
)
def test_a_container_is_read_although_what_it_does_not_need_is_out_of_order(changed: dict[str, int]) -> None:
    assert read(container(WHOLE, **changed)) == read(WHOLE)


def test_a_small_workbook_stands_among_the_small_streams() -> None:
    assert len(WHOLE) < 4096
    assert read(small_container(WHOLE)) == read(WHOLE)


def small_container(stream: bytes) -> bytes:
    """Sector 0 the allocation, 1 the directory, 2 the chain of small sectors, then those, 64 bytes each."""
    count = -(-len(stream) // 64)
    sectors = -(-count // 8)
    header = ole2(b"")[:60] + pack("<iIiI", 2, 1, -2, 0) + pack("<109i", 0, *[-1] * 108)
    chain = [-3, -2, -2, *range(4, 3 + sectors), -2]
    allocation = pack("<128i", *chain, *[-1] * (128 - len(chain)))
    small = pack("<128i", *range(1, count), -2, *[-1] * (128 - count))
    directory = bytearray(_directory(len(stream)))
    directory[116:124] = pack("<iI", 3, count * 64)
    directory[128 + 116 : 128 + 120] = pack("<i", 0)
    return header + allocation + bytes(directory) + small + stream.ljust(sectors * 512, b"\0")


def test_a_chain_of_sectors_that_does_not_end_is_refused() -> None:
    data = bytearray(ole2(WHOLE))
    data[512 + 4 * 9 : 512 + 4 * 10] = pack("<i", 2)
    with pytest.raises(InputError):
        read(bytes(data))


def biff5(*body: bytes, codepage: int = 1252) -> bytes:
    before = bof(GLOBALS, BIFF5) + record(0x0042, pack("<H", codepage))
    name = b"\0\0" + pack("<B", 6) + b"Sheet1"
    start = len(before) + 8 + len(name) + len(EOF)
    return (
        before + record(0x0085, pack("<i", start) + name) + EOF + bof(WORKSHEET, BIFF5) + b"".join(body) + EOF
    )


@pytest.mark.parametrize(("codepage", "encoding", "text"), [(1252, "cp1252", "é€"), (932, "cp932", "電話")])
def test_a_text_of_excel_95_is_in_the_codepage_of_its_workbook(
    codepage: int, encoding: str, text: str
) -> None:
    stored = text.encode(encoding)
    cell = record(0x0204, pack("<HHHH", 0, 0, 0, len(stored)) + stored)
    assert read(biff5(cell, codepage=codepage)) == {1: [text]}


def test_a_text_of_excel_95_that_is_cut_off_is_refused() -> None:
    with pytest.raises(InputError):
        read(biff5(record(0x0204, pack("<HHHH", 0, 0, 0, 12) + b"0812345")))


def test_a_sheet_of_excel_2_is_read() -> None:
    body = record(0x0009, pack("<HH", 2, WORKSHEET))
    body += record(0x0004, pack("<HH3sB", 0, 0, bytes(3), 4) + b"0812")
    body += record(0x0002, pack("<HH3sH", 0, 1, bytes(3), 5000))
    body += record(0x0003, pack("<HH3sd", 1, 0, bytes(3), 81213456789.0))
    assert read(body + EOF) == {1: ["0812", "5000"], 2: ["81213456789"]}


# -- texts in formats, and outdated results ----------------------------------------------------------------


def test_a_text_with_more_text_from_its_format_has_two_readings() -> None:
    has = Shared({164: '"08"@', 165: "0;-0;;@"}, xfs=(0, 164, 165), strings=sst(compressed("812")))
    label_in = record(0x0204, pack("<HHH", 0, 0, 1) + compressed("812"))
    shared_in = record(0x00FD, pack("<HHHi", 0, 1, 1, 0))
    result = formula(0, 2, special(0), 1) + string("812")
    plain = record(0x00FD, pack("<HHHi", 0, 4, 2, 0))
    odd = OddCell(Oddity.TWO_READINGS, "08812", "812")
    assert cells_of(label_in, shared_in, result, plain, has=has) == {1: [odd, odd, odd, "", "812"]}


def test_a_currency_of_a_built_in_format_is_no_second_reading() -> None:
    body = [number(0, at, 5000.0, at) for at in range(6)]
    assert cells_of(*body, has=Shared(xfs=(5, 6, 7, 8, 42, 44))) == {1: ["5000"] * 6}


def test_the_results_of_a_sheet_that_was_not_calculated_before_it_was_saved_are_no_values() -> None:
    uncalculated = record(0x005E, pack("<H", 0))
    body = formula(0, 0, pack("<d", 812.0)) + formula(0, 1, special(0)) + string("S5") + number(0, 2, 5.0)
    tab = tab_of(uncalculated, body)
    [cells] = dict(tab.rows()).values()
    assert cells == [OddCell(Oddity.NO_VALUE, "812"), OddCell(Oddity.NO_VALUE, "S5"), "5"]
    assert not tab.remarks.formulas

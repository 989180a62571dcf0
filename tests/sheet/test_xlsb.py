"""Excel binary workbooks, written here record by record ([MS-XLSB])."""

from __future__ import annotations

import io
import zipfile
from struct import pack
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import OddCell, Oddity
from bulk_topup.sheet.header import NoHeader
from bulk_topup.sheet.readers import xlsb

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bulk_topup.sheet.tabs import Cell, Tab

# -- a small writer ----------------------------------------------------------------------------------------


def record(kind: int, content: bytes = b"") -> bytes:
    head = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size = len(content)
    while size >= 0x80:
        head += bytes([size & 0x7F | 0x80])
        size >>= 7
    return head + bytes([size]) + content


def text(value: str) -> bytes:
    stored = value.encode("utf-16-le", "surrogatepass")
    return pack("<I", len(stored) // 2) + stored


def row(number: int, *, hidden: bool = False) -> bytes:
    """`number` as Excel shows it."""
    return record(0, pack("<IIHBBBI", number - 1, 0, 300, 0, 0x10 if hidden else 0, 0, 0))


def cell(kind: int, column: int, value: bytes = b"", style: int = 0) -> bytes:
    return record(kind, pack("<II", column, style) + value)


def short(kind: int, value: bytes = b"", style: int = 0) -> bytes:
    return record(kind, pack("<I", style) + value)


def formula(kind: int, column: int, value: bytes) -> bytes:
    return cell(kind, column, value + pack("<HI", 0, 0))


BLANK, RK, ERROR, BOOLEAN, REAL, STRING, SHARED = range(1, 8)
FORMULA_STRING, FORMULA_REAL, FORMULA_BOOLEAN, FORMULA_ERROR = range(8, 12)
SHORT_BLANK, SHORT_RK, SHORT_ERROR, SHORT_BOOLEAN, SHORT_REAL, SHORT_STRING, SHORT_SHARED = range(12, 19)
RICH = 62


def real(column: int, value: float, style: int = 0) -> bytes:
    return cell(REAL, column, pack("<d", value), style)


def string(column: int, value: str) -> bytes:
    return cell(STRING, column, text(value))


def shared(column: int, index: int) -> bytes:
    return cell(SHARED, column, pack("<I", index))


def sheet(*body: bytes, before: bytes = b"", after: bytes = b"") -> bytes:
    return record(129) + before + record(145) + b"".join(body) + record(146) + after + record(130)


def strings(*items: str) -> bytes:
    return record(159, pack("<II", 1, 1)) + b"".join(record(19, b"\0" + text(item)) for item in items)


def styles(*numbers: int, formats: Mapping[int, str] | None = None) -> bytes:
    """Cell styles with these number formats, after a named style that must not be taken for one of them."""
    told = b"".join(record(44, pack("<H", key) + text(code)) for key, code in (formats or {}).items())
    named = record(626, pack("<I", 1)) + record(47, pack("<HH12x", 0xFFFF, 9)) + record(627)
    of_cells = b"".join(record(47, pack("<HH12x", 0, number)) for number in numbers)
    return told + named + record(617, pack("<I", len(numbers))) + of_cells + record(618)


OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def relationships(*told: tuple[str, str, str]) -> str:
    """Of (id, kind, target)."""
    items = "".join(
        f'<Relationship Id="{id_}" Type="{OFFICE}/{kind}" Target="{target}"/>' for id_, kind, target in told
    )
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<Relationships xmlns="{space}">{items}</Relationships>'


OUR_STRINGS = ("081234567890", "S5")


def package(parts: Mapping[str, bytes | str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def parts_of(
    *sheets: tuple[str, int, bytes], kinds: Sequence[str] = (), epoch_1904: bool = False, style: bytes = b""
) -> dict[str, bytes | str]:
    """Of sheets as (name, 0 visible, 1 hidden or 2 very hidden, records)."""
    kinds = kinds or ["worksheet"] * len(sheets)
    related = [(f"rId{at}", kind, f"worksheets/sheet{at}.bin") for at, kind in enumerate(kinds)]
    related += [("s", "sharedStrings", "/xl/sharedStrings.bin"), ("t", "styles", "styles.bin")]
    bundles = b"".join(
        record(156, pack("<II", state, at + 1) + text(f"rId{at}") + text(name))
        for at, (name, state, _) in enumerate(sheets)
    )
    return {
        "_rels/.rels": relationships(("r", "officeDocument", "xl/workbook.bin")),
        "xl/workbook.bin": record(131) + record(153, pack("<III", int(epoch_1904), 0, 0)) + bundles,
        "xl/_rels/workbook.bin.rels": relationships(*related),
        "xl/sharedStrings.bin": strings(*OUR_STRINGS),
        "xl/styles.bin": style or styles(0),
        **{f"xl/worksheets/sheet{at}.bin": content for at, (_, _, content) in enumerate(sheets)},
    }


# -- reading it --------------------------------------------------------------------------------------------


def tab_of(content: bytes, *, epoch_1904: bool = False, style: bytes = b"") -> Tab:
    [tab] = xlsb.tabs(package(parts_of(("Sheet1", 0, content), epoch_1904=epoch_1904, style=style)))
    return tab


def cells_of(*body: bytes, style: bytes = b"", epoch_1904: bool = False) -> dict[int, Sequence[Cell]]:
    return dict(tab_of(sheet(*body), style=style, epoch_1904=epoch_1904).rows())


def refused(data: bytes) -> InputError:
    with pytest.raises(InputError) as caught:
        _read_all(data)
    return caught.value


def _read_all(data: bytes) -> None:
    for tab in xlsb.tabs(data):
        list(tab.rows())


def refused_for(content: bytes) -> InputError:
    return refused(package(parts_of(("Sheet1", 0, content))))


# -- cells -------------------------------------------------------------------------------------------------


def test_texts_are_verbatim_wherever_they_are_stored() -> None:
    rich = cell(RICH, 3, b"\1" + text("rich") + pack("<IHH", 1, 1, 0))
    assert cells_of(row(3), shared(0, 0), string(2, " 08\U0001f4f1\n"), rich, shared(4, 1)) == {
        3: ["081234567890", "", " 08\U0001f4f1\n", "rich", "S5"]
    }


def test_a_shared_text_is_without_its_fonts_and_its_phonetic_guide() -> None:
    item = b"\3" + text("081") + pack("<IHH", 1, 1, 0) + text("guide") + pack("<IHHH", 1, 0, 0, 0)
    parts = parts_of(("Sheet1", 0, sheet(row(1), shared(0, 0))))
    parts["xl/sharedStrings.bin"] = record(19, item)
    [tab] = xlsb.tabs(package(parts))
    assert list(tab.rows()) == [(1, ["081"])]


def test_half_a_surrogate_pair_is_no_digit_and_no_crash() -> None:
    [[shown]] = cells_of(row(1), string(0, "08\ud83d12")).values()
    assert shown == "08�12"
    assert str(shown).encode()


def test_a_number_is_its_digits_however_it_is_packed() -> None:
    packed = [5_000 << 2 | 2, 500_000 << 2 | 3, 0x40B38800, -5 << 2 & 0xFFFFFFFF | 2]
    body = [cell(RK, at, pack("<I", raw)) for at, raw in enumerate(packed)]
    assert cells_of(row(1), *body, real(4, 81213456789.0)) == {
        1: ["5000", "5000", "5000", "-5", "81213456789"]
    }


def test_booleans_and_errors_are_odd_cells() -> None:
    assert cells_of(row(1), cell(BOOLEAN, 0, b"\1"), cell(ERROR, 1, b"\x2a"), cell(BLANK, 2)) == {
        1: [OddCell(Oddity.BOOLEAN, "TRUE"), OddCell(Oddity.ERROR, "#N/A"), ""]
    }


def test_short_cells_stand_in_the_next_column() -> None:
    body = [
        string(2, "a"),
        short(SHORT_BLANK),
        short(SHORT_RK, pack("<I", 7 << 2 | 2)),
        short(SHORT_ERROR, b"\x17"),
        short(SHORT_BOOLEAN, b"\0"),
        short(SHORT_REAL, pack("<d", 8.0)),
        short(SHORT_STRING, text("b")),
        short(SHORT_SHARED, pack("<I", 1)),
    ]
    odd = [OddCell(Oddity.ERROR, "#REF!"), OddCell(Oddity.BOOLEAN, "FALSE")]
    assert cells_of(row(1), *body) == {1: ["", "", "a", "", "7", *odd, "8", "b", "S5"]}


def test_a_formula_gives_its_cached_result_and_is_counted() -> None:
    tab = tab_of(
        sheet(
            row(1),
            formula(FORMULA_STRING, 0, text("0812")),
            formula(FORMULA_REAL, 1, pack("<d", 5000.0)),
            row(2),
            formula(FORMULA_BOOLEAN, 0, b"\1"),
            formula(FORMULA_ERROR, 1, b"\7"),
            formula(FORMULA_STRING, 2, text("")),
        )
    )
    odd = [OddCell(Oddity.BOOLEAN, "TRUE"), OddCell(Oddity.ERROR, "#DIV/0!")]
    assert dict(tab.rows()) == {1: ["0812", "5000"], 2: [*odd, ""]}
    assert tab.remarks.formulas == {0: 2, 1: 2, 2: 1}


def test_the_number_format_decides_what_a_number_is() -> None:
    style = styles(0, 164, 9, 165, 14, formats={164: "dd/mm/yyyy", 165: "000000000000"})
    [cells] = cells_of(row(1), *[real(at, 50000.0, at) for at in range(5)], style=style).values()
    assert [found if isinstance(found, str) else found.kind for found in cells] == [
        "50000",
        Oddity.DATE,
        Oddity.TWO_READINGS,
        Oddity.TWO_READINGS,
        Oddity.DATE,
    ]


def test_a_date_counts_from_1904_where_the_workbook_says_so() -> None:
    cells = cells_of(row(1), real(0, 0.0), style=styles(14), epoch_1904=True)
    assert cells == {1: [OddCell(Oddity.DATE, "1904-01-01", "0")]}


def test_a_style_is_found_by_its_24_bits() -> None:
    """The byte above them is about the phonetic guide."""
    cells = cells_of(row(1), real(0, 50000.0, 1 << 24 | 1), style=styles(0, 9))
    assert cells == {1: [OddCell(Oddity.TWO_READINGS, "5000000%", "50000")]}


def test_a_workbook_without_styles_and_shared_texts_is_read() -> None:
    parts = parts_of(("Sheet1", 0, sheet(row(1), real(0, 812.0), string(1, "S5"))))
    parts["xl/_rels/workbook.bin.rels"] = relationships(("rId0", "worksheet", "worksheets/sheet0.bin"))
    [tab] = xlsb.tabs(package(parts))
    assert list(tab.rows()) == [(1, ["812", "S5"])]


# -- rows, columns, merged cells, tabs ---------------------------------------------------------------------


def test_rows_are_numbered_as_excel_shows_them_and_empty_ones_left_out() -> None:
    assert cells_of(row(5), string(0, "a"), row(6), row(1_048_576), string(0, "z")) == {
        5: ["a"],
        1_048_576: ["z"],
    }


def test_hidden_rows_and_columns_and_merged_cells_are_told() -> None:
    hidden = record(60, pack("<IIIIH", 1, 2, 2560, 0, 1)) + record(60, pack("<IIIIH", 4, 4, 0, 0, 0))
    shown = record(60, pack("<IIIIH", 5, 5, 2560, 0, 0))
    merged = record(176, pack("<IIII", 0, 2, 0, 1))
    body = [row(1), string(0, "a"), row(2, hidden=True), string(0, "b")]
    tab = tab_of(sheet(*body, before=hidden + shown, after=merged))
    assert len(list(tab.rows())) == 2
    assert tab.remarks.hidden_rows == {2}
    assert tab.remarks.hidden_columns == {1, 2, 4}
    assert tab.remarks.merged == [(1, 0, 3, 1)]


def test_records_of_lists_after_the_rows_are_no_rows_and_no_cells() -> None:
    """As Excel 2011 for Mac and Excel 16 write them; their merged cells count."""
    others = b"".join(record(kind, bytes(size)) for kind in (*range(19), 60, 62) for size in (0, 4, 30))
    merged = record(176, pack("<IIII", 0, 2, 0, 1))
    tab = tab_of(sheet(row(1), string(0, "a"), after=others + merged + others))
    assert list(tab.rows()) == [(1, ["a"])]
    assert (tab.remarks.merged, tab.remarks.hidden_columns) == ([(1, 0, 3, 1)], set())


def test_rows_can_be_read_again_and_are_not_counted_again() -> None:
    merged = record(176, pack("<IIII", 0, 2, 0, 1))
    tab = tab_of(sheet(row(1), formula(FORMULA_STRING, 0, text("a")), row(2), string(0, "b"), after=merged))
    next(iter(tab.rows()))
    assert list(tab.rows()) == list(tab.rows())
    assert (tab.remarks.formulas, tab.remarks.merged) == ({0: 1}, [(1, 0, 3, 1)])


def test_hidden_tabs_are_told_and_charts_and_macros_are_no_tabs() -> None:
    one = sheet(row(1), string(0, "a"))
    parts = parts_of(
        ("Chart", 0, b""),
        ("Shown", 0, one),
        ("Hidden", 1, one),
        ("Very hidden", 2, one),
        ("Macro", 0, b""),
        kinds=["chartsheet", "worksheet", "worksheet", "worksheet", "xlMacrosheet"],
    )
    found = [(tab.name, tab.visible, list(tab.rows())) for tab in xlsb.tabs(package(parts))]
    rows = [(1, ["a"])]
    assert found == [("Shown", True, rows), ("Hidden", False, rows), ("Very hidden", False, rows)]


def test_names_of_parts_differ_in_case_and_slashes() -> None:
    parts = parts_of(("Sheet1", 0, sheet(row(1), shared(0, 0))))
    spelled = {name.replace("/", "\\").upper(): content for name, content in parts.items()}
    [tab] = xlsb.tabs(package(spelled))
    assert list(tab.rows()) == [(1, ["081234567890"])]


def test_a_record_of_any_size_is_passed_over_or_read_whole() -> None:
    long = "8" * 700_000
    assert cells_of(record(3000, bytes(3_000_000)), row(1), string(0, long), string(1, "S5")) == {
        1: [long, "S5"]
    }


# -- what is refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("index", [2, 0xFFFFFFFF])
def test_a_text_that_is_not_there_is_never_another_text(index: int) -> None:
    error = refused_for(sheet(row(3), shared(1, index)))
    assert (error.code, error.facts["cell"]) == ("sheet.lost_text", "B3")


def test_a_number_format_that_is_not_there_is_refused_by_its_cell() -> None:
    error = refused_for(sheet(row(3), real(1, 5.0, style=1)))
    assert (error.code, error.facts) == ("sheet.lost_format", {"tab": "Sheet1", "cell": "B3"})


@pytest.mark.parametrize("body", [string(0, "a") + string(0, "b"), string(1, "a") + string(0, "b")])
def test_a_cell_that_is_there_twice_or_out_of_order_is_refused(body: bytes) -> None:
    error = refused_for(sheet(row(3), body))
    assert (error.code, error.facts) == ("sheet.cell_twice", {"tab": "Sheet1", "cell": "A3"})


@pytest.mark.parametrize("second", [1, 2])
def test_a_row_that_is_there_twice_or_out_of_order_is_refused(second: int) -> None:
    error = refused_for(sheet(row(2), string(0, "a"), row(second), string(1, "b")))
    assert (error.code, error.facts) == ("sheet.row_twice", {"tab": "Sheet1", "row": str(second)})


@pytest.mark.parametrize(
    "body",
    [
        row(1_048_577) + string(0, "a"),
        row(1) + string(16_384, "a"),
        string(0, "a"),
        row(1) + cell(STRING, 0, text("081234567890")[:-2]),
        row(1) + cell(REAL, 0, bytes(7)),
        row(1) + cell(BOOLEAN, 0),
        row(1) + record(REAL, bytes(3)),
    ],
    ids=[
        "a row beyond the last",
        "a column beyond the last",
        "a cell in no row",
        "a text cut off",
        "a number cut off",
        "a boolean cut off",
        "a cell cut off",
    ],
)
def test_what_excel_could_not_have_written_is_refused(body: bytes) -> None:
    assert refused_for(sheet(body)).code == "sheet.unreadable"


END_OF_ROWS = record(146)
WHOLE = sheet(row(1), shared(0, 0), string(1, "S5"), row(2), real(0, 81213456789.0))


def test_a_sheet_that_is_cut_off_is_refused_wherever_it_ends() -> None:
    ends = range(WHOLE.index(END_OF_ROWS))
    assert {end: refused_for(WHOLE[:end]).code for end in ends} == dict.fromkeys(ends, "sheet.unreadable")


def test_a_record_after_the_rows_that_is_cut_off_is_refused() -> None:
    assert refused_for(WHOLE + record(3000, bytes(100))[:-1]).code == "sheet.unreadable"


def test_a_damaged_part_is_refused_even_if_its_records_can_be_read() -> None:
    data = package(parts_of(("Sheet1", 0, WHOLE)))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        wrong = archive.getinfo("xl/worksheets/sheet0.bin").CRC
    assert refused(data.replace(pack("<I", wrong), pack("<I", wrong ^ 1))).code == "sheet.unreadable"


@pytest.mark.parametrize("missing", ["xl/workbook.bin", "xl/sharedStrings.bin", "xl/styles.bin"])
def test_a_missing_part_is_named(missing: str) -> None:
    parts = parts_of(("Sheet1", 0, WHOLE))
    del parts[missing]
    error = refused(package(parts))
    assert (error.code, error.facts) == (
        "sheet.unreadable",
        {"cause": "why.part_missing", "part": missing, "what": ""},
    )


def test_a_tab_that_is_only_named_spoils_no_other() -> None:
    parts = parts_of(("Lama", 0, WHOLE), ("Sheet1", 0, WHOLE))
    del parts["xl/worksheets/sheet0.bin"]
    lost, whole = xlsb.tabs(package(parts))
    assert list(whole.rows())
    with pytest.raises(NoHeader) as caught:
        lost.rows()
    assert caught.value.facts == {"cause": "why.tab_missing", "what": "Lama"}


def test_a_part_that_is_stored_twice_is_refused() -> None:
    parts = parts_of(("Sheet1", 0, WHOLE))
    parts["XL/worksheets/sheet0.bin"] = sheet(row(1), string(0, "other"))
    assert refused(package(parts)).code == "sheet.unreadable"


OUTCOMES = {
    "rows",
    "sheet.unreadable",
    "sheet.row_twice",
    "sheet.cell_twice",
    "sheet.lost_text",
    "sheet.lost_format",
}


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255))
def test_a_damaged_byte_ends_in_rows_or_in_one_clear_line(at: int, byte: int) -> None:
    assert outcome_of(WHOLE[:at] + bytes([byte]) + WHOLE[at + 1 :]) in OUTCOMES


@given(st.binary(max_size=200))
def test_any_bytes_end_in_rows_or_in_one_clear_line(content: bytes) -> None:
    assert outcome_of(content) in OUTCOMES


def outcome_of(content: bytes) -> str:
    try:
        list(tab_of(content).rows())
    except InputError as error:
        return error.code
    return "rows"


# -- texts in formats, and outdated results ----------------------------------------------------------------


def test_a_text_with_more_text_from_its_format_has_two_readings() -> None:
    style = styles(0, 164, 165, formats={164: '"08"@', 165: "0;-0;;@"})
    body = cell(STRING, 0, text("812"), 1) + cell(SHARED, 1, pack("<I", 1), 1)
    body += cell(RICH, 2, b"\0" + text("812"), 1) + cell(STRING, 3, text("812"), 2)
    odd = OddCell(Oddity.TWO_READINGS, "08812", "812")
    shared_odd = OddCell(Oddity.TWO_READINGS, "08S5", "S5")
    assert cells_of(row(1), body, style=style) == {1: [odd, shared_odd, odd, "812"]}


@pytest.mark.parametrize(("flags", "holds"), [(0x6A, True), (0x6B, False), (0x7A, False)])
def test_a_result_that_is_to_be_calculated_anew_is_no_value(flags: int, holds: bool) -> None:
    content = sheet(row(1), formula(FORMULA_REAL, 0, pack("<d", 812.0)), real(1, 5.0))
    parts = parts_of(("Sheet1", 0, content))
    calculation = record(157, pack("<IIIdIH", 0x29C13, 1, 100, 0.001, 1, flags))
    parts["xl/workbook.bin"] += calculation  # type: ignore[operator]
    [tab] = xlsb.tabs(package(parts))
    assert dict(tab.rows()) == {1: ["812" if holds else OddCell(Oddity.NO_VALUE, "812"), "5"]}
    assert tab.remarks.formulas == ({0: 1} if holds else {})

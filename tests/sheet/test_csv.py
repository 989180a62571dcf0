"""Reading CSV: what a cell holds beyond doubt, under the row number that Excel shows, or one clear error."""

from __future__ import annotations

import codecs
import csv
import io
import subprocess
import sys
from itertools import islice
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import Named
from bulk_topup.report.words import say
from bulk_topup.sheet.header import find_header
from bulk_topup.sheet.readers import csv_text
from bulk_topup.sheet.table import batches
from bulk_topup.sheet.tabs import Block, ChosenTab, Remarks, TabChoice, row_by_row
from tests import wild
from tests.markdown import ROOT

if TYPE_CHECKING:
    from pathlib import Path

WILD = wild.FOLDER / "csv"


def found(data: bytes, number: str | None = None, product: str | None = None) -> ChosenTab:
    return csv_text.read_text(data, TabChoice(named=Named(number, product)))


def rows_of(data: bytes) -> dict[int, list[str]]:
    rows: dict[int, list[str]] = {}
    for batch in batches(found(data)):
        rows |= {
            row: list(cells) for row, cells in zip(batch.rows, zip(*batch.columns, strict=True), strict=True)
        }
    return rows


def refused(data: bytes) -> InputError:
    with pytest.raises(InputError) as caught:
        rows_of(data)
    say.text(caught.value.code, file="bonus.csv", **caught.value.facts)
    return caught.value


# -- encoding ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bom", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ],
)
def test_every_encoding_that_excel_writes_is_read_without_a_notice(bom: bytes, encoding: str) -> None:
    data = bom + "HP,Kode,Nama\r\n0812,TEL5,Zoë 😀\r\n".encode(encoding)
    assert rows_of(data) == {2: ["0812", "TEL5", "Zoë 😀"]}
    assert found(data).remarks.notices == []


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark_is_read_where_nothing_else_can_be_meant(encoding: str) -> None:
    data = "HP,Kode,Nama\r\n0812,TEL5,Zoë 😀\r\n".encode(encoding)
    assert rows_of(data) == {2: ["0812", "TEL5", "Zoë 😀"]}


def test_windows_1252_is_read_with_a_notice() -> None:
    data = "HP,Kode,Nama\n0812,TEL5,Zoë\n".encode("cp1252")
    assert rows_of(data) == {2: ["0812", "TEL5", "Zoë"]}
    assert [notice.code for notice in found(data).remarks.notices] == ["sheet.windows_1252"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"HP,Kode\n0812,TEL5\x81\n", "sheet.encoding"),
        (codecs.BOM_UTF8 + b"HP,Kode\n0812,TEL5\xff\n", "sheet.encoding_damaged"),
        (codecs.BOM_UTF16_LE + "HP,Kode\n".encode("utf-16-le") + b"\x00\xd8", "sheet.encoding_damaged"),
        (b"HPKode\n08\x0012,TEL5\n", "sheet.not_text"),
        (b"HP,Kode\n08\x0012,TEL5\x81\n", "sheet.not_text"),
        ("HP,Kode\n08\u016212,TEL5\n".encode("utf-16-be") + b"\0", "sheet.encoding_damaged"),
    ],
)
def test_bytes_that_are_not_certainly_text_are_refused(data: bytes, code: str) -> None:
    assert refused(data).code == code


@pytest.mark.parametrize(
    ("data", "row"),
    [
        (b"HP,Kode\n0812,TEL5\n08\x0012,TEL5\n0812,TEL5\n", "3"),
        (b'HP;Kode\n0812;"TEL\n5"\n0812;TEL5\n' + bytes(4096), "4"),
        (b"HP,Kode\0\n0812,TEL5\n", "1"),
        ("\ufeffHP,Kode\n0812,TEL5\n\0".encode("utf-16-le"), "3"),
        ("HP,Kode\n0812,TEL5\n\0".encode("utf-16-be"), "3"),
        ("HP,Kode\n".encode("utf-16-le") + "0812,TEL5\n".encode("utf-16-be"), "1"),
        ("HP,Kode\n0812,TEL5\n".encode("utf-32"), "1"),
    ],
)
def test_a_nul_in_a_text_names_its_row(data: bytes, row: str) -> None:
    error = refused(data)
    assert (error.code, error.facts["row"]) == ("sheet.nul", row)


def test_a_wide_letter_whose_bytes_meet_as_two_zeros_is_no_nul() -> None:
    assert rows_of("\ufeffHP,Kode,Nama\n0812,TEL5,AĀ\n".encode("utf-16-le")) == {2: ["0812", "TEL5", "AĀ"]}


def test_a_character_is_not_torn_where_the_file_is_decoded_in_pieces() -> None:
    head = b"HP,Kode,Nama\n" + b"0812,TEL5,\n" * 90_000
    data = head + b"0813,TEL5," + b"x" * (2**20 - len(head) - 11) + "é\n".encode()
    assert data[2**20 - 1 : 2**20 + 1] == "é".encode()
    assert rows_of(data)[90_002][2].endswith("xé")


# -- lines -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_ends_a_row(end: str) -> None:
    data = end.join(["HP,Kode", "0812,TEL5", "", "0813,XL5"]).encode()
    assert rows_of(data) == {2: ["0812", "TEL5"], 4: ["0813", "XL5"]}


def test_mixed_line_ends_all_end_rows_and_other_separators_do_not() -> None:
    data = "HP,Kode,Nama\r\n0812,TEL5,a\x0b\x0c\x85\u2028b\n0813,TEL5,c\r0814,TEL5,d".encode()
    assert rows_of(data) == {
        2: ["0812", "TEL5", "a\x0b\x0c\x85\u2028b"],
        3: ["0813", "TEL5", "c"],
        4: ["0814", "TEL5", "d"],
    }


def test_a_quoted_line_break_ends_no_row() -> None:
    assert rows_of(b'Note,HP,Kode\n"a\r\nb\nc",0812,TEL5\n,0813,TEL5\n') == {
        2: ["a\r\nb\nc", "0812", "TEL5"],
        3: ["", "0813", "TEL5"],
    }


def test_the_sep_line_is_no_row_as_excel_hides_it() -> None:
    assert rows_of(b"sep=|\r\nHP|Kode\r\n0812|TEL5\r\n") == {2: ["0812", "TEL5"]}


def test_a_sep_line_that_names_another_delimiter_is_told() -> None:
    assert refused(b"sep=,\r\nHP;Kode\r\n0812;TEL5\r\n").facts == {"sep": ","}


def test_the_end_mark_of_dos_is_no_row() -> None:
    assert rows_of(b"HP,Kode\r\n0812,TEL5\r\n\x1a") == {2: ["0812", "TEL5"]}


def test_titles_above_the_header_and_blank_lines_keep_their_row_numbers() -> None:
    data = b"Bonus Juni\n\nPT Contoh, Jakarta\nHP,Kode\n\n0812,TEL5\n , \n0813,TEL5\n\n"
    assert rows_of(data) == {6: ["0812", "TEL5"], 8: ["0813", "TEL5"]}


# -- cells -------------------------------------------------------------------------------------------------


def test_cells_pass_verbatim() -> None:
    cells = [
        '="0812"',
        "'0812",
        " 0812 ",
        "8.12E+10",
        "NA",
        "nan",
        "0812\t",
        "\x07\u200b",
        '5" kabel',
        "TRUE",
    ]
    rows = [f'"{cell.replace(chr(34), chr(34) * 2)}",TEL5' for cell in cells]
    data = "\n".join(["HP,Kode", *rows]).encode()
    assert [row[0] for row in rows_of(data).values()] == cells


def test_a_literal_text_formula_needs_no_quotes_around_it() -> None:
    assert rows_of(b'HP,Kode\n="0812",TEL5\n') == {2: ['="0812"', "TEL5"]}


def test_shorter_rows_are_filled_up_and_trailing_delimiters_are_nothing() -> None:
    assert rows_of(b"HP,Kode,Nama\n0812\n0813,TEL5,Ani,,,\n0814,TEL5\n") == {
        2: ["0812", "", ""],
        3: ["0813", "TEL5", "Ani"],
        4: ["0814", "TEL5", ""],
    }


def test_rows_longer_than_the_header_are_remarked() -> None:
    table = found(b"HP,Kode\n0812,TEL5\n" + b"Ani,0812,TEL5\n" * 2)
    assert len(list(row_by_row(table.pieces))) == 3
    assert table.remarks.longer == [3, 4]


def test_a_field_far_longer_than_a_cell_of_excel_is_read() -> None:
    note = "x" * 900_000
    assert rows_of(f"HP,Kode,Nama\n0812,TEL5,{note}\n".encode())[2][2] == note


@pytest.mark.parametrize(
    ("data", "row"),
    [
        (b'HP,Kode\n0812,TEL5\n0813,"TEL5\n0814,TEL5\n', "3"),
        (b'HP,Kode\n"a\nb",TEL5\n0813,"TEL5\n0814,TEL5\n', "3"),
        (b'HP,Kode\n"0812"3,TEL5\n', "2"),
        (b'HP,Kode\n0812,TEL5\n0813,"TEL5\n' + b"0814,TEL5\n" * 200_000, "3"),
    ],
)
def test_quotes_that_do_not_add_up_name_the_row_where_they_began(data: bytes, row: str) -> None:
    error = refused(data)
    assert (error.code, error.facts["row"]) == ("sheet.quotes", row)


def test_a_cell_longer_than_any_of_excels_is_told_from_an_unclosed_quote() -> None:
    error = refused(b"HP,Kode,Nama\n0812,TEL5,x\n0813,TEL5," + b"x" * 1_100_000 + b"\n")
    assert (error.code, error.facts["row"]) == ("sheet.long_cell", "3")


ANI, BUDI, CICI = b"Ani,081234567890,S5", b"Budi,081234567891,S5", b"Cici,081234567892,S5"


@pytest.mark.parametrize(
    ("lines", "row"),
    [
        ((ANI, b'"' + BUDI, CICI.replace(b"Cici", b'Cici"')), "3"),
        ((ANI, b'Budi,081234567891,"S5', CICI + b'"', ANI), "3"),
        ((ANI, b'Budi,"081234567891,S5', b'Cici,081234567892",S5'), "3"),
        ((b'"Ani, S.Kom",081234567890,"S5', b"Budi,0812-3456-7891,S5", CICI + b'"'), "2"),
        ((b'"' + ANI, BUDI, CICI, b'Dedi",x,S5'), "2"),
        ((ANI, b'Budi,0"81234567891,"S5', CICI, b'"'), "3"),
    ],
)
def test_rows_between_two_stray_quotes_are_not_lost_in_a_cell(lines: tuple[bytes, ...], row: str) -> None:
    error = refused(b"Nama,No HP,Kode\n" + b"\n".join(lines) + b"\n")
    assert (error.code, error.facts["rows"]) == ("sheet.swallowed", row)
    error = refused(b"sep=,\n\nNama,No HP,Kode\n" + b"\r\n".join(lines))
    assert (error.code, error.facts["rows"]) == ("sheet.swallowed", str(int(row) + 1))


def test_a_person_within_the_headers_own_cells_is_not_lost() -> None:
    error = refused(b'Nama,No HP,Kode,"Ket\n' + ANI + b',x"\n' + BUDI + b",\n")
    assert (error.code, error.facts["rows"]) == ("sheet.swallowed", "1")


def test_lines_in_a_cell_that_may_be_rows_are_told() -> None:
    table = found(b'Nama,No HP,Kode\nAni,0812,S5\n"Budi,8.1E+10,S5\nCici",,S5\n')
    assert [row for row, _ in row_by_row(table.pieces)] == [2, 3]
    assert [(each.code, dict(each.facts)) for each in table.remarks.notices] == [
        ("sheet.lines_in_cell", {"rows": "3"})
    ]


@pytest.mark.parametrize(
    "row",
    [
        b'Ani,"Jl. Mawar 1\nRT 2, RW 3, Telp 081234567899\nJakarta, 12345",081234567890,S5',
        b'Ani,"Jl. Mawar, RT 2, 081234567899\nJakarta",081234567890,S5',
        b'Ani,"Jl. Mawar, RT 1, RW 2\nJakarta, ID",081234567890,S5',
        b'Ani,Jl. Mawar,"081234567890\n081234567891",S5',
        b'Ani,Jl. Mawar,081234567890,"S5\n"',
    ],
)
def test_an_address_of_several_lines_is_a_cell_like_any_other(row: bytes) -> None:
    table = found(b'Nama,Alamat,"No\nHP",Kode\n' + row + b"\n" + row + b"\n")
    assert [len(cells) for _, cells in row_by_row(table.pieces)] == [4, 4]
    assert table.remarks.notices == []


def test_more_columns_than_excel_has_are_refused_with_the_row() -> None:
    error = refused(b"HP,Kode\n0812,TEL5\n0812,TEL5" + b"," * 20_000 + b"\n")
    assert (error.code, error.facts["row"]) == ("sheet.too_many_columns", "3")


def test_lines_without_end_are_counted_no_further_than_a_sheet_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_text, "MOST_ROWS_READ", 1_000)
    assert refused(b"HP,Kode\n" + b"\n" * 1_000).code == "sheet.too_many_rows"
    assert refused(b"\n" * 1_001).code == "sheet.too_many_rows"


# -- the delimiter, and what is no CSV -----------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_the_header_fits(delimiter: str) -> None:
    data = f'Nama{delimiter}"HP"{delimiter}Kode\n"a,b;c\td|e"{delimiter}0812{delimiter}TEL5\n'.encode()
    assert rows_of(data) == {2: ["a,b;c\td|e", "0812", "TEL5"]}


def test_a_header_that_two_delimiters_fit_is_refused() -> None:
    assert refused(b"HP,Kode,x;HP;Kode\n0812,TEL5,y;0813;TEL5\n").code == "sheet.delimiter"


@pytest.mark.parametrize(
    ("data", "code", "row"),
    [
        (b'"HP;Kode"\n"0812;TEL5"\n', "sheet.quoted_lines", "1"),
        (b'Bonus\n"Nama,""HP"",""Kode"""\n"Ani,""0812"",""TEL5"""\n', "sheet.quoted_lines", "2"),
        (b'"HP,Kode";;;\n"0812,TEL5";;;\n', "sheet.quoted_lines", "1"),
        (b"Bonus Juni\nNo HP        Kode Produk\n0812345      TEL5\n", "sheet.spaces", "2"),
        (b"HP Kode\n0812 TEL5\n", "sheet.spaces", "1"),
    ],
)
def test_columns_that_only_a_guess_could_split_are_refused_with_the_remedy(
    data: bytes, code: str, row: str
) -> None:
    error = refused(data)
    assert (error.code, error.facts["row"]) == (code, row)


@pytest.mark.parametrize(
    "data",
    [
        b"2026-11-24 01:02:03 INFO started\n2026-11-24 01:02:04 ERROR no route\n",
        b"HP^Kode\n0812^TEL5\n",
        b"just a sentence.\n",
        b'"two\nlines"\n',
    ],
)
def test_other_text_is_refused_with_what_stands_there(data: bytes) -> None:
    error = refused(data)
    assert error.code == "sheet.no_number_column"
    assert error.facts["columns"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"HP,Kode\n", "sheet.no_rows"),
        (b"HP,Kode\n , \n", "sheet.no_rows"),
        (b"\n \n", "sheet.empty"),
        (b"\x1a", "sheet.empty"),
    ],
)
def test_a_file_without_rows_says_so(data: bytes, code: str) -> None:
    assert refused(data).code == code


def test_a_tab_of_a_text_file_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        csv_text.read_text(b"HP,Kode\n0812,TEL5\n", TabChoice(tab="Juni"))
    assert caught.value.code == "sheet.no_tabs"


# -- by column, or record by record ------------------------------------------------------------------------

LINES = st.sampled_from(
    (
        *('0812,TEL5,"Sari, Ayu"\n', '0812,TEL5,"a\nb\r\nc"\n', '0812,"TEL""5",x\r\n', "0812,TEL5,old Mac\r"),
        *("0812,TEL5\r\n", "0812,TEL5,x,\r\n", "\r\n", "0812,TEL5,x,y,z,w\n"),
        *("0812,TEL5\n", "\n", ",,\n", "0812,TEL5,x,\n", "0812,TEL5,x, y\n", "0812,TEL5,\N{GRINNING FACE}\n"),
        *(f"081{at},TEL5,{'x' * at}\n" for at in range(0, 90, 9)),
        *(f"082{at},TEL5,{'y' * at}\r\n" for at in range(0, 90, 9)),
    )
)


@settings(max_examples=300, deadline=None)
@given(lines=st.lists(LINES, min_size=1, max_size=40), characters=st.sampled_from([1, 9, 64, 500]))
def test_rows_by_column_are_those_that_are_read_one_by_one(lines: list[str], characters: int) -> None:
    source = csv_text._Source(("Bonus\nHP,Kode,Nama\n" + "".join(lines)).encode(), "utf-8")
    header = find_header(csv_text._records(source), Named())
    one_by_one = [(row, [*cells, *[""] * 3][:3]) for row, cells in csv_text._records(source) if row > 2]
    too_long = [row for row, cells in csv_text._records(source) if row > 2 and any(map(str.strip, cells[3:]))]
    remarks = Remarks()
    rows = row_by_row(csv_text._under(source, header, remarks, characters))
    read = [(row, [*cells, *[""] * 3][:3]) for row, cells in islice(rows, len(one_by_one))]
    assert read == one_by_one
    assert next(rows, None) is None
    assert remarks.longer == too_long


def test_one_quoted_cell_leaves_the_other_rows_by_column() -> None:
    line = "0812,TEL5,Sari\n"
    source = csv_text._Source(
        ("HP,Kode,Nama\n" + line * 999 + '0812,TEL5,"Sa,ri"\n' + line * 999).encode(), "utf-8"
    )
    header = find_header(csv_text._records(source), Named())
    pieces = list(csv_text._under(source, header, Remarks(), 10 * len(line)))
    assert sum(len(piece.rows) for piece in pieces if isinstance(piece, Block)) > 1_900
    assert dict(row_by_row(pieces))[1_001] == ["0812", "TEL5", "Sa,ri"]
    assert list(dict(row_by_row(pieces))) == list(range(2, 2_001))


# -- size --------------------------------------------------------------------------------------------------

PEAK = """
import resource, sys
from bulk_topup.sheet.readers import csv_text
from bulk_topup.sheet.table import batches
from bulk_topup.sheet.tabs import TabChoice
data = open(sys.argv[1], "rb").read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
rows = sum(len(batch.rows) for batch in batches(csv_text.read_text(data, TabChoice())))
print(rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB on Linux only")
def test_a_large_file_is_read_in_far_less_memory_than_its_size(tmp_path: Path) -> None:
    """One wide character must not make the whole text four bytes a character."""
    line = b"08121234567,TEL5," + b"x" * 80 + b"\n"
    path = tmp_path / "bonus.csv"
    path.write_bytes("HP,Kode,Nama\n0812,TEL5,😀\n".encode() + line * 600_000)
    done = subprocess.run(
        [sys.executable, "-c", PEAK, path], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    rows, kib = map(int, done.stdout.split())
    assert rows == 600_001
    assert kib < path.stat().st_size / 1024


# -- real files --------------------------------------------------------------------------------------------


def _as_pandas_reads(path: Path, delimiter: str) -> list[list[str]] | None:
    """Its cells by the C reader of pandas; None where that can't read them."""
    raw = path.read_bytes()
    encoding = next((name for bom, name in csv_text.BOMS.items() if raw.startswith(bom)), "utf-8")
    try:
        frame = pd.read_csv(
            path, sep=delimiter, header=None, dtype=str, keep_default_na=False, encoding=encoding,
            skip_blank_lines=False, index_col=False,
        )  # fmt: skip
    except (ValueError, UnicodeError):
        return None
    return [list(map(str, row)) for row in frame.to_numpy()]


@pytest.mark.skipif(not WILD.is_dir(), reason="the real-world spreadsheets are not beside the repository")
def test_real_files_hold_what_pandas_reads_in_them() -> None:
    compared = 0
    for path in sorted(WILD.iterdir()):
        delimiter = "\t" if path.suffix == ".tsv" else ","
        theirs = _as_pandas_reads(path, delimiter)
        if theirs is None:
            continue
        try:
            source = csv_text._Source(path.read_bytes(), csv_text._encoding(path.read_bytes())[0], delimiter)
            ours = [cells for _, cells in csv_text._records(source)]
        except InputError:
            continue
        width = max(map(len, theirs), default=0)
        ours = [cells + [""] * (width - len(cells)) for cells in ours]
        assert ours == theirs, path.name
        compared += 1
    assert compared > 60


@pytest.mark.skipif(not WILD.is_dir(), reason="the real-world spreadsheets are not beside the repository")
def test_every_real_file_gives_rows_or_one_clear_error() -> None:
    for path in sorted(WILD.iterdir()):
        try:
            for _ in batches(found(path.read_bytes(), "A", "B")):
                pass
        except InputError as error:
            line = say.text(error.code, file=path.name, **error.facts)
            assert line.isprintable(), path.name


def test_what_csv_writes_is_what_is_read() -> None:
    cells = ['a"b', "c,d", "e\r\nf", "", " g", "h\ti", ";|", "'"]
    written = io.StringIO(newline="")
    csv.writer(written).writerows([["HP", "Kode", "Nama"], *(["0812", "TEL5", cell] for cell in cells)])
    assert [row[2] for row in rows_of(written.getvalue().encode()).values()] == cells

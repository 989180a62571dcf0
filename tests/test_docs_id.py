"""The Indonesian pages have the names, commands and numbers of the English ones, which are held against the
program."""

from __future__ import annotations

import re

import pytest

from bulk_topup.core.model import Columns, Named
from bulk_topup.sheet.header import find_header
from tests import test_docs
from tests.markdown import code_in, page, section, table

ENGLISH = test_docs.PAGES
PAGE = "\n".join(
    map(page, ("README.id.md", "docs/id/guide.md", "docs/id/reference.md", "docs/id/windows.md"))
)
FENCED = re.compile(r"^ *```(?:sh|bat)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
OPTION, VARIABLE = re.compile(r"(?<![\w-])--[a-z][a-z-]*"), re.compile(r"BULK_TOPUP_\w+")


def test_each_page_names_the_other() -> None:
    assert "(README.md)" in PAGE
    assert "(README.id.md)" in test_docs.README


def test_its_commands_are_those_of_the_english_page() -> None:
    mine = [line.strip() for block in FENCED.findall(PAGE) for line in block.splitlines()]
    theirs = {line.strip() for block in FENCED.findall(ENGLISH) for line in block.splitlines()}
    assert mine
    assert [line for line in mine if line not in theirs] == []


@pytest.mark.parametrize(
    ("mine", "english", "alike"),
    [
        ("contoh", "sample", (0, 2, 3, 4)),
        ("perintah", "command", (0,)),
        ("opsi", "option", (0,)),
        ("variabel", "setting", (0,)),
        ("kunci", "key", (0, 1)),
        ("kode", "code", (0,)),
        ("tab", "tab", (0,)),
        ("status", "status", (0, 1)),
        ("nomor", "number", (0,)),
        ("file", "file", (0,)),
    ],
)
def test_the_tables_have_the_rows_of_the_english_ones(
    mine: str, english: str, alike: tuple[int, ...]
) -> None:
    """`alike` are the columns that are the same in every language."""
    rows, theirs = table(PAGE, mine), table(ENGLISH, english)
    assert [[row[at] for at in alike] for row in rows] == [[row[at] for at in alike] for row in theirs]
    assert [default_in(row[-1]) for row in rows] == [default_in(row[-1]) for row in theirs]


def default_in(cell: str) -> list[str]:
    """`(2)` at the end of a line, as the options have it."""
    return re.findall(r"\(\d+\)$", cell)


def test_the_results_columns_are_those_of_the_english_page() -> None:
    mine = table(section(PAGE, "Lembar hasil"), "kolom")
    theirs = table(section(ENGLISH, "The results sheet"), "column")
    assert [name for name, _ in mine] == [name for name, _ in theirs]


def test_options_and_variables_named_are_some_of_the_english_page_s() -> None:
    assert set(OPTION.findall(PAGE)) <= set(OPTION.findall(ENGLISH))
    assert set(VARIABLE.findall(PAGE)) <= set(VARIABLE.findall(ENGLISH))


HEADERS = {meaning: code_in(headers) for meaning, headers, _ in table(section(PAGE, "Lembar Anda"), "kolom")}
ORDER = ("nomor HP", "produk", "nominal", "urutan", "operator")


@pytest.mark.parametrize(("meaning", "header"), [(m, h) for m, headers in HEADERS.items() for h in headers])
def test_each_header_named_is_recognised(meaning: str, header: str) -> None:
    texts = ["No HP", "Kode Produk", "Nominal", "itrx", "Provider"]
    texts[ORDER.index(meaning)] = header
    assert find_header([(1, texts)], Named()).columns == Columns(0, 1, 2, 3, operator=4)

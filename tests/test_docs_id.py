"""README.id.md is held against the program as README.md is, and to the commands of that."""

from __future__ import annotations

import json
import re

import pytest

from bulk_topup.cli import cli
from bulk_topup.errors import Exit
from bulk_topup.model import Columns, Status
from bulk_topup.sandbox import TEST_NUMBERS
from bulk_topup.settings import KEYS
from bulk_topup.sheet.columns import Named, find_header
from bulk_topup.workbook import RESULT_COLUMNS
from tests import test_docs
from tests.markdown import ROOT, code_in, page, section, table

PAGE = page("README.id.md")
FENCED = re.compile(r"^ *```(?:sh|bat)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)


def test_each_page_names_the_other() -> None:
    assert "(README.md)" in PAGE
    assert "(README.id.md)" in test_docs.README
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", PAGE):
        assert (ROOT / target).is_file(), target


def test_its_commands_are_those_of_the_english_page() -> None:
    mine = [line.strip() for block in FENCED.findall(PAGE) for line in block.splitlines()]
    theirs = {line.strip() for block in FENCED.findall(test_docs.README) for line in block.splitlines()}
    assert mine
    assert [line for line in mine if line not in theirs] == []


def test_the_samples_come_to_what_the_english_page_says() -> None:
    numbers = {name.strip("`"): counts for name, _, *counts in table(PAGE, "contoh")}
    assert numbers == {name: counts for name, (_, *counts) in test_docs.SAMPLES.items()}


def test_the_exit_codes_are_the_program_s() -> None:
    assert [int(code) for code, _ in table(PAGE, "kode")] == sorted(Exit)


def test_the_commands_are_the_program_s() -> None:
    usages = [usage.strip("`").split() for usage, _ in table(PAGE, "perintah")]
    listed = {name: arguments for name, *arguments in usages}
    assert listed == {name: test_docs.arguments_of(command) for name, command in cli.commands.items()}


def test_the_options_are_the_program_s() -> None:
    listed = {code.split()[0] for cell, _ in table(PAGE, "opsi") for code in code_in(cell)}
    assert listed == test_docs.options_of(cli)


def test_every_option_named_anywhere_exists() -> None:
    text = PAGE.replace(test_docs.SAMPLE_LINE, "")
    known = test_docs.options_of(cli) | {"--help", "--version"}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text)) <= known


def test_defaults_named_are_those_of_the_english_page() -> None:
    def defaults(text: str, column: str) -> dict[str, str]:
        cells = table(text, column)
        return {option: found[0] for option, does in cells if (found := re.search(r"\(\d+\)$", does))}

    assert defaults(PAGE, "opsi") == defaults(test_docs.README, "option")


def test_the_settings_are_the_program_s() -> None:
    listed = {key.strip("`"): json.loads(example.strip("`")) for key, example, _ in table(PAGE, "kunci")}
    assert listed == KEYS


def test_every_variable_named_is_read_by_the_program() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "bulk_topup").glob("*.py"))
    of_options = {str(p.envvar) for command in cli.commands.values() for p in command.params if p.envvar}
    for variable in set(re.findall(r"BULK_TOPUP_\w+", PAGE)):
        assert variable in of_options or f'"{variable}"' in code, variable


def test_the_results_columns_are_the_program_s() -> None:
    columns = table(section(PAGE, "Lembar hasil"), "kolom")
    assert tuple(name.strip("`") for name, _ in columns) == RESULT_COLUMNS


def test_the_statuses_are_the_program_s() -> None:
    listed = [(status.strip("`"), paid) for status, paid, *_ in table(PAGE, "status")]
    assert listed == [(str(status), str(status.paid)) for status in Status]


def test_the_test_numbers_are_the_sandbox_s() -> None:
    listed = [number.strip("`") for number, _ in table(PAGE, "nomor")]
    assert listed == [entry.pattern for entry in TEST_NUMBERS]


HEADERS = {meaning: code_in(headers) for meaning, headers, _ in table(section(PAGE, "Lembar Anda"), "kolom")}
ORDER = ("nomor HP", "produk", "nominal", "urutan")


@pytest.mark.parametrize(("meaning", "header"), [(m, h) for m, headers in HEADERS.items() for h in headers])
def test_each_header_named_is_recognised(meaning: str, header: str) -> None:
    texts = ["No HP", "Kode Produk", "Nominal", "itrx"]
    texts[ORDER.index(meaning)] = header
    assert find_header([(1, texts)], Named()).columns == Columns(number=0, product=1, nominal=2, itrx=3)

"""The wording: complete, without leftovers, and harmless whatever the facts contain."""

from __future__ import annotations

import ast
import re
import string
from collections import Counter
from dataclasses import fields
from functools import cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bulk_topup
from bulk_topup.core.errors import InputError
from bulk_topup.core.model import Finding, Level, Oddity
from bulk_topup.core.status import Paid, Status
from bulk_topup.desk.view import ORDER
from bulk_topup.provider import client, outcomes
from bulk_topup.record.checkpoint.values import BatchIdentity
from bulk_topup.report.screen.sheet import MEANINGS
from bulk_topup.report.words import say
from bulk_topup.rules import checks
from tests.builders import ANDI

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(bulk_topup.__file__).parent
ENGLISH = PACKAGE / "report" / "words" / "english"
FAMILIES = {code.partition(".")[0] for code in say.WORDS if "." in code}
A_CODE = re.compile(r"[a-z_]+(\.[a-z0-9_]+)+")
FILE_SUFFIXES = (".db", ".xlsx", ".csv", ".css", ".js", ".svg")

FACTS_THAT_CODES_ARE_MADE_OF = {
    "doctor.": {
        *("credentials", "prices", "clock", "server_clock", "ledger", "account", "rule_51", "folder", "disk"),
    },
    "cell.": {str(kind) for kind in Oddity if kind is not Oddity.LOST_DIGITS},
    "trail.": {
        *("begin", "check", "approval", "run", "attempt", "outcome", "settlement", "resolution", "export"),
    },
    "checkpoint.other_": {field.name for field in fields(BatchIdentity)},
    "outcome.not_sent.": {*outcomes.NOT_SENT_CAUSES, "failed"},
    "outcome.no_answer.": {*outcomes.NO_ANSWER_CAUSES, "failed"},
    "provider.": {*client._CAUSES_WITH_WORDS, "unreachable", "no_answer"},
    "paid.": {paid.name.lower() for paid in Paid},
    "kind.": set(),
    "status.": {str(status) for status in Status},
    "read.": set(MEANINGS),
}
"""Codes that are put together: where a code begins like this, it may end in any of these."""


# -- the codes of the source -------------------------------------------------------------------------------


class WithoutWords(ast.NodeTransformer):
    """Takes the docstrings and the wording itself out of a module."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        return None if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        return None if getattr(node.target, "id", "") == "WORDS" else self.generic_visit(node)


@cache
def trees() -> dict[str, ast.Module]:
    """The product's modules by their names; the simulator speaks for itself."""
    paths = [path for path in PACKAGE.rglob("*.py") if "sandbox" not in path.parts]
    parsed = {path: ast.parse(path.read_text(encoding="utf-8")) for path in paths}
    return {str(path.relative_to(PACKAGE)): WithoutWords().visit(tree) for path, tree in parsed.items()}


def source_texts(tree: ast.AST) -> Iterator[str]:
    """Every string in the code."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@cache
def all_texts() -> frozenset[str]:
    return frozenset(text for tree in trees().values() for text in source_texts(tree)) | in_templates()


def in_templates() -> frozenset[str]:
    """Quoted in a page of the desk, or put together there."""
    pages = [path.read_text(encoding="utf-8") for path in (PACKAGE / "desk" / "templates").glob("*.html")]
    named = {code for page in pages for code in re.findall(r"'([a-z_]+(?:\.[a-z_0-9]+)+)'", page)}
    steps = {f"desk.{step}" for step in ORDER}
    return frozenset({code for code in named if not code.endswith(".html")} | steps) | {
        f"desk.column.{name}" for name in MEANINGS
    }


def dotted_codes() -> set[str]:
    codes = {text for text in all_texts() if A_CODE.fullmatch(text) and not text.endswith(FILE_SUFFIXES)}
    return {code for code in codes if code.partition(".")[0] in FAMILIES and not code.endswith("_")}


def codes_said_or_raised() -> set[str]:
    """Literal codes given to what words them or carries them."""
    carriers = {
        *("text", "InputError", "NoHeader", "Declined", "ProviderError", "StorageFailed", "BatchBusy"),
        *("BulkTopupError", "Halt", "Notice", "Problem", "_problem", "_count_line", "SheetError"),
    }
    calls = [node for tree in trees().values() for node in ast.walk(tree) if isinstance(node, ast.Call)]
    named = [call for call in calls if getattr(call.func, "attr", getattr(call.func, "id", "")) in carriers]
    firsts = [first for call in named if call.args for first in _choices(call.args[0])]
    return {
        first.value for first in firsts if isinstance(first, ast.Constant) and isinstance(first.value, str)
    }


def _choices(node: ast.expr) -> list[ast.expr]:
    return [node.body, node.orelse] if isinstance(node, ast.IfExp) else [node]


def made_codes() -> set[str]:
    """Those of `kind.` have a test of their own."""
    return {begin + end for begin, ends in FACTS_THAT_CODES_ARE_MADE_OF.items() for end in ends}


def finding_codes() -> set[str]:
    """Codes of findings, which hold rows."""
    families = {
        "cell",
        "number",
        "product",
        "nominal",
        "itrx",
        "operator",
        "choice",
        "person",
        "duplicate",
        "changed",
        "recent",
        "turned_away",
        "closed",
    }
    families |= {"hidden", "example", "total", "section", "header", "note", "signature", "contact", "remark"}
    judging = [tree for name, tree in trees().items() if name.startswith(("rules/", "provider/price_list"))]
    texts = {text for tree in judging for text in source_texts(tree)}
    made = {code for code in made_codes() if code.startswith("cell.")}
    return made | {text for text in texts if A_CODE.fullmatch(text) and text.partition(".")[0] in families}


def test_every_code_of_the_source_has_its_wording() -> None:
    assert len(dotted_codes()) > 100, "the search finds nothing"
    assert (dotted_codes() | codes_said_or_raised() | made_codes()) - set(say.WORDS) == set()


def test_every_way_of_making_a_code_is_listed_here() -> None:
    joined = [node for tree in trees().values() for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    begins = {str(node.values[0].value) for node in joined if isinstance(node.values[0], ast.Constant)}
    made = {text for text in begins if re.fullmatch(r"[a-z_]+\.[a-z_.]*", text)}
    assert {text for text in made if text.partition(".")[0] in FAMILIES} == set(FACTS_THAT_CODES_ARE_MADE_OF)


def test_every_wording_is_of_use_somewhere() -> None:
    kinds = {f"kind.{code}" for code in finding_codes()}
    assert set(say.WORDS) - all_texts() - made_codes() - kinds == set()


def test_every_finding_that_holds_rows_has_a_line_of_the_plan() -> None:
    assert len(finding_codes()) > 30, "the search finds nothing"
    assert {f"kind.{code}" for code in finding_codes()} - set(say.WORDS) == set()


@pytest.mark.parametrize("count", ["1", 1])
def test_one_is_not_many_also_where_the_count_is_a_text(count: object) -> None:
    assert "1 formula;" in say.text("sheet.formulas", column="A", count=count)


def test_a_cause_is_worded_with_the_facts_of_its_message() -> None:
    words = say.text("sheet.unreadable", file="b.xlsx", cause="why.no_cell", what="IW1")
    assert "(IW1 is not a cell of a sheet)" in words
    assert say.text("sheet.unreadable", file="b.xlsx", cause="sheet.unreadable").count("b.xlsx") == 2


def test_no_text_leaves_the_plural_to_the_reader() -> None:
    assert [code for code, words in say.WORDS.items() if "(s)" in words] == []


def codes_by_file() -> dict[str, list[str]]:
    """The codes of each family's file as they are written: a mapping would hide one that is there twice."""
    trees = {path.name: ast.parse(path.read_text(encoding="utf-8")) for path in ENGLISH.glob("*.py")}
    return {
        name: [
            key.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Dict)
            for key in node.keys
            if isinstance(key, ast.Constant) and isinstance(key.value, str)
        ]
        for name, tree in trees.items()
    }


def test_a_code_has_one_text_and_codes_that_begin_alike_one_file() -> None:
    written = codes_by_file()
    assert sorted(chain.from_iterable(written.values())) == sorted(say.WORDS)
    homes = {(code.partition(".")[0], name) for name, codes in written.items() for code in codes}
    assert [family for family, count in Counter(family for family, _ in homes).items() if count > 1] == []


def test_every_check_that_is_written_is_run() -> None:
    takers = [
        name
        for name, function in vars(checks).items()
        if callable(function) and getattr(function, "__annotations__", {}).get("_prices", "") == "PriceList"
    ]
    assert {check.__name__ for check in checks.CHECKS} >= set(takers)


# -- the wording itself ------------------------------------------------------------------------------------


def test_a_wording_is_one_line_and_can_be_formatted_without_any_fact() -> None:
    said = {code: say.text(code) for code in say.WORDS}
    assert {code: text for code, text in said.items() if not text.strip() or "\n" in text} == {}


def names_in(wording: str) -> list[str]:
    return [name for _, name, _, _ in string.Formatter().parse(wording) if name is not None]


def test_a_wording_asks_for_facts_by_name() -> None:
    named = {code: names_in(wording) for code, wording in say.WORDS.items()}
    assert sum(map(len, named.values())) > 500
    odd = {code: names for code, names in named.items() if not all(map(A_NAME.fullmatch, names))}
    assert odd == {}


A_NAME = re.compile("[a-z_]+")
OF_THE_TRADE = re.compile(r"\b(?:ledger|checkpoint|claim|itrx|json object|sqlite|exception)\b")


def test_messages_keep_to_words_that_an_excel_user_knows() -> None:
    spoken = {code: re.sub(r"'[^']*'|--[a-z-]+", "", words).lower() for code, words in say.WORDS.items()}
    assert {code: words for code, words in spoken.items() if OF_THE_TRADE.search(words)} == {}


def test_a_code_without_wording_is_shown_as_it_is() -> None:
    assert say.text("no.such_code", path="x") == "no.such_code"


def test_what_stands_in_braces_in_a_fact_is_not_looked_up() -> None:
    assert "{sheet}" in say.text("checkpoint.missing", sheet="{sheet}", path="{0.__class__}")


# -- nothing that a value contains acts on the terminal ----------------------------------------------------

HOSTILE = "\x1b[2J\x1b]0;title\x07\r\nrow 3: paid\x9b31m\u202e\u2028\x00"


def test_control_characters_in_facts_are_inert_in_every_wording() -> None:
    said = {code: say.text(code, **hostile_facts(wording)) for code, wording in say.WORDS.items()}
    assert {code: text for code, text in said.items() if not text.isprintable()} == {}


def hostile_facts(wording: str) -> dict[str, object]:
    return {name: 5 if f"{{{name}:money}}" in wording else HOSTILE for name in names_in(wording) if name}


@given(st.text())
def test_any_text_is_printable_and_as_long_as_it_was(value: str) -> None:
    shown = say.printable(value)
    assert shown.isprintable()
    assert len(shown) == len(value)
    assert not value.isprintable() or shown == value


def test_findings_and_errors_are_inert_too() -> None:
    found = Finding(4, Level.ERROR, "product.unknown_near", HOSTILE, HOSTILE, {"near": HOSTILE})
    assert say.finding(found).isprintable()
    assert say.error(InputError("checkpoint.other_file", path=HOSTILE, stored=HOSTILE, mine=1)).isprintable()
    assert say.attempt(Status.GAGAL, "outcome.reason.00", HOSTILE).isprintable()


# -- sentences ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rupiah", "shown"),
    [(0, "Rp0"), (5_630, "Rp5,630"), (-1_250, "Rp-1,250"), (12_345_678_901, "Rp12,345,678,901")],
)
def test_money_is_rupiah_with_thousands_apart(rupiah: int, shown: str) -> None:
    assert say.money(rupiah) == shown


def test_money_may_come_as_text_and_an_amount_that_is_not_given_shows_as_nothing() -> None:
    assert "Rp5,000" in say.text("halt.budget", limit="5000")
    assert "Rp" not in say.text("halt.budget")


def test_a_finding_names_row_column_and_value() -> None:
    found = Finding(12, Level.ERROR, "product.unknown", "Kode", "S55")
    assert say.finding(found) == f"row 12, Kode: {say.text('product.unknown', value='S55')}"
    assert "S55" in say.finding(found)


def test_a_number_problem_shows_its_own_text_rather_than_the_whole_cell() -> None:
    clipped = Finding(12, Level.ERROR, "number.letters", "HP", "x" * 900, {"text": "xxx…", "characters": "x"})
    assert say.finding(clipped).startswith("row 12, HP: xxx… has letters")


def test_an_attempt_speaks_plainly_and_quotes_the_provider() -> None:
    said = say.attempt(Status.GAGAL, "outcome.reason.11", "Nomor salah format")
    assert said == f"{say.text('outcome.reason.11')} (Provider: Nomor salah format)"
    assert say.attempt(Status.UNKNOWN, "outcome.empty", None) == say.text("outcome.empty")
    assert say.attempt(Status.UNKNOWN, "outcome.empty", "") == say.text("outcome.empty")
    assert say.attempt(Status.SUKSES, "outcome.sukses", f"Isi pulsa ke {ANDI} sukses") == ""

"""Every message in each language: complete, true to the English, and spoken where it was asked for."""

from __future__ import annotations

import ast
import csv
import gettext
import io
import json
import os
import re
import shutil
import string
import subprocess
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess
from typing import IO, TYPE_CHECKING

import openpyxl
import pytest
from babel.messages import Catalog, mofile

from bulk_topup.commands import language
from bulk_topup.commands.main import cli
from bulk_topup.core.errors import Exit
from bulk_topup.core.languages import ENGLISH, INDONESIAN, LANGUAGES
from bulk_topup.core.results_columns import RESULT_COLUMNS
from bulk_topup.report.words import say, translation
from bulk_topup.sheet.names import meaning_of
from tests import catalogue, forks
from tests.catalogue import TRANSLATED
from tests.markdown import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.conftest import MakeOffice, Office

CATALOGUES = {spoken: catalogue.read(spoken) for spoken in TRANSLATED}
SAID = catalogue.said()


def translated(spoken: str, key: catalogue.Key) -> str:
    context, english = key
    found = CATALOGUES[spoken].get(english, context)
    return "" if found is None else first(found.string or "")


# -- the catalogue -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("spoken", TRANSLATED)
def test_every_message_has_its_translation(spoken: str) -> None:
    assert len(SAID) > 700, "the search finds nothing"
    assert [key for key in SAID if not translated(spoken, key).strip()] == []


@pytest.mark.parametrize("spoken", TRANSLATED)
def test_no_translation_is_of_a_message_that_is_said_no_more(spoken: str) -> None:
    kept = {(message.context, first(message.id)) for message in CATALOGUES[spoken] if message.id}
    assert kept - set(SAID) == set()
    assert not CATALOGUES[spoken].obsolete


def first(texts: str | Sequence[str]) -> str:
    """Of a message with a plural, the text for one."""
    return texts if isinstance(texts, str) else texts[0]


@pytest.mark.parametrize("spoken", TRANSLATED)
def test_the_compiled_catalogue_is_the_readable_one(spoken: str) -> None:
    compiled = io.BytesIO()
    mofile.write_mo(compiled, CATALOGUES[spoken])
    compiled.seek(0)
    with catalogue.mo(spoken).open("rb") as file:
        assert texts_of(file) == texts_of(compiled)


def texts_of(file: IO[bytes]) -> dict[object, str]:
    texts = dict(gettext.GNUTranslations(file)._catalog)  # type: ignore[attr-defined]
    texts.pop("")  # which program wrote it, and when
    return texts


@pytest.mark.parametrize("spoken", TRANSLATED)
def test_a_translation_has_the_facts_of_the_english_text(spoken: str) -> None:
    assert {key: wrong for key in SAID if (wrong := differences(key, spoken))} == {}


def differences(key: catalogue.Key, spoken: str) -> list[str]:
    """What the translation of a message has not as the English text has it."""
    said, (context, english) = translated(spoken, key), key
    if context is None:  # click's: of one text for one and many
        kept = {"facts": placeholders(said) <= placeholders(english + SAID[key])}
    else:
        kept = {"facts": placeholders(said) == placeholders(english)}
        kept["options"] = re.findall(OPTION_OR_VARIABLE, said) == re.findall(OPTION_OR_VARIABLE, english)
    kept["facts of click"] = PERCENT.findall(said) == PERCENT.findall(english)
    kept["indent"] = len(said) - len(said.lstrip()) == len(english) - len(english.lstrip())
    kept["lines"] = "\n" not in said or "\n" in english
    return [what for what, holds in kept.items() if not holds]


OPTION_OR_VARIABLE = r"--[a-z][a-z-]+|BULK_TOPUP_[A-Z_]+"
PERCENT = re.compile(r"%\(\w+\)s")


def placeholders(text: str) -> set[tuple[str, str]]:
    """Names with what is made of them; Indonesian has no plural."""
    return {
        (name, "number" if "|" in str(spec) else str(spec))
        for _, name, spec, _ in string.Formatter().parse(text)
        if name is not None
    }


@pytest.mark.parametrize("spoken", TRANSLATED)
def test_what_a_person_is_to_type_or_paste_is_the_same(spoken: str) -> None:
    quoted = re.compile(r"'bulk-topup [^']*'")
    for key in (key for key in SAID if key[0] is not None):
        assert quoted.findall(translated(spoken, key)) == quoted.findall(key[1]), key


# -- the table of languages --------------------------------------------------------------------------------


@pytest.mark.parametrize("spoken", LANGUAGES)
def test_a_language_has_all_of_its_words(spoken: str) -> None:
    language = LANGUAGES[spoken]
    assert all(language._replace(months=("there need be none",), tabs={"in English": "none"}))
    assert len(language.months) in {0, 12}
    assert language.code in language.locales
    assert language.yes == {word.lower() for word in language.yes}


def worded(spoken: str, code: str) -> str:
    english = say.WORDS[code]
    return english if spoken == ENGLISH.code else translated(spoken, (code, english))


@pytest.mark.parametrize("spoken", LANGUAGES)
def test_what_a_language_writes_and_asks_for_is_understood(spoken: str) -> None:
    language = LANGUAGES[spoken]
    for code in ("ask.accepted", "ask.unknown", "ask.invoice"):
        assert worded(spoken, code).endswith(f": {language.not_sent}")
    for code in ("resolve.nothing", "saved.outdated"):
        assert f"'{language.not_sent}'" in worded(spoken, code)
    assert worded(spoken, "usage.yes_no").startswith(tuple(f"[{word}/" for word in language.yes))
    assert worded(spoken, "column.row") == language.row_header
    assert worded(spoken, "column.sent_at") == language.sent_at_header
    assert meaning_of(worded(spoken, "column.number")) == "number"
    assert worded(spoken, "column.invoice") == "invoice"


def literals(path: Path) -> Iterator[str]:
    """Every string in the code, its docstrings aside."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


def test_the_words_of_a_language_stand_in_its_table_alone() -> None:
    """A third language needs no other file: no room speaks or understands one by name."""
    languages = [LANGUAGES[spoken] for spoken in TRANSLATED]
    words = set[str]().union(
        *(each.yes - ENGLISH.yes for each in languages),
        *({each.name_placeholder, each.row_header, each.not_sent, *each.months} for each in languages),
    )
    a_word = re.compile(rf"\b(?:{'|'.join(map(re.escape, words))})\b")
    package = ROOT / "bulk_topup"
    texts = [
        (path.relative_to(package).as_posix(), text)
        for path in package.rglob("*.py")
        if path.parent.name != "english"
        for text in literals(path)
        if path != package / "sheet" / "sayings.py"  # a sheet is understood in every language at once
    ]
    found = {
        name
        for name, text in texts
        if a_word.search(text)
        or text == ENGLISH.not_sent
        or (text in TRANSLATED and name.startswith(("commands/", "report/")))
    }
    assert found == {"core/languages.py"}


def test_a_third_language_takes_an_entry_and_a_catalogue(tmp_path: Path) -> None:
    """In a copy of the package: whoever speaks it is understood, as well as answered."""
    skip = shutil.ignore_patterns("__pycache__")
    package = Path(shutil.copytree(ROOT / "bulk_topup", tmp_path / "bulk_topup", ignore=skip))
    table = package / "core" / "languages.py"
    entry = "ENGLISH._replace(code='ms', name='Malay', locales={'ms'}, name_placeholder='SIAPA')"
    with_entry = table.read_text(encoding="utf-8").replace("INDONESIAN)}", f"INDONESIAN, {entry})}}")
    table.write_text(with_entry, encoding="utf-8")
    malay = Catalog(locale="ms")
    for context, english in SAID:
        if context is not None:
            malay.add(english, f"«{english}»", context=context)
    folder = package / "report" / "words" / "locale" / "ms" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / f"{translation.DOMAIN}.mo").open("wb") as file:
        mofile.write_mo(file, malay)

    def copied(*arguments: str, **environment: str) -> CompletedProcess[str]:
        command, env = [*forks.COMMAND, *arguments], in_folder(tmp_path, **environment)
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, encoding="utf-8")

    asked = copied("resolve", "x.csv", "--note", "SIAPA", "--lang", "ms")
    assert "«--note records who said so" in asked.stderr
    by_computer = copied("status", "x.csv", LANG="ms_MY.UTF-8")
    assert by_computer.stderr.startswith("«bulk-topup: «x.csv has not been run yet")
    assert "en is English, id is Indonesian, ms is Malay." in " ".join(copied("run", "--help").stdout.split())


# -- which language is spoken ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("--lang id run bonus.xlsx", "id"),
        ("run bonus.xlsx --lang id", "id"),
        ("run --lang=id bonus.xlsx", "id"),
        ("--lang en run bonus.xlsx --lang id", "id"),
        ("run bonus.xlsx", ""),
        ("run bonus.xlsx --lang", ""),
        ("run -- --lang id", ""),
        ("", ""),
    ],
)
def test_the_language_is_asked_for_before_or_after_the_command(typed: str, wanted: str) -> None:
    assert language.asked(typed.split()) == wanted


@pytest.mark.parametrize(
    ("environ", "spoken"),
    [
        ({}, "en"),
        ({"LANG": "id_ID.UTF-8"}, "id"),
        ({"LANG": "id"}, "id"),
        ({"LANG": "in_ID"}, "id"),
        ({"LANG": "id-ID"}, "id"),
        ({"LANG": "en_ID.UTF-8"}, "en"),
        ({"LANG": "is_IS"}, "en"),
        ({"LANG": "en_US", "LC_MESSAGES": "id_ID"}, "id"),
        ({"LANG": "id_ID", "LC_ALL": "en_GB"}, "en"),
        ({"LANG": "id_ID", "LC_ALL": ""}, "id"),
        ({"LANG": "id_ID", "LC_ALL": "C"}, "en"),
        ({"LANG": "id_ID", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "POSIX", "LANGUAGE": "id"}, "en"),
        ({"LANG": "en_US", "LANGUAGE": "id:en"}, "id"),
        ({"LANG": "id_ID", "LANGUAGE": "en_US:id"}, "en"),
    ],
)
def test_the_locale_decides_where_nobody_asked(environ: dict[str, str], spoken: str) -> None:
    assert language.spoken_by_computer(environ, "linux") == spoken


def run(*arguments: str, folder: Path, stdin: str = "", **environment: str) -> CompletedProcess[str]:
    """Our command in a folder of its own, with these variables and no other locale."""
    env = in_folder(folder, **environment)
    return forks.run(arguments, folder=folder, env=env, given=stdin, longest_s=60)


def in_folder(folder: Path, **environment: str) -> dict[str, str]:
    locale = {"LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE"}
    kept = {k: v for k, v in os.environ.items() if k not in locale and not k.startswith("BULK_TOPUP_")}
    places = {name: str(folder) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "APPDATA")}
    return kept | places | {"PYTHONIOENCODING": "utf-8", "PYTHONPATH": str(ROOT)} | environment


INDONESIAN_HELP, ENGLISH_HELP = "Pemakaian: bulk-topup", "Usage: bulk-topup"


def test_what_is_asked_for_goes_before_what_the_computer_speaks(tmp_path: Path) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text('lang = "id"\n', encoding="utf-8")
    kept = {"BULK_TOPUP_CONFIG": str(settings)}
    ways: list[tuple[list[str], dict[str, str], str]] = [
        (["--help"], {}, ENGLISH_HELP),
        (["--help"], {"LANG": "id_ID.UTF-8"}, INDONESIAN_HELP),
        (["--help"], kept, INDONESIAN_HELP),
        (["run", "--help"], kept, INDONESIAN_HELP),
        (["--help"], {**kept, "BULK_TOPUP_LANG": "en"}, ENGLISH_HELP),
        (["--help"], {"LANG": "id_ID", "BULK_TOPUP_LANG": "en"}, ENGLISH_HELP),
        (["--lang", "id", "--help"], {**kept, "BULK_TOPUP_LANG": "en"}, INDONESIAN_HELP),
        (["run", "--help", "--lang", "id"], {"LANG": "en_US.UTF-8"}, INDONESIAN_HELP),
        (["--lang", "en", "--help"], {**kept, "LANG": "id_ID"}, ENGLISH_HELP),
    ]
    for arguments, environment, begins in ways:
        done = run(*arguments, folder=tmp_path, **environment)
        assert done.stdout.startswith(begins), (arguments, environment, done)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["run", "x.csv", "--foo"], "Kesalahan: Tidak ada opsi '--foo'"),
        (["run"], "Kesalahan: Argumen belum diberikan 'SHEET'"),
        (["run"], "Contoh:  bulk-topup run payroll_bonus.xlsx"),
        (["prices", "--type", "x"], "'x' bukan salah satu dari 'pulsa', 'data'"),
        (["lari"], "Kesalahan: Tidak ada perintah 'lari'"),
        (
            ["run", "x.csv", "--rate", "cepat"],
            "Kesalahan: Nilai tidak sah untuk '--rate': cepat bukan angka dari 0.05 sampai 500.",
        ),
        (
            ["history", "--month", "2026-13"],
            "'--month': 2026-13 bukan bulan; tulis tahun dan bulannya, seperti 2026-11.",
        ),
        (["run", "x.csv", "--approved-by", "R"], "Kesalahan: pakai --approve CODE dan --approved-by NAME"),
        (["status", "x.csv"], "bulk-topup: x.csv belum pernah dijalankan"),
    ],
)
def test_a_command_line_that_is_wrong_is_told_so_in_indonesian(
    tmp_path: Path, arguments: list[str], told: str
) -> None:
    done = run(*arguments, folder=tmp_path, BULK_TOPUP_LANG="id")
    assert done.returncode == Exit.NOTHING_SENT
    assert told in done.stderr


@pytest.mark.parametrize("way", ["option", "variable", "file"])
def test_a_language_that_is_not_spoken_here_is_refused(tmp_path: Path, way: str) -> None:
    (tmp_path / "settings.toml").write_text('lang = "fr"\n', encoding="utf-8")
    arguments = ["status", "x.csv", *(["--lang", "fr"] if way == "option" else [])]
    environment = {
        "option": {},
        "variable": {"BULK_TOPUP_LANG": "fr"},
        "file": {"BULK_TOPUP_CONFIG": str(tmp_path / "settings.toml")},
    }[way]
    done = run(*arguments, folder=tmp_path, **environment)
    assert (done.returncode, "fr" in done.stderr, "en" in done.stderr) == (Exit.NOTHING_SENT, True, True)


# -- what is said ------------------------------------------------------------------------------------------


@pytest.fixture
def in_indonesian() -> Iterator[None]:
    catalog = gettext.translation(translation.DOMAIN, translation.CATALOGUES, [INDONESIAN.code])
    say.speak(INDONESIAN, catalog.pgettext)
    yield
    say.speak(ENGLISH, say.untranslated)


@pytest.mark.usefixtures("in_indonesian")
def test_money_numbers_and_dates_are_written_as_in_indonesia() -> None:
    assert say.money(103_450_000) == "Rp103.450.000"
    assert say.money(-1_250) == "Rp-1.250"
    assert say.decimal(2.5) == "2,5"
    assert (
        say.text("plan.ask", count=2_000, cost=103_450_000) == "Kirim 2.000 pengisian sebesar Rp103.450.000?"
    )
    assert say.text("plan.ask", count=1, cost=5_000).startswith("Kirim 1 pengisian ")
    assert say.text("prices.of", moment="2026-05-03 14:03") == "Daftar harga 3 Mei 2026 14:03 (WIB)"
    assert say.text("history.none_in", month="2026-12").endswith("pada Desember 2026.")


@pytest.mark.usefixtures("in_indonesian")
@pytest.mark.parametrize("text", ["", "-", "kemarin", "2026-13-01", "2026-123", "0812-1345"])
def test_what_is_no_date_stays_as_it_is(text: str) -> None:
    assert say.date(text) == text


def test_english_keeps_its_dates() -> None:
    assert say.date("2026-05-03 14:03") == "2026-05-03 14:03"


@pytest.mark.usefixtures("in_indonesian")
def test_control_characters_in_facts_are_inert_in_indonesian_too() -> None:
    hostile = "\x1b[2J\r\nrow 3: paid\u202e\x00"
    facts = {
        code: {name: 5 if spec == "money" else hostile for name, spec in placeholders(wording)}
        for code, wording in say.WORDS.items()
    }
    said = {code: say.text(code, **of_code) for code, of_code in facts.items()}
    assert {code: text for code, text in said.items() if not text.isprintable()} == {}


SCREEN = 50, 100


@pytest.mark.parametrize("name", ["", *cli.commands])
def test_help_in_indonesian_fits_the_screen_and_has_no_english(tmp_path: Path, name: str) -> None:
    done = run(*filter(None, [name]), "--help", "--lang", "id", folder=tmp_path)
    lines = done.stdout.splitlines()
    assert len(lines) <= SCREEN[0]
    assert max(map(len, lines)) <= SCREEN[1]
    assert not re.search(r"<=|\b(?:the|of|Options|Usage|Example|Show|default|required)\b", done.stdout)


# -- a whole job -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("wrote", "reads"), [("id", "en"), ("en", "id")])
def test_a_workbook_of_either_language_is_read_in_either(office: Office, wrote: str, reads: str) -> None:
    """One row whose answer was lost is closed from the tab to fill in, one that failed is sent again."""
    lost, failing = "081200002001", "081200000012"
    office.payroll("bonus.csv", ["081234500001", lost, failing])
    office.send("bonus.csv", "--lang", wrote)
    book = openpyxl.load_workbook(office.folder / "bonus.results.xlsx")
    ask = LANGUAGES[wrote].tabs.get("Ask provider", "Ask provider")
    to_do = LANGUAGES[reads].tabs.get("To do", "To do")
    question = str(book[ask]["I2"].value)
    answer = question.rpartition(": ")[2]
    assert answer == {"id": "tidak terkirim", "en": "not sent"}[wrote]
    book[ask]["J2"] = answer
    book.save(office.folder / "filled.xlsx")

    done = office.run(
        "resolve", "bonus.csv", "--from", "filled.xlsx", "--note", "Rina, hotline", "--lang", reads
    )

    assert done.exit == Exit.NOT_ALL_PAID, done.err
    assert office.statuses("bonus.results.xlsx") == ["sukses", "gagal", "gagal"]
    checked = office.run("check", "bonus.results.xlsx", "--sheet", to_do, "--json", "--lang", wrote)
    plan = checked.json["plan"]
    assert (plan["rows"], plan["orders"]) == (2, 2)
    whole = office.run("check", "bonus.results.xlsx", "--json", "--lang", wrote).json["plan"]
    assert (whole["rows"], whole["orders"], whole["held"]) == (3, 2, 1)


def test_what_programs_read_is_the_same_in_either_language(make_office: MakeOffice) -> None:
    """All of `--json` but its sentences, the columns of the results and what stands in them."""
    told, tables = {}, {}
    for spoken in LANGUAGES:
        office = make_office()
        own = {"BULK_TOPUP_LEDGER": str(office.folder / "record.db"), "BULK_TOPUP_LANG": spoken}
        office = replace(office, environment={**office.environment, **own})
        office.payroll("bonus.csv", ["081234500001", "081200002001", "081200000012", "0215550134"])
        said = (
            office.send("bonus.csv", "--output", "r.csv", "--json"),
            office.run("status", "bonus.csv", "--json"),
            office.run("find", "081200002001", "--json"),
        )
        told[spoken] = [without_sentences(json.loads(s.out.replace(str(office.folder), ""))) for s in said]
        with (office.folder / "r.csv").open(encoding="utf-8-sig", newline="") as file:
            tables[spoken] = [
                [cell for at, cell in enumerate(row) if at not in OF_PEOPLE] for row in csv.reader(file)
            ]
    assert told["id"] == told["en"]
    assert tables["id"] == tables["en"]


SENTENCES = {"message", "reason", "summary"}
OF_PEOPLE = {4 + RESULT_COLUMNS.index("reason"), 4 + RESULT_COLUMNS.index("sent_at")}
OF_THIS_RUN = {
    "batch",
    "trail",
    "sent_at",
    "at",
    "closing_at",
    "last_touched",
    "plan_code",
    "code",
    "path",
    "base_url",
    "record",
}


def without_sentences(facts: object) -> object:
    """Without what is said to people, and what is another each time."""
    if isinstance(facts, dict):
        left = {name: without_sentences(value) for name, value in facts.items() if name not in OF_THIS_RUN}
        return {name: value for name, value in left.items() if name not in SENTENCES}
    return list(map(without_sentences, facts)) if isinstance(facts, list) else facts


@pytest.mark.parametrize(
    ("typed", "sends"),
    [*((yes, True) for yes in ("ya", "Y", "y", "iya", "OK")), *((no, False) for no in ("t", "tidak", ""))],
)
def test_the_question_is_asked_and_answered_in_indonesian(office: Office, typed: str, sends: bool) -> None:
    office.payroll("bonus.csv", office.numbers(2))
    done = office.run("run", "bonus.csv", *office.fast, "--lang", "id", answers=[("[y/T] ", typed)])
    assert "Kirim 2 pengisian sebesar Rp11.300?" in done.err
    assert len(office.sent()) == (2 if sends else 0)
    assert done.exit == (Exit.OK if sends else Exit.NOTHING_SENT)


def test_the_next_command_speaks_as_this_one_was_asked_to(office: Office) -> None:
    office.payroll("bonus.csv", ["081200001201"])
    before = office.run("--lang", "id", "run", "bonus.csv", "--yes", *office.fast)
    assert "bulk-topup settle bonus.csv --lang id" in before.out
    after = office.run("status", "bonus.csv", "--lang", "id")
    assert "bulk-topup settle bonus.csv --lang id" in after.out
    assert "--lang" not in office.run("status", "bonus.csv", env={"BULK_TOPUP_LANG": "id"}).out


ENGLISH_WORDS = re.compile(
    r"\b(?:the|and|is|are|was|row|rows|sent|paid|not|nothing|with|from|run|again|answer|money|price|in all)\b"
)


def test_no_english_is_left_in_what_a_person_sees(office: Office) -> None:
    """Of the sample with every mistake: all but what is typed, and the provider's words."""
    sheet = office.folder / "bonus.xlsx"
    shutil.copy(ROOT / "samples" / "payroll_with_mistakes.xlsx", sheet)
    quick = ["bonus.xlsx", "--lang", "id"]
    seen = [
        office.run("check", *quick, "--output", "rencana.xlsx"),
        office.run("run", *quick, "--yes", "--rate", "200", "--wait", "1"),
        *(office.run(command, *quick) for command in ("status", "results")),
        *(
            office.run(*command, "--lang", "id")
            for command in (["history"], ["find", "081200002001"], ["config"])
        ),
        office.run("prices", "--cheapest", "--lang", "id"),
        office.run("template", "gaji.xlsx", "--lang", "id"),
    ]
    texts = [line for said in seen for line in (said.out + said.err).splitlines()]
    for name in ("bonus.results.xlsx", "rencana.xlsx", "gaji.xlsx"):
        book = openpyxl.load_workbook(office.folder / name)
        texts += [
            str(cell.value)
            for tab in book.worksheets
            for row in tab.iter_rows(min_row=2 if tab.title == "Hasil" else 1)
            for cell in row
            if cell.value is not None
        ]
    assert len(texts) > 300
    leftover = [text for text in texts if ENGLISH_WORDS.search(as_said(text))]
    assert leftover == []


def as_said(text: str) -> str:
    """Without commands and options, names in quotes, and what the provider said."""
    text = re.sub(r"^ +bulk-topup .*|: bulk-topup .*|\(Penyedia: .*?\)", "", text)
    return re.sub(r"'[^']*'|\"[^\"]*\"|--[a-z-]+|\bask provider\b|\bAsk provider\b", "", text)

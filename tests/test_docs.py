"""README.md and the pages behind it are held against the program: commands are run, tables compared."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import click
import openpyxl
import pytest

from bulk_topup.commands.main import cli
from bulk_topup.commands.settings import KEYS
from bulk_topup.core.errors import Exit
from bulk_topup.core.model import Columns, Named
from bulk_topup.core.results_columns import RESULT_COLUMNS
from bulk_topup.core.status import Status
from bulk_topup.sandbox import TEST_NUMBERS
from bulk_topup.sheet.header import find_header
from tests import forks
from tests.markdown import ROOT, code_in, page, section, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

pytestmark = pytest.mark.slow

README = page("README.md")
PAGES = "\n".join([README, *map(page, ("docs/guide.md", "docs/reference.md", "docs/windows.md"))])
SAMPLE_LINE, TEST_LINE = (line for line in README.splitlines() if line.startswith("python3 -m venv"))
PROOF_LINE = re.compile(r"^\.venv/bin/python -m tests\.campaign(.*)$", re.MULTILINE)
DOCS = [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs").rglob("*.md"))]
SAMPLES = {name.strip("`"): cells for name, *cells in table(PAGES, "sample")}
IN_CI = os.environ.get("CI") == "true"

NOT_THE_REPOSITORY = shutil.ignore_patterns(
    ".git",
    ".venv",
    "venv",
    ".*_cache",
    ".hypothesis",
    "__pycache__",
    "dist",
    "build",
    "*.sandbox.*",
    "sandbox.*.db*",
)
"""What a rehearsal leaves behind, and what is made anew."""


def environment(**more: str) -> dict[str, str]:
    """Ours, without whatever the developer has set for bulk-topup."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BULK_TOPUP_")}
    return kept | {"PYTHONIOENCODING": "utf-8"} | more


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository, as a fresh clone has it."""
    return shutil.copytree(ROOT, tmp_path_factory.mktemp("clone") / "repo", ignore=NOT_THE_REPOSITORY)


# -- the commands on the first screen ----------------------------------------------------------------------


def test_the_first_command_stands_on_the_first_screen_and_the_page_is_short() -> None:
    lines = README.splitlines()
    assert SAMPLE_LINE in lines[:30]
    assert TEST_LINE in lines
    assert max(len(lines), len(page("README.id.md").splitlines())) <= 150


@pytest.mark.skipif(sys.platform == "win32", reason="the line is for a POSIX shell")
def test_the_sample_line_sets_up_everything_and_pays_every_row(copy: Path) -> None:
    """Literally as it stands there: this one needs a package index."""
    env = environment(PIP_NO_COMPILE="1", **({} if IN_CI else {"PIP_RETRIES": "0"}))
    done = subprocess.run(["/bin/sh", "-c", SAMPLE_LINE], cwd=copy, env=env, capture_output=True, text=True)
    if done.returncode and not IN_CI and not (copy / ".venv" / "bin" / "bulk-topup").exists():
        pytest.skip(f"pip can't install here: {done.stderr.strip().splitlines()[-1:]}")
    assert done.returncode == Exit.OK, done.stderr
    results = openpyxl.load_workbook(
        copy / "samples" / "insentif_tanpa_kode.sandbox.results.xlsx"
    ).worksheets[0]
    header, *rows = results.iter_rows(values_only=True)
    at = header.index("status")
    assert Counter(row[at] for row in rows) == {"sukses": 20}
    (activate,) = (line for line in README.splitlines() if line.startswith("source "))
    typed = ["bash", "-c", f"{activate} && bulk-topup --version"]
    assert subprocess.run(typed, cwd=copy, env=env, capture_output=True, check=True).stdout


def test_ci_runs_the_readme_s_test_line() -> None:
    assert TEST_LINE in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


# -- the samples -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rehearsals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict[str, Any]]]:
    """What `--json` says of each sample, with its exit code; all of them at once, to be quick."""
    with_args = ["--sandbox", "--yes", "--rate", "200", "--wait", "8", "--json"]
    started = {}
    for name in SAMPLES:
        sheet = shutil.copy(ROOT / "samples" / name, tmp_path_factory.mktemp("sample") / name)
        command = [*forks.COMMAND, "run", str(sheet), *with_args]
        started[name] = forks.Popen(
            command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    try:
        yield {name: finished(process) for name, process in started.items()}
    finally:
        for process in started.values():
            process.kill()


def finished(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    out, err = process.communicate(timeout=60)
    assert out, err.decode("utf-8", "replace")
    said: dict[str, Any] = json.loads(out)
    assert process.returncode == said["exit_code"]
    return said


def test_every_sample_is_in_the_table() -> None:
    assert set(SAMPLES) == {p.name for p in (ROOT / "samples").iterdir() if is_sample(p.name)}


def is_sample(name: str) -> bool:
    return name.endswith((".xlsx", ".csv")) and ".sandbox." not in name


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_comes_to_what_the_table_says(rehearsals: dict[str, dict[str, Any]], name: str) -> None:
    _, rows, becomes, exit_code = SAMPLES[name]
    said = {status: int(count) for count, status in (part.split() for part in becomes.split(", "))}
    came_to = {status: count for status, count in rehearsals[name]["rows"].items() if count}
    assert came_to == said
    assert sum(came_to.values()) == int(rows)
    assert rehearsals[name]["exit_code"] == int(exit_code)


def test_the_samples_are_rehearsed_as_the_readme_says() -> None:
    """The same options, but for the rate."""
    (line,) = (code for code in code_in(section(PAGES, "The samples")) if code.startswith("bulk-topup run"))
    assert line == "bulk-topup run samples/NAME --sandbox --yes --rate 20 --wait 8"


# -- the tables --------------------------------------------------------------------------------------------


def test_the_exit_codes_are_the_program_s() -> None:
    assert [int(code) for code, _ in table(PAGES, "code")] == sorted(Exit)


def test_the_commands_are_the_program_s() -> None:
    listed = {
        usage.strip("`").split()[0]: usage.strip("`").split()[1:] for usage, _ in table(PAGES, "command")
    }
    assert listed == {name: arguments_of(command) for name, command in cli.commands.items()}


def arguments_of(command: click.Command) -> list[str]:
    return [str(p.name).upper() for p in command.params if isinstance(p, click.Argument)]


def test_the_options_are_the_program_s() -> None:
    listed = {code.split()[0] for cell, _ in table(PAGES, "option") for code in code_in(cell)}
    assert listed == options_of(cli)


def options_of(group: click.Group) -> set[str]:
    params = [param for command in group.commands.values() for param in command.params]
    return {option for param in params if isinstance(param, click.Option) for option in param.opts}


def test_every_option_named_anywhere_exists() -> None:
    text = PROOF_LINE.sub("", PAGES.replace(SAMPLE_LINE, "").replace(TEST_LINE, ""))
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*", text)) <= options_of(cli) | {"--help", "--version"}


def test_the_campaign_takes_the_options_of_its_lines() -> None:
    lines = PROOF_LINE.findall(README)
    command = [sys.executable, "-m", "tests.campaign", "--help"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert len(lines) == 3
    assert {option for line in lines for option in line.split()} <= set(re.findall(r"--[a-z]+", told))


def test_defaults_named_are_the_program_s() -> None:
    """A default stands in parentheses at the end of an option's line."""
    named = {
        cells[0].strip("`").split()[0]: re.search(r"\((\d+)\)$", cells[1]) for cells in table(PAGES, "option")
    }
    stated = {option: float(match[1]) for option, match in named.items() if match}
    assert stated
    params = {name: p for command in cli.commands.values() for p in command.params for name in p.opts}
    assert stated == {option: params[option].default for option in stated}


def test_the_settings_are_the_program_s() -> None:
    listed = {key.strip("`"): example.strip("`") for key, example, _ in table(PAGES, "key")}
    assert list(listed) == list(KEYS)
    assert {key: json.loads(example) for key, example in listed.items()} == KEYS


def test_every_variable_named_is_read_by_the_program() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "bulk_topup").rglob("*.py"))
    of_options = {str(p.envvar) for command in cli.commands.values() for p in command.params if p.envvar}
    for variable in set(re.findall(r"BULK_TOPUP_\w+", PAGES)):
        assert variable in of_options or f'"{variable}"' in code, variable


def test_the_results_columns_are_the_program_s() -> None:
    columns = table(section(PAGES, "The results sheet"), "column")
    assert tuple(name.strip("`") for name, _ in columns) == RESULT_COLUMNS


def test_the_statuses_are_the_program_s() -> None:
    listed = [(status.strip("`"), paid) for status, paid, *_ in table(PAGES, "status")]
    assert listed == [(str(status), str(status.paid)) for status in Status]


def test_the_test_numbers_are_the_sandbox_s() -> None:
    listed = [(number.strip("`"), effect) for number, effect in table(PAGES, "number")]
    assert listed == [(entry.pattern, entry.effect) for entry in TEST_NUMBERS]


HEADERS: dict[str, list[str]] = {
    meaning: code_in(headers) for meaning, headers, _ in table(section(PAGES, "Your sheet"), "column")
}
ORDER = ("phone number", "product", "nominal", "count", "operator")


@pytest.mark.parametrize(("meaning", "header"), [(m, h) for m, headers in HEADERS.items() for h in headers])
def test_each_header_named_is_recognised(meaning: str, header: str) -> None:
    texts = ["No HP", "Kode Produk", "Nominal", "itrx", "Provider"]
    texts[ORDER.index(meaning)] = header
    assert find_header([(1, texts)], Named()).columns == Columns(0, 1, 2, 3, operator=4)


# -- the program beside its pages --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", *sorted(cli.commands)])
def test_every_help_fits_a_screen_and_has_an_example(name: str) -> None:
    shown = help_of(name).splitlines()
    assert len(shown) <= 50
    assert max(map(len, shown)) <= 100
    assert any(re.match(rf"  (Example|Try it, no money moves): +bulk-topup {name}", line) for line in shown)


def help_of(name: str) -> str:
    parent = click.Context(cli, info_name="bulk-topup", terminal_width=100, max_content_width=100)
    if not name:
        return cli.get_help(parent)
    command = cli.commands[name]
    return command.get_help(click.Context(command, parent, name, terminal_width=100, max_content_width=100))


def test_the_everyday_commands_are_listed_first_and_the_others_under_more() -> None:
    everyday, more = help_of("").partition("Every day:\n")[2].split("More:\n")
    listed = [re.findall(r"^  ([a-z]+) {2,}[A-Z]", part, re.MULTILINE) for part in (everyday, more)]
    assert listed[0] == ["run", "check", "status", "settle", "resolve", "find", "template", "prices", "desk"]
    assert sorted([*listed[0], *listed[1]]) == sorted(cli.commands)


def test_help_answers_without_loading_what_a_run_needs() -> None:
    command = [sys.executable, "-X", "importtime", "-m", "bulk_topup", "--help"]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=True)
    loaded = {line.rpartition("|")[2].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert "click" in loaded
    assert loaded.isdisjoint({"pandas", "numpy", "requests", "urllib3", "openpyxl", "sqlalchemy"})


@pytest.mark.parametrize("name", ["README.md", "README.id.md", "ARCHITECTURE.md", *DOCS])
def test_every_page_linked_to_is_there(name: str) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page(name)):
        assert ((ROOT / name).parent / target).is_file(), target


def test_the_way_to_an_own_batch_begins_with_a_sheet_to_fill_in() -> None:
    named = re.findall(r"bulk-topup ([a-z]+) payroll\.xlsx", section(README, "With your own account"))
    assert named[:3] == ["template", "check", "run"]


# Spelled in two pieces, so that this file does not have them.
FORBIDDEN: Mapping[str, re.Pattern[str]] = {
    "a package index by name": re.compile("py" + r"pi\.|python" + "hosted", re.IGNORECASE),
    "a folder beside the repository": re.compile(r"\.\./" + "shared|/work/" + "shared"),
    "a numbered issue": re.compile("issue" + r" ?#?\d|issue" + " #", re.IGNORECASE),
    "a working session": re.compile(
        r"\b(?:this|last|next|earlier|previous|other|our) " + "session", re.IGNORECASE
    ),
}
WILD = re.compile(r"tests/test_wild\w*\.py")
"""The one test that may look for real sheets beside the repository, where there are any."""


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_of_the_repository_names(copy: Path, what: str) -> None:
    offenders = [
        f"{name}:{number}"
        for name, text in texts_of(copy)
        for number, line in enumerate(text.splitlines(), start=1)
        if FORBIDDEN[what].search(line) and not WILD.fullmatch(name)
    ]
    assert offenders == []


def texts_of(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not name.startswith(".venv/") and path.suffix != ".xlsx":
            yield name, path.read_text(encoding="utf-8", errors="replace")

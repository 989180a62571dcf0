"""What is set once: the settings file, the environment, and `config`, which tells what is in force."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import platformdirs
import pytest
from click.shell_completion import get_completion_class

from bulk_topup.commands import settings
from bulk_topup.commands.main import cli
from bulk_topup.core.errors import InputError
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.conftest import Office, Result

OK, NOTHING_SENT = 0, 2
OF_ONE_SHEET = {"tab", "checkpoint", "output", "plan_output", "sheet_password_file"}
"""What the environment can set, and a file that is there for every sheet can't."""


@pytest.fixture(autouse=True)
def _nothing_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("BULK_TOPUP_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the settings are read from; not there yet."""
    monkeypatch.setenv("BULK_TOPUP_CONFIG", str(tmp_path / "settings.toml"))
    return tmp_path / "settings.toml"


def refusal(file: Path, text: str) -> InputError:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        settings.read_settings()
    return error.value


# -- the file ----------------------------------------------------------------------------------------------


def test_the_file_is_in_the_users_folder_for_it_unless_another_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = Path(platformdirs.user_config_dir("bulk-topup", appauthor=False))
    assert settings.location() == folder / "config.toml"
    monkeypatch.setenv("BULK_TOPUP_CONFIG", str(tmp_path / "other.toml"))
    assert settings.location() == tmp_path / "other.toml"


def test_without_a_file_there_are_no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("XDG_CONFIG_HOME", "HOME", "USERPROFILE", "LOCALAPPDATA", "WIN_PD_OVERRIDE_LOCAL_APPDATA"):
        monkeypatch.setenv(name, str(tmp_path))
    assert settings.read_settings().values == {}


def test_a_file_that_is_named_has_to_be_there(file: Path) -> None:
    with pytest.raises(InputError) as error:
        settings.read_settings()
    assert (error.value.code, error.value.facts["file"]) == ("settings.missing", file)


def test_every_example_is_understood_as_it_stands(file: Path) -> None:
    file.write_text("\n".join(map(settings.assignment, settings.KEYS)), encoding="utf-8")
    kept = settings.read_settings()
    assert kept.values == {
        key: str(Path(str(value)).expanduser()) if key in settings.PLACES else value
        for key, value in settings.KEYS.items()
    }
    assert list(kept.lines.values()) == [str(line) for line in range(1, len(settings.KEYS) + 1)]


def test_a_file_of_notepad_is_read_as_well(file: Path) -> None:
    file.write_bytes("\ufeffnumber_column = 'Nömor'\r\nrate = 1\r\n".encode())
    assert settings.read_settings().values == {"number_column": "Nömor", "rate": 1}


@pytest.mark.parametrize("key", sorted(settings.FORBIDDEN))
@pytest.mark.parametrize("spelled", [str, str.upper, lambda key: key.replace("_", "-")])
def test_what_releases_money_is_refused_whatever_its_value_and_spelling(
    file: Path, key: str, spelled: Any
) -> None:
    problem = refusal(file, f"rate = 1\n{spelled(key)} = false\n")
    assert (problem.code, problem.facts["line"]) == ("settings.forbidden", "2")
    assert problem.facts["option"] == "--" + key.replace("_", "-")


def test_a_password_is_refused_and_not_repeated(file: Path) -> None:
    problem = refusal(file, "password = 'rahasia'")
    assert problem.code == "settings.password"
    assert "rahasia" not in str(problem.facts)


@pytest.mark.parametrize(("key", "near"), [("Rate", "rate"), ("number-column", "number_column")])
def test_a_key_that_is_mistyped_names_the_one_that_may_be_meant(file: Path, key: str, near: str) -> None:
    problem = refusal(file, f"\n{key} = 1\n")
    assert (problem.code, problem.facts["near"], problem.facts["line"]) == (
        "settings.unknown_near",
        near,
        "2",
    )


@pytest.mark.parametrize("text", ["zzz = 1", "[zzz]\nrate = 1", "[[zzz]]\nrate = 1", "zzz.rate = 1"])
def test_a_key_that_is_unknown_is_refused_with_those_that_are(file: Path, text: str) -> None:
    problem = refusal(file, text)
    assert (problem.code, problem.facts["key"], problem.facts["line"]) == ("settings.unknown", "zzz", "1")
    assert "overlap_days" in str(problem.facts["known"])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("rate = '2'", "settings.number"),
        ("rate = true", "settings.number"),
        ("rate = nan", "settings.number"),
        ("rate = inf", "settings.number"),
        ("rate = [2]", "settings.number"),
        ("[rate]\nx = 2", "settings.number"),
        ("rate = 2025-01-01", "settings.number"),
        ("workers = 1.0", "settings.whole"),
        ("workers = true", "settings.whole"),
        ("budget = '5000000'", "settings.whole"),
        ("strict = 'yes'", "settings.flag"),
        ("strict = 1", "settings.flag"),
        ("quiet = ''", "settings.flag"),
        ("number_column = 3", "settings.text"),
        ("number_column = ' '", "settings.text"),
        ("username = ''", "settings.text"),
        ("ledger = ''", "settings.text"),
        ("ledger = 'ledger.db'", "settings.relative"),
        ("ledger = 'postgres:/host/db'", "settings.relative"),
        ("password_file = 'password.txt'", "settings.relative"),
    ],
)
def test_a_value_of_another_type_says_what_to_write(file: Path, text: str, code: str) -> None:
    problem = refusal(file, text)
    key = str(problem.facts["key"])
    assert (problem.code, problem.facts["line"]) == (code, "1")
    assert str(problem.facts["example"]).startswith(f"{key} = ")


def test_a_ledger_may_be_a_servers_address(file: Path) -> None:
    file.write_text("ledger = 'postgresql://db.office/topups'", encoding="utf-8")
    assert settings.read_settings().values == {"ledger": "postgresql://db.office/topups"}


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://rina:rahasia@db.office/topups",
        "postgresql://rina:rah/asia?@db.office/topups",
        "postgresql://:rahasia@db.office/topups",
        "postgresql://db.office/topups?sslmode=require&password=rahasia",
        "postgresql://db.office/topups?sslmode=require%26PassWord=rahasia",
        "postgresql://db.office/topups?sslpassword=rahasia",
    ],
)
def test_a_servers_address_with_a_password_is_refused_and_not_repeated(file: Path, address: str) -> None:
    problem = refusal(file, f"ledger = '{address}'")
    assert problem.code == "settings.address_password"
    assert "PGPASSWORD" in say.error(problem)
    assert "rah" not in say.error(problem)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://rina@db.office:5432/topups?passfile=/home/rina/pass",
        "postgresql://[::1]:5432/topups",
        "/home/rina/a:b@c/ledger.db",
    ],
)
def test_an_address_without_a_password_is_none(address: str) -> None:
    assert not settings.holds_password(address)


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"rate = 2\nrate 3", "settings.broken", "line 2"),
        (b'password_file = "C:\\Users\\x"', "settings.broken", "line 1"),
        (b"rate = 1\nrate = 2\n", "settings.broken", "line 2"),
        (b"\xff\xfer\x00", "settings.encoding", "settings.toml"),
    ],
)
def test_a_file_that_is_no_toml_names_the_place(file: Path, content: bytes, code: str, words: str) -> None:
    file.write_bytes(content)
    with pytest.raises(InputError) as error:
        settings.read_settings()
    assert error.value.code == code
    assert words in str(list(map(str, error.value.facts.values())))


def test_a_folder_is_no_settings_file(file: Path) -> None:
    file.mkdir()
    with pytest.raises(InputError) as error:
        settings.read_settings()
    assert error.value.code == "settings.unreadable"


# -- what may stand in it, against the commands ------------------------------------------------------------


def commands() -> Iterator[tuple[str, click.Command]]:
    yield from cli.commands.items()


def options() -> list[click.Option]:
    params = [param for _, command in commands() for param in command.params]
    return [param for param in params if isinstance(param, click.Option)]


def test_every_key_is_an_option_that_the_environment_can_set_too() -> None:
    settable = {option.name for option in options() if option.envvar}
    assert set(settings.KEYS) - set(settings.ABOUT) == settable - OF_ONE_SHEET


def test_no_key_means_something_else_for_another_command() -> None:
    """The file's values go to every command that has a parameter of the key's name."""
    for _, command in commands():
        for param in command.params:
            if param.name in settings.KEYS:
                assert (param.envvar, param.opts) == (
                    f"BULK_TOPUP_{param.name.upper()}",
                    [f"--{param.name.replace('_', '-')}"],
                )


def test_what_releases_money_has_no_variable_either() -> None:
    named = {str(option.name): option for option in options()}
    assert not settings.FORBIDDEN & set(settings.KEYS)
    assert [name for name in settings.FORBIDDEN & set(named) if named[name].envvar] == []


def test_examples_are_of_the_options_types() -> None:
    for option in options():
        if option.name in settings.KEYS:
            example = settings.KEYS[option.name]
            assert option.type.convert(example, option, None) == (
                Path(str(example)) if option.name == "password_file" else example
            )


# -- through the commands ----------------------------------------------------------------------------------


@pytest.fixture
def desk(office: Office, tmp_path: Path) -> Office:
    """An office with a settings file of its own, `settings.toml`."""
    (tmp_path / "settings.toml").write_text("", encoding="utf-8")
    return replace(
        office, environment={**office.environment, "BULK_TOPUP_CONFIG": str(tmp_path / "settings.toml")}
    )


def set_(desk: Office, text: str) -> None:
    Path(desk.environment["BULK_TOPUP_CONFIG"]).write_text(text, encoding="utf-8")


def in_force(desk: Office, *arguments: str, **env: str | None) -> dict[str, tuple[object, str, str]]:
    done = desk.run("config", "--json", *arguments, env=env)
    assert done.exit == OK, done.err
    return {one["key"]: (one["value"], one["origin"], one["place"]) for one in done.json["settings"]}


def test_an_option_goes_before_a_variable_before_the_file_before_the_default(desk: Office) -> None:
    assert in_force(desk)["rate"] == (2, "default", "")
    set_(desk, "quiet = true\nrate = 3\n")
    assert in_force(desk)["rate"] == (3, "file", "2")
    assert in_force(desk, BULK_TOPUP_RATE="4")["rate"] == (4, "environment", "BULK_TOPUP_RATE")
    assert in_force(desk, "--rate", "5", BULK_TOPUP_RATE="4")["rate"] == (5, "option", "")


def test_username_and_ledger_come_from_the_file_where_the_environment_has_none(
    desk: Office, tmp_path: Path
) -> None:
    set_(desk, f"username = 'rina'\nledger = '{tmp_path / 'shared.db'}'\n")
    assert in_force(desk)["username"] == ("sandbox", "environment", "BULK_TOPUP_USERNAME")
    told = in_force(desk, BULK_TOPUP_USERNAME=None, BULK_TOPUP_LEDGER=None)
    assert told["username"] == ("rina", "file", "1")
    assert told["ledger"] == (str(tmp_path / "shared.db"), "file", "2")


def test_config_tells_every_setting_and_where_the_file_is(desk: Office) -> None:
    set_(desk, "quiet = true\nbudget = 5_000_000\n")
    done = desk.run("config")
    assert done.exit == OK, done.err
    head, *lines, _, _ = done.out.splitlines()  # the last two are the next step
    assert head == f"Settings file: {desk.environment['BULK_TOPUP_CONFIG']}"
    assert [line.split()[0] for line in lines] == list(settings.KEYS)
    told = {line.split()[0]: line.split(maxsplit=2)[1:] for line in lines}
    assert told["budget"] == ["5000000", "settings file, line 2"]
    assert told["base_url"] == [desk.sandbox.url, "variable BULK_TOPUP_BASE_URL"]


def test_config_shows_no_password(desk: Office) -> None:
    address = "postgresql://ayu:rah@sia/x@db.office/topups"
    for arguments in ((), ("--json",)):
        done = desk.run(
            "config", *arguments, env={"BULK_TOPUP_LEDGER": address, "BULK_TOPUP_PASSWORD": "rahasia"}
        )
        assert "db.office/topups" in done.out
        assert not re.search("rah|ayu", done.out + done.err)


def test_a_batch_goes_by_the_file(desk: Office, tmp_path: Path) -> None:
    rows = [(str(n), number, "TSEL5") for n, number in enumerate(desk.numbers(2))]
    desk.csv("bonus.csv", rows, ("No", "Kolom A", "Kolom B"))
    ledger = tmp_path / "shared" / "ledger.db"
    set_(
        desk,
        f"number_column = 'Kolom A'\nproduct_column = 'Kolom B'\nrate = 500\nwait = 0\nledger = '{ledger}'\n",
    )
    done = desk.run("run", "bonus.csv", "--yes", env={"BULK_TOPUP_LEDGER": None})
    assert done.exit == OK, done.err
    assert sum(desk.paid().values()) == 2
    assert ledger.exists()


def test_a_budget_of_the_file_holds_and_an_option_goes_before_it(desk: Office) -> None:
    desk.payroll("bonus.csv", desk.numbers(2))
    set_(desk, "budget = 100\n")
    assert desk.send("bonus.csv").exit == NOTHING_SENT
    assert desk.sent() == []
    assert desk.send("bonus.csv", "--budget", "1000000").exit == OK


def test_a_password_in_the_environment_goes_before_a_password_file_of_the_file(
    desk: Office, tmp_path: Path
) -> None:
    (tmp_path / "password.txt").write_text("sandbox\n", encoding="utf-8")
    set_(desk, f"password_file = '{tmp_path / 'password.txt'}'\n")
    assert desk.run("prices", env={"BULK_TOPUP_PASSWORD": None}).exit == OK
    (tmp_path / "password.txt").write_text("wrong\n", encoding="utf-8")
    assert desk.run("prices", env={"BULK_TOPUP_PASSWORD": None}).exit != OK
    assert desk.run("prices").exit == OK


def assert_one_line(done: Result, *words: str) -> None:
    assert (done.exit, done.out, done.err.count("\n")) == (NOTHING_SENT, "", 1), done.err
    for word in words:
        assert word in done.err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("\nyes = true", ("settings.toml, line 2", "yes", "--yes")),
        ("rate = 900", ("settings.toml, line 1", "rate is 900", "from 0.05 to 500")),
        (f"rate = 1{400 * '0'}", ("settings.toml, line 1", "must be a number")),
        ("workers = 0", ("settings.toml, line 1", "from 1 to 64")),
        ("budget = -1", ("settings.toml, line 1", "0 or more")),
        ("hidden = 'perhaps'", ("settings.toml, line 1", "include, skip")),
        ("strict = 'yes'", ("settings.toml, line 1", "true or false")),
        ("rate = \n", ("settings.toml", "line 1")),
    ],
)
def test_a_fault_of_the_file_is_one_line_and_nothing_is_sent(
    desk: Office, text: str, words: tuple[str, ...]
) -> None:
    desk.payroll("bonus.csv", desk.numbers(1))
    set_(desk, text)
    assert_one_line(desk.run("run", "bonus.csv", "--yes"), *words)
    assert desk.sandbox.requests() == []


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("BULK_TOPUP_RATE", "", ("is set but empty",)),
        ("BULK_TOPUP_RATE", " ", ()),
        ("BULK_TOPUP_RATE", "abc", ("'abc'", "from 0.05 to 500")),
        ("BULK_TOPUP_RATE", "nan", ("'nan'", "from 0.05 to 500")),
        ("BULK_TOPUP_RATE", "2,5", ("'2,5'",)),
        ("BULK_TOPUP_WORKERS", "1.5", ("from 1 to 64",)),
        ("BULK_TOPUP_BUDGET", "", ("is set but empty",)),
        ("BULK_TOPUP_BUDGET", "5.00", ("5.00", "5.000.000")),
        ("BULK_TOPUP_STRICT", "", ("is set but empty",)),
        ("BULK_TOPUP_STRICT", "maybe", ("1 (yes) or 0 (no)",)),
        ("BULK_TOPUP_HIDDEN", "maybe", ("include, skip",)),
        ("BULK_TOPUP_BASE_URL", "", ("is set but empty",)),
        ("BULK_TOPUP_LEDGER", "", ("is set but empty",)),
        ("BULK_TOPUP_CONFIG", "", ("is set but empty",)),
    ],
)
def test_an_empty_or_odd_variable_is_named_and_nothing_is_sent(
    office: Office, variable: str, value: str, words: tuple[str, ...]
) -> None:
    office.payroll("bonus.csv", office.numbers(1))
    assert_one_line(office.run("run", "bonus.csv", "--yes", env={variable: value}), variable, *words)
    assert office.sandbox.requests() == []


@pytest.mark.parametrize("value", ["", "abc"])
def test_an_option_makes_a_variable_not_matter(office: Office, value: str) -> None:
    office.payroll("bonus.csv", office.numbers(1))
    assert office.run("run", "bonus.csv", "--yes", *office.fast, env={"BULK_TOPUP_RATE": value}).exit == OK


@pytest.mark.parametrize("arguments", [("run", "--help"), ("--help",), ("run", "-h"), ("--version",)])
def test_help_answers_whatever_the_file_holds(desk: Office, arguments: tuple[str, ...]) -> None:
    set_(desk, "yes = true")
    assert desk.run(*arguments).exit == OK


def test_no_number_is_no_rate(office: Office) -> None:
    done = office.run("prices", "--rate", "nan")
    assert (done.exit, "not a number" in done.err) == (NOTHING_SENT, True)


# -- a file to start from ----------------------------------------------------------------------------------


def test_init_starts_a_file_that_changes_nothing_and_whose_every_line_can_be_set(desk: Office) -> None:
    path = Path(desk.environment["BULK_TOPUP_CONFIG"])
    path.unlink()
    done = desk.run("config", "--init")
    assert done.exit == OK, done.err
    assert str(path) in done.out
    text = path.read_text(encoding="utf-8")
    assert tomllib.loads(text) == {}
    set_(desk, re.sub(r"(?m)^# (\w+ = )", r"\1", text))
    origins = {key: origin for key, (_, origin, _) in in_force(desk, **NONE_SET).items()}
    assert origins == dict.fromkeys(settings.KEYS, "file")


NONE_SET: Mapping[str, None] = dict.fromkeys(
    ("BULK_TOPUP_USERNAME", "BULK_TOPUP_PASSWORD", "BULK_TOPUP_LEDGER", "BULK_TOPUP_BASE_URL")
)


@pytest.mark.parametrize("text", ["", "rate = 3\n", "not toml at all"])
def test_init_never_overwrites_a_file(desk: Office, text: str) -> None:
    set_(desk, text)
    assert_one_line(desk.run("config", "--init"), "settings.toml", "left as it is")
    assert Path(desk.environment["BULK_TOPUP_CONFIG"]).read_text(encoding="utf-8") == text


def test_init_makes_the_folder_in_the_users_own_place(office: Office, tmp_path: Path) -> None:
    done = office.run(
        "config", "--init", env={"XDG_CONFIG_HOME": str(tmp_path / "etc"), "HOME": str(tmp_path)}
    )
    assert done.exit == OK, done.err
    assert len(list(tmp_path.rglob("bulk-topup/config.toml"))) == 1


def test_init_that_finds_no_place_is_one_line(office: Office) -> None:
    office.payroll("bonus.csv", [])
    done = office.run("config", "--init", env={"BULK_TOPUP_CONFIG": "bonus.csv/config.toml"})
    assert done.exit == NOTHING_SENT
    assert "Traceback" not in done.err


# -- completion --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_the_shells_own_script(office: Office, shell: str) -> None:
    done = office.run("completion", shell)
    assert (done.exit, done.err) == (OK, "")
    assert f"_BULK_TOPUP_COMPLETE={shell}_complete" in done.out
    assert re.search(r"\bbulk-topup\b", done.out)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_what_the_script_calls_completes_commands_and_options(shell: str) -> None:
    kind = get_completion_class(shell)
    assert kind is not None
    completion = kind(cli, {}, "bulk-topup", "_BULK_TOPUP_COMPLETE")
    assert {one.value for one in completion.get_completions([], "se")} == {"settle"}
    assert {one.value for one in completion.get_completions(["run", "x.csv"], "--new-b")} == {"--new-batch"}
    assert {one.value for one in completion.get_completions(["completion"], "z")} == {"zsh"}


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_bash_takes_the_script_and_completes_with_it(desk: Office, tmp_path: Path) -> None:
    """As at a prompt: the words typed so far stand in COMP_WORDS, and the answer is COMPREPLY.

    A settings file that is broken is no obstacle.
    """
    set_(desk, "not toml at all")
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "bulk-topup").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m bulk_topup "$@"\n')
    (folder / "bulk-topup").chmod(0o755)
    script = (
        'eval "$(bulk-topup completion bash)"\n'
        "COMP_WORDS=(bulk-topup run bonus.csv --new-b)\nCOMP_CWORD=3\n"
        '_bulk_topup_completion bulk-topup\nprintf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(
        [str(shutil.which("bash")), "--norc", "-c", script],
        env={**desk.environment, "PATH": f"{folder}{os.pathsep}{desk.environment['PATH']}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout.split()) == (0, ["--new-batch"]), done.stderr


# -- help --------------------------------------------------------------------------------------------------

LINES, COLUMNS = 50, 100
NAMES = ["", *sorted(cli.commands)]


@pytest.fixture(scope="module")
def helps() -> dict[str, str]:
    """What each command's --help prints on a terminal of 100 columns."""
    group = click.Context(cli, info_name="bulk-topup", terminal_width=COLUMNS)
    own = {
        name: click.Context(command, info_name=name, parent=group, terminal_width=COLUMNS)
        for name, command in commands()
    }
    return {"": cli.get_help(group), **{name: cli.commands[name].get_help(own[name]) for name in own}}


@pytest.mark.parametrize("name", NAMES)
def test_help_fits_a_screen_and_has_an_example(helps: dict[str, str], name: str) -> None:
    lines = helps[name].splitlines()
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= COLUMNS
    assert re.search(rf"(Example|no money moves): +bulk-topup {name}", helps[name])


@pytest.mark.parametrize("name", NAMES[1:])
def test_help_has_every_option_once(helps: dict[str, str], name: str) -> None:
    explained, _, named = helps[name].partition("Usually set once")
    shown = re.findall(r"(?m)^  (?:-\w, )?(--[\w-]+)", explained) + re.findall(r"--[\w-]+", named)
    own = [param for param in cli.commands[name].params if isinstance(param, click.Option)]
    assert sorted(shown) == sorted([*(option.opts[0] for option in own), "--help"])
    assert [option.name for option in own if not option.help] == []


def test_help_says_in_words_which_numbers_an_option_takes(helps: dict[str, str]) -> None:
    assert [name for name in NAMES if "<" in helps[name].partition("Example")[0]] == []
    assert "[default: 2; from 0.05 to 500]" in helps["run"]
    assert "[1 or more]" in " ".join(helps["run"].split())


def test_help_has_what_is_used_once_a_month_before_the_rest(helps: dict[str, str]) -> None:
    basic, advanced = helps["run"].split("More options:")
    assert "--yes" in basic
    assert "--budget" in basic
    assert "--workers" in advanced

"""Secrets, hostile texts, a hostile provider, and disks that are full or closed: at worst a row is open."""

from __future__ import annotations

import csv
import dataclasses
import html
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import click
import openpyxl
import pytest

from bulk_topup.commands.main import cli
from tests.faults import Faults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import MakeOffice, Office, Result

OK, NOT_ALL_PAID, NOTHING_SENT, STOPPED, OPEN, DEFECT = 0, 1, 2, 3, 4, 70
PASSWORD = 'Gajah+Terbang & "77" <kali>/\u00e9'
SPELLINGS = {
    "itself": PASSWORD,
    "form": quote_plus(PASSWORD),
    "lower-case form": re.sub("%..", lambda found: found[0].lower(), quote_plus(PASSWORD)),
    "address": quote(PASSWORD),
    "html": html.escape(PASSWORD),
    "numeric html": "".join(f"&#{ord(letter)};" for letter in PASSWORD),
    "json": json.dumps(PASSWORD)[1:-1],
    "quoted": json.dumps(PASSWORD, ensure_ascii=False).replace("/", "\\/")[1:-1],
}
PAID_AND_LOST = "081200002001"
HARMLESS = {"\n"}


# -- the password ------------------------------------------------------------------------------------------


@pytest.fixture
def secret_office(make_office: MakeOffice) -> Office:
    return make_office(password=PASSWORD)


def places_with(secret: str, office: Office, *results: Result) -> list[str]:
    """Where the secret stands, however spelled: outputs, and files of any kind, unpacked."""
    spelled = set(SPELLINGS.values()) if secret == PASSWORD else {secret}
    found = [f"output {n}" for n, done in enumerate(results) if is_in(done.out + done.err, spelled)]
    files = sorted(path for path in office.folder.parent.rglob("*") if path.is_file())
    return found + [path.name for path in files if is_in(unpacked(path).decode(errors="replace"), spelled)]


def is_in(text: str, spelled: set[str]) -> bool:
    return any(one in text for one in spelled)


def unpacked(path: Path) -> bytes:
    if not zipfile.is_zipfile(path):
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


def test_no_command_takes_the_password_as_an_option() -> None:
    """What stands on a command line is there for everybody who can list processes."""
    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        taken = {option for parameter in command.params for option in parameter.opts}
        naming_files = {"--password-file", "--sheet-password-file"}
        assert not {option for option in taken if "password" in option or "username" in option} - naming_files


def test_the_password_stays_out_of_outputs_and_files(secret_office: Office) -> None:
    office = secret_office
    office.payroll("bonus.csv", ["081234500001", "081200000011", PAID_AND_LOST, "123"])

    done = [
        office.run("check", "bonus.csv", "--json"),
        office.send("bonus.csv", "--json"),
        office.send("bonus.csv", "--output", "hasil.csv"),
        office.run("settle", "bonus.csv", "--resend", "--yes", *office.fast),
        office.run("prices", "--json"),
    ]

    assert [result.exit for result in done] == [1, 4, 4, 4, 0]
    assert places_with(PASSWORD, office, *done) == []


BROKEN = """
from bulk_topup.commands.main import main
from bulk_topup.sending.sender import Sender
def fail(self, chosen, ended): raise RuntimeError({words!r})
Sender._follow = fail
main()
"""


def run_broken(office: Office, script: str, debug: str | None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, "run", "bonus.csv", "--yes", *office.fast],
        cwd=office.folder,
        env={**office.environment, **({"BULK_TOPUP_DEBUG": debug} if debug else {})},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("debug", [None, "1"])
def test_an_internal_error_ends_in_its_exit_code_and_shows_no_password(
    secret_office: Office, debug: str | None
) -> None:
    office = secret_office
    office.payroll("bonus.csv", ["081234500001"])
    words = f"broken \033[2J on {PASSWORD} purpose\x07 {' '.join(SPELLINGS.values())}"

    done = run_broken(office, BROKEN.format(words=words), debug)

    assert done.returncode == DEFECT
    assert ("Traceback" in done.stderr, "in fail" in done.stderr) == (bool(debug), bool(debug))
    assert "broken \N{REPLACEMENT CHARACTER}[2J on \N{REPLACEMENT CHARACTER} purpose" in done.stderr
    assert {char for char in done.stdout + done.stderr if not char.isprintable()} <= HARMLESS
    assert not is_in(done.stdout + done.stderr, set(SPELLINGS.values()))
    assert places_with(PASSWORD, office) == []


@pytest.mark.parametrize("debug", [None, "1"])
def test_an_internal_error_before_a_command_begins_ends_in_its_exit_code(
    secret_office: Office, debug: str | None
) -> None:
    broken = (
        "from bulk_topup.commands import main, settings\n"
        "def fail(): raise RuntimeError('broken on purpose')\n"
        "settings.read_settings = fail\n"
        "main.main()\n"
    )

    done = run_broken(secret_office, broken, debug)

    assert (done.returncode, "broken on purpose" in done.stderr) == (DEFECT, True)
    assert ("Traceback" in done.stderr) is bool(debug)


def test_a_refused_login_does_not_show_the_password(secret_office: Office) -> None:
    office = secret_office
    office.payroll("bonus.csv", ["081234500001"])

    done = office.run("run", "bonus.csv", "--yes", *office.fast, env={"BULK_TOPUP_PASSWORD": "Salah-Total-1"})

    assert done.exit == STOPPED
    assert "Salah-Total-1" not in done.out + done.err
    assert office.sent() == []


def echo(**fields: str) -> str:
    return "otherjson:" + json.dumps(fields)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(
            "before " + echo(result="no", reason_code="11", reason=" ".join(SPELLINGS.values())), id="spelled"
        ),
        pytest.param(
            "before " + echo(result="no", reason_code="11", reason=f"password={PASSWORD}&itrx=1"), id="reason"
        ),
        pytest.param("before " + echo(result="no", reason_code="62", reason=f"{PASSWORD}!"), id="halt"),
        pytest.param(
            "after " + echo(result="ok", status="sukses", invoice="TRX9", serial=f"SN {PASSWORD}"),
            id="serial",
        ),
        pytest.param("before " + echo(result="ok", status="pending", invoice=PASSWORD), id="invoice"),
    ],
)
def test_a_password_that_the_provider_echoes_in_an_answer_is_not_kept_or_shown(
    make_office: MakeOffice, answer: str
) -> None:
    office = make_office(password=PASSWORD, faults=Faults.always(answer))
    office.payroll("bonus.csv", ["081234500001"])

    sent = office.send("bonus.csv", "--json")
    status = office.run("status", "bonus.csv")

    assert len(office.sent()) == 1
    assert places_with(PASSWORD, office, sent, status) == []


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(echo(result="no", reason=" ".join(SPELLINGS.values())), id="reason"),
        pytest.param(echo(result="no", reason="salah", reason_code=PASSWORD), id="reason code"),
        pytest.param(
            "otherjson:"
            + json.dumps([{"kodeoperator": "TSEL5", "operator": PASSWORD, "keterangan": PASSWORD}]),
            id="product",
        ),
    ],
)
def test_a_password_that_the_provider_echoes_in_its_price_list_is_not_shown(
    make_office: MakeOffice, answer: str
) -> None:
    office = make_office(password=PASSWORD, faults=Faults.always(f"before {answer}", "daftarharga"))
    office.payroll("bonus.csv", ["081234500001"])

    done = [
        office.send("bonus.csv"),
        office.run("prices", "--json"),
        office.run("check", "bonus.csv", "--json"),
    ]

    assert places_with(PASSWORD, office, *done) == []
    assert office.sent() == []


@pytest.mark.skipif(sys.platform == "win32", reason="no file modes")
def test_every_file_is_its_owners_alone_whatever_the_umask(make_office: MakeOffice) -> None:
    office = make_office(faults=Faults.listed({"isipulsa": {2: "after slow:1.5"}}))
    office.payroll("bonus.csv", office.numbers(2))
    before = os.umask(0)
    try:
        process = office.start("run", "bonus.csv", "--yes", *office.fast)
        office.wait_for_requests(2)
        during = modes(office)
        done = office.finish(process)
        office.send("bonus.csv", "--output", "hasil.csv")
        office.send("bonus.csv", "--sandbox")
    finally:
        os.umask(before)

    assert done.exit == OK, done.err
    assert {"bonus.checkpoint.db-wal", "ledger.db-wal"} <= set(during)
    after = modes(office)
    assert {"bonus.checkpoint.db", "bonus.results.xlsx", "hasil.csv", "ledger.db"} <= set(after)
    assert {name: oct(mode) for name, mode in {**during, **after}.items() if mode != 0o600} == {}


def modes(office: Office) -> dict[str, int]:
    """Of every file but the sheet."""
    files = [path for path in office.folder.parent.rglob("*") if path.is_file() and path.name != "bonus.csv"]
    return {path.name: path.stat().st_mode & 0o777 for path in files}


@pytest.mark.parametrize(
    "address", ["http://provider.test/json/pulsa", "http://127.0.0.1.provider.test/x", "ftp://127.0.0.1/x"]
)
def test_only_https_reaches_a_provider_that_is_not_this_computer(office: Office, address: str) -> None:
    office.payroll("bonus.csv", office.numbers(1))

    done = office.run("run", "bonus.csv", "--yes", *office.fast, "--base-url", address)

    assert done.exit == NOTHING_SENT
    assert "https://" in done.err
    assert not (office.folder / "bonus.checkpoint.db").exists()


# -- texts that would rather be commands -------------------------------------------------------------------

ESCAPES = "\x1b[2J\x1b]0;judul\x07\u202e\u2066\x9b31m\x00\r"
FORMULA = '=HYPERLINK("http://127.0.0.1/","klik")'


def harmful(text: str) -> set[str]:
    """Characters that a terminal would obey, or that reorder what is read."""
    return {character for character in text if not character.isprintable()} - HARMLESS


def test_texts_of_the_sheet_are_inert_on_the_terminal(office: Office) -> None:
    name = f"bo{ESCAPES[:4]}nus.csv" if sys.platform != "win32" else "bonus.csv"
    nasty = ESCAPES.replace("\x00", "").replace("\r", "")
    rows = [
        ("1", FORMULA + nasty, "081234500001", "TSEL5"),
        ("2", "Budi", f"0812{nasty}34500002", "TSEL5"),
        ("3", "Citra", "081234500003", f"{nasty}TSEL5"),
        ("4", "Dewi", "081234500001", "TSEL5"),
    ]
    office.csv(name, rows, ("No", f"Nama{nasty}", f"No HP{nasty}", "Kode Produk"))
    columns = ("--number-column", "C", "--product-column", "D")

    done = [
        office.run("check", name, *columns),
        office.run("check", name, *columns, "--json"),
        office.send(name, *columns),
        office.run("status", name),
        office.run("resolve", name, "--row", "9", "--number", nasty, "--not-sent", "--note", nasty),
        office.run("run", f"no-such{nasty}.csv", "--yes"),
        office.send(name, "--number-column", nasty, "--product-column", "D"),
    ]

    assert [set(map(hex, map(ord, harmful(result.out + result.err)))) for result in done] == [set()] * len(
        done
    )
    assert [result.exit for result in done] == [1, 1, 1, 1, 2, 2, 2]
    assert office.paid() == {"081234500001": 1}


def test_texts_of_the_provider_are_inert_on_the_terminal(make_office: MakeOffice) -> None:
    evil_refusal = json.dumps({"result": "no", "reason_code": "62", "reason": FORMULA + ESCAPES})
    faults = {
        "isipulsa": {1: "after evil", 2: f"before otherjson:{evil_refusal}"},
        "daftarharga": dict.fromkeys(range(1, 10), "before evil"),
    }
    office = make_office(faults=Faults.listed(faults))  # type: ignore[arg-type]
    office.payroll("bonus.csv", office.numbers(3))

    done = [
        office.run("prices"),
        office.run("prices", "--json"),
        office.send("bonus.csv"),
        office.run("status", "bonus.csv"),
    ]

    assert [harmful(result.out + result.err) for result in done] == [set()] * len(done)
    assert "HYPERLINK" in done[2].err, "the provider's reason was not shown at all"


@pytest.mark.parametrize("output", ["hasil.xlsx", "hasil.csv"])
def test_formulas_of_sheet_and_provider_are_plain_text_in_the_results(
    make_office: MakeOffice, output: str
) -> None:
    office = make_office(faults=Faults.listed({"isipulsa": {1: "after evil"}}))
    starts = ("=", "+", "-", "@", "\t=", "\r=")
    rows = [
        (str(n), f"{start}1+1|cmd", number, "TSEL5")
        for n, (start, number) in enumerate(zip(starts, office.numbers(6), strict=True))
    ]
    office.csv("bonus.csv", rows, ("No", "=Nama()", "No HP", "Kode Produk"))

    office.send("bonus.csv", "--output", output)

    if output.endswith(".csv"):
        with (office.folder / output).open(encoding="utf-8-sig", newline="") as file:
            cells = list(itertools.chain.from_iterable(csv.reader(file)))
        assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
    else:
        sheet = openpyxl.load_workbook(office.folder / output).worksheets[0]
        assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "d"}
        cells = [str(cell.value) for row in sheet.iter_rows() for cell in row]
    assert sum("HYPERLINK" in cell for cell in cells) >= 1
    assert not any("\x1b" in cell for cell in cells)


# -- a hostile provider ------------------------------------------------------------------------------------


def test_a_hostile_answer_costs_its_row_and_not_the_run(make_office: MakeOffice) -> None:
    hostile = ("endless", "deepjson", "hugeint", "bigreason", "evil", "badgzip", "otherjson", "status:599")
    faults = {2 * n: f"after {kind}" for n, kind in enumerate(hostile, start=1)}
    office = make_office(faults=Faults.listed({"isipulsa": faults}))
    numbers = office.numbers(2 * len(hostile) + 1)
    office.payroll("bonus.csv", numbers)

    done = office.send("bonus.csv")

    assert done.exit == OPEN, done.err
    assert "Traceback" not in done.err
    statuses = office.statuses("bonus.results.xlsx")
    assert statuses[::2] == ["sukses"] * (len(hostile) + 1)
    assert dict(zip(hostile, statuses[1::2], strict=True)) == {
        **dict.fromkeys(hostile, "unknown"),
        "hugeint": "sukses",
        "evil": "sukses",
    }
    assert office.paid() == dict.fromkeys(numbers, 1)
    assert len(done.out + done.err) < 5_000


@pytest.mark.parametrize("kind", ["endless", "deepjson", "bigreason", "hugeint", "badgzip", "empty", "close"])
def test_a_hostile_price_list_sends_nothing_and_is_one_line(make_office: MakeOffice, kind: str) -> None:
    office = make_office(faults=Faults.always(f"before {kind}", "daftarharga"))
    office.payroll("bonus.csv", office.numbers(1))

    done = office.send("bonus.csv")

    assert done.exit == (NOT_ALL_PAID if kind == "hugeint" else STOPPED)
    assert "Traceback" not in done.err
    assert max(map(len, [*done.err.splitlines(), ""])) < 1_000
    assert office.sent() == []


# -- disks -------------------------------------------------------------------------------------------------


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of its own, of 2 MB; skips where this user may not mount one."""
    folder.mkdir()
    if system("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)):
        pytest.skip("may not mount a disk")
    try:
        yield folder
    finally:
        system("umount", "-l", str(folder))


def system(name: str, *arguments: str) -> int:
    """A tool of the system; returns its exit code, 127 where there is no such tool."""
    tool = shutil.which(name)
    return subprocess.run([tool, *arguments], capture_output=True, check=False).returncode if tool else 127


def fill(disk: Path, *, but_kb: int = 0) -> Path:
    """Leave so much room on the disk and no byte more."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (65_536, 4_096, 1):
            with suppress(OSError):
                while file.write(b"x" * size):
                    pass
    os.truncate(filler, filler.stat().st_size - 1_024 * but_kb)
    return filler


linux = pytest.mark.skipif(sys.platform != "linux", reason="mounts and prlimit are Linux")


@pytest.fixture
def slow_office(make_office: MakeOffice) -> Office:
    """Its provider takes a moment, so that there is a middle of the run to act in."""
    return make_office(latency_s=0.05)


def stop_writing(office: Office, disk: Path, process: subprocess.Popen[str]) -> Callable[[], None]:
    """A full disk, while the process runs; answers what makes room again."""
    filler = fill(disk)
    return filler.unlink


def forbid_writing(office: Office, disk: Path, process: subprocess.Popen[str]) -> Callable[[], None]:
    """No file of the process may grow any more, the ledger's included."""
    import resource

    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (1, 1))
    return lambda: None


@linux
@pytest.mark.parametrize("trouble", [stop_writing, forbid_writing])
@pytest.mark.parametrize("ledger", ["same disk", "another disk"])
def test_a_disk_that_fills_up_stops_the_run_at_once_and_loses_nothing(
    slow_office: Office,
    tmp_path: Path,
    trouble: Callable[[Office, Path, subprocess.Popen[str]], Callable[[], None]],
    ledger: str,
) -> None:
    with small_disk(tmp_path / "disk") as disk:
        office = dataclasses.replace(slow_office, folder=disk)
        numbers = office.numbers(30)
        office.payroll("bonus.csv", numbers)
        env = {"BULK_TOPUP_LEDGER": str((disk if ledger == "same disk" else tmp_path) / "ledger.db")}
        process = office.start("run", "bonus.csv", "--yes", *office.fast, env=env)
        office.wait_for_requests(8)
        make_room = trouble(office, disk, process)
        reached = len(office.sent())
        done = office.finish(process)
        sent = len(office.sent())
        make_room()
        again = office.run("run", "bonus.csv", "--yes", *office.fast, env=env)
        statuses = office.statuses("bonus.results.xlsx")

    assert done.exit == STOPPED, done.err
    assert "Traceback" not in done.err
    assert "nothing more is sent" in done.err
    assert sent <= reached + 1
    assert again.exit in {OK, OPEN}, again.err
    assert_nothing_lost(office, numbers, statuses, done.err)


def assert_nothing_lost(office: Office, numbers: list[str], statuses: list[str], said: str) -> None:
    """Every row stands, none was sent twice, and at most the one in flight is open; its answer was said."""
    assert len(statuses) == len(numbers)
    assert office.sent_numbers() == list(dict.fromkeys(office.sent_numbers()))
    assert set(statuses) <= {"sukses", "unknown"}
    assert statuses.count("unknown") <= 1
    for row, (number, status) in enumerate(zip(numbers, statuses, strict=True), start=2):
        assert office.paid()[number] == 1 or status == "unknown"
        if status == "unknown" and office.paid()[number]:
            assert f"row {row}, {number}, could not be recorded" in said


@linux
def test_a_template_for_which_there_is_no_room_is_one_line(office: Office, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        fill(disk)
        done = office.run("template", str(disk / "payroll.xlsx"))

    assert (done.exit, done.out) == (NOTHING_SENT, "")
    assert "the disk is full" in done.err
    assert len(done.err.splitlines()) == 1


@linux
@pytest.mark.parametrize("which", ["checkpoint", "ledger"])
@pytest.mark.parametrize("state", ["full", "read-only"])
def test_a_disk_that_takes_nothing_lets_nothing_be_sent(
    office: Office, tmp_path: Path, state: str, which: str
) -> None:
    office.payroll("bonus.csv", office.numbers(2))
    with small_disk(tmp_path / "disk") as disk:
        checkpoint = (disk if which == "checkpoint" else office.folder) / "bonus.checkpoint.db"
        ledger = (disk if which == "ledger" else tmp_path) / "ledger.db"
        if state == "full":
            fill(disk)
        else:
            assert system("mount", "-o", "remount,ro", str(disk)) == 0
        done = office.run(
            *("run", "bonus.csv", "--yes", *office.fast, "--checkpoint", str(checkpoint)),
            env={"BULK_TOPUP_LEDGER": str(ledger)},
        )

    assert office.sent() == []
    assert done.exit in {NOTHING_SENT, STOPPED}, done.err
    assert str(disk) in done.err
    assert "Traceback" not in done.err
    assert "defect" not in done.err


@linux
@pytest.mark.parametrize("room_kb", [0, 64, 100, 112, 130])
def test_a_disk_with_little_room_costs_no_batch(office: Office, tmp_path: Path, room_kb: int) -> None:
    numbers = office.numbers(2)
    office.payroll("bonus.csv", numbers)
    with small_disk(tmp_path / "disk") as disk:
        filler = fill(disk, but_kb=room_kb)
        first = office.send("bonus.csv", "--checkpoint", str(disk / "bonus.checkpoint.db"))
        filler.unlink()
        second = office.send("bonus.csv", "--checkpoint", str(disk / "bonus.checkpoint.db"))

    assert first.exit in {NOTHING_SENT, STOPPED}, first.err
    assert second.exit in {OK, OPEN}, second.err
    assert "Traceback" not in first.err + second.err
    assert_nothing_lost(office, numbers, office.statuses("bonus.results.xlsx"), first.err)


@pytest.mark.parametrize("where", ["{file}/folder/ledger.db", "{folder}", "mysql://x", "nonsense://x"])
def test_a_ledger_that_cannot_be_is_said_in_a_line_and_nothing_is_sent(office: Office, where: str) -> None:
    sheet = office.payroll("bonus.csv", office.numbers(1))
    location = where.format(file=sheet, folder=office.folder)

    done = office.run("run", "bonus.csv", "--yes", *office.fast, env={"BULK_TOPUP_LEDGER": location})

    assert done.exit in {NOTHING_SENT, STOPPED}, done.err
    assert "defect" not in done.err
    assert office.sent() == []


@linux
def test_results_that_find_no_room_are_written_later_from_the_progress_file(
    office: Office, tmp_path: Path
) -> None:
    office.payroll("bonus.csv", office.numbers(2))
    with small_disk(tmp_path / "disk") as disk:
        fill(disk)
        done = office.send("bonus.csv", "--output", str(disk / "hasil.xlsx"))
    later = office.run("results", "bonus.csv")

    assert done.exit == STOPPED
    assert "bulk-topup results" in done.err
    assert (later.exit, office.statuses("bonus.results.xlsx")) == (OK, ["sukses", "sukses"])
    assert office.paid() == dict.fromkeys(office.numbers(2), 1)

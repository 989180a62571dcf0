"""What a terminal shows beyond words: colours, the bar's line, and what is left out of it."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from bulk_topup.commands.console import paints, put
from bulk_topup.commands.progress import Bar
from bulk_topup.commands.terminal import COLOURS, Terminal
from bulk_topup.core.clock import SystemClock
from bulk_topup.core.status import Status
from bulk_topup.report.screen.report import Step, Tone, Toned, next_report
from tests import forks
from tests.builders import ANDI, an_order
from tests.commands.test_terminal import Listening, drained
from tests.desk_bench import MovedClock

if TYPE_CHECKING:
    from tests.conftest import Office


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


SGR = re.compile(r"\x1b\[[0-9;]*m")


def on_a_terminal(office: Office, *arguments: str, env: dict[str, str | None] | None = None) -> str:
    pty = pytest.importorskip("pty", reason="no pseudo-terminals here")
    mine, theirs = pty.openpty()
    process = forks.Popen(
        [*forks.COMMAND, *arguments],
        cwd=office.folder,
        env=office._environment({"TERM": "xterm", **(env or {})}),
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs)
    shown = drained(mine)
    process.wait(timeout=60)
    return shown


def test_colours_repeat_on_a_terminal_what_the_words_say(office: Office) -> None:
    office.payroll("gaji.csv", [*office.numbers(1), "0857"])
    plain = office.run("check", "gaji.csv").out
    coloured = on_a_terminal(office, "check", "gaji.csv")
    assert {f"\x1b[{COLOURS[tone]}m" for tone in (Tone.HELD, Tone.NEXT)} <= set(SGR.findall(coloured))
    assert SGR.sub("", coloured).split() == plain.split()
    assert "\x1b" not in plain


def test_no_colour_where_nobody_wants_one(office: Office) -> None:
    office.payroll("gaji.csv", office.numbers(1))
    assert SGR.search(on_a_terminal(office, "check", "gaji.csv"))
    assert not SGR.search(on_a_terminal(office, "check", "gaji.csv", "--no-color"))
    assert not SGR.search(on_a_terminal(office, "check", "gaji.csv", env={"NO_COLOR": "1"}))
    assert not SGR.search(on_a_terminal(office, "check", "gaji.csv", env={"TERM": "dumb"}))


def test_a_file_has_no_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    file, screen = io.StringIO(), Tty()
    assert (paints(file), paints(screen)) == (False, True)
    put("2 paid", file, colour="32")
    put("2 paid", screen, colour="32")
    assert (file.getvalue(), screen.getvalue()) == ("2 paid\n", "\x1b[32m2 paid\x1b[0m\n")


def test_a_command_to_paste_has_no_colour() -> None:
    words, command = next_report([Step("go on:", "bulk-topup run a.csv")]).lines
    assert isinstance(words, Toned)
    assert not isinstance(command, Toned)


def test_the_bar_stays_at_80_columns_however_much_there_is_to_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bulk_topup.commands.progress.width_of", lambda _stream: 80)
    clock = MovedClock()
    bar = Bar(Listening(), clock, 2.0, draws=False, tells=False)
    bar.begin(25_000)
    for status in (Status.SUKSES, Status.GAGAL, Status.UNKNOWN, Status.PENDING, Status.ACCEPTED):
        for _ in range(1_200):
            bar.done(an_order(ANDI), status, 5_000)
    clock.pass_by(3_000.0)
    layout = bar._layout()
    width = int(layout.partition("{bar:")[2].partition("}")[0])
    drawn = layout.replace(f"{{bar:{width}}}", "#" * width)
    assert width >= 6
    assert len(drawn) < 80
    assert "1,200 paid" in drawn or "Rp" in drawn


def test_the_bar_says_that_pending_ones_are_asked_about() -> None:
    bar = Bar(Listening(), MovedClock(), 2.0, draws=False, tells=False)
    bar.begin(1)
    bar.done(an_order(ANDI), Status.PENDING, None)
    assert "asking" not in bar._layout()
    bar.waiting(1, 60.0)
    assert "asking about pending 0/1: " in bar._layout()


@pytest.mark.parametrize(("stderr", "begins"), [(Tty(), "\r\x1b[K"), (io.StringIO(), "\n")])
def test_ctrl_c_leaves_no_broken_line(
    monkeypatch: pytest.MonkeyPatch, stderr: io.StringIO, begins: str
) -> None:
    monkeypatch.setattr(sys, "stderr", stderr)
    with Terminal().interruptible(SystemClock()):
        os.kill(os.getpid(), signal.SIGINT)
    assert stderr.getvalue().startswith(f"{begins}Waiting for the answers still due")


def test_a_price_list_that_is_saved_is_not_printed_besides(office: Office) -> None:
    shown, saved = office.run("prices"), office.run("prices", "--output", "harga.csv")
    assert len(shown.out.splitlines()) > 100
    assert len(saved.out.splitlines()) < 8
    assert "Price list saved as harga.csv" in saved.out
    assert saved.exit == shown.exit == 0

"""The file to double-click: it opens the desk with nothing typed but Enter."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.markdown import ROOT

FILES = ("start-desk.sh", "start-desk.command", "start-desk.bat")


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell's")
def test_enter_opens_a_rehearsal_in_a_folder_of_its_own(tmp_path: Path) -> None:
    shutil.copy(ROOT / "start-desk.sh", tmp_path)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    command = ["/bin/sh", str(tmp_path / "start-desk.sh"), "--no-open", "--lang", "en"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("\n")
        process.stdin.flush()
        line = process.stdout.readline()
        process.kill()
    assert "to rehearse without money" in line
    assert "http://127.0.0.1:" in line
    assert (tmp_path / "payrolls").is_dir()


def test_all_of_them_ask_the_same_and_can_be_run() -> None:
    words = [(ROOT / name).read_text(encoding="utf-8") for name in FILES]
    for text in (words[0], words[2]):
        assert 'Press Enter to rehearse without money, or type "real" to pay with real money: ' in text
        assert ".[desk,keyring]" in text
        assert "--sandbox" in text
    assert "start-desk.sh" in words[1]
    assert "\r\n" in (ROOT / FILES[2]).read_bytes().decode()
    if sys.platform != "win32":
        assert all((ROOT / name).stat().st_mode & 0o100 for name in FILES[:2])

"""Every command starts with what it needs, and nothing that takes long to import besides."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

from bulk_topup.commands.main import cli

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

SLOW = frozenset({"pandas", "numpy", "xlsxwriter", "lxml", "requests", "sqlalchemy", "tqdm", "keyring"})
"""Each of them takes as long as Python itself, or longer."""

OBSERVED = f"""
import atexit, sys
slow = {sorted(SLOW)}
atexit.register(lambda: print("slow:", *(name for name in slow if name in sys.modules), file=sys.stderr))
from bulk_topup.commands.main import main
main()
"""


def slow_imports(folder: Path, *arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", OBSERVED, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "Traceback" not in done.stderr
    *_, last = done.stderr.splitlines()
    return set(last.removeprefix("slow:").split())


def commands() -> list[tuple[str, ...]]:
    paths: list[tuple[str, ...]] = [()]
    for name, command in cli.commands.items():
        paths.append((name,))
        if isinstance(command, click.Group):
            paths += [(name, below) for below in command.commands]
    return paths


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_help_waits_for_nothing(command: tuple[str, ...], tmp_path: Path) -> None:
    assert slow_imports(tmp_path, *command, "--help") == set()


@pytest.mark.parametrize(
    ("line", "needed"),
    [
        ("completion bash", set()),
        ("prices --sandbox", {"requests"}),
        ("template new.xlsx --sandbox", {"requests", "xlsxwriter"}),
        ("history --sandbox", {"requests", "sqlalchemy"}),
        ("find 081200009901 --sandbox", {"requests", "sqlalchemy"}),
        ("doctor --sandbox", {"requests", "sqlalchemy"}),
        ("check sheet.csv --sandbox", {"requests", "sqlalchemy", "pandas", "numpy"}),
        ("status sheet.csv --sandbox", set()),
    ],
)
def test_a_command_imports_what_it_needs(line: str, needed: set[str], tmp_path: Path) -> None:
    (tmp_path / "sheet.csv").write_text("No HP,Kode Produk\n081234567890,TSEL5\n", encoding="utf-8")
    assert slow_imports(tmp_path, *line.split()) <= needed

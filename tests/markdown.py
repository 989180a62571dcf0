"""Reads tables out of the repository's pages, so that tests can hold them against the code."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

BAR = re.compile(r"(?<!\\)\|")


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def section(text: str, title: str) -> str:
    """What stands under the heading `## title`, up to the next one."""
    return text.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def table(text: str, first_column: str) -> list[list[str]]:
    """The cells of the table whose first header is `first_column`; its header and rule left out."""
    lines = text[text.index(f"| {first_column} |") :].split("\n\n", 1)[0].splitlines()
    return [[cell.strip().replace("\\|", "|") for cell in BAR.split(line)[1:-1]] for line in lines[2:]]


def code_in(text: str) -> list[str]:
    """Every `inline code` of the text."""
    return re.findall(r"`([^`\n]+)`", text)

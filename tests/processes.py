"""What processes this one has begun."""

from __future__ import annotations

import psutil


def children() -> list[psutil.Process]:
    """The Pythons among them, and theirs. No parser is the database server of other tests, nor what their
    commands and parsers are forked from."""
    us = psutil.Process()
    everyone = us.children(recursive=True)
    pythons = (child for child in everyone if child.name().lower().startswith("python"))
    return [child for child in pythons if not (child.ppid() == us.pid and _serves_forks(child))]


def _serves_forks(process: psutil.Process) -> bool:
    return any("multiprocessing." in word for word in process.cmdline())

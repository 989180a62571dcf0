"""What processes this one has begun."""

from __future__ import annotations

import psutil


def children() -> list[psutil.Process]:
    """The Pythons among them, and theirs. No parser is the database server of other tests, nor what their
    commands are forked from."""
    everyone = psutil.Process().children(recursive=True)
    pythons = (child for child in everyone if child.name().lower().startswith("python"))
    return [child for child in pythons if not any("multiprocessing." in word for word in child.cmdline())]

"""What processes this one has begun."""

from __future__ import annotations

import psutil


def children() -> list[psutil.Process]:
    """The Pythons among them, and theirs; the database server of other tests is no parser."""
    everyone = psutil.Process().children(recursive=True)
    return [child for child in everyone if child.name().lower().startswith("python")]

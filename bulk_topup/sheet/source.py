"""The sheet, and how to find its rows and columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Source:
    """The sheet, and how to find its rows and columns."""

    path: Path
    tab: str | None = None
    number_column: str | None = None
    product_column: str | None = None
    password_file: Path | None = None
    hidden: str | None = None
    """What to do with hidden rows: include, skip, or None to ask."""

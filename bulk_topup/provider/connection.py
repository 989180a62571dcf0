"""Which provider, as whom, how fast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT_BASE_URL = "https://klikmbc.co.id/json/pulsa"
SANDBOX_ACCOUNT = "sandbox"

REHEARSAL_URL = "sandbox"
"""The embedded sandbox has another port each time; a batch knows it by this name."""


@dataclass(frozen=True)
class Connection:
    """Which provider, as whom. A rehearsal meets the embedded sandbox instead."""

    sandbox: bool = False
    base_url: str = DEFAULT_BASE_URL
    timeout_s: float = 60.0
    rate_per_s: float = 2.0
    password_file: Path | None = None
    username: str = ""
    """As the settings file has it; the environment goes before it."""

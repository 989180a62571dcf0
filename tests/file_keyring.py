"""A keyring for tests, in a file: a command in a process of its own takes it by PYTHON_KEYRING_BACKEND."""

from __future__ import annotations

import json
import os
from pathlib import Path

import keyring.backend
import keyring.errors

VARIABLE = "FILE_KEYRING"


class FileKeyring(keyring.backend.KeyringBackend):
    """Plays one that encrypts, so it calls itself recommended; the file is what FILE_KEYRING names."""

    priority = 5

    def __init__(self, path: Path | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.path = path or Path(os.environ[VARIABLE])

    def entries(self) -> dict[str, str]:
        """What is kept, by `service address`."""
        held: dict[str, str] = json.loads(self.path.read_text("utf-8")) if self.path.exists() else {}
        return held

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries().get(f"{service} {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._write({**self.entries(), f"{service} {username}": password})

    def delete_password(self, service: str, username: str) -> None:
        entries = self.entries()
        if entries.pop(f"{service} {username}", None) is None:
            raise keyring.errors.PasswordDeleteError(username)
        self._write(entries)

    def _write(self, entries: dict[str, str]) -> None:
        self.path.write_text(json.dumps(entries), "utf-8")

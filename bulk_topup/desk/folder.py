"""The desk's one folder: its sheets, what may be downloaded, and the desk's own notes."""

from __future__ import annotations

import glob
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException

from bulk_topup.core.columns import SHEET_SUFFIXES

DOWNLOADS = (".xlsx", ".csv")
OF_OURS = re.compile(r"\.(results|journal)( \(.*\))?\.(xlsx|csv)$|\.sandbox\.|^~\$")
"""Files next to a sheet that are not sheets to send."""

NOTES = "bulk-topup-desk"
"""The folder of the desk's own notes, which can be deleted while nothing is being sent."""

RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
LONGEST_STEM = 80


@dataclass(frozen=True)
class Batch:
    """A sheet of the folder, or some tabs of it; `id` identifies it in URLs."""

    id: str
    name: str
    tabs: tuple[str, ...] = ()


class Folder:
    def __init__(self, path: Path) -> None:
        self.path = path.resolve()

    # -- what is there -------------------------------------------------------------------------------------

    def sheets(self) -> list[str]:
        """By name, the last changed first."""
        names = (path.name for path in self.path.iterdir())
        found = [name for name in names if self._is_sheet(name) and not OF_OURS.search(name)]
        return sorted(found, key=lambda name: -(self.path / name).stat().st_mtime)

    def misnamed(self) -> list[str]:
        """Sheets that no address can hold, because their names are not UTF-8."""
        names = (path.name for path in self.path.iterdir() if path.suffix.lower() in SHEET_SUFFIXES)
        return sorted(name for name in names if name.encode("utf-8", "replace").decode() != name)

    def approvals(self) -> tuple[str, ...]:
        return tuple(sorted(path.name for path in self.path.glob("*.approval")))

    def batch(self, id_: str) -> Batch:
        """Raises HTTPException 404 unless it is a sheet of this folder."""
        if self._is_sheet(id_):
            return Batch(id_, id_)
        parts = id_.split(":")  # no tab's name can hold a colon
        for at in range(len(parts) - 1, 0, -1):
            name, tabs = ":".join(parts[:at]), tuple(parts[at:])
            if all(tabs) and self._is_sheet(name):
                return Batch(id_, name, tabs)
        raise HTTPException(404)

    def file(self, name: str) -> Path:
        """For download. Raises HTTPException 404 unless it is a file of this folder."""
        if not (name.lower().endswith(DOWNLOADS) and self._has(name)):
            raise HTTPException(404)
        return self.path / name

    def journal(self, results: str) -> str:
        """Where the accountants' journal of the batch with these results goes."""
        return re.sub(r"\.results( \(.*\))?\.(xlsx|csv)$", "", results) + ".journal.csv"

    def accounts(self, results: str) -> tuple[str, ...]:
        """The accountants' journals beside these results, by name."""
        if not results:
            return ()
        stem = self.journal(results).removesuffix(".csv")
        return tuple(sorted(path.name for path in self.path.glob(f"{glob.escape(stem)}*.csv")))

    def _is_sheet(self, name: str) -> bool:
        return name.lower().endswith(SHEET_SUFFIXES) and self._has(name)

    def _has(self, name: str) -> bool:
        """Whether a file of this name is in the folder itself, and not a link to somewhere else."""
        if not name or name.startswith((".", "~")) or re.search(r"[/\\\x00-\x1f]", name):
            return False
        with suppress(OSError, ValueError):
            name.encode()  # else no address can hold it
            path = self.path / name
            return path.is_file() and path.resolve().parent == self.path
        return False

    # -- what comes in -------------------------------------------------------------------------------------

    def new_name(self, wanted: str) -> str:
        """A free, safe name as close as possible to the requested one. Raises HTTPException 415."""
        stem, suffix = os.path.splitext(wanted)  # noqa: PTH122  (no path: a text that a browser sent)
        if suffix.lower() not in SHEET_SUFFIXES:
            raise HTTPException(415)
        kept = re.sub(r"[^\w ()-]+", "_", stem)[:LONGEST_STEM].strip(" _") or "sheet"
        kept = f"sheet {kept}" if RESERVED.fullmatch(kept) else kept
        names = chain([kept], (f"{kept} ({nth})" for nth in count(2)))
        return next(name for name in (n + suffix.lower() for n in names) if not (self.path / name).exists())

    def keep_upload(self, draft: Path, wanted: str) -> str:
        """Store the uploaded file under a new name in the folder, never overwriting one; returns the name."""
        while True:
            name = self.new_name(wanted)
            with suppress(FileExistsError):
                with (self.path / name).open("xb"):
                    pass
                draft.replace(self.path / name)
                return name

    # -- the desk's notes ----------------------------------------------------------------------------------

    @property
    def notes(self) -> Path:
        """Readable only by their owner."""
        path = self.path / NOTES
        path.mkdir(mode=0o700, exist_ok=True)
        return path

    def note_name(self, batch: Batch, kind: str) -> str:
        """The file name of this batch's notes, short enough for any system."""
        digest = hashlib.sha256(batch.id.encode()).hexdigest()[:12]
        return f"{re.sub(r'[^A-Za-z0-9]+', '_', batch.id)[:40]}-{digest}{kind}"

    def noted(self, batch: Batch, kind: str) -> dict[str, Any]:
        with suppress(OSError, ValueError):
            content = json.loads((self.notes / self.note_name(batch, kind)).read_text(encoding="utf-8"))
            return content if isinstance(content, dict) else {}
        return {}

    def note(self, batch: Batch, kind: str, content: Mapping[str, object]) -> None:
        """Written atomically."""
        handle, draft = tempfile.mkstemp(dir=self.notes)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file)
        Path(draft).replace(self.notes / self.note_name(batch, kind))

    def journals(self, batch: Batch, kind: str) -> list[Path]:
        """The event files of its commands, latest first: of `.events` none that is a `.sandbox.events`."""
        return sorted(self.notes.glob(f"{self.note_name(batch, '')}.*[0-9]{kind}"), reverse=True)

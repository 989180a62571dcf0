"""What was exported of a batch's journal: kept in its progress file, so that nothing is booked twice or lost.

An export is durable there before its file is written: where a kill came in between, the next export finds it
not yet written. A file that is lost is written again where it is asked for by its name.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import asdict, dataclass
from itertools import chain
from typing import TYPE_CHECKING

from bulk_topup.core.chain import canonical
from bulk_topup.record.paths import names_beside
from bulk_topup.rules.journal import Key, What

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from bulk_topup.record.checkpoint import Checkpoint

FACT = "journal"


@dataclass(frozen=True, slots=True)
class Export:
    """`at` is when (ISO text), `lines` are (day, what, account, group, rupiah), `content` is the file's."""

    at: str
    file: str
    content: str
    lines: Sequence[Sequence[str | int]]
    is_written: bool = False

    def is_missed(self, target: Path) -> bool:
        """Whether its file is to be written again, beside or as `target`."""
        is_wanted = not self.is_written or self.file == target.name
        return is_wanted and not target.with_name(self.file).exists()

    @property
    def digest(self) -> str:
        """Of what it booked, for its entry in the trail."""
        said = canonical([self.at, self.file, self.content, self.lines])
        return hashlib.sha256(said.encode()).hexdigest()


def exports_of(checkpoint: Checkpoint) -> list[Export]:
    return [Export(**kept) for kept in json.loads(checkpoint.fact(FACT) or "[]")]


def keep_exports(checkpoint: Checkpoint, exports: Iterable[Export]) -> None:
    checkpoint.set_facts({FACT: json.dumps([*map(asdict, exports)])})


def booked_by(exports: Iterable[Export]) -> Counter[Key]:
    total: Counter[Key] = Counter()
    for day, what, account, group, rupiah in (line for one in exports for line in one.lines):
        total[Key(str(day), What(str(what)), str(account), str(group))] += int(rupiah)
    return total


def free_place(target: Path, exports: Iterable[Export]) -> Path:
    """`target`, or a numbered name beside it: one that is taken belongs to its entries for good."""
    taken = {one.file for one in exports}
    names = chain([target], names_beside(target))
    return next(path for path in names if not (path.exists() or path.name in taken))

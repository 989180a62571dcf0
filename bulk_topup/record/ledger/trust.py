"""The chain of who may approve, in the ledger: what was added, removed and decided, and who signed it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import sqlalchemy as sa

from bulk_topup.core.chain import Entry
from bulk_topup.core.errors import InputError
from bulk_topup.record.ledger.store import Store
from bulk_topup.record.ledger.tables import APPROVERS
from bulk_topup.rules.approvers import Approvers, approvers_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Trust(Store):
    """Nothing of it can be set anywhere else."""

    def trust_entries(self) -> list[Entry]:
        with self._errors(), self._engine.connect() as db:
            return entries_in(db)

    def approvers(self) -> Approvers:
        """Raises InputError where an entry was changed, or not signed by an approver."""
        return approvers_of(self.trust_entries())

    def add_trust(self, nth: int, entry: Entry) -> None:
        """As the `nth`, from 0. Raises InputError where another computer was faster."""
        with self._errors():
            try:
                with self._engine.begin() as db:
                    db.execute(sa.insert(APPROVERS).values(row_of(nth, entry)))
            except sa.exc.IntegrityError:
                raise InputError("approver.meanwhile") from None


def entries_in(db: sa.Connection) -> list[Entry]:
    found = db.execute(sa.select(APPROVERS).order_by(APPROVERS.c.nth)).mappings()
    return [
        Entry(**{name: row[name] for name in ("at", "kind", "previous", "hash")}, facts=_facts(row["facts"]))
        for row in found
    ]


def row_of(nth: int, entry: Entry) -> dict[str, object]:
    return {**asdict(entry), "nth": nth, "facts": json.dumps(dict(entry.facts))}


def missing_in(there: Sequence[Entry], ours: Sequence[Entry]) -> list[dict[str, object]]:
    """The rows that a copy of `ours` adds to what is `there`. Raises InputError where they are two chains."""
    both = min(len(there), len(ours))
    if there[:both] != ours[:both]:
        raise InputError("approver.two_chains")
    return [row_of(nth, entry) for nth, entry in enumerate(ours)][both:]


def _facts(text: str) -> Mapping[str, object]:
    """Of what somebody else wrote there, nothing: its hash then fits no more."""
    try:
        said = json.loads(text)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}

"""What is read from the ledger and written to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from bulk_topup.core.model import Kind, Outcome, Then

OPEN, PAID, HELD = "open", "paid", "held"


@dataclass(frozen=True, slots=True)
class Claim:
    """Who holds a slot. `state` is open (money may have moved), paid, or held (the provider's own 51)."""

    batch: str
    batch_name: str
    row: int
    product: str
    token: str
    state: str
    day: str
    claimed_at: str
    base_url: str = ""
    itrx: int = 1

    @property
    def is_open(self) -> bool:
        return self.state == OPEN


@dataclass(frozen=True, slots=True)
class OpenClaim:
    """A slot of which nobody has said yet what became of it."""

    batch: str
    batch_name: str
    row: int
    number: str
    product: str
    nominal: int
    itrx: int
    token: str
    day: str
    claimed_at: str
    base_url: str


_OF_OUTCOME: Final = ("code", "invoice", "serial", "debited", "answered_at", "reason")


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person said of an open row whose progress file was gone: who, when, with which note, and what
    the provider confirmed. `token` is that of the row's claim, and `claim` the whole of it: an older file may
    lack the row. It is empty where an earlier version wrote it, or the number was forgotten.
    """

    token: str
    at: str
    who: str
    note: str
    kind: str
    code: str
    invoice: str = ""
    serial: str = ""
    debited: int | None = None
    answered_at: str = ""
    reason: str = ""
    claim: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, outcome: Outcome, claim: OpenClaim, *, at: str, who: str, note: str) -> Decision:
        stated = {name: getattr(outcome, name) for name in _OF_OUTCOME}
        return cls(claim.token, at, who, note, outcome.kind, **stated, claim=asdict(claim))

    @property
    def outcome(self) -> Outcome:
        return Outcome(Kind(self.kind), Then.GO_ON, **{name: getattr(self, name) for name in _OF_OUTCOME})


@dataclass(frozen=True, slots=True)
class BatchEntry:
    """What a batch had come to when a command was last done with it.

    `name` is the sheet's without its ending, `path` its progress file ("" where only claims are known of it,
    and then no rupiah), `started` a WIB day, `touched` a time in WIB, both ISO texts.
    """

    account: str
    base_url: str
    batch: str
    name: str
    path: str
    started: str
    touched: str
    rows: int
    paid: int
    not_paid: int
    open: int
    paid_rupiah: int | None = None
    not_paid_rupiah: int | None = None
    open_rupiah: int | None = None
    plan_code: str = ""
    approver: str = ""

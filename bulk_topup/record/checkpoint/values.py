"""What is read from a checkpoint and written to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple

from bulk_topup.core.model import Kind, Order, Outcome
from bulk_topup.core.status import Status

REHEARSAL: Final = "yes"


@dataclass(frozen=True)
class BatchIdentity:
    """What a checkpoint must agree with before anything is sent under it; `account` by `account_of`, and
    `rehearsal` is REHEARSAL or ""."""

    account: str
    file: str
    tab: str
    rehearsal: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One durable attempt: written before its request is sent."""

    id: int
    order: Order
    token: str
    begun_at: datetime


class Ended(NamedTuple):
    """The order's status after an attempt, and the attempt's recorded outcome."""

    status: Status
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class PastAttempt:
    """A recorded attempt; `kind` is None if it has no outcome."""

    id: int
    token: str
    begun_at: datetime
    ended_at: datetime
    day: date
    skew_s: float | None
    kind: Kind | None
    invoice: str
    base_url: str = ""
    code: str = ""

    @property
    def is_unknown(self) -> bool:
        return self.kind is None or self.kind is Kind.UNKNOWN

    @property
    def is_open(self) -> bool:
        """Whether money may have moved for this attempt, and nobody has said so yet."""
        return self.is_unknown or self.kind is Kind.EXISTS


@dataclass(frozen=True, slots=True)
class Sending:
    """A command that sent something: when it began (ISO text), who ran it, how many orders it sent, and how
    many of them are paid by that: each order counts as paid once.

    `plan_code` is "" of one that sent open orders once more, `approved_by` where nobody approved it. All but
    `orders` is "" of what was sent by a command that this file knows nothing of.
    """

    at: str
    who: str
    plan_code: str
    approved_by: str
    orders: int
    paid: int = 0


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """What `cekstatus` is asked with; `id` is the attempt's.

    `product` is what its answer has to name besides: None where the provider has once said of this invoice
    that it is this order's, and is pending. At `base_url` it was sent.
    """

    id: int
    order_id: int
    number: str
    product: str | None
    invoice: str
    rupiah: int
    begun_at: datetime
    base_url: str


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """An unknown or accepted order with its attempts, the oldest first."""

    order: Order
    status: Status
    past: tuple[PastAttempt, ...]

    @property
    def invoice(self) -> str:
        """The last one that an answer named and left open; "" if none did."""
        named = (past.invoice for past in reversed(self.past) if past.is_unknown and past.invoice)
        return next(named, "")

    def has_closed_by(self, invoice: str) -> bool:
        """Whether an attempt was closed by this invoice; "" closes none."""
        return any(past.invoice == invoice and not past.is_open for past in self.past if invoice)


def halt_fact(code: str, facts: Mapping[str, str], at: datetime) -> dict[str, str]:
    """In the form that `Checkpoint.halt` returns."""
    return {"halt": json.dumps({"code": code, "facts": dict(facts), "at": at.isoformat()})}

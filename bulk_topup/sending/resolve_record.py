"""A person's verdict on an open row whose progress file is gone: closed from the record alone."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from bulk_topup.core.clock import days_booked
from bulk_topup.core.errors import InputError
from bulk_topup.core.model import Kind
from bulk_topup.core.status import Status
from bulk_topup.record.batches import progress_of, sheet_of
from bulk_topup.record.ledger.values import Decision
from bulk_topup.sending.resolve import AT_REST, RESOLVED_AS_NOT_SENT, Sent, confirmed

if TYPE_CHECKING:
    from bulk_topup.core.model import Outcome
    from bulk_topup.record.ledger.values import BatchEntry, OpenClaim
    from bulk_topup.sending.session import Tools


@dataclass(frozen=True)
class Finding:
    """What a person found out about the open row of this number in the batch of this name (or id); `row`
    tells several apart. `invoice` is "" where the top-up was not sent."""

    batch: str
    number: str
    row: int | None
    invoice: str
    note: str


def close_from_record(found: Finding, tools: Tools, who: str) -> tuple[OpenClaim, Status]:
    """The row that was closed, and what it is now.

    Raises InputError where it is not one open row whose progress file is gone, or the invoice is not its own;
    ProviderError where the provider could not be asked.
    """
    claim, entry = _open_claim(found, tools)
    now = tools.clock.now()
    if now - datetime.fromisoformat(claim.claimed_at) < AT_REST:
        raise InputError("resolve.under_way", number=found.number, minutes=AT_REST.seconds // 60)
    outcome = _confirmed(claim, found, tools) if found.invoice else RESOLVED_AS_NOT_SENT
    # Of a resend, which has no claim, nothing is known.
    if found.invoice and outcome.kind is not Kind.SUKSES:
        raise InputError("resolve.failed_on_record", invoice=found.invoice, number=found.number)
    status = Status.SUKSES if found.invoice else Status.GAGAL
    decision = Decision.of(outcome, claim, at=now.isoformat(), who=who, note=found.note)
    if not tools.ledger.decide(decision, claim.batch, status, _counted(entry, outcome, status, now)):
        raise _not_on_record("resolve.not_on_record", found, tools)
    return claim, status


def _open_claim(found: Finding, tools: Tools) -> tuple[OpenClaim, BatchEntry | None]:
    claims = [
        claim
        for claim in tools.ledger.open_claims(found.number)
        if found.batch in {claim.batch_name, claim.batch} and found.row in {None, claim.row}
    ]
    if len(claims) != 1:
        raise _not_on_record("resolve.several_on_record" if claims else "resolve.not_on_record", found, tools)
    (claim,) = claims
    entry = tools.ledger.entry(claim.batch)
    checkpoint = None if entry is None else progress_of(entry)
    if checkpoint is not None:
        with closing(checkpoint):
            raise InputError("resolve.has_file", path=checkpoint.path, sheet=sheet_of(checkpoint))
    return claim, entry


def _not_on_record(code: str, found: Finding, tools: Tools) -> InputError:
    return InputError(code, number=found.number, batch=found.batch, where=tools.ledger.place)


def _confirmed(claim: OpenClaim, found: Finding, tools: Tools) -> Outcome:
    facts = {"row": claim.row, "invoice": found.invoice}
    if found.invoice in tools.ledger.invoices_decided():
        raise InputError("resolve.other_row", other=claim.row, **facts)
    days = days_booked(date.fromisoformat(claim.day), datetime.fromisoformat(claim.claimed_at), None)
    alike = {(found.number, claim.product, day.isoformat()) for day in days}
    for other in tools.ledger.own(claim.batch):
        key = other["number"], other["product"], other["day"]
        if key in alike and other["token"] != claim.token:
            raise InputError("resolve.other_copy", other=other["row"], batch=claim.batch_name, **facts)
    sent = Sent(found.number, claim.product, claim.batch, days, [claim.base_url])
    return confirmed(sent, tools, facts)


def _counted(entry: BatchEntry | None, outcome: Outcome, status: Status, now: datetime) -> BatchEntry | None:
    """The batch with one open row less."""
    if entry is None or not entry.open:
        return entry
    paid = int(status is Status.SUKSES)
    left = entry.open - 1
    return replace(
        entry,
        touched=now.isoformat(),
        open=left,
        paid=entry.paid + paid,
        not_paid=entry.not_paid + 1 - paid,
        paid_rupiah=None if entry.paid_rupiah is None else entry.paid_rupiah + (outcome.debited or 0),
        open_rupiah=entry.open_rupiah if left or entry.open_rupiah is None else 0,
    )

"""A person's verdict on an open order, checked and recorded."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from bulk_topup.core.clock import days_booked
from bulk_topup.core.errors import InputError, ProviderError, StorageFailed
from bulk_topup.core.model import Kind, Order, Outcome, Reply, Then
from bulk_topup.core.row_names import row_called
from bulk_topup.core.shell import argument
from bulk_topup.core.status import Status
from bulk_topup.provider.outcomes import (
    OTHER_DATE,
    RESOLVED_NOT_SENT,
    classify_status,
    with_invoice_of_another,
    without_invoice,
)
from bulk_topup.record.batches import progress_of
from bulk_topup.record.tally import sent_at, to_the_second

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from bulk_topup.record.checkpoint import Checkpoint
    from bulk_topup.record.checkpoint.values import OpenOrder
    from bulk_topup.record.ledger.claims import Ledger
    from bulk_topup.record.ledger.values import BatchEntry
    from bulk_topup.sending.session import Tools


def is_of_other_day(outcome: Outcome, day: date) -> bool:
    """Whether the answer names an invoice, and another date than this."""
    return bool(outcome.invoice) and _day_in(outcome.answered_at) not in {None, day}


def in_doubt(outcome: Outcome) -> Outcome:
    """What is kept of an answer with another date, until the ledger has said whose it may be: only its
    text, because its invoice must not be looked up before.
    """
    words = " ".join(filter(None, (outcome.invoice, outcome.answered_at, outcome.reason)))
    return replace(without_invoice(outcome), kind=Kind.UNKNOWN, code=OTHER_DATE, reason=words)


def unless_of_other_batch(outcome: Outcome, order: Order, day: date, batch: str, ledger: Ledger) -> Outcome:
    """The outcome of an attempt of this WIB day; unknown where its answer is that to another batch's top-up.

    Its date alone says nothing, as the provider's calendar is its own; with the invoice of what another batch
    sent on that date or on this day, it does. That invoice must not be asked about for this order: it would
    be confirmed.
    """
    stated = _day_in(outcome.answered_at) or day
    for on in {stated, day}:
        for entry, has_claim in ledger.at_work(on, on, order.number, but=batch):
            rows = holders_of(entry, outcome.invoice)
            if rows or (rows is None and has_claim and on == stated):
                return without_invoice(with_invoice_of_another(outcome))
    return outcome


def _day_in(stated: str) -> date | None:
    try:
        return date.fromisoformat(stated[:10])
    except ValueError:
        return None


@dataclass(frozen=True)
class Verdict:
    """What a person found out about one row (None: the only open one of that number, in national form).

    `invoice` is "" where the top-up was not sent; `tab` is that of the row, where several are one sheet; `at`
    when the file that says so was last written; `sent_at` which top-up it speaks of, as `status` states it.
    """

    row: int | None
    number: str
    invoice: str
    note: str
    tab: str = ""
    at: datetime | None = field(default=None, compare=False)
    sent_at: str = field(default="", compare=False)

    @property
    def place(self) -> str:
        """`12`, or `Jakarta 12`; "" without a row."""
        return " ".join(filter(None, (self.tab, str(self.row or ""))))


def resolve(
    checkpoint: Checkpoint, tools: Tools, verdicts: Iterable[Verdict], who: str
) -> Iterator[tuple[Status, Status]]:
    """Close open rows one by one, each from one status to another; an invoice counts only once `cekstatus`
    confirms it.

    Raises InputError at the first invalid verdict, ProviderError if the provider could not be asked; earlier
    verdicts remain.
    """
    for verdict in verdicts:
        order = _open_order(checkpoint, verdict)
        if verdict.invoice:
            outcome = _confirmed(checkpoint, tools, order, verdict)
        else:
            _assert_of_the_last(verdict, order, checkpoint, tools.clock.now())
            outcome = RESOLVED_AS_NOT_SENT
        is_paid = outcome.kind is Kind.SUKSES
        if not is_paid and tools.ledger.paid_of(checkpoint.tokens(order.order.id)):
            raise InputError("resolve.paid_on_record", row=verdict.place, number=order.order.number)
        status = checkpoint.resolve(order, outcome, tools.clock.now(), who, verdict.note)
        tools.ledger.conclude_all(dict.fromkeys(checkpoint.tokens(order.order.id), status))
        yield order.status, status


AT_REST = timedelta(hours=1)
"""A top-up that began more recently than this may still be in flight on another computer, or be one that a
person who asked about an earlier one has not heard of.
"""


def _assert_of_the_last(verdict: Verdict, order: OpenOrder, checkpoint: Checkpoint, now: datetime) -> None:
    """Raises InputError where a *not sent* may be about an earlier top-up of this row than the last."""
    facts = {"row": order.order.row, "number": order.order.number}
    if verdict.at is not None and verdict.at < order.past[-1].begun_at:
        raise InputError("resolve.outdated", **facts)
    sent = [past for past in order.past if past.is_unknown or past.code == RESOLVED_NOT_SENT]
    last = max(sent, key=attrgetter("begun_at"), default=order.past[-1])
    at, stated = to_the_second(str(last.begun_at)), verdict.sent_at
    shown = _shown(order, checkpoint) if stated else ""
    if not {stated, *as_iso(stated)} & {shown, shown[:16], at}:
        raise InputError("resolve.other_time", stated=stated, sent_at=shown, **facts)
    is_closed_before = any(past.code == RESOLVED_NOT_SENT for past in sent)
    if verdict.at is not None and is_closed_before and not (stated == at and last.is_unknown):
        raise InputError("resolve.answered_before", **facts)
    if len(sent) > 1 and stated != at and now - last.begun_at < AT_REST:
        raise InputError("resolve.sent_again", sent_at=at, **facts)


_SHOWN_TIME = re.compile(r"(\d\d?)[./-](\d\d?)[./-](\d{4}),? +(\d\d?)[.:](\d\d)(?:[.:](\d\d))?", re.ASCII)


def as_iso(shown: str) -> set[str]:
    """A time as a spreadsheet program rewrites it in a CSV file, `20/01/2025 10.05`: both orders of day and
    month, as it is only compared with a known time."""
    if (found := _SHOWN_TIME.fullmatch(shown)) is None:
        return set()
    first, second, year, hour, minute, seconds = found.groups()
    time = ":".join([hour.zfill(2), minute, *filter(None, [seconds])])
    return {
        f"{year}-{month.zfill(2)}-{day.zfill(2)} {time}" for day, month in [(first, second), (second, first)]
    }


def _shown(order: OpenOrder, checkpoint: Checkpoint) -> str:
    """When it was sent, as it is shown to people."""
    lines = checkpoint.lines([order.status], number=order.order.number)
    own = (order.order.row, order.order.product)
    return next((sent_at(line) for line in lines if (line.row, line.product) == own), "")


RESOLVED_AS_NOT_SENT = Outcome(Kind.GAGAL, Then.GO_ON, RESOLVED_NOT_SENT)


def row_in(checkpoint: Checkpoint, verdict: Verdict) -> int | None:
    """The row in its batch. Raises InputError for a tab that is none of it, or a missing one."""
    several = checkpoint.tabs
    if verdict.row is None or not (several or verdict.tab):
        return verdict.row
    tabs = several or [checkpoint.fact("tab")]
    row = row_called(verdict.tab, verdict.row, tabs)
    if row is None:
        place = argument(f"{tabs[0]} {verdict.row}" if several else str(verdict.row))
        raise InputError("resolve.which_tab", row=verdict.place, tabs=", ".join(tabs), place=place)
    return row if several else verdict.row


def _open_order(checkpoint: Checkpoint, verdict: Verdict) -> OpenOrder:
    row = row_in(checkpoint, verdict)
    here = [open_ for open_ in checkpoint.open_orders() if row in {None, open_.order.row}]
    if not here:
        is_pending = any(line.row == row for line in checkpoint.lines([Status.PENDING]))
        raise InputError("resolve.pending" if is_pending else "resolve.not_open", row=verdict.place)
    matching = [open_ for open_ in here if open_.order.number == verdict.number]
    if len(matching) != 1:
        code = "resolve.several" if matching else "resolve.other_number"
        raise InputError(code, row=verdict.place, number=verdict.number)
    return matching[0]


def _confirmed(checkpoint: Checkpoint, tools: Tools, order: OpenOrder, verdict: Verdict) -> Outcome:
    """What `cekstatus` says of this invoice, if it is this order's and no other row of the batch has it."""
    facts = {"row": order.order.row, "invoice": verdict.invoice}
    holders = checkpoint.invoice_rows(verdict.invoice, but=order.order.id)
    if holders:
        raise InputError("resolve.other_row", other=holders[0], **facts)
    if order.has_closed_by(verdict.invoice):
        raise InputError("resolve.settled", **facts)
    opened = [past for past in order.past if past.is_open]
    sent = Sent(
        order.order.number,
        order.order.product,
        checkpoint.batch_id,
        {day for past in opened for day in days_booked(past.day, past.begun_at, past.skew_s)},
        [past.base_url for past in opened],
        order.invoice,
    )
    return confirmed(sent, tools, facts)


class Sent(NamedTuple):
    """An open row: on which WIB days it may have been booked, the addresses it was sent to, and the invoice
    that an answer to it named."""

    number: str
    product: str
    batch: str
    days: Collection[date]
    addresses: Iterable[str]
    invoice: str = ""


def confirmed(sent: Sent, tools: Tools, facts: Mapping[str, Any]) -> Outcome:
    """What `cekstatus` says of an invoice, if it is this row's: number, product and day agree, and no row of
    any other batch has it. `facts` are its row and invoice.

    Raises InputError, or ProviderError where the provider could not be asked.
    """
    for address in sent.addresses:
        if not tools.asks(address):  # There, the same invoice may belong to another top-up.
            raise InputError("resolve.other_address", address=address, mine=tools.base_url, **facts)
    answer = tools.provider.status(facts["invoice"], sent.number)
    if not isinstance(answer, Reply):
        raise ProviderError("resolve.unheard", address=tools.base_url, **facts)
    outcome = classify_status(answer, facts["invoice"], sent.number, sent.product)
    if outcome is None:
        raise InputError("resolve.unconfirmed", **facts)
    _assert_day(outcome.answered_at, sent, facts)
    _assert_of_no_other_batch(outcome, sent, tools.ledger, facts)
    return outcome


def _assert_day(stated: str, sent: Sent, facts: Mapping[str, Any]) -> None:
    """An invoice named in the answer to an attempt belongs to it, even without a date."""
    if not re.match(r"\d{4}-\d\d-\d\d", stated):
        if facts["invoice"] != sent.invoice:
            raise InputError("resolve.no_day", stated=stated or "-", **facts)
    elif stated[:10] not in {day.isoformat() for day in sent.days}:
        raise InputError("resolve.other_day", stated=stated, **facts)


def _assert_of_no_other_batch(outcome: Outcome, sent: Sent, ledger: Ledger, facts: Mapping[str, Any]) -> None:
    """The same number and product may have been topped up by another batch on that day."""
    for entry, has_claim in ledger.at_work(min(sent.days), max(sent.days), sent.number, but=sent.batch):
        holders = holders_of(entry, facts["invoice"])
        if holders:
            raise InputError("resolve.other_batch", batch=entry.name, other=holders[0], **facts)
        # A failed top-up leaves no claim, and would allow this row to be paid again.
        if holders is None and (has_claim or outcome.kind is Kind.GAGAL):
            raise InputError("resolve.unread_batch", batch=entry.name, path=entry.path or "-", **facts)


def holders_of(entry: BatchEntry, invoice: str) -> list[int] | None:
    """Rows of that batch that have the invoice; None if its progress file can't be read."""
    other = progress_of(entry)
    if other is None:
        return None
    with closing(other):
        try:
            return other.invoice_rows(invoice)
        except StorageFailed:
            return None

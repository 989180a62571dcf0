"""Find out what became of open orders: by asking, by sending again under rule 51, or by a person's word.

Only `resend` moves money, and only where rule 51 makes the provider refuse what it already has
(API v3.1, ISI PULSA, reason 51).
"""

from __future__ import annotations

import heapq
import re
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, cast

from bulk_topup.core.clock import SKEW_LIMIT_S, days_booked, near_midnight, wib_day
from bulk_topup.core.errors import InputError, ProviderError, StorageFailed
from bulk_topup.core.model import Kind, Outcome, Reply, Status, Then
from bulk_topup.provider.outcomes import RESOLVED_NOT_SENT, classify_status
from bulk_topup.record.ledger.claims import OPEN, state_of
from bulk_topup.report.screen.history import progress_at, progress_of
from bulk_topup.rules.resume import SLOT

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from bulk_topup.core.clock import Clock
    from bulk_topup.core.model import Answer, NoAnswer, NotSent, Order, PriceList
    from bulk_topup.record.checkpoint import Checkpoint, OpenInvoice, OpenOrder
    from bulk_topup.record.ledger.claims import BatchEntry, Ledger
    from bulk_topup.record.ledger.shared import Stop
    from bulk_topup.sending.session import Tools, Watcher

FIRST_POLL_S = 2.0
LONGEST_POLL_S = 60.0

RESEND_AFTER_S = 60.0


def bring_ledger_up_to_date(checkpoint: Checkpoint, ledger: Ledger, stop: Stop | None = None) -> int:
    """Claims follow the checkpoint, after a crash between the two or with a ledger that was lost or replaced;
    a claim that the checkpoint lacks is an unknown.

    Must run before anything is sent: a restored or partly copied checkpoint shows itself here, and so does a
    restored server. Returns how many claims had to be put back; then `stop` stops every desk.
    """
    count = 0 if _agree(checkpoint, ledger) else _make_agree(checkpoint, ledger, stop)
    for earlier in _earlier(checkpoint):
        # Only what holds a row here: nobody goes on with that batch by itself, and would put it back.
        missing = _missing(earlier, earlier.claims_expected(), ledger.own(earlier.batch_id))
        since = str(checkpoint.started())
        holding = [claim for claim in missing if claim["state"] == OPEN or str(claim["day"]) >= since]
        ledger.restore(holding, earlier.batch_id, _name(earlier))
    return count


def _agree(checkpoint: Checkpoint, ledger: Ledger) -> bool:
    """Whether each claim has an attempt that may have moved money, in the same state, and each such attempt
    its claim: of a million, told in seconds. Where it is not so, there may be a reason, which takes longer.
    """
    # In this order: an attempt is written after its claim, so what has been claimed by now is not lost for
    # having been attempted only while we looked.
    claimed = ledger.own_states(checkpoint.batch_id)
    moved: dict[str, list[str]] = {}
    for status, tokens in checkpoint.moved_tokens().items():
        moved.setdefault(state_of(status), []).extend(tokens)
    return all(_are_same(moved.get(state, []), claimed.get(state, [])) for state in {*claimed, *moved})


def _are_same(some: list[str], others: list[str]) -> bool:
    """Whether both have the same tokens. Most of a million stand in the same place in both: they were written
    in one order."""
    apart = [(one, other) for one, other in zip(some, others, strict=False) if one != other]
    return len(some) == len(others) and {one for one, _ in apart} == {other for _, other in apart}


def _make_agree(checkpoint: Checkpoint, ledger: Ledger, stop: Stop | None) -> int:
    present = {str(claim["token"]): claim for claim in ledger.own(checkpoint.batch_id)}  # first, as above
    expected = checkpoint.claims_expected()
    stale: dict[str, Status] = {}
    missing = _missing(checkpoint, expected, present.values())
    count = ledger.restore(_not_forgotten(missing, ledger), checkpoint.batch_id, _name(checkpoint), stop=stop)
    for token, claim in present.items():
        if token not in expected:
            checkpoint.adopt_lost_claim(claim)
        elif claim["state"] != state_of(expected[token]):
            stale[token] = expected[token]
    ledger.conclude_all(stale)
    return count


_NOTHING_MOVED = frozenset({Status.UNSENT, Status.GAGAL})


def _not_forgotten(claims: list[dict[str, object]], ledger: Ledger) -> list[dict[str, object]]:
    """Those that no person has had removed, who could not have removed an open one."""
    forgotten = ledger.forgotten_before() if claims else None
    if forgotten is None:
        return claims
    return [one for one in claims if one["state"] == OPEN or str(one["day"]) >= forgotten.isoformat()]


def _missing(
    checkpoint: Checkpoint, expected: Mapping[str, Status], present: Iterable[Mapping[str, object]]
) -> list[dict[str, object]]:
    """The claims that the ledger should have of this batch, and has not."""
    present = list(present)
    claimed = {claim["token"] for claim in present}
    if all(token in claimed or status in _NOTHING_MOVED for token, status in expected.items()):
        return []  # without a walk over all slots, which takes longer than anything else here
    held = {_slot(claim) for claim in present}
    missing = (claim for claim in checkpoint.claims() if _slot(claim) not in held)
    return [{**claim, "state": state_of(expected[claim["token"]])} for claim in missing]


def _earlier(checkpoint: Checkpoint) -> Iterator[Checkpoint]:
    """The batches of the same sheet whose place this one took, the last first, as far as their progress files
    are still beside it; each is open until the next is asked for."""
    facts, seen = ("account", "base_url"), {checkpoint.batch_id}
    mine, follows = [checkpoint.fact(name) for name in facts], checkpoint.fact("follows")
    while follows and follows not in seen:
        seen.add(follows)
        earlier = progress_at(checkpoint.path, follows)
        if earlier is None:
            return
        with closing(earlier):
            follows = earlier.fact("follows")
            if [earlier.fact(name) for name in facts] == mine:
                yield earlier


def _name(checkpoint: Checkpoint) -> str:
    return checkpoint.fact("file").rpartition(".")[0]


def _slot(claim: Mapping[str, object]) -> tuple[object, ...]:
    """A resend has no claim of its own: it holds the slot of the attempt before it."""
    return tuple(claim[name] for name in ("day", *SLOT))


# -- asking ------------------------------------------------------------------------------------------------


def poll(
    checkpoint: Checkpoint, tools: Tools, *, wait_s: float, watcher: Watcher | None = None
) -> NotSent | NoAnswer | None:
    """Ask `cekstatus` for every open invoice after 2, 4, 8, … at most 60 s, for `wait_s` seconds in all.

    Only an explicit sukses or gagal is final (API v3.1, CEK STATUS TRANSAKSI PULSA). Returns what went wrong
    last where none of those that are still open was answered when it was asked for the last time.
    """
    clock = tools.clock
    last: dict[int, Answer] = {}
    start = clock.alive()
    invoices = checkpoint.open_invoices()
    due = [(start + _first_wait_s(one, clock), FIRST_POLL_S, one.id, one) for one in invoices]
    heapq.heapify(due)
    deadline = start + wait_s
    while due and due[0][0] <= deadline:
        at, interval_s, key, one = heapq.heappop(due)
        if clock.sleep(at - clock.alive()) or not tools.throttle.wait():
            return None
        answer = tools.provider.status(one.invoice, one.number)
        last.pop(key, None)
        status = _noted(answer, checkpoint, tools, one)
        if status is None:
            last[key] = answer
            interval_s = min(2 * interval_s, LONGEST_POLL_S)
            heapq.heappush(due, (_next_poll(clock.alive(), interval_s, deadline), interval_s, key, one))
        elif watcher is not None:
            watcher.settled(status, one.rupiah)
    return _silence(list(last.values()))


def _silence(last: Sequence[Answer]) -> NotSent | NoAnswer | None:
    if not last or any(isinstance(answer, Reply) for answer in last):
        return None
    return cast("NotSent | NoAnswer", last[-1])


def _next_poll(now: float, interval_s: float, deadline: float) -> float:
    """After the interval, or when the waiting ends, so that nothing that came meanwhile is missed."""
    return deadline if now + FIRST_POLL_S <= deadline < now + interval_s else now + interval_s


def _first_wait_s(one: OpenInvoice, clock: Clock) -> float:
    age_s = (clock.now() - one.begun_at).total_seconds()
    return min(max(FIRST_POLL_S - age_s, 0.0), FIRST_POLL_S)


def _noted(answer: Answer, checkpoint: Checkpoint, tools: Tools, one: OpenInvoice) -> Status | None:
    """The order's new status, or None where there is no news."""
    outcome = classify_status(answer, one.invoice, one.number, one.product)
    if outcome is None:
        return None
    status = checkpoint.end(one.id, outcome, tools.clock.now()).status
    checkpoint.sync()
    tools.ledger.conclude_all(dict.fromkeys(checkpoint.tokens(one.order_id), status))
    return status


# -- sending again under rule 51 ---------------------------------------------------------------------------


class Obstacle(StrEnum):
    """Why an unknown order may not be sent again; worded in `say.WORDS`."""

    ACCEPTED = "resend.accepted"
    INVOICED = "resend.invoiced"
    COUNTED = "resend.counted"
    OTHER_DAY = "resend.other_day"
    NEAR_MIDNIGHT = "resend.near_midnight"
    TOO_SOON = "resend.too_soon"
    NO_SKEW = "resend.no_skew"
    SKEWED = "resend.skewed"
    OTHER_CALENDAR = "resend.other_calendar"
    NO_PRICE = "resend.no_price"
    OTHER_NOMINAL = "resend.other_nominal"
    DEARER = "resend.dearer"


@dataclass(frozen=True)
class Evidence:
    """What is known of the provider's clock: its skew against ours now (seconds), and whether any of its
    dates in this batch contradicts the WIB day."""

    skew_s: float | None
    other_calendar: bool


@dataclass(frozen=True)
class Resendable:
    """Open orders that may be sent again, and why the others may not."""

    orders: list[OpenOrder]
    held: list[tuple[OpenOrder, Obstacle]]

    def guard(self, checkpoint: Checkpoint, tools: Tools) -> Callable[[Order], Obstacle | None]:
        """`obstacle` for one of these orders, at the moment of asking."""
        by_id = {open_.order.id: open_ for open_ in self.orders}

        def still(order: Order) -> Obstacle | None:
            # Anew each time: the first resend's answer may be the first that states a day at all.
            other_calendar = has_other_calendar(checkpoint.other_days())
            now, skew_s = tools.now_and_skew_s()
            return obstacle(by_id[order.id], now, Evidence(skew_s, other_calendar))

        return still


def resendable(checkpoint: Checkpoint, tools: Tools, prices: PriceList) -> Resendable:
    """Every open order, sorted by whether rule 51 guards it now, at no more than its price."""
    now, skew_s = tools.now_and_skew_s()
    evidence = Evidence(skew_s, has_other_calendar(checkpoint.other_days()))
    judged = [
        (open_, obstacle(open_, now, evidence) or price_obstacle(open_.order, prices))
        for open_ in checkpoint.open_orders()
    ]
    return Resendable(
        orders=[open_ for open_, why in judged if why is None],
        held=[(open_, why) for open_, why in judged if why is not None],
    )


def count_resendable(checkpoint: Checkpoint, now: datetime) -> int:
    """How many open orders may be sent again today, as far as can be told without the provider."""
    seen = Evidence(0.0, has_other_calendar(checkpoint.other_days()))
    found = [obstacle(open_, now, seen) for open_ in checkpoint.open_orders()]
    return sum(why is None or why is Obstacle.TOO_SOON for why in found)


def obstacle(order: OpenOrder, now: datetime, evidence: Evidence) -> Obstacle | None:
    """Why rule 51 would not surely guard this order now, or need not; None where it does.

    An invoice can be asked about without sending anything. Every unknown attempt of the order must be
    guarded: same WIB day as now, both at least 10 minutes from midnight, the last one at least 60 s ago, the
    provider's clock within 5 minutes of ours at both.
    """
    if order.status is not Status.UNKNOWN:
        return Obstacle.ACCEPTED
    if order.invoice:
        return Obstacle.INVOICED
    if order.order.itrx != 1:
        return Obstacle.COUNTED
    if evidence.other_calendar:
        return Obstacle.OTHER_CALENDAR
    unknown = [past for past in order.past if past.is_unknown]
    if any(past.day != wib_day(now) or wib_day(past.begun_at) != past.day for past in unknown):
        return Obstacle.OTHER_DAY
    if any(near_midnight(moment) for moment in (now, *(past.begun_at for past in unknown))):
        return Obstacle.NEAR_MIDNIGHT
    if any((now - past.ended_at).total_seconds() < RESEND_AFTER_S for past in unknown):
        return Obstacle.TOO_SOON
    skews = [evidence.skew_s, *(past.skew_s for past in unknown)]
    if any(skew is None for skew in skews):
        return Obstacle.NO_SKEW
    if any(abs(skew or 0.0) > SKEW_LIMIT_S for skew in skews):
        return Obstacle.SKEWED
    return None


def price_obstacle(order: Order, prices: PriceList) -> Obstacle | None:
    """Why today's price list is not that under which this order was sent; None where it is, or is cheaper.

    Rule 51 goes by the nominal: under another one, the same product is another top-up.
    """
    product = prices.get(order.product)
    if product is None or product.price is None:
        return Obstacle.NO_PRICE
    if product.nominal != order.nominal:
        return Obstacle.OTHER_NOMINAL
    return Obstacle.DEARER if product.price > order.price else None


def has_other_calendar(days: Iterable[tuple[datetime, str]]) -> bool:
    """Whether a `tanggal` names another day than the WIB day of its attempt.

    Around midnight either day is honest, and `h` in the document may be a 12-hour clock: only dates count.
    """
    return any(
        not near_midnight(sent_at) and not tanggal.startswith(wib_day(sent_at).isoformat())
        for sent_at, tanggal in days
    )


# -- another batch's answer --------------------------------------------------------------------------------


def unless_of_other_batch(
    outcome: Outcome, order: Order, day: date, checkpoint: Checkpoint, ledger: Ledger
) -> Outcome:
    """The outcome of an attempt of this WIB day; unknown where its answer is that to another batch's top-up.

    Its date alone says nothing, as the provider's calendar is its own; with the invoice of what another batch
    sent on that date, it does. That invoice must not be asked about for this order: it would be confirmed.
    """
    stated = _day_in(outcome.answered_at)
    if not outcome.invoice or stated in {None, day}:
        return outcome
    there = ledger.at_work(stated or day, stated or day, order.number, but=checkpoint.batch_id)
    holders = ((_holders(entry, outcome.invoice), has_claim) for entry, has_claim in there)
    if not any(rows or (rows is None and has_claim) for rows, has_claim in holders):
        return outcome
    doubted = replace(outcome, kind=Kind.UNKNOWN, then=Then.STOP, code="outcome.same_invoice")
    return replace(doubted, invoice="", serial="", debited=None, balance=None)


def _day_in(stated: str) -> date | None:
    try:
        return date.fromisoformat(stated[:10])
    except ValueError:
        return None


# -- a person's word ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Verdict:
    """What a person found out about one row (None: the only open one of that number, in national form).

    `invoice` is "" where the top-up was not sent.
    """

    row: int | None
    number: str
    invoice: str
    note: str


def resolve(
    checkpoint: Checkpoint, tools: Tools, verdicts: Iterable[Verdict], who: str
) -> Iterator[tuple[Status, Status]]:
    """Close open rows one by one, each from one status to another; an invoice counts only once `cekstatus`
    confirms it.

    Raises InputError at the first verdict that does not hold, ProviderError where the provider could not be
    asked; those before it stand.
    """
    for verdict in verdicts:
        order = _open_order(checkpoint, verdict)
        outcome = _confirmed(checkpoint, tools, order, verdict) if verdict.invoice else NOT_SENT
        status = checkpoint.resolve(order, outcome, tools.clock.now(), who, verdict.note)
        tools.ledger.conclude_all(dict.fromkeys(checkpoint.tokens(order.order.id), status))
        yield order.status, status


NOT_SENT = Outcome(Kind.GAGAL, Then.GO_ON, RESOLVED_NOT_SENT)


def _open_order(checkpoint: Checkpoint, verdict: Verdict) -> OpenOrder:
    here = [open_ for open_ in checkpoint.open_orders() if verdict.row in {None, open_.order.row}]
    if not here:
        is_pending = any(line.row == verdict.row for line in checkpoint.lines([Status.PENDING]))
        raise InputError("resolve.pending" if is_pending else "resolve.not_open", row=verdict.row)
    matching = [open_ for open_ in here if open_.order.number == verdict.number]
    if len(matching) != 1:
        code = "resolve.several" if matching else "resolve.other_number"
        raise InputError(code, row=verdict.row or "", number=verdict.number)
    return matching[0]


def _confirmed(checkpoint: Checkpoint, tools: Tools, order: OpenOrder, verdict: Verdict) -> Outcome:
    """What `cekstatus` says of this invoice, if it is this order's: number, product and day agree, and no row
    of any other batch has it."""
    facts = {"row": order.order.row, "invoice": verdict.invoice}
    holders = checkpoint.invoice_rows(verdict.invoice, but=order.order.id)
    if holders:
        raise InputError("resolve.other_row", other=holders[0], **facts)
    if any(past.invoice == verdict.invoice and not past.is_open for past in order.past):
        raise InputError("resolve.settled", **facts)
    answer = tools.provider.status(verdict.invoice, verdict.number)
    if not isinstance(answer, Reply):
        raise ProviderError("resolve.unheard", address=tools.base_url, **facts)
    outcome = classify_status(answer, verdict.invoice, verdict.number, order.order.product)
    if outcome is None:
        raise InputError("resolve.unconfirmed", **facts)
    opened = (past for past in order.past if past.is_open)
    days = {day for past in opened for day in days_booked(past.day, past.begun_at, past.skew_s)}
    _assert_day(outcome.answered_at, days, order, facts)
    _assert_of_no_other_batch(checkpoint, tools.ledger, order, outcome, days)
    return outcome


def _assert_day(stated: str, days: Collection[date], order: OpenOrder, facts: Mapping[str, object]) -> None:
    """An invoice that the answer to an attempt named is of that attempt, whatever date is left out."""
    if not re.match(r"\d{4}-\d\d-\d\d", stated):
        if facts["invoice"] != order.invoice:
            raise InputError("resolve.no_day", stated=stated or "-", **facts)
    elif stated[:10] not in {day.isoformat() for day in days}:
        raise InputError("resolve.other_day", stated=stated, **facts)


def _assert_of_no_other_batch(
    checkpoint: Checkpoint, ledger: Ledger, order: OpenOrder, outcome: Outcome, days: Collection[date]
) -> None:
    """The same number and product may have been topped up by another batch on that day."""
    number, facts = order.order.number, {"row": order.order.row, "invoice": outcome.invoice}
    for entry, has_claim in ledger.at_work(min(days), max(days), number, but=checkpoint.batch_id):
        holders = _holders(entry, outcome.invoice)
        if holders:
            raise InputError("resolve.other_batch", batch=entry.name, other=holders[0], **facts)
        # A failed top-up leaves no claim, and would free this row to be paid again.
        if holders is None and (has_claim or outcome.kind is Kind.GAGAL):
            raise InputError("resolve.unread_batch", batch=entry.name, path=entry.path or "-", **facts)


def _holders(entry: BatchEntry, invoice: str) -> list[int] | None:
    """Rows of that batch that hold the invoice; None where its progress file can't be asked."""
    other = progress_of(entry)
    if other is None:
        return None
    with closing(other):
        try:
            return other.invoice_rows(invoice)
        except StorageFailed:
            return None

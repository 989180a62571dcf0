"""What an attempt means: every answer to `isipulsa`, in one table. Pure.

The table is the five mappings and the single lines below. The rule: money that may have moved is *unknown*
until the provider itself says otherwise, so anything not listed ends as `UNKNOWN`.

An outcome's `code` names our message in `say.WORDS`; these messages take no facts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import Enum, auto
from typing import Final

from bulk_topup.core.model import Answer, Kind, NoAnswer, NotSent, Order, Outcome, Reply, Then
from bulk_topup.core.status import Status
from bulk_topup.provider.fields import (
    ANSWERED_AT,
    BALANCE,
    DEBITS,
    INVOICE,
    OF_MONEY,
    PRODUCT,
    RESULT,
    SERIAL,
    STATUS,
    are_for,
    fields_in,
    invoice_in,
    is_left_out,
    names_a_number,
    reason_code_in,
    reason_in,
    word_in,
)
from bulk_topup.provider.wire import LONGEST_TEXT, http_date, read_json, rupiah, short_text

LONGEST_RETRY_AFTER_S: Final = 86_400.0

Meaning = tuple[Kind, Then, str]

# -- the table ---------------------------------------------------------------------------------------------

NOT_SENT_CAUSES: Final = frozenset(
    {"late", "dns", "refused", "unreachable", "connect_timeout", "certificate", "tls", "proxy"}
)
"""No byte was sent: whatever the cause, *not sent*, and tried again. Any other cause is worded as
`failed`.
"""

NO_ANSWER_CAUSES: Final = frozenset(
    {"timeout", "closed", "reset", "truncated", "too_long", "bad_encoding", "bad_http", "tls"}
)
"""A byte may have been sent and no complete answer came: whatever the cause, *unknown*."""

BY_REASON_CODE: Final[Mapping[str, Meaning]] = {
    "00": (Kind.GAGAL, Then.GO_ON, "outcome.reason.00"),
    "11": (Kind.GAGAL, Then.GO_ON, "outcome.reason.11"),
    "12": (Kind.GAGAL, Then.GO_ON, "outcome.reason.12"),
    "21": (Kind.REFUSED, Then.STOP, "outcome.reason.21"),
    "31": (Kind.REFUSED, Then.STOP, "outcome.reason.31"),
    "41": (Kind.UNKNOWN, Then.ONE_AT_A_TIME, "outcome.reason.41"),
    "51": (Kind.EXISTS, Then.GO_ON, "outcome.reason.51"),
    "61": (Kind.REFUSED, Then.STOP, "outcome.reason.61"),
    "62": (Kind.REFUSED, Then.STOP, "outcome.reason.62"),
    "71": (Kind.REFUSED, Then.STOP, "outcome.reason.71"),
    "81": (Kind.REFUSED, Then.STOP, "outcome.reason.81"),
    "82": (Kind.REFUSED, Then.STOP, "outcome.reason.82"),
    "91": (Kind.UNKNOWN, Then.GO_ON, "outcome.reason.91"),
}
"""`result: no` (API v3.1, ISI PULSA, Deskripsi failure reason_code)."""

USED_UP: Final = "outcome.reason.62"
"""The deposit does not cover the next top-up."""


class Fault(Enum):
    """What a top-up failed for, as far as the provider's reason code tells."""

    SYSTEM = auto()
    """The provider's system is disturbed, whatever is sent."""
    NUMBER = auto()
    """The number is not valid."""
    PRODUCT = auto()
    """The product is disturbed, whatever the number."""
    HELD_TODAY = auto()
    """This number already got this amount on the same day."""


def fault_of(reason_code: str) -> Fault | None:
    return _FAULTS.get(reason_code)


_FAULTS: Final[Mapping[str, Fault]] = {
    "00": Fault.SYSTEM,
    "11": Fault.NUMBER,
    "12": Fault.PRODUCT,
    "51": Fault.HELD_TODAY,
}

BY_STATUS: Final[Mapping[str, Meaning]] = {
    "sukses": (Kind.SUKSES, Then.GO_ON, "outcome.sukses"),
    "pending": (Kind.PENDING, Then.GO_ON, "outcome.pending"),
}
"""`result: ok` (API v3.1, ISI PULSA, status)."""

TOO_MANY_REQUESTS: Final = "outcome.too_many_requests"
"""About the account, not the row: nothing else may be sent until the pause is over."""

BY_HTTP_STATUS: Final[Mapping[int, Meaning]] = {
    301: (Kind.NOT_SENT, Then.STOP, "outcome.http.moved"),
    307: (Kind.NOT_SENT, Then.STOP, "outcome.http.moved"),
    308: (Kind.NOT_SENT, Then.STOP, "outcome.http.moved"),
    401: (Kind.NOT_SENT, Then.STOP, "outcome.http.login"),
    404: (Kind.NOT_SENT, Then.STOP, "outcome.http.address"),
    405: (Kind.NOT_SENT, Then.STOP, "outcome.http.address"),
    407: (Kind.NOT_SENT, Then.STOP, "outcome.http.proxy_login"),
    413: (Kind.NOT_SENT, Then.STOP, "outcome.http.address"),
    429: (Kind.NOT_SENT, Then.AGAIN, TOO_MANY_REQUESTS),
}
"""Answers that reject the request before it is processed, without a documented body (*our* reading)."""

OTHER_ORDER: Final[Meaning] = (Kind.UNKNOWN, Then.STOP, "outcome.other_order")
WITHOUT_INVOICE: Final[Meaning] = (Kind.UNKNOWN, Then.GO_ON, "outcome.no_invoice")
OTHER_STATUS: Final[Meaning] = (Kind.UNKNOWN, Then.GO_ON, "outcome.other_status")
OTHER_REASON_CODE: Final[Meaning] = (Kind.UNKNOWN, Then.GO_ON, "outcome.other_reason_code")
CONTRADICTION: Final[Meaning] = (Kind.UNKNOWN, Then.GO_ON, "outcome.contradiction")
NOT_AS_DOCUMENTED: Final[Meaning] = (Kind.UNKNOWN, Then.GO_ON, "outcome.not_as_documented")
EMPTY: Final[Meaning] = (Kind.UNKNOWN, Then.GO_ON, "outcome.empty")


def classify(answer: Answer, order: Order, now: datetime | None = None) -> Outcome:
    """The outcome of one `isipulsa` request for `order` (API v3.1, ISI PULSA).

    `now` (aware) is used to interpret a `Retry-After` date if the reply has no `Date`.
    """
    match answer:
        case NotSent(cause):
            known = cause if cause in NOT_SENT_CAUSES else "failed"
            return Outcome(Kind.NOT_SENT, Then.AGAIN, f"outcome.not_sent.{known}")
        case NoAnswer(cause):
            known = cause if cause in NO_ANSWER_CAUSES else "failed"
            return Outcome(Kind.UNKNOWN, Then.GO_ON, f"outcome.no_answer.{known}")
        case Reply():
            fields = fields_in(answer.body)
            if word_in(fields, RESULT) in {"ok", "no"}:
                line = _line(fields, order)
                return _of_other_order(fields) if line is OTHER_ORDER else _outcome(line, fields)
            return _undocumented(answer, now)


def _line(fields: Mapping[str, object], order: Order) -> Meaning:
    if not are_for(fields, order.number, order.product):
        return OTHER_ORDER
    if word_in(fields, RESULT) == "ok":
        return BY_STATUS.get(word_in(fields, STATUS), OTHER_STATUS) if invoice_in(fields) else WITHOUT_INVOICE
    taken = any(not is_left_out(fields.get(name)) for name in (INVOICE, *DEBITS))
    if taken or word_in(fields, STATUS) in BY_STATUS:
        return CONTRADICTION
    return BY_REASON_CODE.get(reason_code_in(fields), OTHER_REASON_CODE)


def _undocumented(reply: Reply, now: datetime | None) -> Outcome:
    kind, then, code = _line_of_http_status(reply)
    wait_s = _retry_after_s(reply, now) if then is Then.AGAIN else None
    return Outcome(kind, then, code, reason=f"HTTP {reply.status}", wait_s=wait_s)


def _line_of_http_status(reply: Reply) -> Meaning:
    if reply.status in BY_HTTP_STATUS and not _may_be_a_receipt(reply):
        return BY_HTTP_STATUS[reply.status]
    return NOT_AS_DOCUMENTED if reply.body.strip() else EMPTY


BYTE_ORDER_MARK = "\ufeff".encode()


def _may_be_a_receipt(reply: Reply) -> bool:
    """Whether this may be part of a receipt: it mentions an invoice or money taken, or was cut off before
    it could.
    """
    fields = fields_in(reply.body)
    if (
        INVOICE.encode() in reply.body.lower()
        or OF_MONEY & fields.keys()
        or word_in(fields, STATUS) in BY_STATUS
    ):
        return True
    chunked = "chunked" in reply.headers.get("transfer-encoding", "").lower()
    is_whole = chunked or "content-length" in reply.headers or _is_json(reply.body)
    return not is_whole and reply.body.removeprefix(BYTE_ORDER_MARK).lstrip()[:1] in {b"{", b"["}


def _is_json(body: bytes) -> bool:
    try:
        read_json(body)
    except ValueError:
        return False
    return True


def classify_status(answer: Answer, invoice: str, number: str, product: str | None = None) -> Outcome | None:
    """The final outcome of an order according to `cekstatus`, or None if it is not final.

    Only an explicit `sukses` or `gagal` for exactly this invoice and number is final; if `product` is given,
    it must match too (API v3.1, CEK STATUS TRANSAKSI PULSA). `result: no` means that the provider finds no
    such transaction, which is not `gagal`. The answer states neither debit nor balance; `answered_at` is the
    transaction's `tanggal`.
    """
    fields = fields_in(answer.body) if isinstance(answer, Reply) else {}
    if word_in(fields, RESULT) != "ok" or invoice_in(fields) != invoice or not names_a_number(fields):
        return None
    if not are_for(fields, number, product) or (product and not short_text(fields.get(PRODUCT))):
        return None
    match word_in(fields, STATUS):
        case "sukses":
            return _outcome(BY_STATUS["sukses"], fields)
        case "gagal":
            return _outcome((Kind.GAGAL, Then.GO_ON, "outcome.gagal_later"), fields)
    return None


def is_pending(answer: Reply, invoice: str, number: str) -> bool:
    """Whether `cekstatus` says that the provider is still working on it."""
    fields = fields_in(answer.body)
    stated = word_in(fields, RESULT), invoice_in(fields), word_in(fields, STATUS)
    return stated == ("ok", invoice, "pending") and are_for(fields, number, None)


def words_of(answer: Reply) -> str:
    """The provider's own words in an answer to `cekstatus`, or ""."""
    return reason_in(fields_in(answer.body))


# -- an order's attempts -----------------------------------------------------------------------------------


OTHER_DATE: Final = "outcome.other_date"
SAME_INVOICE: Final = "outcome.same_invoice"
OF_ANOTHER: Final = frozenset({OTHER_ORDER[2], SAME_INVOICE})
"""Unknown attempts whose answer was about another order, so that its invoice is not theirs."""


def with_invoice_of_another(outcome: Outcome) -> Outcome:
    """The outcome if its invoice belongs to another order: nothing is known, and the run must stop."""
    return replace(outcome, kind=Kind.UNKNOWN, then=Then.STOP, code=SAME_INVOICE)


def without_invoice(outcome: Outcome) -> Outcome:
    """The outcome if its invoice must not be asked about: as the answer to this order, it would be wrong."""
    return replace(outcome, invoice="", serial="", debited=None, balance=None)


RESOLVED_NOT_SENT: Final = "outcome.resolved_not_sent"

TURNED_AWAY: Final = frozenset(code for *_, code in BY_HTTP_STATUS.values())
DENIED: Final = TURNED_AWAY | {RESOLVED_NOT_SENT}
"""Attempts that were sent, and of which something other than the provider's own answer says that no money
moved: only an HTTP status, or a person.
"""


def is_belied(tried: Iterable[tuple[Kind | None, str, Collection[date]]]) -> bool:
    """Whether a 51 among these attempts (kind, code, WIB days) followed a denied one of the same day.

    The days are those on which the provider may have booked it. The 51 suggests that the denied attempt was
    booked after all.
    """
    denied: set[date] = set()
    for kind, code, days in tried:
        if kind is Kind.EXISTS and not denied.isdisjoint(days):
            return True
        if code in DENIED:
            denied.update(days)
    return False


def order_status(kinds: Sequence[Kind | None], *, belied: bool = False) -> Status:
    """The status of an order, from its attempts in the order they began.

    None is an attempt without a recorded outcome, because the process died: as unknown as any other. `belied`
    is the result of `is_belied` for them.
    """
    unknown = [kind is None or kind is Kind.UNKNOWN for kind in kinds]
    if Kind.SUKSES in kinds:
        return Status.SUKSES
    if Kind.PENDING in kinds:
        return Status.PENDING
    if any(unknown):
        return Status.ACCEPTED if Kind.EXISTS in kinds[unknown.index(True) :] else Status.UNKNOWN
    if belied:
        return Status.ACCEPTED
    if Kind.GAGAL in kinds:
        return Status.GAGAL
    return Status.DUPLICATE if Kind.EXISTS in kinds else Status.UNSENT


# -- streaks: what a run of bad answers calls for -----------------------------------------------------------


FIVE_UNKNOWN: Final = "outcome.streak.unknown"
FIVE_SYSTEM_FAULTS: Final = "outcome.streak.system_faults"

UNCLEAR: Final = OF_ANOTHER | {FIVE_UNKNOWN}
"""What stops a run because the outcome of rows is not known, and would stop it again."""


@dataclass(frozen=True, slots=True)
class StreakAction:
    """What a streak calls for: hold back the rest of this product, stop the run (`stop_code`), or neither."""

    hold_product: bool = False
    stop_code: str = ""


@dataclass
class Streaks:
    """Counts consecutive results over completed attempts, in order of completion. Not thread-safe."""

    _unknown: int = 0
    _system_faults: int = 0
    _product_faults: Counter[str] = field(default_factory=Counter)

    def see(self, outcome: Outcome, product: str) -> StreakAction:
        """Counts one completed attempt for `product`. *Not sent* does not count, and does not end a streak
        either.
        """
        if outcome.kind is Kind.NOT_SENT:
            return StreakAction()
        fault = fault_of(outcome.reason_code) if outcome.kind is Kind.GAGAL else None
        self._unknown = self._unknown + 1 if outcome.kind is Kind.UNKNOWN else 0
        self._system_faults = self._system_faults + 1 if fault is Fault.SYSTEM else 0
        of_product = self._product_faults[product] + 1 if fault is Fault.PRODUCT else 0
        self._product_faults[product] = of_product
        return StreakAction(self._product_faults[product] >= 3, self._stop_code())

    def _stop_code(self) -> str:
        if self._unknown >= 5:
            return FIVE_UNKNOWN
        return FIVE_SYSTEM_FAULTS if self._system_faults >= 5 else ""


# -- reading a body ----------------------------------------------------------------------------------------


def _outcome(line: Meaning, fields: Mapping[str, object]) -> Outcome:
    kind, then, code = line
    debited = [rupiah(fields.get(name)) for name in DEBITS]
    return Outcome(
        kind,
        then,
        code,
        reason_code=reason_code_in(fields),
        reason=reason_in(fields),
        invoice=invoice_in(fields),
        serial=short_text(fields.get(SERIAL)),
        debited=next((amount for amount in debited if amount is not None), None),
        balance=rupiah(fields.get(BALANCE)),
        answered_at=short_text(fields.get(ANSWERED_AT)),
    )


def _of_other_order(fields: Mapping[str, object]) -> Outcome:
    """The invoice can be looked up for this order; debit, balance and serial belong to the other one."""
    return replace(_outcome(OTHER_ORDER, fields), serial="", debited=None, balance=None)


def _retry_after_s(reply: Reply, now: datetime | None) -> float | None:
    stated = reply.headers.get("retry-after", "").strip()
    if stated.isascii() and stated.isdigit():
        return min(float(stated[:LONGEST_TEXT]), LONGEST_RETRY_AFTER_S)
    until, since = http_date(stated), http_date(reply.headers.get("date", "")) or now
    if until is None or since is None or until < since:
        return None
    return min((until - since).total_seconds(), LONGEST_RETRY_AFTER_S)

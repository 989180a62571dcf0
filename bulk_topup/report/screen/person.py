"""Everything ever sent to one number: for the employee on the phone who says that nothing came.

The ledger says in which batches it was paid or may have been, their progress files have the details, and the
provider says what has become of each invoice. Nothing is written.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from bulk_topup.core.clock import near_midnight
from bulk_topup.core.errors import Exit, InputError, StorageFailed
from bulk_topup.core.model import Kind, Reply
from bulk_topup.core.status import Status
from bulk_topup.provider.outcomes import classify_status, is_pending, words_of
from bulk_topup.record.batches import progress_of, sheet_of
from bulk_topup.record.ledger.values import HELD, OPEN, PAID, BatchEntry
from bulk_topup.report.result_lines import result_line
from bulk_topup.report.screen.report import Report, banner
from bulk_topup.report.words import say
from bulk_topup.rules import numbers, operators
from bulk_topup.sending.resend import is_advised

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from bulk_topup.provider.client import Provider
    from bulk_topup.provider.pace import Pace
    from bulk_topup.record.checkpoint import Checkpoint
    from bulk_topup.record.ledger.register import Register
    from bulk_topup.record.lines import Line


class Now(StrEnum):
    """What the provider says of an invoice by now."""

    SUKSES = "sukses"
    GAGAL = "gagal"
    PENDING = "pending"
    NO_NEWS = "no final answer"
    NO_ANSWER = "no answer"
    NOT_ASKED = "not asked"


@dataclass(frozen=True, slots=True)
class Sent:
    """One row for that number, as the results sheet has it.

    `sent_at` is "" where nothing ever left for it. `sheet` is how a command is told of it, "" where its
    progress file can't be read: then only the ledger speaks, which keeps no invoice. `nominal` is in rupiah;
    `closed` is when a person closed it (ISO text), who, and their note; `answer` are the provider's words
    when it was sent, `said` those beside `now`.
    """

    account: str
    base_url: str
    batch: str
    name: str
    sheet: str
    row: int
    product: str
    nominal: int | None
    status: Status
    reason: str
    sent_at: str
    invoice: str = ""
    serial: str = ""
    debited: int | None = None
    closed: tuple[str, str, str] | None = None
    answer: str = ""
    person: str = ""
    now: Now = Now.NOT_ASKED
    said: str = ""
    guarded: bool = False

    @property
    def is_contradicted(self) -> bool:
        """Whether the provider now says the opposite of what it said when the row was settled."""
        final = {Status.SUKSES: Now.GAGAL, Status.GAGAL: Now.SUKSES}
        return self.now is final.get(self.status)

    @property
    def is_open(self) -> bool:
        return self.status.is_open or self.is_contradicted


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """`sent` is the latest first. `unread` are batches whose progress file is not there or can't be read;
    numbers of days before `forgotten_before` may be gone from the record."""

    number: str
    sent: tuple[Sent, ...]
    batches: int
    unread: tuple[BatchEntry, ...]
    forgotten_before: date | None

    def exit_code(self) -> Exit:
        if any(one.is_open for one in self.sent):
            return Exit.OPEN
        return Exit.OK if any(one.sent_at for one in self.sent) else Exit.NOT_ALL_PAID


def national(text: str) -> str:
    """The number as sheets are read. Raises InputError for a text that is none."""
    number = numbers.normalise(text.strip())
    if isinstance(number, numbers.Problem):
        raise InputError("find.no_number", text=text)
    return number.national


# -- what is on record -------------------------------------------------------------------------------------


def look_up(number: str, register: Register) -> PersonRecord:
    """Go through every batch of the register for this number (in national form)."""
    by_batch: dict[str, list[Mapping[str, Any]]] = {}
    for claim in register.claims_of(number):
        by_batch.setdefault(str(claim["batch"]), []).append(claim)
    sent: list[Sent] = []
    unread: list[BatchEntry] = []
    entries = register.batches()
    for entry in entries:
        claims = by_batch.get(entry.batch, [])
        from_file = _from_progress(number, entry, claims)
        if from_file is None:
            unread.append(entry)
        sent += [_of_claim(entry, claim) for claim in claims] if from_file is None else from_file
    sent.sort(key=lambda one: (one.sent_at, one.name, one.row), reverse=True)
    return PersonRecord(number, tuple(sent), len(entries), tuple(unread), register.forgotten_before())


def _from_progress(number: str, entry: BatchEntry, claims: Iterable[Mapping[str, Any]]) -> list[Sent] | None:
    """None where the progress file is not there, or can't be read to its end."""
    checkpoint = progress_of(entry)
    if checkpoint is None:
        return None
    with closing(checkpoint):
        try:
            attempts = checkpoint.claims_expected() if claims else {}
            sheet = sheet_of(checkpoint)
            at, guarded = checkpoint.name_at, is_advised(checkpoint)
            lines = _lines_of(checkpoint, number)
            found = [_of_line(entry, sheet, line, at, guarded=guarded) for line in lines]
        except StorageFailed:
            return None
    # A progress file that was restored from an older copy lacks what the ledger knows.
    return found + [_of_claim(entry, claim) for claim in claims if claim["token"] not in attempts]


def _lines_of(checkpoint: Checkpoint, number: str) -> Iterator[Line]:
    for line in checkpoint.lines(number=number):
        if line.number == number or _names(line, number):
            yield line


def _names(line: Line, number: str) -> bool:
    """Whether a cell of the row has the number in it: a row that was held back has no other."""
    subscriber = number.removeprefix("0")
    return any(subscriber in "".join(filter(str.isdecimal, cell)) for cell in line.cells)


def _of_line(entry: BatchEntry, sheet: str, line: Line, name_at: int | None, *, guarded: bool) -> Sent:
    result = result_line(line)
    return Sent(
        *(entry.account, entry.base_url, entry.batch, entry.name, sheet),
        *(line.row, line.product, line.nominal, line.status, result.reason, result.sent_at),
        invoice=result.invoice,
        serial=result.serial,
        debited=result.debited,
        closed=line.closed,
        person=line.person(name_at),
        answer=(line.attempt or {}).get("reason") or "",
        guarded=guarded,
    )


_STATUS = {PAID: Status.SUKSES, HELD: Status.DUPLICATE, OPEN: Status.UNKNOWN}


def _of_claim(entry: BatchEntry, claim: Mapping[str, Any]) -> Sent:
    return Sent(
        *(entry.account, entry.base_url, entry.batch, entry.name, ""),
        row=int(claim["row"]),
        product=str(claim["product"]),
        nominal=int(claim["nominal"]),
        status=_STATUS[claim["state"]],
        reason=say.text("find.from_record"),
        sent_at=str(claim["claimed_at"])[:19].replace("T", " "),
    )


# -- what the provider says now ----------------------------------------------------------------------------


def may_be_asked(sent: Iterable[Sent]) -> bool:
    return any(one.invoice for one in sent)


def ask_provider(
    sent: Sequence[Sent], number: str, provider: Provider, account: str, throttle: Pace
) -> tuple[Sent, ...]:
    """The same with what `cekstatus` says of each invoice of this account (API v3.1, CEK STATUS TRANSAKSI
    PULSA); writes nothing down."""

    def asked(one: Sent) -> Sent:
        if not one.invoice or one.account != account or not throttle.wait():
            return one
        return _with_answer(one, number, provider)

    return tuple(asked(one) for one in sent)


def _with_answer(one: Sent, number: str, provider: Provider) -> Sent:
    answer = provider.status(one.invoice, number)
    product = one.product if one.status is Status.UNKNOWN else None
    outcome = classify_status(answer, one.invoice, number, product)
    if not isinstance(answer, Reply):
        return replace(one, now=Now.NO_ANSWER)
    if outcome is None:
        is_at_work = is_pending(answer, one.invoice, number)
        return replace(one, now=Now.PENDING if is_at_work else Now.NO_NEWS, said=words_of(answer))
    now = Now.SUKSES if outcome.kind is Kind.SUKSES else Now.GAGAL
    return replace(one, now=now, serial=one.serial or outcome.serial)


# -- in words ----------------------------------------------------------------------------------------------


def person_report(found: PersonRecord, told: str, record: str, *, rehearsal: bool) -> Report:
    """The rows, what to tell their owner, and what was looked through."""
    forgotten = found.forgotten_before
    facts = {
        "record": record,
        "number": found.number,
        "sent": list(map(_sent_facts, found.sent)),
        "batches_searched": found.batches,
        "progress_files_missing": [{"name": entry.name, "path": entry.path} for entry in found.unread],
        "forgotten_before": None if forgotten is None else forgotten.isoformat(),
        "summary": told,
    }
    return Report(facts, [*banner(rehearsal=rehearsal), *_lines(found, told, record)])


def not_asked_report(problem: InputError, *, rehearsal: bool) -> Report:
    why = say.error(problem)
    facts = {"not_asked": {"code": problem.code, "message": why}}
    return Report(facts, banner(rehearsal=rehearsal), [say.text("find.not_asked", message=why)])


def _lines(found: PersonRecord, told: str, record: str) -> Iterator[str]:
    yield from map(_line_of, found.sent)
    if found.sent:
        yield ""
    yield say.text("find.tell", told=told)
    yield ""
    yield say.text("find.searched", count=found.batches, record=record)
    for entry in found.unread:
        code = "find.unread" if entry.path else "find.unread_old"
        yield say.text(code, name=entry.name, day=entry.started, path=entry.path)
    if found.forgotten_before is not None:
        yield say.text("find.forgotten", day=found.forgotten_before)


def _sent_facts(one: Sent) -> dict[str, object]:
    at, by, note = one.closed or ("", "", "")
    closed = {"closed_at": at, "closed_by": by, "closing_note": note}
    return {"day": one.sent_at[:10], **{name: getattr(one, name) for name in _FACTS}, **closed}


_FACTS = (
    *("name", "batch", "account", "base_url", "row", "person", "product", "nominal", "status", "reason"),
    *("sent_at", "invoice", "serial", "debited", "now", "said"),
)

_NOW = {
    Now.NO_NEWS: "find.now.no_news",
    Now.NO_ANSWER: "find.now.no_answer",
    Now.NOT_ASKED: "find.now.not_asked",
}
"""The wording of what are no words of the provider's."""


def _line_of(one: Sent) -> str:
    row = ", ".join(filter(None, (str(one.row), one.person)))
    facts = {"name": one.name, "row": row, "product": one.product or "-", "status": one.status}
    if not one.sent_at:
        return say.text("find.line_held", reason=one.reason, **facts)
    line = say.text(
        "find.line",
        sent_at=one.sent_at,
        nominal="" if one.nominal is None else one.nominal,
        invoice=one.invoice or "-",
        serial=one.serial or "-",
        now=_NOW.get(one.now, one.now),
        **facts,
    )
    if one.now is Now.NO_NEWS and one.said:
        line = f"{line} {say.text('provider_says', reason=one.said)}"
    return f"{line}; {say.closed_by_hand_words(*one.closed)}" if one.closed else line


def what_counts(found: PersonRecord, now: datetime) -> Sent | None:
    """The one row to speak of: what is open before what is settled, and of that what can be cleared up today
    alone (`now` is in WIB); else the latest. None where the number is in no batch."""
    still_open = [one for one in found.sent if one.is_open]
    today = [one for one in still_open if _telling(one, now) == "find.tell.unknown_today"]
    return next(iter((*today, *still_open, *found.sent)), None)


def told(one: Sent | None, number: str, now: datetime) -> str:
    """What to say on the telephone of this row, in one sentence; `now` is in WIB."""
    if one is None:
        return say.text("find.tell.never", number=number)
    check = "find.tell.check_telkomsel" if operators.operator_of(number) == "TELKOMSEL" else "find.tell.check"
    return say.text(
        _telling(one, now),
        day=one.sent_at[:10],
        time=one.sent_at[11:16],
        product=one.product,
        nominal="" if one.nominal is None else one.nominal,
        serial=one.serial or "-",
        name=one.name,
        row=one.row,
        number=number,
        check=say.text(check),
    )


def next_step_of(one: Sent | None, now: datetime) -> tuple[str, Mapping[str, object]]:
    """What to do about the row, by its name in `next_steps`, and the facts of that; "" for nothing."""
    if one is None:
        return "", {}
    facts = {name: getattr(one, name) for name in ("name", "row", "sheet", "invoice")}
    return _GOES_ON[_telling(one, now)], facts


def _may_be_sent_again(one: Sent, now: datetime) -> bool:
    """As far as this can be told from here: `settle --resend` looks closer."""
    is_today = one.sent_at[:10] == f"{now:%Y-%m-%d}"
    return one.guarded and one.status is Status.UNKNOWN and is_today and not near_midnight(now)


def _telling(one: Sent, now: datetime) -> str:
    """How the row is spoken of, by the code of its wording."""
    if one.is_contradicted:
        return "find.tell.contradiction"
    if not one.sent_at:
        return "find.tell.held"
    if one.status is Status.SUKSES:
        return "find.tell.paid"
    if one.is_open:
        return _telling_open(one, now)
    if one.closed:
        return "find.tell.closed"
    return _NOT_PAID.get(one.status, "find.tell.not_sent")


def _telling_open(one: Sent, now: datetime) -> str:
    if one.invoice:
        return _OPEN_NOW[one.now]
    if not one.sheet:
        return "find.tell.open_on_record"
    if one.status is Status.ACCEPTED:
        return "find.tell.accepted"
    return "find.tell.unknown_today" if _may_be_sent_again(one, now) else "find.tell.unknown"


_OPEN_NOW = {
    Now.SUKSES: "find.tell.paid_now",
    Now.GAGAL: "find.tell.failed_now",
    Now.PENDING: "find.tell.pending",
    Now.NO_NEWS: "find.tell.no_news",
    Now.NO_ANSWER: "find.tell.no_answer",
    Now.NOT_ASKED: "find.tell.no_answer",
}
_NOT_PAID = {Status.GAGAL: "find.tell.failed", Status.DUPLICATE: "find.tell.duplicate"}

_GOES_ON = {
    "find.tell.paid": "",
    "find.tell.duplicate": "",
    "find.tell.held": "status",
    "find.tell.not_sent": "status",
    "find.tell.failed": "retry",
    "find.tell.closed": "retry",
    "find.tell.paid_now": "record",
    "find.tell.failed_now": "record",
    "find.tell.pending": "later",
    "find.tell.no_answer": "later",
    "find.tell.no_news": "ask",
    "find.tell.accepted": "close_accepted",
    "find.tell.unknown": "close",
    "find.tell.unknown_today": "resend",
    "find.tell.open_on_record": "put_back",
    "find.tell.contradiction": "contradiction",
}
"""What is to be done about a row that is spoken of like this."""

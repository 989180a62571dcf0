"""Everything ever sent to one number, for the employee on the phone who says that nothing came.

The ledger names the batches in which it was or may have been paid, their progress files have the details, and
the provider says what became of each invoice. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from bulk_topup.core.clock import near_midnight
from bulk_topup.core.errors import InputError
from bulk_topup.core.model import Kind, Reply
from bulk_topup.core.row_names import TAB_ROWS
from bulk_topup.core.shell import argument
from bulk_topup.core.status import Status
from bulk_topup.provider.outcomes import classify_status, is_pending, words_of
from bulk_topup.report.screen.report import Report
from bulk_topup.report.sent_to import Now, PersonRecord, Sent
from bulk_topup.report.words import say
from bulk_topup.rules import operators

if TYPE_CHECKING:
    from bulk_topup.provider.client import Provider
    from bulk_topup.provider.pace import Pace


# -- what the provider says now ----------------------------------------------------------------------------


def ask_provider(
    sent: Sequence[Sent], number: str, provider: Provider, account: str, throttle: Pace
) -> tuple[Sent, ...]:
    """Adds what `cekstatus` says about each invoice of this account (API v3.1); records nothing."""

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


def person_report(found: PersonRecord, told: str, record: str) -> Report:
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
    return Report(facts, list(_lines(found, told, record)))


def people_report(people: Mapping[tuple[str, str], Sequence[str]]) -> Report:
    found = [{"name": name, "number": number, "batches": [*of]} for (name, number), of in people.items()]
    lines = [
        say.text("find.person", name=name, number=number, batches=", ".join(of))
        for (name, number), of in people.items()
    ]
    return Report({"people": found}, [say.text("find.people"), *lines])


def not_asked_report(problem: InputError) -> Report:
    why = say.error(problem)
    facts = {"not_asked": {"code": problem.code, "message": why}}
    return Report(facts, warnings=[say.text("find.not_asked", message=why)])


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
    row = {"row": one.row % TAB_ROWS, "tab": one.tab} if one.tab else {"row": one.row}
    return {"day": one.sent_at[:10], **{name: getattr(one, name) for name in _FACTS}, **row, **closed}


_FACTS = (
    *("name", "batch", "account", "base_url", "row", "person", "product", "nominal", "status", "reason"),
    *("sent_at", "invoice", "serial", "debited", "now", "said"),
)

_NOW = {
    Now.NO_NEWS: "find.now.no_news",
    Now.NO_ANSWER: "find.now.no_answer",
    Now.NOT_ASKED: "find.now.not_asked",
}
"""The message where the provider said nothing."""


def _line_of(one: Sent) -> str:
    row = ", ".join(filter(None, (one.place, one.person)))
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
    """The one row to talk about: open rows first, and of those the ones that can only be cleared up today
    (`now` is in WIB); else the latest. None if the number is in no batch.
    """
    still_open = [one for one in found.sent if one.is_open]
    today = [one for one in still_open if _telling(one, now) == "find.tell.unknown_today"]
    return next(iter((*today, *still_open, *found.sent)), None)


def told(one: Sent | None, number: str, now: datetime) -> str:
    """One sentence to say on the phone about this row; `now` is in WIB."""
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
        row=one.place,
        number=number,
        check=say.text(check),
    )


def next_step_of(one: Sent | None, now: datetime) -> tuple[str, Mapping[str, object]]:
    """What is said about the row, by the code of its message, and the facts for the next step."""
    if one is None:
        return "find.tell.never", {}
    facts = {
        "row": argument(one.place),
        **{name: getattr(one, name) for name in ("name", "sheet", "invoice")},
    }
    # A batch of an earlier month goes on only if that is said.
    same = "" if one.sent_at[:7] == f"{now:%Y-%m}" else " --same-batch"
    return _telling(one, now), {**facts, "same": same}


def _may_be_sent_again(one: Sent, now: datetime) -> bool:
    """As far as can be told from here; `settle --resend` checks more."""
    is_today = one.sent_at[:10] == f"{now:%Y-%m-%d}"
    return one.guarded and one.status is Status.UNKNOWN and is_today and not near_midnight(now)


def _telling(one: Sent, now: datetime) -> str:
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


def complaint_report(found: PersonRecord) -> Report:
    """A text for the hotline: about every open row, or else the last one that was sent; no lines for none."""
    left = [one for one in found.sent if one.sent_at]
    about = [one for one in left if one.is_open] or left[:1]
    lines = list(_letter(found.number, about)) if about else []
    return Report({"complaint": "\n".join(lines)}, lines)


def _letter(number: str, about: Sequence[Sent]) -> Iterator[str]:
    yield say.text("complaint.opening")
    for one in about:
        yield ""
        yield say.text("complaint.number", number=number)
        yield say.text("complaint.product", product=one.product, nominal=one.nominal or "")
        yield say.text("complaint.invoice", invoice=one.invoice or say.text("complaint.none"))
        yield say.text("complaint.serial", serial=one.serial or say.text("complaint.none"))
        yield say.text("complaint.sent_at", moment=one.sent_at)
        yield say.text("complaint.then", status=one.status, reason=one.answer or "-")
        yield say.text("complaint.now", now=f"{one.now} {one.said}".strip())
    yield ""
    yield say.text("complaint.closing")

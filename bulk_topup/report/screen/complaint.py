"""A text for the provider's hotline, which reads Indonesian, about a top-up that did not arrive."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from bulk_topup.report.screen.report import Report
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from bulk_topup.report.sent_to import PersonRecord, Sent


def complaint_report(found: PersonRecord) -> Report:
    """About every open row, or else the last one that was sent; no lines if none ever was."""
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

"""The books of a batch: opening balance - closing balance = sum of debits. Pure.

What does not tie out is evidence for a person beside the rows that could explain it, never a reason to
send again. The provider has no balance call: balances are known only from `saldo` in answers (API v3.1, ISI
PULSA).

Answers of concurrent requests come in any order, but top-ups only take from the deposit. So the opening is
the highest balance before a debit, of the requests begun by the first answer; the closing is the lowest
balance after one, of those answered since the last was begun. With one worker, that is one request each.

What this cannot tell: which failed rows were paid back by the closing; and money that came in while the first
or the last requests were under way, which makes the opening too high or the closing too low.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bulk_topup.core.model import Kind


@dataclass(frozen=True)
class Books:
    """Whole rupiah. Where no answer stated a balance, `opening` and `closing` are None, `closing_at` is "".

    `debited` is of paid and pending rows. Not in it, and so what may explain the unexplained: `failed`,
    debited for rows that failed, which the provider pays back; `undebited`, paid and pending rows whose debit
    no answer stated, at the listed price; `may_be_debited`, accepted and unknown rows, at the listed price.
    `mispriced` are the sheet rows whose debit differs from the listed price, `overcharged` by how much.
    """

    opening: int | None
    closing: int | None
    debited: int
    failed: int
    mispriced: tuple[int, ...]
    overcharged: int
    undebited: int = 0
    may_be_debited: int = 0
    closing_at: str = ""

    @property
    def unexplained(self) -> int | None:
        """What left the deposit in addition to `debited`; negative if money came in."""
        if self.opening is None or self.closing is None:
            return None
        return self.opening - self.closing - self.debited


def close(answers: Iterable[Mapping[str, Any]], undebited: int = 0, may_be_debited: int = 0) -> Books:
    """From the answers that stated money, in order of completion; none of them is kept.

    Each has row, kind, price, debited, balance, and when it was asked and answered (`begun_at`, `ended_at`:
    ISO texts of one offset).
    """
    balances, mispriced = _Balances(), []
    debited = failed = overcharged = 0
    for answer in answers:
        kind, amount = answer["kind"], int(answer["debited"] or 0)
        if kind == Kind.GAGAL:
            failed += amount
        elif kind in {Kind.SUKSES, Kind.PENDING} and answer["debited"] is not None:
            debited += amount
            if difference := amount - int(answer["price"]):
                mispriced.append(int(answer["row"]))
                overcharged += difference
        # An unknown answer may be about another order, and another time.
        if answer["balance"] is not None and kind != Kind.UNKNOWN:
            balances.add(int(answer["balance"]), amount, answer["begun_at"], answer["ended_at"])
    return Books(
        opening=balances.opening,
        closing=min((balance for _, balance in balances.latest), default=None),
        debited=debited,
        failed=failed,
        mispriced=tuple(mispriced),
        overcharged=overcharged,
        undebited=undebited,
        may_be_debited=may_be_debited,
        closing_at=max((ended for ended, _ in balances.latest), default=""),
    )


@dataclass(slots=True)
class _Balances:
    """The opening, and the `latest` (answered at, balance): those since the last request began."""

    opening: int | None = None
    first_ended: str = ""
    last_begun: str = ""
    latest: deque[tuple[str, int]] = field(default_factory=deque)

    def add(self, balance: int, debited: int, begun: str, ended: str) -> None:
        before = balance + debited
        if self.opening is None:
            self.opening, self.first_ended = before, ended
        elif begun <= self.first_ended:
            self.opening = max(self.opening, before)
        self.last_begun = max(self.last_begun, begun)
        self.latest.append((ended, balance))
        # One is kept, even if a clock that was set back dates its answer before its request.
        while len(self.latest) > 1 and self.latest[0][0] < self.last_begun:
            self.latest.popleft()

"""The books of a batch: opening balance - closing balance = sum of debits. Pure.

What does not tie out is evidence for a person beside the unknown rows, never a reason to send again. The
provider has no balance call: balances are known only from `saldo` in answers (API v3.1, ISI PULSA).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bulk_topup.model import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True)
class Books:
    """Whole rupiah. `opening` and `closing` are None where no answer stated a balance.

    `refunds_due` was debited for top-ups that came back gagal after the last stated balance. `mispriced` are
    the sheet rows whose debit differs from the listed price, `overcharged` by how much.
    """

    opening: int | None
    closing: int | None
    debited: int
    refunds_due: int
    mispriced: tuple[int, ...]
    overcharged: int

    @property
    def unexplained(self) -> int | None:
        """What left the balance without a debit that we know of; negative for money that came in."""
        if self.opening is None or self.closing is None:
            return None
        return self.opening - self.closing - self.debited - self.refunds_due


def close(answers: Iterable[Mapping[str, Any]]) -> Books:
    """From the answers that stated money, in order of completion.

    Each has row, kind, price, debited, balance, and when it was answered and became final (ISO texts)."""
    stated = list(answers)
    balances = [(int(a["balance"]), int(a["debited"] or 0)) for a in stated if a["balance"] is not None]
    moved = [a for a in stated if a["kind"] in {Kind.SUKSES, Kind.PENDING} and a["debited"] is not None]
    last = max((a["ended_at"] for a in stated if a["balance"] is not None), default="")
    failed = [a for a in stated if a["kind"] == Kind.GAGAL and a["debited"] and a["settled_at"] > last]
    odd = [
        (a["row"], int(a["debited"] or 0) - int(a["price"] or 0)) for a in moved if a["debited"] != a["price"]
    ]
    return Books(
        opening=sum(balances[0]) if balances else None,
        closing=balances[-1][0] if balances else None,
        refunds_due=sum(int(a["debited"]) for a in failed),
        debited=sum(int(a["debited"] or 0) for a in moved),
        mispriced=tuple(int(row or 0) for row, _ in odd),
        overcharged=sum(difference for _, difference in odd),
    )

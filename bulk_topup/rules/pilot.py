"""The outcome of the pilot: the first few top-ups of a plan, sent before the rest. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bulk_topup.core.model import Kind
from bulk_topup.core.status import Status
from bulk_topup.rules.orders import KEY, Known

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd


@dataclass(frozen=True)
class Pilot:
    """Rupiah: what was `debited` for the top-ups that were accepted, and their `listed` price. `differing`
    has (row, debited, listed) for each that was debited differently.
    """

    rows: Mapping[Status, int]
    debited: int
    listed: int
    differing: tuple[tuple[int, int, int], ...]

    @property
    def total(self) -> int:
        return sum(self.rows.values())

    @property
    def is_flawless(self) -> bool:
        """Every one is paid, and none cost more than its listed price."""
        dearer = any(debited > listed for _, debited, listed in self.differing)
        return self.rows.get(Status.SUKSES, 0) == self.total and not dearer


def seen(orders: pd.DataFrame, known: Known, debits: Iterable[Mapping[str, Any]]) -> Pilot:
    """`orders` are the pilot's, by sheet row; `debits` are its own answers, in the form for `books.close`."""
    states = known.orders[[*KEY, "status"]]
    status = orders[KEY].merge(states, on=KEY, how="left")["status"].fillna(Status.UNSENT)
    taken = [d for d in debits if d["kind"] in {Kind.SUKSES, Kind.PENDING} and d["debited"] is not None]
    amounts = [(int(d["row"]), int(d["debited"]), int(d["price"])) for d in taken]
    return Pilot(
        rows=Counter(map(Status, status)),
        debited=sum(debited for _, debited, _ in amounts),
        listed=sum(listed for _, _, listed in amounts),
        differing=tuple(sorted(amount for amount in amounts if amount[1] != amount[2])),
    )

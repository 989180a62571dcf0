"""What the plan may still spend."""

from __future__ import annotations

from dataclasses import dataclass

from bulk_topup.core.model import Order
from bulk_topup.core.status import Status


@dataclass
class Purse:
    """What may still be spent. `limit` is the plan shown, or the budget if that is less; None is no limit."""

    limit: int | None
    spent: int = 0

    def reserve(self, price: int) -> bool:
        if self.limit is not None and self.spent + price > self.limit:
            return False
        self.spent += price
        return True

    @property
    def left(self) -> int:
        return 0 if self.limit is None else self.limit - self.spent

    def correct(self, reserved: int, actual: int) -> None:
        self.spent += actual - reserved


def committed(order: Order, status: Status, debited: int | None = None) -> int:
    """Rupiah that this order has cost, or may have."""
    if status is Status.SUKSES and debited is not None:
        return debited
    return order.price if status is Status.SUKSES or status.is_open else 0

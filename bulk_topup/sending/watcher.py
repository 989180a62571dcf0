"""Who sees results as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bulk_topup.core.model import Order, Outcome
    from bulk_topup.core.status import Status


class Watcher(Protocol):
    """Sees every result as it comes; only shows, never decides."""

    def done(self, order: Order, status: Status, debited: int | None) -> None:
        """An attempt of this order has ended."""

    def balance(self, rupiah: int, needed: int) -> None:
        """The provider stated the deposit left; `needed` is what the rest of the plan costs."""

    def unwritten(self, order: Order, outcome: Outcome) -> None:
        """This answer came when the checkpoint could no longer be written."""

    def waiting(self, pending: int, wait_s: float) -> None:
        """Nothing more is sent; so many top-ups are asked after, for so long."""

    def settled(self, status: Status, rupiah: int) -> None:
        """A pending order of so many rupiah has become final."""

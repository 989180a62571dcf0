"""The screen, for the sending loop: written by another thread, so that a blocked terminal does not block
sending.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bulk_topup.core.model import Kind, Order, Outcome
from bulk_topup.sending.worker import Workers, nothing

if TYPE_CHECKING:
    from collections.abc import Callable

    from bulk_topup.core.status import Status
    from bulk_topup.record.checkpoint.values import Ended
    from bulk_topup.sending.session import Watcher


class Screen:
    """Passes every message to `watcher` in order; exceptions go to `failed`."""

    def __init__(self, watcher: Watcher, teller: Workers, failed: Callable[[BaseException], None]) -> None:
        self._watcher, self._teller, self._failed = watcher, teller, failed

    def done(self, order: Order, status: Status, debited: int | None = None) -> None:
        self._tell(partial(self._watcher.done, order, status, debited))

    def ended(self, order: Order, ended: Ended, left: int) -> None:
        """An attempt of this order has ended; `left` is what the rest of the plan costs."""
        self._tell(partial(self._show, order, ended, left))

    def _show(self, order: Order, ended: Ended, left: int) -> None:
        status, outcome = ended
        if outcome.kind is not Kind.NOT_SENT:
            self._watcher.done(order, status, outcome.debited)
        if outcome.balance is not None:
            self._watcher.balance(outcome.balance, left)

    def unwritten(self, order: Order, outcome: Outcome) -> None:
        self._tell(partial(self._watcher.unwritten, order, outcome))

    def _tell(self, words: Callable[[], object]) -> None:
        self._teller.ask(words, nothing, self._failed)

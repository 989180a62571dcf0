"""The ledger, for the sending loop: called from another thread, because it may be locked for a long time or
slow to reach.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from bulk_topup.core.clock import near_midnight
from bulk_topup.core.errors import InputError, StorageFailed
from bulk_topup.core.model import Kind, Order, Outcome, Stop, Then, Wanted
from bulk_topup.core.row_names import TAB_ROWS, row_name
from bulk_topup.provider.outcomes import TOO_MANY_REQUESTS
from bulk_topup.record.batches import tabs_of
from bulk_topup.record.ledger.claims import OTHER_DAY, Conclusion
from bulk_topup.sending.worker import Workers, nothing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from bulk_topup.core.status import Status
    from bulk_topup.record.ledger.values import Claim
    from bulk_topup.sending.session import Tools

    Held = tuple[Claim, str]  # the holder of a slot and, if that is another order, its row as people call it

BUSY_S: Final = 10.0
"""After a request came too soon (41), no computer of the account starts another for this long."""


class Claimant:
    """For one run of the batch. Every request is answered by a message to the loop."""

    def __init__(
        self,
        tools: Tools,
        asker: Workers,
        own: tuple[str, str, date],
        failed: Callable[[BaseException], None],
    ) -> None:
        """`own` is the batch: its id, its name, and the day on which it began."""
        self.is_claiming = self.is_pausing = False
        self._tools, self._asker, self._own, self._failed = tools, asker, own, failed
        self._conclusions: list[Conclusion] = []
        self._questions = 0

    @property
    def is_owed(self) -> bool:
        """Whether there are conclusions that the ledger does not have yet."""
        return bool(self._conclusions)

    @property
    def is_awaited(self) -> bool:
        return self._questions > 0

    def conclude(self, token: str, order: Order, status: Status) -> None:
        """Queue the conclusion of a claim, to be written with the next claims."""
        self._conclusions.append(Conclusion(token, order, status))

    def claim(
        self,
        wanted: Sequence[Wanted],
        then: Callable[[Sequence[Held]], object],
        failed: Callable[[BaseException], object],
    ) -> None:
        """In one transaction: the conclusions so far, then these claims."""
        conclusions, self._conclusions = self._conclusions, []

        def disowned(error: BaseException) -> None:
            self.is_claiming = False
            if wanted:  # Retried; if that fails, too, the next command handles them.
                self._conclusions = conclusions + self._conclusions
            failed(error)

        def held(holders: Sequence[Held]) -> None:
            self.is_claiming = False
            then(holders)

        self.is_claiming = True
        self.ask(partial(self._turn, conclusions, wanted), held, disowned)

    def _turn(self, conclusions: Sequence[Conclusion], wanted: Sequence[Wanted]) -> list[Held]:
        holders = self._tools.ledger.turn(conclusions, wanted, *self._own)
        return [
            (holder, "" if holder.token == one.token else self._row_of(holder))
            for holder, one in zip(holders, wanted, strict=True)
        ]

    def _row_of(self, holder: Claim) -> str:
        """Without its tab where that can't be read: a run does not stop over a name."""
        tabs: Sequence[str] = ()
        if holder.row >= TAB_ROWS:
            with suppress(InputError, StorageFailed):
                tabs = tabs_of(self._tools.ledger.entry(holder.batch))
        return row_name(holder.row, tabs)

    def heed(self, outcome: Outcome, wait_s: float | None) -> None:
        """Tells all computers of the account about an outcome that concerns them; after a 429, no slot is
        granted for `wait_s` seconds.
        """
        if (
            outcome.then is Then.STOP and outcome.kind is Kind.REFUSED
        ):  # Every one of them would get the same answer.
            at = self._tools.clock.now().isoformat(timespec="seconds")
            stop = Stop(outcome.code, outcome.reason, f"{self._tools.desk}, {self._own[1]}", at)
            self.ask(partial(self._tools.ledger.stop_all, stop), nothing, self._failed)
        if outcome.then is Then.ONE_AT_A_TIME:
            self.ask(partial(self._tools.ledger.pause, BUSY_S), nothing, self._failed)
        if outcome.code == TOO_MANY_REQUESTS and wait_s is not None:
            self.is_pausing = True
            self.ask(partial(self._tools.throttle.pause, wait_s), self._paused, self._failed)

    def _paused(self, _: object) -> None:
        self.is_pausing = False

    def ask(
        self, do: Callable[[], Any], then: Callable[[Any], object], failed: Callable[[Any], object]
    ) -> None:
        self._questions += 1
        self._asker.ask(do, partial(self._reply, then), partial(self._reply, failed))

    def _reply(self, then: Callable[[Any], object], came: object) -> None:
        self._questions -= 1
        then(came)


def is_by_midnight(error: BaseException, wanted: Sequence[Wanted]) -> bool:
    """Whether the server is on another day only because midnight is minutes away, or ago."""
    is_other_day = isinstance(error, StorageFailed) and error.code == OTHER_DAY
    return is_other_day and all(near_midnight(one.at) for one in wanted)

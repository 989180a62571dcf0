"""How an attempt begins: its claim, then itself, both durable before its request may leave; and how the one
before it ended.

Workers that wait at the same moment take one turn. Who waits first writes for all what their last attempts
came to; then all hear that, and each says what follows; then all claim, and write the attempts that they are
about to make. So nothing is written ahead of need, and no claim before its worker's last outcome. The turn is
passed on, and both files are forced.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from bulk_topup.core.errors import StorageFailed
from bulk_topup.core.model import Ending, NotSent, Wanted
from bulk_topup.core.status import Status
from bulk_topup.provider.outcomes import classify
from bulk_topup.record.ledger.claims import RELEASED, Ledger, state_of
from bulk_topup.record.turns import Alone, Turn, Turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date

    from bulk_topup.core.clock import Clock
    from bulk_topup.record.checkpoint import Checkpoint
    from bulk_topup.record.checkpoint.values import Attempt, Ended
    from bulk_topup.record.ledger.values import Claim
    from bulk_topup.record.shared_sync import SharedSync

MOST_TOGETHER: Final = 8
"""So many share a turn at most. More of them would cost a little less each; but who leaves together comes
back together, and the last of them waits for all."""

LONGEST_IN_LINE_S: Final = 0.25
"""What an attempt came to waits no longer for a turn: the record may be locked by another program, or the
screen that somebody writes to stand still."""


class Unwritten(Exception):  # noqa: N818
    """What an attempt came to is in no file, because of `failure`."""

    def __init__(self, failure: StorageFailed) -> None:
        super().__init__(failure)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Begun:
    """An attempt that is durable, and the token under which its order holds the slot."""

    wanted: Wanted
    attempt: Attempt
    claim_token: str


@dataclass(frozen=True, slots=True)
class Refused:
    """An attempt that is not made: its slot is another one's, or whose it is can't be told."""

    wanted: Wanted
    why: Claim | StorageFailed


@dataclass(frozen=True, slots=True)
class Following:
    """What an attempt came to, and what its worker does then. Once the ending is written, it is `heard`; once
    all of the turn are, `choose` says what to begin next, None for nothing now."""

    begun: Begun
    ending: Ending
    heard: Callable[[Ended], object]
    choose: Callable[[], Wanted | None]


Asked: TypeAlias = "Turn[Wanted | Following, Begun | Refused | None]"
Written: TypeAlias = "tuple[Asked, Following, Ended]"
Held: TypeAlias = "tuple[Asked, Wanted, str]"
"""With the token of the claim that holds its slot."""
Made: TypeAlias = "tuple[list[tuple[Asked, Begun]], list[Written]]"
"""By a turn: attempts, and endings after which a slot is free."""


@dataclass(eq=False)
class Beginnings:
    """Attempts of the batch named `batch_name`, begun on the WIB day `since`; for any number of threads."""

    checkpoint: Checkpoint
    ledger: Ledger
    sync: SharedSync
    clock: Clock
    batch_name: str
    since: date

    def __post_init__(self) -> None:
        self._batch = self.checkpoint.batch_id
        self._turns = Turns(self._write, self._make_durable, MOST_TOGETHER)

    def begin(self, asked: Wanted | Following) -> Begun | Refused | None:
        """What came of the attempt that was wanted; None where `asked.choose` wanted none. Raises Unwritten
        where the ending can't be written, StorageFailed where the slot is this order's and the attempt can't
        be written, or what was written not be made durable; and what the functions of `asked` raise.

        On a server without company, as each claim waits there for its own number.
        """
        if self.ledger.is_server:
            return self._alone(asked)
        if isinstance(asked, Wanted):
            return self._turns.do(asked)
        try:
            return self._turns.do(asked, LONGEST_IN_LINE_S)
        except Alone:
            return self._alone(asked)

    def claim(self, wanted: Sequence[Wanted]) -> list[Claim]:
        """Who holds the slot of each now. Raises StorageFailed."""
        return self.ledger.claim_all(wanted, self._batch, self.batch_name, since=self.since)

    def is_held(self, holder: Claim, wanted: Wanted) -> bool:
        """By this attempt, or by an earlier one of the same order that is sent once more."""
        if holder.token == wanted.token:
            return True
        return wanted.expected is Status.UNKNOWN and holder.token in self.checkpoint.tokens(wanted.order.id)

    def make_durable(self, attempts: Sequence[Attempt]) -> None:
        """And their claims, and all that was written before. Raises StorageFailed; then nothing leaves and,
        where that can be written, their orders are not unknown for it. Their claims stay until the next run.
        """
        try:
            self.sync()
        except BaseException:
            for attempt in attempts:
                with contextlib.suppress(StorageFailed):
                    self.checkpoint.end(
                        attempt.id, classify(NotSent("failed"), attempt.order), self.clock.now()
                    )
            raise

    # -- a turn --------------------------------------------------------------------------------------------

    def _alone(self, asked: Wanted | Following) -> Begun | Refused | None:
        mine: Asked = Turn(asked)
        self._make_durable(self._write([mine]))
        return mine.outcome()

    def _write(self, asked: list[Asked]) -> Made:
        """In a commit each: what ended, the claims, and the attempts of those who have their slot."""
        wanted = [(turn, turn.item) for turn in asked if isinstance(turn.item, Wanted)]
        ended = [(turn, turn.item) for turn in asked if isinstance(turn.item, Following)]
        written = self._write_endings(ended) if ended else []
        releasing = [each for each in written if _is_releasing(each)]
        self._conclude([each for each in written if not _is_releasing(each)])
        wanted += self._follow(written)
        held = self._claim(wanted) if wanted else []
        return self._write_attempts(held) if held else [], releasing

    def _write_endings(self, asked: list[tuple[Asked, Following]]) -> list[Written]:
        try:
            ended = self.checkpoint.end_all([following.ending for _, following in asked])
        except BaseException as error:  # noqa: BLE001  (each of them raises it)
            # In company it may be another one's that can't be written, as in a file with room for few more.
            for turn, _ in asked:
                turn.failed(Alone() if len(asked) > 1 else _of_ending(error))
            return []
        return [(turn, following, of) for (turn, following), of in zip(asked, ended, strict=True)]

    def _conclude(self, written: list[Written]) -> None:
        """With the next claims, or by `write_conclusions`."""
        for _, following, ended in written:
            self.ledger.conclude_later(following.begun.claim_token, ended.status)
        if written:
            self.sync.soon()

    def _follow(self, written: list[Written]) -> list[tuple[Asked, Wanted]]:
        heard = []
        for turn, following, ended in written:
            with _blamed_on(turn):
                following.heard(ended)
                turn.done(None)
                heard.append((turn, following))
        wanted = []
        for turn, following in heard:
            with _blamed_on(turn):
                if (chosen := following.choose()) is not None:
                    wanted.append((turn, chosen))
        return wanted

    def _claim(self, asked: list[tuple[Asked, Wanted]]) -> list[Held]:
        try:
            holders = self.claim([wanted for _, wanted in asked])
        except StorageFailed as failure:
            for turn, wanted in asked:
                turn.done(Refused(wanted, failure))
            return []
        held = []
        for (turn, wanted), holder in zip(asked, holders, strict=True):
            if self.is_held(holder, wanted):
                held.append((turn, wanted, holder.token))
            else:
                turn.done(Refused(wanted, holder))
        return held

    def _write_attempts(self, held: list[Held]) -> list[tuple[Asked, Begun]]:
        try:
            attempts = self.checkpoint.begin_all([wanted for _, wanted, _ in held])
        except BaseException as error:  # noqa: BLE001  (each of them raises it)
            # That is one order's defect; the others may begin.
            if isinstance(error, AssertionError) and len(held) > 1:
                return [begun for one in held for begun in self._write_attempts([one])]
            self._give_back(held, error)
            return []
        return [
            (turn, Begun(wanted, attempt, token))
            for (turn, wanted, token), attempt in zip(held, attempts, strict=True)
        ]

    def _give_back(self, held: list[Held], error: BaseException) -> None:
        """The claims that were made for these attempts, none of which was written."""
        for turn, _, _ in held:
            turn.failed(error)
        new = {token: Status.UNSENT for _, wanted, token in held if token == wanted.token}
        if new:
            with contextlib.suppress(Exception):  # then they stay until the next run
                self.ledger.conclude_all(new)

    def _make_durable(self, made: Made) -> None:
        begun, releasing = made
        if not begun and not releasing:
            return
        try:
            self.make_durable([each.attempt for _, each in begun])
        except BaseException as error:  # noqa: BLE001  (each of them raises it)
            for turn in (*(turn for turn, _ in begun), *(turn for turn, _, _ in releasing)):
                turn.failed(error)
            return
        for turn, each in begun:
            turn.done(each)
        self._conclude(releasing)  # only now: a power cut may not take the reason and leave the slot free


@contextlib.contextmanager
def _blamed_on(turn: Asked) -> Iterator[None]:
    try:
        yield
    except BaseException as error:  # noqa: BLE001  (its worker raises it)
        turn.failed(error)


def _is_releasing(written: Written) -> bool:
    _, _, ended = written
    return state_of(ended.status) == RELEASED


def _of_ending(error: BaseException) -> BaseException:
    return Unwritten(error) if isinstance(error, StorageFailed) else error

"""The books of a batch: opening balance - closing balance = sum of debits. Pure.

What does not tie out is evidence for a person beside the unknown rows, never a reason to send again. The
provider has no balance call: balances are known only from `saldo` in answers (API v3.1, ISI PULSA).

Answers of concurrent requests come in any order, so which balance was the first and which the last is read
from the money itself: every debit starts at the balance where the one before it ended.
"""

from __future__ import annotations

from bisect import bisect_left, insort_left
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate, chain, islice, pairwise
from math import gcd
from typing import TYPE_CHECKING, Any

from bulk_topup.core.model import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

SUM_BITS = 1 << 28
"""Different sums that refunds may add up to, in their greatest common unit: 32 MiB, a bit each."""

SUM_WORK = 1 << 33
"""`SUM_BITS` times the additions made to tell them all: some tenths of a second."""

WINDOWS_TRIED = 10_000
"""Openings times closings: those of 100 concurrent requests at the start, and of 100 at the end."""

TRAILS_TRIED = 64
"""Debits that ended at the balance where another started, the latest asked for first."""


@dataclass(frozen=True)
class Books:
    """Whole rupiah. `opening` and `closing` are None where no answer stated a balance.

    `refunds_due` was debited for top-ups that came back gagal, and had not come back when the last balance
    was stated; it `may_be_unstated`: what left the deposit may as well be a debit that no answer stated.
    `undebited` are rows that are paid or pending without a stated debit, at the listed price, as far as the
    balances show that it left; `undebited_later` are those that they don't show. `closing_at` is an ISO text,
    "" where `closing` is None. `mispriced` are the sheet rows whose debit differs from the listed price,
    `overcharged` by how much.
    """

    opening: int | None
    closing: int | None
    debited: int
    refunds_due: int
    mispriced: tuple[int, ...]
    overcharged: int
    undebited: int = 0
    undebited_later: int = 0
    may_be_unstated: bool = False
    closing_at: str = ""

    @property
    def unexplained(self) -> int | None:
        """What left the balance without a debit that we know of; negative for money that came in."""
        if self.opening is None or self.closing is None:
            return None
        return self.opening - self.closing - self.debited - self.refunds_due - self.undebited


def close(
    answers: Iterable[Mapping[str, Any]], undebited: Sequence[int] = (), open_prices: Sequence[int] = ()
) -> Books:
    """From the answers that stated money: in near-linear time and bounded memory, whatever they state.

    Each has row, kind, price, debited, balance, and when it was asked, answered and final (ISO texts
    `begun_at`, `ended_at`, `settled_at`). `undebited` and `open_prices` are the listed prices of the rows of
    which no answer stated the debit: of those paid or pending, and of those that may have been paid.
    """
    stated = _Stated()
    for answer in answers:
        stated.add(answer)
    moves, debited = stated.moves, stated.debited
    joined = _joined(moves)
    unstated = [*undebited, *open_prices]
    due_still = _not_seen_back(stated.failed, joined) if unstated and moves else stated.failed
    opening, closing, refunds_due = _reading(moves, joined, debited, due_still, sum(undebited))
    may_be_unstated = opening is not None and bool(unstated) and refunds_due >= min(unstated)
    shown = 0
    if opening is not None and closing is not None:
        shown = _shown(opening - closing - debited - refunds_due, undebited)
    return Books(
        opening=opening,
        closing=closing,
        debited=debited,
        refunds_due=refunds_due,
        mispriced=tuple(row for row, _ in stated.mispriced),
        overcharged=sum(difference for _, difference in stated.mispriced),
        undebited=shown,
        # Part of these may stand under the refunds: to name it here too would count it twice.
        undebited_later=0 if may_be_unstated else sum(undebited) - shown,
        may_be_unstated=may_be_unstated,
        closing_at=stated.last_at,
    )


def _shown(left: int, undebited: Sequence[int]) -> int:
    """How much of what left without a stated debit whole rows of these explain."""
    total = sum(undebited)
    if left >= total:
        return total
    return left if _dues(undebited)(left) else 0


@dataclass(slots=True)
class _Stated:
    """What the answers stated, of each no more than the books need: a million as they were would not fit.

    `debited` is the sum of what was not given back; `mispriced` has rows with the difference to their price.
    """

    debited: int = 0
    mispriced: list[tuple[int, int]] = field(default_factory=list)
    failed: list[_Failed] = field(default_factory=list)
    moves: list[_Move] = field(default_factory=list)
    last_at: str = ""

    def add(self, answer: Mapping[str, Any]) -> None:
        debited, kind = answer["debited"], answer["kind"]
        if kind in {Kind.SUKSES, Kind.PENDING} and debited is not None:
            self.debited += int(debited)
            if debited != answer["price"]:
                self.mispriced.append((int(answer["row"]), int(debited) - int(answer["price"])))
        if kind == Kind.GAGAL and int(debited or 0) > 0:
            self.failed.append(_Failed(int(debited), str(answer["begun_at"]), _seconds(answer["settled_at"])))
        # An unknown answer may speak of another order, and at another time.
        if answer["balance"] is not None and kind != Kind.UNKNOWN:
            self.moves.append(_Move.of(answer))
            self.last_at = max(self.last_at, str(answer["ended_at"]))


@dataclass(frozen=True, slots=True)
class _Failed:
    """A debit for a top-up that came back gagal; `begun_at` is an ISO text."""

    debited: int
    begun_at: str
    settled_s: float


@dataclass(frozen=True, slots=True)
class _Move:
    """Debits one after the other, nothing else between them: from the balance `before` to the one `after`.

    By our clock (seconds), none of them fell before it was asked for or after it was answered: `begun` is the
    latest that one was asked for, `ended` the earliest that one was answered.
    """

    before: int
    after: int
    begun: float
    ended: float

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> _Move:
        begun, ended = (_seconds(answer[at]) for at in ("begun_at", "ended_at"))
        after = int(answer["balance"])
        return cls(after + int(answer["debited"] or 0), after, begun, ended)

    def may_precede(self, other: _Move) -> bool:
        return self.begun < other.ended

    def then(self, other: _Move) -> _Move:
        return _Move(self.before, other.after, max(self.begun, other.begun), min(self.ended, other.ended))


# -- which balance was the first, which the last, and what had come back by then ---------------------------


def _reading(
    moves: Sequence[_Move], joined: Iterable[_Move], debited: int, failed: Sequence[_Failed], undebited: int
) -> tuple[int | None, int | None, int]:
    """Opening, closing and refunds due.

    A refund may have come back before or after the last balance: the reading that ties out is taken, and
    where none does, what is known to have failed by then counts as paid back. `undebited` left as well,
    before the last balance or after it.
    """
    if not moves:
        return None, None, sum(one.debited for one in failed)
    likeliest = _likeliest(joined)
    may_be_due = _dues([one.debited for one in sorted(failed, key=lambda one: one.settled_s)])
    for known in dict.fromkeys((debited, debited + undebited)):
        for opening, closing in islice(chain([likeliest], _others(moves) if failed else ()), WINDOWS_TRIED):
            due = opening - closing - known
            if may_be_due(due):
                return opening, closing, due
    last = max(move.ended for move in moves)
    return *likeliest, sum(one.debited for one in failed if one.settled_s > last)


def _not_seen_back(failed: Iterable[_Failed], joined: Iterable[_Move]) -> list[_Failed]:
    """Those whose debit no later rise of the balance gave back, by itself or all of them at once."""
    waiting: defaultdict[int, list[_Failed]] = defaultdict(list)
    for one in sorted(failed, key=lambda one: one.begun_at, reverse=True):
        waiting[one.debited].append(one)
    due = sum(amount * len(same) for amount, same in waiting.items())
    for earlier, later in pairwise(map(_in_order, _epochs(joined))):
        rise = later[0].before - earlier[-1].after
        if rise > 0 and rise == due:
            return []
        same = waiting.get(rise)
        if same and _seconds(same[-1].begun_at) < later[0].ended:
            same.pop()
            due -= rise
    return list(chain.from_iterable(waiting.values()))


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def _dues(amounts: Sequence[int]) -> Callable[[int], bool]:
    """Whether so much may be due of these refunds (each above 0), which are in the order of settling.

    Any of them may have come back before any other, as far as `SUM_BITS` and `SUM_WORK` allow to tell every
    sum; beyond, only those that were settled first, as an account that pays back in turn does.
    """
    counts = Counter(amounts)
    unit = gcd(*counts) or 1
    bits = sum(amounts) // unit + 1
    additions = sum(count.bit_length() for count in counts.values())
    if bits > SUM_BITS or bits * additions > SUM_WORK:
        return {*accumulate(reversed(amounts), initial=0)}.__contains__
    # Bytes: to look up a bit of an int takes as long as the int is.
    sums = _sums({amount // unit: count for amount, count in counts.items()}).to_bytes(
        bits // 8 + 1, "little"
    )

    def may_be_due(due: int) -> bool:
        nth, rest = divmod(due, unit)
        return 0 <= nth < bits and not rest and bool(sums[nth >> 3] >> (nth & 7) & 1)

    return may_be_due


def _sums(counts: Mapping[int, int]) -> int:
    """What some of these amounts, each so many times, may add up to: bit n is set for the sum n."""
    sums = 1
    for amount, count in counts.items():
        taken = 1
        while count:
            # 1, 2, 4, ... and the rest of them at once: these add up to every number of them.
            at_once = min(taken, count)
            sums |= sums << amount * at_once
            count -= at_once
            taken *= 2
    return sums


def _likeliest(joined: Iterable[_Move]) -> tuple[int, int]:
    """Opening and closing, as the chain of balances and the times tell."""
    epochs = list(_epochs(joined))
    return _in_order(epochs[0])[0].before, _in_order(epochs[-1])[-1].after


def _others(moves: Sequence[_Move]) -> Iterator[tuple[int, int]]:
    """Every (opening, closing) that the times allow."""
    first_answer, last_question = min(m.ended for m in moves), max(m.begun for m in moves)
    openings = {move.before for move in moves if move.begun <= first_answer}
    closings = sorted({move.after for move in moves if move.ended >= last_question})
    return ((opening, closing) for opening in sorted(openings) for closing in closings)


@dataclass(frozen=True, slots=True)
class _Trail:
    """Moves of which each led to the next, and what they come to as one."""

    first: _Move
    last: _Move
    whole: _Move

    def then(self, other: _Trail) -> _Trail:
        return _Trail(self.first, other.last, self.whole.then(other.whole))


def _joined(moves: Sequence[_Move]) -> list[_Move]:
    """Each move joined to the one that led to it."""
    are_neighbours = _neighbourhood(moves)
    ends: defaultdict[int, list[_Trail]] = defaultdict(list)
    in_order: set[int] = set()
    trails = list(_certain_trails(moves, are_neighbours))
    trails.sort(key=lambda t: (-t.first.before, t.first.after < t.first.before, t.first.ended))
    for trail in trails:
        first, leading = trail.first, ends[trail.first.before]
        if first.before not in in_order:
            # Not one by one as they come: a million that end at one balance would be moved a million times.
            in_order.add(first.before)
            leading.sort(key=_last_begun)
        asked_before = bisect_left(leading, first.ended, key=_last_begun)
        latest = range(asked_before - 1, max(asked_before - TRAILS_TRIED, 0) - 1, -1)
        nth = next((nth for nth in latest if are_neighbours(leading[nth].last, first)), None)
        longer = trail if nth is None else leading.pop(nth).then(trail)
        if (end := longer.last.after) in in_order:
            insort_left(ends[end], longer, key=_last_begun)
        else:
            ends[end].append(longer)
    return [trail.whole for ending in ends.values() for trail in ending]


def _certain_trails(
    moves: Iterable[_Move], are_neighbours: Callable[[_Move, _Move], bool]
) -> Iterator[_Trail]:
    """The moves, joined where nothing else comes into question: most of a large batch becomes one trail."""
    ending, starting = _sole(moves, "after"), _sole(moves, "before")

    def is_certain(earlier: _Move | None, later: _Move | None) -> bool:
        if earlier is None or later is None:
            return False
        return earlier.before > later.before > later.after and are_neighbours(earlier, later)

    certain = {balance for balance, later in starting.items() if is_certain(ending.get(balance), later)}
    for first in moves:
        if first.before not in certain:
            last = whole = first
            while last.after in certain and (later := starting[last.after]):
                last, whole = later, whole.then(later)
            yield _Trail(first, last, whole)


def _sole(moves: Iterable[_Move], side: str) -> dict[int, _Move | None]:
    """By the balance at that side of it the only such move, or None where there are several."""
    sole: dict[int, _Move | None] = {}
    for move in moves:
        balance = getattr(move, side)
        sole[balance] = None if balance in sole else move
    return sole


def _last_begun(trail: _Trail) -> float:
    return trail.last.begun


def _neighbourhood(moves: Sequence[_Move]) -> Callable[[_Move, _Move], bool]:
    """Whether one move may have come right before another: not after it, and no third surely between them."""
    by_begun = sorted(moves, key=lambda move: move.begun)
    begun = [move.begun for move in by_begun]
    ended = (move.ended for move in reversed(by_begun))
    first_answers = [*accumulate(ended, min, initial=float("inf"))][::-1]

    def are_neighbours(earlier: _Move, later: _Move) -> bool:
        asked_next = bisect_left(begun, earlier.ended)
        return earlier.may_precede(later) and first_answers[asked_next] > later.begun

    return are_neighbours


def _epochs(moves: Iterable[_Move]) -> Iterator[list[_Move]]:
    """The moves parted wherever the clock alone tells that all of one part fell before all of the next."""
    epoch: list[_Move] = []
    answered = float("-inf")
    for move in sorted(moves, key=lambda move: move.begun):
        if epoch and move.begun >= answered:
            yield epoch
            epoch = []
        epoch.append(move)
        answered = max(answered, move.ended)
    yield epoch


def _in_order(moves: Iterable[_Move]) -> list[_Move]:
    """The order in which these concurrent moves fell: that of falling balances if money may only have left,
    else that of time."""
    falling = sorted(moves, key=lambda move: (-move.before, -move.after))
    pairs = list(pairwise(falling))
    if all(later.before <= earlier.after and earlier.may_precede(later) for earlier, later in pairs):
        return falling
    # Where one was answered before another was asked for, this key keeps them in that order.
    return sorted(falling, key=lambda move: move.begun + move.ended)

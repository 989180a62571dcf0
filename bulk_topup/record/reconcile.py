"""Brings the ledger up to date with a checkpoint."""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from bulk_topup.core.errors import Declined, InputError, StorageFailed
from bulk_topup.core.model import Stop, account_of
from bulk_topup.core.status import Status
from bulk_topup.record.batches import progress_at
from bulk_topup.record.checkpoint import Checkpoint
from bulk_topup.record.ledger.statements import state_of
from bulk_topup.record.ledger.values import OPEN, PAID, Decision
from bulk_topup.rules.orders import SLOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date
    from pathlib import Path

    from bulk_topup.record.ledger.claims import Ledger


def bring_ledger_up_to_date(
    checkpoint: Checkpoint, ledger: Ledger, stop: Stop | None = None, *, may_lack: bool = True
) -> int:
    """Updates claims from the checkpoint, after a crash between the two or with a ledger that was lost or
    replaced; a claim that the checkpoint lacks is an unknown.

    Must run before anything is sent: it reveals a restored or partly copied checkpoint, and a restored
    server. Returns how many claims had to be restored; then `stop` stops every computer. Raises Declined,
    and restores none, unless the ledger `may_lack` them.
    """
    _take_over(ledger.decisions(checkpoint.batch_id), checkpoint)
    count = 0 if _agree(checkpoint, ledger) else _make_agree(checkpoint, ledger, stop, may_lack=may_lack)
    _take_over(ledger.decisions(checkpoint.batch_id), checkpoint)  # Of claims that were only now found there.
    for earlier in batches_before(checkpoint):
        # Only what holds a row here: nobody continues that batch on its own, which would restore it.
        missing = _missing(earlier, earlier.claims_expected(), ledger.own(earlier.batch_id))
        since = str(checkpoint.started())
        holding = [claim for claim in missing if claim["state"] == OPEN or str(claim["day"]) >= since]
        ledger.restore(holding, earlier.batch_id, _name(earlier))
    return count


def _take_over(decisions: Iterable[Decision], checkpoint: Checkpoint) -> None:
    """Takes over what a person decided while this progress file was missing, for attempts that are still open
    in it, or that it lacks. About later attempts of the same order nobody has decided anything, and an
    invoice is that of one.
    """
    decisions = list(decisions)
    if not decisions:
        return
    known = checkpoint.claims_expected()
    for one in decisions:
        if one.claim and one.token not in known:
            checkpoint.adopt_lost_claim(one.claim)
    open_ = {past.token: order for order in checkpoint.open_orders() for past in order.past if past.is_open}
    for one in decisions:
        order = open_.get(one.token)
        if order is not None and not order.has_closed_by(one.invoice):
            at = datetime.fromisoformat(one.at)
            by_then = tuple(past for past in order.past if past.token == one.token or past.begun_at <= at)
            checkpoint.resolve(replace(order, past=by_then), one.outcome, at, one.who, one.note)


def _agree(checkpoint: Checkpoint, ledger: Ledger) -> bool:
    """Whether each claim has an attempt that may have moved money, in the same state, and each such attempt
    its claim: of a million, told in seconds. Where it is not so, there may be a reason, which takes longer.
    """
    # In this order: an attempt is written after its claim, so a claim seen now is not lost only
    # because its attempt was made while we looked.
    claimed = ledger.own_states(checkpoint.batch_id)
    moved: dict[str, list[str]] = {}
    for status, tokens in checkpoint.moved_tokens().items():
        moved.setdefault(state_of(status), []).extend(tokens)
    return all(_are_same(moved.get(state, []), claimed.get(state, [])) for state in {*claimed, *moved})


def _are_same(some: list[str], others: list[str]) -> bool:
    """Whether both have the same tokens. Compared in order first: most of a million are in the same place
    in both.
    """
    apart = [(one, other) for one, other in zip(some, others, strict=False) if one != other]
    return len(some) == len(others) and {one for one, _ in apart} == {other for _, other in apart}


def _make_agree(checkpoint: Checkpoint, ledger: Ledger, stop: Stop | None, *, may_lack: bool) -> int:
    present = {str(claim["token"]): claim for claim in ledger.own(checkpoint.batch_id)}  # First, as above.
    expected = checkpoint.claims_expected()
    stale: dict[str, Status] = {}
    missing = _not_forgotten(_missing(checkpoint, expected, present.values()), ledger)
    lost = [claim for claim in missing if claim["token"] not in present]
    if lost and not may_lack:
        facts = {"where": ledger.place, "count": len(lost), "day": lost[0]["day"]}
        raise Declined("ledger.lacks_own", **facts)
    count = ledger.restore(missing, checkpoint.batch_id, _name(checkpoint), stop=stop)
    for token, claim in present.items():
        if token not in expected:
            checkpoint.adopt_lost_claim(claim)
        # An older file may not know of a payment.
        elif claim["state"] not in {PAID, state_of(expected[token])}:
            stale[token] = expected[token]
    ledger.conclude_all(stale)
    return count


@dataclass(frozen=True)
class Lack:
    """What a batch once told a ledger, and this one lacks."""

    batch: str
    day: str
    count: int


def lack_of_neighbours(beside: Path, ledger: Ledger, account: str, since: date) -> Lack | None:
    """Of the first batch whose progress file lies beside this one, was touched since then, and is not in this
    ledger: then this is another ledger, or an older copy, whatever its place."""
    for path in sorted(beside.parent.glob("*.checkpoint.db")):
        if path == beside:
            continue
        with suppress(InputError, StorageFailed):
            checkpoint = Checkpoint.look(path)
            if checkpoint is None:
                continue
            with closing(checkpoint):
                is_concerned = (
                    not checkpoint.is_rehearsal
                    and account_of(checkpoint.fact("account")) == account
                    and checkpoint.last_touched()[:10] >= since.isoformat()
                )
                lost = _lost(checkpoint, ledger) if is_concerned else []
                if lost:
                    return Lack(_name(checkpoint), str(lost[0]["day"]), len(lost))
    return None


def _lost(checkpoint: Checkpoint, ledger: Ledger) -> list[dict[str, object]]:
    """Its missing claims. A run may be working on it: what it claims or releases meanwhile is not lost."""
    if _agree(checkpoint, ledger):
        return []
    expected = checkpoint.claims_expected()
    claims = [claim for claim in checkpoint.claims() if claim["token"] in expected]
    held = {_slot(claim) for claim in ledger.own(checkpoint.batch_id)}
    now = checkpoint.claims_expected()
    return _not_forgotten(
        [
            {**claim, "state": state_of(now[claim["token"]])}
            for claim in claims
            if _slot(claim) not in held and now[claim["token"]] not in _NOTHING_MOVED
        ],
        ledger,
    )


_NOTHING_MOVED = frozenset({Status.UNSENT, Status.GAGAL})


def _not_forgotten(claims: list[dict[str, object]], ledger: Ledger) -> list[dict[str, object]]:
    """Those that nobody has had removed, which is impossible for an open one."""
    forgotten = ledger.forgotten_before() if claims else None
    if forgotten is None:
        return claims
    return [one for one in claims if one["state"] == OPEN or str(one["day"]) >= forgotten.isoformat()]


def _missing(
    checkpoint: Checkpoint, expected: Mapping[str, Status], present: Iterable[Mapping[str, object]]
) -> list[dict[str, object]]:
    """The claims of this batch that the ledger should have, and lacks."""
    present = list(present)
    claimed = {claim["token"] for claim in present}
    if all(token in claimed or status in _NOTHING_MOVED for token, status in expected.items()):
        return []  # Without scanning all slots, which takes longer than anything else here.
    held = {_slot(claim) for claim in present}
    missing = (claim for claim in checkpoint.claims() if _slot(claim) not in held)
    return [{**claim, "state": state_of(expected[claim["token"]])} for claim in missing]


def batches_before(checkpoint: Checkpoint) -> Iterator[Checkpoint]:
    """The batches of the same sheet whose place this one took, the last first, as far as their progress files
    are still beside it; each is open until the next is asked for."""
    seen, follows = {checkpoint.batch_id}, checkpoint.fact("follows")
    mine = account_of(checkpoint.fact("account")), checkpoint.is_rehearsal
    while follows and follows not in seen:
        seen.add(follows)
        earlier = progress_at(checkpoint.path, follows)
        if earlier is None:
            return
        with closing(earlier):
            follows = earlier.fact("follows")
            if (account_of(earlier.fact("account")), earlier.is_rehearsal) == mine:
                yield earlier


def _name(checkpoint: Checkpoint) -> str:
    return checkpoint.fact("file").rpartition(".")[0]


def _slot(claim: Mapping[str, object]) -> tuple[object, ...]:
    """A resend has no claim of its own: it uses the slot of the attempt before it."""
    return tuple(claim[name] for name in ("day", *SLOT))

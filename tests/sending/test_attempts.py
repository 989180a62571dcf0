"""How attempts begin together; and, in the same turn, what the ones before them came to."""

from __future__ import annotations

import functools
import sqlite3
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from bulk_topup.record.shared_sync import SharedSync
from bulk_topup.record.turns import Turn
from bulk_topup.sending.attempts import Asked, Beginnings, Begun, Following, Refused, Unwritten

from bulk_topup.core.errors import StorageFailed
from bulk_topup.core.model import Ending, Kind, Wanted
from bulk_topup.core.status import Status
from bulk_topup.provider.pace import Throttle
from bulk_topup.record.ledger.values import Claim
from bulk_topup.sending import sender as send
from tests.builders import ANDI, BUDI, Silent, an_outcome, claim
from tests.sending.test_late_send import NOON, SUKSES, TODAY, Sending

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bulk_topup.core.model import Order, Outcome
    from bulk_topup.record.checkpoint.values import Ended

CITRA, DEWI = "081255550003", "081255550004"


@pytest.fixture
def together(tmp_path: Path) -> Iterator[Sending]:
    with ExitStack() as stack:
        yield Sending(tmp_path, stack, NOON, [ANDI, BUDI, CITRA, DEWI])


def wanted(desk: Sending, *numbers: str) -> list[Asked]:
    """By workers who wait for their turn at the same moment."""
    sender = desk.send()
    return [Turn(sender._wanted(desk.order(n), Status.UNSENT)) for n in numbers]


def begin_together(desk: Sending, turns: list[Asked], sync: SharedSync | None = None) -> None:
    to_disk = sync or SharedSync(desk.checkpoint, desk.ledger)
    beginnings = Beginnings(desk.checkpoint, desk.ledger, to_disk, desk.clock, "bonus", TODAY)
    beginnings._make_durable(beginnings._write(turns))


def test_of_those_who_begin_together_each_has_its_own_slot_or_hears_who_has_it(together: Sending) -> None:
    taken = together.order(BUDI)
    claim(together.ledger, taken, TODAY, "theirs", "other", "gaji", NOON, since=TODAY)
    turns = wanted(together, ANDI, BUDI, CITRA)
    begin_together(together, turns)
    andi, budi, citra = (turn.outcome() for turn in turns)
    assert isinstance(budi, Refused)
    assert isinstance(budi.why, Claim)
    assert budi.why.token == "theirs"
    for begun, number in ((andi, ANDI), (citra, CITRA)):
        assert isinstance(begun, Begun)
        assert begun.attempt.order == together.order(number)
        assert together.written(together.order(number)) == ([(begun.claim_token,)], [(begun.claim_token,)])
    assert together.written(taken)[1] == []


def test_two_who_begin_together_in_one_slot_have_it_once(together: Sending) -> None:
    (first,) = wanted(together, ANDI)
    assert isinstance(first.item, Wanted)
    same = replace(first.item, token="second", order=replace(first.item.order, product="S5X"))
    turns: list[Asked] = [first, Turn(same)]
    begin_together(together, turns)
    assert isinstance(turns[0].outcome(), Begun)
    refused = turns[1].outcome()
    assert isinstance(refused, Refused)
    assert isinstance(refused.why, Claim)
    assert refused.why.token == first.item.token


def test_where_attempts_cannot_be_written_all_who_began_together_give_back_their_claims(
    together: Sending, tmp_path: Path
) -> None:
    turns = wanted(together, ANDI, BUDI, CITRA)
    file = tmp_path / "bonus.checkpoint.db"
    file.rename(tmp_path / "away.db")
    file.write_bytes(b"another one")
    begin_together(together, turns)
    for turn in turns:
        with pytest.raises(StorageFailed):
            turn.outcome()
    assert together.ledger.own(together.checkpoint.batch_id) == []


def test_a_second_try_that_cannot_be_written_leaves_the_slot_to_the_first(
    together: Sending, tmp_path: Path
) -> None:
    (first,) = wanted(together, ANDI)
    begin_together(together, [first])
    sender = together.send()
    again: Asked = Turn(sender._wanted(together.order(ANDI), Status.UNKNOWN))
    file = tmp_path / "bonus.checkpoint.db"
    file.rename(tmp_path / "away.db")
    file.write_bytes(b"another one")
    begin_together(together, [again])
    with pytest.raises(StorageFailed):
        again.outcome()
    begun = first.outcome()
    assert isinstance(begun, Begun)
    assert [held["token"] for held in together.ledger.own(together.checkpoint.batch_id)] == [
        begun.claim_token
    ]


def test_an_order_that_may_not_begin_stops_none_of_those_who_began_with_it(together: Sending) -> None:
    turns = wanted(together, ANDI, BUDI, CITRA)
    together.checkpoint.hold(together.order(BUDI).id, Status.DUPLICATE, "duplicate.other_batch", {})
    begin_together(together, turns)
    andi, budi, citra = turns
    with pytest.raises(AssertionError, match="is not unsent"):
        budi.outcome()
    assert together.written(together.order(BUDI)) == ([], [])
    for turn, number in ((andi, ANDI), (citra, CITRA)):
        begun = turn.outcome()
        assert isinstance(begun, Begun)
        assert together.written(together.order(number)) == ([(begun.claim_token,)], [(begun.claim_token,)])


class FailingDisk:
    is_synced = False

    def sync(self) -> None:
        raise StorageFailed("checkpoint.unwritable", path="it", why="full")


def test_where_forcing_fails_none_who_began_together_is_unknown(together: Sending) -> None:
    turns = wanted(together, ANDI, BUDI, CITRA)
    begin_together(together, turns, SharedSync(FailingDisk(), together.ledger))
    for turn in turns:
        with pytest.raises(StorageFailed):
            turn.outcome()
    assert [kind for kind, _ in together.attempts()] == ["not_sent"] * 3
    assert together.sandbox.book() == []


def test_a_file_that_goes_away_under_many_workers_stops_them_all_with_nothing_unknown(
    together: Sending, tmp_path: Path
) -> None:
    file = tmp_path / "bonus.checkpoint.db"
    file.rename(tmp_path / "away.db")
    file.write_bytes(b"another one")
    with pytest.raises(StorageFailed):
        together.send(ANDI, BUDI, CITRA, DEWI, workers=4)
    assert together.sandbox.book() == []
    assert together.ledger.own(together.checkpoint.batch_id) == []


# -- what ended before -------------------------------------------------------------------------------------


def begun_by(desk: Sending, *numbers: str) -> list[Begun]:
    turns = wanted(desk, *numbers)
    begin_together(desk, turns)
    came = [turn.outcome() for turn in turns]
    assert all(isinstance(begun, Begun) for begun in came)
    return [begun for begun in came if isinstance(begun, Begun)]


def following_of(
    begun: Begun,
    heard: Callable[[Ended], object] = lambda _ended: None,
    choose: Callable[[], Wanted | None] = lambda: None,
    kind: Kind = Kind.SUKSES,
) -> Following:
    """Its attempt came to this, and what follows."""
    return Following(begun, Ending(begun.attempt.id, an_outcome(kind), NOON), heard, choose)


def followed(begun: Begun, **of: Any) -> Asked:
    return Turn(following_of(begun, **of))


def in_turn(desk: Sending, number: str) -> Callable[[], Wanted]:
    sender = desk.send()
    return lambda: sender._wanted(desk.order(number), Status.UNSENT)


def test_an_outcome_is_in_the_file_when_it_is_heard_and_then_the_next_is_chosen_and_claimed(
    together: Sending,
) -> None:
    (andi,) = begun_by(together, ANDI)
    seen: list[object] = []

    def look(ended: Ended | None = None) -> None:
        seen.append((ended and ended.status, together.attempts(), together.written(together.order(BUDI))))

    def choose() -> Wanted:
        look()
        return in_turn(together, BUDI)()

    turn = followed(andi, heard=look, choose=choose)
    begin_together(together, [turn])
    assert seen == [(status, [SUKSES], ([], [])) for status in (Status.SUKSES, None)]
    budi = turn.outcome()
    assert isinstance(budi, Begun)
    assert together.written(together.order(BUDI)) == ([(budi.claim_token,)], [(budi.claim_token,)])


def test_nobody_chooses_before_all_of_the_turn_is_heard(together: Sending) -> None:
    order: list[str] = []
    turns = [
        followed(begun, heard=lambda _ended: order.append("heard"), choose=lambda: order.append("chosen"))
        for begun in begun_by(together, ANDI, BUDI)
    ]
    begin_together(together, turns)
    assert order == ["heard", "heard", "chosen", "chosen"]


def test_where_nothing_follows_the_outcome_is_kept_and_nothing_claimed(together: Sending) -> None:
    (andi,) = begun_by(together, ANDI)
    turn = followed(andi)
    begin_together(together, [turn])
    assert turn.outcome() is None
    assert together.attempts() == [SUKSES]
    assert len(together.ledger.own(together.checkpoint.batch_id)) == 1


def begin_in_one_turn(desk: Sending, *following: Following) -> list[Future[object]]:
    """By as many workers, the first of whose turns is kept waiting for until all of them are in line."""
    sync = SharedSync(desk.checkpoint, desk.ledger)
    beginnings = Beginnings(desk.checkpoint, desk.ledger, sync, desk.clock, "bonus", TODAY)

    def all_in_line() -> None:
        while len(beginnings._turns._waiting) < len(following):
            time.sleep(0.001)

    (ahead,) = begun_by(desk, DEWI)
    with ThreadPoolExecutor(len(following) + 1) as pool:
        pool.submit(beginnings.begin, following_of(ahead, choose=all_in_line))
        while beginnings._turns._leader is None:
            time.sleep(0.001)
        return [pool.submit(beginnings.begin, each) for each in following]


def test_an_outcome_that_can_not_be_kept_spoils_that_of_nobody_else(together: Sending) -> None:
    andi, budi, citra = begun_by(together, ANDI, BUDI, CITRA)
    together.checkpoint.end(budi.attempt.id, an_outcome(Kind.SUKSES), NOON)
    contradicts = following_of(budi, kind=Kind.GAGAL)
    first, second, third = begin_in_one_turn(together, following_of(andi), contradicts, following_of(citra))
    with pytest.raises(AssertionError, match="a paid order cannot become gagal"):
        second.result()
    assert [first.result(), third.result()] == [None, None]
    assert [kind for kind, _ in together.attempts()] == ["sukses"] * 4


def test_in_a_file_without_room_for_one_outcome_the_others_are_kept(together: Sending) -> None:
    andi, budi, citra = begun_by(together, ANDI, BUDI, CITRA)
    db = together.checkpoint._db
    (pages,) = db.execute("PRAGMA page_count").fetchone()
    db.execute(f"PRAGMA max_page_count = {pages + 1}")
    long = replace(an_outcome(Kind.SUKSES), reason="x" * 100_000)
    too_long = replace(following_of(budi), ending=Ending(budi.attempt.id, long, NOON))
    first, second, third = begin_in_one_turn(together, following_of(andi), too_long, following_of(citra))
    with pytest.raises(Unwritten):
        second.result()
    assert [first.result(), third.result()] == [None, None]
    assert [kind for kind, _ in together.attempts()] == ["sukses", None, "sukses", "sukses"]


@pytest.mark.parametrize("where", ["heard", "choose"])
def test_who_fails_to_say_what_follows_fails_alone(together: Sending, where: str) -> None:
    def fails(*_: object) -> Wanted:
        raise RuntimeError("a defect")

    andi, budi = begun_by(together, ANDI, BUDI)
    following: Any = {where: fails}
    turns = [followed(andi, **following), followed(budi, choose=in_turn(together, CITRA))]
    begin_together(together, turns)
    with pytest.raises(RuntimeError, match="a defect"):
        turns[0].outcome()
    assert isinstance(turns[1].outcome(), Begun)
    assert [kind for kind, _ in together.attempts()] == ["sukses", "sukses", None]


def test_where_outcomes_can_not_be_kept_nothing_follows(together: Sending, tmp_path: Path) -> None:
    andi, budi = begun_by(together, ANDI, BUDI)
    file = tmp_path / "bonus.checkpoint.db"
    file.rename(tmp_path / "away.db")
    file.write_bytes(b"another one")
    asked: list[Ended] = []
    turns = [followed(each, heard=asked.append) for each in (andi, budi)]
    for turn in turns:
        begin_together(together, [turn])
        with pytest.raises(Unwritten):
            turn.outcome()
    assert asked == []


def test_a_slot_is_free_only_once_what_freed_it_is_on_the_disk(together: Sending) -> None:
    (andi,) = begun_by(together, ANDI)
    own = functools.partial(together.ledger.own, together.checkpoint.batch_id)

    class Late:
        is_synced = False

        def sync(self) -> None:
            together.ledger.write_conclusions()
            assert len(own()) == 1
            assert together.attempts() == [("gagal", "outcome.gagal")]

    turn = followed(andi, kind=Kind.GAGAL)
    begin_together(together, [turn], SharedSync(Late(), together.ledger))
    assert turn.outcome() is None
    together.ledger.write_conclusions()
    assert own() == []


def test_where_forcing_fails_the_slot_stays_and_its_worker_hears_of_it(together: Sending) -> None:
    (andi,) = begun_by(together, ANDI)
    turn = followed(andi, kind=Kind.GAGAL)
    begin_together(together, [turn], SharedSync(FailingDisk(), together.ledger))
    with pytest.raises(StorageFailed):
        turn.outcome()
    together.ledger.write_conclusions()
    assert len(together.ledger.own(together.checkpoint.batch_id)) == 1


def wait_for(desk: Sending, attempts: list[tuple[str, str]], then: Callable[[], object]) -> None:
    until = time.monotonic() + 10.0
    try:
        while desk.attempts() != attempts:
            assert time.monotonic() < until, desk.attempts()
            time.sleep(0.01)
    finally:
        then()


def test_an_answer_is_kept_while_another_program_holds_the_record(together: Sending, tmp_path: Path) -> None:
    """Whoever waits for the record in its turn keeps nobody's answer out of the progress file."""
    both = threading.Barrier(2)
    record = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None, check_same_thread=False)

    def hold(n: int) -> None:
        together.clock.move(1.0, 1.0)
        if n > 2:
            return
        both.wait(10.0)  # both were sent; and nobody is answered before the record is held
        if n == 1:
            record.execute("BEGIN IMMEDIATE")
        both.wait(10.0)

    together.provider.meanwhile = hold
    with closing(record), ThreadPoolExecutor(1) as pool:
        run = pool.submit(together.send, ANDI, BUDI, CITRA, DEWI, workers=2)
        wait_for(together, [SUKSES] * 2, then=functools.partial(record.execute, "ROLLBACK"))
        run.result()
    assert together.attempts() == [SUKSES] * 4


def test_an_answer_is_kept_while_the_screen_stands_still(together: Sending) -> None:
    goes_on, all_sent = threading.Event(), threading.Barrier(3)

    def answer(_n: int) -> None:
        together.clock.move(1.0, 1.0)
        all_sent.wait(10.0)

    together.provider.meanwhile = answer

    class Still(Silent):
        def done(self, *_: object) -> None:
            goes_on.wait(20.0)

    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(together.send, ANDI, BUDI, CITRA, workers=3, watcher=Still())
        wait_for(together, [SUKSES] * 3, then=goes_on.set)
        run.result()


# -- one worker, each answer later than the next slot ------------------------------------------------------


class Telling(Silent):
    """Keeps what no file says."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Kind]] = []

    def unwritten(self, order: Order, outcome: Outcome) -> None:
        self.told.append((order.number, outcome.kind))


class Counted(Throttle):
    """How many slots were waited for, and how many were there at once."""

    waited = found = 0

    def wait(self, *, to_send: bool = False) -> bool:
        self.waited += 1
        return super().wait(to_send=to_send)

    def at_once(self) -> bool:
        is_there = super().at_once()
        self.found += is_there
        return is_there


def pace_of(desk: Sending) -> Counted:
    """Each request takes longer than it is to the next slot, so that this is there when its answer is."""
    desk.provider.meanwhile = lambda _n: desk.clock.move(1.0, 1.0)
    return Counted(500.0, clock=desk.clock.alive, sleep=desk.clock.sleep)


def test_a_worker_whose_slot_is_there_goes_on_without_waiting_for_it(together: Sending) -> None:
    pace = pace_of(together)
    together.send(ANDI, BUDI, CITRA, DEWI, pace=pace)
    assert (pace.waited, pace.found) == (1, 3)
    assert together.attempts() == [SUKSES] * 4
    assert len(together.sandbox.book()) == 4


def test_when_a_request_leaves_all_before_it_have_ended_in_the_file(together: Sending) -> None:
    pace = pace_of(together)
    seen = []

    def look(_n: int) -> None:
        together.clock.move(1.0, 1.0)
        claims = len(together.ledger.own(together.checkpoint.batch_id))
        seen.append((claims, [kind for kind, _ in together.attempts()]))

    together.provider.meanwhile = look
    together.send(ANDI, BUDI, CITRA, pace=pace)
    assert seen == [(1, [None]), (2, ["sukses", None]), (3, ["sukses", "sukses", None])]


@pytest.mark.parametrize("follower", [BUDI, "081200000062"])
def test_an_answer_that_stops_the_run_is_heard_before_the_next_order_is_chosen(
    tmp_path: Path, follower: str
) -> None:
    with ExitStack() as stack:
        desk = Sending(tmp_path, stack, NOON, ["081200000061", follower])
        pace = pace_of(desk)
        sender = desk.send("081200000061", follower, pace=pace)
        assert sender.halt is not None
        assert (pace.waited, pace.found) == (1, 0)
        assert desk.written(desk.order(follower)) == ([], [])
        assert len(desk.attempts()) == 1


@pytest.mark.parametrize("wait_s", [0.0, 1.0])
def test_what_was_late_is_tried_again_before_the_next_order_is_taken(
    together: Sending, monkeypatch: pytest.MonkeyPatch, wait_s: float
) -> None:
    monkeypatch.setattr(send, "BACKOFF_S", (wait_s,))
    pace = pace_of(together)
    together.provider.meanwhile = lambda n: together.clock.move(6.0 if n == 1 else 1.0, 1.0)
    together.send(ANDI, BUDI, pace=pace)
    assert [kind for kind, _ in together.attempts()] == ["not_sent", "sukses", "sukses"]
    assert [topup.number for topup in together.sandbox.book()] == [ANDI, BUDI]
    assert (pace.waited, pace.found) == (2, 1)


def test_an_answer_that_no_file_could_keep_is_told(together: Sending, tmp_path: Path) -> None:
    def replace_file(_n: int) -> None:
        file = tmp_path / "bonus.checkpoint.db"
        file.rename(tmp_path / "away.db")
        file.write_bytes(b"another one")

    together.provider.meanwhile = replace_file
    watcher = Telling()
    with pytest.raises(StorageFailed):
        together.send(ANDI, BUDI, watcher=watcher)
    assert watcher.told == [(ANDI, Kind.SUKSES)]
    assert [topup.number for topup in together.sandbox.book()] == [ANDI]

"""The loop that sends: what is claimed, attempted and written together, in which order, and what a failure
leaves."""

from __future__ import annotations

import functools
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, nullcontext
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bulk_topup.core.clock import SystemClock
from bulk_topup.core.errors import StorageFailed
from bulk_topup.core.model import Halt, Kind, Reply, Wanted
from bulk_topup.core.row_names import TAB_ROWS
from bulk_topup.core.status import Status
from bulk_topup.provider.outcomes import classify
from bulk_topup.provider.pace import Throttle, never
from bulk_topup.record.checkpoint import Checkpoint
from bulk_topup.record.ledger.claims import Conclusion, Ledger
from bulk_topup.sending import claimant, course, sender
from bulk_topup.sending.choice import Choice
from tests.builders import ANDI, BUDI, Silent, an_outcome, begin, claim
from tests.sending.test_late_send import NOON, SUKSES, TODAY, Sending

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from bulk_topup.core.model import Answer, Order, Outcome
    from bulk_topup.record.ledger.values import Claim

CITRA, DEWI = "081255550003", "081255550004"


@pytest.fixture
def together(tmp_path: Path) -> Iterator[Sending]:
    with ExitStack() as stack:
        yield Sending(tmp_path, stack, NOON, [ANDI, BUDI, CITRA, DEWI])


def own_claims(desk: Sending) -> list[dict[str, object]]:
    return desk.ledger.own(desk.checkpoint.batch_id)


def replace_file(folder: Path) -> None:
    """Of the checkpoint; what is written to it from now on is lost."""
    file = folder / "bonus.checkpoint.db"
    file.rename(folder / "away.db")
    file.write_bytes(b"another one")


# -- claims and attempts -----------------------------------------------------------------------------------


def test_of_those_who_begin_together_each_has_its_own_slot_or_hears_who_has_it(together: Sending) -> None:
    taken = together.order(BUDI)
    claim(together.ledger, taken, TODAY, "theirs", "other", "gaji", NOON, since=TODAY)
    together.ledger.conclude("theirs", Status.SUKSES)
    shown: list[tuple[str, Status]] = []

    class Telling(Silent):
        def done(self, order: Order, status: Status, debited: int | None) -> None:  # noqa: ARG002
            shown.append((order.number, status))

    together.send(ANDI, BUDI, CITRA, workers=3, watcher=Telling())
    assert sorted(shown) == sorted([(ANDI, Status.SUKSES), (BUDI, Status.DUPLICATE), (CITRA, Status.SUKSES)])
    assert together.written(taken) == ([("theirs",)], [])
    assert sorted(topup.number for topup in together.sandbox.book()) == [ANDI, CITRA]


def test_two_who_claim_one_slot_together_have_it_once(together: Sending) -> None:
    order = together.order(ANDI)
    wanted = [
        Wanted(order, "first", NOON, TODAY),
        Wanted(replace(order, product="S5X"), "second", NOON, TODAY),
    ]
    holders = together.ledger.turn((), wanted, "mine", "bonus", TODAY)
    assert [holder.token for holder in holders] == ["first", "first"]


def test_a_claim_that_is_released_in_the_same_turn_is_free_for_the_next(together: Sending) -> None:
    order = together.order(ANDI)
    claim(together.ledger, order, TODAY, "first", "mine", "bonus", NOON, since=TODAY)
    released = [Conclusion("first", order, Status.UNSENT)]
    (holder,) = together.ledger.turn(released, [Wanted(order, "again", NOON, TODAY)], "mine", "bonus", TODAY)
    assert holder.token == "again"


def test_a_request_leaves_after_its_claim_and_then_its_attempt_are_in_the_files(
    together: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []

    def noted(owner: type, name: str) -> None:
        real = getattr(owner, name)

        def first(*args: Any, **kwargs: Any) -> Any:
            came = real(*args, **kwargs)
            order.append(name)
            return came

        monkeypatch.setattr(owner, name, first)

    noted(Ledger, "turn")
    noted(Checkpoint, "turn")
    noted(Choice, "may_leave")
    together.send(ANDI)
    assert order == ["turn", "turn", "may_leave", "turn", "turn"]


def test_a_copy_of_what_was_paid_yesterday_is_not_sent_today(together: Sending) -> None:
    order = together.order(ANDI)
    sender = together.send(ANDI, day=TODAY - timedelta(days=1))
    assert (sender.halt, sender.purse.left, together.sandbox.book()) == (None, 1_000_000, [])
    (note,) = [
        line.note["code"] for line in together.checkpoint.lines() if line.row == order.row and line.note
    ]
    assert note == "unsent.copy_waits"
    together.send(ANDI, day=TODAY)
    assert [topup.number for topup in together.sandbox.book()] == [ANDI]


def test_an_order_that_may_not_begin_stops_the_run_with_nothing_unknown(together: Sending) -> None:
    """It is a defect of ours, whatever it is."""
    together.checkpoint.hold(together.order(BUDI).id, Status.DUPLICATE, "duplicate.other_batch", {})
    with pytest.raises(AssertionError, match="is not unsent"):
        together.send(BUDI, ANDI, CITRA)
    assert together.written(together.order(BUDI)) == ([], [])
    assert (together.attempts(), own_claims(together), together.sandbox.book()) == ([], [], [])


def test_where_attempts_cannot_be_written_all_who_began_together_give_back_their_claims(
    together: Sending, tmp_path: Path
) -> None:
    replace_file(tmp_path)
    with pytest.raises(StorageFailed):
        together.send(ANDI, BUDI, CITRA, DEWI, workers=4)
    assert (own_claims(together), together.sandbox.book()) == ([], [])


def test_where_a_commit_fails_nothing_was_sent_and_nothing_is_unknown(
    together: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_checkpoint: Checkpoint) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(Checkpoint, "_commit", fails)
    with pytest.raises(StorageFailed):
        together.send(ANDI, BUDI, CITRA, workers=3)
    assert (together.attempts(), own_claims(together), together.sandbox.book()) == ([], [], [])


def test_a_second_try_that_cannot_be_written_leaves_the_slot_to_the_first(
    together: Sending, tmp_path: Path
) -> None:
    order = together.order(ANDI)
    claim(together.ledger, order, TODAY, "first", together.checkpoint.batch_id, "bonus", NOON, since=TODAY)
    begin(together.checkpoint, order, "first", NOON, TODAY, 0.0, Status.UNSENT)

    def guard(_order: Order) -> None:
        if not (tmp_path / "away.db").exists():
            replace_file(tmp_path)

    with pytest.raises(StorageFailed):
        together.send(ANDI, guard=guard)
    assert [held["token"] for held in own_claims(together)] == ["first"]


@pytest.mark.parametrize("what", ["deleted", "replaced"])
def test_a_record_that_is_taken_away_is_noticed_before_the_next_request_leaves(
    together: Sending, tmp_path: Path, what: str
) -> None:
    def take_away(n: int) -> None:
        if n == 1:
            (tmp_path / "ledger.db").rename(tmp_path / "away.db")
            if what == "replaced":
                (tmp_path / "ledger.db").write_bytes(b"")

    together.provider.meanwhile = take_away
    with pytest.raises(StorageFailed) as failure:
        together.send(ANDI, BUDI)
    assert failure.value.code == "ledger.replaced"
    assert [topup.number for topup in together.sandbox.book()] == [ANDI]
    assert {kind for kind, _ in together.attempts()} <= {"sukses", "not_sent"}


# -- what ended --------------------------------------------------------------------------------------------


def all_answered_together(desk: Sending, workers: int) -> None:
    """No answer comes before all requests are under way, and all come at once."""
    together = threading.Barrier(workers)
    real = desk.provider.top_up

    def top_up(order: Order, *, may_leave: Callable[[], bool]) -> Answer:
        answer = real(order, may_leave=may_leave)
        together.wait(10.0)
        return answer

    desk.provider.top_up = top_up  # type: ignore[method-assign]


def test_outcomes_and_the_attempts_that_follow_are_written_together(
    together: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits = 0
    commit = Checkpoint._commit

    def counted(checkpoint: Checkpoint) -> None:
        nonlocal commits
        commits += 1
        commit(checkpoint)

    monkeypatch.setattr(Checkpoint, "_commit", counted)
    all_answered_together(together, 4)
    together.send(ANDI, BUDI, CITRA, DEWI, workers=4)
    assert together.attempts() == [SUKSES] * 4
    assert commits <= 8


class Telling(Silent):
    """Keeps what no file says."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Kind]] = []

    def unwritten(self, order: Order, outcome: Outcome) -> None:
        self.told.append((order.number, outcome.kind))


def test_an_outcome_that_can_not_be_kept_spoils_that_of_nobody_else(
    together: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    end, real, budi = Checkpoint._end, Checkpoint.turn, -1

    def fails_for_budi(checkpoint: Checkpoint, db: Any, ending: Any) -> Any:
        if ending.attempt_id == budi:
            raise AssertionError("a paid order cannot become gagal")
        return end(checkpoint, db, ending)

    def turn(checkpoint: Checkpoint, endings: Any, choose: Any) -> Any:
        nonlocal budi
        came = real(checkpoint, endings, choose)
        budi = next((one.id for one in came[1] if one.order.number == BUDI), budi)
        return came

    monkeypatch.setattr(Checkpoint, "turn", turn)
    monkeypatch.setattr(Checkpoint, "_end", fails_for_budi)
    all_answered_together(together, 3)
    watcher = Telling()
    with pytest.raises(AssertionError, match="a paid order cannot become gagal"):
        together.send(ANDI, BUDI, CITRA, workers=3, watcher=watcher)
    assert watcher.told == [(BUDI, Kind.SUKSES)]
    assert sorted(str(kind) for kind, _ in together.attempts()) == ["None", "sukses", "sukses"]
    assert len(own_claims(together)) == 3


def test_in_a_file_without_room_for_one_outcome_the_others_are_kept(
    together: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    def long_for_budi(answer: Answer, order: Order, now: Any = None) -> Outcome:
        outcome = real(answer, order, now)
        if order.number != BUDI:
            return outcome
        db = together.checkpoint._db
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count = {pages + 1}")
        return replace(outcome, reason="x" * 100_000)

    real = classify
    monkeypatch.setattr(sender, "classify", long_for_budi)
    all_answered_together(together, 3)
    watcher = Telling()
    with pytest.raises(StorageFailed):
        together.send(ANDI, BUDI, CITRA, workers=3, watcher=watcher)
    assert watcher.told == [(BUDI, Kind.SUKSES)]
    assert sorted(str(kind) for kind, _ in together.attempts()) == ["None", "sukses", "sukses"]


def test_a_defect_in_what_follows_loses_no_outcome(
    together: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(course.Course, "hear", fails)
    all_answered_together(together, 3)
    with pytest.raises(RuntimeError, match="a defect"):
        together.send(ANDI, BUDI, CITRA, DEWI, workers=3)
    assert together.attempts() == [SUKSES] * 3


def test_a_slot_is_free_only_once_what_freed_it_is_in_the_file(
    together: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[Status, list[tuple[str, str]]]] = []
    real = Ledger.turn

    def turn(ledger: Ledger, conclusions: Sequence[Conclusion], *args: Any) -> list[Claim]:
        seen.extend((one.status, together.attempts()) for one in conclusions)
        return real(ledger, conclusions, *args)

    monkeypatch.setattr(Ledger, "turn", turn)
    monkeypatch.setattr(sender, "classify", lambda *_: an_outcome(Kind.GAGAL))
    together.send(ANDI)
    assert seen == [(Status.GAGAL, [("gagal", "outcome.gagal")])]
    assert own_claims(together) == []


def test_where_its_reason_can_not_be_written_a_slot_stays(
    together: Sending, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "classify", lambda *_: an_outcome(Kind.GAGAL))
    together.provider.meanwhile = lambda _n: replace_file(tmp_path)
    with pytest.raises(StorageFailed):
        together.send(ANDI)
    assert len(own_claims(together)) == 1


def test_answers_that_stop_the_run_take_back_what_was_claimed_meanwhile(
    together: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it is unknown, nor does it hold a slot."""
    claimed, goes_on = threading.Event(), threading.Event()
    real, hear = Ledger.turn, course.Course.hear

    def turn(ledger: Ledger, conclusions: Any, wanted: Sequence[Wanted], *args: Any) -> list[Claim]:
        holders = real(ledger, conclusions, wanted, *args)
        if wanted and wanted[0].order.number == BUDI:
            claimed.set()
            assert goes_on.wait(10.0)
        return holders

    def answer(n: int) -> None:
        together.clock.move(1.0, 1.0)
        if n == 1:
            assert claimed.wait(10.0)

    def stopped(self: course.Course, order: Order, outcome: Outcome, day: date) -> None:
        hear(self, order, outcome, day)
        self.stop(Halt("halt.interrupted"))
        goes_on.set()

    monkeypatch.setattr(Ledger, "turn", turn)
    monkeypatch.setattr(course.Course, "hear", stopped)
    together.provider.meanwhile = answer
    came = together.send(ANDI, BUDI, workers=2)
    assert came.halt is not None
    assert together.attempts() == [SUKSES]
    assert [held["number"] for held in own_claims(together)] == [ANDI]
    assert came.purse.spent == together.order(ANDI).price


# -- what is slow ------------------------------------------------------------------------------------------


def wait_for(desk: Sending, attempts: list[tuple[str, str]], then: Callable[[], object]) -> None:
    until = time.monotonic() + 10.0
    try:
        while desk.attempts() != attempts:
            assert time.monotonic() < until, desk.attempts()
            time.sleep(0.01)
    finally:
        then()


def test_an_answer_is_kept_while_another_program_holds_the_record(together: Sending, tmp_path: Path) -> None:
    """Whoever waits for the record keeps nobody's answer out of the progress file."""
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


@pytest.mark.parametrize("call", ["turn", "entry"])
def test_an_answer_is_kept_while_a_far_server_has_not_spoken(
    together: Sending, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """The second one is answered while the third's slot is asked for, or the name of the row that has it."""
    asked, came, real = threading.Event(), threading.Event(), getattr(together.ledger, call)
    if call == "entry":
        taken = replace(together.order(CITRA), row=TAB_ROWS + 7)
        claim(together.ledger, taken, TODAY, "theirs", "other", "gaji", NOON, since=TODAY)

    def far(*args: Any) -> Any:
        if call == "entry" or any(one.order.number == CITRA for one in args[1]):
            asked.set()
            came.wait(20.0)
        return real(*args)

    def answer(n: int) -> None:
        together.clock.move(1.0, 1.0)
        if n == 2:
            asked.wait(10.0)

    monkeypatch.setattr(together.ledger, call, far)
    together.provider.meanwhile = answer
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(together.send, ANDI, BUDI, CITRA, DEWI, workers=2)
        wait_for(together, [SUKSES] * 2, then=came.set)
        run.result()
    assert together.attempts() == [SUKSES] * (4 if call == "turn" else 3)


def test_only_the_name_of_a_taken_row_is_asked_for(
    together: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It costs a look into a progress file, which a slot of one's own is not worth."""
    monkeypatch.setattr(claimant, "TAB_ROWS", 1)
    asked: list[str] = []
    monkeypatch.setattr(together.ledger, "entry", asked.append)
    claim(together.ledger, together.order(BUDI), TODAY, "theirs", "other", "gaji", NOON, since=TODAY)
    together.send(ANDI, BUDI, CITRA)
    assert asked == ["other"]


def test_a_screen_that_stands_still_keeps_nothing_from_being_sent_and_written(together: Sending) -> None:
    goes_on = threading.Event()

    class Still(Silent):
        def done(self, *_: object) -> None:
            goes_on.wait(20.0)

    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(together.send, ANDI, BUDI, CITRA, DEWI, workers=2, watcher=Still())
        wait_for(together, [SUKSES] * 4, then=goes_on.set)
        run.result()


def test_a_screen_that_is_gone_ends_the_run(together: Sending) -> None:
    class Gone(Silent):
        def done(self, *_: object) -> None:
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        together.send(ANDI, watcher=Gone())
    assert together.attempts() == [SUKSES]


@pytest.mark.parametrize("name", ["sender", "screen-0", "ledger-0", "pace-0", "http-0", "http-2"])
def test_a_thread_that_cannot_start_ends_the_run_with_nothing_sent(
    together: Sending, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    start = threading.Thread.start

    def fails(thread: threading.Thread) -> None:
        if thread.name == name:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", fails)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        together.send(ANDI, BUDI, workers=3)
    assert (together.attempts(), own_claims(together), together.sandbox.book()) == ([], [], [])
    names = {thread.name.partition("-")[0] for thread in threading.enumerate()}
    assert names.isdisjoint({"sender", "screen", "ledger", "pace", "http"})


def test_a_worker_that_breaks_leaves_its_order_unknown_and_the_others_written(together: Sending) -> None:
    real = together.provider.top_up

    def top_up(order: Order, *, may_leave: Callable[[], bool]) -> Answer:
        if order.number == ANDI:
            raise MemoryError
        return real(order, may_leave=may_leave)

    together.provider.top_up = top_up  # type: ignore[method-assign]
    with pytest.raises(MemoryError):
        together.send(ANDI, BUDI, workers=2)
    assert together.attempts()[0][0] is None
    assert len(own_claims(together)) >= 1


def test_deadlines_hold_where_the_watch_over_them_has_died(
    together: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []
    monkeypatch.setattr(together.provider, "end_overdue", lambda: looks.append(1))
    together.provider.meanwhile = lambda _n: time.sleep(4 * sender.LOOK_S)
    together.send(ANDI)
    assert len(looks) >= 3


def of_yesterday(desk: Sending) -> None:
    """Each answer bears the date of the day before."""
    real = desk.provider.top_up

    def top_up(order: Order, *, may_leave: Callable[[], bool]) -> Answer:
        answer = real(order, may_leave=may_leave)
        assert isinstance(answer, Reply)
        return replace(answer, body=answer.body.replace(b"2025-01-20", b"2025-01-19"))

    desk.provider.top_up = top_up  # type: ignore[method-assign]


@pytest.mark.parametrize("ledger", ["slow", "dead"])
def test_an_answer_of_another_date_is_in_the_file_before_the_record_has_spoken(
    together: Sending, monkeypatch: pytest.MonkeyPatch, ledger: str
) -> None:
    of_yesterday(together)
    meanwhile = []

    def at_work(*_asked: object, **_but: object) -> list[object]:
        meanwhile.extend(
            together._select("bonus.checkpoint.db", "SELECT kind, reason, invoice FROM attempts")
        )
        if ledger == "dead":
            raise StorageFailed("ledger.unusable", where="there", why="why.locked")
        return []

    monkeypatch.setattr(together.ledger, "at_work", at_work)
    with pytest.raises(StorageFailed) if ledger == "dead" else nullcontext():
        together.send(ANDI, BUDI)
    first = together.sandbox.book()[0]
    kind, reason, invoice = meanwhile[0]
    assert (kind, invoice) == ("unknown", "")
    assert reason.startswith(f"{first.invoice} 2025-01-19")
    left = [("unknown", "outcome.other_date")] if ledger == "dead" else [SUKSES, SUKSES]
    assert together.attempts() == left


def test_a_run_that_has_to_stop_does_not_wait_for_its_next_slot(tmp_path: Path) -> None:
    """Another desk was told to go more slowly, for minutes."""
    clock, refused = SystemClock(), "081200000061"
    with ExitStack() as stack:
        desk = Sending(tmp_path, stack, NOON, [refused, BUDI])
        pace = Throttle(1.0, clock=clock.alive, sleep=clock.sleep)
        desk.provider.meanwhile = lambda _n: pace.pause(8.0)
        begun = clock.alive()
        came = desk.send(refused, BUDI, pace=pace, workers=2)
        assert came.halt is not None
        assert clock.alive() - begun < 6.0
        assert len(desk.attempts()) == 1


# -- one worker, each answer later than the next slot ------------------------------------------------------


class Counted(Throttle):
    """How many slots were waited for, and how many were there at once."""

    waited = found = 0

    def wait(self, *, to_send: bool = False, is_over: Callable[[], bool] = never) -> bool:
        self.waited += 1
        return super().wait(to_send=to_send, is_over=is_over)

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
    assert (pace.waited, pace.found) == (0, 4)
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
        came = desk.send("081200000061", follower, pace=pace)
        assert came.halt is not None
        assert (pace.waited, pace.found) == (0, 1)
        assert desk.written(desk.order(follower)) == ([], [])
        assert len(desk.attempts()) == 1


@pytest.mark.parametrize("wait_s", [0.0, 1.0])
def test_what_was_late_is_tried_again_before_the_next_order_is_taken(
    together: Sending, monkeypatch: pytest.MonkeyPatch, wait_s: float
) -> None:
    monkeypatch.setattr(course, "BACKOFF_S", (wait_s,))
    pace = pace_of(together)
    together.provider.meanwhile = lambda n: together.clock.move(6.0 if n == 1 else 1.0, 1.0)
    together.send(ANDI, BUDI, pace=pace)
    assert [kind for kind, _ in together.attempts()] == ["not_sent", "sukses", "sukses"]
    assert [topup.number for topup in together.sandbox.book()] == [ANDI, BUDI]
    assert pace.waited + pace.found >= 3


def test_an_answer_that_no_file_could_keep_is_told(together: Sending, tmp_path: Path) -> None:
    together.provider.meanwhile = lambda _n: replace_file(tmp_path)
    watcher = Telling()
    with pytest.raises(StorageFailed):
        together.send(ANDI, BUDI, watcher=watcher)
    assert watcher.told == [(ANDI, Kind.SUKSES)]
    assert [topup.number for topup in together.sandbox.book()] == [ANDI]

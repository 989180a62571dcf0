"""A request leaves within 5 s of its durable attempt and on the same WIB day; if not, it is tried anew."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pandas as pd
import pytest

from bulk_topup.commands import settle
from bulk_topup.commands.run import run_batch
from bulk_topup.commands.terminal import Terminal
from bulk_topup.core.clock import WIB, SystemClock
from bulk_topup.core.errors import StorageFailed
from bulk_topup.core.model import Kind, Order
from bulk_topup.core.status import Status
from bulk_topup.provider.client import Provider
from bulk_topup.provider.outcomes import classify
from bulk_topup.provider.pace import Throttle
from bulk_topup.record import reconcile
from bulk_topup.record.ledger.address import ledger_url
from bulk_topup.record.ledger.claims import Ledger
from bulk_topup.rules.orders import Wishes
from bulk_topup.sandbox import Sandbox
from bulk_topup.sending import sender as send
from bulk_topup.sending import waves
from bulk_topup.sending.purse import Purse
from bulk_topup.sending.sender import Sender
from bulk_topup.sending.session import Tools
from tests.builders import (
    ANDI,
    BUDI,
    PRICES,
    Silent,
    a_checkpoint,
    an_outcome,
    attempted,
    begin,
    claim,
    listed,
    orders_in,
    plan_of,
    topups,
)
from tests.faults import Faults
from tests.office import open_office, sheet_of
from tests.tcp_proxy import Proxy, Trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from bulk_topup.core.model import Answer, Outcome
    from bulk_topup.record.ledger.values import Claim
    from bulk_topup.sending.session import Watcher
    from tests.conftest import Office
    from tests.postgres import Server

NOON = datetime(2025, 1, 20, 12, 0, tzinfo=WIB)
TODAY, TOMORROW = date(2025, 1, 20), date(2025, 1, 21)
LATE = ("not_sent", "outcome.not_sent.late")
SUKSES = ("sukses", "outcome.sukses")


class HandedClock(SystemClock):
    """Stands still but for what it is told, and for sleeping."""

    def __init__(self, wall: datetime) -> None:
        super().__init__()
        self.wall = wall
        self.boot_s = 1_000.0

    def now(self) -> datetime:
        return self.wall

    def alive(self) -> float:
        return self.boot_s

    def sleep(self, seconds: float) -> bool:
        self.move(max(seconds, 0.0), max(seconds, 0.0))
        return False

    def move(self, wall_s: float, boot_s: float) -> None:
        self.wall += timedelta(seconds=wall_s)
        self.boot_s += boot_s


class SlowToConnect(Provider):
    """The provider over HTTP; what `meanwhile(n)` does happens while the n-th request connects."""

    meanwhile: Callable[[int], None] = staticmethod(lambda _n: None)
    connects = 0

    def top_up(self, order: Order, *, may_leave: Callable[[], bool]) -> Answer:
        def connected() -> bool:
            self.connects += 1
            self.meanwhile(self.connects)
            return may_leave()

        return super().top_up(order, may_leave=connected)


class Sending:
    """A sender with all of its real parts, on a clock that is handed in."""

    def __init__(
        self, folder: Path, stack: ExitStack, start: datetime, numbers: Sequence[str] = (ANDI, BUDI)
    ) -> None:
        self.clock = HandedClock(start)
        self.sandbox = stack.enter_context(Sandbox(clock=self.clock.now, prices=listed(PRICES)))
        self.provider = SlowToConnect(self.sandbox.url, "sandbox", "sandbox", alive=self.clock.alive)
        self.ledger = Ledger(ledger_url(str(folder / "ledger.db")), account="sandbox", base_url="u")
        stack.callback(self.ledger.close)
        sheet = topups(*((number, "S5") for number in numbers))
        self.checkpoint = a_checkpoint(folder / "bonus.checkpoint.db", sheet)
        stack.callback(self.checkpoint.close)
        self._folder = folder

    def send(
        self,
        *numbers: str,
        guard: Callable[[Order], object] = lambda _order: None,
        workers: int = 1,
        pace: Throttle | None = None,
        watcher: Watcher | None = None,
        day: date | None = None,
    ) -> Sender:
        pace = pace or Throttle(500.0, clock=self.clock.alive, sleep=self.clock.sleep)
        tools = Tools(self.provider, self.ledger, pace, self.clock, "sandbox", "u")
        purse = Purse(limit=1_000_000)

        def guarded(order: Order) -> Callable[[], object]:
            return lambda: guard(order)

        sender = Sender(self.checkpoint, tools, watcher or Silent(), purse, "bonus", workers, guarded)
        orders = [self.order(number) for number in numbers]
        states = {open_.order.id: open_.status for open_ in self.checkpoint.open_orders()}
        sender.run(orders, states, day)
        return sender

    def order(self, number: str) -> Order:
        return orders_in(self.checkpoint)[number, "S5", 1]

    def attempts(self) -> list[tuple[str, str]]:
        """(kind, code), in order."""
        rows = self._select("bonus.checkpoint.db", "SELECT kind, code FROM attempts ORDER BY id")
        return [(kind, code) for kind, code in rows]

    def attempts_under_way(self) -> list[tuple[str, ...]]:
        return self._select("bonus.checkpoint.db", "SELECT id FROM attempts WHERE kind IS NULL")

    def days(self) -> list[str]:
        """Of every attempt, then of every claim."""
        attempts = self._select("bonus.checkpoint.db", "SELECT day FROM attempts ORDER BY id")
        claims = self._select("ledger.db", "SELECT day FROM claims ORDER BY day")
        return [day for (day,) in (*attempts, *claims)]

    def written(self, order: Order) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
        """Tokens of the order's claims and of its unfinished attempts, as another process sees them."""
        claims = "SELECT token FROM claims WHERE number = ?"
        attempts = "SELECT token FROM attempts WHERE kind IS NULL AND order_id = ?"
        return (
            self._select("ledger.db", claims, order.number),
            self._select("bonus.checkpoint.db", attempts, order.id),
        )

    def _select(self, name: str, sql: str, *values: object) -> list[tuple[str, ...]]:
        with closing(sqlite3.connect(self._folder / name)) as db:
            return db.execute(sql, values).fetchall()


@pytest.fixture
def sending(tmp_path: Path) -> Iterator[Callable[[datetime], Sending]]:
    with ExitStack() as stack:
        yield lambda start: Sending(tmp_path, stack, start)


def once(clock: HandedClock, wall_s: float, boot_s: float) -> Callable[[int], None]:
    """The clocks move by this while the first request connects, and never again."""
    return lambda n: clock.move(wall_s, boot_s) if n == 1 else None


# -- what is written before a request leaves ---------------------------------------------------------------


def test_with_many_workers_each_request_leaves_after_its_own_claim_and_attempt(tmp_path: Path) -> None:
    """Their commits are shared; neither is in a file ahead of need, nor missing."""
    workers, numbers = 16, [f"081255550{n:03}" for n in range(64)]
    with ExitStack() as stack:
        desk = Sending(tmp_path, stack, NOON, numbers)
        leaving: list[Order] = []
        in_flight: list[Order] = []

        class Watched(SlowToConnect):
            def top_up(self, order: Order, *, may_leave: Callable[[], bool]) -> Answer:
                claims, attempts = desk.written(order)
                assert len(claims) == 1
                assert claims == attempts
                assert len(desk.attempts_under_way()) <= workers
                leaving.append(order)
                in_flight.append(order)
                assert len(in_flight) <= workers
                try:
                    return super().top_up(order, may_leave=may_leave)
                finally:
                    in_flight.remove(order)

        desk.provider = Watched(desk.sandbox.url, "sandbox", "sandbox", alive=desk.clock.alive)
        sender = desk.send(*numbers, workers=workers)
        assert sender.halt is None
        assert sorted(order.number for order in leaving) == numbers
        assert desk.attempts() == [SUKSES] * len(numbers)
        assert len(desk.sandbox.book()) == len(numbers)


def test_the_workers_share_the_commits_of_the_record(tmp_path: Path) -> None:
    """Counted in its log: a claim and a conclusion a row, in less than one commit a row for both."""
    numbers = [f"081255550{n:03}" for n in range(64)]
    with ExitStack() as stack:
        desk = Sending(tmp_path, stack, NOON, numbers)
        desk.send(*numbers, workers=16)
        assert desk.attempts() == [SUKSES] * len(numbers)
        assert 0 < commits_in(tmp_path / "ledger.db-wal") < len(numbers)


def commits_in(log: Path) -> int:
    """Frames of a write-ahead log that end a transaction: they name the size of the file after it."""
    content = log.read_bytes()
    page_size, salts = int.from_bytes(content[8:12]), content[16:24]
    heads = [content[at : at + 24] for at in range(32, len(content), 24 + page_size)]
    return sum(head[8:16] == salts and head[4:8] != bytes(4) for head in heads)


# -- the clock jumps between attempt and request -----------------------------------------------------------


@pytest.mark.parametrize(
    ("wall_s", "boot_s"),
    [(0.0, 0.0), (5.0, 5.0), (0.0, 5.0), (5.0, 0.0), (-5.0, 0.0), (-5.0, 5.0)],
)
def test_a_request_that_is_ready_within_5_s_leaves(
    sending: Callable[[datetime], Sending], wall_s: float, boot_s: float
) -> None:
    desk = sending(NOON)
    desk.provider.meanwhile = once(desk.clock, wall_s, boot_s)

    desk.send(ANDI)

    assert desk.attempts() == [SUKSES]
    assert len(desk.sandbox.book()) == 1


@pytest.mark.parametrize(
    ("wall_s", "boot_s"),
    [
        pytest.param(5.001, 5.001, id="both clocks"),
        pytest.param(0.0, 5.001, id="slept, and the wall clock was set back"),
        pytest.param(5.001, 0.0, id="the wall clock jumps forwards"),
        pytest.param(-5.001, 0.0, id="the wall clock jumps backwards"),
        pytest.param(28_800.0, 28_800.0, id="slept for the night"),
        pytest.param(-86_400.0, 0.5, id="a day back"),
        pytest.param(31_536_000.0, 0.5, id="a year ahead"),
    ],
)
def test_a_late_request_does_not_leave_and_is_tried_anew_with_an_attempt_of_its_own(
    sending: Callable[[datetime], Sending], wall_s: float, boot_s: float
) -> None:
    desk = sending(NOON)
    desk.provider.meanwhile = once(desk.clock, wall_s, boot_s)

    desk.send(ANDI)

    assert desk.attempts() == [LATE, SUKSES]
    assert len(desk.sandbox.requests()) == len(desk.sandbox.book()) == 1
    day = desk.clock.now().date().isoformat()
    assert desk.days() == [TODAY.isoformat(), day, day]


@pytest.mark.parametrize(
    ("start", "wall_s", "days"),
    [
        pytest.param(NOON.replace(hour=23, minute=59, second=58), 1.9, [TODAY] * 2, id="just before"),
        pytest.param(
            NOON.replace(hour=23, minute=59, second=58), 2.0, [TODAY, TOMORROW, TOMORROW], id="over midnight"
        ),
        pytest.param(
            NOON.replace(day=21, hour=0, minute=0, second=1), -3.0, [TOMORROW, TODAY, TODAY], id="and back"
        ),
    ],
)
def test_a_request_leaves_on_the_day_of_its_attempt_and_of_its_claim(
    sending: Callable[[datetime], Sending], start: datetime, wall_s: float, days: list[date]
) -> None:
    desk = sending(start)
    desk.provider.meanwhile = once(desk.clock, wall_s, abs(wall_s))

    desk.send(ANDI)

    assert desk.days() == [day.isoformat() for day in days]
    (topup,) = desk.sandbox.book()
    assert topup.day == days[-1]


def test_a_connection_that_is_always_late_stops_the_run_with_nothing_sent(
    sending: Callable[[datetime], Sending],
) -> None:
    desk = sending(NOON)
    desk.provider.meanwhile = lambda _n: desk.clock.move(6.0, 6.0)

    sender = desk.send(ANDI, BUDI)

    assert sender.halt is not None
    assert sender.halt.code == "halt.out_of_reach"
    assert desk.attempts() == [LATE] * 6
    assert desk.sandbox.requests() == []
    assert desk.days() == [TODAY.isoformat()] * 6, "a claim was kept"
    assert sender.purse.spent == 0


def test_with_several_workers_only_the_late_request_is_held_back(
    sending: Callable[[datetime], Sending],
) -> None:
    desk = sending(NOON)
    desk.provider.meanwhile = lambda n: desk.clock.move(0.0, 6.0) if n == 2 else None

    desk.send(ANDI, BUDI, workers=2)

    assert sorted(desk.attempts())[-2:] == [SUKSES, SUKSES]
    assert LATE in desk.attempts()
    assert sorted(topup.number for topup in desk.sandbox.book()) == [ANDI, BUDI]


def test_an_unknown_row_whose_guard_falls_while_it_connects_is_not_sent_again_and_keeps_its_claim(
    sending: Callable[[datetime], Sending],
) -> None:
    desk = sending(NOON)
    order = desk.order(ANDI)
    claim(desk.ledger, order, TODAY, "first", desk.checkpoint.batch_id, "bonus", NOON, since=TODAY)
    attempt = begin(desk.checkpoint, order, "first", NOON, TODAY, 0.0, Status.UNSENT)
    guarded = True

    def fall(_n: int) -> None:
        nonlocal guarded
        guarded = False

    desk.provider.meanwhile = fall
    desk.send(ANDI, guard=lambda _order: None if guarded else "resend.near_midnight")

    assert attempt.order == order
    assert [kind for kind, _ in desk.attempts()] == [None, "not_sent"]
    assert [open_.status for open_ in desk.checkpoint.open_orders()] == [Status.UNKNOWN]
    assert desk.sandbox.requests() == []
    assert desk.days()[-1:] == [TODAY.isoformat()]


# -- over midnight -----------------------------------------------------------------------------------------


def test_what_another_batch_paid_before_midnight_is_not_paid_by_this_one_after_it(tmp_path: Path) -> None:
    """The provider takes it for another top-up, and the claim of yesterday has another key."""
    with open_office(tmp_path) as office:
        office.clock.set(BEFORE_MIDNIGHT)
        office.write("jakarta.csv", [(OTHERS, "TSEL5"), (SHARED, "TSEL5")])
        office.write("bandung.csv", [(SHARED, "TSEL5")])

        def meanwhile() -> None:
            job = office.job("bandung.csv")
            run_batch(job, sheet_of(job), TerminalOfAThread(quiet=True), office.clock)
            office.clock.set(AFTER_MIDNIGHT)

        with after_request(1, meanwhile):
            came = office.run("jakarta.csv")

        assert (came.exit, office.paid()) == (1, {OTHERS: 1, SHARED: 1})
        assert [row["status"] for row in office.results("jakarta.csv")] == ["sukses", "duplicate"]


def test_midnight_that_comes_a_moment_sooner_at_the_server_holds_up_the_row_and_not_the_run(
    sending: Callable[[datetime], Sending], postgres: Server
) -> None:
    desk = sending(datetime(2025, 1, 20, 23, 59, 59, 700_000, tzinfo=WIB))
    with closing(Ledger(postgres.fresh(), account="sandbox", base_url="u")) as desk.ledger:
        desk.ledger.server_time = lambda _db: desk.clock.now() + timedelta(seconds=0.5)
        sender = desk.send(ANDI)
        assert sender.halt is None
        assert desk.attempts() == [LATE, SUKSES]
        assert [claim["day"] for claim in desk.ledger.own(desk.checkpoint.batch_id)] == [TOMORROW.isoformat()]

        desk.clock.wall = NOON
        desk.ledger.server_time = lambda _db: NOON + timedelta(days=1)
        with pytest.raises(StorageFailed):
            desk.send(BUDI)


def test_a_copy_does_not_follow_one_that_was_paid_before_midnight(tmp_path: Path) -> None:
    with open_office(tmp_path) as office:
        office.clock.set(BEFORE_MIDNIGHT)
        office.write("bonus.csv", [(OTHERS, "TSEL5"), (SHARED, "TSEL5")] * 2)
        job = replace(office.job("bonus.csv"), wishes=Wishes(repeat_duplicates=True))

        with after_request(3, lambda: office.clock.set(AFTER_MIDNIGHT)):
            office.witness(lambda: run_batch(job, sheet_of(job), Terminal(quiet=True), office.clock))

        assert office.paid() == {OTHERS: 2, SHARED: 1}
        assert [row["status"] for row in office.results("bonus.csv")] == [*["sukses"] * 3, "unsent"]


OTHERS, SHARED = "081234500001", "081234500002"
BEFORE_MIDNIGHT = NOON.replace(hour=23, minute=50)
AFTER_MIDNIGHT = NOON.replace(day=21, hour=0, minute=1)


class TerminalOfAThread(Terminal):
    """Only the main thread hears Ctrl-C."""

    @contextmanager
    def interruptible(self, clock: SystemClock) -> Iterator[None]:  # noqa: ARG002
        yield


@contextmanager
def after_request(nth: int, meanwhile: Callable[[], None]) -> Iterator[None]:
    """This happens once, between the answer to the n-th top-up of this process and what follows it."""
    asked = 0
    real = Provider.top_up

    def top_up(self: Provider, order: Order, *, may_leave: Callable[[], bool]) -> Answer:
        nonlocal asked
        asked += 1
        mine = asked
        answer = real(self, order, may_leave=may_leave)
        if mine == nth:
            meanwhile()
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Provider, "top_up", top_up)
        yield


# -- what the provider debits ------------------------------------------------------------------------------

PRICE = 5650


@pytest.mark.parametrize(("budget", "paid"), [(None, 3), (3 * PRICE, 1)])
def test_only_a_budget_stops_resends_that_the_provider_debits_more_for(
    tmp_path: Path, budget: int | None, paid: int
) -> None:
    """They add no order, so there is no plan whose cost they could go beyond."""
    faults = Faults.listed({"isipulsa": dict.fromkeys((1, 2, 3), "before close")})
    with open_office(tmp_path, faults=faults) as office:
        office.write("bonus.csv", [(f"08123450000{n}", "TSEL5") for n in range(3)])
        office.run("bonus.csv")
        office.clock.advance(timedelta(minutes=5))
        job = replace(office.job("bonus.csv", "--resend"), budget=budget)

        with debits_more(50):
            office.witness(lambda: settle.settle_batch(job, Terminal(quiet=True), office.clock))

        assert len(office.topups()) == paid


@contextmanager
def debits_more(rupiah: int) -> Iterator[None]:
    def dearer(answer: Answer, order: Order, now: datetime) -> Outcome:
        outcome = classify(answer, order, now)
        return outcome if outcome.debited is None else replace(outcome, debited=outcome.debited + rupiah)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(send, "classify", dearer)
        yield


# -- what leaves, leaves at once ---------------------------------------------------------------------------


def test_a_request_leaves_in_one_piece_so_that_no_part_of_it_can_leave_late(
    sending: Callable[[datetime], Sending], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process stopped between header and body would wake up and complete the order, hours later."""
    pieces: list[bytes] = []
    sendall = socket.socket.sendall

    def recorded(sock: socket.socket, data: bytes, *flags: int) -> None:
        if sock.getpeername()[1] == port:
            pieces.append(bytes(data))
        sendall(sock, data, *flags)

    desk = sending(NOON)
    port = int(desk.sandbox.url.split(":")[2].split("/")[0])
    monkeypatch.setattr(socket.socket, "sendall", recorded)
    desk.send(ANDI)

    assert [piece.endswith(b"nomortujuan=" + ANDI.encode()) for piece in pieces] == [True]


# -- the process itself is stopped -------------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Key and certificate of 127.0.0.1 in one file."""
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-nodes", "-subj", "/CN=127.0.0.1", "-days", "2", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-addext", "keyUsage=critical,digitalSignature,keyCertSign"),
            *("-keyout", str(key), "-out", str(cert)),
        ],
        check=True,
        capture_output=True,
    )
    both = tmp_path / "both.pem"
    both.write_bytes(key.read_bytes() + cert.read_bytes())
    return both


@pytest.mark.sleep
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGSTOP")
def test_a_process_stopped_while_it_connects_does_not_wake_up_paying(
    office: Office, certificate: Path
) -> None:
    office.payroll("bonus.csv", office.numbers(1))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    gate = threading.Event()
    first_row = 1
    with Proxy(
        office.sandbox.url, lambda n: Trouble(gate=gate) if n == first_row else Trouble(), tls
    ) as proxy:
        settings = {"BULK_TOPUP_BASE_URL": proxy.url, "REQUESTS_CA_BUNDLE": str(certificate)}
        process = office.start("run", "bonus.csv", "--yes", *office.fast, env=settings)
        _wait_until(lambda: len(proxy.passages) > first_row)
        stopped = proxy.passages[first_row]
        assert stopped.begun.wait(10)
        os.kill(process.pid, signal.SIGSTOP)
        time.sleep(5.2)
        gate.set()
        time.sleep(0.2)
        os.kill(process.pid, signal.SIGCONT)
        done = office.finish(process)

    assert done.exit == 0, done.err
    assert bytes(stopped.request) == b""
    with closing(sqlite3.connect(office.folder / "bonus.checkpoint.db")) as db:
        assert db.execute("SELECT kind, code FROM attempts ORDER BY id").fetchall() == [LATE, SUKSES]
    assert len(office.sent()) == 1
    assert office.statuses("bonus.results.xlsx") == ["sukses"]


def _wait_until(happened: Callable[[], bool], patience_s: float = 20.0) -> None:
    until = time.monotonic() + patience_s
    while not happened():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.005)


# -- a ledger out of reach ---------------------------------------------------------------------------------


class Unheard(Ledger):
    """Takes the claim, but word of it never comes: a server that dies between its commit and its answer."""

    is_dead = False

    def turn(self, *args: Any, **kwargs: Any) -> list[Claim]:
        if not self.is_dead:
            super().turn(*args, **kwargs)
        self.is_dead = True
        raise StorageFailed("ledger.unusable", where="the server", why="gone")


def test_a_claim_whose_answer_never_came_is_no_unknown_top_up(
    sending: Callable[[datetime], Sending], tmp_path: Path
) -> None:
    """Nothing was sent under it, and the checkpoint can say so: the next command lets it go and sends."""
    desk = sending(NOON)
    whole = desk.ledger
    desk.ledger = Unheard(ledger_url(str(tmp_path / "ledger.db")), account="sandbox", base_url="u")
    with closing(desk.ledger), pytest.raises(StorageFailed):
        desk.send(ANDI)
    assert [claim["state"] for claim in whole.own(desk.checkpoint.batch_id)] == ["open"]

    desk.ledger = whole
    reconcile.bring_ledger_up_to_date(desk.checkpoint, whole)
    assert whole.own(desk.checkpoint.batch_id) == []
    desk.send(ANDI)
    assert [kind for kind, _ in desk.attempts()] == ["not_sent", "sukses"]
    assert len(desk.sandbox.book()) == 1


# -- the last guard ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Kind.SUKSES, Kind.PENDING, Kind.UNKNOWN, Kind.EXISTS, None])
def test_a_plan_never_sends_what_may_have_been_paid_whatever_it_says(
    tmp_path: Path, kind: Kind | None
) -> None:
    """A plan that was made from another state than the progress file has is our defect, and pays nobody."""
    sheet = topups((ANDI, "S5"), (BUDI, "S5"))
    plan = plan_of(sheet)
    with closing(a_checkpoint(tmp_path / "bonus.checkpoint.db", sheet)) as checkpoint:
        order = orders_in(checkpoint)[BUDI, "S5", 1]
        attempted(checkpoint, order, None if kind is None else an_outcome(kind))
        nothing: Any = None
        adopted = checkpoint.adopt(plan, {})
        with pytest.raises(AssertionError, match="may have been paid"):
            waves.send_waves(adopted, checkpoint, nothing, nothing, workers=1, wait_s=0.0, limit=10**6)
        assert checkpoint.tokens(orders_in(checkpoint)[ANDI, "S5", 1].id) == set()


def test_a_plan_with_two_rows_for_one_order_sends_neither(tmp_path: Path) -> None:
    plan = plan_of(topups((ANDI, "S5"), (BUDI, "S5")))
    twice = replace(plan, orders=pd.concat([plan.orders, plan.orders.rename(index={2: 4, 3: 5})]))
    with closing(a_checkpoint(tmp_path / "bonus.checkpoint.db")) as checkpoint:
        adopted, nothing = checkpoint.adopt(twice, {}), cast("Any", None)
        with pytest.raises(AssertionError, match="may have been paid"):
            waves.send_waves(adopted, checkpoint, nothing, nothing, workers=1, wait_s=0.0, limit=10**6)
        assert checkpoint.claims_expected() == {}

"""What all desks of an account share on a server: one pace, and a stop that reaches every one of them."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bulk_topup.core.clock import WIB
from bulk_topup.core.model import Slot, Stop
from bulk_topup.provider.pace import AHEAD_S, SLOT_TOLERANCE_S, SharedThrottle
from bulk_topup.record.ledger import copy
from bulk_topup.record.ledger.shared import Account
from bulk_topup.record.ledger.store import Store
from bulk_topup.sending.claimant import BUSY_S
from tests.builders import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import MakeOffice, Office
    from tests.postgres import Server

SCOPE = {"account": "agent", "base_url": "https://provider.example"}
STOP = Stop("outcome.reason.62", "Maaf, saldo", "rina at kantor-1, bonus", "2025-01-20T10:00:00+07:00")


@pytest.fixture
def address(postgres: Server) -> str:
    return postgres.fresh()


@pytest.fixture
def desks(address: str) -> Iterator[list[Account]]:
    """Two desks of one account."""
    with closing(Account(address, **SCOPE)) as one, closing(Account(address, **SCOPE)) as other:
        yield [one, other]


# -- slots on the server -----------------------------------------------------------------------------------


def test_slots_of_all_desks_follow_each_other_at_one_distance(desks: list[Account]) -> None:
    began = time.monotonic()
    slots = [desks[nth % 2].take_slot(0.5, 10.0) for nth in range(6)]
    assert [slot.is_ours for slot in slots] == [True] * 6
    passed = time.monotonic() - began
    for nth, slot in enumerate(slots):
        assert nth * 0.5 - passed <= slot.wait_s <= nth * 0.5 + 0.01


def test_a_slot_beyond_the_horizon_is_left_to_whoever_asks_later(desks: list[Account]) -> None:
    assert desks[0].take_slot(3.0, 1.0).is_ours
    slot = desks[1].take_slot(3.0, 1.0)
    assert not slot.is_ours
    assert 1.0 < slot.wait_s <= 2.0, "when it comes within the horizon"


def test_no_neighbour_comes_closer_than_either_of_two_desks_wants(desks: list[Account]) -> None:
    fast, slow = desks
    waits = [fast.take_slot(0.1, 10).wait_s, slow.take_slot(2.0, 10).wait_s, fast.take_slot(0.1, 10).wait_s]
    assert waits[1] - waits[0] == pytest.approx(2.0, abs=0.2)
    assert waits[2] - waits[1] == pytest.approx(2.0, abs=0.2)


def test_slots_that_nobody_took_are_not_made_up_for(desks: list[Account]) -> None:
    desks[0].take_slot(0.05, 1.0)
    time.sleep(0.5)
    waits = [desks[0].take_slot(0.05, 1.0).wait_s for _ in range(4)]
    assert waits[0] == 0.0
    assert waits[3] > 0.05


def test_a_pause_holds_for_every_desk(desks: list[Account]) -> None:
    desks[0].pause(30.0)
    assert desks[1].take_slot(0.5, 5.0).wait_s == pytest.approx(25.5, abs=0.3)


def test_a_server_s_clock_that_was_set_back_does_not_hold_up_the_account(
    postgres: Server, address: str, desks: list[Account]
) -> None:
    schema = address.rpartition("%3D")[2]
    postgres.execute(f"UPDATE {schema}.accounts SET last_slot = extract(epoch FROM now()) + 7200")  # noqa: S608
    slot = desks[0].take_slot(0.5, 1.0)
    assert slot.is_ours
    assert slot.wait_s == 0.0


def test_another_account_has_a_pace_and_a_stop_of_its_own(address: str, desks: list[Account]) -> None:
    with closing(Account(address, account="other", base_url=SCOPE["base_url"])) as other:
        desks[0].pause(100)
        desks[0].stop_all(STOP)
        assert other.take_slot(1.0, 1.0) == Slot(is_ours=True, wait_s=0.0, stop=None)


# -- waiting for one ---------------------------------------------------------------------------------------


class Desk:
    """A throttle over slots that are handed in, and a clock that moves by sleeping alone."""

    def __init__(self, *slots: Slot, oversleep_s: float = 0.0) -> None:
        self.slots = list(slots)
        self.asked = 0
        self.now = 100.0
        self.slept: list[float] = []
        self._oversleep_s = [oversleep_s]
        self.pace = SharedThrottle(
            2.0,
            take=self._take,
            pause=lambda _s: None,
            clock=lambda: self.now,
            sleep=self._sleep,
            chance=lambda: 1.0,
        )

    def _take(self, interval_s: float, ahead_s: float) -> Slot:
        assert (interval_s, ahead_s) == (0.5, AHEAD_S)
        self.asked += 1
        return self.slots.pop(0)

    def _sleep(self, seconds: float) -> bool:
        self.slept.append(seconds)
        self.now += seconds + (self._oversleep_s.pop() if self._oversleep_s else 0.0)
        return False


def slot(wait_s: float = 0.0, *, is_ours: bool = True, stop: Stop | None = None) -> Slot:
    return Slot(is_ours, wait_s, stop)


def test_who_has_a_slot_waits_for_it_and_who_has_none_asks_again_before_it_has_passed() -> None:
    desk = Desk(slot(0.2, is_ours=False), slot(0.7))
    assert desk.pace.wait()
    assert desk.slept == [0.2 + AHEAD_S / 2, 0.7]


def test_nobody_sleeps_for_longer_than_a_stop_may_take_to_be_heard_of() -> None:
    desk = Desk(slot(300.0, is_ours=False), slot(299.0, is_ours=False, stop=STOP))
    assert not desk.pace.wait(to_send=True)
    assert desk.slept == [AHEAD_S]
    assert desk.pace.stop == STOP


def test_a_slot_that_the_machine_slept_through_is_given_up() -> None:
    desk = Desk(slot(0.3), slot(0.1), oversleep_s=SLOT_TOLERANCE_S + 0.1)
    assert desk.pace.wait()
    assert desk.asked == 2


def test_a_slot_that_was_not_used_is_the_next_caller_s_while_it_is_fresh() -> None:
    desk = Desk(slot(0.3), slot(0.4))
    assert desk.pace.wait()
    desk.pace.unused()
    assert desk.pace.wait()
    assert desk.asked == 1
    desk.pace.unused()
    desk.now += SLOT_TOLERANCE_S + 0.1
    assert desk.pace.wait()
    assert desk.asked == 2


def test_a_pause_takes_back_what_was_not_used() -> None:
    desk = Desk(slot(0.3), slot(0.4))
    assert desk.pace.wait()
    desk.pace.unused()
    desk.pace.pause(9.0)
    assert desk.pace.wait()
    assert desk.asked == 2


def test_a_stop_ends_the_wait_of_who_sends_but_not_of_who_asks_what_became_of_a_top_up() -> None:
    assert not Desk(slot(stop=STOP)).pace.wait(to_send=True)
    assert Desk(slot(stop=STOP)).pace.wait()


# -- the stop ----------------------------------------------------------------------------------------------


def test_a_stop_holds_for_all_desks_until_a_person_clears_it(desks: list[Account]) -> None:
    assert desks[1].stopped() is None
    desks[0].stop_all(STOP)
    desks[1].stop_all(Stop("outcome.reason.61", "", "budi", "later"))
    assert desks[1].stopped() == STOP, "the first one is told"
    assert desks[1].take_slot(0.5, 1.0).stop == STOP
    assert desks[1].resume("siti", NOW) == STOP
    assert desks[0].stopped() is None
    assert desks[0].resume("siti", NOW) is None


def test_who_cleared_it_is_kept(postgres: Server, address: str, desks: list[Account]) -> None:
    desks[0].stop_all(STOP)
    desks[1].resume("siti", NOW)
    schema = address.rpartition("%3D")[2]
    kept = postgres.execute(f"SELECT resumed_by, resumed_at, stop_desk FROM {schema}.accounts")  # noqa: S608
    assert kept == [("siti", NOW.isoformat(), STOP.desk)]


def copy_of(server: Server, address: str) -> str:
    """The same tables in a database of their own, as after a restore."""
    name = f"copy_{address.rpartition('%3D')[2]}"
    others = "datname = 'postgres' AND pid <> pg_backend_pid()"
    server.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")  # noqa: S608
    server.execute(f"CREATE DATABASE {name} TEMPLATE postgres")
    return address.replace("/postgres?", f"/{name}?")


def test_a_copy_that_takes_the_server_s_place_stops_the_desks_of_every_account_once(
    postgres: Server, address: str
) -> None:
    other = {**SCOPE, "account": "other"}
    for scope in (SCOPE, other):
        with closing(Account(address, **scope)) as account:
            account.stop_if_restored("rina", NOW)
            account.stop_if_restored("rina", NOW)
            assert account.stopped() is None
    copy = copy_of(postgres, address)
    with closing(Account(copy, **SCOPE)) as account, closing(Account(copy, **other)) as second:
        account.stop_if_restored("budi", NOW)
        for one in (account, second):
            stop = one.resume("siti", NOW)
            assert stop is not None
            assert (stop.code, stop.desk) == ("ledger.restored", "budi")
        account.stop_if_restored("rina", NOW)
        assert account.stopped() is None, "a person knows of it by now"


def test_tables_that_were_made_anew_in_the_same_database_stop_the_desks(
    postgres: Server, address: str
) -> None:
    """As `pg_restore --clean` does."""
    schema = address.rpartition("%3D")[2]
    with closing(Account(address, **SCOPE)) as account:
        account.stop_if_restored("rina", NOW)
        assert account.stopped() is None
    postgres.execute(
        f"ALTER TABLE {schema}.claims RENAME TO before",
        f"CREATE TABLE {schema}.claims (LIKE {schema}.before INCLUDING ALL)",
        f"DROP TABLE {schema}.before",
    )
    with closing(Account(address, **SCOPE)) as account:
        account.stop_if_restored("rina", NOW)
        stop = account.stopped()
        assert stop is not None
        assert stop.code == "ledger.restored"


def test_an_account_that_only_the_lost_tables_knew_is_stopped_too_and_so_is_it_in_a_copy(
    postgres: Server, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(WIB)
    with closing(Account(address, **SCOPE)) as account:
        account.stop_if_restored("rina", now)
    restored, copied = copy_of(postgres, address), postgres.fresh()
    with closing(Account(restored, **SCOPE)) as account:
        account.stop_if_restored("budi", now)
        account.resume("siti", now)
    with closing(Store(restored)) as old, closing(Store(copied)) as new:
        copy.copy(old, new, now)
    for place in (restored, copied):
        with closing(Account(place, **{**SCOPE, "account": "medan"})) as medan:
            stop = medan.resume("siti", now)
            assert stop is not None
            assert (stop.code, stop.desk) == ("ledger.restored", "budi")
        with closing(Account(place, **{**SCOPE, "account": "medan"})) as medan:
            assert medan.stopped() is None, "a person knows of it by now"
    monkeypatch.setattr(Account, "server_time", staticmethod(lambda _db: now + timedelta(days=61)))
    with closing(Account(restored, **{**SCOPE, "account": "much later"})) as account:
        assert account.stopped() is None


def test_a_desk_whose_clock_is_months_ahead_leaves_the_others_at_work(address: str) -> None:
    with closing(Account(address, **SCOPE)) as account, closing(Account(address, **SCOPE)) as other:
        account.stop_if_restored("rina", NOW)
        other.stop_if_restored("budi", datetime.now(WIB) + timedelta(days=100))
        with account._sending():
            pass
        assert other.stopped() is None


def test_a_server_that_does_not_tell_which_it_is_serves_its_desks_all_the_same(
    postgres: Server, address: str
) -> None:
    schema = address.rpartition("%3D")[2]
    Account(address, **SCOPE).close()
    postgres.execute(
        f"CREATE ROLE {schema}_desk LOGIN PASSWORD 'hunter2'",
        f"GRANT USAGE ON SCHEMA {schema} TO {schema}_desk",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {schema}_desk",
        "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC",
    )
    try:
        with closing(Account(postgres.address(schema, user=f"{schema}_desk"), **SCOPE)) as account:
            account.stop_if_restored("rina", NOW)
            assert account.stopped() is None
    finally:
        postgres.execute("GRANT EXECUTE ON FUNCTION pg_control_system() TO PUBLIC")


# -- whole desks -------------------------------------------------------------------------------------------


@pytest.fixture
def office(make_office: MakeOffice, address: str) -> Office:
    """An office whose record is on the server."""
    office = make_office()
    office.environment["BULK_TOPUP_LEDGER"] = address  # type: ignore[index]
    return office


def test_two_desks_with_the_same_rows_pay_each_once(office: Office) -> None:
    for name in ("jakarta.csv", "medan.csv"):
        office.payroll(name, office.numbers(40))
    started = [
        office.start("run", name, "--yes", "--rate", "500", "--wait", "0", "--again")
        for name in ("jakarta.csv", "medan.csv")
    ]
    ended = [office.finish(process) for process in started]
    assert {done.exit for done in ended} <= {0, 1}, ended
    assert set(office.paid().values()) == {1}
    assert len(office.paid()) == 40


def test_a_stopped_account_sends_nothing_until_it_is_resumed(office: Office) -> None:
    office.payroll("medan.csv", ["081200000062"])
    office.payroll("jakarta.csv", office.numbers(3))
    met = office.send("medan.csv")
    assert (met.exit, "account resume" in met.out) == (3, True)
    refused = office.send("jakarta.csv")
    assert refused.exit == 2
    assert "account resume" in refused.err
    assert "medan" in refused.err
    shown = office.run("account", "show", "--json")
    assert (shown.exit, shown.json["stop"]["cause"]) == (3, "outcome.reason.62")
    cleared = office.run("account", "resume")
    assert cleared.exit == 0
    assert "medan" in cleared.out
    assert office.send("jakarta.csv").exit == 0
    assert office.run("account", "show").exit == 0


def test_pending_top_ups_are_asked_after_while_the_account_is_stopped(office: Office) -> None:
    office.payroll("medan.csv", ["081200001001", "081200000062"])
    stopped = office.run("run", "medan.csv", "--yes", "--rate", "500", "--wait", "8")
    assert stopped.exit == 3
    assert office.statuses("medan.results.xlsx") == ["sukses", "unsent"]


def test_a_desk_that_comes_too_soon_makes_all_desks_wait_a_moment(office: Office, address: str) -> None:
    """41: the provider is still at work on a top-up of this account."""
    office.payroll("medan.csv", ["081200000041"])
    assert office.send("medan.csv").exit == 4
    with closing(Account(address, account="sandbox", base_url=office.sandbox.url)) as other:
        slot = other.take_slot(0.5, 1.0)
        assert not slot.is_ours
        assert 1.0 < slot.wait_s < BUSY_S


def test_where_the_record_is_a_file_there_is_no_stop_to_clear(make_office: MakeOffice) -> None:
    office = make_office()
    told = office.run("account", "resume")
    assert told.exit == 2
    assert "run the same command again" in told.err

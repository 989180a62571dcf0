"""The ledger on a PostgreSQL server: what a file's single writer never met, and what an address may show."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from bulk_topup.core.errors import BulkTopupError, StorageFailed
from bulk_topup.core.model import Wanted
from bulk_topup.core.status import Status
from bulk_topup.record.ledger import postgres as server
from bulk_topup.record.ledger.address import shown
from bulk_topup.record.ledger.claims import Conclusion, Ledger
from bulk_topup.record.ledger.register import register_of
from bulk_topup.record.ledger.tables import VERSION
from bulk_topup.report.words import say
from tests.builders import ANDI, BUDI, NOW, TODAY, an_order, claim

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from tests.postgres import Server

SCOPE = {"account": "agent", "base_url": "https://provider.example"}
TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def address(postgres: Server) -> str:
    return postgres.fresh()


def ledger_at(address: str, *, today: date = TODAY) -> Ledger:
    """One whose server says that it is this day."""
    ledger = Ledger(address, **SCOPE)
    ledger.server_time = lambda _db: NOW + (today - TODAY)
    return ledger


@pytest.fixture
def ledger(address: str) -> Iterator[Ledger]:
    with closing(ledger_at(address)) as opened:
        yield opened


# -- desks at the same moment ------------------------------------------------------------------------------

ROUNDS = 40


@pytest.mark.parametrize("other", [{"day": TOMORROW}, {"itrx": 2}], ids=["another day", "another count"])
def test_of_two_desks_that_claim_a_number_at_the_same_moment_one_is_held(
    address: str, other: dict[str, Any]
) -> None:
    """No key keeps the two apart, and neither sees what the other has not committed yet."""
    desks = [ledger_at(address), ledger_at(address, today=other.get("day", TODAY))]
    asked: list[dict[str, Any]] = [{}, other]
    together = threading.Barrier(2)

    def claim_all(nth: int) -> list[int]:
        day, itrx = asked[nth].get("day", TODAY), asked[nth].get("itrx", 1)
        won = []
        for round_ in range(ROUNDS):
            order = an_order(f"0812{round_:08}", itrx=itrx)
            together.wait(timeout=30)
            if claim(desks[nth], order, day, f"{nth}-{round_}", f"b{nth}", f"b{nth}", NOW, since=day) is None:
                won.append(round_)
        return won

    with ThreadPoolExecutor(2) as pool:
        won = list(pool.map(claim_all, range(2)))
    for desk in desks:
        desk.close()
    assert sorted(won[0] + won[1]) == list(range(ROUNDS))
    assert all(won), "the two never met: nothing was shown"


def test_the_server_s_own_idea_of_isolation_does_not_hide_what_another_desk_claimed(
    postgres: Server, address: str
) -> None:
    strict = f"{address}%20-cdefault_transaction_isolation%3Dserializable"
    with closing(ledger_at(strict)) as ledger, closing(ledger_at(strict, today=TOMORROW)) as other:
        for nth, (desk, day) in enumerate(((ledger, TODAY), (other, TOMORROW))):
            holder = claim(desk, an_order(), day, f"t{nth}", f"b{nth}", f"b{nth}", NOW, since=day)
            assert (holder is None) == (nth == 0)
        with ledger._engine.connect() as db:
            assert db.execute(sa.text("SHOW transaction_isolation")).scalar() == "read committed"


def test_two_desks_whose_turns_cross_wait_for_each_other_and_never_both_at_once(address: str) -> None:
    """Each lets go of what the other wants, in whatever order."""
    desks = [ledger_at(address), ledger_at(address)]
    orders = [an_order(f"0812{nth:08}") for nth in range(24)]
    together = threading.Barrier(2)

    def turns(nth: int) -> int:
        won = 0
        mine: list[Conclusion] = []
        for round_ in range(ROUNDS):
            wanted = [
                Wanted(order, f"{nth}-{round_}-{order.number}", NOW, TODAY)
                for order in (orders if nth else orders[::-1])
                if (int(order.number) + nth + round_) % 2
            ]
            together.wait(timeout=30)
            holders = desks[nth].turn(mine, wanted, f"b{nth}", f"b{nth}", TODAY)
            held = [one for one, holder in zip(wanted, holders, strict=True) if holder.token == one.token]
            mine = [Conclusion(one.token, one.order, Status.UNSENT) for one in held]
            won += len(held)
        return won

    with ThreadPoolExecutor(2) as pool:
        won = list(pool.map(turns, range(2)))
    for desk in desks:
        desk.close()
    assert all(won)


def test_two_desks_that_put_back_the_same_claims_do_not_lock_each_other_out(address: str) -> None:
    names = ("number", "nominal", "itrx", "product", "row", "day", "state", "claimed_at")
    rows = [
        dict(zip(names, (f"0812{n:08}", 5_000, 1, "S5", n, TODAY.isoformat(), "paid", "x"), strict=True))
        for n in range(300)
    ]
    desks = [ledger_at(address), ledger_at(address)]

    def restore(nth: int) -> None:
        mine = [{**row, "token": f"{nth}-{row['row']}"} for row in rows]
        desks[nth].restore(mine if nth else mine[::-1], f"b{nth}", f"b{nth}")

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(restore, range(2)))
    assert [len(desk.own(f"b{nth}")) for nth, desk in enumerate(desks)] == [len(rows)] * 2
    for desk in desks:
        desk.close()


# -- the server's clock ------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [-1, 1])
def test_a_desk_that_is_on_another_day_than_the_server_claims_nothing(address: str, days: int) -> None:
    """By its own clock it would claim another slot than the one that another desk was paid under."""
    with closing(ledger_at(address)) as ledger:
        day = TODAY + timedelta(days=days)
        with pytest.raises(StorageFailed) as refused:
            claim(ledger, an_order(), day, "t1", "b1", "b1", NOW, since=day)
        assert refused.value.code == "ledger.other_day"
        assert ledger.own("b1") == []


def test_the_server_s_clock_is_the_server_s(postgres: Server, address: str) -> None:
    with closing(Ledger(address, **SCOPE)) as ledger, ledger._engine.connect() as db:
        (there,) = postgres.execute("SELECT extract(epoch FROM clock_timestamp())")[0]
        assert 0 <= Ledger.server_time(db).timestamp() - float(there) < 5


# -- tables ------------------------------------------------------------------------------------------------


def test_whole_numbers_may_outgrow_32_bits(ledger: Ledger) -> None:
    order = an_order(row=2**40)
    object.__setattr__(order, "nominal", 5 * 10**12)
    assert claim(ledger, order, TODAY, "t1", "b1", "b1", NOW, since=TODAY) is None
    (own,) = ledger.own("b1")
    assert (own["nominal"], own["row"]) == (5 * 10**12, 2**40)


def test_tables_of_an_earlier_version_are_widened_and_keep_their_rows(postgres: Server, address: str) -> None:
    with closing(ledger_at(address)) as ledger:
        claim(ledger, an_order(), TODAY, "t1", "b1", "b1", NOW, since=TODAY)
    schema = address.rpartition("%3D")[2]
    postgres.execute(
        *(f'ALTER TABLE {schema}.claims ALTER COLUMN "{name}" TYPE integer' for name in ("nominal", "row")),
        f"UPDATE {schema}.meta SET value = '2' WHERE key = 'version'",  # noqa: S608
    )
    with closing(ledger_at(address)) as ledger:
        order = an_order(BUDI, row=2**40)
        assert claim(ledger, order, TODAY, "t2", "b1", "b1", NOW, since=TODAY) is None
        assert [row["number"] for row in ledger.own("b1")] == [ANDI, BUDI]
    stored = postgres.execute(f"SELECT value FROM {schema}.meta WHERE key = 'version'")  # noqa: S608
    assert stored == [(str(VERSION),)]


def test_a_desk_needs_no_more_than_to_read_and_write_rows(postgres: Server, address: str) -> None:
    schema = address.rpartition("%3D")[2]
    Ledger(address, **SCOPE).close()
    postgres.execute(
        f"CREATE ROLE {schema}_desk LOGIN PASSWORD 'hunter2'",
        f"GRANT USAGE ON SCHEMA {schema} TO {schema}_desk",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {schema}_desk",
    )
    with closing(ledger_at(postgres.address(schema, user=f"{schema}_desk"))) as ledger:
        assert claim(ledger, an_order(), TODAY, "t1", "b1", "b1", NOW, since=TODAY) is None
        ledger.conclude("t1", Status.SUKSES)
        assert len(ledger.own("b1")) == 1


def test_a_desk_that_comes_before_the_tables_is_told_who_makes_them(postgres: Server) -> None:
    schema = postgres.fresh().rpartition("%3D")[2]
    postgres.execute(
        f"CREATE ROLE {schema}_desk LOGIN PASSWORD 'hunter2'",
        f"GRANT USAGE ON SCHEMA {schema} TO {schema}_desk",
    )
    with pytest.raises(StorageFailed) as refused:
        Ledger(postgres.address(schema, user=f"{schema}_desk"), **SCOPE)
    assert refused.value.code == "ledger.not_owner"


# -- a server that is not there ----------------------------------------------------------------------------


def test_a_server_that_crashed_and_came_back_is_found_again(postgres: Server, ledger: Ledger) -> None:
    assert claim(ledger, an_order(), TODAY, "t1", "b1", "b1", NOW, since=TODAY) is None
    postgres.kill()
    with pytest.raises(StorageFailed):
        claim(ledger, an_order(BUDI), TODAY, "t2", "b1", "b1", NOW, since=TODAY)
    postgres.start()
    assert claim(ledger, an_order(BUDI), TODAY, "t3", "b1", "b1", NOW, since=TODAY) is None
    assert {row["token"] for row in ledger.own("b1")} == {"t1", "t3"}


class Hasty(Ledger):
    longest_silence_s = 0.5


def test_a_server_that_stands_still_is_out_of_reach_until_it_goes_on(postgres: Server, address: str) -> None:
    with closing(Hasty(address, **SCOPE)) as ledger:
        ledger.server_time = lambda _db: NOW
        postgres.freeze()
        try:
            with pytest.raises(StorageFailed) as refused:
                claim(ledger, an_order(), TODAY, "t1", "b1", "b1", NOW, since=TODAY)
        finally:
            postgres.thaw()
        assert "does not answer" in say.error(refused.value)
        assert claim(ledger, an_order(), TODAY, "t2", "b1", "b1", NOW, since=TODAY) is None
        assert [row["token"] for row in ledger.own("b1")] == ["t2"]


def test_what_a_sleeping_desk_holds_is_let_go_of_before_others_give_up(address: str) -> None:
    """It fell asleep between two statements of a claim: its connection stays, as its kernel's does."""
    asleep = ledger_at(address)
    with closing(asleep), closing(ledger_at(address)) as other, asleep._engine.connect() as db:
        asleep._wait_for_turn(db, [an_order()])
        assert claim(other, an_order(), TODAY, "t1", "b1", "b1", NOW, since=TODAY) is None
        with pytest.raises(sa.exc.DBAPIError):
            db.execute(sa.select(1))


@pytest.mark.parametrize(
    ("address", "variables", "mode"),
    [
        ("postgresql://db.office/topups", {}, "require"),
        ("postgresql:///topups?host=db.office", {}, "require"),
        ("postgresql:///topups", {"PGHOST": "db.office"}, "require"),
        ("postgresql://localhost.office/topups", {}, "require"),
        ("postgresql://localhost/topups", {}, None),
        ("postgresql:///topups", {}, None),
        ("postgresql://db.office/topups?sslmode=verify-full", {}, None),
        ("postgresql://db.office/topups", {"PGSSLMODE": "verify-full"}, None),
        ("postgresql:///topups?service=topups", {"PGHOST": "db.office"}, None),
    ],
)
def test_a_way_to_another_computer_is_encrypted_unless_a_person_said_how(
    monkeypatch: pytest.MonkeyPatch, address: str, variables: dict[str, str], mode: str | None
) -> None:
    """None: nothing is added to what the address and libpq's own variables say."""
    for name in ("PGHOST", "PGHOSTADDR", "PGSSLMODE", "PGSERVICE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert server._options(sa.engine.make_url(address)).get("sslmode") == mode


def test_a_transaction_that_fails_leaves_nothing_and_spoils_no_later_one(ledger: Ledger) -> None:
    with pytest.raises(StorageFailed):
        claim(ledger, an_order("08\x00"), TODAY, "t1", "b1", "b1", NOW, since=TODAY)
    assert ledger.own("b1") == []
    assert claim(ledger, an_order(), TODAY, "t2", "b1", "b1", NOW, since=TODAY) is None


# -- addresses ---------------------------------------------------------------------------------------------

SECRET = "hunter2"
ADDRESSES = {
    "postgresql://rina:hunter2@db.office/topups": "postgresql://db.office/topups",
    "postgresql://rina:hunter2@db.office:6432/topups?sslmode=verify-full": "postgresql://db.office:6432/topups",
    "postgresql://db.office/topups?password=hunter2": "postgresql://db.office/topups",
    "postgresql://rina:hun/hunter2@db.office/topups": "postgresql://db.office/topups",
    "postgresql://rina:hun?hunter2@db.office/topups": "postgresql://db.office/topups",
    "postgresql://hunter2@db.office/topups": "postgresql://db.office/topups",
    "postgresql://rina:p@hunter2@db.office/topups": "postgresql://db.office/topups",
    "postgresql://rina:hunter2/topups": "postgresql://…",
    "postgresql://rina/hunter2@db.office/topups": "postgresql://db.office/topups",
    "postgresql://rina:p@hunter2@db.office/topups?password=x@hunter2": "postgresql://…",
    "postgresql://[::1]:5432/topups": "postgresql://[::1]:5432/topups",
    "/home/rina/ledger.db": "/home/rina/ledger.db",
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_is_shown_without_whatever_may_be_a_password(address: str) -> None:
    assert shown(address) == ADDRESSES[address]
    assert SECRET not in shown(address)


@pytest.mark.parametrize("address", [address for address in ADDRESSES if "hunter2" in address])
def test_an_address_that_leads_nowhere_is_refused_without_its_password(address: str) -> None:
    unreachable = address.replace("db.office", "127.0.0.1:1")
    with pytest.raises(BulkTopupError) as refused:
        register_of(unreachable)
    assert SECRET not in say.error(refused.value)
    assert SECRET not in str(refused.value)


def test_a_wrong_password_is_one_line_that_does_not_show_it(postgres: Server) -> None:
    address = postgres.address().replace(SECRET, "hunter3")
    with pytest.raises(StorageFailed) as refused:
        register_of(address)
    words = say.error(refused.value)
    assert "password authentication failed" in words
    assert "hunter" not in words
    assert "\n" not in words


def test_another_kind_of_server_is_refused() -> None:
    with pytest.raises(StorageFailed) as refused:
        register_of("mysql://rina:hunter2@db.office/topups")
    assert refused.value.code == "ledger.other_server"
    assert SECRET not in say.error(refused.value)

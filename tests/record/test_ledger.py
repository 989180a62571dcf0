"""The ledger: one holder for each of the provider's one-per-day slots, across batches and processes."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from bulk_topup.core.errors import BulkTopupError, InputError, StorageFailed
from bulk_topup.core.model import Kind, Outcome, Then
from bulk_topup.core.status import Status
from bulk_topup.record.ledger.address import is_address, ledger_url
from bulk_topup.record.ledger.claims import Ledger
from bulk_topup.record.ledger.statements import state_of
from bulk_topup.record.ledger.values import HELD, OPEN, PAID, Decision
from bulk_topup.report.words import say
from bulk_topup.rules.duplicates import ELSEWHERE_COLUMNS, RECENT_COLUMNS
from tests import builders
from tests.builders import ANDI, BUDI, CITRA, DEWI, NOW, TODAY, an_order
from tests.markdown import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bulk_topup.record.ledger.values import Claim

    MakeLedger = Callable[..., Ledger]

RELEASED = [Status.UNSENT, Status.GAGAL]
KEPT = {
    Status.SUKSES: PAID,
    Status.PENDING: OPEN,
    Status.ACCEPTED: OPEN,
    Status.UNKNOWN: OPEN,
    Status.DUPLICATE: HELD,
}


@dataclass
class ServerClock:
    """What a server's clock says: always the day that is claimed for, as where no clock is wrong."""

    now: datetime = NOW


SERVER = ServerClock()


@pytest.fixture
def ledger_of(location: str) -> Iterator[MakeLedger]:
    """Ledgers of any account over one database."""
    made = []

    def make(account: str = "agent", base_url: str = "https://provider.example") -> Ledger:
        scope = {"account": account, "base_url": base_url}
        made.append(Ledger(ledger_url(location), **scope))
        made[-1].server_time = lambda _db: SERVER.now
        return made[-1]

    yield make
    for ledger in made:
        ledger.close()


@pytest.fixture
def ledger(ledger_of: MakeLedger) -> Ledger:
    return ledger_of()


def claim(ledger: Ledger, token: str, batch: str = "b1", **order: Any) -> Claim | None:
    day = order.pop("day", TODAY)
    SERVER.now = NOW + (day - TODAY)
    since = order.pop("since", day)
    nominal = order.pop("nominal", None)
    wanted = an_order(**order) if nominal is None else replace(an_order(**order), nominal=nominal)
    return builders.claim(ledger, wanted, day, token, batch, f"name of {batch}", NOW, since=since)


# -- claims ------------------------------------------------------------------------------------------------


def test_a_free_slot_is_won_and_a_taken_one_names_its_holder(ledger: Ledger) -> None:
    assert claim(ledger, "t1", row=7) is None
    holder = claim(ledger, "t2", batch="b2", product="SP5")
    assert holder is not None
    assert (holder.batch, holder.batch_name, holder.row, holder.product) == ("b1", "name of b1", 7, "S5")
    assert (holder.token, holder.state, holder.day) == ("t1", OPEN, TODAY.isoformat())
    assert holder.claimed_at == NOW.isoformat()


def test_a_slot_is_taken_for_its_own_batch_too(ledger: Ledger) -> None:
    """Who sees its own claim must find out why, and never sends again under it unawares."""
    claim(ledger, "t1")
    holder = claim(ledger, "t2")
    assert holder is not None
    assert (holder.batch, holder.token) == ("b1", "t1")


@pytest.mark.parametrize(
    "other",
    [{"number": BUDI}, {"product": "S10"}, {"itrx": 2}, {"day": TODAY + timedelta(days=1)}],
)
def test_another_number_amount_count_or_day_is_another_slot(ledger: Ledger, other: dict[str, Any]) -> None:
    claim(ledger, "t1")
    ledger.conclude("t1", Status.SUKSES)
    assert claim(ledger, "t2", batch="b2", **other) is None


def test_a_claim_that_is_open_in_another_batch_holds_every_day_and_count(ledger: Ledger) -> None:
    """Money may have moved for it, and a claim of another day would not be seen by its key."""
    claim(ledger, "t1")
    for other in ({"itrx": 2}, {"day": TODAY + timedelta(days=1)}):
        holder = claim(ledger, "t2", batch="b2", **other)
        assert holder is not None
        assert holder.batch == "b1"
    ledger.conclude("t1", Status.GAGAL)
    assert claim(ledger, "t2", batch="b2", day=TODAY + timedelta(days=1)) is None


@pytest.mark.parametrize("status", [Status.SUKSES, Status.DUPLICATE])
def test_what_another_batch_was_faster_with_since_this_one_began_holds_on_later_days_too(
    ledger: Ledger, status: Status
) -> None:
    yesterday, tomorrow = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
    claim(ledger, "t1", row=7)
    ledger.conclude("t1", status)

    for since in (yesterday, TODAY):
        holder = claim(ledger, "t2", batch="b2", day=tomorrow, since=since)
        assert holder is not None
        assert (holder.batch, holder.row, holder.day) == ("b1", 7, TODAY.isoformat())
    assert ledger.own("b2") == [], "its own claim was kept"


@pytest.mark.parametrize("status", [Status.SUKSES, Status.PENDING, Status.UNKNOWN])
def test_what_a_copy_of_the_batch_paid_before_midnight_holds_after_it(ledger: Ledger, status: Status) -> None:
    """The folder was copied half way; this desk slept, and the day of its claim is another."""
    tomorrow = TODAY + timedelta(days=1)
    claim(ledger, "t1")
    ledger.conclude("t1", status)

    holder = claim(ledger, "t2", day=tomorrow)
    assert holder is not None
    assert (holder.batch, holder.token) == ("b1", "t1")
    assert [own["token"] for own in ledger.own("b1")] == ["t1"], "the later claim was kept"


@pytest.mark.parametrize("other", [{"number": BUDI}, {"product": "S10"}, {"itrx": 2}])
def test_another_order_of_the_batch_is_free_on_the_next_day(ledger: Ledger, other: dict[str, Any]) -> None:
    claim(ledger, "t1")
    ledger.conclude("t1", Status.SUKSES)
    assert claim(ledger, "t2", **{"day": TODAY + timedelta(days=1), **other}) is None


@pytest.mark.parametrize("other", [{"product": "SP5"}, {"itrx": 2}])
@pytest.mark.parametrize("status", [Status.PENDING, Status.UNKNOWN])
def test_what_is_open_in_the_batch_itself_holds_every_other_order_of_its_amount_on_later_days(
    ledger: Ledger, status: Status, other: dict[str, Any]
) -> None:
    """The row has another product by now, of the same amount: 51 knows amounts alone, and only that day."""
    claim(ledger, "t1")
    ledger.conclude("t1", status)
    holder = claim(ledger, "t2", day=TODAY + timedelta(days=1), nominal=5_000, **other)
    assert holder is not None
    assert (holder.token, holder.product, holder.itrx) == ("t1", "S5", 1), "not this order's own"


def test_a_product_whose_nominal_changed_is_the_same_to_another_batch(ledger: Ledger) -> None:
    claim(ledger, "t1")
    ledger.conclude("t1", Status.SUKSES)
    holder = claim(ledger, "t2", batch="b2", nominal=5_500)
    assert holder is not None
    assert holder.token == "t1"


@pytest.mark.parametrize("status", [Status.GAGAL, Status.UNSENT, Status.UNKNOWN, Status.DUPLICATE])
def test_what_is_paid_stays_paid_whatever_an_older_progress_file_says(ledger: Ledger, status: Status) -> None:
    claim(ledger, "t1")
    ledger.conclude("t1", Status.SUKSES)
    ledger.conclude("t1", status)
    assert [(row["token"], row["state"]) for row in ledger.own("b1")] == [("t1", PAID)]


@pytest.mark.parametrize("status", [Status.UNSENT, Status.GAGAL])
def test_an_order_that_was_not_paid_is_free_on_the_next_day(ledger: Ledger, status: Status) -> None:
    claim(ledger, "t1")
    ledger.conclude("t1", status)
    assert claim(ledger, "t2", day=TODAY + timedelta(days=1)) is None


@pytest.mark.parametrize("other", [{"number": BUDI}, {"product": "S10"}, {"itrx": 2}, {"since": TODAY}])
def test_another_number_amount_or_count_or_what_was_paid_before_this_one_began_holds_nothing(
    ledger: Ledger, other: dict[str, Any]
) -> None:
    yesterday = TODAY - timedelta(days=1)
    claim(ledger, "t1", day=yesterday)
    ledger.conclude("t1", Status.SUKSES)
    assert claim(ledger, "t2", **{"batch": "b2", "since": yesterday, **other}) is None


def test_of_several_holders_the_one_that_is_still_open_is_named(ledger: Ledger) -> None:
    """What is paid elsewhere is a final answer for a row; what is open there is none."""
    claim(ledger, "t1", day=TODAY - timedelta(days=1))
    ledger.conclude("t1", Status.SUKSES)
    claim(ledger, "t2", batch="b2", itrx=2)
    holder = claim(ledger, "t3", batch="b3", since=TODAY - timedelta(days=1))
    assert holder is not None
    assert (holder.batch, holder.is_open) == ("b2", True)


def test_another_account_is_another_slot_and_sees_nothing(ledger_of: MakeLedger) -> None:
    mine, other = ledger_of(), ledger_of(account="agent2")
    claim(mine, "t1")
    assert other.elsewhere("b2", TODAY).empty
    assert other.own("b1") == []
    assert claim(other, "t2", batch="b2") is None
    assert [row["token"] for row in mine.own("b1")] == ["t1"]
    mine.conclude("t1", Status.SUKSES)
    assert other.paid_since("b2", TODAY).empty


@pytest.mark.parametrize("status", RELEASED)
def test_what_was_not_sent_or_failed_frees_the_slot(ledger: Ledger, status: Status) -> None:
    claim(ledger, "t1")
    ledger.conclude("t1", status)
    assert claim(ledger, "t2", batch="b2") is None


@pytest.mark.parametrize(("status", "state"), KEPT.items())
def test_everything_else_keeps_it(ledger: Ledger, status: Status, state: str) -> None:
    claim(ledger, "t1")
    ledger.conclude("t1", status)
    holder = claim(ledger, "t2", batch="b2")
    assert holder is not None
    assert (holder.state, state_of(status)) == (state, state)


def test_every_status_of_an_attempted_order_has_a_state() -> None:
    assert {*RELEASED, *KEPT} == set(Status) - {Status.INVALID}


def test_only_the_claim_of_that_token_is_concluded(ledger: Ledger) -> None:
    claim(ledger, "t1")
    claim(ledger, "t2", number=BUDI)
    ledger.conclude("t2", Status.UNSENT)
    ledger.conclude("nobody's", Status.UNSENT)
    assert [row["token"] for row in ledger.own("b1")] == ["t1"]


def test_many_claims_are_concluded_at_once(ledger: Ledger) -> None:
    for token, number in (("t1", ANDI), ("t2", BUDI), ("t3", CITRA)):
        claim(ledger, token, number=number)
    ledger.conclude_all({"t1": Status.SUKSES, "t2": Status.GAGAL, "t3": Status.PENDING})
    assert {row["token"]: row["state"] for row in ledger.own("b1")} == {"t1": PAID, "t3": OPEN}
    ledger.conclude_all({})


def test_of_two_decisions_about_an_open_claim_the_first_counts(ledger: Ledger) -> None:
    claim(ledger, "t1")
    (open_,) = ledger.open_claims(ANDI)

    def decide(kind: Kind, status: Status) -> bool:
        outcome = Outcome(kind, Then.GO_ON, "")
        decision = Decision.of(outcome, open_, at=NOW.isoformat(), who="Rina", note="")
        return ledger.decide(decision, "b1", status, None)

    assert decide(Kind.SUKSES, Status.SUKSES)
    assert not decide(Kind.GAGAL, Status.GAGAL)
    assert [row["state"] for row in ledger.own("b1")] == [PAID]
    assert [one.outcome.kind for one in ledger.decisions("b1")] == [Kind.SUKSES]


def test_a_claim_is_there_for_the_next_process(ledger_of: MakeLedger) -> None:
    claim(ledger_of(), "t1")
    assert claim(ledger_of(), "t2", batch="b2") is not None


def test_a_claim_costs_the_same_however_many_there_are(tmp_path: Path) -> None:
    """Counted in the steps of SQLite's machine: it must not go through all that the account ever claimed."""
    ledger = Ledger(ledger_url(str(tmp_path / "ledger.db")), account="agent", base_url="u")
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1

    sa.event.listen(ledger._engine, "connect", lambda db, _: db.set_progress_handler(step, 1))
    ledger._engine.dispose()

    def cost_of(number: str) -> int:
        before = steps
        assert claim(ledger, f"t{number}", number=number) is None
        assert claim(ledger, f"u{number}", number=number, batch="b2") is not None
        return steps - before

    few = cost_of("081200000000")
    ledger.restore(
        (
            {
                "day": str(TODAY),
                "number": f"0813{n:08}",
                "nominal": 5000,
                "itrx": 1,
                "product": "S5",
                "row": n,
            }
            | {"token": f"r{n}", "state": OPEN, "claimed_at": str(NOW)}
            for n in range(2000)
        ),
        "b3",
        "name of b3",
    )
    many = cost_of("081200000001")
    ledger.close()
    assert many < 1.5 * few


# -- looking -----------------------------------------------------------------------------------------------


def test_elsewhere_shows_claims_since_that_day_and_open_ones_of_any_day(ledger: Ledger) -> None:
    yesterday, tomorrow = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
    for token, number, day, status in (
        ("t1", ANDI, TODAY, Status.SUKSES),
        ("t2", BUDI, yesterday, Status.UNKNOWN),
        ("t3", CITRA, yesterday, Status.SUKSES),
        ("t4", DEWI, tomorrow, Status.SUKSES),
    ):
        claim(ledger, token, number=number, day=day, row=5)
        ledger.conclude(token, status)
    seen = ledger.elsewhere("b2", TODAY)
    assert list(seen.columns) == ELSEWHERE_COLUMNS
    assert seen.sort_values("number")[["number", "row", "day", "state"]].to_numpy().tolist() == [
        [ANDI, 5, TODAY.isoformat(), PAID],
        [BUDI, 5, yesterday.isoformat(), OPEN],
        [DEWI, 5, tomorrow.isoformat(), PAID],
    ]
    assert ledger.elsewhere("b1", TODAY).empty


def test_paid_since_shows_what_others_paid_lately_and_nothing_open(ledger: Ledger) -> None:
    days_ago = {"t1": 0, "t2": 20, "t3": 21, "t4": 1}
    for token, days in days_ago.items():
        claim(ledger, token, number=f"08121000{days:04}", day=TODAY - timedelta(days=days))
        ledger.conclude(token, Status.UNKNOWN if token == "t4" else Status.SUKSES)
    seen = ledger.paid_since("b2", TODAY - timedelta(days=20))
    assert list(seen.columns) == RECENT_COLUMNS
    assert sorted(seen["number"]) == ["081210000000", "081210000020"]
    assert ledger.paid_since("b1", TODAY - timedelta(days=20)).empty


def test_own_claims_say_all_that_a_lost_attempt_needs(ledger: Ledger) -> None:
    claim(ledger, "t1", row=9, itrx=2)
    assert ledger.own("b1") == [
        {
            "number": ANDI,
            "nominal": 5_000,
            "itrx": 2,
            "product": "S5",
            "row": 9,
            "day": TODAY.isoformat(),
            "token": "t1",
            "state": OPEN,
            "claimed_at": NOW.isoformat(),
            "base_url": "https://provider.example",
        }
    ]


# -- several processes -------------------------------------------------------------------------------------

CLAIMS_ALL = """
import sys
from tests.builders import *
from bulk_topup.record.ledger.address import ledger_url
from bulk_topup.record.ledger.claims import Ledger
path, batch, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
scope = {"account": "agent", "base_url": "https://provider.example"}
ledger = Ledger(ledger_url(path), **scope)
ledger.server_time = lambda _db: NOW
for nth in range(count):
    order = an_order(f"0812{nth:08}")
    holder = claim(ledger, order, TODAY, f"{batch}-{nth}", batch, batch, NOW, since=TODAY)
    if holder is None:
        print(nth)
    elif holder.batch == batch:
        sys.exit("its own claim")
ledger.close()
"""


def run_at_once(location: str, processes: int, count: int) -> list[list[int]]:
    """What each of the processes won; they start claiming together."""
    command = [sys.executable, "-c", CLAIMS_ALL, location]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    running = [
        subprocess.Popen([*command, f"b{nth}", str(count)], cwd=ROOT, text=True, **pipes)  # type: ignore[call-overload]
        for nth in range(processes)
    ]
    for process in running:
        assert process.stdout.readline() == "ready\n"
    for process in running:
        process.stdin.write("\n")
        process.stdin.flush()
    ended = [process.communicate(timeout=60) for process in running]
    assert [process.returncode for process in running] == [0] * processes, ended
    return [[int(line) for line in out.split()] for out, _ in ended]


def test_two_processes_that_claim_the_same_slots_win_each_exactly_once(location: str) -> None:
    Ledger(ledger_url(location), account="agent", base_url="https://provider.example").close()
    won = run_at_once(location, processes=2, count=150)
    assert sorted(won[0] + won[1]) == list(range(150))


@pytest.mark.slow
def test_the_first_runs_of_several_people_may_make_the_ledger_at_the_same_moment(location: str) -> None:
    won = run_at_once(location, processes=6, count=10)
    assert sorted(chain.from_iterable(won)) == list(range(10))


# -- where it is, and when it can't be used ----------------------------------------------------------------


def failure(location: str) -> StorageFailed:
    with pytest.raises(StorageFailed) as error:
        Ledger(ledger_url(location), account="agent", base_url="https://provider.example")
    assert error.value.code == "ledger.unusable"
    return error.value


def test_a_new_ledger_is_its_owners_alone_in_a_folder_that_is_made(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "ledger.db"
    ledger = Ledger(ledger_url(str(path)), account="agent", base_url="https://provider.example")
    claim(ledger, "t1")
    beside = [path, *path.parent.glob("ledger.db-*")]
    assert {stat.S_IMODE(file.stat().st_mode) for file in beside} == {0o600}
    ledger.close()
    assert [file.name for file in path.parent.iterdir()] == ["ledger.db"]


@pytest.mark.parametrize("folder", ["gaji januari", "bonus 50%", "50%20x", "gaji?", "a#b", "a;b", "é", "a'b"])
def test_the_ledger_stands_where_its_path_says_whatever_the_folder_is_called(
    tmp_path: Path, folder: str
) -> None:
    path = tmp_path / folder / "ledger.db"
    ledger = Ledger(ledger_url(str(path)), account="agent", base_url="https://provider.example")
    claim(ledger, "t1")
    ledger.close()
    assert path.read_bytes()[:6] == b"SQLite"
    assert [file.name for file in tmp_path.iterdir()] == [folder]


def test_an_address_is_taken_as_it_stands() -> None:
    assert ledger_url("postgresql://db.office/topups") == "postgresql://db.office/topups"


@pytest.mark.parametrize(
    "location",
    [
        "postgresql+psycopg:/db.office/topups",
        "postgresql:/rina:hunter2@db.office/topups",
        "postgres:db.office/topups",
        "PostgreSQL:topups",
        "sqlite:/data/ledger.db",
        "file:ledger.db",
        "mysql:topups",
    ],
)
def test_what_only_looks_like_an_address_is_refused_and_makes_no_file(
    location: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a file name it would be a new, empty record, in which nobody was paid yet."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as error:
        ledger_url(location)
    assert error.value.code == "ledger.no_address"
    assert location.startswith(f"{error.value.facts['scheme']}:")
    assert "hunter2" not in say.error(error.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("location", ["C:\\data\\ledger.db", "c:/data/ledger.db", "C:ledger.db"])
def test_a_drive_of_windows_is_no_address(location: str) -> None:
    assert not is_address(location)


@pytest.mark.parametrize("name", ["ledger.db", "./mysql:topups", "/srv/a:b/ledger.db", "gaji 2025:07.db"])
def test_a_path_is_no_address(name: str) -> None:
    assert not is_address(name)


def test_a_ledger_that_is_no_database_stops_the_run_and_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(b"something else" * 500)
    assert str(path) in str(failure(str(path)).facts["where"])
    assert path.read_bytes() == b"something else" * 500


def test_a_ledger_that_breaks_under_a_run_stops_it(ledger_of: MakeLedger, location: str) -> None:
    ledger = ledger_of()
    claim(ledger, "t1")
    ledger.close()
    spoil(location)
    for use in (
        lambda: claim(ledger, "t2", number=BUDI),
        lambda: ledger.conclude("t1", Status.SUKSES),
        lambda: ledger.own("b1"),
        lambda: ledger.elsewhere("b2", TODAY),
        lambda: ledger.paid_since("b2", TODAY),
    ):
        with pytest.raises(StorageFailed) as error:
            use()
        assert error.value.code == "ledger.unusable"


def spoil(location: str) -> None:
    if not is_address(location):
        Path(location).write_bytes(b"\xee" * 8192)
        return
    engine = sa.create_engine(location.replace("://", "+psycopg://"))
    with engine.begin() as db:
        db.exec_driver_sql("DROP TABLE claims")
    engine.dispose()


def test_a_ledger_whose_table_is_another_stops_the_run(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE claims (number TEXT)")
    db.close()
    failure(str(path))


def test_a_folder_that_cannot_be_made_or_is_the_ledger_itself_is_a_storage_failure(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for location in (tmp_path / "file" / "ledger.db", tmp_path, Path("/proc/none/ledger.db")):
        failure(str(location))


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://user:hunter2@127.0.0.1:1/topups",
        "nosuchdatabase://127.0.0.1/x",
        "sqlite:////proc/none/ledger.db",
        "http://not-a-database.example/",
        "://",
    ],
)
def test_an_address_that_cannot_be_used_is_one_clear_refusal_that_shows_no_password(address: str) -> None:
    with pytest.raises(BulkTopupError) as error:
        Ledger(ledger_url(address), account="agent", base_url="https://provider.example")
    assert "hunter2" not in str(error.value)

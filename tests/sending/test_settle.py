"""Open rows: asked after, sent again under the one-a-day rule, or closed by a person. None is paid twice."""

from __future__ import annotations

import getpass
import io
import json
import shutil
import sqlite3
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bulk_topup.commands.prove_51 import _sent_again
from bulk_topup.commands.resolve import resolve_rows
from bulk_topup.commands.terminal import Terminal
from bulk_topup.core.clock import WIB, wib_day
from bulk_topup.core.errors import Declined, Exit, InputError, ProviderError
from bulk_topup.core.model import Kind, Order, Wanted
from bulk_topup.core.status import Status
from bulk_topup.provider.client import Provider
from bulk_topup.record.checkpoint import Checkpoint
from bulk_topup.record.checkpoint.values import OpenOrder, PastAttempt
from bulk_topup.record.ledger.address import ledger_url
from bulk_topup.record.ledger.claims import Ledger
from bulk_topup.record.reconcile import bring_ledger_up_to_date
from bulk_topup.rules.orders import Wishes
from bulk_topup.sandbox.prices import PRICES
from bulk_topup.sending.choice import Choice, Chosen
from bulk_topup.sending.resend import Evidence, Obstacle, has_other_calendar, obstacle
from bulk_topup.sending.resolve import Verdict
from tests.builders import an_order
from tests.desk_bench import PRICE, Bench, on_isipulsa, refusal
from tests.faults import Faults
from tests.office import Came, open_office
from tests.office import Office as StillOffice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from bulk_topup.core.model import Stop
    from tests.conftest import Office

    MakeBench = Callable[..., Bench]

A, B, C = "081234500001", "081234500002", "081234500003"
PENDING_FOR_EVER = "081200001201"
GOOD = Evidence(skew_s=0.0, other_calendar=False)
LOST = "before close"
PAID_AND_LOST = "after close"


def at(clock: str, day: int = 20) -> datetime:
    """A time of January 2025 in WIB, as `11:30:00`."""
    return datetime.fromisoformat(f"2025-01-{day}T{clock}").replace(tzinfo=WIB)


def attempt_of(
    begun_at: datetime,
    kind: Kind | None = Kind.UNKNOWN,
    *,
    ended_at: datetime | None = None,
    skew_s: float | None = 0.0,
    invoice: str = "",
) -> PastAttempt:
    return PastAttempt(1, "t", begun_at, ended_at or begun_at, wib_day(begun_at), skew_s, kind, invoice)


def unknown(*past: PastAttempt, itrx: int = 1, status: Status = Status.UNKNOWN) -> OpenOrder:
    return OpenOrder(an_order(itrx=itrx), status, past)


# -- the guards of a resend, each at its edge --------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "now", "evidence", "expected"),
    [
        pytest.param(unknown(attempt_of(at("11:00:00"))), at("12:00:00"), GOOD, None, id="guarded"),
        pytest.param(
            unknown(attempt_of(at("11:00:00"), None)), at("12:00:00"), GOOD, None, id="guarded, died"
        ),
        pytest.param(
            unknown(
                attempt_of(at("11:00:00")), attempt_of(at("11:01:00"), Kind.EXISTS), status=Status.ACCEPTED
            ),
            at("12:00:00"),
            GOOD,
            Obstacle.ACCEPTED,
            id="the provider holds it",
        ),
        pytest.param(
            unknown(attempt_of(at("10:00:00"), invoice="TRX1"), attempt_of(at("11:00:00"))),
            at("12:00:00"),
            GOOD,
            Obstacle.INVOICED,
            id="an answer named an invoice",
        ),
        pytest.param(
            unknown(attempt_of(at("10:00:00"), Kind.GAGAL, invoice="TRX1"), attempt_of(at("11:00:00"))),
            at("12:00:00"),
            GOOD,
            None,
            id="the invoice of an attempt that failed for good",
        ),
        pytest.param(
            unknown(attempt_of(at("11:00:00")), itrx=2),
            at("12:00:00"),
            GOOD,
            Obstacle.COUNTED,
            id="the second of the day",
        ),
        pytest.param(
            unknown(attempt_of(at("12:00:00", 19))),
            at("12:00:00"),
            GOOD,
            Obstacle.OTHER_DAY,
            id="yesterday's",
        ),
        pytest.param(
            unknown(attempt_of(at("12:00:00", 21))),
            at("12:00:00"),
            GOOD,
            Obstacle.OTHER_DAY,
            id="tomorrow's: the clock was set back",
        ),
        pytest.param(
            unknown(attempt_of(at("12:00:00", 19)), attempt_of(at("11:00:00"))),
            at("12:00:00"),
            GOOD,
            Obstacle.OTHER_DAY,
            id="two unknown attempts, one of yesterday",
        ),
        pytest.param(
            unknown(attempt_of(at("12:00:00", 19), Kind.GAGAL), attempt_of(at("11:00:00"))),
            at("12:00:00"),
            GOOD,
            None,
            id="yesterday's failed, today's is unknown",
        ),
        pytest.param(
            unknown(attempt_of(at("11:00:00"))),
            at("12:00:00"),
            Evidence(0.0, other_calendar=True),
            Obstacle.OTHER_CALENDAR,
            id="the provider's dates are others",
        ),
    ],
)
def test_which_unknown_orders_rule_51_guards(
    order: OpenOrder, now: datetime, evidence: Evidence, expected: Obstacle | None
) -> None:
    assert obstacle(order, now, evidence) is expected


@pytest.mark.parametrize(("there", "here"), [("https://a/x", "https://b/x"), ("", "https://b/x")])
def test_what_was_sent_to_another_address_is_not_sent_again_here(there: str, here: str) -> None:
    past = replace(attempt_of(at("11:00:00")), base_url=there)
    assert obstacle(unknown(past), at("12:00:00"), replace(GOOD, base_url=here)) is Obstacle.OTHER_ADDRESS
    assert obstacle(unknown(past), at("12:00:00"), replace(GOOD, base_url=there)) is None


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("00:00:00", Obstacle.NEAR_MIDNIGHT),
        ("00:09:59", Obstacle.NEAR_MIDNIGHT),
        ("00:09:59.999999", Obstacle.NEAR_MIDNIGHT),
        ("00:10:00", None),
        ("23:50:00", None),
        ("23:50:00.000001", Obstacle.NEAR_MIDNIGHT),
        ("23:50:01", Obstacle.NEAR_MIDNIGHT),
        ("23:59:59", Obstacle.NEAR_MIDNIGHT),
    ],
)
def test_attempt_and_resend_are_each_at_least_10_minutes_from_midnight(
    moment: str, expected: Obstacle | None
) -> None:
    early = moment < "12"
    attempt, now = (at(moment), at("12:00:00")) if early else (at("11:00:00"), at(moment))

    assert obstacle(unknown(attempt_of(attempt)), now, GOOD) is expected
    assert obstacle(unknown(attempt_of(at("11:00:00")), attempt_of(attempt)), now, GOOD) is expected


def test_the_attempt_counts_its_own_distance_from_midnight_in_the_evening_too() -> None:
    late = attempt_of(at("23:50:00.500000"), ended_at=at("23:50:00.500000"))
    assert obstacle(unknown(late), at("23:50:00"), GOOD) is Obstacle.NEAR_MIDNIGHT


@pytest.mark.parametrize(
    ("after_s", "expected"),
    [(-5.0, Obstacle.TOO_SOON), (59.999, Obstacle.TOO_SOON), (60.0, None), (61.0, None)],
)
def test_a_resend_comes_60_s_after_the_last_unknown_attempt_ended(
    after_s: float, expected: Obstacle | None
) -> None:
    ended = at("11:00:30")
    order = unknown(attempt_of(at("10:00:00")), attempt_of(at("11:00:00"), ended_at=ended))

    assert obstacle(order, ended + timedelta(seconds=after_s), GOOD) is expected


@pytest.mark.parametrize(
    ("skew_s", "expected"),
    [
        (300.0, None),
        (-300.0, None),
        (301.0, Obstacle.SKEWED),
        (-301.0, Obstacle.SKEWED),
        (None, Obstacle.NO_SKEW),
    ],
)
def test_the_clocks_agree_within_5_minutes_at_attempt_and_resend(
    skew_s: float | None, expected: Obstacle | None
) -> None:
    then = unknown(attempt_of(at("11:00:00"), skew_s=skew_s))
    one_of_two = unknown(attempt_of(at("10:00:00"), skew_s=skew_s), attempt_of(at("11:00:00")))
    now = unknown(attempt_of(at("11:00:00")))

    assert obstacle(then, at("12:00:00"), GOOD) is expected
    assert obstacle(one_of_two, at("12:00:00"), GOOD) is expected
    assert obstacle(now, at("12:00:00"), Evidence(skew_s, other_calendar=False)) is expected


@pytest.mark.parametrize(
    ("sent_at", "tanggal", "expected"),
    [
        ("12:00:00", "2025-01-20 12:00:01", False),
        ("13:00:00", "2025-01-20 01:00:01", False),  # `h` in the document may be a 12-hour clock
        ("00:10:00", "2025-01-19 23:58:00", True),
        ("00:09:59", "2025-01-19 23:58:00", False),
        ("23:50:01", "2025-01-21 00:00:01", False),
        ("23:50:00", "2025-01-21 00:00:01", True),
        ("12:00:00", "20-01-2025 12:00:01", True),
    ],
)
def test_a_date_of_the_provider_that_is_not_the_wib_day_speaks_against_every_resend(
    sent_at: str, tanggal: str, expected: bool
) -> None:
    ordinary = (at("12:00:00"), "2025-01-20 12:00:00")
    assert has_other_calendar([ordinary, (at(sent_at), tanggal)]) is expected


# -- settle --resend, whole --------------------------------------------------------------------------------


@pytest.fixture
def make_unknown(make_bench: MakeBench) -> MakeBench:
    """A bench with one sheet that was sent; the answers to the first requests met these faults."""

    def make(*faults: str | None, number: str = A, age_s: float = 61.0, **settings: Any) -> Bench:
        bench = make_bench(number, faults=on_isipulsa(*faults), **settings)
        assert bench.run() is Exit.OPEN
        assert bench.statuses() == ["unknown"]
        bench.clock.pass_by(age_s)
        return bench

    return make


def test_a_row_that_had_not_gone_through_is_paid_once_by_a_resend(make_unknown: MakeBench) -> None:
    bench = make_unknown(LOST)

    assert bench.resend() is Exit.OK

    (topup,) = bench.paid()
    assert (bench.statuses(), bench.rows()[0]["invoice"]) == (["sukses"], topup.invoice)
    assert [state for _, _, state in bench.claims()] == ["paid"]
    assert [sent.parameters["itrx"] for sent in bench.sent()] == ["1", "1"]


def test_a_pending_answer_to_a_resend_leaves_the_row_pending(make_unknown: MakeBench) -> None:
    bench = make_unknown(LOST, number=PENDING_FOR_EVER)

    assert bench.resend() is Exit.OPEN

    assert (bench.statuses(), len(bench.paid())) == (["pending"], 1)


def test_a_51_to_a_resend_makes_the_row_accepted_which_is_not_sent_a_third_time(
    make_unknown: MakeBench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = make_unknown(PAID_AND_LOST)

    assert bench.resend() is Exit.OPEN
    assert bench.statuses() == ["accepted"]
    bench.clock.pass_by(120)
    capsys.readouterr()
    assert bench.resend() is Exit.OPEN

    assert "the provider already has it" in capsys.readouterr().out
    assert (len(bench.sent()), len(bench.paid())) == (2, 1)
    assert [state for _, _, state in bench.claims()] == ["open"]
    assert bench.rows()[0]["paid"] == "ask provider"


@pytest.mark.parametrize(
    "answer",
    [
        *(refusal(code) for code in ("00", "11", "12", "21", "31", "41", "62", "91", "77")),
        "before html",
        "before empty",
        "before status:503",
        "before status:401",
        "before otherjson",
        LOST,
        PAID_AND_LOST,
        "after truncate",
        "after othernumber",
    ],
)
def test_any_other_answer_to_a_resend_leaves_the_row_unknown_and_its_slot_taken(
    make_unknown: MakeBench, answer: str
) -> None:
    bench = make_unknown(LOST, answer)
    (claim,) = bench.claims()

    bench.resend()

    assert bench.statuses() == ["unknown"]
    assert bench.claims() == [claim]
    assert len(bench.sent()) == 2
    assert bench.run() is Exit.OPEN
    assert len(bench.sent()) == 2, "a run sent an unknown row again"


def test_a_resend_that_cannot_be_sent_leaves_the_row_unknown(make_unknown: MakeBench) -> None:
    bench = make_unknown(LOST, *["before status:429:1"] * 6)
    (claim,) = bench.claims()

    assert bench.resend() is Exit.STOPPED

    assert (bench.statuses(), bench.claims()) == (["unknown"], [claim])
    assert bench.kinds() == ["unknown", *["not_sent"] * 6]


def test_plain_settle_and_run_never_send_an_unknown_row_again(make_unknown: MakeBench) -> None:
    bench = make_unknown(LOST)

    assert bench.settle() is Exit.OPEN
    assert bench.run() is Exit.OPEN
    assert bench.run(retry_failed=True) is Exit.OPEN

    assert (len(bench.sent()), bench.statuses()) == (1, ["unknown"])


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        pytest.param(lambda _bench: None, "sent less than a minute ago", id="too soon"),
        pytest.param(lambda bench: bench.clock.pass_by(86_400), "on another day", id="the next day"),
        pytest.param(lambda bench: bench.clock.set_to(23, 50, 1), "10 minutes of midnight", id="midnight"),
        pytest.param(lambda bench: _skewed(bench, 400.0), "differ by more than 5 minutes", id="skewed"),
        pytest.param(lambda bench: _listed(bench), "no longer in the price list", id="gone"),
        pytest.param(lambda bench: _listed(bench, nominal="10000"), "another nominal", id="other nominal"),
        pytest.param(lambda bench: _listed(bench, harga=str(PRICE + 1)), "now costs more", id="dearer"),
    ],
)
def test_a_resend_that_is_not_guarded_says_why_and_sends_nothing(
    make_unknown: MakeBench,
    capsys: pytest.CaptureFixture[str],
    prepare: Callable[[Bench], None],
    words: str,
) -> None:
    bench = make_unknown(LOST, age_s=1.0)
    prepare(bench)
    capsys.readouterr()

    assert bench.resend() is Exit.OPEN

    out = capsys.readouterr().out
    assert words in out
    assert f"row 2, {A}" in out
    assert (len(bench.sent()), bench.statuses()) == (1, ["unknown"])


def _skewed(bench: Bench, seconds: float) -> None:
    bench.clock.pass_by(61)
    bench.sandbox.skew_s = seconds


def _listed(bench: Bench, **changes: str) -> None:
    """Another price list: with these changes to the product, without them with another one in its place."""
    bench.clock.pass_by(61)
    (product,) = [product for product in PRICES if product["kodeoperator"] == "TSEL5"]
    bench.sandbox.set_prices([{**product, **(changes or {"kodeoperator": "TSEL6"})}])


def test_no_resend_where_the_providers_clock_was_not_seen_at_the_attempt(
    make_bench: MakeBench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = make_bench(A, faults=on_isipulsa(LOST))
    bench.sandbox.skew_s = None
    bench.run()
    bench.sandbox.skew_s = 0.0
    bench.clock.pass_by(61)

    assert bench.resend() is Exit.OPEN

    assert "the provider's time was not known" in capsys.readouterr().out
    assert len(bench.sent()) == 1


@pytest.mark.parametrize("fault", ["after status:404", "after status:429:1"])
def test_a_51_after_a_request_that_was_turned_away_by_its_http_status_may_speak_of_that_one(
    make_bench: MakeBench, fault: str
) -> None:
    """It had left, and what stands before the provider may turn it away when the provider has taken it."""
    bench = make_bench(A, faults=on_isipulsa(fault))
    bench.run()

    bench.run()

    assert bench.statuses() == ["accepted"]
    assert [(row["paid"], row["sent_at"][:16]) for row in bench.rows()] == [("ask provider", begun(bench))]
    assert [state for *_, state in bench.claims()] == ["open"]
    assert len(bench.paid()) == 1


def test_a_row_that_was_turned_away_is_sent_on_a_later_day_with_a_warning_alone(
    make_bench: MakeBench,
) -> None:
    bench = make_bench(A, B, faults=on_isipulsa("before status:404"))
    assert bench.run() is Exit.STOPPED
    assert bench.statuses() == ["unsent", "unsent"]
    bench.clock.pass_by(86_400)

    assert bench.run(wishes=Wishes(strict=True)) is Exit.NOT_ALL_PAID
    assert bench.statuses() == ["invalid", "sukses"]
    assert "server rejected it" in bench.rows()[0]["reason"]
    assert bench.run() is Exit.OK


def test_a_row_that_was_turned_away_before_midnight_is_not_sent_after_it_by_the_same_run(
    make_bench: MakeBench,
) -> None:
    """It may have been booked, and 51 no longer refuses it: the next plan has to warn first."""
    bench = make_bench(A, faults=on_isipulsa("after status:429:5"))
    bench.clock.set_to(23, 59, 58)
    assert bench.run(wishes=Wishes(strict=True)) is Exit.NOT_ALL_PAID
    assert (bench.statuses(), len(bench.paid())) == (["unsent"], 1)
    assert bench.claims() == []
    assert bench.run(wishes=Wishes(strict=True)) is Exit.NOT_ALL_PAID
    assert len(bench.paid()) == 1


def test_what_the_provider_has_is_not_repeated_on_another_day_or_near_midnight(
    make_bench: MakeBench,
) -> None:
    bench = make_bench(A)
    bench.clock.set_to(23, 59, 50)
    assert bench.run() is Exit.OK
    for pause_s in (5, 20):
        bench.clock.pass_by(pause_s)
        assert _sent_again(bench.job(), Terminal(), bench.clock) is None
    assert (len(bench.paid()), len(bench.claims())) == (1, 1)


def test_a_resend_is_recorded_at_the_address_that_it_went_to(make_unknown: MakeBench) -> None:
    """Not at the one that the batch has used since."""
    bench = make_unknown(PAID_AND_LOST)
    with closing(sqlite3.connect(bench.checkpoint)) as db, db:
        db.execute("UPDATE batch SET value = 'https://other.example' WHERE key = 'base_url'")
    bench.resend()
    assert len(bench.kinds()) == 2
    assert {where for (where,) in bench.select("SELECT base_url FROM attempts")} == {bench.sandbox.url}


def test_a_row_that_was_closed_by_hand_is_sent_again_with_a_warning_alone(
    make_bench: MakeBench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = make_bench(A, faults=on_isipulsa(PAID_AND_LOST))
    bench.run()
    bench.resolve(said(A))
    bench.clock.pass_by(86_400)

    bench.run(wishes=Wishes(strict=True, retry_failed=True, same_batch=True))
    assert len(bench.sent()) == 1
    capsys.readouterr()
    bench.run(retry_failed=True, same_batch=True)
    assert len(bench.sent()) == 2
    assert "look it up at the provider again before you send it once more" in capsys.readouterr().out


def test_a_51_after_a_persons_not_sent_of_that_day_belies_it(make_bench: MakeBench) -> None:
    bench = make_bench(A, faults=on_isipulsa(PAID_AND_LOST))
    bench.run()
    assert bench.resolve(said(A)) is Exit.NOT_ALL_PAID

    assert bench.run(retry_failed=True) is Exit.OPEN

    assert bench.statuses() == ["accepted"]
    assert [state for *_, state in bench.claims()] == ["open"]
    assert bench.resolve(said(A, bench.paid()[0].invoice)) is Exit.OK


def test_a_51_on_a_later_day_says_nothing_of_what_a_person_said(make_bench: MakeBench) -> None:
    bench = make_bench(A, faults=on_isipulsa(LOST, refusal("51")))
    bench.run()
    bench.resolve(said(A))
    bench.clock.pass_by(86_400)

    assert bench.run(retry_failed=True) is Exit.NOT_ALL_PAID

    assert bench.statuses() == ["gagal"]


def begun(bench: Bench) -> str:
    """When the first attempt began, to the minute, as the results state it."""
    return str(bench.select("SELECT min(begun_at) FROM attempts")[0][0])[:16].replace("T", " ")


@pytest.mark.parametrize("fault", [PAID_AND_LOST, "after badstatus"])
def test_an_attempt_after_the_clock_was_set_a_day_ahead_is_not_sent_again_on_that_day(
    make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """Written down as of tomorrow, it would seem guarded tomorrow, when rule 51 takes it for a new one."""
    ahead = timedelta()
    bench: Bench = make_bench(A, faults=on_isipulsa(fault), clock=lambda: bench.clock.now() - ahead)
    begins = Choice.wanted

    def set_ahead(choice: Choice, order: Order, expected: Status) -> Wanted:
        nonlocal ahead
        ahead = timedelta(days=1)
        bench.clock.wall += ahead
        bench.sandbox.skew_s = -ahead.total_seconds()
        return begins(choice, order, expected)

    with monkeypatch.context() as patch:
        patch.setattr(Choice, "wanted", set_ahead)
        assert bench.run() is Exit.OPEN
    bench.clock.boot_s += 86_400.0
    ahead, bench.sandbox.skew_s = timedelta(), 0.0

    assert bench.resend() is not Exit.STOPPED

    assert bench.select("SELECT round(skew_s / 86400) FROM attempts") == [(-1.0,)]
    assert len(bench.sent()) == 1


def test_no_resend_where_a_row_of_the_batch_has_a_date_of_another_calendar(
    make_bench: MakeBench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = make_bench(A, B, faults=on_isipulsa(LOST), clock=a_day_behind)
    bench.run()
    assert bench.statuses() == ["unknown", "sukses"]
    bench.clock.pass_by(61)

    assert bench.resend() is Exit.OPEN

    assert "do not follow the WIB day" in capsys.readouterr().out
    assert len(bench.sent()) == 2


def a_day_behind() -> datetime:
    return datetime.now(WIB) - timedelta(days=1)


def test_only_the_row_that_is_guarded_is_sent_again(make_bench: MakeBench) -> None:
    bench = make_bench(A, faults=on_isipulsa(LOST, LOST))
    bench.run()
    bench.clock.pass_by(50)
    bench.sheet(A, B)
    bench.run()
    bench.clock.pass_by(11)

    assert bench.resend() is Exit.OPEN

    assert bench.statuses() == ["sukses", "unknown"]
    assert [sent.parameters["nomortujuan"] for sent in bench.sent()] == [A, B, A]


# -- an unknown row whose answer named an invoice ----------------------------------------------------------


NAMED = ["after badstatus", "after othernumber", "after otherproduct"]
FIRST_INVOICE = "TRX100001"


@pytest.fixture
def make_named(make_bench: MakeBench) -> MakeBench:
    """A bench with one sheet that was sent; the answer to the first request named an invoice, and no more."""

    def make(answer: str, number: str = A, *, later: tuple[str, ...] = ()) -> Bench:
        cekstatus = dict(enumerate(later, start=1))
        faults = Faults.listed({"isipulsa": {1: answer}, "cekstatus": cekstatus})
        bench = make_bench(number, faults=faults)
        bench.run()
        assert (bench.statuses(), bench.rows()[0]["invoice"]) == (["unknown"], FIRST_INVOICE)
        bench.clock.pass_by(61)
        return bench

    return make


def other_json(**words: str) -> str:
    return f"before otherjson:{json.dumps({'result': 'ok', 'invoice': FIRST_INVOICE, **words})}"


def asked(bench: Bench) -> list[str]:
    """The invoices that cekstatus was asked about."""
    return [r.parameters["invoice"] for r in bench.sandbox.requests() if r.endpoint == "cekstatus"]


@pytest.mark.parametrize("answer", NAMED)
def test_an_unknown_row_is_paid_once_the_provider_says_so_of_its_invoice(
    make_named: MakeBench, answer: str
) -> None:
    bench = make_named(answer)

    assert bench.settle() is Exit.OK

    assert (bench.statuses(), bench.rows()[0]["invoice"]) == (["sukses"], FIRST_INVOICE)
    assert [state for _, _, state in bench.claims()] == ["paid"]


@pytest.mark.parametrize("answer", NAMED)
def test_an_unknown_row_has_failed_once_the_provider_says_so_of_its_invoice(
    make_named: MakeBench, answer: str
) -> None:
    bench = make_named(answer, "081200001101")

    assert bench.settle() is Exit.NOT_ALL_PAID

    assert (bench.statuses(), bench.claims()) == (["gagal"], [])


@pytest.mark.parametrize("answer", ["before badstatus", "before othernumber"])
def test_an_invoice_that_the_provider_does_not_know_changes_nothing(
    make_named: MakeBench, answer: str
) -> None:
    bench = make_named(answer)

    assert bench.settle() is Exit.OPEN

    assert (asked(bench), bench.statuses(), len(bench.sent())) == ([FIRST_INVOICE], ["unknown"], 1)


def test_an_unknown_row_needs_the_product_confirmed_besides_the_number(make_named: MakeBench) -> None:
    """Unlike a pending one, of which the provider has said whose it is."""
    without = other_json(status="sukses", nomortujuan=A)
    other = other_json(status="sukses", nomortujuan=A, kodeoperator="TSEL10")
    bench = make_named("after badstatus", later=(without, other))

    assert [bench.settle(), bench.settle()] == [Exit.OPEN, Exit.OPEN]
    assert bench.statuses() == ["unknown"]
    assert bench.settle() is Exit.OK


@pytest.mark.parametrize("first", [{}, {1: "after badstatus"}], ids=["a paid row's", "an unknown row's"])
def test_an_invoice_that_another_row_holds_is_asked_about_for_its_holder_alone(
    make_bench: MakeBench, first: dict[int, str]
) -> None:
    again = other_json(status="sukses", nomorpelanggan=B)
    bench = make_bench(A, B, faults=Faults.listed({"isipulsa": {**first, 2: again}}))
    assert bench.run() is Exit.STOPPED
    bench.clock.pass_by(61)

    assert bench.settle() is Exit.OPEN

    assert (asked(bench), bench.statuses()) == ([FIRST_INVOICE] if first else [], ["sukses", "unknown"])
    assert bench.resend() is Exit.OPEN
    assert len(bench.sent()) == 2


def answer_of(number: str, invoice: str) -> str:
    words = {"result": "ok", "status": "sukses", "nomorpelanggan": number, "invoice": invoice}
    return f"otherjson:{json.dumps(words)}"


def test_two_rows_whose_answers_were_swapped_are_each_closed_by_their_own_invoice(
    make_bench: MakeBench,
) -> None:
    second = "TRX100002"
    faults = on_isipulsa(f"after {answer_of(B, second)}", f"after {answer_of(A, FIRST_INVOICE)}")
    bench = make_bench(A, B, faults=faults)
    assert [bench.run(), bench.run()] == [Exit.STOPPED, Exit.STOPPED]
    assert [(row["status"], row["invoice"]) for row in bench.rows()] == [
        ("unknown", second),
        ("unknown", FIRST_INVOICE),
    ]
    assert bench.settle() is Exit.OPEN

    assert bench.resolve(said(A, FIRST_INVOICE), said(B, second, 3)) is Exit.OK

    assert [(row["status"], row["invoice"]) for row in bench.rows()] == [
        ("sukses", FIRST_INVOICE),
        ("sukses", second),
    ]


def test_a_stray_answer_keeps_its_invoice_from_nobody(make_bench: MakeBench) -> None:
    second = "TRX100002"
    bench = make_bench(A, B, faults=on_isipulsa(f"before {answer_of(B, second)}"))
    assert bench.run() is Exit.STOPPED

    bench.run()

    assert bench.statuses() == ["unknown", "sukses"]
    assert bench.rows()[1]["invoice"] == second


@pytest.mark.parametrize("answer", NAMED)
def test_an_unknown_row_with_an_invoice_is_not_sent_again(
    make_named: MakeBench, capsys: pytest.CaptureFixture[str], answer: str
) -> None:
    bench = make_named(answer, PENDING_FOR_EVER)
    (claim,) = bench.claims()
    capsys.readouterr()

    assert bench.resend() is Exit.OPEN

    assert "the provider answered with an invoice for it" in capsys.readouterr().out
    assert (len(bench.sent()), bench.statuses(), bench.claims()) == (1, ["unknown"], [claim])


# -- who releases the money --------------------------------------------------------------------------------


class Keyboard(io.StringIO):
    """Standard input with a person at it."""

    def isatty(self) -> bool:
        return True


def test_a_resend_says_count_and_rupiah_and_asks(
    make_unknown: MakeBench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = make_unknown(LOST)
    monkeypatch.setattr("sys.stdin", Keyboard("n\n"))

    with pytest.raises(Declined) as refused:
        bench.resend(yes=False)

    asked = capsys.readouterr().err
    assert "1 unknown top-up" in asked
    assert f"Rp{PRICE:,}" in asked
    assert (refused.value.code, refused.value.exit_code) == ("declined.person", Exit.NOTHING_SENT)
    assert len(bench.sent()) == 1

    monkeypatch.setattr("sys.stdin", Keyboard("y\n"))
    assert bench.resend(yes=False) is Exit.OK


def test_a_resend_with_yes_still_says_count_and_rupiah(
    make_unknown: MakeBench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = make_unknown(LOST)
    capsys.readouterr()

    bench.resend(yes=True)

    shown = "".join(capsys.readouterr())
    assert "1 unknown top-up" in shown
    assert f"Rp{PRICE:,}" in shown


def test_a_resend_without_a_terminal_is_declined(office: Office) -> None:
    office.payroll("bonus.csv", ["081200002101"])
    assert office.send("bonus.csv").exit == Exit.OPEN
    _make_older(office.folder / "bonus.checkpoint.db", timedelta(minutes=2))

    done = office.run("settle", "bonus.csv", "--resend", *office.fast)

    assert done.exit == Exit.NOTHING_SENT
    assert "not a terminal" in done.err
    assert len(office.sent()) == 1


def _make_older(checkpoint: Path, age: timedelta) -> None:
    """As if its attempts had been made so much earlier."""
    if not age < datetime.now(WIB) - datetime.now(WIB).replace(hour=0, minute=0) - timedelta(minutes=11):
        pytest.skip("too near midnight (WIB) for a resend")
    if datetime.now(WIB).replace(hour=23, minute=49) < datetime.now(WIB):
        pytest.skip("too near midnight (WIB) for a resend")
    with closing(sqlite3.connect(checkpoint)) as db, db:
        for key, begun_at, ended_at in db.execute("SELECT id, begun_at, ended_at FROM attempts").fetchall():
            earlier = [(datetime.fromisoformat(moment) - age).isoformat() for moment in (begun_at, ended_at)]
            db.execute("UPDATE attempts SET begun_at = ?, ended_at = ? WHERE id = ?", (*earlier, key))


def test_a_resend_counts_against_the_budget(make_unknown: MakeBench) -> None:
    bench = make_unknown(LOST)

    with pytest.raises(Declined) as refused:
        bench.resend(budget=PRICE - 1)
    assert (refused.value.code, len(bench.sent())) == ("budget.exceeded", 1)

    assert bench.resend(budget=PRICE) is Exit.OK


# -- --retry-failed ----------------------------------------------------------------------------------------


def test_only_failed_rows_are_sent_again_by_retry_failed(make_bench: MakeBench) -> None:
    bench = make_bench(A, B, C, faults=on_isipulsa(refusal("00"), None, LOST))
    bench.run()
    assert bench.statuses() == ["gagal", "sukses", "unknown"]

    bench.run()
    assert len(bench.sent()) == 3, "a plain run sent a failed row again"
    assert bench.run(retry_failed=True) is Exit.OPEN

    assert bench.statuses() == ["sukses", "sukses", "unknown"]
    assert [sent.parameters["nomortujuan"] for sent in bench.sent()] == [A, B, C, A]


def test_a_51_to_a_retry_leaves_the_row_gagal(make_bench: MakeBench) -> None:
    bench = make_bench(A, faults=on_isipulsa(refusal("00"), refusal("51")))
    bench.run()

    assert bench.run(retry_failed=True) is Exit.NOT_ALL_PAID

    assert (bench.statuses(), bench.kinds()) == (["gagal"], ["gagal", "exists"])
    bench.clock.pass_by(86_400)
    assert bench.run(retry_failed=True, same_batch=True) is Exit.OK
    assert bench.run(same_batch=True) is Exit.OK, "the record lacks nothing"
    assert len(bench.paid()) == 1


def test_a_retry_whose_answer_is_lost_makes_a_failed_row_unknown(make_bench: MakeBench) -> None:
    bench = make_bench(A, faults=on_isipulsa(refusal("00"), PAID_AND_LOST))
    bench.run()

    assert bench.run(retry_failed=True) is Exit.OPEN
    assert bench.run(retry_failed=True) is Exit.OPEN

    assert (bench.statuses(), len(bench.paid()), len(bench.sent())) == (["unknown"], 1, 2)


# -- the record across batches -----------------------------------------------------------------------------


class Counting(Ledger):
    """Says what it was asked to put back."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.put_back: list[str] = []

    def restore(self, claims: Iterable[Mapping[str, object]], *batch: str, stop: Stop | None = None) -> int:
        missing = list(claims)
        self.put_back += [str(claim["number"]) for claim in missing]
        return super().restore(missing, *batch, stop=stop)


def test_a_row_that_was_sent_again_has_its_slot_already_and_is_not_put_back_at_every_start(
    make_unknown: MakeBench,
) -> None:
    bench = make_unknown(LOST, LOST)
    bench.resend()
    assert bench.kinds() == ["unknown", "unknown"]
    before = bench.claims()
    ((base_url,),) = bench.select("SELECT DISTINCT base_url FROM claims", ledger=True)
    url = ledger_url(str(bench.folder / "ledger.db"))
    checkpoint = Checkpoint.open(bench.checkpoint)
    assert checkpoint is not None

    with closing(checkpoint), closing(Counting(url, account="sandbox", base_url=base_url)) as ledger:
        bring_ledger_up_to_date(checkpoint, ledger)
        assert ledger.put_back == []
        with closing(sqlite3.connect(bench.folder / "ledger.db")) as db, db:
            db.execute("DELETE FROM claims")
        bring_ledger_up_to_date(checkpoint, ledger)
        assert ledger.put_back == [A]

    assert bench.claims() == before


class WithRunBetween(Ledger):
    """Another run makes an attempt, and has its answer, while this one's claims are being read."""

    between: Callable[[], object] = staticmethod(lambda: None)
    agree = True

    def own_states(self, batch: str) -> dict[str, list[str]]:
        if self.agree:
            self.between()
        return super().own_states(batch)

    def own(self, batch: str) -> list[dict[str, object]]:
        if not self.agree:
            self.between()
        return super().own(batch)


@pytest.mark.parametrize("agree", [True, False])
@pytest.mark.parametrize("fault", [None, refusal("11"), LOST])
def test_what_another_run_attempts_while_we_look_is_not_lost(
    make_bench: MakeBench, fault: str | None, agree: bool
) -> None:
    bench = make_bench(A, faults=on_isipulsa(None, fault))
    bench.run()
    bench.sheet(A, B)
    ((base_url,),) = bench.select("SELECT DISTINCT base_url FROM claims", ledger=True)
    url = ledger_url(str(bench.folder / "ledger.db"))
    checkpoint = Checkpoint.open(bench.checkpoint)
    assert checkpoint is not None

    with closing(checkpoint), closing(WithRunBetween(url, account="sandbox", base_url=base_url)) as ledger:
        ledger.between, ledger.agree = bench.run, agree
        if not agree:
            with closing(sqlite3.connect(bench.folder / "ledger.db")) as db, db:
                db.execute("UPDATE claims SET state = 'open'")
        bring_ledger_up_to_date(checkpoint, ledger)
        before = bench.statuses(), bench.claims()

    bench.run()
    assert (bench.statuses(), bench.claims()) == before
    assert len(bench.sent()) == 2


# -- a batch in whose place another was begun --------------------------------------------------------------


@pytest.mark.parametrize("fault", [LOST, None])
def test_what_an_earlier_batch_of_the_sheet_holds_is_held_without_the_ledger_too(
    tmp_path: Path, fault: str | None
) -> None:
    """A colleague's computer has the folder, with all its progress files, and a record of its own."""
    with open_office(tmp_path, rule_51=False, faults=on_isipulsa(fault)) as office:
        office.write("bonus.csv", [(A, "TSEL5")])
        office.run("bonus.csv")
        office.write("bonus.csv", [(A, "TSEL5"), (B, "TSEL5")])
        assert office.run("bonus.csv", "--new-batch", "--again").sent == [B]
        office.write("bonus.csv", [(A, "TSEL5"), (B, "TSEL5"), (C, "TSEL5")])
        assert office.run("bonus.csv", "--new-batch", "--again").sent == [C]
        (tmp_path / "ledger.db").unlink()
        assert office.run("bonus.csv").exit == Exit.NOTHING_SENT
        office.settle("bonus.csv")

        elsewhere = office.run("bonus.csv")

        assert (elsewhere.sent, elsewhere.exit) == ([], Exit.NOT_ALL_PAID)
        assert [row["status"] for row in office.results("bonus.csv")][1:] == ["duplicate", "sukses"]
        office.clock.advance(timedelta(days=1))
        assert office.run("bonus.csv", "--same-batch").sent == []


# -- an older progress file --------------------------------------------------------------------------------


def test_rows_paid_after_a_restored_progress_file_was_copied_are_unknown_and_not_sent(
    make_bench: MakeBench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = make_bench(A)
    bench.run()
    older = shutil.copy(bench.checkpoint, bench.folder / "backup.db")
    bench.sheet(A, B)
    assert bench.run() is Exit.OK
    shutil.copy(older, bench.checkpoint)

    assert bench.run() is Exit.OPEN
    assert bench.statuses() == ["sukses", "unknown"]
    bench.clock.pass_by(61)
    capsys.readouterr()
    assert bench.resend() is Exit.OPEN

    assert "it was paid, by the record of all top-ups" in capsys.readouterr().out
    assert len(bench.sent()) == len(bench.paid()) == 2
    assert [state for _, _, state in bench.claims()] == ["paid", "paid"]


def test_a_restored_progress_file_does_not_pay_again_on_the_next_day(make_bench: MakeBench) -> None:
    """Then neither rule 51 nor the slot of that day would stand in the way."""
    bench = make_bench(A)
    bench.run()
    older = shutil.copy(bench.checkpoint, bench.folder / "backup.db")
    bench.sheet(A, B)
    bench.run()
    shutil.copy(older, bench.checkpoint)
    bench.clock.pass_by(86_400)

    assert bench.run(same_batch=True) is Exit.OPEN

    assert bench.statuses() == ["sukses", "unknown"]
    assert len(bench.sent()) == len(bench.paid()) == 2


def test_a_progress_file_that_is_gone_does_not_make_its_rows_unpaid(make_bench: MakeBench) -> None:
    bench = make_bench(A, B)
    bench.run()
    bench.checkpoint.unlink()

    assert bench.run() is Exit.NOT_ALL_PAID

    assert bench.statuses() == ["duplicate", "duplicate"]
    assert len(bench.sent()) == 2


# -- a person's word ---------------------------------------------------------------------------------------


def said(number: str, invoice: str = "", row: int | None = 2) -> Verdict:
    return Verdict(row, number, invoice, "Rina, hotline")


def test_an_invoice_that_the_provider_confirms_makes_the_row_sukses(make_unknown: MakeBench) -> None:
    bench = make_unknown(PAID_AND_LOST)
    (topup,) = bench.paid()

    assert bench.resolve(said(A, topup.invoice)) is Exit.OK

    (row,) = bench.rows()
    assert (row["status"], row["invoice"], row["serial"]) == ("sukses", topup.invoice, topup.serial)
    assert [state for _, _, state in bench.claims()] == ["paid"]


def test_an_accepted_row_is_closed_by_its_invoice(make_unknown: MakeBench) -> None:
    bench = make_unknown(PAID_AND_LOST)
    bench.resend()
    (topup,) = bench.paid()

    assert bench.resolve(said(A, topup.invoice)) is Exit.OK

    assert bench.statuses() == ["sukses"]


def test_to_close_an_accepted_row_as_not_sent_is_done_and_told_for_what_it_is(
    make_unknown: MakeBench, capsys: pytest.CaptureFixture[str]
) -> None:
    """The provider's own word is against it: whoever heard otherwise from them may still be wrong."""
    bench = make_unknown(PAID_AND_LOST)
    bench.resend()
    capsys.readouterr()

    bench.resolve(said(A, ""))

    assert bench.statuses() == ["gagal"]
    assert "although the provider answered (51) that it has it" in capsys.readouterr().out


def test_the_record_says_who_closed_a_row_when_how_and_why(make_unknown: MakeBench) -> None:
    bench = make_unknown(PAID_AND_LOST)
    (topup,) = bench.paid()
    bench.resolve(said(A, topup.invoice))

    ((at_, who, what, note),) = bench.select(
        "SELECT t.at, who, what, t.note FROM trail t JOIN orders o ON o.id = t.order_id"
    )

    assert (who, note) == (getpass.getuser(), "Rina, hotline")
    assert "sukses" in what
    assert topup.invoice in what
    assert abs(datetime.fromisoformat(at_) - bench.clock.now()) < timedelta(seconds=10)


def test_the_record_says_who_asked_and_who_sent_again(make_unknown: MakeBench) -> None:
    bench = make_unknown(LOST)
    bench.settle()
    bench.resend()

    kept = bench.select("SELECT who, what, note FROM trail WHERE what <> 'run' ORDER BY id")

    me = getpass.getuser()
    asked = (me, "settle", "0 to ask after")
    assert kept == [asked, asked, (me, "resend", "1 orders")]


@pytest.mark.parametrize("prepare", [LOST, PAID_AND_LOST])
def test_not_sent_makes_the_row_gagal_and_frees_its_slot(make_unknown: MakeBench, prepare: str) -> None:
    bench = make_unknown(prepare)

    assert bench.resolve(said(A)) is Exit.NOT_ALL_PAID
    assert (bench.statuses(), bench.claims()) == (["gagal"], [])
    bench.run()
    assert len(bench.sent()) == 1
    bench.run(retry_failed=True)

    assert len(bench.sent()) == 2
    assert len(bench.paid()) == 1, "rule 51 did not stand behind a person's mistake"


def _other_product(bench: Bench) -> str:
    return _paid_elsewhere(bench, "TSEL10")


def _other_day(bench: Bench) -> str:
    bench.clock.pass_by(-86_400)
    invoice = _paid_elsewhere(bench, "TSEL5")
    bench.clock.pass_by(86_400)
    return invoice


def _paid_elsewhere(bench: Bench, product: str) -> str:
    """The invoice of a top-up to the same number that is not this batch's."""
    order = Order(9, 9, A, product, 1, 0, "", 0)
    Provider(bench.sandbox.url, "sandbox", "sandbox").top_up(order, may_leave=lambda: True)
    return bench.paid()[0 if product == "TSEL5" else -1].invoice


@pytest.mark.parametrize(
    ("invoice", "code"),
    [
        pytest.param(lambda _bench: "TRX999999", "resolve.unconfirmed", id="unknown invoice"),
        pytest.param(lambda _bench: "TRX999999' OR 1=1 --", "resolve.unconfirmed", id="no invoice at all"),
        pytest.param(_other_product, "resolve.unconfirmed", id="of another product"),
        pytest.param(_other_day, "resolve.other_day", id="from another day"),
    ],
)
def test_an_invoice_that_is_not_this_rows_closes_nothing(
    make_unknown: MakeBench, invoice: Callable[[Bench], str], code: str
) -> None:
    bench = make_unknown(LOST)

    with pytest.raises(InputError) as refused:
        bench.resolve(said(A, invoice(bench)))

    assert refused.value.code == code
    assert bench.statuses() == ["unknown"]
    assert [state for _, _, state in bench.claims()] == ["open"]
    assert bench.select("SELECT count(*) FROM trail WHERE order_id IS NOT NULL") == [(0,)]


def test_the_invoice_of_another_row_closes_nothing(make_bench: MakeBench) -> None:
    bench = make_bench(A, B, faults=on_isipulsa(LOST))
    bench.run()

    with pytest.raises(InputError) as refused:
        bench.resolve(said(A, bench.paid()[0].invoice))

    assert (refused.value.code, refused.value.facts["other"]) == ("resolve.other_row", 3)
    assert bench.statuses() == ["unknown", "sukses"]


def test_one_invoice_closes_one_row_only(make_bench: MakeBench, capsys: pytest.CaptureFixture[str]) -> None:
    bench = make_bench(A, B, faults=on_isipulsa(PAID_AND_LOST, PAID_AND_LOST))
    bench.run()
    first = bench.paid()[0].invoice

    assert bench.resolve(said(A, first), said(B, first, 3)) is Exit.OPEN

    assert f"invoice {first} already belongs to row 2" in capsys.readouterr().err
    assert bench.statuses() == ["sukses", "unknown"], "the verdict before the wrong one did not stand"


@pytest.fixture
def still(tmp_path: Path) -> Iterator[Callable[..., StillOffice]]:
    """Opens an office whose clock stands still; keyword arguments are those of its Sandbox."""
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(open_office(tmp_path, **settings))


def resolved(office: StillOffice, sheet: str, invoice: str) -> Came:
    job = office.job(sheet)
    verdict = [said(A, invoice)]
    return office.witness(lambda: resolve_rows(job, Terminal(quiet=True), office.clock, verdict))


@pytest.mark.parametrize(
    ("begun", "booked", "code"),
    [
        pytest.param(at("23:59:59"), at("00:00:01", 21), "", id="before midnight, booked after it"),
        pytest.param(at("00:00:01", 21), at("23:59:59"), "", id="after midnight by our clock alone"),
        pytest.param(at("23:51:00"), at("00:00:01", 21), "", id="9 minutes before it"),
        pytest.param(at("23:49:00"), at("00:00:01", 21), "resolve.other_day", id="11 minutes before it"),
        pytest.param(at("23:59:59"), at("23:59:59", 19), "resolve.other_day", id="the day before"),
    ],
)
def test_around_midnight_an_invoice_may_be_of_either_day(
    still: Callable[..., StillOffice], begun: datetime, booked: datetime, code: str
) -> None:
    office = still(faults=on_isipulsa(PAID_AND_LOST))
    office.clock.set(begun)
    office.write("bonus.csv", [(A, "TSEL5")])
    leaves_now = Choice.may_leave
    with pytest.MonkeyPatch.context() as patch:

        def booked_then(choice: Choice, chosen: Chosen) -> bool:
            leaves = leaves_now(choice, chosen)
            office.clock.set(booked)
            return leaves

        patch.setattr(Choice, "may_leave", booked_then)
        office.run("bonus.csv")
    office.clock.set(at("10:00:00", 21))

    assert resolved(office, "bonus.csv", office.topups()[0].invoice).code == code

    assert office.results("bonus.csv")[0]["status"] == ("unknown" if code else "sukses")


@pytest.mark.parametrize("date", [None, "20/01/2025"])
def test_without_a_date_only_an_invoice_that_the_row_got_itself_closes_it(
    make_bench: MakeBench, date: str | None
) -> None:
    words = {"status": "sukses", "nomortujuan": A, "kodeoperator": "TSEL5"}
    undated = other_json(**words, **({"tanggal": date} if date else {}))
    for answer, code in ((PAID_AND_LOST, "resolve.no_day"), ("after badstatus", "")):
        faults = Faults.listed({"isipulsa": {1: answer}, "cekstatus": {1: undated}})
        bench = make_bench(A, faults=faults)
        bench.run()
        if code:
            with pytest.raises(InputError) as refused:
                bench.resolve(said(A, FIRST_INVOICE))
            assert refused.value.code == code
        else:
            assert bench.resolve(said(A, FIRST_INVOICE)) is Exit.OK


@pytest.fixture
def two_batches(still: Callable[..., StillOffice]) -> StillOffice:
    """a.csv is paid; b.csv is a second top-up for the same number, not paid and unknown."""
    office = still(faults=on_isipulsa(None, LOST))
    for name, nth in (("a.csv", 1), ("b.csv", 2)):
        (office.folder / name).write_text(f"No HP,Kode Produk,itrx\n{A},TSEL5,{nth}\n")
        office.run(name, "--again")
    return office


def test_the_invoice_of_another_batch_closes_nothing(two_batches: StillOffice) -> None:
    invoice = two_batches.topups()[0].invoice

    assert resolved(two_batches, "b.csv", invoice).code == "resolve.other_batch"

    assert two_batches.results("b.csv")[0]["status"] == "unknown"


def test_the_invoice_of_another_batch_whose_progress_file_is_gone_closes_nothing(
    two_batches: StillOffice,
) -> None:
    invoice = two_batches.topups()[0].invoice
    (two_batches.folder / "a.checkpoint.db").unlink()

    assert resolved(two_batches, "b.csv", invoice).code == "resolve.unread_batch"

    assert two_batches.results("b.csv")[0]["status"] == "unknown"


def test_a_failed_top_up_of_another_batch_does_not_free_this_row(
    still: Callable[..., StillOffice],
) -> None:
    """It left no claim, and this row may be paid under another invoice."""
    fails_later = "081200001101"
    office = still(faults=on_isipulsa(None, PAID_AND_LOST), rule_51=False)
    for name in ("a.csv", "b.csv"):
        office.write(name, [(fails_later, "TSEL5")])
        office.run(name)
    job, failed = office.job("b.csv"), office.sandbox.book()[0]
    assert failed.status == "gagal"
    verdict = [said(fails_later, failed.invoice)]

    def resolve() -> Exit:
        return resolve_rows(job, Terminal(quiet=True), office.clock, verdict)

    assert office.witness(resolve).code == "resolve.other_batch"
    (office.folder / "a.checkpoint.db").unlink()
    assert office.witness(resolve).code == "resolve.unread_batch"
    assert office.results("b.csv")[0]["status"] == "unknown"


@pytest.mark.parametrize(
    ("verdict", "code"),
    [
        (said(B, "TRX1"), "resolve.other_number"),
        (said(B), "resolve.other_number"),
        (said(A, "TRX1", 3), "resolve.not_open"),
        (said(B, "", 3), "resolve.not_open"),
        (said(A, "", 99), "resolve.not_open"),
        (said(C, "", None), "resolve.other_number"),
    ],
)
def test_row_and_number_must_both_be_those_of_an_open_row(
    make_bench: MakeBench, verdict: Verdict, code: str
) -> None:
    bench = make_bench(A, B, faults=on_isipulsa(LOST))
    bench.run()

    with pytest.raises(InputError) as refused:
        bench.resolve(verdict)

    assert refused.value.code == code
    assert bench.statuses() == ["unknown", "sukses"]


def test_a_pending_row_is_not_said_to_be_closed(make_bench: MakeBench) -> None:
    bench = make_bench(PENDING_FOR_EVER)
    bench.run()
    with pytest.raises(InputError) as refused:
        bench.resolve(said(PENDING_FOR_EVER, "", 2))
    assert (refused.value.code, bench.statuses()) == ("resolve.pending", ["pending"])


def test_a_pending_invoice_closes_nothing(make_unknown: MakeBench) -> None:
    bench = make_unknown(PAID_AND_LOST, number=PENDING_FOR_EVER)

    with pytest.raises(InputError) as refused:
        bench.resolve(said(PENDING_FOR_EVER, bench.paid()[0].invoice))

    assert (refused.value.code, bench.statuses()) == ("resolve.unconfirmed", ["unknown"])


def test_nothing_is_closed_by_an_invoice_while_the_provider_is_out_of_reach(make_unknown: MakeBench) -> None:
    bench = make_unknown(PAID_AND_LOST)
    (topup,) = bench.paid()
    bench.sandbox.stop()

    with pytest.raises(ProviderError) as refused:
        bench.resolve(said(A, topup.invoice))

    assert (refused.value.code, bench.statuses()) == ("resolve.unheard", ["unknown"])
    with pytest.raises(ProviderError) as none:
        bench.resolve(said(A, topup.invoice), said(A, "TRX999999"))
    assert none.value.code == "resolve.none"


def test_a_failed_invoice_does_not_close_a_row_that_another_attempt_may_have_paid(
    make_unknown: MakeBench,
) -> None:
    """Sent, failed and refunded, its answer lost; sent again and paid, that answer lost, too."""
    bench = make_unknown(PAID_AND_LOST, PAID_AND_LOST, number="081200001101")
    bench.resend()
    first, second = bench.sandbox.book()
    assert (first.status, second.status) == ("gagal", "pending")

    bench.resolve(said("081200001101", first.invoice))

    assert bench.statuses() == ["unknown"]
    assert [state for _, _, state in bench.claims()] == ["open"]


@pytest.mark.parametrize("pause_s", [61.0, 86_400.0], ids=["the same day", "the next day"])
def test_the_invoice_of_a_try_that_has_failed_does_not_close_the_next_one(
    make_bench: MakeBench, pause_s: float
) -> None:
    """Failed and refunded; sent again by wish, and that answer lost: it may be paid."""
    fails_later = "081200001101"
    bench = make_bench(fails_later, faults=on_isipulsa(None, PAID_AND_LOST), rule_51=False)
    bench.run(wait_s=30.0)
    assert bench.statuses() == ["gagal"]
    bench.clock.pass_by(pause_s)
    assert bench.run(retry_failed=True, same_batch=True) is Exit.OPEN

    with pytest.raises(InputError) as refused:
        bench.resolve(said(fails_later, bench.sandbox.book()[0].invoice))

    assert (refused.value.code, bench.statuses()) == ("resolve.settled", ["unknown"])


def test_settle_says_that_nobody_could_be_asked(
    make_bench: MakeBench, capsys: pytest.CaptureFixture[str]
) -> None:
    """A pending row is no news of the provider's where the provider was not reached."""
    bench = make_bench(PENDING_FOR_EVER)
    assert bench.run() is Exit.OPEN
    assert bench.settle(wait_s=20.0) is Exit.OPEN
    bench.sandbox.stop()
    capsys.readouterr()

    assert bench.settle(wait_s=20.0) is Exit.STOPPED

    assert "does not accept connections" in capsys.readouterr().err
    assert bench.statuses() == ["pending"]


def test_settle_says_that_no_question_was_answered(
    make_bench: MakeBench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = make_bench(PENDING_FOR_EVER, faults=Faults.listed({"cekstatus": {1: LOST}}))
    bench.run()
    bench.clock.pass_by(10.0)

    assert bench.settle() is Exit.STOPPED

    assert "can't be reached (no answer arrived)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("lost", "exit_code"),
    [({2, 3, 4, 5}, Exit.STOPPED), ({1, 2}, Exit.OPEN)],
    ids=["to the end", "for a while"],
)
def test_a_run_says_that_nobody_could_be_asked_when_it_ended(
    make_bench: MakeBench, capsys: pytest.CaptureFixture[str], lost: set[int], exit_code: Exit
) -> None:
    """What was answered before the network went says nothing of now."""
    bench = make_bench(PENDING_FOR_EVER, faults=Faults.listed({"cekstatus": dict.fromkeys(lost, LOST)}))

    assert bench.run(wait_s=20.0) is exit_code

    assert ("can't be reached" in capsys.readouterr().err) == (exit_code is Exit.STOPPED)
    assert bench.statuses() == ["pending"]


# -- many at once, through the command ---------------------------------------------------------------------


def test_resolve_from_a_file_closes_many_rows(office: Office) -> None:
    paid, not_paid, fine = "081200002001", "081200002101", "081234500001"
    office.payroll("bonus.csv", [paid, not_paid, fine])
    assert office.send("bonus.csv").exit == Exit.OPEN
    invoice = next(topup.invoice for topup in office.sandbox.book() if topup.number == paid)
    office.csv(
        "jawaban.csv",
        [("2", paid, invoice), ("3", not_paid, "not sent"), ("4", fine, "")],
        ("row", "number", "invoice"),
    )

    done = office.run("resolve", "bonus.csv", "--from", "jawaban.csv", "--note", "Rina, hotline")

    assert (done.exit, done.err) == (Exit.NOT_ALL_PAID, "")
    assert office.statuses("bonus.results.xlsx") == ["sukses", "gagal", "sukses"]
    with closing(sqlite3.connect(office.folder / "bonus.checkpoint.db")) as db:
        trail = db.execute("SELECT note FROM trail WHERE order_id IS NOT NULL").fetchall()
    assert trail == [("Rina, hotline",)] * 2


def test_resolve_through_the_command_refuses_with_the_reason(office: Office) -> None:
    office.payroll("bonus.csv", ["081200002101"])
    office.send("bonus.csv")
    row = ("resolve", "bonus.csv", "--row", "2", "--note", "Rina")

    wrong = office.run(*row, "--number", "081234500009", "--not-sent")
    unconfirmed = office.run(*row, "--number", "081200002101", "--invoice", "TRX1")
    both = office.run(*row, "--number", "081200002101", "--invoice", "TRX1", "--not-sent")
    no_note = office.run("resolve", "bonus.csv", "--row", "2", "--number", "081200002101", "--not-sent")
    fine = office.run(*row, "--number", "081200002101", "--not-sent")

    assert [done.exit for done in (wrong, unconfirmed, both, no_note, fine)] == [2, 2, 2, 2, 1]
    assert "row 2 is not 081234500009" in wrong.err
    assert "does not confirm invoice TRX1" in unconfirmed.err
    assert "--note" in no_note.err
    assert office.statuses("bonus.results.xlsx") == ["gagal"]

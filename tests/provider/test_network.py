"""The network breaks off at any byte, dawdles and splits: what may have been paid is never called unpaid."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import pytest

from bulk_topup.core.errors import ProviderError
from bulk_topup.core.model import Kind, NoAnswer, NotSent, Order, Outcome, Reply
from bulk_topup.provider.client import Provider
from bulk_topup.provider.outcomes import classify
from bulk_topup.sandbox import Sandbox
from tests.faults import Faults
from tests.tcp_proxy import Proxy, Trouble

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bulk_topup.core.model import Answer
    from tests.conftest import Office
    from tests.tcp_proxy import Ending

LONGEST_REQUEST, LONGEST_RESPONSE = 1_000, 1_500
"""Bytes; the tests find the true lengths, and fail where these would be too short."""

ENDINGS: tuple[Ending, ...] = ("fin", "rst")
MAY_HAVE_MOVED = {Kind.UNKNOWN, Kind.SUKSES, Kind.PENDING}


def an_order(key: int) -> Order:
    """Every attempt has a number of its own, so that the provider's book tells them apart."""
    return Order(key, key, f"0812345{key:05d}", "TSEL5", 1, 5_000, "TELKOMSEL", 5_650)


class Wire:
    """A client, a proxy and a provider; every order meets the trouble that was set for it."""

    def __init__(self, sandbox: Sandbox, timeout_s: float = 10.0) -> None:
        self.trouble = Trouble()
        self._sandbox = sandbox
        self._proxy = Proxy(sandbox.url, lambda _n: self.trouble)
        self._orders = map(an_order, range(1, 100_000))
        self._timeout_s = timeout_s

    def __enter__(self) -> Wire:
        self._proxy.__enter__()
        self._provider = Provider(self._proxy.url, "sandbox", "sandbox", timeout_s=self._timeout_s)
        return self

    def __exit__(self, *_: object) -> None:
        self._proxy.__exit__()

    def send(self, trouble: Trouble) -> Attempt:
        self.trouble = trouble
        order = next(self._orders)
        answer = self._provider.top_up(order, may_leave=lambda: True)
        passage = self._proxy.last()
        paid = [topup for topup in self._sandbox.book() if topup.number == order.number]
        return Attempt(trouble, order, answer, bytes(passage.request), bytes(passage.response), len(paid))


class Attempt:
    """One top-up, from both ends."""

    def __init__(
        self, trouble: Trouble, order: Order, answer: Answer, request: bytes, response: bytes, paid: int
    ) -> None:
        self.trouble, self.order, self.answer = trouble, order, answer
        self.request, self.response, self.paid = request, response, paid

    @property
    def outcome(self) -> Outcome:
        return classify(self.answer, self.order)

    def broken_rule(self) -> str:
        """Which promise this attempt breaks; "" where it keeps them all."""
        if isinstance(self.answer, NotSent) and self.request:
            return f"{self.trouble}: called not sent, {len(self.request)} bytes had left"
        if self.paid and self.outcome.kind not in MAY_HAVE_MOVED:
            return f"{self.trouble}: paid, and called {self.outcome.kind} ({self.outcome.code})"
        if self.outcome.kind is Kind.SUKSES and not self.paid:
            return f"{self.trouble}: not paid, and called sukses"
        return ""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(balance=10**12) as served:
        yield served


def broken_rules(attempts: Iterable[Attempt]) -> list[str]:
    return [rule for attempt in attempts if (rule := attempt.broken_rule())]


# -- every byte of a request and of its answer -------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_request_cut_at_any_byte_is_unknown_and_is_paid_only_if_it_was_whole(
    sandbox: Sandbox, ending: Ending
) -> None:
    with Wire(sandbox) as wire:
        length = len(wire.send(Trouble()).request)
        assert length < LONGEST_REQUEST
        attempts = [wire.send(Trouble(request_cut=at, ending=ending)) for at in range(length + 1)]

    assert broken_rules(attempts) == []
    # A connection that is reset at once may be seen dead before a byte is handed to it: then none has left.
    assert attempts[0].outcome.kind in {Kind.UNKNOWN, Kind.NOT_SENT}
    assert [attempt.outcome.kind for attempt in attempts[1:]] == [Kind.UNKNOWN] * length
    assert [attempt.paid for attempt in attempts] == [0] * length + [1]


@pytest.mark.slow
@pytest.mark.parametrize("ending", ENDINGS)
def test_an_answer_cut_at_any_byte_leaves_a_paid_row_unknown(sandbox: Sandbox, ending: Ending) -> None:
    with Wire(sandbox) as wire:
        length = len(wire.send(Trouble()).response)
        assert length < LONGEST_RESPONSE
        attempts = [wire.send(Trouble(response_cut=at, ending=ending)) for at in range(length)]
        whole = wire.send(Trouble(response_cut=length))

    assert broken_rules(attempts) == []
    assert {attempt.outcome.kind for attempt in attempts} == {Kind.UNKNOWN}
    assert {attempt.paid for attempt in attempts} == {1}
    assert (whole.outcome.kind, whole.paid) == (Kind.SUKSES, 1)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("status", [301, 401, 404, 429])
def test_a_receipt_under_an_error_status_cut_at_any_byte_is_never_called_unpaid(
    ending: Ending, status: int
) -> None:
    faults = Faults.always(f"after answer:{status}")
    with Sandbox(intercept=faults, balance=10**12) as sandbox, Wire(sandbox) as wire:
        whole = wire.send(Trouble())
        attempts = [
            wire.send(Trouble(response_cut=at, ending=ending)) for at in range(0, len(whole.response), 4)
        ]

    assert whole.outcome.kind is Kind.SUKSES
    assert broken_rules(attempts) == []


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_refusal_cut_at_any_byte_is_never_called_sukses(ending: Ending) -> None:
    words = '{"result": "no", "reason_code": "11", "reason": "Nomor salah format"}'
    with Sandbox(intercept=Faults.always(f"before otherjson:{words}")) as sandbox, Wire(sandbox) as wire:
        whole = wire.send(Trouble())
        attempts = [wire.send(Trouble(response_cut=at, ending=ending)) for at in range(len(whole.response))]

    assert whole.outcome.kind is Kind.GAGAL
    assert {attempt.outcome.kind for attempt in attempts} == {Kind.UNKNOWN}


def test_a_connection_that_is_refused_is_not_sent(sandbox: Sandbox) -> None:
    proxy = Proxy(sandbox.url)
    proxy.__enter__()
    url = proxy.url
    proxy.__exit__()

    answer = Provider(url, "sandbox", "sandbox").top_up(an_order(1), may_leave=lambda: True)

    assert answer == NotSent("refused")
    assert sandbox.requests() == []


# -- pieces and pauses -------------------------------------------------------------------------------------


@pytest.mark.parametrize("piece", [1, 2, 7, 100])
def test_splitting_into_small_segments_does_not_change_a_good_answer(sandbox: Sandbox, piece: int) -> None:
    with Wire(sandbox) as wire:
        attempt = wire.send(Trouble(piece=piece))

    (topup,) = sandbox.book()
    assert isinstance(attempt.answer, Reply)
    assert attempt.response.endswith(attempt.answer.body)
    assert (attempt.outcome.kind, attempt.outcome.invoice) == (Kind.SUKSES, topup.invoice)
    assert (attempt.outcome.serial, attempt.outcome.debited) == (topup.serial, topup.debit)


@pytest.mark.parametrize("at", [0, 1, 40, 300])
def test_an_answer_that_dawdles_anywhere_is_good_within_its_time_and_unknown_after_it(
    at: int,
) -> None:
    with Sandbox() as sandbox, Wire(sandbox, timeout_s=30.0) as wire:
        soon = wire.send(Trouble(response_hold=(at, 0.1)))
    with Sandbox() as sandbox, Wire(sandbox, timeout_s=0.3) as wire:
        late = wire.send(Trouble(response_hold=(at, 1.2)))

    assert (soon.outcome.kind, soon.paid) == (Kind.SUKSES, 1)
    assert (late.answer, late.paid) == (NoAnswer("timeout"), 1)


# -- the price list ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_price_list_cut_anywhere_is_an_error_and_never_a_shorter_list(
    sandbox: Sandbox, ending: Ending
) -> None:
    trouble = Trouble()
    with Proxy(sandbox.url, lambda _n: trouble) as proxy:
        provider = Provider(proxy.url, "sandbox", "sandbox")
        products = provider.price_list()
        length = len(proxy.last().response)
        for at in chain(range(0, 200, 9), range(200, length, length // 40), (length - 1,)):
            trouble = Trouble(response_cut=at, ending=ending)
            with pytest.raises(ProviderError):
                provider.price_list()
        trouble = Trouble(piece=1_000)
        assert provider.price_list() == products


# -- the whole command -------------------------------------------------------------------------------------

REQUEST_CUTS = (0, 1, 20, 150, 300)
RESPONSE_CUTS = (0, 1, 12, 20, 60, 130, 250, 400)
TROUBLES = [
    *(Trouble(request_cut=at, ending=ending) for ending in ENDINGS for at in REQUEST_CUTS),
    *(Trouble(response_cut=at, ending=ending) for ending in ENDINGS for at in RESPONSE_CUTS),
    *(Trouble(piece=1), Trouble(piece=3)),
]


def cut_rows(n: int) -> Trouble:
    """The n-th connection: the price list first, then row after row; every other one goes well."""
    at, well = divmod(n - 1, 2)
    return Trouble() if n == 0 or well or at >= len(TROUBLES) else TROUBLES[at]


def test_a_run_through_a_bad_network_and_a_second_run_pay_every_number_at_most_once(office: Office) -> None:
    numbers = office.numbers(2 * len(TROUBLES))
    office.payroll("bonus.csv", numbers)
    with Proxy(office.sandbox.url, cut_rows) as proxy:
        send = ("run", "bonus.csv", "--yes", *office.fast)
        first = office.run(*send, env={"BULK_TOPUP_BASE_URL": proxy.url})
        second = office.run(*send, env={"BULK_TOPUP_BASE_URL": proxy.url})

    assert (first.exit, second.exit) == (4, 4), first.err + second.err
    assert "Traceback" not in first.err
    paid = office.paid()
    assert max(paid.values()) == 1
    rows = office.results("bonus.results.xlsx")
    assert [row["No HP"] for row in rows] == numbers
    assert {row["status"] for row in rows} == {"sukses", "unknown"}
    unknown = [row["paid"] for row in rows if row["status"] == "unknown"]
    assert set(unknown) == {"ask provider"}
    # A connection that is cut at once may be seen dead before a byte is handed to it: that row is sent anew.
    at_once = sum(trouble.request_cut == 0 for trouble in TROUBLES)
    assert len(TROUBLES) - 2 - at_once <= len(unknown) <= len(TROUBLES) - 2
    assert all(paid[row["No HP"]] for row in rows if row["paid"] == "yes")
    assert office.sent_numbers() == list(dict.fromkeys(office.sent_numbers()))


def test_a_run_whose_price_list_is_cut_sends_nothing(office: Office) -> None:
    office.payroll("bonus.csv", office.numbers(2))
    with Proxy(office.sandbox.url, lambda _n: Trouble(response_cut=2_000)) as proxy:
        done = office.run("run", "bonus.csv", "--yes", *office.fast, env={"BULK_TOPUP_BASE_URL": proxy.url})

    assert done.exit == 3
    assert "was cut off" in done.err
    assert office.sent() == []

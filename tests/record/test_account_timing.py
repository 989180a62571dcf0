"""What the desks of an account do in time. Apart, since files with a test that is alone are begun last."""

from __future__ import annotations

import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from operator import sub
from typing import TYPE_CHECKING

import pytest

from bulk_topup.provider.pace import SharedThrottle
from bulk_topup.record.ledger.shared import Account
from tests.record.test_account import SCOPE, address, office

if TYPE_CHECKING:
    from tests.conftest import Office

__all__ = ["address", "office"]


@pytest.mark.alone
@pytest.mark.parametrize("rate", [40.0])
def test_many_threads_of_several_desks_hold_the_rate(address: str, rate: float) -> None:
    """Within 2 % in the median second: a machine that stalls loses the slots of that moment. Never faster."""
    count, came, at_work = 160, [], threading.Lock()
    accounts = [Account(address, **SCOPE) for _ in range(4)]
    never = threading.Event()

    def work(account: Account) -> None:
        pace = SharedThrottle(
            rate, take=account.take_slot, pause=account.pause, clock=time.monotonic, sleep=never.wait
        )
        for _ in range(count // len(accounts)):
            assert pace.wait(to_send=True)
            with at_work:
                came.append(time.monotonic())

    with ThreadPoolExecutor(len(accounts)) as pool:
        list(pool.map(work, accounts))
    for account in accounts:
        account.close()
    came.sort()
    second = int(rate)
    assert statistics.median(map(sub, came[second:], came)) == pytest.approx(second / rate, rel=0.02)
    assert (count - 1) / (came[-1] - came[0]) <= 1.02 * rate


def test_a_code_of_the_account_stops_every_desk_within_two_seconds(office: Office) -> None:
    office.payroll("jakarta.csv", office.numbers(200))
    office.payroll("medan.csv", ["081200000062"])
    jakarta = office.start("run", "jakarta.csv", "--yes", "--rate", "20", "--wait", "0")
    office.wait_for_requests(5)
    medan = office.run("run", "medan.csv", "--yes", "--rate", "20", "--wait", "0")
    assert medan.exit == 3
    done = office.finish(jakarta)
    assert done.exit == 3, done.err
    assert "medan" in done.err
    assert "account resume" in done.err
    met = next(request.at for request in office.sent() if request.parameters["nomortujuan"] == "081200000062")
    assert max(request.at for request in office.sent()) <= met + timedelta(seconds=2)
    assert len(office.sent()) < 200

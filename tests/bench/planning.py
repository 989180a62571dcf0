"""Seconds from a sheet's rows in memory to its plan, or with `--read` of reading it; run as a process."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pandas as pd

from bulk_topup.core.clock import SystemClock
from bulk_topup.provider.client import Provider
from bulk_topup.rules import approval, checks, product_choice
from bulk_topup.rules import plan as planning
from bulk_topup.rules.duplicates import ELSEWHERE_COLUMNS, RECENT_COLUMNS, Past
from bulk_topup.rules.orders import Known, Wishes
from bulk_topup.rules.rows import understand
from bulk_topup.sandbox import Sandbox
from bulk_topup.sheet import read_sheet
from bulk_topup.sheet.process import gather


def main(path: str, *options: str) -> None:
    assert gather  # imported by now: read_sheet would do so while it is timed
    began = time.perf_counter()
    sheet = read_sheet(Path(path))
    if "--read" in options:
        sys.stdout.write(str(time.perf_counter() - began))
        return
    clock = SystemClock()
    with Sandbox() as sandbox:
        prices = Provider(sandbox.url, "sandbox", "sandbox", timeout_s=10, alive=clock.alive).price_list()
    past = Past(Known(), pd.DataFrame(columns=ELSEWHERE_COLUMNS), pd.DataFrame(columns=RECENT_COLUMNS))
    identity = approval.Identity("sandbox", sandbox.url, sheet.tab, "2025-01")
    began = time.perf_counter()
    rows = product_choice.with_products(understand(sheet, prices), prices, past.own, {})
    plan = planning.make(
        rows,
        lambda those: checks.findings(those, prices),
        past,
        Wishes(),
        identity,
        None,
        clock.now().date(),
    )
    seconds = time.perf_counter() - began
    assert len(plan.orders)
    sys.stdout.write(str(seconds))


if __name__ == "__main__":
    main(*sys.argv[1:])

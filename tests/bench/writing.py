"""Seconds from so many results in memory to their workbook; run as a process."""

from __future__ import annotations

import pickle
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_topup.core.results_columns import ResultLine
from bulk_topup.core.status import Paid, Status
from bulk_topup.report.results_workbook import write_results
from bulk_topup.report.tables import SummaryRow
from tests.bench import data

if TYPE_CHECKING:
    from collections.abc import Iterator

OWN = data.HEADER[:4]
PAID, FAILED = (
    (Status.SUKSES, Paid.YES, ""),
    (Status.GAGAL, Paid.NO, "the provider refused it: number is not active"),
)


def lines(count: int) -> Iterator[ResultLine]:
    for at, own in enumerate(data.rows(count)):
        status, paid, reason = FAILED if at % 1000 == 500 else PAID
        moment = f"2025-01-20 10:{at // 60 % 60:02}:{at % 60:02}"
        said = ("11" if reason else "", reason, f"TRX{9_000_000 + at}", f"{100_000_000_000 + at}")
        yield ResultLine(own[: len(OWN)], str(paid), str(status), *said, 5650, 5650, "TSEL5", own[1], moment)


def keep_cells(path: Path, count: int) -> None:
    """For the baseline, which has none of our modules."""
    path.write_bytes(pickle.dumps([(*line.cells, *line.values) for line in lines(count)]))


def main(rows: str, target: str) -> None:
    kept = list(lines(int(rows)))
    began = time.perf_counter()
    written = write_results(
        Path(target),
        OWN,
        iter(kept),
        summary=[SummaryRow(["rows", int(rows)])],
    )
    seconds = time.perf_counter() - began
    assert written == Path(target)
    sys.stdout.write(str(seconds))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""What is measured, and against what. A new figure is one entry in FIGURES."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench import batches, data, environment, measure, writing
from tests.bench.data import FULL_SHEET
from tests.bench.measure import Sample
from tests.markdown import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GIB = 1 << 30
MIB = 1 << 20


@dataclass(frozen=True)
class Figure:
    """`ours` and `baseline` measure once, in `unit`, with a sheet of so many rows; the second argument of
    `ours` asks for the peak memory instead of an honest value. What begins with `most` or `least` are the
    targets: `most` is in the unit, the ratios are ours to the baseline's, `most_in_a_second` are requests.

    `unit` is "s", or "/s" for a rate, of which more is better. `rows` is the size of the published figure;
    with `grows`, smaller ones from `least_rows` on are measured, too. `quick_rows` are enough to see it run.
    """

    name: str
    what: str
    ours: Callable[[int, bool], Sample]
    against: str = ""
    baseline: Callable[[int], Sample] | None = None
    unit: str = "s"
    most: float | None = None
    most_ratio: float | None = None
    least_ratio: float | None = None
    most_bytes: int | None = None
    most_in_a_second: int | None = None
    rows: int = FULL_SHEET
    least_rows: int = 0
    quick_rows: int = 1_000
    grows: bool = True


@contextmanager
def folder() -> Iterator[Path]:
    """A place for the files of one run; on a disk, as a user's are."""
    where = Path(tempfile.mkdtemp(dir=data.cache(), prefix="run-"))
    try:
        yield where
    finally:
        shutil.rmtree(where)


PROGRAM = (sys.executable, "-m", "bulk_topup")


# -- reading and checking ----------------------------------------------------------------------------------


def check_of(sheet: Callable[[int], Path]) -> Callable[[int, bool], Sample]:
    """`check`, from the start of the process to its end; the findings in the sheet make it exit with 1."""

    def measured(rows: int, watch: bool) -> Sample:
        with folder() as where:
            own = where / sheet(rows).name
            os.link(sheet(rows), own)
            argv = [*PROGRAM, "check", str(own), "--sandbox"]
            env = measure.clean_environment(where)
            sample, said = measure.command(argv, cwd=ROOT, env=env, codes=(1,), watch=watch)
        assert re.search(f"rows in the sheet +{rows:,}$", said, re.MULTILINE), said
        return sample

    return measured


def read_xlsx_of(sheet: Callable[[int], Path]) -> Callable[[int], Sample]:
    return lambda rows: Sample(environment.baseline("read_xlsx", sheet(rows)))


def read_csv(rows: int) -> Sample:
    """In our own environment: with pyarrow, pandas takes longer to read texts."""
    return Sample(environment.baseline("read_csv", data.comma_separated(rows), python=sys.executable))


CHECKS = (
    Figure(
        "check-xlsx",
        "`check` of a full .xlsx, shared strings",
        check_of(data.shared_strings),
        "fastexcel, to a pandas frame",
        read_xlsx_of(data.shared_strings),
        most_ratio=2.5,
        most_bytes=int(1.2 * GIB),
    ),
    Figure(
        "check-xlsx-inline",
        "`check` of a full .xlsx, inline strings",
        check_of(data.inline_strings),
        "fastexcel, to a pandas frame",
        read_xlsx_of(data.inline_strings),
        most_ratio=2.5,
        most_bytes=int(1.2 * GIB),
    ),
    Figure(
        "check-csv",
        "`check` of a full .csv",
        check_of(data.comma_separated),
        "pandas.read_csv, every cell a text",
        read_csv,
        most_ratio=6.0,
        most_bytes=int(1.2 * GIB),
    ),
)


# -- planning, apart from reading --------------------------------------------------------------------------


def plan_alone(rows: int, watch: bool) -> Sample:
    """From the rows in memory to the plan and its code: all checks, prices, repeats and totals."""
    with folder() as where:
        argv = [sys.executable, "-m", "tests.bench.planning", str(data.shared_strings(rows))]
        sample, said = measure.command(argv, cwd=ROOT, env=measure.clean_environment(where), watch=watch)
    return Sample(float(said), None, sample.peak)


PLANS = (
    Figure(
        "plan",
        "checks and plan alone",
        plan_alone,
        "fastexcel, to a pandas frame",
        read_xlsx_of(data.shared_strings),
        most_ratio=0.7,
    ),
)


# -- a batch that was sent but for its last rows -----------------------------------------------------------


def resumed(rows: int, watch: bool) -> Sample:
    """`run`, from the start of the process to when the first request reaches the provider; the peak is that
    of the whole run."""
    with folder() as where:
        sheet = batches.copied_to(where, rows)
        argv = [*PROGRAM, "run", str(sheet), "--sandbox", "--yes", "--wait", "0"]
        argv += ["--output", str(where / "bonus.results.csv")]
        env = measure.clean_environment(where)
        if watch:
            return measure.command(argv, cwd=ROOT, env=env, codes=(0, 1, 3, 4), watch=True)[0]
        began = datetime.now(UTC)
        measure.command_until("Sending ", argv, cwd=ROOT, env=env)
        return Sample((batches.first_request(where, began) - began).total_seconds())


def read_once(rows: int) -> Sample:
    """Our own reading of the sheet, in a process of its own that has all it imports."""
    argv = [sys.executable, "-m", "tests.bench.planning", str(data.shared_strings(rows)), "--read"]
    return Sample(float(measure.command(argv, cwd=ROOT, env=measure.clean_environment(ROOT))[1]))


def status_of(rows: int, watch: bool) -> Sample:
    with folder() as where:
        argv = [*PROGRAM, "status", str(batches.copied_to(where, rows)), "--sandbox"]
        env = measure.clean_environment(where)
        return measure.command(argv, cwd=ROOT, env=env, codes=(1,), watch=watch)[0]


BATCHES = (
    Figure(
        "resume",
        "`run` of a batch with 10 rows left, to its first request",
        resumed,
        "our own reading of the sheet, once",
        read_once,
        most_ratio=1.6,
        least_rows=batches.LEAST_ROWS,
    ),
    Figure("status", "`status` of that batch", status_of, most=0.5, least_rows=batches.LEAST_ROWS),
)


# -- sending ------------------------------------------------------------------------------------------------


def sending(workers: int, *options: object, late_ms: int = 0) -> Callable[[int, bool], Sample]:
    """Rows a second. Without a rate to keep to: a real run may not make more than 500 requests a second.

    `late_ms` is how much longer the disk takes each time that something is forced to it.
    """

    def measured(rows: int, watch: bool) -> Sample:
        with folder() as where:
            argv = [sys.executable, "-m", "tests.bench.sending", where, rows, workers, *options]
            env = measure.clean_environment(where)
            if late_ms:
                env |= {"LD_PRELOAD": str(environment.slow_disk()), "SLOW_DISK_MS": str(late_ms)}
            sample, said = measure.command([*map(str, argv)], cwd=ROOT, env=env, watch=watch)
        value, *in_a_second = said.split()
        return Sample(float(value), sample.cpu_s, sample.peak, *map(int, in_a_second))

    return measured


def unwatched(ours: Callable[[int, bool], Sample]) -> Callable[[int], Sample]:
    return lambda rows: ours(rows, False)


def beside_bare(workers: int, latency_ms: int, least_ratio: float, *, rows: int, quick_rows: int) -> Figure:
    how = ("--latency", latency_ms / 1000)
    return Figure(
        f"send-{latency_ms}ms",
        f"rows sent a second, {workers} workers, provider at {latency_ms} ms",
        sending(workers, *how),
        "plain `requests` from a bare pool of threads, a Session each",
        unwatched(sending(workers, *how, "--bare")),
        unit="/s",
        least_ratio=least_ratio,
        rows=rows,
        quick_rows=quick_rows,
        grows=False,
    )


def slow_disk(workers: int, latency_ms: int, rows: int, least_ratio: float) -> Figure:
    how = ("--latency", latency_ms / 1000)
    return Figure(
        f"send-slow-disk-{workers}",
        f"rows sent a second, {workers} workers, provider at {latency_ms} ms, each fsync 10 ms longer",
        sending(workers, *how, late_ms=10),
        "the same without the 10 ms",
        unwatched(sending(workers, *how)),
        unit="/s",
        least_ratio=least_ratio,
        rows=rows,
        quick_rows=workers,
        grows=False,
    )


def throttled(rate: int, workers: int) -> Figure:
    return Figure(
        f"pace-{rate}",
        f"requests a second at a rate of {rate}, {workers} workers, provider at 20 ms",
        sending(workers, "--latency", 0.02, "--rate", rate),
        "the rate",
        lambda _: Sample(rate),
        unit="/s",
        most_ratio=1.01,
        least_ratio=0.99,
        most_in_a_second=rate + 2,
        rows=10 * rate,
        quick_rows=rate,
        grows=False,
    )


SENDS = (
    beside_bare(16, 0, 0.50, rows=3_000, quick_rows=100),
    beside_bare(64, 200, 0.95, rows=3_200, quick_rows=64),
    slow_disk(8, 1_000, 160, 0.95),
    slow_disk(16, 200, 800, 0.75),
    throttled(5, 1),
    throttled(50, 4),
)


# -- results -----------------------------------------------------------------------------------------------


def written(rows: int, watch: bool) -> Sample:
    """The workbook of so many results in memory; the peak is that of `results`, from the progress file."""
    with folder() as where:
        env = measure.clean_environment(where)
        if watch:
            sheet = batches.copied_to(where, max(rows, batches.LEAST_ROWS))
            argv = [*PROGRAM, "results", str(sheet), "--sandbox"]
            return measure.command(argv, cwd=ROOT, env=env, codes=(1,), watch=True)[0]
        argv = [sys.executable, "-m", "tests.bench.writing", str(rows), str(where / "results.xlsx")]
        return Sample(float(measure.command(argv, cwd=ROOT, env=env)[1]))


def write_plain(rows: int) -> Sample:
    with folder() as where:
        cells = data.made(f"results-{rows}.pickle", lambda path: writing.keep_cells(path, rows))
        return Sample(environment.baseline("write_xlsx", cells, where / "plain.xlsx"))


RESULTS = (
    Figure(
        "results",
        "the workbook of the results, 14 columns",
        written,
        "openpyxl, write-only, with lxml: the same cells without styles",
        write_plain,
        most_ratio=1.1,
        most_bytes=600 * MIB,
    ),
)


# -- starting ----------------------------------------------------------------------------------------------


def help_of(*command: str) -> Callable[[int, bool], Sample]:
    def measured(_rows: int, watch: bool) -> Sample:
        with folder() as where:
            # What a person types: `python -m` would import runpy and its needs besides.
            argv = [str(Path(sys.executable).with_name("bulk-topup")), *command, "--help"]
            return measure.command(argv, cwd=ROOT, env=measure.clean_environment(where), watch=watch)[0]

    return measured


def import_click(_rows: int) -> Sample:
    env = measure.clean_environment(ROOT)
    return measure.command([sys.executable, "-c", "import click"], cwd=ROOT, env=env)[0]


STARTS = (
    Figure(
        "help",
        "`--help`",
        help_of(),
        '`python -c "import click"`',
        import_click,
        most_ratio=1.6,
        rows=0,
        grows=False,
    ),
)


FIGURES = (*CHECKS, *PLANS, *BATCHES, *SENDS, *RESULTS, *STARTS)

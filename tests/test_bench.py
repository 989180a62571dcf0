"""The benchmarks' own reckoning: which targets hold, how a figure grows, and what the sheets hold."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from itertools import islice

import pytest

pytest.importorskip("resource", reason="the benchmarks measure processes as Linux and macOS tell of them")

from bulk_topup.rules import numbers
from bulk_topup.sandbox.prices import PRICES
from tests.bench import data, page
from tests.bench.__main__ import Measured
from tests.bench.figures import FIGURES, Figure
from tests.bench.measure import Sample
from tests.bench.sending import most_in_a_second
from tests.markdown import ROOT

pytestmark = pytest.mark.slow


@pytest.mark.skipif("CI" not in os.environ, reason="takes baselines from a package index, which .ci/run has")
@pytest.mark.skipif(sys.platform != "linux", reason="a disk is made slow by what only Linux loads")
@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler is installed here")
def test_each_figure_can_be_measured() -> None:
    """Once, small and without thresholds."""
    command = [sys.executable, "-m", "tests.bench", "--quick"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def measured(ours: list[float], baseline: list[float], peak: int = 0, **targets: float) -> Measured:
    figure = Figure("x", "x", lambda *_: Sample(0), **targets)  # type: ignore[arg-type]
    return Measured(figure, 1_000_000, [Sample(s) for s in ours], [Sample(s) for s in baseline], peak)


def test_the_median_run_counts_on_both_sides() -> None:
    each = measured([9.0, 2.0, 3.0], [1.0, 2.0, 90.0])
    assert (each.value, each.baseline_value, each.ratio) == (3.0, 2.0, 1.5)


@pytest.mark.parametrize(
    ("targets", "missed"),
    [
        ({"most_ratio": 1.5}, 0),
        ({"most_ratio": 1.4}, 1),
        ({"least_ratio": 1.5}, 0),
        ({"least_ratio": 1.6}, 1),
        ({"most": 3.0}, 0),
        ({"most": 2.9}, 1),
        ({"most_bytes": 100}, 0),
        ({"most_bytes": 99}, 1),
        ({"most_ratio": 1.4, "most": 2.9, "most_bytes": 99}, 3),
    ],
)
def test_a_target_is_missed_only_beyond_it(targets: dict[str, float], missed: int) -> None:
    assert len(list(measured([3.0], [2.0], peak=100, **targets).missed())) == missed


def test_one_second_that_is_too_full_is_a_target_missed_whatever_the_other_runs() -> None:
    runs = [Sample(50.0, in_a_second=count) for count in (50, 51, 50)]
    figure = Figure("x", "x", lambda *_: Sample(0), most_in_a_second=50)
    full = Measured(figure, 500, runs, [], 0)
    assert (full.in_a_second, list(full.missed())) == (51, ["x: 51 within a second, 50 at most"])
    assert "in the fullest second 51 |" in list(page.table([full]))[-1]
    assert not list(replace(full, figure=replace(figure, most_in_a_second=51)).missed())


def test_a_second_ends_before_the_same_moment_of_the_next() -> None:
    assert most_in_a_second([0.0, 0.5, 1.0, 1.25, 1.5]) == 3


def test_a_step_is_where_a_row_costs_more_than_at_the_size_before() -> None:
    seconds = {1000: 1.0, 10_000: 2.0, 100_000: 20.0, 1_000_000: 300.0}
    assert page._step(page._per_row(seconds, "s")) == pytest.approx(1.5)
    rates = {1000: 400.0, 10_000: 500.0, 100_000: 250.0}
    assert page._step(page._per_row(rates, "/s")) == pytest.approx(2.0)


def test_every_figure_has_a_name_of_its_own() -> None:
    assert len({figure.name for figure in FIGURES}) == len(FIGURES)


def test_the_sheets_are_the_same_on_every_machine_and_hold_what_a_payroll_holds() -> None:
    rows = list(data.rows(3000))
    assert rows == list(islice(data.rows(1_000_000), 3000))
    nationals, problems = numbers.normalise_column([row[1] for row in rows])
    assert len(problems) == 3
    assert len(set(nationals)) == 2998
    assert {row[2] for row in rows} <= {
        product["kodeoperator"] for product in PRICES if product["status"] == "Ready"
    }


def test_a_cached_sheet_holds_the_rows_drawn(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with data.comma_separated(50).open(encoding="utf-8", newline="") as file:
        assert [tuple(row) for row in csv.reader(file)] == [data.HEADER, *data.rows(50)]

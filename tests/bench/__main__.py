"""The command line: measures the figures, ours and baseline in turn, prints the table and writes the page."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from tests.bench import page
from tests.bench.data import FULL_SHEET
from tests.bench.figures import FIGURES
from tests.bench.measure import Failed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.bench.figures import Figure
    from tests.bench.measure import Sample

RUNS = 5
SIZES = (1_000, 10_000, 100_000, FULL_SHEET)


@dataclass(frozen=True)
class Measured:
    figure: Figure
    rows: int
    ours: Sequence[Sample]
    baseline: Sequence[Sample]
    peak: int

    @property
    def value(self) -> float:
        return median(sample.value for sample in self.ours)

    @property
    def baseline_value(self) -> float | None:
        return median(sample.value for sample in self.baseline) if self.baseline else None

    @property
    def ratio(self) -> float | None:
        return self.value / self.baseline_value if self.baseline_value else None

    @property
    def in_a_second(self) -> int | None:
        """Of all runs: what must never be is not made good by a median."""
        return max((sample.in_a_second for sample in self.ours if sample.in_a_second), default=None)

    def missed(self) -> Iterator[str]:
        """The targets that do not hold."""
        figure, ratio = self.figure, self.ratio
        if figure.most_ratio is not None and ratio is not None and ratio > figure.most_ratio:
            yield f"{figure.name}: {ratio:.2f} times the baseline, {figure.most_ratio} at most"
        if figure.least_ratio is not None and ratio is not None and ratio < figure.least_ratio:
            yield f"{figure.name}: {ratio:.3f} times the baseline, {figure.least_ratio} at least"
        if figure.most is not None and self.value > figure.most:
            yield f"{figure.name}: {self.value:.2f} {figure.unit}, {figure.most} {figure.unit} at most"
        if figure.most_bytes is not None and self.peak > figure.most_bytes:
            yield f"{figure.name}: {self.peak >> 20} MiB, {figure.most_bytes >> 20} MiB at most"
        if figure.most_in_a_second is not None and (self.in_a_second or 0) > figure.most_in_a_second:
            yield f"{figure.name}: {self.in_a_second} within a second, {figure.most_in_a_second} at most"


@dataclass(frozen=True)
class Grown:
    """`values` are by rows, in the figure's unit."""

    figure: Figure
    values: dict[int, float]


def main() -> int:
    options = _options()
    chosen = [figure for figure in FIGURES if not options.figures or figure.name in options.figures]
    try:
        if options.only_growth:
            return _show_growth(chosen)
        code = _show_figures(chosen, options)
        if not (options.quick or options.no_growth):
            _show_growth(chosen)
    except Failed as failure:
        print(failure, file=sys.stderr)
        return 2
    return code


def _show_figures(chosen: Sequence[Figure], options: argparse.Namespace) -> int:
    measured = [_measured(figure, options) for figure in chosen]
    print(*page.table(measured), sep="\n")
    if options.quick:
        return 0
    if len(chosen) == len(FIGURES):
        page.write(measured)
    missed = [line for each in measured for line in each.missed()]
    print(*missed, sep="\n")
    return 1 if missed else 0


def _show_growth(chosen: Sequence[Figure]) -> int:
    grown = [_grown(figure) for figure in chosen if figure.grows]
    print(*page.growth_table(grown), sep="\n")
    if len(chosen) == len(FIGURES):
        page.write_growth(grown)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description="Measures what the program costs. Without FIGURE all of it, into docs/benchmarks.md and "
        "docs/growth.md.",
    )
    names = [figure.name for figure in FIGURES]
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=", ".join(names))
    parser.add_argument("--quick", action="store_true", help="each figure once and small, and no thresholds")
    parser.add_argument(
        "--runs", type=int, default=RUNS, metavar="N", help=f"of which the median counts ({RUNS})"
    )
    parser.add_argument("--no-growth", action="store_true", help="only the figures")
    parser.add_argument("--only-growth", action="store_true", help="only how they grow with the sheet")
    options = parser.parse_args()
    if unknown := set(options.figures) - set(names):
        parser.error(f"there is no figure {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    return options


def _measured(figure: Figure, options: argparse.Namespace) -> Measured:
    print(f"{figure.name} …", file=sys.stderr, flush=True)
    rows = figure.rows
    if options.quick:
        return _seen_to_run(figure, min(rows, max(figure.quick_rows, figure.least_rows)))
    ours, baseline = [], []
    figure.ours(rows, False)  # what is made once, or read from a cold disk, is no part of the figure
    for _ in range(options.runs):
        ours.append(figure.ours(rows, False))
        if figure.baseline is not None:
            baseline.append(figure.baseline(rows))
    peak = figure.ours(rows, True).peak or 0
    return Measured(figure, rows, ours, baseline, peak)


def _seen_to_run(figure: Figure, rows: int) -> Measured:
    ours = figure.ours(rows, True)
    baseline = [] if figure.baseline is None else [figure.baseline(rows)]
    return Measured(figure, rows, [ours], baseline, ours.peak or 0)


def _grown(figure: Figure) -> Grown:
    """Each size three times, but the full one, which noise hardly touches, once."""
    print(f"{figure.name}, growing …", file=sys.stderr, flush=True)
    values = {}
    for size in (size for size in SIZES if size >= figure.least_rows):
        figure.ours(size, False)
        values[size] = median(figure.ours(size, False).value for _ in range(1 if size == SIZES[-1] else 3))
    return Grown(figure, values)


if __name__ == "__main__":
    sys.exit(main())

"""docs/benchmarks.md and docs/growth.md: the figures, how they grow, and on what they were measured."""

from __future__ import annotations

import itertools
import json
import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import psutil

from tests.bench import environment
from tests.bench.environment import DRAWING, REQUIREMENTS
from tests.markdown import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tests.bench.__main__ import Grown, Measured
    from tests.bench.figures import Figure

PAGE = ROOT / "docs" / "benchmarks.md"
GROWTH = ROOT / "docs" / "growth.md"
PLOT = ROOT / "docs" / "growth.svg"

_OURS = ("pandas", "lxml", "XlsxWriter", "openpyxl", "requests", "SQLAlchemy", "click")
_THEIRS = ("fastexcel", "pyarrow", "pandas")


def table(measured: Sequence[Measured]) -> Iterator[str]:
    """Markdown. Values are medians; in brackets the least and the most of all runs."""
    yield "| figure | what | ours | processor | baseline | ratio | target | peak memory | at most |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    for each in measured:
        figure = each.figure
        cells = [
            f"`{figure.name}`",
            figure.what,
            _ours(each),
            _spread([sample.cpu_s for sample in each.ours if sample.cpu_s is not None], "s"),
            f"{figure.against}: {_spread([sample.value for sample in each.baseline], figure.unit)}"
            if each.baseline
            else "",
            f"**{each.ratio:.3g}**" if each.ratio else "",
            "; ".join(_targets(figure)),
            f"{each.peak >> 20:,} MiB" if each.peak else "",
            f"{figure.most_bytes >> 20:,} MiB" if figure.most_bytes else "",
        ]
        yield f"| {' | '.join(cells)} |"


def _ours(each: Measured) -> str:
    values = _spread([sample.value for sample in each.ours], each.figure.unit)
    return values if each.in_a_second is None else f"{values}; in the fullest second {each.in_a_second}"


def _targets(figure: Figure) -> Iterator[str]:
    if figure.least_ratio is not None:
        yield f"≥ {figure.least_ratio:g} times"
    if figure.most_ratio is not None:
        yield f"≤ {figure.most_ratio:g} times"
    if figure.most is not None:
        yield f"≤ {figure.most:g} {figure.unit}"
    if figure.most_in_a_second is not None:
        yield f"≤ {figure.most_in_a_second} in any second"


def _spread(values: Sequence[float], unit: str) -> str:
    if not values:
        return ""
    least, most = min(values), max(values)
    return f"{_amount(median(values), unit)} ({_amount(least)} to {_amount(most)})"


def _amount(value: float, unit: str = "") -> str:
    digits = 0 if value >= 100 else 2
    return f"{value:,.{digits}f} {unit}".rstrip()


def write(measured: Sequence[Measured]) -> None:
    _write(PAGE, _HEAD, table(measured))


def write_growth(grown: Sequence[Grown]) -> None:
    """The page and its plot."""
    _write(
        GROWTH,
        _GROWTH_HEAD,
        [*growth_table(grown), "", f"![Seconds by rows, both axes logarithmic]({PLOT.name})"],
    )
    lines = {each.figure.name: sorted(each.values.items()) for each in grown if each.figure.unit == "s"}
    environment.baseline("plot", PLOT, json.dumps(lines), requirements=(*REQUIREMENTS, *DRAWING))


def _write(target: Path, head: str, body: Iterable[str]) -> None:
    target.write_text("\n".join([head, *_machine(), "", *body, ""]), encoding="utf-8")


_HEAD = """# Benchmarks

Made by `python -m tests.bench`; do not edit. Ours and its baseline are run in turn: the median counts, and
the least and the most of all runs stand in brackets. Ours is a whole process from its start to its end, with
all that it starts. A baseline is the work alone, without start and imports, which is the harder measure. Peak
memory is that of all processes together, taken in a run of its own. Of a pace the requests are counted where
they come, at the provider; its fullest second is that of all runs. How each figure grows with the sheet:
[growth.md](growth.md).
"""
_GROWTH_HEAD = """# Growth

Made by `python -m tests.bench --only-growth`; do not edit. Ours by rows of the sheet, as in
[benchmarks.md](benchmarks.md). *Step* is the most by which a row costs more than at the size before it: 1 is
linear, below 1 is better.
"""


def _machine() -> Iterator[str]:
    theirs = environment.baseline("versions", *_THEIRS)
    memory = psutil.virtual_memory().total / (1 << 30)
    system = f"{platform.system()} {platform.release()}"
    yield f"- Machine: {os.cpu_count()} cores ({_processor()}), {memory:.0f} GiB, {system}"
    yield f"- Python {platform.python_version()}; {_listed({name: metadata.version(name) for name in _OURS})}"
    yield f"- Baselines: {_listed(theirs)}"
    yield f"- Commit {_commit()}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown"
    )


def _listed(versions: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def _commit() -> str:
    argv = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


# -- growth ------------------------------------------------------------------------------------------------


def growth_table(grown: Sequence[Grown]) -> Iterator[str]:
    sizes = sorted({size for each in grown for size in each.values})
    yield f"| figure | {' | '.join(f'{size:,}' for size in sizes)} | step |"
    yield f"| --- |{' --- |' * (len(sizes) + 1)}"
    for each in grown:
        unit = each.figure.unit
        cells = [_amount(each.values[size], unit) if size in each.values else "" for size in sizes]
        yield f"| `{each.figure.name}` | {' | '.join(cells)} | {_step(_per_row(each.values, unit)):.2f} |"


def _per_row(values: dict[int, float], unit: str) -> dict[int, float]:
    """Seconds that a row costs, by the number of rows."""
    return {rows: value / rows if unit == "s" else 1 / value for rows, value in values.items()}


def _step(per_row: dict[int, float]) -> float:
    """The most by which a row costs more than at the size before."""
    each = [per_row[rows] for rows in sorted(per_row)]
    return max(later / earlier for earlier, later in itertools.pairwise(each))

"""The work that our figures are measured against. Run as a script, in the environment of the baselines.

Each prints JSON: the seconds of the work alone, imports left out, which is the harder measure for ours, as
that is taken from the start of the process to its end.
"""

from __future__ import annotations

import json
import sys
import time
from importlib import metadata
from typing import Any


def read_xlsx(path: str) -> float:
    """fastexcel, to a pandas frame."""
    import fastexcel  # type: ignore[import-not-found]
    import pandas as pd  # noqa: F401  (or it would be loaded on the first use, and that time counted)
    import pyarrow  # type: ignore[import-not-found]  # noqa: F401

    began = time.perf_counter()
    frame = fastexcel.read_excel(path).load_sheet(0).to_pandas()
    wall_s = time.perf_counter() - began
    assert frame.shape[1] == 5
    return wall_s


def read_csv(path: str) -> float:
    """pandas, every cell a text."""
    import pandas as pd

    began = time.perf_counter()
    frame = pd.read_csv(path, dtype=str, na_filter=False)
    wall_s = time.perf_counter() - began
    assert frame.shape[1] == 5
    return wall_s


def write_xlsx(cells: str, target: str) -> float:
    """openpyxl, write-only, with lxml: the cells of that pickled list of rows, without any style."""
    import pickle
    from pathlib import Path

    import lxml  # type: ignore[import-untyped]  # noqa: F401  (openpyxl would do without, only slower)
    import openpyxl

    rows = pickle.loads(Path(cells).read_bytes())  # noqa: S301  (our own)
    began = time.perf_counter()
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Results")
    for row in rows:
        sheet.append(row)
    book.save(target)
    return time.perf_counter() - began


def plot(target: str, lines: str) -> None:
    """Seconds by rows, one line a figure, both axes logarithmic."""
    import matplotlib as mpl  # type: ignore[import-not-found]

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "bulk-topup"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 5), layout="constrained")
    for name, points in json.loads(lines).items():
        axes.plot(*zip(*points, strict=True), marker="o", label=name)
    axes.set(xscale="log", yscale="log", xlabel="rows", ylabel="seconds")
    axes.grid(which="major", alpha=0.3)
    axes.legend(fontsize="small")
    figure.savefig(target, metadata={"Date": None})


def versions(*names: str) -> dict[str, str]:
    return {name: metadata.version(name) for name in names}


WORK = {work.__name__: work for work in (read_xlsx, read_csv, write_xlsx, plot, versions)}


def main(name: str, *arguments: str) -> None:
    work: Any = WORK[name]
    sys.stdout.write(json.dumps(work(*arguments)))


if __name__ == "__main__":
    main(*sys.argv[1:])

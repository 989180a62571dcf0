"""Real spreadsheets, some of them made to do harm: each gives a plan or one clear line, and soon."""

from __future__ import annotations

import os
import shutil
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import TYPE_CHECKING

import psutil
import pytest

from bulk_topup.core.errors import Exit, InputError
from bulk_topup.core.model import OddCell, letter
from bulk_topup.report.words import say
from bulk_topup.sheet import read_sheet
from bulk_topup.sheet.header import HEADER_ROWS
from tests import wild
from tests.builders import plan_of
from tests.processes import children

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from bulk_topup.sheet.tabs import Tab
    from tests.conftest import Office

pytestmark = [pytest.mark.wild, wild.needed]

LONGEST_S = 20.0
MOST_BYTES = 500_000_000
"""By which this process may have grown."""

OUT_OF_BOUNDS = ("sheet.too_much_memory", "sheet.too_slow")
"""What the parent says of a child that takes more than its 1 GiB, or than its time."""

LONGEST_LINE = 1_500
PLAN = "a plan"


@dataclass(frozen=True)
class Asked:
    """What is to be read, and how."""

    path: Path
    options: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.path.parent.name}/{self.path.name} {self.options or ''}".rstrip()


@dataclass(frozen=True)
class Came:
    """What it came to: `verdict` is PLAN or the code of the refusal, `faults` what is wrong about that."""

    verdict: str
    seconds: float
    faults: list[str]


def read(asked: Asked) -> Came:
    started = time.monotonic()
    try:
        sheet = read_sheet(asked.path, **asked.options)
        plan = plan_of(sheet)
    except InputError as error:
        error.facts.setdefault("file", asked.path.name)
        return _came(error.code, started, _faults_of(say.error(error), asked.path.name))
    accounted = len(plan.orders) + len(plan.held)
    faults = [] if accounted == len(sheet.cells) else [f"{accounted} of {len(sheet.cells)} rows"]
    return _came(PLAN, started, faults)


def _came(verdict: str, started: float, faults: list[str]) -> Came:
    seconds = time.monotonic() - started
    return Came(verdict, seconds, [*faults, *([f"{seconds:.0f} s"] if seconds > LONGEST_S else [])])


def _faults_of(line: str, name: str) -> list[str]:
    """Why this is not one line that names the file and says more than that."""
    what = line.replace(name, "", 1)
    kept = {
        "does not name the file": name in line,
        "is not one printable line": line.isprintable(),
        "is too long": len(line) < LONGEST_LINE,
        "says nothing": len(what.split()) > 5,
    }
    return [f"{why}: {line[:300]}" for why, holds in kept.items() if not holds]


def read_all(everything: Iterable[Asked]) -> list[tuple[Asked, Came]]:
    """All of them, as many at once as there are processors; fails unless each came to something sound."""
    us, asked = psutil.Process(), list(everything)
    held = us.memory_info().rss
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        futures = [(each, pool.submit(read, each)) for each in asked]
    assert [f"{each}: {future.exception()!r}" for each, future in futures if future.exception()] == []
    results = [(each, future.result()) for each, future in futures]
    assert [f"{each}: {fault}" for each, came in results for fault in came.faults] == []
    assert [str(each) for each, came in results if came.verdict in OUT_OF_BOUNDS] == []
    assert us.memory_info().rss - held < MOST_BYTES
    assert children() == []
    return results


def table_of(results: list[tuple[Asked, Came]]) -> str:
    """How many of each format came to what."""
    tally: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for asked, came in results:
        tally[asked.path.parent.name][came.verdict.removeprefix("sheet.")] += 1
    lines = [
        f"  {form:4} {sum(verdicts.values()):5}  "
        + ", ".join(f"{verdict} {count}" for verdict, count in verdicts.most_common())
        for form, verdicts in sorted(tally.items())
    ]
    slowest = max(came.seconds for _, came in results)
    return "\n".join([*lines, f"  the slowest took {slowest:.1f} s"])


def shown(capfd: pytest.CaptureFixture[str], heading: str, table: str) -> None:
    with capfd.disabled():
        print(f"\n{heading}\n{table}")


# -- what is asked for -------------------------------------------------------------------------------------


def every_tab() -> Iterator[Asked]:
    """Every tab that has two headings, taken for number and product, so that it is read to its end."""
    for path in wild.PATHS:
        password = {"password": wild.PASSWORDS[path.name]} if path.name in wild.PASSWORDS else {}
        for tab, (number, product) in _headings(path):
            yield Asked(path, {**tab, **password, "number_column": number, "product_column": product})


def _headings(path: Path) -> Iterator[tuple[dict[str, str], tuple[str, str]]]:
    """The option for each tab, with the letters of its first two headings; a text file's are A and B."""
    try:
        tabs = wild.tabs_of(path)
    except InputError:  # told of the file as it is
        return
    if not tabs:
        yield {}, ("A", "B")
    for tab in tabs:
        if letters := _letters(tab):
            yield {"tab": tab.name} if tab.name else {}, letters


def _letters(tab: Tab) -> tuple[str, str] | None:
    try:
        for _, cells in islice(tab.rows(), HEADER_ROWS):
            texts = [cell.shown if isinstance(cell, OddCell) else cell for cell in cells]
            filled = [letter(at) for at, text in enumerate(texts) if text.strip()]
            if len(filled) > 1:
                return filled[0], filled[1]
    except InputError:
        return "A", "B"
    return None


def by_format(paths: list[Path], count: int) -> Iterator[Path]:
    """So many of each format, spread over all of them."""
    for _, group in groupby(paths, key=lambda path: path.parent.name):
        files = list(group)
        yield from files[:: -(-len(files) // count)]


# -- the tests ---------------------------------------------------------------------------------------------

COLUMNS_NAMED = {
    *("sheet.no_number_column", "sheet.no_product_column", "sheet.no_tab_fits", "sheet.several_tabs"),
    *("sheet.ambiguous", "sheet.no_such_column", "sheet.no_header", "sheet.delimiter"),
}
"""The refusals that tell which columns or tabs there are."""


def test_every_real_file_is_a_plan_or_one_clear_line(capfd: pytest.CaptureFixture[str]) -> None:
    results = read_all(map(Asked, wild.PATHS))
    assert capfd.readouterr() == ("", "")
    shown(capfd, "real files as they are:", table_of(results))
    assert len(results) == len(wild.PATHS)
    assert sum(came.verdict in COLUMNS_NAMED for _, came in results) > len(results) / 2


def test_every_tab_of_every_real_file_is_read_to_its_end(capfd: pytest.CaptureFixture[str]) -> None:
    results = read_all(every_tab())
    assert capfd.readouterr() == ("", "")
    shown(capfd, "every tab, with its columns named:", table_of(results))
    assert sum(came.verdict == PLAN for _, came in results) > len(results) / 2


@pytest.mark.parametrize(
    "options", [(), ("--number-column", "A", "--product-column", "B", "--hidden", "include")]
)
def test_the_command_says_the_same_of_a_sample(office: Office, options: tuple[str, ...]) -> None:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        faults = pool.map(lambda path: _faults_of_check(office, path, options), by_format(wild.PATHS, 2))
    assert [fault for each in faults for fault in each] == []


def _faults_of_check(office: Office, wild_path: Path, options: tuple[str, ...]) -> list[str]:
    name = wild_path.name
    shutil.copy(wild_path, office.folder / name)
    done = office.run("check", name, "--sandbox", *options)
    if "Traceback" in done.out + done.err:
        return [f"{name}: a traceback"]
    if done.exit in {Exit.OK, Exit.NOT_ALL_PAID}:
        return [] if "row" in done.out else [f"{name}: no plan: {done.out}"]
    lines = [line for line in done.err.splitlines() if not line.startswith("Note: ")]
    if done.exit != Exit.NOTHING_SENT or done.out or len(lines) != 1:
        return [f"{name}: exit {done.exit}, {len(lines)} lines: {done.out[:200]}{done.err[:300]}"]
    return [f"{name} {fault}" for fault in _faults_of(lines[0], name)]

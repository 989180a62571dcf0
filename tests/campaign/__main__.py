"""The campaign's command line: runs schedules on all cores, judges each, and prints the figures."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import signal
import sys
import time
import traceback
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from tests.campaign import office, planted
from tests.campaign.draw import draw
from tests.campaign.judge import Case, judge
from tests.campaign.process import Desk
from tests.campaign.told import facts, told

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from multiprocessing.connection import Connection

    from tests.postgres import Server

SHORT, LONG = 300, 11_000
TOLD_EVERY = 500
LOST = ("every row stands", "paid as said", "results are there", "sums tie out")


def main() -> int:
    options = _options()
    if options.planted and not options.long:
        return planted.main(options.jobs)
    office.prepare(for_many=options.replay is None and not options.only)
    with ledgers(options.ledger):
        return _carry_out(options)


def _carry_out(options: argparse.Namespace) -> int:
    if options.replay is not None:
        return _replay(options.seed, options.replay)
    count = LONG if options.long and options.schedules == SHORT else options.schedules
    numbers = options.only or range(options.first, count)
    figures = Figures()
    began = time.monotonic()
    played = _played(options.log) if options.go_on else {}
    for name in {f"{options.seed}/{nth}" for nth in numbers} & played.keys():
        figures.add(played[name])
    left = [nth for nth in numbers if f"{options.seed}/{nth}" not in played]
    log = options.log.open("a" if options.go_on else "w", encoding="utf-8") if options.log else None
    # Whoever ends it early is told what was played.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        for verdict in _verdicts(options.seed, left, options.jobs):
            figures.add(verdict)
            _tell(verdict, log)
            if options.until_red and verdict["violations"]:
                break
            if figures.sums["schedules"] % TOLD_EVERY == 0:
                print(
                    figures.so_far(len(numbers), time.monotonic() - began),
                    file=sys.stderr,
                    flush=True,
                )
    for line in figures.lines(time.monotonic() - began):
        print(line)
    if log is not None:
        log.close()
    missing = 0 if options.until_red else len(numbers) - figures.sums["schedules"]
    if missing:
        print(f"schedules not run        {missing:>8,}")
    missed = planted.main(options.jobs) if options.planted and not missing else 0
    return 1 if figures.violations or missing else missed


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.campaign", description="The fault campaign.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--schedules", type=int, default=SHORT, metavar="N", help=f"default {SHORT}")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="begin with this schedule")
    parser.add_argument("--only", type=int, nargs="+", metavar="N", help="these schedules")
    parser.add_argument("--long", action="store_true", help=f"{LONG} schedules")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument("--log", type=Path, metavar="FILE", help="one JSON line per schedule")
    parser.add_argument(
        "--go-on", action="store_true", help="do not play again what stands in the --log, but count it"
    )
    parser.add_argument("--until-red", action="store_true", help="stop at the first violation")
    parser.add_argument("--replay", type=int, metavar="N", help="one schedule of the seed, told in full")
    parser.add_argument(
        "--ledger",
        choices=["file", "postgresql"],
        default="file",
        help="where the ledger of each schedule is",
    )
    parser.add_argument("--planted", action="store_true", help="run against each planted bug")
    options = parser.parse_args()
    if options.go_on and not options.log:
        parser.error("--go-on needs a --log")
    return options


def _played(log: Path) -> dict[str, Verdict]:
    """By name. The last line may have been cut off."""
    verdicts = {}
    for line in log.read_text(encoding="utf-8").splitlines() if log.exists() else ():
        with suppress(json.JSONDecodeError):
            verdict = json.loads(line)
            verdicts[verdict["name"]] = verdict
    return verdicts


# -- where the ledger is -----------------------------------------------------------------------------------

_server: list[Server] = []
"""The one PostgreSQL server of a campaign on which all of its ledgers are."""


@contextmanager
def ledgers(kind: str) -> Iterator[None]:
    if kind == "file":
        yield
        return
    from tests import postgres

    with postgres.running() as server:
        importlib.import_module("sqlalchemy.dialects.postgresql.psycopg")
        _server.append(server)
        yield


@contextmanager
def ledger() -> Iterator[str]:
    """A new one for a schedule; "" is a file of its own."""
    if not _server:
        yield ""
        return
    with _server[0].schema() as name:
        yield _server[0].at_socket(name)


# -- schedules on all cores --------------------------------------------------------------------------------

Verdict = dict[str, Any]


def _verdicts(seed: int, numbers: Sequence[int], jobs: int) -> Iterator[Verdict]:
    """Each worker takes every jobs-th schedule; verdicts come as they are ready."""
    from multiprocessing import Pipe
    from multiprocessing.connection import wait

    wires: dict[Connection, int] = {}
    for first in range(min(jobs, len(numbers))):
        ours, theirs = Pipe(duplex=False)
        pid = os.fork()
        if pid == 0:
            ours.close()
            _work(seed, numbers[first::jobs], theirs)
        theirs.close()
        wires[ours] = pid
    while wires:
        for wire in cast("list[Connection]", wait(list(wires))):
            try:
                yield wire.recv()
            except EOFError:
                os.waitpid(wires.pop(wire), 0)


def _work(seed: int, numbers: Iterable[int], wire: Connection) -> None:
    try:
        with Desk() as desk:
            for nth in numbers:
                wire.send(_verdict(seed, nth, desk))
    except (BrokenPipeError, KeyboardInterrupt):
        pass  # enough has been seen
    except BaseException:  # noqa: BLE001  (this process ends here)
        traceback.print_exc()
    finally:
        os._exit(0)


def _verdict(seed: int, nth: int, desk: Desk) -> Verdict:
    with office.folder() as where, ledger() as address:
        case = Case(office.carry_out(draw(seed, nth), where, desk, address))
        violations = [{"rule": found.rule, "what": found.what} for found in judge(case)]
        return {**facts(case), "verdict": "red" if violations else "green", "violations": violations}


@dataclass
class Figures:
    """The sums over all schedules."""

    sums: Counter[str] = field(default_factory=Counter)
    violations: Counter[str] = field(default_factory=Counter)
    points: Counter[str] = field(default_factory=Counter)
    commands: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    seen: set[str] = field(default_factory=set)

    def add(self, verdict: Verdict) -> None:
        self.sums["schedules"] += 1
        for name in ("at once", "requests", "faults", "kills", "paid"):
            self.sums[name] += verdict[name]
        self.sums["by the clock"] += len(verdict["moments"])
        self.commands.update(verdict["commands"])
        self.answers.update(verdict["answers"])
        self.seen.add(json.dumps(verdict["tuple"]))
        self.points.update(crash.partition("#")[0] for crash in verdict["crashes"])
        self.violations.update({found["rule"] for found in verdict["violations"]})

    def so_far(self, count: int, seconds: float) -> str:
        red = f"{self.violations.total():,} red"
        return f"{self.sums['schedules']:,} of {count:,} schedules, {red}, in {seconds:,.0f} s"

    def lines(self, seconds: float) -> Iterator[str]:
        lost = sum(self.violations[rule] for rule in LOST)
        twice = self.violations["paid once"]
        yield f"schedules run            {self.sums['schedules']:>8,}   in {seconds:,.0f} s"
        yield f"distinct tuples          {len(self.seen):>8,}   (fault, point, crash, commands)"
        verbs = ", ".join(f"{verb} {count:,}" for verb, count in self.commands.most_common())
        yield f"commands run             {self.commands.total():>8,}   {verbs}"
        yield f"two commands at once     {self.sums['at once']:>8,}"
        yield f"answers by a person      {self.answers.total():>8,}   {self.answers['wrong']:,} of them wrong"
        at = f"at {len(self.points)} kinds of moment, {self.sums['by the clock']:,} of them by the clock"
        yield f"processes killed         {self.sums['kills']:>8,}   {at}"
        yield f"requests, with faults    {self.sums['requests']:>8,}   {self.sums['faults']:,}"
        yield f"top-ups paid             {self.sums['paid']:>8,}"
        yield f"schedules paying twice   {twice:>8,}"
        yield f"schedules losing rows    {lost:>8,}"
        for rule, count in self.violations.items():
            yield f"  violated: {rule:<22} {count:>6,}"


def _tell(verdict: Verdict, log: IO[str] | None) -> None:
    if log is not None:
        log.write(json.dumps(verdict) + "\n")
        log.flush()
    for found in verdict["violations"]:
        print(f"RED {verdict['name']} {found['rule']}: {found['what']}", file=sys.stderr, flush=True)


def _replay(seed: int, nth: int) -> int:
    with office.folder() as where, ledger() as address, Desk() as desk:
        case = Case(office.carry_out(draw(seed, nth), where, desk, address))
        violations = judge(case)
        for line in told(case):
            print(line)
        print("\n".join(map(str, violations)) or "green")
        return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())

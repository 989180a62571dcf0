"""Schedules from a seed: a plot (the sequence of commands), then rows, faults and crashes drawn into it."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from tests.campaign.schedule import (
    PRODUCTS,
    WIB,
    Command,
    Crash,
    Deposit,
    FeedBack,
    Halve,
    Lose,
    Meanwhile,
    Move,
    Progress,
    Row,
    Schedule,
    Step,
    Take,
    Tamper,
    Together,
    Wait,
    Write,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.campaign.schedule import Faults, Manner, Rows

COPY = "bonus_copy.csv"

PLOTS = (
    "run! run",
    "run! settle! run",
    "run! minutes resend! resend run",
    "run! minutes resend? look run",
    "run! look run! look run",
    "run! day run! look",
    "run? run! look",
    "run! day resend resend look",
    "run! look 120 resend? look run",
    "run! day resend! run",
    "run* late resend day resend! run",
    "late run! day resend run",
    "run! copy run-copy! look-copy",
    "run! 120 resend? resend? run",
    "run! copy day run-copy!",
    "run! copy day again-copy! run-copy",
    "run! save run! restore run! settle run",
    "save-later run! restore-partly run! run",
    "run! delete run! run",
    "run! delete-partly day run! run",
    "run! edit run! look run",
    "run! edit day same! run",
    "run! edit include! run",
    "run! edit day include-same! run",
    "run! new! run day new! run",
    "run! day new-again! look run",
    "run! month run new-again! run",
    "run! month same! run",
    "repeat! repeat run",
    "run! repeat! look run",
    "run! retry! retry! run",
    "run! day retry! run",
    "run# run! look",
    "run! minutes resend! retry! run",
    "run! feed run-fed! run",
    "run? day run? run",
    "run! feed day run-fed! run",
    "run! feed-own run! run",
    "run# reorder run! truncate run! look",
    "poor run! deposit run! run",
    "run! minutes resend! look minutes resend! look run",
    "run! strict! run",
    "check run! check status run",
    "run! resolve! run",
    "run! resolve retry! run",
    "run! wrong resolve! wrong run",
    "run! day resolve! retry! look",
    "run! minutes resend! resolve! retry! run",
    "run! copy resolve! run-copy! resolve retry! run-copy",
    "run! save resolve! restore run! resolve retry! run",
    "run! edit resolve! run! wrong resolve run",
    "run! delete run! resolve! day resolve new! run",
    "run! day retry! wrong retry! look",
    "run!|run run",
    "run!|settle run!|look run",
    "run! run!|resend! run!|resolve run",
    "run! settle!|run! run",
    "run! minutes resend!|run! look run",
    "copy run!|run-copy! run run-copy",
    "copy run!|run-copy! run-copy!|run look",
    "run! copy day again-copy!|new-again! run-copy",
    "run! copy retry!|run-copy! settle!|run-copy! run",
    "run!+run! run",
    "copy run!+run-copy! run!+settle run-copy",
    "run! copy resend!+run-copy! run!+run run",
    "run^ run look",
    "run^ copy run-copy^ run",
    "run! copy run-copy^ day again-copy^",
    "run~ run look",
    "run~ copy run-copy~ run",
    "run@ run look",
    "late run@ resend@ run",
    "run* 120 resend copy day again-copy run",
    "run* 120 resend! copy run-copy! run",
    "run_ 120 resend% look retry run",
    "run* 120 resend~ resolve! retry run",
    "run> day same look",
    "late run> minutes run",
    "run? take run|run-away run",
    "run? save run restore day same! look",
    "run* move append run 120 resend look",
    "run& run look",
    "run& copy run-copy& run",
    "run$ run look",
    "run$ copy run-copy$ run",
    "run> 120 same look",
    "run# look run#",
    "run# settle# copy run-copy# run",
)
"""What may befall a step: `!` all that there is, `?` its requests are turned away, `^` a power cut, `~` a
disk that fails, `@` a clock that leaps, `*` its answers are lost, `_` its requests, `%` they are refused, `>`
those of second copies are turned away, `#` one HTTP status after the other, `$` death while they are refused,
`&` death while it is asked what became of them.

`A|B` is B from start to end while A is held at some point of its way, `A+B` is both at once. Every schedule
ends with plain commands.
"""

WORDS = (
    *("run!", "run!", "run!", "settle!", "resend!", "retry!", "repeat!", "include-same!", "same!"),
    *("new-again!", "look", "minutes", "day", "late", "month", "edit", "reorder", "truncate", "copy"),
    *("run-copy!", "again-copy!", "save", "restore", "delete", "feed", "run-fed!", "feed-own", "poor"),
    *("resolve!", "resolve", "wrong", "retry!", "run!|run", "run!|run-copy!"),
    *(
        "settle!|run!",
        "run!+run-copy!",
        "run^",
        "run~",
        "run@",
        "run*",
        "run_",
        "resend%",
        "run#",
        "run-copy^",
    ),
)

OPTIONS: dict[str, tuple[str, ...]] = {
    "run": (),
    "same": ("--same-batch",),
    "include": ("--include-changed",),
    "include-same": ("--include-changed", "--same-batch"),
    "new": ("--new-batch",),
    "new-again": ("--new-batch", "--again"),
    "again": ("--again",),
    "repeat": ("--duplicates", "repeat", "--same-batch"),
    "retry": ("--retry-failed", "--same-batch"),
    "strict": ("--strict",),
}

COMMANDS = frozenset({*OPTIONS, "settle", "resend", "resolve", "wrong", "look", "check", "status"})
ELSEWHERE = frozenset({"run-copy", "again-copy", "look-copy", "resolve-copy", "run-fed", "run-away"})
MARKS = "!?^~@*_%>#$&"
"""Commands for the copy of the sheet, or for its results fed back."""

NOT_OPEN = ("--row", "2", "--number", "081234500000", "--not-sent", "--note", "Rina, hotline")
"""A word on a row that cannot be: no sheet has that number."""

KINDS = (
    *("reset", "close", "truncate", "midbody", "midheaders", "empty", "html", "badgzip", "deepjson"),
    *("otherjson", "otherjson:42", "noinvoice", "badstatus", "badreason", "hugeint", "othernumber"),
    *("otherproduct", "evil"),
)
"""The sandbox's kinds that take no time; `stall`, `slow`, `status` and `answer` are drawn with arguments."""

STATUSES = (
    *(201, 204, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 407, 408, 409, 413, 425, 429, 451),
    *(500, 502, 503, 504, 520),
)
FRONT = frozenset({301, 307, 308, 401, 404, 405, 407, 413, 429})
"""A server in front answers these, before any money has moved."""

BARE = frozenset({204, 304})
"""By HTTP, these have no body."""

ANSWERED = tuple(status for status in STATUSES if status not in BARE)
LONG_S, SHORT_S = "0.6", "0.02"

BUSY_POINTS = (
    *("ledger.turn", "ledger.commit", "checkpoint.begin", "checkpoint.end", "provider.top_up"),
    *("socket.send", "socket.send", "checkpoint.turn", "checkpoint.turn", "checkpoint.commit"),
)
RARE_POINTS = (
    *("checkpoint.create", "checkpoint.adopt", "checkpoint.note", "checkpoint.hold", "checkpoint.close"),
    *("checkpoint.lost_attempt", "checkpoint.adopt_lost_claim", "provider.price_list", "provider.status"),
    *("ledger.conclude", "os.replace", "os.rename"),
)
TWICE_A_ROW = frozenset({"ledger.turn", "ledger.commit", "checkpoint.turn", "checkpoint.commit"})
HOWS = ("exit", "kill", "kill", "linger", "linger", "cut", "cut", "nap:8", "nap:9000")
LEAPS = ("nap:8", "nap:9000", "set:60", "set:-60", "stand:60")
COMMITS = ("checkpoint.commit", "ledger.commit")
LOST = ("close", "reset", "empty", "html", "truncate", "midbody", "badgzip", "status:502")
REFUSALS = ("before answer:200", "before status:307", "before status:401")
AT_ANSWERS = ("checkpoint.end", "checkpoint.turn", "ledger.turn", "ledger.commit", "ledger.conclude")
MUCH = 35
"""So far apart are those of two commands, so that all of them come up in the short form."""

STATUS_FAULTS = (
    *(f"before status:{status}" for status in STATUSES),
    *(f"after status:{status}" for status in STATUSES if status not in FRONT),
    *(f"{point} answer:{status}" for point in ("before", "after") for status in ANSWERED),
)
"""Every status without and with a body, before and after the money moved."""
UNHARMED, KILLED = 0.22, 0.32
"""Up to where a die spares a troubled command, and up to where SIGKILL comes at any moment at all."""

HOLDS = (
    *("provider.price_list", "ledger.turn", "ledger.turn", "checkpoint.turn", "checkpoint.turn"),
    *("provider.top_up", "ledger.commit", "checkpoint.commit", "ledger.commit", "os.replace"),
)
EARLY_HOLDS = (
    "provider.price_list",
    "checkpoint.create",
    "checkpoint.adopt",
    "checkpoint.note",
    "os.replace",
)
"""Reached even where nothing is sent. All of them are passed with the batch in hand."""

TRUE: tuple[Manner, ...] = ("truth", "truth", "file", "bare file")
WRONG: tuple[Manner, ...] = ("other", "invented", "misplaced", "spoiled file")

SPECIAL = ("081200001001", "081200001102", "081200001203", "081200002004", "081200002105", "081200002206")
FAILING = ("081200001102", "081200001102", "081200000000", "081200000011", "081200000012")
REFUSED = ("00", "11", "12", "21", "41", "51", "62", "81", "91")


def draw(seed: int, nth: int) -> Schedule:
    """The nth schedule of a seed: always the same one."""
    dice = random.Random(f"{seed}/{nth}")
    wanders = nth % 4 == 3
    plot = _wander(dice) if wanders else PLOTS[(nth - nth // 4) % len(PLOTS)].split()
    rule_51 = not _is_plain(plot) or dice.random() < 0.5
    counts_copies = dice.random() < 0.3
    # Only a workbook can become its own results fed back; a text file is quicker to write and read.
    sheet = "bonus.xlsx" if "feed-own" in plot or dice.random() < 0.2 else "bonus.csv"
    retries = any(word.startswith("retry") for word in plot)
    has_copies = any(">" in word for word in plot)
    polls = any("&" in word for word in plot)
    aims = any(word[-1] in MARKS[2:] for word in plot) or "save" in plot
    writer = Writer(dice, sheet, counts_copies or has_copies, retries, has_copies, polls, aims, nth)
    for word in plot:
        writer.add(word)
    return Schedule(
        name=f"{seed}/{nth}",
        start=dice.choice(STARTS),
        rule_51=rule_51,
        itrx=dice.choice(_READINGS),
        skew_s=dice.choice((0.0, 0.0, 0.0, 0.0, 90.0, -2000.0)),
        balance=25_000_000,
        counts_copies=counts_copies or has_copies,
        steps=(*_with_record(seed, nth, writer.steps), *writer.ending()),
    )


OF_THE_RECORD = ("move", "lose", "halve", "delete", "set back", "meanwhile")
HELD_AT = ("ledger.turn", "provider.top_up", "checkpoint.turn")


def _with_record(seed: int, nth: int, steps: list[Step]) -> list[Step]:
    """In every eighth schedule something happens to the record, or to what it is known by. It is drawn by
    dice of its own, so that all other schedules stay as they are. In every sixteenth a progress file is found
    again after its open rows were closed without it."""
    if nth % 16 == 10:
        return _lost_and_found(steps)
    if nth % 8 != 6:
        return steps
    dice = random.Random(f"{seed}-record/{nth}")
    first = next(at for at, step in enumerate(steps) if isinstance(step, Command | Together))
    later = dice.randint(first + 1, len(steps))
    run = Command("run", next(step.sheet for step in steps if isinstance(step, Write)), ("--same-batch",))
    # Without progress file and record nobody knows who was paid.
    is_kept = not any(isinstance(step, Progress) for step in steps)
    added: dict[int, Sequence[Step]]
    match dice.choice(OF_THE_RECORD if is_kept else OF_THE_RECORD[:1]):
        case "move":
            added = {later: (Move(),)}
        case "lose":
            added = {later: (Lose(run.sheet),)}
        case "halve":
            crash = Crash("checkpoint.turn", dice.randint(2, 4), "after", "kill")
            added = {first: (replace(run, crash=crash), Halve(run.sheet))}
        case "delete":
            added = {later: (Tamper("delete"),)}
        case "set back":
            added = {first: (Tamper("save"),), later: (Tamper("set back"),)}
        case _:
            hold = Crash(dice.choice(HELD_AT), dice.randint(1, 3), "after", "hold")
            added = {first: (Meanwhile(run, Tamper("delete"), hold),)}
    return [one for at in range(len(steps) + 1) for one in (*added.get(at, ()), *steps[at : at + 1])]


def _lost_and_found(steps: list[Step]) -> list[Step]:
    """What is sent after a person's word is lost, too: that word says nothing of it."""
    first = next(at for at, step in enumerate(steps) if isinstance(step, Command | Together))
    sheet = next(step.sheet for step in steps if isinstance(step, Write))
    run, retry = (Command("run", sheet, options) for options in ((), ("--same-batch", "--retry-failed")))
    unheard, unanswered = (
        {"isipulsa": dict.fromkeys(range(1, 20), f"{side} close")} for side in ("before", "after")
    )
    found_again = (
        replace(run, faults=unheard),
        *(Progress("save", sheet), Lose(sheet), Progress("restore", sheet)),
        replace(retry, faults=unanswered),
        *(Command("settle", sheet), retry, Wait("day"), retry),
    )
    return [*steps[:first], *found_again, *steps[first:]]


_READINGS: tuple[Literal["free", "strict"], ...] = ("free", "strict")

STARTS = (
    datetime(2025, 1, 20, 10, 0, tzinfo=WIB),
    datetime(2025, 1, 20, 12, 15, tzinfo=WIB),
    datetime(2025, 1, 20, 14, 30, tzinfo=WIB),
    datetime(2025, 1, 20, 10, 0, tzinfo=WIB),
    datetime(2025, 1, 20, 23, 30, tzinfo=WIB),
    datetime(2025, 1, 20, 23, 59, 40, tzinfo=WIB),
    datetime(2025, 1, 31, 16, 0, tzinfo=WIB),
)


def _wander(dice: random.Random) -> list[str]:
    return ["run!", *(dice.choice(WORDS) for _ in range(dice.randint(2, 5)))]


def _is_plain(plot: Sequence[str]) -> bool:
    """Without rule 51 at the provider, nothing guards a resend: such schedules have none."""
    return not any(word.startswith("resend") for word in plot)


@dataclass
class Writer:
    """Turns the words of a plot into steps."""

    dice: random.Random
    sheet: str
    counts_copies: bool
    retries: bool
    """Whether there should be rows that fail, because they are sent again."""
    has_copies: bool = False
    polls: bool = False
    """Whether most rows are pending for a while, and then fail."""
    aims: bool = False
    """Whether no row is to end the run before what the plot is about."""
    nth: int = 0
    steps: list[Step] = field(default_factory=list)
    _long_waits: int = 2

    def __post_init__(self) -> None:
        self._next_no = 1
        self.rows: dict[str, Rows] = {}
        self._write(self.sheet, self._new_rows(), "write")

    def add(self, word: str) -> None:
        for mark in "|+":
            if mark in word:
                self._together(word.split(mark), races=mark == "+")
                return
        if word.rstrip(MARKS) in {*COMMANDS, *ELSEWHERE}:
            self._command(word)
        else:
            self._handle(word)

    def ending(self) -> list[Step]:
        """Plain commands without faults, so that there are final results to judge."""
        last = [Command("run", sheet, ("--same-batch",)) for sheet in self.rows]
        return [Deposit(25_000_000), Wait("120"), *last]

    # -- commands ------------------------------------------------------------------------------------------

    def _command(self, word: str) -> None:
        command = self._made(word)
        if command is None:
            return
        self.steps.append(command)
        if command.crash is not None and self.dice.random() < 0.5:
            self.steps.append(Command("results", command.sheet))

    def _made(self, word: str) -> Command | None:
        """None for a sheet that there is none of yet."""
        name, trouble = word.rstrip(MARKS), word[-1]
        name, _, which = name.partition("-") if name in ELSEWHERE else (name, "", "")
        sheet = {"": self.sheet, "copy": COPY, "fed": "fed.xlsx", "away": Take(self.sheet).taken}[which]
        if sheet not in self.rows:
            return None
        command = self._plain(name, sheet)
        return self._befallen(command, trouble)

    def _plain(self, name: str, sheet: str) -> Command:
        if name in {"check", "status", "settle"}:
            return Command(name, sheet)
        if name == "look":
            return Command("results", sheet)
        if name == "resend":
            return Command("settle", sheet, ("--resend",))
        if name in {"resolve", "wrong"}:
            return Command("resolve", sheet, manner=self.dice.choice(TRUE if name == "resolve" else WRONG))
        return Command("run", sheet, OPTIONS[name], workers=self.dice.choice((1, 1, 1, 2, 3, 4)))

    def _together(self, words: Sequence[str], *, races: bool) -> None:
        first, second = map(self._made, words)
        if first is None or second is None:
            return
        # A power cut would be the end of both.
        first, second = (
            replace(one, crash=replace(one.crash, how="kill"))
            if one.crash and one.crash.how == "cut"
            else one
            for one in (first, second)
        )
        # A person's answers come from what stands in the book, and that moves while another command runs.
        if second.manner:
            second = Command("resolve", second.sheet, NOT_OPEN)
        hold = None if races else self._hold(len(self.rows[first.sheet]))
        if second.sheet == Take(first.sheet).taken:
            hold = Crash("ledger.turn", 1, "before", "hold")
        if hold is not None:
            first = replace(first, killed_at=None)
        self.steps.append(Together(first, replace(second, faults={}, refused=()), hold))

    def _hold(self, count: int) -> Crash:
        dice = self.dice
        side: Literal["before", "after"] = "before" if dice.random() < 0.5 else "after"
        if dice.random() < 0.25:
            return Crash(dice.choice(EARLY_HOLDS), 1, side, "hold")
        return Crash(dice.choice(HOLDS), dice.choice((1, 1, dice.randint(1, count))), side, "hold")

    def _befallen(self, command: Command, mark: str) -> Command:
        count = len(self.rows[command.sheet])
        match mark:
            case "!":
                return self._troubled(command)
            case "?":
                return self._turned_away(command)
            case "^":
                return replace(command, faults=self._faults(count), crash=self._crash(count, "cut"))
            case "~":
                return replace(command, crash=self._crash(count, "error"))
            case "@":
                leap = LEAPS[self.nth % len(LEAPS)]
                return replace(command, crash=self._crash(count, leap), workers=1)
            case "&":
                polls = (
                    ("ledger.conclude", 1, 3),
                    ("ledger.conclude", 1, 2),
                    ("checkpoint.end", count, count + 3),
                )
                point, first, last = self.dice.choice(polls)
                return replace(command, crash=self._death((point,), first, last))
        if mark in MARKS:
            command = replace(command, faults={"isipulsa": self._answers(command.sheet, mark)})
        return replace(command, crash=self._death(AT_ANSWERS, 1, count)) if mark == "$" else command

    def _answers(self, sheet: str, mark: str) -> dict[int, str]:
        """What the mark makes of the answers to the command's requests."""
        dice, count = self.dice, len(self.rows[sheet])
        match mark:
            case "*" | "_":
                point = "after" if mark == "*" else "before"
                lost = {n: f"{point} {dice.choice(LOST)}" for n in range(1, count + 3)}
                return {**lost, 1: f"{point} stall:{LONG_S}"}
            case "%":
                return dict.fromkeys(range(1, 40), "before answer:200")
            case "$":
                return dict.fromkeys(range(1, 40), dice.choice(REFUSALS))
            case ">":
                first = len({(row.number, row.nominal) for row in self.rows[sheet] if row.nominal})
                return dict.fromkeys(range(first + 1, first + 4), "before status:401")
            case "#":
                first = MUCH * (self.nth + len(self.steps))
                return {n: STATUS_FAULTS[(first + n) % len(STATUS_FAULTS)] for n in range(1, count + 1)}
        return {}

    def _troubled(self, command: Command) -> Command:
        count = len(self.rows[command.sheet])
        command = replace(command, faults=self._faults(count), refused=self._refusals(count))
        fate = self.dice.random()
        if fate < UNHARMED:
            return command
        if fate < KILLED:
            return replace(command, killed_at=round(self.dice.uniform(0.05, 1.4), 2))
        return replace(command, crash=self._crash(count))

    def _turned_away(self, command: Command) -> Command:
        if self.dice.random() < 0.3:
            return replace(command, refused=tuple(range(2, 40)))
        status = self.dice.choice(("307", "307", "401", "404", "429:1", "429:700"))
        return replace(command, faults={"isipulsa": dict.fromkeys(range(1, 40), f"before status:{status}")})

    def _faults(self, count: int) -> Faults:
        how = self.dice.choice(("none", "one", "one", "some", "some", "all"))
        where = range(1, count + 3)
        chosen = {
            "none": [],
            "one": [self.dice.randint(1, count)],
            "some": [n for n in where if self.dice.random() < 0.35],
            "all": list(where),
        }[how]
        same = self._fault()
        faults = {"isipulsa": {n: same if how == "all" else self._fault() for n in chosen}}
        if self.dice.random() < 0.25:
            faults["cekstatus"] = {n: self._fault() for n in range(1, 3)}
        if self.dice.random() < 0.03:
            faults["daftarharga"] = {1: self._fault()}
        return faults

    def _fault(self) -> str:
        dice = self.dice
        point = dice.choice(("before", "after"))
        kind = dice.choice(
            (*KINDS, "stall", "slow", "status", "status", "status", "status", "answer", "answer", "answer")
        )
        if kind in {"stall", "slow"}:
            kind = f"{kind}:{self._wait_s()}"
        elif kind == "answer":
            kind = f"answer:{dice.choice(ANSWERED)}"
        elif kind == "status":
            status = dice.choice((*STATUSES, 307, 307, 307, 429))
            point = "before" if status in FRONT else point
            kind = f"status:{status}" + (f":{dice.choice((1, 3, 700))}" if status == 429 else "")
        return f"{point} {kind}"

    def _wait_s(self) -> str:
        if self._long_waits and self.dice.random() < 0.6:
            self._long_waits -= 1
            return LONG_S
        return SHORT_S

    def _refusals(self, count: int) -> tuple[int, ...]:
        if self.dice.random() < 0.85:
            return ()
        first = self.dice.randint(2, count + 1)
        return tuple(range(first, first + self.dice.choice((1, 2, 6))))

    def _death(self, points: Sequence[str], first: int, last: int) -> Crash:
        dice = self.dice
        side: Literal["before", "after"] = "before" if dice.random() < 0.5 else "after"
        return Crash(dice.choice(points), dice.randint(first, last), side, dice.choice(("kill", "linger")))

    def _crash(self, count: int, how: str = "") -> Crash:
        dice = self.dice
        if how == "error":
            return Crash(dice.choice(COMMITS), dice.randint(1, 2 * count + 8), "before", how)
        if how in LEAPS:
            return Crash("provider.top_up", dice.randint(1, count), "before", how)
        busy = bool(how) or dice.random() < 0.75
        point = dice.choice(BUSY_POINTS if busy else RARE_POINTS)
        passes = 2 * count if point in TWICE_A_ROW else count
        nth = dice.randint(1, max(passes // 2, 2) if how else passes + 1) if busy else dice.choice((1, 1, 2))
        side: Literal["before", "after"] = "before" if dice.random() < 0.5 else "after"
        how = how or dice.choice(HOWS)
        # Between the last look at the clock and the bytes' leaving there is nothing that could notice a nap.
        naps_in_flight = how.startswith("nap") and point == "socket.send"
        return Crash("provider.top_up" if naps_in_flight else point, nth, side, how)

    # -- what the person does ------------------------------------------------------------------------------

    def _handle(self, name: str) -> None:
        dice = self.dice
        what, _, manner = name.partition("-")
        match what:
            case "120" | "minutes" | "late" | "day" | "month":
                self.steps.append(Wait(str(dice.choice((30, 61, 900))) if what == "minutes" else what))
            case "copy":
                self._write(COPY, self.rows[self.sheet], "copy to")
            case "edit" | "reorder" | "truncate" | "append":
                self._edit(what)
            case "save" | "restore" | "delete":
                self.steps.append(Progress(what, self.sheet, manner == "partly"))
            case "feed":
                target = self.sheet if manner == "own" else "fed.xlsx"
                self.rows.setdefault(target, self.rows[self.sheet])
                self.steps.append(FeedBack(self.sheet, target))
            case "take":
                self.steps.append(Take(self.sheet))
                self.rows[Take(self.sheet).taken] = self.rows[self.sheet]
            case "move":
                self.steps.append(Move())
            case "poor" | "deposit":
                rupiah = 25_000_000 if what == "deposit" else dice.choice((0, 6_000, 20_000))
                self.steps.append(Deposit(rupiah))
            case _:
                raise ValueError(name)

    def _write(self, sheet: str, rows: Rows, how: str) -> None:
        self.rows[sheet] = rows
        self.steps.append(Write(sheet, rows, how))

    def _edit(self, how: str) -> None:
        rows = list(self.rows[self.sheet])
        at = self.dice.randrange(len(rows))
        match how if how != "edit" else self.dice.choice(("append", "product", "product", "double", "drop")):
            case "reorder":
                self.dice.shuffle(rows)
            case "truncate":
                del rows[max(1, len(rows) - self.dice.randint(1, 3)) :]
            case "append":
                rows.insert(at, self._row())
            case "product":
                rows[at] = replace(rows[at], product=self.dice.choice(list(PRODUCTS)))
            case "double":
                rows.append(replace(rows[at], no=self._no()))
            case "drop":
                del rows[at : at + 1 if len(rows) > 1 else at]
        self._write(self.sheet, tuple(rows), how)

    # -- rows ----------------------------------------------------------------------------------------------

    def _no(self) -> int:
        self._next_no += 1
        return self._next_no - 1

    def _new_rows(self) -> Rows:
        dice = self.dice
        rows = [self._row() for _ in range(dice.randint(3, 6))]
        if self.has_copies:
            return (*rows, replace(rows[0], no=self._no(), itrx="2"))
        if self.polls:
            rows[1:3] = (Row(self._no(), f"08120000110{n}", "TSEL10") for n in (1, 2))
        elif dice.random() < 0.5 and not self.aims:
            number = f"0812000000{dice.choice(REFUSED)}" if dice.random() < 0.4 else dice.choice(SPECIAL)
            number = dice.choice(FAILING) if self.retries else number
            rows[dice.randrange(len(rows))] = Row(self._no(), number, "TSEL10")
        if dice.random() < 0.3:
            rows.append(replace(dice.choice(rows), no=self._no()))
        if dice.random() < 0.25:
            wrong = (Row(self._no(), "12345", "TSEL5"), Row(self._no(), "081234599999", "NOSUCH"))
            rows.insert(dice.randrange(len(rows)), dice.choice(wrong))
        if self.counts_copies and dice.random() < 0.7:
            rows.append(replace(dice.choice(rows), no=self._no(), itrx="2"))
        return tuple(rows)

    def _row(self) -> Row:
        no = self._no()
        number = f"0812345{no:05d}"
        written = f"+62 {number[1:4]}-{number[4:8]}-{number[8:]}" if self.dice.random() < 0.2 else ""
        return Row(no, number, self.dice.choice(list(PRODUCTS)), written=written)

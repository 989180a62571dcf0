"""Whatever the program advises, followed word by word in every state of a batch's life, pays nobody twice.

A person who knows nothing but what is printed types `run`, and then each command and each option that any
message names, in the order in which they are named, until there is none left. What only the provider's list
of transactions can tell is looked up there. The provider's book is the judge.
"""

from __future__ import annotations

import itertools
import re
import shlex
import shutil
from collections import Counter, defaultdict
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from bulk_topup.commands.main import cli
from bulk_topup.core import clock as clocks
from bulk_topup.core.clock import WIB
from bulk_topup.record.checkpoint import Checkpoint
from bulk_topup.report.words import say
from bulk_topup.rules.resume import LATELY_DAYS
from bulk_topup.sandbox import Sandbox
from tests.office import TestClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

COMMAND = re.compile(r"bulk-topup ([a-z]+)((?: (?!-- )[^\s'\",;:]+| \"[^\"]*\")*)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*(?: (?:include|skip|https?://[^\s,;]+))?")

# -- what is advised ---------------------------------------------------------------------------------------

TELLING = frozenset(
    {
        *("check", "status", "results", "history", "find", "prices", "template", "config", "login", "logout"),
        *("sandbox", "doctor", "ledger", "completion", "settle", "forget", "verify", "approve", "approver"),
    }
)
"""Commands that by themselves send nothing."""

TYPED = frozenset({"run", "settle", "resolve", "find", "status"})

HARMLESS = frozenset(
    {
        *(
            "--help",
            "--output",
            "--sheet",
            "--number-column",
            "--product-column",
            "--password-file",
            "--rate",
        ),
        *("--init", "--lang", "--note", "--row", "--number", "--invoice", "--from", "--batch", "--offline"),
        *("--sheet-password-file", "--overlap-days", "--json", "--product", "--timeout", "--sandbox"),
        *("--correct", "--nominal-column", "--expect-people", "--expect-nominal", "--journal", "--head"),
        *("--key", "--public", "--request", "--plan", "--above", "--signatures", "--before"),
    }
)
"""Options that by themselves let nobody be paid."""


def advised(text: str) -> tuple[list[str], list[str]]:
    """The commands that this text names, and the options outside of them."""
    commands = [found[0].rstrip(".,") for found in COMMAND.finditer(text)]
    return commands, OPTION.findall(COMMAND.sub(" ", text))


def is_harmless(text: str) -> bool:
    commands, options = advised(text)
    words = [word for command in commands for word in command.split()[2:]] + [
        one.split()[0] for one in options
    ]
    return all(command.split()[1] in TELLING for command in commands) and HARMLESS.issuperset(
        word for word in words if word.startswith("--")
    )


WALKED = frozenset(
    {
        *("outcome.reason.12", "outcome.gagal_later", "declined.no_terminal", "declined.overlap"),
        *("checkpoint.missing", "find.next_close", "find.next_put_back", "declined.new_address"),
        *("address.elsewhere", "resolve.other_address", "batch.earlier_month"),
        *("batch.changed",),
    }
)
"""The walk below hears each of them, and follows it."""

ELSEWHERE = {
    "says what was left out of a command that was typed, which is refused": (
        *("usage.resolve", "usage.resolve_record", "usage.approve", "usage.prove", "resolve.placeholder"),
        *("resolve.blank", "checkpoint.other_rehearsal", "hidden.skipped", "sandbox.port_taken"),
        *("sandbox.port_denied", "sandbox.state", "keyring.not_installed", "provider.base_url"),
        *("signed.needs_name", "signed.typed"),
    ),
    "closes a row by what the provider says, as find.next_close does": (
        *("resend.new_address", "resend.disproven", "resend.accepted", "resend.invoiced", "unwritten"),
        *("resend.paid_on_record", "resolve.has_file", "resolve.sent_again", "resolve.failed_on_record"),
    ),
    "sends what failed, as outcome.reason.12 does": ("outcome.reason.00", "outcome.streak.system_faults"),
    "speaks of rule 51; see test_doctor.py and test_settle.py": (
        *("doctor.rule_51.unseen", "doctor.rule_51.broken", "prove.seen", "prove.broken", "resend.unproven"),
        *("doctor.clock.unknown", "provider.other_time"),
    ),
    "lets the same plan cost more, or go slower or in parts": (
        *("plan.over_budget", "budget.exceeded", "doctor.ledger.slow", "halt.pilot", "halt.pilot_only"),
        *("halt.other_day", "totals.people", "totals.nominal"),
    ),
    "says how a cell of a row that was not sent is meant": ("nominal.bare", "operator.differs"),
    "lets all desks send again, once a person has put right what stopped them; see test_teams_trouble.py": (
        *("doctor.account.stopped", "account.stopped", "halt.account", "ledger.moved"),
        "ledger.source_stopped",
    ),
    "says which rows of the same sheet are meant": ("declined.hidden",),
    "starts no other batch than the one that is there": ("approval.follows", "batch.nothing_new"),
    "asks for the clock to be put right first; see test_batch_life.py": ("batch.ahead",),
    "has a new sheet sent": ("template.how.run",),
    "sends nothing": (
        *("forget.no_terminal", "prove.no_product", "sheet.no_reader", "desk.name", "ledger.no_driver"),
        *("logout.no_library", "verify.no_trail", "verify.not_ours"),
    ),
}
"""Advice that the walk does not hear, and why that is enough."""


def test_every_piece_of_advice_is_walked_or_said_to_pay_nobody() -> None:
    elsewhere = {code for codes in ELSEWHERE.values() for code in codes}
    harmful = {code for code, text in say.WORDS.items() if not is_harmless(text)}
    assert harmful - WALKED - elsewhere == set(), "new advice: have it walked"
    assert (WALKED | elsewhere) - set(say.WORDS) == set()


def test_no_message_names_what_may_pay_again() -> None:
    named = {"--checkpoint", "--again", "--include-changed", "--duplicates", "--new-batch"}
    found = {(code, option) for code, text in say.WORDS.items() for option in named & {*OPTION.findall(text)}}
    assert found == {
        ("batch.earlier_month", "--new-batch"),  # where nobody was paid lately
        ("batch.nothing_new", "--new-batch"),  # to be left out
        ("approval.follows", "--new-batch"),  # to be left out
    }


# -- who follows it ----------------------------------------------------------------------------------------

PLAIN = tuple(f"08123450000{n}" for n in range(6))
OPEN = ("081200002001", "081200002101", "081200001001", "081200001101", "081200000012")
"""Paid but not heard of, lost, pending and then paid or failed, failed."""
PRICE = 5_650
MOST_COMMANDS = 9


@dataclass
class Person:
    """At a desk whose clock is set by hand; `sheet` is the one at work."""

    folder: Path
    clock: TestClock
    sandbox: Sandbox
    monkeypatch: pytest.MonkeyPatch
    sheet: str = "gaji.csv"
    said: dict[str, str] = field(default_factory=dict)
    """What is said by one command, by the code of the message."""
    heard: Counter[str] = field(default_factory=Counter)
    """The codes of messages whose advice was followed."""
    typed: list[str] = field(default_factory=list)

    def write(self, numbers: tuple[str, ...], product: str = "TSEL5", changed: str = "") -> None:
        lines = [f"{one},{'TSEL10' if one == changed else product}" for one in numbers]
        text = "\n".join(["No HP,Kode Produk", *lines, ""])
        (self.folder / self.sheet).write_text(text, encoding="utf-8")

    def hear(self, code: str, text: str) -> str:
        self.said[code] = text
        return text

    def type(self, line: str) -> str:
        """All that is printed for this command line."""
        self.said.clear()
        self.typed.append(line)
        came = CliRunner().invoke(cli, shlex.split(line)[1:], prog_name="bulk-topup")
        if came.exception is not None and not isinstance(came.exception, SystemExit):
            self.said["defect"] = repr(came.exception)
        return came.output

    def follow(self, line: str) -> None:
        """This command, and then whatever is advised."""
        ahead = [line]
        done: set[str] = set()
        while ahead and len(done) < MOST_COMMANDS:
            line = ahead.pop(0)
            if line in done:
                continue
            done.add(line)
            printed = self.type(line)
            self.judge()
            self.clock.advance(timedelta(minutes=5))
            steps = "\n".join(
                one.strip() for one in printed.splitlines() if one.strip().startswith("bulk-topup")
            )
            for code, text in [*self.said.items(), ("", steps)]:
                if COMMAND.search(text) or OPTION.search(text):
                    self.heard[code] += 1
                    ahead += [one for each in self.meant(text, line) for one in self.whole(each)]

    def meant(self, text: str, line: str) -> Iterator[str]:
        commands, options = advised(text)
        yield from commands
        origin = line if line.split()[1] in {"run", "settle", "resolve"} else f"bulk-topup run {self.sheet}"
        new = [one for one in options if one.split()[0] not in {*HARMLESS, *origin.split()}]
        yield from (f"{origin} {option}" for option in new)

    def whole(self, command: str) -> list[str]:
        """With the sheet where that is left out, or each of them, and with what the provider says of open
        rows; nothing for a command that is not typed here."""
        name, *rest = command.split()[1:]
        if name == "resolve" or "--not-sent" in rest:
            return self.closings(rest)
        if name == "settle" and (not rest or rest[0].startswith("--")):
            sheets = sorted(file.name for file in self.folder.glob("*.csv"))
            return [f"bulk-topup settle {shlex.quote(one)} {' '.join(rest)}".strip() for one in sheets]
        if name == "run" and not rest:
            return [f"bulk-topup run {shlex.quote(self.sheet)}"]
        return [command] if name in TYPED and rest else []

    def closings(self, rest: list[str]) -> list[str]:
        if "--batch" in rest and "--number" in rest:
            number = rest[rest.index("--number") + 1]
            row = rest[rest.index("--row") + 1] if "--row" in rest else ""
            return [f"bulk-topup resolve --batch {rest[rest.index('--batch') + 1]} {self.found(number, row)}"]
        checkpoint = Checkpoint.look(self.folder / self.sheet.replace(".csv", ".checkpoint.db"))
        if checkpoint is None:
            return []
        with closing(checkpoint):
            rows = [(one.order.number, str(one.order.row)) for one in checkpoint.open_orders()]
        return [f"bulk-topup resolve {self.sheet} {self.found(*row)}" for row in rows]

    def found(self, number: str, row: str) -> str:
        """By the provider's list of transactions."""
        held = [topup.invoice for topup in self.sandbox.book() if topup.number == number]
        what = f"--invoice {held[-1]}" if held else "--not-sent"
        return f"{f'--row {row}' if row else ''} --number {number} {what} --note Rina"

    def judge(self) -> None:
        """Nobody was paid who is not due again, whatever the product."""
        moments: dict[str, list[datetime]] = defaultdict(list)
        for topup in self.sandbox.book():
            if topup.status != "gagal":
                moments[topup.number].append(topup.at)
        for number, paid in moments.items():
            for first, second in itertools.pairwise(sorted(paid)):
                assert second - first > timedelta(days=LATELY_DAYS), (number, paid, self.typed)


# -- the states of a batch's life --------------------------------------------------------------------------


def _unsent(_person: Person) -> None:
    pass


def _partly(person: Person) -> None:
    person.sandbox.set_balance(6 * PRICE)
    person.type(f"bulk-topup run {person.sheet} --yes")
    person.sandbox.set_balance(10_000_000)


def _finished(person: Person) -> None:
    person.type(f"bulk-topup run {person.sheet} --yes")


STATES: dict[str, Callable[[Person], None]] = {"unsent": _unsent, "partly": _partly, "sent": _finished}


def _nothing(_person: Person) -> None:
    pass


def _changed(person: Person) -> None:
    person.write((*PLAIN, "081234500009", *OPEN), changed=PLAIN[0])


def _copied(person: Person) -> None:
    shutil.copy(person.folder / person.sheet, person.folder / "salinan.csv")
    person.sheet = "salinan.csv"


def _renamed(person: Person) -> None:
    (person.folder / person.sheet).rename(person.folder / "gaji baru.csv")
    person.sheet = "gaji baru.csv"


def _moved(person: Person) -> None:
    other = person.sandbox.url.replace("127.0.0.1", "localhost")
    person.monkeypatch.setenv("BULK_TOPUP_BASE_URL", other)


def _lost(person: Person, what: str) -> None:
    for file in person.folder.glob(f"{what}*"):
        file.unlink()


def _lost_and_copied(person: Person) -> None:
    _lost(person, "ledger.db")
    _copied(person)


EVENTS: dict[str, Callable[[Person], None]] = {
    "nothing": _nothing,
    "changed": _changed,
    "copied": _copied,
    "renamed": _renamed,
    "address": _moved,
    "progress file lost": lambda person: _lost(person, "gaji.checkpoint.db"),
    "record lost": lambda person: _lost(person, "ledger.db"),
    "record lost, copied": _lost_and_copied,
}
DAYS = {
    "same day": (datetime(2025, 1, 20, 10, tzinfo=WIB), 0),
    "next day": (datetime(2025, 1, 20, 10, tzinfo=WIB), 1),
    "month turned": (datetime(2025, 1, 31, 10, tzinfo=WIB), 1),
    "next month": (datetime(2025, 1, 20, 10, tzinfo=WIB), 31),
}


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Person]]:
    with ExitStack() as stack:

        def make(start: datetime, *, rule_51: bool) -> Person:
            clock = TestClock(start)
            sandbox = stack.enter_context(Sandbox(clock=clock.now, rule_51=rule_51, balance=10_000_000))
            folder = tmp_path / f"desk{len(list(tmp_path.iterdir()))}"
            folder.mkdir()
            settings = {
                "BULK_TOPUP_LEDGER": str(folder / "ledger.db"),
                "BULK_TOPUP_BASE_URL": sandbox.url,
                "BULK_TOPUP_USERNAME": "sandbox",
                "BULK_TOPUP_PASSWORD": "sandbox",
                "BULK_TOPUP_RATE": "500",
                "BULK_TOPUP_WAIT": "0",
            }
            for name, value in settings.items():
                monkeypatch.setenv(name, value)
            monkeypatch.chdir(folder)
            monkeypatch.setattr(clocks, "SystemClock", lambda: clock)
            made = Person(folder, clock, sandbox, monkeypatch)
            real = say.text
            monkeypatch.setattr(say, "text", lambda code, /, **facts: made.hear(code, real(code, **facts)))
            made.write((*PLAIN, *OPEN))
            stack.callback(monkeypatch.setattr, say, "text", real)
            return made

        yield make


CELLS = """
    sent    | nothing              | next day     | without 51
    sent    | changed              | next day     | 51
    sent    | copied               | next day     | without 51
    sent    | renamed              | next day     | without 51
    sent    | address              | next day     | without 51
    sent    | progress file lost   | next day     | without 51
    sent    | record lost          | next day     | without 51
    sent    | record lost, copied  | next day     | without 51
    partly  | nothing              | next day     | 51
    partly  | changed              | next day     | without 51
    partly  | copied               | next day     | without 51
    partly  | address              | next day     | without 51
    partly  | progress file lost   | next day     | without 51
    partly  | record lost          | next day     | without 51
    sent    | copied               | same day     | 51
    sent    | progress file lost   | same day     | without 51
    sent    | record lost, copied  | same day     | without 51
    partly  | changed              | same day     | without 51
    sent    | nothing              | month turned | without 51
    partly  | changed              | month turned | without 51
    partly  | nothing              | next month   | without 51
    sent    | changed              | next month   | 51
    unsent  | nothing              | same day     | without 51
"""


def test_following_whatever_is_advised_pays_nobody_twice(person: Callable[..., Person]) -> None:
    heard: Counter[str] = Counter()
    for cell in CELLS.strip().splitlines():
        state, event, day, rule = (one.strip() for one in cell.split("|"))
        start, days = DAYS[day]
        who = person(start, rule_51=rule == "51")
        STATES[state](who)
        EVENTS[event](who)
        who.clock.advance(timedelta(days=days))
        run = f"bulk-topup run {shlex.quote(who.sheet)} --yes"
        for line in (run, "bulk-topup find 081200002001", f"bulk-topup status {shlex.quote(who.sheet)}", run):
            who.follow(line)
        heard += who.heard
    assert WALKED - set(heard) == set()

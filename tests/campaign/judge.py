"""The judge: were the promises kept? Imports nothing of the program, and believes nothing that it says.

It reads the provider's book with sqlite3, the results sheets with calamine, and the schedule's own rows. Each
rule is a function from a case to violations; `RULES` lists them.

What the schedule intends to be paid once: a (number, nominal, itrx) of one batch, for ever, and of all
batches together on one WIB day. Another batch on a later day may pay it again if the person said `--again`,
or if it meets too few of one other batch's rows (fewer than three, or than half of its own) to be taken for
its copy; but never what may still be in progress there. A row whose product was changed may be paid anew in
the same batch on a later day with `--include-changed`.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import json
import re
import sqlite3
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from python_calamine import CalamineWorkbook

from tests.campaign.schedule import PRODUCTS, WIB, Meanwhile, Move, Progress, Take, Tamper, Violation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from tests.campaign.schedule import Evidence, Record, Rows, Said

Slot = tuple[str, int, int]
"""number, nominal, itrx"""

Table = list[list[object]]

TURNED_AWAY = frozenset({301, 307, 308, 401, 404, 405, 407, 413, 429})
READABLE = frozenset({"slow", "answer", "evil", "hugeint", "bigreason"})
SPARES_REFUSALS = frozenset({"noinvoice", "badstatus", "othernumber", "otherproduct"})
ACCOUNT_REFUSALS = frozenset({"21", "31", "61", "62", "71", "81", "82"})
FAILURES = frozenset({"00", "11", "12"})

BUSY = 5
TAKEN = frozenset({0, 1, 4})
"""How a command ends that did what it was asked to."""

PAID_WORD = {
    "sukses": "yes",
    "pending": "ask provider",
    "accepted": "ask provider",
    "unknown": "ask provider",
    "gagal": "no",
    "duplicate": "no",
    "invalid": "no",
    "unsent": "no",
}
SUM_OF = {"yes": "paid", "ask provider": "open"}
"""A row's `paid` -> where the summary counts it, if that says that there was a top-up."""
ROWS_IN = re.compile(r"([\d,]+) rows? in = ([\d,]+) (?:person|people) \+ ([\d,]+) rows? set aside")
NOT_COUNTED = re.compile(r"not counted: ([\d,]+) ")

OPEN = frozenset({"pending", "accepted", "unknown"})


# -- what the book says ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TopUp:
    """Money that moved, by the provider's book; `status` as it stands at the end of the schedule."""

    invoice: str
    number: str
    product: str
    status: str
    debit: int


@dataclass(frozen=True)
class Request:
    """One isipulsa request, with the command it came from."""

    id: int
    at: datetime
    number: str
    product: str
    itrx: int
    answer: dict[str, str]
    point: str
    kind: str
    argument: str
    topup: TopUp | None
    record: Record
    place: int

    @property
    def slot(self) -> Slot:
        return self.number, PRODUCTS[self.product][1], self.itrx

    @property
    def day(self) -> date:
        return self.at.astimezone(WIB).date()

    @property
    def moved_money(self) -> bool:
        return self.topup is not None and self.topup.status != "gagal"

    @property
    def status(self) -> int:
        return int(self.argument.partition(":")[0])

    @property
    def turned_away(self) -> bool:
        return self.kind == "status" and self.point == "before" and self.status in TURNED_AWAY

    @property
    def was_readable(self) -> bool:
        """Whether the provider's true and complete answer reached a client that was alive to read it."""
        if self.number in self.record.timed_out:
            return False
        refused = self.answer.get("result") == "no"
        if refused and self.kind == "hugeint":
            return False  # it refuses and states a debit: either may be true
        return not self.kind or self.kind in READABLE or (refused and self.kind in SPARES_REFUSALS)

    @property
    def reason(self) -> str:
        """The reason_code that was read, "" for none."""
        return self.answer.get("reason_code", "") if self.was_readable else ""

    @property
    def was_ok(self) -> bool:
        return self.was_readable and self.answer.get("result") == "ok"

    @property
    def left_it_open(self) -> bool:
        """What the answer said, or left unsaid, is compatible with the money having moved."""
        known = self.turned_away or self.reason in ACCOUNT_REFUSALS | FAILURES
        return not known

    @property
    def left_it_unknown(self) -> bool:
        return self.left_it_open and not self.was_ok and self.reason != "51"

    def __str__(self) -> str:
        fault = f"{self.point} {self.kind}" if self.kind else "no fault"
        paid = self.topup.invoice if self.topup else "nothing paid"
        return f"request {self.id} ({self.number} {self.product} itrx {self.itrx}, {fault}, {paid})"


def _topups(book: sqlite3.Connection) -> dict[str, TopUp]:
    rows = book.execute("SELECT invoice, number, product, status, debit FROM topups")
    return {row[0]: TopUp(*row) for row in rows}


def _requests(
    book: sqlite3.Connection, topups: dict[str, TopUp], records: tuple[Record, ...]
) -> list[Request]:
    rows = book.execute(
        "SELECT id, at, parameters, answer, delivery, invoice FROM requests WHERE endpoint = 'isipulsa'"
    )
    return [_request(row, topups, records) for row in rows.fetchall()]


def _request(
    row: tuple[int, str, str, str, str, str], topups: dict[str, TopUp], records: tuple[Record, ...]
) -> Request:
    key, at, parameters, answer, delivery, invoice = row
    asked = json.loads(parameters)
    point, _, kind = (delivery or "").partition(" ")
    kind, _, argument = kind.partition(":")
    place = next(n for n, r in enumerate(records) if key in r.requests)
    return Request(
        key, datetime.fromisoformat(at), asked["nomortujuan"], asked["kodeoperator"], int(asked["itrx"]),
        json.loads(answer), point, kind, argument, topups.get(invoice), records[place], place,
    )  # fmt: skip


@dataclass(frozen=True)
class Enquiry:
    """One cekstatus request that told, readably, what finally became of an invoice."""

    id: int
    invoice: str


def _enquiries(book: sqlite3.Connection) -> Iterator[Enquiry]:
    rows = book.execute("SELECT id, parameters, answer, delivery FROM requests WHERE endpoint = 'cekstatus'")
    for key, parameters, answer, delivery in rows.fetchall():
        kind = (delivery or "").partition(" ")[2].partition(":")[0]
        told = json.loads(answer).get("status") in {"sukses", "gagal"}
        if told and (not kind or kind in READABLE):
            yield Enquiry(key, json.loads(parameters)["invoice"])


# -- what the results say ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One line of a results sheet."""

    no: str
    number: str
    product: str
    paid: str
    status: str
    invoice: str
    debited: str
    reason: str
    sent_at: str

    @property
    def nominal(self) -> int:
        """0 for a product that the price list lacks."""
        return PRODUCTS[self.product][1] if self.product in PRODUCTS else 0

    @property
    def key(self) -> tuple[str, str]:
        return self.number, self.product


@dataclass(frozen=True)
class Results:
    """The results sheet that one command wrote, and its own sums."""

    place: int
    record: Record
    lines: tuple[Line, ...]
    sums: dict[str, int]


def _results(place: int, record: Record, path: Path, sheet: Rows) -> Results:
    table, summary = _tables(path, 2)
    sums: dict[str, int] = {}
    for label, count, *_ in summary:
        if isinstance(count, int):
            sums.setdefault(str(label), count)
        if found := ROWS_IN.fullmatch(str(label)):
            sums.update(zip(("rows in", "people", "set aside"), map(_number, found.groups()), strict=True))
        if found := NOT_COUNTED.match(str(label)):
            sums["corrected"] = _number(found[1])
    return Results(place, record, _lines(table, sheet), sums)


def _number(text: str) -> int:
    return int(text.replace(",", ""))


def lines_of(path: Path, sheet: Rows) -> tuple[Line, ...]:
    """The lines of a results sheet; `sheet` says which number is meant where one is spelled otherwise."""
    return _lines(_tables(path, 1)[0], sheet)


def _tables(path: Path, count: int) -> list[Table]:
    """The first tabs. A whole number is one, which the reader gives as a decimal number."""
    book = CalamineWorkbook.from_path(path)
    tabs = [book.get_sheet_by_index(nth).to_python(skip_empty_area=False) for nth in range(count)]
    return [[[_whole(value) for value in row] for row in tab] for tab in tabs]


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _lines(table: Table, sheet: Rows) -> tuple[Line, ...]:
    header, *rows = table
    spelled = {row.written: row.number for row in sheet if row.written}
    return tuple(_line([str(name) for name in header], row, spelled) for row in rows)


def _line(header: list[str], row: list[object], spelled: dict[str, str]) -> Line:
    cells = dict(zip(header, map(str, row), strict=True))
    written = cells["No HP"]
    number = spelled.get(written) or cells["number_sent"] or written
    return Line(
        cells["No"], number, cells["Kode Produk"], cells["paid"], cells["status"], cells["invoice"],
        cells["debited"], cells["reason"], cells["sent_at"],
    )  # fmt: skip


# -- the case ----------------------------------------------------------------------------------------------


class Case:
    """All evidence of one schedule, read."""

    def __init__(self, evidence: Evidence) -> None:
        self.schedule = evidence.schedule
        self.records = evidence.records
        self.events = evidence.events
        self.folder = evidence.book.parent
        with contextlib.closing(sqlite3.connect(evidence.book)) as book:
            self.topups = _topups(book)
            self.requests = _requests(book, self.topups, evidence.records)
            self.enquiries = list(_enquiries(book))
        # The results may still have rows that the sheet of their own command has not.
        rows = tuple(row for record in self.records for row in record.rows)
        self.results = [
            _results(n, r, r.results, rows) for n, r in enumerate(self.records) if r.results is not None
        ]

    @cached_property
    def pairs(self) -> list[tuple[Request, Request]]:
        """Every two requests for the same slot, the earlier one first."""
        by_slot: dict[Slot, list[Request]] = defaultdict(list)
        for request in self.requests:
            by_slot[request.slot].append(request)
        return [(a, b) for group in by_slot.values() for n, b in enumerate(group) for a in group[:n]]

    @cached_property
    def tampered(self) -> bool:
        """Whether somebody laid hands on the record."""
        steps = [event.step for event in self.events]
        return any(isinstance(one, Tamper | Meanwhile) for one in (*steps, *self.schedule.steps))

    def was_learnt(self, request: Request, upto: int) -> bool:
        """Whether the provider told, up to its log's entry of this number, what became of this top-up."""
        invoice = request.topup.invoice if request.topup else ""
        return any(asked.invoice == invoice and request.id < asked.id <= upto for asked in self.enquiries)

    def of_batch(self, results: Results) -> list[Request]:
        """The requests of the batch that these results are of, up to then."""
        batch, place = results.record.batch, results.place
        known = [r for r in self.requests if r.id <= results.record.seen or r.place == place]
        sheet = results.record.command.sheet
        return [r for r in known if r.record.batch == batch and r.record.command.sheet == sheet]

    def batch_records(self, results: Results) -> list[tuple[int, Record]]:
        batch, sheet = results.record.batch, results.record.command.sheet
        return [
            (n, r)
            for n, r in enumerate(self.records[: results.place + 1])
            if r.batch == batch and r.command.sheet == sheet
        ]

    def progress_was(self, what: str, place: int, since: int = -1) -> bool:
        """Whether the person did this to the progress file before the command at `place`."""
        return any(
            isinstance(event.step, Progress) and event.step.what == what and since < event.at <= place
            for event in self.events
        )


def judge(case: Case) -> list[Violation]:
    """Every violation of every rule; none if the promises were kept."""
    return [Violation(name, what) for name, rule in RULES.items() for what in rule(case)]


# -- never pays twice --------------------------------------------------------------------------------------


def paid_once(case: Case) -> Iterator[str]:
    """No slot is paid twice, but for second payments that the person asked for."""
    repeats: dict[int, list[tuple[Request, Request]]] = defaultdict(list)
    for first, second in case.pairs:
        if not (first.moved_money and second.moved_money):
            continue
        if first.day == second.day:
            yield f"paid twice on {second.day}: {first}; {second}"
        elif first.record.batch == second.record.batch:
            if not _is_changed(first, second):
                yield f"paid twice in one batch: {first}; {second}"
        elif "--again" not in second.record.command.options:
            repeats[second.place].append((first, second))
    for place, pairs in repeats.items():
        yield from _overlaps(case.records[place], pairs)


def _is_changed(first: Request, second: Request) -> bool:
    return first.product != second.product and "--include-changed" in second.record.command.options


def _overlaps(record: Record, pairs: list[tuple[Request, Request]]) -> Iterator[str]:
    """A batch that repeats another's rows is its copy: at least three of them, and half of its own."""
    recent = [(a, b) for a, b in pairs if (b.day - a.day).days <= 20]
    for batch, count in Counter(first.record.batch for first, _ in recent).items():
        if count >= 3 and 2 * count >= len(record.rows):
            yield f"`{record.command}` paid {count} rows of batch {batch} again, unasked: {recent[0][1]}"


def asked_once(case: Case) -> Iterator[str]:
    """After a request that may have moved money, or failed, the same slot is not requested again."""
    for first, second in case.pairs:
        why = _why_not_again(case, first, second)
        if why:
            yield f"{why}: {first} by `{first.record.command}`; {second} by `{second.record.command}`"


def _why_not_again(case: Case, first: Request, second: Request) -> str:
    command = second.record.command
    if first.place == second.place:
        return (
            ""
            if first.kind == "status" and first.turned_away and first.status == 429
            else "within one command"
        )
    if first.turned_away or first.reason in ACCOUNT_REFUSALS:
        return ""
    if first.record.batch != second.record.batch:
        return _why_not_elsewhere(case, first, second)
    closed = _closed_between(case, first, second)
    if command.resends:
        return "" if closed else _why_not_resent(case, first, second)
    if _has_failed(first) or closed or _has_turned_out_failed(case, first, second.id):
        # An older progress file put back, or the other of two, does not know of a failure, by which nobody
        # was paid.
        forgotten = case.progress_was("restore", second.place, since=first.place)
        unknown = forgotten or _are_of_two_copies(case, first, second)
        # With another product it is another order.
        corrected = first.product != second.product
        asked = unknown or corrected or "--retry-failed" in command.options
        return "" if asked else "failed, and nobody asked to retry"
    return "" if first.day != second.day and _is_changed(first, second) else "sent again"


def _has_failed(request: Request) -> bool:
    return request.reason in FAILURES or _failed_later(request) or _repeats_51(request)


def _has_turned_out_failed(case: Case, request: Request, upto: int) -> bool:
    return request.topup is not None and not request.moved_money and case.was_learnt(request, upto)


def _are_of_two_copies(case: Case, first: Request, second: Request) -> bool:
    """Whether the progress file had been copied by then, and each was sent by one of the two."""
    copied = any(isinstance(event.step, Take) and event.at <= first.place for event in case.events)
    return copied and first.record.command.sheet != second.record.command.sheet


def _closed_between(case: Case, first: Request, second: Request) -> bool:
    """Whether a person's true word closed the first one's row as failed before the second was sent."""
    later = case.records[first.place + 1 : second.place]
    return any(
        said.true and (said.number, said.product) == (first.number, first.product)
        for place, record in enumerate(later, first.place + 1)
        for said in record.said
        if record.batch == first.record.batch and _was_taken(case, place, said)
    )


def _was_taken(case: Case, place: int, said: Said) -> bool:
    """A resolve that died may have got as far as this word."""
    lines = [line for results in case.results if results.place == place for line in results.lines]
    failed = any(line.key == (said.number, said.product) and line.status == "gagal" for line in lines)
    record = case.records[place]
    from_record = "--batch" in record.command.options and record.exit in TAKEN
    return failed or from_record or record.died


def _failed_later(request: Request) -> bool:
    return request.was_ok and request.topup is not None and request.topup.status == "gagal"


def _repeats_51(request: Request) -> bool:
    return request.reason == "51" and "--retry-failed" in request.record.command.options


def _why_not_elsewhere(case: Case, first: Request, second: Request) -> str:
    if _has_failed(first) or _closed_between(case, first, second):
        return ""
    if _has_turned_out_failed(case, first, second.id):
        return ""
    if first.day == second.day:
        return "another batch holds it that day"
    unknown = first.left_it_unknown and not case.was_learnt(first, second.id)
    return "it may be in progress in another batch" if unknown else ""


def _why_not_resent(case: Case, first: Request, second: Request) -> str:
    """`settle --resend` is for unknown ones, under rule 51: same day, first counter, clocks that agree."""
    if first.reason in FAILURES or _failed_later(first):
        # It is another request of the row that is unknown: one before a resend that failed, or one since.
        others = first.record.command.resends or first.record.died or _is_open_since(case, first, second)
        return "" if others else "resent, but it was known to have failed"
    if (first.was_ok or first.reason == "51") and not first.record.died:
        return "resent, but its outcome was known"
    if first.day != second.day or second.itrx != 1:
        return "resent on another day or counter"
    if any(isinstance(event.step, Move) and first.place < event.at <= second.place for event in case.events):
        return "resent at another address"
    if (second.at - first.at).total_seconds() < 59:
        return "resent within a minute"
    if any(_near_midnight(request.at) for request in (first, second)) or abs(case.schedule.skew_s) > 300:
        return "resent where the provider's day may be another"
    return ""


def _is_open_since(case: Case, first: Request, second: Request) -> bool:
    between = (request for request in case.requests if first.id < request.id < second.id)
    batch = second.record.batch
    return any(r.slot == first.slot and r.record.batch == batch and r.left_it_unknown for r in between)


def _near_midnight(moment: datetime) -> bool:
    midnight = datetime.combine(moment.date(), time(), WIB)
    return min(moment - midnight, midnight + timedelta(days=1) - moment) < timedelta(minutes=10)


def asked_for(case: Case) -> Iterator[str]:
    """Nothing is requested but what a row of the sheet asks for, with the counter that it asks for."""
    for request in case.requests:
        command = request.record.command
        if command.verb != "run" and not command.resends:
            yield f"`{command}` sent {request}"
        seen = [r.rows for r in case.records[: request.place + 1] if r.command.sheet == command.sheet]
        sheets = seen if command.resends else seen[-1:]
        if not any(_asks(rows, request, seen, case) for rows in sheets):
            yield f"no row asks for {request} by `{command}`"


def _asks(rows: Rows, request: Request, seen: list[Rows], case: Case) -> bool:
    if not any((row.number, row.product) == (request.number, request.product) for row in rows):
        return False
    repeated = any(
        "repeat" in r.command.options and r.command.sheet == request.record.command.sheet
        for r in case.records[: request.place + 1]
    )
    return request.itrx in _counters(seen if repeated else [rows], request, repeated=repeated)


def _counters(sheets: Iterable[Rows], request: Request, *, repeated: bool) -> set[int]:
    counters = set()
    for rows in sheets:
        same = [row for row in rows if (row.number, row.nominal) == request.slot[:2]]
        counters |= {int(row.itrx) for row in same if row.itrx}
        unstated = sum(not row.itrx for row in same)
        counters |= set(range(1, 1 + (unstated if repeated else min(unstated, 1))))
    return counters


def copies_in_order(case: Case) -> Iterator[str]:
    """A copy n is requested only where the sheet's copy n-1 was paid on the same day."""
    for request in case.requests:
        number, nominal, itrx = request.slot
        rows = [row for row in request.record.rows if (row.number, row.nominal) == (number, nominal)]
        if itrx > 1 and any((row.itrx or "1") == str(itrx - 1) for row in rows):
            before = [r for r in case.requests if r.id < request.id and r.slot == (number, nominal, itrx - 1)]
            if not any(r.moved_money and r.day == request.day for r in before):
                yield f"copy {itrx} before copy {itrx - 1} was paid that day: {request}"


def copies_are_sent(case: Case) -> Iterator[str]:
    """Where one sheet is all there is, a copy does not stay behind that may follow at the end."""
    sheets = {record.command.sheet for record in case.records}
    last = next((one for one in reversed(case.results) if one.record.command.verb == "run"), None)
    if last is None or len(sheets) > 1 or last.record.exit not in TAKEN:
        return
    if last.record.began.date() != last.record.ended.date():
        return  # At the end it was another day, on which none follows.
    rows = list(zip(last.lines, last.record.rows, strict=False))
    today = last.record.began.date().isoformat()
    paid = {
        (row.number, row.nominal)
        for line, row in rows
        if line.status == "sukses" and line.sent_at.startswith(today) and not row.itrx
    }
    sent = {r.slot for r in case.of_batch(last) if r.left_it_open}  # maybe as another product
    paid = {one for one in paid if (*one, 2) not in sent}
    # What --strict held back is a changed row to the next command, for --include-changed.
    strict = [one for one in case.results if "--strict" in one.record.command.options]
    held = {line.no for one in strict for line in one.lines if line.status == "invalid"}
    asked = {r.slot for r in case.of_batch(last)}  # of these the provider may have said that it has them
    for line, row in rows:
        if line.no in held or row.itrx != "2" or (row.number, row.nominal) not in paid:
            continue
        is_held = line.status == "duplicate" and (row.number, row.nominal, 2) not in asked
        if line.status == "unsent" or is_held:
            what = f"row {line.no} is {line.status}, though the copy before it was paid that day"
            yield f"{_where(last)}: {what}"


def written_first(case: Case) -> Iterator[str]:
    """What was requested stands in the progress file, and left within 5 s of that; what may be paid has its
    claim in the record. However the command ended."""
    for place, record in enumerate(case.records):
        asked = Counter((r.number, r.product, r.itrx) for r in case.requests if r.place == place)
        if record.beside is None and (missing := asked - record.written):
            yield f"command {place} `{record.command}` requested without an attempt: {dict(missing)}"
        crash = record.command.crash
        if record.late and crash and crash.point == "provider.top_up" and record.command.workers == 1:
            yield f"command {place} `{record.command}` was late: {record.late[0]}"
        if record.unclaimed and not case.tampered and not case.progress_was("restore", place):
            yield f"command {place} `{record.command}` left no claim for {record.unclaimed}"


# -- never loses a row -------------------------------------------------------------------------------------


def every_row_stands(case: Case) -> Iterator[str]:
    """Every row of the sheet stands in the results once, in its place; after them only removed ones."""
    for results in case.results:
        sheets = _sheets_of(case, results)
        counts = [str(line.no) for line in results.lines]
        if not any(counts[: len(rows)] == [str(row.no) for row in rows] for rows in sheets):
            yield f"{_where(results)}: rows {counts}, in the sheet {[row.no for row in sheets[-1]]}"
        yield from _removed(case, results, max(len(rows) for rows in sheets))


def _sheets_of(case: Case, results: Results) -> list[Rows]:
    """The sheets that these results may be of: the last one run to its end, and any that a crash met."""
    if results.record.command.verb == "run":
        return [results.record.rows]
    sheets: list[Rows] = []
    for place, record in case.batch_records(results):
        if record.command.verb == "run":
            under_way = results.record.inside and place == results.record.beside
            adopted = record.results is not None and not under_way
            sheets = [record.rows] if adopted else [*sheets, record.rows]
    return sheets or [results.record.rows]


def _removed(case: Case, results: Results, rows: int) -> Iterator[str]:
    """What was attempted and left the sheet still stands below it."""
    standing = {line.key for line in results.lines} | {(line.number, "") for line in results.lines[rows:]}
    for request in case.of_batch(results):
        if request.left_it_open and not standing & {(request.number, request.product), (request.number, "")}:
            yield f"{_where(results)}: no line for {request}"


def paid_as_said(case: Case) -> Iterator[str]:
    """What the results call sukses is in the book; what is in the book stands as sukses or open."""
    for results in case.results:
        requests = case.of_batch(results)
        invoices = Counter(line.invoice for line in results.lines if line.invoice)
        yield from (f"{_where(results)}: invoice {key} stands twice" for key, n in invoices.items() if n > 1)
        for line in results.lines:
            if line.status == "sukses":
                yield from (f"{_where(results)}: {why}" for why in _wrong_sukses(case, line))
        if not _are_of_an_older_file(case, results):
            yield from _unstated(results, requests)
            yield from _belied(case, results, requests)


def _wrong_sukses(case: Case, line: Line) -> Iterator[str]:
    topup = case.topups.get(line.invoice)
    if topup is None or topup.status != "sukses":
        yield f"row {line.no} is sukses, the book says {topup}"
        return
    if line.key != (topup.number, topup.product) and line.product:
        yield f"row {line.no} has the invoice of another top-up: {line}, {topup}"
    if line.debited and line.debited != str(topup.debit):
        yield f"row {line.no} says {line.debited} were debited, the book {topup.debit}"


def _are_of_an_older_file(case: Case, results: Results) -> bool:
    """Whether these were written from an older progress file that was put back, and that no command has
    compared with the record since."""
    compared = [
        place
        for place, record in case.batch_records(results)[:-1]
        if record.command.verb in {"run", "settle", "resolve"} and not record.died
    ]
    since = max(compared, default=-1)
    return results.record.command.verb == "results" and case.progress_was("restore", results.place, since)


def _unstated(results: Results, requests: list[Request]) -> Iterator[str]:
    paid = Counter((r.number, r.product) for r in requests if r.moved_money)
    told = Counter(line.key for line in results.lines if line.status in OPEN | {"sukses"})
    for (number, product), count in paid.items():
        if told[number, product] + told[number, ""] < count:
            lines = [(line.no, line.status) for line in results.lines if line.number == number]
            yield f"{_where(results)}: {number} {product} was paid {count} times, told are {lines}"


def _belied(case: Case, results: Results, requests: list[Request]) -> Iterator[str]:
    """A row that may be paid, as nobody knows, is not called unpaid."""
    told = Counter(line.key for line in results.lines if line.status in OPEN | {"sukses"})
    told.update((line.number, "") for line in results.lines if line.status in OPEN and not line.product)
    unknown = {
        (r.number, r.product, r.itrx)
        for r in requests
        if r.left_it_unknown and not r.record.died
        if not _was_closed(case, r, results.place)
        if not _has_turned_out_failed(case, r, results.record.seen)
    }
    for (number, product), count in Counter((number, product) for number, product, _ in unknown).items():
        if told[number, product] + told[number, ""] < count:
            lines = [(line.no, line.status) for line in results.lines if line.number == number]
            yield f"{_where(results)}: {number} {product} may be paid, told are {lines}"


def _was_closed(case: Case, request: Request, place: int) -> bool:
    return any(
        said.true and (said.number, said.product) == (request.number, request.product)
        for record in case.records[request.place + 1 : place + 1]
        for said in record.said
    )


def sums_tie_out(case: Case) -> Iterator[str]:
    """Rows in = people + rows set aside, and people = paid + open + not paid; each line counts once, but for
    those that were corrected."""
    for results in case.results:
        wrong = [line.no for line in results.lines if PAID_WORD.get(line.status) != line.paid]
        if wrong:
            yield f"{_where(results)}: `paid` does not go with `status` in rows {wrong}"
        said = Counter(results.sums)
        counts = Counter(dict.fromkeys(SUM_OF.values(), 0))
        counts.update(SUM_OF[line.paid] for line in results.lines if line.paid in SUM_OF)
        counts["rows in"] = len(results.lines) - said["corrected"]
        counts["people"] = counts["approved"] = counts["rows in"] - said["set aside"]
        counts["not paid"] = counts["people"] - counts["paid"] - counts["open"]
        if any(said[word] != counts[word] for word in counts):
            yield f"{_where(results)}: sums {results.sums} over {dict(counts)}"


def unknown_for_a_reason(case: Case) -> Iterator[str]:
    """A row is unknown only where an answer could not be read, or a process died with it in flight."""
    for results in case.results:
        taken = any(isinstance(event.step, Take) for event in case.events)
        if taken or case.progress_was("restore", results.place):
            continue
        reasons = {r.number for r in case.of_batch(results) if r.left_it_unknown}
        unexplained = [x for x in results.lines if x.status == "unknown" and x.number not in reasons]
        cut_off = [record for _, record in case.batch_records(results) if record.died]
        cut_off += [case.records[results.record.beside]] if results.record.beside is not None else []
        in_flight = sum(record.command.workers for record in cut_off)
        if len(unexplained) > in_flight:
            yield f"{_where(results)}: unknown {[line.no for line in unexplained]}, {len(cut_off)} cut off"


def held_for_a_reason(case: Case) -> Iterator[str]:
    """A row is a duplicate only where the same number and nominal stands or was claimed elsewhere."""
    for results in case.results:
        places = Counter((line.number, line.nominal) for line in results.lines)
        asked = {r.slot[:2] for r in case.requests if r.place <= results.place}
        # A claim may stand for a request that was never sent: of one that died, or is on its way.
        before = case.records[: results.place + 1]
        claims = any(record.died or record.beside is not None for record in before)
        for line in results.lines:
            key = (line.number, line.nominal)
            fed_back = results.record.command.sheet == "fed.xlsx"
            if (
                line.status == "duplicate"
                and places[key] < 2
                and key not in asked
                and not (claims or fed_back)
            ):
                yield f"{_where(results)}: row {line.no} is called a duplicate of nothing"


def results_are_there(case: Case) -> Iterator[str]:
    """At the end every sheet whose progress file holds requests has its results."""
    for sheet in {record.command.sheet for record in case.records}:
        mine = [(n, r) for n, r in enumerate(case.records) if r.command.sheet == sheet]
        place, last = mine[-1]
        asked = any(request.record.batch == last.batch for request in case.requests)
        if last.batch and asked and last.results is None:
            yield f"{sheet}: no results at the end; command {place} ended with {last.exit}"


# -- a person's word ---------------------------------------------------------------------------------------


def words_are_checked(case: Case) -> Iterator[str]:
    """A wrong word about a row is not taken; a true one is, and closes the row."""
    for place, record in enumerate(case.records):
        wrong = [said for said in record.said if not said.true]
        if taken := [said for said in wrong if _was_swallowed(case, place, said)]:
            yield f"`{record.command}` took {taken}"
        if record.exit in TAKEN:
            yield from _left_open(case, place, record)
        elif record.said and not wrong and _must_be_taken(case, record):
            yield f"`{record.command}` ended with {record.exit}, though true: {record.said}"


def _was_swallowed(case: Case, place: int, said: Said) -> bool:
    """Whether a wrong word was taken: of one, the command says so; of many, the row's line does."""
    if len(case.records[place].said) == 1:
        return case.records[place].exit in TAKEN
    before, after = (_standing(case, at, said) for at in (place - 1, place))
    return bool(after) and before != after


def _standing(case: Case, place: int, said: Said) -> list[tuple[str, str]]:
    lines = [line for results in case.results if results.place == place for line in results.lines]
    return [(line.status, line.invoice) for line in lines if line.key == (said.number, said.product)]


def _must_be_taken(case: Case, record: Record) -> bool:
    return not _was_troubled(record) and case.schedule.skew_s == 0 and all(said.plain for said in record.said)


def _was_troubled(record: Record) -> bool:
    command = record.command
    return bool(command.faults or command.refused or command.crash or record.died)


def _left_open(case: Case, place: int, record: Record) -> Iterator[str]:
    for said in record.said:
        lines = [line for results in case.results if results.place == place for line in results.lines]
        still = [line for line in lines if line.key == (said.number, said.product) and line.status in OPEN]
        # An invoice counts once the provider has confirmed it: one that could not be asked about stays open.
        unasked = bool(said.invoice) and _was_troubled(record)
        if still and said.true and said.plain and not unasked:
            yield f"`{record.command}` left {still} open after {said}"


# -- the trail ---------------------------------------------------------------------------------------------


def trail_is_whole(case: Case) -> Iterator[str]:
    """Wherever a command was killed: each entry has the hash of the one before in its own, and the last one
    that tells of an attempt has all that stands there."""
    for path in sorted(case.folder.glob("*.checkpoint.db")):
        with contextlib.closing(sqlite3.connect(path)) as db:
            previous, told = "", {}
            for nth, at, kind, text, digest in db.execute("SELECT * FROM chain ORDER BY id"):
                facts = json.loads(text)
                spelled = json.dumps([previous, at, kind, facts], sort_keys=True, separators=(",", ":"))
                if hashlib.sha256(spelled.encode()).hexdigest() != digest:
                    yield f"{path.name}, entry {nth} does not follow the one before"
                previous = digest
                if attempt := facts.get("attempts"):
                    told[attempt["id"]] = attempt
            db.row_factory = sqlite3.Row
            for row in map(dict, db.execute("SELECT * FROM attempts")):
                if told.get(row["id"]) != {name: row[name] for name in row if row[name] not in {None, ""}}:
                    yield f"{path.name}, no entry tells of attempt {row['id']} as it stands"


# -- the journal -------------------------------------------------------------------------------------------


def journal_balances(case: Case) -> Iterator[str]:
    """Debits and credits of each file are equal, and what stands on each account after the last is what the
    results say: each entry was exported once. A progress file that was put back knows of no later export, and
    a file of a name that is missing in another folder is written there again, the same."""
    is_whole = not any(isinstance(event.step, Progress) for event in case.events)
    booked: dict[str, dict[str, Counter[str]]] = defaultdict(dict)
    for place, record in enumerate(case.records):
        for path in record.journals:
            amounts = _amounts(path)
            if sum(amounts.values()):
                yield f"{path.name} of command {place} does not balance"
            booked[record.batch][path.name] = amounts
        if record.command.options[:1] == ("--journal",) and record.exit in TAKEN and is_whole:
            results = next(one for one in case.results if one.place == place)
            paid = [line.debited for line in results.lines if line.paid == "yes"]
            stands = sum(file["Beban pulsa"] for file in booked[record.batch].values())
            if all(paid) and stands != sum(map(int, paid)):
                yield f"{_where(results)}, {stands} are booked as paid, and its rows come to {paid}"


def _amounts(path: Path) -> Counter[str]:
    amounts: Counter[str] = Counter()
    with path.open(encoding="utf-8-sig", newline="") as file:
        for line in csv.DictReader(file):
            amounts[line["account"]] += int(line["debit"] or 0) - int(line["credit"] or 0)
    return amounts


# -- it always knows what it does --------------------------------------------------------------------------


def one_at_a_time(case: Case) -> Iterator[str]:
    """A command that would write in another's batch while that one is at work ends with 5 and sends nothing;
    no other ends so."""
    for place, record in enumerate(case.records):
        beside = None if record.beside is None else case.records[record.beside]
        shares = beside is not None and beside.command.sheet == record.command.sheet
        if record.exit == BUSY and not (shares and record.command.takes_turns):
            yield f"command {place} `{record.command}` was refused, though nobody held its batch"
        if record.exit == BUSY and any(request.place == place for request in case.requests):
            yield f"command {place} `{record.command}` was refused, but sent"
        must_wait = record.inside and shares and record.command.takes_turns and not record.died
        if must_wait and record.exit != BUSY:
            yield f"command {place} `{record.command}` ran within another, and ended with {record.exit}"


def no_defect(case: Case) -> Iterator[str]:
    """No command breaks or hangs, whatever the provider does and wherever it was killed before."""
    for place, record in enumerate(case.records):
        if record.exit in {70, -1} or (record.exit is None and not record.crash):
            yield f"command {place} `{record.command}` ended with {record.exit}: {record.complaint}"


RULES: dict[str, Callable[[Case], Iterator[str]]] = {
    "paid once": paid_once,
    "asked once": asked_once,
    "asked for": asked_for,
    "copies in order": copies_in_order,
    "copies are sent": copies_are_sent,
    "written first": written_first,
    "every row stands": every_row_stands,
    "paid as said": paid_as_said,
    "sums tie out": sums_tie_out,
    "unknown for a reason": unknown_for_a_reason,
    "held for a reason": held_for_a_reason,
    "results are there": results_are_there,
    "journal balances": journal_balances,
    "words are checked": words_are_checked,
    "trail is whole": trail_is_whole,
    "one at a time": one_at_a_time,
    "no defect": no_defect,
}


def _where(results: Results) -> str:
    return f"after command {results.place} `{results.record.command}`"

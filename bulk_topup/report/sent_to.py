"""Everything ever sent to one number: the record names the batches, their progress files have the details."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from bulk_topup.core.errors import Exit, InputError, StorageFailed
from bulk_topup.core.row_names import TAB_ROWS
from bulk_topup.core.status import Status
from bulk_topup.record.batches import progress_of, sheet_of
from bulk_topup.record.ledger.values import HELD, OPEN, PAID, BatchEntry
from bulk_topup.report.result_lines import result_line
from bulk_topup.report.words import say
from bulk_topup.rules import numbers
from bulk_topup.sending.resend import is_advised

if TYPE_CHECKING:
    from bulk_topup.record.ledger.register import Register
    from bulk_topup.record.lines import Line


class Now(StrEnum):
    """What the provider says about an invoice now."""

    SUKSES = "sukses"
    GAGAL = "gagal"
    PENDING = "pending"
    NO_NEWS = "no final answer"
    NO_ANSWER = "no answer"
    NOT_ASKED = "not asked"


@dataclass(frozen=True, slots=True)
class Sent:
    """One row for that number, as in the results sheet.

    `sent_at` is "" where nothing ever left for it. `sheet` is how a command is told of it, "" where its
    progress file can't be read: then only the ledger speaks, which keeps no invoice. `tab` is that of the row
    where several are one sheet. `nominal` is in rupiah; `closed` is when a person closed it (ISO text), who,
    and their note; `answer` are the provider's words when it was sent, `said` those that go with `now`.
    """

    account: str
    base_url: str
    batch: str
    name: str
    sheet: str
    row: int
    product: str
    nominal: int | None
    status: Status
    reason: str
    sent_at: str
    invoice: str = ""
    serial: str = ""
    debited: int | None = None
    closed: tuple[str, str, str] | None = None
    answer: str = ""
    person: str = ""
    tab: str = ""
    now: Now = Now.NOT_ASKED
    said: str = ""
    guarded: bool = False
    in_sheet: str = ""
    """All that stands in its row there."""
    trail: Sequence[Mapping[str, Any]] = field(default=(), repr=False)
    """As `Checkpoint.told_of` has it."""

    @property
    def place(self) -> str:
        """What people call the row: `12`, or `Jakarta 12` where several tabs are one sheet."""
        return f"{self.tab} {self.row % TAB_ROWS}" if self.tab else str(self.row)

    @property
    def is_contradicted(self) -> bool:
        """Whether the provider now says the opposite of what it said when the row was settled."""
        final = {Status.SUKSES: Now.GAGAL, Status.GAGAL: Now.SUKSES}
        return self.now is final.get(self.status)

    @property
    def is_open(self) -> bool:
        return self.status.is_open or self.is_contradicted


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """`sent` is the latest first. `unread` are batches whose progress file is missing or can't be read;
    numbers of days before `forgotten_before` may be gone from the record.
    """

    number: str
    sent: tuple[Sent, ...]
    batches: int
    unread: tuple[BatchEntry, ...]
    forgotten_before: date | None

    def exit_code(self) -> Exit:
        if any(one.is_open for one in self.sent):
            return Exit.OPEN
        return Exit.OK if any(one.sent_at for one in self.sent) else Exit.NOT_ALL_PAID


def national(text: str) -> str:
    """The normalised number. Raises InputError if the text is not one."""
    number = numbers.normalise(text.strip())
    if isinstance(number, numbers.Problem):
        raise InputError("find.no_number", text=text)
    return number.national


def people_named(text: str, register: Register) -> dict[tuple[str, str], list[str]]:
    """(name, number) of everybody whose name has this text in it, by every progress file -> their batches."""
    found: dict[tuple[str, str], list[str]] = {}
    for entry in register.batches():
        checkpoint = progress_of(entry)
        if checkpoint is None:
            continue
        with closing(checkpoint), suppress(StorageFailed):
            for name, spelled in sorted(checkpoint.people_named(" ".join(text.split()))):
                number = numbers.normalise(spelled)
                if isinstance(number, numbers.Number):
                    found.setdefault((name, number.national), []).append(entry.name)
    return found


def look_up(number: str, register: Register) -> PersonRecord:
    by_batch: dict[str, list[Mapping[str, Any]]] = {}
    for claim in register.claims_of(number):
        by_batch.setdefault(str(claim["batch"]), []).append(claim)
    sent: list[Sent] = []
    unread: list[BatchEntry] = []
    entries = register.batches()
    for entry in entries:
        claims = by_batch.get(entry.batch, [])
        from_file = _from_progress(number, entry, claims)
        if from_file is None:
            unread.append(entry)
        sent += [_of_claim(entry, claim) for claim in claims] if from_file is None else from_file
    sent.sort(key=lambda one: (one.sent_at, one.name, one.row), reverse=True)
    return PersonRecord(number, tuple(sent), len(entries), tuple(unread), register.forgotten_before())


def _from_progress(number: str, entry: BatchEntry, claims: Iterable[Mapping[str, Any]]) -> list[Sent] | None:
    """None if the progress file is missing or can't be read completely."""
    checkpoint = progress_of(entry)
    if checkpoint is None:
        return None
    with closing(checkpoint):
        try:
            attempts = checkpoint.claims_expected() if claims else {}
            sheet = sheet_of(checkpoint)
            at, guarded = checkpoint.places.get("name"), is_advised(checkpoint)
            tabs = ["", *checkpoint.tabs]
            found = [
                replace(
                    _of_line(entry, sheet, line, at, guarded=guarded),
                    tab=tabs[line.row // TAB_ROWS],
                    in_sheet=_in_words(checkpoint.header, line),
                    trail=checkpoint.told_of(number, line.row),
                )
                for line in checkpoint.lines(number=number)
                if line.number == number or _names(line, number)
            ]
        except StorageFailed:
            return None
    # A progress file restored from an older copy lacks what the ledger knows.
    return found + [_of_claim(entry, claim) for claim in claims if claim["token"] not in attempts]


def _names(line: Line, number: str) -> bool:
    """Whether a cell of the row contains the number; a held row has it nowhere else."""
    subscriber = number.removeprefix("0")
    return any(subscriber in "".join(filter(str.isdecimal, cell)) for cell in line.cells)


def _in_words(header: Sequence[str], line: Line) -> str:
    """`Nama: SITI; No HP: 0812…`"""
    cells = zip(header, line.cells, strict=False)
    return "; ".join(f"{name}: {cell}" if name else cell for name, cell in cells if cell.strip())


def _of_line(entry: BatchEntry, sheet: str, line: Line, name_at: int | None, *, guarded: bool) -> Sent:
    result = result_line(line)
    return Sent(
        *(entry.account, entry.base_url, entry.batch, entry.name, sheet),
        row=line.row,
        product=line.product,
        nominal=line.nominal,
        status=line.status,
        reason=result.reason,
        sent_at=result.sent_at,
        invoice=result.invoice,
        serial=result.serial,
        debited=result.debited,
        closed=line.closed,
        person=line.person(name_at),
        answer=(line.attempt or {}).get("reason") or "",
        guarded=guarded,
    )


_STATUS = {PAID: Status.SUKSES, HELD: Status.DUPLICATE, OPEN: Status.UNKNOWN}


def _of_claim(entry: BatchEntry, claim: Mapping[str, Any]) -> Sent:
    return Sent(
        *(entry.account, entry.base_url, entry.batch, entry.name, ""),
        row=int(claim["row"]),
        product=str(claim["product"]),
        nominal=int(claim["nominal"]),
        status=_STATUS[claim["state"]],
        reason=say.text("find.from_record"),
        sent_at=str(claim["claimed_at"])[:19].replace("T", " "),
    )

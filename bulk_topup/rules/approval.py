"""The plan as a document: what one person approves, and another person's run must match. Pure.

A document is lines of JSON: first the facts, then the orders, one line for each of COLUMNS. Its plan code is
a hash of everything, so approving the code approves every line.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import NOTHING
from bulk_topup.rules.orders import KEY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pandas as pd

    from bulk_topup.rules.duplicates import Overlap

DAYS_GOOD = 7
"""An approval is valid for this many WIB days after the day of the check."""

DOCUMENT_COLUMNS = ("row", *KEY, "price", "attempt")
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's alphabet: no I, L, O or U to misread.
_MISREAD = str.maketrans("ILO", "110", "- ")


@dataclass(frozen=True, eq=False)
class Document:
    """`facts` are account, base_url, file, tab, month, follows, budget (rupiah or None) and overlap.

    `orders` are those of the plan and those sent before, by sheet row: number, product, itrx, price, and
    `attempt`: 1 for what has not failed, one more for each time that it had; 0 if it failed and is not sent
    again. So the approval of one attempt does not cover the next. `checked` is the WIB day of the check, of a
    plan that was kept.
    """

    facts: Mapping[str, Any]
    orders: pd.DataFrame
    checked: date | None = None

    @cached_property
    def lines(self) -> list[bytes]:
        """The same for the same plan, in whatever order its rows were read.

        Returned separately, because joining the lines of a million rows takes as long as writing them.
        """
        orders = self.orders.sort_index()
        return [
            json.dumps(self.facts, sort_keys=True).encode(),
            json.dumps(orders.index.tolist()).encode(),
            json.dumps(orders["number"].tolist()).encode(),
            *(_line_of_few(orders[name]).encode() for name in ("product", "itrx", "price", "attempt")),
        ]

    @property
    def cost(self) -> int:
        """Of the whole batch, what was sent before included, in rupiah."""
        return int(self.orders["price"].sum())

    @property
    def keys(self) -> Iterator[bytes]:
        """The lines that identify the orders, their rows and KEY: `separated`."""
        return separated(self.lines[1 : 2 + len(KEY)])

    @classmethod
    def decode(cls, data: bytes, checked: date | None = None) -> Document:
        import pandas as pd

        facts, *columns = map(json.loads, data.split(b"\n"))
        orders = pd.DataFrame(dict(zip(DOCUMENT_COLUMNS, columns, strict=True)))
        return cls(facts, orders.set_index("row"), checked)


def separated(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The lines with a line feed between each two: as if joined, without copying them."""
    for nth, line in enumerate(lines):
        if nth:
            yield b"\n"
        yield line


def _line_of_few(values: pd.Series[Any]) -> str:
    """A column with few distinct values, each encoded only once; halves the time for a million rows."""
    words = {value: json.dumps(value) for value in values.unique().tolist()}
    return f"[{','.join(values.map(words).tolist())}]"


def document_of(
    identity: Identity, file: str, budget: int | None, overlap: Overlap | None, orders: pd.DataFrame
) -> Document:
    """`orders` has KEY, `price` and `attempt`, indexed by sheet row."""
    likeness = None if overlap is None else asdict(overlap)
    facts = {**vars(identity), "file": file, "budget": budget, "overlap": likeness}
    return Document(facts, orders[[*KEY, "price", "attempt"]])


# -- the plan code -----------------------------------------------------------------------------------------


def code_of(lines: Iterable[bytes]) -> str:
    """80 bits of hash over everything that a person approves, such as `K7QF-2MXA-9TRB-C4WD`."""
    digest = hashlib.sha256()
    for piece in separated(lines):
        digest.update(piece)
    bits = int.from_bytes(digest.digest()[:10])
    return _dashed("".join(_ALPHABET[bits >> shift & 31] for shift in range(75, -5, -5)))


def code_given(text: str) -> str:
    """A plan code as typed by a person: in any case, with or without dashes. Raises InputError if it can't
    be one.
    """
    letters = text.upper().translate(_MISREAD)
    if not re.fullmatch(f"[{_ALPHABET}]{{16}}", letters):
        raise InputError("approval.no_code", given=text)
    return _dashed(letters)


def _dashed(letters: str) -> str:
    return "-".join(letters[at : at + 4] for at in range(0, 16, 4))


# -- as it is kept -----------------------------------------------------------------------------------------


def file_content(document: Document, checked: date, basis: Mapping[str, Any] = NOTHING) -> bytes:
    """The file's content: the day of the check and the `basis`, which the code does not cover, before the
    document."""
    first = json.dumps({"checked": checked.isoformat(), **basis}).encode()
    return b"\n".join([first, *document.lines])


def checked_on(first_line: bytes) -> date:
    """The WIB day of the check. Raises ValueError if the line does not state it."""
    try:
        return date.fromisoformat(json.loads(first_line)["checked"])
    except (KeyError, TypeError) as error:
        raise ValueError(error) from None


def is_good(checked: date, today: date) -> bool:
    return 0 <= (today - checked).days <= DAYS_GOOD


def read_document(content: bytes, code: str, today: date) -> Document:
    """The document that was approved under this code. Raises InputError if the content does not match the
    hash, or was checked too long ago.
    """
    first_line, _, data = content.partition(b"\n")
    if code_of([data]) != code:
        raise InputError("approval.altered", plan=code)
    try:
        checked = checked_on(first_line)
    except ValueError:
        raise InputError("approval.altered", plan=code) from None
    if not is_good(checked, today):
        raise InputError("approval.too_old", plan=code, day=checked, days=DAYS_GOOD)
    return Document.decode(data, checked)


@dataclass(frozen=True)
class Identity:
    """Whose money, at which provider, from which tab, in which month.

    `follows` is the batch of the same sheet that this one replaces, "" for the first: a plan that was
    approved once does not also pay the sheet again.
    """

    account: str
    base_url: str
    tab: str
    month: str
    follows: str = ""

"""The plan as a document: what one person approves, and another person's run is held to. Pure.

A document is lines of JSON: first the facts beside the orders, then the orders, one line for each of COLUMNS.
Its plan code is a hash over all of it, so that whoever passes the code on has approved every line.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from bulk_topup.core.errors import InputError
from bulk_topup.rules.resume import KEY, rows_not_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pandas as pd

    from bulk_topup.rules.plan import Held, Identity, Plan
    from bulk_topup.rules.resume import Overlap

DAYS_GOOD = 7
"""An approval is good on so many WIB days after the one on which the plan was checked."""

ROWS_LISTED = 8
"""So many rows of a kind of change are told one by one, more in one line."""

COLUMNS = ("row", *KEY, "price", "attempt")

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O or U to misread
_MISREAD = str.maketrans("ILO", "110", "- ")


@dataclass(frozen=True, eq=False)
class Document:
    """`facts` are account, base_url, file, tab, month, follows, budget (rupiah or None) and overlap.

    `orders` are those of the plan and those sent before, by sheet row: number, product, itrx, price, and
    `attempt`: 1 for what has not failed, one more for each time that it had; 0 if it failed and is not sent
    again. So an approval of one attempt is none of the next.
    """

    facts: Mapping[str, Any]
    orders: pd.DataFrame

    @cached_property
    def lines(self) -> list[bytes]:
        """The same for the same plan, whatever the order in which its rows were read.

        Each by itself: of a million rows, to put them together takes as long as to write them down.
        """
        orders = self.orders.sort_index()
        return [
            json.dumps(self.facts, sort_keys=True).encode(),
            _line_of_rows(orders.index.to_numpy()).encode(),
            _line_of_digits(orders["number"].tolist()).encode(),
            *(_line_of_few(orders[name]).encode() for name in ("product", "itrx", "price", "attempt")),
        ]

    @property
    def keys(self) -> Iterator[bytes]:
        """Of the lines, those that say which orders they are, their rows and KEY: `separated`."""
        return separated(self.lines[1 : 2 + len(KEY)])

    @classmethod
    def decode(cls, data: bytes) -> Document:
        import pandas as pd

        facts, *columns = map(json.loads, data.split(b"\n"))
        orders = pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))
        return cls(facts, orders.set_index("row"))


def separated(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The lines, and a line feed between each two: as if they were joined, without a copy of them."""
    for nth, line in enumerate(lines):
        if nth:
            yield b"\n"
        yield line


def _line_of_rows(rows: Any) -> str:
    """Of an array of whole numbers; some at a time, so that memory is used again before it is asked for."""
    some = (str(rows[at : at + _AT_ONCE].tolist())[1:-1] for at in range(0, len(rows), _AT_ONCE))
    return f"[{', '.join(some)}]"


_AT_ONCE = 65_536


def _line_of_digits(numbers: list[str]) -> str:
    """Digits need no escape in JSON."""
    joined = '", "'.join(numbers)
    return f'["{joined}"]' if numbers else "[]"


def _line_of_few(values: pd.Series[Any]) -> str:
    """A column with few different values, each worded once: a million rows in a tenth of the time."""
    words = {value: json.dumps(value) for value in values.unique().tolist()}
    if len(words) == 1:
        (word,) = words.values()
        return f"[{word}{f',{word}' * (len(values) - 1)}]"
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
    """80 bits over everything a person approves, as `K7QF-2MXA-9TRB-C4WD`."""
    digest = hashlib.sha256()
    for piece in separated(lines):
        digest.update(piece)
    bits = int.from_bytes(digest.digest()[:10])
    return _dashed("".join(_ALPHABET[bits >> shift & 31] for shift in range(75, -5, -5)))


def code_given(text: str) -> str:
    """A plan code as a person typed it: in any case, with or without dashes.

    Raises InputError for what can't be one.
    """
    letters = text.upper().translate(_MISREAD)
    if not re.fullmatch(f"[{_ALPHABET}]{{16}}", letters):
        raise InputError("approval.no_code", given=text)
    return _dashed(letters)


def _dashed(letters: str) -> str:
    return "-".join(letters[at : at + 4] for at in range(0, 16, 4))


# -- as it is kept -----------------------------------------------------------------------------------------


def kept(document: Document, checked: date) -> bytes:
    """The file's content: the day of the check, which the code does not cover, before the document."""
    return b"\n".join([json.dumps({"checked": checked.isoformat()}).encode(), *document.lines])


def checked_on(first_line: bytes) -> date:
    """The WIB day of the check. Raises ValueError where the line does not say it."""
    try:
        return date.fromisoformat(json.loads(first_line)["checked"])
    except (KeyError, TypeError) as error:
        raise ValueError(error) from None


def is_good(checked: date, today: date) -> bool:
    return 0 <= (today - checked).days <= DAYS_GOOD


def opened(content: bytes, code: str, today: date) -> Document:
    """The document that was approved under this code.

    Raises InputError where the content is not what was hashed, or was checked too long ago.
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
    return Document.decode(data)


# -- what changed since ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """One change, or many of a kind: then `rows` are all of them. `code` names its wording."""

    code: str
    facts: Mapping[str, Any]
    rows: Sequence[int] = field(default=())


def differences(approved: Document, plan: Plan, *, is_resumed: bool) -> list[Difference]:
    """All in which the plan is not, or is more than, what was approved; a lower price is no change.

    `is_resumed` says that the batch began under this approval: what else was paid in the meantime does not
    make it look like another batch's.
    """
    now = plan.document
    return [
        *_other_facts(approved.facts, now.facts, is_resumed=is_resumed),
        *_other_orders(approved.orders, now.orders, plan.held),
        *_sent_again(approved.orders, now.orders.loc[plan.orders.index]),
        *_dearer(approved.orders, plan.orders),
    ]


def _other_facts(
    then: Mapping[str, Any], now: Mapping[str, Any], *, is_resumed: bool
) -> Iterator[Difference]:
    for name, code in _FACTS.items():
        if then[name] != now[name]:
            yield Difference(code, {"before": then[name], "now": now[name]})
    if then["budget"] != now["budget"]:
        bounds = {"before": then["budget"], "now": now["budget"]}
        without = [name for name, rupiah in bounds.items() if rupiah is None]
        codes = {"before": "approval.budget_new", "now": "approval.budget_gone"}
        yield Difference(codes[without[0]] if without else "approval.budget", bounds)
    overlap = now["overlap"]
    if overlap is not None and not is_resumed and not _is_covered(overlap, then["overlap"]):
        yield Difference("approval.overlap", overlap)


_FACTS: Mapping[str, str] = {
    "account": "approval.account",
    "base_url": "approval.base_url",
    "file": "approval.file",
    "tab": "approval.tab",
    "month": "approval.month",
    "follows": "approval.follows",
}


def _is_covered(now: Mapping[str, Any], then: Mapping[str, Any] | None) -> bool:
    """Whether the likeness to another batch is the one that was approved, or less of it."""
    return then is not None and now["batch"] == then["batch"] and now["rows"] <= then["rows"]


def _other_orders(then: pd.DataFrame, now: pd.DataFrame, held: Mapping[int, Held]) -> Iterator[Difference]:
    left, came = rows_not_in(then, now, KEY), rows_not_in(now, then, KEY)
    changed = left.index.intersection(came.index)
    absent = left.drop(index=changed)
    is_held = absent.index.isin(list(held))
    reasons = {row: {"why": held[row].why[0].code} for row in map(int, absent[is_held].index)}
    yield from _changed(left.loc[changed], came.loc[changed])
    yield from _told("approval.new", "approval.new_many", _by_row(came.drop(index=changed)))
    yield from _told("approval.gone", "approval.gone_many", _by_row(absent[~is_held]))
    yield from _told("approval.held", "approval.held_many", reasons)
    yield from _told("approval.moved", "approval.moved_many", _moved(then, now))


def _changed(then: pd.DataFrame, now: pd.DataFrame) -> Iterator[Difference]:
    """Both frames have the same rows."""
    if len(then) > ROWS_LISTED:
        yield Difference("approval.changed_many", {"count": len(then)}, then.index.tolist())
        return
    for row, facts, facts_now in zip(then.index, _by_row(then).values(), _by_row(now).values(), strict=True):
        new = {f"{name}_now": value for name, value in facts_now.items()}
        other = tuple(name for name in facts if facts[name] != facts_now[name])
        yield Difference(_CHANGED.get(other, "approval.changed"), {"row": int(row), **facts, **new})


_CHANGED: Mapping[tuple[str, ...], str] = {
    ("number",): "approval.number",
    ("product",): "approval.product",
    ("nth",): "approval.nth",
}


def _moved(then: pd.DataFrame, now: pd.DataFrame) -> dict[int, dict[str, Any]]:
    both = then.reset_index(names="before").merge(now.reset_index(names="row"), on=KEY)
    both = both[both["before"] != both["row"]].set_index("row")
    return {
        int(row): {"number": number, "before": int(before)}
        for row, number, before in both[["number", "before"]].itertuples()
    }


def _sent_again(then: pd.DataFrame, to_send: pd.DataFrame) -> Iterator[Difference]:
    """What failed, before the plan was checked or under its approval: nobody approved that attempt of it."""
    others = rows_not_in(to_send, then, [*KEY, "attempt"])
    again = others.drop(index=rows_not_in(others, then, KEY).index)
    yield from _told("approval.again", "approval.again_many", _by_row(again))


def _by_row(orders: pd.DataFrame) -> dict[int, dict[str, Any]]:
    return {
        int(row): {"number": number, "product": product, "nth": int(itrx)}
        for row, number, product, itrx in orders[KEY].itertuples()
    }


def _told(code: str, code_many: str, rows: Mapping[int, Mapping[str, Any]]) -> Iterator[Difference]:
    if len(rows) > ROWS_LISTED:
        yield Difference(code_many, {"count": len(rows)}, list(rows))
        return
    for row, facts in rows.items():
        yield Difference(code, {"row": row, **facts})


def _dearer(then: pd.DataFrame, to_send: pd.DataFrame) -> Iterator[Difference]:
    """Products that cost more than approved; what was sent before costs what it cost."""
    both = to_send.reset_index(names="row").merge(then, on=KEY, suffixes=("", "_before"))
    dearer = both[both["price"] > both["price_before"]]
    listed = dearer.groupby(["product", "price_before", "price"], as_index=False).agg(rows=("row", list))
    for product, before, now, rows in listed.itertuples(index=False):
        facts = {"product": product, "before": int(before), "now": int(now)}
        yield Difference("approval.price", facts, rows)

"""The sheet's rows as the checkpoint stores them, and as the results get them back. Pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any

from bulk_topup.core.model import Finding, Level
from bulk_topup.core.status import Status
from bulk_topup.rules.orders import KEY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pandas as pd

    from bulk_topup.rules.plan import Plan


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the results: a row of the sheet with what became of it, not yet worded."""

    row: int
    cells: tuple[str, ...]
    status: Status
    why: tuple[Finding, ...]
    number: str
    product: str
    operator: str
    price: int | None
    attempt: Mapping[str, Any] | None
    note: Mapping[str, Any] | None
    removed: bool
    tries: int = 0
    """Attempts that may have been sent."""
    last_answer: str = ""
    """The provider's answer to the last of them, if `attempt` is another one."""
    nominal: int | None = None
    closed: tuple[str, str, str] | None = None
    """When a person closed it (ISO text), who, and their note."""

    def person(self, at: int | None) -> str:
        """The name beside the row, where the names stand `at` that place among its cells; so of a group."""
        return "" if at is None or at >= len(self.cells) else " ".join(self.cells[at].split())


@dataclass(frozen=True, slots=True)
class LinesAlike:
    """A group of lines that count alike. `codes` are those of their findings, `reason_code` is the provider's
    of failed ones. Rupiah are debits where stated, listed prices otherwise; the times at which the first and
    the last of them may have left are ISO texts, "" where none did."""

    status: Status
    operator: str
    removed: bool
    codes: frozenset[str]
    reason_code: str
    rows: int
    rupiah: int
    first_sent: str
    last_sent: str
    by_hand: bool = False
    tab: int = 0
    """The position of its tab among several that are one sheet."""
    nominal: int = 0


def _own_positions(plan: Plan) -> list[int]:
    """Positions of the sheet's own columns: all but a block of results fed back in."""
    fed_back = set(plan.rows.sheet.columns.fed_back.values())
    return [at for at in range(len(plan.rows.sheet.header)) if at not in fed_back]


def own_header(plan: Plan) -> list[str]:
    """The sheet's own column names."""
    return [plan.rows.sheet.header[at] for at in _own_positions(plan)]


def own_places(plan: Plan) -> dict[str, int]:
    """The positions of name, number and group among the sheet's own columns, if it has them."""
    columns, own = plan.rows.sheet.columns, _own_positions(plan)
    places = {name: getattr(columns, name) for name in ("name", "number", "group")}
    return {name: own.index(at) for name, at in places.items() if at in own}


def line_values(plan: Plan) -> Iterator[tuple[object, ...]]:
    """For each row of the sheet: position, row, cells, number, product, itrx, status, why, removed."""
    sheet = plan.rows.sheet
    keys: dict[int, tuple[object, ...]] = {}
    for frame in (plan.orders, plan.attempted):
        keys.update({int(row): tuple(key) for row, *key in frame[KEY].itertuples()})
    own = (_in_order(sheet.cells[at]) for at in _own_positions(plan))
    for position, (row, *cells) in enumerate(zip(sheet.cells.index.tolist(), *own, strict=True)):
        held = plan.held.get(row)
        key = keys.get(row, (None, None, None))
        findings = held.why if held else plan.not_again.get(row, ())
        why = json.dumps([_finding_facts(finding) for finding in findings]) if findings else None
        yield (position, row, json.dumps(cells), *key, held.status if held else None, why, 0)


def digest_of(plan: Plan) -> str:
    """The same whenever `line_values` and `own_header` are, without looking at a million cells: the same
    program reads the same ones from the same file.
    """
    sheet = plan.rows.sheet
    read = [sheet.sha256, sheet.tab, sheet.header, astuple(sheet.columns)]
    digest = hashlib.sha256(json.dumps(read).encode())
    for piece in plan.document.keys:
        digest.update(piece)
    for row, held in sorted(plan.held.items()):
        digest.update(json.dumps([row, held.status, [*map(_finding_facts, held.why)]]).encode())
    for row, why in sorted(plan.not_again.items()):
        digest.update(json.dumps([row, [*map(_finding_facts, why)]]).encode())
    return digest.hexdigest()


def _in_order(column: pd.Series[str]) -> Iterable[str]:
    """The column's texts; packed ones are unpacked as they are read, never all at once."""
    return column.tolist() if column.dtype == object else column


def _finding_facts(finding: Finding) -> list[object]:
    return [finding.row, finding.level, finding.code, finding.column, finding.value, dict(finding.facts)]


def moved(cells: str, old_header: Sequence[str], header: Sequence[str]) -> str:
    """A removed row's cells under today's column names."""
    if list(old_header) == list(header):
        return cells
    left = list(zip(old_header, json.loads(cells), strict=False))
    placed = []
    for name in header:
        at = next((at for at, (old, _) in enumerate(left) if old == name), None)
        placed.append("" if at is None else left.pop(at)[1])
    return json.dumps(placed)


def line_of(row: Mapping[str, Any]) -> Line:
    """From the kept values, with those of the row's order and of the attempt that speaks for it."""
    return Line(
        row=row["row"],
        cells=tuple(json.loads(row["cells"])),
        status=Status(row["held"] or row["status"]),
        why=tuple(_finding(*facts) for facts in json.loads(row["why"] or "[]")),
        number=row["number"] or "",
        product=row["product"] or "",
        operator=row["operator"] or "",
        price=row["price"],
        attempt=None if row["begun_at"] is None else {name: row[name] for name in _ATTEMPT},
        note=json.loads(row["note"]) if row["note"] else None,
        removed=bool(row["removed"]),
        tries=row["tries"],
        last_answer=" ".join(filter(None, (row["last_reason_code"], row["last_reason"]))),
        nominal=row["nominal"],
        closed=(row["closed_at"], row["closed_by"], row["closing_note"]) if row["closed_at"] else None,
    )


def lines_alike_of(row: Mapping[str, Any]) -> LinesAlike:
    """From the kept values of a group of lines, summed up."""
    return LinesAlike(
        status=Status(row["status"]),
        operator=row["operator"],
        removed=bool(row["removed"]),
        codes=frozenset(filter(None, row["codes"].split(","))),
        reason_code=row["reason_code"],
        rows=row["rows"],
        rupiah=row["rupiah"],
        first_sent=row["first_sent"] or "",
        last_sent=row["last_sent"] or "",
        by_hand=bool(row["by_hand"]),
        tab=row["tab"],
        nominal=row["nominal"],
    )


_ATTEMPT = ("begun_at", "kind", "code", "reason_code", "reason", "invoice", "serial", "debited")


def _finding(row: int, level: str, code: str, column: str, value: str, facts: Mapping[str, str]) -> Finding:
    return Finding(row, Level(level), code, column, value, facts)

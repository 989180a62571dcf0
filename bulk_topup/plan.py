"""What this run would send, what it holds back and why, and what it would cost. Pure data."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from bulk_topup import batch
from bulk_topup.batch import KEY, SLOT, Known, Wishes
from bulk_topup.model import Finding, Level, Order, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from bulk_topup.checks import Rows

ORDER_COLUMNS = [*KEY, "nominal", "price", "operator"]
_CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O or U to misread


@dataclass(frozen=True)
class Held:
    """A row that is not sent: `status` as the results state it, `why` every error found with it."""

    status: Status
    why: tuple[Finding, ...]


@dataclass(frozen=True)
class Identity:
    """Whose money, at which provider, from which tab, in which month."""

    account: str
    base_url: str
    tab: str
    month: str


@dataclass(frozen=True, eq=False)
class Plan:
    """`orders` are to be sent now and `done` were attempted before: both indexed by sheet row, ORDER_COLUMNS.

    Every row of the sheet is in exactly one of `orders`, `done` and `held`.
    """

    rows: Rows
    orders: pd.DataFrame
    done: pd.DataFrame
    held: Mapping[int, Held]
    findings: tuple[Finding, ...]
    code: str
    day: date
    overlap: batch.Overlap | None = None

    @property
    def rows_in(self) -> int:
        return len(self.rows.table)

    @property
    def cost(self) -> int:
        """Rupiah, at the listed prices."""
        return int(self.orders["price"].sum())

    def by_operator(self) -> list[tuple[str, int, int]]:
        """(operator, orders, rupiah), the dearest first."""
        groups = (
            self.orders.groupby("operator")["price"].agg(["size", "sum"]).sort_values("sum", ascending=False)
        )
        return [(str(name), int(size), int(total)) for name, size, total in groups.itertuples()]

    def held_by_code(self) -> dict[str, list[int]]:
        """The first reason of each held row -> its rows."""
        grouped: dict[str, list[int]] = {}
        for row, held in self.held.items():
            grouped.setdefault(held.why[0].code, []).append(row)
        return grouped


def make(
    rows: Rows,
    found: Iterable[Finding],
    known: Known,
    elsewhere: pd.DataFrame,
    recent: pd.DataFrame,
    wishes: Wishes,
    identity: Identity,
    budget: int | None,
    today: date,
) -> Plan:
    """Sort every row into sent now, sent before and held back."""
    findings = list(found)
    stopping = [f for f in findings if f.level is Level.ERROR or wishes.strict]
    wrong = {f.row for f in stopping}
    is_wrong = rows.table.index.isin(wrong)
    table = batch.recognise(rows, known, wrong)
    is_sent = table["status"].notna()
    # What was attempted stays what it became, even if the price list or the row's other cells changed since.
    sent = table[is_sent]
    since = known.started or today
    again = _retried(table[is_sent & ~is_wrong], known, elsewhere, wishes, since)
    done = sent.drop(index=again.index)
    fresh = _numbered(table[~is_sent & ~is_wrong], sent, wishes)

    def hold(new: Iterable[Finding]) -> pd.DataFrame:
        added = list(new)
        findings.extend(added)
        stopping.extend(added)
        return fresh.drop(index=[f.row for f in added])

    fresh = hold(_repeats(fresh, sent, rows))
    if not wishes.include_changed:
        fresh = hold(batch.changed_rows(fresh, known))
    fresh = hold(batch.claimed_elsewhere(fresh, elsewhere, since))
    overlap, warnings = batch.paid_recently(fresh, recent)
    if wishes.strict:
        fresh = hold(warnings)
    else:
        findings.extend(warnings)
    orders = pd.concat([again, fresh]).sort_index()
    shown = sorted((f for f in findings if f.row not in done.index), key=lambda f: f.row)
    held = _held(f for f in stopping if f.row not in sent.index)
    code = plan_code(identity, pd.concat([done, orders]), budget)
    plan = Plan(rows, orders, done, held, tuple(shown), code, today, overlap)
    _assert_totals(plan)
    return plan


def _retried(
    valid: pd.DataFrame, known: Known, elsewhere: pd.DataFrame, wishes: Wishes, since: date
) -> pd.DataFrame:
    """Failed rows to send again: one for a slot, and none whose slot another row or batch has."""
    if not wishes.retry_failed:
        return valid[:0]
    failed = valid[valid["status"] == Status.GAGAL].drop_duplicates(SLOT)
    others = batch.attempted(known)
    others = others[others["status"] != Status.GAGAL]
    failed = batch.rows_not_in(failed, others, SLOT)
    return failed.drop(index=[f.row for f in batch.claimed_elsewhere(failed, elsewhere, since)])


def _numbered(fresh: pd.DataFrame, sent: pd.DataFrame, wishes: Wishes) -> pd.DataFrame:
    """With `repeat`, the n-th copy of a (number, nominal) is its n-th top-up, those sent before included."""
    if not wishes.repeat_duplicates:
        return fresh
    unstated = fresh[~fresh["itrx_stated"]]
    before = sent.groupby(["number", "nominal"])["itrx"].max()
    slots = pd.MultiIndex.from_frame(unstated[["number", "nominal"]])
    offset = before.reindex(slots).fillna(0).astype("int64").to_numpy()
    nth = unstated.groupby(["number", "nominal"]).cumcount() + 1 + offset
    fresh = fresh.copy()
    fresh.loc[nth.index, "itrx"] = nth
    return fresh


def _repeats(fresh: pd.DataFrame, sent: pd.DataFrame, rows: Rows) -> Iterator[Finding]:
    """Rows whose top-up another row of the sheet already asks; one sent before is never the copy."""
    ordered = pd.concat([sent, fresh])
    column, raw = rows.column_name(rows.sheet.columns.number), rows.raw(rows.sheet.columns.number)
    seen: set[int] = set()
    # By KEY as well: the price list may give a code another nominal than it had when its row was sent.
    for same in (SLOT, KEY):
        copies = ordered[ordered.duplicated(same) & ordered.index.isin(fresh.index)]
        if copies.empty:
            continue
        first = ordered.drop_duplicates(same).reset_index(names="first").set_index(same)["first"]
        for row, nominal, *key in copies[["nominal", *same]].itertuples():
            if row in seen:
                continue
            seen.add(int(row))
            facts = {"first": str(first.loc[tuple(key)]), "nominal": str(nominal), "number": str(key[0])}
            yield Finding(int(row), Level.ERROR, "duplicate.sheet", column, str(raw[row]), facts)


def _held(stopping: Iterable[Finding]) -> dict[int, Held]:
    by_row: dict[int, list[Finding]] = {}
    for finding in sorted(stopping, key=lambda f: f.row):
        by_row.setdefault(finding.row, []).append(finding)
    return {row: Held(_status_of(why), tuple(why)) for row, why in by_row.items()}


def _status_of(why: list[Finding]) -> Status:
    families = {finding.code.split(".")[0] for finding in why}
    # Money may have moved for it, whatever else is wrong with the row today.
    if "duplicate" in families:
        return Status.DUPLICATE
    return Status.UNSENT if families == {"changed"} else Status.INVALID


def plan_code(identity: Identity, orders: pd.DataFrame, budget: int | None) -> str:
    """80 bits over everything a person approves, as `K7QF-2MXA-9TRB-C4WD`."""
    lines = orders.sort_index()[[*KEY, "price"]].itertuples()
    facts = [identity.account, identity.base_url, identity.tab, identity.month, budget]
    digest = hashlib.sha256(json.dumps(facts).encode())
    for row, number, product, itrx, price in lines:
        digest.update(f"{row}\t{number}\t{product}\t{itrx}\t{price}\n".encode())
    bits = int.from_bytes(digest.digest()[:10])
    letters = [_CODE_ALPHABET[bits >> shift & 31] for shift in range(75, -5, -5)]
    return "-".join("".join(letters[at : at + 4]) for at in range(0, 16, 4))


def orders_of(frame: pd.DataFrame) -> Iterator[Order]:
    """The frame's rows as orders; it must have the checkpoint's `id` beside ORDER_COLUMNS."""
    for row, key, number, product, itrx, nominal, price, operator in frame[
        ["id", *ORDER_COLUMNS]
    ].itertuples():
        yield Order(int(key), int(row), number, product, int(itrx), int(nominal), operator, int(price))


def _assert_totals(plan: Plan) -> None:
    total = len(plan.orders) + len(plan.done) + len(plan.held)
    if total != plan.rows_in:
        raise AssertionError(f"{plan.rows_in} rows in, but {total} accounted for")

"""What this run would send, what it holds back and why, and what it would cost. Pure data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

import pandas as pd

from bulk_topup.core.model import Finding, Level, Order
from bulk_topup.core.row_names import TAB_ROWS
from bulk_topup.core.status import FOR_NOBODY, Status
from bulk_topup.rules import approval, duplicates, resume
from bulk_topup.rules import orders as orders_
from bulk_topup.rules.orders import KEY, SLOT, Known, Wishes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import date

    from bulk_topup.rules.approval import Identity
    from bulk_topup.rules.duplicates import Past
    from bulk_topup.rules.products import Choice
    from bulk_topup.rules.rows import Rows

ORDER_COLUMNS = [*KEY, "nominal", "price", "operator"]
_ASKED = [*KEY, "price"]
_KINDS = ["product", "operator", "nominal"]


@dataclass(frozen=True)
class Held:
    """A row that is not sent: `status` as the results state it, `why` every error found with it."""

    status: Status
    why: tuple[Finding, ...]


@dataclass(frozen=True, eq=False)
class Plan:
    """`orders` are to be sent now, `attempted` were sent before: both indexed by sheet row, ORDER_COLUMNS.

    Every row of the sheet is in exactly one of `orders`, `attempted` and `held`. Where failed rows are to be
    sent again, `not_again` says of those among `attempted` why they are not. `code` is that of `document`.
    """

    rows: Rows
    orders: pd.DataFrame
    attempted: pd.DataFrame
    held: Mapping[int, Held]
    not_again: Mapping[int, tuple[Finding, ...]]
    findings: tuple[Finding, ...]
    document: approval.Document
    code: str
    day: date
    overlap: duplicates.Overlap | None = None

    def first(self, count: int) -> Plan:
        """The plan with only its first `count` orders."""
        return replace(self, orders=self.orders.iloc[:count])

    def without_first(self, count: int) -> Plan:
        return replace(self, orders=self.orders.iloc[count:])

    @property
    def rows_in(self) -> int:
        return len(self.rows.table)

    @property
    def cost(self) -> int:
        """Rupiah, at the listed prices."""
        return int(self.orders["price"].sum())

    @property
    def people(self) -> int:
        """Numbers that this batch pays, or has paid."""
        return len({*self.orders["number"], *self.attempted["number"]})

    @property
    def nominal(self) -> int:
        """Rupiah of the top-ups to send and of those already sent."""
        return int(self.orders["nominal"].sum() + self.attempted["nominal"].sum())

    @property
    def basis(self) -> dict[str, Any]:
        """What tells without a price list whether a sheet still gives these orders: how many rows it has, and
        operator and nominal of each product."""
        both = _together(self.orders[_KINDS], self.attempted[_KINDS]).drop_duplicates("product")
        kinds = {str(code): [str(operator), int(nominal)] for code, operator, nominal in both.to_numpy()}
        return {"rows": self.rows_in, "products": kinds}

    def still_open(self) -> list[int]:
        """The rows sent before whose outcome is not known yet."""
        is_open = self.attempted["status"].isin([status for status in Status if status.is_open])
        return [int(row) for row in self.attempted.index[is_open]]

    def by_operator(self) -> list[tuple[str, int, int]]:
        """(operator, orders, rupiah), the dearest first."""
        groups = (
            self.orders.groupby("operator")["price"].agg(["size", "sum"]).sort_values("sum", ascending=False)
        )
        return [(str(name), int(size), int(total)) for name, size, total in groups.itertuples()]

    def by_group(self) -> list[tuple[str, int, int, int]]:
        """(group, orders, nominal, rupiah), the dearest first, if the sheet has groups."""
        at = self.rows.sheet.columns.group
        if at is None or self.orders.empty:
            return []
        of_row = self.rows.raw(at)
        names = [" ".join(str(of_row[row]).split()) for row in self.orders.index]
        found = [
            (str(name), len(some), int(some["nominal"].sum()), int(some["price"].sum()))
            for name, some in self.orders.groupby(names)
        ]
        return sorted(found, key=lambda group: -group[3])

    def chosen(self) -> list[tuple[Choice, list[int]]]:
        """The products that were chosen for rows to be sent now, each with its rows."""
        if not self.rows.choices:
            return []
        chosen = self.orders[self.orders["choice"] >= 0]
        alike: dict[tuple[str, int], tuple[Choice, list[int]]] = {}
        for nth, some in chosen.groupby("choice"):
            choice = self.rows.choices[int(str(nth))]
            _, rows = alike.setdefault((choice.operator, choice.nominal), (choice, []))
            rows += map(int, some.index)
        return [(choice, sorted(rows)) for _, (choice, rows) in sorted(alike.items())]

    def respelled(self) -> list[tuple[str, str, int]]:
        """(as in the sheet, the product's code, rows) of orders whose code is spelled differently in the
        sheet.
        """
        at = self.rows.sheet.columns.product
        if at is None or self.orders.empty:
            return []
        differ = self.rows.raw(at, self.rows.sheet.cells[at] != self.rows.table["product"])
        pairs = pd.DataFrame({"text": differ}).join(self.orders["product"], how="inner")
        is_other = (pairs["text"] != "") & (pairs["text"] != pairs["product"])
        counts = pairs[is_other].value_counts(sort=False).reset_index()
        return [(str(text), str(product), int(count)) for text, product, count in counts.to_numpy()]

    def for_nobody(self) -> frozenset[int]:
        """The held rows that are no person's."""
        return frozenset(
            row for row, held in self.held.items() if any(found.code in FOR_NOBODY for found in held.why)
        )

    def by_tab(self) -> list[tuple[str, int, int, int]]:
        """(tab, orders, rupiah, rows held back), where several tabs are one sheet."""
        places = [(nth * TAB_ROWS, name) for nth, name in enumerate(self.rows.sheet.tabs, start=1)]
        found = []
        for place, name in places:
            end = place + TAB_ROWS
            orders = self.orders[(self.orders.index >= place) & (self.orders.index < end)]
            held = sum(place <= row < end for row in self.held)
            found.append((name, len(orders), int(orders["price"].sum()), held))
        return found

    def held_by_code(self) -> dict[str, list[int]]:
        """The first reason of each held row -> its rows."""
        grouped: dict[str, list[int]] = {}
        for row, held in self.held.items():
            grouped.setdefault(held.why[0].code, []).append(row)
        return grouped

    def warned(self) -> list[int]:
        """The rows that are sent although something is odd about them."""
        odd = {finding.row for finding in self.findings if finding.level is Level.WARNING}
        return sorted(row for row in odd if row in self.orders.index)


def make(
    rows: Rows,
    judged: Callable[[Rows], Iterable[Finding]],
    past: Past,
    wishes: Wishes,
    identity: Identity,
    budget: int | None,
    today: date,
) -> Plan:
    """Sorts every row into sent now, sent before or held back. `judged` finds what is wrong with rows."""
    table, left = resume.at_their_places(rows, past.own)
    findings = [_wished(f, wishes) for f in judged(rows.among(_to_judge(table["status"], wishes)))]
    stopping = [f for f in findings if f.level is Level.ERROR or wishes.strict]
    wrong = {f.row for f in stopping}
    is_wrong = rows.table.index.isin(wrong)
    table = resume.recognise(table, left, wrong)
    is_sent = table["status"].notna()
    # An attempted row keeps its status, even if the price list or its other cells have changed since.
    sent = table[is_sent]
    failed = sent[sent["status"] == Status.GAGAL] if wishes.retry_failed else sent[:0]
    (stopping if wishes.strict else findings).extend(duplicates.doubted(failed, past.own, today))
    since = past.own.started or today

    def changed(orders: pd.DataFrame) -> Iterator[Finding]:
        return duplicates.changed_rows(orders, sent, past.own, rows, included=wishes.include_changed)

    taken = duplicates.claimed_elsewhere(failed, past.elsewhere, since)
    again, not_again = _retried(failed, [*stopping, *taken, *changed(failed)], past.own)
    done = sent if again.empty else sent.drop(index=again.index)
    fresh = _numbered(table[~is_sent & ~is_wrong], sent, wishes)

    def hold(new: Iterable[Finding]) -> pd.DataFrame:
        added = list(new)
        findings.extend(added)
        stopping.extend(added)
        return fresh.drop(index=[f.row for f in added]) if added else fresh

    fresh = hold(_repeats(fresh, sent, rows))
    fresh = hold(changed(fresh))
    fresh = hold(duplicates.claimed_elsewhere(fresh, past.elsewhere, since))
    overlap, warnings = duplicates.paid_recently(
        fresh, past.recent, is_first=sent.empty, same_book=past.same_book
    )
    warnings += duplicates.doubted(fresh, past.own, today)
    warnings += duplicates.paid_another_amount(fresh, past.elsewhere, since)
    if wishes.strict:
        fresh = hold(warnings)
    else:
        findings.extend(warnings)
    orders = _together(again, fresh).sort_index()
    told = chain((f for f in findings if f.row not in done.index), *not_again.values())
    shown = sorted(told, key=lambda f: f.row)
    held = _held(f for f in stopping if f.row not in sent.index)
    tried = _attempt(done, past.own).where(done["status"] != Status.GAGAL, 0)
    everything = _together(
        done[_ASKED].assign(attempt=tried), orders[_ASKED].assign(attempt=_attempt(orders, past.own))
    )
    document = approval.document_of(identity, rows.sheet.path.name, budget, overlap, everything)
    code = approval.code_of(document.lines)
    plan = Plan(rows, orders, done, held, not_again, tuple(shown), document, code, today, overlap)
    _assert_totals(plan)
    return plan


def _wished(finding: Finding, wishes: Wishes) -> Finding:
    """Turns what only a person can know better into warnings, if the person asked for it."""
    is_wished = wishes.other_operator and finding.code == "operator.differs"
    return replace(finding, level=Level.WARNING) if is_wished else finding


def _to_judge(status: pd.Series[Any], wishes: Wishes) -> Any:
    """For each row, whether it may be sent or held; nothing more is reported about rows that were sent
    before.
    """
    may_be = status.isna()
    return (may_be | (status == Status.GAGAL) if wishes.retry_failed else may_be).to_numpy()


def _together(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Both frames concatenated; if one is empty, returns the other without a copy, which would be slow."""
    if first.empty or second.empty:
        return second if first.empty else first
    return pd.concat([first, second])


def _retried(
    failed: pd.DataFrame, stopping: Iterable[Finding], own: Known
) -> tuple[pd.DataFrame, dict[int, tuple[Finding, ...]]]:
    """Failed rows to send again, one for a slot that no other row of this batch has; and why others are
    not.
    """
    not_again = _by_row(f for f in stopping if f.row in failed.index)
    again = failed.drop(index=list(not_again)).drop_duplicates(SLOT)
    if again.empty:
        return again, not_again
    others = orders_.attempted(own)
    others = others[others["status"] != Status.GAGAL]
    return orders_.rows_not_in(again, others, SLOT), not_again


def _attempt(orders: pd.DataFrame, known: Known) -> pd.Series[int]:
    """The number of each order's last or next attempt, not counting those that were never sent."""
    attempt = pd.Series(1, index=orders.index)
    failed = orders[orders["number"].isin({number for number, *_ in known.failures})]
    for row, *key in failed[KEY].itertuples():
        attempt[row] += known.failures.get(tuple(key), 0)
    return attempt


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
    """Rows that ask for the same top-up as another row; a row sent before is never the copy."""
    if not rows.repeat_numbers:
        return
    ordered = _together(sent, fresh)
    ordered = ordered[ordered["number"].duplicated(keep=False)]
    column = rows.column_name(rows.sheet.columns.number)
    seen: set[int] = set()
    # By KEY as well: the price list may now give a code another nominal than when its row was sent.
    for same in (SLOT, KEY):
        first = ordered.reset_index(names="first").groupby(same, sort=False)["first"].transform("first")
        copies = ordered.assign(first=first.array)
        copies = copies[(copies["first"] != copies.index) & copies.index.isin(fresh.index)]
        copies = copies.drop(index=list(seen & set(copies.index)))
        seen.update(copies.index)
        raw = rows.raw(rows.sheet.columns.number, rows.table.index.to_series().isin(copies.index))
        for row, number, nominal, earlier in copies[["number", "nominal", "first"]].itertuples():
            facts = {"first": str(earlier), "nominal": str(nominal), "number": str(number)}
            yield Finding(int(row), Level.ERROR, "duplicate.sheet", column, str(raw[row]), facts)


def _held(stopping: Iterable[Finding]) -> dict[int, Held]:
    return {row: Held(_status_of(why), why) for row, why in _by_row(stopping).items()}


def _by_row(findings: Iterable[Finding]) -> dict[int, tuple[Finding, ...]]:
    by_row: dict[int, list[Finding]] = {}
    for finding in sorted(findings, key=lambda f: f.row):
        by_row.setdefault(finding.row, []).append(finding)
    return {row: tuple(why) for row, why in by_row.items()}


def _status_of(why: tuple[Finding, ...]) -> Status:
    families = {finding.code.split(".")[0] for finding in why}
    # Money may have moved for it, whatever else is wrong with the row today.
    if "duplicate" in families:
        return Status.DUPLICATE
    return Status.UNSENT if families == {"changed"} or "hidden" in families else Status.INVALID


def orders_of(frame: pd.DataFrame) -> Iterator[Order]:
    """The frame's rows as orders; it must have the checkpoint's `id` in addition to ORDER_COLUMNS."""
    for row, key, number, product, itrx, nominal, price, operator in frame[
        ["id", *ORDER_COLUMNS]
    ].itertuples():
        yield Order(int(key), int(row), number, product, int(itrx), int(nominal), operator, int(price))


def _assert_totals(plan: Plan) -> None:
    total = len(plan.orders) + len(plan.attempted) + len(plan.held)
    if total != plan.rows_in:
        raise AssertionError(f"{plan.rows_in} rows in, but {total} accounted for")
    if (plan.orders["number"] == "").any() or (plan.orders["product"] == "").any():
        raise AssertionError("an order without a number or a product")

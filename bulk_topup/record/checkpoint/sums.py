"""Sums over all rows: one pass, cached until the next write."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from bulk_topup.core.errors import StorageFailed
from bulk_topup.core.model import Kind
from bulk_topup.core.status import Status
from bulk_topup.record.checkpoint.file import File
from bulk_topup.record.checkpoint.schema import SENDINGS_SINCE
from bulk_topup.record.checkpoint.sql import (
    KEEP_FACT,
    LINES_ALIKE,
    LOST_ORDERS,
    POSTINGS,
    SENDINGS,
    UNDEBITED,
)
from bulk_topup.record.checkpoint.values import Sending
from bulk_topup.record.lines import LinesAlike, lines_alike_of
from bulk_topup.rules.journal import Posting


class Totals(File):
    """The batch as a whole; a stored summary avoids the pass if nothing was written since."""

    def lines_alike(self) -> list[LinesAlike]:
        """All lines, in groups that count alike: a million are summed up in seconds, or at once if nothing
        was written since the last time.
        """
        return [lines_alike_of(group) for group in self._kept("lines_summed_up", self._summed_up)]

    def first_day(self) -> date | None:
        """The WIB day of the batch's first attempt, not counting those that were never sent."""
        day = self._kept("first_day", self._first_day)
        return date.fromisoformat(day) if day else None

    def _first_day(self) -> str | None:
        moved = "SELECT min(day) FROM attempts WHERE kind IS NULL OR kind <> ?"
        day = self._rows(moved, Kind.NOT_SENT)[0][0]
        return None if day is None else str(day)

    def sendings(self) -> list[Sending]:
        """The commands that sent something, oldest first; none for a file of an earlier version that is
        only read.

        An order that two of them sent counts for both.
        """
        if self._rows("PRAGMA user_version")[0][0] < SENDINGS_SINCE:
            return []
        return [Sending(*row) for row in self._kept("sendings_paid", self._counted_sendings)]

    def _counted_sendings(self) -> list[tuple[object, ...]]:
        rows = self._rows(SENDINGS, "outcome.not_in_checkpoint")
        lost = self._rows(LOST_ORDERS, "outcome.not_in_checkpoint")[0][0]
        return [*map(tuple, rows), *([("", "", "", "", lost)] if lost else [])]

    def last_touched(self) -> str:
        """When a command last recorded something, as an ISO time in WIB; "" if none did."""
        (by_command,) = self._rows("SELECT coalesce(max(at), '') FROM trail")[0]
        return str(max(by_command, self._kept("last_attempt", self._last_attempt)))

    def _last_attempt(self) -> str:
        return str(self._rows("SELECT coalesce(max(coalesce(settled_at, begun_at)), '') FROM attempts")[0][0])

    def committed(self) -> int:
        """Rupiah paid, or possibly paid: debits of paid orders, prices of open ones."""
        return int(self._kept("committed", self._committed))

    def _committed(self) -> int:
        return int(
            self._rows(
                """SELECT coalesce(sum(iif(o.status = 'sukses', coalesce(a.debited, o.price), o.price)), 0)
                   FROM orders o LEFT JOIN attempts a ON a.id = o.speaker
                   WHERE o.status IN ('sukses', 'pending', 'accepted', 'unknown')"""
            )[0][0]
        )

    def debits(self) -> Iterator[dict[str, Any]]:
        """Every answer that stated money, in order of completion: what `books.close` takes.

        A reader of its own, as of `lines`.
        """
        sql = """SELECT o.row, a.kind, o.price, a.debited, a.balance, a.begun_at, a.ended_at
                 FROM attempts a JOIN orders o ON o.id = a.order_id
                 WHERE a.balance IS NOT NULL OR a.debited IS NOT NULL ORDER BY a.ended_at, a.id"""
        with self._reader() as reader:
            yield from map(dict, reader.execute(sql))

    def undebited(self) -> Counter[Status]:
        """The listed prices of rows that are or may be paid and whose debit no answer stated."""
        rows = self._rows(
            f"""SELECT o.status, sum(o.price) AS listed FROM orders o LEFT JOIN attempts a ON a.id = o.speaker
                WHERE {UNDEBITED} GROUP BY o.status"""  # noqa: S608
        )
        return Counter({Status(row["status"]): int(row["listed"]) for row in rows})

    def postings(self) -> list[Posting]:
        """The same rupiah and the stated debits, by day and by what stands in the column of groups."""
        at = self.places.get("group")
        with self._reader() as reader:
            rows = reader.execute(POSTINGS, {"group_at": at}).fetchall()
        return [
            Posting(day, bool(paid), " ".join(group.split()), rupiah) for day, paid, group, rupiah in rows
        ]

    def last_balance(self) -> tuple[int, str] | None:
        """The deposit (rupiah) from the last answer that stated it, and when that came (WIB, to the
        minute); None if none did. An unknown answer may be about another order, and another time.
        """
        stated = self._kept("last_balance", self._last_balance)
        return None if stated is None else (stated[0], stated[1])

    def _last_balance(self) -> tuple[int, str] | None:
        stated = self._rows(
            """SELECT balance, ended_at FROM attempts
               WHERE balance IS NOT NULL AND ended_at IS NOT NULL AND kind <> ?
               ORDER BY ended_at DESC, id DESC LIMIT 1""",
            Kind.UNKNOWN,
        )
        for row in stated:
            return int(row["balance"]), str(row["ended_at"])[:16].replace("T", " ")
        return None

    # -- the summary: what takes a walk over all rows, kept until the next write ----------------------------

    def _kept(self, name: str, count: Callable[[], Any]) -> Any:
        kept = self._summary()
        return count() if kept is None or name not in kept else kept[name]

    def _summary(self) -> dict[str, Any] | None:
        """None if something that it counts was written since. What a command writes before it sends, its
        facts and its trail entry, does not count.
        """
        kept = self.fact("summary")
        return dict(json.loads(kept)) if kept else None

    def _summed_up(self) -> list[dict[str, Any]]:
        before = self._writes()
        with self._reader() as reader:
            groups = [dict(row) for row in reader.execute(LINES_ALIKE)]
        if self._read_only:
            return groups
        it_only_saves_time = contextlib.suppress(StorageFailed)
        summary = self._counted(groups)
        with it_only_saves_time, self._transaction(keeps_summary=True) as db:
            if self._writes() == before:
                db.execute(KEEP_FACT, ("summary", summary))
        return groups

    def _counted(self, groups: list[dict[str, Any]]) -> str:
        facts = {
            "lines_summed_up": groups,
            "last_balance": self._last_balance(),
            "last_attempt": self._last_attempt(),
            "sendings_paid": self._counted_sendings(),
            "committed": self._committed(),
            "first_day": self._first_day(),
        }
        return json.dumps(facts)

    def summary_fits(self) -> bool:
        """Whether the sums that are kept, and printed, are those of the rows."""
        kept = self.fact("summary")
        with self._reader() as reader:
            groups = [dict(row) for row in reader.execute(LINES_ALIKE)]
        # A run that goes on meanwhile has dropped or renewed them.
        return not kept or kept == self._counted(groups) or kept != self.fact("summary")

    def _writes(self) -> tuple[int, int]:
        """Changes whenever this connection or another process has written."""
        (others,) = self._db.execute("PRAGMA data_version").fetchone()
        return int(others), self._db.total_changes

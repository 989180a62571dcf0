"""Queries on the batch's orders, attempts and lines."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from bulk_topup.core.model import Kind, Order
from bulk_topup.core.status import Status
from bulk_topup.provider.outcomes import RESOLVED_NOT_SENT, TURNED_AWAY
from bulk_topup.record.checkpoint.sql import (
    HOLDERS,
    LINES,
    LINES_OF_STATUSES,
    MAY_HAVE_MOVED,
    MAY_HAVE_MOVED_IT,
    OPEN_INVOICES,
    sql_list,
)
from bulk_topup.record.checkpoint.sums import Totals
from bulk_topup.record.checkpoint.values import OpenInvoice, OpenOrder, PastAttempt
from bulk_topup.record.lines import Line, line_of
from bulk_topup.rules.orders import KNOWN_COLUMNS, Doubts, Key, Known, statuses

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import pandas as pd


class Reading(Totals):
    """Changes nothing."""

    # -- orders --------------------------------------------------------------------------------------------

    def known(self) -> Known:
        """The state of the batch's orders so far."""
        # An order that was never sent and whose row has left the sheet, or is held, is left out.
        of_the_sheet = """o.status <> 'unsent' OR EXISTS (
            SELECT 1 FROM lines l WHERE l.status IS NULL
            AND l.number = o.number AND l.product = o.product AND l.itrx = o.itrx)"""
        return Known(
            self._orders(of_the_sheet),
            first_day=self.first_day(),
            content=self.fact("content"),
            started=self.started(),
            failures=self._failures(),
            **self.doubts(),
        )

    def doubts(self) -> dict[str, Doubts]:
        """`turned_away` and `closed` of what is known."""
        return {
            "turned_away": self._days_of(f"a.kind = 'not_sent' AND a.code IN ({sql_list(TURNED_AWAY)})"),
            "closed": self._days_of(f"a.kind = 'gagal' AND a.code = '{RESOLVED_NOT_SENT}'"),
        }

    def _days_of(self, condition: str) -> Doubts:
        """The last day of the attempts `a` that meet the condition, of orders that were not paid since."""
        rows = self._rows(
            f"""WITH found AS (
                    SELECT o.number, o.product, o.nominal, a.day
                    FROM attempts a JOIN orders o ON o.id = a.order_id
                    WHERE {condition} AND o.status <> 'sukses')
                SELECT number, product, max(day) FROM found GROUP BY number, product
                UNION ALL SELECT number, nominal, max(day) FROM found GROUP BY number, nominal"""  # noqa: S608
        )
        return {(number, asked): date.fromisoformat(day) for number, asked, day in rows}

    def _orders(self, condition: str) -> pd.DataFrame:
        """The orders `o` that match, with KNOWN_COLUMNS: takes two thirds of the time of fetching a
        million rows, and less memory.
        """
        import pandas as pd

        columns = ", ".join(f"json_group_array({name})" for name in KNOWN_COLUMNS)
        (row,) = self._rows(f"SELECT {columns} FROM orders o WHERE {condition}")  # noqa: S608
        types: dict[str, Any] = {"number": "str", "product": "str", "status": statuses()}
        named = zip(KNOWN_COLUMNS, row, strict=True)
        return pd.DataFrame(
            {name: pd.Series(json.loads(values), dtype=types.get(name, "int64")) for name, values in named}
        )

    def _failures(self) -> dict[Key, int]:
        """How many attempts of each order failed."""
        rows = self._rows(
            """SELECT o.number, o.product, o.itrx, count(*)
               FROM attempts a JOIN orders o ON o.id = a.order_id WHERE a.kind = 'gagal' GROUP BY o.id"""
        )
        return {(number, product, itrx): count for number, product, itrx, count in rows}

    def started(self) -> date | None:
        """The WIB day on which the batch began; if it was not recorded, the first one in the file."""
        if kept := self.fact("started"):
            return date.fromisoformat(kept)
        rows = self._rows(
            """SELECT min(day) FROM (
                   SELECT min(day) AS day FROM attempts UNION ALL SELECT min(substr(at, 1, 10)) FROM trail)"""
        )
        return date.fromisoformat(rows[0][0]) if rows[0][0] else None

    def held_order(self) -> Order | None:
        """The first order that the provider has: paid, or pending."""
        rows = self._rows(
            """SELECT id, row, number, product, itrx, nominal, operator, price FROM orders
               WHERE status IN ('sukses', 'pending') ORDER BY id LIMIT 1"""
        )
        return Order(*rows[0]) if rows else None

    def open_orders(self) -> list[OpenOrder]:
        """Every order that is unknown or accepted, with all its attempts."""
        rows = self._rows(
            """SELECT id, row, number, product, itrx, nominal, operator, price, status FROM orders
               WHERE status IN ('unknown', 'accepted') ORDER BY row, id"""
        )
        return [
            OpenOrder(Order(*tuple(row)[:8]), Status(row["status"]), tuple(self._past(row["id"])))
            for row in rows
        ]

    def paid_on(self, day: date, number: str, nominal: int, itrx: int) -> bool | None:
        """Whether this batch's order for that slot is sukses that day; None if it has no such order."""
        rows = self._rows(
            """SELECT max(o.status = 'sukses' AND a.day = ?)
               FROM orders o LEFT JOIN attempts a ON a.id = o.speaker
               WHERE o.number = ? AND o.nominal = ? AND o.itrx = ?""",
            day.isoformat(), number, nominal, itrx,
        )  # fmt: skip
        return None if rows[0][0] is None else bool(rows[0][0])

    # -- attempts ------------------------------------------------------------------------------------------

    def _past(self, order_id: int) -> Iterator[PastAttempt]:
        sql = """SELECT id, token, begun_at, ended_at, day, skew_s, kind, coalesce(invoice, '') AS invoice,
                        base_url, coalesce(code, '') AS code
                 FROM attempts WHERE order_id = ? ORDER BY id"""
        for row in self._rows(sql, order_id):
            begun_at = datetime.fromisoformat(row["begun_at"])
            ended_at = datetime.fromisoformat(row["ended_at"] or row["begun_at"])
            kind = Kind(row["kind"]) if row["kind"] else None
            day = date.fromisoformat(row["day"])
            facts = (day, row["skew_s"], kind, row["invoice"], row["base_url"], row["code"])
            yield PastAttempt(row["id"], row["token"], begun_at, ended_at, *facts)

    def tokens(self, order_id: int) -> set[str]:
        return {row["token"] for row in self._rows("SELECT token FROM attempts WHERE order_id = ?", order_id)}

    def other_days(self) -> list[tuple[datetime, str]]:
        """(our time of the attempt, the provider's `tanggal`) of every answer that states another day than
        the attempt's."""
        # Exactly the condition of the index, so that asking before every resend costs nothing.
        rows = self._rows(
            "SELECT begun_at, answered_at FROM attempts WHERE substr(answered_at, 1, 10) <> day"
        )
        return [(datetime.fromisoformat(row["begun_at"]), row["answered_at"]) for row in rows]

    def invoice_rows(self, invoice: str, *, but: int | None = None) -> list[int]:
        """Sheet rows of the orders that have this invoice, other than the order `but`.

        An invoice from an answer about another order, or one that belongs to another order, does not count.
        """
        return [row["row"] for row in self._rows(HOLDERS, invoice, but)]

    def open_invoices(self) -> list[OpenInvoice]:
        """Every pending attempt, and every unknown one of an open order with an invoice that no other
        order has; oldest first.
        """
        return [
            OpenInvoice(
                key, order_id, number, product, invoice, rupiah, datetime.fromisoformat(begun_at), where
            )
            for key, order_id, number, product, invoice, rupiah, begun_at, where in self._rows(OPEN_INVOICES)
        ]

    def claims_expected(self) -> dict[str, Status]:
        """Every attempt's token -> its order's status, for updating the ledger."""
        return {token: status for status, tokens in self._tokens("true").items() for token in tokens}

    def moved_tokens(self) -> dict[Status, list[str]]:
        """The tokens of the attempts that may have moved money, by their order's status; those of the most
        frequent status in the order of their attempts.
        """
        tokens = self._tokens(MAY_HAVE_MOVED_IT)
        return {status: some for status, some in tokens.items() if status not in _UNMOVED}

    def _tokens(self, condition: str) -> dict[Status, list[str]]:
        """Joined within SQLite: a million in half a second."""
        ranked = self._rows("SELECT status FROM orders GROUP BY status ORDER BY count(*) DESC LIMIT 1")
        most = ranked[0][0] if ranked else None

        def of(status: Status) -> str:
            # Most of a million are selected by exclusion: looking each one up would take three times as long.
            told = ("NOT IN", "<>") if status == most else ("IN", "=")
            orders = f"a.order_id {told[0]} (SELECT id FROM orders WHERE status {told[1]} '{status}')"  # noqa: S608
            return f"(SELECT group_concat(a.token) FROM attempts a WHERE {orders} AND {condition})"  # noqa: S608

        (row,) = self._rows(f"SELECT {', '.join(map(of, Status))}")
        return {status: together.split(",") for status, together in zip(Status, row, strict=True) if together}

    def claims(self) -> list[dict[str, Any]]:
        """What the ledger must contain for this batch: a claim for each slot in which money may have
        moved, by the first attempt that may have moved it.
        """
        rows = self._rows(
            f"""SELECT a.day, o.number, o.nominal, o.itrx, o.product, o.row, a.token,
                       a.begun_at AS claimed_at, a.base_url, min(a.id) AS first
                FROM attempts a JOIN orders o ON o.id = a.order_id
                WHERE {MAY_HAVE_MOVED}
                GROUP BY a.day, o.number, o.nominal, o.itrx"""  # noqa: S608
        )
        return [{name: row[name] for name in row.keys() if name != "first"} for row in rows]  # noqa: SIM118

    def people_named(self, text: str) -> set[tuple[str, str]]:
        """(name, what stands as the number) of each row in whose name this text is."""
        places = self.places
        if "name" not in places:
            return set()
        rows = self._rows(
            """SELECT DISTINCT json_extract(cells, '$[' || ?1 || ']') AS name,
                      coalesce(number, json_extract(cells, '$[' || ?2 || ']'), '')
               FROM lines WHERE instr(lower(name), lower(?3))""",
            places["name"], places.get("number"), text,
        )  # fmt: skip
        return {(" ".join(name.split()), number) for name, number in rows}

    def told_of(self, number: str, row: int) -> list[dict[str, Any]]:
        """What happened to the orders of this number in this row: its attempts, and what people did."""
        rows = self._rows(
            """SELECT a.begun_at AS at, coalesce(a.kind, 'unknown') AS what, '' AS who, a.settled_at,
                      a.invoice, a.serial, a.debited, trim(coalesce(a.reason_code, '') || ' '
                      || coalesce(a.reason, '')) AS words
               FROM attempts a JOIN orders o ON o.id = a.order_id WHERE o.number = ?1 AND o.row = ?2
               UNION ALL
               SELECT t.at, t.what, t.who, NULL, NULL, NULL, NULL, t.note
               FROM trail t JOIN orders o ON o.id = t.order_id WHERE o.number = ?1 AND o.row = ?2
               ORDER BY 1""",
            number, row,
        )  # fmt: skip
        return [dict(row) for row in rows]

    # -- lines ---------------------------------------------------------------------------------------------

    def lines(
        self, statuses: Collection[Status] | None = None, *, number: str | None = None, by_hand: bool = False
    ) -> Iterator[Line]:
        """Every row of the sheet in its order, then the removed ones that were attempted, as of the first.

        With `statuses`, only those that have one of them; with `number`, only those that were sent to it, and
        those that were held back: no number is kept of these but what their cells say; `by_hand`, only those
        that a person closed. A reader of its own: one that breaks off, or is slow, holds up nobody.
        """
        wanted = None if statuses is None else json.dumps(list(statuses))
        facts = {"statuses": wanted, "number": number, "by_hand": by_hand}
        sql = LINES if statuses is None else LINES_OF_STATUSES
        with self._reader() as reader:
            yield from (line_of(dict(row)) for row in reader.execute(sql, facts))


_UNMOVED = frozenset({Status.UNSENT, Status.GAGAL})

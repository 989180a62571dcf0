"""The checkpoint's longer statements."""

from collections.abc import Iterable

from bulk_topup.core.row_names import TAB_ROWS
from bulk_topup.provider.outcomes import DENIED, OF_ANOTHER

MAY_HAVE_MOVED_IT = "coalesce(a.kind, 'unknown') NOT IN ('not_sent', 'refused', 'gagal')"

UNDEBITED = """(
    o.status IN ('accepted', 'unknown') OR o.status IN ('sukses', 'pending') AND a.debited IS NULL
)"""
"""Whether no answer stated what order `o`, with its speaker `a`, took or may have taken."""

MAY_HAVE_MOVED = f"""
    o.status NOT IN ('unsent', 'gagal') AND {MAY_HAVE_MOVED_IT}
    AND (coalesce(a.kind, '') <> 'exists' OR o.status IN ('accepted', 'duplicate'))
"""
"""Whether money may have moved for attempt `a` of order `o`. A 51 to a retry of what failed leaves no claim,
and says nothing once a later attempt is paid."""

UPSERT_ORDER = """
    INSERT INTO orders (number, product, itrx, nominal, price, operator, row) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (number, product, itrx) DO UPDATE
    SET nominal = excluded.nominal, price = excluded.price, operator = excluded.operator, row = excluded.row,
        note = NULL
    WHERE status IN ('unsent', 'gagal')
      AND (nominal, price, operator, row, note)
          IS NOT (excluded.nominal, excluded.price, excluded.operator, excluded.row, NULL)
"""

SENDABLE = "SELECT number, product, itrx, id, status FROM orders WHERE status IN ('unsent', 'gagal')"
KEEP_FACT = "INSERT OR REPLACE INTO batch VALUES (?, ?)"
FORGET_SUMMARY = "DELETE FROM batch WHERE key = 'summary'"
FORGET_LINES_OF = "DELETE FROM batch WHERE key = 'lines_of'"

INSERT_NOTE = """
    INSERT INTO trail (at, who, what, order_id, note, plan_code, approved_by, after)
    VALUES (?, ?, ?, ?, ?, ?, ?, (SELECT coalesce(max(id), 0) FROM attempts))
"""

SENDINGS = """
    WITH began AS (
        SELECT id, at, who, plan_code, approved_by, after, lead(after) OVER (ORDER BY id) AS until
        FROM trail WHERE what IN ('run', 'resend', 'prove 51')
    ), counted AS (
        SELECT b.*, (
            SELECT count(DISTINCT a.order_id) FROM attempts a
            WHERE a.id > b.after AND (b.until IS NULL OR a.id <= b.until)
              AND coalesce(a.kind, '') <> 'not_sent' AND coalesce(a.code, '') <> ?
        ) AS orders, (
            SELECT count(*) FROM orders o
            WHERE o.status = 'sukses' AND o.speaker > b.after AND (b.until IS NULL OR o.speaker <= b.until)
        ) AS paid
        FROM began b
    )
    SELECT at, who, plan_code, approved_by, orders, paid FROM counted WHERE orders OR paid ORDER BY id
"""
"""By the attempts between two commands, not by their times, because a clock can be set back."""

LOST_ORDERS = "SELECT count(DISTINCT order_id) FROM attempts WHERE code = ?"

REMOVED_OFFSET = 10_000_000
"""Lines of rows that left the sheet are placed after any possible row."""

INSERT_LINE = """
    INSERT INTO lines (position, row, cells, number, product, itrx, status, why, removed)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

INSERT_LOST_LINE = """
    INSERT INTO lines (position, row, cells, number, product, itrx, removed)
    SELECT (SELECT coalesce(max(position) + 1, 0) FROM lines) + ?, ?, '[]', ?, ?, ?, 1
    WHERE NOT EXISTS (
        SELECT 1 FROM lines WHERE status IS NULL AND number = ? AND product = ? AND itrx = ?
    )
"""

BEGIN_ATTEMPT = """
    INSERT INTO attempts (order_id, token, begun_at, day, skew_s, base_url) VALUES (?, ?, ?, ?, ?, ?)
"""

END_ATTEMPT = """
    UPDATE attempts SET
        ended_at = coalesce(ended_at, :at), settled_at = :at,
        kind = :kind, code = :code, reason_code = :reason_code, reason = :reason, invoice = :invoice,
        serial = coalesce(nullif(:serial, ''), serial),
        debited = coalesce(:debited, debited), balance = coalesce(:balance, balance),
        answered_at = coalesce(nullif(:answered_at, ''), answered_at),
        skew_s = coalesce(:skew_s, skew_s)
    WHERE id = :id
"""


def sql_list(codes: Iterable[str]) -> str:
    return ", ".join(f"'{code}'" for code in sorted(codes))


_HELD = f"""(
    h.kind IN ('sukses', 'pending', 'gagal')
    OR h.kind = 'unknown' AND h.code NOT IN ({sql_list(OF_ANOTHER)})
)"""
"""Whether attempt `h` has the invoice that it names: a stray answer must not keep the owner from it."""

HOLDERS = f"""
    SELECT o.row FROM attempts h JOIN orders o ON o.id = h.order_id
    WHERE h.invoice = ? AND o.id IS NOT ? AND {_HELD}
"""  # noqa: S608

ENDING = f"""
    SELECT o.id, o.status, EXISTS (
        SELECT 1 FROM attempts h WHERE h.invoice = :invoice AND h.order_id <> o.id AND {_HELD}
    ), EXISTS (
        SELECT 1 FROM attempts h
        WHERE h.invoice = :invoice AND h.order_id = o.id AND h.id <> a.id AND h.kind = 'gagal'
    ), a.ended_at IS NULL
    FROM attempts a JOIN orders o ON o.id = a.order_id WHERE a.id = :id
"""  # noqa: S608
"""Of an attempt that ends: its order, what that is until now, whether another one holds this invoice,
whether another attempt of its own failed under it, and whether it had not ended before."""

OPEN_INVOICES = f"""
    SELECT a.id, a.order_id, o.number, iif(a.kind = 'unknown', o.product, NULL), a.invoice,
           coalesce(a.debited, o.price), a.begun_at, a.base_url
    FROM attempts a JOIN orders o ON o.id = a.order_id
    WHERE a.kind = 'pending'
       OR o.status IN ('pending', 'accepted', 'unknown') AND a.kind = 'unknown' AND a.invoice <> ''
          AND NOT EXISTS (
              SELECT 1 FROM attempts h WHERE h.invoice = a.invoice AND h.order_id <> a.order_id AND {_HELD})
    ORDER BY a.id
"""  # noqa: S608

MOVE_ORDER = "UPDATE orders SET row = ? WHERE number = ? AND product = ? AND itrx = ?"
"""A row that was sent before may be elsewhere in the sheet now; it is identified by its current number."""

_INVOICE = f"""
    coalesce(nullif(a.invoice, ''), (
        SELECT b.invoice FROM attempts b
        WHERE b.order_id = o.id AND b.kind = 'unknown' AND b.invoice <> ''
          AND NOT EXISTS (
              SELECT 1 FROM attempts h WHERE h.invoice = b.invoice AND h.order_id <> b.order_id AND {_HELD})
        ORDER BY b.id DESC LIMIT 1
    ), '')
"""  # noqa: S608
"""The invoice of order `o`, whose status attempt `a` determines: a 51 names none, but an earlier open
attempt may have one.
"""

_BY_HAND = """
    (SELECT order_id, max(id), at, who, note FROM trail WHERE what LIKE 'resolve %' GROUP BY order_id) r
    ON r.order_id = o.id AND r.at >= a.begun_at
"""
"""The last time that a person closed order `o`, unless its attempt `a` was sent after that."""

_SENT_AT = f"""
    iif(a.kind = 'exists' OR r.at IS NOT NULL, (
        SELECT min(t.begun_at) FROM attempts t WHERE t.order_id = o.id AND t.id <= a.id
           AND (t.id = a.id OR t.kind IS NULL OR t.kind IN ('unknown', 'exists')
                OR t.day = a.day AND t.code IN ({sql_list(DENIED)}))
    ), a.begun_at)
"""  # noqa: S608
"""When order `o` was sent: if a 51 refused its attempt `a`, the provider has an earlier one."""

LINES_ALIKE = f"""
    SELECT coalesce(l.status, o.status) AS status, coalesce(o.operator, '') AS operator, l.removed,
           coalesce(iif(l.why IS NULL, '', (
               SELECT group_concat(json_extract(value, '$[2]')) FROM json_each(l.why))), '') AS codes,
           coalesce(iif(o.status = 'gagal', a.reason_code, ''), '') AS reason_code,
           r.at IS NOT NULL AS by_hand, count(*) AS rows,
           sum(coalesce(iif(o.status = 'sukses', a.debited, NULL), o.price, 0)) AS rupiah,
           min(iif(a.kind IS NOT 'not_sent', {_SENT_AT}, NULL)) AS first_sent,
           max(iif(a.kind IS NOT 'not_sent', {_SENT_AT}, NULL)) AS last_sent,
           l.row / {TAB_ROWS} AS tab, sum(coalesce(o.nominal, 0)) AS nominal
    FROM lines l
    LEFT JOIN orders o ON l.status IS NULL
         AND o.number = l.number AND o.product = l.product AND o.itrx = l.itrx
    LEFT JOIN attempts a ON a.id = o.speaker
    LEFT JOIN {_BY_HAND}
    GROUP BY 1, 2, 3, 4, 5, 6, tab
"""  # noqa: S608

LINES = f"""
    SELECT l.row, l.cells, l.status AS held, l.why, l.removed,
           o.status, o.number, o.product, o.nominal, o.operator, o.price, o.note,
           {_SENT_AT} AS begun_at, a.kind, a.code, a.reason_code, a.reason, {_INVOICE} AS invoice, a.serial,
           a.debited, r.at AS closed_at, r.who AS closed_by, r.note AS closing_note,
           (SELECT count(*) FROM attempts t WHERE t.order_id = o.id AND t.kind IS NOT 'not_sent') AS tries,
           z.reason_code AS last_reason_code, z.reason AS last_reason
    FROM lines l
    LEFT JOIN orders o ON l.status IS NULL
         AND o.number = l.number AND o.product = l.product AND o.itrx = l.itrx
    LEFT JOIN attempts a ON a.id = o.speaker
    LEFT JOIN {_BY_HAND}
    LEFT JOIN attempts z ON z.id <> o.speaker AND z.id = (
         SELECT max(t.id) FROM attempts t WHERE t.order_id = o.id AND t.kind IS NOT 'not_sent')
    WHERE (:statuses IS NULL OR coalesce(l.status, o.status) IN (SELECT value FROM json_each(:statuses)))
      AND (:number IS NULL OR l.number IS NULL OR l.number = :number)
      AND (NOT :by_hand OR r.at IS NOT NULL)
    ORDER BY l.position
"""  # noqa: S608

LINES_OF_STATUSES = LINES.replace(
    "FROM lines l\n",
    """FROM (
        SELECT position FROM lines WHERE status IN (SELECT value FROM json_each(:statuses))
        UNION ALL
        SELECT k.position FROM orders w JOIN lines k ON k.status IS NULL
            AND k.number = w.number AND k.product = w.product AND k.itrx = w.itrx
        WHERE w.status IN (SELECT value FROM json_each(:statuses))
    ) wanted CROSS JOIN lines l ON l.position = wanted.position
""",
    1,
)
"""The same through the indexes of the statuses: a few open rows among a million."""

POSTINGS = f"""
    WITH taken AS (
        SELECT a.order_id, a.day, a.debited AS rupiah FROM attempts a
        WHERE a.kind IN ('sukses', 'pending') AND a.debited IS NOT NULL
        UNION ALL
        SELECT o.id, coalesce(a.day, (SELECT max(t.day) FROM attempts t WHERE t.order_id = o.id)), o.price
        FROM orders o LEFT JOIN attempts a ON a.id = o.speaker
        WHERE {UNDEBITED}
    )
    SELECT t.day, o.status = 'sukses' AS is_paid, coalesce((
        SELECT json_extract(l.cells, '$[' || :group_at || ']') FROM lines l
        WHERE l.status IS NULL AND l.number = o.number AND l.product = o.product AND l.itrx = o.itrx
    ), '') AS of_group, sum(t.rupiah) AS rupiah
    FROM taken t JOIN orders o ON o.id = t.order_id
    GROUP BY 1, 2, 3
"""  # noqa: S608

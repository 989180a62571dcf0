"""The results: what they add up to, how they are saved, what to do with their rows."""

from __future__ import annotations

WORDS: dict[str, str] = {
    "tally.title": "Results: {rows:row|rows}",
    "tally.results": "Results sheet: {path}",
    "results.unwritable": (
        "The results could not be saved as {path}: {why:words}. What was sent is safe in the progress file: "
        "make room, or choose another folder with --output, and run 'bulk-topup results' on the sheet."
    ),
    "results.rehearsal": "SANDBOX \N{EN DASH} rehearsal, no money moved",
    "results.cut": "… (cut: {count:number} characters)",
    "saved.beside": (
        "{target} could not be replaced (it may be open in Excel), so this is saved as {path}; close it, or use the new file"
    ),
    "saved.new_name": "{target} is there already and is left as it is; this plan has another name",
    "saved.kept": "{target} was changed since it was written: your version is kept as {path}",
    "saved.outdated": (
        "row {row} was sent once more since 'not sent' was typed for it: that answer is not in the new results, as the "
        "question is another one now"
    ),
    "saved.split": "one Excel sheet holds {most:number} rows under its header; the others are in the tabs {tabs}",
    "saved.cut": (
        "{count:number} texts are longer than the 32,767 characters that Excel keeps in a cell; they end with how much was cut"
    ),
    "saved.too_wide": "it has {columns:number} columns, and an Excel sheet holds {most:number}; delete columns, or choose a .csv file",
    "todo.correct": "Correct the row, then send it",
    "todo.number": "Get the right number, correct it, then send it",
    "todo.product": "Choose another product, or send it later",
    "todo.decide": "Decide whether it is meant besides; if not, delete it",
    "todo.again": "Send it again: it failed at the provider",
    "todo.tomorrow": "Send it again tomorrow: only one a day is taken",
    "todo.by_hand": "Send it if it is still due: a person closed it as not paid",
    "todo.send": "Send it: it was not sent yet",
    "column.check": "check",
    "column.to_do": "what to do",
    "column.checked_number": "checked number",
    "column.checked_product": "checked product",
    "column.checked_nominal": "checked nominal",
    "column.checked_price": "checked price",
    "column.sheet_row": "sheet row",
    "column.why": "why it is not paid",
    "column.row": "row",
    "column.number": "number",
    "column.product_sent": "product sent",
    "column.price": "price",
    "column.sent_at": "sent at (WIB)",
    "column.status": "status",
    "column.reason": "reason",
    "column.to_ask": "what to ask",
    "column.invoice": "invoice",
    "summary.code": "plan code",
    "summary.file": "file",
    "summary.sha256": "SHA-256 of the file",
    "summary.tab": "tab",
    "summary.account": "account",
    "summary.base_url": "provider's address",
    "summary.checked_at": "checked at (WIB)",
    "summary.rows": "rows",
    "summary.rupiah": "rupiah",
    "summary.warnings": "warnings",
    "summary.budget": "budget",
    "summary.last_deposit": "last known deposit",
    "summary.deposit_at": "    stated at {moment:date} (WIB), in batch {batch}",
    "summary.missing": "to be added to it for this plan",
    "summary.approved_by": "approved by",
    "summary.sent_from": "sent from (WIB), run by",
    "summary.batch": "batch",
    "summary.first_sent": "first top-up sent (WIB)",
    "summary.last_sent": "last top-up sent (WIB)",
    "summary.tie": "paid + not paid + ask provider = rows in",
    "summary.rows_in": "rows in",
    "summary.removed": "of these, removed from the sheet after they were sent",
    "summary.by_hand": "of these, closed by hand",
    "summary.by_status": "by status",
    "summary.by_operator": "by operator",
    "summary.no_operator": "no operator (held back)",
    "summary.sum": "sum",
    "summary.chart": "Rupiah by status",
    "summary.deposit": "deposit at the provider",
    "summary.opening": "balance at the start",
    "summary.debits": "debits of paid and pending rows",
    "summary.unexplained": "left besides these debits (unexplained)",
    "summary.came_in": "came in, not from a refund (unexplained)",
    "summary.closing": "last balance stated ({moment:date} WIB)",
    "summary.not_among": "not among the debits",
    "summary.undebited": "paid or pending rows whose debit no answer stated, at the listed price",
    "summary.failed": "debits of failed rows, which the provider pays back",
    "summary.may_be_debited": "accepted or unknown rows, at the listed price",
    "summary.mispriced": "debited other than the listed price",
    "summary.overcharged": "over the listed price",
    "summary.left": "what is left",
    "summary.to_do": "rows in the tab To do",
    "summary.to_ask": "rows in the tab Ask provider",
    "sign.here": "to sign",
    "sign.name": "name",
    "sign.date": "date",
    "sign.signature": "signature",
    "sign.prepared": "Prepared by",
    "sign.checked": "Checked by",
    "sign.approved": "Approved by",
    "books.balance": "deposit {opening:money} at the start, {closing:money} at the end; debits {debited:money}",
    "books.unexplained": (
        "{rupiah:money} more left the deposit than these debits: other top-ups of the same account may explain it, "
        "or rows whose debit is not among them"
    ),
    "books.came_in": (
        "{rupiah:money} came into the deposit that we know no refund for: a top-up of the deposit may explain it"
    ),
    "books.undebited": (
        "not among the debits: paid or pending rows whose debit no answer stated, {rupiah:money} by the listed price"
    ),
    "books.failed": "not among the debits: {rupiah:money} of failed rows, which the provider pays back",
    "books.may_be_debited": (
        "not among the debits: accepted or unknown rows, {rupiah:money} by the listed price if they are paid"
    ),
    "books.mispriced": "debited other than the listed price: {rows}, {rupiah:money} in all",
}

"""Looking back: the batches, all that one person got, what is to be forgotten."""

from __future__ import annotations

WORDS: dict[str, str] = {
    "history.no_record": (
        "there is no record of earlier top-ups at {where}: either nothing was sent from here yet, or BULK_TOPUP_LEDGER "
        "has to name the right one (a rehearsal's is in the folder of its sheet)"
    ),
    "history.unrecorded": (
        "the list of batches could not be brought up to date: {message}; the results are complete: run 'bulk-topup "
        "settle' on the sheet once this is put right"
    ),
    "history.date": "date",
    "history.name": "name",
    "history.rows": "rows",
    "history.paid": "paid",
    "history.not_paid": "not paid",
    "history.open": "open",
    "history.paid_rupiah": "rupiah paid",
    "history.file": "    progress file: {path}",
    "history.file_gone": "    progress file: {path} (not there any more, or not readable)",
    "history.file_never": "    progress file: not known, the batch is older than this list",
    "history.last_code": "    sent last under the plan code {code}, {approved}",
    "history.none": "No batch was sent yet.",
    "history.none_in": "No batch was begun in {month:date}.",
    "history.month": (
        "{month:date}: batches {batches:number}, rows {rows:number}: {paid:number} paid ({paid_rupiah:money}), {not_paid:number} not paid "
        "({not_paid_rupiah:money}), {open:number} open ({open_rupiah:money})"
    ),
    "history.no_rupiah": "The rupiah of batches that are older than this list are not known, and not in the sums.",
    "history.others": "Batches sent to another address, not listed: {count:number}; add --base-url with it to see them.",
    "history.next_open": "{name}, {day:date}: {count:row is|rows are} open; see which:",
    "history.next_settle": "then ask the provider how they ended:",
    "history.next_gone": (
        "{name}, {day:date}: {count:row is|rows are} open, and its progress file is not where it was: put it back there, or ask "
        "the provider about those rows."
    ),
    "history.next_more": "{count:batch|batches} more with open rows stand above.",
    "history.next": "nothing is open; see what one person got, by the phone number:",
    "find.no_number": "{text} is not an Indonesian mobile number; give one as in 'bulk-topup find 081234567890'",
    "find.next": "for all batches, with the months' totals:",
    "find.next_status": "see why, and how that sheet goes on:",
    "find.next_retry": "if it is still due, send the rows of that sheet again that failed; it asks before it does:",
    "find.next_record": "record that, and see how that sheet goes on:",
    "find.next_later": "do not send it again; ask how it ended, now or later today:",
    "find.next_ask": (
        "do not send it again; ask the provider today about invoice {invoice}, and once it knows, have it recorded:"
    ),
    "find.next_close": (
        "do not send it again; look the number up in the provider's transaction list, and close row {row} with what it says "
        "(if there is no such top-up, --not-sent instead of the invoice):"
    ),
    "find.next_close_accepted": "do not send it again; ask the provider for its invoice, and close row {row} with that:",
    "find.next_resend": (
        "do not send it by another sheet; today before 23:50 WIB, have what is unknown in that sheet sent once more: what "
        "the provider already has, it refuses:"
    ),
    "find.next_put_back": (
        "do not send it again; put the progress file of {name} back where it was, and look again, or ask the provider."
    ),
    "find.next_contradiction": "ask the provider about invoice {invoice} before anything is sent to this number again.",
    "find.from_record": "only the record of all top-ups speaks of it: the progress file is missing, or an older copy",
    "find.now.no_news": "no final answer",
    "find.now.no_answer": "no answer",
    "find.now.not_asked": "not asked",
    "find.line": (
        "{name}, row {row}: {sent_at:date} (WIB), {product} {nominal:money}, {status}, invoice {invoice}, serial {serial}; "
        "the provider now: {now:words}"
    ),
    "find.line_held": "{name}, row {row}: {product}, {status}, never sent: {reason}",
    "find.tell": "Tell them: {told}",
    "find.tell.paid": (
        "it was paid on {day:date} at {time} (WIB), {product} of {nominal:money}, serial {serial}; {check}"
    ),
    "find.tell.check": "they can see it in their balance and in the messages of that time.",
    "find.tell.check_telkomsel": "they can see it in their balance (*888#) and in the messages of that time.",
    "find.tell.paid_now": (
        "it is paid: {product} of {nominal:money}, sent on {day:date} at {time} (WIB), serial {serial}; {check}"
    ),
    "find.tell.failed_now": (
        "it is not paid: {product} of {nominal:money}, sent on {day:date} at {time} (WIB), failed at the provider."
    ),
    "find.tell.pending": (
        "it is not certain yet: {product} of {nominal:money} left on {day:date} at {time} (WIB), and the provider is still "
        "working on it."
    ),
    "find.tell.no_news": (
        "it is not certain yet: {product} of {nominal:money} left on {day:date} at {time} (WIB) and may be paid, and the "
        "provider gives no final answer about it now."
    ),
    "find.tell.no_answer": (
        "it is not certain yet: {product} of {nominal:money} left on {day:date} at {time} (WIB) and may be paid; the provider "
        "has not said now how it ended."
    ),
    "find.tell.unknown": (
        "it is not certain: {product} of {nominal:money} left on {day:date} at {time} (WIB) and may be paid; the provider's "
        "answer never reached us, so a person has to ask."
    ),
    "find.tell.unknown_today": (
        "it is not certain yet: {product} of {nominal:money} left on {day:date} at {time} (WIB) and may be paid; the "
        "provider's answer never reached us, and it can be cleared up today."
    ),
    "find.tell.accepted": (
        "it is paid or on its way: the provider holds {product} of {nominal:money} since {day:date} at {time} (WIB), and we "
        "ask it for the invoice."
    ),
    "find.tell.open_on_record": (
        "it is not certain: {product} of {nominal:money} left on {day:date} at {time} (WIB) and may be paid; we still have to "
        "find out."
    ),
    "find.tell.contradiction": (
        "it is not certain: the provider says otherwise now than it did about {product} of {nominal:money} on {day:date}; we "
        "ask it."
    ),
    "find.tell.failed": "it is not paid: {product} of {nominal:money} failed at the provider on {day:date}.",
    "find.tell.closed": (
        "it is not paid: {product} of {nominal:money} left on {day:date}, and the provider turned out not to have it."
    ),
    "find.tell.duplicate": (
        "it was not paid a second time on {day:date}: the provider had a top-up of {nominal:money} to this number already, "
        "and takes one a day."
    ),
    "find.tell.not_sent": "it is not paid yet: {product} of {nominal:money} was turned away on {day:date}.",
    "find.tell.held": "nothing was sent to {number} yet: row {row} of {name} was held back, or its turn did not come.",
    "find.tell.never": "nothing was ever sent to {number}.",
    "find.searched": "Batches looked through: {count:number}, in {record} and their progress files.",
    "find.unread": "Batch {name} of {day:date}: its progress file {path} is not there any more, or not readable.",
    "find.unread_old": "Batch {name} of {day:date}: where its progress file is, is not known.",
    "find.forgotten": "What was sent before {day:date} may be missing: those phone numbers were removed with 'bulk-topup forget'.",
    "find.not_asked": "The provider was not asked: {message}",
    "forget.too_recent": (
        "{before:date} is too recent, nothing was removed: the numbers of the last {days} days are needed to see that a "
        "sheet is not paid twice; give {latest:date} or an earlier day"
    ),
    "forget.batch": "{day:date}  {name}: {count:phone number|phone numbers} to remove",
    "forget.kept": "{day:date}  {name}: kept, as rows of it are still open ({count:number})",
    "forget.nothing": "There is nothing to remove.",
    "forget.ask": (
        "Remove {count:phone number|phone numbers} of days before {before:date} from the record of all top-ups? This can't be undone, and "
        "batches begun before that day can send nothing more."
    ),
    "forget.no_terminal": "there is no terminal to ask on; nothing was removed: add --yes to remove them",
    "forget.declined": "nothing was removed",
    "forget.next": "see the batches, of which rows and rupiah are kept:",
    "forget.next_files": "delete those files, or keep them in the archive, as your rules say.",
    "forget.done": "Removed from the record of all top-ups: {count:phone number|phone numbers}.",
    "forget.files": (
        "These files still hold phone numbers; delete them, or keep them in the archive, as your rules say (results and "
        "copies that were saved elsewhere, too):"
    ),
}

"""What became of a row, and why."""

from __future__ import annotations

WORDS: dict[str, str] = {
    "outcome.sukses": "Paid.",
    "outcome.pending": (
        "The provider took the order and is still working on it; run 'bulk-topup settle' on this sheet "
        "later to see how it ended."
    ),
    "outcome.gagal_later": (
        "The provider took the order and reported later that it failed; run again with --retry-failed to "
        "send it once more."
    ),
    "outcome.interrupted": (
        "The program ended before the answer came, so nobody here knows whether this was paid; look the "
        "number up in the provider's transaction list."
    ),
    "outcome.reason.00": (
        "The provider's system is disturbed and the order failed; run again later with --retry-failed."
    ),
    "outcome.reason.11": (
        "The provider says that this number is not a valid one; correct the number in the sheet and run it "
        "again."
    ),
    "outcome.reason.12": (
        "The provider cannot deliver this product at the moment; run again later with --retry-failed, or "
        "choose another product."
    ),
    "outcome.reason.21": (
        "The provider stopped the account: there is a problem with its credit card top-up. Settle it with "
        "the provider, then run the same command again."
    ),
    "outcome.reason.31": (
        "The provider does not allow this account to send top-ups. Ask the provider why, then run the same "
        "command again."
    ),
    "outcome.reason.41": (
        "The provider says that a top-up is already in progress, so nobody here knows whether this was "
        "paid; look the number up in the provider's transaction list."
    ),
    "outcome.reason.51": (
        "The provider already holds a top-up of this amount to this number today, and takes only one a day."
    ),
    "outcome.reason.61": (
        "The provider has locked the balance of the account. Ask the provider to unlock it, then run the "
        "same command again."
    ),
    "outcome.reason.62": (
        "The deposit at the provider is used up. Add to it, then run the same command again: it carries on "
        "with this row."
    ),
    "outcome.reason.71": (
        "The provider has not verified the account yet. Complete the verification with the provider, then "
        "run the same command again."
    ),
    "outcome.reason.81": (
        "The provider sent a notice by email to the account's owner. Do what it asks, then run the same "
        "command again."
    ),
    "outcome.reason.82": (
        "The provider waits for a code that it sent by SMS to the account's owner. Enter it at the "
        "provider's site, then run the same command again."
    ),
    "outcome.reason.91": (
        "The provider reports an error of its operator, so nobody here knows whether this was paid; look "
        "the number up in the provider's transaction list."
    ),
    "outcome.other_order": (
        "The provider answered about another number or product than the one sent, so nobody here knows "
        "whether this was paid; ask the provider before anything more is sent."
    ),
    "outcome.same_invoice": (
        "The provider answered with the invoice of another row, so nobody here knows whether this was paid; ask "
        "the provider before anything more is sent."
    ),
    "outcome.no_invoice": (
        "The provider said yes without a usable invoice number; look the number up in the provider's "
        "transaction list."
    ),
    "outcome.other_status": (
        "The provider answered with a status that its documentation does not have; run 'bulk-topup settle' "
        "on this sheet, or ask the provider about the invoice."
    ),
    "outcome.other_reason_code": (
        "The provider said no with a reason code that its documentation does not have, so nobody here knows"
        " whether this was paid; ask the provider."
    ),
    "outcome.contradiction": (
        "The provider's answer says no and yes at once, so nobody here knows whether this was paid; ask the"
        " provider."
    ),
    "outcome.not_as_documented": (
        "The provider's answer is not one that its documentation has, so nobody here knows whether this was"
        " paid; look the number up in its transaction list."
    ),
    "outcome.empty": (
        "The provider's answer was empty, so nobody here knows whether this was paid; look the number up in"
        " its transaction list."
    ),
    "outcome.http.moved": (
        "The provider's address has moved, and orders are never sent on to another address. Check the "
        "address (BULK_TOPUP_BASE_URL), then run the same command again."
    ),
    "outcome.http.login": (
        "The provider's server turned the user name or password away. Check both, then run the same command"
        " again."
    ),
    "outcome.http.proxy_login": (
        "Your network's proxy wants a login. Ask your IT department, then run the same command again."
    ),
    "outcome.http.address": (
        "The provider's server knows no top-ups at this address. Check the address (BULK_TOPUP_BASE_URL), "
        "then run the same command again."
    ),
    "outcome.too_many_requests": (
        "The provider asked to go more slowly. Run the same command again later, with a lower --rate."
    ),
    "outcome.not_sent.late": "Not sent. The connection came too late for this row, so it was held back.",
    "outcome.not_sent.dns": (
        "Not sent. The provider's server name could not be looked up. Check the internet connection, then "
        "run the same command again."
    ),
    "outcome.not_sent.refused": (
        "Not sent. The provider's server accepts no connections. Run the same command again later."
    ),
    "outcome.not_sent.unreachable": (
        "Not sent. There is no way to the provider's server from here. Check the internet connection, then "
        "run the same command again."
    ),
    "outcome.not_sent.connect_timeout": (
        "Not sent. The provider's server did not pick up. Check the internet connection, then run the same "
        "command again."
    ),
    "outcome.not_sent.certificate": (
        "Not sent. The provider's server could not prove who it is. Check the address and this computer's "
        "clock; in an office network, ask IT for the certificate file and name it in REQUESTS_CA_BUNDLE."
    ),
    "outcome.not_sent.tls": (
        "Not sent. No secure connection to the provider's server could be agreed. Check the address "
        "(BULK_TOPUP_BASE_URL), then run the same command again."
    ),
    "outcome.not_sent.proxy": (
        "Not sent. Your network's proxy did not let the connection through. Ask your IT department, or "
        "check HTTPS_PROXY, then run the same command again."
    ),
    "outcome.not_sent.failed": (
        "Not sent. The request could not be started. Run the same command again; if this stays, report it."
    ),
    "outcome.no_answer.timeout": (
        "No complete answer came in time, so nobody here knows whether this was paid; look the number up in"
        " the provider's transaction list."
    ),
    "outcome.no_answer.closed": (
        "The provider hung up without an answer, so nobody here knows whether this was paid; look the "
        "number up in the provider's transaction list."
    ),
    "outcome.no_answer.reset": (
        "The connection broke off before the answer, so nobody here knows whether this was paid; look the "
        "number up in the provider's transaction list."
    ),
    "outcome.no_answer.truncated": (
        "The answer broke off half-way, so nobody here knows whether this was paid; look the number up in "
        "the provider's transaction list."
    ),
    "outcome.no_answer.too_long": (
        "The answer was far longer than any answer should be, so nobody here knows whether this was paid; "
        "look the number up in the provider's transaction list."
    ),
    "outcome.no_answer.bad_encoding": (
        "The answer arrived damaged, so nobody here knows whether this was paid; look the number up in the "
        "provider's transaction list."
    ),
    "outcome.no_answer.bad_http": (
        "The answer was not in the form that web servers use, so nobody here knows whether this was paid; "
        "look the number up in the provider's transaction list."
    ),
    "outcome.no_answer.tls": (
        "The secure connection failed before the answer, so nobody here knows whether this was paid; look "
        "the number up in the provider's transaction list."
    ),
    "outcome.no_answer.failed": (
        "The answer could not be read, so nobody here knows whether this was paid; look the number up in "
        "the provider's transaction list."
    ),
    "outcome.streak.unknown": (
        "Stopped: five answers in a row left it open whether the row was paid. Look these rows up in the "
        "provider's transaction list before you run the same command again."
    ),
    "outcome.streak.system_faults": (
        "Stopped: the provider said five times in a row that its system is disturbed. Run the same command "
        "again later, with --retry-failed for the rows that failed."
    ),
    "outcome.resolved_not_sent": "A person found out that this was not sent.",
    "outcome.not_in_checkpoint": (
        "The record of earlier top-ups knows an attempt that this progress file does not (an older copy of it "
        "was restored, or the program was killed just then), so nobody here knows whether this was paid; look "
        "the number up in the provider's transaction list."
    ),
    "unsent.not_reached": "not sent: the run ended before this row; run the same command again",
    "unsent.product_disturbed": (
        "not sent: the provider could not deliver {product} three times in a row; run the same command again later"
    ),
    "unsent.copy_waits": "not sent: top-up {nth} of this number and amount has to be paid first, on the same day",
    "tries": "Tried {count:number} times.",
    "tries.last_answer": "Tried {count:number} times; the provider's last answer: {answer}",
    "provider_says": "(Provider: {reason})",
    "closed_by_hand": "closed by hand: {who}, {at:date} (WIB), {note}",
    "removed_from_sheet": "removed from sheet (it was row {row})",
    "unwritten": (
        "The answer for row {row}, {number}, could not be recorded: {kind} {invoice}. Write it down; the row "
        "will be unknown until 'bulk-topup resolve'."
    ),
    "paid.yes": "paid",
    "paid.no": "not paid",
    "paid.ask": "ask provider",
    "status.sukses": "paid",
    "status.pending": "the provider is still working on it",
    "status.accepted": "the provider holds it, its invoice never reached us",
    "status.unknown": "no clear answer reached us, it may be paid",
    "status.gagal": "failed at the provider",
    "status.gagal_by_hand": "failed at the provider, or closed by hand ({count:number})",
    "status.duplicate": "already topped up, or twice in the sheet",
    "status.invalid": "held back by a check",
    "status.unsent": "not sent",
}

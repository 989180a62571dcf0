"""Open rows: asked about, closed by hand, sent once more."""

from __future__ import annotations

WORDS: dict[str, str] = {
    "ask.pending": (
        "How did invoice {invoice} end? 'bulk-topup settle' asks this, too; there is nothing to fill in here."
    ),
    "ask.accepted": (
        "You hold a top-up of {product} to {number} since {sent_at:date} (WIB): what is its invoice? Fill it in; if there "
        "is none, write: not sent"
    ),
    "ask.unknown": (
        "Is there a top-up of {product} to {number} at about {sent_at:date} (WIB)? If so, fill in its invoice; if there is "
        "none, write: not sent"
    ),
    "ask.invoice": (
        "Is invoice {invoice} a top-up of {product} to {number}, and is it paid? If so, fill it in; if there is no "
        "such top-up, write: not sent"
    ),
    "resolve.done": "row {row} {number}: {status} - {words}",
    "resolve.not_sent": "closed by hand, the provider does not have it",
    "resolve.not_sent_but_held": (
        "closed by hand as not sent, although the provider answered (51) that it holds it: have the provider confirm "
        "in writing that it does not, before the row is sent again"
    ),
    "resolve.pending": (
        "row {row} is pending: the provider took it and is still working on it; 'bulk-topup settle' asks how it ended"
    ),
    "resolve.not_open": "row {row} is not open: only unknown and accepted rows can be resolved",
    "resolve.other_number": "row {row} is not {number}: row and number must both match; nothing was changed for it",
    "resolve.several": "{number} has several open rows; name the row",
    "resolve.settled": (
        "row {row}: invoice {invoice} is of an earlier try of this row, which has failed; what became of the last try "
        "stands under another invoice"
    ),
    "resolve.other_row": "row {row}: invoice {invoice} already belongs to row {other}",
    "resolve.unconfirmed": (
        "row {row}: the provider does not confirm invoice {invoice} as a finished top-up of this number and "
        "product; check the invoice, or try again later"
    ),
    "resolve.unheard": (
        "row {row}: the provider at {address} can't be reached to confirm invoice {invoice}, so the row stays open; check the "
        "internet connection, then run the same command again"
    ),
    "resolve.no_day": (
        "row {row}: the provider confirms invoice {invoice}, but not with its date (it says {stated}), so it may be of "
        "another day; ask the provider to state the date, and try again then. Until then the row stays open"
    ),
    "resolve.other_batch": "row {row}: invoice {invoice} already belongs to row {other} of batch {batch}",
    "resolve.unread_batch": (
        "row {row}: invoice {invoice} may be one of batch {batch}, whose progress file ({path}) is missing or can't be "
        "read; put it back, and try again. Until then the row stays open"
    ),
    "resolve.other_day": "row {row}: invoice {invoice} is of {stated}, another day than this row's attempt",
    "resolve.none": "none of the {count:number} rows could be closed, and nothing was changed; correct them and try again",
    "resolve.no_column": (
        "{path} has no column {column}; name the columns row, number and invoice, or fill in the tab Ask provider of the "
        "results sheet and give that"
    ),
    "resolve.nothing": "{path} has no row with an invoice (or 'not sent') filled in",
    "resolve.row_column": "{path}, row {row}: {value} is not a row number",
    "resolve.placeholder": "row {row}: put the invoice that the provider shows in place of {invoice}, or say --not-sent",
    "resolve.blank": "row {row}: the invoice is blank; give it, or say --not-sent",
    "resolve.number": "{number} is not a mobile number",
    "resolve.number_in": "{path}, row {row}: {number} is not a mobile number",
    "resend.unproven": (
        "It was never seen that this provider refuses a second top-up of the same day (51), on which this relies. "
        "'bulk-topup doctor --prove-51 NUMBER --product CODE' tries it for the price of a small top-up."
    ),
    "resend.disproven": (
        "nothing was sent: on {day:date} this provider was seen to pay a second top-up of the same day instead of refusing "
        "it (51), so nothing may be sent again; look the rows up at the provider and close them with 'bulk-topup resolve'"
    ),
    "resend.ask": (
        "Send {count:unknown top-up|unknown top-ups} ({cost:money}) once more? The provider takes only one a day for "
        "a number and amount, so what it already has is refused, not paid again."
    ),
    "resend.sending": "Sending {count:unknown top-up|unknown top-ups} ({cost:money}) once more.",
    "resend.held": "  row {row}, {number}: not sent again: {why}",
    "resend.accepted": "the provider holds it already; ask for its invoice and use 'bulk-topup resolve'",
    "resend.invoiced": (
        "the provider answered with an invoice for it, which stands in the results: ask the provider about that, "
        "run 'bulk-topup settle' later, or use 'bulk-topup resolve'"
    ),
    "resend.counted": "it is a deliberate repeat (counted), which the provider's one-a-day rule may not guard",
    "resend.other_day": "it was sent on another day, so the provider would take it as a new one",
    "resend.near_midnight": "it was sent, or it is now, within 10 minutes of midnight (WIB)",
    "resend.too_soon": "it was sent less than a minute ago; try again shortly",
    "resend.no_skew": "the provider's clock was not seen at the time, so the day can't be sure",
    "resend.skewed": "this computer's clock and the provider's differ by more than 5 minutes; set the clock",
    "resend.other_calendar": "the provider's dates do not follow the WIB day",
    "resend.no_price": "its product is no longer in the price list, or has no price there",
    "resend.other_nominal": (
        "its product has another nominal in the price list now, so the provider would take it as a new one"
    ),
    "resend.dearer": "its product costs more now than when it was sent",
}

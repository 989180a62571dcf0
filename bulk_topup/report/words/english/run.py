"""A run: how far it is, why it stopped, what to do next."""

from __future__ import annotations

WORDS: dict[str, str] = {
    "progress.paid": "{count:number} paid",
    "progress.failed": "{count:number} failed",
    "progress.unsent": "{count:number} not sent",
    "progress.pending": "{count:number} pending",
    "progress.accepted": "{count:number} accepted",
    "progress.unknown": "{count:number} unknown",
    "progress.left": "{time} left",
    "progress.pace": "{rate}/s",
    "progress.line": "{done:number} of {total:row|rows}: {counts}; {rate} a second, about {left} left",
    "progress.all_sent": "All sent; asking after {count:pending top-up|pending top-ups} for up to {seconds} s.",
    "progress.waiting": "Asking after {count:pending top-up|pending top-ups} for up to {seconds} s.",
    "time.seconds": "{seconds} s",
    "time.minutes": "{minutes} min",
    "time.hours": "{hours} h {minutes} min",
    "halt.interrupted": "Interrupted. What was under way has been recorded; run the same command to go on.",
    "halt.budget": (
        "Stopped: the next top-up would cost more than the plan you saw ({limit:money}), because the provider "
        "debits more than it lists. Run the same command again for the rest."
    ),
    "halt.pilot": (
        "Stopped after the pilot: not each of its top-ups is paid at its listed price. See why above; without --pilot, "
        "the same command goes on with the others."
    ),
    "halt.pilot_only": (
        "Only the pilot was sent, as you said. Without --pilot, the same command goes on with the others."
    ),
    "halt.other_day": (
        "Only the pilot was sent, because midnight passed while the question waited. Without --pilot, the same command "
        "goes on with the others."
    ),
    "halt.account": (
        "Stopped, as all desks of the account: {desk} was told at {at:date} (WIB): {cause} Once that is done, let all "
        "desks send again with 'bulk-topup account resume'."
    ),
    "halt.out_of_reach": "Stopped: the provider can't be reached. {cause} Run the same command again later.",
    "halt.unheard": (
        "The provider at {address} can't be reached ({cause}), so how the open rows ended is not known yet. Check the internet "
        "connection, then ask again with 'bulk-topup settle'."
    ),
    "halt.so_far": (
        "So far: {paid:row|rows} paid for {paid_rupiah:money}; {rest:row|rows} not sent yet, {rest_rupiah:money} by "
        "the price list; {open:row|rows} to ask the provider about."
    ),
    "halt.add": (
        "The rest costs {rest_rupiah:money}, and the last balance known was {balance:money} ({moment:date} WIB): add at "
        "least {missing:money} to the deposit."
    ),
    "halt.enough": (
        "The rest costs {rest_rupiah:money}, and the last balance known was {balance:money} ({moment:date} WIB), which "
        "would do: ask the provider what the balance is now."
    ),
    "halt.add_unknown": (
        "The rest costs {rest_rupiah:money}; what is left of the deposit, the provider did not say: see its site, and "
        "add what is missing."
    ),
    "halt.again": "To go on:",
    "halt.cut_off": (
        "The last run has not ended: it is still at work, or it was cut off (a crash, a power cut, a window that was "
        "closed). What was under way then may be paid; the same command goes on."
    ),
    "stopped.why": "Why it stopped, on {at:date} (WIB):",
    "stopped.rest": "Still to send: {rest:row|rows} for {rest_rupiah:money} by the price list.",
    "next.label": "Next:",
    "next.all_paid": "every row is paid",
    "next.nothing_left": "nothing is left to send",
    "next.sign": "{done:words}: print the tab Summary of {path}, have it signed, and file it.",
    "next.file": "{done:words}: file {path}.",
    "next.results": "{done:words}; the results sheet to sign is written again by:",
    "next.hidden": (
        "{count:row is|rows are} hidden in the sheet and left out, as asked. If they are to be paid, too, unhide them, "
        "save the sheet and run it again."
    ),
    "next.go_on": "go on with what is not sent yet, {count:row|rows} for {rupiah:money}:",
    "next.unknown_today": (
        "{count:row is|rows are} unknown: today before 23:50 WIB, have what is unknown sent once more; what the provider "
        "already has, it refuses:"
    ),
    "next.decide": (
        "{count:row is|rows are} new and go to numbers that this batch already paid: delete them, or, if they are meant "
        "besides, send them:"
    ),
    "next.duplicate": (
        "{count:row was|rows were} topped up already, or stood twice in the sheet: there is nothing to send."
    ),
    "next.pending": "{count:row is|rows are} pending: ask again later how it ended.",
    "next.unknown": (
        "{count:row is|rows are} unknown: ask the provider, fill in what it says (tab Ask provider of the results "
        "sheet), then have it read."
    ),
    "next.unknown_resend": (
        "Or, today before 23:50 WIB, have the unknown sent again: what the provider already has, it refuses."
    ),
    "next.accepted": (
        "{count:row is|rows are} held by the provider without an invoice: ask it for the invoice, fill it in (tab Ask "
        "provider of the results sheet), then have it read."
    ),
    "next.gagal": (
        "{count:row|rows} failed at the provider: correct what the results sheet says is wrong, then send again."
    ),
    "next.gagal_by_hand": (
        "{count:row|rows} failed at the provider or were closed by hand: correct what the results sheet says is wrong, then "
        "send again."
    ),
    "next.unsent": "{count:row is|rows are} not sent yet: go on.",
    "next.outdated": (
        "{count:row is|rows are} not sent yet, and the sheet was changed since it was approved: look at its plan, and have "
        "that one approved."
    ),
    "next.invalid": "{count:row was|rows were} held back: correct the sheet, save it and run it again.",
}

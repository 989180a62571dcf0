"""Whether all that a run needs is in order."""

from __future__ import annotations

WORDS: dict[str, str] = {
    "doctor.fine": "ok     ",
    "doctor.problem": "PROBLEM",
    "doctor.credentials": "user name and password",
    "doctor.prices": "provider",
    "doctor.clock": "clock, beside the provider's",
    "doctor.server_clock": "clock, beside the record's server",
    "doctor.ledger": "record of all top-ups",
    "doctor.account": "account",
    "doctor.rule_51": "second top-up of a day",
    "doctor.folder": "folder of the progress file",
    "doctor.disk": "disk",
    "doctor.credentials.fine": "there, for {username}",
    "doctor.prices.fine": "{address} takes them, and lists {count:product|products}",
    "doctor.clock.fine": "{seconds:second|seconds} apart",
    "doctor.clock.off": (
        "{seconds} seconds apart, so the two may mean different days; set this computer's clock, best by the internet"
    ),
    "doctor.clock.unknown": (
        "the provider states no time, so 'settle --resend' will refuse; check this computer's clock yourself"
    ),
    "doctor.ledger.fine": "{where} answers in {ms} ms",
    "doctor.ledger.file": "{where} can be read",
    "doctor.ledger.none": "{where} is not there yet; the first run makes it",
    "doctor.ledger.slow": (
        "{where} answers in {ms} ms only, which slows down every top-up; use a server that is nearer, or more --workers"
    ),
    "doctor.account.stopped": (
        "stopped for all desks since {at:date} (WIB) by {desk}; 'bulk-topup account show' says why, and 'bulk-topup account "
        "resume' lets them send again"
    ),
    "doctor.rule_51.fine": "the provider was seen to refuse it (51) on {day:date}",
    "doctor.rule_51.unseen": (
        "it was never seen that the provider refuses it (51), on which 'settle --resend' relies; 'bulk-topup doctor "
        "--prove-51 NUMBER --product CODE' tries it for the price of a small top-up"
    ),
    "doctor.rule_51.broken": (
        "the provider paid it on {day:date} instead of refusing it (51), so 'settle --resend' is barred; tell the provider"
    ),
    "doctor.folder.fine": "{folder} can be written to, and is on this computer's own disk",
    "doctor.folder.unwritable": "{folder} can't be written to ({why:words}); choose another one with --checkpoint",
    "doctor.disk.fine": "{free:number} MB are free where {folder} is",
    "doctor.disk.full": (
        "only {free:number} MB are free where {folder} is; make room, at least {least:number} MB: what was sent has to be "
        "written down"
    ),
    "doctor.next": "everything is in order; look at a sheet:",
    "doctor.next_make": "everything is in order; make a sheet to fill in, or check the one that you have:",
    "doctor.next_again": "put right what is marked as a problem, then look again:",
    "prove.ask": (
        "This tops up {number} with {product} for {price:money}, then asks for the very same once more, to see it refused "
        "(51). If the provider does not refuse, it costs {most:money}. Spend {price:money}?"
    ),
    "prove.spending": (
        "Topping up {number} with {product} for {price:money}, then asking for the very same once more, to see it "
        "refused (51). If the provider does not refuse, it costs {most:money}."
    ),
    "prove.no_product": "the price list has no product {product} that can be ordered; see 'bulk-topup prices --ready'",
    "prove.unwritable": "{path} can't be written ({why:words}); go to a folder that can be, and run the same command again",
    "prove.seen": "Proven: the provider refused the second top-up of {number} (51). 'settle --resend' may rely on it.",
    "prove.broken": (
        "The provider did NOT refuse the second top-up of {number}: it was paid twice. 'settle --resend' is barred for this "
        "account from now on. Tell the provider, and look up unknown rows by hand."
    ),
    "prove.unclear": (
        "Nothing is proven: the second request for {number} came to something else than a top-up or a refusal (51). Look "
        "the number up at the provider: it may have been paid twice."
    ),
    "prove.not_sent": (
        "Nothing is proven: the provider does not hold the first top-up of {number}, so it was not asked a second time."
    ),
    "prove.next": "see what became of the top-up:",
}

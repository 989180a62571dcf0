"""The plan, what is asked before it is sent, its approval by another person."""

from __future__ import annotations

WORDS: dict[str, str] = {
    "plan.address": "The provider's address is {address}, which is not its usual one.",
    "plan.title": "Plan for {file}{tab}",
    "plan.orders": "to send now",
    "plan.attempted": "sent before",
    "plan.open": "({finished:number} finished, {open:number} still open: {rows})",
    "plan.held": "held back",
    "plan.rows": "rows in the sheet",
    "plan.by_operator": "  To send now, by operator:",
    "plan.findings": "Row by row:",
    "plan.warned": "{count:row|rows} will be sent with a warning ({rows}):",
    "plan.code": "  plan code {code}",
    "plan.takes": "takes about {time} at {rate} a second",
    "plan.ask": "Send {count:top-up|top-ups} for {cost:money}?",
    "plan.ask_pilot": "Send {count:top-up|top-ups} for {cost:money}, the first {pilot:number} of them as a pilot?",
    "plan.sending": "Sending {count:top-up|top-ups} for {cost:money}.",
    "plan.sending_pilot": "Sending {count:top-up|top-ups} for {cost:money}, the first {pilot:number} of them as a pilot.",
    "plan.nothing": "  nothing to send",
    "plan.saved": "Plan saved as {path}",
    "plan.over_budget": (
        "the plan costs {cost:money}, with {before:money} spent before, and the budget is {budget:money}: 'run' would "
        "send nothing; raise --budget, or take rows out"
    ),
    "plan.unwritable": "The plan could not be saved as {path}: {why:words}. Choose another folder or name with --output.",
    "plan.tab": "Plan",
    "plan.tab_rehearsal": "Plan SANDBOX",
    "plan.row_order": "send",
    "plan.row_warned": "send, see the warning",
    "plan.row_attempted": "sent before",
    "plan.row_held": "held",
    "plan.more_findings": "  … and {count:number} more; 'bulk-topup check' shows all",
    "deposit.enough": "last known deposit {balance:money} ({moment:date} WIB, batch {batch})",
    "deposit.short": (
        "last known deposit {balance:money} ({moment:date} WIB, batch {batch}): {missing:money} short of this plan, so add "
        "that much first"
    ),
    "balance.short": (
        "The deposit is {balance:money}, and the rest of this plan costs {needed:money}: add {missing:money}. "
        "If it runs out, the run stops; the same command goes on."
    ),
    "budget.exceeded": (
        "the plan costs {cost:money}, with {before:money} spent before, and the budget is {budget:money}; "
        "nothing was sent: allow more with --budget, or take rows out of the sheet, then run it again"
    ),
    "overlap.seen": (
        "{paid:number} of {count:number} rows were paid by batch {batch} on {day:date}: is this the same payment once more?"
    ),
    "overlap.ask": "To pay all {count:number} rows, type their number:",
    "declined.no_terminal": "there is no terminal to ask on; nothing was sent: add --yes to send this plan",
    "declined.other_day": "midnight passed while the plan waited; nothing was sent: run the same command again",
    "declined.hidden": (
        "{file} has hidden or filtered rows that nobody sees in it ({rows}): say with --hidden include or --hidden skip "
        "whether they are to be paid, or unhide or delete them; nothing was sent"
    ),
    "declined.person": "nothing was sent",
    "declined.overlap": (
        "nothing was sent: --yes is not enough to pay again what another batch paid; if it is due, add --again"
    ),
    "pilot.title": "Pilot: the first {count:number} of {total:number} top-ups",
    "pilot.debits": "    debited {debited:money}; the price list says {listed:money}",
    "pilot.differs": "    row {row}: debited {debited:money}; the price list says {listed:money}",
    "pilot.more_differ": "    … and {count:number} more rows",
    "pilot.ask": "Send the other {count:top-up|top-ups} for {cost:money}?",
    "check.next_budget": "take rows out of the sheet, or allow {needed:money}, then look again:",
    "check.next_correct": "{count:row is|rows are} held back: correct the sheet, save it, then look again:",
    "check.next_held": "{count:row is|rows are} held back, {parts}: correct the sheet, save it, then look again:",
    "check.held_wrong": "{count:number} to correct",
    "check.held_twice": "{count:number} twice in the sheet",
    "check.held_paid": "{count:number} topped up already or still open",
    "check.held_decide": "{count:number} to decide about",
    "check.held_left_out": "{count:number} left out",
    "check.next_open": "{count:row is|rows are} still open: ask the provider how it ended:",
    "check.next_send": "send {count:top-up|top-ups} for {cost:money}; it asks once more before it does:",
    "check.next_nothing": "nothing is left to send; see what became of the rows:",
    "check.next_paid": "nothing is left to send: all that was sent, {count:row|rows}, is paid. The results are in {path}.",
    "approval.how": "or have it approved, and pass on to whoever sends it, with the approver's name for NAME:",
    "approval.holds": "Approved by {by}, plan code {code}: {count:number} top-ups for {cost:money} are sent.",
    "approval.no_code": (
        "{given} is not a plan code, which has 16 letters and digits, as K7QF-2MXA-9TRB-C4WD; type it as it was "
        "passed on"
    ),
    "approval.missing": (
        "nothing was sent: no plan with the code {plan} was checked here (there is no {path}); look at the code "
        "again, or run 'bulk-topup check' here and have the code that it shows approved"
    ),
    "approval.altered": (
        "nothing was sent: what is kept of the plan {plan} was altered since it was checked; run 'bulk-topup check' "
        "again and have its code approved"
    ),
    "approval.too_old": (
        "nothing was sent: the plan {plan} was checked on {day:date}, and an approval is good for {days} days from then; "
        "run 'bulk-topup check' again and have its code approved"
    ),
    "approval.differs": (
        "nothing was sent: this is not the plan that was approved as {plan}, the changes stand above; undo them, or "
        "run 'bulk-topup check' again and have its code approved"
    ),
    "approval.unwritable": (
        "this plan can't be approved from here, because {path} can't be written ({why:words}); make room, or check the "
        "sheet in a folder where you may save files"
    ),
    "approval.account": "the account was {before}, and is {now} now",
    "approval.base_url": "the provider's address was {before}, and is {now} now",
    "approval.file": "the file was {before}, and is {now} now",
    "approval.tab": 'the tab was "{before}", and is "{now}" now',
    "approval.month": "the month was {before:date}, and is {now:date} now",
    "approval.follows": (
        "the approved plan is for another batch of this sheet than the one that would be paid now; if that one is "
        "meant, leave out --new-batch"
    ),
    "approval.budget": "the budget was {before:money}, and is {now:money} now",
    "approval.budget_new": "there was no budget, and it is {now:money} now",
    "approval.budget_gone": "the budget was {before:money}, and there is none now",
    "approval.overlap": "{rows:number} rows were paid by batch {batch} on {day:date}, which is not in the approved plan",
    "approval.product": "row {row}: {number} was {product}, and is {product_now} now",
    "approval.number": "row {row}: {product} was for {number}, and is for {number_now} now",
    "approval.nth": "row {row}: {number} was top-up {nth} of the day, and is top-up {nth_now} now",
    "approval.changed": "row {row}: was {product} for {number}, and is {product_now} for {number_now} now",
    "approval.changed_many": "{count:number} rows were changed: {rows}",
    "approval.new": "row {row} is new: {product} for {number}",
    "approval.new_many": "{count:number} rows are new: {rows}",
    "approval.gone": "row {row} is gone: {product} for {number}",
    "approval.gone_many": "{count:number} rows are gone: {rows}",
    "approval.held": "row {row} is held back now: {why}",
    "approval.held_many": "{count:number} rows are held back now: {rows}",
    "approval.moved": "row {before} is row {row} now: {number}",
    "approval.moved_many": "{count:number} rows have moved in the sheet, and are now {rows}",
    "approval.used": (
        "nothing was sent: plan {plan} was approved for batch {batch} and sent on {day:date}; if the same is due once more, "
        "run check again and have that plan approved"
    ),
    "approval.again": "row {row} failed or was closed by hand, and would be sent once more: {product} for {number}",
    "approval.again_many": "{count:number} rows failed or were closed by hand, and would be sent once more: {rows}",
    "approval.price": "{rows}: {product} costs {now:money}, approved {before:money}",
}

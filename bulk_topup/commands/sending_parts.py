"""Sends a plan, whole or with a pilot first, and polls pending top-ups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bulk_topup.commands.halts import keep_halt, then_poll
from bulk_topup.core.clock import SystemClock
from bulk_topup.core.errors import Declined
from bulk_topup.core.model import Halt
from bulk_topup.report.screen.tally import pilot_report
from bulk_topup.rules import pilot
from bulk_topup.sending.waves import send_waves

if TYPE_CHECKING:
    from bulk_topup.commands.terminal import Terminal
    from bulk_topup.record.checkpoint import Checkpoint
    from bulk_topup.rules.plan import Plan
    from bulk_topup.sending.job import Job
    from bulk_topup.sending.session import Tools


def send_in_parts(
    job: Job, tools: Tools, plan: Plan, checkpoint: Checkpoint, terminal: Terminal
) -> Halt | None:
    """With a pilot, its first orders, then the rest once it is confirmed. Returns why it stopped early."""
    limit = checkpoint.committed() + plan.cost
    if job.pilot is None or job.pilot >= len(plan.orders):
        return send_and_settle(job, tools, plan, checkpoint, terminal, limit)
    # Identifies earlier answers by themselves, not by a clock that can be set back.
    before = {tuple(answer.values()) for answer in checkpoint.debits()}
    first = plan.first(job.pilot)
    halt = send_and_settle(job, tools, first, checkpoint, terminal, limit)
    answers = [answer for answer in checkpoint.debits() if tuple(answer.values()) not in before]
    seen = pilot.seen(first.orders, checkpoint.known(), answers)
    terminal.report(pilot_report(seen, len(plan.orders)))
    rest = plan.without_first(job.pilot)
    halt = halt or rest_held_back(job, seen, rest, terminal, tools.clock)
    return halt or send_and_settle(job, tools, rest, checkpoint, terminal, limit)


def rest_held_back(
    job: Job, seen: pilot.Pilot, rest: Plan, terminal: Terminal, clock: SystemClock
) -> Halt | None:
    """Why the orders after the pilot are not sent, or None if they may be sent."""
    if job.yes or job.approval is not None:
        return None if seen.is_flawless else Halt("halt.pilot")
    try:
        terminal.ask_for_rest(len(rest.orders), rest.cost)
    except Declined:
        return Halt("halt.pilot_only")
    except KeyboardInterrupt:
        return Halt("halt.interrupted")
    return None if clock.now().date() == rest.day else Halt("halt.other_day")


def send_and_settle(
    job: Job, tools: Tools, plan: Plan, checkpoint: Checkpoint, terminal: Terminal, limit: int
) -> Halt | None:
    """Returns why it stopped early, if it did; `limit` is the most rupiah that the batch may have cost."""
    with (
        terminal.interruptible(tools.clock),
        terminal.progress(len(plan.orders), tools.clock, job.connection.rate_per_s) as watcher,
    ):

        def send() -> Halt | None:
            halt = send_waves(
                plan, checkpoint, tools, watcher, workers=job.workers, wait_s=job.wait_s, limit=limit
            )
            terminal.halted(halt)
            keep_halt(checkpoint, halt, tools.clock)  # Before polling, which takes minutes.
            return halt

        return then_poll(send, job, tools, checkpoint, watcher)

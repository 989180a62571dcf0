"""`settle`: asks what became of open top-ups; with `--resend`, sends unknown ones again under rule 51."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from bulk_topup.commands.exit_codes import command
from bulk_topup.commands.job_options import job_of
from bulk_topup.commands.options import BUDGET, EVENTS, NEW_ADDRESS, OUTPUT, PROVIDER, SHEET, WAIT, YES_OPTION
from bulk_topup.core import clock
from bulk_topup.core.clock import SystemClock
from bulk_topup.core.errors import Declined, Exit
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from bulk_topup.commands.terminal import Terminal
    from bulk_topup.core.model import Halt
    from bulk_topup.record.checkpoint import Checkpoint
    from bulk_topup.sending.job import Job
    from bulk_topup.sending.session import Tools


@command
@SHEET
@OUTPUT
@PROVIDER
@NEW_ADDRESS
@WAIT
@click.option(
    "--resend", is_flag=True, help="Send today's unknown top-ups again, protected by the one-a-day rule."
)
@BUDGET
@YES_OPTION
@EVENTS
def settle(terminal: Terminal, **options: Any) -> Exit:
    """Ask what became of pending top-ups.

    \b
    Example:  bulk-topup settle payroll_bonus.xlsx
    """
    from bulk_topup.report import results_workbook  # noqa: F401  (as for `run`)

    return settle_batch(job_of(options), terminal, clock.SystemClock())


def settle_batch(job: Job, terminal: Terminal, clock: SystemClock) -> Exit:
    from bulk_topup.commands.conclusion import conclude, once_sent
    from bulk_topup.commands.halts import interruption, out_of_reach
    from bulk_topup.commands.planning import existing_batch, new_address, sent_elsewhere
    from bulk_topup.record.paths import who
    from bulk_topup.sending import poll

    with existing_batch(job, terminal, clock, puts_back=not job.resend) as (tools, checkpoint):
        terminal.tell(*new_address(tools, checkpoint), *sent_elsewhere(tools, checkpoint))
        with terminal.interruptible(clock), terminal.progress(0, clock, job.connection.rate_per_s) as watcher:
            asked = len(poll.invoices_to_ask(checkpoint, tools))
            checkpoint.note(clock.now(), who(), "settle", note=f"{asked} to ask after")
            watcher.waiting(asked, job.wait_s)
            silence = poll.poll(checkpoint, tools, wait_s=job.wait_s, watcher=watcher)
        halt = None if silence is None else out_of_reach(silence, tools)
        if job.resend and halt is None and not clock.stop.is_set():
            try:
                halt = resend_unknown(job, tools, checkpoint, terminal)
            except Declined:
                conclude(job, checkpoint, terminal, None, tools, clock=clock)
                raise
        with once_sent(job.resend), terminal.interruptible(clock):
            return conclude(job, checkpoint, terminal, halt or interruption(clock), tools, clock=clock)


def assert_rule_51(tools: Tools, terminal: Terminal) -> None:
    """Warn unless the provider has been seen to answer 51. Raises Declined if it was seen to pay instead."""
    seen = tools.ledger.rule_51()
    if seen is None:
        terminal.warn(say.text("resend.unproven"))
    elif not seen.holds:
        raise Declined("resend.disproven", day=seen.day)


def resend_unknown(job: Job, tools: Tools, checkpoint: Checkpoint, terminal: Terminal) -> Halt | None:
    """Send unknown orders once more, under the guards of `sending.resend`; asks first."""
    from bulk_topup.commands.halts import assert_not_stopped, then_poll
    from bulk_topup.commands.planning import assert_within_budget, new_address
    from bulk_topup.record.paths import who
    from bulk_topup.report.screen.rows import not_resent_report
    from bulk_topup.sending.resend import resend, resendable

    if moved := new_address(tools, checkpoint):
        raise Declined("resend.new_address", **moved[0].facts)
    prices = tools.provider.price_list()  # With a Date header: the clocks must agree now, too.
    found = resendable(checkpoint, tools, prices)
    terminal.report(not_resent_report(found.held))
    if not found.orders:
        return None
    assert_not_stopped(tools, terminal)
    assert_rule_51(tools, terminal)
    # Their cost already counts as spent, so sending them again adds nothing.
    assert_within_budget(0, checkpoint, job.budget)
    terminal.ask_to_resend([open_.order for open_ in found.orders], yes=job.yes)
    checkpoint.note(tools.clock.now(), who(), "resend", note=f"{len(found.orders)} orders")
    with (
        terminal.interruptible(tools.clock),
        terminal.progress(len(found.orders), tools.clock, job.connection.rate_per_s) as watcher,
    ):

        def send() -> Halt | None:
            return resend(found, checkpoint, tools, watcher, job.budget, job.source.path.stem)

        return then_poll(send, job, tools, checkpoint, watcher)

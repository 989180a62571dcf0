"""Tests whether this account answers 51 to a repeat, with one small top-up sent twice.

The first is an ordinary batch of one row, with plan, claim, durable attempt and results. Only if the provider
has it is it sent a second time, under the same claim.
"""

from __future__ import annotations

import csv
from dataclasses import replace

from bulk_topup.commands import conclusion, planning
from bulk_topup.commands.job_options import Setup
from bulk_topup.commands.prices import live_prices
from bulk_topup.commands.run import run_batch
from bulk_topup.commands.terminal import Terminal
from bulk_topup.core.clock import SystemClock, wib_day
from bulk_topup.core.errors import Exit, InputError, StorageFailed
from bulk_topup.core.model import Kind, Outcome, Source
from bulk_topup.core.os_errors import cause_of
from bulk_topup.core.shell import path_argument
from bulk_topup.record.ledger.shared import Rule51
from bulk_topup.record.paths import files_of, who
from bulk_topup.record.tally import tally
from bulk_topup.report.screen.ledger import rule_51_report
from bulk_topup.report.sent_to import national
from bulk_topup.sending.job import Job
from bulk_topup.sending.repeat import repeat
from bulk_topup.sheet import reading

PROOF_HEADER = ("No HP", "Kode Produk")


def prove_51(
    setup: Setup, number: str, product: str, terminal: Terminal, clock: SystemClock, *, yes: bool
) -> Exit:
    """Raises Declined if a person says no, InputError for a number or product that can't be ordered."""
    number = national(number)
    prices, _ = live_prices(setup.connection, clock)
    listed = prices.get(product.upper()) or prices.get(product)
    if listed is None or not listed.price:
        raise InputError("prove.no_product", product=product)
    facts = {"number": number, "product": listed.code, "price": listed.price, "most": 2 * listed.price}
    terminal.ask_to_spend(facts, yes=yes)
    job = _job(setup, number, listed.code, clock)
    with reading(job.source.path) as arriving:
        first = run_batch(job, arriving, terminal, clock)
    if first in {Exit.STOPPED, Exit.INTERRUPTED}:
        return first
    outcome = _sent_again(job, terminal, clock)
    code = "prove.not_sent" if outcome is None else _CODES.get(outcome.kind, "prove.unclear")
    terminal.result(rule_51_report(code, number))
    terminal.suggest("prove.next", "status", path_argument(job.source.path))
    return Exit.OK if code == "prove.seen" else Exit.NOT_ALL_PAID


_CODES = {Kind.EXISTS: "prove.seen", Kind.SUKSES: "prove.broken", Kind.PENDING: "prove.broken"}


def _job(setup: Setup, number: str, product: str, clock: SystemClock) -> Job:
    """A sheet of one row, under its own name. Raises StorageFailed if it can't be written."""
    path = setup.folder / f"prove-51-{clock.now():%Y-%m-%d-%H%M%S}.csv"
    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([PROOF_HEADER, (number, product)])
    except OSError as error:
        raise StorageFailed("prove.unwritable", path=path, why=cause_of(error)) from None
    source = Source(path)
    files = replace(files_of(source, sandbox=setup.connection.sandbox), ledger=setup.ledger)
    return Job(source, files, setup.connection, yes=True, wait_s=30.0)


def _sent_again(job: Job, terminal: Terminal, clock: SystemClock) -> Outcome | None:
    """None if the provider does not have the first one, so that no repeat was sent."""
    with planning.existing_batch(job, terminal, clock) as (tools, checkpoint):
        order = checkpoint.held_order()
        if order is None:
            return None
        checkpoint.note(clock.now(), who(), "prove 51", note="the same top-up once more")
        with terminal.interruptible(clock), terminal.progress(1, clock, job.connection.rate_per_s) as watcher:
            outcome = repeat(order, checkpoint, tools, watcher, job.source.path.stem)
        if outcome is not None and outcome.kind in _CODES:
            day = wib_day(tools.clock.now()).isoformat()
            tools.ledger.keep_rule_51(Rule51(day, holds=outcome.kind is Kind.EXISTS))
            conclusion.keep_in_history(checkpoint, tally(checkpoint), tools)
        return outcome

"""From a sheet to its plan: read, compare with what the batch knows, check, budget."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bulk_topup.commands.credentials import credentials
from bulk_topup.commands.job_options import UNITS
from bulk_topup.core.clock import SKEW_LIMIT_S, SystemClock
from bulk_topup.core.errors import Declined
from bulk_topup.core.model import Deposit, Notice, Sheet
from bulk_topup.core.row_names import TAB_ROWS, row_name
from bulk_topup.provider.address import DEFAULT_BASE_URL, REHEARSAL_URL
from bulk_topup.record import batches, reconcile
from bulk_topup.record.ledger.identity import restored
from bulk_topup.record.lock import only_run
from bulk_topup.report.screen.duration import time_report
from bulk_topup.report.screen.plan import deposit_report, plan_report
from bulk_topup.report.screen.sheet import read_report
from bulk_topup.report.words import say
from bulk_topup.rules import approval, checks, duplicates, orders, product_choice, resume
from bulk_topup.rules.interpretation import as_meant
from bulk_topup.rules.plan import Plan, make
from bulk_topup.rules.rows import assert_header, small_amount, understand
from bulk_topup.sheet.file_names import open_elsewhere

if TYPE_CHECKING:
    import pandas as pd

    from bulk_topup.commands.terminal import Terminal
    from bulk_topup.record.checkpoint import Checkpoint
    from bulk_topup.sending.job import Job
    from bulk_topup.sending.session import Tools
    from bulk_topup.sheet import Arriving

BATCHES_ASKED = 5
"""How many of the latest batches are searched for the last known deposit."""


def read_rows(
    job: Job, arriving: Arriving, terminal: Terminal, checkpoint: Checkpoint | None = None
) -> Sheet:
    """The sheet; its `hidden` rows are those to leave out. What a person said for this batch is not asked
    again."""
    source, sheet = job.source, as_meant(arriving())
    assert_header(sheet)
    say.name_tabs(sheet.tabs)
    terminal.report(read_report(sheet))
    is_open = [Notice("sheet.open_now", {"file": sheet.path.name})] if open_elsewhere(sheet.path) else []
    terminal.tell(*sheet.notices, *is_open)
    if (
        sheet.hidden
        and (source.hidden or terminal.ask_hidden(sheet.path.name, sorted(sheet.hidden))) == "include"
    ):
        sheet = replace(sheet, hidden=frozenset())
    said = "" if checkpoint is None or job.wishes.new_batch else checkpoint.fact("unit")
    unit = job.wishes.unit or (int(said) if said else _unit_of(sheet, terminal))
    return replace(sheet, unit=unit)


def _unit_of(sheet: Sheet, terminal: Terminal) -> int | None:
    """Rupiah per unit in a column of small amounts, or None if nobody can be asked."""
    small = small_amount(sheet)
    return terminal.ask_unit(**small) if small else None


def with_answers(job: Job, sheet: Sheet) -> Job:
    """What a person answered, for the commands that are shown to go on with the same plan."""
    if sheet.unit is None or job.wishes.unit:
        return job
    word = next(word for word, unit in UNITS.items() if unit == sheet.unit)
    return replace(job, typed=f"{job.typed} --amounts {word}".strip())


@contextmanager
def existing_batch(
    job: Job, terminal: Terminal, clock: SystemClock, *, puts_back: bool = False
) -> Iterator[tuple[Tools, Checkpoint]]:
    """A batch that was run before, for this command alone, with its top-ups in the ledger."""
    from bulk_topup.sending.batch import existing_checkpoint
    from bulk_topup.sending.session import tools_of

    with (
        only_run(job.files, clock.now(), rehearsal=job.connection.sandbox),
        tools_of(job, credentials(job.connection), clock) as tools,
        existing_checkpoint(job, tools) as checkpoint,
    ):
        say.name_tabs(checkpoint.tabs)
        bring_ledger_up_to_date(checkpoint, tools, terminal, puts_back=puts_back)
        yield tools, checkpoint


def bring_ledger_up_to_date(
    checkpoint: Checkpoint, tools: Tools, terminal: Terminal, *, puts_back: bool = False
) -> None:
    """Done before anything is sent. Raises Declined if the record lacks some of this batch's top-ups, unless
    the command `puts_back` what was lost: other batches' are missing as well.

    If they had once been on a server, it was restored from an older copy: that stops every computer.
    """
    was_told = checkpoint.fact("record") == tools.ledger.place
    stop = restored(tools.desk, tools.clock.now()) if was_told and tools.ledger.is_server else None
    may_lack = puts_back or stop is not None or checkpoint.is_rehearsal
    count = reconcile.bring_ledger_up_to_date(checkpoint, tools.ledger, stop, may_lack=may_lack)
    if count:
        terminal.tell(Notice("ledger.put_back", {"count": str(count), "where": tools.ledger.place}))


def make_plan(
    job: Job, tools: Tools, sheet: Sheet, checkpoint: Checkpoint | None, known: orders.Known
) -> tuple[Plan, bool]:
    """The plan, and whether it starts a new batch. Raises InputError for the checkpoint of another tab."""
    if checkpoint is not None:
        checkpoint.assert_identity({"tab": sheet.tab})
    prices = tools.provider.price_list()
    today = tools.clock.now().date()
    rows = understand(sheet, prices)
    starts_new = resume.must_be_new(known, lambda: resume.content_of(rows), today, job.wishes)
    follows = "" if checkpoint is None else checkpoint.batch_id if starts_new else checkpoint.fact("follows")
    before = [] if checkpoint is None else [one.doubts() for one in reconcile.batches_before(checkpoint)]
    if starts_new:
        before.append({"turned_away": known.turned_away, "closed": known.closed})
        known, checkpoint = orders.Known(), None
    known = orders.with_doubts(known, before, today - timedelta(days=resume.LATELY_DAYS))
    rows = product_choice.with_products(rows, prices, known, job.fixed)
    batch_id = checkpoint.batch_id if checkpoint else ""
    beside = batches.of_sheet(job.source.path, sandbox=job.connection.sandbox)
    # Before those paid: what is open now may be paid a moment later.
    elsewhere = tools.ledger.elsewhere(batch_id, known.started or today)
    recent = tools.ledger.paid_since(batch_id, today - timedelta(days=job.overlap_days))
    # A copy of the sheet on another desk has its name alone.
    called_so = recent["batch"][recent["batch_name"] == job.source.path.stem]
    past = duplicates.Past(
        known,
        _called(elsewhere, tools),
        _called(recent, tools),
        frozenset({*(one.batch_id for one in beside), *called_so}),
    )
    identity = approval.Identity(tools.account, tools.base_url, sheet.tab, f"{today:%Y-%m}", follows)
    plan = make(
        rows,
        lambda those: checks.findings(those, prices),
        past,
        job.wishes,
        identity,
        job.budget,
        today,
    )
    if not starts_new:
        resume.assert_not_finished(known, len(plan.orders), today, job.wishes)
    if len(plan.orders):
        batches.assert_remembered(known.started, tools.ledger.forgotten_before())
    return plan, starts_new


def _called(claims: pd.DataFrame, tools: Tools) -> pd.DataFrame:
    """With other batches' rows called by their own tabs, where several are one sheet."""
    of_tabs = claims[claims["row"] >= TAB_ROWS]
    if of_tabs.empty:
        return claims
    tabs = {batch: batches.tabs_of(tools.ledger.entry(batch)) for batch in of_tabs["batch"].unique()}
    names = [row_name(row, tabs[batch]) for row, batch in zip(of_tabs["row"], of_tabs["batch"], strict=True)]
    rows = claims["row"].astype(object)
    rows[of_tabs.index] = names
    return claims.assign(row=rows)


def show_plan(
    job: Job,
    tools: Tools,
    plan: Plan,
    deposit: Deposit | None,
    terminal: Terminal,
    *,
    every_finding: bool = False,
) -> None:
    address = "" if tools.base_url in {DEFAULT_BASE_URL, REHEARSAL_URL} else tools.base_url
    terminal.result(
        plan_report(plan, address=address, every_finding=every_finding, with_facts=terminal.as_json)
    )
    terminal.report(deposit_report(deposit, plan.cost))
    terminal.report(time_report(len(plan.orders), job.connection.rate_per_s))


def clock_notices(tools: Tools) -> list[Notice]:
    """A notice if our clock is far from the provider's.

    `run` does not stop for it: the provider's clock may be the wrong one, and each attempt records the
    difference, so a row that becomes unknown is not sent again.
    """
    _, skew_s = tools.now_and_skew_s()
    if skew_s is None or abs(skew_s) <= SKEW_LIMIT_S:
        return []
    return [Notice("provider.other_time", {"off_s": str(round(-skew_s))})]


def new_address(tools: Tools, checkpoint: Checkpoint | None) -> list[Notice]:
    """A notice if neither the record nor this batch has ever used this account at the current address."""
    seen = list(tools.ledger.addresses())
    if checkpoint is not None and (own := checkpoint.fact("base_url")) not in {"", *seen}:
        seen.insert(0, own)
    if not seen or tools.base_url in seen:
        return []
    return [Notice("address.new", {"mine": tools.base_url, "last": seen[-1], "account": tools.account})]


def sent_elsewhere(tools: Tools, checkpoint: Checkpoint | None) -> list[Notice]:
    """Of open top-ups that were sent to other addresses, the only ones where they can be looked up."""
    invoices = [] if checkpoint is None else checkpoint.open_invoices()
    counts = Counter(one.base_url for one in invoices if not tools.asks(one.base_url))
    return [
        Notice("address.elsewhere", {"count": str(count), "address": address, "mine": tools.base_url})
        for address, count in counts.items()
    ]


def assert_as_expected(job: Job, plan: Plan) -> None:
    """Raises Declined unless the plan, including what was sent before, matches the control totals."""
    for code, expected, name in (
        ("totals.people", job.expected_people, "people"),
        ("totals.nominal", job.expected_nominal, "nominal"),
    ):
        if expected is not None and (found := getattr(plan, name)) != expected:
            raise Declined(code, expected=expected, found=found, held=len(plan.held))


def assert_within_budget(cost: int, checkpoint: Checkpoint | None, budget: int | None) -> None:
    excess = over_budget(cost, checkpoint, budget)
    if excess is not None:
        raise Declined("budget.exceeded", **excess)


def whole_cost(plan: Plan, checkpoint: Checkpoint | None) -> int:
    """Of the whole batch, in rupiah: what was sent before counts also where its row has left the sheet."""
    return max(plan.document.cost, plan.cost + (0 if checkpoint is None else checkpoint.committed()))


def over_budget(cost: int, checkpoint: Checkpoint | None, budget: int | None) -> dict[str, int] | None:
    """`cost`, what was spent `before`, and the `budget` if it is exceeded, else None.

    The budget is for the whole batch: what earlier runs spent, or may have spent, counts.
    """
    if budget is None:
        return None
    before = 0 if checkpoint is None else checkpoint.committed()
    if before + cost <= budget:
        return None
    return {"cost": cost, "before": before, "budget": budget}

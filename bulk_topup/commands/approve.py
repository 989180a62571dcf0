"""`approve`: an approver looks at a plan that `check` kept, and signs it or rejects it. Sends nothing.

Without the provider and its password, and without the ledger: the plan says what the sheet has to give.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bulk_topup.commands.exit_codes import command
from bulk_topup.commands.job_options import job_of
from bulk_topup.commands.options import AMOUNTS, COLUMNS, PATH, SHEET, TOTALS
from bulk_topup.core import clock
from bulk_topup.core.errors import Declined, Exit, InputError
from bulk_topup.core.shell import path_argument
from bulk_topup.report.words import say

if TYPE_CHECKING:
    import pandas as pd

    from bulk_topup.commands.terminal import Terminal
    from bulk_topup.core.model import Sheet
    from bulk_topup.rules.signing import Statement
    from bulk_topup.sending.job import Job


@command
@SHEET
@COLUMNS
@AMOUNTS
@TOTALS
@click.option("--plan", metavar="CODE", help="Which plan, if several were checked.")
@click.option("--key", type=PATH, metavar="FILE", help="The approver's key file, if not this user's own key.")
@click.option("--reject", metavar="REASON", help="Sign that this plan is not to be sent.")
@click.option("--sandbox", is_flag=True, help="Approve a rehearsal.")
def approve(
    terminal: Terminal,
    plan: str | None,
    key: Path | None,
    reject: str | None,
    **options: Any,
) -> Exit:
    """Approve by your own key a plan that was checked; send nothing.

    Asks for the number of people and the sum of all nominals, then for your key's passphrase.

    \b
    Example:  bulk-topup approve payroll_bonus.xlsx
    """
    from bulk_topup.commands.sheet_reading import reading_of

    job = job_of(options)
    job = replace(job, source=replace(job.source, hidden="include"))  # whether they go, the plan says
    with reading_of(job, terminal, sends=False) as arriving:
        from bulk_topup.commands.planning import read_rows

        sheet = read_rows(job, arriving, terminal)
    now = clock.SystemClock().now()
    return approve_plan(job, sheet, plan, key, reject, terminal, now)


def approve_plan(
    job: Job,
    sheet: Sheet,
    code: str | None,
    key_file: Path | None,
    reject: str | None,
    terminal: Terminal,
    now: datetime,
) -> Exit:
    """Show the plan, have its totals typed, sign it into a file beside the sheet."""
    from bulk_topup.commands.keys import chosen_key, private_of
    from bulk_topup.record.approvals import keep_approval, plans_to_approve
    from bulk_topup.record.paths import who
    from bulk_topup.report.screen.approval import signed_report, to_approve_report
    from bulk_topup.rules import approval, signing
    from bulk_topup.sending.batch import head_to_sign

    plans = plans_to_approve(job.files, approval.code_given(code) if code else None, now.date())
    kept, orders = _given_by(sheet, plans)
    first_line, _, lines = kept.partition(b"\n")
    document = approval.Document.decode(lines)
    statement = signing.Statement(
        plan=approval.code_of([lines]),
        digest=signing.digest_of(kept),
        account=str(document.facts["account"]),
        people=int(orders["number"].nunique()),
        nominal=int(orders["nominal"].sum()),
        cost=document.cost,
        checked=approval.checked_on(first_line).isoformat(),
        at=now.isoformat(),
        key="",
        name="",
        user=who(),
        rejected=" ".join((reject or "").split()),
        trail=head_to_sign(job, document),
    )
    terminal.result(to_approve_report(document, statement))
    key = chosen_key(key_file)
    statement = replace(statement, key=key.id, name=key.name)
    if not statement.rejected:
        _assert_totals(job, statement, terminal)
    signed = signing.signed_by(private_of(key), statement, kept)
    path = keep_approval(job.files, signed, job.source.path)
    terminal.report(signed_report(statement, path))
    if not statement.rejected:
        approved = f"--approve {statement.plan}"
        terminal.suggest("approve.next", "run", path_argument(job.source.path), approved)
    return Exit.OK


def _given_by(sheet: Sheet, plans: Mapping[str, bytes]) -> tuple[bytes, pd.DataFrame]:
    """The kept plan that this sheet gives, and its orders. Raises InputError where it is none, or several."""
    from bulk_topup.rules.kept_orders import orders_given

    fitting, wrong = {}, InputError("signed.no_plan", folder=sheet.path.parent)
    for code, kept in plans.items():
        try:
            fitting[code] = kept, orders_given(sheet, kept)
        except InputError as problem:
            wrong = problem
    if len(fitting) > 1:
        raise InputError("signed.several_plans", codes=", ".join(fitting))
    for found in fitting.values():
        return found
    raise wrong


def _assert_totals(job: Job, statement: Statement, terminal: Terminal) -> None:
    """Raises Declined where the approver counts another number of people, or another sum."""
    for expected, found, question, problem in (
        (job.expected_people, statement.people, "approve.ask_people", "approve.people_differ"),
        (job.expected_nominal, statement.nominal, "approve.ask_nominal", "approve.nominal_differ"),
    ):
        typed = terminal.ask_total(say.text(question)) if expected is None else expected
        if typed != found:
            raise Declined(problem, typed=typed)

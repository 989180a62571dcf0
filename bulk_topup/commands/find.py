"""`find`: shows everything ever sent to a number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bulk_topup.commands import next_steps
from bulk_topup.commands.exit_codes import command
from bulk_topup.commands.job_options import connection_of, ledger_of
from bulk_topup.commands.options import PATH, PROVIDER
from bulk_topup.core import clock
from bulk_topup.core.clock import Clock
from bulk_topup.core.errors import Exit, InputError
from bulk_topup.core.languages import INDONESIAN
from bulk_topup.report.screen.report import saved_report
from bulk_topup.report.words import translation

if TYPE_CHECKING:
    from bulk_topup.commands.terminal import Terminal
    from bulk_topup.provider.address import Connection
    from bulk_topup.record.ledger.register import Register
    from bulk_topup.report.sent_to import PersonRecord, Sent


@command
@click.argument("number")
@PROVIDER
@click.option("--offline", is_flag=True, help="Do not ask the provider.")
@click.option("--complaint", is_flag=True, help="Print a text for the provider's hotline (Indonesian).")
@click.option("--output", type=PATH, metavar="FILE", help="Also save all that is kept (a new .xlsx file).")
def find(
    terminal: Terminal, number: str, offline: bool, complaint: bool, output: Path | None, **options: Any
) -> Exit:
    """Show everything ever sent to NUMBER, or to the person of a name, and what to tell them.

    \b
    Example:  bulk-topup find 081234567890
    """
    ledger = ledger_of(options)
    asked = connection_of(options), ledger, terminal, clock.SystemClock(), number
    return find_number(*asked, offline=offline, complaint=complaint, output=output)


SANDBOX_STATE = Path("sandbox.provider.db")


def find_number(
    connection: Connection,
    ledger: str,
    terminal: Terminal,
    clock: Clock,
    text: str,
    *,
    offline: bool,
    complaint: bool = False,
    output: Path | None = None,
) -> Exit:
    """With `complaint`, only the text for the provider; `output` is a new workbook for all that is kept."""
    from bulk_topup.record import paths
    from bulk_topup.record.ledger.address import shown
    from bulk_topup.record.ledger.register import register_of
    from bulk_topup.report import sent_to
    from bulk_topup.report.screen import person

    if output is not None:
        paths.assert_new(output, [".xlsx"])
    with closing(register_of(ledger)) as register:
        people = _people(text, register)
        if len({number for _, number in people}) > 1:
            terminal.result(person.people_report(people))
            return Exit.NOT_ALL_PAID
        number = next((number for _, number in people), "") or sent_to.national(text)
        found = sent_to.look_up(number, register)
    if not offline and any(one.invoice for one in found.sent):
        found = replace(found, sent=_asked(found, connection, ledger, terminal, clock))
    if complaint:
        with translation.briefly(INDONESIAN.code):
            letter = person.complaint_report(found)
        if letter.lines:
            terminal.report(letter)
            return found.exit_code()
    now = clock.now()
    if output is not None:
        from bulk_topup.report.person_workbook import write_person

        write_person(output, found, rehearsal=terminal.rehearsal, tell=terminal.tell)
    one = person.what_counts(found, now)
    told = person.told(one, number, now)
    terminal.result(person.person_report(found, told, shown(ledger)))
    if output is not None:
        terminal.report(saved_report("find.saved", output, "output"))
    terminal.next([next_steps.with_found(terminal.typed, number, *person.next_step_of(one, now))])
    return found.exit_code()


def _people(text: str, register: Register) -> Mapping[tuple[str, str], Sequence[str]]:
    """Who has that name, by name and number; nobody where it is a number. Raises InputError for neither."""
    from bulk_topup.report import sent_to

    if not any(map(str.isalpha, text)):
        return {}
    people = sent_to.people_named(text, register)
    if not people:
        raise InputError("find.nobody", text=text)
    return people


def _asked(
    found: PersonRecord, connection: Connection, ledger: str, terminal: Terminal, clock: Clock
) -> tuple[Sent, ...]:
    """The rows with the provider's current answer; unchanged, with a notice, if it can't be asked."""
    from bulk_topup.commands.credentials import credentials
    from bulk_topup.core.model import account_of
    from bulk_topup.provider.address import REHEARSAL_URL
    from bulk_topup.record.ledger.address import ledger_url
    from bulk_topup.record.ledger.shared import Account
    from bulk_topup.report.screen import person
    from bulk_topup.sending.connect import provider_of
    from bulk_topup.sending.session import pace_of

    try:
        username, password = credentials(connection)
        with provider_of(connection, username, password, clock, SANDBOX_STATE) as provider:
            account = account_of(username)
            base_url = REHEARSAL_URL if connection.sandbox else provider.base_url
            with closing(Account(ledger_url(ledger), account=account, base_url=base_url)) as shared:
                pace = pace_of(shared, connection.rate_per_s, clock)
                return person.ask_provider(found.sent, found.number, provider, account, pace)
    except InputError as problem:
        terminal.result(person.not_asked_report(problem))
        return found.sent

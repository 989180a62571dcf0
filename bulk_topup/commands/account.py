"""`account`: shows whether the account is stopped on all computers, or lets them send again."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import click

from bulk_topup.commands.exit_codes import command
from bulk_topup.commands.job_options import connection_of, ledger_of
from bulk_topup.commands.options import option
from bulk_topup.commands.terminal import Terminal
from bulk_topup.core import clock
from bulk_topup.core.errors import Exit, InputError


@command
@click.argument("action", type=click.Choice(["show", "resume"]))
@option("--base-url", metavar="URL", help="The provider's address.")
def account(terminal: Terminal, action: str, **options: Any) -> Exit:
    """Show whether the account is stopped on all computers, or let them send again.

    \b
    Example:  bulk-topup account resume
    """
    from bulk_topup.commands.credentials import username_of
    from bulk_topup.core.model import account_of
    from bulk_topup.provider.address import checked_base_url
    from bulk_topup.record.ledger.address import is_address, ledger_url
    from bulk_topup.record.ledger.shared import Account
    from bulk_topup.record.paths import who
    from bulk_topup.report.screen.account import cleared_report, stop_report

    resumes, connection, where = action == "resume", connection_of(options), ledger_of({})
    if not is_address(where):
        raise InputError("account.not_shared", where=where)
    base_url = checked_base_url(connection.base_url)
    name = account_of(username_of(connection))
    with closing(Account(ledger_url(where), account=name, base_url=base_url)) as shared:
        if not shared.is_server:  # with a file, the computers share nothing
            raise InputError("account.not_shared", where=where)
        stop = shared.resume(who(), clock.SystemClock().now()) if resumes else shared.stopped()
    terminal.report(cleared_report(stop) if resumes else stop_report(stop))
    if stop is None or resumes:
        terminal.suggest("account.next", "history")
        return Exit.OK
    terminal.suggest("account.how_to_resume", "account", "resume")
    return Exit.STOPPED

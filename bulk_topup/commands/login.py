"""`login`: user name and password kept in the system keyring."""

from __future__ import annotations

from typing import Any

from bulk_topup.commands.exit_codes import command
from bulk_topup.commands.job_options import connection_of
from bulk_topup.commands.next_steps import A_SHEET
from bulk_topup.commands.options import ADDRESS_OPTION
from bulk_topup.commands.terminal import Terminal
from bulk_topup.core import clock
from bulk_topup.core.errors import Exit
from bulk_topup.report.words import say


@command
@ADDRESS_OPTION
def login(terminal: Terminal, **options: Any) -> Exit:
    """Keep your user name and password in the system keyring.

    Asks for both, and tries them at the provider first. Nothing is sent.

    \b
    Example:  bulk-topup login
    """
    from bulk_topup.commands.credentials import asked_login, assert_keyring, keep, variables_set
    from bulk_topup.report.screen.account import login_report
    from bulk_topup.sending.connect import provider_of

    assert_keyring()
    found = asked_login()
    with provider_of(connection_of(options), found.username, found.password, clock.SystemClock()) as provider:
        provider.price_list()
        keep(provider.base_url, found)
        for variable in variables_set():
            terminal.warn(say.text("notice", message=say.text("login.other_first", variable=variable)))
        terminal.report(login_report(found.username, provider.base_url))
    terminal.suggest("login.next", "template", A_SHEET)
    return Exit.OK

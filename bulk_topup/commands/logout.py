"""`logout`: user name and password removed from the system keyring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bulk_topup.commands.exit_codes import command
from bulk_topup.commands.job_options import connection_of
from bulk_topup.commands.options import ADDRESS_OPTION
from bulk_topup.core.errors import Exit, InputError

if TYPE_CHECKING:
    from bulk_topup.commands.terminal import Terminal
    from bulk_topup.provider.address import Connection


@command
@ADDRESS_OPTION
def logout(terminal: Terminal, **options: Any) -> Exit:
    """Remove your user name and password from the system keyring.

    \b
    Example:  bulk-topup logout
    """
    return log_out(connection_of(options), terminal)


def log_out(connection: Connection, terminal: Terminal) -> Exit:
    """It is no error if nobody is logged in. Raises InputError if there is no keyring."""
    from bulk_topup.commands.credentials import PASSWORD, forget_login
    from bulk_topup.provider.address import checked_base_url
    from bulk_topup.report.screen.account import logout_report

    base_url = checked_base_url(connection.base_url)
    try:
        login = forget_login(base_url)
    except InputError as problem:
        code = _NO_KEYRING.get(problem.code)
        if code is None:
            raise
        raise InputError(code, **problem.facts, variable=PASSWORD) from None
    terminal.report(logout_report(None if login is None else login.username, base_url))
    terminal.suggest("logout.next", "login")
    return Exit.OK


_NO_KEYRING = {"keyring.unsafe": "logout.no_keyring", "keyring.not_installed": "logout.no_library"}

"""`ledger copy`: the record of all top-ups from a file to a server, or back."""

from __future__ import annotations

from contextlib import closing

import click

from bulk_topup.commands.exit_codes import command
from bulk_topup.commands.settings import holds_password
from bulk_topup.commands.terminal import Terminal
from bulk_topup.core.clock import SystemClock
from bulk_topup.core.errors import Exit, InputError


@command
@click.argument("action", type=click.Choice(["copy"]))
@click.argument("source")
@click.argument("target")
def ledger(terminal: Terminal, action: str, source: str, target: str) -> Exit:  # noqa: ARG001  (there is one)
    """Copy the record of all top-ups, from a file to a server or back.

    Every row is compared; if one differs, nothing is copied.

    \b
    Example:  bulk-topup ledger copy ledger.db postgresql://db.office/topups
    """
    return copy_ledger(source, target, terminal)


def copy_ledger(source: str, target: str, terminal: Terminal) -> Exit:
    """Raises InputError without a source, for the same ledger twice, and for an address with a password:
    every user of this computer could read it on the command line.
    """
    from bulk_topup.record.ledger import copy
    from bulk_topup.record.ledger.address import ledger_url, shown
    from bulk_topup.record.ledger.register import register_of
    from bulk_topup.record.ledger.store import Store
    from bulk_topup.report.screen.ledger import copied_report

    for address in filter(holds_password, (source, target)):
        raise InputError("ledger.typed_password", where=shown(address))
    if shown(source) == shown(target):
        raise InputError("ledger.same", where=shown(source))
    with closing(register_of(source)) as old, closing(Store(ledger_url(target))) as new:
        copied = copy.copy(old, new, SystemClock().now())
    terminal.report(copied_report(shown(source), shown(target), copied))
    terminal.suggest("ledger.next", "doctor")
    return Exit.OK

"""The commands that look back over all batches: `history`, `find`, `forget`. None of them sends anything."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from bulk_topup.commands import next_steps
from bulk_topup.core.errors import Exit
from bulk_topup.provider.address import checked_base_url
from bulk_topup.provider.connection import REHEARSAL_URL
from bulk_topup.record import batches as batches_
from bulk_topup.record.ledger.register import register_of
from bulk_topup.record.ledger.tables import shown
from bulk_topup.report.screen import history

if TYPE_CHECKING:
    from bulk_topup.commands.terminal import Desk
    from bulk_topup.provider.connection import Connection


def show_history(connection: Connection, ledger: str, desk: Desk, month: str | None) -> Exit:
    """The batches at this provider, or those begun in one month (`2026-11`); no network."""
    base_url = REHEARSAL_URL if connection.sandbox else checked_base_url(connection.base_url)
    with closing(register_of(ledger)) as register:
        entries = register.batches()
    here = [entry for entry in entries if entry.base_url == base_url]
    wanted = [entry for entry in here if month is None or entry.started.startswith(month)]
    batches = [batches_.as_it_stands(entry) for entry in wanted]
    elsewhere = len(entries) - len(here)
    facts = {"record": shown(ledger), "other_addresses": elsewhere, **history.facts_of(batches)}
    table = history.table_of(batches) if batches else ()
    desk.report(facts, history.lines_of(batches, month, elsewhere), table)
    desk.next(next_steps.with_history(desk.typed, batches))
    return Exit.OK

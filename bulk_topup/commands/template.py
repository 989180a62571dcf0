"""`template`: a starter sheet with today's product codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bulk_topup.commands import next_steps
from bulk_topup.commands.prices import live_prices
from bulk_topup.core.errors import Exit
from bulk_topup.record.paths import assert_new

if TYPE_CHECKING:
    from pathlib import Path

    from bulk_topup.commands.terminal import Desk
    from bulk_topup.core.clock import Clock
    from bulk_topup.provider.connection import Connection


def write_template(connection: Connection, desk: Desk, clock: Clock, target: Path) -> Exit:
    """A starter workbook with the live price list, in a file that is not there yet."""
    from bulk_topup.report import template

    assert_new(target, template.SUFFIXES)
    prices, moment = live_prices(connection, clock)
    count = template.write(target, prices, moment=moment, rehearsal=connection.sandbox)
    desk.show_template(target, count)
    desk.next([next_steps.with_template(desk.typed, target)])
    return Exit.OK

"""`results`: writes the results sheet again, from the progress file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bulk_topup.commands.conclusion import conclude
from bulk_topup.sending.session import existing_checkpoint

if TYPE_CHECKING:
    from bulk_topup.commands.terminal import Desk
    from bulk_topup.core.clock import Clock
    from bulk_topup.core.errors import Exit
    from bulk_topup.sending.job import Job


def write_results(job: Job, desk: Desk, clock: Clock) -> Exit:
    """The results sheet again, from the checkpoint alone."""
    with existing_checkpoint(job) as checkpoint:
        return conclude(job, checkpoint, desk, None, clock=clock)

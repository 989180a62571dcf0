"""`resolve`: a person closes open rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bulk_topup.commands.conclusion import conclude
from bulk_topup.commands.credentials import credentials
from bulk_topup.commands.planning import bring_ledger_up_to_date
from bulk_topup.core.errors import Exit, InputError, ProviderError
from bulk_topup.record.lock import only_run
from bulk_topup.record.paths import who
from bulk_topup.sending import resolve
from bulk_topup.sending.session import existing_checkpoint, tools_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bulk_topup.commands.terminal import Desk
    from bulk_topup.core.clock import SystemClock
    from bulk_topup.record.checkpoint import Checkpoint
    from bulk_topup.sending.job import Job
    from bulk_topup.sending.resolve import Verdict
    from bulk_topup.sending.session import Tools


def resolve_rows(job: Job, desk: Desk, clock: SystemClock, verdicts: Sequence[Verdict | InputError]) -> Exit:
    """A person closes open rows: each verdict that holds, whatever is wrong with the others.

    Raises InputError where none holds, ProviderError where the only one could not be asked about;
    then nothing was changed, and the results are left as they are.
    """
    with (
        only_run(job.files, clock.now(), rehearsal=job.connection.sandbox),
        tools_of(job, credentials(job.connection), clock) as tools,
        existing_checkpoint(job, tools) as checkpoint,
    ):
        bring_ledger_up_to_date(checkpoint, tools, desk)
        refused = [why for why in (resolve_row(one, checkpoint, tools, desk) for one in verdicts) if why]
        if len(refused) == len(verdicts) == 1:
            raise refused[0]
        desk.show_refused(refused)
        is_unheard = any(isinstance(why, ProviderError) for why in refused)
        if len(refused) == len(verdicts):
            raise (ProviderError if is_unheard else InputError)("resolve.none", count=len(verdicts))
        exit_code = conclude(job, checkpoint, desk, None, tools, clock=clock)
        if is_unheard:
            return Exit.STOPPED
        return Exit.NOT_ALL_PAID if refused and exit_code is Exit.OK else exit_code


def resolve_row(
    verdict: Verdict | InputError, checkpoint: Checkpoint, tools: Tools, desk: Desk
) -> InputError | ProviderError | None:
    """Close one row; what is wrong with the verdict, if something is, and then it changed nothing."""
    if isinstance(verdict, InputError):
        return verdict
    try:
        ((before, status),) = resolve.resolve(checkpoint, tools, [verdict], who())
    except (InputError, ProviderError) as problem:
        return problem
    desk.show_resolved(verdict, before, status)
    return None

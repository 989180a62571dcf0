"""What a command works with: the provider, the ledger, the pace and the clock, under one identity."""

from __future__ import annotations

import socket
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bulk_topup.core.clock import SKEW_LIMIT_S
from bulk_topup.core.errors import InputError
from bulk_topup.core.model import account_of
from bulk_topup.provider import connection as connection_
from bulk_topup.provider.pace import SharedThrottle, Throttle
from bulk_topup.record import paths
from bulk_topup.record.checkpoint import Checkpoint
from bulk_topup.record.checkpoint.values import BatchIdentity, halt_fact
from bulk_topup.record.folder import assert_trusted
from bulk_topup.record.ledger.claims import Ledger
from bulk_topup.record.ledger.tables import is_address, ledger_url
from bulk_topup.record.lock import signature
from bulk_topup.record.set_aside import set_aside
from bulk_topup.sending.connect import provider_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bulk_topup.core.clock import Clock, SystemClock
    from bulk_topup.core.model import Sheet
    from bulk_topup.provider.client import Provider
    from bulk_topup.provider.pace import Pace
    from bulk_topup.record.ledger.shared import Account
    from bulk_topup.record.paths import Files
    from bulk_topup.rules.plan import Plan
    from bulk_topup.sending.job import Job


@dataclass(frozen=True)
class Tools:
    provider: Provider
    ledger: Ledger
    throttle: Pace
    clock: SystemClock
    account: str
    base_url: str
    desk: str = ""
    """Who sends from which machine, for the other desks of the account."""

    def identity(self, sheet: Sheet) -> BatchIdentity:
        return BatchIdentity(self.account, self.base_url, sheet.path.name, sheet.tab)

    def now_and_skew_s(self) -> tuple[datetime, float | None]:
        """Our time (WIB), and how far the provider's is from it, in seconds; None before its first answer."""
        now = self.clock.now()
        return now, self.provider.skew_s(now, self.clock.alive())


@contextmanager
def tools_of(job: Job, login: tuple[str, str], clock: SystemClock) -> Iterator[Tools]:
    """Open everything a command needs beside the batch's own files, and close it again.

    `login` is the user name and the password. Raises InputError for an address that can't be used,
    StorageFailed for the ledger.
    """
    connection = job.connection
    with ExitStack() as stack:
        username, password = login
        provider = stack.enter_context(
            provider_of(connection, username, password, clock, job.files.sandbox_state)
        )
        base_url = connection_.REHEARSAL_URL if connection.sandbox else provider.base_url
        if not connection.sandbox and not is_address(job.files.ledger):
            assert_trusted(Path(job.files.ledger), "BULK_TOPUP_LEDGER")
        account = account_of(username)
        ledger = Ledger(ledger_url(job.files.ledger), account=account, base_url=base_url)
        stack.callback(ledger.close)
        if ledger.is_server:
            _assert_same_time(ledger, clock)
        ledger.stop_if_restored(desk_name(), clock.now())
        throttle = pace_of(ledger, connection.rate_per_s, clock)
        yield Tools(provider, ledger, throttle, clock, account, base_url, desk_name())


def desk_name() -> str:
    """Who is at work on which machine, for the other desks."""
    return f"{paths.who()} at {socket.gethostname()}"


def _assert_same_time(account: Account, clock: Clock) -> None:
    """Raises InputError where this machine's clock is not the server's: desks would mean different days."""
    skew_s = account.skew_s(clock.now())
    if abs(skew_s) > SKEW_LIMIT_S:
        raise InputError("ledger.other_time", minutes=f"{-skew_s / 60:+.0f}")


def pace_of(account: Account, rate_per_s: float, clock: Clock) -> Pace:
    """The account's own, where its desks share a server; this machine's, where the ledger is a file."""
    if not account.is_server:
        return Throttle(rate_per_s, clock=clock.alive, sleep=clock.sleep)
    return SharedThrottle(
        rate_per_s, take=account.take_slot, pause=account.pause, clock=clock.alive, sleep=clock.sleep
    )


def assert_room_for_results(files: Files) -> None:
    """Raises InputError where the folder of the results is missing: better told before the money moves."""
    folder = files.results.parent
    if not folder.is_dir():
        raise InputError("output.no_folder", path=files.results, folder=folder)


def open_checkpoint(job: Job, tools: Tools) -> Checkpoint | None:
    """This batch's checkpoint, or None on its first run. Raises InputError if it is not this batch's, as far
    as that can be told before its sheet is read."""
    return Checkpoint.open(job.files.checkpoint, _before_reading(job, tools))


def _before_reading(job: Job, tools: Tools) -> dict[str, str]:
    return {"account": tools.account, "base_url": tools.base_url, "file": job.source.path.name}


@contextmanager
def existing_checkpoint(job: Job, tools: Tools | None = None) -> Iterator[Checkpoint]:
    """The checkpoint of a batch that was run before. Raises InputError where there is none."""
    facts = {"file": job.source.path.name} if tools is None else _before_reading(job, tools)
    with _of_this_batch(job, Checkpoint.open(job.files.checkpoint, facts)) as checkpoint:
        yield checkpoint


@contextmanager
def checkpoint_to_look_into(job: Job) -> Iterator[Checkpoint]:
    """The same, changing no file. What is damaged in it is found only where it is looked at: to go through a
    million rows for that takes seconds, and nothing is sent on its word.
    """
    looked = Checkpoint.look(job.files.checkpoint, {"file": job.source.path.name})
    with _of_this_batch(job, looked) as checkpoint:
        yield checkpoint


@contextmanager
def _of_this_batch(job: Job, checkpoint: Checkpoint | None) -> Iterator[Checkpoint]:
    if checkpoint is None:
        raise InputError("checkpoint.missing", path=job.files.checkpoint, sheet=job.source.path.name)
    try:
        if not checkpoint.has_sheet:
            raise InputError("checkpoint.missing", path=job.files.checkpoint, sheet=job.source.path.name)
        if (checkpoint.fact("base_url") == connection_.REHEARSAL_URL) != job.connection.sandbox:
            raise InputError("checkpoint.rehearsal", path=job.files.checkpoint)
        yield checkpoint
    finally:
        checkpoint.close()


def start_batch(job: Job, tools: Tools, plan: Plan, checkpoint: Checkpoint | None) -> Checkpoint:
    """Make the plan durable in the batch's checkpoint; a new batch sets an old one's files aside."""
    now, sheet = tools.clock.now(), plan.rows.sheet
    if checkpoint is None:
        set_aside(job.files, now.date())
        own = {"started": now.date().isoformat(), "follows": str(plan.document.facts["follows"])}
        checkpoint = Checkpoint.create(job.files.checkpoint, tools.identity(sheet), own)
    facts = {
        # Again: one that was begun by an earlier program may lack it, and then holds nothing on later days.
        "started": (checkpoint.started() or now.date()).isoformat(),
        "sha256": sheet.sha256,
        "budget": "" if job.budget is None else str(job.budget),
        "holder": signature(now),
        "record": tools.ledger.place,
        **halt_fact("halt.cut_off", {}, now),  # until this run says how it ended
    }
    code, by = (job.approval.code, job.approval.by) if job.approval else (plan.code, "")
    # A run that sends nothing leaves it as it was: by whom that was approved which was sent.
    if len(plan.orders) or not checkpoint.fact("plan_code"):
        facts |= {"plan_code": code, "approved_by": by, "options": job.typed}
    checkpoint.adopt(plan, facts)
    note = f"{len(plan.orders)} orders, plan {code}" + (f", approved by {by}" if by else "")
    checkpoint.note(now, paths.who(), "run", note=note, plan_code=code, approved_by=by)
    return checkpoint

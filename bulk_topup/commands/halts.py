"""What stops a run early, and how the reason is recorded."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from bulk_topup.core.clock import Clock, SystemClock
from bulk_topup.core.errors import Declined, ProviderError, StorageFailed
from bulk_topup.core.model import Halt, NoAnswer, NotSent
from bulk_topup.record.checkpoint.values import halt_fact
from bulk_topup.report.screen.account import stop_report
from bulk_topup.sending import poll

if TYPE_CHECKING:
    from bulk_topup.commands.terminal import Terminal
    from bulk_topup.record.checkpoint import Checkpoint
    from bulk_topup.sending.job import Job
    from bulk_topup.sending.session import Tools, Watcher


def assert_not_stopped(tools: Tools, terminal: Terminal) -> None:
    """Raises Declined while the account is stopped by an answer that any of its computers received."""
    stop = tools.ledger.stopped()
    if stop is not None:
        terminal.report(stop_report(stop))
        raise Declined("account.stopped")


def is_stopped(tools: Tools) -> bool:
    """Whether the account is stopped until a person acts; False if the ledger can't be reached."""
    with suppress(StorageFailed):
        return tools.ledger.stopped() is not None
    return False


def then_poll(
    send: Callable[[], Halt | None], job: Job, tools: Tools, checkpoint: Checkpoint, watcher: Watcher
) -> Halt | None:
    """Send, then poll pending top-ups, unless asked to stop. A failed write ends both at once."""
    try:
        halt = send()
        if not tools.clock.stop.is_set():
            watcher.waiting(len(poll.invoices_to_ask(checkpoint, tools)), job.wait_s)
            silence = poll.poll(checkpoint, tools, wait_s=job.wait_s, watcher=watcher)
            halt = halt or (None if silence is None else out_of_reach(silence, tools))
    except StorageFailed as failure:
        return halt_of(failure)
    return halt or interruption(tools.clock)


def out_of_reach(silence: NotSent | NoAnswer, tools: Tools) -> Halt:
    """The halt if the provider can't be reached while polling."""
    default = "why.no_answer" if isinstance(silence, NoAnswer) else "why.no_way"
    cause = _UNHEARD.get(silence.cause, default)
    return Halt("halt.unheard", {"address": tools.base_url, "cause": cause})


_UNHEARD = {
    "dns": "why.no_name",
    "refused": "why.refused",
    "connect_timeout": "why.timeout",
    "timeout": "why.timeout",
    "certificate": "why.certificate",
    "tls": "why.certificate",
    "proxy": "why.proxy",
}


def halt_of(failure: StorageFailed | ProviderError) -> Halt:
    return Halt(failure.code, {name: str(fact) for name, fact in failure.facts.items()})


def keep_halt(checkpoint: Checkpoint, halt: Halt | None, clock: Clock) -> None:
    """Record why this run stopped early, for `status`, with the time when this was first known."""
    with suppress(StorageFailed):
        code, *_ = checkpoint.halt() or ("",)
        if halt is None:
            checkpoint.set_facts({"halt": ""})
        elif halt.code != code:
            checkpoint.set_facts(halt_fact(halt.code, halt.facts, clock.now()))


def interruption(clock: SystemClock) -> Halt | None:
    return Halt("halt.interrupted") if clock.stop.is_set() else None

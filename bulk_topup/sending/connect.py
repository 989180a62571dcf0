"""The provider of a command: over HTTP, or the sandbox in a rehearsal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bulk_topup.core.clock import Clock
from bulk_topup.provider.address import Connection, checked_base_url
from bulk_topup.provider.client import Provider
from bulk_topup.provider.pace import Departures


@contextmanager
def provider_of(
    connection: Connection, username: str, password: str, clock: Clock, sandbox_state: Path | None = None
) -> Iterator[Provider]:
    """The provider, or the embedded sandbox (in memory if no state file is named)."""
    with ExitStack() as stack:
        if connection.sandbox:
            from bulk_topup.sandbox import Sandbox

            url = stack.enter_context(Sandbox(sandbox_state)).url
        else:
            url = checked_base_url(connection.base_url)
        departures = Departures(connection.rate_per_s, clock=clock.alive, sleep=clock.sleep)
        yield Provider(
            url,
            username,
            password,
            timeout_s=connection.timeout_s,
            alive=clock.alive,
            leaving=departures.leaving,
        )

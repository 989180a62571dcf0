"""The provider (MMBC reseller API v3.1) simulated over real HTTP on loopback, for rehearsals and as a judge.

    with Sandbox() as sandbox:
        requests.post(f"{sandbox.url}/isipulsa", data={...})
        sandbox.book()

It knows nothing of the rest of this program, so that what its book says is evidence. `testnumbers` lists the
numbers that fail on purpose, `faults` what can go wrong on the wire.
"""

from bulk_topup.sandbox.book import LoggedRequest, SandboxStateError, Snapshot, TopUp, read_book
from bulk_topup.sandbox.faults import CAMPAIGN_KINDS, KINDS, STATUSES, Fault, Faults
from bulk_topup.sandbox.prices import PRICES
from bulk_topup.sandbox.rules import REASONS
from bulk_topup.sandbox.server import Sandbox, serve
from bulk_topup.sandbox.testnumbers import TEST_NUMBERS, TestNumber

__all__ = [
    "CAMPAIGN_KINDS",
    "KINDS",
    "PRICES",
    "REASONS",
    "STATUSES",
    "TEST_NUMBERS",
    "Fault",
    "Faults",
    "LoggedRequest",
    "Sandbox",
    "SandboxStateError",
    "Snapshot",
    "TestNumber",
    "TopUp",
    "read_book",
    "serve",
]

"""The provider (MMBC reseller API v3.1) simulated over real HTTP on loopback, for rehearsals and as an
independent judge.

    with Sandbox() as sandbox:
        requests.post(f"{sandbox.url}/isipulsa", data={...})
        sandbox.book()

It shares no code with the rest of this program, so its book is independent evidence. `testnumbers` lists the
numbers that fail on purpose; tests inject any other fault with `intercept`.
"""

from bulk_topup.sandbox.book import LoggedRequest, SandboxStateError, Snapshot, TopUp
from bulk_topup.sandbox.delivery import Delivery, Wire
from bulk_topup.sandbox.prices import PRICES
from bulk_topup.sandbox.rules import REASONS, Endpoint
from bulk_topup.sandbox.server import Sandbox, serve
from bulk_topup.sandbox.testnumbers import TEST_NUMBERS, TestNumber

__all__ = [
    "PRICES",
    "REASONS",
    "TEST_NUMBERS",
    "Delivery",
    "Endpoint",
    "LoggedRequest",
    "Sandbox",
    "SandboxStateError",
    "Snapshot",
    "TestNumber",
    "TopUp",
    "Wire",
    "serve",
]

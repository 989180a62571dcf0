"""What goes wrong with which request: faults by number, or drawn from a seed; `kinds` has what there is."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from bulk_topup.sandbox import Endpoint
from tests.faults.damage import delivery_of
from tests.faults.kinds import KINDS, POINTS, Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from bulk_topup.sandbox import Delivery
    from tests.faults.kinds import Point

ENDPOINTS: tuple[Endpoint, ...] = get_args(Endpoint)

STATUSES: tuple[int, ...] = (
    *(201, 204, 301, 302, 303, 304, 307, 308),
    *(400, 401, 403, 404, 405, 407, 408, 409, 413, 425, 429, 451),
    *(500, 502, 503, 504, 520),
)
"""The statuses a seed draws from; `status:NNN` takes any from 100 to 599."""

FRONT_STATUSES = frozenset({301, 307, 308, 401, 404, 405, 407, 413, 429})
"""Answered by a web server in front, which never handed the request on: a seed draws them `before` only."""

CAMPAIGN_KINDS: tuple[str, ...] = tuple(kind for kind in KINDS if kind not in {"endless", "bigreason"})
"""What a seed draws from unless told otherwise: everything but the kinds that move megabytes."""


class Faults:
    """Decides request by request, as a sandbox's `intercept`; counts per endpoint from 1, across sandboxes.

    Thread-safe.
    """

    def __init__(self, decide: Callable[[Endpoint, int], Fault | None]) -> None:
        """`decide(endpoint, n)` is asked once for the n-th request to an endpoint."""
        self._decide = decide
        self._counts: dict[Endpoint, int] = dict.fromkeys(ENDPOINTS, 0)
        self._lock = threading.Lock()

    @classmethod
    def listed(cls, plan: Mapping[Endpoint, Mapping[int, str]]) -> Faults:
        """Named requests only: `{"isipulsa": {1: "after close", 4: "before status:503"}}`."""
        faults = {
            (endpoint, n): Fault.parse(text) for endpoint, by_n in plan.items() for n, text in by_n.items()
        }
        return cls(lambda endpoint, n: faults.get((endpoint, n)))

    @classmethod
    def always(cls, text: str, endpoint: Endpoint = "isipulsa") -> Faults:
        """The same fault for every request to one endpoint."""
        fault = Fault.parse(text)
        return cls(lambda asked, _n: fault if asked == endpoint else None)

    @classmethod
    def seeded(
        cls,
        seed: int,
        *,
        rate: float = 0.2,
        kinds: Sequence[str] = CAMPAIGN_KINDS,
        endpoints: Iterable[Endpoint] = ("isipulsa",),
        statuses: Sequence[int] = STATUSES,
        stall_s: float = 0.2,
        retry_after_s: int = 1,
    ) -> Faults:
        """Each request to `endpoints` fails with probability `rate` (0..1), by a kind drawn from `kinds`.

        The n-th request to an endpoint meets the same fate in every run of a seed, however threads run.
        """
        chosen = frozenset(endpoints)
        draw = _Draw(seed, rate, tuple(kinds), tuple(statuses), stall_s, retry_after_s)
        return cls(lambda endpoint, n: draw.fault(endpoint, n) if endpoint in chosen else None)

    def __call__(self, endpoint: Endpoint) -> Delivery | None:
        """What the sandbox asks for each request."""
        fault = self.next(endpoint)
        return delivery_of(fault) if fault else None

    def next(self, endpoint: Endpoint) -> Fault | None:
        """The fate of the next request to an endpoint; None: it goes well."""
        with self._lock:
            self._counts[endpoint] += 1
            n = self._counts[endpoint]
        return self._decide(endpoint, n)


@dataclass(frozen=True, slots=True)
class _Draw:
    seed: int
    rate: float
    kinds: tuple[str, ...]
    statuses: tuple[int, ...]
    stall_s: float
    retry_after_s: int

    def fault(self, endpoint: Endpoint, n: int) -> Fault | None:
        dice = random.Random(f"{self.seed}/{endpoint}/{n}")
        if dice.random() >= self.rate:
            return None
        kind = dice.choice(self.kinds)
        argument = self._argument(kind, dice)
        point: Point = dice.choice(POINTS)
        if kind == "status" and Fault(kind, point, argument).status in FRONT_STATUSES:
            point = "before"
        return Fault(kind, point, argument)

    def _argument(self, kind: str, dice: random.Random) -> str:
        if kind in {"stall", "slow"}:
            return str(self.stall_s)
        if kind == "status":
            status = dice.choice(self.statuses)
            return f"429:{self.retry_after_s}" if status == 429 else str(status)
        if kind == "answer":
            return str(dice.choice((201, 400, 403, 404, 429, 500, 503)))
        return "42" if kind == "otherjson" and dice.random() < 0.5 else ""

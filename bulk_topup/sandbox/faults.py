"""What goes wrong with which request: faults by number, or drawn from a seed.

A fault is written as `"POINT KIND"`, for example `"after close"` or `"before status:503"`. POINT says whether
the money moved: `before` it did not, `after` it did (where the rules allow the top-up). The kinds stand
in `KINDS`; what follows a colon is the kind's argument. `damage.py` carries them out.
"""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

Point = Literal["before", "after"]
Endpoint = Literal["daftarharga", "isipulsa", "cekstatus"]

POINTS: tuple[Point, ...] = get_args(Point)
ENDPOINTS: tuple[Endpoint, ...] = get_args(Endpoint)

KINDS: dict[str, str] = {
    "reset": "the connection is reset, no byte is answered",
    "close": "the connection is closed, no byte is answered",
    "stall": "no byte for stall:SECONDS, then the connection is closed",
    "slow": "the true answer after slow:SECONDS",
    "truncate": "half the body under the whole body's Content-Length",
    "midbody": "reset in the middle of the body",
    "midheaders": "reset in the middle of the header",
    "empty": "status 200 without a body",
    "html": "status 200 with an HTML error page",
    "status": "status:NNN with an HTML page; status:429:SECONDS sets its Retry-After",
    "answer": "the true JSON answer under the HTTP status answer:NNN",
    "badgzip": "Content-Encoding: gzip over damaged bytes",
    "endless": "a body that goes on until the client leaves",
    "deepjson": "lists nested too deep for a recursive JSON reader",
    "otherjson": "JSON of another shape: a list, or the text of otherjson:TEXT",
    "noinvoice": "ok, but without an invoice",
    "badstatus": 'ok, but with the undocumented status "proses"',
    "badreason": 'no, with the undocumented reason_code "77"',
    "hugeint": "amounts of 5,000 digits, as JSON numbers",
    "bigreason": "a reason of 10 MB",
    "othernumber": "the answer for another number",
    "otherproduct": "the answer for another product",
    "evil": "terminal escapes, a right-to-left mark and a leading '=' in reason and serial",
}

STATUSES: tuple[int, ...] = (
    *(201, 204, 301, 302, 303, 304, 307, 308),
    *(400, 401, 403, 404, 405, 407, 408, 409, 413, 425, 429, 451),
    *(500, 502, 503, 504, 520),
)
"""The statuses a seed draws from; `status:NNN` takes any from 100 to 599."""

FRONT_STATUSES = frozenset({301, 307, 308, 401, 404, 405, 407, 413, 429})
"""Answered by a web server in front, which never handed the request on: a seed draws them `before` only."""

TRUE_WORD_KINDS = frozenset({"slow", "answer", "badreason", "bigreason", "hugeint", "evil"})
"""The kinds whose answer a client may believe, so it has to be true: `before` the money moved, a refusal."""

CAMPAIGN_KINDS: tuple[str, ...] = tuple(kind for kind in KINDS if kind not in {"endless", "bigreason"})
"""What a seed draws from unless told otherwise: everything but the kinds that move megabytes."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: `kind` from `KINDS`, `argument` the text after its colon, `point` before or after the money.

    Raises ValueError for an unknown kind or point, or an argument that the kind cannot read.
    """

    kind: str
    point: Point = "before"
    argument: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no such fault: {self.kind!r}")
        if self.point not in POINTS:
            raise ValueError(f"a fault's point is before or after, not {self.point!r}")
        if self.kind in {"stall", "slow"}:
            float(self.argument)
        if self.kind in {"status", "answer"} and not 100 <= self.status <= 599:
            raise ValueError(f"no such HTTP status: {self.argument!r}")

    @property
    def status(self) -> int:
        """The HTTP status of a `status:NNN` or `answer:NNN` fault."""
        return int(self.argument.partition(":")[0])

    @classmethod
    def parse(cls, text: str) -> Fault:
        """Read `"after stall:0.2"`; without a point, `before`."""
        first, _, rest = text.strip().partition(" ")
        point, name = (first, rest) if rest else ("before", first)
        kind, _, argument = name.strip().partition(":")
        return cls(kind, point, argument)  # type: ignore[arg-type]  # __post_init__ refuses any other point

    def __str__(self) -> str:
        return f"{self.point} {self.kind}" + (f":{self.argument}" if self.argument else "")


class Faults:
    """Decides request by request; counts per endpoint from 1, across sandboxes. Thread-safe."""

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

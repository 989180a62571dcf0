"""The faults there are. `damage.py` carries them out.

A fault is written as `"POINT KIND"`, for example `"after close"` or `"before status:503"`. POINT says whether
the money moved: `before` it did not, `after` it did (where the rules allow the top-up). The kinds stand
in `KINDS`; what follows a colon is the kind's argument.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Point = Literal["before", "after"]

POINTS: tuple[Point, ...] = get_args(Point)

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

TRUE_WORD_KINDS = frozenset({"slow", "answer", "badreason", "bigreason", "hugeint", "evil"})
"""The kinds whose answer a client may believe, so it has to be true: `before` the money moved, a refusal."""


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

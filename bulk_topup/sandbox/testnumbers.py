"""The documented test numbers: 12 digits, `08120000FFNN`, where FF names the family and NN is free.

They are to top-ups what test cards are to card payments: the number decides what happens. Every other number
simply succeeds. The table is data, so that tests can compare the documentation with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from bulk_topup.sandbox.delivery import Delivery, as_html, late, lost

Settling = Literal["sukses", "gagal", "never"]

REFUSALS = ("00", "11", "12", "21", "31", "41", "51", "61", "62", "71", "81", "82", "91")
"""The reason codes of API v3.1, "Deskripsi failure reason_code"."""


@dataclass(frozen=True, slots=True)
class TestNumber:
    """One family of test numbers.

    `pattern` has the digits with NN for any two; `effect` says in a sentence what happens. `refusals` are the
    NN that are refused with that reason_code; `settles` is what a pending top-up becomes; `delivery` is how
    an answer that would have been ok is delivered.
    """

    __test__: ClassVar[bool] = False  # Keeps pytest from collecting it as a test class.

    pattern: str
    effect: str
    refusals: tuple[str, ...] = ()
    settles: Settling | None = None
    delivery: Delivery | None = None


TEST_NUMBERS: tuple[TestNumber, ...] = (
    TestNumber(
        "0812000000NN",
        f"refused with reason_code NN ({', '.join(REFUSALS)}); nothing is paid",
        refusals=REFUSALS,
    ),
    TestNumber("0812000010NN", "pending, then sukses about 3 s later", settles="sukses"),
    TestNumber("0812000011NN", "pending, then gagal about 3 s later; refunded", settles="gagal"),
    TestNumber("0812000012NN", "pending for ever", settles="never"),
    TestNumber("0812000020NN", "paid, but the answer is lost", delivery=Delivery("after close", lost)),
    TestNumber(
        "0812000021NN",
        "not paid, and the answer is lost",
        delivery=Delivery("before close", lost, pays=False),
    ),
    TestNumber(
        "0812000022NN", "paid, but an HTML page is answered", delivery=Delivery("after html", as_html)
    ),
    TestNumber("0812000030NN", "answers sukses after 5 s", delivery=Delivery("after slow:5", late(5))),
)

_FAMILIES = {entry.pattern[:-2]: entry for entry in TEST_NUMBERS}
_ORDINARY = TestNumber("", "sukses")


def behaviour_of(number: str) -> TestNumber:
    """The family of a number in national form (`08…`); an ordinary number's family has no effect."""
    return _FAMILIES.get(number[:-2], _ORDINARY) if len(number) == 12 else _ORDINARY


def refusal_of(number: str) -> str | None:
    """The reason_code with which a test number is refused, or None."""
    code = number[-2:]
    return code if code in behaviour_of(number).refusals else None

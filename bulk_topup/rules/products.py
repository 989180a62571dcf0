"""Finds products by what a person writes: their code in any spelling, or an operator and a nominal. Pure."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from bulk_topup.core.model import NOTHING
from bulk_topup.provider.price_list import TYPES, why_not_orderable
from bulk_topup.rules.amounts import LEAST
from bulk_topup.rules.operators import named_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bulk_topup.core.model import PriceList, Product

# -- by its code -------------------------------------------------------------------------------------------


def code_key(text: str) -> str:
    """What all spellings of a code have in common: `ISAT 50`, `isat50` and `ISAT-50` are one.

    A dot between digits counts: 5.0 is not 50.
    """
    return _SET_APART.sub("", text.casefold())


_SET_APART = re.compile(r"[ \t\r\n_\u00a0\u00ad\u200b-\u200d\u2060\ufeff-]|(?<![0-9])\.|\.(?![0-9])")
"""Signs that separate parts of a code, and characters without any width."""


def finder(prices: PriceList) -> Callable[[str], Product | None]:
    """Finds the product of a code: exactly as spelled, or the only one with an equivalent spelling."""
    alike: dict[str, list[Product]] = {}
    for product in prices.values():
        alike.setdefault(code_key(product.code), []).append(product)

    def find(text: str) -> Product | None:
        exact = prices.get(text)
        key = code_key(text) if exact is None else ""
        found = alike.get(key, []) if key else []
        return found[0] if len(found) == 1 else exact

    return find


def near_codes(text: str, prices: PriceList, owners: Sequence[str] = (), nominal: int = 0) -> list[str]:
    """The code that looks like `text`; or at most three: those of a number of these `owners` and of the
    nominal that the row states, else that the code seems to, and then those that a slip of the finger turns
    into it."""
    by_upper = {code.upper(): code for code in prices}
    meant = unicodedata.normalize("NFKC", text).upper().translate(_LOOK_ALIKE)
    if meant in by_upper and not text.isascii():
        return [by_upper[meant]]
    fitting = _fitting(prices, owners, nominal if nominal > 0 else _nominal_in(meant))
    first = sorted(fitting, key=lambda code: -SequenceMatcher(None, meant, code.upper()).ratio())
    spelled = [by_upper[near] for near in difflib.get_close_matches(meant, by_upper, n=3, cutoff=0.7)]
    return list(dict.fromkeys([*first[:2], *spelled]))[:3]


def _fitting(prices: PriceList, owners: Sequence[str], nominal: int) -> list[str]:
    return [
        code
        for code, product in prices.items()
        if product.nominal == nominal and not named_in(product.operator).isdisjoint(owners)
    ]


def _nominal_in(code: str) -> int:
    """50,000 for `SMART50`, 0 for a code without a number at its end."""
    found = re.search("[0-9]{1,7}$", code)
    count = int(found[0]) if found else 0
    return count if count >= LEAST else count * 1_000


_LOOK_ALIKE = str.maketrans(
    "\u0410\u0412\u0415\u0405\u0406\u0408\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7",
    "ABESIJKMHOPCTYXABEZHIKMNOPTYX",
)
"""Cyrillic and Greek capitals that look like Latin ones, and their Latin twins."""


# -- by operator and nominal -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Choice:
    """The product for an operator's numbers and a nominal, the cheapest `of` so many that are alike; or none,
    and `code` names the wording of why.

    `operator` is "" where the numbers may be of several, or of none that is known.
    """

    operator: str
    nominal: int
    product: Product | None = None
    of: int = 0
    is_fixed: bool = False
    code: str = ""
    facts: Mapping[str, str] = field(default_factory=lambda: NOTHING)


UNCHOSEN, KEPT = -1, -2
"""Instead of a choice: the row names its product, or was sent before with another product than today's
choice.
"""

Fixed = Mapping[tuple[str, int], str]
"""Permanently chosen codes, by operator and nominal."""


class Shelf:
    """The pulsa products of a price list, by operator and nominal, without data packages."""

    def __init__(self, prices: PriceList, fixed: Fixed) -> None:
        self._find, self._fixed = finder(prices), fixed
        self._alike: dict[tuple[str, int], list[Product]] = {}
        for product in prices.values():
            named = named_in(product.operator)
            if len(named) == 1 and _is_pulsa(product):
                self._alike.setdefault((min(named), product.nominal), []).append(product)

    def choose(self, owners: Sequence[str], named: frozenset[str], nominal: int) -> Choice:
        """For numbers of these `owners`, one if their prefix is unambiguous; `named` is the operator in
        the sheet.
        """
        fitting = [owner for owner in owners if owner in named] if named else list(owners)
        if owners and not fitting:
            facts = {"own": _either(owners), "named": _either(sorted(named))}
            return Choice("", nominal, code="operator.contradicts", facts=facts)
        candidates = fitting or sorted(named)
        if len(candidates) != 1:
            return self._undecided(candidates, nominal)
        return self._fixed_for(candidates[0], nominal) or self._cheapest(candidates[0], nominal)

    def _cheapest(self, operator: str, nominal: int) -> Choice:
        if ready := self._ready(operator, nominal):
            return Choice(operator, nominal, ready[0], len(ready))
        facts = {"operator": operator, "nominal": str(nominal), "near": self._near(operator, nominal)}
        closed = ", ".join(sorted(product.code for product in self._alike.get((operator, nominal), ())))
        if closed:
            code = "choice.closed_near" if facts["near"] else "choice.closed"
        else:
            code = "choice.none_near" if facts["near"] else "choice.none"
        return Choice(operator, nominal, code=code, facts={**facts, "closed": closed})

    def _ready(self, operator: str, nominal: int) -> list[Product]:
        """Those that can be ordered, the cheapest first."""
        alike = (p for p in self._alike.get((operator, nominal), ()) if why_not_orderable(p) is None)
        return sorted(alike, key=lambda product: (product.price or 0, product.code))

    def _near(self, operator: str, nominal: int) -> str:
        """The nominals next to this one that the operator has today: `40000 (TSEL40), 75000 (TSEL75)`."""
        others = [own for name, own in self._alike if name == operator and self._ready(operator, own)]
        below = max((own for own in others if own < nominal), default=None)
        above = min((own for own in others if own > nominal), default=None)
        return ", ".join(self._told(operator, own) for own in (below, above) if own is not None)

    def _told(self, operator: str, nominal: int) -> str:
        return f"{nominal} ({self._ready(operator, nominal)[0].code})"

    def _undecided(self, candidates: Sequence[str], nominal: int) -> Choice:
        """No operator, or several: held back, with the products for each."""
        among = candidates or sorted({operator for operator, _ in self._alike})
        ready = [self._ready(operator, nominal) for operator in among]
        near = ", ".join(f"{found[0].code} ({found[0].operator})" for found in ready if found)
        facts = {"nominal": str(nominal), "operators": _either(candidates), "near": near}
        return Choice("", nominal, code="choice.shared" if candidates else "choice.unknown", facts=facts)

    def _fixed_for(self, operator: str, nominal: int) -> Choice | None:
        """The settings' product; held back, rather than chosen anew, if it is not such a product today."""
        code = self._fixed.get((operator, nominal))
        if code is None:
            return None
        product = self._find(code)
        facts = {"product": code, "operator": operator, "nominal": str(nominal)}
        if product is None or product not in self._alike.get((operator, nominal), ()):
            return Choice(operator, nominal, code="choice.fixed_other", facts=facts)
        if why_not_orderable(product) is not None:
            return Choice(operator, nominal, code="choice.fixed_closed", facts=facts)
        return Choice(operator, nominal, product, 1, is_fixed=True)


_OF_DATA = re.compile(r"\b(?:data|internet|kuota|paket|[0-9.,]+ ?[gm]b)\b", re.IGNORECASE)


def _is_pulsa(product: Product) -> bool:
    """By its type, unless the list itself says otherwise beside it."""
    is_data = _OF_DATA.search(f"{product.operator} {product.description}")
    return product.kind.strip().casefold() == TYPES["pulsa"].casefold() and not is_data


def _either(operators: Iterable[str]) -> str:
    return " / ".join(operators)

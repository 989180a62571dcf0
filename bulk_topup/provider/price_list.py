"""The price list: its entries as products, why one can't be ordered, and which ones match a filter. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import Flaw, PriceList, Product
from bulk_topup.provider.fields import DETAILS, KIND, NOMINAL, OPERATOR, PRICE, PRODUCT, STATUS, word_in
from bulk_topup.provider.wire import rupiah, short_text

Entry = Mapping[str, object]
"""A product as the provider spells it: `kodeoperator`, `nominal`, `harga` and so on."""

LONGEST_DESCRIPTION: Final = 500
TYPES: Final = {"pulsa": "PULSA", "data": "PAKET DATA"}
"""What a user asks for -> `tipe` (API v3.1, DAFTAR HARGA PULSA)."""
_FIELDS: Final = (KIND, OPERATOR, NOMINAL, PRICE, STATUS, DETAILS)


# -- entries to products -----------------------------------------------------------------------------------


def has_products(entries: Sequence[object]) -> bool:
    """Whether all are objects, and at least one has a `kodeoperator`."""
    objects = [entry for entry in entries if isinstance(entry, dict)]
    return len(objects) == len(entries) and any(_code(entry) for entry in objects)


def read_price_list(entries: Iterable[Entry]) -> PriceList:
    """Products by code.

    Entries without a `kodeoperator` are left out. A product without a readable nominal, or listed twice with
    different details, has a flaw, because rule 51 could not protect it.
    """
    by_code: dict[str, list[Entry]] = {}
    for entry in entries:
        if code := _code(entry):
            by_code.setdefault(code, []).append(entry)
    return {code: _product(listed) for code, listed in by_code.items()}


def _code(entry: Entry) -> str:
    return short_text(entry.get(PRODUCT))


def _product(listed: Sequence[Entry]) -> Product:
    """The product that all entries with one code amount to."""
    first, *others = [_entry(entry) for entry in listed]
    if all(other == first for other in others):
        return first
    same_nominal = all(other.nominal == first.nominal for other in others)
    product = first if same_nominal else replace(first, nominal=0)
    return _flawed(product, "product.listed_twice", _differences(listed))


def _entry(entry: Entry) -> Product:
    nominal, price = rupiah(entry.get(NOMINAL)), rupiah(entry.get(PRICE))
    product = Product(
        code=_code(entry),
        operator=short_text(entry.get(OPERATOR)),
        kind=short_text(entry.get(KIND)),
        nominal=nominal or 0,
        price=price or None,
        ready=word_in(entry, STATUS) == "ready",
        description=short_text(entry.get(DETAILS), LONGEST_DESCRIPTION),
    )
    if nominal:
        return product
    stated = short_text(entry.get(NOMINAL))
    return _flawed(product, "product.nominal_unusable" if stated else "product.nominal_missing", stated)


def _flawed(product: Product, code: str, stated: str) -> Product:
    """Listed, so that a row that names it can be explained, but never sent."""
    return replace(product, price=None, ready=False, flaw=Flaw(code, stated))


def _differences(listed: Sequence[Entry]) -> str:
    """`harga 5850 / 5900`: the provider's own fields in which the entries of one code differ."""
    fields = {name: list(dict.fromkeys(short_text(entry.get(name)) for entry in listed)) for name in _FIELDS}
    return ", ".join(f"{name} {' / '.join(texts)}" for name, texts in fields.items() if len(texts) > 1)


# -- what can be ordered -----------------------------------------------------------------------------------


def why_not_orderable(product: Product) -> Flaw | None:
    """Why the product can't be ordered now, or None if it can."""
    if product.flaw is not None:
        return product.flaw
    if not product.ready:
        return Flaw("product.closed")
    return None if product.price and product.nominal else Flaw("product.no_price")


# -- what was asked for ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PriceFilter:
    """Which products to show. `type` is a key of TYPES; `ready` and `cheapest` only cover products that
    can be ordered.
    """

    operator: str | None = None
    type: str | None = None
    nominal: int | None = None
    ready: bool = False
    cheapest: bool = False

    def fits(self, product: Product) -> bool:
        return (
            (self.operator is None or _folded(product.operator) == _folded(self.operator))
            and (self.type is None or _folded(product.kind) == _folded(TYPES[self.type]))
            and (self.nominal is None or product.nominal == self.nominal)
            and (why_not_orderable(product) is None or not (self.ready or self.cheapest))
        )


def chosen(prices: PriceList, wanted: PriceFilter) -> list[Product]:
    """The matching products, by operator, type, nominal and code; pulsa first.

    The cheapest is per operator, type and nominal, since a data package is not a cheaper pulsa. Raises
    InputError `prices.no_operator` if the list does not have that operator.
    """
    operators = sorted({product.operator for product in prices.values()})
    if wanted.operator is not None and _folded(wanted.operator) not in map(_folded, operators):
        raise InputError("prices.no_operator", name=wanted.operator, operators=", ".join(operators))
    products = sorted(filter(wanted.fits, prices.values()), key=lambda p: (*_group(p), p.code))
    return list(_cheapest(products)) if wanted.cheapest else products


def _cheapest(products: Iterable[Product]) -> Iterator[Product]:
    for _, alike in groupby(products, _group):
        yield min(alike, key=lambda product: product.price or 0)


def _group(product: Product) -> tuple[str, bool, str, int]:
    return product.operator, _folded(product.kind) != _folded(TYPES["pulsa"]), product.kind, product.nominal


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()

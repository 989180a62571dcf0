"""Which operator a number belongs to, and what people and price lists call the operators. Pure.

Numbers can't be ported between operators in Indonesia, so the first four digits identify the operator.
"""

from __future__ import annotations

import re
from functools import lru_cache

_PREFIXES = {
    "TELKOMSEL": "0811 0812 0813 0821 0822 0823 0851 0852 0853",
    "BYU": "0851",
    "INDOSAT": "0814 0815 0816 0855 0856 0857 0858",
    "XL": "0817 0818 0819 0859 0877 0878 0879",
    "AXIS": "0831 0832 0833 0838",
    "TRI": "0895 0896 0897 0898 0899",
    "SMARTFREN": "0881 0882 0883 0884 0885 0886 0887 0888 0889",
}
_OWNERS = {
    prefix: tuple(operator for operator, own in _PREFIXES.items() if prefix in own.split())
    for prefixes in _PREFIXES.values()
    for prefix in prefixes.split()
}

_NAMES = {
    "TELKOMSEL": "telkomsel tsel tel simpati as kartuas loop halo kartuhalo",
    "BYU": "byu",
    "INDOSAT": "indosat isat im3 ooredoo indosatooredoo mentari matrix ioh indosatooredoohutchison",
    "XL": "xl axiata xlaxiata xlprioritas xlsmart",
    "AXIS": "axis xlsmart",
    "TRI": "tri three 3 hutchison tri3 3tri three3 h3i ioh indosatooredoohutchison",
    "SMARTFREN": "smartfren smart fren xlsmart",
}
_MEANT = {
    name: frozenset(operator for operator, own in _NAMES.items() if name in own.split())
    for names in _NAMES.values()
    for name in names.split()
}
_NETWORKS = {"BYU": "TELKOMSEL"}
"""A brand that uses another operator's network and numbers."""


def owners_of(national: str) -> tuple[str, ...]:
    """The operators that have numbers with these first four digits, the older one first; empty if unknown."""
    return _OWNERS.get(national[:4], ())


def operator_of(national: str) -> str | None:
    """The most likely operator of the number: enough for a remark, too little for choosing a product."""
    return next(iter(owners_of(national)), None)


@lru_cache(maxsize=4096)
def named_in(text: str) -> frozenset[str]:
    """The operators that a name can stand for, as people or price lists spell it: one for `T-sel`, three
    for `XLSmart`, none if it is not an operator's name.
    """
    if whole := _MEANT.get(_folded(text)):
        return whole
    words = map(_folded, re.split(r"[\s/&,;+()-]+", _IM3.sub("im3", text)))
    return frozenset[str]().union(*(_MEANT.get(word, ()) for word in words))


_IM3 = re.compile(r"\bim[\s.-]+3\b", re.IGNORECASE)
"""Its 3 does not mean Tri."""


def _folded(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def same_operator(operator: str, name: str) -> bool:
    """Whether a name may stand for that operator, or its network. False only for one that names others."""
    named = named_in(name)
    return not named or _network(operator) in map(_network, named)


def _network(operator: str) -> str:
    return _NETWORKS.get(operator, operator)

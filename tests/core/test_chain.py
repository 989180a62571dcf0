"""The chain: no entry can be changed, removed, added or moved without being seen."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from itertools import combinations
from typing import Any

import pytest

from bulk_topup.core.chain import Entry, canonical, first_break, link

FACTS: list[dict[str, Any]] = [{"row": row, "number": f"08123456789{row}"} for row in range(5)]


def chained(previous: str, all_facts: list[dict[str, Any]]) -> list[Entry]:
    entries = []
    for facts in all_facts:
        entries.append(link(previous, "2025-01-20T10:00:00+07:00", "attempt", facts))
        previous = entries[-1].hash
    return entries


CHAIN = chained("", FACTS)


def test_a_chain_as_it_was_linked_has_no_break() -> None:
    assert first_break(CHAIN) is None
    assert first_break([]) is None


def test_any_cut_at_its_end_is_a_chain_of_its_own() -> None:
    """So that only a hash that was kept elsewhere tells."""
    assert [first_break(CHAIN[:length]) for length in range(len(CHAIN))] == [None] * len(CHAIN)


@pytest.mark.parametrize("at", range(len(CHAIN)))
@pytest.mark.parametrize("field", ["at", "kind", "facts", "previous", "hash"])
def test_a_changed_field_is_a_break_at_its_entry(at: int, field: str) -> None:
    changed: Any = {"row": 9} if field == "facts" else f"{getattr(CHAIN[at], field)}1"
    assert first_break([*CHAIN[:at], replace(CHAIN[at], **{field: changed}), *CHAIN[at + 1 :]]) == at


@pytest.mark.parametrize("at", range(len(CHAIN)))
def test_a_removed_or_repeated_entry_is_a_break_at_the_next(at: int) -> None:
    is_last = at == len(CHAIN) - 1
    assert first_break([*CHAIN[:at], *CHAIN[at + 1 :]]) == (None if is_last else at)
    assert first_break([*CHAIN[: at + 1], CHAIN[at], *CHAIN[at + 1 :]]) == at + 1


@pytest.mark.parametrize(("at", "other"), [*combinations(range(len(CHAIN)), 2)])
def test_two_that_change_places_are_a_break_at_the_first(at: int, other: int) -> None:
    moved = list(CHAIN)
    moved[at], moved[other] = moved[other], moved[at]
    assert first_break(moved) == at


def test_an_entry_that_was_linked_anew_breaks_the_chain_at_the_next() -> None:
    forged = link(CHAIN[1].previous, CHAIN[1].at, CHAIN[1].kind, {"row": 9})
    assert first_break([CHAIN[0], forged, *CHAIN[2:]]) == 2


def test_a_chain_that_begins_elsewhere_breaks_at_once() -> None:
    assert first_break(chained(CHAIN[0].hash, FACTS)) == 0


def test_facts_have_one_spelling() -> None:
    assert canonical({"b": 1, "a": ["é", None, 0.5]}) == '{"a":["\\u00e9",null,0.5],"b":1}'
    assert link("", "t", "run", {"b": 1, "a": 2}).hash == link("", "t", "run", {"a": 2, "b": 1}).hash


def test_the_hash_is_that_of_the_canonical_json_of_all() -> None:
    """So that an auditor can work it out with any tool."""
    first, second = CHAIN[:2]
    spelled = canonical([first.hash, second.at, second.kind, second.facts])
    assert second.hash == sha256(spelled.encode()).hexdigest()

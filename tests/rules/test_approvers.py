"""Who may approve follows from a chain of signed changes; a signature is good for what it was given for."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk_topup.core.chain import Entry, link
from bulk_topup.core.errors import InputError
from bulk_topup.core.status import keys_in, names_in
from bulk_topup.rules import approval, signing
from bulk_topup.rules.approvers import (
    ADDED,
    POLICY,
    REMOVED,
    Approvers,
    SendingUser,
    approvers_of,
    changed,
    problem_with,
    standing,
    to_sign,
)
from tests.builders import ANDI, BUDI, plan_of, topups

if TYPE_CHECKING:
    from collections.abc import Mapping

RINA, DEWI, STRANGER = (bytes([n]) * 32 for n in (1, 2, 3))
TODAY = date(2025, 1, 20)
PLAN = plan_of(topups((ANDI, "S5"), (BUDI, "S10")))
KEPT = approval.file_content(PLAN.document, TODAY, PLAN.basis)


def id_of(private: bytes) -> str:
    return signing.fingerprint(signing.public_of(private))


def added(name: str, private: bytes) -> dict[str, Any]:
    return {"name": name, "public": signing.public_of(private), "user": name.split()[0].lower()}


def chain_of(*changes: tuple[str, Mapping[str, Any], bytes | None]) -> list[Entry]:
    entries: list[Entry] = []
    for kind, facts, by in changes:
        previous = entries[-1].hash if entries else ""
        signed = {**facts, "by": "" if by is None else id_of(by), "signature": ""}
        if by is not None:
            signed["signature"] = signing.sign(by, signing.CHANGE, to_sign(kind, signed, previous))
        entries.append(link(previous, "2025-01-20T10:00:00+07:00", kind, signed))
    return entries


FIRST = (ADDED, added("Rina Sari", RINA), None)
SECOND = (ADDED, added("Dewi Lestari", DEWI), RINA)
TWO = (POLICY, {"above": 10_000_000, "signatures": 2}, DEWI)


def test_a_policy_says_from_which_sum_how_many_are_needed() -> None:
    assert Approvers().needed(10**9) == 0
    assert [approvers_of(chain_of(FIRST)).needed(cost) for cost in (1, 10**9)] == [1, 1]
    both = approvers_of(chain_of(FIRST, SECOND, TWO))
    assert [both.needed(cost) for cost in (1, 9_999_999, 10_000_000, 10**9)] == [1, 1, 2, 2]
    small = approvers_of(chain_of(FIRST, SECOND, TWO, (POLICY, {"above": 0, "signatures": 0}, RINA)))
    assert [small.needed(cost) for cost in (9_999_999, 10_000_000)] == [0, 2]


def test_where_the_last_approver_left_all_begins_anew() -> None:
    gone = chain_of(
        FIRST, (POLICY, {"above": 0, "signatures": 0}, RINA), (REMOVED, {"key": id_of(RINA)}, RINA)
    )
    assert approvers_of(gone) == Approvers()


@pytest.mark.parametrize(
    "change",
    [
        (ADDED, added("Andi", STRANGER), None),
        (ADDED, added("Andi", STRANGER), STRANGER),
        (REMOVED, {"key": id_of(RINA)}, STRANGER),
        (POLICY, {"above": 0, "signatures": 0}, None),
        (ADDED, added("RINA  sari", STRANGER), RINA),
        (ADDED, added("Andi", RINA), RINA),
        (POLICY, {"above": 0, "signatures": 2}, RINA),
        (REMOVED, {"key": "none"}, RINA),
        ("approver made up", {}, RINA),
    ],
)
def test_a_change_that_no_approver_signed_or_that_cannot_be_is_refused(
    change: tuple[str, Mapping[str, Any], bytes | None],
) -> None:
    with pytest.raises(InputError) as refused:
        approvers_of(chain_of(FIRST, change))
    assert (refused.value.code, refused.value.facts["nth"]) == ("approver.broken", 2)


def test_a_signed_change_holds_at_its_place_alone() -> None:
    """Removed and added once more, an entry would bring back who was removed."""
    whole = chain_of(FIRST, SECOND, (REMOVED, {"key": id_of(DEWI)}, RINA))
    again = link(whole[-1].hash, whole[1].at, whole[1].kind, whole[1].facts)
    with pytest.raises(InputError):
        approvers_of([*whole, again])


@given(st.integers(0, 2), st.sampled_from(["name", "above", "signatures", "public", "by", "signature"]))
def test_no_entry_can_be_altered_and_linked_anew(nth: int, name: str) -> None:
    whole = chain_of(FIRST, SECOND, TWO)
    facts = dict(whole[nth].facts)
    if name not in facts or (nth, name) in {(0, "by"), (0, "signature"), (0, "name"), (0, "public")}:
        return  # the first is nobody's to sign
    facts[name] = 7 if isinstance(facts[name], int) else "00" + str(facts[name])[2:]
    anew = link(whole[nth].previous, whole[nth].at, whole[nth].kind, facts)
    with pytest.raises(InputError):
        approvers_of([*whole[:nth], anew, *whole[nth + 1 :]])
    with pytest.raises(InputError):
        approvers_of([*whole[:nth], anew])


def test_a_policy_that_wants_more_than_there_are_is_refused() -> None:
    both = approvers_of(chain_of(FIRST, SECOND, TWO))
    with pytest.raises(InputError) as refused:
        changed(both, REMOVED, {"key": id_of(DEWI)})
    assert refused.value.code == "approver.too_few"


# -- an approval -------------------------------------------------------------------------------------------

ONE = approvers_of(chain_of(FIRST))
STATEMENT = signing.Statement(
    plan=PLAN.code,
    digest=signing.digest_of(KEPT),
    account="agent",
    people=2,
    nominal=15_000,
    cost=PLAN.cost,
    checked="2025-01-20",
    at="2025-01-20T10:00:00+07:00",
    key=id_of(RINA),
    name="Rina Sari",
    user="rina",
)
GOOD = signing.signed_by(RINA, STATEMENT, KEPT)


def test_a_good_signature_is_read_back_and_counts() -> None:
    again = signing.read_signed(signing.file_of(GOOD))
    assert (again.statement, again.signature, again.kept) == (STATEMENT, GOOD.signature, KEPT)
    assert problem_with(again, ONE, SendingUser("andi"), TODAY) is None


@given(st.data())
def test_no_byte_of_an_approval_can_be_altered(data: st.DataObject) -> None:
    content = bytearray(signing.file_of(GOOD))
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] = data.draw(st.integers(0, 255).filter(lambda byte: byte != content[at]))
    try:
        again = signing.read_signed(bytes(content))
    except ValueError:
        return
    is_same = (again.statement, again.kept) == (GOOD.statement, GOOD.kept)
    same_bytes = again.signature == GOOD.signature
    counts = problem_with(again, ONE, SendingUser("andi"), TODAY) is None
    assert counts is (is_same and same_bytes)


@pytest.mark.parametrize("name", asdict(STATEMENT))
def test_every_fact_of_a_statement_is_signed(name: str) -> None:
    value = getattr(STATEMENT, name)
    changed_fact: dict[str, Any] = {name: value + 1 if isinstance(value, int) else value + "1"}
    other = replace(STATEMENT, **changed_fact)
    problem = problem_with(signing.Signed(other, GOOD.signature, KEPT), ONE, SendingUser("andi"), TODAY)
    assert problem is not None
    assert problem.code == ("signed.not_registered" if name == "key" else "signed.altered")


@pytest.mark.parametrize(
    ("sender", "is_own"),
    [
        (SendingUser("andi"), False),
        (SendingUser("rina"), True),
        (SendingUser(" RINA "), True),
        (SendingUser("rina  SARI"), True),
        (SendingUser("andi", frozenset({id_of(RINA)})), True),
        (SendingUser("andi", frozenset({id_of(DEWI)})), False),
    ],
)
def test_nobody_approves_what_he_sends(sender: SendingUser, is_own: bool) -> None:
    problem = problem_with(GOOD, ONE, sender, TODAY)
    assert (problem is not None and problem.code == "signed.own") is is_own


def test_a_signature_of_one_kind_is_none_of_another() -> None:
    facts = asdict(STATEMENT)
    signature = signing.sign(RINA, signing.CHANGE, facts)
    assert signing.is_signed(signing.public_of(RINA), signature, signing.CHANGE, facts)
    assert not signing.is_signed(signing.public_of(RINA), signature, signing.APPROVAL, facts)


def test_of_each_key_the_last_word_on_a_plan_stands() -> None:
    later = replace(STATEMENT, at="2025-01-20T11:00:00+07:00", rejected="no")
    other = replace(STATEMENT, key=id_of(DEWI))
    signed = [signing.Signed(one, "", KEPT) for one in (later, STATEMENT, other)]
    assert sorted((one.statement.key, one.statement.rejected) for one in standing(signed)) == sorted(
        [(id_of(RINA), "no"), (id_of(DEWI), "")]
    )


def test_names_in_the_record_say_by_which_key() -> None:
    by = signing.proven([STATEMENT, replace(STATEMENT, name="Dewi", key=id_of(DEWI))])
    assert keys_in(by) == [id_of(RINA), id_of(DEWI)]
    assert names_in(by) == "Rina Sari, Dewi"
    assert (keys_in("Rina Sari"), names_in("Rina Sari")) == ([], "Rina Sari")

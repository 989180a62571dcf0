"""The chain of approvers in the ledger: in a file and on a server, kept, copied, and never written over."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from bulk_topup.core.chain import link
from bulk_topup.core.errors import InputError
from bulk_topup.record.ledger import copy
from bulk_topup.record.ledger.address import ledger_url
from bulk_topup.record.ledger.tables import APPROVERS, META
from bulk_topup.record.ledger.trust import Trust
from bulk_topup.rules import signing
from bulk_topup.rules.approvers import ADDED, POLICY, to_sign
from tests.builders import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from bulk_topup.core.chain import Entry

RINA, AT = bytes([1]) * 32, "2025-01-20T10:00:00+07:00"
PUBLIC = signing.public_of(RINA)
FIRST = link("", AT, ADDED, {"name": "Rina", "public": PUBLIC, "user": "rina", "by": "", "signature": ""})


def policy(signatures: int) -> Entry:
    facts = {"above": 0, "signatures": signatures, "by": signing.fingerprint(PUBLIC), "signature": ""}
    facts["signature"] = signing.sign(RINA, signing.CHANGE, to_sign(POLICY, facts, FIRST.hash))
    return link(FIRST.hash, AT, POLICY, facts)


def test_what_was_added_is_there_for_the_next_command(location: str) -> None:
    with closing(Trust(ledger_url(location))) as trust:
        assert trust.approvers().needed(1) == 0
        trust.add_trust(0, FIRST)
        trust.add_trust(1, policy(0))
    with closing(Trust(ledger_url(location))) as trust:
        assert trust.trust_entries() == [FIRST, policy(0)]
        assert [one.name for one in trust.approvers().by_key.values()] == ["Rina"]
        assert trust.approvers().needed(1) == 0


def test_of_two_at_the_same_place_the_second_is_refused(location: str) -> None:
    with closing(Trust(ledger_url(location))) as trust:
        trust.add_trust(0, FIRST)
        with pytest.raises(InputError) as refused:
            trust.add_trust(0, FIRST)
    assert refused.value.code == "approver.meanwhile"


@pytest.mark.parametrize(
    ("column", "value"), [("facts", "{}"), ("facts", "no JSON"), ("hash", "x"), ("at", "")]
)
def test_what_was_written_over_in_the_ledger_lets_nobody_approve(
    location: str, column: str, value: str
) -> None:
    with closing(Trust(ledger_url(location))) as trust:
        trust.add_trust(0, FIRST)
        trust.add_trust(1, policy(1))
        with trust._engine.begin() as db:
            db.execute(sa.update(APPROVERS).where(APPROVERS.c.nth == 1).values({column: value}))
        with pytest.raises(InputError) as refused:
            trust.approvers()
    assert (refused.value.code, refused.value.facts["nth"]) == ("approver.broken", 2)


def test_a_ledger_of_the_version_before_gets_the_table(location: str) -> None:
    with closing(Trust(ledger_url(location))) as trust, trust._engine.begin() as db:
        APPROVERS.drop(db)
        db.execute(sa.update(META).where(META.c.key == "version").values(value="6"))
    with closing(Trust(ledger_url(location))) as trust:
        assert trust.trust_entries() == []
        trust.add_trust(0, FIRST)


def test_a_copy_takes_the_approvers_along_and_never_mixes_two_chains(tmp_path: Path, location: str) -> None:
    with (
        closing(Trust(ledger_url(str(tmp_path / "old.db")))) as old,
        closing(Trust(ledger_url(location))) as new,
    ):
        old.add_trust(0, FIRST)
        copy.copy(old, new, NOW)
        copy.copy(old, new, NOW)
        assert new.trust_entries() == [FIRST]
        old.add_trust(1, policy(0))
        new.add_trust(1, policy(1))
        with pytest.raises(InputError) as refused:
            copy.copy(old, new, NOW)
        assert refused.value.code == "approver.two_chains"
        assert new.trust_entries() == [FIRST, policy(1)]

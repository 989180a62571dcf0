"""Who may approve, how many signatures a sum needs, and what is wrong with an approval. Pure.

Both follow from a chain of entries in the ledger, each but the first signed by somebody who was an approver
by then: whoever can write to the ledger can't add himself unseen.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from bulk_topup.core.chain import first_break
from bulk_topup.core.errors import Declined, InputError
from bulk_topup.rules import approval, signing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bulk_topup.core.chain import Entry

ADDED, REMOVED, POLICY = "approver added", "approver removed", "approval policy"


@dataclass(frozen=True)
class Approver:
    """`user` is who ran the command that made the key."""

    name: str
    public: str
    user: str

    @property
    def key(self) -> str:
        return signing.fingerprint(self.public)


@dataclass(frozen=True)
class Approvers:
    """Each by their key; `policy` says from which cost (rupiah) how many signatures are needed."""

    by_key: Mapping[str, Approver] = field(default_factory=dict)
    policy: Mapping[int, int] = field(default_factory=lambda: {0: 1})

    def needed(self, cost: int) -> int:
        """Once there is an approver, one, unless the policy says otherwise."""
        if not self.by_key:
            return 0
        return self.policy[max(above for above in self.policy if above <= cost)]

    def assert_new(self, name: str) -> None:
        if any(folded(one.name) == folded(name) for one in self.by_key.values()):
            raise InputError("approver.there", name=name)

    def named(self, name: str) -> Approver:
        """Raises InputError where nobody has this name."""
        found = [one for one in self.by_key.values() if folded(one.name) == folded(name)]
        if not found:
            names = ", ".join(one.name for one in self.by_key.values()) or "-"
            raise InputError("approver.unknown", name=name, names=names)
        return found[0]


def folded(name: str) -> str:
    return " ".join(name.split()).casefold()


# -- from the chain ----------------------------------------------------------------------------------------


def approvers_of(entries: Sequence[Entry]) -> Approvers:
    """Raises InputError for a chain that was not written by our commands alone."""
    approvers, broken = Approvers(), first_break(entries)
    for nth, entry in enumerate(entries):
        try:
            fits = broken != nth and is_allowed(approvers, entry.kind, entry.facts, entry.previous)
            approvers = changed(approvers, entry.kind, entry.facts) if fits else approvers
        except (InputError, KeyError, TypeError, ValueError):
            fits = False
        if not fits:
            raise InputError("approver.broken", nth=nth + 1)
    return approvers


def to_sign(kind: str, facts: Mapping[str, Any], previous: str) -> dict[str, Any]:
    """`previous` is the hash of the entry before, so that no change can be made once more."""
    return {**facts, "signature": "", "kind": kind, "previous": previous}


def is_allowed(approvers: Approvers, kind: str, facts: Mapping[str, Any], previous: str) -> bool:
    """Whether an approver has signed it; the first approver is anybody's to add."""
    if not approvers.by_key:
        return kind == ADDED
    by, signature = approvers.by_key.get(facts["by"]), str(facts["signature"])
    said = to_sign(kind, facts, previous)
    return by is not None and signing.is_signed(by.public, signature, signing.CHANGE, said)


def changed(approvers: Approvers, kind: str, facts: Mapping[str, Any]) -> Approvers:
    """Raises InputError for a name or a key that is there, or where too few approvers would be left."""
    by_key, policy = dict(approvers.by_key), dict(approvers.policy)
    if kind != ADDED and not by_key:
        raise InputError("approver.nobody")
    if kind == ADDED:
        new = Approver(facts["name"], facts["public"], facts["user"])
        approvers.assert_new(new.name)
        if new.key in by_key:
            raise InputError("approver.there", name=new.name)
        by_key[new.key] = new
    elif kind == REMOVED:
        del by_key[facts["key"]]
    else:
        policy[facts["above"]] = facts["signatures"]
    most = max(policy.values())
    if kind != ADDED and by_key and most > len(by_key):
        raise InputError("approver.too_few", most=most, count=len(by_key))
    return Approvers(by_key, policy) if by_key else Approvers()


# -- of one approval ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SendingUser:
    """Who is about to send: the user of the computer, and the keys that are in his hands."""

    user: str
    keys: frozenset[str] = frozenset()


def problem_with(
    signed: signing.Signed, approvers: Approvers, sender: SendingUser, today: date
) -> Declined | None:
    """Why this signature does not count; None where it does."""
    said = signed.statement
    facts = {"name": said.name, "key": said.key, "plan": said.plan}
    approver = approvers.by_key.get(said.key)
    if approver is None:
        return Declined("signed.not_registered", **facts)
    if not signing.is_signed(approver.public, signed.signature, signing.APPROVAL, asdict(said)):
        return Declined("signed.altered", **facts)
    if not signed.fits_its_plan:
        return Declined("signed.other_plan", **facts)
    if folded(said.name) != folded(approver.name):
        return Declined("signed.other_name", **facts, registered=approver.name)
    day = datetime.fromisoformat(said.at).date()
    if not all(approval.is_good(one, today) for one in (day, date.fromisoformat(said.checked))):
        return Declined("signed.too_old", **facts, day=day, days=approval.DAYS_GOOD)
    if _is_sender(said, approver, sender):
        return Declined("signed.own", **facts, user=sender.user)
    return None


def _is_sender(said: signing.Statement, approver: Approver, sender: SendingUser) -> bool:
    """The same key, the same user of a computer, or the same name."""
    own = folded(sender.user)
    return said.key in sender.keys or own in map(folded, (said.user, approver.user, said.name))


def standing(found: Iterable[signing.Signed]) -> Iterator[signing.Signed]:
    """The last word of each key on each plan."""
    last: dict[tuple[str, str], signing.Signed] = {}
    for one in sorted(found, key=lambda one: one.statement.at):
        last[one.statement.plan, one.statement.key] = one
    return iter(last.values())

"""What an approver signs, and how it is written down beside the sheet. Pure.

Ed25519 over a line of JSON, after a word that says what is signed: no signature passes for one of another
kind. The file carries the plan as `check` kept it, so that whoever sends needs nothing else.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from bulk_topup.core.chain import canonical
from bulk_topup.rules import approval

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

APPROVAL, CHANGE = "approval", "change"
"""What is signed: a plan, or a change of who may approve."""


# -- bytes -------------------------------------------------------------------------------------------------


def sign(private: bytes, what: str, facts: Mapping[str, Any]) -> str:
    """The signature by the 32 bytes of a private key, in hexadecimal."""
    return _private(private).sign(_signed_bytes(what, facts)).hex()


def is_signed(public: str, signature: str, what: str, facts: Mapping[str, Any]) -> bool:
    """`public` and `signature` are hexadecimal, and may be anything."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        raw = bytes.fromhex(signature)
        key.verify(raw, _signed_bytes(what, facts))
    except (InvalidSignature, ValueError):
        return False
    return raw.hex() == signature  # in its one spelling


def _signed_bytes(what: str, facts: Mapping[str, Any]) -> bytes:
    return f"bulk-topup {what}\n{canonical(facts)}".encode()


def public_of(private: bytes) -> str:
    return _private(private).public_key().public_bytes_raw().hex()


def _private(raw: bytes) -> Ed25519PrivateKey:
    # Here, as most commands sign nothing, and each would load it.
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(raw)


def fingerprint(public: str) -> str:
    """80 bits of a public key's hash, for people: `3f2a-91bc-0d4e-77aa-1234`."""
    digest = hashlib.sha256(bytes.fromhex(public)).hexdigest()
    return "-".join(digest[at : at + 4] for at in range(0, 20, 4))


# -- an approval -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Statement:
    """What is signed. `digest` is of the plan as it was kept, as its code has 80 bits alone; `cost` is of the
    whole batch at the prices of the plan; `rejected` the reason, "" where it is approved; `trail` the
    hash of the last entry of the batch's trail by then, "" where it had none."""

    plan: str
    digest: str
    account: str
    people: int
    nominal: int
    cost: int
    checked: str
    at: str
    key: str
    name: str
    user: str
    rejected: str = ""
    trail: str = ""


@dataclass(frozen=True, eq=False)
class Signed:
    """A statement with its signature, and the plan as it was kept."""

    statement: Statement
    signature: str
    kept: bytes

    @property
    def fits_its_plan(self) -> bool:
        lines = self.kept.partition(b"\n")[2]
        said = self.statement
        return (approval.code_of([lines]), digest_of(self.kept)) == (said.plan, said.digest)

    @property
    def document(self) -> approval.Document:
        first_line, _, lines = self.kept.partition(b"\n")
        return approval.Document.decode(lines, approval.checked_on(first_line))


def digest_of(kept: bytes) -> str:
    return hashlib.sha256(kept).hexdigest()


def signed_by(private: bytes, statement: Statement, kept: bytes) -> Signed:
    return Signed(statement, sign(private, APPROVAL, asdict(statement)), kept)


def file_of(signed: Signed) -> bytes:
    plan = signed.kept.decode().split("\n")
    content = {"signed": asdict(signed.statement), "signature": signed.signature, "plan": plan}
    return json.dumps(content, indent=1).encode()


def read_signed(content: bytes) -> Signed:
    """Raises ValueError for what is no approval."""
    try:
        said = json.loads(content)
        statement = Statement(**said["signed"])
        kinds = Statement.__annotations__
        if any(type(value).__name__ != kinds[name] for name, value in asdict(statement).items()):
            raise ValueError("another type")
        datetime.fromisoformat(statement.at), date.fromisoformat(statement.checked)
        return Signed(statement, str(said["signature"]), "\n".join(said["plan"]).encode())
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(error) from None


# -- in the record -----------------------------------------------------------------------------------------


def evidence(signed: Signed, public: str) -> dict[str, Any]:
    """The signature with all that it takes to verify it, but for the plan itself."""
    return {"signed": asdict(signed.statement), "signature": signed.signature, "public": public}


def is_evidence(said: Mapping[str, Any]) -> bool:
    """Whether the key that it names has signed it."""
    try:
        signed, public = said["signed"], said["public"]
        is_good = is_signed(public, said["signature"], APPROVAL, signed)
        return is_good and fingerprint(public) == signed["key"]
    except (KeyError, TypeError):
        return False


def proven(approvers: Iterable[Statement]) -> str:
    """Names with their keys, as they stand in the record."""
    return ", ".join(f"{one.name} [{one.key}]" for one in approvers)

"""An approver's private key: in this user's system keyring, or a file under a passphrase.

A small file in the user's own folder always names it; where there is no keyring, the key itself follows there
as encrypted PKCS8, and can be carried to another computer.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bulk_topup.commands import credentials
from bulk_topup.core.errors import InputError, StorageFailed
from bulk_topup.core.os_errors import cause_of
from bulk_topup.record.kept_plans import write_whole
from bulk_topup.record.paths import keys_folder
from bulk_topup.report.words import say
from bulk_topup.rules import signing

SHORTEST_PASSPHRASE = 10
_TITLE, _PEM = "bulk-topup approver's key", "-----BEGIN"


@dataclass(frozen=True)
class ApproverKey:
    """`pem` is "" of one that is in the keyring."""

    name: str
    public: str
    pem: str

    @property
    def id(self) -> str:
        return signing.fingerprint(self.public)


def make_key(name: str) -> ApproverKey:
    """A new one of this user. Raises InputError for a passphrase that is short, or was typed differently."""
    private = secrets.token_bytes(32)
    public = signing.public_of(private)
    pem = ""
    if not credentials.keep_secret(public, private.hex()):
        pem = _encrypted(private, _new_passphrase())
    key = ApproverKey(name, public, pem)
    path = keys_folder() / f"{key.id}.key"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(path, f"{_TITLE}\n{name}\n{public}\n{pem}".encode())
    except OSError as error:
        raise StorageFailed("key.unwritable", path=path, why=cause_of(error)) from None
    return key


def own_keys() -> list[ApproverKey]:
    """Of this user of the computer."""
    return [read_key(path) for path in sorted(keys_folder().glob("*.key"))]


def read_key(path: Path) -> ApproverKey:
    """Raises InputError for a file that is none of ours."""
    try:
        title, name, public, pem = path.read_text(encoding="utf-8").split("\n", 3)
        if title != _TITLE or len(bytes.fromhex(public)) != 32 or not (not pem or pem.startswith(_PEM)):
            raise ValueError(title)  # noqa: TRY301
    except (OSError, ValueError) as error:
        why = cause_of(error) if isinstance(error, OSError) else "why.damaged"
        raise InputError("key.unreadable", path=path, why=why) from None
    return ApproverKey(name, public, pem)


def chosen_key(file: Path | None, among: Collection[str] | None = None) -> ApproverKey:
    """The key in the file, else this user's own; `among` are the ids that will do. Raises InputError where it
    is not clear which."""
    keys = own_keys() if file is None else [read_key(file)]
    fitting = [key for key in keys if among is None or key.id in among]
    if len(fitting) != 1:
        names = ", ".join(key.name for key in fitting)
        raise InputError("key.several" if fitting else "key.none", names=names, folder=keys_folder())
    return fitting[0]


def private_of(key: ApproverKey) -> bytes:
    """Asks for its passphrase. Raises InputError for a wrong one."""
    if not key.pem:
        private = bytes.fromhex(credentials.kept_secret(key.public))
    else:
        private = _decrypted(key.pem, credentials.passphrase(say.text("key.ask", name=key.name)))
    if len(private) != 32 or signing.public_of(private) != key.public:
        raise InputError("key.wrong", name=key.name)
    return private


def _new_passphrase() -> str:
    typed = credentials.passphrase(say.text("key.ask_new", least=SHORTEST_PASSPHRASE))
    if len(typed) < SHORTEST_PASSPHRASE:
        raise InputError("key.short", least=SHORTEST_PASSPHRASE)
    if credentials.passphrase(say.text("key.ask_again")) != typed:
        raise InputError("key.differs")
    return typed


def _encrypted(private: bytes, passphrase: str) -> str:
    return (
        Ed25519PrivateKey.from_private_bytes(private)
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(passphrase.encode()),
        )
        .decode()
    )


def _decrypted(pem: str, passphrase: str) -> bytes:
    """Empty for a wrong passphrase."""
    try:
        key = serialization.load_pem_private_key(pem.encode(), passphrase.encode())
    except (ValueError, TypeError):
        return b""
    return key.private_bytes_raw() if isinstance(key, Ed25519PrivateKey) else b""

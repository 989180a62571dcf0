"""The ledger's tables, the same in a SQLite file and on a PostgreSQL server."""

import json
from typing import Final

import sqlalchemy as sa

METADATA = sa.MetaData()
CLAIMS = sa.Table(
    "claims",
    METADATA,
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("number", sa.Text, primary_key=True),
    sa.Column("nominal", sa.BigInteger, primary_key=True),
    sa.Column("itrx", sa.BigInteger, primary_key=True),
    # 0 unless claims met that were made under two addresses, or two spellings of a user name.
    sa.Column("beside", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("base_url", sa.Text, nullable=False),
    sa.Column("product", sa.Text, nullable=False),
    sa.Column("batch", sa.Text, nullable=False),
    sa.Column("batch_name", sa.Text, nullable=False),
    sa.Column("row", sa.BigInteger, nullable=False),
    sa.Column("token", sa.Text, nullable=False, unique=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("claimed_at", sa.Text, nullable=False),
    sa.Index("claims_batch", "batch"),
    sa.Index("claims_number", "number", "nominal"),
    sa.Index("claims_state", "account", "state"),
)
BATCHES = sa.Table(
    "batches",
    METADATA,
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("batch", sa.Text, primary_key=True),
    sa.Column("base_url", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("started", sa.Text, nullable=False),
    sa.Column("touched", sa.Text, nullable=False),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("paid", sa.BigInteger, nullable=False),
    sa.Column("not_paid", sa.BigInteger, nullable=False),
    sa.Column("open", sa.BigInteger, nullable=False),
    sa.Column("paid_rupiah", sa.BigInteger),
    sa.Column("not_paid_rupiah", sa.BigInteger),
    sa.Column("open_rupiah", sa.BigInteger),
    sa.Column("plan_code", sa.Text, nullable=False),
    sa.Column("approver", sa.Text, nullable=False),
)
ACCOUNTS = sa.Table(
    "accounts",
    METADATA,
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("last_slot", sa.Double, nullable=False, server_default="0"),
    sa.Column("interval_s", sa.Double, nullable=False, server_default="0"),
    *(
        sa.Column(name, sa.Text, nullable=False, server_default="")
        for name in ("stop_code", "stop_reason", "stop_desk", "stop_at", "resumed_by", "resumed_at")
    ),
)
APPROVERS = sa.Table(
    "approvers",
    METADATA,
    sa.Column("nth", sa.BigInteger, primary_key=True, autoincrement=False),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("at", "kind", "facts", "previous", "hash")),
)
META = sa.Table(
    "meta", METADATA, sa.Column("key", sa.Text, primary_key=True), sa.Column("value", sa.Text, nullable=False)
)

VERSION = 7
"""Of the tables. 1 had claims alone, and no table `meta` to say so; 2 added tables; 3 widens the whole
numbers on a server, where an amount could outgrow 32 bits. In a file they always had 64. 4 has each account
in one spelling (`model.account_of`); 5 adds `accounts`; 6 has the account alone in each key, and the address
as a fact beside it; 7 adds `approvers`, which an older program would not ask."""

FORGOTTEN: Final = "forgotten_before"
RULE_51: Final = "rule 51"
ADDRESS_KEY: Final = "address"
DECIDED: Final = "decided"
AT_WORK: Final = "at work"
RESTORED: Final = "restored"
MOVED: Final = "moved to"


def key_of(*parts: str) -> str:
    """The key of a fact about an account, in the table `meta`."""
    return json.dumps(parts)

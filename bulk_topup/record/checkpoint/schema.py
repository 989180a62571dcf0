"""The checkpoint's tables, and how an older file is brought up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bulk_topup.core.errors import InputError
from bulk_topup.record.checkpoint.sql import FORGET_SUMMARY
from bulk_topup.record.checkpoint.trail import TABLE, take_over

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

APPLICATION_ID = 0x42544F50  # "BTOP": tells our files from any other SQLite database

SCHEMA = (
    """
    CREATE TABLE batch (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

    CREATE TABLE orders (
        id INTEGER PRIMARY KEY,
        number TEXT NOT NULL, product TEXT NOT NULL, itrx INTEGER NOT NULL,
        nominal INTEGER NOT NULL, operator TEXT NOT NULL, price INTEGER NOT NULL, row INTEGER NOT NULL,
        status TEXT NOT NULL DEFAULT 'unsent',
        speaker INTEGER REFERENCES attempts(id),
        note TEXT,
        UNIQUE (number, product, itrx)
    );
    CREATE INDEX orders_status ON orders (status);

    CREATE TABLE attempts (
        id INTEGER PRIMARY KEY,
        order_id INTEGER NOT NULL REFERENCES orders(id),
        token TEXT NOT NULL UNIQUE,
        begun_at TEXT NOT NULL, day TEXT NOT NULL, skew_s REAL,
        ended_at TEXT, settled_at TEXT, kind TEXT, code TEXT, reason_code TEXT, reason TEXT,
        invoice TEXT, serial TEXT, debited INTEGER, balance INTEGER, answered_at TEXT
    );
    CREATE INDEX attempts_order ON attempts (order_id);
    CREATE INDEX attempts_invoice ON attempts (invoice);
    CREATE INDEX attempts_other_day ON attempts (id) WHERE substr(answered_at, 1, 10) <> day;

    CREATE TABLE lines (
        position INTEGER PRIMARY KEY,
        row INTEGER NOT NULL, cells TEXT NOT NULL,
        number TEXT, product TEXT, itrx INTEGER,
        status TEXT, why TEXT,
        removed INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX lines_key ON lines (number, product, itrx);

    CREATE TABLE trail (
        id INTEGER PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL,
        order_id INTEGER, note TEXT NOT NULL DEFAULT ''
    );
    """,
    """
    CREATE TABLE summary (facts TEXT NOT NULL);
    CREATE INDEX lines_held ON lines (status) WHERE status IS NOT NULL;

    CREATE TRIGGER order_restated AFTER UPDATE OF status, speaker ON orders BEGIN DELETE FROM summary; END;
    CREATE TRIGGER attempt_begun AFTER INSERT ON attempts BEGIN DELETE FROM summary; END;
    CREATE TRIGGER attempt_ended AFTER UPDATE ON attempts BEGIN DELETE FROM summary; END;
    CREATE TRIGGER closed_by_hand AFTER INSERT ON trail WHEN NEW.what LIKE 'resolve %'
        BEGIN DELETE FROM summary; END;
    """,
    """
    ALTER TABLE trail ADD COLUMN plan_code TEXT NOT NULL DEFAULT '';
    ALTER TABLE trail ADD COLUMN approved_by TEXT NOT NULL DEFAULT '';
    ALTER TABLE trail ADD COLUMN after INTEGER;  -- the last attempt before it

    UPDATE trail SET after = (SELECT coalesce(max(a.id), 0) FROM attempts a WHERE a.begun_at < trail.at)
        WHERE what IN ('run', 'resend', 'prove 51');
    UPDATE trail SET plan_code = substr(note, instr(note, ', plan ') + 7, 19)
        WHERE what = 'run' AND instr(note, ', plan ');
    UPDATE trail SET approved_by = substr(note, instr(note, ', approved by ') + 14)
        WHERE what = 'run' AND instr(note, ', approved by ');
    """,
    """
    CREATE TABLE standing (digest TEXT NOT NULL);  -- of the plan whose lines stand in `lines`
    """,
    """
    DROP TABLE standing; DROP TABLE summary;  -- facts of the batch, both
    DROP TRIGGER order_restated; DROP TRIGGER attempt_begun; DROP TRIGGER attempt_ended;
    DROP TRIGGER closed_by_hand;
    """,
    """
    ALTER TABLE attempts ADD COLUMN base_url TEXT NOT NULL DEFAULT '';  -- where it was sent to

    UPDATE attempts SET base_url = coalesce((SELECT value FROM batch WHERE key = 'base_url'), '');
    INSERT OR REPLACE INTO batch
        SELECT 'rehearsal', 'yes' FROM batch WHERE key = 'base_url' AND value = 'sandbox';
    """,
    TABLE,
)
"""One entry per schema version; a file of version n gets the entries after the n-th."""

SENDINGS_SINCE = 3
"""The version since which the trail says where among the attempts each command began."""
CHAIN_SINCE = 7
"""The version since which there is a chain of entries."""


def assert_ours(db: sqlite3.Connection, path: Path) -> None:
    (application,) = db.execute("PRAGMA application_id").fetchone()
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application != APPLICATION_ID and tables:
        raise InputError("checkpoint.not_ours", path=path)
    if version > len(SCHEMA):
        raise InputError("checkpoint.newer", path=path)


def migrate_checkpoint(db: sqlite3.Connection) -> None:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    for number, script in enumerate(SCHEMA[version:], start=version + 1):
        mark = f"PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={number};"
        db.executescript(f"BEGIN IMMEDIATE; {script}; {mark}")
        if number == CHAIN_SINCE and version:
            db.execute(FORGET_SUMMARY)  # of an earlier program, which counted less
            take_over(db)
        db.execute("COMMIT")
    db.execute(TABLE)  # whoever took it away stops no run

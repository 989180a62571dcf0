"""A batch that was sent but for its last rows, as the program leaves it behind, made once and kept.

The program itself begins the batch, in a rehearsal, until the deposit is used up. The other top-ups are then
written down in the progress file and the record as if each had been sent, from a deposit that was enough: to
send a million takes hours.
"""

from __future__ import annotations

import shutil
import sqlite3
import sys
from contextlib import closing
from typing import TYPE_CHECKING

from bulk_topup.core.clock import SystemClock, wib_day
from bulk_topup.record.checkpoint.schema import SCHEMA
from bulk_topup.sandbox import Sandbox
from tests.bench import data, measure
from tests.markdown import ROOT

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

LEFT = 10
"""Rows that are not sent yet."""

LEAST_ROWS = 2_000
"""Fewer would not use up the deposit."""

STOPPED = 3
SHEET = "bonus.xlsx"
PROGRAM = (sys.executable, "-m", "bulk_topup")


def nearly_sent(rows: int) -> Path:
    """The folder of such a batch of today; to be copied, not used."""
    today = f"{wib_day(SystemClock().now())}"
    # Of this version: an earlier one is brought up to date by the first command, and not by what only looks.
    return data.made(f"sent-{rows}-{len(SCHEMA)}-{today}", lambda folder: _make(folder, rows))


def copied_to(folder: Path, rows: int) -> Path:
    """A copy of the batch in this folder; returns its sheet."""
    shutil.copytree(nearly_sent(rows), folder, dirs_exist_ok=True)
    return folder / SHEET


def first_request(folder: Path, since: datetime) -> datetime:
    """When the first top-up after that moment reached the simulated provider."""
    with Sandbox(folder / "sandbox.provider.db") as sandbox:
        sent = [request.at for request in sandbox.requests() if request.endpoint == "isipulsa"]
    return min(at for at in sent if at > since)


def _make(folder: Path, rows: int) -> None:
    for earlier in data.cache().glob(f"*/sent-{rows}-*"):
        shutil.rmtree(earlier)
    folder.mkdir()
    shutil.copy(data.shared_strings(rows), folder / SHEET)
    env = measure.clean_environment(folder)
    # A CSV file, as a workbook of a million rows takes minutes and is not wanted here.
    results = ("--output", str(folder / "bonus.results.csv"))
    options = ("--sandbox", "--yes", "--rate", "500", "--workers", "8", "--wait", "0", *results)
    argv = [*PROGRAM, "run", str(folder / SHEET), *options]
    measure.command(argv, cwd=ROOT, env=env, codes=(STOPPED, 1, 4))
    with closing(sqlite3.connect(folder / "bonus.sandbox.checkpoint.db")) as db:
        db.execute("ATTACH ? AS ledger", (str(folder / "sandbox.ledger.db"),))
        for statement in _FILL:
            db.execute(statement, {"left": LEFT} if ":left" in statement else {})
        db.commit()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    # As a run ends: the results are written, and what they come to is kept.
    measure.command(
        [*PROGRAM, "results", str(folder / SHEET), "--sandbox", *results], cwd=ROOT, env=env, codes=(1,)
    )
    for leftover in [*folder.glob("*.results.csv"), *folder.glob("*.plan")]:
        leftover.unlink()


_FILL = (
    """
    CREATE TEMP TABLE sent AS SELECT id FROM orders WHERE status = 'unsent'
    ORDER BY row DESC LIMIT -1 OFFSET :left
    """,
    """
    INSERT INTO attempts (order_id, token, begun_at, day, skew_s, ended_at, settled_at,
                          kind, code, reason_code, reason, invoice, serial, debited, balance, answered_at,
                          base_url)
    SELECT o.id, lower(hex(randomblob(16))), t.begun_at, t.day, t.skew_s, t.ended_at, t.settled_at,
           t.kind, t.code, t.reason_code, t.reason, 'TRX' || (9000000 + o.id), '0' || (100000000000 + o.id),
           o.price, t.balance + sum(o.price) OVER (ORDER BY o.id DESC) - o.price, t.answered_at, t.base_url
    FROM sent s JOIN orders o ON o.id = s.id, (SELECT * FROM attempts WHERE kind = 'sukses' LIMIT 1) t
    """,
    """
    DELETE FROM batch WHERE key = 'summary'
    """,
    """
    UPDATE orders SET note = NULL, status = 'sukses',
                      speaker = (SELECT max(a.id) FROM attempts a WHERE a.order_id = orders.id)
    WHERE id IN (SELECT id FROM sent)
    """,
    """
    INSERT OR IGNORE INTO ledger.claims
    SELECT c.account, a.day, o.number, o.nominal, o.itrx, 0, c.base_url, o.product, c.batch, c.batch_name,
           o.row, a.token, 'paid', a.begun_at
    FROM sent s JOIN orders o ON o.id = s.id JOIN attempts a ON a.id = o.speaker,
         (SELECT * FROM ledger.claims LIMIT 1) c
    """,
)

"""The batch's own SQLite file: the sheet as it was, its orders, every attempt and its outcome."""

from __future__ import annotations

from bulk_topup.record.checkpoint.attempts import Attempts
from bulk_topup.record.checkpoint.notes import Notes
from bulk_topup.record.checkpoint.orders import Orders
from bulk_topup.record.checkpoint.reading import Reading


class Checkpoint(Orders, Attempts, Notes, Reading):
    """One batch's file: `create`, `open` or `look`. See `File` for the rules of every method."""

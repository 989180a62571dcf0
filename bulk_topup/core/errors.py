"""Why a run cannot go on.

What is wrong with one row is a `Finding`, a value. An exception here ends the command, with a clear line
(worded in `report.words` from the code and the facts) and an exit code:

    BulkTopupError
    ├── InputError      2   the command, the sheet or the progress file is not usable; nothing was sent
    ├── Declined        2   a person, or the lack of one, said no; nothing was sent
    ├── ProviderError   3   the provider is out of reach, or does not answer as documented
    ├── BatchBusy       5   another run holds this batch
    └── StorageFailed   2   a durable write failed before anything was sent; while sending it stops the run: 3
        └── StorageLost 3   the record failed once something may have been sent, and there is no more to tell
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class Exit(IntEnum):
    """The exit codes of all commands."""

    OK = 0
    NOT_ALL_PAID = 1
    NOTHING_SENT = 2
    STOPPED = 3
    OPEN = 4
    BUSY = 5
    DEFECT = 70
    INTERRUPTED = 130


class BulkTopupError(Exception):
    """A command that cannot go on.

    `code` names the message in `say.WORDS`; `facts` are the values its text shows.
    """

    exit_code: ClassVar[Exit] = Exit.DEFECT

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code, facts)
        self.code = code
        self.facts = facts


class InputError(BulkTopupError):
    exit_code = Exit.NOTHING_SENT


class Declined(BulkTopupError):  # noqa: N818  (a decision, not a fault)
    exit_code = Exit.NOTHING_SENT


class ProviderError(BulkTopupError):
    exit_code = Exit.STOPPED


class BatchBusy(BulkTopupError):  # noqa: N818
    exit_code = Exit.BUSY


class StorageFailed(BulkTopupError):  # noqa: N818
    exit_code = Exit.NOTHING_SENT


class StorageLost(StorageFailed):
    exit_code = Exit.STOPPED

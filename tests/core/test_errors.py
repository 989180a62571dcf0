"""What the system says reaches a person in our words, in either language."""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from bulk_topup.core import os_errors
from bulk_topup.core.os_errors import cause_of
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EACCES, "you do not have permission"),
        (errno.ENOSPC, "the disk is full"),
        (errno.EROFS, "it is write-protected"),
        (errno.ECONNREFUSED, "it does not accept connections"),
    ],
)
def test_an_error_of_the_system_is_told_in_our_words(number: int, words: str) -> None:
    assert say.text(cause_of(OSError(number, os.strerror(number)))) == words


def test_what_we_have_no_words_for_is_told_in_its_own() -> None:
    assert cause_of(OSError(errno.EXDEV, "Invalid cross-device link")) == "Invalid cross-device link"
    assert cause_of(ValueError("first line\nsecond line")) == "first line"
    assert cause_of(ValueError()) == "ValueError"


def test_an_error_of_sqlite_is_told_by_its_code(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("no database, but longer than the header of one, as a text may be" * 9)
    with (
        closing(sqlite3.connect(tmp_path / "notes.db")) as db,
        pytest.raises(sqlite3.DatabaseError) as failed,
    ):
        db.execute("SELECT * FROM claims")
    assert cause_of(failed.value) == "why.damaged"
    with pytest.raises(sqlite3.OperationalError) as unopened:
        sqlite3.connect(tmp_path / "no folder" / "ledger.db")
    assert cause_of(unopened.value) == "why.not_opened"


def test_every_cause_has_its_words() -> None:
    tables = (os_errors._BY_ERRNO, os_errors._BY_WINDOWS, os_errors._BY_SQLITE, os_errors._BY_SQLSTATE)
    assert {code for table in tables for code in table.values()} <= set(say.WORDS)

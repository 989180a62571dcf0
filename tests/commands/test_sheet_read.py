"""What is said of the sheet before the plan, and which of its columns is asked."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from bulk_topup.commands import sheet_reading, terminal
from bulk_topup.core.errors import InputError
from bulk_topup.core.model import Columns, Source
from bulk_topup.record.paths import files_of
from bulk_topup.report.screen.sheet import read_report
from bulk_topup.sending.job import Job
from tests.builders import sheet_of

if TYPE_CHECKING:
    from pathlib import Path

    from bulk_topup.core.model import Sheet


def line(*header: str) -> str:
    [said] = read_report(sheet_of([["", "", "", ""][: len(header)]], header)).lines
    return said


def test_one_line_says_which_columns_were_read() -> None:
    assert line("Nama", "No HP", "Kode", "Nominal") == (
        'Read: name = A "Nama", phone number = B "No HP", product = C "Kode", nominal = D "Nominal"'
    )
    assert line("Cabang", "HP", "Insentif (Rp)") == (
        'Read: phone number = B "HP", product = none (chosen by nominal), nominal = C "Insentif (Rp)", '
        'group = A "Cabang"'
    )


class Keyboard:
    """A terminal at which a person types this."""

    def __init__(self, typed: str) -> None:
        self.typed = typed
        self.questions: list[str] = []

    def __call__(self, question: str) -> str:
        self.questions.append(question)
        return self.typed


@pytest.fixture
def two_numbers(tmp_path: Path) -> Source:
    path = tmp_path / "juni.csv"
    path.write_text("Nama,No HP,No HP Baru,Kode\nAni,081210000001,081210000002,S5\n")
    return Source(path)


def read(source: Source, screen: terminal.Terminal) -> Sheet:
    job = Job(source, files_of(source, sandbox=True))
    with sheet_reading.begin_reading(source) as arriving:
        return sheet_reading._asked(job, arriving, screen)


def test_a_person_chooses_the_column_with_its_letter(
    two_numbers: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyboard = Keyboard("c")
    monkeypatch.setattr(terminal, "ask", keyboard)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    sheet = read(two_numbers, terminal.Terminal())
    assert sheet.columns == Columns(number=2, product=3, name=0)
    [question] = keyboard.questions
    assert 'B "No HP" (081210000001), C "No HP Baru" (081210000002)' in question
    assert question.endswith("[B/C]")


@pytest.mark.parametrize(("typed", "is_there"), [("x", True), ("c", False)])
def test_without_a_clear_answer_nothing_is_read(
    two_numbers: Source, monkeypatch: pytest.MonkeyPatch, typed: str, is_there: bool
) -> None:
    monkeypatch.setattr(terminal, "ask", Keyboard(typed))
    monkeypatch.setattr(sys.stdin, "isatty", lambda: is_there, raising=False)
    with pytest.raises(InputError) as caught:
        read(two_numbers, terminal.Terminal())
    assert caught.value.code == "sheet.ambiguous"

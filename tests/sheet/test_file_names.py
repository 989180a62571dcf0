"""A name that is not quite a sheet's, and a sheet that is open elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bulk_topup.core.errors import InputError
from bulk_topup.sheet.detect import opened_file
from bulk_topup.sheet.file_names import near_sheet, open_elsewhere

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("insentif.xlsx", "Gaji Mei.xlsx", "gaji_juni.csv", "insentif.results.xlsx", "notes.txt"):
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("insentif", "insentif.xlsx"),
        ("INSENTIF", "insentif.xlsx"),
        ("insentif.xls", "insentif.xlsx"),
        ("insentip.xlsx", "insentif.xlsx"),
        ("gaji mei", "Gaji Mei.xlsx"),
        ("gaji_juni.cvs", "gaji_juni.csv"),
        ("notes", ""),
        ("absen.xlsx", ""),
        ("", ""),
    ],
)
def test_the_sheet_that_a_name_may_mean(folder: Path, typed: str, near: str) -> None:
    assert near_sheet(folder / typed if typed else folder / "missing" / "x") == near


def refusal(path: Path) -> InputError:
    with pytest.raises(InputError) as refused, opened_file(path):
        pass
    return refused.value


def test_a_name_that_is_not_there_is_answered_with_the_near_one(folder: Path) -> None:
    assert (refusal(folder / "insentif").code, refusal(folder / "insentif").facts["near"]) == (
        "sheet.not_found_near",
        "insentif.xlsx",
    )
    assert refusal(folder / "absen.xlsx").code == "sheet.not_found"


@pytest.mark.parametrize("is_there", [True, False])
def test_the_lock_file_of_excel_is_named_as_what_it_is(folder: Path, is_there: bool) -> None:
    lock = folder / "~$insentif.xlsx"
    if is_there:
        lock.write_bytes(b"\x05Rina")
    said = refusal(lock)
    assert (said.code, said.facts["right"]) == ("sheet.lock_of", "insentif.xlsx")


@pytest.mark.parametrize("mark", ["~$insentif.xlsx", ".~lock.insentif.xlsx#"])
def test_a_sheet_that_is_open_elsewhere_is_known_by_the_mark_beside_it(folder: Path, mark: str) -> None:
    assert not open_elsewhere(folder / "insentif.xlsx")
    (folder / mark).touch()
    assert open_elsewhere(folder / "insentif.xlsx")
    assert not open_elsewhere(folder / "Gaji Mei.xlsx")

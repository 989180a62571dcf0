"""The sheet of the month before is found by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bulk_topup.sheet.months import predecessor

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "others", "found"),
    [
        ("gaji-juni.xlsx", ["gaji-mei.xlsx", "gaji-april.xlsx", "gaji-juli.xlsx"], "gaji-mei.xlsx"),
        ("gaji_Jan.xlsx", ["gaji_Des.xlsx", "gaji_Nov.xlsx"], "gaji_Des.xlsx"),
        (
            "Insentif Jan 2026.xlsx",
            ["Insentif Des 2025.xlsx", "Insentif Jan 2025.csv"],
            "Insentif Des 2025.xlsx",
        ),
        (
            "2026-06 bonus.csv",
            ["2026-05 bonus.csv", "2026-05 gaji.csv", "2025-06 bonus.csv"],
            "2026-05 bonus.csv",
        ),
        ("bonus 06-2026.xlsx", ["bonus 05-2026.xlsx", "bonus 05-2026.results.xlsx"], "bonus 05-2026.xlsx"),
        ("payroll_202606.xlsx", ["payroll_202604.xlsx"], "payroll_202604.xlsx"),
        (
            "gaji-juni.xlsx",
            ["gaji-juni.csv", "gaji-juli.xlsx.bak", "insentif-mei.xlsx", "~$gaji-mei.xlsx"],
            "",
        ),
        ("Maya.xlsx", ["April.xlsx"], ""),
        ("payroll.xlsx", ["payroll-mei.xlsx"], ""),
        ("gaji-juni-2026.xlsx", ["gaji-juli-2026.xlsx"], ""),
    ],
)
def test_the_latest_sheet_of_an_earlier_month(
    tmp_path: Path, name: str, others: list[str], found: str
) -> None:
    for each in (name, *others):
        (tmp_path / each).touch()
    one = predecessor(tmp_path / name)
    assert (one.name if one else "") == found

"""The month by clicks, in a real browser: what is seen, what is sent, and how it reads for a machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.desk import month as months
from tests.desk.month import MISSING, PENDING, PEOPLE, SHOWN, Month

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.browser,
    pytest.mark.kill,
    pytest.mark.skipif(bool(MISSING), reason=MISSING or "-"),
]


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Month:
    home: Path = tmp_path_factory.mktemp("month")
    return months.play(home, home)


def test_everybody_is_paid_once_though_the_desk_is_killed_half_way(month: Month) -> None:
    assert set(month.paid.values()) == {1}
    assert len(month.paid) in {len(PEOPLE), len(PEOPLE) - 1}  # the lost one may never have reached it
    assert PENDING in month.paid


def test_every_page_is_seen_and_says_what_to_do_next(month: Month) -> None:
    assert {*SHOWN} <= set(month.told)
    assert "2 rows need correcting" in month.told["problems"]
    assert "2 cells were corrected in the copy" in month.told["corrected"]
    assert "28" in month.told["plan"]
    assert "top-ups are being sent" in month.told["sending"]
    assert "of 28" in month.told["again"]
    assert "Rina Sari" in month.told["results"]
    assert "Rina Sari" in month.told["history"]
    assert "it was paid on" in month.told["find"]
    assert "in order" in month.told["health"]
    assert month.told["download"].endswith(".sandbox.results.xlsx")


def test_no_script_of_a_sheet_runs_and_no_page_has_a_serious_fault(month: Month) -> None:
    """Neither in the browser's console nor by axe-core, nor on a screen of 390 pixels."""
    assert month.faults == []
    assert month.longest_page < 1_000_000

"""Control totals: what somebody else counted has to agree with the plan, or nothing is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bulk_topup.commands.check import check_batch
from bulk_topup.commands.terminal import Terminal
from bulk_topup.core.errors import Declined, Exit
from bulk_topup.sheet import read_sheet
from tests.desk_bench import Bench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

A, B, NOT_PAID = "081234500001", "081234500002", "081200000011"


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    made = Bench(tmp_path, monkeypatch)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("expected", "refused_for"),
    [
        ({"expected_people": 3, "expected_nominal": 15_000}, ""),
        ({"expected_people": 4}, "totals.people"),
        ({"expected_people": 0}, "totals.people"),
        ({"expected_nominal": 15_001}, "totals.nominal"),
        ({"expected_people": 3, "expected_nominal": 10_000}, "totals.nominal"),
    ],
)
def test_a_plan_that_differs_from_the_control_totals_is_refused(
    bench: Bench, expected: dict[str, Any], refused_for: str
) -> None:
    """A row that is there twice is held back, and one person."""
    bench.sheet(A, B, NOT_PAID, A)
    job = bench.job(**expected)
    if not refused_for:
        came = check_batch(job, lambda: read_sheet(job.source.path), Terminal(), bench.clock)
        assert came is Exit.NOT_ALL_PAID
        assert bench.run(**expected) is Exit.NOT_ALL_PAID
        return
    with pytest.raises(Declined) as in_check:
        check_batch(job, lambda: read_sheet(job.source.path), Terminal(), bench.clock)
    with pytest.raises(Declined) as in_run:
        bench.run(**expected)
    assert (in_check.value.code, in_run.value.code, bench.sent()) == (refused_for, refused_for, [])


def test_what_was_sent_before_counts_for_the_control_totals(bench: Bench) -> None:
    bench.sheet(A, NOT_PAID)
    assert bench.run(expected_people=2, expected_nominal=10_000) is Exit.NOT_ALL_PAID
    bench.sheet(A, NOT_PAID, B)
    assert bench.run(expected_people=3, expected_nominal=15_000) is Exit.NOT_ALL_PAID
    with pytest.raises(Declined):
        bench.run(expected_people=2)

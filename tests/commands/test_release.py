"""What others paid is not paid again: between a plan and its start, or where the record lacks it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from bulk_topup.commands import planning
from bulk_topup.core.errors import Declined, Exit
from bulk_topup.sending import batch
from bulk_topup.sending.job import Approval
from bulk_topup.sending.resolve import Verdict
from tests.desk_bench import Bench

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NUMBERS = [f"0812345000{nth:02d}" for nth in range(4)]
BEFORE_MIDNIGHT = 23, 59, 50


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    made = Bench(tmp_path, monkeypatch)
    yield made
    made.close()


def copied(bench: Bench) -> Path:
    """Another folder with the same sheet."""
    here, bench.folder = bench.folder, bench.folder / "copy"
    bench.folder.mkdir()
    bench.sheet(*NUMBERS)
    there, bench.folder = bench.folder, here
    bench.sheet(*NUMBERS)
    return there


def paid_meanwhile(bench: Bench, there: Path, real: Callable[..., Any]) -> Callable[..., Any]:
    """This step of the copy's run, done when its sheet has been paid from here and midnight has passed."""

    def late(job: Any, *others: Any, **named: Any) -> Any:
        if job.source.path.parent == there and not bench.paid():
            bench.folder = there.parent
            assert bench.run() == Exit.OK
            bench.clock.pass_by(20)
            bench.folder = there
        return real(job, *others, **named)

    return late


def paid_once(bench: Bench) -> bool:
    return Counter(topup.number for topup in bench.paid()) == dict.fromkeys(NUMBERS, 1)


@pytest.mark.parametrize("is_approved", [True, False], ids=["approved", "said yes to"])
def test_midnight_between_a_plan_and_its_release_stops_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, *, is_approved: bool
) -> None:
    there = copied(bench)
    bench.clock.set_to(*BEFORE_MIDNIGHT)
    bench.folder = there
    codes = []

    def noted(*args: Any, **named: Any) -> None:
        codes.append(args[2].code)
        show_plan(*args, **named)

    show_plan = planning.show_plan
    monkeypatch.setattr(planning, "show_plan", noted)
    with pytest.raises(Declined):
        bench.run(yes=False)
    monkeypatch.setattr(planning, "show_plan", paid_meanwhile(bench, there, show_plan))
    approval = Approval(codes[0], "Rina") if is_approved else None
    with pytest.raises(Declined, match=r"declined\.other_day"):
        bench.run(yes=not is_approved, approval=approval)
    assert paid_once(bench)


def test_midnight_between_the_release_and_the_start_leaves_the_batch_on_the_day_of_its_plan(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = copied(bench)
    bench.clock.set_to(*BEFORE_MIDNIGHT)
    bench.folder = there
    monkeypatch.setattr(batch, "start_batch", paid_meanwhile(bench, there, batch.start_batch))
    bench.run()
    assert bench.statuses() == ["duplicate"] * len(NUMBERS)
    assert paid_once(bench)


@pytest.mark.parametrize("record", ["another", "lost"])
def test_a_batch_goes_on_with_a_record_that_lacks_it_only_once_a_person_has_settled_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, record: str
) -> None:
    there, here = copied(bench), bench.folder
    bench.sheet(*NUMBERS[:2])
    assert bench.run() == Exit.OK
    bench.folder = there
    assert bench.run(again=True) == Exit.NOT_ALL_PAID  # its first two are held
    bench.folder = here
    bench.sheet(*NUMBERS)
    bench.clock.pass_by(86_400)
    if record == "another":
        monkeypatch.setenv("BULK_TOPUP_LEDGER", str(here / "other.db"))
    else:
        for path in here.glob("ledger.db*"):
            path.unlink()
    said = Verdict(2, NUMBERS[0], "TRX1", "Rina asked")
    for command in (bench.run, bench.run, bench.resend, lambda **_: bench.resolve(said)):
        with pytest.raises(Declined, match=r"ledger\.lacks_own"):
            command(same_batch=True)
    for folder in (there, here):  # As it is said there.
        bench.folder = folder
        bench.settle()
    bench.run(same_batch=True)
    assert paid_once(bench)


def test_one_row_that_a_copy_of_the_same_name_paid_is_asked_about(bench: Bench) -> None:
    """Its desk was killed after that row; the next day another desk takes over with its own copy."""
    there = copied(bench)
    bench.sheet(NUMBERS[0])
    assert bench.run() == Exit.OK
    bench.clock.pass_by(86_400)
    bench.folder = there
    with pytest.raises(Declined, match=r"declined\.overlap"):
        bench.run()
    assert len(bench.paid()) == 1

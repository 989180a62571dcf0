"""A row that asks for something else than what was sent for it: no older copy of it is paid beside it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from bulk_topup.core.errors import Exit
from bulk_topup.rules.orders import Wishes
from bulk_topup.sending.resolve import Verdict
from tests.builders import a_product, listed, price_list
from tests.desk_bench import Bench, on_isipulsa, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    MakeBench = Callable[..., Bench]

A, B = "081234500001", "081234500002"
PENDING_THEN_SUKSES = "081200001001"
PAID_AND_LOST = "after close"
PAID_AND_REJECTED = "after status:404"
STRICT = Wishes(strict=True)
DAY_S = 86_400
PRICES = listed(
    price_list(
        a_product("TSEL5", "TELKOMSEL", 5_000, 5_650),
        a_product("SP5", "TELKOMSEL", 5_000, 5_700),
        a_product("TSEL10", "TELKOMSEL", 10_000, 10_650),
    )
)


@pytest.fixture
def make_bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeBench]:
    benches: list[Bench] = []

    def make(*faults: str | None, product: str = "TSEL5", number: str = A) -> Bench:
        benches.append(Bench(tmp_path, monkeypatch, on_isipulsa(*faults), prices=PRICES))
        benches[-1].sheet(number, product=product)
        return benches[-1]

    yield make
    for bench in benches:
        bench.close()


def asked(bench: Bench) -> list[str]:
    """The product of each request, in order."""
    return [request.parameters["kodeoperator"] for request in bench.sent()]


@pytest.mark.parametrize(("number", "fault"), [(A, PAID_AND_LOST), (PENDING_THEN_SUKSES, None)])
def test_another_code_of_an_open_nominal_waits_on_every_day(
    make_bench: MakeBench, number: str, fault: str | None
) -> None:
    bench = make_bench(fault, number=number)
    bench.run()
    bench.sheet(number, product="SP5")
    including: Any = {"wishes": Wishes(strict=True, include_changed=True, same_batch=True)}

    assert bench.run(**including) is Exit.OPEN
    bench.clock.pass_by(DAY_S)
    bench.run(wishes=Wishes(strict=True, same_batch=True))
    bench.run(wishes=Wishes(strict=True, same_batch=True))

    assert asked(bench) == ["TSEL5"]
    assert bench.statuses()[0] == "unsent"


@pytest.mark.parametrize(("then", "days"), [("SP5", 1), ("TSEL10", 0)])
@pytest.mark.parametrize("fault", [None, PAID_AND_LOST])
def test_a_folder_from_before_the_correction_pays_no_second_time(
    make_bench: MakeBench, then: str, days: int, fault: str | None
) -> None:
    bench = make_bench(refusal("62"), fault)
    bench.run()
    copies = {path: path.with_name(f"{path.name}.copy") for path in (bench.checkpoint, bench.path)}
    for path, copy in copies.items():
        shutil.copy(path, copy)
    bench.sheet(A, product=then)
    bench.run(wishes=STRICT)
    for path, copy in copies.items():
        shutil.copy(copy, path)
    bench.clock.pass_by(days * DAY_S)

    assert bench.run(wishes=STRICT) is Exit.OPEN

    assert asked(bench) == ["TSEL5", then]


def test_a_failed_row_that_was_corrected_and_paid_is_not_sent_again(
    make_bench: MakeBench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = make_bench(refusal("12"))
    bench.run()
    bench.sheet(A, product="TSEL10")
    bench.run()
    bench.sheet(A)
    capsys.readouterr()

    bench.run(retry_failed=True)

    assert asked(bench) == ["TSEL5", "TSEL10"]
    assert "this batch already sent TSEL10" in capsys.readouterr().out


def test_a_nominal_that_was_refused_as_a_repeat_is_not_sent_by_another_code_the_next_day(
    make_bench: MakeBench,
) -> None:
    bench = make_bench(refusal("51"))
    bench.run()
    bench.clock.pass_by(DAY_S)
    bench.sheet(A, product="SP5")

    bench.run(wishes=Wishes(strict=True, same_batch=True))
    assert (asked(bench), bench.statuses()) == (["TSEL5"], ["unsent", "duplicate"])
    bench.run(wishes=Wishes(strict=True, same_batch=True, include_changed=True))
    assert asked(bench) == ["TSEL5", "SP5"]


@pytest.mark.parametrize(
    "faults", [(PAID_AND_REJECTED,), (refusal("00"), PAID_AND_REJECTED), (PAID_AND_LOST,)]
)
@pytest.mark.parametrize("product", ["TSEL5", "SP5"])
def test_a_row_that_was_called_not_sent_has_a_warning_whatever_is_asked_on_a_later_day(
    make_bench: MakeBench, faults: tuple[str, ...], product: str
) -> None:
    bench = make_bench(*faults)
    for _ in faults:
        bench.run(retry_failed=True)
    if bench.statuses() == ["unknown"]:
        bench.resolve(Verdict(2, A, "", "wrongly"))
    bench.clock.pass_by(DAY_S)
    bench.sheet(A, product=product)

    bench.run(wishes=Wishes(strict=True, same_batch=True, retry_failed=True))
    assert len(bench.paid()) == 1
    bench.run(wishes=Wishes(same_batch=True, retry_failed=True))
    assert len(bench.paid()) == 2


def test_a_rejected_row_has_its_warning_under_the_product_that_is_cheapest_the_next_day(
    make_bench: MakeBench,
) -> None:
    bench = make_bench(PAID_AND_REJECTED)
    bench.path.write_text(f"No HP,Nominal\n{A},5000\n")
    bench.run()
    bench.sandbox.set_prices([{**PRICES[0], "harga": "5800"}, *PRICES[1:]])
    bench.clock.pass_by(DAY_S)

    bench.run(wishes=STRICT)

    assert asked(bench) == ["TSEL5"]
    assert bench.statuses() == ["invalid"]


def test_a_rejected_row_has_its_warning_in_the_batch_that_follows_too(make_bench: MakeBench) -> None:
    bench = make_bench(PAID_AND_REJECTED)
    bench.run()
    bench.clock.pass_by(DAY_S)
    bench.sheet(A, B)

    for new in (True, False):
        bench.run(wishes=Wishes(strict=True, new_batch=new))
        assert bench.statuses() == ["invalid", "sukses"]

    bench.run()
    assert bench.statuses() == ["sukses", "sukses"]


def test_a_copy_of_a_sheet_is_known_whatever_nominal_its_products_have_by_then(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.run()
    bench.folder = bench.folder / "copy"
    bench.folder.mkdir()
    bench.sheet(A)
    bench.sandbox.set_prices([{**PRICES[0], "nominal": "5500"}, *PRICES[1:]])

    bench.run()

    assert asked(bench) == ["TSEL5"]

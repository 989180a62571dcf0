"""What a person says of a row is about one top-up: it frees no other one that was paid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bulk_topup.core.errors import Exit, InputError
from bulk_topup.sandbox import rules as sandbox_rules
from bulk_topup.sandbox.testnumbers import TestNumber
from bulk_topup.sending.resolve import Verdict
from tests.desk_bench import Bench

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bulk_topup.sandbox.testnumbers import Settling

    MakeBench = Callable[..., Bench]
    Settles = Callable[[Settling | None], None]

A, B = "081234500001", "081234500002"


@pytest.fixture
def make_bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeBench]:
    benches: list[Bench] = []

    def make(*numbers: str, **settings: Any) -> Bench:
        benches.append(Bench(tmp_path, monkeypatch, **settings))
        benches[-1].sheet(*numbers)
        return benches[-1]

    yield make
    for bench in benches:
        bench.close()


@pytest.fixture
def settles(monkeypatch: pytest.MonkeyPatch) -> Settles:
    """What becomes of top-ups from now on: paid at once, or pending and then this."""

    def settles(how: Settling | None) -> None:
        monkeypatch.setattr(sandbox_rules, "behaviour_of", lambda _: TestNumber("", "", settles=how))

    return settles


def said(number: str, invoice: str = "", row: int = 2) -> Verdict:
    return Verdict(row, number, invoice, "Rina, hotline")


def refused(bench: Bench, verdict: Verdict) -> str:
    with pytest.raises(InputError) as why:
        bench.resolve(verdict)
    return why.value.code


def test_the_invoice_of_a_try_that_failed_frees_nothing_that_is_paid_on_record(
    make_bench: MakeBench, settles: Settles
) -> None:
    """An older progress file knows of neither try: the first failed, the second was paid."""
    bench = make_bench(B)
    bench.run()
    older = bench.checkpoint.read_bytes()
    bench.sheet(B, A)
    settles("gagal")
    bench.run(wait_s=30.0)
    settles(None)
    assert bench.run(retry_failed=True) is Exit.OK
    _, failed, paid = bench.sandbox.book()
    bench.checkpoint.write_bytes(older)
    assert bench.run() is Exit.OPEN
    claims = bench.claims()

    assert refused(bench, said(A, row=3)) == "resolve.paid_on_record"
    assert refused(bench, said(A, failed.invoice, row=3)) == "resolve.paid_on_record"

    assert bench.claims() == claims
    assert bench.resolve(said(A, paid.invoice, row=3)) is Exit.OK

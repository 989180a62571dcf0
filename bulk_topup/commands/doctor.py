"""`doctor`: checks everything a run needs, one line each, and says what to do about problems."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from bulk_topup.commands import next_steps
from bulk_topup.commands.exit_codes import command
from bulk_topup.commands.job_options import Setup, connection_of, ledger_of
from bulk_topup.commands.options import PATH, PROVIDER, option
from bulk_topup.core import clock
from bulk_topup.core.clock import SKEW_LIMIT_S, Clock
from bulk_topup.core.errors import BulkTopupError, Exit
from bulk_topup.core.os_errors import cause_of
from bulk_topup.report.screen.doctor import Examined, checks_report
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from bulk_topup.commands.terminal import Terminal
    from bulk_topup.provider.client import Provider
    from bulk_topup.record.ledger.shared import Rule51
    from bulk_topup.record.ledger.store import Store


@command
@PROVIDER
@option("--checkpoint", type=PATH, metavar="FILE", help="The progress file, if not in this folder.")
@click.option(
    "--prove-51",
    metavar="08…",
    help="Send one small top-up to this number twice, to check that the second is refused.",
)
@click.option("--product", metavar="CODE", help="Its product; use with --prove-51.")
@click.option("--yes", is_flag=True, help="Spend the money without asking.")
def doctor(
    terminal: Terminal,
    checkpoint: Path | None,
    prove_51: str | None,
    product: str | None,
    yes: bool,
    **options: Any,
) -> Exit:
    """Check whether everything is in order to send.

    One line each for login, price list, record, clocks, folder and disk, with what to do.

    \b
    Example:  bulk-topup doctor
    """
    if (prove_51 is None) != (product is None):
        raise click.UsageError(say.text("usage.prove"))
    folder = (checkpoint or Path.cwd() / "x").absolute().parent
    setup = Setup(connection_of(options), ledger_of(options), folder)
    if prove_51 is not None and product is not None:
        from bulk_topup.commands import prove_51 as prove

        return prove.prove_51(setup, prove_51, product, terminal, clock.SystemClock(), yes=yes)
    checks = list(_checks(setup, clock.SystemClock()))
    terminal.result(checks_report(checks))
    is_fine = all(check.is_fine for check in checks)
    has_sheet = Path(next_steps.A_SHEET).is_file()
    terminal.next([next_steps.with_doctor(terminal.typed, is_fine=is_fine, has_sheet=has_sheet)])
    return Exit.OK if is_fine else Exit.NOT_ALL_PAID


SLOW_MS: Final = 100.0
"""A claim takes about five round trips: from here on, two rows a second are no longer certain."""

LEAST_FREE_MB: Final = 200
SAMPLES: Final = 5


def _checks(setup: Setup, clock: Clock) -> Iterator[Examined]:
    from bulk_topup.commands.credentials import credentials
    from bulk_topup.core.model import account_of
    from bulk_topup.sending.connect import provider_of

    connection, username, account = setup.connection, "", ""
    try:
        username, password = credentials(connection)
        yield Examined("credentials", True, "doctor.credentials.fine", {"username": username})
        with provider_of(connection, username, password, clock) as provider:
            account = account_of(username)
            yield from _of_provider(provider, clock)
    except BulkTopupError as problem:
        yield _failed("prices" if username else "credentials", problem)
    yield from _of_ledger(setup, account, clock)
    yield _of_folder(setup.folder)
    yield from (_of_disk(place) for place in _places(setup.folder, setup.ledger))


def _failed(name: str, problem: BulkTopupError) -> Examined:
    return Examined(name, False, problem.code, problem.facts)


def _of_provider(provider: Provider, clock: Clock) -> Iterator[Examined]:
    count = len(provider.price_list())
    yield Examined("prices", True, "doctor.prices.fine", {"count": count, "address": provider.base_url})
    skew_s = provider.skew_s(clock.now(), clock.alive())
    if skew_s is None:
        yield Examined("clock", False, "doctor.clock.unknown")
    else:
        yield _of_clock("clock", skew_s)


def _of_clock(name: str, skew_s: float) -> Examined:
    is_fine = abs(skew_s) <= SKEW_LIMIT_S
    code = "doctor.clock.fine" if is_fine else "doctor.clock.off"
    return Examined(name, is_fine, code, {"seconds": abs(round(skew_s)), "off_s": round(-skew_s)})


def _of_ledger(setup: Setup, account: str, clock: Clock) -> Iterator[Examined]:
    from bulk_topup.provider.address import REHEARSAL_URL, checked_base_url
    from bulk_topup.record.folder import assert_trusted
    from bulk_topup.record.ledger.address import is_address, ledger_url, shown
    from bulk_topup.record.ledger.shared import Account
    from bulk_topup.record.ledger.store import Store
    from bulk_topup.sending.session import desk_name

    connection, ledger, where = setup.connection, setup.ledger, shown(setup.ledger)
    try:
        if not is_address(ledger):
            if not connection.sandbox:
                assert_trusted(Path(ledger), "BULK_TOPUP_LEDGER")
            if not Path(ledger).exists():
                yield Examined("ledger", True, "doctor.ledger.none", {"where": where})
                return
        if not account:  # Then there is no pace or stop to ask for either.
            with closing(Store(ledger_url(ledger))) as store:
                yield _latency(store, where)
            return
        base_url = REHEARSAL_URL if connection.sandbox else checked_base_url(connection.base_url)
        with closing(Account(ledger_url(ledger), account=account, base_url=base_url)) as shared:
            yield _latency(shared, where)
            if shared.is_server:
                yield _of_clock("server_clock", shared.skew_s(clock.now()))
                shared.stop_if_restored(desk_name(), clock.now())
                stop = shared.stopped()
                if stop is not None:
                    yield Examined("account", False, "doctor.account.stopped", stop.facts())
            yield _of_rule_51(shared.rule_51())
    except BulkTopupError as problem:
        yield _failed("ledger", problem)


def _of_rule_51(seen: Rule51 | None) -> Examined:
    if seen is None:
        return Examined("rule_51", True, "doctor.rule_51.unseen")
    code = "doctor.rule_51.fine" if seen.holds else "doctor.rule_51.broken"
    return Examined("rule_51", seen.holds, code, {"day": seen.day})


def _latency(shared: Store, where: str) -> Examined:
    import statistics

    took_ms = []
    for _ in range(SAMPLES):
        began = time.perf_counter()
        shared.forgotten_before()
        took_ms.append((time.perf_counter() - began) * 1000)
    ms = statistics.median(took_ms)
    if ms >= SLOW_MS:
        code = "doctor.ledger.slow"
    else:
        code = "doctor.ledger.fine" if shared.is_server else "doctor.ledger.file"
    return Examined("ledger", ms < SLOW_MS, code, {"where": where, "ms": max(1, round(ms))})


def _of_folder(folder: Path) -> Examined:
    import tempfile

    from bulk_topup.record.folder import assert_trusted

    try:
        assert_trusted(folder / "x", "--checkpoint")
        with tempfile.TemporaryFile(dir=folder, prefix=".bulk-topup-"):
            pass
    except BulkTopupError as problem:
        return _failed("folder", problem)
    except OSError as error:
        return Examined(
            "folder", False, "doctor.folder.unwritable", {"folder": folder, "why": cause_of(error)}
        )
    return Examined("folder", True, "doctor.folder.fine", {"folder": folder})


def _places(folder: Path, ledger: str) -> list[Path]:
    """The folders that a run writes to, one for each disk."""
    from bulk_topup.record.ledger.address import is_address

    places = [folder] if is_address(ledger) else [folder, Path(ledger).absolute().parent]
    there = [place for place in places if place.is_dir()]
    return list({place.stat().st_dev: place for place in reversed(there)}.values())


def _of_disk(place: Path) -> Examined:
    free_mb = shutil.disk_usage(place).free // 2**20
    is_fine = free_mb >= LEAST_FREE_MB
    code = "doctor.disk.fine" if is_fine else "doctor.disk.full"
    return Examined("disk", is_fine, code, {"folder": place, "free": free_mb, "least": LEAST_FREE_MB})

"""The commands and their options; exit codes. No rules, no SQL, no HTTP.

What a command needs is imported when it runs, so that `--help` answers at once.
"""

from __future__ import annotations

import os
import sys
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bulk_topup import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from bulk_topup.config import Job
    from bulk_topup.desk import Desk
    from bulk_topup.errors import Exit

Command = Any
"""A click command or a function on its way to be one."""

_PATH = click.Path(path_type=Path)
_SECONDS = click.FloatRange(0, 86_400)


def main() -> None:
    """The entry point: every way out of a command is an exit code and, if it failed, one line."""
    cli.main(prog_name="bulk-topup", windows_expand_args=False)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="bulk-topup")
def cli() -> None:
    """Send prepaid mobile top-ups in bulk from a spreadsheet.

    Never pays twice, never loses a row: run the same command again and it carries on where it stopped.

    \b
    Try it, no money moves:  bulk-topup run samples/payroll_bonus.xlsx --sandbox
    """


# -- options shared by commands ----------------------------------------------------------------------------


def _options(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    def decorate(function: Command) -> Command:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def _option(*names: str, **settings: Any) -> Callable[[Command], Command]:
    """An option that the environment can set too, as BULK_TOPUP_NAME."""
    variable = "BULK_TOPUP_" + names[0].lstrip("-").replace("-", "_").upper()
    return click.option(*names, envvar=variable, **settings)


_SHEET = _options(
    click.argument("sheet", type=_PATH),
    _option("--sheet", "tab", metavar="NAME", help="The tab, where a workbook has several."),
    _option("--checkpoint", type=_PATH, metavar="FILE", help="The progress file, if not beside the sheet."),
)
_COLUMNS = _options(
    _option("--number-column", metavar="NAME", help="The column of phone numbers, by header or letter."),
    _option("--product-column", metavar="NAME", help="The column of product codes."),
)
_OUTPUT = _option("--output", type=_PATH, metavar="FILE", help="The results sheet (.xlsx or .csv).")
_PROVIDER = _options(
    click.option("--sandbox", is_flag=True, help="Rehearse with a simulated provider; no money moves."),
    _option("--base-url", metavar="URL", help="The provider's address."),
    _option(
        "--timeout",
        type=click.FloatRange(1, 600),
        default=60,
        show_default=True,
        help="Seconds to wait for an answer.",
    ),
    _option(
        "--rate", type=click.FloatRange(0.05, 500), default=2, show_default=True, help="Requests a second."
    ),
    _option("--password-file", type=_PATH, metavar="FILE", help="Read the account's password from a file."),
)
_WAIT = _option(
    "--wait", type=_SECONDS, default=120, show_default=True, help="Seconds to ask after pending top-ups."
)
_WISHES = _options(
    click.option(
        "--duplicates",
        type=click.Choice(["skip", "repeat"]),
        default="skip",
        show_default=True,
        help="What to do with rows that are twice in the sheet.",
    ),
    _option("--strict", is_flag=True, help="Hold back rows with a warning, too."),
    click.option("--retry-failed", is_flag=True, help="Send rows again that failed (gagal)."),
    click.option("--include-changed", is_flag=True, help="Send new rows to numbers this batch already paid."),
    click.option(
        "--same-batch", is_flag=True, help="Go on with an earlier day's batch, sheet changed or not."
    ),
    click.option("--new-batch", is_flag=True, help="Pay the sheet anew; the old files get dated names."),
)
_BUDGET = _option(
    "--budget", type=click.IntRange(min=0), metavar="RUPIAH", help="The most to spend on the batch."
)
_YES = click.option("--yes", is_flag=True, help="Send without asking.")
_SPEECH = _options(
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output."),
    _option("--quiet", is_flag=True, help="Print errors only."),
)


def _answers(function: Command) -> Command:
    """Turn a command's Exit, or whatever it raises, into a line and an exit code."""

    @wraps(function)
    def command(**options: Any) -> None:
        from bulk_topup.desk import Desk

        desk = Desk(
            as_json=options.pop("as_json", False),
            quiet=options.pop("quiet", False),
            rehearsal=bool(options.get("sandbox")),
        )
        code = _guarded(lambda: function(desk=desk, **options), desk)
        desk.close(code)
        sys.exit(code)

    return command


def _guarded(function: Callable[[], Exit], desk: Desk) -> Exit:
    from bulk_topup.errors import BulkTopupError, Exit

    try:
        return function()
    except BulkTopupError as problem:
        desk.error(problem)
        return problem.exit_code
    except (KeyboardInterrupt, click.Abort):
        desk.error(BulkTopupError("interrupted.before"))
        return Exit.INTERRUPTED
    except click.ClickException:
        raise
    except Exception as defect:
        if os.environ.get("BULK_TOPUP_DEBUG"):
            raise
        desk.error(BulkTopupError("defect", why=f"{type(defect).__name__}: {defect}"))
        return Exit.DEFECT


# -- commands ----------------------------------------------------------------------------------------------


@cli.command()
@_SHEET
@_COLUMNS
@_OUTPUT
@_PROVIDER
@_option(
    "--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Requests in flight at once."
)
@_WAIT
@_WISHES
@_BUDGET
@_YES
@click.option("--again", is_flag=True, help="Pay though another batch lately paid most of these rows.")
@_SPEECH
@_answers
def run(desk: Desk, **options: Any) -> Exit:
    """Send the top-ups of SHEET; run again, it carries on.

    \b
    Example:  bulk-topup run payroll_bonus.xlsx
    """
    from bulk_topup import run as flow
    from bulk_topup.clock import SystemClock

    return flow.run(_job(options), desk, SystemClock())


@cli.command()
@_SHEET
@_COLUMNS
@_PROVIDER
@_WISHES
@_BUDGET
@_SPEECH
@_answers
def check(desk: Desk, **options: Any) -> Exit:
    """Show the plan and every finding; send nothing.

    \b
    Example:  bulk-topup check payroll_bonus.xlsx
    """
    from bulk_topup import run as flow
    from bulk_topup.clock import SystemClock

    return flow.check(_job(options), desk, SystemClock())


@cli.command()
@_SHEET
@click.option("--sandbox", is_flag=True, help="The rehearsal's progress.")
@_SPEECH
@_answers
def status(desk: Desk, **options: Any) -> Exit:
    """Say what became of the rows so far; no network.

    \b
    Example:  bulk-topup status payroll_bonus.xlsx
    """
    from bulk_topup import run as flow

    return flow.show_status(_job(options), desk)


@cli.command()
@_SHEET
@_OUTPUT
@_PROVIDER
@_WAIT
@click.option(
    "--resend", is_flag=True, help="Send unknown top-ups of today again, guarded by the one-a-day rule."
)
@_BUDGET
@_YES
@_SPEECH
@_answers
def settle(desk: Desk, **options: Any) -> Exit:
    """Ask what became of pending top-ups.

    \b
    Example:  bulk-topup settle payroll_bonus.xlsx
    """
    from bulk_topup import run as flow
    from bulk_topup.clock import SystemClock

    return flow.settle_batch(_job(options), desk, SystemClock())


@cli.command()
@_SHEET
@_OUTPUT
@_PROVIDER
@click.option("--row", type=click.IntRange(min=1), metavar="N", help="The row, as the sheet numbers it.")
@click.option("--number", metavar="08…", help="Its phone number; both must match.")
@click.option("--invoice", metavar="TRX…", help="Its invoice; counts only if the provider confirms it.")
@click.option("--not-sent", is_flag=True, help="The provider does not have it: the row becomes gagal.")
@click.option(
    "--from", "answers", type=_PATH, metavar="FILE", help="Many at once: columns row, number, invoice."
)
@click.option("--note", required=True, metavar="TEXT", help="Who said so, for the record.")
@_SPEECH
@_answers
def resolve(desk: Desk, **options: Any) -> Exit:
    """Close an unknown or accepted row by hand.

    \b
    Example:  bulk-topup resolve bonus.xlsx --row 12 --number 0812… --invoice TRX… --note "Rina, hotline"
    """
    from bulk_topup import answers
    from bulk_topup import run as flow
    from bulk_topup.clock import SystemClock

    given = (options["row"], options["number"], options["invoice"], options["not_sent"])
    if options["answers"] is not None:
        verdicts = answers.read(options["answers"], options["note"])
    elif (
        options["row"] is None or options["number"] is None or bool(options["invoice"]) == options["not_sent"]
    ):
        raise click.UsageError("give --row, --number and either --invoice or --not-sent; or --from FILE")
    else:
        verdicts = [answers.verdict(*given, options["note"])]
    return flow.resolve_rows(_job(options), desk, SystemClock(), verdicts)


@cli.command()
@_SHEET
@_OUTPUT
@click.option("--sandbox", is_flag=True, help="The rehearsal's results.")
@_SPEECH
@_answers
def results(desk: Desk, **options: Any) -> Exit:
    """Write the results sheet again, from the progress file.

    \b
    Example:  bulk-topup results payroll_bonus.xlsx
    """
    from bulk_topup import run as flow

    return flow.write_results(_job(options), desk)


@cli.command()
@_PROVIDER
@click.option("--operator", metavar="NAME", help="Only this operator's products.")
@_SPEECH
@_answers
def prices(desk: Desk, operator: str | None, **options: Any) -> Exit:
    """Show the live price list.

    \b
    Example:  bulk-topup prices --operator TELKOMSEL
    """
    from bulk_topup import run as flow
    from bulk_topup.clock import SystemClock

    return flow.show_prices(_connection(options), desk, SystemClock(), operator)


@cli.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8310, show_default=True, help="0 takes a free one."
)
@click.option(
    "--state", type=_PATH, default=Path("sandbox.provider.db"), show_default=True, help="Its memory."
)
@click.option(
    "--balance", type=click.IntRange(min=0), default=25_000_000, show_default=True, help="Rupiah, when new."
)
def sandbox(port: int, state: Path, balance: int) -> None:
    """Serve the simulated provider on this machine, until Ctrl-C.

    \b
    Example:  bulk-topup sandbox --port 8310
    """
    from bulk_topup import sandbox as simulator
    from bulk_topup import say

    try:
        served = simulator.Sandbox(state, port=port, balance=balance)
        simulator.serve(served, lambda url: click.echo(say.text("sandbox.serving", url=url)))
    except (OSError, simulator.SandboxStateError) as error:
        click.echo(say.text("error", message=say.text("sandbox.failed", why=error)), err=True)
        sys.exit(2)


# -- options -> what was asked for -------------------------------------------------------------------------


def _connection(options: dict[str, Any]) -> Any:
    from bulk_topup import config

    return config.Connection(
        sandbox=options.get("sandbox", False),
        base_url=options.get("base_url") or config.DEFAULT_BASE_URL,
        timeout_s=options.get("timeout", 60.0),
        rate_per_s=options.get("rate", 2.0),
        password_file=options.get("password_file"),
    )


def _job(options: dict[str, Any]) -> Job:
    from bulk_topup import config
    from bulk_topup.batch import Wishes

    source = config.Source(
        options["sheet"], options.get("tab"), options.get("number_column"), options.get("product_column")
    )
    files = config.files_of(
        source,
        sandbox=options.get("sandbox", False),
        checkpoint=options.get("checkpoint"),
        output=options.get("output"),
    )
    named = ("strict", "retry_failed", "include_changed", "same_batch", "new_batch")
    wishes = Wishes(
        repeat_duplicates=options.get("duplicates") == "repeat",
        **{name: options.get(name, False) for name in named},
    )
    return config.Job(
        source,
        files,
        _connection(options),
        wishes,
        workers=options.get("workers", 1),
        wait_s=options.get("wait", 120.0),
        budget=options.get("budget"),
        yes=options.get("yes", False),
        again=options.get("again", False),
        resend=options.get("resend", False),
    )

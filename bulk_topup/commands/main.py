"""The commands and their options; exit codes. No rules, no SQL, no HTTP.

What sends, reads or decides is imported when a command runs, so that `--help` answers at once.
"""

from __future__ import annotations

import gc
import os
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bulk_topup import __version__
from bulk_topup.commands import click_command, console, params, speech
from bulk_topup.commands.next_steps import Typed, with_sandbox, with_settings
from bulk_topup.commands.terminal import Desk
from bulk_topup.core import clock
from bulk_topup.core.errors import BulkTopupError, Exit
from bulk_topup.report.words import language, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from bulk_topup.provider.connection import Connection
    from bulk_topup.sending.job import Approval, Job
    from bulk_topup.sheet import Arriving

Command = Any
"""A click command or a function on its way to be one."""

_PATH = params.FilePath()
_MONTH = params.Date("%Y-%m", "usage.not_a_month")
_SECONDS = params.NumberRange(0, 86_400)


def main() -> None:
    """Every way out of a command is an exit code and, if it failed, one line."""
    console.never_fail_on_a_character()
    desk = Desk(as_json=_wants_json())
    try:
        speech.choose(sys.argv[1:])
        click_command.translate_help(cli)
        sys.exit(cli.main(prog_name="bulk-topup", windows_expand_args=False, standalone_mode=False))
    except click.ClickException as usage:
        usage.show()
        if example := click_command.example_of(usage):
            desk.warn(example)
        desk.keep_error("usage", usage.format_message())
        sys.exit(desk.close(usage.exit_code))
    except BulkTopupError as problem:  # of the settings, which are read before a command starts
        desk.error(problem)
        sys.exit(desk.close(problem.exit_code))
    except click.Abort:
        raise KeyboardInterrupt from None  # what click makes of one, it would answer with exit code 1
    except Exception as defect:  # noqa: BLE001  (whatever it is, it ends in a line and its exit code)
        sys.exit(desk.close(_defect(defect, desk)))


def _lang(**settings: Any) -> Callable[[Command], Command]:
    """`language.choose` has read it by the time it is parsed."""
    what = "The language: en is English, id is Indonesian."
    return click.option(speech.OPTION, type=click.Choice(language.LANGUAGES), help=what, **settings)


@click.group(
    cls=click_command.Group,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="bulk-topup")
@_lang()
def cli(**_spoken: str) -> None:
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
    """An option that the environment can set too, as BULK_TOPUP_NAME, and for `settings.KEYS` the file."""
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
    _option(
        "--hidden", type=click.Choice(["include", "skip"]), help="What to do with rows hidden in the sheet."
    ),
    _option(
        "--sheet-password-file", type=_PATH, metavar="FILE", help="Read the workbook's password from a file."
    ),
)
_OUTPUT = _option("--output", type=_PATH, metavar="FILE", help="The results sheet (.xlsx or .csv).")
_ADDRESS = _options(
    _option("--base-url", metavar="URL", help="The provider's address."),
    _option(
        "--timeout",
        type=params.NumberRange(1, 600),
        metavar="SECONDS",
        default=60,
        show_default=True,
        help="Seconds to wait for an answer.",
    ),
)
_PROVIDER = _options(
    click.option("--sandbox", is_flag=True, help="Rehearse with a simulated provider; no money moves."),
    _ADDRESS,
    _option(
        "--rate",
        type=params.NumberRange(0.05, 500),
        metavar="N",
        default=2,
        show_default=True,
        help="Requests a second.",
    ),
    _option("--password-file", type=_PATH, metavar="FILE", help="Read the account's password from a file."),
)
_WAIT = _option(
    "--wait",
    type=_SECONDS,
    metavar="SECONDS",
    default=120,
    show_default=True,
    help="Seconds to ask after pending top-ups.",
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
    "--budget",
    type=params.Rupiah(),
    metavar="RUPIAH",
    help="The most to spend on the batch, as 25000000 or 25.000.000.",
)
_OVERLAP = _option(
    "--overlap-days",
    type=params.WholeRange(1, 366),
    metavar="DAYS",
    default=20,
    show_default=True,
    help="How many days back another batch's payments make this one look like the same again.",
)
_YES = click.option("--yes", is_flag=True, help="Send without asking.")
_SPEECH = _options(
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output."),
    _option("--quiet", is_flag=True, help="Print errors only."),
    _lang(envvar=speech.VARIABLE),
)


def _answers(function: Command) -> Command:
    """Turn a command's Exit, or whatever it raises, into a line and an exit code."""

    @wraps(function)
    def command(**options: Any) -> None:
        options.pop("lang")
        desk = Desk(
            as_json=options.pop("as_json", False),
            quiet=options.pop("quiet", False),
            rehearsal=bool(options.get("sandbox")),
            typed=_going_on(click.get_current_context()),
        )
        sys.exit(desk.close(_guarded(lambda: function(desk=desk, **options), desk)))

    return command


def _going_on(ctx: click.Context) -> Typed:
    """The options of the commands that may come after this command line, and of it once more."""
    leave_out = click_command.RELEASING | click_command.ANSWERS | click_command.FILES
    options = {name: click_command.as_typed(ctx, one, leave_out) for name, one in cli.commands.items()}
    if ctx.command.name in ("run", "settle"):
        again = str(ctx.command.name), click_command.as_typed(ctx, ctx.command, click_command.ONCE)
    else:
        again = "run", options["run"]
    return Typed(options, again)


def _wants_json() -> bool:
    """Where the options could not be read, or are not yet."""
    return "--json" in sys.argv[1:]


def _guarded(function: Callable[[], Exit], desk: Desk) -> Exit:
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
    except Exception as defect:  # noqa: BLE001  (whatever it is, it ends in a line and its exit code)
        return _defect(defect, desk)


def _defect(defect: Exception, desk: Desk) -> Exit:
    """One line; under BULK_TOPUP_DEBUG, the way to it before that: no values, no password, nothing that a
    terminal would obey."""
    from bulk_topup.commands.credentials import without_secrets

    if os.environ.get("BULK_TOPUP_DEBUG"):
        import traceback

        for line in without_secrets("".join(traceback.format_exception(defect))).splitlines():
            desk.warn(say.printable(line))
    desk.error(BulkTopupError("defect", why=without_secrets(f"{type(defect).__name__}: {defect}")))
    return Exit.DEFECT


# -- commands ----------------------------------------------------------------------------------------------


@cli.command()
@_SHEET
@_COLUMNS
@_OUTPUT
@_PROVIDER
@_option(
    "--workers",
    type=params.WholeRange(1, 64),
    metavar="N",
    default=1,
    show_default=True,
    help="Requests in flight at once.",
)
@_WAIT
@_WISHES
@_OVERLAP
@_BUDGET
@_YES
@click.option("--approve", metavar="CODE", help="Send the plan that was checked under this code.")
@click.option("--approved-by", metavar="NAME", help="Who approved it; goes with --approve.")
@click.option(
    "--pilot",
    type=params.WholeRange(min=1),
    metavar="N",
    help="Send N top-ups first, then ask for the rest.",
)
@click.option("--again", is_flag=True, help="Pay though another batch lately paid most of these rows.")
@_SPEECH
@_answers
def run(desk: Desk, **options: Any) -> Exit:
    """Send the top-ups of SHEET; run again, it carries on.

    \b
    Example:  bulk-topup run payroll_bonus.xlsx
    """
    ctx = click.get_current_context()
    typed = click_command.as_typed(
        ctx, run, click_command.NOT_AGAIN | {str(param.name) for param in status.params}
    )
    job = replace(_job(options), typed=typed)
    with _reading(job) as arriving:
        # The results are written when all is sent: by then, the program may have been replaced.
        from bulk_topup.commands import run as flow
        from bulk_topup.report import results_workbook  # noqa: F401

        return flow.run(job, arriving, desk, clock.SystemClock())


@cli.command()
@_SHEET
@_COLUMNS
@_PROVIDER
@_WISHES
@_OVERLAP
@_BUDGET
@click.option(
    "--output", "plan_output", type=_PATH, metavar="FILE", help="Save the plan, too (a new .xlsx file)."
)
@_SPEECH
@_answers
def check(desk: Desk, plan_output: Path | None, **options: Any) -> Exit:
    """Show the plan and every finding; send nothing.

    \b
    Example:  bulk-topup check payroll_bonus.xlsx
    """
    job = replace(_job(options), typed=click_command.as_typed(click.get_current_context(), run))
    with _reading(job) as arriving:
        from bulk_topup.commands import check as check_

        return check_.check(job, arriving, desk, clock.SystemClock(), plan_output)


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
    from bulk_topup.commands import status as standing

    return standing.show(_job(options), desk, clock.SystemClock())


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
    from bulk_topup.commands import settle as settle_
    from bulk_topup.report import results_workbook  # noqa: F401  (as for `run`)

    return settle_.settle_batch(_job(options), desk, clock.SystemClock())


@cli.command()
@_SHEET
@_OUTPUT
@_PROVIDER
@click.option("--row", type=params.WholeRange(min=1), metavar="N", help="The row, as the sheet numbers it.")
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
    Example:  bulk-topup resolve bonus.xlsx --row 12 --number 0812… --invoice TRX… --note "Rina"
    """
    from bulk_topup.commands import resolve as resolve_
    from bulk_topup.sending import answers

    if options["note"].strip() in NO_NAME:
        raise click.UsageError(say.text("usage.note", note=options["note"]))
    given = (options["row"], options["number"], options["invoice"], options["not_sent"])
    if options["answers"] is not None:
        verdicts = answers.read(options["answers"], options["note"])
    elif (
        options["row"] is None or options["number"] is None or bool(options["invoice"]) == options["not_sent"]
    ):
        raise click.UsageError(say.text("usage.resolve"))
    else:
        verdicts = [answers.verdict(*given, options["note"])]
    return resolve_.resolve_rows(_job(options), desk, clock.SystemClock(), verdicts)


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
    from bulk_topup.commands import results as results_

    return results_.write_results(_job(options), desk, clock.SystemClock())


@cli.command()
@_PROVIDER
@click.option("--operator", metavar="NAME", help="Only this operator's products.")
@click.option("--type", type=click.Choice(["pulsa", "data"]), help="Only pulsa, or only data packages.")
@click.option(
    "--nominal", type=params.Rupiah(least=1), metavar="RUPIAH", help="Only products of this nominal."
)
@click.option("--ready", is_flag=True, help="Leave out what can't be ordered now.")
@click.option(
    "--cheapest", is_flag=True, help="Of each operator, type and nominal the cheapest that is ready."
)
@click.option("--output", type=_PATH, metavar="FILE", help="Save the list, too (a new .xlsx or .csv file).")
@_SPEECH
@_answers
def prices(desk: Desk, output: Path | None, **options: Any) -> Exit:
    """Show the live price list.

    \b
    Example:  bulk-topup prices --operator TELKOMSEL --ready
    """
    from bulk_topup.commands import prices as errands
    from bulk_topup.provider.price_list import Wanted

    wanted = Wanted(**{name: options[name] for name in ("operator", "type", "nominal", "ready", "cheapest")})
    return errands.show_prices(_connection(options), desk, clock.SystemClock(), wanted, output)


@cli.command()
@click.argument("file", type=_PATH)
@_PROVIDER
@_SPEECH
@_answers
def template(desk: Desk, file: Path, **options: Any) -> Exit:
    """Make a new sheet to fill in, with today's product codes to choose from.

    \b
    Example:  bulk-topup template payroll.xlsx
    """
    from bulk_topup.commands import template as template_

    return template_.write_template(_connection(options), desk, clock.SystemClock(), file)


@cli.command()
@click.option("--sandbox", is_flag=True, help="The rehearsals of the current folder.")
@_option("--base-url", metavar="URL", help="The provider's address.")
@click.option("--month", type=_MONTH, metavar="YYYY-MM", help="Only this month's batches.")
@_SPEECH
@_answers
def history(desk: Desk, month: datetime | None, **options: Any) -> Exit:
    """List the batches sent so far, with totals by month; no network.

    \b
    Example:  bulk-topup history --month 2026-11
    """
    from bulk_topup.commands import history as lookback

    wanted = None if month is None else f"{month:%Y-%m}"
    return lookback.show_history(_connection(options), _ledger(options), desk, wanted)


@cli.command()
@click.argument("number")
@_PROVIDER
@click.option("--offline", is_flag=True, help="Do not ask the provider.")
@_SPEECH
@_answers
def find(desk: Desk, number: str, offline: bool, **options: Any) -> Exit:
    """Show all that was ever sent to NUMBER, and what to tell its owner.

    \b
    Example:  bulk-topup find 081234567890
    """
    from bulk_topup.commands import find as find_

    ledger = _ledger(options)
    return find_.find_number(_connection(options), ledger, desk, clock.SystemClock(), number, offline=offline)


@cli.command()
@click.option(
    "--before",
    type=params.Date("%Y-%m-%d", "usage.not_a_day"),
    metavar="YYYY-MM-DD",
    required=True,
    help="Numbers sent to before this day.",
)
@_OVERLAP
@click.option("--yes", is_flag=True, help="Remove them without asking.")
@_SPEECH
@_answers
def forget(desk: Desk, before: datetime, overlap_days: int, yes: bool) -> Exit:
    """Remove old phone numbers from the record of all top-ups.

    Nothing that may still be needed is removed, and no file is deleted: those that hold numbers are named.

    \b
    Example:  bulk-topup forget --before 2026-01-01
    """
    from bulk_topup.commands import forget as forget_

    return forget_.forget_numbers(
        before.date(), overlap_days, _ledger({}), desk, clock.SystemClock(), yes=yes
    )


@cli.command()
@_PROVIDER
@_option("--checkpoint", type=_PATH, metavar="FILE", help="The progress file, if not in this folder.")
@click.option(
    "--prove-51", metavar="08…", help="Send one small top-up to this number twice, to see the second refused."
)
@click.option("--product", metavar="CODE", help="Its product; goes with --prove-51.")
@click.option("--yes", is_flag=True, help="Spend it without asking.")
@_SPEECH
@_answers
def doctor(
    desk: Desk, checkpoint: Path | None, prove_51: str | None, product: str | None, yes: bool, **options: Any
) -> Exit:
    """Check whether everything is in order to send.

    Login, price list, record, clocks, folder and disk, a line each with what to do.

    \b
    Example:  bulk-topup doctor
    """
    from bulk_topup.commands import doctor as examination

    if (prove_51 is None) != (product is None):
        raise click.UsageError(say.text("usage.prove"))
    folder = (checkpoint or Path.cwd() / "x").absolute().parent
    setup = examination.Setup(_connection(options), _ledger(options), folder)
    if prove_51 is None or product is None:
        return examination.examine(setup, desk, clock.SystemClock())
    from bulk_topup.commands import prove_51 as prove

    return prove.prove_51(setup, prove_51, product, desk, clock.SystemClock(), yes=yes)


@cli.command()
@click.argument("action", type=click.Choice(["copy"]))
@click.argument("source")
@click.argument("target")
@_SPEECH
@_answers
def ledger(desk: Desk, action: str, source: str, target: str) -> Exit:  # noqa: ARG001  (there is one)
    """Copy the record of all top-ups, from a file to a server or back.

    Each row is compared afterwards; where one differs, nothing is copied.

    \b
    Example:  bulk-topup ledger copy ledger.db postgresql://db.office/topups
    """
    from bulk_topup.commands import teams

    return teams.copy_ledger(source, target, desk)


@cli.command()
@click.argument("action", type=click.Choice(["show", "resume"]))
@_option("--base-url", metavar="URL", help="The provider's address.")
@_SPEECH
@_answers
def account(desk: Desk, action: str, **options: Any) -> Exit:
    """Show whether the account is stopped for all desks, or let them send again.

    \b
    Example:  bulk-topup account resume
    """
    from bulk_topup.commands import teams

    connection, ledger = _connection(options), _ledger({})
    if action == "resume":
        return teams.resume_account(connection, ledger, desk, clock.SystemClock())
    return teams.show_account(connection, ledger, desk)


@cli.command(cls=click.Command)
@click.option(
    "--port",
    type=params.WholeRange(0, 65535),
    metavar="N",
    default=8310,
    show_default=True,
    help="0 takes a free one.",
)
@click.option(
    "--state",
    type=_PATH,
    metavar="FILE",
    default=Path("sandbox.provider.db"),
    show_default=True,
    help="Its memory.",
)
@click.option(
    "--balance",
    type=params.Rupiah(),
    metavar="RUPIAH",
    default=25_000_000,
    show_default=True,
    help="Its deposit, when new.",
)
@_lang(envvar=speech.VARIABLE)
def sandbox(port: int, state: Path, balance: int, **_spoken: str) -> None:
    """Serve the simulated provider on this machine, until Ctrl-C.

    \b
    Example:  bulk-topup sandbox --port 8310
    """
    from bulk_topup import sandbox as simulator

    try:
        served = simulator.Sandbox(state, port=port, balance=balance)
        simulator.serve(served, _tell_of_sandbox)
    except OSError as error:
        click.echo(say.text("error", message=_why_no_port(error, port)), err=True)
        sys.exit(2)
    except simulator.SandboxStateError:
        click.echo(say.text("error", message=say.text("sandbox.state", path=state)), err=True)
        sys.exit(2)


def _why_no_port(error: OSError, port: int) -> str:
    denied = isinstance(error, PermissionError)
    return say.text("sandbox.port_denied" if denied else "sandbox.port_taken", port=port)


def _tell_of_sandbox(url: str) -> None:
    desk = Desk()
    desk.say(say.text("sandbox.serving", url=url))
    desk.next([with_sandbox(url)])


@cli.command()
@_ADDRESS
@_SPEECH
@_answers
def login(desk: Desk, **options: Any) -> Exit:
    """Keep your user name and password in the system keyring.

    Asks for both, and tries them at the provider first. Nothing is sent.

    \b
    Example:  bulk-topup login
    """
    from bulk_topup.commands import login as login_

    return login_.log_in(_connection(options), desk, clock.SystemClock())


@cli.command()
@_ADDRESS
@_SPEECH
@_answers
def logout(desk: Desk, **options: Any) -> Exit:
    """Remove your user name and password from the system keyring.

    \b
    Example:  bulk-topup logout
    """
    from bulk_topup.commands import login as login_

    return login_.log_out(_connection(options), desk)


@cli.command(cls=click.Command)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@_lang(envvar=speech.VARIABLE)
def completion(shell: str, **_spoken: str) -> None:
    """Print what lets SHELL complete commands with the Tab key.

    \b
    bash:  add this line to ~/.bashrc:  eval "$(bulk-topup completion bash)"
    zsh:   add this line to ~/.zshrc:   eval "$(bulk-topup completion zsh)"
    fish:  bulk-topup completion fish > ~/.config/fish/completions/bulk-topup.fish

    Then open a new terminal. `bulk-topup` has to be found without its folder's name.

    \b
    Example:  bulk-topup completion bash
    """
    click.echo(click_command.completion_script(cli, shell))


def _settable() -> list[click.Parameter]:
    """The options that the settings file can set, in its order."""
    from bulk_topup.commands import settings

    found = {str(param.name): param for one in cli.commands.values() for param in one.params}
    return [found[key] for key in settings.KEYS if key in found]


def _start_settings(context: click.Context, _init: click.Parameter, wanted: bool) -> None:
    if not wanted or context.resilient_parsing:
        return
    from bulk_topup.commands import settings

    about = {key: say.text(code) for key, code in settings.ABOUT.items()}
    about |= {str(param.name): str(getattr(param, "help", "")) for param in context.command.params}
    desk = Desk(as_json=_wants_json())
    desk.show_new_settings(settings.write_template(about))
    desk.next([with_settings(exists=True)])
    desk.close(Exit.OK)
    context.exit()


@cli.command("config", params=_settable())
@click.option(
    "--init",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_start_settings,
    help="Start a settings file to fill in; never overwrites one.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
@_answers
def show_config(desk: Desk, **options: Any) -> Exit:
    """Show every setting in force, and where it comes from.

    \b
    Example:  bulk-topup config
    """
    from bulk_topup.commands import credentials
    from bulk_topup.record import paths
    from bulk_topup.record.ledger import tables

    context, connection = click.get_current_context(), _connection(options)
    beside = {
        "base_url": connection.base_url,
        "ledger": tables.shown(paths.ledger_location(_kept("ledger"))),
        "username": os.environ.get("BULK_TOPUP_USERNAME", "").strip() or connection.username,
    }
    desk.show_settings(
        context.obj.path,
        exists=context.obj.exists,
        settings=click_command.in_force(context, beside),
        logged_in=credentials.logged_in(connection.base_url),
    )
    desk.next([with_settings(exists=context.obj.exists)])
    return Exit.OK


# -- options -> what was asked for -------------------------------------------------------------------------


def _kept(key: str) -> str:
    """What the settings file says of a key that is no option."""
    return str(click.get_current_context().obj.values.get(key, ""))


def _ledger(options: dict[str, Any]) -> str:
    """Where the record of all top-ups is, for a command that names no sheet."""
    from bulk_topup.record import paths

    return "sandbox.ledger.db" if options.get("sandbox") else paths.ledger_location(_kept("ledger"))


def _connection(options: dict[str, Any]) -> Connection:
    from bulk_topup.provider import connection as connection_

    return connection_.Connection(
        sandbox=options.get("sandbox", False),
        base_url=options.get("base_url") or connection_.DEFAULT_BASE_URL,
        timeout_s=options.get("timeout", 60.0),
        rate_per_s=options.get("rate", 2.0),
        password_file=options.get("password_file"),
        username=_kept("username"),
    )


def _job(options: dict[str, Any]) -> Job:
    from bulk_topup.record import paths
    from bulk_topup.rules.orders import Wishes
    from bulk_topup.sending import job as job_
    from bulk_topup.sheet import source as source_

    source = source_.Source(
        options["sheet"],
        options.get("tab"),
        options.get("number_column"),
        options.get("product_column"),
        options.get("sheet_password_file"),
        options.get("hidden"),
    )
    files = paths.files_of(
        source,
        sandbox=options.get("sandbox", False),
        checkpoint=options.get("checkpoint"),
        output=options.get("output"),
        ledger=_kept("ledger"),
    )
    named = ("strict", "retry_failed", "include_changed", "same_batch", "new_batch")
    wishes = Wishes(
        repeat_duplicates=options.get("duplicates") == "repeat",
        **{name: options.get(name, False) for name in named},
    )
    return job_.Job(
        source,
        files,
        _connection(options),
        wishes,
        workers=options.get("workers", 1),
        wait_s=options.get("wait", 120.0),
        overlap_days=options.get("overlap_days", 20),
        budget=options.get("budget"),
        yes=options.get("yes", False),
        again=options.get("again", False),
        resend=options.get("resend", False),
        approval=_approval(options.get("approve"), options.get("approved_by")),
        pilot=options.get("pilot"),
    )


@contextmanager
def _reading(job: Job) -> Iterator[Arriving]:
    """The sheet begins to be read in its own process, while this one imports what takes as long."""
    from bulk_topup.sheet import reading

    source = job.source
    with ExitStack() as begun:
        gc.disable()  # all that is imported stays: there is nothing to collect
        try:
            arriving = begun.enter_context(
                reading(
                    source.path,
                    tab=source.tab,
                    number_column=source.number_column,
                    product_column=source.product_column,
                    password=None if source.password_file is None else _password_in(source.password_file),
                )
            )
            from bulk_topup.commands import run  # noqa: F401
        finally:
            gc.freeze()  # or the next passes would look through all of it
            gc.enable()
        yield arriving


def _password_in(file: Path) -> str:
    from bulk_topup.commands.credentials import password_in

    return password_in(file)


NO_NAME = frozenset({"", "NAME", "NAMA"})
"""Pasted as a command was printed: the record, and the results to sign, would say so."""


def _approval(code: str | None, by: str | None) -> Approval | None:
    if code is None and by is None:
        return None
    if code is None or by is None or not by.strip():
        raise click.UsageError(say.text("usage.approve"))
    if by.strip() in NO_NAME:
        raise click.UsageError(say.text("usage.approver"))
    from bulk_topup.rules import approval
    from bulk_topup.sending import job as job_

    return job_.Approval(approval.code_given(code), by.strip())

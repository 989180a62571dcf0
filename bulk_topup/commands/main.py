"""The command line: its commands, and how each starts and ends."""

from __future__ import annotations

import sys

import click

from bulk_topup import __version__
from bulk_topup.commands import click_command, console, language, mistakes
from bulk_topup.commands.account import account
from bulk_topup.commands.approve import approve
from bulk_topup.commands.approver import approver
from bulk_topup.commands.check import check
from bulk_topup.commands.completion import completion
from bulk_topup.commands.config import settable, show_config
from bulk_topup.commands.desk import desk
from bulk_topup.commands.doctor import doctor
from bulk_topup.commands.exit_codes import defect_exit
from bulk_topup.commands.find import find
from bulk_topup.commands.forget import forget
from bulk_topup.commands.history import history
from bulk_topup.commands.ledger import ledger
from bulk_topup.commands.login import login
from bulk_topup.commands.logout import logout
from bulk_topup.commands.options import language_option
from bulk_topup.commands.prices import prices
from bulk_topup.commands.resolve import resolve
from bulk_topup.commands.results import results
from bulk_topup.commands.rows import rows
from bulk_topup.commands.run import run
from bulk_topup.commands.sandbox import sandbox
from bulk_topup.commands.settle import settle
from bulk_topup.commands.status import status
from bulk_topup.commands.template import template
from bulk_topup.commands.terminal import Terminal
from bulk_topup.commands.verify import verify
from bulk_topup.core.errors import BulkTopupError
from bulk_topup.report.screen.report import Report, error_facts, error_report, next_report


def main() -> None:
    """Run the command line; it ends with an exit code and, if it failed, one line."""
    console.never_fail_on_a_character()
    terminal = Terminal(as_json="--json" in sys.argv, events="--events" in sys.argv)
    try:
        language.choose_language(sys.argv[1:])
        click_command.translate_help(cli)
        mistakes.refuse_pasted(sys.argv[1:])
        sys.exit(cli.main(prog_name="bulk-topup", windows_expand_args=False, standalone_mode=False))
    except click.ClickException as usage:
        usage.show()
        if meant := mistakes.step_for(usage, sys.argv[1:]):
            shown = next_report([meant])
            terminal.report(shown._replace(lines=(), warnings=shown.lines))
        elif example := click_command.example_of(usage):
            terminal.warn(example)
        terminal.report(Report(error_facts("usage", usage.format_message())))
        sys.exit(terminal.close(usage.exit_code))
    except BulkTopupError as problem:  # An error in the settings, which are read before a command starts.
        terminal.report(error_report(problem))
        sys.exit(terminal.close(problem.exit_code))
    except click.Abort:
        raise KeyboardInterrupt from None  # Click would turn it into exit code 1.
    except Exception as defect:  # noqa: BLE001  (whatever it is, it ends in a line and its exit code)
        sys.exit(terminal.close(defect_exit(defect, terminal)))


@click.group(
    cls=click_command.Group,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="bulk-topup")
@language_option()
def cli(**_spoken: str) -> None:
    """Send prepaid mobile top-ups in bulk from a spreadsheet.

    Never pays twice, never loses a row: run the same command again and it carries on where it stopped.

    \b
    Try it, no money moves:  bulk-topup run samples/payroll_bonus.xlsx --sandbox
    """


for _command in (
    *(run, check, status, settle, resolve, results, prices, template, history, find, forget, doctor, ledger),
    *(desk, rows, account, approve, approver, sandbox, login, logout, completion, verify),
):
    cli.add_command(_command)
show_config.params[:0] = settable(cli.commands.values())
cli.add_command(show_config)

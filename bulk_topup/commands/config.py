"""`config`: shows the settings that apply, and where each comes from."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Any

import click

from bulk_topup.commands import click_command, settings
from bulk_topup.commands.exit_codes import guard
from bulk_topup.commands.job_options import connection_of, kept_setting
from bulk_topup.commands.next_steps import with_settings
from bulk_topup.commands.terminal import Terminal
from bulk_topup.core.errors import Exit
from bulk_topup.report.words import say


def settable(commands: Iterable[click.Command]) -> list[click.Parameter]:
    """The options of these commands that the settings file can set, in its order."""
    found = {str(param.name): param for one in commands for param in one.params}
    return [found[key] for key in settings.KEYS if key in found]


def _start_settings(context: click.Context, _init: click.Parameter, wanted: bool) -> None:
    if not wanted or context.resilient_parsing:
        return
    from bulk_topup.report.screen.settings import new_settings_report

    about = {key: say.text(code) for key, code in settings.ABOUT.items()}
    about |= {str(param.name): str(getattr(param, "help", "")) for param in context.command.params}
    terminal = Terminal(as_json="--json" in sys.argv)
    terminal.report(new_settings_report(settings.write_settings_template(about)))
    terminal.next([with_settings(exists=True)])
    terminal.close(Exit.OK)
    context.exit()


@click.command("config", cls=click_command.Command)
@click.option(
    "--init",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_start_settings,
    help="Create a settings file to fill in; never overwrites one.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
@guard
def show_config(terminal: Terminal, **options: Any) -> Exit:
    """Show every setting that applies, and where it comes from.

    \b
    Example:  bulk-topup config
    """
    from bulk_topup.commands import credentials
    from bulk_topup.record import paths
    from bulk_topup.record.ledger.address import shown
    from bulk_topup.report.screen.settings import settings_report

    context, connection = click.get_current_context(), connection_of(options)
    beside = {
        **{key: kept_setting(key) for key in ("company", "title")},
        "base_url": connection.base_url,
        "ledger": shown(paths.ledger_location(kept_setting("ledger"))),
        "username": os.environ.get("BULK_TOPUP_USERNAME", "").strip() or connection.username,
    }
    terminal.quiet = False  # Although it is a setting, it was asked for.
    terminal.report(
        settings_report(
            context.obj.path,
            exists=context.obj.exists,
            settings=click_command.in_force(context, beside),
            logged_in=credentials.logged_in(connection.base_url),
        )
    )
    terminal.next([with_settings(exists=context.obj.exists)])
    return Exit.OK

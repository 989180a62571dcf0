"""Ends every command with an exit code and, if it failed, one line."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import click
from click.core import ParameterSource

from bulk_topup.commands import click_command
from bulk_topup.commands.next_steps import Typed
from bulk_topup.commands.options import SPEECH, Decorated
from bulk_topup.commands.terminal import TabAnswered, Terminal
from bulk_topup.core.errors import BulkTopupError, Exit
from bulk_topup.report.screen.report import error_report
from bulk_topup.report.words import say


def guard(function: Decorated) -> Decorated:
    """Turn a command's Exit, or whatever it raises, into a line and an exit code."""

    @wraps(function)
    def guarded_function(**options: Any) -> None:
        options.pop("lang")
        terminal = Terminal(
            as_json=options.pop("as_json", False),
            events=options.pop("events", False),
            quiet=options.pop("quiet", False),
            no_color=options.pop("no_color", False),
            rehearsal=bool(options.get("sandbox")),
            typed=going_on(click.get_current_context()),
        )

        def with_tab() -> Any:
            try:
                ended = function(terminal=terminal, **options)
            except TabAnswered as answered:
                # What a person answered counts as an option of this command line.
                ctx, tab = click.get_current_context(), (answered.tab,)
                ctx.params["tab"] = tab
                ctx.set_parameter_source("tab", ParameterSource.COMMANDLINE)
                terminal.typed = going_on(ctx)
                ended = function(terminal=terminal, **options | {"tab": tab})
            return Exit(ended)

        sys.exit(terminal.close(guarded(with_tab, terminal)))

    return guarded_function


def command(function: Decorated) -> click.Command:
    """With the options above it, and those that say how it speaks."""
    made = click.command(cls=click_command.Command)(guard(function))
    for option in SPEECH:
        option(made)
    return made


def going_on(ctx: click.Context) -> Typed:
    """The options to repeat in the commands that may come next, and in this command if it is run again."""
    leave_out = click_command.RELEASING | click_command.ANSWERS | click_command.FILES
    options = {name: click_command.as_typed(ctx, one, leave_out) for name, one in commands_of(ctx).items()}
    if ctx.command.name in ("run", "settle"):
        again = str(ctx.command.name), click_command.as_typed(ctx, ctx.command, click_command.ONCE)
    else:
        again = "run", options["run"]
    return Typed(options, again)


def commands_of(ctx: click.Context) -> Mapping[str, click.Command]:
    root = ctx.find_root().command
    return root.commands if isinstance(root, click.Group) else {}


def guarded(function: Callable[[], Exit], terminal: Terminal) -> Exit:
    try:
        return function()
    except BulkTopupError as problem:
        terminal.report(error_report(problem))
        return problem.exit_code
    except (KeyboardInterrupt, click.Abort):
        terminal.report(error_report(BulkTopupError("interrupted.before")))
        return Exit.INTERRUPTED
    except click.ClickException:
        raise
    except Exception as defect:  # noqa: BLE001  (whatever it is, it ends in a line and its exit code)
        return defect_exit(defect, terminal)


def defect_exit(defect: Exception, terminal: Terminal) -> Exit:
    """Report one line; with BULK_TOPUP_DEBUG, the traceback before it: without values, passwords or control
    characters."""
    from bulk_topup.commands.credentials import without_secrets

    if os.environ.get("BULK_TOPUP_DEBUG"):
        import traceback

        for line in without_secrets("".join(traceback.format_exception(defect))).splitlines():
            terminal.warn(say.printable(line))
    why = without_secrets(f"{type(defect).__name__}: {defect}")
    terminal.report(error_report(BulkTopupError("defect", why=why)))
    return Exit.DEFECT

"""`sandbox`: serves the simulated provider on this machine."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from bulk_topup.commands import language, params
from bulk_topup.commands.next_steps import A_SHEET
from bulk_topup.commands.options import PATH, language_option
from bulk_topup.commands.terminal import Terminal
from bulk_topup.report.words import say


@click.command()
@click.option(
    "--port",
    type=params.WholeRange(0, 65535),
    metavar="N",
    default=8310,
    show_default=True,
    help="0 finds a free one.",
)
@click.option(
    "--state",
    type=PATH,
    metavar="FILE",
    default=Path("sandbox.provider.db"),
    show_default=True,
    help="The file with its data.",
)
@click.option(
    "--balance",
    type=params.Rupiah(),
    metavar="RUPIAH",
    default=25_000_000,
    show_default=True,
    help="Its deposit at the start.",
)
@language_option(envvar=language.VARIABLE)
def sandbox(port: int, state: Path, balance: int, **_spoken: str) -> None:
    """Run the simulated provider on this computer, until Ctrl-C.

    \b
    Example:  bulk-topup sandbox --port 8310
    """
    from bulk_topup import sandbox as simulator

    try:
        served = simulator.Sandbox(state, port=port, balance=balance)
        simulator.serve(served, _tell_of_sandbox)
    except OSError as error:
        click.echo(say.text("error", message=why_no_port(error, port)), err=True)
        sys.exit(2)
    except simulator.SandboxStateError:
        click.echo(say.text("error", message=say.text("sandbox.state", path=state)), err=True)
        sys.exit(2)


def why_no_port(error: OSError, port: int) -> str:
    denied = isinstance(error, PermissionError)
    return say.text("sandbox.port_denied" if denied else "sandbox.port_taken", port=port)


def _tell_of_sandbox(url: str) -> None:
    terminal = Terminal()
    terminal.say(say.text("sandbox.serving", url=url))
    terminal.suggest("sandbox.next", "check", A_SHEET, f"--base-url {url}")

"""`desk`: the pages in a browser, on this computer alone."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import click

from bulk_topup.commands import click_command, params
from bulk_topup.commands.exit_codes import guard
from bulk_topup.commands.language import VARIABLE
from bulk_topup.commands.options import PATH, language_option
from bulk_topup.commands.sandbox import why_no_port
from bulk_topup.commands.terminal import Terminal
from bulk_topup.core.errors import Exit, InputError
from bulk_topup.report.words import say

NEEDED = ("starlette", "uvicorn", "jinja2")


@click.command(cls=click_command.Command)
@click.argument("folder", type=PATH, default=Path())
@click.option("--port", type=params.WholeRange(0, 65535), metavar="N", default=0, help="0 takes a free one.")
@click.option("--no-open", is_flag=True, help="Print the launch link instead of opening the browser.")
@click.option("--sandbox", is_flag=True, help="Rehearse with a simulated provider; no money moves.")
@language_option(envvar=VARIABLE)
@guard
def desk(terminal: Terminal, folder: Path, port: int, no_open: bool, sandbox: bool) -> Exit:
    """Do it all in the browser, for the sheets in FOLDER.

    \b
    Example:  bulk-topup desk payrolls
    """
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        from bulk_topup.commands.credentials import installs_with

        has_pip = importlib.util.find_spec("pip") is not None
        install = installs_with(sys.executable, has_pip=has_pip)
        raise InputError("desk.not_installed", install=install, missing=", ".join(missing))
    if not folder.is_dir():
        raise InputError("desk.no_folder", folder=folder)
    from bulk_topup.desk.server import serve

    def tell(link: str) -> None:
        terminal.say(
            say.text("desk.link", link=link) if link else say.text("desk.opening", folder=folder.resolve())
        )
        terminal.say(say.text("desk.until"))

    try:
        serve(folder, port, tell, sandbox=sandbox, spoken=say.spoken(), opens=not no_open)
    except OSError as error:
        terminal.warn(say.text("error", message=why_no_port(error, port)))
        return Exit.NOTHING_SENT
    except KeyboardInterrupt:
        pass
    terminal.say(say.text("desk.ended"))
    return Exit.OK

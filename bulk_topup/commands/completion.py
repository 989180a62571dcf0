"""`completion`: prints a script that lets a shell complete commands with the Tab key."""

from __future__ import annotations

import click

from bulk_topup.commands import language
from bulk_topup.commands.options import language_option


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@language_option(envvar=language.VARIABLE)
def completion(shell: str, **_spoken: str) -> None:
    """Print a script that lets SHELL complete commands with the Tab key.

    \b
    bash:  add this line to ~/.bashrc:  eval "$(bulk-topup completion bash)"
    zsh:   add this line to ~/.zshrc:   eval "$(bulk-topup completion zsh)"
    fish:  bulk-topup completion fish > ~/.config/fish/completions/bulk-topup.fish

    Then open a new terminal. `bulk-topup` must work without the name of its folder.

    \b
    Example:  bulk-topup completion bash
    """
    from click.shell_completion import BashComplete, FishComplete, ZshComplete

    kind = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}[shell]
    cli = click.get_current_context().find_root().command
    click.echo(kind(cli, {}, "bulk-topup", "_BULK_TOPUP_COMPLETE").source())

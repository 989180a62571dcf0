"""Suggests the command line that was probably meant after a typical mistake."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import click

from bulk_topup.core.shell import argument, command_line
from bulk_topup.report.screen.report import Step
from bulk_topup.report.words import say

PASTED = re.compile(r"(?<!\w)[\u2013\u2014]+-?(?=\w)|[\u2018\u2019\u201c\u201d\u201e]")


def refuse_pasted(typed: Sequence[str]) -> None:
    """Raises UsageError for long dashes and curly quotation marks, which WhatsApp and Word write and no shell
    understands."""
    if any(map(_is_pasted, typed)):
        raise click.UsageError(say.text("usage.pasted"))


def step_for(usage: click.ClickException, typed: Sequence[str]) -> Step | None:
    """`typed` are the arguments of the command line."""
    ctx = getattr(usage, "ctx", None)
    if any(map(_is_pasted, typed)):
        return Step(say.text("usage.next_typed"), command_line("", PASTED.sub(_as_typed, _shown(typed))))
    if ctx is None:
        return None
    if isinstance(ctx.command, click.Group):
        return _of_the_program(usage, ctx.command, typed)
    return _of_a_command(ctx, typed)


def _is_pasted(word: str) -> bool:
    """Such marks inside quoted text are allowed, and so is an existing file whose name begins with one."""
    return bool(PASTED.match(word)) and " " not in word and not Path(word).exists()


def _as_typed(found: re.Match[str]) -> str:
    return "--" if found.group()[0] in "\u2013\u2014" else '"'


def _is_sheet(word: str) -> bool:
    from bulk_topup.core.columns import SHEET_SUFFIXES

    return word.lower().endswith(SHEET_SUFFIXES)


def _of_the_program(usage: click.ClickException, program: click.Group, typed: Sequence[str]) -> Step | None:
    at = next((at for at, word in enumerate(typed) if word in program.commands), None)
    if isinstance(usage, click.NoSuchOption) and at is not None:
        return Step(say.text("usage.next_after"), command_line(_shown([*typed[at:], *typed[:at]])))
    if _is_sheet(getattr(usage, "command_name", "")):
        return Step(say.text("usage.next_check"), command_line("check", _shown(typed)))
    return None


def _of_a_command(ctx: click.Context, typed: Sequence[str]) -> Step | None:
    """A name with spaces but without quotation marks arrives as several arguments."""
    name = str(ctx.command.name)
    takes = [str(param.name) for param in ctx.command.params if isinstance(param, click.Argument)]
    options = list(typed[typed.index(name) + 1 :])
    try:
        values, extra, _ = ctx.command.make_parser(ctx).parse_args(list(options))
    except click.UsageError:
        return None
    if len(takes) != 1 or not extra:
        return None
    words = [str(values[takes[0]]), *extra]
    whole = " ".join(words)
    if _is_sheet(words[0]) and not Path(whole).exists():
        return None  # Of several sheets, only the first.
    for word in words:
        options.remove(word)
    return Step(say.text("usage.next_quoted"), command_line(name, argument(whole), _shown(options)))


def _shown(words: Sequence[str]) -> str:
    return " ".join(argument(word) if " " in word else word for word in words)

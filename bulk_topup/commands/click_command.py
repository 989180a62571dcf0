"""Our extensions of click: settings from a file, errors that name the source of a value, short help."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from inspect import cleandoc
from pathlib import Path
from textwrap import TextWrapper
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from bulk_topup.commands import settings
from bulk_topup.commands.params import Rupiah
from bulk_topup.core.errors import InputError
from bulk_topup.core.shell import argument
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from bulk_topup.report.screen.settings import Setting

ADVANCED = frozenset(
    {
        *("tab", "hidden", "rate", "wait"),
        *("duplicates", "amounts", "other_operator", "strict", "retry_failed", "include_changed"),
        *("same_batch", "new_batch"),
        *("again", "new_address", "as_json", "events", "quiet", "lang"),
    }
)
"""Parameters that the help lists separately: the first screen is for monthly users."""

SET_ONCE = frozenset(
    {
        *("checkpoint", "number_column", "product_column", "nominal_column", "name_column", "group_column"),
        *("sheet_password_file", "base_url", "timeout", "password_file", "workers", "overlap_days"),
        "no_color",
    }
)
"""Parameters that the help only names: most offices never need them, or set them in the settings file."""


class Command(click.Command):
    """Takes what was not typed from the environment, then from the settings file, its context's `obj`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if ctx.resilient_parsing:  # A shell asks for completions.
            return super().parse_args(ctx, args)
        try:
            kept = settings.read_settings()
        except InputError:
            super().parse_args(ctx, list(args))  # --help answers anyway, and exits here.
            raise
        # A password in the environment overrides the password file named in the settings file.
        beaten = {"password_file"} if os.environ.get("BULK_TOPUP_PASSWORD") else set()
        ctx.obj = kept
        ctx.default_map = {key: value for key, value in kept.values.items() if key not in beaten}
        try:
            rest = super().parse_args(ctx, args)
        except click.BadParameter as bad:
            raise origin_of(bad, ctx, kept) or bad from None
        self._assert_no_empty_variable(ctx)
        return rest

    def _assert_no_empty_variable(self, ctx: click.Context) -> None:
        """click treats an empty variable as unset: an empty budget would mean no budget at all."""
        for param in self.params:
            variable = variable_of(param)
            given = ctx.get_parameter_source(str(param.name)) is ParameterSource.COMMANDLINE
            if not given and variable in os.environ and not os.environ[variable].strip():
                raise InputError("environment.empty", variable=variable)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        options = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        records = {option.name: record for option in options if (record := option.get_help_record(ctx))}
        plain = [record for name, record in records.items() if name not in ADVANCED | SET_ONCE]
        advanced = [record for name, record in records.items() if name in ADVANCED]
        for heading, listed in (("usage.options", plain), ("usage.more_options", advanced)):
            if listed:
                with formatter.section(say.text(heading)):
                    formatter.write_dl(listed)
        if named := [record[0] for name, record in records.items() if name in SET_ONCE]:
            with formatter.section(say.text("usage.set_once")):
                indent = " " * formatter.current_indent
                wrap = TextWrapper(formatter.width, initial_indent=indent, subsequent_indent=indent)
                wrap.break_on_hyphens = False
                formatter.write(wrap.fill(", ".join(named)) + "\n")


class Group(click.Group):
    """Lists the everyday commands first."""

    command_class = Command

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's)
        return [name for names in SECTIONS.values() for name in names]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        for heading, names in SECTIONS.items():
            with formatter.section(say.text(heading)):
                shown = {name: self.commands[name].get_short_help_str(limit=SHORT_HELP) for name in names}
                formatter.write_dl([*shown.items()])


SECTIONS: Mapping[str, tuple[str, ...]] = {
    "usage.everyday": ("run", "check", "status", "settle", "resolve", "find", "template", "prices", "desk"),
    "usage.more": (
        *("results", "verify", "history", "login", "logout", "doctor", "config", "sandbox"),
        *("approve", "approver", "rows", "forget", "account", "ledger", "completion"),
    ),
}

SHORT_HELP = 80
"""Characters: leaves room for the command's name in the same line."""


def example_of(usage: click.ClickException) -> str:
    """The example in the help of the mistyped command, or ""."""
    ctx = getattr(usage, "ctx", None)
    return "" if ctx is None else (ctx.command.help or "").rstrip().rpartition("\n")[2].strip()


def translate_help(group: click.Group) -> None:
    group.subcommand_metavar = say.help_text(str(group.subcommand_metavar))
    for command in (group, *group.commands.values()):
        command.help = say.help_text(cleandoc(command.help or ""))
        command.options_metavar = say.help_text(command.options_metavar or "")
        for option in (param for param in command.params if isinstance(param, click.Option)):
            option.help = say.help_text(option.help or "")


ONCE = frozenset({"new_batch", "new_address"})
"""Repeated, the first would pay the sheet once more, and the second allow yet another address."""

RELEASING = ONCE | {"yes", "approve", "approved_by", "again", "pilot", "retry_failed", "resend"}

NOT_AGAIN = ONCE | {"yes", "approve", "approved_by", "again"}
"""What `status` must know otherwise, or a person must give again, for a run to continue."""

ANSWERS = frozenset({"batch", "row", "number", "invoice", "not_sent", "answers", "note"})

FILES = frozenset({"plan_output"})
"""The file exists by then, and is never overwritten."""


def as_typed(ctx: click.Context, other: click.Command, leave_out: AbstractSet[str] = frozenset()) -> str:
    """The options of this command line that the `other` command also takes, except output options."""
    taken = {param.name for param in other.params} - {"as_json", "events", "quiet", "no_color"} - leave_out
    typed = [
        _typed(param, line.params[str(param.name)])
        for line in dict.fromkeys((ctx.find_root(), ctx))
        for param in line.command.params
        if isinstance(param, click.Option)
        and param.name in taken
        and line.get_parameter_source(str(param.name)) is ParameterSource.COMMANDLINE
    ]
    return " ".join(typed)


def _typed(param: click.Option, value: object) -> str:
    if param.is_flag:
        return param.opts[0]
    shown = f"{value:g}" if isinstance(value, float) else value
    each = shown if isinstance(shown, tuple) else (shown,)
    return " ".join(f"{param.opts[0]} {argument(one)}" for one in each)


def variable_of(param: click.Parameter) -> str:
    return param.envvar if isinstance(param.envvar, str) else ""


_ORIGINS = {
    ParameterSource.COMMANDLINE: "option",
    ParameterSource.ENVIRONMENT: "environment",
    ParameterSource.DEFAULT_MAP: "file",
}


def in_force(ctx: click.Context, beside: Mapping[str, str]) -> list[Setting]:
    """Every setting. `beside` holds values without an option, or whose default is set elsewhere."""
    values = {**ctx.params, **beside}
    return [_setting(ctx, key, values[key]) for key in settings.KEYS]


def _setting(ctx: click.Context, key: str, value: object) -> Setting:
    from bulk_topup.report.screen.settings import Setting

    kept: settings.Settings = ctx.obj
    variable = "BULK_TOPUP_" + key.upper()
    if key in ctx.params:
        origin = _ORIGINS.get(ctx.get_parameter_source(key) or ParameterSource.DEFAULT, "default")
    elif os.environ.get(variable, "").strip():
        origin = "environment"
    else:
        origin = "file" if key in kept.values else "default"
    place = {"environment": variable, "file": kept.lines.get(key, "")}.get(origin, "")
    shown = _without_login(value) if isinstance(value, str) else value
    return Setting(key, str(shown) if isinstance(shown, Path) else shown, origin, place)


def _without_login(address: str) -> str:
    """A server's address may contain a password, before an @ or after a ? or #."""
    scheme, found, rest = address.partition("://")
    head = re.split("[?#]", rest, maxsplit=1)[0]
    if not found or (head == rest and "@" not in rest):
        return address
    host = head.rpartition("@")[2] if "@" in head or "@" not in rest else ""
    return f"{scheme}://…@{host}" if "@" in rest else f"{scheme}://{host}?…"


def origin_of(bad: click.BadParameter, ctx: click.Context, kept: settings.Settings) -> InputError | None:
    """The settings line or variable that the bad value came from; None if it came from the command line."""
    param = bad.param
    source = None if param is None else ctx.get_parameter_source(str(param.name))
    if param is None or source not in {ParameterSource.ENVIRONMENT, ParameterSource.DEFAULT_MAP}:
        return None
    of_variable, of_line, facts = _wanted(param.type)
    if source is ParameterSource.ENVIRONMENT:
        variable = variable_of(param)
        return InputError(of_variable, variable=variable, value=os.environ[variable], **facts)
    key = str(param.name)
    place = {"file": kept.path, "line": kept.lines[key], "key": key, "value": kept.values[key]}
    return InputError(of_line, **place, **facts)


def _wanted(kind: click.ParamType[Any]) -> tuple[str, str, Mapping[str, object]]:
    """The error codes for a bad variable and a bad settings line, and what would be valid."""
    match kind:
        case Rupiah():
            return "environment.amount", "settings.least", {"least": kind.least}
        case click.IntRange():
            return "environment.whole", "settings.range", {"least": kind.min, "most": kind.max}
        case click.FloatRange():
            return "environment.number", "settings.range", {"least": kind.min, "most": kind.max}
        case click.Choice():
            choices = ", ".join(map(str, kind.choices))
            return "environment.choice", "settings.choice", {"choices": choices}
        case _:
            return "environment.flag", "settings.flag", {}

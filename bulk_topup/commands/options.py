"""The options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from bulk_topup.commands import language, params
from bulk_topup.core.languages import LANGUAGES

Decorated = Any
"""A click command, or a function that will become one."""

PATH = params.FilePath()
MONTH = params.Date("%Y-%m", "usage.not_a_month")
_SECONDS = params.NumberRange(0, 86_400)


def language_option(**settings: Any) -> Callable[[Decorated], Decorated]:
    """Only declared here: `language.choose_language` has read it before parsing."""
    what = ", ".join(f"{spoken} is {tongue.name}" for spoken, tongue in LANGUAGES.items())
    choice = click.Choice(tuple(LANGUAGES))
    return click.option(language.OPTION, type=choice, help=f"The language: {what}.", **settings)


def together(*options: Callable[[Decorated], Decorated]) -> Callable[[Decorated], Decorated]:
    def decorate(function: Decorated) -> Decorated:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def option(*names: str, **settings: Any) -> Callable[[Decorated], Decorated]:
    """Can also be set in the environment, as BULK_TOPUP_NAME, and for `settings.KEYS` in the file."""
    variable = "BULK_TOPUP_" + names[0].lstrip("-").replace("-", "_").upper()
    return click.option(*names, envvar=variable, **settings)


TAB = option(
    "--sheet",
    "tab",
    multiple=True,
    type=params.TabName(),
    metavar="NAME",
    help="The tab, if there are several; or all, or more than once.",
)
OF_SHEET = together(
    TAB,
    option("--checkpoint", type=PATH, metavar="FILE", help="The progress file, if not beside the sheet."),
)
SHEET = together(click.argument("sheet", type=PATH), OF_SHEET)

COLUMNS = together(
    option("--number-column", metavar="NAME", help="The column of phone numbers, by header or letter."),
    option("--product-column", metavar="NAME", help="The column of product codes."),
    option("--nominal-column", metavar="NAME", help="The column of amounts."),
    option("--name-column", metavar="NAME", help="The column of people's names."),
    option("--group-column", metavar="NAME", help="The column of branches or departments."),
    option(
        "--hidden", type=click.Choice(["include", "skip"]), help="What to do with rows hidden in the sheet."
    ),
    option(
        "--sheet-password-file", type=PATH, metavar="FILE", help="Read the workbook's password from a file."
    ),
)

OUTPUT = option("--output", type=PATH, metavar="FILE", help="The results sheet (.xlsx or .csv).")

ADDRESS_OPTION = together(
    option("--base-url", metavar="URL", help="The provider's address."),
    option(
        "--timeout",
        type=params.NumberRange(1, 600),
        metavar="SECONDS",
        default=60,
        show_default=True,
        help="Seconds to wait for an answer.",
    ),
)

PROVIDER = together(
    click.option("--sandbox", is_flag=True, help="Rehearse with a simulated provider; no money moves."),
    ADDRESS_OPTION,
    option(
        "--rate",
        type=params.NumberRange(0.05, 500),
        metavar="N",
        default=2,
        show_default=True,
        help="Requests a second.",
    ),
    option("--password-file", type=PATH, metavar="FILE", help="Read the account's password from a file."),
)

WAIT = option(
    "--wait",
    type=_SECONDS,
    metavar="SECONDS",
    default=120,
    show_default=True,
    help="Seconds to ask about pending top-ups.",
)

AMOUNTS = click.option(
    "--amounts",
    type=click.Choice(["rupiah", "thousands"]),
    help="What small amounts such as 50 stand for.",
)

WISHES = together(
    click.option(
        "--duplicates",
        type=click.Choice(["skip", "repeat"]),
        default="skip",
        show_default=True,
        help="What to do with rows that are in the sheet twice.",
    ),
    AMOUNTS,
    click.option(
        "--other-operator",
        type=click.Choice(["hold", "send"]),
        default="hold",
        help="Products of an operator other than the number's.",
    ),
    option("--strict", is_flag=True, help="Also hold back rows with a warning."),
    click.option("--retry-failed", is_flag=True, help="Send rows that failed (gagal) again."),
    click.option("--include-changed", is_flag=True, help="Send new rows to numbers this batch already paid."),
    click.option("--same-batch", is_flag=True, help="Continue an earlier day's batch, changed or not."),
    click.option("--new-batch", is_flag=True, help="Pay the whole sheet again; old files get dated names."),
)

BUDGET = option(
    "--budget",
    type=params.Rupiah(),
    metavar="RUPIAH",
    help="The most to spend on the batch, such as 25.000.000.",
)

TOTALS = together(
    click.option(
        "--expect-people",
        type=params.WholeRange(min=0),
        metavar="N",
        help="Refuse a plan that pays a different number of people.",
    ),
    click.option(
        "--expect-nominal",
        type=params.Rupiah(),
        metavar="RUPIAH",
        help="Refuse a plan whose nominals have a different sum.",
    ),
)

OVERLAP = option(
    "--overlap-days",
    type=params.WholeRange(1, 366),
    metavar="DAYS",
    default=20,
    show_default=True,
    help="How many days back to look for a batch that paid the same.",
)

PLANNING = together(WISHES, OVERLAP, BUDGET, TOTALS)

NEW_ADDRESS = click.option("--new-address", is_flag=True, help="Use an address that is new to this account.")

YES_OPTION = click.option("--yes", is_flag=True, help="Send without asking.")

EVENTS = click.option("--events", is_flag=True, help="Print one JSON object a line as things happen.")

SPEECH = (
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output."),
    option("--quiet", is_flag=True, help="Print errors only."),
    click.option("--no-color", is_flag=True, help="Print without colours, as with the variable NO_COLOR."),
    language_option(envvar=language.VARIABLE),
)

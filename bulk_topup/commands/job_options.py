"""Turns the options of a command line into the job, the connection and the record."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bulk_topup.core.languages import NAME_PLACEHOLDERS
from bulk_topup.core.row_names import ALL, SEVERAL
from bulk_topup.core.status import keys_in
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from bulk_topup.provider.address import Connection
    from bulk_topup.sending.job import Approval, Job


def kept_setting(key: str) -> str:
    """The settings file's value for a key that has no option."""
    return str(click.get_current_context().obj.values.get(key, ""))


def ledger_of(options: dict[str, Any]) -> str:
    """Where the record of all top-ups is, for commands without a sheet."""
    from bulk_topup.record import paths

    return "sandbox.ledger.db" if options.get("sandbox") else paths.ledger_location(kept_setting("ledger"))


def connection_of(options: dict[str, Any]) -> Connection:
    from bulk_topup.provider.address import DEFAULT_BASE_URL, Connection

    return Connection(
        sandbox=options.get("sandbox", False),
        base_url=options.get("base_url") or DEFAULT_BASE_URL,
        timeout_s=options.get("timeout", 60.0),
        rate_per_s=options.get("rate", 2.0),
        password_file=options.get("password_file"),
        username=kept_setting("username"),
    )


_AS_IN_JOB = ("workers", "overlap_days", "budget", "yes", "again", "new_address", "resend", "pilot")
"""Options under the names that they have in `Job`."""

UNITS = {"rupiah": 1, "thousands": 1_000}
"""The value of --amounts -> rupiah per unit."""


def job_of(options: dict[str, Any]) -> Job:
    from bulk_topup.core.model import Named, Source
    from bulk_topup.record import paths
    from bulk_topup.rules.orders import Wishes
    from bulk_topup.sending.job import Job

    tabs = tuple(dict.fromkeys(options.get("tab") or ()))
    source = Source(
        options["sheet"],
        SEVERAL.join(tabs) or None,
        Named(**{field.name: options.get(f"{field.name}_column") for field in fields(Named)}),
        options.get("sheet_password_file"),
        options.get("hidden"),
        tabs if len(tabs) > 1 or tabs == (ALL,) else (),
    )
    files = paths.files_of(
        source,
        sandbox=options.get("sandbox", False),
        checkpoint=options.get("checkpoint"),
        output=options.get("output"),
        ledger=kept_setting("ledger"),
    )
    named = ("strict", "retry_failed", "include_changed", "same_batch", "new_batch")
    wishes = Wishes(
        repeat_duplicates=options.get("duplicates") == "repeat",
        other_operator=options.get("other_operator") == "send",
        unit=UNITS.get(options.get("amounts") or ""),
        **{name: options.get(name, False) for name in named},
    )
    return Job(
        source,
        files,
        connection_of(options),
        wishes,
        wait_s=options.get("wait", Job.wait_s),
        expected_people=options.get("expect_people"),
        expected_nominal=options.get("expect_nominal"),
        approval=approval_of(options.get("approve"), options.get("approved_by")),
        **{name: options[name] for name in _AS_IN_JOB if name in options},
        fixed=click.get_current_context().obj.products,
        title=(kept_setting("company"), kept_setting("title")),
    )


NO_NAME = NAME_PLACEHOLDERS | {""}
"""Placeholders that nobody replaced: they would end up in the record and in the results to sign."""


def approval_of(code: str | None, by: str | None) -> Approval | None:
    if code is None and by is None:
        return None
    if code is None or (by is not None and not by.strip()):
        raise click.UsageError(say.text("usage.approve"))
    from bulk_topup.rules import approval
    from bulk_topup.sending.job import Approval

    if by is not None and (by.strip() in NO_NAME or keys_in(by)):
        raise click.UsageError(say.text("usage.approver"))
    return Approval(approval.code_given(code), (by or "").strip())


@dataclass(frozen=True)
class Setup:
    """What `doctor` examines; the folder is that of the progress files."""

    connection: Connection
    ledger: str
    folder: Path

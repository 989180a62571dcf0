"""Everything that the user asked of one command."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bulk_topup.provider.address import Connection
from bulk_topup.rules.orders import Wishes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bulk_topup.core.model import Source
    from bulk_topup.record.paths import Files
    from bulk_topup.rules.products import Fixed


@dataclass(frozen=True)
class Approval:
    """`by` passed on the plan code `code`, written as `approval.code_given` writes it; or signed it, as
    `signing.proven` writes that. "" where the signatures beside the sheet are to tell."""

    code: str
    by: str
    signatures: Sequence[Mapping[str, Any]] = ()
    """As `signing.evidence` puts them down."""


@dataclass(frozen=True)
class Job:
    """Everything the user asked of one command."""

    source: Source
    files: Files
    connection: Connection = field(default_factory=Connection)
    wishes: Wishes = field(default_factory=Wishes)
    workers: int = 1
    wait_s: float = 120.0
    overlap_days: int = 20
    """How many days back a similar payment by other batches counts as the same payment again."""
    budget: int | None = None
    expected_people: int | None = None
    expected_nominal: int | None = None
    """In rupiah: control totals that somebody else counted."""
    yes: bool = False
    again: bool = False
    new_address: bool = False
    resend: bool = False
    approval: Approval | None = None
    pilot: int | None = None
    """How many top-ups are sent before the rest, which waits for their outcome."""
    fixed: Fixed = field(default_factory=dict)
    """The products from the settings file."""
    title: tuple[str, str] = ("", "")
    """The company, and what is paid, for the summary to sign; "" if not set."""
    typed: str = ""
    """The options as they were typed, for a command that is shown to go on with the same plan: of `check` all
    that `run` takes, of `run` those that `status` has not itself."""

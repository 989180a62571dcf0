"""`approver`: who may approve by key, and how many signatures a sum needs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bulk_topup.commands import params
from bulk_topup.commands.exit_codes import command
from bulk_topup.commands.job_options import NO_NAME, ledger_of
from bulk_topup.commands.next_steps import A_SHEET
from bulk_topup.commands.options import PATH
from bulk_topup.core import clock
from bulk_topup.core.errors import Exit, InputError
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from bulk_topup.commands.keys import ApproverKey
    from bulk_topup.commands.terminal import Terminal
    from bulk_topup.record.ledger.trust import Trust

    SignerOf = Callable[[], tuple[ApproverKey, bytes] | None]

LONGEST_APPROVER = 60
KEY_BYTES = 32


@command
@click.argument("action", type=click.Choice(["add", "remove", "list", "policy"]))
@click.argument("name", default="")
@click.option("--key", "by", type=PATH, metavar="FILE", help="The key file of the approver who signs.")
@click.option("--request", type=PATH, metavar="FILE", help="Make the key; another approver adds it by FILE.")
@click.option("--public", type=PATH, metavar="FILE", help="Add the key that FILE asks for.")
@click.option(
    "--above", type=params.Rupiah(), metavar="RUPIAH", help="From this cost on, so many signatures."
)
@click.option("--signatures", type=params.WholeRange(0, 9), metavar="N", help="How many; use with --above.")
@click.option("--sandbox", is_flag=True, help="Of rehearsals, which have approvers of their own.")
def approver(
    terminal: Terminal, action: str, name: str, by: Path | None, sandbox: bool, **options: Any
) -> Exit:
    """Add, remove or list who approves by key, or set how many have to.

    Once there is an approver, every change needs an approver's key.

    \b
    Example:  bulk-topup approver add "Rina Sari"
    """
    from bulk_topup.record.ledger.address import ledger_url
    from bulk_topup.record.ledger.trust import Trust
    from bulk_topup.report.screen.approval import approvers_report

    with closing(Trust(ledger_url(ledger_of({"sandbox": sandbox})))) as trust:
        if action == "policy":
            _set_policy(trust, by, options["above"], options["signatures"])
        elif action != "list":
            name = " ".join(name.split())
            if name in NO_NAME or len(name) > LONGEST_APPROVER or not name.isprintable():
                raise click.UsageError(say.text("usage.approver"))
            if action == "remove":
                _remove(trust, by, name)
            else:
                _add(trust, by, name, options["request"], options["public"], terminal)
        entries = trust.trust_entries()
        terminal.report(approvers_report(trust.approvers(), entries[-1].hash if entries else ""))
    terminal.suggest("approver.next", "check", A_SHEET)
    return Exit.OK


def _set_policy(trust: Trust, by: Path | None, above: int | None, signatures: int | None) -> None:
    from bulk_topup.rules.approvers import POLICY

    if above is None or signatures is None:
        raise click.UsageError(say.text("usage.policy"))
    _sign(trust, POLICY, {"above": above, "signatures": signatures}, lambda: _signer(trust, by))


def _remove(trust: Trust, by: Path | None, name: str) -> None:
    from bulk_topup.rules.approvers import REMOVED

    facts = {"key": trust.approvers().named(name).key, "name": name}
    _sign(trust, REMOVED, facts, lambda: _signer(trust, by))


def _add(
    trust: Trust, by: Path | None, name: str, request: Path | None, public: Path | None, terminal: Terminal
) -> None:
    """With a `request`, only makes the key and says so there, for the record of another."""
    from bulk_topup.record.kept_plans import write_whole
    from bulk_topup.record.paths import assert_new
    from bulk_topup.report.screen.approval import made_report
    from bulk_topup.rules.approvers import ADDED

    if request is not None:
        assert_new(request, (".json",))
        made = _made(name)
        write_whole(request, json.dumps(made).encode())
        terminal.report(made_report(made["public"], request))
        return
    trust.approvers().assert_new(name)
    signer = _signer(trust, by)  # before a key is made that nobody adds
    new = _made(name) if public is None else _asked_for(name, public)
    _sign(trust, ADDED, new, lambda: signer)
    terminal.report(made_report(new["public"]))


def _made(name: str) -> dict[str, str]:
    from bulk_topup.commands.keys import make_key
    from bulk_topup.record.paths import who

    return {"name": name, "public": make_key(name).public, "user": who()}


def _asked_for(name: str, path: Path) -> dict[str, str]:
    from bulk_topup.rules.approvers import folded

    try:
        said = json.loads(path.read_bytes())
        new = {field: str(said[field]) for field in ("name", "public", "user")}
        is_key = len(bytes.fromhex(new["public"])) == KEY_BYTES
    except (OSError, ValueError, KeyError, TypeError):
        is_key = False
    if not is_key:
        raise InputError("approver.no_request", path=path)
    if folded(new["name"]) != folded(name):
        raise InputError("approver.other_request", path=path, name=new["name"], given=name)
    return new


def _signer(trust: Trust, by: Path | None) -> tuple[ApproverKey, bytes] | None:
    """An approver's key, and what opens it; None where there is no approver yet."""
    from bulk_topup.commands.keys import chosen_key, private_of

    among = trust.approvers().by_key
    return None if not among else ((key := chosen_key(by, among)), private_of(key))


def _sign(trust: Trust, kind: str, facts: Mapping[str, Any], signer_of: SignerOf) -> None:
    """Raises InputError, before anybody is asked, for a change that can't be."""
    from bulk_topup.core.chain import link
    from bulk_topup.rules import approvers, signing

    entries = trust.trust_entries()
    approvers.changed(approvers.approvers_of(entries), kind, facts)
    signer = signer_of()
    previous = entries[-1].hash if entries else ""
    signed = {**facts, "by": signer[0].id if signer else "", "signature": ""}
    if signer is not None:
        said = approvers.to_sign(kind, signed, previous)
        signed["signature"] = signing.sign(signer[1], signing.CHANGE, said)
    trust.add_trust(len(entries), link(previous, clock.SystemClock().now().isoformat(), kind, signed))

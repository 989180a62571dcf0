"""`approver`: who may approve by key, and how many signatures a sum needs."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from bulk_topup.commands import click_command, next_steps, params
from bulk_topup.commands.asked import NO_NAME, ledger_of
from bulk_topup.commands.exit_codes import guarded_command
from bulk_topup.commands.options import PATH, SPEECH
from bulk_topup.core import clock
from bulk_topup.core.errors import Exit, InputError
from bulk_topup.report.screen.report import Step
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bulk_topup.commands.keys import Key
    from bulk_topup.commands.terminal import Terminal
    from bulk_topup.record.ledger.trust import Trust

LONGEST_NAME = 60


@dataclass(frozen=True)
class Asked:
    """`by` is the key file of the approver who allows the change; None for this user's own key."""

    name: str
    by: Path | None
    request: Path | None
    public: Path | None
    above: int | None
    signatures: int | None


@click.command(cls=click_command.Command)
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
@SPEECH
@guarded_command
def approver(terminal: Terminal, action: str, sandbox: bool, **options: Any) -> Exit:
    """Add, remove or list who approves by key, or set how many have to.

    Once there is an approver, every change needs an approver's key.

    \b
    Example:  bulk-topup approver add "Rina Sari"
    """
    from bulk_topup.record.ledger.address import ledger_url
    from bulk_topup.record.ledger.trust import Trust
    from bulk_topup.report.screen.approvers import approvers_report

    asked = Asked(**{**options, "name": " ".join(options["name"].split())})
    with closing(Trust(ledger_url(ledger_of({"sandbox": sandbox})))) as trust:
        if action != "list":
            change(trust, action, asked, terminal)
        entries = trust.trust_entries()
        terminal.report(approvers_report(trust.approvers(), entries[-1].hash if entries else ""))
    terminal.next([Step(say.text("approver.next"), terminal.typed.line("check", next_steps.A_SHEET))])
    return Exit.OK


def change(trust: Trust, action: str, asked: Asked, terminal: Terminal) -> None:
    """Raises InputError where it is not possible, or nobody signs it."""
    from bulk_topup.report.screen.approvers import made_report
    from bulk_topup.rules.approvers import ADDED, POLICY, REMOVED

    if action == "policy":
        if asked.above is None or asked.signatures is None:
            raise click.UsageError(say.text("usage.policy"))
        _sign(trust, POLICY, {"above": asked.above, "signatures": asked.signatures}, asked.by)
        return
    if asked.name in NO_NAME or len(asked.name) > LONGEST_NAME or not asked.name.isprintable():
        raise click.UsageError(say.text("usage.approver"))
    if action == "remove":
        found = trust.approvers().named(asked.name)
        _sign(trust, REMOVED, {"key": found.key, "name": found.name}, asked.by)
    elif asked.request is not None:
        terminal.report(made_report(_request(asked.name, asked.request), asked.request))
    else:
        _assert_new(trust, asked.name)
        signs_first = _signer(trust, asked.by)  # before a key is made that nobody adds
        new = _asked_for(asked.name, asked.public) if asked.public else _own(asked.name)
        terminal.report(made_report(str(new["public"])))
        _sign(trust, ADDED, new, asked.by, signs_first)


def _assert_new(trust: Trust, name: str) -> None:
    from bulk_topup.rules.approvers import folded

    if any(folded(one.name) == folded(name) for one in trust.approvers().by_key.values()):
        raise InputError("approver.there", name=name)


def _own(name: str) -> dict[str, str]:
    from bulk_topup.commands.keys import make_key
    from bulk_topup.record.paths import who

    return {"name": name, "public": make_key(name).public, "user": who()}


def _request(name: str, target: Path) -> str:
    from bulk_topup.record.kept_plans import write_whole
    from bulk_topup.record.paths import assert_new

    assert_new(target, (".json",))
    own = _own(name)
    write_whole(target, json.dumps(own).encode())
    return own["public"]


def _asked_for(name: str, path: Path) -> dict[str, str]:
    from bulk_topup.rules.approvers import folded
    from bulk_topup.rules.signing import fingerprint

    try:
        said = json.loads(path.read_bytes())
        new = {field: str(said[field]) for field in ("name", "public", "user")}
        fingerprint(new["public"])
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError("approver.no_request", path=path) from None
    if folded(new["name"]) != folded(name):
        raise InputError("approver.other_request", path=path, name=new["name"], given=name)
    return new


def _signer(trust: Trust, by: Path | None) -> tuple[Key, bytes] | None:
    """An approver's key, and what opens it; None where there is no approver yet."""
    from bulk_topup.commands.keys import chosen_key, private_of

    among = trust.approvers().by_key
    if not among:
        return None
    key = chosen_key(by, None, among)
    return key, private_of(key)


def _sign(
    trust: Trust,
    kind: str,
    facts: Mapping[str, Any],
    by: Path | None,
    signer: tuple[Key, bytes] | None = None,
) -> None:
    from bulk_topup.core.chain import link
    from bulk_topup.rules import approvers, signing

    entries = trust.trust_entries()
    now = approvers.approvers_of(entries)
    if kind != approvers.ADDED and not now.by_key:
        raise InputError("approver.nobody")
    approvers.changed(now, kind, facts)
    signer = signer or _signer(trust, by)
    previous = entries[-1].hash if entries else ""
    signed = {**facts, "by": signer[0].id if signer else "", "signature": ""}
    if signer is not None:
        said = approvers.to_sign(kind, signed, previous)
        signed["signature"] = signing.sign(signer[1], signing.CHANGE, said)
    trust.add_trust(len(entries), link(previous, clock.SystemClock().now().isoformat(), kind, signed))

"""Whether a trail fits: for an auditor, the first thing that does not, in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bulk_topup.report.screen.report import Report
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from bulk_topup.record.verification import Misfit, Verified


def verified_report(found: Verified, printed: str, *, rehearsal: bool) -> Report:
    """`printed` is the hash that a person gave, "" where none was."""
    facts = {
        "trail": found.head,
        "entries": found.entries,
        "misfit": None,
        "files": [*map(str, found.files)],
        "missing": [*map(str, found.missing)],
    }
    missing = [say.text("verify.missing", path=path) for path in found.missing]
    above = [say.text("sandbox.banner")] if rehearsal else []
    if found.misfit is not None:
        message = _message(found.misfit)
        misfit = {"entry": found.misfit.nth, "code": found.misfit.code, "message": message}
        return Report({**facts, "misfit": misfit}, warnings=[*above, message, *missing])
    fitting = [say.text("verify.file_fits", path=path) for path in found.files]
    lines = [*above, say.text("verify.fits", entries=found.entries), *fitting, *missing]
    lines.append(say.text("verify.head", head=found.head))
    return Report(facts, lines if printed else [*lines, say.text("verify.no_print")])


def _message(misfit: Misfit) -> str:
    facts = dict(misfit.facts)
    if misfit.nth is not None:
        own = {"nth": misfit.nth, "kind": f"trail.{facts['kind']}", "at": say.to_the_minute(str(facts["at"]))}
        code = "verify.entry" if facts["row"] is None else "verify.entry_of_row"
        facts["entry"] = say.text(code, **own, row=facts["row"])
    return say.text(misfit.code, **facts)

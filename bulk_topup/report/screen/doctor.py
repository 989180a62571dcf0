"""What `doctor` examined, and what needs fixing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from bulk_topup.report.screen.report import Report
from bulk_topup.report.words import say


class Examined(NamedTuple):
    """What was examined, and the result; `code` and `facts` are worded in `say.WORDS`."""

    name: str
    is_fine: bool
    code: str
    facts: Mapping[str, object] = MappingProxyType({})

    @property
    def message(self) -> str:
        return say.text(self.code, **self.facts)


def checks_report(checks: Iterable[Examined]) -> Report:
    facts, lines = [], []
    for check in checks:
        message = check.message
        mark = say.text("doctor.fine" if check.is_fine else "doctor.problem")
        facts.append({"name": check.name, "ok": check.is_fine, "code": check.code, "message": message})
        lines.append(f"{mark}  {say.text(f'doctor.{check.name}')}: {message}")
    return Report({"checks": facts}, lines)

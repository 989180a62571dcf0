"""The outcome of a command: facts for programs and lines for people."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from bulk_topup.core.errors import BulkTopupError
from bulk_topup.report.words import say

if TYPE_CHECKING:
    from bulk_topup.core.model import Notice

ROWS_SHOWN = 8


class Whole(str):
    """A table line, or a command to paste: never wrapped, however narrow the screen is."""

    __slots__ = ()


def aligned(rows: Sequence[Sequence[str]], amounts: Collection[int]) -> list[str]:
    """The lines of a table; the columns of `amounts` are aligned to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            text.rjust(width) if at in amounts else text.ljust(width)
            for at, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


class Tone(StrEnum):
    PAID = "paid"
    HELD = "held"
    ASK = "ask"
    NEXT = "next"


class Toned(str):
    """A line whose colour, if any, repeats what its words say."""

    tone: Tone

    def __new__(cls, line: str, tone: Tone) -> Self:
        toned = super().__new__(cls, line)
        toned.tone = tone
        return toned


class Report(NamedTuple):
    """`facts` are keys of the one JSON object; `warnings` come after `lines`, even with --quiet."""

    facts: Mapping[str, object]
    lines: Sequence[str] = ()
    warnings: Sequence[str] = ()


class Step(NamedTuple):
    """What a person can do next; `command` is "" if there is nothing to type."""

    words: str
    command: str = ""


def error_report(problem: BulkTopupError) -> Report:
    message = say.error(problem)
    return Report(error_facts(problem.code, message), warnings=[say.text("error", message=message)])


def error_facts(code: str, message: str) -> dict[str, object]:
    return {"error": {"code": code, "message": message}}


def saved_report(code: str, path: Path, key: str = "saved", **facts: object) -> Report:
    return Report({key: str(path)}, [say.text(code, path=path, **facts)])


def notices_report(notices: Iterable[Notice]) -> Report:
    facts = [{"code": notice.code, "message": _told(notice)} for notice in notices]
    return Report({"notices": facts}, [say.text("notice", message=one["message"]) for one in facts])


def _told(notice: Notice) -> str:
    """With its tab, where several are one sheet."""
    words = say.text(notice.code, **notice.facts)
    tab = say.printable(notice.facts.get("of_tab", ""))
    return f"{tab}: {words}" if tab else words


def next_report(steps: Iterable[Step]) -> Report:
    """The last lines on the screen, each command on its own line; several steps are numbered."""
    found = list(steps)
    return Report({"next": step_facts(found)}, list(_step_lines(found)))


def step_facts(steps: Iterable[Step]) -> list[dict[str, str | None]]:
    return [{"message": step.words, "command": step.command or None} for step in steps]


def _step_lines(steps: Sequence[Step]) -> Iterator[str]:
    label = say.text("next.label") + " "
    indent = " " * len(label)
    for nth, step in enumerate(steps):
        number = f"({nth + 1}) " if len(steps) > 1 else ""
        yield Toned((indent if nth else label) + number + step.words, Tone.NEXT)
        if step.command:
            yield Whole(indent + "  " + say.printable(step.command))

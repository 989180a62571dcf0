"""The settings that apply, and where each comes from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from bulk_topup.report.screen.report import Report, Whole
from bulk_topup.report.words import say


class Setting(NamedTuple):
    """A setting in force. `origin` is option, environment, file or default; `place`, the variable or line."""

    key: str
    value: object
    origin: str
    place: str


def settings_report(file: Path, *, exists: bool, settings: Sequence[Setting], logged_in: str) -> Report:
    facts = {
        "config_file": {"path": str(file), "exists": exists},
        "settings": [setting._asdict() for setting in settings],
        "logged_in": logged_in or None,
    }
    lines = [say.text("settings.file" if exists else "settings.no_file", file=file), *_lines(settings)]
    if logged_in:
        lines.append(say.text("settings.logged_in", username=logged_in))
    return Report(facts, lines)


def new_settings_report(path: Path) -> Report:
    facts = {"config_file": {"path": str(path), "exists": True}}
    return Report(facts, [say.text("settings.created", file=path)])


def _lines(settings: Sequence[Setting]) -> Iterator[str]:
    width = max(len(_shown(setting.value)) for setting in settings)
    for setting in settings:
        place = say.text(_ORIGINS[setting.origin], variable=setting.place, line=setting.place)
        yield Whole(f"  {setting.key:<16} {_shown(setting.value):<{width}}  {place}")


_ORIGINS = {
    "option": "settings.source_option",
    "environment": "settings.source_environment",
    "file": "settings.source_file",
    "default": "settings.source_default",
}


def _shown(value: object) -> str:
    if value is None or value == "":
        return say.text("settings.not_set")
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else say.printable(str(value))

"""Kinds of values on the command line: numbers in a range, dates, paths, rupiah."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from bulk_topup.core.errors import InputError
from bulk_topup.report.words import say
from bulk_topup.rules import amounts


class NumberRange(click.FloatRange):
    """Says in our words which numbers are valid; rejects `nan`, which passes every range comparison."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            number: float = super().convert(value, param, ctx)
        except click.BadParameter:
            number = float("nan")
        if number != number:
            self.fail(_out_of_range("usage.number", value, self.min, self.max), param, ctx)
        return number

    def _describe_range(self) -> str:  # Used by click in the help.
        return _range(self.min, self.max)


class WholeRange(click.IntRange):
    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            whole: int = super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(_out_of_range("usage.whole", value, self.min, self.max), param, ctx)
        return whole

    def _describe_range(self) -> str:  # Used by click in the help.
        return _range(self.min, self.max)


def _range(least: float | None, most: float | None) -> str:
    if most is None:
        return say.text("usage.range_open", least=least)
    return say.text("usage.range", least=least, most=most)


def _out_of_range(code: str, value: object, least: float | None, most: float | None) -> str:
    if most is None:
        return say.text("usage.least", value=value, least=least)
    return say.text(code, value=value, least=least, most=most)


class Date(click.DateTime):
    """A date in one `form`; for anything else, the message `code` says how to write it."""

    def __init__(self, form: str, code: str) -> None:
        super().__init__([form])
        self._code = code

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(say.text(self._code, value=value), param, ctx)


class FilePath(click.Path):
    """A path that can be a file's name. Raises InputError."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        try:
            parts = [part.encode() for part in path.parts]
        except UnicodeEncodeError:
            raise InputError("file.not_text", file=path) from None
        if any(len(part) > LONGEST_FILE_NAME for part in parts):
            raise InputError("file.long_name", file=path, most=LONGEST_FILE_NAME)
        return path


class RowName(click.ParamType[tuple[int, str]]):
    """A row as people call it: `12` or, where several tabs are one batch, `"Jakarta 12"`."""

    name = "text"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, str]:
        from bulk_topup.sending.answers import row_of

        found = value if isinstance(value, tuple) else row_of(str(value))
        if found is None or not found[0]:
            self.fail(say.text("usage.row", value=value), param, ctx)
        return found


class TabName(click.ParamType[str]):
    """A tab's name; in a variable the whole value is one name, with its spaces."""

    name = "text"
    envvar_list_splitter = "\n"

    def convert(self, value: Any, _param: click.Parameter | None, _ctx: click.Context | None) -> str:
        return str(value)


LONGEST_FILE_NAME = 255
"""Bytes; the limit of a file name on nearly every system."""


class Rupiah(click.ParamType[int]):
    """An amount as people write it: `25000000`, `25.000.000`, `Rp25,000,000`, `25jt`.

    Ambiguous amounts such as `25.00` or `1,5` are refused, and both readings are shown.
    """

    name = "rupiah"

    def __init__(self, least: int = 0) -> None:
        self.least = least

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        readings = [value] if isinstance(value, int) else amounts.readings(str(value))
        if len(readings) > 1:
            one, other = readings
            self.fail(say.text("usage.rupiah_ambiguous", value=value, one=one, other=other), param, ctx)
        if not readings:
            self.fail(say.text("usage.rupiah", value=value), param, ctx)
        if readings[0] < self.least:
            self.fail(say.text("usage.rupiah_least", value=readings[0], least=self.least), param, ctx)
        return readings[0]

"""Whom a layout means: nobody else is paid, and nobody is left out unsaid, whatever the format."""

from __future__ import annotations

import csv
import html
import io
import re
from typing import TYPE_CHECKING

import openpyxl
import pytest

from bulk_topup.core.errors import InputError
from bulk_topup.report.words import say
from bulk_topup.sheet.process import child, frames
from bulk_topup.sheet.process.gather import gathered
from tests.builders import plan_of
from tests.sheet import test_ods as ods
from tests.sheet.layouts import LAYOUTS, Layout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from _pytest.mark.structures import ParameterSet

    from bulk_topup.core.model import Sheet

Cells = list[list[str]]

ENGLISH = {
    "Nama": "Name",
    "No HP": "Phone Number",
    "Nomor HP": "Mobile No.",
    "Kode Produk": "Product Code",
    "Kode": "SKU",
    "No Rek": "Bank",
    "Bonus Juni": "June bonus",
}


def number(mark: str) -> str:
    return f"08121000000{mark}"


def cells_of(text: str) -> Cells:
    rows = [[cell.strip() for cell in line.split("|")] for line in text.split("\n")]
    width = max(map(len, rows))
    marked = [[*row, *[""] * (width - len(row))] for row in rows]
    return [[re.sub(r"#(\d)", lambda mark: number(mark[1]), cell) for cell in row] for row in marked]


# -- the formats -------------------------------------------------------------------------------------------


def as_csv(tabs: Mapping[str, Cells]) -> bytes:
    [rows] = tabs.values()
    written = io.StringIO(newline="")
    csv.writer(written).writerows(rows)
    return written.getvalue().encode()


def as_xlsx(tabs: Mapping[str, Cells]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in tabs.items():
        tab = book.create_sheet(name)
        for row in rows:
            tab.append([cell or None for cell in row])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def as_html(tabs: Mapping[str, Cells]) -> bytes:
    [rows] = tabs.values()
    lines = ["".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in rows]
    table = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<html><body><table>{table}</table></body></html>".encode()


def as_ods(tabs: Mapping[str, Cells]) -> bytes:
    tables = ""
    for name, rows in tabs.items():
        cells = (
            [ods.text(html.escape(cell)) if cell else "<table:table-cell/>" for cell in row] for row in rows
        )
        lines = "".join(ods.row("".join(row)) for row in cells)
        tables += f'<table:table table:name="{html.escape(name)}"><table:table-column/>{lines}</table:table>'
    return ods.package(ods.content(tables))


FORMATS: Mapping[str, Callable[[Mapping[str, Cells]], bytes]] = {
    "csv": as_csv,
    "xlsx": as_xlsx,
    "html": as_html,
    "ods": as_ods,
}


def read(path: Path, data: bytes, options: Mapping[str, str]) -> Sheet:
    """The file as the child reads it, in this process."""
    path.write_bytes(data)
    columns = {name: value for name, value in options.items() if name != "tab"}
    request = {"path": bytes(path).hex(), "tab": options.get("tab"), "columns": columns, "password": None}
    pipe = io.BytesIO()
    for frame in child._parsed(request):
        frames.write_frame(pipe, frame)
    pipe.seek(0)
    return gathered(path, iter(lambda: frames.read_frames(pipe), None))


# -- the variations ----------------------------------------------------------------------------------------


def in_english(cells: Cells) -> Cells:
    return [[ENGLISH.get(cell, cell) for cell in row] for row in cells]


def shouted(cells: Cells) -> Cells:
    return [[cell if re.search(r"\d", cell) else cell.upper() for cell in row] for row in cells]


def mirrored(cells: Cells) -> Cells:
    return [row[::-1] for row in cells]


VARIATIONS: Mapping[str, Callable[[Cells], Cells]] = {
    "as it is": lambda cells: cells,
    "in English": in_english,
    "in capitals": shouted,
    "the other way round": mirrored,
}


def may_vary(layout: Layout, variation: str) -> bool:
    """What a person names is named as it stands there."""
    is_named = bool(layout.options.keys() - {"tab"})
    return variation == "as it is" or (
        not is_named and (variation != "the other way round" or layout.mirrored)
    )


def cases() -> Iterator[ParameterSet]:
    """As it is, each in one format; all else takes longer than a change should wait for its tests."""
    for layout in LAYOUTS:
        for variation in VARIATIONS:
            forms = [*FORMATS] if layout.tabs.keys() == {"Juni"} else ["xlsx", "ods"]
            for form in forms:
                is_first = variation == "as it is" and form == forms[0]
                marks = () if is_first else (pytest.mark.slow,)
                if may_vary(layout, variation):
                    name = f"{layout.what}, {variation}, {form}"
                    yield pytest.param(layout, variation, form, id=name, marks=marks)


@pytest.mark.parametrize(("layout", "variation", "form"), list(cases()))
def test_only_who_is_meant_is_paid(tmp_path: Path, layout: Layout, variation: str, form: str) -> None:
    tabs = {name: VARIATIONS[variation](cells_of(text)) for name, text in layout.tabs.items()}
    assert came_to(tmp_path / f"juni.{form}", FORMATS[form](tabs), layout) == (
        layout.asked or set(map(number, layout.paid.split()))
    )


def came_to(path: Path, data: bytes, layout: Layout) -> str | set[str]:
    """The numbers that are paid, or why it is asked instead; every other number of `held` is spoken of."""
    if layout.asked:
        with pytest.raises(InputError) as caught:
            read(path, data, layout.options)
        assert say.text(caught.value.code, **{**caught.value.facts, "file": path.name})
        return caught.value.code
    sheet = read(path, data, layout.options)
    plan = plan_of(sheet)
    held = {str(cell) for row in plan.held for cell in sheet.cells.loc[row]}
    assert {number(mark) for mark in layout.held.split()} <= held
    return set(plan.orders["number"])


def test_there_are_sixty_layouts() -> None:
    assert len({layout.what for layout in LAYOUTS}) >= 60

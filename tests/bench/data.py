"""The sheets that are measured with: drawn from a seed, and kept outside of the repository.

Every value is made up. One row in a thousand has a slip, so that the checks have something to find.
"""

from __future__ import annotations

import csv
import io
import itertools
import os
import random
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TextIO

SEED = 20_250_117
VERSION = 2
"""Of what is drawn and how it is written: a cached file of another version is not taken."""

FULL_SHEET = 1_048_575
"""Rows under the header of an Excel sheet filled to its last row."""

HEADER = ("Nama", "No HP", "Kode Produk", "Nominal", "Keterangan")

_OPERATORS = {
    "TSEL": ("0811", "0812", "0813", "0821", "0822", "0852", "0853"),
    "ISAT": ("0814", "0815", "0816", "0856", "0857", "0858"),
    "XL": ("0817", "0818", "0819", "0859", "0877", "0878"),
    "TRI": ("0895", "0896", "0897", "0898", "0899"),
    "SMF": ("0881", "0882", "0888", "0889"),
}
_NOMINALS = (5, 10, 25, 50)
_FIRST = ("Adi", "Agus", "Ayu", "Bambang", "Citra", "Dewi", "Eko", "Fitri", "Indah", "Joko", "Putri", "Sari")
_LAST = ("Gunawan", "Hidayat", "Kusuma", "Lubis", "Nasution", "Nugroho", "Pratama", "Santoso", "Siregar")
_SLIPS = ("", "0812-3456", "081234567890/91", "8.12135E+10", "021 5550123", "0812345678O1")

Row = tuple[str, str, str, str, str]


def rows(count: int) -> Iterator[Row]:
    """Name, number, product, nominal and a remark; every number is another one."""
    draw = random.Random(SEED)
    operators = list(_OPERATORS.items())
    for n in range(count):
        brand, prefixes = operators[draw.randrange(len(operators))]
        # A prime step through all subscriber numbers: no two rows have the same one.
        national = f"{prefixes[n % len(prefixes)]}{(n * 7_368_787 + 1_234_567) % 100_000_000:08}"
        nominal = _NOMINALS[draw.randrange(len(_NOMINALS))]
        number = draw.choice(_SLIPS) if n % 1000 == 500 else _spelled(national, draw.random())
        name = f"{draw.choice(_FIRST)} {draw.choice(_LAST)} {n % 5000}"
        remark = f"Insentif {draw.choice(_LAST)}" if n % 3 else ""
        yield name, number, f"{brand}{nominal}", str(nominal * 1000), remark


def _spelled(national: str, chance: float) -> str:
    """Seven in ten as `08…`, the others as people and telephones spell them, too."""
    if chance < 0.7:
        return national
    if chance < 0.9:
        return f"62{national[1:]}"
    if chance < 0.95:
        return f"+62 {national[1:4]}-{national[4:8]}-{national[8:]}"
    return f"{national[:4]} {national[4:8]} {national[8:]}"


# -- files -------------------------------------------------------------------------------------------------


def cache() -> Path:
    """Where generated files are kept: outside of the repository, and safe to delete."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "bulk-topup-bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def made(name: str, make: Callable[[Path], None]) -> Path:
    """The cached file of that name, made where it is missing."""
    path = cache() / f"v{VERSION}" / name
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        draft = path.with_name(f".{os.getpid()}.{path.name}")
        make(draft)
        draft.replace(path)
    return path


def shared_strings(count: int) -> Path:
    """An .xlsx whose texts are in one list, as Excel saves it; the nominal is a number cell."""
    return made(f"shared-{count}.xlsx", lambda path: _write_shared(path, count))


def inline_strings(count: int) -> Path:
    """An .xlsx whose texts are in the cells, as libraries write it."""
    return made(f"inline-{count}.xlsx", lambda path: _write_inline(path, count))


def comma_separated(count: int) -> Path:
    return made(f"comma-{count}.csv", lambda path: _write_csv(path, count))


def _write_csv(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(itertools.chain([HEADER], rows(count)))


def _write_shared(path: Path, count: int) -> None:
    places: dict[str, int] = {}
    used = 0

    def cell(place: str, text: str) -> str:
        nonlocal used
        used += 1
        return f'<c r="{place}" t="s"><v>{places.setdefault(text, len(places))}</v></c>'

    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
        _write_sheet(package, count, cell)
        with _part(package, "xl/sharedStrings.xml") as file:
            file.write(f'<sst xmlns="{_MAIN}" count="{used}" uniqueCount="{len(places)}">')
            file.writelines(f"<si><t>{text}</t></si>" for text in places)
            file.write("</sst>")
        _write_rest(package)


def _write_inline(path: Path, count: int) -> None:
    def cell(place: str, text: str) -> str:
        return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'

    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
        _write_sheet(package, count, cell)
        with _part(package, "xl/sharedStrings.xml") as file:
            file.write(f'<sst xmlns="{_MAIN}" count="0" uniqueCount="0"/>')
        _write_rest(package)


def _write_sheet(package: zipfile.ZipFile, count: int, cell: Callable[[str, str], str]) -> None:
    with _part(package, "xl/worksheets/sheet1.xml") as file:
        file.write(f'<worksheet xmlns="{_MAIN}"><dimension ref="A1:E{count + 1}"/><sheetData>')
        for number, texts in enumerate(itertools.chain([HEADER], rows(count)), start=1):
            file.write(f'<row r="{number}" spans="1:5">{_cells(number, texts, cell)}</row>')
        file.write("</sheetData></worksheet>")


def _cells(number: int, texts: Sequence[str], cell: Callable[[str, str], str]) -> str:
    return "".join(
        f'<c r="{letter}{number}"><v>{text}</v></c>'
        if text.isdigit() and letter == "D"
        else cell(f"{letter}{number}", text)
        for letter, text in zip("ABCDE", texts, strict=True)
        if text
    )


def _part(package: zipfile.ZipFile, name: str) -> TextIO:
    return io.TextIOWrapper(package.open(name, "w", force_zip64=True), "utf-8")


def _write_rest(package: zipfile.ZipFile) -> None:
    for name, content in _REST.items():
        package.writestr(name, content)


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_REST = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPES}.worksheet+xml"/>'
    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_TYPES}.sharedStrings+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
    '<sheets><sheet name="Januari" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
}

"""Comments of cells, in real files: what speaks against paying or has another number is kept, and no more."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from typing import TYPE_CHECKING

import openpyxl
import pytest
from openpyxl.comments import Comment

from bulk_topup.sheet import read_sheet
from bulk_topup.sheet.comments import MOST_CHARACTERS, MOST_COMMENTS, speaking_part
from bulk_topup.sheet.several import reading_several
from bulk_topup.sheet.tabs import Remarks

if TYPE_CHECKING:
    from pathlib import Path

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")
BOILERPLATE = (
    "[Komentar utas]\n\nPengeditan apa pun akan dihapus jika file dibuka di versi Excel yang lebih baru. "
    "Pelajari selengkapnya: https://go.microsoft.com/fwlink/?linkid=870924\n\nKomentar:\n    "
)
AGAINST, NUMBER = "sudah resign, jangan dibayar", "ganti ke 0813-1111-2222"
PLACED = {
    "A1": "jangan dibayar yang resign",
    "A2": f"Rina Batal:\n{AGAINST}",
    "B3": NUMBER,
    "A4": "Rina Batal:\nulang tahun 5 Juni",
    "B5": f"{BOILERPLATE}ulang tahun",
    "A9": "batal",
    "Z2": "batal",
}
KEPT = {(2, 0): AGAINST, (3, 1): NUMBER}


def written(path: Path, tabs: tuple[str, ...] = ("Juni",), author: str = "Rina Batal") -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name in tabs:
        tab = book.create_sheet(name)
        tab.append(["Nama", "No HP", "Kode"])
        for nth in range(4):
            tab.append([f"Orang {nth}", f"08121000000{nth}", "S5"])
        for place, text in PLACED.items():
            tab[place].comment = Comment(text.replace("Rina Batal", author), author)
    book.save(path)
    return path


def test_comments_of_rows_of_the_table_are_kept_where_they_speak(tmp_path: Path) -> None:
    assert read_sheet(written(tmp_path / "b.xlsx")).comments == KEPT


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed")
@pytest.mark.parametrize("form", ["xlsx", "ods", "fods", "xls"])
def test_so_they_are_in_what_libreoffice_writes(tmp_path: Path, form: str) -> None:
    path, folder = written(tmp_path / "b.xlsx", author="Rina"), tmp_path / "out"
    home = f"-env:UserInstallation={(tmp_path / 'home').as_uri()}"
    command = [str(SOFFICE), home, "--headless", "--convert-to", form, "--outdir", str(folder), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    found = read_sheet(next(folder.iterdir())).comments  # Some without their authors.
    assert {place: text.removeprefix("Rina: ") for place, text in found.items()} == KEPT


def test_a_thread_is_read_with_its_replies(tmp_path: Path) -> None:
    path, threaded = written(tmp_path / "b.xlsx"), tmp_path / "t.xlsx"
    thread = "".join(
        f'<threadedComment ref="B4"><text>{text}</text></threadedComment>' for text in ("?", "resign")
    )
    space = "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(threaded, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "xl/worksheets/_rels/sheet1.xml.rels":
                kind = "http://schemas.microsoft.com/office/2017/10/relationships/threadedComment"
                one = f'<Relationship Id="t" Type="{kind}" Target="../threadedComments/t1.xml"/>'
                data = data.replace(b"</Relationships>", f"{one}</Relationships>".encode())
            new.writestr(name, data)
        new.writestr(
            "xl/threadedComments/t1.xml", f'<ThreadedComments xmlns="{space}">{thread}</ThreadedComments>'
        )
    assert read_sheet(threaded).comments == {**KEPT, (4, 1): "resign"}


def test_damaged_comments_refuse_no_sheet(tmp_path: Path) -> None:
    path, damaged = written(tmp_path / "b.xlsx"), tmp_path / "d.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(damaged, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, data[: len(data) // 2] if "comments/" in name else data)
    assert len(read_sheet(damaged).cells) == 4


def test_they_move_with_their_rows_where_several_tabs_are_one_sheet(tmp_path: Path) -> None:
    path = written(tmp_path / "b.xlsx", ("Mei", "Juni"))
    with reading_several(path, ["Mei", "Juni"], lambda tab: read_sheet(path, tab=tab)) as arriving:
        sheet = arriving()
    rows = list(sheet.cells.index)
    moved = {(rows[0], 2): AGAINST, (rows[1], 3): NUMBER, (rows[4], 2): AGAINST, (rows[5], 3): NUMBER}
    assert sheet.comments == moved


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("Rina:\nresign", "resign"),
        (f"{BOILERPLATE}resign", "resign"),
        ("No baru:\n81311112222", "No baru: 81311112222"),
        (f"{BOILERPLATE}Rina dapat", ""),
        ("0812-3456-7890:\nulang tahun", ""),
        ("batal [1] Rina", "batal [1] Rina"),
    ],
)
def test_neither_an_author_nor_what_excel_adds_speaks(text: str, part: str) -> None:
    assert speaking_part(text, "" if text.startswith("No") else text.partition(":")[0]) == part


def test_a_word_alone_speaks_also_below_a_name_whose_author_was_forgotten() -> None:
    assert speaking_part("Rina:\nOut") == "Out"


def test_what_is_kept_is_bounded() -> None:
    part = speaking_part(f"{'kata ' * 1_000} jangan dibayar {'kata ' * 9_000}")
    assert "jangan dibayar" in part
    assert len(part) <= MOST_CHARACTERS
    remarks = Remarks()
    for row in range(2 * MOST_COMMENTS):
        remarks.comment(row, 0, part)
    assert len(remarks.comments) == MOST_COMMENTS

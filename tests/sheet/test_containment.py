"""Parsing in a child: whatever the file or the parser does, one clear line and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from bulk_topup.core.errors import InputError
from bulk_topup.core.model import Columns, Oddity
from bulk_topup.report.words import say
from bulk_topup.sheet import detect, read_sheet
from bulk_topup.sheet.header import Header
from bulk_topup.sheet.process import child, frames
from bulk_topup.sheet.process import parent as contain
from bulk_topup.sheet.process.frames import Frame, Garbage
from bulk_topup.sheet.process.gather import gathered
from bulk_topup.sheet.process.parent import Limits
from bulk_topup.sheet.table import covered
from bulk_topup.sheet.tabs import ChosenTab, Remarks
from tests import wild
from tests.markdown import ROOT
from tests.processes import children
from tests.sheet.test_sheet import PART, by_hand, inline, refused, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bulk_topup.core.model import Sheet

    Parser = Callable[..., Sheet]

pytestmark = pytest.mark.usefixtures("new_interpreters")

SECRET = "s3cret-of-the-office"
NOTHING: dict[str, Any] = {"path": "", "tab": None, "columns": {}, "password": None}
TABLE = 'frame("table", {"tab": "A", "width": 2, "columns": {"number": 0, "product": 1}}, b"HP\\0Kode")'
SHEET = f'frame("file", {{"sha256": "0", "size": 9}}); {TABLE}'


@pytest.fixture
def hostile(tmp_path: Path) -> Parser:
    """Reads a sheet through a child that runs this code instead of ours."""

    def parse(code: str, **limits: float) -> Sheet:
        script = tmp_path / "hostile.py"
        script.write_text(
            "import os, signal, sys, time\n"
            "from array import array\n"
            "from bulk_topup.sheet.process import child, frames\n"
            "def frame(kind, facts, *parts):\n"
            "    frames.write_frame(sys.stdout.buffer, frames.Frame(kind, facts, parts))\n"
            f"{code}\n"
        )
        command = (sys.executable, "-P", str(script))
        with contain.child(NOTHING, command=command, limits=Limits(**limits)) as arriving:  # type: ignore[arg-type]
            return gathered(Path("bonus.xlsx"), arriving)

    return parse


def fails(parse: Parser, code: str, **limits: float) -> InputError:
    with pytest.raises(InputError) as caught:
        parse(code, **limits)
    assert children() == []
    assert "\n" not in say.error(caught.value)
    return caught.value


# -- a parser that goes wrong ------------------------------------------------------------------------------


def test_a_stand_in_that_behaves_is_believed(hostile: Parser) -> None:
    odd = '{"odd": [[3, 0, "date", "x", "1"]]}'
    rows = f'frame("batch", {odd}, array("q", [2, 3]).tobytes(), b"0812\\0x", b"A\\0B")'
    sheet = hostile(f'{SHEET}; {rows}; frame("end", {{"notices": []}}, array("q", [3]).tobytes())')
    assert rows_of(sheet) == {2: ["0812", "A"], 3: ["x", "B"]}
    assert sheet.odd[3, 0].kind is Oddity.DATE
    assert sheet.hidden == {3}


@pytest.mark.parametrize(
    "code",
    [
        "os.abort()",
        "os._exit(0)",
        "raise SystemExit(3)",
        "raise RuntimeError",
        f"{SHEET}; os._exit(0)",
        f"{SHEET}; os.abort()",
        pytest.param(
            "os.kill(os.getpid(), signal.SIGKILL)",
            marks=pytest.mark.skipif(os.name == "nt", reason="no SIGKILL on Windows"),
        ),
    ],
)
def test_a_parser_that_dies_is_one_clear_error(hostile: Parser, code: str) -> None:
    assert fails(hostile, code).code == "sheet.reader_died"


@pytest.mark.parametrize(
    "code",
    [
        "print('warning: something')",
        "print('warning: something', flush=True)\nwhile True: pass",
        "sys.stdout.buffer.write(os.urandom(100_000))",
        "while True: sys.stdout.buffer.write(b'x' * 65536)",
        "while True: sys.stdout.buffer.write(b'{}\\n')",
        'sys.stdout.write(\'{"kind": "batch", "lengths": [999999999999]}\\n\')',
        'sys.stdout.write(\'{"kind": "batch", "lengths": [-1]}\\n\')',
        'sys.stdout.write(\'{"kind": "batch", "lengths": [5]}\\n{\')',
        "sys.stdout.write('[' * 100_000 + '\\n')",
        'frame("table", {})',
        'frame("end", {"notices": []}, b"")',
        'frame("file", {}); frame("table", {})',
        SHEET.replace('"width": 2', '"width": 3'),
        SHEET.replace("[0, 1,", "[0, 7,"),
        SHEET.replace("[0, 1,", "[None, 1,"),
        f'{SHEET}; frame("batch", {{"odd": []}}, b"123", b"", b"")',
        f'{SHEET}; frame("batch", {{"odd": []}}, array("q", [2, 3]).tobytes(), b"0812", b"A\\0B")',
        f'{SHEET}; frame("batch", {{"odd": []}}, array("q", [2]).tobytes(), b"\\xff", b"A")',
        f'{SHEET}; frame("batch", {{"odd": [[2, 0, "x", "", ""]]}}, array("q", [2]).tobytes(), b"1", b"A")',
        f'{SHEET}; frame("batch", {{"odd": 7}}, array("q", [2]).tobytes(), b"1", b"A")',
        f'{SHEET}; frame("pickle", {{}})',
        f'{SHEET}; frame("odd", {{"odd": [[9, 0, "date", "", ""]]}}); frame("end", {{"notices": []}}, b"")',
        f'{SHEET}; frame("end", {{"notices": []}}, array("q", [5]).tobytes())',
        f'{SHEET}; frame("end", {{"notices": [7]}}, b"")',
        f'{SHEET}; frame("end", {{"notices": []}})',
        f'{SHEET}; frame("batch", {{"odd": []}}, array("q", [3, 2]).tobytes(), b"1\\0002", b"A\\0B");'
        'frame("end", {"notices": []}, b"")',
        'frame("error", {"code": 7, "facts": {}})',
        'frame("error", {"code": "plan.ask", "facts": {}})',
    ],
)
def test_what_is_no_frame_never_becomes_a_cell(hostile: Parser, code: str) -> None:
    assert fails(hostile, code).code == "sheet.reader_died"


@pytest.mark.parametrize(
    ("rows", "columns", "code"), [(500_000, 3, "too_many_rows"), (2_000, 1_500, "too_many_cells")]
)
def test_endless_rows_end_at_the_most(hostile: Parser, rows: int, columns: int, code: str) -> None:
    parts = f'[array("q", range(2, {rows + 2})).tobytes(), *[b"\\0" * {rows - 1}] * {columns}]'
    error = fails(hostile, f'{SHEET}\nwhile True: frame("batch", {{"odd": []}}, *{parts})')
    assert error.code == f"sheet.{code}"


def test_a_fact_can_neither_name_another_argument_nor_fill_the_screen(hostile: Parser) -> None:
    error = fails(
        hostile, 'frame("error", {"code": "sheet.empty", "facts": {"code": "x", "tabs": "t" * 10**6}})'
    )
    assert error.code == "sheet.empty"
    assert len(str(error.facts["tabs"])) == frames.LONGEST_FACT


def test_a_parser_that_never_ends_is_ended(hostile: Parser) -> None:
    error = fails(hostile, "while True: pass", cpu_s=0.4, patience=50)
    assert error.code == "sheet.too_slow"


def test_a_parser_that_waits_for_ever_is_ended(hostile: Parser) -> None:
    error = fails(hostile, "time.sleep(600)", cpu_s=0.4, patience=2)
    assert error.code == "sheet.too_slow"


def test_a_larger_file_is_given_more_time(hostile: Parser) -> None:
    busy = "end = time.process_time() + 0.6\nwhile time.process_time() < end: pass\n"
    large = 'frame("file", {"sha256": "0", "size": 10_000_000})'
    limits = {"cpu_s": 0.3, "cpu_s_per_mb": 1.0, "patience": 50.0}
    assert fails(hostile, f'{large}\n{busy}raise SystemExit("done")', **limits).code == "sheet.reader_died"
    absurd = large.replace("10_000_000", str(10**15))
    assert fails(hostile, f"{absurd}\n{busy * 9}", **limits).code == "sheet.too_slow"


def test_a_parser_that_eats_memory_is_ended(hostile: Parser) -> None:
    code = "eaten = []\nwhile True: eaten.append(bytearray(b'x') * 2_000_000); time.sleep(0.001)"
    assert fails(hostile, code, memory=150_000_000).code == "sheet.too_much_memory"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a process to its address space")
def test_an_allocation_beyond_all_bounds_fails_at_once(hostile: Parser) -> None:
    code = """
child._limit()
try:
    bytearray(1_500_000_000)
except MemoryError:
    frame("error", {"code": "sheet.too_large", "facts": {}})
"""
    assert fails(hostile, code, memory=10**12).code == "sheet.too_large"


def test_the_limits_are_those_of_a_payment_sheet() -> None:
    assert contain.LIMITS.memory == 1 << 30
    assert contain.LIMITS.seconds(5_000_000) <= 20
    assert contain.LIMITS.seconds(230_000_000) >= 60


def test_what_a_parser_prints_reaches_nobody(hostile: Parser, capfd: pytest.CaptureFixture[str]) -> None:
    chatter = 'print("WARNING"); os.write(1, b"from C"); os.write(2, b"panic"); print("x", file=sys.stderr)'
    code = f"""
out = child._frames_only()
{chatter}
sys.stdout.flush()
def frame(kind, facts, *parts):
    frames.write_frame(out, frames.Frame(kind, facts, parts))
{SHEET}
frame("batch", {{"odd": []}}, array("q", [2]).tobytes(), b"0812", b"A")
frame("end", {{"notices": []}}, b"")
"""
    assert rows_of(hostile(code)) == {2: ["0812", "A"]}
    assert capfd.readouterr() == ("", "")


def test_a_parent_that_is_busy_keeps_no_parser_waiting_but_for_memory() -> None:
    reads, writes = os.pipe()
    told = child._Told(os.fdopen(writes, "wb"))
    large = Frame("batch", {}, [bytes(child.MOST_AHEAD // 2)])
    told.add(large)
    told.add(large)  # though nobody has read a byte yet
    third = threading.Thread(target=told.add, args=[large])
    third.start()
    third.join(0.2)
    assert third.is_alive()
    with os.fdopen(reads, "rb") as stream:
        assert [frames.read_frames(stream) for _ in range(3)] == [large] * 3
    third.join()
    told.wait()


def test_a_child_that_cannot_be_started_is_one_clear_error(tmp_path: Path) -> None:
    command = (str(tmp_path / "no-such-python"),)
    with pytest.raises(InputError) as caught, contain.child(NOTHING, command=command):
        pass
    assert caught.value.code == "sheet.no_reader"


# -- what the child gets to see ----------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="reads the child's environment under /proc")
def test_the_real_child_holds_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BULK_TOPUP_PASSWORD", SECRET)
    path = tmp_path / "b.csv"
    path.write_bytes(b"HP,Kode\n" + b"081234567890,TEL5\n" * 100_000)
    request = {**NOTHING, "path": os.fsencode(path).hex(), "password": SECRET}
    with contain.child(request) as arriving:
        next(arriving)
        [child] = children()
        environment = Path(f"/proc/{child.pid}/environ").read_bytes()
        arguments = Path(f"/proc/{child.pid}/cmdline").read_bytes()
    assert b"bulk_topup.sheet.process.child" in arguments
    assert b"PYTHONPATH=" in environment
    assert b"BULK_TOPUP" not in environment
    assert SECRET.encode() not in environment + arguments
    assert children() == []


# -- who outlives whom -------------------------------------------------------------------------------------

BUSY = "child.threading.Thread(target=child._die_with_parent, daemon=True).start()\nwhile True: pass"
PARENT = """
import sys
from bulk_topup.sheet.process import parent
request, command = {request!r}, {command!r}
with parent.child(request, command=command) as arriving:
    {first}
    print(__import__("psutil").Process().children()[0].pid, flush=True)
    for frame in arriving:
        __import__("time").sleep(600)
"""


@pytest.fixture(params=["busy", "blocked"])
def parent(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[subprocess.Popen[str], psutil.Process]]:
    """A process that reads a sheet, and its child: it computes for ever, or nobody listens to it."""
    script = tmp_path / "busy.py"
    script.write_text(f"from bulk_topup.sheet.process import child\n{BUSY}")
    sheet = tmp_path / "b.csv"
    sheet.write_bytes(b"HP,Kode\n" + b"081234567890,TEL5\n" * 100_000)
    asked = {**NOTHING, "path": os.fsencode(sheet).hex()}
    command = (sys.executable, "-P", str(script)) if request.param == "busy" else contain.CHILD
    first = "next(arriving)" if request.param == "blocked" else ""
    code = PARENT.format(request=asked, command=command, first=first)
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        child = psutil.Process(int(process.stdout.readline()))
        try:
            yield process, child
        finally:
            process.kill()
            if child.is_running():
                child.kill()


def gone(child: psutil.Process) -> bool:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if not child.is_running() or child.status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


def test_a_killed_parent_leaves_no_child(parent: tuple[subprocess.Popen[str], psutil.Process]) -> None:
    process, child = parent
    process.kill()
    process.wait()
    assert gone(child)


@pytest.mark.skipif(os.name == "nt", reason="a console event cannot be sent to one process on Windows")
def test_an_interrupted_parent_leaves_no_child(parent: tuple[subprocess.Popen[str], psutil.Process]) -> None:
    process, child = parent
    process.send_signal(signal.SIGINT)
    process.wait(timeout=20)
    assert gone(child)


# -- hostile files, through the real child -----------------------------------------------------------------


def packed(path: Path, sheet: bytes, parts: dict[str, bytes] | None = None) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in PART.items():
            package.writestr(name, text)
        package.writestr("xl/worksheets/sheet1.xml", sheet)
        for name, data in (parts or {}).items():
            package.writestr(name, data)
    return path


HEADER_ROW = f'<row r="1">{inline("A1", "HP")}{inline("B1", "Kode")}</row>'
FIRST_ROW = f'<row r="2">{inline("A2", "0812")}{inline("B2", "TEL5")}</row>'
WORKSHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'


def test_a_stray_cell_in_the_last_corner_costs_nothing(tmp_path: Path) -> None:
    stray = f'<row r="1048576">{inline("XFD1048576", "x")}</row>'
    sheet = read_sheet(by_hand(tmp_path / "b.xlsx", HEADER_ROW + FIRST_ROW + stray))
    assert rows_of(sheet) == {2: ["0812", "TEL5"]}
    assert [notice.code for notice in sheet.notices] == ["sheet.too_wide"]
    assert "beyond IV" in say.text(sheet.notices[0].code, **sheet.notices[0].facts)


def test_a_lying_count_of_shared_strings_costs_nothing(tmp_path: Path) -> None:
    strings = (
        b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="4000000000" '
        b'uniqueCount="4000000000"><si><t>HP</t></si></sst>'
    )
    relations = PART["xl/_rels/workbook.xml.rels"].replace(
        "</Relationships>",
        '<Relationship Id="r2" Target="sharedStrings.xml" Type="http://schemas.openxmlformats.org/officeDocument/'
        '2006/relationships/sharedStrings"/></Relationships>',
    )
    rows = f'<row r="1"><c r="A1" t="s"><v>0</v></c>{inline("B1", "Kode")}</row>{FIRST_ROW}'
    path = tmp_path / "b.xlsx"
    with zipfile.ZipFile(path, "w") as package:
        for name, text in {**PART, "xl/_rels/workbook.xml.rels": relations}.items():
            package.writestr(name, text)
        package.writestr("xl/sharedStrings.xml", strings)
        package.writestr("xl/worksheets/sheet1.xml", f"{WORKSHEET}{rows}</sheetData></worksheet>")
    assert rows_of(read_sheet(path)) == {2: ["0812", "TEL5"]}


def test_a_small_zip_bomb_is_refused(tmp_path: Path) -> None:
    refused(packed(tmp_path / "b.xlsx", b" " * 100_000_000), "sheet.bomb")


def test_a_zip_that_inflates_beyond_any_sheet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "b.xlsx"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("xl/workbook.xml", b"")
        package.writestr("xl/worksheets/sheet1.xml", os.urandom(6_000_000))
    stated = (6_000_000).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(stated, (1_100_000_000).to_bytes(4, "little")))
    refused(path, "sheet.too_large")


def test_a_zip_that_lies_about_its_size_is_read_no_further_than_it_says(tmp_path: Path) -> None:
    path = packed(tmp_path / "b.xlsx", f"{WORKSHEET}{HEADER_ROW}{FIRST_ROW}".encode() + b" " * 300_000_000)
    stated = (300_000_000 + len(f"{WORKSHEET}{HEADER_ROW}{FIRST_ROW}")).to_bytes(4, "little")
    data = path.read_bytes()
    assert data.count(stated) == 2
    path.write_bytes(data.replace(stated, (5_000).to_bytes(4, "little")))
    refused(path, "sheet.unreadable")


def test_too_many_parts_are_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "b.xlsx", b"", {f"{at}": b"" for at in range(detect.MOST_PARTS)})
    refused(path, "sheet.bomb")


def test_a_bomb_of_cells_ends_in_one_line(tmp_path: Path) -> None:
    cells = b'<row r="3">' + b'<c r="A3"><v>1</v></c>' * 2_000_000 + b"</row>"
    path = packed(
        tmp_path / "b.xlsx", f"{WORKSHEET}{HEADER_ROW}".encode() + cells + b"</sheetData></worksheet>"
    )
    with pytest.raises(InputError) as caught:
        read_sheet(path)
    assert "\n" not in say.error(caught.value)


def test_a_merged_cell_over_the_whole_sheet_marks_the_cells_it_covers(tmp_path: Path) -> None:
    rows = f'{HEADER_ROW}{FIRST_ROW}<row r="3">{inline("B3", "XL5")}</row>'
    sheet = (
        f'{WORKSHEET}{rows}</sheetData><mergeCells><mergeCell ref="A2:XFD1048576"/></mergeCells></worksheet>'
    )
    odd = read_sheet(packed(tmp_path / "b.xlsx", sheet.encode())).odd
    assert {at: cell.kind for at, cell in odd.items()} == dict.fromkeys(
        [(2, 1), (3, 0), (3, 1)], Oddity.MERGED
    )


def test_a_row_is_marked_once_however_many_merged_cells_lie_over_it() -> None:
    columns = Columns(number=0, product=1)
    remarks = Remarks(merged=[(2, 0, LAST, 9)] * 500 + [(at, 1, LAST, 9) for at in range(2, 500)])
    found = ChosenTab("Juni", Header(1, ("HP", "Kode"), columns), iter(()), remarks)
    rows = CountedRows(range(2, 2_002))
    odd = covered(found, rows)
    assert len(odd) == 2 * 2_000 - 1
    assert rows.read <= 2 * 2_000


LAST = 1_048_576


class CountedRows(list[int]):
    read = 0

    def __getitem__(self, at: Any) -> Any:
        got: Any = super().__getitem__(at)
        self.read += len(got) if isinstance(got, list) else 0
        return got


def test_formatted_cells_as_far_as_the_last_column_are_no_columns(tmp_path: Path) -> None:
    empty = '<c r="XFD{row}" s="0"/>'
    rows = (HEADER_ROW + FIRST_ROW).replace("</row>", f"{empty}</row>").split("</row>")
    text = "".join(f"{row.replace('{row}', str(at))}</row>" for at, row in enumerate(rows[:-1], 1))
    sheet = read_sheet(by_hand(tmp_path / "b.xlsx", text))
    assert sheet.header == ("HP", "Kode")
    assert sheet.notices == ()


def test_notices_name_formulas_hidden_columns_and_hidden_tabs(tmp_path: Path) -> None:
    formula = '<c r="A3" t="str"><f>"08"&amp;"12"</f><v>0812</v></c>'
    header = f'<row r="1">{inline("A1", "HP")}{inline("B1", "Kode")}{inline("C1", "Ket")}</row>'
    rows = f'{header}{FIRST_ROW}<row r="3" hidden="1">{formula}{inline("B3", "XL5")}</row>'
    hidden = '<cols><col min="3" max="3" width="9" hidden="1"/></cols><sheetData>'
    tabs = PART["xl/workbook.xml"].replace(
        "</sheets>", '<sheet name="Old" sheetId="2" state="hidden" r:id="r1"/></sheets>'
    )
    path = tmp_path / "b.xlsx"
    with zipfile.ZipFile(path, "w") as package:
        for name, text in {**PART, "xl/workbook.xml": tabs}.items():
            package.writestr(name, text)
        text = f"{WORKSHEET.replace('<sheetData>', hidden)}{rows}</sheetData></worksheet>"
        package.writestr("xl/worksheets/sheet1.xml", text)
    sheet = read_sheet(path)
    assert [say.text(notice.code, **notice.facts) for notice in sheet.notices] == [
        'hidden tabs were not read: "Old"',
        "column A: 1 formula; the values from when the workbook was last saved were used",
        'hidden columns were also read: C "Ket"',
    ]
    assert sheet.hidden == {3}


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04 no zip", b"\x09\x02\x06\x00\x00\x00\x10\x00", b'HP,Kode\n"0812']
)
def test_the_real_command_says_one_line_and_nothing_else(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "b.xlsx"
    path.write_bytes(content)
    command = [sys.executable, "-m", "bulk_topup", "check", str(path), "--sandbox"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert ran.stdout == ""
    assert len(ran.stderr.splitlines()) == 1
    assert "b.xlsx" in ran.stderr


# -- passwords ---------------------------------------------------------------------------------------------

READER_DATA = "ExcelDataReader_ExcelDataReader__src__TestData__"
LOCKED = {
    "xlsx/qax-os_excelize__test__encryptSHA1.xlsx": "password",
    "xlsx/jqnatividad_qsv__resources__test__password-protected-password123.xlsx": "password123",
    f"xlsb/{READER_DATA}agile_AES128_SHA1_CBC_pwd_password.xlsb": "password",
    f"xls/{READER_DATA}Test_git_issue_477_crypto_keylength40.xls": "password",
}


@pytest.mark.parametrize("name", LOCKED)
def test_a_workbook_under_a_password_needs_the_right_one(name: str) -> None:
    if not (wild.FOLDER / name).is_file():
        pytest.skip("the folder of real spreadsheets is not here (BULK_TOPUP_WILD_SHEETS)")
    assert "--sheet-password-file" in say.error(refused(wild.FOLDER / name, "sheet.password"))
    refused(wild.FOLDER / name, "sheet.wrong_password", password="wrong")
    refused(wild.FOLDER / name, "sheet.no_number_column", password=LOCKED[name])


# -- frames ------------------------------------------------------------------------------------------------


def test_frames_come_back_as_they_went(tmp_path: Path) -> None:
    sent = [Frame("a", {"x": [1, "é\ud800"]}), Frame("b", {}, [b"", b"\n\0", bytes(range(256))])]
    with (tmp_path / "f").open("wb") as stream:
        for frame in sent:
            frames.write_frame(stream, frame)
    with (tmp_path / "f").open("rb") as stream:
        assert [frames.read_frames(stream), frames.read_frames(stream)] == [
            Frame("a", sent[0].facts, []),
            sent[1],
        ]
        assert frames.read_frames(stream) is None


def test_texts_come_back_as_they_went() -> None:
    texts = ["", "0812", "two\nlines", "\ud800", "€", ""]
    assert frames.texts_of(frames.of_texts(texts), len(texts)) == texts
    assert frames.texts_of(frames.of_texts([]), 0) == []
    assert frames.texts_of(frames.of_texts(["a\0b", "c"]), 2) == ["a\N{REPLACEMENT CHARACTER}b", "c"]
    with pytest.raises(Garbage):
        frames.texts_of(frames.of_texts(texts), len(texts) + 1)


def test_a_frame_that_the_parent_would_refuse_is_not_sent(tmp_path: Path) -> None:
    large = bytes(frames.LARGEST_FRAME // 2 + 1)
    with (tmp_path / "f").open("wb") as stream, pytest.raises(MemoryError):
        frames.write_frame(stream, Frame("batch", {}, [large, large]))

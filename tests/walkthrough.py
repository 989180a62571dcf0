"""The walk-through of docs/walkthrough.md, played on the sandbox: `python -m tests.walkthrough` writes it.

One folder, from the template to the results to sign, as a finance office goes through it: two people, a
mistake in the sheet, a top-up whose answer is lost. What the program prints is taken as it is; only what
differs from run to run (days, plan codes, serials, the folder) is put in the same words each time. The
pictures of workbooks are made with LibreOffice and pdftoppm. It takes about two minutes, half of which is
the wait that a resend has to keep.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import tempfile
import time
import zipfile
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl

from bulk_topup.core.model import ResultsTab
from bulk_topup.sandbox import Sandbox
from tests import forks
from tests.desk import month
from tests.markdown import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PAGE = ROOT / "docs" / "walkthrough.md"
PICTURES = ROOT / "docs" / "pictures"

PEOPLE = (
    ("Budi Santoso", "081234567801", "TSEL50"),
    ("Dewi Lestari", "+62 857-1234-5602", "ISAT50"),
    ("Joko Susilo", "0878 1234 5603", "XL50"),
    ("Fitri Handayani", "0812345O7804", "TSEL25"),
    ("Siti Aminah", "081200001005", "TSEL25"),
    ("Agus Wijaya", "081200002006", "TSEL25"),
)
"""Fitri's number has a letter in it; Siti's top-up is pending at first, and the answer to Agus' is lost."""
RESEND_AFTER_S = 61.0

STAFF = (
    *("Agus Wijaya", "Ani Rahmawati", "Bambang Hartono", "Budi Santoso", "Citra Dewi", "Dewi Lestari"),
    *("Dian Permata", "Eko Prasetyo", "Fajar Nugroho", "Fitri Handayani", "Gita Puspita", "Hendra Gunawan"),
    *("Indah Sari", "Joko Susilo", "Kartika Putri", "Lukman Hakim", "Maya Anggraini", "Nur Hidayah"),
    *("Oki Setiawan", "Putri Wulandari", "Rahmat Hidayat", "Siti Aminah", "Tono Suharto", "Wahyu Utomo"),
    "Yuni Astuti",
)
BRANCHES = ("Jakarta", "Surabaya", "Medan")
REFUSED, LOST = {7: "081200000011", 15: "081200000000"}, {20: "081200002020"}
"""What the rows of the sheet to sign have that fail, and the one whose answer is lost."""

HEAD = """# A payroll from beginning to end

What two people see who pay a month's bonuses: Andi, who makes the sheet and sends it, and Rina Sari, who
approves it. It is played with the simulated provider (`--sandbox`), so no money moves; without that word, all
is the same. You can type it along.

Days, plan codes and serials are yours then. Install first, as the [README](../README.md) says.
"""


SIGNED = ("summary.en.png", "list.en.png", "summary.id.png", "list.id.png")
TAIL = """## What is signed

The tabs *Summary* and *List* of a larger batch, in English and Indonesian: 25 people, two of whom failed, and
one whose row was settled by hand. Each is one page. The company and the title are settings.
"""


@dataclass(frozen=True)
class Shown:
    """A command and what it printed; `words` are said before it, `pictures` stand behind it."""

    words: str
    command: str
    output: str
    pictures: tuple[str, ...] = ()


@dataclass
class Played:
    folder: Path
    shown: list[Shown] = field(default_factory=list)

    def type(self, words: str, command: str, *pictures: str) -> str:
        """Type a command of ours; returns what it printed, and keeps it as it is each time."""
        process = forks.Popen(
            [*forks.COMMAND, *shlex.split(command)[1:]],
            cwd=self.folder,
            env=_environment(self.folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        told, _ = process.communicate(timeout=240)
        self.shown.append(Shown(words, the_same(command, self.folder), the_same(told, self.folder), pictures))
        return str(told)


def play(folder: Path, wait: Callable[[float], None] = time.sleep) -> list[Shown]:
    """The whole way, in a new folder."""
    folder.mkdir()
    day = Played(folder)
    _prepare(day)
    _send(day, wait)
    _look_back(day)
    return day.shown


def _prepare(day: Played) -> None:
    sheet = day.folder / "payroll.xlsx"
    day.type(MAKES_IT, "bulk-topup template payroll.xlsx --sandbox", "template.png")
    _fill_in(sheet, PEOPLE)
    shutil.copy(sheet, day.folder / "filled.xlsx")
    day.type(LOOKS, "bulk-topup check payroll.xlsx --sandbox", "check.svg")
    _fill_in(sheet, [(name, number.replace("O", "0"), code) for name, number, code in PEOPLE])
    day.type(CORRECTS, "bulk-topup check payroll.xlsx --sandbox --output plan.xlsx", "plan.png")


def _send(day: Played, wait: Callable[[float], None]) -> None:
    approved = f'--approve {_code(day.folder)} --approved-by "Rina Sari"'
    day.type(SENDS, f"bulk-topup run payroll.xlsx --sandbox {approved} --pilot 3", "run.svg")
    wait(RESEND_AFTER_S)
    day.type(RESENDS, "bulk-topup settle payroll.xlsx --sandbox --resend --yes")
    invoice = _answer(day.folder)
    answers = "--from payroll.sandbox.results.xlsx"
    line = f'bulk-topup resolve payroll.xlsx --sandbox {answers} --note "Andi, by the hotline"'
    day.type(ASKS.format(invoice=invoice), line, "results.png")


def _look_back(day: Played) -> None:
    day.type(RUNS_AGAIN, "bulk-topup run payroll.xlsx --sandbox --yes")
    day.type(WRITES_AGAIN, "bulk-topup results payroll.xlsx --sandbox")
    day.type(FINDS, "bulk-topup find 081234567801 --sandbox")
    day.type(LISTS, "bulk-topup history --sandbox", "history.svg")


MAKES_IT = """Andi makes a sheet to fill in. The phone numbers are Text in it, and the product codes are
chosen from the price list."""
LOOKS = """He types six people over the example rows, saves, and looks at the plan. One number has the letter
O in it."""
CORRECTS = "He corrects it. Rina Sari looks at the plan, also as a workbook."
SENDS = """She approves: the command with the code comes from her, with her name. Andi sends with it.
`--pilot 3` sends three first, and the others if those are paid at their price. One answer is lost."""
RESENDS = """What was lost may be paid or not. A minute later it can be sent once more: the provider takes one
a day, and refuses what it already has. That is what it does here, so the row is *accepted*: the provider
holds it, and only its invoice is not known."""
ASKS = """Andi asks the provider for the invoice, types it into the yellow cell in the tab *Ask provider* of
the results, and saves. The simulated provider has no hotline, but numbers its invoices in turn: this one is
{invoice}. Then every row is paid, and the tab *Summary* can be signed."""
RUNS_AGAIN = "Run once more, and nobody is paid a second time."
WRITES_AGAIN = "The results can be written again at any time."
FINDS = "An employee says that nothing came."
IN_THE_BROWSER = """## In the browser

The same by clicks: `bulk-topup desk` opens these pages, for the sheets of a folder. Each has an address of
its own, can be loaded again, and says what to do next.
"""
LISTS = "All batches, with the month's totals."


def sign(folder: Path) -> None:
    """A month of 25 people, two of whom fail and one of whom is settled by hand, in each language."""
    folder.mkdir()
    day = Played(folder)
    book = openpyxl.Workbook()
    tab = book.worksheets[0]
    tab.append(("No", "Nama", "Cabang", "No HP", "Kode Produk", "Nominal"))
    total = 0
    for at, name in enumerate(STAFF):
        row, branch = at + 2, BRANCHES[at % len(BRANCHES)]
        number = (REFUSED | LOST).get(row, f"0812345678{at:02}")
        amount = 25_000 if at % 4 else 50_000
        tab.append((at + 1, name, branch, number, f"TSEL{amount // 1000}", amount))
        total += amount
    tab.append(("", "JUMLAH", "", "", "", total))
    book.save(folder / "insentif.xlsx")
    book.close()
    (folder / "config.toml").write_text('company = "PT Maju Jaya"\ntitle = "Insentif pulsa"\n', "utf-8")
    day.type("", "bulk-topup check insentif.xlsx --sandbox")
    approved = f'--approve {_code(folder)} --approved-by "Rina Sari"'
    day.type("", f"bulk-topup run insentif.xlsx --sandbox {approved} --rate 50")
    [(row, number)] = LOST.items()
    with Sandbox(folder / "sandbox.provider.db") as provider:
        [invoice] = (topup.invoice for topup in provider.book() if topup.number == number)
    settled = f'--row {row} --number {number} --invoice {invoice} --note "Andi, hotline"'
    day.type("", f"bulk-topup resolve insentif.xlsx --sandbox {settled}")
    for language in ("en", "id"):
        where = f"--output signed.{language}.xlsx --lang {language}"
        day.type("", f"bulk-topup results insentif.xlsx --sandbox {where}")


# -- what a person does beside the commands ----------------------------------------------------------------


def _fill_in(sheet: Path, people: Sequence[tuple[str, str, str]]) -> None:
    """As it is typed in Excel: over the example rows, and below them."""
    book = openpyxl.load_workbook(sheet)
    tab = book.worksheets[0]
    for at, (name, number, code) in enumerate(people, start=2):
        for column, value in enumerate((name, number, code, None, None), start=1):
            tab.cell(at, column).value = value
    book.save(sheet)
    book.close()


def _answer(folder: Path) -> str:
    """The provider's hotline knows the invoice: it goes into the yellow cell. Returns the last one."""
    with Sandbox(folder / "sandbox.provider.db") as provider:
        invoices = {topup.number: topup.invoice for topup in provider.book()}
    path = folder / "payroll.sandbox.results.xlsx"
    book = openpyxl.load_workbook(path)
    header, *rows = book[ResultsTab.ASK_PROVIDER].iter_rows()
    names = [cell.value for cell in header]
    for row in rows:
        row[names.index("invoice")].value = invoices[str(row[names.index("number")].value)]
        invoice = str(row[names.index("invoice")].value)
    book.save(path)
    book.close()
    return invoice


def _code(folder: Path) -> str:
    """The plan code that was passed on: of the plan that was kept last."""
    kept = max(folder.glob("*.plan"), key=lambda path: path.stat().st_mtime_ns)
    return kept.name.split(".")[-2]


# -- the same each time ------------------------------------------------------------------------------------

PLAN_CODE, CODE_SHOWN = re.compile(r"\b[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}\b"), "K7QF-2MXA-9TRB-C4WD"
PLACEHOLDERS = (
    (PLAN_CODE, CODE_SHOWN),
    (re.compile(r"\b\d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d\b"), "2026-11-25 10.15.30"),
    (re.compile(r"\b\d{4}-\d\d-\d\d(?=[ T]\d\d:\d\d)[ T]\d\d:\d\d(?::\d\d)?"), "2026-11-25 10:15"),
    (re.compile(r"\b20\d\d-\d\d-\d\d\b"), "2026-11-25"),
    (re.compile(r"\b20\d\d-\d\d\b(?!-)"), "2026-11"),
    (re.compile(r"\bat \d\d:\d\d\b"), "at 10:15"),
    (re.compile(r"\b\d{16,20}\b"), "0042611250000001"),
    (re.compile(r"^\d+ of \d+ rows: .*\n", re.MULTILINE), ""),
)
"""What differs from run to run, and what stands for it. A line of progress comes on a slow machine alone."""


def the_same(text: str, folder: Path) -> str:
    text = text.replace(str(folder), "/home/andi/payroll")
    for found, shown in PLACEHOLDERS:
        text = found.sub(shown, text)
    return text.rstrip("\n")


def _environment(home: Path) -> dict[str, str]:
    """Nobody's own settings and name, and English."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BULK_TOPUP_")}
    own = {"HOME": str(home.parent), "USERPROFILE": str(home.parent), "XDG_DATA_HOME": str(home.parent)}
    own["LOGNAME"] = "andi"
    if (config := home / "config.toml").exists():
        own["BULK_TOPUP_CONFIG"] = str(config)
    return {**kept, **own, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "BULK_TOPUP_LANG": "en"}


# -- the page ----------------------------------------------------------------------------------------------


def page_of(shown: Sequence[Shown]) -> str:
    signed = [TAIL, *map(_picture, SIGNED)]
    return "\n".join([HEAD, *map(_part, shown), *signed, IN_THE_BROWSER, *map(_desk_part, month.SHOWN)])


def _desk_part(name: str) -> str:
    return f"{month.SHOWN[name]}\n\n![{name} in the browser](pictures/desk-{name}.png)\n"


def _part(one: Shown) -> str:
    pictures = "".join(f"\n{_picture(name)}" for name in one.pictures)
    return f"{one.words}\n\n```console\n$ {one.command}\n{one.output}\n```\n{pictures}"


def _picture(name: str) -> str:
    return f"![{_alt(name)}](pictures/{name})\n"


def _alt(name: str) -> str:
    what, _, kind = name.partition(".")
    return f"{what} on the screen" if kind == "svg" else f"{what}, as a workbook"


# -- the pictures ------------------------------------------------------------------------------------------

CHARACTER, LINE, MARGIN, WIDEST = 8.4, 19, 16, 110


def screen(one: Shown) -> str:
    """What the terminal shows, as SVG."""
    lines = [piece for line in f"$ {one.command}\n{one.output}".split("\n") for piece in _pieces(line)]
    width = round(max(map(len, lines)) * CHARACTER) + 2 * MARGIN
    height = len(lines) * LINE + 2 * MARGIN
    texts = "\n".join(
        f'<text x="{MARGIN}" y="{MARGIN + (at + 1) * LINE - 5}"{_paint(line)}>{escape(line)}</text>'
        for at, line in enumerate(lines)
    )
    size = f'width="{width}" height="{height}"'
    font = 'font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14" fill="#e6e6e6"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {width} {height}">\n'
        f'<rect {size} rx="8" fill="#1d2330"/>\n'
        f'<g {font} xml:space="preserve">\n{texts}\n</g>\n</svg>\n'
    )


def _pieces(line: str) -> list[str]:
    """As a terminal breaks it that is WIDEST characters wide."""
    return [line[at : at + WIDEST] for at in range(0, len(line), WIDEST)] or [""]


def _paint(line: str) -> str:
    if line.startswith("$ "):
        return ' fill="#8fd18f"'
    return ' fill="#f0c674"' if line.startswith(("SANDBOX", "Next:")) else ""


SHEETS = {
    "template.png": ("filled.xlsx", 1, 100, (30, 55, 1120, 160)),
    "plan.png": ("plan.xlsx", 1, 100, (30, 15, 1120, 130)),
    "results.png": ("payroll.sandbox.results.xlsx", 1, 100, (30, 15, 1120, 110)),
    **{
        f"{name}.{language}.png": (f"signed.{language}.sandbox.xlsx", page, 90, (0, 0, 744, 1052))
        for language in ("en", "id")
        for name, page in (("summary", 2), ("list", 3))
    },
}
"""The workbook, the page of its print-out, the dots an inch, and what is cut out: left, top, its size."""


def photograph(folder: Path, into: Path) -> None:
    """The workbooks as LibreOffice prints them."""
    office, photo = (shutil.which(name) or name for name in ("soffice", "pdftoppm"))
    pdfs, shown = folder / "pdf", folder / "shown"
    shown.mkdir()
    for name, (book, number, dots, (left, top, width, height)) in SHEETS.items():
        with_code_shown(folder / book, shown / book)
        printed = [office, "--headless", "--convert-to", "pdf", "--outdir", pdfs, shown / book]
        subprocess.run(list(map(str, printed)), check=True, capture_output=True, timeout=240)
        cut = ["-x", left, "-y", top, "-W", width, "-H", height]
        page = ["-f", number, "-l", number, "-r", dots, "-singlefile"]
        files = [(pdfs / book).with_suffix(".pdf"), (into / name).with_suffix("")]
        subprocess.run([photo, "-png", *map(str, [*page, *cut, *files])], check=True)


def with_code_shown(book: Path, copy: Path) -> None:
    """A copy with the plan code that the page has, and all else as it is."""
    with zipfile.ZipFile(book) as whole, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as new:
        for name in whole.namelist():
            content = whole.read(name)
            if name.endswith(".xml"):
                content = PLAN_CODE.sub(CODE_SHOWN, content.decode()).encode()
            new.writestr(name, content)


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "payroll"
        shown = play(folder)
        PICTURES.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(page_of(shown), encoding="utf-8")
        for one in shown:
            for name in (name for name in one.pictures if name.endswith(".svg")):
                (PICTURES / name).write_text(screen(one), encoding="utf-8")
        sign(Path(home) / "signed")
        for path in (Path(home) / "signed").glob("signed.*.xlsx"):
            shutil.copy(path, folder)
        photograph(folder, PICTURES)
        month.play(Path(home), PICTURES)


if __name__ == "__main__":
    main()

"""Sheets drawn from blocks as offices have them: who is paid was meant, and nobody is left out unsaid."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from bulk_topup.core.errors import InputError
from tests.builders import plan_of
from tests.sheet.test_layouts import FORMATS, read

if TYPE_CHECKING:
    from pathlib import Path

FEW, MANY = 40, 2_000


@dataclass
class Page:
    """A tab as it grows: its rows, who may be paid, and who must not be."""

    draw: random.Random
    rows: list[list[str]] = field(default_factory=list)
    meant: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)

    def number(self, whose: set[str]) -> str:
        """A mobile number that nobody else has, as people write it."""
        digits = f"0812{self.draw.randrange(10**8):08}"
        whose.add(digits)
        return self.draw.choice([digits, f"62{digits[1:]}", f"{digits[:4]}-{digits[4:8]}-{digits[8:]}"])

    def name(self) -> str:
        return self.draw.choice(["Ani", "Budi Santoso", "Cici", "Dodi", "Eka P.", "H. Fajar"])

    def code(self) -> str:
        return self.draw.choice(["S5", "S10", "SP5"])

    def gap(self) -> None:
        self.rows += [[]] * self.draw.randrange(1, 3)


NAMES = {
    "name": ["Nama", "NAMA KARYAWAN", "Name", "Employee"],
    "number": ["No HP", "Nomor HP", "No. Handphone", "Phone Number", "WA", "HP/WA"],
    "code": ["Kode Produk", "Kode", "Product Code", "SKU"],
    "amount": ["Nominal", "Insentif (Rp)", "Jumlah", "Amount", "Bonus Juni"],
    "note": ["Keterangan", "Ket", "Jabatan", "Bagian"],
    "answer": ["Dapat", "Terima?", "Approved", "Berhak pulsa"],
    "count": ["Qty", "Jumlah Voucher"],
}


def header(page: Page, order: list[str]) -> list[str]:
    return [page.draw.choice(NAMES[meaning]) for meaning in order]


def person(page: Page, order: list[str], whose: set[str]) -> list[str]:
    answer = page.draw.choice(["Ya", "Ya", "Tidak"]) if "answer" in order else "Ya"
    count = page.draw.choice(["1", "1", "2"]) if "count" in order else "1"
    is_meant = (answer, count) == ("Ya", "1")
    cells = {
        "name": page.name(),
        "number": page.number(whose if is_meant else page.others),
        "code": page.code(),
        "amount": page.draw.choice(["5.000", "Rp 10.000", "5000"]),
        "note": page.draw.choice(["", "tetap", "kontrak"]),
        "answer": answer,
        "count": count,
    }
    return [cells[meaning] for meaning in order]


def people(page: Page, order: list[str], whose: set[str]) -> list[list[str]]:
    return [person(page, order, whose) for _ in range(page.draw.randrange(1, 5))]


# -- blocks ------------------------------------------------------------------------------------------------


def title(page: Page, _order: list[str]) -> None:
    page.rows.append([page.draw.choice(["Bonus Juni 2026", "PT Maju Jaya", "Daftar Penerima Pulsa"])])


def letterhead(page: Page, _order: list[str]) -> None:
    page.rows.append(
        page.draw.choice([["Nomor", "012/HRD", "Kode", "F-01"], ["Alamat:", "Jl. A 12", "Telp (021) 555"]])
    )


def more_people(page: Page, order: list[str]) -> None:
    page.rows += people(page, order, page.meant)


def group(page: Page, order: list[str]) -> None:
    page.rows.append([page.draw.choice(["Cabang Bandung", "Divisi Sales"])])
    more_people(page, order)


def same_header(page: Page, order: list[str]) -> None:
    page.gap()
    page.rows.append(header(page, order))
    more_people(page, order)


def other_order(page: Page, order: list[str]) -> None:
    """A second table with its columns elsewhere: its people may be paid as they stand, or held."""
    shuffled = page.draw.sample(order, len(order))
    page.gap()
    page.rows.append(header(page, shuffled))
    page.rows += people(page, shuffled, page.meant)


def bank_accounts(page: Page, order: list[str]) -> None:
    if page.draw.random() < 0.5:
        page.gap()
    names = {"number": "No Rekening", "code": "Bank", "amount": "Gaji"}
    page.rows.append([names.get(meaning, NAMES[meaning][0]) for meaning in order])
    page.rows += people(page, order, page.others)


def accounts_without_names(page: Page, order: list[str]) -> None:
    """Beside a bank each, in a column of its own or where the notes are; or with numbers of another kind."""
    page.gap()
    lines = people(page, order, page.others)
    bank = page.draw.choice(["BCA", "Bank Mandiri", "BRI a.n. Cici"])
    if "note" in order and page.draw.random() < 0.5:
        for line in lines:
            line[order.index("note")] = bank
    else:
        lines = [[*line, bank] for line in lines]
    page.rows += lines


def not_to_be_paid(page: Page, order: list[str]) -> None:
    page.gap()
    titles = [["Daftar hitam"], ["Cadangan:"], ["SUDAH DIBAYAR", "Mei 2026"], ["Tidak dibayar"], ["Resign"]]
    page.rows.append(page.draw.choice(titles))
    if page.draw.random() < 0.5:
        page.rows.append(header(page, order))
    page.rows += people(page, order, page.others)


def coordinator(page: Page, order: list[str]) -> None:
    """In place of the last person, with an amount."""
    page.gap()
    line = person(page, order, page.others)
    line[order.index("name")] = page.draw.choice(["Koordinator", "PIC:", "Kontak", "Info HRD"])
    page.rows.append(["" if meaning == "note" else cell for meaning, cell in zip(order, line, strict=True)])


def someone_elses(page: Page, order: list[str]) -> None:
    page.gap()
    names = {"number": page.draw.choice(["HP Istri", "Kontak Darurat"])}
    page.rows.append([names.get(meaning, NAMES[meaning][0]) for meaning in order])
    page.rows += people(page, order, page.others)


def example(page: Page, order: list[str]) -> None:
    page.gap()
    page.rows += [[page.draw.choice(["Contoh pengisian:", "Contoh", "Example"])], header(page, order)]
    page.rows += people(page, order, page.others)


def beside(page: Page, order: list[str]) -> None:
    """A table to the right of what is there, with or without names."""
    width = max(map(len, page.rows), default=0) + 1
    lines = people(page, order, page.others)
    if page.draw.random() < 0.7:
        lines.insert(0, header(page, order))
    first = page.draw.randrange(len(page.rows) or 1)
    for at, line in enumerate(lines, first):
        while len(page.rows) <= at:
            page.rows.append([])
        row = page.rows[at]
        page.rows[at] = [*row, *[""] * (width - len(row)), *line]


def price_list(page: Page, _order: list[str]) -> None:
    page.gap()
    page.rows += [["Kode", "Nominal", "Harga"], ["S5", "5.000", "5.630"], ["S10", "10.000", "10.600"]]


def total(page: Page, order: list[str]) -> None:
    page.rows.append(["TOTAL" if at == 0 else "" for at in range(len(order))])


def signatures(page: Page, _order: list[str]) -> None:
    page.gap()
    page.rows += [
        ["Jakarta, 30 Juni 2026"],
        ["Dibuat oleh,", "", "Mengetahui,"],
        [],
        ["( Ani )", "", "( Budi )"],
    ]


def whom_to_call(page: Page, order: list[str]) -> None:
    page.gap()
    page.rows.append(["Info HRD:" if at == 0 else "" for at in range(len(order))])
    page.rows[-1][max(1, order.index("number"))] = page.number(page.others)


def note(page: Page, _order: list[str]) -> None:
    page.rows.append([page.draw.choice(["Catatan: pulsa dikirim tanggal 5", "* nomor aktif"])])


ABOVE = [title, letterhead, bank_accounts, example, someone_elses]
BELOW = [more_people, group, same_header, other_order, bank_accounts, someone_elses, example, price_list]
BELOW += [total, signatures, whom_to_call, note, beside]
BELOW += [accounts_without_names, not_to_be_paid, coordinator]
OPTIONAL = ["note", "answer", "count"]
OTHER_TABS = ["Petunjuk", "Contoh", "Sudah dibayar", "Daftar hitam", "Mei", "Karyawan"]


def drawn(seed: int) -> Page:
    page = Page(random.Random(seed))
    columns = ["name", "number", page.draw.choice(["code", "amount"])]
    columns += [meaning for meaning in OPTIONAL if page.draw.random() < 0.4]
    order = page.draw.sample(columns, len(columns))
    for block in page.draw.sample(ABOVE, page.draw.randrange(3)):
        block(page, order)
    page.rows.append(header(page, order))
    page.rows += people(page, order, page.meant)
    for block in page.draw.choices(BELOW, k=page.draw.randrange(4)):
        block(page, order)
    return page


def filled_up(rows: list[list[str]]) -> list[list[str]]:
    width = max(map(len, rows))
    return [[*row, *[""] * (width - len(row))] for row in rows]


# -- the tests ---------------------------------------------------------------------------------------------


def check(seed: int, folder: Path) -> bool:
    """Whether it was read; fails where somebody is paid who was not meant, or is spoken of nowhere."""
    page = drawn(seed)
    form = page.draw.choice([*FORMATS])
    tabs = {"Juni": filled_up(page.rows)}
    if form in {"xlsx", "ods"} and page.draw.random() < 0.4:
        other = drawn(seed + MANY)
        page.others |= other.meant | other.others
        tabs |= {page.draw.choice(OTHER_TABS): filled_up(other.rows)}
        tabs = dict(page.draw.sample([*tabs.items()], len(tabs)))
    try:
        sheet = read(folder / f"drawn.{form}", FORMATS[form](tabs), {})
    except InputError:
        return False
    plan = plan_of(sheet)
    paid = set(plan.orders["number"])
    assert paid <= page.meant, f"seed {seed}: paid though not meant: {paid - page.meant}"
    spoken_of = {
        "".join(filter(str.isdigit, str(cell))) for row in plan.held for cell in sheet.cells.loc[row]
    }
    spoken_of |= {f"0{digits[2:]}" for digits in spoken_of if digits.startswith("62")}
    unsaid = page.meant - paid - spoken_of
    assert not unsaid, f"seed {seed}: left out unsaid: {unsaid}"
    return True


def test_of_a_few_drawn_sheets_nobody_is_paid_who_is_not_meant(tmp_path: Path) -> None:
    assert sum(check(seed, tmp_path) for seed in range(FEW)) > FEW / 4


@pytest.mark.slow
def test_of_many_drawn_sheets_nobody_is_paid_who_is_not_meant(tmp_path: Path) -> None:
    assert sum(check(seed, tmp_path) for seed in range(FEW, MANY)) > MANY / 4

"""Layouts as offices have them, and who is meant: `#1` is a phone number, S5 a product code."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Layout:
    """Tabs by their names, each as lines of cells with `|` between.

    `paid` are the numbers that may be paid, `held` those of whom a finding or a notice speaks. Where it is
    `asked`, nobody is paid, and the error has that code.
    """

    what: str
    tabs: Mapping[str, str]
    paid: str = ""
    held: str = ""
    asked: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    mirrored: bool = True
    """Whether the columns may stand the other way round, too."""


def one(what: str, text: str, **expected: object) -> Layout:
    return Layout(what, {"Juni": text}, **expected)  # type: ignore[arg-type]


PEOPLE = "Nama | No HP | Kode Produk\nAni | #1 | S5\nBudi | #2 | S10"

LAYOUTS = (
    one("one table", PEOPLE, paid="1 2"),
    one("a title above", "Bonus Juni\n\n" + PEOPLE, paid="1 2"),
    one("a letterhead above", "PT Maju | Telp (021) 555 1234\n\n" + PEOPLE, paid="1 2"),
    one("a letterhead of Nomor and Kode", "Nomor | 012/HRD | Kode | F-01\n\n" + PEOPLE, paid="1 2"),
    one("a letterhead of names alone", "Nomor | | Kode\n012/HRD | | F-01\n" + PEOPLE, paid="1 2"),
    one("Nomor counts", "Nomor | Nama | No HP | Kode\n1 | Ani | #1 | S5\n2 | Budi | #2 | S5", paid="1 2"),
    one("Nomor is the phone", "Nomor | Kode\n#1 | S5\n#2 | S5", paid="1 2"),
    one("whom to call above", "Info HRD: | #8\n\n" + PEOPLE, paid="1 2", mirrored=False),
    one("the header repeated", PEOPLE + "\n\nNama | No HP | Kode Produk\nCici | #3 | S5", paid="1 2 3"),
    one("repeated in other words", PEOPLE + "\n\nNama | Nomor HP | Kode\nCici | #3 | S5", paid="1 2 3"),
    one(
        "a second table in another order",
        PEOPLE + "\n\nNama | Kode Produk | No HP\nCici | S5 | #3",
        paid="1 2",
        held="3",
    ),
    one("bank accounts below", PEOPLE + "\n\nNama | No Rek | Bank\nCici | #3 | S5", paid="1 2", held="3"),
    one("bank accounts right below", PEOPLE + "\nNama | No Rek | Bank\nCici | #3 | S5", paid="1 2", held="3"),
    one(
        "unknown names below",
        PEOPLE + "\n\nPemegang | Akun Tujuan | Keperluan\nCici | 1234567890 | S5\nDodi | #3 | S5",
        paid="1 2",
        held="3",
    ),
    one(
        "words above bank accounts",
        PEOPLE + "\nPemegang | Akun | Guna\nCici | 1234567890 | S5\nDodi | #3 | S5",
        paid="1 2",
        held="3",
    ),
    one(
        "words above dates",
        PEOPLE + "\nPemegang | Masuk | Guna\nCici | 1/6/2026 | S5\nDodi | #3 | S5",
        paid="1 2",
        held="3",
    ),
    one(
        "the second table has two numbers",
        PEOPLE + "\n\nNama | No HP | Kode Produk | No HP Baru\nCici | #3 | S5 | #4",
        asked="sheet.beside",
    ),
    one(
        "people above under names unknown",
        "Nama | Isi | Untuk\nCici | #3 | S5\n\n" + PEOPLE,
        asked="sheet.people_above",
    ),
    one(
        "people above without a header",
        "Cici | #3 | S5\n\n" + PEOPLE,
        asked="sheet.people_above",
    ),
    one(
        "a table further to the right below",
        PEOPLE + "\n\n| | | | Nama | No HP | Kode\n| | | | Cici | #3 | S5",
        asked="sheet.beside",
    ),
    one(
        "two tables side by side",
        "Nama | No HP | Kode | | Nama | No HP | Kode\nAni | #1 | S5 | | Cici | #3 | S5\nBudi | #2 | S5 | | Dodi | #4 | S5",
        asked="sheet.ambiguous",
    ),
    one(
        "two tables side by side, one chosen",
        "Nama | No HP | Kode | | Nama | No HP | Kode\nAni | #1 | S5 | | Cici | #3 | S5\nBudi | #2 | S5 | | Dodi | #4 | S5",
        paid="3 4",
        options={"number": "F"},
        mirrored=False,
    ),
    one(
        "a table beside, its header lower",
        "Nama | No HP | Kode\nAni | #1 | S5\nBudi | #2 | S5 | | Nama | No HP | Kode\nEka | #5 | S5 | | Cici | #3 | S5",
        asked="sheet.ambiguous",
    ),
    one(
        "a table beside, its header higher",
        "| | | | Nama | No HP | Kode\nNama | No HP | Kode | | Cici | #3 | S5\nAni | #1 | S5 | | Dodi | #4 | S5",
        asked="sheet.ambiguous",
    ),
    one(
        "people beside without a header",
        "Nama | No HP | Kode\nAni | #1 | S5 | | Cici | #3 | S5\nBudi | #2 | S5 | | Dodi | #4 | S5",
        asked="sheet.ambiguous",
    ),
    one(
        "a price list beside",
        "Nama | No HP | Kode | | Kode | Nominal | Harga\nAni | #1 | S5 | | S5 | 5000 | 5600\nBudi | #2 | S10 | | S10 | 10000 | 10600",
        paid="1 2",
    ),
    one(
        "a summary beside",
        "Nama | No HP | Kode | | Operator | Orang\nAni | #1 | S5 | | TELKOMSEL | 2\nBudi | #2 | S5",
        paid="1 2",
    ),
    one(
        "whom to call beside",
        "Nama | No HP | Kode\nAni | #1 | S5 | | CP: | #8\nBudi | #2 | S5",
        asked="sheet.ambiguous",
        mirrored=False,
    ),
    one("two phone columns", "Nama | No HP | No HP Baru | Kode\nAni | #1 | #2 | S5", asked="sheet.ambiguous"),
    one(
        "the new number is rarely filled",
        "Nama | No HP | No HP Baru | Kode\nAni | #1 | | S5\nBudi | #2 | #3 | S5",
        asked="sheet.ambiguous",
    ),
    one("WhatsApp apart", "Nama | No HP | No. WA | Kode\nAni | #1 | #2 | S5", asked="sheet.ambiguous"),
    one("HP or WA", "Nama | No. HP/WA | Kode\nAni | #1 | S5", paid="1"),
    one("HP and HP 2", "Nama | HP | HP 2 | Kode\nAni | #1 | #2 | S5", asked="sheet.ambiguous"),
    one("the wife's", "Nama | No HP | HP Istri | Kode\nAni | #1 | #2 | S5", asked="sheet.ambiguous"),
    one("only the wife's", "Nama | HP Istri | Kode\nAni | #1 | S5", asked="sheet.whose_number"),
    one("only the wife's, chosen", "Nama | HP Istri | Kode\nAni | #1 | S5", paid="1", options={"number": "HP Istri"}),
    one("the boss's", "Nama | No HP | HP Atasan | Kode\nAni | #1 | #2 | S5", asked="sheet.ambiguous"),
    one("in an emergency", "Nama | No HP | Kontak Darurat | Kode\nAni | #1 | #2 | S5", asked="sheet.ambiguous"),
    one("active ones", "Nama | No HP | No HP (Aktif) | Kode\nAni | #1 | #2 | S5", asked="sheet.ambiguous"),
    one(
        "old and new under one name",
        "Nama | No HP | | Kode\n| Lama | Baru |\nAni | #1 | #2 | S5\nBudi | #3 | #4 | S5",
        asked="sheet.ambiguous",
    ),
    one("a wallet", "Nama | No HP | No Dana | Kode\nAni | #1 | #2 | S5", asked="sheet.ambiguous"),
    one("a make of phone", "Nama | No HP | Merk HP | Kode\nAni | #1 | Samsung | S5", paid="1"),
    one("Kontak alone", "Nama | Kontak | Kode\nAni | #1 | S5", paid="1"),
    one("a wallet chosen away", "Nama | No HP | No Dana | Kode\nAni | #1 | #2 | S5", paid="1", options={"number": "No HP"}),
    one("two product columns", "Nama | No HP | Kode | Kode Produk\nAni | #1 | S5 | S10", asked="sheet.ambiguous"),
    one("a nominal that agrees", "No HP | Kode | Nominal\n#1 | S5 | 5.000", paid="1"),
    one("a nominal that does not", "No HP | Kode | Nominal\n#1 | S5 | 50.000", held="1"),
    one("two nominals", "No HP | Kode | Nominal | Denom\n#1 | S5 | 5.000 | 10.000", asked="sheet.ambiguous"),
    one("no product", "Nama | No HP | Nominal\nAni | #1 | 5.000", paid="1"),
    one("no product, two amounts", "No HP | Insentif | Bonus\n#1 | 5.000 | 10.000", asked="sheet.ambiguous"),
    one("a count is no amount", "No HP | Kode | Jumlah\n#1 | S5 | 1", paid="1"),
    one("totals and signatures", PEOPLE + "\nTOTAL | | 2\n\nJakarta, 30 Juni 2026\nDibuat oleh, | | Mengetahui,\n\n( Ani ) | | ( Budi )\nStaf HRD | | Direktur", paid="1 2"),
    one("whom to call below", PEOPLE + "\n\nInfo HRD: | #8 |", paid="1 2", held="8", mirrored=False),
    one("an example above", "Contoh:\n" + PEOPLE + "\n\nNama | No HP | Kode Produk\nCici | #3 | S5", paid="3", held="1 2"),
    one("an example below", PEOPLE + "\n\nContoh pengisian\nNama | No HP | Kode Produk\nCici | #3 | S5", paid="1 2", held="3"),
    one("an example row", "Nama | No HP | Kode\nContoh: Ani | #1 | S5\nBudi | #2 | S5", paid="2", held="1"),
    one("a title that speaks against paying", PEOPLE + "\n\nResign:\nCici | #3 | S5\n\nCabang Solo\nDodi | #4 | S5", paid="1 2 4", held="3"),
    one(
        "such a title above the header repeated",
        PEOPLE + "\n\nMei (sudah dibayar)\nNama | No HP | Kode Produk\nCici | #3 | S5",
        paid="1 2",
        held="3",
    ),
    one(
        "a title of last month above the header repeated",
        PEOPLE + "\n\nBulan lalu\nNama | No HP | Kode Produk\nCici | #3 | S5",
        paid="1 2",
        held="3",
    ),
    one("a title that says they have it", PEOPLE + "\n\nSdh terima:\nCici | #3 | S5", paid="1 2", held="3"),
    one("Jenis Pulsa", "Nama | No HP | Jenis Pulsa\nAni | #1 | S5", paid="1"),
    one("a month's money", "Nama | No HP | Kode | Bonus Juni 2026\nAni | #1 | S5 | 50.000", held="1"),
    one("two kinds of money", "No HP | Kode | Bonus | Insentif\n#1 | S5 | 50.000 | 5.000", asked="sheet.ambiguous"),
    one("a month's money alone", "Nama | No HP | Insentif Juni\nAni | #1 | 5.000", paid="1"),
    one("no nominal, as a person says", "No HP | Kode | Bonus\n#1 | S5 | 50.000", paid="1", options={"nominal": "none"}),
    one("a number of 16 digits", "Nama | NIK | No HP | Kode\nAni | 8171010203040506 | #1 | S5", paid="1"),
    one("a header in two languages", "Nama | No HP | Kode\nName | Phone | Product\nAni | #1 | S5", paid="1"),
    one("columns counted", "Nama | No HP | Kode\n1 | 2 | 3\nAni | #1 | S5", paid="1"),
    one("units below the names", "Nama | No HP | Kode\n| (08…) | (kode)\nAni | #1 | S5", paid="1"),
    one("a group's heading", PEOPLE + "\nCabang Bandung\nCici | #3 | S5", paid="1 2 3"),
    one("a person without a number", PEOPLE + "\nCici | belum ada | S5\nDodi | #4 | S5", paid="1 2 4"),
    one(
        "bank accounts below a blank row, without a header",
        "Nama | No HP | Nominal\nAni | #1 | 5.000\nBudi | #2 | 5.000\n\nCici | #3 | 5.000 | BCA\nDodi | 1230004567 | 5.000 | BNI",
        paid="1 2",
        held="3",
        mirrored=False,
    ),
    one(
        "such accounts in the columns of the table",
        "Nama | No HP | Nominal\nAni | #1 | 5.000\nBudi | #2 | 5.000\n\nCici | #3 | 5.000\nDodi | 1230004567 | 5.000",
        paid="1 2",
        held="3",
    ),
    one(
        "such accounts beside remarks",
        "Nama | No HP | Nominal | Ket\nAni | #1 | 5.000 |\nBudi | #2 | 5.000 | tetap\n\nCici | #3 | 5.000 | Mandiri",
        paid="1 2",
        held="3",
    ),
    one(
        "numbers that lack their 0 below a blank row",
        "Nama | No HP | Nominal\nAni | #1 | 5.000\n\nCici | 8121000003 | 5.000",
        paid="1",
    ),
    one(
        "words below a blank row where numbers were",
        "Nama | NIK | No HP | Nominal\nAni | 1001 | #1 | 5.000\n\nCici | lain | #3 | 5.000",
        paid="1",
        held="3",
    ),
    one(
        "a column below a blank row that is empty",
        "No | Nama | No HP | Nominal\n1 | Ani | #1 | 5.000\n2 | Budi | #2 | 5.000\n3 | Eka | #5 | 5.000\n\n | Cici | #3 | 5.000",
        paid="1 2 5",
        held="3",
    ),
    one(
        "more people below a blank row",
        "Nama | No HP | Nominal | Ket\nAni | #1 | 5.000 |\nBudi | #2 | 5.000 | tetap\n\nCici | #3 | 5.000 |\n\nDodi | #4 | 10.000 | kontrak",
        paid="1 2 3 4",
    ),
    one("a coordinator below", "Nama | No HP | Nominal\nAni | #1 | 5.000\nBudi | #2 | 5.000\n\nKoordinator | #8 | 5.000", paid="1 2", held="8"),
    one("a coordinator right below", "Nama | No HP | Nominal\nAni | #1 | 5.000\nPIC: | #8 | 5.000", paid="1", held="8"),
    one("a coordinator by name below", "Nama | No HP | Nominal\nAni | #1 | 5.000\n\nKontak: Budi | #8 | 5.000", paid="1", held="8"),
    one("a coordinator with a code", "Nama | No HP | Kode\nAni | #1 | S5\n\nPIC | #8 | S5", paid="1", held="8"),
    one("a coordinator by position", "Nama | Jabatan | No HP | Nominal\nAni | Koordinator | #1 | 5.000\nBudi | Admin | #2 | 5.000", paid="1 2"),
    one("who gets it", "Nama | No HP | Kode | Dapat\nAni | #1 | S5 | Ya\nBudi | #2 | S5 | Tidak\nCici | #3 | S5 |", paid="1", held="2 3"),
    one("who gets it, in a column that could hold names", "No HP | Kode | Penerima\n#1 | S5 | Ya\n#2 | S5 | Tidak\n#3 | S5 |", paid="1", held="2 3"),
    one("who receives it", "Nama | No HP | Kode | Terima?\nAni | #1 | S5 | Y\nBudi | #2 | S5 | N", paid="1", held="2"),
    one("who is approved", "Nama | No HP | Nominal | Approved (Y/N)\nAni | #1 | 5.000 | Yes\nBudi | #2 | 5.000 | No", paid="1", held="2"),
    one("who is active", "Nama | No HP | Kode | Status\nAni | #1 | S5 | Aktif\nBudi | #2 | S5 | Tidak Aktif", paid="1", held="2"),
    one("who has it already", "Nama | No HP | Kode | Sudah dibayar\nAni | #1 | S5 | Belum\nBudi | #2 | S5 | Ya\nCici | #3 | S5 |", paid="1 3", held="2"),
    one("a status of other words", "Nama | No HP | Kode | Status\nAni | #1 | S5 | Tetap\nBudi | #2 | S5 | Kontrak", paid="1 2"),
    one("who is married", "Nama | No HP | Kode | Menikah\nAni | #1 | S5 | Ya\nBudi | #2 | S5 | Tidak", paid="1 2"),
    one("how many", "Nama | No HP | Kode | Qty\nAni | #1 | S5 | 1\nBudi | #2 | S5 | 2\nCici | #3 | S5 | 0", paid="1", held="2 3"),
    one("how many vouchers", "Nama | No HP | Kode | Jumlah Voucher\nAni | #1 | S5 | 1\nBudi | #2 | S5 | 2 x", paid="1", held="2"),
    one("a blacklist below", PEOPLE + "\n\nDaftar hitam\nCici | #3 | S5", paid="1 2", held="3"),
    one("a reserve below", PEOPLE + "\n\nCadangan:\nCici | #3 | S5", paid="1 2", held="3"),
    one("not to be paid, below", PEOPLE + "\n\nTidak dibayar\nNama | No HP | Kode Produk\nCici | #3 | S5", paid="1 2", held="3"),
    one("such a title in two cells", PEOPLE + "\n\nSUDAH DIBAYAR | Mei\nCici | #3 | S5", paid="1 2", held="3"),
    one("such a title above all", "Daftar hitam\n" + PEOPLE, held="1 2"),
    one("such a title above a title", "SUDAH DIBAYAR\nPT Maju\nJuni\n\n" + PEOPLE, held="1 2"),
    one("a name alone ends no such title", PEOPLE + "\n\nTidak dibayar\nCici | #3 | S5\nEka\nDodi | #4 | S5", paid="1 2", held="3 4"),
    one("a title that leaves some out", "Penerima pulsa (tidak termasuk yang resign)\n" + PEOPLE, paid="1 2"),
    one("an example without a header", PEOPLE + "\n\nContoh:\nCici | #3 | S5", paid="1 2", held="3"),
    one("an example above amounts", "Contoh\nNama | No HP | Nominal\nAni | #1 | 5.000\n\nNama | No HP | Nominal\nCici | #3 | 5.000", paid="3", held="1"),
    one("accounts above a header below", "Nama | No HP | Nominal\nAni | #1 | 5.000\n\nCici | #3 | 5.000 | BCA\nNama | No Rek | Gaji\nDodi | #4 | 5.000", paid="1", held="3 4", mirrored=False),
    one("the count elsewhere below", "Nama | No HP | Nominal | Qty\nAni | #1 | 5.000 | 1\n\nQty | No HP | Nominal | Nama\n2 | #3 | 5.000 | Cici", paid="1", held="3"),
    one("who gets it, above signatures", "Dapat | Nama | No HP | Kode\nTidak | Ani | #1 | S5\n\nJakarta, 30 Juni\nDibuat oleh,\n( Ani )", held="1", mirrored=False),
    Layout("an example above the people in one tab", {"Juni": "Contoh\n" + PEOPLE + "\n\n" + PEOPLE, "Karyawan": PEOPLE}, asked="sheet.several_tabs"),
    one("a mere number beside a bank", "Nama | Nomor Tujuan | Bank | Jumlah\nAni | #1 | BCA | 5.000", asked="sheet.whose_number"),
    one("a bank beside a phone number", "Nama | No HP | Bank | Jumlah\nAni | #1 | BCA | 5.000", paid="1"),
    one("an amount before and after tax", "Nama | No HP | Bonus | Pajak | Net\nAni | #1 | 10.000 | 500 | 5.000", asked="sheet.ambiguous"),
    one("a budget and what came of it", "Nama | No HP | Anggaran Pulsa | Realisasi\nAni | #1 | 10.000 | 5.000", asked="sheet.ambiguous"),
    one("who is paid", "Nama | No HP | Nominal | Paid\nAni | #1 | 5.000 | Y\nBudi | #2 | 5.000 | N", paid="2", held="1"),
    one("a tick that says either", "Nama | No HP | Nominal | Dibayar\nAni | #1 | 5.000 | v\nBudi | #2 | 5.000 |", held="1 2"),
    one("who was there", "Nama | No HP | Nominal | Hadir\nAni | #1 | 5.000 | Tidak\nBudi | #2 | 5.000 | Ya", paid="2", held="1"),
    one("below the total", PEOPLE + "\nTOTAL | | 2\n\nCici | #3 | S5", paid="1 2", held="3"),
    one("below a branch's total", PEOPLE + "\nTotal Solo | | 2\nCici | #3 | S5\nTotal Bandung | | 1\nGrand Total | | 3", paid="1 2 3"),
    one("below the total under the header once more", PEOPLE + "\nTOTAL | | 2\n\nNama | No HP | Kode Produk\nCici | #3 | S5", paid="1 2 3"),
    one("below the signatures", PEOPLE + "\n\nMengetahui,\n\nDirektur | #3 | S5", paid="1 2", held="3"),
    one("a signature with numbers", PEOPLE + "\n\nMengetahui,\n\n( Ani )\nNIP. 1980 01 01\n30 Juni 2026", paid="1 2"),
    one("a role below a blank row", PEOPLE + "\n\nBendahara | #3 | S5", paid="1 2", held="3"),
    one("a role in the table", "Nama | No HP | Kode\nKetua RT 01 | #1 | S5\nKetua RT 02 | #2 | S5", paid="1 2"),
    one("a title of bank transfers", PEOPLE + "\n\nVia rekening:\nCici | #3 | S5", paid="1 2", held="3"),
    one("a title of next month", PEOPLE + "\n\nUsulan bulan depan\nCici | #3 | S5", paid="1 2", held="3"),
    one("how many sheets", "Nama | No HP | Kode | Jml Voucher (lbr)\nAni | #1 | S5 | 3", held="1"),
    one("money of last month alone", "Nama | No HP | Bonus Bulan Lalu\nAni | #1 | 5.000", asked="sheet.ambiguous"),
    one("what is left of it", "Nama | No HP | Saldo Pulsa\nAni | #1 | 5.000", asked="sheet.ambiguous"),
    one("what is left of it, chosen", "Nama | No HP | Saldo Pulsa\nAni | #1 | 5.000", paid="1", options={"nominal": "Saldo Pulsa"}),
    one("a column to sign in", "Nama | No HP | Nominal | Diterima\nAni | #1 | 5.000 |", paid="1"),
    one("positions without names", "Jabatan | No HP | Kode\nAdmin | #1 | S5\nCS | #2 | S5", paid="1 2"),
    one("after deductions", "Nama | No HP | Nominal | Potongan | Diterima\nAni | #1 | 10.000 | 5.000 | 5.000", asked="sheet.ambiguous"),
    Layout("paid already in its tab", {"Sudah dibayar": PEOPLE, "Juni": "Nama | No HP | Kode\nCici | #3 | S5"}, paid="3"),
    Layout("only a tab of those paid already", {"Sudah dibayar": PEOPLE}, asked="sheet.no_data_tab"),
    Layout("only a blacklist", {"Daftar Hitam": PEOPLE}, asked="sheet.no_data_tab"),
    Layout("a blacklist that is meant", {"Daftar Hitam": PEOPLE}, paid="1 2", options={"tab": "Daftar Hitam"}),
    Layout("two months", {"Mei": PEOPLE, "Juni": PEOPLE}, asked="sheet.several_tabs"),
    Layout("one month named", {"Mei": PEOPLE, "Juni": "Nama | No HP | Kode\nCici | #3 | S5"}, paid="3", options={"tab": "Juni"}),
    Layout("instructions beside", {"Petunjuk": PEOPLE, "Juni": "Nama | No HP | Kode\nCici | #3 | S5"}, paid="3"),
    Layout("a tab titled as instructions", {"Lembar1": "Petunjuk pengisian\n" + PEOPLE, "Juni": "Nama | No HP | Kode\nCici | #3 | S5"}, paid="3"),
    Layout("data with a header unknown", {"Petunjuk": PEOPLE, "Data": "Nama | Isi | Untuk\nCici | #3 | S5"}, asked="sheet.no_number_column"),
    Layout("another tab with a header unknown", {"Juni": PEOPLE, "Data": "Nama | Isi | Untuk\nCici | #3 | S5"}, asked="sheet.several_tabs"),
    Layout("a list of people without products", {"Juni": PEOPLE, "Karyawan": "Nama | No HP\nCici | #3"}, asked="sheet.several_tabs"),
    Layout("a price list in its tab", {"Juni": PEOPLE, "Produk": "Kode | Nominal | Harga\nS5 | 5000 | 5600"}, paid="1 2"),
    Layout("only a template", {"Template": PEOPLE, "Contoh": PEOPLE}, asked="sheet.no_data_tab"),
    Layout("one tab, called a template", {"Template": PEOPLE}, paid="1 2"),
)  # fmt: skip

"""Makes the sample sheets: the same cells every time. Names and numbers are made up.

    python samples/make_samples.py [FOLDER]

Numbers that begin with 08120000 are the sandbox's test numbers; the real network has no such subscribers.
"""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from openpyxl import Workbook
from openpyxl.styles import Font

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Cell = str | int | float
Row = tuple[Cell, ...]

NAMES = """
Siti Rahayu, Budi Santoso, Agus Setiawan, Dewi Lestari, Rina Marlina, Joko Susilo, Ayu Puspitasari, Eko
Prasetyo, Nur Hidayah, Rizky Ramadhan, Putri Wulandari, Bambang Hartono, Sri Mulyani, Dedi Kurniawan,
Fitri Handayani, Hendra Gunawan, Indah Permatasari, Yusuf Maulana, Lina Anggraini, Andi Saputra, Ratna
Sari, Wahyu Nugroho, Mega Oktaviani, Fajar Hidayat, Tuti Suryani, Slamet Riyadi, Yanti Kusuma, Arief
Wibowo, Nining Suharti, Doni Firmansyah, Maria Tambunan, Ketut Suardana, Made Wirawan, Wayan Sudarma, Desi
Ratnasari, Irfan Hakim, Novi Astuti, Rudi Hartanto, Sari Dewanti, Teguh Prakoso, Umi Kalsum, Vina Melati,
Winda Safitri, Yoga Pratama, Zainal Abidin, Asep Sunandar, Cucu Cahyati, Euis Komariah, Gilang Permana,
Hesti Purnama, Iwan Fauzi, Jihan Aulia, Kartika Chandra, Lukman Effendi, Mutia Zahra, Nanda Syahputra, Oki
Firmanto, Priska Simanjuntak, Qori Amalia, Reza Pahlevi
"""
PEOPLE = tuple(" ".join(name.split()) for name in NAMES.split(","))
DEPARTMENTS = (
    "Keuangan",
    "Pemasaran",
    "Gudang",
    "Produksi",
    "SDM",
    "Teknologi Informasi",
    "Layanan Pelanggan",
)
NOTES = ("Bonus kinerja", "Bonus kehadiran", "Insentif lembur", "Bonus kinerja", "")

PAYROLL_HEADER = ("NIK", "Nama", "Departemen", "Nomor HP", "Kode Produk", "Nominal", "Keterangan")
BRANCH_HEADER = ("No", "Cabang", "Nama", "No HP", "Kode Produk", "Nominal", "Pengisian Ke", "Keterangan")
NUMBER_FORMATS: dict[type, str] = {str: "@", int: "0"}
WIDTHS = (11, 24, 21, 22, 13, 11, 30)


# -- spellings of a number ---------------------------------------------------------------------------------


def in_groups(separator: str) -> Callable[[str], str]:
    return lambda national: separator.join((national[:4], national[4:8], national[8:]))


def international(national: str) -> str:
    return f"+62 {national[1:4]}-{national[4:8]}-{national[8:]}"


SPELLINGS: tuple[Callable[[str], Cell], ...] = (
    str,
    lambda national: "62" + national[1:],
    international,
    lambda national: "0062" + national[1:],
    lambda national: national[1:],
    lambda national: int(national),
    in_groups("."),
    in_groups(" "),
    in_groups("-"),
    lambda national: int("62" + national[1:]),
)


# -- payroll_bonus.xlsx: every row is paid -----------------------------------------------------------------

BONUSES = (
    ("0812", "TSEL50", 50_000),
    ("0857", "ISAT50", 50_000),
    ("0817", "XL50", 50_000),
    ("0838", "AXM25", 25_000),
    ("0896", "TRI50", 50_000),
    ("0881", "SMF50", 50_000),
    ("0813", "TSEL100", 100_000),
    ("0815", "ISAT100", 100_000),
    ("0852", "TSELD50", 50_000),
    ("0878", "XLD75", 75_000),
    ("0831", "AXM50", 50_000),
    ("0899", "TRID30", 30_000),
    ("0888", "SMFD30", 30_000),
    ("0856", "ISATD50", 50_000),
    ("0822", "TSEL25", 25_000),
    ("0859", "XL100", 100_000),
    ("0833", "AXD15", 15_000),
)
PENDING_FIRST = {12: "081200001001", 31: "081200001002", 50: "081200001003"}


def payroll_bonus() -> list[Row]:
    return [PAYROLL_HEADER, *(bonus_row(at) for at in range(len(PEOPLE)))]


def bonus_row(at: int) -> Row:
    prefix, code, nominal = BONUSES[at % len(BONUSES)]
    number = f"{prefix}5550{at + 1:04}"
    if at in PENDING_FIRST:
        number, code, nominal = PENDING_FIRST[at], "TSEL25", 25_000
    spelled = SPELLINGS[at % len(SPELLINGS)](number)
    # Some colleagues type amounts as text.
    amount: Cell = f"Rp {nominal:,}".replace(",", ".") if at % 9 == 4 else nominal
    return (*person(at), spelled, code, amount, NOTES[at % len(NOTES)])


def person(at: int) -> tuple[str, str, str]:
    name = PEOPLE[at % len(PEOPLE)]
    return (f"{2015 + at % 9}{at + 101:04}", name, DEPARTMENTS[at % len(DEPARTMENTS)])


# -- payroll_with_mistakes.xlsx: every mistake and every ending --------------------------------------------


@dataclass(frozen=True, slots=True)
class Case:
    """One row and what it stands for: "ok", a mistake, or what the sandbox answers to a test number."""

    name: str
    number: Cell
    code: str = "TSEL25"
    nominal: Cell = 25_000
    note: str = ""


# Rows that end "unknown" stand apart from each other: many in a row would stop the run, as they should.
CASES = (
    Case("ok", "081255510001", "TSEL50", 50_000),
    Case("ok", "085755510002", "ISAT50", 50_000),
    Case("number missing", "", note="Nomor menyusul"),
    Case("refused 11", "081200000011"),
    Case("ok", "+62 878-5551-0003", "XL50", 50_000),
    Case("letters", "tanya Bu Rina", "ISAT50", 50_000),
    Case("letters", "0812-5551-O0x4"),
    Case("letter O", "08125551OO05", note="Diketik dari formulir"),
    Case("pending, then sukses", "081200001011", "TSEL50", 50_000),
    Case("decimal, zero", "081255510006.00"),
    Case("decimal", 81255510007.5),
    Case("scientific", "8.12556E+10", note="Disalin dari file lain"),
    Case("lost answer, paid", "081200002001"),
    Case("ok", "0896.5551.0008", "TRI50", 50_000),
    Case("too short", "08125551"),
    Case("too long", "081255510009123"),
    Case("refused 12", "081200000012", "TSEL20", 20_000),
    Case("ok", 83855510010, "AXM25"),
    Case("landline", "021-5550134", note="Nomor kantor"),
    Case("landline", "(022) 5550135", note="Nomor kantor cabang Bandung"),
    Case("foreign", "+65 5550 0136", note="Penempatan Singapura"),
    Case("two numbers", "081255510011 / 085755510012", note="Pilih salah satu"),
    Case("lost answer, not paid", "081200002101"),
    Case("ok", "088155510013", "SMF50", 50_000),
    Case("product unknown, near", "081255510014", "TEL50", 50_000),
    Case("product unknown, near", "085755510015", "ISAT5O", 50_000),
    Case("product unknown", "081255510016", "VOUCHER", 50_000),
    Case("product closed", "081255510017", "TSEL30", 30_000),
    Case("product closed", "085755510018", "ISAT12", 12_000),
    Case("nominal differs", "081255510019", "TSEL25", 50_000),
    Case("product missing", "081255510020", "", ""),
    Case("refused 91", "081200000091", "TSEL50", 50_000),
    Case("ok", "085255510021", "TSELD50", 50_000),
    Case("duplicate, exact", "081255510001", "TSEL50", 50_000, "Dikirim ulang oleh cabang"),
    Case("duplicate, other spelling", "+62 857 5551 0002", "ISAT50", 50_000),
    Case("duplicate, other code", "085255510021", "TSEL50", 50_000),
    Case("pending, then gagal", "081200001111"),
    Case("ok", "62815-5551-0022", "ISAT25"),
    Case("other operator", "085755510023", "TSEL25", note="Ganti nomor bulan lalu"),
    Case("refused 41", "081200000041", "TSEL50", 50_000),
    Case("refused 51", "081200000051"),
    Case("ok", "081755510024", "XL25"),
    Case("pending for ever", "081200001211", "TSEL50", 50_000),
    Case("number missing", "", "TSEL50", 50_000, "Karyawan baru"),
    Case("ok", "0813 5551 0025", "TSEL100", 100_000),
)


def payroll_with_mistakes() -> list[Row]:
    rows = [
        (*person(at), case.number, case.code, case.nominal, case.note)
        for at, case in enumerate(CASES, start=1)
    ]
    return [PAYROLL_HEADER, *rows, totals_row()]


def totals_row() -> Row:
    total = sum(case.nominal for case in CASES if isinstance(case.nominal, int))
    return ("", "TOTAL", "", "", "", total, "")


# -- insentif_cabang.csv: every row is paid, one number twice on purpose -----------------------------------

INCENTIVES = """
Jakarta Pusat  ; Siti Aminah      ; 081355520001    ; TSEL50   ; 50.000   ; 1 ; Target tercapai
Jakarta Pusat  ; Bagus Wicaksono  ; 0857 5552 0002  ; ISAT50   ; 50.000   ; 1 ; Target tercapai
Jakarta Pusat  ; Citra Ningrum    ; 081755520003    ; XL50     ; 50.000   ; 1 ; Target tercapai
Jakarta Pusat  ; Dimas Aditya     ; 083855520004    ; AXM50    ; 50.000   ; 1 ; Target tercapai
Bandung        ; Elin Herlina     ; 6281255520005   ; TSEL25   ; 25.000   ; 1 ; Target tercapai, separuh
Bandung        ; Ujang Suryana    ; 0895-5552-00006 ; TRI25    ; 25.000   ; 1 ; Target tercapai, separuh
Bandung        ; Neng Rosita      ; 088255520007    ; SMF25    ; 25.000   ; 1 ;
Surabaya       ; Cak Munir        ; +62 812-5552-0008 ; TSEL100 ; 100.000 ; 1 ; Penjualan terbaik
Surabaya       ; Cak Munir        ; +62 812-5552-0008 ; TSEL100 ; 100.000 ; 2 ; Penjualan terbaik, bonus kedua
Surabaya       ; Endah Wahyuni    ; 085655520009    ; ISATD50  ; 50.000   ; 1 ; Paket data
Surabaya       ; Sulastri         ; 081955520010    ; XL25     ; 25.000   ; 1 ;
Medan          ; Ucok Siregar     ; 0811.552.0011   ; TSEL50   ; 50.000   ; 1 ; Target tercapai
Medan          ; Butet Nasution   ; 081455520012    ; ISAT50   ; 50.000   ; 1 ; Target tercapai
Medan          ; Togar Panjaitan  ; 8785552013      ; XL50     ; 50.000   ; 1 ; Target tercapai
Makassar       ; Daeng Rahmat     ; 082355520014    ; TSEL75   ; 75.000   ; 1 ; Target tercapai
Makassar       ; Besse Tenri      ; 0898 5552 0015  ; TRI75    ; 75.000   ; 1 ; Target tercapai
Denpasar       ; Komang Ayu       ; 081355520016    ; TSELD25  ; 25.000   ; 1 ; Paket data
Denpasar       ; Gede Arta        ; 006283155520017 ; AXD25    ; 25.000   ; 1 ; Paket data
Kupang         ; Maria José       ; 085355520018    ; TSEL50   ; 50.000   ; 1 ; Target tercapai
Kupang         ; Yohanes Lado     ; 082255520019    ; TSEL50   ; 50.000   ; 1 ; Target tercapai
Semarang       ; Kusno Widodo     ; 088955520020    ; SMFD30   ; 30.000   ; 1 ; Paket data
Semarang       ; Sekar Arum       ; 089755520021    ; TRI50    ; 50.000   ; 1 ; Target tercapai
Palembang      ; Rusdi Effendi    ; 085855520022    ; ISAT60   ; 60.000   ; 1 ;
Palembang      ; Laila Husna      ; 0877-5552-0023  ; XL100    ; 100.000  ; 1 ; Penjualan terbaik
Balikpapan     ; Syahrul Anwar    ; 085255520024    ; TSEL25   ; 25.000   ; 1 ;
"""


def insentif_cabang() -> list[Row]:
    lines = INCENTIVES.strip().splitlines()
    rows = [tuple(cell.strip() for cell in line.split(";")) for line in lines]
    return [BRANCH_HEADER, *((f"{at}", *row) for at, row in enumerate(rows, start=1))]


# -- insentif_tanpa_kode.xlsx: names, numbers and amounts, as an office has them ---------------------------

WITHOUT_CODE_HEADER = ("No", "Nama", "No HP", "Provider", "Insentif (Rp)")
PEOPLE_WITHOUT_CODE = """
0812-5553-0001   ; Tsel      ; 50000
085755530002     ; Indosat   ; 50000
0817 5553 0003   ; XL        ; 50.000
083855530004     ; Axis      ; 25000
089655530005     ; Three     ; Rp 50.000,-
088155530006     ; Smartfren ; 25000
+62 813-5553-0007; Simpati   ; 100000
085655530008     ; IM3       ; 25rb
081155530009     ; T-sel     ; 50 ribu
087855530010     ; XL        ; 100000
089955530011     ; 3         ; 10.000
085155530012     ; As        ; 25.000
6281455530013    ; Isat      ; 50000
085255530014     ; Telkomsel ; 20.000
083155530015     ;           ; 50000
081955530016     ;           ; Rp25.000
088255530017     ; Smart     ; 50k
085855530018     ; Mentari   ; 100000
082155530019     ;           ; 150000
089555530020     ; Tri       ; 75.000
"""


def insentif_tanpa_kode() -> list[Row]:
    lines = PEOPLE_WITHOUT_CODE.strip().splitlines()
    rows = [[cell.strip() for cell in line.split(";")] for line in lines]
    people = (
        (at, PEOPLE[at + 19], number, provider, int(amount) if amount.isdecimal() else amount)
        for at, (number, provider, amount) in enumerate(rows, start=1)
    )
    return [("PT Maju Bersama",), ("Insentif pulsa November",), ("",), WITHOUT_CODE_HEADER, *people]


def write_without_code(path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Insentif"
    for row in insentif_tanpa_kode():
        sheet.append(tuple(cell if cell != "" else None for cell in row))
    for title in ("A1:E1", "A2:E2"):
        sheet.merge_cells(title)
    for cell in (sheet["A1"], sheet["A2"], *sheet[4]):
        cell.font = Font(bold=True)
    for column, width in zip("ABCDE", (5, 24, 21, 12, 16), strict=True):
        sheet.column_dimensions[column].width = width
    for (cell,) in sheet.iter_rows(min_row=5, min_col=5, max_col=5):
        cell.number_format = '"Rp"#,##0'
    book.save(path)


# -- the files ---------------------------------------------------------------------------------------------


def write_xlsx(path: Path, title: str, rows: Sequence[Row]) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    for row in rows:
        sheet.append(tuple(cell if cell != "" else None for cell in row))
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for column, width in zip("ABCDEFG", WIDTHS, strict=True):
        sheet.column_dimensions[column].width = width
    for (cell,) in sheet.iter_rows(min_row=2, min_col=4, max_col=4):
        cell.number_format = NUMBER_FORMATS.get(type(cell.value), "General")
    for (cell,) in sheet.iter_rows(min_row=2, min_col=6, max_col=6):
        cell.number_format = "#,##0"
    sheet.freeze_panes = "A2"
    book.save(path)


def write_csv(path: Path, rows: Sequence[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows(rows)


def make_samples(folder: Path) -> None:
    write_xlsx(folder / "payroll_bonus.xlsx", "Bonus", payroll_bonus())
    write_xlsx(folder / "payroll_with_mistakes.xlsx", "Bonus", payroll_with_mistakes())
    write_csv(folder / "insentif_cabang.csv", insentif_cabang())
    write_without_code(folder / "insentif_tanpa_kode.xlsx")


if __name__ == "__main__":
    make_samples(Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).parent)

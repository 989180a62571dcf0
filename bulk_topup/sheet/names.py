"""What offices call their columns, and what a cell looks like. Pure.

Another name for a column is one more word in a list here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

Meaning = Literal[
    "number", "phone", "product", "nominal", "amount", "itrx", "name", "group", "operator", "other", "ours"
]
"""What a column's name says. `phone` is a number of somebody's, perhaps not of whom the row is about;
`amount` is money, perhaps not the top-up; `other` is what many tables have and means nothing to us;
`ours` is what a plan or results that are fed back in say of the others."""

_NAMES: Mapping[Meaning, str] = {
    "number": """
        wa kontak contact
        number phone phonenumber phoneno mobile mobilenumber mobileno mobilephone mobilephonenumber
        mobilephoneno cellphone cellphonenumber cellphoneno cellnumber cellno msisdn tel telephone
        telephonenumber telephoneno destinationnumber recipientnumber recipientphone whatsapp whatsappnumber
        whatsappno wanumber handphonenumber handphoneno nomor nomer nomorhp nomerhp nohp hp hape nohape
        handphone nohandphone nomorhandphone nomerhandphone nomortujuan notujuan tujuan nomorponsel noponsel
        ponsel nomorseluler noseluler nomorpulsa nopulsa nomortelepon notelepon telepon nomortelpon notelpon
        telpon nomortelp notelp telp nomortlp notlp tlp nomorpelanggan nopelanggan nomorwa nowa
        nomorwhatsapp nowhatsapp nomorhpkaryawan nohpkaryawan nomorhppenerima nohppenerima nohppribadi
        nomorhppribadi hppribadi nomorhandphonekaryawan nohandphonekaryawan nomorhppegawai nohppegawai
        nomorhppeserta nohppeserta nomorhpaktif nohpaktif nomorhandphoneaktif nohandphoneaktif nomorwaaktif
        nowaaktif nomorwhatsappaktif
        """,
    "product": """
        product productcode productid productno prodcode code sku skucode voucher vouchercode topupcode
        operatorcode itemcode produk kode kodeproduk kodeprodukpulsa kdproduk kodeitem kodeoperator
        kodepulsa kdpulsa kodevoucher kodepaket kodenominal kodetopup kodesku jenispulsa
        """,
    "nominal": """
        nominal nominalpulsa nominalrp nominalpulsarp nominaltopup nominalvoucher nominalinsentif
        nominalbonus denom denomination denominasi facevalue
        """,
    "amount": """
        insentif bonus jumlah nilai besaran pulsa amount jumlahpulsa nilaipulsa besaranpulsa jumlahbonus
        jumlahinsentif besarinsentif besarbonus besarpulsa besaraninsentif nilaiinsentif nilaibonus
        insentifpulsa bonuspulsa tunjangan tunjanganpulsa uangpulsa voucherrp pulsarp jumlahrp nilairp
        insentifrp bonusrp amountrp amountidr topup topupamount isipulsa jumlahnominal jumlahtopup
        reward incentive incentives allowance value jatah plafon plafond limit subsidi alokasi uang rupiah rp
        idr fee benefit reimburse diterima dibayarkan net netto bersih sisa realisasi anggaran jumlahditerima
        nominalrupiah jumlahrupiah komisi honor total
        uangkomunikasi biayakomunikasi bantuankomunikasi bantuanpulsa jumlahbantuan jumlahuang phoneallowance
        airtime vouchervalue topupvalue creditamount
        nominalditerima totalditerima totalbonus totalinsentif totalpulsa totalbayar jumlahbayar
        """,
    "itrx": "itrx pengisianke topupke ulangan ulanganke topupnumber",
    "name": """
        nama namakaryawan namapegawai namalengkap namapenerima namapeserta namastaff namastaf namasales
        namaanggota namapelanggan karyawan pegawai penerima peserta name fullname employee employeename
        namaemployee recipient recipientname customername staffname
        """,
    "group": """
        cabang departemen department dept divisi division unit unitkerja area wilayah region regional
        costcenter costcentre bagian kantor kantorcabang branch team tim group grup kelompok outlet toko
        store lokasi
        """,
    "operator": """
        operator provider penyedia jenisoperator namaoperator namaprovider kartu jaringan operatorseluler
        carrier network
        """,
    "other": """
        no nourut nomorurut urut nik nip nrp id ktp noktp npwp alamat jabatan posisi position golongan email
        bank rekening norek norekening nomorrekening nomorrek atasnama tanggal tgl date bulan keterangan ket
        catatan note notes remark remarks status harga price qty kuota hubungan relationship jenis
        tipe type umur usia kota city gaji salary invoice tandatangan ttd paraf
        """,
    "ours": """
        checkednumber nomordiperiksa checkedproduct produkdiperiksa checkednominal nominaldiperiksa
        checkedprice hargadiperiksa whattodo yangperludilakukan whyitisnotpaid sebabtidakdibayar
        """,
}
_MEANINGS: Mapping[str, Meaning] = {
    name: meaning for meaning, names in _NAMES.items() for name in names.split()
}

_NO_CODES = """
    pulsa pulsareguler pulsahp isipulsa telkomsel tsel simpati kartuas indosat im3 xl axis tri three smartfren
    byu
    """
NO_CODES = frozenset(_NO_CODES.split())
"""What stands under `Produk` where it says no code: what everyone gets, or the operator."""
ANY_NUMBER = frozenset(
    {"nomor", "nomer", "number", "tujuan", "notujuan", "nomortujuan", "destinationnumber", "nopelanggan"}
)
BANKS = frozenset({"bank", "namabank", "rekening", "atasnama", "pemilikrekening", "bankname"})
"""Names of columns beside which a mere number may be an account's."""
SIGNED_TOO = frozenset({"diterima"})
"""Names that a column has as well in which people sign."""
ORDINAL_TOO = frozenset({"nomor", "nomer", "number"})
"""Names that the column of 1, 2, 3 … has as well, and a letterhead."""

_PHONE_WORDS = re.compile(
    r"[^,;|\t^=\"]*\b(?:hp|hape|handphone|ponsel|seluler|mobile|msisdn|phone|cell|cellphone|telp|telpon|telepon|tlp|wa|whatsapp"
    r"|kontak|contact)[0-9]?\b[^,;|\t^=\"]*",
    re.IGNORECASE,
)

_MONEY_WORDS = re.compile(
    r"[^,;|\t^=\"]*\b(?:nominal|denom|insentif|incentive|bonus|pulsa|amount|reward|tunjangan|komisi|honor|rupiah)\b"
    r"[^,;|\t^=\"]*",
    re.IGNORECASE,
)

LONGEST_NAME = 60

_HINT_WORDS = (
    "wajib|aktif|contoh|cth|format|diawali|awali|diisi|tanpa|teks|harus|yang|yg|masih|dengan|dgn|angka|spasi|strip"
    "|titik|nol|huruf|tanda|hubung|wa|hp|nomor|no|untuk|utk|pulsa|isi|saja|sebagai|dan|atau|di|kode|negara|dalam"
    "|rp|idr|rupiah|required|mandatory|active|example|text|without|must|be|the|with|numbers?|digits?|spaces?|only"
    "|as|in|and|or|[0-9x+.*\u2026]++"
)
_HINT = re.compile(rf"\((?:[\s:;,./'-]*+(?:{_HINT_WORDS})(?![a-z0-9]))++[\s:;,./'-]*+\)", re.IGNORECASE)
"""How to fill the column in, as `(08xx)`, `(Rp)` or `(wajib diisi)`. Other words tell whose number it is."""
_NEUTRAL_WORDS = """
    no nomor nomer number hp hape handphone ponsel seluler selular mobile msisdn phone cell cellphone telp tlp
    telpon telepon wa whatsapp kontak contact aktif active yang yg untuk utk for isi diisi pulsa penerima
    didaftarkan terdaftar anda pribadi karyawan pegawai peserta anggota
    """
_NEUTRAL = frozenset(_NEUTRAL_WORDS.split())
"""Words in the name of a column of numbers that do not say that they are somebody else's."""

_NTH = re.compile(r"(?<=[\s._-])[1-9]\s*$")
"""As in `HP 2`."""
_FIVE_DIGITS = re.compile(r"(?:[^0-9]*[0-9]){5}")


def fold(text: str) -> str:
    """A header's text as names are compared: no case, only letters and digits."""
    return "".join(filter(str.isalnum, text.casefold()))


def meaning_of(text: str) -> Meaning | None:
    """What a column of this name holds; None where the text is no such name."""
    known = _MEANINGS.get(fold(text))
    if known or len(text) > LONGEST_NAME:
        return known
    bare = _HINT.sub("", text)
    if _FIVE_DIGITS.match(bare):
        return None
    found = _MEANINGS.get(fold(_NTH.sub("", bare))) or _of_each(bare)
    if found:
        return found
    if _PHONE_WORDS.fullmatch(bare):
        return "phone" if whose(bare) else "number"
    return "amount" if _MONEY_WORDS.fullmatch(bare) else None


def whose(title: str) -> frozenset[str]:
    """The words in the name of a column of numbers that may say whose they are."""
    return frozenset(re.findall(r"[a-z]+", title.casefold())) - _NEUTRAL


def _of_each(text: str) -> Meaning | None:
    """What all parts of a name such as `No. HP / WA` or `Kode/SKU` mean."""
    means = {_MEANINGS.get(part) for part in set(map(fold, text.split("/"))) - {"wa"}}
    return means.pop() if len(means) == 1 else None


_MONTHS = (
    "januari january jan",
    "februari february feb pebruari",
    "maret march mar",
    "april apr",
    "mei may",
    "juni june jun",
    "juli july jul",
    "agustus august agt agu aug",
    "september sept sep",
    "oktober october okt oct",
    "november nov nopember",
    "desember december des dec",
)
MONTHS = {name: month for month, names in enumerate(_MONTHS, start=1) for name in names.split()}
A_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
"""For a pattern: the longest first."""

_FOR_NOW = re.compile(
    r"\b(?:pulsa|insentif|incentives?|bonus|reward|voucher|top ?up|isi|pengisian|komunikasi)\b", re.IGNORECASE
)
_OTHER_MONEY = re.compile(
    r"\b(?:saldo|sisa|terpakai|pemakaian|target|min(?:im\w*)?|maks\w*|max\w*|limit|plafond?|anggaran|budget|realisasi"
    r"|ytd|(?:se)?tahun(?:an)?|annual|yearly|lalu|kemarin|sebelumnya|last|previous|akumulasi|kumulatif|rata|estimasi"
    r"|usd|sgd|dolar|poin|points?|net(?:to)?|bersih|bruto|gross|benefit|reimburse|potongan|pajak|h?utang|kasbon"
    r"|pinjaman|listrik|pln|token|transfer|refund|kelebihan|setoran|tagihan|penjualan|deposit|koreksi|lama"
    r"|dikembalikan|pengembalian|tertunda|gagal|usulan|diajukan|jika|sudah|top ?up dana"
    r"|rencana)\b|^\W*total\W*$",
    re.IGNORECASE,
)
_WHEN = re.compile(rf"(?<![a-z])(?:{A_MONTH})(?![a-z])(?:[ .-]*20[0-9]{{2}})?|\bbulan ini\b", re.IGNORECASE)
_A_YEAR = re.compile(r"\b20[0-9]{2}\b")


def is_other_money(title: str) -> bool:
    """Whether the amounts under this name may be none to give now, as `Saldo Pulsa`, `Bonus Bulan Lalu` or
    `Nominal Belanja`."""
    bare = _HINT.sub("", _WHEN.sub("", title))
    is_usual = fold(bare) in _MEANINGS or _of_each(bare) or _FOR_NOW.search(bare)
    return not is_usual or bool(_OTHER_MONEY.search(title) or _A_YEAR.search(bare))


# -- what a cell holds -------------------------------------------------------------------------------------

_MOBILE = re.compile(
    r"(?:(?:\+?62|0)[ ().-]*)?8[1-9](?:[ ().-]*[0-9]){7,10}(?:\.0)?|[86][.,][0-9]+[eE][+]?1[0-3]"
)
"""Also what Excel makes of one, as `8.12346E+10`."""
_RUPIAH = re.compile(
    r"(?:rp\.?|idr)?\s*(?:[1-9][0-9]{3,8}|[1-9][0-9]{0,2}(?:[., ][0-9]{3})+)(?:[.,]0{1,2}|,-)?", re.IGNORECASE
)


def is_phone(text: str) -> bool:
    """Whether the cell could be a mobile number, and holds nothing else."""
    return _MOBILE.fullmatch(text.strip().lstrip("'(+ ")) is not None


def is_rupiah(text: str) -> bool:
    """Whether the cell could be an amount of a thousand rupiah or more."""
    return _RUPIAH.fullmatch(text.strip()) is not None


def has_number(text: str) -> bool:
    """Whether the cell has as many digits as no name has."""
    return _FIVE_DIGITS.match(text) is not None

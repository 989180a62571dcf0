"""What offices call their columns, and what else a cell can say of the table around it. Pure.

Another name for a column is one more word in a list here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal

Meaning = Literal[
    "number", "phone", "product", "nominal", "amount", "itrx", "name", "group", "operator", "other", "ours"
]
"""What a column's name says. `phone` is a number of somebody's, perhaps not of whom the row is about;
`amount` is money, perhaps not the top-up; `other` is what many tables have and means nothing to us;
`ours` is what a plan that is fed back in says of the others."""

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
        idr fee benefit reimburse
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
        catatan note notes remark remarks status harga price total qty kuota hubungan relationship jenis
        tipe type umur usia kota city gaji salary invoice tandatangan ttd paraf
        """,
    "ours": """
        checkednumber nomordiperiksa checkedproduct produkdiperiksa checkednominal nominaldiperiksa
        checkedprice hargadiperiksa
        """,
}
_MEANINGS: Mapping[str, Meaning] = {
    name: meaning for meaning, names in _NAMES.items() for name in names.split()
}
NAMES: Mapping[Meaning, tuple[str, ...]] = {
    meaning: tuple(names.split()) for meaning, names in _NAMES.items()
}

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

_HINT = re.compile(
    r"\((?:\s*(?:\+?62|0?8)[0-9x.*\u2026 -]*"
    r"|\s*(?:dalam |in )?(?:rp|idr|rupiah)\.?\s*"
    r"|[^()]*\b(?:wajib|aktif|contoh|cth|format|diawali|awali|diisi|tanpa|teks"
    r"|required|mandatory|active|example|text|without)\b[^()]*)\)",
    re.IGNORECASE,
)
"""How to fill the column in, as `(08xx)`, `(Rp)` or `(wajib diisi)`. Other words tell whose number it is."""

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
    return "phone" if _PHONE_WORDS.fullmatch(bare) else "amount" if _MONEY_WORDS.fullmatch(bare) else None


def _of_each(text: str) -> Meaning | None:
    """What all parts of a name such as `No. HP / WA` or `Kode/SKU` mean."""
    means = {_MEANINGS.get(part) for part in set(map(fold, text.split("/"))) - {"wa"}}
    return means.pop() if len(means) == 1 else None


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


_EXAMPLE = re.compile(r"\b(?:contoh|contohnya|example|sample|ilustrasi|cth)\b", re.IGNORECASE)
_NOT_DATA = re.compile(
    r"\b(?:petunjuk|instruksi|panduan|contoh|template|cara|read ?me|how to|instructions?|guide|example|sample"
    r"|help|bantuan|master|referensi|reference|price ?list|harga|products?|produk|kode|lookup|dropdown)\b",
    re.IGNORECASE,
)
_SIGNED = re.compile(
    r"\b(?:dibuat|disiapkan|disusun|diperiksa|diketahui|mengetahui|disetujui|menyetujui|diterima|diajukan"
    r"|hormat kami|prepared|checked|reviewed|approved|acknowledged|received|tanda tangan|signature|ttd)\b",
    re.IGNORECASE,
)
_CONTACT_WORDS = (
    "info|informasi|hubungi|cp|narahubung|hotline|hrd|bantuan|pertanyaan|konfirmasi|layanan|helpdesk|admin|pic"
    "|koordinator|coordinator|kontak|contact|penanggung ?jawab|customer service"
)
_CONTACT = re.compile(rf"\b(?:{_CONTACT_WORDS}|call cent(?:er|re))\b", re.IGNORECASE)
_CONTACT_ALONE = re.compile(
    rf"(?:\W*\b(?:{_CONTACT_WORDS}|person|wa|hp|no|nomor|telp|tim|team|lapangan|pulsa|kantor)\b)+\W*",
    re.IGNORECASE,
)
_BANK = re.compile(
    r"\b(?:bank|bca|bri|bni|btn|bsi|bjb|mandiri|cimb|niaga|danamon|permata|ocbc|panin|maybank|muamalat|seabank"
    r"|jenius|jago|blu|gopay|ovo|dana|shopeepay|linkaja|rek|rekening|a/?n|atas nama)\b",
    re.IGNORECASE,
)


_SENT = "(?:(?:di|ter)(?:bayar|kirim|isi|transfer)|(?:me|di)?terima)"
_NOT_SO = (
    "(?:aktif|dapat|berhak|layak|valid|lolos|perlu|usah|jadi|hadir|disetujui"
    "|(?:me)?terima|(?:di)?(?:kirim|bayar|isi|proses))"
)
_SPEAKS: Mapping[str, str] = {
    "batal": "(?:di)?batal(?:kan)?",
    "cancel": "cancel(?:l?ed)?",
    "resign": "resign(?:ed)?",
    "keluar": "(?:di)?keluar(?:kan)?",
    "mengundurkan diri": "",
    "nonaktif": "",
    "non aktif": "",
    "non-aktif": "",
    "inactive": "",
    "eligible": "(?:in|not )eligible",
    "not ": "(?:do )?not (?:active|approved|valid|pay|send|include)",
    "don't": "don't (?:pay|send|include)",
    "tidak ": f"tidak {_NOT_SO}",
    "tdk ": f"tdk {_NOT_SO}",
    "jangan": "jangan(?: dulu)?",
    "tunda": "(?:di)?tunda",
    "ditangguhkan": "",
    "pending": "",
    "hold": "(?:on )?hold",
    "skip": "skip(?:ped)?",
    "stop": "(?:di)?stop(?:ped)?",
    "suspend": "suspend(?:ed)?",
    "off": "",
    "void": "",
    "exclude": "excluded?",
    "tolak": "(?:di)?tolak",
    "reject": "reject(?:ed)?",
    "phk": "",
    "dipecat": "",
    "cuti": "",
    "meninggal": "",
    "wafat": "",
    "alm": "alm|almarhum(?:ah)?",
    "deceased": "",
    "passed away": "",
    "berhenti": "(?:di)?berhenti(?:kan)?",
    "pensiun": "",
    "retired": "",
    "terminated": "",
    "habis kontrak": "",
    "pindah": "",
    "mutasi": "",
    "lunas": "(?<!belum )lunas",
    "dobel": "",
    "double": "",
    "duplikat": "",
    "duplicate": "",
    "salah": r"(?:nomor|nomer|no\.?) salah|salah (?:nomor|nomer|no|input)",
    "wrong number": "",
    "ganti ": "ganti (?:no|nomor|nomer|hp|ke)",
    "blacklist": "blacklist(?:ed)?",
    "daftar hitam": "",
    "udah ": f"s?udah {_SENT}",
    "sdh ": f"sdh {_SENT}",
    "telah ": f"telah {_SENT}",
    "already": "already (?:paid|sent|received)",
    "transfer": "(?:via|by|lewat) transfer",
}
"""What speaks against paying: letters that are in it, and how offices write it where there is more."""
_AGAINST = re.compile(rf"\b(?:{'|'.join(how or word for word, how in _SPEAKS.items())})\b", re.IGNORECASE)
_HEADS = re.compile(
    r"\b(?:bulan (?:yang )?(?:lalu|kemarin|sebelumnya)|last month|cadangan|reserves?|waiting list"
    r"|daftar tunggu)\b",
    re.IGNORECASE,
)
"""What in a title speaks against paying as well."""
_SPEAKING = tuple(word.encode() for word in ("contoh", "example", "cth", *_SPEAKS))
"""One of them is in whatever speaks against paying, or says that it is an example."""
_EXCEPT = re.compile(
    r"\b(?:tidak termasuk|kecuali|tanpa|bukan|selain|except|excluding|without)\b", re.IGNORECASE
)
_NOTE = re.compile(r"\W*(?:catatan|ket|keterangan|nb|note)\b|\*", re.IGNORECASE)


def against(text: str) -> str:
    """The words of the cell that speak against paying; "" where none do."""
    found = _AGAINST.search(text)
    return found[0] if found else ""


def may_speak(texts: bytes) -> bool:
    """Whether one of these texts may say what a row is not: without a look at each."""
    folded = texts.lower()
    return any(word in folded for word in _SPEAKING)


def heads_against(title: str) -> bool:
    """Whether nobody under this title is to be paid."""
    speaks = against(title) or _HEADS.search(title)
    is_note = _NOTE.match(title) or _EXCEPT.search(title)
    return len(title) <= LONGEST_NAME and not is_note and bool(speaks)


def says_example(text: str) -> bool:
    """Whether what stands under this title is only an example."""
    return _EXAMPLE.search(text) is not None


_MANUAL = re.compile(
    r"\W*(?:petunjuk|instruksi|panduan|cara|contoh|how to|instructions?|guide|example)\b", re.IGNORECASE
)


def heads_manual(title: str) -> bool:
    """Whether a tab with this title explains how to fill in another one."""
    return _MANUAL.match(title) is not None


def names_no_data(tab: str) -> bool:
    """Whether a tab of this name explains or lists something, rather than who is to be paid."""
    return _NOT_DATA.search(tab) is not None


def says_signed(text: str) -> bool:
    """Whether a signature stands under these words."""
    return _SIGNED.search(text) is not None


def is_whom_to_call(texts: Sequence[str], at: int) -> bool:
    """Whether the number in this place of a row stands beside words such as `Info HRD`, and little else."""
    filled = [each for each, text in enumerate(texts) if text.strip()]
    before = [each for each in filled if each < at]
    return len(filled) <= 3 and bool(before) and _CONTACT.search(texts[before[-1]]) is not None


def is_contact(text: str, *, alone: bool) -> bool:
    """Whether these words say whom to call; `alone`: and nothing else, as a name."""
    return bool(_CONTACT.search(text)) and (not alone or bool(_CONTACT_ALONE.fullmatch(text)))


def names_bank(text: str) -> bool:
    """Whether money for this row goes to a bank or a wallet, by the name of one."""
    return _BANK.search(text) is not None


# -- columns that say whether, and how often ---------------------------------------------------------------

_ENTITLES = re.compile(
    r"\b(?:dapat|mendapat(?:kan)?|(?:me|di)?terima|berhak|layak|(?:di)?setuju[i]?|acc|aktif|lolos|ikut"
    r"|(?:di)?(?:bayar|kirim|isi|proses)(?:kan)?|eligible|entitled|approv(?:e|ed|al)|active|valid|verified|pay|send"
    r"|include|status|ok)\b",
    re.IGNORECASE,
)
_YES = frozenset(
    {"ya", "y", "yes", "iya", "true", "1", "v", "ok", "oke", "setuju", "dapat", "aktif", "active"}
)
_YES |= {"approved", "disetujui", "acc", "berhak", "layak", *"✓✔☑✅√"}
_NO = frozenset(
    {"tidak", "tdk", "t", "no", "n", "false", "0", "x", "belum", "blm", "enggak", "gak", "✗", "✘", "❌"}
)
_NO |= {f"{no}{yes}" for no in ("tidak", "tdk", "belum", "non", "in", "not") for yes in _YES}
_COUNTS = frozenset(
    {"qty", "quantity", "kuantitas", "banyak", "banyaknya", "pcs", "kali", "frekuensi", "jumlahvoucher"}
)
_COUNTS |= {"jumlah", "jml", "jumlahtopup", "jumlahpulsa", "topup"}
_COUNTS |= {
    "jmlvoucher",
    "jumlahkali",
    "jumlahisi",
    "jumlahtransaksi",
    "qtyvoucher",
    "qtytopup",
    "banyakvoucher",
}


def entitles(title: str) -> bool:
    """Whether a column of this name may say by yes or no who gets the money."""
    return len(title) <= LONGEST_NAME and _ENTITLES.search(title) is not None


def yes_or_no(text: str) -> bool | None:
    """What the cell answers; None where it is neither."""
    folded = fold(text) or text.strip()
    return True if folded in _YES else False if folded in _NO else None


def counts_topups(title: str) -> bool:
    """Whether a column of this name says how many a person gets."""
    return fold(title) in _COUNTS

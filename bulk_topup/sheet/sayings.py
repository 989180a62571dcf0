"""What a cell says of its row, a title of its table, a name of its tab or column: is it meant? Pure.

Another way in which offices say it is one more word in a list here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bulk_topup.sheet.names import LONGEST_NAME, fold, meaning_of

_EXAMPLE = re.compile(r"\b(?:contoh|contohnya|example|sample|ilustrasi|cth)\b", re.IGNORECASE)
_NOT_DATA = re.compile(
    r"\b(?:petunjuk|instruksi|panduan|contoh|template|cara|read ?me|how to|instructions?|guide|example|sample"
    r"|help)\b",
    re.IGNORECASE,
)
_A_LIST = re.compile(
    r"\b(?:bantuan|master|referensi|reference|price ?list|harga|products?|produk|kode|lookup|dropdown)\b",
    re.IGNORECASE,
)
_SIGNED = re.compile(
    r"\b(?:dibuat|disiapkan|disusun|diperiksa|diketahui|mengetahui|disetujui|menyetujui|diterima|diajukan"
    r"|hormat kami|prepared|checked|reviewed|approved|acknowledged|received|tanda tangan|signature|ttd)\b",
    re.IGNORECASE,
)
_CONTACT_WORDS = (
    "info|informasi|hubungi|cp|narahubung|hotline|hrd|bantuan|pertanyaan|konfirmasi|layanan|helpdesk|admin|pic"
    "|cs|koordinator|coordinator|kontak|contact|penanggung ?jawab|customer service|pengaduan"
    "|keluhan|komplain|complaints?|darurat|emergency|sekretariat"
)
_CONTACT = re.compile(rf"\b(?:{_CONTACT_WORDS}|call cent(?:er|re))\b", re.IGNORECASE)
_ROLE = re.compile(
    r"\b(?:kepala|direktur|director|manager|manajer|ketua|sekretaris|bendahara|supervisor|spv|supplier|vendor|agen"
    r"|konter|counter)\b",
    re.IGNORECASE,
)
"""Whom to call is called so as well, but so are people in a table."""
_CONTACT_ALONE = re.compile(
    rf"(?:\W*\b(?:{_CONTACT_WORDS}|person|wa|hp|no|nomor|telp|tim|team|lapangan|pulsa|kantor)\b)+\W*",
    re.IGNORECASE,
)
_BANK = re.compile(
    r"\b(?:bank|bca|bri|bni|btn|bsi|bjb|mandiri|cimb|niaga|danamon|permata|ocbc|panin|maybank|muamalat|seabank"
    r"|jenius|jago|blu|gopay|ovo|dana|shopeepay|linkaja|rek|rekening|a/?n|atas nama)\b",
    re.IGNORECASE,
)


_SENT = "(?:(?:(?:di|ter) ?)?(?:bayar|kirim|isi|transfer|beri)(?:kan)?|menerima|(?:di)?terima)"
_NOT_SO = (
    "(?:aktif|dapat|dpt|mendapat(?:kan)?|bekerja|berhak|layak|valid|lolos|perlu|usah|jadi|hadir|disetujui"
    "|(?:mene|te)rima|(?:di ?)?(?:kirim|bayar|isi|proses|beri)(?:kan)?)"
)
_PLAINLY: tuple[str, ...] = (
    *(f"via {wallet}" for wallet in ("dana", "gopay", "ovo", "shopeepay", "linkaja", "transfer")),
    *(f"{no} {so}" for no in ("ga", "tak") for so in ("usah", "jadi", "perlu", "mau", "dapat", "dpt")),
    *("mengundurkan diri", "nonaktif", "non aktif", "non-aktif", "inactive", "no longer", "hangus", "void"),
    *("gausah", "bulan depan", "menyusul", "ditangguhkan", "pending", "off", "alpa", "absen", "mundur"),
    *("gugur", "drop out", "bukan pegawai", "bukan pulsa", "tanpa pulsa", "bukan karyawan", "bukan miliknya"),
    *("menunggu", "tunggu", "waiting", "diragukan", "nanti saja", "nanti aja", "diblokir", "terblokir"),
    *("perlu cek", "perlu dicek", "bermasalah", "belum fix", "belum lapor"),
    *("phk", "dipecat", "cuti", "meninggal", "wafat", "deceased", "passed away", "pensiun", "retired"),
    *("habis kontrak", "habis masa", "kontrak habis", "kontrak berakhir", "pindah", "mutasi", "daftar hitam"),
    *("dobel", "double", "duplikat", "duplicate", "refund", "terminated", "ditahan"),
    *("ex karyawan", "ex-karyawan", "eks karyawan", "mantan karyawan"),
)
"""What speaks against paying, written in one way."""
_SPEAKS: Mapping[str, str] = {
    **dict.fromkeys(_PLAINLY, ""),
    "batal": "(?:di)?batal(?:kan)?",
    "cancel": "(?:di)?cancel(?:l?ed)?",
    "resign": "resign(?:ed)?",
    "keluar": "(?:di)?keluar(?:kan)?",
    "eligible": "(?:in|not )eligible",
    "not ": "(?:do )?not (?:active|approved|valid|pay|send|include|top(?:up)?)",
    "left ": "left (?:the )?company",
    "wrong no": "wrong no(?:[.]|umber)?",
    "excl": "excl(?:[.]|uded?)?",
    "don't": "don't (?:pay|send|include|top)",
    "dont ": "dont (?:pay|send|include|top)",
    " dulu": "(?:tanya|konfirmasi|(?:di)?cek)(?:kan)? dulu",
    " hilang": "(?:hp|kartu|nomor|nomer|no) hilang",
    "minta ": "minta (?:uang|cash|tunai|transfer)",
    "tidak ": f"tidak {_NOT_SO}",
    "tdk ": f"tdk {_NOT_SO}",
    "jangan": "jangan(?: dulu)?",
    "jgn": "jgn(?: dulu)?",
    "gak ": "(?:ng)?gak (?:usah|jadi|dapat|dpt)",
    "belum ": "belum (?:berhak|layak|(?:di)?(?:setujui|verifikasi))",
    "bayar ": "(?:di)?bayar (?:cash|tunai)",
    "hapus": "(?:di)?hapus",
    " mati": "(?:hp|nomor|no) (?:sudah |sdh )?mati",
    "tunda": "(?:di)?tunda",
    "hold": "(?:on )?hold",
    "skip": "skip(?:ped)?",
    "stop": "(?:di)?stop(?:ped)?",
    "suspend": "suspend(?:ed)?",
    "tolak": "(?:di)?tolak",
    "reject": "reject(?:ed)?",
    "alm": "alm|almarhum(?:ah)?",
    "berhenti": "(?:di)?berhenti(?:kan)?",
    "lunas": "(?<!belum )lunas",
    "salah": r"(?:nomor|nomer|no\.?) salah|salah (?:nomor|nomer|no|input)",
    "ganti": "ganti (?:no|nomor|nomer|hp|ke)|(?:no|nomor|nomer|hp) (?:(?:sudah|sdh|udah) )?ganti",
    "blacklist": "blacklist(?:ed)?",
    "udah ": f"s?udah (?:{_SENT}|dpt|dapat|out|tidak|tdk)",
    "sdh ": f"sdh (?:{_SENT}|dpt|dapat|out|tidak|tdk)",
    "telah ": f"telah {_SENT}",
    "already": "already (?:paid|sent|received|topped)",
    "topped up": "topped up",
    "transfer": "(?:by|lewat) transfer|transfer (?:ke )?(?:bank|bca|bri|bni|bsi|mandiri)",
}
"""What speaks against paying: letters that are in it, and how offices write it where there is more."""
_AGAINST = re.compile(rf"\b(?:{'|'.join(how or word for word, how in _SPEAKS.items())})\b")
"""Of folded text, which takes half of the time."""
_REMARKED = re.compile(
    r"\b(?:s?udah|sdh|telah) (?!(?:me\w*|(?:ter|di)?konfirmasi|(?:ter|di)?verifikasi|lengkap|dilengkapi"
    r"|(?:te)?registrasi|(?:ter)?daftar|benar|betul|aktif|oke?|fix|valid|(?:di)?cek|dihubungi|nikah|kawin|vaksin"
    r"|lulus|berkeluarga|update|sesuai|join|tetap|baru|pernah|aktivasi|ber?sertifika\w*|direvisi"
    r"|(?:di)?setujui?|acc|approved?|ttd|tanda|hadir|ikut|bisa|jadi|(?:be)?kerja|punya|ada|lama)\b)[a-z]{2,}\b"
    r"|\b(?:tidak|tdk|(?:ng)?gak) "
    r"(?!(?:ada|masalah|apa|tetap|kawin|menikah|terbatas|wajib|pernah|merokok|sekolah|berubah|termasuk|keberatan"
    r"|sama|langsung)\b)[a-z]{2,}"
)
"""What is done, or not so, in the remark of one row; a title says this of what its people did or are."""
_HEADS = re.compile(
    r"\b(?:(?:bulan|bln) (?:yang |yg )?(?:lalu|kemarin|sebelumnya)|last month|cadangan|reserves?|waiting list"
    r"|daftar tunggu|usulan|draft|bulan depan|next month|arsip|archive|backup|belum final|token listrik"
    r"|data lama|simulasi|bukti pembayaran"
    r"|pascabayar|pengembalian|(?:nomor|nomer|no\.?) (?:istri|suami)"
    r"|belum (?:di)?(?:setujui|acc|approve)|transfer bank|(?:via|lewat) (?:transfer|rekening|bank))\b",
    re.IGNORECASE,
)
"""What in a title speaks against paying as well."""
_BEGINS = re.compile(
    r"\W*(?:(?:daftar|data|rekap|list) )?"
    r"(?:h?utang|tagihan|iuran|donatur|penjualan|retur|histori|history|estimasi)\b",
    re.IGNORECASE,
)
"""What does so at its beginning: `Petugas Iuran` are people."""
_ALONE: tuple[str, ...] = (
    *("transfer", "tunai", "cash", "gopay", "ovo", "dana", "shopeepay", "linkaja", "ewallet", "e-wallet"),
    *("token", "token pln", "pln", "paket data", "kuota", "pascabayar", "tagihan", "sukses", "success"),
    *("sudah", "sdh", "udah", "already", "resign", "out", "berhasil", "selesai", "done", "paid", "sent"),
    *("terkirim", "terbayar", "complete", "completed", "kartu halo", "halo", "pasca bayar", "postpaid"),
    *("ganda", "left", "alumni", "tahan", "lewati"),
)
"""What speaks against paying where nothing else is in the cell: another way to pay, or that it is done."""
_STEMS = {"contoh", "example", "cth", *_ALONE, *_SPEAKS}
SPEAKING = [word.encode() for word in _STEMS if not any(other in word for other in _STEMS - {word})]
"""One of them is in whatever speaks against paying, or says that it is an example."""
_EXCEPT = re.compile(
    r"\b(?:tidak termasuk|kecuali|tanpa|bukan|selain|except|excluding|without)\b", re.IGNORECASE
)
_NOTE = re.compile(r"\W*(?:catatan|ket|keterangan|nb|note)\b|\*", re.IGNORECASE)


def against(remark: str) -> str:
    """The words of the cell that speak against paying; "" where none do."""
    if words := title_against(remark):
        return words
    found = _REMARKED.search(remark.casefold())
    return found[0] if found else ""


def title_against(text: str) -> str:
    """The words of a title, or of a column's name, that do."""
    folded = text.casefold()
    found = _AGAINST.search(folded)
    alone = folded.strip(" .:!()")
    return found[0] if found else alone if alone in _ALONE else ""


_CORRECTS = re.compile(
    r"\b(?:ralat|(?:per|di)?ubah(?:an)?|koreksi|revisi|(?:di)?ganti|potongan|correction)\b", re.IGNORECASE
)


def corrects(note: str) -> str:
    """The word by which a note, or a column's name, says that something in the table is to be another; ""
    where none does."""
    found = _CORRECTS.search(note)
    return found[0] if found else ""


A_MOBILE = rb"8[1-9](?:[ .-]?[0-9]){7}"
"""Is in whatever has a mobile number in it."""
_MOBILE_WITHIN = re.compile(r"(?<![0-9])(\+?62|0)?8[1-9](?:[ .-]?[0-9]){7,10}(?![0-9])")


def has_another_number(text: str) -> bool:
    """Whether a mobile number is in a cell, as in `ganti ke 0812…`. Alone, and without its 0, it may be the
    number of an account or of a person."""
    found = _MOBILE_WITHIN.search(text)
    return found is not None and (found[1] is not None or any(map(str.isalpha, text)))


def heads_against(title: str) -> bool:
    """Whether nobody under this title is to be paid."""
    speaks = title_against(title) or _HEADS.search(title) or _BEGINS.match(title)
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


def names_no_data(tab: str, *, is_table: bool) -> bool:
    """Whether a tab of this name explains or lists something, rather than who is to be paid: a list, unless
    it `is_table` of numbers and what they get, as `Master Juni` or `Bantuan Pulsa`."""
    return bool(_NOT_DATA.search(tab) or (_A_LIST.search(tab) and not is_table))


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
    if alone:
        return bool(_CONTACT.search(text) and _CONTACT_ALONE.fullmatch(text))
    return bool(_CONTACT.search(text) or _ROLE.search(text))


def names_bank(text: str) -> bool:
    """Whether money for this row goes to a bank or a wallet, by the name of one."""
    return _BANK.search(text) is not None


# -- columns that say whether, and how often ---------------------------------------------------------------

_ENTITLES = re.compile(
    r"\b(?:pulsa|insentif|bonus|voucher|reward|hadir|kehadiran|dapat|mendapat(?:kan)?|(?:me|di)?terima|berhak|layak|(?:di)?setuju[i]?|acc|aktif|lolos|ikut"
    r"|(?:di)?(?:bayar|kirim|isi|proses)(?:kan)?|eligible|entitled|approv(?:e|ed|al)|active|valid|verif\w*|pay|send"
    r"|include|status|ok|cek|ceklis|check|checklist|centang|persetujuan|kelayakan|y/n|ya/tidak|konfirmasi"
    r"|rekomendasi|diberi(?:kan)?|lanjut|lulus|masuk)\b",
    re.IGNORECASE,
)
_YES = frozenset(
    {"ya", "y", "yes", "iya", "hadir", "true", "1", "v", "ok", "oke", "setuju", "dapat", "aktif", "active"}
)
_YES |= {"approved", "disetujui", "acc", "berhak", "layak", *"✓✔☑✅√"}
_NO = frozenset({"tidak", "tdk", "nok", "t", "no", "n", "false", "0", "x", "belum", "blm", "enggak", "gak"})
_NO |= {*"✗✘❌"}
_NO |= {f"{no}{yes}" for no in ("tidak", "tdk", "belum", "non", "in", "not") for yes in _YES}
_REMARKS = frozenset({"keterangan", "ket", "catatan", "note", "notes", "remark", "remarks", "info"})
_COUNTS = frozenset(
    {"qty", "quantity", "kuantitas", "banyak", "banyaknya", "pcs", "kali", "frekuensi", "jumlahvoucher"}
)
_COUNTS |= {"jumlah", "jml", "jumlahtopup", "jumlahpulsa", "topup"}
_COUNTS |= {"jmlvoucher", "jumlahkali", "jumlahisi", "jumlahtransaksi"}
_COUNTS |= {"qtyvoucher", "qtytopup", "banyakvoucher", "lembar", "kelipatan", "jumlahbeli", "jumlahorang"}
_COUNTS |= {"berapakali"}
_IN_BRACKETS = re.compile(r"\(.*\)")


def entitles(title: str) -> bool:
    """Whether a column of this name may say by yes or no who gets the money."""
    is_other = (
        len(title) > LONGEST_NAME or title_against(title) or meaning_of(title) in {"name", "number", "phone"}
    )
    return not is_other and _ENTITLES.search(title) is not None


_DONE = re.compile(
    r"\b(?:paid|sent|terkirim|terbayar|di(?:bayar|kirim|isi)(?:kan)?|done|selesai|sn|serial number|no\.? ref"
    r"|(?:tgl|tanggal|date|waktu|jam)\b.*\b(?:bayar|kirim|isi|transfer|resign|keluar|berhenti|cair))\b",
    re.IGNORECASE,
)


def says_done(title: str) -> bool:
    """Whether a column of this name is filled for whom it is too late, or speaks against paying."""
    return len(title) <= LONGEST_NAME and bool(_DONE.search(title) or title_against(title))


_RECEIPT = re.compile(r"\W*(?:sn|serial number|(?:no\.? ?|nomor )?ref)(?: ?/ ?(?:ref|sn))?\W*", re.IGNORECASE)


def is_receipt(title: str) -> bool:
    """Whether a column of this name holds what the provider stated of a top-up that was made."""
    return _RECEIPT.fullmatch(title) is not None


def yes_or_no(text: str) -> bool | None:
    """What the cell answers; None where it is neither."""
    folded = fold(text) or text.strip()
    return True if folded in _YES else False if folded in _NO else None


PULSA = frozenset({"pulsa", "pulsareguler", "pulsahp", "isipulsa"})


_NO_PULSA = re.compile(r"bukan|non|tanpa|tidak|tdk|no|.*(?:data|kuota)")


def says_pulsa(text: str) -> bool:
    """Whether the cell says that it is a top-up."""
    folded = fold(text)
    return folded in PULSA or ("pulsa" in folded and _NO_PULSA.match(folded) is None)


def holds_remarks(title: str) -> bool:
    """Whether a column of this name is for remarks."""
    return fold(title) in _REMARKS


A_SUM = rb"[0-9] ?(?:[Rr][Bb]|[Rr]ibu|[KkXx])|[Rr][Pp][. ]*[0-9]"
"""Is in whatever states a sum, or how many."""
_IN_RUPIAH = re.compile(
    r"\brp[. ]*([1-9][0-9]*+(?:[.,][0-9]{3})*+)(?! ?(?:rb|ribu|k)\b)|([1-9][0-9]{0,2}) ?(?:rb|ribu|k)\b"
)
_TIMES = re.compile(r"\b([2-9]|[1-9][0-9]) ?(?:x|kali)\b(?! *(?:hadir|se\w+))")


def sums_in(remark: str) -> list[int]:
    """The sums in rupiah that the remark states, as `jadi 50rb saja`."""
    found = _IN_RUPIAH.finditer(remark.casefold())
    return [int(one[2]) * 1_000 if one[2] else int(re.sub("[.,]", "", one[1])) for one in found]


def says_several(remark: str) -> bool:
    """Whether the remark says that a person gets several top-ups, as `2x`."""
    return _TIMES.search(remark.casefold()) is not None


def counts_topups(title: str) -> bool:
    """Whether a column of this name says how many a person gets."""
    return fold(_IN_BRACKETS.sub("", title)) in _COUNTS
